/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libdex.h>

#include "bks-limits.h"

G_BEGIN_DECLS

/*
 * BksSecretStore: where keys are kept. Abstract; the Secret Service, and a
 * memory one for tests. A locked or absent keyring is an error of its own
 * (BKS_ERROR_KEYRING_LOCKED, BKS_ERROR_KEYRING_ABSENT), never "no key".
 */
#define BKS_TYPE_SECRET_STORE (bks_secret_store_get_type ())
G_DECLARE_DERIVABLE_TYPE (BksSecretStore, bks_secret_store, BKS, SECRET_STORE, GObject)

typedef enum
{
  BKS_SECRET_READY,
  BKS_SECRET_LOCKED,
  BKS_SECRET_ABSENT,
} BksSecretState;

/* A secret belongs to a purpose ("provider", "service"), an owner (a provider
 * id, an installation id) and the origin it was entered for ("" for none). */
struct _BksSecretStoreClass
{
  GObjectClass parent_class;

  DexFuture *(*get_state) (BksSecretStore *self);
  DexFuture *(*lookup)    (BksSecretStore *self,
                           const char     *purpose,
                           const char     *owner,
                           const char     *origin);
  DexFuture *(*store)     (BksSecretStore *self,
                           const char     *purpose,
                           const char     *owner,
                           const char     *origin,
                           const char     *label,
                           const char     *secret);
  DexFuture *(*remove)    (BksSecretStore *self,
                           const char     *purpose,
                           const char     *owner,
                           const char     *origin);
  DexFuture *(*unlock)    (BksSecretStore *self);

  gpointer padding[7];
};

/* → int BksSecretState; never rejects */
DexFuture *bks_secret_store_get_state (BksSecretStore *self);
/* → string, NULL where there is none; never with @interactive prompting */
DexFuture *bks_secret_store_lookup    (BksSecretStore *self,
                                       const char     *purpose,
                                       const char     *owner,
                                       const char     *origin);
/* → TRUE */
DexFuture *bks_secret_store_store     (BksSecretStore *self,
                                       const char     *purpose,
                                       const char     *owner,
                                       const char     *origin,
                                       const char     *label,
                                       const char     *secret);
/* → boolean: whether there was one */
DexFuture *bks_secret_store_remove    (BksSecretStore *self,
                                       const char     *purpose,
                                       const char     *owner,
                                       const char     *origin);

/* → TRUE, once the person has unlocked it */
DexFuture *bks_secret_store_unlock    (BksSecretStore *self);

BksSecretStore *bks_keyring_secret_store_new (BksLimits      *limits);
BksSecretStore *bks_memory_secret_store_new  (BksSecretState  state);

G_END_DECLS
