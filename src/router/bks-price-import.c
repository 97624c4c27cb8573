/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <string.h>

#include "bks-error.h"
#include "bks-json.h"
#include "bks-price-import-private.h"
#include "bks-price-table.h"

/*
 * LiteLLM's table of prices (model_prices_and_context_window.json, MIT) as a
 * table of this program's: what build-aux/import-model-prices.py does when a
 * release is made, for who asks for newer prices.
 */

/* No window is larger. */
#define MOST_THOUSANDS 1000000

static const struct
{
  const char *vendor;
  const char *provider;
  const char *prefix; /* stripped once; NULL: none */
} vendors[] = {
  { "openai", "openai", NULL },
  { "anthropic", "anthropic", NULL },
  { "openrouter", "openrouter", "openrouter/" },
  { "together_ai", "together", "together_ai/" },
  { "cloudflare", "cloudflare", "cloudflare/" },
  { "ollama", "ollama", "ollama/" },
};

static const struct
{
  const char *ours;
  const char *theirs;
} buckets[] = {
  { "input", "input_cost_per_token" },
  { "output", "output_cost_per_token" },
  { "cache_read", "cache_read_input_token_cost" },
  { "cache_write", "cache_creation_input_token_cost" },
};

static gboolean
is_free (const char *provider,
         const char *model)
{
  if (g_str_equal (provider, "ollama"))
    return strstr (model, "-cloud") == NULL;
  return g_str_has_suffix (model, ":free") || g_str_has_suffix (model, "-Free") ||
         (g_str_equal (provider, "openrouter") && (g_str_equal (model, "free") || g_str_equal (model, "openrouter/free")));
}

/* Zero is what the table says where it does not know. What is negative is left for who checks the table. */
static void
add_price (JsonBuilder *builder,
           const char  *ours,
           JsonObject  *entry,
           const char  *theirs)
{
  g_autofree char *text = NULL;
  BksMoney price;

  if (!bks_json_get_money (entry, theirs, &price) || price == 0)
    return;
  text = bks_money_format (price);
  bks_json_add_string (builder, ours, text);
}

/* The lowest number of thousands of tokens above which the entry has other prices; 0: none. */
static gint64
find_long (JsonObject *entry)
{
  JsonObjectIter iter;
  const char *member;
  gint64 lowest = 0;

  json_object_iter_init (&iter, entry);
  while (json_object_iter_next (&iter, &member, NULL))
    {
      const char *mark = strstr (member, "_above_");
      char *end;
      gint64 thousands = mark != NULL ? g_ascii_strtoll (mark + strlen ("_above_"), &end, 10) : 0;

      if (thousands > 0 && thousands <= MOST_THOUSANDS && g_str_equal (end, "k_tokens") && (lowest == 0 || thousands < lowest))
        lowest = thousands;
    }
  return lowest;
}

static void
add_long (JsonBuilder *builder,
          JsonObject  *entry)
{
  gint64 thousands = find_long (entry);

  if (thousands == 0)
    return;
  bks_json_begin_object (builder, "long");
  bks_json_add_int (builder, "above", thousands * 1000);
  for (guint i = 0; i < G_N_ELEMENTS (buckets); i++)
    {
      g_autofree char *theirs = g_strdup_printf ("%s_above_%" G_GINT64_FORMAT "k_tokens", buckets[i].theirs, thousands);

      add_price (builder, buckets[i].ours, entry, theirs);
    }
  json_builder_end_object (builder);
}

static void
add_prices (JsonBuilder *builder,
            JsonObject  *entry)
{
  BksMoney output;

  for (guint i = 0; i < G_N_ELEMENTS (buckets); i++)
    add_price (builder, buckets[i].ours, entry, buckets[i].theirs);
  add_price (builder, "cache_write_1h", entry, "cache_creation_input_token_cost_above_1hr");
  add_long (builder, entry);
  if (bks_json_get_money (entry, "output_cost_per_token", &output) && output >= BKS_PRICE_FRONTIER)
    bks_json_add_boolean (builder, "frontier", TRUE);
}

static void
add_free (JsonBuilder *builder)
{
  bks_json_add_string (builder, "input", "0");
  bks_json_add_string (builder, "output", "0");
}

static void
add_entry (JsonBuilder *builder,
           const char  *provider,
           const char  *model,
           JsonObject  *entry)
{
  BksMoney input;
  gint64 most;

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "provider", provider);
  bks_json_add_string (builder, "model", model);
  if (is_free (provider, model))
    add_free (builder);
  else if (!g_str_equal (provider, "ollama") && bks_json_get_money (entry, "input_cost_per_token", &input) && input != 0)
    add_prices (builder, entry);
  if (bks_json_get_int (entry, "max_output_tokens", &most) && most > 0)
    bks_json_add_int (builder, "max_output", most);
  json_builder_end_object (builder);
}

static void
add_named (JsonBuilder *builder,
           const char  *name,
           JsonObject  *entry)
{
  const char *vendor = bks_json_get_string (entry, "litellm_provider");

  if (vendor == NULL || g_strcmp0 (bks_json_get_string (entry, "mode"), "chat") != 0)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (vendors); i++)
    if (g_str_equal (vendor, vendors[i].vendor))
      {
        if (vendors[i].prefix != NULL && g_str_has_prefix (name, vendors[i].prefix))
          name += strlen (vendors[i].prefix);
        if (*name != '\0')
          add_entry (builder, vendors[i].provider, name, entry);
        return;
      }
}

static char *
convert (JsonObject *root,
         const char *as_of)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "as_of", as_of);
  bks_json_begin_array (builder, "models");
  json_object_iter_init (&iter, root);
  while (json_object_iter_next (&iter, &name, &node))
    if (JSON_NODE_HOLDS_OBJECT (node))
      add_named (builder, name, json_node_get_object (node));
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return bks_json_builder_end (builder);
}

/**
 * bks_price_import:
 * @json: what was downloaded: LiteLLM's table, or one of this program's
 * @length: its bytes
 * @as_of: today, "2026-08-01"
 * @error: return location
 *
 * For a thread: it comes from outside.
 *
 * Returns: (transfer full): a table of this program's, not checked yet; %NULL
 *   with %BKS_ERROR_INVALID_INPUT if it is no JSON object
 */
char *
bks_price_import (const char  *json,
                  gssize       length,
                  const char  *as_of,
                  GError     **error)
{
  g_autoptr(JsonObject) root = bks_json_parse_untrusted (json, length, error);

  if (root == NULL)
    return NULL;
  if (bks_json_get_array (root, "models") != NULL)
    return g_strndup (json, (gsize) length);
  return convert (root, as_of);
}
