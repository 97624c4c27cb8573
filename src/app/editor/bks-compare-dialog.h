/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/*
 * BksCompareDialog: what was changed since an earlier text, word by word.
 * Signal "restore" with what was given: the person wants the earlier text back.
 */
#define BKS_TYPE_COMPARE_DIALOG (bks_compare_dialog_get_type ())
G_DECLARE_FINAL_TYPE (BksCompareDialog, bks_compare_dialog, BKS, COMPARE_DIALOG, AdwDialog)

BksCompareDialog *bks_compare_dialog_new (const char *when,
                                          const char *earlier,
                                          const char *present,
                                          const char *what);

G_END_DECLS
