/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-provider-info-private.h"
#include "bks-url.h"

/* A provider as a person sees it: what ships of it and what was set. */

G_DEFINE_BOXED_TYPE (BksProviderInfo, bks_provider_info, bks_provider_info_ref, bks_provider_info_unref)

/**
 * bks_provider_info_ref:
 * @self: a provider
 *
 * Returns: (transfer full): @self
 */
BksProviderInfo *
bks_provider_info_ref (BksProviderInfo *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
info_clear (gpointer data)
{
  BksProviderInfo *self = data;

  g_free (self->id);
  g_free (self->name);
  g_free (self->protocol);
  g_free (self->base_url);
  g_free (self->origin);
  g_free (self->key_url);
  g_hash_table_unref (self->options);
}

/**
 * bks_provider_info_unref:
 * @self: (transfer full): a provider
 */
void
bks_provider_info_unref (BksProviderInfo *self)
{
  g_atomic_rc_box_release_full (self, info_clear);
}

/**
 * bks_provider_info_get_state:
 * @self: a provider
 *
 * Returns: (transfer none): whether it can be used, in the word that programs
 *   are told: "ready", "no-key", "keyring-locked" or "keyring-absent"
 */
const char *
bks_provider_info_get_state (const BksProviderInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  switch (self->key_state)
    {
    case BKS_KEY_MISSING:
      return "no-key";
    case BKS_KEY_KEYRING_LOCKED:
      return "keyring-locked";
    case BKS_KEY_KEYRING_ABSENT:
      return "keyring-absent";
    case BKS_KEY_NOT_NEEDED:
    case BKS_KEY_STORED:
    case BKS_KEY_ENVIRONMENT:
    default:
      return "ready";
    }
}

/**
 * bks_provider_info_new:
 * @id: its id
 * @protocol: its wire protocol
 * @base_url: its address
 * @preset: (nullable): what ships with the program of it
 *
 * Returns: (transfer full): a provider, without a look at its key
 */
BksProviderInfo *
bks_provider_info_new (const char      *id,
                       const char      *protocol,
                       const char      *base_url,
                       const BksPreset *preset)
{
  BksProviderInfo *info = g_atomic_rc_box_new0 (BksProviderInfo);

  info->id = g_strdup (id);
  info->name = g_strdup (preset != NULL ? preset->name : id);
  info->protocol = g_strdup (protocol);
  info->base_url = g_strdup (base_url);
  info->origin = bks_url_get_origin (base_url);
  info->key_url = g_strdup (preset != NULL ? preset->key_url : NULL);
  info->options = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  info->preset = preset != NULL;
  info->more = preset != NULL && preset->more;
  info->local = bks_url_is_loopback (base_url);
  /* One's own server, wherever it stands; what answers at https is somebody's service. */
  info->free = (preset != NULL ? preset->free : g_str_equal (protocol, "ollama")) &&
               !g_str_has_prefix (base_url, "https:");
  return info;
}

/**
 * bks_provider_infos_find:
 * @infos: (element-type BksProviderInfo): providers
 * @id: a provider's id
 *
 * Returns: (transfer none) (nullable): it
 */
BksProviderInfo *
bks_provider_infos_find (GPtrArray  *infos,
                         const char *id)
{
  for (guint i = 0; i < infos->len; i++)
    {
      BksProviderInfo *info = g_ptr_array_index (infos, i);

      if (g_str_equal (info->id, id))
        return info;
    }
  return NULL;
}
