/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-book-session-private.h"
#include "bks-book-store.h"
#include "bks-diff.h"
#include "bks-error.h"
#include "bks-node-session-private.h"
#include "bks-rescue-private.h"
#include "bks-revisions.h"
#include "bks-words.h"

/**
 * BksNodeSession:
 *
 * The text of one node while it is open. Every writer of this process goes
 * through it. An editor holds the living text and hands it over when it is
 * saved: a second after the last key, at least every five seconds while typing
 * goes on, and whenever bks_node_session_save() is called. A failed save keeps
 * the text and is tried again.
 */
struct _BksNodeSession
{
  GObject         parent_instance;

  BksBookSession *book_session;
  BksNode        *node;
  char           *text;           /* as last taken from the editor, or given by another writer */

  BksTextFunc     text_func;      /* the editor's; NULL without one */
  gpointer        text_data;

  BksSaveState    state;
  GError         *error;
  gint64          saved_at;       /* epoch ms; 0: not in this session */
  gboolean        dirty;          /* keys that no save has taken yet */
  gint64          dirty_since;    /* monotonic ms */
  gint64          unsaved_since;  /* monotonic ms of the first key that is not on disk; 0 */
  guint           autosave_id;
  DexFuture      *saving;         /* the running save; NULL */
  gboolean        save_again;     /* somebody asked for another while it runs */
  DexPromise     *replacing;      /* while another writer's text is on its way to the disk; NULL */
  GPtrArray      *accepted;       /* of Accepted: drafts to be marked, one with each save */

  char           *stored;         /* the text on disk, that changes are measured by */
  gint64          stored_typed;   /* how many of its words were typed */
  BksProvenance  *provenance;     /* of @stored */
  GPtrArray      *passages;       /* of Passage: what was put into the text since then, and was not typed */
  GPtrArray      *checkpoints;    /* texts that have to be on disk, and kept, before the present one */
  gboolean        rescued;        /* a copy of what could not be saved lies elsewhere */
};

/* A draft whose text the author has taken. */
typedef struct
{
  char *id;
  char *text;
} Accepted;

/* Something that was put into the text. */
typedef struct
{
  char      *text;
  BksOrigin  origin;
  char      *run; /* NULL: none */
} Passage;

static void
accepted_free (gpointer data)
{
  Accepted *accepted = data;

  g_free (accepted->id);
  g_free (accepted->text);
  g_free (accepted);
}

static void
passage_free (gpointer data)
{
  Passage *passage = data;

  g_free (passage->text);
  g_free (passage->run);
  g_free (passage);
}

G_DEFINE_FINAL_TYPE (BksNodeSession, bks_node_session, G_TYPE_OBJECT)

typedef enum
{
  PROP_STATE = 1,
  PROP_SAVED_AT,
} Property;

static GParamSpec *properties[PROP_SAVED_AT + 1];

enum
{
  SIGNAL_REPLACED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
bks_node_session_finalize (GObject *object)
{
  BksNodeSession *self = BKS_NODE_SESSION (object);

  g_clear_handle_id (&self->autosave_id, g_source_remove);
  dex_clear (&self->saving);
  dex_clear (&self->replacing);
  g_clear_error (&self->error);
  g_ptr_array_unref (self->accepted);
  g_ptr_array_unref (self->passages);
  g_ptr_array_unref (self->checkpoints);
  g_clear_pointer (&self->provenance, bks_provenance_unref);
  g_free (self->stored);
  g_free (self->text);
  g_object_unref (self->node);
  g_object_unref (self->book_session);
  G_OBJECT_CLASS (bks_node_session_parent_class)->finalize (object);
}

static void
bks_node_session_get_property (GObject    *object,
                               guint       prop_id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  BksNodeSession *self = BKS_NODE_SESSION (object);

  switch ((Property) prop_id)
    {
    case PROP_STATE: g_value_set_int (value, (int) self->state); break;
    case PROP_SAVED_AT: g_value_set_int64 (value, self->saved_at); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bks_node_session_class_init (BksNodeSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = bks_node_session_finalize;
  object_class->get_property = bks_node_session_get_property;

  properties[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, BKS_SAVE_CLEAN, BKS_SAVE_FAILED, BKS_SAVE_CLEAN,
                                             G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_SAVED_AT] = g_param_spec_int64 ("saved-at", NULL, NULL, 0, G_MAXINT64, 0,
                                                  G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * BksNodeSession::replaced:
   * @text: the text from now on
   *
   * Another writer of this process changed the text. An editor shows it,
   * keeping its caret.
   */
  signals[SIGNAL_REPLACED] = g_signal_new ("replaced", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
bks_node_session_init (BksNodeSession *self)
{
  self->accepted = g_ptr_array_new_with_free_func (accepted_free);
  self->passages = g_ptr_array_new_with_free_func (passage_free);
  self->checkpoints = g_ptr_array_new_with_free_func (g_free);
}

static gint64
count_typed (const char    *text,
             BksProvenance *provenance)
{
  gint64 words[BKS_N_ORIGINS];

  bks_provenance_count_words (provenance, text, words);
  return words[BKS_ORIGIN_TYPED];
}

/**
 * bks_node_session_new:
 * @book_session: the open book
 * @node: one of its nodes
 * @text: the node's text
 *
 * Returns: (transfer full): a session without an editor
 */
BksNodeSession *
bks_node_session_new (BksBookSession *book_session,
                      BksNode        *node,
                      BksNodeText    *text)
{
  BksNodeSession *self = g_object_new (BKS_TYPE_NODE_SESSION, NULL);

  self->book_session = g_object_ref (book_session);
  self->node = g_object_ref (node);
  self->text = g_strdup (text->text);
  self->stored = g_strdup (text->text);
  self->provenance = bks_provenance_from_string (text->provenance, strlen (text->text));
  self->stored_typed = count_typed (self->stored, self->provenance);
  return self;
}

/**
 * bks_node_session_get_node:
 * @self: a session
 *
 * Returns: (transfer none): the node
 */
BksNode *
bks_node_session_get_node (BksNodeSession *self)
{
  g_return_val_if_fail (BKS_IS_NODE_SESSION (self), NULL);

  return self->node;
}

/**
 * bks_node_session_set_node:
 * @self: a session
 * @node: the same node, made anew
 *
 * A node that came back from the trash is another object.
 */
void
bks_node_session_set_node (BksNodeSession *self,
                           BksNode        *node)
{
  g_set_object (&self->node, node);
}

/**
 * bks_node_session_get_text:
 * @self: a session
 *
 * Returns: (transfer none): the text, CommonMark; without what was typed since
 *   the last save began into an editor that is still there
 */
const char *
bks_node_session_get_text (BksNodeSession *self)
{
  g_return_val_if_fail (BKS_IS_NODE_SESSION (self), NULL);

  return self->text;
}

/**
 * bks_node_session_get_state:
 * @self: a session
 *
 * Returns: whether everything is on disk
 */
BksSaveState
bks_node_session_get_state (BksNodeSession *self)
{
  g_return_val_if_fail (BKS_IS_NODE_SESSION (self), BKS_SAVE_CLEAN);

  return self->state;
}

/**
 * bks_node_session_get_saved_at:
 * @self: a session
 *
 * Returns: epoch milliseconds of the last save, 0 if there was none in this session
 */
gint64
bks_node_session_get_saved_at (BksNodeSession *self)
{
  g_return_val_if_fail (BKS_IS_NODE_SESSION (self), 0);

  return self->saved_at;
}

/**
 * bks_node_session_get_error:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): why the last save failed
 */
const GError *
bks_node_session_get_error (BksNodeSession *self)
{
  g_return_val_if_fail (BKS_IS_NODE_SESSION (self), NULL);

  return self->error;
}

static void
set_state (BksNodeSession *self,
           BksSaveState    state)
{
  if (self->state == state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static BksLimits *
get_limits (BksNodeSession *self)
{
  return bks_book_session_get_limits (self->book_session);
}

static gboolean
autosave_cb (gpointer data)
{
  BksNodeSession *self = data;

  self->autosave_id = 0;
  dex_unref (bks_node_session_save (self));
  return G_SOURCE_REMOVE;
}

/* The timer keeps the session alive: nothing typed can go with its last reference. */
static void
start_autosave (BksNodeSession *self,
                gint64          delay_ms)
{
  g_clear_handle_id (&self->autosave_id, g_source_remove);
  self->autosave_id = g_timeout_add_full (G_PRIORITY_DEFAULT, (guint) MAX (delay_ms, 0), autosave_cb,
                                          g_object_ref (self), g_object_unref);
}

/**
 * bks_node_session_touch:
 * @self: a session with an editor
 *
 * To be called by the editor for every change that a person made.
 */
void
bks_node_session_touch (BksNodeSession *self)
{
  BksLimits *limits;
  gint64 now, latest;

  g_return_if_fail (BKS_IS_NODE_SESSION (self));

  limits = get_limits (self);
  now = bks_clock_get_monotonic_ms (limits->clock);
  if (!self->dirty)
    self->dirty_since = now;
  self->dirty = TRUE;
  if (self->unsaved_since == 0)
    self->unsaved_since = now;
  if (self->state == BKS_SAVE_CLEAN)
    set_state (self, BKS_SAVE_DIRTY);
  latest = self->dirty_since + limits->autosave_most_ms;
  start_autosave (self, MIN ((gint64) limits->autosave_idle_ms, latest - now));
}

static void
take_text (BksNodeSession *self)
{
  if (self->text_func == NULL)
    return;
  g_free (self->text);
  self->text = self->text_func (self->text_data);
}

/**
 * bks_node_session_set_editor:
 * @self: a session
 * @text_func: (nullable): where the living text comes from; %NULL when the editor goes
 * @data: for @text_func
 *
 * An editor that goes leaves its text behind: it is taken over and saved.
 */
void
bks_node_session_set_editor (BksNodeSession *self,
                             BksTextFunc     text_func,
                             gpointer        data)
{
  g_return_if_fail (BKS_IS_NODE_SESSION (self));

  if (self->dirty)
    take_text (self);
  self->text_func = text_func;
  self->text_data = data;
  if (text_func == NULL && self->dirty)
    dex_unref (bks_node_session_save (self));
}

static const char *
get_book_id (BksNodeSession *self)
{
  return bks_book_get_id (bks_book_session_get_book (self->book_session));
}

static void
note_saved (BksNodeSession *self,
            gint64          words,
            gint64          revision)
{
  self->saved_at = bks_clock_get_now_ms (get_limits (self)->clock);
  g_clear_error (&self->error);
  if (self->rescued)
    dex_future_disown (bks_rescue_drop (get_book_id (self), bks_node_get_id (self->node)));
  self->rescued = FALSE;
  bks_node_set_text_facts (self->node, words, revision);
  bks_book_session_text_saved (self->book_session);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SAVED_AT]);
}

/* A save that failed is tried again by itself, and the keys count as unsaved. */
static void
note_failed (BksNodeSession *self,
             GError         *error)
{
  g_clear_error (&self->error);
  self->error = error;
  self->dirty = TRUE;
  self->dirty_since = bks_clock_get_monotonic_ms (get_limits (self)->clock);
  self->state = BKS_SAVE_FAILED;
  /* The program may end before the disk is better. */
  dex_future_disown (bks_rescue_keep (get_book_id (self), bks_node_get_id (self->node), self->text));
  self->rescued = TRUE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
  if (!bks_book_session_is_closed (self->book_session))
    start_autosave (self, get_limits (self)->autosave_most_ms);
}

static gboolean
has_unsaved (BksNodeSession *self)
{
  return self->dirty || self->accepted->len > 0 || self->checkpoints->len > 0;
}

/* Where the parts of @text came from, given what was put into it since the last save. */
static BksProvenance *
follow_provenance (BksNodeSession *self,
                   const char     *text,
                   BksOrigin       origin,
                   Accepted       *accepted)
{
  BksProvenance *provenance = bks_provenance_follow (self->provenance, self->stored, text, origin);

  for (guint i = 0; i < self->passages->len; i++)
    {
      const Passage *passage = g_ptr_array_index (self->passages, i);

      bks_provenance_mark_passage (provenance, self->stored, text, passage->text, passage->origin, passage->run);
    }
  if (accepted != NULL && accepted->text != NULL)
    bks_provenance_mark_passage (provenance, self->stored, text, accepted->text, BKS_ORIGIN_AI_INSERTED, accepted->id);
  return provenance;
}

/* How many words the author has written since the text on disk. What came faster than any hand was there before: a
 * deletion that was undone, say. */
static gint64
count_written (BksNodeSession *self,
               const char     *text,
               BksProvenance  *provenance,
               gint64          since)
{
  BksLimits *limits = get_limits (self);
  gint64 more = count_typed (text, provenance) - self->stored_typed;
  gint64 ms = since > 0 ? bks_clock_get_monotonic_ms (limits->clock) - since : 0;
  gint64 possible = (gint64) limits->written_burst_words + ms * limits->written_words_a_minute / 60000;

  return more > 0 && more <= possible ? more : 0;
}

static BksTextWrite *
make_write (BksNodeSession *self,
            const char     *text,
            BksProvenance  *provenance)
{
  BksTextWrite *write = bks_text_write_new (bks_node_get_id (self->node), text, bks_text_count_words (text, -1));

  write->changed_words = bks_diff_changed_words (self->stored, text);
  write->provenance = bks_provenance_to_string (provenance);
  write->keep_after_ms = get_limits (self)->revision_ms;
  write->keep_after_words = get_limits (self)->revision_words;
  return write;
}

/* Fiber. Brings @text to the disk, by the hand of the process that holds the book if that is another one. */
static gboolean
await_store (BksNodeSession  *self,
             BksTextWrite    *write,
             gint64          *revision,
             GError         **error)
{
  if (bks_book_session_is_guest (self->book_session))
    {
      g_autoptr(GVariant) answer = NULL;

      answer = bks_book_session_await_hand_over (self->book_session, "text",
                                                 g_variant_new ("(ssx)", write->node_id, write->text,
                                                                write->expected_revision),
                                                 error);
      bks_text_write_free (write);
      if (answer == NULL || !bks_book_session_await_nodes (self->book_session, error))
        return FALSE;
      *revision = bks_node_get_revision (self->node);
      return TRUE;
    }
  return bks_await_int64 (bks_book_store_write_text (bks_book_session_get_store (self->book_session), write,
                                                     bks_clock_get_now_ms (get_limits (self)->clock)),
                          revision, error);
}

static void
note_stored (BksNodeSession *self,
             const char     *text,
             BksProvenance  *provenance)
{
  g_set_str (&self->stored, text);
  g_clear_pointer (&self->provenance, bks_provenance_unref);
  self->provenance = bks_provenance_ref (provenance);
  self->stored_typed = count_typed (text, provenance);
}

/* Fiber. What was there before something that is not the author's was put in, as a text and a revision of its own. */
static gboolean
await_checkpoints (BksNodeSession  *self,
                   gint64           since,
                   GError         **error)
{
  while (self->checkpoints->len > 0)
    {
      g_autofree char *text = g_strdup (g_ptr_array_index (self->checkpoints, 0));
      g_autoptr(BksProvenance) provenance = follow_provenance (self, text, BKS_ORIGIN_TYPED, NULL);
      gint64 revision;

      if (!g_str_equal (text, self->stored))
        {
          BksTextWrite *write = make_write (self, text, provenance);

          write->written_words = count_written (self, text, provenance, since);
          if (!await_store (self, write, &revision, error))
            return FALSE;
          note_stored (self, text, provenance);
        }
      if (!dex_await (bks_book_store_keep_revision (bks_book_session_get_store (self->book_session),
                                                    bks_node_get_id (self->node), BKS_KEEP_DRAFT,
                                                    bks_clock_get_now_ms (get_limits (self)->clock)),
                      error))
        return FALSE;
      g_ptr_array_remove_index (self->checkpoints, 0);
    }
  return TRUE;
}

/* Fiber. One write of the text as it is now. What is typed meanwhile, or left
 * behind by an editor that goes, is dirty again and not touched. */
static gboolean
await_write (BksNodeSession  *self,
             GError         **error)
{
  Accepted *accepted = self->accepted->len > 0 ? g_ptr_array_index (self->accepted, 0) : NULL;
  g_autofree char *text = NULL;
  g_autofree char *draft_id = accepted != NULL ? g_strdup (accepted->id) : NULL;
  g_autoptr(BksProvenance) provenance = NULL;
  g_autoptr(GError) local = NULL;
  BksTextWrite *write;
  guint passages = self->passages->len;
  gint64 words, revision, since = self->unsaved_since;

  take_text (self);
  self->dirty = FALSE;
  self->unsaved_since = 0;
  text = g_strdup (self->text);
  if (await_checkpoints (self, since, &local))
    {
      provenance = follow_provenance (self, text, BKS_ORIGIN_TYPED, accepted);
      write = make_write (self, text, provenance);
      words = write->words;
      write->written_words = count_written (self, text, provenance, since);
      write->accepted_draft = g_strdup (draft_id);
      write->keep_cause = draft_id != NULL ? BKS_KEEP_DRAFT : NULL;
      if (await_store (self, write, &revision, &local))
        {
          note_stored (self, text, provenance);
          g_ptr_array_remove_range (self->passages, 0, passages);
          if (draft_id != NULL)
            g_ptr_array_remove_index (self->accepted, 0);
          note_saved (self, words, revision);
          return TRUE;
        }
    }
  self->unsaved_since = since;
  note_failed (self, g_error_copy (local));
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static DexFuture *
save_fiber (gpointer data)
{
  BksNodeSession *self = data;
  GError *error = NULL;

  /* The editor shows another writer's text only when that is on disk: until then its own would undo it. */
  while (self->replacing != NULL)
    dex_await (dex_ref (self->replacing), NULL);
  set_state (self, BKS_SAVE_SAVING);
  /* Who asked for a save meanwhile waits for this one. Keys that came while the disk worked, and for
   * which nobody asked, have their own autosave ahead: a slow disk is not written without a pause. */
  do
    self->save_again = FALSE;
  while (has_unsaved (self) && await_write (self, &error) && self->save_again);
  dex_clear (&self->saving);
  if (error != NULL)
    return bks_future_error (error);
  set_state (self, has_unsaved (self) ? BKS_SAVE_DIRTY : BKS_SAVE_CLEAN);
  return dex_future_new_true ();
}

/**
 * bks_node_session_save:
 * @self: a session
 *
 * Never cancelled: dropping the future does not stop it.
 *
 * Returns: (transfer full): resolves when the text of this moment is on disk
 */
DexFuture *
bks_node_session_save (BksNodeSession *self)
{
  g_return_val_if_fail (BKS_IS_NODE_SESSION (self), NULL);

  g_clear_handle_id (&self->autosave_id, g_source_remove);
  if (self->saving != NULL)
    {
      self->save_again = TRUE;
      return dex_ref (self->saving);
    }
  if (!has_unsaved (self))
    return dex_future_new_true ();
  self->saving = bks_spawn_finally (save_fiber, g_object_ref (self), g_object_unref);
  return dex_ref (self->saving);
}

/**
 * bks_node_session_accept_draft:
 * @self: a session whose editor holds the draft's text now
 * @draft_id: the draft
 * @draft_text: (nullable): what of the text came from it
 *
 * The text before becomes a revision; the draft's part of it is marked as such.
 *
 * Returns: (transfer full): resolves when text and mark are on disk, in one transaction
 */
DexFuture *
bks_node_session_accept_draft (BksNodeSession *self,
                               const char     *draft_id,
                               const char     *draft_text)
{
  Accepted *accepted = g_new0 (Accepted, 1);

  accepted->id = g_strdup (draft_id);
  accepted->text = draft_text != NULL ? g_strstrip (g_strdup (draft_text)) : NULL;
  g_ptr_array_add (self->accepted, accepted);
  return bks_node_session_save (self);
}

/**
 * bks_node_session_add_passage:
 * @self: a session
 * @text: what has been, or is about to be, put into the text
 * @origin: where it came from
 * @run: (nullable): the AI run it came from
 *
 * To be called by an editor for what a person did not type. At the next save
 * the passage is looked for and marked.
 */
void
bks_node_session_add_passage (BksNodeSession *self,
                              const char     *text,
                              BksOrigin       origin,
                              const char     *run)
{
  Passage *passage;

  g_return_if_fail (BKS_IS_NODE_SESSION (self) && text != NULL);

  passage = g_new0 (Passage, 1);
  passage->text = g_strdup (text);
  passage->origin = origin;
  passage->run = g_strdup (run);
  g_ptr_array_add (self->passages, passage);
}

/**
 * bks_node_session_add_checkpoint:
 * @self: a session
 *
 * To be called by an editor before something that is not the author's is put
 * into the text: the text of this moment is saved as a revision of its own,
 * with the next save.
 */
void
bks_node_session_add_checkpoint (BksNodeSession *self)
{
  g_return_if_fail (BKS_IS_NODE_SESSION (self));

  take_text (self);
  if (*self->text != '\0')
    g_ptr_array_add (self->checkpoints, g_strdup (self->text));
}

typedef struct
{
  BksNodeSession *self;
  char           *text;
  gint64          expected_revision;
  const char     *cause;      /* why the text before is kept */
  BksProvenance  *provenance; /* NULL: what is new in it was pasted */
} Replacement;

static void
replacement_free (gpointer data)
{
  Replacement *replacement = data;

  g_object_unref (replacement->self);
  g_free (replacement->text);
  g_clear_pointer (&replacement->provenance, bks_provenance_unref);
  g_free (replacement);
}

/* What was typed while another writer's text was on its way: it is on nobody's disk, and about to leave the screen. */
static char *
take_overtaken (BksNodeSession *self,
                const char     *before)
{
  g_autofree char *typed = self->dirty && self->text_func != NULL ? self->text_func (self->text_data) : NULL;

  if (typed == NULL || g_str_equal (typed, before))
    return NULL;
  self->dirty = FALSE;
  if (!has_unsaved (self))
    set_state (self, BKS_SAVE_CLEAN);
  return g_steal_pointer (&typed);
}

/* Fiber. Puts it into the history, beside the text that is there now. */
static void
await_kept (BksNodeSession *self,
            const char     *typed)
{
  g_autoptr(GError) error = NULL;

  if (dex_await (bks_book_store_add_rescued (bks_book_session_get_store (self->book_session), bks_node_get_id (self->node),
                                             typed, bks_text_count_words (typed, -1),
                                             bks_clock_get_now_ms (get_limits (self)->clock)),
                 &error))
    bks_book_session_await_nodes (self->book_session, NULL);
  else
    dex_await (bks_rescue_keep (get_book_id (self), bks_node_get_id (self->node), typed), NULL);
}

/* Fiber. The write itself, while saves wait. */
static gboolean
await_replace (Replacement  *replacement,
               GError      **error)
{
  BksNodeSession *self = replacement->self;
  g_autoptr(BksProvenance) provenance = NULL;
  g_autofree char *before = g_strdup (self->text);
  g_autofree char *overtaken = NULL;
  BksTextWrite *write;
  gint64 words, revision;

  provenance = replacement->provenance != NULL ? bks_provenance_ref (replacement->provenance)
                                               : follow_provenance (self, replacement->text, BKS_ORIGIN_PASTED, NULL);
  write = make_write (self, replacement->text, provenance);
  words = write->words;
  write->expected_revision = replacement->expected_revision;
  write->keep_cause = replacement->cause;
  if (!await_store (self, write, &revision, error))
    return FALSE;
  overtaken = take_overtaken (self, before);
  note_stored (self, replacement->text, provenance);
  g_set_str (&self->text, replacement->text);
  note_saved (self, words, revision);
  g_signal_emit (self, signals[SIGNAL_REPLACED], 0, replacement->text);
  if (overtaken != NULL)
    await_kept (self, overtaken);
  return TRUE;
}

static DexFuture *
set_text_fiber (gpointer data)
{
  Replacement *replacement = data;
  BksNodeSession *self = replacement->self;
  g_autoptr(DexPromise) replacing = dex_promise_new ();
  GError *error = NULL;

  /* What was typed becomes a revision of its own before it is replaced. */
  while (has_unsaved (self) || self->saving != NULL || self->replacing != NULL)
    {
      if (self->replacing != NULL)
        dex_await (dex_ref (self->replacing), NULL);
      else if (!dex_await (bks_node_session_save (self), &error))
        return bks_future_error (error);
    }
  self->replacing = dex_ref (replacing);
  await_replace (replacement, &error);
  dex_clear (&self->replacing);
  dex_promise_resolve_boolean (replacing, TRUE);
  return error != NULL ? bks_future_error (error) : dex_future_new_true ();
}

/**
 * bks_node_session_replace_text:
 * @self: a session
 * @text: the whole text from now on, UTF-8
 * @provenance: (nullable): where its parts came from; %NULL: what is new in it was pasted
 * @expected_revision: the revision the writer has seen, -1 to write over any
 * @cause: why the text before is kept, one of BKS_KEEP_…
 *
 * Returns: (transfer full): as bks_node_session_set_text()
 */
DexFuture *
bks_node_session_replace_text (BksNodeSession *self,
                               const char     *text,
                               BksProvenance  *provenance,
                               gint64          expected_revision,
                               const char     *cause)
{
  Replacement *replacement;

  if (!g_utf8_validate (text, -1, NULL))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_INVALID_INPUT, "The text is not UTF-8");
  if ((gint64) strlen (text) > get_limits (self)->node_text_bytes)
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_TOO_LARGE, "The text is longer than %" G_GINT64_FORMAT " MiB",
                                  get_limits (self)->node_text_bytes / 1024 / 1024);
  replacement = g_new0 (Replacement, 1);
  replacement->self = g_object_ref (self);
  replacement->text = g_strdup (text);
  replacement->provenance = provenance != NULL ? bks_provenance_ref (provenance) : NULL;
  replacement->expected_revision = expected_revision;
  replacement->cause = cause;
  return bks_spawn_finally (set_text_fiber, replacement, replacement_free);
}

/**
 * bks_node_session_set_text:
 * @self: a session
 * @text: the whole text from now on, UTF-8
 * @expected_revision: the revision the writer has seen, -1 to write over any
 *
 * For writers without an editor. The text before becomes a revision.
 *
 * Returns: (transfer full): resolves when it is on disk; rejects with
 *   %BKS_ERROR_CONFLICT if the text has changed since, %BKS_ERROR_TOO_LARGE,
 *   %BKS_ERROR_INVALID_INPUT if it is no text
 */
DexFuture *
bks_node_session_set_text (BksNodeSession *self,
                           const char     *text,
                           gint64          expected_revision)
{
  g_return_val_if_fail (BKS_IS_NODE_SESSION (self) && text != NULL, NULL);

  return bks_node_session_replace_text (self, text, NULL, expected_revision, BKS_KEEP_REPLACE);
}
