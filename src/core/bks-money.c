/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-core"

#include "config.h"

#include <math.h>
#include <string.h>

#include "bks-error.h"
#include "bks-money.h"
#include "bks-redact.h"

/* 10^12 has 12 fractional digits; everything beyond rounds. */
#define FRACTION_DIGITS 12
#define MAX_LENGTH 64

static gboolean
refuse (const char  *text,
        GError     **error)
{
  /* It may be anything, a key pasted into the wrong field among it. */
  g_autofree char *shown = bks_redact (text, 32);

  g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "“%s” is not an amount of money", shown);
  return FALSE;
}

/* Reads digits and an optional point into a digit string and its scale. */
static gboolean
read_mantissa (const char **cursor,
               GString     *digits,
               int         *scale)
{
  gboolean seen_point = FALSE;
  const char *p = *cursor;

  *scale = 0;
  for (; g_ascii_isdigit (*p) || (*p == '.' && !seen_point); p++)
    {
      if (*p == '.')
        {
          seen_point = TRUE;
          continue;
        }
      g_string_append_c (digits, *p);
      if (seen_point)
        (*scale)++;
    }
  *cursor = p;
  return digits->len > 0;
}

static gboolean
read_exponent (const char **cursor,
               int         *exponent)
{
  const char *p = *cursor;
  gboolean negative = FALSE;
  int value = 0;

  *exponent = 0;
  if (*p != 'e' && *p != 'E')
    return TRUE;
  p++;
  if (*p == '+' || *p == '-')
    negative = *p++ == '-';
  if (!g_ascii_isdigit (*p))
    return FALSE;
  for (; g_ascii_isdigit (*p); p++)
    value = MIN (value * 10 + (*p - '0'), 10000);
  *exponent = negative ? -value : value;
  *cursor = p;
  return TRUE;
}

/* The value of @digits shifted by @shift decimal places, rounded half away from zero. */
static gboolean
shift_digits (GString *digits,
              int      shift,
              gint64  *value)
{
  gint64 result = 0;
  int kept = (int) digits->len + shift;

  for (int i = 0; i < kept; i++)
    {
      int digit = i < (int) digits->len ? digits->str[i] - '0' : 0;

      if (result == 0 && digit == 0 && i >= (int) digits->len)
        break;
      if (__builtin_mul_overflow (result, (gint64) 10, &result) ||
          __builtin_add_overflow (result, (gint64) digit, &result))
        return FALSE;
    }
  if (kept >= 0 && kept < (int) digits->len && digits->str[kept] >= '5' &&
      __builtin_add_overflow (result, (gint64) 1, &result))
    return FALSE;
  *value = result;
  return TRUE;
}

/**
 * bks_money_parse:
 * @text: a decimal number of US dollars, "0.0000025" or "5e-06"
 * @money: (out): the amount, rounded to the nearest pico-dollar
 * @error: return location
 *
 * Reads an amount from its decimal text, so that no binary fraction comes in
 * between. The decimal point is always a point.
 *
 * Returns: %FALSE with %BKS_ERROR_INVALID_INPUT if @text is no number, or too large
 */
gboolean
bks_money_parse (const char  *text,
                 BksMoney    *money,
                 GError     **error)
{
  g_autoptr(GString) digits = g_string_new (NULL);
  const char *p = text;
  gboolean negative = FALSE;
  int scale, exponent;
  gint64 value;

  g_return_val_if_fail (text != NULL && money != NULL, FALSE);

  if (strlen (text) > MAX_LENGTH)
    return refuse (text, error);
  if (*p == '+' || *p == '-')
    negative = *p++ == '-';
  if (!read_mantissa (&p, digits, &scale) || !read_exponent (&p, &exponent) || *p != '\0' ||
      !shift_digits (digits, FRACTION_DIGITS - scale + exponent, &value))
    return refuse (text, error);

  *money = negative ? -value : value;
  return TRUE;
}

/**
 * bks_money_from_double:
 * @dollars: US dollars, as a JSON number was read
 * @money: (out): the amount, rounded to the nearest pico-dollar
 *
 * Returns: %FALSE if @dollars is not finite or too large
 */
gboolean
bks_money_from_double (double    dollars,
                       BksMoney *money)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_return_val_if_fail (money != NULL, FALSE);

  if (!isfinite (dollars))
    return FALSE;
  /* 15 digits are what a double keeps of any decimal: the text that was sent. */
  g_ascii_formatd (text, sizeof text, "%.15g", dollars);
  return bks_money_parse (text, money, NULL);
}

static guint64
get_magnitude (BksMoney money)
{
  return money < 0 ? -(guint64) money : (guint64) money;
}

static char *
format (guint64 magnitude,
        int     least_digits)
{
  g_autofree char *fraction = NULL;
  gsize length;

  fraction = g_strdup_printf ("%012" G_GUINT64_FORMAT, magnitude % (guint64) BKS_MONEY_PER_DOLLAR);
  length = strlen (fraction);
  while (length > (gsize) least_digits && fraction[length - 1] == '0')
    fraction[--length] = '\0';

  return g_strdup_printf ("%" G_GUINT64_FORMAT "%s%s", magnitude / (guint64) BKS_MONEY_PER_DOLLAR,
                          length > 0 ? "." : "", fraction);
}

/**
 * bks_money_format:
 * @money: a known amount
 *
 * Returns: (transfer full): US dollars as a decimal string without loss, "0.0037"
 */
char *
bks_money_format (BksMoney money)
{
  g_autofree char *text = NULL;

  g_return_val_if_fail (money != BKS_MONEY_UNKNOWN, NULL);

  text = format (get_magnitude (money), 0);
  return g_strconcat (money < 0 ? "-" : "", text, NULL);
}

/**
 * bks_money_format_short:
 * @money: a known amount
 *
 * Rounds to what a person reads: cents from a dollar on, hundredths of a cent
 * below.
 *
 * Returns: (transfer full): "$3.12", "-$0.0037", "< $0.0001"
 */
char *
bks_money_format_short (BksMoney money)
{
  g_autofree char *text = NULL;
  guint64 unit = (guint64) BKS_MONEY_PER_DOLLAR / 10000;
  guint64 magnitude = get_magnitude (money);

  g_return_val_if_fail (money != BKS_MONEY_UNKNOWN, NULL);

  if (money > 0 && magnitude < unit / 2)
    return g_strdup ("< $0.0001");
  if (magnitude >= (guint64) BKS_MONEY_PER_DOLLAR)
    unit = (guint64) BKS_MONEY_PER_DOLLAR / 100;
  magnitude = (magnitude + unit / 2) / unit * unit;
  text = format (magnitude, 2);
  return g_strconcat (money < 0 && magnitude > 0 ? "-$" : "$", text, NULL);
}

/**
 * bks_money_multiply:
 * @money: a price
 * @count: how many
 * @product: (out): @money times @count; unknown stays unknown
 *
 * Returns: %FALSE on overflow, and @product is not to be used
 */
gboolean
bks_money_multiply (BksMoney  money,
                    gint64    count,
                    BksMoney *product)
{
  if (money == BKS_MONEY_UNKNOWN)
    {
      *product = BKS_MONEY_UNKNOWN;
      return TRUE;
    }
  return !__builtin_mul_overflow (money, count, product) && *product != BKS_MONEY_UNKNOWN;
}

/**
 * bks_money_add:
 * @a: an amount
 * @b: an amount
 * @sum: (out): their sum; unknown where either is
 *
 * Returns: %FALSE on overflow, and @sum is not to be used
 */
gboolean
bks_money_add (BksMoney  a,
               BksMoney  b,
               BksMoney *sum)
{
  if (a == BKS_MONEY_UNKNOWN || b == BKS_MONEY_UNKNOWN)
    {
      *sum = BKS_MONEY_UNKNOWN;
      return TRUE;
    }
  return !__builtin_add_overflow (a, b, sum) && *sum != BKS_MONEY_UNKNOWN;
}
