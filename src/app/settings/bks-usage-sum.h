/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "bks-library-usage.h"

G_BEGIN_DECLS

/*
 * BksUsageSum: a line of one of the tables: what it is of, and how much.
 */
#define BKS_TYPE_USAGE_SUM (bks_usage_sum_get_type ())
G_DECLARE_FINAL_TYPE (BksUsageSum, bks_usage_sum, BKS, USAGE_SUM, GObject)

BksUsageSum *bks_usage_sum_new          (BksUsageRow *row,
                                         const char  *title,
                                         const char  *owner);
const char  *bks_usage_sum_get_title    (BksUsageSum *self);
char        *bks_usage_sum_dup_subtitle (BksUsageSum *self);
char        *bks_usage_sum_dup_tokens   (BksUsageSum *self);
char        *bks_usage_sum_dup_calls    (BksUsageSum *self);
char        *bks_usage_sum_dup_cost     (BksUsageSum *self);
BksUsageRow *bks_usage_sum_get_row      (BksUsageSum *self);

G_END_DECLS
