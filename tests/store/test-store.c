/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bks-book-lock.h"
#include "bks-book-store.h"
#include "bks-drafts.h"
#include "bks-error.h"
#include "bks-library.h"
#include "bks-limits.h"
#include "bks-test-util.h"

#define NOW 1790000000000

typedef struct
{
  BksLimits   *limits;
  char        *dir;
  char        *path;
  BksDatabase *store;
} Fixture;

static BksNewNode *
make_node (const char *id,
           const char *parent)
{
  return bks_new_node_new (id, parent, BKS_NODE_CHAPTER, id, "text", 1);
}

static void
setup (Fixture       *self,
       gconstpointer  data)
{
  g_autoptr(BksBook) book = g_object_new (BKS_TYPE_BOOK, "id", "b", "title", "T", NULL);
  g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_new_node_free);

  self->limits = bks_limits_new ();
  self->dir = bks_test_dir_new ();
  self->path = g_build_filename (self->dir, "book.db", NULL);
  self->store = bks_test_await_object (bks_book_store_open (self->path, TRUE, self->limits));
  g_ptr_array_add (nodes, make_node ("p", NULL));
  g_ptr_array_add (nodes, make_node ("a", "p"));
  g_ptr_array_add (nodes, make_node ("b", "p"));
  g_ptr_array_add (nodes, make_node ("q", NULL));
  bks_test_await_ok (bks_book_store_fill (self->store, book, nodes, NOW));
}

static void
teardown (Fixture       *self,
          gconstpointer  data)
{
  bks_test_await_ok (bks_database_close (self->store));
  g_object_unref (self->store);
  bks_limits_unref (self->limits);
  g_free (self->path);
  bks_test_dir_remove (self->dir);
}

static DexFuture *
write_text (Fixture    *self,
            const char *text,
            gint64      words,
            const char *draft)
{
  BksTextWrite *write = bks_text_write_new ("a", text, words);

  write->expected_revision = 1;
  write->accepted_draft = g_strdup (draft);
  return bks_book_store_write_text (self->store, write, NOW);
}

/* Level by level: the roots, then what hangs below them. */
static char *
get_order (Fixture *self)
{
  g_autoptr(GPtrArray) nodes = bks_test_await_boxed (bks_book_store_list_nodes (self->store));
  GString *order = g_string_new (NULL);

  for (guint i = 0; i < nodes->len; i++)
    g_string_append (order, bks_node_get_id (g_ptr_array_index (nodes, i)));
  return g_string_free (order, FALSE);
}

static void
assert_order (Fixture    *self,
              const char *expected)
{
  g_autofree char *order = get_order (self);

  g_assert_cmpstr (order, ==, expected);
}

static void
test_file (Fixture       *self,
           gconstpointer  data)
{
  struct stat status;
  BksDatabase *again;

  g_assert_cmpint (g_stat (self->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  again = bks_test_await_object (bks_book_store_open (self->path, FALSE, self->limits));
  bks_test_await_error (bks_book_store_rename_node (again, "a", "x", NOW), BKS_ERROR_READ_ONLY);
  bks_test_await_ok (bks_database_close (again));
  g_object_unref (again);
}

static void
test_foreign_files (Fixture       *self,
                    gconstpointer  data)
{
  g_autofree char *garbage = g_build_filename (self->dir, "garbage.db", NULL);
  g_autofree char *text = g_strnfill (8192, 'x');
  g_autofree char *after = NULL;
  g_autofree char *newer = g_build_filename (self->dir, "newer.db", NULL);
  sqlite3 *handle;

  g_assert_true (g_file_set_contents (garbage, text, 8192, NULL));
  bks_test_await_error (bks_book_store_open (garbage, TRUE, self->limits), BKS_ERROR_CORRUPT);
  g_assert_true (g_file_get_contents (garbage, &after, NULL, NULL));
  g_assert_cmpstr (after, ==, text);

  g_assert_cmpint (sqlite3_open (newer, &handle), ==, SQLITE_OK);
  sqlite3_exec (handle, "PRAGMA application_id=0x424b5342; PRAGMA user_version=999; CREATE TABLE future (x)", NULL, NULL, NULL);
  sqlite3_close (handle);
  bks_test_await_error (bks_book_store_open (newer, TRUE, self->limits), BKS_ERROR_NEWER_SCHEMA);
}

static gboolean
run_sql (BksConnection  *connection,
         GValue         *result,
         gpointer        data,
         GError        **error)
{
  return bks_connection_execute (connection, data, error);
}

static void
test_drafts_write_nothing_else (Fixture       *self,
                                gconstpointer  data)
{
  static const char *const denied[] = {
    "UPDATE texts SET text = 'overwritten'", "DELETE FROM texts", "INSERT INTO texts VALUES ('z','z',1,1,1)",
    "UPDATE nodes SET title = 'x'", "UPDATE book SET title = 'x'", "DELETE FROM drafts", "ALTER TABLE texts RENAME TO t2",
    "ALTER TABLE drafts RENAME TO texts2", "DROP TABLE texts", "CREATE TABLE t (x)", "ATTACH ':memory:' AS other",
    "PRAGMA writable_schema=ON", "CREATE TRIGGER t AFTER INSERT ON drafts BEGIN UPDATE texts SET text = ''; END",
    "CREATE TEMP TABLE t (x)", "REPLACE INTO texts VALUES ('a','z',1,1,1)",
  };
  g_autoptr(BksNodeText) text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (denied); i++)
    {
      g_test_message ("%s", denied[i]);
      bks_test_await_error (bks_database_write_drafts (self->store, run_sql, (gpointer) denied[i], NULL), BKS_ERROR_FAILED);
    }
  bks_test_await_ok (bks_database_write_drafts (self->store, run_sql,
                                                (gpointer) "INSERT INTO events (at, type, entity_type, entity_id) VALUES (1,'x','y','z')", NULL));
  text = bks_test_await_boxed (bks_book_store_read_text (self->store, "a"));
  g_assert_cmpstr (text->text, ==, "text");
}

static void
test_tree (Fixture       *self,
           gconstpointer  data)
{
  assert_order (self, "pqab");
  bks_test_await_error (bks_book_store_move_node (self->store, "p", "a", 0, NOW), BKS_ERROR_INVALID_ARGUMENT);
  bks_test_await_error (bks_book_store_move_node (self->store, "none", NULL, 0, NOW), BKS_ERROR_NOT_FOUND);
  bks_test_await_ok (bks_book_store_move_node (self->store, "b", "p", 0, NOW));
  assert_order (self, "pqba");
  bks_test_await_ok (bks_book_store_move_node (self->store, "b", NULL, 99, NOW));
  assert_order (self, "pqba");
  bks_test_await_ok (bks_book_store_trash_node (self->store, "p", TRUE, NOW));
  assert_order (self, "qb");
  bks_test_await_ok (bks_book_store_trash_node (self->store, "p", FALSE, NOW));
  assert_order (self, "pqba");
  bks_test_await_ok (bks_book_store_add_node (self->store, make_node ("n", "p"), 0, NOW));
  assert_order (self, "pqbna");
}

static void
test_text (Fixture       *self,
           gconstpointer  data)
{
  g_autoptr(BksDraft) draft = bks_draft_new ();
  g_autoptr(BksDraft) found = NULL;
  g_autoptr(BksDraft) gone = NULL;
  g_autoptr(BksNodeText) text = NULL;
  g_autoptr(BksBook) book = NULL;

  draft->id = g_strdup ("d");
  draft->node_id = g_strdup ("a");
  draft->operation = g_strdup ("continue");
  draft->provider = g_strdup ("x");
  draft->model = g_strdup ("y");
  draft->prompt = g_strdup ("[]");
  bks_test_await_ok (bks_book_store_add_draft (self->store, draft));
  bks_test_await_ok (bks_book_store_save_draft (self->store, "d", "more", "complete", 7, BKS_MONEY_UNKNOWN, NOW));
  found = bks_test_await_boxed (bks_book_store_find_draft (self->store, "a"));
  g_assert_cmpstr (found->text, ==, "more");
  g_assert_cmpint (found->cost, ==, BKS_MONEY_UNKNOWN);

  g_assert_cmpint (bks_test_await_int64 (write_text (self, "text more", 2, "d")), ==, 2);
  bks_test_await_error (write_text (self, "late", 1, NULL), BKS_ERROR_CONFLICT);
  text = bks_test_await_boxed (bks_book_store_read_text (self->store, "a"));
  g_assert_cmpstr (text->text, ==, "text more");
  gone = bks_test_await_boxed (bks_book_store_find_draft (self->store, "a"));
  g_assert_null (gone);
  book = bks_test_await_object (bks_book_store_get_book (self->store));
  g_assert_cmpint (bks_book_get_words (book), ==, 5);
}

static void
test_lock (Fixture       *self,
           gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  BksBookLock *lock = bks_book_lock_take (self->dir, "the window", &error);
  BksBookLock *second;

  g_assert_no_error (error);
  g_assert_null (bks_book_lock_take (self->dir, "another", &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, "the window"));
  bks_book_lock_release (lock);
  second = bks_book_lock_take (self->dir, "another", NULL);
  g_assert_nonnull (second);
  bks_book_lock_release (second);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(path, func) g_test_add ("/store/" path, Fixture, NULL, setup, func, teardown)
  ADD ("file", test_file);
  ADD ("foreign-files", test_foreign_files);
  ADD ("drafts-write-nothing-else", test_drafts_write_nothing_else);
  ADD ("tree", test_tree);
  ADD ("text", test_text);
  ADD ("lock", test_lock);
  return g_test_run ();
}
