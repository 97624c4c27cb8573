/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include "bks-async.h"
#include "bks-backup.h"
#include "bks-book-session-private.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-folder-check.h"
#include "bks-rescue-private.h"

/* Opening a book: its lock, its file, and what a session that holds it does besides. */

typedef struct
{
  BksDatabase *library;
  char        *book_dir;
  BksOpenMode  mode;
  gboolean     listens;
  BksLimits   *limits;
  BksBookLock *lock;
  BksHandOver *hand_over; /* to the process that holds the book; NULL */
} Opening;

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  g_object_unref (opening->library);
  g_free (opening->book_dir);
  bks_limits_unref (opening->limits);
  g_clear_pointer (&opening->lock, bks_book_lock_release);
  g_clear_pointer (&opening->hand_over, bks_hand_over_free);
  g_free (opening);
}

/* On a thread: takes the book, or finds the one who has it and takes writes. */
static gboolean
take_lock (GValue        *result,
           GCancellable  *cancellable,
           gpointer       data,
           GError       **error)
{
  Opening *opening = data;
  const char *program = g_get_application_name ();
  g_autoptr(GError) refusal = NULL;

  if (!g_file_test (opening->book_dir, G_FILE_TEST_IS_DIR))
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "The book's folder is gone");
      return FALSE;
    }
  if (!bks_folder_check (opening->book_dir, error))
    return FALSE;
  opening->lock = bks_book_lock_take (opening->book_dir, program != NULL ? program : g_get_prgname (), &refusal);
  if (opening->lock == NULL && opening->mode == BKS_OPEN_GUEST && g_error_matches (refusal, BKS_ERROR, BKS_ERROR_BUSY))
    opening->hand_over = bks_hand_over_connect (opening->book_dir, NULL);
  if (opening->lock != NULL || opening->hand_over != NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&refusal));
  return FALSE;
}

/* A file that is going to be changed into a newer form is copied first, before any connection writes to it. */
static gboolean
prepare_file (GValue        *result,
              GCancellable  *cancellable,
              gpointer       data,
              GError       **error)
{
  Opening *opening = data;

  return opening->lock == NULL || bks_backup_before_migration (opening->book_dir, opening->limits, error);
}

/* Fiber. The rest of opening, once the file is there. */
static gboolean
await_contents (BksBookSession  *self,
                GError         **error)
{
  self->book = dex_await_object (bks_book_store_get_book (self->store), error);
  return self->book != NULL && bks_book_session_await_nodes (self, error) && bks_book_session_await_today (self, error);
}

static BksBookSession *
make_session (Opening *opening)
{
  BksBookSession *self = g_object_new (BKS_TYPE_BOOK_SESSION, NULL);

  self->library = g_object_ref (opening->library);
  self->limits = bks_limits_ref (opening->limits);
  self->dir = g_strdup (opening->book_dir);
  self->writable = opening->mode != BKS_OPEN_READ;
  self->lock = g_steal_pointer (&opening->lock);
  self->hand_over = g_steal_pointer (&opening->hand_over);
  return self;
}

/* Fiber. What a session that holds its book does besides. */
static void
await_holding (BksBookSession *self,
               gboolean        listens)
{
  g_autoptr(GError) error = NULL;

  bks_book_session_await_rescued (self);
  if (listens)
    {
      self->hand_over = bks_hand_over_listen (self, &error);
      /* Others are told who holds the book, as they would be without it. */
      if (self->hand_over == NULL)
        g_info ("Other programs cannot hand over what they write: %s", error->message);
    }
  bks_book_session_start_backups (self);
  g_object_set (self->book, "opened-at", bks_clock_get_now_ms (self->limits->clock), NULL);
  dex_await (bks_book_session_publish (self), NULL);
}

static DexFuture *
open_fiber (gpointer data)
{
  Opening *opening = data;
  g_autofree char *path = g_build_filename (opening->book_dir, "book.db", NULL);
  g_autoptr(BksBookSession) self = NULL;
  GError *error = NULL;

  /* The lock first: opening for writing may bring the file to a newer schema. */
  if (opening->mode != BKS_OPEN_READ &&
      (!dex_await (bks_run_in_thread (NULL, take_lock, opening, NULL), &error) ||
       !dex_await (bks_run_in_thread (NULL, prepare_file, opening, NULL), &error)))
    return bks_future_error (error);
  self = make_session (opening);
  self->store = dex_await_object (bks_book_store_open (path, self->lock != NULL, self->limits), &error);
  if (self->store == NULL || !await_contents (self, &error))
    return bks_future_error (error);
  if (self->lock != NULL)
    await_holding (self, opening->listens);
  return dex_future_new_take_object (g_steal_pointer (&self));
}

/**
 * bks_book_session_open:
 * @library: the library
 * @book_dir: the book's folder
 * @mode: whether to take its lock
 * @listens: whether to take what other processes hand over
 * @limits: limits
 *
 * Returns: (transfer full): resolves to a #BksBookSession; rejects with
 *   %BKS_ERROR_BUSY, whose message names the holder, or %BKS_ERROR_UNSUPPORTED
 *   for a folder that is synchronised or on a network
 */
DexFuture *
bks_book_session_open (BksDatabase *library,
                       const char  *book_dir,
                       BksOpenMode  mode,
                       gboolean     listens,
                       BksLimits   *limits)
{
  Opening *opening = g_new0 (Opening, 1);

  opening->library = g_object_ref (library);
  opening->book_dir = g_strdup (book_dir);
  opening->mode = mode;
  opening->listens = listens;
  opening->limits = bks_limits_ref (limits);
  return bks_spawn_finally (open_fiber, opening, opening_free);
}
