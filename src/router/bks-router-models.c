/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-error.h"
#include "bks-library-prices.h"
#include "bks-model-table.h"
#include "bks-router-private.h"

/* Models: what providers list, and who serves a model that somebody names. */

typedef struct
{
  BksRouter      *self;
  char           *name; /* a provider or a model */
  DexCancellable *cancellable;
} Question;

static Question *
question_new (BksRouter      *self,
              const char     *name,
              DexCancellable *cancellable)
{
  Question *question = g_new0 (Question, 1);

  question->self = g_object_ref (self);
  question->name = g_strdup (name);
  question->cancellable = cancellable != NULL ? dex_ref (cancellable) : NULL;
  return question;
}

static void
question_free (gpointer data)
{
  Question *question = data;

  g_object_unref (question->self);
  g_free (question->name);
  dex_clear (&question->cancellable);
  g_free (question);
}

/* Fiber. What a provider publishes is worth knowing in the next run, too, and no reason to fail. */
static void
await_note_listed (BksRouter  *self,
                   const char *provider,
                   GPtrArray  *models)
{
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_price_row_free);
  g_autoptr(GError) error = NULL;
  gint64 now_ms = bks_clock_get_now_ms (self->limits->clock);

  for (guint i = 0; i < models->len; i++)
    {
      BksModel *model = g_ptr_array_index (models, i);
      BksMoney input = bks_model_get_input_price (model), output = bks_model_get_output_price (model);

      bks_breaker_note_listed (self->breaker, provider, bks_model_get_id (model));
      if (input < 0 || output < 0)
        continue; /* unknown, too */
      bks_price_book_note_listed (self->prices, provider, bks_model_get_id (model), input, output, now_ms);
      g_ptr_array_add (rows, bks_price_row_new (provider, bks_model_get_id (model), input, output, now_ms));
    }
  if (rows->len > 0 && !dex_await (bks_library_note_listed (self->library, provider, rows), &error))
    g_debug ("The prices of %s could not be kept: %s", provider, error->message);
}

static DexFuture *
list_models_fiber (gpointer data)
{
  Question *question = data;
  BksRouter *self = question->self;
  GError *error = NULL;
  g_autoptr(BksProviderInfo) info = bks_router_await_provider (self, question->name, &error);
  g_autoptr(BksProvider) provider = NULL;
  g_autoptr(GPtrArray) models = NULL;
  g_autofree char *key = NULL;

  if (info == NULL || (provider = bks_router_make_provider (self, info, &error)) == NULL)
    return bks_future_error (error);
  key = dex_await_string (bks_router_lookup_key (self, info, NULL), &error);
  if (error != NULL)
    return bks_future_error (error);
  models = dex_await_boxed (bks_provider_list_models (provider, key, question->cancellable), &error);
  if (models == NULL)
    return bks_future_error (error);
  await_note_listed (self, info->id, models);
  g_hash_table_insert (self->listings, g_strdup (info->id), g_ptr_array_ref (models));
  return dex_future_new_take_boxed (G_TYPE_PTR_ARRAY, g_steal_pointer (&models));
}

/**
 * bks_router_list_models:
 * @self: a router
 * @id: a provider's id
 * @cancellable: (nullable): cancels it
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksModel, asked anew
 */
DexFuture *
bks_router_list_models (BksRouter      *self,
                        const char     *id,
                        DexCancellable *cancellable)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self) && id != NULL, NULL);

  return bks_spawn (cancellable, list_models_fiber, question_new (self, id, cancellable), question_free);
}

/**
 * bks_router_load_listing:
 * @self: a router
 * @id: a provider's id
 * @cancellable: (nullable): cancels it
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksModel, asked at most once in a run
 */
DexFuture *
bks_router_load_listing (BksRouter      *self,
                         const char     *id,
                         DexCancellable *cancellable)
{
  GPtrArray *models = g_hash_table_lookup (self->listings, id);

  if (models != NULL)
    return dex_future_new_take_boxed (G_TYPE_PTR_ARRAY, g_ptr_array_ref (models));
  return bks_router_list_models (self, id, cancellable);
}

/**
 * bks_router_forget_listing:
 * @self: a router
 * @provider: a provider that said a model of its list is not there
 *
 * It is asked for its list anew.
 */
void
bks_router_forget_listing (BksRouter  *self,
                           const char *provider)
{
  g_hash_table_remove (self->listings, provider);
}

/**
 * bks_router_find_window:
 * @self: a router
 * @target: a provider and a model of it
 *
 * Returns: how many tokens the model takes in and puts out together, as its
 *   provider listed it in this run, else as the table has it; -1 unknown
 */
gint64
bks_router_find_window (BksRouter       *self,
                        const BksTarget *target)
{
  GPtrArray *models = g_hash_table_lookup (self->listings, target->provider);
  const BksPrice *price = bks_price_book_lookup (self->prices, target->provider, target->model, NULL);

  for (guint i = 0; models != NULL && i < models->len; i++)
    {
      BksModel *model = g_ptr_array_index (models, i);

      if (g_str_equal (bks_model_get_id (model), target->model) && bks_model_get_window (model) > 0)
        return bks_model_get_window (model);
    }
  return price != NULL && price->window > 0 ? price->window : -1;
}

/* A model with what is known of it, whoever says so. */
static BksModel *
complete_model (BksRouter *self,
                BksModel  *listed)
{
  const char *provider = bks_model_get_provider (listed), *id = bks_model_get_id (listed);
  BksTarget target = { (char *) provider, (char *) id };
  BksModel *model = bks_model_new (provider, id);
  const BksPrice *price = bks_price_book_lookup (self->prices, provider, id, NULL);

  bks_model_set_abilities (model, bks_model_get_abilities (listed));
  bks_model_set_window (model, bks_model_get_window (listed) > 0 ? bks_model_get_window (listed)
                                                                 : bks_router_find_window (self, &target));
  if (GPOINTER_TO_INT (g_hash_table_lookup (self->free, provider)) && !bks_model_is_passed_on (id))
    bks_model_set_prices (model, 0, 0);
  else if (price != NULL)
    bks_model_set_prices (model, price->normal.input, price->normal.output);
  return model;
}

/**
 * bks_router_describe_model:
 * @self: a router
 * @provider: a provider's id
 * @model: a model of it
 *
 * Returns: (transfer full): the model with its window and its prices, as the
 *   author, its provider or the table has them; nobody is asked
 */
BksModel *
bks_router_describe_model (BksRouter  *self,
                           const char *provider,
                           const char *model)
{
  g_autoptr(BksModel) bare = NULL;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && provider != NULL && model != NULL, NULL);

  bare = bks_model_new (provider, model);
  return complete_model (self, bare);
}

static int
compare_models (gconstpointer a,
                gconstpointer b)
{
  return g_strcmp0 (bks_model_get_id (*(BksModel *const *) a), bks_model_get_id (*(BksModel *const *) b));
}

/* Those that the table has of a provider that was not asked in this run. */
static void
add_table_models (BksRouter  *self,
                  const char *provider,
                  GPtrArray  *models)
{
  BksPriceTable *table = bks_price_book_get_table (self->prices);
  g_autofree char *start = bks_price_table_make_key (provider, "");
  GHashTableIter iter;
  const char *key;

  g_hash_table_iter_init (&iter, table->prices);
  while (g_hash_table_iter_next (&iter, (gpointer *) &key, NULL))
    if (g_str_has_prefix (key, start))
      g_ptr_array_add (models, bks_router_describe_model (self, provider, key + strlen (start)));
  g_ptr_array_sort (models, compare_models);
}

/**
 * bks_router_peek_models:
 * @self: a router
 * @id: a provider's id
 *
 * What can be shown at once: nobody is asked.
 *
 * Returns: (transfer full) (element-type BksModel): its models as it listed
 *   them in this run, else those that the price table has of somebody's
 *   service, each with the window and the prices that are known
 */
GPtrArray *
bks_router_peek_models (BksRouter  *self,
                        const char *id)
{
  GPtrArray *models, *listed;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && id != NULL, NULL);

  models = g_ptr_array_new_with_free_func (g_object_unref);
  listed = g_hash_table_lookup (self->listings, id);
  for (guint i = 0; listed != NULL && i < listed->len; i++)
    g_ptr_array_add (models, complete_model (self, g_ptr_array_index (listed, i)));
  /* What one's own machine could run is not what it has. */
  if (listed == NULL && !GPOINTER_TO_INT (g_hash_table_lookup (self->free, id)))
    add_table_models (self, id, models);
  return models;
}

static GHashTable *
collect_ids (GPtrArray *models)
{
  GHashTable *ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; models != NULL && i < models->len; i++)
    g_hash_table_add (ids, g_strdup (bks_model_get_id (g_ptr_array_index (models, i))));
  return ids;
}

/* Which provider lists a model, "" where several do. */
static GHashTable *
collect_listed (BksRouter *self)
{
  GHashTable *listed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  GHashTableIter iter;
  const char *provider;
  GPtrArray *models;

  g_hash_table_iter_init (&iter, self->listings);
  while (g_hash_table_iter_next (&iter, (gpointer *) &provider, (gpointer *) &models))
    for (guint i = 0; i < models->len; i++)
      {
        const char *id = bks_model_get_id (g_ptr_array_index (models, i));
        gboolean several = g_hash_table_contains (listed, id);

        g_hash_table_insert (listed, g_strdup (id), g_strdup (several ? "" : provider));
      }
  return listed;
}

static char **
collect_providers (GPtrArray *infos)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  char **ids;

  for (guint i = 0; i < infos->len; i++)
    g_strv_builder_add (builder, ((BksProviderInfo *) g_ptr_array_index (infos, i))->id);
  ids = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return ids;
}

/* Fiber. What the local Ollama has now. A model may have been pulled since its
 * list was read, and must not be taken for somebody else's. No Ollama here
 * lists nothing: that is an answer, not a failure. */
static GHashTable *
await_local_ids (BksRouter  *self,
                 const char *model)
{
  g_autoptr(GPtrArray) known = dex_await_boxed (bks_router_load_listing (self, "ollama", NULL), NULL);
  g_autoptr(GHashTable) ids = collect_ids (known);
  g_autoptr(GPtrArray) now = NULL;

  if (known == NULL || g_hash_table_contains (ids, model))
    return g_steal_pointer (&ids);
  now = dex_await_boxed (bks_router_list_models (self, "ollama", NULL), NULL);
  return collect_ids (now);
}

/* Fiber. The lists of all that can be asked, side by side; one that cannot is none. */
static void
await_listings (BksRouter *self,
                GPtrArray *infos)
{
  g_autoptr(GPtrArray) futures = g_ptr_array_new_with_free_func (dex_unref);

  for (guint i = 0; i < infos->len; i++)
    {
      const BksProviderInfo *info = g_ptr_array_index (infos, i);

      if (info->key_state == BKS_KEY_STORED || info->key_state == BKS_KEY_ENVIRONMENT ||
          info->key_state == BKS_KEY_NOT_NEEDED)
        g_ptr_array_add (futures, bks_router_load_listing (self, info->id, NULL));
    }
  for (guint i = 0; i < futures->len; i++)
    dex_await (dex_ref (g_ptr_array_index (futures, i)), NULL);
}

static DexFuture *
resolve_model_fiber (gpointer data)
{
  Question *question = data;
  BksRouter *self = question->self;
  GError *error = NULL;
  g_autoptr(GPtrArray) infos = dex_await_boxed (bks_router_list_providers (self), &error);
  g_autoptr(GHashTable) local_ids = NULL;
  g_autoptr(GHashTable) listed = NULL;
  g_auto(GStrv) providers = NULL;
  BksModelTableContext context = { 0 };

  if (infos == NULL)
    return bks_future_error (error);
  providers = collect_providers (infos);
  context.providers = (const char *const *) providers;
  if (bks_model_table_needs_local (question->name, &context))
    context.local_models = local_ids = await_local_ids (self, question->name);
  if (bks_model_table_needs_listings (question->name, &context))
    {
      await_listings (self, infos);
      context.listed = listed = collect_listed (self);
    }
  return dex_future_new_take_boxed (BKS_TYPE_TARGET, bks_model_table_resolve (question->name, &context));
}

/**
 * bks_router_resolve_model:
 * @self: a router
 * @model: a model as a person names it; "provider:model" says it outright
 *
 * Returns: (transfer full): resolves to the #BksTarget that serves it
 */
DexFuture *
bks_router_resolve_model (BksRouter  *self,
                          const char *model)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self) && model != NULL, NULL);

  return bks_spawn (NULL, resolve_model_fiber, question_new (self, model, NULL), question_free);
}
