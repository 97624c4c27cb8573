/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libdex.h>

#include "bks-book-days.h"
#include "bks-book.h"
#include "bks-node-session.h"
#include "bks-node.h"

G_BEGIN_DECLS

#define BKS_TYPE_BOOK_SESSION (bks_book_session_get_type ())
G_DECLARE_FINAL_TYPE (BksBookSession, bks_book_session, BKS, BOOK_SESSION, GObject)

BksBook    *bks_book_session_get_book       (BksBookSession *self);
gboolean    bks_book_session_get_writable   (BksBookSession *self);
GListModel *bks_book_session_get_nodes      (BksBookSession *self);
BksNode    *bks_book_session_get_node       (BksBookSession *self,
                                             const char     *node_id);
BksNode    *bks_book_session_find_node      (BksBookSession *self,
                                             const char     *id_prefix,
                                             GError        **error);
GPtrArray  *bks_book_session_list_nodes     (BksBookSession *self);
DexFuture  *bks_book_session_read_text      (BksBookSession *self,
                                             const char     *node_id);
DexFuture  *bks_book_session_add_node       (BksBookSession *self,
                                             BksNodeKind     kind,
                                             const char     *title,
                                             const char     *parent_id,
                                             int             position);
DexFuture  *bks_book_session_rename_node    (BksBookSession *self,
                                             const char     *node_id,
                                             const char     *title);
DexFuture  *bks_book_session_set_status     (BksBookSession *self,
                                             const char     *node_id,
                                             BksNodeStatus   status);
DexFuture  *bks_book_session_move_node      (BksBookSession *self,
                                             const char     *node_id,
                                             const char     *parent_id,
                                             int             position);
DexFuture  *bks_book_session_trash_node     (BksBookSession *self,
                                             const char     *node_id);
DexFuture  *bks_book_session_restore_node   (BksBookSession *self,
                                             const char     *node_id);
DexFuture  *bks_book_session_undo           (BksBookSession *self);
DexFuture  *bks_book_session_redo           (BksBookSession *self);
DexFuture  *bks_book_session_open_node      (BksBookSession *self,
                                             const char     *node_id);
DexFuture  *bks_book_session_set_details    (BksBookSession *self,
                                             const char     *title,
                                             const char     *author,
                                             const char     *language);
DexFuture  *bks_book_session_set_local_only (BksBookSession *self,
                                             gboolean        local_only);
DexFuture  *bks_book_session_save           (BksBookSession *self);
DexFuture  *bks_book_session_close          (BksBookSession *self);

/* bks-book-session-backup.c */
DexFuture  *bks_book_session_check            (BksBookSession *self);

/* bks-book-session-plans.c */
DexFuture    *bks_book_session_set_plan       (BksBookSession *self,
                                               const char     *node_id,
                                               const char     *synopsis,
                                               gint64          target_words);
void          bks_book_session_edit_plan      (BksBookSession *self,
                                               const char     *node_id,
                                               const char     *synopsis,
                                               gint64          target_words);
const GError *bks_book_session_get_plan_error (BksBookSession *self);

/* bks-book-session-days.c */
const BksDay *bks_book_session_get_today      (BksBookSession *self);
DexFuture    *bks_book_session_update_today   (BksBookSession *self);
DexFuture    *bks_book_session_list_days      (BksBookSession *self);
DexFuture    *bks_book_session_set_daily_goal (BksBookSession *self,
                                               gint64          words);

/* bks-book-session-history.c */
DexFuture  *bks_book_session_keep_revision    (BksBookSession *self,
                                               const char     *node_id);
DexFuture  *bks_book_session_read_provenance  (BksBookSession *self,
                                               const char     *node_id);
DexFuture  *bks_book_session_list_revisions   (BksBookSession *self,
                                               const char     *node_id);
DexFuture  *bks_book_session_read_revision    (BksBookSession *self,
                                               const char     *node_id,
                                               gint64          number);
DexFuture  *bks_book_session_restore_revision (BksBookSession *self,
                                               const char     *node_id,
                                               gint64          number);
DexFuture  *bks_book_session_add_snapshot     (BksBookSession *self,
                                               const char     *name,
                                               const char     *node_id);
DexFuture  *bks_book_session_list_snapshots   (BksBookSession *self);
DexFuture  *bks_book_session_restore_snapshot (BksBookSession *self,
                                               const char     *snapshot_id);
DexFuture  *bks_book_session_list_trash       (BksBookSession *self);
DexFuture  *bks_book_session_empty_trash      (BksBookSession *self);
DexFuture  *bks_book_session_list_commands    (BksBookSession *self);
DexFuture  *bks_book_session_list_events      (BksBookSession *self,
                                               gint64          since,
                                               guint           most);

G_END_DECLS
