/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-usage-chart.h"
#include "bks-usage-days.h"
#include "bks-usage-export.h"
#include "bks-usage-sum.h"
#include "bks-wording.h"

/* What a month's days were used for and cost, and what a day may cost. */

#define DAY_MS (G_GINT64_CONSTANT (24) * 60 * 60 * 1000)

static BksUsageRow *
new_row (const char *label)
{
  BksUsageRow *sum = bks_usage_row_new ();

  sum->label = g_strdup (label);
  return sum;
}

static char *
make_day_label (gint64 at_ms)
{
  g_autoptr(GDateTime) at = g_date_time_new_from_unix_local (at_ms / 1000);

  return g_date_time_format (at, "%Y-%m-%d");
}

/**
 * bks_usage_days_count:
 * @from: epoch milliseconds
 * @to: epoch milliseconds
 *
 * Returns: how many days are between them
 */
guint
bks_usage_days_count (gint64 from,
                      gint64 to)
{
  /* Days in which the clocks change are days, too. */
  return (guint) ((to - from + DAY_MS / 2) / DAY_MS);
}

static gint64
get_day_start (gint64 month_start,
               guint  day)
{
  g_autoptr(GDateTime) first = g_date_time_new_from_unix_local (month_start / 1000);
  g_autoptr(GDateTime) at = g_date_time_add_days (first, (int) day);

  return g_date_time_to_unix (at) * 1000;
}

static gint64
get_cost (const BksUsageRow *row)
{
  return row->cost != BKS_MONEY_UNKNOWN ? row->cost : 0;
}

static int
compare_costs (gconstpointer a,
               gconstpointer b,
               gpointer      totals)
{
  gint64 *left = g_hash_table_lookup (totals, *(const char *const *) a);
  gint64 *right = g_hash_table_lookup (totals, *(const char *const *) b);

  return *left < *right ? 1 : *left > *right ? -1 : g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

/**
 * bks_usage_days_list_paid:
 * @rows: (element-type BksUsageRow): the providers of each day
 *
 * Returns: (transfer container) (element-type utf8): the providers that cost
 *   something, the dearest first: it lies at the bottom of the stack
 */
GPtrArray *
bks_usage_days_list_paid (GPtrArray *rows)
{
  g_autoptr(GHashTable) totals = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  GPtrArray *ids = g_ptr_array_new ();

  for (guint i = 0; i < rows->len; i++)
    {
      const BksUsageRow *row = g_ptr_array_index (rows, i);
      gint64 *total = g_hash_table_lookup (totals, row->provider);

      if (get_cost (row) <= 0)
        continue;
      if (total == NULL)
        {
          total = g_new0 (gint64, 1);
          g_hash_table_insert (totals, row->provider, total);
          g_ptr_array_add (ids, row->provider);
        }
      *total += get_cost (row);
    }
  g_ptr_array_sort_with_data (ids, compare_costs, totals);
  return ids;
}

static void
add_to_bar (BksUsageBar       *bar,
            const BksUsageRow *row,
            GPtrArray         *paid)
{
  guint index;

  bar->cost += get_cost (row);
  bar->calls += row->calls;
  bar->unknown += row->unknown_costs;
  if (g_ptr_array_find_with_equal_func (paid, row->provider, g_str_equal, &index))
    g_array_index (bar->costs, BksMoney, index) += get_cost (row);
}

/**
 * bks_usage_days_make_bars:
 * @rows: (element-type BksUsageRow): the providers of each day
 * @month_start: epoch milliseconds
 * @now: epoch milliseconds
 * @paid: see bks_usage_days_list_paid()
 * @table: (element-type BksUsageSum): an empty list; gets the same days, the last first
 *
 * Returns: (transfer full) (element-type BksUsageBar): the days of the month up to now
 */
GPtrArray *
bks_usage_days_make_bars (GPtrArray  *rows,
                          gint64      month_start,
                          gint64      now,
                          GPtrArray  *paid,
                          GListStore *table)
{
  GPtrArray *bars = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_usage_bar_free);
  guint n_days = bks_usage_days_count (month_start, now) + 1;

  for (guint day = 0; day < n_days; day++)
    {
      gint64 start = get_day_start (month_start, day);
      g_autofree char *label = make_day_label (start);
      g_autofree char *name = bks_wording_date (start);
      BksUsageBar *bar;
      g_autoptr(BksUsageRow) sum = NULL;
      g_autoptr(BksUsageSum) line = NULL;

      if (start > now)
        break;
      bar = bks_usage_bar_new (name, paid->len);
      sum = new_row (label);
      for (guint i = 0; i < rows->len; i++)
        {
          const BksUsageRow *row = g_ptr_array_index (rows, i);

          if (!g_str_equal (row->label, label))
            continue;
          add_to_bar (bar, row, paid);
          bks_usage_row_add (sum, row, NULL);
        }
      g_ptr_array_add (bars, bar);
      line = bks_usage_sum_new (sum, name, NULL);
      g_list_store_insert (table, 0, line);
    }
  return bars;
}

static const BksBudget *
find_budget (GPtrArray  *budgets,
             const char *period)
{
  for (guint i = 0; i < budgets->len; i++)
    {
      const BksBudget *budget = g_ptr_array_index (budgets, i);

      if (g_str_equal (budget->scope, "global") && g_str_equal (budget->period, period))
        return budget;
    }
  return NULL;
}

/**
 * bks_usage_days_get_limit:
 * @budgets: (element-type BksBudget): all budgets
 * @period: "day" or "month"
 *
 * Returns: what may be spent in it, %BKS_UNLIMITED where nobody said
 */
BksMoney
bks_usage_days_get_limit (GPtrArray  *budgets,
                          const char *period)
{
  const BksBudget *budget = find_budget (budgets, period);

  if (budget == NULL)
    return BKS_UNLIMITED;
  return budget->hard != BKS_UNLIMITED ? budget->hard : budget->soft;
}

/**
 * bks_usage_days_find_line:
 * @budgets: (element-type BksBudget): all budgets
 * @n_days: how many days the month has
 * @label: (out) (transfer none): what it is
 *
 * Returns: what may be spent in a day: of the two limits, the one that is
 *   reached first; %BKS_MONEY_UNKNOWN where there is none
 */
BksMoney
bks_usage_days_find_line (GPtrArray   *budgets,
                          guint        n_days,
                          const char **label)
{
  BksMoney day = bks_usage_days_get_limit (budgets, "day");
  BksMoney month = bks_usage_days_get_limit (budgets, "month");
  BksMoney share = month != BKS_UNLIMITED ? month / MAX (n_days, 1) : BKS_UNLIMITED;

  if (day != BKS_UNLIMITED && (share == BKS_UNLIMITED || day <= share))
    {
      *label = _("daily limit");
      return day;
    }
  *label = _("daily share of the budget");
  return share != BKS_UNLIMITED ? share : BKS_MONEY_UNKNOWN;
}
