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
 * One attempt, as it is written. Token counts are -1 where nobody knows them,
 * and disjoint. What stands first is the ledger's: bks_ledger_settle() fills
 * it in from what was reserved.
 */
typedef struct
{
  char     *id;
  gint64    at;             /* epoch ms, when it was begun */
  char     *request_id;     /* groups the attempts of one call; NULL: unknown */
  guint     attempt;        /* from 1 */
  char     *provider;
  char     *model_asked;
  char     *role;           /* NULL: none */
  char     *book_id;        /* NULL: none */
  char     *device_id;      /* NULL: this machine's own user */
  gboolean  local;          /* answered on this machine */
  gboolean  orphan;         /* its process died over it */

  char     *model_answered; /* NULL: not told */
  gint64    input;          /* neither read from nor written to a cache */
  gint64    cache_read;
  gint64    cache_write;    /* kept for 5 minutes */
  gint64    cache_write_1h;
  gint64    output;         /* reasoning included */
  gint64    reasoning;
  gboolean  estimated;
  BksMoney  cost;           /* BKS_MONEY_UNKNOWN */
  BksMoney  reported_cost;  /* as the provider says; BKS_MONEY_UNKNOWN */
  BksMoney  table_cost;     /* by our prices; BKS_MONEY_UNKNOWN */
  char     *price_date;     /* the day of those prices; NULL: none known */
  gboolean  undated;        /* priced as the model without the date in its name */
  char     *cost_source;    /* "own", "provider", "list", "table", "free", "estimate" (orphans), "unknown" */
  gint64    first_token_ms; /* -1: none came */
  gint64    total_ms;
  char     *outcome;        /* "ok", an error class, or "ORPHAN" */
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
  char     *device_id;
  char     *role;
  char     *request_id;
  char     *cost_source;
  char     *price_date;
  char     *outcome;       /* NULL in a sum */
  gint64    attempt;       /* 0 in a sum */
  gint64    estimated;     /* calls that were settled by estimate */
  gint64    orphans;       /* calls whose process died over them */
  gint64    at;            /* epoch ms; 0 in a sum */
  gint64    calls;         /* attempts */
  gint64    input;         /* cache buckets included */
  gint64    cache_read;    /* of those in input */
  gint64    cache_write;   /* of those in input */
  gint64    output;
  BksMoney  cost;          /* of the calls whose cost is known */
  gint64    unknown_costs; /* calls whose cost is not */
} BksUsageRow;

GType           bks_usage_record_get_type (void);
BksUsageRecord *bks_usage_record_new      (void);
BksUsageRecord *bks_usage_record_ref      (BksUsageRecord *self);
void            bks_usage_record_unref    (BksUsageRecord *self);

GType           bks_usage_row_get_type    (void);
BksUsageRow    *bks_usage_row_new         (void);
BksUsageRow    *bks_usage_row_ref         (BksUsageRow    *self);
void            bks_usage_row_unref       (BksUsageRow    *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksUsageRecord, bks_usage_record_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksUsageRow, bks_usage_row_unref)

gboolean        bks_usage_record_insert   (BksUsageRecord *self,
                                           BksConnection  *connection,
                                           GError        **error);
DexFuture      *bks_library_list_usage    (BksDatabase    *library,
                                           gint64          since_ms,
                                           gint64          until_ms,
                                           const char     *by);

G_END_DECLS
