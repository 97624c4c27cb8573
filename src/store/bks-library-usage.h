/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-database.h"
#include "bks-money.h"

G_BEGIN_DECLS

/* The usage ledger: a row for every attempt at a call. */

#define BKS_TYPE_USAGE_RECORD (bks_usage_record_get_type ())

/**
 * BksUsageRecord:
 *
 * One attempt, as it is written. Token counts are -1 where nobody knows them.
 */
typedef struct
{
  char     *id;
  gint64    at;             /* epoch ms, when it was sent */
  char     *provider;
  char     *model_asked;
  char     *model_answered; /* NULL: not told */
  char     *role;           /* NULL: none */
  char     *book_id;        /* NULL: none */
  gint64    input;
  gint64    cache_read;
  gint64    cache_write;
  gint64    output;
  gint64    reasoning;
  gboolean  estimated;
  BksMoney  cost;           /* BKS_MONEY_UNKNOWN */
  char     *cost_source;    /* "provider", "table", "list", "free", "unknown" */
  gint64    first_token_ms; /* -1: none came */
  gint64    total_ms;
  char     *outcome;        /* "ok" or an error class */
} BksUsageRecord;

#define BKS_TYPE_USAGE_ROW (bks_usage_row_get_type ())

/**
 * BksUsageRow:
 *
 * A sum over the ledger, or one of its rows, to be shown.
 */
typedef struct
{
  char     *label;         /* the day, month, provider, model or book; a row: its id */
  char     *provider;      /* NULL in a sum over several */
  char     *model;
  char     *book_id;
  char     *outcome;       /* NULL in a sum */
  gint64    at;            /* epoch ms; 0 in a sum */
  gint64    calls;
  gint64    input;         /* cache buckets included */
  gint64    output;
  BksMoney  cost;          /* of the calls whose cost is known */
  gint64    unknown_costs; /* calls whose cost is not */
} BksUsageRow;

GType           bks_usage_record_get_type (void);
BksUsageRecord *bks_usage_record_new      (void);
BksUsageRecord *bks_usage_record_ref      (BksUsageRecord *self);
void            bks_usage_record_unref    (BksUsageRecord *self);

GType           bks_usage_row_get_type    (void);
BksUsageRow    *bks_usage_row_ref         (BksUsageRow    *self);
void            bks_usage_row_unref       (BksUsageRow    *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksUsageRecord, bks_usage_record_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksUsageRow, bks_usage_row_unref)

DexFuture      *bks_library_add_usage     (BksDatabase    *library,
                                           BksUsageRecord *record);
DexFuture      *bks_library_list_usage    (BksDatabase    *library,
                                           gint64          since_ms,
                                           const char     *by);

G_END_DECLS
