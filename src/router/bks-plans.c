/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-error.h"
#include "bks-json.h"
#include "bks-plans.h"
#include "bks-router-resources.h"

/**
 * BksPlans:
 *
 * The rules of the tiers (data/plans.json): what companions may spend of their
 * owner's money, and what a plan pays for. Who uses keys of their own is under
 * no tier. Models on the author's machines are allowed on every tier and count
 * against no quota.
 */
struct _BksPlans
{
  GObject    parent_instance;

  GPtrArray *tiers; /* of BksTier, from the lowest up */
};

G_DEFINE_FINAL_TYPE (BksPlans, bks_plans, G_TYPE_OBJECT)

/* The provider that a plan pays for. */
#define ACCOUNT_PROVIDER "account"

static void
tier_free (gpointer data)
{
  BksTier *tier = data;

  g_free (tier->id);
  g_strfreev (tier->providers);
  g_free (tier);
}

static void
bks_plans_finalize (GObject *object)
{
  BksPlans *self = BKS_PLANS (object);

  g_ptr_array_unref (self->tiers);
  G_OBJECT_CLASS (bks_plans_parent_class)->finalize (object);
}

static void
bks_plans_class_init (BksPlansClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_plans_finalize;
}

static char **
read_providers (JsonObject *row)
{
  JsonArray *array = bks_json_get_array (row, "providers");
  g_autoptr(GStrvBuilder) builder = NULL;

  if (array == NULL)
    return NULL;
  builder = g_strv_builder_new ();
  for (guint i = 0; i < json_array_get_length (array); i++)
    g_strv_builder_add (builder, json_array_get_string_element (array, i));
  return g_strv_builder_end (builder);
}

static BksTier *
read_tier (JsonObject *row)
{
  BksTier *tier = g_new0 (BksTier, 1);

  tier->id = g_strdup (bks_json_get_string (row, "id"));
  if (!bks_json_get_int (row, "transformations", &tier->transformations))
    tier->transformations = BKS_UNLIMITED;
  if (!bks_json_get_int (row, "tokens", &tier->tokens))
    tier->tokens = BKS_UNLIMITED;
  if (!bks_json_get_money (row, "cost_cap", &tier->cost_cap))
    tier->cost_cap = BKS_UNLIMITED;
  if (!bks_json_get_money (row, "month", &tier->month))
    tier->month = BKS_MONEY_UNKNOWN;
  if (!bks_json_get_money (row, "year", &tier->year))
    tier->year = BKS_MONEY_UNKNOWN;
  tier->providers = read_providers (row);
  bks_json_get_boolean (row, "frontier", &tier->frontier);
  bks_json_get_boolean (row, "whole_book", &tier->whole_book);
  return tier;
}

static void
bks_plans_init (BksPlans *self)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(JsonObject) root = NULL;
  JsonArray *rows;

  self->tiers = g_ptr_array_new_with_free_func (tier_free);
  bytes = g_resource_lookup_data (bks_router_get_resource (), "/com/humanizer/BookStudio/plans.json",
                                  G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  if (bytes != NULL)
    root = bks_json_parse_object (g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), &error);
  if (root == NULL)
    g_error ("The shipped plans cannot be read: %s", error->message);
  rows = bks_json_get_array (root, "tiers");
  for (guint i = 0; i < json_array_get_length (rows); i++)
    g_ptr_array_add (self->tiers, read_tier (bks_json_array_object (rows, i)));
}

/**
 * bks_plans_new:
 *
 * Returns: (transfer full): the shipped plans
 */
BksPlans *
bks_plans_new (void)
{
  return g_object_new (BKS_TYPE_PLANS, NULL);
}

/**
 * bks_plans_list:
 * @self: the plans
 *
 * Returns: (transfer none) (element-type BksTier): the tiers, from the lowest up
 */
GPtrArray *
bks_plans_list (BksPlans *self)
{
  g_return_val_if_fail (BKS_IS_PLANS (self), NULL);

  return self->tiers;
}

/**
 * bks_plans_find:
 * @self: the plans
 * @tier: a tier's id
 *
 * Returns: (transfer none) (nullable): the tier
 */
const BksTier *
bks_plans_find (BksPlans   *self,
                const char *tier)
{
  g_return_val_if_fail (BKS_IS_PLANS (self) && tier != NULL, NULL);

  for (guint i = 0; i < self->tiers->len; i++)
    {
      const BksTier *found = g_ptr_array_index (self->tiers, i);

      if (g_str_equal (found->id, tier))
        return found;
    }
  return NULL;
}

/* What the plan pays for is one provider, which a tier with any has. */
static gboolean
has_provider (const BksTier *tier,
              const char    *provider)
{
  if (tier->providers == NULL)
    return TRUE;
  if (g_str_equal (provider, ACCOUNT_PROVIDER))
    return tier->providers[0] != NULL;
  return g_strv_contains ((const char *const *) tier->providers, provider);
}

static const char *
find_lock (const BksTier   *tier,
           const BksCharge *charge,
           gboolean         frontier)
{
  if (charge->local)
    return NULL;
  if (!has_provider (tier, charge->provider))
    return "provider_locked";
  if (frontier && !tier->frontier)
    return "model_locked";
  if (charge->whole_book && !tier->whole_book)
    return "feature_locked";
  return NULL;
}

static gboolean
fits (gint64 limit,
      gint64 used,
      gint64 needed)
{
  gint64 sum;

  return limit == BKS_UNLIMITED || (!__builtin_add_overflow (used, needed, &sum) && sum <= limit);
}

/**
 * bks_plans_find_lowest:
 * @self: the plans
 * @charge: a call
 * @frontier: whether its model is one of the dearest
 * @used: what is used of the period
 *
 * Returns: (transfer none) (nullable): the lowest tier that allows the call,
 *   %NULL if none does
 */
const BksTier *
bks_plans_find_lowest (BksPlans        *self,
                       const BksCharge *charge,
                       gboolean         frontier,
                       const BksBudget *used)
{
  g_return_val_if_fail (BKS_IS_PLANS (self) && charge != NULL && used != NULL, NULL);

  for (guint i = 0; i < self->tiers->len; i++)
    {
      const BksTier *tier = g_ptr_array_index (self->tiers, i);

      if (find_lock (tier, charge, frontier) != NULL)
        continue;
      if (charge->local)
        return tier;
      if (charge->most == BKS_MONEY_UNKNOWN && tier->cost_cap != BKS_UNLIMITED)
        continue;
      if (fits (tier->transformations, used->operations, 1) && fits (tier->tokens, used->tokens, charge->tokens) &&
          fits (tier->cost_cap, used->spent, charge->most == BKS_MONEY_UNKNOWN ? 0 : charge->most))
        return tier;
    }
  return NULL;
}

/**
 * bks_plans_check:
 * @self: the plans
 * @tier: the payer's tier
 * @charge: a call
 * @frontier: whether its model is one of the dearest
 *
 * What does not depend on how much was used; that is the ledger's, where it is
 * reserved.
 *
 * Returns: (transfer full) (nullable): the facts of the refusal: "provider_locked",
 *   "model_locked" or "feature_locked"; %NULL if the tier has it
 */
BksAllowance *
bks_plans_check (BksPlans        *self,
                 const BksTier   *tier,
                 const BksCharge *charge,
                 gboolean         frontier)
{
  const char *lock;
  BksAllowance *allowance;

  g_return_val_if_fail (BKS_IS_PLANS (self) && tier != NULL && charge != NULL, NULL);

  lock = find_lock (tier, charge, frontier);
  if (lock == NULL)
    return NULL;
  allowance = bks_allowance_new ();
  allowance->reason = g_strdup (lock);
  allowance->scope = g_strdup ("tier");
  allowance->name = g_strdup (charge->device_id != NULL ? charge->device_id : ACCOUNT_PROVIDER);
  allowance->tier = g_strdup (tier->id);
  return allowance;
}
