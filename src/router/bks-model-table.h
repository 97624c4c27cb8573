/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-library-providers.h"

G_BEGIN_DECLS

/**
 * BksModelTableContext:
 * @providers: (array zero-terminated=1): ids of the providers there are
 * @local_models: (element-type utf8) (nullable): what the local Ollama lists
 * @listed: (element-type utf8 utf8) (nullable): model id → the one configured
 *   provider that lists it, "" where several do
 *
 * What the table from model to provider looks at.
 */
typedef struct
{
  const char *const *providers;
  GHashTable        *local_models;
  GHashTable        *listed;
} BksModelTableContext;

BksTarget *bks_model_table_resolve        (const char                 *model,
                                           const BksModelTableContext *context);
gboolean   bks_model_table_needs_local    (const char                 *model,
                                           const BksModelTableContext *context);
gboolean   bks_model_table_needs_listings (const char                 *model,
                                           const BksModelTableContext *context);

G_END_DECLS
