/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-diff.h"
#include "bks-provenance.h"

/* "same[-old-]{+new+}", and a check that the spans cover both texts. */
static char *
show (const char *old_text,
      const char *new_text)
{
  g_autoptr(GArray) spans = bks_diff_words (old_text, new_text);
  GString *shown = g_string_new (NULL);
  gsize old_at = 0, new_at = 0;

  for (guint i = 0; i < spans->len; i++)
    {
      const BksDiffSpan *span = &g_array_index (spans, BksDiffSpan, i);

      g_assert_cmpuint (span->old_start, ==, old_at);
      g_assert_cmpuint (span->new_start, ==, new_at);
      old_at += span->old_length;
      new_at += span->new_length;
      if (span->kind == BKS_DIFF_EQUAL)
        {
          g_assert_cmpuint (span->old_length, ==, span->new_length);
          g_assert_cmpmem (old_text + span->old_start, span->old_length, new_text + span->new_start, span->new_length);
          g_string_append_len (shown, old_text + span->old_start, (gssize) span->old_length);
        }
      else if (span->kind == BKS_DIFF_DELETED)
        g_string_append_printf (shown, "[-%.*s-]", (int) span->old_length, old_text + span->old_start);
      else
        g_string_append_printf (shown, "{+%.*s+}", (int) span->new_length, new_text + span->new_start);
    }
  g_assert_cmpuint (old_at, ==, strlen (old_text));
  g_assert_cmpuint (new_at, ==, strlen (new_text));
  return g_string_free (shown, FALSE);
}

static void
assert_diff (const char *old_text,
             const char *new_text,
             const char *expected)
{
  g_autofree char *shown = show (old_text, new_text);

  g_assert_cmpstr (shown, ==, expected);
}

static void
test_words (void)
{
  assert_diff ("", "", "");
  assert_diff ("same", "same", "same");
  assert_diff ("", "new", "{+new+}");
  assert_diff ("old", "", "[-old-]");
  assert_diff ("the cat sat", "the dog sat", "the [-cat-]{+dog+} sat");
  assert_diff ("the cat sat", "the cats sat", "the [-cat-]{+cats+} sat");
  assert_diff ("one two three", "one three", "one [-two -]three");
  assert_diff ("He didn't go.", "He did go.", "He [-didn't-]{+did+} go.");
  assert_diff ("Überaus schön", "Überaus schöne", "Überaus [-schön-]{+schöne+}");
  assert_diff ("我喜欢猫", "我喜欢狗", "我喜欢[-猫-]{+狗+}");
  assert_diff ("a b c d e f", "a x c d y f", "a [-b-]{+x+} c d [-e-]{+y+} f");
}

static char *
random_text (GRand *rand)
{
  static const char *const words[] = { "a", "the", "wind", "söme", "don't", "。", "\n\n", ",", "猫", "\"" };
  GString *text = g_string_new (NULL);

  for (gint32 n = g_rand_int_range (rand, 0, 60); n > 0; n--)
    g_string_append_printf (text, "%s%s", words[g_rand_int_range (rand, 0, G_N_ELEMENTS (words))],
                            g_rand_boolean (rand) ? " " : "");
  return g_string_free (text, FALSE);
}

/* Whatever the texts, the spans tell both of them. */
static void
test_random (void)
{
  guint32 seed = g_random_int ();
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);

  g_test_message ("seed %u", seed);
  for (guint i = 0; i < 3000; i++)
    {
      g_autofree char *a = random_text (rand);
      g_autofree char *b = random_text (rand);
      g_autofree char *shown = show (a, b);

      g_assert_nonnull (shown);
    }
}

/* A shortest script: words that both have in order are not said to have changed. */
static void
test_is_shortest (void)
{
  g_autoptr(GArray) spans = bks_diff_words ("A B C A B B A", "C B A B A C");
  gsize equal = 0;

  for (guint i = 0; i < spans->len; i++)
    if (g_array_index (spans, BksDiffSpan, i).kind == BKS_DIFF_EQUAL)
      equal += g_array_index (spans, BksDiffSpan, i).old_length;
  /* Myers' own example: four letters stay, and the blanks with them. */
  g_assert_cmpuint (equal, >=, 7);
}

static void
test_changed_words (void)
{
  g_assert_cmpint (bks_diff_changed_words ("one two three", "one two three"), ==, 0);
  g_assert_cmpint (bks_diff_changed_words ("one two three", "one two three four"), ==, 1);
  g_assert_cmpint (bks_diff_changed_words ("a b c d e", "a e"), ==, 3);
  g_assert_cmpint (bks_diff_changed_words ("", "a b c"), ==, 3);
}

static void
assert_provenance (BksProvenance *provenance,
                   const char    *expected)
{
  g_autofree char *text = bks_provenance_to_string (provenance);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_provenance_marks (void)
{
  g_autoptr(BksProvenance) provenance = bks_provenance_new ();
  g_autoptr(BksProvenance) again = NULL;

  assert_provenance (provenance, "");
  bks_provenance_mark (provenance, 10, 20, BKS_ORIGIN_IMPORTED, NULL);
  bks_provenance_mark (provenance, 20, 30, BKS_ORIGIN_IMPORTED, NULL);
  assert_provenance (provenance, "10-30 imported;");
  bks_provenance_mark (provenance, 15, 18, BKS_ORIGIN_AI_INSERTED, "run-1");
  assert_provenance (provenance, "10-15 imported;15-18 ai-inserted run-1;18-30 imported;");
  bks_provenance_mark (provenance, 0, 16, BKS_ORIGIN_TYPED, NULL);
  assert_provenance (provenance, "16-18 ai-inserted run-1;18-30 imported;");
  again = bks_provenance_from_string ("16-18 ai-inserted run-1;18-30 imported;", 30);
  assert_provenance (again, "16-18 ai-inserted run-1;18-30 imported;");
}

/* What a damaged or newer file says must not lead outside of the text. */
static void
test_provenance_reading (void)
{
  static const char *const wrong[] = { "5-3 pasted;", "x", "0-99 pasted;", "0-1 unknown;", "4-6 pasted;2-3 pasted;", "1- pasted" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr(BksProvenance) provenance = bks_provenance_from_string (wrong[i], 10);

      g_assert_cmpuint (bks_provenance_get_n_spans (provenance), <=, 1);
      for (guint j = 0; j < bks_provenance_get_n_spans (provenance); j++)
        g_assert_cmpuint (bks_provenance_get_span (provenance, j)->end, <=, 10);
    }
}

static void
test_provenance_follows (void)
{
  g_autoptr(BksProvenance) first = bks_provenance_new ();
  g_autoptr(BksProvenance) second = NULL;
  g_autoptr(BksProvenance) third = NULL;
  gint64 words[BKS_N_ORIGINS];

  bks_provenance_mark (first, 0, 21, BKS_ORIGIN_AI_INSERTED, "r");
  /* Words put in front and between are typed; those that stay keep where they came from. */
  second = bks_provenance_follow (first, "The wind was cold now", "Then: The wind was bitter cold now", BKS_ORIGIN_TYPED);
  assert_provenance (second, "6-18 ai-inserted r;25-34 ai-inserted r;");
  bks_provenance_count_words (second, "Then: The wind was bitter cold now", words);
  g_assert_cmpint (words[BKS_ORIGIN_TYPED], ==, 2);
  g_assert_cmpint (words[BKS_ORIGIN_AI_INSERTED], ==, 5);
  /* A deletion takes its marks along. */
  third = bks_provenance_follow (second, "Then: The wind was bitter cold now", "Then: bitter now", BKS_ORIGIN_TYPED);
  assert_provenance (third, "12-16 ai-inserted r;");
}

static void
test_provenance_passage (void)
{
  static const char before[] = "It rained. The end.";
  static const char after[] = "It rained. The rain was the colour of the end. The end.";
  g_autoptr(BksProvenance) typed = bks_provenance_new ();
  g_autoptr(BksProvenance) followed = bks_provenance_follow (typed, before, after, BKS_ORIGIN_TYPED);

  /* It shares words with what is around it, and is marked whole all the same. */
  g_assert_true (bks_provenance_mark_passage (followed, before, after, "The rain was the colour of the end. ",
                                              BKS_ORIGIN_AI_INSERTED, "d"));
  assert_provenance (followed, "11-47 ai-inserted d;");
  g_assert_false (bks_provenance_mark_passage (followed, before, after, "never there", BKS_ORIGIN_PASTED, NULL));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/diff/words", test_words);
  g_test_add_func ("/diff/random", test_random);
  g_test_add_func ("/diff/is-shortest", test_is_shortest);
  g_test_add_func ("/diff/changed-words", test_changed_words);
  g_test_add_func ("/provenance/marks", test_provenance_marks);
  g_test_add_func ("/provenance/reading", test_provenance_reading);
  g_test_add_func ("/provenance/follows", test_provenance_follows);
  g_test_add_func ("/provenance/passage", test_provenance_passage);
  return g_test_run ();
}
