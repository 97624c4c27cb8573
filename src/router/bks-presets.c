/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-json.h"
#include "bks-presets-private.h"
#include "bks-router-resources.h"

static void
preset_free (gpointer data)
{
  BksPreset *preset = data;

  g_free (preset->id);
  g_free (preset->name);
  g_free (preset->protocol);
  g_free (preset->base_url);
  g_free (preset->key_url);
  g_free (preset->key_prefix);
  g_free (preset);
}

static BksPreset *
read_preset (JsonObject *row)
{
  BksPreset *preset = g_new0 (BksPreset, 1);

  preset->id = g_strdup (bks_json_get_string (row, "id"));
  preset->name = g_strdup (bks_json_get_string (row, "name"));
  preset->protocol = g_strdup (bks_json_get_string (row, "protocol"));
  preset->base_url = g_strdup (bks_json_get_string (row, "base_url"));
  preset->key_url = g_strdup (bks_json_get_string (row, "key_url"));
  preset->key_prefix = g_strdup (bks_json_get_string (row, "key_prefix"));
  bks_json_get_boolean (row, "needs_key", &preset->needs_key);
  bks_json_get_boolean (row, "more", &preset->more);
  bks_json_get_boolean (row, "free", &preset->free);
  return preset;
}

static JsonObject *
load_document (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = NULL;
  JsonObject *root = NULL;

  bytes = g_resource_lookup_data (bks_router_get_resource (), "/com/humanizer/BookStudio/providers.json",
                                  G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  if (bytes != NULL)
    root = bks_json_parse_object (g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), &error);
  if (root == NULL)
    g_error ("The shipped providers cannot be read: %s", error->message);
  return root;
}

/**
 * bks_presets_load:
 *
 * Returns: (transfer full) (element-type BksPreset): the shipped providers, in their order
 */
GPtrArray *
bks_presets_load (void)
{
  GPtrArray *presets = g_ptr_array_new_with_free_func (preset_free);
  g_autoptr(JsonObject) root = load_document ();
  JsonArray *rows = bks_json_get_array (root, "providers");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    g_ptr_array_add (presets, read_preset (bks_json_array_object (rows, i)));
  return presets;
}

static void
default_free (gpointer data)
{
  BksDefaultTarget *target = data;

  g_free (target->provider);
  g_free (target->model);
  g_free (target);
}

/**
 * bks_presets_load_defaults:
 *
 * Returns: (transfer full) (element-type BksDefaultTarget): who is asked where
 *   the author has chosen nobody, in this order
 */
GPtrArray *
bks_presets_load_defaults (void)
{
  GPtrArray *targets = g_ptr_array_new_with_free_func (default_free);
  g_autoptr(JsonObject) root = load_document ();
  JsonArray *rows = bks_json_get_array (root, "defaults");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = bks_json_array_object (rows, i);
      BksDefaultTarget *target = g_new0 (BksDefaultTarget, 1);

      target->provider = g_strdup (bks_json_get_string (row, "provider"));
      target->model = g_strdup (bks_json_get_string (row, "model"));
      g_ptr_array_add (targets, target);
    }
  return targets;
}

/**
 * bks_presets_find:
 * @presets: (element-type BksPreset): the shipped providers
 * @id: a provider's id
 *
 * Returns: (transfer none) (nullable): the preset of that id
 */
const BksPreset *
bks_presets_find (GPtrArray  *presets,
                  const char *id)
{
  for (guint i = 0; i < presets->len; i++)
    {
      const BksPreset *preset = g_ptr_array_index (presets, i);

      if (g_str_equal (preset->id, id))
        return preset;
    }
  return NULL;
}

/**
 * bks_presets_find_owner:
 * @presets: (element-type BksPreset): the shipped providers
 * @key: an API key
 *
 * Returns: (transfer none) (nullable): whose key it is by the way it begins
 */
const BksPreset *
bks_presets_find_owner (GPtrArray  *presets,
                        const char *key)
{
  for (guint i = 0; i < presets->len; i++)
    {
      const BksPreset *preset = g_ptr_array_index (presets, i);

      if (preset->key_prefix != NULL && g_str_has_prefix (key, preset->key_prefix))
        return preset;
    }
  return NULL;
}
