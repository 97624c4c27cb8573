/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-secrets"

#include "config.h"

#include <libsecret/secret.h>
/* SecretBackend is public and installed, but secret.h forgets it (0.21.7). */
#define __SECRET_INSIDE_HEADER__
#include <libsecret/secret-backend.h>
#undef __SECRET_INSIDE_HEADER__

#include "bks-async.h"
#include "bks-error.h"
#include "bks-keyring-secret-store.h"

/*
 * What libsecret and gnome-keyring do, measured:
 * - a lookup in a locked keyring without a prompter finds nothing and reports
 *   no error, so the state is asked for first;
 * - secret_password_lookup() unlocks, with a prompt, so lookups search instead;
 * - a prompt on a display waits for ever, so every call has a deadline.
 * A call that loses against its deadline, or whose future is dropped, is
 * cancelled, which dismisses its prompt.
 */

struct _BksKeyringSecretStore
{
  BksSecretStore  parent_instance;
  BksLimits      *limits;
};

G_DEFINE_FINAL_TYPE (BksKeyringSecretStore, bks_keyring_secret_store, BKS_TYPE_SECRET_STORE)

static const SecretSchema key_schema = {
  .name = "com.humanizer.BookStudio.Key",
  .flags = SECRET_SCHEMA_NONE,
  .attributes = {
    { "purpose", SECRET_SCHEMA_ATTRIBUTE_STRING },
    { "owner", SECRET_SCHEMA_ATTRIBUTE_STRING },
    { "origin", SECRET_SCHEMA_ATTRIBUTE_STRING },
    { NULL },
  },
};

/* One verb under way. */
typedef struct
{
  GHashTable  *attributes;
  char        *label;
  SecretValue *secret;   /* in memory that is not swapped out */
  gint64       deadline; /* monotonic microseconds, for all steps together */
} Job;

static Job *
job_new (BksSecretStore *store)
{
  BksKeyringSecretStore *self = BKS_KEYRING_SECRET_STORE (store);
  Job *job = g_new0 (Job, 1);

  job->deadline = g_get_monotonic_time () + (gint64) self->limits->keyring_ms * 1000;
  return job;
}

static Job *
job_new_for_secret (BksSecretStore *store,
                    const char     *purpose,
                    const char     *owner,
                    const char     *origin)
{
  Job *job = job_new (store);

  job->attributes = secret_attributes_build (&key_schema, "purpose", purpose, "owner", owner, "origin", origin, NULL);
  return job;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_pointer (&job->attributes, g_hash_table_unref);
  g_clear_pointer (&job->label, g_free);
  g_clear_pointer (&job->secret, secret_value_unref);
  g_free (job);
}

static DexFuture *
before_deadline (Job        *job,
                 DexPromise *promise)
{
  return dex_future_first (DEX_FUTURE (promise), dex_timeout_new_deadline (job->deadline), NULL);
}

static void
settle_object (DexPromise *promise,
               gpointer    object,
               GError     *error)
{
  if (object != NULL)
    dex_promise_resolve_object (promise, object);
  else
    dex_promise_reject (promise, error);
  dex_unref (promise);
}

static void
backend_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  GError *error = NULL;
  SecretBackend *backend = secret_backend_get_finish (result, &error);

  /* libsecret (0.21.7) gives its first caller the very reference it keeps. */
  if (backend != NULL && g_task_get_source_tag (G_TASK (result)) != (gpointer) secret_backend_get)
    g_object_ref (backend);
  settle_object (data, backend, error);
}

static DexFuture *
get_backend (Job *job)
{
  DexPromise *promise = dex_promise_new_cancellable ();

  secret_backend_get (SECRET_BACKEND_NONE, dex_promise_get_cancellable (promise), backend_cb, dex_ref (promise));
  return before_deadline (job, promise);
}

static void
collection_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  GError *error = NULL;
  SecretCollection *collection = secret_collection_for_alias_finish (result, &error);

  if (collection == NULL && error == NULL)
    error = g_error_new_literal (SECRET_ERROR, SECRET_ERROR_NO_SUCH_OBJECT, "It has no default collection");
  settle_object (data, collection, error);
}

static DexFuture *
get_default_collection (Job           *job,
                        SecretService *service)
{
  DexPromise *promise = dex_promise_new_cancellable ();

  secret_collection_for_alias (service, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE,
                               dex_promise_get_cancellable (promise), collection_cb, dex_ref (promise));
  return before_deadline (job, promise);
}

static void
free_items (gpointer data)
{
  g_list_free_full (data, g_object_unref);
}

static void
search_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  DexPromise *promise = data;
  GError *error = NULL;
  GList *items = secret_password_search_finish (result, &error);

  if (error == NULL)
    {
      g_autoptr(GPtrArray) array = g_ptr_array_new_with_free_func (g_object_unref);

      for (GList *l = items; l != NULL; l = l->next)
        g_ptr_array_add (array, g_object_ref (l->data));
      dex_promise_resolve_boxed (promise, G_TYPE_PTR_ARRAY, g_steal_pointer (&array));
    }
  else
    dex_promise_reject (promise, error);
  free_items (items);
  dex_unref (promise);
}

static DexFuture *
search (Job        *job,
        GHashTable *attributes)
{
  DexPromise *promise = dex_promise_new_cancellable ();

  secret_password_searchv (&key_schema, attributes, SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS,
                           dex_promise_get_cancellable (promise), search_cb, dex_ref (promise));
  return before_deadline (job, promise);
}

static void
retrieve_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  DexPromise *promise = data;
  GError *error = NULL;
  SecretValue *value = secret_retrievable_retrieve_secret_finish (SECRET_RETRIEVABLE (source), result, &error);

  if (error != NULL)
    dex_promise_reject (promise, error);
  else if (value == NULL || secret_value_get_text (value) == NULL)
    dex_promise_reject (promise, g_error_new_literal (SECRET_ERROR, SECRET_ERROR_PROTOCOL, "It has no text stored"));
  else
    dex_promise_resolve_boxed (promise, SECRET_TYPE_VALUE, secret_value_ref (value));
  g_clear_pointer (&value, secret_value_unref);
  dex_unref (promise);
}

static DexFuture *
retrieve (Job               *job,
          SecretRetrievable *item)
{
  DexPromise *promise = dex_promise_new_cancellable ();

  secret_retrievable_retrieve_secret (item, dex_promise_get_cancellable (promise), retrieve_cb, dex_ref (promise));
  return before_deadline (job, promise);
}

static void
settle_boolean (DexPromise *promise,
                gboolean    value,
                GError     *error)
{
  if (error == NULL)
    dex_promise_resolve_boolean (promise, value);
  else
    dex_promise_reject (promise, error);
  dex_unref (promise);
}

static void
store_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  GError *error = NULL;
  gboolean stored = secret_password_store_finish (result, &error);

  settle_boolean (data, stored, error);
}

static DexFuture *
store_secret (Job *job)
{
  DexPromise *promise = dex_promise_new_cancellable ();

  secret_password_storev_binary (&key_schema, job->attributes, SECRET_COLLECTION_DEFAULT, job->label, job->secret,
                                 dex_promise_get_cancellable (promise), store_cb, dex_ref (promise));
  return before_deadline (job, promise);
}

static void
clear_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  GError *error = NULL;
  gboolean cleared = secret_password_clear_finish (result, &error);

  settle_boolean (data, cleared, error);
}

static DexFuture *
clear_secret (Job *job)
{
  DexPromise *promise = dex_promise_new_cancellable ();

  secret_password_clearv (&key_schema, job->attributes,
                          dex_promise_get_cancellable (promise), clear_cb, dex_ref (promise));
  return before_deadline (job, promise);
}

static char *
describe (GError *error)
{
  if (g_error_matches (error, DEX_ERROR, DEX_ERROR_TIMED_OUT))
    return g_strdup ("It did not answer in time");
  g_dbus_error_strip_remote_error (error);
  return g_strdup (error->message);
}

/* In a fiber: the encrypted file of a Flatpak is opened by the first search. */
static BksSecretState
look_into_file (Job   *job,
                char **reason)
{
  g_autoptr(GHashTable) nobody = secret_attributes_build (&key_schema, "purpose", "state", NULL);
  g_autoptr(GError) error = NULL;

  if (dex_await (search (job, nobody), &error))
    return BKS_SECRET_READY;
  *reason = describe (error);
  return BKS_SECRET_ABSENT;
}

/* In a fiber: the state, and why where it is "absent". */
static BksSecretState
look (Job   *job,
      char **reason)
{
  g_autoptr(GObject) backend = NULL;
  g_autoptr(SecretCollection) collection = NULL;
  g_autoptr(GError) error = NULL;

  backend = dex_await_object (get_backend (job), &error);
  if (backend != NULL && !SECRET_IS_SERVICE (backend))
    return look_into_file (job, reason);
  if (backend != NULL)
    collection = dex_await_object (get_default_collection (job, SECRET_SERVICE (backend)), &error);
  if (collection == NULL)
    {
      *reason = describe (error);
      return BKS_SECRET_ABSENT;
    }
  return secret_collection_get_locked (collection) ? BKS_SECRET_LOCKED : BKS_SECRET_READY;
}

static DexFuture *
reject_locked (void)
{
  return bks_future_error (g_error_new_literal (BKS_ERROR, BKS_ERROR_KEYRING_LOCKED, "The keyring is locked"));
}

static DexFuture *
reject_absent (const char *reason)
{
  return bks_future_error (g_error_new (BKS_ERROR, BKS_ERROR_KEYRING_ABSENT,
                                        "The keyring cannot be used: %s", reason));
}

/* In a fiber: what a failed call means. The errors of libsecret do not tell a
 * locked keyring from an absent one, its state after the call does. */
static DexFuture *
reject (Job    *job,
        GError *error)
{
  g_autofree char *reason = NULL;
  g_autofree char *cause = NULL;

  /* Only a prompt takes that long. */
  if (g_error_matches (error, DEX_ERROR, DEX_ERROR_TIMED_OUT))
    return bks_future_error (g_error_new_literal (BKS_ERROR, BKS_ERROR_KEYRING_LOCKED,
                                                  "Nobody unlocked the keyring in time"));
  switch (look (job, &reason))
    {
    case BKS_SECRET_LOCKED:
      return reject_locked ();
    case BKS_SECRET_ABSENT:
      return reject_absent (reason);
    case BKS_SECRET_READY:
    default:
      cause = describe (error);
      return reject_absent (cause);
    }
}

static DexFuture *
get_state_fiber (gpointer data)
{
  g_autofree char *reason = NULL;
  BksSecretState state = look (data, &reason);

  if (state == BKS_SECRET_ABSENT)
    g_debug ("No keyring: %s", reason);
  return dex_future_new_for_int (state);
}

static DexFuture *
bks_keyring_secret_store_get_state (BksSecretStore *store)
{
  return bks_spawn (NULL, get_state_fiber, job_new (store), job_free);
}

/* The newest item that can be read. Only items of the service can be locked. */
static SecretRetrievable *
choose_item (GPtrArray *items,
             gboolean  *any_locked)
{
  SecretRetrievable *chosen = NULL;

  *any_locked = FALSE;
  for (guint i = 0; i < items->len; i++)
    {
      SecretRetrievable *item = g_ptr_array_index (items, i);

      if (SECRET_IS_ITEM (item) && secret_item_get_locked (SECRET_ITEM (item)))
        *any_locked = TRUE;
      else if (chosen == NULL ||
               secret_retrievable_get_modified (item) > secret_retrievable_get_modified (chosen))
        chosen = item;
    }
  return chosen;
}

static DexFuture *
lookup_fiber (gpointer data)
{
  Job *job = data;
  g_autofree char *reason = NULL;
  g_autoptr(GPtrArray) items = NULL;
  g_autoptr(SecretValue) value = NULL;
  g_autoptr(GError) error = NULL;
  SecretRetrievable *item;
  gboolean any_locked;

  switch (look (job, &reason))
    {
    case BKS_SECRET_LOCKED:
      return reject_locked ();
    case BKS_SECRET_ABSENT:
      return reject_absent (reason);
    case BKS_SECRET_READY:
    default:
      break;
    }

  items = dex_await_boxed (search (job, job->attributes), &error);
  if (items == NULL)
    return reject (job, error);
  item = choose_item (items, &any_locked);
  if (item == NULL)
    return any_locked ? reject_locked () : dex_future_new_for_string (NULL);
  value = dex_await_boxed (retrieve (job, item), &error);
  if (value == NULL)
    return reject (job, error);
  return dex_future_new_for_string (secret_value_get_text (value));
}

static DexFuture *
bks_keyring_secret_store_lookup (BksSecretStore *store,
                                 const char     *purpose,
                                 const char     *owner,
                                 const char     *origin)
{
  return bks_spawn (NULL, lookup_fiber, job_new_for_secret (store, purpose, owner, origin), job_free);
}

static DexFuture *
store_fiber (gpointer data)
{
  Job *job = data;
  g_autoptr(GError) error = NULL;

  if (!dex_await (store_secret (job), &error))
    return reject (job, error);
  return dex_future_new_for_boolean (TRUE);
}

static DexFuture *
bks_keyring_secret_store_store (BksSecretStore *store,
                                const char     *purpose,
                                const char     *owner,
                                const char     *origin,
                                const char     *label,
                                const char     *secret)
{
  Job *job = job_new_for_secret (store, purpose, owner, origin);

  job->label = g_strdup (label);
  job->secret = secret_value_new (secret, -1, "text/plain");
  return bks_spawn (NULL, store_fiber, job, job_free);
}

static DexFuture *
remove_fiber (gpointer data)
{
  Job *job = data;
  g_autofree char *reason = NULL;
  g_autoptr(GError) error = NULL;
  gboolean removed = dex_await_boolean (clear_secret (job), &error);

  if (error != NULL)
    return reject (job, error);
  /* A locked keyring says "nothing there" when nobody unlocks it. */
  if (!removed && look (job, &reason) == BKS_SECRET_LOCKED)
    return reject_locked ();
  if (reason != NULL)
    return reject_absent (reason);
  return dex_future_new_for_boolean (removed);
}

static DexFuture *
bks_keyring_secret_store_remove (BksSecretStore *store,
                                 const char     *purpose,
                                 const char     *owner,
                                 const char     *origin)
{
  return bks_spawn (NULL, remove_fiber, job_new_for_secret (store, purpose, owner, origin), job_free);
}

static void
unlock_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  GError *error = NULL;

  secret_service_unlock_finish (SECRET_SERVICE (source), result, NULL, &error);
  settle_boolean (data, TRUE, error);
}

/* Asks the person, if anything is locked. */
static DexFuture *
unlock_collection (Job              *job,
                   SecretService    *service,
                   SecretCollection *collection)
{
  DexPromise *promise = dex_promise_new_cancellable ();
  g_autoptr(GList) objects = g_list_prepend (NULL, collection);

  secret_service_unlock (service, objects, dex_promise_get_cancellable (promise), unlock_cb, dex_ref (promise));
  return before_deadline (job, promise);
}

static DexFuture *
unlock_fiber (gpointer data)
{
  Job *job = data;
  g_autoptr(GObject) backend = dex_await_object (get_backend (job), NULL);
  g_autoptr(SecretCollection) collection = NULL;
  g_autofree char *reason = NULL;

  if (backend != NULL && SECRET_IS_SERVICE (backend))
    collection = dex_await_object (get_default_collection (job, SECRET_SERVICE (backend)), NULL);
  if (collection != NULL && secret_collection_get_locked (collection))
    dex_await (unlock_collection (job, SECRET_SERVICE (backend), collection), NULL);
  switch (look (job, &reason))
    {
    case BKS_SECRET_LOCKED:
      return reject_locked ();
    case BKS_SECRET_ABSENT:
      return reject_absent (reason);
    case BKS_SECRET_READY:
    default:
      return dex_future_new_true ();
    }
}

static DexFuture *
bks_keyring_secret_store_unlock (BksSecretStore *store)
{
  return bks_spawn (NULL, unlock_fiber, job_new (store), job_free);
}

static void
bks_keyring_secret_store_finalize (GObject *object)
{
  BksKeyringSecretStore *self = BKS_KEYRING_SECRET_STORE (object);

  g_clear_pointer (&self->limits, bks_limits_unref);

  G_OBJECT_CLASS (bks_keyring_secret_store_parent_class)->finalize (object);
}

static void
bks_keyring_secret_store_class_init (BksKeyringSecretStoreClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  BksSecretStoreClass *store_class = BKS_SECRET_STORE_CLASS (klass);

  object_class->finalize = bks_keyring_secret_store_finalize;
  store_class->get_state = bks_keyring_secret_store_get_state;
  store_class->lookup = bks_keyring_secret_store_lookup;
  store_class->store = bks_keyring_secret_store_store;
  store_class->remove = bks_keyring_secret_store_remove;
  store_class->unlock = bks_keyring_secret_store_unlock;
}

static void
bks_keyring_secret_store_init (BksKeyringSecretStore *self)
{
}

/**
 * bks_keyring_secret_store_new:
 * @limits: for its deadline
 *
 * Touches no keyring yet.
 *
 * Returns: (transfer full): the person's keyring
 */
BksSecretStore *
bks_keyring_secret_store_new (BksLimits *limits)
{
  BksKeyringSecretStore *self;

  g_return_val_if_fail (limits != NULL, NULL);

  self = g_object_new (BKS_TYPE_KEYRING_SECRET_STORE, NULL);
  self->limits = bks_limits_ref (limits);
  return BKS_SECRET_STORE (self);
}
