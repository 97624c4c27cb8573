/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-provider-list.h"

G_BEGIN_DECLS

/*
 * BksPricesGroup: how old the prices are, and those that the author has set.
 */
#define BKS_TYPE_PRICES_GROUP (bks_prices_group_get_type ())
G_DECLARE_FINAL_TYPE (BksPricesGroup, bks_prices_group, BKS, PRICES_GROUP, AdwPreferencesGroup)

void bks_prices_group_set_providers (BksPricesGroup  *self,
                                     BksProviderList *providers);
void bks_prices_group_update        (BksPricesGroup  *self);

G_END_DECLS
