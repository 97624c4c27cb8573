/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "bks-async.h"
#include "bks-backup.h"
#include "bks-book-store.h"
#include "bks-limits.h"
#include "bks-revisions.h"
#include "bks-test-util.h"

/*
 * The store's speed, beside SQLite's own bare cost of the same work in the same
 * run. Texts are six novels by Jane Austen, repeated where a book has
 * to be longer than they are.
 */

#define NOW G_GINT64_CONSTANT (1790000000000)
#define ID "0190a000-0000-7000-8000-000000000001"
#define SCENE_WORDS 1500
#define MILLION 1000000

static BksLimits *limits;

/* ---- measuring ---- */

static int
compare_times (gconstpointer a,
               gconstpointer b)
{
  gint64 first = *(const gint64 *) a, second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

static double
get_ms (GArray *times,
        double  quantile)
{
  guint index = MIN ((guint) (quantile * times->len), times->len - 1);

  g_array_sort (times, compare_times);
  return (double) g_array_index (times, gint64, index) / 1000;
}

static void
add_time (GArray *times,
          gint64  since)
{
  gint64 time = g_get_monotonic_time () - since;

  g_array_append_val (times, time);
}

static void
report (const char *what,
        const char *unit,
        double      ours,
        double      bare,
        double      limit)
{
  printf ("%-58s %9.2f %-3s  bare %9.2f %-3s  limit %7.2f  %s\n", what, ours, unit, bare, unit, limit,
          ours <= limit ? "met" : "MISSED");
}

/* ---- texts ---- */

static void
read_novels (const char *dir_name,
             GPtrArray  *novels)
{
  g_autoptr(GDir) dir = g_dir_open (dir_name, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir_name, name, NULL);
      char *text;

      if (g_str_has_suffix (name, ".txt") && g_file_get_contents (path, &text, NULL, NULL))
        g_ptr_array_add (novels, text);
    }
}

/* Scenes of 1,500 words of the novels, in their order, until there are enough words. */
static GPtrArray *
make_scenes (gint64 words)
{
  g_auto(GStrv) dirs = g_strsplit (g_getenv ("BKS_BENCH_TEXTS"), ":", -1);
  g_autoptr(GPtrArray) novels = g_ptr_array_new_with_free_func (g_free);
  GPtrArray *scenes = g_ptr_array_new_with_free_func (g_free);
  gint64 made = 0;

  for (guint i = 0; dirs[i] != NULL; i++)
    read_novels (dirs[i], novels);
  g_assert_cmpuint (novels->len, >, 0);
  for (guint i = 0; made < words; i = (i + 1) % novels->len)
    {
      const char *at = g_ptr_array_index (novels, i);

      while (*at != '\0' && made < words)
        {
          const char *from = at;

          for (guint n = 0; *at != '\0' && n < SCENE_WORDS; n++)
            {
              at += strcspn (at, " \n");
              at += strspn (at, " \n");
            }
          g_ptr_array_add (scenes, g_strndup (from, (gsize) (at - from)));
          made += SCENE_WORDS;
        }
    }
  return scenes;
}

static char *
make_book (const char *dir,
           gint64      words)
{
  char *book_dir = g_build_filename (dir, "books", ID, NULL);
  g_autofree char *path = g_build_filename (book_dir, "book.db", NULL);
  g_autoptr(BksBook) book = g_object_new (BKS_TYPE_BOOK, "id", ID, "title", "Benchmark", NULL);
  g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_new_node_free);
  g_autoptr(GPtrArray) scenes = make_scenes (words);
  g_autoptr(BksDatabase) store = NULL;

  g_assert_cmpint (g_mkdir_with_parents (book_dir, 0700), ==, 0);
  store = bks_test_await_object (bks_book_store_open (path, TRUE, limits));
  for (guint i = 0; i < scenes->len; i++)
    {
      g_autofree char *id = g_strdup_printf ("0190a000-0000-7000-8000-%012u", i);

      g_ptr_array_add (nodes, bks_new_node_new (id, NULL, BKS_NODE_SCENE, "Scene", g_ptr_array_index (scenes, i), SCENE_WORDS));
    }
  bks_test_await_ok (bks_book_store_fill (store, book, nodes, NOW));
  bks_test_await_ok (bks_database_close (store));
  return book_dir;
}

static char *
get_path (const char *book_dir)
{
  return g_build_filename (book_dir, "book.db", NULL);
}

/* ---- opening ---- */

static void
run_bare (sqlite3    *handle,
          const char *sql)
{
  char *message = NULL;

  if (sqlite3_exec (handle, sql, NULL, NULL, &message) != SQLITE_OK)
    g_error ("%s: %s", sql, message);
}

static void
step_all (sqlite3    *handle,
          const char *sql)
{
  sqlite3_stmt *statement;

  g_assert_cmpint (sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL), ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    for (int i = 0; i < sqlite3_column_count (statement); i++)
      sqlite3_column_text (statement, i);
  sqlite3_finalize (statement);
}

static sqlite3 *
open_bare (const char *path)
{
  sqlite3 *handle;

  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  run_bare (handle, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
  return handle;
}

/* What a window does before it shows a book: opens it for writing, reads the book and its binder. */
static void
bench_open (const char *dir)
{
  g_autofree char *book_dir = make_book (dir, MILLION);
  g_autofree char *path = get_path (book_dir);
  g_autoptr(GArray) ours = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr(GArray) bare = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < 200; i++)
    {
      gint64 start = g_get_monotonic_time ();
      g_autoptr(BksDatabase) store = bks_test_await_object (bks_book_store_open (path, TRUE, limits));
      g_autoptr(BksBook) book = bks_test_await_object (bks_book_store_get_book (store));
      g_autoptr(GPtrArray) nodes = bks_test_await_boxed (bks_book_store_list_nodes (store));
      sqlite3 *handle;

      add_time (ours, start);
      g_assert_cmpint (bks_book_get_words (book), >=, MILLION);
      bks_test_await_ok (bks_database_close (store));

      start = g_get_monotonic_time ();
      handle = open_bare (path);
      step_all (handle, "SELECT title FROM book");
      step_all (handle, "SELECT n.id, n.parent_id, n.kind, n.title, t.words, t.revision FROM nodes n"
                        " JOIN texts t ON t.node_id = n.id ORDER BY n.position");
      add_time (bare, start);
      sqlite3_close (handle);
    }
  report ("Open a book of 1,000,000 words, p95", "ms", get_ms (ours, 0.95), get_ms (bare, 0.95), 20);
  printf ("%-58s %9.2f ms   bare %9.2f ms\n", "  median", get_ms (ours, 0.5), get_ms (bare, 0.5));
}

/* ---- an autosave ---- */

static gint64 longest_stall;
static gint64 last_turn;

static gboolean
turn_cb (gpointer data)
{
  gint64 now = g_get_monotonic_time ();

  longest_stall = MAX (longest_stall, now - last_turn);
  last_turn = now;
  return G_SOURCE_CONTINUE;
}

static void
bench_commit (const char *dir)
{
  g_autofree char *book_dir = g_build_filename (dir, "books", ID, NULL);
  g_autofree char *path = get_path (book_dir);
  g_autofree char *bare_path = g_build_filename (dir, "bare.db", NULL);
  g_autoptr(GPtrArray) scenes = make_scenes (500 * SCENE_WORDS);
  g_autoptr(GArray) ours = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr(GArray) bare = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr(BksDatabase) store = bks_test_await_object (bks_book_store_open (path, TRUE, limits));
  sqlite3 *handle = open_bare (bare_path);
  sqlite3_stmt *statement;
  guint turns;

  run_bare (handle, "CREATE TABLE texts (node_id TEXT PRIMARY KEY, text TEXT NOT NULL)");
  g_assert_cmpint (sqlite3_prepare_v2 (handle, "INSERT OR REPLACE INTO texts VALUES (?, ?)", -1, &statement, NULL), ==, SQLITE_OK);
  last_turn = g_get_monotonic_time ();
  turns = g_timeout_add_full (G_PRIORITY_HIGH, 1, turn_cb, NULL, NULL);
  for (guint i = 0; i < 2000; i++)
    {
      const char *text = g_ptr_array_index (scenes, i % scenes->len);
      g_autofree char *id = g_strdup_printf ("0190a000-0000-7000-8000-%012u", i % 500);
      BksTextWrite *write = bks_text_write_new (id, text, SCENE_WORDS);
      gint64 start = g_get_monotonic_time ();

      write->changed_words = 30;
      write->keep_after_ms = limits->revision_ms;
      write->keep_after_words = limits->revision_words;
      bks_test_await_int64 (bks_book_store_write_text (store, write, NOW + i * 1000));
      add_time (ours, start);

      start = g_get_monotonic_time ();
      sqlite3_bind_text (statement, 1, id, -1, SQLITE_STATIC);
      sqlite3_bind_text (statement, 2, text, -1, SQLITE_STATIC);
      g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_DONE);
      sqlite3_reset (statement);
      add_time (bare, start);
      last_turn = g_get_monotonic_time (); /* the bare one is on this thread */
    }
  g_source_remove (turns);
  sqlite3_finalize (statement);
  sqlite3_close (handle);
  bks_test_await_ok (bks_database_close (store));
  report ("Save a scene of 1,500 words, with what history needs, p99", "ms", get_ms (ours, 0.99), get_ms (bare, 0.99), 20);
  printf ("%-58s %9.2f ms   bare %9.2f ms\n", "  median", get_ms (ours, 0.5), get_ms (bare, 0.5));
  printf ("%-58s %9.2f ms\n", "  longest turn of the main loop meanwhile", (double) longest_stall / 1000);
}

/* ---- revisions ---- */

/* Some twenty bytes, whole characters. */
static void
erase (GString *text,
       gsize    at)
{
  gsize end = MIN (at + 20, text->len);

  while (end < text->len && ((guchar) text->str[end] & 0xc0) == 0x80)
    end++;
  g_string_erase (text, (gssize) at, (gssize) (end - at));
}

/* Somebody works on it: a few words put in, a few taken away. */
static void
work_on (GString *text,
         GRand   *rand)
{
  static const char *const words[] = { "however ", "and yet ", "the whole ", "of course ", "never ", "in the evening " };

  for (gint32 n = g_rand_int_range (rand, 2, 12); n > 0; n--)
    {
      gsize at = (gsize) g_rand_int_range (rand, 0, (gint32) text->len);

      while (at < text->len && text->str[at] != ' ')
        at++;
      if (g_rand_int_range (rand, 0, 3) == 0)
        erase (text, at);
      else
        g_string_insert (text, (gssize) at, words[g_rand_int_range (rand, 0, G_N_ELEMENTS (words))]);
    }
}

static void
bench_revisions (const char *dir)
{
  g_autofree char *sub = g_build_filename (dir, "revisions", NULL);
  g_autofree char *book_dir = make_book (sub, 156000);
  g_autofree char *path = get_path (book_dir);
  g_autoptr(GPtrArray) scenes = make_scenes (156000);
  g_autoptr(GRand) rand = g_rand_new_with_seed (42);
  g_autoptr(BksDatabase) store = bks_test_await_object (bks_book_store_open (path, TRUE, limits));
  gint64 raw = 0, single = 0, start = g_get_monotonic_time ();
  GStatBuf before, after;
  sqlite3 *handle;

  g_assert_cmpint (g_stat (path, &before), ==, 0);
  for (guint i = 0; i < 6000; i++)
    {
      guint n = i % scenes->len;
      g_autofree char *id = g_strdup_printf ("0190a000-0000-7000-8000-%012u", n);
      g_autoptr(GString) text = g_string_new (g_ptr_array_index (scenes, n));
      g_autofree guint8 *packed = g_malloc (ZSTD_compressBound (text->len + 1000));
      BksTextWrite *write;

      work_on (text, rand);
      raw += (gint64) text->len;
      single += (gint64) ZSTD_compress (packed, ZSTD_compressBound (text->len), text->str, text->len, 12);
      write = bks_text_write_new (id, text->str, SCENE_WORDS);
      write->keep_cause = BKS_KEEP_TYPING;
      bks_test_await_int64 (bks_book_store_write_text (store, write, NOW + i * 60000));
      g_free (scenes->pdata[n]);
      scenes->pdata[n] = g_string_free (g_steal_pointer (&text), FALSE);
    }
  bks_test_await_ok (bks_database_close (store));
  handle = open_bare (path);
  run_bare (handle, "PRAGMA wal_checkpoint(TRUNCATE)");
  sqlite3_close (handle);
  g_assert_cmpint (g_stat (path, &after), ==, 0);
  report ("6,000 revisions of a novel of 156,000 words", "MB", (double) (after.st_size - before.st_size) / 1e6,
          (double) single / 1e6, 5);
  printf ("%-58s %9.2f MB  (bare: each packed for itself)\n", "  as they are", (double) raw / 1e6);
  printf ("%-58s %9.2f s\n", "  time for all of them", (double) (g_get_monotonic_time () - start) / 1e6);
}

/* ---- backup ---- */

typedef struct
{
  char      *book_dir;
  gint64     copy_us;
  GArray    *ours;
  GArray    *bare;
} Copying;

/* SQLite's backup and nothing else. */
static void
copy_bare (const char *from,
           const char *to)
{
  sqlite3 *source, *destination;
  sqlite3_backup *backup;

  g_unlink (to);
  g_assert_cmpint (sqlite3_open_v2 (from, &source, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_open (to, &destination), ==, SQLITE_OK);
  run_bare (destination, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF");
  backup = sqlite3_backup_init (destination, "main", source, "main");
  g_assert_cmpint (sqlite3_backup_step (backup, -1), ==, SQLITE_DONE);
  sqlite3_backup_finish (backup);
  sqlite3_close (destination);
  sqlite3_close (source);
}

static gboolean
copy_thread (GValue        *result,
             GCancellable  *cancellable,
             gpointer       data,
             GError       **error)
{
  Copying *copying = data;
  g_autofree char *path = get_path (copying->book_dir);
  g_autofree char *bare = g_build_filename (copying->book_dir, "bare-copy.db", NULL);
  g_autofree char *whole = g_build_filename (copying->book_dir, "copy.db", NULL);

  for (guint i = 0; i < 7; i++)
    {
      gint64 start = g_get_monotonic_time ();

      copy_bare (path, bare);
      add_time (copying->bare, start);
      start = g_get_monotonic_time ();
      if (!bks_backup_copy (path, whole, limits, error))
        return FALSE;
      add_time (copying->ours, start);
    }
  return TRUE;
}

static gboolean
is_over (gpointer data)
{
  return !dex_future_is_pending (data);
}

static void
bench_backup (const char *dir)
{
  g_autofree char *sub = g_build_filename (dir, "backup", NULL);
  g_autofree char *book_dir = make_book (sub, 10 * MILLION);
  g_autofree char *path = get_path (book_dir);
  g_autoptr(BksDatabase) store = bks_test_await_object (bks_book_store_open (path, TRUE, limits));
  g_autoptr(GArray) ours = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr(GArray) bare = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr(GArray) saves = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr(GPtrArray) scenes = make_scenes (100 * SCENE_WORDS);
  Copying copying = { .book_dir = book_dir, .ours = ours, .bare = bare };
  g_autoptr(DexFuture) copied = bks_run_in_thread (NULL, copy_thread, &copying, NULL);
  guint i = 0;

  /* Typing goes on: an autosave ten times a second. */
  while (!is_over (copied))
    {
      g_autofree char *id = g_strdup_printf ("0190a000-0000-7000-8000-%012u", i % 100);
      gint64 start = g_get_monotonic_time ();

      bks_test_await_int64 (bks_book_store_write_text (store, bks_text_write_new (id, g_ptr_array_index (scenes, i++ % scenes->len),
                                                                                SCENE_WORDS),
                                                       NOW));
      add_time (saves, start);
      bks_test_spin (100);
    }
  bks_test_await_ok (dex_ref (copied));
  bks_test_await_ok (bks_database_close (store));
  report ("Verified copy of 10,000,000 words while typing, slowest", "ms", get_ms (ours, 1), get_ms (bare, 1), 1000);
  printf ("%-58s %9.2f ms\n", "  an autosave meanwhile, p99", get_ms (saves, 0.99));
}

int
main (int   argc,
      char *argv[])
{
  char *dir = bks_test_dir_new ();

  dex_init ();
  limits = bks_limits_new ();
  printf ("SQLite %s, Zstandard %s\n", sqlite3_libversion (), ZSTD_versionString ());
  bench_open (dir);
  bench_commit (dir);
  bench_revisions (dir);
  bench_backup (dir);
  bks_limits_unref (limits);
  bks_test_dir_remove (dir);
  return 0;
}
