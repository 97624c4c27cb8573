/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-book-events.h"
#include "bks-book-history.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-limits.h"
#include "bks-repair.h"
#include "bks-retention.h"
#include "bks-revisions.h"
#include "bks-test-util.h"
#include "store-fixture.h"

#define NOW G_GINT64_CONSTANT (1790000000000)
#define MINUTE G_GINT64_CONSTANT (60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

typedef struct
{
  BksLimits   *limits;
  char        *dir;
  char        *path;
  BksDatabase *store;
  gint64       now;
} Fixture;

static void
open_store (Fixture *self)
{
  self->store = bks_test_await_object (bks_book_store_open (self->path, TRUE, self->limits));
}

static void
setup (Fixture       *self,
       gconstpointer  data)
{
  static const char *const parents[][2] = { { "p", NULL }, { "a", "p" }, { "b", "p" }, { "c", "p" }, { "q", NULL } };
  g_autoptr(BksBook) book = g_object_new (BKS_TYPE_BOOK, "id", "book", "title", "T", NULL);
  g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_new_node_free);

  self->limits = bks_limits_new ();
  self->dir = bks_test_dir_new ();
  self->path = g_build_filename (self->dir, "book.db", NULL);
  self->now = NOW;
  open_store (self);
  for (guint i = 0; i < G_N_ELEMENTS (parents); i++)
    g_ptr_array_add (nodes, bks_new_node_new (parents[i][0], parents[i][1], BKS_NODE_CHAPTER, parents[i][0], "begun", 1));
  bks_test_await_ok (bks_book_store_fill (self->store, book, nodes, self->now));
}

static void
teardown (Fixture       *self,
          gconstpointer  data)
{
  fixture_close (self->store);
  bks_limits_unref (self->limits);
  g_free (self->path);
  bks_test_dir_remove (self->dir);
}

static void
restart (Fixture *self)
{
  fixture_close (self->store);
  open_store (self);
}

static gint64
count_words (const char *text)
{
  g_auto(GStrv) words = g_strsplit (text, " ", -1);

  return g_strv_length (words);
}

/* As an autosave does it, with the shipped cadence. */
static void
save (Fixture    *self,
      const char *node,
      const char *text,
      gint64      changed)
{
  BksTextWrite *write = bks_text_write_new (node, text, count_words (text));

  write->changed_words = changed;
  write->keep_after_ms = self->limits->revision_ms;
  write->keep_after_words = self->limits->revision_words;
  bks_test_await_int64 (bks_book_store_write_text (self->store, write, self->now));
}

static GPtrArray *
list (Fixture    *self,
      const char *node)
{
  return bks_test_await_boxed (bks_book_store_list_revisions (self->store, node));
}

static void
assert_sound (Fixture *self)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BksBookReport) report = bks_book_check (self->dir, self->limits, &error);

  g_assert_no_error (error);
  if (report->problems->len > 0)
    g_error ("%s", (char *) g_ptr_array_index (report->problems, 0));
}

static void
assert_revision (Fixture    *self,
                 const char *node,
                 gint64      number,
                 const char *expected)
{
  g_autoptr(BksRevision) revision = bks_test_await_boxed (bks_book_store_read_revision (self->store, node, number));

  g_assert_cmpstr (revision->text, ==, expected);
  g_assert_cmpint (revision->bytes, ==, (gint64) strlen (expected));
}

/* One in ten minutes, however often it is saved; and the first text of all. */
static void
test_cadence_by_time (Fixture       *self,
                      gconstpointer  data)
{
  g_autoptr(GPtrArray) revisions = NULL;

  for (guint i = 0; i < 61; i++)
    {
      g_autofree char *text = g_strdup_printf ("begun word%u", i);

      self->now += MINUTE;
      save (self, "a", text, 1);
    }
  revisions = list (self, "a");
  g_assert_cmpuint (revisions->len, ==, 7);
  assert_revision (self, "a", 1, "begun");
  assert_revision (self, "a", 11, "begun word9");
  assert_sound (self);
}

/* Or once 200 words have changed. What a large deletion takes away is kept, even a minute after the last. */
static void
test_cadence_by_words (Fixture       *self,
                       gconstpointer  data)
{
  g_autoptr(GPtrArray) before = NULL;
  g_autoptr(GPtrArray) after = NULL;

  save (self, "a", "first page", 1);
  save (self, "a", "first page long", 150);
  before = list (self, "a");
  g_assert_cmpuint (before->len, ==, 1);
  save (self, "a", "", 5000);
  after = list (self, "a");
  g_assert_cmpuint (after->len, ==, 2);
  assert_revision (self, "a", 3, "first page long");
  assert_sound (self);
}

static void
test_before_another_writer (Fixture       *self,
                            gconstpointer  data)
{
  BksTextWrite *write;
  g_autoptr(GPtrArray) revisions = NULL;

  save (self, "a", "one", 1);
  save (self, "a", "two", 1);
  write = bks_text_write_new ("a", "theirs", 1);
  write->keep_cause = BKS_KEEP_REPLACE;
  write->provenance = g_strdup ("0-6 pasted;");
  bks_test_await_int64 (bks_book_store_write_text (self->store, write, self->now));
  revisions = list (self, "a");
  g_assert_cmpuint (revisions->len, ==, 2);
  g_assert_cmpstr (((BksRevision *) g_ptr_array_index (revisions, 0))->cause, ==, BKS_KEEP_REPLACE);
  assert_revision (self, "a", 3, "two");
}

/* Provenance is part of a revision. */
static void
test_provenance_is_kept (Fixture       *self,
                         gconstpointer  data)
{
  BksTextWrite *write = bks_text_write_new ("a", "pasted words", 2);
  g_autoptr(BksRevision) revision = NULL;
  g_autoptr(BksNodeText) text = NULL;

  write->provenance = g_strdup ("0-6 pasted;");
  bks_test_await_int64 (bks_book_store_write_text (self->store, write, self->now));
  text = bks_test_await_boxed (bks_book_store_read_text (self->store, "a"));
  g_assert_cmpstr (text->provenance, ==, "0-6 pasted;");
  bks_test_await_ok (bks_book_store_keep_revision (self->store, "a", BKS_KEEP_ASKED, self->now));
  save (self, "a", "other", 1);
  revision = bks_test_await_boxed (bks_book_store_read_revision (self->store, "a", 2));
  g_assert_cmpstr (revision->provenance, ==, "0-6 pasted;");
}

/* What is asked for twice is kept once. */
static void
test_same_text_once (Fixture       *self,
                     gconstpointer  data)
{
  g_autoptr(GPtrArray) revisions = NULL;

  for (guint i = 0; i < 3; i++)
    bks_test_await_ok (bks_book_store_keep_revision (self->store, "a", BKS_KEEP_ASKED, self->now));
  revisions = list (self, "a");
  g_assert_cmpuint (revisions->len, ==, 1);
  bks_test_await_error (bks_book_store_keep_revision (self->store, "none", BKS_KEEP_ASKED, self->now), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_book_store_read_revision (self->store, "a", 99), BKS_ERROR_NOT_FOUND);
}

/* Every twentieth is a whole copy; the others are small. */
static void
test_chain (Fixture       *self,
            gconstpointer  data)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GPtrArray) revisions = NULL;

  for (guint i = 0; i < 1500; i++)
    g_string_append_printf (text, "word%u ", i * 7919 % 10007);
  for (guint i = 0; i < 65; i++)
    {
      g_string_append_printf (text, "more%u ", i);
      self->now += HOUR;
      save (self, "a", text->str, 1);
    }
  revisions = list (self, "a");
  g_assert_cmpuint (revisions->len, ==, 65);
  g_assert_cmpint (fixture_sql_int (self->path, "SELECT count(*) FROM revisions WHERE base_id IS NULL"), ==, 4);
  g_assert_cmpint (fixture_sql_int (self->path, "SELECT max (depth) FROM revisions"), ==, BKS_REVISION_CHAIN - 1);
  g_assert_cmpint (fixture_sql_int (self->path, "SELECT max (length (content)) FROM revisions WHERE base_id IS NOT NULL AND number > 2"),
                   <, 200);
  assert_sound (self);
}

/* A year of work, thinned as time goes on: every text that stays is what it was. */
static void
test_thinning (Fixture       *self,
               gconstpointer  data)
{
  g_autoptr(GHashTable) texts = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  g_autoptr(GPtrArray) revisions = NULL;

  for (guint i = 0; i < 1200; i++)
    {
      g_autofree char *text = g_strdup_printf ("text %u of many", i);
      gint64 number = 2 * i + 3;

      self->now += i % 40 == 0 ? 12 * DAY : 15 * MINUTE;
      save (self, "a", "x", 1);
      if (i == 300)
        bks_test_await_ok (bks_book_store_add_snapshot (self->store, "s", "Kept", "a", self->now));
      save (self, "a", text, 1);
      g_hash_table_insert (texts, g_memdup2 (&number, sizeof number), g_steal_pointer (&text));
    }
  revisions = list (self, "a");
  g_assert_cmpuint (revisions->len, >, 40);
  g_assert_cmpuint (revisions->len, <, 700);
  for (guint i = 0; i < revisions->len; i++)
    {
      const BksRevision *revision = g_ptr_array_index (revisions, i);
      const char *expected = g_hash_table_lookup (texts, &revision->number);

      if (expected != NULL)
        assert_revision (self, "a", revision->number, expected);
    }
  g_assert_cmpint (fixture_sql_int (self->path, "SELECT count(*) FROM snapshot_items"), ==, 1);
  assert_sound (self);
}

/* The rule itself, on many times: all of a week, hourly, daily, weekly. */
static void
test_retention (void)
{
  enum { N = 20000 };
  g_autofree gint64 *times = g_new (gint64, N);
  g_autofree gboolean *named = g_new0 (gboolean, N);
  g_autofree gboolean *keep = g_new0 (gboolean, N);
  guint by_age[4] = { 0 };

  for (guint i = 0; i < N; i++)
    times[i] = NOW - (gint64) i * 40 * MINUTE;
  named[N - 5] = TRUE;
  bks_retention_thin_revisions (times, named, N, NOW, keep);
  for (guint i = 0; i < N; i++)
    {
      gint64 age = NOW - times[i];

      by_age[age < 7 * DAY ? 0 : age < 30 * DAY ? 1 : age < 365 * DAY ? 2 : 3] += keep[i];
    }
  g_assert_cmpuint (by_age[0], ==, 7 * 24 * 60 / 40);
  g_assert_cmpuint (by_age[1], >=, 23 * 24);
  g_assert_cmpuint (by_age[1], <=, 23 * 24 + 1);
  g_assert_cmpuint (by_age[2], >=, 335);
  g_assert_cmpuint (by_age[2], <=, 336);
  g_assert_cmpuint (by_age[3], <=, (20000 * 40 / 60 / 24 - 365) / 7 + 3);
  g_assert_true (keep[N - 5]);
}

static void
test_snapshots (Fixture       *self,
                gconstpointer  data)
{
  g_autoptr(GPtrArray) snapshots = NULL;
  g_autoptr(GPtrArray) items = NULL;
  const BksSnapshot *snapshot;

  save (self, "a", "draft one", 2);
  bks_test_await_ok (bks_book_store_add_snapshot (self->store, "s1", "First", "p", self->now));
  bks_test_await_ok (bks_book_store_add_snapshot (self->store, "s2", "All", NULL, self->now + 1));
  bks_test_await_error (bks_book_store_add_snapshot (self->store, "s3", "None", "nothing", self->now), BKS_ERROR_NOT_FOUND);
  snapshots = bks_test_await_boxed (bks_book_store_list_snapshots (self->store));
  g_assert_cmpuint (snapshots->len, ==, 2);
  snapshot = g_ptr_array_index (snapshots, 0);
  g_assert_cmpstr (snapshot->name, ==, "All");
  g_assert_cmpint (snapshot->texts, ==, 5);
  snapshot = g_ptr_array_index (snapshots, 1);
  g_assert_cmpint (snapshot->texts, ==, 4);
  items = bks_test_await_boxed (bks_book_store_list_snapshot_items (self->store, "s1"));
  g_assert_cmpuint (items->len, ==, 4);
  assert_revision (self, "a", 2, "draft one");
}

/* Each node's place, title and status, in the order of the binder. */
static char *
get_tree (Fixture *self)
{
  g_autoptr(GPtrArray) nodes = bks_test_await_boxed (bks_book_store_list_nodes (self->store));
  GString *tree = g_string_new (NULL);

  for (guint i = 0; i < nodes->len; i++)
    {
      BksNode *node = g_ptr_array_index (nodes, i);
      const char *parent = bks_node_get_parent_id (node);

      g_string_append_printf (tree, "%s<%s:%s ", bks_node_get_id (node), parent != NULL ? parent : "", bks_node_get_title (node));
      if (bks_node_get_status (node) != BKS_STATUS_NONE)
        g_string_append_printf (tree, "(%s) ", bks_node_status_to_string (bks_node_get_status (node)));
    }
  return g_string_free (tree, FALSE);
}

#define CHANGES 10

static void
change (Fixture *self,
        guint    what)
{
  switch (what)
    {
    case 0:
      bks_test_await_ok (bks_book_store_add_node (self->store, bks_new_node_new ("n", "p", BKS_NODE_SCENE, "new", "", 0), 1, self->now));
      break;
    case 1: bks_test_await_ok (bks_book_store_rename_node (self->store, "b", "Renamed", self->now)); break;
    case 2: bks_test_await_ok (bks_book_store_move_node (self->store, "c", NULL, 0, self->now)); break;
    case 3: bks_test_await_ok (bks_book_store_trash_node (self->store, "b", TRUE, self->now)); break;
    case 4: bks_test_await_ok (bks_book_store_move_node (self->store, "a", "p", 1, self->now)); break;
    case 5: bks_test_await_ok (bks_book_store_trash_node (self->store, "p", TRUE, self->now)); break;
    case 6: bks_test_await_ok (bks_book_store_trash_node (self->store, "b", FALSE, self->now)); break;
    case 7: bks_test_await_ok (bks_book_store_set_status (self->store, "b", BKS_STATUS_REVISED, self->now)); break;
    case 8: bks_test_await_ok (bks_book_store_move_node (self->store, "b", "q", 0, self->now)); break;
    case 9: bks_test_await_ok (bks_book_store_set_status (self->store, "b", BKS_STATUS_DONE, self->now)); break;
    default: g_assert_not_reached ();
    }
}

/* All the way back and forth again, with a restart at every step. */
static void
test_undo_and_redo (Fixture       *self,
                    gconstpointer  data)
{
  g_autoptr(GPtrArray) trees = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (trees, get_tree (self));
  for (guint i = 0; i < CHANGES; i++)
    {
      change (self, i);
      g_ptr_array_add (trees, get_tree (self));
    }
  for (guint i = CHANGES; i-- > 0;)
    {
      g_autoptr(BksCommand) command = NULL;
      g_autofree char *tree = NULL;

      restart (self);
      command = bks_test_await_boxed (bks_book_store_undo (self->store, self->now));
      tree = get_tree (self);
      g_assert_cmpstr (tree, ==, g_ptr_array_index (trees, i));
      g_assert_true (command->undone);
    }
  bks_test_await_error (bks_book_store_undo (self->store, self->now), BKS_ERROR_NOT_FOUND);
  for (guint i = 1; i <= CHANGES; i++)
    {
      g_autoptr(BksCommand) command = bks_test_await_boxed (bks_book_store_redo (self->store, self->now));
      g_autofree char *tree = get_tree (self);

      g_assert_cmpstr (tree, ==, g_ptr_array_index (trees, i));
    }
  bks_test_await_error (bks_book_store_redo (self->store, self->now), BKS_ERROR_NOT_FOUND);
  assert_sound (self);
}

static void
test_new_change_ends_redo (Fixture       *self,
                           gconstpointer  data)
{
  g_autoptr(BksCommand) command = NULL;

  change (self, 1);
  command = bks_test_await_boxed (bks_book_store_undo (self->store, self->now));
  change (self, 2);
  bks_test_await_error (bks_book_store_redo (self->store, self->now), BKS_ERROR_NOT_FOUND);
}

/* Revisions outlive a node in the trash, and go when it is emptied, with all that refers to them. */
static void
test_trash (Fixture       *self,
            gconstpointer  data)
{
  g_autoptr(GPtrArray) trash = NULL;
  g_autoptr(GPtrArray) revisions = NULL;
  g_autoptr(GPtrArray) emptied = NULL;
  const BksTrashedNode *node;

  save (self, "a", "some words here", 3);
  bks_test_await_ok (bks_book_store_add_snapshot (self->store, "s", "All", NULL, self->now));
  bks_test_await_ok (bks_book_store_move_node (self->store, "q", "p", 0, self->now));
  bks_test_await_ok (bks_book_store_move_node (self->store, "q", NULL, 0, self->now));
  bks_test_await_ok (bks_book_store_trash_node (self->store, "p", TRUE, self->now));
  trash = bks_test_await_boxed (bks_book_store_list_trash (self->store));
  g_assert_cmpuint (trash->len, ==, 1);
  node = g_ptr_array_index (trash, 0);
  g_assert_cmpstr (node->id, ==, "p");
  g_assert_cmpint (node->nodes, ==, 4);
  g_assert_cmpint (node->words, ==, 6);
  revisions = list (self, "a");
  g_assert_cmpuint (revisions->len, ==, 2);
  assert_revision (self, "a", 2, "some words here");
  g_assert_cmpint (bks_test_await_int64 (bks_book_store_empty_trash (self->store, self->now)), ==, 4);
  emptied = list (self, "a");
  g_assert_cmpuint (emptied->len, ==, 0);
  g_assert_cmpint (fixture_sql_int (self->path, "SELECT count(*) FROM nodes"), ==, 1);
  /* What led through the part that is gone cannot be undone any more. */
  bks_test_await_error (bks_book_store_undo (self->store, self->now), BKS_ERROR_NOT_FOUND);
  g_assert_cmpint (bks_test_await_int64 (bks_book_store_empty_trash (self->store, self->now)), ==, 0);
  assert_sound (self);
}

/* A scene whose chapter is in the trash comes back to where it can be seen. */
static void
test_restore_from_a_trashed_part (Fixture       *self,
                                  gconstpointer  data)
{
  g_autofree char *tree = NULL;

  bks_test_await_ok (bks_book_store_trash_node (self->store, "a", TRUE, self->now));
  bks_test_await_ok (bks_book_store_trash_node (self->store, "p", TRUE, self->now));
  bks_test_await_ok (bks_book_store_trash_node (self->store, "a", FALSE, self->now));
  tree = get_tree (self);
  g_assert_cmpstr (tree, ==, "q<:q a<:a ");
}

static void
test_rescued (Fixture       *self,
              gconstpointer  data)
{
  g_autoptr(BksNodeText) text = NULL;
  g_autoptr(GPtrArray) revisions = NULL;
  const BksRevision *newest;

  save (self, "a", "on disk", 2);
  bks_test_await_ok (bks_book_store_add_rescued (self->store, "a", "never saved", 2, self->now));
  text = bks_test_await_boxed (bks_book_store_read_text (self->store, "a"));
  g_assert_cmpstr (text->text, ==, "on disk");
  revisions = list (self, "a");
  newest = g_ptr_array_index (revisions, 0);
  g_assert_cmpstr (newest->cause, ==, BKS_KEEP_RESCUE);
  assert_revision (self, "a", newest->number, "never saved");
  assert_sound (self);
}

/* Numbers rise by one and are never used again. */
static void
test_events (Fixture       *self,
             gconstpointer  data)
{
  g_autoptr(GPtrArray) all = NULL;
  g_autoptr(GPtrArray) rest = NULL;

  change (self, 1);
  save (self, "a", "x", 1);
  bks_test_await_error (bks_book_store_rename_node (self->store, "none", "x", self->now), BKS_ERROR_NOT_FOUND);
  restart (self);
  save (self, "a", "y", 1);
  all = bks_test_await_boxed (bks_book_store_list_events (self->store, 0, 100));
  g_assert_cmpuint (all->len, ==, 4);
  for (guint i = 0; i < all->len; i++)
    g_assert_cmpint (((BksEvent *) g_ptr_array_index (all, i))->seq, ==, i + 1);
  g_assert_cmpstr (((BksEvent *) g_ptr_array_index (all, 1))->type, ==, "chapter.renamed");
  rest = bks_test_await_boxed (bks_book_store_list_events (self->store, 2, 1));
  g_assert_cmpuint (rest->len, ==, 1);
  g_assert_cmpint (((BksEvent *) g_ptr_array_index (rest, 0))->seq, ==, 3);
}

static const char first_schema[] =
  "CREATE TABLE book (id TEXT PRIMARY KEY, title TEXT NOT NULL, author TEXT NOT NULL, language TEXT NOT NULL,"
  " local_only INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;"
  "CREATE TABLE nodes (id TEXT PRIMARY KEY, parent_id TEXT REFERENCES nodes (id), position INTEGER NOT NULL, kind TEXT NOT NULL,"
  " title TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, trashed_at INTEGER) STRICT;"
  "CREATE INDEX nodes_parent ON nodes (parent_id, position);"
  "CREATE TABLE texts (node_id TEXT PRIMARY KEY REFERENCES nodes (id), text TEXT NOT NULL, words INTEGER NOT NULL,"
  " revision INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;"
  "CREATE TABLE drafts (id TEXT PRIMARY KEY, node_id TEXT NOT NULL REFERENCES nodes (id), version INTEGER NOT NULL,"
  " operation TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, prompt TEXT NOT NULL, text TEXT NOT NULL,"
  " state TEXT NOT NULL, review TEXT NOT NULL, tokens INTEGER, cost INTEGER, created_at INTEGER NOT NULL,"
  " updated_at INTEGER NOT NULL) STRICT;"
  "CREATE INDEX drafts_node ON drafts (node_id, version);"
  "CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, type TEXT NOT NULL,"
  " entity_type TEXT NOT NULL, entity_id TEXT NOT NULL) STRICT;"
  "INSERT INTO book VALUES ('b', 'Old', 'A', 'en', 1, 1, 1);"
  "INSERT INTO nodes VALUES ('n', NULL, 0, 'chapter', 'One', 1, 1, NULL);"
  "INSERT INTO texts VALUES ('n', 'old words', 2, 7, 1);"
  "INSERT INTO events (at, type, entity_type, entity_id) VALUES (1, 'book.created', 'book', 'b');"
  "PRAGMA application_id=0x424b5342; PRAGMA user_version=1; SELECT 1";

/* By one who may not write: another, older program may hold it. */
static void
assert_readable_as_it_is (Fixture    *self,
                          const char *path)
{
  g_autoptr(BksDatabase) reader = bks_test_await_object (bks_book_store_open (path, FALSE, self->limits));
  g_autoptr(BksNodeText) text = bks_test_await_boxed (bks_book_store_read_text (reader, "n"));
  g_autoptr(GPtrArray) nodes = bks_test_await_boxed (bks_book_store_list_nodes (reader));
  g_autoptr(GPtrArray) revisions = bks_test_await_boxed (bks_book_store_list_revisions (reader, "n"));
  g_autoptr(GPtrArray) snapshots = bks_test_await_boxed (bks_book_store_list_snapshots (reader));
  g_autoptr(GPtrArray) commands = bks_test_await_boxed (bks_book_store_list_commands (reader));
  g_autoptr(GPtrArray) trash = bks_test_await_boxed (bks_book_store_list_trash (reader));

  g_assert_cmpstr (text->text, ==, "old words");
  g_assert_cmpuint (nodes->len, ==, 1);
  g_assert_cmpuint (revisions->len + snapshots->len + commands->len + trash->len, ==, 0);
  bks_test_await_ok (bks_database_close (reader));
  g_assert_cmpint (fixture_sql_int (path, "PRAGMA user_version"), ==, 1);
}

/* A book that the first shipped version wrote is as it was, and has a history from then on. */
static void
test_migration (Fixture       *self,
                gconstpointer  data)
{
  g_autofree char *path = g_build_filename (self->dir, "old.db", NULL);
  g_autofree char *one = fixture_sql (path, first_schema);
  g_autoptr(BksDatabase) store = NULL;
  g_autoptr(BksNodeText) text = NULL;
  g_autoptr(BksRevision) revision = NULL;
  g_autoptr(BksBook) book = NULL;
  BksTextWrite *write = bks_text_write_new ("n", "new words", 2);

  assert_readable_as_it_is (self, path);
  store = bks_test_await_object (bks_book_store_open (path, TRUE, self->limits));
  text = bks_test_await_boxed (bks_book_store_read_text (store, "n"));
  book = bks_test_await_object (bks_book_store_get_book (store));
  g_assert_cmpstr (text->text, ==, "old words");
  g_assert_cmpint (text->revision, ==, 7);
  g_assert_true (bks_book_get_local_only (book));
  write->keep_cause = BKS_KEEP_REPLACE;
  g_assert_cmpint (bks_test_await_int64 (bks_book_store_write_text (store, write, NOW)), ==, 8);
  revision = bks_test_await_boxed (bks_book_store_read_revision (store, "n", 7));
  g_assert_cmpstr (revision->text, ==, "old words");
  bks_test_await_ok (bks_database_close (store));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(name, func) g_test_add ("/history/" name, Fixture, NULL, setup, func, teardown)
  ADD ("cadence-by-time", test_cadence_by_time);
  ADD ("cadence-by-words", test_cadence_by_words);
  ADD ("before-another-writer", test_before_another_writer);
  ADD ("provenance-is-kept", test_provenance_is_kept);
  ADD ("same-text-once", test_same_text_once);
  ADD ("chain", test_chain);
  ADD ("thinning", test_thinning);
  ADD ("snapshots", test_snapshots);
  ADD ("undo-and-redo", test_undo_and_redo);
  ADD ("new-change-ends-redo", test_new_change_ends_redo);
  ADD ("trash", test_trash);
  ADD ("restore-from-a-trashed-part", test_restore_from_a_trashed_part);
  ADD ("rescued", test_rescued);
  ADD ("events", test_events);
  ADD ("migration", test_migration);
  g_test_add_func ("/history/retention", test_retention);
  return g_test_run ();
}
