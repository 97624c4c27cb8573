/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libdex.h>

#include "bks-device.h"
#include "bks-limits.h"
#include "bks-secret-store.h"

G_BEGIN_DECLS

#define BKS_TYPE_CREDENTIALS (bks_credentials_get_type ())

/**
 * BksCredentials:
 *
 * A device and its fresh refresh token, given out once.
 */
typedef struct
{
  BksDevice *device;
  char      *refresh_token;
} BksCredentials;

GType           bks_credentials_get_type     (void);
BksCredentials *bks_credentials_ref          (BksCredentials *self);
void            bks_credentials_unref        (BksCredentials *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksCredentials, bks_credentials_unref)

#define BKS_TYPE_PAIRING (bks_pairing_get_type ())
G_DECLARE_FINAL_TYPE (BksPairing, bks_pairing, BKS, PAIRING, GObject)

BksPairing     *bks_pairing_new              (BksDatabase    *library,
                                              BksSecretStore *secrets,
                                              BksLimits      *limits);
DexFuture      *bks_pairing_new_code         (BksPairing     *self);
DexFuture      *bks_pairing_claim            (BksPairing     *self,
                                              const char     *code,
                                              const char     *device_name);
DexFuture      *bks_pairing_refresh          (BksPairing     *self,
                                              const char     *refresh_token);
DexFuture      *bks_pairing_get_device       (BksPairing     *self,
                                              const char     *device_id);
DexFuture      *bks_pairing_list_devices     (BksPairing     *self);
DexFuture      *bks_pairing_find_device      (BksPairing     *self,
                                              const char     *id_prefix);
DexFuture      *bks_pairing_revoke           (BksPairing     *self,
                                              const char     *id_prefix);
DexFuture      *bks_pairing_get_installation (BksPairing     *self);
DexFuture      *bks_pairing_get_signing_key  (BksPairing     *self);

G_END_DECLS
