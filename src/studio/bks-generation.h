/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libdex.h>

#include "bks-book-session.h"
#include "bks-router.h"

G_BEGIN_DECLS

typedef enum
{
  BKS_GENERATION_RUNNING,
  BKS_GENERATION_COMPLETE,
  BKS_GENERATION_STOPPED,     /* by the person; what came is kept */
  BKS_GENERATION_INTERRUPTED, /* cut; what came is kept and marked incomplete */
  BKS_GENERATION_FAILED,      /* nothing came */
  BKS_GENERATION_INSERTED,
  BKS_GENERATION_DISCARDED,
} BksGenerationState;

/**
 * BksEstimate:
 *
 * What would be sent and what it may cost, before sending.
 */
typedef struct
{
  gint64   input_tokens;
  gint64   output_tokens; /* at most */
  BksMoney cost_low;      /* with no answer at all; BKS_MONEY_UNKNOWN where no price is known */
  BksMoney cost_high;     /* with the longest one */
} BksEstimate;

#define BKS_TYPE_GENERATION (bks_generation_get_type ())
G_DECLARE_FINAL_TYPE (BksGeneration, bks_generation, BKS, GENERATION, GObject)

BksEstimate         bks_generation_estimate_continue (BksRouter      *router,
                                                      BksBookSession *session,
                                                      BksNode        *node,
                                                      const char     *text_before,
                                                      const char     *instructions,
                                                      const char     *provider,
                                                      const char     *model);
BksGeneration      *bks_generation_continue          (BksRouter      *router,
                                                      BksBookSession *session,
                                                      BksNode        *node,
                                                      const char     *text_before,
                                                      const char     *instructions,
                                                      const char     *provider,
                                                      const char     *model);
BksGeneration      *bks_generation_go_on             (BksGeneration  *earlier);
BksGeneration      *bks_generation_start_elsewhere   (BksGeneration  *earlier);
DexFuture          *bks_generation_resume            (BksRouter      *router,
                                                      BksBookSession *session,
                                                      BksNode        *node);
BksGenerationState  bks_generation_get_state         (BksGeneration  *self);
const char         *bks_generation_get_draft_id      (BksGeneration  *self);
const char         *bks_generation_get_text          (BksGeneration  *self);
const char         *bks_generation_get_provider      (BksGeneration  *self);
const char         *bks_generation_get_model         (BksGeneration  *self);
const GError       *bks_generation_get_error         (BksGeneration  *self);
const GError       *bks_generation_get_fallback      (BksGeneration  *self,
                                                      const char    **asked);
BksGeneration      *bks_generation_get_earlier       (BksGeneration  *self);
gboolean            bks_generation_can_go_on         (BksGeneration  *self);
BksMoney            bks_generation_get_cost          (BksGeneration  *self);
gint64              bks_generation_get_tokens        (BksGeneration  *self);
gint64              bks_generation_get_total_ms      (BksGeneration  *self);
void                bks_generation_stop              (BksGeneration  *self);
DexFuture          *bks_generation_wait              (BksGeneration  *self);
DexFuture          *bks_generation_insert            (BksGeneration  *self,
                                                      BksNodeSession *node_session);
DexFuture          *bks_generation_discard           (BksGeneration  *self);

G_END_DECLS
