/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-provider-list.h"

G_BEGIN_DECLS

/*
 * BksTargetRow: a model in the order of a kind of work, moved by dragging or
 * by Alt+Up and Alt+Down. Signals:
 *   move (int)                 by so many places, below 0 is up
 *   take (BksTargetRow *)      that row was dropped here
 *   remove ()                  it is to go
 */
#define BKS_TYPE_TARGET_ROW (bks_target_row_get_type ())
G_DECLARE_FINAL_TYPE (BksTargetRow, bks_target_row, BKS, TARGET_ROW, AdwActionRow)

GtkWidget *bks_target_row_new       (BksModel        *model,
                                     BksProviderList *providers);
BksModel  *bks_target_row_get_model (BksTargetRow    *self);
void       bks_target_row_set_place (BksTargetRow    *self,
                                     guint            index,
                                     guint            count);

G_END_DECLS
