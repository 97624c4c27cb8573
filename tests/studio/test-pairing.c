/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-environment-key.h"
#include "bks-error.h"
#include "bks-library.h"
#include "bks-memory-secret-store.h"
#include "bks-pairing.h"
#include "bks-test-util.h"

#define NOW 1790000000000
#define SECOND 1000

typedef struct
{
  char           *dir;
  BksLimits      *limits;
  BksDatabase    *library;
  BksSecretStore *secrets;
  BksPairing     *pairing;
} Fixture;

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  self->dir = bks_test_dir_new ();
  self->limits = bks_limits_new ();
  g_clear_object (&self->limits->clock);
  self->limits->clock = bks_clock_new_fixed (NOW);
  self->limits->pairing_tries = 3;
  self->library = bks_test_await_object (bks_library_open (self->dir, self->limits));
  self->secrets = bks_memory_secret_store_new (BKS_SECRET_READY);
  self->pairing = bks_pairing_new (self->library, self->secrets, self->limits);
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  g_object_unref (self->pairing);
  bks_test_await_ok (bks_database_close (self->library));
  g_object_unref (self->library);
  g_object_unref (self->secrets);
  bks_limits_unref (self->limits);
  bks_test_dir_remove (self->dir);
}

static void
advance (Fixture *self,
         gint64   ms)
{
  bks_clock_advance (self->limits->clock, ms);
}

static char *
new_code (Fixture *self)
{
  return bks_test_await_string (bks_pairing_new_code (self->pairing));
}

static BksCredentials *
pair (Fixture    *self,
      const char *name)
{
  g_autofree char *code = new_code (self);

  return bks_test_await_boxed (bks_pairing_claim (self->pairing, code, name));
}

static BksCredentials *
refresh (Fixture    *self,
         const char *token)
{
  return bks_test_await_boxed (bks_pairing_refresh (self->pairing, token));
}

static void
assert_refused (Fixture    *self,
                const char *token)
{
  bks_test_await_error (bks_pairing_refresh (self->pairing, token), BKS_ERROR_UNAUTHORIZED);
}

static void
assert_no_claim (Fixture    *self,
                 const char *code)
{
  bks_test_await_error (bks_pairing_claim (self->pairing, code, "x"), BKS_ERROR_UNAUTHORIZED);
}

static void
test_code (Fixture       *self,
           gconstpointer  data)
{
  g_autofree char *code = new_code (self);
  g_autofree char *spaced = NULL;
  g_autoptr(BksCredentials) credentials = NULL;
  g_autoptr(BksDevice) device = NULL;

  g_assert_cmpuint (strlen (code), ==, 8);
  g_assert_cmpuint (strspn (code, "0123456789"), ==, 8);
  spaced = g_strdup_printf (" %.4s-%.4s ", code, code + 4);
  credentials = bks_test_await_boxed (bks_pairing_claim (self->pairing, spaced, "  Ana's\nphone "));
  g_assert_cmpstr (credentials->device->name, ==, "Ana's phone");
  g_assert_cmpstr (credentials->device->role, ==, "owner");
  g_assert_false (credentials->device->revoked);
  g_assert_cmpuint (strlen (credentials->refresh_token), >=, 43);
  assert_no_claim (self, code); /* good for one use */
  device = bks_test_await_boxed (bks_pairing_get_device (self->pairing, credentials->device->id));
  g_assert_cmpstr (device->name, ==, "Ana's phone");
  bks_test_await_error (bks_pairing_get_device (self->pairing, "nobody"), BKS_ERROR_NOT_FOUND);
}

static void
test_late_code (Fixture       *self,
                gconstpointer  data)
{
  g_autofree char *code = new_code (self);
  g_autofree char *second = NULL;

  advance (self, self->limits->pairing_code_ms);
  assert_no_claim (self, code);
  /* A code before the last one is void. */
  g_free (code);
  code = new_code (self);
  second = new_code (self);
  if (!g_str_equal (code, second))
    assert_no_claim (self, code);
  bks_credentials_unref (bks_test_await_boxed (bks_pairing_claim (self->pairing, second, "x")));
}

static void
test_wrong_codes (Fixture       *self,
                  gconstpointer  data)
{
  static const char *const wrong[] = { "", "1234567", "not digits" };
  g_autofree char *code = new_code (self);

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_no_claim (self, wrong[i]);
  /* Guessed too often: the right one is void too. */
  assert_no_claim (self, code);
}

static void
test_refresh (Fixture       *self,
              gconstpointer  data)
{
  g_autoptr(BksCredentials) first = pair (self, "phone");
  g_autoptr(BksCredentials) second = NULL;
  g_autoptr(BksCredentials) same = NULL;
  g_autoptr(BksCredentials) third = NULL;

  advance (self, 60 * SECOND);
  second = refresh (self, first->refresh_token);
  g_assert_cmpstr (second->refresh_token, !=, first->refresh_token);
  g_assert_cmpstr (second->device->id, ==, first->device->id);
  /* Two tabs that refresh at once get the same. */
  advance (self, self->limits->refresh_grace_ms);
  same = refresh (self, first->refresh_token);
  g_assert_cmpstr (same->refresh_token, ==, second->refresh_token);
  third = refresh (self, second->refresh_token);
  g_assert_cmpstr (third->refresh_token, !=, second->refresh_token);
}

/* A token that was used long ago is in somebody else's hands: nobody keeps the device. */
static void
test_replay (Fixture       *self,
             gconstpointer  data)
{
  g_autoptr(BksCredentials) first = pair (self, "phone");
  g_autoptr(BksCredentials) second = refresh (self, first->refresh_token);
  g_autoptr(BksDevice) device = NULL;

  advance (self, self->limits->refresh_grace_ms + 1);
  assert_refused (self, first->refresh_token);
  assert_refused (self, second->refresh_token);
  device = bks_test_await_boxed (bks_pairing_get_device (self->pairing, first->device->id));
  g_assert_true (device->revoked);
}

static void
test_bad_tokens (Fixture       *self,
                 gconstpointer  data)
{
  g_autoptr(BksCredentials) credentials = pair (self, "phone");
  g_autofree char *huge = g_strnfill (100000, 'a');

  assert_refused (self, "");
  assert_refused (self, "nonsense");
  assert_refused (self, huge);
  /* The refusals did no harm, and time does. */
  advance (self, (gint64) self->limits->refresh_token_ms - 1);
  bks_credentials_unref (refresh (self, credentials->refresh_token));
  g_clear_pointer (&credentials, bks_credentials_unref);
  credentials = pair (self, "other");
  advance (self, self->limits->refresh_token_ms);
  assert_refused (self, credentials->refresh_token);
}

static void
test_revoke (Fixture       *self,
             gconstpointer  data)
{
  g_autoptr(BksCredentials) phone = pair (self, "phone");
  g_autoptr(BksCredentials) tablet = pair (self, "tablet");
  g_autoptr(GPtrArray) devices = NULL;

  bks_test_await_error (bks_pairing_revoke (self->pairing, ""), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_pairing_revoke (self->pairing, "nobody"), BKS_ERROR_NOT_FOUND);
  /* Both ids begin with the same moment. */
  bks_test_await_error (bks_pairing_revoke (self->pairing, "01"), BKS_ERROR_AMBIGUOUS);
  bks_test_await_ok (bks_pairing_revoke (self->pairing, phone->device->id));
  assert_refused (self, phone->refresh_token);
  bks_credentials_unref (refresh (self, tablet->refresh_token));
  devices = bks_test_await_boxed (bks_pairing_list_devices (self->pairing));
  g_assert_cmpuint (devices->len, ==, 2);
}

/* Whoever reads the library's file can neither pair nor refresh. */
static void
test_nothing_in_clear (Fixture       *self,
                       gconstpointer  data)
{
  static const char *const names[] = { "library.db", "library.db-wal" };
  g_autofree char *code = new_code (self);
  g_autoptr(BksCredentials) credentials = bks_test_await_boxed (bks_pairing_claim (self->pairing, code, "x"));
  g_autoptr(BksCredentials) next = refresh (self, credentials->refresh_token);
  const char *secrets[] = { code, credentials->refresh_token, next->refresh_token };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (self->dir, names[i], NULL);
      g_autofree char *contents = NULL;
      gsize length;

      if (!g_file_get_contents (path, &contents, &length, NULL))
        continue;
      for (gsize j = 0; j < G_N_ELEMENTS (secrets); j++)
        g_assert_null (memmem (contents, length, secrets[j], strlen (secrets[j])));
    }
}

static GBytes *
get_key (BksPairing *pairing)
{
  return bks_test_await_boxed (bks_pairing_get_signing_key (pairing));
}

static void
test_key (Fixture       *self,
          gconstpointer  data)
{
  g_autoptr(BksPairing) other = bks_pairing_new (self->library, self->secrets, self->limits);
  g_autofree char *installation = bks_test_await_string (bks_pairing_get_installation (self->pairing));
  g_autofree char *same = bks_test_await_string (bks_pairing_get_installation (other));
  g_autoptr(GBytes) key = get_key (self->pairing);
  g_autoptr(GBytes) again = get_key (self->pairing);
  g_autoptr(GBytes) elsewhere = get_key (other);

  g_assert_cmpstr (installation, ==, same);
  g_assert_cmpuint (g_bytes_get_size (key), >=, 32);
  g_assert_true (g_bytes_equal (key, again));
  g_assert_true (g_bytes_equal (key, elsewhere));
}

static void
test_damaged_key (Fixture       *self,
                  gconstpointer  data)
{
  g_autofree char *installation = bks_test_await_string (bks_pairing_get_installation (self->pairing));

  bks_test_await_ok (bks_secret_store_store (self->secrets, "service", installation, "", "label", "c2hvcnQ="));
  bks_test_await_error (bks_pairing_get_signing_key (self->pairing), BKS_ERROR_CORRUPT);
}

/* Without a keyring the environment's, and without that none. The order of this
 * test matters: what was taken from the environment stays. */
static void
test_no_keyring (Fixture       *self,
                 gconstpointer  data)
{
  BksMemorySecretStore *keyring = BKS_MEMORY_SECRET_STORE (self->secrets);
  g_autofree guint8 *raw = g_malloc0 (48);
  g_autofree char *text = g_base64_encode (raw, 48);
  g_autoptr(GBytes) key = NULL;
  g_autoptr(BksCredentials) credentials = NULL;

  bks_memory_secret_store_set_state (keyring, BKS_SECRET_LOCKED);
  bks_test_await_error (bks_pairing_get_signing_key (self->pairing), BKS_ERROR_KEYRING_LOCKED);
  bks_memory_secret_store_set_state (keyring, BKS_SECRET_ABSENT);
  bks_test_await_error (bks_pairing_get_signing_key (self->pairing), BKS_ERROR_KEYRING_ABSENT);
  credentials = pair (self, "phone");
  bks_test_await_error (bks_pairing_refresh (self->pairing, credentials->refresh_token), BKS_ERROR_KEYRING_ABSENT);

  g_setenv ("BOOK_STUDIO_JWT_KEY", "dG9vIHNob3J0", TRUE);
  bks_environment_keys_take ();
  bks_test_await_error (bks_pairing_get_signing_key (self->pairing), BKS_ERROR_INVALID_ARGUMENT);
  g_setenv ("BOOK_STUDIO_JWT_KEY", text, TRUE);
  bks_environment_keys_take ();
  g_assert_null (g_getenv ("BOOK_STUDIO_JWT_KEY"));
  key = get_key (self->pairing);
  g_assert_cmpuint (g_bytes_get_size (key), ==, 48);
  bks_credentials_unref (refresh (self, credentials->refresh_token));
}

int
main (int    argc,
      char **argv)
{
  bks_environment_keys_take ();
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(path, func) g_test_add ("/pairing/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("code/claim", test_code);
  ADD ("code/late", test_late_code);
  ADD ("code/wrong", test_wrong_codes);
  ADD ("token/refresh", test_refresh);
  ADD ("token/replay", test_replay);
  ADD ("token/bad", test_bad_tokens);
  ADD ("token/revoke", test_revoke);
  ADD ("token/nothing-in-clear", test_nothing_in_clear);
  ADD ("key/kept", test_key);
  ADD ("key/damaged", test_damaged_key);
  ADD ("key/no-keyring", test_no_keyring);
#undef ADD
  return g_test_run ();
}
