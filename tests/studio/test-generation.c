/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-error.h"
#include "bks-scripted-server.h"
#include "bks-studio.h"
#include "bks-test-util.h"

#define MODEL "demo-writer"

typedef struct
{
  char              *dir;
  BksLimits         *limits;
  BksScriptedServer *server;
  BksStudio         *studio;
  BksBookSession    *session;
  BksNode           *node;
  BksNodeSession    *text;
  char              *page; /* what the editor shows */
} Fixture;

static char *
dup_page (gpointer data)
{
  return g_strdup (((Fixture *) data)->page);
}

static void
setup (Fixture       *self,
       gconstpointer  data)
{
  g_autoptr(BksSecretStore) secrets = bks_memory_secret_store_new (BKS_SECRET_READY);
  g_autoptr(BksBook) book = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(BksProviderInfo) info = NULL;

  self->dir = bks_test_dir_new ();
  self->limits = bks_limits_new ();
  self->limits->autosave_idle_ms = 30;
  self->limits->autosave_most_ms = 120;
  self->limits->draft_save_ms = 5;
  self->server = bks_scripted_server_new (0, &error);
  g_assert_no_error (error);
  bks_scripted_server_set_delay (self->server, 5);
  self->studio = bks_studio_new (self->dir, secrets, self->limits);
  bks_test_await_ok (bks_studio_open (self->studio));
  info = bks_test_await_boxed (bks_router_add_provider (bks_studio_get_router (self->studio), "scripted", "openai",
                                                        bks_scripted_server_get_url (self->server)));
  book = bks_test_await_object (bks_studio_create_book (self->studio, "Book", "Author"));
  self->session = bks_test_await_object (bks_studio_open_book (self->studio, bks_book_get_id (book), TRUE));
  self->node = g_list_model_get_item (bks_book_session_get_nodes (self->session), 0);
  self->text = bks_test_await_object (bks_book_session_open_node (self->session, bks_node_get_id (self->node)));
  self->page = g_strdup ("It was late.");
  bks_node_session_set_editor (self->text, dup_page, self);
  bks_node_session_touch (self->text);
  bks_test_await_ok (bks_node_session_save (self->text));
}

static void
teardown (Fixture       *self,
          gconstpointer  data)
{
  bks_node_session_set_editor (self->text, NULL, NULL);
  g_clear_object (&self->text);
  g_clear_object (&self->node);
  g_clear_object (&self->session);
  bks_test_await_ok (bks_studio_close (self->studio));
  g_object_unref (self->studio);
  g_object_unref (self->server);
  bks_limits_unref (self->limits);
  g_free (self->page);
  bks_test_dir_remove (self->dir);
}

static BksGeneration *
start (Fixture *self)
{
  return bks_generation_continue (bks_studio_get_router (self->studio), self->session, self->node, self->page, NULL,
                                  "scripted", MODEL);
}

static void
assert_stored (Fixture    *self,
               const char *expected)
{
  g_autofree char *text = bks_test_await_string (bks_book_session_read_text (self->session, bks_node_get_id (self->node)));

  g_assert_cmpstr (text, ==, expected);
}

static gboolean
has_begun (gpointer generation)
{
  return strlen (bks_generation_get_text (generation)) > 10;
}

static void
test_insert (Fixture       *self,
             gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = start (self);
  g_autoptr(BksGeneration) again = NULL;
  g_autofree char *before = g_strdup (self->page);

  bks_test_wait_for (has_begun, generation);
  assert_stored (self, before);
  bks_test_await_ok (bks_generation_wait (generation));
  g_assert_cmpint (bks_generation_get_state (generation), ==, BKS_GENERATION_COMPLETE);
  g_assert_no_error (bks_generation_get_error (generation));
  g_assert_cmpint (bks_generation_get_tokens (generation), >, 20);
  g_assert_cmpint (bks_generation_get_cost (generation), >, 0);
  assert_stored (self, before);

  g_free (self->page);
  self->page = g_strconcat (before, "\n\n", bks_generation_get_text (generation), NULL);
  bks_test_await_ok (bks_generation_insert (generation, self->text));
  assert_stored (self, self->page);
  again = bks_test_await_object (bks_generation_resume (bks_studio_get_router (self->studio), self->session, self->node));
  g_assert_null (again);
}

static void
test_stop (Fixture       *self,
           gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = start (self);
  g_autoptr(BksGeneration) again = NULL;
  g_autofree char *kept = NULL;

  bks_test_wait_for (has_begun, generation);
  bks_generation_stop (generation);
  bks_test_await_ok (bks_generation_wait (generation));
  g_assert_cmpint (bks_generation_get_state (generation), ==, BKS_GENERATION_STOPPED);
  g_assert_cmpint (bks_generation_get_tokens (generation), >, 0);
  bks_test_spin (200);
  g_assert_cmpint (bks_scripted_server_get_closed_us (self->server, 0), >, 0);

  kept = g_strdup (bks_generation_get_text (generation));
  again = bks_test_await_object (bks_generation_resume (bks_studio_get_router (self->studio), self->session, self->node));
  g_assert_cmpstr (bks_generation_get_text (again), ==, kept);
  bks_test_await_ok (bks_generation_discard (again));
  assert_stored (self, self->page);
}

static void
test_failure (Fixture       *self,
              gconstpointer  data)
{
  g_autoptr(BksGeneration) generation = NULL;

  bks_scripted_server_push (self->server, "/v1/chat/completions",
                            bks_reply_new_json (401, "{\"error\":{\"message\":\"bad key\",\"code\":\"invalid_api_key\"}}"));
  generation = start (self);
  bks_test_await_ok (bks_generation_wait (generation));
  g_assert_cmpint (bks_generation_get_state (generation), ==, BKS_GENERATION_FAILED);
  g_assert_error (bks_generation_get_error (generation), BKS_ERROR, BKS_ERROR_AUTH);
  assert_stored (self, self->page);
}

static void
test_autosave (Fixture       *self,
               gconstpointer  data)
{
  gint64 revision = bks_node_get_revision (self->node);

  g_free (self->page);
  self->page = g_strdup ("It was late, and then later.");
  bks_node_session_touch (self->text);
  g_assert_cmpint (bks_node_session_get_state (self->text), ==, BKS_SAVE_DIRTY);
  bks_test_spin (300);
  g_assert_cmpint (bks_node_session_get_state (self->text), ==, BKS_SAVE_CLEAN);
  g_assert_cmpint (bks_node_get_revision (self->node), ==, revision + 1);
  g_assert_cmpint (bks_node_get_words (self->node), ==, 6);
  bks_test_await_error (bks_node_session_set_text (self->text, "old", revision), BKS_ERROR_CONFLICT);
  assert_stored (self, self->page);
}

static void
test_tree (Fixture       *self,
           gconstpointer  data)
{
  g_autoptr(BksNode) part = bks_test_await_object (bks_book_session_add_node (self->session, BKS_NODE_PART, "Part", NULL, 0));
  g_autoptr(GPtrArray) nodes = NULL;
  g_autoptr(GPtrArray) after = NULL;

  bks_test_await_ok (bks_book_session_move_node (self->session, bks_node_get_id (self->node), bks_node_get_id (part), -1));
  bks_test_await_ok (bks_book_session_trash_node (self->session, bks_node_get_id (part)));
  nodes = bks_book_session_list_nodes (self->session);
  g_assert_cmpuint (nodes->len, ==, 0);
  bks_test_await_ok (bks_book_session_restore_node (self->session, bks_node_get_id (part)));
  after = bks_book_session_list_nodes (self->session);
  g_assert_cmpuint (after->len, ==, 2);
  g_assert_cmpstr (bks_node_get_id (g_ptr_array_index (after, 1)), ==, bks_node_get_id (self->node));
  g_assert_cmpint (bks_book_get_words (bks_book_session_get_book (self->session)), ==, 3);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(path, func) g_test_add ("/studio/" path, Fixture, NULL, setup, func, teardown)
  ADD ("generation/insert", test_insert);
  ADD ("generation/stop", test_stop);
  ADD ("generation/failure", test_failure);
  ADD ("autosave", test_autosave);
  ADD ("tree", test_tree);
  return g_test_run ();
}
