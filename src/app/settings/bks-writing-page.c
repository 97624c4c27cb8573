/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-writing-page.h"

struct _BksWritingPage
{
  AdwPreferencesPage parent_instance;

  GtkWidget *font_row;
  GtkWidget *size_row;
  GtkWidget *height_row;
  GtkWidget *measure_row;
  GtkWidget *marks_row;
  GtkWidget *typewriter_row;
  GtkWidget *spelling_row;
};

/* In the order of the row's list. */
static const char *const families[] = { "serif", "sans", "mono", "system" };

G_DEFINE_FINAL_TYPE (BksWritingPage, bks_writing_page, ADW_TYPE_PREFERENCES_PAGE)

static gboolean
get_family (GValue   *value,
            GVariant *variant,
            gpointer  data)
{
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    if (g_str_equal (families[i], g_variant_get_string (variant, NULL)))
      g_value_set_uint (value, i);
  return TRUE;
}

static GVariant *
set_family (const GValue       *value,
            const GVariantType *expected,
            gpointer            data)
{
  guint i = g_value_get_uint (value);

  return i < G_N_ELEMENTS (families) ? g_variant_new_string (families[i]) : NULL;
}

static void
bks_writing_page_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_WRITING_PAGE);

  G_OBJECT_CLASS (bks_writing_page_parent_class)->dispose (object);
}

static void
bks_writing_page_class_init (BksWritingPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_writing_page_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-writing-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BksWritingPage, font_row);
  gtk_widget_class_bind_template_child (widget_class, BksWritingPage, size_row);
  gtk_widget_class_bind_template_child (widget_class, BksWritingPage, height_row);
  gtk_widget_class_bind_template_child (widget_class, BksWritingPage, measure_row);
  gtk_widget_class_bind_template_child (widget_class, BksWritingPage, marks_row);
  gtk_widget_class_bind_template_child (widget_class, BksWritingPage, typewriter_row);
  gtk_widget_class_bind_template_child (widget_class, BksWritingPage, spelling_row);
}

static void
bks_writing_page_init (BksWritingPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_writing_page_set_settings:
 * @self: the page
 * @settings: the preferences to show and change
 */
void
bks_writing_page_set_settings (BksWritingPage *self,
                               GSettings      *settings)
{
  g_return_if_fail (BKS_IS_WRITING_PAGE (self));

  g_settings_bind_with_mapping (settings, "font-family", self->font_row, "selected", G_SETTINGS_BIND_DEFAULT,
                                get_family, set_family, NULL, NULL);
  g_settings_bind (settings, "font-size", self->size_row, "value", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "line-height", self->height_row, "value", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "measure", self->measure_row, "value", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "show-marks", self->marks_row, "active", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "typewriter-line", self->typewriter_row, "active", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "spell-check", self->spelling_row, "active", G_SETTINGS_BIND_DEFAULT);
}
