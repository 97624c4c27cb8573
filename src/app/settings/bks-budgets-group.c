/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-budget-dialog.h"
#include "bks-budgets-group.h"
#include "bks-router-money.h"
#include "bks-ui.h"
#include "bks-wording.h"

struct _BksBudgetsGroup
{
  AdwPreferencesGroup parent_instance;

  BksProviderList *providers;
  GPtrArray       *budgets; /* of BksBudget, in the order of the rows */

  GtkListBox *list;
};

G_DEFINE_FINAL_TYPE (BksBudgetsGroup, bks_budgets_group, ADW_TYPE_PREFERENCES_GROUP)

static BksRouter *
get_router (BksBudgetsGroup *self)
{
  return bks_provider_list_get_router (self->providers);
}

static gboolean
has_limit (const BksBudget *budget)
{
  return budget->hard != BKS_UNLIMITED || budget->soft != BKS_UNLIMITED;
}

static char *
make_facts (const BksBudget *budget)
{
  BksMoney limit = budget->hard != BKS_UNLIMITED ? budget->hard : budget->soft;
  g_autofree char *most = bks_wording_money (limit);
  g_autofree char *spent = bks_wording_money (budget->spent);
  g_autofree char *resets = bks_wording_date (budget->resets_at);
  const char *what = budget->closed ? _("reached") : budget->hard != BKS_UNLIMITED
                                                       ? _("calls stop before it is passed")
                                                       : _("warns only");

  if (budget->calls == 0)
    /* Translators: a limit, what happens at it, and when it begins anew */
    return g_strdup_printf (_("%s, unused · %s · anew on %s"), most, what, resets);
  /* Translators: what is spent, of which limit, what happens at it, and when it begins anew */
  return g_strdup_printf (_("%s of %s · %s · anew on %s"), spent, most, what, resets);
}

static int
get_percent (const BksBudget *budget)
{
  BksMoney limit = budget->hard != BKS_UNLIMITED ? budget->hard : budget->soft;

  if (limit <= 0)
    return 100;
  return (int) MIN ((__int128) budget->spent * 100 / limit, 999);
}

static GtkWidget *
make_percent (const BksBudget *budget)
{
  int percent = get_percent (budget);
  g_autofree char *text = g_strdup_printf (_("%d %%"), percent);
  GtkWidget *label = gtk_label_new (text);

  gtk_widget_add_css_class (label, "numeric");
  gtk_widget_add_css_class (label, percent >= 100 || budget->closed ? "error" : percent >= 80 ? "warning" : "dim-label");
  return label;
}

static GtkWidget *
make_row (BksBudgetsGroup *self,
          const BksBudget *budget)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *arrow = gtk_image_new_from_icon_name ("go-next-symbolic");
  g_autofree char *title = bks_budget_dialog_dup_title (self->providers, budget);
  g_autofree char *facts = make_facts (budget);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), facts);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), make_percent (budget));
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), arrow);
  return row;
}

static DexFuture *
load_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBudgetsGroup *self = verb->self;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) budgets = dex_await_boxed (bks_router_list_budgets (get_router (self)), &error);

  if (self->list == NULL)
    return NULL;
  if (budgets != NULL)
    bks_budgets_group_take (self, budgets);
  else
    bks_ui_present_error (GTK_WIDGET (self), _("The Limits Cannot Be Read"), error);
  g_signal_emit_by_name (self, "changed");
  return NULL;
}

static void
load (BksBudgetsGroup *self)
{
  bks_verb_start (load_fiber, self, NULL, NULL);
}

/* Taking one back that was removed: all that it was stands in the text. */
static DexFuture *
restore_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBudgetsGroup *self = verb->self;
  g_autoptr(GVariant) budget = g_variant_parse (G_VARIANT_TYPE ("(sssxx)"), verb->text, NULL, NULL, NULL);
  g_autoptr(GError) error = NULL;
  const char *scope, *name, *period;
  BksMoney hard, soft;

  if (budget == NULL)
    return NULL;
  g_variant_get (budget, "(&s&s&sxx)", &scope, &name, &period, &hard, &soft);
  if (!dex_await (bks_router_set_budget (get_router (self), scope, name, period, &hard, &soft), &error) &&
      self->list != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("The Limit Was Not Set"), error);
  if (self->list != NULL)
    load (self);
  return NULL;
}

static void
removed_cb (BksBudgetsGroup *self,
            const char      *budget)
{
  load (self);
  bks_ui_toast_undo (GTK_WIDGET (self), _("Limit removed"), restore_fiber, self, budget);
}

static void
show_dialog (BksBudgetsGroup *self,
             const BksBudget *budget)
{
  BksBudgetDialog *dialog = bks_budget_dialog_new (self->providers, budget);

  g_signal_connect_object (dialog, "set", G_CALLBACK (load), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (dialog, "removed", G_CALLBACK (removed_cb), self, G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (self));
}

static void
row_activated_cb (BksBudgetsGroup *self,
                  GtkListBoxRow   *row)
{
  show_dialog (self, g_ptr_array_index (self->budgets, (guint) gtk_list_box_row_get_index (row)));
}

static void
add_cb (BksBudgetsGroup *self)
{
  show_dialog (self, NULL);
}

static void
bks_budgets_group_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_BUDGETS_GROUP);

  G_OBJECT_CLASS (bks_budgets_group_parent_class)->dispose (object);
}

static void
bks_budgets_group_finalize (GObject *object)
{
  BksBudgetsGroup *self = BKS_BUDGETS_GROUP (object);

  g_clear_object (&self->providers);
  g_ptr_array_unref (self->budgets);

  G_OBJECT_CLASS (bks_budgets_group_parent_class)->finalize (object);
}

static void
bks_budgets_group_class_init (BksBudgetsGroupClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_budgets_group_dispose;
  object_class->finalize = bks_budgets_group_finalize;

  /**
   * BksBudgetsGroup::changed:
   * @self: the group
   *
   * A limit is another one now.
   */
  g_signal_new ("changed", BKS_TYPE_BUDGETS_GROUP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-budgets-group.ui");
  gtk_widget_class_bind_template_child (widget_class, BksBudgetsGroup, list);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, add_cb);
}

static void
bks_budgets_group_init (BksBudgetsGroup *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->budgets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_budget_unref);
}

/**
 * bks_budgets_group_set_providers:
 * @self: the group, without providers so far
 * @providers: all providers
 */
void
bks_budgets_group_set_providers (BksBudgetsGroup *self,
                                 BksProviderList *providers)
{
  g_return_if_fail (BKS_IS_BUDGETS_GROUP (self) && self->providers == NULL);

  self->providers = g_object_ref (providers);
}

/**
 * bks_budgets_group_take:
 * @self: the group
 * @budgets: (element-type BksBudget): the budgets as they stand now
 */
void
bks_budgets_group_take (BksBudgetsGroup *self,
                        GPtrArray       *budgets)
{
  g_return_if_fail (BKS_IS_BUDGETS_GROUP (self));

  g_ptr_array_set_size (self->budgets, 0);
  gtk_list_box_remove_all (self->list);
  for (guint i = 0; i < budgets->len; i++)
    {
      BksBudget *budget = g_ptr_array_index (budgets, i);

      if (!has_limit (budget))
        continue;
      g_ptr_array_add (self->budgets, bks_budget_ref (budget));
      gtk_list_box_append (self->list, make_row (self, budget));
    }
  gtk_widget_set_visible (GTK_WIDGET (self->list), self->budgets->len > 0);
}
