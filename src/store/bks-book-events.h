/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-database.h"

G_BEGIN_DECLS

#define BKS_TYPE_EVENT (bks_event_get_type ())

/**
 * BksEvent:
 * @seq: its number in the book, always rising
 * @at: when, epoch milliseconds
 * @type: what happened, "chapter.text"
 * @entity_type: to what kind of thing, "chapter"
 * @entity_id: to which
 */
typedef struct
{
  gint64  seq;
  gint64  at;
  char   *type;
  char   *entity_type;
  char   *entity_id;
} BksEvent;

GType      bks_event_get_type         (void);
BksEvent  *bks_event_ref              (BksEvent    *self);
void       bks_event_unref            (BksEvent    *self);
DexFuture *bks_book_store_list_events (BksDatabase *store,
                                       gint64       since,
                                       guint        most);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksEvent, bks_event_unref)

G_END_DECLS
