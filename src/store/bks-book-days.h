/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-database.h"

G_BEGIN_DECLS

#define BKS_TYPE_DAY (bks_day_get_type ())

/**
 * BksDay:
 * @date: which, "2026-11-28", of the local calendar when it was written
 * @written: how many words the author has written; what was deleted is not taken off
 * @net: by how many words the texts have grown, whatever the cause; negative where they have shrunk
 *
 * What was written into a book on one day.
 */
typedef struct
{
  char   *date;
  gint64  written;
  gint64  net;
} BksDay;

GType      bks_day_get_type              (void);
BksDay    *bks_day_ref                   (BksDay      *self);
void       bks_day_unref                 (BksDay      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksDay, bks_day_unref)

DexFuture *bks_book_store_get_day        (BksDatabase *store,
                                          gint64       now_ms);
DexFuture *bks_book_store_list_days      (BksDatabase *store);
DexFuture *bks_book_store_set_daily_goal (BksDatabase *store,
                                          gint64       words,
                                          gint64       now_ms);

G_END_DECLS
