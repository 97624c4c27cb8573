/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-router.h"

G_BEGIN_DECLS

/*
 * BksProviderItem: a provider in the list: a dot, its name, its state in words.
 */
#define BKS_TYPE_PROVIDER_ITEM (bks_provider_item_get_type ())
G_DECLARE_FINAL_TYPE (BksProviderItem, bks_provider_item, BKS, PROVIDER_ITEM, AdwActionRow)

GtkWidget       *bks_provider_item_new       (BksProviderInfo *info);
BksProviderInfo *bks_provider_item_get_info  (BksProviderItem  *self);
const char      *bks_provider_item_get_state (BksProviderInfo *info);

G_END_DECLS
