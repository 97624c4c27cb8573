/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

#include "bks-money.h"

G_BEGIN_DECLS

/* One question to a model. Filled in by the caller, then not changed. */

#define BKS_TYPE_COMPLETION_REQUEST (bks_completion_request_get_type ())

typedef struct
{
  char *role;    /* "system", "user" or "assistant" */
  char *content;
} BksMessage;

typedef struct
{
  char      *model;       /* as the provider spells it */
  GPtrArray *messages;    /* of BksMessage */
  gint64     max_tokens;  /* -1: the provider's default */
  double     temperature; /* NAN: not sent */
  gboolean   stream;
  guint      first_token_ms; /* 0: as long as such a model may take; a model that is slow by nature has its own time */
  guint      total_ms;       /* 0: as long as an answer may take */
} BksCompletionRequest;

GType                 bks_completion_request_get_type    (void);
BksCompletionRequest *bks_completion_request_new         (const char           *model);
BksCompletionRequest *bks_completion_request_copy        (BksCompletionRequest *self);
BksCompletionRequest *bks_completion_request_ref         (BksCompletionRequest *self);
void                  bks_completion_request_unref       (BksCompletionRequest *self);
void                  bks_completion_request_add_message (BksCompletionRequest *self,
                                                          const char           *role,
                                                          const char           *content);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksCompletionRequest, bks_completion_request_unref)

/* Disjoint token counts, -1 where the provider did not tell. */
typedef struct
{
  gint64   input;       /* neither read from nor written to a cache */
  gint64   cache_read;
  gint64   cache_write; /* for 5 minutes */
  gint64   cache_write_1h;
  gint64   output;      /* reasoning included */
  gint64   reasoning;   /* of those in output */
  BksMoney reported_cost; /* BKS_MONEY_UNKNOWN unless the provider said it */
} BksTokenUsage;

/*
 * BksAnswer: what came back so far. Made by the caller, filled by the
 * provider while it arrives, so that a cut stream leaves its text and usage.
 * Signals, on the thread of the default main context:
 *   text (const char *)       a piece of the answer, valid UTF-8
 *   reasoning (const char *)  a piece of the model's thinking, never part of the answer
 */
#define BKS_TYPE_ANSWER (bks_answer_get_type ())
G_DECLARE_FINAL_TYPE (BksAnswer, bks_answer, BKS, ANSWER, GObject)

BksAnswer           *bks_answer_new               (void);
const char          *bks_answer_get_text          (BksAnswer  *self);
const char          *bks_answer_get_reasoning     (BksAnswer  *self);
const char          *bks_answer_get_model         (BksAnswer  *self);  /* that answered; NULL: not told */
const char          *bks_answer_get_finish_reason (BksAnswer  *self);  /* "stop", "length", …; NULL: not ended */
const char          *bks_answer_get_request_id    (BksAnswer  *self);
gint64               bks_answer_get_first_token_ms (BksAnswer *self);  /* since sending; -1: none came */
gboolean             bks_answer_get_sent          (BksAnswer  *self);  /* a byte of the request was accepted */
const BksTokenUsage *bks_answer_get_usage         (BksAnswer  *self);
/* For providers: */
void                 bks_answer_add_text          (BksAnswer  *self,
                                                   const char *text);
void                 bks_answer_add_reasoning     (BksAnswer  *self,
                                                   const char *text);
void                 bks_answer_set_model         (BksAnswer  *self,
                                                   const char *model);
void                 bks_answer_set_finish_reason (BksAnswer  *self,
                                                   const char *reason);
void                 bks_answer_set_request_id    (BksAnswer  *self,
                                                   const char *request_id);
void                 bks_answer_set_first_token_ms (BksAnswer *self,
                                                   gint64      elapsed_ms);
void                 bks_answer_set_sent          (BksAnswer  *self);
BksTokenUsage       *bks_answer_edit_usage        (BksAnswer  *self);

G_END_DECLS
