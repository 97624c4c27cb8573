/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "bks-json.h"
#include "bks-test-util.h"
#include "provider-fixture.h"

Fixture *
fixture_new (const char *protocol,
             const char *id)
{
  Fixture *self = g_new0 (Fixture, 1);
  g_autoptr(GError) error = NULL;

  self->server = bks_scripted_server_new (0, &error);
  g_assert_no_error (error);
  self->limits = bks_limits_new ();
  self->http = bks_http_new (self->limits);
  self->provider = bks_provider_new (protocol, id, bks_scripted_server_get_url (self->server),
                                     self->http, self->limits, &error);
  g_assert_no_error (error);
  self->answer = bks_answer_new ();
  return self;
}

/* Short limits, for tests of what happens when they are over: no answer that
 * has to succeed may be asked for, because a loaded machine is slow too. */
void
fixture_hurry (Fixture *self)
{
  self->limits->first_token_ms = 300;
  self->limits->first_token_local_ms = 300;
  self->limits->first_token_reasoning_ms = 300;
  self->limits->idle_ms = 200;
  self->limits->idle_slow_ms = 200;
  self->limits->check_ms = 2000;
}

/* Lets what ends in the background end; some turns even if this thread slept meanwhile. */
void
fixture_spin (guint ms)
{
  gint64 end = g_get_monotonic_time () + ms * 1000;

  for (guint turns = 0; turns < 3 || g_get_monotonic_time () < end; turns++)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (1000);
}

void
fixture_free (Fixture *self)
{
  fixture_spin (5);
  g_object_unref (self->answer);
  g_object_unref (self->provider);
  g_object_unref (self->http);
  g_object_unref (self->server);
  bks_limits_unref (self->limits);
  g_free (self);
}

GError *
fixture_ask_request (Fixture              *self,
                     BksCompletionRequest *request,
                     const char           *key)
{
  GError *error = NULL;

  g_object_unref (self->answer);
  self->answer = bks_answer_new ();
  bks_wait (bks_provider_complete (self->provider, request, key, self->answer, NULL), &error);
  return error;
}

GError *
fixture_ask (Fixture    *self,
             gboolean    stream,
             const char *key)
{
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("demo-writer");

  request->stream = stream;
  bks_completion_request_add_message (request, "user", "Go on.");
  return fixture_ask_request (self, request, key);
}

GError *
fixture_check (Fixture    *self,
               const char *key)
{
  GError *error = NULL;

  bks_wait (bks_provider_check (self->provider, key, NULL), &error);
  return error;
}

GPtrArray *
fixture_list (Fixture  *self,
              GError  **error)
{
  DexFuture *future = bks_provider_list_models (self->provider, NULL, NULL);
  GPtrArray *models = NULL;

  dex_ref (future);
  if (bks_wait (future, error))
    models = g_value_dup_boxed (dex_future_get_value (future, NULL));
  dex_unref (future);
  return models;
}

/* For the next request, whatever its path. */
BksReply *
fixture_push (Fixture  *self,
              BksReply *reply)
{
  bks_scripted_server_push (self->server, NULL, reply);
  return reply;
}

/* What the server was asked, as JSON. */
JsonObject *
fixture_dup_body (Fixture *self,
                  guint    index)
{
  g_autoptr(BksRecordedRequest) request = bks_scripted_server_dup_request (self->server, index);
  g_autoptr(GError) error = NULL;
  JsonObject *object;

  g_assert_nonnull (request);
  object = bks_json_parse_object (request->body, -1, &error);
  g_assert_no_error (error);
  return object;
}

/* When the server saw the client close; 0 if it did not in time. */
gint64
fixture_wait_closed (Fixture *self,
                     guint    index)
{
  gint64 end = g_get_monotonic_time () + BKS_TEST_DEADLINE_MS * 1000;
  gint64 at = 0;

  while (at == 0 && g_get_monotonic_time () < end)
    {
      fixture_spin (2);
      at = bks_scripted_server_get_closed_us (self->server, index);
    }
  return at;
}

void
fixture_wait_request (Fixture *self,
                      guint    index)
{
  gint64 end = g_get_monotonic_time () + BKS_TEST_DEADLINE_MS * 1000;

  while (bks_scripted_server_get_n_requests (self->server) <= index)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      fixture_spin (2);
    }
}

void
fixture_wait_text (Fixture    *self,
                   const char *text)
{
  gint64 end = g_get_monotonic_time () + BKS_TEST_DEADLINE_MS * 1000;

  while (g_strcmp0 (bks_answer_get_text (self->answer), text) != 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      fixture_spin (2);
    }
}
