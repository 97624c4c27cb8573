/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "provider-fixture.h"

#include "bks-provider-error.h"

/* routing.md's table of classes, by what servers really send. */
static const struct
{
  guint       status;
  const char *body;
  BksError    error;
} cases[] = {
  { 401, "{\"error\":{\"message\":\"Incorrect API key\",\"type\":\"invalid_request_error\",\"code\":\"invalid_api_key\"}}", BKS_ERROR_AUTH },
  { 401, "", BKS_ERROR_AUTH },
  { 400, "[{\"error\":{\"code\":400,\"message\":\"API key not valid. Please pass a valid API key.\",\"status\":\"INVALID_ARGUMENT\"}}]", BKS_ERROR_AUTH },
  { 402, "{\"error\":{\"code\":402,\"message\":\"Insufficient credits\",\"metadata\":{\"error_type\":\"payment_required\"}}}", BKS_ERROR_BILLING },
  { 429, "{\"error\":{\"message\":\"You exceeded your current quota\",\"type\":\"insufficient_quota\",\"code\":\"credit_balance_exhausted\"}}", BKS_ERROR_BILLING },
  { 429, "{\"error\":{\"message\":\"x\",\"type\":\"insufficient_quota\",\"code\":null}}", BKS_ERROR_BILLING },
  { 429, "{\"error\":{\"message\":\"Rate limit reached\",\"type\":\"requests\",\"code\":\"rate_limit_exceeded\"}}", BKS_ERROR_RATE },
  { 429, "Too many", BKS_ERROR_RATE },
  { 403, "{\"error\":{\"message\":\"Country not supported\"}}", BKS_ERROR_PERMISSION },
  { 403, "{\"error\":{\"message\":\"Input tokens plus max_tokens exceed the model's context window\"}}", BKS_ERROR_CONTEXT },
  { 403, "{\"error\":{\"code\":403,\"message\":\"flagged\",\"metadata\":{\"reasons\":[\"violence\"],\"flagged_input\":\"…\"}}}", BKS_ERROR_CONTENT },
  { 400, "{\"error\":{\"message\":\"This model's maximum context length is 8192 tokens.\",\"code\":\"context_length_exceeded\"}}", BKS_ERROR_CONTEXT },
  { 400, "{\"error\":{\"message\":\"This endpoint's maximum context length is 8192 tokens. However\",\"code\":400}}", BKS_ERROR_CONTEXT },
  { 400, "{\"error\":{\"message\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097\",\"param\":\"max_tokens\"}}", BKS_ERROR_CONTEXT },
  { 413, "<html>nginx</html>", BKS_ERROR_CONTEXT },
  { 404, "{\"error\":{\"message\":\"The model x does not exist\",\"code\":\"model_not_found\"}}", BKS_ERROR_MODEL },
  { 404, "{\"error\":{\"message\":\"Invalid URL (POST /v1/chat)\",\"type\":\"invalid_request_error\"}}", BKS_ERROR_REQUEST },
  { 404, "<html>", BKS_ERROR_REQUEST },
  { 400, "{\"error\":{\"message\":\"blocked\",\"code\":\"content_policy_violation\"}}", BKS_ERROR_CONTENT },
  { 400, "{\"error\":{\"message\":\"bad\",\"type\":\"invalid_request_error\",\"param\":\"messages\"}}", BKS_ERROR_REQUEST },
  { 405, "", BKS_ERROR_REQUEST },
  { 422, "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\"}]}", BKS_ERROR_REQUEST },
  { 408, "", BKS_ERROR_TIMEOUT },
  { 409, "", BKS_ERROR_SERVER },
  { 500, "{\"error\":{\"message\":\"The prompt is too long for this machine\"}}", BKS_ERROR_SERVER },
  { 502, "", BKS_ERROR_SERVER },
  { 502, "{\"error\":{\"code\":502,\"message\":\"x\",\"metadata\":{\"error_type\":\"provider_unavailable\"}}}", BKS_ERROR_OVERLOAD },
  { 503, "{\"error\":{\"code\":\"slow_down\"}}", BKS_ERROR_OVERLOAD },
  { 504, "", BKS_ERROR_SERVER },
  { 520, "<html>", BKS_ERROR_SERVER },
  { 529, "", BKS_ERROR_OVERLOAD },
  { 499, "", BKS_ERROR_SERVER },
  { 500, "{\"error\":{\"code\":500,\"message\":\"x\",\"metadata\":{\"error_type\":\"server\"}}}", BKS_ERROR_SERVER },
};

/* Cloudflare's numbers mean the same whatever the status, and nothing elsewhere. */
static const struct
{
  guint       status;
  guint       code;
  BksError    error;
} envelopes[] = {
  { 429, 3036, BKS_ERROR_BILLING },
  { 429, 3040, BKS_ERROR_OVERLOAD },
  { 400, 5007, BKS_ERROR_MODEL },
  { 404, 3042, BKS_ERROR_MODEL },
  { 413, 3006, BKS_ERROR_CONTEXT },
  { 408, 3007, BKS_ERROR_TIMEOUT },
  { 408, 3008, BKS_ERROR_TIMEOUT },
  { 403, 5016, BKS_ERROR_PERMISSION },
  { 403, 5018, BKS_ERROR_PERMISSION },
  { 403, 3041, BKS_ERROR_PERMISSION },
  { 403, 3023, BKS_ERROR_PERMISSION },
  { 400, 10000, BKS_ERROR_AUTH },
  { 403, 1000, BKS_ERROR_AUTH },
  { 400, 9106, BKS_ERROR_AUTH },
  { 400, 6003, BKS_ERROR_AUTH },
  { 404, 7003, BKS_ERROR_REQUEST },
  { 400, 7000, BKS_ERROR_REQUEST },
  { 400, 5004, BKS_ERROR_REQUEST },
  { 405, 5005, BKS_ERROR_REQUEST },
  { 200, 3040, BKS_ERROR_OVERLOAD },
};

static void
test_envelopes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (envelopes); i++)
    {
      g_autofree char *body = g_strdup_printf ("{\"result\":null,\"success\":false,\"errors\":[{\"code\":1,\"message\":\"a\"},"
                                               "{\"code\":%u,\"message\":\"AiError: b\"}],\"messages\":[]}", envelopes[i].code);
      g_autofree char *other = g_strdup_printf ("{\"error\":{\"code\":%u,\"message\":\"b\"}}", envelopes[i].code);
      g_autoptr(BksProviderFailure) failure = NULL, plain = NULL;
      g_autoptr(GError) error = NULL;

      failure = bks_provider_failure_new_body (envelopes[i].status, body, strlen (body), NULL, 2048);
      error = bks_provider_failure_to_error (failure, "cloudflare");
      g_test_message ("%u %u → %s", envelopes[i].status, envelopes[i].code, error->message);
      assert_class (error, envelopes[i].error);
      if (envelopes[i].error != BKS_ERROR_REQUEST || envelopes[i].code >= 7000)
        g_assert_nonnull (strstr (error->message, "AiError: b"));

      plain = bks_provider_failure_new_body (400, other, strlen (other), NULL, 2048);
      g_assert_cmpint (bks_provider_failure_classify (plain), ==, BKS_ERROR_REQUEST);
    }
}

/* What is free for a day comes back at midnight, UTC. */
static void
test_daily_quota (void)
{
  g_autoptr(Fixture) f = fixture_new ("openai", "any");
  g_autoptr(GError) error = NULL;
  gint64 now = g_get_real_time () / 1000, day = G_GINT64_CONSTANT (86400000), wait;

  fixture_push (f, bks_reply_new_json (429, "{\"result\":null,\"success\":false,\"errors\":[{\"code\":3036,\"message\":"
                                            "\"You have used up your daily free allocation\"}],\"messages\":[]}"));
  error = fixture_ask (f, TRUE, NULL);
  assert_class (error, BKS_ERROR_BILLING);
  g_assert_nonnull (strstr (error->message, "for today"));
  wait = bks_error_get_facts (error)->retry_after_ms;
  g_assert_cmpint (wait, >, 0);
  g_assert_cmpint (wait, <=, day);
  /* Asked around midnight it is one day or the other. */
  g_assert_cmpint (ABS ((now + wait + day / 2) % day - day / 2), <, 60000);
}


static void
test_classes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(BksProviderFailure) failure = NULL;
      g_autoptr(GError) error = NULL;

      failure = bks_provider_failure_new_body (cases[i].status, cases[i].body, strlen (cases[i].body), NULL, 2048);
      error = bks_provider_failure_to_error (failure, "x");
      g_test_message ("%u %s → %s", cases[i].status, cases[i].body, error->message);
      assert_class (error, cases[i].error);
      g_assert_cmpuint (bks_error_get_facts (error)->http_status, ==, cases[i].status);
      g_assert_null (strstr (error->message, "<html"));
    }
}

static void
test_no_key (void)
{
  static const char body[] =
    "{\"error\":{\"message\":\"Incorrect API key provided: my-own-token. Yours was sk-proj-abc****wxyz, eyJhbGciOiJIUzI1NiJ9.e30.abc.\"}}";
  g_autoptr(BksProviderFailure) failure = bks_provider_failure_new_body (401, body, strlen (body), "my-own-token", 2048);
  g_autoptr(GError) error = bks_provider_failure_to_error (failure, "openai");

  g_assert_null (strstr (error->message, "my-own-token"));
  g_assert_null (strstr (error->message, "sk-proj"));
  g_assert_null (strstr (error->message, "eyJ"));
  g_assert_nonnull (strstr (error->message, "Incorrect API key provided"));
}

static void
test_long_words (void)
{
  g_autofree char *words = g_strnfill (100000, 'a');
  g_autofree char *body = g_strdup_printf ("{\"error\":\"%s\\u001b[31m\"}", words);
  g_autoptr(BksProviderFailure) failure = bks_provider_failure_new_body (500, body, strlen (body), NULL, 2048);

  g_assert_cmpuint (strlen (failure->message), <=, 2048);
  g_assert_null (strchr (failure->message, '\033'));
}

/* A server's own language in its own encoding, cut off. */
static void
test_not_text (void)
{
  static const char body[] = "Zu viele Anfragen f\xfc" "r heute \xf0\x9f";
  g_autofree char *exact = g_memdup2 (body, strlen (body));
  g_autoptr(BksProviderFailure) failure = bks_provider_failure_new_body (429, exact, strlen (body), NULL, 2048);
  g_autoptr(GError) error = bks_provider_failure_to_error (failure, "x");

  assert_class (error, BKS_ERROR_RATE);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_nonnull (strstr (error->message, "Zu viele Anfragen"));
}

static void
test_retry_after (void)
{
  const gint64 now = G_GINT64_CONSTANT (1795378952000); /* 2026-11-22 20:22:32 */

  g_assert_cmpint (bks_retry_after_parse ("2", now), ==, 2000);
  g_assert_cmpint (bks_retry_after_parse (" 0.25 ", now), ==, 250);
  g_assert_cmpint (bks_retry_after_parse ("0", now), ==, 0);
  g_assert_cmpint (bks_retry_after_parse ("Sun, 22 Nov 2026 20:22:42 GMT", now), ==, 10000);
  g_assert_cmpint (bks_retry_after_parse ("Sun, 22 Nov 2026 20:22:22 GMT", now), ==, 0);
  g_assert_cmpint (bks_retry_after_parse ("", now), ==, -1);
  g_assert_cmpint (bks_retry_after_parse ("-5", now), ==, -1);
  g_assert_cmpint (bks_retry_after_parse ("soon", now), ==, -1);
  g_assert_cmpint (bks_retry_after_parse ("1e300", now), ==, -1);
  g_assert_cmpint (bks_retry_after_parse ("nan", now), ==, -1);

  g_assert_cmpint (bks_go_duration_parse ("6m0s"), ==, 360000);
  g_assert_cmpint (bks_go_duration_parse ("120ms"), ==, 120);
  g_assert_cmpint (bks_go_duration_parse ("1h2m3.5s"), ==, 3723500);
  g_assert_cmpint (bks_go_duration_parse ("1.2µs"), ==, 1);
  g_assert_cmpint (bks_go_duration_parse ("5"), ==, -1);
  g_assert_cmpint (bks_go_duration_parse ("s"), ==, -1);
  g_assert_cmpint (bks_go_duration_parse (""), ==, -1);
}

static void
test_retry_headers (void)
{
  static const struct { const char *headers[8]; gint64 wait; } heads[] = {
    { { "retry-after", "2" }, 2000 },
    { { "retry-after", "2", "retry-after-ms", "350" }, 350 },
    { { "x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-requests", "1.5s",
        "x-ratelimit-remaining-tokens", "900", "x-ratelimit-reset-tokens", "6m0s" }, 1500 },
    { { "x-ratelimit-remaining-requests", "3" }, -1 },
  };
  g_autoptr(Fixture) f = fixture_new ("openai", "openai");

  for (gsize i = 0; i < G_N_ELEMENTS (heads); i++)
    {
      BksReply *reply = bks_reply_new_json (429, "{\"error\":{\"message\":\"Slow\",\"code\":\"rate_limit_exceeded\"}}");
      g_autoptr(GError) error = NULL;

      for (gsize h = 0; h < 8 && heads[i].headers[h] != NULL; h += 2)
        bks_reply_add_header (reply, heads[i].headers[h], heads[i].headers[h + 1]);
      bks_reply_add_header (reply, "X-Request-Id", "req_77");
      fixture_push (f, reply);
      error = fixture_ask (f, TRUE, "sk-x");
      assert_class (error, BKS_ERROR_RATE);
      g_assert_cmpint (bks_error_get_facts (error)->retry_after_ms, ==, heads[i].wait);
      g_assert_cmpstr (bks_error_get_facts (error)->request_id, ==, "req_77");
      g_assert_cmpstr (bks_error_get_facts (error)->provider, ==, "openai");
      g_assert_cmpuint (bks_error_get_facts (error)->http_status, ==, 429);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();

  g_test_add_func ("/failures/classes", test_classes);
  g_test_add_func ("/failures/envelopes", test_envelopes);
  g_test_add_func ("/failures/daily-quota", test_daily_quota);
  g_test_add_func ("/failures/no-key", test_no_key);
  g_test_add_func ("/failures/long-words", test_long_words);
  g_test_add_func ("/failures/not-text", test_not_text);
  g_test_add_func ("/failures/retry-after", test_retry_after);
  g_test_add_func ("/failures/retry-headers", test_retry_headers);
  return g_test_run ();
}
