/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-store.h"
#include "bks-error.h"

static const char *const migrations[] = {
  /* 1 */
  "CREATE TABLE book ("
  "  id TEXT PRIMARY KEY, title TEXT NOT NULL, author TEXT NOT NULL, language TEXT NOT NULL,"
  "  local_only INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL"
  ") STRICT;"
  "CREATE TABLE nodes ("
  "  id TEXT PRIMARY KEY, parent_id TEXT REFERENCES nodes (id), position INTEGER NOT NULL, kind TEXT NOT NULL,"
  "  title TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, trashed_at INTEGER"
  ") STRICT;"
  "CREATE INDEX nodes_parent ON nodes (parent_id, position);"
  "CREATE TABLE texts ("
  "  node_id TEXT PRIMARY KEY REFERENCES nodes (id), text TEXT NOT NULL, words INTEGER NOT NULL,"
  "  revision INTEGER NOT NULL, updated_at INTEGER NOT NULL"
  ") STRICT;"
  "CREATE TABLE drafts ("
  "  id TEXT PRIMARY KEY, node_id TEXT NOT NULL REFERENCES nodes (id), version INTEGER NOT NULL,"
  "  operation TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, prompt TEXT NOT NULL,"
  "  text TEXT NOT NULL, state TEXT NOT NULL, review TEXT NOT NULL, tokens INTEGER, cost INTEGER,"
  "  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL"
  ") STRICT;"
  "CREATE INDEX drafts_node ON drafts (node_id, version);"
  "CREATE TABLE events ("
  "  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, type TEXT NOT NULL,"
  "  entity_type TEXT NOT NULL, entity_id TEXT NOT NULL"
  ") STRICT;",
  NULL
};

static const BksSchema schema = {
  .application_id = 0x424b5342, /* "BKSB" */
  .migrations = migrations,
  .what = "The book",
};

G_DEFINE_BOXED_TYPE (BksNodeText, bks_node_text, bks_node_text_ref, bks_node_text_unref)

/**
 * bks_node_text_ref:
 * @self: a text
 *
 * Returns: (transfer full): @self
 */
BksNodeText *
bks_node_text_ref (BksNodeText *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
node_text_clear (gpointer data)
{
  g_free (((BksNodeText *) data)->text);
}

/**
 * bks_node_text_unref:
 * @self: (transfer full): a text
 */
void
bks_node_text_unref (BksNodeText *self)
{
  g_atomic_rc_box_release_full (self, node_text_clear);
}

/**
 * bks_new_node_new:
 * @id: its id
 * @parent_id: (nullable): where it hangs
 * @kind: what it is
 * @title: its title
 * @text: its text, "" for none
 * @words: how many words @text has
 *
 * Returns: (transfer full): a node to be made
 */
BksNewNode *
bks_new_node_new (const char  *id,
                  const char  *parent_id,
                  BksNodeKind  kind,
                  const char  *title,
                  const char  *text,
                  gint64       words)
{
  BksNewNode *self = g_new0 (BksNewNode, 1);

  self->id = g_strdup (id);
  self->parent_id = g_strdup (parent_id);
  self->kind = kind;
  self->title = g_strdup (title);
  self->text = g_strdup (text);
  self->words = words;
  return self;
}

/**
 * bks_new_node_free:
 * @self: (transfer full): a node to be made
 */
void
bks_new_node_free (BksNewNode *self)
{
  g_free (self->id);
  g_free (self->parent_id);
  g_free (self->title);
  g_free (self->text);
  g_free (self);
}

/**
 * bks_book_store_open:
 * @path: the book's file
 * @writable: whether it may be made, migrated and written
 * @limits: limits
 *
 * Returns: (transfer full): resolves to its #BksDatabase
 */
DexFuture *
bks_book_store_open (const char *path,
                     gboolean    writable,
                     BksLimits  *limits)
{
  return bks_database_open (path, &schema, writable, limits);
}

static gboolean
no_such_node (GError **error)
{
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no such part, chapter or scene");
  return FALSE;
}

/* Every change is an event, and moves the book's own time on. */
static gboolean
note_change (BksConnection  *connection,
             const char     *type,
             const char     *entity_type,
             const char     *entity_id,
             gint64          now_ms,
             GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO events (at, type, entity_type, entity_id) VALUES (?, ?, ?, ?)",
                                      error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, now_ms);
  bks_bind_text (statement, 2, type);
  bks_bind_text (statement, 3, entity_type);
  bks_bind_text (statement, 4, entity_id);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  statement = bks_connection_prepare (connection, "UPDATE book SET updated_at = max (updated_at, ?)", error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, now_ms);
  return bks_connection_run (connection, statement, error);
}

static gboolean
insert_node (BksConnection  *connection,
             BksNewNode     *node,
             int             position,
             gint64          now_ms,
             GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO nodes (id, parent_id, position, kind, title, created_at, updated_at)"
                                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, node->id);
  bks_bind_text (statement, 2, node->parent_id);
  sqlite3_bind_int (statement, 3, position);
  bks_bind_text (statement, 4, bks_node_kind_to_string (node->kind));
  bks_bind_text (statement, 5, node->title);
  sqlite3_bind_int64 (statement, 6, now_ms);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO texts (node_id, text, words, revision, updated_at)"
                                      " VALUES (?, ?, ?, 1, ?)",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, node->id);
  bks_bind_text (statement, 2, node->text);
  sqlite3_bind_int64 (statement, 3, node->words);
  sqlite3_bind_int64 (statement, 4, now_ms);
  return bks_connection_run (connection, statement, error);
}

typedef struct
{
  BksBook   *book;
  GPtrArray *nodes;
  gint64     now_ms;
} Filling;

static void
filling_free (gpointer data)
{
  Filling *filling = data;

  g_object_unref (filling->book);
  g_ptr_array_unref (filling->nodes);
  g_free (filling);
}

static gboolean
insert_book (BksConnection  *connection,
             BksBook        *book,
             gint64          now_ms,
             GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO book (id, title, author, language, local_only, created_at, updated_at)"
                                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, bks_book_get_id (book));
  bks_bind_text (statement, 2, bks_book_get_title (book));
  bks_bind_text (statement, 3, bks_book_get_author (book));
  bks_bind_text (statement, 4, bks_book_get_language (book));
  sqlite3_bind_int (statement, 5, bks_book_get_local_only (book));
  sqlite3_bind_int64 (statement, 6, now_ms);
  return bks_connection_run (connection, statement, error);
}

static gboolean
fill (BksConnection  *connection,
      GValue         *result,
      gpointer        data,
      GError        **error)
{
  Filling *filling = data;

  if (!insert_book (connection, filling->book, filling->now_ms, error))
    return FALSE;
  for (guint i = 0; i < filling->nodes->len; i++)
    if (!insert_node (connection, g_ptr_array_index (filling->nodes, i), (int) i, filling->now_ms, error))
      return FALSE;
  return note_change (connection, "book.created", "book", bks_book_get_id (filling->book), filling->now_ms, error);
}

/**
 * bks_book_store_fill:
 * @store: a new book's database
 * @book: what it is
 * @nodes: (element-type BksNewNode): its nodes in reading order
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves when all of it is durable, in one transaction
 */
DexFuture *
bks_book_store_fill (BksDatabase *store,
                     BksBook     *book,
                     GPtrArray   *nodes,
                     gint64       now_ms)
{
  Filling *filling = g_new0 (Filling, 1);

  filling->book = g_object_ref (book);
  filling->nodes = g_ptr_array_ref (nodes);
  filling->now_ms = now_ms;
  return bks_database_write (store, fill, filling, filling_free);
}

/* The nodes that are not in the trash, nor below one that is. */
#define LIVE_NODES \
  "WITH RECURSIVE live (id, parent_id, position, kind, title, depth) AS (" \
  "  SELECT id, parent_id, position, kind, title, 0 FROM nodes WHERE parent_id IS NULL AND trashed_at IS NULL" \
  "  UNION ALL" \
  "  SELECT n.id, n.parent_id, n.position, n.kind, n.title, live.depth + 1 FROM nodes n" \
  "  JOIN live ON n.parent_id = live.id WHERE n.trashed_at IS NULL" \
  ") "

static gboolean
get_book (BksConnection  *connection,
          GValue         *result,
          gpointer        data,
          GError        **error)
{
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      LIVE_NODES
                                      "SELECT id, title, author, language, local_only, created_at, updated_at,"
                                      "  (SELECT coalesce (sum (t.words), 0) FROM live JOIN texts t ON t.node_id = live.id)"
                                      " FROM book",
                                      error);
  if (statement == NULL)
    return FALSE;
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_DONE)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CORRUPT, "The book's file is empty");
  if (step != SQLITE_ROW)
    return FALSE;
  g_value_init (result, BKS_TYPE_BOOK);
  g_value_take_object (result,
                       g_object_new (BKS_TYPE_BOOK,
                                     "id", sqlite3_column_text (statement, 0),
                                     "title", sqlite3_column_text (statement, 1),
                                     "author", sqlite3_column_text (statement, 2),
                                     "language", sqlite3_column_text (statement, 3),
                                     "local-only", sqlite3_column_int (statement, 4) != 0,
                                     "created-at", (gint64) sqlite3_column_int64 (statement, 5),
                                     "updated-at", (gint64) sqlite3_column_int64 (statement, 6),
                                     "words", (gint64) sqlite3_column_int64 (statement, 7),
                                     NULL));
  sqlite3_reset (statement);
  return TRUE;
}

/**
 * bks_book_store_get_book:
 * @store: a book's database
 *
 * Returns: (transfer full): resolves to a #BksBook, its words counted
 */
DexFuture *
bks_book_store_get_book (BksDatabase *store)
{
  return bks_database_read (store, get_book, NULL, NULL);
}

static gboolean
set_details (BksConnection  *connection,
             GValue         *result,
             gpointer        data,
             GError        **error)
{
  const char *title, *author, *language;
  gboolean local_only;
  gint64 now_ms;
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "UPDATE book SET title = ?, author = ?, language = ?, local_only = ?", error);
  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&s&s&sbx)", &title, &author, &language, &local_only, &now_ms);
  bks_bind_text (statement, 1, title);
  bks_bind_text (statement, 2, author);
  bks_bind_text (statement, 3, language);
  sqlite3_bind_int (statement, 4, local_only);
  return bks_connection_run (connection, statement, error) &&
         note_change (connection, "book.changed", "book", "", now_ms, error);
}

/**
 * bks_book_store_set_details:
 * @store: a book's database
 * @title: its title
 * @author: its author
 * @language: its language, BCP 47
 * @local_only: whether its text may only be sent to models on this machine
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_store_set_details (BksDatabase *store,
                            const char  *title,
                            const char  *author,
                            const char  *language,
                            gboolean     local_only,
                            gint64       now_ms)
{
  return bks_database_write (store, set_details,
                             g_variant_ref_sink (g_variant_new ("(sssbx)", title, author, language, local_only, now_ms)),
                             (GDestroyNotify) g_variant_unref);
}

static BksNode *
read_node (sqlite3_stmt *statement)
{
  BksNodeKind kind = BKS_NODE_CHAPTER;
  BksNode *node;

  /* A kind that only a newer program knows is shown as a chapter. */
  bks_node_kind_from_string ((const char *) sqlite3_column_text (statement, 2), &kind);
  node = bks_node_new ((const char *) sqlite3_column_text (statement, 0), kind,
                       (const char *) sqlite3_column_text (statement, 3));
  bks_node_set_parent_id (node, (const char *) sqlite3_column_text (statement, 1));
  bks_node_set_text_facts (node, sqlite3_column_int64 (statement, 4), sqlite3_column_int64 (statement, 5));
  return node;
}

static gboolean
list_nodes (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func (g_object_unref);
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      LIVE_NODES
                                      "SELECT live.id, live.parent_id, live.kind, live.title, coalesce (t.words, 0),"
                                      "  coalesce (t.revision, 0) FROM live LEFT JOIN texts t ON t.node_id = live.id"
                                      " ORDER BY live.depth, live.position, live.id",
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

static gboolean
read_text (BksConnection  *connection,
           GValue         *result,
           gpointer        data,
           GError        **error)
{
  BksNodeText *text;
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "SELECT coalesce (t.text, ''), coalesce (t.words, 0), coalesce (t.revision, 0)"
                                      " FROM nodes n LEFT JOIN texts t ON t.node_id = n.id WHERE n.id = ?",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, data);
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_DONE)
    return no_such_node (error);
  if (step != SQLITE_ROW)
    return FALSE;
  text = g_atomic_rc_box_new0 (BksNodeText);
  text->text = bks_column_dup (statement, 0);
  text->words = sqlite3_column_int64 (statement, 1);
  text->revision = sqlite3_column_int64 (statement, 2);
  sqlite3_reset (statement);
  g_value_init (result, BKS_TYPE_NODE_TEXT);
  g_value_take_boxed (result, text);
  return TRUE;
}

/**
 * bks_book_store_read_text:
 * @store: a book's database
 * @node_id: which node
 *
 * Returns: (transfer full): resolves to its #BksNodeText
 */
DexFuture *
bks_book_store_read_text (BksDatabase *store,
                          const char  *node_id)
{
  return bks_database_read (store, read_text, g_strdup (node_id), g_free);
}

static gboolean
read_all_texts (BksConnection  *connection,
                GValue         *result,
                gpointer        data,
                GError        **error)
{
  g_autoptr(GHashTable) texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  sqlite3_stmt *statement = bks_connection_prepare (connection, "SELECT node_id, text FROM texts", error);
  int step;

  if (statement == NULL)
    return FALSE;
  while ((step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    g_hash_table_insert (texts, bks_column_dup (statement, 0), bks_column_dup (statement, 1));
  if (step == -1)
    return FALSE;
  g_value_init (result, G_TYPE_HASH_TABLE);
  g_value_take_boxed (result, g_steal_pointer (&texts));
  return TRUE;
}

/**
 * bks_book_store_read_all_texts:
 * @store: a book's database
 *
 * Returns: (transfer full): resolves to a #GHashTable from node ids to texts, of one moment
 */
DexFuture *
bks_book_store_read_all_texts (BksDatabase *store)
{
  return bks_database_read (store, read_all_texts, NULL, NULL);
}

static gboolean
accept_draft (BksConnection  *connection,
              const char     *draft_id,
              gint64          now_ms,
              GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "UPDATE drafts SET review = 'approved', updated_at = ? WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, now_ms);
  bks_bind_text (statement, 2, draft_id);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  if (bks_connection_get_changes (connection) == 0)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no such draft");
      return FALSE;
    }
  return note_change (connection, "draft.accepted", "draft", draft_id, now_ms, error);
}

static gboolean
get_revision (BksConnection  *connection,
              const char     *node_id,
              gint64         *revision,
              GError        **error)
{
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection, "SELECT revision FROM texts WHERE node_id = ?", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, node_id);
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_DONE)
    return no_such_node (error);
  if (step != SQLITE_ROW)
    return FALSE;
  *revision = sqlite3_column_int64 (statement, 0);
  sqlite3_reset (statement);
  return TRUE;
}

static gboolean
write_text (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  const char *node_id, *text, *draft_id;
  gint64 words, expected, now_ms, revision;
  sqlite3_stmt *statement;

  g_variant_get (data, "(&s&sxxm&sx)", &node_id, &text, &words, &expected, &draft_id, &now_ms);
  if (!get_revision (connection, node_id, &revision, error))
    return FALSE;
  if (expected >= 0 && expected != revision)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CONFLICT, "The text has been changed in the meantime");
      return FALSE;
    }
  statement = bks_connection_prepare (connection,
                                      "UPDATE texts SET text = ?, words = ?, revision = ?, updated_at = ?"
                                      " WHERE node_id = ?",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, text);
  sqlite3_bind_int64 (statement, 2, words);
  sqlite3_bind_int64 (statement, 3, revision + 1);
  sqlite3_bind_int64 (statement, 4, now_ms);
  bks_bind_text (statement, 5, node_id);
  if (!bks_connection_run (connection, statement, error) ||
      !note_change (connection, "chapter.text", "chapter", node_id, now_ms, error) ||
      (draft_id != NULL && !accept_draft (connection, draft_id, now_ms, error)))
    return FALSE;
  g_value_init (result, G_TYPE_INT64);
  g_value_set_int64 (result, revision + 1);
  return TRUE;
}

/**
 * bks_book_store_write_text:
 * @store: a book's database
 * @node_id: which node
 * @text: its text from now on
 * @words: how many words it has
 * @expected_revision: the revision the writer has seen, -1 to write over any
 * @accepted_draft: (nullable): a draft that the author has put into @text
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves to the new revision (gint64) when it is
 *   durable; rejects with %BKS_ERROR_CONFLICT, or %BKS_ERROR_NOT_FOUND for a
 *   node or draft that is not there
 */
DexFuture *
bks_book_store_write_text (BksDatabase *store,
                           const char  *node_id,
                           const char  *text,
                           gint64       words,
                           gint64       expected_revision,
                           const char  *accepted_draft,
                           gint64       now_ms)
{
  GVariant *arguments = g_variant_new ("(ssxxmsx)", node_id, text, words, expected_revision, accepted_draft, now_ms);

  return bks_database_write (store, write_text, g_variant_ref_sink (arguments), (GDestroyNotify) g_variant_unref);
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
  g_autoptr(GPtrArray) order = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *statement;
  int step, index = -1, live = 0;

  statement = bks_connection_prepare (connection,
                                      "SELECT id, trashed_at IS NULL FROM nodes WHERE parent_id IS ? AND id <> ?"
                                      " ORDER BY position, id",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, parent_id);
  bks_bind_text (statement, 2, node_id);
  while ((step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    {
      if (sqlite3_column_int (statement, 1) != 0 && live++ == position)
        index = (int) order->len;
      g_ptr_array_add (order, bks_column_dup (statement, 0));
    }
  if (step == -1)
    return FALSE;
  g_ptr_array_insert (order, index, g_strdup (node_id));
  return number_siblings (connection, order, error);
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

  return insert_node (connection, node, 0, adding->now_ms, error) &&
         place_node (connection, node->id, node->parent_id, adding->position, error) &&
         note_change (connection, "chapter.created", "chapter", node->id, adding->now_ms, error);
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
  const char *node_id, *title;
  gint64 now_ms;
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection, "UPDATE nodes SET title = ?, updated_at = ? WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&s&sx)", &node_id, &title, &now_ms);
  bks_bind_text (statement, 1, title);
  sqlite3_bind_int64 (statement, 2, now_ms);
  bks_bind_text (statement, 3, node_id);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  if (bks_connection_get_changes (connection) == 0)
    return no_such_node (error);
  return note_change (connection, "chapter.renamed", "chapter", node_id, now_ms, error);
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
move_node (BksConnection  *connection,
           GValue         *result,
           gpointer        data,
           GError        **error)
{
  const char *node_id, *parent_id;
  gint64 now_ms;
  gint32 position;
  gboolean below = FALSE;
  sqlite3_stmt *statement;

  g_variant_get (data, "(&sm&six)", &node_id, &parent_id, &position, &now_ms);
  if (parent_id != NULL && !is_below (connection, parent_id, node_id, &below, error))
    return FALSE;
  if (below)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "A part cannot be moved into itself");
      return FALSE;
    }
  statement = bks_connection_prepare (connection, "UPDATE nodes SET parent_id = ?, updated_at = ? WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, parent_id);
  sqlite3_bind_int64 (statement, 2, now_ms);
  bks_bind_text (statement, 3, node_id);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  if (bks_connection_get_changes (connection) == 0)
    return no_such_node (error);
  return place_node (connection, node_id, parent_id, position, error) &&
         note_change (connection, "chapter.moved", "chapter", node_id, now_ms, error);
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

static gboolean
trash_node (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  const char *node_id;
  gboolean trashed;
  gint64 now_ms;
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection, "UPDATE nodes SET trashed_at = ? WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&sbx)", &node_id, &trashed, &now_ms);
  bks_bind_unknown (statement, 1, trashed ? now_ms : 0, 0);
  bks_bind_text (statement, 2, node_id);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  if (bks_connection_get_changes (connection) == 0)
    return no_such_node (error);
  return note_change (connection, trashed ? "chapter.deleted" : "chapter.restored", "chapter", node_id, now_ms, error);
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
