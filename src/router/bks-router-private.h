/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-breaker.h"
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
  gint64          prices_loaded_ms; /* monotonic */
  BksBreaker     *breaker;
  DexFuture      *circuits;      /* what an earlier process left of the breaker; NULL until it is read */
  GHashTable     *kept;          /* provider id → what the library keeps of its breaker */
  GPtrArray      *presets;  /* of BksPreset */
  GHashTable     *listings; /* provider id → GPtrArray of BksModel, of this run */
  GHashTable     *free;     /* provider id → whether its models cost nothing, as last read */
};

DexFuture       *bks_router_recover         (BksRouter              *self);
DexFuture       *bks_router_lookup_key      (BksRouter              *self,
                                             BksProviderInfo        *info,
                                             DexCancellable         *cancellable);
void             bks_router_await_key_state (BksRouter              *self,
                                             BksProviderInfo        *info,
                                             BksSecretState          keyring);
gboolean         bks_router_await_forget_key (BksRouter             *self,
                                             const BksProviderInfo  *info,
                                             GError                **error);
BksProvider     *bks_router_make_provider   (BksRouter              *self,
                                             const BksProviderInfo  *info,
                                             GError                **error);
DexFuture       *bks_router_load_listing    (BksRouter              *self,
                                             const char             *id,
                                             DexCancellable         *cancellable);
BksProviderInfo *bks_router_await_provider  (BksRouter              *self,
                                             const char             *id,
                                             GError                **error);
GPtrArray       *bks_router_await_infos     (BksRouter              *self,
                                             GError                **error);
void             bks_router_forget_listing  (BksRouter              *self,
                                             const char             *provider);
gint64           bks_router_find_window     (BksRouter              *self,
                                             const BksTarget        *target);
DexFuture       *bks_router_load_circuits   (BksRouter              *self);
void             bks_router_await_keep_circuits (BksRouter          *self);
void             bks_router_await_revival   (BksRouter              *self,
                                             const char             *provider);
char            *bks_router_make_key_tag    (const BksProviderInfo  *info,
                                             const char             *key);
gboolean         bks_router_await_local_only (BksRouter             *self,
                                             const char             *book_id,
                                             gboolean               *local_only,
                                             GError                **error);
gint64           bks_request_estimate_tokens (BksCompletionRequest  *request);
gboolean         bks_model_is_passed_on     (const char             *model);

G_END_DECLS
