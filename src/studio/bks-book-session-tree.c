/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-book-history.h"
#include "bks-book-session-private.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-node-session-private.h"

/* The binder of an open book: its live lists, and every change of its structure. */

/* Nobody nests so deep; the tree is walked by recursion. */
#define MAX_DEPTH 32

/* The list that a node with this parent stands in. */
static GListStore *
get_siblings (BksBookSession *self,
              const char     *parent_id)
{
  BksNode *parent = parent_id != NULL ? g_hash_table_lookup (self->by_id, parent_id) : NULL;

  return parent != NULL ? G_LIST_STORE (bks_node_get_children (parent)) : self->nodes;
}

/**
 * bks_book_session_update_sums:
 * @self: a session
 *
 * Brings depths and sums of words up to date.
 */
void
bks_book_session_update_sums (BksBookSession *self)
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
  BksNodeStatus   status;
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

/**
 * bks_book_session_clean_title:
 * @self: a session
 * @title: what somebody wants a title to be
 * @error: return location
 *
 * Returns: (transfer full): a title of one line, %NULL with %BKS_ERROR_INVALID_INPUT or %BKS_ERROR_TOO_LARGE
 */
char *
bks_book_session_clean_title (BksBookSession  *self,
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

static void
take_out (BksBookSession *self,
          BksNode        *node)
{
  GListStore *siblings = get_siblings (self, bks_node_get_parent_id (node));
  guint position;

  if (g_list_store_find (siblings, node, &position))
    g_list_store_remove (siblings, position);
}

/* What a node that stays has become. */
static void
update_node (BksBookSession *self,
             BksNode        *node,
             BksNode        *fresh)
{
  if (!g_str_equal (bks_node_get_title (node), bks_node_get_title (fresh)))
    bks_node_set_title (node, bks_node_get_title (fresh));
  bks_node_set_status (node, bks_node_get_status (fresh));
  bks_book_session_update_plan (self, node, fresh);
  if (bks_node_get_revision (node) != bks_node_get_revision (fresh))
    bks_node_set_text_facts (node, bks_node_get_words (fresh), bks_node_get_revision (fresh));
}

static void
show_new_node (BksBookSession *self,
               BksNode        *node,
               guint           place)
{
  BksNodeSession *session = g_hash_table_lookup (self->sessions, bks_node_get_id (node));

  if (session != NULL)
    bks_node_session_set_node (session, node);
  bks_book_session_update_plan (self, node, node);
  g_hash_table_insert (self->by_id, g_strdup (bks_node_get_id (node)), g_object_ref (node));
  g_list_store_insert (get_siblings (self, bks_node_get_parent_id (node)), place, node);
}

/* In the order of the fresh list: whatever stands before @place among the siblings is right already. */
static void
show_known_node (BksBookSession *self,
                 BksNode        *node,
                 const char     *parent_id,
                 guint           place)
{
  GListStore *siblings = get_siblings (self, parent_id);
  g_autoptr(BksNode) there = g_list_model_get_item (G_LIST_MODEL (siblings), place);
  g_autoptr(BksNode) kept = g_object_ref (node);

  if (there == node)
    return;
  take_out (self, node);
  bks_node_set_parent_id (node, parent_id);
  g_list_store_insert (siblings, MIN (place, g_list_model_get_n_items (G_LIST_MODEL (siblings))), node);
}

static void
drop_gone_nodes (BksBookSession *self,
                 GHashTable     *present)
{
  g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer id, node;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, &id, &node))
    if (!g_hash_table_contains (present, id))
      g_ptr_array_add (gone, g_object_ref (node));
  for (guint i = 0; i < gone->len; i++)
    take_out (self, g_ptr_array_index (gone, i));
  for (guint i = 0; i < gone->len; i++)
    g_hash_table_remove (self->by_id, bks_node_get_id (g_ptr_array_index (gone, i)));
}

/* Brings the lists up to date with what the file holds, level by level. A node that stays is the same object. */
static void
show_nodes (BksBookSession *self,
            GPtrArray      *nodes)
{
  g_autoptr(GHashTable) present = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GHashTable) places = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < nodes->len; i++)
    g_hash_table_add (present, (gpointer) bks_node_get_id (g_ptr_array_index (nodes, i)));
  drop_gone_nodes (self, present);
  for (guint i = 0; i < nodes->len; i++)
    {
      BksNode *fresh = g_ptr_array_index (nodes, i);
      BksNode *known = g_hash_table_lookup (self->by_id, bks_node_get_id (fresh));
      const char *parent_id = bks_node_get_parent_id (fresh);
      gpointer key = (gpointer) (parent_id != NULL ? parent_id : "");
      guint place = GPOINTER_TO_UINT (g_hash_table_lookup (places, key));

      g_hash_table_insert (places, key, GUINT_TO_POINTER (place + 1));
      if (known == NULL)
        {
          show_new_node (self, fresh, place);
          continue;
        }
      show_known_node (self, known, parent_id, place);
      update_node (self, known, fresh);
    }
  bks_book_session_update_sums (self);
}

/**
 * bks_book_session_await_nodes:
 * @self: a session
 * @error: return location
 *
 * In a fiber: reads the binder anew and shows it.
 *
 * Returns: whether it could be read
 */
gboolean
bks_book_session_await_nodes (BksBookSession  *self,
                              GError         **error)
{
  g_autoptr(GPtrArray) nodes = NULL;
  guint written;

  /* What was written while this was read is not in it, and not among the unsaved any more. */
  do
    {
      g_clear_pointer (&nodes, g_ptr_array_unref);
      written = self->plans_written;
      nodes = dex_await_boxed (bks_book_store_list_nodes (self->store), error);
    }
  while (nodes != NULL && written != self->plans_written);
  if (nodes == NULL)
    return FALSE;
  show_nodes (self, nodes);
  return TRUE;
}

/* Fiber. Lets the process that holds the book do it, and shows what came of it. */
static DexFuture *
hand_over (BksBookSession *self,
           const char     *name,
           GVariant       *arguments)
{
  g_autoptr(GVariant) answer = NULL;
  GError *error = NULL;

  answer = bks_book_session_await_hand_over (self, name, arguments, &error);
  if (answer == NULL || !bks_book_session_await_nodes (self, &error))
    return bks_future_error (error);
  return dex_future_new_true ();
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
    return bks_book_session_no_such_node (parent_id);
  if (bks_node_get_depth (parent) + 1 + height < MAX_DEPTH)
    return NULL;
  return g_error_new (BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "Parts and chapters can be nested %d levels deep", MAX_DEPTH);
}

/* Fiber. As hand_over(), for a node that gets its id there. */
static DexFuture *
add_node_elsewhere (BksBookSession *self,
                    Verb           *verb,
                    const char     *title)
{
  g_autoptr(GVariant) answer = NULL;
  GError *error = NULL;
  const char *id;
  BksNode *node;

  answer = bks_book_session_await_hand_over (self, "add",
                                             g_variant_new ("(usmsi)", (guint32) verb->kind, title, verb->parent_id,
                                                            (gint32) verb->position),
                                             &error);
  if (answer == NULL || !bks_book_session_await_nodes (self, &error))
    return bks_future_error (error);
  g_variant_get (answer, "(&s)", &id);
  node = bks_book_session_get_node (self, id);
  return node != NULL ? dex_future_new_for_object (node) : bks_future_error (bks_book_session_no_such_node (id));
}

static DexFuture *
add_node_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  GError *error = bks_book_session_check_writable (self);
  g_autofree char *title = error == NULL ? bks_book_session_clean_title (self, verb->title, &error) : NULL;
  g_autofree char *id = bks_id_new (self->limits->clock);
  g_autoptr(BksNode) node = NULL;
  GListStore *siblings;
  guint n;

  if (title == NULL || (error = check_parent (self, verb->parent_id, 0)) != NULL)
    return bks_future_error (error);
  if (bks_book_session_is_guest (self))
    return add_node_elsewhere (self, verb, title);
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
  bks_book_session_note_change (self);
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
  GError *error = bks_book_session_check_writable (self);
  g_autofree char *title = error == NULL ? bks_book_session_clean_title (self, verb->title, &error) : NULL;

  if (title == NULL)
    return bks_future_error (error);
  if (node == NULL)
    return bks_future_error (bks_book_session_no_such_node (verb->node_id));
  if (g_str_equal (title, bks_node_get_title (node)))
    return dex_future_new_true ();
  if (bks_book_session_is_guest (self))
    return hand_over (self, "rename", g_variant_new ("(ss)", verb->node_id, title));
  if (!dex_await (bks_book_store_rename_node (self->store, verb->node_id, title,
                                              bks_clock_get_now_ms (self->limits->clock)),
                  &error))
    return bks_future_error (error);
  bks_node_set_title (node, title);
  bks_book_session_note_change (self);
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

static DexFuture *
set_status_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  BksNode *node = bks_book_session_get_node (self, verb->node_id);
  GError *error = bks_book_session_check_writable (self);

  if (error != NULL)
    return bks_future_error (error);
  if (node == NULL)
    return bks_future_error (bks_book_session_no_such_node (verb->node_id));
  if (verb->status == bks_node_get_status (node))
    return dex_future_new_true ();
  if (bks_book_session_is_guest (self))
    return hand_over (self, "status", g_variant_new ("(ss)", verb->node_id, bks_node_status_to_string (verb->status)));
  if (!dex_await (bks_book_store_set_status (self->store, verb->node_id, verb->status,
                                             bks_clock_get_now_ms (self->limits->clock)),
                  &error))
    return bks_future_error (error);
  bks_node_set_status (node, verb->status);
  bks_book_session_note_change (self);
  return dex_future_new_true ();
}

/**
 * bks_book_session_set_status:
 * @self: a session
 * @node_id: which node
 * @status: how far it is from now on
 *
 * A change of the structure as any other: it can be undone.
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_session_set_status (BksBookSession *self,
                             const char     *node_id,
                             BksNodeStatus   status)
{
  Verb *verb;

  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL && status < BKS_N_STATUSES, NULL);

  verb = verb_new (self, node_id, NULL, NULL);
  verb->status = status;
  return bks_spawn_finally (set_status_fiber, verb, verb_free);
}

static DexFuture *
move_node_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  BksNode *node = bks_book_session_get_node (self, verb->node_id);
  GError *error = bks_book_session_check_writable (self);
  g_autoptr(BksNode) kept = NULL;
  GListStore *siblings;
  guint n;

  if (error != NULL)
    return bks_future_error (error);
  if (node == NULL)
    return bks_future_error (bks_book_session_no_such_node (verb->node_id));
  error = check_parent (self, verb->parent_id, measure_height (node));
  if (error != NULL)
    return bks_future_error (error);
  if (bks_book_session_is_guest (self))
    return hand_over (self, "move", g_variant_new ("(smsi)", verb->node_id, verb->parent_id, (gint32) verb->position));
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
  bks_book_session_note_change (self);
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
  GError *error = bks_book_session_check_writable (self);
  g_autoptr(BksNode) node = NULL;

  if (error != NULL)
    return bks_future_error (error);
  g_set_object (&node, bks_book_session_get_node (self, verb->node_id));
  if (node == NULL)
    return bks_future_error (bks_book_session_no_such_node (verb->node_id));
  if (bks_book_session_is_guest (self))
    return hand_over (self, "trash", g_variant_new ("(s)", verb->node_id));
  /* What was typed last goes into the trash with it. */
  if (!dex_await (bks_book_session_save (self), &error) ||
      !dex_await (bks_book_store_trash_node (self->store, verb->node_id, TRUE,
                                             bks_clock_get_now_ms (self->limits->clock)),
                  &error))
    return bks_future_error (error);
  take_out (self, node);
  forget (self, node);
  bks_book_session_note_change (self);
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
  GError *error = bks_book_session_check_writable (self);

  if (error != NULL)
    return bks_future_error (error);
  if (bks_book_session_is_guest (self))
    return hand_over (self, "restore", g_variant_new ("(s)", verb->node_id));
  if (!dex_await (bks_book_store_trash_node (self->store, verb->node_id, FALSE,
                                             bks_clock_get_now_ms (self->limits->clock)),
                  &error) ||
      !bks_book_session_await_nodes (self, &error))
    return bks_future_error (error);
  bks_book_session_note_change (self);
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

typedef struct
{
  BksBookSession *self;
  gboolean        undo;
} Step;

static void
step_free (gpointer data)
{
  g_object_unref (((Step *) data)->self);
  g_free (data);
}

static DexFuture *
step_fiber (gpointer data)
{
  Step *step = data;
  BksBookSession *self = step->self;
  gint64 now_ms = bks_clock_get_now_ms (self->limits->clock);
  GError *error = bks_book_session_check_writable (self);
  g_autoptr(BksCommand) command = NULL;
  g_autofree char *what = NULL;

  if (error != NULL)
    return bks_future_error (error);
  if (bks_book_session_is_guest (self))
    {
      g_autoptr(GVariant) answer = bks_book_session_await_hand_over (self, step->undo ? "undo" : "redo", NULL, &error);

      if (answer == NULL || !bks_book_session_await_nodes (self, &error))
        return bks_future_error (error);
      g_variant_get (answer, "(s)", &what);
      return dex_future_new_for_string (what);
    }
  /* What was typed last goes with a node that goes. */
  if (!dex_await (bks_book_session_save (self), &error))
    return bks_future_error (error);
  command = dex_await_boxed (step->undo ? bks_book_store_undo (self->store, now_ms)
                                        : bks_book_store_redo (self->store, now_ms),
                             &error);
  if (command == NULL || !bks_book_session_await_nodes (self, &error))
    return bks_future_error (error);
  bks_book_session_note_change (self);
  what = g_strdup_printf ("%s %s", command->kind, command->title);
  return dex_future_new_for_string (what);
}

static DexFuture *
spawn_step (BksBookSession *self,
            gboolean        undo)
{
  Step *step = g_new0 (Step, 1);

  step->self = g_object_ref (self);
  step->undo = undo;
  return bks_spawn_finally (step_fiber, step, step_free);
}

/**
 * bks_book_session_undo:
 * @self: a session
 *
 * Undoes the last change of the structure, also one of an earlier session.
 *
 * Returns: (transfer full): resolves to what was undone when it is durable: its
 *   kind (see #BksCommand), a space, and the title; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_book_session_undo (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return spawn_step (self, TRUE);
}

/**
 * bks_book_session_redo:
 * @self: a session
 *
 * Returns: (transfer full): resolves to what was done again, as bks_book_session_undo()
 */
DexFuture *
bks_book_session_redo (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return spawn_step (self, FALSE);
}
