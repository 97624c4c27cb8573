/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-cli-private.h"
#include "bks-error.h"

static struct
{
  char    *author;
  char    *format;
  char    *output;
  gboolean sample;
} options;

static void
add_book_members (JsonBuilder *builder,
                  BksBook     *book)
{
  bks_json_add_string (builder, "id", bks_book_get_id (book));
  bks_json_add_string (builder, "title", bks_book_get_title (book));
  bks_json_add_string (builder, "author", bks_book_get_author (book));
  bks_json_add_string (builder, "language", bks_book_get_language (book));
  bks_json_add_int (builder, "words", bks_book_get_words (book));
  bks_json_add_int (builder, "created_at", bks_book_get_created_at (book));
  bks_json_add_int (builder, "updated_at", bks_book_get_updated_at (book));
  bks_json_add_boolean (builder, "local_only", bks_book_get_local_only (book));
}

static void
add_day (JsonBuilder  *builder,
         const BksDay *day)
{
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "date", day->date);
  bks_json_add_int (builder, "written", day->written);
  bks_json_add_int (builder, "net", day->net);
  json_builder_end_object (builder);
}

/* The document of "book import" and "book show". */
static void
add_document (JsonBuilder    *builder,
              BksBookSession *session)
{
  g_autoptr(GPtrArray) nodes = bks_book_session_list_nodes (session);
  BksBook *book = bks_book_session_get_book (session);

  json_builder_begin_object (builder);
  add_book_members (builder, book);
  bks_json_add_int (builder, "daily_goal", bks_book_get_daily_goal (book));
  json_builder_set_member_name (builder, "today");
  add_day (builder, bks_book_session_get_today (session));
  json_builder_set_member_name (builder, "nodes");
  bks_cli_add_nodes (builder, nodes);
  json_builder_end_object (builder);
}

static gboolean
add_document_of (BksCli      *cli,
                 JsonBuilder *builder,
                 BksBook     *book,
                 GError     **error)
{
  g_autoptr(BksBookSession) session = NULL;

  session = dex_await_object (bks_studio_open_book (cli->studio, bks_book_get_id (book), FALSE), error);
  if (session == NULL)
    return FALSE;
  add_document (builder, session);
  return TRUE;
}

/* What "new" and "import" print: the id alone, or the document. */
static gboolean
print_made (BksCli   *cli,
            BksBook  *book,
            GError  **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  if (!cli->json)
    {
      bks_cli_print (cli, "%s\n", bks_book_get_id (book));
      return TRUE;
    }
  if (!add_document_of (cli, builder, book, error))
    return FALSE;
  bks_cli_print_json (cli, builder);
  return TRUE;
}

static void
print_book_row (BksCli  *cli,
                BksBook *book)
{
  g_autofree char *title = bks_cli_make_line (bks_book_get_title (book));

  bks_cli_print (cli, "%s %9" G_GINT64_FORMAT "  %s\n", bks_book_get_id (book), bks_book_get_words (book), title);
}

static gboolean
list (BksCli  *cli,
      GError **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  GListModel *books = bks_studio_get_books (cli->studio);

  if (!dex_await (bks_cli_until_stop (cli, bks_studio_refresh_books (cli->studio)), error))
    return FALSE;
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "books");
  for (guint i = 0; i < g_list_model_get_n_items (books); i++)
    {
      g_autoptr(BksBook) book = g_list_model_get_item (books, i);

      json_builder_begin_object (builder);
      add_book_members (builder, book);
      json_builder_end_object (builder);
      if (!cli->json)
        print_book_row (cli, book);
    }
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  return TRUE;
}

static gboolean
new (BksCli  *cli,
     GError **error)
{
  const char *author = options.author != NULL ? options.author : "";
  g_autoptr(BksBook) book = NULL;

  if (!bks_cli_check_text (cli->arguments[0], "TITLE", error) || !bks_cli_check_text (author, "--author", error))
    return FALSE;
  book = dex_await_object (bks_studio_create_book (cli->studio, cli->arguments[0], author), error);
  return book != NULL && print_made (cli, book, error);
}

static gboolean
import_sample (BksCli  *cli,
               GError **error)
{
  g_autoptr(BksBook) book = dex_await_object (bks_studio_import_sample (cli->studio, cli->stop), error);

  return book != NULL && print_made (cli, book, error);
}

static BksBook *
import_file (BksCli      *cli,
             const char  *name,
             GError     **error)
{
  g_autoptr(GFile) file = g_file_new_for_commandline_arg (name);

  return dex_await_object (bks_studio_import_book (cli->studio, file, cli->stop), error);
}

/* Several files: those that can be imported are; the others are named one by one. */
static gboolean
import_files (BksCli  *cli,
              GError **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  gboolean ok = TRUE;

  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "books");
  for (guint i = 0; cli->arguments[i] != NULL && !bks_error_is_cancelled (*error); i++)
    {
      g_autoptr(GError) failure = NULL;
      g_autoptr(BksBook) book = import_file (cli, cli->arguments[i], &failure);

      if (book != NULL && !cli->json)
        bks_cli_print (cli, "%s\n", bks_book_get_id (book));
      if (book != NULL && (!cli->json || add_document_of (cli, builder, book, &failure)))
        continue;
      ok = FALSE;
      if (*error != NULL)
        bks_cli_complain (*error);
      g_clear_error (error);
      *error = g_steal_pointer (&failure);
    }
  json_builder_end_array (builder);
  bks_cli_end_answer (cli, builder);
  return ok;
}

static gboolean
import (BksCli  *cli,
        GError **error)
{
  g_autoptr(BksBook) book = NULL;
  guint count = g_strv_length (cli->arguments);

  if (options.sample && count > 0)
    return bks_cli_usage_error (error, _("--sample takes no file"));
  if (!options.sample && count == 0)
    return bks_cli_usage_error (error, _("An argument is missing: FILE"));
  if (options.sample)
    return import_sample (cli, error);
  if (count > 1)
    return import_files (cli, error);
  book = import_file (cli, cli->arguments[0], error);
  return book != NULL && print_made (cli, book, error);
}

static gboolean
show (BksCli  *cli,
      GError **error)
{
  g_autoptr(BksBookSession) session = bks_cli_open_book (cli, cli->arguments[0], FALSE, error);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GPtrArray) nodes = NULL;
  g_autofree char *title = NULL;
  g_autofree char *author = NULL;
  BksBook *book;

  if (session == NULL)
    return FALSE;
  if (cli->json)
    {
      add_document (builder, session);
      bks_cli_print_json (cli, builder);
      return TRUE;
    }

  book = bks_book_session_get_book (session);
  title = bks_cli_make_line (bks_book_get_title (book));
  author = bks_cli_make_line (bks_book_get_author (book));
  bks_cli_print (cli, "%s\n", title);
  if (*author != '\0')
    bks_cli_print (cli, _("Author: %s\n"), author);
  bks_cli_print (cli, _("Language: %s\n"), bks_book_get_language (book));
  bks_cli_print (cli, _("Words: %" G_GINT64_FORMAT "\n\n"), bks_book_get_words (book));
  nodes = bks_book_session_list_nodes (session);
  bks_cli_print_nodes (cli, nodes);
  return TRUE;
}

static gboolean
export (BksCli  *cli,
        GError **error)
{
  g_autoptr(BksBook) book = NULL;
  g_autoptr(GFile) destination = NULL;
  BksExportFormat format;

  if (options.format == NULL || options.output == NULL)
    return bks_cli_usage_error (error, _("An option is missing: --format FORMAT -o FILE"));
  if (!bks_cli_check_text (options.format, "--format", error))
    return FALSE;
  if (!bks_export_format_from_string (options.format, &format))
    return bks_cli_usage_error (error, _("There is no format “%s”, only epub, markdown and text"), options.format);

  book = bks_cli_find_book (cli, cli->arguments[0], error);
  if (book == NULL)
    return FALSE;
  destination = g_file_new_for_commandline_arg (options.output);
  return dex_await (bks_studio_export_book (cli->studio, bks_book_get_id (book), format, destination, cli->stop),
                    error);
}

static gboolean
set_local_only (BksCli      *cli,
                const char  *value,
                GError     **error)
{
  gboolean on = g_str_equal (value, "on");
  g_autoptr(BksBookSession) session = NULL;

  if (!on && !g_str_equal (value, "off"))
    return bks_cli_usage_error (error, _("local-only is on or off"));
  session = bks_cli_open_book (cli, cli->arguments[0], TRUE, error);
  return session != NULL && dex_await (bks_book_session_set_local_only (session, on), error) &&
         bks_cli_close_book (session, error);
}

static gboolean
set_daily_goal (BksCli      *cli,
                const char  *value,
                GError     **error)
{
  g_autoptr(BksBookSession) session = NULL;
  guint64 words;

  if (!g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT32, &words, NULL))
    return bks_cli_usage_error (error, _("daily-goal is a number of words, 0 for none"));
  session = bks_cli_open_book (cli, cli->arguments[0], TRUE, error);
  return session != NULL && dex_await (bks_book_session_set_daily_goal (session, (gint64) words), error) &&
         bks_cli_close_book (session, error);
}

static gboolean
set_details (BksCli      *cli,
             const char  *name,
             const char  *value,
             GError     **error)
{
  gboolean is_title = g_str_equal (name, "title");
  gboolean is_author = g_str_equal (name, "author");
  gboolean is_language = g_str_equal (name, "language");
  g_autoptr(BksBookSession) session = NULL;

  if (!is_title && !is_author && !is_language)
    return bks_cli_usage_error (error, _("“%s” is no setting of a book, only local-only, daily-goal, title, author and language are"),
                                name);
  session = bks_cli_open_book (cli, cli->arguments[0], TRUE, error);
  return session != NULL &&
         dex_await (bks_book_session_set_details (session, is_title ? value : NULL, is_author ? value : NULL,
                                                  is_language ? value : NULL),
                    error) &&
         bks_cli_close_book (session, error);
}

static gboolean
set (BksCli  *cli,
     GError **error)
{
  const char *name = cli->arguments[1];
  const char *value = cli->arguments[2];

  if (!bks_cli_check_text (name, "SETTING", error) || !bks_cli_check_text (value, "VALUE", error))
    return FALSE;
  if (g_str_equal (name, "local-only"))
    return set_local_only (cli, value, error);
  if (g_str_equal (name, "daily-goal"))
    return set_daily_goal (cli, value, error);
  return set_details (cli, name, value, error);
}

static gboolean
days (BksCli  *cli,
      GError **error)
{
  g_autoptr(BksBookSession) session = bks_cli_open_book (cli, cli->arguments[0], FALSE, error);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(GPtrArray) list = NULL;

  if (session == NULL)
    return FALSE;
  list = dex_await_boxed (bks_cli_until_stop (cli, bks_book_session_list_days (session)), error);
  if (list == NULL)
    return FALSE;
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "days");
  json_builder_begin_array (builder);
  for (guint i = 0; i < list->len; i++)
    {
      const BksDay *day = g_ptr_array_index (list, i);

      add_day (builder, day);
      if (!cli->json)
        bks_cli_print (cli, "%s %9" G_GINT64_FORMAT " %+9" G_GINT64_FORMAT "\n", day->date, day->written, day->net);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  if (cli->json)
    bks_cli_print_json (cli, builder);
  return TRUE;
}

static gboolean
delete (BksCli  *cli,
        GError **error)
{
  g_autoptr(BksBook) book = bks_cli_find_book (cli, cli->arguments[0], error);

  return book != NULL && dex_await (bks_studio_trash_book (cli->studio, bks_book_get_id (book)), error);
}

static const GOptionEntry new_options[] = {
  { "author", 0, 0, G_OPTION_ARG_FILENAME, &options.author, N_("Who writes it"), N_("NAME") },
  { NULL },
};

static const GOptionEntry import_options[] = {
  { "sample", 0, 0, G_OPTION_ARG_NONE, &options.sample, N_("Import the sample book that ships with the program"), NULL },
  { NULL },
};

static const GOptionEntry export_options[] = {
  { "format", 0, 0, G_OPTION_ARG_FILENAME, &options.format, N_("epub, markdown or text"), N_("FORMAT") },
  { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, N_("The file to write; an old one is replaced"), N_("FILE") },
  { NULL },
};

const BksCliVerb bks_cli_book_verbs[] = {
  { "book", "list", "", N_("List the books"), list, NULL, 0, 0, BKS_CLI_PLAIN },
  { "book", "new", "TITLE", N_("Make a book with one empty chapter and print its id"), new, new_options, 1, 1, BKS_CLI_PLAIN },
  { "book", "import", "FILE… | --sample", N_("Make a book of a text or Markdown file and print its id"), import, import_options, 0, -1, BKS_CLI_PLAIN },
  { "book", "show", "BOOK", N_("Show a book and its parts"), show, NULL, 1, 1, BKS_CLI_PLAIN },
  { "book", "export", "BOOK --format FORMAT -o FILE", N_("Write a book to a file: epub, markdown or text"), export, export_options, 1, 1, BKS_CLI_PLAIN },
  { "book", "set", "BOOK SETTING VALUE", N_("Change its title, author, language or daily-goal, or whether it is local-only: on or off"), set, NULL, 3, 3, BKS_CLI_PLAIN },
  { "book", "days", "BOOK", N_("List how many words were written on each day, and by how many the book grew"), days, NULL, 1, 1, BKS_CLI_PLAIN },
  { "book", "delete", "BOOK", N_("Put a book into the trash"), delete, NULL, 1, 1, BKS_CLI_PLAIN },
  { NULL },
};
