/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-store-private.h"
#include "bks-error.h"

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
  g_free (self->provenance);
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
  return bks_database_open (path, &bks_book_schema, writable, limits);
}

/**
 * bks_book_no_such_node:
 * @error: return location
 *
 * Returns: %FALSE, with %BKS_ERROR_NOT_FOUND
 */
gboolean
bks_book_no_such_node (GError **error)
{
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no such part, chapter or scene");
  return FALSE;
}

/**
 * bks_book_note_change:
 * @connection: a connection in a transaction
 * @type: what happened
 * @entity_type: to what kind of thing
 * @entity_id: to which
 * @now_ms: epoch milliseconds
 * @error: return location
 *
 * Every change is an event, and moves the book's own time on.
 *
 * Returns: whether it is noted
 */
gboolean
bks_book_note_change (BksConnection  *connection,
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

/**
 * bks_book_has_history:
 * @connection: a connection
 *
 * Returns: whether the file has the tables of what was; one of an older program
 *   that is only read does not
 */
gboolean
bks_book_has_history (BksConnection *connection)
{
  return bks_connection_get_version (connection) >= BKS_BOOK_WITH_HISTORY;
}

/**
 * bks_book_has_plans:
 * @connection: a connection
 *
 * Returns: whether the file says of a node how far it is, what it is about and how long it is to be; see
 *   bks_book_has_history()
 */
gboolean
bks_book_has_plans (BksConnection *connection)
{
  return bks_connection_get_version (connection) >= BKS_BOOK_WITH_PLANS;
}

/**
 * bks_book_insert_node:
 * @connection: a connection in a transaction
 * @node: a node with its text
 * @position: its place among its siblings
 * @now_ms: epoch milliseconds
 * @error: return location
 *
 * Returns: whether it is there
 */
gboolean
bks_book_insert_node (BksConnection  *connection,
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
                                      "INSERT INTO texts (node_id, text, words, revision, updated_at, provenance)"
                                      " VALUES (?, ?, ?, 1, ?, ?)",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, node->id);
  bks_bind_text (statement, 2, node->text);
  sqlite3_bind_int64 (statement, 3, node->words);
  sqlite3_bind_int64 (statement, 4, now_ms);
  bks_bind_text (statement, 5, node->provenance != NULL ? node->provenance : "");
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
  gint64 words = 0;

  if (!insert_book (connection, filling->book, filling->now_ms, error))
    return FALSE;
  for (guint i = 0; i < filling->nodes->len; i++)
    {
      if (!bks_book_insert_node (connection, g_ptr_array_index (filling->nodes, i), (int) i, filling->now_ms, error))
        return FALSE;
      words += ((BksNewNode *) g_ptr_array_index (filling->nodes, i))->words;
    }
  return bks_book_count_day (connection, 0, words, filling->now_ms, error) &&
         bks_book_note_change (connection, "book.created", "book", bks_book_get_id (filling->book), filling->now_ms, error);
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

#define GET_BOOK(goal) \
  BKS_LIVE_NODES "SELECT id, title, author, language, local_only, created_at, updated_at," \
                 "  (SELECT coalesce (sum (t.words), 0) FROM live JOIN texts t ON t.node_id = live.id), " goal \
                 " FROM book"

static gboolean
get_book (BksConnection  *connection,
          GValue         *result,
          gpointer        data,
          GError        **error)
{
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      bks_book_has_plans (connection) ? GET_BOOK ("daily_goal") : GET_BOOK ("0"),
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
                                     "daily-goal", (gint64) sqlite3_column_int64 (statement, 8),
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
         bks_book_note_change (connection, "book.changed", "book", "", now_ms, error);
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

static gboolean
adopt (BksConnection  *connection,
       GValue         *result,
       gpointer        data,
       GError        **error)
{
  const char *id, *title;
  gint64 last_event, now_ms;
  sqlite3_stmt *statement = bks_connection_prepare (connection, "UPDATE book SET id = ?, title = ?", error);

  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&s&sxx)", &id, &title, &last_event, &now_ms);
  bks_bind_text (statement, 1, id);
  bks_bind_text (statement, 2, title);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  statement = bks_connection_prepare (connection, "UPDATE sqlite_sequence SET seq = max (seq, ?) WHERE name = 'events'", error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, last_event);
  return bks_connection_run (connection, statement, error) &&
         bks_book_note_change (connection, "book.restored", "book", id, now_ms, error);
}

/**
 * bks_book_store_adopt:
 * @store: the database of a book that came from a backup
 * @id: its id from now on
 * @title: its title from now on
 * @last_event: the last number that events of this book have had
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_store_adopt (BksDatabase *store,
                      const char  *id,
                      const char  *title,
                      gint64       last_event,
                      gint64       now_ms)
{
  return bks_database_write (store, adopt, g_variant_ref_sink (g_variant_new ("(ssxx)", id, title, last_event, now_ms)),
                             (GDestroyNotify) g_variant_unref);
}
