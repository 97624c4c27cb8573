/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-studio"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-environment-key.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-library.h"
#include "bks-pairing.h"

/**
 * BksPairing:
 *
 * Who may talk to the companion service. Codes and refresh tokens are stored
 * hashed; the signing key is in the keyring, or comes from the environment.
 */
struct _BksPairing
{
  GObject         parent_instance;

  BksDatabase    *library;
  BksSecretStore *secrets;
  BksLimits      *limits;
  GBytes         *signing_key; /* once looked up */
};

G_DEFINE_FINAL_TYPE (BksPairing, bks_pairing, G_TYPE_OBJECT)
G_DEFINE_BOXED_TYPE (BksCredentials, bks_credentials, bks_credentials_ref, bks_credentials_unref)

#define KEY_PURPOSE "service"
#define KEY_BYTES 32
#define TOKEN_BYTES 32
#define CODE_DIGITS 8
#define MAX_TOKEN_LENGTH 128
#define MAX_NAME_LENGTH 80
/* A device's last use is noted at most this often. */
#define TOUCH_MS 60000

/**
 * bks_credentials_ref:
 * @self: credentials
 *
 * Returns: (transfer full): @self
 */
BksCredentials *
bks_credentials_ref (BksCredentials *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
credentials_clear (gpointer data)
{
  BksCredentials *self = data;

  g_clear_pointer (&self->device, bks_device_unref);
  g_free (self->refresh_token);
}

/**
 * bks_credentials_unref:
 * @self: (transfer full): credentials
 */
void
bks_credentials_unref (BksCredentials *self)
{
  g_atomic_rc_box_release_full (self, credentials_clear);
}

static void
bks_pairing_finalize (GObject *object)
{
  BksPairing *self = BKS_PAIRING (object);

  g_object_unref (self->library);
  g_object_unref (self->secrets);
  bks_limits_unref (self->limits);
  g_clear_pointer (&self->signing_key, g_bytes_unref);
  G_OBJECT_CLASS (bks_pairing_parent_class)->finalize (object);
}

static void
bks_pairing_class_init (BksPairingClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_pairing_finalize;
}

static void
bks_pairing_init (BksPairing *self)
{
}

/**
 * bks_pairing_new:
 * @library: the library
 * @secrets: where the signing key is kept
 * @limits: limits
 *
 * Returns: (transfer full): the pairing of this installation
 */
BksPairing *
bks_pairing_new (BksDatabase    *library,
                 BksSecretStore *secrets,
                 BksLimits      *limits)
{
  BksPairing *self = g_object_new (BKS_TYPE_PAIRING, NULL);

  self->library = g_object_ref (library);
  self->secrets = g_object_ref (secrets);
  self->limits = bks_limits_ref (limits);
  return self;
}

typedef struct
{
  BksPairing *self;
  char       *first;
  char       *second;
} Verb;

static Verb *
verb_new (BksPairing *self,
          const char *first,
          const char *second)
{
  Verb *verb = g_new0 (Verb, 1);

  verb->self = g_object_ref (self);
  verb->first = g_strdup (first);
  verb->second = g_strdup (second);
  return verb;
}

static void
verb_free (gpointer data)
{
  Verb *verb = data;

  g_object_unref (verb->self);
  g_free (verb->first);
  g_free (verb->second);
  g_free (verb);
}

static gint64
get_now (BksPairing *self)
{
  return bks_clock_get_now_ms (self->limits->clock);
}

static GError *
unauthorized (void)
{
  return g_error_new_literal (BKS_ERROR, BKS_ERROR_UNAUTHORIZED, "The code or token is not valid");
}

static char *
to_base64url (const guint8 *bytes,
              gsize         length)
{
  char *text = g_base64_encode (bytes, length);

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';
  return text;
}

static char *
make_token (void)
{
  guint8 bytes[TOKEN_BYTES];

  bks_random_fill (bytes, sizeof bytes);
  return to_base64url (bytes, sizeof bytes);
}

/* Fiber. Made once, the same in every process. */
static char *
await_setting_id (BksPairing  *self,
                  const char  *setting,
                  GError     **error)
{
  g_autofree char *fresh = bks_id_new (self->limits->clock);

  return dex_await_string (bks_library_init_setting (self->library, setting, fresh), error);
}

static DexFuture *
get_installation_fiber (gpointer data)
{
  Verb *verb = data;
  GError *error = NULL;
  char *id = await_setting_id (verb->self, "installation", &error);

  return id != NULL ? dex_future_new_take_string (id) : bks_future_error (error);
}

/**
 * bks_pairing_get_installation:
 * @self: the pairing
 *
 * Returns: (transfer full): resolves to the installation's id, the "aud" of its tokens
 */
DexFuture *
bks_pairing_get_installation (BksPairing *self)
{
  g_return_val_if_fail (BKS_IS_PAIRING (self), NULL);

  return bks_spawn (NULL, get_installation_fiber, verb_new (self, NULL, NULL), verb_free);
}

static GBytes *
decode_key (const char *text)
{
  g_autofree guchar *bytes = NULL;
  gsize length;

  bytes = g_base64_decode (text, &length);
  return length >= KEY_BYTES ? g_bytes_new (bytes, length) : NULL;
}

/* Fiber. Looks the key up, or makes it. Looked up again after it was stored:
 * another process may have done the same at the same moment. */
static GBytes *
await_keyring_key (BksPairing  *self,
                   const char  *installation,
                   GError     **error)
{
  g_autofree char *text = NULL;
  guint8 bytes[KEY_BYTES];
  g_autofree char *fresh = NULL;
  g_autoptr(GError) local = NULL;

  text = dex_await_string (bks_secret_store_lookup (self->secrets, KEY_PURPOSE, installation, ""), &local);
  if (text == NULL && local == NULL)
    {
      bks_random_fill (bytes, sizeof bytes);
      fresh = g_base64_encode (bytes, sizeof bytes);
      if (dex_await (bks_secret_store_store (self->secrets, KEY_PURPOSE, installation, "",
                                             "Book Studio: signing key of the companion service", fresh),
                     &local))
        text = dex_await_string (bks_secret_store_lookup (self->secrets, KEY_PURPOSE, installation, ""), &local);
    }
  if (text != NULL)
    {
      GBytes *key = decode_key (text);

      explicit_bzero (text, strlen (text));
      if (key != NULL)
        return key;
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CORRUPT, "The service's signing key in the keyring is damaged");
      return NULL;
    }
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  else
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_KEYRING_ABSENT, "The keyring did not keep the service's signing key");
  return NULL;
}

/* Fiber. The keyring; without one, the environment. */
static GBytes *
await_key (BksPairing  *self,
           GError     **error)
{
  g_autofree char *installation = await_setting_id (self, "installation", error);
  g_autoptr(GError) keyring_error = NULL;
  g_autoptr(GError) environment_error = NULL;
  GBytes *key;

  if (installation == NULL)
    return NULL;
  key = await_keyring_key (self, installation, &keyring_error);
  if (key == NULL && !g_error_matches (keyring_error, BKS_ERROR, BKS_ERROR_CORRUPT))
    key = bks_environment_jwt_key (&environment_error);
  if (key != NULL)
    return key;
  /* A variable that was given and is wrong is what the person has to hear of. */
  if (environment_error != NULL && !g_error_matches (environment_error, BKS_ERROR, BKS_ERROR_NOT_FOUND))
    g_propagate_error (error, g_steal_pointer (&environment_error));
  else
    g_propagate_error (error, g_steal_pointer (&keyring_error));
  return NULL;
}

static DexFuture *
get_signing_key_fiber (gpointer data)
{
  Verb *verb = data;
  BksPairing *self = verb->self;
  GError *error = NULL;

  if (self->signing_key == NULL)
    {
      GBytes *key = await_key (self, &error);

      if (key == NULL)
        return bks_future_error (error);
      g_clear_pointer (&self->signing_key, g_bytes_unref);
      self->signing_key = key;
    }
  return dex_future_new_take_boxed (G_TYPE_BYTES, g_bytes_ref (self->signing_key));
}

/**
 * bks_pairing_get_signing_key:
 * @self: the pairing
 *
 * The key in the keyring, made at first use; where there is no keyring, the one
 * that BOOK_STUDIO_JWT_KEY gives.
 *
 * Returns: (transfer full): resolves to #GBytes of at least 32 bytes; rejects
 *   with %BKS_ERROR_KEYRING_LOCKED or %BKS_ERROR_KEYRING_ABSENT with neither
 */
DexFuture *
bks_pairing_get_signing_key (BksPairing *self)
{
  g_return_val_if_fail (BKS_IS_PAIRING (self), NULL);

  return bks_spawn (NULL, get_signing_key_fiber, verb_new (self, NULL, NULL), verb_free);
}

static char *
hash_code (const char *installation,
           const char *digits)
{
  return g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *) installation, strlen (installation), digits, -1);
}

static DexFuture *
new_code_fiber (gpointer data)
{
  Verb *verb = data;
  BksPairing *self = verb->self;
  GError *error = NULL;
  g_autofree char *installation = await_setting_id (self, "installation", &error);
  g_autofree char *hash = NULL;
  char code[CODE_DIGITS + 1] = { 0 };

  if (installation == NULL)
    return bks_future_error (error);
  for (int i = 0; i < CODE_DIGITS;)
    {
      guint8 byte;

      bks_random_fill (&byte, 1);
      if (byte < 250) /* each digit equally likely */
        code[i++] = (char) ('0' + byte % 10);
    }
  hash = hash_code (installation, code);
  if (!dex_await (bks_library_add_pairing_code (self->library, hash, get_now (self) + self->limits->pairing_code_ms),
                  &error))
    return bks_future_error (error);
  return dex_future_new_for_string (code);
}

/**
 * bks_pairing_new_code:
 * @self: the pairing
 *
 * Returns: (transfer full): resolves to 8 digits, good for one use within
 *   limits->pairing_code_ms; a code before it is void
 */
DexFuture *
bks_pairing_new_code (BksPairing *self)
{
  g_return_val_if_fail (BKS_IS_PAIRING (self), NULL);

  return bks_spawn (NULL, new_code_fiber, verb_new (self, NULL, NULL), verb_free);
}

static char *
hash_token (const char *token)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, token, -1);
}

static DexFuture *
make_credentials (BksDevice *device,
                  char      *token)
{
  BksCredentials *credentials = g_atomic_rc_box_new0 (BksCredentials);

  credentials->device = bks_device_ref (device);
  credentials->refresh_token = token;
  return dex_future_new_take_boxed (BKS_TYPE_CREDENTIALS, credentials);
}

/* The digits of what a person typed, "1234 5678" and "1234-5678" too. */
static char *
clean_code (const char *typed)
{
  GString *digits = g_string_new (NULL);

  for (const char *p = typed; *p != '\0'; p++)
    if (*p != ' ' && *p != '-')
      g_string_append_c (digits, *p);
  return g_string_free (digits, FALSE);
}

/* A name to show in a list; a device that gives none is still one. */
static char *
clean_name (const char *name)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);
  g_autofree char *cut = NULL;

  for (char *p = valid; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p))
      *p = ' ';
  cut = g_utf8_substring (valid, 0, MIN (g_utf8_strlen (valid, -1), MAX_NAME_LENGTH));
  g_strstrip (cut);
  return g_strdup (*cut != '\0' ? cut : "Companion");
}

static DexFuture *
claim_fiber (gpointer data)
{
  Verb *verb = data;
  BksPairing *self = verb->self;
  GError *error = NULL;
  g_autofree char *installation = await_setting_id (self, "installation", &error);
  g_autofree char *owner = installation != NULL ? await_setting_id (self, "owner", &error) : NULL;
  g_autofree char *code = clean_code (verb->first);
  g_autofree char *name = clean_name (verb->second);
  g_autofree char *device_id = bks_id_new (self->limits->clock);
  g_autofree char *code_hash = NULL;
  g_autofree char *token = make_token ();
  g_autofree char *token_hash = hash_token (token);
  g_autoptr(BksDevice) device = NULL;

  if (owner == NULL)
    return bks_future_error (error);
  code_hash = hash_code (installation, code);
  device = dex_await_boxed (bks_library_claim_pairing_code (self->library, code_hash, device_id, owner, name,
                                                            get_now (self), self->limits->pairing_tries),
                            &error);
  if (device == NULL)
    return bks_future_error (error != NULL ? error : unauthorized ());
  if (!dex_await (bks_library_add_refresh_token (self->library, token_hash, device->id, get_now (self),
                                                 get_now (self) + self->limits->refresh_token_ms),
                  &error))
    return bks_future_error (error);
  return make_credentials (device, g_steal_pointer (&token));
}

/**
 * bks_pairing_claim:
 * @self: the pairing
 * @code: what was typed
 * @device_name: what the device calls itself
 *
 * Returns: (transfer full): resolves to #BksCredentials; rejects with
 *   %BKS_ERROR_UNAUTHORIZED for a wrong, used, void or late code
 */
DexFuture *
bks_pairing_claim (BksPairing *self,
                   const char *code,
                   const char *device_name)
{
  g_return_val_if_fail (BKS_IS_PAIRING (self) && code != NULL && device_name != NULL, NULL);

  return bks_spawn_finally (claim_fiber, verb_new (self, code, device_name), verb_free);
}

/*
 * The token that follows @token, the same whenever it is asked for: two tabs
 * that refresh at once both get it, although only its hash is stored.
 */
static char *
make_successor (GBytes     *key,
                const char *token)
{
  g_autofree char *message = g_strconcat ("refresh:", token, NULL);
  g_autoptr(GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, g_bytes_get_data (key, NULL), g_bytes_get_size (key));
  guint8 digest[TOKEN_BYTES];
  gsize length = sizeof digest;

  g_hmac_update (hmac, (const guchar *) message, -1);
  g_hmac_get_digest (hmac, digest, &length);
  return to_base64url (digest, length);
}

static DexFuture *
refresh_fiber (gpointer data)
{
  Verb *verb = data;
  BksPairing *self = verb->self;
  GError *error = NULL;
  g_autoptr(GBytes) key = dex_await_boxed (bks_pairing_get_signing_key (self), &error);
  g_autofree char *successor = NULL;
  g_autofree char *hash = NULL;
  g_autofree char *successor_hash = NULL;
  g_autoptr(BksDevice) device = NULL;

  if (key == NULL)
    return bks_future_error (error);
  successor = make_successor (key, verb->first);
  hash = hash_token (verb->first);
  successor_hash = hash_token (successor);
  device = dex_await_boxed (bks_library_rotate_refresh_token (self->library, hash, successor_hash, get_now (self),
                                                              get_now (self) + self->limits->refresh_token_ms,
                                                              self->limits->refresh_grace_ms),
                            &error);
  if (device == NULL)
    return bks_future_error (error != NULL ? error : unauthorized ());
  return make_credentials (device, g_steal_pointer (&successor));
}

/**
 * bks_pairing_refresh:
 * @self: the pairing
 * @refresh_token: the token that was given out last
 *
 * Returns: (transfer full): resolves to #BksCredentials with its successor;
 *   rejects with %BKS_ERROR_UNAUTHORIZED. A token that was used before, longer
 *   than the grace ago, ends its device: somebody has a copy.
 */
DexFuture *
bks_pairing_refresh (BksPairing *self,
                     const char *refresh_token)
{
  g_return_val_if_fail (BKS_IS_PAIRING (self) && refresh_token != NULL, NULL);

  if (strlen (refresh_token) > MAX_TOKEN_LENGTH)
    return bks_future_error (unauthorized ());
  return bks_spawn_finally (refresh_fiber, verb_new (self, refresh_token, NULL), verb_free);
}

static DexFuture *
get_device_fiber (gpointer data)
{
  Verb *verb = data;
  BksPairing *self = verb->self;
  GError *error = NULL;
  BksDevice *device = dex_await_boxed (bks_library_get_device (self->library, verb->first), &error);

  if (device == NULL)
    return bks_future_error (error);
  if (get_now (self) - device->last_used_at >= TOUCH_MS)
    dex_future_disown (bks_library_touch_device (self->library, device->id, get_now (self)));
  return dex_future_new_take_boxed (BKS_TYPE_DEVICE, device);
}

/**
 * bks_pairing_get_device:
 * @self: the pairing
 * @device_id: its id
 *
 * Looks at the database each time, as another process may have revoked it, and
 * notes the use.
 *
 * Returns: (transfer full): resolves to the #BksDevice as it is now, revoked or
 *   not; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_pairing_get_device (BksPairing *self,
                        const char *device_id)
{
  g_return_val_if_fail (BKS_IS_PAIRING (self) && device_id != NULL, NULL);

  return bks_spawn (NULL, get_device_fiber, verb_new (self, device_id, NULL), verb_free);
}

/**
 * bks_pairing_list_devices:
 * @self: the pairing
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksDevice, revoked ones included
 */
DexFuture *
bks_pairing_list_devices (BksPairing *self)
{
  g_return_val_if_fail (BKS_IS_PAIRING (self), NULL);

  return bks_library_list_devices (self->library);
}

/* Fiber. */
static BksDevice *
await_device (BksPairing  *self,
              const char  *id_prefix,
              GError     **error)
{
  g_autoptr(GPtrArray) devices = dex_await_boxed (bks_library_list_devices (self->library), error);
  BksDevice *found = NULL;

  if (devices == NULL)
    return NULL;
  for (guint i = 0; i < devices->len; i++)
    {
      BksDevice *device = g_ptr_array_index (devices, i);

      if (*id_prefix == '\0' || !g_str_has_prefix (device->id, id_prefix))
        continue;
      if (found != NULL)
        {
          g_set_error (error, BKS_ERROR, BKS_ERROR_AMBIGUOUS, "Several devices have an id that begins with %s", id_prefix);
          return NULL;
        }
      found = device;
    }
  if (found == NULL)
    g_set_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no device %s", id_prefix);
  return found != NULL ? bks_device_ref (found) : NULL;
}

static DexFuture *
find_device_fiber (gpointer data)
{
  Verb *verb = data;
  GError *error = NULL;
  BksDevice *device = await_device (verb->self, verb->first, &error);

  return device != NULL ? dex_future_new_take_boxed (BKS_TYPE_DEVICE, device) : bks_future_error (error);
}

/**
 * bks_pairing_find_device:
 * @self: the pairing
 * @id_prefix: a device's id or a unique beginning of it
 *
 * Returns: (transfer full): resolves to the #BksDevice; rejects with
 *   %BKS_ERROR_NOT_FOUND or %BKS_ERROR_AMBIGUOUS
 */
DexFuture *
bks_pairing_find_device (BksPairing *self,
                         const char *id_prefix)
{
  g_return_val_if_fail (BKS_IS_PAIRING (self) && id_prefix != NULL, NULL);

  return bks_spawn (NULL, find_device_fiber, verb_new (self, id_prefix, NULL), verb_free);
}

static DexFuture *
revoke_fiber (gpointer data)
{
  Verb *verb = data;
  BksPairing *self = verb->self;
  GError *error = NULL;
  g_autoptr(BksDevice) device = await_device (self, verb->first, &error);

  if (device == NULL || !dex_await (bks_library_revoke_device (self->library, device->id, get_now (self)), &error))
    return bks_future_error (error);
  return dex_future_new_true ();
}

/**
 * bks_pairing_revoke:
 * @self: the pairing
 * @id_prefix: a device's id or a unique beginning of it
 *
 * Returns: (transfer full): resolves when none of its tokens is worth anything any more
 */
DexFuture *
bks_pairing_revoke (BksPairing *self,
                    const char *id_prefix)
{
  g_return_val_if_fail (BKS_IS_PAIRING (self) && id_prefix != NULL, NULL);

  return bks_spawn_finally (revoke_fiber, verb_new (self, id_prefix, NULL), verb_free);
}
