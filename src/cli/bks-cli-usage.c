/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-cli-private.h"
#include "bks-error.h"
#include "bks-router-money.h"
#include "bks-usage-export.h"

static struct
{
  char *since;
  char *by;
  char *export;
} options;

static char *
format_time (gint64 at)
{
  g_autoptr(GDateTime) time = at > 0 ? g_date_time_new_from_unix_utc_usec (at * 1000) : NULL;

  return time != NULL ? g_date_time_format_iso8601 (time) : NULL;
}

static void
print_table_row (BksCli     *cli,
                 const char *label,
                 gint64      calls,
                 gint64      input,
                 gint64      output,
                 BksMoney    cost)
{
  g_autofree char *line = bks_cli_make_line (label);
  g_autofree char *amount = cost != BKS_MONEY_UNKNOWN ? bks_money_format_short (cost) : g_strdup (_("unknown"));

  bks_cli_print (cli, "%-36s %8" G_GINT64_FORMAT " %12" G_GINT64_FORMAT " %12" G_GINT64_FORMAT "  %s\n",
                 line, calls, MAX (input, 0), MAX (output, 0), amount);
}

static char *
describe_row (const BksUsageRow *row)
{
  g_autofree char *at = format_time (row->at);

  if (row->at == 0)
    return g_strdup (row->label != NULL && *row->label != '\0' ? row->label : _("none"));
  return g_strdup_printf ("%.16s %s:%s", at, row->provider, row->model);
}

static void
print_projection (BksCli              *cli,
                  const BksProjection *projection)
{
  g_autofree char *spent = bks_money_format_short (projection->spent);
  g_autofree char *projected = bks_money_format_short (projection->projected);

  bks_cli_print (cli, _("This month: %s so far, about %s by its end.\n"), spent, projected);
}

static void
print_table (BksCli              *cli,
             GPtrArray           *rows,
             const BksUsageRow         *total,
             const BksProjection *projection)
{
  bks_cli_print (cli, "%-36s %8s %12s %12s  %s\n", "", _("calls"), _("tokens in"), _("tokens out"), _("cost"));
  for (guint i = 0; i < rows->len; i++)
    {
      const BksUsageRow *row = g_ptr_array_index (rows, i);
      g_autofree char *label = describe_row (row);

      print_table_row (cli, label, row->calls, row->input, row->output,
                       bks_usage_row_get_known_cost (row));
    }
  print_table_row (cli, _("total"), total->calls, total->input, total->output,
                   bks_usage_row_get_known_cost (total));
  if (total->unknown_costs > 0 && total->unknown_costs < total->calls)
    bks_cli_print (cli, ngettext ("The price of %" G_GINT64_FORMAT " call is not known.\n",
                                  "The price of %" G_GINT64_FORMAT " calls is not known.\n",
                                  (gulong) total->unknown_costs),
                   total->unknown_costs);
  if (total->orphans > 0)
    bks_cli_print (cli, ngettext ("%" G_GINT64_FORMAT " call is counted by estimate, as the program ended over it.\n",
                                  "%" G_GINT64_FORMAT " calls are counted by estimate, as the program ended over them.\n",
                                  (gulong) total->orphans),
                   total->orphans);
  if (rows->len > 0)
    print_projection (cli, projection);
}

/* A day of this machine's calendar, or a time with its zone. */
static gboolean
read_since (gint64  *since_ms,
            GError **error)
{
  g_autoptr(GTimeZone) zone = g_time_zone_new_local ();
  g_autoptr(GDateTime) time = NULL;
  g_autofree char *midnight = NULL;

  *since_ms = 0;
  if (options.since == NULL)
    return TRUE;
  if (!bks_cli_check_text (options.since, "--since", error))
    return FALSE;
  midnight = g_strconcat (options.since, "T00:00:00", NULL);
  time = g_date_time_new_from_iso8601 (strchr (options.since, 'T') != NULL ? options.since : midnight, zone);
  if (time == NULL)
    return bks_cli_usage_error (error, _("“%s” is no date as in 2026-01-31"), options.since);
  *since_ms = g_date_time_to_unix_usec (time) / 1000;
  return TRUE;
}

static gboolean
check_choice (const char         *value,
              const char *const  *choices,
              const char         *name,
              GError            **error)
{
  g_autofree char *all = g_strjoinv (", ", (char **) choices);

  if (value == NULL || g_strv_contains (choices, value))
    return TRUE;
  return bks_cli_usage_error (error, _("%s is one of %s"), name, all);
}

static gboolean
usage (BksCli  *cli,
       GError **error)
{
  static const char *const groupings[] = { "day", "month", "provider", "model", "book", "device", NULL };
  static const char *const formats[] = { "csv", "json", NULL };
  BksRouter *router = bks_studio_get_router (cli->studio);
  g_autoptr(GPtrArray) rows = NULL;
  g_autoptr(BksProjection) projection = NULL;
  BksUsageRow total = { 0 };
  gint64 since_ms;

  if (!check_choice (options.by, groupings, "--by", error) ||
      !check_choice (options.export, formats, "--export", error) || !read_since (&since_ms, error))
    return FALSE;
  rows = dex_await_boxed (bks_cli_until_stop (cli, bks_router_list_usage (router, since_ms, options.by)), error);
  if (rows == NULL)
    return FALSE;
  projection = dex_await_boxed (bks_cli_until_stop (cli, bks_router_project_month (router)), error);
  if (projection == NULL)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    if (!bks_usage_row_add (&total, g_ptr_array_index (rows, i), error))
      return FALSE;
  if (g_strcmp0 (options.export, "csv") == 0)
    {
      g_autofree char *csv = bks_usage_export_csv (rows);

      bks_cli_print (cli, "%s", csv);
    }
  else if (cli->json || options.export != NULL)
    {
      g_autoptr(JsonBuilder) builder = bks_usage_export_json (rows, projection, error);

      if (builder == NULL)
        return FALSE;
      bks_cli_print_json (cli, builder);
    }
  else
    print_table (cli, rows, &total, projection);
  return TRUE;
}

static const GOptionEntry usage_options[] = {
  { "since", 0, 0, G_OPTION_ARG_FILENAME, &options.since, N_("From this day on, as in 2026-01-31"), N_("DATE") },
  { "by", 0, 0, G_OPTION_ARG_FILENAME, &options.by, N_("Sums by day, month, provider, model, book or device"), N_("WHAT") },
  { "export", 0, 0, G_OPTION_ARG_FILENAME, &options.export, N_("csv or json"), N_("FORMAT") },
  { NULL },
};

const BksCliVerb bks_cli_usage_verbs[] = {
  { "usage", NULL, "", N_("Show calls, tokens and costs"), usage, usage_options, 0, 0, BKS_CLI_PLAIN },
  { NULL },
};
