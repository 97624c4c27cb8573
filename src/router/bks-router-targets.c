/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-async.h"
#include "bks-error.h"
#include "bks-presets-private.h"
#include "bks-provider-info-private.h"
#include "bks-router-private.h"

/* Who may answer a call: what was asked for, then what the author has put into
 * the role's order, or the shipped order where there is none. */

typedef struct
{
  BksRouter      *self;
  char           *model; /* NULL: the role's */
  char           *role;
  DexCancellable *cancellable;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_object_unref (question->self);
  g_free (question->model);
  g_free (question->role);
  dex_clear (&question->cancellable);
  g_free (question);
}

static gboolean
has_key (GPtrArray  *infos,
         const char *id)
{
  const BksProviderInfo *info = bks_provider_infos_find (infos, id);

  return info != NULL && (info->key_state == BKS_KEY_STORED || info->key_state == BKS_KEY_ENVIRONMENT ||
                          info->key_state == BKS_KEY_NOT_NEEDED);
}

/* Fiber. The first model that writes; a server that is not there lists none. */
static char *
await_first_model (BksRouter      *self,
                   const char     *provider,
                   DexCancellable *cancellable)
{
  g_autoptr(GPtrArray) models = dex_await_boxed (bks_router_load_listing (self, provider, cancellable), NULL);

  for (guint i = 0; models != NULL && i < models->len; i++)
    {
      BksModel *model = g_ptr_array_index (models, i);
      BksAbilities abilities = bks_model_get_abilities (model);

      if (abilities == 0 || (abilities & BKS_ABILITY_TEXT) != 0)
        return g_strdup (bks_model_get_id (model));
    }
  return NULL;
}

/* Fiber. The shipped order, of those that can be asked. */
static gboolean
await_defaults (Question   *question,
                GPtrArray  *targets,
                GError    **error)
{
  g_autoptr(GPtrArray) defaults = bks_presets_load_defaults ();
  g_autoptr(GPtrArray) infos = dex_await_boxed (bks_router_list_providers (question->self), error);

  if (infos == NULL)
    return FALSE;
  for (guint i = 0; i < defaults->len; i++)
    {
      const BksDefaultTarget *row = g_ptr_array_index (defaults, i);
      g_autofree char *model = NULL;

      if (!has_key (infos, row->provider))
        continue;
      model = row->model != NULL ? g_strdup (row->model)
                                 : await_first_model (question->self, row->provider, question->cancellable);
      if (model != NULL)
        g_ptr_array_add (targets, bks_target_new (row->provider, model));
    }
  return TRUE;
}

static DexFuture *
list_targets_fiber (gpointer data)
{
  Question *question = data;
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  g_autoptr(GPtrArray) stored = NULL;
  GError *error = NULL;

  if (question->model != NULL)
    {
      BksTarget *asked = dex_await_boxed (bks_router_resolve_model (question->self, question->model), &error);

      if (asked == NULL)
        return bks_future_error (error);
      g_ptr_array_add (targets, asked);
    }
  stored = dex_await_boxed (bks_router_get_role (question->self, question->role), &error);
  if (stored == NULL)
    return bks_future_error (error);
  for (guint i = 0; i < stored->len; i++)
    g_ptr_array_add (targets, bks_target_copy (g_ptr_array_index (stored, i)));
  if (stored->len == 0 && !g_str_equal (question->role, "embed") && !await_defaults (question, targets, &error))
    return bks_future_error (error);
  return dex_future_new_take_boxed (G_TYPE_PTR_ARRAY, g_steal_pointer (&targets));
}

/**
 * bks_router_list_targets:
 * @self: a router
 * @model: (nullable): a model as a person names it; %NULL: the role's first
 * @role: the role whose order follows
 * @cancellable: (nullable): cancels it
 *
 * The requested model is the first, always. Where the author has set no order,
 * it is the shipped one: local first, then cheap, then frontier, of the
 * providers that have a key.
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksTarget, for bks_call_new();
 *   empty where nobody can be asked
 */
DexFuture *
bks_router_list_targets (BksRouter      *self,
                         const char     *model,
                         const char     *role,
                         DexCancellable *cancellable)
{
  Question *question;

  g_return_val_if_fail (BKS_IS_ROUTER (self) && role != NULL, NULL);

  question = g_new0 (Question, 1);
  question->self = g_object_ref (self);
  question->model = g_strdup (model);
  question->role = g_strdup (role);
  question->cancellable = cancellable != NULL ? dex_ref (cancellable) : NULL;
  return bks_spawn (cancellable, list_targets_fiber, question, question_free);
}
