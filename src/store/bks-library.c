/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-error.h"
#include "bks-library.h"

static const char *const migrations[] = {
  /* 1 */
  "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
  "CREATE TABLE books ("
  "  id TEXT PRIMARY KEY, title TEXT NOT NULL, author TEXT NOT NULL, language TEXT NOT NULL,"
  "  words INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,"
  "  opened_at INTEGER NOT NULL DEFAULT 0, local_only INTEGER NOT NULL DEFAULT 0,"
  "  trashed_at INTEGER"
  ") STRICT;"
  "CREATE TABLE providers ("
  "  id TEXT PRIMARY KEY, protocol TEXT NOT NULL, base_url TEXT NOT NULL, created_at INTEGER NOT NULL"
  ") STRICT;"
  "CREATE TABLE roles ("
  "  role TEXT NOT NULL, position INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,"
  "  PRIMARY KEY (role, position)"
  ") STRICT;"
  "CREATE TABLE usage ("
  "  id TEXT PRIMARY KEY, at INTEGER NOT NULL, provider TEXT NOT NULL, model_asked TEXT NOT NULL,"
  "  model_answered TEXT, role TEXT, book_id TEXT, device_id TEXT, attempt INTEGER NOT NULL DEFAULT 1,"
  "  input INTEGER, cache_read INTEGER, cache_write INTEGER, output INTEGER, reasoning INTEGER,"
  "  estimated INTEGER NOT NULL, cost INTEGER, cost_source TEXT NOT NULL,"
  "  first_token_ms INTEGER, total_ms INTEGER NOT NULL, outcome TEXT NOT NULL"
  ") STRICT;"
  "CREATE INDEX usage_at ON usage (at);"
  "CREATE TABLE devices ("
  "  id TEXT PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, tier TEXT NOT NULL,"
  "  paired_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL DEFAULT 0, min_iat INTEGER NOT NULL DEFAULT 0,"
  "  revoked INTEGER NOT NULL DEFAULT 0"
  ") STRICT;"
  "CREATE TABLE refresh_tokens ("
  "  hash TEXT PRIMARY KEY, device_id TEXT NOT NULL REFERENCES devices (id), issued_at INTEGER NOT NULL,"
  "  expires_at INTEGER NOT NULL, rotated_at INTEGER"
  ") STRICT;"
  "CREATE TABLE pairing_codes ("
  "  hash TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, wrong_tries INTEGER NOT NULL DEFAULT 0,"
  "  claimed_at INTEGER"
  ") STRICT;",
  /* 2: the ledger's reservations, budgets and own prices */
  "ALTER TABLE usage ADD COLUMN request_id TEXT;"
  "ALTER TABLE usage ADD COLUMN cache_write_1h INTEGER;"
  "ALTER TABLE usage ADD COLUMN reported_cost INTEGER;"
  "ALTER TABLE usage ADD COLUMN table_cost INTEGER;"
  "ALTER TABLE usage ADD COLUMN price_date TEXT;"
  "ALTER TABLE usage ADD COLUMN undated INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE usage ADD COLUMN local INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE usage ADD COLUMN orphan INTEGER NOT NULL DEFAULT 0;"
  "CREATE INDEX usage_request ON usage (request_id);"
  "CREATE TABLE budgets ("
  "  scope TEXT NOT NULL, name TEXT NOT NULL, period TEXT NOT NULL, hard INTEGER, soft INTEGER,"
  "  PRIMARY KEY (scope, name, period)"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE windows ("
  "  id INTEGER PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, period TEXT NOT NULL,"
  "  starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL,"
  "  spent INTEGER NOT NULL, reserved INTEGER NOT NULL DEFAULT 0,"
  "  calls INTEGER NOT NULL, unknown INTEGER NOT NULL,"
  "  tokens INTEGER NOT NULL, tokens_reserved INTEGER NOT NULL DEFAULT 0,"
  "  operations INTEGER NOT NULL, operations_reserved INTEGER NOT NULL DEFAULT 0,"
  "  told INTEGER NOT NULL DEFAULT 0, closed INTEGER NOT NULL DEFAULT 0, cap INTEGER,"
  "  UNIQUE (scope, name, period, starts_at)"
  ") STRICT;"
  "CREATE TABLE reservations ("
  "  id TEXT PRIMARY KEY, instance TEXT NOT NULL, at INTEGER NOT NULL, request_id TEXT NOT NULL,"
  "  attempt INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, role TEXT, book_id TEXT,"
  "  device_id TEXT, local INTEGER NOT NULL, most INTEGER, estimate INTEGER, input INTEGER, output INTEGER,"
  "  tokens INTEGER NOT NULL, operations INTEGER NOT NULL, windows TEXT NOT NULL"
  ") STRICT;"
  "CREATE TABLE own_prices ("
  "  provider TEXT NOT NULL, model TEXT NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL,"
  "  set_at INTEGER NOT NULL, PRIMARY KEY (provider, model)"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE listed_prices ("
  "  provider TEXT NOT NULL, model TEXT NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL,"
  "  listed_at INTEGER NOT NULL, PRIMARY KEY (provider, model)"
  ") STRICT, WITHOUT ROWID;",
  /* 3 */
  "CREATE TABLE circuits ("
  "  provider TEXT NOT NULL, key_tag TEXT NOT NULL, model TEXT NOT NULL, state INTEGER NOT NULL,"
  "  reason INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (provider, key_tag, model)"
  ") STRICT;",
  NULL
};

static const BksSchema schema = {
  .application_id = 0x424b534c, /* "BKSL" */
  .migrations = migrations,
  .what = "The library",
};

/**
 * bks_library_open:
 * @data_dir: the data folder, which exists
 * @limits: limits
 *
 * Returns: (transfer full): resolves to the #BksDatabase of library.db, made if there is none
 */
DexFuture *
bks_library_open (const char *data_dir,
                  BksLimits  *limits)
{
  g_autofree char *path = g_build_filename (data_dir, "library.db", NULL);

  return bks_database_open (path, &schema, TRUE, limits);
}

static gboolean
get_setting (BksConnection  *connection,
             GValue         *result,
             gpointer        data,
             GError        **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, "SELECT value FROM settings WHERE key = ?", error);
  int step;

  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, data);
  step = bks_connection_step (connection, statement, error);
  if (step == -1)
    return FALSE;
  g_value_init (result, G_TYPE_STRING);
  if (step == SQLITE_ROW)
    g_value_take_string (result, bks_column_dup (statement, 0));
  sqlite3_reset (statement);
  return TRUE;
}

/**
 * bks_library_get_setting:
 * @library: the library
 * @key: which setting
 *
 * Returns: (transfer full): resolves to a string, %NULL where it was never set
 */
DexFuture *
bks_library_get_setting (BksDatabase *library,
                         const char  *key)
{
  return bks_database_read (library, get_setting, g_strdup (key), g_free);
}

static gboolean
put_setting (BksConnection  *connection,
             const char     *sql,
             GVariant       *arguments,
             GError        **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, sql, error);
  const char *key, *value;

  if (statement == NULL)
    return FALSE;
  g_variant_get (arguments, "(&s&s)", &key, &value);
  bks_bind_text (statement, 1, key);
  bks_bind_text (statement, 2, value);
  return bks_connection_run (connection, statement, error);
}

static gboolean
set_setting (BksConnection  *connection,
             GValue         *result,
             gpointer        data,
             GError        **error)
{
  return put_setting (connection,
                      "INSERT INTO settings (key, value) VALUES (?, ?)"
                      " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                      data, error);
}

/**
 * bks_library_set_setting:
 * @library: the library
 * @key: which setting; never a key or a token
 * @value: its value
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_library_set_setting (BksDatabase *library,
                         const char  *key,
                         const char  *value)
{
  return bks_database_write (library, set_setting, g_variant_ref_sink (g_variant_new ("(ss)", key, value)),
                             (GDestroyNotify) g_variant_unref);
}

static gboolean
init_setting (BksConnection  *connection,
              GValue         *result,
              gpointer        data,
              GError        **error)
{
  const char *key;

  if (!put_setting (connection, "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING", data, error))
    return FALSE;
  g_variant_get_child (data, 0, "&s", &key);
  return get_setting (connection, result, (gpointer) key, error);
}

/**
 * bks_library_init_setting:
 * @library: the library
 * @key: which setting
 * @value: its value if it has none
 *
 * Returns: (transfer full): resolves to the value that holds, the same in every process
 */
DexFuture *
bks_library_init_setting (BksDatabase *library,
                          const char  *key,
                          const char  *value)
{
  return bks_database_write (library, init_setting, g_variant_ref_sink (g_variant_new ("(ss)", key, value)),
                             (GDestroyNotify) g_variant_unref);
}

static gpointer
read_book (sqlite3_stmt *statement)
{
  return g_object_new (BKS_TYPE_BOOK,
                       "id", sqlite3_column_text (statement, 0),
                       "title", sqlite3_column_text (statement, 1),
                       "author", sqlite3_column_text (statement, 2),
                       "language", sqlite3_column_text (statement, 3),
                       "words", (gint64) sqlite3_column_int64 (statement, 4),
                       "created-at", (gint64) sqlite3_column_int64 (statement, 5),
                       "updated-at", (gint64) sqlite3_column_int64 (statement, 6),
                       "opened-at", (gint64) sqlite3_column_int64 (statement, 7),
                       "local-only", sqlite3_column_int (statement, 8) != 0,
                       NULL);
}

static gboolean
list_books (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "SELECT id, title, author, language, words, created_at, updated_at, opened_at,"
                                      "  local_only FROM books WHERE (trashed_at IS NOT NULL) = ?"
                                      " ORDER BY max (opened_at, updated_at) DESC, id DESC",
                                      error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int (statement, 1, GPOINTER_TO_INT (data));
  return bks_connection_list (connection, statement, read_book, g_object_unref, result, error);
}

/**
 * bks_library_list_books:
 * @library: the library
 * @trashed: those in the trash instead of the others
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksBook, the last used first
 */
DexFuture *
bks_library_list_books (BksDatabase *library,
                        gboolean     trashed)
{
  return bks_database_read (library, list_books, GINT_TO_POINTER (trashed ? 1 : 0), NULL);
}

static gboolean
put_book (BksConnection  *connection,
          GValue         *result,
          gpointer        data,
          GError        **error)
{
  BksBook *book = data;
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO books (id, title, author, language, words, created_at, updated_at,"
                                      "  opened_at, local_only) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                                      " ON CONFLICT (id) DO UPDATE SET title = excluded.title,"
                                      "  author = excluded.author, language = excluded.language,"
                                      "  words = excluded.words, updated_at = max (updated_at, excluded.updated_at),"
                                      "  opened_at = max (opened_at, excluded.opened_at),"
                                      "  local_only = excluded.local_only",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, bks_book_get_id (book));
  bks_bind_text (statement, 2, bks_book_get_title (book));
  bks_bind_text (statement, 3, bks_book_get_author (book));
  bks_bind_text (statement, 4, bks_book_get_language (book));
  sqlite3_bind_int64 (statement, 5, bks_book_get_words (book));
  sqlite3_bind_int64 (statement, 6, bks_book_get_created_at (book));
  sqlite3_bind_int64 (statement, 7, bks_book_get_updated_at (book));
  sqlite3_bind_int64 (statement, 8, bks_book_get_opened_at (book));
  sqlite3_bind_int (statement, 9, bks_book_get_local_only (book));
  return bks_connection_run (connection, statement, error);
}

static BksBook *
copy_book (BksBook *book)
{
  BksBook *copy = bks_book_new (bks_book_get_id (book));

  bks_book_assign (copy, book);
  return copy;
}

/**
 * bks_library_put_book:
 * @library: the library
 * @book: what to know of it
 *
 * Notes a book, or brings what is known of it up to date.
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_library_put_book (BksDatabase *library,
                      BksBook     *book)
{
  return bks_database_write (library, put_book, copy_book (book), g_object_unref);
}

static gboolean
trash_book (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, "UPDATE books SET trashed_at = ? WHERE id = ?", error);
  const char *id;
  gint64 trashed_at;

  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&sx)", &id, &trashed_at);
  bks_bind_unknown (statement, 1, trashed_at, 0);
  bks_bind_text (statement, 2, id);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  if (bks_connection_get_changes (connection) == 1)
    return TRUE;
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no such book");
  return FALSE;
}

/**
 * bks_library_trash_book:
 * @library: the library
 * @book_id: which book
 * @trashed_at: epoch milliseconds, 0 to take it out of the trash again
 *
 * Returns: (transfer full): resolves when it is durable; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_library_trash_book (BksDatabase *library,
                        const char  *book_id,
                        gint64       trashed_at)
{
  return bks_database_write (library, trash_book, g_variant_ref_sink (g_variant_new ("(sx)", book_id, trashed_at)),
                             (GDestroyNotify) g_variant_unref);
}

static gboolean
is_local_only (BksConnection  *connection,
               GValue         *result,
               gpointer        data,
               GError        **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, "SELECT local_only FROM books WHERE id = ?", error);
  int step;

  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, data);
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_DONE)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no such book");
  if (step != SQLITE_ROW)
    return FALSE;
  g_value_init (result, G_TYPE_BOOLEAN);
  g_value_set_boolean (result, sqlite3_column_int (statement, 0) != 0);
  sqlite3_reset (statement);
  return TRUE;
}

/**
 * bks_library_is_local_only:
 * @library: the library
 * @book_id: which book
 *
 * Returns: (transfer full): resolves to whether its text may only go to models
 *   on this machine; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_library_is_local_only (BksDatabase *library,
                           const char  *book_id)
{
  return bks_database_read (library, is_local_only, g_strdup (book_id), g_free);
}
