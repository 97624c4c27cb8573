/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

#include "bks-error.h"
#include "bks-id.h"
#include "bks-json.h"
#include "bks-limits.h"
#include "bks-money.h"
#include "bks-redact.h"

static void
test_money_parse (void)
{
  static const struct { const char *text; BksMoney money; } good[] = {
    { "0", 0 }, { "1", BKS_MONEY_PER_DOLLAR }, { "0.0000025", 2500000 }, { "5e-06", 5000000 }, { "5E-6", 5000000 },
    { "1e-10", 100 }, { "0.000000000001", 1 }, { "0.0000000000014", 1 }, { "0.0000000000015", 2 },
    { "4e-13", 0 }, { "5e-13", 1 }, { "-0.5", -BKS_MONEY_PER_DOLLAR / 2 }, { "+2", 2 * BKS_MONEY_PER_DOLLAR },
    { ".5", BKS_MONEY_PER_DOLLAR / 2 }, { "1.", BKS_MONEY_PER_DOLLAR }, { "0e999", 0 }, { "1e-999", 0 },
    { "9000000", 9000000 * BKS_MONEY_PER_DOLLAR },
  };
  static const char *const bad[] = { "", ".", "-", "1,5", "1e", "1e+", "NaN", "inf", "0x10", "1 ", " 1", "1e400",
                                     "10000000", "1.2.3", "1e5x", "--1", "٣" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr(GError) error = NULL;
      BksMoney money = -7;

      g_assert_true (bks_money_parse (good[i].text, &money, &error));
      g_assert_no_error (error);
      g_assert_cmpint (money, ==, good[i].money);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;
      BksMoney money = -7;

      g_test_message ("%s", bad[i]);
      g_assert_false (bks_money_parse (bad[i], &money, &error));
      g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT);
      g_assert_cmpint (money, ==, -7);
    }
}

static void
test_money_round_trip (void)
{
  const char *locales[] = { "C", "de_DE.UTF-8" };

  for (guint l = 0; l < G_N_ELEMENTS (locales); l++)
    {
      if (setlocale (LC_ALL, locales[l]) == NULL)
        continue;
      for (guint i = 0; i < 10000; i++)
        {
          BksMoney money = (gint64) g_test_rand_int () * 2147483648 + g_test_rand_int ();
          BksMoney again = 0;
          g_autofree char *text = NULL;

          money = (i % 2 == 0 ? money : money % 1000000) % (9000000 * BKS_MONEY_PER_DOLLAR);
          text = bks_money_format (money);
          g_assert_true (bks_money_parse (text, &again, NULL));
          g_assert_cmpint (money, ==, again);
        }
    }
  setlocale (LC_ALL, "C");
}

static void
test_money_words (void)
{
  static const struct { BksMoney money; const char *text, *brief; } rows[] = {
    { 0, "0", "$0.00" },
    { 3700000000, "0.0037", "$0.0037" },
    { 41 * BKS_MONEY_PER_DOLLAR / 10000, "0.0041", "$0.0041" },
    { 312 * BKS_MONEY_PER_DOLLAR / 100, "3.12", "$3.12" },
    { BKS_MONEY_PER_DOLLAR, "1", "$1.00" },
    { 1, "0.000000000001", "< $0.0001" },
  };
  BksMoney money;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = bks_money_format (rows[i].money);
      g_autofree char *brief = bks_money_format_short (rows[i].money);

      g_assert_cmpstr (text, ==, rows[i].text);
      g_assert_cmpstr (brief, ==, rows[i].brief);
    }
  g_assert_true (bks_money_multiply (2500000, 1000, &money));
  g_assert_cmpint (money, ==, 2500000000);
  g_assert_false (bks_money_multiply (BKS_MONEY_PER_DOLLAR, G_MAXINT64 / 2, &money));
  g_assert_false (bks_money_add (G_MAXINT64, 1, &money));
  g_assert_true (bks_money_add (BKS_MONEY_UNKNOWN, 5, &money));
  g_assert_cmpint (money, ==, BKS_MONEY_UNKNOWN);
  g_assert_true (bks_money_multiply (BKS_MONEY_UNKNOWN, 5, &money));
  g_assert_cmpint (money, ==, BKS_MONEY_UNKNOWN);
}

static void
test_id (void)
{
  g_autoptr(BksClock) clock = bks_clock_new_fixed (1790000000000);
  g_autofree char *last = bks_id_new (clock);

  g_assert_true (bks_id_is_valid (last));
  g_assert_cmpint (last[14], ==, '7');
  for (guint i = 0; i < 100000; i++)
    {
      char *id;

      if (i == 50000)
        bks_clock_advance (clock, -60000); /* a clock set back */
      id = bks_id_new (clock);
      g_assert_cmpstr (last, <, id);
      g_free (last);
      last = id;
    }
  g_assert_true (bks_id_is_valid (last));
  g_assert_false (bks_id_is_valid (NULL));
  g_assert_false (bks_id_is_valid ("../../../../../../../../etc/passwd00"));
  g_assert_false (bks_id_is_valid ("01A205CE-FB15-7470-9461-C4EE5B34A77E"));
}

static void
test_redact (void)
{
  static const char *const secret[] = {
    "Incorrect API key provided: sk-proj-AbCd1234****************wxyz.", "sk-proj-AbCd1234",
    "invalid x-api-key sk-ant-api03-0123456789abcdefghij", "sk-ant-api03",
    "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl was refused", "eyJhbGci",
    "{\"error\":\"key gsk_1234567890abcdefABCDEF is wrong\"}", "gsk_1234567890",
    "token=0123456789abcdef0123456789abcdefXYZ", "0123456789abcdef",
    "sk-or-v1-aaaaaaaaaaaaaaaa1111111111111111", "aaaaaaaaaaaaaaaa1111",
  };
  static const char *const plain[] = {
    "The model claude-haiku-4-5-20251001 does not exist",
    "meta-llama/Llama-3.3-70B-Instruct-Turbo is overloaded",
    "@cf/zai-org/glm-4.7-flash at https://api.cloudflare.com/client/v4/accounts",
    "This model's maximum context length is 131072 tokens. However, you requested 140000.",
    "request 01a205ce-fb15-7470-9461-c4ee5b34a77e failed", "Ünïcödé wörds stay",
  };
  g_autofree char *lines = bks_redact ("one\r\n\ttwo\x1b[31m three", 100);
  g_autofree char *cut = bks_redact ("ééééé", 5);
  g_autofree char *exact = bks_redact_secret ("your key hunter22 is bad, hunter22!", "hunter22");

  for (guint i = 0; i < G_N_ELEMENTS (secret); i += 2)
    {
      g_autofree char *clean = bks_redact (secret[i], 1000);

      g_test_message ("%s → %s", secret[i], clean);
      g_assert_null (strstr (clean, secret[i + 1]));
    }
  for (guint i = 0; i < G_N_ELEMENTS (plain); i++)
    {
      g_autofree char *clean = bks_redact (plain[i], 1000);

      g_assert_cmpstr (clean, ==, plain[i]);
    }
  g_assert_null (strpbrk (lines, "\r\n\t\x1b"));
  g_assert_true (g_utf8_validate (cut, -1, NULL));
  g_assert_null (strstr (exact, "hunter22"));
}

static void
test_json (void)
{
  static const char *const bad[] = { "", "  ", "{\"a\":1}{\"b\":2}", "{'a':1}", "{\"a\":1,}", "[1,2", "{\"a\":\"\\ud83c\"}", "nul" };
  g_autoptr(JsonObject) object = NULL;
  g_autoptr(GString) deep = g_string_new (NULL);
  gint64 number = -1;
  gboolean flag = FALSE;
  BksMoney money = -1;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (bks_json_parse_object (bad[i], -1, &error));
      g_assert_error (error, BKS_ERROR, BKS_ERROR_MALFORMED);
    }
  for (guint i = 0; i < 100000; i++)
    g_string_append_c (deep, '[');
  g_assert_null (bks_json_parse (deep->str, (gssize) deep->len, NULL));

  object = bks_json_parse_object ("{\"s\":\"x\",\"n\":null,\"i\":12,\"t\":\"12\",\"d\":12.0,\"f\":1.5,"
                                  "\"huge\":99999999999999999999,\"b\":true,\"m\":\"0.0000025\",\"e\":5e-06}", -1, NULL);
  g_assert_nonnull (object);
  g_assert_cmpstr (bks_json_get_string (object, "s"), ==, "x");
  g_assert_null (bks_json_get_string (object, "n"));
  g_assert_null (bks_json_get_string (object, "i"));
  g_assert_null (bks_json_get_string (NULL, "i"));
  g_assert_true (bks_json_get_int (object, "i", &number) && number == 12);
  g_assert_true (bks_json_get_int (object, "t", &number) && number == 12);
  g_assert_true (bks_json_get_int (object, "d", &number) && number == 12);
  g_assert_false (bks_json_get_int (object, "f", &number));
  g_assert_false (bks_json_get_int (object, "huge", &number));
  g_assert_false (bks_json_get_int (object, "absent", &number));
  g_assert_true (bks_json_get_boolean (object, "b", &flag) && flag);
  g_assert_false (bks_json_get_boolean (object, "i", &flag));
  g_assert_true (bks_json_get_money (object, "m", &money) && money == 2500000);
  g_assert_true (bks_json_get_money (object, "e", &money) && money == 5000000);
  g_assert_false (bks_json_get_money (object, "b", &money));
}

static void
test_error (void)
{
  g_autoptr(GError) error = g_error_new_literal (BKS_ERROR, BKS_ERROR_RATE, "Too fast");
  g_autoptr(GError) copy = NULL;
  g_autoptr(GError) disk = NULL;
  g_autoptr(GError) foreign = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "stop");
  g_autoptr(GError) ours = NULL;

  bks_error_get_facts (error)->http_status = 429;
  bks_error_get_facts (error)->retry_after_ms = 2000;
  bks_error_get_facts (error)->provider = g_strdup ("openai");
  copy = bks_error_normalize (error, "Continue");
  g_assert_cmpstr (copy->message, ==, "Continue: Too fast");
  g_assert_cmpstr (bks_error_get_class_name (copy), ==, "RATE");
  g_assert_cmpint (bks_error_get_facts (copy)->retry_after_ms, ==, 2000);
  g_assert_cmpstr (bks_error_get_facts (copy)->provider, ==, "openai");

  bks_error_set_from_errno (&disk, ENOSPC, "Cannot write");
  g_assert_error (disk, BKS_ERROR, BKS_ERROR_DISK_FULL);
  ours = bks_error_normalize (foreign, NULL);
  g_assert_error (ours, BKS_ERROR, BKS_ERROR_CANCELLED);
  g_assert_true (bks_error_is_cancelled (foreign));
  g_assert_null (bks_error_get_facts (foreign));
}

static void
test_clock (void)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(BksClock) clock = bks_clock_new_fixed (1000);

  g_assert_cmpint (bks_clock_get_now_ms (limits->clock), >, 1700000000000);
  bks_clock_advance (clock, 500);
  g_assert_cmpint (bks_clock_get_now_ms (clock), ==, 1500);
  g_assert_cmpint (limits->autosave_idle_ms, ==, 1000);
  g_assert_cmpint (limits->autosave_most_ms, ==, 5000);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/money/parse", test_money_parse);
  g_test_add_func ("/core/money/round-trip", test_money_round_trip);
  g_test_add_func ("/core/money/words", test_money_words);
  g_test_add_func ("/core/id", test_id);
  g_test_add_func ("/core/redact", test_redact);
  g_test_add_func ("/core/json", test_json);
  g_test_add_func ("/core/error", test_error);
  g_test_add_func ("/core/clock", test_clock);
  return g_test_run ();
}
