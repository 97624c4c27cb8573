/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libdex.h>

#include "bks-completion.h"
#include "bks-http.h"
#include "bks-limits.h"
#include "bks-model.h"

G_BEGIN_DECLS

/*
 * BksProvider: one provider as configured, spoken to by its wire protocol.
 * Abstract; one subclass a protocol. Holds no key: each call is handed one.
 */
#define BKS_TYPE_PROVIDER (bks_provider_get_type ())
G_DECLARE_DERIVABLE_TYPE (BksProvider, bks_provider, BKS, PROVIDER, GObject)

struct _BksProviderClass
{
  GObjectClass parent_class;

  DexFuture *(*complete)    (BksProvider          *self,
                             BksCompletionRequest *request,
                             const char           *key,
                             BksAnswer            *answer,
                             DexCancellable       *cancellable);
  DexFuture *(*check)       (BksProvider          *self,
                             const char           *key,
                             DexCancellable       *cancellable);
  DexFuture *(*list_models) (BksProvider          *self,
                             const char           *key,
                             DexCancellable       *cancellable);

  gpointer padding[8];
};

char        *bks_provider_normalize_base_url (const char     *protocol,
                                              const char     *text,
                                              GError        **error);
BksProvider *bks_provider_new          (const char           *protocol,   /* "ollama", "openai" */
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
/* → TRUE if the server is there and takes the key; costs nothing */
DexFuture   *bks_provider_check        (BksProvider          *self,
                                        const char           *key,
                                        DexCancellable       *cancellable);
/* → G_TYPE_PTR_ARRAY of BksModel */
DexFuture   *bks_provider_list_models  (BksProvider          *self,
                                        const char           *key,
                                        DexCancellable       *cancellable);

G_END_DECLS
