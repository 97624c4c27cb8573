/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-completion.h"
#include "bks-limits.h"
#include "bks-price-book.h"

G_BEGIN_DECLS

#define BKS_TYPE_CHARGE (bks_charge_get_type ())

/**
 * BksCharge:
 * @request_id: groups the attempts of one call
 * @attempt: which attempt, from 1
 * @provider: a provider's id
 * @model: a model of it, as asked
 * @role: (nullable): for which role
 * @book_id: (nullable): for which book
 * @device_id: (nullable): which companion asks; %NULL: this machine's own user
 * @local: the model runs on this machine, so that no tier governs it
 * @whole_book: a step of an operation on a whole book, which tiers may lock
 * @most: what the attempt costs at most, pico-dollars; %BKS_MONEY_UNKNOWN where no price is known
 * @estimate: what it costs by estimate, at which it is settled if this process dies; %BKS_MONEY_UNKNOWN: as @most
 * @input: tokens that go there, by estimate; -1: unknown
 * @output: tokens that come back, by estimate; -1: unknown
 * @tokens: how many tokens it uses at most, in and out
 *
 * One attempt at a call, before it is made: who pays, and how much at most.
 * Filled in by the caller, then not changed.
 */
typedef struct
{
  char     *request_id;
  guint     attempt;
  char     *provider;
  char     *model;
  char     *role;
  char     *book_id;
  char     *device_id;
  gboolean  local;
  gboolean  whole_book;
  BksMoney  most;
  BksMoney  estimate;
  gint64    input;
  gint64    output;
  gint64    tokens;
} BksCharge;

GType      bks_charge_get_type (void);
BksCharge *bks_charge_new      (void);
BksCharge *bks_charge_ref      (BksCharge            *self);
void       bks_charge_unref    (BksCharge            *self);
void       bks_charge_bound    (BksCharge            *self,
                                BksPriceBook         *prices,
                                BksLimits            *limits,
                                BksCompletionRequest *request,
                                gboolean              free);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksCharge, bks_charge_unref)

G_END_DECLS
