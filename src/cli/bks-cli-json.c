/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include "bks-cli-private.h"
#include "bks-json.h"

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
  bks_cli_add_int (builder, member, value);
  bks_cli_end_answer (cli, builder);
}

/**
 * bks_cli_begin_list:
 * @builder: where
 * @member: its name
 *
 * Begins a member that is a list; json_builder_end_array() ends it.
 */
void
bks_cli_begin_list (JsonBuilder *builder,
                    const char  *member)
{
  json_builder_set_member_name (builder, member);
  json_builder_begin_array (builder);
}

/**
 * bks_cli_add_string:
 * @builder: where
 * @member: its name
 * @value: (nullable): %NULL for null
 */
void
bks_cli_add_string (JsonBuilder *builder,
                    const char  *member,
                    const char  *value)
{
  json_builder_set_member_name (builder, member);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

/**
 * bks_cli_add_int:
 * @builder: where
 * @member: its name
 * @value: a number
 */
void
bks_cli_add_int (JsonBuilder *builder,
                 const char  *member,
                 gint64       value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_int_value (builder, value);
}

/**
 * bks_cli_add_count:
 * @builder: where
 * @member: its name
 * @value: a count, null where it is negative, and so unknown
 */
void
bks_cli_add_count (JsonBuilder *builder,
                   const char  *member,
                   gint64       value)
{
  json_builder_set_member_name (builder, member);
  if (value >= 0)
    json_builder_add_int_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

/**
 * bks_cli_add_boolean:
 * @builder: where
 * @member: its name
 * @value: a truth value
 */
void
bks_cli_add_boolean (JsonBuilder *builder,
                     const char  *member,
                     gboolean     value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_boolean_value (builder, value);
}

/**
 * bks_cli_add_money:
 * @builder: where
 * @member: its name
 * @value: an amount, written as a decimal string; null where it is unknown
 */
void
bks_cli_add_money (JsonBuilder *builder,
                   const char  *member,
                   BksMoney     value)
{
  g_autofree char *text = value != BKS_MONEY_UNKNOWN ? bks_money_format (value) : NULL;

  bks_cli_add_string (builder, member, text);
}
