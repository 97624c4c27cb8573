/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-history.h"
#include "bks-book-store-private.h"

/* What was deleted, until it is deleted for good. */

/* What is in the trash and what hangs below it. */
#define DOOMED_NODES \
  "WITH RECURSIVE doomed (id) AS (SELECT id FROM nodes WHERE trashed_at IS NOT NULL" \
  " UNION SELECT n.id FROM nodes n JOIN doomed ON n.parent_id = doomed.id) "

G_DEFINE_BOXED_TYPE (BksTrashedNode, bks_trashed_node, bks_trashed_node_ref, bks_trashed_node_unref)

/**
 * bks_trashed_node_ref:
 * @self: a node
 *
 * Returns: (transfer full): @self
 */
BksTrashedNode *
bks_trashed_node_ref (BksTrashedNode *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
trashed_node_clear (gpointer data)
{
  BksTrashedNode *self = data;

  g_free (self->id);
  g_free (self->title);
}

/**
 * bks_trashed_node_unref:
 * @self: (transfer full): a node
 */
void
bks_trashed_node_unref (BksTrashedNode *self)
{
  g_atomic_rc_box_release_full (self, trashed_node_clear);
}

static gpointer
read_trashed (sqlite3_stmt *statement)
{
  BksTrashedNode *node = g_atomic_rc_box_new0 (BksTrashedNode);

  node->id = bks_column_dup (statement, 0);
  node->kind = BKS_NODE_CHAPTER;
  bks_node_kind_from_string ((const char *) sqlite3_column_text (statement, 1), &node->kind);
  node->title = bks_column_dup (statement, 2);
  node->trashed_at = sqlite3_column_int64 (statement, 3);
  node->nodes = sqlite3_column_int64 (statement, 4);
  node->words = sqlite3_column_int64 (statement, 5);
  return node;
}

static gboolean
list_trash (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  sqlite3_stmt *statement;

  /* Each with what went with it; what was deleted before it, and is below it, is listed for itself. */
  statement = bks_connection_prepare (connection,
                                      "WITH RECURSIVE below (top, id) AS ("
                                      "  SELECT id, id FROM nodes WHERE trashed_at IS NOT NULL"
                                      "  UNION SELECT below.top, n.id FROM nodes n JOIN below ON n.parent_id = below.id"
                                      "  WHERE n.trashed_at IS NULL)"
                                      " SELECT n.id, n.kind, n.title, n.trashed_at, count (*), coalesce (sum (t.words), 0)"
                                      " FROM below JOIN nodes n ON n.id = below.top"
                                      " LEFT JOIN texts t ON t.node_id = below.id"
                                      " GROUP BY n.id ORDER BY n.trashed_at DESC, n.id",
                                      error);
  return statement != NULL &&
         bks_connection_list (connection, statement, read_trashed, (GDestroyNotify) bks_trashed_node_unref, result, error);
}

/**
 * bks_book_store_list_trash:
 * @store: a book's database
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksTrashedNode, the last deleted first
 */
DexFuture *
bks_book_store_list_trash (BksDatabase *store)
{
  return bks_database_read (store, list_trash, NULL, NULL);
}

static gboolean
count_doomed (BksConnection  *connection,
              gint64         *count,
              GError        **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, DOOMED_NODES "SELECT count (*) FROM doomed", error);

  if (statement == NULL || bks_connection_step (connection, statement, error) != SQLITE_ROW)
    return FALSE;
  *count = sqlite3_column_int64 (statement, 0);
  sqlite3_reset (statement);
  return TRUE;
}

static gboolean
empty_trash (BksConnection  *connection,
             GValue         *result,
             gpointer        data,
             GError        **error)
{
  /* What refers to something goes before it. A change that led to or from a node that is gone cannot be undone. */
  static const char *const deletions[] = {
    DOOMED_NODES "DELETE FROM snapshot_items WHERE revision_id IN"
                 " (SELECT id FROM revisions WHERE node_id IN (SELECT id FROM doomed))",
    "DELETE FROM snapshots WHERE id NOT IN (SELECT snapshot_id FROM snapshot_items)",
    DOOMED_NODES "DELETE FROM revisions WHERE node_id IN (SELECT id FROM doomed)",
    DOOMED_NODES "DELETE FROM drafts WHERE node_id IN (SELECT id FROM doomed)",
    DOOMED_NODES "DELETE FROM commands WHERE node_id IN (SELECT id FROM doomed)"
                 " OR old_parent IN (SELECT id FROM doomed) OR new_parent IN (SELECT id FROM doomed)",
    DOOMED_NODES "DELETE FROM texts WHERE node_id IN (SELECT id FROM doomed)",
    DOOMED_NODES "DELETE FROM nodes WHERE id IN (SELECT id FROM doomed)",
  };
  gint64 count;

  if (!count_doomed (connection, &count, error))
    return FALSE;
  g_value_init (result, G_TYPE_INT64);
  g_value_set_int64 (result, count);
  if (count == 0)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (deletions); i++)
    if (!bks_connection_execute (connection, deletions[i], error))
      return FALSE;
  return bks_book_note_change (connection, "trash.emptied", "book", "", *(gint64 *) data, error);
}

/**
 * bks_book_store_empty_trash:
 * @store: a book's database
 * @now_ms: epoch milliseconds
 *
 * Deletes for good what is in the trash, with all its revisions. Backups still have it.
 *
 * Returns: (transfer full): resolves to how many nodes are gone (gint64), when it is durable
 */
DexFuture *
bks_book_store_empty_trash (BksDatabase *store,
                            gint64       now_ms)
{
  return bks_database_write (store, empty_trash, g_memdup2 (&now_ms, sizeof now_ms), g_free);
}
