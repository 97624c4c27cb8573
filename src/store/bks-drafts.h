/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-database.h"
#include "bks-money.h"

G_BEGIN_DECLS

/* AI texts beside the book, and what made them. Written only through the
 * connection that can write nothing else. */

#define BKS_TYPE_DRAFT (bks_draft_get_type ())

/**
 * BksDraft:
 *
 * An AI text for a node. @state is "running", "complete", "stopped",
 * "interrupted" or "failed"; @review is "pending", "approved" or "rejected".
 */
typedef struct
{
  char     *id;
  char     *node_id;
  char     *operation; /* "continue" */
  char     *provider;
  char     *model;
  char     *prompt;    /* the messages as sent, JSON */
  char     *text;
  char     *state;
  char     *review;
  gint64    tokens;    /* input and output; -1 unknown */
  BksMoney  cost;      /* BKS_MONEY_UNKNOWN */
  gint64    created_at;
} BksDraft;

GType      bks_draft_get_type         (void);
BksDraft  *bks_draft_new              (void);
BksDraft  *bks_draft_ref              (BksDraft    *self);
void       bks_draft_unref            (BksDraft    *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksDraft, bks_draft_unref)

DexFuture *bks_book_store_add_draft   (BksDatabase *store,
                                       BksDraft    *draft);
DexFuture *bks_book_store_save_draft  (BksDatabase *store,
                                       const char  *draft_id,
                                       const char  *text,
                                       const char  *state,
                                       gint64       tokens,
                                       BksMoney     cost,
                                       gint64       now_ms);
DexFuture *bks_book_store_set_draft_writer (BksDatabase *store,
                                       const char  *draft_id,
                                       const char  *provider,
                                       const char  *model);
DexFuture *bks_book_store_review_draft (BksDatabase *store,
                                       const char  *draft_id,
                                       const char  *review,
                                       gint64       now_ms);
DexFuture *bks_book_store_find_draft  (BksDatabase *store,
                                       const char  *node_id);

G_END_DECLS
