/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <math.h>

#include "bks-openai-private.h"

/*
 * The chat completions of OpenAI's protocol: what is asked, and what comes back.
 *
 * Source: OpenAI's API reference, POST /chat/completions; OpenRouter's,
 * Together's and Mistral's references where they add to it.
 */

static const char *
choose_cap (const BksOpenaiVendor *vendor,
            BksOpenaiQuirks        quirks)
{
  if (!(quirks & BKS_OPENAI_QUIRK_OTHER_CAP))
    return vendor->cap;
  return g_str_equal (vendor->cap, "max_tokens") ? "max_completion_tokens" : "max_tokens";
}

/**
 * bks_openai_chat_build:
 * @request: the question
 * @vendor: who is asked
 * @quirks: what was refused before
 *
 * Returns: (transfer full): the body of POST /chat/completions
 */
char *
bks_openai_chat_build (BksCompletionRequest  *request,
                       const BksOpenaiVendor *vendor,
                       BksOpenaiQuirks        quirks)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  gboolean stream = request->stream && !(quirks & BKS_OPENAI_QUIRK_NO_STREAM);

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "model", request->model);
  bks_provider_add_messages (builder, request);
  bks_json_add_boolean (builder, "stream", stream);
  if (stream && !(quirks & BKS_OPENAI_QUIRK_NO_STREAM_OPTIONS))
    {
      bks_json_begin_object (builder, "stream_options");
      bks_json_add_boolean (builder, "include_usage", TRUE);
      json_builder_end_object (builder);
    }
  if (request->max_tokens >= 0)
    bks_json_add_int (builder, choose_cap (vendor, quirks), request->max_tokens);
  if (!isnan (request->temperature) && !(quirks & BKS_OPENAI_QUIRK_NO_TEMPERATURE))
    bks_json_add_double (builder, "temperature", request->temperature);
  json_builder_end_object (builder);
  return bks_json_builder_end (builder);
}

/* OpenAI counts what a cache held inside the prompt; our buckets are disjoint. */
static void
take_usage (BksProviderCall *call,
            JsonObject      *object)
{
  JsonObject *usage = bks_json_get_object (object, "usage");
  BksTokenUsage *counts = bks_answer_edit_usage (call->answer);
  JsonObject *details = bks_json_get_object (usage, "prompt_tokens_details");
  gint64 prompt = bks_json_get_count (usage, "prompt_tokens");
  gint64 output = bks_json_get_count (usage, "completion_tokens");
  gint64 cache_read = bks_json_get_count (details, "cached_tokens");
  gint64 cache_write = bks_json_get_count (details, "cache_write_tokens");
  gint64 reasoning = bks_json_get_count (bks_json_get_object (usage, "completion_tokens_details"), "reasoning_tokens");
  BksMoney cost;

  if (cache_read < 0)
    cache_read = bks_json_get_count (usage, "prompt_cache_hit_tokens");
  if (prompt >= 0)
    {
      counts->input = MAX (prompt - MAX (cache_read, 0) - MAX (cache_write, 0), 0);
      counts->cache_read = cache_read >= 0 ? MIN (cache_read, prompt) : -1;
      counts->cache_write = cache_write >= 0 ? MIN (cache_write, prompt - MAX (counts->cache_read, 0)) : -1;
    }
  if (output >= 0)
    counts->output = output;
  if (reasoning >= 0)
    counts->reasoning = counts->output >= 0 ? MIN (reasoning, counts->output) : reasoning;
  if (bks_json_get_money (usage, "cost", &cost) && cost >= 0)
    counts->reported_cost = cost;
}

/* One of {"type":"text","text":…} and Mistral's {"type":"thinking","thinking":[…]}. */
static void
take_part (BksProviderCall *call,
           JsonObject      *part)
{
  const char *type = bks_json_get_string (part, "type");
  JsonArray *thinking = bks_json_get_array (part, "thinking");

  if (thinking == NULL)
    {
      if (bks_json_get_string (part, "text") != NULL && (type == NULL || g_str_has_suffix (type, "text")))
        bks_provider_call_add_text (call, bks_json_get_string (part, "text"));
      return;
    }
  for (guint i = 0; i < json_array_get_length (thinking); i++)
    {
      const char *text = bks_json_get_string (bks_json_array_object (thinking, i), "text");

      if (text != NULL)
        bks_provider_call_add_reasoning (call, text);
    }
}

static void
take_parts (BksProviderCall *call,
            JsonArray       *parts)
{
  for (guint i = 0; i < json_array_get_length (parts); i++)
    {
      JsonObject *part = bks_json_array_object (parts, i);

      if (part != NULL)
        take_part (call, part);
    }
}

/* Servers name it differently, and some send it under two names: one counts. */
static void
take_reasoning (BksProviderCall *call,
                JsonObject      *delta)
{
  static const char *const members[] = { "reasoning_content", "reasoning" };
  JsonArray *details = bks_json_get_array (delta, "reasoning_details");

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      const char *text = bks_json_get_string (delta, members[i]);

      if (text == NULL || *text == '\0')
        continue;
      bks_provider_call_add_reasoning (call, text);
      return;
    }
  for (guint i = 0; details != NULL && i < json_array_get_length (details); i++)
    {
      JsonObject *detail = bks_json_array_object (details, i);
      const char *text = bks_json_get_string (detail, "text");

      if (text == NULL)
        text = bks_json_get_string (detail, "summary");
      if (text != NULL)
        bks_provider_call_add_reasoning (call, text);
    }
}

static void
take_delta (BksProviderCall *call,
            JsonObject      *delta)
{
  const char *text = bks_json_get_string (delta, "content");
  const char *refusal = bks_json_get_string (delta, "refusal");

  take_reasoning (call, delta);
  if (text != NULL)
    bks_provider_call_add_text (call, text);
  else if (bks_json_get_array (delta, "content") != NULL)
    take_parts (call, bks_json_get_array (delta, "content"));
  if (refusal != NULL)
    bks_provider_call_add_refusal (call, refusal);
}

/* "eos" is Together's, "end_turn" that of gateways. */
static const char *
normalize_finish (const char *reason)
{
  if (g_str_equal (reason, "eos") || g_str_equal (reason, "end_turn") || g_str_equal (reason, "stop_sequence"))
    return "stop";
  if (g_str_equal (reason, "max_tokens") || g_str_equal (reason, "model_length"))
    return "length";
  return reason;
}

/* The first of several answers; nobody asked for more. */
static JsonObject *
find_choice (JsonObject *frame)
{
  JsonArray *choices = bks_json_get_array (frame, "choices");

  for (guint i = 0; choices != NULL && i < json_array_get_length (choices); i++)
    {
      JsonObject *choice = bks_json_array_object (choices, i);
      gint64 index = 0;

      if (choice == NULL)
        continue;
      bks_json_get_int (choice, "index", &index);
      if (index == 0)
        return choice;
    }
  return NULL;
}

/**
 * bks_openai_take_frame:
 * @call: a call
 * @frame: a frame of the stream, or the whole answer
 * @error: return location
 *
 * Returns: %FALSE if it is an error
 */
gboolean
bks_openai_take_frame (BksProviderCall  *call,
                       JsonObject       *frame,
                       GError          **error)
{
  JsonObject *choice = find_choice (frame);
  JsonObject *delta = bks_json_get_object (choice, "delta");
  const char *reason = bks_json_get_string (choice, "finish_reason");
  const char *model = bks_json_get_string (frame, "model");

  take_usage (call, frame);
  if (bks_json_has_failure (frame))
    {
      bks_provider_call_take_failure (call, frame, error);
      return FALSE;
    }
  if (model != NULL && bks_answer_get_model (call->answer) == NULL)
    bks_answer_set_model (call->answer, model);
  if (delta == NULL)
    delta = bks_json_get_object (choice, "message");
  if (delta != NULL)
    take_delta (call, delta);
  if (g_strcmp0 (reason, "error") == 0)
    {
      g_propagate_error (error, bks_provider_new_error (call->provider, BKS_ERROR_MALFORMED,
                                                        "The provider broke off the answer without saying why"));
      return FALSE;
    }
  if (reason != NULL && *reason != '\0')
    bks_provider_call_finish (call, normalize_finish (reason));
  return TRUE;
}
