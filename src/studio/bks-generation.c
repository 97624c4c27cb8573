/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include "bks-async.h"
#include "bks-book-session-private.h"
#include "bks-drafts.h"
#include "bks-error.h"
#include "bks-generation.h"
#include "bks-id.h"
#include "bks-node-session-private.h"
#include "bks-prompt-private.h"

/* Which order of models continues a text. */
#define ROLE "draft"

/**
 * BksGeneration:
 *
 * An AI text in the making, kept as a draft beside the book's text and never
 * in it: only bks_generation_insert(), which a person's action calls, puts it
 * there. Stored while it arrives, so that a crash loses at most a second of it.
 */
struct _BksGeneration
{
  GObject               parent_instance;

  BksRouter            *router;
  BksBookSession       *session;
  BksNode              *node;
  BksTarget            *target;      /* who is asked, and in the end who answered */
  BksTarget            *asked;       /* whom the author chose */
  BksCompletionRequest *request;
  BksGeneration        *earlier;     /* the draft that this one takes the place of; NULL */
  gboolean              elsewhere;   /* the author's choice is asked last */
  GError               *fallback;    /* why the author's choice did not answer, where another did; NULL */
  BksGenerationState    state;
  char                 *draft_id;    /* NULL until it is stored */
  GString              *text;
  GError               *error;
  BksMoney              cost;
  gint64                tokens;
  gint64                started;     /* monotonic ms */
  gint64                total_ms;
  guint                 store_id;    /* until what came is stored next; 0 */
  DexCancellable       *cancellable;
  DexPromise           *finished;
};

G_DEFINE_FINAL_TYPE (BksGeneration, bks_generation, G_TYPE_OBJECT)

typedef enum
{
  PROP_STATE = 1,
} Property;

static GParamSpec *properties[PROP_STATE + 1];

enum
{
  SIGNAL_TEXT,
  SIGNAL_ASKED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
bks_generation_finalize (GObject *object)
{
  BksGeneration *self = BKS_GENERATION (object);

  g_clear_handle_id (&self->store_id, g_source_remove);
  g_object_unref (self->router);
  g_object_unref (self->session);
  g_object_unref (self->node);
  bks_target_free (self->target);
  bks_target_free (self->asked);
  g_clear_object (&self->earlier);
  g_clear_error (&self->fallback);
  g_clear_pointer (&self->request, bks_completion_request_unref);
  g_free (self->draft_id);
  g_string_free (self->text, TRUE);
  g_clear_error (&self->error);
  dex_clear (&self->cancellable);
  dex_clear (&self->finished);
  G_OBJECT_CLASS (bks_generation_parent_class)->finalize (object);
}

static void
bks_generation_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  BksGeneration *self = BKS_GENERATION (object);

  switch ((Property) prop_id)
    {
    case PROP_STATE: g_value_set_int (value, (int) self->state); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bks_generation_class_init (BksGenerationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = bks_generation_finalize;
  object_class->get_property = bks_generation_get_property;

  properties[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, BKS_GENERATION_RUNNING, BKS_GENERATION_DISCARDED,
                                             BKS_GENERATION_RUNNING, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * BksGeneration::text:
   * @piece: what came
   *
   * A piece of the text has arrived.
   */
  signals[SIGNAL_TEXT] = g_signal_new ("text", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 1, G_TYPE_STRING);

  /**
   * BksGeneration::asked:
   *
   * Somebody else is asked now, see bks_generation_get_provider().
   */
  signals[SIGNAL_ASKED] = g_signal_new ("asked", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 0);
}

static void
bks_generation_init (BksGeneration *self)
{
  self->text = g_string_new (NULL);
  self->cost = BKS_MONEY_UNKNOWN;
  self->tokens = -1;
  self->cancellable = dex_cancellable_new ();
  self->finished = dex_promise_new ();
}

static void
set_state (BksGeneration      *self,
           BksGenerationState  state)
{
  if (self->state == state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static const char *
get_stored_state (BksGeneration *self)
{
  switch (self->state)
    {
    case BKS_GENERATION_RUNNING: return "running";
    case BKS_GENERATION_STOPPED: return "stopped";
    case BKS_GENERATION_INTERRUPTED: return "interrupted";
    case BKS_GENERATION_FAILED: return "failed";
    case BKS_GENERATION_COMPLETE:
    case BKS_GENERATION_INSERTED:
    case BKS_GENERATION_DISCARDED:
    default: return "complete";
    }
}

static gint64
get_monotonic (BksGeneration *self)
{
  return bks_clock_get_monotonic_ms (bks_book_session_get_limits (self->session)->clock);
}

static gint64
get_now (BksGeneration *self)
{
  return bks_clock_get_now_ms (bks_book_session_get_limits (self->session)->clock);
}

static DexFuture *
store (BksGeneration *self)
{
  if (bks_book_session_is_closed (self->session))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_FAILED, "The book was closed before the draft could be kept");
  return bks_book_store_save_draft (bks_book_session_get_store (self->session), self->draft_id, self->text->str,
                                    get_stored_state (self), self->tokens, self->cost, get_now (self));
}

static void
store_cb (gpointer data)
{
  BksGeneration *self = data;

  self->store_id = 0;
  /* One of these may fail: the last one, which counts, is looked at. */
  dex_future_disown (store (self));
}

/* A timer, for the stream may stall with a piece that nobody has stored. */
static void
answer_text_cb (BksAnswer     *answer,
                const char    *piece,
                BksGeneration *self)
{
  g_string_append (self->text, piece);
  g_signal_emit (self, signals[SIGNAL_TEXT], 0, piece);
  if (self->store_id == 0)
    self->store_id = g_timeout_add_once (bks_book_session_get_limits (self->session)->draft_save_ms, store_cb, self);
}

static BksDraft *
make_draft (BksGeneration *self)
{
  BksDraft *draft = bks_draft_new ();

  draft->id = bks_id_new (bks_book_session_get_limits (self->session)->clock);
  draft->node_id = g_strdup (bks_node_get_id (self->node));
  draft->operation = g_strdup ("continue");
  draft->provider = g_strdup (self->target->provider);
  draft->model = g_strdup (self->target->model);
  draft->prompt = bks_prompt_to_json (self->request);
  draft->created_at = get_now (self);
  return draft;
}

static void
attempt_cb (BksCall       *call,
            BksAttempt    *attempt,
            BksGeneration *self)
{
  bks_target_free (self->target);
  self->target = bks_target_copy (attempt->target);
  g_signal_emit (self, signals[SIGNAL_ASKED], 0);
}

/* What all attempts used and cost: what failed may cost as well. */
static void
note_attempts (BksGeneration *self,
               BksCall       *call)
{
  GPtrArray *attempts = bks_call_get_attempts (call);

  for (guint i = 0; i < attempts->len; i++)
    {
      const BksAttempt *attempt = g_ptr_array_index (attempts, i);
      const BksTokenUsage *usage = attempt->outcome != NULL ? &attempt->outcome->usage : NULL;

      if (usage != NULL)
        self->tokens = MAX (self->tokens, 0) + MAX (usage->input, 0) + MAX (usage->cache_read, 0) +
                       MAX (usage->cache_write, 0) + MAX (usage->output, 0);
      if (self->fallback == NULL && attempt->error != NULL && !bks_error_is_cancelled (attempt->error))
        self->fallback = g_error_copy (attempt->error);
    }
  if (attempts->len > 0)
    self->cost = bks_call_get_cost (call);
}

static BksGenerationState
state_of_failure (BksGeneration *self)
{
  if (bks_error_is_cancelled (self->error))
    return BKS_GENERATION_STOPPED;
  return self->text->len > 0 ? BKS_GENERATION_INTERRUPTED : BKS_GENERATION_FAILED;
}

/* Fiber. The author's choice and who stands in for it. */
static GPtrArray *
await_targets (BksGeneration  *self,
               GError        **error)
{
  g_autofree char *asked = g_strconcat (self->asked->provider, ":", self->asked->model, NULL);
  GPtrArray *targets = dex_await_boxed (bks_router_list_targets (self->router, asked, ROLE, self->cancellable), error);

  if (targets != NULL && self->elsewhere)
    {
      g_ptr_array_add (targets, bks_target_copy (g_ptr_array_index (targets, 0)));
      g_ptr_array_remove_index (targets, 0);
    }
  return targets;
}

/* Fiber. Asks, and fills the draft while the answer arrives. */
static BksGenerationState
await_answer (BksGeneration *self)
{
  g_autoptr(GPtrArray) targets = await_targets (self, &self->error);
  g_autoptr(BksCall) call = NULL;
  g_autoptr(BksOutcome) outcome = NULL;
  BksAnswer *answer;

  if (targets == NULL)
    return state_of_failure (self);
  call = bks_call_new (targets, self->request);
  bks_call_set_role (call, ROLE);
  bks_call_set_book_id (call, bks_book_get_id (bks_book_session_get_book (self->session)));
  answer = bks_call_get_answer (call);
  g_signal_connect (call, "attempt", G_CALLBACK (attempt_cb), self);
  g_signal_connect (answer, "text", G_CALLBACK (answer_text_cb), self);
  outcome = dex_await_boxed (bks_router_complete (self->router, call, self->cancellable), &self->error);
  g_signal_handlers_disconnect_by_data (answer, self);
  g_signal_handlers_disconnect_by_data (call, self);
  note_attempts (self, call);
  if (outcome == NULL)
    return state_of_failure (self);
  if (self->text->len > 0)
    return BKS_GENERATION_COMPLETE;
  self->error = g_error_new_literal (BKS_ERROR, BKS_ERROR_MALFORMED, "The model ended its answer without writing anything");
  return BKS_GENERATION_FAILED;
}

/* Fiber. A draft that has another in its place waits for no decision any more;
 * one whose successor brought nothing still does. */
static void
await_succession (BksGeneration      *self,
                  BksGenerationState  state)
{
  g_autoptr(GError) error = NULL;

  if (self->earlier == NULL || state == BKS_GENERATION_FAILED)
    return;
  if (!dex_await (bks_generation_discard (self->earlier), &error))
    g_debug ("The earlier draft still waits: %s", error->message);
  g_clear_object (&self->earlier);
}

/* Fiber. The draft as it stays, with the name of who wrote it. */
static gboolean
await_store (BksGeneration  *self,
             GError        **error)
{
  if (!dex_await (store (self), error))
    return FALSE;
  if (g_str_equal (self->asked->provider, self->target->provider) &&
      g_str_equal (self->asked->model, self->target->model))
    return TRUE;
  return dex_await (bks_book_store_set_draft_writer (bks_book_session_get_store (self->session), self->draft_id,
                                                     self->target->provider, self->target->model),
                    error);
}

static DexFuture *
continue_fiber (gpointer data)
{
  BksGeneration *self = data;
  BksGenerationState state = BKS_GENERATION_FAILED;
  g_autoptr(BksDraft) draft = make_draft (self);
  g_autoptr(GError) error = NULL;

  /* Nothing is paid for that could not be kept. */
  if (bks_book_session_is_closed (self->session))
    self->error = g_error_new_literal (BKS_ERROR, BKS_ERROR_FAILED, "The book has been closed");
  else if (dex_await (bks_book_store_add_draft (bks_book_session_get_store (self->session), draft), &self->error))
    {
      self->draft_id = g_strdup (draft->id);
      state = await_answer (self);
    }
  g_clear_handle_id (&self->store_id, g_source_remove);
  self->total_ms = get_monotonic (self) - self->started;
  set_state (self, state);
  if (self->draft_id != NULL && !await_store (self, &error))
    {
      if (self->error == NULL)
        self->error = g_steal_pointer (&error);
    }
  else
    await_succession (self, state); /* only now nothing of it can be lost */
  dex_promise_resolve_boolean (self->finished, TRUE);
  return dex_future_new_true ();
}

static BksGeneration *
generation_new (BksRouter      *router,
                BksBookSession *session,
                BksNode        *node,
                const char     *provider,
                const char     *model)
{
  BksGeneration *self = g_object_new (BKS_TYPE_GENERATION, NULL);

  self->router = g_object_ref (router);
  self->session = g_object_ref (session);
  self->node = g_object_ref (node);
  self->target = bks_target_new (provider, model);
  self->asked = bks_target_new (provider, model);
  self->started = get_monotonic (self);
  return self;
}

/**
 * bks_generation_estimate_continue:
 * @router: the router
 * @session: the open book
 * @node: the chapter or scene
 * @text_before: its text up to the caret
 * @instructions: (nullable): what the author wants of the passage
 * @provider: a provider's id
 * @model: a model of it
 *
 * Returns: what bks_generation_continue() would send, and what that may cost
 */
BksEstimate
bks_generation_estimate_continue (BksRouter      *router,
                                  BksBookSession *session,
                                  BksNode        *node,
                                  const char     *text_before,
                                  const char     *instructions,
                                  const char     *provider,
                                  const char     *model)
{
  g_autoptr(BksCompletionRequest) request = NULL;
  BksEstimate estimate = { 0 };

  request = bks_prompt_continue (bks_book_session_get_book (session), node, text_before, instructions, model);
  for (guint i = 0; i < request->messages->len; i++)
    estimate.input_tokens += bks_router_estimate_tokens (((BksMessage *) g_ptr_array_index (request->messages, i))->content);
  estimate.output_tokens = request->max_tokens;
  estimate.cost_low = bks_router_price (router, provider, model, estimate.input_tokens, 0);
  estimate.cost_high = bks_router_price (router, provider, model, estimate.input_tokens, estimate.output_tokens);
  return estimate;
}

static BksGeneration *
start (BksGeneration *self)
{
  bks_book_session_add_work (self->session, self->cancellable, DEX_FUTURE (self->finished));
  dex_future_disown (bks_spawn_finally (continue_fiber, g_object_ref (self), g_object_unref));
  return self;
}

/**
 * bks_generation_continue:
 * @router: the router
 * @session: the open book, writable
 * @node: the chapter or scene
 * @text_before: its text up to the caret
 * @instructions: (nullable): what the author wants of the passage
 * @provider: a provider's id
 * @model: a model of it
 *
 * Starts at once to write on from the end of @text_before, into a draft.
 *
 * Returns: (transfer full): the running generation
 */
BksGeneration *
bks_generation_continue (BksRouter      *router,
                         BksBookSession *session,
                         BksNode        *node,
                         const char     *text_before,
                         const char     *instructions,
                         const char     *provider,
                         const char     *model)
{
  BksGeneration *self;

  g_return_val_if_fail (BKS_IS_ROUTER (router) && BKS_IS_BOOK_SESSION (session) && BKS_IS_NODE (node), NULL);
  g_return_val_if_fail (text_before != NULL && provider != NULL && model != NULL, NULL);

  self = generation_new (router, session, node, provider, model);
  self->request = bks_prompt_continue (bks_book_session_get_book (session), node, text_before, instructions, model);
  return start (self);
}

/**
 * bks_generation_go_on:
 * @earlier: a generation that was stopped or broke off
 *
 * Has the rest written to what came of @earlier, which it takes the place of.
 *
 * Returns: (transfer full): the running generation, which begins with the text of @earlier
 */
BksGeneration *
bks_generation_go_on (BksGeneration *earlier)
{
  BksGeneration *self;

  g_return_val_if_fail (BKS_IS_GENERATION (earlier) && earlier->request != NULL, NULL);

  self = generation_new (earlier->router, earlier->session, earlier->node, earlier->asked->provider,
                         earlier->asked->model);
  self->request = bks_prompt_go_on (earlier->request, earlier->text->str);
  self->earlier = g_object_ref (earlier);
  g_string_assign (self->text, earlier->text->str);
  return start (self);
}

/**
 * bks_generation_start_elsewhere:
 * @earlier: a generation that broke off
 *
 * Asks the same of the others in the role's order first. The draft of @earlier
 * waits until something has come.
 *
 * Returns: (transfer full): the running generation
 */
BksGeneration *
bks_generation_start_elsewhere (BksGeneration *earlier)
{
  BksGeneration *self;

  g_return_val_if_fail (BKS_IS_GENERATION (earlier) && earlier->request != NULL, NULL);

  self = generation_new (earlier->router, earlier->session, earlier->node, earlier->target->provider,
                         earlier->target->model);
  self->request = bks_completion_request_ref (earlier->request);
  self->earlier = g_object_ref (earlier);
  self->elsewhere = TRUE;
  return start (self);
}

static DexFuture *
resume_fiber (gpointer data)
{
  BksGeneration *self = data;
  g_autoptr(BksDraft) draft = NULL;
  GError *error = NULL;

  if (bks_book_session_is_closed (self->session))
    return dex_future_new_take_object (NULL);
  draft = dex_await_boxed (bks_book_store_find_draft (bks_book_session_get_store (self->session),
                                                      bks_node_get_id (self->node)),
                           &error);
  if (error != NULL)
    return bks_future_error (error);
  if (draft == NULL)
    return dex_future_new_take_object (NULL);
  bks_target_free (self->target);
  bks_target_free (self->asked);
  self->target = bks_target_new (draft->provider, draft->model);
  self->asked = bks_target_new (draft->provider, draft->model);
  self->request = bks_prompt_from_json (draft->prompt);
  self->draft_id = g_strdup (draft->id);
  g_string_assign (self->text, draft->text);
  self->cost = draft->cost;
  self->tokens = draft->tokens;
  if (g_str_equal (draft->state, "complete"))
    self->state = BKS_GENERATION_COMPLETE;
  else if (g_str_equal (draft->state, "stopped"))
    self->state = BKS_GENERATION_STOPPED;
  else
    self->state = BKS_GENERATION_INTERRUPTED; /* "running" too: the process that ran it is gone */
  dex_promise_resolve_boolean (self->finished, TRUE);
  return dex_future_new_for_object (self);
}

/**
 * bks_generation_resume:
 * @router: the router
 * @session: the open book
 * @node: the chapter or scene
 *
 * Finds the newest draft of a node that still waits for the author, after a restart.
 *
 * Returns: (transfer full): resolves to a #BksGeneration, or to %NULL
 */
DexFuture *
bks_generation_resume (BksRouter      *router,
                       BksBookSession *session,
                       BksNode        *node)
{
  g_return_val_if_fail (BKS_IS_ROUTER (router) && BKS_IS_BOOK_SESSION (session) && BKS_IS_NODE (node), NULL);

  return bks_spawn (NULL, resume_fiber, generation_new (router, session, node, "", ""), g_object_unref);
}

/**
 * bks_generation_get_state:
 * @self: a generation
 *
 * Returns: how far it is
 */
BksGenerationState
bks_generation_get_state (BksGeneration *self)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self), BKS_GENERATION_FAILED);

  return self->state;
}

/**
 * bks_generation_get_draft_id:
 * @self: a generation
 *
 * Returns: (transfer none) (nullable): the draft it is kept as, %NULL until it is
 */
const char *
bks_generation_get_draft_id (BksGeneration *self)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self), NULL);

  return self->draft_id;
}

/**
 * bks_generation_get_text:
 * @self: a generation
 *
 * Returns: (transfer none): what came so far
 */
const char *
bks_generation_get_text (BksGeneration *self)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self), NULL);

  return self->text->str;
}

/**
 * bks_generation_get_provider:
 * @self: a generation
 *
 * Returns: (transfer none): a provider's id
 */
const char *
bks_generation_get_provider (BksGeneration *self)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self), NULL);

  return self->target->provider;
}

/**
 * bks_generation_get_model:
 * @self: a generation
 *
 * Returns: (transfer none): a model of the provider
 */
const char *
bks_generation_get_model (BksGeneration *self)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self), NULL);

  return self->target->model;
}

/**
 * bks_generation_get_error:
 * @self: a generation
 *
 * Returns: (transfer none) (nullable): why it did not come to its end
 */
const GError *
bks_generation_get_error (BksGeneration *self)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self), NULL);

  return self->error;
}

/**
 * bks_generation_get_fallback:
 * @self: a generation
 * @asked: (out) (transfer none): the provider that the author chose
 *
 * Returns: (transfer none) (nullable): why that provider did not answer, where
 *   another one did; %NULL where it answered itself
 */
const GError *
bks_generation_get_fallback (BksGeneration  *self,
                             const char    **asked)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self) && asked != NULL, NULL);

  *asked = self->asked->provider;
  return g_str_equal (self->asked->provider, self->target->provider) ? NULL : self->fallback;
}

/**
 * bks_generation_get_earlier:
 * @self: a generation that brought nothing
 *
 * Returns: (transfer none) (nullable): the draft it was to take the place of, which still waits
 */
BksGeneration *
bks_generation_get_earlier (BksGeneration *self)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self), NULL);

  return self->earlier;
}

/**
 * bks_generation_can_go_on:
 * @self: a generation
 *
 * Returns: whether bks_generation_go_on() can have the rest written
 */
gboolean
bks_generation_can_go_on (BksGeneration *self)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self), FALSE);

  return (self->state == BKS_GENERATION_STOPPED || self->state == BKS_GENERATION_INTERRUPTED) &&
         self->request != NULL && self->text->len > 0;
}

/**
 * bks_generation_get_cost:
 * @self: a generation
 *
 * Returns: what it cost, %BKS_MONEY_UNKNOWN while it runs and where nobody knows
 */
BksMoney
bks_generation_get_cost (BksGeneration *self)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self), BKS_MONEY_UNKNOWN);

  return self->cost;
}

/**
 * bks_generation_get_tokens:
 * @self: a generation
 *
 * Returns: tokens in and out, -1 while it runs and where nobody knows
 */
gint64
bks_generation_get_tokens (BksGeneration *self)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self), -1);

  return self->tokens;
}

/**
 * bks_generation_get_total_ms:
 * @self: a generation
 *
 * Returns: how long it took, milliseconds; 0 while it runs and for a draft of an earlier session
 */
gint64
bks_generation_get_total_ms (BksGeneration *self)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self), 0);

  return self->total_ms;
}

/**
 * bks_generation_stop:
 * @self: a generation
 *
 * Ends the call at once. What came is kept.
 */
void
bks_generation_stop (BksGeneration *self)
{
  g_return_if_fail (BKS_IS_GENERATION (self));

  if (self->state == BKS_GENERATION_RUNNING)
    dex_cancellable_cancel (self->cancellable);
}

/**
 * bks_generation_wait:
 * @self: a generation
 *
 * Returns: (transfer full): resolves when it has ended in any way and the draft is kept
 */
DexFuture *
bks_generation_wait (BksGeneration *self)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self), NULL);

  return dex_ref (DEX_FUTURE (self->finished));
}

typedef struct
{
  BksGeneration  *self;
  BksNodeSession *node_session; /* NULL: discard */
} Review;

static void
review_free (gpointer data)
{
  Review *review = data;

  g_object_unref (review->self);
  g_clear_object (&review->node_session);
  g_free (review);
}

/* Whether it has ended and nobody has decided on it yet. */
static gboolean
is_reviewable (BksGeneration *self)
{
  return self->state != BKS_GENERATION_RUNNING && self->state != BKS_GENERATION_INSERTED &&
         self->state != BKS_GENERATION_DISCARDED;
}

static DexFuture *
review_fiber (gpointer data)
{
  Review *review = data;
  BksGeneration *self = review->self;
  DexFuture *work;
  GError *error = NULL;

  if (self->draft_id == NULL || bks_book_session_is_closed (self->session) || !is_reviewable (self))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no draft that waits for a decision");
  if (review->node_session != NULL)
    work = bks_node_session_accept_draft (review->node_session, self->draft_id, self->text->str);
  else
    work = bks_book_store_review_draft (bks_book_session_get_store (self->session), self->draft_id, "rejected", get_now (self));
  if (!dex_await (work, &error))
    return bks_future_error (error);
  set_state (self, review->node_session != NULL ? BKS_GENERATION_INSERTED : BKS_GENERATION_DISCARDED);
  return dex_future_new_true ();
}

static DexFuture *
spawn_review (BksGeneration  *self,
              BksNodeSession *node_session)
{
  Review *review = g_new0 (Review, 1);

  review->self = g_object_ref (self);
  g_set_object (&review->node_session, node_session);
  return bks_spawn_finally (review_fiber, review, review_free);
}

/**
 * bks_generation_insert:
 * @self: a generation that has ended
 * @node_session: the node's session, whose editor holds the draft's text by now
 *
 * The author takes the draft: text and mark are saved in one transaction.
 *
 * Returns: (transfer full): resolves when both are on disk
 */
DexFuture *
bks_generation_insert (BksGeneration  *self,
                       BksNodeSession *node_session)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self) && BKS_IS_NODE_SESSION (node_session), NULL);

  return spawn_review (self, node_session);
}

/**
 * bks_generation_discard:
 * @self: a generation that has ended
 *
 * The author does not want the draft. It stays in the book's file, rejected.
 *
 * Returns: (transfer full): resolves when that is on disk
 */
DexFuture *
bks_generation_discard (BksGeneration *self)
{
  g_return_val_if_fail (BKS_IS_GENERATION (self), NULL);

  return spawn_review (self, NULL);
}
