/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-database.h"
#include "bks-money.h"

G_BEGIN_DECLS

/* Prices that did not ship: the author's own, those that providers list, a downloaded table. */

/**
 * BksPriceRow:
 *
 * What a model costs by somebody's word, pico-dollars a token.
 */
typedef struct
{
  char     *provider;
  char     *model;
  BksMoney  input;
  BksMoney  output;
  gint64    at;  /* epoch ms: when it was set or listed */
  gboolean  own; /* the author's; else the provider's list */
} BksPriceRow;

BksPriceRow *bks_price_row_new         (const char  *provider,
                                        const char  *model,
                                        BksMoney     input,
                                        BksMoney     output,
                                        gint64       at);
void         bks_price_row_free        (BksPriceRow *self);

DexFuture   *bks_library_list_prices   (BksDatabase *library);
DexFuture   *bks_library_set_own_price (BksDatabase *library,
                                        const char  *provider,
                                        const char  *model,
                                        BksMoney     input,
                                        BksMoney     output,
                                        gint64       at);
DexFuture   *bks_library_note_listed   (BksDatabase *library,
                                        const char  *provider,
                                        GPtrArray   *prices);

G_END_DECLS
