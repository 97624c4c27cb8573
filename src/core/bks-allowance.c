/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-core"

#include "config.h"

#include "bks-allowance.h"

G_DEFINE_BOXED_TYPE (BksAllowance, bks_allowance, bks_allowance_ref, bks_allowance_unref)

/**
 * bks_allowance_new:
 *
 * Returns: (transfer full): an allowance of which nothing is said yet, unlimited
 */
BksAllowance *
bks_allowance_new (void)
{
  BksAllowance *self = g_atomic_rc_box_new0 (BksAllowance);

  self->limit = BKS_UNLIMITED;
  return self;
}

/**
 * bks_allowance_ref:
 * @self: an allowance
 *
 * Returns: (transfer full): @self
 */
BksAllowance *
bks_allowance_ref (BksAllowance *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
allowance_clear (gpointer data)
{
  BksAllowance *self = data;

  g_free (self->reason);
  g_free (self->scope);
  g_free (self->name);
  g_free (self->period);
  g_free (self->unit);
  g_free (self->tier);
  g_free (self->lowest_tier);
}

/**
 * bks_allowance_unref:
 * @self: (transfer full): an allowance
 */
void
bks_allowance_unref (BksAllowance *self)
{
  g_atomic_rc_box_release_full (self, allowance_clear);
}
