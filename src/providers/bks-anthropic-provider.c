/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <math.h>
#include <string.h>

#include "bks-anthropic-provider.h"
#include "bks-async.h"
#include "bks-provider-call-private.h"

/* The API wants a cap; every model that is offered can write so much. */
#define DEFAULT_ANSWER_TOKENS 4096
#define MODELS_PER_PAGE 1000
#define MAX_PAGES 20

/**
 * BksAnthropicProvider:
 *
 * Anthropic's messages, in both versions of its API.
 *
 * Source: Anthropic's API reference, POST /v1/messages and its streaming,
 * POST /v1/messages/count_tokens, GET /v1/models, errors and versioning.
 */
struct _BksAnthropicProvider
{
  BksProvider parent_instance;

  const struct _Version *version;
};

G_DEFINE_FINAL_TYPE (BksAnthropicProvider, bks_anthropic_provider, BKS_TYPE_PROVIDER)

/* What belongs together: only these pairs are documented. */
typedef struct _Version
{
  const char *name;
  const char *key_header;
  const char *key_scheme;
  gboolean    samples; /* takes temperature */
} Version;

static const Version versions[] = {
  { "2023-06-01", "x-api-key", "", TRUE },
  { "2026-10-21", "Authorization", "Bearer ", FALSE },
};

static gboolean
bks_anthropic_provider_set_option (BksProvider  *provider,
                                   const char   *name,
                                   const char   *value,
                                   GError      **error)
{
  BksAnthropicProvider *self = BKS_ANTHROPIC_PROVIDER (provider);

  if (!g_str_equal (name, BKS_PROVIDER_OPTION_API_VERSION))
    return BKS_PROVIDER_CLASS (bks_anthropic_provider_parent_class)->set_option (provider, name, value, error);
  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
    if (g_str_equal (value, versions[i].name))
      {
        self->version = &versions[i];
        return TRUE;
      }
  g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
               "There is no version “%.32s” of this API; it has %s and %s", value, versions[0].name, versions[1].name);
  return FALSE;
}

static gboolean
bks_anthropic_provider_authorize (BksProvider      *provider,
                                  BksHttpExchange  *exchange,
                                  const char       *key,
                                  GError          **error)
{
  const Version *version = BKS_ANTHROPIC_PROVIDER (provider)->version;

  bks_http_exchange_set_header (exchange, "anthropic-version", version->name);
  return key == NULL || bks_http_exchange_set_key (exchange, version->key_header, version->key_scheme, key, error);
}

/* One that is switched off some day answers so; the other one is tried then. */
static gboolean
take_other_version (BksAnthropicProvider *self,
                    const Version        *refused,
                    const GError         *error)
{
  if (!g_error_matches (error, BKS_ERROR, BKS_ERROR_REQUEST) || strstr (error->message, "anthropic-version") == NULL)
    return FALSE;
  /* Another call may have found out meanwhile. */
  if (self->version == refused)
    self->version = refused == &versions[0] ? &versions[1] : &versions[0];
  return TRUE;
}

static gboolean
says (const BksProviderFailure *failure,
      const char               *words)
{
  g_autofree char *lower = failure->message != NULL ? g_ascii_strdown (failure->message, -1) : NULL;

  return lower != NULL && strstr (lower, words) != NULL;
}

/* The limits that are used up, and when they come back: times as RFC 3339. */
static gint64
read_reset_headers (BksHttpExchange *exchange,
                    gint64           now_ms)
{
  static const char *const kinds[] = { "requests", "tokens", "input-tokens", "output-tokens" };
  gint64 wait = -1;

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *remaining = g_strdup_printf ("anthropic-ratelimit-%s-remaining", kinds[i]);
      g_autofree char *reset = g_strdup_printf ("anthropic-ratelimit-%s-reset", kinds[i]);
      const char *left = bks_http_exchange_get_header (exchange, remaining);
      const char *when = bks_http_exchange_get_header (exchange, reset);
      g_autoptr(GDateTime) date = when != NULL ? g_date_time_new_from_iso8601 (when, NULL) : NULL;

      if (date != NULL && g_strcmp0 (left, "0") == 0)
        wait = MAX (wait, MAX (g_date_time_to_unix (date) * 1000 - now_ms, 0));
    }
  return wait;
}

static void
bks_anthropic_provider_read_failure (BksProvider        *provider,
                                     BksProviderFailure *failure,
                                     BksHttpExchange    *exchange,
                                     gint64              now_ms)
{
  if (failure->status == 429 && failure->retry_after_ms < 0 && exchange != NULL)
    {
      failure->retry_after_ms = read_reset_headers (exchange, now_ms);
      /* A limit that does not say when it ends is the author's own of spending. */
      if (failure->retry_after_ms < 0 && g_strcmp0 (failure->type, "rate_limit_error") == 0)
        g_set_str (&failure->type, "billing_error");
    }
  if (failure->status == 400 && says (failure, "credit balance is too low"))
    g_set_str (&failure->type, "billing_error");
  /* The same type for a model and for an address that are not there. */
  if (failure->status == 404 && !says (failure, "model"))
    failure->structured = FALSE;
}

static void
add_system (JsonBuilder          *builder,
            BksCompletionRequest *request)
{
  g_autoptr(GString) system = g_string_new (NULL);

  for (guint i = 0; i < request->messages->len; i++)
    {
      BksMessage *message = g_ptr_array_index (request->messages, i);

      if (!g_str_equal (message->role, "system"))
        continue;
      if (system->len > 0)
        g_string_append (system, "\n\n");
      g_string_append (system, message->content);
    }
  if (system->len == 0)
    return;
  bks_json_add_string (builder, "system", system->str);
}

static void
add_message (JsonBuilder *builder,
             BksMessage  *message,
             gboolean     last)
{
  g_autofree char *content = g_strdup (message->content);

  /* An answer to go on with may not end in space, and no message be empty. */
  if (last && g_str_equal (message->role, "assistant"))
    g_strchomp (content);
  if (g_str_equal (message->role, "system") || *content == '\0')
    return;
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "role", message->role);
  bks_json_add_string (builder, "content", content);
  json_builder_end_object (builder);
}

/* What a question and the count of its tokens have in common. */
static void
add_question (JsonBuilder          *builder,
              BksCompletionRequest *request)
{
  bks_json_add_string (builder, "model", request->model);
  add_system (builder, request);
  bks_json_begin_array (builder, "messages");
  for (guint i = 0; i < request->messages->len; i++)
    add_message (builder, g_ptr_array_index (request->messages, i), i + 1 == request->messages->len);
  json_builder_end_array (builder);
}

static char *
build_body (const Version        *version,
            BksCompletionRequest *request,
            gboolean              sample)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_question (builder, request);
  bks_json_add_int (builder, "max_tokens", request->max_tokens >= 0 ? request->max_tokens : DEFAULT_ANSWER_TOKENS);
  bks_json_add_boolean (builder, "stream", request->stream);
  if (sample && version->samples && !isnan (request->temperature))
    {
      json_builder_set_member_name (builder, "temperature");
      /* Others go up to 2. */
      json_builder_add_double_value (builder, CLAMP (request->temperature, 0.0, 1.0));
    }
  json_builder_end_object (builder);
  return bks_json_builder_end (builder);
}

/* "cache_creation_input_tokens" is the sum of what is kept for 5 minutes and for an hour. */
static void
take_written (JsonObject    *usage,
              BksTokenUsage *counts)
{
  JsonObject *parts = bks_json_get_object (usage, "cache_creation");
  gint64 sum = bks_json_get_count (usage, "cache_creation_input_tokens");
  gint64 hour = parts != NULL ? bks_json_get_count (parts, "ephemeral_1h_input_tokens") : -1;

  if (hour >= 0)
    counts->cache_write_1h = hour;
  if (sum >= 0)
    counts->cache_write = MAX (sum - MAX (counts->cache_write_1h, 0), 0);
}

/* The counts are those of the whole answer so far: later ones replace, and a
 * missing one leaves what was known. What a cache held is not in "input_tokens". */
static void
take_usage (BksProviderCall *call,
            JsonObject      *usage)
{
  BksTokenUsage *counts = bks_answer_edit_usage (call->answer);
  const struct { const char *member; gint64 *count; } members[] = {
    { "input_tokens", &counts->input },
    { "cache_read_input_tokens", &counts->cache_read },
    { "output_tokens", &counts->output },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      gint64 count = bks_json_get_count (usage, members[i].member);

      if (count >= 0)
        *members[i].count = count;
    }
  take_written (usage, counts);
}

static void
take_stop_reason (BksProviderCall *call,
                  JsonObject      *object)
{
  static const struct { const char *reason, *finish; } reasons[] = {
    { "end_turn", "stop" },
    { "stop_sequence", "stop" },
    { "pause_turn", "stop" },
    { "max_tokens", "length" },
    { "model_context_window_exceeded", "length" },
    { "tool_use", "tool_calls" },
    { "refusal", "content_filter" },
  };
  const char *reason = bks_json_get_string (object, "stop_reason");

  if (reason == NULL)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (g_str_equal (reason, reasons[i].reason))
      reason = reasons[i].finish;
  bks_provider_call_finish (call, reason);
}

static void
take_text (BksProviderCall *call,
           JsonObject      *object)
{
  const char *text = bks_json_get_string (object, "text");

  if (text != NULL && *text != '\0')
    bks_provider_call_add_text (call, text);
}

static void
take_thinking (BksProviderCall *call,
               JsonObject      *object)
{
  const char *thinking = bks_json_get_string (object, "thinking");

  /* What the model thinks may be kept back. */
  bks_provider_call_note_thinking (call);
  if (thinking != NULL && *thinking != '\0')
    bks_provider_call_add_reasoning (call, thinking);
}

/* A block, whole or as it begins, or a piece of one; of other kinds nothing is text. */
static void
take_block (BksProviderCall *call,
            JsonObject      *block)
{
  const char *type = bks_json_get_string (block, "type");

  if (type == NULL)
    return;
  if (g_str_equal (type, "text") || g_str_equal (type, "text_delta"))
    take_text (call, block);
  else if (g_str_equal (type, "thinking") || g_str_equal (type, "thinking_delta") ||
           g_str_equal (type, "redacted_thinking"))
    take_thinking (call, block);
}

static void
take_message (BksProviderCall *call,
              JsonObject      *message)
{
  const char *model = bks_json_get_string (message, "model");
  JsonArray *content = bks_json_get_array (message, "content");

  if (model != NULL && bks_answer_get_model (call->answer) == NULL)
    bks_answer_set_model (call->answer, model);
  for (guint i = 0; content != NULL && i < json_array_get_length (content); i++)
    take_block (call, bks_json_array_object (content, i));
  take_usage (call, bks_json_get_object (message, "usage"));
  take_stop_reason (call, message);
}

/**
 * bks_anthropic_take_frame:
 * @call: a call
 * @frame: an event of the stream, or the whole answer
 * @error: return location
 *
 * Returns: %FALSE if it is an error
 */
gboolean
bks_anthropic_take_frame (BksProviderCall  *call,
                          JsonObject       *frame,
                          GError          **error)
{
  const char *type = bks_json_get_string (frame, "type");

  if (type == NULL)
    type = call->event != NULL ? call->event : "";
  if (bks_json_has_failure (frame) || g_str_equal (type, "error"))
    {
      bks_provider_call_take_failure (call, frame, error);
      return FALSE;
    }
  if (g_str_equal (type, "message"))
    take_message (call, frame);
  else if (g_str_equal (type, "message_start"))
    take_message (call, bks_json_get_object (frame, "message"));
  else if (g_str_equal (type, "content_block_start"))
    take_block (call, bks_json_get_object (frame, "content_block"));
  else if (g_str_equal (type, "content_block_delta"))
    take_block (call, bks_json_get_object (frame, "delta"));
  else if (g_str_equal (type, "message_delta"))
    {
      take_usage (call, bks_json_get_object (frame, "usage"));
      take_stop_reason (call, bks_json_get_object (frame, "delta"));
    }
  else if (g_str_equal (type, "message_stop"))
    {
      bks_provider_call_finish (call, "stop");
      call->done = TRUE;
    }
  return TRUE;
}

static BksWire
choose_wire (BksProviderCall *call)
{
  BksLimits *limits = bks_provider_get_limits (call->provider);
  gboolean local = bks_provider_is_local (call->provider);
  BksWire wire = {
    .path = "/messages",
    .accept = "text/event-stream",
    .framing = BKS_FRAMING_SSE,
    .first_ms = local ? limits->first_token_local_ms : limits->first_token_ms,
    .idle_ms = local ? limits->idle_slow_ms : limits->idle_ms,
    .take_frame = bks_anthropic_take_frame,
  };

  /* Somebody else waits to answer. */
  if (call->request->first_token_ms > 0)
    wire.first_ms = call->request->first_token_ms;
  /* A whole answer comes when its last token is written. */
  if (!call->request->stream)
    wire.first_ms = limits->total_ms;
  return wire;
}

/* "`temperature` is deprecated for this model." */
static gboolean
refuses_sampling (BksProviderCall *call,
                  const GError    *error)
{
  return g_error_matches (error, BKS_ERROR, BKS_ERROR_REQUEST) && call->failure != NULL &&
         call->failure->status == 400 && says (call->failure, "temperature");
}

static DexFuture *
complete_fiber (gpointer data)
{
  BksProviderCall *call = data;
  BksAnthropicProvider *self = BKS_ANTHROPIC_PROVIDER (call->provider);
  BksWire wire = choose_wire (call);
  gboolean sample = TRUE, switched = FALSE;

  for (;;)
    {
      const Version *version = self->version;
      g_autofree char *body = build_body (version, call->request, sample);
      g_autoptr(GError) error = NULL;

      if (bks_provider_call_await (call, &wire, body, &error))
        return dex_future_new_true ();
      if (sample && refuses_sampling (call, error))
        sample = FALSE;
      else if (!switched && take_other_version (self, version, error))
        switched = TRUE;
      else
        return bks_future_error (g_steal_pointer (&error));
    }
}

static DexFuture *
bks_anthropic_provider_complete (BksProvider          *provider,
                                 BksCompletionRequest *request,
                                 const char           *key,
                                 BksAnswer            *answer,
                                 DexCancellable       *cancellable)
{
  return bks_spawn (cancellable, complete_fiber,
                    bks_provider_call_new (provider, request, key, answer), bks_provider_call_free);
}

static GError *
new_strange_answer (BksProvider *provider)
{
  return bks_provider_new_error (provider, BKS_ERROR_MALFORMED,
                                 "What answers at this address does not speak Anthropic's protocol");
}

/* Gets, or posts where there is a @body, in the version that the server takes. */
static JsonObject *
await_object (BksProvider  *provider,
              const char   *path,
              const char   *body,
              const char   *key,
              GError      **error)
{
  BksAnthropicProvider *self = BKS_ANTHROPIC_PROVIDER (provider);
  guint within_ms = bks_provider_get_limits (provider)->check_ms;

  for (gboolean again = TRUE;; again = FALSE)
    {
      const Version *version = self->version;
      g_autoptr(GError) local = NULL;
      g_autoptr(JsonNode) root = NULL;

      root = body != NULL ? bks_provider_await_post (provider, path, body, within_ms, key, &local)
                          : bks_provider_await_json (provider, path, key, &local);
      if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
        return json_node_dup_object (root);
      if (root != NULL)
        local = new_strange_answer (provider);
      else if (again && take_other_version (self, version, local))
        continue;
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
}

static DexFuture *
check_fiber (gpointer data)
{
  BksProviderQuery *query = data;
  GError *error = NULL;
  g_autoptr(JsonObject) page = await_object (query->provider, "/models?limit=1", NULL, query->key, &error);

  if (page == NULL)
    return bks_future_error (error);
  if (bks_json_get_array (page, "data") == NULL)
    return bks_future_error (new_strange_answer (query->provider));
  return dex_future_new_true ();
}

static DexFuture *
bks_anthropic_provider_check (BksProvider    *provider,
                              const char     *key,
                              DexCancellable *cancellable)
{
  return bks_spawn (cancellable, check_fiber, bks_provider_query_new (provider, key), bks_provider_query_free);
}

/**
 * bks_anthropic_read_models:
 * @provider: the provider's id
 * @page: an answer to GET /models
 * @models: (element-type BksModel): its models are added here
 *
 * Returns: %FALSE if @page is no list
 */
gboolean
bks_anthropic_read_models (const char *provider,
                           JsonObject *page,
                           GPtrArray  *models)
{
  JsonArray *data = bks_json_get_array (page, "data");

  for (guint i = 0; data != NULL && i < json_array_get_length (data); i++)
    {
      JsonObject *object = bks_json_array_object (data, i);
      const char *id = bks_json_get_string (object, "id");
      gint64 window = bks_json_get_count (object, "max_input_tokens");
      BksModel *model;

      if (id == NULL || *id == '\0')
        continue;
      model = bks_model_new (provider, id);
      bks_model_set_window (model, window > 0 ? window : -1);
      bks_model_set_abilities (model, BKS_ABILITY_TEXT);
      g_ptr_array_add (models, model);
    }
  return data != NULL;
}

/* The address of the page after @page; NULL: it is the last. */
static char *
find_next_page (JsonObject *page)
{
  const char *last = bks_json_get_string (page, "last_id");
  g_autofree char *escaped = NULL;
  gboolean more = FALSE;

  bks_json_get_boolean (page, "has_more", &more);
  if (!more || last == NULL || *last == '\0')
    return NULL;
  escaped = g_uri_escape_string (last, NULL, FALSE);
  return g_strdup_printf ("/models?limit=%d&after_id=%s", MODELS_PER_PAGE, escaped);
}

static DexFuture *
list_fiber (gpointer data)
{
  BksProviderQuery *query = data;
  g_autoptr(GPtrArray) models = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *path = g_strdup_printf ("/models?limit=%d", MODELS_PER_PAGE);

  /* A server that always has one page more must not be followed for ever. */
  for (guint pages = 0; path != NULL && pages < MAX_PAGES; pages++)
    {
      GError *error = NULL;
      g_autoptr(JsonObject) page = await_object (query->provider, path, NULL, query->key, &error);

      if (page == NULL)
        return bks_future_error (error);
      if (!bks_anthropic_read_models (bks_provider_get_id (query->provider), page, models))
        return bks_future_error (new_strange_answer (query->provider));
      g_free (path);
      path = find_next_page (page);
    }
  return dex_future_new_take_boxed (G_TYPE_PTR_ARRAY, g_steal_pointer (&models));
}

static DexFuture *
bks_anthropic_provider_list_models (BksProvider    *provider,
                                    const char     *key,
                                    DexCancellable *cancellable)
{
  return bks_spawn (cancellable, list_fiber, bks_provider_query_new (provider, key), bks_provider_query_free);
}

static DexFuture *
count_fiber (gpointer data)
{
  BksProviderCall *call = data;
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonObject) answer = NULL;
  g_autofree char *body = NULL;
  GError *error = NULL;
  gint64 count;

  json_builder_begin_object (builder);
  add_question (builder, call->request);
  json_builder_end_object (builder);
  body = bks_json_builder_end (builder);
  answer = await_object (call->provider, "/messages/count_tokens", body, call->key, &error);
  if (answer == NULL)
    return bks_future_error (error);
  count = bks_json_get_count (answer, "input_tokens");
  return count >= 0 ? dex_future_new_for_int64 (count) : bks_future_error (new_strange_answer (call->provider));
}

static DexFuture *
bks_anthropic_provider_count_tokens (BksProvider          *provider,
                                     BksCompletionRequest *request,
                                     const char           *key,
                                     DexCancellable       *cancellable)
{
  g_autoptr(BksAnswer) none = bks_answer_new ();

  return bks_spawn (cancellable, count_fiber,
                    bks_provider_call_new (provider, request, key, none), bks_provider_call_free);
}

static void
bks_anthropic_provider_class_init (BksAnthropicProviderClass *klass)
{
  BksProviderClass *provider_class = BKS_PROVIDER_CLASS (klass);

  provider_class->complete = bks_anthropic_provider_complete;
  provider_class->check = bks_anthropic_provider_check;
  provider_class->list_models = bks_anthropic_provider_list_models;
  provider_class->count_tokens = bks_anthropic_provider_count_tokens;
  provider_class->set_option = bks_anthropic_provider_set_option;
  provider_class->authorize = bks_anthropic_provider_authorize;
  provider_class->read_failure = bks_anthropic_provider_read_failure;
}

static void
bks_anthropic_provider_init (BksAnthropicProvider *self)
{
  self->version = &versions[0];
}
