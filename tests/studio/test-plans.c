/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <sqlite3.h>
#include <string.h>

#include "studio-fixture.h"

/* Status, synopsis and target of a node, through the open book. */

#define LINES "Ines counts the boats.\nOne is missing."

static char *
read_plan (Fixture    *self,
           const char *node_id)
{
  g_autofree char *sql = g_strdup_printf ("SELECT synopsis || '|' || target_words FROM nodes WHERE id = '%s'", node_id);

  return fixture_query_book (self, sql);
}

static void
assert_stored (Fixture    *self,
               const char *node_id,
               const char *expected)
{
  g_autofree char *plan = read_plan (self, node_id);

  g_assert_cmpstr (plan, ==, expected);
}

static void
open_page (Fixture *self)
{
  fixture_open_page (self, "Some words.");
}

static const char *
id_of (Fixture *self)
{
  return bks_node_get_id (self->node);
}

typedef struct
{
  Fixture    *fixture;
  const char *node_id;
  const char *expected;
} Stored;

static gboolean
is_stored (gpointer data)
{
  Stored *stored = data;
  g_autofree char *plan = read_plan (stored->fixture, stored->node_id);

  return g_strcmp0 (plan, stored->expected) == 0;
}

static void
wait_stored (Fixture    *self,
             const char *node_id,
             const char *expected)
{
  bks_test_wait_for (is_stored, &(Stored) { self, node_id, expected });
}

/* Every key counts at once, and is on disk a moment later without being asked for. */
static void
test_typed (Fixture       *self,
            gconstpointer  data)
{
  open_page (self);
  bks_book_session_edit_plan (self->session, id_of (self), "Ines", -1);
  bks_book_session_edit_plan (self->session, id_of (self), LINES, -1);
  bks_book_session_edit_plan (self->session, id_of (self), NULL, 2000);
  g_assert_cmpstr (bks_node_get_synopsis (self->node), ==, LINES);
  g_assert_cmpint (bks_node_get_target_words (self->node), ==, 2000);
  assert_stored (self, id_of (self), "|0");
  wait_stored (self, id_of (self), LINES "|2000");
}

/* Somebody who leaves one scene while typing, and types on in the next. */
static void
test_two_nodes (Fixture       *self,
                gconstpointer  data)
{
  g_autoptr(BksNode) other = NULL;

  open_page (self);
  other = bks_test_await_object (bks_book_session_add_node (self->session, BKS_NODE_PART, "Two", NULL, -1));
  bks_book_session_edit_plan (self->session, id_of (self), "First.", -1);
  bks_book_session_edit_plan (self->session, bks_node_get_id (other), "Second.", 5);
  bks_test_await_ok (bks_book_session_save (self->session));
  assert_stored (self, id_of (self), "First.|0");
  assert_stored (self, bks_node_get_id (other), "Second.|5");
}

static void
test_closing (Fixture       *self,
              gconstpointer  data)
{
  g_autofree char *node_id = NULL;
  g_autofree char *path = NULL;
  g_autofree char *synopsis = NULL;

  open_page (self);
  node_id = g_strdup (id_of (self));
  path = fixture_book_path (self, bks_book_get_id (bks_book_session_get_book (self->session)), "book.db");
  bks_book_session_edit_plan (self->session, node_id, LINES, -1);
  fixture_restart (self);
  synopsis = fixture_query (path, "SELECT synopsis FROM nodes WHERE synopsis <> ''");
  g_assert_cmpstr (synopsis, ==, LINES);
}

/* So many chapters that the binder is read for longer than a synopsis is written. */
static void
open_long_book (Fixture *self)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autofree char *path = g_build_filename (self->dir, "long.md", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(BksBook) book = NULL;

  for (guint i = 0; i < 3000; i++)
    g_string_append_printf (text, "# Chapter %u\n\nWords.\n\n", i);
  g_assert_true (g_file_set_contents (path, text->str, -1, NULL));
  book = bks_test_await_object (bks_studio_import_book (self->studio, file, NULL));
  self->session = fixture_open (self, bks_book_get_id (book), TRUE);
  self->node = g_list_model_get_item (bks_book_session_get_nodes (self->session), 0);
}

/* What is read from the disk meanwhile is older than what is being typed. */
static void
test_read_meanwhile (Fixture       *self,
                     gconstpointer  data)
{
  g_autoptr(BksNode) other = NULL;

  open_long_book (self);
  other = bks_test_await_object (bks_book_session_add_node (self->session, BKS_NODE_CHAPTER, "Two", NULL, -1));
  for (guint i = 0; i < 30; i++)
    {
      g_autofree char *synopsis = g_strdup_printf ("Synopsis %u", i);
      g_autofree char *stored = g_strconcat (synopsis, "|0", NULL);
      DexFuture *restoring;

      bks_test_await_ok (bks_book_session_trash_node (self->session, bks_node_get_id (other)));
      restoring = bks_book_session_restore_node (self->session, bks_node_get_id (other));
      bks_test_spin (i % 4);
      bks_book_session_edit_plan (self->session, id_of (self), synopsis, -1);
      bks_test_await_ok (bks_book_session_save (self->session));
      bks_test_await_ok (restoring);
      g_assert_cmpstr (bks_node_get_synopsis (self->node), ==, synopsis);
      assert_stored (self, id_of (self), stored);
    }
}

static void
count_cb (BksBookSession *session,
          guint          *count)
{
  (*count)++;
}

static gboolean
has_error (gpointer session)
{
  return bks_book_session_get_plan_error (session) != NULL;
}

static gboolean
has_no_error (gpointer session)
{
  return !has_error (session);
}

/* Another program keeps the file: it is told, nothing is lost, and it is saved once that is possible. */
static void
test_failure (Fixture       *self,
              gconstpointer  data)
{
  g_autofree char *path = NULL;
  sqlite3 *other;
  guint told = 0;

  self->limits->database_busy_ms = 20;
  open_page (self);
  g_signal_connect (self->session, "plan-error-changed", G_CALLBACK (count_cb), &told);
  path = fixture_book_path (self, bks_book_get_id (bks_book_session_get_book (self->session)), "book.db");
  g_assert_cmpint (sqlite3_open (path, &other), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  bks_book_session_edit_plan (self->session, id_of (self), LINES, 7);
  bks_test_wait_for (has_error, self->session);
  bks_test_await_error (bks_book_session_close (self->session), BKS_ERROR_BUSY);
  g_assert_cmpint (sqlite3_exec (other, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (other);
  bks_test_wait_for (has_no_error, self->session);
  assert_stored (self, id_of (self), LINES "|7");
  g_assert_cmpuint (told, >=, 2);
  g_signal_handlers_disconnect_by_data (self->session, &told);
}

/* What is deleted for good must not keep the book from being closed. */
static void
test_deleted_for_good (Fixture       *self,
                       gconstpointer  data)
{
  g_autofree char *node_id = NULL;

  open_page (self);
  node_id = g_strdup (id_of (self));
  fixture_close_editor (self);
  bks_test_await_ok (bks_book_session_trash_node (self->session, node_id));
  bks_test_await_int64 (bks_book_session_empty_trash (self->session));
  bks_book_session_edit_plan (self->session, node_id, "Too late.", -1);
  bks_test_await_ok (bks_book_session_close (self->session));
}

static void
test_refusals (Fixture       *self,
               gconstpointer  data)
{
  g_autofree char *endless = g_strnfill (self->limits->synopsis_bytes + 1, 'x');

  open_page (self);
  bks_test_await_error (bks_book_session_set_plan (self->session, id_of (self), endless, -1), BKS_ERROR_TOO_LARGE);
  bks_test_await_error (bks_book_session_set_plan (self->session, id_of (self), "\xff", -1), BKS_ERROR_INVALID_INPUT);
  bks_test_await_error (bks_book_session_set_plan (self->session, "nothing", "x", -1), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_book_session_set_status (self->session, "nothing", BKS_STATUS_DONE), BKS_ERROR_NOT_FOUND);
  assert_stored (self, id_of (self), "|0");
}

static gboolean
is_last_reference (gpointer object)
{
  return G_OBJECT (object)->ref_count == 1;
}

/* Another process sets what the window shows; what was typed before is older. */
static void
test_by_another_process (Fixture       *self,
                         gconstpointer  data)
{
  g_autoptr(BksStudio) other = bks_studio_new (self->dir, self->secrets, self->limits);
  g_autoptr(BksBookSession) guest = NULL;
  g_autofree char *book_id = NULL;

  bks_studio_set_listens (self->studio, TRUE);
  open_page (self);
  book_id = g_strdup (bks_book_get_id (bks_book_session_get_book (self->session)));
  bks_test_await_ok (bks_studio_open (other));
  guest = bks_test_await_object (bks_studio_open_book_to_change (other, book_id));
  bks_book_session_edit_plan (self->session, id_of (self), "Typed.", 10);
  bks_test_await_ok (bks_book_session_set_plan (guest, id_of (self), "From outside.", -1));
  bks_test_await_ok (bks_book_session_set_status (guest, id_of (self), BKS_STATUS_REVISED));
  g_assert_cmpstr (bks_node_get_synopsis (self->node), ==, "From outside.");
  g_assert_cmpint (bks_node_get_target_words (self->node), ==, 10);
  g_assert_cmpint (bks_node_get_status (self->node), ==, BKS_STATUS_REVISED);
  g_assert_cmpint (bks_node_get_status (bks_book_session_get_node (guest, id_of (self))), ==, BKS_STATUS_REVISED);
  bks_test_await_ok (bks_book_session_close (guest));
  bks_test_wait_for (is_last_reference, guest);
  bks_test_await_ok (bks_studio_close (other));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(name, func) g_test_add ("/plans/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("typed", test_typed);
  ADD ("two-nodes", test_two_nodes);
  ADD ("closing", test_closing);
  ADD ("read-meanwhile", test_read_meanwhile);
  ADD ("failure", test_failure);
  ADD ("deleted-for-good", test_deleted_for_good);
  ADD ("refusals", test_refusals);
  ADD ("by-another-process", test_by_another_process);
  return g_test_run ();
}
