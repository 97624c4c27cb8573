/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-secrets"

#include "config.h"

#include "bks-secret-store.h"

G_DEFINE_ABSTRACT_TYPE (BksSecretStore, bks_secret_store, G_TYPE_OBJECT)

static void
bks_secret_store_class_init (BksSecretStoreClass *klass)
{
}

static void
bks_secret_store_init (BksSecretStore *self)
{
}

/**
 * bks_secret_store_get_state:
 * @self: a secret store
 *
 * Asks whether keys can be read now. Never prompts, never takes longer than
 * the keyring's deadline.
 *
 * Returns: (transfer full): resolves to an int, a #BksSecretState; never rejects
 */
DexFuture *
bks_secret_store_get_state (BksSecretStore *self)
{
  g_return_val_if_fail (BKS_IS_SECRET_STORE (self), NULL);

  return BKS_SECRET_STORE_GET_CLASS (self)->get_state (self);
}

/**
 * bks_secret_store_lookup:
 * @self: a secret store
 * @purpose: what the secret is for, "provider" or "service"
 * @owner: whose it is, a provider's or an installation's id
 * @origin: the origin it was entered for, "" for none
 *
 * Never prompts: a locked keyring is an error, not "no secret".
 *
 * Returns: (transfer full): resolves to a string, %NULL where there is none;
 *   rejects with %BKS_ERROR_KEYRING_LOCKED or %BKS_ERROR_KEYRING_ABSENT
 */
DexFuture *
bks_secret_store_lookup (BksSecretStore *self,
                         const char     *purpose,
                         const char     *owner,
                         const char     *origin)
{
  g_return_val_if_fail (BKS_IS_SECRET_STORE (self), NULL);
  g_return_val_if_fail (purpose != NULL && owner != NULL && origin != NULL, NULL);

  return BKS_SECRET_STORE_GET_CLASS (self)->lookup (self, purpose, owner, origin);
}

/**
 * bks_secret_store_store:
 * @self: a secret store
 * @purpose: what the secret is for
 * @owner: whose it is
 * @origin: the origin it was entered for, "" for none
 * @label: its name for a person who looks into the keyring
 * @secret: the secret, valid UTF-8
 *
 * Replaces an older secret of the same purpose, owner and origin. May ask the
 * person to unlock the keyring; the question ends with the keyring's deadline.
 *
 * Returns: (transfer full): resolves to %TRUE once the keyring has it; rejects
 *   with %BKS_ERROR_KEYRING_LOCKED or %BKS_ERROR_KEYRING_ABSENT
 */
DexFuture *
bks_secret_store_store (BksSecretStore *self,
                        const char     *purpose,
                        const char     *owner,
                        const char     *origin,
                        const char     *label,
                        const char     *secret)
{
  g_return_val_if_fail (BKS_IS_SECRET_STORE (self), NULL);
  g_return_val_if_fail (purpose != NULL && owner != NULL && origin != NULL, NULL);
  g_return_val_if_fail (label != NULL && secret != NULL, NULL);

  return BKS_SECRET_STORE_GET_CLASS (self)->store (self, purpose, owner, origin, label, secret);
}

/**
 * bks_secret_store_remove:
 * @self: a secret store
 * @purpose: what the secret is for
 * @owner: whose it is
 * @origin: the origin it was entered for, "" for none
 *
 * May ask the person to unlock the keyring, as bks_secret_store_store().
 *
 * Returns: (transfer full): resolves to a boolean, whether there was one;
 *   rejects with %BKS_ERROR_KEYRING_LOCKED or %BKS_ERROR_KEYRING_ABSENT
 */
DexFuture *
bks_secret_store_remove (BksSecretStore *self,
                         const char     *purpose,
                         const char     *owner,
                         const char     *origin)
{
  g_return_val_if_fail (BKS_IS_SECRET_STORE (self), NULL);
  g_return_val_if_fail (purpose != NULL && owner != NULL && origin != NULL, NULL);

  return BKS_SECRET_STORE_GET_CLASS (self)->remove (self, purpose, owner, origin);
}

/**
 * bks_secret_store_unlock:
 * @self: a secret store
 *
 * Has the keyring ask the person for its password, if it is locked.
 *
 * Returns: (transfer full): resolves when it can be read; rejects with
 *   %BKS_ERROR_KEYRING_LOCKED where the person did not, or nobody could ask
 *   them, and %BKS_ERROR_KEYRING_ABSENT
 */
DexFuture *
bks_secret_store_unlock (BksSecretStore *self)
{
  g_return_val_if_fail (BKS_IS_SECRET_STORE (self), NULL);

  return BKS_SECRET_STORE_GET_CLASS (self)->unlock (self);
}
