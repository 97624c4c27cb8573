/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-backup.h"
#include "bks-book-events.h"
#include "bks-book-history.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-limits.h"
#include "bks-repair.h"
#include "bks-test-util.h"
#include "store-fixture.h"

/* What the author means to do with a node: status, synopsis, target. */

#define SYNOPSIS "Ines counts the boats.\nOne is missing."

typedef struct
{
  BksLimits   *limits;
  char        *dir;
  char        *path;
  BksDatabase *store;
} Fixture;

static void
open_store (Fixture *self)
{
  self->store = bks_test_await_object (bks_book_store_open (self->path, TRUE, self->limits));
}

static void
setup_empty (Fixture       *self,
             gconstpointer  data)
{
  self->limits = bks_limits_new ();
  self->dir = bks_test_dir_new ();
  self->path = g_build_filename (self->dir, "book.db", NULL);
}

static void
setup (Fixture       *self,
       gconstpointer  data)
{
  g_autoptr(BksBook) book = g_object_new (BKS_TYPE_BOOK, "id", "book", "title", "T", NULL);
  g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_new_node_free);

  setup_empty (self, data);
  open_store (self);
  g_ptr_array_add (nodes, bks_new_node_new ("a", NULL, BKS_NODE_CHAPTER, "One", "begun", 1));
  g_ptr_array_add (nodes, bks_new_node_new ("b", "a", BKS_NODE_SCENE, "Two", "begun", 1));
  bks_test_await_ok (bks_book_store_fill (self->store, book, nodes, NOW));
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

static BksNode *
get_node (BksDatabase *store,
          const char  *id)
{
  g_autoptr(GPtrArray) nodes = bks_test_await_boxed (bks_book_store_list_nodes (store));

  for (guint i = 0; i < nodes->len; i++)
    if (g_str_equal (bks_node_get_id (g_ptr_array_index (nodes, i)), id))
      return g_object_ref (g_ptr_array_index (nodes, i));
  g_assert_not_reached ();
}

static void
assert_plan (BksDatabase   *store,
             const char    *id,
             BksNodeStatus  status,
             const char    *synopsis,
             gint64         target)
{
  g_autoptr(BksNode) node = get_node (store, id);

  g_assert_cmpint (bks_node_get_status (node), ==, status);
  g_assert_cmpstr (bks_node_get_synopsis (node), ==, synopsis);
  g_assert_cmpint (bks_node_get_target_words (node), ==, target);
}

static void
set_status (Fixture       *self,
            const char    *id,
            BksNodeStatus  status)
{
  bks_test_await_ok (bks_book_store_set_status (self->store, id, status, NOW + 1));
}

static void
set_plan (Fixture    *self,
          const char *id,
          const char *synopsis,
          gint64      target)
{
  bks_test_await_ok (bks_book_store_set_plan (self->store, id, synopsis, target, NOW + 1));
}

static void
test_names (void)
{
  BksNodeStatus status = BKS_STATUS_DONE;

  for (guint i = 0; i < BKS_N_STATUSES; i++)
    {
      g_assert_true (bks_node_status_from_string (bks_node_status_to_string (i), &status));
      g_assert_cmpint (status, ==, i);
    }
  g_assert_false (bks_node_status_from_string ("Done", &status));
  g_assert_false (bks_node_status_from_string (NULL, &status));
}

static void
test_plan (Fixture       *self,
           gconstpointer  data)
{
  assert_plan (self->store, "a", BKS_STATUS_NONE, "", 0);
  set_plan (self, "b", SYNOPSIS, -1);
  set_plan (self, "b", NULL, 2000);
  set_plan (self, "a", NULL, 80000);
  restart (self);
  assert_plan (self->store, "b", BKS_STATUS_NONE, SYNOPSIS, 2000);
  assert_plan (self->store, "a", BKS_STATUS_NONE, "", 80000);
  set_plan (self, "b", "", 0);
  assert_plan (self->store, "b", BKS_STATUS_NONE, "", 0);
  bks_test_await_error (bks_book_store_set_plan (self->store, "x", "?", -1, NOW), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_book_store_set_status (self->store, "x", BKS_STATUS_DONE, NOW), BKS_ERROR_NOT_FOUND);
  /* No change of the structure. */
  bks_test_await_error (bks_book_store_undo (self->store, NOW), BKS_ERROR_NOT_FOUND);
}

/* Undoing a status leaves what else was changed since alone, also after a restart. */
static void
test_undo_of_status (Fixture       *self,
                     gconstpointer  data)
{
  g_autoptr(BksCommand) undone = NULL;
  g_autoptr(BksCommand) redone = NULL;

  set_status (self, "b", BKS_STATUS_DRAFT);
  set_status (self, "b", BKS_STATUS_DONE);
  set_plan (self, "b", SYNOPSIS, 900);
  restart (self);
  assert_plan (self->store, "b", BKS_STATUS_DONE, SYNOPSIS, 900);
  undone = bks_test_await_boxed (bks_book_store_undo (self->store, NOW + 2));
  g_assert_cmpstr (undone->kind, ==, "status");
  g_assert_cmpstr (undone->title, ==, "Two");
  assert_plan (self->store, "b", BKS_STATUS_DRAFT, SYNOPSIS, 900);
  restart (self);
  redone = bks_test_await_boxed (bks_book_store_redo (self->store, NOW + 3));
  assert_plan (self->store, "b", BKS_STATUS_DONE, SYNOPSIS, 900);
}

static void
test_events (Fixture       *self,
             gconstpointer  data)
{
  static const char *const expected[] = { "book.created", "chapter.status", "chapter.planned", "structure.undone" };
  g_autoptr(GPtrArray) events = NULL;
  g_autoptr(BksCommand) undone = NULL;

  set_status (self, "a", BKS_STATUS_TODO);
  set_plan (self, "a", SYNOPSIS, 10);
  undone = bks_test_await_boxed (bks_book_store_undo (self->store, NOW + 2));
  events = bks_test_await_boxed (bks_book_store_list_events (self->store, 0, 100));
  g_assert_cmpuint (events->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < events->len; i++)
    g_assert_cmpstr (((BksEvent *) g_ptr_array_index (events, i))->type, ==, expected[i]);
}

/* What a newer program has written is shown as none, and is still there after a change of something else. */
static void
test_unknown_status (Fixture       *self,
                     gconstpointer  data)
{
  g_autoptr(BksCommand) renamed = NULL;
  g_autoptr(BksCommand) done = NULL;
  g_autofree char *kept = NULL;
  g_autofree char *back = NULL;

  g_free (fixture_sql (self->path, "UPDATE nodes SET status = 'at-the-editor' WHERE id = 'b'; SELECT 1"));
  assert_plan (self->store, "b", BKS_STATUS_NONE, "", 0);
  bks_test_await_ok (bks_book_store_rename_node (self->store, "b", "Renamed", NOW));
  renamed = bks_test_await_boxed (bks_book_store_undo (self->store, NOW));
  kept = fixture_sql (self->path, "SELECT status FROM nodes WHERE id = 'b'");
  g_assert_cmpstr (kept, ==, "at-the-editor");
  set_status (self, "b", BKS_STATUS_DONE);
  done = bks_test_await_boxed (bks_book_store_undo (self->store, NOW));
  back = fixture_sql (self->path, "SELECT status FROM nodes WHERE id = 'b'");
  g_assert_cmpstr (back, ==, "at-the-editor");
}

/* What the second schema was when it was shipped, with a change that can be undone. */
static const char second_schema[] =
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
  "ALTER TABLE texts ADD COLUMN provenance TEXT NOT NULL DEFAULT '';"
  "ALTER TABLE texts ADD COLUMN kept_at INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE texts ADD COLUMN changed_words INTEGER NOT NULL DEFAULT 0;"
  "CREATE INDEX texts_facts ON texts (node_id, words, revision);"
  "CREATE TABLE revisions (id INTEGER PRIMARY KEY, node_id TEXT NOT NULL REFERENCES nodes (id), number INTEGER NOT NULL,"
  " base_id INTEGER REFERENCES revisions (id), depth INTEGER NOT NULL, cause TEXT NOT NULL, at INTEGER NOT NULL,"
  " words INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 BLOB NOT NULL, content_bytes INTEGER NOT NULL,"
  " content BLOB NOT NULL) STRICT;"
  "CREATE UNIQUE INDEX revisions_node ON revisions (node_id, number);"
  "CREATE INDEX revisions_base ON revisions (base_id) WHERE base_id IS NOT NULL;"
  "CREATE TABLE snapshots (id TEXT PRIMARY KEY, name TEXT NOT NULL, node_id TEXT, created_at INTEGER NOT NULL) STRICT;"
  "CREATE TABLE snapshot_items (snapshot_id TEXT NOT NULL REFERENCES snapshots (id),"
  " revision_id INTEGER NOT NULL REFERENCES revisions (id), PRIMARY KEY (snapshot_id, revision_id)) STRICT, WITHOUT ROWID;"
  "CREATE INDEX snapshot_items_revision ON snapshot_items (revision_id);"
  "CREATE TABLE commands (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL,"
  " node_id TEXT NOT NULL REFERENCES nodes (id), undone INTEGER NOT NULL DEFAULT 0,"
  " old_parent TEXT, old_place INTEGER NOT NULL, old_title TEXT NOT NULL, old_trashed INTEGER,"
  " new_parent TEXT, new_place INTEGER NOT NULL, new_title TEXT NOT NULL, new_trashed INTEGER) STRICT;"
  "CREATE INDEX commands_node ON commands (node_id);"
  "INSERT INTO book VALUES ('b', 'Old', 'A', 'en', 1, 1, 1);"
  "INSERT INTO nodes VALUES ('a', NULL, 0, 'chapter', 'One', 1, 1, NULL), ('b', 'a', 0, 'scene', 'Two', 1, 1, NULL);"
  "INSERT INTO texts VALUES ('a', 'old words', 2, 7, 1, '0-3 pasted', 1, 2), ('b', 'more', 1, 1, 1, '', 0, 0);"
  "INSERT INTO events (at, type, entity_type, entity_id) VALUES (1, 'book.created', 'book', 'b');"
  "INSERT INTO commands (at, kind, node_id, old_parent, old_place, old_title, new_parent, new_place, new_title)"
  " VALUES (1, 'rename', 'b', 'a', 0, 'Before', 'a', 0, 'Two');"
  "PRAGMA application_id=0x424b5342; PRAGMA user_version=2; SELECT 1";

/* Who may not write reads it as it is: another, older program may hold it. */
static void
assert_readable_as_it_is (Fixture *self)
{
  g_autoptr(BksDatabase) reader = bks_test_await_object (bks_book_store_open (self->path, FALSE, self->limits));
  g_autoptr(BksBook) book = bks_test_await_object (bks_book_store_get_book (reader));

  assert_plan (reader, "b", BKS_STATUS_NONE, "", 0);
  g_assert_cmpint (bks_book_get_words (book), ==, 3);
  bks_test_await_ok (bks_database_close (reader));
  g_assert_cmpint (fixture_sql_int (self->path, "PRAGMA user_version"), ==, 2);
}

static void
test_migration (Fixture       *self,
                gconstpointer  data)
{
  g_autofree char *one = fixture_sql (self->path, second_schema);
  g_autoptr(BksCommand) undone = NULL;
  g_autoptr(BksCommand) renamed = NULL;
  g_autoptr(BksNode) node = NULL;
  g_autoptr(BksNodeText) text = NULL;
  g_autoptr(BksBookReport) report = NULL;

  assert_readable_as_it_is (self);
  open_store (self);
  g_assert_cmpint (fixture_sql_int (self->path, "PRAGMA user_version"), ==, 3);
  text = bks_test_await_boxed (bks_book_store_read_text (self->store, "a"));
  g_assert_cmpstr (text->text, ==, "old words");
  g_assert_cmpstr (text->provenance, ==, "0-3 pasted");
  assert_plan (self->store, "b", BKS_STATUS_NONE, "", 0);
  set_status (self, "b", BKS_STATUS_REVISED);
  restart (self);
  assert_plan (self->store, "b", BKS_STATUS_REVISED, "", 0);
  /* Back over the change of the older program. */
  undone = bks_test_await_boxed (bks_book_store_undo (self->store, NOW));
  renamed = bks_test_await_boxed (bks_book_store_undo (self->store, NOW));
  g_assert_cmpstr (renamed->kind, ==, "rename");
  node = get_node (self->store, "b");
  g_assert_cmpstr (bks_node_get_title (node), ==, "Before");
  assert_plan (self->store, "b", BKS_STATUS_NONE, "", 0);
  report = bks_book_check (self->dir, self->limits, NULL);
  g_assert_cmpuint (report->problems->len, ==, 0);
}

/* A copy and a repaired file say what the book said, and undo as it did. */
static void
test_backup_and_repair (Fixture       *self,
                        gconstpointer  data)
{
  g_autofree char *copy = g_build_filename (self->dir, "copy.db", NULL);
  g_autoptr(BksBookReport) report = NULL;
  g_autoptr(BksDatabase) reader = NULL;
  g_autoptr(BksCommand) undone = NULL;
  g_autoptr(GError) error = NULL;

  set_status (self, "b", BKS_STATUS_TODO);
  set_status (self, "b", BKS_STATUS_DONE);
  set_plan (self, "b", SYNOPSIS, 900);
  g_assert_true (bks_backup_copy (self->path, copy, self->limits, &error));
  reader = bks_test_await_object (bks_book_store_open (copy, FALSE, self->limits));
  assert_plan (reader, "b", BKS_STATUS_DONE, SYNOPSIS, 900);
  bks_test_await_ok (bks_database_close (reader));

  fixture_close (self->store);
  report = bks_book_check (self->dir, self->limits, &error);
  g_assert_true (bks_book_repair (self->dir, report, NOW, self->limits, &error));
  g_assert_no_error (error);
  open_store (self);
  assert_plan (self->store, "b", BKS_STATUS_DONE, SYNOPSIS, 900);
  undone = bks_test_await_boxed (bks_book_store_undo (self->store, NOW));
  assert_plan (self->store, "b", BKS_STATUS_TODO, SYNOPSIS, 900);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(name, func) g_test_add ("/plans/" name, Fixture, NULL, setup, func, teardown)
  g_test_add_func ("/plans/names", test_names);
  ADD ("plan", test_plan);
  ADD ("undo-of-status", test_undo_of_status);
  ADD ("events", test_events);
  ADD ("unknown-status", test_unknown_status);
  ADD ("backup-and-repair", test_backup_and_repair);
  g_test_add ("/plans/migration", Fixture, NULL, setup_empty, test_migration, teardown);
  return g_test_run ();
}
