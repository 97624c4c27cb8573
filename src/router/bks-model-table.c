/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <string.h>

#include "bks-model-table.h"

/* The one table from model to provider. The first match wins. */

typedef struct
{
  const char *prefix;
  const char *provider;
  gboolean    strip; /* the prefix does not go on the wire */
} PrefixRule;

/* "together/" stands before the general vendor/model rule. */
static const PrefixRule unmistakable[] = {
  { "@cf/", "cloudflare", FALSE },
  { "@hf/", "cloudflare", FALSE },
  { "openrouter/", "openrouter", TRUE },
  { "together/", "together", TRUE },
  { "togethercomputer/", "together", FALSE },
  { "ollama/", "ollama", TRUE },
};

static BksTarget *
resolve_explicit (const char                 *model,
                  const BksModelTableContext *context)
{
  const char *colon = strchr (model, ':');
  g_autofree char *provider = colon != NULL ? g_strndup (model, (gsize) (colon - model)) : NULL;

  if (provider == NULL || colon[1] == '\0' || !g_strv_contains (context->providers, provider))
    return NULL;
  return bks_target_new (provider, colon + 1);
}

static BksTarget *
resolve_prefix (const char *model)
{
  for (guint i = 0; i < G_N_ELEMENTS (unmistakable); i++)
    {
      const PrefixRule *rule = &unmistakable[i];
      gsize length = strlen (rule->prefix);

      if (g_str_has_prefix (model, rule->prefix) && model[length] != '\0')
        return bks_target_new (rule->provider, rule->strip ? model + length : model);
    }
  return NULL;
}

static gboolean
is_variant_of (const char *model,
               const char *family)
{
  gsize length = strlen (family);

  return g_str_has_prefix (model, family) && (model[length] == '\0' || model[length] == '-');
}

static gboolean
is_openai (const char *model)
{
  return (g_str_has_prefix (model, "gpt-") && g_ascii_isdigit (model[4])) || g_str_has_prefix (model, "chatgpt-") ||
         is_variant_of (model, "o1") || is_variant_of (model, "o3") || is_variant_of (model, "o4");
}

/* What is certain whatever providers list. */
static BksTarget *
resolve_name (const char                 *model,
              const BksModelTableContext *context)
{
  BksTarget *target = resolve_explicit (model, context);

  return target != NULL ? target : resolve_prefix (model);
}

/* What is certain once the local Ollama's list is known. */
static BksTarget *
resolve_known (const char                 *model,
               const BksModelTableContext *context)
{
  BksTarget *target = resolve_name (model, context);

  if (target != NULL)
    return target;
  if (context->local_models != NULL && g_hash_table_contains (context->local_models, model))
    return bks_target_new ("ollama", model);
  if (is_openai (model))
    return bks_target_new ("openai", model);
  if (g_str_has_prefix (model, "claude-"))
    return bks_target_new ("anthropic", model);
  return NULL;
}

/**
 * bks_model_table_needs_local:
 * @model: a model as a person named it
 * @context: what there is, without lists
 *
 * Returns: whether what the local Ollama lists decides about @model
 */
gboolean
bks_model_table_needs_local (const char                 *model,
                             const BksModelTableContext *context)
{
  g_autoptr(BksTarget) target = resolve_name (model, context);

  return target == NULL;
}

/**
 * bks_model_table_needs_listings:
 * @model: a model as a person named it
 * @context: what there is, with the local Ollama's list
 *
 * Returns: whether what the other providers list decides about @model
 */
gboolean
bks_model_table_needs_listings (const char                 *model,
                                const BksModelTableContext *context)
{
  g_autoptr(BksTarget) target = resolve_known (model, context);

  return target == NULL;
}

/**
 * bks_model_table_resolve:
 * @model: a model as a person named it; "provider:model" says it outright
 * @context: what there is
 *
 * Returns: (transfer full): who serves it, and what goes on the wire
 */
BksTarget *
bks_model_table_resolve (const char                 *model,
                         const BksModelTableContext *context)
{
  BksTarget *target = resolve_known (model, context);
  const char *only;

  if (target != NULL)
    return target;
  only = context->listed != NULL ? g_hash_table_lookup (context->listed, model) : NULL;
  if (only != NULL && *only != '\0')
    return bks_target_new (only, model);
  if (strchr (model, '/') != NULL)
    return bks_target_new ("openrouter", model);
  return bks_target_new ("ollama", model);
}
