/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-id.h"

#define NOW G_GINT64_CONSTANT (1790000000000)

static gint64
get_time (const char *id)
{
  g_autofree char *high = g_strndup (id, 8);
  g_autofree char *low = g_strndup (id + 9, 4);

  return (gint64) (g_ascii_strtoull (high, NULL, 16) << 16 | g_ascii_strtoull (low, NULL, 16));
}

static void
test_form (void)
{
  g_autoptr(BksClock) clock = bks_clock_new_fixed (NOW);
  g_autofree char *id = bks_id_new (clock);

  g_assert_true (bks_id_is_valid (id));
  g_assert_cmpint (get_time (id), ==, NOW);
  g_assert_cmpint (id[14], ==, '7');             /* version */
  g_assert_nonnull (strchr ("89ab", id[19]));    /* variant */
}

/* A hundred thousand in one millisecond, with the clock set back in between. */
static void
test_order (void)
{
  g_autoptr(BksClock) clock = bks_clock_new_fixed (NOW + 1000);
  g_autofree char *last = bks_id_new (clock);

  for (guint i = 0; i < 100000; i++)
    {
      char *id;

      if (i == 50000)
        bks_clock_advance (clock, -60000);
      id = bks_id_new (clock);
      g_assert_cmpstr (last, <, id);
      g_free (last);
      last = id;
    }
  g_assert_true (bks_id_is_valid (last));
  /* 4096 fit a millisecond; the time must not run away further than that. */
  g_assert_cmpint (get_time (last), <=, NOW + 1000 + 100000 / 2048 + 1);

  bks_clock_advance (clock, 3600000);
  g_free (last);
  last = bks_id_new (clock);
  g_assert_cmpint (get_time (last), ==, NOW + 1000 - 60000 + 3600000);
}

#define EACH 5000

static gpointer
make_many (gpointer clock)
{
  char **ids = g_new0 (char *, EACH + 1);

  for (guint i = 0; i < EACH; i++)
    ids[i] = bks_id_new (clock);
  return ids;
}

static void
test_threads (void)
{
  g_autoptr(BksClock) clock = bks_clock_new ();
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GThread *threads[8];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("ids", make_many, clock);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autofree char **ids = g_thread_join (threads[i]);

      for (guint j = 0; j < EACH; j++)
        {
          /* In order as one thread sees them, and no two the same in all. */
          if (j > 0)
            g_assert_cmpstr (ids[j - 1], <, ids[j]);
          g_assert_true (g_hash_table_add (seen, ids[j]));
        }
    }
}

static void
test_validity (void)
{
  static const char *const bad[] = {
    "", "x", "../../../../../../../../etc/passwd00", "01A205CE-FB15-7470-9461-C4EE5B34A77E",
    "01a205ce-fb15-7470-9461-c4ee5b34a77", "01a205ce-fb15-7470-9461-c4ee5b34a77ef", "01a205cefb157470-9461-c4ee5b34a77ee-",
    "01a205ce/fb15-7470-9461-c4ee5b34a77e", "01a205ce-fb15-7470-9461-c4ee5b34a77g", "01a205ce-fb15-7470-9461-c4ee5b34a7é",
    "------------------------------------", " 1a205ce-fb15-7470-9461-c4ee5b34a77e",
  };

  g_assert_false (bks_id_is_valid (NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (bks_id_is_valid (bad[i]));
  g_assert_true (bks_id_is_valid ("01a205ce-fb15-7470-9461-c4ee5b34a77e"));
}

static void
test_random (void)
{
  guint8 bytes[2][64] = { 0 };
  guint zeros = 0;

  bks_random_fill (bytes[0], sizeof bytes[0]);
  bks_random_fill (bytes[1], sizeof bytes[1] - 1);
  for (guint i = 0; i < sizeof bytes[0]; i++)
    zeros += bytes[0][i] == 0 ? 1 : 0;
  g_assert_cmpuint (zeros, <, 16);
  g_assert_true (memcmp (bytes[0], bytes[1], sizeof bytes[0]) != 0);
  g_assert_cmpuint (bytes[1][63], ==, 0); /* not a byte further */
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/id/form", test_form);
  g_test_add_func ("/id/order", test_order);
  g_test_add_func ("/id/threads", test_threads);
  g_test_add_func ("/id/validity", test_validity);
  g_test_add_func ("/id/random", test_random);
  return g_test_run ();
}
