/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-book-session.h"
#include "bks-manuscript.h"

G_BEGIN_DECLS

/*
 * BksHistoryPage: the inspector's page of earlier texts and snapshots. One that
 * is activated is compared with the present text, and can be brought back there.
 */
#define BKS_TYPE_HISTORY_PAGE (bks_history_page_get_type ())
G_DECLARE_FINAL_TYPE (BksHistoryPage, bks_history_page, BKS, HISTORY_PAGE, GtkWidget)

void bks_history_page_set_manuscript (BksHistoryPage *self,
                                      BksBookSession *session,
                                      BksManuscript  *manuscript);

G_END_DECLS
