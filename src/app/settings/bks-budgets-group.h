/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-provider-list.h"

G_BEGIN_DECLS

/*
 * BksBudgetsGroup: what may be spent, and how much of it is gone.
 */
#define BKS_TYPE_BUDGETS_GROUP (bks_budgets_group_get_type ())
G_DECLARE_FINAL_TYPE (BksBudgetsGroup, bks_budgets_group, BKS, BUDGETS_GROUP, AdwPreferencesGroup)

void bks_budgets_group_set_providers (BksBudgetsGroup *self,
                                      BksProviderList *providers);
void bks_budgets_group_take          (BksBudgetsGroup *self,
                                      GPtrArray       *budgets);

G_END_DECLS
