/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-environment-key.h"
#include "bks-error.h"
#include "bks-presets-private.h"
#include "bks-router-private.h"
#include "bks-url.h"

/* Keys: which provider wants one, whether there is one, and the keyring it is put into and taken out of. */

#define KEY_PURPOSE "provider"
#define MAX_KEY_BYTES 4096

typedef struct
{
  BksRouter *self;
  char      *id;  /* a provider's */
  char      *key; /* NULL: none is given */
} Verb;

static Verb *
verb_new (BksRouter  *self,
          const char *id,
          const char *key)
{
  Verb *verb = g_new0 (Verb, 1);

  verb->self = g_object_ref (self);
  verb->id = g_strdup (id);
  verb->key = g_strdup (key);
  return verb;
}

static void
verb_free (gpointer data)
{
  Verb *verb = data;

  g_object_unref (verb->self);
  g_free (verb->id);
  if (verb->key != NULL)
    explicit_bzero (verb->key, strlen (verb->key));
  g_free (verb->key);
  g_free (verb);
}

/* A server of one's own may ask for none; one on the open net hardly does. */
static gboolean
expects_key (BksRouter             *self,
             const BksProviderInfo *info)
{
  const BksPreset *preset = bks_presets_find (self->presets, info->id);

  if (preset != NULL && g_str_equal (preset->base_url, info->base_url))
    return preset->needs_key;
  return !info->local && g_str_has_prefix (info->base_url, "https:");
}

/* A key of the environment is for the provider's own address, or for this machine. */
static const char *
environment_key (BksRouter             *self,
                 const BksProviderInfo *info)
{
  const BksPreset *preset = bks_presets_find (self->presets, info->id);
  g_autofree char *default_origin = preset != NULL ? bks_url_get_origin (preset->base_url) : NULL;

  if (!info->local && g_strcmp0 (default_origin, info->origin) != 0)
    return NULL;
  return bks_environment_key_lookup (info->id);
}

static BksKeyState
state_without_key (BksRouter             *self,
                   const BksProviderInfo *info,
                   BksSecretState         keyring)
{
  if (!expects_key (self, info))
    return BKS_KEY_NOT_NEEDED;
  if (keyring == BKS_SECRET_LOCKED)
    return BKS_KEY_KEYRING_LOCKED;
  return keyring == BKS_SECRET_ABSENT ? BKS_KEY_KEYRING_ABSENT : BKS_KEY_MISSING;
}

/**
 * bks_router_await_key_state:
 * @self: a router
 * @info: a provider; its key_state is set
 * @keyring: how the keyring stands
 *
 * For fibers: finds out whether there is a key for a provider.
 */
void
bks_router_await_key_state (BksRouter       *self,
                            BksProviderInfo *info,
                            BksSecretState   keyring)
{
  g_autofree char *key = NULL;
  g_autoptr(GError) error = NULL;

  if (environment_key (self, info) != NULL)
    {
      info->key_state = BKS_KEY_ENVIRONMENT;
      return;
    }
  if (keyring == BKS_SECRET_READY)
    key = dex_await_string (bks_secret_store_lookup (self->secrets, KEY_PURPOSE, info->id, info->origin), &error);
  /* Locked in the meantime, or this one key alone. */
  if (g_error_matches (error, BKS_ERROR, BKS_ERROR_KEYRING_LOCKED))
    keyring = BKS_SECRET_LOCKED;
  else if (g_error_matches (error, BKS_ERROR, BKS_ERROR_KEYRING_ABSENT))
    keyring = BKS_SECRET_ABSENT;
  info->key_state = key != NULL ? BKS_KEY_STORED : state_without_key (self, info, keyring);
  if (key != NULL)
    explicit_bzero (key, strlen (key));
}

/* What cannot be in a header or is no key at all: told at once, not by the server later. */
static gboolean
check_key (char    *key,
           GError **error)
{
  const char *cause = NULL;

  g_strstrip (key);
  if (*key == '\0')
    cause = "The key is empty";
  else if (strlen (key) > MAX_KEY_BYTES)
    cause = "This is too long to be a key";
  for (const char *p = key; cause == NULL && *p != '\0'; p++)
    if (!g_ascii_isgraph (*p))
      cause = "The key contains a space, a line break or a character that no key has";
  if (cause == NULL)
    return TRUE;
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, cause);
  return FALSE;
}

/* A key in the wrong place is refused before it leaves the machine: at the
 * provider's own address, where no gateway of somebody's takes foreign keys. */
static gboolean
check_owner (BksRouter              *self,
             const BksProviderInfo  *info,
             const char             *key,
             GError                **error)
{
  const BksPreset *preset = bks_presets_find (self->presets, info->id);
  const BksPreset *owner = bks_presets_find_owner (self->presets, key);

  if (preset == NULL || owner == NULL || owner == preset || !g_str_equal (preset->base_url, info->base_url))
    return TRUE;
  g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "This looks like a key of %s, not of %s", owner->name,
               info->name);
  return FALSE;
}

static DexFuture *
set_key_fiber (gpointer data)
{
  Verb *verb = data;
  GError *error = NULL;
  g_autofree char *label = NULL;
  g_autoptr(BksProviderInfo) info = bks_router_await_provider (verb->self, verb->id, &error);

  if (info == NULL || !check_key (verb->key, &error) || !check_owner (verb->self, info, verb->key, &error) ||
      !bks_url_check_credential (info->base_url, &error))
    return bks_future_error (error);
  label = g_strdup_printf ("Book Studio: API key for %s", info->name);
  if (!dex_await (bks_secret_store_store (verb->self->secrets, KEY_PURPOSE, info->id, info->origin, label, verb->key),
                  &error))
    return bks_future_error (error);
  bks_router_await_revival (verb->self, info->id);
  g_signal_emit_by_name (verb->self, "providers-changed");
  return dex_future_new_true ();
}

/**
 * bks_router_set_key:
 * @self: a router
 * @id: a provider's id
 * @key: its API key
 *
 * Puts a key into the keyring, for the provider's present origin.
 *
 * Returns: (transfer full): resolves when it is stored; rejects with
 *   %BKS_ERROR_INVALID_ARGUMENT, %BKS_ERROR_KEYRING_LOCKED, %BKS_ERROR_KEYRING_ABSENT
 */
DexFuture *
bks_router_set_key (BksRouter  *self,
                    const char *id,
                    const char *key)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self) && id != NULL && key != NULL, NULL);

  return bks_spawn (NULL, set_key_fiber, verb_new (self, id, key), verb_free);
}

static DexFuture *
remove_key_fiber (gpointer data)
{
  Verb *verb = data;
  GError *error = NULL;
  g_autoptr(BksProviderInfo) info = bks_router_await_provider (verb->self, verb->id, &error);
  gboolean removed;

  if (info == NULL)
    return bks_future_error (error);
  removed = dex_await_boolean (bks_secret_store_remove (verb->self->secrets, KEY_PURPOSE, info->id, info->origin), &error);
  if (error != NULL)
    return bks_future_error (error);
  g_signal_emit_by_name (verb->self, "providers-changed");
  return dex_future_new_for_boolean (removed);
}

/**
 * bks_router_remove_key:
 * @self: a router
 * @id: a provider's id
 *
 * Returns: (transfer full): resolves to whether there was a key for its present origin
 */
DexFuture *
bks_router_remove_key (BksRouter  *self,
                       const char *id)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self) && id != NULL, NULL);

  return bks_spawn (NULL, remove_key_fiber, verb_new (self, id, NULL), verb_free);
}

/**
 * bks_router_await_forget_key:
 * @self: a router
 * @info: a provider whose address is going
 * @error: return location
 *
 * For fibers: removes the key of that address, or it would lie in the keyring
 * for ever. The key of a preset's own address stays.
 *
 * Returns: whether none is left; %FALSE with the keyring's errors
 */
gboolean
bks_router_await_forget_key (BksRouter              *self,
                             const BksProviderInfo  *info,
                             GError                **error)
{
  const BksPreset *preset = bks_presets_find (self->presets, info->id);
  g_autofree char *default_origin = preset != NULL ? bks_url_get_origin (preset->base_url) : NULL;
  g_autoptr(GError) local = NULL;

  if (g_strcmp0 (default_origin, info->origin) == 0 ||
      dex_await (bks_secret_store_remove (self->secrets, KEY_PURPOSE, info->id, info->origin), &local) ||
      g_error_matches (local, BKS_ERROR, BKS_ERROR_KEYRING_ABSENT))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

typedef struct
{
  BksRouter       *self;
  BksProviderInfo *info;
} KeyQuestion;

static void
key_question_free (gpointer data)
{
  KeyQuestion *question = data;

  g_object_unref (question->self);
  bks_provider_info_unref (question->info);
  g_free (question);
}

static DexFuture *
lookup_key_fiber (gpointer data)
{
  KeyQuestion *question = data;
  BksRouter *self = question->self;
  BksProviderInfo *info = question->info;
  GError *error = NULL;
  char *key;

  if (environment_key (self, info) != NULL)
    return dex_future_new_for_string (environment_key (self, info));
  key = dex_await_string (bks_secret_store_lookup (self->secrets, KEY_PURPOSE, info->id, info->origin), &error);
  if (key != NULL)
    return dex_future_new_take_string (key);
  if (!expects_key (self, info) && !bks_error_is_cancelled (error))
    {
      g_clear_error (&error);
      return dex_future_new_take_string (NULL);
    }
  if (error != NULL)
    return bks_future_error (error);
  return dex_future_new_reject (BKS_ERROR, BKS_ERROR_NO_KEY, "There is no key for %s at %s", info->name, info->origin);
}

/**
 * bks_router_lookup_key:
 * @self: a router
 * @info: a provider, as it is going to be asked
 * @cancellable: (nullable): cancels it
 *
 * The key is for the address in @info, whatever the provider's address is by now.
 *
 * Returns: (transfer full): resolves to its key for that origin, %NULL where it
 *   needs none; rejects with %BKS_ERROR_NO_KEY and the keyring's errors
 */
DexFuture *
bks_router_lookup_key (BksRouter       *self,
                       BksProviderInfo *info,
                       DexCancellable  *cancellable)
{
  KeyQuestion *question = g_new0 (KeyQuestion, 1);

  question->self = g_object_ref (self);
  question->info = bks_provider_info_ref (info);
  return bks_spawn (cancellable, lookup_key_fiber, question, key_question_free);
}
