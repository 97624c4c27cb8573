/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include "bks-model.h"

struct _BksModel
{
  GObject       parent_instance;

  char         *provider;
  char         *id;
  gint64        window;
  BksAbilities  abilities;
  BksMoney      input_price;
  BksMoney      output_price;
};

G_DEFINE_FINAL_TYPE (BksModel, bks_model, G_TYPE_OBJECT)

static void
bks_model_finalize (GObject *object)
{
  BksModel *self = BKS_MODEL (object);

  g_free (self->provider);
  g_free (self->id);
  G_OBJECT_CLASS (bks_model_parent_class)->finalize (object);
}

static void
bks_model_class_init (BksModelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_model_finalize;
}

static void
bks_model_init (BksModel *self)
{
  self->window = -1;
  self->input_price = BKS_MONEY_UNKNOWN;
  self->output_price = BKS_MONEY_UNKNOWN;
}

/**
 * bks_model_new:
 * @provider: the provider's id
 * @id: the model, as its provider spells it
 *
 * Returns: (transfer full): a model of which nothing else is known
 */
BksModel *
bks_model_new (const char *provider,
               const char *id)
{
  BksModel *self = g_object_new (BKS_TYPE_MODEL, NULL);

  self->provider = g_strdup (provider);
  self->id = g_strdup (id);
  return self;
}

/**
 * bks_model_get_provider:
 * @self: a model
 *
 * Returns: (transfer none): the provider's id
 */
const char *
bks_model_get_provider (BksModel *self)
{
  g_return_val_if_fail (BKS_IS_MODEL (self), NULL);

  return self->provider;
}

/**
 * bks_model_get_id:
 * @self: a model
 *
 * Returns: (transfer none): its id, as the provider spells it
 */
const char *
bks_model_get_id (BksModel *self)
{
  g_return_val_if_fail (BKS_IS_MODEL (self), NULL);

  return self->id;
}

/**
 * bks_model_get_window:
 * @self: a model
 *
 * Returns: how many tokens question and answer may come to, -1 if unknown
 */
gint64
bks_model_get_window (BksModel *self)
{
  g_return_val_if_fail (BKS_IS_MODEL (self), -1);

  return self->window;
}

/**
 * bks_model_set_window:
 * @self: a model
 * @tokens: how many tokens question and answer may come to, -1 if unknown
 */
void
bks_model_set_window (BksModel *self,
                      gint64    tokens)
{
  g_return_if_fail (BKS_IS_MODEL (self));

  self->window = tokens;
}

/**
 * bks_model_get_abilities:
 * @self: a model
 *
 * Returns: what it can, as far as its provider tells; 0: it tells nothing
 */
BksAbilities
bks_model_get_abilities (BksModel *self)
{
  g_return_val_if_fail (BKS_IS_MODEL (self), 0);

  return self->abilities;
}

/**
 * bks_model_set_abilities:
 * @self: a model
 * @abilities: what it can
 */
void
bks_model_set_abilities (BksModel     *self,
                         BksAbilities  abilities)
{
  g_return_if_fail (BKS_IS_MODEL (self));

  self->abilities = abilities;
}

/**
 * bks_model_get_input_price:
 * @self: a model
 *
 * Returns: the price of a token of the question, %BKS_MONEY_UNKNOWN where not listed
 */
BksMoney
bks_model_get_input_price (BksModel *self)
{
  g_return_val_if_fail (BKS_IS_MODEL (self), BKS_MONEY_UNKNOWN);

  return self->input_price;
}

/**
 * bks_model_get_output_price:
 * @self: a model
 *
 * Returns: the price of a token of the answer, %BKS_MONEY_UNKNOWN where not listed
 */
BksMoney
bks_model_get_output_price (BksModel *self)
{
  g_return_val_if_fail (BKS_IS_MODEL (self), BKS_MONEY_UNKNOWN);

  return self->output_price;
}

/**
 * bks_model_set_prices:
 * @self: a model
 * @input: the price of a token of the question
 * @output: the price of a token of the answer
 */
void
bks_model_set_prices (BksModel *self,
                      BksMoney  input,
                      BksMoney  output)
{
  g_return_if_fail (BKS_IS_MODEL (self));

  self->input_price = input;
  self->output_price = output;
}
