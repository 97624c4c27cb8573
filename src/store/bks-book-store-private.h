/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-book-store.h"
#include "bks-connection.h"

G_BEGIN_DECLS

/* What the files of book.db's tables share. All on the thread of the connection. */

extern const BksSchema bks_book_schema;

/* The first schema with revisions, snapshots, commands and provenance. */
#define BKS_BOOK_WITH_HISTORY 2

/* The first schema with status, synopsis, targets, and words by day. */
#define BKS_BOOK_WITH_PLANS 3

/* The nodes that are not in the trash, nor below one that is. */
#define BKS_LIVE_NODES \
  "WITH RECURSIVE live (id, parent_id, position, kind, title, depth) AS (" \
  "  SELECT id, parent_id, position, kind, title, 0 FROM nodes WHERE parent_id IS NULL AND trashed_at IS NULL" \
  "  UNION ALL" \
  "  SELECT n.id, n.parent_id, n.position, n.kind, n.title, live.depth + 1 FROM nodes n" \
  "  JOIN live ON n.parent_id = live.id WHERE n.trashed_at IS NULL" \
  ") "

gboolean bks_book_note_change  (BksConnection  *connection,
                                const char     *type,
                                const char     *entity_type,
                                const char     *entity_id,
                                gint64          now_ms,
                                GError        **error);
gboolean bks_book_no_such_node (GError        **error);
gboolean bks_book_insert_node  (BksConnection  *connection,
                                BksNewNode     *node,
                                int             position,
                                gint64          now_ms,
                                GError        **error);

gboolean bks_book_has_history  (BksConnection  *connection);
gboolean bks_book_has_plans    (BksConnection  *connection);

/* bks-book-days.c */
gboolean bks_book_count_day    (BksConnection  *connection,
                                gint64          written,
                                gint64          net,
                                gint64          now_ms,
                                GError        **error);

/* bks-revisions.c */
gboolean bks_book_keep_text    (BksConnection  *connection,
                                const char     *node_id,
                                const char     *cause,
                                gint64          now_ms,
                                gint64         *revision_id,
                                GError        **error);

G_END_DECLS
