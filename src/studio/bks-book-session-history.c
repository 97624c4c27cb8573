/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-book-events.h"
#include "bks-book-history.h"
#include "bks-book-session-private.h"
#include "bks-book-store.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-node-session-private.h"
#include "bks-revisions.h"

/* What was: revisions of texts, named snapshots, the trash. */

/* What a verb of this file works on. */
typedef struct
{
  BksBookSession *self;
  char           *id;
  char           *name;
  gint64          number;
} Verb;

static Verb *
verb_new (BksBookSession *self,
          const char     *id,
          const char     *name,
          gint64          number)
{
  Verb *verb = g_new0 (Verb, 1);

  verb->self = g_object_ref (self);
  verb->id = g_strdup (id);
  verb->name = g_strdup (name);
  verb->number = number;
  return verb;
}

static void
verb_free (gpointer data)
{
  Verb *verb = data;

  g_object_unref (verb->self);
  g_free (verb->id);
  g_free (verb->name);
  g_free (verb);
}

static gint64
get_now (BksBookSession *self)
{
  return bks_clock_get_now_ms (self->limits->clock);
}

/* Fiber. Lets the process that holds the book do it, and shows what came of it. */
static GVariant *
await_elsewhere (BksBookSession  *self,
                 const char      *name,
                 GVariant        *arguments,
                 GError         **error)
{
  g_autoptr(GVariant) answer = bks_book_session_await_hand_over (self, name, arguments, error);

  return answer != NULL && bks_book_session_await_nodes (self, error) ? g_steal_pointer (&answer) : NULL;
}

static DexFuture *
keep_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  GError *error = bks_book_session_check_writable (self);
  g_autoptr(GVariant) answer = NULL;

  if (error != NULL)
    return bks_future_error (error);
  if (bks_book_session_is_guest (self))
    answer = await_elsewhere (self, "keep", g_variant_new ("(s)", verb->id), &error);
  else if (dex_await (bks_book_session_save (self), &error) &&
           dex_await (bks_book_store_keep_revision (self->store, verb->id, BKS_KEEP_ASKED, get_now (self)), &error))
    bks_book_session_note_change (self);
  return error != NULL ? bks_future_error (error) : dex_future_new_true ();
}

/**
 * bks_book_session_keep_revision:
 * @self: a session
 * @node_id: which node
 *
 * What the author means by "save".
 *
 * Returns: (transfer full): resolves when the text of this moment is saved and
 *   a revision, too
 */
DexFuture *
bks_book_session_keep_revision (BksBookSession *self,
                                const char     *node_id)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  return bks_spawn_finally (keep_fiber, verb_new (self, node_id, NULL, 0), verb_free);
}

static DexFuture *
read_provenance_fiber (gpointer data)
{
  Verb *verb = data;
  g_autofree char *saved = NULL;
  g_autoptr(BksNodeText) text = NULL;
  GError *error = NULL;

  /* Saves what is typed: provenance is of the text on disk. */
  saved = dex_await_string (bks_book_session_read_text (verb->self, verb->id), &error);
  text = saved != NULL ? dex_await_boxed (bks_book_store_read_text (verb->self->store, verb->id), &error) : NULL;
  if (text == NULL)
    return bks_future_error (error);
  return dex_future_new_take_boxed (BKS_TYPE_PROVENANCE, bks_provenance_from_string (text->provenance, strlen (text->text)));
}

/**
 * bks_book_session_read_provenance:
 * @self: a session
 * @node_id: which node
 *
 * Returns: (transfer full): resolves to the #BksProvenance of its text
 */
DexFuture *
bks_book_session_read_provenance (BksBookSession *self,
                                  const char     *node_id)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  return bks_spawn_finally (read_provenance_fiber, verb_new (self, node_id, NULL, 0), verb_free);
}

/**
 * bks_book_session_list_revisions:
 * @self: a session
 * @node_id: which node, which may be in the trash
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksRevision without
 *   their texts, the newest first
 */
DexFuture *
bks_book_session_list_revisions (BksBookSession *self,
                                 const char     *node_id)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  return bks_book_store_list_revisions (self->store, node_id);
}

/**
 * bks_book_session_read_revision:
 * @self: a session
 * @node_id: which node
 * @number: which of its revisions
 *
 * Returns: (transfer full): resolves to the #BksRevision with its text; rejects with
 *   %BKS_ERROR_NOT_FOUND, %BKS_ERROR_CORRUPT if its text is not what was kept
 */
DexFuture *
bks_book_session_read_revision (BksBookSession *self,
                                const char     *node_id,
                                gint64          number)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  return bks_book_store_read_revision (self->store, node_id, number);
}

/* Fiber. */
static gboolean
await_restored (BksBookSession  *self,
                const char      *node_id,
                gint64           number,
                GError         **error)
{
  g_autoptr(BksRevision) revision = NULL;
  g_autoptr(BksNodeSession) session = NULL;
  g_autoptr(BksProvenance) provenance = NULL;

  revision = dex_await_boxed (bks_book_store_read_revision (self->store, node_id, number), error);
  session = revision != NULL ? dex_await_object (bks_book_session_open_node (self, node_id), error) : NULL;
  if (session == NULL)
    return FALSE;
  provenance = bks_provenance_from_string (revision->provenance, strlen (revision->text));
  return dex_await (bks_node_session_replace_text (session, revision->text, provenance, -1, BKS_KEEP_RESTORE), error);
}

static DexFuture *
restore_revision_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  GError *error = bks_book_session_check_writable (self);
  g_autoptr(GVariant) answer = NULL;

  if (error != NULL)
    return bks_future_error (error);
  if (bks_book_session_is_guest (self))
    answer = await_elsewhere (self, "revert", g_variant_new ("(sx)", verb->id, verb->number), &error);
  else
    await_restored (self, verb->id, verb->number, &error);
  return error != NULL ? bks_future_error (error) : dex_future_new_true ();
}

/**
 * bks_book_session_restore_revision:
 * @self: a session
 * @node_id: which node
 * @number: which of its revisions
 *
 * Makes an earlier text the present one. The text before becomes a revision,
 * so that this can be undone.
 *
 * Returns: (transfer full): resolves when it is on disk
 */
DexFuture *
bks_book_session_restore_revision (BksBookSession *self,
                                   const char     *node_id,
                                   gint64          number)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  return bks_spawn_finally (restore_revision_fiber, verb_new (self, node_id, NULL, number), verb_free);
}

static DexFuture *
add_snapshot_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  GError *error = bks_book_session_check_writable (self);
  g_autofree char *name = error == NULL ? bks_book_session_clean_title (self, verb->name, &error) : NULL;
  g_autofree char *id = NULL;

  if (name == NULL)
    return bks_future_error (error);
  if (*name == '\0')
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "A snapshot needs a name");
  if (bks_book_session_is_guest (self))
    {
      g_autoptr(GVariant) answer = await_elsewhere (self, "snapshot", g_variant_new ("(sms)", name, verb->id), &error);

      if (answer == NULL)
        return bks_future_error (error);
      g_variant_get (answer, "(s)", &id);
      return dex_future_new_for_string (id);
    }
  id = bks_id_new (self->limits->clock);
  if (!dex_await (bks_book_session_save (self), &error) ||
      !dex_await (bks_book_store_add_snapshot (self->store, id, name, verb->id, get_now (self)), &error))
    return bks_future_error (error);
  bks_book_session_note_change (self);
  return dex_future_new_for_string (id);
}

/**
 * bks_book_session_add_snapshot:
 * @self: a session
 * @name: what the author calls it
 * @node_id: (nullable): of what, with all below; %NULL for the whole book
 *
 * Keeps the texts of this moment for ever.
 *
 * Returns: (transfer full): resolves to its id when it is on disk
 */
DexFuture *
bks_book_session_add_snapshot (BksBookSession *self,
                               const char     *name,
                               const char     *node_id)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && name != NULL, NULL);

  return bks_spawn_finally (add_snapshot_fiber, verb_new (self, node_id, name, 0), verb_free);
}

/**
 * bks_book_session_list_snapshots:
 * @self: a session
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksSnapshot, the newest first
 */
DexFuture *
bks_book_session_list_snapshots (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return bks_book_store_list_snapshots (self->store);
}

/* Fiber. Texts that are as they were are left alone. */
static gboolean
await_item (BksBookSession  *self,
            BksRevision     *item,
            gint64          *count,
            GError         **error)
{
  g_autoptr(BksRevision) revision = NULL;
  g_autofree char *present = NULL;

  revision = dex_await_boxed (bks_book_store_read_revision (self->store, item->node_id, item->number), error);
  if (revision == NULL)
    return FALSE;
  present = dex_await_string (bks_book_session_read_text (self, item->node_id), error);
  if (present == NULL)
    return FALSE;
  if (g_str_equal (present, revision->text))
    return TRUE;
  if (!await_restored (self, item->node_id, item->number, error))
    return FALSE;
  (*count)++;
  return TRUE;
}

static DexFuture *
restore_snapshot_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  GError *error = bks_book_session_check_writable (self);
  g_autoptr(GPtrArray) items = NULL;
  gint64 count = 0;

  if (error != NULL)
    return bks_future_error (error);
  if (bks_book_session_is_guest (self))
    {
      g_autoptr(GVariant) answer = await_elsewhere (self, "revert-snapshot", g_variant_new ("(s)", verb->id), &error);

      if (answer == NULL)
        return bks_future_error (error);
      g_variant_get (answer, "(x)", &count);
      return dex_future_new_for_int64 (count);
    }
  items = dex_await_boxed (bks_book_store_list_snapshot_items (self->store, verb->id), &error);
  if (items == NULL)
    return bks_future_error (error);
  if (items->len == 0)
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no such snapshot");
  for (guint i = 0; i < items->len; i++)
    {
      BksRevision *item = g_ptr_array_index (items, i);

      /* What is in the trash has to be taken out of it first: by hand, where its place is seen. */
      if (bks_book_session_get_node (self, item->node_id) != NULL && !await_item (self, item, &count, &error))
        return bks_future_error (error);
    }
  return dex_future_new_for_int64 (count);
}

/**
 * bks_book_session_restore_snapshot:
 * @self: a session
 * @snapshot_id: which snapshot
 *
 * Makes its texts the present ones, except for those in the trash. What they
 * replace becomes revisions.
 *
 * Returns: (transfer full): resolves to how many texts have changed (gint64)
 */
DexFuture *
bks_book_session_restore_snapshot (BksBookSession *self,
                                   const char     *snapshot_id)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && snapshot_id != NULL, NULL);

  return bks_spawn_finally (restore_snapshot_fiber, verb_new (self, snapshot_id, NULL, 0), verb_free);
}

/**
 * bks_book_session_list_trash:
 * @self: a session
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksTrashedNode, the last deleted first
 */
DexFuture *
bks_book_session_list_trash (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return bks_book_store_list_trash (self->store);
}

static DexFuture *
empty_trash_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  GError *error = bks_book_session_check_writable (self);
  gint64 count;

  if (error != NULL)
    return bks_future_error (error);
  if (bks_book_session_is_guest (self))
    {
      g_autoptr(GVariant) answer = await_elsewhere (self, "empty", NULL, &error);

      if (answer == NULL)
        return bks_future_error (error);
      g_variant_get (answer, "(x)", &count);
      return dex_future_new_for_int64 (count);
    }
  count = dex_await_int64 (bks_book_store_empty_trash (self->store, get_now (self)), &error);
  if (error != NULL)
    return bks_future_error (error);
  bks_book_session_note_change (self);
  return dex_future_new_for_int64 (count);
}

/**
 * bks_book_session_empty_trash:
 * @self: a session
 *
 * Deletes for good what is in the trash, with all its revisions.
 *
 * Returns: (transfer full): resolves to how many nodes are gone (gint64)
 */
DexFuture *
bks_book_session_empty_trash (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return bks_spawn_finally (empty_trash_fiber, verb_new (self, NULL, NULL, 0), verb_free);
}

/**
 * bks_book_session_list_commands:
 * @self: a session
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksCommand: the changes
 *   of the structure that can be undone or done again, the newest first
 */
DexFuture *
bks_book_session_list_commands (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return bks_book_store_list_commands (self->store);
}

/**
 * bks_book_session_list_events:
 * @self: a session
 * @since: the number of the last event that is known, 0 for all
 * @most: how many to return at most
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksEvent, in their order
 */
DexFuture *
bks_book_session_list_events (BksBookSession *self,
                              gint64          since,
                              guint           most)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return bks_book_store_list_events (self->store, since, most);
}
