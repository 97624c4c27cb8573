/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-async.h"
#include "bks-attempt-private.h"
#include "bks-charge.h"
#include "bks-error.h"

/* One attempt of a call: the money set aside, the provider asked, and the row
 * in the ledger whatever becomes of it. */

typedef struct
{
  BksRouter      *router;
  BksCall        *call;
  BksCandidate   *candidate;
  BksAnswer      *came;
  gint64          started; /* monotonic ms */
} Attempt;

/* A provider that says no before anything came has served nothing, and bills nothing. */
static gboolean
is_refused (BksAnswer    *came,
            const GError *failure)
{
  if (failure == NULL || bks_answer_get_first_token_ms (came) >= 0 || bks_answer_get_usage (came)->input >= 0 ||
      bks_answer_get_usage (came)->output >= 0)
    return FALSE;
  switch (failure->code)
    {
    case BKS_ERROR_AUTH:
    case BKS_ERROR_PERMISSION:
    case BKS_ERROR_BILLING:
    case BKS_ERROR_RATE:
    case BKS_ERROR_OVERLOAD:
    case BKS_ERROR_SERVER:
    case BKS_ERROR_CONTEXT:
    case BKS_ERROR_MODEL:
    case BKS_ERROR_CONTENT:
    case BKS_ERROR_REQUEST:
      return TRUE;
    default:
      return FALSE;
    }
}

/* What the provider reported; else an estimate, so that no call looks free. */
static BksTokenUsage
complete_usage (Attempt              *attempt,
                BksCompletionRequest *request,
                const GError         *failure,
                gboolean             *estimated)
{
  BksAnswer *came = attempt->came;
  BksTokenUsage usage = *bks_answer_get_usage (came);

  *estimated = FALSE;
  if (!bks_answer_get_sent (came) || is_refused (came, failure))
    return (BksTokenUsage) { .reported_cost = BKS_MONEY_UNKNOWN };
  if (usage.input < 0)
    {
      usage.input = bks_request_estimate_tokens (request);
      *estimated = TRUE;
    }
  if (usage.output < 0)
    {
      usage.output = bks_router_estimate_tokens (bks_answer_get_text (came)) +
                     bks_router_estimate_tokens (bks_answer_get_reasoning (came));
      *estimated = TRUE;
    }
  return usage;
}

static BksUsageRecord *
make_record (Attempt              *attempt,
             BksCompletionRequest *request,
             const GError         *failure)
{
  BksRouter *router = attempt->router;
  BksUsageRecord *record = bks_usage_record_new ();
  BksTokenUsage usage = complete_usage (attempt, request, failure, &record->estimated);
  gboolean served = bks_answer_get_sent (attempt->came) && !is_refused (attempt->came, failure);

  record->provider = g_strdup (attempt->candidate->target->provider);
  record->model_asked = g_strdup (attempt->candidate->target->model);
  record->model_answered = g_strdup (bks_answer_get_model (attempt->came));
  record->input = usage.input;
  record->cache_read = usage.cache_read;
  record->cache_write = usage.cache_write;
  record->cache_write_1h = usage.cache_write_1h;
  record->output = usage.output;
  record->reasoning = usage.reasoning;
  record->first_token_ms = bks_answer_get_first_token_ms (attempt->came);
  record->total_ms = bks_clock_get_monotonic_ms (router->limits->clock) - attempt->started;
  record->outcome = g_strdup (failure != NULL ? bks_error_get_class_name (failure) : "ok");
  bks_price_book_price_record (router->prices, record, usage.reported_cost, attempt->candidate->free || !served);
  return record;
}

static BksOutcome *
make_outcome (Attempt        *attempt,
              BksUsageRecord *record)
{
  BksOutcome *outcome = g_atomic_rc_box_new0 (BksOutcome);

  outcome->usage_id = g_strdup (record->id);
  outcome->provider = g_strdup (record->provider);
  outcome->model = g_strdup (record->model_answered != NULL ? record->model_answered : record->model_asked);
  outcome->finish_reason = g_strdup (bks_answer_get_finish_reason (attempt->came));
  outcome->usage = (BksTokenUsage) {
    .input = record->input,
    .cache_read = record->cache_read,
    .cache_write = record->cache_write,
    .cache_write_1h = record->cache_write_1h,
    .output = record->output,
    .reasoning = record->reasoning,
    .reported_cost = bks_answer_get_usage (attempt->came)->reported_cost,
  };
  outcome->estimated = record->estimated;
  outcome->cost = record->cost;
  outcome->total_ms = record->total_ms;
  return outcome;
}

static BksCharge *
make_charge (BksCall      *call,
             BksCandidate *candidate)
{
  BksCharge *charge = bks_charge_new ();

  charge->request_id = g_strdup (call->id);
  charge->attempt = call->attempts->len + 1;
  charge->provider = g_strdup (candidate->target->provider);
  charge->model = g_strdup (candidate->target->model);
  charge->role = g_strdup (call->role);
  charge->book_id = g_strdup (call->book_id);
  charge->device_id = g_strdup (call->device_id);
  charge->local = candidate->free || bks_candidate_is_local (candidate);
  return charge;
}

static BksCompletionRequest *
make_request (BksRouter    *router,
              BksCall      *call,
              BksCandidate *candidate,
              gint64        total_ms,
              gboolean      hurried)
{
  BksCompletionRequest *request = bks_completion_request_copy (call->request);

  g_set_str (&request->model, candidate->target->model);
  request->total_ms = (guint) total_ms;
  if (hurried)
    request->first_token_ms = router->limits->first_token_alternative_ms;
  return request;
}

/* Fiber. What is above the caller's ceiling is no target of this call. */
static BksReservation *
await_reservation (BksRouter             *router,
                   BksCall               *call,
                   BksCandidate          *candidate,
                   BksCompletionRequest  *request,
                   DexCancellable        *cancellable,
                   GError               **error)
{
  g_autoptr(BksCharge) charge = make_charge (call, candidate);

  if (!dex_await (bks_router_load_prices (router), error))
    return NULL;
  bks_charge_bound (charge, router->prices, router->limits, request, candidate->free);
  if (call->most_cost != BKS_MONEY_UNKNOWN && (charge->most == BKS_MONEY_UNKNOWN || charge->most > call->most_cost))
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_OVER_BUDGET,
                   "%s of %s may cost more than this call is allowed to", candidate->target->model,
                   candidate->info->name);
      candidate->refusal = g_error_copy (*error);
      return NULL;
    }
  return dex_await_boxed (bks_ledger_reserve (router->ledger, charge, cancellable), error);
}

/**
 * bks_attempt_await:
 * @router: the router
 * @call: what is asked
 * @candidate: who is asked, its key looked up
 * @total_ms: how long it may take
 * @hurried: whether somebody else waits to answer
 * @came: filled while the answer arrives
 * @cancellable: (nullable): stops it, and the paying
 * @error: return location
 *
 * On a fiber that is not cancelled itself: asks once. An attempt that was
 * begun is in the call's list and in the ledger whatever becomes of it; one that
 * the budget or the tier refuses never begins.
 *
 * Returns: %FALSE with the class of what went wrong
 */
gboolean
bks_attempt_await (BksRouter       *router,
                   BksCall         *call,
                   BksCandidate    *candidate,
                   gint64           total_ms,
                   gboolean         hurried,
                   BksAnswer       *came,
                   DexCancellable  *cancellable,
                   GError         **error)
{
  g_autoptr(BksCompletionRequest) request = make_request (router, call, candidate, total_ms, hurried);
  g_autoptr(BksProvider) provider = bks_router_make_provider (router, candidate->info, error);
  g_autoptr(BksReservation) reservation = NULL;
  g_autoptr(BksUsageRecord) record = NULL;
  g_autoptr(GError) failure = NULL;
  g_autoptr(GError) local = NULL;
  Attempt work = { .router = router, .call = call, .candidate = candidate, .came = came };
  BksAttempt *attempt;

  if (provider == NULL)
    return FALSE;
  reservation = await_reservation (router, call, candidate, request, cancellable, error);
  if (reservation == NULL)
    return FALSE;
  attempt = bks_call_begin_attempt (call, candidate->target);
  if (!call->whole)
    bks_call_pass_on (call, came);
  work.started = bks_clock_get_monotonic_ms (router->limits->clock);
  if (!dex_await (bks_provider_complete (provider, request, candidate->key, came, cancellable), &local))
    failure = bks_error_normalize (local, NULL);
  record = make_record (&work, request, failure);
  g_clear_error (&local);
  if (!dex_await (bks_ledger_settle (router->ledger, reservation, record), &local))
    {
      g_prefix_error (&local, "What the call cost could not be noted: ");
      bks_call_fail_attempt (call, attempt, came, local);
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  attempt->outcome = make_outcome (&work, record);
  if (failure == NULL)
    return TRUE;
  bks_call_fail_attempt (call, attempt, came, failure);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}
