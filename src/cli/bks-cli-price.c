/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-cli-private.h"
#include "bks-error.h"
#include "bks-router-prices.h"

#define MILLION 1000000

static struct
{
  char    *input;
  char    *output;
  char    *from;
  gboolean dry_run;
} options;

static BksMoney
per_million (BksMoney price)
{
  BksMoney million;

  return bks_money_multiply (price, MILLION, &million) ? million : BKS_MONEY_UNKNOWN;
}

static void
add_rates (JsonBuilder    *builder,
           const char     *suffix,
           const BksRates *rates)
{
  const struct { const char *name; BksMoney price; } members[] = {
    { "input", rates->input },
    { "output", rates->output },
    { "cache_read", rates->cache_read },
    { "cache_write", rates->cache_write },
    { "cache_write_1h", rates->cache_write_1h },
  };

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      g_autofree char *member = g_strconcat (members[i].name, suffix, NULL);

      bks_json_add_money (builder, member, per_million (members[i].price));
    }
}

static void
print_json (BksCli              *cli,
            const BksTarget     *target,
            const BksPriceState *state)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "provider", target->provider);
  bks_json_add_string (builder, "model", target->model);
  add_rates (builder, "_usd_per_million", &state->price.normal);
  json_builder_set_member_name (builder, "long");
  if (state->price.long_above > 0)
    {
      json_builder_begin_object (builder);
      bks_json_add_int (builder, "above", state->price.long_above);
      add_rates (builder, "_usd_per_million", &state->price.longer);
      json_builder_end_object (builder);
    }
  else
    json_builder_add_null_value (builder);
  bks_json_add_string (builder, "source", state->source);
  bks_json_add_string (builder, "as_of", state->date);
  bks_json_add_boolean (builder, "undated", state->undated);
  bks_json_add_boolean (builder, "old", state->old);
  bks_json_add_boolean (builder, "frontier", state->price.frontier);
  json_builder_end_object (builder);
  bks_cli_print_json (cli, builder);
}

static char *
format_price (BksMoney price)
{
  BksMoney million = per_million (price);
  g_autofree char *text = NULL;

  if (million == BKS_MONEY_UNKNOWN)
    return g_strdup (_("unknown"));
  text = bks_money_format (million);
  return g_strconcat ("$", text, NULL);
}

static void
print_rates (BksCli         *cli,
             const BksRates *rates)
{
  g_autofree char *input = format_price (rates->input);
  g_autofree char *output = format_price (rates->output);
  g_autofree char *cache_read = format_price (rates->cache_read);
  g_autofree char *cache_write = format_price (rates->cache_write);

  bks_cli_print (cli, _("a million tokens: input %s, output %s, read from a cache %s, written to one %s\n"),
                 input, output, cache_read, cache_write);
}

static const char *
describe_source (const BksPriceState *state)
{
  static const struct { const char *source, *words; } sources[] = {
    { "own", N_("your own price") },
    { "list", N_("the provider's list") },
    { "table", N_("the price table") },
    { "free", N_("free: it runs on your own machine") },
    { "unknown", N_("unknown: say it with “price set”") },
  };

  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    if (g_str_equal (state->source, sources[i].source))
      return _(sources[i].words);
  return state->source;
}

static void
print_text (BksCli              *cli,
            const BksPriceState *state)
{
  if (!g_str_equal (state->source, "unknown"))
    print_rates (cli, &state->price.normal);
  if (state->price.long_above > 0)
    {
      bks_cli_print (cli, _("of requests above %" G_GINT64_FORMAT " tokens, "), state->price.long_above);
      print_rates (cli, &state->price.longer);
    }
  bks_cli_print (cli, "%s\n", describe_source (state));
  if (state->undated)
    bks_cli_print (cli, "%s\n", _("That is the price of the model without the date in its name."));
  if (state->old)
    bks_cli_print (cli, _("Prices as of %s: bring them up to date with “%s price update”.\n"), state->date, BKS_CLI_NAME);
  else if (state->date != NULL)
    bks_cli_print (cli, _("Prices as of %s.\n"), state->date);
}

static gboolean
show (BksCli  *cli,
      GError **error)
{
  g_autoptr(BksTarget) target = bks_cli_read_target (cli, cli->arguments[0], error);
  g_autoptr(BksPriceState) state = NULL;

  if (target == NULL)
    return FALSE;
  state = dex_await_boxed (bks_cli_until_stop (cli, bks_router_get_price (bks_studio_get_router (cli->studio),
                                                                          target->provider, target->model)),
                           error);
  if (state == NULL)
    return FALSE;
  if (cli->json)
    print_json (cli, target, state);
  else
    print_text (cli, state);
  return TRUE;
}

/* Of one token. What costs anything costs a pico-dollar at least. */
static BksMoney
per_token (BksMoney million)
{
  return million / MILLION + (million % MILLION > 0);
}

static gboolean
set (BksCli  *cli,
     GError **error)
{
  BksMoney input = BKS_MONEY_UNKNOWN, output = BKS_MONEY_UNKNOWN;
  g_autoptr(BksTarget) target = NULL;

  if (options.input == NULL || options.output == NULL)
    return bks_cli_usage_error (error, _("An option is missing: --input USD --output USD"));
  if (!g_str_equal (options.input, "none") || !g_str_equal (options.output, "none"))
    {
      if (!bks_cli_read_money (options.input, "--input", &input, error) ||
          !bks_cli_read_money (options.output, "--output", &output, error))
        return FALSE;
      input = per_token (input);
      output = per_token (output);
    }
  target = bks_cli_read_target (cli, cli->arguments[0], error);
  return target != NULL &&
         dex_await (bks_router_set_price (bks_studio_get_router (cli->studio), target->provider, target->model,
                                          input, output), error) &&
         show (cli, error);
}

static BksMoney
get_price (const BksPrice *price,
           gboolean        output)
{
  if (price == NULL)
    return BKS_MONEY_UNKNOWN;
  return per_million (output ? price->normal.output : price->normal.input);
}

static void
add_change (JsonBuilder          *builder,
            const BksPriceChange *change)
{
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "model", change->key);
  bks_json_add_string (builder, "change", change->before == NULL ? "new" : change->after == NULL ? "gone" : "price");
  bks_json_add_money (builder, "input_usd_per_million_before", get_price (change->before, FALSE));
  bks_json_add_money (builder, "output_usd_per_million_before", get_price (change->before, TRUE));
  bks_json_add_money (builder, "input_usd_per_million", get_price (change->after, FALSE));
  bks_json_add_money (builder, "output_usd_per_million", get_price (change->after, TRUE));
  json_builder_end_object (builder);
}

static char *
describe_price (const BksPrice *price)
{
  g_autofree char *input = NULL;
  g_autofree char *output = NULL;

  if (price == NULL)
    return g_strdup (_("none"));
  input = format_price (price->normal.input);
  output = format_price (price->normal.output);
  return g_strdup_printf ("%s / %s", input, output);
}

static void
print_change (BksCli               *cli,
              const BksPriceChange *change)
{
  g_autofree char *key = bks_cli_make_line (change->key);
  g_autofree char *before = describe_price (change->before);
  g_autofree char *after = describe_price (change->after);

  bks_cli_print (cli, "%-56s %s → %s\n", key, before, after);
}

static void
print_summary (BksCli *cli,
               guint   n)
{
  if (n == 0)
    bks_cli_print (cli, "%s\n", _("Nothing changed."));
  else if (options.dry_run)
    bks_cli_print (cli, ngettext ("%u price would change.\n", "%u prices would change.\n", n), n);
  else
    bks_cli_print (cli, ngettext ("%u price changed.\n", "%u prices changed.\n", n), n);
}

static gboolean
update (BksCli  *cli,
        GError **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GPtrArray) changes = NULL;
  BksRouter *router = bks_studio_get_router (cli->studio);

  if (options.from != NULL && !bks_cli_check_text (options.from, "--from", error))
    return FALSE;
  changes = dex_await_boxed (bks_cli_until_stop (cli, bks_router_update_prices (router, options.from, !options.dry_run,
                                                                                cli->stop)),
                             error);
  if (changes == NULL)
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "as_of", bks_router_get_prices_date (router));
  bks_json_add_boolean (builder, "kept", !options.dry_run);
  bks_json_begin_array (builder, "changes");
  for (guint i = 0; i < changes->len; i++)
    {
      add_change (builder, g_ptr_array_index (changes, i));
      if (!cli->json)
        print_change (cli, g_ptr_array_index (changes, i));
    }
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  if (!cli->json)
    print_summary (cli, changes->len);
  return TRUE;
}

static const GOptionEntry set_options[] = {
  { "input", 0, 0, G_OPTION_ARG_FILENAME, &options.input, N_("Of a million tokens that go there"), N_("USD") },
  { "output", 0, 0, G_OPTION_ARG_FILENAME, &options.output, N_("Of a million tokens that come back; “none” for both: no own price"), N_("USD") },
  { NULL },
};

static const GOptionEntry update_options[] = {
  { "from", 0, 0, G_OPTION_ARG_FILENAME, &options.from, N_("Another table than LiteLLM's, over HTTPS"), N_("URL") },
  { "dry-run", 0, 0, G_OPTION_ARG_NONE, &options.dry_run, N_("Only say what would change"), NULL },
  { NULL },
};

const BksCliVerb bks_cli_price_verbs[] = {
  { "price", "show", "PROVIDER:MODEL", N_("Show what a model costs, and who says so"), show, NULL, 1, 1, BKS_CLI_PLAIN },
  { "price", "set", "PROVIDER:MODEL", N_("Say what a model costs you"), set, set_options, 1, 1, BKS_CLI_PLAIN },
  { "price", "update", "", N_("Download newer prices"), update, update_options, 0, 0, BKS_CLI_PLAIN },
  { NULL },
};
