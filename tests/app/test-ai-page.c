/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-fixture.h"
#include "bks-ai-page.h"
#include "bks-async.h"
#include "bks-scripted-server.h"

#define TEXT "It was a dark night."

typedef struct
{
  AppFixture         app;
  BksScriptedServer *server;
  BksBookSession    *book;
  BksManuscript     *manuscript;
  GtkTextBuffer     *buffer;
  GtkWidget         *page;
} Fixture;

static BksNode *
get_chapter (BksBookSession *book)
{
  g_autoptr(GPtrArray) nodes = bks_book_session_list_nodes (book);

  return g_ptr_array_index (nodes, nodes->len - 1);
}

static void
place_caret_at_end (Fixture *fixture)
{
  GtkTextIter end;

  gtk_text_buffer_get_end_iter (fixture->buffer, &end);
  gtk_text_buffer_place_cursor (fixture->buffer, &end);
}

static void
open_manuscript (Fixture *fixture)
{
  g_autoptr(BksNodeSession) session = NULL;

  session = app_await_object (bks_book_session_open_node (fixture->book, bks_node_get_id (get_chapter (fixture->book))));
  fixture->manuscript = bks_manuscript_new (session, 3000);
  fixture->buffer = GTK_TEXT_BUFFER (bks_manuscript_get_buffer (fixture->manuscript));
  place_caret_at_end (fixture);
}

static void
show_page (Fixture *fixture)
{
  fixture->page = g_object_new (BKS_TYPE_AI_PAGE, NULL);
  bks_ai_page_set_router (BKS_AI_PAGE (fixture->page), bks_studio_get_router (fixture->app.studio));
  bks_ai_page_set_manuscript (BKS_AI_PAGE (fixture->page), fixture->book, fixture->manuscript);
  app_fixture_show (&fixture->app, fixture->page);
}

static void
set_up_with (Fixture    *fixture,
             const char *url)
{
  app_fixture_set_up (&fixture->app, NULL);
  app_await (bks_router_set_base_url (bks_studio_get_router (fixture->app.studio), "ollama", url));
  fixture->book = app_fixture_new_book (&fixture->app, "# Book\n\n## One\n\n" TEXT "\n");
  open_manuscript (fixture);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  fixture->server = bks_scripted_server_new (0, &error);
  g_assert_no_error (error);
  set_up_with (fixture, bks_scripted_server_get_url (fixture->server));
}

static void
set_up_nobody (Fixture       *fixture,
               gconstpointer  data)
{
  /* Nothing listens on the discard port. */
  set_up_with (fixture, "http://127.0.0.1:9");
}

static gboolean
is_last_reference (gpointer data)
{
  return G_OBJECT (data)->ref_count == 1;
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  bks_manuscript_release (fixture->manuscript);
  adw_window_set_content (ADW_WINDOW (fixture->app.window), NULL);
  app_wait_for (is_last_reference, fixture->manuscript, "the page to let go of the text");
  g_assert_finalize_object (fixture->manuscript);
  app_await (bks_book_session_close (fixture->book));
  g_clear_object (&fixture->book);
  app_fixture_tear_down (&fixture->app, data);
  g_clear_object (&fixture->server);
}

static gboolean
is_mapped (gpointer data)
{
  return gtk_widget_get_mapped (data);
}

static GtkWidget *
wait_button (Fixture    *fixture,
             const char *label)
{
  GtkWidget *button = app_find_widget (fixture->page, GTK_TYPE_BUTTON, label);

  app_wait_for (is_mapped, button, label);
  return button;
}

static gboolean
is_sensitive (gpointer data)
{
  return gtk_widget_get_mapped (data) && gtk_widget_is_sensitive (data);
}

static void
start (Fixture *fixture)
{
  show_page (fixture);
  app_wait_shown (fixture->page, "_Continue");
  app_wait_for (is_sensitive, app_find_widget (fixture->page, GTK_TYPE_BUTTON, "_Continue"), "Continue to be possible");
  app_click (fixture->page, "_Continue");
}

static char *
dup_text (Fixture *fixture)
{
  return bks_manuscript_dup_text (fixture->manuscript);
}

static void
assert_untouched (Fixture *fixture)
{
  g_autofree char *text = dup_text (fixture);

  g_assert_cmpstr (text, ==, TEXT);
}

static void
push_chat (Fixture    *fixture,
           const char *words)
{
  BksReply *reply = bks_reply_new (200, "application/x-ndjson");

  bks_reply_add_text (reply, words);
  bks_scripted_server_push (fixture->server, "/api/chat", reply);
}

#define PIECE(words) "{\"model\":\"demo\",\"message\":{\"role\":\"assistant\",\"content\":\"" words "\"},\"done\":false}\n"
#define DONE "{\"model\":\"demo\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true," \
             "\"done_reason\":\"stop\",\"prompt_eval_count\":10,\"eval_count\":5}\n"

static void
push_stalled (Fixture          *fixture,
              BksReplyStepKind  end)
{
  BksReply *reply = bks_reply_new (200, "application/x-ndjson");

  bks_reply_add_text (reply, PIECE ("The rain "));
  bks_reply_add_step (reply, end);
  bks_scripted_server_push (fixture->server, "/api/chat", reply);
}

static void
test_nobody (Fixture       *fixture,
             gconstpointer  data)
{
  show_page (fixture);
  app_wait_shown (fixture->page, "Write with AI");
  app_assert_shown (fixture->page, "Bring Your Own _Key");
  app_assert_shown (fixture->page, "Use a Local _Model");
  app_assert_shown (fixture->page, "_Later");
}

static gboolean
is_inserted (gpointer data)
{
  return bks_generation_get_state (data) == BKS_GENERATION_INSERTED;
}

static void
test_insert (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = NULL;
  g_autofree char *text = NULL;

  push_chat (fixture, PIECE ("The rain ") PIECE ("had stopped.") DONE);
  start (fixture);
  wait_button (fixture, "_Insert");
  /* What came stands beside the text and not in it. */
  assert_untouched (fixture);
  app_assert_shown (fixture->page, "15 tokens");
  generation = g_object_ref (bks_manuscript_get_generation (fixture->manuscript));
  app_click (fixture->page, "_Insert");
  app_wait_for (is_inserted, generation, "the draft to be inserted");
  text = dup_text (fixture);
  g_assert_cmpstr (text, ==, TEXT "\n\nThe rain had stopped.");
  app_let_pass (50);
  g_assert_false (app_is_shown (fixture->page, "_Insert"));
  app_assert_shown (fixture->page, "_Continue");
  g_assert_cmpstr (bks_node_session_get_text (bks_manuscript_get_session (fixture->manuscript)), ==, text);
}

static void
test_write_meanwhile (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = NULL;
  g_autofree char *text = NULL;

  push_chat (fixture, PIECE ("Drafted.") DONE);
  start (fixture);
  gtk_text_buffer_insert_at_cursor (fixture->buffer, "\n\nWritten meanwhile.", -1);
  wait_button (fixture, "_Insert");
  generation = g_object_ref (bks_manuscript_get_generation (fixture->manuscript));
  app_click (fixture->page, "_Insert");
  app_wait_for (is_inserted, generation, "the draft to be inserted");
  text = dup_text (fixture);
  g_assert_cmpstr (text, ==, TEXT "\n\nDrafted.\n\nWritten meanwhile.");
}

/* All of it is there to be read, and the buttons follow right after it. */
static void
test_long_draft (Fixture       *fixture,
                 gconstpointer  data)
{
  GString *draft = g_string_new ("Once");
  g_autofree char *reply = NULL;
  graphene_rect_t text, insert;
  GtkWidget *label, *button;
  int height;

  for (int i = 0; i < 100; i++)
    g_string_append (draft, " upon a time");
  reply = g_strdup_printf (PIECE ("%s") DONE, draft->str);
  push_chat (fixture, reply);
  start (fixture);
  button = wait_button (fixture, "_Insert");
  label = app_find_widget (fixture->page, GTK_TYPE_LABEL, draft->str);
  app_let_pass (300);
  pango_layout_get_pixel_size (gtk_label_get_layout (GTK_LABEL (label)), NULL, &height);
  g_assert_true (gtk_widget_compute_bounds (label, fixture->page, &text));
  g_assert_true (gtk_widget_compute_bounds (button, fixture->page, &insert));
  g_assert_cmpfloat (text.size.height, >=, height);
  g_assert_cmpfloat (text.size.height, <, height + 4);
  g_assert_cmpfloat (insert.origin.y - text.origin.y - text.size.height, <, 60);
  g_string_free (draft, TRUE);
}

static gboolean
is_forgotten (gpointer data)
{
  return bks_manuscript_get_generation (data) == NULL;
}

static void
test_discard (Fixture       *fixture,
              gconstpointer  data)
{
  push_chat (fixture, PIECE ("Unwanted.") DONE);
  start (fixture);
  wait_button (fixture, "_Discard");
  app_click (fixture->page, "_Discard");
  wait_button (fixture, "_Continue");
  app_wait_for (is_forgotten, fixture->manuscript, "the draft to go");
  assert_untouched (fixture);
}

static void
test_stop (Fixture       *fixture,
           gconstpointer  data)
{
  push_stalled (fixture, BKS_REPLY_STEP_STALL);
  start (fixture);
  wait_button (fixture, "_Stop");
  app_assert_shown (fixture->page, "Writing…");
  app_wait_shown (fixture->page, "The rain ");
  app_click (fixture->page, "_Stop");
  app_wait_shown (fixture->page, "Draft, Stopped");
  /* What came is kept and can be taken. */
  wait_button (fixture, "_Insert");
  assert_untouched (fixture);
}

static void
test_interrupted (Fixture       *fixture,
                  gconstpointer  data)
{
  push_stalled (fixture, BKS_REPLY_STEP_CUT);
  start (fixture);
  app_wait_shown (fixture->page, "Draft, Interrupted");
  app_assert_shown (fixture->page, "Your text is safe.");
  wait_button (fixture, "_Insert");
}

static GtkWidget *
find_shown (GtkWidget  *root,
            const char *label)
{
  if (GTK_IS_BUTTON (root) && gtk_widget_get_mapped (root) && g_strcmp0 (gtk_button_get_label (GTK_BUTTON (root)), label) == 0)
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_shown (child, label);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static gboolean
is_complete (gpointer data)
{
  BksGeneration *generation = bks_manuscript_get_generation (data);

  return generation != NULL && bks_generation_get_state (generation) == BKS_GENERATION_COMPLETE;
}

/* The rest comes into the same draft, which is inserted as one. */
static void
test_go_on (Fixture       *fixture,
            gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = NULL;
  g_autofree char *text = NULL;

  push_stalled (fixture, BKS_REPLY_STEP_CUT);
  start (fixture);
  app_wait_shown (fixture->page, "Draft, Interrupted");
  push_chat (fixture, PIECE ("had stopped.") DONE);
  g_signal_emit_by_name (find_shown (fixture->page, "_Continue"), "clicked");
  app_wait_for (is_complete, fixture->manuscript, "the rest of the draft");
  g_assert_false (app_is_shown (fixture->page, "Start Again _Elsewhere"));
  assert_untouched (fixture);
  generation = g_object_ref (bks_manuscript_get_generation (fixture->manuscript));
  app_click (fixture->page, "_Insert");
  app_wait_for (is_inserted, generation, "the draft to be inserted");
  text = dup_text (fixture);
  g_assert_cmpstr (text, ==, TEXT "\n\nThe rain had stopped.");
}

/* Another model is asked for all of it; what broke off is replaced only by something. */
static void
test_elsewhere (Fixture       *fixture,
                gconstpointer  data)
{
  const char *text;

  push_stalled (fixture, BKS_REPLY_STEP_CUT);
  start (fixture);
  app_wait_shown (fixture->page, "Draft, Interrupted");
  push_chat (fixture, PIECE ("Elsewhere it snowed.") DONE);
  app_click (fixture->page, "Start Again _Elsewhere");
  app_wait_for (is_complete, fixture->manuscript, "the other draft");
  text = bks_generation_get_text (bks_manuscript_get_generation (fixture->manuscript));
  g_assert_cmpstr (text, ==, "Elsewhere it snowed.");
  assert_untouched (fixture);
}

static void
test_nothing_elsewhere (Fixture       *fixture,
                        gconstpointer  data)
{
  const char *text;

  push_stalled (fixture, BKS_REPLY_STEP_CUT);
  start (fixture);
  app_wait_shown (fixture->page, "Draft, Interrupted");
  for (guint i = 0; i < 4; i++)
    bks_scripted_server_push (fixture->server, "/api/chat",
                              bks_reply_new_json (404, "{\"error\":\"model not found\"}"));
  app_click (fixture->page, "Start Again _Elsewhere");
  app_wait_shown (GTK_WIDGET (fixture->app.window), "Nothing Came from Elsewhere");
  app_wait_shown (fixture->page, "Draft, Interrupted");
  text = bks_generation_get_text (bks_manuscript_get_generation (fixture->manuscript));
  g_assert_cmpstr (text, ==, "The rain ");
}

/* Who stood in, and why, is said beside the draft. */
static void
test_fallback (Fixture       *fixture,
               gconstpointer  data)
{
  BksRouter *router = bks_studio_get_router (fixture->app.studio);
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);

  app_await (bks_router_add_provider (router, "Bad Press", "openai", bks_scripted_server_get_url (fixture->server)));
  g_ptr_array_add (targets, bks_target_new ("bad-press", "demo-writer"));
  g_ptr_array_add (targets, bks_target_new ("ollama", "demo"));
  app_await (bks_router_set_role (router, "draft", targets));
  bks_scripted_server_push (fixture->server, "/v1/chat/completions",
                            bks_reply_new_json (402, "{\"error\":{\"message\":\"No money\"}}"));
  push_chat (fixture, PIECE ("Ollama wrote this.") DONE);
  start (fixture);
  wait_button (fixture, "_Insert");
  app_assert_shown (fixture->page, "Bad Press did not answer: its credit is used up. Ollama stands in.");
}

static void
test_failed (Fixture       *fixture,
             gconstpointer  data)
{
  bks_scripted_server_push (fixture->server, "/api/chat",
                            bks_reply_new_json (404, "{\"error\":\"model not found\"}"));
  start (fixture);
  app_wait_shown (fixture->page, "Nothing Came Back");
  app_assert_shown (fixture->page, "Your text is safe.");
  /* It can be tried again at once. */
  wait_button (fixture, "_Continue");
  g_assert_false (app_is_shown (fixture->page, "_Insert"));
  assert_untouched (fixture);
}

static void
test_nothing_before (Fixture       *fixture,
                     gconstpointer  data)
{
  GtkTextIter start_iter;
  GtkWidget *button;

  gtk_text_buffer_get_start_iter (fixture->buffer, &start_iter);
  gtk_text_buffer_place_cursor (fixture->buffer, &start_iter);
  show_page (fixture);
  button = wait_button (fixture, "_Continue");
  app_let_pass (400);
  g_assert_false (gtk_widget_is_sensitive (button));
  place_caret_at_end (fixture);
  bks_ai_page_caret_moved (BKS_AI_PAGE (fixture->page));
  app_wait_for (is_sensitive, button, "Continue to be possible");
}

static void
test_found_again (Fixture       *fixture,
                  gconstpointer  data)
{
  push_stalled (fixture, BKS_REPLY_STEP_CUT);
  start (fixture);
  app_wait_shown (fixture->page, "Draft, Interrupted");
  app_await (bks_generation_wait (bks_manuscript_get_generation (fixture->manuscript)));
  /* The program ends and starts again. */
  bks_manuscript_release (fixture->manuscript);
  adw_window_set_content (ADW_WINDOW (fixture->app.window), NULL);
  app_wait_for (is_last_reference, fixture->manuscript, "the page to let go of the text");
  g_assert_finalize_object (fixture->manuscript);
  open_manuscript (fixture);
  show_page (fixture);
  app_wait_shown (fixture->page, "Draft, Interrupted");
  wait_button (fixture, "_Insert");
}

static void
test_choice_is_kept (Fixture       *fixture,
                     gconstpointer  data)
{
  BksRouter *router = bks_studio_get_router (fixture->app.studio);
  GtkWidget *row;
  g_autoptr(BksModel) model = NULL;
  g_autoptr(GPtrArray) targets = NULL;
  DexFuture *future;
  BksTarget *target;

  show_page (fixture);
  wait_button (fixture, "_Continue");
  row = app_find_widget (fixture->page, ADW_TYPE_COMBO_ROW, "By");
  model = g_list_model_get_item (adw_combo_row_get_model (ADW_COMBO_ROW (row)), 1);
  adw_combo_row_set_selected (ADW_COMBO_ROW (row), 1);
  app_let_pass (200);
  future = bks_router_get_role (router, "draft");
  g_assert_true (bks_wait (dex_ref (future), NULL));
  targets = g_value_dup_boxed (dex_future_get_value (future, NULL));
  dex_unref (future);
  /* What stood first before stands in for it now. */
  g_assert_cmpuint (targets->len, ==, 2);
  target = g_ptr_array_index (targets, 0);
  g_assert_cmpstr (target->model, ==, bks_model_get_id (model));
  g_assert_cmpstr (target->provider, ==, bks_model_get_provider (model));
}

#define ADD(name, func) g_test_add ("/ai-page/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  dex_init ();
  adw_init ();
  g_test_add ("/ai-page/nobody", Fixture, NULL, set_up_nobody, test_nobody, tear_down);
  ADD ("insert", test_insert);
  ADD ("write-meanwhile", test_write_meanwhile);
  ADD ("long-draft", test_long_draft);
  ADD ("discard", test_discard);
  ADD ("stop", test_stop);
  ADD ("interrupted", test_interrupted);
  ADD ("go-on", test_go_on);
  ADD ("elsewhere", test_elsewhere);
  ADD ("nothing-elsewhere", test_nothing_elsewhere);
  ADD ("fallback", test_fallback);
  ADD ("failed", test_failed);
  ADD ("nothing-before", test_nothing_before);
  ADD ("found-again", test_found_again);
  ADD ("choice-is-kept", test_choice_is_kept);
  return g_test_run ();
}
