/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-cli-private.h"
#include "bks-error.h"
#include "bks-revisions.h"

#define TOP "top"

static struct
{
  char *kind;
  char *title;
  char *parent;
  int   position;
  int   revision;
} options = { .position = -1, .revision = -1 };

static void
add_node_members (JsonBuilder *builder,
                  BksNode     *node)
{
  bks_json_add_string (builder, "id", bks_node_get_id (node));
  bks_json_add_string (builder, "kind", bks_node_kind_to_string (bks_node_get_kind (node)));
  bks_json_add_string (builder, "title", bks_node_get_title (node));
  bks_json_add_int (builder, "words", bks_node_get_words (node));
  bks_json_add_string (builder, "status", bks_node_status_to_string (bks_node_get_status (node)));
  bks_json_add_string (builder, "synopsis", bks_node_get_synopsis (node));
  bks_json_add_int (builder, "target_words", bks_node_get_target_words (node));
}

/**
 * bks_cli_add_nodes:
 * @builder: where the value is to stand
 * @nodes: of #BksNode, in reading order
 *
 * Adds the list that is "nodes" in the document of a book.
 */
void
bks_cli_add_nodes (JsonBuilder *builder,
                   GPtrArray   *nodes)
{
  json_builder_begin_array (builder);
  for (guint i = 0; i < nodes->len; i++)
    {
      BksNode *node = g_ptr_array_index (nodes, i);

      json_builder_begin_object (builder);
      add_node_members (builder, node);
      bks_json_add_string (builder, "parent", bks_node_get_parent_id (node));
      bks_json_add_int (builder, "depth", bks_node_get_depth (node));
      bks_json_add_int (builder, "total_words", bks_node_get_total_words (node));
      bks_json_add_int (builder, "revision", bks_node_get_revision (node));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

/**
 * bks_cli_print_nodes:
 * @cli: this run
 * @nodes: of #BksNode, in reading order
 *
 * Prints them for a person: id, kind, words with all below, title by depth, and the status where there is one.
 */
void
bks_cli_print_nodes (BksCli    *cli,
                     GPtrArray *nodes)
{
  for (guint i = 0; i < nodes->len; i++)
    {
      BksNode *node = g_ptr_array_index (nodes, i);
      BksNodeStatus status = bks_node_get_status (node);
      g_autofree char *title = bks_cli_make_line (bks_node_get_title (node));

      bks_cli_print (cli, "%s  %-12s %9" G_GINT64_FORMAT "  %*s%s", bks_node_get_id (node),
                     bks_node_kind_to_string (bks_node_get_kind (node)), bks_node_get_total_words (node),
                     2 * (int) bks_node_get_depth (node), "", title);
      if (status != BKS_STATUS_NONE)
        bks_cli_print (cli, "  [%s]", bks_node_status_to_string (status));
      bks_cli_print (cli, "\n");
    }
}

static gboolean
list (BksCli  *cli,
      GError **error)
{
  g_autoptr(BksBookSession) session = bks_cli_open_book (cli, cli->arguments[0], FALSE, error);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GPtrArray) nodes = NULL;

  if (session == NULL)
    return FALSE;
  nodes = bks_book_session_list_nodes (session);
  if (!cli->json)
    {
      bks_cli_print_nodes (cli, nodes);
      return TRUE;
    }
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "nodes");
  bks_cli_add_nodes (builder, nodes);
  json_builder_end_object (builder);
  bks_cli_print_json (cli, builder);
  return TRUE;
}

/* The present text, or the one of --revision. */
static char *
read_shown (BksCli          *cli,
            BksBookSession  *session,
            BksNode         *node,
            GError         **error)
{
  g_autoptr(BksRevision) revision = NULL;

  if (options.revision < 0)
    return dex_await_string (bks_cli_until_stop (cli, bks_book_session_read_text (session, bks_node_get_id (node))), error);
  revision = dex_await_boxed (bks_cli_until_stop (cli, bks_book_session_read_revision (session, bks_node_get_id (node),
                                                                                       options.revision)),
                              error);
  return revision != NULL ? g_strdup (revision->text) : NULL;
}

/* Where the parts of the present text came from; what is in none of them was typed. */
static gboolean
add_provenance (BksCli          *cli,
                JsonBuilder     *builder,
                BksBookSession  *session,
                BksNode         *node,
                GError         **error)
{
  g_autoptr(BksProvenance) provenance = NULL;

  provenance = dex_await_boxed (bks_cli_until_stop (cli, bks_book_session_read_provenance (session, bks_node_get_id (node))),
                                error);
  if (provenance == NULL)
    return FALSE;
  json_builder_set_member_name (builder, "provenance");
  json_builder_begin_array (builder);
  for (guint i = 0; i < bks_provenance_get_n_spans (provenance); i++)
    {
      const BksProvenanceSpan *span = bks_provenance_get_span (provenance, i);

      json_builder_begin_object (builder);
      bks_json_add_int (builder, "start", (gint64) span->start);
      bks_json_add_int (builder, "end", (gint64) span->end);
      bks_json_add_string (builder, "origin", bks_origin_to_string (span->origin));
      bks_json_add_string (builder, "run", span->run);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  return TRUE;
}

static gboolean
show (BksCli  *cli,
      GError **error)
{
  g_autoptr(BksBookSession) session = NULL;
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autofree char *text = NULL;
  BksNode *node;

  session = bks_cli_open_node (cli, cli->arguments[0], FALSE, &node, error);
  if (session == NULL)
    return FALSE;
  text = read_shown (cli, session, node, error);
  if (text == NULL)
    return FALSE;
  if (!cli->json)
    {
      bks_cli_print_text (cli, text);
      if (*text != '\0' && !g_str_has_suffix (text, "\n"))
        bks_cli_print (cli, "\n");
      return TRUE;
    }
  json_builder_begin_object (builder);
  add_node_members (builder, node);
  bks_json_add_string (builder, "text", text);
  bks_json_add_int (builder, "revision", options.revision < 0 ? bks_node_get_revision (node) : options.revision);
  if (options.revision < 0 && !add_provenance (cli, builder, session, node, error))
    return FALSE;
  json_builder_end_object (builder);
  bks_cli_print_json (cli, builder);
  return TRUE;
}

/* --parent: an id, the start of one, BOOK/ID of the same book, or "top". */
static gboolean
read_parent (BksBookSession  *session,
             const char      *text,
             const char     **parent_id,
             GError         **error)
{
  const char *slash = strchr (text, '/');
  BksNode *parent;

  if (!bks_cli_check_text (text, "--parent", error))
    return FALSE;
  *parent_id = NULL;
  if (g_str_equal (text, TOP))
    return TRUE;
  if (slash != NULL && strncmp (bks_book_get_id (bks_book_session_get_book (session)), text,
                                (gsize) (slash - text)) != 0)
    return bks_cli_usage_error (error, _("--parent is of another book"));
  parent = bks_book_session_find_node (session, slash != NULL ? slash + 1 : text, error);
  if (parent == NULL)
    return FALSE;
  *parent_id = bks_node_get_id (parent);
  return TRUE;
}

static gboolean
read_kind (BksNodeKind  *kind,
           GError      **error)
{
  if (options.kind == NULL || options.title == NULL)
    return bks_cli_usage_error (error, _("An option is missing: --kind KIND --title TITLE"));
  if (!bks_cli_check_text (options.kind, "--kind", error) || !bks_cli_check_text (options.title, "--title", error))
    return FALSE;
  if (!bks_node_kind_from_string (options.kind, kind))
    return bks_cli_usage_error (error, _("There is no kind “%s”, only part, chapter, scene, front-matter, "
                                         "back-matter and note"),
                                options.kind);
  return TRUE;
}

static gboolean
add (BksCli  *cli,
     GError **error)
{
  g_autoptr(BksBookSession) session = NULL;
  g_autoptr(BksNode) node = NULL;
  const char *parent_id = NULL;
  BksNodeKind kind;

  if (!read_kind (&kind, error))
    return FALSE;
  session = bks_cli_open_book (cli, cli->arguments[0], TRUE, error);
  if (session == NULL || (options.parent != NULL && !read_parent (session, options.parent, &parent_id, error)))
    return FALSE;
  node = dex_await_object (bks_book_session_add_node (session, kind, options.title, parent_id, options.position),
                           error);
  if (node == NULL || !bks_cli_close_book (session, error))
    return FALSE;
  if (cli->json)
    {
      g_autoptr(JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      add_node_members (builder, node);
      json_builder_end_object (builder);
      bks_cli_print_json (cli, builder);
      return TRUE;
    }
  bks_cli_print (cli, "%s\n", bks_node_get_id (node));
  return TRUE;
}

static gboolean
edit (BksCli  *cli,
      GError **error)
{
  g_autoptr(BksBookSession) session = NULL;
  g_autoptr(BksNodeSession) text_session = NULL;
  g_autofree char *text = NULL;
  BksNode *node;

  /* The text first: whoever types it does not hold the book meanwhile. */
  text = bks_cli_read_input (cli, cli->limits->node_text_bytes, error);
  if (text == NULL)
    return FALSE;
  session = bks_cli_open_node (cli, cli->arguments[0], TRUE, &node, error);
  if (session == NULL)
    return FALSE;
  text_session = dex_await_object (bks_book_session_open_node (session, bks_node_get_id (node)), error);
  return text_session != NULL &&
         dex_await (bks_node_session_set_text (text_session, text, -1), error) &&
         bks_cli_close_book (session, error);
}

static gboolean
rename_node (BksCli  *cli,
             GError **error)
{
  g_autoptr(BksBookSession) session = NULL;
  BksNode *node;

  if (!bks_cli_check_text (cli->arguments[1], "TITLE", error))
    return FALSE;
  session = bks_cli_open_node (cli, cli->arguments[0], TRUE, &node, error);
  return session != NULL &&
         dex_await (bks_book_session_rename_node (session, bks_node_get_id (node), cli->arguments[1]), error) &&
         bks_cli_close_book (session, error);
}

static gboolean
set_status (BksCli      *cli,
            const char  *value,
            GError     **error)
{
  g_autoptr(BksBookSession) session = NULL;
  BksNodeStatus status;
  BksNode *node;

  if (!bks_node_status_from_string (value, &status))
    return bks_cli_usage_error (error, _("There is no status “%s”, only none, todo, draft, revised and done"), value);
  session = bks_cli_open_node (cli, cli->arguments[0], TRUE, &node, error);
  return session != NULL &&
         dex_await (bks_book_session_set_status (session, bks_node_get_id (node), status), error) &&
         bks_cli_close_book (session, error);
}

static gboolean
set_plan (BksCli      *cli,
          const char  *synopsis,
          gint64       target_words,
          GError     **error)
{
  g_autoptr(BksBookSession) session = NULL;
  BksNode *node;

  session = bks_cli_open_node (cli, cli->arguments[0], TRUE, &node, error);
  return session != NULL &&
         dex_await (bks_book_session_set_plan (session, bks_node_get_id (node), synopsis, target_words), error) &&
         bks_cli_close_book (session, error);
}

static gboolean
set_target (BksCli      *cli,
            const char  *value,
            GError     **error)
{
  guint64 words;

  if (!g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT32, &words, NULL))
    return bks_cli_usage_error (error, _("target-words is a number of words, 0 for none"));
  return set_plan (cli, NULL, (gint64) words, error);
}

/* Its end is not a part of it: an editor or "echo" puts a line break there. */
static gboolean
set_synopsis (BksCli  *cli,
              GError **error)
{
  g_autofree char *synopsis = bks_cli_read_input (cli, cli->limits->synopsis_bytes, error);

  return synopsis != NULL && set_plan (cli, g_strchomp (synopsis), -1, error);
}

static gboolean
set (BksCli  *cli,
     GError **error)
{
  const char *name = cli->arguments[1];
  const char *value = cli->arguments[2];

  if (!bks_cli_check_text (name, "SETTING", error) || (value != NULL && !bks_cli_check_text (value, "VALUE", error)))
    return FALSE;
  if (g_str_equal (name, "synopsis"))
    return value == NULL ? set_synopsis (cli, error)
                         : bks_cli_usage_error (error, _("The synopsis is read from standard input"));
  if (!g_str_equal (name, "status") && !g_str_equal (name, "target-words"))
    return bks_cli_usage_error (error, _("“%s” is no setting of a node, only status, target-words and synopsis are"), name);
  if (value == NULL)
    return bks_cli_usage_error (error, _("An argument is missing: VALUE"));
  return g_str_equal (name, "status") ? set_status (cli, value, error) : set_target (cli, value, error);
}

static gboolean
move (BksCli  *cli,
      GError **error)
{
  g_autoptr(BksBookSession) session = NULL;
  const char *parent_id;
  BksNode *node;

  session = bks_cli_open_node (cli, cli->arguments[0], TRUE, &node, error);
  if (session == NULL)
    return FALSE;
  parent_id = bks_node_get_parent_id (node);
  if (options.parent != NULL && !read_parent (session, options.parent, &parent_id, error))
    return FALSE;
  return dex_await (bks_book_session_move_node (session, bks_node_get_id (node), parent_id, options.position), error) &&
         bks_cli_close_book (session, error);
}

static gboolean
delete (BksCli  *cli,
        GError **error)
{
  g_autoptr(BksBookSession) session = NULL;
  BksNode *node;

  session = bks_cli_open_node (cli, cli->arguments[0], TRUE, &node, error);
  return session != NULL &&
         dex_await (bks_book_session_trash_node (session, bks_node_get_id (node)), error) &&
         bks_cli_close_book (session, error);
}

static const GOptionEntry add_options[] = {
  { "kind", 0, 0, G_OPTION_ARG_FILENAME, &options.kind, N_("part, chapter, scene, front-matter, back-matter or note"), N_("KIND") },
  { "title", 0, 0, G_OPTION_ARG_FILENAME, &options.title, N_("Its title"), N_("TITLE") },
  { "parent", 0, 0, G_OPTION_ARG_FILENAME, &options.parent, N_("What it is a part of; without, it stands at the top"), N_("ID") },
  { "position", 0, 0, G_OPTION_ARG_INT, &options.position, N_("Where among the parts of its parent, 0 is first; without, last"), N_("I") },
  { NULL },
};

static const GOptionEntry show_options[] = {
  { "revision", 0, 0, G_OPTION_ARG_INT, &options.revision, N_("An earlier text, by its number in “node revisions”"), N_("N") },
  { NULL },
};

static const GOptionEntry move_options[] = {
  { "parent", 0, 0, G_OPTION_ARG_FILENAME, &options.parent, N_("What it is to be a part of, or “top”; without, its parent stays"), N_("ID") },
  { "position", 0, 0, G_OPTION_ARG_INT, &options.position, N_("Where among the parts of its parent, 0 is first; without, last"), N_("I") },
  { NULL },
};

const BksCliVerb bks_cli_node_verbs[] = {
  { "node", "list", "BOOK", N_("List the parts, chapters and scenes of a book"), list, NULL, 1, 1, BKS_CLI_PLAIN },
  { "node", "show", "NODE", N_("Print the text of a chapter or scene"), show, show_options, 1, 1, BKS_CLI_PLAIN },
  { "node", "add", "BOOK --kind KIND --title TITLE", N_("Add a part, chapter or scene and print its id"), add, add_options, 1, 1, BKS_CLI_PLAIN },
  { "node", "edit", "NODE", N_("Replace the text by the one on standard input"), edit, NULL, 1, 1, BKS_CLI_PLAIN },
  { "node", "rename", "NODE TITLE", N_("Change the title"), rename_node, NULL, 2, 2, BKS_CLI_PLAIN },
  { "node", "set", "NODE SETTING [VALUE]", N_("Change its status, its target-words, or its synopsis: that is read from standard input"), set, NULL, 2, 3, BKS_CLI_PLAIN },
  { "node", "move", "NODE --parent ID --position I", N_("Move it with all that is below it"), move, move_options, 1, 1, BKS_CLI_PLAIN },
  { "node", "delete", "NODE", N_("Put it into the trash with all that is below it"), delete, NULL, 1, 1, BKS_CLI_PLAIN },
  { NULL },
};
