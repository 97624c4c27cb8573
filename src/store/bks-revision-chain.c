/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-store-private.h"
#include "bks-error.h"
#include "bks-revision-chain-private.h"
#include "bks-revision-codec-private.h"
#include "bks-revisions.h"

/*
 * How earlier texts stand on one another: each is packed with the one before
 * it as dictionary, every twentieth is a whole copy.
 */

/**
 * bks_packed_revision_clear:
 * @self: a row
 *
 * Frees what it holds.
 */
void
bks_packed_revision_clear (BksPackedRevision *self)
{
  g_clear_pointer (&self->content, g_bytes_unref);
}

static gboolean
read_packed (BksConnection      *connection,
             gint64              id,
             BksPackedRevision  *packed,
             GError            **error)
{
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "SELECT content, content_bytes, coalesce (base_id, 0), depth FROM revisions"
                                      " WHERE id = ?",
                                      error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, id);
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_DONE)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CORRUPT, "An earlier text is missing that another one needs");
  if (step != SQLITE_ROW)
    return FALSE;
  packed->content = g_bytes_new (sqlite3_column_blob (statement, 0), (gsize) sqlite3_column_bytes (statement, 0));
  packed->plain_size = (gsize) sqlite3_column_int64 (statement, 1);
  packed->base_id = sqlite3_column_int64 (statement, 2);
  packed->depth = sqlite3_column_int64 (statement, 3);
  sqlite3_reset (statement);
  return TRUE;
}

/* Unpacks a revision and, before it, those that it stands on. */
static GBytes *
load_plain (BksConnection  *connection,
            gint64          id,
            gint64         *depth,
            guint           levels,
            GError        **error)
{
  g_auto(BksPackedRevision) packed = { 0 };
  g_autoptr(GBytes) base = NULL;

  if (levels > 2 * BKS_REVISION_CHAIN)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CORRUPT, "An earlier text stands on too many others");
      return NULL;
    }
  if (!read_packed (connection, id, &packed, error))
    return NULL;
  if (packed.base_id != 0)
    {
      base = load_plain (connection, packed.base_id, NULL, levels + 1, error);
      if (base == NULL)
        return NULL;
    }
  if (depth != NULL)
    *depth = packed.depth;
  return bks_revision_unpack (packed.content, packed.plain_size, base, error);
}

/**
 * bks_revision_chain_load:
 * @connection: a connection
 * @id: the row of a revision
 * @error: return location
 *
 * Returns: (transfer full): what was packed, %NULL with %BKS_ERROR_CORRUPT or what stopped it
 */
GBytes *
bks_revision_chain_load (BksConnection  *connection,
                         gint64          id,
                         GError        **error)
{
  return load_plain (connection, id, NULL, 0, error);
}

/**
 * bks_revision_chain_pack:
 * @connection: a connection
 * @plain: what is to be packed
 * @base_id: the row of the revision before it, 0: none
 * @packed: takes it
 * @error: return location
 *
 * Packs on top of @base_id, or whole where the chain is long enough or broken.
 *
 * Returns: whether it is packed
 */
gboolean
bks_revision_chain_pack (BksConnection      *connection,
                         GBytes             *plain,
                         gint64              base_id,
                         BksPackedRevision  *packed,
                         GError            **error)
{
  g_autoptr(GBytes) base = NULL;
  g_autoptr(GError) local = NULL;
  gint64 depth = 0;

  if (base_id != 0)
    {
      base = load_plain (connection, base_id, &depth, 0, &local);
      /* A damaged one is no ground to stand on, and no reason to keep nothing. */
      if (base == NULL)
        g_info ("An earlier text is kept whole: %s", local->message);
      if (depth + 1 >= BKS_REVISION_CHAIN)
        g_clear_pointer (&base, g_bytes_unref);
    }
  packed->base_id = base != NULL ? base_id : 0;
  packed->depth = base != NULL ? depth + 1 : 0;
  packed->plain_size = g_bytes_get_size (plain);
  packed->content = bks_revision_pack (plain, base, error);
  return packed->content != NULL;
}

/**
 * bks_packed_revision_bind:
 * @statement: a statement
 * @first: the first of four parameters: base_id, depth, content_bytes, content
 * @packed: what they shall be; must live until the statement has run
 */
void
bks_packed_revision_bind (sqlite3_stmt      *statement,
                          int                first,
                          BksPackedRevision *packed)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (packed->content, &size);

  bks_bind_unknown (statement, first, packed->base_id, 0);
  sqlite3_bind_int64 (statement, first + 1, packed->depth);
  sqlite3_bind_int64 (statement, first + 2, (gint64) packed->plain_size);
  sqlite3_bind_blob64 (statement, first + 3, data, size, SQLITE_STATIC);
}

static gboolean
put_packed (BksConnection      *connection,
            gint64              id,
            BksPackedRevision  *packed,
            GError            **error)
{
  sqlite3_stmt *statement;
  gboolean ok;

  statement = bks_connection_prepare (connection,
                                      "UPDATE revisions SET base_id = ?, depth = ?, content_bytes = ?, content = ?"
                                      " WHERE id = ?",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_packed_revision_bind (statement, 1, packed);
  sqlite3_bind_int64 (statement, 5, id);
  ok = bks_connection_run (connection, statement, error);
  sqlite3_clear_bindings (statement);
  return ok;
}

/**
 * bks_revision_chain_list:
 * @connection: a connection
 * @sql: selects rows of revisions
 * @id: what its parameter is, where it has one
 * @error: return location
 *
 * Returns: (transfer full) (element-type gint64): their ids, %NULL with an error
 */
GArray *
bks_revision_chain_list (BksConnection  *connection,
                         const char     *sql,
                         gint64          id,
                         GError        **error)
{
  g_autoptr(GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  sqlite3_stmt *statement = bks_connection_prepare (connection, sql, error);
  int step;

  if (statement == NULL)
    return NULL;
  if (sqlite3_bind_parameter_count (statement) > 0)
    sqlite3_bind_int64 (statement, 1, id);
  while ((step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    {
      gint64 found = sqlite3_column_int64 (statement, 0);

      g_array_append_val (ids, found);
    }
  return step != -1 ? g_steal_pointer (&ids) : NULL;
}

/**
 * bks_revision_chain_drop:
 * @connection: a connection in a transaction
 * @id: the row of a revision
 * @error: return location
 *
 * Takes a revision out of its chain: what stands on it is put on what it stood on.
 *
 * Returns: whether it is gone
 */
gboolean
bks_revision_chain_drop (BksConnection  *connection,
                         gint64          id,
                         GError        **error)
{
  g_auto(BksPackedRevision) dropped = { 0 };
  g_autoptr(GArray) children = NULL;
  sqlite3_stmt *statement;

  if (!read_packed (connection, id, &dropped, error))
    return FALSE;
  children = bks_revision_chain_list (connection, "SELECT id FROM revisions WHERE base_id = ?", id, error);
  if (children == NULL)
    return FALSE;
  for (guint i = 0; i < children->len; i++)
    {
      gint64 child = g_array_index (children, gint64, i);
      g_autoptr(GBytes) plain = bks_revision_chain_load (connection, child, error);
      g_auto(BksPackedRevision) packed = { 0 };

      if (plain == NULL || !bks_revision_chain_pack (connection, plain, dropped.base_id, &packed, error) ||
          !put_packed (connection, child, &packed, error))
        return FALSE;
    }
  statement = bks_connection_prepare (connection, "DELETE FROM revisions WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, id);
  return bks_connection_run (connection, statement, error);
}
