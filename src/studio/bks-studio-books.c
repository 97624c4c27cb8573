/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include "bks-async.h"
#include "bks-book-session-private.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-studio-private.h"

/* The list of books: what is in it, what is found in it, what goes into the trash and comes back. */

typedef struct
{
  BksStudio *self;
  char      *book_id;
  gboolean   trash; /* into it; FALSE: out of it */
} Verb;

static Verb *
verb_new (BksStudio  *self,
          const char *book_id,
          gboolean    trash)
{
  Verb *verb = g_new0 (Verb, 1);

  verb->self = g_object_ref (self);
  verb->book_id = g_strdup (book_id);
  verb->trash = trash;
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

/**
 * bks_studio_update_book:
 * @self: a studio
 * @book: a book that was changed, or read again
 *
 * Brings it up to date in the list of books, if it is there.
 */
void
bks_studio_update_book (BksStudio *self,
                        BksBook   *book)
{
  guint position;

  if (find_shown (self, bks_book_get_id (book), &position))
    bks_studio_show_book (self, book);
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

/**
 * bks_studio_await_adoptions:
 * @self: a studio, its library open
 *
 * For fibers: takes the books into the library whose folders are there and whom it does not know.
 */
void
bks_studio_await_adoptions (BksStudio *self)
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
    bks_studio_update_book (self, g_ptr_array_index (books, i));
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
  gint64 trashed_at = verb->trash ? bks_clock_get_now_ms (self->limits->clock) : 0;
  GError *error = NULL;

  if (!bks_studio_check_open (self, &error))
    return bks_future_error (error);
  if (verb->trash && session != NULL)
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

/**
 * bks_studio_list_trashed_books:
 * @self: a studio
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksBook in the trash
 */
DexFuture *
bks_studio_list_trashed_books (BksStudio *self)
{
  GError *error = NULL;

  g_return_val_if_fail (BKS_IS_STUDIO (self), NULL);

  if (!bks_studio_check_open (self, &error))
    return bks_future_error (error);
  return bks_library_list_books (self->library, TRUE);
}
