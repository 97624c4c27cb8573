/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-secrets"

#include "config.h"

#include "bks-async.h"
#include "bks-error.h"
#include "bks-memory-secret-store.h"

struct _BksMemorySecretStore
{
  BksSecretStore  parent_instance;
  GHashTable     *secrets; /* of "purpose\nowner\norigin" */
  BksSecretState  state;
};

G_DEFINE_FINAL_TYPE (BksMemorySecretStore, bks_memory_secret_store, BKS_TYPE_SECRET_STORE)

static char *
make_place (const char *purpose,
            const char *owner,
            const char *origin)
{
  return g_strjoin ("\n", purpose, owner, origin, NULL);
}

/* NULL when the store may be used, else the rejection that a keyring would give. */
static DexFuture *
refuse (BksMemorySecretStore *self)
{
  switch (self->state)
    {
    case BKS_SECRET_LOCKED:
      return bks_future_error (g_error_new_literal (BKS_ERROR, BKS_ERROR_KEYRING_LOCKED, "The keyring is locked"));
    case BKS_SECRET_ABSENT:
      return bks_future_error (g_error_new_literal (BKS_ERROR, BKS_ERROR_KEYRING_ABSENT, "There is no keyring"));
    case BKS_SECRET_READY:
    default:
      return NULL;
    }
}

static DexFuture *
bks_memory_secret_store_get_state (BksSecretStore *store)
{
  return dex_future_new_for_int (BKS_MEMORY_SECRET_STORE (store)->state);
}

static DexFuture *
bks_memory_secret_store_lookup (BksSecretStore *store,
                                const char     *purpose,
                                const char     *owner,
                                const char     *origin)
{
  BksMemorySecretStore *self = BKS_MEMORY_SECRET_STORE (store);
  g_autofree char *place = make_place (purpose, owner, origin);
  DexFuture *refusal = refuse (self);

  if (refusal != NULL)
    return refusal;
  return dex_future_new_for_string (g_hash_table_lookup (self->secrets, place));
}

static DexFuture *
bks_memory_secret_store_store (BksSecretStore *store,
                               const char     *purpose,
                               const char     *owner,
                               const char     *origin,
                               const char     *label,
                               const char     *secret)
{
  BksMemorySecretStore *self = BKS_MEMORY_SECRET_STORE (store);
  DexFuture *refusal = refuse (self);

  if (refusal != NULL)
    return refusal;
  g_hash_table_insert (self->secrets, make_place (purpose, owner, origin), g_strdup (secret));
  return dex_future_new_for_boolean (TRUE);
}

static DexFuture *
bks_memory_secret_store_remove (BksSecretStore *store,
                                const char     *purpose,
                                const char     *owner,
                                const char     *origin)
{
  BksMemorySecretStore *self = BKS_MEMORY_SECRET_STORE (store);
  g_autofree char *place = make_place (purpose, owner, origin);
  DexFuture *refusal = refuse (self);

  if (refusal != NULL)
    return refusal;
  return dex_future_new_for_boolean (g_hash_table_remove (self->secrets, place));
}

/* There is nobody who could. */
static DexFuture *
bks_memory_secret_store_unlock (BksSecretStore *store)
{
  DexFuture *refusal = refuse (BKS_MEMORY_SECRET_STORE (store));

  return refusal != NULL ? refusal : dex_future_new_true ();
}

static void
bks_memory_secret_store_finalize (GObject *object)
{
  BksMemorySecretStore *self = BKS_MEMORY_SECRET_STORE (object);

  g_clear_pointer (&self->secrets, g_hash_table_unref);

  G_OBJECT_CLASS (bks_memory_secret_store_parent_class)->finalize (object);
}

static void
bks_memory_secret_store_class_init (BksMemorySecretStoreClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  BksSecretStoreClass *store_class = BKS_SECRET_STORE_CLASS (klass);

  object_class->finalize = bks_memory_secret_store_finalize;
  store_class->get_state = bks_memory_secret_store_get_state;
  store_class->lookup = bks_memory_secret_store_lookup;
  store_class->store = bks_memory_secret_store_store;
  store_class->remove = bks_memory_secret_store_remove;
  store_class->unlock = bks_memory_secret_store_unlock;
}

static void
bks_memory_secret_store_init (BksMemorySecretStore *self)
{
  self->secrets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/**
 * bks_memory_secret_store_new:
 * @state: how the keyring it plays answers
 *
 * Returns: (transfer full): an empty store in memory, for tests
 */
BksSecretStore *
bks_memory_secret_store_new (BksSecretState state)
{
  BksMemorySecretStore *self = g_object_new (BKS_TYPE_MEMORY_SECRET_STORE, NULL);

  self->state = state;
  return BKS_SECRET_STORE (self);
}

/**
 * bks_memory_secret_store_set_state:
 * @self: a store in memory
 * @state: how the keyring it plays answers from now on; what it holds is kept
 */
void
bks_memory_secret_store_set_state (BksMemorySecretStore *self,
                                   BksSecretState        state)
{
  g_return_if_fail (BKS_IS_MEMORY_SECRET_STORE (self));

  self->state = state;
}
