/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

#include "bks-completion.h"
#include "bks-money.h"

G_BEGIN_DECLS

#define BKS_TYPE_PRICE_BOOK (bks_price_book_get_type ())
G_DECLARE_FINAL_TYPE (BksPriceBook, bks_price_book, BKS, PRICE_BOOK, GObject)

BksPriceBook *bks_price_book_new         (void);
const char   *bks_price_book_get_as_of   (BksPriceBook        *self);
void          bks_price_book_note_listed (BksPriceBook        *self,
                                          const char          *provider,
                                          const char          *model,
                                          BksMoney             input,
                                          BksMoney             output);
BksMoney      bks_price_book_get_cost    (BksPriceBook        *self,
                                          const char          *provider,
                                          const char          *model,
                                          const BksTokenUsage *usage,
                                          const char         **source);

G_END_DECLS
