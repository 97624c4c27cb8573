/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-price-book.h"
#include "bks-price-change.h"
#include "bks-router.h"

G_BEGIN_DECLS

#define BKS_TYPE_PRICE_STATE (bks_price_state_get_type ())

/**
 * BksPriceState:
 *
 * What a model costs, and who says so.
 */
typedef struct
{
  BksPrice  price;   /* BKS_MONEY_UNKNOWN in it where it is not known */
  char     *source;  /* "own", "list", "table", "free", "unknown" */
  char     *date;    /* NULL: has none */
  gboolean  undated; /* found under the name without its date */
  gboolean  old;     /* the table is older than 90 days */
} BksPriceState;

GType          bks_price_state_get_type (void);
BksPriceState *bks_price_state_copy     (const BksPriceState *self);
void           bks_price_state_free     (BksPriceState       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksPriceState, bks_price_state_free)

DexFuture     *bks_router_get_price     (BksRouter           *self,
                                         const char          *provider,
                                         const char          *model);
DexFuture     *bks_router_set_price     (BksRouter           *self,
                                         const char          *provider,
                                         const char          *model,
                                         BksMoney             input,
                                         BksMoney             output);
DexFuture     *bks_router_list_own_prices (BksRouter         *self);
DexFuture     *bks_router_update_prices (BksRouter           *self,
                                         const char          *address,
                                         gboolean             keep,
                                         DexCancellable      *cancellable);

G_END_DECLS
