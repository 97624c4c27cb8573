/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <errno.h>
#include <string.h>

#include "bks-async.h"
#include "bks-error.h"
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
  bks_studio_await_adoptions (self);
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
