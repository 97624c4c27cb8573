/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-async.h"
#include "bks-model-choice.h"
#include "bks-ui.h"

struct _BksModelChoice
{
  GObject parent_instance;

  BksRouter           *router;
  char                *role;
  GListStore          *models;
  GHashTable          *provider_names; /* id → name */
  GPtrArray           *targets;        /* of BksTarget: the order, best first */
  guint                position;       /* of the first of them among the models */
  BksModelChoiceState  state;
  GError              *error;
  gboolean             own_order;      /* the author has chosen it, and not the program */
  gboolean             loading;
  gboolean             reload;         /* something changed while loading */
  gboolean             filling;        /* what is selected meanwhile nobody has chosen */
};

enum
{
  CHANGED,
  NOT_KEPT,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksModelChoice, bks_model_choice, G_TYPE_OBJECT)

static gboolean
is_ready (BksProviderInfo *info)
{
  return info->key_state == BKS_KEY_NOT_NEEDED || info->key_state == BKS_KEY_STORED ||
         info->key_state == BKS_KEY_ENVIRONMENT;
}

/* Servers of this computer that ship as presets may not be there, and nobody has set them up. */
static gboolean
is_set_up (BksProviderInfo *info)
{
  return is_ready (info) && (!info->preset || !info->local);
}

static gboolean
is_target (const BksTarget *a,
           const BksTarget *b)
{
  return g_str_equal (a->provider, b->provider) && g_str_equal (a->model, b->model);
}

static guint
find_model (BksModelChoice  *self,
            const BksTarget *target)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->models)); i++)
    {
      g_autoptr(BksModel) model = g_list_model_get_item (G_LIST_MODEL (self->models), i);

      if (g_str_equal (bks_model_get_id (model), target->model) &&
          g_str_equal (bks_model_get_provider (model), target->provider))
        return i;
    }
  return GTK_INVALID_LIST_POSITION;
}

static void
find_first_target (BksModelChoice *self)
{
  BksTarget *target = self->targets->len > 0 ? g_ptr_array_index (self->targets, 0) : NULL;

  self->position = target != NULL ? find_model (self, target) : GTK_INVALID_LIST_POSITION;
  if (self->position == GTK_INVALID_LIST_POSITION && target != NULL &&
      g_hash_table_contains (self->provider_names, target->provider))
    {
      /* Chosen earlier; its provider only fails to list it now. */
      g_autoptr(BksModel) model = bks_model_new (target->provider, target->model);

      g_list_store_insert (self->models, 0, model);
      self->position = 0;
    }
  if (self->position == GTK_INVALID_LIST_POSITION && g_list_model_get_n_items (G_LIST_MODEL (self->models)) > 0)
    self->position = 0;
}

static void
take_targets (BksModelChoice *self,
              GPtrArray      *targets,
              gboolean        own_order)
{
  self->own_order = own_order;
  g_ptr_array_set_size (self->targets, 0);
  for (guint i = 0; targets != NULL && i < targets->len; i++)
    g_ptr_array_add (self->targets, bks_target_copy (g_ptr_array_index (targets, i)));
}

/* The order with @lists; without them, among the models that were listed before. */
static void
fill (BksModelChoice *self,
      GPtrArray      *lists)
{
  self->filling = TRUE;
  if (lists != NULL)
    g_list_store_remove_all (self->models);
  for (guint i = 0; lists != NULL && i < lists->len; i++)
    {
      GPtrArray *list = g_ptr_array_index (lists, i);

      for (guint j = 0; j < list->len; j++)
        g_list_store_append (self->models, g_ptr_array_index (list, j));
    }
  find_first_target (self);
  g_signal_emit (self, signals[CHANGED], 0);
  self->filling = FALSE;
}

static GPtrArray *
start_lists (BksModelChoice *self,
             GPtrArray      *providers,
             GPtrArray      *asked)
{
  GPtrArray *futures = g_ptr_array_new_with_free_func (dex_unref);

  g_hash_table_remove_all (self->provider_names);
  for (guint i = 0; i < providers->len; i++)
    {
      BksProviderInfo *info = g_ptr_array_index (providers, i);

      g_hash_table_insert (self->provider_names, g_strdup (info->id), g_strdup (info->name));
      if (!is_ready (info))
        continue;
      g_ptr_array_add (futures, bks_router_list_models (self->router, info->id, NULL));
      g_ptr_array_add (asked, info);
    }
  return futures;
}

static GPtrArray *
await_lists (BksModelChoice  *self,
             GPtrArray       *providers,
             gboolean        *any_set_up,
             GError         **error)
{
  g_autoptr(GPtrArray) asked = g_ptr_array_new ();
  g_autoptr(GPtrArray) futures = start_lists (self, providers, asked);
  GPtrArray *lists = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);

  *any_set_up = FALSE;
  for (guint i = 0; i < futures->len; i++)
    {
      BksProviderInfo *info = g_ptr_array_index (asked, i);
      g_autoptr(GError) failure = NULL;
      GPtrArray *list = dex_await_boxed (dex_ref (g_ptr_array_index (futures, i)), &failure);

      *any_set_up |= is_set_up (info);
      if (list != NULL)
        g_ptr_array_add (lists, list);
      else if (*error == NULL && is_set_up (info))
        *error = g_steal_pointer (&failure);
    }
  return lists;
}

/* The author's order, else the one that ships. */
static GPtrArray *
await_order (BksModelChoice *self,
             gboolean       *own)
{
  GPtrArray *targets = dex_await_boxed (bks_router_get_role (self->router, self->role), NULL);

  *own = targets != NULL && targets->len > 0;
  if (targets == NULL || *own)
    return targets;
  g_ptr_array_unref (targets);
  return dex_await_boxed (bks_router_list_targets (self->router, NULL, self->role, NULL), NULL);
}

static BksModelChoiceState
get_outcome (BksModelChoice *self,
             GPtrArray      *lists,
             gboolean        any_set_up)
{
  for (guint i = 0; lists != NULL && i < lists->len; i++)
    if (((GPtrArray *) g_ptr_array_index (lists, i))->len > 0)
      return BKS_MODEL_CHOICE_READY;
  if (lists == NULL && g_list_model_get_n_items (G_LIST_MODEL (self->models)) > 0)
    return BKS_MODEL_CHOICE_READY;
  return any_set_up ? BKS_MODEL_CHOICE_NOTHING : BKS_MODEL_CHOICE_NOBODY;
}

static DexFuture *
load_fiber (gpointer data)
{
  BksModelChoice *self = ((BksVerb *) data)->self;
  g_autoptr(GPtrArray) providers = NULL;
  g_autoptr(GPtrArray) targets = NULL;
  g_autoptr(GPtrArray) lists = NULL;
  gboolean own_order = FALSE, any_set_up = FALSE;

  do
    {
      self->reload = FALSE;
      g_clear_error (&self->error);
      g_clear_pointer (&lists, g_ptr_array_unref);
      g_clear_pointer (&targets, g_ptr_array_unref);
      g_clear_pointer (&providers, g_ptr_array_unref);
      providers = dex_await_boxed (bks_router_list_providers (self->router), &self->error);
      if (providers != NULL)
        {
          targets = await_order (self, &own_order);
          lists = await_lists (self, providers, &any_set_up, &self->error);
        }
    }
  while (self->reload);

  self->loading = FALSE;
  take_targets (self, targets, own_order);
  self->state = get_outcome (self, lists, any_set_up);
  fill (self, lists);
  return NULL;
}

/* The order was changed elsewhere: the models are those that were listed. */
static DexFuture *
take_order_fiber (gpointer data)
{
  BksModelChoice *self = ((BksVerb *) data)->self;
  gboolean own_order = FALSE;
  g_autoptr(GPtrArray) targets = await_order (self, &own_order);

  if (targets == NULL || self->loading)
    return NULL;
  take_targets (self, targets, own_order);
  fill (self, NULL);
  return NULL;
}

static void
roles_changed_cb (BksModelChoice *self)
{
  if (self->state != BKS_MODEL_CHOICE_IDLE && !self->loading)
    bks_verb_start (take_order_fiber, self, NULL, NULL);
}

static void
providers_changed_cb (BksModelChoice *self)
{
  if (self->state != BKS_MODEL_CHOICE_IDLE)
    bks_model_choice_load (self);
}

static DexFuture *
set_role_fiber (gpointer data)
{
  BksModelChoice *self = ((BksVerb *) data)->self;
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_router_set_role (self->router, self->role, self->targets), &error))
    g_signal_emit (self, signals[NOT_KEPT], 0, error);
  return NULL;
}

static void
bks_model_choice_finalize (GObject *object)
{
  BksModelChoice *self = BKS_MODEL_CHOICE (object);

  g_clear_object (&self->router);
  g_clear_object (&self->models);
  g_clear_pointer (&self->provider_names, g_hash_table_unref);
  g_clear_pointer (&self->targets, g_ptr_array_unref);
  g_clear_error (&self->error);
  g_free (self->role);

  G_OBJECT_CLASS (bks_model_choice_parent_class)->finalize (object);
}

static void
bks_model_choice_class_init (BksModelChoiceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_model_choice_finalize;

  /**
   * BksModelChoice::changed:
   * @self: the choice
   *
   * The state, the models or the first of them are others now.
   */
  signals[CHANGED] = g_signal_new ("changed", BKS_TYPE_MODEL_CHOICE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
  /**
   * BksModelChoice::not-kept:
   * @self: the choice
   * @error: why
   *
   * What was chosen could not be written down.
   */
  signals[NOT_KEPT] = g_signal_new ("not-kept", BKS_TYPE_MODEL_CHOICE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
bks_model_choice_init (BksModelChoice *self)
{
  self->models = g_list_store_new (BKS_TYPE_MODEL);
  self->provider_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  self->position = GTK_INVALID_LIST_POSITION;
}

/**
 * bks_model_choice_new:
 * @router: who knows the providers
 * @role: a kind of work
 *
 * Returns: (transfer full): a choice that has asked nobody yet
 */
BksModelChoice *
bks_model_choice_new (BksRouter  *router,
                      const char *role)
{
  BksModelChoice *self = g_object_new (BKS_TYPE_MODEL_CHOICE, NULL);

  self->router = g_object_ref (router);
  self->role = g_strdup (role);
  g_signal_connect_object (router, "providers-changed", G_CALLBACK (providers_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (router, "roles-changed", G_CALLBACK (roles_changed_cb), self, G_CONNECT_SWAPPED);
  return self;
}

/**
 * bks_model_choice_load:
 * @self: a choice
 *
 * Asks the providers for their models, and from then on again whenever one of them changes.
 */
void
bks_model_choice_load (BksModelChoice *self)
{
  g_return_if_fail (BKS_IS_MODEL_CHOICE (self));

  self->reload = TRUE;
  if (self->loading)
    return;
  self->loading = TRUE;
  if (g_list_model_get_n_items (G_LIST_MODEL (self->models)) == 0)
    self->state = BKS_MODEL_CHOICE_LOADING;
  g_signal_emit (self, signals[CHANGED], 0);
  bks_verb_start (load_fiber, self, NULL, NULL);
}

/**
 * bks_model_choice_get_state:
 * @self: a choice
 *
 * Returns: how far it is
 */
BksModelChoiceState
bks_model_choice_get_state (BksModelChoice *self)
{
  g_return_val_if_fail (BKS_IS_MODEL_CHOICE (self), BKS_MODEL_CHOICE_IDLE);

  return self->state;
}

/**
 * bks_model_choice_get_error:
 * @self: a choice
 *
 * Returns: (transfer none) (nullable): why the first of those that are set up gave no model
 */
const GError *
bks_model_choice_get_error (BksModelChoice *self)
{
  g_return_val_if_fail (BKS_IS_MODEL_CHOICE (self), NULL);

  return self->error;
}

/**
 * bks_model_choice_get_models:
 * @self: a choice
 *
 * Returns: (transfer none): a live list of #BksModel
 */
GListModel *
bks_model_choice_get_models (BksModelChoice *self)
{
  g_return_val_if_fail (BKS_IS_MODEL_CHOICE (self), NULL);

  return G_LIST_MODEL (self->models);
}

/**
 * bks_model_choice_get_position:
 * @self: a choice
 *
 * Returns: where the chosen one stands among the models, or %GTK_INVALID_LIST_POSITION
 */
guint
bks_model_choice_get_position (BksModelChoice *self)
{
  g_return_val_if_fail (BKS_IS_MODEL_CHOICE (self), GTK_INVALID_LIST_POSITION);

  return self->position;
}

/**
 * bks_model_choice_get_provider_name:
 * @self: a choice
 * @id: (nullable): the id of a provider
 *
 * Returns: (transfer none): its name, else the id
 */
const char *
bks_model_choice_get_provider_name (BksModelChoice *self,
                                    const char     *id)
{
  const char *name;

  g_return_val_if_fail (BKS_IS_MODEL_CHOICE (self), NULL);

  name = id != NULL ? g_hash_table_lookup (self->provider_names, id) : NULL;
  return name != NULL ? name : id != NULL ? id : "";
}

/**
 * bks_model_choice_choose:
 * @self: a choice
 * @position: of one of the models
 *
 * Puts it first in the author's order, which is kept. What stands in behind the first one stays.
 */
void
bks_model_choice_choose (BksModelChoice *self,
                         guint           position)
{
  g_autoptr(BksModel) model = NULL;
  BksTarget *target;

  g_return_if_fail (BKS_IS_MODEL_CHOICE (self));

  model = g_list_model_get_item (G_LIST_MODEL (self->models), position);
  if (self->filling || model == NULL || position == self->position)
    return;
  self->position = position;
  target = bks_target_new (bks_model_get_provider (model), bks_model_get_id (model));
  if (self->targets->len > 0 && self->own_order)
    g_ptr_array_remove_index (self->targets, 0);
  for (guint i = self->targets->len; i-- > 0;)
    if (is_target (g_ptr_array_index (self->targets, i), target))
      g_ptr_array_remove_index (self->targets, i);
  g_ptr_array_insert (self->targets, 0, target);
  self->own_order = TRUE;
  bks_verb_start (set_role_fiber, self, NULL, NULL);
  g_signal_emit (self, signals[CHANGED], 0);
}
