/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <sqlite3.h>
#include <sys/wait.h>

#include "bks-test-util.h"
#include "store-fixture.h"

/**
 * fixture_sql:
 * @path: a database file
 * @sql: statements, the last of which may return a row
 *
 * Looks at a file as any other program would.
 *
 * Returns: (transfer full) (nullable): the first column of the first row
 */
char *
fixture_sql (const char *path,
             const char *sql)
{
  sqlite3 *handle;
  sqlite3_stmt *statement = NULL;
  char *text = NULL;
  int code = SQLITE_OK;

  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  sqlite3_busy_timeout (handle, 5000);
  while (code == SQLITE_OK && *sql != '\0')
    {
      g_assert_cmpint (sqlite3_prepare_v2 (handle, sql, -1, &statement, &sql), ==, SQLITE_OK);
      if (sqlite3_step (statement) == SQLITE_ROW && text == NULL && *sql == '\0')
        text = g_strdup ((const char *) sqlite3_column_text (statement, 0));
      code = sqlite3_finalize (statement);
    }
  g_assert_cmpint (code, ==, SQLITE_OK);
  sqlite3_close (handle);
  return text;
}

/**
 * fixture_sql_int:
 * @path: a database file
 * @sql: as in fixture_sql()
 *
 * Returns: the number there
 */
gint64
fixture_sql_int (const char *path,
                 const char *sql)
{
  g_autofree char *text = fixture_sql (path, sql);

  g_assert_nonnull (text);
  return g_ascii_strtoll (text, NULL, 10);
}

/**
 * fixture_read:
 * @path: a file
 * @length: (out) (optional): how many bytes it has
 *
 * Returns: (transfer full): its bytes
 */
char *
fixture_read (const char *path,
              gsize      *length)
{
  g_autoptr(GError) error = NULL;
  char *bytes;

  g_file_get_contents (path, &bytes, length, &error);
  g_assert_no_error (error);
  return bytes;
}

/**
 * fixture_close:
 * @database: (transfer full): a database
 */
void
fixture_close (BksDatabase *database)
{
  bks_test_await_ok (bks_database_close (database));
  g_assert_finalize_object (database);
}

/**
 * fixture_start_child:
 * @role: what this program shall do as another process
 * @argument: for it
 * @output: (out) (optional): where its standard output can be read
 *
 * Runs this very program once more, as `PROGRAM --child ROLE ARGUMENT`.
 *
 * Returns: its id, for fixture_wait_child()
 */
GPid
fixture_start_child (const char *role,
                     const char *argument,
                     int        *output)
{
  char *argv[] = { (char *) "/proc/self/exe", (char *) "--child", (char *) role, (char *) argument, NULL };
  g_autoptr(GError) error = NULL;
  GPid pid;

  g_spawn_async_with_pipes (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, output, NULL, &error);
  g_assert_no_error (error);
  return pid;
}

/**
 * fixture_wait_child:
 * @pid: a child
 *
 * Returns: its exit status, or 128 and the signal that ended it
 */
int
fixture_wait_child (GPid pid)
{
  int status;

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_spawn_close_pid (pid);
  return WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
}
