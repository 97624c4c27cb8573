/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <math.h>
#include <string.h>

#include "bks-async.h"
#include "bks-cloudflare-provider.h"
#include "bks-embedding-private.h"
#include "bks-provider-call-private.h"

/* Without a cap Cloudflare ends every answer after 256 tokens. */
#define DEFAULT_ANSWER_TOKENS 2048
#define MODELS_PER_PAGE 100
#define MAX_PAGES 20
#define TEXTS_PER_CALL 16
#define ACCOUNTS "/accounts/"

/**
 * BksCloudflareProvider:
 *
 * Cloudflare Workers AI by its own protocol, which reaches every model: some
 * answer as Cloudflare's models always did, newer ones as OpenAI's do.
 *
 * Source: Cloudflare's Workers AI documentation (REST API, errors, pricing),
 * API reference of /user/tokens/verify, /accounts/{id}/tokens/verify and
 * /accounts/{id}/ai/models/search, and its workers-ai-provider for the two
 * formats of a stream.
 */
struct _BksCloudflareProvider
{
  BksProvider parent_instance;

  char       *account_id; /* NULL: the one in the address, if there is one */
};

G_DEFINE_FINAL_TYPE (BksCloudflareProvider, bks_cloudflare_provider, BKS_TYPE_PROVIDER)

static void
bks_cloudflare_provider_finalize (GObject *object)
{
  g_free (BKS_CLOUDFLARE_PROVIDER (object)->account_id);
  G_OBJECT_CLASS (bks_cloudflare_provider_parent_class)->finalize (object);
}

static gboolean
is_account_id (const char *text)
{
  gsize length = strlen (text);

  for (const char *p = text; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && *p != '-' && *p != '_')
      return FALSE;
  return length > 0 && length <= 64;
}

static gboolean
bks_cloudflare_provider_set_option (BksProvider  *provider,
                                    const char   *name,
                                    const char   *value,
                                    GError      **error)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (value));

  if (!g_str_equal (name, BKS_PROVIDER_OPTION_ACCOUNT_ID))
    return BKS_PROVIDER_CLASS (bks_cloudflare_provider_parent_class)->set_option (provider, name, value, error);
  if (!is_account_id (trimmed))
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
                           "This is no account id: Cloudflare's are 32 letters and digits");
      return FALSE;
    }
  g_set_str (&BKS_CLOUDFLARE_PROVIDER (provider)->account_id, trimmed);
  return TRUE;
}

/* Somebody who pastes the address of a call gives the account with it. */
static char *
dup_account_id (BksProvider  *provider,
                GError      **error)
{
  const char *set = BKS_CLOUDFLARE_PROVIDER (provider)->account_id;
  const char *base = bks_provider_get_base_url (provider);
  const char *pasted = strstr (base, ACCOUNTS);
  g_autofree char *id = NULL;

  if (set != NULL)
    return g_strdup (set);
  if (pasted != NULL)
    {
      pasted += strlen (ACCOUNTS);
      id = g_strndup (pasted, strcspn (pasted, "/"));
    }
  if (id != NULL && is_account_id (id))
    return g_steal_pointer (&id);
  g_propagate_error (error, bks_provider_new_error (provider, BKS_ERROR_REQUEST,
                                                    "Cloudflare needs the account id besides the key, and there is none"));
  return NULL;
}

static char *
bks_cloudflare_provider_make_url (BksProvider *provider,
                                  const char  *path)
{
  const char *base = bks_provider_get_base_url (provider);
  const char *pasted = strstr (base, ACCOUNTS);
  g_autofree char *root = g_strndup (base, pasted != NULL ? (gsize) (pasted - base) : strlen (base));

  return g_strconcat (root, path, NULL);
}

/* The path of a call to a model, whose name has slashes and an "@" that stay as they are. */
static char *
make_run_path (BksProvider  *provider,
               const char   *model,
               GError      **error)
{
  g_autofree char *account_id = dup_account_id (provider, error);
  g_autofree char *escaped = NULL;

  if (account_id == NULL)
    return NULL;
  if (*model == '\0' || *model == '/' || strstr (model, "..") != NULL || !g_utf8_validate (model, -1, NULL))
    {
      g_propagate_error (error, bks_provider_new_error (provider, BKS_ERROR_MODEL,
                                                        "This cannot be the name of a model"));
      return NULL;
    }
  escaped = g_uri_escape_string (model, "/@:", FALSE);
  return g_strconcat (ACCOUNTS, account_id, "/ai/run/", escaped, NULL);
}

/* What some models refuse; each is left out or renamed once. */
typedef enum
{
  QUIRK_NO_TEMPERATURE = 1 << 0,
  QUIRK_OTHER_CAP = 1 << 1,
} Quirks;

static gint64
get_cap (BksCompletionRequest *request)
{
  return request->max_tokens >= 0 ? request->max_tokens : DEFAULT_ANSWER_TOKENS;
}

static char *
build_body (BksCompletionRequest *request,
            Quirks                quirks)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  bks_provider_add_messages (builder, request);
  bks_json_add_boolean (builder, "stream", request->stream);
  bks_json_add_int (builder, quirks & QUIRK_OTHER_CAP ? "max_completion_tokens" : "max_tokens", get_cap (request));
  if (!isnan (request->temperature) && !(quirks & QUIRK_NO_TEMPERATURE))
    bks_json_add_double (builder, "temperature", request->temperature);
  json_builder_end_object (builder);
  return bks_json_builder_end (builder);
}

static Quirks
find_quirk (BksProviderCall *call,
            const GError    *error)
{
  const BksProviderFailure *failure = call->failure;

  if (!g_error_matches (error, BKS_ERROR, BKS_ERROR_REQUEST) || failure == NULL || failure->message == NULL ||
      (failure->status != 400 && failure->status != 422))
    return 0;
  if (!isnan (call->request->temperature) && strstr (failure->message, "temperature") != NULL)
    return QUIRK_NO_TEMPERATURE;
  return strstr (failure->message, "max_tokens") != NULL ? QUIRK_OTHER_CAP : 0;
}

/* "response" is text, but a model that was asked for JSON, or writes "42", sends what it reads as. */
static char *
dup_response (JsonNode *node)
{
  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return NULL;
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_dup_string (node);
  return bks_json_to_string (node);
}

/* One of Cloudflare's own frames, or the result of a whole answer in that form. */
static void
take_response (BksProviderCall *call,
               JsonObject      *object)
{
  JsonObject *usage = bks_json_get_object (object, "usage");
  BksTokenUsage *counts = bks_answer_edit_usage (call->answer);
  g_autofree char *text = dup_response (bks_json_get (object, "response"));
  gint64 input = bks_json_get_count (usage, "prompt_tokens");
  gint64 output = bks_json_get_count (usage, "completion_tokens");

  if (text != NULL && *text != '\0')
    bks_provider_call_add_text (call, text);
  if (input >= 0)
    counts->input = input;
  if (output >= 0)
    counts->output = output;
  if (call->done && text != NULL)
    /* It does not say why it ended, but what was allowed is used up. */
    bks_provider_call_finish (call, output >= get_cap (call->request) ? "length" : "stop");
  else if (output >= get_cap (call->request))
    bks_provider_call_finish (call, "length");
}

/**
 * bks_cloudflare_take_frame:
 * @call: a call
 * @frame: a frame of the stream, or the whole answer in its envelope
 * @error: return location
 *
 * Returns: %FALSE if it is an error
 */
gboolean
bks_cloudflare_take_frame (BksProviderCall  *call,
                           JsonObject       *frame,
                           GError          **error)
{
  JsonObject *result = bks_json_get_object (frame, "result");

  if (bks_json_has_failure (frame))
    {
      bks_provider_call_take_failure (call, frame, error);
      return FALSE;
    }
  if (result == NULL)
    result = frame;
  if (bks_json_get_array (result, "choices") != NULL)
    {
      if (!bks_openai_take_frame (call, result, error))
        return FALSE;
      if (call->done)
        bks_provider_call_finish (call, "stop");
    }
  else
    take_response (call, result);
  return TRUE;
}

static DexFuture *
complete_fiber (gpointer data)
{
  BksProviderCall *call = data;
  BksLimits *limits = bks_provider_get_limits (call->provider);
  GError *failure = NULL;
  g_autofree char *path = make_run_path (call->provider, call->request->model, &failure);
  Quirks quirks = 0;
  BksWire wire = {
    .path = path,
    .accept = "text/event-stream",
    .framing = BKS_FRAMING_SSE,
    .first_ms = limits->first_token_ms,
    .idle_ms = limits->idle_ms,
    .take_frame = bks_cloudflare_take_frame,
  };

  /* Somebody else waits to answer. */
  if (call->request->first_token_ms > 0)
    wire.first_ms = call->request->first_token_ms;
  /* A whole answer comes when its last token is written. */
  if (!call->request->stream)
    wire.first_ms = limits->total_ms;

  if (path == NULL)
    return bks_future_error (failure);
  for (;;)
    {
      g_autofree char *body = build_body (call->request, quirks);
      g_autoptr(GError) error = NULL;
      Quirks quirk;

      if (bks_provider_call_await (call, &wire, body, &error))
        return dex_future_new_true ();
      quirk = find_quirk (call, error);
      if (quirk == 0 || (quirks & quirk) != 0)
        return bks_future_error (g_steal_pointer (&error));
      quirks |= quirk;
    }
}

static DexFuture *
bks_cloudflare_provider_complete (BksProvider          *provider,
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
  return bks_provider_new_error (provider, BKS_ERROR_MALFORMED, "What answers at this address is not Cloudflare");
}

/* What the envelope of @root holds as its result; a reference of @root's. */
static JsonNode *
open_envelope (BksProvider  *provider,
               JsonNode     *root,
               GError      **error)
{
  JsonObject *envelope = JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  JsonNode *result = bks_json_get (envelope, "result");
  gboolean success = FALSE;

  if (result != NULL && bks_json_get_boolean (envelope, "success", &success) && success)
    return result;
  g_propagate_error (error, new_strange_answer (provider));
  return NULL;
}

static JsonNode *
await_models (BksProvider  *provider,
              const char   *account_id,
              guint         per_page,
              guint         page,
              const char   *key,
              GError      **error)
{
  g_autofree char *path = g_strdup_printf (ACCOUNTS "%s/ai/models/search?task=Text%%20Generation&per_page=%u&page=%u",
                                           account_id, per_page, page);
  g_autoptr(JsonNode) root = bks_provider_await_json (provider, path, key, error);
  JsonNode *result = root != NULL ? open_envelope (provider, root, error) : NULL;

  if (result == NULL)
    return NULL;
  if (JSON_NODE_HOLDS_ARRAY (result))
    return json_node_copy (result);
  g_propagate_error (error, new_strange_answer (provider));
  return NULL;
}

/* "active", "disabled" or "expired"; NULL: this is not the place that knows the key. */
static char *
await_token_status (BksProvider *provider,
                    const char  *path,
                    const char  *key)
{
  g_autoptr(JsonNode) root = bks_provider_await_json (provider, path, key, NULL);
  JsonNode *result = root != NULL ? open_envelope (provider, root, NULL) : NULL;

  if (result == NULL || !JSON_NODE_HOLDS_OBJECT (result))
    return NULL;
  return g_strdup (bks_json_get_string (json_node_get_object (result), "status"));
}

/*
 * The account refuses the key. A key that is the author's own is known at the
 * one address, one that belongs to the account at the other; if either knows
 * it, the key is right and the account or its permissions are not.
 */
static void
await_cause (BksProviderQuery  *query,
             const char        *account_id,
             GError           **error)
{
  g_autofree char *own_path = g_strconcat (ACCOUNTS, account_id, "/tokens/verify", NULL);
  g_autofree char *status = await_token_status (query->provider, "/user/tokens/verify", query->key);
  const char *message = NULL;

  if (status == NULL)
    status = await_token_status (query->provider, own_path, query->key);
  if (status == NULL)
    return;
  if (g_str_equal (status, "active"))
    {
      (*error)->code = BKS_ERROR_PERMISSION;
      message = "The key is valid, but not for this account id, or it lacks the permission for Workers AI";
    }
  else if (g_str_equal (status, "expired"))
    message = "The key has expired";
  else
    message = "The key is switched off";
  g_free ((*error)->message);
  (*error)->message = g_strdup (message);
}

static DexFuture *
check_fiber (gpointer data)
{
  BksProviderQuery *query = data;
  GError *error = NULL;
  g_autofree char *account_id = dup_account_id (query->provider, &error);
  g_autoptr(JsonNode) models = NULL;

  if (account_id == NULL)
    return bks_future_error (error);
  /* Proves key, account and permission at once. */
  models = await_models (query->provider, account_id, 1, 1, query->key, &error);
  if (models != NULL)
    return dex_future_new_true ();
  if (query->key != NULL && (g_error_matches (error, BKS_ERROR, BKS_ERROR_AUTH) ||
                             g_error_matches (error, BKS_ERROR, BKS_ERROR_PERMISSION)))
    await_cause (query, account_id, &error);
  return bks_future_error (error);
}

static DexFuture *
bks_cloudflare_provider_check (BksProvider    *provider,
                               const char     *key,
                               DexCancellable *cancellable)
{
  return bks_spawn (cancellable, check_fiber, bks_provider_query_new (provider, key), bks_provider_query_free);
}

/* Dollars a million tokens, as [{"unit":"per M input tokens","price":0.06,"currency":"USD"}, …]. */
static void
read_prices (BksModel  *model,
             JsonArray *prices)
{
  BksMoney input = BKS_MONEY_UNKNOWN, output = BKS_MONEY_UNKNOWN;

  for (guint i = 0; prices != NULL && i < json_array_get_length (prices); i++)
    {
      JsonObject *price = bks_json_array_object (prices, i);
      const char *unit = bks_json_get_string (price, "unit");
      const char *currency = bks_json_get_string (price, "currency");
      BksMoney million;

      if (unit == NULL || (currency != NULL && !g_str_equal (currency, "USD")) ||
          !bks_json_get_money (price, "price", &million) || million <= 0)
        continue;
      if (g_str_equal (unit, "per M input tokens"))
        input = (million + 500000) / 1000000;
      else if (g_str_equal (unit, "per M output tokens"))
        output = (million + 500000) / 1000000;
    }
  bks_model_set_prices (model, input, output);
}

/* Values are texts, whatever they mean. */
static void
read_property (BksModel   *model,
               JsonObject *property)
{
  static const struct { const char *id; BksAbilities ability; } abilities[] = {
    { "function_calling", BKS_ABILITY_TOOLS },
    { "reasoning", BKS_ABILITY_REASONING },
    { "vision", BKS_ABILITY_VISION },
  };
  const char *id = bks_json_get_string (property, "property_id");
  const char *value = bks_json_get_string (property, "value");
  gint64 window = bks_json_get_count (property, "value");

  if (id == NULL)
    return;
  if (g_str_equal (id, "context_window") && window > 0)
    bks_model_set_window (model, window);
  else if (g_str_equal (id, "price"))
    read_prices (model, bks_json_get_array (property, "value"));
  for (gsize i = 0; i < G_N_ELEMENTS (abilities); i++)
    if (g_str_equal (id, abilities[i].id) && g_strcmp0 (value, "true") == 0)
      bks_model_set_abilities (model, bks_model_get_abilities (model) | abilities[i].ability);
}

/**
 * bks_cloudflare_read_models:
 * @provider: the provider's id
 * @array: the result of a search for models
 * @models: (element-type BksModel): those that write text are added here
 */
void
bks_cloudflare_read_models (const char *provider,
                            JsonArray  *array,
                            GPtrArray  *models)
{
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *object = bks_json_array_object (array, i);
      /* "id" is a number of Cloudflare's own that no call takes. */
      const char *name = bks_json_get_string (object, "name");
      const char *task = bks_json_get_string (bks_json_get_object (object, "task"), "name");
      JsonArray *properties = bks_json_get_array (object, "properties");
      BksModel *model;

      if (name == NULL || *name == '\0' || (task != NULL && !g_str_equal (task, "Text Generation")))
        continue;
      model = bks_model_new (provider, name);
      bks_model_set_abilities (model, BKS_ABILITY_TEXT);
      for (guint p = 0; properties != NULL && p < json_array_get_length (properties); p++)
        read_property (model, bks_json_array_object (properties, p));
      g_ptr_array_add (models, model);
    }
}

static DexFuture *
list_fiber (gpointer data)
{
  BksProviderQuery *query = data;
  GError *error = NULL;
  g_autofree char *account_id = dup_account_id (query->provider, &error);
  g_autoptr(GPtrArray) models = g_ptr_array_new_with_free_func (g_object_unref);
  gboolean more = account_id != NULL;

  if (account_id == NULL)
    return bks_future_error (error);
  for (guint page = 1; more && page <= MAX_PAGES; page++)
    {
      g_autoptr(JsonNode) result = await_models (query->provider, account_id, MODELS_PER_PAGE, page, query->key, &error);

      if (result == NULL)
        return bks_future_error (error);
      bks_cloudflare_read_models (bks_provider_get_id (query->provider), json_node_get_array (result), models);
      more = json_array_get_length (json_node_get_array (result)) >= MODELS_PER_PAGE;
    }
  return dex_future_new_take_boxed (G_TYPE_PTR_ARRAY, g_steal_pointer (&models));
}

static DexFuture *
bks_cloudflare_provider_list_models (BksProvider    *provider,
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
  JsonNode *result = open_envelope (provider, root, error);
  JsonArray *data = NULL;

  if (result != NULL && JSON_NODE_HOLDS_OBJECT (result))
    data = bks_json_get_array (json_node_get_object (result), "data");
  return data != NULL ? json_array_ref (data) : NULL;
}

static DexFuture *
embed_fiber (gpointer data)
{
  BksEmbedding *embedding = data;
  GError *error = NULL;
  g_autofree char *path = make_run_path (embedding->provider, embedding->model, &error);
  const BksEmbeddingWire wire = {
    .path = path,
    .member = "text",
    .at_once = TEXTS_PER_CALL,
    .within_ms = bks_provider_get_limits (embedding->provider)->first_token_ms,
    .read_vectors = read_vectors,
  };

  return path != NULL ? bks_embedding_await (embedding, &wire) : bks_future_error (error);
}

static DexFuture *
bks_cloudflare_provider_embed (BksProvider        *provider,
                               const char         *model,
                               const char *const  *texts,
                               const char         *key,
                               DexCancellable     *cancellable)
{
  return bks_spawn (cancellable, embed_fiber, bks_embedding_new (provider, model, texts, key), bks_embedding_free);
}

static void
bks_cloudflare_provider_class_init (BksCloudflareProviderClass *klass)
{
  BksProviderClass *provider_class = BKS_PROVIDER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = bks_cloudflare_provider_finalize;
  provider_class->complete = bks_cloudflare_provider_complete;
  provider_class->check = bks_cloudflare_provider_check;
  provider_class->list_models = bks_cloudflare_provider_list_models;
  provider_class->embed = bks_cloudflare_provider_embed;
  provider_class->set_option = bks_cloudflare_provider_set_option;
  provider_class->make_url = bks_cloudflare_provider_make_url;
}

static void
bks_cloudflare_provider_init (BksCloudflareProvider *self)
{
}
