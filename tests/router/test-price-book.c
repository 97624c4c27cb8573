/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

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
  status = g_test_run ();
  g_clear_object (&book);
  return status;
}
