/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <math.h>
#include <string.h>

#include "bks-async.h"
#include "bks-openai-provider.h"
#include "bks-provider-call-private.h"

/**
 * BksOpenaiProvider:
 *
 * Chat completions as OpenAI defined them, which most providers and local
 * servers speak. Where they differ is in the table of vendors, or seen from
 * the shape of what they send.
 *
 * Source: OpenAI's API reference, POST /chat/completions and GET /models;
 * OpenRouter's and Together's references.
 */
struct _BksOpenaiProvider
{
  BksProvider parent_instance;
};

G_DEFINE_FINAL_TYPE (BksOpenaiProvider, bks_openai_provider, BKS_TYPE_PROVIDER)

typedef struct
{
  const char *id;
  const char *host;
  const char *cap;        /* the member for the most tokens of an answer */
  const char *check_path; /* free, and refused without a valid key */
} Vendor;

static const Vendor vendors[] = {
  { "openai", "api.openai.com", "max_completion_tokens", "/models" },
  /* Its list of models needs no key, so it proves nothing. */
  { "openrouter", "openrouter.ai", "max_tokens", "/key" },
};

static const Vendor any_vendor = { NULL, NULL, "max_tokens", "/models" };

/* By address, so that a proxy is not taken for the vendor it stands for. */
static const Vendor *
find_vendor (BksProvider *provider)
{
  for (gsize i = 0; i < G_N_ELEMENTS (vendors); i++)
    if (bks_provider_is_at (provider, vendors[i].host))
      return &vendors[i];
  return &any_vendor;
}

/* Where a key is proved does not depend on the address: a gateway passes it on. */
static const char *
find_check_path (BksProvider *provider)
{
  for (gsize i = 0; i < G_N_ELEMENTS (vendors); i++)
    if (g_str_equal (bks_provider_get_id (provider), vendors[i].id))
      return vendors[i].check_path;
  return find_vendor (provider)->check_path;
}

/* Members that some servers refuse; each is left out or renamed once. */
typedef enum
{
  QUIRK_NO_TEMPERATURE = 1 << 0,
  QUIRK_OTHER_CAP = 1 << 1,
  QUIRK_NO_STREAM_OPTIONS = 1 << 2,
} Quirks;

static const struct
{
  const char *member;
  Quirks      quirk;
} refusals[] = {
  { "temperature", QUIRK_NO_TEMPERATURE },
  { "max_tokens", QUIRK_OTHER_CAP },
  { "max_completion_tokens", QUIRK_OTHER_CAP },
  { "stream_options", QUIRK_NO_STREAM_OPTIONS },
};

/* The member that a refusal names, as the quirk that avoids it; 0 if none. */
static Quirks
find_quirk (const BksProviderFailure *failure,
            const char               *body)
{
  if (failure == NULL || (failure->status != 400 && failure->status != 422) ||
      bks_provider_failure_classify (failure) != BKS_ERROR_REQUEST)
    return 0;
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *quoted = g_strdup_printf ("\"%s\":", refusals[i].member);

      if (strstr (body, quoted) != NULL &&
          (g_strcmp0 (failure->param, refusals[i].member) == 0 ||
           (failure->message != NULL && strstr (failure->message, refusals[i].member) != NULL)))
        return refusals[i].quirk;
    }
  return 0;
}

static const char *
choose_cap (BksProvider *provider,
            Quirks       quirks)
{
  const char *cap = find_vendor (provider)->cap;

  if (!(quirks & QUIRK_OTHER_CAP))
    return cap;
  return g_str_equal (cap, "max_tokens") ? "max_completion_tokens" : "max_tokens";
}

static char *
build_body (BksProvider          *provider,
            BksCompletionRequest *request,
            Quirks                quirks)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "model");
  json_builder_add_string_value (builder, request->model);
  bks_provider_add_messages (builder, request);
  json_builder_set_member_name (builder, "stream");
  json_builder_add_boolean_value (builder, request->stream);
  if (request->stream && !(quirks & QUIRK_NO_STREAM_OPTIONS))
    {
      json_builder_set_member_name (builder, "stream_options");
      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "include_usage");
      json_builder_add_boolean_value (builder, TRUE);
      json_builder_end_object (builder);
    }
  if (request->max_tokens >= 0)
    {
      json_builder_set_member_name (builder, choose_cap (provider, quirks));
      json_builder_add_int_value (builder, request->max_tokens);
    }
  if (!isnan (request->temperature) && !(quirks & QUIRK_NO_TEMPERATURE))
    {
      json_builder_set_member_name (builder, "temperature");
      json_builder_add_double_value (builder, request->temperature);
    }
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

/* Models that think before the first token, as far as their names tell. */
static gboolean
may_reason (const char *model)
{
  static const char *const patterns[] = {
    "o1", "o1-*", "o3", "o3-*", "o4-*", "gpt-5*", "*/gpt-5*", "*gpt-oss*", "*/o1*", "*/o3*", "*/o4*",
    "*reason*", "*thinking*", "*deepseek-r*", "*deepseek*-r1*", "*qwq*", "*magistral*", "grok-4*", "*/grok-4*",
    "*gemini-2.5*", "*gemini-3*",
  };
  g_autofree char *lower = g_ascii_strdown (model, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++)
    if (g_pattern_match_simple (patterns[i], lower))
      return TRUE;
  return FALSE;
}

static BksWire
choose_wire (BksProviderCall *call)
{
  BksLimits *limits = bks_provider_get_limits (call->provider);
  BksWire wire = {
    .path = "/chat/completions",
    .accept = "text/event-stream",
    .framing = BKS_FRAMING_SSE,
    .first_ms = limits->first_token_ms,
    .idle_ms = limits->idle_ms,
    .take_frame = bks_openai_take_frame,
  };

  if (bks_provider_is_local (call->provider))
    {
      wire.first_ms = limits->first_token_local_ms;
      wire.idle_ms = limits->idle_slow_ms;
    }
  else if (may_reason (call->request->model))
    {
      wire.first_ms = limits->first_token_reasoning_ms;
      wire.idle_ms = limits->idle_slow_ms;
    }
  /* A whole answer comes when its last token is written. */
  if (!call->request->stream)
    wire.first_ms = limits->total_ms;
  return wire;
}

static DexFuture *
complete_fiber (gpointer data)
{
  BksProviderCall *call = data;
  BksWire wire = choose_wire (call);
  Quirks quirks = 0;

  for (;;)
    {
      g_autofree char *body = build_body (call->provider, call->request, quirks);
      g_autoptr(GError) error = NULL;
      Quirks quirk;

      if (bks_provider_call_await (call, &wire, body, &error))
        return dex_future_new_true ();
      quirk = find_quirk (call->failure, body);
      if (quirk == 0 || (quirks & quirk) != 0 || !g_error_matches (error, BKS_ERROR, BKS_ERROR_REQUEST))
        return bks_future_error (g_steal_pointer (&error));
      g_debug ("%s refused a member of the request; asking again without it", bks_provider_get_id (call->provider));
      quirks |= quirk;
    }
}

static DexFuture *
bks_openai_provider_complete (BksProvider          *provider,
                              BksCompletionRequest *request,
                              const char           *key,
                              BksAnswer            *answer,
                              DexCancellable       *cancellable)
{
  return bks_spawn (cancellable, complete_fiber,
                    bks_provider_call_new (provider, request, key, answer), bks_provider_call_free);
}

static JsonArray *
find_models (JsonNode *root)
{
  JsonArray *array;

  if (JSON_NODE_HOLDS_ARRAY (root))
    return json_node_get_array (root);
  if (!JSON_NODE_HOLDS_OBJECT (root))
    return NULL;
  array = bks_json_get_array (json_node_get_object (root), "data");
  return array != NULL ? array : bks_json_get_array (json_node_get_object (root), "models");
}

static GError *
new_strange_answer (BksProvider *provider)
{
  return bks_provider_new_error (provider, BKS_ERROR_MALFORMED,
                                 "What answers at this address is not an OpenAI-compatible server");
}

/* OpenRouter's answer to GET /key. */
static gboolean
check_credit (BksProvider  *provider,
              JsonNode     *root,
              GError      **error)
{
  JsonObject *data = JSON_NODE_HOLDS_OBJECT (root) ? bks_json_get_object (json_node_get_object (root), "data") : NULL;
  BksMoney remaining;

  if (data == NULL)
    {
      g_propagate_error (error, new_strange_answer (provider));
      return FALSE;
    }
  if (bks_json_get_money (data, "limit_remaining", &remaining) && remaining <= 0)
    {
      g_propagate_error (error, bks_provider_new_error (provider, BKS_ERROR_BILLING,
                                                        "The key is valid, but its spending limit is used up"));
      return FALSE;
    }
  return TRUE;
}

static DexFuture *
check_fiber (gpointer data)
{
  BksProviderQuery *query = data;
  const char *path = find_check_path (query->provider);
  GError *error = NULL;
  g_autoptr(JsonNode) root = bks_provider_await_json (query->provider, path, query->key, &error);

  if (root == NULL)
    return bks_future_error (error);
  if (g_str_equal (path, "/key"))
    return check_credit (query->provider, root, &error) ? dex_future_new_true () : bks_future_error (error);
  if (find_models (root) == NULL)
    return bks_future_error (new_strange_answer (query->provider));
  return dex_future_new_true ();
}

static DexFuture *
bks_openai_provider_check (BksProvider    *provider,
                           const char     *key,
                           DexCancellable *cancellable)
{
  return bks_spawn (cancellable, check_fiber, bks_provider_query_new (provider, key), bks_provider_query_free);
}

/* Models that answer with vectors, pictures or sound. */
static gboolean
writes_text (JsonObject *object,
             const char *id)
{
  static const char *const types[] = { "chat", "language", "code", "base", "model", "llm", "vlm" };
  static const char *const patterns[] = {
    "*embed*", "whisper*", "tts-*", "*-tts*", "dall-e*", "gpt-image*", "*moderation*", "sora*", "*-realtime*",
    "*-transcribe*", "imagen*", "veo*", "*rerank*",
  };
  const char *type = bks_json_get_string (object, "type");
  const char *name = strrchr (id, '/') != NULL ? strrchr (id, '/') + 1 : id;
  gboolean known = type == NULL;

  for (gsize i = 0; type != NULL && i < G_N_ELEMENTS (types); i++)
    known = known || g_str_equal (type, types[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++)
    if (g_pattern_match_simple (patterns[i], name))
      return FALSE;
  return known;
}

static gint64
read_window (JsonObject *object)
{
  static const char *const members[] = { "context_length", "context_window", "max_context_length", "max_model_len" };
  gint64 window = -1;
  gint64 top = bks_json_get_count (bks_json_get_object (object, "top_provider"), "context_length");

  for (gsize i = 0; i < G_N_ELEMENTS (members) && window <= 0; i++)
    window = bks_json_get_count (object, members[i]);
  if (top > 0 && (window <= 0 || top < window))
    window = top;
  return window > 0 ? window : -1;
}

/* Zero is what many list who do not know; unless the model is called free. */
static BksMoney
read_price (JsonObject *pricing,
            const char *member,
            gint64      per_tokens,
            gboolean    is_free)
{
  BksMoney price;

  if (!bks_json_get_money (pricing, member, &price) || price < 0 || (price == 0 && !is_free))
    return BKS_MONEY_UNKNOWN;
  return (price + per_tokens / 2) / per_tokens;
}

static void
read_prices (BksModel   *model,
             JsonObject *object)
{
  JsonObject *pricing = bks_json_get_object (object, "pricing");
  g_autofree char *lower = g_ascii_strdown (bks_model_get_id (model), -1);
  gboolean is_free = g_str_has_suffix (lower, ":free") || g_str_has_suffix (lower, "-free") ||
                     g_str_has_suffix (lower, "/free");

  /* OpenRouter: dollars a token, as decimal texts. Together: dollars a million tokens. */
  if (bks_json_get (pricing, "prompt") != NULL)
    bks_model_set_prices (model, read_price (pricing, "prompt", 1, is_free),
                          read_price (pricing, "completion", 1, is_free));
  else
    bks_model_set_prices (model, read_price (pricing, "input", 1000000, is_free),
                          read_price (pricing, "output", 1000000, is_free));
}

/**
 * bks_openai_read_models:
 * @provider: the provider's id
 * @root: the answer to GET /models: {"data":[…]}, {"models":[…]} or the bare array
 *
 * Returns: (transfer full) (nullable): the models that write text, %NULL if @root is no list
 */
GPtrArray *
bks_openai_read_models (const char *provider,
                        JsonNode   *root)
{
  JsonArray *array = find_models (root);
  GPtrArray *models;

  if (array == NULL)
    return NULL;
  models = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *object = bks_json_array_object (array, i);
      const char *id = bks_json_get_string (object, "id");
      BksModel *model;

      if (id == NULL || *id == '\0' || !writes_text (object, id))
        continue;
      model = bks_model_new (provider, id);
      bks_model_set_window (model, read_window (object));
      read_prices (model, object);
      g_ptr_array_add (models, model);
    }
  return models;
}

static DexFuture *
list_fiber (gpointer data)
{
  BksProviderQuery *query = data;
  GError *error = NULL;
  g_autoptr(JsonNode) root = bks_provider_await_json (query->provider, "/models", query->key, &error);
  GPtrArray *models;

  if (root == NULL)
    return bks_future_error (error);
  models = bks_openai_read_models (bks_provider_get_id (query->provider), root);
  if (models == NULL)
    return bks_future_error (new_strange_answer (query->provider));
  return dex_future_new_take_boxed (G_TYPE_PTR_ARRAY, models);
}

static DexFuture *
bks_openai_provider_list_models (BksProvider    *provider,
                                 const char     *key,
                                 DexCancellable *cancellable)
{
  return bks_spawn (cancellable, list_fiber, bks_provider_query_new (provider, key), bks_provider_query_free);
}

static void
bks_openai_provider_class_init (BksOpenaiProviderClass *klass)
{
  BksProviderClass *provider_class = BKS_PROVIDER_CLASS (klass);

  provider_class->complete = bks_openai_provider_complete;
  provider_class->check = bks_openai_provider_check;
  provider_class->list_models = bks_openai_provider_list_models;
}

static void
bks_openai_provider_init (BksOpenaiProvider *self)
{
}
