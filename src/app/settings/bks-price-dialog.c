/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>

#include "bks-async.h"
#include "bks-price-dialog.h"
#include "bks-router-prices.h"
#include "bks-ui.h"

/* The rows are dollars a million tokens to a ten-thousandth; prices are pico-dollars a token. */
#define STEPS_PER_DOLLAR 10000
#define PICO_PER_STEP (BKS_MONEY_PER_DOLLAR / 1000000 / STEPS_PER_DOLLAR)

struct _BksPriceDialog
{
  AdwDialog parent_instance;

  BksProviderList *providers;
  BksModel        *model; /* NULL: to be named */

  AdwComboRow *provider_row;
  GtkEditable *model_row;
  AdwSpinRow  *input_row;
  AdwSpinRow  *output_row;
  GtkWidget   *set_button;
  GtkWidget   *remove_group;
};

enum
{
  SET,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksPriceDialog, bks_price_dialog, ADW_TYPE_DIALOG)

static BksMoney
read_price (AdwSpinRow *row)
{
  adw_spin_row_update (row); /* what is typed and not yet left */
  return (BksMoney) llround (adw_spin_row_get_value (row) * STEPS_PER_DOLLAR) * PICO_PER_STEP;
}

static void
show_price (AdwSpinRow *row,
            BksMoney    price)
{
  if (price != BKS_MONEY_UNKNOWN)
    adw_spin_row_set_value (row, (double) price / (PICO_PER_STEP * STEPS_PER_DOLLAR));
}

static const char *
get_provider (BksPriceDialog *self)
{
  BksProviderEntry *entry = adw_combo_row_get_selected_item (self->provider_row);

  if (self->model != NULL)
    return bks_model_get_provider (self->model);
  return entry != NULL ? bks_provider_entry_get_info (entry)->id : NULL;
}

static char *
dup_model (BksPriceDialog *self)
{
  return self->model != NULL ? g_strdup (bks_model_get_id (self->model))
                             : g_strstrip (g_strdup (gtk_editable_get_text (self->model_row)));
}

static void
changed_cb (BksPriceDialog *self)
{
  g_autofree char *model = dup_model (self);

  gtk_widget_set_sensitive (self->set_button, *model != '\0' && get_provider (self) != NULL);
}

/* @verb->text: "" to have none any more */
static DexFuture *
set_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksPriceDialog *self = verb->self;
  gboolean remove = g_str_equal (verb->text, "");
  g_autofree char *model = dup_model (self);
  g_autoptr(GError) error = NULL;
  gboolean ok = dex_await (bks_router_set_price (bks_provider_list_get_router (self->providers), get_provider (self), model,
                                                 remove ? BKS_MONEY_UNKNOWN : read_price (self->input_row),
                                                 remove ? BKS_MONEY_UNKNOWN : read_price (self->output_row)), &error);

  if (self->set_button == NULL)
    return NULL;
  if (!ok)
    {
      bks_ui_present_error (GTK_WIDGET (self), _("The Price Was Not Set"), error);
      return NULL;
    }
  g_signal_emit (self, signals[SET], 0);
  adw_dialog_close (ADW_DIALOG (self));
  return NULL;
}

static void
set_cb (BksPriceDialog *self)
{
  bks_verb_start (set_fiber, self, "set", NULL);
}

static void
remove_cb (BksPriceDialog *self)
{
  bks_verb_start (set_fiber, self, "", NULL);
}

static char *
get_name (BksProviderEntry *entry,
          gpointer          data)
{
  return g_strdup (bks_provider_entry_get_info (entry)->name);
}

static void
bks_price_dialog_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_PRICE_DIALOG);

  G_OBJECT_CLASS (bks_price_dialog_parent_class)->dispose (object);
}

static void
bks_price_dialog_finalize (GObject *object)
{
  BksPriceDialog *self = BKS_PRICE_DIALOG (object);

  g_clear_object (&self->providers);
  g_clear_object (&self->model);

  G_OBJECT_CLASS (bks_price_dialog_parent_class)->finalize (object);
}

static void
bks_price_dialog_class_init (BksPriceDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_price_dialog_dispose;
  object_class->finalize = bks_price_dialog_finalize;

  signals[SET] = g_signal_new ("set", BKS_TYPE_PRICE_DIALOG, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-price-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, BksPriceDialog, provider_row);
  gtk_widget_class_bind_template_child (widget_class, BksPriceDialog, model_row);
  gtk_widget_class_bind_template_child (widget_class, BksPriceDialog, input_row);
  gtk_widget_class_bind_template_child (widget_class, BksPriceDialog, output_row);
  gtk_widget_class_bind_template_child (widget_class, BksPriceDialog, set_button);
  gtk_widget_class_bind_template_child (widget_class, BksPriceDialog, remove_group);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, set_cb);
  gtk_widget_class_bind_template_callback (widget_class, remove_cb);
}

static void
bks_price_dialog_init (BksPriceDialog *self)
{
  g_autoptr(GtkExpression) name = gtk_cclosure_expression_new (G_TYPE_STRING, NULL, 0, NULL, G_CALLBACK (get_name),
                                                               NULL, NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  adw_combo_row_set_expression (self->provider_row, name);
}

/**
 * bks_price_dialog_new:
 * @providers: all providers
 * @model: (nullable): whose price is changed; %NULL for one to be named
 *
 * Returns: (transfer floating): the dialog, to be presented
 */
BksPriceDialog *
bks_price_dialog_new (BksProviderList *providers,
                      BksModel        *model)
{
  BksPriceDialog *self = g_object_new (BKS_TYPE_PRICE_DIALOG, NULL);

  self->providers = g_object_ref (providers);
  adw_combo_row_set_model (self->provider_row, G_LIST_MODEL (providers));
  if (model != NULL)
    {
      self->model = g_object_ref (model);
      adw_dialog_set_title (ADW_DIALOG (self), bks_model_get_id (model));
      show_price (self->input_row, bks_model_get_input_price (model));
      show_price (self->output_row, bks_model_get_output_price (model));
      gtk_widget_set_visible (GTK_WIDGET (self->provider_row), FALSE);
      gtk_widget_set_visible (GTK_WIDGET (self->model_row), FALSE);
      gtk_widget_set_visible (self->remove_group, TRUE);
    }
  changed_cb (self);
  return self;
}
