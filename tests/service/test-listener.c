/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bks-error.h"
#include "bks-guard-private.h"
#include "bks-listener.h"
#include "bks-peers-private.h"
#include "raw-client.h"

#define ENOUGH_MS 5000
#define LARGE_BYTES (16 * 1024 * 1024)

typedef struct
{
  BksLimits         *limits;
  BksListener       *listener;
  guint              requests;  /* that arrived whole */
  guint              left;      /* whose client went away */
  SoupServerMessage *paused;
  char              *runtime;
} Fixture;

static gint64
headers (SoupServerMessage *message,
         gpointer           data)
{
  Fixture *f = data;

  if (strstr (g_uri_get_path (soup_server_message_get_uri (message)), "forbidden") != NULL)
    soup_server_message_set_status (message, SOUP_STATUS_FORBIDDEN, NULL);
  return f->limits->service_body_bytes;
}

static void
left_cb (BksGuard *guard,
         gpointer  data)
{
  Fixture *f = data;

  f->left++;
}

static void
request (SoupServerMessage *message,
         gpointer           data)
{
  Fixture *f = data;
  const char *path = g_uri_get_path (soup_server_message_get_uri (message));

  f->requests++;
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  if (g_str_equal (path, "/pause"))
    {
      f->paused = g_object_ref (message);
      bks_guard_watch (bks_guard_get (message), left_cb, f);
      soup_server_message_pause (message);
      return;
    }
  if (g_str_equal (path, "/large"))
    soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_TAKE, g_strnfill (LARGE_BYTES, 'x'), LARGE_BYTES);
  else
    soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_COPY, path, strlen (path));
}

static void
wait_until_empty (Fixture *f)
{
  gint64 begin = g_get_monotonic_time ();

  while (bks_listener_get_connections (f->listener) > 0 && g_get_monotonic_time () - begin < ENOUGH_MS * 1000)
    raw_run (5);
  g_assert_cmpuint (bks_listener_get_connections (f->listener), ==, 0);
}

static const BksListenerFuncs funcs = { headers, request };

static void
start (Fixture *f)
{
  g_autoptr(GError) error = NULL;

  f->listener = bks_listener_new (f->limits, &funcs, f);
  bks_listener_start (f->listener, "127.0.0.1:0", "test", &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  g_unsetenv ("XDG_RUNTIME_DIR");
  f->limits = bks_limits_new ();
  start (f);
}

/* Everything that waits does so for milliseconds. */
static void
set_up_hasty (Fixture       *f,
              gconstpointer  data)
{
  g_unsetenv ("XDG_RUNTIME_DIR");
  f->limits = bks_limits_new ();
  f->limits->service_header_ms = 150;
  f->limits->service_idle_ms = 150;
  f->limits->service_body_ms = 150;
  f->limits->service_linger_ms = 50;
  f->limits->service_retry_ms = 10;
  start (f);
}

static void
set_up_control (Fixture       *f,
                gconstpointer  data)
{
  f->runtime = g_dir_make_tmp ("bks-test-XXXXXX", NULL);
  g_setenv ("XDG_RUNTIME_DIR", f->runtime, TRUE);
  f->limits = bks_limits_new ();
  start (f);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  bks_listener_stop (f->listener);
  raw_run (5);
  if (f->paused != NULL)
    g_assert_finalize_object (f->paused);
  wait_until_empty (f);
  g_assert_finalize_object (f->listener);
  bks_limits_unref (f->limits);
  if (f->runtime != NULL)
    {
      g_autofree char *folder = g_build_filename (f->runtime, "book-studio", NULL);

      g_rmdir (folder);
      g_assert_cmpint (g_rmdir (f->runtime), ==, 0); /* the socket's file went with it */
      g_free (f->runtime);
    }
}

static RawClient *
connect_client (Fixture *f)
{
  return raw_client_new (bks_listener_get_uri (f->listener));
}

static const char *
get_host (Fixture *f)
{
  return bks_listener_get_uri (f->listener) + strlen ("http://");
}

/* Sends @request with %s for the good host. */
static RawClient *
send_request (Fixture    *f,
              const char *text)
{
  RawClient *client = connect_client (f);
  g_autoptr(GString) full = g_string_new (text);

  g_string_replace (full, "%s", get_host (f), 0);
  g_assert_cmpint (raw_client_send (client, full->str, (gssize) full->len), ==, full->len);
  return client;
}

static void
assert_status (Fixture    *f,
               const char *text,
               int         status)
{
  g_autoptr(RawClient) client = send_request (f, text);

  raw_client_wait_answer (client, ENOUGH_MS);
  if (raw_client_get_status (client) != status)
    g_error ("%s → %d instead of %d", text, raw_client_get_status (client), status);
}

/* A name of somebody else's: misdirected, or no host at all to libsoup. */
static void
assert_host_refused (Fixture    *f,
                     const char *text)
{
  g_autoptr(RawClient) client = send_request (f, text);
  int status;

  raw_client_wait_answer (client, ENOUGH_MS);
  status = raw_client_get_status (client);
  if (status != 421 && status != 400)
    g_error ("%s → %d", text, status);
}

static void
assert_alive (Fixture *f)
{
  assert_status (f, "GET /alive HTTP/1.1\r\nHost: %s\r\n\r\n", 200);
}

static void
test_answer (Fixture       *f,
             gconstpointer  data)
{
  g_autoptr(RawClient) client = send_request (f, "GET /a HTTP/1.1\r\nHost: %s\r\n\r\n");
  g_autofree char *server = NULL;
  g_autofree char *sniff = NULL;
  g_autofree char *cache = NULL;

  g_assert_true (raw_client_wait_answer (client, ENOUGH_MS));
  g_assert_cmpint (raw_client_get_status (client), ==, 200);
  g_assert_cmpstr (raw_client_get_body (client), ==, "/a");
  server = raw_client_get_header (client, "Server");
  sniff = raw_client_get_header (client, "X-Content-Type-Options");
  cache = raw_client_get_header (client, "Cache-Control");
  g_assert_null (server);
  g_assert_cmpstr (sniff, ==, "nosniff");
  g_assert_cmpstr (cache, ==, "no-store");
}

static void
test_keep_alive (Fixture       *f,
                 gconstpointer  data)
{
  g_autoptr(RawClient) client = connect_client (f);
  g_autofree char *text = g_strdup_printf ("GET /again HTTP/1.1\r\nHost: %s\r\n\r\n", get_host (f));

  for (int i = 0; i < 5; i++)
    {
      raw_client_send (client, text, -1);
      g_assert_true (raw_client_wait_answer (client, ENOUGH_MS));
      g_assert_cmpint (raw_client_get_status (client), ==, 200);
      raw_client_forget (client);
    }
  g_assert_cmpuint (f->requests, ==, 5);
  g_assert_cmpuint (bks_listener_get_connections (f->listener), ==, 1);
}

static void
test_pipelined (Fixture       *f,
                gconstpointer  data)
{
  g_autoptr(RawClient) client = send_request (f, "GET /1 HTTP/1.1\r\nHost: %s\r\n\r\n"
                                                 "POST /2 HTTP/1.1\r\nHost: %s\r\nContent-Length: 3\r\n\r\nabc"
                                                 "GET /3 HTTP/1.1\r\nHost: %s\r\n\r\n");
  const char *first, *second, *third;

  g_assert_true (raw_client_wait_for (client, "\r\n\r\n/3", ENOUGH_MS));
  first = strstr (client->received->str, "\r\n\r\n/1");
  second = strstr (client->received->str, "\r\n\r\n/2");
  third = strstr (client->received->str, "\r\n\r\n/3");
  g_assert_true (first != NULL && first < second && second < third);
  g_assert_cmpuint (f->requests, ==, 3);
}

static void
test_framing (Fixture       *f,
              gconstpointer  data)
{
  static const char *const bad[] = {
    "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 3, 3\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: +3\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: -3\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 0x3\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.0\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: %s\r\nHost: %s\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: %s\r\nHost: evil.example\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET http://%s/ HTTP/1.1\r\n\r\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_status (f, bad[i], 400);
  assert_status (f, "POST / HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501);
  g_assert_cmpuint (f->requests, ==, 0);
  assert_status (f, "POST / HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200);
  assert_status (f, "GET http://%s/ HTTP/1.1\r\nHost: %s\r\n\r\n", 200);
}

/* After a refusal nothing else is read off the connection. */
static void
test_smuggled (Fixture       *f,
               gconstpointer  data)
{
  g_autoptr(RawClient) client = send_request (f, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                                                 "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: %s\r\n\r\n");

  g_assert_true (raw_client_wait_end (client, ENOUGH_MS));
  g_assert_cmpint (raw_client_get_status (client), ==, 400);
  g_assert_null (strstr (client->received->str, "/smuggled"));
  g_assert_cmpuint (f->requests, ==, 0);
}

static void
test_hosts (Fixture       *f,
            gconstpointer  data)
{
  guint port = (guint) g_ascii_strtoull (strrchr (get_host (f), ':') + 1, NULL, 10);
  static const char *const good[] = { "127.0.0.1:%u", "localhost:%u", "LocalHost:%u", "[::1]:%u" };
  static const char *const bad[] = {
    "evil.example", "evil.example:%u", "127.0.0.1", "localhost", "127.0.0.1:1", "user@127.0.0.1:%u", "127.0.0.1:%u.evil.example",
    "127.0.0.1.evil.example:%u", "localhost.evil.example:%u", "0x7f.1:%u", "2130706433:%u", "localhost.:%u", "[::]:%u", "0.0.0.0:%u",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good) + G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GString) host = g_string_new (i < G_N_ELEMENTS (good) ? good[i] : bad[i - G_N_ELEMENTS (good)]);
      g_autofree char *number = g_strdup_printf ("%u", port);
      g_autofree char *text = NULL;

      g_string_replace (host, "%u", number, 0);
      text = g_strdup_printf ("GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host->str);
      if (i < G_N_ELEMENTS (good))
        assert_status (f, text, 200);
      else
        assert_host_refused (f, text);
    }
  g_assert_cmpuint (f->requests, ==, G_N_ELEMENTS (good));
  assert_host_refused (f, "GET / HTTP/1.1\r\nHost: \r\n\r\n");
  assert_status (f, "GET http://evil.example/ HTTP/1.1\r\nHost: %s\r\n\r\n", 421);
  assert_status (f, "GET http://%s/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421);
  assert_status (f, "GET http://evil@%s/ HTTP/1.1\r\nHost: %s\r\n\r\n", 421);

  assert_status (f, "GET / HTTP/1.1\r\nHost: studio.home:3004\r\n\r\n", 421);
}

static void
test_half_header (Fixture       *f,
                  gconstpointer  data)
{
  g_autoptr(RawClient) silent = connect_client (f);
  g_autoptr(RawClient) half = send_request (f, "POST /half HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n");

  g_assert_true (raw_client_wait_end (half, ENOUGH_MS));
  g_assert_true (raw_client_wait_end (silent, ENOUGH_MS));
  wait_until_empty (f);
  g_assert_cmpuint (f->requests, ==, 0); /* half a header is not a request */
  assert_alive (f);
}

/* The same when the client itself ends in the middle. */
static void
test_cut_header (Fixture       *f,
                 gconstpointer  data)
{
  g_autoptr(RawClient) client = send_request (f, "POST /half HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n");

  raw_client_finish (client);
  g_assert_true (raw_client_wait_end (client, ENOUGH_MS));
  g_assert_cmpuint (f->requests, ==, 0);
  g_assert_cmpuint (client->received->len, ==, 0);
}

/* A byte now and then keeps no connection open beyond its deadline. */
static void
assert_drip_ends (RawClient  *client,
                  const char *drop)
{
  gint64 begin = g_get_monotonic_time ();

  while (!raw_client_wait_end (client, 10))
    {
      raw_client_send (client, drop, -1);
      g_assert_cmpint (g_get_monotonic_time () - begin, <, ENOUGH_MS * 1000);
    }
}

static void
test_slow_header (Fixture       *f,
                  gconstpointer  data)
{
  g_autoptr(RawClient) client = send_request (f, "GET / HTTP/1.1\r\nHost: %s\r\n");

  assert_drip_ends (client, "X: y\r\n");
  g_assert_cmpuint (f->requests, ==, 0);
}

static void
test_slow_body (Fixture       *f,
                gconstpointer  data)
{
  g_autoptr(RawClient) half = send_request (f, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 10\r\n\r\nabc");
  g_autoptr(RawClient) drip = send_request (f, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 100000\r\n\r\n");

  g_assert_true (raw_client_wait_end (half, ENOUGH_MS));
  assert_drip_ends (drip, "x");
  g_assert_cmpuint (f->requests, ==, 0);
}

static void
test_idle (Fixture       *f,
           gconstpointer  data)
{
  g_autoptr(RawClient) client = send_request (f, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n");

  g_assert_true (raw_client_wait_answer (client, ENOUGH_MS));
  g_assert_true (raw_client_wait_end (client, ENOUGH_MS));
  wait_until_empty (f);
}

/* A client that does not read its answer. */
static void
test_unread (Fixture       *f,
             gconstpointer  data)
{
  g_autoptr(RawClient) client = send_request (f, "GET /large HTTP/1.1\r\nHost: %s\r\n\r\n");

  raw_run (50);
  g_assert_cmpuint (f->requests, ==, 1);
  wait_until_empty (f);
}

static void
test_read_slowly (Fixture       *f,
                  gconstpointer  data)
{
  g_autoptr(RawClient) client = send_request (f, "GET /large HTTP/1.1\r\nHost: %s\r\n\r\n");
  gsize seen = 0;

  for (int i = 0; i < 2000 && seen < LARGE_BYTES; i++)
    {
      char buffer[256 * 1024];
      gssize got = g_socket_receive (client->socket, buffer, sizeof buffer, NULL, NULL);

      seen += (gsize) MAX (got, 0);
      raw_run (3);
    }
  g_assert_cmpuint (seen, >, LARGE_BYTES); /* longer than the idle time, but always moving */
}

static gsize
get_memory (const char *what)
{
  g_autofree char *status = NULL;
  const char *line;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));
  line = strstr (status, what);
  g_assert_nonnull (line);
  return (gsize) g_ascii_strtoull (line + strlen (what), NULL, 10) * 1024;
}

/* Sends up to 200 MB, as long as the server takes it. */
static void
pour (RawClient *client)
{
  g_autofree char *block = g_strnfill (1024 * 1024, 'x');
  gint64 begin = g_get_monotonic_time ();
  gsize sent = 0;

  while (sent < 200u * 1024 * 1024 && g_get_monotonic_time () - begin < ENOUGH_MS * 1000)
    {
      gssize took = raw_client_send (client, block, 1024 * 1024);

      if (took < 0)
        break;
      sent += (gsize) took;
      g_main_context_iteration (NULL, FALSE);
    }
}

static void
test_large_body (Fixture       *f,
                 gconstpointer  data)
{
  static const char *const requests[] = {
    "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 209715200\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\nC800000\r\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      g_autoptr(RawClient) client = send_request (f, requests[i]);
      gsize before = get_memory ("VmHWM:");

      pour (client);
      raw_client_wait_answer (client, ENOUGH_MS);
      g_assert_cmpint (raw_client_get_status (client), ==, 413);
      g_assert_cmpuint (get_memory ("VmHWM:") - before, <, 24 * 1024 * 1024);
    }
  g_assert_cmpuint (f->requests, ==, 0);
  assert_alive (f);
}

static void
test_body_edges (Fixture       *f,
                 gconstpointer  data)
{
  f->limits->service_body_bytes = 4;
  assert_status (f, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 4\r\n\r\nabcd", 200);
  assert_status (f, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 5\r\n\r\nabcde", 413);
  assert_status (f, "POST / HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", 200);
  assert_status (f, "POST / HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", 413);
  /* Refused by its owner before the body came. */
  assert_status (f, "POST /forbidden HTTP/1.1\r\nHost: %s\r\nContent-Length: 4\r\n\r\n", 403);
  assert_status (f, "POST / HTTP/1.1\r\nHost: %s\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", 413);
  assert_status (f, "POST / HTTP/1.1\r\nHost: %s\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", 100);
}

/* What a refused client still sends is taken for a while, so that the answer
 * is not lost to a reset; but not for ever. */
static void
test_refused_in_peace (Fixture       *f,
                       gconstpointer  data)
{
  g_autoptr(RawClient) client = NULL;

  f->limits->service_linger_ms = 400;
  client = send_request (f, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 209715200\r\n\r\n");
  g_assert_true (raw_client_wait_answer (client, ENOUGH_MS));
  g_assert_cmpint (raw_client_get_status (client), ==, 413);
  for (int i = 0; i < 5; i++)
    {
      g_assert_cmpint (raw_client_send (client, "abcdefghij", -1), ==, 10);
      raw_run (10);
    }
  wait_until_empty (f);
}

static void
test_large_header (Fixture       *f,
                   gconstpointer  data)
{
  g_autoptr(RawClient) client = send_request (f, "GET / HTTP/1.1\r\nHost: %s\r\nX: ");
  gsize before = get_memory ("VmHWM:");

  pour (client);
  g_assert_true (raw_client_wait_end (client, ENOUGH_MS));
  g_assert_cmpuint (get_memory ("VmHWM:") - before, <, 8 * 1024 * 1024);
  g_assert_cmpuint (f->requests, ==, 0);
  assert_alive (f);
}

static void
test_garbage (Fixture       *f,
              gconstpointer  data)
{
  static const struct { const char *bytes; gssize length; } garbage[] = {
    { "\r\n\r\n\r\n\r\n", -1 }, { "GET\r\n\r\n", -1 }, { "GET / HTTP/9.9\r\n\r\n", -1 }, { "GET / HTTP/2.0\r\n\r\n", -1 },
    { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", -1 }, { "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11 },
    { "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 28 }, { "\0\0\0\0\r\n\r\n", 8 }, { " / HTTP/1.1\r\n\r\n", -1 },
    { "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", -1 },
    { "GET //[ HTTP/1.1\r\nHost: [\r\n\r\n", -1 }, { "GET /%zz HTTP/1.1\r\nHost: ]\r\n\r\n", -1 },
    { "OPTIONS * HTTP/1.1\r\nHost: evil.example\r\n\r\n", -1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (garbage); i++)
    {
      g_autoptr(RawClient) client = connect_client (f);

      raw_client_send (client, garbage[i].bytes, garbage[i].length);
      raw_client_finish (client);
      g_assert_true (raw_client_wait_end (client, ENOUGH_MS));
    }
  g_assert_cmpuint (f->requests, ==, 0);
  assert_alive (f);
}

static void
test_client_leaves (Fixture       *f,
                    gconstpointer  data)
{
  RawClient *client = send_request (f, "GET /pause HTTP/1.1\r\nHost: %s\r\n\r\n");
  gint64 begin;

  g_assert_false (raw_client_wait_end (client, 50));
  g_assert_nonnull (f->paused);
  g_assert_cmpuint (f->left, ==, 0);
  raw_client_free (client);
  begin = g_get_monotonic_time ();
  while (f->left == 0 && g_get_monotonic_time () - begin < ENOUGH_MS * 1000)
    raw_run (1);
  g_assert_cmpuint (f->left, ==, 1);
  soup_server_message_unpause (f->paused);
  raw_run (20);
  g_assert_finalize_object (g_steal_pointer (&f->paused));
  wait_until_empty (f);
}

/* A further request that waits behind the paused one is no sign of leaving. */
static void
test_paused_and_pipelined (Fixture       *f,
                           gconstpointer  data)
{
  g_autoptr(RawClient) client = send_request (f, "GET /pause HTTP/1.1\r\nHost: %s\r\n\r\n");
  g_autofree char *next = g_strdup_printf ("GET /next HTTP/1.1\r\nHost: %s\r\n\r\n", get_host (f));

  g_assert_false (raw_client_wait_end (client, 30));
  raw_client_send (client, next, -1);
  g_assert_false (raw_client_wait_end (client, 30));
  g_assert_cmpuint (f->left, ==, 0);
  bks_guard_unwatch (bks_guard_get (f->paused));
  soup_server_message_unpause (f->paused);
  g_clear_object (&f->paused);
  g_assert_true (raw_client_wait_for (client, "/next", ENOUGH_MS));
}

static void
allow_descriptors (rlim_t count)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = MIN (MAX (limit.rlim_cur, count), limit.rlim_max);
  setrlimit (RLIMIT_NOFILE, &limit);
}

static void
test_many_connections (Fixture       *f,
                       gconstpointer  data)
{
  g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_client_free);
  guint turned_away = 0;

  allow_descriptors (2048);
  for (int i = 0; i < 600; i++)
    {
      g_ptr_array_add (clients, connect_client (f));
      g_main_context_iteration (NULL, FALSE);
    }
  raw_run (50);
  g_assert_cmpuint (bks_listener_get_connections (f->listener), ==, 512);
  for (guint i = 0; i < clients->len; i++)
    {
      raw_client_wait_end (clients->pdata[i], 0);
      turned_away += raw_client_get_status (clients->pdata[i]) == 503 ? 1 : 0;
    }
  g_assert_cmpuint (turned_away, ==, 88);

  g_ptr_array_set_size (clients, 0);
  wait_until_empty (f);
  assert_alive (f);
}

static void
exhaust_descriptors (Fixture *f)
{
  struct rlimit limit = { 64, 64 };
  RawClient *clients[24];
  int spare[64];
  guint spares = 0;

  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = connect_client (f); /* waiting in the backlog */
  setrlimit (RLIMIT_NOFILE, &limit);
  while (spares < G_N_ELEMENTS (spare) && (spare[spares] = dup (0)) >= 0)
    spares++;
  for (guint i = 0; i < 3 && spares > 0; i++)
    close (spare[--spares]); /* some get in, most do not */
  raw_run (60);
  g_assert_cmpuint (bks_listener_get_connections (f->listener), <, G_N_ELEMENTS (clients));

  while (spares > 0)
    close (spare[--spares]);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    raw_client_free (clients[i]);
  wait_until_empty (f);
  assert_alive (f);
}

static void
test_descriptors (Fixture       *f,
                  gconstpointer  data)
{
  if (g_test_subprocess ())
    {
      exhaust_descriptors (f);
      return;
    }
  g_test_trap_subprocess (NULL, 20 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

static void
test_control_socket (Fixture       *f,
                     gconstpointer  data)
{
  const char *path = bks_listener_get_control_path (f->listener);
  g_autoptr(RawClient) client = NULL;
  g_autoptr(RawClient) nameless = NULL;
  struct stat status;

  g_assert_nonnull (path);
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  client = raw_client_new_unix (path);
  raw_client_send (client, "GET /here HTTP/1.1\r\nHost: localhost\r\n\r\n", -1);
  g_assert_true (raw_client_wait_for (client, "\r\n\r\n/here", ENOUGH_MS));
  nameless = raw_client_new_unix (path);
  raw_client_send (nameless, "GET /here HTTP/1.0\r\n\r\n", -1);
  g_assert_true (raw_client_wait_answer (nameless, ENOUGH_MS));
  g_assert_cmpint (raw_client_get_status (nameless), ==, 400);
}

/* What kill -9 left behind does not keep the next one from listening. */
static void
test_control_socket_stale (Fixture       *f,
                           gconstpointer  data)
{
  g_autofree char *path = g_strdup (bks_listener_get_control_path (f->listener));
  g_autofree char *aside = g_strconcat (path, ".aside", NULL);
  g_autoptr(BksListener) second = bks_listener_new (f->limits, &funcs, f);
  g_autoptr(GError) error = NULL;

  /* Another one of the same name leaves the first its socket. */
  bks_listener_start (second, "127.0.0.1:0", "test", &error);
  g_assert_no_error (error);
  g_assert_null (bks_listener_get_control_path (second));
  bks_listener_stop (second);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));

  g_assert_cmpint (g_rename (path, aside), ==, 0);
  bks_listener_stop (f->listener);
  g_assert_cmpint (g_rename (aside, path), ==, 0); /* a file, nobody behind it */
  bks_listener_start (second, "127.0.0.1:0", "test", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (bks_listener_get_control_path (second), ==, path);
  bks_listener_stop (second);
}

/* Speaks as another user and says by its exit what came back. */
static int
ask_as_nobody (const char *path)
{
  g_autoptr(RawClient) client = NULL;

  if (setgid (65534) != 0 || setuid (65534) != 0)
    return 2;
  client = raw_client_new_unix (path);
  raw_client_send (client, "GET /here HTTP/1.1\r\nHost: localhost\r\n\r\n", -1);
  g_socket_set_blocking (client->socket, TRUE);
  g_socket_set_timeout (client->socket, 5);
  {
    char byte;

    return g_socket_receive (client->socket, &byte, 1, NULL, NULL) > 0 ? 1 : 0;
  }
}

static void
test_control_socket_user (Fixture       *f,
                          gconstpointer  data)
{
  const char *path = bks_listener_get_control_path (f->listener);
  g_autofree char *folder = g_path_get_dirname (path);
  int status;
  pid_t pid;

  if (getuid () != 0)
    {
      g_test_skip ("only root can become another user");
      return;
    }
  /* Even where the file system lets everybody in. */
  g_chmod (f->runtime, 0755);
  g_chmod (folder, 0755);
  g_chmod (path, 0666);
  pid = fork ();
  if (pid == 0)
    _exit (ask_as_nobody (path));
  for (int i = 0; i < 1000 && waitpid (pid, &status, WNOHANG) == 0; i++)
    raw_run (5);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  g_assert_cmpuint (f->requests, ==, 0);
}

static void
test_no_runtime_folder (Fixture       *f,
                        gconstpointer  data)
{
  g_assert_null (bks_listener_get_control_path (f->listener));
}

static void
assert_not_listening (const char *listen,
                      BksError    code)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(BksListener) listener = bks_listener_new (limits, &funcs, NULL);
  g_autoptr(GError) error = NULL;

  g_assert_false (bks_listener_start (listener, listen, NULL, &error));
  if (!g_error_matches (error, BKS_ERROR, code))
    g_error ("%s: %s", listen, error->message);
}

static void
test_addresses (Fixture       *f,
                gconstpointer  data)
{
  static const char *const refused[] = {
    "0.0.0.0:3004", "[::]:3004", "192.168.1.10:3004", "10.0.0.1:0", "[fe80::1]:3004", "example.com:3004", "", ":3004", "127.0.0.1:port",
    "127.0.0.1:99999", "/run/socket", "127.0.0.1:3004 ",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    assert_not_listening (refused[i], BKS_ERROR_INVALID_ARGUMENT);
  assert_not_listening (get_host (f), BKS_ERROR_BUSY);
}

static void
test_next_port (Fixture       *f,
                gconstpointer  data)
{
  g_autoptr(BksListener) first = bks_listener_new (f->limits, &funcs, f);
  g_autoptr(BksListener) second = bks_listener_new (f->limits, &funcs, f);
  g_autoptr(GError) error = NULL;
  g_autoptr(RawClient) client = NULL;

  bks_listener_start (first, NULL, NULL, &error);
  g_assert_no_error (error);
  bks_listener_start (second, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (bks_listener_get_uri (first), "http://127.0.0.1:30"));
  g_assert_cmpstr (bks_listener_get_uri (first), !=, bks_listener_get_uri (second));
  client = raw_client_new (bks_listener_get_uri (second));
  bks_listener_stop (first);
  bks_listener_stop (second);
}

static void
test_ipv6 (Fixture       *f,
           gconstpointer  data)
{
  g_autoptr(BksListener) listener = bks_listener_new (f->limits, &funcs, f);
  g_autoptr(GError) error = NULL;
  g_autoptr(RawClient) client = NULL;
  g_autofree char *text = NULL;

  if (!bks_listener_start (listener, "[::1]:0", NULL, &error))
    {
      g_test_skip ("this machine has no IPv6");
      return;
    }
  client = raw_client_new (bks_listener_get_uri (listener));
  text = g_strdup_printf ("GET /six HTTP/1.1\r\nHost: %s\r\n\r\n", bks_listener_get_uri (listener) + strlen ("http://"));
  raw_client_send (client, text, -1);
  g_assert_true (raw_client_wait_for (client, "\r\n\r\n/six", ENOUGH_MS));
  bks_listener_stop (listener);
  raw_run (10);
}

static void
assert_peer (const char *address,
             const char *key)
{
  g_autoptr(GInetAddress) parsed = g_inet_address_new_from_string (address);
  g_autofree char *got = bks_peer_key (parsed);

  g_assert_cmpstr (got, ==, key);
}

static void
test_peers (void)
{
  g_autoptr(BksPeers) peers = bks_peers_new (2);

  assert_peer ("127.0.0.1", "loopback");
  assert_peer ("127.9.9.9", "loopback");
  assert_peer ("::1", "loopback");
  assert_peer ("::ffff:127.0.0.1", "loopback");
  assert_peer ("::ffff:192.168.1.10", "192.168.1.10");
  assert_peer ("192.168.1.10", "192.168.1.10");
  assert_peer ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64");
  assert_peer ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64");

  g_assert_true (bks_peers_add (peers, "a"));
  g_assert_true (bks_peers_add (peers, "a"));
  g_assert_false (bks_peers_add (peers, "a"));
  g_assert_true (bks_peers_add (peers, "b"));
  bks_peers_remove (peers, "a");
  g_assert_true (bks_peers_add (peers, "a"));
  for (int i = 0; i < 10; i++)
    g_assert_true (bks_peers_add (peers, "loopback"));
}

static void
test_rate (void)
{
  g_autoptr(BksClock) clock = bks_clock_new_fixed (1000000);
  g_autoptr(BksRate) rate = bks_rate_new (clock, 5, 5, 60000);

  for (int i = 0; i < 5; i++)
    g_assert_cmpuint (bks_rate_take (rate, "a"), ==, 0);
  g_assert_cmpuint (bks_rate_take (rate, "a"), ==, 13);
  g_assert_cmpuint (bks_rate_take (rate, "b"), ==, 0); /* another peer's tries are its own */
  bks_clock_advance (clock, 11000);
  g_assert_cmpuint (bks_rate_take (rate, "a"), >, 0);
  bks_clock_advance (clock, 1001);
  g_assert_cmpuint (bks_rate_take (rate, "a"), ==, 0);
  g_assert_cmpuint (bks_rate_take (rate, "a"), >, 0);
  bks_clock_advance (clock, -500000); /* a clock set back gives nothing and takes nothing */
  g_assert_cmpuint (bks_rate_take (rate, "a"), >, 0);

  for (int i = 0; i < 10000; i++)
    {
      g_autofree char *key = g_strdup_printf ("%d", i);

      bks_clock_advance (clock, 100);
      g_assert_cmpuint (bks_rate_take (rate, key), ==, 0);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, setup, func) g_test_add ("/listener/" name, Fixture, NULL, setup, func, tear_down)
  ADD ("answer", set_up, test_answer);
  ADD ("keep-alive", set_up, test_keep_alive);
  ADD ("pipelined", set_up, test_pipelined);
  ADD ("framing", set_up, test_framing);
  ADD ("smuggled", set_up_hasty, test_smuggled);
  ADD ("hosts", set_up, test_hosts);
  ADD ("half-header", set_up_hasty, test_half_header);
  ADD ("cut-header", set_up, test_cut_header);
  ADD ("slow-header", set_up_hasty, test_slow_header);
  ADD ("slow-body", set_up_hasty, test_slow_body);
  ADD ("idle", set_up_hasty, test_idle);
  ADD ("unread", set_up_hasty, test_unread);
  ADD ("read-slowly", set_up_hasty, test_read_slowly);
  ADD ("large-body", set_up, test_large_body);
  ADD ("body-edges", set_up, test_body_edges);
  ADD ("refused-in-peace", set_up_hasty, test_refused_in_peace);
  ADD ("large-header", set_up, test_large_header);
  ADD ("garbage", set_up, test_garbage);
  ADD ("client-leaves", set_up, test_client_leaves);
  ADD ("paused-and-pipelined", set_up, test_paused_and_pipelined);
  ADD ("many-connections", set_up, test_many_connections);
  ADD ("descriptors", set_up_hasty, test_descriptors);
  ADD ("control-socket", set_up_control, test_control_socket);
  ADD ("control-socket-stale", set_up_control, test_control_socket_stale);
  ADD ("control-socket-user", set_up_control, test_control_socket_user);
  ADD ("no-runtime-folder", set_up, test_no_runtime_folder);
  ADD ("addresses", set_up, test_addresses);
  ADD ("next-port", set_up, test_next_port);
  ADD ("ipv6", set_up, test_ipv6);
  g_test_add_func ("/listener/peers", test_peers);
  g_test_add_func ("/listener/rate", test_rate);
  return g_test_run ();
}
