/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-models-page.h"
#include "bks-price-dialog.h"
#include "bks-prices-group.h"
#include "bks-router-prices.h"
#include "bks-ui.h"
#include "bks-wording.h"

struct _BksPricesGroup
{
  AdwPreferencesGroup parent_instance;

  BksProviderList *providers;
  GListStore      *own; /* of BksModel */
  DexCancellable  *cancellable;

  AdwActionRow *date_row;
  GtkStack     *update_stack;
  GtkListBox   *list;
};

G_DEFINE_FINAL_TYPE (BksPricesGroup, bks_prices_group, ADW_TYPE_PREFERENCES_GROUP)

static BksRouter *
get_router (BksPricesGroup *self)
{
  return bks_provider_list_get_router (self->providers);
}

static void
show_date (BksPricesGroup *self)
{
  g_autoptr(GTimeZone) zone = g_time_zone_new_local ();
  g_autofree char *noon = g_strconcat (bks_router_get_prices_date (get_router (self)), "T12:00:00", NULL);
  g_autoptr(GDateTime) day = g_date_time_new_from_iso8601 (noon, zone);
  /* Translators: a day with its year, see strftime() */
  g_autofree char *date = day != NULL ? g_date_time_format (day, _("%-d %B %Y"))
                                      : g_strdup (bks_router_get_prices_date (get_router (self)));
  g_autofree char *title = g_strdup_printf (_("Prices as of %s"), date);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->date_row), title);
}

static DexFuture *
load_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksPricesGroup *self = verb->self;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) models = dex_await_boxed (bks_router_list_own_prices (get_router (self)), &error);

  if (self->list == NULL)
    return NULL;
  if (models == NULL)
    {
      bks_ui_present_error (GTK_WIDGET (self), _("Your Prices Cannot Be Read"), error);
      return NULL;
    }
  g_list_store_splice (self->own, 0, g_list_model_get_n_items (G_LIST_MODEL (self->own)), models->pdata, models->len);
  gtk_widget_set_visible (GTK_WIDGET (self->list), models->len > 0);
  show_date (self);
  return NULL;
}

/* The table */

static DexFuture *
update_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksPricesGroup *self = verb->self;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) changes = NULL;
  g_autofree char *said = NULL;

  changes = dex_await_boxed (bks_router_update_prices (get_router (self), NULL, TRUE, self->cancellable), &error);
  dex_clear (&self->cancellable);
  if (self->list == NULL)
    return NULL;
  gtk_stack_set_visible_child_name (self->update_stack, "button");
  if (changes == NULL)
    {
      bks_ui_present_error (GTK_WIDGET (self), _("The Prices Were Not Updated"), error);
      return NULL;
    }
  said = changes->len > 0 ? g_strdup_printf (ngettext ("%d price is another now", "%d prices are others now",
                                                       changes->len), (int) changes->len)
                          : g_strdup (_("No price has changed"));
  bks_ui_toast (GTK_WIDGET (self), said);
  bks_prices_group_update (self);
  return NULL;
}

static void
update_cb (BksPricesGroup *self)
{
  if (self->cancellable != NULL)
    return;
  self->cancellable = dex_cancellable_new ();
  gtk_stack_set_visible_child_name (self->update_stack, "spinner");
  bks_verb_start (update_fiber, self, NULL, NULL);
}

/* One's own */

static void
show_dialog (BksPricesGroup *self,
             BksModel       *model)
{
  BksPriceDialog *dialog = bks_price_dialog_new (self->providers, model);

  g_signal_connect_object (dialog, "set", G_CALLBACK (bks_prices_group_update), self, G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (self));
}

static void
add_cb (BksPricesGroup *self)
{
  show_dialog (self, NULL);
}

static void
row_activated_cb (BksPricesGroup *self,
                  GtkListBoxRow  *row)
{
  g_autoptr(BksModel) model = g_list_model_get_item (G_LIST_MODEL (self->own), (guint) gtk_list_box_row_get_index (row));

  show_dialog (self, model);
}

static GtkWidget *
make_row (gpointer item,
          gpointer data)
{
  BksPricesGroup *self = data;
  BksModel *model = item;
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *arrow = gtk_image_new_from_icon_name ("go-next-symbolic");
  g_autofree char *facts = bks_models_page_describe (model);
  g_autofree char *subtitle = g_strdup_printf ("%s · %s", bks_provider_list_get_name (self->providers,
                                                                                      bks_model_get_provider (model)),
                                               facts);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), bks_model_get_id (model));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), arrow);
  return row;
}

static void
bks_prices_group_dispose (GObject *object)
{
  BksPricesGroup *self = BKS_PRICES_GROUP (object);

  if (self->cancellable != NULL)
    dex_cancellable_cancel (self->cancellable);
  if (self->list != NULL)
    gtk_list_box_bind_model (self->list, NULL, NULL, NULL, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_PRICES_GROUP);

  G_OBJECT_CLASS (bks_prices_group_parent_class)->dispose (object);
}

static void
bks_prices_group_finalize (GObject *object)
{
  BksPricesGroup *self = BKS_PRICES_GROUP (object);

  dex_clear (&self->cancellable);
  g_clear_object (&self->providers);
  g_clear_object (&self->own);

  G_OBJECT_CLASS (bks_prices_group_parent_class)->finalize (object);
}

static void
bks_prices_group_class_init (BksPricesGroupClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_prices_group_dispose;
  object_class->finalize = bks_prices_group_finalize;

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-prices-group.ui");
  gtk_widget_class_bind_template_child (widget_class, BksPricesGroup, date_row);
  gtk_widget_class_bind_template_child (widget_class, BksPricesGroup, update_stack);
  gtk_widget_class_bind_template_child (widget_class, BksPricesGroup, list);
  gtk_widget_class_bind_template_callback (widget_class, update_cb);
  gtk_widget_class_bind_template_callback (widget_class, add_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
}

static void
bks_prices_group_init (BksPricesGroup *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->own = g_list_store_new (BKS_TYPE_MODEL);
}

/**
 * bks_prices_group_set_providers:
 * @self: the group, without providers so far
 * @providers: all providers
 */
void
bks_prices_group_set_providers (BksPricesGroup  *self,
                                BksProviderList *providers)
{
  g_return_if_fail (BKS_IS_PRICES_GROUP (self) && self->providers == NULL);

  self->providers = g_object_ref (providers);
  gtk_list_box_bind_model (self->list, G_LIST_MODEL (self->own), make_row, self, NULL);
  show_date (self);
}

/**
 * bks_prices_group_update:
 * @self: the group
 *
 * Reads the author's prices and the date of the others anew.
 */
void
bks_prices_group_update (BksPricesGroup *self)
{
  g_return_if_fail (BKS_IS_PRICES_GROUP (self));

  bks_verb_start (load_fiber, self, NULL, NULL);
}
