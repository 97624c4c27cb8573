/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-error.h"
#include "bks-url.h"

static void
test_understood (void)
{
  static const struct { const char *api_path, *typed, *understood; } cases[] = {
    { "/v1", "https://api.openai.com/v1", "https://api.openai.com/v1" },
    { "/v1", "  https://api.openai.com/v1/ \n", "https://api.openai.com/v1" },
    { "/v1", "https://api.openai.com", "https://api.openai.com/v1" },
    { "/v1", "https://api.openai.com/", "https://api.openai.com/v1" },
    { "/v1", "https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1" },
    { "/v1", "https://api.openai.com/v1/chat/completions/", "https://api.openai.com/v1" },
    { "/v1", "https://api.openai.com/v1/models", "https://api.openai.com/v1" },
    { "/v1", "https://api.openai.com/v1/v1", "https://api.openai.com/v1" },
    { "/v1", "https://api.openai.com//v1//v1/v1/chat/completions", "https://api.openai.com/v1" },
    { "/v1", "api.openai.com/v1", "https://api.openai.com/v1" },
    { "/v1", "API.OpenAI.com", "https://api.openai.com/v1" },
    { "/v1", "https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1" },
    { "/v1", "https://generativelanguage.googleapis.com/v1beta/openai/", "https://generativelanguage.googleapis.com/v1beta/openai" },
    { "/v1", "https://x.example:443/v1", "https://x.example/v1" },
    { "/v1", "http://x.example:80/v1", "http://x.example/v1" },
    { "/v1", "https://x.example:8443", "https://x.example:8443/v1" },
    { "/v1", "localhost:1234", "http://localhost:1234/v1" },
    { "/v1", "127.0.0.1:1234/v1", "http://127.0.0.1:1234/v1" },
    { "/v1", "http://[::1]:8080/v1/", "http://[::1]:8080/v1" },
    { "/v1", "192.168.1.20:8080", "http://192.168.1.20:8080/v1" },
    { "/v1", "nas:8080", "http://nas:8080/v1" },
    { "/v1", "8.8.8.8", "https://8.8.8.8/v1" },
    { "/v1", "https://bücher.example", "https://xn--bcher-kva.example/v1" },
    { "", "http://127.0.0.1:11434", "http://127.0.0.1:11434" },
    { "", "http://127.0.0.1:11434/", "http://127.0.0.1:11434" },
    { "", "localhost:11434/api/chat", "http://localhost:11434" },
    { "", "localhost:11434/api", "http://localhost:11434" },
    { "", "http://localhost:11434/v1/chat/completions", "http://localhost:11434" },
    { "", "https://ollama.com/api", "https://ollama.com" },
    { "", "https://x.example/ollama/api/tags", "https://x.example/ollama" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *understood = bks_url_normalize_base (cases[i].typed, cases[i].api_path, &error);
      g_autofree char *again = NULL;

      g_assert_no_error (error);
      g_assert_cmpstr (understood, ==, cases[i].understood);
      again = bks_url_normalize_base (understood, cases[i].api_path, &error);
      g_assert_cmpstr (again, ==, understood);
    }
}

static void
test_refused (void)
{
  static const char *const cases[] = {
    "", "   ", "https://", "http:///v1", "https://user:secret@api.example/v1", "https://sk-key@api.example",
    "https://api.example/v1?key=sk-secret", "https://api.example/v1#x", "ftp://api.example", "file:///etc/passwd",
    "javascript:alert(1)//://x", "https://api example.com", "https://api.example/a b", "https://api.example/\x01",
    "https://api.example:0/v1", "https://api.example:99999/v1", "https://api.example:x/v1", "https://[::1/v1", "\xff\xfe",
    "https://api.example/%zz",
  };
  g_autofree char *endless = g_strnfill (5000, 'a');
  g_autoptr(GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *understood = bks_url_normalize_base (cases[i], "/v1", &error);

      if (understood != NULL)
        g_test_message ("“%s” → %s", cases[i], understood);
      g_assert_null (understood);
      g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT);
      g_assert_null (strstr (error->message, "secret"));
      g_assert_null (strstr (error->message, "sk-"));
      g_clear_error (&error);
    }
  g_assert_null (bks_url_normalize_base (endless, "/v1", &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT);
}

static void
test_origin (void)
{
  static const struct { const char *url, *origin; } cases[] = {
    { "https://api.openai.com/v1", "https://api.openai.com:443" },
    { "https://API.openai.com:443", "https://api.openai.com:443" },
    { "http://localhost/", "http://localhost:80" },
    { "http://127.0.0.1:11434/x?y", "http://127.0.0.1:11434" },
    { "http://[::1]:8080/v1", "http://[::1]:8080" },
    { "ftp://x/", NULL },
    { "nonsense", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *origin = bks_url_get_origin (cases[i].url);

      g_assert_cmpstr (origin, ==, cases[i].origin);
    }
}

static void
test_loopback (void)
{
  static const char *const near[] = {
    "http://localhost", "http://LOCALHOST:1/x", "http://ollama.localhost", "http://127.0.0.1", "http://127.9.9.9:5",
    "http://[::1]:11434", "http://[::ffff:127.0.0.1]",
  };
  static const char *const far[] = {
    "http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://notlocalhost", "http://10.0.0.1",
    "http://0.0.0.0", "http://2130706433", "http://[::2]", "http://evil.example/127.0.0.1", "http://127.0.0.1@evil.example",
    "http://[::ffff:10.0.0.1]",
  };
  g_autoptr(GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (near); i++)
    {
      g_assert_true (bks_url_is_loopback (near[i]));
      g_assert_true (bks_url_check_credential (near[i], NULL));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (far); i++)
    {
      g_assert_false (bks_url_is_loopback (far[i]));
      g_assert_false (bks_url_check_credential (far[i], &error));
      g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }
  g_assert_true (bks_url_check_credential ("https://evil.example", NULL));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/url/understood", test_understood);
  g_test_add_func ("/url/refused", test_refused);
  g_test_add_func ("/url/origin", test_origin);
  g_test_add_func ("/url/loopback", test_loopback);
  return g_test_run ();
}
