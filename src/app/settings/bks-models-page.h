/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-provider-list.h"

G_BEGIN_DECLS

/*
 * BksModelsPage: the models of one provider, or of all that are ready, with
 * window and price. It shows at once what is known and asks for the rest.
 * Signal:
 *   chosen (BksModel *)  where one is to be chosen
 */
#define BKS_TYPE_MODELS_PAGE (bks_models_page_get_type ())
G_DECLARE_FINAL_TYPE (BksModelsPage, bks_models_page, BKS, MODELS_PAGE, AdwNavigationPage)

BksModelsPage *bks_models_page_new        (BksProviderList *providers,
                                           const char      *provider);
BksModelsPage *bks_models_page_new_choose (BksProviderList *providers,
                                           const char      *provider,
                                           const char      *what);
char          *bks_models_page_describe   (BksModel        *model);

G_END_DECLS
