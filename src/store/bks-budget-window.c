/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-error.h"
#include "bks-period.h"
#include "bks-budget-window-private.h"

/* Where a person is warned, percent of what is allowed. */
static const guint thresholds[] = { 100, 80, 50 };

/**
 * bks_budget_window_new:
 * @scope: (not nullable): "global", "provider", "book", "device" or "tier", a static string
 * @name: which; "" for the global one
 * @period: "day" or "month", a static string
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): the window around @now_ms
 */
BksBudgetWindow *
bks_budget_window_new (const char *scope,
                const char *name,
                const char *period,
                gint64      now_ms)
{
  BksBudgetWindow *self = g_new0 (BksBudgetWindow, 1);

  self->scope = scope;
  self->name = g_strdup (name);
  self->period = period;
  self->cost_limit = self->token_limit = self->operation_limit = BKS_UNLIMITED;
  bks_period_find (period, now_ms, &self->starts_at, &self->ends_at);
  return self;
}

/**
 * bks_budget_window_free:
 * @self: (transfer full): a window
 */
void
bks_budget_window_free (BksBudgetWindow *self)
{
  g_free (self->name);
  g_free (self->tier);
  g_free (self);
}

static void
bind_window (const BksBudgetWindow *self,
             sqlite3_stmt    *statement)
{
  bks_bind_text (statement, 1, self->scope);
  bks_bind_text (statement, 2, self->name);
  bks_bind_text (statement, 3, self->period);
  sqlite3_bind_int64 (statement, 4, self->starts_at);
}

#define USAGE_SUMS \
  "coalesce (sum (cost), 0), count (*), coalesce (sum (cost IS NULL), 0)," \
  " coalesce (sum (CASE WHEN local = 0 THEN " BKS_USAGE_TOKENS " END), 0)," \
  " count (DISTINCT CASE WHEN " BKS_USAGE_COUNTS " THEN coalesce (request_id, id) END)" \
  " FROM usage WHERE at >= ?4 AND at < ?5 AND CASE ?1" \
  "   WHEN 'global' THEN 1" \
  "   WHEN 'provider' THEN provider = ?2" \
  "   WHEN 'book' THEN book_id IS ?2" \
  "   WHEN 'device' THEN device_id IS ?2" \
  "   WHEN 'tier' THEN local = 0 AND (device_id IS ?2 OR (?2 = 'account' AND provider = 'account'))" \
  "   ELSE 0 END"

/* A row that exists. FALSE without an error where there is none. */
static gboolean
find (const BksBudgetWindow  *self,
      BksConnection    *connection,
      BksBudgetWindowState   *state,
      GError          **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "SELECT id, spent, reserved, calls, unknown, tokens, tokens_reserved, operations,"
                                      "  operations_reserved, told, closed, cap"
                                      " FROM windows WHERE scope = ? AND name = ? AND period = ? AND starts_at = ?",
                                      error);
  if (statement == NULL)
    return FALSE;
  bind_window (self, statement);
  if (bks_connection_step (connection, statement, error) != SQLITE_ROW)
    return FALSE;
  state->id = sqlite3_column_int64 (statement, 0);
  state->spent = sqlite3_column_int64 (statement, 1);
  state->reserved = sqlite3_column_int64 (statement, 2);
  state->calls = sqlite3_column_int64 (statement, 3);
  state->unknown = sqlite3_column_int64 (statement, 4);
  state->tokens = sqlite3_column_int64 (statement, 5);
  state->tokens_reserved = sqlite3_column_int64 (statement, 6);
  state->operations = sqlite3_column_int64 (statement, 7);
  state->operations_reserved = sqlite3_column_int64 (statement, 8);
  state->told = (guint) sqlite3_column_int (statement, 9);
  state->closed = sqlite3_column_int (statement, 10) != 0;
  state->hard = bks_column_unknown (statement, 11, BKS_UNLIMITED);
  sqlite3_reset (statement);
  return TRUE;
}

static gboolean
read_budget (BksConnection   *connection,
             const char      *scope,
             const char      *name,
             const char      *period,
             BksBudgetWindowState  *state,
             GError         **error)
{
  sqlite3_stmt *statement;
  int step;

  /* A tier's limit stands in its window. */
  if (g_str_equal (scope, "tier"))
    return TRUE;
  statement = bks_connection_prepare (connection,
                                      "SELECT hard, soft FROM budgets WHERE scope = ? AND name = ? AND period = ?", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, scope);
  bks_bind_text (statement, 2, name);
  bks_bind_text (statement, 3, period);
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_ROW)
    {
      state->hard = bks_column_unknown (statement, 0, BKS_UNLIMITED);
      state->soft = bks_column_unknown (statement, 1, BKS_UNLIMITED);
      sqlite3_reset (statement);
    }
  return step != -1;
}

/* What the usage ledger has of a window that has no row yet. */
static gboolean
sum_usage (const BksBudgetWindow  *self,
           BksConnection    *connection,
           BksBudgetWindowState   *state,
           GError          **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, "SELECT " USAGE_SUMS, error);

  if (statement == NULL)
    return FALSE;
  bind_window (self, statement);
  sqlite3_bind_int64 (statement, 5, self->ends_at);
  if (bks_connection_step (connection, statement, error) != SQLITE_ROW)
    return FALSE;
  state->spent = sqlite3_column_int64 (statement, 0);
  state->calls = sqlite3_column_int64 (statement, 1);
  state->unknown = sqlite3_column_int64 (statement, 2);
  state->tokens = sqlite3_column_int64 (statement, 3);
  state->operations = sqlite3_column_int64 (statement, 4);
  sqlite3_reset (statement);
  return TRUE;
}

/**
 * bks_budget_window_read:
 * @self: a window
 * @connection: a connection in a transaction
 * @state: (out): how it stands
 * @error: return location
 *
 * Returns: whether it could be read; also of a window without a row
 */
gboolean
bks_budget_window_read (const BksBudgetWindow  *self,
                 BksConnection    *connection,
                 BksBudgetWindowState   *state,
                 GError          **error)
{
  g_autoptr(GError) local = NULL;

  *state = (BksBudgetWindowState) { .hard = BKS_UNLIMITED, .soft = BKS_UNLIMITED };
  if (!find (self, connection, state, &local))
    {
      if (local != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      if (!sum_usage (self, connection, state, error))
        return FALSE;
    }
  if (self->tier != NULL)
    state->hard = self->cost_limit;
  return read_budget (connection, self->scope, self->name, self->period, state, error);
}

static gboolean
insert (const BksBudgetWindow  *self,
        BksConnection    *connection,
        GError          **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO windows (scope, name, period, starts_at, ends_at, cap, spent, calls,"
                                      "  unknown, tokens, operations)"
                                      " SELECT ?1, ?2, ?3, ?4, ?5, ?6, " USAGE_SUMS,
                                      error);
  if (statement == NULL)
    return FALSE;
  bind_window (self, statement);
  sqlite3_bind_int64 (statement, 5, self->ends_at);
  bks_bind_unknown (statement, 6, self->cost_limit, BKS_UNLIMITED);
  return bks_connection_run (connection, statement, error);
}

/* A tier may have become another. */
static gboolean
update_cap (const BksBudgetWindow  *self,
            BksConnection    *connection,
            gint64            id,
            GError          **error)
{
  sqlite3_stmt *statement;

  if (self->tier == NULL)
    return TRUE;
  statement = bks_connection_prepare (connection, "UPDATE windows SET cap = ?1 WHERE id = ?2 AND cap IS NOT ?1", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_unknown (statement, 1, self->cost_limit, BKS_UNLIMITED);
  sqlite3_bind_int64 (statement, 2, id);
  return bks_connection_run (connection, statement, error);
}

/**
 * bks_budget_window_open:
 * @self: a window
 * @connection: a writing connection in a transaction
 * @state: (out): how it stands
 * @error: return location
 *
 * As bks_budget_window_read(), and makes its row if there is none: with what the
 * usage ledger has, so that the two agree whenever a window begins to be kept.
 *
 * Returns: whether it has a row
 */
gboolean
bks_budget_window_open (const BksBudgetWindow  *self,
                 BksConnection    *connection,
                 BksBudgetWindowState   *state,
                 GError          **error)
{
  if (!bks_budget_window_read (self, connection, state, error))
    return FALSE;
  if (state->id != 0)
    return update_cap (self, connection, state->id, error);
  return insert (self, connection, error) && bks_budget_window_read (self, connection, state, error);
}

static gboolean
fits (gint64 used,
      gint64 reserved,
      gint64 needed,
      gint64 limit)
{
  gint64 sum;

  return !__builtin_add_overflow (used, reserved, &sum) && !__builtin_add_overflow (sum, needed, &sum) && sum <= limit;
}

static BksAllowance *
make_allowance (const char *scope,
                const char *name,
                const char *period,
                gint64      resets_at,
                const char *unit)
{
  BksAllowance *allowance = bks_allowance_new ();

  allowance->scope = g_strdup (scope);
  allowance->name = *name != '\0' ? g_strdup (name) : NULL;
  allowance->period = g_strdup (period);
  allowance->unit = g_strdup (unit);
  allowance->resets_at = resets_at;
  return allowance;
}

static BksAllowance *
refuse (const BksBudgetWindow *self,
        const char      *reason,
        const char      *unit,
        gint64           used,
        gint64           reserved,
        gint64           needed,
        gint64           limit)
{
  BksAllowance *allowance = make_allowance (self->scope, self->name, self->period, self->ends_at, unit);

  allowance->reason = g_strdup (reason);
  allowance->used = used;
  allowance->reserved = reserved;
  allowance->needed = needed;
  allowance->limit = limit;
  allowance->tier = g_strdup (self->tier);
  return allowance;
}

static BksAllowance *
check_money (const BksBudgetWindow      *self,
             const BksBudgetWindowState *state,
             const BksHold        *hold)
{
  BksMoney limit = state->hard;
  const char *reason = NULL;

  /* What costs nothing is allowed when there is nothing left. */
  if (limit == BKS_UNLIMITED || hold->most == 0)
    return NULL;
  if (hold->most == BKS_MONEY_UNKNOWN)
    reason = "unknown_price";
  else if (state->closed)
    reason = "closed";
  else if (!fits (state->spent, state->reserved, hold->most, limit))
    reason = self->tier != NULL ? "cost_limit" : "over_budget";
  if (reason == NULL)
    return NULL;
  return refuse (self, reason, "usd", state->spent, state->reserved, hold->most, limit);
}

/**
 * bks_budget_window_check:
 * @self: a window
 * @state: how it stands
 * @hold: what is to be reserved in it
 * @operations: for how many new operations, 0 or 1
 *
 * Returns: (transfer full) (nullable): the facts of the refusal, %NULL if it fits
 */
BksAllowance *
bks_budget_window_check (const BksBudgetWindow      *self,
                  const BksBudgetWindowState *state,
                  const BksHold        *hold,
                  gint64                operations)
{
  if (self->operation_limit != BKS_UNLIMITED && operations > 0 &&
      !fits (state->operations, state->operations_reserved, operations, self->operation_limit))
    return refuse (self, "quota_exceeded", "transformations", state->operations, state->operations_reserved,
                   operations, self->operation_limit);
  if (self->token_limit != BKS_UNLIMITED &&
      !fits (state->tokens, state->tokens_reserved, hold->tokens, self->token_limit))
    return refuse (self, "quota_exceeded", "tokens", state->tokens, state->tokens_reserved,
                   hold->tokens, self->token_limit);
  return check_money (self, state, hold);
}

/**
 * bks_budget_window_change:
 * @id: a window's row
 * @connection: a writing connection in a transaction
 * @change: what to add, negative to take away
 * @error: return location
 *
 * Returns: whether it is written
 */
gboolean
bks_budget_window_change (gint64                  id,
                   BksConnection          *connection,
                   const BksBudgetWindowChange  *change,
                   GError                **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "UPDATE windows SET spent = spent + ?, reserved = reserved + ?, calls = calls + ?,"
                                      "  unknown = unknown + ?, tokens = tokens + ?,"
                                      "  tokens_reserved = tokens_reserved + ?, operations = operations + ?,"
                                      "  operations_reserved = operations_reserved + ? WHERE id = ?",
                                      error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, change->spent);
  sqlite3_bind_int64 (statement, 2, change->reserved);
  sqlite3_bind_int64 (statement, 3, change->calls);
  sqlite3_bind_int64 (statement, 4, change->unknown);
  sqlite3_bind_int64 (statement, 5, change->tokens);
  sqlite3_bind_int64 (statement, 6, change->tokens_reserved);
  sqlite3_bind_int64 (statement, 7, change->operations);
  sqlite3_bind_int64 (statement, 8, change->operations_reserved);
  sqlite3_bind_int64 (statement, 9, id);
  return bks_connection_run (connection, statement, error);
}

/**
 * bks_budget_window_get_threshold:
 * @state: how a window stands
 *
 * Returns: the highest threshold that is reached, percent of the soft limit
 *   where there is one, else of the hard one; 0 if none is
 */
guint
bks_budget_window_get_threshold (const BksBudgetWindowState *state)
{
  BksMoney limit = state->soft != BKS_UNLIMITED ? state->soft : state->hard;

  if (limit == BKS_UNLIMITED || state->spent <= 0)
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (thresholds); i++)
    if ((__int128) state->spent * 100 >= (__int128) limit * thresholds[i])
      return thresholds[i];
  return 0;
}

static gboolean
mark (gint64          id,
      BksConnection  *connection,
      guint           told,
      gboolean        closed,
      GError        **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, "UPDATE windows SET told = ?, closed = ? WHERE id = ?",
                                                    error);

  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, told);
  sqlite3_bind_int (statement, 2, closed);
  sqlite3_bind_int64 (statement, 3, id);
  return bks_connection_run (connection, statement, error);
}

static void
add_notice (GPtrArray            *notices,
            guint                 percent,
            const BksAllowance   *facts,
            const BksBudgetWindowState *state)
{
  BksNotice *notice = g_new0 (BksNotice, 1);

  notice->percent = percent;
  notice->allowance = make_allowance (facts->scope, facts->name != NULL ? facts->name : "", facts->period,
                                      facts->resets_at, "usd");
  notice->allowance->used = state->spent;
  notice->allowance->reserved = state->reserved;
  notice->allowance->limit = percent > 0 && state->soft != BKS_UNLIMITED ? state->soft : state->hard;
  g_ptr_array_add (notices, notice);
}

static BksAllowance *
read_state (gint64           id,
            BksConnection   *connection,
            BksBudgetWindowState  *state,
            GError         **error)
{
  g_autoptr(BksAllowance) facts = NULL;
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "SELECT scope, name, period, ends_at, spent, reserved, told, closed, cap"
                                      " FROM windows WHERE id = ?",
                                      error);
  if (statement == NULL)
    return NULL;
  sqlite3_bind_int64 (statement, 1, id);
  if (bks_connection_step (connection, statement, error) != SQLITE_ROW)
    {
      if (error != NULL && *error == NULL)
        g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CORRUPT, "A budget of the library is missing");
      return NULL;
    }
  facts = bks_allowance_new ();
  facts->scope = bks_column_dup (statement, 0);
  facts->name = bks_column_dup (statement, 1);
  facts->period = bks_column_dup (statement, 2);
  facts->resets_at = sqlite3_column_int64 (statement, 3);
  state->spent = sqlite3_column_int64 (statement, 4);
  state->reserved = sqlite3_column_int64 (statement, 5);
  state->told = (guint) sqlite3_column_int (statement, 6);
  state->closed = sqlite3_column_int (statement, 7) != 0;
  state->hard = bks_column_unknown (statement, 8, BKS_UNLIMITED);
  sqlite3_reset (statement);
  if (!read_budget (connection, facts->scope, facts->name, facts->period, state, error))
    return NULL;
  return g_steal_pointer (&facts);
}

/**
 * bks_budget_window_look:
 * @id: a window's row, to which something was just added
 * @connection: a writing connection in a transaction
 * @overrun: whether a call cost more than was reserved for it
 * @notices: (element-type BksNotice): gets what a person should be told
 * @error: return location
 *
 * Notes which thresholds were reached, each once in the window. An overrun
 * closes a window that has a hard limit: what calls may cost at most is not
 * known then. Setting the budget opens it.
 *
 * Returns: whether it is written
 */
gboolean
bks_budget_window_look (gint64          id,
                 BksConnection  *connection,
                 gboolean        overrun,
                 GPtrArray      *notices,
                 GError        **error)
{
  BksBudgetWindowState state = { .hard = BKS_UNLIMITED, .soft = BKS_UNLIMITED };
  g_autoptr(BksAllowance) facts = read_state (id, connection, &state, error);
  gboolean closes;
  guint reached;

  if (facts == NULL)
    return FALSE;
  reached = bks_budget_window_get_threshold (&state);
  closes = overrun && !state.closed && state.hard != BKS_UNLIMITED;
  if (reached > state.told)
    add_notice (notices, reached, facts, &state);
  if (closes)
    add_notice (notices, 0, facts, &state);
  return (reached <= state.told && !closes) ||
         mark (id, connection, MAX (reached, state.told), closes || state.closed, error);
}
