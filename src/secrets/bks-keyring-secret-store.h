/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-secret-store.h"

G_BEGIN_DECLS

/*
 * BksKeyringSecretStore: the desktop's keyring by libsecret, the Secret Service
 * or, in a Flatpak, libsecret's encrypted file. Made by
 * bks_keyring_secret_store_new().
 */
#define BKS_TYPE_KEYRING_SECRET_STORE (bks_keyring_secret_store_get_type ())
G_DECLARE_FINAL_TYPE (BksKeyringSecretStore, bks_keyring_secret_store, BKS, KEYRING_SECRET_STORE, BksSecretStore)

G_END_DECLS
