/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-cli-private.h"
#include "bks-error.h"
#include "bks-router-money.h"

static struct
{
  char *since;
  char *by;
  char *export;
} options;

/* Sums over rows. The cost is unknown only where no price at all is known. */
typedef struct
{
  gint64   calls;
  gint64   input;
  gint64   output;
  gint64   unknown_costs;
  gint64   estimated;
  gint64   orphans;
  BksMoney cost;
} Total;

static BksMoney
get_known_cost (gint64   calls,
                gint64   unknown_costs,
                BksMoney cost)
{
  return calls > 0 && unknown_costs >= calls ? BKS_MONEY_UNKNOWN : cost;
}

static gboolean
add_to_total (Total              *total,
              const BksUsageRow  *row,
              GError            **error)
{
  total->calls += row->calls;
  total->input += MAX (row->input, 0);
  total->output += MAX (row->output, 0);
  total->unknown_costs += row->unknown_costs;
  total->estimated += row->estimated;
  total->orphans += row->orphans;
  if (row->cost != BKS_MONEY_UNKNOWN && !bks_money_add (total->cost, row->cost, &total->cost))
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_TOO_LARGE, "The sum of the costs is too large");
      return FALSE;
    }
  return TRUE;
}

static void
add_row (JsonBuilder       *builder,
         const BksUsageRow *row)
{
  json_builder_begin_object (builder);
  bks_cli_add_string (builder, "label", row->label);
  bks_cli_add_string (builder, "provider", row->provider);
  bks_cli_add_string (builder, "model", row->model);
  bks_cli_add_string (builder, "book", row->book_id);
  bks_cli_add_string (builder, "device", row->device_id);
  bks_cli_add_string (builder, "role", row->role);
  bks_cli_add_string (builder, "request", row->request_id);
  bks_cli_add_count (builder, "attempt", row->attempt > 0 ? row->attempt : -1);
  bks_cli_add_string (builder, "outcome", row->outcome);
  bks_cli_add_count (builder, "at", row->at > 0 ? row->at : -1);
  bks_cli_add_int (builder, "calls", row->calls);
  bks_cli_add_count (builder, "input", row->input);
  bks_cli_add_count (builder, "cache_read", row->cache_read);
  bks_cli_add_count (builder, "cache_write", row->cache_write);
  bks_cli_add_count (builder, "output", row->output);
  bks_cli_add_money (builder, "cost_usd", get_known_cost (row->calls, row->unknown_costs, row->cost));
  bks_cli_add_string (builder, "cost_source", row->cost_source);
  bks_cli_add_string (builder, "prices_as_of", row->price_date);
  bks_cli_add_int (builder, "unknown_costs", row->unknown_costs);
  bks_cli_add_int (builder, "estimated", row->estimated);
  bks_cli_add_int (builder, "orphans", row->orphans);
  json_builder_end_object (builder);
}

/* Where the month is going, whatever rows are asked for. */
static void
add_projection (JsonBuilder         *builder,
                const BksProjection *projection)
{
  json_builder_set_member_name (builder, "projection");
  json_builder_begin_object (builder);
  bks_cli_add_money (builder, "month_so_far_usd", projection->spent);
  bks_cli_add_money (builder, "last_7_days_usd", projection->week);
  bks_cli_add_int (builder, "days_left", projection->days_left);
  bks_cli_add_money (builder, "month_usd", projection->projected);
  bks_cli_add_int (builder, "unknown_costs", projection->unknown);
  json_builder_end_object (builder);
}

static void
print_json (BksCli              *cli,
            GPtrArray           *rows,
            const Total         *total,
            const BksProjection *projection)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "rows");
  json_builder_begin_array (builder);
  for (guint i = 0; i < rows->len; i++)
    add_row (builder, g_ptr_array_index (rows, i));
  json_builder_end_array (builder);
  bks_cli_add_int (builder, "input", total->input);
  bks_cli_add_int (builder, "output", total->output);
  bks_cli_add_money (builder, "cost_usd", get_known_cost (total->calls, total->unknown_costs, total->cost));
  bks_cli_add_int (builder, "calls", total->calls);
  bks_cli_add_int (builder, "unknown_costs", total->unknown_costs);
  bks_cli_add_int (builder, "estimated", total->estimated);
  bks_cli_add_int (builder, "orphans", total->orphans);
  add_projection (builder, projection);
  json_builder_end_object (builder);
  bks_cli_print_json (cli, builder);
}

/* RFC 4180: a field with a comma, a quote or a line break stands in quotes. */
static void
append_field (GString    *line,
              const char *value)
{
  g_auto(GStrv) parts = NULL;
  g_autofree char *doubled = NULL;

  if (line->len > 0)
    g_string_append_c (line, ',');
  if (value == NULL)
    return;
  if (strpbrk (value, ",\"\r\n") == NULL)
    {
      g_string_append (line, value);
      return;
    }
  parts = g_strsplit (value, "\"", -1);
  doubled = g_strjoinv ("\"\"", parts);
  g_string_append_printf (line, "\"%s\"", doubled);
}

static void
append_count (GString *line,
              gint64   value)
{
  g_autofree char *text = value >= 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, value) : NULL;

  append_field (line, text);
}

static char *
format_time (gint64 at)
{
  g_autoptr(GDateTime) time = at > 0 ? g_date_time_new_from_unix_utc_usec (at * 1000) : NULL;

  return time != NULL ? g_date_time_format_iso8601 (time) : NULL;
}

static void
print_csv (BksCli    *cli,
           GPtrArray *rows)
{
  bks_cli_print (cli, "label,at,provider,model,book,device,role,request,attempt,outcome,calls,input,cache_read,cache_write,"
                      "output,cost_usd,cost_source,prices_as_of,unknown_costs,estimated,orphans\r\n");
  for (guint i = 0; i < rows->len; i++)
    {
      const BksUsageRow *row = g_ptr_array_index (rows, i);
      BksMoney cost = get_known_cost (row->calls, row->unknown_costs, row->cost);
      g_autofree char *amount = cost != BKS_MONEY_UNKNOWN ? bks_money_format (cost) : NULL;
      g_autofree char *at = format_time (row->at);
      g_autoptr(GString) line = g_string_new (NULL);

      append_field (line, row->label != NULL ? row->label : "");
      append_field (line, at);
      append_field (line, row->provider);
      append_field (line, row->model);
      append_field (line, row->book_id);
      append_field (line, row->device_id);
      append_field (line, row->role);
      append_field (line, row->request_id);
      append_count (line, row->attempt > 0 ? row->attempt : -1);
      append_field (line, row->outcome);
      append_count (line, row->calls);
      append_count (line, row->input);
      append_count (line, row->cache_read);
      append_count (line, row->cache_write);
      append_count (line, row->output);
      append_field (line, amount);
      append_field (line, row->cost_source);
      append_field (line, row->price_date);
      append_count (line, row->unknown_costs);
      append_count (line, row->estimated);
      append_count (line, row->orphans);
      bks_cli_print (cli, "%s\r\n", line->str);
    }
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
             const Total         *total,
             const BksProjection *projection)
{
  bks_cli_print (cli, "%-36s %8s %12s %12s  %s\n", "", _("calls"), _("tokens in"), _("tokens out"), _("cost"));
  for (guint i = 0; i < rows->len; i++)
    {
      const BksUsageRow *row = g_ptr_array_index (rows, i);
      g_autofree char *label = describe_row (row);

      print_table_row (cli, label, row->calls, row->input, row->output,
                       get_known_cost (row->calls, row->unknown_costs, row->cost));
    }
  print_table_row (cli, _("total"), total->calls, total->input, total->output,
                   get_known_cost (total->calls, total->unknown_costs, total->cost));
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
  Total total = { 0 };
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
    if (!add_to_total (&total, g_ptr_array_index (rows, i), error))
      return FALSE;
  if (g_strcmp0 (options.export, "csv") == 0)
    print_csv (cli, rows);
  else if (cli->json || options.export != NULL)
    print_json (cli, rows, &total, projection);
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
