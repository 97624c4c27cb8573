/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-cli-private.h"
#include "bks-diff.h"
#include "bks-error.h"
#include "bks-revisions.h"

/* Earlier texts of a node, and named snapshots. */

#define CURRENT "current"

static char *
format_time (gint64 at)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_local (at / 1000);

  return g_date_time_format (time, "%Y-%m-%d %H:%M:%S");
}

static void
add_revision (JsonBuilder *builder,
              BksRevision *revision)
{
  json_builder_begin_object (builder);
  bks_cli_add_int (builder, "revision", revision->number);
  bks_cli_add_int (builder, "at", revision->at);
  bks_cli_add_string (builder, "cause", revision->cause);
  bks_cli_add_string (builder, "snapshot", revision->name);
  bks_cli_add_int (builder, "words", revision->words);
  bks_cli_add_int (builder, "bytes", revision->bytes);
  json_builder_end_object (builder);
}

static void
print_revision (BksCli      *cli,
                BksRevision *revision)
{
  g_autofree char *at = format_time (revision->at);
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
  bks_cli_add_int (builder, "current", bks_node_get_revision (node));
  json_builder_set_member_name (builder, "revisions");
  json_builder_begin_array (builder);
  for (guint i = 0; i < list->len; i++)
    {
      add_revision (builder, g_ptr_array_index (list, i));
      if (!cli->json)
        print_revision (cli, g_ptr_array_index (list, i));
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  if (cli->json)
    bks_cli_print_json (cli, builder);
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
  bks_cli_add_string (builder, "kind", kinds[span->kind]);
  bks_cli_add_string (builder, "text", text);
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
  bks_cli_add_boolean (builder, "same", g_str_equal (sides->old_text, sides->new_text));
  json_builder_set_member_name (builder, "spans");
  json_builder_begin_array (builder);
  for (guint i = 0; i < spans->len; i++)
    print_span (cli, builder, sides, &g_array_index (spans, BksDiffSpan, i));
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  if (cli->json)
    bks_cli_print_json (cli, builder);
  else
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
  if (cli->json)
    {
      g_autoptr(JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      bks_cli_add_string (builder, "id", id);
      json_builder_end_object (builder);
      bks_cli_print_json (cli, builder);
    }
  else
    bks_cli_print (cli, "%s\n", id);
  return TRUE;
}

static void
print_snapshot (BksCli      *cli,
                BksSnapshot *snapshot)
{
  g_autofree char *at = format_time (snapshot->at);
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
  json_builder_set_member_name (builder, "snapshots");
  json_builder_begin_array (builder);
  for (guint i = 0; i < list->len; i++)
    {
      BksSnapshot *snapshot = g_ptr_array_index (list, i);

      json_builder_begin_object (builder);
      bks_cli_add_string (builder, "id", snapshot->id);
      bks_cli_add_string (builder, "name", snapshot->name);
      bks_cli_add_string (builder, "node", snapshot->node_id);
      bks_cli_add_int (builder, "at", snapshot->at);
      bks_cli_add_int (builder, "texts", snapshot->texts);
      bks_cli_add_int (builder, "words", snapshot->words);
      json_builder_end_object (builder);
      if (!cli->json)
        print_snapshot (cli, snapshot);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  if (cli->json)
    bks_cli_print_json (cli, builder);
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
  g_autoptr(GError) local = NULL;
  const char *id;
  gint64 changed;

  if (!bks_cli_check_text (cli->arguments[1], "SNAPSHOT", error))
    return FALSE;
  session = bks_cli_open_book (cli, cli->arguments[0], TRUE, error);
  if (session == NULL)
    return FALSE;
  list = dex_await_boxed (bks_book_session_list_snapshots (session), error);
  id = list != NULL ? find_snapshot (list, cli->arguments[1], error) : NULL;
  if (id == NULL)
    return FALSE;
  changed = dex_await_int64 (bks_book_session_restore_snapshot (session, id), &local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (!bks_cli_close_book (session, error))
    return FALSE;
  if (cli->json)
    {
      g_autoptr(JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      bks_cli_add_int (builder, "changed", changed);
      json_builder_end_object (builder);
      bks_cli_print_json (cli, builder);
    }
  return TRUE;
}

const BksCliVerb bks_cli_snapshot_verbs[] = {
  { "snapshot", "add", "BOOK | NODE NAME", N_("Keep the texts of a book or a part of it for ever and print the snapshot’s id"), add_snapshot, NULL, 2, 2, BKS_CLI_PLAIN },
  { "snapshot", "list", "BOOK", N_("List the named snapshots of a book"), list_snapshots, NULL, 1, 1, BKS_CLI_PLAIN },
  { "snapshot", "restore", "BOOK SNAPSHOT", N_("Make the texts of a snapshot the present ones, which are kept, too"), restore_snapshot, NULL, 2, 2, BKS_CLI_PLAIN },
  { NULL },
};
