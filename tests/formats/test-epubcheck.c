/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "format-fixture.h"

/* Books that shops accept: the judge is the W3C's own checker, by the command
 * in the environment variable EPUBCHECK or of that name on PATH. */
static char **command;

static void
assert_accepted (BksDocument *document,
                 const char  *name)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autofree char *folder = g_dir_make_tmp ("bks-epub-XXXXXX", NULL);
  g_autofree char *path = g_strdup_printf ("%s/%s.epub", folder, name);
  g_autoptr(GPtrArray) arguments = g_ptr_array_new ();
  g_autoptr(GSubprocess) process = NULL;
  g_autofree char *output = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true (bks_document_export_epub (document, path, FIXTURE_UUID, FIXTURE_TIME_MS, limits, NULL, &error));
  g_assert_no_error (error);

  for (guint i = 0; command[i] != NULL; i++)
    g_ptr_array_add (arguments, command[i]);
  g_ptr_array_add (arguments, path);
  g_ptr_array_add (arguments, NULL);
  process = g_subprocess_newv ((const char *const *) arguments->pdata,
                               G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error));
  g_assert_no_error (error);

  if (strstr (output, "0 fatals / 0 errors / 0 warnings") == NULL || g_subprocess_get_exit_status (process) != 0)
    {
      g_test_message ("%s", output);
      g_test_fail_printf ("epubcheck has objections to %s", name);
    }
  g_remove (path);
  g_rmdir (folder);
}

static void
test_novel (gconstpointer data)
{
  const FixtureNovel *novel = data;
  g_autoptr(BksDocument) document = fixture_import_novel (novel);

  g_free (document->language);
  document->language = g_strdup ("en");
  assert_accepted (document, novel->name);
}

static void
test_nasty (void)
{
  g_autoptr(BksDocument) document = fixture_nasty_book ();

  assert_accepted (document, "nasty");
}

static void
test_bare (void)
{
  g_autoptr(BksDocument) document = bks_document_new ("", "", "");

  assert_accepted (document, "bare");
}

/* A wrapper may be there without what it wraps; a shell says so by 127. */
static gboolean
can_run (char **argv)
{
  g_autoptr(GPtrArray) arguments = g_ptr_array_new ();
  g_autoptr(GSubprocess) process = NULL;

  for (guint i = 0; argv[i] != NULL; i++)
    g_ptr_array_add (arguments, argv[i]);
  g_ptr_array_add (arguments, (char *) "--version");
  g_ptr_array_add (arguments, NULL);
  process = g_subprocess_newv ((const char *const *) arguments->pdata,
                               G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL);
  return process != NULL && g_subprocess_wait (process, NULL, NULL) &&
         g_subprocess_get_if_exited (process) && g_subprocess_get_exit_status (process) != 127;
}

static char **
find_command (void)
{
  const char *given = g_getenv ("EPUBCHECK");
  char **argv = NULL;

  if (given != NULL && *given != '\0')
    return g_shell_parse_argv (given, NULL, &argv, NULL) ? argv : NULL;

  argv = g_new0 (char *, 2);
  argv[0] = g_find_program_in_path ("epubcheck");
  if (argv[0] == NULL)
    g_clear_pointer (&argv, g_strfreev);
  return argv;
}

int
main (int   argc,
      char *argv[])
{
  int status;

  /* Before GTest takes over standard output: skipped as a whole. */
  command = find_command ();
  if (command == NULL || !can_run (command))
    {
      g_print ("1..0 # SKIP no epubcheck: neither by the variable EPUBCHECK nor on PATH\n");
      g_strfreev (command);
      return 0;
    }
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (fixture_novels); i++)
    {
      g_autofree char *path = g_strconcat ("/formats/epubcheck/", fixture_novels[i].name, NULL);

      g_test_add_data_func (path, &fixture_novels[i], test_novel);
    }
  g_test_add_func ("/formats/epubcheck/nasty", test_nasty);
  g_test_add_func ("/formats/epubcheck/bare", test_bare);
  status = g_test_run ();
  g_strfreev (command);
  return status;
}
