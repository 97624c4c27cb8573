/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <math.h>
#include <string.h>

#include "bks-json.h"
#include "bks-provider-error.h"
#include "bks-provider-json.h"
#include "bks-redact.h"
#include "bks-surrogates.h"

#define SECOND_MS 1000.0
#define DAY_MS (24 * 3600 * G_GINT64_CONSTANT (1000))
/* Nobody waits longer than this; larger values are nonsense or attacks. */
#define MAX_RETRY_MS (366.0 * 24 * 3600 * SECOND_MS)

/**
 * bks_provider_failure_new:
 * @status: the HTTP status, 0 if there was none
 *
 * Returns: (transfer full): a failure of which nothing else is known
 */
BksProviderFailure *
bks_provider_failure_new (guint status)
{
  BksProviderFailure *self = g_new0 (BksProviderFailure, 1);

  self->status = status;
  self->retry_after_ms = -1;
  return self;
}

/**
 * bks_provider_failure_free:
 * @self: (transfer full): a failure
 */
void
bks_provider_failure_free (BksProviderFailure *self)
{
  g_free (self->code);
  g_free (self->type);
  g_free (self->param);
  g_free (self->message);
  g_free (self->request_id);
  g_free (self);
}

/* The words of a provider, fit to be shown: without the key, or what looks like one. */
static char *
clean (const char *text,
       const char *key,
       gsize       max_text)
{
  gunichar pending = 0;
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *joined = bks_surrogates_join (&pending, valid);
  g_autofree char *without_key = bks_redact_secret (joined, key);
  char *result = bks_redact (without_key, max_text);

  return g_strstrip (result);
}

/* A code may be text, a number or absent. */
static char *
dup_code (JsonObject *object,
          const char *member)
{
  gint64 number;
  const char *text = bks_json_get_string (object, member);

  if (text != NULL)
    return g_strndup (text, 128);
  return bks_json_get_int (object, member, &number) ? g_strdup_printf ("%" G_GINT64_FORMAT, number) : NULL;
}

static void
take_string (char       **field,
             const char  *text)
{
  if (*field == NULL && text != NULL && *text != '\0')
    *field = g_strndup (text, 128);
}

/* A code that is an HTTP status says more than the 200 around it. */
static void
take_status (BksProviderFailure *self,
             JsonObject         *object)
{
  gint64 number;

  if (self->status < 400 && (bks_json_get_int (object, "code", &number) || bks_json_get_int (object, "status", &number)) &&
      number >= 400 && number < 600)
    self->status = (guint) number;
}

static void
take_object (BksProviderFailure *self,
             JsonObject         *object,
             const char         *key,
             gsize               max_text)
{
  JsonObject *metadata = bks_json_get_object (object, "metadata");
  const char *message = bks_json_get_string (object, "message");

  if (message == NULL)
    message = bks_json_get_string (object, "detail");
  if (self->message == NULL && message != NULL)
    self->message = clean (message, key, max_text);
  take_string (&self->type, bks_json_get_string (metadata, "error_type"));
  take_string (&self->type, bks_json_get_string (object, "type"));
  take_string (&self->type, bks_json_get_string (object, "status"));
  take_string (&self->param, bks_json_get_string (object, "param"));
  if (metadata != NULL && bks_json_get_array (metadata, "reasons") != NULL)
    take_string (&self->type, "content_policy_violation");
  if (self->code == NULL)
    self->code = dup_code (object, "code");
  take_status (self, object);
}

static void take_node (BksProviderFailure *self,
                       JsonNode           *node,
                       const char         *key,
                       gsize               max_text);

/* Of several errors the first is the cause. */
static void
take_first (BksProviderFailure *self,
            JsonArray          *array,
            const char         *key,
            gsize               max_text)
{
  JsonNode *node = json_array_get_length (array) > 0 ? json_array_get_element (array, 0) : NULL;

  /* One step, so that nesting cannot eat the stack. */
  if (node != NULL && !JSON_NODE_HOLDS_ARRAY (node))
    take_node (self, node, key, max_text);
}

static void
take_node (BksProviderFailure *self,
           JsonNode           *node,
           const char         *key,
           gsize               max_text)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    take_object (self, json_node_get_object (node), key, max_text);
  else if (JSON_NODE_HOLDS_ARRAY (node))
    take_first (self, json_node_get_array (node), key, max_text);
  else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING && self->message == NULL)
    self->message = clean (json_node_get_string (node), key, max_text);
}

/* The envelope that Cloudflare puts around everything says so even when it says no more. */
static gboolean
is_envelope (JsonObject *object)
{
  gboolean success = TRUE;

  return bks_json_get_boolean (object, "success", &success) && !success;
}

static JsonNode *
find_failure (JsonObject *object)
{
  static const char *const members[] = { "error", "errors", NULL };

  for (gsize i = 0; members[i] != NULL; i++)
    {
      JsonNode *node = bks_json_get (object, members[i]);

      /* An empty list or text, or false, is no error. */
      if (node == NULL ||
          (JSON_NODE_HOLDS_ARRAY (node) && json_array_get_length (json_node_get_array (node)) == 0) ||
          (JSON_NODE_HOLDS_VALUE (node) && (json_node_get_value_type (node) != G_TYPE_STRING ||
                                            *json_node_get_string (node) == '\0')))
        continue;
      return node;
    }
  return NULL;
}

/**
 * bks_json_has_failure:
 * @object: (nullable): a document or frame of a provider
 *
 * Returns: whether it is an error, whatever the HTTP status says
 */
gboolean
bks_json_has_failure (JsonObject *object)
{
  return find_failure (object) != NULL || is_envelope (object);
}

/* Cloudflare's numbers, which hold whatever the status; of others they are none. */
static const struct
{
  const char *code;
  const char *type;
} cloudflare_codes[] = {
  { "3036", "daily_quota_exceeded" },
  { "3040", "provider_overloaded" },
  { "5007", "model_not_found" },
  { "3042", "model_not_found" },
  { "3006", "request_too_large" },
  { "3007", "timeout" },
  { "3008", "timeout" },
  { "5016", "permission_error" },
  { "5018", "permission_error" },
  { "3041", "permission_error" },
  { "3023", "permission_error" },
  { "10000", "authentication_error" },
  { "1000", "authentication_error" },
  { "9106", "authentication_error" },
  { "9109", "authentication_error" },
  { "6003", "authentication_error" },
  { "7000", "unknown_account" },
  { "7003", "unknown_account" },
};

static const char *
find_cloudflare_type (const char *code)
{
  for (gsize i = 0; code != NULL && i < G_N_ELEMENTS (cloudflare_codes); i++)
    if (g_str_equal (code, cloudflare_codes[i].code))
      return cloudflare_codes[i].type;
  return NULL;
}

/* An envelope may hold several errors: the first that says what it is about. */
static void
take_envelope (BksProviderFailure *self,
               JsonObject         *root,
               const char         *key,
               gsize               max_text)
{
  JsonArray *errors = bks_json_get_array (root, "errors");

  self->structured = TRUE;
  for (guint i = 0; errors != NULL && i < json_array_get_length (errors); i++)
    {
      JsonObject *object = bks_json_array_object (errors, i);
      g_autofree char *code = object != NULL ? dup_code (object, "code") : NULL;
      const char *type = find_cloudflare_type (code);

      if (type == NULL)
        continue;
      take_string (&self->type, type);
      take_object (self, object, key, max_text);
      return;
    }
}

static void
take_root (BksProviderFailure *self,
           JsonObject         *root,
           const char         *key,
           gsize               max_text)
{
  JsonNode *node = find_failure (root);

  if (is_envelope (root) || bks_json_get_array (root, "errors") != NULL)
    take_envelope (self, root, key, max_text);
  if (node != NULL)
    {
      self->structured = TRUE;
      take_node (self, node, key, max_text);
    }
  /* What stands beside a plain-text error, or in place of one. */
  take_object (self, root, key, max_text);
  if (self->message == NULL && bks_json_get_array (root, "detail") != NULL)
    take_first (self, bks_json_get_array (root, "detail"), key, max_text);
}

static gboolean
looks_like_html (const char *body)
{
  return *(body + strspn (body, " \t\r\n")) == '<';
}

/**
 * bks_provider_failure_new_body:
 * @status: the HTTP status
 * @body: the body of the response
 * @length: its length in bytes
 * @key: (nullable): the key that was sent, to be hidden
 * @max_text: how much of the provider's words to keep
 *
 * Returns: (transfer full): what the body says
 */
BksProviderFailure *
bks_provider_failure_new_body (guint       status,
                               const char *body,
                               gsize       length,
                               const char *key,
                               gsize       max_text)
{
  BksProviderFailure *self = bks_provider_failure_new (status);
  g_autofree char *text = g_strndup (length > 0 ? body : "", length);
  g_autoptr(JsonNode) root = bks_provider_json_parse (text, strlen (text), NULL);

  if (root == NULL)
    {
      /* A page of a proxy tells a person nothing. */
      if (text[strspn (text, " \t\r\n")] != '\0' && !looks_like_html (text))
        self->message = clean (text, key, max_text);
      return self;
    }
  if (JSON_NODE_HOLDS_ARRAY (root))
    {
      JsonObject *first = bks_json_array_object (json_node_get_array (root), 0);

      if (first != NULL)
        take_root (self, first, key, max_text);
    }
  else if (JSON_NODE_HOLDS_OBJECT (root))
    take_root (self, json_node_get_object (root), key, max_text);
  else
    take_node (self, root, key, max_text);
  return self;
}

/**
 * bks_provider_failure_new_frame:
 * @frame: a frame of a stream, or a whole answer, that holds an error
 * @key: (nullable): the key that was sent, to be hidden
 * @max_text: how much of the provider's words to keep
 *
 * Returns: (transfer full): what it says
 */
BksProviderFailure *
bks_provider_failure_new_frame (JsonObject *frame,
                                const char *key,
                                gsize       max_text)
{
  BksProviderFailure *self = bks_provider_failure_new (200);
  JsonNode *node = find_failure (frame);

  self->structured = TRUE;
  if (is_envelope (frame) || bks_json_get_array (frame, "errors") != NULL)
    take_envelope (self, frame, key, max_text);
  if (node != NULL)
    take_node (self, node, key, max_text);
  return self;
}

/**
 * bks_go_duration_parse:
 * @text: a duration as Go writes it: "6m0s", "1h2m3.5s", "120ms"
 *
 * Returns: milliseconds, rounded up, or -1
 */
gint64
bks_go_duration_parse (const char *text)
{
  static const struct { const char *name; double ms; } units[] = {
    { "ms", 1 }, { "us", 0.001 }, { "µs", 0.001 }, { "ns", 0.000001 },
    { "h", 3600 * SECOND_MS }, { "m", 60 * SECOND_MS }, { "s", SECOND_MS },
  };
  double total = 0;

  g_return_val_if_fail (text != NULL, -1);

  if (*text == '\0')
    return -1;
  while (*text != '\0')
    {
      char *end;
      double value;
      gsize i;

      if (!g_ascii_isdigit (*text) && *text != '.')
        return -1;
      value = g_ascii_strtod (text, &end);
      for (i = 0; i < G_N_ELEMENTS (units) && !g_str_has_prefix (end, units[i].name); i++)
        ;
      if (end == text || i == G_N_ELEMENTS (units) || !isfinite (value))
        return -1;
      total += value * units[i].ms;
      text = end + strlen (units[i].name);
    }
  return total <= MAX_RETRY_MS ? (gint64) ceil (total) : -1;
}

static gint64
parse_number (const char *text,
              double      unit_ms)
{
  char *end;
  double value;

  if (!g_ascii_isdigit (*text))
    return -1;
  value = g_ascii_strtod (text, &end) * unit_ms;
  return *end == '\0' && isfinite (value) && value <= MAX_RETRY_MS ? (gint64) ceil (value) : -1;
}

/**
 * bks_retry_after_parse:
 * @text: the value of a Retry-After header: seconds, also with a fraction, or an HTTP date
 * @now_ms: epoch milliseconds
 *
 * Returns: milliseconds to wait, or -1
 */
gint64
bks_retry_after_parse (const char *text,
                       gint64      now_ms)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));
  g_autoptr(GDateTime) date = NULL;
  gint64 wait = parse_number (trimmed, SECOND_MS);

  if (wait >= 0)
    return wait;
  date = soup_date_time_new_from_http_string (trimmed);
  if (date == NULL)
    return -1;
  wait = g_date_time_to_unix (date) * 1000 - now_ms;
  return wait <= (gint64) MAX_RETRY_MS ? MAX (wait, 0) : -1;
}

/* OpenAI's reset headers: the wait is that of the limit that is used up. */
static gint64
read_reset_headers (BksHttpExchange *exchange,
                    gint64           now_ms)
{
  static const char *const kinds[] = { "requests", "tokens" };
  gint64 result = -1;
  const char *epoch = bks_http_exchange_get_header (exchange, "x-ratelimit-reset");

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *remaining = g_strconcat ("x-ratelimit-remaining-", kinds[i], NULL);
      g_autofree char *reset = g_strconcat ("x-ratelimit-reset-", kinds[i], NULL);
      const char *left = bks_http_exchange_get_header (exchange, remaining);
      const char *when = bks_http_exchange_get_header (exchange, reset);

      if (left != NULL && when != NULL && g_str_equal (left, "0"))
        result = MAX (result, bks_go_duration_parse (when));
    }
  /* OpenRouter: epoch milliseconds. */
  if (result < 0 && epoch != NULL && strlen (epoch) == 13)
    {
      gint64 at = g_ascii_strtoll (epoch, NULL, 10);

      result = at > now_ms && at - now_ms <= (gint64) MAX_RETRY_MS ? at - now_ms : -1;
    }
  return result;
}

static gint64
read_retry_after (BksHttpExchange *exchange,
                  guint            status,
                  gint64           now_ms)
{
  const char *ms = bks_http_exchange_get_header (exchange, "retry-after-ms");
  const char *after = bks_http_exchange_get_header (exchange, "retry-after");
  gint64 wait = -1;

  if (ms != NULL)
    wait = parse_number (ms, 1);
  if (wait < 0 && after != NULL)
    wait = bks_retry_after_parse (after, now_ms);
  if (wait < 0 && status == 429)
    wait = read_reset_headers (exchange, now_ms);
  return wait;
}

/**
 * bks_provider_failure_add_head:
 * @self: a failure
 * @exchange: the exchange that failed, its head received
 * @now_ms: epoch milliseconds
 *
 * Adds what the headers say.
 */
void
bks_provider_failure_add_head (BksProviderFailure *self,
                               BksHttpExchange    *exchange,
                               gint64              now_ms)
{
  static const char *const ids[] = { "x-request-id", "request-id", "x-generation-id", "cf-ray" };

  self->retry_after_ms = read_retry_after (exchange, self->status, now_ms);
  /* What is free for the day comes back with the day, at 00:00 UTC. */
  if (self->retry_after_ms < 0 && g_strcmp0 (self->type, "daily_quota_exceeded") == 0)
    self->retry_after_ms = DAY_MS - now_ms % DAY_MS;
  for (gsize i = 0; i < G_N_ELEMENTS (ids) && self->request_id == NULL; i++)
    {
      const char *id = bks_http_exchange_get_header (exchange, ids[i]);

      if (id != NULL)
        self->request_id = g_strndup (id, 128);
    }
}

typedef struct
{
  const char *word;
  BksError    error;
} Rule;

/* Codes and types, exactly; the cause they name holds whatever the status. */
static const Rule code_rules[] = {
  { "context_length_exceeded", BKS_ERROR_CONTEXT },
  { "max_tokens_exceeded", BKS_ERROR_CONTEXT },
  { "exceed_context_size_error", BKS_ERROR_CONTEXT },
  { "request_too_large", BKS_ERROR_CONTEXT },
  { "insufficient_quota", BKS_ERROR_BILLING },
  { "credit_balance_exhausted", BKS_ERROR_BILLING },
  { "organization_spend_limit_exceeded", BKS_ERROR_BILLING },
  { "project_spend_limit_exceeded", BKS_ERROR_BILLING },
  { "organization_usage_limit_exceeded", BKS_ERROR_BILLING },
  { "billing_hard_limit_reached", BKS_ERROR_BILLING },
  { "billing_error", BKS_ERROR_BILLING },
  { "payment_required", BKS_ERROR_BILLING },
  { "daily_quota_exceeded", BKS_ERROR_BILLING },
  { "content_policy_violation", BKS_ERROR_CONTENT },
  { "content_filter", BKS_ERROR_CONTENT },
  { "invalid_api_key", BKS_ERROR_AUTH },
  { "authentication_error", BKS_ERROR_AUTH },
  { "authentication", BKS_ERROR_AUTH },
  { "UNAUTHENTICATED", BKS_ERROR_AUTH },
  { "permission_error", BKS_ERROR_PERMISSION },
  { "PERMISSION_DENIED", BKS_ERROR_PERMISSION },
  { "model_not_found", BKS_ERROR_MODEL },
  { "unknown_account", BKS_ERROR_REQUEST },
  { "rate_limit_exceeded", BKS_ERROR_RATE },
  { "rate_limit_error", BKS_ERROR_RATE },
  { "RESOURCE_EXHAUSTED", BKS_ERROR_RATE },
  { "overloaded_error", BKS_ERROR_OVERLOAD },
  { "provider_overloaded", BKS_ERROR_OVERLOAD },
  { "provider_unavailable", BKS_ERROR_OVERLOAD },
  { "slow_down", BKS_ERROR_OVERLOAD },
  { "timeout", BKS_ERROR_TIMEOUT },
  { "timeout_error", BKS_ERROR_TIMEOUT },
  { "server_error", BKS_ERROR_SERVER },
  { "server", BKS_ERROR_SERVER },
  { "api_error", BKS_ERROR_SERVER },
};

/* Words of those who have no code. Only for refusals, where a provider speaks of the request. */
static const Rule text_rules[] = {
  { "maximum context length", BKS_ERROR_CONTEXT },
  { "context length exceeded", BKS_ERROR_CONTEXT },
  { "exceeds the context window", BKS_ERROR_CONTEXT },
  { "exceed context limit", BKS_ERROR_CONTEXT },
  { "exceeds the available context size", BKS_ERROR_CONTEXT },
  { "exceeds context length", BKS_ERROR_CONTEXT },
  { "exceeds the context length", BKS_ERROR_CONTEXT },
  { "prompt is too long", BKS_ERROR_CONTEXT },
  { "`inputs` tokens + `max_new_tokens` must be", BKS_ERROR_CONTEXT },
  { "token count exceeds the model", BKS_ERROR_CONTEXT },
  { "specified api usage limits", BKS_ERROR_BILLING },
  { "api key not valid", BKS_ERROR_AUTH },
  { "invalid api key", BKS_ERROR_AUTH },
  { "incorrect api key", BKS_ERROR_AUTH },
};

static gboolean
match_code (const char *code,
            BksError   *error)
{
  if (code == NULL)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (code_rules); i++)
    if (g_ascii_strcasecmp (code, code_rules[i].word) == 0)
      {
        *error = code_rules[i].error;
        return TRUE;
      }
  return FALSE;
}

static gboolean
match_text (const BksProviderFailure *self,
            BksError                 *error)
{
  g_autofree char *lower = NULL;

  if (self->message == NULL || self->status >= 500 || self->status == 401)
    return FALSE;
  lower = g_ascii_strdown (self->message, -1);
  for (gsize i = 0; i < G_N_ELEMENTS (text_rules); i++)
    if (strstr (lower, text_rules[i].word) != NULL)
      {
        *error = text_rules[i].error;
        return TRUE;
      }
  /* Together answers 403 to what is over the window. */
  if (self->status == 403 && strstr (lower, "token") != NULL && strstr (lower, "context") != NULL)
    {
      *error = BKS_ERROR_CONTEXT;
      return TRUE;
    }
  return FALSE;
}

/* An API that knows the call but not the model, or a wrong address? */
static BksError
classify_not_found (const BksProviderFailure *self)
{
  if (!self->structured || (self->message != NULL && strstr (self->message, "Invalid URL") != NULL))
    return BKS_ERROR_REQUEST;
  return BKS_ERROR_MODEL;
}

static BksError
classify_status (const BksProviderFailure *self)
{
  switch (self->status)
    {
    case 401: return BKS_ERROR_AUTH;
    case 402: return BKS_ERROR_BILLING;
    case 403: return BKS_ERROR_PERMISSION;
    case 404: return classify_not_found (self);
    case 408: return BKS_ERROR_TIMEOUT;
    case 409: return BKS_ERROR_SERVER;
    case 413: return BKS_ERROR_CONTEXT;
    case 429: return BKS_ERROR_RATE;
    case 499: return BKS_ERROR_SERVER;
    case 503:
    case 529: return BKS_ERROR_OVERLOAD;
    default: break;
    }
  if (self->status >= 500)
    return BKS_ERROR_SERVER;
  if (self->status >= 300)
    return BKS_ERROR_REQUEST;
  return BKS_ERROR_MALFORMED;
}

/**
 * bks_provider_failure_classify:
 * @self: a failure
 *
 * Returns: its class, from code and type, then words, then status
 */
BksError
bks_provider_failure_classify (const BksProviderFailure *self)
{
  BksError error;

  g_return_val_if_fail (self != NULL, BKS_ERROR_FAILED);

  if (match_code (self->code, &error) || match_code (self->type, &error) || match_text (self, &error))
    return error;
  return classify_status (self);
}

static const char *
describe_class (const BksProviderFailure *self,
                BksError                  error)
{
  switch (error)
    {
    case BKS_ERROR_AUTH: return "The provider does not accept the key";
    case BKS_ERROR_PERMISSION:
      /* Ollama, addressed by a name that is not its own, says no more than the status. */
      return self->structured || self->message != NULL ? "The provider does not allow this"
                                                       : "The server does not take calls under this address";
    case BKS_ERROR_BILLING:
      if (g_strcmp0 (self->type, "daily_quota_exceeded") == 0)
        return "What the provider gives free of charge is used up for today";
      return "The provider asks for payment: there is no credit left, or a spending limit is reached";
    case BKS_ERROR_RATE: return "The provider takes no more requests for the moment";
    case BKS_ERROR_OVERLOAD: return "The provider is overloaded";
    case BKS_ERROR_SERVER: return "The provider has a fault of its own";
    case BKS_ERROR_TIMEOUT: return "The provider gave up waiting for the model";
    case BKS_ERROR_CONTEXT: return "The request is longer than the model can read";
    case BKS_ERROR_MODEL: return "The provider does not have this model";
    case BKS_ERROR_CONTENT: return "The provider's content rules do not allow this";
    case BKS_ERROR_MALFORMED: return "The provider broke off with an error";
    case BKS_ERROR_REQUEST:
    default: break;
    }
  if (g_strcmp0 (self->type, "unknown_account") == 0)
    return "The provider does not know the account id";
  if (self->status >= 300 && self->status < 400)
    return "The address leads on to another one, which is not followed with a key; enter that one";
  if (self->status == 404 || self->status == 405)
    return "There is no such service at this address; is the address right?";
  return "The provider does not accept the request";
}

/**
 * bks_provider_failure_to_error:
 * @self: a failure
 * @provider: the provider's id
 *
 * Returns: (transfer full): it as an error of its class, with its facts
 */
GError *
bks_provider_failure_to_error (const BksProviderFailure *self,
                               const char               *provider)
{
  BksError code = bks_provider_failure_classify (self);
  const char *cause = describe_class (self, code);
  g_autofree char *status = self->status >= 300 ? g_strdup_printf (" (HTTP %u)", self->status) : g_strdup ("");
  BksErrorFacts *facts;
  GError *error;

  if (self->message != NULL && *self->message != '\0')
    error = g_error_new (BKS_ERROR, code, "%s%s: %s", cause, status, self->message);
  else
    error = g_error_new (BKS_ERROR, code, "%s%s", cause, status);

  facts = bks_error_get_facts (error);
  facts->http_status = self->status;
  facts->retry_after_ms = self->retry_after_ms;
  facts->provider = g_strdup (provider);
  facts->request_id = g_strdup (self->request_id);
  return error;
}
