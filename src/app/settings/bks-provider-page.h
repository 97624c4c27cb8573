/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-provider-list.h"

G_BEGIN_DECLS

/*
 * BksProviderPage: one provider: its address, its key, whether it answers.
 */
#define BKS_TYPE_PROVIDER_PAGE (bks_provider_page_get_type ())
G_DECLARE_FINAL_TYPE (BksProviderPage, bks_provider_page, BKS, PROVIDER_PAGE, AdwNavigationPage)

BksProviderPage *bks_provider_page_new (BksProviderList  *providers,
                                        BksProviderEntry *entry);

G_END_DECLS
