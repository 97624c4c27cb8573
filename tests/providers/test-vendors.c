/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-json.h"
#include "bks-openai-private.h"
#include "dialect.h"

/*
 * The vendors of OpenAI's protocol, each as it really speaks, over a real
 * socket: its streams, whole answers, lists, keys and failures. The samples
 * follow the vendors' references.
 */

#define KEY "sk-test-key-of-a-vendor-0123456789"
#define ACCOUNT "0123456789abcdef0123456789abcdef"

typedef struct
{
  const char *id;
  const char *path;        /* of the API, after the server's address */
  const char *model;
  const char *cap;
  const char *stream;      /* one that writes "Night fell." */
  const char *thinking;    /* in it */
  const char *whole;
  gint64      input;       /* of both: what is counted */
  gint64      cache_read;
  gint64      output;
  gint64      reasoning;
  gint64      cost;        /* BKS_MONEY_UNKNOWN: not told */
  const char *check_path;
  const char *models;
  const char *first_model;
  gint64      window;
  gint64      input_price;
  gint64      output_price;
  guint       abilities;
} Vendor;

static const Vendor vendors[] = {
  { "openai", "/v1", "gpt-5.4-mini", "max_completion_tokens",
    "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1795378952,\"model\":\"gpt-5.4-mini-2026\",\"choices\":"
      "[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"k3\"}\n\n"
    "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Night\"},\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"9xQ\"}\n\n"
    "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" fell.\"},\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"\"}\n\n"
    "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n"
    "data: {\"id\":\"chatcmpl-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":10,\"total_tokens\":29,"
      "\"prompt_tokens_details\":{\"cached_tokens\":9},\"completion_tokens_details\":{\"reasoning_tokens\":4}}}\n\n"
    "data: [DONE]\n\n",
    "",
    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"model\":\"gpt-5.4-mini-2026\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
      "\"assistant\",\"content\":\"Night fell.\",\"refusal\":null},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":19,"
      "\"completion_tokens\":10,\"total_tokens\":29,\"prompt_tokens_details\":{\"cached_tokens\":9},\"completion_tokens_details\":{\"reasoning_tokens\":4}}}",
    10, 9, 10, 4, BKS_MONEY_UNKNOWN, "/v1/models",
    "{\"object\":\"list\",\"data\":[{\"id\":\"gpt-5.4-mini\",\"object\":\"model\",\"created\":1,\"owned_by\":\"openai\"},"
      "{\"id\":\"whisper-1\",\"object\":\"model\"},{\"id\":\"text-embedding-3-small\",\"object\":\"model\"}]}",
    "gpt-5.4-mini", -1, BKS_MONEY_UNKNOWN, BKS_MONEY_UNKNOWN, BKS_ABILITY_TEXT },

  { "openrouter", "/api/v1", "openai/gpt-5.2", "max_tokens",
    ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n"
    "data: {\"id\":\"gen-1\",\"model\":\"openai/gpt-5.2\",\"provider\":\"OpenAI\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\","
      "\"reasoning\":\"The user…\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"The user…\"}]},\"finish_reason\":null,\"native_finish_reason\":null}]}\n\n"
    "data: {\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Night fell.\"},\"finish_reason\":null}]}\n\n"
    ": OPENROUTER PROCESSING\n\n"
    "data: {\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":\"stop\",\"native_finish_reason\":\"completed\"}]}\n\n"
    "data: {\"id\":\"gen-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":194,\"completion_tokens\":2,\"total_tokens\":196,\"cost\":0.00042,"
      "\"cost_details\":{\"upstream_inference_cost\":null},\"prompt_tokens_details\":{\"cached_tokens\":0,\"cache_write_tokens\":100},"
      "\"completion_tokens_details\":{\"reasoning_tokens\":0}}}\n\n"
    "data: [DONE]\n\n",
    "The user…",
    "{\"id\":\"gen-1\",\"model\":\"openai/gpt-5.2\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Night fell.\","
      "\"reasoning\":\"The user…\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":194,\"completion_tokens\":2,\"cost\":0.00042,"
      "\"prompt_tokens_details\":{\"cached_tokens\":0,\"cache_write_tokens\":100},\"completion_tokens_details\":{\"reasoning_tokens\":0}}}",
    94, 0, 2, 0, G_GINT64_CONSTANT (420000000), "/api/v1/key",
    "{\"data\":[{\"id\":\"openai/gpt-5.2\",\"canonical_slug\":\"openai/gpt-5.2\",\"name\":\"GPT\",\"context_length\":400000,"
      "\"architecture\":{\"input_modalities\":[\"text\",\"image\"],\"output_modalities\":[\"text\"]},"
      "\"pricing\":{\"prompt\":\"0.0000025\",\"completion\":\"0.00001\",\"request\":\"0\"},\"top_provider\":{\"context_length\":272000,"
      "\"max_completion_tokens\":128000,\"is_moderated\":true},\"supported_parameters\":[\"tools\",\"reasoning\"],\"expiration_date\":null},"
      "{\"id\":\"x/painter\",\"architecture\":{\"output_modalities\":[\"image\"]}}],\"links\":{\"next\":null}}",
    "openai/gpt-5.2", 272000, 2500000, 10000000,
    BKS_ABILITY_TEXT | BKS_ABILITY_TOOLS | BKS_ABILITY_REASONING | BKS_ABILITY_VISION },

  { "together", "/v1", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "max_tokens",
    "data: {\"id\":\"oa1\",\"model\":\"meta-llama/Llama-3.3-70B-Instruct-Turbo\",\"choices\":[{\"index\":0,\"delta\":{\"token_id\":791,\"role\":\"assistant\","
      "\"content\":\"Night\"},\"logprobs\":null,\"finish_reason\":null,\"seed\":null}],\"usage\":null}\n\n"
    "data: {\"id\":\"oa1\",\"choices\":[{\"index\":0,\"delta\":{\"token_id\":1,\"role\":\"assistant\",\"content\":\" fell.\"},\"finish_reason\":null}],\"usage\":null}\n\n"
    "data: {\"id\":\"oa1\",\"choices\":[{\"index\":0,\"delta\":{\"token_id\":128009,\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":\"eos\","
      "\"seed\":42}],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3,\"total_tokens\":15}}\n\n"
    "data: [DONE]\n\n",
    "",
    "{\"id\":\"oa1\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Night fell.\",\"tool_calls\":[]},"
      "\"finish_reason\":\"eos\"}],\"warnings\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3,\"total_tokens\":15}}",
    12, -1, 3, -1, BKS_MONEY_UNKNOWN, "/v1/models",
    "[{\"id\":\"meta-llama/Llama-3.3-70B-Instruct-Turbo\",\"object\":\"model\",\"created\":0,\"type\":\"chat\",\"display_name\":\"Llama\","
      "\"context_length\":131072,\"pricing\":{\"hourly\":0,\"input\":0.88,\"output\":0.88,\"base\":0,\"finetune\":0}},"
      "{\"id\":\"black-forest-labs/FLUX\",\"type\":\"image\"}]",
    "meta-llama/Llama-3.3-70B-Instruct-Turbo", 131072, 880000, 880000, BKS_ABILITY_TEXT },

  { "workers", "/client/v4/accounts/" ACCOUNT "/ai/v1", "@cf/zai-org/glm-4.7-flash", "max_tokens",
    "data: {\"id\":\"chatcmpl-2\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"reasoning_content\":\"Hm\"},\"finish_reason\":null}],\"p\":\"abdef\"}\n\n"
    "data: {\"id\":\"chatcmpl-2\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Night fell.\"},\"finish_reason\":null}],\"p\":\"ab\"}\n\n"
    "data: {\"id\":\"chatcmpl-2\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
      "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}\n\n"
    "data: [DONE]\n\n",
    "Hm",
    "{\"id\":\"chatcmpl-2\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Night fell.\"},"
      "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}",
    9, -1, 4, -1, BKS_MONEY_UNKNOWN, "/client/v4/accounts/" ACCOUNT "/ai/v1/models",
    "{\"object\":\"list\",\"data\":[{\"id\":\"@cf/zai-org/glm-4.7-flash\",\"object\":\"model\"}]}",
    "@cf/zai-org/glm-4.7-flash", -1, BKS_MONEY_UNKNOWN, BKS_MONEY_UNKNOWN, BKS_ABILITY_TEXT },
};

static Fixture *
new_fixture (const Vendor *vendor)
{
  Fixture *f = fixture_new ("openai", vendor->id);

  fixture_move (f, "openai", vendor->path);
  return f;
}

static BksCompletionRequest *
new_request (const Vendor *vendor,
             gboolean      stream)
{
  BksCompletionRequest *request = bks_completion_request_new (vendor->model);

  request->stream = stream;
  bks_completion_request_add_message (request, "user", "Go on.");
  return request;
}

static GError *
ask (Fixture      *f,
     const Vendor *vendor,
     BksReply     *reply,
     gboolean      stream)
{
  g_autoptr(BksCompletionRequest) request = new_request (vendor, stream);

  request->max_tokens = 700;
  fixture_push (f, reply);
  return fixture_ask_request (f, request, KEY);
}

static BksReply *
new_stream (const char *text)
{
  BksReply *reply = bks_reply_new (200, "text/event-stream");

  bks_reply_add_header (reply, "x-request-id", "req_9");
  bks_reply_add_text (reply, text);
  return reply;
}

static void
assert_answer (Fixture      *f,
               const Vendor *vendor)
{
  const BksTokenUsage *usage = bks_answer_get_usage (f->answer);

  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Night fell.");
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "stop");
  g_assert_cmpint (usage->input, ==, vendor->input);
  g_assert_cmpint (usage->cache_read, ==, vendor->cache_read);
  g_assert_cmpint (usage->output, ==, vendor->output);
  g_assert_cmpint (usage->reasoning, ==, vendor->reasoning);
  g_assert_cmpint (usage->reported_cost, ==, vendor->cost);
}

static void
test_stream (gconstpointer data)
{
  const Vendor *vendor = data;
  g_autoptr(Fixture) f = new_fixture (vendor);
  g_autoptr(BksRecordedRequest) recorded = NULL;
  g_autoptr(JsonObject) body = NULL;
  g_autofree char *path = g_strconcat (vendor->path, "/chat/completions", NULL);
  gboolean yes = FALSE;
  gint64 cap = 0;

  g_assert_no_error (ask (f, vendor, new_stream (vendor->stream), TRUE));
  assert_answer (f, vendor);
  g_assert_cmpstr (bks_answer_get_request_id (f->answer), ==, "req_9");
  g_assert_cmpstr (bks_answer_get_reasoning (f->answer), ==, vendor->thinking);

  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->path, ==, path);
  g_assert_cmpstr (g_hash_table_lookup (recorded->headers, "authorization"), ==, "Bearer " KEY);
  body = fixture_dup_body (f, 0);
  g_assert_cmpstr (bks_json_get_string (body, "model"), ==, vendor->model);
  g_assert_true (bks_json_get_boolean (bks_json_get_object (body, "stream_options"), "include_usage", &yes) && yes);
  g_assert_true (bks_json_get_int (body, vendor->cap, &cap) && cap == 700);
  g_assert_null (bks_json_get (body, g_str_equal (vendor->cap, "max_tokens") ? "max_completion_tokens" : "max_tokens"));
  /* Only one of them wants to know which program calls. */
  g_assert_true ((g_hash_table_lookup (recorded->headers, "http-referer") != NULL) == g_str_equal (vendor->id, "openrouter"));
}

static void
test_whole (gconstpointer data)
{
  const Vendor *vendor = data;
  g_autoptr(Fixture) f = new_fixture (vendor);
  g_autoptr(JsonObject) body = NULL;

  g_assert_no_error (ask (f, vendor, bks_reply_new_json (200, vendor->whole), FALSE));
  assert_answer (f, vendor);
  body = fixture_dup_body (f, 0);
  g_assert_null (bks_json_get (body, "stream_options"));

  /* A whole answer to a question for a stream is as good. */
  g_assert_no_error (ask (f, vendor, bks_reply_new_json (200, vendor->whole), TRUE));
  assert_answer (f, vendor);
}

static void
test_check (gconstpointer data)
{
  const Vendor *vendor = data;
  g_autoptr(Fixture) f = new_fixture (vendor);
  g_autoptr(BksProvider) nobody = NULL, unknown = NULL, wrong = NULL;
  g_autoptr(BksRecordedRequest) recorded = NULL;
  g_autofree char *url = g_strconcat (bks_scripted_server_get_url (f->server), "/wrong/v1", NULL);
  g_autoptr(GError) error = NULL;

  /* Good. */
  fixture_push (f, bks_reply_new_json (200, g_str_equal (vendor->id, "openrouter")
                                            ? "{\"data\":{\"label\":\"sk-or-v1-abc\",\"limit\":null,\"limit_remaining\":null,\"usage\":0.13}}"
                                            : vendor->models));
  g_assert_no_error (fixture_check (f, KEY));
  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->method, ==, "GET");
  g_assert_cmpstr (recorded->path, ==, vendor->check_path);

  /* Bad. */
  fixture_push (f, bks_reply_new_json (401, "{\"error\":{\"message\":\"Incorrect API key provided: " KEY ". You can find yours at …\","
                                            "\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_api_key\"}}"));
  error = fixture_check (f, KEY);
  assert_class (error, BKS_ERROR_AUTH);
  g_assert_null (strstr (error->message, KEY));

  /* Nobody there. */
  nobody = bks_provider_new ("openai", vendor->id, "http://127.0.0.1:1/v1", f->http, f->limits, NULL);
  g_clear_error (&error);
  g_assert_false (bks_wait (bks_provider_check (nobody, KEY, NULL), &error));
  assert_class (error, BKS_ERROR_TRANSPORT);

  /* No network. */
  unknown = bks_provider_new ("openai", vendor->id, "https://nowhere.invalid/v1", f->http, f->limits, NULL);
  g_clear_error (&error);
  g_assert_false (bks_wait (bks_provider_check (unknown, KEY, NULL), &error));
  assert_class (error, BKS_ERROR_TRANSPORT);

  /* A wrong address: something answers, but it is no such server. */
  wrong = bks_provider_new ("openai", vendor->id, url, f->http, f->limits, NULL);
  fixture_push (f, bks_reply_new (404, "text/html"));
  g_clear_error (&error);
  g_assert_false (bks_wait (bks_provider_check (wrong, KEY, NULL), &error));
  assert_class (error, BKS_ERROR_REQUEST);
  g_assert_nonnull (strstr (error->message, "address"));
}

static void
test_models (gconstpointer data)
{
  const Vendor *vendor = data;
  g_autoptr(Fixture) f = new_fixture (vendor);
  g_autoptr(GPtrArray) models = NULL;
  g_autoptr(GError) error = NULL;
  BksModel *model;

  fixture_push (f, bks_reply_new_json (200, vendor->models));
  models = fixture_list (f, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (models->len, ==, 1);
  model = g_ptr_array_index (models, 0);
  g_assert_cmpstr (bks_model_get_id (model), ==, vendor->first_model);
  g_assert_cmpint (bks_model_get_window (model), ==, vendor->window);
  g_assert_cmpint (bks_model_get_input_price (model), ==, vendor->input_price);
  g_assert_cmpint (bks_model_get_output_price (model), ==, vendor->output_price);
  g_assert_cmpuint (bks_model_get_abilities (model), ==, vendor->abilities);
}

#define OPENAI_ERROR(message, type, code) "{\"error\":{\"message\":\"" message "\",\"type\":\"" type "\",\"param\":null,\"code\":" code "}}"
#define OPENROUTER_ERROR(code, message, type) "{\"error\":{\"code\":" code ",\"message\":\"" message "\",\"metadata\":{\"error_type\":\"" type "\"}}}"
#define CLOUDFLARE_ERROR(code, message) "{\"result\":null,\"success\":false,\"errors\":[{\"code\":" code ",\"message\":\"" message "\"}],\"messages\":[]}"

/* Every class, as each of them says it. */
static const struct
{
  const char *id;
  guint       status;
  const char *body;
  BksError    error;
} failures[] = {
  { "openai", 401, OPENAI_ERROR ("Incorrect API key provided", "invalid_request_error", "\"invalid_api_key\""), BKS_ERROR_AUTH },
  { "openai", 403, OPENAI_ERROR ("Country, region, or territory not supported", "request_forbidden", "\"unsupported_country\""), BKS_ERROR_PERMISSION },
  { "openai", 429, OPENAI_ERROR ("You exceeded your current quota", "insufficient_quota", "\"organization_spend_limit_exceeded\""), BKS_ERROR_BILLING },
  { "openai", 429, OPENAI_ERROR ("Rate limit reached for gpt-5.4-mini", "requests", "\"rate_limit_exceeded\""), BKS_ERROR_RATE },
  { "openai", 503, OPENAI_ERROR ("The engine is currently overloaded", "server_error", "\"slow_down\""), BKS_ERROR_OVERLOAD },
  { "openai", 500, OPENAI_ERROR ("The server had an error", "server_error", "null"), BKS_ERROR_SERVER },
  { "openai", 408, OPENAI_ERROR ("Timed out", "timeout", "null"), BKS_ERROR_TIMEOUT },
  { "openai", 400, OPENAI_ERROR ("This model's maximum context length is 8192 tokens", "invalid_request_error", "\"context_length_exceeded\""), BKS_ERROR_CONTEXT },
  { "openai", 404, OPENAI_ERROR ("The model `x` does not exist", "invalid_request_error", "\"model_not_found\""), BKS_ERROR_MODEL },
  { "openai", 400, OPENAI_ERROR ("Your request was rejected", "invalid_request_error", "\"content_policy_violation\""), BKS_ERROR_CONTENT },
  { "openai", 400, OPENAI_ERROR ("Invalid value for messages", "invalid_request_error", "\"invalid_value\""), BKS_ERROR_REQUEST },
  { "openai", 200, "{malformed", BKS_ERROR_MALFORMED },

  { "openrouter", 401, OPENROUTER_ERROR ("401", "No auth credentials found", "authentication"), BKS_ERROR_AUTH },
  { "openrouter", 403, "{\"error\":{\"code\":403,\"message\":\"Key not allowed\"}}", BKS_ERROR_PERMISSION },
  { "openrouter", 402, OPENROUTER_ERROR ("402", "Insufficient credits", "payment_required"), BKS_ERROR_BILLING },
  { "openrouter", 429, OPENROUTER_ERROR ("429", "Rate limit exceeded", "rate_limit_exceeded"), BKS_ERROR_RATE },
  { "openrouter", 503, OPENROUTER_ERROR ("503", "No instances", "provider_overloaded"), BKS_ERROR_OVERLOAD },
  { "openrouter", 502, "{\"error\":{\"code\":502,\"message\":\"Bad gateway\"}}", BKS_ERROR_OVERLOAD },
  { "openrouter", 500, OPENROUTER_ERROR ("500", "Internal", "server"), BKS_ERROR_SERVER },
  { "openrouter", 504, OPENROUTER_ERROR ("504", "Too slow", "timeout"), BKS_ERROR_TIMEOUT },
  { "openrouter", 400, OPENROUTER_ERROR ("400", "This endpoint's maximum context length is 8192 tokens. However, you requested about 9000", "invalid_request"), BKS_ERROR_CONTEXT },
  { "openrouter", 404, "{\"error\":{\"code\":404,\"message\":\"No endpoints found for x/y\"}}", BKS_ERROR_MODEL },
  { "openrouter", 403, "{\"error\":{\"code\":403,\"message\":\"Flagged\",\"metadata\":{\"reasons\":[\"violence\"],\"flagged_input\":\"…\"}}}", BKS_ERROR_CONTENT },
  { "openrouter", 422, "{\"error\":{\"code\":422,\"message\":\"Bad body\"}}", BKS_ERROR_REQUEST },
  /* A failure once an upstream has begun: the status says all is well. */
  { "openrouter", 200, OPENROUTER_ERROR ("429", "Upstream is busy", "rate_limit_exceeded"), BKS_ERROR_RATE },
  { "openrouter", 200, "{\"error\":{\"code\":\"server_error\",\"message\":\"Broke\"}}", BKS_ERROR_SERVER },
  { "openrouter", 200, "<html>", BKS_ERROR_MALFORMED },

  { "together", 401, OPENAI_ERROR ("Invalid API key provided", "invalid_request_error", "\"invalid_api_key\""), BKS_ERROR_AUTH },
  { "together", 403, "{\"error\":{\"message\":\"You do not have permission to use this model\",\"type\":\"forbidden\"}}", BKS_ERROR_PERMISSION },
  { "together", 402, "{\"error\":{\"message\":\"Spend limit reached\",\"type\":\"credit_limit\"}}", BKS_ERROR_BILLING },
  { "together", 429, "{\"error\":{\"message\":\"Over your rate\",\"type\":\"rate_limit\"}}", BKS_ERROR_RATE },
  { "together", 503, "{\"error\":{\"message\":\"No capacity\",\"type\":\"service_unavailable\"}}", BKS_ERROR_OVERLOAD },
  { "together", 500, "{\"error\":{\"message\":\"Server error\"}}", BKS_ERROR_SERVER },
  { "together", 504, "", BKS_ERROR_SERVER },
  { "together", 408, "", BKS_ERROR_TIMEOUT },
  /* Documented so. */
  { "together", 403, "{\"error\":{\"message\":\"Input tokens plus max_tokens are over the limit of the model\",\"type\":\"invalid_request_error\"}}", BKS_ERROR_CONTEXT },
  { "together", 403, "", BKS_ERROR_CONTEXT },
  { "together", 400, "{\"error\":{\"message\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000\",\"param\":\"max_tokens\",\"code\":null}}", BKS_ERROR_CONTEXT },
  { "together", 404, "{\"error\":{\"message\":\"Unable to access model x\",\"type\":\"invalid_request_error\",\"code\":\"model_not_available\"}}", BKS_ERROR_MODEL },
  { "together", 400, "{\"error\":{\"message\":\"Unsafe\",\"code\":\"content_policy_violation\"}}", BKS_ERROR_CONTENT },
  { "together", 422, "{\"error\":{\"message\":\"messages: field required\",\"type\":\"invalid_request_error\",\"param\":\"messages\"}}", BKS_ERROR_REQUEST },
  { "together", 200, "{}", BKS_ERROR_MALFORMED },

  { "workers", 401, CLOUDFLARE_ERROR ("10000", "Authentication error"), BKS_ERROR_AUTH },
  { "workers", 403, CLOUDFLARE_ERROR ("5016", "Agree to the licence first"), BKS_ERROR_PERMISSION },
  { "workers", 429, CLOUDFLARE_ERROR ("3036", "You have used up your daily free allocation of 10,000 neurons."), BKS_ERROR_BILLING },
  { "workers", 429, CLOUDFLARE_ERROR ("10013", "Too many requests"), BKS_ERROR_RATE },
  { "workers", 429, CLOUDFLARE_ERROR ("3040", "Capacity temporarily exceeded, please try again."), BKS_ERROR_OVERLOAD },
  { "workers", 500, CLOUDFLARE_ERROR ("3000", "Internal error"), BKS_ERROR_SERVER },
  { "workers", 522, "<html>Cloudflare</html>", BKS_ERROR_SERVER },
  { "workers", 408, CLOUDFLARE_ERROR ("3007", "Request timeout"), BKS_ERROR_TIMEOUT },
  { "workers", 400, CLOUDFLARE_ERROR ("8007", "AiError: This model's maximum context length is 131072 tokens. However, you requested 140000"), BKS_ERROR_CONTEXT },
  { "workers", 400, CLOUDFLARE_ERROR ("5021", "AiError: Requested token count exceeds the model's maximum context length"), BKS_ERROR_CONTEXT },
  { "workers", 400, CLOUDFLARE_ERROR ("5007", "No such model @cf/x or task"), BKS_ERROR_MODEL },
  { "workers", 400, OPENAI_ERROR ("Unsafe", "invalid_request_error", "\"content_policy_violation\""), BKS_ERROR_CONTENT },
  { "workers", 400, CLOUDFLARE_ERROR ("5004", "Invalid data"), BKS_ERROR_REQUEST },
  { "workers", 200, CLOUDFLARE_ERROR ("3040", "Capacity temporarily exceeded"), BKS_ERROR_OVERLOAD },
  { "workers", 200, "", BKS_ERROR_MALFORMED },
};

static void
test_failures (gconstpointer data)
{
  const Vendor *vendor = data;
  g_autoptr(Fixture) f = new_fixture (vendor);
  guint n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (failures); i++)
    for (guint stream = 0; g_str_equal (failures[i].id, vendor->id) && stream < 2; stream++)
      {
        g_autoptr(GError) error = NULL;
        BksReply *reply = bks_reply_new (failures[i].status, *failures[i].body == '<' ? "text/html" : "application/json");

        bks_reply_add_header (reply, "x-request-id", "req_77");
        bks_reply_add_text (reply, failures[i].body);
        error = ask (f, vendor, reply, stream == 1);
        g_test_message ("%u %s → %s", failures[i].status, failures[i].body, error != NULL ? error->message : "no error");
        assert_class (error, failures[i].error);
        g_assert_cmpstr (bks_error_get_facts (error)->provider, ==, vendor->id);
        g_assert_cmpstr (bks_error_get_facts (error)->request_id, ==, "req_77");
        g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "");
        /* Whoever repeats it is not this one. */
        g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, ++n);
      }
  g_assert_cmpuint (n, >=, 20);
}

/* The classes that no answer says: nobody there, silence, an end too early. */
static void
test_lines (gconstpointer data)
{
  const Vendor *vendor = data;
  g_autoptr(Fixture) f = new_fixture (vendor);
  g_autoptr(BksProvider) nobody = bks_provider_new ("openai", vendor->id, "http://127.0.0.1:1/v1", f->http, f->limits, NULL);
  g_autoptr(BksCompletionRequest) request = new_request (vendor, TRUE);
  g_autoptr(GError) error = NULL;
  BksReply *reply;

  g_assert_false (bks_wait (bks_provider_complete (nobody, request, KEY, f->answer, NULL), &error));
  assert_class (error, BKS_ERROR_TRANSPORT);
  g_assert_false (bks_answer_get_sent (f->answer));

  reply = new_stream ("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Night\"}}]}\n\n");
  bks_reply_add_step (reply, BKS_REPLY_STEP_CUT);
  g_clear_error (&error);
  error = ask (f, vendor, reply, TRUE);
  assert_class (error, BKS_ERROR_TRUNCATED);
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Night");

  fixture_hurry (f);
  reply = bks_reply_new (0, NULL);
  bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
  g_clear_error (&error);
  error = ask (f, vendor, reply, TRUE);
  assert_class (error, BKS_ERROR_TIMEOUT);
}

/* An upstream that fails in the middle: text came, the status was 200, and no [DONE] follows. */
static void
test_openrouter_in_band (void)
{
  const Vendor *vendor = &vendors[1];
  g_autoptr(Fixture) f = new_fixture (vendor);
  g_autoptr(GError) error = NULL;

  error = ask (f, vendor, new_stream (
    "data: {\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Night\"},\"finish_reason\":null}]}\n\n"
    "data: {\"id\":\"gen-1\",\"provider\":\"openai\",\"error\":{\"code\":429,\"message\":\"Rate limit exceeded\",\"metadata\":{\"error_type\":"
    "\"rate_limit_exceeded\",\"provider_code\":\"rate_limited\"}},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}],"
    "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1,\"cost\":0.0001}}\n\n"), TRUE);
  assert_class (error, BKS_ERROR_RATE);
  g_assert_cmpuint (bks_error_get_facts (error)->http_status, ==, 429);
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Night");
  /* What it cost counts although it failed. */
  g_assert_cmpint (bks_answer_get_usage (f->answer)->reported_cost, ==, 100000000);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 1);
}

/* A refusal in the middle of a stream is not asked again: the person has read what came. */
static void
test_no_repeat_after_text (void)
{
  const Vendor *vendor = &vendors[1];
  g_autoptr(Fixture) f = new_fixture (vendor);
  g_autoptr(BksCompletionRequest) request = new_request (vendor, TRUE);
  g_autoptr(GError) error = NULL;

  request->temperature = 1.5;
  fixture_push (f, new_stream (
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Night\"}}]}\n\n"
    "data: {\"error\":{\"code\":400,\"message\":\"temperature is not supported\"}}\n\n"));
  error = fixture_ask_request (f, request, KEY);
  assert_class (error, BKS_ERROR_REQUEST);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 1);
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Night");
}

/* The header of a limit that is only sent with the refusal, as epoch milliseconds. */
static void
test_openrouter_reset (void)
{
  const Vendor *vendor = &vendors[1];
  g_autoptr(Fixture) f = new_fixture (vendor);
  g_autofree char *reset = g_strdup_printf ("%" G_GINT64_FORMAT, g_get_real_time () / 1000 + 3600000);
  BksReply *reply = bks_reply_new_json (429, OPENROUTER_ERROR ("429", "Free requests used up", "rate_limit_exceeded"));
  g_autoptr(GError) error = NULL;

  bks_reply_add_header (reply, "X-RateLimit-Reset", reset);
  error = ask (f, vendor, reply, TRUE);
  assert_class (error, BKS_ERROR_RATE);
  g_assert_cmpint (bks_error_get_facts (error)->retry_after_ms, >, 3000000);
  g_assert_cmpint (bks_error_get_facts (error)->retry_after_ms, <=, 3600000);
}

/* Names of models go on the wire and come back as they are. */
static void
test_model_names (void)
{
  static const char *const names[] = { "vendor/model:free", "@cf/a/b-1.5", "~x/y@2026", "ft:gpt-5:org::id", "weiß/模型" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      Vendor vendor = vendors[1];
      g_autoptr(Fixture) f = NULL;
      g_autoptr(JsonObject) body = NULL;

      vendor.model = names[i];
      f = new_fixture (&vendor);
      g_assert_no_error (ask (f, &vendor, new_stream (vendor.stream), TRUE));
      body = fixture_dup_body (f, 0);
      g_assert_cmpstr (bks_json_get_string (body, "model"), ==, names[i]);
    }
}

/* Who is added by hand is known by the address. */
static void
test_addresses (void)
{
  static const struct { const char *url, *vendor; } addresses[] = {
    { "https://api.openai.com/v1", "openai" },
    { "https://openrouter.ai/api/v1", "openrouter" },
    { "https://api.together.ai/v1", "together" },
    { "https://API.Together.xyz/v1/chat/completions", "together" },
    { "https://together.ai.example.org/v1", "" },
    { "http://127.0.0.1:8080/v1", "" },
  };
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(BksHttp) http = bks_http_new (limits);

  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autoptr(BksProvider) provider = bks_provider_new ("openai", "mine", addresses[i].url, http, limits, NULL);

      g_assert_cmpstr (bks_openai_find_vendor (provider)->id, ==, addresses[i].vendor);
    }
}

static const struct { const char *name; GTestDataFunc func; } tests[] = {
  { "stream", test_stream },
  { "whole", test_whole },
  { "check", test_check },
  { "models", test_models },
  { "failures", test_failures },
  { "lines", test_lines },
};

/* Every way in which a stream can be cut, and Stop. */
static void
add_dialect (const Vendor *vendor,
             Dialect      *dialect)
{
  const char *finish = strstr (vendor->stream, "finish_reason\":\"");
  const char *end = strchr (finish, '\n');

  while (finish > vendor->stream && finish[-1] != '\n')
    finish--;
  *dialect = (Dialect) {
    .name = g_strconcat ("vendors/", vendor->id, "/dialect", NULL),
    .protocol = "openai",
    .id = vendor->id,
    .path = vendor->path,
    .model = vendor->model,
    .type = "text/event-stream",
    .golden = vendor->stream,
    .mark = g_strndup (finish, (gsize) (end - finish)),
    .text = "Night fell.",
    .reasoning = vendor->thinking,
    .finish = "stop",
    .input = vendor->input,
    .output = vendor->output,
    .frame = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"more \"}}]}\n\n",
    .frame_text = "more ",
    .keep_alive = ": hello\n\n",
    .stream_only = TRUE,
  };
  dialect_add_tests (dialect);
}

int
main (int   argc,
      char *argv[])
{
  static Dialect dialects[G_N_ELEMENTS (vendors)];

  g_test_init (&argc, &argv, NULL);
  dex_init ();

  for (gsize v = 0; v < G_N_ELEMENTS (vendors); v++)
    add_dialect (&vendors[v], &dialects[v]);
  for (gsize v = 0; v < G_N_ELEMENTS (vendors); v++)
    for (gsize t = 0; t < G_N_ELEMENTS (tests); t++)
      {
        g_autofree char *path = g_strdup_printf ("/vendors/%s/%s", vendors[v].id, tests[t].name);

        g_test_add_data_func (path, &vendors[v], tests[t].func);
      }
  g_test_add_func ("/vendors/openrouter/in-band", test_openrouter_in_band);
  g_test_add_func ("/vendors/openrouter/no-repeat-after-text", test_no_repeat_after_text);
  g_test_add_func ("/vendors/openrouter/reset", test_openrouter_reset);
  g_test_add_func ("/vendors/model-names", test_model_names);
  g_test_add_func ("/vendors/addresses", test_addresses);
  return g_test_run ();
}
