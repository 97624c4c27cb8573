/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "bks-backup.h"
#include "bks-book-history.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-limits.h"
#include "bks-repair.h"
#include "bks-revisions.h"
#include "bks-test-util.h"
#include "fault-vfs.h"
#include "store-fixture.h"

/*
 * A fixed piece of work, with a fault at its n-th write or sync, for every n.
 * Whatever happens: what was acknowledged is there, nothing is half there, the
 * file is sound and its revisions agree with the texts.
 */

#define NOW G_GINT64_CONSTANT (1790000000000)
#define ID "0190a000-0000-7000-8000-000000000001"
#define CHAPTERS 4

/* Seconds for each fault in the quick run. */
#define QUICK_SECONDS 4

typedef struct
{
  BksLimits   *limits;
  char        *dir;
  char        *book_dir;
  char        *path;
  BksDatabase *store;
  GPtrArray   *states; /* of the file after each step, the first before any */
} Fixture;

static void
setup (Fixture       *self,
       gconstpointer  data)
{
  self->limits = bks_limits_new ();
  self->dir = bks_test_dir_new ();
  self->book_dir = g_build_filename (self->dir, "books", ID, NULL);
  self->path = g_build_filename (self->book_dir, "book.db", NULL);
  self->states = g_ptr_array_new_with_free_func (g_free);
  g_assert_cmpint (g_mkdir_with_parents (self->book_dir, 0700), ==, 0);
}

static void
teardown (Fixture       *self,
          gconstpointer  data)
{
  g_ptr_array_unref (self->states);
  bks_limits_unref (self->limits);
  g_free (self->book_dir);
  g_free (self->path);
  bks_test_dir_remove (self->dir);
}

static char *
make_text (guint chapter,
           guint version)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < 900; i++)
    g_string_append_printf (text, "%u.%u.%u ", chapter, i, i % 50 == 0 ? version : 0);
  return g_string_free (text, FALSE);
}

static DexFuture *
write_text (Fixture *self,
            guint    chapter,
            guint    version)
{
  g_autofree char *id = g_strdup_printf ("n%u", chapter);
  g_autofree char *text = make_text (chapter, version);
  BksTextWrite *write = bks_text_write_new (id, text, 900);

  write->keep_cause = version % 2 == 0 ? BKS_KEEP_REPLACE : NULL;
  write->provenance = g_strdup ("0-20 pasted;");
  return bks_book_store_write_text (self->store, write, NOW + version);
}

static DexFuture *
fill (Fixture *self)
{
  g_autoptr(BksBook) book = g_object_new (BKS_TYPE_BOOK, "id", ID, "title", "The Mill", NULL);
  g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_new_node_free);

  for (guint i = 0; i < CHAPTERS; i++)
    {
      g_autofree char *id = g_strdup_printf ("n%u", i);
      g_autofree char *text = make_text (i, 0);

      g_ptr_array_add (nodes, bks_new_node_new (id, NULL, BKS_NODE_CHAPTER, id, text, 900));
    }
  return bks_book_store_fill (self->store, book, nodes, NOW);
}

#define STEPS 16

/* The work: an import, typing, another writer, every change of structure, a snapshot, undo, the trash. */
static DexFuture *
start_step (Fixture *self,
            guint    step)
{
  switch (step)
    {
    case 0: return fill (self);
    case 1: return write_text (self, 0, 1);
    case 2: return write_text (self, 0, 2);
    case 3: return bks_book_store_add_node (self->store, bks_new_node_new ("p", NULL, BKS_NODE_PART, "Part", "", 0), 0, NOW);
    case 4: return bks_book_store_move_node (self->store, "n1", "p", 0, NOW);
    case 5: return bks_book_store_add_snapshot (self->store, "s", "All", NULL, NOW);
    case 6: return write_text (self, 1, 4);
    case 7: return bks_book_store_rename_node (self->store, "n2", "Renamed", NOW);
    case 8: return bks_book_store_trash_node (self->store, "p", TRUE, NOW);
    case 9: return bks_book_store_undo (self->store, NOW);
    case 10: return write_text (self, 1, 6);
    case 11: return bks_book_store_trash_node (self->store, "n3", TRUE, NOW);
    case 12: return bks_book_store_empty_trash (self->store, NOW);
    case 13: return bks_book_store_set_details (self->store, "Ebb", "A", "en", TRUE, NOW);
    case 14: return write_text (self, 0, 8);
    case 15: return bks_book_store_undo (self->store, NOW);
    default: g_assert_not_reached ();
    }
}

/* Everything that a person would miss. */
static char *
describe (Fixture *self)
{
  if (!g_file_test (self->path, G_FILE_TEST_EXISTS))
    return g_strdup ("-");
  return fixture_sql (self->path,
                      "SELECT (SELECT coalesce (group_concat (title || author || local_only), '-') FROM book) || char (10) ||"
                      " (SELECT coalesce (group_concat (id || coalesce (parent_id, '') || position || title ||"
                      "   coalesce (trashed_at, 0)), '-') FROM (SELECT * FROM nodes ORDER BY id)) || char (10) ||"
                      " (SELECT coalesce (group_concat (node_id || revision || provenance || text), '-')"
                      "   FROM (SELECT * FROM texts ORDER BY node_id)) || char (10) ||"
                      " (SELECT coalesce (group_concat (node_id || number || cause || hex (sha256)), '-')"
                      "   FROM (SELECT * FROM revisions ORDER BY node_id, number)) || char (10) ||"
                      " (SELECT coalesce (group_concat (seq || kind || undone), '-') FROM (SELECT * FROM commands ORDER BY seq))"
                      " || char (10) || (SELECT count (*) FROM snapshot_items) || ' ' || (SELECT count (*) FROM events)");
}

static gboolean
open_store (Fixture *self)
{
  DexFuture *future = bks_book_store_open (self->path, TRUE, self->limits);
  const GValue *value;

  value = bks_test_await (dex_ref (future), NULL);
  self->store = value != NULL ? g_value_dup_object (value) : NULL;
  dex_unref (future);
  return self->store != NULL;
}

static void
close_store (Fixture *self)
{
  if (self->store == NULL)
    return;
  bks_test_await_ok (bks_database_close (self->store));
  g_clear_object (&self->store);
}

static void
remove_files (Fixture *self)
{
  static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *path = g_strconcat (self->path, suffixes[i], NULL);

      g_unlink (path);
    }
}

static gboolean
run_step (Fixture *self,
          guint    step)
{
  DexFuture *future = start_step (self, step);
  gboolean ok = bks_test_await (dex_ref (future), NULL) != NULL;

  dex_unref (future);
  return ok;
}

/* Once without a fault: what the file is like after each step. Returns how many writes and syncs there are. */
static guint
rehearse (Fixture *self)
{
  guint count = 0;

  g_assert_true (open_store (self));
  g_ptr_array_add (self->states, describe (self));
  for (guint i = 0; i < STEPS; i++)
    {
      g_assert_true (run_step (self, i));
      g_ptr_array_add (self->states, describe (self));
    }
  close_store (self);
  /* Counted without anybody who looks in between. */
  remove_files (self);
  fault_vfs_arm (FAULT_NONE, 0);
  g_assert_true (open_store (self));
  for (guint i = 0; i < STEPS; i++)
    g_assert_true (run_step (self, i));
  close_store (self);
  count = fault_vfs_disarm ();
  remove_files (self);
  return count;
}

static void
assert_sound (Fixture *self)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BksBookReport) report = bks_book_check (self->book_dir, self->limits, &error);

  g_assert_no_error (error);
  /* Before the first step there is a file, but no book in it. */
  if (report->problems->len > 0 && fixture_sql_int (self->path, "SELECT count(*) FROM book") > 0)
    g_error ("%s", (char *) g_ptr_array_index (report->problems, 0));
}

/* The state of the file has to be that after the last step that was acknowledged, or after the one on its way. */
static void
assert_nothing_lost (Fixture *self,
                     guint    acknowledged,
                     Fault    fault,
                     guint    n)
{
  g_autofree char *now = describe (self);
  gboolean last = g_strcmp0 (now, g_ptr_array_index (self->states, acknowledged)) == 0;
  gboolean next = acknowledged < STEPS && g_strcmp0 (now, g_ptr_array_index (self->states, acknowledged + 1)) == 0;

  if (!last && !next)
    g_error ("fault %d at operation %u: %u steps were acknowledged, and the file is in neither state", fault, n, acknowledged);
}

/* The machine stops: all that comes after fails, until it is started again. */
static void
stop_at (Fixture *self,
         Fault    fault,
         guint    n)
{
  guint acknowledged = 0;

  fault_vfs_arm (fault, n);
  if (open_store (self))
    while (acknowledged < STEPS && run_step (self, acknowledged))
      acknowledged++;
  g_assert_true (fault_vfs_struck () || acknowledged == STEPS);
  close_store (self);
  fault_vfs_disarm ();

  g_assert_true (open_store (self));
  assert_nothing_lost (self, acknowledged, fault, n);
  assert_sound (self);
  /* And it can be written to. */
  while (acknowledged > 0 && acknowledged < STEPS && !run_step (self, acknowledged))
    acknowledged++;
  close_store (self);
  remove_files (self);
}

/* One operation fails, or the disk is full until somebody makes room: the program goes on, and so does the work. */
static void
fail_at (Fixture *self,
         Fault    fault,
         guint    n)
{
  fault_vfs_arm (fault, n);
  if (!open_store (self))
    {
      fault_vfs_disarm ();
      g_assert_true (open_store (self));
    }
  for (guint i = 0; i < STEPS; i++)
    {
      g_autofree char *after = NULL;

      if (run_step (self, i))
        continue;
      g_assert_true (fault_vfs_struck ());
      /* A step that was refused has left nothing behind. */
      if (fault == FAULT_FULL)
        fault_vfs_disarm ();
      after = describe (self);
      g_assert_cmpstr (after, ==, g_ptr_array_index (self->states, i));
      g_assert_true (run_step (self, i));
    }
  fault_vfs_disarm ();
  {
    g_autofree char *end = describe (self);

    g_assert_cmpstr (end, ==, g_ptr_array_index (self->states, STEPS));
  }
  assert_sound (self);
  close_store (self);
  remove_files (self);
}

/* Every n where there is time for all; otherwise some, spread over the whole, another lot each time. */
static void
run_all (Fixture *self,
         Fault    fault,
         void (*run) (Fixture *self, Fault fault, guint n))
{
  guint count = rehearse (self);
  gboolean all = g_getenv ("BKS_TEST_LONG") != NULL;
  guint stride = all ? 1 : 7, offset = all ? 0 : (guint) g_test_rand_int_range (0, 7);
  gint64 end = g_get_monotonic_time () + QUICK_SECONDS * G_USEC_PER_SEC;
  guint runs = 0;

  for (guint n = 1 + offset; n <= count && (all || g_get_monotonic_time () < end); n += stride, runs++)
    run (self, fault, n);
  g_test_message ("%u of %u writes and syncs", runs, count);
  g_assert_cmpuint (count, >, 100);
  g_assert_cmpuint (runs, >, 0);
}

static void
test_stop (Fixture       *self,
           gconstpointer  data)
{
  run_all (self, (Fault) GPOINTER_TO_INT (data), stop_at);
}

static void
test_fail (Fixture       *self,
           gconstpointer  data)
{
  run_all (self, (Fault) GPOINTER_TO_INT (data), fail_at);
}

/* The copy fails at its n-th write or sync: no good one is lost, none that is not whole appears. */
static void
test_backup (Fixture       *self,
             gconstpointer  data)
{
  g_autofree char *folder = bks_backup_get_folder (self->book_dir);
  guint count;

  g_assert_true (open_store (self));
  for (guint i = 0; i < STEPS; i++)
    g_assert_true (run_step (self, i));
  for (guint i = 0; i < 5; i++)
    bks_backup_unref (bks_backup_make (self->book_dir, FALSE, NOW + i, self->limits, NULL));
  fault_vfs_arm (FAULT_NONE, 0);
  bks_backup_unref (bks_backup_make (self->book_dir, FALSE, NOW + 5, self->limits, NULL));
  count = fault_vfs_disarm ();
  g_assert_cmpuint (count, >, 10);
  for (guint n = 1; n <= count; n++)
    for (Fault fault = FAULT_EIO; fault < N_FAULTS; fault++)
      {
        g_autoptr(GError) error = NULL;
        g_autoptr(BksBackup) backup = NULL;
        g_autoptr(GPtrArray) left = NULL;

        fault_vfs_arm (fault, n);
        backup = bks_backup_make (self->book_dir, FALSE, NOW + 10 * n, self->limits, &error);
        fault_vfs_disarm ();
        g_assert_true ((backup != NULL) != (error != NULL));
        left = bks_backup_list (folder);
        g_assert_cmpuint (left->len, ==, 5);
        for (guint i = 0; i < left->len; i++)
          {
            const BksBackup *one = g_ptr_array_index (left, i);
            g_autofree char *verdict = fixture_sql (one->path, "PRAGMA integrity_check");

            g_assert_cmpstr (verdict, ==, "ok");
            g_assert_cmpint (one->words, ==, 3 * 900);
          }
      }
  close_store (self);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
  fault_vfs_install ();
#define ADD(name, fault, func) g_test_add ("/faults/" name, Fixture, GINT_TO_POINTER (fault), setup, func, teardown)
  ADD ("torn-write", FAULT_TORN, test_stop);
  ADD ("power-loss", FAULT_POWER_LOSS, test_stop);
  ADD ("eio", FAULT_EIO, test_fail);
  ADD ("enospc", FAULT_ENOSPC, test_fail);
  ADD ("disk-full", FAULT_FULL, test_fail);
  ADD ("backup", FAULT_NONE, test_backup);
  return g_test_run ();
}
