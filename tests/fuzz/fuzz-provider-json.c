/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "bks-openai-private.h"
#include "bks-provider-json.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

static const char key[] = "sk-THE-KEY-0123456789abcdef";

static BksProvider *
get_provider (const char *protocol)
{
  static BksHttp *http;
  g_autoptr(BksLimits) limits = bks_limits_new ();
  BksProvider *provider;

  if (http == NULL)
    http = bks_http_new (limits);
  provider = bks_provider_new (protocol, "fuzz", "http://127.0.0.1:9", http, limits, NULL);
  g_assert_nonnull (provider);
  return provider;
}

/* Whatever a server sends, the answer is valid text and an error names no key. */
static void
try_stream (const char    *protocol,
            const BksWire *wire,
            const char    *bytes,
            gsize          size)
{
  g_autoptr(BksProvider) provider = get_provider (protocol);
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("m");
  g_autoptr(BksAnswer) answer = bks_answer_new ();
  g_autoptr(BksSseReader) reader = bks_sse_reader_new (wire->framing, 65536, 65536);
  g_autoptr(GBytes) input = g_bytes_new (bytes, size);
  g_autoptr(GError) error = NULL;
  BksProviderCall *call = bks_provider_call_new (provider, request, key, answer);
  const BksTokenUsage *usage = bks_answer_get_usage (answer);

  if (bks_provider_call_take_bytes (call, wire, reader, input, &error))
    bks_provider_call_take_bytes (call, wire, reader, NULL, &error);
  g_assert_true (g_utf8_validate (bks_answer_get_text (answer), -1, NULL));
  g_assert_true (g_utf8_validate (bks_answer_get_reasoning (answer), -1, NULL));
  g_assert_true (usage->input >= -1 && usage->output >= -1 && usage->cache_read >= -1 && usage->cache_write >= -1);
  g_assert_true (usage->reported_cost == BKS_MONEY_UNKNOWN || usage->reported_cost >= 0);
  if (error != NULL)
    g_assert_null (strstr (error->message, key));
  bks_provider_call_free (call);
}

static void
try_failure (guint       status,
             const char *bytes,
             gsize       size)
{
  g_autoptr(BksProviderFailure) failure = bks_provider_failure_new_body (status, bytes, size, key, 2048);
  g_autoptr(GError) error = bks_provider_failure_to_error (failure, "fuzz");

  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strstr (error->message, key));
  g_assert_cmpuint (strlen (error->message), <, 4096);
  g_assert_cmpint (error->code, >=, BKS_ERROR_AUTH);
}

static void
try_models (const char *bytes,
            gsize       size)
{
  g_autofree char *text = g_strndup (bytes, size);
  g_autoptr(JsonNode) root = bks_provider_json_parse (text, strlen (text), NULL);
  g_autoptr(BksProvider) ollama = NULL;
  g_autoptr(GPtrArray) listed = g_ptr_array_new_with_free_func (g_object_unref);
  GPtrArray *models;

  if (root == NULL)
    return;
  ollama = get_provider ("ollama");
  models = bks_openai_read_models ("fuzz", root);
  g_clear_pointer (&models, g_ptr_array_unref);
  models = bks_ollama_read_models (ollama, root);
  g_clear_pointer (&models, g_ptr_array_unref);
  if (JSON_NODE_HOLDS_OBJECT (root))
    bks_anthropic_read_models ("fuzz", json_node_get_object (root), listed);
  if (JSON_NODE_HOLDS_ARRAY (root))
    bks_cloudflare_read_models ("fuzz", json_node_get_array (root), listed);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  static const struct { const char *protocol; BksWire wire; } wires[] = {
    { "openai", { .framing = BKS_FRAMING_SSE, .idle_ms = 1, .take_frame = bks_openai_take_frame } },
    { "openai", { .framing = BKS_FRAMING_SSE, .idle_ms = 1, .take_frame = bks_openai_responses_take_frame } },
    { "anthropic", { .framing = BKS_FRAMING_SSE, .idle_ms = 1, .take_frame = bks_anthropic_take_frame } },
    { "cloudflare", { .framing = BKS_FRAMING_SSE, .idle_ms = 1, .take_frame = bks_cloudflare_take_frame } },
    { "ollama", { .framing = BKS_FRAMING_NDJSON, .idle_ms = 1, .take_frame = bks_ollama_take_frame } },
  };
  static const guint statuses[] = { 200, 400, 401, 403, 404, 429, 500, 503 };
  const char *bytes = (const char *) data;

  if (size < 1)
    return 0;
  try_failure (statuses[data[0] % G_N_ELEMENTS (statuses)], bytes + 1, size - 1);
  try_models (bytes + 1, size - 1);
  for (gsize i = 0; i < G_N_ELEMENTS (wires); i++)
    try_stream (wires[i].protocol, &wires[i].wire, bytes + 1, size - 1);
  return 0;
}
