/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-library-ledger.h"

G_BEGIN_DECLS

/* The rows of the table "windows". */

typedef struct
{
  gint64   id;         /* 0: no row yet */
  BksMoney spent;
  BksMoney reserved;
  gint64   calls;
  gint64   unknown;
  gint64   tokens;
  gint64   tokens_reserved;
  gint64   operations;
  gint64   operations_reserved;
  guint    told;       /* the highest threshold that was told, percent */
  gboolean closed;
  BksMoney hard;       /* BKS_UNLIMITED */
  BksMoney soft;       /* BKS_UNLIMITED */
} BksBudgetWindowState;

/* What is to be added to the sums of a window. */
typedef struct
{
  BksMoney spent;
  BksMoney reserved;
  gint64   calls;
  gint64   unknown;
  gint64   tokens;
  gint64   tokens_reserved;
  gint64   operations;
  gint64   operations_reserved;
} BksBudgetWindowChange;

/* SQL: a usage row counts for an operation, and its tokens. */
#define BKS_USAGE_COUNTS "local = 0 AND (coalesce (output, 0) > 0 OR outcome = 'ok')"
#define BKS_USAGE_TOKENS \
  "coalesce (input, 0) + coalesce (cache_read, 0) + coalesce (cache_write, 0)" \
  " + coalesce (cache_write_1h, 0) + coalesce (output, 0)"

gboolean      bks_budget_window_read           (const BksBudgetWindow        *self,
                                         BksConnection          *connection,
                                         BksBudgetWindowState         *state,
                                         GError                **error);
gboolean      bks_budget_window_open           (const BksBudgetWindow        *self,
                                         BksConnection          *connection,
                                         BksBudgetWindowState         *state,
                                         GError                **error);
BksAllowance *bks_budget_window_check          (const BksBudgetWindow        *self,
                                         const BksBudgetWindowState   *state,
                                         const BksHold          *hold,
                                         gint64                  operations);
gboolean      bks_budget_window_change         (gint64                  id,
                                         BksConnection          *connection,
                                         const BksBudgetWindowChange  *change,
                                         GError                **error);
gboolean      bks_budget_window_look           (gint64                  id,
                                         BksConnection          *connection,
                                         gboolean                overrun,
                                         GPtrArray              *notices,
                                         GError                **error);
guint         bks_budget_window_get_threshold  (const BksBudgetWindowState   *state);

G_END_DECLS
