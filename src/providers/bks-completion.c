/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <math.h>

#include "bks-completion.h"

G_DEFINE_BOXED_TYPE (BksCompletionRequest, bks_completion_request,
                     bks_completion_request_ref, bks_completion_request_unref)

static void
message_free (gpointer data)
{
  BksMessage *message = data;

  g_free (message->role);
  g_free (message->content);
  g_free (message);
}

/**
 * bks_completion_request_new:
 * @model: the model, as its provider spells it
 *
 * Returns: (transfer full): a streamed request without messages, every option the provider's default
 */
BksCompletionRequest *
bks_completion_request_new (const char *model)
{
  BksCompletionRequest *self = g_atomic_rc_box_new0 (BksCompletionRequest);

  self->model = g_strdup (model);
  self->messages = g_ptr_array_new_with_free_func (message_free);
  self->max_tokens = -1;
  self->temperature = NAN;
  self->stream = TRUE;
  return self;
}

/**
 * bks_completion_request_copy:
 * @self: a request
 *
 * Returns: (transfer full): one of its own, that may be changed
 */
BksCompletionRequest *
bks_completion_request_copy (BksCompletionRequest *self)
{
  BksCompletionRequest *copy;

  g_return_val_if_fail (self != NULL, NULL);

  copy = bks_completion_request_new (self->model);
  copy->max_tokens = self->max_tokens;
  copy->temperature = self->temperature;
  copy->stream = self->stream;
  copy->first_token_ms = self->first_token_ms;
  copy->total_ms = self->total_ms;
  for (guint i = 0; i < self->messages->len; i++)
    {
      BksMessage *message = g_ptr_array_index (self->messages, i);

      bks_completion_request_add_message (copy, message->role, message->content);
    }
  return copy;
}

/**
 * bks_completion_request_ref:
 * @self: a request
 *
 * Returns: (transfer full): @self
 */
BksCompletionRequest *
bks_completion_request_ref (BksCompletionRequest *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
request_clear (gpointer data)
{
  BksCompletionRequest *self = data;

  g_free (self->model);
  g_ptr_array_unref (self->messages);
}

/**
 * bks_completion_request_unref:
 * @self: (transfer full): a request
 */
void
bks_completion_request_unref (BksCompletionRequest *self)
{
  g_atomic_rc_box_release_full (self, request_clear);
}

/**
 * bks_completion_request_add_message:
 * @self: a request that was not sent yet
 * @role: "system", "user" or "assistant"
 * @content: the text
 */
void
bks_completion_request_add_message (BksCompletionRequest *self,
                                    const char           *role,
                                    const char           *content)
{
  BksMessage *message;

  g_return_if_fail (self != NULL && role != NULL && content != NULL);

  message = g_new0 (BksMessage, 1);
  message->role = g_strdup (role);
  message->content = g_strdup (content);
  g_ptr_array_add (self->messages, message);
}

struct _BksAnswer
{
  GObject        parent_instance;

  GString       *text;
  GString       *reasoning;
  char          *model;
  char          *finish_reason;
  char          *request_id;
  gint64         first_token_ms;
  gboolean       sent;
  BksTokenUsage  usage;
};

enum
{
  TEXT,
  REASONING,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksAnswer, bks_answer, G_TYPE_OBJECT)

static void
bks_answer_finalize (GObject *object)
{
  BksAnswer *self = BKS_ANSWER (object);

  g_string_free (self->text, TRUE);
  g_string_free (self->reasoning, TRUE);
  g_free (self->model);
  g_free (self->finish_reason);
  g_free (self->request_id);
  G_OBJECT_CLASS (bks_answer_parent_class)->finalize (object);
}

static void
bks_answer_class_init (BksAnswerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_answer_finalize;

  /**
   * BksAnswer::text:
   * @self: the answer
   * @text: the piece that was added
   */
  signals[TEXT] = g_signal_new ("text", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  /**
   * BksAnswer::reasoning:
   * @self: the answer
   * @text: the piece of thinking that was added
   */
  signals[REASONING] = g_signal_new ("reasoning", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                     NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
bks_answer_init (BksAnswer *self)
{
  self->text = g_string_new (NULL);
  self->reasoning = g_string_new (NULL);
  self->first_token_ms = -1;
  self->usage = (BksTokenUsage) {
    .input = -1, .cache_read = -1, .cache_write = -1, .cache_write_1h = -1, .output = -1, .reasoning = -1,
    .reported_cost = BKS_MONEY_UNKNOWN,
  };
}

/**
 * bks_answer_new:
 *
 * Returns: (transfer full): an answer of which nothing has come
 */
BksAnswer *
bks_answer_new (void)
{
  return g_object_new (BKS_TYPE_ANSWER, NULL);
}

/**
 * bks_answer_get_text:
 * @self: an answer
 *
 * Returns: (transfer none): all of its text so far
 */
const char *
bks_answer_get_text (BksAnswer *self)
{
  g_return_val_if_fail (BKS_IS_ANSWER (self), NULL);

  return self->text->str;
}

/**
 * bks_answer_get_reasoning:
 * @self: an answer
 *
 * Returns: (transfer none): all of the model's thinking so far
 */
const char *
bks_answer_get_reasoning (BksAnswer *self)
{
  g_return_val_if_fail (BKS_IS_ANSWER (self), NULL);

  return self->reasoning->str;
}

/**
 * bks_answer_get_model:
 * @self: an answer
 *
 * Returns: (transfer none) (nullable): the model that answered; %NULL where it was not told
 */
const char *
bks_answer_get_model (BksAnswer *self)
{
  g_return_val_if_fail (BKS_IS_ANSWER (self), NULL);

  return self->model;
}

/**
 * bks_answer_get_finish_reason:
 * @self: an answer
 *
 * Returns: (transfer none) (nullable): why it ended, "stop" or "length"; %NULL while it has not
 */
const char *
bks_answer_get_finish_reason (BksAnswer *self)
{
  g_return_val_if_fail (BKS_IS_ANSWER (self), NULL);

  return self->finish_reason;
}

/**
 * bks_answer_get_request_id:
 * @self: an answer
 *
 * Returns: (transfer none) (nullable): the provider's id of the request, for its support
 */
const char *
bks_answer_get_request_id (BksAnswer *self)
{
  g_return_val_if_fail (BKS_IS_ANSWER (self), NULL);

  return self->request_id;
}

/**
 * bks_answer_get_first_token_ms:
 * @self: an answer
 *
 * Returns: milliseconds from sending to the first text or thinking, -1 if none came
 */
gint64
bks_answer_get_first_token_ms (BksAnswer *self)
{
  g_return_val_if_fail (BKS_IS_ANSWER (self), -1);

  return self->first_token_ms;
}

/**
 * bks_answer_get_sent:
 * @self: an answer
 *
 * Returns: whether a connection accepted the request, so that it may cost
 */
gboolean
bks_answer_get_sent (BksAnswer *self)
{
  g_return_val_if_fail (BKS_IS_ANSWER (self), FALSE);

  return self->sent;
}

/**
 * bks_answer_get_usage:
 * @self: an answer
 *
 * Returns: (transfer none): what the provider said it counted
 */
const BksTokenUsage *
bks_answer_get_usage (BksAnswer *self)
{
  g_return_val_if_fail (BKS_IS_ANSWER (self), NULL);

  return &self->usage;
}

/**
 * bks_answer_add_text:
 * @self: an answer
 * @text: the next piece, valid UTF-8
 */
void
bks_answer_add_text (BksAnswer  *self,
                     const char *text)
{
  g_return_if_fail (BKS_IS_ANSWER (self) && text != NULL);

  if (*text == '\0')
    return;
  g_string_append (self->text, text);
  g_signal_emit (self, signals[TEXT], 0, text);
}

/**
 * bks_answer_add_reasoning:
 * @self: an answer
 * @text: the next piece of thinking, valid UTF-8
 */
void
bks_answer_add_reasoning (BksAnswer  *self,
                          const char *text)
{
  g_return_if_fail (BKS_IS_ANSWER (self) && text != NULL);

  if (*text == '\0')
    return;
  g_string_append (self->reasoning, text);
  g_signal_emit (self, signals[REASONING], 0, text);
}

/**
 * bks_answer_set_model:
 * @self: an answer
 * @model: (nullable): the model that answers
 */
void
bks_answer_set_model (BksAnswer  *self,
                      const char *model)
{
  g_return_if_fail (BKS_IS_ANSWER (self));

  g_set_str (&self->model, model);
}

/**
 * bks_answer_set_finish_reason:
 * @self: an answer
 * @reason: (nullable): why it ended
 */
void
bks_answer_set_finish_reason (BksAnswer  *self,
                              const char *reason)
{
  g_return_if_fail (BKS_IS_ANSWER (self));

  g_set_str (&self->finish_reason, reason);
}

/**
 * bks_answer_set_request_id:
 * @self: an answer
 * @request_id: (nullable): the provider's id of the request
 */
void
bks_answer_set_request_id (BksAnswer  *self,
                           const char *request_id)
{
  g_return_if_fail (BKS_IS_ANSWER (self));

  g_set_str (&self->request_id, request_id);
}

/**
 * bks_answer_set_first_token_ms:
 * @self: an answer
 * @elapsed_ms: milliseconds from sending to the first text or thinking
 */
void
bks_answer_set_first_token_ms (BksAnswer *self,
                               gint64     elapsed_ms)
{
  g_return_if_fail (BKS_IS_ANSWER (self));

  self->first_token_ms = elapsed_ms;
}

/**
 * bks_answer_set_sent:
 * @self: an answer
 *
 * Notes that a connection accepted the request.
 */
void
bks_answer_set_sent (BksAnswer *self)
{
  g_return_if_fail (BKS_IS_ANSWER (self));

  self->sent = TRUE;
}

/**
 * bks_answer_edit_usage:
 * @self: an answer
 *
 * Returns: (transfer none): the counts, to be filled in
 */
BksTokenUsage *
bks_answer_edit_usage (BksAnswer *self)
{
  g_return_val_if_fail (BKS_IS_ANSWER (self), NULL);

  return &self->usage;
}
