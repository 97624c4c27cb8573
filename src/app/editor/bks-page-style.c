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
  char page[G_ASCII_DTOSTR_BUF_SIZE], draft[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (page, sizeof page, "%.3f",
                   get_line_factor (families, g_settings_get_double (self->settings, "line-height")));
  g_ascii_formatd (draft, sizeof draft, "%.3f", get_line_factor (families, DRAFT_LINE_HEIGHT));
  if (families != NULL)
    rule = g_strdup_printf ("font-family: %s;", families);
  css = g_strdup_printf (".manuscript { %s font-size: %dpx; line-height: %s; }\n"
                         ".manuscript-title { %s }\n"
                         ".manuscript-draft { %s line-height: %s; }\n",
                         rule != NULL ? rule : "", g_settings_get_int (self->settings, "font-size"), page,
                         rule != NULL ? rule : "", rule != NULL ? rule : "", draft);
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

  self->settings = g_object_ref (settings);
  g_signal_connect_object (settings, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  gtk_style_context_add_provider_for_display (gdk_display_get_default (),
                                              GTK_STYLE_PROVIDER (self->provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  update (self);
  return self;
}
