/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-async.h"
#include "bks-error.h"
#include "bks-library.h"
#include "bks-library-prices.h"
#include "bks-router-private.h"

/* Prices: what is kept of them in the library, and what a person asks and says about them. */

/* Where a downloaded table is kept. */
#define TABLE_SETTING "price-table"

static void
take_row (BksRouter         *self,
          const BksPriceRow *row)
{
  if (row->own)
    bks_price_book_set_own (self->prices, row->provider, row->model, row->input, row->output, row->at);
  else
    bks_price_book_note_listed (self->prices, row->provider, row->model, row->input, row->output, row->at);
}

/* Fiber. A table that cannot be read is as good as none: the shipped one is there. */
static gboolean
await_table (BksRouter  *self,
             GError    **error)
{
  g_autoptr(GError) local = NULL;
  g_autofree char *json = dex_await_string (bks_library_get_setting (self->library, TABLE_SETTING), &local);
  g_autoptr(BksPriceTable) table = NULL;

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (json == NULL)
    return TRUE;
  table = bks_price_table_parse (json, -1, &local);
  if (table == NULL)
    g_warning ("The downloaded prices cannot be read, the shipped ones are used: %s", local->message);
  bks_price_book_set_table (self->prices, g_steal_pointer (&table));
  return TRUE;
}

static DexFuture *
load_prices_fiber (gpointer data)
{
  BksRouter *self = data;
  GError *error = NULL;
  g_autoptr(GPtrArray) rows = dex_await_boxed (bks_library_list_prices (self->library), &error);

  if (rows == NULL || !await_table (self, &error))
    return bks_future_error (error);
  bks_price_book_forget_own (self->prices);
  for (guint i = 0; i < rows->len; i++)
    take_row (self, g_ptr_array_index (rows, i));
  return dex_future_new_true ();
}

/**
 * bks_router_load_prices:
 * @self: a router
 *
 * Reads what the library has of prices, once in a run. To be awaited before
 * anything is priced.
 *
 * Returns: (transfer full): resolves when bks_router_price() knows them
 */
DexFuture *
bks_router_load_prices (BksRouter *self)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self), NULL);

  if (self->prices_loaded == NULL || dex_future_is_rejected (self->prices_loaded))
    {
      dex_clear (&self->prices_loaded);
      self->prices_loaded = bks_spawn_finally (load_prices_fiber, g_object_ref (self), g_object_unref);
    }
  return dex_ref (self->prices_loaded);
}
