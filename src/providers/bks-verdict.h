/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

#include "bks-money.h"

G_BEGIN_DECLS

typedef enum
{
  BKS_VERDICT_REACHABLE,      /* the server is there, and needs no key */
  BKS_VERDICT_KEY_ACCEPTED,   /* no route of it shows whether there is credit */
  BKS_VERDICT_KEY_RESTRICTED, /* accepted, but it may not list models */
  BKS_VERDICT_CREDIT,         /* accepted, and this much may be spent */
} BksVerdictKind;

#define BKS_TYPE_VERDICT (bks_verdict_get_type ())

/**
 * BksVerdict:
 * @kind: what is known
 * @credit: what is left, %BKS_MONEY_UNKNOWN but for %BKS_VERDICT_CREDIT
 * @took_ms: how long the server took
 *
 * What a check of a provider that went well has found.
 */
typedef struct
{
  BksVerdictKind kind;
  BksMoney       credit;
  gint64         took_ms;
} BksVerdict;

GType       bks_verdict_get_type (void);
BksVerdict *bks_verdict_new      (BksVerdictKind    kind,
                                  BksMoney          credit);
BksVerdict *bks_verdict_copy     (const BksVerdict *self);
void        bks_verdict_free     (BksVerdict       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksVerdict, bks_verdict_free)

G_END_DECLS
