/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-router.h"

G_BEGIN_DECLS

/*
 * BksLocalModelDialog: looks for a model on this computer, and says how to
 * get one where there is none. Signal:
 *   found ()   the person wants to use what was found
 */
#define BKS_TYPE_LOCAL_MODEL_DIALOG (bks_local_model_dialog_get_type ())
G_DECLARE_FINAL_TYPE (BksLocalModelDialog, bks_local_model_dialog, BKS, LOCAL_MODEL_DIALOG, AdwDialog)

BksLocalModelDialog *bks_local_model_dialog_new (BksRouter *router);

G_END_DECLS
