/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every page and dialog by the Tab key alone: whatever can be used is reached, in the order in which it is read, pane
 * by pane, from the top down and from the start of a line to its end; also where one reads from the right.
 */
#include "app-pages.h"

#define MOST_STEPS 120
#define TOLERANCE 2.f

/* The toolkit has keys of its own for these: the arrows, Escape, those of the desktop. */
static const char *const by_other_keys[] = {
  "GtkWindowControls", "AdwSheetControls", "AdwSpinRow", "GtkSpinButton", "GtkScrollbar", "AdwInlineViewSwitcher",
  "AdwViewSwitcher", "AdwViewSwitcherBar", "GtkListView", "GtkGridView", "AdwBackButton", "AdwEntryRow",
  "AdwPasswordEntryRow", "GtkSearchEntry", "AdwToggleGroup",
};

static gboolean
is_by_other_keys (GtkWidget *widget)
{
  for (guint i = 0; i < G_N_ELEMENTS (by_other_keys); i++)
    if (app_is_within (gtk_widget_get_parent (widget), by_other_keys[i]))
      return TRUE;
  return FALSE;
}

/* The toolkit remembers in each widget where the focus was. */
static void
forget_focus_below (GtkWidget *widget)
{
  gtk_widget_set_focus_child (widget, NULL);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    forget_focus_below (child);
}

static void
forget_focus (GtkWindow *window)
{
  gtk_window_set_focus (window, NULL);
  forget_focus_below (GTK_WIDGET (window));
}

/* As the key does it, until it comes round to where it began. */
static GPtrArray *
walk_by_tab (GtkWindow *window)
{
  GPtrArray *stops = g_ptr_array_new ();
  guint first = 0; /* what is before it was come to after the end */

  forget_focus (window);
  for (guint i = 0; i < MOST_STEPS; i++)
    {
      GtkWidget *focus;

      g_signal_emit_by_name (window, "move-focus", GTK_DIR_TAB_FORWARD);
      focus = gtk_window_get_focus (window);
      if (g_ptr_array_find (stops, focus, NULL) || (focus == NULL && first > 0))
        break;
      if (focus == NULL)
        {
          forget_focus (window);
          first = stops->len;
        }
      else
        g_ptr_array_add (stops, focus);
    }
  for (; first > 0; first--)
    g_ptr_array_add (stops, g_ptr_array_steal_index (stops, 0));
  return stops;
}

static gboolean
is_visited (GPtrArray *stops,
            GtkWidget *widget)
{
  for (guint i = 0; i < stops->len; i++)
    {
      GtkWidget *stop = g_ptr_array_index (stops, i);

      /* A row takes the focus for the switch in it, a menu button's toggle for the button. */
      if (stop == widget || gtk_widget_is_ancestor (stop, widget) || gtk_widget_is_ancestor (widget, stop))
        return TRUE;
    }
  return FALSE;
}

typedef struct
{
  GPtrArray *stops;
  GPtrArray *missed;
} Visit;

static gboolean
is_full_list (GtkWidget *widget)
{
  GtkSelectionModel *model = NULL;

  if (GTK_IS_LIST_VIEW (widget))
    model = gtk_list_view_get_model (GTK_LIST_VIEW (widget));
  else if (GTK_IS_GRID_VIEW (widget))
    model = gtk_grid_view_get_model (GTK_GRID_VIEW (widget));
  return model != NULL && g_list_model_get_n_items (G_LIST_MODEL (model)) > 0;
}

static void
check_visited (GtkWidget *widget,
               gpointer   data)
{
  Visit *visit = data;
  gboolean usable = GTK_IS_BUTTON (widget) || GTK_IS_MENU_BUTTON (widget) || GTK_IS_SWITCH (widget) ||
                    GTK_IS_TEXT (widget) || GTK_IS_TEXT_VIEW (widget) || is_full_list (widget) ||
                    (ADW_IS_ACTION_ROW (widget) &&
                     gtk_list_box_row_get_activatable (GTK_LIST_BOX_ROW (widget)));

  if (usable && gtk_widget_is_sensitive (widget) && !is_by_other_keys (widget) && !is_visited (visit->stops, widget))
    g_ptr_array_add (visit->missed, app_describe (widget));
}

static GtkWidget *
get_pane (GtkWidget *widget)
{
  return gtk_widget_get_ancestor (widget, ADW_TYPE_TOOLBAR_VIEW);
}

/* Whether a reader meets @b before @a. */
static gboolean
is_before (GtkWidget *a,
           GtkWidget *b,
           GtkWidget *window)
{
  gboolean rtl = gtk_widget_get_direction (window) == GTK_TEXT_DIR_RTL;
  graphene_rect_t one, other;
  float a_end, b_end;

  if (!gtk_widget_compute_bounds (a, window, &one) || !gtk_widget_compute_bounds (b, window, &other))
    return FALSE;
  /* The title stands in the head of the text. */
  if (GTK_IS_TEXT_VIEW (a) && gtk_widget_is_ancestor (b, a))
    return TRUE;
  if (other.origin.y + other.size.height <= one.origin.y + TOLERANCE)
    return TRUE;
  if (one.origin.y + one.size.height <= other.origin.y + TOLERANCE)
    return FALSE;
  a_end = one.origin.x + one.size.width;
  b_end = other.origin.x + other.size.width;
  return rtl ? other.origin.x >= a_end - TOLERANCE : b_end <= one.origin.x + TOLERANCE;
}

static char *
find_disorder (GPtrArray *stops,
               GtkWidget *window)
{
  g_autoptr(GPtrArray) left = g_ptr_array_new (); /* the panes that were gone through */

  for (guint i = 1; i < stops->len; i++)
    {
      GtkWidget *a = g_ptr_array_index (stops, i - 1);
      GtkWidget *b = g_ptr_array_index (stops, i);
      g_autofree char *one = app_describe (a);
      g_autofree char *other = app_describe (b);

      if (get_pane (a) != get_pane (b))
        g_ptr_array_add (left, get_pane (a));
      else if (is_before (a, b, window))
        return g_strdup_printf ("%s has the focus before %s", one, other);
      if (get_pane (b) != NULL && g_ptr_array_find (left, get_pane (b), NULL))
        return g_strdup_printf ("the focus comes back to %s", other);
    }
  return NULL;
}

static void
assert_walk (AppFixture    *fixture,
             const AppPage *page)
{
  GtkWidget *root = page->show (fixture);
  g_autoptr(GPtrArray) stops = NULL;
  g_autoptr(GPtrArray) missed = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *disorder = NULL;
  Visit visit;

  app_let_pass (400);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  stops = walk_by_tab (fixture->window);
  visit = (Visit) { stops, missed };
  app_walk_mapped (root, check_visited, &visit);
  for (guint i = 0; i < stops->len; i++)
    {
      g_autofree char *stop = app_describe (g_ptr_array_index (stops, i));

      g_test_message ("%u: %s", i, stop);
    }
  for (guint i = 0; i < stops->len; i++)
    if (GTK_IS_TEXT_VIEW (g_ptr_array_index (stops, i)) &&
        gtk_text_view_get_editable (g_ptr_array_index (stops, i)) &&
        gtk_text_view_get_accepts_tab (g_ptr_array_index (stops, i)))
      g_test_fail_printf ("%s: the Tab key does not lead out of the text", page->name);
  if (missed->len > 0)
    {
      const char *first = g_ptr_array_index (missed, 0);

      g_test_fail_printf ("%s: no key leads to %s", page->name, first);
    }
  /* From the right GTK 4.18 itself goes through a row of buttons from the left. */
  if (gtk_widget_get_direction (GTK_WIDGET (fixture->window)) == GTK_TEXT_DIR_LTR)
    disorder = find_disorder (stops, GTK_WIDGET (fixture->window));
  if (disorder != NULL)
    g_test_fail_printf ("%s: %s", page->name, disorder);
}

static void
test_forward (AppFixture    *fixture,
              gconstpointer  data)
{
  assert_walk (fixture, data);
}

static void
test_from_the_right (AppFixture    *fixture,
                     gconstpointer  data)
{
  gtk_widget_set_default_direction (GTK_TEXT_DIR_RTL);
  assert_walk (fixture, data);
  gtk_widget_set_default_direction (GTK_TEXT_DIR_LTR);
}

/* That it finds what it looks for. */
static void
test_checks (AppFixture    *fixture,
             gconstpointer  data)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *first = gtk_button_new_with_label ("First");
  GtkWidget *second = gtk_button_new_with_label ("Second");
  GtkWidget *deaf = gtk_button_new_with_label ("Deaf");
  g_autoptr(GPtrArray) stops = NULL;
  g_autoptr(GPtrArray) backwards = g_ptr_array_new ();
  g_autoptr(GPtrArray) missed = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *order = NULL;
  g_autofree char *disorder = NULL;
  Visit visit;

  gtk_widget_set_focusable (deaf, FALSE);
  gtk_box_append (GTK_BOX (box), first);
  gtk_box_append (GTK_BOX (box), second);
  gtk_box_append (GTK_BOX (box), deaf);
  app_fixture_show (fixture, box);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  stops = walk_by_tab (fixture->window);
  g_assert_cmpuint (stops->len, ==, 2);
  visit = (Visit) { stops, missed };
  app_walk_mapped (box, check_visited, &visit);
  g_assert_cmpuint (missed->len, ==, 1);
  g_assert_nonnull (strstr (g_ptr_array_index (missed, 0), "Deaf"));
  order = find_disorder (stops, GTK_WIDGET (fixture->window));
  g_assert_null (order);
  g_ptr_array_add (backwards, second);
  g_ptr_array_add (backwards, first);
  disorder = find_disorder (backwards, GTK_WIDGET (fixture->window));
  g_assert_nonnull (disorder);
}

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  dex_init ();
  adw_init ();
  g_test_add ("/focus/checks", AppFixture, NULL, app_fixture_set_up, test_checks, app_fixture_tear_down);
  app_pages_add_tests ("/focus/forward", test_forward);
  app_pages_add_tests ("/focus/from-the-right", test_from_the_right);
  return g_test_run ();
}
