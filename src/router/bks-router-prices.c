/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-async.h"
#include "bks-error.h"
#include "bks-http-exchange.h"
#include "bks-library.h"
#include "bks-library-prices.h"
#include "bks-price-import-private.h"
#include "bks-router-prices.h"
#include "bks-router-private.h"
#include "bks-url.h"

G_DEFINE_BOXED_TYPE (BksPriceState, bks_price_state, bks_price_state_copy, bks_price_state_free)

/* Prices: what is kept of them in the library, and what a person asks and says about them. */

/* Where a downloaded table is kept. */
#define TABLE_SETTING "price-table"

/* MIT-licensed; data/model-prices.json began as an extract of it. */
#define TABLE_ADDRESS "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"

/**
 * bks_price_state_copy:
 * @self: a price's state
 *
 * Returns: (transfer full): another like it
 */
BksPriceState *
bks_price_state_copy (const BksPriceState *self)
{
  BksPriceState *copy = g_memdup2 (self, sizeof *self);

  copy->source = g_strdup (self->source);
  copy->date = g_strdup (self->date);
  return copy;
}

/**
 * bks_price_state_free:
 * @self: (transfer full): a price's state
 */
void
bks_price_state_free (BksPriceState *self)
{
  g_free (self->source);
  g_free (self->date);
  g_free (self);
}

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
 * Reads what the library has of prices, now and then: another program may have
 * set one. To be awaited before anything is priced.
 *
 * Returns: (transfer full): resolves when bks_router_price() knows them
 */
DexFuture *
bks_router_load_prices (BksRouter *self)
{
  gint64 now_ms;

  g_return_val_if_fail (BKS_IS_ROUTER (self), NULL);

  now_ms = bks_clock_get_monotonic_ms (self->limits->clock);
  if (self->prices_loaded == NULL || dex_future_is_rejected (self->prices_loaded) ||
      (!dex_future_is_pending (self->prices_loaded) && now_ms - self->prices_loaded_ms > self->limits->prices_fresh_ms))
    {
      self->prices_loaded_ms = now_ms;
      dex_clear (&self->prices_loaded);
      self->prices_loaded = bks_spawn_finally (load_prices_fiber, g_object_ref (self), g_object_unref);
    }
  return dex_ref (self->prices_loaded);
}

/* What a verb of this file works on. */
typedef struct
{
  BksRouter      *self;
  char           *provider;
  char           *model;
  char           *address;
  BksMoney        input;
  BksMoney        output;
  gboolean        keep;
  DexCancellable *cancellable;
} Verb;

static void
verb_free (gpointer data)
{
  Verb *verb = data;

  g_object_unref (verb->self);
  g_free (verb->provider);
  g_free (verb->model);
  g_free (verb->address);
  dex_clear (&verb->cancellable);
  g_free (verb);
}

static Verb *
verb_new (BksRouter  *self,
          const char *provider,
          const char *model)
{
  Verb *verb = g_new0 (Verb, 1);

  verb->self = g_object_ref (self);
  verb->provider = g_strdup (provider);
  verb->model = g_strdup (model);
  return verb;
}

static BksPriceState *
find_state (BksRouter  *self,
            const char *provider,
            const char *model)
{
  BksPriceState *state = g_new0 (BksPriceState, 1);
  BksPriceFacts facts;
  const BksPrice *price = bks_price_book_lookup (self->prices, provider, model, &facts);

  if (price != NULL)
    state->price = *price;
  else
    bks_price_init (&state->price, BKS_MONEY_UNKNOWN, BKS_MONEY_UNKNOWN);
  if (g_hash_table_lookup (self->free, provider) != NULL && bks_router_price (self, provider, model, 1, 1) == 0)
    {
      bks_price_init (&state->price, 0, 0);
      facts.source = "free";
    }
  else if (state->price.normal.input == BKS_MONEY_UNKNOWN)
    facts = (BksPriceFacts) { .source = "unknown" };
  state->source = g_strdup (facts.source);
  state->date = g_strdup (facts.date);
  state->undated = facts.undated;
  state->old = g_str_equal (facts.source, "table") &&
               bks_price_book_is_old (self->prices, bks_clock_get_now_ms (self->limits->clock));
  return state;
}

static DexFuture *
get_price_fiber (gpointer data)
{
  Verb *verb = data;
  GError *error = NULL;

  if (!dex_await (bks_router_load_prices (verb->self), &error))
    return bks_future_error (error);
  return dex_future_new_take_boxed (BKS_TYPE_PRICE_STATE, find_state (verb->self, verb->provider, verb->model));
}

/**
 * bks_router_get_price:
 * @self: a router
 * @provider: a provider's id
 * @model: a model of it
 *
 * Returns: (transfer full): resolves to a #BksPriceState, also where no price is known
 */
DexFuture *
bks_router_get_price (BksRouter  *self,
                      const char *provider,
                      const char *model)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self) && provider != NULL && model != NULL, NULL);

  return bks_spawn (NULL, get_price_fiber, verb_new (self, provider, model), verb_free);
}

static DexFuture *
set_price_fiber (gpointer data)
{
  Verb *verb = data;
  BksRouter *self = verb->self;
  GError *error = NULL;

  if (!dex_await (bks_library_set_own_price (self->library, verb->provider, verb->model, verb->input, verb->output,
                                             bks_clock_get_now_ms (self->limits->clock)), &error))
    return bks_future_error (error);
  dex_clear (&self->prices_loaded);
  return bks_router_load_prices (self);
}

/**
 * bks_router_set_price:
 * @self: a router
 * @provider: a provider's id
 * @model: a model of it
 * @input: pico-dollars an input token; %BKS_MONEY_UNKNOWN to have no own price any more
 * @output: pico-dollars an output token
 *
 * Returns: (transfer full): resolves when it holds, before every other price of that model
 */
DexFuture *
bks_router_set_price (BksRouter  *self,
                      const char *provider,
                      const char *model,
                      BksMoney    input,
                      BksMoney    output)
{
  Verb *verb;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && provider != NULL && model != NULL, NULL);
  g_return_val_if_fail (input == BKS_MONEY_UNKNOWN || (input >= 0 && output >= 0), NULL);

  verb = verb_new (self, provider, model);
  verb->input = input;
  verb->output = output;
  return bks_spawn_finally (set_price_fiber, verb, verb_free);
}

static DexFuture *
list_own_fiber (gpointer data)
{
  BksRouter *self = data;
  GError *error = NULL;
  g_autoptr(GPtrArray) rows = dex_await_boxed (bks_library_list_prices (self->library), &error);
  GPtrArray *models;

  if (rows == NULL || !dex_await (bks_router_load_prices (self), &error))
    return bks_future_error (error);
  models = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < rows->len; i++)
    {
      const BksPriceRow *row = g_ptr_array_index (rows, i);

      if (row->own)
        g_ptr_array_add (models, bks_router_describe_model (self, row->provider, row->model));
    }
  return dex_future_new_take_boxed (G_TYPE_PTR_ARRAY, models);
}

/**
 * bks_router_list_own_prices:
 * @self: a router
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksModel: those whose price the author has set
 */
DexFuture *
bks_router_list_own_prices (BksRouter *self)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self), NULL);

  return bks_spawn (NULL, list_own_fiber, g_object_ref (self), g_object_unref);
}

/* Fiber. */
static GBytes *
await_body (BksHttpExchange  *exchange,
            GError          **error)
{
  g_autoptr(GByteArray) body = g_byte_array_new ();

  for (;;)
    {
      g_autoptr(GBytes) bytes = dex_await_boxed (bks_http_exchange_read (exchange), error);

      if (bytes == NULL)
        return NULL;
      if (g_bytes_get_size (bytes) == 0)
        return g_byte_array_free_to_bytes (g_steal_pointer (&body));
      g_byte_array_append (body, g_bytes_get_data (bytes, NULL), (guint) g_bytes_get_size (bytes));
    }
}

/* Fiber. */
static GBytes *
await_download (Verb    *verb,
                GError **error)
{
  BksRouter *self = verb->self;
  const char *address = verb->address != NULL ? verb->address : TABLE_ADDRESS;
  g_autoptr(BksHttpExchange) exchange = NULL;
  GBytes *body = NULL;

  if (!g_str_has_prefix (address, "https://") && !bks_url_is_loopback (address))
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "Prices are downloaded over HTTPS only");
      return NULL;
    }
  exchange = bks_http_exchange_new (self->http, "GET", address, error);
  if (exchange == NULL)
    return NULL;
  bks_http_exchange_set_header (exchange, "Accept", "application/json");
  bks_http_exchange_set_first_ms (exchange, self->limits->check_ms);
  bks_http_exchange_set_total_ms (exchange, self->limits->price_table_ms);
  bks_http_exchange_set_max_bytes (exchange, self->limits->price_table_bytes);
  if (dex_await (bks_http_exchange_send (exchange), error))
    {
      bks_http_exchange_set_idle_ms (exchange, self->limits->check_ms);
      if (bks_http_exchange_get_status (exchange) == 200)
        body = await_body (exchange, error);
      else
        g_set_error (error, BKS_ERROR, BKS_ERROR_SERVER, "There is no price table at %s (HTTP %u)", address,
                     bks_http_exchange_get_status (exchange));
    }
  bks_http_exchange_close (exchange);
  return body;
}

/* What the thread works on. */
typedef struct
{
  GBytes *body;
  char   *as_of;
} Import;

static void
import_free (gpointer data)
{
  Import *import = data;

  g_bytes_unref (import->body);
  g_free (import->as_of);
  g_free (import);
}

static gboolean
import_on_thread (GValue        *result,
                  GCancellable  *cancellable,
                  gpointer       data,
                  GError       **error)
{
  const Import *import = data;
  char *json = bks_price_import (g_bytes_get_data (import->body, NULL), (gssize) g_bytes_get_size (import->body),
                                 import->as_of, error);

  if (json == NULL)
    return FALSE;
  g_value_init (result, G_TYPE_STRING);
  g_value_take_string (result, json);
  return TRUE;
}

static char *
get_today (BksRouter *self)
{
  g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc_usec (bks_clock_get_now_ms (self->limits->clock) * 1000);

  return g_date_time_format (now, "%Y-%m-%d");
}

/* Fiber. The table as it is kept. */
static char *
await_import (Verb    *verb,
              GError **error)
{
  g_autoptr(GBytes) body = await_download (verb, error);
  Import *import;

  if (body == NULL)
    return NULL;
  import = g_new0 (Import, 1);
  import->body = g_steal_pointer (&body);
  import->as_of = get_today (verb->self);
  return dex_await_string (bks_run_in_thread (verb->cancellable, import_on_thread, import, import_free), error);
}

static DexFuture *
update_prices_fiber (gpointer data)
{
  Verb *verb = data;
  BksRouter *self = verb->self;
  g_autoptr(GPtrArray) changes = NULL;
  g_autoptr(BksPriceTable) table = NULL;
  g_autofree char *json = NULL;
  GError *error = NULL;

  if (!dex_await (bks_router_load_prices (self), &error) || (json = await_import (verb, &error)) == NULL)
    return bks_future_error (error);
  table = bks_price_table_parse (json, -1, &error);
  if (table == NULL || !bks_price_table_succeeds (table, bks_price_book_get_table (self->prices), &error))
    {
      g_prefix_error (&error, "The downloaded prices are not used: ");
      return bks_future_error (error);
    }
  changes = bks_price_table_compare (table, bks_price_book_get_table (self->prices));
  if (verb->keep)
    {
      if (!dex_await (bks_library_set_setting (self->library, TABLE_SETTING, json), &error))
        return bks_future_error (error);
      bks_price_book_set_table (self->prices, g_steal_pointer (&table));
    }
  return dex_future_new_take_boxed (G_TYPE_PTR_ARRAY, g_steal_pointer (&changes));
}

/**
 * bks_router_update_prices:
 * @self: a router
 * @address: (nullable): where a table is, over HTTPS; %NULL for the usual place
 * @keep: whether to use it from now on, or only to say what would change
 * @cancellable: (nullable): cancels it
 *
 * Downloads a table of prices. One in which something is wrong changes nothing.
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksPriceChange; rejects
 *   with %BKS_ERROR_INVALID_INPUT for a table that is not to be believed
 */
DexFuture *
bks_router_update_prices (BksRouter      *self,
                          const char     *address,
                          gboolean        keep,
                          DexCancellable *cancellable)
{
  Verb *verb;

  g_return_val_if_fail (BKS_IS_ROUTER (self), NULL);

  verb = verb_new (self, NULL, NULL);
  verb->address = g_strdup (address);
  verb->keep = keep;
  verb->cancellable = cancellable != NULL ? dex_ref (cancellable) : NULL;
  return bks_spawn (cancellable, update_prices_fiber, verb, verb_free);
}
