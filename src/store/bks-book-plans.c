/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-history-private.h"
#include "bks-book-store-private.h"

/* What the author means to do with a node: how far it is, what it is about, how long it is to be. */

static gboolean
set_status (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  g_auto(BksNodeState) before = { 0 };
  const char *node_id, *status;
  gint64 now_ms;
  sqlite3_stmt *statement;

  g_variant_get (data, "(&s&sx)", &node_id, &status, &now_ms);
  if (!bks_book_get_state (connection, node_id, &before, error))
    return FALSE;
  statement = bks_connection_prepare (connection, "UPDATE nodes SET status = ?, updated_at = ? WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, status);
  sqlite3_bind_int64 (statement, 2, now_ms);
  bks_bind_text (statement, 3, node_id);
  return bks_connection_run (connection, statement, error) &&
         bks_book_add_command (connection, "status", node_id, &before, now_ms, error) &&
         bks_book_note_change (connection, "chapter.status", "chapter", node_id, now_ms, error);
}

/**
 * bks_book_store_set_status:
 * @store: a book's database
 * @node_id: which node
 * @status: how far it is from now on
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_store_set_status (BksDatabase   *store,
                           const char    *node_id,
                           BksNodeStatus  status,
                           gint64         now_ms)
{
  GVariant *arguments = g_variant_new ("(ssx)", node_id, bks_node_status_to_string (status), now_ms);

  return bks_database_write (store, set_status, g_variant_ref_sink (arguments), (GDestroyNotify) g_variant_unref);
}

static gboolean
set_plan (BksConnection  *connection,
          GValue         *result,
          gpointer        data,
          GError        **error)
{
  const char *node_id, *synopsis;
  gint64 target_words, now_ms;
  sqlite3_stmt *statement;

  g_variant_get (data, "(&sm&sxx)", &node_id, &synopsis, &target_words, &now_ms);
  statement = bks_connection_prepare (connection,
                                      "UPDATE nodes SET synopsis = coalesce (?, synopsis),"
                                      "  target_words = coalesce (?, target_words), updated_at = ? WHERE id = ?",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, synopsis);
  bks_bind_unknown (statement, 2, target_words, -1);
  sqlite3_bind_int64 (statement, 3, now_ms);
  bks_bind_text (statement, 4, node_id);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  if (bks_connection_get_changes (connection) == 0)
    return bks_book_no_such_node (error);
  return bks_book_note_change (connection, "chapter.planned", "chapter", node_id, now_ms, error);
}

/**
 * bks_book_store_set_plan:
 * @store: a book's database
 * @node_id: which node
 * @synopsis: (nullable): what it is about from now on; %NULL leaves it
 * @target_words: how many words it is to have, 0 to leave that open; -1 leaves it
 * @now_ms: epoch milliseconds
 *
 * No change of the structure: there is nothing to be undone.
 *
 * Returns: (transfer full): resolves when it is durable; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_book_store_set_plan (BksDatabase *store,
                         const char  *node_id,
                         const char  *synopsis,
                         gint64       target_words,
                         gint64       now_ms)
{
  GVariant *arguments = g_variant_new ("(smsxx)", node_id, synopsis, target_words, now_ms);

  return bks_database_write (store, set_plan, g_variant_ref_sink (arguments), (GDestroyNotify) g_variant_unref);
}
