/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-provider-list.h"

G_BEGIN_DECLS

/*
 * BksRolePage: which models a kind of work goes to, the first first.
 */
#define BKS_TYPE_ROLE_PAGE (bks_role_page_get_type ())
G_DECLARE_FINAL_TYPE (BksRolePage, bks_role_page, BKS, ROLE_PAGE, AdwNavigationPage)

BksRolePage *bks_role_page_new (BksProviderList *providers,
                                const char      *role);

G_END_DECLS
