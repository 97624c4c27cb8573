/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libdex.h>

#include "bks-completion.h"
#include "bks-library-providers.h"
#include "bks-library-usage.h"
#include "bks-limits.h"
#include "bks-model.h"
#include "bks-secret-store.h"

G_BEGIN_DECLS

typedef enum
{
  BKS_KEY_NOT_NEEDED,
  BKS_KEY_STORED,
  BKS_KEY_ENVIRONMENT,
  BKS_KEY_MISSING,
  BKS_KEY_KEYRING_LOCKED,
  BKS_KEY_KEYRING_ABSENT,
} BksKeyState;

/* A provider as configured. */
#define BKS_TYPE_PROVIDER_INFO (bks_provider_info_get_type ())

typedef struct
{
  char        *id;
  char        *name;      /* for people */
  char        *protocol;
  char        *base_url;
  char        *origin;    /* scheme://host:port */
  char        *key_url;   /* where a person gets a key; NULL */
  gboolean     preset;    /* ships with the program */
  gboolean     local;     /* runs on this machine or needs no key */
  BksKeyState  key_state;
} BksProviderInfo;

GType            bks_provider_info_get_type (void);
BksProviderInfo *bks_provider_info_ref      (BksProviderInfo *self);
void             bks_provider_info_unref    (BksProviderInfo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksProviderInfo, bks_provider_info_unref)

/* What one call did, as the ledger has it. */
#define BKS_TYPE_OUTCOME (bks_outcome_get_type ())

typedef struct
{
  char          *usage_id;
  char          *provider;
  char          *model;
  char          *finish_reason;
  BksTokenUsage  usage;      /* estimates where the provider was silent */
  gboolean       estimated;
  BksMoney       cost;       /* BKS_MONEY_UNKNOWN */
  gint64         total_ms;
} BksOutcome;

GType       bks_outcome_get_type (void);
BksOutcome *bks_outcome_ref      (BksOutcome *self);
void        bks_outcome_unref    (BksOutcome *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksOutcome, bks_outcome_unref)

/*
 * BksRouter: which provider, with which key, at what price, and the row in the
 * ledger. Signal "providers-changed": a provider or key was changed through
 * this router. Signal "usage-changed": a row was written.
 */
#define BKS_TYPE_ROUTER (bks_router_get_type ())
G_DECLARE_FINAL_TYPE (BksRouter, bks_router, BKS, ROUTER, GObject)

/* → G_TYPE_PTR_ARRAY of BksProviderInfo: presets and added ones */
DexFuture *bks_router_list_providers  (BksRouter            *self);
/* → BksProviderInfo; BKS_ERROR_NOT_FOUND */
DexFuture *bks_router_get_provider    (BksRouter            *self,
                                       const char           *id);
/* → BksProviderInfo, its base_url as understood */
DexFuture *bks_router_add_provider    (BksRouter            *self,
                                       const char           *id,
                                       const char           *protocol,
                                       const char           *base_url);
/* → BksProviderInfo, its base_url as understood */
DexFuture *bks_router_set_base_url    (BksRouter            *self,
                                       const char           *id,
                                       const char           *base_url);
/* → TRUE: only ones that were added */
DexFuture *bks_router_remove_provider (BksRouter            *self,
                                       const char           *id);
/* → TRUE: trimmed and checked, into the keyring, for the provider's present origin */
DexFuture *bks_router_set_key         (BksRouter            *self,
                                       const char           *id,
                                       const char           *key);
/* → boolean: whether there was one */
DexFuture *bks_router_remove_key      (BksRouter            *self,
                                       const char           *id);
/* → gint64: how many milliseconds the server took to accept the key */
DexFuture *bks_router_test_provider   (BksRouter            *self,
                                       const char           *id,
                                       DexCancellable       *cancellable);
/* → G_TYPE_PTR_ARRAY of BksModel */
DexFuture *bks_router_list_models     (BksRouter            *self,
                                       const char           *id,
                                       DexCancellable       *cancellable);
/* → BksTarget: the one table from model to provider (routing.md §1); "provider:model" too */
DexFuture *bks_router_resolve_model   (BksRouter            *self,
                                       const char           *model);
/* → G_TYPE_PTR_ARRAY of BksTarget */
DexFuture *bks_router_get_role        (BksRouter            *self,
                                       const char           *role);
/* → TRUE */
DexFuture *bks_router_set_role        (BksRouter            *self,
                                       const char           *role,
                                       GPtrArray            *targets);
/* → BksOutcome. @request's model is replaced by the target's. Rejects with a
 * provider class; the ledger has its row either way. */
DexFuture *bks_router_complete        (BksRouter            *self,
                                       BksTarget            *target,
                                       BksCompletionRequest *request,
                                       const char           *role,
                                       const char           *book_id,
                                       BksAnswer            *answer,
                                       DexCancellable       *cancellable);
/* Dollars for a call of these sizes; BKS_MONEY_UNKNOWN where no price is known */
BksMoney   bks_router_price           (BksRouter            *self,
                                       const char           *provider,
                                       const char           *model,
                                       gint64                input_tokens,
                                       gint64                output_tokens);
/* → G_TYPE_PTR_ARRAY of BksUsageRow. by: NULL for single rows, "day", "month",
 * "provider", "model", "book"; since_ms 0 for all */
DexFuture *bks_router_list_usage      (BksRouter            *self,
                                       gint64                since_ms,
                                       const char           *by);

G_END_DECLS
