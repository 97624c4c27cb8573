/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "bks-async.h"
#include "bks-cli-output-private.h"
#include "bks-device.h"
#include "bks-json.h"
#include "bks-studio.h"

G_BEGIN_DECLS

#define BKS_CLI_NAME "book-studio-cli"

/* What was asked of this run, and what a verb needs to do it. */
typedef struct
{
  /* Options that every verb has. */
  char           *data_dir;
  gboolean        json;
  gboolean        help;
  /* What else stood on the line; NULL-terminated, never NULL, UTF-8 or a file's name. */
  char          **arguments;

  BksLimits      *limits;
  BksStudio      *studio;    /* open */
  DexCancellable *stop;      /* Ctrl+C, a termination, or nobody to read the output */
  BksCliOutput   *output;
} BksCli;

/* In a fiber. FALSE with an error of BKS_ERROR (exit 1) or G_OPTION_ERROR (exit 2). */
typedef gboolean (*BksCliFunc) (BksCli  *cli,
                                GError **error);

typedef enum
{
  BKS_CLI_PLAIN,
  /* Its line may hold a key by mistake: nothing of it is repeated. */
  BKS_CLI_DISCREET,
} BksCliFlags;

/* One verb; a table of them ends with one that has no group. */
typedef struct
{
  const char         *group;
  const char         *name;       /* NULL: the group is the verb */
  const char         *parameters; /* as --help shows them */
  const char         *summary;    /* for gettext */
  BksCliFunc          run;
  const GOptionEntry *options;    /* of its own; strings as G_OPTION_ARG_FILENAME; see bks-cli-line.c */
  int                 least;      /* arguments */
  int                 most;       /* -1: any number */
  BksCliFlags         flags;
} BksCliVerb;

extern const BksCliVerb bks_cli_book_verbs[];
extern const BksCliVerb bks_cli_node_verbs[];
extern const BksCliVerb bks_cli_revision_verbs[];
extern const BksCliVerb bks_cli_snapshot_verbs[];
extern const BksCliVerb bks_cli_history_verbs[];
extern const BksCliVerb bks_cli_trash_verbs[];
extern const BksCliVerb bks_cli_backup_verbs[];
extern const BksCliVerb bks_cli_complete_verbs[];
extern const BksCliVerb bks_cli_embed_verbs[];
extern const BksCliVerb bks_cli_provider_verbs[];
extern const BksCliVerb bks_cli_health_verbs[];
extern const BksCliVerb bks_cli_role_verbs[];
extern const BksCliVerb bks_cli_usage_verbs[];
extern const BksCliVerb bks_cli_budget_verbs[];
extern const BksCliVerb bks_cli_price_verbs[];
extern const BksCliVerb bks_cli_plan_verbs[];
extern const BksCliVerb bks_cli_device_verbs[];
extern const BksCliVerb bks_cli_serve_verbs[];

/* bks-cli-line.c */
const BksCliVerb *bks_cli_read_line      (BksCli       *cli,
                                          int          *exit_status,
                                          int           argc,
                                          char        **argv);

/* bks-cli.c */
void              bks_cli_complain       (const GError *error);
DexFuture        *bks_cli_until_stop     (BksCli       *cli,
                                          DexFuture    *future);
gboolean          bks_cli_usage_error    (GError      **error,
                                          const char   *format,
                                          ...) G_GNUC_PRINTF (2, 3);
gboolean          bks_cli_check_text     (const char   *text,
                                          const char   *what,
                                          GError      **error);
void              bks_cli_print          (BksCli       *cli,
                                          const char   *format,
                                          ...) G_GNUC_PRINTF (2, 3);
void              bks_cli_print_text     (BksCli       *cli,
                                          const char   *text);
void              bks_cli_print_id       (BksCli       *cli,
                                          const char   *id);
char             *bks_cli_make_line      (const char   *text);
char             *bks_cli_format_time    (gint64        at_ms);
char             *bks_cli_read_input     (BksCli       *cli,
                                          gint64        most_bytes,
                                          GError      **error);
char             *bks_cli_read_secret    (BksCli       *cli,
                                          const char   *prompt,
                                          GError      **error);
void              bks_cli_wipe           (char         *secret);
BksBook          *bks_cli_find_book      (BksCli       *cli,
                                          const char   *text,
                                          GError      **error);
BksBookSession   *bks_cli_open_book      (BksCli       *cli,
                                          const char   *text,
                                          gboolean      writable,
                                          GError      **error);
BksBookSession   *bks_cli_open_node      (BksCli       *cli,
                                          const char   *text,
                                          gboolean      writable,
                                          BksNode     **node,
                                          GError      **error);
gboolean          bks_cli_close_book     (BksBookSession *session,
                                          GError      **error);
BksTarget        *bks_cli_read_target    (BksCli       *cli,
                                          const char   *text,
                                          GError      **error);

/* bks-cli-node.c */
void              bks_cli_add_nodes      (JsonBuilder  *builder,
                                          GPtrArray    *nodes);
void              bks_cli_print_nodes    (BksCli       *cli,
                                          GPtrArray    *nodes);

/* bks-cli-trouble.c */
GError           *bks_cli_explain        (const BksProviderInfo *info,
                                          GError       *error);

/* bks-cli-device.c */
BksDevice        *bks_cli_find_device    (BksCli       *cli,
                                          const char   *text,
                                          GError      **error);

/* bks-cli-budget.c */
void              bks_cli_watch_budgets  (BksCli       *cli);
char             *bks_cli_format_reset   (gint64        at_ms);
gboolean          bks_cli_read_money     (const char   *text,
                                          const char   *what,
                                          BksMoney     *money,
                                          GError      **error);

/* bks-cli-json.c */
void              bks_cli_print_json     (BksCli       *cli,
                                          JsonBuilder  *builder);
void              bks_cli_end_answer     (BksCli       *cli,
                                          JsonBuilder  *builder);
void              bks_cli_answer_int     (BksCli       *cli,
                                          const char   *member,
                                          gint64        value);

G_END_DECLS
