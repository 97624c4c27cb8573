/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "bks-async.h"
#include "bks-book-session-private.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-rescue-private.h"
#include "bks-revisions.h"
#include "bks-words.h"

/*
 * A second copy, elsewhere, of a text that could not be saved: the disk of the
 * library may be full or broken when the program ends. What is found there
 * when the book is opened again goes into the history of the text.
 */

#define FOLDER "unsaved"
#define SUFFIX ".md"

typedef struct
{
  char *book_id;
  char *node_id;
  char *text;
} Copy;

static void
copy_free (gpointer data)
{
  Copy *copy = data;

  g_free (copy->book_id);
  g_free (copy->node_id);
  g_free (copy->text);
  g_free (copy);
}

static Copy *
copy_new (const char *book_id,
          const char *node_id,
          const char *text)
{
  Copy *copy = g_new0 (Copy, 1);

  copy->book_id = g_strdup (book_id);
  copy->node_id = g_strdup (node_id);
  copy->text = g_strdup (text);
  return copy;
}

/* The first that can be written; the second is on another file system as a rule. */
static char *
get_folder (guint index)
{
  g_autofree char *name = NULL;

  switch (index)
    {
    case 0:
      return g_build_filename (g_get_user_state_dir (), "book-studio", FOLDER, NULL);
    case 1:
      name = g_strdup_printf ("book-studio-%u", (guint) getuid ());
      return g_build_filename (g_get_tmp_dir (), name, FOLDER, NULL);
    default:
      return NULL;
    }
}

static char *
get_path (const char *folder,
          Copy       *copy)
{
  g_autofree char *name = g_strconcat (copy->book_id, "--", copy->node_id, SUFFIX, NULL);

  return g_build_filename (folder, name, NULL);
}

/* Nobody else's: a folder for all could have been made by another person. */
static gboolean
make_own_folder (const char *folder)
{
  GStatBuf status;

  return g_mkdir_with_parents (folder, 0700) == 0 && g_lstat (folder, &status) == 0 && S_ISDIR (status.st_mode) &&
         status.st_uid == getuid () && (status.st_mode & 077) == 0;
}

static gboolean
keep (GValue        *result,
      GCancellable  *cancellable,
      gpointer       data,
      GError       **error)
{
  Copy *copy = data;

  for (guint i = 0;; i++)
    {
      g_autofree char *folder = get_folder (i);
      g_autofree char *path = NULL;
      g_autoptr(GError) local = NULL;

      if (folder == NULL)
        break;
      path = get_path (folder, copy);
      if (make_own_folder (folder) &&
          g_file_set_contents_full (path, copy->text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                    0600, &local))
        return TRUE;
      g_info ("No second copy in %s", folder);
    }
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_IO, "The text could not be kept elsewhere either");
  return FALSE;
}

/**
 * bks_rescue_keep:
 * @book_id: a book
 * @node_id: one of its nodes
 * @text: what could not be saved
 *
 * Returns: (transfer full): resolves when a copy lies outside of the library
 */
DexFuture *
bks_rescue_keep (const char *book_id,
                 const char *node_id,
                 const char *text)
{
  return bks_run_in_thread (NULL, keep, copy_new (book_id, node_id, text), copy_free);
}

static gboolean
drop (GValue        *result,
      GCancellable  *cancellable,
      gpointer       data,
      GError       **error)
{
  for (guint i = 0;; i++)
    {
      g_autofree char *folder = get_folder (i);
      g_autofree char *path = NULL;

      if (folder == NULL)
        return TRUE;
      path = get_path (folder, data);
      g_unlink (path);
    }
}

/**
 * bks_rescue_drop:
 * @book_id: a book
 * @node_id: one of its nodes
 *
 * The text is saved after all.
 *
 * Returns: (transfer full): resolves when there is no copy of it any more
 */
DexFuture *
bks_rescue_drop (const char *book_id,
                 const char *node_id)
{
  return bks_run_in_thread (NULL, drop, copy_new (book_id, node_id, NULL), copy_free);
}

static void
find_in (const char *folder,
         const char *book_id,
         GPtrArray  *copies)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  g_autofree char *prefix = g_strconcat (book_id, "--", NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autofree char *node_id = NULL;
      g_autofree char *text = NULL;

      if (!g_str_has_prefix (name, prefix) || !g_str_has_suffix (name, SUFFIX))
        continue;
      node_id = g_strndup (name + strlen (prefix), strlen (name) - strlen (prefix) - strlen (SUFFIX));
      if (bks_id_is_valid (node_id) && g_file_get_contents (path, &text, NULL, NULL) && g_utf8_validate (text, -1, NULL))
        g_ptr_array_add (copies, copy_new (book_id, node_id, text));
    }
}

static gboolean
find (GValue        *result,
      GCancellable  *cancellable,
      gpointer       data,
      GError       **error)
{
  GPtrArray *copies = g_ptr_array_new_with_free_func (copy_free);

  for (guint i = 0;; i++)
    {
      g_autofree char *folder = get_folder (i);

      if (folder == NULL)
        break;
      if (g_file_test (folder, G_FILE_TEST_IS_DIR) && make_own_folder (folder))
        find_in (folder, data, copies);
    }
  g_value_init (result, G_TYPE_PTR_ARRAY);
  g_value_take_boxed (result, copies);
  return TRUE;
}

/**
 * bks_book_session_await_rescued:
 * @self: a session that holds its book
 *
 * In a fiber: puts what an earlier run could not save into the history of its texts.
 */
void
bks_book_session_await_rescued (BksBookSession *self)
{
  g_autoptr(GPtrArray) copies = NULL;

  copies = dex_await_boxed (bks_run_in_thread (NULL, find, g_strdup (bks_book_get_id (self->book)), g_free), NULL);
  for (guint i = 0; copies != NULL && i < copies->len; i++)
    {
      const Copy *copy = g_ptr_array_index (copies, i);
      g_autoptr(GError) error = NULL;

      if (dex_await (bks_book_store_add_rescued (self->store, copy->node_id, copy->text,
                                                 bks_text_count_words (copy->text, -1),
                                                 bks_clock_get_now_ms (self->limits->clock)),
                     &error) ||
          g_error_matches (error, BKS_ERROR, BKS_ERROR_NOT_FOUND))
        dex_await (bks_rescue_drop (copy->book_id, copy->node_id), NULL);
    }
  if (copies != NULL && copies->len > 0)
    bks_book_session_await_nodes (self, NULL);
}
