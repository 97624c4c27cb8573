/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* A limit that is none, which is not the limit 0. */
#define BKS_UNLIMITED G_GINT64_CONSTANT (-1)

#define BKS_TYPE_ALLOWANCE (bks_allowance_get_type ())

/**
 * BksAllowance:
 * @reason: (nullable): why something was refused: "over_budget", "unknown_price" or "closed" (budgets),
 *   "quota_exceeded", "provider_locked", "model_locked", "feature_locked" or "cost_limit" (tiers);
 *   %NULL where nothing was refused
 * @scope: "global", "provider", "book", "device" or "tier"
 * @name: (nullable): which provider, book or device; %NULL for the global one
 * @period: (nullable): "day" or "month"; %NULL for what is locked whenever
 * @unit: (nullable): "usd" (counts are pico-dollars), "tokens" or "transformations"; %NULL for what is locked
 * @used: what is spent or used
 * @reserved: what calls under way may still come to
 * @needed: what this call would have come to at most; %BKS_MONEY_UNKNOWN for an unknown price
 * @limit: what is allowed; %BKS_UNLIMITED
 * @resets_at: epoch ms at which the next period begins; 0: never
 * @tier: (nullable): the tier that governs
 * @lowest_tier: (nullable): the lowest that would allow it
 *
 * What one budget or quota allows and how much of it is gone: the facts of a
 * refusal (of %BKS_ERROR_OVER_BUDGET and %BKS_ERROR_TIER) or of a warning.
 */
typedef struct
{
  char   *reason;
  char   *scope;
  char   *name;
  char   *period;
  char   *unit;
  gint64  used;
  gint64  reserved;
  gint64  needed;
  gint64  limit;
  gint64  resets_at;
  char   *tier;
  char   *lowest_tier;
} BksAllowance;

GType         bks_allowance_get_type (void);
BksAllowance *bks_allowance_new      (void);
BksAllowance *bks_allowance_ref      (BksAllowance *self);
void          bks_allowance_unref    (BksAllowance *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksAllowance, bks_allowance_unref)

G_END_DECLS
