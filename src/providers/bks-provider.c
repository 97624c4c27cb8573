/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <string.h>

#include "bks-anthropic-provider.h"
#include "bks-async.h"
#include "bks-cloudflare-provider.h"
#include "bks-ollama-provider.h"
#include "bks-openai-provider.h"
#include "bks-provider-error.h"
#include "bks-provider-json.h"
#include "bks-provider-private.h"
#include "bks-url.h"

typedef struct
{
  char      *id;
  char      *base_url;
  BksHttp   *http;
  BksLimits *limits;
} BksProviderPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (BksProvider, bks_provider, G_TYPE_OBJECT)

/* The wire protocols, and what stands before every call of theirs. */
static const struct
{
  const char *name;
  const char *api_path;
  GType     (*get_type) (void);
} protocols[] = {
  { "anthropic", "/v1", bks_anthropic_provider_get_type },
  { "cloudflare", "/client/v4", bks_cloudflare_provider_get_type },
  { "ollama", "", bks_ollama_provider_get_type },
  { "openai", "/v1", bks_openai_provider_get_type },
};

static void
bks_provider_finalize (GObject *object)
{
  BksProviderPrivate *priv = bks_provider_get_instance_private (BKS_PROVIDER (object));

  g_free (priv->id);
  g_free (priv->base_url);
  g_clear_object (&priv->http);
  g_clear_pointer (&priv->limits, bks_limits_unref);
  G_OBJECT_CLASS (bks_provider_parent_class)->finalize (object);
}

static DexFuture *
new_unsupported (void)
{
  return dex_future_new_reject (BKS_ERROR, BKS_ERROR_UNSUPPORTED, "The provider does not offer this");
}

static DexFuture *
bks_provider_real_embed (BksProvider        *self,
                         const char         *model,
                         const char *const  *texts,
                         const char         *key,
                         DexCancellable     *cancellable)
{
  return new_unsupported ();
}

static DexFuture *
bks_provider_real_count_tokens (BksProvider          *self,
                                BksCompletionRequest *request,
                                const char           *key,
                                DexCancellable       *cancellable)
{
  return new_unsupported ();
}

static gboolean
bks_provider_real_set_option (BksProvider  *self,
                              const char   *name,
                              const char   *value,
                              GError      **error)
{
  g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "This provider has no setting “%.32s”", name);
  return FALSE;
}

static char *
bks_provider_real_make_url (BksProvider *self,
                            const char  *path)
{
  return g_strconcat (bks_provider_get_base_url (self), path, NULL);
}

static gboolean
bks_provider_real_authorize (BksProvider      *self,
                             BksHttpExchange  *exchange,
                             const char       *key,
                             GError          **error)
{
  return key == NULL || bks_http_exchange_set_bearer (exchange, key, error);
}

static void
bks_provider_class_init (BksProviderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_provider_finalize;
  klass->embed = bks_provider_real_embed;
  klass->count_tokens = bks_provider_real_count_tokens;
  klass->set_option = bks_provider_real_set_option;
  klass->make_url = bks_provider_real_make_url;
  klass->authorize = bks_provider_real_authorize;
}

static void
bks_provider_init (BksProvider *self)
{
}

static int
find_protocol (const char  *name,
               GError     **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (protocols); i++)
    if (g_str_equal (protocols[i].name, name))
      return (int) i;
  g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "There is no protocol “%.32s”", name);
  return -1;
}

/**
 * bks_provider_normalize_base_url:
 * @protocol: "anthropic", "cloudflare", "ollama" or "openai"
 * @text: an address as a person typed or pasted it
 * @error: return location
 *
 * Returns: (transfer full): the address of the API, as bks_url_normalize_base()
 *   understands it, or %NULL with %BKS_ERROR_INVALID_ARGUMENT
 */
char *
bks_provider_normalize_base_url (const char  *protocol,
                                 const char  *text,
                                 GError     **error)
{
  int index;

  g_return_val_if_fail (protocol != NULL && text != NULL, NULL);

  index = find_protocol (protocol, error);
  return index >= 0 ? bks_url_normalize_base (text, protocols[index].api_path, error) : NULL;
}

/**
 * bks_provider_new:
 * @protocol: how it is spoken to: "anthropic", "cloudflare", "ollama" or "openai"
 * @id: the provider's id
 * @base_url: its address, in any way a person writes it
 * @http: the session
 * @limits: the limits of its calls
 * @error: return location
 *
 * Returns: (transfer full): the provider, or %NULL with %BKS_ERROR_INVALID_ARGUMENT
 */
BksProvider *
bks_provider_new (const char  *protocol,
                  const char  *id,
                  const char  *base_url,
                  BksHttp     *http,
                  BksLimits   *limits,
                  GError     **error)
{
  g_autofree char *normal = NULL;
  BksProvider *self;
  BksProviderPrivate *priv;
  int index;

  g_return_val_if_fail (protocol != NULL && id != NULL && base_url != NULL, NULL);
  g_return_val_if_fail (BKS_IS_HTTP (http) && limits != NULL, NULL);

  normal = bks_provider_normalize_base_url (protocol, base_url, error);
  if (normal == NULL)
    return NULL;
  index = find_protocol (protocol, NULL);
  self = g_object_new (protocols[index].get_type (), NULL);
  priv = bks_provider_get_instance_private (self);
  priv->id = g_strdup (id);
  priv->base_url = g_steal_pointer (&normal);
  priv->http = g_object_ref (http);
  priv->limits = bks_limits_ref (limits);
  return self;
}

/**
 * bks_provider_get_id:
 * @self: a provider
 *
 * Returns: (transfer none): its id
 */
const char *
bks_provider_get_id (BksProvider *self)
{
  BksProviderPrivate *priv = bks_provider_get_instance_private (self);

  g_return_val_if_fail (BKS_IS_PROVIDER (self), NULL);

  return priv->id;
}

/**
 * bks_provider_get_base_url:
 * @self: a provider
 *
 * Returns: (transfer none): its address as it was understood, without an end slash
 */
const char *
bks_provider_get_base_url (BksProvider *self)
{
  BksProviderPrivate *priv = bks_provider_get_instance_private (self);

  g_return_val_if_fail (BKS_IS_PROVIDER (self), NULL);

  return priv->base_url;
}

/**
 * bks_provider_complete:
 * @self: a provider
 * @request: the question
 * @key: (nullable): the key, kept no longer than the call
 * @answer: filled while the answer arrives
 * @cancellable: (nullable): stops the call, closing its socket
 *
 * Returns: (transfer full): resolves to %TRUE when the answer is complete;
 *   rejects with a provider class of #BksError, its facts filled in
 */
DexFuture *
bks_provider_complete (BksProvider          *self,
                       BksCompletionRequest *request,
                       const char           *key,
                       BksAnswer            *answer,
                       DexCancellable       *cancellable)
{
  g_return_val_if_fail (BKS_IS_PROVIDER (self) && request != NULL && BKS_IS_ANSWER (answer), NULL);

  return BKS_PROVIDER_GET_CLASS (self)->complete (self, request, key, answer, cancellable);
}

/* Most protocols only tell that all is well. */
static DexFuture *
make_verdict_cb (DexFuture *checked,
                 gpointer   has_key)
{
  if (G_VALUE_HOLDS (dex_future_get_value (checked, NULL), BKS_TYPE_VERDICT))
    return dex_ref (checked);
  return dex_future_new_take_boxed (BKS_TYPE_VERDICT,
                                    bks_verdict_new (GPOINTER_TO_INT (has_key) ? BKS_VERDICT_KEY_ACCEPTED
                                                                               : BKS_VERDICT_REACHABLE,
                                                     BKS_MONEY_UNKNOWN));
}

/**
 * bks_provider_check:
 * @self: a provider
 * @key: (nullable): the key
 * @cancellable: (nullable): stops the call
 *
 * Asks the server for something that is free and, where it can, needs the key.
 *
 * Returns: (transfer full): resolves to a #BksVerdict if the server is there
 *   and takes the key; rejects with a provider class whose message names the cause
 */
DexFuture *
bks_provider_check (BksProvider    *self,
                    const char     *key,
                    DexCancellable *cancellable)
{
  g_return_val_if_fail (BKS_IS_PROVIDER (self), NULL);

  return dex_future_then (BKS_PROVIDER_GET_CLASS (self)->check (self, key, cancellable), make_verdict_cb,
                          GINT_TO_POINTER (key != NULL), NULL);
}

/**
 * bks_provider_list_models:
 * @self: a provider
 * @key: (nullable): the key
 * @cancellable: (nullable): stops the call
 *
 * Returns: (transfer full): resolves to a %G_TYPE_PTR_ARRAY of #BksModel that
 *   write text, in the provider's order
 */
DexFuture *
bks_provider_list_models (BksProvider    *self,
                          const char     *key,
                          DexCancellable *cancellable)
{
  g_return_val_if_fail (BKS_IS_PROVIDER (self), NULL);

  return BKS_PROVIDER_GET_CLASS (self)->list_models (self, key, cancellable);
}

/**
 * bks_provider_embed:
 * @self: a provider
 * @model: a model that makes embeddings
 * @texts: (array zero-terminated=1): what to embed
 * @key: (nullable): the key
 * @cancellable: (nullable): stops the call
 *
 * Returns: (transfer full): resolves to a %G_TYPE_PTR_ARRAY of #GArray of
 *   float, one a text in their order; rejects with a provider class, or with
 *   %BKS_ERROR_UNSUPPORTED where the protocol has no such call
 */
DexFuture *
bks_provider_embed (BksProvider        *self,
                    const char         *model,
                    const char *const  *texts,
                    const char         *key,
                    DexCancellable     *cancellable)
{
  g_return_val_if_fail (BKS_IS_PROVIDER (self) && model != NULL && texts != NULL, NULL);

  return BKS_PROVIDER_GET_CLASS (self)->embed (self, model, texts, key, cancellable);
}

/**
 * bks_provider_count_tokens:
 * @self: a provider
 * @request: the question
 * @key: (nullable): the key
 * @cancellable: (nullable): stops the call
 *
 * Asks how long the question is, which costs nothing.
 *
 * Returns: (transfer full): resolves to the number of tokens as an int64;
 *   rejects with a provider class, or with %BKS_ERROR_UNSUPPORTED where the
 *   protocol has no such call and the caller has to estimate
 */
DexFuture *
bks_provider_count_tokens (BksProvider          *self,
                           BksCompletionRequest *request,
                           const char           *key,
                           DexCancellable       *cancellable)
{
  g_return_val_if_fail (BKS_IS_PROVIDER (self) && request != NULL, NULL);

  return BKS_PROVIDER_GET_CLASS (self)->count_tokens (self, request, key, cancellable);
}

/**
 * bks_provider_set_option:
 * @self: a provider that was asked nothing yet
 * @name: %BKS_PROVIDER_OPTION_ACCOUNT_ID or %BKS_PROVIDER_OPTION_API_VERSION
 * @value: its value
 * @error: return location
 *
 * Returns: %FALSE with %BKS_ERROR_INVALID_ARGUMENT if the protocol does not
 *   know the setting or @value cannot be one
 */
gboolean
bks_provider_set_option (BksProvider  *self,
                         const char   *name,
                         const char   *value,
                         GError      **error)
{
  g_return_val_if_fail (BKS_IS_PROVIDER (self) && name != NULL && value != NULL, FALSE);

  return BKS_PROVIDER_GET_CLASS (self)->set_option (self, name, value, error);
}

/**
 * bks_provider_make_url:
 * @self: a provider
 * @path: of a call, after the base address
 *
 * Returns: (transfer full): where the call goes
 */
char *
bks_provider_make_url (BksProvider *self,
                       const char  *path)
{
  return BKS_PROVIDER_GET_CLASS (self)->make_url (self, path);
}

/**
 * bks_provider_authorize:
 * @self: a provider
 * @exchange: an exchange with it that has not begun
 * @key: (nullable): the key
 * @error: return location
 *
 * Puts on @exchange what every call of the protocol carries, the key among it.
 *
 * Returns: %FALSE as bks_http_exchange_set_key()
 */
gboolean
bks_provider_authorize (BksProvider      *self,
                        BksHttpExchange  *exchange,
                        const char       *key,
                        GError          **error)
{
  return BKS_PROVIDER_GET_CLASS (self)->authorize (self, exchange, key, error);
}

/**
 * bks_provider_read_failure:
 * @self: a provider
 * @failure: a failure of one of its calls
 * @exchange: (nullable): that call, its head received
 *
 * Adds what the headers say, and what only the protocol knows.
 */
void
bks_provider_read_failure (BksProvider        *self,
                           BksProviderFailure *failure,
                           BksHttpExchange    *exchange)
{
  gint64 now_ms = bks_clock_get_now_ms (bks_provider_get_limits (self)->clock);

  if (exchange != NULL)
    bks_provider_failure_add_head (failure, exchange, now_ms);
  if (BKS_PROVIDER_GET_CLASS (self)->read_failure != NULL)
    BKS_PROVIDER_GET_CLASS (self)->read_failure (self, failure, exchange, now_ms);
}

/**
 * bks_provider_get_http:
 * @self: a provider
 *
 * Returns: (transfer none): the session
 */
BksHttp *
bks_provider_get_http (BksProvider *self)
{
  BksProviderPrivate *priv = bks_provider_get_instance_private (self);

  return priv->http;
}

/**
 * bks_provider_get_limits:
 * @self: a provider
 *
 * Returns: (transfer none): the limits of its calls
 */
BksLimits *
bks_provider_get_limits (BksProvider *self)
{
  BksProviderPrivate *priv = bks_provider_get_instance_private (self);

  return priv->limits;
}

/**
 * bks_provider_is_at:
 * @self: a provider
 * @host: a host's name
 *
 * Returns: whether @self is spoken to there
 */
gboolean
bks_provider_is_at (BksProvider *self,
                    const char  *host)
{
  g_autoptr(GUri) uri = g_uri_parse (bks_provider_get_base_url (self), G_URI_FLAGS_NONE, NULL);

  return uri != NULL && g_strcmp0 (g_uri_get_host (uri), host) == 0;
}

/**
 * bks_provider_is_local:
 * @self: a provider
 *
 * Returns: whether it runs on this machine, where models are loaded slowly and cost nothing
 */
gboolean
bks_provider_is_local (BksProvider *self)
{
  return bks_url_is_loopback (bks_provider_get_base_url (self));
}

/**
 * bks_provider_new_error:
 * @self: a provider
 * @code: the class
 * @message: the cause as a sentence
 *
 * Returns: (transfer full): an error that names the provider
 */
GError *
bks_provider_new_error (BksProvider *self,
                        BksError     code,
                        const char  *message)
{
  GError *error = g_error_new_literal (BKS_ERROR, code, message);

  bks_error_get_facts (error)->provider = g_strdup (bks_provider_get_id (self));
  return error;
}

/**
 * bks_provider_adopt:
 * @self: a provider
 * @error: (inout): a failure of one of its calls
 *
 * Makes it one of the provider classes and fills in the provider.
 */
void
bks_provider_adopt (BksProvider  *self,
                    GError      **error)
{
  GError *result;
  BksErrorFacts *facts;

  if (bks_error_is_cancelled (*error))
    result = g_error_new_literal (BKS_ERROR, BKS_ERROR_CANCELLED, "The call was stopped");
  else
    result = bks_error_normalize (*error, NULL);
  if (result->code == BKS_ERROR_INVALID_ARGUMENT)
    result->code = BKS_ERROR_REQUEST;
  else if (result->code == BKS_ERROR_TOO_LARGE)
    result->code = BKS_ERROR_MALFORMED;
  else if (result->code < (int) BKS_ERROR_AUTH)
    result->code = BKS_ERROR_TRANSPORT;

  facts = bks_error_get_facts (result);
  if (facts->provider == NULL)
    facts->provider = g_strdup (bks_provider_get_id (self));
  g_clear_error (error);
  *error = result;
}

static gboolean
await_body (BksHttpExchange  *exchange,
            GString          *body,
            gsize             limit,
            GError          **error)
{
  for (;;)
    {
      g_autoptr(GBytes) bytes = dex_await_boxed (bks_http_exchange_read (exchange), error);

      if (bytes == NULL)
        return FALSE;
      if (g_bytes_get_size (bytes) == 0)
        return TRUE;
      if (body->len + g_bytes_get_size (bytes) > limit)
        {
          g_set_error_literal (error, BKS_ERROR, BKS_ERROR_MALFORMED,
                               "The answer is larger than any answer can be");
          return FALSE;
        }
      g_string_append_len (body, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
    }
}

static GError *
new_refusal (BksProvider     *self,
             BksHttpExchange *exchange,
             GString         *body,
             const char      *key)
{
  BksLimits *limits = bks_provider_get_limits (self);
  g_autoptr(BksProviderFailure) failure = NULL;

  failure = bks_provider_failure_new_body (bks_http_exchange_get_status (exchange), body->str, body->len,
                                           key, limits->error_text_bytes);
  bks_provider_read_failure (self, failure, exchange);
  return bks_provider_failure_to_error (failure, bks_provider_get_id (self));
}

/* The document of a response, or why it is none. */
static JsonNode *
read_document (BksProvider      *self,
               BksHttpExchange  *exchange,
               GString          *body,
               const char       *key,
               GError          **error)
{
  guint status = bks_http_exchange_get_status (exchange);
  g_autoptr(JsonNode) root = NULL;

  if (status < 200 || status >= 300)
    {
      g_propagate_error (error, new_refusal (self, exchange, body, key));
      return NULL;
    }
  root = bks_provider_json_parse (body->str, body->len, NULL);
  if (root == NULL)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_MALFORMED,
                         body->str[strspn (body->str, " \t\r\n")] == '<'
                         ? "The address answered with a web page, not with JSON: it is probably wrong"
                         : "The address answered with something that is not JSON: it is probably wrong");
  else if (JSON_NODE_HOLDS_OBJECT (root) && bks_json_has_failure (json_node_get_object (root)))
    g_propagate_error (error, new_refusal (self, exchange, body, key));
  else
    return g_steal_pointer (&root);
  return NULL;
}

static JsonNode *
await_document (BksProvider      *self,
                BksHttpExchange  *exchange,
                guint             within_ms,
                const char       *key,
                GError          **error)
{
  BksLimits *limits = bks_provider_get_limits (self);
  g_autoptr(GString) body = g_string_new (NULL);
  gboolean refused;

  if (!dex_await (bks_http_exchange_send (exchange), error))
    return NULL;
  refused = bks_http_exchange_get_status (exchange) >= 300;
  bks_http_exchange_set_idle_ms (exchange, within_ms);
  if (!await_body (exchange, body, (gsize) (refused ? limits->error_body_bytes : limits->event_bytes),
                   refused ? NULL : error) && !refused)
    return NULL;
  return read_document (self, exchange, body, key, error);
}

static JsonNode *
await_call (BksProvider  *self,
            const char   *path,
            const char   *body,
            guint         within_ms,
            const char   *key,
            GError      **error)
{
  g_autofree char *url = bks_provider_make_url (self, path);
  g_autoptr(BksHttpExchange) exchange = NULL;
  g_autoptr(JsonNode) root = NULL;
  g_autoptr(GError) local = NULL;

  exchange = bks_http_exchange_new (bks_provider_get_http (self), body != NULL ? "POST" : "GET", url, &local);
  if (exchange != NULL)
    {
      bks_http_exchange_set_header (exchange, "Accept", "application/json");
      bks_http_exchange_set_first_ms (exchange, within_ms);
      bks_http_exchange_set_total_ms (exchange, within_ms);
      if (body != NULL)
        bks_http_exchange_set_json (exchange, body);
      if (bks_provider_authorize (self, exchange, key, &local))
        root = await_document (self, exchange, within_ms, key, &local);
      bks_http_exchange_close (exchange);
    }
  if (root != NULL)
    return g_steal_pointer (&root);
  bks_provider_adopt (self, &local);
  g_propagate_error (error, g_steal_pointer (&local));
  return NULL;
}

/**
 * bks_provider_await_json:
 * @self: a provider, on a fiber
 * @path: of the call, after the base address
 * @key: (nullable): the key
 * @error: return location
 *
 * Gets a document, within the time of a check.
 *
 * Returns: (transfer full): its root, or %NULL with a provider class
 */
JsonNode *
bks_provider_await_json (BksProvider  *self,
                         const char   *path,
                         const char   *key,
                         GError      **error)
{
  return await_call (self, path, NULL, bks_provider_get_limits (self)->check_ms, key, error);
}

/**
 * bks_provider_await_post:
 * @self: a provider, on a fiber
 * @path: of the call, after the base address
 * @body: the request as JSON
 * @within_ms: how long it may take in all
 * @key: (nullable): the key
 * @error: return location
 *
 * Posts a document and gets another.
 *
 * Returns: (transfer full): its root, or %NULL with a provider class
 */
JsonNode *
bks_provider_await_post (BksProvider  *self,
                         const char   *path,
                         const char   *body,
                         guint         within_ms,
                         const char   *key,
                         GError      **error)
{
  return await_call (self, path, body, within_ms, key, error);
}

/**
 * bks_provider_query_new:
 * @provider: who is asked
 * @key: (nullable): the key
 *
 * Returns: (transfer full): both, for a fiber
 */
BksProviderQuery *
bks_provider_query_new (BksProvider *provider,
                        const char  *key)
{
  BksProviderQuery *query = g_new0 (BksProviderQuery, 1);

  query->provider = g_object_ref (provider);
  query->key = g_strdup (key);
  return query;
}

/**
 * bks_provider_query_free:
 * @data: (transfer full): a query
 */
void
bks_provider_query_free (gpointer data)
{
  BksProviderQuery *query = data;

  if (query->key != NULL)
    explicit_bzero (query->key, strlen (query->key));
  g_free (query->key);
  g_object_unref (query->provider);
  g_free (query);
}

/**
 * bks_provider_add_message:
 * @builder: inside an array
 * @message: what somebody said
 */
void
bks_provider_add_message (JsonBuilder      *builder,
                          const BksMessage *message)
{
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "role", message->role);
  bks_json_add_string (builder, "content", message->content);
  json_builder_end_object (builder);
}

/**
 * bks_provider_add_messages:
 * @builder: inside an object
 * @request: the question
 *
 * Adds the member "messages", which both protocols write alike.
 */
void
bks_provider_add_messages (JsonBuilder          *builder,
                           BksCompletionRequest *request)
{
  bks_json_begin_array (builder, "messages");
  for (guint i = 0; i < request->messages->len; i++)
    bks_provider_add_message (builder, g_ptr_array_index (request->messages, i));
  json_builder_end_array (builder);
}
