/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <locale.h>
#include <string.h>

#include "bks-error.h"
#include "bks-money.h"
#include "bks-test-util.h"

#define DOLLAR BKS_MONEY_PER_DOLLAR

static void
test_parse (void)
{
  static const struct { const char *text; BksMoney money; } rows[] = {
    { "0", 0 }, { "-0", 0 }, { "1", DOLLAR }, { "+2", 2 * DOLLAR }, { "-0.5", -DOLLAR / 2 },
    { ".5", DOLLAR / 2 }, { "1.", DOLLAR }, { "007", 7 * DOLLAR },
    { "0.0000025", 2500000 }, { "5e-06", 5000000 }, { "5E-6", 5000000 }, { "1e-10", 100 }, { "0.000000000001", 1 },
    { "12.5e1", 125 * DOLLAR }, { "0.00125e+3", DOLLAR * 5 / 4 }, { "1e6", 1000000 * DOLLAR },
    /* To the nearest pico-dollar, halves away from zero. */
    { "0.0000000000014", 1 }, { "0.0000000000015", 2 }, { "0.00000000000149999999", 1 }, { "-0.0000000000015", -2 },
    { "4e-13", 0 }, { "5e-13", 1 }, { "-5e-13", -1 }, { "9e-14", 0 }, { "0.9999999999995", DOLLAR },
    { "0.99999999999949999", DOLLAR - 1 },
    { "0e999", 0 }, { "1e-999", 0 }, { "1e-99999999999999999999", 0 }, { "0e99999999999999999999", 0 },
    { "9000000", 9000000 * DOLLAR }, { "9223372.036854775807", G_MAXINT64 }, { "-9223372.036854775807", -G_MAXINT64 },
    { "9223372.0368547758074", G_MAXINT64 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr(GError) error = NULL;
      BksMoney money = -7;

      g_test_message ("%s", rows[i].text);
      g_assert_true (bks_money_parse (rows[i].text, &money, &error));
      g_assert_no_error (error);
      g_assert_cmpint (money, ==, rows[i].money);
    }
}

static void
test_refused (void)
{
  static const char *const texts[] = {
    "", ".", "-", "+", "+-1", "--1", "1e", "1e+", "e5", ".e5", "1e5x", "1e5.0", "1.2.3", "1 ", " 1", "1\n", "$1", "1USD",
    "1,5", "1,000", "1 000", "1_000", "1’000", "0x10", "NaN", "nan", "inf", "Infinity", "null", "unknown", "٣", "１", "½",
    /* Beyond what 64 bits hold, and the number that stands for "unknown". */
    "10000000", "1e400", "1e99999999999999999999", "9223372.0368547758075", "9223372.036854775808", "-9223372.036854775808",
    "1000000000000000000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000000000000000001",
    "%s%n%s%n", "\xff\xfe", "\xe2\x82", "1\xc0\xae" "5",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GError) error = NULL;
      BksMoney money = -7;

      g_test_message ("%s", texts[i]);
      g_assert_false (bks_money_parse (texts[i], &money, &error));
      g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_cmpint (money, ==, -7);
    }
}

/* Somebody pastes a key where a price belongs. */
static void
test_refusal_hides_a_key (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) cut = NULL;
  BksMoney money;

  g_assert_false (bks_money_parse ("sk-proj-4f2a9c81d7e3b605aa17", &money, &error));
  g_assert_null (strstr (error->message, "4f2a9c81"));
  g_assert_false (bks_money_parse ("aééééééééééééééééééééééé", &money, &cut));
  g_assert_true (g_utf8_validate (cut->message, -1, NULL));
}

static void
test_double (void)
{
  static const struct { double dollars; BksMoney money; } rows[] = {
    { 0, 0 }, { 0.1, DOLLAR / 10 }, { 0.3, 3 * DOLLAR / 10 }, { 1e-10, 100 }, { 2.5e-6, 2500000 }, { -1.5, -3 * DOLLAR / 2 },
    { 0.1 + 0.2, 3 * DOLLAR / 10 }, { 123456.789, 123456789 * (DOLLAR / 1000) }, { 5e-324, 0 },
  };
  BksMoney money = -7;

  g_assert_false (bks_money_from_double (1.0 / 0.0, &money));
  g_assert_false (bks_money_from_double (-1.0 / 0.0, &money));
  g_assert_false (bks_money_from_double (0.0 / 0.0, &money));
  g_assert_false (bks_money_from_double (1e300, &money));
  g_assert_cmpint (money, ==, -7);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_assert_true (bks_money_from_double (rows[i].dollars, &money));
      g_assert_cmpint (money, ==, rows[i].money);
    }
}

/* Half of them of any size, half of the size that tokens cost. */
static BksMoney
get_random_amount (guint i)
{
  guint64 bits = (guint64) (guint32) g_test_rand_int () << 32 | (guint32) g_test_rand_int ();
  BksMoney money = (gint64) (bits >> 1) - (gint64) (bits & 1);

  return i % 2 == 0 ? money : money % 1000000000;
}

static void
round_trip (void)
{
  for (guint i = 0; i < 10000; i++)
    {
      BksMoney money = get_random_amount (i) * (g_test_rand_bit () ? 1 : -1);
      BksMoney again = money - 1;
      g_autofree char *text = bks_money_format (money);

      g_assert_true (bks_money_parse (text, &again, NULL));
      g_assert_cmpint (money, ==, again);
      g_assert_null (strchr (text, ','));
    }
}

static void
test_round_trip (void)
{
  round_trip ();
}

static void
test_decimal_comma (void)
{
  BksMoney money;
  g_autofree char *brief = NULL;
  char *dir = bks_test_set_decimal_comma ();

  if (dir == NULL)
    {
      g_test_skip ("There is no locale with a decimal comma, and none can be made");
      return;
    }
  round_trip ();
  brief = bks_money_format_short (312 * DOLLAR / 100);
  g_assert_cmpstr (brief, ==, "$3.12");
  g_assert_true (bks_money_parse ("0.0037", &money, NULL) && money == 3700000000);
  g_assert_false (bks_money_parse ("0,0037", &money, NULL));
  g_assert_true (bks_money_from_double (0.0037, &money) && money == 3700000000);
  setlocale (LC_ALL, "C");
  bks_test_dir_remove (dir);
}

static void
test_format (void)
{
  static const struct { BksMoney money; const char *text, *brief; } rows[] = {
    { 0, "0", "$0.00" },
    { 1, "0.000000000001", "< $0.0001" },
    { -1, "-0.000000000001", "$0.00" },
    { DOLLAR / 20000 - 1, "0.000049999999", "< $0.0001" },
    { DOLLAR / 20000, "0.00005", "$0.0001" },
    { 3700000000, "0.0037", "$0.0037" },
    { -3700000000, "-0.0037", "-$0.0037" },
    { DOLLAR / 2, "0.5", "$0.50" },
    { -DOLLAR / 2, "-0.5", "-$0.50" },
    { DOLLAR - 1, "0.999999999999", "$1.00" },
    { DOLLAR, "1", "$1.00" },
    { 3126 * DOLLAR / 1000, "3.126", "$3.13" },
    { -3126 * DOLLAR / 1000, "-3.126", "-$3.13" },
    { 1000 * DOLLAR, "1000", "$1000.00" },
    { G_MAXINT64, "9223372.036854775807", "$9223372.04" },
    { -G_MAXINT64, "-9223372.036854775807", "-$9223372.04" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = bks_money_format (rows[i].money);
      g_autofree char *brief = bks_money_format_short (rows[i].money);

      g_assert_cmpstr (text, ==, rows[i].text);
      g_assert_cmpstr (brief, ==, rows[i].brief);
    }
}

static void
test_arithmetic (void)
{
  BksMoney money;

  g_assert_true (bks_money_multiply (2500000, 1000, &money));
  g_assert_cmpint (money, ==, 2500000000);
  g_assert_true (bks_money_multiply (DOLLAR, 0, &money) && money == 0);
  g_assert_false (bks_money_multiply (DOLLAR, G_MAXINT64 / 2, &money));
  g_assert_true (bks_money_add (DOLLAR, -DOLLAR, &money) && money == 0);
  g_assert_false (bks_money_add (G_MAXINT64, 1, &money));
}

/* No sum and no product is ever taken for "unknown", nor the other way round. */
static void
test_unknown (void)
{
  BksMoney money = 0;

  g_assert_true (bks_money_add (BKS_MONEY_UNKNOWN, 5, &money) && money == BKS_MONEY_UNKNOWN);
  g_assert_true (bks_money_add (5, BKS_MONEY_UNKNOWN, &money) && money == BKS_MONEY_UNKNOWN);
  g_assert_true (bks_money_add (BKS_MONEY_UNKNOWN, BKS_MONEY_UNKNOWN, &money) && money == BKS_MONEY_UNKNOWN);
  g_assert_true (bks_money_multiply (BKS_MONEY_UNKNOWN, 5, &money) && money == BKS_MONEY_UNKNOWN);
  g_assert_true (bks_money_multiply (BKS_MONEY_UNKNOWN, 0, &money) && money == BKS_MONEY_UNKNOWN);
  g_assert_false (bks_money_multiply (G_MININT64 / 2, 2, &money));
  g_assert_false (bks_money_add (-G_MAXINT64, -1, &money));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/money/parse", test_parse);
  g_test_add_func ("/money/refused", test_refused);
  g_test_add_func ("/money/refusal-hides-a-key", test_refusal_hides_a_key);
  g_test_add_func ("/money/double", test_double);
  g_test_add_func ("/money/round-trip", test_round_trip);
  g_test_add_func ("/money/decimal-comma", test_decimal_comma);
  g_test_add_func ("/money/format", test_format);
  g_test_add_func ("/money/arithmetic", test_arithmetic);
  g_test_add_func ("/money/unknown", test_unknown);
  return g_test_run ();
}
