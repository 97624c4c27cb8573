/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-attempt-private.h"
#include "bks-charge.h"
#include "bks-error.h"
#include "bks-id.h"

/* Texts as vectors. Asked of one model alone: vectors of two models cannot be compared. */

typedef struct
{
  BksRouter       *self;
  BksTarget       *target;
  char           **texts;
  char            *book_id; /* NULL: none */
  DexCancellable  *cancellable;
  BksProviderInfo *info;
  gint64           started; /* monotonic ms */
} Embedding;

static void
embedding_free (gpointer data)
{
  Embedding *embedding = data;

  g_object_unref (embedding->self);
  bks_target_free (embedding->target);
  g_strfreev (embedding->texts);
  g_free (embedding->book_id);
  dex_clear (&embedding->cancellable);
  g_clear_pointer (&embedding->info, bks_provider_info_unref);
  g_free (embedding);
}

static gboolean
is_free (const Embedding *embedding)
{
  return embedding->info->free && !bks_model_is_passed_on (embedding->target->model);
}

static gboolean
stays_here (const Embedding *embedding)
{
  return embedding->info->local && !bks_model_is_passed_on (embedding->target->model);
}

/* Fiber. Whether the book may leave this machine. */
static gboolean
await_privacy (Embedding  *embedding,
               GError    **error)
{
  gboolean local_only;

  if (stays_here (embedding))
    return TRUE;
  if (!bks_router_await_local_only (embedding->self, embedding->book_id, &local_only, error))
    return FALSE;
  if (local_only)
    g_set_error (error, BKS_ERROR, BKS_ERROR_FORBIDDEN, "The book is marked local-only, and %s is not on this machine",
                 embedding->info->name);
  return !local_only;
}

static BksCompletionRequest *
make_request (const Embedding *embedding)
{
  BksCompletionRequest *request = bks_completion_request_new (embedding->target->model);

  for (guint i = 0; embedding->texts[i] != NULL; i++)
    bks_completion_request_add_message (request, "user", embedding->texts[i]);
  request->max_tokens = 0; /* nothing is written */
  return request;
}

/* Fiber. May we: the money for it is set aside. */
static BksReservation *
await_reservation (Embedding             *embedding,
                   BksCompletionRequest  *request,
                   GError               **error)
{
  BksRouter *self = embedding->self;
  g_autoptr(BksCharge) charge = bks_charge_new ();

  charge->request_id = bks_id_new (self->limits->clock);
  charge->provider = g_strdup (embedding->target->provider);
  charge->model = g_strdup (embedding->target->model);
  charge->role = g_strdup ("embed");
  charge->book_id = g_strdup (embedding->book_id);
  charge->local = is_free (embedding) || stays_here (embedding);
  if (!dex_await (bks_router_load_prices (self), error))
    return NULL;
  bks_charge_bound (charge, self->prices, self->limits, request, is_free (embedding));
  return dex_await_boxed (bks_ledger_reserve (self->ledger, charge, embedding->cancellable), error);
}

/* The calls do not tell what they counted: an estimate, unless nothing was served. */
static BksUsageRecord *
make_record (Embedding            *embedding,
             BksCompletionRequest *request,
             const GError         *failure)
{
  BksRouter *self = embedding->self;
  BksUsageRecord *record = bks_usage_record_new ();

  record->provider = g_strdup (embedding->target->provider);
  record->model_asked = g_strdup (embedding->target->model);
  record->input = failure == NULL ? bks_request_estimate_tokens (request) : 0;
  record->output = 0;
  record->estimated = failure == NULL;
  record->total_ms = bks_clock_get_monotonic_ms (self->limits->clock) - embedding->started;
  record->outcome = g_strdup (failure != NULL ? bks_error_get_class_name (failure) : "ok");
  bks_price_book_price_record (self->prices, record, BKS_MONEY_UNKNOWN, is_free (embedding) || failure != NULL);
  return record;
}

/* Fiber. */
static GPtrArray *
await_vectors (Embedding       *embedding,
               BksReservation  *reservation,
               BksProvider     *provider,
               const char      *key,
               GError         **error)
{
  BksRouter *self = embedding->self;
  g_autoptr(BksCompletionRequest) request = make_request (embedding);
  g_autoptr(BksUsageRecord) record = NULL;
  g_autoptr(GPtrArray) vectors = NULL;
  g_autoptr(GError) failure = NULL;

  embedding->started = bks_clock_get_monotonic_ms (self->limits->clock);
  vectors = dex_await_boxed (bks_provider_embed (provider, embedding->target->model,
                                                 (const char *const *) embedding->texts, key, embedding->cancellable),
                             &failure);
  record = make_record (embedding, request, failure);
  if (!dex_await (bks_ledger_settle (self->ledger, reservation, record), error))
    {
      g_prefix_error (error, "What the call cost could not be noted: ");
      return NULL;
    }
  if (vectors == NULL)
    g_propagate_error (error, g_steal_pointer (&failure));
  return g_steal_pointer (&vectors);
}

/* Not cancelled itself: whatever becomes of it, the ledger gets its row. */
static DexFuture *
embed_fiber (gpointer data)
{
  Embedding *embedding = data;
  BksRouter *self = embedding->self;
  g_autoptr(BksProvider) provider = NULL;
  g_autoptr(BksCompletionRequest) request = make_request (embedding);
  g_autoptr(BksReservation) reservation = NULL;
  g_autofree char *key = NULL;
  GPtrArray *vectors;
  GError *error = NULL;

  embedding->info = bks_router_await_provider (self, embedding->target->provider, &error);
  if (embedding->info == NULL || !await_privacy (embedding, &error) ||
      (provider = bks_router_make_provider (self, embedding->info, &error)) == NULL)
    return bks_future_error (error);
  key = dex_await_string (bks_router_lookup_key (self, embedding->info, embedding->cancellable), &error);
  if (error == NULL)
    reservation = await_reservation (embedding, request, &error);
  vectors = reservation != NULL ? await_vectors (embedding, reservation, provider, key, &error) : NULL;
  if (key != NULL)
    explicit_bzero (key, strlen (key));
  return vectors != NULL ? dex_future_new_take_boxed (G_TYPE_PTR_ARRAY, vectors)
                         : bks_future_error (bks_error_normalize (error, NULL));
}

/**
 * bks_router_embed:
 * @self: a router
 * @target: a model that makes embeddings
 * @texts: (array zero-terminated=1): what to embed
 * @book_id: (nullable): for which book, for its privacy, its budget and the ledger
 * @cancellable: (nullable): stops it, and the paying
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #GArray of float, one a
 *   text in their order; rejects with the class of what went wrong, or with
 *   %BKS_ERROR_UNSUPPORTED where the provider has no embeddings
 */
DexFuture *
bks_router_embed (BksRouter          *self,
                  BksTarget          *target,
                  const char *const  *texts,
                  const char         *book_id,
                  DexCancellable     *cancellable)
{
  Embedding *embedding;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && target != NULL && texts != NULL && texts[0] != NULL, NULL);

  embedding = g_new0 (Embedding, 1);
  embedding->self = g_object_ref (self);
  embedding->target = bks_target_copy (target);
  embedding->texts = g_strdupv ((char **) texts);
  embedding->book_id = g_strdup (book_id);
  embedding->cancellable = cancellable != NULL ? dex_ref (cancellable) : NULL;
  return bks_spawn_finally (embed_fiber, embedding, embedding_free);
}
