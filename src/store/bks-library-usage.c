/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-error.h"
#include "bks-library-usage.h"

G_DEFINE_BOXED_TYPE (BksUsageRecord, bks_usage_record, bks_usage_record_ref, bks_usage_record_unref)
G_DEFINE_BOXED_TYPE (BksUsageRow, bks_usage_row, bks_usage_row_ref, bks_usage_row_unref)

/**
 * bks_usage_record_new:
 *
 * Returns: (transfer full): a record in which nothing is known yet
 */
BksUsageRecord *
bks_usage_record_new (void)
{
  BksUsageRecord *self = g_atomic_rc_box_new0 (BksUsageRecord);

  self->attempt = 1;
  self->input = self->cache_read = self->cache_write = self->cache_write_1h = self->output = self->reasoning = -1;
  self->first_token_ms = -1;
  self->cost = self->reported_cost = self->table_cost = BKS_MONEY_UNKNOWN;
  return self;
}

/**
 * bks_usage_record_ref:
 * @self: a record
 *
 * Returns: (transfer full): @self
 */
BksUsageRecord *
bks_usage_record_ref (BksUsageRecord *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
record_clear (gpointer data)
{
  BksUsageRecord *self = data;

  g_free (self->id);
  g_free (self->request_id);
  g_free (self->provider);
  g_free (self->model_asked);
  g_free (self->role);
  g_free (self->book_id);
  g_free (self->device_id);
  g_free (self->model_answered);
  g_free (self->price_date);
  g_free (self->cost_source);
  g_free (self->outcome);
}

/**
 * bks_usage_record_unref:
 * @self: (transfer full): a record
 */
void
bks_usage_record_unref (BksUsageRecord *self)
{
  g_atomic_rc_box_release_full (self, record_clear);
}

/**
 * bks_usage_row_new:
 *
 * Returns: (transfer full): a sum over nothing
 */
BksUsageRow *
bks_usage_row_new (void)
{
  return g_atomic_rc_box_new0 (BksUsageRow);
}

/**
 * bks_usage_row_ref:
 * @self: a row
 *
 * Returns: (transfer full): @self
 */
BksUsageRow *
bks_usage_row_ref (BksUsageRow *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
row_clear (gpointer data)
{
  BksUsageRow *self = data;

  g_free (self->label);
  g_free (self->provider);
  g_free (self->model);
  g_free (self->book_id);
  g_free (self->device_id);
  g_free (self->role);
  g_free (self->request_id);
  g_free (self->cost_source);
  g_free (self->price_date);
  g_free (self->outcome);
}

/**
 * bks_usage_row_unref:
 * @self: (transfer full): a row
 */
void
bks_usage_row_unref (BksUsageRow *self)
{
  g_atomic_rc_box_release_full (self, row_clear);
}

static void
bind_facts (sqlite3_stmt         *statement,
            const BksUsageRecord *record)
{
  bks_bind_text (statement, 1, record->id);
  sqlite3_bind_int64 (statement, 2, record->at);
  bks_bind_text (statement, 3, record->request_id);
  sqlite3_bind_int64 (statement, 4, record->attempt);
  bks_bind_text (statement, 5, record->provider);
  bks_bind_text (statement, 6, record->model_asked);
  bks_bind_text (statement, 7, record->model_answered);
  bks_bind_text (statement, 8, record->role);
  bks_bind_text (statement, 9, record->book_id);
  bks_bind_text (statement, 10, record->device_id);
  sqlite3_bind_int (statement, 11, record->local);
  sqlite3_bind_int (statement, 12, record->orphan);
  sqlite3_bind_int (statement, 13, record->estimated);
  bks_bind_text (statement, 14, record->outcome);
}

static void
bind_counts (sqlite3_stmt         *statement,
             const BksUsageRecord *record)
{
  bks_bind_unknown (statement, 15, record->input, -1);
  bks_bind_unknown (statement, 16, record->cache_read, -1);
  bks_bind_unknown (statement, 17, record->cache_write, -1);
  bks_bind_unknown (statement, 18, record->cache_write_1h, -1);
  bks_bind_unknown (statement, 19, record->output, -1);
  bks_bind_unknown (statement, 20, record->reasoning, -1);
  bks_bind_unknown (statement, 21, record->cost, BKS_MONEY_UNKNOWN);
  bks_bind_unknown (statement, 22, record->reported_cost, BKS_MONEY_UNKNOWN);
  bks_bind_unknown (statement, 23, record->table_cost, BKS_MONEY_UNKNOWN);
  bks_bind_text (statement, 24, record->price_date);
  sqlite3_bind_int (statement, 25, record->undated);
  bks_bind_text (statement, 26, record->cost_source);
  bks_bind_unknown (statement, 27, record->first_token_ms, -1);
  sqlite3_bind_int64 (statement, 28, record->total_ms);
}

/**
 * bks_usage_record_insert:
 * @self: a record
 * @connection: a writing connection in a transaction
 * @error: return location
 *
 * Writes the row. Only the ledger does: with the end of what was reserved for
 * it, in one transaction.
 *
 * Returns: whether it is written
 */
gboolean
bks_usage_record_insert (BksUsageRecord  *self,
                         BksConnection   *connection,
                         GError         **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO usage (id, at, request_id, attempt, provider, model_asked,"
                                      "  model_answered, role, book_id, device_id, local, orphan, estimated, outcome,"
                                      "  input, cache_read, cache_write, cache_write_1h, output, reasoning, cost,"
                                      "  reported_cost, table_cost, price_date, undated, cost_source, first_token_ms,"
                                      "  total_ms)"
                                      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                                      "  ?, ?, ?, ?, ?)",
                                      error);
  if (statement == NULL)
    return FALSE;
  bind_facts (statement, self);
  bind_counts (statement, self);
  return bks_connection_run (connection, statement, error);
}

/* Days and months are the author's own, local calendar. */
#define ALL_INPUT \
  "coalesce (input, 0) + coalesce (cache_read, 0) + coalesce (cache_write, 0) + coalesce (cache_write_1h, 0)"
#define CACHE_WRITES "coalesce (cache_write, 0) + coalesce (cache_write_1h, 0)"
#define SUM(label) SUM_WITH (label, "NULL", "label")
/* @provider: its column of the answer */
#define SUM_WITH(label, provider, group) \
  "SELECT " label " AS label, " provider ", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, count (*)," \
  "  coalesce (sum (" ALL_INPUT "), 0), coalesce (sum (cache_read), 0), coalesce (sum (" CACHE_WRITES "), 0)," \
  "  coalesce (sum (output), 0), coalesce (sum (cost), 0), coalesce (sum (cost IS NULL), 0)," \
  "  coalesce (sum (estimated), 0), coalesce (sum (orphan), 0)" \
  " FROM usage WHERE at >= ? AND at < ? GROUP BY " group " ORDER BY " group
#define DAY "strftime ('%Y-%m-%d', at / 1000, 'unixepoch', 'localtime')"

static const struct
{
  const char *by;
  const char *sql;
} queries[] = {
  { "day", SUM (DAY) },
  { "day-provider", SUM_WITH (DAY, "provider", "label, provider") },
  { "month", SUM ("strftime ('%Y-%m', at / 1000, 'unixepoch', 'localtime')") },
  { "provider", SUM ("provider") },
  { "model", SUM ("provider || ':' || model_asked") },
  { "book", SUM ("coalesce (book_id, '')") },
  { "device", SUM ("coalesce (device_id, '')") },
};

static const char rows_sql[] =
  "SELECT id, provider, model_asked, book_id, device_id, role, request_id, cost_source, price_date, outcome,"
  "  attempt, at, 1, " ALL_INPUT ", coalesce (cache_read, 0), " CACHE_WRITES ", coalesce (output, 0),"
  "  coalesce (cost, 0), cost IS NULL, estimated, orphan"
  " FROM usage WHERE at >= ? AND at < ? ORDER BY at, id";

static gpointer
read_row (sqlite3_stmt *statement)
{
  BksUsageRow *row = bks_usage_row_new ();

  row->label = bks_column_dup (statement, 0);
  row->provider = bks_column_dup (statement, 1);
  row->model = bks_column_dup (statement, 2);
  row->book_id = bks_column_dup (statement, 3);
  row->device_id = bks_column_dup (statement, 4);
  row->role = bks_column_dup (statement, 5);
  row->request_id = bks_column_dup (statement, 6);
  row->cost_source = bks_column_dup (statement, 7);
  row->price_date = bks_column_dup (statement, 8);
  row->outcome = bks_column_dup (statement, 9);
  row->attempt = sqlite3_column_int64 (statement, 10);
  row->at = sqlite3_column_int64 (statement, 11);
  row->calls = sqlite3_column_int64 (statement, 12);
  row->input = sqlite3_column_int64 (statement, 13);
  row->cache_read = sqlite3_column_int64 (statement, 14);
  row->cache_write = sqlite3_column_int64 (statement, 15);
  row->output = sqlite3_column_int64 (statement, 16);
  row->cost = sqlite3_column_int64 (statement, 17);
  row->unknown_costs = sqlite3_column_int64 (statement, 18);
  row->estimated = sqlite3_column_int64 (statement, 19);
  row->orphans = sqlite3_column_int64 (statement, 20);
  return row;
}

typedef struct
{
  const char *sql;
  gint64      since_ms;
  gint64      until_ms;
} UsageQuery;

static gboolean
list_usage (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  UsageQuery *query = data;
  sqlite3_stmt *statement = bks_connection_prepare (connection, query->sql, error);

  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, query->since_ms);
  sqlite3_bind_int64 (statement, 2, query->until_ms);
  return bks_connection_list (connection, statement, read_row, (GDestroyNotify) bks_usage_row_unref, result, error);
}

/**
 * bks_library_list_usage:
 * @library: the library
 * @since_ms: epoch milliseconds, 0 for all
 * @until_ms: epoch milliseconds, up to but not including; %G_MAXINT64 for all
 * @by: (nullable): "day", "month", "provider", "model", "book" or "device",
 *   "day-provider" for the providers of each day; %NULL for single rows
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksUsageRow; rejects
 *   with %BKS_ERROR_INVALID_ARGUMENT for another @by
 */
DexFuture *
bks_library_list_usage (BksDatabase *library,
                        gint64       since_ms,
                        gint64       until_ms,
                        const char  *by)
{
  UsageQuery *query;
  const char *sql = by == NULL ? rows_sql : NULL;

  for (guint i = 0; sql == NULL && i < G_N_ELEMENTS (queries); i++)
    if (g_str_equal (by, queries[i].by))
      sql = queries[i].sql;
  if (sql == NULL)
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
                                  "Usage can be summed by day, month, provider, model, book or device, not by “%s”", by);

  query = g_new0 (UsageQuery, 1);
  query->sql = sql;
  query->since_ms = since_ms;
  query->until_ms = until_ms;
  return bks_database_read (library, list_usage, query, g_free);
}
