/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-page-style.h"

struct _BksPageStyle
{
  GObject parent_instance;

  GSettings      *settings;
  GtkCssProvider *provider;
};

G_DEFINE_FINAL_TYPE (BksPageStyle, bks_page_style, G_TYPE_OBJECT)

/* A draft stands in a narrow column. */
#define DRAFT_LINE_HEIGHT 1.5
#define TITLE_SCALE 1.7
/* CSS pixels stay as they are where the desktop's text is made larger; points follow. */
#define POINTS_PER_PIXEL 0.75
/* Below the data folders of the system. */
#define FONTS "book-studio/fonts"

static void
add_fonts_of (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  PangoFontMap *map = pango_cairo_font_map_get_default ();
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autoptr(GError) error = NULL;

      if (g_str_has_suffix (name, ".ttf") && !pango_font_map_add_font_file (map, path, &error))
        g_warning ("A typeface of the page is missing: %s", error->message);
    }
}

/* The page's typeface comes with the program: a book looks the same on every desktop. */
static void
add_fonts (void)
{
  static gboolean added;
  const char *const *folders = g_get_system_data_dirs ();

  if (added)
    return;
  added = TRUE;
  for (guint i = 0; folders[i] != NULL; i++)
    {
      g_autofree char *folder = g_build_filename (folders[i], FONTS, NULL);

      if (!g_file_test (folder, G_FILE_TEST_IS_DIR))
        continue;
      add_fonts_of (folder);
      return;
    }
}

static const char *
get_families (const char *name)
{
  if (g_str_equal (name, "sans"))
    return "\"Source Sans 3\", \"Noto Sans\", sans-serif";
  if (g_str_equal (name, "mono"))
    return "\"Source Code Pro\", \"Noto Sans Mono\", monospace";
  return "Literata, \"Source Serif 4\", \"EB Garamond\", \"Noto Serif\", serif";
}

/*
 * CSS multiplies the height that a font's designer gave it, which differs by a
 * third between serifs; what a reader sees is the multiple of the size.
 */
static double
get_line_factor (const char *families,
                 double      line_height)
{
  PangoContext *context = pango_font_map_create_context (pango_cairo_font_map_get_default ());
  g_autoptr(PangoFontDescription) description = pango_font_description_new ();
  PangoFontMetrics *metrics;
  double height;

  if (families != NULL)
    {
      g_autoptr(GString) plain = g_string_new (families);

      g_string_replace (plain, "\"", "", 0);
      pango_font_description_set_family (description, plain->str);
    }
  pango_font_description_set_absolute_size (description, 100 * PANGO_SCALE);
  /* The height of the font itself, not of what its script falls back to. */
  metrics = pango_context_get_metrics (context, description, pango_language_from_string ("en"));
  height = pango_font_metrics_get_height (metrics) / (100.0 * PANGO_SCALE);
  pango_font_metrics_unref (metrics);
  g_object_unref (context);
  return height > 0 ? line_height / height : line_height;
}

static void
update (BksPageStyle *self)
{
  g_autofree char *family = g_settings_get_string (self->settings, "font-family");
  g_autofree char *rule = NULL;
  g_autofree char *css = NULL;
  const char *families = g_str_equal (family, "system") ? NULL : get_families (family);
  int size = g_settings_get_int (self->settings, "font-size");
  char page[G_ASCII_DTOSTR_BUF_SIZE], draft[G_ASCII_DTOSTR_BUF_SIZE], points[G_ASCII_DTOSTR_BUF_SIZE],
      title_points[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (page, sizeof page, "%.3f",
                   get_line_factor (families, g_settings_get_double (self->settings, "line-height")));
  g_ascii_formatd (draft, sizeof draft, "%.3f", get_line_factor (families, DRAFT_LINE_HEIGHT));
  g_ascii_formatd (points, sizeof points, "%.2f", size * POINTS_PER_PIXEL);
  g_ascii_formatd (title_points, sizeof title_points, "%.2f", size * TITLE_SCALE * POINTS_PER_PIXEL);
  rule = families != NULL ? g_strdup_printf ("font-family: %s;", families) : g_strdup ("");
  css = g_strdup_printf (".manuscript { %s font-size: %spt; line-height: %s; }\n"
                         ".manuscript-title { %s font-size: %spt; }\n"
                         ".manuscript-draft { %s line-height: %s; }\n",
                         rule, points, page, rule, title_points, rule, draft);
  gtk_css_provider_load_from_string (self->provider, css);
}

static void
bks_page_style_dispose (GObject *object)
{
  BksPageStyle *self = BKS_PAGE_STYLE (object);
  GdkDisplay *display = gdk_display_get_default ();

  if (self->provider != NULL && display != NULL)
    gtk_style_context_remove_provider_for_display (display, GTK_STYLE_PROVIDER (self->provider));
  g_clear_object (&self->provider);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (bks_page_style_parent_class)->dispose (object);
}

static void
bks_page_style_class_init (BksPageStyleClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = bks_page_style_dispose;
}

static void
bks_page_style_init (BksPageStyle *self)
{
  self->provider = gtk_css_provider_new ();
}

/**
 * bks_page_style_new:
 * @settings: the preferences of the editor
 *
 * Returns: (transfer full): the style, in force on the default display and
 *   following @settings until it is released
 */
BksPageStyle *
bks_page_style_new (GSettings *settings)
{
  BksPageStyle *self = g_object_new (BKS_TYPE_PAGE_STYLE, NULL);

  add_fonts ();
  self->settings = g_object_ref (settings);
  g_signal_connect_object (settings, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  gtk_style_context_add_provider_for_display (gdk_display_get_default (),
                                              GTK_STYLE_PROVIDER (self->provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  update (self);
  return self;
}
