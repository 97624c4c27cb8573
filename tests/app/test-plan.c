/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-fixture.h"
#include "bks-binder-row.h"
#include "bks-binder.h"
#include "bks-editor.h"
#include "bks-node-plan.h"
#include "bks-studio-page.h"
#include "bks-today-bar.h"

/* Status, target and synopsis of a part, chapter or scene, in the binder and in the inspector; the words of today. */

#define BOOK "# Book\n\n## Part\n\n### Alpha\n\nFirst words.\n\n### Beta\n\nSecond words here.\n"

typedef struct
{
  AppFixture      app;
  BksBookSession *book;
  GtkWidget      *page;
  BksBinder      *binder;
  BksEditor      *editor;
  GtkWidget      *plan;
} Fixture;

static gboolean
has_manuscript (gpointer data)
{
  return bks_editor_get_manuscript (data) != NULL;
}

static gboolean
is_filled (gpointer data)
{
  Fixture *fixture = data;

  fixture->plan = app_find_widget (fixture->page, BKS_TYPE_NODE_PLAN, NULL);
  return fixture->plan != NULL && gtk_widget_get_mapped (fixture->plan);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  GtkWidget *navigation = adw_navigation_view_new ();

  app_fixture_set_up (&fixture->app, data);
  g_settings_set_string (fixture->app.settings, "inspector-page", "scene");
  fixture->book = app_fixture_new_book (&fixture->app, BOOK);
  fixture->page = GTK_WIDGET (bks_studio_page_new (fixture->app.studio, fixture->book, fixture->app.settings, NULL, NULL));
  adw_navigation_view_add (ADW_NAVIGATION_VIEW (navigation), ADW_NAVIGATION_PAGE (fixture->page));
  app_fixture_show (&fixture->app, navigation);
  fixture->binder = BKS_BINDER (app_find_widget (fixture->page, BKS_TYPE_BINDER, NULL));
  fixture->editor = BKS_EDITOR (app_find_widget (fixture->page, BKS_TYPE_EDITOR, NULL));
  app_wait_for (has_manuscript, fixture->editor, "the first chapter to open");
  app_wait_for (is_filled, fixture, "the inspector");
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_settings_reset (fixture->app.settings, "inspector-page");
  bks_studio_page_leave (BKS_STUDIO_PAGE (fixture->page));
  app_await (bks_book_session_close (fixture->book));
  g_clear_object (&fixture->book);
  app_fixture_tear_down (&fixture->app, data);
}

static BksNode *
find_node (Fixture    *fixture,
           const char *title)
{
  g_autoptr(GPtrArray) nodes = bks_book_session_list_nodes (fixture->book);

  for (guint i = 0; i < nodes->len; i++)
    if (g_str_equal (bks_node_get_title (g_ptr_array_index (nodes, i)), title))
      return g_ptr_array_index (nodes, i);
  g_assert_not_reached ();
}

static gboolean
shows_selected (gpointer data)
{
  Fixture *fixture = data;
  BksManuscript *manuscript = bks_editor_get_manuscript (fixture->editor);

  return manuscript != NULL && bks_node_session_get_node (bks_manuscript_get_session (manuscript)) ==
                                 bks_binder_get_selected (fixture->binder);
}

static void
select_node (Fixture    *fixture,
             const char *title)
{
  g_assert_true (bks_binder_select (fixture->binder, bks_node_get_id (find_node (fixture, title))));
  app_wait_for (shows_selected, fixture, title);
}

/* The row of a node, however the list has them. */
static GtkWidget *
find_row (GtkWidget *root,
          BksNode   *node)
{
  if (BKS_IS_BINDER_ROW (root))
    return bks_binder_row_get_node (BKS_BINDER_ROW (root)) == node ? root : NULL;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_row (child, node);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static GtkWidget *
get_row (Fixture    *fixture,
         const char *title)
{
  GtkWidget *row = find_row (GTK_WIDGET (fixture->binder), find_node (fixture, title));

  g_assert_nonnull (row);
  return row;
}

static void
assert_status (Fixture    *fixture,
               const char *title,
               const char *css_class,
               const char *name)
{
  GtkWidget *row = get_row (fixture, title);
  GtkWidget *dot = gtk_widget_get_last_child (row);
  GtkWidget *item = gtk_widget_get_parent (gtk_widget_get_ancestor (row, GTK_TYPE_TREE_EXPANDER));
  g_autofree char *tooltip = bks_binder_row_make_tooltip (BKS_BINDER_ROW (row));

  g_assert_true (gtk_widget_get_mapped (dot));
  g_assert_true (css_class == NULL || gtk_widget_has_css_class (dot, css_class));
  g_assert_true (gtk_widget_has_css_class (dot, "dot") == (css_class != NULL));
  gtk_test_accessible_assert_property (item, GTK_ACCESSIBLE_PROPERTY_LABEL, name);
  g_assert_true ((tooltip != NULL) == (css_class != NULL));
}

/* Waits until the book knows it. */
typedef struct
{
  BksNode       *node;
  BksNodeStatus  status;
} Status;

static gboolean
has_status (gpointer data)
{
  Status *wanted = data;

  return bks_node_get_status (wanted->node) == wanted->status;
}

static void
wait_status (Fixture       *fixture,
             const char    *title,
             BksNodeStatus  status)
{
  app_wait_for (has_status, &(Status) { find_node (fixture, title), status }, "the status");
}

static AdwComboRow *
get_status_row (Fixture *fixture)
{
  return ADW_COMBO_ROW (app_find_widget (fixture->plan, ADW_TYPE_COMBO_ROW, "Status"));
}

static void
test_status_from_the_menu (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autofree char *tooltip = NULL;

  select_node (fixture, "Beta");
  assert_status (fixture, "Beta", NULL, "Beta, 3 words");
  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "status.set", "s", "draft");
  wait_status (fixture, "Beta", BKS_STATUS_DRAFT);
  assert_status (fixture, "Beta", "status-draft", "Beta, 3 words, First Draft");
  tooltip = bks_binder_row_make_tooltip (BKS_BINDER_ROW (get_row (fixture, "Beta")));
  g_assert_cmpstr (tooltip, ==, "Status: First Draft");
  assert_status (fixture, "Alpha", NULL, "Alpha, 2 words");
  /* The inspector shows it without being asked. */
  g_assert_cmpuint (adw_combo_row_get_selected (get_status_row (fixture)), ==, BKS_STATUS_DRAFT);
  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "status.set", "s", "done");
  wait_status (fixture, "Beta", BKS_STATUS_DONE);
  assert_status (fixture, "Beta", "status-done", "Beta, 3 words, Done");
  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "binder.undo", NULL);
  wait_status (fixture, "Beta", BKS_STATUS_DRAFT);
  app_wait_shown (GTK_WIDGET (fixture->app.window), "Status of “Beta” set back");
  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "status.set", "s", "none");
  wait_status (fixture, "Beta", BKS_STATUS_NONE);
  assert_status (fixture, "Beta", NULL, "Beta, 3 words");
}

static void
test_status_from_the_inspector (Fixture       *fixture,
                                gconstpointer  data)
{
  select_node (fixture, "Part");
  adw_combo_row_set_selected (get_status_row (fixture), BKS_STATUS_REVISED);
  wait_status (fixture, "Part", BKS_STATUS_REVISED);
  assert_status (fixture, "Part", "status-revised", "Part, 5 words, Revised");
  select_node (fixture, "Alpha");
  g_assert_cmpuint (adw_combo_row_get_selected (get_status_row (fixture)), ==, BKS_STATUS_NONE);
  app_let_pass (50);
  g_assert_cmpint (bks_node_get_status (find_node (fixture, "Alpha")), ==, BKS_STATUS_NONE);
  select_node (fixture, "Part");
  g_assert_cmpuint (adw_combo_row_get_selected (get_status_row (fixture)), ==, BKS_STATUS_REVISED);
}

/* Where the words end, with a dot and without. */
static void
test_counts_in_one_column (Fixture       *fixture,
                           gconstpointer  data)
{
  static const char *const titles[] = { "Part", "Alpha", "Beta" };
  float ends[G_N_ELEMENTS (titles)];

  select_node (fixture, "Beta");
  gtk_widget_activate_action (GTK_WIDGET (fixture->binder), "status.set", "s", "todo");
  wait_status (fixture, "Beta", BKS_STATUS_TODO);
  app_let_pass (100);
  for (guint i = 0; i < G_N_ELEMENTS (titles); i++)
    {
      GtkWidget *words = gtk_widget_get_prev_sibling (gtk_widget_get_last_child (get_row (fixture, titles[i])));
      graphene_rect_t bounds;

      g_assert_true (GTK_IS_LABEL (words));
      g_assert_true (gtk_widget_compute_bounds (words, GTK_WIDGET (fixture->binder), &bounds));
      ends[i] = bounds.origin.x + bounds.size.width;
      g_assert_cmpfloat (ends[i], ==, ends[0]);
    }
}

static GtkTextBuffer *
get_synopsis (Fixture *fixture)
{
  GtkWidget *view = app_find_widget (fixture->plan, GTK_TYPE_TEXT_VIEW, NULL);

  return gtk_text_view_get_buffer (GTK_TEXT_VIEW (view));
}

static char *
dup_text (GtkTextBuffer *buffer)
{
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  return gtk_text_buffer_get_text (buffer, &start, &end, TRUE);
}

static void
assert_text (GtkTextBuffer *buffer,
             const char    *expected)
{
  g_autofree char *text = dup_text (buffer);

  g_assert_cmpstr (text, ==, expected);
}

/* Without a pause from one scene into the next: each has its own. */
static void
test_synopsis_of_two_scenes (Fixture       *fixture,
                             gconstpointer  data)
{
  GtkTextBuffer *synopsis = get_synopsis (fixture);

  select_node (fixture, "Alpha");
  gtk_text_buffer_insert_at_cursor (synopsis, "Ines counts.\nOne is missing.", -1);
  select_node (fixture, "Beta");
  assert_text (synopsis, "");
  /* There is no way back to the synopsis of another scene. */
  g_assert_false (gtk_text_buffer_get_can_undo (synopsis));
  gtk_text_buffer_insert_at_cursor (synopsis, "Tomé waits.", -1);
  select_node (fixture, "Alpha");
  assert_text (synopsis, "Ines counts.\nOne is missing.");
  gtk_text_buffer_insert_at_cursor (synopsis, " Still.", -1);
  app_await (bks_book_session_save (fixture->book));
  g_assert_cmpstr (bks_node_get_synopsis (find_node (fixture, "Alpha")), ==, "Ines counts.\nOne is missing. Still.");
  g_assert_cmpstr (bks_node_get_synopsis (find_node (fixture, "Beta")), ==, "Tomé waits.");
}

static gboolean
shows_other_synopsis (gpointer data)
{
  g_autofree char *text = dup_text (get_synopsis (data));

  return g_str_equal (text, "From the command line.");
}

/* What another program puts there is shown, and can be taken back as what one typed. */
static void
test_synopsis_by_others (Fixture       *fixture,
                         gconstpointer  data)
{
  GtkTextBuffer *synopsis = get_synopsis (fixture);

  select_node (fixture, "Alpha");
  gtk_text_buffer_insert_at_cursor (synopsis, "Mine.", -1);
  app_await (bks_book_session_set_plan (fixture->book, bks_node_get_id (find_node (fixture, "Alpha")),
                                        "From the command line.", 50));
  app_wait_for (shows_other_synopsis, fixture, "the other synopsis");
  app_wait_shown (fixture->plan, "2 of 50 words");
  gtk_text_buffer_undo (synopsis);
  assert_text (synopsis, "Mine.");
  app_await (bks_book_session_save (fixture->book));
  g_assert_cmpstr (bks_node_get_synopsis (find_node (fixture, "Alpha")), ==, "Mine.");
}

static void
test_synopsis_has_an_end (Fixture       *fixture,
                          gconstpointer  data)
{
  g_autofree char *endless = g_strnfill (20000, 'x');

  select_node (fixture, "Alpha");
  gtk_text_buffer_insert_at_cursor (get_synopsis (fixture), "Short.", -1);
  gtk_text_buffer_insert_at_cursor (get_synopsis (fixture), endless, -1);
  assert_text (get_synopsis (fixture), "Short.");
  app_wait_shown (GTK_WIDGET (fixture->app.window), "A synopsis is a few sentences");
}

static void
test_target (Fixture       *fixture,
             gconstpointer  data)
{
  GtkWidget *row = app_find_widget (fixture->plan, ADW_TYPE_SPIN_ROW, "Target Words");
  GtkWidget *bar = app_find_widget (fixture->plan, GTK_TYPE_PROGRESS_BAR, NULL);
  GtkTextBuffer *text;

  select_node (fixture, "Alpha");
  g_assert_false (gtk_widget_get_mapped (bar));
  /* Typed, not confirmed by Enter. */
  gtk_editable_set_text (GTK_EDITABLE (row), "4");
  app_wait_shown (fixture->plan, "2 of 4 words");
  g_assert_true (gtk_widget_get_mapped (bar));
  g_assert_cmpfloat (gtk_progress_bar_get_fraction (GTK_PROGRESS_BAR (bar)), ==, 0.5);
  gtk_test_accessible_assert_property (bar, GTK_ACCESSIBLE_PROPERTY_LABEL, "Progress Towards the Target");
  text = GTK_TEXT_BUFFER (bks_manuscript_get_buffer (bks_editor_get_manuscript (fixture->editor)));
  gtk_text_buffer_insert_at_cursor (text, "One more. ", -1);
  app_wait_shown (fixture->plan, "4 of 4 words");
  /* A part is measured with all below it. */
  select_node (fixture, "Part");
  g_assert_cmpfloat (adw_spin_row_get_value (ADW_SPIN_ROW (row)), ==, 0);
  gtk_editable_set_text (GTK_EDITABLE (row), "1000");
  app_wait_shown (fixture->plan, "7 of 1,000 words");
  select_node (fixture, "Alpha");
  g_assert_cmpfloat (adw_spin_row_get_value (ADW_SPIN_ROW (row)), ==, 4);
  g_assert_cmpint (bks_node_get_target_words (find_node (fixture, "Part")), ==, 1000);
  adw_spin_row_set_value (ADW_SPIN_ROW (row), 0);
  app_let_pass (50);
  g_assert_false (gtk_widget_get_mapped (bar));
}

static gboolean
has_goal (gpointer book)
{
  return bks_book_get_daily_goal (book) == 10;
}

/* Below the binder, with every save; the goal is set in the book's details. */
static void
test_today (Fixture       *fixture,
            gconstpointer  data)
{
  GtkWidget *bar = app_find_widget (GTK_WIDGET (fixture->binder), BKS_TYPE_TODAY_BAR, NULL);
  GtkWidget *progress = app_find_widget (bar, GTK_TYPE_PROGRESS_BAR, NULL);
  GtkTextBuffer *text = GTK_TEXT_BUFFER (bks_manuscript_get_buffer (bks_editor_get_manuscript (fixture->editor)));
  GtkWidget *dialog;

  /* The book was imported today; nobody has written it. */
  app_assert_shown (bar, "0 words");
  g_assert_false (gtk_widget_get_mapped (progress));
  gtk_test_accessible_assert_property (bar, GTK_ACCESSIBLE_PROPERTY_LABEL, "Written today: 0 words");
  gtk_text_buffer_insert_at_cursor (text, "Four words are new. ", -1);
  app_wait_shown (bar, "4 words");

  gtk_widget_activate_action (fixture->page, "studio.details", NULL);
  dialog = GTK_WIDGET (adw_window_get_visible_dialog (ADW_WINDOW (fixture->app.window)));
  gtk_editable_set_text (GTK_EDITABLE (app_find_widget (dialog, ADW_TYPE_SPIN_ROW, "Daily Goal")), "10");
  adw_dialog_close (ADW_DIALOG (dialog));
  app_wait_for (has_goal, bks_book_session_get_book (fixture->book), "the goal");
  app_wait_shown (bar, "4 / 10 words");
  g_assert_true (gtk_widget_get_mapped (progress));
  g_assert_cmpfloat (gtk_progress_bar_get_fraction (GTK_PROGRESS_BAR (progress)), ==, 0.4);
  gtk_test_accessible_assert_property (bar, GTK_ACCESSIBLE_PROPERTY_LABEL, "Written today: 4 of 10 words");
  gtk_test_accessible_assert_property (progress, GTK_ACCESSIBLE_PROPERTY_LABEL, "Progress Towards the Daily Goal");
  gtk_text_buffer_insert_at_cursor (text, "One, two, three, four, five, six, seven. ", -1);
  app_wait_shown (bar, "11 / 10 words");
  g_assert_cmpfloat (gtk_progress_bar_get_fraction (GTK_PROGRESS_BAR (progress)), ==, 1);
  app_await (bks_book_session_set_daily_goal (fixture->book, 0));
  app_wait_shown (bar, "11 words");
  g_assert_false (gtk_widget_get_visible (progress));
}

#define ADD(name, func) g_test_add ("/plan/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  dex_init ();
  adw_init ();
  ADD ("status-from-the-menu", test_status_from_the_menu);
  ADD ("status-from-the-inspector", test_status_from_the_inspector);
  ADD ("counts-in-one-column", test_counts_in_one_column);
  ADD ("synopsis-of-two-scenes", test_synopsis_of_two_scenes);
  ADD ("synopsis-by-others", test_synopsis_by_others);
  ADD ("synopsis-has-an-end", test_synopsis_has_an_end);
  ADD ("target", test_target);
  ADD ("today", test_today);
  return g_test_run ();
}
