/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

#include "bks-money.h"

G_BEGIN_DECLS

/* What a model can, as far as its provider tells; 0: it tells nothing. */
typedef enum
{
  BKS_ABILITY_TEXT       = 1 << 0,
  BKS_ABILITY_REASONING  = 1 << 1,
  BKS_ABILITY_TOOLS      = 1 << 2,
  BKS_ABILITY_VISION     = 1 << 3,
  BKS_ABILITY_EMBEDDINGS = 1 << 4,
} BksAbilities;

/* A model as its provider lists it. */
#define BKS_TYPE_MODEL (bks_model_get_type ())
G_DECLARE_FINAL_TYPE (BksModel, bks_model, BKS, MODEL, GObject)

BksModel   *bks_model_new              (const char *provider,
                                        const char *id);
const char *bks_model_get_provider     (BksModel   *self);
const char *bks_model_get_id           (BksModel   *self);
gint64      bks_model_get_window       (BksModel   *self); /* tokens, -1 unknown */
void        bks_model_set_window       (BksModel   *self,
                                        gint64      tokens);
BksAbilities bks_model_get_abilities   (BksModel   *self);
void        bks_model_set_abilities    (BksModel   *self,
                                        BksAbilities abilities);
/* US pico-dollars a token, BKS_MONEY_UNKNOWN where not listed. */
BksMoney    bks_model_get_input_price  (BksModel   *self);
BksMoney    bks_model_get_output_price (BksModel   *self);
void        bks_model_set_prices       (BksModel   *self,
                                        BksMoney    input,
                                        BksMoney    output);

G_END_DECLS
