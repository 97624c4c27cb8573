/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-backup.h"
#include "bks-cli-private.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-repair.h"

/* Backups, what comes back from them, and the check of a book's file. */

static struct
{
  char    *output;
  char    *node;
  gboolean accept_smaller;
  gboolean replace;
  gboolean repair;
} options;

static void
add_backup_members (JsonBuilder *builder,
                    BksBackup   *backup)
{
  bks_json_add_string (builder, "path", backup->path);
  bks_json_add_string (builder, "book", backup->book_id);
  bks_json_add_string (builder, "title", backup->title);
  bks_json_add_int (builder, "at", backup->at);
  bks_json_add_int (builder, "nodes", backup->nodes);
  bks_json_add_int (builder, "words", backup->words);
  bks_json_add_int (builder, "bytes", backup->bytes);
  bks_json_add_boolean (builder, "shrunk", backup->shrunk);
}

static gboolean
back_up (BksCli  *cli,
         GError **error)
{
  g_autoptr(BksBook) book = bks_cli_find_book (cli, cli->arguments[0], error);
  g_autoptr(GFile) destination = options.output != NULL ? g_file_new_for_commandline_arg (options.output) : NULL;
  g_autoptr(BksBackup) backup = NULL;

  if (book == NULL)
    return FALSE;
  backup = dex_await_boxed (bks_studio_back_up_book (cli->studio, bks_book_get_id (book), destination, options.accept_smaller),
                            error);
  if (backup == NULL)
    return FALSE;
  if (cli->json)
    {
      g_autoptr(JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      add_backup_members (builder, backup);
      json_builder_end_object (builder);
      bks_cli_print_json (cli, builder);
      return TRUE;
    }
  bks_cli_print (cli, "%s\n", backup->path);
  if (backup->shrunk)
    bks_cli_print (cli, _("The book has lost more than a fifth since the backup before, so that all earlier ones are kept. "
                          "If that is right, use --accept-smaller.\n"));
  return TRUE;
}

/* A book's id, also of one that is gone, or the beginning of one that is there. */
static char *
find_book_id (BksCli  *cli,
              GError **error)
{
  g_autoptr(BksBook) book = NULL;

  if (bks_id_is_valid (cli->arguments[0]))
    return g_strdup (cli->arguments[0]);
  book = bks_cli_find_book (cli, cli->arguments[0], error);
  return book != NULL ? g_strdup (bks_book_get_id (book)) : NULL;
}

static void
print_backup (BksCli    *cli,
              BksBackup *backup)
{
  g_autofree char *at = bks_cli_format_time (backup->at);

  bks_cli_print (cli, "%s  %9" G_GINT64_FORMAT "  %s  %s\n", at, backup->words, backup->shrunk ? _("smaller") : "       ",
                 backup->path);
}

static gboolean
list_backups (BksCli  *cli,
              GError **error)
{
  g_autofree char *id = find_book_id (cli, error);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GPtrArray) list = NULL;

  if (id == NULL)
    return FALSE;
  list = dex_await_boxed (bks_cli_until_stop (cli, bks_studio_list_backups (cli->studio, id)), error);
  if (list == NULL)
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "backups");
  for (guint i = 0; i < list->len; i++)
    {
      json_builder_begin_object (builder);
      add_backup_members (builder, g_ptr_array_index (list, i));
      json_builder_end_object (builder);
      if (!cli->json)
        print_backup (cli, g_ptr_array_index (list, i));
    }
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  return TRUE;
}

static gboolean
restore (BksCli  *cli,
         GError **error)
{
  g_autoptr(GFile) file = g_file_new_for_commandline_arg (cli->arguments[0]);
  g_autofree char *node_id = NULL;
  g_autoptr(BksBook) book = NULL;

  if (options.node != NULL)
    {
      if (!bks_cli_check_text (options.node, "--node", error))
        return FALSE;
      if (options.replace)
        return bks_cli_usage_error (error, _("--node and --replace do not go together"));
      node_id = dex_await_string (bks_studio_restore_scene (cli->studio, file, options.node), error);
      if (node_id == NULL)
        return FALSE;
      bks_cli_print_id (cli, node_id);
      return TRUE;
    }
  book = dex_await_object (bks_studio_restore_backup (cli->studio, file, options.replace), error);
  if (book == NULL)
    return FALSE;
  bks_cli_print_id (cli, bks_book_get_id (book));
  return TRUE;
}

static void
add_report (JsonBuilder   *builder,
            BksBookReport *report)
{
  json_builder_begin_object (builder);
  bks_json_add_boolean (builder, "sound", report->problems->len == 0);
  bks_json_begin_array (builder, "problems");
  for (guint i = 0; i < report->problems->len; i++)
    json_builder_add_string_value (builder, g_ptr_array_index (report->problems, i));
  json_builder_end_array (builder);
  bks_json_add_int (builder, "nodes", report->nodes);
  bks_json_add_int (builder, "words", report->words);
  bks_json_add_int (builder, "revisions", report->revisions);
  bks_json_add_boolean (builder, "repaired", report->repaired);
  bks_json_add_int (builder, "from_backups", report->from_backups);
  bks_json_add_int (builder, "lost", report->lost);
  bks_json_add_string (builder, "damaged_file", report->kept_path);
  json_builder_end_object (builder);
}

static void
print_report (BksCli        *cli,
              BksBookReport *report)
{
  for (guint i = 0; i < report->problems->len; i++)
    {
      g_autofree char *line = bks_cli_make_line (g_ptr_array_index (report->problems, i));

      bks_cli_print (cli, "%s\n", line);
    }
  bks_cli_print (cli, _("Parts and chapters: %" G_GINT64_FORMAT ", words: %" G_GINT64_FORMAT
                        ", earlier texts: %" G_GINT64_FORMAT "\n"),
                 report->nodes, report->words, report->revisions);
  if (report->problems->len == 0)
    bks_cli_print (cli, _("The book’s file is sound.\n"));
  else if (report->repaired)
    bks_cli_print (cli, _("Repaired. Taken from backups: %" G_GINT64_FORMAT ", found nowhere: %" G_GINT64_FORMAT
                          ". The damaged file is kept: %s\n"),
                   report->from_backups, report->lost, report->kept_path);
}

static gboolean
check (BksCli  *cli,
       GError **error)
{
  g_autoptr(BksBook) book = bks_cli_find_book (cli, cli->arguments[0], error);
  g_autoptr(BksBookReport) report = NULL;

  if (book == NULL)
    return FALSE;
  report = dex_await_boxed (bks_studio_check_book (cli->studio, bks_book_get_id (book), options.repair), error);
  if (report == NULL)
    return FALSE;
  if (cli->json)
    {
      g_autoptr(JsonBuilder) builder = json_builder_new ();

      add_report (builder, report);
      bks_cli_print_json (cli, builder);
    }
  else
    print_report (cli, report);
  if (report->problems->len == 0 || report->repaired)
    return TRUE;
  /* Not "damaged": the advice that goes with it is for those who cannot repair. */
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_FAILED,
                       _("The book’s file is damaged; “book check BOOK --repair” saves what can be saved"));
  return FALSE;
}

static const GOptionEntry backup_options[] = {
  { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, N_("Put the copy there instead of among the book’s backups"), N_("FILE") },
  { "accept-smaller", 0, 0, G_OPTION_ARG_NONE, &options.accept_smaller, N_("The book has lost more than a fifth, and that is right"), NULL },
  { NULL },
};

static const GOptionEntry restore_options[] = {
  { "replace", 0, 0, G_OPTION_ARG_NONE, &options.replace, N_("Put it into the place of the book it was made of, which is backed up before"), NULL },
  { "node", 0, 0, G_OPTION_ARG_FILENAME, &options.node, N_("Take this chapter or scene only, and put it into the book"), N_("ID") },
  { NULL },
};

static const GOptionEntry check_options[] = {
  { "repair", 0, 0, G_OPTION_ARG_NONE, &options.repair, N_("Make a sound file of what can be read and what backups have"), NULL },
  { NULL },
};

const BksCliVerb bks_cli_backup_verbs[] = {
  { "book", "backup", "BOOK", N_("Make a verified backup and print where it is"), back_up, backup_options, 1, 1, BKS_CLI_PLAIN },
  { "book", "backups", "BOOK", N_("List the backups of a book, also of one that is gone"), list_backups, NULL, 1, 1, BKS_CLI_PLAIN },
  { "book", "restore", "FILE", N_("Bring a book back from a backup and print its id"), restore, restore_options, 1, 1, BKS_CLI_PLAIN },
  { "book", "check", "BOOK", N_("Check a book’s file, and repair it"), check, check_options, 1, 1, BKS_CLI_PLAIN },
  { NULL },
};
