/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-store-private.h"
#include "bks-error.h"
#include "bks-revisions-private.h"

/* Named snapshots: revisions of several texts at one moment, kept for ever. */

G_DEFINE_BOXED_TYPE (BksSnapshot, bks_snapshot, bks_snapshot_ref, bks_snapshot_unref)

/**
 * bks_snapshot_ref:
 * @self: a snapshot
 *
 * Returns: (transfer full): @self
 */
BksSnapshot *
bks_snapshot_ref (BksSnapshot *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
snapshot_clear (gpointer data)
{
  BksSnapshot *self = data;

  g_free (self->id);
  g_free (self->name);
  g_free (self->node_id);
}

/**
 * bks_snapshot_unref:
 * @self: (transfer full): a snapshot
 */
void
bks_snapshot_unref (BksSnapshot *self)
{
  g_atomic_rc_box_release_full (self, snapshot_clear);
}

/* The nodes with a text, of the book or at and below one of its nodes. */
static GPtrArray *
list_scope (BksConnection  *connection,
            const char     *node_id,
            GError        **error)
{
  g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      BKS_LIVE_NODES
                                      ", scope (id) AS (SELECT id FROM live WHERE ?1 IS NULL OR id = ?1"
                                      "  UNION SELECT live.id FROM live JOIN scope ON live.parent_id = scope.id)"
                                      " SELECT scope.id FROM scope JOIN texts t ON t.node_id = scope.id",
                                      error);
  if (statement == NULL)
    return NULL;
  bks_bind_text (statement, 1, node_id);
  while ((step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    g_ptr_array_add (ids, bks_column_dup (statement, 0));
  if (step == -1)
    return NULL;
  if (ids->len == 0)
    {
      bks_book_no_such_node (error);
      return NULL;
    }
  return g_steal_pointer (&ids);
}

static gboolean
insert_snapshot (BksConnection  *connection,
                 const char     *id,
                 const char     *name,
                 const char     *node_id,
                 gint64          now_ms,
                 GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO snapshots (id, name, node_id, created_at) VALUES (?, ?, ?, ?)", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, id);
  bks_bind_text (statement, 2, name);
  bks_bind_text (statement, 3, node_id);
  sqlite3_bind_int64 (statement, 4, now_ms);
  return bks_connection_run (connection, statement, error);
}

static gboolean
insert_item (BksConnection  *connection,
             const char     *snapshot_id,
             gint64          revision_id,
             GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO snapshot_items (snapshot_id, revision_id) VALUES (?, ?)", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, snapshot_id);
  sqlite3_bind_int64 (statement, 2, revision_id);
  return bks_connection_run (connection, statement, error);
}

static gboolean
add_snapshot (BksConnection  *connection,
              GValue         *result,
              gpointer        data,
              GError        **error)
{
  g_autoptr(GPtrArray) scope = NULL;
  const char *id, *name, *node_id;
  gint64 now_ms;

  g_variant_get (data, "(&s&sm&sx)", &id, &name, &node_id, &now_ms);
  scope = list_scope (connection, node_id, error);
  if (scope == NULL || !insert_snapshot (connection, id, name, node_id, now_ms, error))
    return FALSE;
  for (guint i = 0; i < scope->len; i++)
    {
      gint64 revision_id;

      if (!bks_book_keep_text (connection, g_ptr_array_index (scope, i), BKS_KEEP_SNAPSHOT, now_ms, &revision_id, error) ||
          !insert_item (connection, id, revision_id, error))
        return FALSE;
    }
  return bks_book_note_change (connection, "snapshot.created", "snapshot", id, now_ms, error);
}

/**
 * bks_book_store_add_snapshot:
 * @store: a book's database
 * @id: its id
 * @name: what the author calls it
 * @node_id: (nullable): what to take it of, with all below; %NULL for the whole book
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_book_store_add_snapshot (BksDatabase *store,
                             const char  *id,
                             const char  *name,
                             const char  *node_id,
                             gint64       now_ms)
{
  return bks_database_write (store, add_snapshot,
                             g_variant_ref_sink (g_variant_new ("(ssmsx)", id, name, node_id, now_ms)),
                             (GDestroyNotify) g_variant_unref);
}

static gpointer
read_snapshot (sqlite3_stmt *statement)
{
  BksSnapshot *snapshot = g_atomic_rc_box_new0 (BksSnapshot);

  snapshot->id = bks_column_dup (statement, 0);
  snapshot->name = bks_column_dup (statement, 1);
  snapshot->node_id = bks_column_dup (statement, 2);
  snapshot->at = sqlite3_column_int64 (statement, 3);
  snapshot->texts = sqlite3_column_int64 (statement, 4);
  snapshot->words = sqlite3_column_int64 (statement, 5);
  return snapshot;
}

static gboolean
list_snapshots (BksConnection  *connection,
                GValue         *result,
                gpointer        data,
                GError        **error)
{
  sqlite3_stmt *statement;

  if (!bks_book_has_history (connection))
    {
      g_value_init (result, G_TYPE_PTR_ARRAY);
      g_value_take_boxed (result, g_ptr_array_new_with_free_func ((GDestroyNotify) bks_snapshot_unref));
      return TRUE;
    }
  statement = bks_connection_prepare (connection,
                                      "SELECT s.id, s.name, s.node_id, s.created_at, count (r.id), coalesce (sum (r.words), 0)"
                                      " FROM snapshots s LEFT JOIN snapshot_items i ON i.snapshot_id = s.id"
                                      " LEFT JOIN revisions r ON r.id = i.revision_id"
                                      " GROUP BY s.id ORDER BY s.created_at DESC, s.id DESC",
                                      error);
  return statement != NULL &&
         bks_connection_list (connection, statement, read_snapshot, (GDestroyNotify) bks_snapshot_unref, result, error);
}

/**
 * bks_book_store_list_snapshots:
 * @store: a book's database
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksSnapshot, the newest first
 */
DexFuture *
bks_book_store_list_snapshots (BksDatabase *store)
{
  return bks_database_read (store, list_snapshots, NULL, NULL);
}

static gpointer
read_item (sqlite3_stmt *statement)
{
  BksRevision *item = bks_revision_new ();

  item->node_id = bks_column_dup (statement, 0);
  item->number = sqlite3_column_int64 (statement, 1);
  item->words = sqlite3_column_int64 (statement, 2);
  item->at = sqlite3_column_int64 (statement, 3);
  return item;
}

static gboolean
list_snapshot_items (BksConnection  *connection,
                     GValue         *result,
                     gpointer        data,
                     GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "SELECT r.node_id, r.number, r.words, r.at FROM snapshot_items i"
                                      " JOIN revisions r ON r.id = i.revision_id WHERE i.snapshot_id = ? ORDER BY r.id",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, data);
  return bks_connection_list (connection, statement, read_item, (GDestroyNotify) bks_revision_unref, result, error);
}

/**
 * bks_book_store_list_snapshot_items:
 * @store: a book's database
 * @snapshot_id: which snapshot
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksRevision without their texts
 */
DexFuture *
bks_book_store_list_snapshot_items (BksDatabase *store,
                                    const char  *snapshot_id)
{
  return bks_database_read (store, list_snapshot_items, g_strdup (snapshot_id), g_free);
}
