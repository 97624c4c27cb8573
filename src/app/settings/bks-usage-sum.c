/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-usage-sum.h"
#include "bks-wording.h"

struct _BksUsageSum
{
  GObject parent_instance;

  BksUsageRow *row;
  char        *title;
  char        *owner; /* of a model: its provider; NULL */
};

G_DEFINE_FINAL_TYPE (BksUsageSum, bks_usage_sum, G_TYPE_OBJECT)

static void
bks_usage_sum_finalize (GObject *object)
{
  BksUsageSum *self = BKS_USAGE_SUM (object);

  g_clear_pointer (&self->row, bks_usage_row_unref);
  g_free (self->title);
  g_free (self->owner);

  G_OBJECT_CLASS (bks_usage_sum_parent_class)->finalize (object);
}

static void
bks_usage_sum_class_init (BksUsageSumClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_usage_sum_finalize;
}

static void
bks_usage_sum_init (BksUsageSum *self)
{
}

/**
 * bks_usage_sum_new:
 * @row: the sum
 * @title: what it is of, as one reads it
 * @owner: (nullable): whose that is
 *
 * Returns: (transfer full): a line of a table
 */
BksUsageSum *
bks_usage_sum_new (BksUsageRow *row,
                   const char  *title,
                   const char  *owner)
{
  BksUsageSum *self = g_object_new (BKS_TYPE_USAGE_SUM, NULL);

  self->row = bks_usage_row_ref (row);
  self->title = g_strdup (title);
  self->owner = g_strdup (owner);
  return self;
}

/**
 * bks_usage_sum_get_title:
 * @self: a line
 *
 * Returns: (transfer none): what it is of
 */
const char *
bks_usage_sum_get_title (BksUsageSum *self)
{
  g_return_val_if_fail (BKS_IS_USAGE_SUM (self), NULL);

  return self->title;
}

/**
 * bks_usage_sum_get_row:
 * @self: a line
 *
 * Returns: (transfer none): the sum itself
 */
BksUsageRow *
bks_usage_sum_get_row (BksUsageSum *self)
{
  g_return_val_if_fail (BKS_IS_USAGE_SUM (self), NULL);

  return self->row;
}

/**
 * bks_usage_sum_dup_calls:
 * @self: a line
 *
 * Returns: (transfer full): "118 calls"
 */
char *
bks_usage_sum_dup_calls (BksUsageSum *self)
{
  g_autofree char *count = NULL;

  g_return_val_if_fail (BKS_IS_USAGE_SUM (self), NULL);

  count = bks_wording_number (self->row->calls);
  return g_strdup_printf (ngettext ("%s call", "%s calls", (gulong) self->row->calls), count);
}

/**
 * bks_usage_sum_dup_tokens:
 * @self: a line
 *
 * Returns: (transfer full): "48,120 tokens", in and out
 */
char *
bks_usage_sum_dup_tokens (BksUsageSum *self)
{
  g_return_val_if_fail (BKS_IS_USAGE_SUM (self), NULL);

  return bks_wording_tokens (MAX (self->row->input, 0) + MAX (self->row->output, 0));
}

/**
 * bks_usage_sum_dup_subtitle:
 * @self: a line
 *
 * Returns: (transfer full): "Anthropic · 118 calls"
 */
char *
bks_usage_sum_dup_subtitle (BksUsageSum *self)
{
  g_autofree char *calls = bks_usage_sum_dup_calls (self);

  return self->owner != NULL ? g_strdup_printf ("%s · %s", self->owner, calls) : g_steal_pointer (&calls);
}

/**
 * bks_usage_sum_dup_cost:
 * @self: a line
 *
 * Returns: (transfer full): "$1.87", "free", "$0.42 + 2 unpriced"
 */
char *
bks_usage_sum_dup_cost (BksUsageSum *self)
{
  g_return_val_if_fail (BKS_IS_USAGE_SUM (self), NULL);

  return bks_wording_sum (self->row->calls, self->row->cost, self->row->unknown_costs);
}
