/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

#include "bks-limits.h"

G_BEGIN_DECLS

#define BKS_JWT_ISSUER "book-studio"
/* Longer ones are refused unread; ours have about 500 bytes. */
#define BKS_JWT_MAX_BYTES 8192

/**
 * BksJwtClaims:
 * @id: the token's own id, "jti"
 * @subject: the user's id, "sub"
 * @device: the device's id, "dev"
 * @role: what the device may do, as of the signing
 * @tier: the device's tier, as of the signing
 * @issued_at: epoch seconds, "iat"
 * @expires_at: epoch seconds, "exp"
 *
 * What an access token says. Role and tier are for the client to read; the
 * service takes both from the device's row.
 */
typedef struct
{
  char   *id;
  char   *subject;
  char   *device;
  char   *role;
  char   *tier;
  gint64  issued_at;
  gint64  expires_at;
} BksJwtClaims;

void bks_jwt_claims_free (BksJwtClaims *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksJwtClaims, bks_jwt_claims_free)

#define BKS_TYPE_JWT (bks_jwt_get_type ())
G_DECLARE_FINAL_TYPE (BksJwt, bks_jwt, BKS, JWT, GObject)

BksJwt       *bks_jwt_new    (GBytes      *key,
                              const char  *audience,
                              BksLimits   *limits,
                              GError     **error);
char         *bks_jwt_sign   (BksJwt      *self,
                              const char  *subject,
                              const char  *device,
                              const char  *role,
                              const char  *tier);
BksJwtClaims *bks_jwt_verify (BksJwt      *self,
                              const char  *token,
                              gssize       length,
                              GError     **error);

G_END_DECLS
