/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <sqlite3.h>

#include "studio-fixture.h"

static void
open_studio (Fixture *self)
{
  self->studio = bks_studio_new (self->dir, self->secrets, self->limits);
  bks_test_await_ok (bks_studio_open (self->studio));
}

void
fixture_set_up_in (Fixture *self,
                   char    *dir)
{
  self->dir = dir;
  self->limits = bks_limits_new ();
  self->limits->autosave_idle_ms = 40;
  self->limits->autosave_most_ms = 150;
  self->limits->draft_save_ms = 10;
  self->secrets = bks_memory_secret_store_new (BKS_SECRET_READY);
  open_studio (self);
}

void
fixture_set_up (Fixture       *self,
                gconstpointer  data)
{
  fixture_set_up_in (self, bks_test_dir_new ());
}

static gboolean
is_last_reference (gpointer object)
{
  return G_OBJECT (object)->ref_count == 1;
}

static void
close_studio (Fixture *self)
{
  fixture_close_editor (self);
  g_clear_object (&self->node);
  bks_test_await_ok (bks_studio_close (self->studio));
  if (self->session != NULL)
    {
      bks_test_wait_for (is_last_reference, self->session);
      g_assert_finalize_object (g_steal_pointer (&self->session));
    }
  bks_test_wait_for (is_last_reference, self->studio);
  g_assert_finalize_object (g_steal_pointer (&self->studio));
}

void
fixture_tear_down (Fixture       *self,
                   gconstpointer  data)
{
  close_studio (self);
  g_object_unref (self->secrets);
  bks_limits_unref (self->limits);
  g_free (self->page);
  bks_test_dir_remove (self->dir);
}

/* The program ends and starts again. */
void
fixture_restart (Fixture *self)
{
  close_studio (self);
  open_studio (self);
}

/* Returns the id of a new book. */
char *
fixture_create_book (Fixture    *self,
                     const char *title)
{
  g_autoptr(BksBook) book = bks_test_await_object (bks_studio_create_book (self->studio, title, "Author"));

  return g_strdup (bks_book_get_id (book));
}

BksBookSession *
fixture_open (Fixture    *self,
              const char *book_id,
              gboolean    writable)
{
  return bks_test_await_object (bks_studio_open_book (self->studio, book_id, writable));
}

static char *
dup_page (gpointer data)
{
  Fixture *self = data;

  self->asked++;
  return g_strdup (self->page);
}

/* A new book whose first chapter is in an editor. */
void
fixture_open_page (Fixture    *self,
                   const char *page)
{
  g_autofree char *id = fixture_create_book (self, "Book");

  self->session = fixture_open (self, id, TRUE);
  self->node = g_list_model_get_item (bks_book_session_get_nodes (self->session), 0);
  fixture_open_editor (self);
  fixture_type (self, page);
  bks_test_await_ok (bks_node_session_save (self->text));
}

void
fixture_open_editor (Fixture *self)
{
  self->text = bks_test_await_object (bks_book_session_open_node (self->session, bks_node_get_id (self->node)));
  g_set_str (&self->page, bks_node_session_get_text (self->text));
  bks_node_session_set_editor (self->text, dup_page, self);
}

void
fixture_close_editor (Fixture *self)
{
  if (self->text != NULL)
    bks_node_session_set_editor (self->text, NULL, NULL);
  g_clear_object (&self->text);
}

void
fixture_type (Fixture    *self,
              const char *page)
{
  g_set_str (&self->page, page);
  bks_node_session_touch (self->text);
}

/* What the disk has of the page, unsaved keys not included. */
char *
fixture_read (Fixture *self)
{
  g_autofree char *sql = g_strdup_printf ("SELECT text FROM texts WHERE node_id = '%s'", bks_node_get_id (self->node));

  return fixture_query_book (self, sql);
}

void
fixture_assert_stored (Fixture    *self,
                       const char *expected)
{
  g_autofree char *text = fixture_read (self);

  g_assert_cmpstr (text, ==, expected);
}

char *
fixture_book_path (Fixture    *self,
                   const char *book_id,
                   const char *name)
{
  return g_build_filename (self->dir, "books", book_id, name, NULL);
}

/* Columns joined by "|", a line a row; "-" where there is NULL. Also for statements that return none. */
char *
fixture_query (const char *path,
               const char *sql)
{
  g_autoptr(GString) result = g_string_new (NULL);
  sqlite3 *database;
  sqlite3_stmt *statement;
  int step;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  sqlite3_busy_timeout (database, 5000);
  g_assert_cmpint (sqlite3_prepare_v2 (database, sql, -1, &statement, NULL), ==, SQLITE_OK);
  while ((step = sqlite3_step (statement)) == SQLITE_ROW)
    {
      if (result->len > 0)
        g_string_append_c (result, '\n');
      for (int i = 0; i < sqlite3_column_count (statement); i++)
        {
          const char *text = (const char *) sqlite3_column_text (statement, i);

          g_string_append_printf (result, "%s%s", i > 0 ? "|" : "", text != NULL ? text : "-");
        }
    }
  g_assert_cmpint (step, ==, SQLITE_DONE);
  sqlite3_finalize (statement);
  sqlite3_close (database);
  return g_string_free (g_steal_pointer (&result), FALSE);
}

char *
fixture_query_book (Fixture    *self,
                    const char *sql)
{
  g_autofree char *path = fixture_book_path (self, bks_book_get_id (bks_book_session_get_book (self->session)), "book.db");

  return fixture_query (path, sql);
}
