/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-cli-private.h"
#include "bks-error.h"

#define ROLE "embed"

static struct
{
  char *model;
  char *book;
} options;

/* The model that was asked for, else the first of the role. */
static BksTarget *
choose_target (BksCli  *cli,
               GError **error)
{
  g_autoptr(GPtrArray) targets = NULL;

  if (options.model != NULL && !bks_cli_check_text (options.model, "--model", error))
    return NULL;
  targets = dex_await_boxed (bks_cli_until_stop (cli, bks_router_list_targets (bks_studio_get_router (cli->studio),
                                                                               options.model, ROLE, cli->stop)),
                             error);
  if (targets == NULL)
    return NULL;
  if (targets->len > 0)
    return bks_target_copy (g_ptr_array_index (targets, 0));
  g_set_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND,
               _("The role “%s” has no model; choose one with “%s role set %s PROVIDER:MODEL”"), ROLE, BKS_CLI_NAME, ROLE);
  return NULL;
}

static void
print_vectors (BksCli    *cli,
               BksTarget *target,
               GPtrArray *vectors)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "provider", target->provider);
  bks_json_add_string (builder, "model", target->model);
  bks_json_begin_array (builder, "vectors");
  for (guint i = 0; i < vectors->len; i++)
    {
      GArray *vector = g_ptr_array_index (vectors, i);

      json_builder_begin_array (builder);
      for (guint j = 0; j < vector->len; j++)
        json_builder_add_double_value (builder, (double) g_array_index (vector, float, j));
      json_builder_end_array (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  bks_cli_print_json (cli, builder);
}

static char **
read_texts (BksCli  *cli,
            GError **error)
{
  g_autofree char *text = NULL;
  const char *one[] = { NULL, NULL };

  for (guint i = 0; cli->arguments[i] != NULL; i++)
    if (!bks_cli_check_text (cli->arguments[i], "TEXT", error))
      return NULL;
  if (cli->arguments[0] != NULL)
    return g_strdupv (cli->arguments);
  text = bks_cli_read_input (cli, cli->limits->node_text_bytes, error);
  if (text == NULL)
    return NULL;
  if (*text == '\0')
    {
      bks_cli_usage_error (error, _("The text is empty"));
      return NULL;
    }
  one[0] = text;
  return g_strdupv ((char **) one);
}

static gboolean
embed (BksCli  *cli,
       GError **error)
{
  g_auto(GStrv) texts = read_texts (cli, error);
  g_autoptr(BksBook) book = NULL;
  g_autoptr(BksTarget) target = NULL;
  g_autoptr(GPtrArray) vectors = NULL;

  if (texts == NULL ||
      (options.book != NULL && (book = bks_cli_find_book (cli, options.book, error)) == NULL) ||
      (target = choose_target (cli, error)) == NULL)
    return FALSE;
  vectors = dex_await_boxed (bks_router_embed (bks_studio_get_router (cli->studio), target, (const char *const *) texts,
                                               book != NULL ? bks_book_get_id (book) : NULL, cli->stop),
                             error);
  if (vectors == NULL)
    return FALSE;
  print_vectors (cli, target, vectors);
  return TRUE;
}

static const GOptionEntry embed_options[] = {
  { "model", 0, 0, G_OPTION_ARG_FILENAME, &options.model, N_("A model that makes embeddings, or PROVIDER:MODEL; without, that of the role “embed”"), N_("MODEL") },
  { "book", 0, 0, G_OPTION_ARG_FILENAME, &options.book, N_("The book that it is for, in the usage and its rules"), N_("BOOK") },
  { NULL },
};

const BksCliVerb bks_cli_embed_verbs[] = {
  { "embed", NULL, "[TEXT…]", N_("Turn texts into vectors that can be compared, as JSON"), embed, embed_options, 0, -1, BKS_CLI_PLAIN },
  { NULL },
};
