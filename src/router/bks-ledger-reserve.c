/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-async.h"
#include "bks-device.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-ledger-private.h"
#include "bks-library-budget.h"
#include "bks-library-ledger.h"

/* May we: the tier of who asks, and what is set aside for the attempt. */

typedef struct
{
  char            *library_path;
  char            *instance;
} Proof;

static void
proof_free (gpointer data)
{
  Proof *proof = data;

  g_free (proof->library_path);
  g_free (proof->instance);
  g_free (proof);
}

static gboolean
take_lock (GValue        *result,
           GCancellable  *cancellable,
           gpointer       data,
           GError       **error)
{
  const Proof *proof = data;
  BksInstanceLock *lock = bks_instance_lock_take (proof->library_path, proof->instance, error);

  if (lock == NULL)
    return FALSE;
  bks_instance_lock_tidy (proof->library_path);
  g_value_init (result, G_TYPE_POINTER);
  g_value_set_pointer (result, lock);
  return TRUE;
}

static DexFuture *
keep_lock (DexFuture *future,
           gpointer   data)
{
  BksLedger *self = data;

  self->lock = g_value_get_pointer (dex_future_get_value (future, NULL));
  dex_clear (&self->proof); /* which holds the ledger */
  return dex_future_new_true ();
}

/* Tried again if it failed: a disk may have room by then. */
static DexFuture *
prove_life (BksLedger *self)
{
  DexFuture *future;
  Proof *proof;

  if (self->lock != NULL)
    return dex_future_new_true ();
  if (self->proof != NULL && dex_future_is_pending (self->proof))
    return dex_ref (self->proof);
  dex_clear (&self->proof);
  proof = g_new0 (Proof, 1);
  proof->library_path = g_strdup (bks_database_get_path (self->library));
  proof->instance = g_strdup (self->instance);
  future = dex_future_then (bks_run_in_thread (NULL, take_lock, proof, proof_free), keep_lock,
                            g_object_ref (self), g_object_unref);
  if (dex_future_is_pending (future))
    self->proof = dex_ref (future);
  return future;
}

typedef struct
{
  BksLedger     *self;
  BksCharge     *charge;
  const BksTier *tier;     /* that governs the call; NULL: none, for keys of one's own are used */
  const char    *payer;    /* whose tier it is */
  gboolean       frontier;
} Reserving;

static void
reserving_free (gpointer data)
{
  Reserving *reserving = data;

  g_object_unref (reserving->self);
  bks_charge_unref (reserving->charge);
  g_free (reserving);
}

static void
add_window (BksHold    *hold,
            const char *scope,
            const char *name)
{
  if (name == NULL)
    return;
  g_ptr_array_add (hold->windows, bks_budget_window_new (scope, name, "day", hold->at));
  g_ptr_array_add (hold->windows, bks_budget_window_new (scope, name, "month", hold->at));
}

static void
add_tier (BksHold       *hold,
          const BksTier *tier,
          const char    *payer)
{
  BksBudgetWindow *window = bks_budget_window_new ("tier", payer, "month", hold->at);

  window->tier = g_strdup (tier->id);
  window->cost_limit = tier->cost_cap;
  window->token_limit = tier->tokens;
  window->operation_limit = tier->transformations;
  g_ptr_array_add (hold->windows, window);
}

static BksHold *
make_hold (const Reserving *reserving)
{
  BksLedger *self = reserving->self;
  const BksCharge *charge = reserving->charge;
  BksHold *hold = bks_hold_new ();

  hold->id = bks_id_new (self->limits->clock);
  hold->instance = g_strdup (self->instance);
  hold->at = bks_clock_get_now_ms (self->limits->clock);
  hold->request_id = g_strdup (charge->request_id != NULL ? charge->request_id : hold->id);
  hold->attempt = charge->attempt;
  hold->provider = g_strdup (charge->provider);
  hold->model = g_strdup (charge->model);
  hold->role = g_strdup (charge->role);
  hold->book_id = g_strdup (charge->book_id);
  hold->device_id = g_strdup (charge->device_id);
  hold->local = charge->local;
  hold->most = charge->most;
  hold->estimate = charge->estimate;
  hold->input = charge->input;
  hold->output = charge->output;
  hold->tokens = charge->tokens;
  add_window (hold, "global", "");
  add_window (hold, "provider", charge->provider);
  add_window (hold, "book", charge->book_id);
  add_window (hold, "device", charge->device_id);
  if (reserving->tier != NULL && !charge->local)
    add_tier (hold, reserving->tier, reserving->payer);
  return hold;
}

/* Whether the limit would do if the calls under way cost nothing. */
static gboolean
is_worth_waiting (const GError *error)
{
  const BksErrorFacts *facts = bks_error_get_facts (error);
  const BksAllowance *allowance = facts != NULL ? facts->allowance : NULL;
  gint64 sum;

  return allowance != NULL && allowance->reserved > 0 &&
         !g_str_equal (allowance->reason, "unknown_price") && !g_str_equal (allowance->reason, "closed") &&
         !__builtin_add_overflow (allowance->used, allowance->needed, &sum) && sum <= allowance->limit;
}

typedef struct
{
  BksLedger *self;
  BksHold   *hold;
} Trying;

static void
trying_free (gpointer data)
{
  Trying *trying = data;

  g_object_unref (trying->self);
  bks_hold_unref (trying->hold);
  g_free (trying);
}

/* On the way out of the writing thread, so that what is reserved is never without an owner. */
static DexFuture *
own (DexFuture *future,
     gpointer   data)
{
  Trying *trying = data;

  return dex_future_new_take_boxed (BKS_TYPE_RESERVATION, bks_ledger_make_reservation (trying->self, trying->hold->id));
}

static DexFuture *
try_reserve (BksLedger *self,
             BksHold   *hold)
{
  Trying *trying = g_new0 (Trying, 1);
  DexFuture *future;

  trying->self = g_object_ref (self);
  trying->hold = bks_hold_ref (hold);
  future = dex_future_then (bks_library_reserve (self->library, hold), own, trying, trying_free);
  /* Also where nobody waits any more: it is reserved then, and has to be released. */
  dex_future_disown (dex_ref (future));
  return future;
}

/* Fiber. One try; whoever died over a reservation is found before it is refused. */
static BksReservation *
await_reservation (Reserving  *reserving,
                   gboolean    first,
                   GError    **error)
{
  BksLedger *self = reserving->self;
  g_autoptr(BksHold) hold = make_hold (reserving);
  g_autoptr(GError) local = NULL;
  BksReservation *reservation = dex_await_boxed (try_reserve (self, hold), &local);
  guint orphans;

  if (reservation != NULL)
    return reservation;
  if (first && is_worth_waiting (local))
    {
      orphans = dex_await_uint (bks_ledger_recover (self), NULL);
      if (orphans > 0)
        return dex_await_boxed (try_reserve (self, hold), error);
    }
  g_propagate_error (error, g_steal_pointer (&local));
  return NULL;
}

/* Fiber. Until somebody here settles; what others settle is found by looking. */
static void
await_change (BksLedger *self,
              DexFuture *changed,
              gint64     left_ms)
{
  gint64 pause_ms = MIN (left_ms, (gint64) self->limits->reserve_pause_ms);

  dex_await (dex_future_first (dex_ref (changed), dex_timeout_new_msec ((int) pause_ms), NULL), NULL);
}

/* Fiber. A companion spends its owner's money, so that it always has a tier: its row's, now. */
static gboolean
await_device_tier (Reserving  *reserving,
                   GError    **error)
{
  const char *id = reserving->charge->device_id;
  g_autoptr(BksDevice) device = dex_await_boxed (bks_library_get_device (reserving->self->library, id), error);

  if (device == NULL)
    return FALSE;
  if (device->revoked)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_FORBIDDEN, "The device was shut out");
      return FALSE;
    }
  reserving->payer = id;
  reserving->tier = bks_plans_find (reserving->self->plans, device->tier);
  if (reserving->tier != NULL)
    return TRUE;
  g_set_error (error, BKS_ERROR, BKS_ERROR_TIER, "The device has the tier “%s”, which there is not", device->tier);
  return FALSE;
}

/* Fiber. Adds the lowest tier that would do to a refusal by a tier. */
static void
await_lowest_tier (Reserving    *reserving,
                   BksAllowance *allowance)
{
  BksLedger *self = reserving->self;
  gint64 now_ms = bks_clock_get_now_ms (self->limits->clock);
  g_autoptr(BksBudget) used = dex_await_boxed (bks_library_get_budget (self->library, "tier", reserving->payer, "month",
                                                                       now_ms), NULL);
  const BksTier *lowest = NULL;

  if (used != NULL)
    lowest = bks_plans_find_lowest (self->plans, reserving->charge, reserving->frontier, used);
  g_set_str (&allowance->lowest_tier, lowest != NULL ? lowest->id : NULL);
}

static const char *
describe_lock (const BksAllowance *lock)
{
  if (g_str_equal (lock->reason, "provider_locked"))
    return "this provider";
  return g_str_equal (lock->reason, "model_locked") ? "the dearest models" : "operations on a whole book";
}

/* Fiber. */
static gboolean
await_tier (Reserving  *reserving,
            GError    **error)
{
  BksLedger *self = reserving->self;
  const BksCharge *charge = reserving->charge;
  g_autoptr(BksAllowance) lock = NULL;

  if (charge->device_id == NULL)
    return TRUE;
  if (!await_device_tier (reserving, error))
    return FALSE;
  reserving->frontier = bks_price_book_is_frontier (self->prices, charge->provider, charge->model);
  lock = bks_plans_check (self->plans, reserving->tier, charge, reserving->frontier);
  if (lock == NULL)
    return TRUE;
  g_set_error (error, BKS_ERROR, BKS_ERROR_TIER, "The tier “%s” does not have %s", lock->tier, describe_lock (lock));
  if (error != NULL)
    bks_error_get_facts (*error)->allowance = g_steal_pointer (&lock);
  return FALSE;
}

/* Fiber. */
static DexFuture *
refuse (Reserving *reserving,
        GError    *error)
{
  BksErrorFacts *facts = bks_error_get_facts (error);

  if (facts != NULL && facts->allowance != NULL && g_strcmp0 (facts->allowance->scope, "tier") == 0)
    await_lowest_tier (reserving, facts->allowance);
  return bks_future_error (error);
}

static DexFuture *
reserve_fiber (gpointer data)
{
  Reserving *reserving = data;
  BksLedger *self = reserving->self;
  gint64 deadline = g_get_monotonic_time () / 1000 + self->limits->reserve_ms;
  GError *error = NULL;

  if (!dex_await (prove_life (self), &error) || !await_tier (reserving, &error))
    return refuse (reserving, error);
  for (gboolean first = TRUE;; first = FALSE)
    {
      /* Before the try: what is settled in between must not be missed. */
      g_autoptr(DexFuture) changed = bks_ledger_ref_changed (self);
      BksReservation *reservation = await_reservation (reserving, first, &error);
      gint64 left = deadline - g_get_monotonic_time () / 1000;

      if (reservation != NULL)
        return dex_future_new_take_boxed (BKS_TYPE_RESERVATION, reservation);
      if (left <= 0 || !is_worth_waiting (error))
        return refuse (reserving, error);
      g_clear_error (&error);
      await_change (self, changed, left);
    }
}

/**
 * bks_ledger_reserve:
 * @self: a ledger
 * @charge: one attempt at a call; not changed any more
 * @cancellable: (nullable): gives up waiting
 *
 * Sets aside what the attempt costs at most, in every budget and quota that it
 * falls under, or in none. Where only calls under way stand in the way it waits
 * for them to settle, as long as the limits say.
 *
 * Returns: (transfer full): resolves to a #BksReservation; rejects with
 *   %BKS_ERROR_OVER_BUDGET or %BKS_ERROR_TIER, whose facts have a
 *   #BksAllowance, or as the store fails: then nothing may be sent either
 */
DexFuture *
bks_ledger_reserve (BksLedger      *self,
                    BksCharge      *charge,
                    DexCancellable *cancellable)
{
  Reserving *reserving;

  g_return_val_if_fail (BKS_IS_LEDGER (self) && charge != NULL, NULL);
  g_return_val_if_fail (charge->provider != NULL && charge->model != NULL, NULL);

  reserving = g_new0 (Reserving, 1);
  reserving->self = g_object_ref (self);
  reserving->charge = bks_charge_ref (charge);
  return bks_spawn (cancellable, reserve_fiber, reserving, reserving_free);
}
