/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"


#include "bks-price-book.h"
#include "bks-router-resources.h"

/**
 * BksPriceBook:
 *
 * What a token costs, provider by provider and model by model: the author's
 * own price, else the provider's list where it publishes prices, else a
 * downloaded table, else the shipped one (data/model-prices.json). Models are
 * matched exactly, then without a date suffix, never by a fuzzy prefix. What
 * is not known is unknown, never zero.
 */
struct _BksPriceBook
{
  GObject        parent_instance;

  BksPriceTable *shipped;
  BksPriceTable *downloaded; /* NULL: none */
  GHashTable    *listed;     /* "provider:model" → Entry */
  GHashTable    *own;        /* the same */
};

G_DEFINE_FINAL_TYPE (BksPriceBook, bks_price_book, G_TYPE_OBJECT)

/* Prices of this age are said to be of their day. */
#define OLD_DAYS 90
#define DAY_MS (G_GINT64_CONSTANT (24) * 60 * 60 * 1000)

/* A price with a day of its own. */
typedef struct
{
  BksPrice price;
  char    *date;
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->date);
  g_free (entry);
}

static void
bks_price_book_finalize (GObject *object)
{
  BksPriceBook *self = BKS_PRICE_BOOK (object);

  bks_price_table_free (self->shipped);
  g_clear_pointer (&self->downloaded, bks_price_table_free);
  g_hash_table_unref (self->listed);
  g_hash_table_unref (self->own);
  G_OBJECT_CLASS (bks_price_book_parent_class)->finalize (object);
}

static void
bks_price_book_class_init (BksPriceBookClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_price_book_finalize;
}

static BksPriceTable *
read_shipped (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = NULL;
  BksPriceTable *table = NULL;

  bytes = g_resource_lookup_data (bks_router_get_resource (), "/com/humanizer/BookStudio/model-prices.json",
                                  G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  if (bytes != NULL)
    table = bks_price_table_parse (g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), &error);
  if (table == NULL)
    g_error ("The shipped price table cannot be read: %s", error->message);
  return table;
}

static void
bks_price_book_init (BksPriceBook *self)
{
  self->listed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  self->own = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  self->shipped = read_shipped ();
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
 * bks_price_book_get_table:
 * @self: a price book
 *
 * Returns: (transfer none): the table that holds: the downloaded one, else the shipped one
 */
BksPriceTable *
bks_price_book_get_table (BksPriceBook *self)
{
  g_return_val_if_fail (BKS_IS_PRICE_BOOK (self), NULL);

  return self->downloaded != NULL ? self->downloaded : self->shipped;
}

/**
 * bks_price_book_get_as_of:
 * @self: a price book
 *
 * Returns: (transfer none): the day of the table, "2026-08-01"
 */
const char *
bks_price_book_get_as_of (BksPriceBook *self)
{
  g_return_val_if_fail (BKS_IS_PRICE_BOOK (self), NULL);

  return bks_price_book_get_table (self)->as_of;
}

/**
 * bks_price_book_is_old:
 * @self: a price book
 * @now_ms: epoch milliseconds
 *
 * Returns: whether the table is so old that its day is to be said with its prices
 */
gboolean
bks_price_book_is_old (BksPriceBook *self,
                       gint64        now_ms)
{
  g_autofree char *midnight = g_strconcat (bks_price_book_get_as_of (self), "T00:00:00Z", NULL);
  g_autoptr(GDateTime) time = g_date_time_new_from_iso8601 (midnight, NULL);

  return time != NULL && now_ms - g_date_time_to_unix (time) * 1000 > OLD_DAYS * DAY_MS;
}

/**
 * bks_price_book_set_table:
 * @self: a price book
 * @table: (transfer full) (nullable): a downloaded table, %NULL for the shipped one
 *
 * A table older than the shipped one, from before an update of the program, is not taken.
 */
void
bks_price_book_set_table (BksPriceBook  *self,
                          BksPriceTable *table)
{
  g_return_if_fail (BKS_IS_PRICE_BOOK (self));

  g_clear_pointer (&self->downloaded, bks_price_table_free);
  if (table != NULL && g_strcmp0 (table->as_of, self->shipped->as_of) < 0)
    g_clear_pointer (&table, bks_price_table_free);
  self->downloaded = table;
}

static char *
make_day (gint64 ms)
{
  g_autoptr(GDateTime) time = ms > 0 ? g_date_time_new_from_unix_utc_usec (ms * 1000) : NULL;

  return time != NULL ? g_date_time_format (time, "%Y-%m-%d") : NULL;
}

static void
put (GHashTable *entries,
     const char *provider,
     const char *model,
     BksMoney    input,
     BksMoney    output,
     gint64      day_ms)
{
  Entry *entry = g_new0 (Entry, 1);

  bks_price_init (&entry->price, input, output);
  entry->date = make_day (day_ms);
  g_hash_table_insert (entries, bks_price_table_make_key (provider, model), entry);
}

/**
 * bks_price_book_note_listed:
 * @self: a price book
 * @provider: a provider's id
 * @model: a model of it
 * @input: pico-dollars an input token, %BKS_MONEY_UNKNOWN
 * @output: pico-dollars an output token, %BKS_MONEY_UNKNOWN
 * @listed_at: epoch milliseconds
 *
 * Remembers what the provider itself publishes.
 */
void
bks_price_book_note_listed (BksPriceBook *self,
                            const char   *provider,
                            const char   *model,
                            BksMoney      input,
                            BksMoney      output,
                            gint64        listed_at)
{
  g_return_if_fail (BKS_IS_PRICE_BOOK (self));

  if (input != BKS_MONEY_UNKNOWN && output != BKS_MONEY_UNKNOWN && input >= 0 && output >= 0)
    put (self->listed, provider, model, input, output, listed_at);
}

/**
 * bks_price_book_set_own:
 * @self: a price book
 * @provider: a provider's id
 * @model: a model of it
 * @input: pico-dollars an input token
 * @output: pico-dollars an output token
 * @set_at: epoch milliseconds
 *
 * Remembers what the author says; it comes before everything else.
 */
void
bks_price_book_set_own (BksPriceBook *self,
                        const char   *provider,
                        const char   *model,
                        BksMoney      input,
                        BksMoney      output,
                        gint64        set_at)
{
  g_return_if_fail (BKS_IS_PRICE_BOOK (self) && input >= 0 && output >= 0);

  put (self->own, provider, model, input, output, set_at);
}

/**
 * bks_price_book_forget_own:
 * @self: a price book
 *
 * Forgets what the author said, before it is read anew.
 */
void
bks_price_book_forget_own (BksPriceBook *self)
{
  g_return_if_fail (BKS_IS_PRICE_BOOK (self));

  g_hash_table_remove_all (self->own);
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

static const BksPrice *
find (BksPriceBook  *self,
      const char    *key,
      BksPriceFacts *facts)
{
  BksPriceTable *table = bks_price_book_get_table (self);
  const BksPrice *price;
  const Entry *entry;

  if ((entry = g_hash_table_lookup (self->own, key)) != NULL)
    {
      *facts = (BksPriceFacts) { .source = "own", .date = entry->date };
      return &entry->price;
    }
  if ((entry = g_hash_table_lookup (self->listed, key)) != NULL)
    {
      *facts = (BksPriceFacts) { .source = "list", .date = entry->date };
      /* Lists say nothing of caches and long requests; a table that agrees in the rest does. */
      price = g_hash_table_lookup (table->prices, key);
      return price != NULL && price->normal.input == entry->price.normal.input &&
             price->normal.output == entry->price.normal.output ? price : &entry->price;
    }
  *facts = (BksPriceFacts) { .source = "table", .date = table->as_of };
  price = g_hash_table_lookup (table->prices, key);
  if (price == NULL)
    {
      facts->date = self->shipped->as_of;
      price = g_hash_table_lookup (self->shipped->prices, key);
    }
  return price;
}

/**
 * bks_price_book_lookup:
 * @self: a price book
 * @provider: a provider's id
 * @model: a model of it
 * @facts: (out) (optional): where the price is from
 *
 * Returns: (transfer none) (nullable): the price, until the next change of the book
 */
const BksPrice *
bks_price_book_lookup (BksPriceBook  *self,
                       const char    *provider,
                       const char    *model,
                       BksPriceFacts *facts)
{
  BksPriceFacts found = { 0 };
  g_autofree char *key = NULL;
  const BksPrice *price;

  g_return_val_if_fail (BKS_IS_PRICE_BOOK (self) && provider != NULL && model != NULL, NULL);

  key = bks_price_table_make_key (provider, model);
  price = find (self, key, &found);
  if (price == NULL)
    {
      g_autofree char *undated = strip_date (model);
      g_autofree char *undated_key = bks_price_table_make_key (provider, undated);

      price = find (self, undated_key, &found);
      found.undated = TRUE;
    }
  if (price == NULL)
    found = (BksPriceFacts) { .source = "unknown" };
  if (facts != NULL)
    *facts = found;
  return price;
}

/**
 * bks_price_book_is_frontier:
 * @self: a price book
 * @provider: a provider's id
 * @model: a model of it
 *
 * Returns: whether it is one of the dear models that lower tiers do not have
 */
gboolean
bks_price_book_is_frontier (BksPriceBook *self,
                            const char   *provider,
                            const char   *model)
{
  const BksPrice *price = bks_price_book_lookup (self, provider, model, NULL);

  return price != NULL && price->frontier;
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

static gint64
sum_input (const BksTokenUsage *usage)
{
  const gint64 buckets[] = { usage->input, usage->cache_read, usage->cache_write, usage->cache_write_1h };
  gint64 sum = 0;

  for (guint i = 0; i < G_N_ELEMENTS (buckets); i++)
    if (__builtin_add_overflow (sum, MAX (buckets[i], 0), &sum))
      return G_MAXINT64;
  return sum;
}

static BksMoney
get_cost (const BksPrice      *price,
          const BksTokenUsage *usage)
{
  const BksRates *rates = &price->normal;
  BksMoney sum = 0;

  /* Above the mark the other rates hold for the whole request. */
  if (price->long_above > 0 && sum_input (usage) > price->long_above)
    rates = &price->longer;
  if (rates->input == BKS_MONEY_UNKNOWN)
    return BKS_MONEY_UNKNOWN;
  sum = add_bucket (sum, rates->input, usage->input);
  sum = add_bucket (sum, rates->cache_read, usage->cache_read);
  sum = add_bucket (sum, rates->cache_write, usage->cache_write);
  sum = add_bucket (sum, rates->cache_write_1h, usage->cache_write_1h);
  return add_bucket (sum, rates->output, usage->output);
}

/**
 * bks_price_book_get_cost:
 * @self: a price book
 * @provider: a provider's id
 * @model: a model of it
 * @usage: what was used, or may be
 * @facts: (out) (optional): where the price is from; "unknown" where none is known
 *
 * Returns: the cost in pico-dollars, %BKS_MONEY_UNKNOWN where no price is known
 */
BksMoney
bks_price_book_get_cost (BksPriceBook        *self,
                         const char          *provider,
                         const char          *model,
                         const BksTokenUsage *usage,
                         BksPriceFacts       *facts)
{
  const BksPrice *price = bks_price_book_lookup (self, provider, model, facts);
  BksMoney cost = price != NULL ? get_cost (price, usage) : BKS_MONEY_UNKNOWN;

  if (cost == BKS_MONEY_UNKNOWN && facts != NULL)
    *facts = (BksPriceFacts) { .source = "unknown" };
  return cost;
}

static BksMoney
get_dearest_input (const BksRates *rates)
{
  return MAX (MAX (rates->input, rates->cache_read), MAX (rates->cache_write, rates->cache_write_1h));
}

/**
 * bks_price_book_get_upper_bound:
 * @self: a price book
 * @provider: a provider's id
 * @model: a model of it
 * @input_tokens: how many tokens go there at most
 * @output_tokens: how many come back at most
 *
 * Whatever of the input is read from or written to a cache, and whether or not
 * the request turns out to be a long one.
 *
 * Returns: what it costs at most, %BKS_MONEY_UNKNOWN where no price is known
 */
BksMoney
bks_price_book_get_upper_bound (BksPriceBook *self,
                                const char   *provider,
                                const char   *model,
                                gint64        input_tokens,
                                gint64        output_tokens)
{
  const BksPrice *price = bks_price_book_lookup (self, provider, model, NULL);
  BksMoney input, output;

  if (price == NULL || price->normal.input == BKS_MONEY_UNKNOWN)
    return BKS_MONEY_UNKNOWN;
  input = get_dearest_input (&price->normal);
  output = price->normal.output;
  if (price->long_above > 0 && input_tokens > price->long_above)
    {
      input = MAX (input, get_dearest_input (&price->longer));
      output = MAX (output, price->longer.output);
    }
  return add_bucket (add_bucket (0, input, input_tokens), output, output_tokens);
}

/* By the name that answered, if the one that was asked has no price. */
static BksMoney
price_usage (BksPriceBook         *self,
             const BksUsageRecord *record,
             BksPriceFacts        *facts)
{
  BksTokenUsage usage = {
    .input = record->input,
    .cache_read = record->cache_read,
    .cache_write = record->cache_write,
    .cache_write_1h = record->cache_write_1h,
    .output = record->output,
  };
  BksMoney cost = bks_price_book_get_cost (self, record->provider, record->model_asked, &usage, facts);

  if (cost == BKS_MONEY_UNKNOWN && record->model_answered != NULL)
    cost = bks_price_book_get_cost (self, record->provider, record->model_answered, &usage, facts);
  return cost;
}

/**
 * bks_price_book_price_record:
 * @self: a price book
 * @record: a usage record whose provider, models and token counts are filled in
 * @reported_cost: what the provider says that it cost, %BKS_MONEY_UNKNOWN
 * @free: whether the model costs nothing, for it runs on the author's machine
 *
 * Fills in what it cost and by whom that is said: the author's own price, else
 * the provider, else its list, else a table.
 */
void
bks_price_book_price_record (BksPriceBook   *self,
                             BksUsageRecord *record,
                             BksMoney        reported_cost,
                             gboolean        free)
{
  BksPriceFacts facts = { .source = "free" };

  g_return_if_fail (BKS_IS_PRICE_BOOK (self) && record != NULL && record->provider != NULL);

  /* Nobody is paid for asking. */
  if (reported_cost < 0)
    reported_cost = BKS_MONEY_UNKNOWN;
  record->reported_cost = reported_cost;
  record->table_cost = free ? 0 : price_usage (self, record, &facts);
  g_set_str (&record->price_date, facts.date);
  record->undated = facts.undated;
  if (reported_cost != BKS_MONEY_UNKNOWN && !g_str_equal (facts.source, "own"))
    {
      record->cost = reported_cost;
      g_set_str (&record->cost_source, "provider");
      return;
    }
  record->cost = record->table_cost;
  g_set_str (&record->cost_source, facts.source);
}
