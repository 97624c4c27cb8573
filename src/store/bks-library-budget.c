/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-error.h"
#include "bks-library-budget.h"
#include "bks-budget-window-private.h"

G_DEFINE_BOXED_TYPE (BksBudget, bks_budget, bks_budget_ref, bks_budget_unref)

/**
 * bks_budget_ref:
 * @self: a budget
 *
 * Returns: (transfer full): @self
 */
BksBudget *
bks_budget_ref (BksBudget *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
budget_clear (gpointer data)
{
  BksBudget *self = data;

  g_free (self->scope);
  g_free (self->name);
  g_free (self->period);
}

/**
 * bks_budget_unref:
 * @self: (transfer full): a budget
 */
void
bks_budget_unref (BksBudget *self)
{
  g_atomic_rc_box_release_full (self, budget_clear);
}

static const char *
intern_scope (const char *scope)
{
  static const char *const scopes[] = { "global", "provider", "book", "device", "tier" };

  for (guint i = 0; i < G_N_ELEMENTS (scopes); i++)
    if (g_str_equal (scope, scopes[i]))
      return scopes[i];
  return NULL;
}

static const char *
intern_period (const char *period)
{
  if (g_str_equal (period, "day"))
    return "day";
  return g_str_equal (period, "month") ? "month" : NULL;
}

/* What a verb of this file is about. */
typedef struct
{
  const char *scope;
  char       *name;
  const char *period; /* NULL: both */
  BksMoney    hard;
  BksMoney    soft;
  gint64      now_ms;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->name);
  g_free (question);
}

static Question *
question_new (const char *scope,
              const char *name,
              const char *period,
              gint64      now_ms)
{
  Question *question = g_new0 (Question, 1);

  question->scope = intern_scope (scope);
  question->name = g_strdup (name);
  question->period = period != NULL ? intern_period (period) : NULL;
  question->now_ms = now_ms;
  return question;
}

static gboolean
put_budget (BksConnection   *connection,
            const Question  *question,
            GError         **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO budgets (scope, name, period, hard, soft) VALUES (?, ?, ?, ?, ?)"
                                      " ON CONFLICT (scope, name, period)"
                                      " DO UPDATE SET hard = excluded.hard, soft = excluded.soft",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, question->scope);
  bks_bind_text (statement, 2, question->name);
  bks_bind_text (statement, 3, question->period);
  bks_bind_unknown (statement, 4, question->hard, BKS_UNLIMITED);
  bks_bind_unknown (statement, 5, question->soft, BKS_UNLIMITED);
  return bks_connection_run (connection, statement, error);
}

static gboolean
remove_empty_budgets (BksConnection  *connection,
                      GError        **error)
{
  return bks_connection_execute (connection, "DELETE FROM budgets WHERE hard IS NULL AND soft IS NULL", error);
}

/* Who sets a budget sees how it stands: what is passed by then is not told again, and what was closed is open. */
static gboolean
reopen (BksConnection  *connection,
        const char     *scope,
        const char     *name,
        const char     *period,
        gint64          now_ms,
        GError        **error)
{
  g_autoptr(BksBudgetWindow) window = bks_budget_window_new (scope, name, period, now_ms);
  sqlite3_stmt *statement;
  BksBudgetWindowState state;

  if (!bks_budget_window_read (window, connection, &state, error))
    return FALSE;
  if (state.id == 0 && !bks_budget_window_open (window, connection, &state, error))
    return FALSE;
  statement = bks_connection_prepare (connection, "UPDATE windows SET closed = 0, told = ? WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, bks_budget_window_get_threshold (&state));
  sqlite3_bind_int64 (statement, 2, state.id);
  return bks_connection_run (connection, statement, error);
}

static gboolean
set_budget (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  const Question *question = data;

  return put_budget (connection, question, error) && remove_empty_budgets (connection, error) &&
         reopen (connection, question->scope, question->name, question->period, question->now_ms, error);
}

/**
 * bks_library_set_budget:
 * @library: the library
 * @scope: "global", "provider", "book" or "device"
 * @name: which; "" for the global one
 * @period: "day" or "month"
 * @hard: what may be spent, %BKS_UNLIMITED
 * @soft: what a person wants to be warned of, %BKS_UNLIMITED for none
 * @now_ms: epoch milliseconds
 *
 * Holds at once, also for the period under way, whose window is open again if
 * an overrun had closed it.
 *
 * Returns: (transfer full): resolves when it is durable; rejects with
 *   %BKS_ERROR_INVALID_ARGUMENT
 */
DexFuture *
bks_library_set_budget (BksDatabase *library,
                        const char  *scope,
                        const char  *name,
                        const char  *period,
                        BksMoney     hard,
                        BksMoney     soft,
                        gint64       now_ms)
{
  Question *question = question_new (scope, name, period, now_ms);

  if (question->scope == NULL || question->period == NULL || hard < BKS_UNLIMITED || soft < BKS_UNLIMITED)
    {
      question_free (question);
      return dex_future_new_reject (BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "A budget is an amount of zero or more a day or a month");
    }
  question->hard = hard;
  question->soft = soft;
  return bks_database_write (library, set_budget, question, question_free);
}

static BksBudget *
make_budget (const BksBudgetWindow      *window,
             const BksBudgetWindowState *state)
{
  BksBudget *budget = g_atomic_rc_box_new0 (BksBudget);

  budget->scope = g_strdup (window->scope);
  budget->name = g_strdup (window->name);
  budget->period = g_strdup (window->period);
  budget->hard = state->hard;
  budget->soft = state->soft;
  budget->spent = state->spent;
  budget->reserved = state->reserved;
  budget->calls = state->calls;
  budget->unknown = state->unknown;
  budget->tokens = state->tokens;
  budget->operations = state->operations;
  budget->resets_at = window->ends_at;
  budget->closed = state->closed;
  return budget;
}

static BksBudget *
read_one (BksConnection  *connection,
          const char     *scope,
          const char     *name,
          const char     *period,
          gint64          now_ms,
          GError        **error)
{
  g_autoptr(BksBudgetWindow) window = bks_budget_window_new (scope, name, period, now_ms);
  BksBudgetWindowState state;

  return bks_budget_window_read (window, connection, &state, error) ? make_budget (window, &state) : NULL;
}

static gboolean
add_budget (BksConnection  *connection,
            GPtrArray      *budgets,
            const char     *scope,
            const char     *name,
            const char     *period,
            gint64          now_ms,
            GError        **error)
{
  BksBudget *budget = read_one (connection, scope, name, period, now_ms, error);

  if (budget != NULL)
    g_ptr_array_add (budgets, budget);
  return budget != NULL;
}

/* The names first: reading how one stands uses statements of its own. */
static gboolean
list_names (BksConnection  *connection,
            GPtrArray      *names,
            GError        **error)
{
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "SELECT scope, name, period FROM budgets WHERE scope <> 'global'"
                                      " ORDER BY scope, name, period",
                                      error);
  if (statement == NULL)
    return FALSE;
  while ((step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    for (int i = 0; i < 3; i++)
      g_ptr_array_add (names, bks_column_dup (statement, i));
  return step != -1;
}

static gboolean
list_budgets (BksConnection  *connection,
              GValue         *result,
              gpointer        data,
              GError        **error)
{
  const Question *question = data;
  g_autoptr(GPtrArray) budgets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_budget_unref);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  if (!add_budget (connection, budgets, "global", "", "day", question->now_ms, error) ||
      !add_budget (connection, budgets, "global", "", "month", question->now_ms, error) ||
      !list_names (connection, names, error))
    return FALSE;
  for (guint i = 0; i < names->len; i += 3)
    {
      const char *scope = intern_scope (g_ptr_array_index (names, i));
      const char *period = intern_period (g_ptr_array_index (names, i + 2));

      if (scope != NULL && period != NULL &&
          !add_budget (connection, budgets, scope, g_ptr_array_index (names, i + 1), period, question->now_ms, error))
        return FALSE;
    }
  g_value_init (result, G_TYPE_PTR_ARRAY);
  g_value_take_boxed (result, g_steal_pointer (&budgets));
  return TRUE;
}

/**
 * bks_library_list_budgets:
 * @library: the library
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksBudget: the global
 *   day and month, and what else has a budget, as they stand now
 */
DexFuture *
bks_library_list_budgets (BksDatabase *library,
                          gint64       now_ms)
{
  return bks_database_read (library, list_budgets, question_new ("global", "", NULL, now_ms), question_free);
}

static gboolean
get_budget (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  const Question *question = data;
  BksBudget *budget = read_one (connection, question->scope, question->name, question->period, question->now_ms, error);

  if (budget == NULL)
    return FALSE;
  g_value_init (result, BKS_TYPE_BUDGET);
  g_value_take_boxed (result, budget);
  return TRUE;
}

/**
 * bks_library_get_budget:
 * @library: the library
 * @scope: "global", "provider", "book", "device" or "tier"
 * @name: which; "" for the global one
 * @period: "day" or "month"
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves to a #BksBudget as it stands now, without
 *   limits where none was set
 */
DexFuture *
bks_library_get_budget (BksDatabase *library,
                        const char  *scope,
                        const char  *name,
                        const char  *period,
                        gint64       now_ms)
{
  g_return_val_if_fail (intern_scope (scope) != NULL && intern_period (period) != NULL, NULL);

  return bks_database_read (library, get_budget, question_new (scope, name, period, now_ms), question_free);
}
