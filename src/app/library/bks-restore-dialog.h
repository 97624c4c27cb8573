/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-studio.h"

G_BEGIN_DECLS

/*
 * BksRestoreDialog: the backups of all books, also of those that are gone, and
 * the way to one that lies elsewhere. Signal "restored" with a book's id.
 */
#define BKS_TYPE_RESTORE_DIALOG (bks_restore_dialog_get_type ())
G_DECLARE_FINAL_TYPE (BksRestoreDialog, bks_restore_dialog, BKS, RESTORE_DIALOG, AdwDialog)

BksRestoreDialog *bks_restore_dialog_new (BksStudio *studio);

G_END_DECLS
