/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-async.h"
#include "bks-device.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-instance-lock.h"
#include "bks-ledger.h"

/**
 * BksLedger:
 *
 * May we, and what did it cost. Money is set aside before a call and settled
 * after it, for every budget and quota that the call falls under, among all
 * processes that work on the library. Nobody calls a provider around it.
 *
 * Belongs to the thread of the default main context.
 */
struct _BksLedger
{
  GObject          parent_instance;

  BksDatabase     *library;
  BksPriceBook    *prices;
  BksPlans        *plans;
  BksLimits       *limits;

  char            *instance;
  DexFuture       *proof;      /* while the lock is taken; NULL before and after */
  BksInstanceLock *lock;       /* that this instance lives; NULL until the first call */

  GPtrArray       *waiting;    /* of Ending: not yet handed to the writing thread */
  guint            linger;     /* source id, while they wait for company */
  guint            writing;    /* groups on their way to the disk */
  guint            held;       /* reservations that have not ended */

  DexPromise      *changed;    /* resolves when something is settled or released; NULL: nobody waits */
};

G_DEFINE_FINAL_TYPE (BksLedger, bks_ledger, G_TYPE_OBJECT)

enum
{
  SIGNAL_CHANGED,
  SIGNAL_THRESHOLD,
  SIGNAL_OVERRUN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

struct _BksReservation
{
  BksLedger *ledger;
  char      *id;
  gboolean   ended;
};

G_DEFINE_BOXED_TYPE (BksReservation, bks_reservation, bks_reservation_ref, bks_reservation_unref)

/* A settlement on its way, and who waits for it. */
typedef struct
{
  BksSettlement *settlement; /* NULL once handed over */
  DexPromise    *promise;
} Ending;

/**
 * bks_reservation_ref:
 * @self: a reservation
 *
 * Returns: (transfer full): @self
 */
BksReservation *
bks_reservation_ref (BksReservation *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
reservation_clear (gpointer data)
{
  BksReservation *self = data;

  /* Whoever held it was stopped before anything was sent. */
  if (!self->ended)
    dex_future_disown (bks_ledger_release (self->ledger, self));
  g_object_unref (self->ledger);
  g_free (self->id);
}

/**
 * bks_reservation_unref:
 * @self: (transfer full): a reservation
 */
void
bks_reservation_unref (BksReservation *self)
{
  g_atomic_rc_box_release_full (self, reservation_clear);
}

/**
 * bks_reservation_get_id:
 * @self: a reservation
 *
 * Returns: (transfer none): its id, which becomes the usage row's
 */
const char *
bks_reservation_get_id (BksReservation *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->id;
}

static void
bks_ledger_finalize (GObject *object)
{
  BksLedger *self = BKS_LEDGER (object);

  g_assert (self->waiting->len == 0);
  g_ptr_array_unref (self->waiting);
  g_clear_pointer (&self->lock, bks_instance_lock_release);
  dex_clear (&self->proof);
  dex_clear (&self->changed);
  g_free (self->instance);
  g_object_unref (self->library);
  g_object_unref (self->prices);
  g_object_unref (self->plans);
  bks_limits_unref (self->limits);
  G_OBJECT_CLASS (bks_ledger_parent_class)->finalize (object);
}

static void
bks_ledger_class_init (BksLedgerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_ledger_finalize;

  /**
   * BksLedger::changed:
   *
   * A row was written.
   */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 0);
  /**
   * BksLedger::threshold:
   * @percent: 50, 80 or 100
   * @allowance: the budget, and how it stands
   *
   * So much of a budget is spent. Once in its period, whichever process spends it.
   */
  signals[SIGNAL_THRESHOLD] = g_signal_new ("threshold", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                            NULL, G_TYPE_NONE, 2, G_TYPE_UINT, BKS_TYPE_ALLOWANCE);
  /**
   * BksLedger::overrun:
   * @allowance: the budget, and how it stands
   *
   * A call cost more than it could by the known prices. It is in the ledger,
   * and the budget is closed until somebody sets it anew or its period ends.
   */
  signals[SIGNAL_OVERRUN] = g_signal_new ("overrun", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 1, BKS_TYPE_ALLOWANCE);
}

static void
bks_ledger_init (BksLedger *self)
{
  self->waiting = g_ptr_array_new ();
  self->plans = bks_plans_new ();
}

/**
 * bks_ledger_new:
 * @library: the library
 * @prices: the prices
 * @limits: limits
 *
 * Returns: (transfer full): a ledger
 */
BksLedger *
bks_ledger_new (BksDatabase  *library,
                BksPriceBook *prices,
                BksLimits    *limits)
{
  BksLedger *self = g_object_new (BKS_TYPE_LEDGER, NULL);

  self->library = g_object_ref (library);
  self->prices = g_object_ref (prices);
  self->limits = bks_limits_ref (limits);
  self->instance = bks_id_new (limits->clock);
  return self;
}

/**
 * bks_ledger_get_plans:
 * @self: a ledger
 *
 * Returns: (transfer none): the rules of the tiers
 */
BksPlans *
bks_ledger_get_plans (BksLedger *self)
{
  g_return_val_if_fail (BKS_IS_LEDGER (self), NULL);

  return self->plans;
}

static DexPromise *
get_changed (BksLedger *self)
{
  if (self->changed == NULL)
    self->changed = dex_promise_new ();
  return self->changed;
}

/* Those who wait for others' reservations look again. */
static void
wake_waiters (BksLedger *self)
{
  DexPromise *changed = g_steal_pointer (&self->changed);

  if (changed == NULL)
    return;
  dex_promise_resolve_boolean (changed, TRUE);
  dex_unref (changed);
}

static void
tell (BksLedger     *self,
      BksSettlement *settlement)
{
  for (guint i = 0; i < settlement->notices->len; i++)
    {
      const BksNotice *notice = g_ptr_array_index (settlement->notices, i);

      if (notice->percent > 0)
        g_signal_emit (self, signals[SIGNAL_THRESHOLD], 0, notice->percent, notice->allowance);
      else
        g_signal_emit (self, signals[SIGNAL_OVERRUN], 0, notice->allowance);
    }
}

static DexFuture *
tell_recovered (DexFuture *future,
                gpointer   data)
{
  BksLedger *self = data;
  GPtrArray *settlements = g_value_get_boxed (dex_future_get_value (future, NULL));

  for (guint i = 0; i < settlements->len; i++)
    tell (self, g_ptr_array_index (settlements, i));
  if (settlements->len > 0)
    {
      wake_waiters (self);
      g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
    }
  return dex_future_new_for_uint (settlements->len);
}

/**
 * bks_ledger_recover:
 * @self: a ledger
 *
 * Settles what processes had reserved that have died since, at its estimate.
 * Done at start; bks_ledger_reserve() does it again before it refuses.
 *
 * Returns: (transfer full): resolves to how many there were
 */
DexFuture *
bks_ledger_recover (BksLedger *self)
{
  g_return_val_if_fail (BKS_IS_LEDGER (self), NULL);

  return dex_future_then (bks_library_recover (self->library), tell_recovered, g_object_ref (self), g_object_unref);
}

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

static BksReservation *
make_reservation (BksLedger     *self,
                  const BksHold *hold)
{
  BksReservation *reservation = g_atomic_rc_box_new0 (BksReservation);

  reservation->ledger = g_object_ref (self);
  reservation->id = g_strdup (hold->id);
  self->held++;
  return reservation;
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

  return dex_future_new_take_boxed (BKS_TYPE_RESERVATION, make_reservation (trying->self, trying->hold));
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
      g_autoptr(DexFuture) changed = dex_ref (get_changed (self));
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

static void
ending_free (gpointer data)
{
  Ending *ending = data;

  g_clear_pointer (&ending->settlement, bks_settlement_free);
  dex_unref (ending->promise);
  g_free (ending);
}

/* Settlements that are written together. */
typedef struct
{
  BksLedger *self;
  GPtrArray *endings;     /* of Ending */
  GPtrArray *settlements; /* of BksSettlement: those of the endings */
} Group;

static void
group_free (gpointer data)
{
  Group *group = data;

  g_ptr_array_unref (group->endings);
  g_ptr_array_unref (group->settlements);
  g_object_unref (group->self);
  g_free (group);
}

static void
end_one (BksLedger     *self,
         Ending        *ending,
         BksSettlement *settlement,
         const GError  *error)
{
  if (error != NULL)
    {
      dex_promise_reject (ending->promise, g_error_copy (error));
      return;
    }
  if (settlement->conflict)
    {
      dex_promise_reject (ending->promise, g_error_new_literal (BKS_ERROR, BKS_ERROR_CONFLICT,
                                                                "The reservation has ended before"));
      return;
    }
  tell (self, settlement);
  dex_promise_resolve_boolean (ending->promise, TRUE);
}

static DexFuture *
end_group (DexFuture *future,
           gpointer   data)
{
  Group *group = data;
  BksLedger *self = group->self;
  g_autoptr(GError) error = NULL;

  dex_future_get_value (future, &error);
  self->writing--;
  for (guint i = 0; i < group->endings->len; i++)
    end_one (self, g_ptr_array_index (group->endings, i), g_ptr_array_index (group->settlements, i), error);
  wake_waiters (self);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  return dex_future_new_true ();
}

static void
flush (BksLedger *self)
{
  Group *group;

  g_clear_handle_id (&self->linger, g_source_remove);
  if (self->waiting->len == 0)
    return;
  group = g_new0 (Group, 1);
  group->self = g_object_ref (self);
  group->endings = g_steal_pointer (&self->waiting);
  group->settlements = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_settlement_free);
  self->waiting = g_ptr_array_new ();
  g_ptr_array_set_free_func (group->endings, ending_free);
  for (guint i = 0; i < group->endings->len; i++)
    {
      Ending *ending = g_ptr_array_index (group->endings, i);

      g_ptr_array_add (group->settlements, g_steal_pointer (&ending->settlement));
    }
  self->writing++;
  dex_future_disown (dex_future_finally (bks_library_settle (self->library, group->settlements), end_group, group,
                                         group_free));
}

static gboolean
flush_cb (gpointer data)
{
  BksLedger *self = data;

  self->linger = 0;
  flush (self);
  return G_SOURCE_REMOVE;
}

/* Company is worth waiting for only where there is some. */
static void
schedule (BksLedger *self)
{
  if (self->held == 0)
    flush (self);
  else if (self->linger == 0)
    self->linger = g_timeout_add_full (G_PRIORITY_DEFAULT, self->limits->settle_ms, flush_cb, g_object_ref (self),
                                       g_object_unref);
}

static DexFuture *
refuse_ended (void)
{
  return dex_future_new_reject (BKS_ERROR, BKS_ERROR_CONFLICT, "The reservation has ended before");
}

/**
 * bks_ledger_settle:
 * @self: a ledger
 * @reservation: what was reserved for the attempt
 * @record: what became of it; what was known when it was reserved is filled in
 *
 * Writes the usage row and gives back what was reserved, in one transaction,
 * together with what other calls settle in the next milliseconds. Happens
 * whether or not anybody waits. A reservation of a call whose process is
 * killed in between is settled at its estimate by whoever comes next.
 *
 * Returns: (transfer full): resolves when it is durable; rejects with
 *   %BKS_ERROR_CONFLICT if the reservation has ended before
 */
DexFuture *
bks_ledger_settle (BksLedger      *self,
                   BksReservation *reservation,
                   BksUsageRecord *record)
{
  Ending *ending;
  DexFuture *future;

  g_return_val_if_fail (BKS_IS_LEDGER (self) && reservation != NULL && record != NULL, NULL);

  if (reservation->ended)
    return refuse_ended ();
  reservation->ended = TRUE;
  self->held--;
  ending = g_new0 (Ending, 1);
  ending->settlement = bks_settlement_new (reservation->id, record);
  ending->promise = dex_promise_new ();
  future = DEX_FUTURE (dex_ref (ending->promise)); /* which may end while it is scheduled */
  g_ptr_array_add (self->waiting, ending);
  schedule (self);
  return future;
}

static DexFuture *
wake_after_release (DexFuture *future,
                    gpointer   data)
{
  wake_waiters (data);
  return dex_ref (future);
}

/**
 * bks_ledger_release:
 * @self: a ledger
 * @reservation: what was reserved for an attempt that was never made
 *
 * Gives back what was reserved, without a row.
 *
 * Returns: (transfer full): resolves when others can have it; rejects with
 *   %BKS_ERROR_CONFLICT if the reservation has ended before
 */
DexFuture *
bks_ledger_release (BksLedger      *self,
                    BksReservation *reservation)
{
  g_return_val_if_fail (BKS_IS_LEDGER (self) && reservation != NULL, NULL);

  if (reservation->ended)
    return refuse_ended ();
  reservation->ended = TRUE;
  self->held--;
  if (self->held == 0)
    flush (self);
  return dex_future_finally (bks_library_release (self->library, reservation->id), wake_after_release,
                             g_object_ref (self), g_object_unref);
}
