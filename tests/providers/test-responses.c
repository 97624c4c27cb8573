/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-json.h"
#include "dialect.h"

/* OpenAI's Responses, over a real socket; the samples follow its reference. */

#define CREATED "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"object\":\"response\"," \
                "\"status\":\"in_progress\",\"error\":null,\"model\":\"o3-pro-2026-06-10\",\"output\":[],\"usage\":null}}"
#define USAGE "\"usage\":{\"input_tokens\":36,\"input_tokens_details\":{\"cached_tokens\":30}," \
              "\"output_tokens\":87,\"output_tokens_details\":{\"reasoning_tokens\":64},\"total_tokens\":123}"
#define COMPLETED "{\"type\":\"response.completed\",\"sequence_number\":9,\"response\":{\"id\":\"resp_1\"," \
                  "\"status\":\"completed\",\"error\":null,\"incomplete_details\":null,\"output\":[{\"type\":\"message\"," \
                  "\"content\":[{\"type\":\"output_text\",\"text\":\"The sea sleeps.\"}]}]," USAGE "}}"

static void
add_event (BksReply   *reply,
           const char *name,
           const char *data)
{
  g_autofree char *text = g_strdup_printf ("event: %s\ndata: %s\n\n", name, data);

  bks_reply_add_text (reply, text);
}

static void
add_delta (BksReply   *reply,
           const char *name,
           const char *delta)
{
  g_autofree char *data = g_strdup_printf ("{\"type\":\"%s\",\"item_id\":\"i\",\"output_index\":0,\"content_index\":0,"
                                           "\"sequence_number\":3,\"delta\":\"%s\"}", name, delta);

  add_event (reply, name, data);
}

static BksReply *
new_stream (void)
{
  BksReply *reply = bks_reply_new (200, "text/event-stream; charset=utf-8");

  bks_reply_add_header (reply, "x-request-id", "req_resp");
  add_event (reply, "response.created", CREATED);
  return reply;
}

static BksCompletionRequest *
new_request (const char *model)
{
  BksCompletionRequest *request = bks_completion_request_new (model);

  bks_completion_request_add_message (request, "system", "Be brief.");
  bks_completion_request_add_message (request, "user", "Go on.");
  return request;
}

static GError *
ask (Fixture  *f,
     BksReply *reply,
     gboolean  stream)
{
  g_autoptr(BksCompletionRequest) request = new_request ("o3-pro");

  request->stream = stream;
  fixture_push (f, reply);
  return fixture_ask_request (f, request, "sk-test-key-1234567890");
}

static void
assert_usage (Fixture *f)
{
  const BksTokenUsage *usage = bks_answer_get_usage (f->answer);

  g_assert_cmpint (usage->input, ==, 6);
  g_assert_cmpint (usage->cache_read, ==, 30);
  g_assert_cmpint (usage->output, ==, 87);
  g_assert_cmpint (usage->reasoning, ==, 64);
}

static void
test_stream (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "openai");
  BksReply *reply = new_stream ();

  add_event (reply, "response.output_item.added", "{\"type\":\"response.output_item.added\",\"item\":{\"type\":\"reasoning\",\"summary\":[]}}");
  add_delta (reply, "response.reasoning_summary_text.delta", "A calm line.");
  add_event (reply, "response.some_new_kind", "{\"type\":\"response.some_new_kind\",\"delta\":{\"content\":\"WRONG\"}}");
  add_delta (reply, "response.function_call_arguments.delta", "WRONG");
  add_delta (reply, "response.output_text.delta", "The sea ");
  add_delta (reply, "response.output_text.delta", "sleeps.");
  add_event (reply, "response.output_text.done", "{\"type\":\"response.output_text.done\",\"text\":\"The sea sleeps.\"}");
  add_event (reply, "response.completed", COMPLETED);
  add_delta (reply, "response.output_text.delta", "LATE");
  g_assert_no_error (ask (f, reply, TRUE));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "The sea sleeps.");
  g_assert_cmpstr (bks_answer_get_reasoning (f->answer), ==, "A calm line.");
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "stop");
  g_assert_cmpstr (bks_answer_get_model (f->answer), ==, "o3-pro-2026-06-10");
  g_assert_cmpstr (bks_answer_get_request_id (f->answer), ==, "req_resp");
  assert_usage (f);
}

/* What is sent, and that nothing is kept there. */
static void
test_request (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "openai");
  g_autoptr(BksCompletionRequest) request = new_request ("o3-pro");
  g_autoptr(BksRecordedRequest) recorded = NULL;
  g_autoptr(JsonObject) body = NULL;
  BksReply *reply = new_stream ();
  JsonArray *input;
  gboolean store = TRUE;
  gint64 number;

  add_event (reply, "response.completed", COMPLETED);
  fixture_push (f, reply);
  bks_completion_request_add_message (request, "assistant", "The");
  request->max_tokens = 5;
  g_assert_no_error (fixture_ask_request (f, request, "sk-test-key-1234567890"));
  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->path, ==, "/v1/responses");
  g_assert_cmpstr (g_hash_table_lookup (recorded->headers, "authorization"), ==, "Bearer sk-test-key-1234567890");
  body = fixture_dup_body (f, 0);
  g_assert_cmpstr (bks_json_get_string (body, "instructions"), ==, "Be brief.");
  input = bks_json_get_array (body, "input");
  g_assert_cmpuint (json_array_get_length (input), ==, 2);
  g_assert_cmpstr (bks_json_get_string (bks_json_array_object (input, 1), "role"), ==, "assistant");
  g_assert_true (bks_json_get_boolean (body, "store", &store) && !store);
  /* The least it takes. */
  g_assert_true (bks_json_get_int (body, "max_output_tokens", &number) && number == 16);
  g_assert_null (bks_json_get (body, "temperature"));
  g_assert_null (bks_json_get (body, "stream_options"));
  /* Only the end carried the text. */
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "The sea sleeps.");
}

static void
test_whole (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "openai");

  g_assert_no_error (ask (f, bks_reply_new_json (200,
    "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"error\":null,\"model\":\"o3-pro-2026-06-10\",\"output\":["
    "{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"Hm.\"}]},"
    "{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"The sea \"},{\"type\":\"other\",\"text\":\"WRONG\"},"
    "{\"type\":\"output_text\",\"text\":\"sleeps.\"}]},{\"type\":\"message\",\"content\":null},7]," USAGE "}"), FALSE));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "The sea sleeps.");
  g_assert_cmpstr (bks_answer_get_reasoning (f->answer), ==, "Hm.");
  g_assert_cmpstr (bks_answer_get_model (f->answer), ==, "o3-pro-2026-06-10");
  assert_usage (f);
}

/* Every way in which it ends, with an error or without. */
static void
test_ends (void)
{
  static const struct { const char *name, *data; BksError error; guint status; const char *word, *finish; } cases[] = {
    { "response.incomplete", "{\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\","
      "\"incomplete_details\":{\"reason\":\"max_output_tokens\"},\"output\":[]," USAGE "}}", 0, 0, NULL, "length" },
    { "response.incomplete", "{\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\","
      "\"incomplete_details\":{\"reason\":\"content_filter\"},\"output\":[]}}", BKS_ERROR_CONTENT, 0, "content", "content_filter" },
    { "response.failed", "{\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\","
      "\"message\":\"The model failed.\"}}}", BKS_ERROR_SERVER, 200, "The model failed.", NULL },
    { "response.completed", "{\"type\":\"response.completed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":"
      "\"rate_limit_exceeded\",\"message\":\"Slow down.\"}}}", BKS_ERROR_RATE, 200, "Slow down.", NULL },
    /* The two shapes of an error: by the specification, and as it was seen. */
    { "error", "{\"type\":\"error\",\"code\":\"context_length_exceeded\",\"message\":\"Your input exceeds the context window\","
      "\"param\":\"input\",\"sequence_number\":2}", BKS_ERROR_CONTEXT, 200, "exceeds the context window", NULL },
    { "error", "{\"type\":\"error\",\"sequence_number\":2,\"error\":{\"type\":\"invalid_request_error\",\"code\":"
      "\"context_length_exceeded\",\"message\":\"Your input is long\",\"param\":\"input\"}}", BKS_ERROR_CONTEXT, 200, "input is long", NULL },
    { "error", "{\"error\":{\"message\":\"x\",\"code\":\"insufficient_quota\"}}", BKS_ERROR_BILLING, 200, NULL, NULL },
  };
  g_autoptr(Fixture) f = fixture_new ("openai", "openai");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      BksReply *reply = new_stream ();

      add_delta (reply, "response.output_text.delta", "Half");
      add_event (reply, cases[i].name, cases[i].data);
      error = ask (f, reply, TRUE);
      g_test_message ("case %zu: %s", i, error != NULL ? error->message : "no error");
      if (cases[i].error == 0)
        g_assert_no_error (error);
      else
        {
          assert_class (error, cases[i].error);
          g_assert_cmpuint (bks_error_get_facts (error)->http_status, ==, cases[i].status);
          if (cases[i].word != NULL)
            g_assert_nonnull (strstr (error->message, cases[i].word));
        }
      g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Half");
      g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, cases[i].finish);
      g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, i + 1);
    }
}

static void
test_refusal (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "openai");
  g_autoptr(GError) error = NULL;
  BksReply *reply = new_stream ();

  add_delta (reply, "response.refusal.delta", "I cannot ");
  add_delta (reply, "response.refusal.delta", "write this.");
  add_event (reply, "response.completed", "{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[]}}");
  error = ask (f, reply, TRUE);
  assert_class (error, BKS_ERROR_CONTENT);
  g_assert_nonnull (strstr (error->message, "I cannot write this."));
}

/* A model of which only the server knows that it is one of these; and the other way round. */
static void
test_other_api (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "openai");
  g_autoptr(BksCompletionRequest) request = new_request ("gpt-9-novelist");
  g_autoptr(BksRecordedRequest) first = NULL, second = NULL;
  g_autoptr(GError) error = NULL;
  BksReply *reply = new_stream ();

  fixture_push (f, bks_reply_new_json (404, "{\"error\":{\"message\":\"This model is only supported in v1/responses and not in "
                                            "v1/chat/completions.\",\"type\":\"invalid_request_error\",\"param\":\"model\",\"code\":null}}"));
  add_event (reply, "response.completed", COMPLETED);
  fixture_push (f, reply);
  g_assert_no_error (fixture_ask_request (f, request, NULL));
  first = bks_scripted_server_dup_request (f->server, 0);
  second = bks_scripted_server_dup_request (f->server, 1);
  g_assert_cmpstr (first->path, ==, "/v1/chat/completions");
  g_assert_cmpstr (second->path, ==, "/v1/responses");
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "The sea sleeps.");

  /* Once. */
  for (guint i = 0; i < 3; i++)
    fixture_push (f, bks_reply_new_json (404, "{\"error\":{\"message\":\"This is not supported in v1/responses\"}}"));
  error = fixture_ask_request (f, request, NULL);
  g_assert_nonnull (error);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 4);
}

static void
test_temperature (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "openai");
  g_autoptr(BksCompletionRequest) request = new_request ("gpt-5-pro");
  g_autoptr(JsonObject) first = NULL, second = NULL;
  BksReply *reply = new_stream ();

  request->temperature = 0.5;
  fixture_push (f, bks_reply_new_json (400, "{\"error\":{\"message\":\"Unsupported parameter: 'temperature' is not supported with this "
                                            "model.\",\"type\":\"invalid_request_error\",\"param\":\"temperature\",\"code\":null}}"));
  add_event (reply, "response.completed", COMPLETED);
  fixture_push (f, reply);
  g_assert_no_error (fixture_ask_request (f, request, NULL));
  first = fixture_dup_body (f, 0);
  second = fixture_dup_body (f, 1);
  g_assert_nonnull (bks_json_get (first, "temperature"));
  g_assert_null (bks_json_get (second, "temperature"));
}

/* Another vendor serves models of the same name by chat completions. */
static void
test_only_openai (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "openrouter");
  g_autoptr(BksCompletionRequest) request = new_request ("openai/o3-pro");
  g_autoptr(BksRecordedRequest) recorded = NULL;

  g_assert_no_error (fixture_ask_request (f, request, NULL));
  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->path, ==, "/v1/chat/completions");
}

#define EVENT(name, members) "event: " name "\ndata: {\"type\":\"" name "\"," members "}\n\n"
#define TEXT(text) EVENT ("response.output_text.delta", "\"delta\":\"" text "\"")
#define ENDS "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[]," USAGE "}}"

static const Dialect dialect = {
  .name = "responses",
  .protocol = "openai",
  .id = "openai",
  .model = "o3-pro",
  .type = "text/event-stream",
  .golden =
    "event: response.created\ndata: " CREATED "\n\n"
    EVENT ("response.output_item.added", "\"item\":{\"type\":\"reasoning\",\"summary\":[]}")
    EVENT ("response.reasoning_summary_text.delta", "\"delta\":\"Hm \\ud83c\"")
    "data: {\"delta\":\"\\udf0d.\",\r\ndata:\"type\":\"response.reasoning_summary_text.delta\"}\r\n\r\n"
    TEXT ("Zoë—") TEXT ("🌍 \\ud83c")
    "event: response.output_text.delta\rdata: {\"delta\":\"\\udf0d end\"}\r\r"
    EVENT ("response.output_text.done", "\"text\":\"Zoë—🌍 🌍 end\"") ENDS "\n\n",
  /* The connection may close right after its last byte. */
  .mark = ENDS,
  .text = "Zoë—🌍 🌍 end",
  .reasoning = "Hm 🌍.",
  .finish = "stop",
  .input = 6,
  .output = 87,
  .frame = TEXT ("more "),
  .frame_text = "more ",
  .keep_alive = EVENT ("response.in_progress", "\"response\":{}"),
  .stream_only = TRUE,
};

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();

  dialect_add_tests (&dialect);
  g_test_add_func ("/responses/stream", test_stream);
  g_test_add_func ("/responses/request", test_request);
  g_test_add_func ("/responses/whole", test_whole);
  g_test_add_func ("/responses/ends", test_ends);
  g_test_add_func ("/responses/refusal", test_refusal);
  g_test_add_func ("/responses/other-api", test_other_api);
  g_test_add_func ("/responses/temperature", test_temperature);
  g_test_add_func ("/responses/only-openai", test_only_openai);
  return g_test_run ();
}
