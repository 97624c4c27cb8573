/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-cli-private.h"
#include "bks-error.h"
#include "bks-revisions.h"

/* Named snapshots of a book or a part of it. */

/* BOOK, or BOOK/ID for a part of it. */
static BksBookSession *
open_scope (BksCli      *cli,
            const char  *text,
            const char **node_id,
            GError     **error)
{
  BksBookSession *session;
  BksNode *node;

  *node_id = NULL;
  if (strchr (text, '/') == NULL)
    return bks_cli_open_book (cli, text, TRUE, error);
  session = bks_cli_open_node (cli, text, TRUE, &node, error);
  if (session != NULL)
    *node_id = bks_node_get_id (node);
  return session;
}

static gboolean
add_snapshot (BksCli  *cli,
              GError **error)
{
  g_autoptr(BksBookSession) session = NULL;
  g_autofree char *id = NULL;
  const char *node_id;

  if (!bks_cli_check_text (cli->arguments[1], "NAME", error))
    return FALSE;
  session = open_scope (cli, cli->arguments[0], &node_id, error);
  if (session == NULL)
    return FALSE;
  id = dex_await_string (bks_book_session_add_snapshot (session, cli->arguments[1], node_id), error);
  if (id == NULL || !bks_cli_close_book (session, error))
    return FALSE;
  bks_cli_print_id (cli, id);
  return TRUE;
}

static void
print_snapshot (BksCli      *cli,
                BksSnapshot *snapshot)
{
  g_autofree char *at = bks_cli_format_time (snapshot->at);
  g_autofree char *name = bks_cli_make_line (snapshot->name);

  bks_cli_print (cli, "%s  %s  %5" G_GINT64_FORMAT "  %9" G_GINT64_FORMAT "  %s\n", snapshot->id, at, snapshot->texts,
                 snapshot->words, name);
}

static gboolean
list_snapshots (BksCli  *cli,
                GError **error)
{
  g_autoptr(BksBookSession) session = bks_cli_open_book (cli, cli->arguments[0], FALSE, error);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GPtrArray) list = NULL;

  if (session == NULL)
    return FALSE;
  list = dex_await_boxed (bks_cli_until_stop (cli, bks_book_session_list_snapshots (session)), error);
  if (list == NULL)
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "snapshots");
  for (guint i = 0; i < list->len; i++)
    {
      BksSnapshot *snapshot = g_ptr_array_index (list, i);

      json_builder_begin_object (builder);
      bks_json_add_string (builder, "id", snapshot->id);
      bks_json_add_string (builder, "name", snapshot->name);
      bks_json_add_string (builder, "node", snapshot->node_id);
      bks_json_add_int (builder, "at", snapshot->at);
      bks_json_add_int (builder, "texts", snapshot->texts);
      bks_json_add_int (builder, "words", snapshot->words);
      json_builder_end_object (builder);
      if (!cli->json)
        print_snapshot (cli, snapshot);
    }
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  return TRUE;
}

/* An id, or the beginning of one. */
static const char *
find_snapshot (GPtrArray   *list,
               const char  *prefix,
               GError     **error)
{
  const char *found = NULL;

  for (guint i = 0; i < list->len; i++)
    {
      const BksSnapshot *snapshot = g_ptr_array_index (list, i);

      if (*prefix == '\0' || !g_str_has_prefix (snapshot->id, prefix))
        continue;
      if (found != NULL)
        {
          g_set_error (error, BKS_ERROR, BKS_ERROR_AMBIGUOUS, "Several snapshots have an id that begins with %s", prefix);
          return NULL;
        }
      found = snapshot->id;
    }
  if (found == NULL)
    g_set_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "The book has no snapshot %s", prefix);
  return found;
}

static gboolean
restore_snapshot (BksCli  *cli,
                  GError **error)
{
  g_autoptr(BksBookSession) session = NULL;
  g_autoptr(GPtrArray) list = NULL;
  const char *id;
  gint64 changed;

  if (!bks_cli_check_text (cli->arguments[1], "SNAPSHOT", error))
    return FALSE;
  session = bks_cli_open_book (cli, cli->arguments[0], TRUE, error);
  if (session == NULL)
    return FALSE;
  list = dex_await_boxed (bks_book_session_list_snapshots (session), error);
  id = list != NULL ? find_snapshot (list, cli->arguments[1], error) : NULL;
  if (id == NULL || !bks_await_int64 (bks_book_session_restore_snapshot (session, id), &changed, error) ||
      !bks_cli_close_book (session, error))
    return FALSE;
  bks_cli_answer_int (cli, "changed", changed);
  return TRUE;
}

const BksCliVerb bks_cli_snapshot_verbs[] = {
  { "snapshot", "add", "BOOK | NODE NAME", N_("Keep the texts of a book or a part of it for ever and print the snapshot’s id"), add_snapshot, NULL, 2, 2, BKS_CLI_PLAIN },
  { "snapshot", "list", "BOOK", N_("List the named snapshots of a book"), list_snapshots, NULL, 1, 1, BKS_CLI_PLAIN },
  { "snapshot", "restore", "BOOK SNAPSHOT", N_("Make the texts of a snapshot the present ones, which are kept, too"), restore_snapshot, NULL, 2, 2, BKS_CLI_PLAIN },
  { NULL },
};
