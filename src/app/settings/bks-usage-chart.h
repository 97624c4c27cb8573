/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-money.h"

G_BEGIN_DECLS

/**
 * BksUsageBar:
 * @name: the day as one reads it, "17 November"
 * @costs: (element-type gint64): what each provider cost, in the order of the chart's
 * @cost: all of them together
 * @calls: how many
 * @unknown: calls whose cost nobody knows
 *
 * One day of the chart.
 */
typedef struct
{
  char     *name;
  GArray   *costs;
  BksMoney  cost;
  gint64    calls;
  gint64    unknown;
} BksUsageBar;

BksUsageBar *bks_usage_bar_new  (const char  *name,
                                 guint        n_providers);
void         bks_usage_bar_free (BksUsageBar *self);

/*
 * BksUsageChart: costs by day, a bar a day stacked by provider, and a line
 * for the budget. Left and Right move a focused day, Home and End go to the
 * first and the last; its value is announced, and shown by whoever follows
 * the property "detail". Hovering shows values, too.
 */
#define BKS_TYPE_USAGE_CHART (bks_usage_chart_get_type ())
G_DECLARE_FINAL_TYPE (BksUsageChart, bks_usage_chart, BKS, USAGE_CHART, GtkWidget)

void        bks_usage_chart_set_data   (BksUsageChart      *self,
                                        const char *const  *providers,
                                        GPtrArray          *bars,
                                        guint               n_days,
                                        BksMoney            line,
                                        const char         *line_label);
GtkWidget  *bks_usage_chart_make_dot   (guint               provider);
const char *bks_usage_chart_get_detail (BksUsageChart      *self);
int         bks_usage_chart_get_focused (BksUsageChart     *self);

G_END_DECLS
