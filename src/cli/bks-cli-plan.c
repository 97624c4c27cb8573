/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-cli-private.h"
#include "bks-error.h"
#include "bks-router-money.h"

static struct
{
  char *device;
} options;

/* Of keys of one's own: only what the author set. */
static BksMoney
get_cost_limit (const BksPlanState *state)
{
  return state->tier != NULL ? state->tier->cost_cap : state->used->hard;
}

static void
add_limits (JsonBuilder        *builder,
            const BksPlanState *state)
{
  BksMoney cost = get_cost_limit (state);

  bks_json_begin_object (builder, "limits");
  bks_json_add_count (builder, "transformations", state->tier != NULL ? state->tier->transformations : -1);
  bks_json_add_count (builder, "tokens", state->tier != NULL ? state->tier->tokens : -1);
  bks_json_add_money (builder, "cost_usd", cost != BKS_UNLIMITED ? cost : BKS_MONEY_UNKNOWN);
  json_builder_end_object (builder);
}

static void
add_used (JsonBuilder     *builder,
          const BksBudget *used)
{
  bks_json_begin_object (builder, "used");
  bks_json_add_int (builder, "transformations", used->operations);
  bks_json_add_int (builder, "tokens", used->tokens);
  bks_json_add_money (builder, "cost_usd", used->calls > 0 ? used->spent : BKS_MONEY_UNKNOWN);
  bks_json_add_int (builder, "unknown_costs", used->unknown);
  json_builder_end_object (builder);
}

static void
add_features (JsonBuilder   *builder,
              const BksTier *tier)
{
  json_builder_set_member_name (builder, "providers");
  if (tier == NULL || tier->providers == NULL)
    json_builder_add_null_value (builder);
  else
    {
      json_builder_begin_array (builder);
      for (guint i = 0; tier->providers[i] != NULL; i++)
        json_builder_add_string_value (builder, tier->providers[i]);
      json_builder_end_array (builder);
    }
  bks_json_add_boolean (builder, "frontier", tier == NULL || tier->frontier);
  bks_json_add_boolean (builder, "whole_book", tier == NULL || tier->whole_book);
}

static void
print_json (BksCli             *cli,
            const BksPlanState *state)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "source", state->source);
  bks_json_add_string (builder, "tier", state->tier != NULL ? state->tier->id : "self-managed");
  add_limits (builder, state);
  add_used (builder, state->used);
  bks_json_add_int (builder, "resets_at", state->used->resets_at);
  add_features (builder, state->tier);
  json_builder_end_object (builder);
  bks_cli_print_json (cli, builder);
}

static void
print_count (BksCli     *cli,
             const char *what,
             gint64      used,
             gint64      limit)
{
  if (limit == BKS_UNLIMITED)
    bks_cli_print (cli, _("%s: %" G_GINT64_FORMAT ", unlimited\n"), what, used);
  else
    bks_cli_print (cli, _("%s: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT "\n"), what, used, limit);
}

static void
print_cost (BksCli             *cli,
            const BksPlanState *state)
{
  BksMoney limit = get_cost_limit (state);
  g_autofree char *used = state->used->calls > 0 ? bks_money_format_short (state->used->spent) : g_strdup (_("unused"));
  g_autofree char *most = limit != BKS_UNLIMITED ? bks_money_format_short (limit) : NULL;

  if (most == NULL)
    bks_cli_print (cli, _("cost: %s, unlimited\n"), used);
  else
    bks_cli_print (cli, _("cost: %s of %s\n"), used, most);
}

static void
print_text (BksCli             *cli,
            const BksPlanState *state)
{
  g_autofree char *reset = bks_cli_format_reset (state->used->resets_at);

  if (state->tier == NULL)
    bks_cli_print (cli, "%s\n", _("Self-managed: your own keys, everything allowed. Only your own budgets limit it."));
  else
    bks_cli_print (cli, _("Tier of the device: %s\n"), state->tier->id);
  bks_cli_print (cli, _("This month, until %s:\n"), reset);
  print_count (cli, _("transformations"), state->used->operations,
               state->tier != NULL ? state->tier->transformations : BKS_UNLIMITED);
  print_count (cli, _("cloud tokens"), state->used->tokens, state->tier != NULL ? state->tier->tokens : BKS_UNLIMITED);
  print_cost (cli, state);
}

static gboolean
show (BksCli  *cli,
      GError **error)
{
  BksRouter *router = bks_studio_get_router (cli->studio);
  g_autoptr(BksDevice) device = NULL;
  g_autoptr(BksPlanState) state = NULL;

  if (options.device != NULL && (device = bks_cli_find_device (cli, options.device, error)) == NULL)
    return FALSE;
  state = dex_await_boxed (bks_cli_until_stop (cli, bks_router_get_plan (router, device != NULL ? device->id : NULL)),
                           error);
  if (state == NULL)
    return FALSE;
  if (cli->json)
    print_json (cli, state);
  else
    print_text (cli, state);
  return TRUE;
}

static const GOptionEntry show_options[] = {
  { "device", 0, 0, G_OPTION_ARG_FILENAME, &options.device, N_("Of one companion"), N_("DEVICE") },
  { NULL },
};

const BksCliVerb bks_cli_plan_verbs[] = {
  { "plan", "show", "", N_("Show what is allowed this month, and what is used"), show, show_options, 0, 0, BKS_CLI_PLAIN },
  { NULL },
};
