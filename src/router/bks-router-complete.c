/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-library.h"
#include "bks-presets-private.h"
#include "bks-router-private.h"

/* One call: may we, the key, the provider, and the row in the ledger. */

G_DEFINE_BOXED_TYPE (BksOutcome, bks_outcome, bks_outcome_ref, bks_outcome_unref)

/* Where an answer keeps what the ledger noted of it. */
static G_DEFINE_QUARK (bks-outcome, outcome)

/* Where no tokenizer is known: English prose has about four bytes a token, and
 * no script has fewer than one token for four. */
#define BYTES_PER_TOKEN 4
#define TOKENS_PER_MESSAGE 4

/**
 * bks_outcome_ref:
 * @self: an outcome
 *
 * Returns: (transfer full): @self
 */
BksOutcome *
bks_outcome_ref (BksOutcome *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
outcome_clear (gpointer data)
{
  BksOutcome *self = data;

  g_free (self->usage_id);
  g_free (self->provider);
  g_free (self->model);
  g_free (self->finish_reason);
}

/**
 * bks_outcome_unref:
 * @self: (transfer full): an outcome
 */
void
bks_outcome_unref (BksOutcome *self)
{
  g_atomic_rc_box_release_full (self, outcome_clear);
}

typedef struct
{
  BksRouter            *self;
  BksTarget            *target;
  BksCompletionRequest *request;
  char                 *role;
  char                 *book_id;
  BksAnswer            *answer;
  DexCancellable       *cancellable;
  BksReservation       *reservation; /* NULL: never got as far as a call */
  gint64                started; /* monotonic ms */
  gboolean              free;    /* the model costs nothing */
} Call;

static void
call_free (gpointer data)
{
  Call *call = data;

  g_object_unref (call->self);
  bks_target_free (call->target);
  bks_completion_request_unref (call->request);
  g_free (call->role);
  g_free (call->book_id);
  g_object_unref (call->answer);
  dex_clear (&call->cancellable);
  g_clear_pointer (&call->reservation, bks_reservation_unref);
  g_free (call);
}

/**
 * bks_router_estimate_tokens:
 * @text: a text
 *
 * Returns: about how many tokens it is, for providers whose tokenizer nobody has
 */
gint64
bks_router_estimate_tokens (const char *text)
{
  return (gint64) (strlen (text) + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
}

/* Ollama passes models of this name on to its makers' servers, at a price it does not tell. */
static gboolean
is_cloud_model (const char *model)
{
  return g_str_has_suffix (model, "-cloud") || g_str_has_suffix (model, ":cloud");
}

static gint64
estimate_request (BksCompletionRequest *request)
{
  gint64 tokens = 0;

  for (guint i = 0; i < request->messages->len; i++)
    {
      const BksMessage *message = g_ptr_array_index (request->messages, i);

      tokens += bks_router_estimate_tokens (message->content) + TOKENS_PER_MESSAGE;
    }
  return tokens;
}

/* What the provider reported; else an estimate, so that no call looks free. */
static BksTokenUsage
complete_usage (Call     *call,
                gboolean *estimated)
{
  BksTokenUsage usage = *bks_answer_get_usage (call->answer);

  *estimated = FALSE;
  if (!bks_answer_get_sent (call->answer))
    return (BksTokenUsage) { .reported_cost = BKS_MONEY_UNKNOWN };
  if (usage.input < 0)
    {
      usage.input = estimate_request (call->request);
      *estimated = TRUE;
    }
  if (usage.output < 0)
    {
      usage.output = bks_router_estimate_tokens (bks_answer_get_text (call->answer)) +
                     bks_router_estimate_tokens (bks_answer_get_reasoning (call->answer));
      *estimated = TRUE;
    }
  return usage;
}

static BksUsageRecord *
make_record (Call         *call,
             const GError *failure)
{
  BksUsageRecord *record = bks_usage_record_new ();
  BksTokenUsage usage = complete_usage (call, &record->estimated);
  gboolean sent = bks_answer_get_sent (call->answer);

  record->provider = g_strdup (call->target->provider);
  record->model_asked = g_strdup (call->target->model);
  record->model_answered = g_strdup (bks_answer_get_model (call->answer));
  record->input = usage.input;
  record->cache_read = usage.cache_read;
  record->cache_write = usage.cache_write;
  record->cache_write_1h = usage.cache_write_1h;
  record->output = usage.output;
  record->reasoning = usage.reasoning;
  /* What was never sent costs nothing. */
  bks_price_book_price_record (call->self->prices, record, usage.reported_cost, call->free || !sent);
  record->first_token_ms = bks_answer_get_first_token_ms (call->answer);
  record->total_ms = bks_clock_get_monotonic_ms (call->self->limits->clock) - call->started;
  record->outcome = g_strdup (failure != NULL ? bks_error_get_class_name (failure) : "ok");
  return record;
}

static BksOutcome *
make_outcome (Call           *call,
              BksUsageRecord *record)
{
  BksOutcome *outcome = g_atomic_rc_box_new0 (BksOutcome);

  outcome->usage_id = g_strdup (record->id);
  outcome->provider = g_strdup (record->provider);
  outcome->model = g_strdup (record->model_answered != NULL ? record->model_answered : record->model_asked);
  outcome->finish_reason = g_strdup (bks_answer_get_finish_reason (call->answer));
  outcome->usage = (BksTokenUsage) {
    .input = record->input,
    .cache_read = record->cache_read,
    .cache_write = record->cache_write,
    .cache_write_1h = record->cache_write_1h,
    .output = record->output,
    .reasoning = record->reasoning,
    .reported_cost = bks_answer_get_usage (call->answer)->reported_cost,
  };
  outcome->estimated = record->estimated;
  outcome->cost = record->cost;
  outcome->total_ms = record->total_ms;
  return outcome;
}

/* Fiber. Whether the book may leave this machine. */
static gboolean
await_privacy (Call                   *call,
               const BksProviderInfo  *info,
               GError                **error)
{
  gboolean passes_on = is_cloud_model (call->target->model);
  g_autoptr(GError) local = NULL;
  gboolean local_only;

  if (call->book_id == NULL || (info->local && !passes_on))
    return TRUE;
  local_only = dex_await_boolean (bks_library_is_local_only (call->self->library, call->book_id), &local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (!local_only)
    return TRUE;
  g_set_error (error, BKS_ERROR, BKS_ERROR_FORBIDDEN, "The book is marked local-only, and %s is not on this machine",
               info->local ? call->target->model : info->name);
  return FALSE;
}

/* Fiber. May we: the money for it is set aside. */
static gboolean
await_reservation (Call                   *call,
                   const BksProviderInfo  *info,
                   GError                **error)
{
  BksRouter *self = call->self;
  g_autoptr(BksCharge) charge = bks_charge_new ();

  if (!dex_await (bks_router_load_prices (self), error))
    return FALSE;
  charge->request_id = bks_id_new (self->limits->clock);
  charge->provider = g_strdup (call->target->provider);
  charge->model = g_strdup (call->target->model);
  charge->role = g_strdup (call->role);
  charge->book_id = g_strdup (call->book_id);
  charge->local = (info->local || info->free) && !is_cloud_model (call->target->model);
  bks_charge_bound (charge, self->prices, self->limits, call->request, call->free);
  call->reservation = dex_await_boxed (bks_ledger_reserve (self->ledger, charge, call->cancellable), error);
  return call->reservation != NULL;
}

/* Fiber. Everything up to the answer's end. */
static gboolean
await_answer (Call    *call,
              GError **error)
{
  BksRouter *self = call->self;
  g_autoptr(BksProviderInfo) info = bks_router_await_provider (self, call->target->provider, error);
  g_autoptr(BksProvider) provider = NULL;
  g_autoptr(GError) key_error = NULL;
  g_autofree char *key = NULL;

  if (info == NULL || !await_privacy (call, info, error))
    return FALSE;
  call->free = info->free && !is_cloud_model (call->target->model);
  provider = bks_router_make_provider (self, info, error);
  if (provider == NULL)
    return FALSE;
  key = dex_await_string (bks_router_lookup_key (self, info, call->cancellable), &key_error);
  if (key_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&key_error));
      return FALSE;
    }
  if (!await_reservation (call, info, error))
    return FALSE;
  call->started = bks_clock_get_monotonic_ms (self->limits->clock);
  return dex_await (bks_provider_complete (provider, call->request, key, call->answer, call->cancellable), error);
}

/*
 * Not cancelled itself: whatever becomes of the answer, the ledger gets its
 * row. The provider's call ends at once when the cancellable fires.
 */
static DexFuture *
complete_fiber (gpointer data)
{
  Call *call = data;
  g_autoptr(GError) failure = NULL;
  g_autoptr(BksUsageRecord) record = NULL;
  BksOutcome *outcome;
  GError *error = NULL;

  await_answer (call, &failure);
  if (call->reservation == NULL)
    return bks_future_error (bks_error_normalize (failure, NULL));
  record = make_record (call, failure);
  if (!dex_await (bks_ledger_settle (call->self->ledger, call->reservation, record), &error))
    {
      g_prefix_error (&error, "What the call cost could not be noted: ");
      return bks_future_error (error);
    }
  outcome = make_outcome (call, record);
  g_object_set_qdata_full (G_OBJECT (call->answer), outcome_quark (), outcome, (GDestroyNotify) bks_outcome_unref);
  if (failure != NULL)
    return bks_future_error (bks_error_normalize (failure, NULL));
  return dex_future_new_take_boxed (BKS_TYPE_OUTCOME, bks_outcome_ref (outcome));
}

/**
 * bks_router_complete:
 * @self: a router
 * @target: who shall answer
 * @request: the question; its model is replaced by the target's
 * @role: (nullable): for which role, for the ledger
 * @book_id: (nullable): for which book, for privacy and the ledger
 * @answer: filled while the answer arrives
 * @cancellable: (nullable): stops it, and the paying
 *
 * Asks once. The ledger has its row whatever becomes of it.
 *
 * Returns: (transfer full): resolves to a #BksOutcome; rejects with the class of
 *   what went wrong, @answer holding what had come by then
 */
DexFuture *
bks_router_complete (BksRouter            *self,
                     BksTarget            *target,
                     BksCompletionRequest *request,
                     const char           *role,
                     const char           *book_id,
                     BksAnswer            *answer,
                     DexCancellable       *cancellable)
{
  Call *call;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && target != NULL && request != NULL && BKS_IS_ANSWER (answer), NULL);

  call = g_new0 (Call, 1);
  call->self = g_object_ref (self);
  call->target = bks_target_copy (target);
  call->request = bks_completion_request_copy (request);
  g_set_str (&call->request->model, target->model);
  call->role = g_strdup (role);
  call->book_id = g_strdup (book_id);
  call->answer = g_object_ref (answer);
  call->cancellable = cancellable != NULL ? dex_ref (cancellable) : NULL;
  return bks_spawn_finally (complete_fiber, call, call_free);
}

/**
 * bks_router_get_outcome:
 * @answer: an answer that bks_router_complete() filled
 *
 * Returns: (transfer none) (nullable): what the ledger noted of it, also when
 *   the call failed; %NULL before that
 */
BksOutcome *
bks_router_get_outcome (BksAnswer *answer)
{
  g_return_val_if_fail (BKS_IS_ANSWER (answer), NULL);

  return g_object_get_qdata (G_OBJECT (answer), outcome_quark ());
}

/**
 * bks_router_price:
 * @self: a router
 * @provider: a provider's id
 * @model: a model of it
 * @input_tokens: how many tokens go there
 * @output_tokens: how many come back
 *
 * Returns: what that costs in pico-dollars, %BKS_MONEY_UNKNOWN where no price is known
 */
BksMoney
bks_router_price (BksRouter  *self,
                  const char *provider,
                  const char *model,
                  gint64      input_tokens,
                  gint64      output_tokens)
{
  BksTokenUsage usage = { .input = input_tokens, .output = output_tokens };

  g_return_val_if_fail (BKS_IS_ROUTER (self), BKS_MONEY_UNKNOWN);

  if (GPOINTER_TO_INT (g_hash_table_lookup (self->free, provider)) && !is_cloud_model (model))
    return 0;
  return bks_price_book_get_cost (self->prices, provider, model, &usage, NULL);
}

/**
 * bks_router_get_prices_date:
 * @self: a router
 *
 * Returns: (transfer none): the day of the shipped prices, "2026-08-01"
 */
const char *
bks_router_get_prices_date (BksRouter *self)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self), NULL);

  return bks_price_book_get_as_of (self->prices);
}
