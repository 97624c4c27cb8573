/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-book-session.h"

G_BEGIN_DECLS

/*
 * BksBinder: the tree of a book's nodes. Signals "node-selected" (BksNode or NULL),
 * "node-opened" (the person wants to see it now), "node-added" (BksNode, has no title of its own yet),
 * "rename-requested".
 */
#define BKS_TYPE_BINDER (bks_binder_get_type ())
G_DECLARE_FINAL_TYPE (BksBinder, bks_binder, BKS, BINDER, GtkWidget)

BksBookSession *bks_binder_get_session (BksBinder *self);
void     bks_binder_set_session  (BksBinder      *self,
                                  BksBookSession *session);
void     bks_binder_fill         (BksBinder      *self);
GtkSearchBar *bks_binder_get_search_bar (BksBinder *self);
BksNode *bks_binder_get_selected (BksBinder      *self);
gboolean bks_binder_select       (BksBinder      *self,
                                  const char     *node_id);
BksNode *bks_binder_find_first   (BksBookSession *session);

G_END_DECLS
