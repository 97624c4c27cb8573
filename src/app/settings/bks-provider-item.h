/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-provider-entry.h"

G_BEGIN_DECLS

/*
 * BksProviderItem: a provider in the list: a dot, its name, how it stands in
 * words, what it cost this month.
 */
#define BKS_TYPE_PROVIDER_ITEM (bks_provider_item_get_type ())
G_DECLARE_FINAL_TYPE (BksProviderItem, bks_provider_item, BKS, PROVIDER_ITEM, AdwActionRow)

GtkWidget        *bks_provider_item_new           (BksProviderEntry *entry);
BksProviderEntry *bks_provider_item_get_entry     (BksProviderItem  *self);
const char       *bks_provider_item_get_dot_class (BksProviderState  state);

G_END_DECLS
