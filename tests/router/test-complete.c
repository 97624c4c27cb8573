/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "router-fixture.h"

#include "bks-router-private.h"

#define KEY "sk-test-0123456789abcdef0123456789"
#define CHAT "/v1/chat/completions"
#define BOOK "0192f0c1-2345-7abc-8def-0123456789ab"

/* Everything of a row that does not depend on the clock. */
#define ROW \
  "SELECT provider, model_asked, model_answered, role, book_id, input, cache_read, output, estimated, cost," \
  " cost_source, outcome FROM usage ORDER BY rowid"

typedef struct
{
  BksCall    *call;
  BksAnswer  *answer;  /* the call's */
  BksOutcome *outcome;
  GError     *error;
} Result;

static void
result_clear (Result *result)
{
  g_clear_object (&result->call);
  g_clear_pointer (&result->outcome, bks_outcome_unref);
  g_clear_error (&result->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

static BksCompletionRequest *
make_request (gboolean stream)
{
  BksCompletionRequest *request = bks_completion_request_new ("replaced by the target's");

  bks_completion_request_add_message (request, "user", "It was a dark and stormy");
  request->stream = stream;
  return request;
}

static BksCall *
make_call (const char *provider,
           const char *model,
           gboolean    stream,
           const char *book_id)
{
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  g_autoptr(BksCompletionRequest) request = make_request (stream);
  BksCall *call;

  g_ptr_array_add (targets, bks_target_new (provider, model));
  call = bks_call_new (targets, request);
  bks_call_set_role (call, "draft");
  bks_call_set_book_id (call, book_id);
  return call;
}

static Result
complete (Fixture    *self,
          const char *provider,
          const char *model,
          gboolean    stream,
          const char *book_id)
{
  Result result = { .call = make_call (provider, model, stream, book_id) };
  const GValue *value = bks_test_await (bks_router_complete (self->router, result.call, NULL), &result.error);

  result.answer = bks_call_get_answer (result.call);
  if (value != NULL)
    result.outcome = g_value_dup_boxed (value);
  return result;
}

static void
assert_rows (Fixture    *self,
             const char *expected)
{
  g_autofree char *rows = fixture_query (self, ROW);

  g_assert_cmpstr (rows, ==, expected);
}

/* The server stands at another address than a preset's, so a provider's prices come by a changed address. */
static void
point_at_server (Fixture    *self,
                 const char *id)
{
  bks_test_await_ok (bks_router_set_base_url (self->router, id, bks_scripted_server_get_url (self->server)));
}

/* An answer of two words; @usage is what the last frame says, NULL for nothing. */
static void
push_stream (Fixture    *self,
             const char *model,
             const char *usage)
{
  BksReply *reply = bks_reply_new (200, "text/event-stream");
  g_autofree char *first = g_strdup_printf ("{\"model\":\"%s\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"night \"}}]}", model);
  g_autofree char *last = usage != NULL ? g_strdup_printf ("{\"choices\":[],\"usage\":%s}", usage) : NULL;

  bks_reply_add_event (reply, first);
  bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"again\"},\"finish_reason\":\"stop\"}]}");
  if (last != NULL)
    bks_reply_add_event (reply, last);
  bks_reply_add_event (reply, "[DONE]");
  bks_scripted_server_push (self->server, CHAT, reply);
}

static void
test_openai (Fixture       *self,
             gconstpointer  stream)
{
  g_auto(Result) result = { 0 };

  point_at_server (self, "openai");
  if (stream != NULL)
    push_stream (self, "gpt-4o-2024-08-06",
                 "{\"prompt_tokens\":100,\"completion_tokens\":7,\"prompt_tokens_details\":{\"cached_tokens\":40}}");
  else
    bks_scripted_server_push (self->server, CHAT, bks_reply_new_json (200,
      "{\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
      "\"night again\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":7,"
      "\"prompt_tokens_details\":{\"cached_tokens\":40}}}"));
  result = complete (self, "openai", "gpt-4o", stream != NULL, NULL);
  g_assert_no_error (result.error);
  g_assert_cmpstr (bks_answer_get_text (result.answer), ==, "night again");
  g_assert_cmpstr (result.outcome->finish_reason, ==, "stop");
  g_assert_cmpstr (result.outcome->model, ==, "gpt-4o-2024-08-06");
  g_assert_true (bks_call_get_last_attempt (result.call)->outcome == result.outcome);
  g_assert_false (result.outcome->estimated);
  /* 60 × 2.5 + 40 × 1.25 + 7 × 10 dollars a million. */
  g_assert_cmpint (result.outcome->cost, ==, 270000000);
  assert_rows (self, "openai|gpt-4o|gpt-4o-2024-08-06|draft|-|60|40|7|0|270000000|table|ok");
}

static void
test_openai_whole (Fixture       *self,
                   gconstpointer  data)
{
  test_openai (self, NULL);
}

static void
test_ollama (Fixture       *self,
             gconstpointer  data)
{
  g_auto(Result) streamed = { 0 };
  g_auto(Result) whole = { 0 };
  g_autofree char *rows = NULL;

  point_at_server (self, "ollama");
  streamed = complete (self, "ollama", "demo-writer", TRUE, NULL);
  g_assert_no_error (streamed.error);
  whole = complete (self, "ollama", "demo-writer", FALSE, NULL);
  g_assert_no_error (whole.error);
  g_assert_cmpuint (strlen (bks_answer_get_text (streamed.answer)), >, 200);
  g_assert_cmpuint (strlen (bks_answer_get_text (whole.answer)), >, 200);
  g_assert_cmpint (streamed.outcome->cost, ==, 0);
  rows = fixture_query (self, "SELECT estimated, cost, cost_source, outcome, output > 30, input > 5 FROM usage");
  g_assert_cmpstr (rows, ==, "0|0|free|ok|1|1\n0|0|free|ok|1|1");
}

/* What Ollama passes on to its makers is neither free nor local. */
static void
test_ollama_cloud (Fixture       *self,
                   gconstpointer  data)
{
  static const char *const models[] = { "demo:120b-cloud", "demo:cloud" };

  point_at_server (self, "ollama");
  for (gsize i = 0; i < G_N_ELEMENTS (models); i++)
    {
      g_auto(Result) result = complete (self, "ollama", models[i], TRUE, NULL);

      g_assert_no_error (result.error);
      g_assert_cmpint (result.outcome->cost, ==, BKS_MONEY_UNKNOWN);
    }
  {
    g_autofree char *rows = fixture_query (self, "SELECT cost, cost_source FROM usage");

    g_assert_cmpstr (rows, ==, "-|unknown\n-|unknown");
  }
}

static void
test_reported_cost (Fixture       *self,
                    gconstpointer  data)
{
  g_auto(Result) result = { 0 };

  point_at_server (self, "openai");
  push_stream (self, "gpt-4o", "{\"prompt_tokens\":100,\"completion_tokens\":7,\"cost\":0.000000000123}");
  result = complete (self, "openai", "gpt-4o", TRUE, NULL);
  g_assert_no_error (result.error);
  assert_rows (self, "openai|gpt-4o|gpt-4o|draft|-|100|-|7|0|123|provider|ok");
}

/* A provider that does not count: estimated, marked, never free. 24 bytes and
 * a message are 10 tokens, 11 bytes are 3. */
static void
test_silent (Fixture       *self,
             gconstpointer  data)
{
  g_auto(Result) known = { 0 };
  g_auto(Result) unknown = { 0 };

  point_at_server (self, "openai");
  push_stream (self, "gpt-4o", NULL);
  push_stream (self, "nobody-knows", NULL);
  known = complete (self, "openai", "gpt-4o", TRUE, NULL);
  unknown = complete (self, "openai", "nobody-knows", TRUE, NULL);
  g_assert_no_error (known.error);
  g_assert_true (known.outcome->estimated);
  g_assert_cmpint (unknown.outcome->cost, ==, BKS_MONEY_UNKNOWN);
  assert_rows (self,
               "openai|gpt-4o|gpt-4o|draft|-|10|-|3|1|55000000|table|ok\n"
               "openai|nobody-knows|nobody-knows|draft|-|10|-|3|1|-|unknown|ok");
}

/* Prices that a provider lists hold for the calls after it. */
static void
test_listed_price (Fixture       *self,
                   gconstpointer  data)
{
  g_autoptr(BksProviderInfo) mine = fixture_add (self, "mine", "openai", bks_scripted_server_get_url (self->server));
  g_autoptr(GPtrArray) models = bks_test_await_boxed (bks_router_list_models (self->router, "mine", NULL));
  g_auto(Result) result = { 0 };

  g_assert_cmpuint (models->len, ==, 3);
  push_stream (self, "demo-writer", "{\"prompt_tokens\":10,\"completion_tokens\":2}");
  result = complete (self, "mine", "demo-writer", TRUE, NULL);
  g_assert_no_error (result.error);
  assert_rows (self, "mine|demo-writer|demo-writer|draft|-|10|-|2|0|45000000|list|ok");
}

/* Nothing was sent: nothing is paid, and the row says so if there is one. */
static void
test_not_sent (Fixture       *self,
               gconstpointer  data)
{
  g_autoptr(BksProviderInfo) nowhere = fixture_add (self, "nowhere", "openai", "http://127.0.0.1:1");
  g_auto(Result) refused = complete (self, "nowhere", "m", TRUE, NULL);
  g_auto(Result) keyless = complete (self, "openai", "gpt-4o", TRUE, NULL);
  g_auto(Result) missing = complete (self, "nobody", "m", TRUE, NULL);

  g_assert_error (refused.error, BKS_ERROR, BKS_ERROR_TRANSPORT);
  g_assert_error (keyless.error, BKS_ERROR, BKS_ERROR_NO_KEY);
  g_assert_error (missing.error, BKS_ERROR, BKS_ERROR_NOT_FOUND);
  g_assert_null (bks_call_get_last_attempt (keyless.call));
  /* Nothing was sent, so it was tried once more. */
  assert_rows (self,
               "nowhere|m|-|draft|-|0|0|0|0|0|free|TRANSPORT\n"
               "nowhere|m|-|draft|-|0|0|0|0|0|free|TRANSPORT");
}

static void
test_refusals (Fixture       *self,
               gconstpointer  data)
{
  static const struct
  {
    guint       status;
    const char *body;
    BksError    code;
    const char *class;
  } cases[] = {
    { 401, "{\"error\":{\"message\":\"Incorrect API key provided: " KEY "\",\"code\":\"invalid_api_key\"}}", BKS_ERROR_AUTH, "AUTH" },
    { 402, "{\"error\":{\"message\":\"Insufficient credits\"}}", BKS_ERROR_BILLING, "BILLING" },
    { 429, "{\"error\":{\"message\":\"Slow down\"}}", BKS_ERROR_RATE, "RATE" },
    { 404, "{\"error\":{\"message\":\"The model x does not exist\",\"code\":\"model_not_found\"}}", BKS_ERROR_MODEL, "MODEL" },
    { 500, "", BKS_ERROR_SERVER, "SERVER" },
    { 503, "", BKS_ERROR_OVERLOAD, "OVERLOAD" },
  };
  g_autoptr(GString) expected = g_string_new (NULL);
  g_autofree char *rows = NULL;

  /* Once each; what is tried again has tests of its own. */
  self->limits->attempts = 1;
  point_at_server (self, "openai");
  fixture_set_key (self, "openai", KEY);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto(Result) result = { 0 };

      bks_breaker_revive (self->router->breaker, "openai");
      bks_scripted_server_push (self->server, CHAT, bks_reply_new_json (cases[i].status, cases[i].body));
      result = complete (self, "openai", "gpt-4o", TRUE, NULL);
      g_assert_error (result.error, BKS_ERROR, (int) cases[i].code);
      g_assert_cmpuint (bks_error_get_facts (result.error)->http_status, ==, cases[i].status);
      g_assert_null (strstr (result.error->message, KEY));
      g_assert_nonnull (bks_call_get_last_attempt (result.call)->outcome);
      /* A provider that refuses has served nothing. */
      g_string_append_printf (expected, "%s%s|0|0", i > 0 ? "\n" : "", cases[i].class);
    }
  rows = fixture_query (self, "SELECT outcome, output, cost FROM usage ORDER BY rowid");
  g_assert_cmpstr (rows, ==, expected->str);
}

static void
test_cut (Fixture       *self,
          gconstpointer  data)
{
  BksReply *reply = bks_reply_new (200, "text/event-stream");
  g_auto(Result) result = { 0 };

  point_at_server (self, "openai");
  bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"night again\"}}]}");
  bks_reply_add_delay (reply, 20);
  bks_reply_add_step (reply, BKS_REPLY_STEP_CUT);
  bks_scripted_server_push (self->server, CHAT, reply);
  result = complete (self, "openai", "gpt-4o", TRUE, NULL);
  g_assert_error (result.error, BKS_ERROR, BKS_ERROR_TRUNCATED);
  g_assert_cmpstr (bks_answer_get_text (result.answer), ==, "night again");
  g_assert_true (bks_call_get_last_attempt (result.call)->outcome->estimated);
  assert_rows (self, "openai|gpt-4o|-|draft|-|10|-|3|1|55000000|table|TRUNCATED");
}

static gboolean
has_text (gpointer answer)
{
  return *bks_answer_get_text (answer) != '\0';
}

static gboolean
saw_close (gpointer server)
{
  return bks_scripted_server_get_closed_us (server, 0) > 0;
}

static void
test_cancel (Fixture       *self,
             gconstpointer  data)
{
  BksReply *reply = bks_reply_new (200, "text/event-stream");
  g_autoptr(BksCall) call = make_call ("openai", "gpt-4o", TRUE, NULL);
  BksAnswer *answer = bks_call_get_answer (call);
  g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
  g_autoptr(DexFuture) future = NULL;

  point_at_server (self, "openai");
  bks_reply_add_event (reply, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"night again\"}}]}");
  bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
  bks_scripted_server_push (self->server, CHAT, reply);
  future = bks_router_complete (self->router, call, cancellable);
  bks_test_wait_for (has_text, answer);
  dex_cancellable_cancel (cancellable);
  bks_test_await_error (g_steal_pointer (&future), BKS_ERROR_CANCELLED);
  bks_test_wait_for (saw_close, self->server);
  g_assert_cmpstr (bks_answer_get_text (answer), ==, "night again");
  assert_rows (self, "openai|gpt-4o|-|draft|-|10|-|3|1|55000000|table|CANCELLED");
}

/* Before it began: nothing is sent and nothing is paid. */
static void
test_cancelled_before (Fixture       *self,
                       gconstpointer  data)
{
  g_autoptr(BksCall) call = make_call ("openai", "gpt-4o", TRUE, NULL);
  g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
  g_autofree char *paid = NULL;

  point_at_server (self, "openai");
  dex_cancellable_cancel (cancellable);
  bks_test_await_error (bks_router_complete (self->router, call, cancellable), BKS_ERROR_CANCELLED);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (self->server), ==, 0);
  paid = fixture_query (self, "SELECT coalesce (sum (cost), 0) FROM usage");
  g_assert_cmpstr (paid, ==, "0");
}

static void
test_local_only (Fixture       *self,
                 gconstpointer  data)
{
  g_autoptr(BksBook) book = g_object_new (BKS_TYPE_BOOK, "id", BOOK, "title", "T", "local-only", TRUE, NULL);
  /* An address of the test network of RFC 5737: a connection would take its time. */
  g_autoptr(BksProviderInfo) far = fixture_add (self, "far", "openai", "http://192.0.2.1:9");
  g_auto(Result) cloud = { 0 };
  g_auto(Result) remote = { 0 };
  g_auto(Result) near = { 0 };
  g_auto(Result) stranger = { 0 };

  bks_test_await_ok (bks_library_put_book (self->library, book));
  point_at_server (self, "ollama");
  remote = complete (self, "far", "m", TRUE, BOOK);
  g_assert_error (remote.error, BKS_ERROR, BKS_ERROR_FORBIDDEN);
  /* The address is here, the model is not. */
  cloud = complete (self, "ollama", "demo:cloud", TRUE, BOOK);
  g_assert_error (cloud.error, BKS_ERROR, BKS_ERROR_FORBIDDEN);
  /* A book that nobody knows may be one that must not leave. */
  stranger = complete (self, "far", "m", TRUE, "0192f0c1-2345-7abc-8def-000000000000");
  g_assert_error (stranger.error, BKS_ERROR, BKS_ERROR_NOT_FOUND);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (self->server), ==, 0);
  assert_rows (self, "");

  near = complete (self, "ollama", "demo-writer", TRUE, BOOK);
  g_assert_no_error (near.error);
  {
    g_autofree char *rows = fixture_query (self, "SELECT book_id, outcome FROM usage");

    g_assert_cmpstr (rows, ==, BOOK "|ok");
  }
}

/* The second server, at another port, never sees the first one's key. */
static void
test_key_stays_with_its_origin (Fixture       *self,
                                gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(BksScriptedServer) second = bks_scripted_server_new (0, &error);
  g_autoptr(BksProviderInfo) mine = fixture_add (self, "mine", "openai", bks_scripted_server_get_url (self->server));
  g_auto(Result) first = { 0 };
  g_auto(Result) other = { 0 };
  g_auto(Result) removed = { 0 };
  g_autofree char *sent = NULL;
  g_autofree char *leaked = NULL;
  g_autofree char *after = NULL;

  g_assert_no_error (error);
  fixture_set_key (self, "mine", KEY);
  first = complete (self, "mine", "demo-writer", TRUE, NULL);
  g_assert_no_error (first.error);
  sent = fixture_get_header (self->server, 0, "authorization");
  g_assert_cmpstr (sent, ==, "Bearer " KEY);

  bks_test_await_ok (bks_router_set_base_url (self->router, "mine", bks_scripted_server_get_url (second)));
  other = complete (self, "mine", "demo-writer", TRUE, NULL);
  g_assert_no_error (other.error);
  leaked = fixture_get_header (second, 0, "authorization");
  g_assert_null (leaked);

  /* A removed key is gone at once. */
  bks_test_await_ok (bks_router_set_base_url (self->router, "mine", bks_scripted_server_get_url (self->server)));
  bks_test_await_ok (bks_router_remove_key (self->router, "mine"));
  removed = complete (self, "mine", "demo-writer", TRUE, NULL);
  g_assert_no_error (removed.error);
  after = fixture_get_header (self->server, 1, "authorization");
  g_assert_null (after);
}

/* The address changes between the decision where to ask and the look-up of the
 * key, as another window can do at any time. */
static void
test_key_race (Fixture       *self,
               gconstpointer  data)
{
  g_autoptr(BksProviderInfo) mine = fixture_add (self, "mine", "openai", "https://key.example.org");
  g_autoptr(BksProviderInfo) asked = NULL;
  g_autofree char *kept = NULL;

  fixture_set_key (self, "mine", KEY);
  asked = bks_test_await_boxed (bks_router_set_base_url (self->router, "mine", "https://other.example.org"));
  bks_test_await_ok (bks_router_set_base_url (self->router, "mine", "https://key.example.org"));
  bks_test_await_error (bks_router_lookup_key (self->router, asked, NULL), BKS_ERROR_NO_KEY);
  kept = bks_test_await_string (bks_router_lookup_key (self->router, mine, NULL));
  g_assert_cmpstr (kept, ==, KEY);
}

/* No file and no message holds the key. */
static void
test_no_key_on_disk (Fixture       *self,
                     gconstpointer  data)
{
  static const char *const names[] = { "library.db", "library.db-wal" };
  g_autoptr(BksProviderInfo) mine = fixture_add (self, "mine", "openai", bks_scripted_server_get_url (self->server));
  g_auto(Result) good = { 0 };
  g_auto(Result) bad = { 0 };

  bks_scripted_server_set_key (self->server, KEY);
  fixture_set_key (self, "mine", KEY);
  bks_test_await_ok (bks_router_test_provider (self->router, "mine", NULL));
  good = complete (self, "mine", "demo-writer", TRUE, NULL);
  g_assert_no_error (good.error);
  bks_scripted_server_set_key (self->server, "another");
  bad = complete (self, "mine", "demo-writer", TRUE, NULL);
  g_assert_error (bad.error, BKS_ERROR, BKS_ERROR_AUTH);
  bks_test_await_error (bks_router_test_provider (self->router, "mine", NULL), BKS_ERROR_AUTH);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (self->dir, names[i], NULL);
      g_autofree char *contents = NULL;
      gsize length;

      if (!g_file_get_contents (path, &contents, &length, NULL))
        continue;
      g_assert_cmpuint (length, >, 0);
      g_assert_null (memmem (contents, length, KEY, strlen (KEY)));
    }
}

static void
assert_resolves (Fixture    *self,
                 const char *model,
                 const char *provider,
                 const char *wire)
{
  g_autoptr(BksTarget) target = bks_test_await_boxed (bks_router_resolve_model (self->router, model));

  g_assert_cmpstr (target->provider, ==, provider);
  g_assert_cmpstr (target->model, ==, wire);
}

static void
test_resolve (Fixture       *self,
              gconstpointer  data)
{
  g_autoptr(BksProviderInfo) mine = NULL;

  point_at_server (self, "ollama");
  assert_resolves (self, "openai:gpt-4o", "openai", "gpt-4o");
  assert_resolves (self, "together/x", "together", "x");
  g_assert_cmpuint (bks_scripted_server_get_n_requests (self->server), ==, 0);

  assert_resolves (self, "demo-writer:latest", "ollama", "demo-writer:latest");
  assert_resolves (self, "gpt-4o", "openai", "gpt-4o");
  assert_resolves (self, "vendor/model", "openrouter", "vendor/model");
  /* Nobody asked for the list of this provider before. */
  mine = fixture_add (self, "mine", "openai", bks_scripted_server_get_url (self->server));
  assert_resolves (self, "demo-thinker", "mine", "demo-thinker");
  assert_resolves (self, "mine:demo-thinker", "mine", "demo-thinker");
  assert_resolves (self, "unheard-of", "ollama", "unheard-of");
  /* Pulled meanwhile: it must not go to somebody else because the list is old. */
  bks_scripted_server_push (self->server, "/api/tags",
                            bks_reply_new_json (200, "{\"models\":[{\"name\":\"vendor/model\",\"model\":\"vendor/model\"}]}"));
  assert_resolves (self, "vendor/model", "ollama", "vendor/model");
}

static void
test_resolve_without_ollama (Fixture       *self,
                             gconstpointer  data)
{
  bks_test_await_ok (bks_router_set_base_url (self->router, "ollama", "http://127.0.0.1:1"));
  assert_resolves (self, "gpt-oss:20b", "ollama", "gpt-oss:20b");
  assert_resolves (self, "vendor/model:free", "openrouter", "vendor/model:free");
}

static void
test_sums (Fixture       *self,
           gconstpointer  data)
{
  g_autoptr(GPtrArray) rows = NULL;
  const BksUsageRow *sum;

  point_at_server (self, "openai");
  for (guint i = 0; i < 2; i++)
    {
      g_auto(Result) result = { 0 };

      push_stream (self, "gpt-4o", "{\"prompt_tokens\":100,\"completion_tokens\":7,\"prompt_tokens_details\":{\"cached_tokens\":40}}");
      result = complete (self, "openai", "gpt-4o", TRUE, NULL);
      g_assert_no_error (result.error);
    }
  rows = bks_test_await_boxed (bks_router_list_usage (self->router, 0, "model"));
  g_assert_cmpuint (rows->len, ==, 1);
  sum = g_ptr_array_index (rows, 0);
  g_assert_cmpstr (sum->label, ==, "openai:gpt-4o");
  g_assert_cmpint (sum->calls, ==, 2);
  g_assert_cmpint (sum->input, ==, 200);
  g_assert_cmpint (sum->output, ==, 14);
  g_assert_cmpint (sum->cost, ==, 540000000);
  bks_test_await_error (bks_router_list_usage (self->router, 0, "colour"), BKS_ERROR_INVALID_ARGUMENT);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(path, func) \
  g_test_add ("/router/" path, Fixture, GINT_TO_POINTER (TRUE), fixture_set_up, func, fixture_tear_down)
  ADD ("complete/openai-stream", test_openai);
  ADD ("complete/openai-whole", test_openai_whole);
  ADD ("complete/ollama", test_ollama);
  ADD ("complete/ollama-cloud", test_ollama_cloud);
  ADD ("complete/reported-cost", test_reported_cost);
  ADD ("complete/silent", test_silent);
  ADD ("complete/listed-price", test_listed_price);
  ADD ("complete/not-sent", test_not_sent);
  ADD ("complete/refusals", test_refusals);
  ADD ("complete/cut", test_cut);
  ADD ("complete/cancel", test_cancel);
  ADD ("complete/cancelled-before", test_cancelled_before);
  ADD ("complete/local-only", test_local_only);
  ADD ("keys/origin", test_key_stays_with_its_origin);
  ADD ("keys/race", test_key_race);
  ADD ("keys/not-on-disk", test_no_key_on_disk);
  ADD ("resolve/names", test_resolve);
  ADD ("resolve/without-ollama", test_resolve_without_ollama);
  ADD ("usage/sums", test_sums);
#undef ADD
  return g_test_run ();
}
