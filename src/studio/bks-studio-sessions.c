/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include "bks-async.h"
#include "bks-book-session-private.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-studio-private.h"

/* Opening books: one session for each, whoever asks and how often. */

typedef struct
{
  BksStudio   *self;
  char        *book_id;
  BksOpenMode  mode;
} Verb;

static Verb *
verb_new (BksStudio   *self,
          const char  *book_id,
          BksOpenMode  mode)
{
  Verb *verb = g_new0 (Verb, 1);

  verb->self = g_object_ref (self);
  verb->book_id = g_strdup (book_id);
  verb->mode = mode;
  return verb;
}

static void
verb_free (gpointer data)
{
  Verb *verb = data;

  g_object_unref (verb->self);
  g_free (verb->book_id);
  g_free (verb);
}

static void
session_gone_cb (gpointer  data,
                 GObject  *gone)
{
  GHashTable *sessions = data;
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    if (session == gone)
      g_hash_table_iter_remove (&iter);
  g_hash_table_unref (sessions);
}

static BksBookSession *
find_session (BksStudio   *self,
              const char  *book_id,
              BksOpenMode  mode)
{
  BksBookSession *session = g_hash_table_lookup (self->sessions, book_id);

  if (session == NULL || bks_book_session_is_closed (session) ||
      (mode != BKS_OPEN_READ && !bks_book_session_get_writable (session)) ||
      (mode == BKS_OPEN_WRITE && bks_book_session_is_guest (session)))
    return NULL;
  return session;
}

static void
book_changed_cb (BksBook    *book,
                 GParamSpec *pspec,
                 BksStudio  *self)
{
  bks_studio_update_book (self, book);
}

/* Fiber. A process opens or closes a book once at a time: its own lock would
 * keep the second one out. */
static void
await_turn (BksStudio  *self,
            const char *book_id)
{
  for (;;)
    {
      BksBookSession *session = g_hash_table_lookup (self->sessions, book_id);
      DexFuture *other = g_hash_table_lookup (self->opening, book_id);

      if (other != NULL)
        other = dex_ref (other);
      else if (session != NULL)
        other = bks_book_session_get_closing (session);
      if (other == NULL)
        return;
      dex_await (other, NULL);
    }
}

static BksBookSession *
await_open (BksStudio    *self,
            const char   *book_id,
            BksOpenMode   mode,
            GError      **error)
{
  g_autofree char *dir = bks_studio_get_book_dir (self, book_id);
  DexPromise *turn = dex_promise_new ();
  BksBookSession *session;

  g_hash_table_insert (self->opening, g_strdup (book_id), dex_ref (turn));
  session = dex_await_object (bks_book_session_open (self->library, dir, mode, self->listens, self->limits), error);
  if (session != NULL)
    {
      g_hash_table_replace (self->sessions, g_strdup (book_id), session);
      g_object_weak_ref (G_OBJECT (session), session_gone_cb, g_hash_table_ref (self->sessions));
      g_signal_connect_object (bks_book_session_get_book (session), "notify", G_CALLBACK (book_changed_cb), self, 0);
    }
  g_hash_table_remove (self->opening, book_id);
  dex_promise_resolve_boolean (turn, TRUE);
  dex_unref (turn);
  return session;
}

static DexFuture *
open_book_fiber (gpointer data)
{
  Verb *verb = data;
  BksStudio *self = verb->self;
  BksBookSession *session;
  GError *error = NULL;

  if (!bks_studio_check_open (self, &error))
    return bks_future_error (error);
  await_turn (self, verb->book_id);
  session = find_session (self, verb->book_id, verb->mode);
  if (session != NULL)
    return dex_future_new_for_object (session);
  session = await_open (self, verb->book_id, verb->mode, &error);
  return session != NULL ? dex_future_new_take_object (session) : bks_future_error (error);
}

/**
 * bks_studio_open_book:
 * @self: a studio
 * @book_id: a book's id
 * @writable: whether it may be changed
 *
 * Returns: (transfer full): resolves to a #BksBookSession, the one already open
 *   in this process if there is one; rejects with %BKS_ERROR_BUSY, whose message
 *   names the process that holds the book
 */
DexFuture *
bks_studio_open_book (BksStudio  *self,
                      const char *book_id,
                      gboolean    writable)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self) && book_id != NULL, NULL);

  if (!bks_id_is_valid (book_id))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no book %s", book_id);
  return bks_spawn_finally (open_book_fiber, verb_new (self, book_id, writable ? BKS_OPEN_WRITE : BKS_OPEN_READ),
                            verb_free);
}

/**
 * bks_studio_open_book_to_change:
 * @self: a studio
 * @book_id: a book's id
 *
 * As bks_studio_open_book(), for a process that only passes by: where another
 * one holds the book and takes writes, everything that is changed is handed
 * over to that one. A text that is open there changes before the eyes of its
 * author, and can be undone there.
 *
 * Returns: (transfer full): resolves to a #BksBookSession; rejects with
 *   %BKS_ERROR_BUSY if the holder takes no writes
 */
DexFuture *
bks_studio_open_book_to_change (BksStudio  *self,
                                const char *book_id)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self) && book_id != NULL, NULL);

  if (!bks_id_is_valid (book_id))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no book %s", book_id);
  return bks_spawn_finally (open_book_fiber, verb_new (self, book_id, BKS_OPEN_GUEST), verb_free);
}
