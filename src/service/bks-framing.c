/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include <string.h>

#include "bks-framing-private.h"

/* What a request's head says of its host and its body, where it says it clearly. */

typedef struct
{
  const char *host;
  const char *length;
  const char *encoding;
  guint       hosts;
  guint       lengths;
  guint       encodings;
} Headers;

static void
look_at_header_cb (const char *name,
                   const char *value,
                   gpointer    data)
{
  Headers *headers = data;

  if (g_ascii_strcasecmp (name, "Host") == 0)
    {
      headers->hosts++;
      headers->host = value;
    }
  else if (g_ascii_strcasecmp (name, "Content-Length") == 0)
    {
      headers->lengths++;
      headers->length = value;
    }
  else if (g_ascii_strcasecmp (name, "Transfer-Encoding") == 0)
    {
      headers->encodings++;
      headers->encoding = value;
    }
}

/*
 * Whatever two programs could read in two ways is refused: that is how one
 * request is smuggled inside another (RFC 9112 §11.2).
 */
static gboolean
is_clear (SoupServerMessage *message,
          const Headers     *headers,
          guint64           *length)
{
  *length = 0;
  if (headers->hosts != 1 || headers->lengths > 1 || headers->encodings > 1)
    return FALSE;
  if (headers->lengths > 0 && headers->encodings > 0)
    return FALSE;
  if (headers->encodings > 0)
    return soup_server_message_get_http_version (message) == SOUP_HTTP_1_1 &&
           g_ascii_strcasecmp (headers->encoding, "chunked") == 0;
  return headers->lengths == 0 ||
         g_ascii_string_to_unsigned (headers->length, 10, 0, G_MAXINT64, length, NULL);
}

/**
 * bks_framing_read:
 * @message: a request whose head is there
 * @framing: (out): what it says
 *
 * Returns: whether it names one host and one clear length of its body
 */
gboolean
bks_framing_read (SoupServerMessage *message,
                  BksFraming        *framing)
{
  Headers headers = { 0 };

  soup_message_headers_foreach (soup_server_message_get_request_headers (message), look_at_header_cb, &headers);
  framing->host = headers.host;
  if (!is_clear (message, &headers, &framing->length))
    return FALSE;
  framing->has_body = headers.encodings > 0 || framing->length > 0;
  return TRUE;
}

/**
 * bks_framing_get_authority:
 * @message: a request
 *
 * Returns: (transfer full): host and port of its URI, as Host would write
 *   them; "" where it names a user
 */
char *
bks_framing_get_authority (SoupServerMessage *message)
{
  GUri *uri = soup_server_message_get_uri (message);
  const char *host = g_uri_get_host (uri);
  gboolean literal = strchr (host, ':') != NULL;
  int port = g_uri_get_port (uri);

  if (g_uri_get_userinfo (uri) != NULL)
    return g_strdup ("");
  if (port < 0 || port == 80)
    return g_strdup_printf (literal ? "[%s]" : "%s", host);
  return g_strdup_printf (literal ? "[%s]:%d" : "%s:%d", host, port);
}
