/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <string.h>

#include "bks-presets-private.h"
#include "bks-router-private.h"

/* What a call would use and cost, before it is made. */

/* Where no tokenizer is known: English prose has about four bytes a token, and
 * no script has fewer than one token for four. */
#define BYTES_PER_TOKEN 4
#define TOKENS_PER_MESSAGE 4

/**
 * bks_router_estimate_tokens:
 * @text: a text
 *
 * Returns: about how many tokens it is, for providers whose tokenizer nobody has
 */
gint64
bks_router_estimate_tokens (const char *text)
{
  return (gint64) (strlen (text) + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
}

/**
 * bks_request_estimate_tokens:
 * @request: a question
 *
 * Returns: about how many tokens it is
 */
gint64
bks_request_estimate_tokens (BksCompletionRequest *request)
{
  gint64 tokens = 0;

  for (guint i = 0; i < request->messages->len; i++)
    {
      const BksMessage *message = g_ptr_array_index (request->messages, i);

      tokens += bks_router_estimate_tokens (message->content) + TOKENS_PER_MESSAGE;
    }
  return tokens;
}

/**
 * bks_model_is_passed_on:
 * @model: a model of Ollama
 *
 * Returns: whether Ollama passes it on to its makers' servers, at a price it does not tell
 */
gboolean
bks_model_is_passed_on (const char *model)
{
  return g_str_has_suffix (model, "-cloud") || g_str_has_suffix (model, ":cloud");
}

/**
 * bks_router_price:
 * @self: a router
 * @provider: a provider's id
 * @model: a model of it
 * @input_tokens: how many tokens go there
 * @output_tokens: how many come back
 *
 * Returns: what that costs in pico-dollars, %BKS_MONEY_UNKNOWN where no price is known
 */
BksMoney
bks_router_price (BksRouter  *self,
                  const char *provider,
                  const char *model,
                  gint64      input_tokens,
                  gint64      output_tokens)
{
  BksTokenUsage usage = { .input = input_tokens, .output = output_tokens };

  g_return_val_if_fail (BKS_IS_ROUTER (self), BKS_MONEY_UNKNOWN);

  if (GPOINTER_TO_INT (g_hash_table_lookup (self->free, provider)) && !bks_model_is_passed_on (model))
    return 0;
  return bks_price_book_get_cost (self->prices, provider, model, &usage, NULL);
}

/**
 * bks_router_get_prices_date:
 * @self: a router
 *
 * Returns: (transfer none): the day of the shipped prices, "2026-08-01"
 */
const char *
bks_router_get_prices_date (BksRouter *self)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self), NULL);

  return bks_price_book_get_as_of (self->prices);
}
