/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-embedding-private.h"
#include "bks-openai-private.h"
#include "bks-openai-provider.h"

#define HOMEPAGE "https://humanizer.com"
#define TEXTS_PER_CALL 32

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

static const BksOpenaiVendor vendors[] = {
  { "openai", "api.openai.com", "max_completion_tokens", "/models", FALSE, TRUE },
  /* Its list of models needs no key, so it proves nothing. */
  { "openrouter", "openrouter.ai", "max_tokens", "/key", TRUE, FALSE },
  { "together", "api.together.ai", "max_tokens", "/models", FALSE, FALSE },
  { "together", "api.together.xyz", "max_tokens", "/models", FALSE, FALSE },
};

static const BksOpenaiVendor any_vendor = { "", "", "max_tokens", "/models", FALSE, FALSE };

/**
 * bks_openai_find_vendor:
 * @provider: a provider
 *
 * By its id, so that a gateway in front of a vendor is spoken to as that
 * vendor; else by its address.
 *
 * Returns: (transfer none): in what it differs
 */
const BksOpenaiVendor *
bks_openai_find_vendor (BksProvider *provider)
{
  for (gsize i = 0; i < G_N_ELEMENTS (vendors); i++)
    if (g_str_equal (bks_provider_get_id (provider), vendors[i].id) || bks_provider_is_at (provider, vendors[i].host))
      return &vendors[i];
  return &any_vendor;
}

static const struct
{
  const char      *member;
  BksOpenaiQuirks  quirk;
} refusals[] = {
  { "temperature", BKS_OPENAI_QUIRK_NO_TEMPERATURE },
  { "max_tokens", BKS_OPENAI_QUIRK_OTHER_CAP },
  { "max_completion_tokens", BKS_OPENAI_QUIRK_OTHER_CAP },
  { "stream_options", BKS_OPENAI_QUIRK_NO_STREAM_OPTIONS },
  { "stream", BKS_OPENAI_QUIRK_NO_STREAM },
};

static gboolean
says (const BksProviderFailure *failure,
      const char               *word)
{
  return failure->message != NULL && strstr (failure->message, word) != NULL;
}

static gboolean
is_vendor (BksProvider *provider,
           const char  *id)
{
  return g_str_equal (bks_openai_find_vendor (provider)->id, id);
}

static gboolean
bks_openai_provider_authorize (BksProvider      *provider,
                               BksHttpExchange  *exchange,
                               const char       *key,
                               GError          **error)
{
  /* It wants to know which program calls; only the first one is needed. */
  if (is_vendor (provider, "openrouter"))
    {
      bks_http_exchange_set_header (exchange, "HTTP-Referer", HOMEPAGE);
      bks_http_exchange_set_header (exchange, "X-OpenRouter-Title", "Book Studio");
    }
  return BKS_PROVIDER_CLASS (bks_openai_provider_parent_class)->authorize (provider, exchange, key, error);
}

/* Together's 403 is documented as what is over the window; another one names its reason. */
static gboolean
is_forbidden (const BksProviderFailure *failure)
{
  static const char *const words[] = { "permission", "authoriz", "forbidden", "not allowed", "access" };
  g_autofree char *lower = failure->message != NULL ? g_ascii_strdown (failure->message, -1) : NULL;

  for (gsize i = 0; lower != NULL && i < G_N_ELEMENTS (words); i++)
    if (strstr (lower, words[i]) != NULL)
      return TRUE;
  return FALSE;
}

static void
bks_openai_provider_read_failure (BksProvider        *provider,
                                  BksProviderFailure *failure,
                                  BksHttpExchange    *exchange,
                                  gint64              now_ms)
{
  if (failure->status == 403 && is_vendor (provider, "together") && !is_forbidden (failure) &&
      bks_provider_failure_classify (failure) == BKS_ERROR_PERMISSION)
    g_set_str (&failure->type, "context_length_exceeded");
  /* OpenRouter's own 502: the one it asked is down, and others are there. */
  if (failure->status == 502 && is_vendor (provider, "openrouter") &&
      bks_provider_failure_classify (failure) == BKS_ERROR_SERVER)
    g_set_str (&failure->type, "provider_unavailable");
}

/* What a refusal is about, as the quirk that avoids it; 0 if nothing does. */
static BksOpenaiQuirks
find_quirk (const BksProviderFailure *failure,
            const char               *body)
{
  if (failure == NULL)
    return 0;
  /* "This model is only supported in v1/responses and not in v1/chat/completions." */
  if ((failure->status == 400 || failure->status == 404) && says (failure, "v1/responses"))
    return BKS_OPENAI_QUIRK_OTHER_API;
  if ((failure->status != 400 && failure->status != 422) ||
      bks_provider_failure_classify (failure) != BKS_ERROR_REQUEST)
    return 0;
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *quoted = g_strdup_printf ("\"%s\":", refusals[i].member);

      if (strstr (body, quoted) != NULL &&
          (g_strcmp0 (failure->param, refusals[i].member) == 0 || says (failure, refusals[i].member)))
        return refusals[i].quirk;
    }
  return 0;
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

/* Models that OpenAI serves by the Responses alone, as far as their names tell. */
static gboolean
needs_responses (const char *model)
{
  static const char *const patterns[] = { "o?-pro*", "gpt-*-pro*", "*codex*", "*deep-research*", "computer-use*" };

  for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++)
    if (g_pattern_match_simple (patterns[i], model))
      return TRUE;
  return FALSE;
}

static BksWire
choose_wire (BksProviderCall *call,
             const char      *path,
             gboolean         responses,
             BksOpenaiQuirks  quirks)
{
  BksLimits *limits = bks_provider_get_limits (call->provider);
  BksWire wire = {
    .path = path,
    .accept = "text/event-stream",
    .framing = BKS_FRAMING_SSE,
    .first_ms = limits->first_token_ms,
    .idle_ms = limits->idle_ms,
    .take_frame = responses ? bks_openai_responses_take_frame : bks_openai_take_frame,
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
  /* Somebody else waits to answer; a model that thinks first is let think. */
  if (call->request->first_token_ms > 0 && !may_reason (call->request->model))
    wire.first_ms = call->request->first_token_ms;
  /* A whole answer comes when its last token is written. */
  if (!call->request->stream || (quirks & BKS_OPENAI_QUIRK_NO_STREAM) != 0)
    wire.first_ms = limits->total_ms;
  return wire;
}

/* Fiber. What a server refuses is left out, renamed or asked in the other way, once each. */
static gboolean
await_answer (BksProviderCall  *call,
              GError          **error)
{
  const BksOpenaiVendor *vendor = bks_openai_find_vendor (call->provider);
  gboolean by_name = vendor->has_responses && needs_responses (call->request->model);
  BksOpenaiQuirks quirks = 0;

  for (;;)
    {
      gboolean responses = by_name != ((quirks & BKS_OPENAI_QUIRK_OTHER_API) != 0);
      const char *path = responses ? "/responses" : "/chat/completions";
      g_autofree char *body = responses ? bks_openai_responses_build (call->request, quirks)
                                        : bks_openai_chat_build (call->request, vendor, quirks);
      BksWire wire = choose_wire (call, path, responses, quirks);
      g_autoptr(GError) local = NULL;
      BksOpenaiQuirks quirk;

      if (bks_provider_call_await (call, &wire, body, &local))
        return TRUE;
      /* Never once a piece was shown. */
      quirk = bks_answer_get_first_token_ms (call->answer) < 0 ? find_quirk (call->failure, body) : 0;
      if (quirk == 0 || (quirks & quirk) != 0)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      g_debug ("%s refused a part of the request; asking again without it", bks_provider_get_id (call->provider));
      quirks |= quirk;
    }
}

static DexFuture *
complete_fiber (gpointer data)
{
  GError *error = NULL;

  return await_answer (data, &error) ? dex_future_new_true () : bks_future_error (error);
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

static GError *
new_strange_answer (BksProvider *provider)
{
  return bks_provider_new_error (provider, BKS_ERROR_MALFORMED,
                                 "What answers at this address is not an OpenAI-compatible server");
}

/* OpenRouter's answer to GET /key. A key without a limit of its own says nothing of the credit. */
static DexFuture *
read_credit (BksProvider *provider,
             JsonNode    *root)
{
  JsonObject *data = JSON_NODE_HOLDS_OBJECT (root) ? bks_json_get_object (json_node_get_object (root), "data") : NULL;
  BksMoney remaining;

  if (data == NULL)
    return bks_future_error (new_strange_answer (provider));
  if (!bks_json_get_money (data, "limit_remaining", &remaining))
    return dex_future_new_true ();
  if (remaining <= 0)
    return bks_future_error (bks_provider_new_error (provider, BKS_ERROR_BILLING,
                                                     "The key is valid, but its spending limit is used up"));
  return dex_future_new_take_boxed (BKS_TYPE_VERDICT, bks_verdict_new (BKS_VERDICT_CREDIT, remaining));
}

/* "Missing scopes: api.model.read": the key is good, for other calls. */
static gboolean
is_restricted (const GError *error)
{
  return g_error_matches (error, BKS_ERROR, BKS_ERROR_PERMISSION) && strstr (error->message, "scope") != NULL;
}

static DexFuture *
check_fiber (gpointer data)
{
  BksProviderQuery *query = data;
  const BksOpenaiVendor *vendor = bks_openai_find_vendor (query->provider);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) root = bks_provider_await_json (query->provider, vendor->check_path, query->key, &error);

  if (root == NULL && is_restricted (error))
    return dex_future_new_take_boxed (BKS_TYPE_VERDICT,
                                      bks_verdict_new (BKS_VERDICT_KEY_RESTRICTED, BKS_MONEY_UNKNOWN));
  if (root == NULL)
    return bks_future_error (g_steal_pointer (&error));
  if (vendor->tells_credit)
    return read_credit (query->provider, root);
  if (bks_openai_find_models (root) == NULL)
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

/* The vectors of {"data":[{"index":0,"embedding":[…]}, …]}, which may come in another order. */
static JsonArray *
read_vectors (BksProvider  *provider,
              JsonNode     *root,
              GError      **error)
{
  JsonArray *data = JSON_NODE_HOLDS_OBJECT (root) ? bks_json_get_array (json_node_get_object (root), "data") : NULL;
  guint length = data != NULL ? json_array_get_length (data) : 0;
  g_autofree JsonNode **found = g_new0 (JsonNode *, length);
  g_autoptr(JsonArray) vectors = json_array_new ();

  for (guint i = 0; i < length; i++)
    {
      JsonObject *object = bks_json_array_object (data, i);
      gint64 index = i;

      bks_json_get_int (object, "index", &index);
      if (index >= 0 && index < length)
        found[index] = bks_json_get (object, "embedding");
    }
  for (guint i = 0; i < length; i++)
    if (found[i] != NULL)
      json_array_add_element (vectors, json_node_copy (found[i]));
  return g_steal_pointer (&vectors);
}

static DexFuture *
embed_fiber (gpointer data)
{
  BksEmbedding *embedding = data;
  const BksEmbeddingWire wire = {
    .path = "/embeddings",
    .member = "input",
    .names_model = TRUE,
    .at_once = TEXTS_PER_CALL,
    .within_ms = bks_provider_get_limits (embedding->provider)->first_token_reasoning_ms,
    .read_vectors = read_vectors,
  };

  return bks_embedding_await (embedding, &wire);
}

static DexFuture *
bks_openai_provider_embed (BksProvider        *provider,
                           const char         *model,
                           const char *const  *texts,
                           const char         *key,
                           DexCancellable     *cancellable)
{
  return bks_spawn (cancellable, embed_fiber, bks_embedding_new (provider, model, texts, key), bks_embedding_free);
}

static void
bks_openai_provider_class_init (BksOpenaiProviderClass *klass)
{
  BksProviderClass *provider_class = BKS_PROVIDER_CLASS (klass);

  provider_class->complete = bks_openai_provider_complete;
  provider_class->check = bks_openai_provider_check;
  provider_class->list_models = bks_openai_provider_list_models;
  provider_class->embed = bks_openai_provider_embed;
  provider_class->authorize = bks_openai_provider_authorize;
  provider_class->read_failure = bks_openai_provider_read_failure;
}

static void
bks_openai_provider_init (BksOpenaiProvider *self)
{
}
