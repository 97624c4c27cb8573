/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-history-private.h"
#include "bks-book-store-private.h"
#include "bks-error.h"

/* The binder's tree. Every change of it is a command that can be undone. */

static BksNode *
read_node (sqlite3_stmt *statement)
{
  BksNodeKind kind = BKS_NODE_CHAPTER;
  BksNodeStatus status = BKS_STATUS_NONE;
  BksNode *node;

  /* A kind that only a newer program knows is shown as a chapter, such a status as none. */
  bks_node_kind_from_string ((const char *) sqlite3_column_text (statement, 2), &kind);
  bks_node_status_from_string ((const char *) sqlite3_column_text (statement, 6), &status);
  node = bks_node_new ((const char *) sqlite3_column_text (statement, 0), kind,
                       (const char *) sqlite3_column_text (statement, 3));
  bks_node_set_parent_id (node, (const char *) sqlite3_column_text (statement, 1));
  bks_node_set_text_facts (node, sqlite3_column_int64 (statement, 4), sqlite3_column_int64 (statement, 5));
  bks_node_set_status (node, status);
  bks_node_set_synopsis (node, (const char *) sqlite3_column_text (statement, 7));
  bks_node_set_target_words (node, sqlite3_column_int64 (statement, 8));
  return node;
}

#define LIST_NODES(index, plans) \
  BKS_LIVE_NODES "SELECT live.id, live.parent_id, live.kind, live.title, coalesce (t.words, 0)," \
                 "  coalesce (t.revision, 0), " plans " FROM live JOIN nodes n ON n.id = live.id" \
                 " LEFT JOIN texts t" index " ON t.node_id = live.id" \
                 " ORDER BY live.depth, live.position, live.id"
#define BY_INDEX " INDEXED BY texts_facts"
#define PLANS "n.status, n.synopsis, n.target_words"
#define NO_PLANS "'none', '', 0"

static gboolean
list_nodes (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func (g_object_unref);
  sqlite3_stmt *statement;
  int step;

  /* By the index: the words stand behind the text, and every text would be read for them. */
  statement = bks_connection_prepare (connection,
                                      bks_book_has_plans (connection)     ? LIST_NODES (BY_INDEX, PLANS)
                                      : bks_book_has_history (connection) ? LIST_NODES (BY_INDEX, NO_PLANS)
                                                                          : LIST_NODES ("", NO_PLANS),
                                      error);
  if (statement == NULL)
    return FALSE;
  while ((step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    g_ptr_array_add (nodes, read_node (statement));
  if (step == -1)
    return FALSE;
  g_value_init (result, G_TYPE_PTR_ARRAY);
  g_value_take_boxed (result, g_steal_pointer (&nodes));
  return TRUE;
}

/**
 * bks_book_store_list_nodes:
 * @store: a book's database
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksNode, level by
 *   level, siblings in their order; children are not filled in
 */
DexFuture *
bks_book_store_list_nodes (BksDatabase *store)
{
  return bks_database_read (store, list_nodes, NULL, NULL);
}

/* Puts a node's siblings into the order of @order, numbered from 0. */
static gboolean
number_siblings (BksConnection  *connection,
                 GPtrArray      *order,
                 GError        **error)
{
  for (guint i = 0; i < order->len; i++)
    {
      sqlite3_stmt *statement = bks_connection_prepare (connection, "UPDATE nodes SET position = ? WHERE id = ?", error);

      if (statement == NULL)
        return FALSE;
      sqlite3_bind_int (statement, 1, (int) i);
      bks_bind_text (statement, 2, g_ptr_array_index (order, i));
      if (!bks_connection_run (connection, statement, error))
        return FALSE;
    }
  return TRUE;
}

/* The siblings of a node in their order, without it. Those in the trash are marked by @live. */
static GPtrArray *
list_siblings (BksConnection  *connection,
               const char     *node_id,
               const char     *parent_id,
               GArray         *live,
               GError        **error)
{
  g_autoptr(GPtrArray) order = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "SELECT id, trashed_at IS NULL FROM nodes WHERE parent_id IS ? AND id <> ?"
                                      " ORDER BY position, id",
                                      error);
  if (statement == NULL)
    return NULL;
  bks_bind_text (statement, 1, parent_id);
  bks_bind_text (statement, 2, node_id);
  while ((step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    {
      gboolean is_live = sqlite3_column_int (statement, 1) != 0;

      g_array_append_val (live, is_live);
      g_ptr_array_add (order, bks_column_dup (statement, 0));
    }
  return step != -1 ? g_steal_pointer (&order) : NULL;
}

/*
 * Makes room for @node_id at @position (-1: last) below @parent_id. What is in
 * the trash is not counted, but keeps its neighbours for when it comes back.
 */
static gboolean
place_node (BksConnection  *connection,
            const char     *node_id,
            const char     *parent_id,
            int             position,
            GError        **error)
{
  g_autoptr(GArray) live = g_array_new (FALSE, FALSE, sizeof (gboolean));
  g_autoptr(GPtrArray) order = list_siblings (connection, node_id, parent_id, live, error);
  int index = -1, seen = 0;

  if (order == NULL)
    return FALSE;
  for (guint i = 0; i < order->len && index == -1; i++)
    if (g_array_index (live, gboolean, i) && seen++ == position)
      index = (int) i;
  g_ptr_array_insert (order, index, g_strdup (node_id));
  return number_siblings (connection, order, error);
}

/* As place_node(), counting those in the trash, too. */
static gboolean
place_node_among_all (BksConnection  *connection,
                      const char     *node_id,
                      const char     *parent_id,
                      int             place,
                      GError        **error)
{
  g_autoptr(GArray) live = g_array_new (FALSE, FALSE, sizeof (gboolean));
  g_autoptr(GPtrArray) order = list_siblings (connection, node_id, parent_id, live, error);

  if (order == NULL)
    return FALSE;
  g_ptr_array_insert (order, MIN (place, (int) order->len), g_strdup (node_id));
  return number_siblings (connection, order, error);
}

/**
 * bks_node_state_clear:
 * @self: a state
 */
void
bks_node_state_clear (BksNodeState *self)
{
  g_clear_pointer (&self->parent_id, g_free);
  g_clear_pointer (&self->title, g_free);
  g_clear_pointer (&self->status, g_free);
}

/**
 * bks_book_get_state:
 * @connection: a connection
 * @node_id: which node
 * @state: (out caller-allocated): where it stands
 * @error: return location
 *
 * Returns: whether there is such a node
 */
gboolean
bks_book_get_state (BksConnection  *connection,
                    const char     *node_id,
                    BksNodeState   *state,
                    GError        **error)
{
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "SELECT n.parent_id, n.title, coalesce (n.trashed_at, 0),"
                                      "  (SELECT count(*) FROM nodes s WHERE s.parent_id IS n.parent_id"
                                      "   AND (s.position, s.id) < (n.position, n.id)), n.status"
                                      " FROM nodes n WHERE n.id = ?",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, node_id);
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_DONE)
    return bks_book_no_such_node (error);
  if (step != SQLITE_ROW)
    return FALSE;
  state->parent_id = bks_column_dup (statement, 0);
  state->title = bks_column_dup (statement, 1);
  state->trashed_at = sqlite3_column_int64 (statement, 2);
  state->place = sqlite3_column_int (statement, 3);
  state->status = bks_column_dup (statement, 4);
  sqlite3_reset (statement);
  return TRUE;
}

static gboolean
is_below (BksConnection  *connection,
          const char     *node_id,
          const char     *ancestor_id,
          gboolean       *below,
          GError        **error)
{
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "WITH RECURSIVE up (id) AS (VALUES (?1) UNION"
                                      "  SELECT n.parent_id FROM nodes n JOIN up ON n.id = up.id"
                                      "  WHERE n.parent_id IS NOT NULL)"
                                      " SELECT 1 FROM up WHERE id = ?2",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, node_id);
  bks_bind_text (statement, 2, ancestor_id);
  step = bks_connection_step (connection, statement, error);
  *below = step == SQLITE_ROW;
  sqlite3_reset (statement);
  return step != -1;
}

static gboolean
check_place (BksConnection  *connection,
             const char     *node_id,
             const char     *parent_id,
             GError        **error)
{
  gboolean below = FALSE;

  if (parent_id != NULL && !is_below (connection, parent_id, node_id, &below, error))
    return FALSE;
  if (below)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "A part cannot be moved into itself");
  return !below;
}

/**
 * bks_book_put_state:
 * @connection: a connection in a transaction
 * @node_id: which node
 * @state: where it shall stand
 * @now_ms: epoch milliseconds
 * @error: return location
 *
 * Returns: whether it stands there; %FALSE with %BKS_ERROR_INVALID_ARGUMENT for a place inside itself
 */
gboolean
bks_book_put_state (BksConnection       *connection,
                    const char          *node_id,
                    const BksNodeState  *state,
                    gint64               now_ms,
                    GError             **error)
{
  sqlite3_stmt *statement;

  if (!check_place (connection, node_id, state->parent_id, error))
    return FALSE;
  statement = bks_connection_prepare (connection,
                                      "UPDATE nodes SET parent_id = ?, title = ?, trashed_at = ?, status = ?,"
                                      "  updated_at = ? WHERE id = ?",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, state->parent_id);
  bks_bind_text (statement, 2, state->title);
  bks_bind_unknown (statement, 3, state->trashed_at, 0);
  bks_bind_text (statement, 4, state->status);
  sqlite3_bind_int64 (statement, 5, now_ms);
  bks_bind_text (statement, 6, node_id);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  if (bks_connection_get_changes (connection) == 0)
    return bks_book_no_such_node (error);
  return place_node_among_all (connection, node_id, state->parent_id, state->place, error);
}

typedef struct
{
  BksNewNode *node;
  int         position;
  gint64      now_ms;
} Adding;

static void
adding_free (gpointer data)
{
  Adding *adding = data;

  bks_new_node_free (adding->node);
  g_free (adding);
}

static gboolean
add_node (BksConnection  *connection,
          GValue         *result,
          gpointer        data,
          GError        **error)
{
  Adding *adding = data;
  BksNewNode *node = adding->node;
  g_auto(BksNodeState) before = { 0 };

  if (!bks_book_insert_node (connection, node, 0, adding->now_ms, error) ||
      !place_node (connection, node->id, node->parent_id, adding->position, error) ||
      !bks_book_get_state (connection, node->id, &before, error))
    return FALSE;
  /* Undone, it goes into the trash: somebody may have written into it by then. */
  before.trashed_at = adding->now_ms;
  return bks_book_count_day (connection, 0, node->words, adding->now_ms, error) &&
         bks_book_add_command (connection, "add", node->id, &before, adding->now_ms, error) &&
         bks_book_note_change (connection, "chapter.created", "chapter", node->id, adding->now_ms, error);
}

/**
 * bks_book_store_add_node:
 * @store: a book's database
 * @node: (transfer full): the node
 * @position: its place among its siblings, -1 for the last
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_store_add_node (BksDatabase *store,
                         BksNewNode  *node,
                         int          position,
                         gint64       now_ms)
{
  Adding *adding = g_new0 (Adding, 1);

  adding->node = node;
  adding->position = position;
  adding->now_ms = now_ms;
  return bks_database_write (store, add_node, adding, adding_free);
}

static gboolean
rename_node (BksConnection  *connection,
             GValue         *result,
             gpointer        data,
             GError        **error)
{
  g_auto(BksNodeState) before = { 0 };
  const char *node_id, *title;
  gint64 now_ms;
  sqlite3_stmt *statement;

  g_variant_get (data, "(&s&sx)", &node_id, &title, &now_ms);
  if (!bks_book_get_state (connection, node_id, &before, error))
    return FALSE;
  statement = bks_connection_prepare (connection, "UPDATE nodes SET title = ?, updated_at = ? WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, title);
  sqlite3_bind_int64 (statement, 2, now_ms);
  bks_bind_text (statement, 3, node_id);
  return bks_connection_run (connection, statement, error) &&
         bks_book_add_command (connection, "rename", node_id, &before, now_ms, error) &&
         bks_book_note_change (connection, "chapter.renamed", "chapter", node_id, now_ms, error);
}

/**
 * bks_book_store_rename_node:
 * @store: a book's database
 * @node_id: which node
 * @title: its title from now on
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_store_rename_node (BksDatabase *store,
                            const char  *node_id,
                            const char  *title,
                            gint64       now_ms)
{
  return bks_database_write (store, rename_node, g_variant_ref_sink (g_variant_new ("(ssx)", node_id, title, now_ms)),
                             (GDestroyNotify) g_variant_unref);
}

static gboolean
move_node (BksConnection  *connection,
           GValue         *result,
           gpointer        data,
           GError        **error)
{
  g_auto(BksNodeState) before = { 0 };
  const char *node_id, *parent_id;
  gint64 now_ms;
  gint32 position;
  sqlite3_stmt *statement;

  g_variant_get (data, "(&sm&six)", &node_id, &parent_id, &position, &now_ms);
  if (!check_place (connection, node_id, parent_id, error) ||
      !bks_book_get_state (connection, node_id, &before, error))
    return FALSE;
  statement = bks_connection_prepare (connection, "UPDATE nodes SET parent_id = ?, updated_at = ? WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, parent_id);
  sqlite3_bind_int64 (statement, 2, now_ms);
  bks_bind_text (statement, 3, node_id);
  return bks_connection_run (connection, statement, error) &&
         place_node (connection, node_id, parent_id, position, error) &&
         bks_book_add_command (connection, "move", node_id, &before, now_ms, error) &&
         bks_book_note_change (connection, "chapter.moved", "chapter", node_id, now_ms, error);
}

/**
 * bks_book_store_move_node:
 * @store: a book's database
 * @node_id: which node
 * @parent_id: (nullable): where it shall hang
 * @position: its place there, -1 for the last
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable; rejects with
 *   %BKS_ERROR_INVALID_ARGUMENT for a place inside itself
 */
DexFuture *
bks_book_store_move_node (BksDatabase *store,
                          const char  *node_id,
                          const char  *parent_id,
                          int          position,
                          gint64       now_ms)
{
  GVariant *arguments = g_variant_new ("(smsix)", node_id, parent_id, (gint32) position, now_ms);

  return bks_database_write (store, move_node, g_variant_ref_sink (arguments), (GDestroyNotify) g_variant_unref);
}

/* The nearest that is not in the trash, nor below something that is. */
static gboolean
find_live_ancestor (BksConnection  *connection,
                    const char     *node_id,
                    char          **ancestor_id,
                    GError        **error)
{
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "WITH RECURSIVE up (id, level) AS (SELECT parent_id, 1 FROM nodes WHERE id = ?1"
                                      "  UNION SELECT n.parent_id, level + 1 FROM nodes n JOIN up ON n.id = up.id),"
                                      " gone (level) AS (SELECT coalesce (max (up.level), 0) FROM up"
                                      "  JOIN nodes n ON n.id = up.id WHERE n.trashed_at IS NOT NULL)"
                                      " SELECT up.id FROM up, gone WHERE up.level > gone.level ORDER BY up.level LIMIT 1",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, node_id);
  step = bks_connection_step (connection, statement, error);
  *ancestor_id = step == SQLITE_ROW ? bks_column_dup (statement, 0) : NULL;
  sqlite3_reset (statement);
  return step != -1;
}

/* Out of the trash to where it was, or, where that is in the trash itself, to the end of what is left above. */
static gboolean
take_out (BksConnection       *connection,
          const char          *node_id,
          const BksNodeState  *before,
          gint64               now_ms,
          GError             **error)
{
  g_autofree char *ancestor_id = NULL;
  BksNodeState after = *before;

  if (!find_live_ancestor (connection, node_id, &ancestor_id, error))
    return FALSE;
  after.trashed_at = 0;
  if (g_strcmp0 (ancestor_id, before->parent_id) != 0)
    {
      after.parent_id = ancestor_id;
      after.place = G_MAXINT;
    }
  return bks_book_put_state (connection, node_id, &after, now_ms, error);
}

static gboolean
put_in (BksConnection  *connection,
        const char     *node_id,
        gint64          now_ms,
        GError        **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, "UPDATE nodes SET trashed_at = ? WHERE id = ?", error);

  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, now_ms);
  bks_bind_text (statement, 2, node_id);
  return bks_connection_run (connection, statement, error);
}

static gboolean
trash_node (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  g_auto(BksNodeState) before = { 0 };
  const char *node_id;
  gboolean trashed, changed;
  gint64 now_ms;

  g_variant_get (data, "(&sbx)", &node_id, &trashed, &now_ms);
  if (!bks_book_get_state (connection, node_id, &before, error))
    return FALSE;
  changed = trashed != (before.trashed_at != 0);
  if (changed && !(trashed ? put_in (connection, node_id, now_ms, error)
                           : take_out (connection, node_id, &before, now_ms, error)))
    return FALSE;
  return !changed ||
         (bks_book_add_command (connection, trashed ? "trash" : "restore", node_id, &before, now_ms, error) &&
          bks_book_note_change (connection, trashed ? "chapter.deleted" : "chapter.restored", "chapter", node_id, now_ms,
                                error));
}

/**
 * bks_book_store_trash_node:
 * @store: a book's database
 * @node_id: which node
 * @trashed: into the trash, or out of it to where it was
 * @now_ms: epoch milliseconds
 *
 * What hangs below goes and comes with it.
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_store_trash_node (BksDatabase *store,
                           const char  *node_id,
                           gboolean     trashed,
                           gint64       now_ms)
{
  return bks_database_write (store, trash_node, g_variant_ref_sink (g_variant_new ("(sbx)", node_id, trashed, now_ms)),
                             (GDestroyNotify) g_variant_unref);
}
