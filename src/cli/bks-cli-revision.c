/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-cli-private.h"
#include "bks-diff.h"
#include "bks-revisions.h"

/* Earlier texts of a node: kept, listed, restored and compared. */

#define CURRENT "current"

static void
add_revision (JsonBuilder *builder,
              BksRevision *revision)
{
  json_builder_begin_object (builder);
  bks_json_add_int (builder, "revision", revision->number);
  bks_json_add_int (builder, "at", revision->at);
  bks_json_add_string (builder, "cause", revision->cause);
  bks_json_add_string (builder, "snapshot", revision->name);
  bks_json_add_int (builder, "words", revision->words);
  bks_json_add_int (builder, "bytes", revision->bytes);
  json_builder_end_object (builder);
}

static void
print_revision (BksCli      *cli,
                BksRevision *revision)
{
  g_autofree char *at = bks_cli_format_time (revision->at);
  g_autofree char *name = revision->name != NULL ? bks_cli_make_line (revision->name) : g_strdup ("");

  bks_cli_print (cli, "%6" G_GINT64_FORMAT "  %s  %9" G_GINT64_FORMAT "  %-8s  %s\n", revision->number, at, revision->words,
                 revision->cause, name);
}

static gboolean
revisions (BksCli  *cli,
           GError **error)
{
  g_autoptr(BksBookSession) session = NULL;
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GPtrArray) list = NULL;
  BksNode *node;

  session = bks_cli_open_node (cli, cli->arguments[0], FALSE, &node, error);
  if (session == NULL)
    return FALSE;
  list = dex_await_boxed (bks_cli_until_stop (cli, bks_book_session_list_revisions (session, bks_node_get_id (node))), error);
  if (list == NULL)
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_add_int (builder, "current", bks_node_get_revision (node));
  bks_json_begin_array (builder, "revisions");
  for (guint i = 0; i < list->len; i++)
    {
      add_revision (builder, g_ptr_array_index (list, i));
      if (!cli->json)
        print_revision (cli, g_ptr_array_index (list, i));
    }
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  return TRUE;
}

static gboolean
read_number (const char  *text,
             gint64      *number,
             GError     **error)
{
  char *end;

  *number = g_ascii_strtoll (text, &end, 10);
  if (end != text && *end == '\0' && *number >= 0)
    return TRUE;
  return bks_cli_usage_error (error, _("“%s” is no number of a revision"), text);
}

static gboolean
restore (BksCli  *cli,
         GError **error)
{
  g_autoptr(BksBookSession) session = NULL;
  BksNode *node;
  gint64 number;

  if (!read_number (cli->arguments[1], &number, error))
    return FALSE;
  session = bks_cli_open_node (cli, cli->arguments[0], TRUE, &node, error);
  return session != NULL &&
         dex_await (bks_book_session_restore_revision (session, bks_node_get_id (node), number), error) &&
         bks_cli_close_book (session, error);
}

static gboolean
keep (BksCli  *cli,
      GError **error)
{
  g_autoptr(BksBookSession) session = NULL;
  BksNode *node;

  session = bks_cli_open_node (cli, cli->arguments[0], TRUE, &node, error);
  return session != NULL &&
         dex_await (bks_book_session_keep_revision (session, bks_node_get_id (node)), error) &&
         bks_cli_close_book (session, error);
}

/* A revision's text, or the present one's for "current". */
static char *
read_side (BksCli          *cli,
           BksBookSession  *session,
           BksNode         *node,
           const char      *name,
           GError         **error)
{
  g_autoptr(BksRevision) revision = NULL;
  gint64 number;

  if (name == NULL || g_str_equal (name, CURRENT))
    return dex_await_string (bks_cli_until_stop (cli, bks_book_session_read_text (session, bks_node_get_id (node))), error);
  if (!read_number (name, &number, error))
    return NULL;
  revision = dex_await_boxed (bks_cli_until_stop (cli, bks_book_session_read_revision (session, bks_node_get_id (node), number)),
                              error);
  return revision != NULL ? g_strdup (revision->text) : NULL;
}

typedef struct
{
  char *old_text;
  char *new_text;
} Sides;

static void
sides_free (gpointer data)
{
  Sides *sides = data;

  g_free (sides->old_text);
  g_free (sides->new_text);
  g_free (sides);
}

static gboolean
compare_thread (GValue        *result,
                GCancellable  *cancellable,
                gpointer       data,
                GError       **error)
{
  Sides *sides = data;

  g_value_init (result, G_TYPE_ARRAY);
  g_value_take_boxed (result, bks_diff_words (sides->old_text, sides->new_text));
  return TRUE;
}

static void
print_span (BksCli      *cli,
            JsonBuilder *builder,
            const Sides *sides,
            BksDiffSpan *span)
{
  static const char *const kinds[] = { "equal", "deleted", "inserted" };
  static const char *const before[] = { "", "[-", "{+" };
  static const char *const after[] = { "", "-]", "+}" };
  g_autofree char *text = NULL;

  text = span->kind == BKS_DIFF_INSERTED ? g_strndup (sides->new_text + span->new_start, span->new_length)
                                         : g_strndup (sides->old_text + span->old_start, span->old_length);
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "kind", kinds[span->kind]);
  bks_json_add_string (builder, "text", text);
  json_builder_end_object (builder);
  if (cli->json)
    return;
  bks_cli_print (cli, "%s", before[span->kind]);
  bks_cli_print_text (cli, text);
  bks_cli_print (cli, "%s", after[span->kind]);
}

static gboolean
print_comparison (BksCli  *cli,
                  Sides   *sides,
                  GError **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GArray) spans = dex_await_boxed (bks_run_in_thread (cli->stop, compare_thread, sides, NULL), error);

  if (spans == NULL)
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_add_boolean (builder, "same", g_str_equal (sides->old_text, sides->new_text));
  bks_json_begin_array (builder, "spans");
  for (guint i = 0; i < spans->len; i++)
    print_span (cli, builder, sides, &g_array_index (spans, BksDiffSpan, i));
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  if (!cli->json)
    bks_cli_print (cli, "\n");
  return TRUE;
}

static gboolean
compare (BksCli  *cli,
         GError **error)
{
  g_autoptr(BksBookSession) session = NULL;
  Sides *sides;
  BksNode *node;
  gboolean ok;

  session = bks_cli_open_node (cli, cli->arguments[0], FALSE, &node, error);
  if (session == NULL)
    return FALSE;
  sides = g_new0 (Sides, 1);
  sides->old_text = read_side (cli, session, node, cli->arguments[1], error);
  if (sides->old_text != NULL)
    sides->new_text = read_side (cli, session, node, cli->arguments[2], error);
  ok = sides->new_text != NULL && print_comparison (cli, sides, error);
  sides_free (sides);
  return ok;
}

const BksCliVerb bks_cli_revision_verbs[] = {
  { "node", "keep", "NODE", N_("Make a revision of the present text"), keep, NULL, 1, 1, BKS_CLI_PLAIN },
  { "node", "revisions", "NODE", N_("List the earlier texts that are kept"), revisions, NULL, 1, 1, BKS_CLI_PLAIN },
  { "node", "restore", "NODE REVISION", N_("Make an earlier text the present one, which is kept, too"), restore, NULL, 2, 2, BKS_CLI_PLAIN },
  { "node", "compare", "NODE REVISION [REVISION | current]", N_("Show what was changed between two texts, word by word"), compare, NULL, 2, 3, BKS_CLI_PLAIN },
  { NULL },
};
