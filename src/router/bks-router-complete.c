/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-attempt-private.h"
#include "bks-breaker.h"
#include "bks-error.h"
#include "bks-id.h"

/*
 * The way of one call through its targets: who is asked, and what follows
 * when that goes wrong (routing.md §2 to §4). The one place that tries
 * anything again.
 */

typedef enum
{
  STEP_AGAIN, /* the same target, after a wait */
  STEP_NEXT,  /* another one */
  STEP_STOP,
} Step;

/* A failure of the line, which may be ours. */
typedef struct
{
  BksCandidate *candidate;
  gint64        retry_after_ms;
} LineFailure;

typedef struct
{
  BksRouter      *router;
  BksCall        *call;
  DexCancellable *cancellable;
  GPtrArray      *candidates;    /* of BksCandidate, the requested one first; NULL until they are known */
  GArray         *line_failures; /* of LineFailure */
  gint64          end;           /* monotonic ms */
  gboolean        reached;       /* somebody has answered, be it with an error */
} Route;

static void
route_free (gpointer data)
{
  Route *route = data;

  g_clear_pointer (&route->candidates, g_ptr_array_unref);
  g_array_unref (route->line_failures);
  g_object_unref (route->router);
  g_object_unref (route->call);
  dex_clear (&route->cancellable);
  g_free (route);
}

/* ------------------------------------------------------ who is asked ------ */

static BksAdmission
look (Route        *route,
      BksCandidate *candidate)
{
  return bks_breaker_look (route->router->breaker, candidate->target->provider, candidate->key_tag,
                           candidate->target->model);
}

static gboolean
is_admitted (Route        *route,
             BksCandidate *candidate)
{
  BksAdmission admission;

  if (candidate->refusal != NULL)
    return FALSE;
  admission = look (route, candidate);
  return admission.state == BKS_CIRCUIT_CLOSED || admission.state == BKS_CIRCUIT_HALF_OPEN;
}

/* Fiber. The first that may be asked now, but for @besides. */
static gboolean
await_first (Route         *route,
             BksCandidate  *besides,
             BksCandidate **found,
             GError       **error)
{
  *found = NULL;
  for (guint i = 0; *found == NULL && i < route->candidates->len; i++)
    {
      BksCandidate *candidate = g_ptr_array_index (route->candidates, i);

      if (candidate == besides)
        continue;
      if (!bks_candidate_await_key (candidate, route->router, route->cancellable, error))
        return FALSE;
      if (is_admitted (route, candidate))
        *found = candidate;
    }
  return TRUE;
}

static BksCandidate *
get_only (Route *route,
          guint *n_left)
{
  BksCandidate *only = NULL;

  *n_left = 0;
  for (guint i = 0; i < route->candidates->len; i++)
    {
      BksCandidate *candidate = g_ptr_array_index (route->candidates, i);

      if (candidate->refusal != NULL)
        continue;
      (*n_left)++;
      only = candidate;
    }
  return *n_left == 1 ? only : NULL;
}

/* ---------------------------------------------------------- waiting ------- */

static gint64
get_left (Route *route)
{
  return route->end - bks_clock_get_monotonic_ms (route->router->limits->clock);
}

/* Fiber. */
static gboolean
await_pause (Route   *route,
             gint64   wait_ms,
             GError **error)
{
  g_autoptr(GError) local = NULL;
  DexFuture *pause = dex_timeout_new_msec ((int) wait_ms);

  if (route->cancellable != NULL)
    pause = dex_future_first (dex_ref (route->cancellable), pause, NULL);
  dex_await (pause, &local);
  if (!bks_error_is_cancelled (local))
    return TRUE;
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CANCELLED, "The call was stopped");
  return FALSE;
}

/* What the provider asks for; else full jitter, so that all who failed at once do not come back at once. */
static gint64
get_wait (Route        *route,
          const GError *failure,
          guint         repeats)
{
  const BksErrorFacts *facts = bks_error_get_facts (failure);
  BksLimits *limits = route->router->limits;
  gint64 most = MIN ((gint64) limits->retry_base_ms << MIN (repeats, 16), limits->retry_most_ms);

  if (facts != NULL && facts->retry_after_ms >= 0)
    return facts->retry_after_ms;
  return most > 0 ? g_random_int_range (0, (gint32) most + 1) : 0;
}

/* ------------------------------------------------- what follows ---------- */

static void
refuse_provider (Route        *route,
                 const char   *provider,
                 const GError *failure)
{
  for (guint i = 0; i < route->candidates->len; i++)
    {
      BksCandidate *candidate = g_ptr_array_index (route->candidates, i);

      if (g_str_equal (candidate->target->provider, provider))
        bks_candidate_refuse (candidate, failure);
    }
}

/* The question did not fit: only a window that is known to be larger is worth an attempt. */
static void
refuse_smaller (Route        *route,
                BksCandidate *failed,
                const GError *failure)
{
  gint64 least = failed->window;

  if (least < 0)
    least = bks_request_estimate_tokens (route->call->request);
  for (guint i = 0; i < route->candidates->len; i++)
    {
      BksCandidate *candidate = g_ptr_array_index (route->candidates, i);

      if (candidate->window <= least)
        bks_candidate_refuse (candidate, failure);
    }
}

/* Whether another try of the same target is worth the wait that it asks for. */
static gboolean
is_worth_waiting (Route        *route,
                  BksCandidate *candidate,
                  gint64        wait_ms,
                  gboolean      alternative)
{
  BksLimits *limits = route->router->limits;

  return candidate->repeats == 0 && wait_ms < get_left (route) &&
         (wait_ms <= limits->retry_short_ms || (wait_ms <= limits->retry_long_ms && !alternative));
}

/* The table of routing.md §2. */
static Step
decide (Route        *route,
        BksCandidate *candidate,
        BksAnswer    *came,
        const GError *failure,
        gboolean      alternative,
        gint64       *wait_ms)
{
  *wait_ms = get_wait (route, failure, candidate->repeats);
  switch (failure->code)
    {
    case BKS_ERROR_AUTH:
    case BKS_ERROR_BILLING:
      refuse_provider (route, candidate->target->provider, failure);
      return STEP_NEXT;
    case BKS_ERROR_CONTEXT:
      refuse_smaller (route, candidate, failure);
      bks_candidate_refuse (candidate, failure);
      return STEP_NEXT;
    case BKS_ERROR_PERMISSION:
    case BKS_ERROR_MODEL:
    case BKS_ERROR_TIMEOUT:
      bks_candidate_refuse (candidate, failure);
      return STEP_NEXT;
    case BKS_ERROR_TRANSPORT:
      if (!bks_answer_get_sent (came) && is_worth_waiting (route, candidate, *wait_ms, alternative))
        return STEP_AGAIN;
      bks_candidate_refuse (candidate, failure);
      return STEP_NEXT;
    case BKS_ERROR_RATE:
    case BKS_ERROR_OVERLOAD:
    case BKS_ERROR_SERVER:
    case BKS_ERROR_MALFORMED:
      if (is_worth_waiting (route, candidate, *wait_ms, alternative))
        return STEP_AGAIN;
      bks_candidate_refuse (candidate, failure);
      return STEP_NEXT;
    case BKS_ERROR_TRUNCATED:
      /* Elsewhere first: a line that cuts streams cuts the next one too. */
      if (!alternative && is_worth_waiting (route, candidate, *wait_ms, alternative))
        return STEP_AGAIN;
      bks_candidate_refuse (candidate, failure);
      return STEP_NEXT;
    default:
      return STEP_STOP;
    }
}

static void
note_line_failures (Route *route)
{
  for (guint i = 0; i < route->line_failures->len; i++)
    {
      const LineFailure *line = &g_array_index (route->line_failures, LineFailure, i);
      const BksTarget *target = line->candidate->target;

      /* Nobody could be reached: the fault is on this side. */
      if (route->reached)
        bks_breaker_note_failure (route->router->breaker, target->provider, line->candidate->key_tag, target->model,
                                  BKS_ERROR_TRANSPORT, line->retry_after_ms);
      else
        bks_breaker_note_nothing (route->router->breaker, target->provider, line->candidate->key_tag, target->model);
    }
  g_array_set_size (route->line_failures, 0);
}

/* What the attempt says about the one that was asked. */
static void
note_attempt (Route        *route,
              BksCandidate *candidate,
              const GError *failure)
{
  BksBreaker *breaker = route->router->breaker;
  const BksTarget *target = candidate->target;
  const BksErrorFacts *facts = failure != NULL ? bks_error_get_facts (failure) : NULL;
  gint64 retry_after_ms = facts != NULL ? facts->retry_after_ms : -1;

  if (g_error_matches (failure, BKS_ERROR, BKS_ERROR_TRANSPORT))
    {
      LineFailure line = { candidate, retry_after_ms };

      g_array_append_val (route->line_failures, line);
      return;
    }
  route->reached = route->reached || !bks_error_is_cancelled (failure);
  if (failure == NULL)
    bks_breaker_note_success (breaker, target->provider, candidate->key_tag, target->model);
  else
    bks_breaker_note_failure (breaker, target->provider, candidate->key_tag, target->model,
                              (BksError) failure->code, retry_after_ms);
  if (g_error_matches (failure, BKS_ERROR, BKS_ERROR_MODEL))
    bks_router_forget_listing (route->router, target->provider);
}

/* Nobody may be asked now. The first target's failure is the one to show. */
static GError *
make_final_error (Route *route)
{
  BksCandidate *soonest = NULL;
  BksAdmission least = { 0 };
  GError *error;

  if (route->call->attempts->len > 0)
    return g_error_copy (((BksAttempt *) g_ptr_array_index (route->call->attempts, 0))->error);
  for (guint i = 0; i < route->candidates->len; i++)
    {
      BksCandidate *candidate = g_ptr_array_index (route->candidates, i);
      BksAdmission admission;

      if (candidate->refusal != NULL)
        continue;
      admission = look (route, candidate);
      if (soonest == NULL || (admission.wait_ms >= 0 && (least.wait_ms < 0 || admission.wait_ms < least.wait_ms)))
        {
          soonest = candidate;
          least = admission;
        }
    }
  if (soonest == NULL)
    return g_error_copy (((BksCandidate *) g_ptr_array_index (route->candidates, 0))->refusal);
  error = g_error_new (BKS_ERROR, least.wait_ms < 0 ? (int) least.reason : BKS_ERROR_OVERLOAD,
                       least.wait_ms < 0 ? "%s is not asked any more: what it last answered was final"
                                         : "%s rests after failures", soonest->info->name);
  bks_error_get_facts (error)->provider = g_strdup (soonest->target->provider);
  bks_error_get_facts (error)->retry_after_ms = least.wait_ms;
  if (least.wait_ms >= 0)
    bks_error_get_facts (error)->http_status = 503;
  return error;
}

/* Fiber. Whom to ask now; %NULL without an error: nobody. */
static BksCandidate *
await_next (Route   *route,
            GError **error)
{
  BksCandidate *candidate;
  BksAdmission admission;
  guint n_left;

  if (!await_first (route, NULL, &candidate, error) || candidate != NULL)
    return candidate;
  /* A single one is never refused because it rests: a short rest is waited for. */
  candidate = get_only (route, &n_left);
  if (candidate == NULL)
    return NULL;
  admission = look (route, candidate);
  if (admission.state == BKS_CIRCUIT_DEAD && admission.reason != BKS_ERROR_MODEL)
    return NULL;
  if (admission.wait_ms > 0 && admission.wait_ms <= route->router->limits->retry_short_ms &&
      !await_pause (route, admission.wait_ms, error))
    return NULL;
  return candidate;
}

/* What is too dear for the budget, or not allowed, ends the call; as an alternative it is just none. */
static gboolean
end_unbegun (Route         *route,
             BksCandidate  *candidate,
             const GError  *failure,
             GError       **error)
{
  gboolean ends = bks_error_is_cancelled (failure) ||
                  (route->call->attempts->len == 0 && candidate->refusal == NULL);

  if (ends)
    g_propagate_error (error, g_error_copy (failure));
  else
    bks_candidate_refuse (candidate, failure);
  return ends;
}

/* Fiber. One attempt and what it says; TRUE: the call has ended, well or not. */
static gboolean
await_try (Route         *route,
           BksCandidate **candidate,
           GError       **error)
{
  BksRouter *router = route->router;
  g_autoptr(BksAnswer) came = bks_answer_new ();
  g_autoptr(GError) failure = NULL;
  BksCandidate *other;
  guint n_before = route->call->attempts->len;
  gint64 wait_ms;
  gboolean ok;
  Step step;

  if (!await_first (route, *candidate, &other, error))
    return TRUE;
  bks_breaker_begin (router->breaker, (*candidate)->target->provider, (*candidate)->key_tag, (*candidate)->target->model);
  ok = bks_attempt_await (router, route->call, *candidate, get_left (route), other != NULL, came, route->cancellable,
                          &failure);
  if (route->call->attempts->len == n_before)
    {
      bks_breaker_note_nothing (router->breaker, (*candidate)->target->provider, (*candidate)->key_tag,
                                (*candidate)->target->model);
      return end_unbegun (route, *candidate, failure, error);
    }
  note_attempt (route, *candidate, failure);
  if (ok || (!route->call->whole && bks_answer_get_first_token_ms (came) >= 0))
    {
      bks_call_take_answer (route->call, came, ok);
      if (!ok)
        g_propagate_error (error, g_steal_pointer (&failure));
      return TRUE;
    }
  step = decide (route, *candidate, came, failure, other != NULL, &wait_ms);
  if (step == STEP_STOP || route->call->attempts->len >= router->limits->attempts || get_left (route) <= 0)
    {
      g_propagate_error (error, step == STEP_STOP ? g_steal_pointer (&failure) : make_final_error (route));
      return TRUE;
    }
  if (step == STEP_AGAIN)
    {
      (*candidate)->repeats++;
      if (!await_pause (route, wait_ms, error))
        return TRUE;
    }
  else
    *candidate = NULL;
  return FALSE;
}

/* Fiber. */
static gboolean
await_route (Route   *route,
             GError **error)
{
  BksCandidate *candidate = NULL;
  gboolean ended = FALSE;

  if ((route->candidates = bks_candidates_await (route->router, route->call, error)) == NULL)
    return FALSE;
  while (!ended)
    {
      g_autoptr(GError) local = NULL;

      if (candidate == NULL || candidate->refusal != NULL)
        candidate = await_next (route, &local);
      if (candidate == NULL)
        {
          g_propagate_error (error, local != NULL ? g_steal_pointer (&local) : make_final_error (route));
          return FALSE;
        }
      ended = await_try (route, &candidate, &local);
      if (local != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
    }
  return TRUE;
}

/*
 * Not cancelled itself: whatever becomes of the answer, the ledger gets its
 * rows. The provider's call ends at once when the cancellable fires.
 */
static DexFuture *
route_fiber (gpointer data)
{
  Route *route = data;
  g_autoptr(GError) failure = NULL;
  gboolean ok;

  dex_await (bks_router_load_circuits (route->router), NULL);
  ok = await_route (route, &failure);
  note_line_failures (route);
  bks_router_await_keep_circuits (route->router);
  if (!ok)
    return bks_future_error (bks_error_normalize (failure, NULL));
  return dex_future_new_take_boxed (BKS_TYPE_OUTCOME,
                                    bks_outcome_ref (bks_call_get_last_attempt (route->call)->outcome));
}

/**
 * bks_router_complete:
 * @self: a router
 * @call: what is asked, of whom; carried out once
 * @cancellable: (nullable): stops it, and the paying
 *
 * Asks the first target, and others where that one cannot answer and nothing
 * of its answer was handed over. The ledger has a row for each attempt whatever
 * becomes of it.
 *
 * Returns: (transfer full): resolves to the #BksOutcome of the attempt that
 *   answered; rejects with the class of what went wrong first, or of what
 *   interrupted the answer; the trail is in @call
 */
DexFuture *
bks_router_complete (BksRouter      *self,
                     BksCall        *call,
                     DexCancellable *cancellable)
{
  Route *route;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && BKS_IS_CALL (call) && call->id == NULL, NULL);

  if (call->targets->len == 0)
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no model to ask");
  call->id = bks_id_new (self->limits->clock);
  route = g_new0 (Route, 1);
  route->router = g_object_ref (self);
  route->call = g_object_ref (call);
  route->cancellable = cancellable != NULL ? dex_ref (cancellable) : NULL;
  route->line_failures = g_array_new (FALSE, FALSE, sizeof (LineFailure));
  route->end = bks_clock_get_monotonic_ms (self->limits->clock) + self->limits->total_ms;
  return bks_spawn_finally (route_fiber, route, route_free);
}
