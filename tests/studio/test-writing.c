/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "studio-fixture.h"

#include "bks-book-session-private.h"
#include "bks-drafts.h"
#include "bks-node-session-private.h"

/* Saving fails as long as the trigger is there, whatever the disk is like. */
static void
break_saving (Fixture *self)
{
  g_free (fixture_query_book (self, "CREATE TRIGGER broken BEFORE UPDATE ON texts BEGIN SELECT RAISE (ABORT, 'broken'); END"));
}

static void
mend_saving (Fixture *self)
{
  g_free (fixture_query_book (self, "DROP TRIGGER broken"));
}

static gboolean
is_clean (gpointer text)
{
  return bks_node_session_get_state (text) == BKS_SAVE_CLEAN;
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

static void
test_idle (Fixture       *self,
           gconstpointer  data)
{
  gint64 revision;

  fixture_open_page (self, "One.");
  revision = bks_node_get_revision (self->node);
  fixture_type (self, "One two.");
  g_assert_cmpint (bks_node_session_get_state (self->text), ==, BKS_SAVE_DIRTY);
  fixture_assert_stored (self, "One.");
  bks_test_wait_for (is_clean, self->text);
  fixture_assert_stored (self, "One two.");
  g_assert_cmpint (bks_node_get_revision (self->node), ==, revision + 1);
  g_assert_cmpint (bks_node_get_words (self->node), ==, 2);
  g_assert_cmpint (bks_book_get_words (bks_book_session_get_book (self->session)), ==, 2);
  /* A session at rest writes nothing. */
  bks_test_spin (250);
  bks_test_await_ok (bks_node_session_save (self->text));
  g_assert_cmpint (bks_node_get_revision (self->node), ==, revision + 1);
}

/* Somebody who never pauses is saved all the same. */
static void
test_most (Fixture       *self,
           gconstpointer  data)
{
  gint64 revision;
  gint64 start, end;

  self->limits->autosave_idle_ms = 10000;
  fixture_open_page (self, "");
  revision = bks_node_get_revision (self->node);
  start = g_get_monotonic_time ();
  end = start + 700000;
  for (guint i = 0; g_get_monotonic_time () < end; i++)
    {
      g_autofree char *page = g_strdup_printf ("%u", i);

      fixture_type (self, page);
      bks_test_spin (5);
    }
  g_assert_cmpint (bks_node_get_revision (self->node), >=, revision + 2);
  /* But not with every key: on a busy machine the last turn may have lasted long. */
  end = g_get_monotonic_time ();
  g_assert_cmpint (bks_node_get_revision (self->node), <=,
                   revision + (end - start) / 1000 / self->limits->autosave_most_ms + 1);
}

static void
state_cb (BksNodeSession *text,
          GParamSpec     *pspec,
          GString        *states)
{
  g_string_append_c (states, "CDSF"[bks_node_session_get_state (text)]);
}

static void
test_notifications (Fixture       *self,
                    gconstpointer  data)
{
  g_autoptr(GString) states = g_string_new (NULL);
  gulong handler;

  fixture_open_page (self, "One.");
  g_assert_cmpint (bks_node_session_get_saved_at (self->text), >, 0);
  handler = g_signal_connect (self->text, "notify::state", G_CALLBACK (state_cb), states);
  fixture_type (self, "Two.");
  fixture_type (self, "Three.");
  bks_test_await_ok (bks_node_session_save (self->text));
  g_assert_cmpstr (states->str, ==, "DSC");
  g_signal_handler_disconnect (self->text, handler);
}

static void
test_failure (Fixture       *self,
              gconstpointer  data)
{
  g_autoptr(GString) states = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  gulong handler;

  fixture_open_page (self, "One.");
  break_saving (self);
  handler = g_signal_connect (self->text, "notify::state", G_CALLBACK (state_cb), states);
  fixture_type (self, "One two.");
  g_assert_null (bks_test_await (bks_node_session_save (self->text), &error));
  g_assert_cmpint (error->domain, ==, BKS_ERROR);
  g_assert_cmpint (bks_node_session_get_state (self->text), ==, BKS_SAVE_FAILED);
  g_assert_nonnull (bks_node_session_get_error (self->text));
  g_assert_cmpstr (states->str, ==, "DSF");
  fixture_assert_stored (self, "One.");
  /* Neither closing nor leaving loses it. */
  g_clear_error (&error);
  g_assert_null (bks_test_await (bks_book_session_close (self->session), &error));
  g_assert_nonnull (error);
  fixture_type (self, "One two three.");
  fixture_close_editor (self);
  fixture_open_editor (self);
  g_assert_cmpstr (self->page, ==, "One two three.");
  /* It is tried again without anybody's doing. */
  mend_saving (self);
  bks_test_wait_for (is_clean, self->text);
  fixture_assert_stored (self, "One two three.");
  g_assert_null (bks_node_session_get_error (self->text));
  if (g_signal_handler_is_connected (self->text, handler))
    g_signal_handler_disconnect (self->text, handler);
}

/* Even when nobody holds the session any more. */
static void
test_failure_left_alone (Fixture       *self,
                         gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  fixture_open_page (self, "One.");
  break_saving (self);
  fixture_type (self, "One two.");
  fixture_close_editor (self);
  bks_test_spin (200);
  mend_saving (self);
  bks_test_await_ok (bks_book_session_save (self->session));
  fixture_assert_stored (self, "One two.");
  fixture_open_editor (self);
  g_assert_cmpstr (self->page, ==, "One two.");
}

static void
test_leave (Fixture       *self,
            gconstpointer  data)
{
  fixture_open_page (self, "One.");
  fixture_type (self, "One two.");
  fixture_close_editor (self);
  fixture_open_editor (self);
  g_assert_cmpstr (self->page, ==, "One two.");
  bks_test_await_ok (bks_book_session_save (self->session));
  fixture_assert_stored (self, "One two.");
}

/* The keys between the beginning of a save and the editor's going. */
static void
test_leave_while_saving (Fixture       *self,
                         gconstpointer  data)
{
  guint caught = 0;

  /* A quick disk may be done before anyone looks: it takes some rounds to be in time. */
  for (guint i = 0; i < 500 && caught < 20; i++)
    {
      g_autofree char *earlier = g_strdup_printf ("%u earlier", i);
      g_autofree char *later = g_strdup_printf ("%u and later", i);
      guint asked;

      if (self->session == NULL)
        fixture_open_page (self, "");
      else
        fixture_open_editor (self);
      fixture_type (self, earlier);
      asked = self->asked;
      dex_unref (bks_node_session_save (self->text));
      while (self->asked == asked)
        g_main_context_iteration (NULL, FALSE);
      caught += is_saving (self->text) ? 1 : 0;
      fixture_type (self, later);
      fixture_close_editor (self);
      bks_test_await_ok (bks_book_session_save (self->session));
      fixture_assert_stored (self, later);
    }
  g_assert_cmpuint (caught, >, 0);
}

static void
replaced_cb (BksNodeSession *text,
             const char     *replacement,
             Fixture        *self)
{
  g_set_str (&self->page, replacement);
}

static void
test_set_text (Fixture       *self,
               gconstpointer  data)
{
  g_autofree char *huge = NULL;
  gulong handler;
  gint64 revision;

  self->limits->node_text_bytes = 1000;
  fixture_open_page (self, "One.");
  handler = g_signal_connect (self->text, "replaced", G_CALLBACK (replaced_cb), self);
  revision = bks_node_get_revision (self->node);
  bks_test_await_ok (bks_node_session_set_text (self->text, "Two words.", revision));
  g_assert_cmpstr (self->page, ==, "Two words.");
  g_assert_cmpstr (bks_node_session_get_text (self->text), ==, "Two words.");
  g_assert_cmpint (bks_node_get_words (self->node), ==, 2);
  fixture_assert_stored (self, "Two words.");
  bks_test_await_error (bks_node_session_set_text (self->text, "Old.", revision), BKS_ERROR_CONFLICT);

  /* What is being typed counts as a change, and is kept as a revision. */
  revision = bks_node_get_revision (self->node);
  fixture_type (self, "Typed.");
  bks_test_await_error (bks_node_session_set_text (self->text, "Old.", revision), BKS_ERROR_CONFLICT);
  fixture_assert_stored (self, "Typed.");
  g_assert_cmpstr (self->page, ==, "Typed.");
  fixture_type (self, "Typed again.");
  bks_test_await_ok (bks_node_session_set_text (self->text, "Over any.", -1));
  g_assert_cmpint (bks_node_get_revision (self->node), ==, revision + 3);
  fixture_assert_stored (self, "Over any.");

  huge = g_strnfill (1001, 'x');
  bks_test_await_error (bks_node_session_set_text (self->text, huge, -1), BKS_ERROR_TOO_LARGE);
  bks_test_await_error (bks_node_session_set_text (self->text, "\xff", -1), BKS_ERROR_INVALID_INPUT);
  fixture_assert_stored (self, "Over any.");
  g_signal_handler_disconnect (self->text, handler);
}

/* A save that comes while the replacement is on its way must not undo it. */
static void
test_set_text_against_saves (Fixture       *self,
                             gconstpointer  data)
{
  gulong handler;

  fixture_open_page (self, "One.");
  handler = g_signal_connect (self->text, "replaced", G_CALLBACK (replaced_cb), self);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *replacement = g_strdup_printf ("Replacement %u.", i);
      g_autoptr(DexFuture) set = bks_node_session_set_text (self->text, replacement, -1);

      for (guint j = 0; j < i; j++)
        g_main_context_iteration (NULL, FALSE);
      if (dex_future_is_pending (set))
        fixture_type (self, "Typed meanwhile.");
      bks_test_await_ok (bks_node_session_save (self->text));
      bks_test_await_ok (g_steal_pointer (&set));
      bks_test_await_ok (bks_node_session_save (self->text));
      /* The disk has what the screen shows. */
      fixture_assert_stored (self, self->page);
    }
  g_signal_handler_disconnect (self->text, handler);
}

static void
test_read_text (Fixture       *self,
                gconstpointer  data)
{
  g_autofree char *text = NULL;

  fixture_open_page (self, "One.");
  fixture_type (self, "One two.");
  text = bks_test_await_string (bks_book_session_read_text (self->session, bks_node_get_id (self->node)));
  g_assert_cmpstr (text, ==, "One two.");
  bks_test_await_error (bks_book_session_read_text (self->session, "nothing"), BKS_ERROR_NOT_FOUND);
}

static void
test_one_session (Fixture       *self,
                  gconstpointer  data)
{
  g_autoptr(BksNodeSession) second = NULL;
  g_autoptr(BksNodeSession) third = NULL;
  g_autoptr(DexFuture) a = NULL;
  g_autoptr(DexFuture) b = NULL;
  const char *id;

  fixture_open_page (self, "One.");
  id = bks_node_get_id (self->node);
  second = bks_test_await_object (bks_book_session_open_node (self->session, id));
  g_assert_true (second == self->text);
  g_clear_object (&second);
  fixture_close_editor (self);
  /* Two who open at the same moment. */
  a = bks_book_session_open_node (self->session, id);
  b = bks_book_session_open_node (self->session, id);
  second = bks_test_await_object (g_steal_pointer (&a));
  third = bks_test_await_object (g_steal_pointer (&b));
  g_assert_true (second == third);
  bks_test_await_error (bks_book_session_open_node (self->session, "nothing"), BKS_ERROR_NOT_FOUND);
}

/* Keys that fall between the last save and the file's closing. */
static void
test_type_while_closing (Fixture       *self,
                         gconstpointer  data)
{
  g_autoptr(DexFuture) closing = NULL;

  fixture_open_page (self, "One.");
  fixture_type (self, "One two.");
  closing = bks_book_session_close (self->session);
  bks_test_wait_for (is_clean, self->text);
  fixture_type (self, "One two three.");
  bks_test_await_ok (g_steal_pointer (&closing));
  g_assert_true (is_clean (self->text));
  fixture_assert_stored (self, "One two three.");
}

/* What comes after it is refused, and nothing falls over. */
static void
test_after_close (Fixture       *self,
                  gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  const char *id;

  fixture_open_page (self, "One.");
  id = bks_node_get_id (self->node);
  bks_test_await_ok (bks_book_session_close (self->session));
  bks_test_await_ok (bks_book_session_close (self->session));
  fixture_type (self, "Too late.");
  bks_test_await_error (bks_node_session_save (self->text), BKS_ERROR_FAILED);
  g_assert_true (has_failed (self->text));
  bks_test_await_error (bks_node_session_set_text (self->text, "x", -1), BKS_ERROR_FAILED);
  bks_test_await_error (bks_book_session_read_text (self->session, id), BKS_ERROR_FAILED);
  bks_test_await_error (bks_book_session_add_node (self->session, BKS_NODE_CHAPTER, "x", NULL, -1), BKS_ERROR_FAILED);
  bks_test_await_error (bks_book_session_trash_node (self->session, id), BKS_ERROR_FAILED);
  bks_test_await_error (bks_book_session_set_local_only (self->session, TRUE), BKS_ERROR_FAILED);
  bks_test_spin (250);
  fixture_assert_stored (self, "One.");
}

static void
test_studio_close (Fixture       *self,
                   gconstpointer  data)
{
  g_autofree char *text = NULL;
  g_autofree char *book_id = NULL;
  g_autofree char *node_id = NULL;

  fixture_open_page (self, "One.");
  book_id = g_strdup (bks_book_get_id (bks_book_session_get_book (self->session)));
  node_id = g_strdup (bks_node_get_id (self->node));
  fixture_type (self, "The last words.");
  bks_test_await_ok (bks_studio_close (self->studio));
  fixture_assert_stored (self, "The last words.");
  fixture_restart (self);
  self->session = fixture_open (self, book_id, FALSE);
  text = bks_test_await_string (bks_book_session_read_text (self->session, node_id));
  g_assert_cmpstr (text, ==, "The last words.");
}

static void
test_read_only (Fixture       *self,
                gconstpointer  data)
{
  g_autofree char *book_id = NULL;
  g_autofree char *node_id = NULL;
  g_autoptr(BksNodeSession) text = NULL;

  fixture_open_page (self, "One.");
  book_id = g_strdup (bks_book_get_id (bks_book_session_get_book (self->session)));
  node_id = g_strdup (bks_node_get_id (self->node));
  fixture_restart (self);
  self->session = fixture_open (self, book_id, FALSE);
  text = bks_test_await_object (bks_book_session_open_node (self->session, node_id));
  g_assert_cmpstr (bks_node_session_get_text (text), ==, "One.");
  bks_test_await_error (bks_node_session_set_text (text, "Two.", -1), BKS_ERROR_READ_ONLY);
  bks_test_await_error (bks_book_session_rename_node (self->session, node_id, "x"), BKS_ERROR_READ_ONLY);
}

/* Thrown away and brought back while it is open. */
static void
test_trash_and_restore (Fixture       *self,
                        gconstpointer  data)
{
  g_autofree char *id = NULL;
  BksNode *shown;

  fixture_open_page (self, "One.");
  id = g_strdup (bks_node_get_id (self->node));
  fixture_type (self, "One two.");
  bks_test_await_ok (bks_book_session_trash_node (self->session, id));
  fixture_assert_stored (self, "One two.");
  g_assert_null (bks_book_session_get_node (self->session, id));
  bks_test_await_ok (bks_book_session_restore_node (self->session, id));
  shown = bks_book_session_get_node (self->session, id);
  g_assert_cmpint (bks_node_get_words (shown), ==, 2);
  /* The editor writes into the node that the binder shows. */
  fixture_type (self, "One two three.");
  bks_test_await_ok (bks_node_session_save (self->text));
  g_assert_true (bks_node_session_get_node (self->text) == shown);
  g_assert_cmpint (bks_node_get_words (shown), ==, 3);
}

/* The child that is killed. */

static void
say (const char *word,
     guint       number)
{
  g_print ("%s %u %" G_GINT64_FORMAT "\n", word, number, g_get_monotonic_time ());
  fflush (stdout);
}

static void
accept_draft (Fixture *self)
{
  g_autoptr(BksDraft) draft = bks_draft_new ();
  BksDatabase *store = bks_book_session_get_store (self->session);

  draft->id = g_strdup ("d");
  draft->node_id = g_strdup (bks_node_get_id (self->node));
  draft->operation = g_strdup ("continue");
  draft->provider = g_strdup ("p");
  draft->model = g_strdup ("m");
  draft->prompt = g_strdup ("[]");
  bks_test_await_ok (bks_book_store_add_draft (store, draft));
  bks_test_await_ok (bks_book_store_save_draft (store, "d", "accepted", "complete", 1, 1, 1));
  fixture_type (self, "accepted");
  bks_test_await_ok (bks_node_session_accept_draft (self->text, "d", "accepted"));
}

/* Types numbers for ever and says each one. */
static int
type_until_killed (const char *dir)
{
  Fixture self = { 0 };

  fixture_set_up_in (&self, g_strdup (dir));
  fixture_open_page (&self, "");
  accept_draft (&self);
  say (bks_book_get_id (bks_book_session_get_book (self.session)), 0);
  for (guint i = 1; i < 10000; i++)
    {
      g_autofree char *page = g_strdup_printf ("accepted %u", i);

      fixture_type (&self, page);
      say ("typed", i);
      bks_test_spin (4);
    }
  return 1;
}

static void
test_kill (void)
{
  static const char *const queries[] = { "SELECT text FROM texts", "SELECT review FROM drafts", "PRAGMA integrity_check" };
  g_autofree char *dir = bks_test_dir_new ();
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                                                   "/proc/self/exe", "--type", dir, NULL);
  g_autoptr(GDataInputStream) lines = NULL;
  g_autoptr(GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree char *book_id = NULL;
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autofree char *review = NULL;
  g_autofree char *integrity = NULL;
  gint64 zero = 0;
  guint saved;

  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (child));
  g_array_append_val (times, zero);
  for (;;)
    {
      g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, &error);
      g_auto(GStrv) words = NULL;
      gint64 at;

      g_assert_no_error (error);
      if (line == NULL)
        break;
      words = g_strsplit (line, " ", 3);
      if (g_strv_length (words) < 3)
        break;
      if (book_id == NULL)
        {
          book_id = g_strdup (words[0]);
          continue;
        }
      at = g_ascii_strtoll (words[2], NULL, 10);
      g_array_append_val (times, at);
      if (times->len == 120)
        g_subprocess_send_signal (child, SIGKILL);
    }
  g_assert_true (g_subprocess_wait (child, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_term_sig (child), ==, SIGKILL);

  path = g_build_filename (dir, "books", book_id, "book.db", NULL);
  text = fixture_query (path, queries[0]);
  review = fixture_query (path, queries[1]);
  integrity = fixture_query (path, queries[2]);
  g_test_message ("%s of %u", text, times->len - 1);
  g_assert_cmpstr (review, ==, "approved");
  g_assert_cmpstr (integrity, ==, "ok");
  g_assert_true (g_str_has_prefix (text, "accepted"));
  saved = (guint) g_ascii_strtoull (text + strlen ("accepted"), NULL, 10);
  g_assert_cmpuint (saved, <, times->len);
  /* Never more than book.md allows, five seconds, and what a busy machine takes for the write. */
  if (saved + 1 < times->len)
    g_assert_cmpint (g_array_index (times, gint64, times->len - 1) - g_array_index (times, gint64, saved + 1), <,
                     (150 + 5000) * 1000);
  bks_test_dir_remove (g_steal_pointer (&dir));
}

int
main (int    argc,
      char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--type"))
    {
      dex_init ();
      return type_until_killed (argv[2]);
    }
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(path, func) g_test_add ("/writing/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("autosave/idle", test_idle);
  ADD ("autosave/most", test_most);
  ADD ("notifications", test_notifications);
  ADD ("failure/retried", test_failure);
  ADD ("failure/left-alone", test_failure_left_alone);
  ADD ("leave/saved", test_leave);
  ADD ("leave/while-saving", test_leave_while_saving);
  ADD ("set-text/conflict", test_set_text);
  ADD ("set-text/against-saves", test_set_text_against_saves);
  ADD ("read-text", test_read_text);
  ADD ("one-session", test_one_session);
  ADD ("close/typing", test_type_while_closing);
  ADD ("close/after", test_after_close);
  ADD ("close/studio", test_studio_close);
  ADD ("read-only", test_read_only);
  ADD ("trash-and-restore", test_trash_and_restore);
#undef ADD
  g_test_add_func ("/writing/kill", test_kill);
  return g_test_run ();
}
