/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gio/gunixsocketaddress.h>
#include <stdio.h>
#include <string.h>

#include "raw-client.h"

static RawClient *
connect_to (GSocketAddress *address)
{
  RawClient *self = g_new0 (RawClient, 1);
  g_autoptr(GError) error = NULL;

  self->received = g_string_new (NULL);
  self->socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  /* Loopback answers a connect at once, from the listening queue. */
  g_socket_connect (self->socket, address, NULL, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (self->socket, FALSE);
  return self;
}

/* @uri: "http://ADDRESS:PORT" */
RawClient *
raw_client_new (const char *uri)
{
  g_autoptr(GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, NULL);
  g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string (g_uri_get_host (parsed), (guint) g_uri_get_port (parsed));

  return connect_to (address);
}

RawClient *
raw_client_new_unix (const char *path)
{
  g_autoptr(GSocketAddress) address = g_unix_socket_address_new (path);

  return connect_to (address);
}

void
raw_client_free (RawClient *self)
{
  g_socket_close (self->socket, NULL);
  g_object_unref (self->socket);
  g_string_free (self->received, TRUE);
  g_free (self);
}

/* Returns how many bytes the kernel took, -1 once the connection is gone. */
gssize
raw_client_send (RawClient  *self,
                 const char *bytes,
                 gssize      length)
{
  g_autoptr(GError) error = NULL;
  gssize sent = g_socket_send (self->socket, bytes, length < 0 ? strlen (bytes) : (gsize) length, NULL, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return 0;
  return sent;
}

/* Nothing more will be sent; answers can still come. */
void
raw_client_finish (RawClient *self)
{
  g_socket_shutdown (self->socket, FALSE, TRUE, NULL);
}

static void
read_all (RawClient *self)
{
  char buffer[65536];

  while (!self->ended)
    {
      g_autoptr(GError) error = NULL;
      gssize got = g_socket_receive (self->socket, buffer, sizeof buffer, NULL, &error);

      if (got > 0)
        g_string_append_len (self->received, buffer, got);
      else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        break;
      else
        self->ended = TRUE;
    }
}

static gboolean
wake_cb (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
socket_cb (GSocket      *socket,
           GIOCondition  condition,
           gpointer      data)
{
  return G_SOURCE_CONTINUE;
}

/* Runs the main loop until @done says so or @ms have passed. */
static gboolean
wait_until (RawClient  *self,
            gboolean  (*done) (RawClient *self, gconstpointer data),
            gconstpointer data,
            guint       ms)
{
  gint64 deadline = g_get_monotonic_time () + (gint64) ms * 1000;
  GSource *source = g_socket_create_source (self->socket, G_IO_IN, NULL);
  guint wake = g_timeout_add (5, wake_cb, NULL);
  gboolean result;

  g_source_set_callback (source, G_SOURCE_FUNC (socket_cb), NULL, NULL);
  g_source_attach (source, NULL);
  for (;;)
    {
      read_all (self);
      result = done (self, data);
      if (result || self->ended || g_get_monotonic_time () > deadline)
        break;
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_destroy (source);
  g_source_unref (source);
  g_source_remove (wake);
  return result;
}

static gboolean
has_text (RawClient     *self,
          gconstpointer  text)
{
  return strstr (self->received->str, text) != NULL;
}

static gboolean
has_ended (RawClient     *self,
           gconstpointer  data)
{
  return self->ended;
}

static gboolean
has_answer (RawClient     *self,
            gconstpointer  data)
{
  const char *body = strstr (self->received->str, "\r\n\r\n");
  g_autofree char *length = NULL;

  if (body == NULL)
    return FALSE;
  length = raw_client_get_header (self, "Content-Length");
  return length == NULL || self->received->len - (gsize) (body + 4 - self->received->str) >= g_ascii_strtoull (length, NULL, 10);
}

gboolean
raw_client_wait_for (RawClient  *self,
                     const char *text,
                     guint       ms)
{
  return wait_until (self, has_text, text, ms);
}

gboolean
raw_client_wait_end (RawClient *self,
                     guint      ms)
{
  return wait_until (self, has_ended, NULL, ms);
}

/* A whole answer with a Content-Length, or the head of one without. */
gboolean
raw_client_wait_answer (RawClient *self,
                        guint      ms)
{
  return wait_until (self, has_answer, NULL, ms);
}

/* 0 while there is no answer. */
int
raw_client_get_status (RawClient *self)
{
  int status = 0;

  if (sscanf (self->received->str, "HTTP/1.1 %d", &status) != 1)
    return 0;
  return status;
}

const char *
raw_client_get_body (RawClient *self)
{
  const char *body = strstr (self->received->str, "\r\n\r\n");

  return body != NULL ? body + 4 : "";
}

char *
raw_client_get_header (RawClient  *self,
                       const char *name)
{
  const char *end = strstr (self->received->str, "\r\n\r\n");
  g_autofree char *head = end != NULL ? g_strndup (self->received->str, (gsize) (end - self->received->str)) : g_strdup ("");
  g_auto(GStrv) lines = g_strsplit (head, "\r\n", -1);
  gsize length = strlen (name);

  for (gsize i = 0; lines[i] != NULL; i++)
    if (g_ascii_strncasecmp (lines[i], name, length) == 0 && lines[i][length] == ':')
      return g_strdup (g_strstrip (lines[i] + length + 1));
  return NULL;
}

/* Before the next request on the same connection. */
void
raw_client_forget (RawClient *self)
{
  g_string_truncate (self->received, 0);
}

static gboolean
stop_cb (gpointer data)
{
  gboolean *stop = data;

  *stop = TRUE;
  return G_SOURCE_REMOVE;
}

/* Lets the server run. */
void
raw_run (guint ms)
{
  gboolean stop = FALSE;

  g_timeout_add (ms, stop_cb, &stop);
  while (!stop)
    g_main_context_iteration (NULL, TRUE);
}
