/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every text of every page and dialog stands out from what is behind it by 4.5 to 1 (WCAG 2.2, 1.4.3), as it is
 * painted: at twice the size, so that letters have pixels of their full colour. What cannot be used is excepted there
 * and here.
 */
#include "app-pages.h"

#include <math.h>

#define LEAST 4.5
#define DPI (2 * 96 * 1024)
#define WIDTH 1100
#define HEIGHT 900
/* Colours are told apart by this many bits of each channel: a letter's edge has many of them. */
#define BITS 5
/* As many pixels of a colour make it one of the letters', not of an edge. */
#define LEAST_PIXELS 4
#define EDGE 8

typedef struct
{
  GtkWidget *window;
  guchar    *pixels;
  int        width;
  int        height;
  GPtrArray *faults;
  guint      checked;
} Look;

static double
get_luminance (guint32 colour)
{
  const double weights[] = { 0.2126, 0.7152, 0.0722 };
  double sum = 0;

  for (guint i = 0; i < G_N_ELEMENTS (weights); i++)
    {
      double c = (colour >> (16 - 8 * i) & 0xff) / 255.0;

      sum += weights[i] * (c <= 0.04045 ? c / 12.92 : pow ((c + 0.055) / 1.055, 2.4));
    }
  return sum;
}

static double
get_contrast (guint32 a,
              guint32 b)
{
  double one = get_luminance (a);
  double other = get_luminance (b);

  return (MAX (one, other) + 0.05) / (MIN (one, other) + 0.05);
}

static guint32
get_pixel (Look *look,
           int   x,
           int   y)
{
  const guchar *at = look->pixels + ((gsize) y * look->width + x) * APP_BYTES_PER_PIXEL;

  return (guint32) at[0] << 16 | (guint32) at[1] << 8 | at[2];
}

static gboolean
get_seen_box (GtkWidget       *widget,
              Look            *look,
              graphene_rect_t *box)
{
  graphene_rect_t whole = GRAPHENE_RECT_INIT (0, 0, look->width, look->height);

  /* Without the line that high contrast draws around windows. */
  graphene_rect_inset (&whole, EDGE, EDGE);

  if (!gtk_widget_compute_bounds (widget, look->window, box) || !graphene_rect_intersection (box, &whole, box))
    return FALSE;
  for (GtkWidget *at = gtk_widget_get_parent (widget); at != NULL; at = gtk_widget_get_parent (at))
    {
      graphene_rect_t clip;

      if (GTK_IS_SCROLLED_WINDOW (at) && (!gtk_widget_compute_bounds (at, look->window, &clip) ||
                                          !graphene_rect_intersection (box, &clip, box)))
        return FALSE;
    }
  return box->size.width >= 4 && box->size.height >= 8;
}

static guint
reduce (guint32 colour)
{
  guint shift = 8 - BITS;

  return (colour >> (16 + shift) & ((1 << BITS) - 1)) << (2 * BITS) |
         (colour >> (8 + shift) & ((1 << BITS) - 1)) << BITS | (colour >> shift & ((1 << BITS) - 1));
}

/* The colour that most of the box has is behind the letters; the one furthest from it is theirs. */
static double
measure (Look                  *look,
         const graphene_rect_t *box)
{
  g_autofree guint *counts = g_new0 (guint, 1 << (3 * BITS));
  g_autofree guint32 *colours = g_new0 (guint32, 1 << (3 * BITS));
  guint behind = 0;
  double most = 1;

  for (int y = (int) box->origin.y; y < (int) (box->origin.y + box->size.height); y++)
    for (int x = (int) box->origin.x; x < (int) (box->origin.x + box->size.width); x++)
      {
        guint32 colour = get_pixel (look, x, y);

        counts[reduce (colour)]++;
        colours[reduce (colour)] = colour;
      }
  for (guint i = 0; i < 1 << (3 * BITS); i++)
    if (counts[i] > counts[behind])
      behind = i;
  for (guint i = 0; i < 1 << (3 * BITS); i++)
    if (counts[i] >= LEAST_PIXELS)
      most = MAX (most, get_contrast (colours[i], colours[behind]));
  return most;
}

/* One that fades away with its bar, or behind the title of a row, is not to be read. */
static gboolean
is_faded (GtkWidget *widget)
{
  for (GtkWidget *at = widget; at != NULL; at = gtk_widget_get_parent (at))
    if (gtk_widget_get_opacity (at) < 0.1)
      return TRUE;
  return app_is_within (widget, "AdwEntryRow") && gtk_widget_get_opacity (widget) < 1;
}

static void
check_text (GtkWidget *widget,
            gpointer   data)
{
  Look *look = data;
  graphene_rect_t box;
  double contrast;

  if ((!GTK_IS_LABEL (widget) || *gtk_label_get_text (GTK_LABEL (widget)) == '\0') && !GTK_IS_TEXT_VIEW (widget))
    return;
  if (!gtk_widget_is_sensitive (widget) || is_faded (widget) || !get_seen_box (widget, look, &box))
    return;
  if (GTK_IS_TEXT_VIEW (widget) &&
      gtk_text_buffer_get_char_count (gtk_text_view_get_buffer (GTK_TEXT_VIEW (widget))) == 0)
    return;
  contrast = measure (look, &box);
  look->checked++;
  if (contrast < LEAST)
    {
      g_autofree char *described = app_describe (widget);

      g_ptr_array_add (look->faults, g_strdup_printf ("%s: %.2f to 1", described, contrast));
    }
}

static guint
find_faults (AppFixture *fixture,
             GtkWidget  *root,
             GPtrArray  *faults)
{
  Look look = { GTK_WIDGET (fixture->window), .faults = faults };

  look.pixels = app_paint (look.window, &look.width, &look.height);
  app_walk_mapped (root, check_text, &look);
  g_free (look.pixels);
  return look.checked;
}

static void
test_page (AppFixture    *fixture,
           gconstpointer  data)
{
  const AppPage *page = data;
  g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  GtkWidget *root;

  gtk_window_set_default_size (fixture->window, WIDTH, HEIGHT);
  root = page->show (fixture);
  app_let_pass (500);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  g_assert_cmpuint (find_faults (fixture, root, faults), >, 0);
  for (guint i = 0; i < faults->len; i++)
    g_test_message ("%s", (char *) g_ptr_array_index (faults, i));
  if (faults->len > 0)
    {
      const char *first = g_ptr_array_index (faults, 0);

      g_test_fail_printf ("%s: %s", page->name, first);
    }
}

/* That it finds what it looks for, and measures what WCAG says: #767676 on white is 4.54 to 1. */
static void
test_checks (AppFixture    *fixture,
             gconstpointer  data)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *pale = gtk_label_new ("Pale");
  GtkWidget *plain = gtk_label_new ("Plain");
  g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);

  g_assert_cmpfloat_with_epsilon (get_contrast (0x000000, 0xffffff), 21, 0.001);
  g_assert_cmpfloat_with_epsilon (get_contrast (0x767676, 0xffffff), 4.54, 0.005);
  gtk_widget_set_opacity (pale, 0.3);
  gtk_box_append (GTK_BOX (box), pale);
  gtk_box_append (GTK_BOX (box), plain);
  app_fixture_show (fixture, box);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  g_assert_cmpuint (find_faults (fixture, box, faults), ==, 2);
  g_assert_cmpuint (faults->len, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  dex_init ();
  adw_init ();
  g_object_set (gtk_settings_get_default (), "gtk-xft-dpi", DPI, NULL);
  g_test_add ("/contrast/checks", AppFixture, NULL, app_fixture_set_up, test_checks, app_fixture_tear_down);
  app_pages_add_tests ("/contrast", test_page);
  return g_test_run ();
}
