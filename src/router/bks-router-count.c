/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-async.h"
#include "bks-router-private.h"

/* How long a text is for a model, by the one who knows: the provider's own tokenizer. */

typedef struct
{
  BksRouter      *self;
  char           *provider;
  char           *model;
  char           *text;
  DexCancellable *cancellable;
} Count;

static void
count_free (gpointer data)
{
  Count *count = data;

  g_object_unref (count->self);
  g_free (count->provider);
  g_free (count->model);
  g_free (count->text);
  dex_clear (&count->cancellable);
  g_free (count);
}

static DexFuture *
count_tokens_fiber (gpointer data)
{
  Count *count = data;
  GError *error = NULL;
  g_autoptr(BksProviderInfo) info = bks_router_await_provider (count->self, count->provider, &error);
  g_autoptr(BksProvider) provider = NULL;
  g_autoptr(BksCompletionRequest) request = NULL;
  g_autofree char *key = NULL;

  if (info == NULL || (provider = bks_router_make_provider (count->self, info, &error)) == NULL)
    return bks_future_error (error);
  key = dex_await_string (bks_router_lookup_key (count->self, info, NULL), &error);
  if (error != NULL)
    return bks_future_error (error);
  request = bks_completion_request_new (count->model);
  bks_completion_request_add_message (request, "user", count->text);
  return bks_provider_count_tokens (provider, request, key, count->cancellable);
}

/**
 * bks_router_count_tokens:
 * @self: a router
 * @provider: a provider's id
 * @model: a model of it
 * @text: a text
 * @cancellable: (nullable): cancels it
 *
 * Asks the provider, which costs nothing but sends it the text.
 *
 * Returns: (transfer full): resolves to the number of tokens as an int64;
 *   rejects with %BKS_ERROR_UNSUPPORTED where the provider does not count, and
 *   bks_router_estimate_tokens() has to do
 */
DexFuture *
bks_router_count_tokens (BksRouter      *self,
                         const char     *provider,
                         const char     *model,
                         const char     *text,
                         DexCancellable *cancellable)
{
  Count *count;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && provider != NULL && model != NULL && text != NULL, NULL);

  count = g_new0 (Count, 1);
  count->self = g_object_ref (self);
  count->provider = g_strdup (provider);
  count->model = g_strdup (model);
  count->text = g_strdup (text);
  count->cancellable = cancellable != NULL ? dex_ref (cancellable) : NULL;
  return bks_spawn (cancellable, count_tokens_fiber, count, count_free);
}
