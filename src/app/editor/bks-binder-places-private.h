/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-book-session.h"

G_BEGIN_DECLS

/* Places in a book's tree of nodes. */
typedef struct
{
  const char *parent_id; /* NULL at the top; the session holds it */
  int         position;  /* once the node is out of its old place; -1 for the last */
} BksBinderPlace;

typedef enum
{
  BKS_BINDER_BEFORE,
  BKS_BINDER_INTO,
  BKS_BINDER_AFTER,
} BksBinderSide;

GListModel     *bks_binder_get_siblings  (BksBookSession *session,
                                          BksNode        *node);
int             bks_binder_find_position (GListModel     *siblings,
                                          BksNode        *node);
gboolean        bks_binder_find_moved    (BksBookSession *session,
                                          BksNode        *node,
                                          int             step,
                                          BksBinderPlace *place);
BksBinderPlace  bks_binder_find_new      (BksBookSession *session,
                                          BksNode        *selected,
                                          BksNodeKind     kind);
gboolean        bks_binder_can_hold      (BksNodeKind     parent,
                                          BksNodeKind     child);
gboolean        bks_binder_find_dropped  (BksBookSession *session,
                                          BksNode        *node,
                                          BksNode        *target,
                                          BksBinderSide   side,
                                          BksBinderPlace *place);

G_END_DECLS
