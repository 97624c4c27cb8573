/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-call-private.h"
#include "bks-router-private.h"

G_BEGIN_DECLS

/**
 * BksCandidate:
 * @target: a provider and a model
 * @info: (nullable): the provider; %NULL: there is none of that name
 * @key: (nullable): its key, while the call lasts
 * @key_tag: (nullable): tells the key apart; %NULL until the key was looked up
 * @window: tokens the model takes in, -1 unknown
 * @free: whether the model costs nothing
 * @repeats: how often it was asked again
 * @refusal: (nullable): why it is not to be asked any more in this call
 *
 * A target as one call sees it.
 */
typedef struct
{
  BksTarget       *target;
  BksProviderInfo *info;
  char            *key;
  char            *key_tag;
  gint64           window;
  gboolean         free;
  guint            repeats;
  GError          *refusal;
} BksCandidate;

GPtrArray *bks_candidates_await    (BksRouter           *router,
                                    BksCall             *call,
                                    GError             **error);
gboolean   bks_candidate_is_local  (const BksCandidate  *self);
void       bks_candidate_refuse    (BksCandidate        *candidate,
                                    const GError        *error);
gboolean   bks_candidate_await_key (BksCandidate        *candidate,
                                    BksRouter           *router,
                                    DexCancellable      *cancellable,
                                    GError             **error);

G_END_DECLS
