/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#include "bks-cli-private.h"
#include "bks-redact.h"

/*
 * Reading the command line. Texts are taken as G_OPTION_ARG_FILENAME, that is
 * as the bytes they are: GOption would convert others from the locale, which
 * fails for every title that is not English when the environment is empty.
 */

#define ARGUMENT_BYTES 200
#define CALL_WIDTH 30

static const BksCliVerb *const families[] = {
  bks_cli_book_verbs,
  bks_cli_backup_verbs,
  bks_cli_history_verbs,
  bks_cli_node_verbs,
  bks_cli_revision_verbs,
  bks_cli_snapshot_verbs,
  bks_cli_trash_verbs,
  bks_cli_complete_verbs,
  bks_cli_provider_verbs,
  bks_cli_health_verbs,
  bks_cli_role_verbs,
  bks_cli_usage_verbs,
  bks_cli_budget_verbs,
  bks_cli_price_verbs,
  bks_cli_plan_verbs,
  bks_cli_device_verbs,
  bks_cli_serve_verbs,
};

static void
print_verbs (FILE       *file,
             const char *group)
{
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    for (const BksCliVerb *verb = families[i]; verb->group != NULL; verb++)
      {
        g_autofree char *call = g_strjoin (" ", verb->group, verb->name != NULL ? verb->name : verb->parameters,
                                           verb->name != NULL ? verb->parameters : NULL, NULL);
        int padding;

        if (group != NULL && !g_str_equal (group, verb->group))
          continue;
        /* fprintf() counts bytes. */
        padding = CALL_WIDTH - (int) g_utf8_strlen (call, -1);
        if (padding < 0)
          fprintf (file, "  %s\n  %*s  %s\n", call, CALL_WIDTH, "", _(verb->summary));
        else
          fprintf (file, "  %s%*s  %s\n", call, padding, "", _(verb->summary));
      }
}

static void
print_overview (FILE       *file,
                const char *group)
{
  fprintf (file, _("Usage: %s [--data-dir DIR] [--json] VERB …"), BKS_CLI_NAME);
  fputs ("\n\n", file);
  print_verbs (file, group);
  fputs ("\n", file);
  fputs (_("NODE is written BOOK/ID; for BOOK and ID the first characters will do if they are unique.\n"
           "Every verb takes --data-dir DIR (another library), --json (one JSON document) and --help.\n"),
         file);
}

static gboolean
is_group (const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    if (g_str_equal (families[i]->group, word))
      return TRUE;
  return FALSE;
}

static const BksCliVerb *
find_verb (const char *group,
           const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    for (const BksCliVerb *verb = families[i]; verb->group != NULL; verb++)
      if (g_str_equal (verb->group, group) &&
          (verb->name == NULL || (name != NULL && g_str_equal (verb->name, name))))
        return verb;
  return NULL;
}

/* One line on standard error, without repeating what may be a key. */
static void
complain_of_line (const BksCliVerb *verb,
                  const char       *cause)
{
  g_autofree char *shown = bks_redact (cause, ARGUMENT_BYTES);

  if (verb != NULL && (verb->flags & BKS_CLI_DISCREET) != 0)
    {
      g_free (shown);
      shown = g_strdup (_("These are not the arguments of this verb; a key comes from standard input"));
    }
  fprintf (stderr, _("%s: %s. Use “%s --help” to see what it takes.\n"), BKS_CLI_NAME, shown, g_get_prgname ());
}

static const BksCliVerb *
refuse_verb (int        *exit_status,
             const char *group,
             const char *name)
{
  g_autofree char *shown = NULL;

  *exit_status = 2;
  shown = bks_redact (group != NULL && is_group (group) ? name : group, ARGUMENT_BYTES);
  if (group == NULL || (name == NULL && is_group (group)))
    fprintf (stderr, _("%s: A verb is missing. It takes one of these:\n"), BKS_CLI_NAME);
  else
    fprintf (stderr, _("%s: There is no verb “%s”. It takes one of these:\n"), BKS_CLI_NAME, shown);
  print_verbs (stderr, group != NULL && is_group (group) ? group : NULL);
  return NULL;
}

/* As g_option_context_parse(), which would leak an earlier --data-dir. */
static gboolean
parse (BksCli          *cli,
       GOptionContext  *context,
       int             *argc,
       char          ***argv,
       GError         **error)
{
  g_autofree char *earlier = g_steal_pointer (&cli->data_dir);
  gboolean ok = g_option_context_parse (context, argc, argv, error);

  if (cli->data_dir == NULL)
    cli->data_dir = g_steal_pointer (&earlier);
  return ok;
}

/* The options that may stand in front of a word of the verb; stops there. */
static gboolean
read_common_options (BksCli     *cli,
                     gboolean   *version,
                     int        *argc,
                     char     ***argv,
                     GError    **error)
{
  const GOptionEntry entries[] = {
    { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, &cli->data_dir, NULL, NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &cli->json, NULL, NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &cli->help, NULL, NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, version, NULL, NULL },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_strict_posix (context, TRUE);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  return parse (cli, context, argc, argv, error);
}

static GOptionContext *
make_context (BksCli           *cli,
              const BksCliVerb *verb)
{
  const GOptionEntry entries[] = {
    { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, &cli->data_dir, N_("Work on the library in DIR"), N_("DIR") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &cli->json, N_("Print one JSON document"), NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &cli->help, N_("Show this help"), NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &cli->arguments, NULL, NULL },
    { NULL },
  };
  GOptionContext *context = g_option_context_new (verb->parameters);

  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (context, _(verb->summary));
  if (verb->options != NULL)
    g_option_context_add_main_entries (context, verb->options, GETTEXT_PACKAGE);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  return context;
}

static gboolean
check_count (const BksCliVerb  *verb,
             char             **arguments,
             GError           **error)
{
  int count = (int) g_strv_length (arguments);

  if (count < verb->least)
    return bks_cli_usage_error (error, _("An argument is missing: %s"), verb->parameters);
  if (verb->most >= 0 && count > verb->most)
    return bks_cli_usage_error (error, _("“%s” is one argument too many"), arguments[verb->most]);
  return TRUE;
}

/* Reads what follows the verb; argv[0] is its last word. */
static const BksCliVerb *
read_verb (BksCli            *cli,
           const BksCliVerb  *verb,
           int               *exit_status,
           int                argc,
           char             **argv)
{
  g_autoptr(GOptionContext) context = make_context (cli, verb);
  g_autofree char *program = g_strjoin (" ", BKS_CLI_NAME, verb->group, verb->name, NULL);
  g_autoptr(GError) error = NULL;
  gboolean ok;

  g_set_prgname (program);
  ok = parse (cli, context, &argc, &argv, &error);
  if (ok && cli->help)
    {
      g_autofree char *help = g_option_context_get_help (context, TRUE, NULL);

      fputs (help, stdout);
      *exit_status = 0;
      return NULL;
    }
  if (cli->arguments == NULL)
    cli->arguments = g_new0 (char *, 1);
  if (!ok || !check_count (verb, cli->arguments, &error))
    {
      complain_of_line (verb, error->message);
      *exit_status = 2;
      return NULL;
    }
  g_set_prgname (BKS_CLI_NAME);
  return verb;
}

/* Takes the words of the verb off the line; argv[0] is then its last one. */
static gboolean
read_words (BksCli        *cli,
            const char   **group,
            const char   **name,
            gboolean      *version,
            int           *argc,
            char        ***argv,
            GError       **error)
{
  if (!read_common_options (cli, version, argc, argv, error))
    return FALSE;
  *group = *argc > 1 ? (*argv)[1] : NULL;
  if (*group == NULL)
    return TRUE;
  (*argc)--;
  (*argv)++;
  if (!is_group (*group) || find_verb (*group, NULL) != NULL)
    return TRUE;
  if (!read_common_options (cli, version, argc, argv, error))
    return FALSE;
  *name = *argc > 1 ? (*argv)[1] : NULL;
  if (*name == NULL)
    return TRUE;
  (*argc)--;
  (*argv)++;
  return TRUE;
}

/**
 * bks_cli_read_line:
 * @cli: a new run, to be filled in
 * @exit_status: (out): the status to end with where there is nothing to run
 * @argc: from main()
 * @argv: from main()
 *
 * Reads the command line; prints the help, the version or what is wrong.
 *
 * Returns: (nullable): the verb to run, %NULL to end with @exit_status
 */
const BksCliVerb *
bks_cli_read_line (BksCli  *cli,
                   int     *exit_status,
                   int      argc,
                   char   **argv)
{
  const char *group = NULL, *name = NULL;
  gboolean version = FALSE;
  const BksCliVerb *verb;
  g_autoptr(GError) error = NULL;

  if (!read_words (cli, &group, &name, &version, &argc, &argv, &error))
    {
      complain_of_line (NULL, error->message);
      *exit_status = 2;
      return NULL;
    }
  *exit_status = 0;
  if (version)
    {
      printf ("%s %s\n", BKS_CLI_NAME, BKS_VERSION);
      return NULL;
    }
  verb = group != NULL ? find_verb (group, name) : NULL;
  if (verb != NULL)
    return read_verb (cli, verb, exit_status, argc, argv);
  if (cli->help && name == NULL && (group == NULL || is_group (group)))
    {
      print_overview (stdout, group);
      return NULL;
    }
  return refuse_verb (exit_status, group, name);
}
