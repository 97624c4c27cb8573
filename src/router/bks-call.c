/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-call-private.h"

G_DEFINE_FINAL_TYPE (BksCall, bks_call, G_TYPE_OBJECT)
G_DEFINE_BOXED_TYPE (BksOutcome, bks_outcome, bks_outcome_ref, bks_outcome_unref)

enum
{
  SIGNAL_ATTEMPT,
  SIGNAL_FAILED,
  SIGNAL_RESTART,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

/**
 * bks_outcome_ref:
 * @self: an outcome
 *
 * Returns: (transfer full): @self
 */
BksOutcome *
bks_outcome_ref (BksOutcome *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
outcome_clear (gpointer data)
{
  BksOutcome *self = data;

  g_free (self->usage_id);
  g_free (self->provider);
  g_free (self->model);
  g_free (self->finish_reason);
}

/**
 * bks_outcome_unref:
 * @self: (transfer full): an outcome
 */
void
bks_outcome_unref (BksOutcome *self)
{
  g_atomic_rc_box_release_full (self, outcome_clear);
}

static void
attempt_free (gpointer data)
{
  BksAttempt *attempt = data;

  bks_target_free (attempt->target);
  g_clear_error (&attempt->error);
  g_clear_pointer (&attempt->outcome, bks_outcome_unref);
  g_free (attempt);
}

static void
bks_call_finalize (GObject *object)
{
  BksCall *self = BKS_CALL (object);

  g_ptr_array_unref (self->targets);
  bks_completion_request_unref (self->request);
  g_free (self->role);
  g_free (self->book_id);
  g_free (self->device_id);
  g_free (self->id);
  g_object_unref (self->answer);
  g_ptr_array_unref (self->attempts);
  G_OBJECT_CLASS (bks_call_parent_class)->finalize (object);
}

static void
bks_call_class_init (BksCallClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_call_finalize;

  /**
   * BksCall::attempt:
   * @self: the call
   * @attempt: (type gpointer): a #BksAttempt that has just begun
   */
  signals[SIGNAL_ATTEMPT] = g_signal_new ("attempt", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  /**
   * BksCall::failed:
   * @self: the call
   * @attempt: (type gpointer): a #BksAttempt that has failed, as the ledger has it
   */
  signals[SIGNAL_FAILED] = g_signal_new ("failed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  /**
   * BksCall::restart:
   * @self: the call
   * @n: the attempt that comes next
   *
   * An answer that nobody has seen yet broke off, and is asked for anew.
   */
  signals[SIGNAL_RESTART] = g_signal_new ("restart", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
bks_call_init (BksCall *self)
{
  self->failover = TRUE;
  self->most_cost = BKS_MONEY_UNKNOWN;
  self->answer = bks_answer_new ();
  self->attempts = g_ptr_array_new_with_free_func (attempt_free);
}

/**
 * bks_call_new:
 * @targets: (element-type BksTarget): who may answer, the requested one first
 * @request: the question; its model is replaced by each target's
 *
 * Returns: (transfer full): a call that has not begun: streamed, with failover
 */
BksCall *
bks_call_new (GPtrArray            *targets,
              BksCompletionRequest *request)
{
  BksCall *self;

  g_return_val_if_fail (targets != NULL && request != NULL, NULL);

  self = g_object_new (BKS_TYPE_CALL, NULL);
  self->targets = g_ptr_array_ref (targets);
  self->request = bks_completion_request_ref (request);
  return self;
}

/**
 * bks_call_set_role:
 * @self: a call that has not begun
 * @role: (nullable): for which role, for the ledger
 */
void
bks_call_set_role (BksCall    *self,
                   const char *role)
{
  g_return_if_fail (BKS_IS_CALL (self));

  g_set_str (&self->role, role);
}

/**
 * bks_call_set_book_id:
 * @self: a call that has not begun
 * @book_id: (nullable): for which book, for its privacy, its budget and the ledger
 */
void
bks_call_set_book_id (BksCall    *self,
                      const char *book_id)
{
  g_return_if_fail (BKS_IS_CALL (self));

  g_set_str (&self->book_id, book_id);
}

/**
 * bks_call_set_device_id:
 * @self: a call that has not begun
 * @device_id: (nullable): which companion asks, whose tier and budget hold;
 *   %NULL: this machine's own user
 */
void
bks_call_set_device_id (BksCall    *self,
                        const char *device_id)
{
  g_return_if_fail (BKS_IS_CALL (self));

  g_set_str (&self->device_id, device_id);
}

/**
 * bks_call_set_failover:
 * @self: a call that has not begun
 * @failover: whether others are asked when the first target cannot answer
 */
void
bks_call_set_failover (BksCall  *self,
                       gboolean  failover)
{
  g_return_if_fail (BKS_IS_CALL (self));

  self->failover = failover;
}

/**
 * bks_call_set_whole:
 * @self: a call that has not begun
 * @whole: whether the answer is handed over in one piece when it is complete,
 *   so that one that breaks off can be asked for elsewhere unseen
 */
void
bks_call_set_whole (BksCall  *self,
                    gboolean  whole)
{
  g_return_if_fail (BKS_IS_CALL (self));

  self->whole = whole;
}

/**
 * bks_call_set_most_cost:
 * @self: a call that has not begun
 * @most_cost: pico-dollars that one attempt may cost at most, %BKS_MONEY_UNKNOWN for no ceiling
 */
void
bks_call_set_most_cost (BksCall  *self,
                        BksMoney  most_cost)
{
  g_return_if_fail (BKS_IS_CALL (self));

  self->most_cost = most_cost;
}

/**
 * bks_call_get_answer:
 * @self: a call
 *
 * Returns: (transfer none): what came so far and is handed over
 */
BksAnswer *
bks_call_get_answer (BksCall *self)
{
  g_return_val_if_fail (BKS_IS_CALL (self), NULL);

  return self->answer;
}

/**
 * bks_call_get_attempts:
 * @self: a call
 *
 * Returns: (transfer none) (element-type BksAttempt): all attempts so far
 */
GPtrArray *
bks_call_get_attempts (BksCall *self)
{
  g_return_val_if_fail (BKS_IS_CALL (self), NULL);

  return self->attempts;
}

/**
 * bks_call_get_last_attempt:
 * @self: a call
 *
 * Returns: (transfer none) (nullable): the newest attempt, %NULL if nobody was asked
 */
const BksAttempt *
bks_call_get_last_attempt (BksCall *self)
{
  g_return_val_if_fail (BKS_IS_CALL (self), NULL);

  return self->attempts->len > 0 ? g_ptr_array_index (self->attempts, self->attempts->len - 1) : NULL;
}

/**
 * bks_call_is_interrupted:
 * @self: a call that has failed
 *
 * Returns: whether a piece of the answer had been handed over
 */
gboolean
bks_call_is_interrupted (BksCall *self)
{
  g_return_val_if_fail (BKS_IS_CALL (self), FALSE);

  return *bks_answer_get_text (self->answer) != '\0';
}

/**
 * bks_call_get_cost:
 * @self: a call that has ended
 *
 * Returns: what all of its attempts cost, %BKS_MONEY_UNKNOWN if that of one is not known
 */
BksMoney
bks_call_get_cost (BksCall *self)
{
  BksMoney sum = 0;

  g_return_val_if_fail (BKS_IS_CALL (self), BKS_MONEY_UNKNOWN);

  for (guint i = 0; i < self->attempts->len; i++)
    {
      const BksAttempt *attempt = g_ptr_array_index (self->attempts, i);

      if (attempt->outcome != NULL &&
          (attempt->outcome->cost == BKS_MONEY_UNKNOWN || !bks_money_add (sum, attempt->outcome->cost, &sum)))
        return BKS_MONEY_UNKNOWN;
    }
  return sum;
}

/**
 * bks_call_begin_attempt:
 * @self: a call
 * @target: who is going to be asked
 *
 * Returns: (transfer none): the new attempt
 */
BksAttempt *
bks_call_begin_attempt (BksCall   *self,
                        BksTarget *target)
{
  BksAttempt *attempt = g_new0 (BksAttempt, 1);

  attempt->n = self->attempts->len + 1;
  attempt->target = bks_target_copy (target);
  if (self->broke_off)
    g_signal_emit (self, signals[SIGNAL_RESTART], 0, attempt->n);
  self->broke_off = FALSE;
  g_ptr_array_add (self->attempts, attempt);
  g_signal_emit (self, signals[SIGNAL_ATTEMPT], 0, attempt);
  return attempt;
}

/**
 * bks_call_fail_attempt:
 * @self: a call
 * @attempt: an attempt of it
 * @came: what it had brought
 * @error: what went wrong
 */
void
bks_call_fail_attempt (BksCall      *self,
                       BksAttempt   *attempt,
                       BksAnswer    *came,
                       const GError *error)
{
  attempt->error = g_error_copy (error);
  attempt->partial_chars = g_utf8_strlen (bks_answer_get_text (came), -1);
  self->broke_off = bks_answer_get_first_token_ms (came) >= 0;
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, attempt);
}

/**
 * bks_call_pass_on:
 * @self: a call
 * @from: the answer of an attempt that is about to begin
 *
 * Hands over what comes, as it comes.
 */
void
bks_call_pass_on (BksCall   *self,
                  BksAnswer *from)
{
  g_signal_connect_object (from, "text", G_CALLBACK (bks_answer_add_text), self->answer, G_CONNECT_SWAPPED);
  g_signal_connect_object (from, "reasoning", G_CALLBACK (bks_answer_add_reasoning), self->answer, G_CONNECT_SWAPPED);
}

/**
 * bks_call_take_answer:
 * @self: a call
 * @from: the answer of its last attempt
 * @complete: whether it came to its end
 *
 * Takes over what is known of the answer besides its text, and of a whole one
 * that is complete its text too.
 */
void
bks_call_take_answer (BksCall   *self,
                      BksAnswer *from,
                      gboolean   complete)
{
  if (self->whole && complete)
    {
      bks_answer_add_reasoning (self->answer, bks_answer_get_reasoning (from));
      bks_answer_add_text (self->answer, bks_answer_get_text (from));
    }
  bks_answer_set_model (self->answer, bks_answer_get_model (from));
  bks_answer_set_request_id (self->answer, bks_answer_get_request_id (from));
  bks_answer_set_first_token_ms (self->answer, bks_answer_get_first_token_ms (from));
  *bks_answer_edit_usage (self->answer) = *bks_answer_get_usage (from);
  if (bks_answer_get_sent (from))
    bks_answer_set_sent (self->answer);
  bks_answer_set_finish_reason (self->answer, bks_answer_get_finish_reason (from));
}
