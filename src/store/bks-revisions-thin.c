/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-store-private.h"
#include "bks-retention.h"
#include "bks-revision-chain-private.h"
#include "bks-revisions-private.h"

/* Which earlier texts are let go, and when. */

/**
 * bks_book_thin_node:
 * @connection: a connection in a transaction
 * @node_id: which node
 * @now_ms: epoch milliseconds
 * @error: return location
 *
 * Lets go of those of its revisions that are too old to be so many.
 *
 * Returns: whether they are gone
 */
gboolean
bks_book_thin_node (BksConnection  *connection,
                    const char     *node_id,
                    gint64          now_ms,
                    GError        **error)
{
  g_autoptr(GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr(GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr(GArray) named = g_array_new (FALSE, FALSE, sizeof (gboolean));
  g_autofree gboolean *keep = NULL;
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "SELECT r.id, r.at, EXISTS (SELECT 1 FROM snapshot_items i WHERE i.revision_id = r.id)"
                                      " FROM revisions r WHERE r.node_id = ? ORDER BY r.number DESC",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, node_id);
  while ((step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    {
      gint64 id = sqlite3_column_int64 (statement, 0), at = sqlite3_column_int64 (statement, 1);
      gboolean is_named = sqlite3_column_int (statement, 2) != 0;

      g_array_append_val (ids, id);
      g_array_append_val (times, at);
      g_array_append_val (named, is_named);
    }
  if (step == -1)
    return FALSE;
  keep = g_new0 (gboolean, ids->len + 1);
  bks_retention_thin_revisions ((const gint64 *) times->data, (const gboolean *) named->data, ids->len, now_ms, keep);
  for (guint i = 0; i < ids->len; i++)
    if (!keep[i] && !bks_revision_chain_drop (connection, g_array_index (ids, gint64, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
thin_revisions (BksConnection  *connection,
                GValue         *result,
                gpointer        data,
                GError        **error)
{
  g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection, "SELECT DISTINCT node_id FROM revisions", error);
  if (statement == NULL)
    return FALSE;
  while ((step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    g_ptr_array_add (nodes, bks_column_dup (statement, 0));
  if (step == -1)
    return FALSE;
  for (guint i = 0; i < nodes->len; i++)
    if (!bks_book_thin_node (connection, g_ptr_array_index (nodes, i), *(gint64 *) data, error))
      return FALSE;
  return TRUE;
}

/**
 * bks_book_store_thin_revisions:
 * @store: a book's database
 * @now_ms: epoch milliseconds
 *
 * Thins the history of texts that nobody works on any more, too.
 *
 * Returns: (transfer full): resolves when it is done
 */
DexFuture *
bks_book_store_thin_revisions (BksDatabase *store,
                               gint64       now_ms)
{
  return bks_database_write (store, thin_revisions, g_memdup2 (&now_ms, sizeof now_ms), g_free);
}
