/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-core"

#include "config.h"

#include <errno.h>
#include <gio/gio.h>
#include <libdex.h>

#include "bks-error.h"

typedef BksErrorFacts BksErrorPrivate;

static void
bks_error_private_init (BksErrorPrivate *priv)
{
  priv->retry_after_ms = -1;
}

static void
bks_error_private_copy (const BksErrorPrivate *src,
                        BksErrorPrivate       *dest)
{
  dest->http_status = src->http_status;
  dest->retry_after_ms = src->retry_after_ms;
  dest->provider = g_strdup (src->provider);
  dest->request_id = g_strdup (src->request_id);
  dest->allowance = src->allowance != NULL ? bks_allowance_ref (src->allowance) : NULL;
}

static void
bks_error_private_clear (BksErrorPrivate *priv)
{
  g_clear_pointer (&priv->provider, g_free);
  g_clear_pointer (&priv->request_id, g_free);
  g_clear_pointer (&priv->allowance, bks_allowance_unref);
}

G_DEFINE_EXTENDED_ERROR (BksError, bks_error)

/**
 * bks_error_get_facts:
 * @error: an error
 *
 * Returns: (transfer none) (nullable): what the error carries besides its
 *   class, to read or to fill in; %NULL for an error of another domain
 */
BksErrorFacts *
bks_error_get_facts (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain != BKS_ERROR)
    return NULL;
  return bks_error_get_private (error);
}

/**
 * bks_error_get_class_name:
 * @error: an error
 *
 * Returns: (transfer none): the class as the command line and the service
 *   print it, for example "RATE"; "FAILED" for what has no class
 */
const char *
bks_error_get_class_name (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);

  if (bks_error_is_cancelled (error))
    return "CANCELLED";
  if (error->domain != BKS_ERROR)
    return "FAILED";

  switch ((BksError) error->code)
    {
    case BKS_ERROR_FAILED: return "FAILED";
    case BKS_ERROR_INVALID_ARGUMENT: return "INVALID_ARGUMENT";
    case BKS_ERROR_INVALID_INPUT: return "INVALID_INPUT";
    case BKS_ERROR_TOO_LARGE: return "TOO_LARGE";
    case BKS_ERROR_NOT_FOUND: return "NOT_FOUND";
    case BKS_ERROR_EXISTS: return "EXISTS";
    case BKS_ERROR_AMBIGUOUS: return "AMBIGUOUS";
    case BKS_ERROR_BUSY: return "BUSY";
    case BKS_ERROR_CONFLICT: return "CONFLICT";
    case BKS_ERROR_READ_ONLY: return "READ_ONLY";
    case BKS_ERROR_DISK_FULL: return "DISK_FULL";
    case BKS_ERROR_IO: return "IO";
    case BKS_ERROR_ACCESS: return "ACCESS";
    case BKS_ERROR_CORRUPT: return "CORRUPT";
    case BKS_ERROR_NEWER_SCHEMA: return "NEWER_SCHEMA";
    case BKS_ERROR_KEYRING_LOCKED: return "KEYRING_LOCKED";
    case BKS_ERROR_KEYRING_ABSENT: return "KEYRING_ABSENT";
    case BKS_ERROR_NO_KEY: return "NO_KEY";
    case BKS_ERROR_UNAUTHORIZED: return "UNAUTHORIZED";
    case BKS_ERROR_FORBIDDEN: return "FORBIDDEN";
    case BKS_ERROR_TOO_MANY_REQUESTS: return "TOO_MANY_REQUESTS";
    case BKS_ERROR_UNSUPPORTED: return "UNSUPPORTED";
    case BKS_ERROR_AUTH: return "AUTH";
    case BKS_ERROR_PERMISSION: return "PERMISSION";
    case BKS_ERROR_BILLING: return "BILLING";
    case BKS_ERROR_RATE: return "RATE";
    case BKS_ERROR_OVERLOAD: return "OVERLOAD";
    case BKS_ERROR_SERVER: return "SERVER";
    case BKS_ERROR_TRANSPORT: return "TRANSPORT";
    case BKS_ERROR_TIMEOUT: return "TIMEOUT";
    case BKS_ERROR_CONTEXT: return "CONTEXT";
    case BKS_ERROR_MODEL: return "MODEL";
    case BKS_ERROR_CONTENT: return "CONTENT";
    case BKS_ERROR_REQUEST: return "REQUEST";
    case BKS_ERROR_MALFORMED: return "MALFORMED";
    case BKS_ERROR_TRUNCATED: return "TRUNCATED";
    case BKS_ERROR_CANCELLED: return "CANCELLED";
    case BKS_ERROR_OVER_BUDGET: return "OVER_BUDGET";
    case BKS_ERROR_TIER: return "TIER";
    default: return "FAILED";
    }
}

/**
 * bks_error_is_cancelled:
 * @error: (nullable): an error
 *
 * Returns: whether a person or a caller stopped the work, whichever library says so
 */
gboolean
bks_error_is_cancelled (const GError *error)
{
  return error != NULL &&
         (g_error_matches (error, BKS_ERROR, BKS_ERROR_CANCELLED) ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
          g_error_matches (error, DEX_ERROR, DEX_ERROR_FIBER_CANCELLED));
}

static BksError
code_from_io_error (int io_code)
{
  switch (io_code)
    {
    case G_IO_ERROR_NOT_FOUND: return BKS_ERROR_NOT_FOUND;
    case G_IO_ERROR_EXISTS: return BKS_ERROR_EXISTS;
    case G_IO_ERROR_NO_SPACE: return BKS_ERROR_DISK_FULL;
    case G_IO_ERROR_PERMISSION_DENIED: return BKS_ERROR_ACCESS;
    case G_IO_ERROR_READ_ONLY: return BKS_ERROR_READ_ONLY;
    case G_IO_ERROR_CANCELLED: return BKS_ERROR_CANCELLED;
    case G_IO_ERROR_IS_DIRECTORY:
    case G_IO_ERROR_INVALID_DATA:
    case G_IO_ERROR_NOT_REGULAR_FILE: return BKS_ERROR_INVALID_INPUT;
    case G_IO_ERROR_INVALID_FILENAME:
    case G_IO_ERROR_INVALID_ARGUMENT: return BKS_ERROR_INVALID_ARGUMENT;
    case G_IO_ERROR_TIMED_OUT: return BKS_ERROR_TIMEOUT;
    default: return BKS_ERROR_IO;
    }
}

static BksError
code_from_file_error (int file_code)
{
  switch (file_code)
    {
    case G_FILE_ERROR_NOENT:
    case G_FILE_ERROR_NOTDIR: return BKS_ERROR_NOT_FOUND;
    case G_FILE_ERROR_EXIST: return BKS_ERROR_EXISTS;
    case G_FILE_ERROR_NOSPC: return BKS_ERROR_DISK_FULL;
    case G_FILE_ERROR_ACCES:
    case G_FILE_ERROR_PERM: return BKS_ERROR_ACCESS;
    case G_FILE_ERROR_ROFS: return BKS_ERROR_READ_ONLY;
    case G_FILE_ERROR_ISDIR: return BKS_ERROR_INVALID_INPUT;
    case G_FILE_ERROR_NAMETOOLONG: return BKS_ERROR_INVALID_ARGUMENT;
    default: return BKS_ERROR_IO;
    }
}

/**
 * bks_error_set_from_errno:
 * @error: (nullable): where to put the error
 * @saved_errno: an errno value
 * @what: what was being done, for example "Cannot write /home/ana/book.epub"
 *
 * Sets an error of the one domain from a failed system call.
 */
void
bks_error_set_from_errno (GError     **error,
                          int          saved_errno,
                          const char  *what)
{
  BksError code = code_from_io_error (g_io_error_from_errno (saved_errno));

  if (saved_errno == EDQUOT)
    code = BKS_ERROR_DISK_FULL;
  g_set_error (error, BKS_ERROR, code, "%s: %s", what, g_strerror (saved_errno));
}

/**
 * bks_error_normalize:
 * @error: an error of any domain
 * @what: (nullable): what was being done, put in front of the message
 *
 * Returns: (transfer full): the error in the one domain, its facts kept
 */
GError *
bks_error_normalize (const GError *error,
                     const char   *what)
{
  GError *result;
  BksError code;

  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain == BKS_ERROR)
    {
      result = g_error_copy (error);
      if (what != NULL)
        g_prefix_error (&result, "%s: ", what);
      return result;
    }

  if (bks_error_is_cancelled (error))
    code = BKS_ERROR_CANCELLED;
  else if (error->domain == G_IO_ERROR)
    code = code_from_io_error (error->code);
  else if (error->domain == G_FILE_ERROR)
    code = code_from_file_error (error->code);
  else if (g_error_matches (error, DEX_ERROR, DEX_ERROR_TIMED_OUT))
    code = BKS_ERROR_TIMEOUT;
  else
    code = BKS_ERROR_FAILED;

  if (what != NULL)
    return g_error_new (BKS_ERROR, code, "%s: %s", what, error->message);
  return g_error_new_literal (BKS_ERROR, code, error->message);
}
