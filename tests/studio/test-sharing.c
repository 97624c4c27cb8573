/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "studio-fixture.h"

/* One book and several who want it. */

static char *
dup_book_id (Fixture *self)
{
  return g_strdup (bks_book_get_id (bks_book_session_get_book (self->session)));
}

/* Another process would have its own description of the lock's file, as a second studio has. */
static void
test_busy (Fixture       *self,
           gconstpointer  data)
{
  g_autoptr(BksStudio) other = bks_studio_new (self->dir, self->secrets, self->limits);
  g_autofree char *holder = g_strdup_printf ("(process %d)", (int) getpid ());
  g_autofree char *book_id = NULL;
  g_autofree char *read = NULL;
  g_autoptr(BksBookSession) reader = NULL;
  g_autoptr(BksNodeSession) text = NULL;
  g_autoptr(GError) error = NULL;

  fixture_open_page (self, "Seen by both.");
  book_id = dup_book_id (self);
  bks_test_await_ok (bks_studio_open (other));
  g_assert_null (bks_test_await (bks_studio_open_book (other, book_id, TRUE), &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, holder));

  reader = bks_test_await_object (bks_studio_open_book (other, book_id, FALSE));
  read = bks_test_await_string (bks_book_session_read_text (reader, bks_node_get_id (self->node)));
  g_assert_cmpstr (read, ==, "Seen by both.");
  text = bks_test_await_object (bks_book_session_open_node (reader, bks_node_get_id (self->node)));
  bks_test_await_error (bks_node_session_set_text (text, "Not mine.", -1), BKS_ERROR_READ_ONLY);
  g_clear_object (&text);
  bks_test_await_ok (bks_studio_close (other));
  fixture_assert_stored (self, "Seen by both.");
}

static void
test_released (Fixture       *self,
               gconstpointer  data)
{
  g_autoptr(BksStudio) other = bks_studio_new (self->dir, self->secrets, self->limits);
  g_autofree char *book_id = NULL;
  g_autoptr(BksBookSession) writer = NULL;

  fixture_open_page (self, "Mine first.");
  book_id = dup_book_id (self);
  bks_test_await_ok (bks_book_session_close (self->session));
  bks_test_await_ok (bks_studio_open (other));
  writer = bks_test_await_object (bks_studio_open_book (other, book_id, TRUE));
  g_assert_true (bks_book_session_get_writable (writer));
  bks_test_await_ok (bks_studio_close (other));
}

/* The lock of this very process must not keep the second one out. */
static void
test_opened_twice (Fixture       *self,
                   gconstpointer  data)
{
  g_autofree char *book_id = fixture_create_book (self, "Twice");
  DexFuture *one = bks_studio_open_book (self->studio, book_id, TRUE);
  DexFuture *two = bks_studio_open_book (self->studio, book_id, TRUE);
  g_autoptr(BksBookSession) first = bks_test_await_object (one);
  g_autoptr(BksBookSession) second = bks_test_await_object (two);

  g_assert_true (first == second);
}

/* Nobody holds the session any more when the timer fires. */
static void
test_last_reference (Fixture       *self,
                     gconstpointer  data)
{
  BksNodeSession *text;
  gpointer watch;

  fixture_open_page (self, "One.");
  text = self->text;
  watch = text;
  g_object_add_weak_pointer (G_OBJECT (text), &watch);
  fixture_type (self, "One two.");
  fixture_close_editor (self);
  for (guint i = 0; watch != NULL && i < 1000; i++)
    bks_test_spin (5);
  g_assert_null (watch);
  fixture_assert_stored (self, "One two.");
}

static gboolean
is_saving (gpointer text)
{
  return bks_node_session_get_state (text) == BKS_SAVE_SAVING;
}

static gboolean
has_failed (gpointer text)
{
  return bks_node_session_get_state (text) == BKS_SAVE_FAILED;
}

static gboolean
is_clean (gpointer text)
{
  return bks_node_session_get_state (text) == BKS_SAVE_CLEAN;
}

/* The editor goes during a save, with no key unsaved, and then that save fails:
 * its text was nowhere but in the save. */
static void
test_left_in_failing_save (Fixture       *self,
                           gconstpointer  data)
{
  g_autofree char *book_id = NULL;
  g_autofree char *path = NULL;
  g_autoptr(BksNodeSession) text = NULL;
  guint asked;
  sqlite3 *file = NULL;

  fixture_open_page (self, "One.");
  book_id = dup_book_id (self);
  path = fixture_book_path (self, book_id, "book.db");
  text = g_object_ref (self->text);
  g_free (fixture_query_book (self, "CREATE TRIGGER broken BEFORE UPDATE ON texts BEGIN SELECT RAISE (FAIL, 'x'); END"));
  g_assert_cmpint (sqlite3_open (path, &file), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (file, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  fixture_type (self, "One two.");
  asked = self->asked;
  dex_future_disown (bks_node_session_save (text));
  while (self->asked == asked)
    g_main_context_iteration (NULL, FALSE);
  g_assert_true (is_saving (text));
  fixture_close_editor (self);
  g_assert_cmpint (sqlite3_exec (file, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
  bks_test_wait_for (has_failed, text);
  g_assert_cmpint (sqlite3_exec (file, "DROP TRIGGER broken", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (file);
  bks_test_wait_for (is_clean, text);
  fixture_assert_stored (self, "One two.");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(path, func) g_test_add ("/sharing/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("busy", test_busy);
  ADD ("released", test_released);
  ADD ("opened-twice", test_opened_twice);
  ADD ("last-reference", test_last_reference);
  ADD ("left-in-failing-save", test_left_in_failing_save);
  return g_test_run ();
}
