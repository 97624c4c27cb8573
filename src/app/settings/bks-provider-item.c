/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-provider-item.h"

struct _BksProviderItem
{
  AdwActionRow parent_instance;

  BksProviderInfo *info;
  GtkWidget       *dot;
};

G_DEFINE_FINAL_TYPE (BksProviderItem, bks_provider_item, ADW_TYPE_ACTION_ROW)

static const char *
get_dot_class (BksKeyState state)
{
  switch (state)
    {
    case BKS_KEY_NOT_NEEDED:
    case BKS_KEY_STORED:
    case BKS_KEY_ENVIRONMENT:
      return "ready";
    case BKS_KEY_KEYRING_LOCKED:
    case BKS_KEY_KEYRING_ABSENT:
      return "waiting";
    case BKS_KEY_MISSING:
    default:
      return "idle";
    }
}

static void
bks_provider_item_dispose (GObject *object)
{
  BksProviderItem *self = BKS_PROVIDER_ITEM (object);

  g_clear_pointer (&self->info, bks_provider_info_unref);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_PROVIDER_ITEM);

  G_OBJECT_CLASS (bks_provider_item_parent_class)->dispose (object);
}

static void
bks_provider_item_class_init (BksProviderItemClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_provider_item_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-provider-item.ui");
  gtk_widget_class_bind_template_child (widget_class, BksProviderItem, dot);
}

static void
bks_provider_item_init (BksProviderItem *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_provider_item_new:
 * @info: a provider as configured
 *
 * Returns: (transfer floating): its row
 */
GtkWidget *
bks_provider_item_new (BksProviderInfo *info)
{
  BksProviderItem *self = g_object_new (BKS_TYPE_PROVIDER_ITEM, NULL);

  self->info = bks_provider_info_ref (info);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), info->name);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self), bks_provider_item_get_state (info));
  gtk_widget_add_css_class (self->dot, get_dot_class (info->key_state));
  return GTK_WIDGET (self);
}

/**
 * bks_provider_item_get_info:
 * @self: a row
 *
 * Returns: (transfer none): its provider
 */
BksProviderInfo *
bks_provider_item_get_info (BksProviderItem *self)
{
  g_return_val_if_fail (BKS_IS_PROVIDER_ITEM (self), NULL);

  return self->info;
}

/**
 * bks_provider_item_get_state:
 * @info: a provider as configured
 *
 * Returns: (transfer none): whether it can be used, in words
 */
const char *
bks_provider_item_get_state (BksProviderInfo *info)
{
  switch (info->key_state)
    {
    case BKS_KEY_NOT_NEEDED:
      return info->local ? _("On this computer, needs no key") : _("Needs no key");
    case BKS_KEY_STORED:
      return _("Ready");
    case BKS_KEY_ENVIRONMENT:
      return _("Ready, with the key of the environment");
    case BKS_KEY_KEYRING_LOCKED:
      return _("Keyring locked");
    case BKS_KEY_KEYRING_ABSENT:
      return _("No keyring");
    case BKS_KEY_MISSING:
    default:
      return _("No key");
    }
}
