/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-async.h"
#include "bks-error.h"
#include "bks-instance-lock.h"
#include "bks-budget-window-private.h"

/**
 * bks_hold_new:
 *
 * Returns: (transfer full): a hold in which nothing is known yet
 */
BksHold *
bks_hold_new (void)
{
  BksHold *self = g_atomic_rc_box_new0 (BksHold);

  self->attempt = 1;
  self->most = self->estimate = BKS_MONEY_UNKNOWN;
  self->input = self->output = -1;
  self->windows = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_budget_window_free);
  return self;
}

/**
 * bks_hold_ref:
 * @self: a hold
 *
 * Returns: (transfer full): @self
 */
BksHold *
bks_hold_ref (BksHold *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
hold_clear (gpointer data)
{
  BksHold *self = data;

  g_free (self->id);
  g_free (self->instance);
  g_free (self->request_id);
  g_free (self->provider);
  g_free (self->model);
  g_free (self->role);
  g_free (self->book_id);
  g_free (self->device_id);
  g_ptr_array_unref (self->windows);
}

/**
 * bks_hold_unref:
 * @self: (transfer full): a hold
 */
void
bks_hold_unref (BksHold *self)
{
  g_atomic_rc_box_release_full (self, hold_clear);
}

static void
notice_free (gpointer data)
{
  BksNotice *notice = data;

  bks_allowance_unref (notice->allowance);
  g_free (notice);
}

/**
 * bks_settlement_new:
 * @id: a reservation
 * @record: the usage row with which it ends
 *
 * Returns: (transfer full): a settlement that is not made yet
 */
BksSettlement *
bks_settlement_new (const char     *id,
                    BksUsageRecord *record)
{
  BksSettlement *self = g_new0 (BksSettlement, 1);

  self->id = g_strdup (id);
  self->record = bks_usage_record_ref (record);
  self->notices = g_ptr_array_new_with_free_func (notice_free);
  return self;
}

/**
 * bks_settlement_free:
 * @self: (transfer full): a settlement
 */
void
bks_settlement_free (BksSettlement *self)
{
  g_free (self->id);
  bks_usage_record_unref (self->record);
  g_ptr_array_unref (self->notices);
  g_free (self);
}

static char *
describe_window (const BksAllowance *allowance)
{
  if (g_strcmp0 (allowance->scope, "global") == 0)
    return g_strdup_printf ("the %s's budget", allowance->period);
  if (g_strcmp0 (allowance->scope, "tier") == 0)
    return g_strdup_printf ("what the tier “%s” allows in a %s", allowance->tier, allowance->period);
  return g_strdup_printf ("the %s's budget of the %s %s", allowance->period, allowance->scope, allowance->name);
}

static char *
describe_money (BksMoney amount)
{
  return amount == BKS_MONEY_UNKNOWN ? g_strdup ("an unknown sum") : bks_money_format_short (amount);
}

static char *
describe_counts (const BksAllowance *allowance)
{
  g_autofree char *used = NULL;
  g_autofree char *reserved = NULL;
  g_autofree char *limit = NULL;
  g_autofree char *needed = NULL;

  if (g_strcmp0 (allowance->unit, "usd") != 0)
    return g_strdup_printf ("of %" G_GINT64_FORMAT " %s, %" G_GINT64_FORMAT " are used and %" G_GINT64_FORMAT
                            " reserved by calls under way, and this call needs up to %" G_GINT64_FORMAT,
                            allowance->limit, allowance->unit, allowance->used, allowance->reserved, allowance->needed);
  used = bks_money_format_short (allowance->used);
  reserved = bks_money_format_short (allowance->reserved);
  limit = bks_money_format_short (allowance->limit);
  needed = describe_money (allowance->needed);
  return g_strdup_printf ("of %s, %s is spent and %s reserved by calls under way, and this call costs up to %s",
                          limit, used, reserved, needed);
}

static char *
describe_refusal (const BksAllowance *allowance)
{
  g_autofree char *window = describe_window (allowance);
  g_autofree char *counts = describe_counts (allowance);

  if (g_str_equal (allowance->reason, "unknown_price"))
    return g_strdup_printf ("The price of the model is not known, and %s must not be passed", window);
  if (g_str_equal (allowance->reason, "closed"))
    return g_strdup_printf ("A call cost more than it could by the known prices, which closed %s", window);
  return g_strdup_printf ("It would pass %s: %s", window, counts);
}

static void
set_refusal (BksAllowance  *allowance,
             GError       **error)
{
  g_autofree char *message = describe_refusal (allowance);
  gboolean of_tier = g_str_equal (allowance->scope, "tier");

  g_set_error_literal (error, BKS_ERROR, of_tier ? BKS_ERROR_TIER : BKS_ERROR_OVER_BUDGET, message);
  if (error != NULL)
    bks_error_get_facts (*error)->allowance = bks_allowance_ref (allowance);
}

/* Nobody's reservations are in the way: waiting does not help. */
static gboolean
is_final (const BksAllowance *allowance)
{
  gint64 sum;

  return g_str_equal (allowance->reason, "unknown_price") || g_str_equal (allowance->reason, "closed") ||
         __builtin_add_overflow (allowance->used, allowance->needed, &sum) || sum > allowance->limit;
}

/* Every attempt of a call but the first that gives something counts for none. */
static gboolean
has_row (BksConnection  *connection,
         const char     *sql,
         const char     *request_id,
         gboolean       *found,
         GError        **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, sql, error);
  int step;

  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, request_id);
  step = bks_connection_step (connection, statement, error);
  *found = step == SQLITE_ROW;
  sqlite3_reset (statement);
  return step != -1;
}

static gboolean
is_counted (BksConnection  *connection,
            const char     *request_id,
            gboolean       *counted,
            GError        **error)
{
  return has_row (connection, "SELECT 1 FROM usage WHERE request_id = ? AND " BKS_USAGE_COUNTS, request_id, counted, error);
}

static gboolean
is_reserved (BksConnection  *connection,
             const char     *request_id,
             gboolean       *reserved,
             GError        **error)
{
  return has_row (connection, "SELECT 1 FROM reservations WHERE request_id = ? AND operations > 0", request_id, reserved,
                  error);
}

static gboolean
count_operations (BksConnection  *connection,
                  const BksHold  *hold,
                  gint64         *operations,
                  GError        **error)
{
  gboolean counted = FALSE, reserved = FALSE;

  *operations = 0;
  if (hold->local)
    return TRUE;
  if (!is_counted (connection, hold->request_id, &counted, error) ||
      !is_reserved (connection, hold->request_id, &reserved, error))
    return FALSE;
  *operations = counted || reserved ? 0 : 1;
  return TRUE;
}

static BksMoney
known (BksMoney amount)
{
  return amount == BKS_MONEY_UNKNOWN ? 0 : amount;
}

static gboolean
insert_reservation (BksConnection  *connection,
                    const BksHold  *hold,
                    gint64          operations,
                    const char     *windows,
                    GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO reservations (id, instance, at, request_id, attempt, provider, model,"
                                      "  role, book_id, device_id, local, most, estimate, input, output, tokens,"
                                      "  operations, windows)"
                                      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, hold->id);
  bks_bind_text (statement, 2, hold->instance);
  sqlite3_bind_int64 (statement, 3, hold->at);
  bks_bind_text (statement, 4, hold->request_id);
  sqlite3_bind_int64 (statement, 5, hold->attempt);
  bks_bind_text (statement, 6, hold->provider);
  bks_bind_text (statement, 7, hold->model);
  bks_bind_text (statement, 8, hold->role);
  bks_bind_text (statement, 9, hold->book_id);
  bks_bind_text (statement, 10, hold->device_id);
  sqlite3_bind_int (statement, 11, hold->local);
  bks_bind_unknown (statement, 12, hold->most, BKS_MONEY_UNKNOWN);
  bks_bind_unknown (statement, 13, hold->estimate, BKS_MONEY_UNKNOWN);
  bks_bind_unknown (statement, 14, hold->input, -1);
  bks_bind_unknown (statement, 15, hold->output, -1);
  sqlite3_bind_int64 (statement, 16, hold->local ? 0 : hold->tokens);
  sqlite3_bind_int64 (statement, 17, operations);
  bks_bind_text (statement, 18, windows);
  return bks_connection_run (connection, statement, error);
}

/* The first refusal that waiting does not lift, else the first one. NULL with ids if it fits everywhere. */
static gboolean
check_windows (BksConnection  *connection,
               const BksHold  *hold,
               gint64          operations,
               GArray         *ids,
               BksAllowance  **refusal,
               GError        **error)
{
  g_autoptr(BksAllowance) found = NULL;

  for (guint i = 0; i < hold->windows->len; i++)
    {
      const BksBudgetWindow *window = g_ptr_array_index (hold->windows, i);
      g_autoptr(BksAllowance) allowance = NULL;
      BksBudgetWindowState state;

      if (!bks_budget_window_open (window, connection, &state, error))
        return FALSE;
      g_array_append_val (ids, state.id);
      allowance = bks_budget_window_check (window, &state, hold, operations);
      if (allowance != NULL && (found == NULL || (is_final (allowance) && !is_final (found))))
        {
          g_clear_pointer (&found, bks_allowance_unref);
          found = g_steal_pointer (&allowance);
        }
    }
  *refusal = g_steal_pointer (&found);
  return TRUE;
}

static gboolean
change_windows (BksConnection          *connection,
                const gint64           *ids,
                gsize                   n_ids,
                const BksBudgetWindowChange  *change,
                GError                **error)
{
  for (gsize i = 0; i < n_ids; i++)
    if (!bks_budget_window_change (ids[i], connection, change, error))
      return FALSE;
  return TRUE;
}

static char *
join_ids (GArray *ids)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < ids->len; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? " " : "", g_array_index (ids, gint64, i));
  return g_string_free (text, FALSE);
}

static GArray *
split_ids (const char *text)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_auto(GStrv) parts = g_strsplit (text, " ", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      gint64 id = g_ascii_strtoll (parts[i], NULL, 10);

      if (id > 0)
        g_array_append_val (ids, id);
    }
  return ids;
}

static gboolean
reserve (BksConnection  *connection,
         GValue         *result,
         gpointer        data,
         GError        **error)
{
  const BksHold *hold = data;
  g_autoptr(GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr(BksAllowance) refusal = NULL;
  g_autofree char *windows = NULL;
  BksBudgetWindowChange change = { .reserved = known (hold->most), .tokens_reserved = hold->local ? 0 : hold->tokens };

  if (!count_operations (connection, hold, &change.operations_reserved, error) ||
      !check_windows (connection, hold, change.operations_reserved, ids, &refusal, error))
    return FALSE;
  if (refusal != NULL)
    {
      set_refusal (refusal, error);
      return FALSE;
    }
  windows = join_ids (ids);
  return change_windows (connection, (const gint64 *) ids->data, ids->len, &change, error) &&
         insert_reservation (connection, hold, change.operations_reserved, windows, error);
}

/**
 * bks_library_reserve:
 * @library: the library
 * @hold: what to reserve
 *
 * Reserves it in all its windows, or in none.
 *
 * Returns: (transfer full): resolves when it is reserved, for every process and
 *   whether or not this one lives on; rejects with %BKS_ERROR_OVER_BUDGET or
 *   %BKS_ERROR_TIER and a #BksAllowance where it would pass a limit
 */
DexFuture *
bks_library_reserve (BksDatabase *library,
                     BksHold     *hold)
{
  return bks_database_write_normal (library, reserve, bks_hold_ref (hold), (GDestroyNotify) bks_hold_unref);
}

/* A reservation that was taken out of its table. */
typedef struct
{
  gboolean found;
  BksMoney most;
  gint64   tokens;
  gint64   operations;
  char    *windows;
} Taken;

static void
taken_clear (Taken *taken)
{
  g_free (taken->windows);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Taken, taken_clear)

/* What was known when it was reserved is what the row says, so that it lies in the same windows. */
static void
read_facts (sqlite3_stmt   *statement,
            BksUsageRecord *record)
{
  g_free (record->request_id);
  g_free (record->provider);
  g_free (record->model_asked);
  g_free (record->role);
  g_free (record->book_id);
  g_free (record->device_id);
  record->at = sqlite3_column_int64 (statement, 4);
  record->request_id = bks_column_dup (statement, 5);
  record->attempt = (guint) sqlite3_column_int (statement, 6);
  record->provider = bks_column_dup (statement, 7);
  record->model_asked = bks_column_dup (statement, 8);
  record->role = bks_column_dup (statement, 9);
  record->book_id = bks_column_dup (statement, 10);
  record->device_id = bks_column_dup (statement, 11);
  record->local = sqlite3_column_int (statement, 12) != 0;
}

static gboolean
take (BksConnection   *connection,
      const char      *id,
      BksUsageRecord  *record,
      Taken           *taken,
      GError         **error)
{
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "DELETE FROM reservations WHERE id = ?"
                                      " RETURNING most, tokens, operations, windows, at, request_id, attempt, provider,"
                                      "  model, role, book_id, device_id, local",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, id);
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_ROW)
    {
      taken->found = TRUE;
      taken->most = bks_column_unknown (statement, 0, BKS_MONEY_UNKNOWN);
      taken->tokens = sqlite3_column_int64 (statement, 1);
      taken->operations = sqlite3_column_int64 (statement, 2);
      taken->windows = bks_column_dup (statement, 3);
      if (record != NULL)
        read_facts (statement, record);
      step = bks_connection_step (connection, statement, error);
    }
  sqlite3_reset (statement);
  return step != -1;
}

static gint64
count_tokens (const BksUsageRecord *record)
{
  return MAX (record->input, 0) + MAX (record->cache_read, 0) + MAX (record->cache_write, 0) +
         MAX (record->cache_write_1h, 0) + MAX (record->output, 0);
}

static BksBudgetWindowChange
make_change (const Taken          *taken,
             const BksUsageRecord *record,
             gboolean              counted_before)
{
  gboolean counts = !record->local && (record->output > 0 || g_strcmp0 (record->outcome, "ok") == 0);

  return (BksBudgetWindowChange) {
    .spent = known (record->cost),
    .reserved = -known (taken->most),
    .calls = 1,
    .unknown = record->cost == BKS_MONEY_UNKNOWN,
    .tokens = record->local ? 0 : count_tokens (record),
    .tokens_reserved = -taken->tokens,
    .operations = counts && !counted_before,
    .operations_reserved = -taken->operations,
  };
}

static gboolean
settle_one (BksConnection  *connection,
            BksSettlement  *settlement,
            GError        **error)
{
  BksUsageRecord *record = settlement->record;
  g_auto(Taken) taken = { 0 };
  g_autoptr(GArray) ids = NULL;
  gboolean counted = FALSE, overrun;
  BksBudgetWindowChange change;

  if (!take (connection, settlement->id, record, &taken, error))
    return FALSE;
  settlement->conflict = !taken.found;
  if (settlement->conflict)
    return TRUE;
  if (!is_counted (connection, record->request_id, &counted, error))
    return FALSE;
  g_set_str (&record->id, settlement->id);
  ids = split_ids (taken.windows);
  change = make_change (&taken, record, counted);
  if (!bks_usage_record_insert (record, connection, error) ||
      !change_windows (connection, (const gint64 *) ids->data, ids->len, &change, error))
    return FALSE;
  overrun = record->cost != BKS_MONEY_UNKNOWN && record->cost > known (taken.most) && taken.most != BKS_MONEY_UNKNOWN;
  for (guint i = 0; i < ids->len; i++)
    if (!bks_budget_window_look (g_array_index (ids, gint64, i), connection, overrun, settlement->notices, error))
      return FALSE;
  return TRUE;
}

static gboolean
settle (BksConnection  *connection,
        GValue         *result,
        gpointer        data,
        GError        **error)
{
  GPtrArray *settlements = data;

  for (guint i = 0; i < settlements->len; i++)
    if (!settle_one (connection, g_ptr_array_index (settlements, i), error))
      return FALSE;
  return TRUE;
}

/**
 * bks_library_settle:
 * @library: the library
 * @settlements: (element-type BksSettlement): not to be touched until the future ends
 *
 * Ends reservations with their usage rows, all in one transaction. One that
 * had ended before is marked a conflict.
 *
 * Returns: (transfer full): resolves when all are durable; rejects when none is written
 */
DexFuture *
bks_library_settle (BksDatabase *library,
                    GPtrArray   *settlements)
{
  return bks_database_write (library, settle, g_ptr_array_ref (settlements), (GDestroyNotify) g_ptr_array_unref);
}

static gboolean
release (BksConnection  *connection,
         GValue         *result,
         gpointer        data,
         GError        **error)
{
  g_auto(Taken) taken = { 0 };
  g_autoptr(GArray) ids = NULL;
  BksBudgetWindowChange change;

  if (!take (connection, data, NULL, &taken, error))
    return FALSE;
  if (!taken.found)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CONFLICT, "The reservation has ended before");
      return FALSE;
    }
  ids = split_ids (taken.windows);
  change = (BksBudgetWindowChange) {
    .reserved = -known (taken.most),
    .tokens_reserved = -taken.tokens,
    .operations_reserved = -taken.operations,
  };
  return change_windows (connection, (const gint64 *) ids->data, ids->len, &change, error);
}

/**
 * bks_library_release:
 * @library: the library
 * @id: a reservation
 *
 * Ends it without a usage row.
 *
 * Returns: (transfer full): resolves when it is free for others; rejects with
 *   %BKS_ERROR_CONFLICT if it had ended
 */
DexFuture *
bks_library_release (BksDatabase *library,
                     const char  *id)
{
  return bks_database_write_normal (library, release, g_strdup (id), g_free);
}

/* The row of a call whose process died over it: nobody knows what became of it. */
static BksSettlement *
read_orphan (sqlite3_stmt *statement)
{
  g_autoptr(BksUsageRecord) record = bks_usage_record_new ();
  g_autofree char *id = bks_column_dup (statement, 0);
  BksMoney most = bks_column_unknown (statement, 2, BKS_MONEY_UNKNOWN);

  record->orphan = TRUE;
  record->estimated = TRUE;
  record->outcome = g_strdup ("ORPHAN");
  record->cost = bks_column_unknown (statement, 3, most);
  record->cost_source = g_strdup (record->cost != BKS_MONEY_UNKNOWN ? "estimate" : "unknown");
  record->input = bks_column_unknown (statement, 4, -1);
  record->output = bks_column_unknown (statement, 5, -1);
  return bks_settlement_new (id, record);
}

static gboolean
is_dead (GHashTable *verdicts,
         const char *library_path,
         const char *instance)
{
  gpointer verdict;

  if (!g_hash_table_lookup_extended (verdicts, instance, NULL, &verdict))
    {
      verdict = GINT_TO_POINTER (!bks_instance_lock_is_held (library_path, instance));
      g_hash_table_insert (verdicts, g_strdup (instance), verdict);
    }
  return GPOINTER_TO_INT (verdict);
}

static GPtrArray *
list_orphans (BksConnection  *connection,
              const char     *library_path,
              GError        **error)
{
  g_autoptr(GPtrArray) orphans = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_settlement_free);
  g_autoptr(GHashTable) verdicts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "SELECT id, instance, most, estimate, input, output FROM reservations", error);
  if (statement == NULL)
    return NULL;
  while ((step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    if (is_dead (verdicts, library_path, (const char *) sqlite3_column_text (statement, 1)))
      g_ptr_array_add (orphans, read_orphan (statement));
  return step != -1 ? g_steal_pointer (&orphans) : NULL;
}

static gboolean
recover (BksConnection  *connection,
         GValue         *result,
         gpointer        data,
         GError        **error)
{
  g_autoptr(GPtrArray) orphans = list_orphans (connection, data, error);

  if (orphans == NULL)
    return FALSE;
  for (guint i = 0; i < orphans->len; i++)
    if (!settle_one (connection, g_ptr_array_index (orphans, i), error))
      return FALSE;
  /* Without its file one is as dead as before, should this not be committed. */
  if (orphans->len > 0)
    bks_instance_lock_tidy (data);
  g_value_init (result, G_TYPE_PTR_ARRAY);
  g_value_take_boxed (result, g_steal_pointer (&orphans));
  return TRUE;
}

/**
 * bks_library_recover:
 * @library: the library
 *
 * Settles the reservations of processes that have died at their estimate, and
 * marks the rows. What living processes reserved is left alone.
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksSettlement that were made
 */
DexFuture *
bks_library_recover (BksDatabase *library)
{
  return bks_database_write (library, recover, g_strdup (bks_database_get_path (library)), g_free);
}
