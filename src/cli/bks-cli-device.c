/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-cli-private.h"
#include "bks-error.h"
#include "bks-router-money.h"

static gboolean
pair (BksCli  *cli,
      GError **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autofree char *code = NULL;

  code = dex_await_string (bks_cli_until_stop (cli, bks_pairing_new_code (bks_studio_get_pairing (cli->studio))), error);
  if (code == NULL)
    return FALSE;
  if (!cli->json)
    {
      bks_cli_print (cli, "%s\n", code);
      return TRUE;
    }
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "pairing_code", code);
  bks_json_add_int (builder, "valid_seconds", cli->limits->pairing_code_ms / 1000);
  json_builder_end_object (builder);
  bks_cli_print_json (cli, builder);
  return TRUE;
}

static void
add_device (JsonBuilder     *builder,
            const BksDevice *device)
{
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "id", device->id);
  bks_json_add_string (builder, "name", device->name);
  bks_json_add_string (builder, "role", device->role);
  bks_json_add_string (builder, "tier", device->tier);
  bks_json_add_int (builder, "paired_at", device->paired_at);
  bks_json_add_count (builder, "last_used_at", device->last_used_at > 0 ? device->last_used_at : -1);
  bks_json_add_boolean (builder, "revoked", device->revoked);
  json_builder_end_object (builder);
}

static void
print_device (BksCli          *cli,
              const BksDevice *device)
{
  g_autoptr(GDateTime) time = NULL;
  g_autofree char *name = bks_cli_make_line (device->name);
  g_autofree char *used = NULL;

  if (device->last_used_at > 0)
    time = g_date_time_new_from_unix_utc_usec (device->last_used_at * 1000);
  used = time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%MZ") : g_strdup (_("never used"));
  bks_cli_print (cli, "%s  %-10s %-18s %s%s\n", device->id, device->role, used, name,
                 device->revoked ? _(" (revoked)") : "");
}

static gboolean
list (BksCli  *cli,
      GError **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GPtrArray) devices = NULL;

  devices = dex_await_boxed (bks_cli_until_stop (cli, bks_pairing_list_devices (bks_studio_get_pairing (cli->studio))),
                             error);
  if (devices == NULL)
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "devices");
  for (guint i = 0; i < devices->len; i++)
    {
      add_device (builder, g_ptr_array_index (devices, i));
      if (!cli->json)
        print_device (cli, g_ptr_array_index (devices, i));
    }
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  return TRUE;
}

/**
 * bks_cli_find_device:
 * @cli: this run
 * @text: a device's id, or the start of one
 * @error: return location
 *
 * Returns: (transfer full): the device, %NULL with an error
 */
BksDevice *
bks_cli_find_device (BksCli      *cli,
                     const char  *text,
                     GError     **error)
{
  if (!bks_cli_check_text (text, "DEVICE", error))
    return NULL;
  return dex_await_boxed (bks_cli_until_stop (cli, bks_pairing_find_device (bks_studio_get_pairing (cli->studio), text)),
                          error);
}

static gboolean
set_tier (BksCli  *cli,
          GError **error)
{
  g_autoptr(BksDevice) device = bks_cli_find_device (cli, cli->arguments[0], error);

  return device != NULL && bks_cli_check_text (cli->arguments[1], "TIER", error) &&
         dex_await (bks_router_set_device_tier (bks_studio_get_router (cli->studio), device->id, cli->arguments[1]),
                    error);
}

static gboolean
revoke_device (BksCli  *cli,
               GError **error)
{
  return bks_cli_check_text (cli->arguments[0], "DEVICE", error) &&
         dex_await (bks_pairing_revoke (bks_studio_get_pairing (cli->studio), cli->arguments[0]), error);
}

const BksCliVerb bks_cli_device_verbs[] = {
  { "device", "pair", "", N_("Print a code that a device can be paired with for two minutes"), pair, NULL, 0, 0, BKS_CLI_PLAIN },
  { "device", "list", "", N_("List the paired devices"), list, NULL, 0, 0, BKS_CLI_PLAIN },
  { "device", "tier", "DEVICE TIER", N_("Set what a device may spend of your money"), set_tier, NULL, 2, 2, BKS_CLI_PLAIN },
  { "device", "revoke", "DEVICE", N_("Shut a device out, at once"), revoke_device, NULL, 1, 1, BKS_CLI_PLAIN },
  { NULL },
};
