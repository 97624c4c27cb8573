/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-breaker.h"
#include "bks-error.h"
#include "bks-router-private.h"

/* Which providers rest and which are given up, over restarts; what a person
 * sees of it, and the test that a person asks for. */

#define KEY_TAG_LENGTH 16

/* What is kept of one provider, to see whether it has changed. */
static char *
describe (GPtrArray *circuits)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < circuits->len; i++)
    {
      const BksCircuit *circuit = g_ptr_array_index (circuits, i);

      g_string_append_printf (text, "%s|%s|%d|%d|%" G_GINT64_FORMAT "\n", circuit->key_tag, circuit->model,
                              (int) circuit->state, (int) circuit->reason, circuit->until_ms / 1000);
    }
  return g_string_free (text, FALSE);
}

static GPtrArray *
filter (BksRouter  *self,
        const char *provider,
        GPtrArray  *circuits)
{
  GPtrArray *mine = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_circuit_free);

  for (guint i = 0; i < circuits->len; i++)
    {
      const BksCircuit *circuit = g_ptr_array_index (circuits, i);

      if (g_str_equal (circuit->provider, provider) && bks_breaker_must_persist (self->breaker, circuit))
        g_ptr_array_add (mine, bks_circuit_copy (circuit));
    }
  return mine;
}

static DexFuture *
load_fiber (gpointer data)
{
  BksRouter *self = data;
  GError *error = NULL;
  g_autoptr(GPtrArray) circuits = dex_await_boxed (bks_library_list_circuits (self->library), &error);

  if (circuits == NULL)
    return bks_future_error (error);
  bks_breaker_restore (self->breaker, circuits);
  for (guint i = 0; i < circuits->len; i++)
    {
      const char *provider = ((BksCircuit *) g_ptr_array_index (circuits, i))->provider;
      g_autoptr(GPtrArray) mine = filter (self, provider, circuits);

      g_hash_table_insert (self->kept, g_strdup (provider), describe (mine));
    }
  return dex_future_new_true ();
}

/**
 * bks_router_load_circuits:
 * @self: a router
 *
 * Returns: (transfer full): resolves once what an earlier process left of the
 *   breaker is known; it is read once
 */
DexFuture *
bks_router_load_circuits (BksRouter *self)
{
  if (self->circuits == NULL)
    self->circuits = bks_spawn (NULL, load_fiber, g_object_ref (self), g_object_unref);
  return dex_ref (self->circuits);
}

/* Fiber. Where it cannot be kept, it is found out again. */
static void
await_keep (BksRouter  *self,
            const char *provider,
            GPtrArray  *circuits)
{
  g_autoptr(GPtrArray) mine = filter (self, provider, circuits);
  g_autofree char *now = describe (mine);

  if (g_strcmp0 (now, g_hash_table_lookup (self->kept, provider)) == 0)
    return;
  if (mine->len > 0)
    g_hash_table_insert (self->kept, g_strdup (provider), g_strdup (now));
  else
    g_hash_table_remove (self->kept, provider);
  dex_await (bks_library_set_circuits (self->library, provider, mine), NULL);
}

/**
 * bks_router_await_keep_circuits:
 * @self: a router
 *
 * For fibers: lets what has to outlive the process do so. Writes only what has changed.
 */
void
bks_router_await_keep_circuits (BksRouter *self)
{
  g_autoptr(GPtrArray) circuits = bks_breaker_list (self->breaker);
  g_autoptr(GPtrArray) providers = NULL;
  GHashTableIter iter;
  const char *provider;

  if (circuits->len == 0 && g_hash_table_size (self->kept) == 0)
    return;
  providers = g_ptr_array_new_with_free_func (g_free);
  g_hash_table_iter_init (&iter, self->kept);
  while (g_hash_table_iter_next (&iter, (gpointer *) &provider, NULL))
    g_ptr_array_add (providers, g_strdup (provider));
  for (guint i = 0; i < circuits->len; i++)
    {
      provider = ((BksCircuit *) g_ptr_array_index (circuits, i))->provider;
      if (!g_ptr_array_find_with_equal_func (providers, provider, g_str_equal, NULL))
        g_ptr_array_add (providers, g_strdup (provider));
    }
  for (guint i = 0; i < providers->len; i++)
    await_keep (self, g_ptr_array_index (providers, i), circuits);
}

/**
 * bks_router_make_key_tag:
 * @info: a provider
 * @key: (nullable): its key
 *
 * Returns: (transfer full): what tells this key at this address from another,
 *   and tells nothing of the key itself; "" without one
 */
char *
bks_router_make_key_tag (const BksProviderInfo *info,
                         const char            *key)
{
  g_autoptr(GChecksum) checksum = NULL;

  if (key == NULL)
    return g_strdup ("");
  checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (checksum, (const guchar *) info->origin, (gssize) strlen (info->origin) + 1);
  g_checksum_update (checksum, (const guchar *) key, (gssize) strlen (key));
  return g_strndup (g_checksum_get_string (checksum), KEY_TAG_LENGTH);
}

/**
 * bks_router_await_revival:
 * @self: a router
 * @provider: a provider whose key or address a person has edited or tested
 *
 * For fibers: what was final is so no more; one real request finds out whether
 * it answers again.
 */
void
bks_router_await_revival (BksRouter  *self,
                          const char *provider)
{
  dex_await (bks_router_load_circuits (self), NULL);
  bks_breaker_revive (self->breaker, provider);
  bks_router_await_keep_circuits (self);
}

static DexFuture *
list_health_fiber (gpointer data)
{
  BksRouter *self = data;
  GError *error = NULL;

  if (!dex_await (bks_router_load_circuits (self), &error))
    return bks_future_error (error);
  return dex_future_new_take_boxed (G_TYPE_PTR_ARRAY, bks_breaker_list (self->breaker));
}

/**
 * bks_router_list_health:
 * @self: a router
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksCircuit: which
 *   providers and models are not asked as usual; what is not in it is
 */
DexFuture *
bks_router_list_health (BksRouter *self)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self), NULL);

  return bks_spawn (NULL, list_health_fiber, g_object_ref (self), g_object_unref);
}

typedef struct
{
  BksRouter      *self;
  char           *id; /* a provider's */
  DexCancellable *cancellable;
} Test;

static void
test_free (gpointer data)
{
  Test *test = data;

  g_object_unref (test->self);
  g_free (test->id);
  dex_clear (&test->cancellable);
  g_free (test);
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
  Test *test = data;
  BksRouter *self = test->self;
  GError *error = NULL;
  g_autoptr(BksProviderInfo) info = bks_router_await_provider (self, test->id, &error);
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
  verdict = dex_await_boxed (bks_provider_check (provider, key, test->cancellable), &error);
  if (verdict == NULL)
    {
      await_note_test (self, info, key, error);
      g_signal_emit_by_name (self, "health-changed");
      return bks_future_error (error);
    }
  verdict->took_ms = bks_clock_get_monotonic_ms (self->limits->clock) - started;
  bks_router_await_revival (self, info->id);
  g_signal_emit_by_name (self, "health-changed");
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
  Test *test;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && id != NULL, NULL);

  test = g_new0 (Test, 1);
  test->self = g_object_ref (self);
  test->id = g_strdup (id);
  test->cancellable = cancellable != NULL ? dex_ref (cancellable) : NULL;
  return bks_spawn (cancellable, test_provider_fiber, test, test_free);
}
