/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bks-connection.h"
#include "bks-error.h"

/* Between two tries where SQLite itself does not wait. */
#define BUSY_PAUSE_US 5000

struct _BksConnection
{
  sqlite3         *handle;
  const BksSchema *schema;
  BksConnectionMode mode;
  gint64           version;    /* of the schema, when it was opened or migrated */
  GHashTable      *statements; /* SQL text → sqlite3_stmt */
};

static BksError
code_from_sqlite (sqlite3 *handle,
                  int      code)
{
  int saved_errno = handle != NULL ? sqlite3_system_errno (handle) : 0;

  if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
    return BKS_ERROR_NOT_FOUND;
  if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE)
    return BKS_ERROR_EXISTS;
  switch (code & 0xff)
    {
    case SQLITE_FULL:
      return BKS_ERROR_DISK_FULL;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (saved_errno == ENOSPC || saved_errno == EDQUOT)
        return BKS_ERROR_DISK_FULL;
      if (saved_errno == ENOENT)
        return BKS_ERROR_NOT_FOUND;
      return saved_errno == EACCES || saved_errno == EPERM ? BKS_ERROR_ACCESS : BKS_ERROR_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return BKS_ERROR_CORRUPT;
    case SQLITE_READONLY:
      return BKS_ERROR_READ_ONLY;
    case SQLITE_PERM:
      return BKS_ERROR_ACCESS;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return BKS_ERROR_BUSY;
    case SQLITE_TOOBIG:
      return BKS_ERROR_TOO_LARGE;
    default:
      return BKS_ERROR_FAILED;
    }
}

static void
finalize_statement (gpointer statement)
{
  sqlite3_finalize (statement);
}

/* SQLite's messages name tables and files, never values. */
static gboolean
set_error (BksConnection  *self,
           int             code,
           GError        **error)
{
  BksError ours = code_from_sqlite (self->handle, code);

  if (ours == BKS_ERROR_DISK_FULL)
    g_set_error (error, BKS_ERROR, ours, "%s could not be written: the disk is full", self->schema->what);
  else if (ours == BKS_ERROR_CORRUPT)
    g_set_error (error, BKS_ERROR, ours, "%s is damaged: %s", self->schema->what, sqlite3_errmsg (self->handle));
  else if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
    g_set_error (error, BKS_ERROR, ours, "%s has nothing of that name for this to belong to", self->schema->what);
  else if (ours == BKS_ERROR_EXISTS)
    g_set_error (error, BKS_ERROR, ours, "%s has one of that name already", self->schema->what);
  else if (ours == BKS_ERROR_BUSY)
    g_set_error (error, BKS_ERROR, ours, "%s is being written by another program", self->schema->what);
  else
    g_set_error (error, BKS_ERROR, ours, "%s: %s", self->schema->what, sqlite3_errmsg (self->handle));
  return FALSE;
}

/*
 * What the connection of the streaming path may do. An allow-list: a deny-list
 * on the text table would let ALTER TABLE through (measured).
 */
static int
authorize_drafts (void       *data,
                  int         action,
                  const char *first,
                  const char *second,
                  const char *database,
                  const char *trigger)
{
  static const char *const writable[] = { "drafts", "suggestions", "runs", "events", NULL };

  switch (action)
    {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_TRANSACTION:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
      return first != NULL && g_strv_contains (writable, first) ? SQLITE_OK : SQLITE_DENY;
    default:
      return SQLITE_DENY;
    }
}

/*
 * SQLite would make the file readable for others; the journals take its mode.
 * One that exists is not even opened: closing it would drop the locks of every
 * other connection of this process.
 */
static gboolean
create_private_file (const char  *path,
                     GError     **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  if (fd < 0 && errno == EEXIST)
    return TRUE;
  if (fd < 0)
    {
      g_autofree char *what = g_strdup_printf ("Cannot open %s", path);

      bks_error_set_from_errno (error, errno, what);
      return FALSE;
    }
  close (fd);
  return TRUE;
}

static gboolean
get_number (BksConnection  *self,
            const char     *sql,
            gint64         *value,
            GError        **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (self, sql, error);

  if (statement == NULL || bks_connection_step (self, statement, error) != SQLITE_ROW)
    return FALSE;
  *value = sqlite3_column_int64 (statement, 0);
  sqlite3_reset (statement);
  return TRUE;
}

/*
 * Whether the file is of this kind. Asked before anything is written: setting
 * the journal mode alone would change another program's database.
 */
static gboolean
check_identity (BksConnection  *self,
                gint64         *version,
                GError        **error)
{
  gint64 newest = g_strv_length ((char **) self->schema->migrations);
  gint64 id, tables;
  gboolean ours, fresh;

  if (!get_number (self, "PRAGMA user_version", version, error) ||
      !get_number (self, "PRAGMA application_id", &id, error) ||
      !get_number (self, "SELECT count(*) FROM sqlite_schema", &tables, error))
    return FALSE;
  ours = *version > 0 && (guint32) id == self->schema->application_id;
  fresh = *version == 0 && id == 0 && tables == 0 && self->mode != BKS_CONNECTION_READ_ONLY;
  if (!ours && !fresh)
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_CORRUPT, "%s is not a file of this program", self->schema->what);
      return FALSE;
    }
  if (*version > newest)
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_NEWER_SCHEMA,
                   "%s was written by a newer version of Book Studio", self->schema->what);
      return FALSE;
    }
  return TRUE;
}

/* In one transaction: another process may be making the file. */
static gboolean
check_file (BksConnection  *self,
            GError        **error)
{
  gint64 version;
  gboolean ok;

  if (!bks_connection_execute (self, "BEGIN", error))
    return FALSE;
  ok = check_identity (self, &version, error);
  if (ok)
    self->version = version;
  bks_connection_roll_back (self);
  return ok;
}

static gboolean
prepare_file (BksConnection  *self,
              GError        **error)
{
  if (!check_file (self, error))
    return FALSE;
  if (self->mode == BKS_CONNECTION_READ_ONLY)
    return TRUE;
  if (self->mode == BKS_CONNECTION_WRITE_NORMAL)
    return bks_connection_execute (self, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;", error);
  /* FULL: NORMAL can lose an acknowledged save when the power goes. */
  return bks_connection_execute (self, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", error);
}

/* SQLite does not wait for another process that is changing the journal mode, too: that would
 * be two locks at once. */
static gboolean
prepare_file_patiently (BksConnection  *self,
                        guint           busy_ms,
                        GError        **error)
{
  gint64 end = g_get_monotonic_time () + (gint64) busy_ms * 1000;

  while (TRUE)
    {
      g_autoptr(GError) local = NULL;

      if (prepare_file (self, &local))
        return TRUE;
      if (!g_error_matches (local, BKS_ERROR, BKS_ERROR_BUSY) || g_get_monotonic_time () >= end)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      g_usleep (BUSY_PAUSE_US);
    }
}

static gboolean
configure (BksConnection  *self,
           guint           busy_ms,
           GError        **error)
{
  sqlite3_busy_timeout (self->handle, (int) busy_ms);
  sqlite3_extended_result_codes (self->handle, 1);
  if (!bks_connection_execute (self, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
                                     "PRAGMA foreign_keys=ON;", error))
    return FALSE;
  return prepare_file_patiently (self, busy_ms, error);
}

/**
 * bks_connection_open:
 * @path: the database file
 * @schema: what it holds
 * @mode: what the connection may do
 * @busy_ms: how long to wait for another process's transaction, milliseconds
 * @error: return location
 *
 * Opens a connection; a writing one creates the file, mode 0600, if there is none.
 *
 * Returns: (transfer full): the connection, or %NULL with
 *   %BKS_ERROR_NOT_FOUND, %BKS_ERROR_DISK_FULL, …, %BKS_ERROR_CORRUPT if it is
 *   no file of this kind, %BKS_ERROR_NEWER_SCHEMA if a newer program wrote it
 */
BksConnection *
bks_connection_open (const char         *path,
                     const BksSchema    *schema,
                     BksConnectionMode   mode,
                     guint               busy_ms,
                     GError            **error)
{
  BksConnection *self;
  int flags = mode == BKS_CONNECTION_READ_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  int code;

  if (mode == BKS_CONNECTION_WRITE && !create_private_file (path, error))
    return NULL;

  self = g_new0 (BksConnection, 1);
  self->schema = schema;
  self->mode = mode;
  self->statements = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, finalize_statement);
  code = sqlite3_open_v2 (path, &self->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
  if (code != SQLITE_OK)
    {
      set_error (self, code, error);
      bks_connection_close (self);
      return NULL;
    }
  if (!configure (self, busy_ms, error))
    {
      bks_connection_close (self);
      return NULL;
    }
  if (mode == BKS_CONNECTION_DRAFTS)
    sqlite3_set_authorizer (self->handle, authorize_drafts, NULL);
  return self;
}

/**
 * bks_connection_close:
 * @self: (transfer full): a connection
 */
void
bks_connection_close (BksConnection *self)
{
  g_clear_pointer (&self->statements, g_hash_table_unref);
  sqlite3_close (self->handle);
  g_free (self);
}

static gboolean
run_migrations (BksConnection  *self,
                gint64          version,
                gint64          newest,
                GError        **error)
{
  g_autofree char *header = NULL;

  for (gint64 i = version; i < newest; i++)
    if (!bks_connection_execute (self, self->schema->migrations[i], error))
      return FALSE;
  header = g_strdup_printf ("PRAGMA application_id=%u; PRAGMA user_version=%" G_GINT64_FORMAT,
                            self->schema->application_id, newest);
  return bks_connection_execute (self, header, error);
}

/**
 * bks_connection_migrate:
 * @self: a writing connection
 * @error: return location
 *
 * Brings the file to the newest schema, in one transaction. The version is
 * read inside it: two processes may start at once.
 *
 * Returns: whether it has the newest schema; %FALSE as bks_connection_open() fails
 */
gboolean
bks_connection_migrate (BksConnection  *self,
                        GError        **error)
{
  gint64 version, newest = g_strv_length ((char **) self->schema->migrations);

  if (!bks_connection_begin (self, error))
    return FALSE;
  if (check_identity (self, &version, error) &&
      (version == newest || run_migrations (self, version, newest, error)))
    {
      self->version = newest;
      return bks_connection_commit (self, error);
    }
  bks_connection_roll_back (self);
  return FALSE;
}

/**
 * bks_connection_get_version:
 * @self: a connection
 *
 * A reader may see a file that an older program wrote and nobody has migrated.
 *
 * Returns: the number of the schema that the file has at least
 */
gint64
bks_connection_get_version (BksConnection *self)
{
  return self->version;
}

/**
 * bks_connection_execute:
 * @self: a connection
 * @sql: one or more statements without parameters
 * @error: return location
 *
 * Returns: whether all ran
 */
gboolean
bks_connection_execute (BksConnection  *self,
                        const char     *sql,
                        GError        **error)
{
  int code = sqlite3_exec (self->handle, sql, NULL, NULL, NULL);

  return code == SQLITE_OK || set_error (self, code, error);
}

/**
 * bks_connection_prepare:
 * @self: a connection
 * @sql: (transfer none): one statement, a string that lives as long as the program
 * @error: return location
 *
 * Returns: (transfer none): the statement, reset and with nothing bound; kept for the next time
 */
sqlite3_stmt *
bks_connection_prepare (BksConnection  *self,
                        const char     *sql,
                        GError        **error)
{
  sqlite3_stmt *statement = g_hash_table_lookup (self->statements, sql);
  int code;

  if (statement != NULL)
    {
      sqlite3_reset (statement);
      sqlite3_clear_bindings (statement);
      return statement;
    }
  code = sqlite3_prepare_v3 (self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
  if (code != SQLITE_OK)
    {
      set_error (self, code, error);
      return NULL;
    }
  g_hash_table_insert (self->statements, (char *) sql, statement);
  return statement;
}

/**
 * bks_connection_step:
 * @self: a connection
 * @statement: a statement of it
 * @error: return location
 *
 * Returns: %SQLITE_ROW, %SQLITE_DONE (the statement is reset then), or -1 with @error set
 */
int
bks_connection_step (BksConnection  *self,
                     sqlite3_stmt   *statement,
                     GError        **error)
{
  int code = sqlite3_step (statement);

  if (code == SQLITE_ROW)
    return code;
  if (code != SQLITE_DONE)
    set_error (self, code, error);
  sqlite3_reset (statement);
  return code == SQLITE_DONE ? SQLITE_DONE : -1;
}

/**
 * bks_connection_run:
 * @self: a connection
 * @statement: a statement that returns no rows
 * @error: return location
 *
 * Returns: whether it ran
 */
gboolean
bks_connection_run (BksConnection  *self,
                    sqlite3_stmt   *statement,
                    GError        **error)
{
  int code = bks_connection_step (self, statement, error);

  sqlite3_reset (statement);
  return code != -1;
}

/**
 * bks_connection_list:
 * @self: a connection
 * @statement: a statement that returns rows, bound
 * @read_row: makes an element of a row
 * @free_row: frees an element
 * @result: a zeroed value; gets a #GPtrArray of what @read_row made
 * @error: return location
 *
 * Returns: whether all rows were read
 */
gboolean
bks_connection_list (BksConnection   *self,
                     sqlite3_stmt    *statement,
                     BksRowFunc       read_row,
                     GDestroyNotify   free_row,
                     GValue          *result,
                     GError         **error)
{
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func (free_row);
  int step;

  while ((step = bks_connection_step (self, statement, error)) == SQLITE_ROW)
    g_ptr_array_add (rows, read_row (statement));
  if (step == -1)
    return FALSE;
  g_value_init (result, G_TYPE_PTR_ARRAY);
  g_value_take_boxed (result, g_steal_pointer (&rows));
  return TRUE;
}

/**
 * bks_connection_get_changes:
 * @self: a connection
 *
 * Returns: how many rows the last statement changed
 */
int
bks_connection_get_changes (BksConnection *self)
{
  return sqlite3_changes (self->handle);
}

/**
 * bks_connection_get_last_id:
 * @self: a connection
 *
 * Returns: the number of the row that was inserted last
 */
gint64
bks_connection_get_last_id (BksConnection *self)
{
  return sqlite3_last_insert_rowid (self->handle);
}

/**
 * bks_connection_begin:
 * @self: a connection
 * @error: return location
 *
 * Begins a transaction; a writing one takes the write lock at once, so that
 * it cannot fail half way for another process's sake.
 *
 * Returns: %FALSE with %BKS_ERROR_BUSY if another process keeps writing
 */
gboolean
bks_connection_begin (BksConnection  *self,
                      GError        **error)
{
  return bks_connection_execute (self, self->mode == BKS_CONNECTION_READ_ONLY ? "BEGIN" : "BEGIN IMMEDIATE", error);
}

/**
 * bks_connection_commit:
 * @self: a connection in a transaction
 * @error: return location
 *
 * Returns: whether everything since the beginning is durable; rolled back otherwise
 */
gboolean
bks_connection_commit (BksConnection  *self,
                       GError        **error)
{
  if (bks_connection_execute (self, "COMMIT", error))
    return TRUE;
  bks_connection_roll_back (self);
  return FALSE;
}

/**
 * bks_connection_roll_back:
 * @self: a connection
 *
 * Undoes the open transaction, if SQLite has not already done so.
 */
void
bks_connection_roll_back (BksConnection *self)
{
  if (!sqlite3_get_autocommit (self->handle))
    sqlite3_exec (self->handle, "ROLLBACK", NULL, NULL, NULL);
}

/**
 * bks_bind_text:
 * @statement: a statement
 * @index: which parameter, from 1
 * @text: (nullable): a text; copied
 */
void
bks_bind_text (sqlite3_stmt *statement,
               int           index,
               const char   *text)
{
  if (text == NULL)
    sqlite3_bind_null (statement, index);
  else
    sqlite3_bind_text64 (statement, index, text, strlen (text), SQLITE_TRANSIENT, SQLITE_UTF8);
}

/**
 * bks_bind_unknown:
 * @statement: a statement
 * @index: which parameter, from 1
 * @value: a number
 * @unknown: the number that stands for "unknown" and is stored as NULL
 */
void
bks_bind_unknown (sqlite3_stmt *statement,
                  int           index,
                  gint64        value,
                  gint64        unknown)
{
  if (value == unknown)
    sqlite3_bind_null (statement, index);
  else
    sqlite3_bind_int64 (statement, index, value);
}

/**
 * bks_column_dup:
 * @statement: a statement on a row
 * @column: which, from 0
 *
 * Returns: (transfer full) (nullable): the text there
 */
char *
bks_column_dup (sqlite3_stmt *statement,
                int           column)
{
  return g_strdup ((const char *) sqlite3_column_text (statement, column));
}

/**
 * bks_column_unknown:
 * @statement: a statement on a row
 * @column: which, from 0
 * @unknown: what to return for NULL
 *
 * Returns: the number there
 */
gint64
bks_column_unknown (sqlite3_stmt *statement,
                    int           column,
                    gint64        unknown)
{
  return sqlite3_column_type (statement, column) == SQLITE_NULL ? unknown : sqlite3_column_int64 (statement, column);
}
