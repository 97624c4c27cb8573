/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-book-session.h"

G_BEGIN_DECLS

/*
 * BksBookDialog: what a book is called, by whom, in what language, and whether its text may leave this computer.
 * Applied at once.
 */
#define BKS_TYPE_BOOK_DIALOG (bks_book_dialog_get_type ())
G_DECLARE_FINAL_TYPE (BksBookDialog, bks_book_dialog, BKS, BOOK_DIALOG, AdwPreferencesDialog)

GtkWidget *bks_book_dialog_new (BksBookSession *session);

G_END_DECLS
