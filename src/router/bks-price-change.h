/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-price-table.h"

G_BEGIN_DECLS

/**
 * BksPriceChange:
 * @key: "provider:model"
 * @before: (nullable): the price until then; %NULL for a model that was not in the table
 * @after: (nullable): the price from then on; %NULL for one that is not any more
 *
 * One line of the difference between two tables.
 */
typedef struct
{
  char     *key;
  BksPrice *before;
  BksPrice *after;
} BksPriceChange;

void       bks_price_change_free   (BksPriceChange       *self);
gboolean   bks_price_table_succeeds (const BksPriceTable *self,
                                     const BksPriceTable *before,
                                     GError             **error);
GPtrArray *bks_price_table_compare (const BksPriceTable  *self,
                                    const BksPriceTable  *before);

G_END_DECLS
