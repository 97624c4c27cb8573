/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <string.h>

#include "bks-charge.h"
#include "bks-router.h"

G_DEFINE_BOXED_TYPE (BksCharge, bks_charge, bks_charge_ref, bks_charge_unref)

/* What a message takes besides its text: its role and the marks around it. */
#define TOKENS_PER_MESSAGE 16

/**
 * bks_charge_new:
 *
 * Returns: (transfer full): a charge in which nothing is known yet
 */
BksCharge *
bks_charge_new (void)
{
  BksCharge *self = g_atomic_rc_box_new0 (BksCharge);

  self->attempt = 1;
  self->most = self->estimate = BKS_MONEY_UNKNOWN;
  self->input = self->output = -1;
  return self;
}

/**
 * bks_charge_ref:
 * @self: a charge
 *
 * Returns: (transfer full): @self
 */
BksCharge *
bks_charge_ref (BksCharge *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
charge_clear (gpointer data)
{
  BksCharge *self = data;

  g_free (self->request_id);
  g_free (self->provider);
  g_free (self->model);
  g_free (self->role);
  g_free (self->book_id);
  g_free (self->device_id);
}

/**
 * bks_charge_unref:
 * @self: (transfer full): a charge
 */
void
bks_charge_unref (BksCharge *self)
{
  g_atomic_rc_box_release_full (self, charge_clear);
}

/* Where no price is known a longest answer gives no bound, and what this server allows is not known either. */
static gint64
choose_max_tokens (BksPriceBook *prices,
                   BksLimits    *limits,
                   const char   *provider,
                   const char   *model)
{
  const BksPrice *price = bks_price_book_lookup (prices, provider, model, NULL);

  if (price == NULL)
    return -1;
  return price->max_output > 0 ? MIN (price->max_output, limits->answer_tokens) : limits->answer_tokens_cautious;
}

/**
 * bks_charge_bound:
 * @self: a charge whose provider and model are filled in
 * @prices: the prices
 * @limits: limits
 * @request: what will be sent; gets a longest answer if it has none, without
 *   which no bound would hold
 * @free: whether the model costs nothing, for it runs on the author's machine
 *
 * Works out what the attempt costs at most and by estimate. No tokenizer makes
 * more tokens than there are bytes in UTF-8.
 */
void
bks_charge_bound (BksCharge            *self,
                  BksPriceBook         *prices,
                  BksLimits            *limits,
                  BksCompletionRequest *request,
                  gboolean              free)
{
  BksTokenUsage usage = { 0 };
  gint64 most_input = 0;

  g_return_if_fail (self != NULL && self->provider != NULL && self->model != NULL && request != NULL);

  if (request->max_tokens < 0 && !free)
    request->max_tokens = choose_max_tokens (prices, limits, self->provider, self->model);
  for (guint i = 0; i < request->messages->len; i++)
    {
      const BksMessage *message = g_ptr_array_index (request->messages, i);

      most_input += (gint64) (strlen (message->role) + strlen (message->content)) + TOKENS_PER_MESSAGE;
      usage.input += bks_router_estimate_tokens (message->content);
    }
  usage.output = request->max_tokens;
  self->input = usage.input;
  self->output = usage.output;
  self->tokens = most_input + (usage.output >= 0 ? usage.output : limits->answer_tokens);
  self->most = free ? 0 : bks_price_book_get_upper_bound (prices, self->provider, self->model, most_input, usage.output);
  self->estimate = free ? 0 : bks_price_book_get_cost (prices, self->provider, self->model, &usage, NULL);
}
