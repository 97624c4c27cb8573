/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-completion.h"
#include "bks-library-providers.h"

G_BEGIN_DECLS

#define BKS_TYPE_OUTCOME (bks_outcome_get_type ())

/**
 * BksOutcome:
 *
 * What one attempt did, as the ledger has it.
 */
typedef struct
{
  char          *usage_id;
  char          *provider;
  char          *model;         /* that answered, else that was asked */
  char          *finish_reason;
  BksTokenUsage  usage;         /* estimates where the provider was silent */
  gboolean       estimated;
  BksMoney       cost;          /* BKS_MONEY_UNKNOWN */
  gint64         total_ms;
} BksOutcome;

GType       bks_outcome_get_type (void);
BksOutcome *bks_outcome_ref      (BksOutcome *self);
void        bks_outcome_unref    (BksOutcome *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksOutcome, bks_outcome_unref)

/**
 * BksAttempt:
 * @n: which attempt of its call, from 1
 * @target: who was asked
 * @error: (nullable): what went wrong; %NULL while it runs, and if it answered
 * @partial_chars: how much of an answer had come when it went wrong
 * @outcome: (nullable): what the ledger noted; %NULL while it runs
 *
 * One attempt of a call.
 */
typedef struct
{
  guint       n;
  BksTarget  *target;
  GError     *error;
  glong       partial_chars;
  BksOutcome *outcome;
} BksAttempt;

/*
 * BksCall: one question to whoever of several can answer it, and all that
 * becomes of it. Made by the caller, carried out by bks_router_complete().
 * Signals, on the thread of the default main context:
 *   attempt (BksAttempt *)  somebody is asked
 *   failed (BksAttempt *)   that attempt has failed; another may follow
 *   restart (guint)         the answer broke off and is asked for anew, as attempt n
 */
#define BKS_TYPE_CALL (bks_call_get_type ())
G_DECLARE_FINAL_TYPE (BksCall, bks_call, BKS, CALL, GObject)

BksCall          *bks_call_new              (GPtrArray            *targets,
                                             BksCompletionRequest *request);
void              bks_call_set_role         (BksCall              *self,
                                             const char           *role);
void              bks_call_set_book_id      (BksCall              *self,
                                             const char           *book_id);
void              bks_call_set_device_id    (BksCall              *self,
                                             const char           *device_id);
void              bks_call_set_failover     (BksCall              *self,
                                             gboolean              failover);
void              bks_call_set_whole        (BksCall              *self,
                                             gboolean              whole);
void              bks_call_set_most_cost    (BksCall              *self,
                                             BksMoney              most_cost);
BksAnswer        *bks_call_get_answer       (BksCall              *self);
GPtrArray        *bks_call_get_attempts     (BksCall              *self);
const BksAttempt *bks_call_get_last_attempt (BksCall              *self);
gboolean          bks_call_is_interrupted   (BksCall              *self);
BksMoney          bks_call_get_cost         (BksCall              *self);

G_END_DECLS
