/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-book-session.h"

G_BEGIN_DECLS

/*
 * BksNodePlan: what the author means to do with a part, chapter or scene: status, target and synopsis, to be changed.
 */
#define BKS_TYPE_NODE_PLAN (bks_node_plan_get_type ())
G_DECLARE_FINAL_TYPE (BksNodePlan, bks_node_plan, BKS, NODE_PLAN, GtkWidget)

void bks_node_plan_set_node  (BksNodePlan    *self,
                              BksBookSession *session,
                              BksNode        *node);
void bks_node_plan_set_words (BksNodePlan    *self,
                              gint64          words);

G_END_DECLS
