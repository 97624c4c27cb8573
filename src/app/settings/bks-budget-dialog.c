/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>

#include "bks-async.h"
#include "bks-budget-dialog.h"
#include "bks-router-money.h"
#include "bks-ui.h"

#define DOLLARS 10.0

struct _BksBudgetDialog
{
  AdwDialog parent_instance;

  BksProviderList *providers;
  GPtrArray       *scopes;  /* of "scope\nname", in the order of the row's list */
  BksBudget       *budget;  /* NULL: a new one */

  AdwComboRow  *scope_row;
  AdwComboRow  *period_row;
  AdwSpinRow   *amount_row;
  AdwSwitchRow *stop_row;
  GtkWidget    *set_button;
  GtkWidget    *remove_group;
};

enum
{
  SET,
  REMOVED,
  N_SIGNALS
};

/* In the order of the row's list. */
static const char *const periods[] = { "month", "day" };

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksBudgetDialog, bks_budget_dialog, ADW_TYPE_DIALOG)

static BksRouter *
get_router (BksBudgetDialog *self)
{
  return bks_provider_list_get_router (self->providers);
}

static char *
find_title (BksProviderList *providers,
            const char      *book_id)
{
  GListModel *books = bks_studio_get_books (bks_provider_list_get_studio (providers));

  for (guint i = 0; i < g_list_model_get_n_items (books); i++)
    {
      g_autoptr(BksBook) book = g_list_model_get_item (books, i);

      if (g_str_equal (bks_book_get_id (book), book_id))
        return g_strdup (bks_book_get_title (book));
    }
  return g_strdup (book_id);
}

static char *
dup_name (BksProviderList *providers,
          const BksBudget *budget)
{
  if (g_str_equal (budget->scope, "provider"))
    return g_strdup (bks_provider_list_get_name (providers, budget->name));
  if (g_str_equal (budget->scope, "book"))
    return find_title (providers, budget->name);
  return g_strdup (budget->name);
}

/**
 * bks_budget_dialog_dup_title:
 * @providers: all providers
 * @budget: a budget
 *
 * Returns: (transfer full): what it is called: "Monthly Limit of OpenAI"
 */
char *
bks_budget_dialog_dup_title (BksProviderList *providers,
                             const BksBudget *budget)
{
  gboolean daily = g_str_equal (budget->period, "day");
  g_autofree char *name = NULL;

  if (g_str_equal (budget->scope, "global"))
    return g_strdup (daily ? _("Daily Limit") : _("Monthly Limit"));
  name = dup_name (providers, budget);
  return g_strdup_printf (daily ? _("Daily Limit of %s") : _("Monthly Limit of %s"), name);
}

static void
read_choice (BksBudgetDialog *self,
             char           **scope,
             char           **name,
             const char     **period)
{
  g_auto(GStrv) parts = NULL;

  if (self->budget != NULL)
    {
      *scope = g_strdup (self->budget->scope);
      *name = g_strdup (self->budget->name);
      *period = g_str_equal (self->budget->period, "day") ? "day" : "month";
      return;
    }
  parts = g_strsplit (g_ptr_array_index (self->scopes, adw_combo_row_get_selected (self->scope_row)), "\n", 2);
  *scope = g_strdup (parts[0]);
  *name = g_strdup (parts[1]);
  *period = periods[adw_combo_row_get_selected (self->period_row) % G_N_ELEMENTS (periods)];
}

static BksMoney
get_limit (const BksBudget *budget)
{
  return budget->hard != BKS_UNLIMITED ? budget->hard : budget->soft;
}

static BksMoney
to_cents (double dollars)
{
  return (BksMoney) llround (dollars * 100) * (BKS_MONEY_PER_DOLLAR / 100);
}

/* To the cent, which is what the row shows; what was set more exactly and is not changed here stays so. */
static BksMoney
read_amount (BksBudgetDialog *self)
{
  BksMoney amount;

  adw_spin_row_update (self->amount_row); /* what is typed and not yet left */
  amount = to_cents (adw_spin_row_get_value (self->amount_row));
  if (self->budget != NULL && amount == to_cents ((double) get_limit (self->budget) / BKS_MONEY_PER_DOLLAR))
    return get_limit (self->budget);
  return amount;
}

static DexFuture *
set_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBudgetDialog *self = verb->self;
  BksMoney amount = read_amount (self);
  BksMoney none = BKS_UNLIMITED;
  gboolean stop = adw_switch_row_get_active (self->stop_row);
  g_autofree char *scope = NULL;
  g_autofree char *name = NULL;
  g_autoptr(GError) error = NULL;
  const char *period;
  gboolean ok;

  read_choice (self, &scope, &name, &period);
  ok = dex_await (bks_router_set_budget (get_router (self), scope, name, period, stop ? &amount : &none,
                                         stop ? &none : &amount), &error);
  if (self->set_button == NULL)
    return NULL;
  if (!ok)
    {
      bks_ui_present_error (GTK_WIDGET (self), _("The Limit Was Not Set"), error);
      return NULL;
    }
  g_signal_emit (self, signals[SET], 0);
  adw_dialog_close (ADW_DIALOG (self));
  return NULL;
}

static void
set_cb (BksBudgetDialog *self)
{
  bks_verb_start (set_fiber, self, NULL, NULL);
}

static DexFuture *
remove_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBudgetDialog *self = verb->self;
  BksBudget *budget = self->budget;
  BksMoney none = BKS_UNLIMITED;
  g_autoptr(GVariant) removed = NULL;
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_router_set_budget (get_router (self), budget->scope, budget->name, budget->period, &none, &none),
                  &error))
    {
      bks_ui_present_error (GTK_WIDGET (self), _("The Limit Was Not Removed"), error);
      return NULL;
    }
  removed = g_variant_ref_sink (g_variant_new ("(sssxx)", budget->scope, budget->name, budget->period, budget->hard,
                                               budget->soft));
  text = g_variant_print (removed, TRUE);
  adw_dialog_close (ADW_DIALOG (self));
  g_signal_emit (self, signals[REMOVED], 0, text);
  return NULL;
}

static void
remove_cb (BksBudgetDialog *self)
{
  bks_verb_start (remove_fiber, self, NULL, NULL);
}

/* What a limit can be of: everything, a provider that is used, a book. */

static void
add_scope (BksBudgetDialog *self,
           GtkStringList   *titles,
           const char      *scope,
           const char      *name,
           const char      *title)
{
  gtk_string_list_append (titles, title);
  g_ptr_array_add (self->scopes, g_strdup_printf ("%s\n%s", scope, name));
}

static void
fill_scopes (BksBudgetDialog *self)
{
  g_autoptr(GtkStringList) titles = gtk_string_list_new (NULL);
  GListModel *books = bks_studio_get_books (bks_provider_list_get_studio (self->providers));

  add_scope (self, titles, "global", "", _("Everything"));
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->providers)); i++)
    {
      g_autoptr(BksProviderEntry) entry = g_list_model_get_item (G_LIST_MODEL (self->providers), i);
      BksProviderInfo *info = bks_provider_entry_get_info (entry);

      if (!info->free && bks_provider_entry_is_used (entry))
        add_scope (self, titles, "provider", info->id, info->name);
    }
  for (guint i = 0; i < g_list_model_get_n_items (books); i++)
    {
      g_autoptr(BksBook) book = g_list_model_get_item (books, i);

      add_scope (self, titles, "book", bks_book_get_id (book), bks_book_get_title (book));
    }
  adw_combo_row_set_model (self->scope_row, G_LIST_MODEL (titles));
}

static void
show_budget (BksBudgetDialog *self)
{
  BksBudget *budget = self->budget;
  gboolean stop = budget->hard != BKS_UNLIMITED;
  g_autofree char *title = bks_budget_dialog_dup_title (self->providers, budget);

  adw_dialog_set_title (ADW_DIALOG (self), title);
  gtk_widget_set_visible (GTK_WIDGET (self->scope_row), FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->period_row), FALSE);
  gtk_widget_set_visible (self->remove_group, TRUE);
  adw_spin_row_set_value (self->amount_row, (double) get_limit (budget) / BKS_MONEY_PER_DOLLAR);
  adw_switch_row_set_active (self->stop_row, stop);
}

static void
bks_budget_dialog_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_BUDGET_DIALOG);

  G_OBJECT_CLASS (bks_budget_dialog_parent_class)->dispose (object);
}

static void
bks_budget_dialog_finalize (GObject *object)
{
  BksBudgetDialog *self = BKS_BUDGET_DIALOG (object);

  g_clear_object (&self->providers);
  g_ptr_array_unref (self->scopes);
  g_clear_pointer (&self->budget, bks_budget_unref);

  G_OBJECT_CLASS (bks_budget_dialog_parent_class)->finalize (object);
}

static void
bks_budget_dialog_class_init (BksBudgetDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_budget_dialog_dispose;
  object_class->finalize = bks_budget_dialog_finalize;

  signals[SET] = g_signal_new ("set", BKS_TYPE_BUDGET_DIALOG, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[REMOVED] = g_signal_new ("removed", BKS_TYPE_BUDGET_DIALOG, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-budget-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, BksBudgetDialog, scope_row);
  gtk_widget_class_bind_template_child (widget_class, BksBudgetDialog, period_row);
  gtk_widget_class_bind_template_child (widget_class, BksBudgetDialog, amount_row);
  gtk_widget_class_bind_template_child (widget_class, BksBudgetDialog, stop_row);
  gtk_widget_class_bind_template_child (widget_class, BksBudgetDialog, set_button);
  gtk_widget_class_bind_template_child (widget_class, BksBudgetDialog, remove_group);
  gtk_widget_class_bind_template_callback (widget_class, set_cb);
  gtk_widget_class_bind_template_callback (widget_class, remove_cb);
}

static void
bks_budget_dialog_init (BksBudgetDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->scopes = g_ptr_array_new_with_free_func (g_free);
}

/**
 * bks_budget_dialog_new:
 * @providers: all providers
 * @budget: (nullable): the one that is changed; %NULL for a new one
 *
 * Returns: (transfer floating): the dialog, to be presented
 */
BksBudgetDialog *
bks_budget_dialog_new (BksProviderList *providers,
                       const BksBudget *budget)
{
  BksBudgetDialog *self = g_object_new (BKS_TYPE_BUDGET_DIALOG, NULL);

  self->providers = g_object_ref (providers);
  fill_scopes (self);
  if (budget != NULL)
    {
      self->budget = bks_budget_ref ((BksBudget *) budget);
      show_budget (self);
    }
  else
    adw_spin_row_set_value (self->amount_row, DOLLARS);
  return self;
}
