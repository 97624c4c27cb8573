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

/**
 * BksRouter:
 *
 * Which provider, with which key, at what price, and the row in the ledger.
 * This file: providers, their addresses and keys. All calls on the main thread.
 */

G_DEFINE_FINAL_TYPE (BksRouter, bks_router, G_TYPE_OBJECT)
G_DEFINE_BOXED_TYPE (BksProviderInfo, bks_provider_info, bks_provider_info_ref, bks_provider_info_unref)

enum
{
  SIGNAL_PROVIDERS_CHANGED,
  SIGNAL_HEALTH_CHANGED,
  SIGNAL_ROLES_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

#define KEY_PURPOSE "provider"
#define MAX_KEY_BYTES 4096
#define MAX_ID_BYTES 40
/* The one setting of a provider that is for people and not for its protocol. */
#define OPTION_NAME "name"

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

static void
bks_router_finalize (GObject *object)
{
  BksRouter *self = BKS_ROUTER (object);

  g_object_unref (self->library);
  g_object_unref (self->secrets);
  g_object_unref (self->http);
  g_object_unref (self->ledger);
  g_object_unref (self->prices);
  dex_clear (&self->recovered);
  dex_clear (&self->prices_loaded);
  g_object_unref (self->breaker);
  dex_clear (&self->circuits);
  g_hash_table_unref (self->kept);
  bks_limits_unref (self->limits);
  g_ptr_array_unref (self->presets);
  g_hash_table_unref (self->listings);
  g_hash_table_unref (self->free);
  G_OBJECT_CLASS (bks_router_parent_class)->finalize (object);
}

static void
bks_router_class_init (BksRouterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_router_finalize;

  /**
   * BksRouter::providers-changed:
   *
   * A provider, its address or its key was changed through this router.
   */
  signals[SIGNAL_PROVIDERS_CHANGED] = g_signal_new ("providers-changed", G_TYPE_FROM_CLASS (klass),
                                                    G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * BksRouter::health-changed:
   *
   * A test has found out whether a provider takes its key, see
   * bks_router_list_health(); what calls find out comes with usage-changed.
   */
  signals[SIGNAL_HEALTH_CHANGED] = g_signal_new ("health-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                                 NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * BksRouter::roles-changed:
   *
   * Another order of models was set for a role through this router.
   */
  signals[SIGNAL_ROLES_CHANGED] = g_signal_new ("roles-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                                NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * BksRouter::usage-changed:
   *
   * A row was written to the ledger.
   */
  g_signal_new ("usage-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * BksRouter::budget-threshold:
   * @percent: 50, 80 or 100
   * @allowance: the budget, and how it stands
   *
   * So much of a budget is spent; once in its period.
   */
  g_signal_new ("budget-threshold", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                2, G_TYPE_UINT, BKS_TYPE_ALLOWANCE);
  /**
   * BksRouter::budget-overrun:
   * @allowance: the budget, and how it stands
   *
   * A call cost more than it could by the known prices; the budget is closed.
   */
  g_signal_new ("budget-overrun", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                1, BKS_TYPE_ALLOWANCE);
}

static void
bks_router_init (BksRouter *self)
{
  self->prices = bks_price_book_new ();
  self->kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->presets = bks_presets_load ();
  self->listings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->free = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < self->presets->len; i++)
    {
      const BksPreset *preset = g_ptr_array_index (self->presets, i);

      g_hash_table_insert (self->free, g_strdup (preset->id), GINT_TO_POINTER (preset->free));
    }
}

static void
ledger_changed_cb (BksLedger *ledger,
                   BksRouter *self)
{
  g_signal_emit_by_name (self, "usage-changed");
}

static void
ledger_threshold_cb (BksLedger    *ledger,
                     guint         percent,
                     BksAllowance *allowance,
                     BksRouter    *self)
{
  g_signal_emit_by_name (self, "budget-threshold", percent, allowance);
}

static void
ledger_overrun_cb (BksLedger    *ledger,
                   BksAllowance *allowance,
                   BksRouter    *self)
{
  g_signal_emit_by_name (self, "budget-overrun", allowance);
}

/**
 * bks_router_new:
 * @library: the library
 * @secrets: where keys are kept
 * @limits: limits
 *
 * Returns: (transfer full): a router
 */
BksRouter *
bks_router_new (BksDatabase    *library,
                BksSecretStore *secrets,
                BksLimits      *limits)
{
  BksRouter *self = g_object_new (BKS_TYPE_ROUTER, NULL);

  self->library = g_object_ref (library);
  self->secrets = g_object_ref (secrets);
  self->limits = bks_limits_ref (limits);
  self->http = bks_http_new (limits);
  self->ledger = bks_ledger_new (library, self->prices, limits);
  g_signal_connect_object (self->ledger, "changed", G_CALLBACK (ledger_changed_cb), self, 0);
  self->breaker = bks_breaker_new (limits);
  g_signal_connect_object (self->ledger, "threshold", G_CALLBACK (ledger_threshold_cb), self, 0);
  g_signal_connect_object (self->ledger, "overrun", G_CALLBACK (ledger_overrun_cb), self, 0);
  dex_unref (bks_router_recover (self));
  return self;
}

/* What a verb of this file works on. */
typedef struct
{
  BksRouter      *self;
  char           *id;
  char           *value;
  char           *protocol;
  char           *option;
  DexCancellable *cancellable;
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
  if (verb->value != NULL)
    explicit_bzero (verb->value, strlen (verb->value));
  g_free (verb->value);
  g_free (verb->protocol);
  g_free (verb->option);
  dex_clear (&verb->cancellable);
  g_free (verb);
}

static BksProviderInfo *
make_info (const char      *id,
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

/* Fiber. */
static void
await_key_state (BksRouter       *self,
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

static BksProviderInfo *
find_info (GPtrArray  *infos,
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

/* What a person set besides the address. */
static void
take_options (GPtrArray *infos,
              GPtrArray *options)
{
  for (guint i = 0; i < options->len; i++)
    {
      const BksProviderOption *option = g_ptr_array_index (options, i);
      BksProviderInfo *info = find_info (infos, option->provider);

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

      g_ptr_array_add (infos, make_info (preset->id, preset->protocol, preset->base_url, preset));
    }
  for (guint i = 0; i < rows->len; i++)
    {
      const BksProviderRow *row = g_ptr_array_index (rows, i);
      const BksPreset *preset = bks_presets_find (self->presets, row->id);
      BksProviderInfo *info = make_info (row->id, preset != NULL ? preset->protocol : row->protocol,
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
  info = find_info (infos, id);
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
    await_key_state (verb->self, g_ptr_array_index (infos, i), keyring);
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
  await_key_state (self, info, keyring);
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
  g_signal_emit (self, signals[SIGNAL_PROVIDERS_CHANGED], 0);
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
  g_signal_emit (self, signals[SIGNAL_PROVIDERS_CHANGED], 0);
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

/* Fiber. The key of an address that is going, or it would lie in the keyring for ever. */
static gboolean
await_forget_key (BksRouter              *self,
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

static DexFuture *
remove_provider_fiber (gpointer data)
{
  Verb *verb = data;
  BksRouter *self = verb->self;
  GError *error = NULL;
  g_autoptr(BksProviderInfo) info = bks_router_await_provider (self, verb->id, &error);

  /* The key first: behind a locked keyring all stays as it is. A preset with
   * its own address has no row: the library says so. */
  if (info == NULL || !await_forget_key (self, info, &error) ||
      !dex_await (bks_library_delete_provider (self->library, verb->id), &error))
    return bks_future_error (error);
  g_hash_table_remove (self->listings, verb->id);
  g_signal_emit (self, signals[SIGNAL_PROVIDERS_CHANGED], 0);
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

  if (info == NULL || !check_key (verb->value, &error) || !check_owner (verb->self, info, verb->value, &error) ||
      !bks_url_check_credential (info->base_url, &error))
    return bks_future_error (error);
  label = g_strdup_printf ("Book Studio: API key for %s", info->name);
  if (!dex_await (bks_secret_store_store (verb->self->secrets, KEY_PURPOSE, info->id, info->origin, label, verb->value),
                  &error))
    return bks_future_error (error);
  bks_router_await_revival (verb->self, info->id);
  g_signal_emit (verb->self, signals[SIGNAL_PROVIDERS_CHANGED], 0);
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
  g_signal_emit (verb->self, signals[SIGNAL_PROVIDERS_CHANGED], 0);
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

/* Fiber. A key that a test found to be no good is not tried in a call either. */
static void
await_note_test (BksRouter             *self,
                 const BksProviderInfo *info,
                 const char            *key,
                 const GError          *failure)
{
  BksErrorFacts *facts = bks_error_get_facts (failure);
  g_autofree char *key_tag = bks_router_make_key_tag (info, key);

  if (!g_error_matches (failure, BKS_ERROR, BKS_ERROR_AUTH) && !g_error_matches (failure, BKS_ERROR, BKS_ERROR_BILLING))
    return;
  dex_await (bks_router_load_circuits (self), NULL);
  bks_breaker_note_failure (self->breaker, info->id, key_tag, "", (BksError) failure->code,
                            facts != NULL ? facts->retry_after_ms : -1);
  bks_router_await_keep_circuits (self);
}

static DexFuture *
test_provider_fiber (gpointer data)
{
  Verb *verb = data;
  BksRouter *self = verb->self;
  GError *error = NULL;
  g_autoptr(BksProviderInfo) info = bks_router_await_provider (self, verb->id, &error);
  g_autoptr(BksProvider) provider = NULL;
  g_autofree char *key = NULL;
  BksVerdict *verdict;
  gint64 started;

  if (info == NULL || (provider = bks_router_make_provider (self, info, &error)) == NULL)
    return bks_future_error (error);
  key = dex_await_string (bks_router_lookup_key (self, info, NULL), &error);
  if (error != NULL)
    return bks_future_error (error);
  started = bks_clock_get_monotonic_ms (self->limits->clock);
  verdict = dex_await_boxed (bks_provider_check (provider, key, verb->cancellable), &error);
  if (verdict == NULL)
    {
      await_note_test (self, info, key, error);
      g_signal_emit (self, signals[SIGNAL_HEALTH_CHANGED], 0);
      return bks_future_error (error);
    }
  verdict->took_ms = bks_clock_get_monotonic_ms (self->limits->clock) - started;
  bks_router_await_revival (self, info->id);
  g_signal_emit (self, signals[SIGNAL_HEALTH_CHANGED], 0);
  return dex_future_new_take_boxed (BKS_TYPE_VERDICT, verdict);
}

/**
 * bks_router_test_provider:
 * @self: a router
 * @id: a provider's id
 * @cancellable: (nullable): cancels it
 *
 * Asks the server, free of charge, whether it is there and takes the key.
 *
 * Returns: (transfer full): resolves to a #BksVerdict; rejects with the class
 *   of what is wrong
 */
DexFuture *
bks_router_test_provider (BksRouter      *self,
                          const char     *id,
                          DexCancellable *cancellable)
{
  Verb *verb;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && id != NULL, NULL);

  verb = verb_new (self, id, NULL);
  verb->cancellable = cancellable != NULL ? dex_ref (cancellable) : NULL;
  return bks_spawn (cancellable, test_provider_fiber, verb, verb_free);
}

/**
 * bks_router_get_role:
 * @self: a router
 * @role: "draft", "revise", "summarise", "critique", "quick" or "embed"
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksTarget, in the author's order
 */
DexFuture *
bks_router_get_role (BksRouter  *self,
                     const char *role)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self) && role != NULL, NULL);

  return bks_library_get_role (self->library, role);
}

/**
 * bks_router_list_roles:
 *
 * Returns: (transfer none): the kinds of work that models are chosen for
 */
const char *const *
bks_router_list_roles (void)
{
  static const char *const roles[] = { "draft", "revise", "summarise", "critique", "quick", "embed", NULL };

  return roles;
}

static DexFuture *
role_set_cb (DexFuture *written,
             gpointer   data)
{
  g_signal_emit (data, signals[SIGNAL_ROLES_CHANGED], 0);
  return dex_future_new_true ();
}

/**
 * bks_router_set_role:
 * @self: a router
 * @role: one of bks_router_list_roles()
 * @targets: (element-type BksTarget): which models, the first first; none: the shipped order
 *
 * Returns: (transfer full): resolves when it is durable; rejects with
 *   %BKS_ERROR_INVALID_ARGUMENT for another @role
 */
DexFuture *
bks_router_set_role (BksRouter  *self,
                     const char *role,
                     GPtrArray  *targets)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self) && role != NULL && targets != NULL, NULL);

  if (!g_strv_contains (bks_router_list_roles (), role))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
                                  "“%s” is no role: there are draft, revise, summarise, critique, quick and embed", role);
  return dex_future_then (bks_library_set_role (self->library, role, targets), role_set_cb, g_object_ref (self),
                          g_object_unref);
}
