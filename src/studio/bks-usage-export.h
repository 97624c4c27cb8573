/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "bks-router-money.h"

G_BEGIN_DECLS

/* The ledger for other programs: every face writes the same. */

BksMoney     bks_usage_row_get_known_cost (const BksUsageRow    *self);
gboolean     bks_usage_row_add            (BksUsageRow          *self,
                                           const BksUsageRow    *row,
                                           GError              **error);
char        *bks_usage_export_csv         (GPtrArray            *rows);
JsonBuilder *bks_usage_export_json        (GPtrArray            *rows,
                                           const BksProjection  *projection,
                                           GError              **error);

G_END_DECLS
