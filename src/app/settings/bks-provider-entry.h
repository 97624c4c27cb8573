/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-router.h"

G_BEGIN_DECLS

/* How a provider stands. */
typedef enum
{
  BKS_PROVIDER_READY,
  BKS_PROVIDER_NO_KEY,
  BKS_PROVIDER_KEY_REFUSED,
  BKS_PROVIDER_NO_CREDIT,
  BKS_PROVIDER_RESTING,
  BKS_PROVIDER_OFFLINE,
  BKS_PROVIDER_KEYRING_LOCKED,
  BKS_PROVIDER_KEYRING_ABSENT,
} BksProviderState;

/*
 * BksProviderEntry: a provider and all that is known of it here: whether its
 * key works, whether it rests, what it cost this month.
 */
#define BKS_TYPE_PROVIDER_ENTRY (bks_provider_entry_get_type ())
G_DECLARE_FINAL_TYPE (BksProviderEntry, bks_provider_entry, BKS, PROVIDER_ENTRY, GObject)

BksProviderEntry *bks_provider_entry_new       (BksProviderInfo  *info);
void              bks_provider_entry_update    (BksProviderEntry *self,
                                                BksProviderInfo  *info,
                                                const BksCircuit *circuit,
                                                BksUsageRow      *month,
                                                const char       *model);
void              bks_provider_entry_note_test (BksProviderEntry *self,
                                                const GError     *error,
                                                gint64            at_ms);
BksProviderInfo  *bks_provider_entry_get_info  (BksProviderEntry *self);
gboolean          bks_provider_entry_is_used   (BksProviderEntry *self);
BksProviderState  bks_provider_entry_get_state (BksProviderEntry *self);
gint64            bks_provider_entry_get_until (BksProviderEntry *self);
char             *bks_provider_entry_dup_state (BksProviderEntry *self);
char             *bks_provider_entry_dup_cost  (BksProviderEntry *self);

G_END_DECLS
