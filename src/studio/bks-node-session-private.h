/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-book-session.h"
#include "bks-node-session.h"

G_BEGIN_DECLS

BksNodeSession *bks_node_session_new          (BksBookSession *book_session,
                                               BksNode        *node,
                                               const char     *text);
void            bks_node_session_set_node     (BksNodeSession *self,
                                               BksNode        *node);
DexFuture      *bks_node_session_accept_draft (BksNodeSession *self,
                                               const char     *draft_id);

G_END_DECLS
