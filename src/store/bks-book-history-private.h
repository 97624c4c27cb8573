/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-book-history.h"
#include "bks-connection.h"

G_BEGIN_DECLS

/* Where a node stands and how far it is: what a structural change changes. */
typedef struct
{
  char   *parent_id;  /* NULL at the top */
  int     place;      /* among all its siblings, those in the trash included */
  char   *title;
  char   *status;     /* by name: one that only a newer program knows comes back as it was */
  gint64  trashed_at; /* 0: not in the trash */
} BksNodeState;

void     bks_node_state_clear   (BksNodeState  *self);
gboolean bks_book_get_state     (BksConnection  *connection,
                                 const char     *node_id,
                                 BksNodeState   *state,
                                 GError        **error);
gboolean bks_book_put_state     (BksConnection       *connection,
                                 const char          *node_id,
                                 const BksNodeState  *state,
                                 gint64               now_ms,
                                 GError             **error);
gboolean bks_book_add_command   (BksConnection       *connection,
                                 const char          *kind,
                                 const char          *node_id,
                                 const BksNodeState  *before,
                                 gint64               now_ms,
                                 GError             **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BksNodeState, bks_node_state_clear)

G_END_DECLS
