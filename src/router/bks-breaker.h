/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-circuit.h"
#include "bks-error.h"
#include "bks-limits.h"

G_BEGIN_DECLS

/**
 * BksAdmission:
 * @state: whether a call may go there
 * @reason: the class that keeps it from going; only with %BKS_CIRCUIT_OPEN and %BKS_CIRCUIT_DEAD
 * @wait_ms: how long until it may; -1: not before a person does something
 *
 * What a breaker says of one model of one provider.
 */
typedef struct
{
  BksCircuitState state;
  BksError        reason;
  gint64          wait_ms;
} BksAdmission;

#define BKS_TYPE_BREAKER (bks_breaker_get_type ())
G_DECLARE_FINAL_TYPE (BksBreaker, bks_breaker, BKS, BREAKER, GObject)

BksBreaker   *bks_breaker_new          (BksLimits    *limits);
BksAdmission  bks_breaker_look         (BksBreaker   *self,
                                        const char   *provider,
                                        const char   *key_tag,
                                        const char   *model);
void          bks_breaker_begin        (BksBreaker   *self,
                                        const char   *provider,
                                        const char   *key_tag,
                                        const char   *model);
void          bks_breaker_note_success (BksBreaker   *self,
                                        const char   *provider,
                                        const char   *key_tag,
                                        const char   *model);
void          bks_breaker_note_failure (BksBreaker   *self,
                                        const char   *provider,
                                        const char   *key_tag,
                                        const char   *model,
                                        BksError      reason,
                                        gint64        retry_after_ms);
void          bks_breaker_note_nothing (BksBreaker   *self,
                                        const char   *provider,
                                        const char   *key_tag,
                                        const char   *model);
void          bks_breaker_revive       (BksBreaker   *self,
                                        const char   *provider);
void          bks_breaker_note_listed  (BksBreaker   *self,
                                        const char   *provider,
                                        const char   *model);
void          bks_breaker_restore      (BksBreaker   *self,
                                        GPtrArray    *circuits);
GPtrArray    *bks_breaker_list         (BksBreaker   *self);
gboolean      bks_breaker_must_persist (BksBreaker   *self,
                                        const BksCircuit *circuit);

G_END_DECLS
