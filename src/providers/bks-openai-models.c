/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <string.h>

#include "bks-openai-private.h"

/* What servers of OpenAI's protocol answer to GET /models, each in its own way. */

/**
 * bks_openai_find_models:
 * @root: an answer
 *
 * Returns: (transfer none) (nullable): the rows of {"data":[…]}, {"models":[…]}
 *   or the bare array; %NULL if @root is none of them
 */
JsonArray *
bks_openai_find_models (JsonNode *root)
{
  JsonArray *array;

  if (JSON_NODE_HOLDS_ARRAY (root))
    return json_node_get_array (root);
  if (!JSON_NODE_HOLDS_OBJECT (root))
    return NULL;
  array = bks_json_get_array (json_node_get_object (root), "data");
  return array != NULL ? array : bks_json_get_array (json_node_get_object (root), "models");
}

static gboolean
has_text (JsonArray  *array,
          const char *text)
{
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING &&
          g_str_equal (json_node_get_string (node), text))
        return TRUE;
    }
  return FALSE;
}

/* Others answer with vectors, pictures or sound. By what is told, else by the name. */
static gboolean
writes_text (JsonObject *object,
             const char *id)
{
  static const char *const types[] = { "chat", "language", "code", "base", "model", "llm", "vlm", NULL };
  static const char *const patterns[] = {
    "*embed*", "whisper*", "tts-*", "*-tts*", "dall-e*", "gpt-image*", "*moderation*", "sora*", "*-realtime*",
    "*-transcribe*", "imagen*", "veo*", "*rerank*",
  };
  JsonArray *outputs = bks_json_get_array (bks_json_get_object (object, "architecture"), "output_modalities");
  const char *type = bks_json_get_string (object, "type");
  const char *name = strrchr (id, '/') != NULL ? strrchr (id, '/') + 1 : id;

  if (outputs != NULL && !has_text (outputs, "text"))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++)
    if (g_pattern_match_simple (patterns[i], name))
      return FALSE;
  return type == NULL || g_strv_contains (types, type);
}

/* OpenRouter lists parameters and kinds of input, Mistral and LM Studio abilities by name. */
static BksAbilities
read_abilities (JsonObject *object)
{
  static const struct { const char *name; BksAbilities ability; } flags[] = {
    { "function_calling", BKS_ABILITY_TOOLS },
    { "tool_use", BKS_ABILITY_TOOLS },
    { "vision", BKS_ABILITY_VISION },
    { "reasoning", BKS_ABILITY_REASONING },
  };
  JsonArray *parameters = bks_json_get_array (object, "supported_parameters");
  JsonObject *capabilities = bks_json_get_object (object, "capabilities");
  BksAbilities abilities = 0;

  if (has_text (parameters, "tools"))
    abilities |= BKS_ABILITY_TOOLS;
  if (has_text (parameters, "reasoning") || has_text (parameters, "include_reasoning"))
    abilities |= BKS_ABILITY_REASONING;
  if (has_text (bks_json_get_array (bks_json_get_object (object, "architecture"), "input_modalities"), "image"))
    abilities |= BKS_ABILITY_VISION;
  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    {
      gboolean yes = FALSE;

      if ((bks_json_get_boolean (capabilities, flags[i].name, &yes) && yes) ||
          has_text (bks_json_get_array (object, "capabilities"), flags[i].name))
        abilities |= flags[i].ability;
    }
  return abilities;
}

static gint64
read_window (JsonObject *object)
{
  static const char *const members[] = { "context_length", "context_window", "max_context_length", "max_model_len" };
  gint64 window = -1;
  gint64 top = bks_json_get_count (bks_json_get_object (object, "top_provider"), "context_length");

  for (gsize i = 0; i < G_N_ELEMENTS (members) && window <= 0; i++)
    window = bks_json_get_count (object, members[i]);
  if (top > 0 && (window <= 0 || top < window))
    window = top;
  return window > 0 ? window : -1;
}

/* Zero is what many list who do not know; unless the model is called free. */
static BksMoney
read_price (JsonObject *pricing,
            const char *member,
            gint64      per_tokens,
            gboolean    is_free)
{
  BksMoney price;

  if (!bks_json_get_money (pricing, member, &price) || price < 0 || (price == 0 && !is_free))
    return BKS_MONEY_UNKNOWN;
  return (price + per_tokens / 2) / per_tokens;
}

static void
read_prices (BksModel   *model,
             JsonObject *object)
{
  JsonObject *pricing = bks_json_get_object (object, "pricing");
  g_autofree char *lower = g_ascii_strdown (bks_model_get_id (model), -1);
  gboolean is_free = g_str_has_suffix (lower, ":free") || g_str_has_suffix (lower, "-free") ||
                     g_str_has_suffix (lower, "/free");

  /* OpenRouter: dollars a token, as decimal texts. Together: dollars a million tokens. */
  if (bks_json_get (pricing, "prompt") != NULL)
    bks_model_set_prices (model, read_price (pricing, "prompt", 1, is_free),
                          read_price (pricing, "completion", 1, is_free));
  else
    bks_model_set_prices (model, read_price (pricing, "input", 1000000, is_free),
                          read_price (pricing, "output", 1000000, is_free));
}

/**
 * bks_openai_read_models:
 * @provider: the provider's id
 * @root: the answer to GET /models: {"data":[…]}, {"models":[…]} or the bare array
 *
 * Returns: (transfer full) (nullable): the models that write text, %NULL if @root is no list
 */
GPtrArray *
bks_openai_read_models (const char *provider,
                        JsonNode   *root)
{
  JsonArray *array = bks_openai_find_models (root);
  GPtrArray *models;

  if (array == NULL)
    return NULL;
  models = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *object = bks_json_array_object (array, i);
      const char *id = bks_json_get_string (object, "id");
      BksModel *model;

      if (id == NULL || *id == '\0' || !writes_text (object, id))
        continue;
      model = bks_model_new (provider, id);
      bks_model_set_abilities (model, BKS_ABILITY_TEXT | read_abilities (object));
      bks_model_set_window (model, read_window (object));
      read_prices (model, object);
      g_ptr_array_add (models, model);
    }
  return models;
}
