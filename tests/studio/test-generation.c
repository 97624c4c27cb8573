/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-scripted-server.h"
#include "studio-fixture.h"

#define MODEL "demo-writer"
#define CHAT "/v1/chat/completions"
#define PAGE "It was late."

/* One scripted provider for each test, added as "scripted". */
static BksScriptedServer *server;

static void
add_provider (Fixture *self)
{
  g_autoptr(BksProviderInfo) info = NULL;

  info = bks_test_await_boxed (bks_router_add_provider (bks_studio_get_router (self->studio), "scripted", "openai",
                                                        bks_scripted_server_get_url (server)));
}

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  fixture_set_up (self, data);
  server = bks_scripted_server_new (0, &error);
  g_assert_no_error (error);
  bks_scripted_server_set_delay (server, 5);
  add_provider (self);
  fixture_open_page (self, PAGE);
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  fixture_tear_down (self, data);
  g_clear_object (&server);
}

/* What is left in the folder of the last session: the same chapter of the same book. */
static void
restart (Fixture *self)
{
  g_autofree char *book_id = g_strdup (bks_book_get_id (bks_book_session_get_book (self->session)));

  fixture_restart (self);
  self->session = fixture_open (self, book_id, TRUE);
  self->node = g_list_model_get_item (bks_book_session_get_nodes (self->session), 0);
  fixture_open_editor (self);
}

static BksGeneration *
start (Fixture *self)
{
  return bks_generation_continue (bks_studio_get_router (self->studio), self->session, self->node, self->page, NULL,
                                  "scripted", MODEL);
}

static BksGeneration *
resume (Fixture *self)
{
  return bks_test_await_object (bks_generation_resume (bks_studio_get_router (self->studio), self->session, self->node));
}

static void
assert_ends (BksGeneration      *generation,
             BksGenerationState  state)
{
  bks_test_await_ok (bks_generation_wait (generation));
  g_assert_cmpint (bks_generation_get_state (generation), ==, state);
}

static void
assert_draft (Fixture    *self,
              const char *expected)
{
  g_autofree char *row = fixture_query_book (self, "SELECT state, review FROM drafts");

  g_assert_cmpstr (row, ==, expected);
}

static gboolean
has_begun (gpointer generation)
{
  return strlen (bks_generation_get_text (generation)) > 10;
}

/* A reply of one piece, and what comes then. */
static void
push_piece (const char       *piece,
            BksReplyStepKind  then)
{
  BksReply *reply = bks_reply_new (200, "text/event-stream");
  g_autofree char *event = g_strdup_printf ("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}", piece);

  if (*piece != '\0')
    bks_reply_add_event (reply, event);
  bks_reply_add_delay (reply, 20);
  bks_reply_add_step (reply, then);
  bks_scripted_server_push (server, CHAT, reply);
}

static void
text_cb (BksGeneration *generation,
         const char    *piece,
         GString       *text)
{
  g_string_append (text, piece);
}

static void
test_insert (Fixture       *self,
             gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = start (self);
  g_autoptr(BksGeneration) again = NULL;
  g_autoptr(GString) streamed = g_string_new (NULL);
  g_autofree char *page = NULL;
  gulong handler = g_signal_connect (generation, "text", G_CALLBACK (text_cb), streamed);

  g_assert_cmpint (bks_generation_get_state (generation), ==, BKS_GENERATION_RUNNING);
  bks_test_wait_for (has_begun, generation);
  fixture_assert_stored (self, PAGE);
  assert_ends (generation, BKS_GENERATION_COMPLETE);
  g_assert_no_error (bks_generation_get_error (generation));
  g_assert_cmpstr (bks_generation_get_text (generation), ==, streamed->str);
  g_assert_cmpint (bks_generation_get_tokens (generation), >, 20);
  g_assert_cmpint (bks_generation_get_cost (generation), >, 0);
  g_assert_cmpint (bks_generation_get_total_ms (generation), >, 0);
  fixture_assert_stored (self, PAGE);
  assert_draft (self, "complete|pending");

  page = g_strconcat (PAGE, "\n\n", bks_generation_get_text (generation), NULL);
  fixture_type (self, page);
  bks_test_await_ok (bks_generation_insert (generation, self->text));
  g_assert_cmpint (bks_generation_get_state (generation), ==, BKS_GENERATION_INSERTED);
  fixture_assert_stored (self, page);
  assert_draft (self, "complete|approved");
  again = resume (self);
  g_assert_null (again);
  /* Decided is decided. */
  bks_test_await_error (bks_generation_insert (generation, self->text), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_generation_discard (generation), BKS_ERROR_NOT_FOUND);
  assert_draft (self, "complete|approved");
  g_signal_handler_disconnect (generation, handler);
}

/* Writing goes on while it runs, and none of it is touched. */
static void
test_type_meanwhile (Fixture       *self,
                     gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = start (self);

  for (guint i = 0; bks_generation_get_state (generation) == BKS_GENERATION_RUNNING; i++)
    {
      g_autofree char *page = g_strdup_printf ("%s %u", PAGE, i);

      fixture_type (self, page);
      bks_test_spin (10);
    }
  g_assert_cmpint (bks_generation_get_state (generation), ==, BKS_GENERATION_COMPLETE);
  bks_test_await_ok (bks_node_session_save (self->text));
  fixture_assert_stored (self, self->page);
}

static gboolean
saw_close (gpointer data)
{
  return bks_scripted_server_get_closed_us (server, 0) > 0;
}

static void
test_stop (Fixture       *self,
           gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = start (self);
  g_autoptr(BksGeneration) again = NULL;
  g_autofree char *kept = NULL;

  bks_test_wait_for (has_begun, generation);
  /* Nobody can decide on what is not finished. */
  bks_test_await_error (bks_generation_insert (generation, self->text), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_generation_discard (generation), BKS_ERROR_NOT_FOUND);
  bks_generation_stop (generation);
  bks_generation_stop (generation);
  assert_ends (generation, BKS_GENERATION_STOPPED);
  g_assert_cmpint (bks_generation_get_tokens (generation), >, 0);
  bks_test_wait_for (saw_close, NULL);
  bks_generation_stop (generation);

  kept = g_strdup (bks_generation_get_text (generation));
  assert_draft (self, "stopped|pending");
  g_clear_object (&generation);
  restart (self);
  again = resume (self);
  g_assert_cmpint (bks_generation_get_state (again), ==, BKS_GENERATION_STOPPED);
  g_assert_cmpstr (bks_generation_get_text (again), ==, kept);
  g_assert_cmpstr (bks_generation_get_provider (again), ==, "scripted");
  g_assert_cmpstr (bks_generation_get_model (again), ==, MODEL);
  bks_test_await_ok (bks_generation_wait (again));
  bks_test_await_ok (bks_generation_discard (again));
  g_assert_cmpint (bks_generation_get_state (again), ==, BKS_GENERATION_DISCARDED);
  assert_draft (self, "stopped|rejected");
  fixture_assert_stored (self, PAGE);
  g_clear_object (&again);
}

static gboolean
was_asked (gpointer data)
{
  return bks_scripted_server_get_n_requests (server) > 0;
}

static void
test_stop_before_anything (Fixture       *self,
                           gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = NULL;
  g_autoptr(BksGeneration) again = NULL;

  push_piece ("", BKS_REPLY_STEP_STALL);
  generation = start (self);
  bks_test_wait_for (was_asked, NULL);
  bks_generation_stop (generation);
  assert_ends (generation, BKS_GENERATION_STOPPED);
  again = resume (self);
  g_assert_null (again); /* there is nothing to decide on */
}

/* Stopped in the same moment, before a byte was sent. */
static void
test_stop_at_once (Fixture       *self,
                   gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = start (self);

  bks_generation_stop (generation);
  assert_ends (generation, BKS_GENERATION_STOPPED);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (server), ==, 0);
}

static void
test_interrupted (Fixture       *self,
                  gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = NULL;
  g_autoptr(BksGeneration) again = NULL;

  push_piece ("And then the lamp", BKS_REPLY_STEP_CUT);
  generation = start (self);
  assert_ends (generation, BKS_GENERATION_INTERRUPTED);
  g_assert_error (bks_generation_get_error (generation), BKS_ERROR, BKS_ERROR_TRUNCATED);
  g_assert_cmpstr (bks_generation_get_text (generation), ==, "And then the lamp");
  assert_draft (self, "interrupted|pending");
  again = resume (self);
  g_assert_cmpint (bks_generation_get_state (again), ==, BKS_GENERATION_INTERRUPTED);
  g_assert_cmpstr (bks_generation_get_text (again), ==, "And then the lamp");
  fixture_assert_stored (self, PAGE);
}

static void
test_failure (Fixture       *self,
              gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = NULL;
  g_autoptr(BksGeneration) again = NULL;

  bks_scripted_server_push (server, CHAT,
                            bks_reply_new_json (401, "{\"error\":{\"message\":\"bad key\",\"code\":\"invalid_api_key\"}}"));
  generation = start (self);
  assert_ends (generation, BKS_GENERATION_FAILED);
  g_assert_error (bks_generation_get_error (generation), BKS_ERROR, BKS_ERROR_AUTH);
  assert_draft (self, "failed|pending");
  fixture_assert_stored (self, PAGE);
  again = resume (self);
  g_assert_null (again);
}

static void
test_local_only (Fixture       *self,
                 gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = NULL;

  bks_test_await_ok (bks_book_session_set_local_only (self->session, TRUE));
  bks_test_await_ok (bks_router_set_base_url (bks_studio_get_router (self->studio), "scripted", "http://192.0.2.1:9"));
  generation = start (self);
  assert_ends (generation, BKS_GENERATION_FAILED);
  g_assert_error (bks_generation_get_error (generation), BKS_ERROR, BKS_ERROR_FORBIDDEN);
}

static gboolean
is_stored (gpointer data)
{
  g_autofree char *text = fixture_query_book (data, "SELECT text FROM drafts");

  return strstr (text, "And then the lamp") != NULL;
}

/* What came is on the disk although the stream says nothing more. */
static void
test_stall (Fixture       *self,
            gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = NULL;

  push_piece ("And then the lamp", BKS_REPLY_STEP_STALL);
  generation = start (self);
  bks_test_wait_for (is_stored, self);
  g_assert_cmpint (bks_generation_get_state (generation), ==, BKS_GENERATION_RUNNING);
  assert_draft (self, "running|pending");
  bks_generation_stop (generation);
  assert_ends (generation, BKS_GENERATION_STOPPED);
}

/* The process that wrote it is gone. */
static void
test_resume_after_crash (Fixture       *self,
                         gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = start (self);
  g_autoptr(BksGeneration) again = NULL;

  assert_ends (generation, BKS_GENERATION_COMPLETE);
  g_free (fixture_query_book (self, "UPDATE drafts SET state = 'running', tokens = NULL, cost = NULL"));
  again = resume (self);
  g_assert_cmpint (bks_generation_get_state (again), ==, BKS_GENERATION_INTERRUPTED);
  g_assert_cmpstr (bks_generation_get_text (again), ==, bks_generation_get_text (generation));
  g_assert_cmpint (bks_generation_get_tokens (again), ==, -1);
  g_assert_cmpint (bks_generation_get_cost (again), ==, BKS_MONEY_UNKNOWN);
  bks_test_await_ok (bks_generation_insert (again, self->text));
  assert_draft (self, "running|approved");
}

/* Text and mark are on the disk together or not at all. */
static void
test_insert_in_one (Fixture       *self,
                    gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = start (self);
  g_autoptr(GError) error = NULL;

  assert_ends (generation, BKS_GENERATION_COMPLETE);
  g_free (fixture_query_book (self, "CREATE TRIGGER broken BEFORE UPDATE OF review ON drafts"
                                    " BEGIN SELECT RAISE (ABORT, 'broken'); END"));
  fixture_type (self, "With the draft.");
  g_assert_null (bks_test_await (bks_generation_insert (generation, self->text), &error));
  g_assert_cmpint (bks_node_session_get_state (self->text), ==, BKS_SAVE_FAILED);
  fixture_assert_stored (self, PAGE);
  assert_draft (self, "complete|pending");
  /* And both by themselves, as soon as it can be. */
  g_free (fixture_query_book (self, "DROP TRIGGER broken"));
  bks_test_await_ok (bks_node_session_save (self->text));
  fixture_assert_stored (self, "With the draft.");
  assert_draft (self, "complete|approved");
}

static void
test_nothing_paid (Fixture       *self,
                   gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = NULL;

  g_free (fixture_query_book (self, "CREATE TRIGGER broken BEFORE INSERT ON drafts"
                                    " BEGIN SELECT RAISE (ABORT, 'broken'); END"));
  generation = start (self);
  assert_ends (generation, BKS_GENERATION_FAILED);
  g_assert_nonnull (bks_generation_get_error (generation));
  g_assert_null (bks_generation_get_draft_id (generation));
  g_assert_cmpuint (bks_scripted_server_get_n_requests (server), ==, 0);
  bks_test_await_error (bks_generation_discard (generation), BKS_ERROR_NOT_FOUND);
}

static void
test_closed_book (Fixture       *self,
                  gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = NULL;
  g_autoptr(BksGeneration) again = NULL;

  bks_test_await_ok (bks_book_session_close (self->session));
  generation = start (self);
  assert_ends (generation, BKS_GENERATION_FAILED);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (server), ==, 0);
  again = resume (self);
  g_assert_null (again);
}

static void
assert_noted (Fixture    *self,
              const char *expected)
{
  g_autofree char *path = g_build_filename (self->dir, "library.db", NULL);
  g_autofree char *rows = fixture_query (path, "SELECT provider, outcome, book_id <> '', output > 0 FROM usage");

  g_assert_cmpstr (rows, ==, expected);
}

/* The stream ends with the book; what came and what it cost are kept. */
static void
test_close_while_running (Fixture       *self,
                          gconstpointer  whole_studio)
{
  g_autoptr(BksGeneration) generation = start (self);
  g_autoptr(BksGeneration) again = NULL;
  g_autofree char *kept = NULL;

  bks_test_wait_for (has_begun, generation);
  if (whole_studio != NULL)
    bks_test_await_ok (bks_studio_close (self->studio));
  else
    bks_test_await_ok (bks_book_session_close (self->session));
  g_assert_cmpint (bks_generation_get_state (generation), ==, BKS_GENERATION_STOPPED);
  kept = g_strdup (bks_generation_get_text (generation));
  assert_noted (self, "scripted|CANCELLED|1|1");
  assert_draft (self, "stopped|pending");
  g_clear_object (&generation);
  restart (self);
  again = resume (self);
  g_assert_cmpstr (bks_generation_get_text (again), ==, kept);
  g_clear_object (&again);
}

static void
test_quit_while_running (Fixture       *self,
                         gconstpointer  data)
{
  test_close_while_running (self, GINT_TO_POINTER (TRUE));
}

/* Nobody holds it: it writes on into its draft. */
static void
test_left_alone (Fixture       *self,
                 gconstpointer  data)
{
  BksGeneration *generation = start (self);
  g_autoptr(DexFuture) finished = bks_generation_wait (generation);

  g_object_unref (generation);
  bks_test_await_ok (g_steal_pointer (&finished));
  assert_draft (self, "complete|pending");
  assert_noted (self, "scripted|ok|1|1");
}

static void
test_estimate (Fixture       *self,
               gconstpointer  data)
{
  BksRouter *router = bks_studio_get_router (self->studio);
  BksEstimate unknown, free_one, dear;

  unknown = bks_generation_estimate_continue (router, self->session, self->node, PAGE, NULL, "scripted", MODEL);
  g_assert_cmpint (unknown.input_tokens, >, 50);
  g_assert_cmpint (unknown.output_tokens, >, 100);
  g_assert_cmpint (unknown.cost_low, ==, BKS_MONEY_UNKNOWN);
  g_assert_cmpint (unknown.cost_high, ==, BKS_MONEY_UNKNOWN);
  free_one = bks_generation_estimate_continue (router, self->session, self->node, PAGE, NULL, "ollama", "any");
  g_assert_cmpint (free_one.cost_high, ==, 0);
  dear = bks_generation_estimate_continue (router, self->session, self->node, PAGE, "More.", "openai", "gpt-4o");
  g_assert_cmpint (dear.input_tokens, >, unknown.input_tokens);
  g_assert_cmpint (dear.cost_low, ==, dear.input_tokens * 2500000);
  g_assert_cmpint (dear.cost_high, ==, dear.cost_low + dear.output_tokens * 10000000);
}

static void
push_whole (const char *text)
{
  BksReply *reply = bks_reply_new (200, "text/event-stream");
  g_autofree char *event = g_strdup_printf ("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},"
                                            "\"finish_reason\":\"stop\"}]}", text);

  bks_reply_add_event (reply, event);
  bks_reply_add_event (reply, "[DONE]");
  bks_scripted_server_push (server, CHAT, reply);
}

/* The rest of a draft that broke off, also after a restart: one draft waits, with all of its text. */
static void
test_go_on (Fixture       *self,
            gconstpointer  data)
{
  g_autoptr(BksGeneration) broken = NULL;
  g_autoptr(BksGeneration) found = NULL;
  g_autoptr(BksGeneration) rest = NULL;
  g_autoptr(BksRecordedRequest) request = NULL;
  g_autofree char *waiting = NULL;

  push_piece ("The rain ", BKS_REPLY_STEP_CUT);
  broken = start (self);
  assert_ends (broken, BKS_GENERATION_INTERRUPTED);
  g_assert_true (bks_generation_can_go_on (broken));
  g_clear_object (&broken);
  restart (self);

  found = resume (self);
  g_assert_true (bks_generation_can_go_on (found));
  push_whole ("had stopped.");
  rest = bks_generation_go_on (found);
  g_assert_cmpstr (bks_generation_get_text (rest), ==, "The rain ");
  assert_ends (rest, BKS_GENERATION_COMPLETE);
  g_assert_cmpstr (bks_generation_get_text (rest), ==, "The rain had stopped.");
  waiting = fixture_query_book (self, "SELECT text, state FROM drafts WHERE review = 'pending'");
  g_assert_cmpstr (waiting, ==, "The rain had stopped.|complete");
  /* The model is told what it had written, after what it was asked. */
  request = bks_scripted_server_dup_request (server, 1);
  g_assert_nonnull (strstr (request->body, PAGE));
  g_assert_nonnull (strstr (request->body, "The rain "));
  fixture_assert_stored (self, PAGE);
}

/* A draft whose successor brought nothing still waits. */
static void
test_nothing_elsewhere (Fixture       *self,
                        gconstpointer  data)
{
  g_autoptr(BksGeneration) broken = NULL;
  g_autoptr(BksGeneration) other = NULL;
  g_autofree char *waiting = NULL;

  push_piece ("The rain ", BKS_REPLY_STEP_CUT);
  broken = start (self);
  assert_ends (broken, BKS_GENERATION_INTERRUPTED);
  bks_scripted_server_push (server, CHAT, bks_reply_new_json (400, "{\"error\":{\"message\":\"No\"}}"));
  other = bks_generation_start_elsewhere (broken);
  assert_ends (other, BKS_GENERATION_FAILED);
  g_assert_true (bks_generation_get_earlier (other) == broken);
  waiting = fixture_query_book (self, "SELECT text FROM drafts WHERE review = 'pending' AND text <> ''");
  g_assert_cmpstr (waiting, ==, "The rain ");
}

/* The draft names who wrote it, and the author is told why. */
static void
test_stand_in (Fixture       *self,
               gconstpointer  data)
{
  BksRouter *router = bks_studio_get_router (self->studio);
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  g_autoptr(BksProviderInfo) info = NULL;
  g_autoptr(BksGeneration) generation = NULL;
  g_autofree char *row = NULL;
  const GError *why;
  const char *asked;

  info = bks_test_await_boxed (bks_router_add_provider (router, "other", "openai", bks_scripted_server_get_url (server)));
  g_ptr_array_add (targets, bks_target_new ("other", "stand-in"));
  bks_test_await_ok (bks_router_set_role (router, "draft", targets));
  bks_scripted_server_push (server, CHAT, bks_reply_new_json (402, "{\"error\":{\"message\":\"No\"}}"));
  push_whole ("Somebody else wrote.");
  generation = start (self);
  assert_ends (generation, BKS_GENERATION_COMPLETE);
  g_assert_cmpstr (bks_generation_get_provider (generation), ==, "other");
  why = bks_generation_get_fallback (generation, &asked);
  g_assert_error (why, BKS_ERROR, BKS_ERROR_BILLING);
  g_assert_cmpstr (asked, ==, "scripted");
  row = fixture_query_book (self, "SELECT provider, model FROM drafts");
  g_assert_cmpstr (row, ==, "other|stand-in");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(path, func) g_test_add ("/generation/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("insert", test_insert);
  ADD ("insert-in-one", test_insert_in_one);
  ADD ("type-meanwhile", test_type_meanwhile);
  ADD ("stop/kept", test_stop);
  ADD ("stop/before-anything", test_stop_before_anything);
  ADD ("stop/at-once", test_stop_at_once);
  ADD ("interrupted", test_interrupted);
  ADD ("failure", test_failure);
  ADD ("local-only", test_local_only);
  ADD ("stall", test_stall);
  ADD ("resume-after-crash", test_resume_after_crash);
  ADD ("nothing-paid", test_nothing_paid);
  ADD ("close/before", test_closed_book);
  ADD ("close/running", test_close_while_running);
  ADD ("close/quit", test_quit_while_running);
  ADD ("left-alone", test_left_alone);
  ADD ("estimate", test_estimate);
  ADD ("go-on", test_go_on);
  ADD ("nothing-elsewhere", test_nothing_elsewhere);
  ADD ("stand-in", test_stand_in);
#undef ADD
  return g_test_run ();
}
