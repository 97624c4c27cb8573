/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include "bks-async.h"
#include "bks-book-session-private.h"
#include "bks-book-store.h"
#include "bks-library.h"

/* What a book says of itself: title, author, language, and whom its text may be sent to. */

/* What is NULL, or negative, stays as it is. */
typedef struct
{
  BksBookSession *self;
  DexFuture      *previous; /* the change before this one; NULL */
  char           *title;
  char           *author;
  char           *language;
  int             local_only;
} Details;

static void
details_free (gpointer data)
{
  Details *details = data;

  g_object_unref (details->self);
  dex_clear (&details->previous);
  g_free (details->title);
  g_free (details->author);
  g_free (details->language);
  g_free (details);
}

static char *
clean_detail (BksBookSession  *self,
              const char      *wanted,
              const char      *present,
              GError         **error)
{
  return wanted != NULL ? bks_book_session_clean_title (self, wanted, error) : g_strdup (present);
}

static DexFuture *
set_details_elsewhere (BksBookSession *self,
                       const char     *title,
                       const char     *author,
                       const char     *language,
                       gboolean        local_only)
{
  g_autoptr(GVariant) answer = NULL;
  GError *error = NULL;

  answer = bks_book_session_await_hand_over (self, "details",
                                             g_variant_new ("(sssb)", title, author, language, local_only), &error);
  if (answer == NULL)
    return bks_future_error (error);
  g_object_set (self->book, "title", title, "author", author, "language", language, "local-only", local_only, NULL);
  return dex_future_new_true ();
}

static DexFuture *
set_details_fiber (gpointer data)
{
  Details *details = data;
  BksBookSession *self = details->self;
  BksBook *book = self->book;
  g_autofree char *title = NULL;
  g_autofree char *author = NULL;
  g_autofree char *language = NULL;
  gboolean local_only;
  GError *error;

  /* One after the other: each keeps what it does not change. */
  if (details->previous != NULL)
    dex_await (g_steal_pointer (&details->previous), NULL);
  error = bks_book_session_check_writable (self);
  if (error != NULL ||
      (title = clean_detail (self, details->title, bks_book_get_title (book), &error)) == NULL ||
      (author = clean_detail (self, details->author, bks_book_get_author (book), &error)) == NULL ||
      (language = clean_detail (self, details->language, bks_book_get_language (book), &error)) == NULL)
    return bks_future_error (error);
  local_only = details->local_only >= 0 ? details->local_only : bks_book_get_local_only (book);
  if (bks_book_session_is_guest (self))
    return set_details_elsewhere (self, title, author, language, local_only);
  if (!dex_await (bks_book_store_set_details (self->store, title, author, language, local_only,
                                              bks_clock_get_now_ms (self->limits->clock)),
                  &error))
    return bks_future_error (error);
  self->changed = TRUE;
  g_object_set (book, "title", title, "author", author, "language", language, "local-only", local_only,
                "updated-at", bks_clock_get_now_ms (self->limits->clock), NULL);
  /* The router reads the local-only mark there, so this one is waited for. */
  if (!dex_await (bks_library_put_book (self->library, book), &error))
    return bks_future_error (error);
  return dex_future_new_true ();
}

static DexFuture *
spawn_details (BksBookSession *self,
               const char     *title,
               const char     *author,
               const char     *language,
               int             local_only)
{
  Details *details = g_new0 (Details, 1);

  details->self = g_object_ref (self);
  details->previous = g_steal_pointer (&self->changing);
  details->title = g_strdup (title);
  details->author = g_strdup (author);
  details->language = g_strdup (language);
  details->local_only = local_only;
  self->changing = bks_spawn_finally (set_details_fiber, details, details_free);
  return dex_ref (self->changing);
}

/**
 * bks_book_session_set_details:
 * @self: a session
 * @title: (nullable): its title; %NULL leaves it
 * @author: (nullable): its author; %NULL leaves it
 * @language: (nullable): its language, BCP 47; %NULL leaves it
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_session_set_details (BksBookSession *self,
                              const char     *title,
                              const char     *author,
                              const char     *language)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return spawn_details (self, title, author, language, -1);
}

/**
 * bks_book_session_set_local_only:
 * @self: a session
 * @local_only: whether the book's text may only be sent to models on this machine
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_session_set_local_only (BksBookSession *self,
                                 gboolean        local_only)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return spawn_details (self, NULL, NULL, NULL, local_only ? TRUE : FALSE);
}
