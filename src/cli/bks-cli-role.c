/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-cli-private.h"
#include "bks-error.h"

static void
add_role (JsonBuilder *builder,
          const char  *role,
          GPtrArray   *targets)
{
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "role", role);
  bks_json_begin_array (builder, "targets");
  for (guint i = 0; i < targets->len; i++)
    {
      BksTarget *target = g_ptr_array_index (targets, i);

      json_builder_begin_object (builder);
      bks_json_add_string (builder, "provider", target->provider);
      bks_json_add_string (builder, "model", target->model);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static void
print_role (BksCli     *cli,
            const char *role,
            GPtrArray  *targets)
{
  bks_cli_print (cli, "%-10s%s", role, targets->len == 0 ? _(" no model") : "");
  for (guint i = 0; i < targets->len; i++)
    {
      BksTarget *target = g_ptr_array_index (targets, i);

      bks_cli_print (cli, " %s:%s", target->provider, target->model);
    }
  bks_cli_print (cli, "\n");
}

static gboolean
show_role (BksCli       *cli,
           JsonBuilder  *builder,
           const char   *role,
           GError      **error)
{
  g_autoptr(GPtrArray) targets = NULL;

  targets = dex_await_boxed (bks_cli_until_stop (cli, bks_router_get_role (bks_studio_get_router (cli->studio), role)),
                             error);
  if (targets == NULL)
    return FALSE;
  add_role (builder, role, targets);
  if (!cli->json)
    print_role (cli, role, targets);
  return TRUE;
}

static gboolean
check_role (const char  *role,
            GError     **error)
{
  const char *const *roles = bks_router_list_roles ();
  g_autofree char *all = NULL;

  if (g_strv_contains (roles, role))
    return TRUE;
  if (!bks_cli_check_text (role, "ROLE", error))
    return FALSE;
  all = g_strjoinv (", ", (char **) roles);
  return bks_cli_usage_error (error, _("There is no role “%s”, only %s"), role, all);
}

static gboolean
show (BksCli  *cli,
      GError **error)
{
  const char *const one[] = { cli->arguments[0], NULL };
  const char *const *shown = cli->arguments[0] != NULL ? one : bks_router_list_roles ();
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "roles");
  for (guint i = 0; shown[i] != NULL; i++)
    if (!check_role (shown[i], error) || !show_role (cli, builder, shown[i], error))
      return FALSE;
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  return TRUE;
}

static gboolean
set (BksCli  *cli,
     GError **error)
{
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);

  if (!check_role (cli->arguments[0], error))
    return FALSE;
  for (guint i = 1; cli->arguments[i] != NULL; i++)
    {
      BksTarget *target = bks_cli_read_target (cli, cli->arguments[i], error);

      if (target == NULL)
        return FALSE;
      g_ptr_array_add (targets, target);
    }
  return dex_await (bks_router_set_role (bks_studio_get_router (cli->studio), cli->arguments[0], targets), error);
}

const BksCliVerb bks_cli_role_verbs[] = {
  { "role", "show", "[ROLE]", N_("Show which models a kind of work goes to"), show, NULL, 0, 1, BKS_CLI_PLAIN },
  { "role", "set", "ROLE PROVIDER:MODEL…", N_("Choose them, the first first"), set, NULL, 2, -1, BKS_CLI_PLAIN },
  { NULL },
};
