/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-days.h"
#include "bks-book-store-private.h"

/* What was written into the book on each day of the local calendar. */

G_DEFINE_BOXED_TYPE (BksDay, bks_day, bks_day_ref, bks_day_unref)

/**
 * bks_day_ref:
 * @self: a day
 *
 * Returns: (transfer full): @self
 */
BksDay *
bks_day_ref (BksDay *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
day_clear (gpointer data)
{
  g_free (((BksDay *) data)->date);
}

/**
 * bks_day_unref:
 * @self: (transfer full): a day
 */
void
bks_day_unref (BksDay *self)
{
  g_atomic_rc_box_release_full (self, day_clear);
}

/* As the calendar on the wall has it, where and when this is asked. */
static char *
make_date (gint64 now_ms)
{
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc_usec (now_ms * 1000);
  g_autoptr(GDateTime) local = g_date_time_to_local (utc);

  return g_strdup_printf ("%04d-%02d-%02d", g_date_time_get_year (local), g_date_time_get_month (local),
                          g_date_time_get_day_of_month (local));
}

/**
 * bks_book_count_day:
 * @connection: a connection in a transaction
 * @written: how many words a person has written
 * @net: by how many words the text has grown, negative where it has shrunk
 * @now_ms: epoch milliseconds
 * @error: return location
 *
 * Returns: whether it is counted
 */
gboolean
bks_book_count_day (BksConnection  *connection,
                    gint64          written,
                    gint64          net,
                    gint64          now_ms,
                    GError        **error)
{
  g_autofree char *date = NULL;
  sqlite3_stmt *statement;

  if (written == 0 && net == 0)
    return TRUE;
  statement = bks_connection_prepare (connection,
                                      "INSERT INTO days (day, written, net) VALUES (?1, ?2, ?3) ON CONFLICT (day)"
                                      " DO UPDATE SET written = written + ?2, net = net + ?3",
                                      error);
  if (statement == NULL)
    return FALSE;
  date = make_date (now_ms);
  bks_bind_text (statement, 1, date);
  sqlite3_bind_int64 (statement, 2, written);
  sqlite3_bind_int64 (statement, 3, net);
  return bks_connection_run (connection, statement, error);
}

static BksDay *
day_new (char   *date,
         gint64  written,
         gint64  net)
{
  BksDay *day = g_atomic_rc_box_new0 (BksDay);

  day->date = date;
  day->written = written;
  day->net = net;
  return day;
}

static BksDay *
read_day (sqlite3_stmt *statement)
{
  return day_new (bks_column_dup (statement, 0), sqlite3_column_int64 (statement, 1), sqlite3_column_int64 (statement, 2));
}

static gboolean
get_day (BksConnection  *connection,
         GValue         *result,
         gpointer        data,
         GError        **error)
{
  g_autofree char *date = make_date (*(gint64 *) data);
  g_autoptr(BksDay) day = NULL;
  sqlite3_stmt *statement;
  int step;

  if (bks_book_has_plans (connection))
    {
      statement = bks_connection_prepare (connection, "SELECT day, written, net FROM days WHERE day = ?", error);
      if (statement == NULL)
        return FALSE;
      bks_bind_text (statement, 1, date);
      step = bks_connection_step (connection, statement, error);
      if (step == -1)
        return FALSE;
      if (step == SQLITE_ROW)
        {
          day = read_day (statement);
          sqlite3_reset (statement);
        }
    }
  if (day == NULL)
    day = day_new (g_steal_pointer (&date), 0, 0);
  g_value_init (result, BKS_TYPE_DAY);
  g_value_take_boxed (result, g_steal_pointer (&day));
  return TRUE;
}

/**
 * bks_book_store_get_day:
 * @store: a book's database
 * @now_ms: a moment, epoch milliseconds
 *
 * Returns: (transfer full): resolves to the #BksDay that it is in
 */
DexFuture *
bks_book_store_get_day (BksDatabase *store,
                        gint64       now_ms)
{
  return bks_database_read (store, get_day, g_memdup2 (&now_ms, sizeof now_ms), g_free);
}

static gboolean
list_days (BksConnection  *connection,
           GValue         *result,
           gpointer        data,
           GError        **error)
{
  g_autoptr(GPtrArray) days = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_day_unref);
  sqlite3_stmt *statement = NULL;
  int step = SQLITE_DONE;

  if (bks_book_has_plans (connection))
    {
      statement = bks_connection_prepare (connection, "SELECT day, written, net FROM days ORDER BY day DESC", error);
      if (statement == NULL)
        return FALSE;
    }
  while (statement != NULL && (step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    g_ptr_array_add (days, read_day (statement));
  if (step == -1)
    return FALSE;
  g_value_init (result, G_TYPE_PTR_ARRAY);
  g_value_take_boxed (result, g_steal_pointer (&days));
  return TRUE;
}

/**
 * bks_book_store_list_days:
 * @store: a book's database
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksDay, those on which something was written, the last first
 */
DexFuture *
bks_book_store_list_days (BksDatabase *store)
{
  return bks_database_read (store, list_days, NULL, NULL);
}

static gboolean
set_goal (BksConnection  *connection,
          GValue         *result,
          gpointer        data,
          GError        **error)
{
  gint64 words, now_ms;
  sqlite3_stmt *statement = bks_connection_prepare (connection, "UPDATE book SET daily_goal = ?", error);

  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(xx)", &words, &now_ms);
  sqlite3_bind_int64 (statement, 1, words);
  return bks_connection_run (connection, statement, error) &&
         bks_book_note_change (connection, "book.changed", "book", "", now_ms, error);
}

/**
 * bks_book_store_set_daily_goal:
 * @store: a book's database
 * @words: how many words a day, 0 for no goal
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_store_set_daily_goal (BksDatabase *store,
                               gint64       words,
                               gint64       now_ms)
{
  return bks_database_write (store, set_goal, g_variant_ref_sink (g_variant_new ("(xx)", words, now_ms)),
                             (GDestroyNotify) g_variant_unref);
}
