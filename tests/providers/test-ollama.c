/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-json.h"
#include "dialect.h"

#define LINE(text) "{\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"" text "\"},\"done\":false}\n"
#define END "{\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"," \
            "\"prompt_eval_count\":11,\"eval_count\":18}\n"

static void
push_lines (Fixture    *f,
            const char *lines)
{
  BksReply *reply = bks_reply_new (200, "application/x-ndjson");

  bks_reply_add_text (reply, lines);
  fixture_push (f, reply);
}

static void
test_stream (void)
{
  g_autoptr(Fixture) f = fixture_new ("ollama", "ollama");
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("demo-thinker");
  g_autoptr(JsonObject) body = NULL;
  g_autoptr(BksRecordedRequest) recorded = NULL;
  JsonObject *options;
  gint64 number;

  bks_completion_request_add_message (request, "user", "Go on.");
  request->max_tokens = 5;
  g_assert_no_error (fixture_ask_request (f, request, NULL));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "The rain had stopped an");
  g_assert_true (g_str_has_prefix (bks_answer_get_reasoning (f->answer), "The scene has to move."));
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "length");
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, ==, 5);

  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->path, ==, "/api/chat");
  g_assert_null (g_hash_table_lookup (recorded->headers, "authorization"));
  body = fixture_dup_body (f, 0);
  options = bks_json_get_object (body, "options");
  g_assert_true (bks_json_get_int (options, "num_predict", &number) && number == 5);
  g_assert_null (bks_json_get (options, "num_ctx"));
}

static void
test_whole (void)
{
  g_autoptr(Fixture) f = fixture_new ("ollama", "ollama");

  g_assert_no_error (fixture_ask (f, FALSE, NULL));
  g_assert_true (g_str_has_suffix (bks_answer_get_text (f->answer), "going the other way."));
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, >, 0);
}

/* Ollama cuts silently what is over its window, so a long chapter asks for a larger one, and nothing may be cut. */
static void
test_window (void)
{
  g_autoptr(Fixture) f = fixture_new ("ollama", "ollama");
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("m");
  g_autofree char *chapter = g_strnfill (60000, 'a');
  g_autoptr(JsonObject) body = NULL;
  g_autoptr(GError) error = NULL;
  gboolean truncate = TRUE, shift = TRUE;
  gint64 window;

  bks_completion_request_add_message (request, "user", chapter);
  g_assert_no_error (fixture_ask_request (f, request, NULL));
  body = fixture_dup_body (f, 0);
  g_assert_true (bks_json_get_int (bks_json_get_object (body, "options"), "num_ctx", &window));
  g_assert_cmpint (window, ==, 32768);
  g_assert_true (bks_json_get_boolean (body, "truncate", &truncate) && !truncate);
  g_assert_true (bks_json_get_boolean (body, "shift", &shift) && !shift);

  /* A server that does not know that has read as much as its window holds, and no more. */
  push_lines (f, LINE ("Half") "{\"message\":{\"content\":\"\"},\"done\":true,\"prompt_eval_count\":32768,\"eval_count\":3}\n");
  error = fixture_ask_request (f, request, NULL);
  assert_class (error, BKS_ERROR_CONTEXT);
  g_assert_nonnull (strstr (error->message, "cut"));
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, ==, 3);
  push_lines (f, LINE ("Whole") "{\"message\":{\"content\":\"\"},\"done\":true,\"prompt_eval_count\":32767,\"eval_count\":1}\n");
  g_assert_no_error (fixture_ask_request (f, request, NULL));
}

/* Trap list 15, and every split. */
static void
test_lines (void)
{
  g_autoptr(Fixture) f = fixture_new ("ollama", "ollama");

  for (gsize size = 1; size <= 9; size++)
    {
      BksReply *reply = bks_reply_new (200, "application/x-ndjson");

      bks_reply_add_split (reply, LINE ("Zoë ") "\n" LINE ("🌍 \\ud83c") LINE ("\\udf0d") END LINE ("LATE"), size);
      fixture_push (f, reply);
      g_assert_no_error (fixture_ask (f, TRUE, NULL));
      g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "Zoë 🌍 🌍");
      g_assert_cmpint (bks_answer_get_usage (f->answer)->input, ==, 11);
    }

  /* The last object holds text, has no counts and no newline. */
  push_lines (f, LINE ("a") "{\"message\":{\"content\":\"b\"},\"done\":true}");
  g_assert_no_error (fixture_ask (f, TRUE, NULL));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "ab");
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, "stop");
  g_assert_cmpint (bks_answer_get_usage (f->answer)->input, ==, -1);

  push_lines (f, LINE ("a") "{\"message\":{\"content\":\"\"},\"done\":true,\"prompt_eval_count\":-3,\"eval_count\":5000000000000}\n");
  g_assert_no_error (fixture_ask (f, TRUE, NULL));
  g_assert_cmpint (bks_answer_get_usage (f->answer)->input, ==, -1);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, ==, -1);
}

static void
test_failures (void)
{
  static const struct { guint status; const char *body; BksError error; const char *word; } cases[] = {
    { 200, LINE ("text") "{\"error\":\"an error was encountered while running the model\"}\n", BKS_ERROR_MALFORMED, "running the model" },
    { 200, "{\"error\":{\"message\":\"as an object\"}}\n", BKS_ERROR_MALFORMED, "as an object" },
    { 200, LINE ("half"), BKS_ERROR_TRUNCATED, "broke off" },
    { 200, "", BKS_ERROR_MALFORMED, "without any content" },
    { 200, "<html></html>", BKS_ERROR_MALFORMED, "web page" },
    { 200, "{\"model\":\"l\",\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"load\"}\n", BKS_ERROR_MALFORMED, NULL },
    { 404, "{\"error\":\"model 'llama9' not found\"}", BKS_ERROR_MODEL, "llama9" },
    { 404, "404 page not found", BKS_ERROR_REQUEST, "address" },
    { 403, "", BKS_ERROR_PERMISSION, "under this address" },
    { 503, "{\"error\":\"server busy, please try again.  maximum pending requests exceeded\"}", BKS_ERROR_OVERLOAD, "server busy" },
    { 500, "{\"error\":\"llama runner process has terminated\"}", BKS_ERROR_SERVER, "runner" },
    { 500, "{\"error\":\"failed to open the context file\"}", BKS_ERROR_SERVER, NULL },
    { 502, "{\"error\":\"upstream\"}", BKS_ERROR_SERVER, NULL },
    { 499, "", BKS_ERROR_SERVER, NULL },
    { 408, "", BKS_ERROR_TIMEOUT, NULL },
    { 400, "{\"error\":\"the prompt exceeds the available context size\"}", BKS_ERROR_CONTEXT, NULL },
    { 400, "{\"error\":\"the input length exceeds the context length\"}", BKS_ERROR_CONTEXT, NULL },
    { 500, "{\"error\":\"the input length exceeds the context length\"}", BKS_ERROR_CONTEXT, NULL },
    /* llama-server's own answer, in a text. */
    { 400, "{\"error\":\"{\\\"error\\\":{\\\"code\\\":400,\\\"message\\\":\\\"request (2622 tokens) exceeds the available context size "
           "(512 tokens), try increasing it\\\",\\\"type\\\":\\\"exceed_context_size_error\\\"}}\"}", BKS_ERROR_CONTEXT, NULL },
    { 400, "{\"error\":\"illegal base64 data at input byte 0\"}", BKS_ERROR_REQUEST, NULL },
    /* Its cloud. */
    { 401, "{\"error\":\"unauthorized\",\"signin_url\":\"https://ollama.com/connect\"}", BKS_ERROR_AUTH, "unauthorized" },
    { 402, "{\"error\":\"this model needs a subscription\"}", BKS_ERROR_BILLING, NULL },
    { 403, "{\"error\":\"ollama cloud is disabled\"}", BKS_ERROR_PERMISSION, "disabled" },
    { 429, "{\"error\":\"too many requests\"}", BKS_ERROR_RATE, NULL },
  };
  g_autoptr(Fixture) f = fixture_new ("ollama", "ollama");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      BksReply *reply = bks_reply_new (cases[i].status, "application/json");

      bks_reply_add_text (reply, cases[i].body);
      fixture_push (f, reply);
      error = fixture_ask (f, TRUE, NULL);
      g_test_message ("case %zu: %s", i, error != NULL ? error->message : "");
      assert_class (error, cases[i].error);
      if (cases[i].word != NULL)
        g_assert_nonnull (strstr (error->message, cases[i].word));
    }
}

static void
test_limits (void)
{
  g_autoptr(Fixture) f = fixture_new ("ollama", "ollama");
  g_autoptr(GError) error = NULL;
  BksReply *reply = bks_reply_new (0, NULL);

  /* A model that is being loaded may take longer than a token of another provider. */
  f->limits->first_token_ms = 1;
  f->limits->first_token_local_ms = 250;
  bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
  fixture_push (f, reply);
  error = fixture_ask (f, TRUE, NULL);
  assert_class (error, BKS_ERROR_TIMEOUT);
  g_assert_nonnull (strstr (error->message, "0.25 seconds"));
  g_clear_error (&error);

  /* An endless line. */
  reply = bks_reply_new (200, "application/x-ndjson");
  f->limits->first_token_local_ms = 10000;
  f->limits->line_bytes = 100000;
  bks_reply_add_flood (reply, "{\"message\":\"0123456789012345678901234567890123456789012345678901234567890123456789");
  fixture_push (f, reply);
  error = fixture_ask (f, TRUE, NULL);
  assert_class (error, BKS_ERROR_MALFORMED);
  g_assert_cmpint (fixture_wait_closed (f, 1), >, 0);
}

static void
test_check (void)
{
  g_autoptr(Fixture) f = fixture_new ("ollama", "ollama");
  g_autoptr(BksRecordedRequest) request = NULL;
  GError *error;

  g_assert_no_error (fixture_check (f, NULL));
  request = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (request->path, ==, "/api/version");
  fixture_push (f, bks_reply_new_json (200, "[]"));
  error = fixture_check (f, NULL);
  assert_class (error, BKS_ERROR_MALFORMED);
  g_assert_nonnull (strstr (error->message, "not Ollama"));
  g_clear_error (&error);
}

static void
test_models (void)
{
  g_autoptr(Fixture) f = fixture_new ("ollama", "ollama");
  g_autoptr(GPtrArray) models = NULL;
  g_autoptr(GError) error = NULL;

  models = fixture_list (f, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (models->len, ==, 3);
  g_assert_cmpstr (bks_model_get_id (g_ptr_array_index (models, 0)), ==, "demo-writer:latest");
  g_assert_cmpstr (bks_model_get_provider (g_ptr_array_index (models, 0)), ==, "ollama");
  g_assert_cmpint (bks_model_get_window (g_ptr_array_index (models, 0)), ==, 32768);
  g_assert_cmpint (bks_model_get_input_price (g_ptr_array_index (models, 0)), ==, 0);
  g_assert_cmpint (bks_model_get_window (g_ptr_array_index (models, 1)), ==, -1);
  /* What runs in a cloud is not free because it is listed here. */
  g_assert_cmpstr (bks_model_get_id (g_ptr_array_index (models, 2)), ==, "demo-large-cloud");
  g_assert_true (bks_model_get_output_price (g_ptr_array_index (models, 2)) == BKS_MONEY_UNKNOWN);
}

/* Older servers list names alone: each model is asked after. */
static void
test_older_models (void)
{
  g_autoptr(Fixture) f = fixture_new ("ollama", "ollama");
  g_autoptr(GPtrArray) models = NULL;
  g_autoptr(JsonObject) asked = NULL;
  g_autoptr(GError) error = NULL;

  fixture_push (f, bks_reply_new_json (200, "{\"models\":[{\"name\":\"old:7b\"},{\"name\":\"nomic-embed\"},{\"name\":\"gone\"},"
                                            "{\"name\":\"new\",\"details\":{\"context_length\":4096},\"capabilities\":[\"completion\",\"vision\"]}]}"));
  bks_scripted_server_push (f->server, "/api/show", bks_reply_new_json (200,
    "{\"model_info\":{\"general.architecture\":\"llama\",\"llama.context_length\":8192},\"capabilities\":[\"completion\",\"tools\",\"thinking\"]}"));
  bks_scripted_server_push (f->server, "/api/show", bks_reply_new_json (200,
    "{\"model_info\":{\"general.architecture\":\"bert\",\"bert.context_length\":2048},\"capabilities\":[\"embedding\"]}"));
  bks_scripted_server_push (f->server, "/api/show", bks_reply_new_json (404, "{\"error\":\"model 'gone' not found\"}"));
  models = fixture_list (f, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (models->len, ==, 3);
  g_assert_cmpstr (bks_model_get_id (g_ptr_array_index (models, 0)), ==, "old:7b");
  g_assert_cmpint (bks_model_get_window (g_ptr_array_index (models, 0)), ==, 8192);
  g_assert_cmpuint (bks_model_get_abilities (g_ptr_array_index (models, 0)), ==,
                    BKS_ABILITY_TEXT | BKS_ABILITY_TOOLS | BKS_ABILITY_REASONING);
  g_assert_cmpstr (bks_model_get_id (g_ptr_array_index (models, 1)), ==, "gone");
  g_assert_cmpint (bks_model_get_window (g_ptr_array_index (models, 1)), ==, -1);
  g_assert_cmpuint (bks_model_get_abilities (g_ptr_array_index (models, 2)), ==, BKS_ABILITY_TEXT | BKS_ABILITY_VISION);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 4);
  asked = fixture_dup_body (f, 1);
  g_assert_cmpstr (bks_json_get_string (asked, "model"), ==, "old:7b");
}

static void
test_embed (void)
{
  const char *const texts[] = { "one", "two", NULL };
  g_autoptr(Fixture) f = fixture_new ("ollama", "ollama");
  g_autoptr(BksRecordedRequest) recorded = NULL;
  g_autoptr(GPtrArray) vectors = NULL;
  g_autoptr(GError) error = NULL;

  fixture_push (f, bks_reply_new_json (200, "{\"model\":\"e\",\"embeddings\":[[0.5,1],[3,4]],\"prompt_eval_count\":2}"));
  vectors = fixture_embed (f, "e", texts, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (vectors->len, ==, 2);
  g_assert_cmpfloat (g_array_index ((GArray *) g_ptr_array_index (vectors, 1), float, 0), ==, 3);
  recorded = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (recorded->path, ==, "/api/embed");
  g_assert_cmpstr (recorded->body, ==, "{\"model\":\"e\",\"input\":[\"one\",\"two\"]}");

  fixture_push (f, bks_reply_new_json (200, "{\"model\":\"e\"}"));
  g_assert_null (fixture_embed (f, "e", texts, &error));
  assert_class (error, BKS_ERROR_MALFORMED);
  g_clear_error (&error);
  fixture_push (f, bks_reply_new_json (404, "{\"error\":\"model 'e' not found\"}"));
  g_assert_null (fixture_embed (f, "e", texts, &error));
  assert_class (error, BKS_ERROR_MODEL);
}

static const Dialect dialect = {
  .name = "ollama",
  .protocol = "ollama",
  .type = "application/x-ndjson",
  .golden =
    "\xef\xbb\xbf{\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"Hm \\ud83c\"},\"done\":false}\n"
    "{\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"\\udf0d.\"},\"done\":false}\r\n\r\n"
    LINE ("Zoë—") "\n" LINE ("🌍 \\ud83c") LINE ("\\udf0d end") END,
  .mark = "\"eval_count\":18}",
  .text = "Zoë—🌍 🌍 end",
  .reasoning = "Hm 🌍.",
  .finish = "stop",
  .input = 11,
  .output = 18,
  .frame = LINE ("more "),
  .frame_text = "more ",
  .keep_alive = LINE (""),
  .document = "{\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"",
  .document_end = "\"},\"done\":true,\"done_reason\":\"stop\"}",
};

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();

  dialect_add_tests (&dialect);
  g_test_add_func ("/ollama/stream", test_stream);
  g_test_add_func ("/ollama/whole", test_whole);
  g_test_add_func ("/ollama/window", test_window);
  g_test_add_func ("/ollama/lines", test_lines);
  g_test_add_func ("/ollama/failures", test_failures);
  g_test_add_func ("/ollama/limits", test_limits);
  g_test_add_func ("/ollama/check", test_check);
  g_test_add_func ("/ollama/models", test_models);
  g_test_add_func ("/ollama/older-models", test_older_models);
  g_test_add_func ("/ollama/embed", test_embed);
  return g_test_run ();
}
