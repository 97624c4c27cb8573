/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

typedef enum
{
  BKS_KEY_NOT_NEEDED,
  BKS_KEY_STORED,
  BKS_KEY_ENVIRONMENT,
  BKS_KEY_MISSING,
  BKS_KEY_KEYRING_LOCKED,
  BKS_KEY_KEYRING_ABSENT,
} BksKeyState;

#define BKS_TYPE_PROVIDER_INFO (bks_provider_info_get_type ())

/**
 * BksProviderInfo:
 *
 * A provider as configured.
 */
typedef struct
{
  char        *id;
  char        *name;      /* for people */
  char        *protocol;
  char        *base_url;
  char        *origin;    /* scheme://host:port */
  char        *key_url;   /* where a person gets a key; NULL */
  gboolean     preset;    /* ships with the program */
  gboolean     more;      /* one of the many that few people use */
  gboolean     local;     /* its address is on this machine */
  gboolean     free;      /* its own models cost nothing */
  GHashTable  *options;   /* name → value: what its protocol knows besides the address, "account-id" */
  BksKeyState  key_state;
} BksProviderInfo;

GType            bks_provider_info_get_type (void);
BksProviderInfo *bks_provider_info_ref      (BksProviderInfo      *self);
void             bks_provider_info_unref    (BksProviderInfo      *self);
const char      *bks_provider_info_get_state (const BksProviderInfo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksProviderInfo, bks_provider_info_unref)

G_END_DECLS
