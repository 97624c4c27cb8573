/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-error.h"
#include "bks-presets-private.h"
#include "bks-provider-info-private.h"
#include "bks-router-private.h"

/* Providers: those that ship and those that were added, their addresses and settings. */

#define MAX_ID_BYTES 40
/* The one setting of a provider that is for people and not for its protocol. */
#define OPTION_NAME "name"

typedef struct
{
  BksRouter *self;
  char      *id;
  char      *value;
  char      *protocol;
  char      *option;
} Verb;

static Verb *
verb_new (BksRouter  *self,
          const char *id,
          const char *value)
{
  Verb *verb = g_new0 (Verb, 1);

  verb->self = g_object_ref (self);
  verb->id = g_strdup (id);
  verb->value = g_strdup (value);
  return verb;
}

static void
verb_free (gpointer data)
{
  Verb *verb = data;

  g_object_unref (verb->self);
  g_free (verb->id);
  g_free (verb->value);
  g_free (verb->protocol);
  g_free (verb->option);
  g_free (verb);
}

/* What a person set besides the address. */
static void
take_options (GPtrArray *infos,
              GPtrArray *options)
{
  for (guint i = 0; i < options->len; i++)
    {
      const BksProviderOption *option = g_ptr_array_index (options, i);
      BksProviderInfo *info = bks_provider_infos_find (infos, option->provider);

      if (info != NULL && g_str_equal (option->name, OPTION_NAME))
        g_set_str (&info->name, option->value);
      else if (info != NULL)
        g_hash_table_insert (info->options, g_strdup (option->name), g_strdup (option->value));
    }
}

/**
 * bks_router_await_infos:
 * @self: a router
 * @error: return location
 *
 * For fibers: presets in their order with the addresses a person gave them, then what was added.
 *
 * Returns: (transfer full) (element-type BksProviderInfo): all providers, without a look at their keys
 */
GPtrArray *
bks_router_await_infos (BksRouter  *self,
                        GError    **error)
{
  g_autoptr(GPtrArray) infos = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_provider_info_unref);
  /* Both asked for at once: every call waits for them. */
  DexFuture *listing = bks_library_list_providers (self->library);
  g_autoptr(DexFuture) settings = bks_library_list_provider_options (self->library);
  g_autoptr(GPtrArray) rows = dex_await_boxed (listing, error);
  g_autoptr(GPtrArray) options = NULL;

  if (rows == NULL || (options = dex_await_boxed (dex_ref (settings), error)) == NULL)
    return NULL;
  for (guint i = 0; i < self->presets->len; i++)
    {
      const BksPreset *preset = g_ptr_array_index (self->presets, i);

      g_ptr_array_add (infos, bks_provider_info_new (preset->id, preset->protocol, preset->base_url, preset));
    }
  for (guint i = 0; i < rows->len; i++)
    {
      const BksProviderRow *row = g_ptr_array_index (rows, i);
      const BksPreset *preset = bks_presets_find (self->presets, row->id);
      BksProviderInfo *info = bks_provider_info_new (row->id, preset != NULL ? preset->protocol : row->protocol,
                                                     row->base_url, preset);
      gboolean replaced = FALSE;

      for (guint j = 0; preset != NULL && !replaced && j < infos->len; j++)
        {
          BksProviderInfo *old = g_ptr_array_index (infos, j);

          if (!g_str_equal (old->id, row->id))
            continue;
          infos->pdata[j] = info;
          bks_provider_info_unref (old);
          replaced = TRUE;
        }
      if (!replaced)
        g_ptr_array_add (infos, info);
    }
  take_options (infos, options);
  g_hash_table_remove_all (self->free);
  for (guint i = 0; i < infos->len; i++)
    {
      const BksProviderInfo *info = g_ptr_array_index (infos, i);

      g_hash_table_insert (self->free, g_strdup (info->id), GINT_TO_POINTER (info->free));
    }
  return g_steal_pointer (&infos);
}

/**
 * bks_router_await_provider:
 * @self: a router
 * @id: a provider's id
 * @error: return location
 *
 * For fibers: finds a provider, without looking at its key.
 *
 * Returns: (transfer full): it, or %NULL with %BKS_ERROR_NOT_FOUND
 */
BksProviderInfo *
bks_router_await_provider (BksRouter   *self,
                           const char  *id,
                           GError     **error)
{
  g_autoptr(GPtrArray) infos = bks_router_await_infos (self, error);
  BksProviderInfo *info;

  if (infos == NULL)
    return NULL;
  info = bks_provider_infos_find (infos, id);
  if (info != NULL)
    return bks_provider_info_ref (info);
  g_set_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no provider “%s”", id);
  return NULL;
}

static DexFuture *
list_providers_fiber (gpointer data)
{
  Verb *verb = data;
  GError *error = NULL;
  g_autoptr(GPtrArray) infos = bks_router_await_infos (verb->self, &error);
  BksSecretState keyring;

  if (infos == NULL)
    return bks_future_error (error);
  keyring = (BksSecretState) dex_await_int (bks_secret_store_get_state (verb->self->secrets), NULL);
  for (guint i = 0; i < infos->len; i++)
    bks_router_await_key_state (verb->self, g_ptr_array_index (infos, i), keyring);
  return dex_future_new_take_boxed (G_TYPE_PTR_ARRAY, g_steal_pointer (&infos));
}

/**
 * bks_router_list_providers:
 * @self: a router
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksProviderInfo:
 *   those that ship with the program, then those that were added
 */
DexFuture *
bks_router_list_providers (BksRouter *self)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self), NULL);

  return bks_spawn (NULL, list_providers_fiber, verb_new (self, NULL, NULL), verb_free);
}

/* Fiber. */
static DexFuture *
await_info_future (BksRouter  *self,
                   const char *id)
{
  GError *error = NULL;
  BksProviderInfo *info = bks_router_await_provider (self, id, &error);
  BksSecretState keyring;

  if (info == NULL)
    return bks_future_error (error);
  keyring = (BksSecretState) dex_await_int (bks_secret_store_get_state (self->secrets), NULL);
  bks_router_await_key_state (self, info, keyring);
  return dex_future_new_take_boxed (BKS_TYPE_PROVIDER_INFO, info);
}

static DexFuture *
get_provider_fiber (gpointer data)
{
  Verb *verb = data;

  return await_info_future (verb->self, verb->id);
}

/**
 * bks_router_get_provider:
 * @self: a router
 * @id: a provider's id
 *
 * Returns: (transfer full): resolves to its #BksProviderInfo; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_router_get_provider (BksRouter  *self,
                         const char *id)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self) && id != NULL, NULL);

  return bks_spawn (NULL, get_provider_fiber, verb_new (self, id, NULL), verb_free);
}

/* Fiber. Stores an address and tells everybody. */
static DexFuture *
await_put_address (BksRouter  *self,
                   const char *id,
                   const char *protocol,
                   const char *address)
{
  GError *error = NULL;
  g_autofree char *base_url = bks_provider_normalize_base_url (protocol, address, &error);

  if (base_url == NULL)
    return bks_future_error (error);
  if (!dex_await (bks_library_put_provider (self->library, id, protocol, base_url,
                                            bks_clock_get_now_ms (self->limits->clock)),
                  &error))
    return bks_future_error (error);
  bks_router_await_revival (self, id);
  g_hash_table_remove (self->listings, id);
  g_signal_emit_by_name (self, "providers-changed");
  return await_info_future (self, id);
}

/**
 * bks_router_make_id:
 * @name: what a person calls a provider
 *
 * Returns: (transfer full): an id made of it: small letters, digits, hyphens
 *   and underscores; empty where @name has no letter or digit
 */
char *
bks_router_make_id (const char *name)
{
  g_autofree char *ascii = g_utf8_validate (name, -1, NULL) ? g_str_to_ascii (name, NULL) : g_strdup ("");
  GString *id = g_string_new (NULL);

  for (const char *at = ascii; *at != '\0'; at++)
    {
      if (g_ascii_isalnum (*at) || (*at == '_' && id->len > 0))
        g_string_append_c (id, g_ascii_tolower (*at));
      else if (id->len > 0 && id->str[id->len - 1] != '-')
        g_string_append_c (id, '-');
    }
  if (id->len > 0 && id->str[id->len - 1] == '-')
    g_string_truncate (id, id->len - 1);
  return g_string_free (id, FALSE);
}

static gboolean
check_name (const char  *name,
            const char  *id,
            GError     **error)
{
  const char *cause = NULL;

  if (!g_utf8_validate (name, -1, NULL))
    cause = "The name is not text";
  else if (*id == '\0' || !g_ascii_isalpha (*id))
    cause = "A provider's name begins with a letter";
  else if (strlen (id) > MAX_ID_BYTES || strlen (name) > 2 * MAX_ID_BYTES)
    cause = "The name is too long";
  for (const char *p = name; cause == NULL && *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      cause = "The name holds a line break or another control character";
    else if (*p == ':' || *p == '/')
      cause = "A provider's name has no “:” and no “/”, because they part it from its models";
  if (cause == NULL)
    return TRUE;
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, cause);
  return FALSE;
}

static DexFuture *
add_provider_fiber (gpointer data)
{
  Verb *verb = data;
  BksRouter *self = verb->self;
  g_autofree char *name = g_strstrip (g_strdup (verb->id));
  g_autofree char *id = bks_router_make_id (name);
  g_autofree char *base_url = NULL;
  g_autoptr(BksProviderInfo) existing = NULL;
  GError *error = NULL;

  if (!check_name (name, id, &error))
    return bks_future_error (error);
  existing = bks_router_await_provider (self, id, NULL);
  if (existing != NULL)
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_EXISTS, "There already is a provider “%s”", id);
  base_url = bks_provider_normalize_base_url (verb->protocol, verb->value, &error);
  /* The name first: without a provider it is none, and shows nowhere. */
  if (base_url == NULL ||
      (!g_str_equal (name, id) &&
       !dex_await (bks_library_set_provider_option (self->library, id, OPTION_NAME, name), &error)))
    return bks_future_error (error);
  return await_put_address (self, id, verb->protocol, base_url);
}

/**
 * bks_router_add_provider:
 * @self: a router
 * @name: what to call it; its id is made of it, see bks_router_make_id()
 * @protocol: a wire protocol, see bks_provider_new()
 * @base_url: its address, as a person writes it
 *
 * Returns: (transfer full): resolves to its #BksProviderInfo with the address as
 *   it was understood; rejects with %BKS_ERROR_EXISTS, %BKS_ERROR_INVALID_ARGUMENT
 */
DexFuture *
bks_router_add_provider (BksRouter  *self,
                         const char *name,
                         const char *protocol,
                         const char *base_url)
{
  Verb *verb;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && name != NULL && protocol != NULL && base_url != NULL, NULL);

  verb = verb_new (self, name, base_url);
  verb->protocol = g_strdup (protocol);
  return bks_spawn (NULL, add_provider_fiber, verb, verb_free);
}

static DexFuture *
set_base_url_fiber (gpointer data)
{
  Verb *verb = data;
  GError *error = NULL;
  g_autoptr(BksProviderInfo) info = bks_router_await_provider (verb->self, verb->id, &error);

  if (info == NULL)
    return bks_future_error (error);
  return await_put_address (verb->self, verb->id, info->protocol, verb->value);
}

/**
 * bks_router_set_base_url:
 * @self: a router
 * @id: a provider's id
 * @base_url: its address, as a person writes it
 *
 * A key stays with the address it was entered for: another origin has none
 * until one is entered.
 *
 * Returns: (transfer full): resolves to its #BksProviderInfo with the address as it was understood
 */
DexFuture *
bks_router_set_base_url (BksRouter  *self,
                         const char *id,
                         const char *base_url)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self) && id != NULL && base_url != NULL, NULL);

  return bks_spawn (NULL, set_base_url_fiber, verb_new (self, id, base_url), verb_free);
}

/* Fiber. Whether the provider's protocol has such a setting and can use the value. */
static gboolean
check_option (BksRouter        *self,
              BksProviderInfo  *info,
              const char       *option,
              const char       *value,
              GError          **error)
{
  g_autoptr(BksProvider) provider = bks_provider_new (info->protocol, info->id, info->base_url, self->http,
                                                      self->limits, error);

  return provider != NULL && bks_provider_set_option (provider, option, value, error);
}

static DexFuture *
set_option_fiber (gpointer data)
{
  Verb *verb = data;
  BksRouter *self = verb->self;
  GError *error = NULL;
  g_autofree char *value = g_strstrip (g_strdup (verb->value));
  g_autoptr(BksProviderInfo) info = bks_router_await_provider (self, verb->id, &error);

  if (info == NULL ||
      !(g_str_equal (verb->option, OPTION_NAME) ? check_name (value, info->id, &error)
                                                : check_option (self, info, verb->option, value, &error)) ||
      !dex_await (bks_library_set_provider_option (self->library, info->id, verb->option, value), &error))
    return bks_future_error (error);
  bks_router_await_revival (self, info->id);
  g_hash_table_remove (self->listings, info->id);
  g_signal_emit_by_name (self, "providers-changed");
  return await_info_future (self, info->id);
}

/**
 * bks_router_set_option:
 * @self: a router
 * @id: a provider's id
 * @option: "name", or a setting of its protocol, see bks_provider_set_option()
 * @value: its value; never a key
 *
 * Returns: (transfer full): resolves to its #BksProviderInfo; rejects with
 *   %BKS_ERROR_INVALID_ARGUMENT where the protocol has no such setting or
 *   @value cannot be one
 */
DexFuture *
bks_router_set_option (BksRouter  *self,
                       const char *id,
                       const char *option,
                       const char *value)
{
  Verb *verb;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && id != NULL && option != NULL && value != NULL, NULL);

  verb = verb_new (self, id, value);
  verb->option = g_strdup (option);
  return bks_spawn (NULL, set_option_fiber, verb, verb_free);
}

static DexFuture *
remove_provider_fiber (gpointer data)
{
  Verb *verb = data;
  BksRouter *self = verb->self;
  GError *error = NULL;
  g_autoptr(BksProviderInfo) info = bks_router_await_provider (self, verb->id, &error);

  /* The key first: behind a locked keyring all stays as it is. A preset with
   * its own address has no row: the library says so. */
  if (info == NULL || !bks_router_await_forget_key (self, info, &error) ||
      !dex_await (bks_library_delete_provider (self->library, verb->id), &error))
    return bks_future_error (error);
  g_hash_table_remove (self->listings, verb->id);
  g_signal_emit_by_name (self, "providers-changed");
  return dex_future_new_true ();
}

/**
 * bks_router_remove_provider:
 * @self: a router
 * @id: a provider that was added, or a preset whose address was changed (it gets its own back)
 *
 * Returns: (transfer full): resolves when it is gone, its key as well
 */
DexFuture *
bks_router_remove_provider (BksRouter  *self,
                            const char *id)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self) && id != NULL, NULL);

  return bks_spawn (NULL, remove_provider_fiber, verb_new (self, id, NULL), verb_free);
}

/**
 * bks_router_make_provider:
 * @self: a router
 * @info: a provider
 * @error: return location
 *
 * Returns: (transfer full): what speaks its protocol
 */
BksProvider *
bks_router_make_provider (BksRouter              *self,
                          const BksProviderInfo  *info,
                          GError                **error)
{
  g_autoptr(BksProvider) provider = bks_provider_new (info->protocol, info->id, info->base_url, self->http,
                                                      self->limits, error);
  GHashTableIter iter;
  const char *option, *value;

  if (provider == NULL)
    return NULL;
  g_hash_table_iter_init (&iter, info->options);
  while (g_hash_table_iter_next (&iter, (gpointer *) &option, (gpointer *) &value))
    if (!bks_provider_set_option (provider, option, value, error))
      return NULL;
  return g_steal_pointer (&provider);
}
