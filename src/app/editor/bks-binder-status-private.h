/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-binder.h"

G_BEGIN_DECLS

GSimpleAction *bks_binder_add_status    (BksBinder     *self);
void           bks_binder_update_status (BksBinder     *self,
                                         GSimpleAction *action);

G_END_DECLS
