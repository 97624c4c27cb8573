/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-fakes"

#include "config.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "bks-error.h"
#include "bks-json.h"
#include "bks-scripted-prose.h"
#include "bks-scripted-server.h"

#define MAX_HEAD 65536
#define MAX_BODY (64 * 1024 * 1024)

/**
 * BksScriptedServer:
 *
 * A provider that does as it is told, on a loopback port and threads of its
 * own, with plain sockets: no HTTP library would send the broken answers that
 * have to be tested. Without a script it writes prose.
 */
struct _BksScriptedServer
{
  GObject          parent_instance;

  GSocketListener *listener;
  GCancellable    *cancellable;
  GThread         *thread;
  char            *url;
  GTlsCertificate *certificate;

  GMutex           lock;      /* over all that follows */
  GCond            idle;
  guint            n_threads;
  guint            n_connections;
  char            *key;
  guint            delay_ms;
  guint            turn;
  GQueue           replies;   /* of BksReply */
  GPtrArray       *requests;  /* of BksRecordedRequest */
};

G_DEFINE_FINAL_TYPE (BksScriptedServer, bks_scripted_server, G_TYPE_OBJECT)

/* One connection, on its thread. */
typedef struct
{
  BksScriptedServer *server;
  GSocketConnection *socket_connection;
  GIOStream         *stream;
  GSocket           *socket;
  GString           *input; /* received, not used yet */
  guint              index;
} Connection;

/**
 * bks_recorded_request_free:
 * @self: (transfer full): a request
 */
void
bks_recorded_request_free (BksRecordedRequest *self)
{
  g_free (self->method);
  g_free (self->path);
  g_free (self->body);
  g_hash_table_unref (self->headers);
  g_free (self);
}

static void
bks_scripted_server_dispose (GObject *object)
{
  BksScriptedServer *self = BKS_SCRIPTED_SERVER (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_pointer (&self->thread, g_thread_join);
  g_mutex_lock (&self->lock);
  while (self->n_threads > 0)
    g_cond_wait (&self->idle, &self->lock);
  g_mutex_unlock (&self->lock);
  g_clear_object (&self->listener);
  G_OBJECT_CLASS (bks_scripted_server_parent_class)->dispose (object);
}

static void
bks_scripted_server_finalize (GObject *object)
{
  BksScriptedServer *self = BKS_SCRIPTED_SERVER (object);

  g_queue_clear_full (&self->replies, (GDestroyNotify) bks_reply_free);
  g_ptr_array_unref (self->requests);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->certificate);
  g_free (self->url);
  g_free (self->key);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->idle);
  G_OBJECT_CLASS (bks_scripted_server_parent_class)->finalize (object);
}

static void
bks_scripted_server_class_init (BksScriptedServerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = bks_scripted_server_dispose;
  G_OBJECT_CLASS (klass)->finalize = bks_scripted_server_finalize;
}

static void
bks_scripted_server_init (BksScriptedServer *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->idle);
  g_queue_init (&self->replies);
  self->requests = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_recorded_request_free);
  self->cancellable = g_cancellable_new ();
}

/* Reads more. Returns FALSE at the end of the connection. */
static gboolean
receive (Connection *connection)
{
  char buffer[16384];
  gssize n = g_input_stream_read (g_io_stream_get_input_stream (connection->stream), buffer, sizeof buffer,
                                  connection->server->cancellable, NULL);

  if (n <= 0)
    return FALSE;
  g_string_append_len (connection->input, buffer, n);
  return TRUE;
}

static gboolean
send_bytes (Connection *connection,
            const void *data,
            gsize       length)
{
  return g_output_stream_write_all (g_io_stream_get_output_stream (connection->stream), data, length, NULL,
                                    connection->server->cancellable, NULL);
}

static gboolean
send_text (Connection *connection,
           const char *text)
{
  return send_bytes (connection, text, strlen (text));
}

static void
parse_head (BksRecordedRequest *request,
            const char         *head)
{
  g_auto(GStrv) lines = g_strsplit (head, "\r\n", -1);
  g_auto(GStrv) words = g_strsplit (lines[0] != NULL ? lines[0] : "", " ", 3);

  request->method = g_strdup (words[0] != NULL ? words[0] : "");
  request->path = g_strdup (words[0] != NULL && words[1] != NULL ? words[1] : "");
  for (gsize i = 1; lines[0] != NULL && lines[i] != NULL; i++)
    {
      char *colon = strchr (lines[i], ':');

      if (colon != NULL)
        g_hash_table_insert (request->headers, g_ascii_strdown (lines[i], colon - lines[i]),
                             g_strstrip (g_strdup (colon + 1)));
    }
}

static gboolean
receive_body (Connection         *connection,
              BksRecordedRequest *request)
{
  const char *text = g_hash_table_lookup (request->headers, "content-length");
  guint64 length = text != NULL ? g_ascii_strtoull (text, NULL, 10) : 0;

  if (length > MAX_BODY)
    return FALSE;
  if (g_strcmp0 (g_hash_table_lookup (request->headers, "expect"), "100-continue") == 0 &&
      !send_text (connection, "HTTP/1.1 100 Continue\r\n\r\n"))
    return FALSE;
  while (connection->input->len < length)
    if (!receive (connection))
      return FALSE;
  request->body = g_strndup (connection->input->str, length);
  request->body_length = length;
  g_string_erase (connection->input, 0, (gssize) length);
  return TRUE;
}

static BksRecordedRequest *
receive_request (Connection *connection)
{
  g_autoptr(BksRecordedRequest) request = g_new0 (BksRecordedRequest, 1);
  g_autofree char *head = NULL;
  const char *end;

  request->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  request->connection = connection->index;
  while ((end = strstr (connection->input->str, "\r\n\r\n")) == NULL)
    {
      if (connection->input->len > MAX_HEAD || !receive (connection))
        return NULL;
      /* A TLS greeting: common servers answer so. */
      if (connection->input->str[0] == 0x16)
        {
          send_text (connection, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
          return NULL;
        }
    }
  head = g_strndup (connection->input->str, (gsize) (end - connection->input->str));
  g_string_erase (connection->input, 0, end - connection->input->str + 4);
  parse_head (request, head);
  return receive_body (connection, request) ? g_steal_pointer (&request) : NULL;
}

static gboolean
is_authorized (BksScriptedServer  *self,
               BksRecordedRequest *request)
{
  g_autofree char *expected = self->key != NULL ? g_strconcat ("Bearer ", self->key, NULL) : NULL;

  return expected == NULL || g_strcmp0 (g_hash_table_lookup (request->headers, "authorization"), expected) == 0 ||
         g_strcmp0 (g_hash_table_lookup (request->headers, "x-api-key"), self->key) == 0;
}

/* The first scripted reply for this path. Called with the lock. */
static BksReply *
pop_reply (BksScriptedServer  *self,
           BksRecordedRequest *request)
{
  for (GList *l = self->replies.head; l != NULL; l = l->next)
    {
      BksReply *reply = l->data;

      if (reply->path != NULL && !g_str_equal (reply->path, request->path))
        continue;
      g_queue_delete_link (&self->replies, l);
      return reply;
    }
  return NULL;
}

static BksReply *
choose_reply (BksScriptedServer  *self,
              BksRecordedRequest *request)
{
  BksReply *reply = pop_reply (self, request);

  if (reply != NULL)
    return reply;
  if (!request->authorized && !g_str_has_suffix (request->path, "/api/version"))
    return bks_reply_new_json (401, "{\"error\":{\"message\":\"Incorrect API key provided.\","
                                    "\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_api_key\"}}");
  reply = bks_scripted_prose_reply (request->method, request->path, request->body, self->turn, self->delay_ms);
  if (reply == NULL)
    return bks_reply_new (404, "text/plain");
  if (g_str_equal (request->method, "POST"))
    self->turn++;
  return reply;
}

static BksReply *
record (BksScriptedServer  *self,
        BksRecordedRequest *request)
{
  BksReply *reply;

  g_mutex_lock (&self->lock);
  request->authorized = is_authorized (self, request);
  g_ptr_array_add (self->requests, request);
  reply = choose_reply (self, request);
  g_mutex_unlock (&self->lock);
  return reply;
}

static void
note_close (Connection         *connection,
            BksRecordedRequest *request)
{
  g_mutex_lock (&connection->server->lock);
  request->closed_us = g_get_monotonic_time ();
  g_mutex_unlock (&connection->server->lock);
}

/* Waits. Returns FALSE when the client has closed meanwhile. */
static gboolean
pause_reply (Connection *connection,
             gint64      ms)
{
  gint64 end = g_get_monotonic_time () + ms * 1000;
  char byte;

  while (ms < 0 || g_get_monotonic_time () < end)
    {
      gint64 left = ms < 0 ? -1 : MAX (end - g_get_monotonic_time (), 0);

      if (!g_socket_condition_timed_wait (connection->socket, G_IO_IN | G_IO_HUP | G_IO_ERR, left,
                                          connection->server->cancellable, NULL))
        return !g_cancellable_is_cancelled (connection->server->cancellable);
      /* Readable: the end of the connection, or TLS's farewell before it. */
      if (connection->server->certificate != NULL ||
          recv (g_socket_get_fd (connection->socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
        return FALSE;
      g_usleep (1000);
    }
  return TRUE;
}

static void
reset_connection (Connection *connection)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };

  setsockopt (g_socket_get_fd (connection->socket), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  g_socket_close (connection->socket, NULL);
}

static gboolean
send_piece (Connection     *connection,
            const BksReply *reply,
            GBytes         *bytes)
{
  g_autoptr(GString) frame = NULL;
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  if (size == 0)
    return TRUE;
  if (reply->status == 0 || reply->framing != BKS_REPLY_CHUNKED)
    return send_bytes (connection, data, size);
  frame = g_string_sized_new (size + 32);
  g_string_append_printf (frame, "%" G_GSIZE_MODIFIER "x\r\n", size);
  g_string_append_len (frame, data, (gssize) size);
  g_string_append (frame, "\r\n");
  return send_bytes (connection, frame->str, frame->len);
}

static gsize
get_length (const BksReply *reply)
{
  gsize length = 0;

  for (guint i = 0; i < reply->steps->len; i++)
    {
      BksReplyStep *step = g_ptr_array_index (reply->steps, i);

      if (step->kind == BKS_REPLY_STEP_BYTES)
        length += g_bytes_get_size (step->bytes);
    }
  return length;
}

static gboolean
send_head (Connection     *connection,
           const BksReply *reply)
{
  g_autoptr(GString) head = g_string_new (NULL);

  if (reply->status == 0)
    return TRUE;
  g_string_append_printf (head, "HTTP/1.1 %u Scripted\r\n", reply->status);
  for (guint i = 0; i < reply->headers->len; i++)
    g_string_append_printf (head, "%s\r\n", (const char *) g_ptr_array_index (reply->headers, i));
  if (reply->framing == BKS_REPLY_CHUNKED)
    g_string_append (head, "Transfer-Encoding: chunked\r\n");
  else if (reply->framing == BKS_REPLY_CONTENT_LENGTH)
    g_string_append_printf (head, "Content-Length: %" G_GSIZE_FORMAT "\r\n", get_length (reply));
  else
    g_string_append (head, "Connection: close\r\n");
  g_string_append (head, "\r\n");
  return send_bytes (connection, head->str, head->len);
}

typedef enum
{
  PLAYED,      /* to its end: the connection may serve another request */
  CUT,         /* by us */
  CLIENT_LEFT,
} Outcome;

static Outcome
play_step (Connection         *connection,
           const BksReply     *reply,
           const BksReplyStep *step)
{
  switch (step->kind)
    {
    case BKS_REPLY_STEP_BYTES:
      return send_piece (connection, reply, step->bytes) ? PLAYED : CLIENT_LEFT;
    case BKS_REPLY_STEP_DELAY:
      return pause_reply (connection, step->ms) ? PLAYED : CLIENT_LEFT;
    case BKS_REPLY_STEP_STALL:
      return pause_reply (connection, -1) ? PLAYED : CLIENT_LEFT;
    case BKS_REPLY_STEP_FLOOD:
      while (send_piece (connection, reply, step->bytes))
        ;
      return CLIENT_LEFT;
    case BKS_REPLY_STEP_RESET:
      reset_connection (connection);
      return CUT;
    case BKS_REPLY_STEP_CUT:
    default:
      return CUT;
    }
}

static Outcome
play_reply (Connection     *connection,
            const BksReply *reply)
{
  Outcome outcome = PLAYED;

  if (!send_head (connection, reply))
    return CLIENT_LEFT;
  for (guint i = 0; i < reply->steps->len && outcome == PLAYED; i++)
    outcome = play_step (connection, reply, g_ptr_array_index (reply->steps, i));
  if (outcome != PLAYED)
    return outcome;
  if (reply->status == 0 || reply->framing == BKS_REPLY_UNTIL_CLOSE)
    return CUT;
  if (reply->framing == BKS_REPLY_CHUNKED && !send_text (connection, "0\r\n\r\n"))
    return CLIENT_LEFT;
  return PLAYED;
}

/* What was received, to a person or a test that asks over HTTP. */
static gboolean
serve_control (Connection         *connection,
               BksRecordedRequest *request)
{
  g_autofree char *text = NULL;
  g_autoptr(BksReply) reply = NULL;
  gboolean known = g_str_equal (request->path, "/control/requests");

  text = known ? bks_scripted_server_describe (connection->server) : g_strdup ("{\"error\":\"no such control\"}");
  reply = bks_reply_new_json (known ? 200 : 404, text);
  return play_reply (connection, reply) == PLAYED;
}

static gboolean
serve_request (Connection *connection)
{
  BksRecordedRequest *request = receive_request (connection);
  g_autoptr(BksReply) reply = NULL;
  Outcome outcome;

  if (request == NULL)
    return FALSE;
  if (g_str_has_prefix (request->path, "/control/"))
    {
      gboolean ok = serve_control (connection, request);

      bks_recorded_request_free (request);
      return ok;
    }
  reply = record (connection->server, request);
  outcome = play_reply (connection, reply);
  if (outcome == CLIENT_LEFT)
    note_close (connection, request);
  return outcome == PLAYED;
}

static gboolean
begin_tls (Connection *connection)
{
  GIOStream *tls;

  if (connection->server->certificate == NULL)
    return TRUE;
  tls = g_tls_server_connection_new (connection->stream, connection->server->certificate, NULL);
  if (tls == NULL)
    return FALSE;
  g_object_unref (connection->stream);
  connection->stream = tls;
  return g_tls_connection_handshake (G_TLS_CONNECTION (tls), connection->server->cancellable, NULL);
}

static gpointer
run_connection (gpointer data)
{
  Connection *connection = data;
  BksScriptedServer *server = connection->server;
  int yes = 1;

  setsockopt (g_socket_get_fd (connection->socket), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (begin_tls (connection))
    while (serve_request (connection))
      ;
  if (!g_socket_is_closed (connection->socket))
    g_io_stream_close (connection->stream, NULL, NULL);
  g_object_unref (connection->stream);
  g_object_unref (connection->socket_connection);
  g_string_free (connection->input, TRUE);
  g_free (connection);

  g_mutex_lock (&server->lock);
  server->n_threads--;
  g_cond_signal (&server->idle);
  g_mutex_unlock (&server->lock);
  return NULL;
}

static gpointer
run_listener (gpointer data)
{
  BksScriptedServer *self = data;

  while (!g_cancellable_is_cancelled (self->cancellable))
    {
      GSocketConnection *accepted = g_socket_listener_accept (self->listener, NULL, self->cancellable, NULL);
      Connection *connection;

      if (accepted == NULL)
        continue;
      connection = g_new0 (Connection, 1);
      connection->server = self;
      connection->socket_connection = accepted;
      connection->stream = g_object_ref (G_IO_STREAM (accepted));
      connection->socket = g_socket_connection_get_socket (accepted);
      connection->input = g_string_new (NULL);
      g_mutex_lock (&self->lock);
      connection->index = self->n_connections++;
      self->n_threads++;
      g_mutex_unlock (&self->lock);
      g_thread_unref (g_thread_new ("scripted", run_connection, connection));
    }
  return NULL;
}

/**
 * bks_scripted_server_new:
 * @port: the loopback port; 0: any that is free
 * @error: return location
 *
 * Returns: (transfer full): a server that listens on 127.0.0.1, or %NULL
 */
BksScriptedServer *
bks_scripted_server_new (guint16   port,
                         GError  **error)
{
  g_autoptr(BksScriptedServer) self = g_object_new (BKS_TYPE_SCRIPTED_SERVER, NULL);
  g_autoptr(GSocketAddress) wanted = g_inet_socket_address_new_from_string ("127.0.0.1", port);
  g_autoptr(GSocketAddress) address = NULL;

  self->listener = g_socket_listener_new ();
  if (!g_socket_listener_add_address (self->listener, wanted, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                      NULL, &address, error))
    return NULL;
  self->url = g_strdup_printf ("http://127.0.0.1:%u", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
  self->thread = g_thread_new ("scripted-listener", run_listener, self);
  return g_steal_pointer (&self);
}

/**
 * bks_scripted_server_get_url:
 * @self: a server
 *
 * Returns: (transfer none): "http://127.0.0.1:PORT"
 */
const char *
bks_scripted_server_get_url (BksScriptedServer *self)
{
  return self->url;
}

/**
 * bks_scripted_server_set_key:
 * @self: a server
 * @key: (nullable): the only key it accepts; %NULL: any, and none
 */
void
bks_scripted_server_set_key (BksScriptedServer *self,
                             const char        *key)
{
  g_mutex_lock (&self->lock);
  g_set_str (&self->key, key);
  g_mutex_unlock (&self->lock);
}

/**
 * bks_scripted_server_set_delay:
 * @self: a server
 * @delay_ms: between two words of what it writes without a script
 */
void
bks_scripted_server_set_delay (BksScriptedServer *self,
                               guint              delay_ms)
{
  g_mutex_lock (&self->lock);
  self->delay_ms = delay_ms;
  g_mutex_unlock (&self->lock);
}

/**
 * bks_scripted_server_set_certificate:
 * @self: a server that has no connection yet
 * @certificate: speak TLS with it
 */
void
bks_scripted_server_set_certificate (BksScriptedServer *self,
                                     GTlsCertificate   *certificate)
{
  g_autofree char *plain = g_steal_pointer (&self->url);

  g_set_object (&self->certificate, certificate);
  self->url = g_strconcat ("https", strchr (plain, ':'), NULL);
}

/**
 * bks_scripted_server_push:
 * @self: a server
 * @path: (nullable): the path it is for; %NULL: any
 * @reply: (transfer full): what to answer to the next request there that nothing else is pushed for
 */
void
bks_scripted_server_push (BksScriptedServer *self,
                          const char        *path,
                          BksReply          *reply)
{
  g_set_str (&reply->path, path);
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->replies, reply);
  g_mutex_unlock (&self->lock);
}

/**
 * bks_scripted_server_forget:
 * @self: a server
 *
 * Drops the replies that nobody has asked for yet.
 */
void
bks_scripted_server_forget (BksScriptedServer *self)
{
  g_mutex_lock (&self->lock);
  g_queue_clear_full (&self->replies, (GDestroyNotify) bks_reply_free);
  g_mutex_unlock (&self->lock);
}

/**
 * bks_scripted_server_load:
 * @self: a server
 * @script: JSON: {"replies": […]}, each as bks_reply_new_script() reads it,
 *   with "times" (1) for how often it is given
 * @error: return location
 *
 * Returns: %FALSE if @script cannot be read
 */
gboolean
bks_scripted_server_load (BksScriptedServer  *self,
                          const char         *script,
                          GError            **error)
{
  g_autoptr(JsonObject) object = bks_json_parse_object (script, -1, error);
  JsonArray *replies = bks_json_get_array (object, "replies");

  if (object == NULL)
    return FALSE;
  for (guint i = 0; replies != NULL && i < json_array_get_length (replies); i++)
    {
      JsonObject *entry = bks_json_array_object (replies, i);
      gint64 times = 1;

      bks_json_get_int (entry, "times", &times);
      for (gint64 n = 0; n < times; n++)
        {
          BksReply *reply = bks_reply_new_script (entry, error);

          if (reply == NULL)
            return FALSE;
          bks_scripted_server_push (self, bks_json_get_string (entry, "path"), reply);
        }
    }
  return TRUE;
}

/**
 * bks_scripted_server_get_n_requests:
 * @self: a server
 *
 * Returns: how many requests came
 */
guint
bks_scripted_server_get_n_requests (BksScriptedServer *self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->requests->len;
  g_mutex_unlock (&self->lock);
  return n;
}

/**
 * bks_scripted_server_wait_gone:
 * @self: a server
 *
 * Waits, twenty seconds at most, until every connection so far has been closed
 * by this end, or found closed.
 */
void
bks_scripted_server_wait_gone (BksScriptedServer *self)
{
  gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&self->lock);
  while (self->n_threads > 0 && g_cond_wait_until (&self->idle, &self->lock, end))
    ;
  g_assert_cmpuint (self->n_threads, ==, 0);
  g_mutex_unlock (&self->lock);
}

static BksRecordedRequest *
copy_request (const BksRecordedRequest *request)
{
  BksRecordedRequest *copy = g_memdup2 (request, sizeof *request);
  GHashTableIter iter;
  gpointer name, value;

  copy->method = g_strdup (request->method);
  copy->path = g_strdup (request->path);
  copy->body = g_strdup (request->body);
  copy->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_iter_init (&iter, request->headers);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_insert (copy->headers, g_strdup (name), g_strdup (value));
  return copy;
}

/**
 * bks_scripted_server_dup_request:
 * @self: a server
 * @index: which, from 0
 *
 * Returns: (transfer full) (nullable): the request as it was received
 */
BksRecordedRequest *
bks_scripted_server_dup_request (BksScriptedServer *self,
                                 guint              index)
{
  BksRecordedRequest *copy = NULL;

  g_mutex_lock (&self->lock);
  if (index < self->requests->len)
    copy = copy_request (g_ptr_array_index (self->requests, index));
  g_mutex_unlock (&self->lock);
  return copy;
}

/**
 * bks_scripted_server_get_closed_us:
 * @self: a server
 * @index: which request, from 0
 *
 * Returns: monotonic time when the server saw the client close before the
 *   reply's end; 0 if it did not
 */
gint64
bks_scripted_server_get_closed_us (BksScriptedServer *self,
                                   guint              index)
{
  gint64 at = 0;

  g_mutex_lock (&self->lock);
  if (index < self->requests->len)
    at = ((BksRecordedRequest *) g_ptr_array_index (self->requests, index))->closed_us;
  g_mutex_unlock (&self->lock);
  return at;
}

static void
describe_headers (JsonBuilder        *builder,
                  BksRecordedRequest *request)
{
  GHashTableIter iter;
  gpointer name, value;

  json_builder_set_member_name (builder, "headers");
  json_builder_begin_object (builder);
  g_hash_table_iter_init (&iter, request->headers);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      json_builder_set_member_name (builder, name);
      /* Whether it was right, never what it was. */
      if (g_str_equal (name, "authorization") || g_str_equal (name, "x-api-key"))
        json_builder_add_string_value (builder, request->authorized ? "matched" : "did not match");
      else
        json_builder_add_string_value (builder, value);
    }
  json_builder_end_object (builder);
}

static void
describe_request (JsonBuilder        *builder,
                  BksRecordedRequest *request)
{
  JsonNode *body = bks_json_parse (request->body, -1, NULL);
  g_autofree char *valid = g_utf8_make_valid (request->body, -1);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "method");
  json_builder_add_string_value (builder, request->method);
  json_builder_set_member_name (builder, "path");
  json_builder_add_string_value (builder, request->path);
  json_builder_set_member_name (builder, "authorized");
  json_builder_add_boolean_value (builder, request->authorized);
  json_builder_set_member_name (builder, "closed_early");
  json_builder_add_boolean_value (builder, request->closed_us != 0);
  describe_headers (builder, request);
  json_builder_set_member_name (builder, "body");
  if (body != NULL)
    json_builder_add_value (builder, body);
  else
    json_builder_add_string_value (builder, valid);
  json_builder_end_object (builder);
}

/**
 * bks_scripted_server_describe:
 * @self: a server
 *
 * Returns: (transfer full): what was received, as JSON, without keys
 */
char *
bks_scripted_server_describe (BksScriptedServer *self)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "requests");
  json_builder_begin_array (builder);
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->requests->len; i++)
    describe_request (builder, g_ptr_array_index (self->requests, i));
  g_mutex_unlock (&self->lock);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return bks_json_builder_end (builder);
}
