/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "bks-async.h"
#include "bks-error.h"
#include "bks-http-exchange.h"
#include "bks-scripted-server.h"

typedef struct
{
  BksScriptedServer *server;
  BksLimits         *limits;
  BksHttp           *http;
} Fixture;

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  f->server = bks_scripted_server_new (0, NULL);
  f->limits = bks_limits_new ();
  /* No machine is so busy that these end a test of something else. */
  f->limits->connect_ms = 30000;
  f->limits->first_token_ms = 30000;
  f->http = bks_http_new (f->limits);
}

static void
spin (guint ms)
{
  gint64 end = g_get_monotonic_time () + ms * 1000;

  for (guint turns = 0; turns < 3 || g_get_monotonic_time () < end; turns++)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (1000);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  spin (5);
  g_assert_finalize_object (f->http);
  g_assert_finalize_object (f->server);
  bks_limits_unref (f->limits);
}

static BksHttpExchange *
new_exchange (Fixture    *f,
              const char *method,
              const char *path)
{
  g_autofree char *url = g_strconcat (bks_scripted_server_get_url (f->server), path, NULL);
  g_autoptr(GError) error = NULL;
  BksHttpExchange *exchange = bks_http_exchange_new (f->http, method, url, &error);

  g_assert_no_error (error);
  return exchange;
}

static GBytes *
read_piece (BksHttpExchange  *exchange,
            GError          **error)
{
  DexFuture *future = bks_http_exchange_read (exchange);
  GBytes *bytes = NULL;

  dex_ref (future);
  if (bks_wait (future, error))
    bytes = g_value_dup_boxed (dex_future_get_value (future, NULL));
  dex_unref (future);
  return bytes;
}

static char *
read_all (BksHttpExchange  *exchange,
          GError          **error)
{
  g_autoptr(GString) body = g_string_new (NULL);

  for (;;)
    {
      g_autoptr(GBytes) bytes = read_piece (exchange, error);

      if (bytes == NULL)
        return NULL;
      if (g_bytes_get_size (bytes) == 0)
        return g_string_free (g_steal_pointer (&body), FALSE);
      g_string_append_len (body, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
    }
}

static void
test_exchange (Fixture       *f,
               gconstpointer  data)
{
  g_autoptr(BksHttpExchange) exchange = new_exchange (f, "POST", "/v1/x");
  g_autoptr(BksRecordedRequest) request = NULL;
  g_autofree char *body = NULL;
  g_autoptr(GError) error = NULL;
  BksReply *reply = bks_reply_new (201, "text/plain; charset=utf-8");

  bks_reply_add_header (reply, "X-Thing", "seen");
  bks_reply_add_text (reply, "one");
  bks_reply_add_delay (reply, 20);
  bks_reply_add_text (reply, " two");
  bks_scripted_server_push (f->server, NULL, reply);

  bks_http_exchange_set_header (exchange, "Accept", "text/plain");
  bks_http_exchange_set_json (exchange, "{\"a\":1}");
  g_assert_true (bks_http_exchange_set_bearer (exchange, "sk-abc", &error));
  g_assert_false (bks_http_exchange_get_sent (exchange));
  g_assert_true (bks_wait (bks_http_exchange_send (exchange), &error));
  g_assert_true (bks_http_exchange_get_sent (exchange));
  g_assert_cmpuint (bks_http_exchange_get_status (exchange), ==, 201);
  g_assert_cmpstr (bks_http_exchange_get_content_type (exchange), ==, "text/plain");
  g_assert_cmpstr (bks_http_exchange_get_header (exchange, "x-thing"), ==, "seen");
  body = read_all (exchange, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (body, ==, "one two");

  request = bks_scripted_server_dup_request (f->server, 0);
  g_assert_cmpstr (request->method, ==, "POST");
  g_assert_cmpstr (request->body, ==, "{\"a\":1}");
  g_assert_cmpstr (g_hash_table_lookup (request->headers, "content-type"), ==, "application/json");
  g_assert_cmpstr (g_hash_table_lookup (request->headers, "accept"), ==, "text/plain");
  g_assert_cmpstr (g_hash_table_lookup (request->headers, "authorization"), ==, "Bearer sk-abc");
}

/* Pieces come as they are sent, not when the body is whole. */
static void
test_streams (Fixture       *f,
              gconstpointer  data)
{
  g_autoptr(BksHttpExchange) exchange = new_exchange (f, "GET", "/");
  g_autoptr(GBytes) bytes = NULL;
  BksReply *reply = bks_reply_new (200, "text/plain");

  bks_reply_add_text (reply, "first");
  bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
  bks_scripted_server_push (f->server, NULL, reply);
  g_assert_true (bks_wait (bks_http_exchange_send (exchange), NULL));
  bytes = read_piece (exchange, NULL);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "first", 5);
}

static void
test_close (Fixture       *f,
            gconstpointer  data)
{
  gint64 fastest = G_MAXINT64;

  /* Closed while waiting for the head, while a read is pending, and between two reads. */
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(BksHttpExchange) exchange = new_exchange (f, "GET", "/");
      BksReply *reply = bks_reply_new (i == 0 ? 0 : 200, NULL);
      g_autoptr(GError) error = NULL;
      DexFuture *future;
      gint64 start, closed = 0;
      gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

      bks_reply_add_step (reply, BKS_REPLY_STEP_STALL);
      bks_scripted_server_push (f->server, NULL, reply);
      future = bks_http_exchange_send (exchange);
      if (i > 0)
        {
          g_assert_true (bks_wait (future, NULL));
          future = i == 1 ? bks_http_exchange_read (exchange) : NULL;
        }
      while (bks_scripted_server_get_n_requests (f->server) <= i && g_get_monotonic_time () < end)
        spin (1);
      spin (10);
      start = g_get_monotonic_time ();
      bks_http_exchange_close (exchange);
      if (future != NULL)
        {
          g_assert_false (bks_wait (future, &error));
          g_assert_error (error, BKS_ERROR, BKS_ERROR_CANCELLED);
        }
      while (closed == 0 && g_get_monotonic_time () < end)
        {
          spin (1);
          closed = bks_scripted_server_get_closed_us (f->server, i);
        }
      g_assert_cmpint (closed, >, 0);
      fastest = MIN (fastest, closed - start);
    }
  /* The providers' tests ask it of each kind; here a busy machine may have slept in one. */
  g_assert_cmpint (fastest, <=, 200000);
}

/* The key must not travel to where a server points. */
static void
test_redirect (Fixture       *f,
               gconstpointer  data)
{
  static const guint statuses[] = { 301, 302, 303, 307, 308 };
  g_autoptr(BksScriptedServer) other = bks_scripted_server_new (0, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autoptr(BksHttpExchange) exchange = new_exchange (f, i % 2 == 0 ? "POST" : "GET", "/");
      BksReply *reply = bks_reply_new (statuses[i], NULL);

      bks_reply_add_header (reply, "Location", bks_scripted_server_get_url (other));
      bks_scripted_server_push (f->server, NULL, reply);
      g_assert_true (bks_http_exchange_set_bearer (exchange, "sk-abc", NULL));
      g_assert_true (bks_wait (bks_http_exchange_send (exchange), NULL));
      g_assert_cmpuint (bks_http_exchange_get_status (exchange), ==, statuses[i]);
      spin (20);
    }
  g_assert_cmpuint (bks_scripted_server_get_n_requests (other), ==, 0);
}

static void
test_bearer (Fixture       *f,
             gconstpointer  data)
{
  g_autoptr(BksHttpExchange) far = bks_http_exchange_new (f->http, "GET", "http://192.0.2.1/v1", NULL);
  g_autoptr(BksHttpExchange) near = new_exchange (f, "GET", "/");
  static const char *const bad[] = { "", "a b", "sk-x\r\nHost: evil", "sk-\xc3\xa9", "sk\n" };
  g_autoptr(GError) error = NULL;

  g_assert_false (bks_http_exchange_set_bearer (far, "sk-abc", &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_clear_error (&error);
      g_assert_false (bks_http_exchange_set_bearer (near, bad[i], &error));
      g_assert_error (error, BKS_ERROR, BKS_ERROR_AUTH);
    }
}

static void
test_max_bytes (Fixture       *f,
                gconstpointer  data)
{
  g_autoptr(BksHttpExchange) exchange = new_exchange (f, "GET", "/");
  g_autofree char *block = g_strnfill (8192, 'x');
  g_autoptr(GError) error = NULL;
  BksReply *reply = bks_reply_new (200, NULL);

  bks_reply_add_flood (reply, block);
  bks_http_exchange_set_first_ms (exchange, 20000);
  bks_scripted_server_push (f->server, NULL, reply);
  bks_http_exchange_set_max_bytes (exchange, 100000);
  g_assert_true (bks_wait (bks_http_exchange_send (exchange), NULL));
  g_assert_null (read_all (exchange, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_TOO_LARGE);
}

static char *
post (Fixture   *f,
      BksReply  *reply,
      GError   **error)
{
  g_autoptr(BksHttpExchange) exchange = new_exchange (f, "POST", "/");

  bks_scripted_server_push (f->server, NULL, reply);
  bks_http_exchange_set_json (exchange, "{}");
  if (bks_wait (bks_http_exchange_send (exchange), error))
    return read_all (exchange, error);
  g_assert_true (bks_http_exchange_get_sent (exchange));
  return NULL;
}

/* A POST is repeated only where the server cannot have read it: nothing may be billed twice. */
static void
test_stale_connection (Fixture       *f,
                       gconstpointer  data)
{
  g_autoptr(BksRecordedRequest) second = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *first_body = NULL;
  g_autofree char *second_body = NULL;
  BksReply *reply = bks_reply_new_json (200, "{}");

  /* Closed while it was idle: the next request is served once, on a new one. */
  bks_reply_add_step (reply, BKS_REPLY_STEP_CUT);
  first_body = post (f, reply, &error);
  g_assert_no_error (error);
  bks_scripted_server_wait_gone (f->server);
  spin (20);
  second_body = post (f, bks_reply_new_json (200, "{\"second\":1}"), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (second_body, ==, "{\"second\":1}");
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 2);
  second = bks_scripted_server_dup_request (f->server, 1);
  g_assert_cmpuint (second->connection, ==, 1);

  /* Read, then closed without an answer: an error, not a second request. */
  reply = bks_reply_new (0, NULL);
  bks_reply_add_step (reply, BKS_REPLY_STEP_CUT);
  g_assert_null (post (f, reply, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_TRANSPORT);
  spin (20);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 3);

  /* The same with a reset. */
  g_clear_error (&error);
  reply = bks_reply_new (0, NULL);
  bks_reply_add_step (reply, BKS_REPLY_STEP_RESET);
  g_assert_null (post (f, reply, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_TRANSPORT);
  spin (20);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 4);
}

static void
test_garbage (Fixture       *f,
              gconstpointer  data)
{
  static const char *const garbage[] = { "SSH-2.0-OpenSSH_9.9\r\n", "HTTP/1.1 abc\r\n\r\n", "\x15\x03\x01\x00\x02\x02" };

  for (gsize i = 0; i < G_N_ELEMENTS (garbage); i++)
    {
      g_autoptr(BksHttpExchange) exchange = new_exchange (f, "GET", "/");
      g_autoptr(GError) error = NULL;
      BksReply *reply = bks_reply_new (0, NULL);

      bks_reply_add_text (reply, garbage[i]);
      bks_scripted_server_push (f->server, NULL, reply);
      g_assert_false (bks_wait (bks_http_exchange_send (exchange), &error));
      g_test_message ("%s", error->message);
      g_assert_true (error->domain == BKS_ERROR &&
                     (error->code == BKS_ERROR_MALFORMED || error->code == BKS_ERROR_TRANSPORT));
    }
}

/* A head larger than libsoup reads. */
static void
test_endless_head (Fixture       *f,
                   gconstpointer  data)
{
  g_autoptr(BksHttpExchange) exchange = new_exchange (f, "GET", "/");
  g_autoptr(GError) error = NULL;
  BksReply *reply = bks_reply_new (0, NULL);

  bks_http_exchange_set_first_ms (exchange, 20000);
  bks_reply_add_text (reply, "HTTP/1.1 200 OK\r\n");
  bks_reply_add_flood (reply, "X-Filler: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n");
  bks_scripted_server_push (f->server, NULL, reply);
  g_assert_false (bks_wait (bks_http_exchange_send (exchange), &error));
  g_test_message ("%s", error->message);
  g_assert_true (error->domain == BKS_ERROR);
}

/* Trusts the one certificate of the fake, and no other. Returns the file that says so. */
static char *
trust_fake (Fixture         *f,
            GTlsCertificate *certificate)
{
  g_autoptr(GTlsDatabase) database = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *pem = NULL;
  char *file = NULL;
  int fd = g_file_open_tmp ("bks-certificate-XXXXXX", &file, &error);

  g_assert_no_error (error);
  close (fd);
  g_object_get (certificate, "certificate-pem", &pem, NULL);
  g_assert_true (g_file_set_contents (file, pem, -1, NULL));
  database = g_tls_file_database_new (file, &error);
  g_assert_no_error (error);
  soup_session_set_tls_database (bks_http_get_session (f->http), database);
  return file;
}

static void
test_tls_untrusted (Fixture       *f,
                    gconstpointer  data)
{
  g_autoptr(GTlsCertificate) certificate = bks_scripted_certificate_new ();
  g_autoptr(BksHttpExchange) exchange = NULL;
  g_autoptr(GError) error = NULL;

  bks_scripted_server_set_certificate (f->server, certificate);
  exchange = new_exchange (f, "GET", "/");
  g_assert_true (bks_http_exchange_set_bearer (exchange, "sk-abc", NULL));
  g_assert_false (bks_wait (bks_http_exchange_send (exchange), &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, BKS_ERROR, BKS_ERROR_TRANSPORT);
  g_assert_nonnull (strstr (error->message, "certificate"));
  /* The key stayed here. */
  g_assert_false (bks_http_exchange_get_sent (exchange));
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 0);
}

static void
test_tls (Fixture       *f,
          gconstpointer  data)
{
  g_autoptr(GTlsCertificate) certificate = bks_scripted_certificate_new ();
  g_autoptr(GError) error = NULL;
  g_autofree char *body = NULL;
  g_autofree char *again = NULL;
  g_autofree char *file = NULL;
  BksReply *reply;

  bks_scripted_server_set_certificate (f->server, certificate);
  file = trust_fake (f, certificate);
  body = post (f, bks_reply_new_json (200, "{\"a\":1}"), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (body, ==, "{\"a\":1}");

  /* A stale connection that was reset while idle: replaced, the request served once. */
  reply = bks_reply_new_json (200, "{}");
  bks_reply_add_step (reply, BKS_REPLY_STEP_RESET);
  g_free (post (f, reply, &error));
  g_assert_no_error (error);
  bks_scripted_server_wait_gone (f->server);
  spin (20);
  again = post (f, bks_reply_new_json (200, "{\"b\":2}"), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again, ==, "{\"b\":2}");
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 3);

  /* Cut in the middle of an answer, and before one. */
  reply = bks_reply_new (200, "text/plain");
  bks_reply_add_text (reply, "half");
  bks_reply_add_step (reply, BKS_REPLY_STEP_RESET);
  g_assert_null (post (f, reply, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_TRANSPORT);
  g_test_message ("%s", error->message);
  g_clear_error (&error);
  reply = bks_reply_new (0, NULL);
  bks_reply_add_step (reply, BKS_REPLY_STEP_RESET);
  g_assert_null (post (f, reply, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_TRANSPORT);
  spin (20);
  g_assert_cmpuint (bks_scripted_server_get_n_requests (f->server), ==, 5);
  unlink (file);
}

/* https to a server that does not speak it. */
static void
test_tls_missing (Fixture       *f,
                  gconstpointer  data)
{
  const char *port = strrchr (bks_scripted_server_get_url (f->server), ':');
  g_autofree char *url = g_strconcat ("https://127.0.0.1", port, NULL);
  g_autoptr(BksHttpExchange) exchange = bks_http_exchange_new (f->http, "GET", url, NULL);
  g_autoptr(GError) error = NULL;

  g_assert_false (bks_wait (bks_http_exchange_send (exchange), &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, BKS_ERROR, BKS_ERROR_TRANSPORT);
  g_assert_nonnull (strstr (error->message, "only http"));
}

/* A server that takes no connection: its queue is full. */
static void
test_connect_limit (Fixture       *f,
                    gconstpointer  data)
{
  g_autoptr(GSocket) listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr(GSocketAddress) address = NULL;
  g_autoptr(GPtrArray) fillers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(BksHttpExchange) exchange = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *url = NULL;

  g_socket_set_listen_backlog (listener, 0);
  g_assert_true (g_socket_bind (listener, any, FALSE, NULL) && g_socket_listen (listener, NULL));
  address = g_socket_get_local_address (listener, NULL);
  for (guint i = 0; i < 4; i++)
    {
      GSocket *filler = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

      g_socket_set_blocking (filler, FALSE);
      g_socket_connect (filler, address, NULL, NULL);
      g_ptr_array_add (fillers, filler);
    }
  url = g_strdup_printf ("http://127.0.0.1:%u/", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
  f->limits->connect_ms = 200;
  exchange = bks_http_exchange_new (f->http, "POST", url, NULL);
  g_assert_false (bks_wait (bks_http_exchange_send (exchange), &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, BKS_ERROR, BKS_ERROR_TIMEOUT);
  g_assert_nonnull (strstr (error->message, "reached"));
  g_assert_false (bks_http_exchange_get_sent (exchange));
}

int
main (int   argc,
      char *argv[])
{
  /* A proxy that is not there: whoever asks it for this machine fails every test. */
  g_setenv ("http_proxy", "http://127.0.0.1:1", TRUE);
  g_setenv ("https_proxy", "http://127.0.0.1:1", TRUE);
  g_test_init (&argc, &argv, NULL);
  dex_init ();

#define ADD(name, function) g_test_add ("/http-exchange/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("exchange", test_exchange);
  ADD ("streams", test_streams);
  ADD ("close", test_close);
  ADD ("redirect", test_redirect);
  ADD ("bearer", test_bearer);
  ADD ("max-bytes", test_max_bytes);
  ADD ("stale-connection", test_stale_connection);
  ADD ("tls", test_tls);
  ADD ("tls-untrusted", test_tls_untrusted);
  ADD ("tls-missing", test_tls_missing);
  ADD ("connect-limit", test_connect_limit);
  ADD ("garbage", test_garbage);
  ADD ("endless-head", test_endless_head);
  return g_test_run ();
}
