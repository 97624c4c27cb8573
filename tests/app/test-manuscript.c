/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-fixture.h"
#include "bks-manuscript.h"
#include "bks-page-format.h"

#define LONG_WORDS 50

typedef struct
{
  AppFixture      app;
  BksBookSession *book;
  BksNodeSession *session;
  BksManuscript  *manuscript;
  GtkTextBuffer  *buffer;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr(BksNode) node = NULL;

  app_fixture_set_up (&fixture->app, data);
  fixture->book = app_fixture_new_book (&fixture->app, "# Book\n\n## One\n\nFirst *line*.\n\nSecond line.\n");
  for (GListModel *nodes = bks_book_session_get_nodes (fixture->book); nodes != NULL;)
    {
      g_clear_object (&node);
      node = g_list_model_get_item (nodes, 0);
      nodes = bks_node_get_words (node) == 0 ? bks_node_get_children (node) : NULL;
    }
  fixture->session = app_await_object (bks_book_session_open_node (fixture->book, bks_node_get_id (node)));
  fixture->manuscript = bks_manuscript_new (fixture->session, LONG_WORDS);
  fixture->buffer = GTK_TEXT_BUFFER (bks_manuscript_get_buffer (fixture->manuscript));
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  bks_manuscript_release (fixture->manuscript);
  g_assert_finalize_object (fixture->manuscript);
  app_await (bks_book_session_close (fixture->book));
  g_clear_object (&fixture->session);
  g_clear_object (&fixture->book);
  app_fixture_tear_down (&fixture->app, data);
}

static void
assert_text (Fixture    *fixture,
             const char *expected)
{
  g_autofree char *text = bks_manuscript_dup_text (fixture->manuscript);

  g_assert_cmpstr (text, ==, expected);
}

static void
place_caret (Fixture *fixture,
             int      offset)
{
  GtkTextIter iter;

  gtk_text_buffer_get_iter_at_offset (fixture->buffer, &iter, offset);
  gtk_text_buffer_place_cursor (fixture->buffer, &iter);
}

static int
get_caret (Fixture *fixture)
{
  int offset;

  g_object_get (fixture->buffer, "cursor-position", &offset, NULL);
  return offset;
}

static void
type (Fixture    *fixture,
      const char *text)
{
  gtk_text_buffer_begin_user_action (fixture->buffer);
  gtk_text_buffer_insert_at_cursor (fixture->buffer, text, -1);
  gtk_text_buffer_end_user_action (fixture->buffer);
}

static void
test_load (Fixture       *fixture,
           gconstpointer  data)
{
  assert_text (fixture, "First *line*.\n\nSecond line.");
  g_assert_cmpint (get_caret (fixture), ==, 0);
  /* Opening is nothing to take back, and nothing to save. */
  g_assert_false (gtk_text_buffer_get_can_undo (fixture->buffer));
  g_assert_cmpint (bks_node_session_get_state (fixture->session), ==, BKS_SAVE_CLEAN);
}

static void
test_typing_is_saved (Fixture       *fixture,
                      gconstpointer  data)
{
  type (fixture, "New. ");
  g_assert_cmpint (bks_node_session_get_state (fixture->session), ==, BKS_SAVE_DIRTY);
  app_await (bks_node_session_save (fixture->session));
  g_assert_cmpstr (bks_node_session_get_text (fixture->session), ==, "New. First *line*.\n\nSecond line.");
}

static void
test_replaced (Fixture       *fixture,
               gconstpointer  data)
{
  place_caret (fixture, 20);
  app_await (bks_node_session_set_text (fixture->session, "Longer first *line*.\n\nSecond line.", -1));
  assert_text (fixture, "Longer first *line*.\n\nSecond line.");
  /* The caret stands before the same letter. */
  g_assert_cmpint (get_caret (fixture), ==, 27);
  g_assert_cmpint (bks_node_session_get_state (fixture->session), ==, BKS_SAVE_CLEAN);
}

static void
test_break_paragraph (Fixture       *fixture,
                      gconstpointer  data)
{
  place_caret (fixture, 13);
  bks_manuscript_break_paragraph (fixture->manuscript);
  type (fixture, "Between.");
  assert_text (fixture, "First *line*.\n\nBetween.\n\nSecond line.");
}

static void
test_insert_at_end (Fixture       *fixture,
                    gconstpointer  data)
{
  place_caret (fixture, 27);
  bks_manuscript_insert_draft (fixture->manuscript, " Third.\n\nFourth.\n");
  assert_text (fixture, "First *line*.\n\nSecond line.\n\nThird.\n\nFourth.");
  /* One step back. */
  gtk_text_buffer_undo (fixture->buffer);
  assert_text (fixture, "First *line*.\n\nSecond line.");
}

static void
test_insert_between (Fixture       *fixture,
                     gconstpointer  data)
{
  place_caret (fixture, 13);
  bks_manuscript_insert_draft (fixture->manuscript, "Between.");
  assert_text (fixture, "First *line*.\n\nBetween.\n\nSecond line.");
}

static void
test_insert_inside (Fixture       *fixture,
                    gconstpointer  data)
{
  place_caret (fixture, 22);
  bks_manuscript_insert_draft (fixture->manuscript, "Between.");
  assert_text (fixture, "First *line*.\n\nSecond \n\nBetween.\n\nline.");
}

static void
test_long_paragraph (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autofree char *split = NULL;
  g_autofree char *again = NULL;

  g_assert_false (bks_manuscript_get_long_paragraph (fixture->manuscript));
  for (guint i = 0; i < 200; i++)
    g_string_append (text, "Ten words in each sentence make a paragraph long soon. ");
  app_await (bks_node_session_set_text (fixture->session, text->str, -1));
  g_assert_true (bks_manuscript_get_long_paragraph (fixture->manuscript));

  bks_manuscript_split_paragraphs (fixture->manuscript);
  split = bks_manuscript_dup_text (fixture->manuscript);
  g_assert_nonnull (strstr (split, "soon.\n\nTen words"));
  gtk_text_buffer_undo (fixture->buffer);
  again = bks_manuscript_dup_text (fixture->manuscript);
  g_assert_cmpstr (again, ==, text->str);
}

static gboolean
is_italic (Fixture *fixture,
           int      offset)
{
  GtkTextIter iter;
  g_autoptr(GSList) tags = NULL;

  gtk_text_buffer_get_iter_at_offset (fixture->buffer, &iter, offset);
  tags = gtk_text_iter_get_tags (&iter);
  for (GSList *item = tags; item != NULL; item = item->next)
    {
      PangoStyle style;
      gboolean set;

      g_object_get (item->data, "style", &style, "style-set", &set, NULL);
      if (set && style == PANGO_STYLE_ITALIC)
        return TRUE;
    }
  return FALSE;
}

static void
test_unstyled_when_unmarked (Fixture       *fixture,
                             gconstpointer  data)
{
  GtkTextIter start;
  GtkTextIter end;

  g_assert_true (is_italic (fixture, 8));
  g_assert_false (is_italic (fixture, 2));
  gtk_text_buffer_get_iter_at_offset (fixture->buffer, &start, 11);
  gtk_text_buffer_get_iter_at_offset (fixture->buffer, &end, 12);
  gtk_text_buffer_delete (fixture->buffer, &start, &end);
  g_assert_false (is_italic (fixture, 8));
}

static void
select_text (Fixture *fixture,
             int      from,
             int      to)
{
  GtkTextIter start, end;

  gtk_text_buffer_get_iter_at_offset (fixture->buffer, &start, from);
  gtk_text_buffer_get_iter_at_offset (fixture->buffer, &end, to);
  gtk_text_buffer_select_range (fixture->buffer, &end, &start);
}

static void
test_format (Fixture       *fixture,
             gconstpointer  data)
{
  /* "First *line*.": the word at the caret, and what is selected, space and all. */
  place_caret (fixture, 2);
  bks_page_format_toggle (fixture->buffer, BKS_PAGE_FORMAT_BOLD);
  assert_text (fixture, "**First** *line*.\n\nSecond line.");
  bks_page_format_toggle (fixture->buffer, BKS_PAGE_FORMAT_ITALIC);
  assert_text (fixture, "***First*** *line*.\n\nSecond line.");
  bks_page_format_toggle (fixture->buffer, BKS_PAGE_FORMAT_BOLD);
  assert_text (fixture, "*First* *line*.\n\nSecond line.");
  bks_page_format_toggle (fixture->buffer, BKS_PAGE_FORMAT_ITALIC);
  assert_text (fixture, "First *line*.\n\nSecond line.");
  /* With its marks selected, or without. */
  select_text (fixture, 6, 12);
  bks_page_format_toggle (fixture->buffer, BKS_PAGE_FORMAT_ITALIC);
  assert_text (fixture, "First line.\n\nSecond line.");
  /* Over paragraphs, each has its own; one undo takes all of it back. */
  select_text (fixture, 0, 19);
  bks_page_format_toggle (fixture->buffer, BKS_PAGE_FORMAT_ITALIC);
  assert_text (fixture, "*First line.*\n\n*Second* line.");
  gtk_text_buffer_undo (fixture->buffer);
  assert_text (fixture, "First line.\n\nSecond line.");
  place_caret (fixture, 11);
  bks_page_format_insert_break (fixture->buffer);
  assert_text (fixture, "First line.\n\n***\n\n\n\nSecond line.");
}

static gboolean
is_hidden (Fixture *fixture,
           int      offset)
{
  GtkTextTagTable *tags = gtk_text_buffer_get_tag_table (fixture->buffer);
  GtkTextIter iter;

  gtk_text_buffer_get_iter_at_offset (fixture->buffer, &iter, offset);
  return gtk_text_iter_has_tag (&iter, gtk_text_tag_table_lookup (tags, BKS_PAGE_MARKUP_HIDDEN));
}

static void
test_marks (Fixture       *fixture,
            gconstpointer  data)
{
  /* "First *line*.\n\nSecond line.": in the paragraph of the caret they are in sight. */
  place_caret (fixture, 1);
  g_assert_false (is_hidden (fixture, 6));
  place_caret (fixture, 20);
  g_assert_true (is_hidden (fixture, 6));
  g_assert_true (is_hidden (fixture, 11));
  g_assert_false (is_hidden (fixture, 7));
  bks_page_markup_set_show_marks (bks_manuscript_get_markup (fixture->manuscript), TRUE);
  g_assert_false (is_hidden (fixture, 6));
  bks_page_markup_set_show_marks (bks_manuscript_get_markup (fixture->manuscript), FALSE);
  g_assert_true (is_hidden (fixture, 6));
  /* What comes in elsewhere is hidden at once. */
  app_await (bks_node_session_set_text (fixture->session, "A **bold** first.\n\nSecond line.", -1));
  place_caret (fixture, 24);
  g_assert_true (is_hidden (fixture, 2));
  assert_text (fixture, "A **bold** first.\n\nSecond line.");
}

#define ADD(name, func) g_test_add ("/manuscript/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  dex_init ();
  adw_init ();
  ADD ("load", test_load);
  ADD ("typing-is-saved", test_typing_is_saved);
  ADD ("replaced", test_replaced);
  ADD ("break-paragraph", test_break_paragraph);
  ADD ("insert-at-end", test_insert_at_end);
  ADD ("insert-between", test_insert_between);
  ADD ("insert-inside", test_insert_inside);
  ADD ("long-paragraph", test_long_paragraph);
  ADD ("unstyled-when-unmarked", test_unstyled_when_unmarked);
  ADD ("format", test_format);
  ADD ("marks", test_marks);
  return g_test_run ();
}
