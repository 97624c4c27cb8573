/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-provider-item.h"

struct _BksProviderItem
{
  AdwActionRow parent_instance;

  BksProviderEntry *entry;
  GtkWidget        *dot;
  GtkLabel         *cost_label;
};

G_DEFINE_FINAL_TYPE (BksProviderItem, bks_provider_item, ADW_TYPE_ACTION_ROW)

static void
update (BksProviderItem *self)
{
  g_autofree char *state = bks_provider_entry_dup_state (self->entry);
  g_autofree char *cost = bks_provider_entry_dup_cost (self->entry);
  const char *classes[] = { "dot", bks_provider_item_get_dot_class (bks_provider_entry_get_state (self->entry)), NULL };

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), bks_provider_entry_get_info (self->entry)->name);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self), state);
  gtk_label_set_label (self->cost_label, cost != NULL ? cost : "");
  gtk_widget_set_css_classes (self->dot, classes);
}

static void
bks_provider_item_dispose (GObject *object)
{
  BksProviderItem *self = BKS_PROVIDER_ITEM (object);

  if (self->entry != NULL)
    g_signal_handlers_disconnect_by_data (self->entry, self);
  g_clear_object (&self->entry);
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
  gtk_widget_class_bind_template_child (widget_class, BksProviderItem, cost_label);
}

static void
bks_provider_item_init (BksProviderItem *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_provider_item_new:
 * @entry: a provider
 *
 * Returns: (transfer floating): its row, which follows it
 */
GtkWidget *
bks_provider_item_new (BksProviderEntry *entry)
{
  BksProviderItem *self = g_object_new (BKS_TYPE_PROVIDER_ITEM, NULL);

  self->entry = g_object_ref (entry);
  g_signal_connect_swapped (entry, "changed", G_CALLBACK (update), self);
  update (self);
  return GTK_WIDGET (self);
}

/**
 * bks_provider_item_get_entry:
 * @self: a row
 *
 * Returns: (transfer none): its provider
 */
BksProviderEntry *
bks_provider_item_get_entry (BksProviderItem *self)
{
  g_return_val_if_fail (BKS_IS_PROVIDER_ITEM (self), NULL);

  return self->entry;
}

/**
 * bks_provider_item_get_dot_class:
 * @state: how a provider stands
 *
 * Returns: (transfer none): the style of a dot that says so to the eye; words beside it say it to everybody
 */
const char *
bks_provider_item_get_dot_class (BksProviderState state)
{
  switch (state)
    {
    case BKS_PROVIDER_READY:
      return "ready";
    case BKS_PROVIDER_KEY_REFUSED:
    case BKS_PROVIDER_NO_CREDIT:
    case BKS_PROVIDER_RESTING:
    case BKS_PROVIDER_OFFLINE:
    case BKS_PROVIDER_KEYRING_LOCKED:
    case BKS_PROVIDER_KEYRING_ABSENT:
      return "waiting";
    case BKS_PROVIDER_NO_KEY:
    default:
      return "idle";
    }
}
