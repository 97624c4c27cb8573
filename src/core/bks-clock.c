/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-core"

#include "config.h"

#include "bks-clock.h"

/**
 * BksClock:
 *
 * Where the time comes from: epoch milliseconds UTC for what is stored, and a
 * monotonic count for waits. A fixed clock, for tests, moves only when told.
 * May be read from any thread.
 */
struct _BksClock
{
  GObject  parent_instance;

  gboolean fixed;
  gint64   now_ms; /* atomic by the lock */
  GMutex   lock;
};

G_DEFINE_FINAL_TYPE (BksClock, bks_clock, G_TYPE_OBJECT)

static void
bks_clock_finalize (GObject *object)
{
  BksClock *self = BKS_CLOCK (object);

  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (bks_clock_parent_class)->finalize (object);
}

static void
bks_clock_class_init (BksClockClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_clock_finalize;
}

static void
bks_clock_init (BksClock *self)
{
  g_mutex_init (&self->lock);
}

/**
 * bks_clock_new:
 *
 * Returns: (transfer full): the machine's clock
 */
BksClock *
bks_clock_new (void)
{
  return g_object_new (BKS_TYPE_CLOCK, NULL);
}

/**
 * bks_clock_new_fixed:
 * @now_ms: epoch milliseconds UTC
 *
 * Returns: (transfer full): a clock that stands at @now_ms
 */
BksClock *
bks_clock_new_fixed (gint64 now_ms)
{
  BksClock *self = g_object_new (BKS_TYPE_CLOCK, NULL);

  self->fixed = TRUE;
  self->now_ms = now_ms;
  return self;
}

/**
 * bks_clock_advance:
 * @self: a fixed clock
 * @by_ms: milliseconds, negative to set it back
 */
void
bks_clock_advance (BksClock *self,
                   gint64    by_ms)
{
  g_return_if_fail (BKS_IS_CLOCK (self) && self->fixed);

  g_mutex_lock (&self->lock);
  self->now_ms += by_ms;
  g_mutex_unlock (&self->lock);
}

static gint64
get_fixed (BksClock *self)
{
  gint64 now_ms;

  g_mutex_lock (&self->lock);
  now_ms = self->now_ms;
  g_mutex_unlock (&self->lock);
  return now_ms;
}

/**
 * bks_clock_get_now_ms:
 * @self: a clock
 *
 * Returns: epoch milliseconds UTC
 */
gint64
bks_clock_get_now_ms (BksClock *self)
{
  g_return_val_if_fail (BKS_IS_CLOCK (self), 0);

  return self->fixed ? get_fixed (self) : g_get_real_time () / 1000;
}

/**
 * bks_clock_get_monotonic_ms:
 * @self: a clock
 *
 * Returns: milliseconds that only ever grow, for measuring
 */
gint64
bks_clock_get_monotonic_ms (BksClock *self)
{
  g_return_val_if_fail (BKS_IS_CLOCK (self), 0);

  return self->fixed ? get_fixed (self) : g_get_monotonic_time () / 1000;
}
