/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "bks-markup.h"

static char *
describe (const char *text)
{
  static const char *const names[] = { "em", "strong", "heading", "quote", "break", "blank", "mark" };
  g_autoptr(GArray) spans = bks_markup_scan (text);
  g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < spans->len; i++)
    {
      BksMarkupSpan *span = &g_array_index (spans, BksMarkupSpan, i);

      if (span->kind != BKS_MARKUP_MARK)
        g_ptr_array_add (parts, g_strdup_printf ("%s %u-%u", names[span->kind], span->start, span->end));
    }
  g_ptr_array_add (parts, NULL);
  return g_strjoinv (", ", (char **) parts->pdata);
}

static void
assert_scan (const char *text,
             const char *expected)
{
  g_autofree char *found = describe (text);

  g_assert_cmpstr (found, ==, expected);
}

static void
test_emphasis (void)
{
  assert_scan ("Between *them* it was", "em 9-13");
  assert_scan ("a **bold** word", "strong 4-8");
  assert_scan ("an _old_ word", "em 4-7");
  assert_scan ("***both***", "em 3-7, strong 3-7");
  assert_scan ("*one\nline further*", "em 1-17");
  /* In characters, not bytes. */
  assert_scan ("„Ännchen“ *lacht*", "em 11-16");
}

static void
test_not_emphasis (void)
{
  assert_scan ("2 * 3 * 4", "");
  assert_scan ("snake_case_name", "");
  assert_scan ("an escaped \\*star\\*", "");
  assert_scan ("never closed *here", "");
  /* It ends with its paragraph. */
  assert_scan ("one *star\n\nanother* star", "blank 10-11");
  assert_scan ("", "");
}

static void
test_blocks (void)
{
  assert_scan ("One.\n\nTwo.", "blank 5-6");
  assert_scan ("# Title\ntext", "heading 0-8");
  assert_scan ("#no title", "");
  assert_scan ("> said\n", "quote 0-7");
  assert_scan ("One.\n\n***\n\nTwo.", "blank 5-6, break 6-10, blank 10-11");
  assert_scan ("* * *", "break 0-5");
  assert_scan ("**", "");
}

static void
test_many_marks (void)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GArray) spans = NULL;
  gint64 start = g_get_monotonic_time ();

  for (guint i = 0; i < 200000; i++)
    g_string_append (text, i % 2 == 0 ? "*a" : "_b ");
  spans = bks_markup_scan (text->str);
  g_assert_nonnull (spans);
  /* Linear: a paste of half a megabyte must not be felt. */
  g_assert_cmpint (g_get_monotonic_time () - start, <, 2 * G_USEC_PER_SEC);
}

static void
test_longest (void)
{
  g_assert_cmpuint (bks_markup_longest (""), ==, 0);
  g_assert_cmpuint (bks_markup_longest ("one"), ==, 1);
  g_assert_cmpuint (bks_markup_longest ("one two\n\nthree four five\nsix"), ==, 3);
}

static char *
make_sentences (guint n)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%sSentence %u has exactly seven words, or “so.”", i > 0 ? " " : "", i);
  return g_string_free (text, FALSE);
}

static void
test_split (void)
{
  g_autofree char *text = make_sentences (2500);
  g_autofree char *split = bks_markup_split_paragraph (text, 120);
  g_auto(GStrv) back = g_strsplit (split, "\n\n", -1);
  g_autofree char *joined = g_strjoinv (" ", back);

  /* Not a letter is lost, and every part ends with a sentence. */
  g_assert_cmpstr (joined, ==, text);
  g_assert_cmpuint (bks_markup_longest (split), <=, 120);
  g_assert_cmpuint (g_strv_length (back), >, 100);
  for (guint i = 0; back[i] != NULL; i++)
    g_assert_true (g_str_has_suffix (back[i], ".”"));
}

static void
test_split_leaves (void)
{
  g_autofree char *brief = bks_markup_split_paragraph ("Two words. Two more.", 120);
  g_autofree char *endless = bks_markup_split_paragraph ("no end to this sentence at all", 3);

  g_assert_cmpstr (brief, ==, "Two words. Two more.");
  g_assert_cmpstr (endless, ==, "no end to this sentence at all");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/markup/emphasis", test_emphasis);
  g_test_add_func ("/markup/not-emphasis", test_not_emphasis);
  g_test_add_func ("/markup/blocks", test_blocks);
  g_test_add_func ("/markup/many-marks", test_many_marks);
  g_test_add_func ("/markup/longest", test_longest);
  g_test_add_func ("/markup/split", test_split);
  g_test_add_func ("/markup/split-leaves", test_split_leaves);
  return g_test_run ();
}
