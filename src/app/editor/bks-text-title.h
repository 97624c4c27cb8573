/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-node-session.h"

G_BEGIN_DECLS

/*
 * BksTextTitle: the title of the text that is open, when it was saved and how long it is, kept up to date. Property:
 * title.
 */
#define BKS_TYPE_TEXT_TITLE (bks_text_title_get_type ())
G_DECLARE_FINAL_TYPE (BksTextTitle, bks_text_title, BKS, TEXT_TITLE, GtkWidget)

void bks_text_title_set_session (BksTextTitle   *self,
                                 BksNodeSession *session);

G_END_DECLS
