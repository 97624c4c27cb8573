/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-json.h"
#include "bks-price-book.h"
#include "bks-router-resources.h"

/**
 * BksPriceBook:
 *
 * What a token costs, provider by provider and model by model: the provider's
 * own list where it publishes prices, else the shipped table
 * (data/model-prices.json). Models are matched exactly, then without a date
 * suffix, never by a fuzzy prefix. What is not known is unknown, never zero.
 */
struct _BksPriceBook
{
  GObject     parent_instance;

  char       *as_of;
  GHashTable *table;  /* "provider:model" → Prices */
  GHashTable *listed; /* the same, as providers listed them in this run */
};

G_DEFINE_FINAL_TYPE (BksPriceBook, bks_price_book, G_TYPE_OBJECT)

typedef struct
{
  BksMoney input;
  BksMoney output;
  BksMoney cache_read;
  BksMoney cache_write;
} Rates;

typedef struct
{
  Rates  normal;
  gint64 long_above; /* input tokens from which the other rates hold for the whole request; 0: never */
  Rates  longer;
} Prices;

static void
bks_price_book_finalize (GObject *object)
{
  BksPriceBook *self = BKS_PRICE_BOOK (object);

  g_free (self->as_of);
  g_hash_table_unref (self->table);
  g_hash_table_unref (self->listed);
  G_OBJECT_CLASS (bks_price_book_parent_class)->finalize (object);
}

static void
bks_price_book_class_init (BksPriceBookClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_price_book_finalize;
}

static char *
make_key (const char *provider,
          const char *model)
{
  return g_strconcat (provider, ":", model, NULL);
}

static BksMoney
get_price (JsonObject *row,
           const char *member,
           BksMoney    otherwise)
{
  BksMoney price;

  return bks_json_get_money (row, member, &price) ? price : otherwise;
}

/* A cache whose price is not listed costs what uncached input costs. */
static void
read_rates (JsonObject *row,
            Rates      *rates)
{
  rates->input = get_price (row, "input", BKS_MONEY_UNKNOWN);
  rates->output = get_price (row, "output", BKS_MONEY_UNKNOWN);
  rates->cache_read = get_price (row, "cache_read", rates->input);
  rates->cache_write = get_price (row, "cache_write", rates->input);
}

static void
read_row (BksPriceBook *self,
          JsonObject   *row)
{
  Prices *prices = g_new0 (Prices, 1);
  JsonObject *longer = bks_json_get_object (row, "long");

  read_rates (row, &prices->normal);
  if (longer != NULL && bks_json_get_int (longer, "above", &prices->long_above))
    read_rates (longer, &prices->longer);
  g_hash_table_insert (self->table,
                       make_key (bks_json_get_string (row, "provider"), bks_json_get_string (row, "model")), prices);
}

static void
read_table (BksPriceBook *self)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(JsonObject) root = NULL;
  JsonArray *rows;

  bytes = g_resource_lookup_data (bks_router_get_resource (), "/com/humanizer/BookStudio/model-prices.json",
                                  G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  if (bytes != NULL)
    root = bks_json_parse_object (g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), &error);
  if (root == NULL)
    g_error ("The shipped price table cannot be read: %s", error->message);

  self->as_of = g_strdup (bks_json_get_string (root, "as_of"));
  rows = bks_json_get_array (root, "models");
  for (guint i = 0; i < json_array_get_length (rows); i++)
    read_row (self, bks_json_array_object (rows, i));
}

static void
bks_price_book_init (BksPriceBook *self)
{
  self->table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->listed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  read_table (self);
}

/**
 * bks_price_book_new:
 *
 * Returns: (transfer full): the shipped table
 */
BksPriceBook *
bks_price_book_new (void)
{
  return g_object_new (BKS_TYPE_PRICE_BOOK, NULL);
}

/**
 * bks_price_book_get_as_of:
 * @self: a price book
 *
 * Returns: (transfer none): the day of the shipped table, "2026-08-01"
 */
const char *
bks_price_book_get_as_of (BksPriceBook *self)
{
  g_return_val_if_fail (BKS_IS_PRICE_BOOK (self), NULL);

  return self->as_of;
}

/**
 * bks_price_book_note_listed:
 * @self: a price book
 * @provider: a provider's id
 * @model: a model of it
 * @input: pico-dollars an input token, %BKS_MONEY_UNKNOWN
 * @output: pico-dollars an output token, %BKS_MONEY_UNKNOWN
 *
 * Remembers for this run what the provider itself publishes.
 */
void
bks_price_book_note_listed (BksPriceBook *self,
                            const char   *provider,
                            const char   *model,
                            BksMoney      input,
                            BksMoney      output)
{
  Prices *prices;

  g_return_if_fail (BKS_IS_PRICE_BOOK (self));

  if (input == BKS_MONEY_UNKNOWN || output == BKS_MONEY_UNKNOWN || input < 0 || output < 0)
    return;
  prices = g_new0 (Prices, 1);
  prices->normal = (Rates) { .input = input, .output = output, .cache_read = input, .cache_write = input };
  g_hash_table_insert (self->listed, make_key (provider, model), prices);
}

/* "gpt-5.4-mini-2026-03-17" and "claude-haiku-4-5-20251001" without their dates. */
static char *
strip_date (const char *model)
{
  static GRegex *regex;

  if (g_once_init_enter_pointer (&regex))
    g_once_init_leave_pointer (&regex, g_regex_new ("-(20[0-9]{2}-[0-9]{2}-[0-9]{2}|20[0-9]{6})$",
                                                    G_REGEX_OPTIMIZE, G_REGEX_MATCH_DEFAULT, NULL));
  return g_regex_replace_literal (regex, model, -1, 0, "", G_REGEX_MATCH_DEFAULT, NULL);
}

static const Prices *
find_prices (BksPriceBook  *self,
             const char    *provider,
             const char    *model,
             const char   **source)
{
  g_autofree char *key = make_key (provider, model);
  g_autofree char *undated = NULL;
  g_autofree char *undated_key = NULL;
  const Prices *prices = g_hash_table_lookup (self->listed, key);

  *source = "list";
  if (prices != NULL)
    return prices;
  *source = "table";
  prices = g_hash_table_lookup (self->table, key);
  if (prices != NULL)
    return prices;
  undated = strip_date (model);
  undated_key = make_key (provider, undated);
  return g_hash_table_lookup (self->table, undated_key);
}

static BksMoney
add_bucket (BksMoney sum,
            BksMoney rate,
            gint64   tokens)
{
  BksMoney part;

  if (tokens <= 0)
    return sum;
  if (!bks_money_multiply (rate, tokens, &part) || !bks_money_add (sum, part, &sum))
    return BKS_MONEY_UNKNOWN;
  return sum;
}

/**
 * bks_price_book_get_cost:
 * @self: a price book
 * @provider: a provider's id
 * @model: a model of it
 * @usage: what was used, or may be
 * @source: (out) (optional): where the price is from: "list", "table" or "unknown"
 *
 * Returns: the cost in pico-dollars, %BKS_MONEY_UNKNOWN where no price is known
 */
BksMoney
bks_price_book_get_cost (BksPriceBook        *self,
                         const char          *provider,
                         const char          *model,
                         const BksTokenUsage *usage,
                         const char         **source)
{
  const char *from;
  const Prices *prices;
  const Rates *rates;
  BksMoney sum = 0;
  gint64 input;

  g_return_val_if_fail (BKS_IS_PRICE_BOOK (self), BKS_MONEY_UNKNOWN);

  prices = find_prices (self, provider, model, &from);
  if (prices != NULL)
    {
      if (__builtin_add_overflow (MAX (usage->input, 0), MAX (usage->cache_read, 0), &input) ||
          __builtin_add_overflow (input, MAX (usage->cache_write, 0), &input))
        input = G_MAXINT64;
      rates = prices->long_above > 0 && input > prices->long_above ? &prices->longer : &prices->normal;
      sum = add_bucket (sum, rates->input, usage->input);
      sum = add_bucket (sum, rates->cache_read, usage->cache_read);
      sum = add_bucket (sum, rates->cache_write, usage->cache_write);
      sum = add_bucket (sum, rates->output, usage->output);
      if (rates->input == BKS_MONEY_UNKNOWN)
        sum = BKS_MONEY_UNKNOWN;
    }
  else
    sum = BKS_MONEY_UNKNOWN;
  if (source != NULL)
    *source = sum == BKS_MONEY_UNKNOWN ? "unknown" : from;
  return sum;
}
