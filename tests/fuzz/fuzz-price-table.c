/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>

#include "bks-price-book.h"
#include "bks-price-change.h"
#include "bks-price-import-private.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

static BksPriceTable *
get_shipped (void)
{
  static BksPriceBook *book;

  if (book == NULL)
    book = bks_price_book_new ();
  return bks_price_book_get_table (book);
}

static void
check_price (gpointer key,
             gpointer value,
             gpointer data)
{
  const BksPrice *price = value;

  g_assert (price->normal.input >= 0 || price->normal.input == BKS_MONEY_UNKNOWN);
  g_assert (price->normal.output >= 0 || price->normal.output == BKS_MONEY_UNKNOWN);
  g_assert (price->long_above >= 0);
}

/* What is downloaded as a table of prices. */
int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autofree char *json = bks_price_import ((const char *) data, (gssize) size, "2031-01-31", NULL);
  g_autoptr(BksPriceTable) table = json != NULL ? bks_price_table_parse (json, -1, NULL) : NULL;
  g_autoptr(GPtrArray) changes = NULL;

  if (table == NULL)
    return 0;
  g_hash_table_foreach (table->prices, check_price, NULL);
  changes = bks_price_table_compare (table, get_shipped ());
  g_assert (changes->len > 0);
  bks_price_table_succeeds (table, get_shipped (), NULL);
  return 0;
}
