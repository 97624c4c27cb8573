/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include "bks-allowance.h"
#include "bks-generation.h"
#include "bks-money.h"
#include "bks-node.h"

G_BEGIN_DECLS

char *bks_wording_number   (gint64             number);
char *bks_wording_words    (gint64             words);
const char *bks_wording_status (BksNodeStatus status);
char *bks_wording_when     (gint64             at_ms,
                            gint64             now_ms);
char *bks_wording_saved    (gint64             saved_at_ms,
                            gint64             now_ms);
char *bks_wording_estimate (const BksEstimate *estimate);
char *bks_wording_money    (BksMoney           money);
char *bks_wording_cost     (BksMoney           cost);
char *bks_wording_sum      (gint64             calls,
                            BksMoney           cost,
                            gint64             unknown_costs);
char *bks_wording_tokens   (gint64             count);
char *bks_wording_time     (gint64             at_ms);
char *bks_wording_date     (gint64             at_ms);
char *bks_wording_range    (const BksEstimate *estimate);
char *bks_wording_threshold (guint               percent,
                             const BksAllowance *allowance);
char *bks_wording_month    (gint64             now_ms,
                            BksMoney           cost,
                            gint64             unknown_costs);
char *bks_wording_error    (const GError      *error);

char *bks_wording_cause    (const GError *error);

G_END_DECLS
