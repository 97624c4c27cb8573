/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-library-budget.h"
#include "bks-provider-list.h"

G_BEGIN_DECLS

/*
 * BksBudgetDialog: sets, raises or removes a limit. Signals:
 *   set ()             it holds
 *   removed (char *)   it is gone; what it was, "(scope, name, period, hard, soft)"
 */
#define BKS_TYPE_BUDGET_DIALOG (bks_budget_dialog_get_type ())
G_DECLARE_FINAL_TYPE (BksBudgetDialog, bks_budget_dialog, BKS, BUDGET_DIALOG, AdwDialog)

BksBudgetDialog *bks_budget_dialog_new       (BksProviderList *providers,
                                              const BksBudget *budget);
char            *bks_budget_dialog_dup_title (BksProviderList *providers,
                                              const BksBudget *budget);

G_END_DECLS
