/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "bks-async.h"
#include "bks-error.h"
#include "bks-secret-store.h"

/*
 * keyring-probe MILLISECONDS state
 * keyring-probe MILLISECONDS lookup|store|remove OWNER ORIGIN
 *
 * One verb of the keyring store, for test-keyring.py: the secret to store is
 * read from standard input, the answer is one line, "ANSWER" or "CLASS: message".
 */

static const char *const states[] = { "READY", "LOCKED", "ABSENT" };

static DexFuture *
run (BksSecretStore  *store,
     char           **argv)
{
  char secret[256] = "";

  if (g_str_equal (argv[2], "state"))
    return bks_secret_store_get_state (store);
  if (g_str_equal (argv[2], "lookup"))
    return bks_secret_store_lookup (store, "provider", argv[3], argv[4]);
  if (g_str_equal (argv[2], "remove"))
    return bks_secret_store_remove (store, "provider", argv[3], argv[4]);

  g_assert_nonnull (fgets (secret, sizeof secret, stdin));
  return bks_secret_store_store (store, "provider", argv[3], argv[4], "Book Studio: a test", secret);
}

static void
print_answer (const GValue *value)
{
  if (G_VALUE_HOLDS_INT (value))
    puts (states[g_value_get_int (value)]);
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    puts (g_value_get_boolean (value) ? "TRUE" : "FALSE");
  else
    puts (g_value_get_string (value) != NULL ? g_value_get_string (value) : "NULL");
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(BksSecretStore) store = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(DexFuture) future = NULL;

  g_assert_cmpint (argc, >=, 3);
  dex_init ();
  limits->keyring_ms = (guint) atoi (argv[1]);
  store = bks_keyring_secret_store_new (limits);

  future = run (store, argv);
  if (bks_wait (dex_ref (future), &error))
    print_answer (dex_future_get_value (future, NULL));
  else
    printf ("%s: %s\n", bks_error_get_class_name (error), error->message);
  return 0;
}
