/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-library-prices.h"

/**
 * bks_price_row_new:
 * @provider: a provider's id
 * @model: a model of it
 * @input: pico-dollars an input token; %BKS_MONEY_UNKNOWN to be without
 * @output: pico-dollars an output token
 * @at: epoch milliseconds
 *
 * Returns: (transfer full): a price as it is listed
 */
BksPriceRow *
bks_price_row_new (const char *provider,
                   const char *model,
                   BksMoney    input,
                   BksMoney    output,
                   gint64      at)
{
  BksPriceRow *self = g_new0 (BksPriceRow, 1);

  self->provider = g_strdup (provider);
  self->model = g_strdup (model);
  self->input = input;
  self->output = output;
  self->at = at;
  return self;
}

/**
 * bks_price_row_free:
 * @self: (transfer full): a price
 */
void
bks_price_row_free (BksPriceRow *self)
{
  g_free (self->provider);
  g_free (self->model);
  g_free (self);
}

static gpointer
read_price (sqlite3_stmt *statement)
{
  BksPriceRow *row = g_new0 (BksPriceRow, 1);

  row->provider = bks_column_dup (statement, 0);
  row->model = bks_column_dup (statement, 1);
  row->input = sqlite3_column_int64 (statement, 2);
  row->output = sqlite3_column_int64 (statement, 3);
  row->at = sqlite3_column_int64 (statement, 4);
  row->own = sqlite3_column_int (statement, 5) != 0;
  return row;
}

static gboolean
list_prices (BksConnection  *connection,
             GValue         *result,
             gpointer        data,
             GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "SELECT provider, model, input, output, listed_at, 0 FROM listed_prices"
                                      " UNION ALL SELECT provider, model, input, output, set_at, 1 FROM own_prices",
                                      error);
  return statement != NULL &&
         bks_connection_list (connection, statement, read_price, (GDestroyNotify) bks_price_row_free, result, error);
}

/**
 * bks_library_list_prices:
 * @library: the library
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksPriceRow
 */
DexFuture *
bks_library_list_prices (BksDatabase *library)
{
  return bks_database_read (library, list_prices, NULL, NULL);
}

static gboolean
put_row (BksConnection      *connection,
         const char         *sql,
         const BksPriceRow  *row,
         GError            **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, sql, error);

  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, row->provider);
  bks_bind_text (statement, 2, row->model);
  sqlite3_bind_int64 (statement, 3, row->input);
  sqlite3_bind_int64 (statement, 4, row->output);
  sqlite3_bind_int64 (statement, 5, row->at);
  return bks_connection_run (connection, statement, error);
}

static gboolean
remove_own (BksConnection      *connection,
            const BksPriceRow  *row,
            GError            **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, "DELETE FROM own_prices WHERE provider = ? AND model = ?",
                                                    error);

  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, row->provider);
  bks_bind_text (statement, 2, row->model);
  return bks_connection_run (connection, statement, error);
}

static gboolean
set_own_price (BksConnection  *connection,
               GValue         *result,
               gpointer        data,
               GError        **error)
{
  const BksPriceRow *row = data;

  if (row->input == BKS_MONEY_UNKNOWN)
    return remove_own (connection, row, error);
  return put_row (connection,
                  "INSERT OR REPLACE INTO own_prices (provider, model, input, output, set_at) VALUES (?, ?, ?, ?, ?)",
                  row, error);
}

/**
 * bks_library_set_own_price:
 * @library: the library
 * @provider: a provider's id
 * @model: a model of it
 * @input: pico-dollars an input token; %BKS_MONEY_UNKNOWN to have no own price any more
 * @output: pico-dollars an output token
 * @at: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_library_set_own_price (BksDatabase *library,
                           const char  *provider,
                           const char  *model,
                           BksMoney     input,
                           BksMoney     output,
                           gint64       at)
{
  return bks_database_write (library, set_own_price, bks_price_row_new (provider, model, input, output, at),
                             (GDestroyNotify) bks_price_row_free);
}

/* A provider's list. */
typedef struct
{
  char      *provider;
  GPtrArray *rows;
} Listing;

static void
listing_free (gpointer data)
{
  Listing *listing = data;

  g_free (listing->provider);
  g_ptr_array_unref (listing->rows);
  g_free (listing);
}

static gboolean
note_listed (BksConnection  *connection,
             GValue         *result,
             gpointer        data,
             GError        **error)
{
  const Listing *listing = data;
  sqlite3_stmt *statement = bks_connection_prepare (connection, "DELETE FROM listed_prices WHERE provider = ?", error);

  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, listing->provider);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  for (guint i = 0; i < listing->rows->len; i++)
    if (!put_row (connection,
                  "INSERT OR REPLACE INTO listed_prices (provider, model, input, output, listed_at)"
                  " VALUES (?, ?, ?, ?, ?)",
                  g_ptr_array_index (listing->rows, i), error))
      return FALSE;
  return TRUE;
}

/**
 * bks_library_note_listed:
 * @library: the library
 * @provider: a provider's id
 * @prices: (element-type BksPriceRow): all that it publishes, not changed any more
 *
 * Replaces what was known of its list. Not worth waiting for the disk.
 *
 * Returns: (transfer full): resolves when it is written
 */
DexFuture *
bks_library_note_listed (BksDatabase *library,
                         const char  *provider,
                         GPtrArray   *prices)
{
  Listing *listing = g_new0 (Listing, 1);

  listing->provider = g_strdup (provider);
  listing->rows = g_ptr_array_ref (prices);
  return bks_database_write_normal (library, note_listed, listing, listing_free);
}
