/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-provider-list.h"

G_BEGIN_DECLS

/*
 * BksPriceDialog: the author's own price of a model. Signal:
 *   set ()   it holds, or is gone
 */
#define BKS_TYPE_PRICE_DIALOG (bks_price_dialog_get_type ())
G_DECLARE_FINAL_TYPE (BksPriceDialog, bks_price_dialog, BKS, PRICE_DIALOG, AdwDialog)

BksPriceDialog *bks_price_dialog_new (BksProviderList *providers,
                                      BksModel        *model);

G_END_DECLS
