/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format-fixture.h"

#include <string.h>

const FixtureNovel fixture_novels[6] = {
  { "emma", "EMMA", "", 3, 55, 0, 0 },
  { "mansfield-park", "MANSFIELD PARK", "1814", 0, 48, 0, 0 },
  { "northanger-abbey", "NORTHANGER ABBEY", "1803", 0, 31, 1, 1 },
  { "persuasion", "Persuasion", "1818", 0, 24, 0, 0 },
  { "pride-and-prejudice", "PRIDE AND PREJUDICE", "", 0, 61, 0, 0 },
  { "sense-and-sensibility", "SENSE AND SENSIBILITY", "1811", 0, 50, 0, 0 },
};

/* One novel ships as the sample book and is not carried twice. */
char *
fixture_novel_path (const FixtureNovel *novel)
{
  g_autofree char *file = g_strconcat (novel->name, ".txt", NULL);
  char *path = g_test_build_filename (G_TEST_DIST, "data", "austen", file, NULL);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return path;
  g_free (path);
  return g_test_build_filename (G_TEST_DIST, "..", "data", "sample", file, NULL);
}

BksDocument *
fixture_import (const char *text,
                const char *name)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr(GError) error = NULL;
  BksDocument *document = bks_document_import_bytes (bytes, name, limits, NULL, &error);

  g_assert_no_error (error);
  return document;
}

BksDocument *
fixture_import_novel (const FixtureNovel *novel)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autofree char *path = fixture_novel_path (novel);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GError) error = NULL;
  BksDocument *document = bks_document_import_file (file, limits, NULL, &error);

  g_assert_no_error (error);
  return document;
}

static char *
deep_text (void)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < 400; i++)
    g_string_append (text, "> ");
  g_string_append (text, "deep quotation\n\n");
  for (guint i = 0; i < 90; i++)
    g_string_append_printf (text, "%*s- item %u\n", (int) i * 2, "", i);
  g_string_append (text, "\n");
  for (guint i = 0; i < 300; i++)
    g_string_append (text, i % 2 == 0 ? "*a **b " : "_c __d ");
  for (guint i = 0; i < 300; i++)
    g_string_append (text, i % 2 == 0 ? "__ _" : "** *");
  return g_string_free_and_steal (text);
}

/* All that a shop's checker could trip over in one book. */
BksDocument *
fixture_nasty_book (void)
{
  BksDocument *document = bks_document_new ("\x01<Tom & \"Jerry\">\x7f ]]> \xf0\x9f\x98\x80", "O'Brien & <Sons>\x02", "ar-EG");
  g_autofree char *long_title = g_strnfill (2000, 'W');
  g_autofree char *deep = deep_text ();

  bks_document_add (document, BKS_SECTION_FRONT_MATTER, 0, "", "*For* you & me");
  bks_document_add (document, BKS_SECTION_FRONT_MATTER, 0, "\x03\x04", "");
  bks_document_add (document, BKS_SECTION_PART, 0, "\xd8\xa7\xd9\x84\xd8\xac\xd8\xb2\xd8\xa1", "");
  bks_document_add (document, BKS_SECTION_PART, 4, "A part two steps too deep", "Own text.");
  bks_document_add (document, BKS_SECTION_CHAPTER, 9, "Twice", "One[^1] two[^1] three[^n].\n\n[^1]: A *note*[^n].\n\n    And more.\n\n[^n]: Other.");
  bks_document_add (document, BKS_SECTION_CHAPTER, 1, "Twice", "");
  bks_document_add (document, BKS_SECTION_CHAPTER, 1, "Twice", " \n\n ");
  bks_document_add (document, BKS_SECTION_SCENE, 2, "hidden", "Scene[^1]\n\n[^1]: one");
  bks_document_add (document, BKS_SECTION_SCENE, 2, "hidden too", "Scene[^1]\n\n[^1]: two");
  bks_document_add (document, BKS_SECTION_CHAPTER, 0, long_title, deep);
  bks_document_add (document, BKS_SECTION_CHAPTER, 0, "\xe7\xac\xac\xe4\xb8\x80\xe7\xab\xa0", "\xe5\x90\xbe\xe8\xbc\xa9\xe3\x81\xaf\xe7\x8c\xab\xe3\x81\xa7\xe3\x81\x82\xe3\x82\x8b\xe3\x80\x82");
  bks_document_add (document, BKS_SECTION_CHAPTER, 0, "Markup",
                    "<script>alert(1)</script>\n\n<div>\n<p unclosed>\n</div>\n\ninline <b>bold & \x05</b> &copy; &#0; &#1; &#xFFFE;\n\n"
                    "# One\n\n###### Six\n\n3. three\n4. four\n\n   para\n\n- [ ] task\n\n~~gone~~ a~b\n\n```c\nint a < b && c;\n```\n\n"
                    "| a | b |\n|:-:|--:|\n| 1 | `2` |\n| <x> |\n\n| head |\n|---|\n\nline\\\nbreak\n\n***\n\n\xef\xbf\xbe\xef\xbf\xbf");
  bks_document_add (document, BKS_SECTION_CHAPTER, 0, "Links",
                    "[ok](https://example.org/a?b=c&d=e#f) [space](<https://example.org/a b>) [script](javascript:alert(1)) "
                    "[file](file:///etc/passwd) [data](data:text/html,x) [relative](section-00001.xhtml) [no host](http://) "
                    "[bad](https://exa mple.org) [port](http://example.org:99999999/) [port](http://example.org:/) [percent](http://example.org/%zz#a#b) "
                    "[brackets](http://example.org/[x]) [user](http://a@b@c/) [mail](mailto:ana@example.org) [mail](mailto:) "
                    "<https://auto.example.org> <ana@example.org> [umlaut](https://b\xc3\xbc" "cher.example/\xc3\xbc) "
                    "![picture *alt*](https://example.org/x.png) [![in [link](http://a.example)](y.png)](https://example.org) "
                    "![note[^i]](z.png)\n\n[^i]: only in an image\n\n[^u]: unused");
  bks_document_add (document, BKS_SECTION_BACK_MATTER, 0, "\"Quotes\" & <angles>", "End.");
  return document;
}

BksSection *
fixture_section (BksDocument *document,
                 guint        index)
{
  g_assert_cmpuint (index, <, document->sections->len);
  return g_ptr_array_index (document->sections, index);
}

/* "part 0 VOLUME I|chapter 1 CHAPTER I". */
char *
fixture_outline (BksDocument *document)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < document->sections->len; i++)
    {
      const BksSection *section = fixture_section (document, i);

      g_string_append_printf (out, "%s%s %u %s", i > 0 ? "|" : "", bks_section_kind_to_string (section->kind),
                              section->depth, section->title);
    }
  return g_string_free_and_steal (out);
}
