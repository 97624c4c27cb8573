/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include <errno.h>
#include <sys/socket.h>

#include "bks-guard-private.h"

struct _BksGuard
{
  GSocketConnection *connection;
  char              *peer;
  BksLimits         *limits;
  GSource           *deadline;
  GSource           *watch;
  GSource           *lingering;
  BksGuardFunc       gone;
  gpointer           gone_data;
  BksGuardFunc       left;
  gpointer           left_data;
  gint64             body_bytes;
  gboolean           control;
  gboolean           closed;
};

static G_DEFINE_QUARK (bks-guard, bks_guard)

static GSocket *
get_socket (BksGuard *self)
{
  return g_socket_connection_get_socket (self->connection);
}

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
bks_guard_clear (gpointer data)
{
  BksGuard *self = data;

  clear_source (&self->deadline);
  clear_source (&self->watch);
  clear_source (&self->lingering);
  self->gone (self, self->gone_data);
  g_io_stream_close (G_IO_STREAM (self->connection), NULL, NULL);
  g_clear_object (&self->connection);
  g_clear_pointer (&self->limits, bks_limits_unref);
  g_clear_pointer (&self->peer, g_free);
}

static void
guard_unref (BksGuard *self)
{
  g_rc_box_release_full (self, bks_guard_clear);
}

static void
stop_lingering (BksGuard *self)
{
  if (self->lingering == NULL)
    return;
  clear_source (&self->lingering);
  guard_unref (self);
}

static gboolean
deadline_cb (gpointer data)
{
  BksGuard *self = data;

  bks_guard_set_deadline (self, 0);
  bks_guard_close (self);
  return G_SOURCE_CONTINUE;
}

/* A source whose ready time is moved is cheaper than one a deadline. */
static gboolean
dispatch_cb (GSource     *source,
             GSourceFunc  callback,
             gpointer     data)
{
  return callback (data);
}

static GSourceFuncs deadline_funcs = { .dispatch = dispatch_cb };

/*
 * bks_guard_new:
 * @peer: bks_peer_key() of the other side
 * @control: the connection came over the control socket
 * @gone: called once, when the connection has ended
 */
BksGuard *
bks_guard_new (GSocketConnection *connection,
               const char        *peer,
               gboolean           control,
               BksLimits         *limits,
               BksGuardFunc       gone,
               gpointer           data)
{
  BksGuard *self = g_rc_box_new0 (BksGuard);

  self->connection = g_object_ref (connection);
  self->peer = g_strdup (peer);
  self->control = control;
  self->limits = bks_limits_ref (limits);
  self->gone = gone;
  self->gone_data = data;
  self->deadline = g_source_new (&deadline_funcs, sizeof (GSource));
  g_source_set_static_name (self->deadline, "bks-guard deadline");
  g_source_set_callback (self->deadline, deadline_cb, self, NULL);
  g_source_attach (self->deadline, NULL);
  return self;
}

/*
 * bks_guard_make_address:
 * @self: (transfer full): the guard
 *
 * Returns: (transfer full): a remote address for soup_server_accept_iostream()
 *   that carries @self. Not the socket's own: that one the socket keeps, and
 *   the guard the socket. An internet one even for the control socket:
 *   libsoup takes it for one when a request has no Host.
 */
GSocketAddress *
bks_guard_make_address (BksGuard *self)
{
  g_autoptr(GInetAddress) address = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  GSocketAddress *result = g_inet_socket_address_new (address, 0);

  g_object_set_qdata_full (G_OBJECT (result), bks_guard_quark (), self, (GDestroyNotify) guard_unref);
  return result;
}

/*
 * bks_guard_get:
 *
 * Returns: (transfer none): the guard of the message's connection; lives as long as the message
 */
BksGuard *
bks_guard_get (SoupServerMessage *message)
{
  return g_object_get_qdata (G_OBJECT (soup_server_message_get_remote_address (message)), bks_guard_quark ());
}

const char *
bks_guard_get_peer (BksGuard *self)
{
  return self->peer;
}

gboolean
bks_guard_is_control (BksGuard *self)
{
  return self->control;
}

/* The socket's end is near; what else it may hold is not looked at. */
static gboolean
peek (BksGuard *self,
      gboolean *more)
{
  char byte;
  ssize_t got = recv (g_socket_get_fd (get_socket (self)), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

  *more = got > 0;
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/*
 * bks_guard_has_left:
 *
 * Returns: whether the client has closed its side, or was cut off
 */
gboolean
bks_guard_has_left (BksGuard *self)
{
  gboolean more;

  return self->closed || g_socket_is_closed (get_socket (self)) || peek (self, &more);
}

/*
 * bks_guard_set_deadline:
 * @ms: after how many milliseconds the connection is cut, 0 for never
 */
void
bks_guard_set_deadline (BksGuard *self,
                        guint     ms)
{
  g_source_set_ready_time (self->deadline, ms == 0 ? -1 : g_get_monotonic_time () + (gint64) ms * 1000);
}

void
bks_guard_set_body (BksGuard *self,
                    gint64    most_bytes)
{
  self->body_bytes = most_bytes;
}

gint64
bks_guard_get_body (BksGuard *self)
{
  return self->body_bytes;
}

static gboolean
watch_cb (GSocket      *socket,
          GIOCondition  condition,
          gpointer      data)
{
  BksGuard *self = data;
  gboolean more;

  if (peek (self, &more))
    {
      g_clear_pointer (&self->watch, g_source_unref);
      self->left (self, self->left_data);
      return G_SOURCE_REMOVE;
    }
  if (!more)
    return G_SOURCE_CONTINUE;
  /* The next request waits in front of whatever comes; only a reset shows now. */
  g_clear_pointer (&self->watch, g_source_unref);
  self->watch = g_socket_create_source (socket, G_IO_HUP | G_IO_ERR, NULL);
  g_source_set_callback (self->watch, G_SOURCE_FUNC (watch_cb), self, NULL);
  g_source_attach (self->watch, NULL);
  return G_SOURCE_REMOVE;
}

/*
 * bks_guard_watch:
 * @left: called at most once, when the client leaves
 *
 * A paused message does not notice its client leaving (measured), so the
 * socket is watched beside it.
 */
void
bks_guard_watch (BksGuard     *self,
                 BksGuardFunc  left,
                 gpointer      data)
{
  bks_guard_unwatch (self);
  self->left = left;
  self->left_data = data;
  self->watch = g_socket_create_source (get_socket (self), G_IO_IN | G_IO_HUP | G_IO_ERR, NULL);
  g_source_set_callback (self->watch, G_SOURCE_FUNC (watch_cb), self, NULL);
  g_source_attach (self->watch, NULL);
}

void
bks_guard_unwatch (BksGuard *self)
{
  clear_source (&self->watch);
}

static void
append_header_cb (const char *name,
                  const char *value,
                  gpointer    data)
{
  g_string_append_printf (data, "%s: %s\r\n", name, value);
}

static GString *
serialize (SoupServerMessage *message)
{
  SoupMessageBody *body = soup_server_message_get_response_body (message);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  g_autoptr(GBytes) content = soup_message_body_flatten (body);
  GString *text = g_string_new (NULL);

  soup_message_headers_remove (headers, "Content-Length");
  g_string_append_printf (text, "HTTP/1.1 %u %s\r\n", soup_server_message_get_status (message),
                          soup_server_message_get_reason_phrase (message));
  soup_message_headers_foreach (headers, append_header_cb, text);
  g_string_append_printf (text, "Content-Length: %" G_GSIZE_FORMAT "\r\nConnection: close\r\n\r\n",
                          g_bytes_get_size (content));
  g_string_append_len (text, g_bytes_get_data (content, NULL), (gssize) g_bytes_get_size (content));
  return text;
}

static gboolean
linger_cb (GSocket      *socket,
           GIOCondition  condition,
           gpointer      data)
{
  BksGuard *self = data;
  char buffer[16384];
  gssize got = g_socket_receive_with_blocking (socket, buffer, sizeof buffer, FALSE, NULL, NULL);

  if (got > 0)
    return G_SOURCE_CONTINUE;
  stop_lingering (self);
  return G_SOURCE_REMOVE;
}

/*
 * Closing while the client still sends would reset the connection and take the
 * answer with it, so what comes is read away for a moment.
 */
static void
linger (BksGuard *self)
{
  g_socket_shutdown (get_socket (self), FALSE, TRUE, NULL);
  self->lingering = g_socket_create_source (get_socket (self), G_IO_IN | G_IO_HUP | G_IO_ERR, NULL);
  g_source_set_callback (self->lingering, G_SOURCE_FUNC (linger_cb), self, NULL);
  g_source_attach (self->lingering, NULL);
  g_rc_box_acquire (self);
  bks_guard_set_deadline (self, self->limits->service_linger_ms);
}

/*
 * bks_guard_refuse:
 * @message: with the answer already set
 *
 * Sends the answer now and ends the connection, whatever of the request is
 * still to come: SoupServer would read the whole body into memory first.
 */
void
bks_guard_refuse (BksGuard          *self,
                  SoupServerMessage *message)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (self->connection));
  g_autoptr(GIOStream) stolen = NULL;
  g_autoptr(GString) text = NULL;

  bks_guard_unwatch (self);
  stolen = soup_server_message_steal_connection (message);
  if (self->closed)
    return;
  text = serialize (message);
  /* An answer of a few hundred bytes fits into any socket's empty buffer. */
  g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (output), text->str, text->len, NULL, NULL);
  linger (self);
}

/*
 * bks_guard_close:
 *
 * Cuts the connection. Only shut down: SoupServer's sources still hold the
 * descriptor, wake up by this and close it.
 */
void
bks_guard_close (BksGuard *self)
{
  self->closed = TRUE;
  if (self->lingering != NULL)
    stop_lingering (self);
  else
    g_socket_shutdown (get_socket (self), TRUE, TRUE, NULL);
}
