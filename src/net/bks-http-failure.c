/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-net"

#include "config.h"

#include <libsoup/soup.h>

#include "bks-error.h"
#include "bks-http-failure-private.h"

/* What went wrong with a connection, in the one domain. GIO's texts name hosts, never the request. */

static const char *
describe_certificate (GTlsCertificateFlags flags)
{
  if (flags & G_TLS_CERTIFICATE_BAD_IDENTITY)
    return "its certificate belongs to another server";
  if (flags & G_TLS_CERTIFICATE_EXPIRED)
    return "its certificate has expired";
  if (flags & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    return "its certificate is not valid yet; is the clock of this computer right?";
  if (flags & G_TLS_CERTIFICATE_REVOKED)
    return "its certificate was revoked";
  if (flags & G_TLS_CERTIFICATE_UNKNOWN_CA)
    return "nobody this computer trusts has signed its certificate";
  return "its certificate is not valid";
}

static GError *
new_tls_error (const char           *origin,
               const GError         *error,
               GTlsCertificateFlags  flags)
{
  if (flags != 0)
    return g_error_new (BKS_ERROR, BKS_ERROR_TRANSPORT, "There is no secure connection to %s: %s",
                        origin, describe_certificate (flags));
  return g_error_new (BKS_ERROR, BKS_ERROR_TRANSPORT,
                      "There is no secure connection to %s; perhaps the server speaks only http: %s",
                      origin, error->message);
}

static GError *
new_io_error (const char   *origin,
              const GError *error,
              gboolean      answered)
{
  switch (error->code)
    {
    case G_IO_ERROR_CONNECTION_REFUSED:
      return g_error_new (BKS_ERROR, BKS_ERROR_TRANSPORT,
                          "Nothing answers at %s: the server is not running there, or the address is wrong",
                          origin);
    case G_IO_ERROR_NETWORK_UNREACHABLE:
    case G_IO_ERROR_HOST_UNREACHABLE:
      return g_error_new (BKS_ERROR, BKS_ERROR_TRANSPORT, "There is no network connection to %s", origin);
    case G_IO_ERROR_TIMED_OUT:
      return g_error_new (BKS_ERROR, BKS_ERROR_TIMEOUT, "%s could not be reached in time", origin);
    case G_IO_ERROR_PARTIAL_INPUT:
    case G_IO_ERROR_CONNECTION_CLOSED:
      if (!answered)
        return g_error_new (BKS_ERROR, BKS_ERROR_TRANSPORT,
                            "%s closed the connection without an answer", origin);
      return g_error_new (BKS_ERROR, BKS_ERROR_TRANSPORT, "The connection to %s broke off", origin);
    case G_IO_ERROR_INVALID_DATA:
      return g_error_new (BKS_ERROR, BKS_ERROR_MALFORMED,
                          "What %s sent is damaged: %s", origin, error->message);
    default:
      return g_error_new (BKS_ERROR, BKS_ERROR_TRANSPORT, "The connection to %s failed: %s",
                          origin, error->message);
    }
}

/**
 * bks_http_failure_new:
 * @origin: who was asked, "https://host:port"
 * @error: what GIO or libsoup says
 * @flags: what is wrong with the certificate
 * @answered: whether an answer had begun
 *
 * Returns: (transfer full): %BKS_ERROR_TRANSPORT, %BKS_ERROR_TIMEOUT or
 *   %BKS_ERROR_MALFORMED with a plain cause
 */
GError *
bks_http_failure_new (const char           *origin,
                      const GError         *error,
                      GTlsCertificateFlags  flags,
                      gboolean              answered)
{
  if (error->domain == G_RESOLVER_ERROR)
    return g_error_new (BKS_ERROR, BKS_ERROR_TRANSPORT,
                        "The name in %s could not be found: there is no network, or the address is wrong",
                        origin);
  if (error->domain == G_TLS_ERROR)
    return new_tls_error (origin, error, flags);
  if (error->domain == SOUP_SESSION_ERROR)
    return g_error_new (BKS_ERROR, BKS_ERROR_MALFORMED,
                        "What answers at %s does not speak HTTP as expected: %s", origin, error->message);
  if (error->domain == G_IO_ERROR)
    return new_io_error (origin, error, answered);
  return g_error_new (BKS_ERROR, BKS_ERROR_TRANSPORT, "The connection to %s failed: %s",
                      origin, error->message);
}
