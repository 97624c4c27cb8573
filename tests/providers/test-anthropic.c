/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-json.h"
#include "dialect.h"

#define KEY "sk-ant-api03-test-0123456789abcdef"

static BksReply *
push_stream (Fixture    *f,
             const char *events)
{
  BksReply *reply = bks_reply_new (200, "text/event-stream");

  bks_reply_add_text (reply, events);
  return fixture_push (f, reply);
}

static void
test_stream (void)
{
  g_autoptr(Fixture) f = fixture_new ("anthropic", "anthropic");
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("claude-thinker");
  g_autoptr(JsonObject) body = NULL;
  g_autoptr(BksRecordedRequest) recorded = NULL;
  JsonArray *messages;
  gint64 number;

  bks_completion_request_add_message (request, "system", "You write.");
  bks_completion_request_add_message (request, "system", "In English.");
  bks_completion_request_add_message (request, "user", "Go on.");
  bks_completion_request_add_message (request, "assistant", "");
  bks_completion_request_add_message (request, "assistant", "Night fell \n");
  request->max_tokens = 5;
  request->temperature = 1.5;
  g_assert_no_error (fixture_ask_request (f, request, KEY));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "The rain had stopped an");
  g_assert_true (g_str_has_prefix (bks_answer_get_reasoning (f->answer), "The scene has to move."));
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "length");
  g_assert_cmpstr (bks_answer_get_model (f->answer), ==, "claude-thinker");
  g_assert_cmpstr (bks_answer_get_request_id (f->answer), ==, "req_demo");
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, ==, 5);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->input, >, 0);

  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->path, ==, "/v1/messages");
  g_assert_cmpstr (g_hash_table_lookup (recorded->headers, "x-api-key"), ==, KEY);
  g_assert_cmpstr (g_hash_table_lookup (recorded->headers, "anthropic-version"), ==, "2023-06-01");
  g_assert_null (g_hash_table_lookup (recorded->headers, "authorization"));
  body = fixture_dup_body (f, 0);
  g_assert_cmpstr (bks_json_get_string (body, "system"), ==, "You write.\n\nIn English.");
  g_assert_true (bks_json_get_int (body, "max_tokens", &number) && number == 5);
  g_assert_cmpfloat (json_object_get_double_member (body, "temperature"), ==, 1.0);
  messages = bks_json_get_array (body, "messages");
  g_assert_cmpuint (json_array_get_length (messages), ==, 2);
  g_assert_cmpstr (bks_json_get_string (bks_json_array_object (messages, 1), "content"), ==, "Night fell");
}

static void
test_whole (void)
{
  g_autoptr(Fixture) f = fixture_new ("anthropic", "anthropic");
  g_autoptr(JsonObject) body = NULL;
  gint64 number;

  g_assert_no_error (fixture_ask (f, FALSE, KEY));
  g_assert_true (g_str_has_suffix (bks_answer_get_text (f->answer), "going the other way."));
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "stop");
  /* The API refuses a request without a cap. */
  body = fixture_dup_body (f, 0);
  g_assert_true (bks_json_get_int (body, "max_tokens", &number) && number >= 1024);
  g_assert_null (bks_json_get (body, "temperature"));

  /* The text is never just the first block. */
  fixture_push (f, bks_reply_new_json (200,
    "{\"type\":\"message\",\"model\":\"c\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"Hm.\",\"signature\":\"x\"},"
    "{\"type\":\"redacted_thinking\",\"data\":\"zzz\"},{\"type\":\"text\",\"text\":\"One \"},{\"type\":\"new\",\"text\":\"NO\"},"
    "{\"type\":\"text\",\"text\":\"two.\"}],\"stop_reason\":\"stop_sequence\",\"usage\":{\"input_tokens\":12,"
    "\"cache_creation_input_tokens\":3,\"cache_read_input_tokens\":4,\"output_tokens\":6}}"));
  g_assert_no_error (fixture_ask (f, FALSE, KEY));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "One two.");
  g_assert_cmpstr (bks_answer_get_reasoning (f->answer), ==, "Hm.");
  g_assert_cmpint (bks_answer_get_usage (f->answer)->input, ==, 12);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->cache_write, ==, 3);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->cache_read, ==, 4);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, ==, 6);
}

/* What is kept for an hour is dearer; the sum holds both, and comes again without the parts. */
static void
test_written_for_an_hour (void)
{
  g_autoptr(Fixture) f = fixture_new ("anthropic", "anthropic");
  const BksTokenUsage *usage;

  push_stream (f,
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,"
    "\"cache_creation_input_tokens\":70,\"cache_creation\":{\"ephemeral_5m_input_tokens\":20,"
    "\"ephemeral_1h_input_tokens\":50},\"output_tokens\":1}}}\n\n"
    "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}}\n\n"
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{"
    "\"cache_creation_input_tokens\":70,\"output_tokens\":15}}\n\n"
    "event: message_stop\ndata: {}\n\n");
  g_assert_no_error (fixture_ask (f, TRUE, KEY));
  usage = bks_answer_get_usage (f->answer);
  g_assert_cmpint (usage->cache_write, ==, 20);
  g_assert_cmpint (usage->cache_write_1h, ==, 50);
}

/* Every count is that of the whole answer so far, null is "as before", and nothing is added up. */
static void
test_usage (void)
{
  g_autoptr(Fixture) f = fixture_new ("anthropic", "anthropic");
  const BksTokenUsage *usage;

  push_stream (f,
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,"
    "\"cache_creation_input_tokens\":7,\"cache_read_input_tokens\":8,\"output_tokens\":1}}}\n\n"
    "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}}\n\n"
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":null},\"usage\":{\"output_tokens\":9}}\n\n"
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"input_tokens\":null,"
    "\"cache_creation_input_tokens\":null,\"cache_read_input_tokens\":10,\"output_tokens\":15}}\n\n"
    "event: message_stop\ndata: {}\n\n");
  g_assert_no_error (fixture_ask (f, TRUE, KEY));
  usage = bks_answer_get_usage (f->answer);
  g_assert_cmpint (usage->input, ==, 25);
  g_assert_cmpint (usage->cache_write, ==, 7);
  g_assert_cmpint (usage->cache_read, ==, 10);
  g_assert_cmpint (usage->output, ==, 15);
  g_assert_cmpint (usage->cache_write_1h, ==, -1);
  g_assert_cmpint (usage->reasoning, ==, -1);
}

/* Both versions, each with its own way to carry the key. */
static void
test_versions (void)
{
  g_autoptr(Fixture) f = fixture_new ("anthropic", "anthropic");
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("claude");
  g_autoptr(JsonObject) body = NULL;
  g_autoptr(BksRecordedRequest) recorded = NULL, old = NULL, retried = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_false (bks_provider_set_option (f->provider, "api-version", "1999-01-01", &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (bks_provider_set_option (f->provider, "colour", "red", &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  g_assert_true (bks_provider_set_option (f->provider, "api-version", "2026-10-21", &error));
  bks_completion_request_add_message (request, "user", "Go on.");
  request->temperature = 0.5;
  g_assert_no_error (fixture_ask_request (f, request, KEY));
  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (g_hash_table_lookup (recorded->headers, "anthropic-version"), ==, "2026-10-21");
  g_assert_cmpstr (g_hash_table_lookup (recorded->headers, "authorization"), ==, "Bearer " KEY);
  g_assert_null (g_hash_table_lookup (recorded->headers, "x-api-key"));
  /* It refuses what steers the choice of words. */
  body = fixture_dup_body (f, 0);
  g_assert_null (bks_json_get (body, "temperature"));

  /* A server that no longer takes the one is asked in the other, once. */
  fixture_push (f, bks_reply_new_json (400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                                            "\"message\":\"anthropic-version: 2026-10-21 is not a valid version\"}}"));
  g_assert_no_error (fixture_check (f, KEY));
  old = bks_scripted_server_dup_request (f->server, 1);
  retried = bks_scripted_server_dup_request (f->server, 2);
  g_assert_cmpstr (g_hash_table_lookup (old->headers, "anthropic-version"), ==, "2026-10-21");
  g_assert_cmpstr (g_hash_table_lookup (retried->headers, "anthropic-version"), ==, "2023-06-01");
  g_assert_cmpstr (g_hash_table_lookup (retried->headers, "x-api-key"), ==, KEY);
  for (guint i = 0; i < 2; i++)
    fixture_push (f, bks_reply_new_json (400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                                              "\"message\":\"anthropic-version: none is valid\"}}"));
  error = fixture_ask (f, TRUE, KEY);
  assert_class (error, BKS_ERROR_REQUEST);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 5);
}

/* Newer models take no temperature: asked again without it, once. */
static void
test_temperature (void)
{
  static const char refusal[] = "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                                "\"message\":\"`temperature` is deprecated for this model.\"}}";
  g_autoptr(Fixture) f = fixture_new ("anthropic", "anthropic");
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("claude");
  g_autoptr(JsonObject) first = NULL, second = NULL;
  g_autoptr(GError) error = NULL;

  bks_completion_request_add_message (request, "user", "Go on.");
  request->temperature = 0.5;
  fixture_push (f, bks_reply_new_json (400, refusal));
  g_assert_no_error (fixture_ask_request (f, request, KEY));
  first = fixture_dup_body (f, 0);
  second = fixture_dup_body (f, 1);
  g_assert_nonnull (bks_json_get (first, "temperature"));
  g_assert_null (bks_json_get (second, "temperature"));

  fixture_push (f, bks_reply_new_json (400, refusal));
  fixture_push (f, bks_reply_new_json (400, refusal));
  error = fixture_ask_request (f, request, KEY);
  assert_class (error, BKS_ERROR_REQUEST);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 4);
}

#define FAILURE(type, message) "{\"type\":\"error\",\"error\":{\"type\":\"" type "\",\"message\":\"" message "\"},\"request_id\":\"req_011\"}"

static void
test_failures (void)
{
  static const struct { guint status; const char *header, *value, *body; BksError error; gint64 wait; } cases[] = {
    { 400, NULL, NULL, FAILURE ("invalid_request_error", "messages: at least one message is required"), BKS_ERROR_REQUEST, -1 },
    { 400, NULL, NULL, FAILURE ("invalid_request_error", "You have reached your specified API usage limits. You will regain access on 2026-12-01"), BKS_ERROR_BILLING, -1 },
    { 400, NULL, NULL, FAILURE ("invalid_request_error", "Your credit balance is too low to access the Anthropic API."), BKS_ERROR_BILLING, -1 },
    { 400, NULL, NULL, FAILURE ("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"), BKS_ERROR_CONTEXT, -1 },
    { 400, NULL, NULL, FAILURE ("invalid_request_error", "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"), BKS_ERROR_CONTEXT, -1 },
    { 401, NULL, NULL, FAILURE ("authentication_error", "invalid x-api-key"), BKS_ERROR_AUTH, -1 },
    { 402, NULL, NULL, FAILURE ("billing_error", "Payment required"), BKS_ERROR_BILLING, -1 },
    { 403, NULL, NULL, FAILURE ("permission_error", "Your API key does not have permission"), BKS_ERROR_PERMISSION, -1 },
    { 404, NULL, NULL, FAILURE ("not_found_error", "model: claude-9"), BKS_ERROR_MODEL, -1 },
    { 404, NULL, NULL, FAILURE ("not_found_error", "Not Found"), BKS_ERROR_REQUEST, -1 },
    { 409, NULL, NULL, FAILURE ("conflict_error", "Busy"), BKS_ERROR_SERVER, -1 },
    { 413, NULL, NULL, FAILURE ("request_too_large", "Request exceeds the maximum size"), BKS_ERROR_CONTEXT, -1 },
    { 413, NULL, NULL, "<html><center>cloudflare</center></html>", BKS_ERROR_CONTEXT, -1 },
    { 429, "retry-after", "7", FAILURE ("rate_limit_error", "This request would exceed your rate limit"), BKS_ERROR_RATE, 7000 },
    { 429, "anthropic-ratelimit-requests-remaining", "5", FAILURE ("rate_limit_error", "This request would exceed your monthly limit"), BKS_ERROR_BILLING, -1 },
    { 500, NULL, NULL, FAILURE ("api_error", "Internal server error"), BKS_ERROR_SERVER, -1 },
    { 504, NULL, NULL, FAILURE ("timeout_error", "Timed out"), BKS_ERROR_TIMEOUT, -1 },
    { 520, NULL, NULL, "<html>", BKS_ERROR_SERVER, -1 },
    { 529, NULL, NULL, FAILURE ("overloaded_error", "Overloaded"), BKS_ERROR_OVERLOAD, -1 },
    { 529, NULL, NULL, "", BKS_ERROR_OVERLOAD, -1 },
    { 200, NULL, NULL, FAILURE ("overloaded_error", "Overloaded"), BKS_ERROR_OVERLOAD, -1 },
    { 200, NULL, NULL, "{\"type\":\"error\"}", BKS_ERROR_MALFORMED, -1 },
    { 200, NULL, NULL, "{}", BKS_ERROR_MALFORMED, -1 },
    { 200, NULL, NULL, "<html>", BKS_ERROR_MALFORMED, -1 },
    { 200, NULL, NULL, "{\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":\"I\"}],\"stop_reason\":\"refusal\"}", BKS_ERROR_CONTENT, -1 },
    { 200, NULL, NULL, "{\"type\":\"message\",\"content\":[],\"stop_reason\":\"max_tokens\"}", BKS_ERROR_REQUEST, -1 },
    { 200, NULL, NULL, "{\"type\":\"message\",\"content\":[],\"stop_reason\":\"end_turn\"}", BKS_ERROR_MALFORMED, -1 },
  };
  g_autoptr(Fixture) f = fixture_new ("anthropic", "anthropic");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      BksReply *reply = bks_reply_new (cases[i].status, "application/json");

      bks_reply_add_header (reply, "request-id", "req_011");
      if (cases[i].header != NULL)
        bks_reply_add_header (reply, cases[i].header, cases[i].value);
      bks_reply_add_text (reply, cases[i].body);
      fixture_push (f, reply);
      error = fixture_ask (f, TRUE, KEY);
      g_test_message ("case %zu: %s", i, error != NULL ? error->message : "");
      assert_class (error, cases[i].error);
      g_assert_cmpint (bks_error_get_facts (error)->retry_after_ms, ==, cases[i].wait);
      g_assert_cmpstr (bks_error_get_facts (error)->request_id, ==, "req_011");
      g_assert_null (strstr (error->message, "html"));
    }
}

/* The reset headers are times, not durations. */
static void
test_reset (void)
{
  g_autoptr(Fixture) f = fixture_new ("anthropic", "anthropic");
  g_autoptr(GError) error = NULL;
  BksReply *reply = bks_reply_new_json (429, FAILURE ("rate_limit_error", "Slow"));
  g_autoptr(GDateTime) soon = g_date_time_new_from_unix_utc (bks_clock_get_now_ms (f->limits->clock) / 1000 + 600);
  g_autofree char *when = g_date_time_format (soon, "%Y-%m-%dT%H:%M:%SZ");

  bks_reply_add_header (reply, "anthropic-ratelimit-tokens-remaining", "0");
  bks_reply_add_header (reply, "anthropic-ratelimit-tokens-reset", when);
  bks_reply_add_header (reply, "anthropic-ratelimit-requests-remaining", "4");
  bks_reply_add_header (reply, "anthropic-ratelimit-requests-reset", "2099-01-01T00:00:00Z");
  fixture_push (f, reply);
  error = fixture_ask (f, TRUE, KEY);
  assert_class (error, BKS_ERROR_RATE);
  g_assert_cmpint (bks_error_get_facts (error)->retry_after_ms, >, 400000);
  g_assert_cmpint (bks_error_get_facts (error)->retry_after_ms, <=, 600000);
}

/* An error in the middle ends the answer, and what was written stays. */
static void
test_in_band (void)
{
  static const struct { const char *type; BksError error; } cases[] = {
    { "overloaded_error", BKS_ERROR_OVERLOAD },
    { "api_error", BKS_ERROR_SERVER },
    { "rate_limit_error", BKS_ERROR_RATE },
    { "timeout_error", BKS_ERROR_TIMEOUT },
    { "something_new", BKS_ERROR_MALFORMED },
  };
  g_autoptr(Fixture) f = fixture_new ("anthropic", "anthropic");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *events = g_strdup_printf (
        "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"Half\"}}\n\n"
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"Why\"}}\n\n"
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", cases[i].type);
      g_autoptr(GError) error = NULL;

      push_stream (f, events);
      error = fixture_ask (f, TRUE, KEY);
      assert_class (error, cases[i].error);
      g_assert_nonnull (strstr (error->message, "Why"));
      g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Half");
    }
}

/* Tools, citations, signatures and what is still to be invented are not text. */
static void
test_strange_events (void)
{
  g_autoptr(Fixture) f = fixture_new ("anthropic", "anthropic");

  push_stream (f,
    "event: ping\ndata: {\"type\":\"ping\"}\n\nevent: ping\ndata: \n\n"
    "event: message_start\ndata: {\"type\":\"message_start\"}\n\n"
    "event: new_thing\ndata: {\"type\":\"new_thing\",\"delta\":{\"type\":\"text_delta\",\"text\":\"NO\"}}\n\n"
    "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"redacted_thinking\",\"data\":\"NO\"}}\n\n"
    "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"Hm\"}}\n\n"
    "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"NO\"}}\n\n"
    "data: {\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"text\",\"text\":\"The \"}}\n\n"
    /* Without a type in the data the event's name counts. */
    "event: content_block_delta\ndata: {\"index\":2,\"delta\":{\"type\":\"text_delta\",\"text\":\"sea\"}}\n\n"
    "data: {\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"citations_delta\",\"citation\":{\"text\":\"NO\"}}}\n\n"
    "data: {\"type\":\"content_block_delta\",\"index\":3,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"NO\"}}\n\n"
    "data: {\"type\":\"content_block_delta\",\"index\":3,\"delta\":null}\n\n"
    "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":7}}\n\n"
    "data: {\"type\":7}\n\ndata: {broken\n\n"
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n"
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\"}}\n\n"
    "data: {\"type\":\"message_stop\"}\n\n"
    "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"LATE\"}}\n\n");
  g_assert_no_error (fixture_ask (f, TRUE, KEY));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "The sea");
  g_assert_cmpstr (bks_answer_get_reasoning (f->answer), ==, "Hm");
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "stop");
}

static void
test_models (void)
{
  g_autoptr(Fixture) f = fixture_new ("anthropic", "anthropic");
  g_autoptr(GPtrArray) models = NULL;
  g_autoptr(GPtrArray) endless = NULL;
  g_autoptr(GError) error = NULL;

  models = fixture_list (f, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (models->len, ==, 2);
  g_assert_cmpstr (bks_model_get_id (g_ptr_array_index (models, 0)), ==, "claude-demo-2");
  g_assert_cmpint (bks_model_get_window (g_ptr_array_index (models, 0)), ==, 200000);
  g_assert_true (bks_model_get_input_price (g_ptr_array_index (models, 0)) == BKS_MONEY_UNKNOWN);
  g_assert_cmpstr (bks_model_get_id (g_ptr_array_index (models, 1)), ==, "claude-demo-1");
  g_assert_cmpint (bks_model_get_window (g_ptr_array_index (models, 1)), ==, -1);

  /* One page more, for ever. */
  for (guint i = 0; i < 40; i++)
    fixture_push (f, bks_reply_new_json (200, "{\"data\":[{\"id\":\"a/b:c\"}],\"has_more\":true,\"last_id\":\"a/b:c\"}"));
  endless = fixture_list (f, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (endless->len, <, 40);
}

static void
test_count (void)
{
  g_autoptr(Fixture) f = fixture_new ("anthropic", "anthropic");
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("claude");
  g_autoptr(BksRecordedRequest) recorded = NULL;
  g_autoptr(JsonObject) body = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(DexFuture) future = NULL;

  bks_completion_request_add_message (request, "system", "You write.");
  bks_completion_request_add_message (request, "user", "Go on.");
  fixture_push (f, bks_reply_new_json (200, "{\"input_tokens\":2095}"));
  future = bks_provider_count_tokens (f->provider, request, KEY, NULL);
  g_assert_true (bks_wait (dex_ref (future), &error));
  g_assert_cmpint (g_value_get_int64 (dex_future_get_value (future, NULL)), ==, 2095);
  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->path, ==, "/v1/messages/count_tokens");
  body = fixture_dup_body (f, 0);
  g_assert_null (bks_json_get (body, "max_tokens"));
  g_assert_cmpstr (bks_json_get_string (body, "system"), ==, "You write.");

  fixture_push (f, bks_reply_new_json (200, "{\"input_tokens\":\"many\"}"));
  g_assert_false (bks_wait (bks_provider_count_tokens (f->provider, request, KEY, NULL), &error));
  assert_class (error, BKS_ERROR_MALFORMED);
}

#define DELTA(kind, text) "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"" kind "_delta\",\"" kind "\":\"" text "\"}}"
#define LAST "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":15}}"

static const Dialect dialect = {
  .name = "anthropic",
  .protocol = "anthropic",
  .type = "text/event-stream",
  .golden =
    "\xef\xbb\xbf: hello\r\n\r\n"
    "event: message_start\r\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"claude\",\"content\":[],"
    "\"usage\":{\"input_tokens\":25,\"cache_read_input_tokens\":3,\"output_tokens\":1}}}\r\n\r\n"
    "event: ping\rdata: {\"type\": \"ping\"}\r\r"
    "data:{\"type\":\"content_block_start\",\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}\n\n"
    "data: " DELTA ("thinking", "Hm \\ud83c") "\n\n"
    "data: " DELTA ("thinking", "\\udf0d.") "\n\n"
    "event: content_block_delta\r\ndata: {\"index\":1,\r\ndata: \"delta\":{\"type\":\"text_delta\",\"text\":\"Zoë—\"}}\r\n\r\n"
    "id: 7\nretry: 10\ndata: " DELTA ("text", "🌍 \\ud83c") "\n\n"
    "data: " DELTA ("text", "\\udf0d end") "\r\r\n"
    LAST "\n\n"
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
  .mark = LAST,
  .text = "Zoë—🌍 🌍 end",
  .reasoning = "Hm 🌍.",
  .finish = "stop",
  .input = 25,
  .output = 15,
  .frame = "data: " DELTA ("text", "more ") "\n\n",
  .frame_text = "more ",
  .keep_alive = "event: ping\ndata: {\"type\":\"ping\"}\n\n",
  .document = "{\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":\"",
  .document_end = "\"}],\"stop_reason\":\"end_turn\"}",
};

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();

  dialect_add_tests (&dialect);
  g_test_add_func ("/anthropic/stream", test_stream);
  g_test_add_func ("/anthropic/whole", test_whole);
  g_test_add_func ("/anthropic/usage", test_usage);
  g_test_add_func ("/anthropic/written-for-an-hour", test_written_for_an_hour);
  g_test_add_func ("/anthropic/versions", test_versions);
  g_test_add_func ("/anthropic/temperature", test_temperature);
  g_test_add_func ("/anthropic/failures", test_failures);
  g_test_add_func ("/anthropic/reset", test_reset);
  g_test_add_func ("/anthropic/in-band", test_in_band);
  g_test_add_func ("/anthropic/strange-events", test_strange_events);
  g_test_add_func ("/anthropic/models", test_models);
  g_test_add_func ("/anthropic/count", test_count);
  return g_test_run ();
}
