/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <string.h>

#include "bks-provider-call-private.h"
#include "bks-provider-json.h"
#include "bks-redact.h"
#include "bks-surrogates.h"

/* Between the finish reason and the end of the stream only counts are missing. */
#define AFTER_FINISH_MS 5000
/* More than any model counts. */
#define MAX_COUNT G_GINT64_CONSTANT (1000000000)

/**
 * bks_provider_call_new:
 * @provider: who is asked
 * @request: the question
 * @key: (nullable): the key
 * @answer: to be filled
 *
 * Returns: (transfer full): a call that has not begun
 */
BksProviderCall *
bks_provider_call_new (BksProvider          *provider,
                       BksCompletionRequest *request,
                       const char           *key,
                       BksAnswer            *answer)
{
  BksProviderCall *self = g_new0 (BksProviderCall, 1);

  self->provider = g_object_ref (provider);
  self->request = bks_completion_request_ref (request);
  self->key = g_strdup (key);
  self->answer = g_object_ref (answer);
  self->think = bks_think_filter_new ();
  self->refusal = g_string_new (NULL);
  return self;
}

/**
 * bks_provider_call_free:
 * @data: (transfer full): a call
 *
 * Ends it, closing its socket if it is not complete.
 */
void
bks_provider_call_free (gpointer data)
{
  BksProviderCall *self = data;

  if (self->exchange != NULL && !self->done)
    bks_http_exchange_close (self->exchange);
  g_clear_object (&self->exchange);
  if (self->key != NULL)
    explicit_bzero (self->key, strlen (self->key));
  g_free (self->key);
  g_object_unref (self->provider);
  bks_completion_request_unref (self->request);
  g_object_unref (self->answer);
  bks_think_filter_free (self->think);
  g_string_free (self->refusal, TRUE);
  g_clear_pointer (&self->failure, bks_provider_failure_free);
  g_free (self);
}

/* The first content: from here on a stream only has to keep moving. */
static void
note_content (BksProviderCall *self)
{
  if (bks_answer_get_first_token_ms (self->answer) >= 0 || self->exchange == NULL)
    return;
  bks_answer_set_first_token_ms (self->answer, bks_http_exchange_get_elapsed_ms (self->exchange));
  bks_http_exchange_set_idle_ms (self->exchange, self->idle_ms);
}

/* What no model writes is kept by nobody: it would be in the memory of all who listen. */
static gboolean
is_overlong (BksProviderCall *self)
{
  return self->written > (gsize) bks_provider_get_limits (self->provider)->answer_text_bytes;
}

static void
pass_on (BksProviderCall *self,
         GString         *text,
         GString         *reasoning)
{
  self->written += text->len + reasoning->len;
  if (is_overlong (self))
    return;
  if (reasoning->len > 0)
    {
      bks_provider_call_note_thinking (self);
      bks_answer_add_reasoning (self->answer, reasoning->str);
    }
  if (text->len > 0)
    {
      note_content (self);
      bks_answer_add_text (self->answer, text->str);
    }
}

/**
 * bks_provider_call_add_text:
 * @self: a call
 * @text: what the model wrote, thinking in tags included
 */
void
bks_provider_call_add_text (BksProviderCall *self,
                            const char      *text)
{
  g_autofree char *joined = bks_surrogates_join (&self->pending_text, text);
  g_autoptr(GString) answer = g_string_new (NULL);
  g_autoptr(GString) reasoning = g_string_new (NULL);

  bks_think_filter_push (self->think, joined, answer, reasoning);
  pass_on (self, answer, reasoning);
}

/**
 * bks_provider_call_add_reasoning:
 * @self: a call
 * @text: what the model thought
 */
void
bks_provider_call_add_reasoning (BksProviderCall *self,
                                 const char      *text)
{
  g_autofree char *joined = bks_surrogates_join (&self->pending_reasoning, text);
  g_autoptr(GString) answer = g_string_new (NULL);
  g_autoptr(GString) reasoning = g_string_new (joined);

  pass_on (self, answer, reasoning);
}

/**
 * bks_provider_call_note_thinking:
 * @self: a call
 *
 * Says that the model thinks without telling what: the answer has begun, and
 * its pauses are longer.
 */
void
bks_provider_call_note_thinking (BksProviderCall *self)
{
  self->idle_ms = MAX (self->idle_ms, bks_provider_get_limits (self->provider)->idle_slow_ms);
  note_content (self);
  if (self->exchange != NULL)
    bks_http_exchange_set_idle_ms (self->exchange, self->idle_ms);
}

/**
 * bks_provider_call_add_refusal:
 * @self: a call
 * @text: why the model does not answer
 */
void
bks_provider_call_add_refusal (BksProviderCall *self,
                               const char      *text)
{
  gsize room = bks_provider_get_limits (self->provider)->error_text_bytes;

  if (self->refusal->len < room)
    g_string_append (self->refusal, text);
}

/**
 * bks_provider_call_finish:
 * @self: a call
 * @reason: why the answer ended
 *
 * Notes the terminal mark; the first one counts.
 */
void
bks_provider_call_finish (BksProviderCall *self,
                          const char      *reason)
{
  guint least = bks_provider_get_limits (self->provider)->idle_ms;

  if (self->finished)
    return;
  self->finished = TRUE;
  bks_answer_set_finish_reason (self->answer, reason);
  if (self->exchange != NULL)
    bks_http_exchange_set_idle_ms (self->exchange, MIN (least, AFTER_FINISH_MS));
}

/* What was held back may be the end of the answer. */
static void
flush (BksProviderCall *self)
{
  g_autoptr(GString) answer = g_string_new (NULL);
  g_autoptr(GString) reasoning = g_string_new (NULL);

  if (self->pending_text != 0)
    {
      self->pending_text = 0;
      bks_think_filter_push (self->think, "\xef\xbf\xbd", answer, reasoning);
    }
  if (self->pending_reasoning != 0)
    {
      self->pending_reasoning = 0;
      g_string_append (reasoning, "\xef\xbf\xbd");
    }
  bks_think_filter_end (self->think, answer, reasoning);
  pass_on (self, answer, reasoning);
}

static gboolean
fail (BksProviderCall *self,
      BksError         code,
      const char      *message,
      GError         **error)
{
  GError *failure = bks_provider_new_error (self->provider, code, message);

  bks_error_get_facts (failure)->request_id = g_strdup (bks_answer_get_request_id (self->answer));
  g_propagate_error (error, failure);
  return FALSE;
}

static gboolean
fail_with_failure (BksProviderCall     *self,
                   BksProviderFailure  *failure,
                   GError             **error)
{
  bks_provider_read_failure (self->provider, failure, self->exchange);
  g_clear_pointer (&self->failure, bks_provider_failure_free);
  self->failure = failure;
  g_propagate_error (error, bks_provider_failure_to_error (failure, bks_provider_get_id (self->provider)));
  return FALSE;
}

/**
 * bks_provider_call_take_failure:
 * @self: a call
 * @frame: a frame that holds an error
 * @error: return location
 *
 * Sets @error to what a frame says in the middle of a stream.
 */
void
bks_provider_call_take_failure (BksProviderCall  *self,
                                JsonObject       *frame,
                                GError          **error)
{
  gsize max_text = bks_provider_get_limits (self->provider)->error_text_bytes;

  fail_with_failure (self, bks_provider_failure_new_frame (frame, self->key, max_text), error);
}

/* The next piece of the body; a body that breaks off is an answer that breaks off. */
static GBytes *
await_piece (BksProviderCall  *self,
             GError          **error)
{
  g_autoptr(GError) local = NULL;
  GBytes *bytes = dex_await_boxed (bks_http_exchange_read (self->exchange), &local);

  if (bytes != NULL)
    return bytes;
  if (g_error_matches (local, BKS_ERROR, BKS_ERROR_TRANSPORT))
    local->code = BKS_ERROR_TRUNCATED;
  else if (g_error_matches (local, BKS_ERROR, BKS_ERROR_TOO_LARGE))
    local->code = BKS_ERROR_MALFORMED;
  bks_provider_adopt (self->provider, &local);
  g_propagate_error (error, g_steal_pointer (&local));
  return NULL;
}

/* Appends the rest of the body up to @limit. */
static gboolean
await_rest (BksProviderCall  *self,
            GString          *body,
            gsize             limit,
            GError          **error)
{
  for (;;)
    {
      g_autoptr(GBytes) bytes = await_piece (self, error);
      gsize size;
      const char *data;

      if (bytes == NULL)
        return FALSE;
      data = g_bytes_get_data (bytes, &size);
      if (size == 0)
        return TRUE;
      if (body->len + size > limit)
        return fail (self, BKS_ERROR_MALFORMED, "The answer is larger than any answer can be", error);
      g_string_append_len (body, data, (gssize) size);
    }
}

static gboolean
await_refusal (BksProviderCall  *self,
               GError          **error)
{
  BksLimits *limits = bks_provider_get_limits (self->provider);
  g_autoptr(GString) body = g_string_new (NULL);

  /* An unreadable body does not matter: the status says enough. */
  bks_http_exchange_set_idle_ms (self->exchange, limits->idle_ms);
  await_rest (self, body, (gsize) limits->error_body_bytes, NULL);
  return fail_with_failure (self, bks_provider_failure_new_body (bks_http_exchange_get_status (self->exchange),
                                                                 body->str, body->len, self->key,
                                                                 limits->error_text_bytes), error);
}

static JsonObject *
parse (const char *data,
       gsize       length)
{
  g_autoptr(JsonNode) root = bks_provider_json_parse (data, length, NULL);

  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_dup_object (root) : NULL;
}

static gboolean
take_frame (BksProviderCall  *self,
            const BksWire    *wire,
            JsonObject       *frame,
            GError          **error)
{
  if (!wire->take_frame (self, frame, error))
    return FALSE;
  return !is_overlong (self) || fail (self, BKS_ERROR_MALFORMED, "The answer is longer than any answer can be", error);
}

static gboolean
take_event (BksProviderCall    *self,
            const BksWire      *wire,
            const BksSseEvent  *event,
            GError            **error)
{
  g_autoptr(JsonObject) frame = NULL;
  gboolean ok;

  if (wire->framing == BKS_FRAMING_SSE && g_str_has_prefix (event->data, "[DONE]"))
    {
      bks_provider_call_finish (self, "stop");
      self->done = TRUE;
      return TRUE;
    }
  if (event->data[strspn (event->data, " \t")] == '\0')
    return TRUE;
  frame = parse (event->data, event->length);
  if (frame == NULL)
    {
      /* Cut off in the middle, or damaged: one is forgiven. */
      if (!event->whole || self->damaged++ == 0)
        return TRUE;
      return fail (self, BKS_ERROR_MALFORMED, "The answer holds damaged pieces", error);
    }
  self->frames++;
  self->event = event->name;
  ok = take_frame (self, wire, frame, error);
  self->event = NULL;
  return ok;
}

/**
 * bks_provider_call_take_bytes:
 * @self: a call
 * @wire: what the protocol brings
 * @reader: of the stream
 * @bytes: (nullable): the next piece; %NULL: the stream has ended
 * @error: return location
 *
 * Takes what is complete with this piece; nothing after the end of the answer.
 *
 * Returns: %FALSE if the stream is damaged or holds an error
 */
gboolean
bks_provider_call_take_bytes (BksProviderCall  *self,
                              const BksWire    *wire,
                              BksSseReader     *reader,
                              GBytes           *bytes,
                              GError          **error)
{
  BksSseEvent event;
  g_autoptr(GError) local = NULL;

  if (bytes != NULL)
    bks_sse_reader_push (reader, bytes);
  else
    bks_sse_reader_end (reader);
  while (!self->done && bks_sse_reader_next (reader, &event, &local))
    if (!take_event (self, wire, &event, error))
      return FALSE;
  if (local == NULL)
    return TRUE;
  return fail (self, BKS_ERROR_MALFORMED, local->message, error);
}

static gboolean
check_complete (BksProviderCall  *self,
                GError          **error)
{
  if (self->finished)
    return TRUE;
  if (self->frames == 0)
    return fail (self, BKS_ERROR_MALFORMED, "The provider sent an answer without any content", error);
  return fail (self, BKS_ERROR_TRUNCATED, "The answer broke off before its end", error);
}

/* Reads a stream whose first piece is @bytes. */
static gboolean
await_stream (BksProviderCall  *self,
              const BksWire    *wire,
              GBytes           *first,
              GError          **error)
{
  BksLimits *limits = bks_provider_get_limits (self->provider);
  g_autoptr(BksSseReader) reader = bks_sse_reader_new (wire->framing, limits->line_bytes, limits->event_bytes);
  g_autoptr(GBytes) bytes = g_bytes_ref (first);

  while (g_bytes_get_size (bytes) > 0)
    {
      g_autoptr(GError) local = NULL;

      if (!bks_provider_call_take_bytes (self, wire, reader, bytes, error))
        return FALSE;
      if (self->done)
        return TRUE;
      g_clear_pointer (&bytes, g_bytes_unref);
      bytes = await_piece (self, &local);
      if (bytes != NULL)
        continue;
      /* After the terminal mark only counts can be lost. */
      if (self->finished && !bks_error_is_cancelled (local))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return bks_provider_call_take_bytes (self, wire, reader, NULL, error) && check_complete (self, error);
}

static gboolean
await_whole (BksProviderCall  *self,
             const BksWire    *wire,
             GString          *body,
             GError          **error)
{
  BksLimits *limits = bks_provider_get_limits (self->provider);
  g_autoptr(JsonObject) frame = NULL;

  bks_http_exchange_set_idle_ms (self->exchange, self->idle_ms);
  /* It is in the memory several times while it is taken apart. */
  if (!await_rest (self, body, (gsize) limits->line_bytes, error))
    return FALSE;
  frame = parse (body->str, body->len);
  if (frame == NULL)
    return fail (self, BKS_ERROR_MALFORMED, "The answer is not valid JSON", error);
  self->frames++;
  self->done = TRUE;
  if (!take_frame (self, wire, frame, error))
    return FALSE;
  if (bks_json_get_array (frame, "choices") == NULL && !self->finished)
    return fail (self, BKS_ERROR_MALFORMED, "The answer is not one of a language model", error);
  bks_provider_call_finish (self, "stop");
  return TRUE;
}

/* The first byte that tells, 0 while there is none. */
static char
find_first_byte (const GString *text)
{
  const char *p = text->str;

  if (g_str_has_prefix (p, "\xef\xbb\xbf"))
    p += 3;
  return p[strspn (p, " \t\r\n")];
}

static gboolean
await_body (BksProviderCall  *self,
            const BksWire    *wire,
            GError          **error)
{
  const char *type = bks_http_exchange_get_content_type (self->exchange);
  g_autoptr(GString) head = g_string_new (NULL);
  g_autoptr(GBytes) first = NULL;
  char byte = 0;

  /* Servers lie about the type, so the first byte decides what a stream is. */
  while (byte == 0)
    {
      g_autoptr(GBytes) bytes = await_piece (self, error);

      if (bytes == NULL)
        return FALSE;
      if (g_bytes_get_size (bytes) == 0 || head->len > 65536)
        return check_complete (self, error);
      g_string_append_len (head, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
      byte = find_first_byte (head);
    }
  if (byte == '<' || g_strcmp0 (type, "text/html") == 0)
    return fail (self, BKS_ERROR_MALFORMED,
                 "The address answered with a web page, not with JSON: it is probably wrong", error);
  if (wire->framing == BKS_FRAMING_SSE && (byte == '{' || byte == '['))
    return await_whole (self, wire, head, error);
  first = g_string_free_to_bytes (g_steal_pointer (&head));
  return await_stream (self, wire, first, error);
}

/* What an answer may not be although it is complete. */
static gboolean
check_answer (BksProviderCall  *self,
              GError          **error)
{
  const char *reason = bks_answer_get_finish_reason (self->answer);
  gsize max_text = bks_provider_get_limits (self->provider)->error_text_bytes;
  gboolean empty = *bks_answer_get_text (self->answer) == '\0';

  if (g_strcmp0 (reason, "content_filter") == 0)
    return fail (self, BKS_ERROR_CONTENT, "The provider's content rules ended the answer", error);
  if (!empty)
    return TRUE;
  if (self->refusal->len > 0)
    {
      g_autofree char *refusal = bks_redact (self->refusal->str, max_text);
      g_autofree char *message = g_strdup_printf ("The model declines to answer: %s", refusal);

      return fail (self, BKS_ERROR_CONTENT, message, error);
    }
  if (g_strcmp0 (reason, "length") == 0)
    return fail (self, BKS_ERROR_REQUEST,
                 "The model used up its whole allowance of tokens without writing anything: allow it more", error);
  return fail (self, BKS_ERROR_MALFORMED, "The model ended its answer without writing anything", error);
}

static BksHttpExchange *
new_exchange (BksProviderCall  *self,
              const BksWire    *wire,
              const char       *body,
              GError          **error)
{
  g_autofree char *url = bks_provider_make_url (self->provider, wire->path);
  g_autoptr(BksHttpExchange) exchange = bks_http_exchange_new (bks_provider_get_http (self->provider),
                                                               "POST", url, error);

  if (exchange == NULL)
    return NULL;
  bks_http_exchange_set_header (exchange, "Accept", self->request->stream ? wire->accept : "application/json");
  bks_http_exchange_set_json (exchange, body);
  bks_http_exchange_set_first_ms (exchange, wire->first_ms);
  if (self->request->total_ms > 0)
    bks_http_exchange_set_total_ms (exchange, self->request->total_ms);
  if (!bks_provider_authorize (self->provider, exchange, self->key, error))
    return NULL;
  /* At once, not when the fiber goes on: who stops the call asks whether it costs. */
  g_signal_connect_object (exchange, "sent", G_CALLBACK (bks_answer_set_sent), self->answer, G_CONNECT_SWAPPED);
  return g_steal_pointer (&exchange);
}

static void
take_head (BksProviderCall *self)
{
  BksProviderFailure *head = bks_provider_failure_new (0);

  bks_provider_failure_add_head (head, self->exchange, 0);
  bks_answer_set_request_id (self->answer, head->request_id);
  bks_provider_failure_free (head);
}

static gboolean
await_attempt (BksProviderCall  *self,
               const BksWire    *wire,
               const char       *body,
               GError          **error)
{
  guint status;

  self->exchange = new_exchange (self, wire, body, error);
  if (self->exchange == NULL || !dex_await (bks_http_exchange_send (self->exchange), error))
    return FALSE;
  take_head (self);
  status = bks_http_exchange_get_status (self->exchange);
  if (status < 200 || status >= 300)
    return await_refusal (self, error);
  if (!await_body (self, wire, error))
    {
      flush (self);
      return FALSE;
    }
  flush (self);
  return check_answer (self, error);
}

/**
 * bks_provider_call_await:
 * @self: a call, on its fiber
 * @wire: what the protocol brings
 * @body: the request as JSON
 * @error: return location
 *
 * Asks once and fills the answer. May be called again after a refusal, with
 * another @body.
 *
 * Returns: %FALSE with a provider class, its facts filled in
 */
gboolean
bks_provider_call_await (BksProviderCall  *self,
                         const BksWire    *wire,
                         const char       *body,
                         GError          **error)
{
  g_autoptr(GError) local = NULL;
  gboolean ok;

  self->idle_ms = wire->idle_ms;
  g_clear_pointer (&self->failure, bks_provider_failure_free);
  ok = await_attempt (self, wire, body, &local);
  if (ok)
    bks_http_exchange_finish (self->exchange);
  else if (self->exchange != NULL)
    bks_http_exchange_close (self->exchange);
  g_clear_object (&self->exchange);
  if (ok)
    return TRUE;

  bks_provider_adopt (self->provider, &local);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/**
 * bks_json_get_count:
 * @object: (nullable): an object
 * @member: a member's name
 *
 * Returns: a count of tokens, -1 where it is missing or cannot be true
 */
gint64
bks_json_get_count (JsonObject *object,
                    const char *member)
{
  gint64 count;

  return bks_json_get_int (object, member, &count) && count >= 0 && count <= MAX_COUNT ? count : -1;
}
