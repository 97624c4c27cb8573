/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libdex.h>

#include "bks-call.h"
#include "bks-circuit.h"
#include "bks-completion.h"
#include "bks-library-providers.h"
#include "bks-library-usage.h"
#include "bks-limits.h"
#include "bks-model.h"
#include "bks-provider-info.h"
#include "bks-secret-store.h"
#include "bks-verdict.h"

G_BEGIN_DECLS

#define BKS_TYPE_ROUTER (bks_router_get_type ())
G_DECLARE_FINAL_TYPE (BksRouter, bks_router, BKS, ROUTER, GObject)

BksRouter  *bks_router_new             (BksDatabase          *library,
                                        BksSecretStore       *secrets,
                                        BksLimits            *limits);
char       *bks_router_make_id         (const char           *name);
DexFuture  *bks_router_list_providers  (BksRouter            *self);
DexFuture  *bks_router_get_provider    (BksRouter            *self,
                                        const char           *id);
DexFuture  *bks_router_add_provider    (BksRouter            *self,
                                        const char           *name,
                                        const char           *protocol,
                                        const char           *base_url);
DexFuture  *bks_router_set_option      (BksRouter            *self,
                                        const char           *id,
                                        const char           *option,
                                        const char           *value);
DexFuture  *bks_router_set_base_url    (BksRouter            *self,
                                        const char           *id,
                                        const char           *base_url);
DexFuture  *bks_router_remove_provider (BksRouter            *self,
                                        const char           *id);
DexFuture  *bks_router_set_key         (BksRouter            *self,
                                        const char           *id,
                                        const char           *key);
DexFuture  *bks_router_remove_key      (BksRouter            *self,
                                        const char           *id);
DexFuture  *bks_router_test_provider   (BksRouter            *self,
                                        const char           *id,
                                        DexCancellable       *cancellable);
DexFuture  *bks_router_list_models     (BksRouter            *self,
                                        const char           *id,
                                        DexCancellable       *cancellable);
BksModel   *bks_router_describe_model  (BksRouter            *self,
                                        const char           *provider,
                                        const char           *model);
GPtrArray  *bks_router_peek_models     (BksRouter            *self,
                                        const char           *id);
DexFuture  *bks_router_resolve_model   (BksRouter            *self,
                                        const char           *model);
const char *const *bks_router_list_roles (void);
DexFuture  *bks_router_get_role        (BksRouter            *self,
                                        const char           *role);
DexFuture  *bks_router_set_role        (BksRouter            *self,
                                        const char           *role,
                                        GPtrArray            *targets);
DexFuture  *bks_router_list_targets    (BksRouter            *self,
                                        const char           *model,
                                        const char           *role,
                                        DexCancellable       *cancellable);
DexFuture  *bks_router_complete        (BksRouter            *self,
                                        BksCall              *call,
                                        DexCancellable       *cancellable);
DexFuture  *bks_router_embed           (BksRouter            *self,
                                        BksTarget            *target,
                                        const char *const    *texts,
                                        const char           *book_id,
                                        DexCancellable       *cancellable);
DexFuture  *bks_router_list_health     (BksRouter            *self);
gint64      bks_router_estimate_tokens (const char           *text);
DexFuture  *bks_router_count_tokens    (BksRouter            *self,
                                        const char           *provider,
                                        const char           *model,
                                        const char           *text,
                                        DexCancellable       *cancellable);
BksMoney    bks_router_price           (BksRouter            *self,
                                        const char           *provider,
                                        const char           *model,
                                        gint64                input_tokens,
                                        gint64                output_tokens);
DexFuture  *bks_router_load_prices     (BksRouter            *self);
const char *bks_router_get_prices_date (BksRouter            *self);
DexFuture  *bks_router_list_usage      (BksRouter            *self,
                                        gint64                since_ms,
                                        const char           *by);

G_END_DECLS
