/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-router.h"

G_BEGIN_DECLS

/*
 * BksModelsPage: what models a provider offers, with window and price.
 */
#define BKS_TYPE_MODELS_PAGE (bks_models_page_get_type ())
G_DECLARE_FINAL_TYPE (BksModelsPage, bks_models_page, BKS, MODELS_PAGE, AdwNavigationPage)

BksModelsPage *bks_models_page_new      (BksRouter  *router,
                                         const char *provider);
char          *bks_models_page_describe (BksModel   *model);

G_END_DECLS
