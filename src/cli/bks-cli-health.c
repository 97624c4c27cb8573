/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-cli-private.h"
#include "bks-error.h"

static const char *
get_class (BksError reason)
{
  GError error = { .domain = BKS_ERROR, .code = (int) reason };

  return bks_error_get_class_name (&error);
}

/* State, reason and time: of a provider, and of one of its models. */
static void
add_state (JsonBuilder      *builder,
           const BksCircuit *circuit)
{
  gboolean known = circuit != NULL && circuit->state != BKS_CIRCUIT_CLOSED;

  bks_json_add_string (builder, "state",
                       bks_circuit_state_to_string (circuit != NULL ? circuit->state : BKS_CIRCUIT_CLOSED));
  bks_json_add_string (builder, "reason", known ? get_class (circuit->reason) : NULL);
  bks_json_add_count (builder, "until", known && circuit->until_ms > 0 ? circuit->until_ms : -1);
}

static const BksCircuit *
find_line (GPtrArray  *circuits,
           const char *provider)
{
  for (guint i = 0; i < circuits->len; i++)
    {
      const BksCircuit *circuit = g_ptr_array_index (circuits, i);

      if (g_str_equal (circuit->provider, provider) && *circuit->model == '\0')
        return circuit;
    }
  return NULL;
}

static void
add_provider (JsonBuilder *builder,
              const char  *provider,
              GPtrArray   *circuits)
{
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "id", provider);
  add_state (builder, find_line (circuits, provider));
  bks_json_begin_array (builder, "models");
  for (guint i = 0; i < circuits->len; i++)
    {
      const BksCircuit *circuit = g_ptr_array_index (circuits, i);

      if (!g_str_equal (circuit->provider, provider) || *circuit->model == '\0')
        continue;
      json_builder_begin_object (builder);
      bks_json_add_string (builder, "model", circuit->model);
      add_state (builder, circuit);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static void
print_circuit (BksCli           *cli,
               const BksCircuit *circuit)
{
  g_autoptr(GDateTime) utc = NULL;
  g_autoptr(GDateTime) local = NULL;
  g_autofree char *until = NULL;
  g_autofree char *model = bks_cli_make_line (circuit->model);

  if (circuit->until_ms > 0)
    utc = g_date_time_new_from_unix_utc_usec (circuit->until_ms * 1000);
  local = utc != NULL ? g_date_time_to_local (utc) : NULL;
  /* Translators: a time of day follows */
  until = local != NULL ? g_date_time_format (local, _("until %H:%M:%S")) : g_strdup ("");
  bks_cli_print (cli, "%-14s %-10s %-11s %s %s\n", circuit->provider, bks_circuit_state_to_string (circuit->state),
                 get_class (circuit->reason), until, model);
}

static gboolean
health (BksCli  *cli,
        GError **error)
{
  BksRouter *router = bks_studio_get_router (cli->studio);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GPtrArray) providers = NULL;
  g_autoptr(GPtrArray) circuits = NULL;

  providers = dex_await_boxed (bks_cli_until_stop (cli, bks_router_list_providers (router)), error);
  if (providers != NULL)
    circuits = dex_await_boxed (bks_router_list_health (router), error);
  if (circuits == NULL)
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "providers");
  for (guint i = 0; i < providers->len; i++)
    add_provider (builder, ((BksProviderInfo *) g_ptr_array_index (providers, i))->id, circuits);
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  if (!cli->json && circuits->len == 0)
    bks_cli_print (cli, "%s\n", _("All providers are asked as usual."));
  for (guint i = 0; !cli->json && i < circuits->len; i++)
    print_circuit (cli, g_ptr_array_index (circuits, i));
  return TRUE;
}

const BksCliVerb bks_cli_health_verbs[] = {
  { "provider", "health", "", N_("Show which providers are not asked for now, and until when"), health, NULL, 0, 0, BKS_CLI_PLAIN },
  { NULL },
};
