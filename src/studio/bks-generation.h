/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>
#include <libdex.h>

#include "bks-book-session.h"
#include "bks-money.h"
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

/*
 * BksGeneration: an AI text in the making, kept as a draft beside the text and
 * never in it. Properties (notify): state, text, cost-text.
 * Signal "text" (const char *piece).
 */
#define BKS_TYPE_GENERATION (bks_generation_get_type ())
G_DECLARE_FINAL_TYPE (BksGeneration, bks_generation, BKS, GENERATION, GObject)

/* What would be sent and what it may cost, before sending. */
typedef struct
{
  gint64   input_tokens;  /* estimated */
  gint64   output_tokens; /* at most */
  BksMoney cost_low;      /* estimated; BKS_MONEY_UNKNOWN where no price is known */
  BksMoney cost_high;
} BksEstimate;

BksEstimate         bks_generation_estimate_continue (BksRouter           *router,
                                                      const char          *provider,
                                                      const char          *model,
                                                      const char          *text_before);
/* (transfer full): starts at once. Continues node's text at byte @offset of
 * @text_before's end; @instructions may be NULL. */
BksGeneration      *bks_generation_continue          (BksRouter           *router,
                                                      BksBookSession      *session,
                                                      BksNode             *node,
                                                      const char          *text_before,
                                                      const char          *instructions,
                                                      const char          *provider,
                                                      const char          *model);
BksGenerationState  bks_generation_get_state         (BksGeneration       *self);
const char         *bks_generation_get_draft_id      (BksGeneration       *self); /* NULL until it is stored */
const char         *bks_generation_get_text          (BksGeneration       *self);
const char         *bks_generation_get_provider      (BksGeneration       *self);
const char         *bks_generation_get_model         (BksGeneration       *self);
const GError       *bks_generation_get_error         (BksGeneration       *self);
/* Both valid from COMPLETE, STOPPED, INTERRUPTED on. */
BksMoney            bks_generation_get_cost          (BksGeneration       *self);
gint64              bks_generation_get_tokens        (BksGeneration       *self); /* input and output; -1 unknown */
void                bks_generation_stop              (BksGeneration       *self);
/* → TRUE when it has ended in any way and the draft is stored */
DexFuture          *bks_generation_wait              (BksGeneration       *self);
/* → TRUE: marks the draft as taken. The caller has put the text into its editor;
 * the text and the mark are saved in one transaction. */
DexFuture          *bks_generation_insert            (BksGeneration       *self,
                                                      BksNodeSession      *node_session);
/* → TRUE: rejects the draft */
DexFuture          *bks_generation_discard           (BksGeneration       *self);
/* → BksGeneration or NULL: the newest pending draft of a node, found again after a restart */
DexFuture          *bks_generation_resume            (BksRouter           *router,
                                                      BksBookSession      *session,
                                                      BksNode             *node);

G_END_DECLS
