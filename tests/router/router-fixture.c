/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <sqlite3.h>

#include "router-fixture.h"

void
fixture_set_up (Fixture       *self,
                gconstpointer  with_server)
{
  g_autoptr(GError) error = NULL;

  self->dir = bks_test_dir_new ();
  self->limits = bks_limits_new ();
  self->limits->first_token_local_ms = 10000;
  self->library = bks_test_await_object (bks_library_open (self->dir, self->limits));
  self->secrets = bks_memory_secret_store_new (BKS_SECRET_READY);
  self->router = bks_router_new (self->library, self->secrets, self->limits);
  if (with_server == NULL)
    return;
  self->server = bks_scripted_server_new (0, &error);
  g_assert_no_error (error);
}

static gboolean
is_last_reference (gpointer object)
{
  return G_OBJECT (object)->ref_count == 1;
}

void
fixture_tear_down (Fixture       *self,
                   gconstpointer  with_server)
{
  /* A fiber that was cancelled still has to run to its end. */
  bks_test_wait_for (is_last_reference, self->router);
  g_assert_finalize_object (self->router);
  bks_test_await_ok (bks_database_close (self->library));
  g_object_unref (self->library);
  g_object_unref (self->secrets);
  g_clear_object (&self->server);
  bks_limits_unref (self->limits);
  bks_test_dir_remove (self->dir);
}

BksProviderInfo *
fixture_get (Fixture    *self,
             const char *id)
{
  return bks_test_await_boxed (bks_router_get_provider (self->router, id));
}

BksProviderInfo *
fixture_add (Fixture    *self,
             const char *id,
             const char *protocol,
             const char *address)
{
  return bks_test_await_boxed (bks_router_add_provider (self->router, id, protocol, address));
}

BksKeyState
fixture_get_key_state (Fixture    *self,
                       const char *id)
{
  g_autoptr(BksProviderInfo) info = fixture_get (self, id);

  return info->key_state;
}

void
fixture_set_key (Fixture    *self,
                 const char *id,
                 const char *key)
{
  bks_test_await_ok (bks_router_set_key (self->router, id, key));
}

/* What is in library.db: columns joined by "|", a line a row; "-" where there is NULL. */
char *
fixture_query (Fixture    *self,
               const char *sql)
{
  g_autofree char *path = g_build_filename (self->dir, "library.db", NULL);
  g_autoptr(GString) result = g_string_new (NULL);
  sqlite3 *database;
  sqlite3_stmt *statement;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (database, sql, -1, &statement, NULL), ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      if (result->len > 0)
        g_string_append_c (result, '\n');
      for (int i = 0; i < sqlite3_column_count (statement); i++)
        {
          const char *text = (const char *) sqlite3_column_text (statement, i);

          g_string_append_printf (result, "%s%s", i > 0 ? "|" : "", text != NULL ? text : "-");
        }
    }
  sqlite3_finalize (statement);
  sqlite3_close (database);
  return g_string_free (g_steal_pointer (&result), FALSE);
}

/* A header of a request that the server got, NULL if it had none. */
char *
fixture_get_header (BksScriptedServer *server,
                    guint              index,
                    const char        *name)
{
  g_autoptr(BksRecordedRequest) request = bks_scripted_server_dup_request (server, index);

  g_assert_nonnull (request);
  return g_strdup (g_hash_table_lookup (request->headers, name));
}
