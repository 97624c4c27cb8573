/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include "bks-verdict.h"

G_DEFINE_BOXED_TYPE (BksVerdict, bks_verdict, bks_verdict_copy, bks_verdict_free)

/**
 * bks_verdict_new:
 * @kind: what is known
 * @credit: what is left, or %BKS_MONEY_UNKNOWN
 *
 * Returns: (transfer full): a verdict that took no time
 */
BksVerdict *
bks_verdict_new (BksVerdictKind kind,
                 BksMoney       credit)
{
  BksVerdict *self = g_new0 (BksVerdict, 1);

  self->kind = kind;
  self->credit = credit;
  return self;
}

/**
 * bks_verdict_copy:
 * @self: a verdict
 *
 * Returns: (transfer full): a copy
 */
BksVerdict *
bks_verdict_copy (const BksVerdict *self)
{
  return g_memdup2 (self, sizeof *self);
}

/**
 * bks_verdict_free:
 * @self: (transfer full): a verdict
 */
void
bks_verdict_free (BksVerdict *self)
{
  g_free (self);
}
