/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-history-private.h"
#include "bks-book-store-private.h"
#include "bks-error.h"

/*
 * What was changed in the book's structure, to be undone and done again, also
 * after a restart. A command is where the node stood before and after it.
 */

G_DEFINE_BOXED_TYPE (BksCommand, bks_command, bks_command_ref, bks_command_unref)

/**
 * bks_command_ref:
 * @self: a command
 *
 * Returns: (transfer full): @self
 */
BksCommand *
bks_command_ref (BksCommand *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
command_clear (gpointer data)
{
  BksCommand *self = data;

  g_free (self->kind);
  g_free (self->node_id);
  g_free (self->title);
}

/**
 * bks_command_unref:
 * @self: (transfer full): a command
 */
void
bks_command_unref (BksCommand *self)
{
  g_atomic_rc_box_release_full (self, command_clear);
}

static void
bind_state (sqlite3_stmt       *statement,
            int                 first,
            const BksNodeState *state)
{
  bks_bind_text (statement, first, state->parent_id);
  sqlite3_bind_int (statement, first + 1, state->place);
  bks_bind_text (statement, first + 2, state->title);
  bks_bind_unknown (statement, first + 3, state->trashed_at, 0);
  bks_bind_text (statement, first + 4, state->status);
}

static gboolean
run_on_commands (BksConnection  *connection,
                 const char     *sql,
                 gint64          number,
                 GError        **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, sql, error);

  if (statement == NULL)
    return FALSE;
  if (sqlite3_bind_parameter_count (statement) > 0)
    sqlite3_bind_int64 (statement, 1, number);
  return bks_connection_run (connection, statement, error);
}

/**
 * bks_book_add_command:
 * @connection: a connection in a transaction
 * @kind: what was done
 * @node_id: to which node; it stands where it stands now
 * @before: where it stood before
 * @now_ms: epoch milliseconds
 * @error: return location
 *
 * Notes a change, so that it can be undone. What was undone before cannot be
 * done again from now on.
 *
 * Returns: whether it is noted
 */
gboolean
bks_book_add_command (BksConnection       *connection,
                      const char          *kind,
                      const char          *node_id,
                      const BksNodeState  *before,
                      gint64               now_ms,
                      GError             **error)
{
  g_auto(BksNodeState) after = { 0 };
  sqlite3_stmt *statement;

  if (!bks_book_get_state (connection, node_id, &after, error) ||
      !run_on_commands (connection, "DELETE FROM commands WHERE undone", 0, error))
    return FALSE;
  statement = bks_connection_prepare (connection,
                                      "INSERT INTO commands (at, kind, node_id, old_parent, old_place, old_title, old_trashed,"
                                      "  old_status, new_parent, new_place, new_title, new_trashed, new_status)"
                                      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                      error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, now_ms);
  bks_bind_text (statement, 2, kind);
  bks_bind_text (statement, 3, node_id);
  bind_state (statement, 4, before);
  bind_state (statement, 9, &after);
  return bks_connection_run (connection, statement, error) &&
         run_on_commands (connection, "DELETE FROM commands WHERE seq <= (SELECT max (seq) FROM commands) - ?",
                          BKS_HISTORY_COMMANDS, error);
}

#define COMMAND_COLUMNS "SELECT seq, kind, node_id, old_title, at, undone"

static BksCommand *
read_command (sqlite3_stmt *statement)
{
  BksCommand *command = g_atomic_rc_box_new0 (BksCommand);

  command->seq = sqlite3_column_int64 (statement, 0);
  command->kind = bks_column_dup (statement, 1);
  command->node_id = bks_column_dup (statement, 2);
  command->title = bks_column_dup (statement, 3);
  command->at = sqlite3_column_int64 (statement, 4);
  command->undone = sqlite3_column_int (statement, 5) != 0;
  return command;
}

/* The command to undo or to do again, and the state that this leads to. */
static BksCommand *
find_command (BksConnection  *connection,
              gboolean        undo,
              BksNodeState   *state,
              GError        **error)
{
  BksCommand *command;
  sqlite3_stmt *statement;
  int step;

  if (undo)
    statement = bks_connection_prepare (connection,
                                        COMMAND_COLUMNS ", old_parent, old_place, old_title, coalesce (old_trashed, 0),"
                                        " old_status"
                                        " FROM commands WHERE NOT undone ORDER BY seq DESC LIMIT 1",
                                        error);
  else
    statement = bks_connection_prepare (connection,
                                        COMMAND_COLUMNS ", new_parent, new_place, new_title, coalesce (new_trashed, 0),"
                                        " new_status"
                                        " FROM commands WHERE undone ORDER BY seq LIMIT 1",
                                        error);
  if (statement == NULL)
    return NULL;
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_DONE)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND,
                         undo ? "There is nothing to undo" : "There is nothing to do again");
  if (step != SQLITE_ROW)
    return NULL;
  command = read_command (statement);
  state->parent_id = bks_column_dup (statement, 6);
  state->place = sqlite3_column_int (statement, 7);
  state->title = bks_column_dup (statement, 8);
  state->trashed_at = sqlite3_column_int64 (statement, 9);
  state->status = bks_column_dup (statement, 10);
  sqlite3_reset (statement);
  return command;
}

static gboolean
step_history (BksConnection  *connection,
              GValue         *result,
              gboolean        undo,
              gint64          now_ms,
              GError        **error)
{
  g_auto(BksNodeState) state = { 0 };
  g_autoptr(BksCommand) command = find_command (connection, undo, &state, error);

  if (command == NULL ||
      !bks_book_put_state (connection, command->node_id, &state, now_ms, error) ||
      !run_on_commands (connection, undo ? "UPDATE commands SET undone = 1 WHERE seq = ?"
                                         : "UPDATE commands SET undone = 0 WHERE seq = ?",
                        command->seq, error) ||
      !bks_book_note_change (connection, undo ? "structure.undone" : "structure.redone", "chapter", command->node_id,
                             now_ms, error))
    return FALSE;
  command->undone = undo;
  g_value_init (result, BKS_TYPE_COMMAND);
  g_value_take_boxed (result, g_steal_pointer (&command));
  return TRUE;
}

static gboolean
undo_command (BksConnection  *connection,
              GValue         *result,
              gpointer        data,
              GError        **error)
{
  return step_history (connection, result, TRUE, *(gint64 *) data, error);
}

static gboolean
redo_command (BksConnection  *connection,
              GValue         *result,
              gpointer        data,
              GError        **error)
{
  return step_history (connection, result, FALSE, *(gint64 *) data, error);
}

/**
 * bks_book_store_undo:
 * @store: a book's database
 * @now_ms: epoch milliseconds
 *
 * Undoes the last change of the structure. Texts stay as they are.
 *
 * Returns: (transfer full): resolves to the #BksCommand that was undone, when
 *   it is durable; rejects with %BKS_ERROR_NOT_FOUND if there is none
 */
DexFuture *
bks_book_store_undo (BksDatabase *store,
                     gint64       now_ms)
{
  return bks_database_write (store, undo_command, g_memdup2 (&now_ms, sizeof now_ms), g_free);
}

/**
 * bks_book_store_redo:
 * @store: a book's database
 * @now_ms: epoch milliseconds
 *
 * Does again what was undone last.
 *
 * Returns: (transfer full): resolves to the #BksCommand that was done again,
 *   when it is durable; rejects with %BKS_ERROR_NOT_FOUND if there is none
 */
DexFuture *
bks_book_store_redo (BksDatabase *store,
                     gint64       now_ms)
{
  return bks_database_write (store, redo_command, g_memdup2 (&now_ms, sizeof now_ms), g_free);
}

static gboolean
list_commands (BksConnection  *connection,
               GValue         *result,
               gpointer        data,
               GError        **error)
{
  g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_command_unref);
  sqlite3_stmt *statement;
  int step;

  if (!bks_book_has_history (connection))
    {
      g_value_init (result, G_TYPE_PTR_ARRAY);
      g_value_take_boxed (result, g_steal_pointer (&commands));
      return TRUE;
    }
  statement = bks_connection_prepare (connection, COMMAND_COLUMNS " FROM commands ORDER BY seq DESC", error);
  if (statement == NULL)
    return FALSE;
  while ((step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    g_ptr_array_add (commands, read_command (statement));
  if (step == -1)
    return FALSE;
  g_value_init (result, G_TYPE_PTR_ARRAY);
  g_value_take_boxed (result, g_steal_pointer (&commands));
  return TRUE;
}

/**
 * bks_book_store_list_commands:
 * @store: a book's database
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksCommand, the newest first
 */
DexFuture *
bks_book_store_list_commands (BksDatabase *store)
{
  return bks_database_read (store, list_commands, NULL, NULL);
}
