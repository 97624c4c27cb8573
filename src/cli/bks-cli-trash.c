/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-book-history.h"
#include "bks-cli-private.h"

/* The trash: of the library and of each book. */

static void
add_trashed (BksCli         *cli,
             JsonBuilder    *builder,
             BksBook        *book,
             BksTrashedNode *node)
{
  g_autofree char *title = bks_cli_make_line (node->title);

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "book", bks_book_get_id (book));
  bks_json_add_string (builder, "id", node->id);
  bks_json_add_string (builder, "kind", bks_node_kind_to_string (node->kind));
  bks_json_add_string (builder, "title", node->title);
  bks_json_add_int (builder, "trashed_at", node->trashed_at);
  bks_json_add_int (builder, "nodes", node->nodes);
  bks_json_add_int (builder, "words", node->words);
  json_builder_end_object (builder);
  if (!cli->json)
    bks_cli_print (cli, "%s/%s  %-12s %9" G_GINT64_FORMAT "  %s\n", bks_book_get_id (book), node->id,
                   bks_node_kind_to_string (node->kind), node->words, title);
}

static gboolean
add_trash_of (BksCli       *cli,
              JsonBuilder  *builder,
              BksBook      *book,
              GError      **error)
{
  g_autoptr(BksBookSession) session = NULL;
  g_autoptr(GPtrArray) nodes = NULL;

  session = dex_await_object (bks_cli_until_stop (cli, bks_studio_open_book (cli->studio, bks_book_get_id (book), FALSE)),
                              error);
  nodes = session != NULL ? dex_await_boxed (bks_cli_until_stop (cli, bks_book_session_list_trash (session)), error) : NULL;
  for (guint i = 0; nodes != NULL && i < nodes->len; i++)
    add_trashed (cli, builder, book, g_ptr_array_index (nodes, i));
  return nodes != NULL;
}

static gboolean
add_all_trash (BksCli       *cli,
               JsonBuilder  *builder,
               GError      **error)
{
  GListModel *books = bks_studio_get_books (cli->studio);

  for (guint i = 0; i < g_list_model_get_n_items (books); i++)
    {
      g_autoptr(BksBook) book = g_list_model_get_item (books, i);

      if (!add_trash_of (cli, builder, book, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_trashed_books (BksCli       *cli,
                   JsonBuilder  *builder,
                   GError      **error)
{
  g_autoptr(GPtrArray) books = dex_await_boxed (bks_studio_list_trashed_books (cli->studio), error);

  for (guint i = 0; books != NULL && i < books->len; i++)
    {
      BksBook *book = g_ptr_array_index (books, i);
      g_autofree char *title = bks_cli_make_line (bks_book_get_title (book));

      json_builder_begin_object (builder);
      bks_json_add_string (builder, "id", bks_book_get_id (book));
      bks_json_add_string (builder, "title", bks_book_get_title (book));
      bks_json_add_int (builder, "words", bks_book_get_words (book));
      json_builder_end_object (builder);
      if (!cli->json)
        bks_cli_print (cli, "%s  %-12s %9" G_GINT64_FORMAT "  %s\n", bks_book_get_id (book), "book",
                       bks_book_get_words (book), title);
    }
  return books != NULL;
}

static gboolean
list_trash (BksCli  *cli,
            GError **error)
{
  g_autoptr(BksBook) book = cli->arguments[0] != NULL ? bks_cli_find_book (cli, cli->arguments[0], error) : NULL;
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  if (cli->arguments[0] != NULL && book == NULL)
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "books");
  if (book == NULL && !add_trashed_books (cli, builder, error))
    return FALSE;
  json_builder_end_array (builder);
  bks_json_begin_array (builder, "nodes");
  if (!(book != NULL ? add_trash_of (cli, builder, book, error) : add_all_trash (cli, builder, error)))
    return FALSE;
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  return TRUE;
}

static gboolean
restore (BksCli  *cli,
         GError **error)
{
  const char *text = cli->arguments[0];
  g_auto(GStrv) parts = g_strsplit (text, "/", 2);
  g_autoptr(BksBookSession) session = NULL;

  if (!bks_cli_check_text (text, "NODE", error))
    return FALSE;
  if (g_strv_length (parts) != 2)
    return dex_await (bks_studio_restore_book (cli->studio, text), error);
  session = bks_cli_open_book (cli, parts[0], TRUE, error);
  return session != NULL &&
         dex_await (bks_book_session_restore_node (session, parts[1]), error) &&
         bks_cli_close_book (session, error);
}

static gboolean
empty (BksCli  *cli,
       GError **error)
{
  g_autoptr(BksBookSession) session = bks_cli_open_book (cli, cli->arguments[0], TRUE, error);
  gint64 count;

  if (session == NULL || !bks_await_int64 (bks_book_session_empty_trash (session), &count, error) ||
      !bks_cli_close_book (session, error))
    return FALSE;
  bks_cli_answer_int (cli, "deleted", count);
  return TRUE;
}

const BksCliVerb bks_cli_trash_verbs[] = {
  { "trash", "list", "[BOOK]", N_("List what is in the trash"), list_trash, NULL, 0, 1, BKS_CLI_PLAIN },
  { "trash", "restore", "BOOK | NODE", N_("Take a book or a node out of the trash, by its whole id"), restore, NULL, 1, 1, BKS_CLI_PLAIN },
  { "trash", "empty", "BOOK", N_("Delete for good what is in a book’s trash, with its revisions"), empty, NULL, 1, 1, BKS_CLI_PLAIN },
  { NULL },
};
