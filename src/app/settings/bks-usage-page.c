/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-async.h"
#include "bks-budgets-group.h"
#include "bks-period.h"
#include "bks-prices-group.h"
#include "bks-router-money.h"
#include "bks-ui.h"
#include "bks-usage-chart.h"
#include "bks-usage-days.h"
#include "bks-usage-export.h"
#include "bks-usage-page.h"
#include "bks-usage-sum.h"
#include "bks-usage-table.h"
#include "bks-wording.h"

#define DAY_MS (G_GINT64_CONSTANT (24) * 60 * 60 * 1000)
/* From here on the month's sum is in the colour of a warning, percent of the limit. */
#define WARN_PERCENT 80

struct _BksUsagePage
{
  AdwPreferencesPage parent_instance;

  BksProviderList *providers;
  GListStore      *days;   /* of BksUsageSum: the chart as a table */
  GListStore      *models;
  GListStore      *books;
  gboolean         loading;
  gboolean         again;

  GtkWidget           *empty_group;
  GtkWidget           *summary_group;
  GtkWidget           *days_group;
  GtkWidget           *models_group;
  GtkWidget           *books_group;
  GtkLabel            *today_label;
  GtkLabel            *today_facts;
  GtkLabel            *month_label;
  GtkLabel            *month_facts;
  GtkLabel            *projected_label;
  GtkLabel            *projected_facts;
  BksUsageChart       *chart;
  GtkLabel            *detail_label;
  AdwWrapBox          *legend;
  AdwToggleGroup      *view_toggle;
  GtkStack            *view_stack;
  GtkColumnView       *days_view;
  GtkListBox          *models_list;
  GtkListBox          *books_list;
  BksBudgetsGroup     *budgets_group;
  BksPricesGroup      *prices_group;
};

G_DEFINE_FINAL_TYPE (BksUsagePage, bks_usage_page, ADW_TYPE_PREFERENCES_PAGE)

/* Everything that is read for one refresh. */
typedef struct
{
  gint64         now, month_start, month_end;
  GPtrArray     *by_day;          /* of BksUsageRow: a day's providers */
  GPtrArray     *by_model;
  GPtrArray     *by_book;
  GPtrArray     *budgets;
  BksProjection *projection;
} News;

static void
news_clear (News *news)
{
  g_clear_pointer (&news->by_day, g_ptr_array_unref);
  g_clear_pointer (&news->by_model, g_ptr_array_unref);
  g_clear_pointer (&news->by_book, g_ptr_array_unref);
  g_clear_pointer (&news->budgets, g_ptr_array_unref);
  g_clear_pointer (&news->projection, g_free);
}

static BksRouter *
get_router (BksUsagePage *self)
{
  return bks_provider_list_get_router (self->providers);
}

/* The days */

static void
add_to_legend (BksUsagePage *self,
               const char   *name,
               guint         index)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *dot = bks_usage_chart_make_dot (index);

  gtk_widget_set_valign (dot, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), dot);
  gtk_box_append (GTK_BOX (box), gtk_label_new (name));
  gtk_widget_add_css_class (box, "caption");
  adw_wrap_box_append (self->legend, box);
}

static void
show_days (BksUsagePage *self,
           const News   *news)
{
  g_autoptr(GPtrArray) paid = bks_usage_days_list_paid (news->by_day);
  g_autoptr(GPtrArray) names = g_ptr_array_new ();
  guint n_days = bks_usage_days_count (news->month_start, news->month_end);
  const char *label;
  BksMoney line = bks_usage_days_find_line (news->budgets, n_days, &label);
  GPtrArray *bars;

  while (gtk_widget_get_first_child (GTK_WIDGET (self->legend)) != NULL)
    adw_wrap_box_remove (self->legend, gtk_widget_get_first_child (GTK_WIDGET (self->legend)));
  for (guint i = 0; i < paid->len; i++)
    {
      const char *name = bks_provider_list_get_name (self->providers, g_ptr_array_index (paid, i));

      g_ptr_array_add (names, (char *) name);
      add_to_legend (self, name, i);
    }
  g_ptr_array_add (names, NULL);
  g_list_store_remove_all (self->days);
  bars = bks_usage_days_make_bars (news->by_day, news->month_start, news->now, paid, self->days);
  bks_usage_chart_set_data (self->chart, (const char *const *) names->pdata, bars, n_days, line, label);
}

/* Sums on top */

static void
show_today (BksUsagePage *self,
            const News   *news)
{
  g_autoptr(BksUsageSum) today = g_list_model_get_item (G_LIST_MODEL (self->days), 0);
  g_autofree char *cost = NULL;
  g_autofree char *tokens = NULL;
  g_autofree char *calls = NULL;
  g_autofree char *facts = NULL;

  if (today == NULL || bks_usage_sum_get_row (today)->calls == 0)
    {
      gtk_label_set_label (self->today_label, "–");
      gtk_label_set_label (self->today_facts, _("not used"));
      return;
    }
  cost = bks_usage_sum_dup_cost (today);
  tokens = bks_usage_sum_dup_tokens (today);
  calls = bks_usage_sum_dup_calls (today);
  facts = g_strdup_printf ("%s · %s", tokens, calls);
  gtk_label_set_label (self->today_label, cost);
  gtk_label_set_label (self->today_facts, facts);
}

static void
colour_month (BksUsagePage *self,
              BksMoney      spent,
              BksMoney      limit)
{
  gtk_widget_remove_css_class (GTK_WIDGET (self->month_label), "warning");
  gtk_widget_remove_css_class (GTK_WIDGET (self->month_label), "error");
  if (limit == BKS_UNLIMITED)
    return;
  if (spent >= limit)
    gtk_widget_add_css_class (GTK_WIDGET (self->month_label), "error");
  else if ((__int128) spent * 100 >= (__int128) limit * WARN_PERCENT)
    gtk_widget_add_css_class (GTK_WIDGET (self->month_label), "warning");
}

static void
show_month (BksUsagePage *self,
            const News   *news)
{
  BksMoney limit = bks_usage_days_get_limit (news->budgets, "month");
  g_autofree char *spent = bks_wording_money (news->projection->spent);
  g_autofree char *projected = bks_wording_money (news->projection->projected);
  g_autofree char *most = limit != BKS_UNLIMITED ? bks_wording_money (limit) : NULL;
  g_autofree char *last_day = bks_wording_date (news->month_end - DAY_MS / 2);
  g_autofree char *facts = most != NULL ? g_strdup_printf (_("of %s"), most) : g_strdup (_("no limit"));
  g_autofree char *by = g_strdup_printf (_("by %s"), last_day);

  if (news->projection->unknown > 0)
    {
      g_autofree char *without = g_strdup_printf (ngettext ("%d call unpriced", "%d calls unpriced",
                                                            (gulong) news->projection->unknown),
                                                  (int) MIN (news->projection->unknown, G_MAXINT));
      g_autofree char *both = g_strdup_printf ("%s · %s", facts, without);

      g_set_str (&facts, both);
    }
  gtk_label_set_label (self->month_label, spent);
  gtk_label_set_label (self->month_facts, facts);
  colour_month (self, news->projection->spent, limit);
  gtk_label_set_label (self->projected_label, projected);
  gtk_label_set_label (self->projected_facts, by);
}

/* Tables */

static int
compare_sums (gconstpointer a,
              gconstpointer b,
              gpointer      data)
{
  const BksUsageRow *left = bks_usage_sum_get_row ((BksUsageSum *) a);
  const BksUsageRow *right = bks_usage_sum_get_row ((BksUsageSum *) b);

  if (left->cost != right->cost)
    return left->cost < right->cost ? 1 : -1;
  return left->calls < right->calls ? 1 : left->calls > right->calls ? -1 : g_strcmp0 (left->label, right->label);
}

static void
show_models (BksUsagePage *self,
             const News   *news)
{
  g_list_store_remove_all (self->models);
  for (guint i = 0; i < news->by_model->len; i++)
    {
      BksUsageRow *row = g_ptr_array_index (news->by_model, i);
      const char *colon = strchr (row->label, ':');
      g_autofree char *provider = colon != NULL ? g_strndup (row->label, (gsize) (colon - row->label)) : NULL;
      g_autoptr(BksUsageSum) sum = NULL;

      sum = bks_usage_sum_new (row, colon != NULL ? colon + 1 : row->label,
                               provider != NULL ? bks_provider_list_get_name (self->providers, provider) : NULL);
      g_list_store_insert_sorted (self->models, sum, compare_sums, NULL);
    }
}

static char *
find_title (BksUsagePage *self,
            const char   *book_id)
{
  GListModel *books = bks_studio_get_books (bks_provider_list_get_studio (self->providers));

  if (*book_id == '\0')
    return g_strdup (_("No Book"));
  for (guint i = 0; i < g_list_model_get_n_items (books); i++)
    {
      g_autoptr(BksBook) book = g_list_model_get_item (books, i);

      if (g_str_equal (bks_book_get_id (book), book_id))
        return g_strdup (bks_book_get_title (book));
    }
  return g_strdup (_("A Book No Longer in the Library"));
}

static void
show_books (BksUsagePage *self,
            const News   *news)
{
  g_list_store_remove_all (self->books);
  for (guint i = 0; i < news->by_book->len; i++)
    {
      BksUsageRow *row = g_ptr_array_index (news->by_book, i);
      g_autofree char *title = find_title (self, row->label);
      g_autoptr(BksUsageSum) sum = bks_usage_sum_new (row, title, NULL);

      g_list_store_insert_sorted (self->books, sum, compare_sums, NULL);
    }
}

static GtkWidget *
make_sum_row (gpointer item,
              gpointer data)
{
  BksUsageSum *sum = item;
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *subtitle = bks_usage_sum_dup_subtitle (sum);
  g_autofree char *cost = bks_usage_sum_dup_cost (sum);
  GtkWidget *label = gtk_label_new (cost);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), bks_usage_sum_get_title (sum));
  adw_action_row_set_title_lines (ADW_ACTION_ROW (row), 1);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_widget_add_css_class (label, "dim-label");
  gtk_widget_add_css_class (label, "numeric");
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), label);
  return row;
}

/* Reading */

static gboolean
await_news (BksUsagePage  *self,
            News          *news,
            GError       **error)
{
  BksRouter *router = get_router (self);

  news->now = g_get_real_time () / 1000;
  bks_period_find ("month", news->now, &news->month_start, &news->month_end);
  return (news->by_day = dex_await_boxed (bks_router_list_usage (router, news->month_start, "day-provider"), error)) != NULL &&
         (news->by_model = dex_await_boxed (bks_router_list_usage (router, news->month_start, "model"), error)) != NULL &&
         (news->by_book = dex_await_boxed (bks_router_list_usage (router, news->month_start, "book"), error)) != NULL &&
         (news->budgets = dex_await_boxed (bks_router_list_budgets (router), error)) != NULL &&
         (news->projection = dex_await_boxed (bks_router_project_month (router), error)) != NULL &&
         dex_await (bks_router_load_prices (router), error);
}

static void
take_news (BksUsagePage *self,
           const News   *news)
{
  gboolean any = news->by_model->len > 0;

  show_days (self, news);
  show_today (self, news);
  show_month (self, news);
  show_models (self, news);
  show_books (self, news);
  bks_budgets_group_take (self->budgets_group, news->budgets);
  bks_prices_group_update (self->prices_group);
  gtk_widget_set_visible (self->empty_group, !any);
  gtk_widget_set_visible (self->summary_group, any);
  gtk_widget_set_visible (self->days_group, any);
  gtk_widget_set_visible (self->models_group, any);
  gtk_widget_set_visible (self->books_group, any);
}

static DexFuture *
load_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksUsagePage *self = verb->self;
  g_autoptr(GError) error = NULL;
  News news = { 0 };
  gboolean ok;

  do
    {
      self->again = FALSE;
      g_clear_error (&error);
      news_clear (&news);
      ok = await_news (self, &news, &error);
    }
  while (self->again);
  self->loading = FALSE;
  if (self->chart != NULL && ok)
    take_news (self, &news);
  else if (self->chart != NULL && gtk_widget_get_mapped (GTK_WIDGET (self)))
    bks_ui_present_error (GTK_WIDGET (self), _("The Usage Cannot Be Read"), error);
  news_clear (&news);
  return NULL;
}

static void
load (BksUsagePage *self)
{
  self->again = TRUE;
  if (self->loading || self->chart == NULL)
    return;
  self->loading = TRUE;
  bks_verb_start (load_fiber, self, NULL, NULL);
}

/* Export */

static GBytes *
await_export (BksUsagePage  *self,
              const char    *format,
              GError       **error)
{
  g_autoptr(GPtrArray) rows = dex_await_boxed (bks_router_list_usage (get_router (self), 0, NULL), error);
  g_autoptr(BksProjection) projection = NULL;
  g_autoptr(JsonBuilder) builder = NULL;
  g_autoptr(JsonGenerator) generator = NULL;
  g_autoptr(JsonNode) root = NULL;
  char *text;
  gsize length;

  if (rows == NULL || (projection = dex_await_boxed (bks_router_project_month (get_router (self)), error)) == NULL)
    return NULL;
  if (g_str_equal (format, "csv"))
    {
      text = bks_usage_export_csv (rows);
      return g_bytes_new_take (text, strlen (text));
    }
  if ((builder = bks_usage_export_json (rows, projection, error)) == NULL)
    return NULL;
  root = json_builder_get_root (builder);
  generator = json_generator_new ();
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, &length);
  return g_bytes_new_take (text, length);
}

static DexFuture *
export_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksUsagePage *self = verb->self;
  GFile *file = verb->object;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = await_export (self, verb->text, &error);
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *said = NULL;

  if (bytes != NULL && dex_await (dex_file_replace_contents_bytes (file, bytes, NULL, FALSE, G_FILE_CREATE_PRIVATE), &error))
    {
      said = g_strdup_printf (_("Exported as %s"), name);
      bks_ui_toast (GTK_WIDGET (self), said);
    }
  else if (self->chart != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("The Usage Was Not Exported"), error);
  return NULL;
}

static void
saved_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(BksUsagePage) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GFile) file = gtk_file_dialog_save_finish (GTK_FILE_DIALOG (source), result, &error);
  const char *name = gtk_file_dialog_get_initial_name (GTK_FILE_DIALOG (source));

  if (file != NULL && self->chart != NULL)
    bks_verb_start (export_fiber, self, g_str_has_suffix (name, "csv") ? "csv" : "json", file);
  else if (error != NULL && !g_error_matches (error, GTK_DIALOG_ERROR, GTK_DIALOG_ERROR_DISMISSED) && self->chart != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("The Usage Was Not Exported"), error);
}

static void
export_action (GtkWidget  *widget,
               const char *action,
               GVariant   *parameter)
{
  g_autoptr(GtkFileDialog) dialog = gtk_file_dialog_new ();
  const char *format = g_variant_get_string (parameter, NULL);
  g_autofree char *name = g_strdup_printf ("book-studio-usage.%s", format);

  gtk_file_dialog_set_title (dialog, _("Export Usage"));
  gtk_file_dialog_set_accept_label (dialog, _("_Export"));
  gtk_file_dialog_set_initial_name (dialog, name);
  gtk_file_dialog_save (dialog, GTK_WINDOW (gtk_widget_get_root (widget)), NULL, saved_cb, g_object_ref (widget));
}

static void
view_cb (BksUsagePage *self)
{
  gtk_stack_set_visible_child_name (self->view_stack, adw_toggle_group_get_active_name (self->view_toggle));
}

static void
detail_cb (BksUsagePage *self)
{
  const char *detail = bks_usage_chart_get_detail (self->chart);

  /* The line keeps its height, so that nothing jumps under the pointer. */
  gtk_label_set_label (self->detail_label, *detail != '\0' ? detail : _("Point at a day, or use the arrow keys"));
}

static void
bks_usage_page_dispose (GObject *object)
{
  BksUsagePage *self = BKS_USAGE_PAGE (object);

  if (self->models_list != NULL)
    {
      gtk_list_box_bind_model (self->models_list, NULL, NULL, NULL, NULL);
      gtk_list_box_bind_model (self->books_list, NULL, NULL, NULL, NULL);
    }
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_USAGE_PAGE);

  G_OBJECT_CLASS (bks_usage_page_parent_class)->dispose (object);
}

static void
bks_usage_page_finalize (GObject *object)
{
  BksUsagePage *self = BKS_USAGE_PAGE (object);

  g_clear_object (&self->providers);
  g_clear_object (&self->days);
  g_clear_object (&self->models);
  g_clear_object (&self->books);

  G_OBJECT_CLASS (bks_usage_page_parent_class)->finalize (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, empty_group);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, summary_group);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, days_group);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, models_group);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, books_group);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, today_label);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, today_facts);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, month_label);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, month_facts);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, projected_label);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, projected_facts);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, chart);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, detail_label);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, legend);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, view_toggle);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, view_stack);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, days_view);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, models_list);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, books_list);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, budgets_group);
  gtk_widget_class_bind_template_child (widget_class, BksUsagePage, prices_group);
}

static void
bks_usage_page_class_init (BksUsagePageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_usage_page_dispose;
  object_class->finalize = bks_usage_page_finalize;

  gtk_widget_class_install_action (widget_class, "usage.export", "s", export_action);

  g_type_ensure (BKS_TYPE_USAGE_CHART);
  g_type_ensure (BKS_TYPE_BUDGETS_GROUP);
  g_type_ensure (BKS_TYPE_PRICES_GROUP);
  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-usage-page.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, view_cb);
  gtk_widget_class_bind_template_callback (widget_class, detail_cb);
  gtk_widget_class_bind_template_callback (widget_class, load);
}

static void
bks_usage_page_init (BksUsagePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->days = g_list_store_new (BKS_TYPE_USAGE_SUM);
  self->models = g_list_store_new (BKS_TYPE_USAGE_SUM);
  self->books = g_list_store_new (BKS_TYPE_USAGE_SUM);
  gtk_list_box_bind_model (self->models_list, G_LIST_MODEL (self->models), make_sum_row, NULL, NULL);
  gtk_list_box_bind_model (self->books_list, G_LIST_MODEL (self->books), make_sum_row, NULL, NULL);
  bks_usage_table_fill (self->days_view, G_LIST_MODEL (self->days));
  detail_cb (self);
}

/**
 * bks_usage_page_set_providers:
 * @self: the page, without providers so far
 * @providers: all providers
 */
void
bks_usage_page_set_providers (BksUsagePage    *self,
                              BksProviderList *providers)
{
  g_return_if_fail (BKS_IS_USAGE_PAGE (self));
  g_return_if_fail (self->providers == NULL);

  self->providers = g_object_ref (providers);
  bks_budgets_group_set_providers (self->budgets_group, providers);
  bks_prices_group_set_providers (self->prices_group, providers);
  g_signal_connect_object (get_router (self), "usage-changed", G_CALLBACK (load), self, G_CONNECT_SWAPPED);
  /* Their names are known now. */
  g_signal_connect_object (providers, "items-changed", G_CALLBACK (load), self, G_CONNECT_SWAPPED);
  load (self);
}
