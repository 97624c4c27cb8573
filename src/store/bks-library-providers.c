/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-error.h"
#include "bks-library.h"
#include "bks-library-providers.h"

G_DEFINE_BOXED_TYPE (BksProviderRow, bks_provider_row, bks_provider_row_copy, bks_provider_row_free)
G_DEFINE_BOXED_TYPE (BksProviderOption, bks_provider_option, bks_provider_option_copy, bks_provider_option_free)
G_DEFINE_BOXED_TYPE (BksTarget, bks_target, bks_target_copy, bks_target_free)

/**
 * bks_provider_row_copy:
 * @self: a row
 *
 * Returns: (transfer full): a copy
 */
BksProviderRow *
bks_provider_row_copy (BksProviderRow *self)
{
  BksProviderRow *copy = g_new0 (BksProviderRow, 1);

  copy->id = g_strdup (self->id);
  copy->protocol = g_strdup (self->protocol);
  copy->base_url = g_strdup (self->base_url);
  return copy;
}

/**
 * bks_provider_row_free:
 * @self: (transfer full): a row
 */
void
bks_provider_row_free (BksProviderRow *self)
{
  g_free (self->id);
  g_free (self->protocol);
  g_free (self->base_url);
  g_free (self);
}

/**
 * bks_provider_option_copy:
 * @self: a setting
 *
 * Returns: (transfer full): a copy
 */
BksProviderOption *
bks_provider_option_copy (BksProviderOption *self)
{
  BksProviderOption *copy = g_new0 (BksProviderOption, 1);

  copy->provider = g_strdup (self->provider);
  copy->name = g_strdup (self->name);
  copy->value = g_strdup (self->value);
  return copy;
}

/**
 * bks_provider_option_free:
 * @self: (transfer full): a setting
 */
void
bks_provider_option_free (BksProviderOption *self)
{
  g_free (self->provider);
  g_free (self->name);
  g_free (self->value);
  g_free (self);
}

/**
 * bks_target_new:
 * @provider: a provider's id
 * @model: a model as that provider spells it
 *
 * Returns: (transfer full): a target
 */
BksTarget *
bks_target_new (const char *provider,
                const char *model)
{
  BksTarget *self = g_new0 (BksTarget, 1);

  self->provider = g_strdup (provider);
  self->model = g_strdup (model);
  return self;
}

/**
 * bks_target_copy:
 * @self: a target
 *
 * Returns: (transfer full): a copy
 */
BksTarget *
bks_target_copy (BksTarget *self)
{
  return bks_target_new (self->provider, self->model);
}

/**
 * bks_target_free:
 * @self: (transfer full): a target
 */
void
bks_target_free (BksTarget *self)
{
  g_free (self->provider);
  g_free (self->model);
  g_free (self);
}

static gpointer
read_provider (sqlite3_stmt *statement)
{
  BksProviderRow row = {
    .id = (char *) sqlite3_column_text (statement, 0),
    .protocol = (char *) sqlite3_column_text (statement, 1),
    .base_url = (char *) sqlite3_column_text (statement, 2),
  };

  return bks_provider_row_copy (&row);
}

static gboolean
list_providers (BksConnection  *connection,
                GValue         *result,
                gpointer        data,
                GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "SELECT id, protocol, base_url FROM providers ORDER BY created_at, id", error);
  return statement != NULL &&
         bks_connection_list (connection, statement, read_provider, (GDestroyNotify) bks_provider_row_free, result, error);
}

/**
 * bks_library_list_providers:
 * @library: the library
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksProviderRow
 */
DexFuture *
bks_library_list_providers (BksDatabase *library)
{
  return bks_database_read (library, list_providers, NULL, NULL);
}

static gboolean
put_provider (BksConnection  *connection,
              GValue         *result,
              gpointer        data,
              GError        **error)
{
  const char *id, *protocol, *base_url;
  gint64 created_at;
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO providers (id, protocol, base_url, created_at) VALUES (?, ?, ?, ?)"
                                      " ON CONFLICT (id) DO UPDATE SET protocol = excluded.protocol,"
                                      "  base_url = excluded.base_url",
                                      error);
  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&s&s&sx)", &id, &protocol, &base_url, &created_at);
  bks_bind_text (statement, 1, id);
  bks_bind_text (statement, 2, protocol);
  bks_bind_text (statement, 3, base_url);
  sqlite3_bind_int64 (statement, 4, created_at);
  return bks_connection_run (connection, statement, error);
}

/**
 * bks_library_put_provider:
 * @library: the library
 * @id: its id
 * @protocol: its wire protocol
 * @base_url: its address
 * @created_at: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_library_put_provider (BksDatabase *library,
                          const char  *id,
                          const char  *protocol,
                          const char  *base_url,
                          gint64       created_at)
{
  return bks_database_write (library, put_provider,
                             g_variant_ref_sink (g_variant_new ("(sssx)", id, protocol, base_url, created_at)),
                             (GDestroyNotify) g_variant_unref);
}

/* Among the settings of the library, as "provider/ID/NAME": an id has no slash. */
#define OPTION_KEY "provider/"

static gpointer
read_option (sqlite3_stmt *statement)
{
  g_auto(GStrv) parts = g_strsplit ((const char *) sqlite3_column_text (statement, 0), "/", 3);
  BksProviderOption option = { parts[1], parts[2], (char *) sqlite3_column_text (statement, 1) };

  return bks_provider_option_copy (&option);
}

static gboolean
list_options (BksConnection  *connection,
              GValue         *result,
              gpointer        data,
              GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "SELECT key, value FROM settings WHERE key GLOB '" OPTION_KEY "*/*'", error);
  return statement != NULL &&
         bks_connection_list (connection, statement, read_option, (GDestroyNotify) bks_provider_option_free, result, error);
}

/**
 * bks_library_list_provider_options:
 * @library: the library
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksProviderOption, those of all providers
 */
DexFuture *
bks_library_list_provider_options (BksDatabase *library)
{
  return bks_database_read (library, list_options, NULL, NULL);
}

/**
 * bks_library_set_provider_option:
 * @library: the library
 * @id: a provider's id
 * @name: which setting
 * @value: its value; never a key
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_library_set_provider_option (BksDatabase *library,
                                 const char  *id,
                                 const char  *name,
                                 const char  *value)
{
  g_autofree char *key = g_strconcat (OPTION_KEY, id, "/", name, NULL);

  return bks_library_set_setting (library, key, value);
}

static gboolean
delete_options (BksConnection  *connection,
                const char     *id,
                GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "DELETE FROM settings WHERE key GLOB '" OPTION_KEY "' || ? || '/*'", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, id);
  return bks_connection_run (connection, statement, error);
}

static gboolean
delete_provider (BksConnection  *connection,
                 GValue         *result,
                 gpointer        data,
                 GError        **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, "DELETE FROM providers WHERE id = ?", error);

  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, data);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  if (bks_connection_get_changes (connection) == 0)
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "No provider “%s” was added", (const char *) data);
      return FALSE;
    }
  if (!delete_options (connection, data, error))
    return FALSE;
  statement = bks_connection_prepare (connection, "DELETE FROM roles WHERE provider = ?", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, data);
  return bks_connection_run (connection, statement, error);
}

/**
 * bks_library_delete_provider:
 * @library: the library
 * @id: its id
 *
 * Forgets a provider, its settings and the places it has in roles.
 *
 * Returns: (transfer full): resolves when it is durable; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_library_delete_provider (BksDatabase *library,
                             const char  *id)
{
  return bks_database_write (library, delete_provider, g_strdup (id), g_free);
}

static gpointer
read_target (sqlite3_stmt *statement)
{
  return bks_target_new ((const char *) sqlite3_column_text (statement, 0),
                         (const char *) sqlite3_column_text (statement, 1));
}

static gboolean
get_role (BksConnection  *connection,
          GValue         *result,
          gpointer        data,
          GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "SELECT provider, model FROM roles WHERE role = ? ORDER BY position", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, data);
  return bks_connection_list (connection, statement, read_target, (GDestroyNotify) bks_target_free, result, error);
}

/**
 * bks_library_get_role:
 * @library: the library
 * @role: a role's name
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksTarget, in order
 */
DexFuture *
bks_library_get_role (BksDatabase *library,
                      const char  *role)
{
  return bks_database_read (library, get_role, g_strdup (role), g_free);
}

static gboolean
insert_targets (BksConnection  *connection,
                const char     *role,
                GVariantIter   *targets,
                GError        **error)
{
  const char *provider, *model;
  int position = 0;

  while (g_variant_iter_next (targets, "(&s&s)", &provider, &model))
    {
      sqlite3_stmt *statement;

      statement = bks_connection_prepare (connection,
                                          "INSERT INTO roles (role, position, provider, model) VALUES (?, ?, ?, ?)",
                                          error);
      if (statement == NULL)
        return FALSE;
      bks_bind_text (statement, 1, role);
      sqlite3_bind_int (statement, 2, position++);
      bks_bind_text (statement, 3, provider);
      bks_bind_text (statement, 4, model);
      if (!bks_connection_run (connection, statement, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
set_role (BksConnection  *connection,
          GValue         *result,
          gpointer        data,
          GError        **error)
{
  g_autoptr(GVariantIter) targets = NULL;
  sqlite3_stmt *statement = bks_connection_prepare (connection, "DELETE FROM roles WHERE role = ?", error);
  const char *role;

  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&sa(ss))", &role, &targets);
  bks_bind_text (statement, 1, role);
  return bks_connection_run (connection, statement, error) &&
         insert_targets (connection, role, targets, error);
}

/**
 * bks_library_set_role:
 * @library: the library
 * @role: a role's name
 * @targets: (element-type BksTarget): its targets, in order
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_library_set_role (BksDatabase *library,
                      const char  *role,
                      GPtrArray   *targets)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ss)"));
  for (guint i = 0; i < targets->len; i++)
    {
      BksTarget *target = g_ptr_array_index (targets, i);

      g_variant_builder_add (&builder, "(ss)", target->provider, target->model);
    }
  return bks_database_write (library, set_role, g_variant_ref_sink (g_variant_new ("(sa(ss))", role, &builder)),
                             (GDestroyNotify) g_variant_unref);
}
