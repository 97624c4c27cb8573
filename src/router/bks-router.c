/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-presets-private.h"
#include "bks-router-private.h"

/**
 * BksRouter:
 *
 * Which provider, with which key, at what price, and the row in the ledger.
 * This file: the object and its signals. All calls on the main thread.
 */

G_DEFINE_FINAL_TYPE (BksRouter, bks_router, G_TYPE_OBJECT)

static void
bks_router_finalize (GObject *object)
{
  BksRouter *self = BKS_ROUTER (object);

  g_object_unref (self->library);
  g_object_unref (self->secrets);
  g_object_unref (self->http);
  g_object_unref (self->ledger);
  g_object_unref (self->prices);
  dex_clear (&self->recovered);
  dex_clear (&self->prices_loaded);
  g_object_unref (self->breaker);
  dex_clear (&self->circuits);
  g_hash_table_unref (self->kept);
  bks_limits_unref (self->limits);
  g_ptr_array_unref (self->presets);
  g_hash_table_unref (self->listings);
  g_hash_table_unref (self->free);
  G_OBJECT_CLASS (bks_router_parent_class)->finalize (object);
}

static void
bks_router_class_init (BksRouterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_router_finalize;

  /**
   * BksRouter::providers-changed:
   *
   * A provider, its address or its key was changed through this router.
   */
  g_signal_new ("providers-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * BksRouter::health-changed:
   *
   * A test has found out whether a provider takes its key, see
   * bks_router_list_health(); what calls find out comes with usage-changed.
   */
  g_signal_new ("health-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * BksRouter::roles-changed:
   *
   * Another order of models was set for a role through this router.
   */
  g_signal_new ("roles-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * BksRouter::usage-changed:
   *
   * A row was written to the ledger.
   */
  g_signal_new ("usage-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * BksRouter::budget-threshold:
   * @percent: 50, 80 or 100
   * @allowance: the budget, and how it stands
   *
   * So much of a budget is spent; once in its period.
   */
  g_signal_new ("budget-threshold", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                2, G_TYPE_UINT, BKS_TYPE_ALLOWANCE);
  /**
   * BksRouter::budget-overrun:
   * @allowance: the budget, and how it stands
   *
   * A call cost more than it could by the known prices; the budget is closed.
   */
  g_signal_new ("budget-overrun", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                1, BKS_TYPE_ALLOWANCE);
}

static void
bks_router_init (BksRouter *self)
{
  self->prices = bks_price_book_new ();
  self->kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->presets = bks_presets_load ();
  self->listings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->free = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < self->presets->len; i++)
    {
      const BksPreset *preset = g_ptr_array_index (self->presets, i);

      g_hash_table_insert (self->free, g_strdup (preset->id), GINT_TO_POINTER (preset->free));
    }
}

static void
ledger_changed_cb (BksLedger *ledger,
                   BksRouter *self)
{
  g_signal_emit_by_name (self, "usage-changed");
}

static void
ledger_threshold_cb (BksLedger    *ledger,
                     guint         percent,
                     BksAllowance *allowance,
                     BksRouter    *self)
{
  g_signal_emit_by_name (self, "budget-threshold", percent, allowance);
}

static void
ledger_overrun_cb (BksLedger    *ledger,
                   BksAllowance *allowance,
                   BksRouter    *self)
{
  g_signal_emit_by_name (self, "budget-overrun", allowance);
}

/**
 * bks_router_new:
 * @library: the library
 * @secrets: where keys are kept
 * @limits: limits
 *
 * Returns: (transfer full): a router
 */
BksRouter *
bks_router_new (BksDatabase    *library,
                BksSecretStore *secrets,
                BksLimits      *limits)
{
  BksRouter *self = g_object_new (BKS_TYPE_ROUTER, NULL);

  self->library = g_object_ref (library);
  self->secrets = g_object_ref (secrets);
  self->limits = bks_limits_ref (limits);
  self->http = bks_http_new (limits);
  self->ledger = bks_ledger_new (library, self->prices, limits);
  g_signal_connect_object (self->ledger, "changed", G_CALLBACK (ledger_changed_cb), self, 0);
  self->breaker = bks_breaker_new (limits);
  g_signal_connect_object (self->ledger, "threshold", G_CALLBACK (ledger_threshold_cb), self, 0);
  g_signal_connect_object (self->ledger, "overrun", G_CALLBACK (ledger_overrun_cb), self, 0);
  dex_unref (bks_router_recover (self));
  return self;
}
