/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-completion.h"
#include "bks-library-usage.h"
#include "bks-price-table.h"

G_BEGIN_DECLS

#define BKS_TYPE_PRICE_BOOK (bks_price_book_get_type ())
G_DECLARE_FINAL_TYPE (BksPriceBook, bks_price_book, BKS, PRICE_BOOK, GObject)

/**
 * BksPriceFacts:
 * @source: "own" (the author's), "list" (the provider's), "table" (downloaded or shipped), "unknown"
 * @date: (nullable): the day of that price, "2026-08-01"
 * @undated: found under the model's name without its date
 *
 * Where a price is from. Everything is the price book's own and stays until the next change of it.
 */
typedef struct
{
  const char *source;
  const char *date;
  gboolean    undated;
} BksPriceFacts;

BksPriceBook   *bks_price_book_new             (void);
const char     *bks_price_book_get_as_of       (BksPriceBook          *self);
gboolean        bks_price_book_is_old          (BksPriceBook          *self,
                                                gint64                 now_ms);
void            bks_price_book_set_table       (BksPriceBook          *self,
                                                BksPriceTable         *table);
BksPriceTable  *bks_price_book_get_table       (BksPriceBook          *self);
void            bks_price_book_note_listed     (BksPriceBook          *self,
                                                const char            *provider,
                                                const char            *model,
                                                BksMoney               input,
                                                BksMoney               output,
                                                gint64                 listed_at);
void            bks_price_book_set_own         (BksPriceBook          *self,
                                                const char            *provider,
                                                const char            *model,
                                                BksMoney               input,
                                                BksMoney               output,
                                                gint64                 set_at);
void            bks_price_book_forget_own      (BksPriceBook          *self);
const BksPrice *bks_price_book_lookup          (BksPriceBook          *self,
                                                const char            *provider,
                                                const char            *model,
                                                BksPriceFacts         *facts);
gboolean        bks_price_book_is_frontier     (BksPriceBook          *self,
                                                const char            *provider,
                                                const char            *model);
BksMoney        bks_price_book_get_cost        (BksPriceBook          *self,
                                                const char            *provider,
                                                const char            *model,
                                                const BksTokenUsage   *usage,
                                                BksPriceFacts         *facts);
BksMoney        bks_price_book_get_upper_bound (BksPriceBook          *self,
                                                const char            *provider,
                                                const char            *model,
                                                gint64                 input_tokens,
                                                gint64                 output_tokens);
void            bks_price_book_price_record    (BksPriceBook          *self,
                                                BksUsageRecord        *record,
                                                BksMoney               reported_cost,
                                                gboolean               free);

G_END_DECLS
