/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bks-cli-private.h"
#include "bks-environment-key.h"
#include "bks-error.h"

/* How long a reader that stopped reading may hold up a run that was stopped. */
#define LAST_WORDS_MS 500

typedef struct
{
  BksCli            cli;
  const BksCliVerb *verb;
} Run;

/*
 * Whoever starts us with a standard descriptor closed must not have the next
 * file we open, a database perhaps, stand in its place. The ones opened here
 * fail as a closed one does.
 */
static void
keep_standard_descriptors (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) == -1 && errno == EBADF &&
        open ("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
      _exit (1);
}

static gboolean
signal_cb (gpointer data)
{
  dex_cancellable_cancel (data);
  /* With its source gone, the same signal once more ends the program at once. */
  return G_SOURCE_REMOVE;
}

static BksStudio *
open_studio (BksCli  *cli,
             GError **error)
{
  g_autoptr(BksSecretStore) secrets = bks_keyring_secret_store_new (cli->limits);
  g_autoptr(BksStudio) studio = bks_studio_new (cli->data_dir, secrets, cli->limits);

  if (!dex_await (bks_studio_open (studio), error))
    return NULL;
  return g_steal_pointer (&studio);
}

/* Whether all of the output was taken, before or soon after the run was stopped. */
static gboolean
flush (BksCli *cli)
{
  if (dex_await (bks_cli_until_stop (cli, bks_cli_output_flush (cli->output)), NULL))
    return TRUE;
  return dex_await (dex_future_first (bks_cli_output_flush (cli->output), dex_timeout_new_msec (LAST_WORDS_MS), NULL),
                    NULL);
}

/* Says how the run went, on standard error, and with what status it ends. */
static int
report (BksCli       *cli,
        const GError *error,
        gboolean      flushed)
{
  const GError *output_error = bks_cli_output_get_error (cli->output);

  if (error == NULL && flushed)
    return 0;
  if (bks_cli_output_get_left (cli->output))
    return 1;
  /* What was stopped because it could not be written has that as its cause. */
  if (output_error != NULL && (error == NULL || bks_error_is_cancelled (error)))
    error = output_error;
  if (error == NULL || bks_error_is_cancelled (error))
    fprintf (stderr, _("%s: Stopped.\n"), BKS_CLI_NAME);
  else
    bks_cli_complain (error);
  return error != NULL && error->domain == G_OPTION_ERROR ? 2 : 1;
}

static DexFuture *
run_fiber (gpointer data)
{
  Run *run = data;
  BksCli *cli = &run->cli;
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) close_error = NULL;
  gboolean flushed;

  cli->studio = open_studio (cli, &error);
  if (cli->studio != NULL)
    bks_cli_watch_budgets (cli);
  if (cli->studio != NULL && !run->verb->run (cli, &error))
    g_assert (error != NULL);
  flushed = flush (cli);
  if (cli->studio != NULL && !dex_await (bks_studio_close (cli->studio), &close_error) && error == NULL)
    error = g_steal_pointer (&close_error);
  g_clear_object (&cli->studio);
  return dex_future_new_for_int (report (cli, error, flushed));
}

static int
run_verb (Run *run)
{
  BksCli *cli = &run->cli;
  g_autoptr(DexFuture) future = NULL;

  cli->limits = bks_limits_new ();
  cli->stop = dex_cancellable_new ();
  cli->output = bks_cli_output_new (STDOUT_FILENO, cli->stop);
  g_unix_signal_add (SIGINT, signal_cb, cli->stop);
  g_unix_signal_add (SIGTERM, signal_cb, cli->stop);

  future = bks_spawn_finally (run_fiber, run, NULL);
  bks_wait (dex_ref (future), NULL);
  return g_value_get_int (dex_future_get_value (future, NULL));
}

static void
clear (BksCli *cli)
{
  g_clear_pointer (&cli->data_dir, g_free);
  g_clear_pointer (&cli->arguments, g_strfreev);
  g_clear_pointer (&cli->output, bks_cli_output_free);
  dex_clear (&cli->stop);
  g_clear_pointer (&cli->limits, bks_limits_unref);
}

int
main (int   argc,
      char *argv[])
{
  Run run = { 0 };
  int status = 0;

  bks_environment_keys_take ();
  keep_standard_descriptors ();
  signal (SIGPIPE, SIG_IGN);
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, BKS_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_prgname (BKS_CLI_NAME);
  dex_init ();

  run.verb = bks_cli_read_line (&run.cli, &status, argc, argv);
  if (run.verb != NULL)
    status = run_verb (&run);
  else if (fflush (stdout) != 0 || ferror (stdout))
    status = 1;
  clear (&run.cli);
  return status;
}
