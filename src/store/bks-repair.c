/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "bks-backup.h"
#include "bks-book-store-private.h"
#include "bks-error.h"
#include "bks-repair-private.h"
#include "bks-revisions-private.h"
#include "bks-sync.h"

/*
 * The repair of a book's file: rows that can still be read go into a new file,
 * what is missing comes from the backups, and the damaged file is kept. For a
 * thread that holds the book's lock.
 */

#define NOT_WRITTEN "The book's file could not be written"
#define REPAIRED_NAME "book.db.repaired"

/* Rows between two that can be read, tried one by one. */
#define PROBES 100000

#define DAY_MS (G_GINT64_CONSTANT (24) * 60 * 60 * 1000)

static gboolean
fail (sqlite3     *handle,
      const char  *what,
      GError     **error)
{
  int code = sqlite3_errcode (handle);

  g_set_error (error, BKS_ERROR, (code & 0xff) == SQLITE_FULL ? BKS_ERROR_DISK_FULL : BKS_ERROR_IO, "%s: %s", what,
               sqlite3_errmsg (handle));
  return FALSE;
}

static gboolean
run (sqlite3     *handle,
     const char  *sql,
     GError     **error)
{
  return sqlite3_exec (handle, sql, NULL, NULL, NULL) == SQLITE_OK || fail (handle, "The repair failed", error);
}

/* ---- reading what can be read ---- */

static const struct
{
  const char *name;
  gboolean    has_rowid;
} tables[] = {
  { "book", TRUE }, { "nodes", TRUE }, { "texts", TRUE }, { "drafts", TRUE }, { "events", TRUE },
  { "revisions", TRUE }, { "snapshots", TRUE }, { "snapshot_items", FALSE }, { "commands", TRUE },
  { "days", TRUE },
};

/* The columns that both files have, joined by commas; NULL: the table is not there. */
static char *
find_columns (sqlite3    *from,
              sqlite3    *to,
              const char *table)
{
  g_autofree char *sql = g_strdup_printf ("SELECT name FROM pragma_table_info('%s')", table);
  g_autoptr(GString) columns = g_string_new (NULL);
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (to, sql, -1, &statement, NULL) == SQLITE_OK)
    while (sqlite3_step (statement) == SQLITE_ROW)
      {
        const char *name = (const char *) sqlite3_column_text (statement, 0);
        g_autofree char *there = g_strdup_printf ("SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s'", table, name);

        if (bks_book_ask_int (from, there) == 1)
          g_string_append_printf (columns, "%s%s", columns->len > 0 ? ", " : "", name);
      }
  sqlite3_finalize (statement);
  return columns->len > 0 ? g_string_free (g_steal_pointer (&columns), FALSE) : NULL;
}

typedef struct
{
  sqlite3      *from;
  sqlite3_stmt *insert;
  const char   *table;
  const char   *columns;
  gboolean      has_rowid;
} Salvage;

static void
insert_row (Salvage      *self,
            sqlite3_stmt *row)
{
  int n = sqlite3_bind_parameter_count (self->insert);

  for (int i = 0; i < n; i++)
    sqlite3_bind_value (self->insert, i + 1, sqlite3_column_value (row, i + 1));
  sqlite3_step (self->insert);
  sqlite3_reset (self->insert);
  sqlite3_clear_bindings (self->insert);
}

/* Up to the first row that cannot be read. Returns whether there is none. */
static gboolean
walk (Salvage    *self,
      const char *order,
      gint64     *last)
{
  g_autofree char *sql = NULL;
  sqlite3_stmt *rows = NULL;
  int code;

  if (self->has_rowid)
    sql = g_strdup_printf ("SELECT rowid, %s FROM %s NOT INDEXED ORDER BY rowid %s", self->columns, self->table, order);
  else
    sql = g_strdup_printf ("SELECT 0, %s FROM %s ORDER BY 2 %s", self->columns, self->table, order);
  code = sqlite3_prepare_v2 (self->from, sql, -1, &rows, NULL);
  while (code == SQLITE_OK || code == SQLITE_ROW)
    {
      code = sqlite3_step (rows);
      if (code != SQLITE_ROW)
        break;
      *last = sqlite3_column_int64 (rows, 0);
      insert_row (self, rows);
    }
  sqlite3_finalize (rows);
  return code == SQLITE_DONE;
}

static void
probe (Salvage *self,
       gint64   low,
       gint64   high)
{
  g_autofree char *sql = g_strdup_printf ("SELECT rowid, %s FROM %s NOT INDEXED WHERE rowid = ?", self->columns, self->table);
  sqlite3_stmt *row = NULL;

  if (sqlite3_prepare_v2 (self->from, sql, -1, &row, NULL) != SQLITE_OK)
    return;
  for (gint64 id = low + 1; id < high && id - low <= PROBES; id++)
    {
      sqlite3_bind_int64 (row, 1, id);
      if (sqlite3_step (row) == SQLITE_ROW)
        insert_row (self, row);
      sqlite3_reset (row);
    }
  sqlite3_finalize (row);
}

static sqlite3_stmt *
prepare_insert (sqlite3    *to,
                const char *table,
                const char *columns)
{
  g_auto(GStrv) names = g_strsplit (columns, ", ", -1);
  g_autoptr(GString) sql = g_string_new (NULL);
  sqlite3_stmt *statement = NULL;

  g_string_printf (sql, "INSERT OR IGNORE INTO %s (%s) VALUES (", table, columns);
  for (guint i = 0; names[i] != NULL; i++)
    g_string_append (sql, i > 0 ? ", ?" : "?");
  g_string_append (sql, ")");
  return sqlite3_prepare_v2 (to, sql->str, -1, &statement, NULL) == SQLITE_OK ? statement : NULL;
}

/* Returns whether all of it could be read. */
static gboolean
salvage_table (sqlite3    *from,
               sqlite3    *to,
               const char *table,
               gboolean    has_rowid)
{
  g_autofree char *columns = find_columns (from, to, table);
  Salvage self = { .from = from, .table = table, .columns = columns, .has_rowid = has_rowid };
  gint64 low = G_MININT64, high = G_MAXINT64;
  gboolean whole;

  if (columns == NULL)
    return FALSE;
  self.insert = prepare_insert (to, table, columns);
  if (self.insert == NULL)
    return FALSE;
  whole = walk (&self, "ASC", &low);
  if (!whole)
    {
      walk (&self, "DESC", &high);
      if (has_rowid)
        probe (&self, MAX (low, 0), high == G_MAXINT64 ? MAX (low, 0) + PROBES : high);
    }
  sqlite3_finalize (self.insert);
  return whole;
}

/* ---- filling in from backups ---- */

static gint64
take_from (sqlite3    *to,
           sqlite3    *backup,
           const char *path,
           const char *table,
           const char *condition)
{
  g_autofree char *columns = find_columns (backup, to, table);
  g_autofree char *sql = NULL;
  sqlite3_stmt *attach = NULL;
  gint64 changes = 0;

  if (columns == NULL || sqlite3_prepare_v2 (to, "ATTACH ? AS backup", -1, &attach, NULL) != SQLITE_OK)
    return 0;
  sqlite3_bind_text (attach, 1, path, -1, SQLITE_TRANSIENT);
  if (sqlite3_step (attach) == SQLITE_DONE)
    {
      sql = g_strdup_printf ("INSERT OR IGNORE INTO main.%s (%s) SELECT %s FROM backup.%s WHERE %s", table, columns,
                             columns, table, condition);
      if (sqlite3_exec (to, sql, NULL, NULL, NULL) == SQLITE_OK)
        changes = sqlite3_changes64 (to);
    }
  sqlite3_finalize (attach);
  sqlite3_exec (to, "DETACH backup", NULL, NULL, NULL);
  return changes;
}

/* A page that was overwritten may still look like the end of a row. */
static gboolean
drop_nonsense (sqlite3     *to,
               gint64       now_ms,
               GError     **error)
{
  g_autofree char *sql = NULL;

  sql = g_strdup_printf ("DELETE FROM texts WHERE words < 0 OR words > length (text) OR revision < 1 OR updated_at < 0"
                         " OR updated_at > %" G_GINT64_FORMAT " OR instr (text, char (0)) > 0",
                         now_ms + DAY_MS);
  return run (to, sql, error);
}

/* The same revision is the same text: where a backup has another one, the file was overwritten there. */
static gint64
correct_from (sqlite3    *to,
              const char *path)
{
  sqlite3_stmt *attach = NULL;
  gint64 changes = 0;

  if (sqlite3_prepare_v2 (to, "ATTACH ? AS backup", -1, &attach, NULL) != SQLITE_OK)
    return 0;
  sqlite3_bind_text (attach, 1, path, -1, SQLITE_TRANSIENT);
  if (sqlite3_step (attach) == SQLITE_DONE &&
      sqlite3_exec (to,
                    "UPDATE main.texts SET text = b.text, words = b.words FROM backup.texts b"
                    " WHERE b.node_id = main.texts.node_id AND b.revision = main.texts.revision"
                    " AND b.text <> main.texts.text",
                    NULL, NULL, NULL) == SQLITE_OK)
    changes = sqlite3_changes64 (to);
  sqlite3_finalize (attach);
  sqlite3_exec (to, "DETACH backup", NULL, NULL, NULL);
  return changes;
}

/* What could not be read is taken from the newest backup that has it. */
static void
fill_from_backups (sqlite3       *to,
                   const char    *book_dir,
                   gboolean       nodes_damaged,
                   BksBookReport *report)
{
  g_autofree char *folder = bks_backup_get_folder (book_dir);
  g_autoptr(GPtrArray) backups = bks_backup_list (folder);

  for (guint i = 0; i < backups->len; i++)
    {
      const BksBackup *backup = g_ptr_array_index (backups, i);
      g_autoptr(sqlite3) handle = bks_book_open_raw (backup->path, SQLITE_OPEN_READONLY);

      if (handle == NULL)
        continue;
      take_from (to, handle, backup->path, "book", "NOT EXISTS (SELECT 1 FROM main.book)");
      if (nodes_damaged)
        take_from (to, handle, backup->path, "nodes", "1");
      report->from_backups += take_from (to, handle, backup->path, "texts",
                                         "node_id IN (SELECT id FROM main.nodes)"
                                         " AND node_id NOT IN (SELECT node_id FROM main.texts)");
      report->from_backups += correct_from (to, backup->path);
      take_from (to, handle, backup->path, "revisions", "node_id IN (SELECT id FROM main.nodes)");
      take_from (to, handle, backup->path, "days", "1");
    }
}

/* ---- making whole what was put together ---- */

static gboolean
join_pieces (sqlite3       *to,
             const char    *book_dir,
             gint64         now_ms,
             BksBookReport *report,
             GError       **error)
{
  g_autofree char *id = g_path_get_basename (book_dir);
  g_autofree char *book = NULL;
  g_autofree char *orphans = NULL;

  /* An id is a UUID and needs no quoting. */
  book = g_strdup_printf ("INSERT INTO book (id, title, author, language, created_at, updated_at)"
                          " SELECT '%s', 'Recovered book', '', 'en', %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
                          " WHERE NOT EXISTS (SELECT 1 FROM book)",
                          id, now_ms, now_ms);
  orphans = g_strdup_printf ("INSERT INTO nodes (id, parent_id, position, kind, title, created_at, updated_at)"
                             " SELECT node_id, NULL, 1000000, 'chapter', 'Recovered text', updated_at, %" G_GINT64_FORMAT
                             " FROM texts WHERE node_id NOT IN (SELECT id FROM nodes)",
                             now_ms);
  report->lost = bks_book_ask_int (to, "SELECT count(*) FROM nodes WHERE id NOT IN (SELECT node_id FROM texts)");
  return run (to, book, error) && run (to, orphans, error) &&
         run (to,
              "UPDATE nodes SET parent_id = NULL WHERE parent_id NOT IN (SELECT id FROM nodes);"
              "INSERT INTO texts (node_id, text, words, revision, updated_at)"
              "  SELECT id, '', 0, 1, updated_at FROM nodes WHERE id NOT IN (SELECT node_id FROM texts);"
              /* An earlier text of a higher number than the present one: the present one is from a backup. */
              "UPDATE texts SET revision = max (revision, 1 + (SELECT max (number) FROM revisions r"
              "  WHERE r.node_id = texts.node_id))"
              "  WHERE node_id IN (SELECT node_id FROM revisions);"
              "DELETE FROM drafts WHERE node_id NOT IN (SELECT id FROM nodes);"
              "DELETE FROM commands WHERE node_id NOT IN (SELECT id FROM nodes);"
              "DELETE FROM revisions WHERE node_id NOT IN (SELECT id FROM nodes);"
              "DELETE FROM snapshot_items WHERE revision_id NOT IN (SELECT id FROM revisions)"
              "  OR snapshot_id NOT IN (SELECT id FROM snapshots);",
              error);
}

/* Earlier texts that cannot be read any more, with those that stand on them. */
static GArray *
find_unreadable (const char  *path,
                 BksLimits   *limits,
                 GError     **error)
{
  BksConnection *connection = bks_connection_open (path, &bks_book_schema, BKS_CONNECTION_READ_ONLY,
                                                   limits->database_busy_ms, error);
  g_autoptr(GArray) all = g_array_new (FALSE, FALSE, sizeof (gint64));
  GArray *unreadable;
  sqlite3_stmt *statement;

  if (connection == NULL)
    return NULL;
  unreadable = g_array_new (FALSE, FALSE, sizeof (gint64));
  statement = bks_connection_prepare (connection, "SELECT id FROM revisions", NULL);
  while (statement != NULL && bks_connection_step (connection, statement, NULL) == SQLITE_ROW)
    {
      gint64 id = sqlite3_column_int64 (statement, 0);

      g_array_append_val (all, id);
    }
  for (guint i = 0; i < all->len; i++)
    {
      g_autoptr(BksRevision) revision = bks_revision_new ();
      gint64 id = g_array_index (all, gint64, i);

      if (!bks_book_load_revision (connection, id, revision, NULL))
        g_array_append_val (unreadable, id);
    }
  bks_connection_close (connection);
  return unreadable;
}

static gboolean
drop_unreadable (sqlite3     *to,
                 GArray      *ids,
                 GError     **error)
{
  for (guint i = 0; i < ids->len; i++)
    {
      gint64 id = g_array_index (ids, gint64, i);
      g_autofree char *sql = g_strdup_printf ("DELETE FROM snapshot_items WHERE revision_id = %" G_GINT64_FORMAT ";"
                                              "DELETE FROM revisions WHERE id = %" G_GINT64_FORMAT,
                                              id, id);

      if (!run (to, sql, error))
        return FALSE;
    }
  return TRUE;
}

/* A new file with the newest schema and nothing in it. */
static gboolean
make_empty (const char  *path,
            BksLimits   *limits,
            GError     **error)
{
  BksConnection *connection;
  gboolean ok;

  g_unlink (path);
  connection = bks_connection_open (path, &bks_book_schema, BKS_CONNECTION_WRITE, limits->database_busy_ms, error);
  if (connection == NULL)
    return FALSE;
  ok = bks_connection_migrate (connection, error);
  bks_connection_close (connection);
  return ok;
}

static gboolean
salvage (const char     *book_dir,
         const char     *repaired,
         gint64          now_ms,
         BksBookReport  *report,
         BksLimits      *limits,
         GError        **error)
{
  g_autofree char *path = g_build_filename (book_dir, BKS_BOOK_FILE_NAME, NULL);
  g_autoptr(sqlite3) from = bks_book_open_raw (path, SQLITE_OPEN_READONLY);
  g_autoptr(sqlite3) to = bks_book_open_raw (repaired, SQLITE_OPEN_READWRITE);
  gboolean nodes_damaged = from == NULL;

  if (to == NULL)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_IO, "The repaired file could not be made");
      return FALSE;
    }
  if (!run (to, "PRAGMA foreign_keys=OFF; PRAGMA journal_mode=DELETE; BEGIN", error))
    return FALSE;
  for (guint i = 0; from != NULL && i < G_N_ELEMENTS (tables); i++)
    if (!salvage_table (from, to, tables[i].name, tables[i].has_rowid) && g_str_equal (tables[i].name, "nodes"))
      nodes_damaged = TRUE;
  /* ATTACH does not work inside of a transaction. */
  if (!drop_nonsense (to, now_ms, error) || !run (to, "COMMIT", error))
    return FALSE;
  fill_from_backups (to, book_dir, nodes_damaged, report);
  return join_pieces (to, book_dir, now_ms, report, error);
}

static gboolean
clean_revisions (const char  *repaired,
                 BksLimits   *limits,
                 GError     **error)
{
  g_autoptr(GArray) unreadable = find_unreadable (repaired, limits, error);
  g_autoptr(sqlite3) to = NULL;

  if (unreadable == NULL)
    return FALSE;
  to = bks_book_open_raw (repaired, SQLITE_OPEN_READWRITE);
  return to != NULL && run (to, "PRAGMA foreign_keys=OFF", error) && drop_unreadable (to, unreadable, error) &&
         run (to, "PRAGMA journal_mode=DELETE", error);
}

static gboolean
verify (const char     *repaired,
        BksBookReport  *report,
        GError        **error)
{
  g_autoptr(BksBookReport) again = bks_book_report_new ();
  g_autoptr(sqlite3) handle = bks_book_open_raw (repaired, SQLITE_OPEN_READONLY);

  if (handle != NULL)
    {
      bks_book_collect_faults (handle, "PRAGMA integrity_check(20)", "The file", again);
      bks_book_collect_faults (handle, "SELECT \"table\" FROM pragma_foreign_key_check", "A row refers to nothing in", again);
      report->nodes = bks_book_ask_int (handle, "SELECT count(*) FROM nodes");
      report->words = bks_book_ask_int (handle, "SELECT coalesce (sum (words), 0) FROM texts");
      report->revisions = bks_book_ask_int (handle, "SELECT count(*) FROM revisions");
    }
  if (handle != NULL && again->problems->len == 0 && report->nodes > 0)
    return TRUE;
  g_set_error (error, BKS_ERROR, BKS_ERROR_CORRUPT, "The book could not be repaired: %s",
               again->problems->len > 0 ? (char *) g_ptr_array_index (again->problems, 0) : "nothing of it can be read");
  return FALSE;
}

/**
 * bks_book_set_aside:
 * @book_dir: a book's folder
 * @now_ms: epoch milliseconds
 * @error: return location
 *
 * Gives the book's file a second name in its folder, with its journal, that stays
 * when the first one gets another file.
 *
 * Returns: (transfer full): the file's new path, %NULL with an error
 */
char *
bks_book_set_aside (const char  *book_dir,
                    gint64       now_ms,
                    GError     **error)
{
  static const char *const suffixes[] = { "-wal", "-shm", "" };
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc (now_ms / 1000);
  g_autofree char *stamp = g_date_time_format (time, "%Y-%m-%dT%H-%M-%S");
  g_autofree char *name = g_strdup_printf ("damaged-%s.%03d.db", stamp, (int) (now_ms % 1000));
  g_autofree char *path = g_build_filename (book_dir, BKS_BOOK_FILE_NAME, NULL);
  g_autofree char *aside = g_build_filename (book_dir, name, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *from = g_strconcat (path, suffixes[i], NULL);
      g_autofree char *to = g_strconcat (aside, suffixes[i], NULL);

      /* Another name of the same file, so that there is a book at every moment. */
      if (link (from, to) == 0 || errno == ENOENT || g_rename (from, to) == 0)
        continue;
      bks_error_set_from_errno (error, errno, "The book's file could not be set aside");
      return NULL;
    }
  return bks_sync_path (book_dir, NOT_WRITTEN, error) ? g_steal_pointer (&aside) : NULL;
}

/**
 * bks_book_put_in_place:
 * @book_dir: a book's folder
 * @new_path: a whole file with nothing beside it, in the same folder
 * @error: return location
 *
 * Makes it the book's file. What is there is replaced; a journal of it must be empty.
 *
 * Returns: whether it is durable
 */
gboolean
bks_book_put_in_place (const char  *book_dir,
                       const char  *new_path,
                       GError     **error)
{
  g_autofree char *path = g_build_filename (book_dir, BKS_BOOK_FILE_NAME, NULL);
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);
  g_autofree char *shm = g_strconcat (path, "-shm", NULL);

  if (!bks_sync_path (new_path, NOT_WRITTEN, error))
    return FALSE;
  g_unlink (wal);
  g_unlink (shm);
  if (g_rename (new_path, path) == 0)
    return bks_sync_path (book_dir, NOT_WRITTEN, error);
  bks_error_set_from_errno (error, errno, "The book's file could not be put in place");
  return FALSE;
}

/**
 * bks_book_repair:
 * @book_dir: a book's folder, whose lock is held and which is open nowhere in this process
 * @report: what bks_book_check() found; takes what was done
 * @now_ms: epoch milliseconds
 * @limits: limits
 * @error: return location
 *
 * Puts a sound file into the place of a damaged one, from what can be read of
 * it and from the book's backups. The damaged file stays in the folder.
 *
 * Returns: whether it is repaired; otherwise nothing was changed
 */
gboolean
bks_book_repair (const char     *book_dir,
                 BksBookReport  *report,
                 gint64          now_ms,
                 BksLimits      *limits,
                 GError        **error)
{
  g_autofree char *repaired = g_build_filename (book_dir, REPAIRED_NAME, NULL);

  if (!make_empty (repaired, limits, error) || !salvage (book_dir, repaired, now_ms, report, limits, error) ||
      !clean_revisions (repaired, limits, error) || !verify (repaired, report, error))
    {
      g_unlink (repaired);
      return FALSE;
    }
  report->kept_path = bks_book_set_aside (book_dir, now_ms, error);
  report->repaired = report->kept_path != NULL && bks_book_put_in_place (book_dir, repaired, error);
  return report->repaired;
}
