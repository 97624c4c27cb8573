/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bks-connection.h"
#include "bks-error.h"
#include "bks-test-util.h"
#include "store-fixture.h"

#define BUSY_MS 5000

static const char create_sql[] =
  "CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"
  "CREATE TABLE drafts (id INTEGER PRIMARY KEY, text_id INTEGER REFERENCES texts (id), text TEXT) STRICT;"
  "CREATE INDEX drafts_text ON drafts (text_id);"
  "CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT) STRICT;"
  "INSERT INTO texts VALUES (1, 'mine');";
static const char *const first[] = { create_sql, NULL };
static const char *const second[] = { create_sql, "ALTER TABLE texts ADD COLUMN words INTEGER NOT NULL DEFAULT 7;", NULL };
static const char *const broken[] = { create_sql, "CREATE TABLE half (x) STRICT; CREATE TABLE done (x INTEGER) STRICT;", NULL };

#define ID 0x42545354
static const BksSchema schema = { .application_id = ID, .migrations = first, .what = "The thing" };
static const BksSchema newer_schema = { .application_id = ID, .migrations = second, .what = "The thing" };
static const BksSchema broken_schema = { .application_id = ID, .migrations = broken, .what = "The thing" };

typedef struct
{
  char *dir;
  char *path;
} Fixture;

static void
setup (Fixture       *self,
       gconstpointer  data)
{
  self->dir = bks_test_dir_new ();
  self->path = g_build_filename (self->dir, "thing.db", NULL);
}

static void
teardown (Fixture       *self,
          gconstpointer  data)
{
  g_free (self->path);
  bks_test_dir_remove (self->dir);
}

static BksConnection *
open_mode (Fixture           *self,
           BksConnectionMode  mode)
{
  g_autoptr(GError) error = NULL;
  BksConnection *connection = bks_connection_open (self->path, &schema, mode, BUSY_MS, &error);

  g_assert_no_error (error);
  if (mode == BKS_CONNECTION_WRITE)
    bks_connection_migrate (connection, &error);
  g_assert_no_error (error);
  return connection;
}

static void
make_file (Fixture *self)
{
  bks_connection_close (open_mode (self, BKS_CONNECTION_WRITE));
}

static void
assert_executes (BksConnection *connection,
                 const char    *sql)
{
  g_autoptr(GError) error = NULL;

  bks_connection_execute (connection, sql, &error);
  g_assert_no_error (error);
}

static void
assert_fails (BksConnection *connection,
              const char    *sql,
              BksError       code)
{
  g_autoptr(GError) error = NULL;

  g_test_message ("%s", sql);
  g_assert_false (bks_connection_execute (connection, sql, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, BKS_ERROR, (int) code);
}

static void
assert_not_opened (Fixture           *self,
                   BksConnectionMode  mode,
                   BksError           code)
{
  g_autoptr(GError) error = NULL;
  BksConnection *connection = bks_connection_open (self->path, &schema, mode, BUSY_MS, &error);

  g_assert_null (connection);
  g_assert_error (error, BKS_ERROR, (int) code);
}

/* Refused, and left as it was: for reading as for writing. */
static void
assert_refused (Fixture  *self,
                BksError  code)
{
  gsize before_length, after_length;
  g_autofree char *before = fixture_read (self->path, &before_length);
  g_autofree char *after = NULL;
  g_autofree char *wal = g_strconcat (self->path, "-wal", NULL);

  assert_not_opened (self, BKS_CONNECTION_READ_ONLY, code);
  assert_not_opened (self, BKS_CONNECTION_WRITE, code);
  after = fixture_read (self->path, &after_length);
  g_assert_cmpmem (before, before_length, after, after_length);
  g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));
}

static guint
get_mode (const char *path,
          const char *suffix)
{
  g_autofree char *whole = g_strconcat (path, suffix, NULL);
  struct stat status;

  g_assert_cmpint (g_stat (whole, &status), ==, 0);
  return status.st_mode & 0777;
}

static void
test_file (Fixture       *self,
           gconstpointer  data)
{
  mode_t mask = umask (0);
  BksConnection *connection = open_mode (self, BKS_CONNECTION_WRITE);
  g_autofree char *header = NULL;

  umask (mask);
  assert_executes (connection, "INSERT INTO texts VALUES (2, 'more')");
  g_assert_cmpuint (get_mode (self->path, ""), ==, 0600);
  g_assert_cmpuint (get_mode (self->path, "-wal"), ==, 0600);
  g_assert_cmpuint (get_mode (self->path, "-shm"), ==, 0600);
  bks_connection_close (connection);

  header = fixture_read (self->path, NULL);
  g_assert_cmpint (header[18], ==, 2); /* write-ahead log, so that readers never wait */
  g_assert_cmpint (fixture_sql_int (self->path, "PRAGMA user_version"), ==, 1);
  g_assert_cmpint (fixture_sql_int (self->path, "PRAGMA application_id"), ==, ID);
  g_assert_cmpint (fixture_sql_int (self->path, "SELECT count(*) FROM texts"), ==, 2);
}

static gint64
get_pragma (BksConnection *connection,
            const char    *sql)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, sql, NULL);
  gint64 number;

  g_assert_cmpint (bks_connection_step (connection, statement, NULL), ==, SQLITE_ROW);
  number = sqlite3_column_int64 (statement, 0);
  sqlite3_reset (statement);
  return number;
}

static void
test_settings (Fixture       *self,
               gconstpointer  data)
{
  for (int mode = BKS_CONNECTION_WRITE; mode >= BKS_CONNECTION_READ_ONLY; mode--)
    {
      BksConnection *connection = open_mode (self, mode);

      g_assert_cmpint (get_pragma (connection, "PRAGMA foreign_keys"), ==, 1);
      g_assert_cmpint (get_pragma (connection, "PRAGMA trusted_schema"), ==, 0);
      g_assert_cmpint (get_pragma (connection, "PRAGMA cell_size_check"), ==, 1);
      if (mode == BKS_CONNECTION_WRITE)
        g_assert_cmpint (get_pragma (connection, "PRAGMA synchronous"), ==, 2);
      bks_connection_close (connection);
    }
}

static void
test_foreign (Fixture       *self,
              gconstpointer  data)
{
  static const char *const others[] = {
    "CREATE TABLE bookmarks (x); INSERT INTO bookmarks VALUES (1);", /* says nothing of itself, as most do */
    "PRAGMA application_id=1196444487; PRAGMA user_version=1; CREATE TABLE tiles (x);",
    "PRAGMA application_id=1196444487; CREATE TABLE tiles (x);",
    "PRAGMA user_version=1; CREATE TABLE texts (x);",
    "PRAGMA application_id=0x42545354; CREATE TABLE texts (x);",
  };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_free (fixture_sql (self->path, others[i]));
      assert_refused (self, BKS_ERROR_CORRUPT);
      g_remove (self->path);
    }
}

static void
test_newer (Fixture       *self,
            gconstpointer  data)
{
  g_free (fixture_sql (self->path, "PRAGMA application_id=0x42545354; PRAGMA user_version=2; CREATE TABLE future (x);"));
  assert_refused (self, BKS_ERROR_NEWER_SCHEMA);
}

static void
write_file (Fixture    *self,
            const char *bytes,
            gsize       length)
{
  g_assert_true (g_file_set_contents (self->path, bytes, (gssize) length, NULL));
}

static void
test_garbage (Fixture       *self,
              gconstpointer  data)
{
  g_autofree char *text = g_strnfill (8192, 'x');

  write_file (self, text, 8192);
  assert_refused (self, BKS_ERROR_CORRUPT);
  write_file (self, "short", 5);
  assert_refused (self, BKS_ERROR_CORRUPT);
  write_file (self, "SQLite format 3\0and then nothing of the kind", 44);
  assert_refused (self, BKS_ERROR_CORRUPT);
}

/* A copy that broke off. (Within the last page only a whole check of the file can tell.) */
static void
test_truncated (Fixture       *self,
                gconstpointer  data)
{
  g_autofree char *bytes = NULL;
  gsize length;

  make_file (self);
  bytes = fixture_read (self->path, &length);
  g_assert_cmpuint (length, >, 3 * 4096);
  for (gsize cut = 100; cut <= length - 4096; cut += 4096 - 1)
    {
      g_test_message ("%" G_GSIZE_FORMAT, cut);
      write_file (self, bytes, cut);
      assert_refused (self, BKS_ERROR_CORRUPT);
    }
}

/* Every page overwritten in turn: an error or the right answer, never a crash. */
static void
test_damaged (Fixture       *self,
              gconstpointer  data)
{
  g_autofree char *bytes = NULL;
  gsize length;

  make_file (self);
  bytes = fixture_read (self->path, &length);
  for (gsize page = 4096; page < length; page += 4096)
    {
      g_autofree char *damaged = g_memdup2 (bytes, length);
      g_autoptr(GError) error = NULL;
      BksConnection *connection;

      memset (damaged + page, 0x5a, 4096);
      write_file (self, damaged, length);
      connection = bks_connection_open (self->path, &schema, BKS_CONNECTION_WRITE, BUSY_MS, &error);
      if (connection != NULL && bks_connection_migrate (connection, &error) &&
          bks_connection_execute (connection, "SELECT count(*) FROM texts JOIN drafts; INSERT INTO texts VALUES (9, 'x');"
                                              "INSERT INTO drafts VALUES (9, 9, 'x'); INSERT INTO events (what) VALUES ('x')", &error))
        g_assert_no_error (error);
      else
        g_assert_error (error, BKS_ERROR, BKS_ERROR_CORRUPT);
      g_clear_pointer (&connection, bks_connection_close);
    }
}

static void
test_absent (Fixture       *self,
             gconstpointer  data)
{
  g_autofree char *path = g_steal_pointer (&self->path);

  self->path = g_strdup (path);
  assert_not_opened (self, BKS_CONNECTION_READ_ONLY, BKS_ERROR_NOT_FOUND);
  assert_not_opened (self, BKS_CONNECTION_DRAFTS, BKS_ERROR_NOT_FOUND);
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));

  g_free (self->path);
  self->path = g_build_filename (self->dir, "none", "thing.db", NULL);
  assert_not_opened (self, BKS_CONNECTION_WRITE, BKS_ERROR_NOT_FOUND);

  g_free (self->path);
  self->path = g_strdup (self->dir);
  assert_not_opened (self, BKS_CONNECTION_READ_ONLY, BKS_ERROR_IO);

  /* Made by a process that died before it wrote anything. */
  g_free (self->path);
  self->path = g_strdup (path);
  write_file (self, "", 0);
  assert_not_opened (self, BKS_CONNECTION_READ_ONLY, BKS_ERROR_CORRUPT);
  make_file (self);
  g_assert_cmpint (fixture_sql_int (self->path, "PRAGMA user_version"), ==, 1);
}

static void
test_migration (Fixture       *self,
                gconstpointer  data)
{
  BksConnection *connection;
  g_autoptr(GError) error = NULL;

  make_file (self);
  connection = bks_connection_open (self->path, &newer_schema, BKS_CONNECTION_READ_ONLY, BUSY_MS, &error);
  g_assert_no_error (error); /* an older file is read as it is */
  bks_connection_close (connection);

  connection = bks_connection_open (self->path, &newer_schema, BKS_CONNECTION_WRITE, BUSY_MS, &error);
  g_assert_no_error (error);
  g_assert_true (bks_connection_migrate (connection, &error));
  g_assert_true (bks_connection_migrate (connection, &error));
  bks_connection_close (connection);
  g_assert_cmpint (fixture_sql_int (self->path, "PRAGMA user_version"), ==, 2);
  g_assert_cmpint (fixture_sql_int (self->path, "SELECT words FROM texts WHERE text = 'mine'"), ==, 7);
  assert_not_opened (self, BKS_CONNECTION_WRITE, BKS_ERROR_NEWER_SCHEMA); /* and the older program knows */
}

static void
test_failed_migration (Fixture       *self,
                       gconstpointer  data)
{
  BksConnection *connection;
  g_autoptr(GError) error = NULL;

  make_file (self);
  connection = bks_connection_open (self->path, &broken_schema, BKS_CONNECTION_WRITE, BUSY_MS, &error);
  g_assert_false (bks_connection_migrate (connection, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_FAILED);
  bks_connection_close (connection);
  g_assert_cmpint (fixture_sql_int (self->path, "PRAGMA user_version"), ==, 1);
  g_assert_cmpint (fixture_sql_int (self->path, "SELECT count(*) FROM sqlite_schema WHERE name IN ('half', 'done')"), ==, 0);
}

static int
migrate_child (const char *path)
{
  g_autoptr(GError) error = NULL;
  BksConnection *connection = bks_connection_open (path, &newer_schema, BKS_CONNECTION_WRITE, BUSY_MS, &error);

  if (connection == NULL || !bks_connection_migrate (connection, &error) ||
      !bks_connection_execute (connection, "BEGIN IMMEDIATE; INSERT INTO events (what) VALUES ('here'); COMMIT", &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  bks_connection_close (connection);
  return 0;
}

/* The window and the command line are started in the same moment. */
static void
test_processes (Fixture       *self,
                gconstpointer  data)
{
  for (guint round = 0; round < 5; round++)
    {
      GPid pids[4];

      for (guint i = 0; i < G_N_ELEMENTS (pids); i++)
        pids[i] = fixture_start_child ("migrate", self->path, NULL);
      for (guint i = 0; i < G_N_ELEMENTS (pids); i++)
        g_assert_cmpint (fixture_wait_child (pids[i]), ==, 0);
      g_assert_cmpint (fixture_sql_int (self->path, "SELECT count(*) FROM texts"), ==, 1);
      g_assert_cmpint (fixture_sql_int (self->path, "SELECT count(*) FROM events"), ==, 4);
      g_remove (self->path);
    }
}

static void
test_busy (Fixture       *self,
           gconstpointer  data)
{
  BksConnection *holder = open_mode (self, BKS_CONNECTION_WRITE);
  BksConnection *reader = open_mode (self, BKS_CONNECTION_READ_ONLY);
  BksConnection *other;
  g_autoptr(GError) error = NULL;

  other = bks_connection_open (self->path, &schema, BKS_CONNECTION_WRITE, 30, &error);
  g_assert_no_error (error);
  g_assert_true (bks_connection_begin (holder, NULL));
  assert_executes (holder, "UPDATE texts SET text = 'new'");

  g_assert_false (bks_connection_begin (other, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_BUSY);
  g_assert_true (bks_connection_begin (reader, NULL)); /* readers never wait */
  g_assert_cmpint (get_pragma (reader, "SELECT count(*) FROM texts WHERE text = 'mine'"), ==, 1);
  g_assert_true (bks_connection_commit (holder, NULL));
  g_assert_cmpint (get_pragma (reader, "SELECT count(*) FROM texts WHERE text = 'mine'"), ==, 1); /* one state of the file */
  g_assert_true (bks_connection_commit (reader, NULL));
  g_assert_cmpint (get_pragma (reader, "SELECT count(*) FROM texts WHERE text = 'new'"), ==, 1);
  g_assert_true (bks_connection_begin (other, NULL));
  bks_connection_roll_back (other);

  assert_fails (reader, "UPDATE texts SET text = 'x'", BKS_ERROR_READ_ONLY);
  bks_connection_close (other);
  bks_connection_close (reader);
  bks_connection_close (holder);
}

/* POSIX locks go when the process closes any descriptor of the file. */
static void
test_locks_stay (Fixture       *self,
                 gconstpointer  data)
{
  BksConnection *mine = open_mode (self, BKS_CONNECTION_WRITE);
  struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000002, .l_len = 510 };
  int fd;

  bks_connection_close (open_mode (self, BKS_CONNECTION_WRITE));
  fd = open (self->path, O_RDWR | O_CLOEXEC);
  g_assert_cmpint (fcntl (fd, F_OFD_GETLK, &range), ==, 0);
  g_assert_cmpint (range.l_type, ==, F_RDLCK);
  bks_connection_close (mine);
  close (fd);
}

static void
test_constraints (Fixture       *self,
                  gconstpointer  data)
{
  BksConnection *connection = open_mode (self, BKS_CONNECTION_WRITE);

  assert_fails (connection, "INSERT INTO texts VALUES (1, 'twice')", BKS_ERROR_EXISTS);
  assert_fails (connection, "INSERT INTO drafts VALUES (1, 99, 'x')", BKS_ERROR_NOT_FOUND);
  assert_fails (connection, "DELETE FROM texts; INSERT INTO drafts VALUES (1, 1, 'x')", BKS_ERROR_NOT_FOUND);
  assert_fails (connection, "INSERT INTO texts VALUES (1, NULL)", BKS_ERROR_FAILED);
  assert_fails (connection, "INSERT INTO nothing VALUES (1)", BKS_ERROR_FAILED);
  bks_connection_close (connection);
}

static void
test_values (Fixture       *self,
             gconstpointer  data)
{
  BksConnection *connection = open_mode (self, BKS_CONNECTION_WRITE);
  sqlite3_stmt *statement = bks_connection_prepare (connection, "SELECT ?, ?, ?, ?, ?", NULL);
  g_autofree char *null = NULL;
  g_autofree char *empty = NULL;
  g_autofree char *text = NULL;

  bks_bind_text (statement, 1, NULL);
  bks_bind_text (statement, 2, "");
  bks_bind_text (statement, 3, "é");
  bks_bind_unknown (statement, 4, -1, -1);
  bks_bind_unknown (statement, 5, 0, -1);
  g_assert_cmpint (bks_connection_step (connection, statement, NULL), ==, SQLITE_ROW);
  null = bks_column_dup (statement, 0);
  empty = bks_column_dup (statement, 1);
  text = bks_column_dup (statement, 2);
  g_assert_null (null);
  g_assert_cmpstr (empty, ==, "");
  g_assert_cmpstr (text, ==, "é");
  g_assert_cmpint (sqlite3_column_type (statement, 3), ==, SQLITE_NULL);
  g_assert_cmpint (bks_column_unknown (statement, 3, -1), ==, -1);
  g_assert_cmpint (bks_column_unknown (statement, 4, -1), ==, 0);

  /* The next user of the statement finds nothing of the one before. */
  g_assert_true (bks_connection_prepare (connection, "SELECT ?, ?, ?, ?, ?", NULL) == statement);
  g_assert_cmpint (bks_connection_step (connection, statement, NULL), ==, SQLITE_ROW);
  g_assert_cmpint (sqlite3_column_type (statement, 2), ==, SQLITE_NULL);
  bks_connection_close (connection);
}

static void
test_drafts (Fixture       *self,
             gconstpointer  data)
{
  static const char *const denied[] = {
    "UPDATE texts SET text = 'x'", "DELETE FROM texts", "INSERT INTO texts VALUES (2, 'x')", "REPLACE INTO texts VALUES (1, 'x')",
    "INSERT INTO texts VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET text = 'x'",
    "WITH t AS (SELECT 1) UPDATE texts SET text = 'x'", "UPDATE main.texts SET text = 'x'", "UPDATE \"Texts\" SET text = 'x'",
    "INSERT INTO texts SELECT id + 5, text FROM drafts", "UPDATE texts SET text = d.text FROM drafts d",
    "DELETE FROM drafts", "DELETE FROM events", "DELETE FROM sqlite_sequence", "UPDATE sqlite_sequence SET seq = 0",
    "ALTER TABLE texts RENAME TO t", "ALTER TABLE drafts RENAME TO t", "ALTER TABLE texts ADD COLUMN x", "ALTER TABLE texts DROP COLUMN text",
    "ALTER TABLE texts RENAME COLUMN text TO x", "DROP TABLE texts", "DROP TABLE drafts", "DROP TABLE IF EXISTS events",
    "CREATE TABLE t (x)", "CREATE TABLE t AS SELECT * FROM texts", "CREATE TEMP TABLE t (x)", "CREATE INDEX i ON drafts (text)",
    "CREATE VIEW v AS SELECT * FROM texts", "CREATE TEMP VIEW texts AS SELECT 1", "CREATE VIRTUAL TABLE v USING fts5 (x)",
    "CREATE TRIGGER t AFTER INSERT ON drafts BEGIN UPDATE texts SET text = ''; END",
    "CREATE TEMP TRIGGER t AFTER INSERT ON drafts BEGIN UPDATE texts SET text = ''; END",
    "UPDATE sqlite_schema SET sql = ''", "INSERT INTO sqlite_schema VALUES ('table', 't', 't', 0, '')", "DELETE FROM sqlite_schema",
    "ATTACH ':memory:' AS other", "ATTACH '/tmp/other.db' AS other", "DETACH main", "VACUUM", "VACUUM INTO '/tmp/bks-test-copy.db'",
    "REINDEX", "ANALYZE", "SAVEPOINT s", "PRAGMA writable_schema=ON", "PRAGMA foreign_keys=OFF", "PRAGMA journal_mode=DELETE",
    "PRAGMA user_version=7", "PRAGMA application_id=7", "PRAGMA wal_checkpoint", "PRAGMA query_only=ON", "PRAGMA incremental_vacuum",
    "SELECT load_extension('x')",
    "INSERT INTO drafts VALUES (4, 1, 'fires the trigger')",
  };
  BksConnection *connection;

  make_file (self);
  g_free (fixture_sql (self->path, "CREATE TRIGGER trap AFTER INSERT ON drafts WHEN new.id = 4"
                                   " BEGIN UPDATE texts SET text = 'trapped'; END"));
  connection = open_mode (self, BKS_CONNECTION_DRAFTS);
  assert_fails (connection, denied[G_N_ELEMENTS (denied) - 1], BKS_ERROR_FAILED);
  bks_connection_close (connection);
  g_free (fixture_sql (self->path, "DROP TRIGGER trap"));

  connection = open_mode (self, BKS_CONNECTION_DRAFTS);
  for (guint i = 0; i < G_N_ELEMENTS (denied) - 1; i++)
    {
      assert_fails (connection, denied[i], BKS_ERROR_FAILED);
      g_assert_true (bks_connection_begin (connection, NULL));
      g_assert_false (bks_connection_execute (connection, denied[i], NULL));
      bks_connection_roll_back (connection);
    }
  assert_executes (connection, "BEGIN IMMEDIATE; INSERT INTO drafts SELECT 1, id, upper (text) FROM texts;"
                               "UPDATE drafts SET text = text || '!'; INSERT INTO events (what) VALUES ('x'); COMMIT");
  assert_fails (connection, "INSERT INTO drafts VALUES (2, 99, 'x')", BKS_ERROR_NOT_FOUND);
  bks_connection_close (connection);

  g_assert_cmpint (fixture_sql_int (self->path, "SELECT count(*) FROM texts WHERE text = 'mine'"), ==, 1);
  g_assert_cmpint (fixture_sql_int (self->path, "SELECT count(*) FROM sqlite_schema WHERE sql <> ''"), ==, 5);
  g_assert_cmpint (fixture_sql_int (self->path, "SELECT count(*) FROM drafts WHERE text = 'MINE!'"), ==, 1);
  g_assert_cmpint (fixture_sql_int (self->path, "PRAGMA user_version"), ==, 1);
  g_assert_false (g_file_test ("/tmp/bks-test-copy.db", G_FILE_TEST_EXISTS));
}

static const char big_write[] =
  "WITH RECURSIVE n (i) AS (VALUES (10) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
  " INSERT INTO texts SELECT i, hex (zeroblob (2048)) FROM n";

/* A write that did not fit is gone as a whole; what was there stays, and the next small one works. */
static void
assert_whole (const char *path)
{
  g_autofree char *check = fixture_sql (path, "PRAGMA integrity_check");

  g_assert_cmpstr (check, ==, "ok");
  g_assert_cmpint (fixture_sql_int (path, "SELECT count(*) FROM texts WHERE id >= 10"), ==, 0);
  g_assert_cmpint (fixture_sql_int (path, "SELECT count(*) FROM texts WHERE text = 'mine'"), ==, 1);
}

static void
test_full (Fixture       *self,
           gconstpointer  data)
{
  BksConnection *connection = open_mode (self, BKS_CONNECTION_WRITE);
  g_autoptr(GError) error = NULL;

  assert_executes (connection, "PRAGMA max_page_count=20");
  g_assert_true (bks_connection_begin (connection, NULL));
  assert_executes (connection, "INSERT INTO texts VALUES (3000, 'goes with the rest')");
  g_assert_false (bks_connection_execute (connection, big_write, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_DISK_FULL);
  g_assert_nonnull (strstr (error->message, "full"));
  bks_connection_roll_back (connection);
  g_assert_true (bks_connection_begin (connection, NULL));
  assert_executes (connection, "INSERT INTO texts VALUES (3, 'small')");
  g_assert_true (bks_connection_commit (connection, NULL));
  bks_connection_close (connection);
  assert_whole (self->path);
}

static int
write_until_full (const char *path,
                  gboolean    is_io_allowed)
{
  g_autoptr(GError) error = NULL;
  BksConnection *connection = bks_connection_open (path, &schema, BKS_CONNECTION_WRITE, BUSY_MS, &error);

  if (connection == NULL || !bks_connection_migrate (connection, &error) || !bks_connection_begin (connection, &error))
    return 1;
  if (bks_connection_execute (connection, big_write, &error) && bks_connection_commit (connection, &error))
    return 2;
  bks_connection_roll_back (connection);
  g_printerr ("# %s\n", error->message);
  if (!g_error_matches (error, BKS_ERROR, BKS_ERROR_DISK_FULL) &&
      !(is_io_allowed && g_error_matches (error, BKS_ERROR, BKS_ERROR_IO)))
    return 3;
  assert_whole (path);
  bks_connection_close (connection);
  return 0;
}

/* The file may not grow: what a quota or a failing disk looks like. */
static int
limited_child (const char *path)
{
  struct rlimit limit = { .rlim_cur = 256 * 1024, .rlim_max = 256 * 1024 };

  signal (SIGXFSZ, SIG_IGN);
  if (setrlimit (RLIMIT_FSIZE, &limit) != 0)
    return 77;
  return write_until_full (path, TRUE);
}

static void
test_limited (Fixture       *self,
              gconstpointer  data)
{
  make_file (self);
  g_assert_cmpint (fixture_wait_child (fixture_start_child ("limited", self->path, NULL)), ==, 0);
  assert_whole (self->path);
}

/* A real full disk, where one can be mounted. */
static int
tmpfs_child (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "thing.db", NULL);

  if ((unshare (CLONE_NEWNS) != 0 && unshare (CLONE_NEWUSER | CLONE_NEWNS) != 0) ||
      mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount ("tmpfs", dir, "tmpfs", 0, "size=512k") != 0)
    return 77;
  return write_until_full (path, FALSE);
}

static void
test_tmpfs (Fixture       *self,
            gconstpointer  data)
{
  int status = fixture_wait_child (fixture_start_child ("tmpfs", self->dir, NULL));

  if (status == 77)
    g_test_skip ("Nothing can be mounted here");
  else
    g_assert_cmpint (status, ==, 0);
}

static int
run_child (const char *role,
           const char *argument)
{
  if (g_str_equal (role, "migrate"))
    return migrate_child (argument);
  if (g_str_equal (role, "limited"))
    return limited_child (argument);
  return tmpfs_child (argument);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 4 && g_str_equal (argv[1], "--child"))
    return run_child (argv[2], argv[3]);

  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add ("/connection/" path, Fixture, NULL, setup, func, teardown)
  ADD ("file", test_file);
  ADD ("settings", test_settings);
  ADD ("refused/foreign", test_foreign);
  ADD ("refused/newer", test_newer);
  ADD ("refused/garbage", test_garbage);
  ADD ("refused/truncated", test_truncated);
  ADD ("refused/absent", test_absent);
  ADD ("damaged", test_damaged);
  ADD ("migration/older", test_migration);
  ADD ("migration/failed", test_failed_migration);
  ADD ("migration/processes", test_processes);
  ADD ("busy", test_busy);
  ADD ("locks-stay", test_locks_stay);
  ADD ("constraints", test_constraints);
  ADD ("values", test_values);
  ADD ("drafts", test_drafts);
  ADD ("full/pages", test_full);
  ADD ("full/limit", test_limited);
  ADD ("full/tmpfs", test_tmpfs);
  return g_test_run ();
}
