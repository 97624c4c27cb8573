/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-allowance.h"

G_BEGIN_DECLS

#define BKS_ERROR (bks_error_quark ())

/**
 * BksError:
 *
 * The one error domain. The first group says what happened on this machine;
 * the second are the classes of provider failures that routing decides on.
 * Messages are plain English sentences that state the cause, without a key or
 * a line of the book; what to do next is worded by the faces from the code.
 */
typedef enum
{
  BKS_ERROR_FAILED,            /* a fault of ours */
  BKS_ERROR_INVALID_ARGUMENT,  /* the caller asked for something that cannot be */
  BKS_ERROR_INVALID_INPUT,     /* a file or text that cannot be read as what it should be */
  BKS_ERROR_TOO_LARGE,         /* over a limit of BksLimits */
  BKS_ERROR_NOT_FOUND,
  BKS_ERROR_EXISTS,
  BKS_ERROR_AMBIGUOUS,         /* an id prefix that fits several */
  BKS_ERROR_BUSY,              /* another process holds the book; the message names it */
  BKS_ERROR_CONFLICT,          /* changed since it was read */
  BKS_ERROR_READ_ONLY,
  BKS_ERROR_DISK_FULL,
  BKS_ERROR_IO,
  BKS_ERROR_ACCESS,            /* the operating system denies it */
  BKS_ERROR_CORRUPT,           /* a database or file that fails its checks */
  BKS_ERROR_NEWER_SCHEMA,      /* written by a newer version of the program */
  BKS_ERROR_KEYRING_LOCKED,
  BKS_ERROR_KEYRING_ABSENT,
  BKS_ERROR_NO_KEY,
  BKS_ERROR_UNAUTHORIZED,      /* a companion without a valid token */
  BKS_ERROR_FORBIDDEN,         /* a companion whose role does not allow it */
  BKS_ERROR_TOO_MANY_REQUESTS, /* a companion over its rate */
  BKS_ERROR_UNSUPPORTED,

  BKS_ERROR_AUTH = 100,
  BKS_ERROR_PERMISSION,
  BKS_ERROR_BILLING,
  BKS_ERROR_RATE,
  BKS_ERROR_OVERLOAD,
  BKS_ERROR_SERVER,
  BKS_ERROR_TRANSPORT,
  BKS_ERROR_TIMEOUT,
  BKS_ERROR_CONTEXT,
  BKS_ERROR_MODEL,
  BKS_ERROR_CONTENT,
  BKS_ERROR_REQUEST,
  BKS_ERROR_MALFORMED,
  BKS_ERROR_TRUNCATED,
  BKS_ERROR_CANCELLED,
  BKS_ERROR_OVER_BUDGET,
  BKS_ERROR_TIER,
} BksError;

/**
 * BksErrorFacts:
 * @http_status: status of the answer, 0 where there was none
 * @retry_after_ms: how long the server asks to wait, in milliseconds, -1 if it does not say
 * @provider: (nullable): provider id
 * @request_id: (nullable): the provider's own id of the request
 * @allowance: (nullable): which limit stopped it, of %BKS_ERROR_OVER_BUDGET and %BKS_ERROR_TIER
 *
 * What a failure carries besides its class.
 */
typedef struct
{
  guint         http_status;
  gint64        retry_after_ms;
  char         *provider;
  char         *request_id;
  BksAllowance *allowance;
} BksErrorFacts;

GQuark               bks_error_quark          (void);
BksErrorFacts       *bks_error_get_facts      (const GError *error);
const char          *bks_error_get_class_name (const GError *error);
gboolean             bks_error_is_cancelled   (const GError *error);
void                 bks_error_set_from_errno (GError      **error,
                                               int           saved_errno,
                                               const char   *what);
GError              *bks_error_normalize      (const GError *error,
                                               const char   *what);

G_END_DECLS
