/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>
#include <stdio.h>

#include "bks-cli-private.h"
#include "bks-error.h"
#include "bks-router-money.h"

static struct
{
  char *day;
  char *month;
  char *soft;
  char *book;
  char *provider;
  char *device;
} options;

/**
 * bks_cli_format_reset:
 * @at_ms: epoch milliseconds
 *
 * Returns: (transfer full): the time on this machine's calendar, "2026-02-01 00:00"
 */
char *
bks_cli_format_reset (gint64 at_ms)
{
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc_usec (at_ms * 1000);
  g_autoptr(GDateTime) time = g_date_time_to_local (utc);

  return g_date_time_format (time, "%Y-%m-%d %H:%M");
}

/**
 * bks_cli_read_money:
 * @text: what was typed
 * @what: for what, "--day"
 * @money: (out): the amount, of zero or more
 * @error: return location
 *
 * Returns: %FALSE with an error of wrong usage
 */
gboolean
bks_cli_read_money (const char  *text,
                    const char  *what,
                    BksMoney    *money,
                    GError     **error)
{
  if (!bks_cli_check_text (text, what, error))
    return FALSE;
  if (bks_money_parse (text, money, NULL) && *money >= 0)
    return TRUE;
  return bks_cli_usage_error (error, _("%s takes an amount of US dollars such as 2.50"), what);
}

static char *
describe_scope (const char *scope,
                const char *name)
{
  if (g_str_equal (scope, "provider"))
    return g_strdup_printf (_("provider %s"), name);
  if (g_str_equal (scope, "book"))
    return g_strdup_printf (_("book %s"), name);
  if (g_str_equal (scope, "device") || g_str_equal (scope, "tier"))
    return g_strdup_printf (_("device %s"), name);
  return g_strdup (_("everything"));
}

static char *
describe_allowance (const BksAllowance *allowance)
{
  g_autofree char *scope = describe_scope (allowance->scope, allowance->name);
  g_autofree char *used = bks_money_format_short (allowance->used);
  g_autofree char *limit = bks_money_format_short (allowance->limit);

  if (g_str_equal (allowance->period, "day"))
    return g_strdup_printf (_("of the day's %s for %s, %s is spent"), limit, scope, used);
  return g_strdup_printf (_("of the month's %s for %s, %s is spent"), limit, scope, used);
}

static void
threshold_cb (BksRouter    *router,
              guint         percent,
              BksAllowance *allowance,
              gpointer      data)
{
  g_autofree char *spent = describe_allowance (allowance);

  fprintf (stderr, _("%s: Budget: %s (%u percent).\n"), BKS_CLI_NAME, spent, percent);
}

static void
overrun_cb (BksRouter    *router,
            BksAllowance *allowance,
            gpointer      data)
{
  g_autofree char *spent = describe_allowance (allowance);

  fprintf (stderr, _("%s: A call cost more than it could by the known prices: %s. That budget is closed until “%s budget set” sets it anew, or its time is over.\n"),
           BKS_CLI_NAME, spent, BKS_CLI_NAME);
}

/**
 * bks_cli_watch_budgets:
 * @cli: this run
 *
 * Says on standard error when half, four fifths and all of a budget are spent,
 * each once in its day or month, and when a call cost more than it could.
 */
void
bks_cli_watch_budgets (BksCli *cli)
{
  BksRouter *router = bks_studio_get_router (cli->studio);

  g_signal_connect (router, "budget-threshold", G_CALLBACK (threshold_cb), NULL);
  g_signal_connect (router, "budget-overrun", G_CALLBACK (overrun_cb), NULL);
}

static void
add_budget (JsonBuilder     *builder,
            const BksBudget *budget)
{
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "scope", budget->scope);
  bks_json_add_string (builder, "name", *budget->name != '\0' ? budget->name : NULL);
  bks_json_add_string (builder, "period", budget->period);
  bks_json_add_money (builder, "limit_usd", budget->hard != BKS_UNLIMITED ? budget->hard : BKS_MONEY_UNKNOWN);
  bks_json_add_money (builder, "soft_usd", budget->soft != BKS_UNLIMITED ? budget->soft : BKS_MONEY_UNKNOWN);
  /* Nothing was called: that is not the same as calls that cost nothing. */
  bks_json_add_money (builder, "used_usd", budget->calls > 0 ? budget->spent : BKS_MONEY_UNKNOWN);
  bks_json_add_money (builder, "reserved_usd", budget->reserved);
  bks_json_add_int (builder, "calls", budget->calls);
  bks_json_add_int (builder, "unknown_costs", budget->unknown);
  bks_json_add_boolean (builder, "closed", budget->closed);
  bks_json_add_int (builder, "resets_at", budget->resets_at);
  json_builder_end_object (builder);
}

static char *
format_limit (BksMoney    limit,
              const char *without)
{
  return limit == BKS_UNLIMITED ? g_strdup (without) : bks_money_format_short (limit);
}

static void
print_budget (BksCli          *cli,
              const BksBudget *budget)
{
  g_autofree char *scope = describe_scope (budget->scope, budget->name);
  g_autofree char *limit = format_limit (budget->hard, _("unlimited"));
  g_autofree char *soft = format_limit (budget->soft, _("none"));
  g_autofree char *used = budget->calls > 0 ? bks_money_format_short (budget->spent) : g_strdup (_("unused"));
  g_autofree char *reset = bks_cli_format_reset (budget->resets_at);
  const char *period = g_str_equal (budget->period, "day") ? _("day") : _("month");

  bks_cli_print (cli, "%-48s %-6s %12s %12s %12s  %s%s\n", scope, period, used, limit, soft, reset,
                 budget->closed ? _("  closed") : "");
  if (budget->unknown > 0)
    bks_cli_print (cli, ngettext ("  The price of %" G_GINT64_FORMAT " call is not known.\n",
                                  "  The price of %" G_GINT64_FORMAT " calls is not known.\n", (gulong) budget->unknown),
                   budget->unknown);
}

static gboolean
show (BksCli  *cli,
      GError **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GPtrArray) budgets = NULL;

  budgets = dex_await_boxed (bks_cli_until_stop (cli, bks_router_list_budgets (bks_studio_get_router (cli->studio))), error);
  if (budgets == NULL)
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "budgets");
  if (!cli->json)
    bks_cli_print (cli, "%-48s %-6s %12s %12s %12s  %s\n", "", "", _("used"), _("limit"), _("warn at"), _("resets"));
  for (guint i = 0; i < budgets->len; i++)
    {
      add_budget (builder, g_ptr_array_index (budgets, i));
      if (!cli->json)
        print_budget (cli, g_ptr_array_index (budgets, i));
    }
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  return TRUE;
}

/* "2.50", or "none" for no limit, which is another thing than 0. */
static gboolean
read_limit (const char  *text,
            const char  *what,
            BksMoney    *limit,
            GError     **error)
{
  *limit = BKS_UNLIMITED;
  if (text == NULL || g_str_equal (text, "none"))
    return TRUE;
  if (!bks_cli_check_text (text, what, error))
    return FALSE;
  if (bks_money_parse (text, limit, NULL) && *limit >= 0)
    return TRUE;
  return bks_cli_usage_error (error, _("%s takes an amount of US dollars such as 2.50, or “none”"), what);
}

/* Whose budget it is; "" for everything. */
static gboolean
read_scope (BksCli      *cli,
            const char **scope,
            char       **name,
            GError     **error)
{
  if ((options.book != NULL) + (options.provider != NULL) + (options.device != NULL) > 1)
    return bks_cli_usage_error (error, _("Only one of --book, --provider and --device at a time"));
  if (options.book != NULL)
    {
      g_autoptr(BksBook) book = bks_cli_find_book (cli, options.book, error);

      *scope = "book";
      *name = book != NULL ? g_strdup (bks_book_get_id (book)) : NULL;
    }
  else if (options.device != NULL)
    {
      g_autoptr(BksDevice) device = bks_cli_find_device (cli, options.device, error);

      *scope = "device";
      *name = device != NULL ? g_strdup (device->id) : NULL;
    }
  else if (options.provider != NULL)
    {
      g_autoptr(BksProviderInfo) info = NULL;

      if (!bks_cli_check_text (options.provider, "--provider", error))
        return FALSE;
      info = dex_await_boxed (bks_router_get_provider (bks_studio_get_router (cli->studio), options.provider), error);
      *scope = "provider";
      *name = info != NULL ? g_strdup (info->id) : NULL;
    }
  else
    {
      *scope = "global";
      *name = g_strdup ("");
    }
  return *name != NULL;
}

/* What to be warned of is for the period that is set with it, else for the month. */
static gboolean
set (BksCli  *cli,
     GError **error)
{
  BksRouter *router = bks_studio_get_router (cli->studio);
  gboolean soft_of_day = options.soft != NULL && options.day != NULL && options.month == NULL;
  gboolean soft_of_month = options.soft != NULL && !soft_of_day;
  g_autofree char *name = NULL;
  BksMoney day, month, soft;
  const char *scope = NULL;

  if (options.day == NULL && options.month == NULL && options.soft == NULL)
    return bks_cli_usage_error (error, _("An option is missing: --day USD, --month USD or --soft USD"));
  if (!read_limit (options.day, "--day", &day, error) || !read_limit (options.month, "--month", &month, error) ||
      !read_limit (options.soft, "--soft", &soft, error) || !read_scope (cli, &scope, &name, error))
    return FALSE;
  if (options.day != NULL &&
      !dex_await (bks_router_set_budget (router, scope, name, "day", &day, soft_of_day ? &soft : NULL), error))
    return FALSE;
  if ((options.month != NULL || soft_of_month) &&
      !dex_await (bks_router_set_budget (router, scope, name, "month", options.month != NULL ? &month : NULL,
                                         soft_of_month ? &soft : NULL), error))
    return FALSE;
  return show (cli, error);
}

static const GOptionEntry set_options[] = {
  { "day", 0, 0, G_OPTION_ARG_FILENAME, &options.day, N_("What may be spent in a day; “none” for no limit"), N_("USD") },
  { "month", 0, 0, G_OPTION_ARG_FILENAME, &options.month, N_("What may be spent in a month; “none” for no limit"), N_("USD") },
  { "soft", 0, 0, G_OPTION_ARG_FILENAME, &options.soft, N_("What to be warned of, at 50, 80 and 100 percent"), N_("USD") },
  { "book", 0, 0, G_OPTION_ARG_FILENAME, &options.book, N_("Of one book alone"), N_("BOOK") },
  { "provider", 0, 0, G_OPTION_ARG_FILENAME, &options.provider, N_("Of one provider alone"), N_("P") },
  { "device", 0, 0, G_OPTION_ARG_FILENAME, &options.device, N_("Of one companion alone"), N_("DEVICE") },
  { NULL },
};

const BksCliVerb bks_cli_budget_verbs[] = {
  { "budget", "show", "", N_("Show what may be spent, and what is"), show, NULL, 0, 0, BKS_CLI_PLAIN },
  { "budget", "set", "", N_("Set what may be spent in a day or a month"), set, set_options, 0, 0, BKS_CLI_PLAIN },
  { NULL },
};
