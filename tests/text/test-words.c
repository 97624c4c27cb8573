/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "bks-words.h"

static void
test_counts (void)
{
  static const struct { const char *text; gint64 words; } cases[] = {
    { "", 0 },
    { " \n\t ", 0 },
    { "one", 1 },
    { "one two\nthree\t four ", 4 },
    { "well-known don't o'clock", 3 },
    { "Sorrow came--a gentle sorrow", 4 },
    { "a - b -- c — d * e", 5 },
    { "* * *", 0 },
    { "# Heading\n\n> *quoted* **text**\n\n- item\n1. two", 6 },
    { "\\\n\\", 0 },
    { "1984 and 3.14", 3 },
    { "non\xc2\xa0" "breaking", 2 },
    { "\xe2\x80\x9c" "caf\xc3\xa9\xe2\x80\x9d na\xc3\xafve \xd0\xbc\xd0\xb8\xd1\x80", 3 },
    { "\xe7\xac\xac\xe4\xb8\x89\xe7\xab\xa0\xe3\x80\x82", 3 },                    /* 第三章。 */
    { "\xe3\x81\x82 \xe3\x82\xab", 2 },                                            /* あ カ */
    { "abc\xe6\xbc\xa2\xe5\xad\x97" "def", 4 },                                    /* abc漢字def */
    { "\xec\x95\x88\xeb\x85\x95 \xec\x84\xb8\xea\xb3\x84", 2 },                    /* 안녕 세계 */
    { "\xe0\xb8\xaa\xe0\xb8\xa7\xe0\xb8\xb1\xe0\xb8\xaa\xe0\xb8\x94\xe0\xb8\xb5", 1 }, /* สวัสดี */
    { "broken \xff\xc3 bytes", 2 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("case %u", i);
      g_assert_cmpint (bks_text_count_words (cases[i].text, -1), ==, cases[i].words);
      g_assert_cmpint (bks_text_count_words (cases[i].text, strlen (cases[i].text)), ==, cases[i].words);
    }
}

/* A length that ends within a word or a character must not read on. */
static void
test_length (void)
{
  g_assert_cmpint (bks_text_count_words ("one two", 3), ==, 1);
  g_assert_cmpint (bks_text_count_words ("one two", 5), ==, 2);
  g_assert_cmpint (bks_text_count_words ("one \xe7\xac\xac", 5), ==, 1);
  g_assert_cmpint (bks_text_count_words (NULL, 0), ==, 0);
}

static void
test_speed (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  clock_t started;
  double rate;

  while (text->len < 32 * 1024 * 1024)
    g_string_append (text, "It is a truth universally acknowledged, that a single man\n");
  started = clock ();
  g_assert_cmpint (bks_text_count_words (text->str, text->len), ==, 10 * (text->len / 58));
  rate = (double) text->len / MAX (clock () - started, 1) * CLOCKS_PER_SEC / 1e6;

  /* Reported, and judged by a bound that a sanitizer build keeps too. */
  g_test_message ("%.0f MB/s", rate);
  g_assert_cmpfloat (rate, >, 10);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/words/counts", test_counts);
  g_test_add_func ("/text/words/length", test_length);
  g_test_add_func ("/text/words/speed", test_speed);
  return g_test_run ();
}
