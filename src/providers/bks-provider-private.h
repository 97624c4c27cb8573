/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-async.h"
#include "bks-error.h"
#include "bks-json.h"
#include "bks-provider.h"

G_BEGIN_DECLS

/* What a check or a list takes to its fiber. */
typedef struct
{
  BksProvider *provider;
  char        *key;
} BksProviderQuery;

BksProviderQuery *bks_provider_query_new  (BksProvider          *provider,
                                           const char           *key);
void              bks_provider_query_free (gpointer              data);
void              bks_provider_add_message  (JsonBuilder          *builder,
                                             const BksMessage     *message);
void              bks_provider_add_messages (JsonBuilder          *builder,
                                             BksCompletionRequest *request);

BksHttp   *bks_provider_get_http   (BksProvider  *self);
BksLimits *bks_provider_get_limits (BksProvider  *self);
gboolean   bks_provider_is_at      (BksProvider  *self,
                                    const char   *host);
gboolean   bks_provider_is_local   (BksProvider  *self);
char      *bks_provider_make_url   (BksProvider      *self,
                                    const char       *path);
gboolean   bks_provider_authorize  (BksProvider      *self,
                                    BksHttpExchange  *exchange,
                                    const char       *key,
                                    GError          **error);
void       bks_provider_read_failure (BksProvider        *self,
                                      BksProviderFailure *failure,
                                      BksHttpExchange    *exchange);
JsonNode  *bks_provider_await_json (BksProvider  *self,
                                    const char   *path,
                                    const char   *key,
                                    GError      **error);
JsonNode  *bks_provider_await_post (BksProvider  *self,
                                    const char   *path,
                                    const char   *body,
                                    guint         within_ms,
                                    const char   *key,
                                    GError      **error);
GError    *bks_provider_new_error  (BksProvider  *self,
                                    BksError      code,
                                    const char   *message);
void       bks_provider_adopt      (BksProvider  *self,
                                    GError      **error);

G_END_DECLS
