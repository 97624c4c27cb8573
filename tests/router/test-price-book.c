/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "bks-charge.h"
#include "bks-price-book.h"

#define UNKNOWN BKS_MONEY_UNKNOWN

static BksPriceBook *book;

static BksTokenUsage
usage (gint64 input,
       gint64 output)
{
  return (BksTokenUsage) { .input = input, .cache_read = -1, .cache_write = -1, .cache_write_1h = -1, .output = output, .reasoning = -1,
                           .reported_cost = UNKNOWN };
}

static BksMoney
cost_of (const char    *provider,
         const char    *model,
         BksTokenUsage  used,
         const char    *expected_source)
{
  BksPriceFacts facts;
  BksMoney cost = bks_price_book_get_cost (book, provider, model, &used, &facts);

  g_assert_cmpstr (facts.source, ==, expected_source);
  return cost;
}

static void
test_exact (void)
{
  g_assert_cmpstr (bks_price_book_get_as_of (book), ==, "2026-08-01");
  /* $2.50 and $10 a million tokens. */
  g_assert_cmpint (cost_of ("openai", "gpt-4o", usage (1000, 100), "table"), ==, 3500000000);
  g_assert_cmpint (cost_of ("openai", "gpt-4o", usage (1, 0), "table"), ==, 2500000);
  g_assert_cmpint (cost_of ("openai", "gpt-4o", usage (0, 0), "table"), ==, 0);
  /* An earlier program priced the small one as the large one: seventeen times too dear. */
  g_assert_cmpint (cost_of ("openai", "gpt-4o-mini", usage (1000, 100), "table"), ==, 210000000);
}

static void
test_dates (void)
{
  /* A dated model with a price of its own keeps it. */
  g_assert_cmpint (cost_of ("openai", "gpt-4o-2024-05-13", usage (1000, 0), "table"), ==, 5000000000);
  g_assert_cmpint (cost_of ("openai", "gpt-4o-2031-01-31", usage (1000, 0), "table"), ==, 2500000000);
  g_assert_cmpint (cost_of ("openai", "gpt-4o-mini-20310131", usage (1000, 0), "table"), ==, 150000000);
  g_assert_cmpint (cost_of ("anthropic", "claude-haiku-4-5-20310101", usage (1000, 0), "table"), ==, 1000000000);
}

static void
test_never_fuzzy (void)
{
  static const char *const models[] = {
    "gpt-4o-mega", "gpt-4o-", "gpt-4o-2031", "gpt-4o-2031-01-31-extra", "gpt-4o-1999-01-01", "GPT-4O", " gpt-4o", "",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (models); i++)
    {
      g_test_message ("%s", models[i]);
      g_assert_cmpint (cost_of ("openai", models[i], usage (1, 1), "unknown"), ==, UNKNOWN);
    }
  g_assert_cmpint (cost_of ("openrouter", "gpt-4o", usage (1, 1), "unknown"), ==, UNKNOWN);
  g_assert_cmpint (cost_of ("my-server", "gpt-4o", usage (1, 1), "unknown"), ==, UNKNOWN);
}

static void
test_unknown_is_not_zero (void)
{
  g_assert_cmpint (cost_of ("openrouter", "openrouter/auto", usage (1000, 0), "unknown"), ==, UNKNOWN);
  g_assert_cmpint (cost_of ("openrouter", "openrouter/auto", usage (0, 0), "unknown"), ==, UNKNOWN);
  g_assert_cmpint (cost_of ("ollama", "gpt-oss:120b-cloud", usage (1000, 10), "unknown"), ==, UNKNOWN);
  g_assert_cmpint (cost_of ("ollama", "deepseek-v3.1:671b-cloud", usage (1000, 10), "unknown"), ==, UNKNOWN);
}

static void
test_free (void)
{
  g_assert_cmpint (cost_of ("openrouter", "openrouter/free", usage (1000, 1000), "table"), ==, 0);
  g_assert_cmpint (cost_of ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo-Free", usage (9, 9), "table"), ==, 0);
}

/* Buckets are disjoint; a cache without a price of its own costs what input costs. */
static void
test_caches (void)
{
  BksTokenUsage used = usage (100, 10);

  used.cache_read = 1000;
  g_assert_cmpint (cost_of ("openai", "gpt-4o", used, "table"), ==, 100 * 2500000 + 1000 * 1250000 + 10 * 10000000);
  g_assert_cmpint (cost_of ("openai", "gpt-4o-2024-05-13", used, "table"), ==,
                   1100 * G_GINT64_CONSTANT (5000000) + 10 * 15000000);
  used.cache_write = 200;
  g_assert_cmpint (cost_of ("anthropic", "claude-haiku-4-5", used, "table"), ==,
                   100 * 1000000 + 1000 * 100000 + 200 * 1250000 + 10 * 5000000);
}

static void
test_long_context (void)
{
  BksTokenUsage used = usage (200000, 10);

  g_assert_cmpint (cost_of ("anthropic", "claude-sonnet-4-5", used, "table"), ==,
                   200000 * G_GINT64_CONSTANT (3000000) + 10 * 15000000);
  used.input = 200001;
  g_assert_cmpint (cost_of ("anthropic", "claude-sonnet-4-5", used, "table"), ==,
                   200001 * G_GINT64_CONSTANT (6000000) + 10 * 22500000);
  /* What is read from a cache is context too. */
  used.input = 1;
  used.cache_read = 200000;
  g_assert_cmpint (cost_of ("anthropic", "claude-sonnet-4-5", used, "table"), ==,
                   6000000 + 200000 * G_GINT64_CONSTANT (600000) + 10 * 22500000);
}

static void
test_listed (void)
{
  bks_price_book_note_listed (book, "openrouter", "openrouter/auto", UNKNOWN, 5, 0);
  bks_price_book_note_listed (book, "openrouter", "openrouter/auto", 5, UNKNOWN, 0);
  bks_price_book_note_listed (book, "openrouter", "openrouter/auto", -5, 5, 0);
  g_assert_cmpint (cost_of ("openrouter", "openrouter/auto", usage (1, 1), "unknown"), ==, UNKNOWN);
  /* What the provider publishes comes before the table, for that provider alone. */
  bks_price_book_note_listed (book, "openrouter", "anthropic/claude-haiku-4.5", 7, 11, 0);
  g_assert_cmpint (cost_of ("openrouter", "anthropic/claude-haiku-4.5", usage (10, 100), "list"), ==, 1170);
  bks_price_book_note_listed (book, "my-server", "gpt-4o", 0, 0, 0);
  g_assert_cmpint (cost_of ("my-server", "gpt-4o", usage (10, 100), "list"), ==, 0);
  g_assert_cmpint (cost_of ("openai", "gpt-4o", usage (1, 0), "table"), ==, 2500000);
}

static void
test_overflow (void)
{
  BksTokenUsage used = usage (G_MAXINT64, G_MAXINT64);

  used.cache_read = used.cache_write = G_MAXINT64;
  g_assert_cmpint (cost_of ("openai", "gpt-4o", used, "unknown"), ==, UNKNOWN);
  g_assert_cmpint (cost_of ("anthropic", "claude-sonnet-4-5", used, "unknown"), ==, UNKNOWN);
  /* Each bucket fits and their sum does not. */
  used = usage (G_MAXINT64 / 2500000, G_MAXINT64 / 10000000);
  g_assert_cmpint (cost_of ("openai", "gpt-4o", used, "unknown"), ==, UNKNOWN);
  used.output = -1;
  g_assert_cmpint (cost_of ("openai", "gpt-4o", used, "table"), ==, G_MAXINT64 / 2500000 * 2500000);
}

/* What is kept for an hour is dearer where the table says so, and else as what is kept for minutes. */
static void
test_cache_for_an_hour (void)
{
  BksTokenUsage used = usage (0, 0);

  used.cache_write_1h = 10;
  g_assert_cmpint (cost_of ("anthropic", "claude-sonnet-4-5", used, "table"), ==, 10 * 6000000);
  used.cache_write = 10;
  g_assert_cmpint (cost_of ("anthropic", "claude-sonnet-4-5", used, "table"), ==, 10 * 6000000 + 10 * 3750000);
  used = usage (0, 0);
  used.cache_write_1h = 10;
  g_assert_cmpint (cost_of ("anthropic", "claude-4-opus-20250514", used, "table"), ==, 10 * 18750000);
}

/* The author's word comes before the provider's, and that before the table's. */
static void
test_precedence (void)
{
  g_autoptr(BksPriceBook) own = bks_price_book_new ();
  g_autoptr(BksUsageRecord) record = bks_usage_record_new ();
  BksPriceFacts facts;

  record->provider = g_strdup ("openai");
  record->model_asked = g_strdup ("gpt-4o");
  record->input = 10;
  record->output = 1;
  bks_price_book_price_record (own, record, UNKNOWN, FALSE);
  g_assert_cmpint (record->cost, ==, 10 * 2500000 + 10000000);
  g_assert_cmpstr (record->cost_source, ==, "table");
  g_assert_cmpstr (record->price_date, ==, "2026-08-01");
  bks_price_book_note_listed (own, "openai", "gpt-4o", 2, 3, 1767225600000);
  bks_price_book_price_record (own, record, UNKNOWN, FALSE);
  g_assert_cmpint (record->cost, ==, 23);
  g_assert_cmpstr (record->cost_source, ==, "list");
  g_assert_cmpstr (record->price_date, ==, "2026-01-01");
  /* Both are kept. */
  bks_price_book_price_record (own, record, 77, FALSE);
  g_assert_cmpint (record->cost, ==, 77);
  g_assert_cmpint (record->reported_cost, ==, 77);
  g_assert_cmpint (record->table_cost, ==, 23);
  g_assert_cmpstr (record->cost_source, ==, "provider");
  bks_price_book_set_own (own, "openai", "gpt-4o", 5, 7, 1767225600000);
  bks_price_book_price_record (own, record, 77, FALSE);
  g_assert_cmpint (record->cost, ==, 57);
  g_assert_cmpint (record->reported_cost, ==, 77);
  g_assert_cmpstr (record->cost_source, ==, "own");
  /* Nobody is paid for asking. */
  bks_price_book_price_record (own, record, -1, FALSE);
  g_assert_cmpint (record->reported_cost, ==, UNKNOWN);
  bks_price_book_forget_own (own);
  bks_price_book_lookup (own, "openai", "gpt-4o", &facts);
  g_assert_cmpstr (facts.source, ==, "list");
  bks_price_book_lookup (own, "openai", "gpt-4o-mini-2031-01-31", &facts);
  g_assert_true (facts.undated);
}

/* Lists say nothing of caches; a table that agrees with the list does. */
static void
test_a_list_that_agrees (void)
{
  g_autoptr(BksPriceBook) own = bks_price_book_new ();
  BksTokenUsage used = usage (0, 0);
  BksPriceFacts facts;

  used.cache_read = 10;
  bks_price_book_note_listed (own, "openai", "gpt-4o", 2500000, 10000000, 0);
  g_assert_cmpint (bks_price_book_get_cost (own, "openai", "gpt-4o", &used, &facts), ==, 10 * 1250000);
  g_assert_cmpstr (facts.source, ==, "list");
  bks_price_book_note_listed (own, "openai", "gpt-4o", 2500001, 10000000, 0);
  g_assert_cmpint (bks_price_book_get_cost (own, "openai", "gpt-4o", &used, NULL), ==, 10 * 2500001);
}

/* No usage within the bound costs more than it. */
static void
test_upper_bound (void)
{
  BksMoney bound = bks_price_book_get_upper_bound (book, "anthropic", "claude-sonnet-4-5", 1000, 100);
  BksTokenUsage used = usage (0, 100);

  used.cache_write_1h = 1000;
  g_assert_cmpint (bound, ==, G_GINT64_CONSTANT (1000) * 6000000 + G_GINT64_CONSTANT (100) * 15000000);
  g_assert_cmpint (cost_of ("anthropic", "claude-sonnet-4-5", used, "table"), ==, bound);
  bound = bks_price_book_get_upper_bound (book, "anthropic", "claude-sonnet-4-5", 300000, 100);
  used = usage (300000, 100);
  g_assert_cmpint (cost_of ("anthropic", "claude-sonnet-4-5", used, "table"), <=, bound);
  used = usage (200000, 100); /* not a long one after all */
  g_assert_cmpint (cost_of ("anthropic", "claude-sonnet-4-5", used, "table"), <=, bound);
  g_assert_cmpint (bks_price_book_get_upper_bound (book, "openrouter", "openrouter/auto", 1, 1), ==, UNKNOWN);
  g_assert_cmpint (bks_price_book_get_upper_bound (book, "openai", "gpt-4o", G_MAXINT64, 1), ==, UNKNOWN);
}

/* Bytes and sixteen a message, and an answer that is limited because it has to be. */
static void
test_charge (void)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("gpt-4o");
  g_autoptr(BksCharge) charge = bks_charge_new ();
  g_autoptr(BksCharge) unknown = bks_charge_new ();
  g_autoptr(BksCompletionRequest) another = NULL;

  bks_completion_request_add_message (request, "user", "ä€");
  charge->provider = g_strdup ("openai");
  charge->model = g_strdup ("gpt-4o");
  another = bks_completion_request_copy (request);
  bks_charge_bound (charge, book, limits, request, FALSE);
  g_assert_cmpint (request->max_tokens, ==, 16384);
  g_assert_cmpint (charge->most, ==, (4 + 5 + 16) * G_GINT64_CONSTANT (2500000) + 16384 * G_GINT64_CONSTANT (10000000));
  g_assert_cmpint (charge->estimate, <, charge->most);
  g_assert_cmpint (charge->tokens, ==, 25 + 16384);
  request->max_tokens = 7;
  bks_charge_bound (charge, book, limits, request, FALSE);
  g_assert_cmpint (charge->most, ==, 25 * 2500000 + 7 * 10000000);
  bks_charge_bound (charge, book, limits, request, TRUE);
  g_assert_cmpint (charge->most, ==, 0);
  /* Where no price is known no limit makes it one. */
  unknown->provider = g_strdup ("my-server");
  unknown->model = g_strdup ("any");
  bks_charge_bound (unknown, book, limits, another, FALSE);
  g_assert_cmpint (another->max_tokens, ==, -1);
  g_assert_cmpint (unknown->most, ==, UNKNOWN);
}

static void
test_age (void)
{
  g_assert_false (bks_price_book_is_old (book, G_GINT64_CONSTANT (1793318400000))); /* 30 October 2026: 90 days */
  g_assert_true (bks_price_book_is_old (book, G_GINT64_CONSTANT (1793318400001)));
}

static void
test_frontier (void)
{
  g_assert_true (bks_price_book_is_frontier (book, "openai", "gpt-4o"));
  g_assert_false (bks_price_book_is_frontier (book, "openai", "gpt-4o-mini"));
  g_assert_false (bks_price_book_is_frontier (book, "openrouter", "openrouter/auto"));
}

int
main (int    argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  book = bks_price_book_new ();
  g_test_add_func ("/price-book/exact", test_exact);
  g_test_add_func ("/price-book/dates", test_dates);
  g_test_add_func ("/price-book/never-fuzzy", test_never_fuzzy);
  g_test_add_func ("/price-book/unknown-is-not-zero", test_unknown_is_not_zero);
  g_test_add_func ("/price-book/free", test_free);
  g_test_add_func ("/price-book/caches", test_caches);
  g_test_add_func ("/price-book/long-context", test_long_context);
  g_test_add_func ("/price-book/listed", test_listed);
  g_test_add_func ("/price-book/overflow", test_overflow);
  g_test_add_func ("/price-book/cache-for-an-hour", test_cache_for_an_hour);
  g_test_add_func ("/price-book/precedence", test_precedence);
  g_test_add_func ("/price-book/a-list-that-agrees", test_a_list_that_agrees);
  g_test_add_func ("/price-book/upper-bound", test_upper_bound);
  g_test_add_func ("/price-book/charge", test_charge);
  g_test_add_func ("/price-book/age", test_age);
  g_test_add_func ("/price-book/frontier", test_frontier);
  status = g_test_run ();
  g_clear_object (&book);
  return status;
}
