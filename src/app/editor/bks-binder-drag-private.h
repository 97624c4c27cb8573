/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-binder.h"
#include "bks-binder-places-private.h"

G_BEGIN_DECLS

/**
 * BksBinderDropFunc:
 * @binder: the binder
 * @node: what was dropped
 * @place: where
 */
typedef void (*BksBinderDropFunc) (BksBinder            *binder,
                                   BksNode              *node,
                                   const BksBinderPlace *place);

void bks_binder_add_drag (BksBinder         *binder,
                          GtkWidget         *list,
                          BksBookSession    *session,
                          BksBinderDropFunc  drop);

G_END_DECLS
