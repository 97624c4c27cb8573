/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-application.h"

G_BEGIN_DECLS

/*
 * BksWindow: one window. It goes from the library to a book and back.
 */
#define BKS_TYPE_WINDOW (bks_window_get_type ())
G_DECLARE_FINAL_TYPE (BksWindow, bks_window, BKS, WINDOW, AdwApplicationWindow)

BksWindow  *bks_window_new         (BksApplication *application);
void        bks_window_restore     (BksWindow      *self);
void        bks_window_open_book   (BksWindow      *self,
                                    const char     *book_id);
void        bks_window_import_file (BksWindow      *self,
                                    GFile          *file);
void        bks_window_show_toast  (BksWindow      *self,
                                    const char     *title);

G_END_DECLS
