/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-cli-private.h"
#include "bks-error.h"
#include "bks-service.h"

static struct
{
  char    *listen;
  gboolean pair;
} options;

/* The one line that tells whoever started us that it listens, and where. */
static gboolean
announce (BksCli      *cli,
          BksService  *service,
          GError     **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autofree char *code = NULL;

  if (options.pair)
    {
      code = dex_await_string (bks_pairing_new_code (bks_studio_get_pairing (cli->studio)), error);
      if (code == NULL)
        return FALSE;
    }
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "listening", bks_service_get_uri (service));
  if (code != NULL)
    bks_json_add_string (builder, "pairing_code", code);
  json_builder_end_object (builder);
  bks_cli_print_json (cli, builder);
  return TRUE;
}

static gboolean
serve (BksCli  *cli,
       GError **error)
{
  g_autoptr(BksService) service = bks_service_new (cli->studio);
  g_autoptr(GError) stopped = NULL;
  gboolean ok;

  if (options.listen != NULL && !bks_cli_check_text (options.listen, "--listen", error))
    return FALSE;
  bks_studio_set_listens (cli->studio, TRUE);
  if (!dex_await (bks_cli_until_stop (cli, bks_service_start (service, options.listen)), error))
    return FALSE;
  ok = announce (cli, service, error);
  /* To be stopped is how a service ends well. */
  if (ok)
    dex_await (dex_ref (cli->stop), &stopped);
  return dex_await (bks_service_stop (service), ok ? error : NULL) && ok;
}

static const GOptionEntry serve_options[] = {
  { "listen", 0, 0, G_OPTION_ARG_FILENAME, &options.listen, N_("Where to listen, as in 127.0.0.1:3004; only on this machine"), N_("ADDRESS:PORT") },
  { "pair", 0, 0, G_OPTION_ARG_NONE, &options.pair, N_("Print a code that a device can be paired with for two minutes"), NULL },
  { NULL },
};

const BksCliVerb bks_cli_serve_verbs[] = {
  { "serve", NULL, "", N_("Serve the library to companions, until Ctrl+C"), serve, serve_options, 0, 0, BKS_CLI_PLAIN },
  { NULL },
};
