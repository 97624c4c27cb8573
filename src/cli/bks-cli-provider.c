/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

#include "bks-cli-private.h"
#include "bks-error.h"
#include "bks-provider.h"

#define TOKENS_OF_A_PRICE 1000000

static struct
{
  char *protocol;
  char *base_url;
} options;

static const char *
describe_key (BksKeyState state)
{
  switch (state)
    {
    case BKS_KEY_NOT_NEEDED:
      return _("needs no key");
    case BKS_KEY_STORED:
      return _("key in the keyring");
    case BKS_KEY_ENVIRONMENT:
      return _("key in the environment");
    case BKS_KEY_KEYRING_LOCKED:
      return _("keyring is locked");
    case BKS_KEY_KEYRING_ABSENT:
      return _("no key, no keyring");
    case BKS_KEY_MISSING:
    default:
      return _("no key");
    }
}

static void
add_provider (JsonBuilder     *builder,
              BksProviderInfo *info)
{
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "id", info->id);
  bks_json_add_string (builder, "name", info->name);
  bks_json_add_string (builder, "protocol", info->protocol);
  bks_json_add_string (builder, "base_url", info->base_url);
  bks_json_add_boolean (builder, "has_key",
                        info->key_state == BKS_KEY_STORED || info->key_state == BKS_KEY_ENVIRONMENT);
  bks_json_add_string (builder, "state", bks_provider_info_get_state (info));
  bks_json_add_boolean (builder, "preset", info->preset);
  bks_json_add_string (builder, "account_id", g_hash_table_lookup (info->options, BKS_PROVIDER_OPTION_ACCOUNT_ID));
  json_builder_end_object (builder);
}

static gboolean
list (BksCli  *cli,
      GError **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GPtrArray) providers = NULL;

  providers = dex_await_boxed (bks_cli_until_stop (cli, bks_router_list_providers (bks_studio_get_router (cli->studio))),
                               error);
  if (providers == NULL)
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "providers");
  for (guint i = 0; i < providers->len; i++)
    {
      BksProviderInfo *info = g_ptr_array_index (providers, i);

      add_provider (builder, info);
      if (!cli->json)
        bks_cli_print (cli, "%-14s %-10s %-46s %s\n", info->id, info->protocol,
                       info->base_url != NULL ? info->base_url : "", describe_key (info->key_state));
    }
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  return TRUE;
}

/* After a change: the provider as it is now, its address as it was understood. */
static void
print_provider (BksCli          *cli,
                BksProviderInfo *info,
                const char      *line)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  if (!cli->json)
    {
      bks_cli_print (cli, "%s\n", line);
      return;
    }
  add_provider (builder, info);
  bks_cli_print_json (cli, builder);
}

static gboolean
check_arguments (BksCli  *cli,
                 GError **error)
{
  for (guint i = 0; cli->arguments[i] != NULL; i++)
    if (!bks_cli_check_text (cli->arguments[i], _("An argument"), error))
      return FALSE;
  return TRUE;
}

static gboolean
add (BksCli  *cli,
     GError **error)
{
  g_autoptr(BksProviderInfo) info = NULL;

  if (options.protocol == NULL || options.base_url == NULL)
    return bks_cli_usage_error (error, _("An option is missing: --protocol PROTOCOL --base-url URL"));
  if (!check_arguments (cli, error) || !bks_cli_check_text (options.protocol, "--protocol", error) ||
      !bks_cli_check_text (options.base_url, "--base-url", error))
    return FALSE;
  info = dex_await_boxed (bks_router_add_provider (bks_studio_get_router (cli->studio), cli->arguments[0],
                                                   options.protocol, options.base_url),
                          error);
  if (info == NULL)
    return FALSE;
  print_provider (cli, info, info->id);
  /* Standard output has the id alone, for scripts; a person sees what was made of the address. */
  if (!cli->json && isatty (STDERR_FILENO) && !g_str_equal (info->base_url, options.base_url))
    fprintf (stderr, _("The address was understood as %s\n"), info->base_url);
  return TRUE;
}

/* What "provider set" can change, besides the settings that a protocol has for itself. */
static DexFuture *
change (BksRouter  *router,
        const char *id,
        const char *setting,
        const char *value)
{
  if (g_str_equal (setting, "base-url"))
    return bks_router_set_base_url (router, id, value);
  return bks_router_set_option (router, id, setting, value);
}

static gboolean
set (BksCli  *cli,
     GError **error)
{
  static const char *const settings[] = {
    "base-url", "name", BKS_PROVIDER_OPTION_ACCOUNT_ID, BKS_PROVIDER_OPTION_API_VERSION, NULL
  };
  const char *setting = cli->arguments[1];
  g_autoptr(BksProviderInfo) info = NULL;

  if (!check_arguments (cli, error))
    return FALSE;
  if (!g_strv_contains (settings, setting))
    return bks_cli_usage_error (error, _("“%s” is no setting of a provider; there are base-url, name, account-id and api-version"),
                                setting);
  info = dex_await_boxed (change (bks_studio_get_router (cli->studio), cli->arguments[0], setting, cli->arguments[2]),
                          error);
  if (info == NULL)
    return FALSE;
  print_provider (cli, info, g_str_equal (setting, "base-url") ? info->base_url
                             : g_str_equal (setting, "name")   ? info->name
                             : (const char *) g_hash_table_lookup (info->options, setting));
  return TRUE;
}

static gboolean
set_key (BksCli  *cli,
         GError **error)
{
  BksRouter *router = bks_studio_get_router (cli->studio);
  const char *id = cli->arguments[0];
  g_autoptr(BksProviderInfo) info = NULL;
  g_autofree char *prompt = NULL;
  char *key;
  gboolean ok;

  if (!check_arguments (cli, error))
    return FALSE;
  /* Asked for first, so that nobody types a key for a provider that is not there. */
  info = dex_await_boxed (bks_cli_until_stop (cli, bks_router_get_provider (router, id)), error);
  if (info == NULL)
    return FALSE;
  prompt = g_strdup_printf (_("API key for %s:"), info->name != NULL ? info->name : info->id);
  key = bks_cli_read_secret (cli, prompt, error);
  if (key == NULL)
    return FALSE;
  ok = dex_await (bks_cli_until_stop (cli, bks_router_set_key (router, info->id, key)), error);
  bks_cli_wipe (key);
  return ok;
}

static gboolean
remove_key (BksCli  *cli,
            GError **error)
{
  g_autoptr(GError) failure = NULL;
  gboolean removed;

  if (!check_arguments (cli, error))
    return FALSE;
  removed = dex_await_boolean (bks_cli_until_stop (cli, bks_router_remove_key (bks_studio_get_router (cli->studio),
                                                                               cli->arguments[0])),
                               &failure);
  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  if (!removed && !cli->json)
    bks_cli_print (cli, "%s\n", _("There was no key."));
  return TRUE;
}

static gboolean
remove_provider (BksCli  *cli,
                 GError **error)
{
  return check_arguments (cli, error) &&
         dex_await (bks_router_remove_provider (bks_studio_get_router (cli->studio), cli->arguments[0]), error);
}

static void
add_verdict (JsonBuilder      *builder,
             const BksVerdict *verdict,
             const char       *id,
             const char       *words)
{
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "id", id);
  bks_json_add_boolean (builder, "ok", TRUE);
  bks_json_add_string (builder, "verdict", words);
  bks_json_add_money (builder, "credit_usd", verdict->credit);
  bks_json_add_int (builder, "milliseconds", verdict->took_ms);
  json_builder_end_object (builder);
}

/* The provider that the line names. */
static BksProviderInfo *
find_provider (BksCli  *cli,
               GError **error)
{
  BksRouter *router = bks_studio_get_router (cli->studio);

  if (!check_arguments (cli, error))
    return NULL;
  return dex_await_boxed (bks_cli_until_stop (cli, bks_router_get_provider (router, cli->arguments[0])), error);
}

static gboolean
test (BksCli  *cli,
      GError **error)
{
  BksRouter *router = bks_studio_get_router (cli->studio);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(BksProviderInfo) info = NULL;
  g_autoptr(BksVerdict) verdict = NULL;
  g_autofree char *credit = NULL;
  g_autofree char *words = NULL;
  GError *failure = NULL;

  info = find_provider (cli, error);
  if (info == NULL)
    return FALSE;
  verdict = dex_await_boxed (bks_router_test_provider (router, info->id, cli->stop), &failure);
  if (verdict == NULL)
    {
      g_propagate_error (error, bks_cli_explain (info, failure));
      return FALSE;
    }
  credit = verdict->credit != BKS_MONEY_UNKNOWN ? bks_money_format_short (verdict->credit) : NULL;
  words = g_strconcat (_(bks_studio_get_verdict (verdict->kind)), credit != NULL ? " " : NULL, credit, NULL);
  add_verdict (builder, verdict, info->id, words);
  if (cli->json)
    bks_cli_print_json (cli, builder);
  else
    bks_cli_print (cli, _("%s (%" G_GINT64_FORMAT " ms).\n"), words, verdict->took_ms);
  return TRUE;
}

static BksMoney
price_per_million (BksMoney price)
{
  BksMoney million;

  return bks_money_multiply (price, TOKENS_OF_A_PRICE, &million) ? million : BKS_MONEY_UNKNOWN;
}

/* As far as the provider tells. */
static void
add_abilities (JsonBuilder  *builder,
               BksAbilities  abilities)
{
  static const struct { BksAbilities ability; const char *name; } names[] = {
    { BKS_ABILITY_TEXT, "text" },
    { BKS_ABILITY_REASONING, "reasoning" },
    { BKS_ABILITY_TOOLS, "tools" },
    { BKS_ABILITY_VISION, "vision" },
    { BKS_ABILITY_EMBEDDINGS, "embeddings" },
  };

  bks_json_begin_array (builder, "abilities");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (abilities & names[i].ability)
      json_builder_add_string_value (builder, names[i].name);
  json_builder_end_array (builder);
}

static void
add_model (JsonBuilder *builder,
           BksModel    *model)
{
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "id", bks_model_get_id (model));
  bks_json_add_string (builder, "provider", bks_model_get_provider (model));
  bks_json_add_count (builder, "window", bks_model_get_window (model));
  bks_json_add_money (builder, "input_usd_per_million", price_per_million (bks_model_get_input_price (model)));
  bks_json_add_money (builder, "output_usd_per_million", price_per_million (bks_model_get_output_price (model)));
  add_abilities (builder, bks_model_get_abilities (model));
  json_builder_end_object (builder);
}

static gboolean
models (BksCli  *cli,
        GError **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  BksRouter *router = bks_studio_get_router (cli->studio);
  g_autoptr(BksProviderInfo) info = NULL;
  g_autoptr(GPtrArray) found = NULL;
  GError *failure = NULL;

  info = find_provider (cli, error);
  if (info == NULL)
    return FALSE;
  found = dex_await_boxed (bks_router_list_models (router, info->id, cli->stop), &failure);
  if (found == NULL)
    {
      g_propagate_error (error, bks_cli_explain (info, failure));
      return FALSE;
    }
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "models");
  for (guint i = 0; i < found->len; i++)
    {
      BksModel *model = g_ptr_array_index (found, i);
      g_autofree char *line = bks_cli_make_line (bks_model_get_id (model));

      add_model (builder, model);
      if (!cli->json)
        bks_cli_print (cli, "%s\n", line);
    }
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  return TRUE;
}

/* The provider's own count; of others about what it is. */
static gboolean
count_text (BksCli      *cli,
            const char  *text,
            gint64      *tokens,
            gboolean    *estimated,
            GError     **error)
{
  BksRouter *router = bks_studio_get_router (cli->studio);
  g_autoptr(BksProviderInfo) info = NULL;
  GError *failure = NULL;

  info = dex_await_boxed (bks_cli_until_stop (cli, bks_router_get_provider (router, cli->arguments[0])), error);
  if (info == NULL)
    return FALSE;
  *tokens = dex_await_int64 (bks_router_count_tokens (router, info->id, cli->arguments[1], text, cli->stop), &failure);
  *estimated = g_error_matches (failure, BKS_ERROR, BKS_ERROR_UNSUPPORTED);
  if (failure == NULL)
    return TRUE;
  if (!*estimated)
    {
      g_propagate_error (error, bks_cli_explain (info, failure));
      return FALSE;
    }
  g_error_free (failure);
  *tokens = bks_router_estimate_tokens (text);
  return TRUE;
}

static gboolean
count (BksCli  *cli,
       GError **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autofree char *text = NULL;
  gboolean estimated;
  gint64 tokens;

  if (!check_arguments (cli, error))
    return FALSE;
  text = bks_cli_read_input (cli, cli->limits->node_text_bytes, error);
  if (text == NULL || !bks_cli_check_text (text, _("The text"), error) ||
      !count_text (cli, text, &tokens, &estimated, error))
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_add_int (builder, "tokens", tokens);
  bks_json_add_boolean (builder, "estimated", estimated);
  bks_cli_end_answer (cli, builder);
  if (!cli->json)
    bks_cli_print (cli, "%" G_GINT64_FORMAT "\n", tokens);
  return TRUE;
}

static const GOptionEntry add_options[] = {
  { "protocol", 0, 0, G_OPTION_ARG_FILENAME, &options.protocol, N_("How it is spoken to: openai, anthropic, ollama or cloudflare"), N_("PROTOCOL") },
  { "base-url", 0, 0, G_OPTION_ARG_FILENAME, &options.base_url, N_("Its address"), N_("URL") },
  { NULL },
};

const BksCliVerb bks_cli_provider_verbs[] = {
  { "provider", "list", "", N_("List the providers and whether they have a key"), list, NULL, 0, 0, BKS_CLI_PLAIN },
  { "provider", "add", "NAME --protocol PROTOCOL --base-url URL", N_("Add a provider"), add, add_options, 1, 1, BKS_CLI_PLAIN },
  { "provider", "set", "PROVIDER base-url|name|account-id|api-version VALUE", N_("Change its address, name, account or version of its API"), set, NULL, 3, 3, BKS_CLI_PLAIN },
  { "provider", "set-key", "PROVIDER", N_("Keep the API key from standard input in the keyring"), set_key, NULL, 1, 1, BKS_CLI_DISCREET },
  { "provider", "remove-key", "PROVIDER", N_("Remove its API key from the keyring"), remove_key, NULL, 1, 1, BKS_CLI_DISCREET },
  { "provider", "remove", "PROVIDER", N_("Remove a provider that was added"), remove_provider, NULL, 1, 1, BKS_CLI_PLAIN },
  { "provider", "test", "PROVIDER", N_("See whether it answers and takes the key"), test, NULL, 1, 1, BKS_CLI_PLAIN },
  { "provider", "models", "PROVIDER", N_("List its models"), models, NULL, 1, 1, BKS_CLI_PLAIN },
  { "provider", "count", "PROVIDER MODEL", N_("Count the tokens of the text on standard input"), count, NULL, 2, 2, BKS_CLI_PLAIN },
  { NULL },
};
