/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-library-ledger.h"

G_BEGIN_DECLS

/* Budgets, and how they stand. */

#define BKS_TYPE_BUDGET (bks_budget_get_type ())

/**
 * BksBudget:
 *
 * What is allowed in a period, and what is gone of it. A period without a
 * budget has one without limits.
 */
typedef struct
{
  char     *scope;      /* "global", "provider", "book", "device", "tier" */
  char     *name;       /* which; "" for the global one */
  char     *period;     /* "day", "month" */
  BksMoney  hard;       /* BKS_UNLIMITED */
  BksMoney  soft;       /* BKS_UNLIMITED: none */
  BksMoney  spent;
  BksMoney  reserved;
  gint64    calls;      /* 0: unused, which is not the same as nothing spent */
  gint64    unknown;    /* of those, without a known cost */
  gint64    tokens;     /* of calls that left this machine */
  gint64    operations; /* that left this machine and gave something */
  gint64    resets_at;  /* epoch ms */
  gboolean  closed;     /* a call cost more than was reserved for it */
} BksBudget;

GType      bks_budget_get_type      (void);
BksBudget *bks_budget_ref           (BksBudget   *self);
void       bks_budget_unref         (BksBudget   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksBudget, bks_budget_unref)

DexFuture *bks_library_set_budget   (BksDatabase *library,
                                     const char  *scope,
                                     const char  *name,
                                     const char  *period,
                                     BksMoney     hard,
                                     BksMoney     soft,
                                     gint64       now_ms);
DexFuture *bks_library_list_budgets (BksDatabase *library,
                                     gint64       now_ms);
DexFuture *bks_library_get_budget   (BksDatabase *library,
                                     const char  *scope,
                                     const char  *name,
                                     const char  *period,
                                     gint64       now_ms);

G_END_DECLS
