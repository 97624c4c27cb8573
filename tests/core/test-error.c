/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <gio/gio.h>
#include <libdex.h>
#include <string.h>

#include "bks-error.h"
#include "bks-limits.h"

static void
test_facts (void)
{
  g_autoptr(GError) error = g_error_new_literal (BKS_ERROR, BKS_ERROR_RATE, "Too fast");
  g_autoptr(GError) copy = NULL;
  g_autoptr(GError) foreign = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "x");

  g_assert_cmpint (bks_error_get_facts (error)->retry_after_ms, ==, -1);
  g_assert_cmpuint (bks_error_get_facts (error)->http_status, ==, 0);
  bks_error_get_facts (error)->http_status = 429;
  bks_error_get_facts (error)->retry_after_ms = 2000;
  bks_error_get_facts (error)->provider = g_strdup ("openai");
  bks_error_get_facts (error)->request_id = g_strdup ("req_1");

  copy = bks_error_normalize (error, "Continue");
  g_assert_cmpstr (copy->message, ==, "Continue: Too fast");
  g_assert_cmpuint (bks_error_get_facts (copy)->http_status, ==, 429);
  g_assert_cmpint (bks_error_get_facts (copy)->retry_after_ms, ==, 2000);
  g_assert_cmpstr (bks_error_get_facts (copy)->provider, ==, "openai");
  g_assert_cmpstr (bks_error_get_facts (copy)->request_id, ==, "req_1");
  g_assert_null (bks_error_get_facts (foreign));
}

/* Each class has a name of its own, as the command line prints it. */
static void
test_class_names (void)
{
  g_autoptr(GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GError) foreign = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "x");
  g_autoptr(GError) stopped = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "x");

  for (int code = 0; code <= BKS_ERROR_TIER; code++)
    {
      g_autoptr(GError) error = NULL;

      if (code > BKS_ERROR_UNSUPPORTED && code < BKS_ERROR_AUTH)
        continue;
      error = g_error_new_literal (BKS_ERROR, code, "x");
      g_assert_true (g_hash_table_add (names, (char *) bks_error_get_class_name (error)));
    }
  g_assert_cmpstr (bks_error_get_class_name (foreign), ==, "FAILED");
  g_assert_cmpstr (bks_error_get_class_name (stopped), ==, "CANCELLED");
}

static void
test_errno (void)
{
  static const struct { int number; BksError code; } rows[] = {
    { ENOSPC, BKS_ERROR_DISK_FULL }, { EDQUOT, BKS_ERROR_DISK_FULL }, { EACCES, BKS_ERROR_ACCESS }, { EPERM, BKS_ERROR_ACCESS },
    { ENOENT, BKS_ERROR_NOT_FOUND }, { EEXIST, BKS_ERROR_EXISTS }, { EROFS, BKS_ERROR_READ_ONLY },
    { EISDIR, BKS_ERROR_INVALID_INPUT }, { EIO, BKS_ERROR_IO }, { EBADF, BKS_ERROR_IO },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr(GError) error = NULL;

      bks_error_set_from_errno (&error, rows[i].number, "Cannot write /home/ana/book.epub");
      g_assert_error (error, BKS_ERROR, (int) rows[i].code);
      g_assert_true (g_str_has_prefix (error->message, "Cannot write /home/ana/book.epub: "));
      g_assert_nonnull (strstr (error->message, g_strerror (rows[i].number)));
    }
  bks_error_set_from_errno (NULL, EIO, "nobody asks");
}

static void
test_normalize (void)
{
  const struct { GQuark domain; int code; BksError ours; } rows[] = {
    { G_IO_ERROR, G_IO_ERROR_NOT_FOUND, BKS_ERROR_NOT_FOUND }, { G_IO_ERROR, G_IO_ERROR_NO_SPACE, BKS_ERROR_DISK_FULL },
    { G_IO_ERROR, G_IO_ERROR_CANCELLED, BKS_ERROR_CANCELLED }, { G_IO_ERROR, G_IO_ERROR_TIMED_OUT, BKS_ERROR_TIMEOUT },
    { G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, BKS_ERROR_IO }, { G_FILE_ERROR, G_FILE_ERROR_NOENT, BKS_ERROR_NOT_FOUND },
    { G_FILE_ERROR, G_FILE_ERROR_NOSPC, BKS_ERROR_DISK_FULL }, { G_FILE_ERROR, G_FILE_ERROR_ACCES, BKS_ERROR_ACCESS },
    { G_FILE_ERROR, G_FILE_ERROR_FAILED, BKS_ERROR_IO }, { DEX_ERROR, DEX_ERROR_TIMED_OUT, BKS_ERROR_TIMEOUT },
    { DEX_ERROR, DEX_ERROR_FIBER_CANCELLED, BKS_ERROR_CANCELLED }, { G_MARKUP_ERROR, 0, BKS_ERROR_FAILED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr(GError) error = g_error_new_literal (rows[i].domain, rows[i].code, "why %s");
      g_autoptr(GError) plain = bks_error_normalize (error, NULL);
      g_autoptr(GError) named = bks_error_normalize (error, "what");

      g_assert_error (plain, BKS_ERROR, (int) rows[i].ours);
      g_assert_cmpstr (plain->message, ==, "why %s");
      g_assert_error (named, BKS_ERROR, (int) rows[i].ours);
      g_assert_cmpstr (named->message, ==, "what: why %s");
      g_assert_true (bks_error_is_cancelled (error) == (rows[i].ours == BKS_ERROR_CANCELLED));
    }
  g_assert_false (bks_error_is_cancelled (NULL));
}

static void
test_clock (void)
{
  g_autoptr(BksClock) fixed = bks_clock_new_fixed (1000);
  g_autoptr(BksClock) real = bks_clock_new ();
  gint64 before = g_get_real_time () / 1000;
  gint64 now = bks_clock_get_now_ms (real);

  g_assert_cmpint (now, >=, before);
  g_assert_cmpint (now, <=, g_get_real_time () / 1000);
  bks_clock_advance (fixed, 500);
  g_assert_cmpint (bks_clock_get_now_ms (fixed), ==, 1500);
  g_assert_cmpint (bks_clock_get_monotonic_ms (fixed), ==, 1500);
  bks_clock_advance (fixed, -1400);
  g_assert_cmpint (bks_clock_get_now_ms (fixed), ==, 100);
}

/* A test that changes its limits changes nobody else's. */
static void
test_limits (void)
{
  g_autoptr(BksLimits) mine = bks_limits_new ();
  g_autoptr(BksLimits) yours = NULL;
  BksClock *clock = mine->clock;

  g_assert_cmpuint (mine->autosave_idle_ms, ==, 1000); /* book.md §3 */
  g_assert_cmpuint (mine->autosave_most_ms, ==, 5000);
  g_assert_cmpuint (mine->pairing_code_ms, ==, 120000); /* service.md §2 */
  g_assert_cmpuint (mine->pairing_tries, ==, 10);
  g_assert_cmpuint (mine->access_token_ms, ==, 900000);
  g_assert_cmpuint (mine->refresh_token_ms, ==, 2592000000u);
  mine->autosave_idle_ms = 1;
  yours = bks_limits_new ();
  g_assert_cmpuint (yours->autosave_idle_ms, ==, 1000);

  g_object_add_weak_pointer (G_OBJECT (clock), (gpointer *) &clock);
  bks_limits_ref (mine);
  bks_limits_unref (mine);
  g_assert_nonnull (clock);
  g_clear_pointer (&mine, bks_limits_unref);
  g_assert_null (clock);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error/facts", test_facts);
  g_test_add_func ("/error/class-names", test_class_names);
  g_test_add_func ("/error/errno", test_errno);
  g_test_add_func ("/error/normalize", test_normalize);
  g_test_add_func ("/limits/clock", test_clock);
  g_test_add_func ("/limits/limits", test_limits);
  return g_test_run ();
}
