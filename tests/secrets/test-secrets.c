/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-environment-key.h"
#include "bks-error.h"
#include "bks-memory-secret-store.h"

#define ORIGIN "https://api.openai.com:443"

/* What a future gives to the one who waits for it. */
static char *
wait_string (DexFuture  *future,
             GError    **error)
{
  const GValue *value;
  char *result = NULL;

  dex_ref (future);
  if (bks_wait (future, error))
    {
      value = dex_future_get_value (future, NULL);
      result = g_value_dup_string (value);
    }
  dex_unref (future);
  return result;
}

static gboolean
wait_boolean (DexFuture  *future,
              GError    **error)
{
  gboolean result = FALSE;

  dex_ref (future);
  if (bks_wait (future, error))
    result = g_value_get_boolean (dex_future_get_value (future, NULL));
  dex_unref (future);
  return result;
}

static int
wait_state (BksSecretStore *store)
{
  DexFuture *future = bks_secret_store_get_state (store);
  int state;

  dex_ref (future);
  g_assert_true (bks_wait (future, NULL));
  state = g_value_get_int (dex_future_get_value (future, NULL));
  dex_unref (future);
  return state;
}

static gboolean
put (BksSecretStore  *store,
     const char      *owner,
     const char      *origin,
     const char      *secret,
     GError         **error)
{
  return wait_boolean (bks_secret_store_store (store, "provider", owner, origin, "A key", secret), error);
}

static char *
get (BksSecretStore  *store,
     const char      *owner,
     const char      *origin,
     GError         **error)
{
  return wait_string (bks_secret_store_lookup (store, "provider", owner, origin), error);
}

static void
test_memory_keeps (void)
{
  g_autoptr(BksSecretStore) store = bks_memory_secret_store_new (BKS_SECRET_READY);
  g_autoptr(GError) error = NULL;
  g_autofree char *mine = NULL;
  g_autofree char *other = NULL;
  g_autofree char *removed = NULL;

  g_assert_cmpint (wait_state (store), ==, BKS_SECRET_READY);
  g_assert_true (put (store, "openai", ORIGIN, "old", &error));
  g_assert_true (put (store, "openai", ORIGIN, "sk-1", &error));
  g_assert_no_error (error);

  mine = get (store, "openai", ORIGIN, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (mine, ==, "sk-1");

  /* A key belongs to the origin it was entered for. */
  other = get (store, "openai", "https://example.org:443", &error);
  g_assert_no_error (error);
  g_assert_null (other);

  g_assert_true (wait_boolean (bks_secret_store_remove (store, "provider", "openai", ORIGIN), &error));
  g_assert_false (wait_boolean (bks_secret_store_remove (store, "provider", "openai", ORIGIN), &error));
  removed = get (store, "openai", ORIGIN, &error);
  g_assert_no_error (error);
  g_assert_null (removed);
}

static void
assert_refused (BksSecretStore *store,
                int             code)
{
  g_autoptr(GError) lookup_error = NULL;
  g_autoptr(GError) store_error = NULL;
  g_autoptr(GError) remove_error = NULL;
  g_autofree char *secret = get (store, "openai", ORIGIN, &lookup_error);

  g_assert_null (secret);
  g_assert_error (lookup_error, BKS_ERROR, code);
  g_assert_false (put (store, "openai", ORIGIN, "sk-2", &store_error));
  g_assert_error (store_error, BKS_ERROR, code);
  g_assert_false (wait_boolean (bks_secret_store_remove (store, "provider", "openai", ORIGIN), &remove_error));
  g_assert_error (remove_error, BKS_ERROR, code);
}

static void
test_memory_states (void)
{
  g_autoptr(BksSecretStore) store = bks_memory_secret_store_new (BKS_SECRET_READY);
  g_autoptr(GError) error = NULL;
  g_autofree char *kept = NULL;

  g_assert_true (put (store, "openai", ORIGIN, "sk-1", &error));

  bks_memory_secret_store_set_state (BKS_MEMORY_SECRET_STORE (store), BKS_SECRET_LOCKED);
  g_assert_cmpint (wait_state (store), ==, BKS_SECRET_LOCKED);
  assert_refused (store, BKS_ERROR_KEYRING_LOCKED);

  bks_memory_secret_store_set_state (BKS_MEMORY_SECRET_STORE (store), BKS_SECRET_ABSENT);
  g_assert_cmpint (wait_state (store), ==, BKS_SECRET_ABSENT);
  assert_refused (store, BKS_ERROR_KEYRING_ABSENT);

  bks_memory_secret_store_set_state (BKS_MEMORY_SECRET_STORE (store), BKS_SECRET_READY);
  kept = get (store, "openai", ORIGIN, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (kept, ==, "sk-1");
}

static void
test_environment_taken (void)
{
  g_autofree char *output = NULL;
  g_autoptr(GError) error = NULL;
  char *argv[] = { (char *) "/usr/bin/env", NULL };

  g_assert_null (bks_environment_key_lookup ("openai"));
  g_setenv ("BOOK_STUDIO_KEY_OPENAI", "sk-environment", TRUE);
  g_setenv ("BOOK_STUDIO_KEY_MY_SERVER_2", "sk-mine", TRUE);
  g_setenv ("BOOK_STUDIO_KEY_TOGETHER", "", TRUE);
  bks_environment_keys_take ();

  g_assert_cmpstr (bks_environment_key_lookup ("openai"), ==, "sk-environment");
  g_assert_cmpstr (bks_environment_key_lookup ("my-server.2"), ==, "sk-mine");
  g_assert_null (bks_environment_key_lookup ("anthropic"));
  g_assert_null (bks_environment_key_lookup ("together"));
  g_assert_null (g_getenv ("BOOK_STUDIO_KEY_OPENAI"));

  g_spawn_sync (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (output, "PATH="));
  g_assert_null (strstr (output, "sk-"));
}

typedef struct
{
  const char *value;
  int         code;   /* -1: it is a key */
  gsize       length;
} JwtCase;

static void
test_environment_jwt (gconstpointer data)
{
  const JwtCase *test = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) key = NULL;

  g_setenv ("BOOK_STUDIO_JWT_KEY", test->value, TRUE);
  bks_environment_keys_take ();
  g_assert_null (g_getenv ("BOOK_STUDIO_JWT_KEY"));

  key = bks_environment_jwt_key (&error);
  if (test->code < 0)
    {
      g_assert_no_error (error);
      g_assert_cmpuint (g_bytes_get_size (key), ==, test->length);
    }
  else
    {
      g_assert_null (key);
      g_assert_error (error, BKS_ERROR, test->code);
      g_assert_null (strstr (error->message, test->value));
    }
}

static void
test_environment_jwt_unset (void)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (bks_environment_jwt_key (&error));
  g_assert_no_error (error);
}

int
main (int   argc,
      char *argv[])
{
  static const JwtCase cases[] = {
    { "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", -1, 32 },
    { "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", -1, 32 },
    { "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_", -1, 36 },
    { "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg", BKS_ERROR_INVALID_ARGUMENT, 0 },
    { "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9", BKS_ERROR_INVALID_ARGUMENT, 0 },
    { "AAECAwQFBgcICQoLDA0O DxAREhMUFRYXGBkaGxwdHh8", BKS_ERROR_INVALID_ARGUMENT, 0 },
    { "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8h!", BKS_ERROR_INVALID_ARGUMENT, 0 },
    { "passwort", BKS_ERROR_INVALID_ARGUMENT, 0 },
  };

  g_test_init (&argc, &argv, NULL);
  dex_init ();

  g_test_add_func ("/secrets/memory/keeps", test_memory_keeps);
  g_test_add_func ("/secrets/memory/states", test_memory_states);
  g_test_add_func ("/secrets/environment/taken", test_environment_taken);
  g_test_add_func ("/secrets/environment/jwt-unset", test_environment_jwt_unset);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/secrets/environment/jwt-%u", i);

      g_test_add_data_func (path, &cases[i], test_environment_jwt);
    }
  return g_test_run ();
}
