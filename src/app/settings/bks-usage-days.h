/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "bks-router-money.h"

G_BEGIN_DECLS

guint      bks_usage_days_count     (gint64       from,
                                     gint64       to);
GPtrArray *bks_usage_days_list_paid (GPtrArray   *rows);
GPtrArray *bks_usage_days_make_bars (GPtrArray   *rows,
                                     gint64       month_start,
                                     gint64       now,
                                     GPtrArray   *paid,
                                     GListStore  *table);
BksMoney   bks_usage_days_get_limit (GPtrArray   *budgets,
                                     const char  *period);
BksMoney   bks_usage_days_find_line (GPtrArray   *budgets,
                                     guint        n_days,
                                     const char **label);

G_END_DECLS
