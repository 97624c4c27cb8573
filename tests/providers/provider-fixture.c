/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

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
  self->model = "demo-writer";
  return self;
}

/* Speaks to the same server as somebody who has its API under @path. */
void
fixture_move (Fixture    *self,
              const char *protocol,
              const char *path)
{
  g_autofree char *id = g_strdup (bks_provider_get_id (self->provider));
  g_autofree char *url = g_strconcat (bks_scripted_server_get_url (self->server), path, NULL);
  g_autoptr(GError) error = NULL;

  g_object_unref (self->provider);
  self->provider = bks_provider_new (protocol, id, url, self->http, self->limits, &error);
  g_assert_no_error (error);
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
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new (self->model);

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

GPtrArray *
fixture_embed (Fixture            *self,
               const char         *model,
               const char *const  *texts,
               GError            **error)
{
  g_autoptr(DexFuture) future = bks_provider_embed (self->provider, model, texts, NULL, NULL);

  return bks_wait (dex_ref (future), error) ? g_value_dup_boxed (dex_future_get_value (future, NULL)) : NULL;
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

static void
cancel_on_text_cb (BksAnswer      *answer,
                   const char     *text,
                   DexCancellable *cancellable)
{
  dex_cancellable_cancel (cancellable);
}

/*
 * Asks, stops the call at its first text or once the server has the request,
 * and waits until the server sees it. @reply must not end by itself. Returns
 * how many microseconds that took.
 */
gint64
fixture_cancel (Fixture  *self,
                BksReply *reply,
                gboolean  on_text)
{
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new (self->model);
  g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
  g_autoptr(BksAnswer) answer = bks_answer_new ();
  g_autoptr(GError) error = NULL;
  guint index = bks_scripted_server_get_n_requests (self->server);
  DexFuture *future;
  gint64 stopped = 0, closed;

  fixture_push (self, reply);
  bks_completion_request_add_message (request, "user", "Go on.");
  if (on_text)
    g_signal_connect (answer, "text", G_CALLBACK (cancel_on_text_cb), cancellable);
  future = bks_provider_complete (self->provider, request, NULL, answer, cancellable);
  if (!on_text)
    {
      fixture_wait_request (self, index);
      fixture_spin (20);
      stopped = g_get_monotonic_time ();
      dex_cancellable_cancel (cancellable);
    }
  g_assert_false (bks_wait (future, &error));
  g_assert_true (bks_error_is_cancelled (error));
  if (on_text)
    stopped = g_get_monotonic_time ();
  /* No limit of time is as short as the deadline: only stopping closes. */
  closed = fixture_wait_closed (self, index);
  g_assert_cmpint (closed, >, 0);
  g_test_message ("closed after %.1f ms", (double) (closed - stopped) / 1000);
  g_assert_true (bks_answer_get_sent (answer));
  return closed - stopped;
}

GBytes *
fixture_compress (const char *pattern,
                  gsize       total)
{
  g_autoptr(GZlibCompressor) compressor = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6);
  g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr(GOutputStream) stream = g_converter_output_stream_new (memory, G_CONVERTER (compressor));
  g_autofree char *block = g_malloc (1 << 20);
  gsize length = strlen (pattern);

  for (gsize i = 0; i < 1 << 20; i++)
    block[i] = pattern[i % length];
  for (gsize done = 0; done < total; done += 1 << 20)
    g_assert_true (g_output_stream_write_all (stream, block, 1 << 20, NULL, NULL, NULL));
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

char *
fixture_repeat (const char *pattern,
                gsize       least)
{
  GString *block = g_string_new (NULL);

  while (block->len < least)
    g_string_append (block, pattern);
  return g_string_free (block, FALSE);
}

static gsize
read_memory_kib (const char *field)
{
  g_autofree char *status = NULL;
  const char *line;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));
  line = strstr (status, field);
  g_assert_nonnull (line);
  return (gsize) g_ascii_strtoull (line + strlen (field) + 1, NULL, 10);
}

typedef struct
{
  gint64 last_us;
  gint64 longest_us;
} Pulse;

static gboolean
pulse_cb (gpointer data)
{
  Pulse *pulse = data;
  gint64 now_us = g_get_monotonic_time ();

  pulse->longest_us = MAX (pulse->longest_us, now_us - pulse->last_us);
  pulse->last_us = now_us;
  return G_SOURCE_CONTINUE;
}

/* Asks, and measures by how many KiB the memory grew meanwhile at most. */
gsize
fixture_ask_measured (Fixture   *self,
                      BksReply  *reply,
                      GError   **error)
{
  FILE *clear = fopen ("/proc/self/clear_refs", "w");
  Pulse pulse = { g_get_monotonic_time (), 0 };
  guint source = g_timeout_add (1, pulse_cb, &pulse);
  gsize before;

  /* Size is what must end it, however slow the machine is. */
  self->limits->first_token_ms = self->limits->first_token_local_ms = 600000;
  self->limits->idle_ms = self->limits->idle_slow_ms = 600000;
  self->limits->total_ms = 600000;
#ifdef __SANITIZE_ADDRESS__ /* slow, and its memory is not measured */
  self->limits->answer_bytes = 4 << 20;
#endif
  fixture_push (self, reply);
  /* What earlier tests have freed must not hide what this one takes. */
  malloc_trim (0);
  /* Sets the high-water mark back. */
  g_assert_nonnull (clear);
  fputs ("5", clear);
  fclose (clear);
  before = read_memory_kib ("VmRSS:");
  *error = fixture_ask (self, TRUE, NULL);
  pulse_cb (&pulse);
  g_source_remove (source);
  g_test_message ("a button would be heard within %.0f ms", (double) pulse.longest_us / 1000);
  return read_memory_kib ("VmHWM:") - before;
}

void
fixture_assert_bounded (gsize kib)
{
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
  g_assert_cmpuint (kib, <, 64 * 1024);
#endif
}
