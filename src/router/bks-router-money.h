/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-ledger.h"
#include "bks-library-budget.h"
#include "bks-plans.h"
#include "bks-router.h"

G_BEGIN_DECLS

/* What a person asks and says about money. */

#define BKS_TYPE_PROJECTION (bks_projection_get_type ())

/**
 * BksProjection:
 * @spent: in the local month so far, of the calls whose cost is known
 * @unknown: calls of it whose cost is not
 * @week: in the last seven days
 * @days_left: of the month, after today
 * @projected: @spent and a seventh of @week for each day that is left
 *
 * Where the month is going.
 */
typedef struct
{
  BksMoney spent;
  gint64   unknown;
  BksMoney week;
  gint64   days_left;
  BksMoney projected;
} BksProjection;

#define BKS_TYPE_PLAN_STATE (bks_plan_state_get_type ())

/**
 * BksPlanState:
 * @source: (not nullable): who pays: "own-keys", or "device" for a companion's share of that
 * @tier: (nullable): what is allowed; %NULL for keys of one's own, which no tier governs
 * @used: what is used of the month; its hard limit is the author's own budget
 *
 * Under which rules calls are made.
 */
typedef struct
{
  const char    *source;
  const BksTier *tier;
  BksBudget     *used;
} BksPlanState;

GType          bks_projection_get_type    (void);
BksProjection *bks_projection_copy        (const BksProjection *self);

GType          bks_plan_state_get_type    (void);
BksPlanState  *bks_plan_state_copy        (const BksPlanState  *self);
void           bks_plan_state_free        (BksPlanState        *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksProjection, g_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksPlanState, bks_plan_state_free)

BksLedger     *bks_router_get_ledger      (BksRouter           *self);
DexFuture     *bks_router_list_budgets    (BksRouter           *self);
DexFuture     *bks_router_set_budget      (BksRouter           *self,
                                           const char          *scope,
                                           const char          *name,
                                           const char          *period,
                                           const BksMoney      *hard,
                                           const BksMoney      *soft);
DexFuture     *bks_router_project_month   (BksRouter           *self);
DexFuture     *bks_router_get_plan        (BksRouter           *self,
                                           const char          *device_id);
DexFuture     *bks_router_set_device_tier (BksRouter           *self,
                                           const char          *device_id,
                                           const char          *tier);

G_END_DECLS
