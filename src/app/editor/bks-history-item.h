/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

#include "bks-revisions.h"

G_BEGIN_DECLS

/*
 * BksHistoryItem: one earlier text in a list.
 */
#define BKS_TYPE_HISTORY_ITEM (bks_history_item_get_type ())
G_DECLARE_FINAL_TYPE (BksHistoryItem, bks_history_item, BKS, HISTORY_ITEM, GObject)

BksHistoryItem *bks_history_item_new          (BksRevision    *revision);
BksRevision    *bks_history_item_get_revision (BksHistoryItem *self);
char           *bks_history_item_dup_when     (BksHistoryItem *self);
char           *bks_history_item_dup_what     (BksHistoryItem *self);

G_END_DECLS
