/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libdex.h>

#include "bks-completion.h"
#include "bks-http-exchange.h"
#include "bks-limits.h"
#include "bks-model.h"
#include "bks-verdict.h"

G_BEGIN_DECLS

/*
 * BksProvider: one provider as configured, spoken to by its wire protocol.
 * Abstract; one subclass a protocol. Holds no key: each call is handed one.
 */
#define BKS_TYPE_PROVIDER (bks_provider_get_type ())
G_DECLARE_DERIVABLE_TYPE (BksProvider, bks_provider, BKS, PROVIDER, GObject)

/* What a provider said about a failure, see bks-provider-error.h. */
typedef struct _BksProviderFailure BksProviderFailure;

/* Settings that a protocol may have besides its address. */
#define BKS_PROVIDER_OPTION_ACCOUNT_ID  "account-id"
#define BKS_PROVIDER_OPTION_API_VERSION "api-version"

struct _BksProviderClass
{
  GObjectClass parent_class;

  DexFuture *(*complete)    (BksProvider          *self,
                             BksCompletionRequest *request,
                             const char           *key,
                             BksAnswer            *answer,
                             DexCancellable       *cancellable);
  /* → TRUE, or a BksVerdict where it tells more */
  DexFuture *(*check)       (BksProvider          *self,
                             const char           *key,
                             DexCancellable       *cancellable);
  DexFuture *(*list_models) (BksProvider          *self,
                             const char           *key,
                             DexCancellable       *cancellable);

  /* Where a protocol has none of these three, BKS_ERROR_UNSUPPORTED. */
  DexFuture *(*embed)        (BksProvider          *self,
                              const char           *model,
                              const char *const    *texts,
                              const char           *key,
                              DexCancellable       *cancellable);
  DexFuture *(*count_tokens) (BksProvider          *self,
                              BksCompletionRequest *request,
                              const char           *key,
                              DexCancellable       *cancellable);
  gboolean   (*set_option)   (BksProvider          *self,
                              const char           *name,
                              const char           *value,
                              GError              **error);

  /* The address of a call; by default @path after the base address. */
  char      *(*make_url)     (BksProvider          *self,
                              const char           *path);
  /* Puts the key, if there is one, and what else every call carries on an
   * exchange; by default the key as a bearer token. */
  gboolean   (*authorize)    (BksProvider          *self,
                              BksHttpExchange      *exchange,
                              const char           *key,
                              GError              **error);
  /* Adds to what is known of a failure what only this protocol tells. */
  void       (*read_failure) (BksProvider          *self,
                              BksProviderFailure   *failure,
                              BksHttpExchange      *exchange,
                              gint64                now_ms);

  gpointer padding[3];
};

char        *bks_provider_normalize_base_url (const char     *protocol,
                                              const char     *text,
                                              GError        **error);
BksProvider *bks_provider_new          (const char           *protocol,   /* "anthropic", "cloudflare", "ollama", "openai" */
                                        const char           *id,
                                        const char           *base_url,
                                        BksHttp              *http,
                                        BksLimits            *limits,
                                        GError              **error);
/* An address as a person wrote it, as the protocol needs it (bks_url_normalize_base() with the
 * protocol's API path); BKS_ERROR_INVALID_ARGUMENT, also for an unknown protocol. Used by the router. */
char        *bks_provider_normalize_base_url (const char     *protocol,
                                              const char     *text,
                                              GError        **error);
const char  *bks_provider_get_id       (BksProvider          *self);
const char  *bks_provider_get_base_url (BksProvider          *self);
/* → TRUE; rejects with a provider class of BksError, facts filled in */
DexFuture   *bks_provider_complete     (BksProvider          *self,
                                        BksCompletionRequest *request,
                                        const char           *key,
                                        BksAnswer            *answer,
                                        DexCancellable       *cancellable);
/* → BksVerdict if the server is there and takes the key; costs nothing */
DexFuture   *bks_provider_check        (BksProvider          *self,
                                        const char           *key,
                                        DexCancellable       *cancellable);
/* → G_TYPE_PTR_ARRAY of BksModel */
DexFuture   *bks_provider_list_models  (BksProvider          *self,
                                        const char           *key,
                                        DexCancellable       *cancellable);
/* → G_TYPE_PTR_ARRAY of GArray of float, one a text */
DexFuture   *bks_provider_embed        (BksProvider          *self,
                                        const char           *model,
                                        const char *const    *texts,
                                        const char           *key,
                                        DexCancellable       *cancellable);
/* → int64: how many tokens the question has, counted by the provider at no cost */
DexFuture   *bks_provider_count_tokens (BksProvider          *self,
                                        BksCompletionRequest *request,
                                        const char           *key,
                                        DexCancellable       *cancellable);
gboolean     bks_provider_set_option   (BksProvider          *self,
                                        const char           *name,
                                        const char           *value,
                                        GError              **error);

G_END_DECLS
