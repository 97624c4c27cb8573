/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>

#include "bks-error.h"
#include "bks-wording.h"

#define SECOND G_GINT64_CONSTANT (1000)
#define DAY (24 * 60 * 60 * SECOND)
/* 2026-06-17 12:00 UTC, a Wednesday */
#define NOON G_GINT64_CONSTANT (1781697600000)

static void
assert_text (char       *found,
             const char *expected)
{
  g_assert_cmpstr (found, ==, expected);
  g_free (found);
}

static void
test_words (void)
{
  assert_text (bks_wording_words (0), "0 words");
  assert_text (bks_wording_words (1), "1 word");
  assert_text (bks_wording_words (847), "847 words");
  assert_text (bks_wording_words (1502), "1,502 words");
  assert_text (bks_wording_number (-1234567), "-1,234,567");
  assert_text (bks_wording_number (-123), "-123");
}

static void
test_when (void)
{
  assert_text (bks_wording_when (0, NOON), NULL);
  assert_text (bks_wording_when (NOON - SECOND, NOON), "today");
  assert_text (bks_wording_when (NOON - DAY, NOON), "yesterday");
  assert_text (bks_wording_when (NOON - 3 * DAY, NOON), "Sunday");
  assert_text (bks_wording_when (NOON - 40 * DAY, NOON), "May");
  assert_text (bks_wording_when (NOON - 400 * DAY, NOON), "2025");
  /* A clock that was set back. */
  assert_text (bks_wording_when (NOON + DAY, NOON), "today");
}

static void
test_saved (void)
{
  assert_text (bks_wording_saved (0, NOON), "Saved");
  assert_text (bks_wording_saved (NOON, NOON), "Saved just now");
  assert_text (bks_wording_saved (NOON - 2 * SECOND, NOON), "Saved 2 s ago");
  assert_text (bks_wording_saved (NOON - 300 * SECOND, NOON), "Saved 5 min ago");
  assert_text (bks_wording_saved (NOON + DAY, NOON), "Saved just now");
}

static void
test_money (void)
{
  BksEstimate priced = { 1000, 240, BKS_MONEY_PER_DOLLAR / 1000, BKS_MONEY_PER_DOLLAR / 250 };
  BksEstimate unpriced = { 1, 0, BKS_MONEY_UNKNOWN, BKS_MONEY_UNKNOWN };
  BksEstimate gratis = { 10, 10, 0, 0 };

  assert_text (bks_wording_estimate (&priced), "≈ $0.004 · 1,240 tokens");
  assert_text (bks_wording_estimate (&unpriced), "price unknown · ≈ 1 token");
  assert_text (bks_wording_estimate (&gratis), "free · ≈ 20 tokens");
  assert_text (bks_wording_month (NOON, BKS_MONEY_PER_DOLLAR * 312 / 100, 0), "Jun $3.12");
  assert_text (bks_wording_month (NOON, BKS_MONEY_PER_DOLLAR, 2), "Jun $1.00 + 2 unpriced calls");
}

static void
test_error (void)
{
  g_autoptr(GError) auth = g_error_new_literal (BKS_ERROR, BKS_ERROR_AUTH, "The key was refused");
  g_autoptr(GError) ended = g_error_new_literal (BKS_ERROR, BKS_ERROR_FAILED, "It broke.");
  g_autofree char *text = bks_wording_error (auth);

  /* The cause first, then what to do. */
  g_assert_true (g_str_has_prefix (text, "The key was refused. "));
  g_assert_cmpuint (strlen (text), >, strlen ("The key was refused. "));
  assert_text (bks_wording_error (ended), "It broke.");
}

int
main (int   argc,
      char *argv[])
{
  g_setenv ("TZ", "UTC", TRUE);
  g_setenv ("LC_ALL", "C.UTF-8", TRUE);
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wording/words", test_words);
  g_test_add_func ("/wording/when", test_when);
  g_test_add_func ("/wording/saved", test_saved);
  g_test_add_func ("/wording/money", test_money);
  g_test_add_func ("/wording/error", test_error);
  return g_test_run ();
}
