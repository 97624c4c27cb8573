/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-provider-list.h"

G_BEGIN_DECLS

/*
 * BksPreferencesDialog: the pages "providers" and "writing".
 */
#define BKS_TYPE_PREFERENCES_DIALOG (bks_preferences_dialog_get_type ())
G_DECLARE_FINAL_TYPE (BksPreferencesDialog, bks_preferences_dialog, BKS, PREFERENCES_DIALOG, AdwPreferencesDialog)

GtkWidget *bks_preferences_dialog_new (BksProviderList *providers,
                                       GSettings       *settings);

G_END_DECLS
