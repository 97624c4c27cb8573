/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-provider-list.h"

G_BEGIN_DECLS

/*
 * BksProvidersPage: the providers and whether each is ready.
 */
#define BKS_TYPE_PROVIDERS_PAGE (bks_providers_page_get_type ())
G_DECLARE_FINAL_TYPE (BksProvidersPage, bks_providers_page, BKS, PROVIDERS_PAGE, AdwPreferencesPage)

void bks_providers_page_set_providers (BksProvidersPage *self,
                                       BksProviderList  *providers);

G_END_DECLS
