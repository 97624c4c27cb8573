/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-database.h"

G_BEGIN_DECLS

#define BKS_TYPE_DEVICE (bks_device_get_type ())

/**
 * BksDevice:
 *
 * A companion, as the owner sees it.
 */
typedef struct
{
  char     *id;
  char     *user_id;
  char     *name;
  char     *role;         /* "owner", "editor", "commenter", "reader" */
  char     *tier;         /* "free", "member", "pro", "premium", "admin" */
  gint64    paired_at;    /* epoch ms */
  gint64    last_used_at; /* epoch ms; 0: never */
  gint64    min_iat;      /* epoch seconds; older access tokens are void */
  gboolean  revoked;
} BksDevice;

GType      bks_device_get_type           (void);
BksDevice *bks_device_ref                (BksDevice   *self);
void       bks_device_unref              (BksDevice   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksDevice, bks_device_unref)

/* Codes and refresh tokens come here hashed. */
DexFuture *bks_library_add_pairing_code  (BksDatabase *library,
                                          const char  *hash,
                                          gint64       expires_at);
DexFuture *bks_library_claim_pairing_code (BksDatabase *library,
                                          const char  *hash,
                                          const char  *device_id,
                                          const char  *user_id,
                                          const char  *device_name,
                                          gint64       now_ms,
                                          guint        most_wrong_tries);
DexFuture *bks_library_add_refresh_token (BksDatabase *library,
                                          const char  *hash,
                                          const char  *device_id,
                                          gint64       now_ms,
                                          gint64       expires_at);
DexFuture *bks_library_rotate_refresh_token (BksDatabase *library,
                                          const char  *hash,
                                          const char  *successor_hash,
                                          gint64       now_ms,
                                          gint64       expires_at,
                                          gint64       grace_ms);
DexFuture *bks_library_get_device        (BksDatabase *library,
                                          const char  *device_id);
DexFuture *bks_library_touch_device      (BksDatabase *library,
                                          const char  *device_id,
                                          gint64       now_ms);
DexFuture *bks_library_list_devices      (BksDatabase *library);
DexFuture *bks_library_set_device_tier   (BksDatabase *library,
                                          const char  *device_id,
                                          const char  *tier);
DexFuture *bks_library_revoke_device     (BksDatabase *library,
                                          const char  *device_id,
                                          gint64       now_ms);

G_END_DECLS
