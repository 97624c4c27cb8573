/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-secrets"

#include "config.h"

#include <string.h>

#include "bks-environment-key.h"
#include "bks-error.h"

/*
 * Keys for machines without a keyring. They are taken out of the environment
 * before anything else runs, so that no child program inherits one.
 */
#define KEY_PREFIX "BOOK_STUDIO_KEY_"
#define JWT_VARIABLE "BOOK_STUDIO_JWT_KEY"
#define JWT_KEY_BYTES 32

/* Variable name → value. Written once, before there is a second thread. */
static GHashTable *taken;

static void
take (const char *name)
{
  const char *value = g_getenv (name);
  gsize length;

  if (value == NULL)
    return;
  length = strlen (value);
  if (length > 0)
    g_hash_table_insert (taken, g_strdup (name), g_strdup (value));
  /* The kernel shows a process's first environment in /proc for as long as it runs. */
  explicit_bzero ((char *) value, length);
  g_unsetenv (name);
}

/**
 * bks_environment_keys_take:
 *
 * Reads the keys in the environment and removes them from it. The first thing
 * a program of ours does, before it starts a thread or a child.
 */
void
bks_environment_keys_take (void)
{
  g_auto(GStrv) names = g_listenv ();

  if (taken == NULL)
    taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; names[i] != NULL; i++)
    if (g_str_has_prefix (names[i], KEY_PREFIX) || g_str_equal (names[i], JWT_VARIABLE))
      take (names[i]);
}

/**
 * bks_environment_key_lookup:
 * @provider_id: a provider's id, for example "openai"
 *
 * The variable is BOOK_STUDIO_KEY_ and the id in capitals, with "_" for all
 * that is no ASCII letter or digit.
 *
 * Returns: (transfer none) (nullable): the key the environment had for it
 */
const char *
bks_environment_key_lookup (const char *provider_id)
{
  g_autoptr(GString) name = g_string_new (KEY_PREFIX);

  g_return_val_if_fail (provider_id != NULL, NULL);

  if (taken == NULL)
    return NULL;
  for (const char *p = provider_id; *p != '\0'; p++)
    g_string_append_c (name, g_ascii_isalnum (*p) ? g_ascii_toupper (*p) : '_');
  return g_hash_table_lookup (taken, name->str);
}

/* RFC 4648 §5, without padding or with it. Strict: what it says is what it
 * encodes again, so that a typing error is no shorter key. */
static guchar *
decode_base64url (const char *text,
                  gsize      *length)
{
  g_autofree char *plain = g_strdelimit (g_strdup (text), "-", '+');
  g_autofree char *padded = NULL;
  g_autofree char *again = NULL;
  g_autofree guchar *bytes = NULL;
  gsize digits;

  g_strdelimit (plain, "_", '/');
  digits = strcspn (plain, "=");
  plain[digits] = '\0';
  padded = g_strconcat (plain, digits % 4 == 2 ? "==" : digits % 4 == 3 ? "=" : "", NULL);
  bytes = g_base64_decode (padded, length);
  again = g_base64_encode (bytes, *length);
  return g_str_equal (again, padded) ? g_steal_pointer (&bytes) : NULL;
}

/**
 * bks_environment_jwt_key:
 * @error: return location
 *
 * The service's signing key from BOOK_STUDIO_JWT_KEY: base64url, at least 32 bytes.
 *
 * Returns: (transfer full) (nullable): the key; %NULL without an error where the
 *   variable was not set, with %BKS_ERROR_INVALID_ARGUMENT where it is no such key
 */
GBytes *
bks_environment_jwt_key (GError **error)
{
  const char *text = taken != NULL ? g_hash_table_lookup (taken, JWT_VARIABLE) : NULL;
  g_autofree guchar *bytes = NULL;
  gsize length;

  if (text == NULL)
    return NULL;
  bytes = decode_base64url (text, &length);
  if (bytes == NULL)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, JWT_VARIABLE " is not base64url");
      return NULL;
    }
  if (length < JWT_KEY_BYTES)
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
                   JWT_VARIABLE " is %" G_GSIZE_FORMAT " bytes, at least %d are needed", length, JWT_KEY_BYTES);
      return NULL;
    }
  return g_bytes_new_take (g_steal_pointer (&bytes), length);
}
