/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-redact.h"

static char *
make_long (const char *before,
           const char *after)
{
  g_autofree char *fill = g_strnfill (40, 'a');

  return g_strconcat (fill, " ", before, after, NULL);
}

/* A text, and what of it must be gone. */
static const char *const secrets[][2] = {
  /* The shapes of the known providers. */
  { "Incorrect API key provided: sk-proj-AbCd1234****************wxyz.", "AbCd1234" },
  { "You sent sk-proj-Zz9_yX8-wV7uT6sR5qP4oN3mL2kJ1 to us", "Zz9_yX8" },
  { "invalid x-api-key sk-ant-api03-0123456789abcdefghij", "0123456789abcdefghij" },
  { "sk-or-v1-aaaaaaaaaaaaaaaa1111111111111111", "aaaaaaaaaaaaaaaa1111" },
  { "key tgp_v1_Ab3dEf6hIj9lMn2pQr5tUv8x was not found", "Ab3dEf6h" },
  { "API key AIzaSyA1b2C3d4E5f6G7h8I9j0KlMnOpQrStUvW is expired", "SyA1b2C3" },
  { "{\"error\":\"key gsk_1234567890abcdefABCDEF is wrong\"}", "1234567890" },
  { "program token bks_0f9e8d7c6b5a43210f9e8d7c6b5a4321", "0f9e8d7c" },
  /* Cloudflare's has no prefix, but dashes anywhere; Together's and Ollama's are bare. */
  { "Invalid token V1bQ-x7Tz_09LmKpWq3-RtYcNs5JhGf8DaE2uI", "x7Tz_09LmK" },
  { "bad key 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "9f86d081" },
  { "bad key 0a1b2c3d4e5f60718293a4b5c6d7e8f9.Zx9-Wv8_Ut7sR6qP5oN4mL3k", "0a1b2c3d" },
  { "bad key 0a1b2c3d4e5f60718293a4b5c6d7e8f9.Zx9-Wv8_Ut7sR6qP5oN4mL3k", "Wv8_Ut7s" },
  /* Tokens and headers. */
  { "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl was refused", "c2lnbmF0dXJl" },
  { "Authorization: Bearer hunter2-and-more", "hunter2" },
  { "authorization: bearer A1B2C3", "A1B2C3" },
  { "Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz" },
  { "X-Api-Key: a1b2c3d4", "a1b2c3d4" },
  /* Names and values. */
  { "GET https://example.com/v1/models?key=hunter2secret&alt=sse", "hunter2secret" },
  { "access_token=swordfish&x=1", "swordfish" },
  { "password=swordfish", "swordfish" },
  { "{\"api_key\": \"a1b2c3\"}", "a1b2c3" },
  { "{\\\"api_key\\\":\\\"a1b2c3\\\"}", "a1b2c3" },
  { "token=0123456789abcdef0123456789abcdefXYZ", "0123456789abcdef" },
  { "a=b=sk-abcd1234efgh", "abcd1234" },
  { "QWxhZGRpbjpvcGVuIHNlc2FtZTEyMzQ1Njc4==", "QWxhZGRp" },
  /* Starred by the server, without a known prefix. */
  { "No such key: abcd*********************wxyz", "wxyz" },
  /* In odd places. */
  { "(sk-abcd1234efgh)", "abcd1234" },
  { "“sk-abcd1234efgh”", "abcd1234" },
  { "--sk-abcd1234efgh", "abcd1234" },
  { "...sk-abcd1234efgh...", "abcd1234" },
  { "https://example.com/sk-abcd1234efgh/models", "abcd1234" },
  { "https://user:sk-abcd1234efgh@example.com", "abcd1234" },
  { "sk-abcd1234efgh,sk-ijkl5678mnop", "5678" },
};

static void
test_secrets (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    {
      g_autofree char *clean = bks_redact (secrets[i][0], 1000);

      g_test_message ("%s → %s", secrets[i][0], clean);
      g_assert_nonnull (strstr (secrets[i][0], secrets[i][1]));
      g_assert_null (strstr (clean, secrets[i][1]));
      g_assert_nonnull (strstr (clean, "[hidden]"));
    }
}

/* What a person needs in order to understand the failure. */
static void
test_readable (void)
{
  static const char *const texts[] = {
    "",
    "The model claude-haiku-4-5-20251001 does not exist",
    "meta-llama/Llama-3.3-70B-Instruct-Turbo is overloaded",
    "@cf/zai-org/glm-4.7-flash at https://api.cloudflare.com/client/v4/accounts",
    "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8 and gpt-4o-mini-2024-07-18 and deepseek-ai/DeepSeek-R1-Distill-Llama-70B",
    "This model's maximum context length is 131072 tokens. However, you requested 140000.",
    "request 01a205ce-fb15-7470-9461-c4ee5b34a77e failed",
    "See https://platform.openai.com/docs/guides/error-codes/api-errors#python-library for more",
    "Cannot open /home/ana/.local/share/book-studio/books/01a205ce-fb15-7470-9461-c4ee5b34a77e/book.db: Permission denied",
    "/home/ana/Documents/My_Very_Long_Novel_About_The_Sea_2024/chapter_17.md",
    "A key-value store, a sk-learn model and a bearer authentication header",
    "Invalid API key: please check it", "The password: it is required", "Bearer token missing, Basic authentication is not enough",
    "a price per token of 0.00000250 dollars", "max_tokens=4096, top_token: 12345678, max_token=100000000", "monkey=bananas",
    "***bold*** and ******", "2026-11-23T01:02:03.456789Z, 192.168.178.100:11434, 1.2.3-rc.4+build.5",
    "internationalization of counterrevolutionaries", "Ünïcödé wörds stay: 私の本, “quotes” — dashes…",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *clean = bks_redact (texts[i], 1000);

      g_assert_cmpstr (clean, ==, texts[i]);
    }
}

static void
test_around (void)
{
  g_autofree char *url = bks_redact ("https://example.com/v1/sk-abcd1234efgh/models?x=1", 1000);
  g_autofree char *account = bks_redact ("https://api.cloudflare.com/client/v4/accounts/0a1b2c3d4e5f60718293a4b5c6d7e8f9/ai/run", 1000);
  g_autofree char *pair = bks_redact ("?key=swordfish&alt=sse", 1000);

  g_assert_cmpstr (url, ==, "https://example.com/v1/[hidden]/models?x=1");
  g_assert_cmpstr (account, ==, "https://api.cloudflare.com/client/v4/accounts/[hidden]/ai/run");
  g_assert_cmpstr (pair, ==, "?key=[hidden]&alt=sse");
}

static void
test_shape (void)
{
  g_autofree char *lines = bks_redact ("one\r\n\ttwo\x1b[31m three\xe2\x80\xa8" "four\x7f", 100);
  g_autofree char *invalid = bks_redact ("a\xff\xfe" "b", 100);
  g_autofree char *nothing = bks_redact (NULL, 100);
  g_autofree char *zero = bks_redact ("text", 0);

  g_assert_cmpstr (lines, ==, "one two [31m three four ");
  g_assert_true (g_utf8_validate (invalid, -1, NULL));
  g_assert_cmpstr (nothing, ==, "");
  g_assert_cmpstr (zero, ==, "");
}

/* Wherever the text is cut, no piece of a key is left, and no half character. */
static void
test_cut (void)
{
  static const char key[] = "sk-abcd1234efgh5678";

  for (gsize max = 0; max < 80; max++)
    {
      g_autofree char *text = make_long (key, " äöü");
      g_autofree char *clean = bks_redact (text, max);

      g_assert_cmpuint (strlen (clean), <=, max);
      g_assert_true (g_utf8_validate (clean, -1, NULL));
      g_assert_null (strstr (clean, "sk-"));
    }
  for (gsize max = 0; max < 12; max++)
    {
      g_autofree char *clean = bks_redact ("ééééé", max);

      g_assert_true (g_utf8_validate (clean, -1, NULL));
      g_assert_cmpuint (strlen (clean), ==, MIN (max, 10) / 2 * 2);
    }
}

static void
test_the_very_key (void)
{
  g_autofree char *exact = bks_redact_secret ("your key hunter22 is bad, hunter22!", "hunter22");
  g_autofree char *none = bks_redact_secret ("text", NULL);
  g_autofree char *tiny = bks_redact_secret ("a cat", "a");

  g_assert_cmpstr (exact, ==, "your key [hidden] is bad, [hidden]!");
  g_assert_cmpstr (none, ==, "text");
  g_assert_cmpstr (tiny, ==, "a cat"); /* it would eat every word */
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/redact/secrets", test_secrets);
  g_test_add_func ("/redact/readable", test_readable);
  g_test_add_func ("/redact/around", test_around);
  g_test_add_func ("/redact/shape", test_shape);
  g_test_add_func ("/redact/cut", test_cut);
  g_test_add_func ("/redact/the-very-key", test_the_very_key);
  return g_test_run ();
}
