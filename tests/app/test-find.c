/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-fixture.h"
#include "bks-binder.h"
#include "bks-editor.h"
#include "bks-find-bar.h"
#include "bks-page-markup.h"
#include "bks-page-view.h"
#include "bks-studio-page.h"

#define TEXT "The *quiet* sea.\n\nIt said “don’t” and was quiet after it.\n\n***\n\nThe sea *is quiet after* all, quietly.\n\n" \
             "> a sea\n\nEnd of it."

typedef struct
{
  AppFixture      app;
  BksBookSession *book;
  GtkWidget      *page;
  BksEditor      *editor;
  GtkTextBuffer  *buffer;
  GtkWidget      *bar;
} Fixture;

static gboolean
has_manuscript (gpointer data)
{
  return bks_editor_get_manuscript (data) != NULL;
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  GtkWidget *navigation = adw_navigation_view_new ();

  app_fixture_set_up (&fixture->app, data);
  fixture->book = app_fixture_new_book (&fixture->app, "# Book\n\n## Sea\n\n" TEXT "\n\n## Land\n\nNo water, quiet.\n");
  fixture->page = GTK_WIDGET (bks_studio_page_new (fixture->app.studio, fixture->book, fixture->app.settings, NULL,
                                                   NULL));
  adw_navigation_view_add (ADW_NAVIGATION_VIEW (navigation), ADW_NAVIGATION_PAGE (fixture->page));
  app_fixture_show (&fixture->app, navigation);
  fixture->editor = BKS_EDITOR (app_find_widget (fixture->page, BKS_TYPE_EDITOR, NULL));
  app_wait_for (has_manuscript, fixture->editor, "the chapter to open");
  fixture->buffer = GTK_TEXT_BUFFER (bks_manuscript_get_buffer (bks_editor_get_manuscript (fixture->editor)));
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_settings_reset (fixture->app.settings, "focus-mode");
  g_settings_reset (fixture->app.settings, "typewriter-line");
  bks_studio_page_leave (BKS_STUDIO_PAGE (fixture->page));
  app_await (bks_book_session_close (fixture->book));
  g_clear_object (&fixture->book);
  app_fixture_tear_down (&fixture->app, data);
}

static GtkWidget *
get_entry (Fixture *fixture)
{
  return app_find_widget (fixture->bar, GTK_TYPE_SEARCH_ENTRY, NULL);
}

static void
find (Fixture    *fixture,
      const char *text)
{
  gtk_widget_activate_action (fixture->page, "studio.find", NULL);
  fixture->bar = app_find_widget (fixture->page, BKS_TYPE_FIND_BAR, NULL);
  gtk_editable_set_text (GTK_EDITABLE (get_entry (fixture)), text);
}

static char *
dup_selected (Fixture *fixture)
{
  GtkTextIter start, end;

  gtk_text_buffer_get_selection_bounds (fixture->buffer, &start, &end);
  return gtk_text_buffer_get_slice (fixture->buffer, &start, &end, TRUE);
}

static void
assert_selected (Fixture    *fixture,
                 const char *expected)
{
  g_autofree char *selected = dup_selected (fixture);

  g_assert_cmpstr (selected, ==, expected);
}

static void
assert_text (Fixture    *fixture,
             const char *expected)
{
  g_autofree char *text = bks_manuscript_dup_text (bks_editor_get_manuscript (fixture->editor));

  g_assert_cmpstr (text, ==, expected);
}

static void
test_next_previous (Fixture       *fixture,
                    gconstpointer  data)
{
  find (fixture, "sea");
  app_wait_shown (fixture->bar, "1 of 3");
  gtk_widget_activate_action (fixture->page, "studio.find-next", NULL);
  app_wait_shown (fixture->bar, "2 of 3");
  g_signal_emit_by_name (get_entry (fixture), "activate");
  app_wait_shown (fixture->bar, "3 of 3");
  gtk_widget_activate_action (fixture->page, "studio.find-next", NULL);
  app_wait_shown (fixture->bar, "1 of 3, from the start");
  gtk_widget_activate_action (fixture->page, "studio.find-previous", NULL);
  app_wait_shown (fixture->bar, "3 of 3, from the end");
  gtk_widget_activate_action (fixture->page, "studio.find-previous", NULL);
  app_wait_shown (fixture->bar, "2 of 3");
  /* What was found stays selected, and the keys go to the text. */
  gtk_widget_activate_action (fixture->bar, "find.close", NULL);
  assert_selected (fixture, "sea");
  g_assert_true (BKS_IS_PAGE_VIEW (gtk_window_get_focus (fixture->app.window)));
  g_assert_false (bks_editor_get_finding (fixture->editor));
}

static void
test_not_found (Fixture       *fixture,
                gconstpointer  data)
{
  find (fixture, "mountain");
  app_wait_shown (fixture->bar, "Not found");
  g_assert_true (gtk_widget_has_css_class (get_entry (fixture), "error"));
  gtk_editable_set_text (GTK_EDITABLE (get_entry (fixture)), "");
  app_let_pass (300);
  g_assert_false (app_is_shown (fixture->bar, "Not found"));
}

static GtkTextTag *
find_tag_with_background (const GtkTextIter *iter)
{
  GSList *tags = gtk_text_iter_get_tags (iter);
  GtkTextTag *found = NULL;

  for (GSList *item = tags; item != NULL; item = item->next)
    {
      gboolean set;

      g_object_get (item->data, "background-set", &set, NULL);
      if (set)
        found = item->data;
    }
  g_slist_free (tags);
  return found;
}

static void
test_highlight (Fixture       *fixture,
                gconstpointer  data)
{
  GtkTextIter iter;

  find (fixture, "sea");
  app_wait_shown (fixture->bar, "1 of 3");
  gtk_text_buffer_get_iter_at_offset (fixture->buffer, &iter, 13);
  g_assert_nonnull (find_tag_with_background (&iter));
  gtk_text_buffer_get_iter_at_offset (fixture->buffer, &iter, 0);
  g_assert_null (find_tag_with_background (&iter));
  gtk_widget_activate_action (fixture->bar, "find.close", NULL);
  gtk_text_buffer_get_iter_at_offset (fixture->buffer, &iter, 13);
  g_assert_null (find_tag_with_background (&iter));
}

static void
replace_all (Fixture    *fixture,
             const char *text,
             const char *replacement)
{
  gtk_widget_activate_action (fixture->page, "studio.replace", NULL);
  fixture->bar = app_find_widget (fixture->page, BKS_TYPE_FIND_BAR, NULL);
  gtk_editable_set_text (GTK_EDITABLE (get_entry (fixture)), text);
  gtk_editable_set_text (GTK_EDITABLE (app_find_widget (fixture->bar, GTK_TYPE_ENTRY, NULL)), replacement);
  app_let_pass (300);
  app_click (fixture->bar, "Replace _All");
}

static void
test_replace_all (Fixture       *fixture,
                  gconstpointer  data)
{
  GtkWidget *root = GTK_WIDGET (fixture->app.window);

  replace_all (fixture, "quiet", "loud");
  assert_text (fixture,
               "The *loud* sea.\n\nIt said “don’t” and was loud after it.\n\n***\n\nThe sea *is loud after* all, loudly."
               "\n\n> a sea\n\nEnd of it.");
  app_wait_shown (root, "4 replaced");
  app_wait_shown (fixture->bar, "Not found");
  /* One step back takes all of it, by the toast as by the key. */
  app_click (root, "_Undo");
  app_let_pass (50);
  assert_text (fixture, TEXT);
  g_assert_false (gtk_text_buffer_get_can_undo (fixture->buffer));
  gtk_text_buffer_redo (fixture->buffer);
  gtk_text_buffer_undo (fixture->buffer);
  assert_text (fixture, TEXT);
}

static gboolean
has_no_toast (gpointer data)
{
  return !app_is_shown (data, "replaced");
}

static void
test_late_undo (Fixture       *fixture,
                gconstpointer  data)
{
  replace_all (fixture, "quiet", "loud");
  app_wait_shown (GTK_WIDGET (fixture->app.window), "4 replaced");
  /* What is written then is the last change: a click on Undo would take that. */
  gtk_text_buffer_insert_at_cursor (fixture->buffer, "!", -1);
  app_wait_for (has_no_toast, fixture->app.window, "the toast to go");
}

static void
test_breaks_survive (Fixture       *fixture,
                     gconstpointer  data)
{
  find (fixture, "*");
  app_wait_shown (fixture->bar, "1 of 4");
  replace_all (fixture, "*", "_");
  assert_text (fixture,
               "The _quiet_ sea.\n\nIt said “don’t” and was quiet after it.\n\n***\n\nThe sea _is quiet after_ all, quietly."
               "\n\n> a sea\n\nEnd of it.");
  find (fixture, "**");
  app_wait_shown (fixture->bar, "Not found");
}

static void
test_marks_between (Fixture       *fixture,
                    gconstpointer  data)
{
  GtkWidget *bar;

  find (fixture, "quiet sea");
  app_wait_shown (fixture->bar, "1 of 1");
  bar = fixture->bar;
  /* Emphasis that reaches over the edge keeps both marks, what is in it goes. */
  replace_all (fixture, "quiet sea", "calm water");
  replace_all (fixture, "sea is", "ocean was");
  g_assert_true (bar == fixture->bar);
  assert_text (fixture,
               "The *calm water*.\n\nIt said “don’t” and was quiet after it.\n\n***\n\nThe *ocean was quiet after* all, "
               "quietly.\n\n> a sea\n\nEnd of it.");
  replace_all (fixture, "the calm water", "all");
  replace_all (fixture, "ocean was quiet after", "");
  assert_text (fixture,
               "*all*.\n\nIt said “don’t” and was quiet after it.\n\n***\n\nThe  all, quietly.\n\n> a sea\n\nEnd of it.");
}

static void
test_replace_many (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GString) expected = g_string_new (NULL);
  GtkTextIter caret;
  int position;

  for (guint i = 0; i < 1000; i++)
    {
      g_string_append_printf (text, "One *wave* and %u.\n\n", i);
      g_string_append_printf (expected, "One *breaker* and %u.\n\n", i);
    }
  gtk_text_buffer_set_text (fixture->buffer, text->str, -1);
  gtk_text_buffer_get_iter_at_line_offset (fixture->buffer, &caret, 1000, 0);
  gtk_text_buffer_place_cursor (fixture->buffer, &caret);
  find (fixture, "breaker");
  app_wait_shown (fixture->bar, "Not found");
  replace_all (fixture, "wave", "breaker");
  assert_text (fixture, expected->str);
  app_wait_shown (GTK_WIDGET (fixture->app.window), "1000 replaced");
  gtk_widget_activate_action (fixture->page, "studio.find", NULL);
  g_object_get (fixture->buffer, "cursor-position", &position, NULL);
  gtk_text_buffer_get_iter_at_offset (fixture->buffer, &caret, position);
  g_assert_cmpint (gtk_text_iter_get_line (&caret), ==, 1000);
  gtk_text_buffer_undo (fixture->buffer);
  assert_text (fixture, text->str);
}

static void
test_quotes (Fixture       *fixture,
             gconstpointer  data)
{
  find (fixture, "\"don't\"");
  app_wait_shown (fixture->bar, "1 of 1");
  gtk_widget_activate_action (fixture->bar, "find.close", NULL);
  assert_selected (fixture, "“don’t”");
}

static void
test_replace_one (Fixture       *fixture,
                  gconstpointer  data)
{
  find (fixture, "sea");
  app_wait_shown (fixture->bar, "1 of 3");
  gtk_editable_set_text (GTK_EDITABLE (app_find_widget (fixture->bar, GTK_TYPE_ENTRY, NULL)), "sea lake");
  gtk_widget_activate_action (fixture->page, "studio.replace", NULL);
  app_let_pass (300);
  app_click (fixture->bar, "_Replace");
  /* What was put in is not found at once again. */
  app_wait_shown (fixture->bar, "2 of 3");
  g_assert_true (g_str_has_prefix (bks_node_session_get_text (bks_manuscript_get_session (
                                     bks_editor_get_manuscript (fixture->editor))), "The *quiet* sea."));
  gtk_text_buffer_undo (fixture->buffer);
  assert_text (fixture, TEXT);
}

static void
test_options (Fixture       *fixture,
              gconstpointer  data)
{
  find (fixture, "THE quiet");
  app_wait_shown (fixture->bar, "1 of 1");
  gtk_widget_activate_action (fixture->bar, "options.match-case", NULL);
  app_wait_shown (fixture->bar, "Not found");
  gtk_widget_activate_action (fixture->bar, "options.match-case", NULL);
  find (fixture, "quiet");
  app_wait_shown (fixture->bar, "1 of 4");
  gtk_widget_activate_action (fixture->bar, "options.whole-words", NULL);
  app_wait_shown (fixture->bar, "1 of 3");
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
test_prefill (Fixture       *fixture,
              gconstpointer  data)
{
  select_text (fixture, 18, 24);
  gtk_widget_activate_action (fixture->page, "studio.find", NULL);
  fixture->bar = app_find_widget (fixture->page, BKS_TYPE_FIND_BAR, NULL);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (get_entry (fixture))), ==, "It sai");
  app_wait_shown (fixture->bar, "1 of 1");
  /* A passage of several paragraphs is no word to look for. */
  gtk_widget_activate_action (fixture->bar, "find.close", NULL);
  select_text (fixture, 0, 24);
  gtk_widget_activate_action (fixture->page, "studio.find", NULL);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (get_entry (fixture))), ==, "It sai");
}

static void
test_other_text (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(GPtrArray) nodes = bks_book_session_list_nodes (fixture->book);
  GtkWidget *binder = app_find_widget (fixture->page, BKS_TYPE_BINDER, NULL);

  find (fixture, "quiet");
  app_wait_shown (fixture->bar, "1 of 4");
  g_assert_true (bks_binder_select (BKS_BINDER (binder), bks_node_get_id (g_ptr_array_index (nodes, nodes->len - 1))));
  app_wait_shown (fixture->bar, "1 found");
  gtk_widget_activate_action (fixture->page, "studio.find-next", NULL);
  app_wait_shown (fixture->bar, "1 of 1");
}

/* Focus mode and the typewriter */

static gboolean
is_dimmed (Fixture *fixture,
           int      offset)
{
  GtkTextTagTable *table = gtk_text_buffer_get_tag_table (fixture->buffer);
  GtkTextIter iter;

  gtk_text_buffer_get_iter_at_offset (fixture->buffer, &iter, offset);
  return gtk_text_iter_has_tag (&iter, gtk_text_tag_table_lookup (table, BKS_PAGE_MARKUP_DIMMED));
}

static void
toggle_focus_mode (Fixture *fixture)
{
  gtk_widget_activate_action (fixture->page, "studio.focus-mode", NULL);
}

static void
test_focus_mode (Fixture       *fixture,
                 gconstpointer  data)
{
  GtkWidget *binder = app_find_widget (fixture->page, BKS_TYPE_BINDER, NULL);

  app_let_pass (100);
  g_assert_true (gtk_widget_get_mapped (binder));
  g_assert_false (is_dimmed (fixture, 0));
  g_assert_false (is_dimmed (fixture, 20));
  toggle_focus_mode (fixture);
  app_let_pass (500);
  g_assert_false (gtk_widget_get_mapped (binder));
  g_assert_false (app_is_shown (fixture->page, "44 words"));
  g_assert_false (is_dimmed (fixture, 0));
  g_assert_true (is_dimmed (fixture, 20));
  select_text (fixture, 20, 20);
  g_assert_true (is_dimmed (fixture, 0));
  g_assert_false (is_dimmed (fixture, 20));
  /* Several paragraphs at once: the one of the caret stands out. */
  gtk_text_buffer_insert_at_cursor (fixture->buffer, "one.\n\ntwo", -1);
  g_assert_true (is_dimmed (fixture, 20));
  g_assert_false (is_dimmed (fixture, 28));
  /* The marks come and go without the dimming. */
  g_settings_set_boolean (fixture->app.settings, "show-marks", TRUE);
  g_settings_reset (fixture->app.settings, "show-marks");
  g_assert_true (is_dimmed (fixture, 0));
  g_assert_true (g_settings_get_boolean (fixture->app.settings, "focus-mode"));
  toggle_focus_mode (fixture);
  app_let_pass (500);
  g_assert_true (gtk_widget_get_mapped (binder));
  g_assert_false (is_dimmed (fixture, 0));
}

static int
get_caret_y (Fixture *fixture)
{
  GtkTextView *view = GTK_TEXT_VIEW (app_find_widget (fixture->page, BKS_TYPE_PAGE_VIEW, NULL));
  GdkRectangle rectangle;
  int y;

  gtk_text_view_get_cursor_locations (view, NULL, &rectangle, NULL);
  gtk_text_view_buffer_to_window_coords (view, GTK_TEXT_WINDOW_WIDGET, 0, rectangle.y, NULL, &y);
  return y;
}

/* When it has come to rest. */
static int
wait_caret_y (Fixture *fixture)
{
  int last = get_caret_y (fixture);

  for (guint same = 0; same < 4;)
    {
      int y;

      app_let_pass (80);
      y = get_caret_y (fixture);
      same = y == last ? same + 1 : 0;
      last = y;
    }
  return last;
}

static void
move_caret (Fixture *fixture,
            int      lines)
{
  GtkWidget *view = app_find_widget (fixture->page, BKS_TYPE_PAGE_VIEW, NULL);

  g_signal_emit_by_name (view, "move-cursor", GTK_MOVEMENT_DISPLAY_LINES, lines, FALSE);
}

static void
test_typewriter (Fixture       *fixture,
                 gconstpointer  data)
{
  int line;

  app_let_pass (100);
  g_assert_cmpint (wait_caret_y (fixture), <, 150);
  g_settings_set_boolean (fixture->app.settings, "typewriter-line", TRUE);
  app_let_pass (200);
  line = wait_caret_y (fixture);
  g_assert_cmpint (line, >, 250);
  move_caret (fixture, 1);
  g_assert_cmpint (wait_caret_y (fixture), ==, line);
  move_caret (fixture, 1);
  g_assert_cmpint (wait_caret_y (fixture), ==, line);
  move_caret (fixture, 20);
  g_assert_cmpint (wait_caret_y (fixture), ==, line);
  gtk_text_buffer_insert_at_cursor (fixture->buffer, "\n\nOne more.\n\nAnd more.", -1);
  g_assert_cmpint (wait_caret_y (fixture), ==, line);
  g_settings_set_boolean (fixture->app.settings, "typewriter-line", FALSE);
  app_let_pass (200);
  g_assert_cmpint (wait_caret_y (fixture), !=, line);
}

#define ADD(name, func) g_test_add ("/find/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  dex_init ();
  adw_init ();
  ADD ("next-previous", test_next_previous);
  ADD ("not-found", test_not_found);
  ADD ("highlight", test_highlight);
  ADD ("replace-all", test_replace_all);
  ADD ("late-undo", test_late_undo);
  ADD ("breaks-survive", test_breaks_survive);
  ADD ("marks-between", test_marks_between);
  ADD ("replace-many", test_replace_many);
  ADD ("quotes", test_quotes);
  ADD ("replace-one", test_replace_one);
  ADD ("options", test_options);
  ADD ("prefill", test_prefill);
  ADD ("other-text", test_other_text);
  ADD ("focus-mode", test_focus_mode);
  ADD ("typewriter", test_typewriter);
  return g_test_run ();
}
