/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <math.h>
#include <string.h>

#include "bks-async.h"
#include "bks-embedding-private.h"
#include "bks-ollama-provider.h"
#include "bks-provider-call-private.h"

/* What a server reads where nobody says otherwise, and what fits common machines. */
#define DEFAULT_WINDOW 4096
#define LARGEST_WINDOW 131072
#define DEFAULT_ANSWER_TOKENS 2048
/* English has about four bytes a token; three leave room for other languages. */
#define BYTES_PER_TOKEN 3
#define TOKENS_PER_MESSAGE 16
#define TEXTS_PER_CALL 16
/* Of older servers each model is asked after; nobody has pulled more. */
#define MAX_SHOWN 200

/**
 * BksOllamaProvider:
 *
 * Ollama by its own protocol: one JSON document a line, the last one with
 * "done":true.
 *
 * Source: Ollama's docs/api, server/routes.go and api/types.go.
 */
struct _BksOllamaProvider
{
  BksProvider parent_instance;
};

G_DEFINE_FINAL_TYPE (BksOllamaProvider, bks_ollama_provider, BKS_TYPE_PROVIDER)

/*
 * A server's window is 4096 tokens unless told. In steps, because another
 * window loads the model anew.
 */
static gint64
choose_window (BksCompletionRequest *request)
{
  gint64 need = request->max_tokens >= 0 ? request->max_tokens : DEFAULT_ANSWER_TOKENS;
  gint64 window = DEFAULT_WINDOW;

  for (guint i = 0; i < request->messages->len; i++)
    {
      BksMessage *message = g_ptr_array_index (request->messages, i);

      need += (gint64) strlen (message->content) / BYTES_PER_TOKEN + TOKENS_PER_MESSAGE;
    }
  while (window < need && window < LARGEST_WINDOW)
    window *= 2;
  return window;
}

static void
add_options (JsonBuilder          *builder,
             BksCompletionRequest *request)
{
  gint64 window = choose_window (request);

  bks_json_begin_object (builder, "options");
  if (window > DEFAULT_WINDOW)
    bks_json_add_int (builder, "num_ctx", window);
  if (request->max_tokens >= 0)
    bks_json_add_int (builder, "num_predict", request->max_tokens);
  if (!isnan (request->temperature))
    bks_json_add_double (builder, "temperature", request->temperature);
  json_builder_end_object (builder);
}

static char *
build_body (BksCompletionRequest *request)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "model", request->model);
  bks_provider_add_messages (builder, request);
  bks_json_add_boolean (builder, "stream", request->stream);
  /* Else what is over the window is cut silently, from the prompt or, while it
   * writes, from what it has read. */
  bks_json_add_boolean (builder, "truncate", FALSE);
  bks_json_add_boolean (builder, "shift", FALSE);
  add_options (builder, request);
  json_builder_end_object (builder);
  return bks_json_builder_end (builder);
}

/* Servers that do not know "truncate" say by their count that they have cut: it is all they could read. */
static gboolean
was_cut (BksProviderCall *call)
{
  gint64 window = choose_window (call->request);

  return window > DEFAULT_WINDOW && bks_answer_get_usage (call->answer)->input >= window;
}

static gboolean
take_end (BksProviderCall  *call,
          JsonObject       *frame,
          GError          **error)
{
  BksTokenUsage *counts = bks_answer_edit_usage (call->answer);
  const char *reason = bks_json_get_string (frame, "done_reason");

  counts->input = bks_json_get_count (frame, "prompt_eval_count");
  counts->output = bks_json_get_count (frame, "eval_count");
  bks_provider_call_finish (call, reason != NULL && *reason != '\0' ? reason : "stop");
  call->done = TRUE;
  if (!was_cut (call))
    return TRUE;
  g_propagate_error (error, bks_provider_new_error (call->provider, BKS_ERROR_CONTEXT,
                                                    "The request is longer than the model can read, and Ollama has cut it"));
  return FALSE;
}

/**
 * bks_ollama_take_frame:
 * @call: a call
 * @frame: a line of the stream, or the whole answer
 * @error: return location
 *
 * Returns: %FALSE if it is an error
 */
gboolean
bks_ollama_take_frame (BksProviderCall  *call,
                       JsonObject       *frame,
                       GError          **error)
{
  JsonObject *message = bks_json_get_object (frame, "message");
  const char *model = bks_json_get_string (frame, "model");
  const char *thinking = bks_json_get_string (message, "thinking");
  const char *text = bks_json_get_string (message, "content");
  gboolean done = FALSE;

  if (bks_json_has_failure (frame))
    {
      bks_provider_call_take_failure (call, frame, error);
      return FALSE;
    }
  if (model != NULL && bks_answer_get_model (call->answer) == NULL)
    bks_answer_set_model (call->answer, model);
  if (thinking != NULL)
    bks_provider_call_add_reasoning (call, thinking);
  if (text != NULL)
    bks_provider_call_add_text (call, text);
  return !bks_json_get_boolean (frame, "done", &done) || !done || take_end (call, frame, error);
}

/* A runner that finds the prompt too long fails, on some versions with a status of a fault of the server's. */
static void
bks_ollama_provider_read_failure (BksProvider        *provider,
                                  BksProviderFailure *failure,
                                  BksHttpExchange    *exchange,
                                  gint64              now_ms)
{
  if (failure->status == 500 && failure->message != NULL && strstr (failure->message, "context") != NULL &&
      strstr (failure->message, "exceed") != NULL)
    g_set_str (&failure->type, "context_length_exceeded");
}

static DexFuture *
complete_fiber (gpointer data)
{
  BksProviderCall *call = data;
  BksLimits *limits = bks_provider_get_limits (call->provider);
  g_autofree char *body = build_body (call->request);
  GError *error = NULL;
  BksWire wire = {
    .path = "/api/chat",
    .accept = "application/x-ndjson",
    .framing = BKS_FRAMING_NDJSON,
    .first_ms = call->request->stream ? limits->first_token_local_ms : limits->total_ms,
    .idle_ms = limits->idle_slow_ms,
    .take_frame = bks_ollama_take_frame,
  };

  if (bks_provider_call_await (call, &wire, body, &error))
    return dex_future_new_true ();
  return bks_future_error (error);
}

static DexFuture *
bks_ollama_provider_complete (BksProvider          *provider,
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
  return bks_provider_new_error (provider, BKS_ERROR_MALFORMED, "What answers at this address is not Ollama");
}

static DexFuture *
check_fiber (gpointer data)
{
  BksProviderQuery *query = data;
  GError *error = NULL;
  g_autoptr(JsonNode) root = bks_provider_await_json (query->provider, "/api/version", query->key, &error);

  if (root == NULL)
    return bks_future_error (error);
  if (!JSON_NODE_HOLDS_OBJECT (root) || bks_json_get_string (json_node_get_object (root), "version") == NULL)
    return bks_future_error (new_strange_answer (query->provider));
  return dex_future_new_true ();
}

static DexFuture *
bks_ollama_provider_check (BksProvider    *provider,
                           const char     *key,
                           DexCancellable *cancellable)
{
  return bks_spawn (cancellable, check_fiber, bks_provider_query_new (provider, key), bks_provider_query_free);
}

/* Newer servers tell; of older ones every model may be one that writes. */
static BksAbilities
read_abilities (JsonObject *object)
{
  static const struct { const char *name; BksAbilities ability; } names[] = {
    { "completion", BKS_ABILITY_TEXT },
    { "thinking", BKS_ABILITY_REASONING },
    { "tools", BKS_ABILITY_TOOLS },
    { "vision", BKS_ABILITY_VISION },
    { "embedding", BKS_ABILITY_EMBEDDINGS },
  };
  JsonArray *capabilities = bks_json_get_array (object, "capabilities");
  BksAbilities abilities = capabilities == NULL ? BKS_ABILITY_TEXT : 0;

  for (guint i = 0; capabilities != NULL && i < json_array_get_length (capabilities); i++)
    {
      JsonNode *node = json_array_get_element (capabilities, i);

      for (gsize n = 0; n < G_N_ELEMENTS (names); n++)
        if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING &&
            g_str_equal (json_node_get_string (node), names[n].name))
          abilities |= names[n].ability;
    }
  return abilities;
}

static BksModel *
read_model (BksProvider *provider,
            JsonObject  *object)
{
  const char *id = bks_json_get_string (object, "name");
  gint64 window = bks_json_get_count (bks_json_get_object (object, "details"), "context_length");
  BksModel *model;

  if (id == NULL)
    id = bks_json_get_string (object, "model");
  if (id == NULL || *id == '\0' || !(read_abilities (object) & BKS_ABILITY_TEXT))
    return NULL;
  model = bks_model_new (bks_provider_get_id (provider), id);
  bks_model_set_window (model, window > 0 ? window : -1);
  bks_model_set_abilities (model, read_abilities (object));
  /* What runs in Ollama's cloud is listed beside what runs here, and is not free. */
  if (!bks_provider_is_at (provider, "ollama.com") && !g_str_has_suffix (id, "-cloud") &&
      !g_str_has_suffix (id, ":cloud") && bks_json_get (object, "remote_host") == NULL)
    bks_model_set_prices (model, 0, 0);
  return model;
}

/**
 * bks_ollama_read_models:
 * @provider: the provider
 * @root: the answer to GET /api/tags
 *
 * Returns: (transfer full) (nullable): the models that write text, %NULL if @root is no list
 */
GPtrArray *
bks_ollama_read_models (BksProvider *provider,
                        JsonNode    *root)
{
  JsonArray *array = JSON_NODE_HOLDS_OBJECT (root) ? bks_json_get_array (json_node_get_object (root), "models") : NULL;
  GPtrArray *models;

  if (array == NULL)
    return NULL;
  models = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      BksModel *model = read_model (provider, bks_json_array_object (array, i));

      if (model != NULL)
        g_ptr_array_add (models, model);
    }
  return models;
}

/* The answer to POST /api/show: "model_info" has the window under a name that begins with the architecture. */
static gint64
read_shown_window (JsonObject *shown)
{
  JsonObject *info = bks_json_get_object (shown, "model_info");
  const char *architecture = bks_json_get_string (info, "general.architecture");
  g_autofree char *member = architecture != NULL ? g_strconcat (architecture, ".context_length", NULL) : NULL;

  return member != NULL ? bks_json_get_count (info, member) : -1;
}

/* Returns %FALSE if it is no model that writes. Who does not answer leaves it as it was. */
static gboolean
await_details (BksProviderQuery *query,
               BksModel         *model)
{
  guint within_ms = bks_provider_get_limits (query->provider)->check_ms;
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;
  g_autofree char *body = NULL;
  JsonObject *shown;
  gint64 window;

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "model", bks_model_get_id (model));
  json_builder_end_object (builder);
  body = bks_json_builder_end (builder);
  root = bks_provider_await_post (query->provider, "/api/show", body, within_ms, query->key, NULL);
  shown = root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  if (shown == NULL)
    return TRUE;
  window = read_shown_window (shown);
  if (window > 0)
    bks_model_set_window (model, window);
  bks_model_set_abilities (model, read_abilities (shown));
  return (bks_model_get_abilities (model) & BKS_ABILITY_TEXT) != 0;
}

/* Older servers list names alone and tell the rest only one by one. */
static void
await_missing_details (BksProviderQuery *query,
                       GPtrArray        *models)
{
  for (guint i = 0, shown = 0; i < models->len && shown < MAX_SHOWN; i++)
    {
      BksModel *model = g_ptr_array_index (models, i);

      if (bks_model_get_window (model) > 0)
        continue;
      shown++;
      if (!await_details (query, model))
        g_ptr_array_remove_index (models, i--);
    }
}

static DexFuture *
list_fiber (gpointer data)
{
  BksProviderQuery *query = data;
  GError *error = NULL;
  g_autoptr(JsonNode) root = bks_provider_await_json (query->provider, "/api/tags", query->key, &error);
  GPtrArray *models;

  if (root == NULL)
    return bks_future_error (error);
  models = bks_ollama_read_models (query->provider, root);
  if (models == NULL)
    return bks_future_error (new_strange_answer (query->provider));
  await_missing_details (query, models);
  return dex_future_new_take_boxed (G_TYPE_PTR_ARRAY, models);
}

static DexFuture *
bks_ollama_provider_list_models (BksProvider    *provider,
                                 const char     *key,
                                 DexCancellable *cancellable)
{
  return bks_spawn (cancellable, list_fiber, bks_provider_query_new (provider, key), bks_provider_query_free);
}

static JsonArray *
read_vectors (BksProvider  *provider,
              JsonNode     *root,
              GError      **error)
{
  JsonArray *vectors = JSON_NODE_HOLDS_OBJECT (root) ? bks_json_get_array (json_node_get_object (root), "embeddings") : NULL;

  return vectors != NULL ? json_array_ref (vectors) : NULL;
}

static DexFuture *
embed_fiber (gpointer data)
{
  BksEmbedding *embedding = data;
  const BksEmbeddingWire wire = {
    .path = "/api/embed",
    .member = "input",
    .names_model = TRUE,
    .at_once = TEXTS_PER_CALL,
    .within_ms = bks_provider_get_limits (embedding->provider)->first_token_local_ms,
    .read_vectors = read_vectors,
  };

  return bks_embedding_await (embedding, &wire);
}

static DexFuture *
bks_ollama_provider_embed (BksProvider        *provider,
                           const char         *model,
                           const char *const  *texts,
                           const char         *key,
                           DexCancellable     *cancellable)
{
  return bks_spawn (cancellable, embed_fiber, bks_embedding_new (provider, model, texts, key), bks_embedding_free);
}

static void
bks_ollama_provider_class_init (BksOllamaProviderClass *klass)
{
  BksProviderClass *provider_class = BKS_PROVIDER_CLASS (klass);

  provider_class->complete = bks_ollama_provider_complete;
  provider_class->check = bks_ollama_provider_check;
  provider_class->list_models = bks_ollama_provider_list_models;
  provider_class->embed = bks_ollama_provider_embed;
  provider_class->read_failure = bks_ollama_provider_read_failure;
}

static void
bks_ollama_provider_init (BksOllamaProvider *self)
{
}
