/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-fixture.h"
#include "bks-binder.h"
#include "bks-editor.h"
#include "bks-page-view.h"
#include "bks-studio-page.h"

#define BOOK "# Book\n\n## Alpha\n\nFirst words.\n\n## Beta\n\nSecond words here.\n\n## Gamma\n\nThird.\n"

typedef struct
{
  AppFixture      app;
  BksBookSession *book;
  BksPlaces      *places;
  GtkWidget      *page;
  BksBinder      *binder;
  BksEditor      *editor;
} Fixture;

static gboolean
has_manuscript (gpointer data)
{
  return bks_editor_get_manuscript (data) != NULL;
}

static void
show_page (Fixture *fixture)
{
  GtkWidget *navigation = adw_navigation_view_new ();

  fixture->page = GTK_WIDGET (bks_studio_page_new (fixture->app.studio, fixture->book, fixture->app.settings,
                                                    fixture->places, NULL));
  adw_navigation_view_add (ADW_NAVIGATION_VIEW (navigation), ADW_NAVIGATION_PAGE (fixture->page));
  app_fixture_show (&fixture->app, navigation);
  fixture->binder = BKS_BINDER (app_find_widget (fixture->page, BKS_TYPE_BINDER, NULL));
  fixture->editor = BKS_EDITOR (app_find_widget (fixture->page, BKS_TYPE_EDITOR, NULL));
  app_wait_for (has_manuscript, fixture->editor, "the first chapter to open");
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr(GFile) file = NULL;

  app_fixture_set_up (&fixture->app, data);
  fixture->book = app_fixture_new_book (&fixture->app, BOOK);
  file = g_file_new_build_filename (fixture->app.dir, "places.ini", NULL);
  fixture->places = bks_places_new (file);
  show_page (fixture);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  bks_studio_page_leave (BKS_STUDIO_PAGE (fixture->page));
  app_await (bks_book_session_close (fixture->book));
  g_clear_object (&fixture->book);
  g_clear_object (&fixture->places);
  app_fixture_tear_down (&fixture->app, data);
}

static char *
dup_titles (GListModel *nodes)
{
  GString *titles = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (nodes); i++)
    {
      g_autoptr(BksNode) node = g_list_model_get_item (nodes, i);
      g_autofree char *below = dup_titles (bks_node_get_children (node));

      g_string_append_printf (titles, "%s%s", titles->len > 0 ? " " : "", bks_node_get_title (node));
      if (*below != '\0')
        g_string_append_printf (titles, "(%s)", below);
    }
  return g_string_free (titles, FALSE);
}

typedef struct
{
  BksBookSession *book;
  const char     *titles;
} Order;

static gboolean
has_order (gpointer data)
{
  Order *order = data;
  g_autofree char *titles = dup_titles (bks_book_session_get_nodes (order->book));

  return g_strcmp0 (titles, order->titles) == 0;
}

static void
wait_order (Fixture    *fixture,
            const char *titles)
{
  Order order = { fixture->book, titles };

  app_wait_for (has_order, &order, titles);
}

static BksNode *
find_node (Fixture    *fixture,
           const char *title)
{
  g_autoptr(GPtrArray) nodes = bks_book_session_list_nodes (fixture->book);

  for (guint i = 0; i < nodes->len; i++)
    if (g_strcmp0 (bks_node_get_title (g_ptr_array_index (nodes, i)), title) == 0)
      return g_ptr_array_index (nodes, i);
  return NULL;
}

static void
select_node (Fixture    *fixture,
             const char *title)
{
  g_assert_true (bks_binder_select (fixture->binder, bks_node_get_id (find_node (fixture, title))));
}

static void
test_opens_first (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autofree char *text = bks_manuscript_dup_text (bks_editor_get_manuscript (fixture->editor));

  g_assert_cmpstr (text, ==, "First words.");
  app_assert_shown (fixture->page, "Alpha");
  app_wait_shown (fixture->page, "Saved · 2 words");
}

static gboolean
shows_beta (gpointer data)
{
  g_autofree char *text = bks_manuscript_dup_text (bks_editor_get_manuscript (data));

  return g_str_equal (text, "Second words here.");
}

static void
test_select (Fixture       *fixture,
             gconstpointer  data)
{
  select_node (fixture, "Beta");
  app_wait_for (shows_beta, fixture->editor, "the second chapter");
  app_wait_shown (fixture->page, "Saved · 3 words");
}

static void
test_undo_survives (Fixture       *fixture,
                    gconstpointer  data)
{
  BksManuscript *alpha = bks_editor_get_manuscript (fixture->editor);
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (bks_manuscript_get_buffer (alpha));

  gtk_text_buffer_insert_at_cursor (buffer, "Typed. ", -1);
  select_node (fixture, "Beta");
  app_wait_for (shows_beta, fixture->editor, "the second chapter");
  select_node (fixture, "Alpha");
  app_let_pass (50);
  g_assert_true (bks_editor_get_manuscript (fixture->editor) == alpha);
  g_assert_true (gtk_text_buffer_get_can_undo (buffer));
}

static gboolean
is_clean (gpointer data)
{
  return bks_node_session_get_state (data) == BKS_SAVE_CLEAN;
}

static void
test_leaving_saves (Fixture       *fixture,
                    gconstpointer  data)
{
  BksManuscript *alpha = bks_editor_get_manuscript (fixture->editor);
  BksNodeSession *session = bks_manuscript_get_session (alpha);

  gtk_text_buffer_insert_at_cursor (GTK_TEXT_BUFFER (bks_manuscript_get_buffer (alpha)), "Typed. ", -1);
  g_assert_cmpint (bks_node_session_get_state (session), ==, BKS_SAVE_DIRTY);
  select_node (fixture, "Beta");
  app_wait_for (is_clean, session, "the chapter that was left to be saved");
  g_assert_cmpstr (bks_node_session_get_text (session), ==, "Typed. First words.");
}

static void
test_move (Fixture       *fixture,
           gconstpointer  data)
{
  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "binder.move-down", NULL);
  wait_order (fixture, "Beta Alpha Gamma");
  app_let_pass (50);
  g_assert_cmpstr (bks_node_get_title (bks_binder_get_selected (fixture->binder)), ==, "Alpha");
  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "binder.move-up", NULL);
  wait_order (fixture, "Alpha Beta Gamma");
  /* At the top it stays. */
  app_let_pass (50);
  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "binder.move-up", NULL);
  app_let_pass (100);
  wait_order (fixture, "Alpha Beta Gamma");
}

static void
test_add (Fixture       *fixture,
          gconstpointer  data)
{
  gtk_widget_activate_action (fixture->page, "studio.add", "s", "chapter");
  wait_order (fixture, "Alpha New Chapter Beta Gamma");
  app_wait_shown (fixture->page, "New Chapter");
  app_let_pass (100);
  g_assert_cmpstr (bks_node_get_title (bks_binder_get_selected (fixture->binder)), ==, "New Chapter");
  gtk_widget_activate_action (fixture->page, "studio.add", "s", "scene");
  wait_order (fixture, "Alpha New Chapter(New Scene) Beta Gamma");
}

static void
test_trash_and_undo (Fixture       *fixture,
                     gconstpointer  data)
{
  GtkWidget *root = GTK_WIDGET (fixture->app.window);

  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "binder.delete", NULL);
  wait_order (fixture, "Beta Gamma");
  app_wait_shown (root, "Moved to the trash: Alpha");
  app_wait_for (shows_beta, fixture->editor, "the next chapter to open");
  app_click (root, "_Undo");
  wait_order (fixture, "Alpha Beta Gamma");
}

static void
test_trash_all (Fixture       *fixture,
                gconstpointer  data)
{
  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "binder.delete", NULL);
  wait_order (fixture, "Beta Gamma");
  app_let_pass (50);
  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "binder.delete", NULL);
  wait_order (fixture, "Gamma");
  app_let_pass (50);
  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "binder.delete", NULL);
  wait_order (fixture, "");
  app_wait_shown (fixture->page, "No Text Open");
  g_assert_null (bks_editor_get_manuscript (fixture->editor));
}

static void
test_rename (Fixture       *fixture,
             gconstpointer  data)
{
  GtkWidget *view = app_find_widget (fixture->page, BKS_TYPE_PAGE_VIEW, NULL);
  GtkWidget *title = app_find_widget (view, GTK_TYPE_TEXT, NULL);

  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "binder.rename", NULL);
  app_let_pass (50);
  gtk_editable_set_text (GTK_EDITABLE (title), " The Letter ");
  gtk_widget_grab_focus (view);
  wait_order (fixture, "The Letter Beta Gamma");
  /* A node without a name could not be found again. */
  gtk_widget_grab_focus (title);
  app_let_pass (50);
  gtk_editable_set_text (GTK_EDITABLE (title), "  ");
  gtk_widget_grab_focus (view);
  app_let_pass (100);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (title)), ==, "The Letter");
  wait_order (fixture, "The Letter Beta Gamma");
}

static void
test_save_says_so (Fixture       *fixture,
                   gconstpointer  data)
{
  gtk_widget_activate_action (fixture->page, "studio.save", NULL);
  app_wait_shown (GTK_WIDGET (fixture->app.window), "Saved. Book Studio also saves by itself");
}

static gboolean
is_renamed (gpointer data)
{
  return g_str_equal (bks_book_get_title (data), "The Salt Road");
}

static gboolean
is_local_only (gpointer data)
{
  return bks_book_get_local_only (data);
}

static void
test_details (Fixture       *fixture,
              gconstpointer  data)
{
  BksBook *book = bks_book_session_get_book (fixture->book);
  g_autofree char *endless = g_strnfill (60000, 'x');
  GtkWidget *dialog;
  GtkWidget *title;

  gtk_widget_activate_action (fixture->page, "studio.details", NULL);
  dialog = GTK_WIDGET (adw_window_get_visible_dialog (ADW_WINDOW (fixture->app.window)));
  title = app_find_widget (dialog, ADW_TYPE_ENTRY_ROW, "Title");
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (title)), ==, "Book");
  gtk_editable_set_text (GTK_EDITABLE (title), "The Salt Road");
  g_signal_emit_by_name (title, "apply");
  app_wait_for (is_renamed, book, "the book to be renamed");
  app_wait_shown (fixture->page, "The Salt Road");
  adw_switch_row_set_active (ADW_SWITCH_ROW (app_find_widget (dialog, ADW_TYPE_SWITCH_ROW, NULL)), TRUE);
  app_wait_for (is_local_only, book, "the book to stay on this computer");
  /* A book keeps a name. */
  gtk_editable_set_text (GTK_EDITABLE (title), "  ");
  g_signal_emit_by_name (title, "apply");
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (title)), ==, "The Salt Road");
  /* What is refused is said, and goes back to what is true. */
  gtk_editable_set_text (GTK_EDITABLE (title), endless);
  g_signal_emit_by_name (title, "apply");
  app_wait_shown (GTK_WIDGET (fixture->app.window), "The Book Cannot Be Changed");
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (title)), ==, "The Salt Road");
}

static void
test_search (Fixture       *fixture,
             gconstpointer  data)
{
  GtkWidget *entry = app_find_widget (GTK_WIDGET (fixture->binder), GTK_TYPE_SEARCH_ENTRY, NULL);

  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "binder.search", NULL);
  gtk_editable_set_text (GTK_EDITABLE (entry), "gam");
  app_let_pass (400);
  app_assert_shown (GTK_WIDGET (fixture->binder), "Gamma");
  g_assert_false (app_is_shown (GTK_WIDGET (fixture->binder), "Alpha"));
  /* The text that is open stays open, and is selected again when everything is shown. */
  g_assert_true (bks_manuscript_get_session (bks_editor_get_manuscript (fixture->editor)) != NULL);
  gtk_editable_set_text (GTK_EDITABLE (entry), "nothing of that name");
  app_wait_shown (GTK_WIDGET (fixture->binder), "No Title Found");
  gtk_editable_set_text (GTK_EDITABLE (entry), "");
  app_wait_shown (GTK_WIDGET (fixture->binder), "Alpha");
  g_assert_cmpstr (bks_node_get_title (bks_binder_get_selected (fixture->binder)), ==, "Alpha");
}

static void
test_scene_facts (Fixture       *fixture,
                  gconstpointer  data)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (bks_manuscript_get_buffer (bks_editor_get_manuscript (fixture->editor)));
  GtkWidget *stack = app_find_widget (fixture->page, ADW_TYPE_VIEW_STACK, NULL);

  adw_view_stack_set_visible_child_name (ADW_VIEW_STACK (stack), "scene");
  app_wait_shown (stack, "2 words · 12 characters");
  app_assert_shown (stack, "1 of 3");
  app_assert_shown (stack, "less than a minute");
  gtk_text_buffer_insert_at_cursor (buffer, "One more. ", -1);
  app_wait_shown (stack, "4 words · 22 characters");
}

static void
test_opens_where_left (Fixture       *fixture,
                       gconstpointer  data)
{
  GtkTextBuffer *buffer;
  GtkTextIter caret;
  int position;

  select_node (fixture, "Beta");
  app_wait_for (shows_beta, fixture->editor, "the second chapter");
  buffer = GTK_TEXT_BUFFER (bks_manuscript_get_buffer (bks_editor_get_manuscript (fixture->editor)));
  gtk_text_buffer_get_iter_at_offset (buffer, &caret, 7);
  gtk_text_buffer_place_cursor (buffer, &caret);
  bks_studio_page_leave (BKS_STUDIO_PAGE (fixture->page));
  show_page (fixture);
  app_wait_for (shows_beta, fixture->editor, "the second chapter again");
  buffer = GTK_TEXT_BUFFER (bks_manuscript_get_buffer (bks_editor_get_manuscript (fixture->editor)));
  g_object_get (buffer, "cursor-position", &position, NULL);
  g_assert_cmpint (position, ==, 7);
}

/* The rows of the window that the third line of the page is painted on. */
static GBytes *
paint_third_line (Fixture *fixture)
{
  GtkWidget *window = GTK_WIDGET (fixture->app.window);
  GtkWidget *view = app_find_widget (fixture->page, BKS_TYPE_PAGE_VIEW, NULL);
  g_autofree guchar *pixels = NULL;
  graphene_point_t point;
  GtkTextIter line;
  int width, height, top, rows;

  app_let_pass (200);
  gtk_text_buffer_get_iter_at_line (gtk_text_view_get_buffer (GTK_TEXT_VIEW (view)), &line, 2);
  gtk_text_view_get_line_yrange (GTK_TEXT_VIEW (view), &line, &top, &rows);
  gtk_text_view_buffer_to_window_coords (GTK_TEXT_VIEW (view), GTK_TEXT_WINDOW_WIDGET, 0, top, NULL, &top);
  g_assert_true (gtk_widget_compute_point (view, window, &GRAPHENE_POINT_INIT (0, (float) top), &point));
  pixels = app_paint (window, &width, &height);
  g_assert_cmpint ((int) point.y + rows, <=, height);
  return g_bytes_new (pixels + (gsize) point.y * width * APP_BYTES_PER_PIXEL,
                      (gsize) rows * width * APP_BYTES_PER_PIXEL);
}

/* Whatever marks a scene break, the page shows one asterism and no mark under it. */
static void
test_breaks_look_alike (Fixture       *fixture,
                        gconstpointer  data)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (bks_manuscript_get_buffer (bks_editor_get_manuscript (fixture->editor)));
  g_autoptr(GBytes) stars = NULL;
  g_autoptr(GBytes) dashes = NULL;
  g_autoptr(GBytes) letters = NULL;
  GtkTextIter start;

  gtk_text_buffer_set_text (buffer, "Before.\n\n***\n\nAfter.", -1);
  gtk_text_buffer_get_start_iter (buffer, &start);
  gtk_text_buffer_place_cursor (buffer, &start);
  stars = paint_third_line (fixture);
  gtk_text_buffer_set_text (buffer, "Before.\n\n---\n\nAfter.", -1);
  gtk_text_buffer_get_start_iter (buffer, &start);
  gtk_text_buffer_place_cursor (buffer, &start);
  dashes = paint_third_line (fixture);
  gtk_text_buffer_set_text (buffer, "Before.\n\nNo.\n\nAfter.", -1);
  letters = paint_third_line (fixture);
  g_assert_true (g_bytes_equal (stars, dashes));
  g_assert_false (g_bytes_equal (stars, letters));
}

#define ADD(name, func) g_test_add ("/studio-page/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  dex_init ();
  adw_init ();
  ADD ("opens-first", test_opens_first);
  ADD ("select", test_select);
  ADD ("undo-survives", test_undo_survives);
  ADD ("leaving-saves", test_leaving_saves);
  ADD ("move", test_move);
  ADD ("add", test_add);
  ADD ("trash-and-undo", test_trash_and_undo);
  ADD ("trash-all", test_trash_all);
  ADD ("rename", test_rename);
  ADD ("breaks-look-alike", test_breaks_look_alike);
  ADD ("opens-where-left", test_opens_where_left);
  ADD ("save-says-so", test_save_says_so);
  ADD ("details", test_details);
  ADD ("search", test_search);
  ADD ("scene-facts", test_scene_facts);
  return g_test_run ();
}
