/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-async.h"
#include "bks-period.h"
#include "bks-provider-list.h"
#include "bks-ui.h"

/* The order whose models are named beside their providers. */
#define ROLE "draft"

struct _BksProviderList
{
  GObject parent_instance;

  BksStudio      *studio;
  GListStore     *entries;
  BksSecretState  keyring;
  gboolean        loading;
  gboolean        again;
  guint           wake_source; /* when the next one has rested */
};

enum
{
  LOADED,
  FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static GType
get_item_type (GListModel *model)
{
  return BKS_TYPE_PROVIDER_ENTRY;
}

static guint
get_n_items (GListModel *model)
{
  return g_list_model_get_n_items (G_LIST_MODEL (BKS_PROVIDER_LIST (model)->entries));
}

static gpointer
get_item (GListModel *model,
          guint       position)
{
  return g_list_model_get_item (G_LIST_MODEL (BKS_PROVIDER_LIST (model)->entries), position);
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (BksProviderList, bks_provider_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

/* Everything that is read for one refresh. */
typedef struct
{
  GPtrArray *infos;
  GPtrArray *circuits;
  GPtrArray *months;
  GPtrArray *targets;
} News;

static void
news_clear (News *news)
{
  g_clear_pointer (&news->infos, g_ptr_array_unref);
  g_clear_pointer (&news->circuits, g_ptr_array_unref);
  g_clear_pointer (&news->months, g_ptr_array_unref);
  g_clear_pointer (&news->targets, g_ptr_array_unref);
}

/* The whole provider's; of several keys, the one that stands worst. */
static const BksCircuit *
find_circuit (GPtrArray  *circuits,
              const char *provider)
{
  const BksCircuit *found = NULL;

  for (guint i = 0; circuits != NULL && i < circuits->len; i++)
    {
      const BksCircuit *circuit = g_ptr_array_index (circuits, i);

      if (g_str_equal (circuit->provider, provider) && *circuit->model == '\0' &&
          (found == NULL || found->state == BKS_CIRCUIT_HALF_OPEN || circuit->state == BKS_CIRCUIT_DEAD))
        found = circuit;
    }
  return found;
}

static BksUsageRow *
find_month (GPtrArray  *rows,
            const char *provider)
{
  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      BksUsageRow *row = g_ptr_array_index (rows, i);

      if (g_strcmp0 (row->label, provider) == 0)
        return row;
    }
  return NULL;
}

static const char *
find_model (GPtrArray  *targets,
            const char *provider)
{
  for (guint i = 0; targets != NULL && i < targets->len; i++)
    {
      const BksTarget *target = g_ptr_array_index (targets, i);

      if (g_str_equal (target->provider, provider))
        return target->model;
    }
  return NULL;
}

static gboolean
has_info (GPtrArray  *infos,
          const char *id)
{
  for (guint i = 0; i < infos->len; i++)
    if (g_str_equal (((BksProviderInfo *) g_ptr_array_index (infos, i))->id, id))
      return TRUE;
  return FALSE;
}

static void
note_keyring (BksProviderList       *self,
              const BksProviderInfo *info)
{
  if (info->key_state == BKS_KEY_KEYRING_LOCKED)
    self->keyring = BKS_SECRET_LOCKED;
  else if (info->key_state == BKS_KEY_KEYRING_ABSENT)
    self->keyring = BKS_SECRET_ABSENT;
}

/* Rows stay where they are: only what came or went is taken in or out. */
static void
take_news (BksProviderList *self,
           const News      *news)
{
  self->keyring = BKS_SECRET_READY;
  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (self->entries)); i > 0; i--)
    {
      g_autoptr(BksProviderEntry) entry = g_list_model_get_item (G_LIST_MODEL (self->entries), i - 1);

      if (!has_info (news->infos, bks_provider_entry_get_info (entry)->id))
        g_list_store_remove (self->entries, i - 1);
    }
  for (guint i = 0; i < news->infos->len; i++)
    {
      BksProviderInfo *info = g_ptr_array_index (news->infos, i);
      BksProviderEntry *known = bks_provider_list_find (self, info->id);
      g_autoptr(BksProviderEntry) entry = known != NULL ? g_object_ref (known) : bks_provider_entry_new (info);

      bks_provider_entry_update (entry, info, find_circuit (news->circuits, info->id),
                                 find_month (news->months, info->id), find_model (news->targets, info->id));
      if (known == NULL)
        g_list_store_insert (self->entries, MIN (i, get_n_items (G_LIST_MODEL (self))), entry);
      note_keyring (self, info);
    }
}

static void
wake_cb (gpointer data)
{
  BksProviderList *self = data;

  self->wake_source = 0;
  bks_provider_list_refresh (self);
}

static void
plan_wake (BksProviderList *self)
{
  gint64 now = g_get_real_time () / 1000, first = 0;

  g_clear_handle_id (&self->wake_source, g_source_remove);
  for (guint i = 0; i < get_n_items (G_LIST_MODEL (self)); i++)
    {
      g_autoptr(BksProviderEntry) entry = get_item (G_LIST_MODEL (self), i);
      gint64 until = bks_provider_entry_get_until (entry);

      if (until > 0 && (first == 0 || until < first))
        first = until;
    }
  if (first > 0)
    self->wake_source = g_timeout_add_once ((guint) CLAMP (first - now + 50, 50, G_MAXINT), wake_cb, self);
}

static gboolean
await_news (BksProviderList  *self,
            News             *news,
            GError          **error)
{
  BksRouter *router = bks_studio_get_router (self->studio);
  gint64 starts_at, ends_at;

  bks_period_find ("month", g_get_real_time () / 1000, &starts_at, &ends_at);
  news->infos = dex_await_boxed (bks_router_list_providers (router), error);
  if (news->infos == NULL)
    return FALSE;
  /* The rest is worth having; without it the providers are shown all the same. */
  news->circuits = dex_await_boxed (bks_router_list_health (router), NULL);
  news->months = dex_await_boxed (bks_router_list_usage (router, starts_at, "provider"), NULL);
  news->targets = dex_await_boxed (bks_router_get_role (router, ROLE), NULL);
  return TRUE;
}

static DexFuture *
refresh_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProviderList *self = verb->self;
  g_autoptr(GError) error = NULL;
  News news = { 0 };
  gboolean ok;

  do
    {
      self->again = FALSE;
      g_clear_error (&error);
      news_clear (&news);
      ok = await_news (self, &news, &error);
    }
  while (self->again);
  self->loading = FALSE;
  if (ok)
    take_news (self, &news);
  news_clear (&news);
  plan_wake (self);
  if (ok)
    g_signal_emit (self, signals[LOADED], 0);
  else
    g_signal_emit (self, signals[FAILED], 0, error);
  return NULL;
}

static void
entries_changed_cb (BksProviderList *self,
                    guint            position,
                    guint            removed,
                    guint            added)
{
  g_list_model_items_changed (G_LIST_MODEL (self), position, removed, added);
}

static void
bks_provider_list_dispose (GObject *object)
{
  BksProviderList *self = BKS_PROVIDER_LIST (object);

  g_clear_handle_id (&self->wake_source, g_source_remove);

  G_OBJECT_CLASS (bks_provider_list_parent_class)->dispose (object);
}

static void
bks_provider_list_finalize (GObject *object)
{
  BksProviderList *self = BKS_PROVIDER_LIST (object);

  g_clear_object (&self->entries);
  g_clear_object (&self->studio);

  G_OBJECT_CLASS (bks_provider_list_parent_class)->finalize (object);
}

static void
bks_provider_list_class_init (BksProviderListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bks_provider_list_dispose;
  object_class->finalize = bks_provider_list_finalize;

  signals[LOADED] = g_signal_new ("loaded", BKS_TYPE_PROVIDER_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", BKS_TYPE_PROVIDER_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
bks_provider_list_init (BksProviderList *self)
{
  self->entries = g_list_store_new (BKS_TYPE_PROVIDER_ENTRY);
  g_signal_connect_object (self->entries, "items-changed", G_CALLBACK (entries_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (g_network_monitor_get_default (), "network-changed", G_CALLBACK (bks_provider_list_refresh),
                           self, G_CONNECT_SWAPPED);
}

/**
 * bks_provider_list_new:
 * @studio: the studio
 *
 * Returns: (transfer full): its providers, being read
 */
BksProviderList *
bks_provider_list_new (BksStudio *studio)
{
  static const char *const changes[] = { "providers-changed", "health-changed", "usage-changed", "roles-changed" };
  BksProviderList *self = g_object_new (BKS_TYPE_PROVIDER_LIST, NULL);

  self->studio = g_object_ref (studio);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    g_signal_connect_object (bks_studio_get_router (studio), changes[i], G_CALLBACK (bks_provider_list_refresh), self,
                             G_CONNECT_SWAPPED);
  bks_provider_list_refresh (self);
  return self;
}

/**
 * bks_provider_list_get_studio:
 * @self: a list
 *
 * Returns: (transfer none): whose providers they are
 */
BksStudio *
bks_provider_list_get_studio (BksProviderList *self)
{
  g_return_val_if_fail (BKS_IS_PROVIDER_LIST (self), NULL);

  return self->studio;
}

/**
 * bks_provider_list_get_router:
 * @self: a list
 *
 * Returns: (transfer none): who asks them
 */
BksRouter *
bks_provider_list_get_router (BksProviderList *self)
{
  g_return_val_if_fail (BKS_IS_PROVIDER_LIST (self), NULL);

  return bks_studio_get_router (self->studio);
}

/**
 * bks_provider_list_refresh:
 * @self: a list
 *
 * Reads everything anew; what is shown stays until then.
 */
void
bks_provider_list_refresh (BksProviderList *self)
{
  g_return_if_fail (BKS_IS_PROVIDER_LIST (self));

  self->again = TRUE;
  if (self->loading)
    return;
  self->loading = TRUE;
  bks_verb_start (refresh_fiber, self, NULL, NULL);
}

/**
 * bks_provider_list_find:
 * @self: a list
 * @id: a provider's id
 *
 * Returns: (transfer none) (nullable): its entry, as far as it is read
 */
BksProviderEntry *
bks_provider_list_find (BksProviderList *self,
                        const char      *id)
{
  g_return_val_if_fail (BKS_IS_PROVIDER_LIST (self) && id != NULL, NULL);

  for (guint i = 0; i < get_n_items (G_LIST_MODEL (self)); i++)
    {
      g_autoptr(BksProviderEntry) entry = get_item (G_LIST_MODEL (self), i);

      if (g_str_equal (bks_provider_entry_get_info (entry)->id, id))
        return entry;
    }
  return NULL;
}

/**
 * bks_provider_list_ensure:
 * @self: a list
 * @info: a provider that was just added
 *
 * Returns: (transfer full): its entry, also before the list was read anew
 */
BksProviderEntry *
bks_provider_list_ensure (BksProviderList *self,
                          BksProviderInfo *info)
{
  BksProviderEntry *entry;

  g_return_val_if_fail (BKS_IS_PROVIDER_LIST (self) && info != NULL, NULL);

  entry = bks_provider_list_find (self, info->id);
  if (entry != NULL)
    return g_object_ref (entry);
  entry = bks_provider_entry_new (info);
  g_list_store_append (self->entries, entry);
  return entry;
}

/**
 * bks_provider_list_get_name:
 * @self: a list
 * @id: a provider's id
 *
 * Returns: (transfer none): what people call it; its id where it is gone
 */
const char *
bks_provider_list_get_name (BksProviderList *self,
                            const char      *id)
{
  BksProviderEntry *entry = bks_provider_list_find (self, id);

  return entry != NULL ? bks_provider_entry_get_info (entry)->name : id;
}

/**
 * bks_provider_list_get_keyring:
 * @self: a list
 *
 * Returns: whether keys can be read and stored, as far as any provider needs one
 */
BksSecretState
bks_provider_list_get_keyring (BksProviderList *self)
{
  g_return_val_if_fail (BKS_IS_PROVIDER_LIST (self), BKS_SECRET_READY);

  return self->keyring;
}
