/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-preferences-dialog.h"
#include "bks-providers-page.h"
#include "bks-usage-page.h"
#include "bks-writing-page.h"

struct _BksPreferencesDialog
{
  AdwPreferencesDialog parent_instance;

  BksProvidersPage *providers_page;
  BksUsagePage     *usage_page;
  BksWritingPage   *writing_page;
};

G_DEFINE_FINAL_TYPE (BksPreferencesDialog, bks_preferences_dialog, ADW_TYPE_PREFERENCES_DIALOG)

static void
bks_preferences_dialog_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_PREFERENCES_DIALOG);

  G_OBJECT_CLASS (bks_preferences_dialog_parent_class)->dispose (object);
}

static void
bks_preferences_dialog_class_init (BksPreferencesDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_preferences_dialog_dispose;

  g_type_ensure (BKS_TYPE_PROVIDERS_PAGE);
  g_type_ensure (BKS_TYPE_USAGE_PAGE);
  g_type_ensure (BKS_TYPE_WRITING_PAGE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/com/humanizer/BookStudio/bks-preferences-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, BksPreferencesDialog, providers_page);
  gtk_widget_class_bind_template_child (widget_class, BksPreferencesDialog, usage_page);
  gtk_widget_class_bind_template_child (widget_class, BksPreferencesDialog, writing_page);
}

static void
bks_preferences_dialog_init (BksPreferencesDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_preferences_dialog_new:
 * @providers: all providers
 * @settings: the preferences of window and editor
 *
 * Returns: (transfer floating): the dialog, to be presented
 */
GtkWidget *
bks_preferences_dialog_new (BksProviderList *providers,
                            GSettings       *settings)
{
  BksPreferencesDialog *self = g_object_new (BKS_TYPE_PREFERENCES_DIALOG, NULL);

  bks_providers_page_set_providers (self->providers_page, providers);
  bks_usage_page_set_providers (self->usage_page, providers);
  bks_writing_page_set_settings (self->writing_page, settings);
  return GTK_WIDGET (self);
}
