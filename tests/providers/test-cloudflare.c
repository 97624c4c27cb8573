/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-json.h"
#include "dialect.h"

#define ACCOUNT "0123456789abcdef0123456789abcdef"
#define KEY "cf-token-0123456789abcdefghijklmnop"
#define RUN "/client/v4/accounts/" ACCOUNT "/ai/run/"
#define SEARCH "/client/v4/accounts/" ACCOUNT "/ai/models/search?task=Text%20Generation&per_page="
#define ENVELOPE(result) "{\"result\":" result ",\"success\":true,\"errors\":[],\"messages\":[]}"
#define REFUSAL(code, message) "{\"result\":null,\"success\":false,\"errors\":[{\"code\":" code ",\"message\":\"" message "\"}],\"messages\":[]}"

static Fixture *
new_fixture (void)
{
  Fixture *f = fixture_new ("cloudflare", "cloudflare");

  g_assert_true (bks_provider_set_option (f->provider, BKS_PROVIDER_OPTION_ACCOUNT_ID, " " ACCOUNT "\n", NULL));
  return f;
}

static void
push (Fixture    *f,
      const char *path,
      guint       status,
      const char *json)
{
  bks_scripted_server_push (f->server, path, bks_reply_new_json (status, json));
}

static void
push_stream (Fixture    *f,
             const char *events)
{
  BksReply *reply = bks_reply_new (200, "text/event-stream");

  bks_reply_add_text (reply, events);
  fixture_push (f, reply);
}

static void
test_stream (void)
{
  g_autoptr(Fixture) f = new_fixture ();
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("@cf/meta/llama-3.1-8b:x~y");
  g_autoptr(BksRecordedRequest) recorded = NULL;
  g_autoptr(JsonObject) body = NULL;
  gint64 number;
  gboolean yes;

  bks_completion_request_add_message (request, "system", "You write.");
  bks_completion_request_add_message (request, "user", "Go on.");
  request->temperature = 0.5;
  push_stream (f, "data: {\"response\":\"The sea\",\"p\":\"abdefghijkl\"}\n\ndata: {\"response\":\" sleeps.\",\"p\":\"ab\"}\n\n"
                  "data: {\"response\":\"\",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}\n\n"
                  "data: [DONE]\n\n");
  g_assert_no_error (fixture_ask_request (f, request, KEY));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "The sea sleeps.");
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "stop");
  g_assert_cmpint (bks_answer_get_usage (f->answer)->input, ==, 9);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, ==, 4);

  /* The model's name stands in the path as it is. */
  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->path, ==, RUN "@cf/meta/llama-3.1-8b:x~y");
  g_assert_cmpstr (g_hash_table_lookup (recorded->headers, "authorization"), ==, "Bearer " KEY);
  body = fixture_dup_body (f, 0);
  g_assert_null (bks_json_get (body, "model"));
  g_assert_true (bks_json_get_boolean (body, "stream", &yes) && yes);
  /* Without one it ends after 256 tokens. */
  g_assert_true (bks_json_get_int (body, "max_tokens", &number) && number > 256);
  g_assert_cmpuint (json_array_get_length (bks_json_get_array (body, "messages")), ==, 2);

  /* A model that only the answers of newer ones are shaped like. */
  push_stream (f, "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"Hm\"},\"finish_reason\":null}]}\n\n"
                  "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Night\"},\"finish_reason\":null}]}\n\n"
                  "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":null,\"function\":{\"name\":null,\"arguments\":null}}]}}]}\n\n"
                  "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6}}\n\n"
                  "data: [DONE]\n\n");
  g_assert_no_error (fixture_ask_request (f, request, KEY));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Night");
  g_assert_cmpstr (bks_answer_get_reasoning (f->answer), ==, "Hm");
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "length");
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, ==, 6);
}

/* What is whole may be asked for, or come although a stream was asked for. */
static void
test_whole (void)
{
  static const struct { const char *json, *text, *finish; } cases[] = {
    { ENVELOPE ("{\"response\":\"The sea.\",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}"), "The sea.", "stop" },
    { ENVELOPE ("{\"response\":\"The sea\",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":40}}"), "The sea", "length" },
    { ENVELOPE ("{\"choices\":[{\"index\":0,\"message\":{\"content\":\"The sea.\",\"reasoning_content\":\"Hm\"},"
                "\"finish_reason\":\"stop\"}]}"), "The sea.", "stop" },
    { ENVELOPE ("{\"choices\":[{\"message\":{\"content\":\"The sea.\"}}]}"), "The sea.", "stop" },
    { ENVELOPE ("{\"response\":42}"), "42", "stop" },
    { ENVELOPE ("{\"response\":{\"title\":\"Sea\"}}"), "{\"title\":\"Sea\"}", "stop" },
    { "{\"response\":\"bare\"}", "bare", "stop" },
  };
  g_autoptr(Fixture) f = new_fixture ();
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("@cf/x/y");

  bks_completion_request_add_message (request, "user", "Go on.");
  request->max_tokens = 40;
  for (gsize i = 0; i < G_N_ELEMENTS (cases) * 2; i++)
    {
      request->stream = i % 2 == 0;
      fixture_push (f, bks_reply_new_json (200, cases[i / 2].json));
      g_assert_no_error (fixture_ask_request (f, request, KEY));
      g_assert_cmpstr (bks_answer_get_text (f->answer), ==, cases[i / 2].text);
      g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, cases[i / 2].finish);
    }
}

/* Numbers come as numbers, usage late or twice, padding always. */
static void
test_strange_frames (void)
{
  g_autoptr(Fixture) f = new_fixture ();

  push_stream (f, "data: {\"response\":null,\"p\":\"x\"}\n\ndata: {\"p\":\"x\"}\n\ndata: {}\n\n: comment\n\n"
                  "data: {\"response\":\"In \"}\n\ndata: {\"response\":1984,\"usage\":{\"prompt_tokens\":\"9\",\"completion_tokens\":2}}\n\n"
                  "data: {\"response\":\" it\",\"tool_calls\":[]}\n\n"
                  "data: {\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":-5}}\n\n"
                  "data: {\"usage\":null}\n\ndata: {\"usage\":{\"completion_tokens\":7}}\n\n"
                  "data: [DONE]\n\ndata: {\"response\":\"LATE\"}\n\ndata: [DONE]\n\n");
  g_assert_no_error (fixture_ask (f, TRUE, KEY));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "In 1984 it");
  g_assert_cmpint (bks_answer_get_usage (f->answer)->input, ==, 9);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, ==, 7);
}

static void
test_quirks (void)
{
  g_autoptr(Fixture) f = new_fixture ();
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("@cf/x/y");
  g_autoptr(JsonObject) third = NULL;
  g_autoptr(GError) error = NULL;
  gint64 number;

  bks_completion_request_add_message (request, "user", "Go on.");
  request->temperature = 0.5;
  request->max_tokens = 100;
  push (f, NULL, 400, REFUSAL ("5006", "Error: 'temperature' is not supported"));
  push (f, NULL, 400, REFUSAL ("5006", "Error: required properties: use max_completion_tokens, not max_tokens"));
  push (f, NULL, 200, ENVELOPE ("{\"response\":\"x\"}"));
  g_assert_no_error (fixture_ask_request (f, request, KEY));
  third = fixture_dup_body (f, 2);
  g_assert_null (bks_json_get (third, "temperature"));
  g_assert_null (bks_json_get (third, "max_tokens"));
  g_assert_true (bks_json_get_int (third, "max_completion_tokens", &number) && number == 100);

  for (guint i = 0; i < 5; i++)
    push (f, NULL, 400, REFUSAL ("5006", "Error: max_tokens and max_completion_tokens are both wrong"));
  error = fixture_ask_request (f, request, KEY);
  assert_class (error, BKS_ERROR_REQUEST);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 5);
}

static void
test_account (void)
{
  g_autoptr(Fixture) f = fixture_new ("cloudflare", "cloudflare");
  g_autofree char *pasted = g_strconcat (bks_scripted_server_get_url (f->server), "/client/v4/accounts/" ACCOUNT "/ai/v1", NULL);
  g_autoptr(BksProvider) provider = bks_provider_new ("cloudflare", "cf", pasted, f->http, f->limits, NULL);
  g_autoptr(BksRecordedRequest) recorded = NULL;
  g_autoptr(GError) error = NULL;

  /* Nothing is sent. */
  error = fixture_ask (f, TRUE, KEY);
  assert_class (error, BKS_ERROR_REQUEST);
  g_assert_nonnull (strstr (error->message, "account id"));
  g_clear_error (&error);
  error = fixture_check (f, KEY);
  assert_class (error, BKS_ERROR_REQUEST);
  g_clear_error (&error);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 0);

  g_assert_false (bks_provider_set_option (f->provider, "account-id", "../../user", &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (bks_provider_set_option (f->provider, "account-id", "", &error));
  g_clear_error (&error);
  g_assert_false (bks_provider_set_option (f->provider, "api-version", "1", &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  /* Who pastes the address of a call gives the account with it. */
  push (f, SEARCH "1&page=1", 200, ENVELOPE ("[]"));
  g_assert_true (bks_wait (bks_provider_check (provider, KEY, NULL), &error));
  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->path, ==, SEARCH "1&page=1");
}

/* No name of a model leads to another path. */
static void
test_model_names (void)
{
  static const char *const names[] = { "", "/x", "@cf/../../../user/tokens", "..", NULL };
  g_autoptr(Fixture) f = new_fixture ();
  g_autoptr(BksCompletionRequest) odd = bks_completion_request_new ("@cf/a b?c#d%2e");
  g_autoptr(BksRecordedRequest) recorded = NULL;
  g_autoptr(GError) error = NULL;

  for (gsize i = 0; names[i] != NULL; i++)
    {
      g_autoptr(BksCompletionRequest) request = bks_completion_request_new (names[i]);

      error = fixture_ask_request (f, request, KEY);
      assert_class (error, BKS_ERROR_MODEL);
      g_clear_error (&error);
    }
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 0);
  push (f, NULL, 200, ENVELOPE ("{\"response\":\"x\"}"));
  g_assert_no_error (fixture_ask_request (f, odd, KEY));
  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->path, ==, RUN "@cf/a%20b%3Fc%23d%252e");
}

/* The key alone proves nothing: the account and its permission have to be right too. */
static void
test_check (void)
{
  static const char *const user = "/client/v4/user/tokens/verify";
  static const char *const own = "/client/v4/accounts/" ACCOUNT "/tokens/verify";
  static const struct { const char *user_answer, *own_answer; BksError error; const char *word; } cases[] = {
    { REFUSAL ("1000", "Invalid API Token"), REFUSAL ("1000", "Invalid API Token"), BKS_ERROR_AUTH, "does not accept the key" },
    { ENVELOPE ("{\"id\":\"1\",\"status\":\"active\"}"), NULL, BKS_ERROR_PERMISSION, "account id" },
    { ENVELOPE ("{\"id\":\"1\",\"status\":\"expired\"}"), NULL, BKS_ERROR_AUTH, "expired" },
    { ENVELOPE ("{\"id\":\"1\",\"status\":\"disabled\"}"), NULL, BKS_ERROR_AUTH, "switched off" },
    /* A key that belongs to the account is unknown at the first address. */
    { REFUSAL ("1000", "Invalid API Token"), ENVELOPE ("{\"id\":\"1\",\"status\":\"active\"}"), BKS_ERROR_PERMISSION, "permission" },
  };
  g_autoptr(Fixture) f = new_fixture ();
  g_autoptr(GError) error = NULL;

  push (f, SEARCH "1&page=1", 200, ENVELOPE ("[{\"name\":\"@cf/x/y\"}]"));
  g_assert_no_error (fixture_check (f, KEY));
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      push (f, SEARCH "1&page=1", 401, REFUSAL ("10000", "Authentication error"));
      push (f, user, g_str_has_prefix (cases[i].user_answer, "{\"result\":null") ? 401 : 200, cases[i].user_answer);
      if (cases[i].own_answer != NULL)
        push (f, own, g_str_has_prefix (cases[i].own_answer, "{\"result\":null") ? 401 : 200, cases[i].own_answer);
      g_clear_error (&error);
      error = fixture_check (f, KEY);
      g_test_message ("case %zu: %s", i, error != NULL ? error->message : "");
      assert_class (error, cases[i].error);
      g_assert_nonnull (strstr (error->message, cases[i].word));
    }

  push (f, SEARCH "1&page=1", 404, REFUSAL ("7003", "Could not route to /client/v4/accounts/x, perhaps your object identifier is invalid?"));
  g_clear_error (&error);
  error = fixture_check (f, KEY);
  assert_class (error, BKS_ERROR_REQUEST);
  g_assert_nonnull (strstr (error->message, "account id"));
}

static void
test_models (void)
{
  g_autoptr(Fixture) f = new_fixture ();
  g_autoptr(GString) full = g_string_new ("[");
  g_autoptr(GPtrArray) models = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *page = NULL;
  BksModel *model;

  for (guint i = 0; i < 100; i++)
    g_string_append_printf (full, "%s{\"id\":\"86b3\",\"name\":\"@cf/a/m%u\",\"task\":{\"name\":\"Text Generation\"}}", i > 0 ? "," : "", i);
  g_string_append_c (full, ']');
  page = g_strdup_printf ("{\"result\":%s,\"success\":true}", full->str);
  push (f, SEARCH "100&page=1", 200, page);
  push (f, SEARCH "100&page=2", 200, ENVELOPE (
    "[{\"id\":\"86b3\",\"name\":\"@cf/zai-org/glm-4.7-flash\",\"task\":{\"id\":\"t\",\"name\":\"Text Generation\"},\"properties\":["
    "{\"property_id\":\"context_window\",\"value\":\"131072\"},"
    "{\"property_id\":\"price\",\"value\":[{\"unit\":\"per M input tokens\",\"price\":0.0605,\"currency\":\"USD\"},"
    "{\"unit\":\"per M output tokens\",\"price\":0.4,\"currency\":\"USD\"}]},"
    "{\"property_id\":\"function_calling\",\"value\":\"true\"},{\"property_id\":\"vision\",\"value\":\"false\"},"
    "{\"property_id\":\"new\",\"value\":{\"x\":1}},{\"value\":\"no id\"},7]},"
    "{\"id\":\"1\",\"name\":\"@cf/baai/bge\",\"task\":{\"name\":\"Text Embeddings\"}},"
    "{\"id\":\"2\",\"name\":\"@cf/free/price\",\"properties\":[{\"property_id\":\"price\",\"value\":[{\"unit\":\"per M input tokens\",\"price\":0,\"currency\":\"EUR\"}]}]},"
    "{\"id\":\"3\"},null]"));
  models = fixture_list (f, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (models->len, ==, 102);
  model = g_ptr_array_index (models, 100);
  g_assert_cmpstr (bks_model_get_id (model), ==, "@cf/zai-org/glm-4.7-flash");
  g_assert_cmpint (bks_model_get_window (model), ==, 131072);
  g_assert_cmpint (bks_model_get_input_price (model), ==, 60500);
  g_assert_cmpint (bks_model_get_output_price (model), ==, 400000);
  g_assert_cmpint (bks_model_get_abilities (model), ==, BKS_ABILITY_TEXT | BKS_ABILITY_TOOLS);
  model = g_ptr_array_index (models, 101);
  g_assert_true (bks_model_get_input_price (model) == BKS_MONEY_UNKNOWN);
  g_assert_cmpint (bks_model_get_window (model), ==, -1);
}

static void
test_failures (void)
{
  static const struct { guint status; const char *body; BksError error; gboolean waits; } cases[] = {
    { 429, REFUSAL ("3036", "You have used up your daily free allocation of 10,000 neurons."), BKS_ERROR_BILLING, TRUE },
    { 429, REFUSAL ("3040", "No more data centers to forward the request to"), BKS_ERROR_OVERLOAD, FALSE },
    { 429, REFUSAL ("971", "Rate limited"), BKS_ERROR_RATE, FALSE },
    { 400, REFUSAL ("5007", "No such model"), BKS_ERROR_MODEL, FALSE },
    { 404, REFUSAL ("3042", "Model not found"), BKS_ERROR_MODEL, FALSE },
    { 400, REFUSAL ("5004", "Invalid data"), BKS_ERROR_REQUEST, FALSE },
    { 400, REFUSAL ("3003", "Incomplete request"), BKS_ERROR_REQUEST, FALSE },
    { 403, REFUSAL ("5016", "Agree to the licence first"), BKS_ERROR_PERMISSION, FALSE },
    { 403, REFUSAL ("5018", "Private model"), BKS_ERROR_PERMISSION, FALSE },
    { 403, REFUSAL ("3041", "Private model"), BKS_ERROR_PERMISSION, FALSE },
    { 403, REFUSAL ("3023", "Account blocked"), BKS_ERROR_PERMISSION, FALSE },
    { 405, REFUSAL ("5005", "Method not allowed"), BKS_ERROR_REQUEST, FALSE },
    { 408, REFUSAL ("3007", "Timeout"), BKS_ERROR_TIMEOUT, FALSE },
    { 413, REFUSAL ("3006", "Request too large"), BKS_ERROR_CONTEXT, FALSE },
    { 400, REFUSAL ("5021", "AiError: This model's maximum context length is 131072 tokens. However, you requested 200000"), BKS_ERROR_CONTEXT, FALSE },
    { 401, REFUSAL ("10000", "Authentication error"), BKS_ERROR_AUTH, FALSE },
    { 400, REFUSAL ("6003", "Invalid request headers"), BKS_ERROR_AUTH, FALSE },
    { 404, REFUSAL ("7003", "Could not route to /accounts/x"), BKS_ERROR_REQUEST, FALSE },
    /* The envelope says what 200 does not. */
    { 200, REFUSAL ("3036", "Used up"), BKS_ERROR_BILLING, TRUE },
    { 200, "{\"result\":null,\"success\":false,\"errors\":[],\"messages\":[]}", BKS_ERROR_MALFORMED, FALSE },
    { 200, "{\"result\":{\"response\":\"text\"},\"success\":false,\"errors\":[{\"code\":3040,\"message\":\"Busy\"}]}", BKS_ERROR_OVERLOAD, FALSE },
    { 200, ENVELOPE ("null"), BKS_ERROR_MALFORMED, FALSE },
    { 200, ENVELOPE ("{\"response\":\"\"}"), BKS_ERROR_MALFORMED, FALSE },
    { 200, "{}", BKS_ERROR_MALFORMED, FALSE },
    { 200, ENVELOPE ("{\"choices\":[{\"message\":{\"content\":\"I\"},\"finish_reason\":\"content_filter\"}]}"), BKS_ERROR_CONTENT, FALSE },
    { 402, "", BKS_ERROR_BILLING, FALSE },
    { 503, "<html>", BKS_ERROR_OVERLOAD, FALSE },
    { 400, "{\"error\":{\"message\":\"as OpenAI\",\"type\":\"invalid_request_error\"}}", BKS_ERROR_REQUEST, FALSE },
    { 500, REFUSAL ("5000", "Internal"), BKS_ERROR_SERVER, FALSE },
  };
  g_autoptr(Fixture) f = new_fixture ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      BksReply *reply = bks_reply_new (cases[i].status, "application/json");

      bks_reply_add_header (reply, "cf-ray", "8f00-TXL");
      bks_reply_add_text (reply, cases[i].body);
      fixture_push (f, reply);
      error = fixture_ask (f, TRUE, KEY);
      g_test_message ("case %zu: %s", i, error != NULL ? error->message : "");
      assert_class (error, cases[i].error);
      g_assert_cmpstr (bks_error_get_facts (error)->request_id, ==, "8f00-TXL");
      /* Until the day ends, where days end in Greenwich. */
      g_assert_true ((bks_error_get_facts (error)->retry_after_ms > 0) == cases[i].waits);
      g_assert_cmpint (bks_error_get_facts (error)->retry_after_ms, <=, 24 * 3600 * 1000);
    }
}

/* An error in the middle of a stream, in either shape; what was written stays. */
static void
test_in_band (void)
{
  static const struct { const char *frame; BksError error; } cases[] = {
    { "{\"errors\":[{\"code\":3040,\"message\":\"Why\"}]}", BKS_ERROR_OVERLOAD },
    { "{\"error\":{\"message\":\"Why\",\"code\":\"server_error\"}}", BKS_ERROR_SERVER },
    { "{\"success\":false,\"errors\":[{\"code\":3007,\"message\":\"Why\"}],\"result\":null}", BKS_ERROR_TIMEOUT },
    { "{\"error\":\"Why\"}", BKS_ERROR_MALFORMED },
  };
  g_autoptr(Fixture) f = new_fixture ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *events = g_strdup_printf ("data: {\"response\":\"Half\"}\n\ndata: %s\n\ndata: [DONE]\n\n", cases[i].frame);
      g_autoptr(GError) error = NULL;

      push_stream (f, events);
      error = fixture_ask (f, TRUE, KEY);
      g_test_message ("case %zu: %s", i, error != NULL ? error->message : "");
      assert_class (error, cases[i].error);
      g_assert_nonnull (strstr (error->message, "Why"));
      g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Half");
    }
}

static void
test_embed (void)
{
  const char *const texts[] = { "one", "two", NULL };
  g_autoptr(Fixture) f = new_fixture ();
  g_autoptr(DexFuture) future = NULL;
  g_autoptr(BksRecordedRequest) recorded = NULL;
  g_autoptr(GError) error = NULL;
  GPtrArray *vectors;

  push (f, NULL, 200, ENVELOPE ("{\"shape\":[2,3],\"data\":[[0.5,1,-2],[3,4,5]]}"));
  future = bks_provider_embed (f->provider, "@cf/baai/bge-m3", texts, KEY, NULL);
  g_assert_true (bks_wait (dex_ref (future), &error));
  vectors = g_value_get_boxed (dex_future_get_value (future, NULL));
  g_assert_cmpuint (vectors->len, ==, 2);
  g_assert_cmpfloat (g_array_index ((GArray *) g_ptr_array_index (vectors, 0), float, 2), ==, -2);
  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->path, ==, RUN "@cf/baai/bge-m3");
  g_assert_cmpstr (recorded->body, ==, "{\"text\":[\"one\",\"two\"]}");

  push (f, NULL, 200, ENVELOPE ("{\"data\":[[0.5]]}"));
  g_assert_false (bks_wait (bks_provider_embed (f->provider, "@cf/baai/bge-m3", texts, KEY, NULL), &error));
  assert_class (error, BKS_ERROR_MALFORMED);
  g_clear_error (&error);
  push (f, NULL, 200, ENVELOPE ("{\"data\":[[0.5],[1e300]]}"));
  g_assert_false (bks_wait (bks_provider_embed (f->provider, "@cf/baai/bge-m3", texts, KEY, NULL), &error));
  assert_class (error, BKS_ERROR_MALFORMED);
}

#define FRAME(text) "data: {\"response\":\"" text "\",\"p\":\"abdef\"}"
#define CHOICE(member, text) "data: {\"choices\":[{\"index\":0,\"delta\":{\"" member "\":\"" text "\"},\"finish_reason\":null}]}"
#define CHOICE_END "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}"

static const Dialect dialect = {
  .name = "cloudflare",
  .protocol = "cloudflare",
  .account_id = ACCOUNT,
  .type = "text/event-stream",
  .golden =
    "\xef\xbb\xbf: hello\r\n\r\n"
    FRAME ("<thi") "\n\n" FRAME ("nk>Hm \\ud83c") "\r\r" FRAME ("\\udf0d.</think>\\n\\nZoë—") "\r\n\r\n"
    "data:{\"response\":\r\ndata: \"🌍 \\ud83c\"}\n\n" FRAME ("\\udf0d ") "\n\n"
    "data: {\"response\":19}\n\n" FRAME ("") "\n\n"
    "data: {\"response\":\"\",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\n\n"
    "data: [DONE]\n\n",
  .mark = "data: [DONE]",
  .text = "Zoë—🌍 🌍 19",
  .reasoning = "Hm 🌍.",
  .finish = "stop",
  .input = 9,
  .output = 4,
  .frame = FRAME ("more ") "\n\n",
  .frame_text = "more ",
  .keep_alive = FRAME ("") "\n\n",
  .document = "{\"result\":{\"response\":\"",
  .document_end = "\"},\"success\":true,\"errors\":[]}",
};

static const Dialect choices = {
  .name = "cloudflare-choices",
  .protocol = "cloudflare",
  .account_id = ACCOUNT,
  .type = "text/event-stream",
  .golden =
    CHOICE ("reasoning_content", "Hm \\ud83c") "\n\n" CHOICE ("reasoning_content", "\\udf0d.") "\r\n\r\n"
    CHOICE ("content", "Zoë—") "\r\r" CHOICE ("content", "🌍 \\ud83c") "\n\n" CHOICE ("content", "\\udf0d end") "\n\n"
    CHOICE_END "\n\ndata: [DONE]\n\n",
  .mark = CHOICE_END,
  .text = "Zoë—🌍 🌍 end",
  .reasoning = "Hm 🌍.",
  .finish = "stop",
  .input = 9,
  .output = 4,
  .frame = CHOICE ("content", "more ") "\n\n",
  .frame_text = "more ",
  .keep_alive = ": hello\n\n",
  .stream_only = TRUE,
};

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();

  dialect_add_tests (&dialect);
  dialect_add_tests (&choices);
  g_test_add_func ("/cloudflare/stream", test_stream);
  g_test_add_func ("/cloudflare/whole", test_whole);
  g_test_add_func ("/cloudflare/strange-frames", test_strange_frames);
  g_test_add_func ("/cloudflare/quirks", test_quirks);
  g_test_add_func ("/cloudflare/account", test_account);
  g_test_add_func ("/cloudflare/model-names", test_model_names);
  g_test_add_func ("/cloudflare/check", test_check);
  g_test_add_func ("/cloudflare/models", test_models);
  g_test_add_func ("/cloudflare/failures", test_failures);
  g_test_add_func ("/cloudflare/in-band", test_in_band);
  g_test_add_func ("/cloudflare/embed", test_embed);
  return g_test_run ();
}
