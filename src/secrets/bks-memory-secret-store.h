/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-secret-store.h"

G_BEGIN_DECLS

/*
 * BksMemorySecretStore: secrets that end with the process, for tests. Made by
 * bks_memory_secret_store_new().
 */
#define BKS_TYPE_MEMORY_SECRET_STORE (bks_memory_secret_store_get_type ())
G_DECLARE_FINAL_TYPE (BksMemorySecretStore, bks_memory_secret_store, BKS, MEMORY_SECRET_STORE, BksSecretStore)

void bks_memory_secret_store_set_state (BksMemorySecretStore *self,
                                        BksSecretState        state);

G_END_DECLS
