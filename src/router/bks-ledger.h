/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-charge.h"
#include "bks-library-usage.h"
#include "bks-limits.h"
#include "bks-plans.h"

G_BEGIN_DECLS

#define BKS_TYPE_LEDGER (bks_ledger_get_type ())
G_DECLARE_FINAL_TYPE (BksLedger, bks_ledger, BKS, LEDGER, GObject)

#define BKS_TYPE_RESERVATION (bks_reservation_get_type ())

/**
 * BksReservation:
 *
 * Money set aside for one attempt. It ends by bks_ledger_settle() or
 * bks_ledger_release(); one that is dropped without either releases itself.
 */
typedef struct _BksReservation BksReservation;

GType           bks_reservation_get_type (void);
BksReservation *bks_reservation_ref      (BksReservation *self);
void            bks_reservation_unref    (BksReservation *self);
const char     *bks_reservation_get_id   (BksReservation *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksReservation, bks_reservation_unref)

BksLedger      *bks_ledger_new           (BksDatabase    *library,
                                          BksPriceBook   *prices,
                                          BksLimits      *limits);
BksPlans       *bks_ledger_get_plans     (BksLedger      *self);
DexFuture      *bks_ledger_reserve       (BksLedger      *self,
                                          BksCharge      *charge,
                                          DexCancellable *cancellable);
DexFuture      *bks_ledger_settle        (BksLedger      *self,
                                          BksReservation *reservation,
                                          BksUsageRecord *record);
DexFuture      *bks_ledger_release       (BksLedger      *self,
                                          BksReservation *reservation);
DexFuture      *bks_ledger_recover       (BksLedger      *self);

G_END_DECLS
