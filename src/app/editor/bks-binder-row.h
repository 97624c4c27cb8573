/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-node.h"

G_BEGIN_DECLS

/*
 * BksBinderRow: a node in the binder. Signal "clicked".
 */
#define BKS_TYPE_BINDER_ROW (bks_binder_row_get_type ())
G_DECLARE_FINAL_TYPE (BksBinderRow, bks_binder_row, BKS, BINDER_ROW, GtkWidget)

GtkWidget    *bks_binder_row_new      (void);
BksNode      *bks_binder_row_get_node (BksBinderRow *self);
void          bks_binder_row_set_node (BksBinderRow *self,
                                       BksNode      *node);
BksBinderRow *bks_binder_row_find     (GtkWidget    *list,
                                       double        x,
                                       double        y);
char         *bks_binder_row_make_tooltip (BksBinderRow *self);

G_END_DECLS
