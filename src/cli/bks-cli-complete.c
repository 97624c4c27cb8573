/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "bks-cli-private.h"
#include "bks-error.h"
#include "bks-json.h"
#include "bks-redact.h"

#define DEFAULT_ROLE "draft"
#define MESSAGE_BYTES 4096

static struct
{
  char    *model;
  char    *role;
  char    *targets;
  char    *system;
  char    *book;
  gint64   max_tokens;
  double   temperature;
  gboolean whole;
  gboolean events;
  gboolean no_failover;
} options = { .max_tokens = -1, .temperature = NAN };

static JsonBuilder *
begin_event (const char *name)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  bks_cli_add_string (builder, "event", name);
  return builder;
}

static void
print_event (BksCli      *cli,
             JsonBuilder *builder)
{
  json_builder_end_object (builder);
  bks_cli_print_json (cli, builder);
}

static void
print_text_event (BksCli     *cli,
                  const char *name,
                  const char *text)
{
  g_autoptr(JsonBuilder) builder = begin_event (name);

  bks_cli_add_string (builder, "text", text);
  print_event (cli, builder);
}

static void
text_cb (BksAnswer  *answer,
         const char *text,
         BksCli     *cli)
{
  if (options.events)
    print_text_event (cli, "text", text);
  else if (!cli->json)
    bks_cli_print_text (cli, text);
}

static void
reasoning_cb (BksAnswer  *answer,
              const char *text,
              BksCli     *cli)
{
  if (options.events)
    print_text_event (cli, "reasoning", text);
}

static void
print_attempt (BksCli    *cli,
               BksTarget *target)
{
  g_autoptr(JsonBuilder) builder = begin_event ("attempt");

  bks_cli_add_string (builder, "provider", target->provider);
  bks_cli_add_string (builder, "model", target->model);
  bks_cli_add_int (builder, "n", 1);
  print_event (cli, builder);
}

static void
add_usage_members (JsonBuilder *builder,
                   BksOutcome  *outcome)
{
  bks_cli_add_count (builder, "input", outcome->usage.input);
  bks_cli_add_count (builder, "cache_read", outcome->usage.cache_read);
  bks_cli_add_count (builder, "cache_write", outcome->usage.cache_write);
  bks_cli_add_count (builder, "output", outcome->usage.output);
  bks_cli_add_count (builder, "reasoning", outcome->usage.reasoning);
  bks_cli_add_money (builder, "cost_usd", outcome->cost);
  bks_cli_add_boolean (builder, "estimated", outcome->estimated);
}

static void
print_usage (BksCli     *cli,
             BksOutcome *outcome)
{
  g_autoptr(JsonBuilder) builder = begin_event ("usage");

  add_usage_members (builder, outcome);
  print_event (cli, builder);
}

static void
print_success_events (BksCli     *cli,
                      BksOutcome *outcome)
{
  g_autoptr(JsonBuilder) done = begin_event ("done");

  print_usage (cli, outcome);

  bks_cli_add_string (done, "provider", outcome->provider);
  bks_cli_add_string (done, "model", outcome->model);
  bks_cli_add_string (done, "finish_reason", outcome->finish_reason);
  print_event (cli, done);
}

static void
add_retry_after (JsonBuilder *builder,
                 gint64       milliseconds)
{
  json_builder_set_member_name (builder, "retry_after");
  if (milliseconds < 0)
    json_builder_add_null_value (builder);
  else if (milliseconds % 1000 == 0)
    json_builder_add_int_value (builder, milliseconds / 1000);
  else
    json_builder_add_double_value (builder, (double) milliseconds / 1000.0);
}

/* Class, status and wait: of a "failed" event, and of a step of the trail. */
static void
add_failure_members (JsonBuilder  *builder,
                     const GError *error)
{
  const BksErrorFacts *facts = bks_error_get_facts (error);

  bks_cli_add_string (builder, "class", bks_error_get_class_name (error));
  bks_cli_add_count (builder, "status", facts != NULL && facts->http_status > 0 ? (gint64) facts->http_status : -1);
  add_retry_after (builder, facts != NULL ? facts->retry_after_ms : -1);
}

static void
print_failed (BksCli       *cli,
              BksTarget    *target,
              const GError *error)
{
  g_autoptr(JsonBuilder) builder = begin_event ("failed");

  bks_cli_add_string (builder, "provider", target->provider);
  add_failure_members (builder, error);
  print_event (cli, builder);
}

static void
print_interrupted (BksCli       *cli,
                   const char   *text,
                   const GError *error)
{
  g_autoptr(JsonBuilder) builder = begin_event ("interrupted");

  bks_cli_add_string (builder, "class", bks_error_get_class_name (error));
  bks_cli_add_int (builder, "partial_chars", g_utf8_strlen (text, -1));
  print_event (cli, builder);
}

/* @target: (nullable): none was tried */
static void
print_error_event (BksCli       *cli,
                   BksTarget    *target,
                   const GError *error)
{
  g_autoptr(JsonBuilder) builder = begin_event ("error");
  g_autofree char *message = bks_redact (error->message, MESSAGE_BYTES);

  bks_cli_add_string (builder, "class", bks_error_get_class_name (error));
  bks_cli_add_string (builder, "message", message);
  json_builder_set_member_name (builder, "trail");
  json_builder_begin_array (builder);
  if (target != NULL)
    {
      json_builder_begin_object (builder);
      bks_cli_add_string (builder, "provider", target->provider);
      bks_cli_add_string (builder, "model", target->model);
      add_failure_members (builder, error);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  print_event (cli, builder);
}

static void
print_failure_events (BksCli       *cli,
                      BksTarget    *target,
                      BksAnswer    *answer,
                      const GError *error)
{
  const char *text = bks_answer_get_text (answer);
  BksOutcome *outcome = bks_router_get_outcome (answer);

  if (text != NULL && *text != '\0')
    print_interrupted (cli, text, error);
  else
    print_failed (cli, target, error);
  /* What failed may cost as well. */
  if (outcome != NULL)
    print_usage (cli, outcome);
  print_error_event (cli, target, error);
}

static void
print_document (BksCli     *cli,
                BksOutcome *outcome,
                const char *text)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  bks_cli_add_string (builder, "text", text);
  bks_cli_add_string (builder, "provider", outcome->provider);
  bks_cli_add_string (builder, "model", outcome->model);
  bks_cli_add_string (builder, "finish_reason", outcome->finish_reason);
  json_builder_set_member_name (builder, "usage");
  json_builder_begin_object (builder);
  add_usage_members (builder, outcome);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  bks_cli_print_json (cli, builder);
}

static void
print_success (BksCli     *cli,
               BksOutcome *outcome,
               const char *text)
{
  if (options.events)
    print_success_events (cli, outcome);
  else if (cli->json)
    print_document (cli, outcome, text);
  else if (*text != '\0' && !g_str_has_suffix (text, "\n"))
    bks_cli_print (cli, "\n");
}

static BksTarget *
choose_of_role (BksCli      *cli,
                const char  *role,
                GError     **error)
{
  g_autoptr(GPtrArray) targets = NULL;

  if (!bks_cli_check_text (role, "--role", error))
    return NULL;
  targets = dex_await_boxed (bks_cli_until_stop (cli, bks_router_get_role (bks_studio_get_router (cli->studio), role)),
                             error);
  if (targets == NULL)
    return NULL;
  if (targets->len == 0)
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND,
                   _("The role “%s” has no model that can be used; choose one with “%s role set %s PROVIDER:MODEL”"),
                   role, BKS_CLI_NAME, role);
      return NULL;
    }
  return bks_target_copy (g_ptr_array_index (targets, 0));
}

static BksTarget *
choose_target (BksCli  *cli,
               GError **error)
{
  BksRouter *router = bks_studio_get_router (cli->studio);
  g_auto(GStrv) targets = NULL;

  if (options.targets != NULL)
    {
      targets = g_strsplit (options.targets, ",", -1);
      return bks_cli_read_target (cli, targets[0] != NULL ? targets[0] : "", error);
    }
  if (options.model == NULL)
    return choose_of_role (cli, options.role != NULL ? options.role : DEFAULT_ROLE, error);
  if (!bks_cli_check_text (options.model, "--model", error))
    return NULL;
  return dex_await_boxed (bks_cli_until_stop (cli, bks_router_resolve_model (router, options.model)), error);
}

static gboolean
check_options (GError **error)
{
  if ((options.model != NULL) + (options.role != NULL) + (options.targets != NULL) > 1)
    return bks_cli_usage_error (error, _("Only one of --model, --role and --targets can be given"));
  if (options.max_tokens != -1 && options.max_tokens < 1)
    return bks_cli_usage_error (error, _("--max-tokens is at least 1"));
  if (!isnan (options.temperature) && !(options.temperature >= 0.0 && options.temperature <= 2.0))
    return bks_cli_usage_error (error, _("--temperature is from 0 to 2"));
  return options.system == NULL || bks_cli_check_text (options.system, "--system", error);
}

static char *
read_prompt (BksCli  *cli,
             GError **error)
{
  const char *argument = cli->arguments[0];
  g_autofree char *prompt = NULL;

  if (argument != NULL && !g_str_equal (argument, "-"))
    prompt = bks_cli_check_text (argument, "PROMPT", error) ? g_strdup (argument) : NULL;
  else
    prompt = bks_cli_read_input (cli, cli->limits->node_text_bytes, error);
  if (prompt != NULL && *prompt == '\0')
    {
      bks_cli_usage_error (error, _("The prompt is empty"));
      return NULL;
    }
  return g_steal_pointer (&prompt);
}

static BksCompletionRequest *
make_request (BksTarget  *target,
              const char *prompt)
{
  BksCompletionRequest *request = bks_completion_request_new (target->model);

  request->stream = !options.whole;
  request->max_tokens = options.max_tokens;
  request->temperature = options.temperature;
  if (options.system != NULL)
    bks_completion_request_add_message (request, "system", options.system);
  bks_completion_request_add_message (request, "user", prompt);
  return request;
}

static gboolean
send (BksCli      *cli,
      BksTarget   *target,
      const char  *prompt,
      const char  *book_id,
      GError     **error)
{
  g_autoptr(BksCompletionRequest) request = make_request (target, prompt);
  g_autoptr(BksAnswer) answer = bks_answer_new ();
  g_autoptr(BksOutcome) outcome = NULL;

  g_signal_connect (answer, "text", G_CALLBACK (text_cb), cli);
  g_signal_connect (answer, "reasoning", G_CALLBACK (reasoning_cb), cli);
  if (options.events)
    print_attempt (cli, target);

  outcome = dex_await_boxed (bks_router_complete (bks_studio_get_router (cli->studio), target, request,
                                                  options.role != NULL ? options.role : DEFAULT_ROLE,
                                                  book_id, answer, cli->stop),
                             error);
  g_signal_handlers_disconnect_by_data (answer, cli);
  if (outcome != NULL)
    print_success (cli, outcome, bks_answer_get_text (answer));
  else if (options.events)
    print_failure_events (cli, target, answer, *error);
  return outcome != NULL;
}

static gboolean
complete (BksCli  *cli,
          GError **error)
{
  g_autofree char *prompt = NULL;
  g_autoptr(BksTarget) target = NULL;
  g_autoptr(BksBook) book = NULL;

  if (!check_options (error))
    return FALSE;
  prompt = read_prompt (cli, error);
  if (prompt == NULL)
    return FALSE;
  if (options.book != NULL)
    book = bks_cli_find_book (cli, options.book, error);
  if (options.book == NULL || book != NULL)
    target = choose_target (cli, error);
  if (target != NULL)
    return send (cli, target, prompt, book != NULL ? bks_book_get_id (book) : NULL, error);
  if (options.events && (*error)->domain != G_OPTION_ERROR)
    print_error_event (cli, NULL, *error);
  return FALSE;
}

static const GOptionEntry complete_options[] = {
  { "model", 0, 0, G_OPTION_ARG_FILENAME, &options.model, N_("A model, or PROVIDER:MODEL"), N_("MODEL") },
  { "role", 0, 0, G_OPTION_ARG_FILENAME, &options.role, N_("The model set for this role; without, that of “draft”"), N_("ROLE") },
  { "targets", 0, 0, G_OPTION_ARG_FILENAME, &options.targets, N_("PROVIDER:MODEL; of several, only the first is tried"), N_("TARGETS") },
  { "system", 0, 0, G_OPTION_ARG_FILENAME, &options.system, N_("Instructions that stand before the prompt"), N_("TEXT") },
  { "max-tokens", 0, 0, G_OPTION_ARG_INT64, &options.max_tokens, N_("The longest answer"), N_("N") },
  { "temperature", 0, 0, G_OPTION_ARG_DOUBLE, &options.temperature, N_("From 0 to 2; not every model takes it"), N_("X") },
  { "no-failover", 0, 0, G_OPTION_ARG_NONE, &options.no_failover, N_("Try no other model, as is always so today"), NULL },
  { "whole", 0, 0, G_OPTION_ARG_NONE, &options.whole, N_("Ask for the answer in one piece"), NULL },
  { "events", 0, 0, G_OPTION_ARG_NONE, &options.events, N_("Print what happens as JSON lines"), NULL },
  { "book", 0, 0, G_OPTION_ARG_FILENAME, &options.book, N_("The book that it is for, in the usage and its rules"), N_("BOOK") },
  { NULL },
};

const BksCliVerb bks_cli_complete_verbs[] = {
  { "complete", NULL, "[PROMPT|-]", N_("Send a prompt to a model and print the answer"), complete, complete_options, 0, 1, BKS_CLI_PLAIN },
  { NULL },
};
