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
  char    *device;
  char    *most_cost;
  gint64   max_tokens;
  double   temperature;
  gboolean whole;
  gboolean events;
  gboolean no_failover;
} options = { .max_tokens = -1, .temperature = NAN };

/* Of --max-cost. */
static BksMoney most_cost = BKS_MONEY_UNKNOWN;

static JsonBuilder *
begin_event (const char *name)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "event", name);
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

  bks_json_add_string (builder, "text", text);
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
attempt_cb (BksCall    *call,
            BksAttempt *attempt,
            BksCli     *cli)
{
  g_autoptr(JsonBuilder) builder = NULL;

  if (!options.events)
    return;
  builder = begin_event ("attempt");
  bks_json_add_string (builder, "provider", attempt->target->provider);
  bks_json_add_string (builder, "model", attempt->target->model);
  bks_json_add_int (builder, "n", attempt->n);
  print_event (cli, builder);
}

static void
restart_cb (BksCall *call,
            guint    n,
            BksCli  *cli)
{
  g_autoptr(JsonBuilder) builder = NULL;

  if (!options.events)
    return;
  builder = begin_event ("restart");
  bks_json_add_int (builder, "n", n);
  print_event (cli, builder);
}

static void
add_usage_members (JsonBuilder *builder,
                   BksOutcome  *outcome)
{
  bks_json_add_count (builder, "input", outcome->usage.input);
  bks_json_add_count (builder, "cache_read", outcome->usage.cache_read);
  bks_json_add_count (builder, "cache_write", outcome->usage.cache_write);
  bks_json_add_count (builder, "output", outcome->usage.output);
  bks_json_add_count (builder, "reasoning", outcome->usage.reasoning);
  bks_json_add_money (builder, "cost_usd", outcome->cost);
  bks_json_add_boolean (builder, "estimated", outcome->estimated);
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

  bks_json_add_string (done, "provider", outcome->provider);
  bks_json_add_string (done, "model", outcome->model);
  bks_json_add_string (done, "finish_reason", outcome->finish_reason);
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

  bks_json_add_string (builder, "class", bks_error_get_class_name (error));
  bks_json_add_count (builder, "status", facts != NULL && facts->http_status > 0 ? (gint64) facts->http_status : -1);
  add_retry_after (builder, facts != NULL ? facts->retry_after_ms : -1);
}

static void
print_failed (BksCli     *cli,
              BksAttempt *attempt)
{
  g_autoptr(JsonBuilder) builder = begin_event ("failed");

  bks_json_add_string (builder, "provider", attempt->target->provider);
  add_failure_members (builder, attempt->error);
  print_event (cli, builder);
}

static void
print_interrupted (BksCli     *cli,
                   BksAttempt *attempt)
{
  g_autoptr(JsonBuilder) builder = begin_event ("interrupted");

  bks_json_add_string (builder, "class", bks_error_get_class_name (attempt->error));
  bks_json_add_int (builder, "partial_chars", attempt->partial_chars);
  print_event (cli, builder);
}

/* "Interrupted" is what others have already seen a piece of. */
static void
failed_cb (BksCall    *call,
           BksAttempt *attempt,
           BksCli     *cli)
{
  if (!options.events)
    return;
  if (bks_call_is_interrupted (call))
    print_interrupted (cli, attempt);
  else
    print_failed (cli, attempt);
  /* What failed may cost as well. */
  if (attempt->outcome != NULL)
    print_usage (cli, attempt->outcome);
}

static void
add_trail (JsonBuilder *builder,
           BksCall     *call)
{
  GPtrArray *attempts = call != NULL ? bks_call_get_attempts (call) : NULL;

  bks_json_begin_array (builder, "trail");
  for (guint i = 0; attempts != NULL && i < attempts->len; i++)
    {
      const BksAttempt *attempt = g_ptr_array_index (attempts, i);

      if (attempt->error == NULL)
        continue;
      json_builder_begin_object (builder);
      bks_json_add_string (builder, "provider", attempt->target->provider);
      bks_json_add_string (builder, "model", attempt->target->model);
      add_failure_members (builder, attempt->error);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

/* @call: (nullable): it never began */
static void
print_error_event (BksCli       *cli,
                   BksCall      *call,
                   const GError *error)
{
  g_autoptr(JsonBuilder) builder = begin_event ("error");
  g_autofree char *message = bks_redact (error->message, MESSAGE_BYTES);

  bks_json_add_string (builder, "class", bks_error_get_class_name (error));
  bks_json_add_string (builder, "message", message);
  add_trail (builder, call);
  print_event (cli, builder);
}

static void
print_document (BksCli     *cli,
                BksOutcome *outcome,
                const char *text)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "text", text);
  bks_json_add_string (builder, "provider", outcome->provider);
  bks_json_add_string (builder, "model", outcome->model);
  bks_json_add_string (builder, "finish_reason", outcome->finish_reason);
  bks_json_begin_object (builder, "usage");
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

/* Who answered instead is never passed over, but no part of the answer either. */
static void
tell_failover (BksCall    *call,
               BksOutcome *outcome)
{
  GPtrArray *attempts = bks_call_get_attempts (call);
  const BksAttempt *first = g_ptr_array_index (attempts, 0);

  if (options.events || first->error == NULL || g_str_equal (first->target->provider, outcome->provider))
    return;
  g_printerr (_("%s: %s:%s could not answer (%s): %s:%s did.\n"), BKS_CLI_NAME, first->target->provider,
              first->target->model, bks_error_get_class_name (first->error), outcome->provider, outcome->model);
}

static GPtrArray *
read_targets (BksCli  *cli,
              GError **error)
{
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  g_auto(GStrv) texts = g_strsplit (options.targets, ",", -1);

  for (guint i = 0; texts[i] != NULL || i == 0; i++)
    {
      BksTarget *target = bks_cli_read_target (cli, texts[i] != NULL ? texts[i] : "", error);

      if (target == NULL)
        return NULL;
      g_ptr_array_add (targets, target);
    }
  return g_steal_pointer (&targets);
}

static GPtrArray *
choose_targets (BksCli  *cli,
                GError **error)
{
  const char *role = options.role != NULL ? options.role : DEFAULT_ROLE;
  g_autoptr(GPtrArray) targets = NULL;

  if (options.targets != NULL)
    return read_targets (cli, error);
  if ((options.model != NULL && !bks_cli_check_text (options.model, "--model", error)) ||
      !bks_cli_check_text (role, "--role", error))
    return NULL;
  targets = dex_await_boxed (bks_cli_until_stop (cli, bks_router_list_targets (bks_studio_get_router (cli->studio),
                                                                               options.model, role, cli->stop)),
                             error);
  if (targets == NULL || targets->len > 0)
    return g_steal_pointer (&targets);
  g_set_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND,
               _("The role “%s” has no model that can be used; choose one with “%s role set %s PROVIDER:MODEL”, or enter a provider's key with “%s provider set-key”"),
               role, BKS_CLI_NAME, role, BKS_CLI_NAME);
  return NULL;
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
  if (options.most_cost != NULL && (!bks_money_parse (options.most_cost, &most_cost, NULL) || most_cost < 0))
    return bks_cli_usage_error (error, _("--max-cost is an amount in US dollars, such as 0.05"));
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
make_request (const char *prompt)
{
  BksCompletionRequest *request = bks_completion_request_new ("");

  request->stream = TRUE;
  request->max_tokens = options.max_tokens;
  request->temperature = options.temperature;
  if (options.system != NULL)
    bks_completion_request_add_message (request, "system", options.system);
  bks_completion_request_add_message (request, "user", prompt);
  return request;
}

static BksCall *
make_call (BksCli     *cli,
           GPtrArray  *targets,
           const char *prompt,
           const char *book_id)
{
  g_autoptr(BksCompletionRequest) request = make_request (prompt);
  BksCall *call = bks_call_new (targets, request);

  bks_call_set_role (call, options.role != NULL ? options.role : DEFAULT_ROLE);
  bks_call_set_book_id (call, book_id);
  bks_call_set_device_id (call, options.device);
  bks_call_set_failover (call, !options.no_failover);
  bks_call_set_whole (call, options.whole);
  bks_call_set_most_cost (call, most_cost);
  g_signal_connect (call, "attempt", G_CALLBACK (attempt_cb), cli);
  g_signal_connect (call, "failed", G_CALLBACK (failed_cb), cli);
  g_signal_connect (call, "restart", G_CALLBACK (restart_cb), cli);
  return call;
}

static gboolean
send (BksCli      *cli,
      GPtrArray   *targets,
      const char  *prompt,
      const char  *book_id,
      GError     **error)
{
  g_autoptr(BksCall) call = make_call (cli, targets, prompt, book_id);
  g_autoptr(BksOutcome) outcome = NULL;
  BksAnswer *answer = bks_call_get_answer (call);

  g_signal_connect (answer, "text", G_CALLBACK (text_cb), cli);
  g_signal_connect (answer, "reasoning", G_CALLBACK (reasoning_cb), cli);
  outcome = dex_await_boxed (bks_router_complete (bks_studio_get_router (cli->studio), call, cli->stop), error);
  g_signal_handlers_disconnect_by_data (answer, cli);
  g_signal_handlers_disconnect_by_data (call, cli);
  if (outcome != NULL)
    {
      print_success (cli, outcome, bks_answer_get_text (answer));
      tell_failover (call, outcome);
    }
  else if (options.events)
    print_error_event (cli, call, *error);
  return outcome != NULL;
}

static gboolean
complete (BksCli  *cli,
          GError **error)
{
  g_autofree char *prompt = NULL;
  g_autoptr(GPtrArray) targets = NULL;
  g_autoptr(BksBook) book = NULL;

  if (!check_options (error))
    return FALSE;
  prompt = read_prompt (cli, error);
  if (prompt == NULL)
    return FALSE;
  if (options.book != NULL)
    book = bks_cli_find_book (cli, options.book, error);
  if (options.book == NULL || book != NULL)
    targets = choose_targets (cli, error);
  if (targets != NULL)
    return send (cli, targets, prompt, book != NULL ? bks_book_get_id (book) : NULL, error);
  if (options.events && (*error)->domain != G_OPTION_ERROR)
    print_error_event (cli, NULL, *error);
  return FALSE;
}

static const GOptionEntry complete_options[] = {
  { "model", 0, 0, G_OPTION_ARG_FILENAME, &options.model, N_("A model, or PROVIDER:MODEL; where it cannot answer, the role's models follow"), N_("MODEL") },
  { "role", 0, 0, G_OPTION_ARG_FILENAME, &options.role, N_("The models set for this kind of work; without, those of “draft”"), N_("ROLE") },
  { "targets", 0, 0, G_OPTION_ARG_FILENAME, &options.targets, N_("PROVIDER:MODEL,PROVIDER:MODEL…: the first answers, or else the next"), N_("TARGETS") },
  { "system", 0, 0, G_OPTION_ARG_FILENAME, &options.system, N_("Instructions that stand before the prompt"), N_("TEXT") },
  { "max-tokens", 0, 0, G_OPTION_ARG_INT64, &options.max_tokens, N_("The longest answer"), N_("N") },
  { "temperature", 0, 0, G_OPTION_ARG_DOUBLE, &options.temperature, N_("From 0 to 2; not every model takes it"), N_("X") },
  { "no-failover", 0, 0, G_OPTION_ARG_NONE, &options.no_failover, N_("Try no other model when the first cannot answer"), NULL },
  { "whole", 0, 0, G_OPTION_ARG_NONE, &options.whole, N_("Print the answer in one piece when it is complete; one that breaks off is asked for elsewhere"), NULL },
  { "events", 0, 0, G_OPTION_ARG_NONE, &options.events, N_("Print what happens as JSON lines"), NULL },
  { "book", 0, 0, G_OPTION_ARG_FILENAME, &options.book, N_("The book that it is for, in the usage and its rules"), N_("BOOK") },
  { "device", 0, 0, G_OPTION_ARG_FILENAME, &options.device, N_("As this companion would, with its tier and its budget"), N_("DEVICE") },
  { "max-cost", 0, 0, G_OPTION_ARG_FILENAME, &options.most_cost, N_("Ask nobody whose answer may cost more, in US dollars"), N_("USD") },
  { NULL },
};

const BksCliVerb bks_cli_complete_verbs[] = {
  { "complete", NULL, "[PROMPT|-]", N_("Send a prompt to a model and print the answer"), complete, complete_options, 0, 1, BKS_CLI_PLAIN },
  { NULL },
};
