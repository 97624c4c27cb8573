/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include <errno.h>
#include <gio/gnetworking.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "bks-error.h"

#include "bks-listener.h"
#include "bks-socket-private.h"

/* The sockets that the service listens on. */

#define PORTS_TO_TRY 100

static GSocket *
open_socket (GSocketAddress  *address,
             GError         **error)
{
  g_autoptr(GSocket) socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                                            G_SOCKET_PROTOCOL_DEFAULT, error);

  if (socket == NULL)
    return NULL;
  /* The mode that bind() gives the file, so that it never has another. */
  if (G_IS_UNIX_SOCKET_ADDRESS (address))
    fchmod (g_socket_get_fd (socket), 0600);
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, SOMAXCONN);
  if (!g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error))
    return NULL;
  return g_steal_pointer (&socket);
}

static GInetAddress *
parse_address (const char  *listen,
               guint16     *port,
               GError     **error)
{
  g_autoptr(GNetworkAddress) parsed = NULL;
  g_autoptr(GInetAddress) address = NULL;
  const char *host;

  parsed = G_NETWORK_ADDRESS (g_network_address_parse (listen, BKS_LISTENER_PORT, NULL));
  if (parsed != NULL)
    {
      host = g_network_address_get_hostname (parsed);
      *port = g_network_address_get_port (parsed);
      address = g_inet_address_new_from_string (g_ascii_strcasecmp (host, "localhost") == 0 ? "127.0.0.1" : host);
    }
  if (address == NULL)
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
                   "“%s” is not ADDRESS:PORT with a numeric address, such as 127.0.0.1:3004", listen);
      return NULL;
    }
  if (!g_inet_address_get_is_loopback (address))
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
                   "%s is reachable from other machines, and passwords and text would cross the network "
                   "unencrypted: only loopback addresses can be listened on without TLS", listen);
      return NULL;
    }
  return g_steal_pointer (&address);
}

static void
set_bind_error (GError       **error,
                const GError  *reason,
                const char    *what)
{
  BksError code = BKS_ERROR_IO;

  if (g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    code = BKS_ERROR_BUSY;
  else if (g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    code = BKS_ERROR_ACCESS;
  g_set_error (error, BKS_ERROR, code, "Cannot listen on %s: %s", what, reason->message);
}

/**
 * bks_socket_open_tcp:
 * @listen: (nullable): ADDRESS or ADDRESS:PORT, a loopback address in numbers;
 *   %NULL: the first free port from 3004 on of 127.0.0.1
 * @error: return location
 *
 * Returns: (transfer full): a listening socket, %NULL with
 *   %BKS_ERROR_INVALID_ARGUMENT, %BKS_ERROR_BUSY, %BKS_ERROR_ACCESS or %BKS_ERROR_IO
 */
GSocket *
bks_socket_open_tcp (const char  *listen,
                     GError     **error)
{
  g_autoptr(GError) reason = NULL;
  g_autoptr(GInetAddress) address = NULL;
  guint16 port = BKS_LISTENER_PORT;
  guint tries = listen == NULL ? PORTS_TO_TRY : 1;

  address = parse_address (listen != NULL ? listen : "127.0.0.1", &port, error);
  if (address == NULL)
    return NULL;
  for (guint i = 0; i < tries; i++)
    {
      g_autoptr(GSocketAddress) bound = g_inet_socket_address_new (address, (guint16) (port + i));
      GSocket *socket;

      g_clear_error (&reason);
      socket = open_socket (bound, &reason);
      if (socket != NULL)
        return socket;
      if (!g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
        break;
    }
  set_bind_error (error, reason, listen != NULL ? listen : "ports 3004 to 3103 of 127.0.0.1");
  return NULL;
}

/* After kill -9 the file is still there, but nobody answers behind it. */
static gboolean
is_answered (GSocketAddress *address)
{
  g_autoptr(GSocket) probe = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  if (probe == NULL)
    return TRUE;
  g_socket_set_blocking (probe, FALSE);
  return g_socket_connect (probe, address, NULL, NULL);
}

static char *
get_control_path (const char *name)
{
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *folder = NULL;
  g_autofree char *file = NULL;

  if (name == NULL || runtime == NULL || !g_path_is_absolute (runtime))
    return NULL;
  folder = g_build_filename (runtime, "book-studio", NULL);
  if (g_mkdir (folder, 0700) != 0 && errno != EEXIST)
    return NULL;
  file = g_strconcat (name, ".sock", NULL);
  return g_build_filename (folder, file, NULL);
}

/**
 * bks_socket_open_control:
 * @name: (nullable): what it is called; %NULL: there shall be none
 * @control_path: (out): where it is
 *
 * The control socket is a convenience of this machine: without a runtime
 * folder there is none, and another process of the same library keeps its own.
 *
 * Returns: (transfer full) (nullable): it, listening
 */
GSocket *
bks_socket_open_control (const char  *name,
                         char       **control_path)
{
  g_autofree char *path = get_control_path (name);
  g_autoptr(GSocketAddress) address = NULL;
  GSocket *socket;
  g_autoptr(GError) error = NULL;

  if (path == NULL)
    return NULL;
  address = g_unix_socket_address_new (path);
  if (g_file_test (path, G_FILE_TEST_EXISTS))
    {
      if (is_answered (address))
        return NULL;
      g_unlink (path);
    }
  socket = open_socket (address, &error);
  if (socket == NULL)
    {
      g_message ("No control socket: %s", error->message);
      return NULL;
    }
  *control_path = g_steal_pointer (&path);
  return socket;
}

/**
 * bks_socket_open_nameless:
 * @error: return location
 *
 * Returns: (transfer full): a listening Unix socket that nobody can reach, for
 *   its name is gone before anything runs
 */
GSocket *
bks_socket_open_nameless (GError **error)
{
  g_autofree char *folder = g_dir_make_tmp ("book-studio-XXXXXX", error);
  g_autofree char *path = NULL;
  g_autoptr(GSocketAddress) address = NULL;
  GSocket *socket;

  if (folder == NULL)
    return NULL;
  path = g_build_filename (folder, "s", NULL);
  address = g_unix_socket_address_new (path);
  socket = open_socket (address, error);
  g_unlink (path);
  g_rmdir (folder);
  return socket;
}
