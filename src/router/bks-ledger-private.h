/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-instance-lock.h"
#include "bks-ledger.h"

G_BEGIN_DECLS

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

DexFuture      *bks_ledger_ref_changed      (BksLedger  *self);
BksReservation *bks_ledger_make_reservation (BksLedger  *self,
                                             const char *id);

G_END_DECLS
