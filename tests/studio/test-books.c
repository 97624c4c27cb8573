/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "studio-fixture.h"

#include "bks-book-lock.h"
#include "bks-id.h"

static BksBook *
import (Fixture    *self,
        const char *path)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);

  return bks_test_await_object (bks_studio_import_book (self->studio, file, NULL));
}

static char *
find_novel (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "data", "austen", name, NULL);
}

/* Names in the folder of all books, sorted. */
static char *
list_folder (Fixture *self)
{
  g_autofree char *path = g_build_filename (self->dir, "books", NULL);
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort_values (names, (GCompareFunc) strcmp);
  g_ptr_array_add (names, NULL);
  return g_strjoinv (" ", (char **) names->pdata);
}

static void
assert_nothing_there (Fixture *self)
{
  g_autofree char *names = list_folder (self);

  g_assert_cmpstr (names, ==, "");
  g_assert_cmpuint (g_list_model_get_n_items (bks_studio_get_books (self->studio)), ==, 0);
}

/* The binder as "title depth words" lines. */
static char *
describe (BksBookSession *session)
{
  g_autoptr(GPtrArray) nodes = bks_book_session_list_nodes (session);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < nodes->len; i++)
    {
      BksNode *node = g_ptr_array_index (nodes, i);

      g_string_append_printf (text, "%*s%s %" G_GINT64_FORMAT "\n", (int) bks_node_get_depth (node) * 2, "",
                              bks_node_get_title (node), bks_node_get_total_words (node));
    }
  return g_string_free (text, FALSE);
}

static void
test_import (Fixture       *self,
             gconstpointer  data)
{
  g_autofree char *path = find_novel ("persuasion.txt");
  g_autoptr(BksBook) book = import (self, path);
  g_autofree char *id = g_strdup (bks_book_get_id (book));
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr(GPtrArray) nodes = NULL;
  gint64 words = 0;

  g_assert_cmpstr (bks_book_get_title (book), ==, "Persuasion");
  g_assert_cmpint (ABS (bks_book_get_words (book) - 83283), <=, 400); /* wc -w */
  self->session = fixture_open (self, id, TRUE);
  nodes = bks_book_session_list_nodes (self->session);
  g_assert_cmpuint (nodes->len, >=, 24);
  for (guint i = 0; i < nodes->len; i++)
    {
      BksNode *node = g_ptr_array_index (nodes, i);
      g_autofree char *text = bks_test_await_string (bks_book_session_read_text (self->session, bks_node_get_id (node)));

      words += bks_node_get_words (node);
      g_assert_cmpint (strlen (text) > 100, ==, bks_node_get_words (node) > 20);
    }
  g_assert_cmpint (words, ==, bks_book_get_words (book));
  before = describe (self->session);
  g_clear_pointer (&nodes, g_ptr_array_unref);
  fixture_restart (self);
  g_assert_cmpuint (g_list_model_get_n_items (bks_studio_get_books (self->studio)), ==, 1);
  self->session = fixture_open (self, id, FALSE);
  after = describe (self->session);
  g_assert_cmpstr (after, ==, before);
}

static void
test_sample (Fixture       *self,
             gconstpointer  data)
{
  g_autoptr(BksBook) book = bks_test_await_object (bks_studio_import_sample (self->studio, NULL));

  g_assert_cmpstr (bks_book_get_title (book), ==, "Pride and Prejudice");
  g_assert_cmpint (bks_book_get_words (book), >, 100000);
}

static char *
write_file (Fixture    *self,
            const char *name,
            const char *contents,
            gsize       length)
{
  char *path = g_build_filename (self->dir, name, NULL);

  g_assert_true (g_file_set_contents (path, contents, (gssize) length, NULL));
  return path;
}

static void
assert_import_fails (Fixture    *self,
                     const char *path,
                     int         code)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);

  g_test_message ("%s", path);
  bks_test_await_error (bks_studio_import_book (self->studio, file, NULL), code);
  assert_nothing_there (self);
}

static void
test_failed_imports (Fixture       *self,
                     gconstpointer  data)
{
  static const char zip[] = "PK\x03\x04\0\0\0\0\0\0";
  g_autofree char *text = g_strnfill (5000, 'x');
  g_autofree char *empty = write_file (self, "empty.txt", "", 0);
  g_autofree char *binary = write_file (self, "binary.txt", zip, sizeof zip);
  g_autofree char *large = write_file (self, "large.txt", text, 5000);
  g_autofree char *missing = g_build_filename (self->dir, "missing.txt", NULL);

  self->limits->import_file_bytes = 4000;
  assert_import_fails (self, empty, BKS_ERROR_INVALID_INPUT);
  assert_import_fails (self, binary, BKS_ERROR_INVALID_INPUT);
  assert_import_fails (self, large, BKS_ERROR_TOO_LARGE);
  assert_import_fails (self, missing, BKS_ERROR_NOT_FOUND);
  assert_import_fails (self, self->dir, BKS_ERROR_INVALID_INPUT);
}

/* Wherever the cancelling falls: a whole book or nothing. */
static void
test_cancelled_imports (Fixture       *self,
                        gconstpointer  data)
{
  g_autofree char *path = find_novel ("persuasion.txt");
  g_autoptr(GFile) file = g_file_new_for_path (path);
  guint cancelled = 0;

  for (guint wait_ms = 0; wait_ms < 30; wait_ms += 3)
    {
      g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
      g_autoptr(DexFuture) future = bks_studio_import_book (self->studio, file, cancellable);
      g_autoptr(GError) error = NULL;

      if (wait_ms > 0)
        bks_test_spin (wait_ms);
      dex_cancellable_cancel (cancellable);
      if (bks_test_await (g_steal_pointer (&future), &error) != NULL)
        break; /* it was faster */
      g_assert_error (error, BKS_ERROR, BKS_ERROR_CANCELLED);
      assert_nothing_there (self);
      cancelled++;
    }
  g_assert_cmpuint (cancelled, >, 0);
}

static char *
make_unfinished (Fixture *self)
{
  g_autofree char *id = bks_id_new (self->limits->clock);
  g_autofree char *name = g_strconcat (".new-", id, NULL);
  char *path = g_build_filename (self->dir, "books", name, NULL);
  static const char *const files[] = { "book.db", "book.db-wal", "book.db-shm", "lock" };

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *file = g_build_filename (path, files[i], NULL);

      g_assert_true (g_file_set_contents (file, "x", 1, NULL));
    }
  return path;
}

static void
test_clean_up (Fixture       *self,
               gconstpointer  data)
{
  g_autofree char *stale = make_unfinished (self);
  g_autofree char *live = make_unfinished (self);
  g_autoptr(GError) error = NULL;
  BksBookLock *lock = bks_book_lock_take (live, "another program", &error);

  g_assert_no_error (error);
  fixture_restart (self);
  g_assert_false (g_file_test (stale, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (live, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (g_list_model_get_n_items (bks_studio_get_books (self->studio)), ==, 0);
  bks_book_lock_release (lock);
  fixture_restart (self);
  g_assert_false (g_file_test (live, G_FILE_TEST_EXISTS));
}

static BksBook *
get_shown (Fixture    *self,
           const char *id)
{
  GListModel *books = bks_studio_get_books (self->studio);

  for (guint i = 0; i < g_list_model_get_n_items (books); i++)
    {
      g_autoptr(BksBook) book = g_list_model_get_item (books, i);

      if (g_str_equal (bks_book_get_id (book), id))
        return book;
    }
  return NULL;
}

/* The library is lost, the books are not; what must not leave the machine still must not. */
static void
test_adopt (Fixture       *self,
            gconstpointer  data)
{
  static const char *const names[] = { "library.db", "library.db-wal", "library.db-shm" };
  g_autofree char *id = NULL;
  g_autofree char *broken_id = bks_id_new (self->limits->clock);
  g_autofree char *broken = fixture_book_path (self, broken_id, NULL);
  g_autofree char *broken_file = fixture_book_path (self, broken_id, "book.db");
  BksBook *book;

  fixture_open_page (self, "One two three.");
  id = g_strdup (bks_book_get_id (bks_book_session_get_book (self->session)));
  bks_test_await_ok (bks_book_session_set_local_only (self->session, TRUE));
  fixture_close_editor (self);
  bks_test_await_ok (bks_studio_close (self->studio));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (self->dir, names[i], NULL);

      g_unlink (path);
    }
  g_assert_cmpint (g_mkdir (broken, 0700), ==, 0);
  g_assert_true (g_file_set_contents (broken_file, "no database at all, but long enough to be looked at", -1, NULL));
  g_test_expect_message ("bks-studio", G_LOG_LEVEL_WARNING, "*could not be added to the library*");
  fixture_restart (self);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (g_list_model_get_n_items (bks_studio_get_books (self->studio)), ==, 1);
  book = get_shown (self, id);
  g_assert_nonnull (book);
  g_assert_cmpstr (bks_book_get_title (book), ==, "Book");
  g_assert_cmpint (bks_book_get_words (book), ==, 3);
  g_assert_true (bks_book_get_local_only (book));
}

static void
test_create (Fixture       *self,
             gconstpointer  data)
{
  g_autofree char *huge = g_strnfill (self->limits->title_bytes + 1, 't');
  g_autoptr(BksBook) book = NULL;

  bks_test_await_error (bks_studio_create_book (self->studio, " \n ", ""), BKS_ERROR_INVALID_ARGUMENT);
  bks_test_await_error (bks_studio_create_book (self->studio, huge, ""), BKS_ERROR_TOO_LARGE);
  bks_test_await_error (bks_studio_create_book (self->studio, "T", huge), BKS_ERROR_TOO_LARGE);
  bks_test_await_error (bks_studio_create_book (self->studio, "\xff", ""), BKS_ERROR_INVALID_INPUT);
  assert_nothing_there (self);
  book = bks_test_await_object (bks_studio_create_book (self->studio, "  Two\nlines ", " Ana "));
  g_assert_cmpstr (bks_book_get_title (book), ==, "Two lines");
  g_assert_cmpstr (bks_book_get_author (book), ==, "Ana");
  self->session = fixture_open (self, bks_book_get_id (book), TRUE);
  g_assert_cmpuint (g_list_model_get_n_items (bks_book_session_get_nodes (self->session)), ==, 1);
}

/* A book that the library cannot take is not left lying about for the next start. */
static void
test_library_refuses (Fixture       *self,
                      gconstpointer  data)
{
  g_autofree char *path = g_build_filename (self->dir, "library.db", NULL);
  g_autoptr(GError) error = NULL;

  g_free (fixture_query (path, "CREATE TRIGGER broken BEFORE INSERT ON books BEGIN SELECT RAISE (ABORT, 'broken'); END"));
  g_assert_null (bks_test_await (bks_studio_create_book (self->studio, "Book", ""), &error));
  g_assert_cmpint (error->domain, ==, BKS_ERROR);
  assert_nothing_there (self);
  g_free (fixture_query (path, "DROP TRIGGER broken"));
  fixture_restart (self);
  assert_nothing_there (self);
}

/* Two changes at the same moment each keep what the other one changed. */
static void
test_details (Fixture       *self,
              gconstpointer  data)
{
  g_autofree char *id = fixture_create_book (self, "Old");
  g_autoptr(DexFuture) title = NULL;
  g_autoptr(DexFuture) local_only = NULL;
  g_autoptr(DexFuture) language = NULL;
  BksBook *book;

  self->session = fixture_open (self, id, TRUE);
  title = bks_book_session_set_details (self->session, "New", NULL, NULL);
  local_only = bks_book_session_set_local_only (self->session, TRUE);
  language = bks_book_session_set_details (self->session, NULL, NULL, "de");
  bks_test_await_ok (g_steal_pointer (&language));
  bks_test_await_ok (g_steal_pointer (&local_only));
  bks_test_await_ok (g_steal_pointer (&title));
  bks_test_await_error (bks_book_session_set_details (self->session, "\xff", NULL, NULL), BKS_ERROR_INVALID_INPUT);
  bks_test_await_error (bks_book_session_set_details (self->session, NULL, NULL, "\xff"), BKS_ERROR_INVALID_INPUT);
  /* The shelf shows it at once, and after a restart. */
  for (guint i = 0; i < 2; i++)
    {
      book = get_shown (self, id);
      g_assert_cmpstr (bks_book_get_title (book), ==, "New");
      g_assert_cmpstr (bks_book_get_author (book), ==, "Author");
      g_assert_cmpstr (bks_book_get_language (book), ==, "de");
      g_assert_true (bks_book_get_local_only (book));
      fixture_restart (self);
    }
}

static void
test_trash_book (Fixture       *self,
                 gconstpointer  data)
{
  g_autofree char *first = fixture_create_book (self, "First");
  g_autofree char *second = fixture_create_book (self, "Second");

  self->session = fixture_open (self, first, TRUE);
  bks_test_await_ok (bks_studio_trash_book (self->studio, first));
  g_assert_null (get_shown (self, first));
  bks_test_await_error (bks_studio_find_book (self->studio, first), BKS_ERROR_NOT_FOUND);
  fixture_restart (self);
  g_assert_null (get_shown (self, first)); /* not adopted either */
  g_assert_nonnull (get_shown (self, second));
  bks_test_await_ok (bks_studio_restore_book (self->studio, first));
  g_assert_nonnull (get_shown (self, first));
  bks_test_await_error (bks_studio_trash_book (self->studio, "nothing"), BKS_ERROR_NOT_FOUND);
}

static void
test_find (Fixture       *self,
           gconstpointer  data)
{
  g_autofree char *first = fixture_create_book (self, "First");
  g_autofree char *second = fixture_create_book (self, "Second");
  g_autofree char *common = NULL;
  g_autofree char *unique = NULL;
  g_autoptr(BksBook) found = NULL;
  gsize length = 0;

  while (first[length] == second[length])
    length++;
  common = g_strndup (first, length);
  unique = g_strndup (first, length + 1);
  found = bks_test_await_object (bks_studio_find_book (self->studio, unique));
  g_assert_cmpstr (bks_book_get_id (found), ==, first);
  bks_test_await_error (bks_studio_find_book (self->studio, common), BKS_ERROR_AMBIGUOUS);
  bks_test_await_error (bks_studio_find_book (self->studio, ""), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_studio_open_book (self->studio, "../escape", FALSE), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_studio_open_book (self->studio, "0192f0c1-2345-7abc-8def-0123456789ab", TRUE),
                        BKS_ERROR_NOT_FOUND);
}

/* The binder, as it is shown and as the next start reads it. */
static void
assert_tree (Fixture    *self,
             const char *expected)
{
  g_autofree char *shown = describe (self->session);
  g_autofree char *id = g_strdup (bks_book_get_id (bks_book_session_get_book (self->session)));
  g_autofree char *stored = NULL;

  g_assert_cmpstr (shown, ==, expected);
  fixture_restart (self);
  self->session = fixture_open (self, id, TRUE);
  stored = describe (self->session);
  g_assert_cmpstr (stored, ==, expected);
}

static char *
find (Fixture    *self,
      const char *title)
{
  g_autoptr(GPtrArray) nodes = bks_book_session_list_nodes (self->session);

  for (guint i = 0; i < nodes->len; i++)
    if (g_str_equal (bks_node_get_title (g_ptr_array_index (nodes, i)), title))
      return g_strdup (bks_node_get_id (g_ptr_array_index (nodes, i)));
  g_assert_not_reached ();
}

static void
add (Fixture    *self,
     const char *title,
     const char *parent,
     int         position)
{
  g_autofree char *parent_id = parent != NULL ? find (self, parent) : NULL;

  g_object_unref (bks_test_await_object (bks_book_session_add_node (self->session, BKS_NODE_CHAPTER, title, parent_id,
                                                                    position)));
}

static void
move (Fixture    *self,
      const char *title,
      const char *parent,
      int         position)
{
  g_autofree char *id = find (self, title);
  g_autofree char *parent_id = parent != NULL ? find (self, parent) : NULL;

  bks_test_await_ok (bks_book_session_move_node (self->session, id, parent_id, position));
}

static void
test_nodes (Fixture       *self,
            gconstpointer  data)
{
  g_autofree char *id = fixture_create_book (self, "Book");
  g_autofree char *a = NULL;
  g_autofree char *c = NULL;
  g_autofree char *p = NULL;

  self->session = fixture_open (self, id, TRUE);
  p = find (self, "Chapter 1");
  bks_test_await_ok (bks_book_session_rename_node (self->session, p, " P\n1 "));
  bks_test_await_ok (bks_book_session_rename_node (self->session, p, "P"));
  add (self, "a", "P", -1);
  add (self, "c", "P", -1);
  add (self, "b", "P", 1);
  add (self, "Q", NULL, 0);
  add (self, "z", NULL, 99);
  assert_tree (self, "Q 0\nP 0\n  a 0\n  b 0\n  c 0\nz 0\n");

  move (self, "c", "P", 0);
  move (self, "a", "P", 2);
  move (self, "z", "Q", 0);
  move (self, "b", NULL, 1);
  assert_tree (self, "Q 0\n  z 0\nb 0\nP 0\n  c 0\n  a 0\n");

  a = find (self, "a");
  c = find (self, "c");
  bks_test_await_error (bks_book_session_move_node (self->session, p, a, 0), BKS_ERROR_INVALID_ARGUMENT);
  bks_test_await_error (bks_book_session_move_node (self->session, p, p, 0), BKS_ERROR_INVALID_ARGUMENT);
  bks_test_await_error (bks_book_session_move_node (self->session, p, "nothing", 0), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_book_session_move_node (self->session, "nothing", NULL, 0), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_book_session_rename_node (self->session, "nothing", "x"), BKS_ERROR_NOT_FOUND);
  assert_tree (self, "Q 0\n  z 0\nb 0\nP 0\n  c 0\n  a 0\n");

  /* The child first, then the whole part: each comes back to where it stood. */
  bks_test_await_ok (bks_book_session_trash_node (self->session, c));
  bks_test_await_ok (bks_book_session_trash_node (self->session, p));
  assert_tree (self, "Q 0\n  z 0\nb 0\n");
  bks_test_await_ok (bks_book_session_restore_node (self->session, p));
  assert_tree (self, "Q 0\n  z 0\nb 0\nP 0\n  a 0\n");
  bks_test_await_ok (bks_book_session_restore_node (self->session, c));
  assert_tree (self, "Q 0\n  z 0\nb 0\nP 0\n  c 0\n  a 0\n");
  bks_test_await_error (bks_book_session_trash_node (self->session, "nothing"), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_book_session_restore_node (self->session, "nothing"), BKS_ERROR_NOT_FOUND);
}

static void
test_depth (Fixture       *self,
            gconstpointer  data)
{
  g_autofree char *id = fixture_create_book (self, "Book");
  g_autofree char *deepest = NULL;
  g_autofree char *top = NULL;
  guint depth = 0;

  self->session = fixture_open (self, id, TRUE);
  deepest = find (self, "Chapter 1");
  for (;;)
    {
      g_autoptr(BksNode) node = NULL;
      g_autoptr(GError) error = NULL;
      const GValue *value = bks_test_await (bks_book_session_add_node (self->session, BKS_NODE_CHAPTER, "x", deepest, -1),
                                            &error);

      if (value == NULL)
        {
          g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT);
          break;
        }
      node = g_value_dup_object (value);
      g_set_str (&deepest, bks_node_get_id (node));
      g_assert_cmpuint (++depth, <, 100);
    }
  g_assert_cmpuint (depth, >, 8);
  /* Nor by moving. */
  add (self, "P", NULL, -1);
  add (self, "c", "P", -1);
  top = find (self, "P");
  bks_test_await_error (bks_book_session_move_node (self->session, top, deepest, 0), BKS_ERROR_INVALID_ARGUMENT);
}

/* One process, several askers. */
static void
test_open_at_once (Fixture       *self,
                   gconstpointer  data)
{
  g_autofree char *id = fixture_create_book (self, "Book");
  DexFuture *futures[3];
  g_autoptr(BksBookSession) second = NULL;
  g_autoptr(BksBookSession) reader = NULL;
  BksBookSession *closed;

  futures[0] = bks_studio_open_book (self->studio, id, TRUE);
  futures[1] = bks_studio_open_book (self->studio, id, TRUE);
  futures[2] = bks_studio_open_book (self->studio, id, FALSE);
  self->session = bks_test_await_object (futures[0]);
  second = bks_test_await_object (futures[1]);
  reader = bks_test_await_object (futures[2]);
  g_assert_true (second == self->session);
  g_assert_true (reader == self->session);
  g_assert_true (bks_book_session_get_writable (reader));
  g_clear_object (&second);
  g_clear_object (&reader);

  /* Opened again while it is being closed: another session, not this process's own lock. */
  closed = self->session;
  futures[0] = bks_book_session_close (closed);
  futures[1] = bks_studio_open_book (self->studio, id, TRUE);
  futures[2] = bks_book_session_close (closed);
  second = bks_test_await_object (futures[1]);
  g_assert_true (second != closed);
  bks_test_await_ok (futures[0]);
  bks_test_await_ok (futures[2]);
  g_object_unref (closed);
  self->session = g_steal_pointer (&second);
  g_object_unref (bks_test_await_object (bks_book_session_add_node (self->session, BKS_NODE_CHAPTER, "x", NULL, -1)));
}

/* Reading first is no reason not to write later. */
static void
test_read_then_write (Fixture       *self,
                      gconstpointer  data)
{
  g_autofree char *id = fixture_create_book (self, "Book");
  g_autoptr(BksBookSession) reader = fixture_open (self, id, FALSE);

  g_assert_false (bks_book_session_get_writable (reader));
  self->session = fixture_open (self, id, TRUE);
  g_assert_true (bks_book_session_get_writable (self->session));
  g_assert_true (self->session != reader);
  bks_test_await_ok (bks_book_session_close (reader));
  g_object_unref (bks_test_await_object (bks_book_session_add_node (self->session, BKS_NODE_CHAPTER, "x", NULL, -1)));
}

/* The other process: opens the book, says so and waits. */
static int
hold (const char *dir,
      const char *id)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(BksSecretStore) secrets = bks_memory_secret_store_new (BKS_SECRET_READY);
  g_autoptr(BksStudio) studio = bks_studio_new (dir, secrets, limits);
  g_autoptr(BksBookSession) session = NULL;

  g_set_prgname ("the-other-one");
  bks_test_await_ok (bks_studio_open (studio));
  session = bks_test_await_object (bks_studio_open_book (studio, id, TRUE));
  g_print ("held\n");
  fflush (stdout);
  (void) getchar ();
  return 0;
}

static void
test_two_processes (Fixture       *self,
                    gconstpointer  data)
{
  g_autofree char *id = fixture_create_book (self, "Book");
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) other = NULL;
  g_autoptr(GDataInputStream) lines = NULL;
  g_autofree char *line = NULL;
  g_autofree char *process = NULL;
  g_autofree char *tree = NULL;

  other = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDIN_PIPE, &error,
                            "/proc/self/exe", "--hold", self->dir, id, NULL);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (other));
  line = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_cmpstr (line, ==, "held");

  g_assert_null (bks_test_await (bks_studio_open_book (self->studio, id, TRUE), &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_BUSY);
  process = g_strdup_printf ("the-other-one (process %s)", g_subprocess_get_identifier (other));
  g_assert_nonnull (strstr (error->message, process));
  /* Reading and exporting go on. */
  self->session = fixture_open (self, id, FALSE);
  tree = describe (self->session);
  g_assert_cmpstr (tree, ==, "Chapter 1 0\n");
  g_clear_object (&self->session);

  /* The lock dies with its process, however that ends. */
  g_subprocess_send_signal (other, SIGKILL);
  g_subprocess_wait (other, NULL, NULL);
  self->session = fixture_open (self, id, TRUE);
  g_assert_true (bks_book_session_get_writable (self->session));
}

static char *
export (Fixture         *self,
        const char      *id,
        BksExportFormat  format,
        gsize           *length)
{
  g_autofree char *name = g_strconcat ("out", bks_export_format_get_suffix (format), NULL);
  g_autofree char *path = g_build_filename (self->dir, name, NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  char *contents = NULL;

  bks_test_await_ok (bks_studio_export_book (self->studio, id, format, file, NULL));
  g_assert_true (g_file_get_contents (path, &contents, length, NULL));
  return contents;
}

static void
test_export (Fixture       *self,
             gconstpointer  data)
{
  g_autofree char *id = NULL;
  g_autofree char *markdown = NULL;
  g_autofree char *text = NULL;
  g_autofree char *epub = NULL;
  g_autoptr(BksNode) note = NULL;
  g_autoptr(BksNodeSession) note_text = NULL;
  gsize length;

  fixture_open_page (self, "It was *late*.");
  id = g_strdup (bks_book_get_id (bks_book_session_get_book (self->session)));
  note = bks_test_await_object (bks_book_session_add_node (self->session, BKS_NODE_NOTE, "Private", NULL, -1));
  note_text = bks_test_await_object (bks_book_session_open_node (self->session, bks_node_get_id (note)));
  bks_test_await_ok (bks_node_session_set_text (note_text, "He did it.", -1));
  /* What is on the screen is exported, not what was there a second ago; notes are not. */
  fixture_type (self, "It was *later*.");
  markdown = export (self, id, BKS_EXPORT_MARKDOWN, &length);
  g_assert_nonnull (strstr (markdown, "It was *later*."));
  g_assert_nonnull (strstr (markdown, "Chapter 1"));
  g_assert_null (strstr (markdown, "He did it"));
  text = export (self, id, BKS_EXPORT_TEXT, &length);
  g_assert_nonnull (strstr (text, "later"));
  g_assert_null (strstr (text, "He did it"));
  epub = export (self, id, BKS_EXPORT_EPUB, &length);
  g_assert_cmpuint (length, >, 1000);
  g_assert_cmpint (memcmp (epub, "PK\x03\x04", 4), ==, 0);
}

/* The disk is full half way: the file that was there stays. */
static void
test_failed_export (Fixture       *self,
                    gconstpointer  data)
{
  g_autofree char *path = g_build_filename (self->dir, "out.txt", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFile) nowhere = g_file_new_for_uri ("https://example.org/out.txt");
  g_autofree char *missing_path = g_build_filename (self->dir, "missing", "out.txt", NULL);
  g_autoptr(GFile) missing = g_file_new_for_path (missing_path);
  g_autoptr(BksBook) book = bks_test_await_object (bks_studio_import_sample (self->studio, NULL));
  g_autofree char *contents = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GDir) dir = NULL;
  struct rlimit all, little;

  g_assert_true (g_file_set_contents (path, "the old one", -1, NULL));
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &all), ==, 0);
  little = all;
  little.rlim_cur = 100000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &little), ==, 0);
  g_assert_null (bks_test_await (bks_studio_export_book (self->studio, bks_book_get_id (book), BKS_EXPORT_TEXT, file, NULL),
                                 &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &all), ==, 0);
  g_assert_cmpint (error->domain, ==, BKS_ERROR);
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "the old one");

  bks_test_await_error (bks_studio_export_book (self->studio, bks_book_get_id (book), BKS_EXPORT_TEXT, missing, NULL),
                        BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_studio_export_book (self->studio, bks_book_get_id (book), BKS_EXPORT_TEXT, nowhere, NULL),
                        BKS_ERROR_UNSUPPORTED);
  /* Nothing half written lies about. */
  dir = g_dir_open (self->dir, 0, NULL);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    g_assert_true (g_str_equal (name, "books") || g_str_has_prefix (name, "library.db") || g_str_equal (name, "out.txt"));
}

static void
test_cancelled_export (Fixture       *self,
                       gconstpointer  data)
{
  g_autofree char *path = g_build_filename (self->dir, "out.epub", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(BksBook) book = bks_test_await_object (bks_studio_import_sample (self->studio, NULL));

  for (guint wait_ms = 0; wait_ms < 20; wait_ms += 4)
    {
      g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
      g_autoptr(DexFuture) future = bks_studio_export_book (self->studio, bks_book_get_id (book), BKS_EXPORT_EPUB, file,
                                                            cancellable);
      g_autoptr(GError) error = NULL;

      if (wait_ms > 0)
        bks_test_spin (wait_ms);
      dex_cancellable_cancel (cancellable);
      if (bks_test_await (g_steal_pointer (&future), &error) != NULL)
        break;
      g_assert_error (error, BKS_ERROR, BKS_ERROR_CANCELLED);
      g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
    }
}

static void
test_formats (void)
{
  BksExportFormat format;

  g_assert_true (bks_export_format_from_string ("epub", &format));
  g_assert_cmpint (format, ==, BKS_EXPORT_EPUB);
  g_assert_true (bks_export_format_from_string ("markdown", &format));
  g_assert_cmpstr (bks_export_format_get_suffix (format), ==, ".md");
  g_assert_false (bks_export_format_from_string ("EPUB", &format));
  g_assert_false (bks_export_format_from_string ("", &format));
  g_assert_false (bks_export_format_from_string (NULL, &format));
}

int
main (int    argc,
      char **argv)
{
  if (argc == 4 && g_str_equal (argv[1], "--hold"))
    {
      dex_init ();
      return hold (argv[2], argv[3]);
    }
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(path, func) g_test_add ("/books/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("import/novel", test_import);
  ADD ("import/sample", test_sample);
  ADD ("import/failed", test_failed_imports);
  ADD ("import/cancelled", test_cancelled_imports);
  ADD ("import/clean-up", test_clean_up);
  ADD ("library/adopt", test_adopt);
  ADD ("library/create", test_create);
  ADD ("library/refuses", test_library_refuses);
  ADD ("library/details", test_details);
  ADD ("library/trash", test_trash_book);
  ADD ("library/find", test_find);
  ADD ("nodes/order", test_nodes);
  ADD ("nodes/depth", test_depth);
  ADD ("open/at-once", test_open_at_once);
  ADD ("open/read-then-write", test_read_then_write);
  ADD ("open/two-processes", test_two_processes);
  ADD ("export/formats", test_export);
  ADD ("export/failed", test_failed_export);
  ADD ("export/cancelled", test_cancelled_export);
#undef ADD
  g_test_add_func ("/books/export/names", test_formats);
  return g_test_run ();
}
