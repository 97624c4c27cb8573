/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>
#include <libdex.h>

#include "bks-device.h"

G_BEGIN_DECLS

/* A device and its fresh refresh token, given out once. */
#define BKS_TYPE_CREDENTIALS (bks_credentials_get_type ())

typedef struct
{
  BksDevice *device;
  char      *refresh_token;
} BksCredentials;

GType           bks_credentials_get_type (void);
BksCredentials *bks_credentials_ref      (BksCredentials *self);
void            bks_credentials_unref    (BksCredentials *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksCredentials, bks_credentials_unref)

/*
 * BksPairing: who may talk to the service. Codes and refresh tokens are stored
 * hashed; the rules are those of service.md §2 (10 wrong tries void a code, a
 * code is claimed once in one UPDATE, reuse of an old refresh token revokes
 * the device, except within the grace where it yields the same successor).
 */
#define BKS_TYPE_PAIRING (bks_pairing_get_type ())
G_DECLARE_FINAL_TYPE (BksPairing, bks_pairing, BKS, PAIRING, GObject)

/* → string: a new 8-digit code, good for limits->pairing_code_ms and one use */
DexFuture  *bks_pairing_new_code         (BksPairing *self);
/* → BksCredentials; BKS_ERROR_UNAUTHORIZED for a wrong, used, void or late code */
DexFuture  *bks_pairing_claim            (BksPairing *self,
                                          const char *code,
                                          const char *device_name);
/* → BksCredentials; BKS_ERROR_UNAUTHORIZED */
DexFuture  *bks_pairing_refresh          (BksPairing *self,
                                          const char *refresh_token);
/* → BksDevice; BKS_ERROR_NOT_FOUND. Looks at the database each time and notes the use. */
DexFuture  *bks_pairing_get_device       (BksPairing *self,
                                          const char *device_id);
/* → G_TYPE_PTR_ARRAY of BksDevice */
DexFuture  *bks_pairing_list_devices     (BksPairing *self);
/* → TRUE; an id or a unique prefix of one */
DexFuture  *bks_pairing_revoke           (BksPairing *self,
                                          const char *device_id);
/* → string: the installation's id, the "aud" of its tokens */
DexFuture  *bks_pairing_get_installation (BksPairing *self);
/* → GBytes: the 32-byte signing key, made at first use; from the keyring, else
 * from BOOK_STUDIO_JWT_KEY; BKS_ERROR_KEYRING_* with neither */
DexFuture  *bks_pairing_get_signing_key  (BksPairing *self);

G_END_DECLS
