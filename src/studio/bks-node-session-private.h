/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-book-session.h"
#include "bks-book-store.h"
#include "bks-node-session.h"

G_BEGIN_DECLS

BksNodeSession *bks_node_session_new            (BksBookSession *book_session,
                                                 BksNode        *node,
                                                 BksNodeText    *text);
void            bks_node_session_set_node       (BksNodeSession *self,
                                                 BksNode        *node);
DexFuture      *bks_node_session_accept_draft   (BksNodeSession *self,
                                                 const char     *draft_id,
                                                 const char     *draft_text);
DexFuture      *bks_node_session_replace_text   (BksNodeSession *self,
                                                 const char     *text,
                                                 BksProvenance  *provenance,
                                                 gint64          expected_revision,
                                                 const char     *cause);

G_END_DECLS
