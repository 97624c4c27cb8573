/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "bks-async.h"
#include "bks-book-lock.h"
#include "bks-book-session-private.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-export.h"
#include "bks-folder-check.h"
#include "bks-id.h"
#include "bks-import.h"
#include "bks-provenance.h"
#include "bks-studio-private.h"
#include "bks-studio-resources.h"
#include "bks-sync.h"
#include "bks-words.h"

/* Books in and out of files. A book is made in a folder of its own that gets
 * its real name last, so that an import appears whole or not at all. */

#define UNFINISHED_PREFIX ".new-"
#define SAMPLE_NAME "pride-and-prejudice.txt"
#define SAMPLE_TITLE "Pride and Prejudice"

static const struct
{
  const char *name;
  const char *suffix;
} formats[] = {
  [BKS_EXPORT_EPUB] = { "epub", ".epub" },
  [BKS_EXPORT_MARKDOWN] = { "markdown", ".md" },
  [BKS_EXPORT_TEXT] = { "text", ".txt" },
};

/**
 * bks_export_format_from_string:
 * @text: "epub", "markdown" or "text"
 * @format: (out): the format
 *
 * Returns: whether @text names a format
 */
gboolean
bks_export_format_from_string (const char      *text,
                               BksExportFormat *format)
{
  for (guint i = 0; text != NULL && i < G_N_ELEMENTS (formats); i++)
    if (g_str_equal (text, formats[i].name))
      {
        *format = i;
        return TRUE;
      }
  return FALSE;
}

/**
 * bks_export_format_get_suffix:
 * @format: a format
 *
 * Returns: (transfer none): how its files' names end, ".epub"
 */
const char *
bks_export_format_get_suffix (BksExportFormat format)
{
  g_return_val_if_fail (format < G_N_ELEMENTS (formats), NULL);

  return formats[format].suffix;
}

static DexFuture *
cancelled_cb (DexFuture *future,
              gpointer   data)
{
  g_cancellable_cancel (data);
  return dex_future_new_true ();
}

/* Tells a thread that it shall end without letting go of it: what it works on
 * is freed only when it has ended. */
static DexFuture *
watch (DexCancellable *cancellable,
       GCancellable   *stop)
{
  if (cancellable == NULL)
    return NULL;
  return dex_future_catch (dex_ref (DEX_FUTURE (cancellable)), cancelled_cb, g_object_ref (stop), g_object_unref);
}

/* A book in the making. Used by one thread at a time. */
typedef struct
{
  BksStudio      *self;
  GFile          *file;    /* NULL: none */
  gboolean        sample;
  char           *title;
  char           *author;
  GCancellable   *stop;
  DexFuture      *watch;   /* sets @stop; NULL */

  char           *id;
  char           *new_dir; /* while it is made */
  char           *dir;
  BksBookLock    *lock;    /* tells other processes that it is still being made */
  BksBook        *book;
  GPtrArray      *nodes;   /* of BksNewNode */
} Making;

/**
 * bks_studio_get_new_dir:
 * @self: a studio
 * @book_id: the id of a book that is being made
 *
 * Returns: (transfer full): its folder until it is whole
 */
char *
bks_studio_get_new_dir (BksStudio  *self,
                        const char *book_id)
{
  g_autofree char *name = g_strconcat (UNFINISHED_PREFIX, book_id, NULL);

  return g_build_filename (self->books_dir, name, NULL);
}

/**
 * bks_studio_make_new_folder:
 * @self: a studio
 * @new_dir: see bks_studio_get_new_dir()
 * @error: return location
 *
 * Blocks: for a thread.
 *
 * Returns: (transfer full): the lock of the folder, which is there and empty; %NULL with an error
 */
BksBookLock *
bks_studio_make_new_folder (BksStudio   *self,
                            const char  *new_dir,
                            GError     **error)
{
  if (!bks_folder_check (self->books_dir, error))
    return NULL;
  if (g_mkdir (new_dir, 0700) != 0)
    {
      bks_error_set_from_errno (error, errno, "Cannot make the book's folder");
      return NULL;
    }
  return bks_book_lock_take (new_dir, g_get_prgname (), error);
}

/**
 * bks_studio_publish_folder:
 * @self: a studio
 * @new_dir: see bks_studio_get_new_dir()
 * @dir: see bks_studio_get_book_dir()
 * @error: return location
 *
 * Gives a book that is whole its place in the library. Blocks: for a thread.
 *
 * Returns: whether it is durable
 */
gboolean
bks_studio_publish_folder (BksStudio   *self,
                           const char  *new_dir,
                           const char  *dir,
                           GError     **error)
{
  if (g_rename (new_dir, dir) == 0)
    return bks_sync_path (self->books_dir, "Cannot write the library's folder", error);
  bks_error_set_from_errno (error, errno, "Cannot put the book into the library");
  return FALSE;
}

static Making *
making_new (BksStudio      *self,
            DexCancellable *cancellable)
{
  Making *making = g_new0 (Making, 1);

  making->self = g_object_ref (self);
  making->stop = g_cancellable_new ();
  making->watch = watch (cancellable, making->stop);
  making->id = bks_id_new (self->limits->clock);
  making->new_dir = bks_studio_get_new_dir (self, making->id);
  making->dir = bks_studio_get_book_dir (self, making->id);
  making->nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_new_node_free);
  return making;
}

static void
making_free (gpointer data)
{
  Making *making = data;

  g_object_unref (making->self);
  g_clear_object (&making->file);
  g_free (making->title);
  g_free (making->author);
  dex_clear (&making->watch);
  g_object_unref (making->stop);
  g_free (making->id);
  g_free (making->new_dir);
  g_free (making->dir);
  g_clear_pointer (&making->lock, bks_book_lock_release);
  g_clear_object (&making->book);
  g_ptr_array_unref (making->nodes);
  g_free (making);
}

/**
 * bks_studio_remove_book_folder:
 * @dir: a book's folder
 *
 * Removes the book's files, and the folder if nothing else is in it. Blocks: for a thread.
 */
void
bks_studio_remove_book_folder (const char *dir)
{
  static const char *const names[] = { "book.db", "book.db-wal", "book.db-shm", "book.db-journal", "lock", "socket" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (dir, names[i], NULL);

      g_unlink (path);
    }
  g_rmdir (dir);
}

/**
 * bks_studio_clean_up:
 * @books_dir: the folder of all books
 *
 * Removes what an import that was killed left behind. One that another process
 * is still making holds its lock and stays. Blocks: for a thread.
 */
void
bks_studio_clean_up (const char *books_dir)
{
  g_autoptr(GDir) dir = g_dir_open (books_dir, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (books_dir, name, NULL);
      BksBookLock *lock;

      if (!g_str_has_prefix (name, UNFINISHED_PREFIX))
        continue;
      lock = bks_book_lock_take (path, g_get_prgname (), NULL);
      if (lock == NULL)
        continue;
      bks_studio_remove_book_folder (path);
      bks_book_lock_release (lock);
    }
}

static BksNodeKind
kind_of_section (BksSectionKind kind)
{
  switch (kind)
    {
    case BKS_SECTION_PART: return BKS_NODE_PART;
    case BKS_SECTION_SCENE: return BKS_NODE_SCENE;
    case BKS_SECTION_FRONT_MATTER: return BKS_NODE_FRONT_MATTER;
    case BKS_SECTION_BACK_MATTER: return BKS_NODE_BACK_MATTER;
    case BKS_SECTION_CHAPTER:
    default: return BKS_NODE_CHAPTER;
    }
}

/* The section that one of this depth belongs to: the last before it that is less deep. */
static const char *
find_parent (GPtrArray *nodes,
             GPtrArray *sections,
             guint      index)
{
  guint depth = ((BksSection *) g_ptr_array_index (sections, index))->depth;

  for (guint i = depth > 0 ? index : 0; i-- > 0;)
    if (((BksSection *) g_ptr_array_index (sections, i))->depth < depth)
      return ((BksNewNode *) g_ptr_array_index (nodes, i))->id;
  return NULL;
}

static void
take_sections (Making      *making,
               BksDocument *document)
{
  for (guint i = 0; i < document->sections->len; i++)
    {
      BksSection *section = g_ptr_array_index (document->sections, i);
      g_autofree char *id = bks_id_new (making->self->limits->clock);
      g_autoptr(BksProvenance) provenance = bks_provenance_new ();
      BksNewNode *node;

      node = bks_new_node_new (id, find_parent (making->nodes, document->sections, i), kind_of_section (section->kind),
                               section->title, section->text, bks_text_count_words (section->text, -1));
      bks_provenance_mark (provenance, 0, strlen (section->text), BKS_ORIGIN_IMPORTED, NULL);
      node->provenance = bks_provenance_to_string (provenance);
      g_ptr_array_add (making->nodes, node);
    }
}

static char *
title_from_name (GFile *file)
{
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *valid = g_filename_display_name (name);
  char *dot = strrchr (valid, '.');

  if (dot != NULL && dot != valid)
    *dot = '\0';
  g_strdelimit (valid, "_", ' ');
  return g_strdup (valid);
}

static BksDocument *
read_document (Making  *making,
               GError **error)
{
  g_autoptr(GBytes) sample = NULL;

  if (!making->sample)
    return bks_document_import_file (making->file, making->self->limits, making->stop, error);
  sample = g_resource_lookup_data (bks_studio_get_resource (), "/com/humanizer/BookStudio/sample/" SAMPLE_NAME,
                                   G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  if (sample == NULL)
    return NULL;
  return bks_document_import_bytes (sample, SAMPLE_NAME, making->self->limits, making->stop, error);
}

static gboolean
read_file (Making  *making,
           GError **error)
{
  g_autoptr(BksDocument) document = read_document (making, error);

  if (document == NULL)
    return FALSE;
  if (making->sample)
    making->title = g_strdup (SAMPLE_TITLE); /* the file shouts it */
  else if (*document->title != '\0')
    making->title = g_strdup (document->title);
  else
    making->title = title_from_name (making->file);
  making->author = g_strdup (document->author);
  take_sections (making, document);
  making->book = g_object_new (BKS_TYPE_BOOK, "id", making->id, "title", making->title, "author", making->author,
                               "language", *document->language != '\0' ? document->language : "en", NULL);
  return TRUE;
}

static void
start_empty (Making *making)
{
  g_autofree char *id = bks_id_new (making->self->limits->clock);

  g_ptr_array_add (making->nodes, bks_new_node_new (id, NULL, BKS_NODE_CHAPTER, "Chapter 1", "", 0));
  making->book = g_object_new (BKS_TYPE_BOOK, "id", making->id, "title", making->title, "author", making->author, NULL);
}

static gboolean
prepare (GValue        *result,
         GCancellable  *cancellable,
         gpointer       data,
         GError       **error)
{
  Making *making = data;

  if (making->file != NULL || making->sample)
    {
      if (!read_file (making, error))
        return FALSE;
    }
  else
    start_empty (making);
  making->lock = bks_studio_make_new_folder (making->self, making->new_dir, error);
  return making->lock != NULL;
}

static gboolean
publish (GValue        *result,
         GCancellable  *cancellable,
         gpointer       data,
         GError       **error)
{
  Making *making = data;

  return bks_studio_publish_folder (making->self, making->new_dir, making->dir, error);
}

static gboolean
abandon (GValue        *result,
         GCancellable  *cancellable,
         gpointer       data,
         GError       **error)
{
  Making *making = data;

  bks_studio_remove_book_folder (making->new_dir);
  bks_studio_remove_book_folder (making->dir); /* whose id is as new as the book */
  return TRUE;
}

/* Fiber. Writes the new book's file. */
static gboolean
await_fill (Making  *making,
            GError **error)
{
  g_autofree char *path = g_build_filename (making->new_dir, "book.db", NULL);
  g_autoptr(BksDatabase) store = dex_await_object (bks_book_store_open (path, TRUE, making->self->limits), error);
  gboolean filled;

  if (store == NULL)
    return FALSE;
  filled = dex_await (bks_book_store_fill (store, making->book, making->nodes,
                                           bks_clock_get_now_ms (making->self->limits->clock)),
                      error);
  /* The counted, dated book as its own file tells it. */
  if (filled)
    {
      g_clear_object (&making->book);
      making->book = dex_await_object (bks_book_store_get_book (store), error);
    }
  dex_await (bks_database_close (store), NULL);
  return filled && making->book != NULL;
}

/* Not cancelled half way: the cancellable ends the reading of the file and is
 * looked at between the steps, so that a cancelled import leaves nothing behind. */
static gboolean
await_made (Making  *making,
            GError **error)
{
  return dex_await (bks_run_in_thread (NULL, prepare, making, NULL), error) &&
         !g_cancellable_set_error_if_cancelled (making->stop, error) && await_fill (making, error) &&
         !g_cancellable_set_error_if_cancelled (making->stop, error) &&
         dex_await (bks_run_in_thread (NULL, publish, making, NULL), error) &&
         dex_await (bks_library_put_book (making->self->library, making->book), error);
}

static DexFuture *
make_fiber (gpointer data)
{
  Making *making = data;
  BksStudio *self = making->self;
  g_autoptr(GError) error = NULL;

  if (!bks_studio_check_open (self, &error))
    return bks_future_error (g_steal_pointer (&error));
  if (!await_made (making, &error))
    {
      dex_await (bks_run_in_thread (NULL, abandon, making, NULL), NULL);
      return bks_future_error (bks_error_normalize (error, NULL));
    }
  bks_studio_show_book (self, making->book);
  return dex_future_new_for_object (making->book);
}

static DexFuture *
spawn_making (Making *making)
{
  return bks_spawn_finally (make_fiber, making, making_free);
}

/**
 * bks_studio_create_book:
 * @self: a studio
 * @title: its title
 * @author: its author, may be ""
 *
 * Returns: (transfer full): resolves to the #BksBook, with one empty chapter
 */
DexFuture *
bks_studio_create_book (BksStudio  *self,
                        const char *title,
                        const char *author)
{
  Making *making;
  g_autofree char *clean = NULL;

  g_return_val_if_fail (BKS_IS_STUDIO (self) && title != NULL && author != NULL, NULL);

  if (!g_utf8_validate (title, -1, NULL) || !g_utf8_validate (author, -1, NULL))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_INVALID_INPUT, "The title or the author is not UTF-8");
  if (strlen (title) > self->limits->title_bytes || strlen (author) > self->limits->title_bytes)
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_TOO_LARGE, "A title has at most %u bytes", self->limits->title_bytes);
  clean = g_strdelimit (g_strdup (title), "\n\r\t", ' ');
  g_strstrip (clean);
  if (*clean == '\0')
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "A book needs a title");

  making = making_new (self, NULL);
  making->title = g_steal_pointer (&clean);
  making->author = g_strstrip (g_strdelimit (g_strdup (author), "\n\r\t", ' '));
  return spawn_making (making);
}

/**
 * bks_studio_import_book:
 * @self: a studio
 * @file: plain text or Markdown
 * @cancellable: (nullable): ends it
 *
 * A cancelled or failed import leaves nothing behind.
 *
 * Returns: (transfer full): resolves to the #BksBook; rejects with
 *   %BKS_ERROR_INVALID_INPUT or %BKS_ERROR_TOO_LARGE and a plain cause
 */
DexFuture *
bks_studio_import_book (BksStudio      *self,
                        GFile          *file,
                        DexCancellable *cancellable)
{
  Making *making;

  g_return_val_if_fail (BKS_IS_STUDIO (self) && G_IS_FILE (file), NULL);

  making = making_new (self, cancellable);
  making->file = g_object_ref (file);
  return spawn_making (making);
}

/**
 * bks_studio_import_sample:
 * @self: a studio
 * @cancellable: (nullable): ends it
 *
 * Returns: (transfer full): resolves to the #BksBook of the novel that ships with the program
 */
DexFuture *
bks_studio_import_sample (BksStudio      *self,
                          DexCancellable *cancellable)
{
  Making *making;

  g_return_val_if_fail (BKS_IS_STUDIO (self), NULL);

  making = making_new (self, cancellable);
  making->sample = TRUE;
  return spawn_making (making);
}

typedef struct
{
  BksStudio       *self;
  char            *book_id;
  BksExportFormat  format;
  char            *path;
  BksDocument     *document;
  gint64           modified_ms;
  GCancellable    *stop;
  DexFuture       *watch; /* sets @stop; NULL */
} Export;

static void
export_free (gpointer data)
{
  Export *export = data;

  g_object_unref (export->self);
  g_free (export->book_id);
  g_free (export->path);
  g_clear_pointer (&export->document, bks_document_unref);
  dex_clear (&export->watch);
  g_object_unref (export->stop);
  g_free (export);
}

static gboolean
section_of_kind (BksNodeKind     kind,
                 BksSectionKind *section)
{
  switch (kind)
    {
    case BKS_NODE_PART: *section = BKS_SECTION_PART; return TRUE;
    case BKS_NODE_CHAPTER: *section = BKS_SECTION_CHAPTER; return TRUE;
    case BKS_NODE_SCENE: *section = BKS_SECTION_SCENE; return TRUE;
    case BKS_NODE_FRONT_MATTER: *section = BKS_SECTION_FRONT_MATTER; return TRUE;
    case BKS_NODE_BACK_MATTER: *section = BKS_SECTION_BACK_MATTER; return TRUE;
    case BKS_NODE_NOTE:
    default: return FALSE;
    }
}

static BksDocument *
make_document (BksBookSession *session,
               GHashTable     *texts)
{
  BksBook *book = bks_book_session_get_book (session);
  BksDocument *document = bks_document_new (bks_book_get_title (book), bks_book_get_author (book),
                                            bks_book_get_language (book));
  g_autoptr(GPtrArray) nodes = bks_book_session_list_nodes (session);

  for (guint i = 0; i < nodes->len; i++)
    {
      BksNode *node = g_ptr_array_index (nodes, i);
      const char *text = g_hash_table_lookup (texts, bks_node_get_id (node));
      BksSectionKind kind;

      if (section_of_kind (bks_node_get_kind (node), &kind))
        bks_document_add (document, kind, bks_node_get_depth (node), bks_node_get_title (node), text != NULL ? text : "");
    }
  return document;
}

static gboolean
write_export (GValue        *result,
              GCancellable  *cancellable,
              gpointer       data,
              GError       **error)
{
  Export *export = data;
  BksLimits *limits = export->self->limits;

  switch (export->format)
    {
    case BKS_EXPORT_MARKDOWN:
      return bks_document_export_markdown (export->document, export->path, limits, export->stop, error);
    case BKS_EXPORT_TEXT:
      return bks_document_export_text (export->document, export->path, limits, export->stop, error);
    case BKS_EXPORT_EPUB:
    default:
      return bks_document_export_epub (export->document, export->path, export->book_id, export->modified_ms,
                                       limits, export->stop, error);
    }
}

static DexFuture *
export_fiber (gpointer data)
{
  Export *export = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(BksBookSession) session = NULL;
  g_autoptr(GHashTable) texts = NULL;

  session = dex_await_object (bks_studio_open_book (export->self, export->book_id, FALSE), &error);
  if (session == NULL || !dex_await (bks_book_session_save (session), &error))
    return bks_future_error (g_steal_pointer (&error));
  texts = dex_await_boxed (bks_book_store_read_all_texts (bks_book_session_get_store (session)), &error);
  if (texts == NULL)
    return bks_future_error (g_steal_pointer (&error));
  export->document = make_document (session, texts);
  export->modified_ms = bks_book_get_updated_at (bks_book_session_get_book (session));
  if (!dex_await (bks_run_in_thread (NULL, write_export, export, NULL), &error))
    return bks_future_error (bks_error_normalize (error, NULL));
  return dex_future_new_true ();
}

/**
 * bks_studio_export_book:
 * @self: a studio
 * @book_id: a book's id
 * @format: into what
 * @destination: a file on this machine
 * @cancellable: (nullable): ends it
 *
 * Returns: (transfer full): resolves when the file is there; it appears whole or not at all
 */
DexFuture *
bks_studio_export_book (BksStudio       *self,
                        const char      *book_id,
                        BksExportFormat  format,
                        GFile           *destination,
                        DexCancellable  *cancellable)
{
  Export *export;

  g_return_val_if_fail (BKS_IS_STUDIO (self) && book_id != NULL && G_IS_FILE (destination), NULL);

  if (g_file_peek_path (destination) == NULL)
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_UNSUPPORTED, "A book can only be exported to a folder of this machine");
  export = g_new0 (Export, 1);
  export->self = g_object_ref (self);
  export->book_id = g_strdup (book_id);
  export->format = format;
  export->path = g_strdup (g_file_peek_path (destination));
  export->stop = g_cancellable_new ();
  export->watch = watch (cancellable, export->stop);
  return bks_spawn_finally (export_fiber, export, export_free);
}
