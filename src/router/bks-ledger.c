/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-async.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-ledger-private.h"

/**
 * BksLedger:
 *
 * May we, and what did it cost. Money is set aside before a call and settled
 * after it, for every budget and quota that the call falls under, among all
 * processes that work on the library. Nobody calls a provider around it.
 *
 * Belongs to the thread of the default main context.
 */
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

/**
 * bks_ledger_ref_changed:
 * @self: a ledger
 *
 * Returns: (transfer full): resolves when something is settled or released the next time
 */
DexFuture *
bks_ledger_ref_changed (BksLedger *self)
{
  if (self->changed == NULL)
    self->changed = dex_promise_new ();
  return DEX_FUTURE (dex_ref (self->changed));
}

/**
 * bks_ledger_make_reservation:
 * @self: a ledger
 * @id: of what was reserved
 *
 * Returns: (transfer full): its owner
 */
BksReservation *
bks_ledger_make_reservation (BksLedger  *self,
                             const char *id)
{
  BksReservation *reservation = g_atomic_rc_box_new0 (BksReservation);

  reservation->ledger = g_object_ref (self);
  reservation->id = g_strdup (id);
  self->held++;
  return reservation;
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
