/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>
#include <gtk/gtk.h>
#include <locale.h>

#include "bks-error.h"
#include "bks-studio.h"
#include "bks-wording.h"

/* Of the Unicode Bidirectional Algorithm, UAX #9 */
#define LEFT_TO_RIGHT_ISOLATE "\u2066"
#define POP_ISOLATE "\u2069"

#define SECOND_MS ((gint64) 1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)

/* The C locale has no separators, yet its sentences are English. */
static char *
group_in_english (gint64 number)
{
  GString *text = g_string_new (NULL);
  int sign;

  g_string_printf (text, "%" G_GINT64_FORMAT, number);
  sign = number < 0 ? 1 : 0;
  for (gssize at = (gssize) text->len - 3; at > sign; at -= 3)
    g_string_insert_c (text, at, ',');
  return g_string_free (text, FALSE);
}

static gboolean
is_c_locale (void)
{
  const char *name = setlocale (LC_NUMERIC, NULL);

  return name == NULL || g_str_equal (name, "C") || g_str_equal (name, "POSIX") || g_str_has_prefix (name, "C.");
}

/**
 * bks_wording_number:
 * @number: a count
 *
 * Returns: (transfer full): "59,646", as the locale groups digits
 */
char *
bks_wording_number (gint64 number)
{
  return is_c_locale () ? group_in_english (number) : g_strdup_printf ("%'" G_GINT64_FORMAT, number);
}

/**
 * bks_wording_words:
 * @words: how many
 *
 * Returns: (transfer full): "59,646 words"
 */
char *
bks_wording_words (gint64 words)
{
  g_autofree char *number = bks_wording_number (words);

  /* Translators: %s is a number with its separators */
  return g_strdup_printf (ngettext ("%s word", "%s words", (gulong) words), number);
}

/**
 * bks_wording_status:
 * @status: how far the author is with a node
 *
 * Returns: (transfer none): its name for people, "First Draft"
 */
const char *
bks_wording_status (BksNodeStatus status)
{
  static const char *const names[BKS_N_STATUSES] = {
    /* Translators: a chapter without a status */
    [BKS_STATUS_NONE] = NC_("status", "None"),
    [BKS_STATUS_TODO] = NC_("status", "To Do"),
    [BKS_STATUS_DRAFT] = NC_("status", "First Draft"),
    [BKS_STATUS_REVISED] = NC_("status", "Revised"),
    [BKS_STATUS_DONE] = NC_("status", "Done"),
  };

  g_return_val_if_fail (status < BKS_N_STATUSES, NULL);

  return g_dpgettext2 (NULL, "status", names[status]);
}

static GDateTime *
local_time (gint64 at_ms)
{
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc_usec (at_ms * 1000);

  return utc != NULL ? g_date_time_to_local (utc) : NULL;
}

static int
days_between (GDateTime *earlier,
              GDateTime *later)
{
  GDate a, b;

  g_date_clear (&a, 1);
  g_date_clear (&b, 1);
  g_date_set_dmy (&a, g_date_time_get_day_of_month (earlier), g_date_time_get_month (earlier),
                  g_date_time_get_year (earlier));
  g_date_set_dmy (&b, g_date_time_get_day_of_month (later), g_date_time_get_month (later),
                  g_date_time_get_year (later));
  return g_date_days_between (&a, &b);
}

/**
 * bks_wording_when:
 * @at_ms: a moment, epoch milliseconds; 0 is never
 * @now_ms: the present, epoch milliseconds
 *
 * Returns: (transfer full) (nullable): the day as one would say it: "today",
 *   "Tuesday", "May", "2025"; %NULL for never
 */
char *
bks_wording_when (gint64 at_ms,
                  gint64 now_ms)
{
  g_autoptr(GDateTime) at = local_time (at_ms);
  g_autoptr(GDateTime) now = local_time (now_ms);
  int days;

  if (at_ms <= 0 || at == NULL || now == NULL)
    return NULL;
  days = days_between (at, now);
  if (days <= 0)
    return g_strdup (_("today"));
  if (days == 1)
    return g_strdup (_("yesterday"));
  if (days < 7)
    return g_date_time_format (at, "%A");
  if (g_date_time_get_year (at) == g_date_time_get_year (now))
    return g_date_time_format (at, "%OB");
  return g_date_time_format (at, "%Y");
}

/**
 * bks_wording_saved:
 * @saved_at_ms: when the text was last on disk, epoch milliseconds; 0 is never
 * @now_ms: the present, epoch milliseconds
 *
 * Returns: (transfer full): "Saved 2 s ago"
 */
char *
bks_wording_saved (gint64 saved_at_ms,
                   gint64 now_ms)
{
  gint64 age = MAX (0, now_ms - saved_at_ms);
  g_autoptr(GDateTime) at = local_time (saved_at_ms);

  if (saved_at_ms <= 0 || at == NULL)
    return g_strdup (_("Saved"));
  if (age < SECOND_MS)
    return g_strdup (_("Saved just now"));
  if (age < MINUTE_MS)
    /* Translators: s is the unit, seconds */
    return g_strdup_printf (_("Saved %d s ago"), (int) (age / SECOND_MS));
  if (age < HOUR_MS)
    /* Translators: min is the unit, minutes */
    return g_strdup_printf (_("Saved %d min ago"), (int) (age / MINUTE_MS));
  return g_date_time_format (at, age < 12 * HOUR_MS ? _("Saved at %H:%M") : _("Saved on %x"));
}

/**
 * bks_wording_time:
 * @at_ms: a moment, epoch milliseconds
 *
 * Returns: (transfer full): the time of day, as the person's clock shows it: "14:05"
 */
char *
bks_wording_time (gint64 at_ms)
{
  g_autoptr(GDateTime) at = local_time (at_ms);

  return at != NULL ? g_date_time_format (at, "%H:%M") : g_strdup ("");
}

/**
 * bks_wording_date:
 * @at_ms: a moment, epoch milliseconds
 *
 * Returns: (transfer full): its day: "30 November"
 */
char *
bks_wording_date (gint64 at_ms)
{
  g_autoptr(GDateTime) at = local_time (at_ms);

  /* Translators: a day of this year, see strftime() */
  return at != NULL ? g_date_time_format (at, _("%-d %B")) : g_strdup ("");
}

/**
 * bks_wording_money:
 * @money: a known amount
 *
 * Returns: (transfer full): "$3.12", "-$0.0037", "< $0.0001"; in a script that is written from right to left held
 *   together, or the sign would wander behind the digits
 */
char *
bks_wording_money (BksMoney money)
{
  g_autofree char *text = bks_money_format_short (money);

  if (gtk_widget_get_default_direction () == GTK_TEXT_DIR_LTR)
    return g_steal_pointer (&text);
  return g_strconcat (LEFT_TO_RIGHT_ISOLATE, text, POP_ISOLATE, NULL);
}

/**
 * bks_wording_cost:
 * @cost: an amount
 *
 * Returns: (transfer full): "$0.0037", or that nobody knows it
 */
char *
bks_wording_cost (BksMoney cost)
{
  if (cost == BKS_MONEY_UNKNOWN)
    return g_strdup (_("price unknown"));
  if (cost == 0)
    return g_strdup (_("free"));
  return bks_wording_money (cost);
}

/**
 * bks_wording_sum:
 * @calls: how many calls it is the sum of
 * @cost: what those of a known price cost
 * @unknown_costs: how many have none
 *
 * Returns: (transfer full): "$1.87", "free", or "$1.87 + 2 unpriced": a sum never hides what it does not know
 */
char *
bks_wording_sum (gint64   calls,
                 BksMoney cost,
                 gint64   unknown_costs)
{
  g_autofree char *sum = NULL;

  if (unknown_costs >= calls && calls > 0)
    return bks_wording_cost (BKS_MONEY_UNKNOWN);
  if (unknown_costs == 0)
    return bks_wording_cost (cost);
  sum = bks_wording_money (cost);
  return g_strdup_printf (ngettext ("%s + %d unpriced", "%s + %d unpriced", (gulong) unknown_costs), sum,
                          (int) MIN (unknown_costs, G_MAXINT));
}

/**
 * bks_wording_tokens:
 * @count: how many
 *
 * Returns: (transfer full): "48,120 tokens"
 */
char *
bks_wording_tokens (gint64 count)
{
  g_autofree char *number = bks_wording_number (count);

  return g_strdup_printf (ngettext ("%s token", "%s tokens", (gulong) count), number);
}

/**
 * bks_wording_estimate:
 * @estimate: what sending may cost
 *
 * Returns: (transfer full): "≈ $0.004 · 1,240 tokens"
 */
char *
bks_wording_estimate (const BksEstimate *estimate)
{
  gint64 count = estimate->input_tokens + estimate->output_tokens;
  g_autofree char *tokens = bks_wording_tokens (count);
  g_autofree char *cost = bks_wording_cost (estimate->cost_high);
  gboolean known = estimate->cost_high != BKS_MONEY_UNKNOWN && estimate->cost_high > 0;

  /* Translators: an estimate: about this price, this many tokens */
  return g_strdup_printf (known ? _("≈ %s · %s") : _("%s · ≈ %s"), cost, tokens);
}

/**
 * bks_wording_range:
 * @estimate: what sending may cost
 *
 * Returns: (transfer full): "$0.001 to $0.004", "free", or that nobody knows
 */
char *
bks_wording_range (const BksEstimate *estimate)
{
  g_autofree char *low = NULL;
  g_autofree char *high = NULL;

  if (estimate->cost_high == BKS_MONEY_UNKNOWN || estimate->cost_high == 0)
    return bks_wording_cost (estimate->cost_high);
  low = bks_wording_money (estimate->cost_low);
  high = bks_wording_money (estimate->cost_high);
  if (g_str_equal (low, high))
    return g_steal_pointer (&high);
  /* Translators: the least and the most that something may cost */
  return g_strdup_printf (_("%s to %s"), low, high);
}

static char *
get_limit_words (const BksAllowance *allowance)
{
  gboolean daily = g_strcmp0 (allowance->period, "day") == 0;

  if (g_strcmp0 (allowance->scope, "provider") == 0)
    return g_strdup_printf (daily ? _("today's limit of %s") : _("this month's limit of %s"), allowance->name);
  if (g_strcmp0 (allowance->scope, "book") == 0)
    return g_strdup (daily ? _("this book's limit of today") : _("this book's limit of the month"));
  return g_strdup (daily ? _("today's limit") : _("this month's limit"));
}

/**
 * bks_wording_threshold:
 * @percent: how much of it is gone; 0: more than was allowed
 * @allowance: a limit
 *
 * Returns: (transfer full): "80 % of this month's limit is spent: $8.02 of $10.00"
 */
char *
bks_wording_threshold (guint               percent,
                       const BksAllowance *allowance)
{
  g_autofree char *what = get_limit_words (allowance);
  g_autofree char *used = bks_wording_money (allowance->used);
  g_autofree char *limit = bks_wording_money (allowance->limit);

  if (percent == 0)
    return g_strdup_printf (_("A call cost more than was set aside: %s is passed, %s of %s"), what, used, limit);
  if (percent >= 100)
    return g_strdup_printf (_("%s is reached: %s of %s"), what, used, limit);
  /* Translators: a percentage, which limit, what is spent, the limit */
  return g_strdup_printf (_("%u %% of %s is spent: %s of %s"), percent, what, used, limit);
}

/**
 * bks_wording_month:
 * @now_ms: the present, epoch milliseconds
 * @cost: what this month's calls with a known price cost
 * @unknown_costs: how many calls have none
 *
 * Returns: (transfer full): "Nov $3.12", "Nov $3.12 + 2 unpriced"
 */
char *
bks_wording_month (gint64   now_ms,
                   BksMoney cost,
                   gint64   unknown_costs)
{
  g_autoptr(GDateTime) now = local_time (now_ms);
  g_autofree char *month = g_date_time_format (now, "%Ob");
  g_autofree char *sum = bks_wording_money (cost);

  if (unknown_costs > 0)
    return g_strdup_printf (ngettext ("%s %s + %d unpriced call", "%s %s + %d unpriced calls",
                                      (gulong) unknown_costs),
                            month, sum, (int) MIN (unknown_costs, G_MAXINT));
  return g_strdup_printf ("%s %s", month, sum);
}

static gboolean
ends_sentence (const char *text)
{
  gsize length = strlen (text);

  return length > 0 && strchr (".!?", text[length - 1]) != NULL;
}

/**
 * bks_wording_error:
 * @error: why something failed
 *
 * Returns: (transfer full): the cause, and what to do about it
 */
char *
bks_wording_error (const GError *error)
{
  const char *advice = bks_studio_get_advice (error);
  const char *stop = ends_sentence (error->message) ? "" : ".";

  if (advice == NULL)
    return g_strdup_printf ("%s%s", error->message, stop);
  return g_strdup_printf ("%s%s %s", error->message, stop, _(advice));
}

/**
 * bks_wording_cause:
 * @error: why a provider did not answer
 *
 * Returns: (transfer full): the cause alone, as a short sentence about "it":
 *   another provider has answered, and nothing is to be done
 */
char *
bks_wording_cause (const GError *error)
{
  switch (error->domain == BKS_ERROR ? error->code : BKS_ERROR_FAILED)
    {
    case BKS_ERROR_AUTH: return g_strdup (_("its key is not accepted."));
    case BKS_ERROR_PERMISSION: return g_strdup (_("its key may not do this."));
    case BKS_ERROR_BILLING: return g_strdup (_("its credit is used up."));
    case BKS_ERROR_RATE: return g_strdup (_("it takes no more requests for the moment."));
    case BKS_ERROR_OVERLOAD: return g_strdup (_("it is overloaded."));
    case BKS_ERROR_SERVER: return g_strdup (_("it has a fault of its own."));
    case BKS_ERROR_TRANSPORT: return g_strdup (_("it cannot be reached."));
    case BKS_ERROR_TIMEOUT: return g_strdup (_("it was too slow."));
    case BKS_ERROR_CONTEXT: return g_strdup (_("the text is too long for it."));
    case BKS_ERROR_MODEL: return g_strdup (_("it does not have this model."));
    case BKS_ERROR_TRUNCATED: return g_strdup (_("its answer broke off."));
    default: return g_strdup (_("its answer could not be used."));
    }
}
