/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bks-async.h"
#include "bks-memory-secret-store.h"
#include "bks-studio.h"
#include "bks-test-util.h"

/*
 * Holds a book as the window does, through the same sessions: somebody types
 * into its chapters until standard input ends. Says a line for each word that
 * is on disk: "NODE WORD".
 *
 * holder DATA_DIR BOOK SEED [--deaf]   --deaf: takes no writes of other processes
 */

#define TICK_MS 15

typedef struct
{
  BksStudio      *studio;
  BksBookSession *session;
  BksNodeSession *text;
  GString        *page;
  GPtrArray      *typed;  /* words on their way to the disk */
  GRand          *rand;
  GMainLoop      *loop;
  gboolean        busy;   /* in a fiber */
  guint           words;
} Holder;

static char *
dup_page (gpointer data)
{
  return g_strdup (((Holder *) data)->page->str);
}

/* Another one has written into what is on the screen. */
static void
replaced_cb (BksNodeSession *text,
             const char     *now,
             Holder         *self)
{
  g_string_assign (self->page, now);
}

/* Fiber. What was typed is said only when it is safe. */
static gboolean
await_saved (Holder *self)
{
  g_autoptr(GPtrArray) typed = g_steal_pointer (&self->typed);

  self->typed = g_ptr_array_new_with_free_func (g_free);
  if (!dex_await (bks_node_session_save (self->text), NULL))
    return FALSE;
  for (guint i = 0; i < typed->len; i++)
    printf ("%s %s\n", bks_node_get_id (bks_node_session_get_node (self->text)), (char *) g_ptr_array_index (typed, i));
  fflush (stdout);
  return TRUE;
}

static void
leave (Holder *self)
{
  if (self->text == NULL)
    return;
  await_saved (self);
  bks_node_session_set_editor (self->text, NULL, NULL);
  g_signal_handlers_disconnect_by_data (self->text, self);
  g_clear_object (&self->text);
}

static DexFuture *
enter_fiber (gpointer data)
{
  Holder *self = data;
  g_autoptr(GPtrArray) nodes = bks_book_session_list_nodes (self->session);
  BksNode *node = NULL;

  leave (self);
  /* All of it may be in the trash for a moment. */
  if (nodes->len > 0)
    node = g_ptr_array_index (nodes, (guint) g_rand_int_range (self->rand, 0, (gint32) nodes->len));
  if (node == NULL)
    {
      self->busy = FALSE;
      return dex_future_new_true ();
    }
  self->text = dex_await_object (bks_book_session_open_node (self->session, bks_node_get_id (node)), NULL);
  if (self->text != NULL)
    {
      g_string_assign (self->page, bks_node_session_get_text (self->text));
      bks_node_session_set_editor (self->text, dup_page, self);
      g_signal_connect (self->text, "replaced", G_CALLBACK (replaced_cb), self);
    }
  self->busy = FALSE;
  return dex_future_new_true ();
}

static DexFuture *
save_fiber (gpointer data)
{
  Holder *self = data;

  await_saved (self);
  self->busy = FALSE;
  return dex_future_new_true ();
}

static void
type (Holder *self)
{
  char *word = g_strdup_printf ("h%d-%u", (int) getpid (), ++self->words);

  g_string_append_printf (self->page, "%s%s", self->page->len > 0 ? " " : "", word);
  g_ptr_array_add (self->typed, word);
  bks_node_session_touch (self->text);
}

static gboolean
tick_cb (gpointer data)
{
  Holder *self = data;
  gint32 dice = g_rand_int_range (self->rand, 0, 100);

  if (self->busy)
    return G_SOURCE_CONTINUE;
  if (self->text == NULL || dice < 4)
    {
      self->busy = TRUE;
      dex_future_disown (bks_spawn_finally (enter_fiber, self, NULL));
    }
  else if (dice < 12)
    {
      self->busy = TRUE;
      dex_future_disown (bks_spawn_finally (save_fiber, self, NULL));
    }
  else
    type (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
stop_cb (gint         fd,
         GIOCondition condition,
         gpointer     data)
{
  g_main_loop_quit (((Holder *) data)->loop);
  return G_SOURCE_REMOVE;
}

static DexFuture *
end_fiber (gpointer data)
{
  Holder *self = data;
  GError *error = NULL;

  leave (self);
  if (!dex_await (bks_studio_close (self->studio), &error))
    return bks_future_error (error);
  return dex_future_new_true ();
}

int
main (int   argc,
      char *argv[])
{
  Holder self = { 0 };
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(BksSecretStore) secrets = bks_memory_secret_store_new (BKS_SECRET_READY);
  guint tick;

  g_assert_cmpint (argc, >=, 4);
  dex_init ();
  g_set_prgname ("holder");
  g_set_application_name ("The Window");
  self.rand = g_rand_new_with_seed ((guint32) g_ascii_strtoull (argv[3], NULL, 10));
  self.page = g_string_new (NULL);
  self.typed = g_ptr_array_new_with_free_func (g_free);
  self.loop = g_main_loop_new (NULL, FALSE);
  self.studio = bks_studio_new (argv[1], secrets, limits);
  bks_studio_set_listens (self.studio, argc < 5);
  bks_test_await_ok (bks_studio_open (self.studio));
  self.session = bks_test_await_object (bks_studio_open_book (self.studio, argv[2], TRUE));
  puts ("ready");
  fflush (stdout);
  tick = g_timeout_add (TICK_MS, tick_cb, &self);
  g_unix_fd_add (STDIN_FILENO, G_IO_HUP | G_IO_IN, stop_cb, &self);
  g_main_loop_run (self.loop);
  g_source_remove (tick);
  while (self.busy)
    g_main_context_iteration (NULL, TRUE);
  bks_test_await_ok (bks_spawn_finally (end_fiber, &self, NULL));
  puts ("ended");
  return 0;
}
