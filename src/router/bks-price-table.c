/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "bks-error.h"
#include "bks-json.h"
#include "bks-price-table.h"

/**
 * bks_price_table_make_key:
 * @provider: a provider's id
 * @model: a model of it
 *
 * Returns: (transfer full): how a table finds it
 */
char *
bks_price_table_make_key (const char *provider,
                          const char *model)
{
  return g_strconcat (provider, ":", model, NULL);
}

/**
 * bks_price_init:
 * @price: (out): a price
 * @input: of an input token, whatever a cache does
 * @output: of an output token
 *
 * For who knows no more than these two.
 */
void
bks_price_init (BksPrice *price,
                BksMoney  input,
                BksMoney  output)
{
  *price = (BksPrice) {
    .normal = { .input = input, .output = output, .cache_read = input, .cache_write = input, .cache_write_1h = input },
    .window = -1,
    .max_output = -1,
    .frontier = output >= BKS_PRICE_FRONTIER,
  };
}

static gboolean
refuse (JsonObject  *row,
        const char  *what,
        GError     **error)
{
  const char *model = bks_json_get_string (row, "model");

  g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "The price table says of %s: %s",
               model != NULL ? model : "a model without a name", what);
  return FALSE;
}

/* Absent is unknown; what is there must be a price. */
static gboolean
read_price (JsonObject  *row,
            const char  *member,
            BksMoney     otherwise,
            BksMoney    *price,
            GError     **error)
{
  *price = otherwise;
  if (!json_object_has_member (row, member))
    return TRUE;
  if (!bks_json_get_money (row, member, price))
    return refuse (row, "a price is no number", error);
  if (*price < 0)
    return refuse (row, "a price is negative", error);
  return TRUE;
}

/* A cache whose price is not listed costs what uncached input costs. */
static gboolean
read_rates (JsonObject  *row,
            BksRates    *rates,
            GError     **error)
{
  return read_price (row, "input", BKS_MONEY_UNKNOWN, &rates->input, error) &&
         read_price (row, "output", BKS_MONEY_UNKNOWN, &rates->output, error) &&
         read_price (row, "cache_read", rates->input, &rates->cache_read, error) &&
         read_price (row, "cache_write", rates->input, &rates->cache_write, error) &&
         read_price (row, "cache_write_1h", rates->cache_write, &rates->cache_write_1h, error);
}

static void
take_unless_known (BksMoney *rate,
                   BksMoney  otherwise)
{
  if (*rate == BKS_MONEY_UNKNOWN)
    *rate = otherwise;
}

/* What a long request costs besides, where its row does not say. */
static void
complete_longer (BksPrice *price)
{
  BksRates *longer = &price->longer;

  take_unless_known (&longer->input, price->normal.input);
  take_unless_known (&longer->output, price->normal.output);
  take_unless_known (&longer->cache_read, longer->input);
  take_unless_known (&longer->cache_write, longer->input);
  take_unless_known (&longer->cache_write_1h, longer->cache_write);
}

static gboolean
read_row (BksPriceTable  *self,
          JsonObject     *row,
          GError        **error)
{
  g_autofree BksPrice *price = g_new0 (BksPrice, 1);
  const char *provider = row != NULL ? bks_json_get_string (row, "provider") : NULL;
  const char *model = row != NULL ? bks_json_get_string (row, "model") : NULL;
  JsonObject *longer;

  if (provider == NULL || *provider == '\0' || model == NULL || *model == '\0')
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "The price table has a row without a model");
      return FALSE;
    }
  if (!read_rates (row, &price->normal, error))
    return FALSE;
  longer = bks_json_get_object (row, "long");
  if (longer != NULL)
    {
      if (!bks_json_get_int (longer, "above", &price->long_above) || price->long_above < 1)
        return refuse (row, "it is not said what a long request is", error);
      if (!read_rates (longer, &price->longer, error))
        return FALSE;
      complete_longer (price);
    }
  if (!bks_json_get_int (row, "window", &price->window) || price->window < 1)
    price->window = -1;
  if (!bks_json_get_int (row, "max_output", &price->max_output) || price->max_output < 1)
    price->max_output = -1;
  bks_json_get_boolean (row, "frontier", &price->frontier);
  g_hash_table_insert (self->prices, bks_price_table_make_key (provider, model), g_steal_pointer (&price));
  return TRUE;
}

/* "2026-08-01", and there is such a day. */
static gboolean
is_day (const char *text)
{
  int year, month, day;
  char rest;

  return text != NULL && strlen (text) == 10 && sscanf (text, "%4d-%2d-%2d%c", &year, &month, &day, &rest) == 3 &&
         year > 0 && month > 0 && day > 0 && g_date_valid_dmy ((GDateDay) day, month, (GDateYear) year);
}

static BksPriceTable *
read_table (JsonObject  *root,
            GError     **error)
{
  g_autoptr(BksPriceTable) self = g_new0 (BksPriceTable, 1);
  JsonArray *rows = bks_json_get_array (root, "models");

  self->prices = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->as_of = g_strdup (bks_json_get_string (root, "as_of"));
  if (!is_day (self->as_of) || rows == NULL || json_array_get_length (rows) == 0)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "It is no table of model prices");
      return NULL;
    }
  for (guint i = 0; i < json_array_get_length (rows); i++)
    if (!read_row (self, bks_json_array_object (rows, i), error))
      return NULL;
  return g_steal_pointer (&self);
}

/**
 * bks_price_table_parse:
 * @json: a table as data/model-prices.json
 * @length: its bytes, -1 if it ends with a zero
 * @error: return location
 *
 * Returns: (transfer full): the table, or %NULL with %BKS_ERROR_INVALID_INPUT
 *   if anything in it is not what it should be
 */
BksPriceTable *
bks_price_table_parse (const char  *json,
                       gssize       length,
                       GError     **error)
{
  g_autoptr(JsonObject) root = bks_json_parse_object (json, length, error);

  return root != NULL ? read_table (root, error) : NULL;
}

/**
 * bks_price_table_free:
 * @self: (transfer full): a table
 */
void
bks_price_table_free (BksPriceTable *self)
{
  g_free (self->as_of);
  g_hash_table_unref (self->prices);
  g_free (self);
}
