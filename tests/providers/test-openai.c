/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <locale.h>
#include <string.h>

#include "bks-json.h"
#include "bks-provider-error.h"
#include "bks-test-util.h"
#include "dialect.h"

#define FINISH "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}"

static char *
delta (const char *content)
{
  return g_strdup_printf ("{\"id\":\"c1\",\"model\":\"m-2\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},"
                          "\"finish_reason\":null}]}", content);
}

static BksReply *
new_stream (void)
{
  return bks_reply_new (200, "text/event-stream");
}

static void
add_delta (BksReply   *reply,
           const char *content)
{
  g_autofree char *data = delta (content);

  bks_reply_add_event (reply, data);
}

static void
add_end (BksReply *reply)
{
  bks_reply_add_event (reply, FINISH);
  bks_reply_add_event (reply, "[DONE]");
}

static void
collect_cb (BksAnswer  *answer,
            const char *text,
            gpointer    pieces)
{
  g_ptr_array_add (pieces, g_strdup (text));
}

static void
test_stream (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("demo-writer");
  g_autoptr(GPtrArray) pieces = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(JsonObject) body = NULL;
  g_autoptr(BksRecordedRequest) recorded = NULL;
  GError *error = NULL;
  gint64 number;
  gboolean yes;

  bks_completion_request_add_message (request, "system", "You write.");
  bks_completion_request_add_message (request, "user", "Go on.");
  request->max_tokens = 12;
  g_signal_connect (f->answer, "text", G_CALLBACK (collect_cb), pieces);
  bks_scripted_server_set_delay (f->server, 1);
  bks_wait (bks_provider_complete (f->provider, request, "sk-test-1234", f->answer, NULL), &error);
  g_assert_no_error (error);

  g_assert_cmpstr (bks_answer_get_text (f->answer), ==,
                   "The rain had stopped an hour before dawn, but the gutters still");
  g_assert_cmpuint (pieces->len, ==, 12);
  g_assert_cmpstr (g_ptr_array_index (pieces, 1), ==, " rain");
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "length");
  g_assert_cmpstr (bks_answer_get_model (f->answer), ==, "demo-writer");
  g_assert_cmpstr (bks_answer_get_request_id (f->answer), ==, "req-demo");
  g_assert_true (bks_answer_get_sent (f->answer));
  g_assert_cmpint (bks_answer_get_first_token_ms (f->answer), >=, 0);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, ==, 12);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->input, >, 0);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->cache_read, ==, -1);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->reported_cost, ==,
                   bks_answer_get_usage (f->answer)->input * 500000 + 12 * 1500000);

  body = fixture_dup_body (f, 0);
  g_assert_cmpstr (bks_json_get_string (body, "model"), ==, "demo-writer");
  g_assert_true (bks_json_get_int (body, "max_tokens", &number) && number == 12);
  g_assert_true (bks_json_get_boolean (bks_json_get_object (body, "stream_options"), "include_usage", &yes) && yes);
  g_assert_null (bks_json_get (body, "temperature"));
  g_assert_cmpstr (bks_json_get_string (bks_json_array_object (bks_json_get_array (body, "messages"), 0), "role"), ==, "system");
  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->path, ==, "/v1/chat/completions");
  g_assert_cmpstr (g_hash_table_lookup (recorded->headers, "authorization"), ==, "Bearer sk-test-1234");
}

static void
test_whole (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  g_autoptr(JsonObject) body = NULL;

  g_assert_no_error (fixture_ask (f, FALSE, NULL));
  g_assert_true (g_str_has_prefix (bks_answer_get_text (f->answer), "The rain had stopped"));
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "stop");
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, >, 10);
  body = fixture_dup_body (f, 0);
  g_assert_null (bks_json_get (body, "stream_options"));
}

/* One connection serves one answer after the other. */
static void
test_reuse (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");

  for (guint i = 0; i < 4; i++)
    {
      g_autoptr(BksRecordedRequest) request = NULL;

      g_assert_no_error (fixture_ask (f, i != 2, NULL));
      fixture_spin (5);
      g_assert_no_error (fixture_check (f, NULL));
      request = bks_scripted_server_dup_request (f->server, i * 2 + 1);
      g_assert_cmpuint (request->connection, ==, 0);
    }
}

static void
test_usage (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "openrouter");
  BksReply *reply = new_stream ();
  const BksTokenUsage *usage;

  bks_reply_add_text (reply, ": OPENROUTER PROCESSING\n\n");
  add_delta (reply, "Night fell.");
  bks_reply_add_event (reply, FINISH);
  bks_reply_add_event (reply, "{\"choices\":[],\"usage\":{\"prompt_tokens\":194,\"completion_tokens\":20,\"cost\":0.00042,"
                              "\"prompt_tokens_details\":{\"cached_tokens\":50,\"cache_write_tokens\":100},"
                              "\"completion_tokens_details\":{\"reasoning_tokens\":7}}}");
  bks_reply_add_event (reply, "[DONE]");
  fixture_push (f, reply);
  g_assert_no_error (fixture_ask (f, TRUE, NULL));
  usage = bks_answer_get_usage (f->answer);
  g_assert_cmpint (usage->input, ==, 44);
  g_assert_cmpint (usage->cache_read, ==, 50);
  g_assert_cmpint (usage->cache_write, ==, 100);
  g_assert_cmpint (usage->output, ==, 20);
  g_assert_cmpint (usage->reasoning, ==, 7);
  g_assert_cmpint (usage->reported_cost, ==, G_GINT64_CONSTANT (420000000));
}

/* Trap list 9: absent, null, repeated, negative, huge, as text. */
static void
test_usage_strange (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  BksReply *reply = new_stream ();

  add_delta (reply, "x");
  bks_reply_add_event (reply, "{\"choices\":[],\"usage\":{\"prompt_tokens\":-4,\"completion_tokens\":1e300,\"cost\":null}}");
  bks_reply_add_event (reply, "{\"choices\":[{\"delta\":{},\"finish_reason\":\"eos\"}],\"usage\":"
                              "{\"prompt_tokens\":\"12\",\"completion_tokens\":99999999999999999999,\"cost\":-1}}");
  bks_reply_add_event (reply, "{\"choices\":[],\"usage\":null}");
  bks_reply_add_event (reply, "[DONE]");
  fixture_push (f, reply);
  g_assert_no_error (fixture_ask (f, TRUE, NULL));
  g_assert_cmpint (bks_answer_get_usage (f->answer)->input, ==, 12);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, ==, -1);
  g_assert_true (bks_answer_get_usage (f->answer)->reported_cost == BKS_MONEY_UNKNOWN);
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "stop");
}

static void
assert_counts (const char *usage,
               const char *later,
               gint64      input,
               gint64      cache_read,
               gint64      output,
               gint64      reasoning)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  g_autofree char *frame = g_strdup_printf ("{\"choices\":[],\"usage\":%s}", usage);
  BksReply *reply = new_stream ();
  const BksTokenUsage *counts;

  add_delta (reply, "x");
  bks_reply_add_event (reply, FINISH);
  bks_reply_add_event (reply, frame);
  bks_reply_add_event (reply, later);
  bks_reply_add_event (reply, "[DONE]");
  fixture_push (f, reply);
  g_assert_no_error (fixture_ask (f, TRUE, NULL));
  counts = bks_answer_get_usage (f->answer);
  g_assert_cmpint (counts->input, ==, input);
  g_assert_cmpint (counts->cache_read, ==, cache_read);
  g_assert_cmpint (counts->output, ==, output);
  g_assert_cmpint (counts->reasoning, ==, reasoning);
}

/* What cannot be true is not counted; what was counted is not forgotten. */
static void
test_usage_untrue (void)
{
  static const char none[] = "{\"choices\":[],\"usage\":null}";
  static const char whole[] = "{\"prompt_tokens\":30,\"completion_tokens\":9,\"prompt_tokens_details\":{\"cached_tokens\":4},"
                              "\"completion_tokens_details\":{\"reasoning_tokens\":2}}";

  assert_counts (whole, none, 26, 4, 9, 2);
  assert_counts (whole, "{\"choices\":[]}", 26, 4, 9, 2);
  assert_counts (whole, "{\"usage\":{}}", 26, 4, 9, 2);
  assert_counts (whole, "{\"usage\":{\"prompt_tokens\":31,\"completion_tokens\":10}}", 31, -1, 10, 2);
  assert_counts ("{\"prompt_tokens\":5000000000000,\"completion_tokens\":4e12}", none, -1, -1, -1, -1);
  assert_counts ("{\"prompt_tokens\":10,\"completion_tokens\":-9,\"prompt_tokens_details\":{\"cached_tokens\":50},"
                 "\"completion_tokens_details\":{\"reasoning_tokens\":-2}}", none, 0, 10, -1, -1);
  assert_counts ("{\"prompt_tokens\":10,\"completion_tokens\":3,\"prompt_tokens_details\":{\"cached_tokens\":-1},"
                 "\"completion_tokens_details\":{\"reasoning_tokens\":80}}", none, 10, -1, 3, 3);
}

/* Trap list 8: tools are nothing that was asked for; their arguments are no text. */
static void
test_tools (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  g_autoptr(GError) error = NULL;

  for (guint with_text = 0; with_text < 2; with_text++)
    {
      BksReply *reply = new_stream ();

      bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
                                  "{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"\"}},"
                                  "{\"index\":1,\"id\":\"call_2\",\"function\":{\"name\":\"up\",\"arguments\":\"WRONG\"}}]}}]}");
      bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"\",\"function\":{\"arguments\":\"WRONG\"}}]}}]}");
      if (with_text)
        add_delta (reply, "Text.");
      bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":null,\"function\":"
                                  "{\"name\":null,\"arguments\":null}}]}}]}");
      bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}");
      bks_reply_add_event (reply, "[DONE]");
      fixture_push (f, reply);
      error = fixture_ask (f, TRUE, NULL);
      if (with_text)
        {
          g_assert_no_error (error);
          g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Text.");
        }
      else
        assert_class (error, BKS_ERROR_MALFORMED);
      g_clear_error (&error);
    }
}

/* Trap list 6, 7, 8, 13, 16. */
static void
test_strange_frames (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  BksReply *reply = new_stream ();

  bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}");
  bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":null}}]}");
  bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{}}]}");
  bks_reply_add_event (reply, "{\"choices\":[{\"index\":0}]}");
  bks_reply_add_event (reply, "{\"choices\":[]}");
  bks_reply_add_event (reply, "{\"unknown\":{\"deep\":[1,2]}}");
  bks_reply_add_event (reply, "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"WRONG\"}},{\"index\":0,\"delta\":{\"content\":\"a\"}}]}");
  bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"b\"},{\"type\":\"image\"}]}}]}");
  bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"\"}]}}]}");
  bks_reply_add_event (reply, "{damaged");
  bks_reply_add_text (reply, "event: ping\nid: 7\nretry: 10\nunknown\ndata:{\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":\"c\"}}]}\n\n");
  bks_reply_add_event (reply, FINISH);
  bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}");
  bks_reply_add_event (reply, "[DONE]");
  bks_reply_add_event (reply, "[DONE]");
  add_delta (reply, "LATE");
  fixture_push (f, reply);
  g_assert_no_error (fixture_ask (f, TRUE, NULL));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "abc");
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "stop");
}

static void
test_reasoning (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  BksReply *reply = new_stream ();

  bks_reply_add_event (reply, "{\"choices\":[{\"delta\":{\"reasoning\":\"Let \",\"reasoning_details\":[{\"text\":\"Let \"}]}}]}");
  bks_reply_add_event (reply, "{\"choices\":[{\"delta\":{\"reasoning_content\":\"me\",\"reasoning\":\"me\",\"content\":\"\"}}]}");
  add_delta (reply, "Tea.");
  add_end (reply);
  fixture_push (f, reply);
  g_assert_no_error (fixture_ask (f, TRUE, NULL));
  g_assert_cmpstr (bks_answer_get_reasoning (f->answer), ==, "Let me");
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Tea.");

  reply = new_stream ();
  add_delta (reply, "\\n<thi");
  add_delta (reply, "nk>hm </th");
  add_delta (reply, "ink>");
  add_delta (reply, "\\n\\nShe wrote <think> on");
  add_delta (reply, " the wall.");
  add_end (reply);
  fixture_push (f, reply);
  g_assert_no_error (fixture_ask (f, TRUE, NULL));
  g_assert_cmpstr (bks_answer_get_reasoning (f->answer), ==, "hm ");
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "She wrote <think> on the wall.");
}

/* Trap list 1: half a character at the end of one frame, half at the start of the next. */
static void
test_surrogates (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  BksReply *reply = new_stream ();

  add_delta (reply, "The world \\ud83c");
  add_delta (reply, "\\udf0d turns; \\ud83c\\udf0d; alone: \\udc00, nul: \\u0000, \\\\ud83c");
  add_delta (reply, " last \\ud83d");
  add_end (reply);
  fixture_push (f, reply);
  g_assert_no_error (fixture_ask (f, TRUE, NULL));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==,
                   "The world 🌍 turns; 🌍; alone: \xef\xbf\xbd, nul: \xef\xbf\xbd, \\ud83c last \xef\xbf\xbd");
}

/* With its finish reason an answer is complete, even without [DONE]. */
static void
test_no_done (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  BksReply *reply = new_stream ();

  reply->framing = BKS_REPLY_UNTIL_CLOSE;
  add_delta (reply, "Whole");
  bks_reply_add_event (reply, FINISH);
  fixture_push (f, reply);
  g_assert_no_error (fixture_ask (f, TRUE, NULL));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Whole");
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "stop");
}

/* A frame that is cut in two is not a second damaged one. */
static void
test_damaged_and_cut (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  g_autoptr(GError) error = NULL;
  BksReply *reply = new_stream ();

  reply->framing = BKS_REPLY_UNTIL_CLOSE;
  add_delta (reply, "Half");
  bks_reply_add_event (reply, "{damaged");
  bks_reply_add_text (reply, "data: {\"choices\":[{\"ind");
  fixture_push (f, reply);
  error = fixture_ask (f, TRUE, NULL);
  assert_class (error, BKS_ERROR_TRUNCATED);
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Half");
}

/* Before the first byte of a head nothing came: the line failed, not the answer. */
static void
test_closed_before_head (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  BksReply *reply = bks_reply_new (0, NULL);
  g_autoptr(GError) error = NULL;

  bks_reply_add_step (reply, BKS_REPLY_STEP_CUT);
  fixture_push (f, reply);
  error = fixture_ask (f, TRUE, NULL);
  assert_class (error, BKS_ERROR_TRANSPORT);
  g_assert_true (bks_answer_get_sent (f->answer));
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 1);
}

static void
test_no_answer (void)
{
  static const struct { guint status; const char *type, *body; BksError error; const char *word; } cases[] = {
    { 200, "application/json", "{malformed", BKS_ERROR_MALFORMED, "JSON" },
    { 200, "application/json", "{\"choices\":[]} {\"choices\":[]}", BKS_ERROR_MALFORMED, "JSON" },
    { 200, "application/json", "{}", BKS_ERROR_MALFORMED, "not one of a language model" },
    { 200, "application/json", "[1,2]", BKS_ERROR_MALFORMED, NULL },
    { 200, "text/event-stream", ": only a comment\n\n", BKS_ERROR_MALFORMED, "without any content" },
    { 200, "text/event-stream", "data: {broken\n\ndata: {broken\n\n", BKS_ERROR_MALFORMED, "damaged" },
    { 200, "application/json", "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"length\"}]}",
      BKS_ERROR_REQUEST, "allowance" },
    { 200, "application/json", "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"I cannot.\"},\"finish_reason\":\"stop\"}]}",
      BKS_ERROR_CONTENT, "I cannot." },
    { 200, "application/json", "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"content_filter\"}]}",
      BKS_ERROR_CONTENT, NULL },
    { 404, "application/json", "{\"detail\":\"Not Found\"}", BKS_ERROR_REQUEST, "address" },
  };
  g_autoptr(Fixture) f = fixture_new ("openai", "any");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      BksReply *reply = bks_reply_new (cases[i].status, cases[i].type);

      bks_reply_add_header (reply, "Location", "http://127.0.0.1:1/v1/chat/completions");
      bks_reply_add_text (reply, cases[i].body);
      fixture_push (f, reply);
      error = fixture_ask (f, TRUE, "sk-secret-key-of-mine");
      g_test_message ("case %zu: %s", i, error != NULL ? error->message : "");
      assert_class (error, cases[i].error);
      if (cases[i].word != NULL)
        g_assert_nonnull (strstr (error->message, cases[i].word));
      g_assert_null (strstr (error->message, "<html"));
      g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, i + 1);
    }
}

static void
test_in_band (void)
{
  static const struct { const char *frame; BksError error; guint status; } cases[] = {
    { "{\"error\":{\"code\":429,\"message\":\"Slow down\",\"metadata\":{\"error_type\":\"rate_limit_exceeded\"}},"
      "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}", BKS_ERROR_RATE, 429 },
    { "{\"error\":{\"code\":502,\"message\":\"Upstream\",\"metadata\":{\"error_type\":\"provider_overloaded\"}}}", BKS_ERROR_OVERLOAD, 502 },
    { "{\"error\":{\"message\":\"x\",\"code\":\"server_error\"}}", BKS_ERROR_SERVER, 200 },
    { "{\"error\":\"something\"}", BKS_ERROR_MALFORMED, 200 },
    { "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"error\"}]}", BKS_ERROR_MALFORMED, 0 },
  };
  g_autoptr(Fixture) f = fixture_new ("openai", "any");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      BksReply *reply = new_stream ();

      add_delta (reply, "Some text");
      bks_reply_add_event (reply, cases[i].frame);
      fixture_push (f, reply);
      error = fixture_ask (f, TRUE, NULL);
      assert_class (error, cases[i].error);
      g_assert_cmpuint (bks_error_get_facts (error)->http_status, ==, cases[i].status);
      g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Some text");
    }
}

/* After the finish reason only the counts are missing; they are not worth an error. */
static void
test_stall_after_finish (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  BksReply *reply = new_stream ();

  f->limits->idle_ms = f->limits->idle_slow_ms = 1000;
  add_delta (reply, "Done.");
  bks_reply_add_event (reply, FINISH);
  bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
  fixture_push (f, reply);
  g_assert_no_error (fixture_ask (f, TRUE, NULL));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Done.");
}

/* Dropping the future is as good as cancelling. */
static void
test_drop (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("m");
  BksReply *reply = new_stream ();
  DexFuture *future;

  add_delta (reply, "Once");
  bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
  fixture_push (f, reply);
  future = bks_provider_complete (f->provider, request, NULL, f->answer, NULL);
  fixture_wait_text (f, "Once");
  dex_unref (future);
  g_assert_cmpint (fixture_wait_closed (f, 0), >, 0);
}

static void
test_quirks (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("m");
  g_autoptr(JsonObject) first = NULL, second = NULL, third = NULL;
  g_autoptr(GError) error = NULL;
  gint64 number;

  bks_completion_request_add_message (request, "user", "Go on.");
  request->temperature = 0.5;
  request->max_tokens = 100;
  fixture_push (f, bks_reply_new_json (400, "{\"error\":{\"message\":\"Unsupported value: 'temperature' does not support 0.5\","
                                            "\"type\":\"invalid_request_error\",\"param\":\"temperature\",\"code\":\"unsupported_value\"}}"));
  fixture_push (f, bks_reply_new_json (400, "{\"error\":{\"message\":\"Unsupported parameter\",\"type\":\"invalid_request_error\","
                                            "\"param\":\"max_tokens\",\"code\":\"unsupported_parameter\"}}"));
  g_assert_no_error (fixture_ask_request (f, request, NULL));
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 3);
  first = fixture_dup_body (f, 0);
  second = fixture_dup_body (f, 1);
  third = fixture_dup_body (f, 2);
  g_assert_nonnull (bks_json_get (first, "temperature"));
  g_assert_null (bks_json_get (second, "temperature"));
  g_assert_true (bks_json_get_int (second, "max_tokens", &number) && number == 100);
  g_assert_null (bks_json_get (third, "max_tokens"));
  g_assert_true (bks_json_get_int (third, "max_completion_tokens", &number) && number == 100);

  /* Once. */
  for (guint i = 0; i < 3; i++)
    fixture_push (f, bks_reply_new_json (400, "{\"error\":{\"message\":\"temperature is deprecated for this model\"}}"));
  error = fixture_ask_request (f, request, NULL);
  assert_class (error, BKS_ERROR_REQUEST);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 5);
}

/* Some models are streamed to verified organizations alone: the others get the whole answer. */
static void
test_unverified (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "openai");
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("m");
  g_autoptr(JsonObject) first = NULL, second = NULL;
  gboolean stream;

  bks_completion_request_add_message (request, "user", "Go on.");
  request->stream = TRUE;
  fixture_push (f, bks_reply_new_json (400, "{\"error\":{\"message\":\"Your organization must be verified to stream this "
                                            "model.\",\"type\":\"invalid_request_error\",\"param\":\"stream\","
                                            "\"code\":\"unsupported_value\"}}"));
  g_assert_no_error (fixture_ask_request (f, request, NULL));
  first = fixture_dup_body (f, 0);
  second = fixture_dup_body (f, 1);
  g_assert_true (bks_json_get_boolean (first, "stream", &stream) && stream);
  g_assert_true (bks_json_get_boolean (second, "stream", &stream) && !stream);
  g_assert_null (bks_json_get (second, "stream_options"));
}

static void
test_check (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  g_autoptr(Fixture) router = fixture_new ("openai", "openrouter");
  g_autoptr(BksRecordedRequest) request = NULL;
  GError *error;

  bks_scripted_server_set_key (f->server, "sk-right-key-123456");
  g_assert_no_error (fixture_check (f, "sk-right-key-123456"));
  error = fixture_check (f, "sk-wrong-key-654321");
  assert_class (error, BKS_ERROR_AUTH);
  g_assert_cmpuint (bks_error_get_facts (error)->http_status, ==, 401);
  g_assert_null (strstr (error->message, "sk-wrong"));
  g_clear_error (&error);
  error = fixture_check (f, NULL);
  assert_class (error, BKS_ERROR_AUTH);
  g_clear_error (&error);
  error = fixture_check (f, "sk-with a space\r\nX-Evil: 1");
  assert_class (error, BKS_ERROR_AUTH);
  g_clear_error (&error);

  fixture_push (f, bks_reply_new_json (200, "{\"hello\":\"world\"}"));
  error = fixture_check (f, NULL);
  assert_class (error, BKS_ERROR_MALFORMED);
  g_clear_error (&error);
  fixture_push (f, bks_reply_new (200, "text/html"));
  error = fixture_check (f, NULL);
  assert_class (error, BKS_ERROR_MALFORMED);
  g_clear_error (&error);
  fixture_push (f, bks_reply_new (402, "text/plain"));
  error = fixture_check (f, NULL);
  assert_class (error, BKS_ERROR_BILLING);
  g_assert_nonnull (strstr (error->message, "credit"));
  g_clear_error (&error);

  g_assert_no_error (fixture_check (router, "sk-or-v1-x"));
  request = bks_scripted_server_dup_request (router->server, 0);
  g_assert_cmpstr (request->path, ==, "/v1/key");
  fixture_push (router, bks_reply_new_json (200, "{\"data\":{\"limit\":5,\"limit_remaining\":0}}"));
  error = fixture_check (router, "sk-or-v1-x");
  assert_class (error, BKS_ERROR_BILLING);
  g_clear_error (&error);
}

static void
assert_model (GPtrArray  *models,
              guint       index,
              const char *id,
              gint64      window,
              BksMoney    input,
              BksMoney    output)
{
  BksModel *model = g_ptr_array_index (models, index);

  g_assert_cmpstr (bks_model_get_id (model), ==, id);
  g_assert_cmpint (bks_model_get_window (model), ==, window);
  g_assert_cmpint (bks_model_get_input_price (model), ==, input);
  g_assert_cmpint (bks_model_get_output_price (model), ==, output);
}

static void
test_models (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  g_autoptr(GPtrArray) models = NULL;
  g_autoptr(GPtrArray) bare = NULL;
  g_autoptr(GError) error = NULL;

  fixture_push (f, bks_reply_new_json (200,
    "{\"data\":[{\"id\":\"openai/gpt-5.2\",\"context_length\":400000,\"top_provider\":{\"context_length\":272000},"
    "\"pricing\":{\"prompt\":\"0.0000025\",\"completion\":\"0.00001\"}},"
    "{\"id\":\"x/y:free\",\"pricing\":{\"prompt\":\"0\",\"completion\":\"0\"}},"
    "{\"id\":\"openrouter/auto\",\"pricing\":{\"prompt\":\"-1\",\"completion\":\"-1\"}},"
    "{\"id\":\"text-embedding-3\"},{\"name\":\"no id\"},7]}"));
  models = fixture_list (f, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (models->len, ==, 3);
  assert_model (models, 0, "openai/gpt-5.2", 272000, 2500000, 10000000);
  assert_model (models, 1, "x/y:free", -1, 0, 0);
  assert_model (models, 2, "openrouter/auto", -1, BKS_MONEY_UNKNOWN, BKS_MONEY_UNKNOWN);

  fixture_push (f, bks_reply_new_json (200,
    "[{\"id\":\"meta-llama/Llama-3.3-70B\",\"type\":\"chat\",\"context_length\":131072,\"pricing\":{\"input\":0.88,\"output\":0.88}},"
    "{\"id\":\"black-forest/FLUX\",\"type\":\"image\"},"
    "{\"id\":\"unknown/price\",\"type\":\"chat\",\"pricing\":{\"input\":0,\"output\":0}}]"));
  bare = fixture_list (f, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (bare->len, ==, 2);
  assert_model (bare, 0, "meta-llama/Llama-3.3-70B", 131072, 880000, 880000);
  assert_model (bare, 1, "unknown/price", -1, BKS_MONEY_UNKNOWN, BKS_MONEY_UNKNOWN);
}

/* Trap list 18: numbers as text and with exponents, where people write a comma in them. */
static void
test_decimal_comma (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "openrouter");
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("m");
  g_autoptr(BksRecordedRequest) recorded = NULL;
  g_autoptr(GPtrArray) models = NULL;
  g_autoptr(GError) error = NULL;
  char *dir = bks_test_set_decimal_comma ();
  BksReply *reply = new_stream ();

  if (dir == NULL)
    {
      g_test_skip ("There is no locale with a decimal comma, and none can be made");
      bks_reply_free (reply);
      return;
    }
  request->temperature = 0.5;
  add_delta (reply, "x");
  bks_reply_add_event (reply, "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":"
                              "{\"prompt_tokens\":1.2e1,\"completion_tokens\":\"7\",\"cost\":4.2e-4}}");
  fixture_push (f, reply);
  g_assert_no_error (fixture_ask_request (f, request, NULL));
  g_assert_cmpint (bks_answer_get_usage (f->answer)->input, ==, 12);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, ==, 7);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->reported_cost, ==, 420000000);
  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_nonnull (strstr (recorded->body, "\"temperature\":0.5"));

  fixture_push (f, bks_reply_new_json (200, "{\"data\":[{\"id\":\"a/b\",\"context_length\":\"4096\","
                                            "\"pricing\":{\"prompt\":\"0.0000025\",\"completion\":\"1e-5\"}}]}"));
  models = fixture_list (f, &error);
  g_assert_no_error (error);
  assert_model (models, 0, "a/b", 4096, 2500000, 10000000);
  g_assert_cmpint (bks_retry_after_parse ("0.25", 0), ==, 250);
  g_assert_cmpint (bks_go_duration_parse ("1.5s"), ==, 1500);

  setlocale (LC_ALL, "C");
  bks_test_dir_remove (dir);
}

/* In any order, and in as many calls as it takes. */
static void
test_embed (void)
{
  const char *const texts[] = { "one", "two", NULL };
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr(GString) answer = g_string_new ("{\"data\":[");
  g_autoptr(BksRecordedRequest) recorded = NULL;
  g_autoptr(JsonObject) last = NULL;
  g_autoptr(GPtrArray) vectors = NULL, many = NULL;
  g_auto(GStrv) long_texts = NULL;
  g_autoptr(GError) error = NULL;

  fixture_push (f, bks_reply_new_json (200, "{\"object\":\"list\",\"data\":[{\"index\":1,\"embedding\":[3,4]},"
                                            "{\"index\":0,\"embedding\":[0.5,1]}],\"usage\":{\"prompt_tokens\":2}}"));
  vectors = fixture_embed (f, "e", texts, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (g_array_index ((GArray *) g_ptr_array_index (vectors, 0), float, 0), ==, 0.5f);
  g_assert_cmpfloat (g_array_index ((GArray *) g_ptr_array_index (vectors, 1), float, 1), ==, 4);
  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->path, ==, "/v1/embeddings");
  g_assert_cmpstr (recorded->body, ==, "{\"model\":\"e\",\"input\":[\"one\",\"two\"]}");

  for (guint i = 0; i < 33; i++)
    g_strv_builder_add (builder, "text");
  long_texts = g_strv_builder_end (builder);
  for (guint i = 0; i < 32; i++)
    g_string_append_printf (answer, "%s{\"index\":%u,\"embedding\":[%u]}", i > 0 ? "," : "", i, i);
  g_string_append (answer, "]}");
  fixture_push (f, bks_reply_new_json (200, answer->str));
  fixture_push (f, bks_reply_new_json (200, "{\"data\":[{\"embedding\":[32]}]}"));
  many = fixture_embed (f, "e", (const char *const *) long_texts, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (many->len, ==, 33);
  g_assert_cmpfloat (g_array_index ((GArray *) g_ptr_array_index (many, 32), float, 0), ==, 32);
  last = fixture_dup_body (f, 2);
  g_assert_cmpuint (json_array_get_length (bks_json_get_array (last, "input")), ==, 1);

  for (guint i = 0; i < 3; i++)
    {
      static const char *const bad[] = {
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[2]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":7,\"embedding\":[2]}]}",
        "[]",
      };

      fixture_push (f, bks_reply_new_json (200, bad[i]));
      g_assert_null (fixture_embed (f, "e", texts, &error));
      assert_class (error, BKS_ERROR_MALFORMED);
      g_clear_error (&error);
    }
}

/* Every preset that ships can be made, and its address is understood as it is written. */
static void
test_presets (void)
{
  g_autofree char *file = g_test_build_filename (G_TEST_DIST, "..", "data", "providers.json", NULL);
  g_autofree char *text = NULL;
  g_autoptr(JsonObject) root = NULL;
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(BksHttp) http = bks_http_new (limits);
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GError) error = NULL;
  JsonArray *presets;

  g_assert_true (g_file_get_contents (file, &text, NULL, &error));
  root = bks_json_parse_object (text, -1, &error);
  g_assert_no_error (error);
  presets = bks_json_get_array (root, "providers");
  for (guint i = 0; i < json_array_get_length (presets); i++)
    {
      JsonObject *preset = bks_json_array_object (presets, i);
      const char *id = bks_json_get_string (preset, "id");
      const char *base_url = bks_json_get_string (preset, "base_url");
      const char *key_url = bks_json_get_string (preset, "key_url");
      g_autoptr(BksProvider) provider = bks_provider_new (bks_json_get_string (preset, "protocol"), id, base_url,
                                                          http, limits, &error);
      gboolean needs_key = FALSE;

      g_assert_no_error (error);
      g_assert_cmpstr (bks_provider_get_base_url (provider), ==, base_url);
      g_assert_nonnull (bks_json_get_string (preset, "name"));
      g_assert_true (g_hash_table_add (seen, (gpointer) id));
      g_assert_true (bks_json_get_boolean (preset, "needs_key", &needs_key));
      g_assert_true (needs_key == (key_url != NULL));
      g_assert_true (needs_key == g_str_has_prefix (base_url, "https://"));
    }
  g_assert_true (g_hash_table_contains (seen, "ollama") && g_hash_table_contains (seen, "openrouter"));
}

#define PIECE(member, text) "{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"" member "\":\"" text "\"}}]}"

static const Dialect dialect = {
  .name = "openai",
  .protocol = "openai",
  .id = "any",
  .type = "text/event-stream",
  .golden =
    "\xef\xbb\xbf: hello\r\n\r\n"
    "data: " PIECE ("reasoning", "Hm \\ud83c") "\n\ndata: " PIECE ("reasoning_content", "\\udf0d.") "\r\n\r\n"
    "data: " PIECE ("content", "Zoë—") "\n\n"
    "data:" PIECE ("content", "🌍 \\ud83c") "\r\r"
    "event: x\r\ndata: {\"choices\":[{\"index\":0,\r\n: hello\r\ndata: \"delta\":{\"content\":\"\\udf0d end\"}}]}\r\n\r\n"
    "id: 7\nretry: 10\ndata: " FINISH "\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":10}}\n\n"
    "data: [DONE]\n\n",
  .mark = "data: " FINISH,
  .text = "Zoë—🌍 🌍 end",
  .reasoning = "Hm 🌍.",
  .finish = "stop",
  .input = 19,
  .output = 10,
  .frame = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"more \"}}]}\n\n",
  .frame_text = "more ",
  .keep_alive = ": PROCESSING\n\n",
  .document = "{\"choices\":[{\"message\":{\"content\":\"",
  .document_end = "\"},\"finish_reason\":\"stop\"}]}",
};

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();

  dialect_add_tests (&dialect);
  g_test_add_func ("/openai/stream", test_stream);
  g_test_add_func ("/openai/whole", test_whole);
  g_test_add_func ("/openai/reuse", test_reuse);
  g_test_add_func ("/openai/usage", test_usage);
  g_test_add_func ("/openai/usage-strange", test_usage_strange);
  g_test_add_func ("/openai/usage-untrue", test_usage_untrue);
  g_test_add_func ("/openai/tools", test_tools);
  g_test_add_func ("/openai/strange-frames", test_strange_frames);
  g_test_add_func ("/openai/reasoning", test_reasoning);
  g_test_add_func ("/openai/surrogates", test_surrogates);
  g_test_add_func ("/openai/no-done", test_no_done);
  g_test_add_func ("/openai/damaged-and-cut", test_damaged_and_cut);
  g_test_add_func ("/openai/closed-before-head", test_closed_before_head);
  g_test_add_func ("/openai/no-answer", test_no_answer);
  g_test_add_func ("/openai/in-band", test_in_band);
  g_test_add_func ("/openai/stall-after-finish", test_stall_after_finish);
  g_test_add_func ("/openai/drop", test_drop);
  g_test_add_func ("/openai/quirks", test_quirks);
  g_test_add_func ("/openai/unverified", test_unverified);
  g_test_add_func ("/openai/check", test_check);
  g_test_add_func ("/openai/models", test_models);
  g_test_add_func ("/openai/decimal-comma", test_decimal_comma);
  g_test_add_func ("/openai/embed", test_embed);
  g_test_add_func ("/openai/presets", test_presets);
  return g_test_run ();
}
