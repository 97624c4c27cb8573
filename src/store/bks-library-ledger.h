/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-allowance.h"
#include "bks-database.h"
#include "bks-library-usage.h"

G_BEGIN_DECLS

/* What is reserved of budgets and quotas, and how reservations end in the usage ledger. */

/**
 * BksBudgetWindow:
 *
 * One budget or quota in one period of the local calendar.
 */
typedef struct
{
  const char *scope;           /* static: "global", "provider", "book", "device", "tier" */
  char       *name;            /* which; "" for the global one; a tier's is the device's id, or "account" */
  const char *period;          /* static: "day", "month" */
  gint64      starts_at;       /* epoch ms */
  gint64      ends_at;
  /* Of a tier; the others' limits are in the table of budgets. */
  char       *tier;            /* NULL */
  BksMoney    cost_limit;      /* BKS_UNLIMITED */
  gint64      token_limit;
  gint64      operation_limit;
} BksBudgetWindow;

BksBudgetWindow     *bks_budget_window_new      (const char     *scope,
                                    const char     *name,
                                    const char     *period,
                                    gint64          now_ms);
void           bks_budget_window_free     (BksBudgetWindow      *self);

/**
 * BksHold:
 *
 * What is to be reserved, and for whom. Enough is written for the usage row of
 * a call whose process dies.
 */
typedef struct
{
  char      *id;         /* the usage row's, too */
  char      *instance;   /* whose lock proves that its process lives */
  gint64     at;         /* epoch ms */
  char      *request_id;
  guint      attempt;
  char      *provider;
  char      *model;
  char      *role;       /* NULL */
  char      *book_id;    /* NULL */
  char      *device_id;  /* NULL */
  gboolean   local;
  BksMoney   most;       /* BKS_MONEY_UNKNOWN */
  BksMoney   estimate;   /* BKS_MONEY_UNKNOWN */
  gint64     input;      /* tokens, by estimate; -1: unknown */
  gint64     output;
  gint64     tokens;     /* at most, in and out */
  GPtrArray *windows;    /* of BksBudgetWindow */
} BksHold;

BksHold       *bks_hold_new        (void);
BksHold       *bks_hold_ref        (BksHold        *self);
void           bks_hold_unref      (BksHold        *self);

/**
 * BksNotice:
 * @percent: the threshold that was reached; 0: the call cost more than was
 *   reserved for it, and the window is closed
 * @allowance: how it stands
 */
typedef struct
{
  guint         percent;
  BksAllowance *allowance;
} BksNotice;

/**
 * BksSettlement:
 * @id: a reservation
 * @record: the usage row with which it ends
 * @conflict: (out): it had ended before, and nothing was written
 * @notices: (out): of #BksNotice, what a person should be told
 */
typedef struct
{
  char           *id;
  BksUsageRecord *record;
  gboolean        conflict;
  GPtrArray      *notices;
} BksSettlement;

BksSettlement *bks_settlement_new  (const char     *id,
                                    BksUsageRecord *record);
void           bks_settlement_free (BksSettlement  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksHold, bks_hold_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksSettlement, bks_settlement_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksBudgetWindow, bks_budget_window_free)

DexFuture     *bks_library_reserve (BksDatabase    *library,
                                    BksHold        *hold);
DexFuture     *bks_library_settle  (BksDatabase    *library,
                                    GPtrArray      *settlements);
DexFuture     *bks_library_release (BksDatabase    *library,
                                    const char     *id);
DexFuture     *bks_library_recover (BksDatabase    *library);

G_END_DECLS
