/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-net"

#include "config.h"

#include <gio/gio.h>
#include <string.h>

#include "bks-error.h"
#include "bks-url.h"

#define MAX_LENGTH 2048

/* What people paste from a provider's page: the address of one call. */
static const char *const endpoints[] = {
  "/chat/completions", "/completions", "/responses", "/embeddings", "/models", "/messages", "/key",
  "/api/chat", "/api/generate", "/api/tags", "/api/version", "/api/show", "/api/ps", NULL
};

static GUri *
parse (const char  *text,
       GError     **error)
{
  g_autoptr(GError) local = NULL;
  GUri *uri = g_uri_parse (text, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED, &local);

  /* GUri's message repeats the address, and that may hold a password. */
  if (uri == NULL)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "This is not a web address");
  return uri;
}

static int
get_port (GUri *uri)
{
  if (g_uri_get_port (uri) > 0)
    return g_uri_get_port (uri);
  return g_str_equal (g_uri_get_scheme (uri), "https") ? 443 : 80;
}

/* The name as it is resolved: ASCII, lower case; IPv6 without brackets. */
static char *
get_host (GUri *uri)
{
  g_autofree char *host = g_uri_unescape_string (g_uri_get_host (uri), NULL);
  g_autofree char *ascii = host != NULL ? g_hostname_to_ascii (host) : NULL;

  return ascii != NULL ? g_ascii_strdown (ascii, -1) : NULL;
}

static gboolean
host_is_loopback (const char *host)
{
  g_autoptr(GInetAddress) address = g_inet_address_new_from_string (host);

  if (address != NULL)
    {
      const guint8 *bytes = g_inet_address_to_bytes (address);
      static const guint8 mapped[13] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127 };

      return g_inet_address_get_is_loopback (address) ||
             (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 &&
              memcmp (bytes, mapped, sizeof mapped) == 0);
    }
  return g_str_equal (host, "localhost") || g_str_has_suffix (host, ".localhost");
}

/* Whether somebody who leaves the scheme out can only mean a server nearby. */
static gboolean
host_is_near (const char *host)
{
  g_autoptr(GInetAddress) address = g_inet_address_new_from_string (host);

  if (address != NULL)
    return g_inet_address_get_is_loopback (address) || g_inet_address_get_is_site_local (address) ||
           g_inet_address_get_is_link_local (address);
  return strchr (host, '.') == NULL || g_str_has_suffix (host, ".local") ||
         g_str_has_suffix (host, ".localhost") || g_str_has_suffix (host, ".lan");
}

static gboolean
check_text (const char  *text,
            GError     **error)
{
  if (*text == '\0')
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "The address is empty");
  else if (strlen (text) > MAX_LENGTH)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "The address is too long");
  else if (!g_utf8_validate (text, -1, NULL))
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "The address is not text");
  else
    {
      for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
        if (g_unichar_isspace (g_utf8_get_char (p)) || g_unichar_iscntrl (g_utf8_get_char (p)))
          {
            g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
                                 "The address holds a space; an address has none");
            return FALSE;
          }
      return TRUE;
    }
  return FALSE;
}

static gboolean
check_parts (GUri    *uri,
             GError **error)
{
  const char *scheme = g_uri_get_scheme (uri);
  g_autofree char *host = g_uri_get_host (uri) != NULL ? get_host (uri) : NULL;

  if (!g_str_equal (scheme, "http") && !g_str_equal (scheme, "https"))
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
                         "The address must begin with https:// or http://");
  else if (host == NULL || *host == '\0')
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "The address names no server");
  else if (g_uri_get_userinfo (uri) != NULL)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
                         "The address holds a user name or password; the key has its own field");
  else if (g_uri_get_query (uri) != NULL || g_uri_get_fragment (uri) != NULL)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
                         "The address holds a “?” or “#” part; give the address of the server alone");
  else if (g_uri_get_port (uri) == 0)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "The address has the port 0");
  else
    return TRUE;
  return FALSE;
}

static gboolean
has_suffix_ignoring_case (const char *text,
                          const char *suffix)
{
  gsize length = strlen (text), suffix_length = strlen (suffix);

  return length >= suffix_length && g_ascii_strcasecmp (text + length - suffix_length, suffix) == 0;
}

static gboolean
strip_suffix (char       *path,
              const char *suffix)
{
  if (!has_suffix_ignoring_case (path, suffix))
    return FALSE;
  path[strlen (path) - strlen (suffix)] = '\0';
  return TRUE;
}

static char *
collapse_slashes (const char *path)
{
  GString *result = g_string_new (NULL);

  for (const char *p = path; *p != '\0'; p++)
    if (*p != '/' || result->len == 0 || result->str[result->len - 1] != '/')
      g_string_append_c (result, *p);
  if (result->len > 0 && result->str[result->len - 1] == '/')
    g_string_truncate (result, result->len - 1);
  return g_string_free (result, FALSE);
}

/* The path of the API's root: no endpoint, no doubled version, no end slash. */
static char *
normalize_path (const char *path,
                const char *api_path)
{
  char *result = collapse_slashes (path);

  for (gsize i = 0; endpoints[i] != NULL; i++)
    if (strip_suffix (result, endpoints[i]))
      break;

  if (*api_path == '\0')
    {
      /* A protocol rooted at the server: what is left of another one's version goes. */
      while (strip_suffix (result, "/v1") || strip_suffix (result, "/api"))
        ;
      return result;
    }
  while (has_suffix_ignoring_case (result, "/v1/v1"))
    strip_suffix (result, "/v1");
  if (*result == '\0')
    {
      g_free (result);
      return g_strdup (api_path);
    }
  return result;
}

static char *
join (const char *scheme,
      const char *host,
      int         port,
      const char *path)
{
  gboolean standard = port == (g_str_equal (scheme, "https") ? 443 : 80);
  gboolean ipv6 = strchr (host, ':') != NULL;
  g_autofree char *suffix = standard ? g_strdup ("") : g_strdup_printf (":%d", port);

  return g_strdup_printf ("%s://%s%s%s%s%s", scheme, ipv6 ? "[" : "", host, ipv6 ? "]" : "", suffix, path);
}

/**
 * bks_url_normalize_base:
 * @text: an address as a person typed or pasted it
 * @api_path: what stands before every call of the protocol, "/v1", or "" for none
 * @error: return location
 *
 * Understands the ways in which people write the address of an API: the
 * address of one call (".../v1/chat/completions"), without or with a doubled
 * version, with an end slash, with spaces around it, without a scheme. To be
 * shown to the person as what was understood.
 *
 * Returns: (transfer full): an address that paths of the API can be appended
 *   to, or %NULL with %BKS_ERROR_INVALID_ARGUMENT
 */
char *
bks_url_normalize_base (const char  *text,
                        const char  *api_path,
                        GError     **error)
{
  g_autofree char *trimmed = NULL;
  g_autofree char *full = NULL;
  g_autofree char *host = NULL;
  g_autofree char *path = NULL;
  g_autoptr(GUri) uri = NULL;
  const char *scheme;
  gboolean guess;

  g_return_val_if_fail (text != NULL && api_path != NULL, NULL);

  trimmed = g_strstrip (g_strdup (text));
  if (!check_text (trimmed, error))
    return NULL;

  guess = strstr (trimmed, "://") == NULL;
  full = guess ? g_strconcat ("https://", trimmed, NULL) : g_strdup (trimmed);
  uri = parse (full, error);
  if (uri == NULL || !check_parts (uri, error))
    return NULL;

  host = get_host (uri);
  path = normalize_path (g_uri_get_path (uri), api_path);
  scheme = guess && host_is_near (host) ? "http" : g_uri_get_scheme (uri);
  return join (scheme, host, g_uri_get_port (uri) > 0 ? g_uri_get_port (uri)
                                                      : g_str_equal (scheme, "https") ? 443 : 80, path);
}

/**
 * bks_url_get_origin:
 * @url: an http or https address
 *
 * Returns: (transfer full) (nullable): "scheme://host:port", the port always
 *   written, so that equal origins are equal texts; %NULL if @url is none
 */
char *
bks_url_get_origin (const char *url)
{
  g_autoptr(GUri) uri = NULL;
  g_autofree char *host = NULL;
  gboolean ipv6;

  g_return_val_if_fail (url != NULL, NULL);

  uri = parse (url, NULL);
  if (uri == NULL || g_uri_get_host (uri) == NULL ||
      (!g_str_equal (g_uri_get_scheme (uri), "http") && !g_str_equal (g_uri_get_scheme (uri), "https")))
    return NULL;
  host = get_host (uri);
  if (host == NULL || *host == '\0')
    return NULL;
  ipv6 = strchr (host, ':') != NULL;
  return g_strdup_printf ("%s://%s%s%s:%d", g_uri_get_scheme (uri),
                          ipv6 ? "[" : "", host, ipv6 ? "]" : "", get_port (uri));
}

/**
 * bks_url_is_loopback:
 * @url: an http or https address
 *
 * Returns: whether it can only lead to this machine: "localhost", 127.0.0.0/8
 *   or ::1. A name that merely resolves there does not count.
 */
gboolean
bks_url_is_loopback (const char *url)
{
  g_autoptr(GUri) uri = NULL;
  g_autofree char *host = NULL;

  g_return_val_if_fail (url != NULL, FALSE);

  uri = parse (url, NULL);
  if (uri == NULL || g_uri_get_host (uri) == NULL)
    return FALSE;
  host = get_host (uri);
  return host != NULL && host_is_loopback (host);
}

/**
 * bks_url_check_credential:
 * @url: where a key would be sent
 * @error: return location
 *
 * Returns: %FALSE with %BKS_ERROR_INVALID_ARGUMENT if anybody on the way could read the key
 */
gboolean
bks_url_check_credential (const char  *url,
                          GError     **error)
{
  g_return_val_if_fail (url != NULL, FALSE);

  if (g_ascii_strncasecmp (url, "https://", 8) == 0 || bks_url_is_loopback (url))
    return TRUE;
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
                       "A key may not travel unencrypted: the address must begin with https://, "
                       "or lead to this computer");
  return FALSE;
}
