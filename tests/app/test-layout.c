/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every page and dialog on a narrow window and with text of twice the size: nothing is wider than the window, nothing
 * we say is cut short, no two texts lie on each other.
 */
#include "app-pages.h"

/* With the ten pixels of the frame that a window without a manager has. */
#define NARROW 370
#define LARGE_WIDTH 800
#define HEIGHT 720
#define DPI (96 * 1024)
#define TOLERANCE 1.5f

typedef struct
{
  GtkWidget *window;
  GPtrArray *labels;
  GPtrArray *faults;
} Look;

static gboolean
get_box (GtkWidget       *widget,
         GtkWidget       *window,
         graphene_rect_t *box)
{
  return gtk_widget_compute_bounds (widget, window, box) && box->size.width > 0 && box->size.height > 0;
}

/* What of @widget the panes around it let through; an empty box if nothing. */
static gboolean
get_seen_box (GtkWidget       *widget,
              GtkWidget       *window,
              graphene_rect_t *box)
{
  if (!get_box (widget, window, box))
    return FALSE;
  for (GtkWidget *at = gtk_widget_get_parent (widget); at != NULL; at = gtk_widget_get_parent (at))
    {
      graphene_rect_t clip;

      if (GTK_IS_SCROLLED_WINDOW (at) &&
          (!get_box (at, window, &clip) || !graphene_rect_intersection (box, &clip, box)))
        return FALSE;
    }
  return TRUE;
}

static void
add_fault (Look       *look,
           GtkWidget  *widget,
           const char *what)
{
  g_autofree char *described = app_describe (widget);

  g_ptr_array_add (look->faults, g_strdup_printf ("%s: %s", described, what));
}

/* What the person called something may be cut short: its whole is in the tooltip, or a click away. */
static gboolean
is_persons (GtkWidget *label)
{
  return (app_is_within (label, "BksBookTile") && gtk_widget_has_css_class (label, "heading")) ||
         (app_is_within (label, "BksBinderRow") && !gtk_widget_has_css_class (label, "numeric")) ||
         (app_is_within (label, "BksStudioPage") && app_is_within (label, "AdwWindowTitle") &&
          !gtk_widget_has_css_class (label, "subtitle"));
}

static void
check_label (GtkWidget *widget,
             gpointer   data)
{
  Look *look = data;
  graphene_rect_t box;

  if (!GTK_IS_LABEL (widget) || *gtk_label_get_text (GTK_LABEL (widget)) == '\0' ||
      !get_box (widget, look->window, &box))
    return;
  g_ptr_array_add (look->labels, widget);
  if (box.origin.x < -TOLERANCE ||
      box.origin.x + box.size.width > gtk_widget_get_width (look->window) + TOLERANCE)
    add_fault (look, widget, "is outside of the window");
  if (pango_layout_is_ellipsized (gtk_label_get_layout (GTK_LABEL (widget))) && !is_persons (widget))
    add_fault (look, widget, "is cut short");
}

/* An entry row shows one of its two titles, and fades between them. */
static gboolean
are_one_entry (GtkWidget *a,
               GtkWidget *b)
{
  GtkWidget *row = gtk_widget_get_ancestor (a, ADW_TYPE_ENTRY_ROW);

  return row != NULL && row == gtk_widget_get_ancestor (b, ADW_TYPE_ENTRY_ROW);
}

static void
check_overlaps (Look *look)
{
  for (guint i = 0; i < look->labels->len; i++)
    for (guint j = i + 1; j < look->labels->len; j++)
      {
        graphene_rect_t a, b, both;

        if (are_one_entry (g_ptr_array_index (look->labels, i), g_ptr_array_index (look->labels, j)) ||
            !get_seen_box (g_ptr_array_index (look->labels, i), look->window, &a) ||
            !get_seen_box (g_ptr_array_index (look->labels, j), look->window, &b))
          continue;
        if (graphene_rect_intersection (&a, &b, &both) && both.size.width > TOLERANCE && both.size.height > TOLERANCE)
          {
            g_autofree char *other = app_describe (g_ptr_array_index (look->labels, j));
            g_autofree char *what = g_strdup_printf ("lies on %s", other);

            add_fault (look, g_ptr_array_index (look->labels, i), what);
          }
      }
}

static GPtrArray *
find_faults (AppFixture *fixture,
             GtkWidget  *root)
{
  Look look = {
    GTK_WIDGET (fixture->window),
    g_ptr_array_new (),
    g_ptr_array_new_with_free_func (g_free),
  };

  app_walk_mapped (root, check_label, &look);
  check_overlaps (&look);
  g_ptr_array_unref (look.labels);
  return look.faults;
}

static char *warning;

/* libadwaita 1.7 tries the heading of an alert in one line before it breaks it, and GTK says that this is too wide;
 * every other warning about sizes is a fault of ours. */
static GLogWriterOutput
note_warning (GLogLevelFlags   level,
              const GLogField *fields,
              gsize            n_fields,
              gpointer         data)
{
  for (gsize i = 0; i < n_fields; i++)
    if ((level & G_LOG_LEVEL_WARNING) && g_str_equal (fields[i].key, "MESSAGE") &&
        strstr (fields[i].value, "Trying to measure GtkLabel") == NULL)
      g_set_str (&warning, fields[i].value);
  return g_log_writer_default (level, fields, n_fields, data);
}

static void
assert_fits (AppFixture    *fixture,
             const AppPage *page)
{
  g_autoptr(GPtrArray) faults = NULL;
  GtkWidget *root;

  g_clear_pointer (&warning, g_free);
  root = page->show (fixture);
  app_let_pass (400);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  faults = find_faults (fixture, root);
  if (warning != NULL)
    g_test_fail_printf ("%s: %s", page->name, warning);
  for (guint i = 0; i < faults->len; i++)
    g_test_message ("%s", (char *) g_ptr_array_index (faults, i));
  if (faults->len > 0)
    {
      g_autofree char *first = g_strdup (g_ptr_array_index (faults, 0));

      g_test_fail_printf ("%s: %s", page->name, first);
    }
}

static void
test_narrow (AppFixture    *fixture,
             gconstpointer  data)
{
  gtk_window_set_default_size (fixture->window, NARROW, HEIGHT);
  assert_fits (fixture, data);
  /* A page that needs more would have pushed the window wider. */
  g_assert_cmpint (gtk_widget_get_width (GTK_WIDGET (fixture->window)), <=, NARROW);
}

static void
set_dpi (int dpi)
{
  g_object_set (gtk_settings_get_default (), "gtk-xft-dpi", dpi, NULL);
}

static void
test_large (AppFixture    *fixture,
            gconstpointer  data)
{
  set_dpi (2 * DPI);
  gtk_window_set_default_size (fixture->window, LARGE_WIDTH, HEIGHT);
  assert_fits (fixture, data);
  g_assert_cmpint (gtk_widget_get_width (GTK_WIDGET (fixture->window)), <=, LARGE_WIDTH);
  set_dpi (DPI);
}

/* That it finds what it looks for. */
static void
test_checks (AppFixture    *fixture,
             gconstpointer  data)
{
  GtkWidget *fixed = gtk_fixed_new ();
  GtkWidget *cut = gtk_label_new ("A sentence that is much too long for its place");
  GtkWidget *under = gtk_label_new ("Under");
  g_autoptr(GPtrArray) faults = NULL;

  gtk_label_set_ellipsize (GTK_LABEL (cut), PANGO_ELLIPSIZE_END);
  gtk_fixed_put (GTK_FIXED (fixed), cut, 0, 0);
  gtk_fixed_put (GTK_FIXED (fixed), gtk_label_new ("Over"), 100, 102);
  gtk_fixed_put (GTK_FIXED (fixed), under, 102, 100);
  gtk_fixed_put (GTK_FIXED (fixed), gtk_label_new ("Outside"), -30, 300);
  app_fixture_show (fixture, fixed);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  faults = find_faults (fixture, fixed);
  g_assert_cmpuint (faults->len, ==, 3);
}

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  /* The tests tell a warning as a fault of its page. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_log_set_writer_func (note_warning, NULL, NULL);
  dex_init ();
  adw_init ();
  set_dpi (DPI);
  g_test_add ("/layout/checks", AppFixture, NULL, app_fixture_set_up, test_checks, app_fixture_tear_down);
  app_pages_add_tests ("/layout/narrow", test_narrow);
  app_pages_add_tests ("/layout/large", test_large);
  return g_test_run ();
}
