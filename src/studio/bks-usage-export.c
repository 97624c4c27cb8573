/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <string.h>

#include "bks-error.h"
#include "bks-json.h"
#include "bks-usage-export.h"

/**
 * bks_usage_row_get_known_cost:
 * @self: a sum, or a row
 *
 * Returns: what its calls cost as far as it is known; %BKS_MONEY_UNKNOWN only where no cost of it is
 */
BksMoney
bks_usage_row_get_known_cost (const BksUsageRow *self)
{
  return self->calls > 0 && self->unknown_costs >= self->calls ? BKS_MONEY_UNKNOWN : self->cost;
}

/**
 * bks_usage_row_add:
 * @self: a sum
 * @row: what is added to it: calls, tokens, costs
 * @error: return location
 *
 * Returns: %FALSE where the sum of the costs is too large
 */
gboolean
bks_usage_row_add (BksUsageRow        *self,
                   const BksUsageRow  *row,
                   GError            **error)
{
  self->calls += row->calls;
  self->input += MAX (row->input, 0);
  self->output += MAX (row->output, 0);
  self->unknown_costs += row->unknown_costs;
  self->estimated += row->estimated;
  self->orphans += row->orphans;
  if (row->cost == BKS_MONEY_UNKNOWN || bks_money_add (self->cost, row->cost, &self->cost))
    return TRUE;
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_TOO_LARGE, "The sum of the costs is too large");
  return FALSE;
}

static void
add_row (JsonBuilder       *builder,
         const BksUsageRow *row)
{
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "label", row->label);
  bks_json_add_string (builder, "provider", row->provider);
  bks_json_add_string (builder, "model", row->model);
  bks_json_add_string (builder, "book", row->book_id);
  bks_json_add_string (builder, "device", row->device_id);
  bks_json_add_string (builder, "role", row->role);
  bks_json_add_string (builder, "request", row->request_id);
  bks_json_add_count (builder, "attempt", row->attempt > 0 ? row->attempt : -1);
  bks_json_add_string (builder, "outcome", row->outcome);
  bks_json_add_count (builder, "at", row->at > 0 ? row->at : -1);
  bks_json_add_int (builder, "calls", row->calls);
  bks_json_add_count (builder, "input", row->input);
  bks_json_add_count (builder, "cache_read", row->cache_read);
  bks_json_add_count (builder, "cache_write", row->cache_write);
  bks_json_add_count (builder, "output", row->output);
  bks_json_add_money (builder, "cost_usd", bks_usage_row_get_known_cost (row));
  bks_json_add_string (builder, "cost_source", row->cost_source);
  bks_json_add_string (builder, "prices_as_of", row->price_date);
  bks_json_add_int (builder, "unknown_costs", row->unknown_costs);
  bks_json_add_int (builder, "estimated", row->estimated);
  bks_json_add_int (builder, "orphans", row->orphans);
  json_builder_end_object (builder);
}

/* Where the month is going, whatever rows are asked for. */
static void
add_projection (JsonBuilder         *builder,
                const BksProjection *projection)
{
  bks_json_begin_object (builder, "projection");
  bks_json_add_money (builder, "month_so_far_usd", projection->spent);
  bks_json_add_money (builder, "last_7_days_usd", projection->week);
  bks_json_add_int (builder, "days_left", projection->days_left);
  bks_json_add_money (builder, "month_usd", projection->projected);
  bks_json_add_int (builder, "unknown_costs", projection->unknown);
  json_builder_end_object (builder);
}

/**
 * bks_usage_export_json:
 * @rows: (element-type BksUsageRow): sums, or rows
 * @projection: where the month is going
 * @error: return location
 *
 * Returns: (transfer full): one document: the rows, their sum and the projection
 */
JsonBuilder *
bks_usage_export_json (GPtrArray            *rows,
                       const BksProjection  *projection,
                       GError              **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  BksUsageRow total = { 0 };

  for (guint i = 0; i < rows->len; i++)
    if (!bks_usage_row_add (&total, g_ptr_array_index (rows, i), error))
      return NULL;
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "rows");
  for (guint i = 0; i < rows->len; i++)
    add_row (builder, g_ptr_array_index (rows, i));
  json_builder_end_array (builder);
  bks_json_add_int (builder, "input", total.input);
  bks_json_add_int (builder, "output", total.output);
  bks_json_add_money (builder, "cost_usd", bks_usage_row_get_known_cost (&total));
  bks_json_add_int (builder, "calls", total.calls);
  bks_json_add_int (builder, "unknown_costs", total.unknown_costs);
  bks_json_add_int (builder, "estimated", total.estimated);
  bks_json_add_int (builder, "orphans", total.orphans);
  add_projection (builder, projection);
  json_builder_end_object (builder);
  return g_steal_pointer (&builder);
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

static GString *
make_line (const BksUsageRow *row)
{
  BksMoney cost = bks_usage_row_get_known_cost (row);
  g_autofree char *amount = cost != BKS_MONEY_UNKNOWN ? bks_money_format (cost) : NULL;
  g_autofree char *at = format_time (row->at);
  GString *line = g_string_new (NULL);

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
  return line;
}

/**
 * bks_usage_export_csv:
 * @rows: (element-type BksUsageRow): sums, or rows
 *
 * Returns: (transfer full): a table with a head line, RFC 4180
 */
char *
bks_usage_export_csv (GPtrArray *rows)
{
  g_autoptr(GString) csv = g_string_new (NULL);

  g_string_append (csv, "label,at,provider,model,book,device,role,request,attempt,outcome,calls,input,cache_read,"
                        "cache_write,output,cost_usd,cost_source,prices_as_of,unknown_costs,estimated,orphans\r\n");
  for (guint i = 0; i < rows->len; i++)
    {
      g_autoptr(GString) line = make_line (g_ptr_array_index (rows, i));

      g_string_append_printf (csv, "%s\r\n", line->str);
    }
  return g_string_free (g_steal_pointer (&csv), FALSE);
}
