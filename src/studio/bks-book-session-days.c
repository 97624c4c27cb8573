/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include "bks-async.h"
#include "bks-book-session-private.h"
#include "bks-error.h"

/* What is written into the book today, and what the author means to write in a day. */

/**
 * bks_book_session_await_today:
 * @self: a session
 * @error: return location
 *
 * In a fiber: reads what was written today.
 *
 * Returns: whether it could be read
 */
gboolean
bks_book_session_await_today (BksBookSession  *self,
                              GError         **error)
{
  BksDay *today = dex_await_boxed (bks_book_store_get_day (self->store, bks_clock_get_now_ms (self->limits->clock)), error);

  if (today == NULL)
    return FALSE;
  g_clear_pointer (&self->today, bks_day_unref);
  self->today = today;
  g_signal_emit_by_name (self, "today-changed");
  return TRUE;
}

static DexFuture *
today_fiber (gpointer data)
{
  GError *error = NULL;

  return bks_book_session_await_today (data, &error) ? dex_future_new_true () : bks_future_error (error);
}

/**
 * bks_book_session_update_today:
 * @self: a session
 *
 * To be called when another day may have begun; after a save it is done by itself. "today-changed" tells of it.
 *
 * Returns: (transfer full): resolves when bks_book_session_get_today() is of this day
 */
DexFuture *
bks_book_session_update_today (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return bks_spawn_finally (today_fiber, g_object_ref (self), g_object_unref);
}

/**
 * bks_book_session_get_today:
 * @self: a session
 *
 * Returns: (transfer none): what was written today, of the last save
 */
const BksDay *
bks_book_session_get_today (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return self->today;
}

/**
 * bks_book_session_list_days:
 * @self: a session
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksDay, the last first
 */
DexFuture *
bks_book_session_list_days (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return bks_book_store_list_days (self->store);
}

typedef struct
{
  BksBookSession *self;
  gint64          words;
} Goal;

static void
goal_free (gpointer data)
{
  g_object_unref (((Goal *) data)->self);
  g_free (data);
}

static DexFuture *
set_goal_fiber (gpointer data)
{
  Goal *goal = data;
  BksBookSession *self = goal->self;
  g_autoptr(GVariant) answer = NULL;
  GError *error = bks_book_session_check_writable (self);

  if (error != NULL)
    return bks_future_error (error);
  if (bks_book_session_is_guest (self))
    {
      answer = bks_book_session_await_hand_over (self, "goal", g_variant_new ("(x)", goal->words), &error);
      if (answer == NULL)
        return bks_future_error (error);
    }
  else if (!dex_await (bks_book_store_set_daily_goal (self->store, goal->words,
                                                      bks_clock_get_now_ms (self->limits->clock)),
                       &error))
    return bks_future_error (error);
  g_object_set (self->book, "daily-goal", goal->words, NULL);
  bks_book_session_note_change (self);
  return dex_future_new_true ();
}

/**
 * bks_book_session_set_daily_goal:
 * @self: a session
 * @words: how many words the author means to write in a day, 0 for no goal
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_session_set_daily_goal (BksBookSession *self,
                                 gint64          words)
{
  Goal *goal;

  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && words >= 0, NULL);

  goal = g_new0 (Goal, 1);
  goal->self = g_object_ref (self);
  goal->words = words;
  return bks_spawn_finally (set_goal_fiber, goal, goal_free);
}
