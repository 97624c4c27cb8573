/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "bks-async.h"
#include "bks-backup.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-folder-check.h"
#include "bks-limits.h"
#include "bks-repair.h"
#include "bks-retention.h"
#include "bks-revisions.h"
#include "bks-test-util.h"
#include "store-fixture.h"

#define NOW G_GINT64_CONSTANT (1790000000000)
#define HOUR G_GINT64_CONSTANT (3600000)
#define DAY (24 * HOUR)
#define ID "0190a000-0000-7000-8000-000000000001"
#define CHAPTERS 20

typedef struct
{
  BksLimits   *limits;
  char        *dir;
  char        *book_dir;
  char        *path;
  char        *folder;
  BksDatabase *store;
} Fixture;

static char *
make_text (guint i)
{
  GString *text = g_string_new (NULL);

  for (guint j = 0; j < 600; j++)
    g_string_append_printf (text, "chapter%u-word%u ", i, j * 31 % 997);
  return g_string_free (text, FALSE);
}

static void
setup (Fixture       *self,
       gconstpointer  data)
{
  g_autoptr(BksBook) book = g_object_new (BKS_TYPE_BOOK, "id", ID, "title", "The Mill", NULL);
  g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_new_node_free);

  self->limits = bks_limits_new ();
  self->dir = bks_test_dir_new ();
  self->book_dir = g_build_filename (self->dir, "books", ID, NULL);
  self->path = g_build_filename (self->book_dir, "book.db", NULL);
  self->folder = bks_backup_get_folder (self->book_dir);
  g_assert_cmpint (g_mkdir_with_parents (self->book_dir, 0700), ==, 0);
  self->store = bks_test_await_object (bks_book_store_open (self->path, TRUE, self->limits));
  for (guint i = 0; i < CHAPTERS; i++)
    {
      g_autofree char *id = g_strdup_printf ("n%u", i);
      g_autofree char *text = make_text (i);

      g_ptr_array_add (nodes, bks_new_node_new (id, NULL, BKS_NODE_CHAPTER, id, text, 600));
    }
  bks_test_await_ok (bks_book_store_fill (self->store, book, nodes, NOW));
}

static void
close_store (Fixture *self)
{
  if (self->store != NULL)
    fixture_close (g_steal_pointer (&self->store));
}

static void
open_store (Fixture *self)
{
  self->store = bks_test_await_object (bks_book_store_open (self->path, TRUE, self->limits));
}

static void
teardown (Fixture       *self,
          gconstpointer  data)
{
  close_store (self);
  bks_limits_unref (self->limits);
  g_free (self->book_dir);
  g_free (self->path);
  g_free (self->folder);
  bks_test_dir_remove (self->dir);
}

static BksBackup *
back_up (Fixture *self,
         gint64   now_ms)
{
  g_autoptr(GError) error = NULL;
  BksBackup *backup = bks_backup_make (self->book_dir, FALSE, now_ms, self->limits, &error);

  g_assert_no_error (error);
  return backup;
}

static guint
count_files (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
write_text (Fixture    *self,
            const char *node,
            const char *text,
            gint64      words)
{
  bks_test_await_int64 (bks_book_store_write_text (self->store, bks_text_write_new (node, text, words), NOW));
}

static void
test_make (Fixture       *self,
           gconstpointer  data)
{
  g_autoptr(BksBackup) backup = back_up (self, NOW);
  g_autofree char *verdict = NULL;
  g_autofree char *mode = NULL;
  GStatBuf status;

  g_assert_cmpstr (backup->book_id, ==, ID);
  g_assert_cmpstr (backup->title, ==, "The Mill");
  g_assert_cmpint (backup->nodes, ==, CHAPTERS);
  g_assert_cmpint (backup->words, ==, CHAPTERS * 600);
  g_assert_cmpint (backup->at, ==, NOW);
  g_assert_cmpint (g_stat (backup->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  /* Outside of the book's folder, one file, nothing beside it. */
  g_assert_false (g_str_has_prefix (backup->path, self->book_dir));
  g_assert_cmpuint (count_files (self->folder), ==, 1);
  verdict = fixture_sql (backup->path, "PRAGMA integrity_check");
  g_assert_cmpstr (verdict, ==, "ok");
  mode = fixture_sql (backup->path, "PRAGMA journal_mode");
  g_assert_cmpstr (mode, ==, "delete");
}

typedef struct
{
  Fixture  *self;
  gboolean  stop;
  guint     saves;
} Typing;

static DexFuture *
type_fiber (gpointer data)
{
  Typing *typing = data;

  while (!typing->stop)
    {
      g_autofree char *text = make_text (++typing->saves);

      dex_await (bks_book_store_write_text (typing->self->store, bks_text_write_new ("n0", text, 600), NOW), NULL);
    }
  return dex_future_new_true ();
}

static gboolean
back_up_thread (GValue        *result,
                GCancellable  *cancellable,
                gpointer       data,
                GError       **error)
{
  Fixture *self = data;

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr(BksBackup) backup = bks_backup_make (self->book_dir, FALSE, NOW + i, self->limits, error);

      if (backup == NULL)
        return FALSE;
    }
  return TRUE;
}

/* While somebody writes without a pause each copy is whole, and typing goes on. */
static void
test_while_typing (Fixture       *self,
                   gconstpointer  data)
{
  Typing typing = { .self = self };
  g_autoptr(DexFuture) finished = bks_spawn_finally (type_fiber, &typing, NULL);

  bks_test_await_ok (bks_run_in_thread (NULL, back_up_thread, self, NULL));
  typing.stop = TRUE;
  bks_test_await_ok (dex_ref (finished));
  g_assert_cmpuint (typing.saves, >, 20);
  g_assert_cmpuint (count_files (self->folder), ==, 5);
}

static void
damage (const char *path)
{
  g_autofree char *rubbish = g_strnfill (4096, 'x');
  int fd = open (path, O_RDWR | O_CLOEXEC);
  off_t size = lseek (fd, 0, SEEK_END);

  g_assert_cmpint (fd, >=, 0);
  for (off_t at = 4096 * 5; at < size; at += 4096 * 3)
    g_assert_cmpint (pwrite (fd, rubbish, 4096, at), ==, 4096);
  close (fd);
}

/* The copy of a damaged book is not whole: it replaces nothing, and what is there stays readable. */
static void
test_broken_book (Fixture       *self,
                  gconstpointer  data)
{
  g_autoptr(GPtrArray) before = NULL;
  g_autoptr(GPtrArray) after = NULL;

  for (guint i = 0; i < 5; i++)
    bks_backup_unref (back_up (self, NOW + i));
  before = bks_backup_list (self->folder);
  close_store (self);
  damage (self->path);
  for (guint i = 5; i < 9; i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (bks_backup_make (self->book_dir, FALSE, NOW + i, self->limits, &error));
      g_assert_nonnull (error);
      g_assert_true (error->domain == BKS_ERROR);
    }
  after = bks_backup_list (self->folder);
  g_assert_cmpuint (after->len, ==, before->len);
  g_assert_cmpuint (count_files (self->folder), ==, 5);
  for (guint i = 0; i < after->len; i++)
    g_assert_cmpint (((BksBackup *) g_ptr_array_index (after, i))->words, ==, CHAPTERS * 600);
}

/* A copy that fails on the way leaves no trace: the folder cannot be written. */
static void
test_folder_fails (Fixture       *self,
                   gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *backups = g_path_get_dirname (self->folder);

  g_assert_true (g_file_set_contents (backups, "a file where the folder should be", -1, NULL));
  g_assert_null (bks_backup_make (self->book_dir, FALSE, NOW, self->limits, &error));
  g_assert_nonnull (error);
  g_unlink (backups);
  bks_backup_unref (back_up (self, NOW));
}

/* A book that has lost its words does not push out a copy that has them, however often it is copied. */
static void
test_shrunken_book (Fixture       *self,
                    gconstpointer  data)
{
  g_autoptr(GPtrArray) backups = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(BksBackup) accepted = NULL;
  guint whole = 0, shrunk = 0;

  for (guint i = 0; i < 5; i++)
    bks_backup_unref (back_up (self, NOW + i));
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *id = g_strdup_printf ("n%u", i);

      write_text (self, id, "", 0);
    }
  for (guint i = 0; i < 12; i++)
    {
      g_autoptr(BksBackup) backup = back_up (self, NOW + DAY + i);

      g_assert_true (backup->shrunk);
    }
  backups = bks_backup_list (self->folder);
  for (guint i = 0; i < backups->len; i++)
    {
      const BksBackup *backup = g_ptr_array_index (backups, i);

      whole += !backup->shrunk && backup->words == CHAPTERS * 600;
      shrunk += backup->shrunk;
    }
  g_assert_cmpuint (whole, ==, 5);
  g_assert_cmpuint (shrunk, ==, 5);
  /* The author says that it is right: from then on it is what others are measured by. */
  accepted = bks_backup_make (self->book_dir, TRUE, NOW + 2 * DAY, self->limits, &error);
  g_assert_no_error (error);
  g_assert_false (accepted->shrunk);
  g_clear_pointer (&accepted, bks_backup_unref);
  accepted = back_up (self, NOW + 3 * DAY);
  g_assert_false (accepted->shrunk);
}

/* A fifth exactly is no loss that stops anything. */
static void
test_a_fifth (Fixture       *self,
              gconstpointer  data)
{
  g_autoptr(BksBackup) backup = NULL;

  bks_backup_unref (back_up (self, NOW));
  for (guint i = 0; i < CHAPTERS / 5; i++)
    {
      g_autofree char *id = g_strdup_printf ("n%u", i);

      write_text (self, id, "", 0);
    }
  backup = back_up (self, NOW + 1);
  g_assert_false (backup->shrunk);
}

/* The rule itself: 5 latest, 7 daily, 8 weekly, 12 monthly. */
static void
test_rotation_rule (void)
{
  enum { N = 24 * 800 };
  g_autofree gint64 *times = g_new (gint64, N);
  g_autofree gboolean *keep = g_new0 (gboolean, N);
  guint kept = 0;

  for (guint i = 0; i < N; i++)
    times[i] = NOW - i * HOUR;
  bks_retention_rotate_backups (times, N, keep);
  for (guint i = 0; i < N; i++)
    kept += keep[i];
  for (guint i = 0; i < 5; i++)
    g_assert_true (keep[i]);
  /* The newest is of all four kinds, and a daily one may be a weekly or a monthly one, too. */
  g_assert_cmpuint (kept, >=, 5 + 6 + 5 + 10);
  g_assert_cmpuint (kept, <=, 5 + 7 + 8 + 12);
}

/* Two years of it, one copy a day: what stays covers a year, and each can be restored. */
static void
test_generations (Fixture       *self,
                  gconstpointer  data)
{
  g_autoptr(GPtrArray) backups = NULL;
  gint64 now = NOW;
  guint days = g_getenv ("BKS_TEST_LONG") != NULL ? 500 : 120;

  for (guint day = 0; day < days; day++)
    {
      g_autofree char *text = g_strdup_printf ("the text of day %u", day);

      write_text (self, "n0", text, 5);
      now = NOW + day * DAY;
      bks_backup_unref (back_up (self, now));
    }
  backups = bks_backup_list (self->folder);
  g_assert_cmpuint (backups->len, >=, days == 500 ? 22 : 14);
  g_assert_cmpuint (backups->len, <=, 5 + 7 + 8 + 12);
  for (guint i = 0; i < backups->len; i++)
    {
      const BksBackup *backup = g_ptr_array_index (backups, i);
      g_autofree char *path = g_build_filename (self->dir, "restored.db", NULL);
      g_autofree char *expected = g_strdup_printf ("the text of day %u", (guint) ((backup->at - NOW) / DAY));
      g_autoptr(GError) error = NULL;
      g_autoptr(BksDatabase) store = NULL;
      g_autoptr(BksNodeText) text = NULL;

      g_assert_true (bks_backup_copy (backup->path, path, self->limits, &error));
      g_assert_no_error (error);
      store = bks_test_await_object (bks_book_store_open (path, TRUE, self->limits));
      text = bks_test_await_boxed (bks_book_store_read_text (store, "n0"));
      g_assert_cmpstr (text->text, ==, expected);
      bks_test_await_ok (bks_database_close (store));
    }
}

static void
test_clock_set_back (Fixture       *self,
                     gconstpointer  data)
{
  g_autoptr(BksBackup) first = back_up (self, NOW + DAY);
  g_autoptr(BksBackup) second = NULL;

  write_text (self, "n0", "newer", 1);
  second = back_up (self, NOW);
  g_assert_cmpint (second->at, >, first->at);
}

/* What a killed process left is removed, what a living one writes is not. */
static void
test_parts (Fixture       *self,
            gconstpointer  data)
{
  g_autofree char *dead = g_build_filename (self->folder, "999999999.part", NULL);
  g_autofree char *name = g_strdup_printf ("%d.part", (int) getppid ());
  g_autofree char *living = g_build_filename (self->folder, name, NULL);

  g_assert_cmpint (g_mkdir_with_parents (self->folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (dead, "x", -1, NULL));
  g_assert_true (g_file_set_contents (living, "x", -1, NULL));
  bks_backup_unref (back_up (self, NOW));
  g_assert_false (g_file_test (dead, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (living, G_FILE_TEST_EXISTS));
}

static void
test_not_a_backup (Fixture       *self,
                   gconstpointer  data)
{
  g_autofree char *path = g_build_filename (self->dir, "x.db", NULL);
  g_autofree char *copy = g_build_filename (self->dir, "copy.db", NULL);
  g_autoptr(GError) error = NULL;

  g_assert_null (bks_backup_read (path, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, "This is a letter to my publisher, not a database at all.", -1, NULL));
  g_assert_null (bks_backup_read (path, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_CORRUPT);
  g_clear_error (&error);
  g_assert_false (bks_backup_copy (path, copy, self->limits, &error));
  g_assert_false (g_file_test (copy, G_FILE_TEST_EXISTS));
}

static void
test_check_and_repair (Fixture       *self,
                       gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BksBookReport) sound = NULL;
  g_autoptr(BksBookReport) report = NULL;
  g_autoptr(BksBookReport) again = NULL;
  g_autofree char *kept = make_text (7);
  g_autoptr(BksNodeText) text = NULL;

  bks_test_await_ok (bks_book_store_add_snapshot (self->store, "s", "All", NULL, NOW));
  sound = bks_book_check (self->book_dir, self->limits, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sound->problems->len, ==, 0);
  g_assert_cmpint (sound->revisions, ==, CHAPTERS);
  bks_backup_unref (back_up (self, NOW));
  close_store (self);
  damage (self->path);
  report = bks_book_check (self->book_dir, self->limits, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (report->problems->len, >, 0);
  g_assert_true (bks_book_repair (self->book_dir, report, NOW, self->limits, &error));
  g_assert_no_error (error);
  g_assert_cmpint (report->from_backups, >, 0);
  g_assert_cmpint (report->lost, ==, 0);
  g_assert_true (g_file_test (report->kept_path, G_FILE_TEST_EXISTS));
  again = bks_book_check (self->book_dir, self->limits, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->problems->len, ==, 0);
  g_assert_cmpint (again->nodes, ==, CHAPTERS);
  g_assert_cmpint (again->words, ==, CHAPTERS * 600);
  open_store (self);
  text = bks_test_await_boxed (bks_book_store_read_text (self->store, "n7"));
  g_assert_cmpstr (text->text, ==, kept);
}

/* Without a backup what can be read is saved, and what is lost is counted. */
static void
test_repair_without_backup (Fixture       *self,
                            gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BksBookReport) report = NULL;
  g_autoptr(GPtrArray) nodes = NULL;
  guint whole = 0;

  close_store (self);
  damage (self->path);
  report = bks_book_check (self->book_dir, self->limits, &error);
  g_assert_no_error (error);
  g_assert_true (bks_book_repair (self->book_dir, report, NOW, self->limits, &error));
  g_assert_no_error (error);
  open_store (self);
  nodes = bks_test_await_boxed (bks_book_store_list_nodes (self->store));
  for (guint i = 0; i < nodes->len; i++)
    {
      g_autoptr(BksNodeText) text = NULL;

      text = bks_test_await_boxed (bks_book_store_read_text (self->store, bks_node_get_id (g_ptr_array_index (nodes, i))));
      whole += strlen (text->text) > 1000;
    }
  g_assert_cmpuint (whole, >, 0);
}

/* All of the file is rubbish: the newest backup is all there is, and it is taken. */
static void
test_repair_from_nothing (Fixture       *self,
                          gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BksBookReport) report = NULL;
  g_autoptr(BksBookReport) again = NULL;
  g_autofree char *rubbish = g_strnfill (50000, 'x');

  bks_backup_unref (back_up (self, NOW));
  close_store (self);
  g_assert_true (g_file_set_contents (self->path, rubbish, 50000, NULL));
  report = bks_book_check (self->book_dir, self->limits, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (report->problems->len, ==, 1);
  g_assert_true (bks_book_repair (self->book_dir, report, NOW, self->limits, &error));
  g_assert_no_error (error);
  again = bks_book_check (self->book_dir, self->limits, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->problems->len, ==, 0);
  g_assert_cmpint (again->words, ==, CHAPTERS * 600);
}

/* Nothing to repair from: the file stays as it is. */
static void
test_repair_fails (Fixture       *self,
                   gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BksBookReport) report = NULL;
  g_autofree char *rubbish = g_strnfill (50000, 'x');
  g_autofree char *after = NULL;

  close_store (self);
  g_assert_true (g_file_set_contents (self->path, rubbish, 50000, NULL));
  report = bks_book_check (self->book_dir, self->limits, &error);
  g_assert_no_error (error);
  g_assert_false (bks_book_repair (self->book_dir, report, NOW, self->limits, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_CORRUPT);
  after = fixture_read (self->path, NULL);
  g_assert_cmpstr (after, ==, rubbish);
}

static void
assert_refused (const char *dir,
                const char *service)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (bks_folder_check (dir, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, service));
  g_assert_nonnull (strstr (error->message, "instead"));
}

static void
test_sync_folders (Fixture       *self,
                   gconstpointer  data)
{
  static const struct { const char *marker, *service; } markers[] = {
    { ".dropbox.cache", "Dropbox" }, { ".stfolder", "Syncthing" }, { ".sync_a1b2c3.db", "Nextcloud" },
    { ".849C9593-D756-4E56-8D6E-42412F2A707B", "OneDrive" }, { ".tmp.drivedownload", "Google Drive" },
  };
  static const struct { const char *name, *service; } names[] = {
    { "Dropbox", "Dropbox" }, { "OneDrive - Company", "OneDrive" }, { "Nextcloud", "Nextcloud" },
    { "com~apple~CloudDocs", "iCloud" }, { "Google Drive", "Google Drive" },
  };
  g_autoptr(GError) error = NULL;

  g_assert_true (bks_folder_check (self->book_dir, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (markers); i++)
    {
      g_autofree char *path = g_build_filename (self->dir, markers[i].marker, NULL);

      g_assert_true (g_file_set_contents (path, "", -1, NULL));
      assert_refused (self->book_dir, markers[i].service);
      g_unlink (path);
    }
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *dir = g_build_filename (self->dir, names[i].name, "writing", NULL);

      g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
      assert_refused (dir, names[i].service);
    }
  g_assert_true (bks_folder_check (self->book_dir, &error));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(name, func) g_test_add ("/backup/" name, Fixture, NULL, setup, func, teardown)
  ADD ("make", test_make);
  ADD ("while-typing", test_while_typing);
  ADD ("broken-book", test_broken_book);
  ADD ("folder-fails", test_folder_fails);
  ADD ("shrunken-book", test_shrunken_book);
  ADD ("a-fifth", test_a_fifth);
  ADD ("generations", test_generations);
  ADD ("clock-set-back", test_clock_set_back);
  ADD ("parts", test_parts);
  ADD ("not-a-backup", test_not_a_backup);
  ADD ("check-and-repair", test_check_and_repair);
  ADD ("repair-without-backup", test_repair_without_backup);
  ADD ("repair-from-nothing", test_repair_from_nothing);
  ADD ("repair-fails", test_repair_fails);
  ADD ("sync-folders", test_sync_folders);
  g_test_add_func ("/backup/rotation-rule", test_rotation_rule);
  return g_test_run ();
}
