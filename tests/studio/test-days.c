/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <sqlite3.h>

#include "studio-fixture.h"

/* What counts as written today, and what only makes the book longer. */

static void
assert_today (Fixture *self,
              gint64   written,
              gint64   net)
{
  const BksDay *today;

  bks_test_await_ok (bks_book_session_update_today (self->session));
  today = bks_book_session_get_today (self->session);
  g_assert_cmpint (today->written, ==, written);
  g_assert_cmpint (today->net, ==, net);
}

static void
type (Fixture    *self,
      const char *page)
{
  fixture_type (self, page);
  bks_test_await_ok (bks_node_session_save (self->text));
}

static char *
make_words (guint n)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%sword", i > 0 ? " " : "");
  return g_string_free (text, FALSE);
}

/* Saves come in the middle of words; a word is one all the same. */
static void
test_typed (Fixture       *self,
            gconstpointer  data)
{
  fixture_open_page (self, "The har");
  assert_today (self, 2, 2);
  type (self, "The harbour was e");
  type (self, "The harbour was empty.");
  assert_today (self, 4, 4);
  /* What is deleted was written all the same. */
  type (self, "The harbour.");
  assert_today (self, 4, 2);
  type (self, "The harbour at night.");
  assert_today (self, 6, 4);
}

/* A chapter is deleted, and that is undone. */
static void
test_undone_deletion (Fixture       *self,
                      gconstpointer  data)
{
  g_autofree char *chapter = make_words (5000);

  fixture_open_page (self, "One two.");
  assert_today (self, 2, 2);
  self->limits->written_burst_words = G_MAXUINT;
  type (self, chapter);
  self->limits->written_burst_words = 20;
  assert_today (self, 5000, 5000);
  type (self, "");
  assert_today (self, 5000, 0);
  type (self, chapter);
  assert_today (self, 5000, 5000);
}

/* Somebody types on while the disk is away: nothing of it is too fast, whenever it is saved. */
static void
test_late_save (Fixture       *self,
                gconstpointer  data)
{
  g_autofree char *path = NULL;
  g_autofree char *page = make_words (40);
  sqlite3 *other;

  self->limits->database_busy_ms = 10;
  self->limits->written_burst_words = 2;
  self->limits->written_words_a_minute = 6000; /* 40 in 0.4 s */
  fixture_open_page (self, "One");
  path = fixture_book_path (self, bks_book_get_id (bks_book_session_get_book (self->session)), "book.db");
  g_assert_cmpint (sqlite3_open (path, &other), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  for (guint i = 0; i < 5; i++)
    {
      fixture_type (self, "One two");
      bks_test_spin (100);
      bks_test_await_error (bks_node_session_save (self->text), BKS_ERROR_BUSY);
    }
  fixture_type (self, page);
  g_assert_cmpint (sqlite3_exec (other, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (other);
  bks_test_await_ok (bks_node_session_save (self->text));
  assert_today (self, 40, 40);
  /* The next one begins anew. */
  bks_test_spin (500);
  g_free (page);
  page = make_words (80);
  type (self, page);
  assert_today (self, 40, 80);
}

/* Whose words they are is known of these. */
static void
test_not_typed (Fixture       *self,
                gconstpointer  data)
{
  static const BksOrigin origins[] = { BKS_ORIGIN_PASTED, BKS_ORIGIN_IMPORTED, BKS_ORIGIN_AI_INSERTED, BKS_ORIGIN_AI_EDITED };
  g_autoptr(GString) page = g_string_new ("Mine here.");

  fixture_open_page (self, page->str);
  assert_today (self, 2, 2);
  for (guint i = 0; i < G_N_ELEMENTS (origins); i++)
    {
      g_autofree char *passage = g_strdup_printf ("Passage%u that came.", i);

      bks_node_session_add_passage (self->text, passage, origins[i], NULL);
      g_string_append_printf (page, " %s", passage);
      type (self, page->str);
      assert_today (self, 2, 2 + 3 * (i + 1));
    }
  /* And in one save with what is: */
  bks_node_session_add_passage (self->text, "Four words from afar.", BKS_ORIGIN_PASTED, NULL);
  g_string_append (page, " Typed. Four words from afar.");
  type (self, page->str);
  assert_today (self, 3, 19);
}

static void
replaced_cb (BksNodeSession *text,
             const char     *now,
             Fixture        *self)
{
  g_set_str (&self->page, now);
}

/* An earlier text that comes back, and one by the command line. */
static void
test_replaced (Fixture       *self,
               gconstpointer  data)
{
  fixture_open_page (self, "One two three four five.");
  g_signal_connect (self->text, "replaced", G_CALLBACK (replaced_cb), self);
  bks_test_await_ok (bks_book_session_keep_revision (self->session, bks_node_get_id (self->node)));
  type (self, "One");
  assert_today (self, 5, 1);
  bks_test_await_ok (bks_book_session_restore_revision (self->session, bks_node_get_id (self->node), 2));
  assert_today (self, 5, 5);
  bks_test_await_ok (bks_node_session_set_text (self->text, "By another program, at once.", -1));
  assert_today (self, 5, 5);
  bks_test_await_ok (bks_node_session_set_text (self->text, "By another program, at once, and more.", -1));
  assert_today (self, 5, 7);
  g_signal_handlers_disconnect_by_data (self->text, self);
}

static void
count_cb (BksBookSession *session,
          guint          *count)
{
  (*count)++;
}

static gboolean
has_some (gpointer count)
{
  return *(guint *) count > 0;
}

/* Whoever shows it is told, without asking. */
static void
test_told (Fixture       *self,
           gconstpointer  data)
{
  g_autoptr(GPtrArray) days = NULL;
  guint told = 0;

  fixture_open_page (self, "One two.");
  bks_test_await_ok (bks_book_session_set_daily_goal (self->session, 800));
  g_assert_cmpint (bks_book_get_daily_goal (bks_book_session_get_book (self->session)), ==, 800);
  bks_test_await_ok (bks_book_session_update_today (self->session));
  g_signal_connect (self->session, "today-changed", G_CALLBACK (count_cb), &told);
  type (self, "One two three.");
  bks_test_wait_for (has_some, &told);
  g_assert_cmpint (bks_book_session_get_today (self->session)->written, ==, 3);
  days = bks_test_await_boxed (bks_book_session_list_days (self->session));
  g_assert_cmpuint (days->len, ==, 1);
  g_signal_handlers_disconnect_by_data (self->session, &told);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(name, func) g_test_add ("/days/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("typed", test_typed);
  ADD ("undone-deletion", test_undone_deletion);
  ADD ("late-save", test_late_save);
  ADD ("not-typed", test_not_typed);
  ADD ("replaced", test_replaced);
  ADD ("told", test_told);
  return g_test_run ();
}
