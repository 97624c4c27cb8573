/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <errno.h>
#include <string.h>

#include "bks-async.h"
#include "bks-book-session-private.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-studio-private.h"

/**
 * BksStudio:
 *
 * The product's verbs with no window: the library, its books, and what they
 * need. One a process and data folder. All calls on the main thread; every
 * future resolves there.
 */

G_DEFINE_FINAL_TYPE (BksStudio, bks_studio, G_TYPE_OBJECT)

static void
bks_studio_finalize (GObject *object)
{
  BksStudio *self = BKS_STUDIO (object);

  g_free (self->data_dir);
  g_free (self->books_dir);
  g_clear_object (&self->router);
  g_clear_object (&self->pairing);
  g_clear_object (&self->library);
  g_object_unref (self->secrets);
  bks_limits_unref (self->limits);
  g_object_unref (self->books);
  g_hash_table_unref (self->sessions);
  g_hash_table_unref (self->opening);
  G_OBJECT_CLASS (bks_studio_parent_class)->finalize (object);
}

static void
bks_studio_class_init (BksStudioClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_studio_finalize;
}

static void
bks_studio_init (BksStudio *self)
{
  self->books = g_list_store_new (BKS_TYPE_BOOK);
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->opening = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, dex_unref);
}

/**
 * bks_studio_new:
 * @data_dir: (nullable): where the library is, the user's data folder if %NULL
 * @secrets: where keys are kept
 * @limits: limits
 *
 * Returns: (transfer full): a studio; bks_studio_open() comes next
 */
BksStudio *
bks_studio_new (const char     *data_dir,
                BksSecretStore *secrets,
                BksLimits      *limits)
{
  BksStudio *self;

  g_return_val_if_fail (BKS_IS_SECRET_STORE (secrets) && limits != NULL, NULL);

  self = g_object_new (BKS_TYPE_STUDIO, NULL);
  self->data_dir = data_dir != NULL ? g_canonicalize_filename (data_dir, NULL)
                                    : g_build_filename (g_get_user_data_dir (), "book-studio", NULL);
  self->books_dir = g_build_filename (self->data_dir, "books", NULL);
  self->secrets = g_object_ref (secrets);
  self->limits = bks_limits_ref (limits);
  return self;
}

/**
 * bks_studio_get_data_dir:
 * @self: a studio
 *
 * Returns: (transfer none): where the library is
 */
const char *
bks_studio_get_data_dir (BksStudio *self)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self), NULL);

  return self->data_dir;
}

/**
 * bks_studio_get_limits:
 * @self: a studio
 *
 * Returns: (transfer none): its limits
 */
BksLimits *
bks_studio_get_limits (BksStudio *self)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self), NULL);

  return self->limits;
}

/**
 * bks_studio_get_secrets:
 * @self: a studio
 *
 * Returns: (transfer none): where keys are kept
 */
BksSecretStore *
bks_studio_get_secrets (BksStudio *self)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self), NULL);

  return self->secrets;
}

/**
 * bks_studio_get_router:
 * @self: a studio that was opened
 *
 * Returns: (transfer none): providers, keys, prices and the ledger
 */
BksRouter *
bks_studio_get_router (BksStudio *self)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self), NULL);

  return self->router;
}

/**
 * bks_studio_get_pairing:
 * @self: a studio that was opened
 *
 * Returns: (transfer none): who may talk to the companion service
 */
BksPairing *
bks_studio_get_pairing (BksStudio *self)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self), NULL);

  return self->pairing;
}

/**
 * bks_studio_get_books:
 * @self: a studio
 *
 * Returns: (transfer none): a live list of #BksBook, the last used first when it was last read
 */
GListModel *
bks_studio_get_books (BksStudio *self)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self), NULL);

  return G_LIST_MODEL (self->books);
}

/**
 * bks_studio_check_open:
 * @self: a studio
 * @error: return location
 *
 * Returns: whether the library is open
 */
gboolean
bks_studio_check_open (BksStudio  *self,
                       GError    **error)
{
  if (self->library != NULL)
    return TRUE;
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_FAILED, "The library is not open");
  return FALSE;
}

/**
 * bks_studio_get_book_dir:
 * @self: a studio
 * @book_id: a book's id
 *
 * Returns: (transfer full): the book's folder
 */
char *
bks_studio_get_book_dir (BksStudio  *self,
                         const char *book_id)
{
  return g_build_filename (self->books_dir, book_id, NULL);
}

static gboolean
find_shown (BksStudio  *self,
            const char *book_id,
            guint      *position)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->books));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(BksBook) book = g_list_model_get_item (G_LIST_MODEL (self->books), i);

      if (!g_str_equal (bks_book_get_id (book), book_id))
        continue;
      *position = i;
      return TRUE;
    }
  return FALSE;
}

/**
 * bks_studio_show_book:
 * @self: a studio
 * @book: a book that was just made, or read again
 *
 * Puts it first in the list of books, or brings it up to date there.
 */
void
bks_studio_show_book (BksStudio *self,
                      BksBook   *book)
{
  guint position;

  if (find_shown (self, bks_book_get_id (book), &position))
    {
      g_autoptr(BksBook) shown = g_list_model_get_item (G_LIST_MODEL (self->books), position);

      bks_book_assign (shown, book);
    }
  else
    g_list_store_insert (self->books, 0, book);
}

typedef struct
{
  BksStudio *self;
  char      *book_id;
  int        flag; /* a BksOpenMode where a book is opened */
} Verb;

static Verb *
verb_new (BksStudio  *self,
          const char *book_id,
          int         flag)
{
  Verb *verb = g_new0 (Verb, 1);

  verb->self = g_object_ref (self);
  verb->book_id = g_strdup (book_id);
  verb->flag = flag;
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

static gboolean
make_folders (GValue        *result,
              GCancellable  *cancellable,
              gpointer       data,
              GError       **error)
{
  BksStudio *self = data;

  if (g_mkdir_with_parents (self->books_dir, 0700) != 0)
    {
      g_autofree char *what = g_strdup_printf ("Cannot make the folder %s", self->books_dir);

      bks_error_set_from_errno (error, errno, what);
      return FALSE;
    }
  bks_studio_clean_up (self->books_dir);
  return TRUE;
}

static gboolean
list_folders (GValue        *result,
              GCancellable  *cancellable,
              gpointer       data,
              GError       **error)
{
  BksStudio *self = data;
  g_autoptr(GDir) dir = g_dir_open (self->books_dir, 0, NULL);
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (bks_id_is_valid (name))
      g_ptr_array_add (ids, g_strdup (name));
  g_value_init (result, G_TYPE_PTR_ARRAY);
  g_value_take_boxed (result, ids);
  return TRUE;
}

static gboolean
holds (GPtrArray  *books,
       const char *id)
{
  for (guint i = 0; books != NULL && i < books->len; i++)
    if (g_str_equal (bks_book_get_id (g_ptr_array_index (books, i)), id))
      return TRUE;
  return FALSE;
}

/* Fiber. A book whose folder is there and whom the library does not know: the
 * library was lost or is younger. The folder is the truth. */
static void
await_adopt (BksStudio  *self,
             const char *id)
{
  g_autofree char *dir = bks_studio_get_book_dir (self, id);
  g_autofree char *path = g_build_filename (dir, "book.db", NULL);
  g_autoptr(BksDatabase) store = NULL;
  g_autoptr(BksBook) book = NULL;
  g_autoptr(GError) error = NULL;

  store = dex_await_object (bks_book_store_open (path, FALSE, self->limits), &error);
  if (store != NULL)
    book = dex_await_object (bks_book_store_get_book (store), &error);
  if (book != NULL && g_str_equal (bks_book_get_id (book), id))
    dex_await (bks_library_put_book (self->library, book), error == NULL ? &error : NULL);
  if (store != NULL)
    dex_await (bks_database_close (store), NULL);
  if (error != NULL)
    g_warning ("The book in %s could not be added to the library: %s", dir, error->message);
}

/* Fiber. */
static void
await_adoptions (BksStudio *self)
{
  g_autoptr(GPtrArray) folders = dex_await_boxed (bks_run_in_thread (NULL, list_folders, self, NULL), NULL);
  g_autoptr(GPtrArray) books = dex_await_boxed (bks_library_list_books (self->library, FALSE), NULL);
  g_autoptr(GPtrArray) trashed = dex_await_boxed (bks_library_list_books (self->library, TRUE), NULL);

  for (guint i = 0; folders != NULL && i < folders->len; i++)
    {
      const char *id = g_ptr_array_index (folders, i);

      if (!holds (books, id) && !holds (trashed, id))
        await_adopt (self, id);
    }
}

static DexFuture *
open_fiber (gpointer data)
{
  BksStudio *self = data;
  GError *error = NULL;

  if (self->library != NULL)
    return dex_future_new_true ();
  if (!dex_await (bks_run_in_thread (NULL, make_folders, self, NULL), &error))
    return bks_future_error (error);
  self->library = dex_await_object (bks_library_open (self->data_dir, self->limits), &error);
  if (self->library == NULL)
    return bks_future_error (error);
  self->router = bks_router_new (self->library, self->secrets, self->limits);
  self->pairing = bks_pairing_new (self->library, self->secrets, self->limits);
  await_adoptions (self);
  if (!dex_await (bks_studio_refresh_books (self), &error))
    return bks_future_error (error);
  return dex_future_new_true ();
}

/**
 * bks_studio_open:
 * @self: a studio
 *
 * Opens the library, making it if there is none. To be awaited before anything else.
 *
 * Returns: (transfer full): resolves when the list of books is filled
 */
DexFuture *
bks_studio_open (BksStudio *self)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self), NULL);

  return bks_spawn_finally (open_fiber, g_object_ref (self), g_object_unref);
}

static GPtrArray *
list_sessions (BksStudio *self)
{
  GPtrArray *sessions = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    g_ptr_array_add (sessions, g_object_ref (session));
  return sessions;
}

static DexFuture *
save_fiber (gpointer data)
{
  g_autoptr(GPtrArray) sessions = list_sessions (data);
  GError *first = NULL;

  for (guint i = 0; i < sessions->len; i++)
    dex_await (bks_book_session_save (g_ptr_array_index (sessions, i)), first == NULL ? &first : NULL);
  return first != NULL ? bks_future_error (first) : dex_future_new_true ();
}

/**
 * bks_studio_save:
 * @self: a studio
 *
 * Returns: (transfer full): resolves when everything typed so far, in every book, is on disk
 */
DexFuture *
bks_studio_save (BksStudio *self)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self), NULL);

  return bks_spawn_finally (save_fiber, g_object_ref (self), g_object_unref);
}

static DexFuture *
close_fiber (gpointer data)
{
  BksStudio *self = data;
  g_autoptr(GPtrArray) sessions = list_sessions (self);
  GError *first = NULL;

  for (guint i = 0; i < sessions->len; i++)
    dex_await (bks_book_session_close (g_ptr_array_index (sessions, i)), first == NULL ? &first : NULL);
  if (first != NULL)
    return bks_future_error (first);
  if (self->library != NULL)
    dex_await (bks_database_close (self->library), NULL);
  return dex_future_new_true ();
}

/**
 * bks_studio_close:
 * @self: a studio
 *
 * Saves and closes everything that is open. Never cancelled.
 *
 * Returns: (transfer full): resolves when all is on disk; rejects, the library
 *   still open, when something could not be saved
 */
DexFuture *
bks_studio_close (BksStudio *self)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self), NULL);

  return bks_spawn_finally (close_fiber, g_object_ref (self), g_object_unref);
}

/* Replaces what the list shows, keeping the objects of books that stay. */
static void
show_books (BksStudio *self,
            GPtrArray *books)
{
  for (guint i = 0; i < books->len; i++)
    {
      BksBook *book = g_ptr_array_index (books, i);
      guint position;

      if (!find_shown (self, bks_book_get_id (book), &position))
        continue;
      g_object_unref (book);
      books->pdata[i] = g_list_model_get_item (G_LIST_MODEL (self->books), position);
    }
  g_list_store_splice (self->books, 0, g_list_model_get_n_items (G_LIST_MODEL (self->books)), books->pdata, books->len);
}

static gboolean
same_order (BksStudio *self,
            GPtrArray *books)
{
  if (g_list_model_get_n_items (G_LIST_MODEL (self->books)) != books->len)
    return FALSE;
  for (guint i = 0; i < books->len; i++)
    {
      g_autoptr(BksBook) shown = g_list_model_get_item (G_LIST_MODEL (self->books), i);

      if (!g_str_equal (bks_book_get_id (shown), bks_book_get_id (g_ptr_array_index (books, i))))
        return FALSE;
    }
  return TRUE;
}

static DexFuture *
refresh_books_fiber (gpointer data)
{
  BksStudio *self = data;
  GError *error = NULL;
  g_autoptr(GPtrArray) books = NULL;

  if (!bks_studio_check_open (self, &error))
    return bks_future_error (error);
  books = dex_await_boxed (bks_library_list_books (self->library, FALSE), &error);
  if (books == NULL)
    return bks_future_error (error);
  for (guint i = 0; i < books->len; i++)
    {
      BksBook *book = g_ptr_array_index (books, i);
      guint position;

      if (find_shown (self, bks_book_get_id (book), &position))
        bks_studio_show_book (self, book);
    }
  if (!same_order (self, books))
    show_books (self, books);
  return dex_future_new_true ();
}

/**
 * bks_studio_refresh_books:
 * @self: a studio
 *
 * Reads the library again, as another process may have changed it.
 *
 * Returns: (transfer full): resolves when the list of books is up to date
 */
DexFuture *
bks_studio_refresh_books (BksStudio *self)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self), NULL);

  return bks_spawn (NULL, refresh_books_fiber, g_object_ref (self), g_object_unref);
}

static BksBook *
find_by_prefix (BksStudio   *self,
                const char  *prefix,
                GError     **error)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->books));
  BksBook *found = NULL;

  for (guint i = 0; *prefix != '\0' && i < n; i++)
    {
      g_autoptr(BksBook) book = g_list_model_get_item (G_LIST_MODEL (self->books), i);

      if (!g_str_has_prefix (bks_book_get_id (book), prefix))
        continue;
      if (found != NULL)
        {
          g_set_error (error, BKS_ERROR, BKS_ERROR_AMBIGUOUS, "Several books have an id that begins with %s", prefix);
          return NULL;
        }
      found = book;
    }
  if (found == NULL)
    g_set_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no book %s", prefix);
  return found;
}

static DexFuture *
find_book_fiber (gpointer data)
{
  Verb *verb = data;
  GError *error = NULL;
  BksBook *book;

  if (!dex_await (bks_studio_refresh_books (verb->self), &error))
    return bks_future_error (error);
  book = find_by_prefix (verb->self, verb->book_id, &error);
  return book != NULL ? dex_future_new_for_object (book) : bks_future_error (error);
}

/**
 * bks_studio_find_book:
 * @self: a studio
 * @id_prefix: a book's id or a unique beginning of it
 *
 * Returns: (transfer full): resolves to the #BksBook; rejects with
 *   %BKS_ERROR_NOT_FOUND or %BKS_ERROR_AMBIGUOUS
 */
DexFuture *
bks_studio_find_book (BksStudio  *self,
                      const char *id_prefix)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self) && id_prefix != NULL, NULL);

  return bks_spawn (NULL, find_book_fiber, verb_new (self, id_prefix, FALSE), verb_free);
}

static DexFuture *
trash_book_fiber (gpointer data)
{
  Verb *verb = data;
  BksStudio *self = verb->self;
  BksBookSession *session = g_hash_table_lookup (self->sessions, verb->book_id);
  gint64 trashed_at = verb->flag ? bks_clock_get_now_ms (self->limits->clock) : 0;
  GError *error = NULL;

  if (!bks_studio_check_open (self, &error))
    return bks_future_error (error);
  if (verb->flag && session != NULL)
    {
      g_autoptr(BksBookSession) kept = g_object_ref (session);

      if (!dex_await (bks_book_session_close (kept), &error))
        return bks_future_error (error);
    }
  if (!dex_await (bks_library_trash_book (self->library, verb->book_id, trashed_at), &error) ||
      !dex_await (bks_studio_refresh_books (self), &error))
    return bks_future_error (error);
  return dex_future_new_true ();
}

/**
 * bks_studio_trash_book:
 * @self: a studio
 * @book_id: a book's id
 *
 * Puts a book into the library's trash; its file stays as it is.
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_studio_trash_book (BksStudio  *self,
                       const char *book_id)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self) && book_id != NULL, NULL);

  return bks_spawn_finally (trash_book_fiber, verb_new (self, book_id, TRUE), verb_free);
}

/**
 * bks_studio_restore_book:
 * @self: a studio
 * @book_id: the id of a book in the trash
 *
 * Returns: (transfer full): resolves when it is in the library again
 */
DexFuture *
bks_studio_restore_book (BksStudio  *self,
                         const char *book_id)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self) && book_id != NULL, NULL);

  return bks_spawn_finally (trash_book_fiber, verb_new (self, book_id, FALSE), verb_free);
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
  guint position;

  if (find_shown (self, bks_book_get_id (book), &position))
    bks_studio_show_book (self, book);
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
  session = find_session (self, verb->book_id, verb->flag);
  if (session != NULL)
    return dex_future_new_for_object (session);
  session = await_open (self, verb->book_id, verb->flag, &error);
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

/**
 * bks_studio_set_listens:
 * @self: a studio
 * @listens: whether to take what other processes hand over for the books that
 *   this one holds
 *
 * For a process that holds books for long. For books that are opened from now on.
 */
void
bks_studio_set_listens (BksStudio *self,
                        gboolean   listens)
{
  g_return_if_fail (BKS_IS_STUDIO (self));

  self->listens = listens;
}
