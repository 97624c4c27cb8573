/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <libdex.h>

#include "bks-book.h"
#include "bks-node-session.h"
#include "bks-node.h"

G_BEGIN_DECLS

/*
 * BksBookSession: a book while it is open. Holds the book's lock when
 * writable; the last reference closes it, bks_book_session_close() waits for it.
 */
#define BKS_TYPE_BOOK_SESSION (bks_book_session_get_type ())
G_DECLARE_FINAL_TYPE (BksBookSession, bks_book_session, BKS, BOOK_SESSION, GObject)

BksBook    *bks_book_session_get_book     (BksBookSession *self);
gboolean    bks_book_session_get_writable (BksBookSession *self);
/* The binder: live top-level BksNode, each with its children. */
GListModel *bks_book_session_get_nodes    (BksBookSession *self);
/* (transfer none) (nullable) */
BksNode    *bks_book_session_get_node     (BksBookSession *self,
                                           const char     *node_id);
/* (transfer none): BKS_ERROR_NOT_FOUND, BKS_ERROR_AMBIGUOUS */
BksNode    *bks_book_session_find_node    (BksBookSession *self,
                                           const char     *id_prefix,
                                           GError        **error);
/* (transfer container): all nodes in reading order, each after its parent */
GPtrArray  *bks_book_session_list_nodes   (BksBookSession *self);
/* → string: the current text (CommonMark), unsaved keys of this process included */
DexFuture  *bks_book_session_read_text    (BksBookSession *self,
                                           const char     *node_id);
/* → BksNode. position -1: last. */
DexFuture  *bks_book_session_add_node     (BksBookSession *self,
                                           BksNodeKind     kind,
                                           const char     *title,
                                           const char     *parent_id,
                                           int             position);
/* → TRUE */
DexFuture  *bks_book_session_rename_node  (BksBookSession *self,
                                           const char     *node_id,
                                           const char     *title);
/* → TRUE */
DexFuture  *bks_book_session_move_node    (BksBookSession *self,
                                           const char     *node_id,
                                           const char     *parent_id,
                                           int             position);
/* → TRUE: with all below it, softly; bks_book_session_restore_node() undoes it */
DexFuture  *bks_book_session_trash_node   (BksBookSession *self,
                                           const char     *node_id);
/* → TRUE */
DexFuture  *bks_book_session_restore_node (BksBookSession *self,
                                           const char     *node_id);
/* → BksNodeSession: the one session of the node in this process */
DexFuture  *bks_book_session_open_node    (BksBookSession *self,
                                           const char     *node_id);
/* → TRUE: title, author, language; NULL leaves one as it is */
DexFuture  *bks_book_session_set_details  (BksBookSession *self,
                                           const char     *title,
                                           const char     *author,
                                           const char     *language);
/* → TRUE: everything typed so far is on disk */
DexFuture  *bks_book_session_save         (BksBookSession *self);
/* → TRUE: saves, then lets go of the book */
DexFuture  *bks_book_session_close        (BksBookSession *self);

G_END_DECLS
