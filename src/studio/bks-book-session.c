/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-book-lock.h"
#include "bks-book-session-private.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-library.h"
#include "bks-node-session-private.h"

/**
 * BksBookSession:
 *
 * A book while it is open: its binder as live lists, and every change of its
 * structure. Holds the book's lock when writable.
 */
struct _BksBookSession
{
  GObject      parent_instance;

  BksDatabase *library;
  BksDatabase *store;
  gboolean     closed;
  BksBookLock *lock;     /* NULL when read-only */
  BksLimits   *limits;
  gboolean     writable;
  BksBook     *book;
  GListStore  *nodes;    /* the top level */
  GHashTable  *by_id;    /* id → BksNode */
  GHashTable  *sessions; /* node id → BksNodeSession, not owned */
  GPtrArray   *works;    /* of Work */
  DexFuture   *changing; /* the last change of details; NULL */
  DexFuture   *closing;  /* while it is closed; NULL */
};

G_DEFINE_FINAL_TYPE (BksBookSession, bks_book_session, G_TYPE_OBJECT)

/* Nobody nests so deep; the tree is walked by recursion. */
#define MAX_DEPTH 32

/* Something that writes to the book in the background. */
typedef struct
{
  DexCancellable *cancellable;
  DexFuture      *finished;
} Work;

static void
work_free (gpointer data)
{
  Work *work = data;

  dex_unref (work->cancellable);
  dex_unref (work->finished);
  g_free (work);
}

static void
bks_book_session_finalize (GObject *object)
{
  BksBookSession *self = BKS_BOOK_SESSION (object);

  g_clear_object (&self->store);
  g_clear_pointer (&self->lock, bks_book_lock_release);
  g_object_unref (self->library);
  bks_limits_unref (self->limits);
  g_clear_object (&self->book);
  g_object_unref (self->nodes);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->sessions);
  g_ptr_array_unref (self->works);
  dex_clear (&self->changing);
  dex_clear (&self->closing);
  G_OBJECT_CLASS (bks_book_session_parent_class)->finalize (object);
}

static void
bks_book_session_class_init (BksBookSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_book_session_finalize;

  /**
   * BksBookSession::closed:
   *
   * The book was closed; whoever still holds the session lets go of it.
   */
  g_signal_new ("closed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
bks_book_session_init (BksBookSession *self)
{
  self->nodes = g_list_store_new (BKS_TYPE_NODE);
  self->by_id = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->works = g_ptr_array_new_with_free_func (work_free);
}

/* The list that a node with this parent stands in. */
static GListStore *
get_siblings (BksBookSession *self,
              const char     *parent_id)
{
  BksNode *parent = parent_id != NULL ? g_hash_table_lookup (self->by_id, parent_id) : NULL;

  return parent != NULL ? G_LIST_STORE (bks_node_get_children (parent)) : self->nodes;
}

static void
update_sums (BksBookSession *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->nodes));
  gint64 words = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(BksNode) node = g_list_model_get_item (G_LIST_MODEL (self->nodes), i);

      bks_node_update_tree (node, 0);
      words += bks_node_get_total_words (node);
    }
  g_object_set (self->book, "words", words, NULL);
}

static void
build_tree (BksBookSession *self,
            GPtrArray      *nodes)
{
  for (guint i = 0; i < nodes->len; i++)
    {
      BksNode *node = g_ptr_array_index (nodes, i);

      g_list_store_append (get_siblings (self, bks_node_get_parent_id (node)), node);
      g_hash_table_insert (self->by_id, g_strdup (bks_node_get_id (node)), g_object_ref (node));
    }
  update_sums (self);
}

static DexFuture *
publish_failed_cb (DexFuture *future,
                   gpointer   data)
{
  g_autoptr(GError) error = NULL;

  /* The library only repeats what the book's own file says; it catches up with the next change and
   * when the book is closed. The person hears of a full disk by what they asked for, not by this. */
  dex_future_get_value (future, &error);
  g_info ("The library could not be told of a change: %s", error->message);
  return dex_future_new_true ();
}

/* Tells the library what it shows of the book. */
static DexFuture *
publish (BksBookSession *self)
{
  return dex_future_catch (bks_library_put_book (self->library, self->book), publish_failed_cb, NULL, NULL);
}

static void
note_change (BksBookSession *self)
{
  g_object_set (self->book, "updated-at", bks_clock_get_now_ms (self->limits->clock), NULL);
  update_sums (self);
  dex_future_disown (publish (self));
}

typedef struct
{
  BksDatabase *library;
  char        *book_dir;
  gboolean     writable;
  BksLimits   *limits;
  BksBookLock *lock;
} Opening;

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  g_object_unref (opening->library);
  g_free (opening->book_dir);
  bks_limits_unref (opening->limits);
  g_clear_pointer (&opening->lock, bks_book_lock_release);
  g_free (opening);
}

static gboolean
take_lock (GValue        *result,
           GCancellable  *cancellable,
           gpointer       data,
           GError       **error)
{
  Opening *opening = data;
  const char *program = g_get_application_name ();

  if (!g_file_test (opening->book_dir, G_FILE_TEST_IS_DIR))
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "The book's folder is gone");
      return FALSE;
    }
  opening->lock = bks_book_lock_take (opening->book_dir, program != NULL ? program : g_get_prgname (), error);
  return opening->lock != NULL;
}

/* Fiber. The rest of opening, once the file is there. */
static gboolean
await_contents (BksBookSession  *self,
                GError         **error)
{
  g_autoptr(GPtrArray) nodes = NULL;

  self->book = dex_await_object (bks_book_store_get_book (self->store), error);
  if (self->book == NULL)
    return FALSE;
  nodes = dex_await_boxed (bks_book_store_list_nodes (self->store), error);
  if (nodes == NULL)
    return FALSE;
  build_tree (self, nodes);
  return TRUE;
}

static DexFuture *
open_fiber (gpointer data)
{
  Opening *opening = data;
  g_autofree char *path = g_build_filename (opening->book_dir, "book.db", NULL);
  g_autoptr(BksBookSession) self = NULL;
  GError *error = NULL;

  /* The lock first: opening for writing may bring the file to a newer schema. */
  if (opening->writable && !dex_await (bks_run_in_thread (NULL, take_lock, opening, NULL), &error))
    return bks_future_error (error);
  self = g_object_new (BKS_TYPE_BOOK_SESSION, NULL);
  self->library = g_object_ref (opening->library);
  self->limits = bks_limits_ref (opening->limits);
  self->writable = opening->writable;
  self->lock = g_steal_pointer (&opening->lock);
  self->store = dex_await_object (bks_book_store_open (path, self->writable, self->limits), &error);
  if (self->store == NULL || !await_contents (self, &error))
    return bks_future_error (error);
  if (self->writable)
    {
      g_object_set (self->book, "opened-at", bks_clock_get_now_ms (self->limits->clock), NULL);
      dex_await (publish (self), NULL);
    }
  return dex_future_new_take_object (g_steal_pointer (&self));
}

/**
 * bks_book_session_open:
 * @library: the library
 * @book_dir: the book's folder
 * @writable: whether to take its lock
 * @limits: limits
 *
 * Returns: (transfer full): resolves to a #BksBookSession; rejects with
 *   %BKS_ERROR_BUSY, whose message names the holder
 */
DexFuture *
bks_book_session_open (BksDatabase *library,
                       const char  *book_dir,
                       gboolean     writable,
                       BksLimits   *limits)
{
  Opening *opening = g_new0 (Opening, 1);

  opening->library = g_object_ref (library);
  opening->book_dir = g_strdup (book_dir);
  opening->writable = writable;
  opening->limits = bks_limits_ref (limits);
  return bks_spawn_finally (open_fiber, opening, opening_free);
}

/**
 * bks_book_session_get_store:
 * @self: a session
 *
 * Returns: (transfer none): the book's database, which refuses everything once the session is closed
 */
BksDatabase *
bks_book_session_get_store (BksBookSession *self)
{
  return self->store;
}

/**
 * bks_book_session_get_limits:
 * @self: a session
 *
 * Returns: (transfer none): its limits
 */
BksLimits *
bks_book_session_get_limits (BksBookSession *self)
{
  return self->limits;
}

/**
 * bks_book_session_is_closed:
 * @self: a session
 *
 * Returns: whether bks_book_session_close() has let go of the file
 */
gboolean
bks_book_session_is_closed (BksBookSession *self)
{
  return self->closed;
}

/**
 * bks_book_session_get_closing:
 * @self: a session
 *
 * Returns: (transfer full) (nullable): what bks_book_session_close() returned,
 *   while it goes on
 */
DexFuture *
bks_book_session_get_closing (BksBookSession *self)
{
  return self->closing != NULL ? dex_ref (self->closing) : NULL;
}

static void
drop_finished_works (BksBookSession *self)
{
  for (guint i = self->works->len; i-- > 0;)
    if (!dex_future_is_pending (((Work *) g_ptr_array_index (self->works, i))->finished))
      g_ptr_array_remove_index_fast (self->works, i);
}

/**
 * bks_book_session_add_work:
 * @self: a session
 * @cancellable: ends the work
 * @finished: resolves when the work has written its last
 *
 * Work that goes on in the background is ended, and its end waited for, before
 * the book is closed.
 */
void
bks_book_session_add_work (BksBookSession *self,
                           DexCancellable *cancellable,
                           DexFuture      *finished)
{
  Work *work = g_new0 (Work, 1);

  drop_finished_works (self);
  work->cancellable = dex_ref (cancellable);
  work->finished = dex_ref (finished);
  g_ptr_array_add (self->works, work);
}

/**
 * bks_book_session_text_saved:
 * @self: a session
 *
 * A node session has saved its text: brings sums and the library up to date.
 */
void
bks_book_session_text_saved (BksBookSession *self)
{
  note_change (self);
}

/**
 * bks_book_session_get_book:
 * @self: a session
 *
 * Returns: (transfer none): the book; notifies when words or details change
 */
BksBook *
bks_book_session_get_book (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return self->book;
}

/**
 * bks_book_session_get_writable:
 * @self: a session
 *
 * Returns: whether it may change the book
 */
gboolean
bks_book_session_get_writable (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), FALSE);

  return self->writable;
}

/**
 * bks_book_session_get_nodes:
 * @self: a session
 *
 * Returns: (transfer none): the binder's top level, a live list of #BksNode
 */
GListModel *
bks_book_session_get_nodes (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return G_LIST_MODEL (self->nodes);
}

/**
 * bks_book_session_get_node:
 * @self: a session
 * @node_id: an id
 *
 * Returns: (transfer none) (nullable): the node
 */
BksNode *
bks_book_session_get_node (BksBookSession *self,
                           const char     *node_id)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  return g_hash_table_lookup (self->by_id, node_id);
}

/**
 * bks_book_session_find_node:
 * @self: a session
 * @id_prefix: an id or its beginning
 * @error: return location
 *
 * Returns: (transfer none): the one node whose id begins so, or %NULL with
 *   %BKS_ERROR_NOT_FOUND or %BKS_ERROR_AMBIGUOUS
 */
BksNode *
bks_book_session_find_node (BksBookSession  *self,
                            const char      *id_prefix,
                            GError         **error)
{
  GHashTableIter iter;
  BksNode *found, *node;

  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && id_prefix != NULL, NULL);

  found = g_hash_table_lookup (self->by_id, id_prefix);
  if (found != NULL)
    return found;
  g_hash_table_iter_init (&iter, self->by_id);
  while (*id_prefix != '\0' && g_hash_table_iter_next (&iter, NULL, (gpointer *) &node))
    {
      if (!g_str_has_prefix (bks_node_get_id (node), id_prefix))
        continue;
      if (found != NULL)
        {
          g_set_error (error, BKS_ERROR, BKS_ERROR_AMBIGUOUS, "Several parts or chapters have an id that begins with %s",
                       id_prefix);
          return NULL;
        }
      found = node;
    }
  if (found == NULL)
    g_set_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "The book has no part or chapter %s", id_prefix);
  return found;
}

static void
collect (GListModel *list,
         GPtrArray  *nodes)
{
  guint n = g_list_model_get_n_items (list);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(BksNode) node = g_list_model_get_item (list, i);

      g_ptr_array_add (nodes, g_object_ref (node));
      collect (bks_node_get_children (node), nodes);
    }
}

/**
 * bks_book_session_list_nodes:
 * @self: a session
 *
 * Returns: (transfer full) (element-type BksNode): all nodes in reading order, each after its parent
 */
GPtrArray *
bks_book_session_list_nodes (BksBookSession *self)
{
  GPtrArray *nodes = g_ptr_array_new_with_free_func (g_object_unref);

  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  collect (G_LIST_MODEL (self->nodes), nodes);
  return nodes;
}

/* What a verb of this file works on. */
typedef struct
{
  BksBookSession *self;
  char           *node_id;
  char           *parent_id;
  char           *title;
  BksNodeKind     kind;
  int             position;
} Verb;

static Verb *
verb_new (BksBookSession *self,
          const char     *node_id,
          const char     *parent_id,
          const char     *title)
{
  Verb *verb = g_new0 (Verb, 1);

  verb->self = g_object_ref (self);
  verb->node_id = g_strdup (node_id);
  verb->parent_id = g_strdup (parent_id);
  verb->title = g_strdup (title);
  return verb;
}

static void
verb_free (gpointer data)
{
  Verb *verb = data;

  g_object_unref (verb->self);
  g_free (verb->node_id);
  g_free (verb->parent_id);
  g_free (verb->title);
  g_free (verb);
}

static GError *
no_such_node (const char *node_id)
{
  return g_error_new (BKS_ERROR, BKS_ERROR_NOT_FOUND, "The book has no part or chapter %s", node_id);
}

/* Whether the session may write; the rest of a refusal is SQLite's. */
static GError *
check_writable (BksBookSession *self)
{
  if (bks_book_session_is_closed (self))
    return g_error_new_literal (BKS_ERROR, BKS_ERROR_FAILED, "The book has been closed");
  if (!self->writable)
    return g_error_new_literal (BKS_ERROR, BKS_ERROR_READ_ONLY, "The book is open for reading only");
  return NULL;
}

static char *
clean_title (BksBookSession  *self,
             const char      *title,
             GError         **error)
{
  g_autofree char *clean = NULL;

  if (!g_utf8_validate (title, -1, NULL))
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "The title is not UTF-8");
      return NULL;
    }
  if (strlen (title) > self->limits->title_bytes)
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_TOO_LARGE, "A title has at most %u bytes", self->limits->title_bytes);
      return NULL;
    }
  clean = g_strdup (title);
  g_strdelimit (clean, "\n\r\t", ' ');
  return g_strdup (g_strstrip (clean));
}

static DexFuture *
read_text_fiber (gpointer data)
{
  Verb *verb = data;
  BksNodeSession *session = g_hash_table_lookup (verb->self->sessions, verb->node_id);
  g_autoptr(BksNodeText) text = NULL;
  GError *error = NULL;

  if (bks_book_session_is_closed (verb->self))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_FAILED, "The book has been closed");
  /* Read what is on the screen, not what was there a second ago. */
  if (session != NULL)
    {
      g_autoptr(BksNodeSession) kept = g_object_ref (session);

      if (!dex_await (bks_node_session_save (kept), &error))
        return bks_future_error (error);
    }
  text = dex_await_boxed (bks_book_store_read_text (verb->self->store, verb->node_id), &error);
  if (text == NULL)
    return bks_future_error (error);
  return dex_future_new_for_string (text->text);
}

/**
 * bks_book_session_read_text:
 * @self: a session
 * @node_id: which node
 *
 * Returns: (transfer full): resolves to its text (CommonMark), what is unsaved in this process included
 */
DexFuture *
bks_book_session_read_text (BksBookSession *self,
                            const char     *node_id)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  return bks_spawn (NULL, read_text_fiber, verb_new (self, node_id, NULL, NULL), verb_free);
}

static guint
measure_height (BksNode *node)
{
  GListModel *children = bks_node_get_children (node);
  guint n = g_list_model_get_n_items (children);
  guint height = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(BksNode) child = g_list_model_get_item (children, i);

      height = MAX (height, 1 + measure_height (child));
    }
  return height;
}

/* Whether a node that is @height levels high may hang there. */
static GError *
check_parent (BksBookSession *self,
              const char     *parent_id,
              guint           height)
{
  BksNode *parent = parent_id != NULL ? bks_book_session_get_node (self, parent_id) : NULL;

  if (parent_id == NULL)
    return NULL;
  if (parent == NULL)
    return no_such_node (parent_id);
  if (bks_node_get_depth (parent) + 1 + height < MAX_DEPTH)
    return NULL;
  return g_error_new (BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "Parts and chapters can be nested %d levels deep", MAX_DEPTH);
}

static DexFuture *
add_node_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  GError *error = check_writable (self);
  g_autofree char *title = error == NULL ? clean_title (self, verb->title, &error) : NULL;
  g_autofree char *id = bks_id_new (self->limits->clock);
  g_autoptr(BksNode) node = NULL;
  GListStore *siblings;
  guint n;

  if (title == NULL || (error = check_parent (self, verb->parent_id, 0)) != NULL)
    return bks_future_error (error);
  if (!dex_await (bks_book_store_add_node (self->store,
                                           bks_new_node_new (id, verb->parent_id, verb->kind, title, "", 0),
                                           verb->position, bks_clock_get_now_ms (self->limits->clock)),
                  &error))
    return bks_future_error (error);

  node = bks_node_new (id, verb->kind, title);
  bks_node_set_parent_id (node, verb->parent_id);
  bks_node_set_text_facts (node, 0, 1);
  g_hash_table_insert (self->by_id, g_strdup (id), g_object_ref (node));
  siblings = get_siblings (self, verb->parent_id);
  n = g_list_model_get_n_items (G_LIST_MODEL (siblings));
  g_list_store_insert (siblings, verb->position < 0 ? n : MIN ((guint) verb->position, n), node);
  note_change (self);
  return dex_future_new_for_object (node);
}

/**
 * bks_book_session_add_node:
 * @self: a session
 * @kind: what it is
 * @title: its title, may be ""
 * @parent_id: (nullable): where it hangs
 * @position: its place there, -1 for the last
 *
 * Returns: (transfer full): resolves to the #BksNode
 */
DexFuture *
bks_book_session_add_node (BksBookSession *self,
                           BksNodeKind     kind,
                           const char     *title,
                           const char     *parent_id,
                           int             position)
{
  Verb *verb;

  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && title != NULL, NULL);

  verb = verb_new (self, NULL, parent_id, title);
  verb->kind = kind;
  verb->position = position;
  return bks_spawn_finally (add_node_fiber, verb, verb_free);
}

static DexFuture *
rename_node_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  BksNode *node = bks_book_session_get_node (self, verb->node_id);
  GError *error = check_writable (self);
  g_autofree char *title = error == NULL ? clean_title (self, verb->title, &error) : NULL;

  if (title == NULL)
    return bks_future_error (error);
  if (node == NULL)
    return bks_future_error (no_such_node (verb->node_id));
  if (g_str_equal (title, bks_node_get_title (node)))
    return dex_future_new_true ();
  if (!dex_await (bks_book_store_rename_node (self->store, verb->node_id, title,
                                              bks_clock_get_now_ms (self->limits->clock)),
                  &error))
    return bks_future_error (error);
  bks_node_set_title (node, title);
  note_change (self);
  return dex_future_new_true ();
}

/**
 * bks_book_session_rename_node:
 * @self: a session
 * @node_id: which node
 * @title: its title from now on
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_session_rename_node (BksBookSession *self,
                              const char     *node_id,
                              const char     *title)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL && title != NULL, NULL);

  return bks_spawn_finally (rename_node_fiber, verb_new (self, node_id, NULL, title), verb_free);
}

static void
take_out (BksBookSession *self,
          BksNode        *node)
{
  GListStore *siblings = get_siblings (self, bks_node_get_parent_id (node));
  guint position;

  if (g_list_store_find (siblings, node, &position))
    g_list_store_remove (siblings, position);
}

static DexFuture *
move_node_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  BksNode *node = bks_book_session_get_node (self, verb->node_id);
  GError *error = check_writable (self);
  g_autoptr(BksNode) kept = NULL;
  GListStore *siblings;
  guint n;

  if (error != NULL)
    return bks_future_error (error);
  if (node == NULL)
    return bks_future_error (no_such_node (verb->node_id));
  error = check_parent (self, verb->parent_id, measure_height (node));
  if (error != NULL)
    return bks_future_error (error);
  if (!dex_await (bks_book_store_move_node (self->store, verb->node_id, verb->parent_id, verb->position,
                                            bks_clock_get_now_ms (self->limits->clock)),
                  &error))
    return bks_future_error (error);
  kept = g_object_ref (node);
  take_out (self, node);
  bks_node_set_parent_id (node, verb->parent_id);
  siblings = get_siblings (self, verb->parent_id);
  n = g_list_model_get_n_items (G_LIST_MODEL (siblings));
  g_list_store_insert (siblings, verb->position < 0 ? n : MIN ((guint) verb->position, n), node);
  note_change (self);
  return dex_future_new_true ();
}

/**
 * bks_book_session_move_node:
 * @self: a session
 * @node_id: which node
 * @parent_id: (nullable): where it shall hang
 * @position: its place there once it is out of its old one, -1 for the last
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_session_move_node (BksBookSession *self,
                            const char     *node_id,
                            const char     *parent_id,
                            int             position)
{
  Verb *verb;

  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  verb = verb_new (self, node_id, parent_id, NULL);
  verb->position = position;
  return bks_spawn_finally (move_node_fiber, verb, verb_free);
}

static void
forget (BksBookSession *self,
        BksNode        *node)
{
  g_autoptr(GPtrArray) below = g_ptr_array_new_with_free_func (g_object_unref);

  collect (bks_node_get_children (node), below);
  for (guint i = 0; i < below->len; i++)
    g_hash_table_remove (self->by_id, bks_node_get_id (g_ptr_array_index (below, i)));
  g_hash_table_remove (self->by_id, bks_node_get_id (node));
}

static DexFuture *
trash_node_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  GError *error = check_writable (self);
  g_autoptr(BksNode) node = NULL;

  if (error != NULL)
    return bks_future_error (error);
  g_set_object (&node, bks_book_session_get_node (self, verb->node_id));
  if (node == NULL)
    return bks_future_error (no_such_node (verb->node_id));
  /* What was typed last goes into the trash with it. */
  if (!dex_await (bks_book_session_save (self), &error) ||
      !dex_await (bks_book_store_trash_node (self->store, verb->node_id, TRUE,
                                             bks_clock_get_now_ms (self->limits->clock)),
                  &error))
    return bks_future_error (error);
  take_out (self, node);
  forget (self, node);
  note_change (self);
  return dex_future_new_true ();
}

/**
 * bks_book_session_trash_node:
 * @self: a session
 * @node_id: which node
 *
 * Puts it and all below it into the trash; bks_book_session_restore_node() brings it back.
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_session_trash_node (BksBookSession *self,
                             const char     *node_id)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  return bks_spawn_finally (trash_node_fiber, verb_new (self, node_id, NULL, NULL), verb_free);
}

static DexFuture *
restore_node_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  GError *error = check_writable (self);
  g_autoptr(GPtrArray) nodes = NULL;

  if (error != NULL)
    return bks_future_error (error);
  if (!dex_await (bks_book_store_trash_node (self->store, verb->node_id, FALSE,
                                             bks_clock_get_now_ms (self->limits->clock)),
                  &error))
    return bks_future_error (error);
  nodes = dex_await_boxed (bks_book_store_list_nodes (self->store), &error);
  if (nodes == NULL)
    return bks_future_error (error);
  for (guint i = 0; i < nodes->len; i++)
    {
      BksNode *node = g_ptr_array_index (nodes, i);
      GListStore *siblings = get_siblings (self, bks_node_get_parent_id (node));
      BksNodeSession *session = g_hash_table_lookup (self->sessions, bks_node_get_id (node));
      guint place = 0;

      if (bks_book_session_get_node (self, bks_node_get_id (node)) != NULL)
        continue;
      for (guint j = 0; j < i; j++)
        if (g_strcmp0 (bks_node_get_parent_id (g_ptr_array_index (nodes, j)), bks_node_get_parent_id (node)) == 0)
          place++;
      if (session != NULL)
        bks_node_session_set_node (session, node);
      g_hash_table_insert (self->by_id, g_strdup (bks_node_get_id (node)), g_object_ref (node));
      g_list_store_insert (siblings, MIN (place, g_list_model_get_n_items (G_LIST_MODEL (siblings))), node);
    }
  note_change (self);
  return dex_future_new_true ();
}

/**
 * bks_book_session_restore_node:
 * @self: a session
 * @node_id: a node in the trash
 *
 * Returns: (transfer full): resolves when it and all below it stand where they stood
 */
DexFuture *
bks_book_session_restore_node (BksBookSession *self,
                               const char     *node_id)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  return bks_spawn_finally (restore_node_fiber, verb_new (self, node_id, NULL, NULL), verb_free);
}

static void
session_gone_cb (gpointer  data,
                 GObject  *gone)
{
  BksBookSession *self = data;
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    if (session == gone)
      g_hash_table_iter_remove (&iter);
}

static DexFuture *
open_node_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  BksNode *node = bks_book_session_get_node (self, verb->node_id);
  g_autoptr(BksNodeText) text = NULL;
  BksNodeSession *session = g_hash_table_lookup (self->sessions, verb->node_id);
  GError *error = NULL;

  if (session != NULL)
    return dex_future_new_for_object (session);
  if (bks_book_session_is_closed (self))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_FAILED, "The book has been closed");
  if (node == NULL)
    return bks_future_error (no_such_node (verb->node_id));
  text = dex_await_boxed (bks_book_store_read_text (self->store, verb->node_id), &error);
  if (text == NULL)
    return bks_future_error (error);
  /* Somebody else may have opened it while this waited. */
  session = g_hash_table_lookup (self->sessions, verb->node_id);
  if (session != NULL)
    return dex_future_new_for_object (session);
  session = bks_node_session_new (self, node, text->text);
  g_hash_table_insert (self->sessions, g_strdup (verb->node_id), session);
  /* The node session holds this one, so the pointer outlives the callback. */
  g_object_weak_ref (G_OBJECT (session), session_gone_cb, self);
  return dex_future_new_take_object (session);
}

/**
 * bks_book_session_open_node:
 * @self: a session
 * @node_id: which node
 *
 * Returns: (transfer full): resolves to the one #BksNodeSession of the node in this process
 */
DexFuture *
bks_book_session_open_node (BksBookSession *self,
                            const char     *node_id)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  return bks_spawn (NULL, open_node_fiber, verb_new (self, node_id, NULL, NULL), verb_free);
}

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
  return wanted != NULL ? clean_title (self, wanted, error) : g_strdup (present);
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
  error = check_writable (self);
  if (error != NULL ||
      (title = clean_detail (self, details->title, bks_book_get_title (book), &error)) == NULL ||
      (author = clean_detail (self, details->author, bks_book_get_author (book), &error)) == NULL ||
      (language = clean_detail (self, details->language, bks_book_get_language (book), &error)) == NULL)
    return bks_future_error (error);
  local_only = details->local_only >= 0 ? details->local_only : bks_book_get_local_only (book);
  if (!dex_await (bks_book_store_set_details (self->store, title, author, language, local_only,
                                              bks_clock_get_now_ms (self->limits->clock)),
                  &error))
    return bks_future_error (error);
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

static DexFuture *
save_fiber (gpointer data)
{
  BksBookSession *self = data;
  g_autoptr(GPtrArray) sessions = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer session;
  GError *first = NULL;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    g_ptr_array_add (sessions, g_object_ref (session));
  for (guint i = 0; i < sessions->len; i++)
    dex_await (bks_node_session_save (g_ptr_array_index (sessions, i)), first == NULL ? &first : NULL);
  return first != NULL ? bks_future_error (first) : dex_future_new_true ();
}

/**
 * bks_book_session_save:
 * @self: a session
 *
 * Returns: (transfer full): resolves when everything typed so far is on disk
 */
DexFuture *
bks_book_session_save (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return bks_spawn_finally (save_fiber, g_object_ref (self), g_object_unref);
}

/* Fiber. */
static void
await_works (BksBookSession *self)
{
  drop_finished_works (self);
  while (self->works->len > 0)
    {
      const Work *work = g_ptr_array_index (self->works, 0);
      DexFuture *finished = dex_ref (work->finished);

      dex_cancellable_cancel (work->cancellable);
      dex_await (finished, NULL);
      drop_finished_works (self);
    }
}

static gboolean
has_unsaved (BksBookSession *self)
{
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    if (bks_node_session_get_state (session) != BKS_SAVE_CLEAN)
      return TRUE;
  return FALSE;
}

/* Fiber. A person may go on typing while this waits, so it looks again. */
static gboolean
await_quiet (BksBookSession  *self,
             GError         **error)
{
  do
    {
      if (!dex_await (bks_book_session_save (self), error))
        return FALSE;
      await_works (self);
      if (self->changing != NULL)
        dex_await (dex_ref (self->changing), NULL);
      if (self->writable)
        dex_await (publish (self), NULL);
    }
  while (has_unsaved (self) || self->works->len > 0);
  return TRUE;
}

static DexFuture *
close_fiber (gpointer data)
{
  BksBookSession *self = data;
  GError *error = NULL;

  if (!await_quiet (self, &error))
    {
      dex_clear (&self->closing);
      return bks_future_error (error);
    }
  self->closed = TRUE;
  dex_await (bks_database_close (self->store), NULL);
  g_clear_pointer (&self->lock, bks_book_lock_release);
  dex_clear (&self->closing);
  g_signal_emit_by_name (self, "closed");
  return dex_future_new_true ();
}

/**
 * bks_book_session_close:
 * @self: a session
 *
 * Saves, ends what writes to the book in the background, then lets go of it.
 * Where saving fails the book stays open.
 *
 * Returns: (transfer full): resolves when others may write the book
 */
DexFuture *
bks_book_session_close (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  if (self->closing == NULL && self->closed)
    return dex_future_new_true ();
  if (self->closing == NULL)
    self->closing = bks_spawn_finally (close_fiber, g_object_ref (self), g_object_unref);
  return dex_ref (self->closing);
}
