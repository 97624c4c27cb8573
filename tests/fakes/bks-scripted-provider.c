/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-fakes"

#include "config.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bks-scripted-server.h"

#define DEMO_DELAY_MS 40

static int port;
static int delay_ms = -1;
static gboolean key_stdin;
static gboolean demo;
static char *script_file;

static const GOptionEntry entries[] = {
  { "port", 0, 0, G_OPTION_ARG_INT, &port, "Listen on this loopback port (any)", "PORT" },
  { "key-stdin", 0, 0, G_OPTION_ARG_NONE, &key_stdin, "Accept only the key on the first line of standard input", NULL },
  { "demo", 0, 0, G_OPTION_ARG_NONE, &demo, "Write at the pace of a model", NULL },
  { "delay-ms", 0, 0, G_OPTION_ARG_INT, &delay_ms, "Milliseconds between two words", "MS" },
  { "script", 0, 0, G_OPTION_ARG_FILENAME, &script_file, "Answers to give first, as JSON", "FILE" },
  { NULL }
};

static gboolean
quit_cb (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
configure (BksScriptedServer  *server,
           GError            **error)
{
  g_autofree char *script = NULL;

  if (key_stdin)
    {
      char line[1024] = "";

      if (fgets (line, sizeof line, stdin) == NULL)
        line[0] = '\0';
      bks_scripted_server_set_key (server, g_strstrip (line));
    }
  if (demo || delay_ms >= 0)
    bks_scripted_server_set_delay (server, delay_ms >= 0 ? (guint) delay_ms : DEMO_DELAY_MS);
  if (script_file == NULL)
    return TRUE;
  return g_file_get_contents (script_file, &script, NULL, error) &&
         bks_scripted_server_load (server, script, error);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr(GOptionContext) context = g_option_context_new ("- a provider that does as it is told");
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(BksScriptedServer) server = NULL;
  g_autoptr(GError) error = NULL;
  pid_t parent = getppid ();

  /* Never outlive the test or demonstration that started this. */
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  if (getppid () != parent)
    return 1;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || port < 0 || port > 65535)
    {
      g_printerr ("bks-scripted-provider: %s\n", error != NULL ? error->message : "the port must be 0 to 65535");
      return 2;
    }
  server = bks_scripted_server_new ((guint16) port, &error);
  if (server == NULL || !configure (server, &error))
    {
      g_printerr ("bks-scripted-provider: %s\n", error->message);
      return 1;
    }

  g_print ("{\"listening\":\"%s\"}\n", bks_scripted_server_get_url (server));
  fflush (stdout);
  g_unix_signal_add (SIGTERM, quit_cb, loop);
  g_unix_signal_add (SIGINT, quit_cb, loop);
  g_main_loop_run (loop);
  return 0;
}
