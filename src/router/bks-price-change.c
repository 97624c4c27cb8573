/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <string.h>

#include "bks-error.h"
#include "bks-price-change.h"

/* A price that is so many times another is a mistake in one of the tables. */
#define MOST_TIMES 100

/**
 * bks_price_change_free:
 * @self: (transfer full): a change
 */
void
bks_price_change_free (BksPriceChange *self)
{
  g_free (self->key);
  g_free (self->before);
  g_free (self->after);
  g_free (self);
}

static gboolean
jumps (BksMoney a,
       BksMoney b)
{
  if (a == BKS_MONEY_UNKNOWN || b == BKS_MONEY_UNKNOWN || a == 0 || b == 0)
    return FALSE;
  return MAX (a, b) / MIN (a, b) >= MOST_TIMES;
}

static guint
count_priced (const BksPriceTable *table)
{
  GHashTableIter iter;
  const BksPrice *price;
  guint n = 0;

  g_hash_table_iter_init (&iter, table->prices);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &price))
    n += price->normal.input != BKS_MONEY_UNKNOWN;
  return n;
}

/**
 * bks_price_table_succeeds:
 * @self: a table that was downloaded
 * @before: the table that holds until now
 * @error: return location
 *
 * Returns: whether it may take its place; %FALSE with %BKS_ERROR_INVALID_INPUT
 *   if it is older, has fewer prices, or one that is a hundred times what it was
 */
gboolean
bks_price_table_succeeds (const BksPriceTable  *self,
                          const BksPriceTable  *before,
                          GError              **error)
{
  guint n = count_priced (self), n_before = count_priced (before);
  GHashTableIter iter;
  const char *key;
  const BksPrice *price;

  if (strcmp (self->as_of, before->as_of) < 0)
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "The prices are of %s, those in use of %s",
                   self->as_of, before->as_of);
      return FALSE;
    }
  if (n < n_before)
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "It has the prices of %u models, the table in use of %u",
                   n, n_before);
      return FALSE;
    }
  g_hash_table_iter_init (&iter, self->prices);
  while (g_hash_table_iter_next (&iter, (gpointer *) &key, (gpointer *) &price))
    {
      const BksPrice *old = g_hash_table_lookup (before->prices, key);

      if (old != NULL && (jumps (price->normal.input, old->normal.input) ||
                          jumps (price->normal.output, old->normal.output)))
        {
          g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "The price of %s would change a hundredfold", key);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
is_equal (const BksPrice *a,
          const BksPrice *b)
{
  return a->normal.input == b->normal.input && a->normal.output == b->normal.output &&
         a->normal.cache_read == b->normal.cache_read && a->normal.cache_write == b->normal.cache_write &&
         a->normal.cache_write_1h == b->normal.cache_write_1h && a->long_above == b->long_above &&
         a->longer.input == b->longer.input && a->longer.output == b->longer.output;
}

static void
add_change (GPtrArray      *changes,
            const char     *key,
            const BksPrice *before,
            const BksPrice *after)
{
  BksPriceChange *change = g_new0 (BksPriceChange, 1);

  change->key = g_strdup (key);
  change->before = before != NULL ? g_memdup2 (before, sizeof *before) : NULL;
  change->after = after != NULL ? g_memdup2 (after, sizeof *after) : NULL;
  g_ptr_array_add (changes, change);
}

static int
compare_keys (gconstpointer a,
              gconstpointer b)
{
  return strcmp ((*(const BksPriceChange *const *) a)->key, (*(const BksPriceChange *const *) b)->key);
}

/**
 * bks_price_table_compare:
 * @self: a table
 * @before: the one before
 *
 * Returns: (transfer full) (element-type BksPriceChange): what is new, gone or
 *   dearer or cheaper, by name
 */
GPtrArray *
bks_price_table_compare (const BksPriceTable *self,
                         const BksPriceTable *before)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_price_change_free);
  GHashTableIter iter;
  const char *key;
  const BksPrice *price, *other;

  g_hash_table_iter_init (&iter, self->prices);
  while (g_hash_table_iter_next (&iter, (gpointer *) &key, (gpointer *) &price))
    {
      other = g_hash_table_lookup (before->prices, key);
      if (other == NULL || !is_equal (price, other))
        add_change (changes, key, other, price);
    }
  g_hash_table_iter_init (&iter, before->prices);
  while (g_hash_table_iter_next (&iter, (gpointer *) &key, (gpointer *) &price))
    if (!g_hash_table_contains (self->prices, key))
      add_change (changes, key, price, NULL);
  g_ptr_array_sort (changes, compare_keys);
  return changes;
}
