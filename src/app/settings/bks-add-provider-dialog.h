/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-router.h"

G_BEGIN_DECLS

/*
 * BksAddProviderDialog: a provider that does not ship with the program. Signal
 * "added" (const char *id).
 */
#define BKS_TYPE_ADD_PROVIDER_DIALOG (bks_add_provider_dialog_get_type ())
G_DECLARE_FINAL_TYPE (BksAddProviderDialog, bks_add_provider_dialog, BKS, ADD_PROVIDER_DIALOG, AdwDialog)

BksAddProviderDialog *bks_add_provider_dialog_new (BksRouter *router);

G_END_DECLS
