/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include "bks-cli-private.h"

/* What a run answers to a program. */

/**
 * bks_cli_print_json:
 * @cli: this run
 * @builder: a finished document
 *
 * Prints it on one line.
 */
void
bks_cli_print_json (BksCli      *cli,
                    JsonBuilder *builder)
{
  g_autofree char *text = bks_json_builder_end (builder);

  bks_cli_print (cli, "%s\n", text);
}

/**
 * bks_cli_end_answer:
 * @cli: this run
 * @builder: a document, within its outermost object
 *
 * Finishes it, and prints it where JSON was asked for.
 */
void
bks_cli_end_answer (BksCli      *cli,
                    JsonBuilder *builder)
{
  json_builder_end_object (builder);
  if (cli->json)
    bks_cli_print_json (cli, builder);
}

/**
 * bks_cli_answer_int:
 * @cli: this run
 * @member: its name
 * @value: a number
 *
 * Prints an object with one member; nothing where no JSON was asked for.
 */
void
bks_cli_answer_int (BksCli     *cli,
                    const char *member,
                    gint64      value)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  bks_json_add_int (builder, member, value);
  bks_cli_end_answer (cli, builder);
}
