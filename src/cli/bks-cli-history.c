/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-book-events.h"
#include "bks-book-history.h"
#include "bks-cli-private.h"

/* What became of a book: changes of its structure, undone and done again; events; where its words came from. */

#define EVENTS 1000

static struct
{
  gint64 since;
} options;

/* "KIND TITLE", as the session says it. */
static void
print_step (BksCli     *cli,
            const char *what)
{
  const char *space = strchr (what, ' ');
  g_autofree char *kind = g_strndup (what, space != NULL ? (gsize) (space - what) : strlen (what));
  const char *title = space != NULL ? space + 1 : "";
  g_autofree char *line = bks_cli_make_line (title);

  if (cli->json)
    {
      g_autoptr(JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      bks_json_add_string (builder, "kind", kind);
      bks_json_add_string (builder, "title", title);
      json_builder_end_object (builder);
      bks_cli_print_json (cli, builder);
    }
  else
    bks_cli_print (cli, "%s  %s\n", kind, line);
}

static gboolean
step (BksCli    *cli,
      gboolean   back,
      GError   **error)
{
  g_autoptr(BksBookSession) session = bks_cli_open_book (cli, cli->arguments[0], TRUE, error);
  g_autofree char *what = NULL;

  if (session == NULL)
    return FALSE;
  what = dex_await_string (back ? bks_book_session_undo (session) : bks_book_session_redo (session), error);
  if (what == NULL || !bks_cli_close_book (session, error))
    return FALSE;
  print_step (cli, what);
  return TRUE;
}

static gboolean
undo (BksCli  *cli,
      GError **error)
{
  return step (cli, TRUE, error);
}

static gboolean
redo (BksCli  *cli,
      GError **error)
{
  return step (cli, FALSE, error);
}

static void
add_command (BksCli      *cli,
             JsonBuilder *builder,
             BksCommand  *command)
{
  g_autofree char *title = bks_cli_make_line (command->title);

  json_builder_begin_object (builder);
  bks_json_add_int (builder, "seq", command->seq);
  bks_json_add_string (builder, "kind", command->kind);
  bks_json_add_string (builder, "node", command->node_id);
  bks_json_add_string (builder, "title", command->title);
  bks_json_add_int (builder, "at", command->at);
  bks_json_add_boolean (builder, "undone", command->undone);
  json_builder_end_object (builder);
  if (!cli->json)
    bks_cli_print (cli, "%6" G_GINT64_FORMAT "  %-8s %s  %s\n", command->seq, command->kind,
                   command->undone ? _("undone") : "      ", title);
}

static gboolean
history (BksCli  *cli,
         GError **error)
{
  g_autoptr(BksBookSession) session = bks_cli_open_book (cli, cli->arguments[0], FALSE, error);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GPtrArray) list = NULL;

  if (session == NULL)
    return FALSE;
  list = dex_await_boxed (bks_cli_until_stop (cli, bks_book_session_list_commands (session)), error);
  if (list == NULL)
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "commands");
  for (guint i = 0; i < list->len; i++)
    add_command (cli, builder, g_ptr_array_index (list, i));
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  return TRUE;
}

static void
add_event (BksCli      *cli,
           JsonBuilder *builder,
           BksEvent    *event)
{
  json_builder_begin_object (builder);
  bks_json_add_int (builder, "seq", event->seq);
  bks_json_add_int (builder, "at", event->at);
  bks_json_add_string (builder, "type", event->type);
  bks_json_add_string (builder, "entity_type", event->entity_type);
  bks_json_add_string (builder, "entity", event->entity_id);
  json_builder_end_object (builder);
  if (!cli->json)
    bks_cli_print (cli, "%8" G_GINT64_FORMAT "  %-20s %s\n", event->seq, event->type, event->entity_id);
}

static gboolean
events (BksCli  *cli,
        GError **error)
{
  g_autoptr(BksBookSession) session = bks_cli_open_book (cli, cli->arguments[0], FALSE, error);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  gint64 since = options.since;
  guint n = 0;

  if (session == NULL)
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "events");
  do
    {
      g_autoptr(GPtrArray) list = NULL;

      list = dex_await_boxed (bks_cli_until_stop (cli, bks_book_session_list_events (session, since, EVENTS)), error);
      if (list == NULL)
        return FALSE;
      n = list->len;
      for (guint i = 0; i < n; i++)
        {
          add_event (cli, builder, g_ptr_array_index (list, i));
          since = ((BksEvent *) g_ptr_array_index (list, i))->seq;
        }
    }
  while (n == EVENTS);
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  return TRUE;
}

/* Words by where they came from. */
static void
add_origins (JsonBuilder  *builder,
             const gint64  words[BKS_N_ORIGINS])
{
  bks_json_begin_object (builder, "words");
  for (guint i = 0; i < BKS_N_ORIGINS; i++)
    bks_json_add_int (builder, bks_origin_to_string ((BksOrigin) i), words[i]);
  json_builder_end_object (builder);
}

static void
print_origins (BksCli       *cli,
               const char   *title,
               const gint64  words[BKS_N_ORIGINS])
{
  g_autofree char *line = bks_cli_make_line (title);

  for (guint i = 0; i < BKS_N_ORIGINS; i++)
    bks_cli_print (cli, "%11" G_GINT64_FORMAT "  ", words[i]);
  bks_cli_print (cli, "%s\n", line);
}

static gboolean
disclose_node (BksCli          *cli,
               JsonBuilder     *builder,
               BksBookSession  *session,
               BksNode         *node,
               gint64           sums[BKS_N_ORIGINS],
               GError         **error)
{
  g_autofree char *text = NULL;
  g_autoptr(BksProvenance) provenance = NULL;
  gint64 words[BKS_N_ORIGINS];

  text = dex_await_string (bks_cli_until_stop (cli, bks_book_session_read_text (session, bks_node_get_id (node))), error);
  if (text == NULL)
    return FALSE;
  provenance = dex_await_boxed (bks_cli_until_stop (cli, bks_book_session_read_provenance (session, bks_node_get_id (node))),
                                error);
  if (provenance == NULL)
    return FALSE;
  bks_provenance_count_words (provenance, text, words);
  for (guint i = 0; i < BKS_N_ORIGINS; i++)
    sums[i] += words[i];
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "id", bks_node_get_id (node));
  bks_json_add_string (builder, "title", bks_node_get_title (node));
  add_origins (builder, words);
  json_builder_end_object (builder);
  if (!cli->json)
    print_origins (cli, bks_node_get_title (node), words);
  return TRUE;
}

static gboolean
disclosure (BksCli  *cli,
            GError **error)
{
  g_autoptr(BksBookSession) session = bks_cli_open_book (cli, cli->arguments[0], FALSE, error);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GPtrArray) nodes = NULL;
  gint64 sums[BKS_N_ORIGINS] = { 0 };

  if (session == NULL)
    return FALSE;
  nodes = bks_book_session_list_nodes (session);
  for (guint i = 0; !cli->json && i < BKS_N_ORIGINS; i++)
    bks_cli_print (cli, "%11s  ", bks_origin_to_string ((BksOrigin) i));
  if (!cli->json)
    bks_cli_print (cli, "\n");
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "nodes");
  for (guint i = 0; i < nodes->len; i++)
    if (!disclose_node (cli, builder, session, g_ptr_array_index (nodes, i), sums, error))
      return FALSE;
  json_builder_end_array (builder);
  add_origins (builder, sums);
  bks_cli_end_answer (cli, builder);
  if (!cli->json)
    print_origins (cli, _("All of the book"), sums);
  return TRUE;
}

static const GOptionEntry events_options[] = {
  { "since", 0, 0, G_OPTION_ARG_INT64, &options.since, N_("Only those after number N"), N_("N") },
  { NULL },
};

const BksCliVerb bks_cli_history_verbs[] = {
  { "book", "undo", "BOOK", N_("Undo the last change of the structure, also one of an earlier day"), undo, NULL, 1, 1, BKS_CLI_PLAIN },
  { "book", "redo", "BOOK", N_("Do again what was undone last"), redo, NULL, 1, 1, BKS_CLI_PLAIN },
  { "book", "history", "BOOK", N_("List the changes of the structure that can be undone"), history, NULL, 1, 1, BKS_CLI_PLAIN },
  { "book", "disclosure", "BOOK", N_("Count the words by where they came from: typed, pasted, imported, AI"), disclosure, NULL, 1, 1, BKS_CLI_PLAIN },
  { "book", "events", "BOOK", N_("List what has been changed in a book, by number"), events, events_options, 1, 1, BKS_CLI_PLAIN },
  { NULL },
};
