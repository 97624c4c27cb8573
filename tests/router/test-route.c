/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "router-fixture.h"

#include "bks-router-private.h"

/*
 * The way of a call through its targets, over real sockets: every class of
 * failure, at every moment, streamed and whole, with and without somebody else
 * to ask. Printed as a table.
 */

#define CHAT "/v1/chat/completions"
#define FIRST "openai"
#define FIRST_MODEL "gpt-4o"
#define SECOND "together"
#define SECOND_MODEL "meta-llama/Llama-3.3-70B-Instruct-Turbo"
#define BOOK "0192f0c1-2345-7abc-8def-0123456789ab"
/* 100 × 0.88 + 7 × 0.88 dollars a million. */
#define SECOND_COST G_GINT64_CONSTANT (94160000)
/* The question is 10 tokens by estimate, at 2.5 dollars a million; the piece that came is 3, at 10. */
#define ESTIMATED_QUESTION G_GINT64_CONSTANT (25000000)
#define ESTIMATED_PIECE G_GINT64_CONSTANT (30000000)

typedef struct
{
  Fixture            base;
  BksScriptedServer *second;
} Route;

typedef struct
{
  BksCall    *call;
  BksOutcome *outcome;
  GError     *error;
  guint       restarts;
} Result;

static void
result_clear (Result *result)
{
  g_clear_object (&result->call);
  g_clear_pointer (&result->outcome, bks_outcome_unref);
  g_clear_error (&result->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

static void
set_up (Route         *self,
        gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  fixture_set_up (&self->base, GINT_TO_POINTER (TRUE));
  self->second = bks_scripted_server_new (0, &error);
  g_assert_no_error (error);
  /* The shipped waits are minutes. */
  self->base.limits->retry_base_ms = 10;
  self->base.limits->first_token_ms = 400;
  self->base.limits->first_token_local_ms = 400;
  self->base.limits->first_token_alternative_ms = 250;
  self->base.limits->idle_ms = 250;
  self->base.limits->idle_slow_ms = 250;
  bks_test_await_ok (bks_router_set_base_url (self->base.router, FIRST, bks_scripted_server_get_url (self->base.server)));
  bks_test_await_ok (bks_router_set_base_url (self->base.router, SECOND, bks_scripted_server_get_url (self->second)));
}

static void
tear_down (Route         *self,
           gconstpointer  data)
{
  fixture_tear_down (&self->base, GINT_TO_POINTER (TRUE));
  g_object_unref (self->second);
}

static BksCall *
make_call (gboolean whole,
           gboolean alternative)
{
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("");
  BksCall *call;

  bks_completion_request_add_message (request, "user", "It was a dark and stormy");
  request->stream = TRUE;
  g_ptr_array_add (targets, bks_target_new (FIRST, FIRST_MODEL));
  if (alternative)
    g_ptr_array_add (targets, bks_target_new (SECOND, SECOND_MODEL));
  call = bks_call_new (targets, request);
  bks_call_set_role (call, "draft");
  bks_call_set_whole (call, whole);
  return call;
}

static void
restart_cb (BksCall *call,
            guint    n,
            guint   *restarts)
{
  (*restarts)++;
}

static Result
complete_call (Route   *self,
               BksCall *call)
{
  Result result = { .call = call };
  const GValue *value;

  g_signal_connect (call, "restart", G_CALLBACK (restart_cb), &result.restarts);
  value = bks_test_await (bks_router_complete (self->base.router, call, NULL), &result.error);
  g_signal_handlers_disconnect_by_data (call, &result.restarts);
  if (value != NULL)
    result.outcome = g_value_dup_boxed (value);
  return result;
}

static Result
complete (Route    *self,
          gboolean  whole,
          gboolean  alternative)
{
  return complete_call (self, make_call (whole, alternative));
}

static BksReply *
make_good (void)
{
  BksReply *reply = bks_reply_new (200, "text/event-stream");

  bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"the second \"}}]}");
  bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"answers\"},\"finish_reason\":\"stop\"}]}");
  bks_reply_add_event (reply, "{\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":7}}");
  bks_reply_add_event (reply, "[DONE]");
  return reply;
}

static const char *
get_text (const Result *result)
{
  return bks_answer_get_text (bks_call_get_answer (result->call));
}

static guint
count_requests (BksScriptedServer *server)
{
  return bks_scripted_server_get_n_requests (server);
}

/* ------------------------------------------------------- the matrix ------- */

typedef enum
{
  BEFORE_HEADERS,
  AFTER_HEADERS,
  BEFORE_CONTENT,
  MID_CONTENT,
  N_PHASES,
} Phase;

static const char *const phase_names[] = { "before headers", "after headers", "before content", "mid-content" };

typedef enum
{
  STOP,       /* nobody else can do better */
  NEXT,       /* at once to another */
  AGAIN,      /* the same once more, then another */
  ELSEWHERE,  /* another; the same once more only where there is none */
} Follows;

/* How it comes over the wire. */
typedef enum
{
  BY_STATUS,  /* an error object: with its status, or inside the stream */
  BY_RESET,
  BY_SILENCE,
  BY_CUT,
  BY_RUBBISH,
} Way;

typedef struct
{
  BksError        code;
  const char     *name;
  Way             way;
  guint           status;
  const char     *error;   /* the error object */
  Follows         follows;
  BksCircuitState after;   /* of the first target's model, once nobody else was to be asked */
} Fault;

static const Fault faults[] = {
  { BKS_ERROR_AUTH, "AUTH", BY_STATUS, 401,
    "{\"message\":\"Bad key\",\"type\":\"authentication_error\",\"code\":\"invalid_api_key\"}", NEXT, BKS_CIRCUIT_DEAD },
  { BKS_ERROR_PERMISSION, "PERMISSION", BY_STATUS, 403,
    "{\"message\":\"Not for you\",\"type\":\"permission_error\",\"code\":403}", NEXT, BKS_CIRCUIT_DEAD },
  { BKS_ERROR_BILLING, "BILLING", BY_STATUS, 429,
    "{\"message\":\"Exceeded\",\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}", NEXT, BKS_CIRCUIT_DEAD },
  { BKS_ERROR_RATE, "RATE", BY_STATUS, 429,
    "{\"message\":\"Slow down\",\"type\":\"requests\",\"code\":\"rate_limit_exceeded\"}", AGAIN, BKS_CIRCUIT_OPEN },
  { BKS_ERROR_OVERLOAD, "OVERLOAD", BY_STATUS, 503,
    "{\"message\":\"Busy\",\"type\":\"overloaded_error\",\"code\":503}", AGAIN, BKS_CIRCUIT_CLOSED },
  { BKS_ERROR_SERVER, "SERVER", BY_STATUS, 500,
    "{\"message\":\"Oops\",\"type\":\"server_error\",\"code\":500}", AGAIN, BKS_CIRCUIT_CLOSED },
  { BKS_ERROR_TRANSPORT, "TRANSPORT", BY_RESET, 0, NULL, NEXT, BKS_CIRCUIT_CLOSED },
  { BKS_ERROR_TIMEOUT, "TIMEOUT", BY_SILENCE, 0, NULL, NEXT, BKS_CIRCUIT_CLOSED },
  { BKS_ERROR_CONTEXT, "CONTEXT", BY_STATUS, 400,
    "{\"message\":\"Too long\",\"type\":\"invalid_request_error\",\"code\":\"context_length_exceeded\"}", NEXT, BKS_CIRCUIT_CLOSED },
  { BKS_ERROR_MODEL, "MODEL", BY_STATUS, 404,
    "{\"message\":\"No such model\",\"type\":\"invalid_request_error\",\"code\":\"model_not_found\"}", NEXT, BKS_CIRCUIT_DEAD },
  { BKS_ERROR_CONTENT, "CONTENT", BY_STATUS, 400,
    "{\"message\":\"No\",\"type\":\"invalid_request_error\",\"code\":\"content_policy_violation\"}", STOP, BKS_CIRCUIT_CLOSED },
  { BKS_ERROR_REQUEST, "REQUEST", BY_STATUS, 400,
    "{\"message\":\"Nonsense\",\"type\":\"invalid_request_error\",\"code\":400}", STOP, BKS_CIRCUIT_CLOSED },
  { BKS_ERROR_MALFORMED, "MALFORMED", BY_RUBBISH, 200, NULL, AGAIN, BKS_CIRCUIT_CLOSED },
  { BKS_ERROR_TRUNCATED, "TRUNCATED", BY_CUT, 0, NULL, ELSEWHERE, BKS_CIRCUIT_CLOSED },
};

static void
add_fault (BksReply    *reply,
           const Fault *fault)
{
  g_autofree char *frame = NULL;

  switch (fault->way)
    {
    case BY_STATUS:
      frame = g_strdup_printf ("{\"error\":%s,\"choices\":[]}", fault->error);
      bks_reply_add_event (reply, frame);
      break;
    case BY_RESET:
      bks_reply_add_step (reply, BKS_REPLY_STEP_RESET);
      break;
    case BY_SILENCE:
      bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
      break;
    case BY_CUT:
      bks_reply_add_delay (reply, 5);
      bks_reply_add_step (reply, BKS_REPLY_STEP_CUT);
      break;
    case BY_RUBBISH:
    default:
      bks_reply_add_event (reply, "{\"choices\":[{]");
      bks_reply_add_event (reply, "{\"choices\":[{]");
      break;
    }
}

static BksReply *
make_bad (const Fault *fault,
          Phase        phase)
{
  BksReply *reply;

  if (phase == BEFORE_HEADERS && fault->way == BY_STATUS)
    {
      g_autofree char *body = g_strdup_printf ("{\"error\":%s}", fault->error);

      return bks_reply_new_json (fault->status, body);
    }
  if (phase == BEFORE_HEADERS && fault->way == BY_RUBBISH)
    return bks_reply_new_json (200, "<html>It works!</html>");
  reply = bks_reply_new (phase == BEFORE_HEADERS ? 0 : 200, "text/event-stream");
  if (phase == AFTER_HEADERS)
    bks_reply_add_text (reply, ": hello\n\n");
  if (phase == BEFORE_CONTENT)
    bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}");
  if (phase == MID_CONTENT)
    bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"night again\"}}]}");
  if (phase != BEFORE_HEADERS)
    bks_reply_add_delay (reply, 5);
  add_fault (reply, fault);
  return reply;
}

/* What it is called at that moment: a line that breaks once an answer has begun breaks the answer off. */
static BksError
get_expected_code (const Fault *fault,
                   Phase        phase)
{
  if (fault->code == BKS_ERROR_TRANSPORT && phase != BEFORE_HEADERS)
    return BKS_ERROR_TRUNCATED;
  if (fault->code == BKS_ERROR_TRUNCATED && phase == BEFORE_HEADERS)
    return BKS_ERROR_TRANSPORT;
  return fault->code;
}

static Follows
get_expected_follows (const Fault *fault,
                      Phase        phase)
{
  switch ((int) get_expected_code (fault, phase))
    {
    case BKS_ERROR_TRUNCATED: return ELSEWHERE;
    case BKS_ERROR_TRANSPORT: return NEXT;
    default: return fault->follows;
    }
}

/* How often the first target is asked. */
static guint
get_expected_tries (const Fault *fault,
                    Phase        phase,
                    gboolean     whole,
                    gboolean     alternative)
{
  Follows follows = get_expected_follows (fault, phase);

  if (phase == MID_CONTENT && !whole)
    return 1;
  return follows == AGAIN || (follows == ELSEWHERE && !alternative) ? 2 : 1;
}

static gboolean
is_expected_to_answer (const Fault *fault,
                       Phase        phase,
                       gboolean     whole,
                       gboolean     alternative)
{
  return alternative && (phase != MID_CONTENT || whole) && get_expected_follows (fault, phase) != STOP &&
         fault->code != BKS_ERROR_CONTEXT; /* nobody knows the other window to be larger */
}

/* What one failed attempt costs: nothing where the provider refused, else by estimate. */
static BksMoney
get_expected_cost (const Fault *fault,
                   Phase        phase)
{
  if (fault->way == BY_STATUS && phase != MID_CONTENT)
    return 0;
  return ESTIMATED_QUESTION + (phase == MID_CONTENT ? ESTIMATED_PIECE : 0);
}

static BksMoney
get_ledger_sum (Route *self,
                guint *rows)
{
  g_autofree char *text = fixture_query (&self->base, "SELECT count(*), coalesce(sum(cost), 0) FROM usage");
  g_auto(GStrv) parts = g_strsplit (text, "|", 2);

  *rows = (guint) g_ascii_strtoull (parts[0], NULL, 10);
  return g_ascii_strtoll (parts[1], NULL, 10);
}

static BksCircuitState
get_circuit (Route *self)
{
  return bks_breaker_look (self->base.router->breaker, FIRST, "", FIRST_MODEL).state;
}

static void
check_case (Route       *self,
            const Fault *fault,
            Phase        phase,
            gboolean     whole,
            gboolean     alternative)
{
  guint tries = get_expected_tries (fault, phase, whole, alternative);
  gboolean answers = is_expected_to_answer (fault, phase, whole, alternative);
  BksMoney expected = (BksMoney) tries * get_expected_cost (fault, phase) + (answers ? SECOND_COST : 0);
  g_auto(Result) result = { 0 };
  gint64 started = g_get_monotonic_time ();
  guint rows;

  for (guint i = 0; i < 4; i++)
    bks_scripted_server_push (self->base.server, CHAT, make_bad (fault, phase));
  bks_scripted_server_push (self->second, CHAT, make_good ());
  result = complete (self, whole, alternative);
  g_print ("report: %-10s | %-14s | %-6s | %-11s | %-9s | %u+%u attempts | %4" G_GINT64_FORMAT " ms | %s\n", fault->name,
           phase_names[phase], whole ? "whole" : "stream", alternative ? "alternative" : "alone",
           result.error == NULL ? "answered" : bks_error_get_class_name (result.error),
           count_requests (self->base.server), count_requests (self->second),
           (g_get_monotonic_time () - started) / 1000, bks_circuit_state_to_string (get_circuit (self)));

  g_assert_cmpuint (count_requests (self->base.server), ==, tries);
  g_assert_cmpuint (count_requests (self->second), ==, answers ? 1 : 0);
  if (answers)
    {
      g_assert_no_error (result.error);
      g_assert_cmpstr (get_text (&result), ==, "the second answers");
      g_assert_cmpstr (result.outcome->provider, ==, SECOND);
    }
  else
    {
      g_assert_error (result.error, BKS_ERROR, (int) get_expected_code (fault, phase));
      /* What came is kept and never called complete; a whole answer is there or not. */
      g_assert_cmpstr (get_text (&result), ==, phase == MID_CONTENT && !whole ? "night again" : "");
      g_assert_null (bks_answer_get_finish_reason (bks_call_get_answer (result.call)));
    }
  g_assert_cmpuint (result.restarts, ==, phase == MID_CONTENT && whole ? tries - 1 + (answers ? 1 : 0) : 0);
  g_assert_cmpint (get_ledger_sum (self, &rows), ==, expected);
  g_assert_cmpuint (rows, ==, tries + (answers ? 1 : 0));
  g_assert_cmpint (bks_call_get_cost (result.call), ==, expected);
  if (!alternative)
    g_assert_cmpint (get_circuit (self), ==, fault->after);
}

static void
test_fault (gconstpointer data)
{
  const Fault *fault = data;

  for (Phase phase = 0; phase < N_PHASES; phase++)
    for (int whole = 0; whole < 2; whole++)
      for (int alternative = 0; alternative < 2; alternative++)
        {
          Route self = { 0 };

          set_up (&self, NULL);
          check_case (&self, fault, phase, whole, alternative);
          tear_down (&self, NULL);
        }
}

/* ------------------------------------------------------- single rules ----- */

static BksReply *
make_status (guint       status,
             const char *header,
             const char *value)
{
  BksReply *reply = bks_reply_new_json (status, "{\"error\":{\"message\":\"x\"}}");

  if (header != NULL)
    bks_reply_add_header (reply, header, value);
  return reply;
}

/* A wait that is short is waited; a longer one only where nobody else can answer; a long one never. */
static void
test_retry_after (Route         *self,
                  gconstpointer  data)
{
  g_auto(Result) short_wait = { 0 };
  g_auto(Result) alone = { 0 };
  g_auto(Result) with_other = { 0 };
  g_auto(Result) never = { 0 };
  gint64 started;

  self->base.limits->retry_short_ms = 50;
  self->base.limits->retry_long_ms = 300;
  bks_scripted_server_push (self->base.server, CHAT, make_status (429, "retry-after-ms", "40"));
  bks_scripted_server_push (self->base.server, CHAT, make_good ());
  short_wait = complete (self, FALSE, TRUE);
  g_assert_no_error (short_wait.error);
  g_assert_cmpstr (short_wait.outcome->provider, ==, FIRST);

  bks_breaker_revive (self->base.router->breaker, FIRST);
  bks_scripted_server_push (self->base.server, CHAT, make_status (429, "retry-after-ms", "200"));
  bks_scripted_server_push (self->base.server, CHAT, make_good ());
  started = g_get_monotonic_time ();
  alone = complete (self, FALSE, FALSE);
  g_assert_no_error (alone.error);
  g_assert_cmpint (g_get_monotonic_time () - started, >=, 200 * 1000);

  bks_breaker_revive (self->base.router->breaker, FIRST);
  bks_scripted_server_push (self->base.server, CHAT, make_status (429, "retry-after-ms", "200"));
  bks_scripted_server_push (self->second, CHAT, make_good ());
  with_other = complete (self, FALSE, TRUE);
  g_assert_no_error (with_other.error);
  g_assert_cmpstr (with_other.outcome->provider, ==, SECOND);

  bks_breaker_revive (self->base.router->breaker, FIRST);
  bks_scripted_server_push (self->base.server, CHAT, make_status (429, "retry-after", "3600"));
  never = complete (self, FALSE, FALSE);
  g_assert_error (never.error, BKS_ERROR, BKS_ERROR_RATE);
  g_assert_cmpint (bks_error_get_facts (never.error)->retry_after_ms, ==, 3600 * 1000);
}

/* No more than four attempts, whatever the number of targets. */
static void
test_attempts (Route         *self,
               gconstpointer  data)
{
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("");
  g_auto(Result) result = { 0 };

  bks_completion_request_add_message (request, "user", "Go");
  request->stream = TRUE;
  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *model = g_strdup_printf ("m%u", i);

      g_ptr_array_add (targets, bks_target_new (FIRST, model));
      bks_scripted_server_push (self->base.server, CHAT, make_status (500, NULL, NULL));
      bks_scripted_server_push (self->base.server, CHAT, make_status (500, NULL, NULL));
    }
  result = complete_call (self, bks_call_new (targets, request));
  g_assert_error (result.error, BKS_ERROR, BKS_ERROR_SERVER);
  g_assert_cmpuint (count_requests (self->base.server), ==, 4);
  g_assert_cmpuint (bks_call_get_attempts (result.call)->len, ==, 4);
}

/* The requested one is the first, always, and the error shown is its own. */
static void
test_error_is_the_first_ones (Route         *self,
                              gconstpointer  data)
{
  g_auto(Result) result = { 0 };
  const BksAttempt *last;

  bks_scripted_server_push (self->base.server, CHAT, make_status (401, NULL, NULL));
  bks_scripted_server_push (self->second, CHAT, make_status (404, NULL, NULL));
  result = complete (self, FALSE, TRUE);
  g_assert_error (result.error, BKS_ERROR, BKS_ERROR_AUTH);
  g_assert_cmpuint (bks_call_get_attempts (result.call)->len, ==, 2);
  last = bks_call_get_last_attempt (result.call);
  g_assert_cmpstr (last->target->provider, ==, SECOND);
  g_assert_error (last->error, BKS_ERROR, BKS_ERROR_MODEL);
}

static void
test_no_failover (Route         *self,
                  gconstpointer  data)
{
  BksCall *call = make_call (FALSE, TRUE);
  g_auto(Result) result = { 0 };

  bks_call_set_failover (call, FALSE);
  bks_scripted_server_push (self->base.server, CHAT, make_status (401, NULL, NULL));
  result = complete_call (self, call);
  g_assert_error (result.error, BKS_ERROR, BKS_ERROR_AUTH);
  g_assert_cmpuint (count_requests (self->second), ==, 0);
}

/* A provider without a key is no target: no attempt, no failure. */
static void
test_without_key (Route         *self,
                  gconstpointer  data)
{
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("");
  g_auto(Result) result = { 0 };

  bks_completion_request_add_message (request, "user", "Go");
  request->stream = TRUE;
  g_ptr_array_add (targets, bks_target_new ("anthropic", "claude-sonnet-5"));
  g_ptr_array_add (targets, bks_target_new (SECOND, SECOND_MODEL));
  bks_scripted_server_push (self->second, CHAT, make_good ());
  result = complete_call (self, bks_call_new (targets, request));
  g_assert_no_error (result.error);
  g_assert_cmpuint (bks_call_get_attempts (result.call)->len, ==, 1);
  g_assert_cmpstr (result.outcome->provider, ==, SECOND);
}

/* Slow at the first token where somebody else waits: overtaken, and a silent one is not asked again. */
static void
test_overtaken (Route         *self,
                gconstpointer  data)
{
  BksReply *slow = bks_reply_new (200, "text/event-stream");
  g_auto(Result) result = { 0 };
  gint64 started = g_get_monotonic_time ();

  self->base.limits->first_token_local_ms = 10000;
  bks_reply_add_step (slow, BKS_REPLY_STEP_STALL);
  bks_scripted_server_push (self->base.server, CHAT, slow);
  bks_scripted_server_push (self->second, CHAT, make_good ());
  result = complete (self, FALSE, TRUE);
  g_assert_no_error (result.error);
  g_assert_cmpstr (result.outcome->provider, ==, SECOND);
  g_assert_cmpint (g_get_monotonic_time () - started, <, 5 * G_USEC_PER_SEC);
  g_assert_cmpuint (count_requests (self->base.server), ==, 1);
}

/* Left after three failures, tried by one request after its rest, and returned to. */
static void
test_left_and_returned_to (Route         *self,
                           gconstpointer  data)
{
  self->base.limits->breaker_rest_ms = 300;
  for (guint i = 0; i < 2; i++)
    {
      g_auto(Result) result = { 0 };

      bks_scripted_server_push (self->base.server, CHAT, make_status (500, NULL, NULL));
      bks_scripted_server_push (self->base.server, CHAT, make_status (500, NULL, NULL));
      bks_scripted_server_push (self->second, CHAT, make_good ());
      result = complete (self, FALSE, TRUE);
      g_assert_no_error (result.error);
      g_assert_cmpstr (result.outcome->provider, ==, SECOND);
    }
  g_assert_cmpint (get_circuit (self), ==, BKS_CIRCUIT_OPEN);
  {
    guint before = count_requests (self->base.server);
    g_auto(Result) left = { 0 };

    bks_scripted_server_push (self->second, CHAT, make_good ());
    left = complete (self, FALSE, TRUE);
    g_assert_cmpstr (left.outcome->provider, ==, SECOND);
    g_assert_cmpuint (count_requests (self->base.server), ==, before);
  }
  bks_test_spin (350);
  {
    g_auto(Result) back = { 0 };

    bks_scripted_server_push (self->base.server, CHAT, make_good ());
    back = complete (self, FALSE, TRUE);
    g_assert_cmpstr (back.outcome->provider, ==, FIRST);
  }
  g_assert_cmpint (get_circuit (self), ==, BKS_CIRCUIT_CLOSED);
}

/* With one target only, nobody refuses because it rests. */
static void
test_the_only_one (Route         *self,
                   gconstpointer  data)
{
  g_auto(Result) bad = { 0 };
  g_auto(Result) good = { 0 };

  bks_scripted_server_push (self->base.server, CHAT, make_status (429, "retry-after", "60"));
  bad = complete (self, FALSE, FALSE);
  g_assert_error (bad.error, BKS_ERROR, BKS_ERROR_RATE);
  g_assert_cmpint (get_circuit (self), ==, BKS_CIRCUIT_OPEN);
  bks_scripted_server_push (self->base.server, CHAT, make_good ());
  good = complete (self, FALSE, FALSE);
  g_assert_no_error (good.error);
}

/* All rest: one 503 with the earliest time, and nobody is asked. */
static void
test_all_rest (Route         *self,
               gconstpointer  data)
{
  g_auto(Result) first = { 0 };
  g_auto(Result) then = { 0 };
  guint asked;

  bks_scripted_server_push (self->base.server, CHAT, make_status (429, "retry-after", "90"));
  bks_scripted_server_push (self->second, CHAT, make_status (429, "retry-after", "60"));
  first = complete (self, FALSE, TRUE);
  g_assert_error (first.error, BKS_ERROR, BKS_ERROR_RATE);
  asked = count_requests (self->base.server) + count_requests (self->second);
  then = complete (self, FALSE, TRUE);
  g_assert_error (then.error, BKS_ERROR, BKS_ERROR_OVERLOAD);
  g_assert_cmpuint (bks_error_get_facts (then.error)->http_status, ==, 503);
  g_assert_cmpint (bks_error_get_facts (then.error)->retry_after_ms, >, 55 * 1000);
  g_assert_cmpint (bks_error_get_facts (then.error)->retry_after_ms, <=, 60 * 1000);
  g_assert_cmpuint (count_requests (self->base.server) + count_requests (self->second), ==, asked);
}

/* A dead key stays dead over a restart, until a person edits or tests it. */
static void
test_dead_over_restart (Route         *self,
                        gconstpointer  data)
{
  g_auto(Result) bad = { 0 };
  g_auto(Result) refused = { 0 };
  g_auto(Result) good = { 0 };
  g_autoptr(BksRouter) next = NULL;

  bks_scripted_server_push (self->base.server, CHAT, make_status (402, NULL, NULL));
  bad = complete (self, FALSE, FALSE);
  g_assert_error (bad.error, BKS_ERROR, BKS_ERROR_BILLING);

  next = bks_router_new (self->base.library, self->base.secrets, self->base.limits);
  refused.call = make_call (FALSE, FALSE);
  bks_test_await (bks_router_complete (next, refused.call, NULL), &refused.error);
  g_assert_error (refused.error, BKS_ERROR, BKS_ERROR_BILLING);
  g_assert_cmpuint (count_requests (self->base.server), ==, 1);

  bks_test_await_ok (bks_router_set_key (next, FIRST, "sk-edited-0123456789"));
  bks_scripted_server_push (self->base.server, CHAT, make_good ());
  good.call = make_call (FALSE, FALSE);
  bks_test_await (bks_router_complete (next, good.call, NULL), &good.error);
  g_assert_no_error (good.error);
  bks_test_await_ok (bks_router_remove_key (next, FIRST));
}

/* Nobody can be reached: the fault is on this side, and nobody rests for it. */
static void
test_offline (Route         *self,
              gconstpointer  data)
{
  for (guint i = 0; i < 4; i++)
    {
      g_auto(Result) result = { 0 };

      bks_test_await_ok (bks_router_set_base_url (self->base.router, FIRST, "http://127.0.0.1:1"));
      bks_test_await_ok (bks_router_set_base_url (self->base.router, SECOND, "http://127.0.0.1:1"));
      result = complete (self, FALSE, TRUE);
      g_assert_error (result.error, BKS_ERROR, BKS_ERROR_TRANSPORT);
    }
  g_assert_cmpint (get_circuit (self), ==, BKS_CIRCUIT_CLOSED);
}

/* The line to one of two is down: that one rests. */
static void
test_line_down (Route         *self,
                gconstpointer  data)
{
  bks_test_await_ok (bks_router_set_base_url (self->base.router, FIRST, "http://127.0.0.1:1"));
  for (guint i = 0; i < 2; i++)
    {
      g_auto(Result) result = { 0 };

      bks_scripted_server_push (self->second, CHAT, make_good ());
      result = complete (self, FALSE, TRUE);
      g_assert_no_error (result.error);
      g_assert_cmpstr (result.outcome->provider, ==, SECOND);
    }
  g_assert_cmpint (get_circuit (self), ==, BKS_CIRCUIT_OPEN);
}

/* A local-only book never leaves the machine, whoever stands in. */
static void
test_local_only (Route         *self,
                 gconstpointer  data)
{
  g_autoptr(BksBook) book = g_object_new (BKS_TYPE_BOOK, "id", BOOK, "title", "T", "local-only", TRUE, NULL);
  BksCall *call = make_call (FALSE, TRUE);
  g_auto(Result) result = { 0 };

  bks_test_await_ok (bks_library_put_book (self->base.library, book));
  /* An address of the test network of RFC 5737. */
  bks_test_await_ok (bks_router_set_base_url (self->base.router, SECOND, "http://192.0.2.1:9"));
  bks_scripted_server_push (self->base.server, CHAT, make_status (401, NULL, NULL));
  bks_call_set_book_id (call, BOOK);
  result = complete_call (self, call);
  g_assert_error (result.error, BKS_ERROR, BKS_ERROR_AUTH);
  g_assert_cmpuint (bks_call_get_attempts (result.call)->len, ==, 1);
}

/* Too long for one whose window is known: a larger one is asked at once. */
static void
test_window (Route         *self,
             gconstpointer  data)
{
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("");
  g_autofree char *long_text = g_strnfill (100000, 'x');
  g_auto(Result) result = { 0 };

  bks_completion_request_add_message (request, "user", long_text);
  request->stream = TRUE;
  /* 8,192 and 128,000 tokens in the shipped table. */
  g_ptr_array_add (targets, bks_target_new (FIRST, "gpt-4"));
  g_ptr_array_add (targets, bks_target_new (FIRST, FIRST_MODEL));
  bks_scripted_server_push (self->base.server, CHAT, make_good ());
  result = complete_call (self, bks_call_new (targets, request));
  g_assert_no_error (result.error);
  g_assert_cmpuint (bks_call_get_attempts (result.call)->len, ==, 1);
  g_assert_cmpstr (bks_call_get_last_attempt (result.call)->target->model, ==, FIRST_MODEL);
}

/* "Too long" is answered by a window that is known to be larger, and by no other. */
static void
test_larger_window (Route         *self,
                    gconstpointer  data)
{
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("");
  g_auto(Result) result = { 0 };

  bks_completion_request_add_message (request, "user", "Go");
  request->stream = TRUE;
  g_ptr_array_add (targets, bks_target_new (FIRST, "gpt-4"));
  g_ptr_array_add (targets, bks_target_new (SECOND, "of-unknown-window"));
  g_ptr_array_add (targets, bks_target_new (FIRST, FIRST_MODEL));
  bks_scripted_server_push (self->base.server, CHAT, bks_reply_new_json (400,
    "{\"error\":{\"message\":\"Too long\",\"code\":\"context_length_exceeded\"}}"));
  bks_scripted_server_push (self->base.server, CHAT, make_good ());
  result = complete_call (self, bks_call_new (targets, request));
  g_assert_no_error (result.error);
  g_assert_cmpstr (bks_call_get_last_attempt (result.call)->target->model, ==, FIRST_MODEL);
  g_assert_cmpuint (count_requests (self->second), ==, 0);
}

/* Above the caller's ceiling nobody is asked. */
static void
test_most_cost (Route         *self,
                gconstpointer  data)
{
  BksCall *call = make_call (FALSE, TRUE);
  g_auto(Result) result = { 0 };
  g_auto(Result) none = { 0 };

  /* 8,192 tokens at 10 dollars a million are 8 cents, at 0.88 less than one. */
  bks_call_set_most_cost (call, BKS_MONEY_PER_DOLLAR / 100);
  bks_scripted_server_push (self->second, CHAT, make_good ());
  result = complete_call (self, call);
  g_assert_no_error (result.error);
  g_assert_cmpstr (result.outcome->provider, ==, SECOND);
  g_assert_cmpuint (count_requests (self->base.server), ==, 0);

  call = make_call (FALSE, TRUE);
  bks_call_set_most_cost (call, 1000);
  none = complete_call (self, call);
  g_assert_error (none.error, BKS_ERROR, BKS_ERROR_OVER_BUDGET);
}

static gboolean
cancel_cb (gpointer cancellable)
{
  dex_cancellable_cancel (cancellable);
  return G_SOURCE_REMOVE;
}

/* Stop stops a wait as well as a call. */
static void
test_stop_while_waiting (Route         *self,
                         gconstpointer  data)
{
  g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
  g_autoptr(BksCall) call = make_call (FALSE, FALSE);
  gint64 started = g_get_monotonic_time ();

  bks_scripted_server_push (self->base.server, CHAT, make_status (429, "retry-after", "9"));
  g_timeout_add (200, cancel_cb, cancellable);
  bks_test_await_error (bks_router_complete (self->base.router, call, cancellable), BKS_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - started, <, 2 * G_USEC_PER_SEC);
  g_assert_cmpuint (count_requests (self->base.server), ==, 1);
}

/* One deadline for the whole call, not one for each attempt. */
static void
test_deadline (Route         *self,
               gconstpointer  data)
{
  g_auto(Result) result = { 0 };
  gint64 started = g_get_monotonic_time ();

  self->base.limits->total_ms = 600;
  self->base.limits->idle_ms = self->base.limits->idle_slow_ms = 10000;
  for (guint i = 0; i < 2; i++)
    {
      BksReply *reply = bks_reply_new (200, "text/event-stream");

      bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"night again\"}}]}");
      bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
      bks_scripted_server_push (i == 0 ? self->base.server : self->second, CHAT, reply);
    }
  result = complete (self, TRUE, TRUE);
  g_assert_error (result.error, BKS_ERROR, BKS_ERROR_TIMEOUT);
  g_assert_cmpint (g_get_monotonic_time () - started, <, 1500 * 1000);
}

/* The order that ships: the first local model, then those that have a key. */
static void
test_default_order (Route         *self,
                    gconstpointer  data)
{
  g_autoptr(GPtrArray) targets = NULL;
  g_autoptr(GPtrArray) asked = NULL;
  g_autoptr(GPtrArray) mine = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  g_autoptr(GPtrArray) chosen = NULL;
  static const char *const expected[] = { "ollama", "together", "openai", NULL };

  bks_test_await_ok (bks_router_set_base_url (self->base.router, "ollama", bks_scripted_server_get_url (self->base.server)));
  targets = bks_test_await_boxed (bks_router_list_targets (self->base.router, NULL, "draft", NULL));
  g_assert_cmpuint (targets->len, ==, 3);
  for (guint i = 0; i < targets->len; i++)
    g_assert_cmpstr (((BksTarget *) g_ptr_array_index (targets, i))->provider, ==, expected[i]);

  asked = bks_test_await_boxed (bks_router_list_targets (self->base.router, "openai:gpt-4o", "draft", NULL));
  g_assert_cmpstr (((BksTarget *) g_ptr_array_index (asked, 0))->model, ==, "gpt-4o");
  g_assert_cmpuint (asked->len, ==, 4);

  g_ptr_array_add (mine, bks_target_new (SECOND, SECOND_MODEL));
  bks_test_await_ok (bks_router_set_role (self->base.router, "draft", mine));
  chosen = bks_test_await_boxed (bks_router_list_targets (self->base.router, NULL, "draft", NULL));
  g_assert_cmpuint (chosen->len, ==, 1);
}

/* ------------------------------------------------------- in real time ---- */

/* The shipped limits, for tests of minutes. */
static void
set_up_long (Route         *self,
             gconstpointer  data)
{
  g_autoptr(BksLimits) shipped = bks_limits_new ();

  set_up (self, data);
  self->base.limits->retry_base_ms = shipped->retry_base_ms;
  self->base.limits->first_token_ms = shipped->first_token_ms;
  self->base.limits->first_token_local_ms = shipped->first_token_local_ms;
  self->base.limits->first_token_alternative_ms = shipped->first_token_alternative_ms;
  self->base.limits->idle_ms = shipped->idle_ms;
  self->base.limits->idle_slow_ms = shipped->idle_slow_ms;
}

static gboolean
skip_unless_long (void)
{
  if (g_getenv ("BKS_TEST_LONG") != NULL)
    return FALSE;
  g_test_skip ("takes minutes: only with --long");
  return TRUE;
}

/* What a caller waits for. A test waits 20 s for a future and no longer, so in turns. */
static Result
complete_patiently (Route *self)
{
  Result result = { .call = make_call (FALSE, TRUE) };
  DexFuture *future = bks_router_complete (self->base.router, result.call, NULL);
  const GValue *value;

  while (dex_future_is_pending (future))
    bks_test_spin (10);
  value = dex_future_get_value (future, &result.error);
  if (value != NULL)
    result.outcome = g_value_dup_boxed (value);
  dex_unref (future);
  return result;
}

/* Down for a minute, asked for every second: left, probed, and back within 15 s of its return. */
static void
test_long_down (Route         *self,
                gconstpointer  data)
{
  gint64 started = g_get_monotonic_time (), back = 0, now = 0;
  guint asked = 0;

  if (skip_unless_long ())
    return;
  while (back == 0 && now < 120 * G_USEC_PER_SEC)
    {
      g_auto(Result) result = { 0 };
      gboolean down = now < 60 * G_USEC_PER_SEC;
      guint before = count_requests (self->base.server);

      bks_scripted_server_forget (self->base.server);
      bks_scripted_server_forget (self->second);
      for (guint i = 0; i < 2; i++)
        bks_scripted_server_push (self->base.server, CHAT, down ? make_status (500, NULL, NULL) : make_good ());
      bks_scripted_server_push (self->second, CHAT, make_good ());
      result = complete_patiently (self);
      g_assert_no_error (result.error);
      if (g_str_equal (result.outcome->provider, FIRST))
        back = now;
      else
        asked += count_requests (self->base.server) - before;
      bks_test_spin (1000);
      now = g_get_monotonic_time () - started;
    }
  g_print ("report: down for 60 s, asked %u times meanwhile, returned to after %.1f s\n", asked, back / 1e6);
  g_assert_cmpint (back, >=, 60 * G_USEC_PER_SEC);
  g_assert_cmpint (back, <=, 77 * G_USEC_PER_SEC);
  g_assert_cmpuint (asked, <=, 20);
}

/* Slow at the first token, with an alternative: overtaken within 15 s, and not asked again. */
static void
test_long_slow (Route         *self,
                gconstpointer  data)
{
  gint64 started = g_get_monotonic_time ();
  g_auto(Result) result = { 0 };
  BksReply *slow;

  if (skip_unless_long ())
    return;
  slow = bks_reply_new (200, "text/event-stream");
  bks_reply_add_delay (slow, 60000);
  bks_scripted_server_push (self->base.server, CHAT, slow);
  bks_scripted_server_push (self->second, CHAT, make_good ());
  result = complete_patiently (self);
  g_assert_no_error (result.error);
  g_print ("report: slow at the first token, overtaken after %.1f s\n", (g_get_monotonic_time () - started) / 1e6);
  g_assert_cmpstr (result.outcome->provider, ==, SECOND);
  g_assert_cmpint (g_get_monotonic_time () - started, <=, 15 * G_USEC_PER_SEC);
  g_assert_cmpuint (count_requests (self->base.server), ==, 1);
}

/* Silent after its first words: told after 30 s, and not asked again by itself. */
static void
test_long_silent (Route         *self,
                  gconstpointer  data)
{
  gint64 started = g_get_monotonic_time ();
  g_auto(Result) result = { 0 };
  BksReply *silent;

  if (skip_unless_long ())
    return;
  /* A server on this machine may pause for longer. */
  self->base.limits->idle_slow_ms = self->base.limits->idle_ms;
  silent = bks_reply_new (200, "text/event-stream");
  bks_reply_add_event (silent, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"night again\"}}]}");
  bks_reply_add_step (silent, BKS_REPLY_STEP_STALL);
  bks_scripted_server_push (self->base.server, CHAT, silent);
  result = complete_patiently (self);
  g_print ("report: silent in the middle, told after %.1f s\n", (g_get_monotonic_time () - started) / 1e6);
  g_assert_error (result.error, BKS_ERROR, BKS_ERROR_TIMEOUT);
  g_assert_cmpstr (get_text (&result), ==, "night again");
  g_assert_cmpuint (count_requests (self->base.server), ==, 1);
  g_assert_cmpuint (count_requests (self->second), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      g_autofree char *path = g_strdup_printf ("/route/matrix/%s", faults[i].name);

      g_test_add_data_func (path, &faults[i], test_fault);
    }
#define ADD(path, func) g_test_add ("/route/" path, Route, NULL, set_up, func, tear_down)
  ADD ("retry-after", test_retry_after);
  ADD ("attempts", test_attempts);
  ADD ("error-is-the-first-ones", test_error_is_the_first_ones);
  ADD ("no-failover", test_no_failover);
  ADD ("without-key", test_without_key);
  ADD ("overtaken", test_overtaken);
  ADD ("left-and-returned-to", test_left_and_returned_to);
  ADD ("the-only-one", test_the_only_one);
  ADD ("all-rest", test_all_rest);
  ADD ("dead-over-restart", test_dead_over_restart);
  ADD ("offline", test_offline);
  ADD ("line-down", test_line_down);
  ADD ("local-only", test_local_only);
  ADD ("window", test_window);
  ADD ("larger-window", test_larger_window);
  ADD ("most-cost", test_most_cost);
  ADD ("stop-while-waiting", test_stop_while_waiting);
  ADD ("deadline", test_deadline);
  ADD ("default-order", test_default_order);
#undef ADD
#define ADD(path, func) g_test_add ("/route/long/" path, Route, NULL, set_up_long, func, tear_down)
  ADD ("down", test_long_down);
  ADD ("slow", test_long_slow);
  ADD ("silent", test_long_silent);
#undef ADD
  return g_test_run ();
}
