/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-store-private.h"
#include "bks-error.h"
#include "bks-repair-private.h"
#include "bks-revisions-private.h"

/* Whether a book's file is sound. */

#define PROBLEMS 20

G_DEFINE_BOXED_TYPE (BksBookReport, bks_book_report, bks_book_report_ref, bks_book_report_unref)

/**
 * bks_book_report_new:
 *
 * Returns: (transfer full): a report that has found nothing yet
 */
BksBookReport *
bks_book_report_new (void)
{
  BksBookReport *self = g_atomic_rc_box_new0 (BksBookReport);

  self->problems = g_ptr_array_new_with_free_func (g_free);
  return self;
}

/**
 * bks_book_report_ref:
 * @self: a report
 *
 * Returns: (transfer full): @self
 */
BksBookReport *
bks_book_report_ref (BksBookReport *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
report_clear (gpointer data)
{
  BksBookReport *self = data;

  g_ptr_array_unref (self->problems);
  g_free (self->kept_path);
}

/**
 * bks_book_report_unref:
 * @self: (transfer full): a report
 */
void
bks_book_report_unref (BksBookReport *self)
{
  g_atomic_rc_box_release_full (self, report_clear);
}

static void
add_problem (BksBookReport *report,
             const char    *format,
             ...) G_GNUC_PRINTF (2, 3);

static void
add_problem (BksBookReport *report,
             const char    *format,
             ...)
{
  va_list arguments;

  if (report->problems->len >= PROBLEMS)
    return;
  va_start (arguments, format);
  g_ptr_array_add (report->problems, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

/**
 * bks_book_open_raw:
 * @path: a book's file, which may be damaged
 * @flags: SQLITE_OPEN_READONLY or SQLITE_OPEN_READWRITE
 *
 * Returns: (transfer full) (nullable): it, %NULL where SQLite cannot open it at all
 */
sqlite3 *
bks_book_open_raw (const char *path,
                   int         flags)
{
  sqlite3 *handle = NULL;

  if (sqlite3_open_v2 (path, &handle, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
    g_clear_pointer (&handle, sqlite3_close);
  else
    sqlite3_exec (handle, "PRAGMA trusted_schema=OFF", NULL, NULL, NULL);
  return handle;
}

/**
 * bks_book_ask_int:
 * @handle: a file
 * @sql: asks for one number
 *
 * Returns: it, 0 where it cannot be read
 */
gint64
bks_book_ask_int (sqlite3    *handle,
                  const char *sql)
{
  sqlite3_stmt *statement = NULL;
  gint64 value = 0;

  if (sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step (statement) == SQLITE_ROW)
    value = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return value;
}

/**
 * bks_book_collect_faults:
 * @handle: a file
 * @sql: a pragma that finds faults, each row of which is one
 * @what: what has the fault, for people
 * @report: takes them
 */
void
bks_book_collect_faults (sqlite3       *handle,
                         const char    *sql,
                         const char    *what,
                         BksBookReport *report)
{
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL);

  while (code == SQLITE_OK || code == SQLITE_ROW)
    {
      const char *text;

      code = sqlite3_step (statement);
      text = code == SQLITE_ROW ? (const char *) sqlite3_column_text (statement, 0) : NULL;
      if (text != NULL && !g_str_equal (text, "ok"))
        add_problem (report, "%s: %s", what, text);
      if (code != SQLITE_ROW)
        break;
    }
  if (code != SQLITE_DONE)
    add_problem (report, "%s: %s", what, sqlite3_errmsg (handle));
  sqlite3_finalize (statement);
}

static void
check_revisions (const char    *path,
                 BksLimits     *limits,
                 BksBookReport *report)
{
  BksConnection *connection = bks_connection_open (path, &bks_book_schema, BKS_CONNECTION_READ_ONLY,
                                                   limits->database_busy_ms, NULL);
  g_autoptr(GError) error = NULL;
  gint64 damaged;

  if (connection == NULL)
    return;
  damaged = bks_book_count_damaged (connection, &report->revisions, &error);
  if (damaged == -1)
    add_problem (report, "Earlier texts cannot be read: %s", error->message);
  else if (damaged > 0)
    add_problem (report, "Earlier texts are damaged: %" G_GINT64_FORMAT, damaged);
  bks_connection_close (connection);
}

/**
 * bks_book_check:
 * @book_dir: a book's folder
 * @limits: limits
 * @error: return location
 *
 * Reads the whole file: its pages, what refers to what, and every earlier
 * text. A reader is enough; nothing is changed.
 *
 * Returns: (transfer full): what was found, %NULL with %BKS_ERROR_NOT_FOUND if there is no file
 */
BksBookReport *
bks_book_check (const char  *book_dir,
                BksLimits   *limits,
                GError     **error)
{
  g_autofree char *path = g_build_filename (book_dir, BKS_BOOK_FILE_NAME, NULL);
  g_autoptr(BksBookReport) report = bks_book_report_new ();
  g_autoptr(sqlite3) handle = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "The book's file is gone");
      return NULL;
    }
  handle = bks_book_open_raw (path, SQLITE_OPEN_READONLY);
  if (handle == NULL || (guint32) bks_book_ask_int (handle, "PRAGMA application_id") != bks_book_schema.application_id)
    {
      add_problem (report, "The file is not one of this program, or its first page is damaged");
      return g_steal_pointer (&report);
    }
  sqlite3_busy_timeout (handle, (int) limits->database_busy_ms);
  bks_book_collect_faults (handle, "PRAGMA integrity_check(20)", "The file", report);
  bks_book_collect_faults (handle, "SELECT \"table\" FROM pragma_foreign_key_check", "A row refers to something that is gone, in",
                           report);
  report->nodes = bks_book_ask_int (handle, "SELECT count(*) FROM nodes");
  report->words = bks_book_ask_int (handle, "SELECT coalesce (sum (words), 0) FROM texts");
  if (bks_book_ask_int (handle, "SELECT count(*) FROM book") != 1)
    add_problem (report, "The file does not say what the book is called");
  if (bks_book_ask_int (handle, "PRAGMA user_version") >= 2)
    check_revisions (path, limits, report);
  return g_steal_pointer (&report);
}

/**
 * bks_book_quick_check:
 * @book_dir: a book's folder
 * @limits: limits
 * @error: return location
 *
 * Looks at the file's pages without comparing its indexes: 85 ms for a million words.
 *
 * Returns: whether it is sound, %FALSE with %BKS_ERROR_CORRUPT otherwise
 */
gboolean
bks_book_quick_check (const char  *book_dir,
                      BksLimits   *limits,
                      GError     **error)
{
  g_autofree char *path = g_build_filename (book_dir, BKS_BOOK_FILE_NAME, NULL);
  g_autoptr(BksBookReport) report = bks_book_report_new ();
  g_autoptr(sqlite3) handle = bks_book_open_raw (path, SQLITE_OPEN_READONLY);

  if (handle == NULL)
    return TRUE; /* who opens it says why */
  sqlite3_busy_timeout (handle, (int) limits->database_busy_ms);
  bks_book_collect_faults (handle, "PRAGMA quick_check(1)", "The book's file is damaged", report);
  if (report->problems->len == 0)
    return TRUE;
  g_strdelimit (g_ptr_array_index (report->problems, 0), "\n", ' ');
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CORRUPT, g_ptr_array_index (report->problems, 0));
  return FALSE;
}
