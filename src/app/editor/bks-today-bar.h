/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-book-session.h"

G_BEGIN_DECLS

/*
 * BksTodayBar: how many words were written today, and how far that is from the author's goal.
 */
#define BKS_TYPE_TODAY_BAR (bks_today_bar_get_type ())
G_DECLARE_FINAL_TYPE (BksTodayBar, bks_today_bar, BKS, TODAY_BAR, GtkWidget)

void bks_today_bar_set_session (BksTodayBar    *self,
                                BksBookSession *session);

G_END_DECLS
