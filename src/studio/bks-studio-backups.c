/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "bks-async.h"
#include "bks-backup.h"
#include "bks-book-lock.h"
#include "bks-book-session-private.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-node-session-private.h"
#include "bks-repair.h"
#include "bks-revisions.h"
#include "bks-studio-private.h"

/* Backups of books, what can be brought back from them, and the repair of a damaged book. */

#define RESTORED_NAME "book.db.restored"

typedef struct
{
  BksStudio     *self;
  char          *book_id;
  char          *path;    /* a backup, or where to put one */
  char          *node_id; /* or the beginning of it; NULL */
  gboolean       flag;
  gint64         last_event; /* of the book that is replaced */

  BksBackup     *backup;
  BksBookLock   *lock;
  BksBookReport *report;
  char          *dir;
  char          *new_dir;
} Verb;

static Verb *
verb_new (BksStudio  *self,
          const char *book_id,
          const char *path,
          gboolean    flag)
{
  Verb *verb = g_new0 (Verb, 1);

  verb->self = g_object_ref (self);
  verb->book_id = g_strdup (book_id);
  verb->path = g_strdup (path);
  verb->flag = flag;
  return verb;
}

static void
verb_free (gpointer data)
{
  Verb *verb = data;

  g_object_unref (verb->self);
  g_free (verb->book_id);
  g_free (verb->path);
  g_free (verb->node_id);
  g_clear_pointer (&verb->backup, bks_backup_unref);
  g_clear_pointer (&verb->lock, bks_book_lock_release);
  g_clear_pointer (&verb->report, bks_book_report_unref);
  g_free (verb->dir);
  g_free (verb->new_dir);
  g_free (verb);
}

static gint64
get_now (Verb *verb)
{
  return bks_clock_get_now_ms (verb->self->limits->clock);
}

static int
compare_backups (gconstpointer a,
                 gconstpointer b)
{
  const BksBackup *first = *(BksBackup *const *) a, *second = *(BksBackup *const *) b;

  return (first->at < second->at) - (first->at > second->at);
}

/* Those of every book there is, or was. */
static GPtrArray *
list_all (BksStudio *self)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_backup_unref);
  g_autofree char *some_dir = bks_studio_get_book_dir (self, "x");
  g_autofree char *some_folder = bks_backup_get_folder (some_dir);
  g_autofree char *backups = g_path_get_dirname (some_folder);
  g_autoptr(GDir) dir = g_dir_open (backups, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *folder = g_build_filename (backups, name, NULL);
      GPtrArray *list = bks_id_is_valid (name) ? bks_backup_list (folder) : NULL;

      if (list != NULL)
        g_ptr_array_extend_and_steal (all, list);
    }
  g_ptr_array_sort (all, compare_backups);
  return all;
}

static gboolean
list_thread (GValue        *result,
             GCancellable  *cancellable,
             gpointer       data,
             GError       **error)
{
  Verb *verb = data;
  g_autofree char *dir = NULL;
  g_autofree char *folder = NULL;

  g_value_init (result, G_TYPE_PTR_ARRAY);
  if (verb->book_id == NULL)
    {
      g_value_take_boxed (result, list_all (verb->self));
      return TRUE;
    }
  dir = bks_studio_get_book_dir (verb->self, verb->book_id);
  folder = bks_backup_get_folder (dir);
  g_value_take_boxed (result, bks_backup_list (folder));
  return TRUE;
}

/**
 * bks_studio_list_backups:
 * @self: a studio
 * @book_id: (nullable): a book's id, also of one that is gone; %NULL for all
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksBackup, the newest first
 */
DexFuture *
bks_studio_list_backups (BksStudio  *self,
                         const char *book_id)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self), NULL);

  if (book_id != NULL && !bks_id_is_valid (book_id))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no book %s", book_id);
  return bks_run_in_thread (NULL, list_thread, verb_new (self, book_id, NULL, FALSE), verb_free);
}

/* Fiber. What was typed last is to be in the backup, whoever holds the book. */
static gboolean
await_saved (Verb    *verb,
             GError **error)
{
  g_autoptr(BksBookSession) session = NULL;
  g_autoptr(GVariant) answer = NULL;

  session = dex_await_object (bks_studio_open_book_to_change (verb->self, verb->book_id), NULL);
  if (session == NULL)
    return TRUE; /* held by one that takes no writes: what is on disk is copied */
  if (!bks_book_session_is_guest (session))
    return dex_await (bks_book_session_save (session), error);
  answer = bks_book_session_await_hand_over (session, "save", NULL, error);
  return answer != NULL;
}

static gboolean
back_up_thread (GValue        *result,
                GCancellable  *cancellable,
                gpointer       data,
                GError       **error)
{
  Verb *verb = data;
  g_autofree char *dir = bks_studio_get_book_dir (verb->self, verb->book_id);
  g_autofree char *source = g_build_filename (dir, "book.db", NULL);
  BksBackup *backup;

  if (verb->path == NULL)
    backup = bks_backup_make (dir, verb->flag, get_now (verb), verb->self->limits, error);
  else
    backup = bks_backup_copy (source, verb->path, verb->self->limits, error) ? bks_backup_read (verb->path, error) : NULL;
  if (backup == NULL)
    return FALSE;
  g_value_init (result, BKS_TYPE_BACKUP);
  g_value_take_boxed (result, backup);
  return TRUE;
}

static DexFuture *
back_up_fiber (gpointer data)
{
  Verb *verb = data;
  g_autoptr(BksBackup) backup = NULL;
  GError *error = NULL;

  if (!bks_studio_check_open (verb->self, &error) || !await_saved (verb, &error))
    return bks_future_error (error);
  backup = dex_await_boxed (bks_run_in_thread (NULL, back_up_thread, verb, NULL), &error);
  if (backup == NULL)
    return bks_future_error (error);
  return dex_future_new_take_boxed (BKS_TYPE_BACKUP, g_steal_pointer (&backup));
}

/**
 * bks_studio_back_up_book:
 * @self: a studio
 * @book_id: a book's id
 * @destination: (nullable): where to put the copy; %NULL for the book's backups
 * @accept_smaller: whether a book that has lost more than a fifth since the
 *   last backup is right
 *
 * Makes a verified copy of a book, in one file. A reader is enough: the book
 * may be open elsewhere.
 *
 * Returns: (transfer full): resolves to the #BksBackup
 */
DexFuture *
bks_studio_back_up_book (BksStudio  *self,
                         const char *book_id,
                         GFile      *destination,
                         gboolean    accept_smaller)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self) && book_id != NULL, NULL);

  if (!bks_id_is_valid (book_id))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no book %s", book_id);
  if (destination != NULL && g_file_peek_path (destination) == NULL)
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_UNSUPPORTED, "A backup can only be made in a folder of this machine");
  return bks_spawn_finally (back_up_fiber,
                            verb_new (self, book_id, destination != NULL ? g_file_peek_path (destination) : NULL,
                                      accept_smaller),
                            verb_free);
}

/* ---- restoring a whole book ---- */

static gboolean
read_backup (GValue        *result,
             GCancellable  *cancellable,
             gpointer       data,
             GError       **error)
{
  Verb *verb = data;

  verb->backup = bks_backup_read (verb->path, error);
  return verb->backup != NULL;
}

static gboolean
copy_as_new (GValue        *result,
             GCancellable  *cancellable,
             gpointer       data,
             GError       **error)
{
  Verb *verb = data;
  g_autofree char *path = g_build_filename (verb->new_dir, "book.db", NULL);

  verb->lock = bks_studio_make_new_folder (verb->self, verb->new_dir, error);
  return verb->lock != NULL && bks_backup_copy (verb->path, path, verb->self->limits, error);
}

static gboolean
publish_new (GValue        *result,
             GCancellable  *cancellable,
             gpointer       data,
             GError       **error)
{
  Verb *verb = data;

  return bks_studio_publish_folder (verb->self, verb->new_dir, verb->dir, error);
}

static gboolean
abandon_new (GValue        *result,
             GCancellable  *cancellable,
             gpointer       data,
             GError       **error)
{
  bks_studio_remove_book_folder (((Verb *) data)->new_dir);
  return TRUE;
}

static char *
make_title (Verb *verb)
{
  g_autoptr(GDateTime) at = g_date_time_new_from_unix_local (verb->backup->at / 1000);
  g_autofree char *day = g_date_time_format (at, "%Y-%m-%d %H:%M");

  return verb->flag ? g_strdup (verb->backup->title) : g_strdup_printf ("%s (%s)", verb->backup->title, day);
}

/* Fiber. The copy becomes a book with an id and a title of its own, in the newest form. */
static BksBook *
await_adopted (Verb    *verb,
               GError **error)
{
  g_autofree char *path = g_build_filename (verb->new_dir, "book.db", NULL);
  g_autofree char *title = make_title (verb);
  g_autoptr(BksDatabase) store = dex_await_object (bks_book_store_open (path, TRUE, verb->self->limits), error);
  BksBook *book = NULL;

  if (store == NULL)
    return NULL;
  if (dex_await (bks_book_store_adopt (store, verb->book_id, title, 0, get_now (verb)), error))
    book = dex_await_object (bks_book_store_get_book (store), error);
  dex_await (bks_database_close (store), NULL);
  return book;
}

/* Fiber. @verb->flag: the title stays. */
static BksBook *
await_new_book (Verb    *verb,
                GError **error)
{
  BksStudio *self = verb->self;
  g_autoptr(BksBook) book = NULL;
  gboolean ok;

  verb->dir = bks_studio_get_book_dir (self, verb->book_id);
  verb->new_dir = bks_studio_get_new_dir (self, verb->book_id);
  ok = dex_await (bks_run_in_thread (NULL, copy_as_new, verb, NULL), error) &&
       (book = await_adopted (verb, error)) != NULL &&
       dex_await (bks_run_in_thread (NULL, publish_new, verb, NULL), error) &&
       dex_await (bks_library_put_book (self->library, book), error);
  if (!ok)
    {
      dex_await (bks_run_in_thread (NULL, abandon_new, verb, NULL), NULL);
      return NULL;
    }
  return g_steal_pointer (&book);
}

/* On a thread: what is there now is kept, one way or the other, before another file takes its place. */
static gboolean
replace_file (GValue        *result,
              GCancellable  *cancellable,
              gpointer       data,
              GError       **error)
{
  Verb *verb = data;
  BksLimits *limits = verb->self->limits;
  g_autofree char *restored = g_build_filename (verb->dir, RESTORED_NAME, NULL);
  g_autofree char *aside = NULL;
  g_autoptr(BksBackup) present = NULL;

  verb->lock = bks_book_lock_take (verb->dir, g_get_prgname (), error);
  if (verb->lock == NULL || !bks_backup_copy (verb->path, restored, limits, error))
    return FALSE;
  present = bks_backup_make (verb->dir, FALSE, get_now (verb), limits, NULL);
  verb->last_event = present != NULL ? present->events : 0;
  if (present == NULL)
    {
      aside = bks_book_set_aside (verb->dir, get_now (verb), error);
      if (aside == NULL)
        return FALSE;
    }
  return bks_book_put_in_place (verb->dir, restored, error);
}

/* Fiber. Those who have the book open in this process let go of it. */
static gboolean
await_closed (Verb    *verb,
              GError **error)
{
  BksBookSession *session = g_hash_table_lookup (verb->self->sessions, verb->book_id);
  g_autoptr(BksBookSession) kept = session != NULL ? g_object_ref (session) : NULL;

  return kept == NULL || dex_await (bks_book_session_close (kept), error);
}

static BksBook *
await_replaced (Verb    *verb,
                GError **error)
{
  BksStudio *self = verb->self;
  g_autofree char *path = NULL;
  g_autoptr(BksDatabase) store = NULL;
  g_autoptr(BksBook) book = NULL;

  verb->dir = bks_studio_get_book_dir (self, verb->book_id);
  path = g_build_filename (verb->dir, "book.db", NULL);
  if (!await_closed (verb, error) || !dex_await (bks_run_in_thread (NULL, replace_file, verb, NULL), error))
    return NULL;
  store = dex_await_object (bks_book_store_open (path, TRUE, self->limits), error);
  if (store == NULL)
    return NULL;
  if (dex_await (bks_book_store_adopt (store, verb->book_id, verb->backup->title, verb->last_event, get_now (verb)), error))
    book = dex_await_object (bks_book_store_get_book (store), error);
  dex_await (bks_database_close (store), NULL);
  g_clear_pointer (&verb->lock, bks_book_lock_release);
  if (book == NULL || !dex_await (bks_library_put_book (self->library, book), error) ||
      !dex_await (bks_library_trash_book (self->library, verb->book_id, 0), error))
    return NULL;
  return g_steal_pointer (&book);
}

static DexFuture *
restore_fiber (gpointer data)
{
  Verb *verb = data;
  BksStudio *self = verb->self;
  gboolean there, replace = verb->flag;
  g_autofree char *dir = NULL;
  g_autoptr(BksBook) book = NULL;
  GError *error = NULL;

  if (!bks_studio_check_open (self, &error) || !dex_await (bks_run_in_thread (NULL, read_backup, verb, NULL), &error))
    return bks_future_error (error);
  if (!bks_id_is_valid (verb->backup->book_id))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_CORRUPT, "The backup does not say which book it is of");
  dir = bks_studio_get_book_dir (self, verb->backup->book_id);
  there = g_file_test (dir, G_FILE_TEST_EXISTS);
  if (there && !replace)
    {
      verb->book_id = bks_id_new (self->limits->clock);
      book = await_new_book (verb, &error);
    }
  else
    {
      verb->book_id = g_strdup (verb->backup->book_id);
      verb->flag = TRUE;
      book = there ? await_replaced (verb, &error) : await_new_book (verb, &error);
    }
  if (book == NULL || !dex_await (bks_studio_refresh_books (self), &error))
    return bks_future_error (error);
  bks_studio_show_book (self, book);
  return dex_future_new_for_object (book);
}

/**
 * bks_studio_restore_backup:
 * @self: a studio
 * @file: a backup, or another copy of a book's file
 * @replace: whether it shall take the place of the book that it was made of
 *
 * Brings a book back. Where that book is still there and is not to be
 * replaced, the copy becomes a book of its own, with the date in its title.
 * One that is replaced is backed up before.
 *
 * Returns: (transfer full): resolves to the #BksBook; rejects with
 *   %BKS_ERROR_CORRUPT if the copy is damaged, %BKS_ERROR_BUSY if the book is
 *   open in another process
 */
DexFuture *
bks_studio_restore_backup (BksStudio *self,
                           GFile     *file,
                           gboolean   replace)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self) && G_IS_FILE (file), NULL);

  if (g_file_peek_path (file) == NULL)
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_UNSUPPORTED, "A backup can only be read from a folder of this machine");
  return bks_spawn_finally (restore_fiber, verb_new (self, NULL, g_file_peek_path (file), replace), verb_free);
}

/* ---- a single scene ---- */

/* A text of the backup, in a copy that can be brought to the newest form: a backup is never written. */
typedef struct
{
  char *dir;
  char *path;
} Scratch;

static void
scratch_clear (Scratch *self)
{
  static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

  for (guint i = 0; self->path != NULL && i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *path = g_strconcat (self->path, suffixes[i], NULL);

      g_unlink (path);
    }
  if (self->dir != NULL)
    g_rmdir (self->dir);
  g_clear_pointer (&self->dir, g_free);
  g_clear_pointer (&self->path, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scratch, scratch_clear)

static gboolean
copy_to_scratch (GValue        *result,
                 GCancellable  *cancellable,
                 gpointer       data,
                 GError       **error)
{
  Verb *verb = data;
  g_autofree char *dir = g_dir_make_tmp ("book-studio-XXXXXX", error);
  g_autofree char *path = dir != NULL ? g_build_filename (dir, "book.db", NULL) : NULL;

  if (dir == NULL)
    return FALSE;
  if (!bks_backup_copy (verb->path, path, verb->self->limits, error))
    {
      g_rmdir (dir);
      return FALSE;
    }
  g_value_init (result, G_TYPE_STRING);
  g_value_set_string (result, dir);
  return TRUE;
}

static BksNode *
find_node (GPtrArray   *nodes,
           const char  *prefix,
           GError     **error)
{
  BksNode *found = NULL;

  for (guint i = 0; i < nodes->len; i++)
    {
      BksNode *node = g_ptr_array_index (nodes, i);

      if (!g_str_has_prefix (bks_node_get_id (node), prefix))
        continue;
      if (found != NULL)
        {
          g_set_error (error, BKS_ERROR, BKS_ERROR_AMBIGUOUS, "Several parts or chapters have an id that begins with %s", prefix);
          return NULL;
        }
      found = node;
    }
  if (found == NULL)
    g_set_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "The backup has no part or chapter %s", prefix);
  return found;
}

/* Fiber. Node and text as they are in the backup. */
static BksNode *
await_scene (Verb         *verb,
             BksNodeText **text,
             GError      **error)
{
  g_auto(Scratch) scratch = { 0 };
  g_autoptr(BksDatabase) store = NULL;
  g_autoptr(GPtrArray) nodes = NULL;
  BksNode *node;

  scratch.dir = dex_await_string (bks_run_in_thread (NULL, copy_to_scratch, verb, NULL), error);
  if (scratch.dir == NULL)
    return NULL;
  scratch.path = g_build_filename (scratch.dir, "book.db", NULL);
  store = dex_await_object (bks_book_store_open (scratch.path, TRUE, verb->self->limits), error);
  if (store == NULL)
    return NULL;
  nodes = dex_await_boxed (bks_book_store_list_nodes (store), error);
  node = nodes != NULL ? find_node (nodes, verb->node_id, error) : NULL;
  if (node != NULL)
    *text = dex_await_boxed (bks_book_store_read_text (store, bks_node_get_id (node)), error);
  dex_await (bks_database_close (store), NULL);
  return node != NULL && *text != NULL ? g_object_ref (node) : NULL;
}

/* Fiber. Where the scene is to be written: its own node, or a new one where that is gone. */
static BksNode *
await_place (BksBookSession  *session,
             BksNode         *scene,
             GError         **error)
{
  BksNode *node = bks_book_session_get_node (session, bks_node_get_id (scene));
  const char *parent_id = bks_node_get_parent_id (scene);

  if (node != NULL)
    return g_object_ref (node);
  if (parent_id != NULL && bks_book_session_get_node (session, parent_id) == NULL)
    parent_id = NULL;
  return dex_await_object (bks_book_session_add_node (session, bks_node_get_kind (scene), bks_node_get_title (scene),
                                                      parent_id, -1),
                           error);
}

static DexFuture *
restore_scene_fiber (gpointer data)
{
  Verb *verb = data;
  g_autoptr(BksNodeText) text = NULL;
  g_autoptr(BksNode) scene = NULL;
  g_autoptr(BksNode) place = NULL;
  g_autoptr(BksBookSession) session = NULL;
  g_autoptr(BksNodeSession) writer = NULL;
  g_autoptr(BksProvenance) provenance = NULL;
  GError *error = NULL;

  if (!bks_studio_check_open (verb->self, &error) ||
      !dex_await (bks_run_in_thread (NULL, read_backup, verb, NULL), &error) ||
      (scene = await_scene (verb, &text, &error)) == NULL)
    return bks_future_error (error);
  session = dex_await_object (bks_studio_open_book_to_change (verb->self, verb->backup->book_id), &error);
  if (session == NULL || (place = await_place (session, scene, &error)) == NULL ||
      (writer = dex_await_object (bks_book_session_open_node (session, bks_node_get_id (place)), &error)) == NULL)
    return bks_future_error (error);
  provenance = bks_provenance_from_string (text->provenance, strlen (text->text));
  if (!dex_await (bks_node_session_replace_text (writer, text->text, provenance, -1, BKS_KEEP_RESTORE), &error))
    return bks_future_error (error);
  return dex_future_new_for_string (bks_node_get_id (place));
}

/**
 * bks_studio_restore_scene:
 * @self: a studio
 * @file: a backup
 * @node_id: the id of a node in it, or a unique beginning
 *
 * Takes one text out of a backup and puts it into the book it was made of. The
 * text there becomes a revision; a node that is gone is made anew.
 *
 * Returns: (transfer full): resolves to the id of the node that has the text now
 */
DexFuture *
bks_studio_restore_scene (BksStudio  *self,
                          GFile      *file,
                          const char *node_id)
{
  Verb *verb;

  g_return_val_if_fail (BKS_IS_STUDIO (self) && G_IS_FILE (file) && node_id != NULL, NULL);

  if (g_file_peek_path (file) == NULL)
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_UNSUPPORTED, "A backup can only be read from a folder of this machine");
  verb = verb_new (self, NULL, g_file_peek_path (file), FALSE);
  verb->node_id = g_strdup (node_id);
  return bks_spawn_finally (restore_scene_fiber, verb, verb_free);
}

/* ---- check and repair ---- */

static gboolean
check_thread (GValue        *result,
              GCancellable  *cancellable,
              gpointer       data,
              GError       **error)
{
  Verb *verb = data;

  verb->report = bks_book_check (verb->dir, verb->self->limits, error);
  if (verb->report == NULL)
    return FALSE;
  if (!verb->flag || verb->report->problems->len == 0)
    return TRUE;
  verb->lock = bks_book_lock_take (verb->dir, g_get_prgname (), error);
  return verb->lock != NULL &&
         bks_book_repair (verb->dir, verb->report, get_now (verb), verb->self->limits, error);
}

static DexFuture *
check_fiber (gpointer data)
{
  Verb *verb = data;
  GError *error = NULL;

  verb->dir = bks_studio_get_book_dir (verb->self, verb->book_id);
  if (!bks_studio_check_open (verb->self, &error) || (verb->flag && !await_closed (verb, &error)) ||
      !dex_await (bks_run_in_thread (NULL, check_thread, verb, NULL), &error))
    return bks_future_error (error);
  return dex_future_new_take_boxed (BKS_TYPE_BOOK_REPORT, g_steal_pointer (&verb->report));
}

/**
 * bks_studio_check_book:
 * @self: a studio
 * @book_id: a book's id
 * @repair: whether to put a sound file into the place of a damaged one
 *
 * Returns: (transfer full): resolves to a #BksBookReport; rejects with
 *   %BKS_ERROR_CORRUPT if nothing can be repaired, the file as it was
 */
DexFuture *
bks_studio_check_book (BksStudio  *self,
                       const char *book_id,
                       gboolean    repair)
{
  g_return_val_if_fail (BKS_IS_STUDIO (self) && book_id != NULL, NULL);

  if (!bks_id_is_valid (book_id))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no book %s", book_id);
  return bks_spawn_finally (check_fiber, verb_new (self, book_id, NULL, repair), verb_free);
}
