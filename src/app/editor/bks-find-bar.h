/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-manuscript.h"

G_BEGIN_DECLS

/*
 * BksFindBar: finds and replaces in one text. Property: open (whether it is in sight). Signal "moved": the caret is behind
 * what was found, which wants to be in sight. Signal "closed": the keys belong to the text again.
 */
#define BKS_TYPE_FIND_BAR (bks_find_bar_get_type ())
G_DECLARE_FINAL_TYPE (BksFindBar, bks_find_bar, BKS, FIND_BAR, GtkWidget)

GtkWidget *bks_find_bar_new            (void);
void       bks_find_bar_set_manuscript (BksFindBar    *self,
                                        BksManuscript *manuscript);
void       bks_find_bar_open           (BksFindBar    *self,
                                        gboolean       replace);
void       bks_find_bar_close          (BksFindBar    *self);
gboolean   bks_find_bar_get_open       (BksFindBar    *self);
void       bks_find_bar_go             (BksFindBar    *self,
                                        gboolean       backwards);

G_END_DECLS
