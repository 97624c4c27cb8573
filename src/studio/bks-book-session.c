/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-book-lock.h"
#include "bks-book-session-private.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-library.h"
#include "bks-node-session-private.h"

/**
 * BksBookSession:
 *
 * A book while it is open: its binder as live lists, and every change of its
 * structure. Holds the book's lock when writable.
 */

G_DEFINE_FINAL_TYPE (BksBookSession, bks_book_session, G_TYPE_OBJECT)

/* Something that writes to the book in the background. */
typedef struct
{
  DexCancellable *cancellable;
  DexFuture      *finished;
} Work;

static void
work_free (gpointer data)
{
  Work *work = data;

  dex_unref (work->cancellable);
  dex_unref (work->finished);
  g_free (work);
}

static void
bks_book_session_finalize (GObject *object)
{
  BksBookSession *self = BKS_BOOK_SESSION (object);

  bks_book_session_stop_backups (self);
  g_clear_pointer (&self->hand_over, bks_hand_over_free);
  g_clear_object (&self->store);
  g_clear_pointer (&self->lock, bks_book_lock_release);
  g_free (self->dir);
  dex_clear (&self->backing);
  g_object_unref (self->library);
  bks_limits_unref (self->limits);
  g_clear_object (&self->book);
  g_object_unref (self->nodes);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->sessions);
  g_ptr_array_unref (self->works);
  g_clear_pointer (&self->today, bks_day_unref);
  g_hash_table_unref (self->plans);
  g_clear_handle_id (&self->plans_id, g_source_remove);
  dex_clear (&self->planning);
  g_clear_error (&self->plan_error);
  dex_clear (&self->changing);
  dex_clear (&self->closing);
  G_OBJECT_CLASS (bks_book_session_parent_class)->finalize (object);
}

static void
bks_book_session_class_init (BksBookSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_book_session_finalize;

  /**
   * BksBookSession::closed:
   *
   * The book was closed; whoever still holds the session lets go of it.
   */
  g_signal_new ("closed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * BksBookSession::today-changed:
   *
   * More was written, or another day has begun: see bks_book_session_get_today().
   */
  g_signal_new ("today-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * BksBookSession::plan-error-changed:
   *
   * What was typed into a synopsis or target could not be saved, or could at last: see
   * bks_book_session_get_plan_error().
   */
  g_signal_new ("plan-error-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
bks_book_session_init (BksBookSession *self)
{
  self->nodes = g_list_store_new (BKS_TYPE_NODE);
  self->by_id = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->works = g_ptr_array_new_with_free_func (work_free);
  self->plans = bks_book_session_make_plans ();
}

static DexFuture *
publish_failed_cb (DexFuture *future,
                   gpointer   data)
{
  g_autoptr(GError) error = NULL;

  /* The library only repeats what the book's own file says; it catches up with the next change and
   * when the book is closed. The person hears of a full disk by what they asked for, not by this. */
  dex_future_get_value (future, &error);
  g_info ("The library could not be told of a change: %s", error->message);
  return dex_future_new_true ();
}

/**
 * bks_book_session_publish:
 * @self: a session that holds its book
 *
 * Tells the library what it shows of the book.
 *
 * Returns: (transfer full): resolves when it knows
 */
DexFuture *
bks_book_session_publish (BksBookSession *self)
{
  return dex_future_catch (bks_library_put_book (self->library, self->book), publish_failed_cb, NULL, NULL);
}

/**
 * bks_book_session_note_change:
 * @self: a session
 *
 * Something of the book was changed: brings its time, sums and the library up to date.
 */
void
bks_book_session_note_change (BksBookSession *self)
{
  self->changed = TRUE;
  g_object_set (self->book, "updated-at", bks_clock_get_now_ms (self->limits->clock), NULL);
  bks_book_session_update_sums (self);
  dex_future_disown (bks_book_session_publish (self));
}

/**
 * bks_book_session_get_store:
 * @self: a session
 *
 * Returns: (transfer none): the book's database, which refuses everything once the session is closed
 */
BksDatabase *
bks_book_session_get_store (BksBookSession *self)
{
  return self->store;
}

/**
 * bks_book_session_get_limits:
 * @self: a session
 *
 * Returns: (transfer none): its limits
 */
BksLimits *
bks_book_session_get_limits (BksBookSession *self)
{
  return self->limits;
}

/**
 * bks_book_session_is_closed:
 * @self: a session
 *
 * Returns: whether bks_book_session_close() has let go of the file
 */
gboolean
bks_book_session_is_closed (BksBookSession *self)
{
  return self->closed;
}

/**
 * bks_book_session_get_closing:
 * @self: a session
 *
 * Returns: (transfer full) (nullable): what bks_book_session_close() returned,
 *   while it goes on
 */
DexFuture *
bks_book_session_get_closing (BksBookSession *self)
{
  return self->closing != NULL ? dex_ref (self->closing) : NULL;
}

static void
drop_finished_works (BksBookSession *self)
{
  for (guint i = self->works->len; i-- > 0;)
    if (!dex_future_is_pending (((Work *) g_ptr_array_index (self->works, i))->finished))
      g_ptr_array_remove_index_fast (self->works, i);
}

/**
 * bks_book_session_add_work:
 * @self: a session
 * @cancellable: ends the work
 * @finished: resolves when the work has written its last
 *
 * Work that goes on in the background is ended, and its end waited for, before
 * the book is closed.
 */
void
bks_book_session_add_work (BksBookSession *self,
                           DexCancellable *cancellable,
                           DexFuture      *finished)
{
  Work *work = g_new0 (Work, 1);

  drop_finished_works (self);
  work->cancellable = dex_ref (cancellable);
  work->finished = dex_ref (finished);
  g_ptr_array_add (self->works, work);
}

/**
 * bks_book_session_text_saved:
 * @self: a session
 *
 * A node session has saved its text: brings sums, the day and the library up to date.
 */
void
bks_book_session_text_saved (BksBookSession *self)
{
  bks_book_session_note_change (self);
  dex_future_disown (bks_book_session_update_today (self));
}

/**
 * bks_book_session_get_book:
 * @self: a session
 *
 * Returns: (transfer none): the book; notifies when words or details change
 */
BksBook *
bks_book_session_get_book (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return self->book;
}

/**
 * bks_book_session_get_writable:
 * @self: a session
 *
 * Returns: whether it may change the book
 */
gboolean
bks_book_session_get_writable (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), FALSE);

  return self->writable;
}

/* A node of the book. */
typedef struct
{
  BksBookSession *self;
  char           *node_id;
} Verb;

static Verb *
verb_new (BksBookSession *self,
          const char     *node_id)
{
  Verb *verb = g_new0 (Verb, 1);

  verb->self = g_object_ref (self);
  verb->node_id = g_strdup (node_id);
  return verb;
}

static void
verb_free (gpointer data)
{
  Verb *verb = data;

  g_object_unref (verb->self);
  g_free (verb->node_id);
  g_free (verb);
}

/**
 * bks_book_session_no_such_node:
 * @node_id: an id
 *
 * Returns: (transfer full): the error for it
 */
GError *
bks_book_session_no_such_node (const char *node_id)
{
  return g_error_new (BKS_ERROR, BKS_ERROR_NOT_FOUND, "The book has no part or chapter %s", node_id);
}

/**
 * bks_book_session_check_writable:
 * @self: a session
 *
 * Returns: (transfer full) (nullable): why the session may not write; the rest of a refusal is SQLite's
 */
GError *
bks_book_session_check_writable (BksBookSession *self)
{
  if (bks_book_session_is_closed (self))
    return g_error_new_literal (BKS_ERROR, BKS_ERROR_FAILED, "The book has been closed");
  if (!self->writable)
    return g_error_new_literal (BKS_ERROR, BKS_ERROR_READ_ONLY, "The book is open for reading only");
  return NULL;
}

static DexFuture *
read_text_fiber (gpointer data)
{
  Verb *verb = data;
  BksNodeSession *session = g_hash_table_lookup (verb->self->sessions, verb->node_id);
  g_autoptr(BksNodeText) text = NULL;
  GError *error = NULL;

  if (bks_book_session_is_closed (verb->self))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_FAILED, "The book has been closed");
  /* Read what is on the screen, not what was there a second ago. */
  if (session != NULL)
    {
      g_autoptr(BksNodeSession) kept = g_object_ref (session);

      if (!dex_await (bks_node_session_save (kept), &error))
        return bks_future_error (error);
    }
  text = dex_await_boxed (bks_book_store_read_text (verb->self->store, verb->node_id), &error);
  if (text == NULL)
    return bks_future_error (error);
  return dex_future_new_for_string (text->text);
}

/**
 * bks_book_session_read_text:
 * @self: a session
 * @node_id: which node
 *
 * Returns: (transfer full): resolves to its text (CommonMark), what is unsaved in this process included
 */
DexFuture *
bks_book_session_read_text (BksBookSession *self,
                            const char     *node_id)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  return bks_spawn (NULL, read_text_fiber, verb_new (self, node_id), verb_free);
}

static void
session_gone_cb (gpointer  data,
                 GObject  *gone)
{
  BksBookSession *self = data;
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    if (session == gone)
      g_hash_table_iter_remove (&iter);
}

static DexFuture *
open_node_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  BksNode *node = bks_book_session_get_node (self, verb->node_id);
  g_autoptr(BksNodeText) text = NULL;
  BksNodeSession *session = g_hash_table_lookup (self->sessions, verb->node_id);
  GError *error = NULL;

  if (session != NULL)
    return dex_future_new_for_object (session);
  if (bks_book_session_is_closed (self))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_FAILED, "The book has been closed");
  if (node == NULL)
    return bks_future_error (bks_book_session_no_such_node (verb->node_id));
  text = dex_await_boxed (bks_book_store_read_text (self->store, verb->node_id), &error);
  if (text == NULL)
    return bks_future_error (error);
  /* Somebody else may have opened it while this waited. */
  session = g_hash_table_lookup (self->sessions, verb->node_id);
  if (session != NULL)
    return dex_future_new_for_object (session);
  session = bks_node_session_new (self, node, text);
  g_hash_table_insert (self->sessions, g_strdup (verb->node_id), session);
  /* The node session holds this one, so the pointer outlives the callback. */
  g_object_weak_ref (G_OBJECT (session), session_gone_cb, self);
  return dex_future_new_take_object (session);
}

/**
 * bks_book_session_open_node:
 * @self: a session
 * @node_id: which node
 *
 * Returns: (transfer full): resolves to the one #BksNodeSession of the node in this process
 */
DexFuture *
bks_book_session_open_node (BksBookSession *self,
                            const char     *node_id)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  return bks_spawn (NULL, open_node_fiber, verb_new (self, node_id), verb_free);
}

static DexFuture *
save_fiber (gpointer data)
{
  BksBookSession *self = data;
  g_autoptr(GPtrArray) sessions = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer session;
  GError *first = NULL;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    g_ptr_array_add (sessions, g_object_ref (session));
  for (guint i = 0; i < sessions->len; i++)
    dex_await (bks_node_session_save (g_ptr_array_index (sessions, i)), first == NULL ? &first : NULL);
  dex_await (bks_book_session_save_plans (self), first == NULL ? &first : NULL);
  return first != NULL ? bks_future_error (first) : dex_future_new_true ();
}

/**
 * bks_book_session_save:
 * @self: a session
 *
 * Returns: (transfer full): resolves when everything typed so far is on disk
 */
DexFuture *
bks_book_session_save (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return bks_spawn_finally (save_fiber, g_object_ref (self), g_object_unref);
}

/* Fiber. */
static void
await_works (BksBookSession *self)
{
  drop_finished_works (self);
  while (self->works->len > 0)
    {
      const Work *work = g_ptr_array_index (self->works, 0);
      DexFuture *finished = dex_ref (work->finished);

      dex_cancellable_cancel (work->cancellable);
      dex_await (finished, NULL);
      drop_finished_works (self);
    }
}

static gboolean
has_unsaved (BksBookSession *self)
{
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    if (bks_node_session_get_state (session) != BKS_SAVE_CLEAN)
      return TRUE;
  return bks_book_session_has_unsaved_plans (self);
}

/* Fiber. A person may go on typing while this waits, so it looks again. */
static gboolean
await_quiet (BksBookSession  *self,
             GError         **error)
{
  do
    {
      if (!dex_await (bks_book_session_save (self), error))
        return FALSE;
      await_works (self);
      if (self->changing != NULL)
        dex_await (dex_ref (self->changing), NULL);
      if (self->lock != NULL)
        dex_await (bks_book_session_publish (self), NULL);
    }
  while (has_unsaved (self) || self->works->len > 0);
  return TRUE;
}

static DexFuture *
close_fiber (gpointer data)
{
  BksBookSession *self = data;
  GError *error = NULL;

  if (!await_quiet (self, &error))
    {
      dex_clear (&self->closing);
      return bks_future_error (error);
    }
  self->closed = TRUE;
  bks_book_session_stop_backups (self);
  g_clear_pointer (&self->hand_over, bks_hand_over_free);
  if (self->lock != NULL)
    dex_await (bks_book_session_back_up_changes (self), NULL);
  dex_await (bks_database_close (self->store), NULL);
  g_clear_pointer (&self->lock, bks_book_lock_release);
  dex_clear (&self->closing);
  g_signal_emit_by_name (self, "closed");
  return dex_future_new_true ();
}

/**
 * bks_book_session_close:
 * @self: a session
 *
 * Saves, ends what writes to the book in the background, then lets go of it.
 * Where saving fails the book stays open.
 *
 * Returns: (transfer full): resolves when others may write the book
 */
DexFuture *
bks_book_session_close (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  if (self->closing == NULL && self->closed)
    return dex_future_new_true ();
  if (self->closing == NULL)
    self->closing = bks_spawn_finally (close_fiber, g_object_ref (self), g_object_unref);
  return dex_ref (self->closing);
}
