/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-call.h"

G_BEGIN_DECLS

struct _BksCall
{
  GObject               parent_instance;

  GPtrArray            *targets;   /* of BksTarget, the requested one first */
  BksCompletionRequest *request;
  char                 *role;      /* NULL: none */
  char                 *book_id;   /* NULL: none */
  char                 *device_id; /* NULL: this machine's own user */
  gboolean              failover;
  gboolean              whole;     /* the answer is handed over in one piece, or not at all */
  BksMoney              most_cost; /* BKS_MONEY_UNKNOWN: no ceiling */

  char                 *id;        /* groups the attempts in the ledger; NULL until it has begun */
  BksAnswer            *answer;    /* what the caller sees */
  GPtrArray            *attempts;  /* of BksAttempt */
  gboolean              broke_off; /* the last of them, in the middle of its answer */
};

BksAttempt *bks_call_begin_attempt (BksCall      *self,
                                    BksTarget    *target);
void        bks_call_fail_attempt  (BksCall      *self,
                                    BksAttempt   *attempt,
                                    BksAnswer    *came,
                                    const GError *error);
void        bks_call_pass_on       (BksCall      *self,
                                    BksAnswer    *from);
void        bks_call_take_answer   (BksCall      *self,
                                    BksAnswer    *from,
                                    gboolean      complete);

G_END_DECLS
