/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-environment-key.h"
#include "bks-error.h"
#include "bks-memory-secret-store.h"
#include "bks-studio.h"
#include "bks-test-util.h"

#define NOW 1790000000000

typedef struct
{
  char           *dir;
  BksLimits      *limits;
  BksSecretStore *secrets;
  BksStudio      *studio;
  BksPairing     *pairing;
} Fixture;

static void
open_studio (Fixture *self)
{
  self->studio = bks_studio_new (self->dir, self->secrets, self->limits);
  bks_test_await_ok (bks_studio_open (self->studio));
  self->pairing = bks_studio_get_pairing (self->studio);
}

static void
close_studio (Fixture *self)
{
  bks_test_await_ok (bks_studio_close (self->studio));
  g_clear_object (&self->studio);
}

static void
setup (Fixture       *self,
       gconstpointer  data)
{
  self->dir = bks_test_dir_new ();
  self->limits = bks_limits_new ();
  g_clear_object (&self->limits->clock);
  self->limits->clock = bks_clock_new_fixed (NOW);
  self->secrets = bks_memory_secret_store_new (BKS_SECRET_READY);
  open_studio (self);
}

static void
teardown (Fixture       *self,
          gconstpointer  data)
{
  close_studio (self);
  g_object_unref (self->secrets);
  bks_limits_unref (self->limits);
  bks_test_dir_remove (self->dir);
}

static BksCredentials *
claim (Fixture *self)
{
  g_autofree char *code = bks_test_await_string (bks_pairing_new_code (self->pairing));

  return bks_test_await_boxed (bks_pairing_claim (self->pairing, code, "Phone"));
}

/* Another code of the same form, that is not @code. */
static char *
make_wrong (const char *code)
{
  char *wrong = g_strdup (code);

  wrong[0] = wrong[0] == '9' ? '0' : wrong[0] + 1;
  return wrong;
}

static void
test_key_made_once (Fixture       *self,
                    gconstpointer  data)
{
  /* Both before either has been answered. */
  DexFuture *first = bks_pairing_get_signing_key (self->pairing);
  DexFuture *second = bks_pairing_get_signing_key (self->pairing);
  g_autoptr(GBytes) one = bks_test_await_boxed (first);
  g_autoptr(GBytes) two = bks_test_await_boxed (second);
  g_autoptr(GBytes) later = NULL;

  g_assert_cmpuint (g_bytes_get_size (one), >=, 32);
  g_assert_true (g_bytes_equal (one, two));
  close_studio (self);
  open_studio (self);
  later = bks_test_await_boxed (bks_pairing_get_signing_key (self->pairing));
  g_assert_true (g_bytes_equal (one, later));
}

static void
test_no_keyring (Fixture       *self,
                 gconstpointer  data)
{
  bks_memory_secret_store_set_state (BKS_MEMORY_SECRET_STORE (self->secrets), BKS_SECRET_ABSENT);
  bks_test_await_error (bks_pairing_get_signing_key (self->pairing), BKS_ERROR_KEYRING_ABSENT);
  bks_memory_secret_store_set_state (BKS_MEMORY_SECRET_STORE (self->secrets), BKS_SECRET_LOCKED);
  bks_test_await_error (bks_pairing_get_signing_key (self->pairing), BKS_ERROR_KEYRING_LOCKED);
}

/* The last of its suite: what was taken from the environment stays. */
static void
test_environment_key (Fixture       *self,
                      gconstpointer  data)
{
  static const char raw[] = "0123456789abcdef0123456789ABCDEF";
  g_autofree char *text = g_base64_encode ((const guchar *) raw, strlen (raw));
  g_autoptr(GBytes) key = NULL;

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  g_setenv ("BOOK_STUDIO_JWT_KEY", text, TRUE);
  bks_environment_keys_take ();
  g_assert_null (g_getenv ("BOOK_STUDIO_JWT_KEY"));
  bks_memory_secret_store_set_state (BKS_MEMORY_SECRET_STORE (self->secrets), BKS_SECRET_ABSENT);
  key = bks_test_await_boxed (bks_pairing_get_signing_key (self->pairing));
  g_assert_cmpmem (g_bytes_get_data (key, NULL), g_bytes_get_size (key), raw, strlen (raw));
}

static void
test_code_once (Fixture       *self,
                gconstpointer  data)
{
  g_autofree char *code = bks_test_await_string (bks_pairing_new_code (self->pairing));
  g_autofree char *typed = g_strdup_printf (" %.4s-%s ", code, code + 4);
  g_autoptr(BksCredentials) credentials = NULL;
  g_autoptr(BksDevice) device = NULL;

  g_assert_cmpuint (strlen (code), ==, 8);
  g_assert_cmpuint (strspn (code, "0123456789"), ==, 8);
  credentials = bks_test_await_boxed (bks_pairing_claim (self->pairing, typed, " My\nphone "));
  g_assert_cmpstr (credentials->device->name, ==, "My phone");
  bks_test_await_error (bks_pairing_claim (self->pairing, code, "Thief"), BKS_ERROR_UNAUTHORIZED);
  device = bks_test_await_boxed (bks_pairing_get_device (self->pairing, credentials->device->id));
  g_assert_false (device->revoked);
}

static void
test_code_late (Fixture       *self,
                gconstpointer  data)
{
  g_autofree char *good = bks_test_await_string (bks_pairing_new_code (self->pairing));
  g_autofree char *late = NULL;
  g_autoptr(BksCredentials) credentials = NULL;

  bks_clock_advance (self->limits->clock, self->limits->pairing_code_ms - 1);
  credentials = bks_test_await_boxed (bks_pairing_claim (self->pairing, good, "Phone"));
  late = bks_test_await_string (bks_pairing_new_code (self->pairing));
  bks_clock_advance (self->limits->clock, self->limits->pairing_code_ms);
  bks_test_await_error (bks_pairing_claim (self->pairing, late, "Phone"), BKS_ERROR_UNAUTHORIZED);
}

static void
test_code_replaced (Fixture       *self,
                    gconstpointer  data)
{
  g_autofree char *before = bks_test_await_string (bks_pairing_new_code (self->pairing));
  g_autofree char *code = bks_test_await_string (bks_pairing_new_code (self->pairing));
  g_autoptr(BksCredentials) credentials = NULL;

  if (!g_str_equal (before, code))
    bks_test_await_error (bks_pairing_claim (self->pairing, before, "Phone"), BKS_ERROR_UNAUTHORIZED);
  credentials = bks_test_await_boxed (bks_pairing_claim (self->pairing, code, "Phone"));
  g_assert_nonnull (credentials);
}

/* Nine wrong tries leave the code good, ten void it. */
static void
test_code_tries (Fixture       *self,
                 gconstpointer  data)
{
  for (guint tries = 9; tries <= 10; tries++)
    {
      g_autofree char *code = bks_test_await_string (bks_pairing_new_code (self->pairing));
      g_autofree char *wrong = make_wrong (code);
      g_autoptr(BksCredentials) credentials = NULL;

      for (guint i = 0; i < tries; i++)
        bks_test_await_error (bks_pairing_claim (self->pairing, wrong, "Phone"), BKS_ERROR_UNAUTHORIZED);
      if (tries == 10)
        bks_test_await_error (bks_pairing_claim (self->pairing, code, "Phone"), BKS_ERROR_UNAUTHORIZED);
      else
        credentials = bks_test_await_boxed (bks_pairing_claim (self->pairing, code, "Phone"));
    }
}

static gboolean
is_revoked (Fixture    *self,
            const char *id)
{
  g_autoptr(BksDevice) device = bks_test_await_boxed (bks_pairing_get_device (self->pairing, id));

  return device->revoked;
}

static void
test_refresh (Fixture       *self,
              gconstpointer  data)
{
  g_autoptr(BksCredentials) first = claim (self);
  g_autoptr(BksCredentials) second = NULL;
  g_autoptr(BksCredentials) again = NULL;
  g_autoptr(BksCredentials) third = NULL;

  second = bks_test_await_boxed (bks_pairing_refresh (self->pairing, first->refresh_token));
  g_assert_cmpstr (second->refresh_token, !=, first->refresh_token);
  bks_clock_advance (self->limits->clock, self->limits->refresh_grace_ms);
  again = bks_test_await_boxed (bks_pairing_refresh (self->pairing, first->refresh_token));
  g_assert_cmpstr (again->refresh_token, ==, second->refresh_token);
  third = bks_test_await_boxed (bks_pairing_refresh (self->pairing, second->refresh_token));

  bks_clock_advance (self->limits->clock, 1);
  g_assert_false (is_revoked (self, first->device->id));
  bks_test_await_error (bks_pairing_refresh (self->pairing, first->refresh_token), BKS_ERROR_UNAUTHORIZED);
  g_assert_true (is_revoked (self, first->device->id));
  bks_test_await_error (bks_pairing_refresh (self->pairing, third->refresh_token), BKS_ERROR_UNAUTHORIZED);
}

static void
test_refresh_refused (Fixture       *self,
                      gconstpointer  data)
{
  g_autoptr(BksCredentials) credentials = claim (self);
  g_autofree char *longer = g_strnfill (4096, 'a');

  bks_test_await_error (bks_pairing_refresh (self->pairing, ""), BKS_ERROR_UNAUTHORIZED);
  bks_test_await_error (bks_pairing_refresh (self->pairing, "made-up"), BKS_ERROR_UNAUTHORIZED);
  bks_test_await_error (bks_pairing_refresh (self->pairing, longer), BKS_ERROR_UNAUTHORIZED);
  bks_clock_advance (self->limits->clock, self->limits->refresh_token_ms);
  bks_test_await_error (bks_pairing_refresh (self->pairing, credentials->refresh_token), BKS_ERROR_UNAUTHORIZED);
  g_assert_false (is_revoked (self, credentials->device->id));
}

static void
test_revoke (Fixture       *self,
             gconstpointer  data)
{
  g_autoptr(BksCredentials) first = claim (self);
  g_autoptr(BksCredentials) second = NULL;
  g_autoptr(BksCredentials) kept = NULL;
  gsize same = 0;
  g_autofree char *shared = NULL;
  g_autofree char *unique = NULL;

  bks_clock_advance (self->limits->clock, 5);
  second = claim (self);
  while (first->device->id[same] == second->device->id[same])
    same++;
  shared = g_strndup (first->device->id, same);
  unique = g_strndup (first->device->id, same + 1);
  g_assert_cmpuint (same, >, 0);
  bks_test_await_error (bks_pairing_revoke (self->pairing, shared), BKS_ERROR_AMBIGUOUS);
  bks_test_await_error (bks_pairing_revoke (self->pairing, ""), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_pairing_revoke (self->pairing, "zzz"), BKS_ERROR_NOT_FOUND);
  bks_test_await_ok (bks_pairing_revoke (self->pairing, unique));
  g_assert_true (is_revoked (self, first->device->id));
  g_assert_false (is_revoked (self, second->device->id));
  bks_test_await_error (bks_pairing_refresh (self->pairing, first->refresh_token), BKS_ERROR_UNAUTHORIZED);
  kept = bks_test_await_boxed (bks_pairing_refresh (self->pairing, second->refresh_token));
  g_assert_nonnull (kept);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(path, func) g_test_add ("/pairing/" path, Fixture, NULL, setup, func, teardown)
  ADD ("key/made-once", test_key_made_once);
  ADD ("key/no-keyring", test_no_keyring);
  ADD ("code/once", test_code_once);
  ADD ("code/late", test_code_late);
  ADD ("code/replaced", test_code_replaced);
  ADD ("code/tries", test_code_tries);
  ADD ("refresh/successor", test_refresh);
  ADD ("refresh/refused", test_refresh_refused);
  ADD ("revoke", test_revoke);
  ADD ("key/environment", test_environment_key);
  return g_test_run ();
}
