/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-provider-list.h"

G_BEGIN_DECLS

/*
 * BksUsagePage: what was used and what it cost, this month; what may be spent.
 */
#define BKS_TYPE_USAGE_PAGE (bks_usage_page_get_type ())
G_DECLARE_FINAL_TYPE (BksUsagePage, bks_usage_page, BKS, USAGE_PAGE, AdwPreferencesPage)

void bks_usage_page_set_providers (BksUsagePage    *self,
                                   BksProviderList *providers);

G_END_DECLS
