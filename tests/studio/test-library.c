/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "bks-book-lock.h"
#include "bks-error.h"
#include "bks-studio.h"
#include "bks-test-util.h"

typedef struct
{
  char      *dir;
  char      *books;
  BksLimits *limits;
  BksStudio *studio;
} Fixture;

static void
open_studio (Fixture *self)
{
  g_autoptr(BksSecretStore) secrets = bks_memory_secret_store_new (BKS_SECRET_READY);

  self->studio = bks_studio_new (self->dir, secrets, self->limits);
  bks_test_await_ok (bks_studio_open (self->studio));
}

static void
close_studio (Fixture *self)
{
  bks_test_await_ok (bks_studio_close (self->studio));
  g_clear_object (&self->studio);
}

static void
setup (Fixture       *self,
       gconstpointer  data)
{
  self->dir = bks_test_dir_new ();
  self->books = g_build_filename (self->dir, "books", NULL);
  self->limits = bks_limits_new ();
  self->limits->autosave_idle_ms = 30;
  self->limits->autosave_most_ms = 120;
  open_studio (self);
}

static void
teardown (Fixture       *self,
          gconstpointer  data)
{
  close_studio (self);
  bks_limits_unref (self->limits);
  g_free (self->books);
  bks_test_dir_remove (self->dir);
}

/* Everything in the folder of books, unfinished ones too. */
static guint
count_folders (Fixture *self)
{
  g_autoptr(GDir) dir = g_dir_open (self->books, 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static guint
count_books (Fixture *self)
{
  return g_list_model_get_n_items (bks_studio_get_books (self->studio));
}

static BksBookSession *
open_book (Fixture    *self,
           const char *id,
           gboolean    writable)
{
  return bks_test_await_object (bks_studio_open_book (self->studio, id, writable));
}

static GFile *
write_file (Fixture    *self,
            const char *name,
            const char *bytes,
            gssize      length)
{
  g_autofree char *path = g_build_filename (self->dir, name, NULL);

  g_assert_true (g_file_set_contents (path, bytes, length, NULL));
  return g_file_new_for_path (path);
}

static guint
count_kind (BksBookSession *session,
            BksNodeKind     kind)
{
  g_autoptr(GPtrArray) nodes = bks_book_session_list_nodes (session);
  guint n = 0;

  for (guint i = 0; i < nodes->len; i++)
    n += bks_node_get_kind (g_ptr_array_index (nodes, i)) == kind;
  return n;
}

static void
test_sample (Fixture       *self,
             gconstpointer  data)
{
  g_autoptr(BksBook) book = bks_test_await_object (bks_studio_import_sample (self->studio, NULL));
  g_autoptr(BksBookSession) session = open_book (self, bks_book_get_id (book), FALSE);

  g_assert_cmpstr (bks_book_get_title (book), ==, "Pride and Prejudice");
  g_assert_cmpuint (count_kind (session, BKS_NODE_CHAPTER), ==, 61);
  g_assert_cmpint (bks_book_get_words (book), >, 115000);
  g_assert_cmpint (bks_book_get_words (book), <, 135000);
  g_assert_cmpint (bks_book_get_words (bks_book_session_get_book (session)), ==, bks_book_get_words (book));
  g_assert_cmpuint (count_books (self), ==, 1);
}

static void
test_austen (Fixture       *self,
             gconstpointer  data)
{
  static const struct { const char *name, *title; guint chapters; gint64 words; } novels[] = {
    { "emma.txt", "EMMA", 55, 157441 },
    { "mansfield-park.txt", "MANSFIELD PARK", 48, 159540 },
    { "northanger-abbey.txt", "NORTHANGER ABBEY", 31, 77141 },
    { "persuasion.txt", "PERSUASION", 24, 83283 },
    { "sense-and-sensibility.txt", "SENSE AND SENSIBILITY", 50, 118565 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (novels); i++)
    {
      g_autoptr(GFile) file = g_file_new_build_filename (g_test_get_dir (G_TEST_DIST), "data", "austen",
                                                         novels[i].name, NULL);
      g_autoptr(BksBook) book = bks_test_await_object (bks_studio_import_book (self->studio, file, NULL));
      g_autoptr(BksBookSession) session = open_book (self, bks_book_get_id (book), FALSE);

      g_test_message ("%s: %" G_GINT64_FORMAT " words", novels[i].name, bks_book_get_words (book));
      g_assert_cmpint (g_ascii_strcasecmp (bks_book_get_title (book), novels[i].title), ==, 0);
      g_assert_cmpuint (count_kind (session, BKS_NODE_CHAPTER), ==, novels[i].chapters);
      /* What spaces part in the file; a little of it is headings. */
      g_assert_cmpint (bks_book_get_words (book), >, novels[i].words * 97 / 100);
      g_assert_cmpint (bks_book_get_words (book), <, novels[i].words * 105 / 100);
    }
  g_assert_cmpuint (count_folders (self), ==, G_N_ELEMENTS (novels));
}

static void
test_import_failed (Fixture       *self,
                    gconstpointer  data)
{
  static const char binary[] = "\x7f" "ELF\0\0\1\2\3\xff\xfe\0\0";
  g_autoptr(GFile) not_text = write_file (self, "a.txt", binary, sizeof binary);
  g_autoptr(GFile) empty = write_file (self, "b.txt", "", 0);
  g_autoptr(GFile) absent = g_file_new_build_filename (self->dir, "absent.txt", NULL);

  bks_test_await_error (bks_studio_import_book (self->studio, not_text, NULL), BKS_ERROR_INVALID_INPUT);
  bks_test_await_error (bks_studio_import_book (self->studio, empty, NULL), BKS_ERROR_INVALID_INPUT);
  bks_test_await_error (bks_studio_import_book (self->studio, absent, NULL), BKS_ERROR_NOT_FOUND);
  g_assert_cmpuint (count_folders (self), ==, 0);
  g_assert_cmpuint (count_books (self), ==, 0);
}

static void
test_import_cancelled (Fixture       *self,
                       gconstpointer  data)
{
  g_autoptr(DexCancellable) before = dex_cancellable_new ();
  g_autoptr(DexCancellable) during = dex_cancellable_new ();
  DexFuture *import;

  dex_cancellable_cancel (before);
  bks_test_await_error (bks_studio_import_sample (self->studio, before), BKS_ERROR_CANCELLED);
  import = bks_studio_import_sample (self->studio, during);
  bks_test_spin (5);
  dex_cancellable_cancel (during);
  bks_test_await_error (import, BKS_ERROR_CANCELLED);
  g_assert_cmpuint (count_folders (self), ==, 0);
  g_assert_cmpuint (count_books (self), ==, 0);
}

static void
test_unfinished (Fixture       *self,
                 gconstpointer  data)
{
  g_autofree char *stale = g_build_filename (self->books, ".new-stale", NULL);
  g_autofree char *held = g_build_filename (self->books, ".new-held", NULL);
  g_autofree char *rest = g_build_filename (stale, "book.db", NULL);
  g_autoptr(GError) error = NULL;
  BksBookLock *lock;

  close_studio (self);
  g_assert_cmpint (g_mkdir (stale, 0700), ==, 0);
  g_assert_true (g_file_set_contents (rest, "half", -1, NULL));
  g_assert_cmpint (g_mkdir (held, 0700), ==, 0);
  lock = bks_book_lock_take (held, "an import", &error);
  g_assert_no_error (error);
  open_studio (self);
  g_assert_false (g_file_test (stale, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (held, G_FILE_TEST_IS_DIR));
  bks_book_lock_release (lock);
}

static void
test_adopt (Fixture       *self,
            gconstpointer  data)
{
  g_autoptr(BksBook) book = bks_test_await_object (bks_studio_create_book (self->studio, "Lost", "Author"));
  g_autoptr(BksBook) found = NULL;
  g_autoptr(BksBookSession) session = NULL;

  close_studio (self);
  for (guint i = 0; i < 3; i++)
    {
      static const char *const names[] = { "library.db", "library.db-wal", "library.db-shm" };
      g_autofree char *path = g_build_filename (self->dir, names[i], NULL);

      g_assert_true (g_remove (path) == 0 || i > 0);
    }
  open_studio (self);
  g_assert_cmpuint (count_books (self), ==, 1);
  found = bks_test_await_object (bks_studio_find_book (self->studio, bks_book_get_id (book)));
  g_assert_cmpstr (bks_book_get_title (found), ==, "Lost");
  g_assert_cmpstr (bks_book_get_author (found), ==, "Author");
  session = open_book (self, bks_book_get_id (book), TRUE);
  g_assert_true (bks_book_session_get_writable (session));
}

/* The binder as "title" in order, each level in brackets. */
static void
describe (GListModel *nodes,
          GString    *text)
{
  for (guint i = 0; i < g_list_model_get_n_items (nodes); i++)
    {
      g_autoptr(BksNode) node = g_list_model_get_item (nodes, i);

      g_string_append (text, bks_node_get_title (node));
      if (g_list_model_get_n_items (bks_node_get_children (node)) == 0)
        continue;
      g_string_append_c (text, '(');
      describe (bks_node_get_children (node), text);
      g_string_append_c (text, ')');
    }
}

/* As it is shown, and as it is after the book was closed and opened again. */
static void
assert_tree (Fixture         *self,
             BksBookSession **session,
             const char      *expected)
{
  g_autofree char *id = g_strdup (bks_book_get_id (bks_book_session_get_book (*session)));

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GString) text = g_string_new (NULL);

      describe (bks_book_session_get_nodes (*session), text);
      g_assert_cmpstr (text->str, ==, expected);
      if (i > 0)
        break;
      bks_test_await_ok (bks_book_session_close (*session));
      g_object_unref (*session);
      *session = open_book (self, id, TRUE);
    }
}

static char *
add (BksBookSession *session,
     BksNodeKind     kind,
     const char     *title,
     const char     *parent,
     int             position)
{
  g_autoptr(BksNode) node = bks_test_await_object (bks_book_session_add_node (session, kind, title, parent, position));

  return g_strdup (bks_node_get_id (node));
}

static void
test_binder (Fixture       *self,
             gconstpointer  data)
{
  g_autoptr(BksBook) book = bks_test_await_object (bks_studio_create_book (self->studio, "Tree", ""));
  g_autoptr(BksBookSession) session = open_book (self, bks_book_get_id (book), TRUE);
  g_autoptr(BksNode) first = g_list_model_get_item (bks_book_session_get_nodes (session), 0);
  g_autofree char *x = g_strdup (bks_node_get_id (first));
  g_autofree char *p = add (session, BKS_NODE_PART, "P", NULL, 0);
  g_autofree char *a = add (session, BKS_NODE_CHAPTER, "a", p, -1);
  g_autofree char *c = add (session, BKS_NODE_CHAPTER, "c", p, -1);
  g_autofree char *b = add (session, BKS_NODE_CHAPTER, "b", p, 1);
  g_autofree char *s = add (session, BKS_NODE_SCENE, "s", b, -1);

  bks_test_await_ok (bks_book_session_rename_node (session, x, " x\n"));
  assert_tree (self, &session, "P(ab(s)c)x");
  bks_test_await_ok (bks_book_session_move_node (session, c, p, 0));
  assert_tree (self, &session, "P(cab(s))x");
  bks_test_await_ok (bks_book_session_move_node (session, c, p, 1));
  assert_tree (self, &session, "P(acb(s))x");
  bks_test_await_ok (bks_book_session_move_node (session, b, NULL, 0));
  assert_tree (self, &session, "b(s)P(ac)x");
  bks_test_await_ok (bks_book_session_move_node (session, b, p, 1));
  assert_tree (self, &session, "P(ab(s)c)x");

  bks_test_await_ok (bks_book_session_trash_node (session, b));
  assert_tree (self, &session, "P(ac)x");
  g_assert_null (bks_book_session_get_node (session, s));
  bks_test_await_ok (bks_book_session_restore_node (session, b));
  assert_tree (self, &session, "P(ab(s)c)x");
  bks_test_await_ok (bks_book_session_trash_node (session, p));
  assert_tree (self, &session, "x");
  bks_test_await_ok (bks_book_session_restore_node (session, p));
  assert_tree (self, &session, "P(ab(s)c)x");
  g_assert_cmpstr (bks_node_get_parent_id (bks_book_session_get_node (session, a)), ==, p);

  g_test_message ("a part below itself");
  g_assert_null (bks_test_await (bks_book_session_move_node (session, p, s, 0), NULL));
  bks_test_await_error (bks_book_session_rename_node (session, "nothing", "t"), BKS_ERROR_NOT_FOUND);
  assert_tree (self, &session, "P(ab(s)c)x");
}

static void
test_find_node (Fixture       *self,
                gconstpointer  data)
{
  g_autoptr(BksBook) book = bks_test_await_object (bks_studio_create_book (self->studio, "Find", ""));
  g_autoptr(BksBookSession) session = open_book (self, bks_book_get_id (book), TRUE);
  g_autofree char *a = add (session, BKS_NODE_CHAPTER, "a", NULL, -1);
  g_autofree char *first = g_strndup (a, 1);
  g_autoptr(GError) ambiguous = NULL;
  g_autoptr(GError) absent = NULL;

  g_assert_nonnull (bks_book_session_find_node (session, a, NULL));
  g_assert_null (bks_book_session_find_node (session, first, &ambiguous));
  g_assert_error (ambiguous, BKS_ERROR, BKS_ERROR_AMBIGUOUS);
  g_assert_null (bks_book_session_find_node (session, "zzz", &absent));
  g_assert_error (absent, BKS_ERROR, BKS_ERROR_NOT_FOUND);
}

static void
test_find_book (Fixture       *self,
                gconstpointer  data)
{
  g_autoptr(BksBook) one = bks_test_await_object (bks_studio_create_book (self->studio, "One", ""));
  g_autoptr(BksBook) two = bks_test_await_object (bks_studio_create_book (self->studio, "Two", ""));
  g_autoptr(BksBook) found = NULL;
  gsize same = 0;
  g_autofree char *shared = NULL;
  g_autofree char *unique = NULL;

  while (bks_book_get_id (one)[same] == bks_book_get_id (two)[same])
    same++;
  shared = g_strndup (bks_book_get_id (one), same);
  unique = g_strndup (bks_book_get_id (one), same + 1);
  g_assert_cmpuint (same, >, 0);
  bks_test_await_error (bks_studio_find_book (self->studio, shared), BKS_ERROR_AMBIGUOUS);
  bks_test_await_error (bks_studio_find_book (self->studio, "zzz"), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_studio_find_book (self->studio, ""), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_studio_open_book (self->studio, "../..", FALSE), BKS_ERROR_NOT_FOUND);
  found = bks_test_await_object (bks_studio_find_book (self->studio, unique));
  g_assert_cmpstr (bks_book_get_title (found), ==, "One");
}

static void
test_trash_book (Fixture       *self,
                 gconstpointer  data)
{
  g_autoptr(BksBook) book = bks_test_await_object (bks_studio_create_book (self->studio, "Trash", ""));
  g_autofree char *id = g_strdup (bks_book_get_id (book));
  g_autoptr(BksBookSession) session = open_book (self, id, TRUE);

  bks_test_await_ok (bks_studio_trash_book (self->studio, id));
  g_assert_cmpuint (count_books (self), ==, 0);
  bks_test_await_error (bks_book_session_add_node (session, BKS_NODE_CHAPTER, "late", NULL, -1), BKS_ERROR_FAILED);
  g_clear_object (&session);
  close_studio (self);
  open_studio (self);
  g_assert_cmpuint (count_books (self), ==, 0);
  bks_test_await_ok (bks_studio_restore_book (self->studio, id));
  g_assert_cmpuint (count_books (self), ==, 1);
  session = open_book (self, id, TRUE);
  g_assert_cmpstr (bks_book_get_title (bks_book_session_get_book (session)), ==, "Trash");
}

static void
test_details (Fixture       *self,
              gconstpointer  data)
{
  g_autoptr(BksBook) book = bks_test_await_object (bks_studio_create_book (self->studio, "Old", "Nobody"));
  g_autofree char *id = g_strdup (bks_book_get_id (book));
  g_autoptr(BksBookSession) session = open_book (self, id, TRUE);
  g_autoptr(BksBook) listed = NULL;

  bks_test_await_ok (bks_book_session_set_local_only (session, TRUE));
  bks_test_await_ok (bks_book_session_set_details (session, "New", NULL, "de"));
  g_clear_object (&session);
  close_studio (self);
  open_studio (self);
  listed = bks_test_await_object (bks_studio_find_book (self->studio, id));
  session = open_book (self, id, FALSE);
  for (guint i = 0; i < 2; i++)
    {
      BksBook *each = i == 0 ? listed : bks_book_session_get_book (session);

      g_assert_cmpstr (bks_book_get_title (each), ==, "New");
      g_assert_cmpstr (bks_book_get_author (each), ==, "Nobody");
      g_assert_cmpstr (bks_book_get_language (each), ==, "de");
      g_assert_true (bks_book_get_local_only (each));
    }
  bks_test_await_error (bks_book_session_set_local_only (session, FALSE), BKS_ERROR_READ_ONLY);
}

static void
test_export (Fixture       *self,
             gconstpointer  data)
{
  static const char *const begins[] = { "PK", NULL, NULL };
  g_autoptr(BksBook) book = bks_test_await_object (bks_studio_import_sample (self->studio, NULL));

  for (BksExportFormat format = BKS_EXPORT_EPUB; format <= BKS_EXPORT_TEXT; format++)
    {
      g_autofree char *name = g_strconcat ("out", bks_export_format_get_suffix (format), NULL);
      g_autoptr(GFile) file = g_file_new_build_filename (self->dir, name, NULL);
      g_autofree char *contents = NULL;
      gsize length;

      bks_test_await_ok (bks_studio_export_book (self->studio, bks_book_get_id (book), format, file, NULL));
      g_assert_true (g_file_get_contents (g_file_peek_path (file), &contents, &length, NULL));
      if (begins[format] != NULL)
        g_assert_true (g_str_has_prefix (contents, begins[format]));
      else
        g_assert_nonnull (strstr (contents, "It is a truth universally acknowledged"));
    }
}

static void
test_export_failed (Fixture       *self,
                    gconstpointer  data)
{
  g_autoptr(BksBook) book = bks_test_await_object (bks_studio_create_book (self->studio, "Out", ""));
  g_autoptr(GFile) file = g_file_new_build_filename (self->dir, "absent", "out.md", NULL);
  g_autofree char *absent = g_build_filename (self->dir, "absent", NULL);
  g_autoptr(GFile) out = g_file_new_build_filename (self->dir, "out.epub", NULL);
  g_autoptr(DexCancellable) cancelled = dex_cancellable_new ();

  bks_test_await_error (bks_studio_export_book (self->studio, bks_book_get_id (book), BKS_EXPORT_MARKDOWN, file, NULL),
                        BKS_ERROR_NOT_FOUND);
  g_assert_false (g_file_test (absent, G_FILE_TEST_EXISTS));
  dex_cancellable_cancel (cancelled);
  bks_test_await_error (bks_studio_export_book (self->studio, bks_book_get_id (book), BKS_EXPORT_EPUB, out, cancelled),
                        BKS_ERROR_CANCELLED);
  g_assert_false (g_file_query_exists (out, NULL));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(path, func) g_test_add ("/library/" path, Fixture, NULL, setup, func, teardown)
  ADD ("import/sample", test_sample);
  ADD ("import/austen", test_austen);
  ADD ("import/failed", test_import_failed);
  ADD ("import/cancelled", test_import_cancelled);
  ADD ("unfinished", test_unfinished);
  ADD ("adopt", test_adopt);
  ADD ("binder", test_binder);
  ADD ("find/node", test_find_node);
  ADD ("find/book", test_find_book);
  ADD ("trash-book", test_trash_book);
  ADD ("details", test_details);
  ADD ("export/formats", test_export);
  ADD ("export/failed", test_export_failed);
  return g_test_run ();
}
