/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <math.h>

#include "bks-openai-private.h"

/* The API refuses a smaller cap. */
#define LEAST_OUTPUT_TOKENS 16

/*
 * OpenAI's Responses, for the models that chat completions do not reach.
 *
 * Source: OpenAI's API reference, POST /responses and its streaming events.
 * Of the about 55 kinds of events those are taken that carry text, thinking or
 * the end.
 */

static void
add_instructions (JsonBuilder          *builder,
                  BksCompletionRequest *request)
{
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < request->messages->len; i++)
    {
      const BksMessage *message = g_ptr_array_index (request->messages, i);

      if (!g_str_equal (message->role, "system"))
        continue;
      if (text->len > 0)
        g_string_append (text, "\n\n");
      g_string_append (text, message->content);
    }
  if (text->len == 0)
    return;
  bks_json_add_string (builder, "instructions", text->str);
}

static void
add_input (JsonBuilder          *builder,
           BksCompletionRequest *request)
{
  bks_json_begin_array (builder, "input");
  for (guint i = 0; i < request->messages->len; i++)
    {
      const BksMessage *message = g_ptr_array_index (request->messages, i);

      if (!g_str_equal (message->role, "system"))
        bks_provider_add_message (builder, message);
    }
  json_builder_end_array (builder);
}

/**
 * bks_openai_responses_build:
 * @request: the question
 * @quirks: what was refused before
 *
 * Returns: (transfer full): the body of POST /responses
 */
char *
bks_openai_responses_build (BksCompletionRequest *request,
                            BksOpenaiQuirks       quirks)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "model", request->model);
  add_instructions (builder, request);
  add_input (builder, request);
  bks_json_add_boolean (builder, "stream", request->stream && !(quirks & BKS_OPENAI_QUIRK_NO_STREAM));
  /* Else the server keeps the author's text for a month. */
  bks_json_add_boolean (builder, "store", FALSE);
  if (request->max_tokens >= 0)
    bks_json_add_int (builder, "max_output_tokens", MAX (request->max_tokens, LEAST_OUTPUT_TOKENS));
  if (!isnan (request->temperature) && !(quirks & BKS_OPENAI_QUIRK_NO_TEMPERATURE))
    bks_json_add_double (builder, "temperature", request->temperature);
  json_builder_end_object (builder);
  return bks_json_builder_end (builder);
}

/* What a cache held is inside the input, as in chat completions. */
static void
take_usage (BksProviderCall *call,
            JsonObject      *response)
{
  JsonObject *usage = bks_json_get_object (response, "usage");
  BksTokenUsage *counts = bks_answer_edit_usage (call->answer);
  gint64 input = bks_json_get_count (usage, "input_tokens");
  gint64 output = bks_json_get_count (usage, "output_tokens");
  gint64 cached = bks_json_get_count (bks_json_get_object (usage, "input_tokens_details"), "cached_tokens");
  gint64 reasoning = bks_json_get_count (bks_json_get_object (usage, "output_tokens_details"), "reasoning_tokens");

  if (input >= 0)
    {
      counts->cache_read = cached >= 0 ? MIN (cached, input) : -1;
      counts->input = input - MAX (counts->cache_read, 0);
    }
  if (output >= 0)
    counts->output = output;
  if (reasoning >= 0)
    counts->reasoning = counts->output >= 0 ? MIN (reasoning, counts->output) : reasoning;
}

static void
take_content (BksProviderCall *call,
              JsonObject      *item)
{
  JsonArray *content = bks_json_get_array (item, "content");

  for (guint i = 0; content != NULL && i < json_array_get_length (content); i++)
    {
      JsonObject *part = bks_json_array_object (content, i);
      const char *type = bks_json_get_string (part, "type");
      const char *text = bks_json_get_string (part, "text");
      const char *refusal = bks_json_get_string (part, "refusal");

      if (text != NULL && g_strcmp0 (type, "output_text") == 0)
        bks_provider_call_add_text (call, text);
      else if (refusal != NULL)
        bks_provider_call_add_refusal (call, refusal);
    }
}

static void
take_summary (BksProviderCall *call,
              JsonObject      *item)
{
  JsonArray *summary = bks_json_get_array (item, "summary");

  for (guint i = 0; summary != NULL && i < json_array_get_length (summary); i++)
    {
      const char *text = bks_json_get_string (bks_json_array_object (summary, i), "text");

      if (text != NULL)
        bks_provider_call_add_reasoning (call, text);
    }
}

/* The output of a whole answer: thinking may stand before the message. */
static void
take_output (BksProviderCall *call,
             JsonObject      *response)
{
  JsonArray *output = bks_json_get_array (response, "output");

  for (guint i = 0; output != NULL && i < json_array_get_length (output); i++)
    {
      JsonObject *item = bks_json_array_object (output, i);
      const char *type = bks_json_get_string (item, "type");

      if (g_strcmp0 (type, "message") == 0)
        take_content (call, item);
      else if (g_strcmp0 (type, "reasoning") == 0)
        take_summary (call, item);
    }
}

static const char *
find_finish (JsonObject *response)
{
  const char *reason = bks_json_get_string (bks_json_get_object (response, "incomplete_details"), "reason");

  if (reason == NULL)
    return g_strcmp0 (bks_json_get_string (response, "status"), "incomplete") == 0 ? "length" : "stop";
  return g_str_equal (reason, "max_output_tokens") ? "length" : reason;
}

/* The error of a frame, wherever it stands, as other frames hold theirs. */
static gboolean
fail_with (BksProviderCall  *call,
           JsonObject       *failure,
           GError          **error)
{
  g_autoptr(JsonObject) frame = json_object_new ();

  if (failure != NULL)
    json_object_set_object_member (frame, "error", json_object_ref (failure));
  bks_provider_call_take_failure (call, frame, error);
  return FALSE;
}

/* The end of an answer; only here are its counts. */
static gboolean
take_end (BksProviderCall  *call,
          JsonObject       *response,
          GError          **error)
{
  take_usage (call, response);
  if (g_strcmp0 (bks_json_get_string (response, "status"), "failed") == 0)
    return fail_with (call, bks_json_get_object (response, "error"), error);
  /* Not streamed, or by a server that only streams the ends. */
  if (*bks_answer_get_text (call->answer) == '\0' && call->refusal->len == 0)
    take_output (call, response);
  bks_provider_call_finish (call, find_finish (response));
  call->done = TRUE;
  return TRUE;
}

static gboolean
take_event (BksProviderCall  *call,
            const char       *type,
            JsonObject       *frame,
            GError          **error)
{
  JsonObject *response = bks_json_get_object (frame, "response");
  const char *delta = bks_json_get_string (frame, "delta");

  if (g_str_equal (type, "error"))
    return fail_with (call, bks_json_get_object (frame, "error") != NULL ? bks_json_get_object (frame, "error") : frame,
                      error);
  if (g_str_equal (type, "response.failed"))
    return fail_with (call, bks_json_get_object (response, "error"), error);
  if (response != NULL && (g_str_equal (type, "response.completed") || g_str_equal (type, "response.incomplete")))
    return take_end (call, response, error);
  if (g_str_equal (type, "response.output_item.added") &&
      g_strcmp0 (bks_json_get_string (bks_json_get_object (frame, "item"), "type"), "reasoning") == 0)
    bks_provider_call_note_thinking (call);
  if (delta == NULL)
    return TRUE;
  if (g_str_equal (type, "response.output_text.delta"))
    bks_provider_call_add_text (call, delta);
  else if (g_str_equal (type, "response.refusal.delta"))
    bks_provider_call_add_refusal (call, delta);
  else if (g_str_equal (type, "response.reasoning_summary_text.delta") ||
           g_str_equal (type, "response.reasoning_text.delta"))
    bks_provider_call_add_reasoning (call, delta);
  return TRUE;
}

static void
take_model (BksProviderCall *call,
            JsonObject      *response)
{
  const char *model = bks_json_get_string (response, "model");

  if (model != NULL && bks_answer_get_model (call->answer) == NULL)
    bks_answer_set_model (call->answer, model);
}

/**
 * bks_openai_responses_take_frame:
 * @call: a call
 * @frame: an event of the stream, or the whole answer
 * @error: return location
 *
 * Returns: %FALSE if it is an error
 */
gboolean
bks_openai_responses_take_frame (BksProviderCall  *call,
                                 JsonObject       *frame,
                                 GError          **error)
{
  const char *type = bks_json_get_string (frame, "type");

  if (type == NULL)
    type = call->event;
  if (bks_json_get_object (frame, "response") != NULL)
    take_model (call, bks_json_get_object (frame, "response"));
  if (type != NULL)
    return take_event (call, type, frame, error);
  if (bks_json_has_failure (frame))
    {
      bks_provider_call_take_failure (call, frame, error);
      return FALSE;
    }
  /* {"object":"response"} and nothing else is an answer in one piece. */
  if (bks_json_get_array (frame, "output") == NULL)
    return TRUE;
  take_model (call, frame);
  return take_end (call, frame, error);
}
