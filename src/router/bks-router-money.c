/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-async.h"
#include "bks-device.h"
#include "bks-error.h"
#include "bks-period.h"
#include "bks-router-money.h"
#include "bks-router-private.h"

/* Money: budgets, plans, what was used and where the month is going. */

#define DAY_MS (G_GINT64_CONSTANT (24) * 60 * 60 * 1000)
#define WEEK_DAYS 7

G_DEFINE_BOXED_TYPE (BksProjection, bks_projection, bks_projection_copy, g_free)
G_DEFINE_BOXED_TYPE (BksPlanState, bks_plan_state, bks_plan_state_copy, bks_plan_state_free)

/**
 * bks_projection_copy:
 * @self: a projection
 *
 * Returns: (transfer full): another like it, to be freed with g_free()
 */
BksProjection *
bks_projection_copy (const BksProjection *self)
{
  return g_memdup2 (self, sizeof *self);
}

/**
 * bks_plan_state_copy:
 * @self: a plan's state
 *
 * Returns: (transfer full): another like it
 */
BksPlanState *
bks_plan_state_copy (const BksPlanState *self)
{
  BksPlanState *copy = g_memdup2 (self, sizeof *self);

  copy->used = bks_budget_ref (self->used);
  return copy;
}

/**
 * bks_plan_state_free:
 * @self: (transfer full): a plan's state
 */
void
bks_plan_state_free (BksPlanState *self)
{
  bks_budget_unref (self->used);
  g_free (self);
}

static gint64
get_now (BksRouter *self)
{
  return bks_clock_get_now_ms (self->limits->clock);
}

/**
 * bks_router_recover:
 * @self: a router
 *
 * What dead processes left is settled at start; tried again if that failed.
 *
 * Returns: (transfer full): resolves when the ledger is in order
 */
DexFuture *
bks_router_recover (BksRouter *self)
{
  if (self->recovered == NULL || dex_future_is_rejected (self->recovered))
    {
      dex_clear (&self->recovered);
      self->recovered = bks_ledger_recover (self->ledger);
    }
  return dex_ref (self->recovered);
}

/* What a verb of this file works on. */
typedef struct
{
  BksRouter *self;
  char      *scope;
  char      *name;
  char      *period;
  gint64     since_ms;
  gboolean   sets_hard;
  BksMoney   hard;
  gboolean   sets_soft;
  BksMoney   soft;
} Verb;

static void
verb_free (gpointer data)
{
  Verb *verb = data;

  g_object_unref (verb->self);
  g_free (verb->scope);
  g_free (verb->name);
  g_free (verb->period);
  g_free (verb);
}

static Verb *
verb_new (BksRouter  *self,
          const char *scope,
          const char *name,
          const char *period)
{
  Verb *verb = g_new0 (Verb, 1);

  verb->self = g_object_ref (self);
  verb->scope = g_strdup (scope);
  verb->name = g_strdup (name);
  verb->period = g_strdup (period);
  return verb;
}

static DexFuture *
list_usage_fiber (gpointer data)
{
  Verb *verb = data;
  GError *error = NULL;

  if (!dex_await (bks_router_recover (verb->self), &error))
    return bks_future_error (error);
  return bks_library_list_usage (verb->self->library, verb->since_ms, G_MAXINT64, verb->name);
}

/**
 * bks_router_list_usage:
 * @self: a router
 * @since_ms: epoch milliseconds, 0 for all
 * @by: (nullable): "day", "month", "provider", "model", "book" or "device"; %NULL for single rows
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksUsageRow
 */
DexFuture *
bks_router_list_usage (BksRouter  *self,
                       gint64      since_ms,
                       const char *by)
{
  Verb *verb;

  g_return_val_if_fail (BKS_IS_ROUTER (self), NULL);

  verb = verb_new (self, NULL, by, NULL);
  verb->since_ms = since_ms;
  return bks_spawn (NULL, list_usage_fiber, verb, verb_free);
}

static DexFuture *
list_budgets_fiber (gpointer data)
{
  Verb *verb = data;
  GError *error = NULL;

  if (!dex_await (bks_router_recover (verb->self), &error))
    return bks_future_error (error);
  return bks_library_list_budgets (verb->self->library, get_now (verb->self));
}

/**
 * bks_router_list_budgets:
 * @self: a router
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksBudget: the day and
 *   the month of everything, and what else has a budget, as they stand now
 */
DexFuture *
bks_router_list_budgets (BksRouter *self)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self), NULL);

  return bks_spawn (NULL, list_budgets_fiber, verb_new (self, NULL, NULL, NULL), verb_free);
}

static DexFuture *
set_budget_fiber (gpointer data)
{
  Verb *verb = data;
  BksRouter *self = verb->self;
  GError *error = NULL;
  g_autoptr(BksBudget) budget = NULL;

  budget = dex_await_boxed (bks_library_get_budget (self->library, verb->scope, verb->name, verb->period,
                                                    get_now (self)), &error);
  if (budget == NULL)
    return bks_future_error (error);
  return bks_library_set_budget (self->library, verb->scope, verb->name, verb->period,
                                 verb->sets_hard ? verb->hard : budget->hard,
                                 verb->sets_soft ? verb->soft : budget->soft, get_now (self));
}

/**
 * bks_router_set_budget:
 * @self: a router
 * @scope: "global", "provider", "book" or "device"
 * @name: which; "" for the global one
 * @period: "day" or "month"
 * @hard: (nullable): what may be spent, %BKS_UNLIMITED; %NULL to leave it as it is
 * @soft: (nullable): what a person wants to be warned of, %BKS_UNLIMITED; %NULL to leave it
 *
 * Returns: (transfer full): resolves when it holds
 */
DexFuture *
bks_router_set_budget (BksRouter      *self,
                       const char     *scope,
                       const char     *name,
                       const char     *period,
                       const BksMoney *hard,
                       const BksMoney *soft)
{
  Verb *verb;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && scope != NULL && name != NULL && period != NULL, NULL);

  verb = verb_new (self, scope, name, period);
  verb->sets_hard = hard != NULL;
  verb->hard = hard != NULL ? *hard : 0;
  verb->sets_soft = soft != NULL;
  verb->soft = soft != NULL ? *soft : 0;
  return bks_spawn_finally (set_budget_fiber, verb, verb_free);
}

/* Fiber. */
static gboolean
await_sum (BksRouter  *self,
           gint64      since_ms,
           BksMoney   *sum,
           gint64     *unknown,
           GError    **error)
{
  g_autoptr(GPtrArray) rows = dex_await_boxed (bks_library_list_usage (self->library, since_ms, G_MAXINT64, "month"),
                                               error);

  *sum = 0;
  *unknown = 0;
  if (rows == NULL)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    {
      const BksUsageRow *row = g_ptr_array_index (rows, i);

      *unknown += row->unknown_costs;
      if (!bks_money_add (*sum, row->cost, sum))
        {
          g_set_error_literal (error, BKS_ERROR, BKS_ERROR_TOO_LARGE, "The sum of the costs is too large");
          return FALSE;
        }
    }
  return TRUE;
}

/* Whole days; one in which the clocks change is one, too. */
static gint64
count_days_left (gint64 now_ms)
{
  gint64 day_start, day_end, month_start, month_end;

  bks_period_find ("day", now_ms, &day_start, &day_end);
  bks_period_find ("month", now_ms, &month_start, &month_end);
  return (month_end - day_end + DAY_MS / 2) / DAY_MS;
}

static DexFuture *
project_month_fiber (gpointer data)
{
  Verb *verb = data;
  BksRouter *self = verb->self;
  g_autoptr(BksProjection) projection = g_new0 (BksProjection, 1);
  gint64 now_ms = get_now (self), month_start, month_end, unknown;
  GError *error = NULL;
  __int128 projected;

  bks_period_find ("month", now_ms, &month_start, &month_end);
  if (!dex_await (bks_router_recover (self), &error) ||
      !await_sum (self, month_start, &projection->spent, &projection->unknown, &error) ||
      !await_sum (self, now_ms - WEEK_DAYS * DAY_MS, &projection->week, &unknown, &error))
    return bks_future_error (error);
  projection->days_left = count_days_left (now_ms);
  projected = (__int128) projection->week * projection->days_left / WEEK_DAYS + projection->spent;
  projection->projected = projected > G_MAXINT64 ? G_MAXINT64 : (BksMoney) projected;
  return dex_future_new_take_boxed (BKS_TYPE_PROJECTION, g_steal_pointer (&projection));
}

/**
 * bks_router_project_month:
 * @self: a router
 *
 * Returns: (transfer full): resolves to a #BksProjection
 */
DexFuture *
bks_router_project_month (BksRouter *self)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self), NULL);

  return bks_spawn (NULL, project_month_fiber, verb_new (self, NULL, NULL, NULL), verb_free);
}

static DexFuture *
get_plan_fiber (gpointer data)
{
  Verb *verb = data;
  BksRouter *self = verb->self;
  GError *error = NULL;
  g_autoptr(BksDevice) device = NULL;
  BksPlanState *state;
  BksBudget *used;

  if (!dex_await (bks_router_recover (self), &error))
    return bks_future_error (error);
  if (verb->name != NULL && (device = dex_await_boxed (bks_library_get_device (self->library, verb->name), &error)) == NULL)
    return bks_future_error (error);
  used = dex_await_boxed (bks_library_get_budget (self->library, device != NULL ? "tier" : "global",
                                                  device != NULL ? device->id : "", "month", get_now (self)), &error);
  if (used == NULL)
    return bks_future_error (error);
  state = g_new0 (BksPlanState, 1);
  state->source = device != NULL ? "device" : "own-keys";
  state->tier = device != NULL ? bks_plans_find (bks_ledger_get_plans (self->ledger), device->tier) : NULL;
  state->used = used;
  return dex_future_new_take_boxed (BKS_TYPE_PLAN_STATE, state);
}

/**
 * bks_router_get_plan:
 * @self: a router
 * @device_id: (nullable): of which companion; %NULL for this machine's own user
 *
 * Returns: (transfer full): resolves to a #BksPlanState; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_router_get_plan (BksRouter  *self,
                     const char *device_id)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self), NULL);

  return bks_spawn (NULL, get_plan_fiber, verb_new (self, NULL, device_id, NULL), verb_free);
}

/**
 * bks_router_set_device_tier:
 * @self: a router
 * @device_id: a companion
 * @tier: "free", "member", "pro", "premium" or "admin"
 *
 * Holds from the companion's next call on.
 *
 * Returns: (transfer full): resolves when it is durable; rejects with
 *   %BKS_ERROR_INVALID_ARGUMENT for another tier, %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_router_set_device_tier (BksRouter  *self,
                            const char *device_id,
                            const char *tier)
{
  GPtrArray *tiers;
  g_autoptr(GString) names = NULL;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && device_id != NULL && tier != NULL, NULL);

  if (bks_plans_find (bks_ledger_get_plans (self->ledger), tier) != NULL)
    return bks_library_set_device_tier (self->library, device_id, tier);
  tiers = bks_plans_list (bks_ledger_get_plans (self->ledger));
  names = g_string_new (NULL);
  for (guint i = 0; i < tiers->len; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", ((const BksTier *) g_ptr_array_index (tiers, i))->id);
  return dex_future_new_reject (BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "The tiers are %s", names->str);
}
