/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include <gio/gnetworking.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "bks-framing-private.h"
#include "bks-guard-private.h"
#include "bks-listener.h"
#include "bks-peers-private.h"
#include "bks-problem-private.h"
#include "bks-socket-private.h"

/* Accepted in one turn of the loop, so that a flood leaves time for the rest. */
#define ACCEPT_BATCH 64

static const char turned_away[] =
  "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/**
 * BksListener:
 *
 * Takes connections and puts limits around SoupServer, which has none
 * (measured, docs/service-api.md): how many there may be, how long they may
 * take, how large a body may be, which hosts are meant.
 *
 * It accepts by itself rather than through #GSocketService, which spins in a
 * busy loop of warnings once descriptors run out.
 */
struct _BksListener
{
  GObject           parent_instance;

  BksLimits        *limits;
  BksListenerFuncs  funcs;
  gpointer          data;

  SoupServer       *server;
  GPtrArray        *acceptors;  /* of Acceptor */
  GHashTable       *guards;     /* set of BksGuard, one a connection, not owned */
  BksPeers         *peers;
  GPtrArray        *names;      /* of char: what Host may say */
  char             *uri;
  char             *control_path;
};

G_DEFINE_FINAL_TYPE (BksListener, bks_listener, G_TYPE_OBJECT)

typedef struct
{
  BksListener *listener; /* not owned */
  GSocket     *socket;
  GSource     *source;   /* of the socket; while accepting rests, of the clock */
  gboolean     control;
} Acceptor;

static void acceptor_start (Acceptor *acceptor);

/* --- Requests: from libsoup's signals to the owner's functions --- */

static gboolean
is_known_name (BksListener *self,
               const char  *name,
               gboolean     control)
{
  if (control && g_ascii_strcasecmp (name, "localhost") == 0)
    return TRUE;
  for (guint i = 0; i < self->names->len; i++)
    if (g_ascii_strcasecmp (g_ptr_array_index (self->names, i), name) == 0)
      return TRUE;
  return FALSE;
}

/*
 * A page from elsewhere can give its own name the address 127.0.0.1 (DNS
 * rebinding), but not change what its browser says in Host. A request line
 * with a whole URI counts above Host, so both are looked at.
 */
static gboolean
check_names (BksListener       *self,
             SoupServerMessage *message,
             const char        *host)
{
  gboolean control = bks_guard_is_control (bks_guard_get (message));
  g_autofree char *authority = bks_framing_get_authority (message);

  return is_known_name (self, host, control) && is_known_name (self, authority, control);
}

static void
refuse (SoupServerMessage *message,
        guint              status,
        const char        *code,
        const char        *detail)
{
  bks_problem_set (message, status, code, detail);
  bks_guard_refuse (bks_guard_get (message), message);
}

static void
refuse_too_large (SoupServerMessage *message)
{
  refuse (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "too_large", "The request is larger than allowed.");
}

static void
got_headers_cb (BksListener       *self,
                SoupServerMessage *message)
{
  BksGuard *guard = bks_guard_get (message);
  BksFraming framing = { 0 };
  gint64 most;

  /* libsoup takes half a header for a whole one when the connection ends. */
  if (bks_guard_has_left (guard))
    {
      bks_guard_close (guard);
      g_object_unref (soup_server_message_steal_connection (message));
      return;
    }
  if (!bks_framing_read (message, &framing))
    {
      refuse (message, SOUP_STATUS_BAD_REQUEST, "bad_framing", "The request needs one Host and one clear length of its body.");
      return;
    }
  if (!check_names (self, message, framing.host))
    {
      refuse (message, SOUP_STATUS_MISDIRECTED_REQUEST, "unknown_host", "The service does not go by this name.");
      return;
    }

  most = self->funcs.headers (message, self->data);
  if (framing.has_body && soup_server_message_get_status (message) != 0)
    bks_guard_refuse (guard, message);
  else if (framing.length > (guint64) most)
    refuse_too_large (message);
  else
    {
      bks_guard_set_body (guard, most);
      bks_guard_set_deadline (guard, framing.has_body ? self->limits->service_body_ms : 0);
    }
}

static void
got_chunk_cb (SoupServerMessage *message,
              GBytes            *chunk)
{
  if (soup_server_message_get_request_body (message)->length > bks_guard_get_body (bks_guard_get (message)))
    refuse_too_large (message);
}

static void
progress_cb (BksListener       *self,
             guint              written,
             SoupServerMessage *message)
{
  bks_guard_set_deadline (bks_guard_get (message), self->limits->service_idle_ms);
}

static void
wrote_headers_cb (BksListener       *self,
                  SoupServerMessage *message)
{
  progress_cb (self, 0, message);
}

static void
set_common_headers (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_append (headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_append (headers, "Cache-Control", "no-store");
  soup_message_headers_append (headers, "Referrer-Policy", "no-referrer");
  soup_message_headers_append (headers, "Cross-Origin-Resource-Policy", "same-origin");
}

static void
request_started_cb (BksListener       *self,
                    SoupServerMessage *message)
{
  /* Emitted before the first byte of a connection's first request, and after
   * that of the others. */
  bks_guard_set_deadline (bks_guard_get (message), self->limits->service_header_ms);
  set_common_headers (message);
  g_signal_connect_object (message, "got-headers", G_CALLBACK (got_headers_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect (message, "got-chunk", G_CALLBACK (got_chunk_cb), NULL);
  g_signal_connect_object (message, "wrote-headers", G_CALLBACK (wrote_headers_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (message, "wrote-body-data", G_CALLBACK (progress_cb), self, G_CONNECT_SWAPPED);
}

static void
request_ended_cb (BksListener       *self,
                  SoupServerMessage *message)
{
  bks_guard_set_deadline (bks_guard_get (message), self->limits->service_idle_ms);
}

static void
handle_cb (SoupServer        *server,
           SoupServerMessage *message,
           const char        *path,
           GHashTable        *query,
           gpointer           data)
{
  BksListener *self = data;

  bks_guard_set_deadline (bks_guard_get (message), 0);
  self->funcs.request (message, self->data);
}

/* --- Connections --- */

static void
connection_gone_cb (BksGuard *guard,
                    gpointer  data)
{
  g_autoptr(BksListener) self = data;

  g_hash_table_remove (self->guards, guard);
  bks_peers_remove (self->peers, bks_guard_get_peer (guard));
}

static char *
get_peer (Acceptor *acceptor,
          GSocket  *socket)
{
  g_autoptr(GSocketAddress) address = NULL;

  if (acceptor->control)
    return g_strdup ("loopback");
  address = g_socket_get_remote_address (socket, NULL);
  if (address == NULL)
    return NULL; /* it has left already */
  return bks_peer_key (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}

static void
hand_over (BksListener *self,
           GSocket     *socket,
           const char  *peer,
           gboolean     control)
{
  g_autoptr(GSocketConnection) connection = g_socket_connection_factory_create_connection (socket);
  g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr(GSocketAddress) local = g_inet_socket_address_new (loopback, 0);
  g_autoptr(GSocketAddress) remote = NULL;
  BksGuard *guard;

  if (!control)
    g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  guard = bks_guard_new (connection, peer, control, self->limits, connection_gone_cb, g_object_ref (self));
  g_hash_table_add (self->guards, guard);
  remote = bks_guard_make_address (guard);
  soup_server_accept_iostream (self->server, G_IO_STREAM (connection), local, remote, NULL);
}

static gboolean
is_own_user (GSocket *socket)
{
  g_autoptr(GCredentials) credentials = g_socket_get_credentials (socket, NULL);

  return credentials != NULL && g_credentials_get_unix_user (credentials, NULL) == getuid ();
}

static void
take_connection (Acceptor *acceptor,
                 GSocket  *socket)
{
  BksListener *self = acceptor->listener;
  g_autofree char *peer = NULL;

  if (acceptor->control && !is_own_user (socket))
    return;
  peer = get_peer (acceptor, socket);
  if (peer == NULL)
    return;
  if (g_hash_table_size (self->guards) >= self->limits->service_connections || !bks_peers_add (self->peers, peer))
    {
      g_debug ("Turned a connection away");
      g_socket_send_with_blocking (socket, turned_away, sizeof turned_away - 1, FALSE, NULL, NULL);
      return;
    }
  hand_over (self, socket, peer, acceptor->control);
}

static gboolean
rested_cb (gpointer data)
{
  Acceptor *acceptor = data;

  g_clear_pointer (&acceptor->source, g_source_unref);
  acceptor_start (acceptor);
  return G_SOURCE_REMOVE;
}

/*
 * Out of descriptors, or of memory in the kernel: what waits in the backlog
 * would wake us for ever. Some will be free in a moment.
 */
static void
acceptor_rest (Acceptor     *acceptor,
               const GError *error)
{
  g_message ("Cannot take a connection now: %s", error->message);
  g_source_destroy (acceptor->source);
  g_source_unref (acceptor->source);
  acceptor->source = g_timeout_source_new (acceptor->listener->limits->service_retry_ms);
  g_source_set_callback (acceptor->source, rested_cb, acceptor, NULL);
  g_source_attach (acceptor->source, NULL);
}

static gboolean
accept_cb (GSocket      *socket,
           GIOCondition  condition,
           gpointer      data)
{
  Acceptor *acceptor = data;

  for (guint i = 0; i < ACCEPT_BATCH; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GSocket) client = g_socket_accept (socket, NULL, &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        break;
      if (client == NULL)
        {
          acceptor_rest (acceptor, error);
          return G_SOURCE_REMOVE;
        }
      take_connection (acceptor, client);
    }
  return G_SOURCE_CONTINUE;
}

static void
acceptor_start (Acceptor *acceptor)
{
  acceptor->source = g_socket_create_source (acceptor->socket, G_IO_IN, NULL);
  g_source_set_callback (acceptor->source, G_SOURCE_FUNC (accept_cb), acceptor, NULL);
  g_source_attach (acceptor->source, NULL);
}

static void
acceptor_free (gpointer data)
{
  Acceptor *acceptor = data;

  g_source_destroy (acceptor->source);
  g_source_unref (acceptor->source);
  g_socket_close (acceptor->socket, NULL);
  g_object_unref (acceptor->socket);
  g_free (acceptor);
}

static void
add_acceptor (BksListener *self,
              GSocket     *socket,
              gboolean     control)
{
  Acceptor *acceptor = g_new0 (Acceptor, 1);

  acceptor->listener = self;
  acceptor->socket = g_object_ref (socket);
  acceptor->control = control;
  g_ptr_array_add (self->acceptors, acceptor);
  acceptor_start (acceptor);
}

/*
 * SoupServer keeps connections alive only while it has a listener of its own
 * (measured), and its own would bypass every limit here. It gets one that
 * nobody can reach.
 */
static gboolean
let_connections_live (BksListener  *self,
                      GError      **error)
{
  g_autoptr(GSocket) socket = bks_socket_open_nameless (error);

  return socket != NULL && soup_server_listen_socket (self->server, socket, 0, error);
}

static void
note_address (BksListener *self,
              GSocket     *socket)
{
  static const char *const hosts[] = { "127.0.0.1", "localhost", "[::1]" };
  g_autoptr(GSocketAddress) address = g_socket_get_local_address (socket, NULL);
  GInetAddress *inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  guint16 port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  g_autofree char *host = g_inet_address_to_string (inet);
  g_autofree char *authority = NULL;

  authority = g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
  self->uri = g_strdup_printf ("http://%s", authority);
  for (gsize i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_ptr_array_add (self->names, g_strdup_printf ("%s:%u", hosts[i], port));
      if (port == 80)
        g_ptr_array_add (self->names, g_strdup (hosts[i]));
    }
  g_ptr_array_add (self->names, g_steal_pointer (&authority));
}

static void
bks_listener_dispose (GObject *object)
{
  bks_listener_stop (BKS_LISTENER (object));
  G_OBJECT_CLASS (bks_listener_parent_class)->dispose (object);
}

static void
bks_listener_finalize (GObject *object)
{
  BksListener *self = BKS_LISTENER (object);

  g_clear_pointer (&self->acceptors, g_ptr_array_unref);
  g_clear_pointer (&self->guards, g_hash_table_unref);
  g_clear_pointer (&self->peers, bks_peers_free);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_clear_pointer (&self->limits, bks_limits_unref);
  G_OBJECT_CLASS (bks_listener_parent_class)->finalize (object);
}

static void
bks_listener_class_init (BksListenerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bks_listener_dispose;
  object_class->finalize = bks_listener_finalize;
}

static void
bks_listener_init (BksListener *self)
{
  self->acceptors = g_ptr_array_new_with_free_func (acceptor_free);
  self->guards = g_hash_table_new (NULL, NULL);
  self->names = g_ptr_array_new_with_free_func (g_free);
}

/**
 * bks_listener_new:
 * @limits: caps and waits
 * @funcs: what to do with requests
 * @data: for @funcs
 *
 * Returns: (transfer full): a listener that does not listen yet
 */
BksListener *
bks_listener_new (BksLimits              *limits,
                  const BksListenerFuncs *funcs,
                  gpointer                data)
{
  BksListener *self;

  g_return_val_if_fail (limits != NULL && funcs != NULL, NULL);

  self = g_object_new (BKS_TYPE_LISTENER, NULL);
  self->limits = bks_limits_ref (limits);
  self->funcs = *funcs;
  self->data = data;
  self->peers = bks_peers_new (limits->service_connections_per_peer);
  return self;
}

static void
make_server (BksListener *self)
{
  /* Raw paths: an escaped slash must not become one before it is routed. */
  self->server = soup_server_new ("raw-paths", TRUE, NULL);
  soup_server_add_handler (self->server, NULL, handle_cb, self, NULL);
  g_signal_connect_object (self->server, "request-started", G_CALLBACK (request_started_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->server, "request-finished", G_CALLBACK (request_ended_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->server, "request-aborted", G_CALLBACK (request_ended_cb), self, G_CONNECT_SWAPPED);
}

/**
 * bks_listener_start:
 * @self: a listener
 * @listen: (nullable): "ADDRESS:PORT", port 0 for any free one; %NULL for
 *   127.0.0.1:3004 or the next free port
 * @control_name: (nullable): name of the socket in the user's runtime folder
 * @error: return location
 *
 * Starts to take connections on the default main loop.
 *
 * Returns: %FALSE with %BKS_ERROR_INVALID_ARGUMENT for an address that is none
 *   or not on loopback, %BKS_ERROR_BUSY where the port is taken,
 *   %BKS_ERROR_ACCESS where the system denies it
 */
gboolean
bks_listener_start (BksListener  *self,
                    const char   *listen,
                    const char   *control_name,
                    GError      **error)
{
  g_autoptr(GSocket) socket = NULL;
  g_autoptr(GSocket) control = NULL;
  g_autoptr(GError) reason = NULL;

  g_return_val_if_fail (BKS_IS_LISTENER (self) && self->server == NULL, FALSE);

  socket = bks_socket_open_tcp (listen, error);
  if (socket == NULL)
    return FALSE;
  make_server (self);
  if (!let_connections_live (self, &reason))
    g_message ("Each connection serves one request only: %s", reason->message);
  note_address (self, socket);
  add_acceptor (self, socket, FALSE);
  control = bks_socket_open_control (control_name, &self->control_path);
  if (control != NULL)
    add_acceptor (self, control, TRUE);
  return TRUE;
}

static void
close_connections (BksListener *self)
{
  g_autoptr(GPtrArray) guards = g_hash_table_get_keys_as_ptr_array (self->guards);

  for (guint i = 0; i < guards->len; i++)
    if (g_hash_table_contains (self->guards, g_ptr_array_index (guards, i)))
      bks_guard_close (g_ptr_array_index (guards, i));
}

/**
 * bks_listener_stop:
 * @self: a listener
 *
 * Stops listening and cuts every connection. Requests that are paused stay
 * their owner's to end; nothing reaches their clients any more.
 */
void
bks_listener_stop (BksListener *self)
{
  g_return_if_fail (BKS_IS_LISTENER (self));

  if (self->server == NULL)
    return;
  g_ptr_array_set_size (self->acceptors, 0);
  if (self->control_path != NULL)
    g_unlink (self->control_path);
  g_clear_pointer (&self->control_path, g_free);
  close_connections (self);
  soup_server_disconnect (self->server);
  g_clear_object (&self->server);
  g_clear_pointer (&self->uri, g_free);
  g_ptr_array_set_size (self->names, 0);
}

/**
 * bks_listener_get_uri:
 * @self: a listener
 *
 * Returns: (transfer none) (nullable): where it listens, "http://127.0.0.1:3004"
 */
const char *
bks_listener_get_uri (BksListener *self)
{
  g_return_val_if_fail (BKS_IS_LISTENER (self), NULL);

  return self->uri;
}

/**
 * bks_listener_get_control_path:
 * @self: a listener
 *
 * Returns: (transfer none) (nullable): the control socket, where there is one
 */
const char *
bks_listener_get_control_path (BksListener *self)
{
  g_return_val_if_fail (BKS_IS_LISTENER (self), NULL);

  return self->control_path;
}

/**
 * bks_listener_get_connections:
 * @self: a listener
 *
 * Returns: how many connections there are
 */
guint
bks_listener_get_connections (BksListener *self)
{
  g_return_val_if_fail (BKS_IS_LISTENER (self), 0);

  return g_hash_table_size (self->guards);
}
