/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-fakes"

#include "config.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <locale.h>

#include "bks-error.h"
#include "bks-test-util.h"

/**
 * bks_test_dir_new:
 *
 * Returns: (transfer full): a new empty folder
 */
char *
bks_test_dir_new (void)
{
  g_autoptr(GError) error = NULL;
  char *dir = g_dir_make_tmp ("bks-test-XXXXXX", &error);

  g_assert_no_error (error);
  return dir;
}

static void
remove_tree (const char *path)
{
  g_autoptr(GDir) dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_remove (path);
}

/**
 * bks_test_dir_remove:
 * @dir: (transfer full): a folder of bks_test_dir_new()
 */
void
bks_test_dir_remove (char *dir)
{
  remove_tree (dir);
  g_free (dir);
}

static gboolean
too_late_cb (gpointer data)
{
  g_error ("A future did not end within %d ms", BKS_TEST_DEADLINE_MS);
  return G_SOURCE_REMOVE;
}

/**
 * bks_test_await:
 * @future: (transfer full): a future
 * @error: return location
 *
 * Runs the main loop until @future ends, or ends the test.
 *
 * Returns: (transfer none): its value, valid until the next call; %NULL if it was rejected
 */
const GValue *
bks_test_await (DexFuture  *future,
                GError    **error)
{
  static DexFuture *last;
  guint timeout = g_timeout_add (BKS_TEST_DEADLINE_MS, too_late_cb, NULL);

  /* A promise that a thread keeps does not wake this loop by itself. */
  while (dex_future_is_pending (future))
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (200);
  g_source_remove (timeout);
  dex_clear (&last);
  last = future;
  return dex_future_get_value (future, error);
}

/**
 * bks_test_await_object:
 * @future: (transfer full): a future of an object
 *
 * Returns: (transfer full) (nullable): the object; a rejection ends the test
 */
gpointer
bks_test_await_object (DexFuture *future)
{
  g_autoptr(GError) error = NULL;
  const GValue *value = bks_test_await (future, &error);

  g_assert_no_error (error);
  return g_value_dup_object (value);
}

/**
 * bks_test_await_boxed:
 * @future: (transfer full): a future of a boxed value
 *
 * Returns: (transfer full) (nullable): the value; a rejection ends the test
 */
gpointer
bks_test_await_boxed (DexFuture *future)
{
  g_autoptr(GError) error = NULL;
  const GValue *value = bks_test_await (future, &error);

  g_assert_no_error (error);
  return g_value_dup_boxed (value);
}

/**
 * bks_test_await_string:
 * @future: (transfer full): a future of a string
 *
 * Returns: (transfer full) (nullable): the string; a rejection ends the test
 */
char *
bks_test_await_string (DexFuture *future)
{
  g_autoptr(GError) error = NULL;
  const GValue *value = bks_test_await (future, &error);

  g_assert_no_error (error);
  return g_value_dup_string (value);
}

/**
 * bks_test_await_int64:
 * @future: (transfer full): a future of a 64-bit number
 *
 * Returns: the number; a rejection ends the test
 */
gint64
bks_test_await_int64 (DexFuture *future)
{
  g_autoptr(GError) error = NULL;
  const GValue *value = bks_test_await (future, &error);

  g_assert_no_error (error);
  return g_value_get_int64 (value);
}

/**
 * bks_test_await_ok:
 * @future: (transfer full): a future; a rejection ends the test
 */
void
bks_test_await_ok (DexFuture *future)
{
  g_autoptr(GError) error = NULL;

  bks_test_await (future, &error);
  g_assert_no_error (error);
}

/**
 * bks_test_await_error:
 * @future: (transfer full): a future that must be rejected
 * @code: with this #BksError
 */
void
bks_test_await_error (DexFuture *future,
                      int        code)
{
  g_autoptr(GError) error = NULL;

  bks_test_await (future, &error);
  g_assert_error (error, BKS_ERROR, code);
}

static gboolean
quit_cb (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

/**
 * bks_test_spin:
 * @ms: milliseconds
 *
 * Lets the main loop run for a while, where nothing is to happen.
 */
void
bks_test_spin (guint ms)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_timeout_add (ms, quit_cb, loop);
  g_main_loop_run (loop);
}

/**
 * bks_test_wait_for:
 * @condition: what has to become true
 * @data: for @condition
 */
void
bks_test_wait_for (BksTestCondition condition,
                   gpointer         data)
{
  guint timeout = g_timeout_add (BKS_TEST_DEADLINE_MS, too_late_cb, NULL);

  while (!condition (data))
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
  g_source_remove (timeout);
}

/**
 * bks_test_set_decimal_comma:
 *
 * Makes this program's numbers those of German. The locale is made where the
 * system has none.
 *
 * Returns: (transfer full) (nullable): the folder it was made in, to be removed
 *   with bks_test_dir_remove() after setlocale (LC_ALL, "C"); %NULL if it cannot be had
 */
char *
bks_test_set_decimal_comma (void)
{
  char *dir = bks_test_dir_new ();
  g_autofree char *path = g_build_filename (dir, "de_DE.UTF-8", NULL);
  const char *const line[] = { "localedef", "--no-archive", "-i", "de_DE", "-f", "UTF-8", path, NULL };

  if (setlocale (LC_ALL, "de_DE.UTF-8") == NULL &&
      g_spawn_sync (NULL, (char **) line, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                    NULL, NULL, NULL, NULL, NULL, NULL))
    {
      g_setenv ("LOCPATH", dir, TRUE);
      setlocale (LC_ALL, "de_DE.UTF-8");
      g_unsetenv ("LOCPATH");
    }
  if (*localeconv ()->decimal_point == ',')
    return dir;
  bks_test_dir_remove (dir);
  return NULL;
}
