/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include "bks-async.h"
#include "bks-backup.h"
#include "bks-book-session-private.h"
#include "bks-error.h"
#include "bks-repair.h"
#include "bks-revisions.h"

/* Backups of a book while it is open: every hour, and when it is closed, where something has changed. */

typedef struct
{
  char      *dir;
  BksLimits *limits;
} Making;

static void
making_free (gpointer data)
{
  Making *making = data;

  g_free (making->dir);
  bks_limits_unref (making->limits);
  g_free (making);
}

static gboolean
make_backup (GValue        *result,
             GCancellable  *cancellable,
             gpointer       data,
             GError       **error)
{
  Making *making = data;
  BksBackup *backup = bks_backup_make (making->dir, FALSE, bks_clock_get_now_ms (making->limits->clock),
                                       making->limits, error);

  if (backup == NULL)
    return FALSE;
  g_value_init (result, BKS_TYPE_BACKUP);
  g_value_take_boxed (result, backup);
  return TRUE;
}

static DexFuture *
run_backup (BksBookSession *self)
{
  Making *making = g_new0 (Making, 1);

  making->dir = g_strdup (self->dir);
  making->limits = bks_limits_ref (self->limits);
  return bks_run_in_thread (NULL, make_backup, making, making_free);
}

typedef struct
{
  BksBookSession *self;
  DexFuture      *previous; /* the one that goes on; NULL */
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  g_object_unref (request->self);
  dex_clear (&request->previous);
  g_free (request);
}

static DexFuture *
back_up_fiber (gpointer data)
{
  Request *request = data;
  BksBookSession *self = request->self;
  g_autoptr(BksBackup) backup = NULL;
  GError *error = NULL;

  /* One after the other: they write to one place. */
  if (request->previous != NULL)
    dex_await (g_steal_pointer (&request->previous), NULL);
  if (!self->changed)
    return dex_future_new_true ();
  self->changed = FALSE;
  if (self->lock != NULL)
    dex_await (bks_book_store_thin_revisions (self->store, bks_clock_get_now_ms (self->limits->clock)), NULL);
  backup = dex_await_boxed (run_backup (self), &error);
  if (backup == NULL)
    {
      self->changed = TRUE;
      g_warning ("The book could not be backed up: %s", error->message);
      return bks_future_error (error);
    }
  if (backup->shrunk)
    g_info ("The book has lost more than a fifth of its words since the last backup; the earlier backups are all kept");
  return dex_future_new_true ();
}

/**
 * bks_book_session_back_up_changes:
 * @self: a session that holds its book
 *
 * Returns: (transfer full): resolves when what was changed since the last backup is in one
 */
DexFuture *
bks_book_session_back_up_changes (BksBookSession *self)
{
  Request *request = g_new0 (Request, 1);

  request->self = g_object_ref (self);
  request->previous = g_steal_pointer (&self->backing);
  self->backing = bks_spawn_finally (back_up_fiber, request, request_free);
  return dex_ref (self->backing);
}

static gboolean
hourly_cb (gpointer data)
{
  dex_future_disown (bks_book_session_back_up_changes (data));
  return G_SOURCE_CONTINUE;
}

/**
 * bks_book_session_start_backups:
 * @self: a session that holds its book
 */
void
bks_book_session_start_backups (BksBookSession *self)
{
  self->backup_id = g_timeout_add (self->limits->backup_ms, hourly_cb, self);
}

/**
 * bks_book_session_stop_backups:
 * @self: a session
 */
void
bks_book_session_stop_backups (BksBookSession *self)
{
  g_clear_handle_id (&self->backup_id, g_source_remove);
}

static gboolean
check_thread (GValue        *result,
              GCancellable  *cancellable,
              gpointer       data,
              GError       **error)
{
  Making *making = data;

  return bks_book_quick_check (making->dir, making->limits, error);
}

/**
 * bks_book_session_check:
 * @self: a session
 *
 * Looks at the book's file in the background, without keeping anybody from it.
 *
 * Returns: (transfer full): resolves when it is sound; rejects with %BKS_ERROR_CORRUPT
 */
DexFuture *
bks_book_session_check (BksBookSession *self)
{
  Making *making;

  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  making = g_new0 (Making, 1);
  making->dir = g_strdup (self->dir);
  making->limits = bks_limits_ref (self->limits);
  return bks_run_in_thread (NULL, check_thread, making, making_free);
}
