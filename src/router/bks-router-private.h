/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-http.h"
#include "bks-ledger.h"
#include "bks-price-book.h"
#include "bks-provider.h"
#include "bks-router.h"

G_BEGIN_DECLS

struct _BksRouter
{
  GObject         parent_instance;

  BksDatabase    *library;
  BksSecretStore *secrets;
  BksLimits      *limits;
  BksHttp        *http;
  BksPriceBook   *prices;
  BksLedger      *ledger;
  DexFuture      *recovered;     /* what earlier processes left in the ledger */
  DexFuture      *prices_loaded; /* NULL: nobody asked yet */
  GPtrArray      *presets;  /* of BksPreset */
  GHashTable     *listings; /* provider id → GPtrArray of BksModel, of this run */
  GHashTable     *free;     /* provider id → whether its models cost nothing, as last read */
};

DexFuture       *bks_router_lookup_key      (BksRouter              *self,
                                             BksProviderInfo        *info,
                                             DexCancellable         *cancellable);
BksProvider     *bks_router_make_provider   (BksRouter              *self,
                                             const BksProviderInfo  *info,
                                             GError                **error);
DexFuture       *bks_router_load_listing    (BksRouter              *self,
                                             const char             *id,
                                             DexCancellable         *cancellable);
BksProviderInfo *bks_router_await_provider  (BksRouter              *self,
                                             const char             *id,
                                             GError                **error);

G_END_DECLS
