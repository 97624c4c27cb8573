/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

#include "bks-money.h"

G_BEGIN_DECLS

/* $8 a million output tokens: build-aux/import-model-prices.py marks the rows so, too. */
#define BKS_PRICE_FRONTIER (8 * BKS_MONEY_PER_DOLLAR / 1000000)

/* What a token costs, pico-dollars; %BKS_MONEY_UNKNOWN. */
typedef struct
{
  BksMoney input;
  BksMoney output;
  BksMoney cache_read;
  BksMoney cache_write;    /* kept for 5 minutes */
  BksMoney cache_write_1h;
} BksRates;

/**
 * BksPrice:
 *
 * The prices of one model.
 */
typedef struct
{
  BksRates normal;
  gint64   long_above; /* input tokens above which the other rates hold for the whole request; 0: never */
  BksRates longer;
  gint64   window;     /* tokens in and out together; -1: not known */
  gint64   max_output; /* tokens; -1: not known */
  gboolean frontier;
} BksPrice;

/**
 * BksPriceTable:
 *
 * A table of prices as it ships or is downloaded (data/model-prices.json).
 */
typedef struct
{
  char       *as_of;  /* "2026-08-01" */
  GHashTable *prices; /* "provider:model" → BksPrice */
} BksPriceTable;

BksPriceTable *bks_price_table_parse   (const char           *json,
                                        gssize                length,
                                        GError              **error);
void           bks_price_table_free    (BksPriceTable        *self);
char          *bks_price_table_make_key (const char          *provider,
                                        const char           *model);
void           bks_price_init          (BksPrice             *price,
                                        BksMoney              input,
                                        BksMoney              output);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksPriceTable, bks_price_table_free)

G_END_DECLS
