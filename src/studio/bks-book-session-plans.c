/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-book-session-private.h"
#include "bks-book-store.h"
#include "bks-error.h"

/*
 * What a node is to be about and how long: synopsis and target. What is typed
 * there stands in the node at once, and is written as a text is: a second after
 * the last key, at least every five seconds, and when the book is saved or
 * closed. A write that fails keeps it and is tried again.
 */

/* What is not on disk yet. */
typedef struct
{
  char   *synopsis;     /* NULL: nothing typed */
  gint64  target_words; /* -1: nothing typed */
  guint   serial;       /* another one after each key */
} Plan;

static Plan *
plan_new (const char *synopsis,
          gint64      target_words,
          guint       serial)
{
  Plan *plan = g_new0 (Plan, 1);

  plan->synopsis = g_strdup (synopsis);
  plan->target_words = target_words;
  plan->serial = serial;
  return plan;
}

static void
plan_free (gpointer data)
{
  Plan *plan = data;

  g_free (plan->synopsis);
  g_free (plan);
}

/**
 * bks_book_session_make_plans:
 *
 * Returns: (transfer full): a table for what is typed, empty
 */
GHashTable *
bks_book_session_make_plans (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, plan_free);
}

/**
 * bks_book_session_has_unsaved_plans:
 * @self: a session
 *
 * Returns: whether a synopsis or target was typed that is not on disk
 */
gboolean
bks_book_session_has_unsaved_plans (BksBookSession *self)
{
  return g_hash_table_size (self->plans) > 0;
}

/**
 * bks_book_session_update_plan:
 * @self: a session
 * @node: a node that is shown
 * @fresh: the same node as the file has it
 *
 * What was typed and is not on disk yet is newer than the file.
 */
void
bks_book_session_update_plan (BksBookSession *self,
                              BksNode        *node,
                              BksNode        *fresh)
{
  const Plan *plan = g_hash_table_lookup (self->plans, bks_node_get_id (node));

  bks_node_set_synopsis (node, plan != NULL && plan->synopsis != NULL ? plan->synopsis : bks_node_get_synopsis (fresh));
  bks_node_set_target_words (node, plan != NULL && plan->target_words >= 0 ? plan->target_words
                                                                          : bks_node_get_target_words (fresh));
}

static void
set_error (BksBookSession *self,
           const GError   *error)
{
  if (error == NULL && self->plan_error == NULL)
    return;
  g_clear_error (&self->plan_error);
  self->plan_error = error != NULL ? g_error_copy (error) : NULL;
  g_signal_emit_by_name (self, "plan-error-changed");
}

/* Fiber. By the hand of the process that holds the book if that is another one. */
static gboolean
await_write (BksBookSession  *self,
             const char      *node_id,
             const char      *synopsis,
             gint64           target_words,
             GError         **error)
{
  g_autoptr(GVariant) answer = NULL;

  if (bks_book_session_is_guest (self))
    {
      answer = bks_book_session_await_hand_over (self, "plan",
                                                 g_variant_new ("(smsx)", node_id, synopsis, target_words), error);
      if (answer == NULL)
        return FALSE;
    }
  else if (!dex_await (bks_book_store_set_plan (self->store, node_id, synopsis, target_words,
                                                bks_clock_get_now_ms (self->limits->clock)),
                       error))
    return FALSE;
  self->plans_written++;
  return TRUE;
}

static void start_saving (BksBookSession *self,
                          gint64          delay_ms);

/* Fiber. One node's; what is typed into it meanwhile stays for the next round. */
static gboolean
await_one (BksBookSession  *self,
           GError         **error)
{
  g_autofree char *node_id = NULL;
  g_autofree char *synopsis = NULL;
  g_autoptr(GError) local = NULL;
  GHashTableIter iter;
  gpointer key, value;
  gint64 target_words;
  const Plan *plan;
  guint serial;

  g_hash_table_iter_init (&iter, self->plans);
  g_hash_table_iter_next (&iter, &key, &value);
  plan = value;
  node_id = g_strdup (key);
  synopsis = g_strdup (plan->synopsis);
  target_words = plan->target_words;
  serial = plan->serial;
  /* A node that is deleted for good needs no synopsis. */
  if (!await_write (self, node_id, synopsis, target_words, &local) &&
      !g_error_matches (local, BKS_ERROR, BKS_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  plan = g_hash_table_lookup (self->plans, node_id);
  if (plan != NULL && plan->serial == serial)
    g_hash_table_remove (self->plans, node_id);
  return TRUE;
}

static DexFuture *
save_fiber (gpointer data)
{
  BksBookSession *self = data;
  GError *error = NULL;

  while (error == NULL && bks_book_session_has_unsaved_plans (self))
    await_one (self, &error);
  dex_clear (&self->planning);
  set_error (self, error);
  if (error == NULL)
    {
      bks_book_session_note_change (self);
      return dex_future_new_true ();
    }
  if (!bks_book_session_is_closed (self))
    start_saving (self, self->limits->autosave_most_ms);
  return bks_future_error (error);
}

/**
 * bks_book_session_save_plans:
 * @self: a session
 *
 * Never cancelled: dropping the future does not stop it.
 *
 * Returns: (transfer full): resolves when every synopsis and target typed so far is on disk
 */
DexFuture *
bks_book_session_save_plans (BksBookSession *self)
{
  g_clear_handle_id (&self->plans_id, g_source_remove);
  if (self->planning != NULL)
    return dex_ref (self->planning);
  if (!bks_book_session_has_unsaved_plans (self))
    return dex_future_new_true ();
  self->planning = bks_spawn_finally (save_fiber, g_object_ref (self), g_object_unref);
  return dex_ref (self->planning);
}

static gboolean
save_cb (gpointer data)
{
  BksBookSession *self = data;

  self->plans_id = 0;
  dex_unref (bks_book_session_save_plans (self));
  return G_SOURCE_REMOVE;
}

/* The timer keeps the session alive: nothing typed can go with its last reference. */
static void
start_saving (BksBookSession *self,
              gint64          delay_ms)
{
  g_clear_handle_id (&self->plans_id, g_source_remove);
  self->plans_id = g_timeout_add_full (G_PRIORITY_DEFAULT, (guint) MAX (delay_ms, 0), save_cb, g_object_ref (self),
                                       g_object_unref);
}

/**
 * bks_book_session_edit_plan:
 * @self: a session that may write
 * @node_id: which node
 * @synopsis: (nullable): what it is about, as it is typed; %NULL leaves it
 * @target_words: how many words it is to have, 0 to leave that open; -1 leaves it
 *
 * To be called for every key. It stands in the node at once and is saved by itself; "plan-error-changed" tells when
 * that fails, and when it is done after all.
 */
void
bks_book_session_edit_plan (BksBookSession *self,
                            const char     *node_id,
                            const char     *synopsis,
                            gint64          target_words)
{
  BksNode *node;
  Plan *plan;
  gint64 now;

  g_return_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL);

  if (bks_book_session_is_closed (self) || !self->writable)
    return;
  now = bks_clock_get_monotonic_ms (self->limits->clock);
  if (!bks_book_session_has_unsaved_plans (self))
    self->plans_since = now;
  plan = g_hash_table_lookup (self->plans, node_id);
  if (plan == NULL)
    g_hash_table_insert (self->plans, g_strdup (node_id), plan = plan_new (NULL, -1, 0));
  plan->serial = ++self->plan_serial;
  if (synopsis != NULL)
    g_set_str (&plan->synopsis, synopsis);
  if (target_words >= 0)
    plan->target_words = target_words;
  node = bks_book_session_get_node (self, node_id);
  if (node != NULL)
    bks_book_session_update_plan (self, node, node);
  start_saving (self, MIN ((gint64) self->limits->autosave_idle_ms,
                           self->plans_since + self->limits->autosave_most_ms - now));
}

/**
 * bks_book_session_get_plan_error:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): why the last synopsis or target could not be saved
 */
const GError *
bks_book_session_get_plan_error (BksBookSession *self)
{
  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self), NULL);

  return self->plan_error;
}

typedef struct
{
  BksBookSession *self;
  char           *node_id;
  char           *synopsis;
  gint64          target_words;
} Verb;

static void
verb_free (gpointer data)
{
  Verb *verb = data;

  g_object_unref (verb->self);
  g_free (verb->node_id);
  g_free (verb->synopsis);
  g_free (verb);
}

static GError *
check_synopsis (BksBookSession *self,
                const char     *synopsis)
{
  if (synopsis == NULL)
    return NULL;
  if (!g_utf8_validate (synopsis, -1, NULL))
    return g_error_new_literal (BKS_ERROR, BKS_ERROR_INVALID_INPUT, "The synopsis is not UTF-8");
  if (strlen (synopsis) > self->limits->synopsis_bytes)
    return g_error_new (BKS_ERROR, BKS_ERROR_TOO_LARGE, "A synopsis has at most %u bytes", self->limits->synopsis_bytes);
  return NULL;
}

static DexFuture *
set_plan_fiber (gpointer data)
{
  Verb *verb = data;
  BksBookSession *self = verb->self;
  GError *error = bks_book_session_check_writable (self);
  BksNode *node;

  if (error != NULL || (error = check_synopsis (self, verb->synopsis)) != NULL)
    return bks_future_error (error);
  if (bks_book_session_get_node (self, verb->node_id) == NULL)
    return bks_future_error (bks_book_session_no_such_node (verb->node_id));
  /* What was typed before is older than this. */
  if (!dex_await (bks_book_session_save_plans (self), &error) ||
      !await_write (self, verb->node_id, verb->synopsis, verb->target_words, &error))
    return bks_future_error (error);
  node = bks_book_session_get_node (self, verb->node_id);
  if (node != NULL && !g_hash_table_contains (self->plans, verb->node_id))
    {
      if (verb->synopsis != NULL)
        bks_node_set_synopsis (node, verb->synopsis);
      if (verb->target_words >= 0)
        bks_node_set_target_words (node, verb->target_words);
    }
  bks_book_session_note_change (self);
  return dex_future_new_true ();
}

/**
 * bks_book_session_set_plan:
 * @self: a session
 * @node_id: which node
 * @synopsis: (nullable): what it is about from now on, "" for nothing; %NULL leaves it
 * @target_words: how many words it is to have with all below it, 0 to leave that open; -1 leaves it
 *
 * Returns: (transfer full): resolves when it is durable; rejects with %BKS_ERROR_TOO_LARGE,
 *   %BKS_ERROR_INVALID_INPUT, %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_book_session_set_plan (BksBookSession *self,
                           const char     *node_id,
                           const char     *synopsis,
                           gint64          target_words)
{
  Verb *verb;

  g_return_val_if_fail (BKS_IS_BOOK_SESSION (self) && node_id != NULL, NULL);

  verb = g_new0 (Verb, 1);
  verb->self = g_object_ref (self);
  verb->node_id = g_strdup (node_id);
  verb->synopsis = g_strdup (synopsis);
  verb->target_words = target_words;
  return bks_spawn_finally (set_plan_fiber, verb, verb_free);
}
