/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bks-error.h"
#include "bks-words.h"
#include "format-fixture.h"

/* A literal with all its bytes, nuls too. */
#define BYTES(literal) literal, sizeof (literal) - 1

static gint64
count_as_wc (const char *text)
{
  gint64 words = 0;
  gboolean in_word = FALSE;

  for (; *text != '\0'; text++)
    {
      words += !in_word && !g_ascii_isspace (*text);
      in_word = !g_ascii_isspace (*text);
    }
  return words;
}

static gint64
count_document (BksDocument *document)
{
  gint64 words = 0;

  for (guint i = 0; i < document->sections->len; i++)
    words += bks_text_count_words (fixture_section (document, i)->text, -1);
  return words;
}

static guint
count_kind (BksDocument    *document,
            BksSectionKind  kind)
{
  guint count = 0;

  for (guint i = 0; i < document->sections->len; i++)
    count += fixture_section (document, i)->kind == kind;
  return count;
}

/* The next line after @at that starts a chapter, by the words that all six use. */
static const char *
next_chapter (const char *at)
{
  for (const char *line = strchr (at, '\n'); line != NULL; line = strchr (line + 1, '\n'))
    if (g_str_has_prefix (line + 1, "CHAPTER ") || g_str_has_prefix (line + 1, "Chapter "))
      return line + 1;
  return at + strlen (at);
}

/* The words of a text without the marks that an import adds or changes. */
static char *
bare_words (const char *text,
            gsize       length)
{
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    {
      if (strchr ("\\*_", text[i]) != NULL)
        continue;
      g_string_append_c (out, g_ascii_isspace (text[i]) ? ' ' : text[i]);
    }
  return g_string_free_and_steal (out);
}

static void
assert_same_ends (const char *source,
                  gsize       length,
                  const char *text)
{
  g_autofree char *a = bare_words (source, length);
  g_autofree char *b = bare_words (text, strlen (text));
  g_auto(GStrv) expected = g_strsplit_set (g_strstrip (a), " ", -1);
  g_auto(GStrv) actual = g_strsplit_set (g_strstrip (b), " ", -1);
  guint n_expected = g_strv_length (expected);
  guint n_actual = g_strv_length (actual);

  for (guint i = 0; i < 8; i++)
    g_assert_cmpstr (actual[i], ==, expected[i]);
  g_assert_cmpstr (actual[n_actual - 1], ==, expected[n_expected - 1]);
}

static void
assert_chapters_whole (BksDocument *document,
                       const char  *source)
{
  const char *end = next_chapter (source);

  for (guint i = 0; i < document->sections->len; i++)
    {
      const BksSection *section = fixture_section (document, i);
      const char *start = end;
      const char *volume;

      if (section->kind != BKS_SECTION_CHAPTER)
        continue;
      end = next_chapter (start);
      g_test_message ("%s", section->title);
      g_assert_true (g_str_has_prefix (start, section->title));
      start = strchr (start, '\n');
      volume = g_strstr_len (start, end - start, "\nVOLUME ");
      if (volume == NULL)
        volume = g_strstr_len (start, end - start, "\nA NOTE ON THE TEXT");
      assert_same_ends (start, (volume != NULL ? volume : end) - start, section->text);
    }
}

static void
test_novel (gconstpointer data)
{
  const FixtureNovel *novel = data;
  g_autofree char *path = fixture_novel_path (novel);
  g_autofree char *source = NULL;
  g_autoptr(BksDocument) document = fixture_import_novel (novel);
  gint64 expected;

  g_assert_true (g_file_get_contents (path, &source, NULL, NULL));
  expected = count_as_wc (source);
  g_test_message ("%" G_GINT64_FORMAT " words, wc -w %" G_GINT64_FORMAT, count_document (document), expected);

  g_assert_cmpstr (document->title, ==, novel->title);
  g_assert_cmpstr (document->author, ==, "Jane Austen");
  g_assert_cmpstr (document->date, ==, novel->date);
  g_assert_cmpuint (count_kind (document, BKS_SECTION_PART), ==, novel->parts);
  g_assert_cmpuint (count_kind (document, BKS_SECTION_CHAPTER), ==, novel->chapters);
  g_assert_cmpuint (count_kind (document, BKS_SECTION_FRONT_MATTER), ==, novel->front);
  g_assert_cmpuint (count_kind (document, BKS_SECTION_BACK_MATTER), ==, novel->back);
  g_assert_cmpint (ABS (count_document (document) - expected), <=, 400);
  assert_chapters_whole (document, source);
}

static guint
count_scene_breaks (BksDocument *document)
{
  guint count = 0;

  for (guint i = 0; i < document->sections->len; i++)
    {
      g_auto(GStrv) pieces = g_strsplit (fixture_section (document, i)->text, "\n\n* * *\n\n", -1);

      count += g_strv_length (pieces) > 0 ? g_strv_length (pieces) - 1 : 0;
    }
  return count;
}

static void
test_novel_details (void)
{
  g_autoptr(BksDocument) emma = fixture_import_novel (&fixture_novels[0]);
  g_autoptr(BksDocument) abbey = fixture_import_novel (&fixture_novels[2]);
  g_autoptr(BksDocument) pride = fixture_import_novel (&fixture_novels[4]);
  const BksSection *section = fixture_section (emma, 1);

  g_assert_cmpstr (section->title, ==, "CHAPTER I");
  g_assert_cmpuint (section->depth, ==, 1);
  g_assert_true (g_str_has_prefix (section->text, "Emma Woodhouse, handsome, clever, and rich, with a comfortable home and"));
  g_assert_nonnull (strstr (section->text, "Between *them* it was"));
  g_assert_nonnull (strstr (fixture_section (emma, 9)->text,
                            "My first doth affliction denote,\\\nWhich my second is destin'd to feel\\\n"));
  g_assert_true (g_str_has_suffix (fixture_section (emma, emma->sections->len - 1)->text, "\n\nFINIS"));
  g_assert_cmpstr (fixture_section (abbey, 0)->title, ==, "ADVERTISEMENT BY THE AUTHORESS, TO NORTHANGER ABBEY");
  g_assert_nonnull (strstr (fixture_section (abbey, 31)->text, "\n\n\\*Vide a letter"));
  g_assert_cmpuint (count_scene_breaks (pride), ==, 6);
}

static void
test_headings (void)
{
  static const struct { const char *text; const char *outline; } cases[] = {
    { "Book\n\nby Ann Lee\n\nCHAPTER ONE\n\ntext\n\nCHAPTER TWENTY-TWO\n\ntext\n", "chapter 0 CHAPTER ONE|chapter 0 CHAPTER TWENTY-TWO" },
    { "Chapter 1. The Storm\n\ntext here\n\nChapter 2: Calm\n\ntext\n", "chapter 0 Chapter 1. The Storm|chapter 0 Chapter 2: Calm" },
    { "CHAPTER I\n\nTHE STORM\n\ntext was here\n\nCHAPTER II\n\nTHE CALM\n\ntext was there\n",
      "chapter 0 CHAPTER I: THE STORM|chapter 0 CHAPTER II: THE CALM" },
    { "CHAPTER I.\nThe Storm\n\ntext was here\n\nCHAPTER II.\nThe Calm\n\ntext\n", "chapter 0 CHAPTER I. The Storm|chapter 0 CHAPTER II. The Calm" },
    { "Chapter 1\nIt was a dark and stormy night; the rain fell in torrents, except at\noccasional intervals.\n\nChapter 2\nIt was over, and the sun came out again.\n",
      "chapter 0 Chapter 1|chapter 0 Chapter 2" },
    { "PART ONE\n\nChapter 1\n\na\n\nPART TWO\n\nChapter 2\n\nb\n\nEpilogue\n\nc\n",
      "part 0 PART ONE|chapter 1 Chapter 1|part 0 PART TWO|chapter 1 Chapter 2|chapter 0 Epilogue" },
    { "BOOK THE FIRST\n\nPART I\n\nCHAPTER 1\n\na\n\nPART II\n\nCHAPTER 1\n\nb\n\nBOOK THE SECOND\n\nPART I\n\nCHAPTER 1\n\nc\n",
      "part 0 BOOK THE FIRST|part 1 PART I|chapter 2 CHAPTER 1|part 1 PART II|chapter 2 CHAPTER 1|part 0 BOOK THE SECOND|part 1 PART I|chapter 2 CHAPTER 1" },
    { "Preface\n\nwhy\n\nPrologue\n\nbefore\n\nChapter 1\n\na\n\nAfterword\n\nthanks\n",
      "front-matter 0 Preface|chapter 0 Prologue|chapter 0 Chapter 1|back-matter 0 Afterword" },
    { "Erstes Kapitel\n\na\n\nZweites Kapitel\n\nb\n", "chapter 0 Erstes Kapitel|chapter 0 Zweites Kapitel" },
    { "Teil 1\n\nKapitel 1\n\na\n", "part 0 Teil 1|chapter 1 Kapitel 1" },
    { "Chapitre premier\n\na\n\nChapitre II\n\nb\n", "chapter 0 Chapitre premier|chapter 0 Chapitre II" },
    { "Cap\xc3\xadtulo 1\n\na\n\nCapitolo secondo\n\nb\n\nHoofdstuk 3\n\nc\n", "chapter 0 Cap\xc3\xadtulo 1|chapter 0 Capitolo secondo|chapter 0 Hoofdstuk 3" },
    { "\xd0\x93\xd0\xbb\xd0\xb0\xd0\xb2\xd0\xb0 1\n\na\n", "chapter 0 \xd0\x93\xd0\xbb\xd0\xb0\xd0\xb2\xd0\xb0 1" },
    { "\xe7\xac\xac\xe4\xb8\x80\xe7\xab\xa0 \xe5\xa4\xa9\n\na\n\n\xe7\xac\xac\xe5\x8d\x81\xe4\xba\x8c\xe7\xab\xa0\n\nb\n",
      "chapter 0 \xe7\xac\xac\xe4\xb8\x80\xe7\xab\xa0 \xe5\xa4\xa9|chapter 0 \xe7\xac\xac\xe5\x8d\x81\xe4\xba\x8c\xe7\xab\xa0" },
    { "I\n\none is here\n\nII\n\ntwo is here\n\nIII\n\nthree\n", "chapter 0 I|chapter 0 II|chapter 0 III" },
    { "*** Chapter 1 ***\n\na\n\nChapter 2\n=========\n\nb\n", "chapter 0 Chapter 1|chapter 0 Chapter 2" },
    { "Part One\n\nall text\n\nPart Two\n\nmore text\n", "chapter 0 Part One|chapter 0 Part Two" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(BksDocument) document = fixture_import (cases[i].text, "book.txt");
      g_autofree char *outline = fixture_outline (document);

      g_assert_cmpstr (outline, ==, cases[i].outline);
    }
}

/* What looks like a heading in running text. */
static void
test_no_headings (void)
{
  static const char *const texts[] = {
    "Chapter 5 was the hardest of them all to write, she said.",
    "Part one of the plan had failed.",
    "Book the second room, he said to her, before it is gone.",
    "He was born in 1990.\n\n7\n\nThat was his number.",
    "\"Chapter 1,\" she read aloud, and stopped.",
    "Volume II of the set was missing from the shelf that stood next to the door.",
    "Chapter 9. He closed the book and went to bed.",
    "I\n\nam not a number.",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = g_strdup_printf ("It began as every other day had begun for her.\n\n%s\n\nThe end of it was late.\n", texts[i]);
      g_autoptr(BksDocument) document = fixture_import (text, "my_book.txt");
      g_autofree char *outline = fixture_outline (document);

      g_assert_cmpstr (outline, ==, "chapter 0 my book");
      g_assert_cmpint (bks_text_count_words (fixture_section (document, 0)->text, -1), ==, bks_text_count_words (text, -1));
    }
}

static void
test_contents (void)
{
  static const char *const texts[] = {
    "Title\n\nCONTENTS\n\nChapter 1\nChapter 2\n\n\nChapter 1\n\none\n\nChapter 2\n\ntwo\n",
    "Title\n\nCONTENTS\n\nChapter 1\n\nChapter 2\n\n\nChapter 1\n\none\n\nChapter 2\n\ntwo\n",
    "Title\n\nCONTENTS\n\n  Chapter 1 ........ 3\n  Chapter 2 ........ 9\n\nChapter 1\n\none\n\nChapter 2\n\ntwo\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(BksDocument) document = fixture_import (texts[i], "book.txt");
      g_autofree char *outline = fixture_outline (document);

      g_assert_cmpstr (document->title, ==, "Title");
      g_assert_cmpstr (outline, ==, "front-matter 0 CONTENTS|chapter 0 Chapter 1|chapter 0 Chapter 2");
      g_assert_cmpstr (fixture_section (document, 1)->text, ==, "one");
    }
}

static void
test_volumes_in_contents (void)
{
  g_autoptr(BksDocument) document =
    fixture_import ("Title\n\nVOLUME I\n\nCHAPTER I\n\nCHAPTER II\n\nVOLUME II\n\nCHAPTER I\n\n"
                    "VOLUME I\n\nCHAPTER I\n\na\n\nCHAPTER II\n\nb\n\nVOLUME II\n\nCHAPTER I\n\nc\n", "book.txt");
  g_autofree char *outline = fixture_outline (document);

  g_assert_cmpstr (outline, ==,
                   "front-matter 0 |part 0 VOLUME I|chapter 1 CHAPTER I|chapter 1 CHAPTER II|part 0 VOLUME II|chapter 1 CHAPTER I");
}

/* An outline that is yet to be written keeps its chapters. */
static void
test_empty_chapters (void)
{
  g_autoptr(BksDocument) document = fixture_import ("Chapter 1\n\nChapter 2\n\nChapter 3\n", "book.txt");
  g_autofree char *outline = fixture_outline (document);

  g_assert_cmpstr (outline, ==, "chapter 0 Chapter 1|chapter 0 Chapter 2|chapter 0 Chapter 3");
}

static void
test_paragraphs (void)
{
  static const struct { const char *text; const char *commonmark; } cases[] = {
    { "one line of a paragraph that is wrapped at the usual width of a page\nand goes on\n", "one line of a paragraph that is wrapped at the usual width of a page and goes on" },
    { "She said that it was well-known to all of them, as it was to everyone--\nand left.\n", "She said that it was well-known to all of them, as it was to everyone--and left." },
    { "Roses are red\nViolets are blue\nSugar is sweet\n", "Roses are red\\\nViolets are blue\\\nSugar is sweet" },
    { "    12 Baker Street,\n    London\n", "12 Baker Street,\\\nLondon" },
    { "a\n\n   * * *\n\nb\n\n***\n\nc\n\n#\n\nd\n\n-----\n\ne", "a\n\n* * *\n\nb\n\n* * *\n\nc\n\n* * *\n\nd\n\n* * *\n\ne" },
    { "_one_ two_three _four five_ and _ six", "*one* two_three *four five* and \\_ six" },
    { "# no heading", "\\# no heading" },
    { "1. no list", "1\\. no list" },
    { "- no list", "\\- no list" },
    { "> no quotation", "\\> no quotation" },
    { "<b>no tag</b> & &amp; *no* `code` [l](u) [^1] ~~x~~ \\*", "\\<b>no tag\\</b> & \\&amp; \\*no\\* \\`code\\` [l\\](u) \\[^1] \\~\\~x\\~\\~ \\\\\\*" },
    { "a\\\n\nb", "a\\\\\n\nb" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf ("lower case words come first.\n\n%s", cases[i].text);
      g_autofree char *expected = g_strdup_printf ("lower case words come first.\n\n%s", cases[i].commonmark);
      g_autoptr(BksDocument) document = fixture_import (text, "book.txt");

      g_assert_cmpstr (fixture_section (document, 0)->text, ==, expected);
    }
}

/* Word processors write one line a paragraph, with or without blank lines. */
static void
test_unwrapped (void)
{
  g_autoptr(GString) text = g_string_new ("Chapter 1\n");
  g_autoptr(BksDocument) document = NULL;
  g_auto(GStrv) paragraphs = NULL;

  for (guint i = 0; i < 6; i++)
    {
      for (guint k = 0; k < 40; k++)
        g_string_append (text, "word after ");
      g_string_append (text, "the end.\nshe said.\n");
    }
  document = fixture_import (text->str, "book.txt");
  paragraphs = g_strsplit (fixture_section (document, 0)->text, "\n\n", -1);
  g_assert_cmpuint (g_strv_length (paragraphs), ==, 12);
  g_assert_cmpstr (paragraphs[1], ==, "she said.");
}

static void
test_typewriter (void)
{
  g_autoptr(BksDocument) document =
    fixture_import ("     It was the first of the paragraphs that a typewriter had set on it\n"
                    "and it went over to a second line of the same sort of width as the one\n"
                    "before it.\n"
                    "     The second began with an indent, as all the others did after this\n"
                    "one in the text.\n", "book.txt");
  g_auto(GStrv) paragraphs = g_strsplit (fixture_section (document, 0)->text, "\n\n", -1);

  g_assert_cmpuint (g_strv_length (paragraphs), ==, 2);
  g_assert_true (g_str_has_prefix (paragraphs[1], "The second began"));
  g_assert_null (strchr (paragraphs[0], '\n'));
}

static void
test_one_long_paragraph (void)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(BksDocument) document = NULL;

  for (guint i = 0; i < 20000; i++)
    g_string_append_printf (text, "%sword%u", i > 0 ? " " : "", i);
  document = fixture_import (text->str, "long.txt");
  g_assert_cmpuint (document->sections->len, ==, 1);
  g_assert_cmpstr (fixture_section (document, 0)->text, ==, text->str);
  g_assert_cmpint (bks_text_count_words (fixture_section (document, 0)->text, -1), ==, 20000);
}

static void
test_encodings (void)
{
  static const struct { const char *bytes; gsize length; } cases[] = {
    { BYTES ("caf\xc3\xa9 \xe2\x80\x9cyes\xe2\x80\x9d\r\n\r\nend") },
    { BYTES ("\xef\xbb\xbf" "caf\xc3\xa9 \xe2\x80\x9cyes\xe2\x80\x9d\n\nend") },
    { BYTES ("caf\xe9 \x93yes\x94\r\rend") },
    { BYTES ("\xff\xfe" "c\0a\0f\0\xe9\0 \0\x1c\x20y\0e\0s\0\x1d\x20\n\0\n\0e\0n\0d\0") },
    { BYTES ("\xfe\xff" "\0c\0a\0f\0\xe9\0 \x20\x1c\0y\0e\0s\x20\x1d\0\r\0\n\0\r\0\n\0e\0n\0d") },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(BksLimits) limits = bks_limits_new ();
      g_autoptr(GBytes) bytes = g_bytes_new (cases[i].bytes, cases[i].length);
      g_autoptr(GError) error = NULL;
      g_autoptr(BksDocument) document = bks_document_import_bytes (bytes, "a.txt", limits, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (fixture_section (document, 0)->text, ==, "caf\xc3\xa9 \xe2\x80\x9cyes\xe2\x80\x9d\n\nend");
    }
}

static void
test_refusals (void)
{
  static const struct { const char *bytes; gsize length; const char *says; } cases[] = {
    { BYTES (""), "is empty" },
    { BYTES (" \n\t\r\n"), "is empty" },
    { BYTES ("\xef\xbb\xbf"), "is empty" },
    { BYTES ("%PDF-1.7\n"), "PDF" },
    { BYTES ("\x89PNG\r\n\x1a\n"), "PNG" },
    { BYTES ("PK\3\4....................................word/document.xml"), "Word" },
    { BYTES ("PK\3\4..........mimetypeapplication/epub+zip"), "EPUB" },
    { BYTES ("PK\3\4.................................................."), "ZIP" },
    { BYTES ("a\0b\0c\0"), "binary" },
    { BYTES ("\1\2\3\4\5\6\7\x0e\x0f" "abc"), "binary" },
    { BYTES ("\xcf\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0 \xcf\xf0\xe8\xe2\xe5\xf2"), "UTF-8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(BksLimits) limits = bks_limits_new ();
      g_autoptr(GBytes) bytes = g_bytes_new (cases[i].bytes, cases[i].length);
      g_autoptr(GError) error = NULL;
      g_autoptr(BksDocument) document = bks_document_import_bytes (bytes, "a.txt", limits, NULL, &error);

      g_assert_null (document);
      g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, cases[i].says));
    }
}

static BksDocument *
import_path (const char  *path,
             GError     **error)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(GFile) file = g_file_new_for_path (path);

  return bks_document_import_file (file, limits, NULL, error);
}

static void
test_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("bks-import-XXXXXX", NULL);
  g_autofree char *large = g_build_filename (folder, "large.txt", NULL);
  g_autofree char *pipe = g_build_filename (folder, "pipe", NULL);
  g_autofree char *missing = g_build_filename (folder, "missing.txt", NULL);
  FILE *stream = g_fopen (large, "w");
  g_autoptr(GError) error = NULL;
  gint64 started;

  /* 200 MB with nothing in them: refused by size before anything is read. */
  g_assert_cmpint (ftruncate (fileno (stream), 200 * 1000 * 1000), ==, 0);
  fclose (stream);
  started = g_get_monotonic_time ();
  g_assert_null (import_path (large, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_TOO_LARGE);
  g_assert_cmpint (g_get_monotonic_time () - started, <, G_USEC_PER_SEC);
  g_clear_error (&error);

  g_assert_null (import_path (folder, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT);
  g_assert_nonnull (strstr (error->message, "is a folder"));
  g_clear_error (&error);

  g_assert_null (import_path (missing, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND);
  g_clear_error (&error);

  /* A pipe that nobody writes to would block for ever. */
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  g_assert_null (import_path (pipe, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT);

  g_remove (large);
  g_remove (pipe);
  g_rmdir (folder);
}

static void
test_cancelled (void)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GBytes) bytes = g_bytes_new_static ("# A\n\ntext\n\n# B\n\ntext", 20);

  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (bks_document_import_bytes (bytes, i == 0 ? "a.txt" : "a.md", limits, cancellable, &error));
      g_assert_true (bks_error_is_cancelled (error));
    }
}

static void
test_markdown (void)
{
  static const struct { const char *text; const char *title; const char *outline; } cases[] = {
    { "# Book\n\n## One\n\na\n\n## Two\n\nb\n", "Book", "chapter 0 One|chapter 0 Two" },
    { "# Part One\n\n## Chapter 1\n\na\n\n# Part Two\n\n## Chapter 2\n\nb\n", "x", "part 0 Part One|chapter 1 Chapter 1|part 0 Part Two|chapter 1 Chapter 2" },
    { "Book\n====\n\nOne\n---\n\na\n\nTwo\n---\n\nb\n", "Book", "chapter 0 One|chapter 0 Two" },
    { "Book <!-- a\nremark --> still\n====\n\n## One\n\na\n\n## Two\n\nb\n", "Book <!-- a remark --> still", "chapter 0 One|chapter 0 Two" },
    { "# One\n\na\n\n## detail\n\nb\n\n# Two\n\nc\n", "x", "chapter 0 One|chapter 0 Two" },
    { "---\ntitle: 'It''s'\nauthor:\n  - Ann\n  - Bob\nlang: de\n---\n# One\n\na\n", "It's", "chapter 0 One" },
    { "# Book\n\nfor you\n\n## Preface\n\np\n\n## One\n\na\n\n## Afterword\n\nz\n", "Book",
      "front-matter 0 |front-matter 0 Preface|chapter 0 One|back-matter 0 Afterword" },
    { "no heading at all", "x", "chapter 0 x" },
    { "# Only\n\ntext", "Only", "chapter 0 Only" },
    { "```\n# code\n```\n\n> # quoted\n\n- # item\n\n    # indented\n\n\\# escaped\n\n# Real *one*\n\na\n\n# Two\n\nb", "x",
      "front-matter 0 |chapter 0 Real one|chapter 0 Two" },
    { "---\n\n# After a rule\n\na\n\n# Two\n\nb\n", "x", "front-matter 0 |chapter 0 After a rule|chapter 0 Two" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(BksDocument) document = fixture_import (cases[i].text, "x.md");
      g_autofree char *outline = fixture_outline (document);

      g_assert_cmpstr (document->title, ==, cases[i].title);
      g_assert_cmpstr (outline, ==, cases[i].outline);
    }
}

static void
test_markdown_verbatim (void)
{
  static const char body[] = "Text  with <b>html</b>,\ntwo lines and\\\na break.\n\n### Sub\n\n| a | b |\n|---|---|\n\n$$ x_1 $$ {.attr}\n\n::: note\nnot understood\n:::";
  g_autofree char *text = g_strdup_printf ("# A\n\n%s\n\n# B\n\n    indented code\n\n# C\n", body);
  g_autoptr(BksDocument) document = fixture_import (text, "x.md");

  g_assert_cmpuint (document->sections->len, ==, 3);
  g_assert_cmpstr (fixture_section (document, 0)->text, ==, body);
  g_assert_cmpstr (fixture_section (document, 1)->text, ==, "    indented code");
  g_assert_cmpstr (fixture_section (document, 2)->text, ==, "");
}

static void
test_markdown_definitions (void)
{
  g_autoptr(BksDocument) document =
    fixture_import ("# One\n\nSee[^1] and [Site].\n\n# Two\n\nAgain[^1].\n\n# Three\n\nend\n\n[^1]: The note\n    goes on.\n\n[site]: https://example.org\n", "x.md");

  g_assert_cmpstr (fixture_section (document, 0)->text, ==, "See[^1] and [Site].\n\n[^1]: The note\n    goes on.\n\n[site]: https://example.org");
  g_assert_cmpstr (fixture_section (document, 1)->text, ==, "Again[^1].\n\n[^1]: The note\n    goes on.");
  g_assert_cmpstr (fixture_section (document, 2)->text, ==, "end");
}

static void
assert_within_limits (const char *piece,
                      guint       times,
                      const char *name)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(GString) text = g_string_new ("text\n\n");
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(BksDocument) document = NULL;

  limits->markdown_tree_bytes = 8 * 1024 * 1024;
  limits->import_sections = 500;
  for (guint i = 0; i < times; i++)
    g_string_append (text, piece);
  bytes = g_bytes_new (text->str, text->len);
  document = bks_document_import_bytes (bytes, name, limits, NULL, &error);
  g_assert_true (document != NULL || g_error_matches (error, BKS_ERROR, BKS_ERROR_TOO_LARGE));
}

static void
test_hostile (void)
{
  static const char *const pieces[] = {
    ">", "- ", "*a ", "[", "[a](", "`a``b", "<a ", "&", "_", "a\n=\n", "# a\n\n", "Chapter 1\n\n", "1\n\n", "[^1]: ", "[x]: /u\n",
    "|a", "a\n", "\n\n", "```\n", "~~", "\\", "\t- a\n", "<!--", "---\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      gint64 started = g_get_monotonic_time ();

      assert_within_limits (pieces[i], 20000, "x.txt");
      assert_within_limits (pieces[i], 20000, "x.md");
      g_test_message ("%u: %" G_GINT64_FORMAT " ms", i, (g_get_monotonic_time () - started) / 1000);
      g_assert_cmpint (g_get_monotonic_time () - started, <, 30 * G_USEC_PER_SEC);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fixture_novels); i++)
    {
      g_autofree char *path = g_strconcat ("/formats/import/novel/", fixture_novels[i].name, NULL);

      g_test_add_data_func (path, &fixture_novels[i], test_novel);
    }
  g_test_add_func ("/formats/import/novel/details", test_novel_details);
  g_test_add_func ("/formats/import/plain/headings", test_headings);
  g_test_add_func ("/formats/import/plain/no-headings", test_no_headings);
  g_test_add_func ("/formats/import/plain/contents", test_contents);
  g_test_add_func ("/formats/import/plain/volumes-in-contents", test_volumes_in_contents);
  g_test_add_func ("/formats/import/plain/empty-chapters", test_empty_chapters);
  g_test_add_func ("/formats/import/plain/paragraphs", test_paragraphs);
  g_test_add_func ("/formats/import/plain/unwrapped", test_unwrapped);
  g_test_add_func ("/formats/import/plain/typewriter", test_typewriter);
  g_test_add_func ("/formats/import/plain/one-long-paragraph", test_one_long_paragraph);
  g_test_add_func ("/formats/import/encodings", test_encodings);
  g_test_add_func ("/formats/import/refusals", test_refusals);
  g_test_add_func ("/formats/import/files", test_files);
  g_test_add_func ("/formats/import/cancelled", test_cancelled);
  g_test_add_func ("/formats/import/markdown/headings", test_markdown);
  g_test_add_func ("/formats/import/markdown/verbatim", test_markdown_verbatim);
  g_test_add_func ("/formats/import/markdown/definitions", test_markdown_definitions);
  g_test_add_func ("/formats/import/hostile", test_hostile);
  return g_test_run ();
}
