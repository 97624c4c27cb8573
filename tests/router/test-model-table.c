/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "bks-model-table.h"

static const char *const providers[] = {
  "ollama", "openai", "openrouter", "together", "groq", "deepseek", "my-server", NULL
};

typedef struct
{
  const char *model;
  const char *provider;
  const char *wire;
} Row;

/* What the local Ollama and the other providers list in these tests. */
static GHashTable *local_models;
static GHashTable *listed;

static const BksModelTableContext *
get_context (void)
{
  static BksModelTableContext context;
  static const char *const local[] = {
    "gpt-oss:20b", "llama3.2", "hf.co/bartowski/Some-GGUF:Q4_K_M", "library/qwen3", "gpt-4-at-home", "claude-like:7b",
  };

  if (local_models != NULL)
    return &context;
  local_models = g_hash_table_new (g_str_hash, g_str_equal);
  for (gsize i = 0; i < G_N_ELEMENTS (local); i++)
    g_hash_table_add (local_models, (gpointer) local[i]);
  listed = g_hash_table_new (g_str_hash, g_str_equal);
  g_hash_table_insert (listed, (gpointer) "deepseek-chat", (gpointer) "deepseek");
  g_hash_table_insert (listed, (gpointer) "moonshotai/kimi-k2", (gpointer) "groq");
  g_hash_table_insert (listed, (gpointer) "meta-llama/llama-3.3-70b", (gpointer) "");
  g_hash_table_insert (listed, (gpointer) "shared", (gpointer) "");
  context.providers = providers;
  context.local_models = local_models;
  context.listed = listed;
  return &context;
}

static void
check (const Row *rows,
       gsize      n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr(BksTarget) target = bks_model_table_resolve (rows[i].model, get_context ());

      g_test_message ("%s → %s, %s", rows[i].model, target->provider, target->model);
      g_assert_cmpstr (target->provider, ==, rows[i].provider);
      g_assert_cmpstr (target->model, ==, rows[i].wire);
    }
}

#define CHECK(rows) check (rows, G_N_ELEMENTS (rows))

static void
test_prefixes (void)
{
  static const Row rows[] = {
    { "@cf/meta/llama-3.1-8b-instruct", "cloudflare", "@cf/meta/llama-3.1-8b-instruct" },
    { "@hf/thebloke/neural-chat", "cloudflare", "@hf/thebloke/neural-chat" },
    { "openrouter/anthropic/claude-sonnet-4.5", "openrouter", "anthropic/claude-sonnet-4.5" },
    { "openrouter/x/y:free", "openrouter", "x/y:free" },
    { "together/meta-llama/Llama-3.3-70B", "together", "meta-llama/Llama-3.3-70B" },
    { "togethercomputer/m2-bert", "together", "togethercomputer/m2-bert" },
    { "together/togethercomputer/m2-bert", "together", "togethercomputer/m2-bert" },
    { "ollama/llama3.2:3b", "ollama", "llama3.2:3b" },
    { "ollama/gpt-4o", "ollama", "gpt-4o" },
  };

  CHECK (rows);
}

/* What is on this machine must not leave it because of its name. */
static void
test_local (void)
{
  static const Row rows[] = {
    { "gpt-oss:20b", "ollama", "gpt-oss:20b" },
    { "gpt-oss:120b", "ollama", "gpt-oss:120b" }, /* not there yet, and OpenAI does not serve it */
    { "hf.co/bartowski/Some-GGUF:Q4_K_M", "ollama", "hf.co/bartowski/Some-GGUF:Q4_K_M" },
    { "library/qwen3", "ollama", "library/qwen3" },
    { "gpt-4-at-home", "ollama", "gpt-4-at-home" },
    { "claude-like:7b", "ollama", "claude-like:7b" },
    { "mistral:7b", "ollama", "mistral:7b" },
    { "anything else", "ollama", "anything else" },
    { "", "ollama", "" },
  };

  CHECK (rows);
}

static void
test_vendors (void)
{
  static const Row rows[] = {
    { "gpt-4o", "openai", "gpt-4o" },
    { "gpt-5.4-mini", "openai", "gpt-5.4-mini" },
    { "chatgpt-4o-latest", "openai", "chatgpt-4o-latest" },
    { "o1", "openai", "o1" },
    { "o3", "openai", "o3" },
    { "o3-mini", "openai", "o3-mini" },
    { "o4-mini-2025-04-16", "openai", "o4-mini-2025-04-16" },
    { "o1x", "ollama", "o1x" },
    { "o2", "ollama", "o2" },
    { "gpt-", "ollama", "gpt-" },
    { "gpt-j", "ollama", "gpt-j" },
    { "claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5" },
    { "claude", "ollama", "claude" },
  };

  CHECK (rows);
}

static void
test_listed (void)
{
  static const Row rows[] = {
    { "deepseek-chat", "deepseek", "deepseek-chat" },
    { "moonshotai/kimi-k2", "groq", "moonshotai/kimi-k2" }, /* by one: before the rule of the slash */
    { "meta-llama/llama-3.3-70b", "openrouter", "meta-llama/llama-3.3-70b" }, /* by several */
    { "shared", "ollama", "shared" },
    { "vendor/model", "openrouter", "vendor/model" },
    { "vendor/model:free", "openrouter", "vendor/model:free" },
  };

  CHECK (rows);
}

static void
test_explicit (void)
{
  static const Row rows[] = {
    { "ollama:gpt-4o", "ollama", "gpt-4o" },
    { "openai:gpt-oss:20b", "openai", "gpt-oss:20b" },
    { "my-server:vendor/model:free", "my-server", "vendor/model:free" },
    { "openrouter:openrouter/auto", "openrouter", "openrouter/auto" },
    { "together:together/x", "together", "together/x" },
    /* What stands before the colon is no provider. */
    { "llama3.2:3b", "ollama", "llama3.2:3b" },
    { "elsewhere:model", "ollama", "elsewhere:model" },
    { "OpenAI:gpt-4o", "ollama", "OpenAI:gpt-4o" },
    { "openai:", "ollama", "openai:" },
    { ":gpt-4o", "ollama", ":gpt-4o" },
  };

  CHECK (rows);
}

/* Whom to ask before deciding, so that nobody is asked for nothing. */
static void
test_needs (void)
{
  BksModelTableContext names = { .providers = providers };

  g_assert_false (bks_model_table_needs_local ("openai:gpt-4o", &names));
  g_assert_false (bks_model_table_needs_local ("together/x", &names));
  g_assert_true (bks_model_table_needs_local ("gpt-4o", &names));
  g_assert_true (bks_model_table_needs_local ("gpt-oss:20b", &names));
  g_assert_false (bks_model_table_needs_listings ("gpt-4o", get_context ()));
  g_assert_false (bks_model_table_needs_listings ("claude-x", get_context ()));
  g_assert_false (bks_model_table_needs_listings ("gpt-oss:20b", get_context ()));
  g_assert_true (bks_model_table_needs_listings ("deepseek-chat", get_context ()));
  g_assert_true (bks_model_table_needs_listings ("vendor/model", get_context ()));
}

int
main (int    argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/model-table/prefixes", test_prefixes);
  g_test_add_func ("/model-table/local", test_local);
  g_test_add_func ("/model-table/vendors", test_vendors);
  g_test_add_func ("/model-table/listed", test_listed);
  g_test_add_func ("/model-table/explicit", test_explicit);
  g_test_add_func ("/model-table/needs", test_needs);
  status = g_test_run ();
  g_clear_pointer (&local_models, g_hash_table_unref);
  g_clear_pointer (&listed, g_hash_table_unref);
  return status;
}
