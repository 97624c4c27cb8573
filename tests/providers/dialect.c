/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "dialect-private.h"

#define MIB ((gsize) 1 << 20)
/* Of the tests below, those of a stream that ends well or not. */
#define STREAM_TESTS 5

Fixture *
dialect_new_fixture (const Dialect *dialect)
{
  Fixture *f = fixture_new (dialect->protocol, dialect->id != NULL ? dialect->id : dialect->protocol);

  if (dialect->path != NULL)
    fixture_move (f, dialect->protocol, dialect->path);
  if (dialect->model != NULL)
    f->model = dialect->model;
  if (dialect->account_id != NULL)
    g_assert_true (bks_provider_set_option (f->provider, BKS_PROVIDER_OPTION_ACCOUNT_ID, dialect->account_id, NULL));
  return f;
}

static BksReply *
new_stream (const Dialect *dialect)
{
  return bks_reply_new (200, dialect->type);
}

static void
record_text_cb (BksAnswer  *answer,
                const char *text,
                GString    *events)
{
  g_string_append_printf (events, "text(%s) ", text);
}

static void
record_reasoning_cb (BksAnswer  *answer,
                     const char *text,
                     GString    *events)
{
  g_string_append_printf (events, "reasoning(%s) ", text);
}

/* Everything that the author would get from @reply, in its order. */
static char *
ask_recorded (Fixture  *f,
              BksReply *reply)
{
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new (f->model);
  g_autoptr(BksAnswer) answer = bks_answer_new ();
  g_autoptr(GError) error = NULL;
  GString *events = g_string_new (NULL);
  const BksTokenUsage *usage = bks_answer_get_usage (answer);

  bks_completion_request_add_message (request, "user", "Go on.");
  g_signal_connect (answer, "text", G_CALLBACK (record_text_cb), events);
  g_signal_connect (answer, "reasoning", G_CALLBACK (record_reasoning_cb), events);
  fixture_push (f, reply);
  bks_wait (bks_provider_complete (f->provider, request, NULL, answer, NULL), &error);
  g_string_append_printf (events, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                          " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " ",
                          usage->input, usage->cache_read, usage->cache_write, usage->output, usage->reasoning,
                          usage->reported_cost);
  g_string_append_printf (events, "%s %s %s", bks_answer_get_finish_reason (answer), bks_answer_get_model (answer),
                          error != NULL ? error->message : "complete");
  return g_string_free (events, FALSE);
}

/* Wherever a stream is cut into pieces, what the author gets is the same. */
static void
test_split (gconstpointer data)
{
  const Dialect *dialect = data;
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);
  BksReply *reply = new_stream (dialect);
  g_autofree char *expected = NULL;
  gsize length = strlen (dialect->golden);

  bks_reply_add_text (reply, dialect->golden);
  expected = ask_recorded (f, reply);
  g_test_message ("%s", expected);
  g_assert_true (g_str_has_suffix (expected, " complete"));
  for (gsize at = 1; at < length; at++)
    {
      g_autoptr(GBytes) head = g_bytes_new_static (dialect->golden, at);
      g_autofree char *events = NULL;

      reply = new_stream (dialect);
      bks_reply_add_bytes (reply, head);
      bks_reply_add_text (reply, dialect->golden + at);
      events = ask_recorded (f, reply);
      g_assert_cmpstr (events, ==, expected);
    }
  for (gsize size = 1; size <= 16; size++)
    {
      g_autofree char *events = NULL;

      reply = new_stream (dialect);
      bks_reply_add_split (reply, dialect->golden, size);
      events = ask_recorded (f, reply);
      g_assert_cmpstr (events, ==, expected);
    }
}

static void
test_golden (gconstpointer data)
{
  const Dialect *dialect = data;
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);
  BksReply *reply = new_stream (dialect);

  bks_reply_add_text (reply, dialect->golden);
  fixture_push (f, reply);
  g_assert_no_error (fixture_ask (f, TRUE, NULL));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, dialect->text);
  g_assert_cmpstr (bks_answer_get_reasoning (f->answer), ==, dialect->reasoning);
  g_assert_cmpstr (bks_answer_get_finish_reason (f->answer), ==, dialect->finish);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->input, ==, dialect->input);
  g_assert_cmpint (bks_answer_get_usage (f->answer)->output, ==, dialect->output);
}

/* Broken off: never a success before the terminal mark, never other text. */
static void
test_cut (gconstpointer data)
{
  const Dialect *dialect = data;
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);
  gsize whole = (gsize) (strstr (dialect->golden, dialect->mark) - dialect->golden) + strlen (dialect->mark);
  gsize step = g_getenv ("BKS_TEST_LONG") != NULL ? 1 : 5;

  for (gsize length = 0; length < strlen (dialect->golden); length += step)
    {
      g_autoptr(GBytes) bytes = g_bytes_new_static (dialect->golden, length);
      g_autoptr(GError) error = NULL;
      BksReply *reply = new_stream (dialect);

      bks_reply_add_bytes (reply, bytes);
      bks_reply_add_step (reply, BKS_REPLY_STEP_CUT);
      fixture_push (f, reply);
      error = fixture_ask (f, TRUE, NULL);
      if (length >= whole + 2)
        g_assert_no_error (error);
      else if (error != NULL || length < whole)
        assert_class (error, BKS_ERROR_TRUNCATED);
      /* Half a character is shown as one that is missing; half a tag is text. */
      g_assert_true (g_str_has_prefix (dialect->text, bks_answer_get_text (f->answer)) ||
                     g_str_has_suffix (bks_answer_get_text (f->answer), "\xef\xbf\xbd") ||
                     g_str_has_prefix ("<think>", bks_answer_get_text (f->answer)));
    }
}

/* The ways in which a connection ends in the middle; what came stays. */
static void
test_truncated (gconstpointer data)
{
  const Dialect *dialect = data;
  static const BksReplyStepKind ends[] = { BKS_REPLY_STEP_CUT, BKS_REPLY_STEP_RESET, BKS_REPLY_STEP_BYTES };
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autoptr(GError) error = NULL;
      BksReply *reply = new_stream (dialect);

      bks_reply_add_text (reply, dialect->frame);
      if (ends[i] == BKS_REPLY_STEP_BYTES)
        reply->framing = BKS_REPLY_UNTIL_CLOSE;
      else
        bks_reply_add_step (reply, ends[i]);
      fixture_push (f, reply);
      error = fixture_ask (f, TRUE, NULL);
      assert_class (error, BKS_ERROR_TRUNCATED);
      /* A reset may overtake what was sent before it. */
      if (ends[i] != BKS_REPLY_STEP_RESET)
        g_assert_cmpstr (bks_answer_get_text (f->answer), ==, dialect->frame_text);
      g_assert_null (bks_answer_get_finish_reason (f->answer));
    }
}

static void
test_timeouts (gconstpointer data)
{
  const Dialect *dialect = data;
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);
  g_autoptr(GError) error = NULL;
  BksReply *reply;

  fixture_hurry (f);
  reply = bks_reply_new (0, NULL);
  bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
  fixture_push (f, reply);
  error = fixture_ask (f, TRUE, NULL);
  assert_class (error, BKS_ERROR_TIMEOUT);
  g_assert_nonnull (strstr (error->message, "did not begin"));
  g_assert_cmpint (fixture_wait_closed (f, 0), >, 0);

  /* A head and keep-alives are no token. */
  reply = new_stream (dialect);
  for (guint i = 0; i < 20; i++)
    {
      bks_reply_add_text (reply, dialect->keep_alive);
      bks_reply_add_delay (reply, 30);
    }
  bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
  fixture_push (f, reply);
  g_clear_error (&error);
  error = fixture_ask (f, TRUE, NULL);
  assert_class (error, BKS_ERROR_TIMEOUT);
  g_assert_nonnull (strstr (error->message, "did not begin"));

  /* Silence in the middle. */
  f->limits->first_token_ms = f->limits->first_token_local_ms = 60000;
  f->limits->total_ms = 60000;
  reply = new_stream (dialect);
  bks_reply_add_text (reply, dialect->frame);
  bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
  fixture_push (f, reply);
  g_clear_error (&error);
  error = fixture_ask (f, TRUE, NULL);
  assert_class (error, BKS_ERROR_TIMEOUT);
  g_assert_nonnull (strstr (error->message, "silent"));
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, dialect->frame_text);

  /* A slow drip keeps moving, but not for ever. */
  f->limits->idle_ms = f->limits->idle_slow_ms = 60000;
  f->limits->total_ms = 400;
  reply = new_stream (dialect);
  bks_reply_add_text (reply, dialect->frame);
  for (guint i = 0; i < 20; i++)
    {
      bks_reply_add_text (reply, dialect->keep_alive);
      bks_reply_add_delay (reply, 40);
    }
  bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
  fixture_push (f, reply);
  g_clear_error (&error);
  error = fixture_ask (f, TRUE, NULL);
  assert_class (error, BKS_ERROR_TIMEOUT);
  g_assert_nonnull (strstr (error->message, "complete"));
}

typedef BksReply *(*NewReply) (const Dialect *dialect);

static BksReply *
new_stalled_answer (const Dialect *dialect)
{
  BksReply *reply = new_stream (dialect);

  bks_reply_add_text (reply, dialect->frame);
  bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
  return reply;
}

static BksReply *
new_stalled_stream (const Dialect *dialect)
{
  BksReply *reply = new_stream (dialect);

  bks_reply_add_text (reply, dialect->keep_alive);
  bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
  return reply;
}

static BksReply *
new_silence (const Dialect *dialect)
{
  BksReply *reply = bks_reply_new (0, NULL);

  bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
  return reply;
}

static BksReply *
new_endless_answer (const Dialect *dialect)
{
  BksReply *reply = new_stream (dialect);

  bks_reply_add_flood (reply, dialect->frame);
  return reply;
}

/* The server always sees the close, and soon: a machine that is busy with
 * other things may need another try for that. */
static void
assert_closes (const Dialect *dialect,
               NewReply       new_reply,
               gboolean       on_text)
{
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);
  gint64 took_us = G_MAXINT64;

  for (guint i = 0; i < 10 && took_us > 200000; i++)
    took_us = fixture_cancel (f, new_reply (dialect), on_text);
  g_assert_cmpint (took_us, <=, 200000);
}

/* Stop must stop: in the middle, before the first token, before the head, in a flood. */
static void
test_cancel (gconstpointer data)
{
  assert_closes (data, new_stalled_answer, TRUE);
  assert_closes (data, new_stalled_stream, FALSE);
  assert_closes (data, new_silence, FALSE);
  assert_closes (data, new_endless_answer, TRUE);
}

static gboolean
cancel_cb (gpointer cancellable)
{
  dex_cancellable_cancel (cancellable);
  return G_SOURCE_REMOVE;
}

/* What floods in without a token must not keep the button from being heard. */
static void
test_cancel_floods (gconstpointer data)
{
  const Dialect *dialect = data;
  const char *const floods[] = { "data: an endless line ", dialect->keep_alive, dialect->document };
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);

  /* Nothing but stopping ends it. */
  f->limits->line_bytes = f->limits->event_bytes = f->limits->answer_bytes = G_MAXINT64;
  for (guint i = 0; i < G_N_ELEMENTS (floods); i++)
    {
      g_autoptr(BksCompletionRequest) request = bks_completion_request_new (f->model);
      g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
      g_autoptr(BksAnswer) answer = bks_answer_new ();
      g_autofree char *block = fixture_repeat (floods[i], 4096);
      g_autoptr(GError) error = NULL;
      BksReply *reply = new_stream (dialect);

      bks_reply_add_flood (reply, block);
      fixture_push (f, reply);
      bks_completion_request_add_message (request, "user", "Go on.");
      g_timeout_add (50, cancel_cb, cancellable);
      g_assert_false (bks_wait (bks_provider_complete (f->provider, request, NULL, answer, cancellable), &error));
      g_assert_true (bks_error_is_cancelled (error));
    }
}

static void
test_not_json (gconstpointer data)
{
  static const struct { guint status; const char *type, *body; BksError error; const char *word; } cases[] = {
    { 200, "text/html", "<!DOCTYPE html><html>Welcome</html>", BKS_ERROR_MALFORMED, "web page" },
    { 200, "application/json", "\xef\xbb\xbf  <html>", BKS_ERROR_MALFORMED, "web page" },
    { 200, "text/html", "{\"a\":1}", BKS_ERROR_MALFORMED, "web page" },
    { 200, NULL, "", BKS_ERROR_MALFORMED, "without any content" },
    { 404, "text/html", "<html>404</html>", BKS_ERROR_REQUEST, "address" },
    { 404, "text/plain", "404 page not found", BKS_ERROR_REQUEST, "address" },
    { 405, "text/plain", "", BKS_ERROR_REQUEST, "address" },
    { 301, "text/html", "<html>moved</html>", BKS_ERROR_REQUEST, "leads on" },
    { 401, "text/html", "", BKS_ERROR_AUTH, "key" },
    { 402, "text/html", "", BKS_ERROR_BILLING, "credit" },
    { 408, "text/html", "", BKS_ERROR_TIMEOUT, NULL },
    { 422, "application/json", "{\"detail\":[{\"msg\":\"field required\"}]}", BKS_ERROR_REQUEST, NULL },
    { 429, "text/html", "<html>slow</html>", BKS_ERROR_RATE, NULL },
    { 499, "text/html", "", BKS_ERROR_SERVER, NULL },
    { 500, "text/html", "<html>", BKS_ERROR_SERVER, NULL },
    { 502, "application/json", "[{\"error\":{\"message\":\"as a list\"}}]", BKS_ERROR_SERVER, "as a list" },
    { 503, "text/html", "<html>", BKS_ERROR_OVERLOAD, NULL },
    { 521, "text/html", "<html>down</html>", BKS_ERROR_SERVER, NULL },
    { 524, "text/html", "<html>down</html>", BKS_ERROR_SERVER, NULL },
    { 529, "text/html", "", BKS_ERROR_OVERLOAD, NULL },
  };
  const Dialect *dialect = data;
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      BksReply *reply = bks_reply_new (cases[i].status, cases[i].type);

      bks_reply_add_header (reply, "Location", "http://127.0.0.1:1/elsewhere");
      bks_reply_add_text (reply, cases[i].body);
      fixture_push (f, reply);
      error = fixture_ask (f, TRUE, "sk-secret-key-of-mine");
      g_test_message ("case %zu: %s", i, error != NULL ? error->message : "");
      assert_class (error, cases[i].error);
      if (cases[i].word != NULL)
        g_assert_nonnull (strstr (error->message, cases[i].word));
      g_assert_null (strstr (error->message, "<html"));
      g_assert_null (strstr (error->message, "sk-secret"));
      g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, i + 1);
    }
}

/* A body that is packed is unpacked, an error's too. */
static void
test_gzip (gconstpointer data)
{
  const Dialect *dialect = data;
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);
  g_autoptr(GBytes) refusal = fixture_compress ("{\"error\":\"packed words\"} ", 1);
  g_autoptr(GError) error = NULL;
  BksReply *reply = bks_reply_new (500, "application/json");

  f->limits->error_body_bytes = 2 * (gint64) MIB;
  bks_reply_add_header (reply, "Content-Encoding", "gzip");
  bks_reply_add_bytes (reply, refusal);
  fixture_push (f, reply);
  error = fixture_ask (f, TRUE, NULL);
  assert_class (error, BKS_ERROR_SERVER);
  g_assert_nonnull (strstr (error->message, "packed words"));
}

static void
assert_nobody_there (const Dialect *dialect,
                     Fixture       *f,
                     const char    *address,
                     BksError       class,
                     const char    *word)
{
  g_autoptr(BksProvider) provider = bks_provider_new (dialect->protocol, "x", address, f->http, f->limits, NULL);
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new (f->model);
  GError *error = NULL;

  if (dialect->account_id != NULL)
    g_assert_true (bks_provider_set_option (provider, BKS_PROVIDER_OPTION_ACCOUNT_ID, dialect->account_id, NULL));
  bks_completion_request_add_message (request, "user", "Go on.");
  g_assert_false (bks_wait (bks_provider_complete (provider, request, "sk-secret-1234", f->answer, NULL), &error));
  assert_class (error, class);
  g_assert_nonnull (strstr (error->message, word));
  g_clear_error (&error);
  g_assert_false (bks_wait (bks_provider_check (provider, "sk-secret-1234", NULL), &error));
  assert_class (error, class);
  g_assert_nonnull (strstr (error->message, word));
  g_clear_error (&error);
  g_assert_false (bks_wait (bks_provider_list_models (provider, "sk-secret-1234", NULL), &error));
  assert_class (error, class);
  g_clear_error (&error);
}

static void
test_nobody_there (gconstpointer data)
{
  const Dialect *dialect = data;
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);

  assert_nobody_there (dialect, f, "http://127.0.0.1:1", BKS_ERROR_TRANSPORT, "http://127.0.0.1:1");
  assert_nobody_there (dialect, f, "https://nothing.invalid", BKS_ERROR_TRANSPORT, "no network");
  /* Not even the connection is opened. */
  assert_nobody_there (dialect, f, "http://192.0.2.1", BKS_ERROR_REQUEST, "unencrypted");
  g_assert_false (bks_answer_get_sent (f->answer));
}

/* The key is checked at an address where something else answers. */
static void
test_check_wrong_address (gconstpointer data)
{
  static const struct { guint status; const char *type, *body; BksError error; } cases[] = {
    { 200, "text/html", "<html>Welcome</html>", BKS_ERROR_MALFORMED },
    { 200, "application/json", "{\"hello\":\"world\"}", BKS_ERROR_MALFORMED },
    { 200, "application/json", "7", BKS_ERROR_MALFORMED },
    { 200, "application/json", "", BKS_ERROR_MALFORMED },
    { 404, "text/html", "<html>404</html>", BKS_ERROR_REQUEST },
    { 404, "text/plain", "404 page not found", BKS_ERROR_REQUEST },
    { 301, "text/html", "", BKS_ERROR_REQUEST },
    { 500, "text/html", "<html>", BKS_ERROR_SERVER },
  };
  const Dialect *dialect = data;
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GPtrArray) models = NULL;

      for (guint twice = 0; twice < 2; twice++)
        {
          BksReply *reply = bks_reply_new (cases[i].status, cases[i].type);

          bks_reply_add_text (reply, cases[i].body);
          fixture_push (f, reply);
        }
      error = fixture_check (f, "sk-secret-1234");
      g_test_message ("case %zu: %s", i, error != NULL ? error->message : "");
      assert_class (error, cases[i].error);
      g_clear_error (&error);
      models = fixture_list (f, &error);
      assert_class (error, cases[i].error);
      g_assert_null (models);
    }
}

/* A check and a list are stopped like an answer, and end by themselves. */
static void
test_check_stopped (gconstpointer data)
{
  const Dialect *dialect = data;
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
      BksReply *reply = bks_reply_new (0, NULL);
      DexFuture *future;

      bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
      fixture_push (f, reply);
      future = i == 0 ? bks_provider_check (f->provider, NULL, cancellable)
                      : bks_provider_list_models (f->provider, NULL, cancellable);
      while (bks_scripted_server_get_n_requests (f->server) <= i)
        fixture_spin (1);
      dex_cancellable_cancel (cancellable);
      g_assert_false (bks_wait (future, &error));
      g_assert_true (bks_error_is_cancelled (error));
      g_clear_error (&error);
      g_assert_cmpint (fixture_wait_closed (f, i), >, 0);
    }
  f->limits->check_ms = 200;
  {
    BksReply *reply = bks_reply_new (200, "application/json");

    bks_reply_add_text (reply, "{");
    bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
    fixture_push (f, reply);
    error = fixture_check (f, NULL);
    assert_class (error, BKS_ERROR_TIMEOUT);
  }
}

/**
 * dialect_add_tests:
 * @dialect: a protocol, that lives as long as the program
 *
 * Adds the tests that every protocol has to pass.
 */
void
dialect_add_tests (const Dialect *dialect)
{
  static const struct { const char *name; GTestDataFunc func; } tests[] = {
    { "golden", test_golden },
    { "split", test_split },
    { "cut", test_cut },
    { "truncated", test_truncated },
    { "timeouts", test_timeouts },
    { "cancel", test_cancel },
    { "cancel-floods", test_cancel_floods },
    { "not-json", test_not_json },
    { "gzip", test_gzip },
    { "nobody-there", test_nobody_there },
    { "check-wrong-address", test_check_wrong_address },
    { "check-stopped", test_check_stopped },
    { "floods", dialect_test_floods },
    { "head-floods", dialect_test_head_floods },
    { "refusal-floods", dialect_test_refusal_floods },
    { "swelling", dialect_test_swelling },
    { "large", dialect_test_large },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strdup_printf ("/%s/%s", dialect->name, tests[i].name);

      if (dialect->stream_only && i >= STREAM_TESTS)
        break;
      g_test_add_data_func (path, dialect, tests[i].func);
    }
}
