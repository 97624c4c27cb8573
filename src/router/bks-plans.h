/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-charge.h"
#include "bks-library-budget.h"

G_BEGIN_DECLS

/**
 * BksTier:
 * @id: "free", "member", "pro", "premium" or "admin"
 * @transformations: operations of the cloud a month; %BKS_UNLIMITED
 * @tokens: tokens of cloud calls a month, in and out; %BKS_UNLIMITED
 * @cost_cap: what cloud calls may cost a month; %BKS_UNLIMITED
 * @month: its price a month; %BKS_MONEY_UNKNOWN where it is not sold
 * @year: its price a year
 * @providers: (nullable): cloud providers that it has; %NULL for all
 * @frontier: whether it has the dearest models
 * @whole_book: whether it has operations on a whole book
 *
 * What a tier allows (data/plans.json).
 */
typedef struct
{
  char      *id;
  gint64     transformations;
  gint64     tokens;
  BksMoney   cost_cap;
  BksMoney   month;
  BksMoney   year;
  char     **providers;
  gboolean   frontier;
  gboolean   whole_book;
} BksTier;

#define BKS_TYPE_PLANS (bks_plans_get_type ())
G_DECLARE_FINAL_TYPE (BksPlans, bks_plans, BKS, PLANS, GObject)

BksPlans      *bks_plans_new          (void);
GPtrArray     *bks_plans_list         (BksPlans            *self);
const BksTier *bks_plans_find         (BksPlans            *self,
                                       const char          *tier);
BksAllowance  *bks_plans_check        (BksPlans            *self,
                                       const BksTier       *tier,
                                       const BksCharge     *charge,
                                       gboolean             frontier);
const BksTier *bks_plans_find_lowest  (BksPlans            *self,
                                       const BksCharge     *charge,
                                       gboolean             frontier,
                                       const BksBudget     *used);

G_END_DECLS
