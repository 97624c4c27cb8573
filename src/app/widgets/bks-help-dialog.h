/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/*
 * BksHelpDialog: the answers one looks for first.
 */
#define BKS_TYPE_HELP_DIALOG (bks_help_dialog_get_type ())
G_DECLARE_FINAL_TYPE (BksHelpDialog, bks_help_dialog, BKS, HELP_DIALOG, AdwDialog)

GtkWidget *bks_help_dialog_new (void);

G_END_DECLS
