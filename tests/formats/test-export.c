/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <archive.h>
#include <archive_entry.h>
#include <glib/gstdio.h>
#include <libxml/parser.h>
#include <locale.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bks-error.h"
#include "bks-xhtml-private.h"
#include "format-fixture.h"

static BksLimits *limits;

static void
assert_same (BksDocument *a,
             BksDocument *b)
{
  g_autofree char *outline_a = fixture_outline (a);
  g_autofree char *outline_b = fixture_outline (b);

  g_assert_cmpstr (a->title, ==, b->title);
  g_assert_cmpstr (a->author, ==, b->author);
  g_assert_cmpstr (a->language, ==, b->language);
  g_assert_cmpstr (a->date, ==, b->date);
  g_assert_cmpstr (outline_a, ==, outline_b);
  for (guint i = 0; i < a->sections->len; i++)
    {
      g_autofree char *text_a = g_strchomp (g_strdup (fixture_section (a, i)->text));
      g_autofree char *text_b = g_strchomp (g_strdup (fixture_section (b, i)->text));

      g_assert_cmpstr (text_a + strspn (text_a, "\n"), ==, text_b + strspn (text_b, "\n"));
    }
}

static char *
to_markdown (BksDocument *document)
{
  g_autoptr(GError) error = NULL;
  char *text = bks_document_to_markdown (document, limits, NULL, &error);

  g_assert_no_error (error);
  return text;
}

static void
test_markdown_round_trip_novels (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (fixture_novels); i++)
    {
      g_autoptr(BksDocument) document = fixture_import_novel (&fixture_novels[i]);
      g_autofree char *text = to_markdown (document);
      g_autoptr(BksDocument) again = fixture_import (text, "again.md");

      /* Headings alone say what a novel's sections are. */
      g_assert_null (strstr (text, "<!--"));
      assert_same (document, again);
    }
}

/* Sections that headings cannot describe, and texts that would swallow what
 * comes after them. */
static void
test_markdown_round_trip_hard (void)
{
  g_autoptr(BksDocument) document = bks_document_new ("A \"title\" \\ with # marks ##", "Ann: Lee", "pt-BR");
  g_autofree char *text = NULL;
  g_autofree char *twice = NULL;
  g_autoptr(BksDocument) again = NULL;

  bks_document_add (document, BKS_SECTION_FRONT_MATTER, 0, "", "*For* you");
  bks_document_add (document, BKS_SECTION_CHAPTER, 0, "", "");
  bks_document_add (document, BKS_SECTION_PART, 0, "Part", "Own text");
  bks_document_add (document, BKS_SECTION_CHAPTER, 1, "1. *Star* & <b> [x](y) #", "# Inside\n\nText\n===\n\n```\nnever closed");
  bks_document_add (document, BKS_SECTION_SCENE, 2, "Scene", "<!-- never closed\n\nsection-0");
  bks_document_add (document, BKS_SECTION_CHAPTER, 1, "#", "    code\n\n---\ntitle: no\n---");
  bks_document_add (document, BKS_SECTION_BACK_MATTER, 0, "Notes", "[^1]: note");
  bks_document_add (document, BKS_SECTION_CHAPTER, 9, "Deep", "[^1]");

  text = to_markdown (document);
  again = fixture_import (text, "again.md");
  assert_same (document, again);
  twice = to_markdown (again);
  g_assert_cmpstr (text, ==, twice);
}

static void
test_markdown_round_trip_nasty (void)
{
  g_autoptr(BksDocument) document = fixture_nasty_book ();
  g_autofree char *text = to_markdown (document);
  g_autoptr(BksDocument) again = fixture_import (text, "again.md");

  g_assert_cmpuint (again->sections->len, ==, document->sections->len);
  for (guint i = 0; i < document->sections->len; i++)
    {
      g_assert_cmpint (fixture_section (again, i)->kind, ==, fixture_section (document, i)->kind);
      g_assert_cmpuint (fixture_section (again, i)->depth, ==, fixture_section (document, i)->depth);
      g_assert_cmpstr (fixture_section (again, i)->title, ==, fixture_section (document, i)->title);
    }
}

static void
test_text (void)
{
  g_autoptr(BksDocument) document = bks_document_new ("Book", "Ann Lee", "en");
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  bks_document_add (document, BKS_SECTION_CHAPTER, 0, "Chapter 1",
                    "One *two* **three**\nfour[^1].\\\nfive \\*six\\* <b>\n\n- a\n- b\n\n2. c\n\n> quoted\n\n![alt](x.png) [link](https://example.org)\n\n[^1]: Note.");
  bks_document_add (document, BKS_SECTION_SCENE, 1, "hidden", "First.");
  bks_document_add (document, BKS_SECTION_SCENE, 1, "hidden", "Second.");
  text = bks_document_to_text (document, limits, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==,
                   "Book\n\nAnn Lee\n\n\n\n\nChapter 1\n\n"
                   "One _two_ *three* four[1].\nfive *six* <b>\n\n  - a\n\n  - b\n\n 2. c\n\n    quoted\n\nalt link <https://example.org>\n\n[1] Note.\n"
                   "\nFirst.\n\n* * *\n\nSecond.\n");
}

static void
test_text_round_trip (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (fixture_novels); i++)
    {
      g_autoptr(BksDocument) document = fixture_import_novel (&fixture_novels[i]);
      g_autoptr(GError) error = NULL;
      g_autofree char *text = bks_document_to_text (document, limits, NULL, &error);
      g_autoptr(BksDocument) again = NULL;

      g_assert_no_error (error);
      again = fixture_import (text, "again.txt");
      g_assert_cmpuint (again->sections->len, ==, document->sections->len);
      for (guint k = 0; k < document->sections->len; k++)
        g_assert_cmpstr (fixture_section (again, k)->text, ==, fixture_section (document, k)->text);
    }
}

static GBytes *
to_epub (BksDocument *document)
{
  g_autoptr(GError) error = NULL;
  GBytes *bytes = bks_document_to_epub (document, FIXTURE_UUID, FIXTURE_TIME_MS, limits, NULL, &error);

  g_assert_no_error (error);
  return bytes;
}

/* The entries of an archive by name; those in XML are parsed on the way. */
static GHashTable *
unpack (GBytes *bytes)
{
  GHashTable *files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  struct archive *archive = archive_read_new ();
  struct archive_entry *entry;

  archive_read_support_format_zip (archive);
  g_assert_cmpint (archive_read_open_memory (archive, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)), ==, ARCHIVE_OK);
  while (archive_read_next_header (archive, &entry) == ARCHIVE_OK)
    {
      const char *path = archive_entry_pathname (entry);
      g_autoptr(GString) content = g_string_new (NULL);
      char buffer[4096];
      la_ssize_t n;

      while ((n = archive_read_data (archive, buffer, sizeof buffer)) > 0)
        g_string_append_len (content, buffer, n);
      g_assert_cmpint (n, ==, 0);
      if (!g_str_equal (path, "mimetype") && !g_str_has_suffix (path, ".css"))
        {
          xmlDocPtr xml = xmlReadMemory (content->str, content->len, path, NULL, XML_PARSE_NONET);

          g_test_message ("%s", path);
          g_assert_nonnull (xml);
          xmlFreeDoc (xml);
        }
      g_hash_table_insert (files, g_strdup (path), g_string_free_and_steal (g_steal_pointer (&content)));
    }
  archive_read_free (archive);
  return files;
}

static void
test_epub_novel (void)
{
  g_autoptr(BksDocument) document = fixture_import_novel (&fixture_novels[0]);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GHashTable) files = NULL;
  const char *data;
  const char *package;
  const char *nav;

  g_free (document->language);
  document->language = g_strdup ("en-GB");
  bytes = to_epub (document);
  data = g_bytes_get_data (bytes, NULL);
  files = unpack (bytes);

  /* Programs know the format by these bytes at these places. */
  g_assert_cmpmem (data, 4, "PK\3\4", 4);
  g_assert_cmpmem (data + 30, 28, "mimetypeapplication/epub+zip", 28);
  g_assert_cmpuint (g_hash_table_size (files), ==, 7 + 58);

  package = g_hash_table_lookup (files, "EPUB/package.opf");
  g_assert_nonnull (strstr (package, "<dc:title>EMMA</dc:title>"));
  g_assert_nonnull (strstr (package, ">Jane Austen</dc:creator>"));
  g_assert_nonnull (strstr (package, "<dc:language>en-GB</dc:language>"));
  g_assert_nonnull (strstr (package, "urn:uuid:" FIXTURE_UUID));
  g_assert_nonnull (strstr (package, "\"dcterms:modified\">2027-01-15T08:00:00Z<"));

  nav = g_hash_table_lookup (files, "EPUB/nav.xhtml");
  g_assert_nonnull (strstr (nav, "<li><a href=\"section-00001.xhtml\">VOLUME I</a>\n<ol>\n    <li><a href=\"section-00002.xhtml\">CHAPTER I</a></li>"));
  g_assert_nonnull (strstr (g_hash_table_lookup (files, "EPUB/section-00002.xhtml"), "<h1>CHAPTER I</h1>\n<p>Emma Woodhouse, handsome,"));
}

/* Time zone and clock are not in it. */
static void
test_epub_same_bytes (void)
{
  g_autoptr(BksDocument) document = fixture_nasty_book ();
  g_autofree char *zone = g_strdup (g_getenv ("TZ"));
  g_autoptr(GBytes) a = NULL;
  g_autoptr(GBytes) b = NULL;

  g_setenv ("TZ", "Pacific/Kiritimati", TRUE);
  a = to_epub (document);
  g_setenv ("TZ", "America/Los_Angeles", TRUE);
  b = to_epub (document);
  g_assert_true (g_bytes_equal (a, b));
  if (zone != NULL)
    g_setenv ("TZ", zone, TRUE);
  else
    g_unsetenv ("TZ");
}

static void
test_epub_nasty (void)
{
  g_autoptr(BksDocument) document = fixture_nasty_book ();
  g_autoptr(GBytes) bytes = to_epub (document);
  g_autoptr(GHashTable) files = unpack (bytes);
  g_autoptr(BksDocument) empty = bks_document_new ("", "", "not a language");
  g_autoptr(GBytes) empty_bytes = to_epub (empty);
  g_autoptr(GHashTable) empty_files = unpack (empty_bytes);
  const char *package = g_hash_table_lookup (files, "EPUB/package.opf");

  g_assert_nonnull (strstr (package, "page-progression-direction=\"rtl\""));
  g_assert_nonnull (strstr (package, "<dc:title>&lt;Tom &amp; &quot;Jerry&quot;&gt; ]]&gt; "));
  g_assert_nonnull (strstr (g_hash_table_lookup (empty_files, "EPUB/package.opf"), "<dc:language>und</dc:language>"));
}

static char *
to_xhtml (const char *commonmark)
{
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  g_assert_true (bks_xhtml_append (out, commonmark, "", limits, NULL, &error));
  g_assert_no_error (error);
  return g_string_free_and_steal (g_steal_pointer (&out));
}

static void
test_xhtml (void)
{
  static const struct { const char *commonmark; const char *xhtml; } cases[] = {
    { "a *b* **c** ~~d~~ ~e~ `f<`", "<p>a <em>b</em> <strong>c</strong> <del>d</del> ~e~ <code>f&lt;</code></p>\n" },
    { "a\\\nb\nc", "<p>a<br/>\nb\nc</p>\n" },
    { "* * *", "<hr/>\n" },
    { "# H", "<h2>H</h2>\n" },
    { "- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n" },
    { "4. a\n\n5. b", "<ol start=\"4\">\n<li><p>a</p>\n</li>\n<li><p>b</p>\n</li>\n</ol>\n" },
    { "> q", "<blockquote>\n<p>q</p>\n</blockquote>\n" },
    { "<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;\n</p>\n" },
    { "a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n" },
    { "[a](https://example.org/?x=1&y=2)", "<p><a href=\"https://example.org/?x=1&amp;y=2\">a</a></p>\n" },
    { "[a](javascript:alert(1)) [b](/etc/passwd) [c](https://) [d](ftp://x.org)", "<p>a b c d</p>\n" },
    { "[m](mailto:a@b.org)", "<p><a href=\"mailto:a@b.org\">m</a></p>\n" },
    { "![the *alt*](x.png)!", "<p>the alt!</p>\n" },
    { "| a | b |\n|:-:|---|\n| 1 | 2 |",
      "<table>\n<thead>\n<tr><th class=\"center\">a</th><th>b</th></tr>\n</thead>\n<tbody>\n<tr><td class=\"center\">1</td><td>2</td></tr>\n</tbody>\n</table>\n" },
    { "a\x01 b", "<p>a b</p>\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *xhtml = to_xhtml (cases[i].commonmark);

      g_assert_cmpstr (xhtml, ==, cases[i].xhtml);
    }
}

static void
test_xhtml_footnotes (void)
{
  g_autofree char *xhtml = to_xhtml ("a[^x] b[^y] c[^x] ![n[^z]](i)\n\n[^y]: Y\n\n[^x]: X\n\n[^z]: Z\n\n[^unused]: U");

  g_assert_nonnull (strstr (xhtml, "href=\"#note-1\">1</a> b<a epub:type=\"noteref\""));
  g_assert_nonnull (strstr (xhtml, "href=\"#note-2\">2</a> c<a"));
  g_assert_nonnull (strstr (xhtml, "id=\"note-1\">\n<p>X</p>"));
  g_assert_nonnull (strstr (xhtml, "href=\"#ref-1-2\""));
  g_assert_nonnull (strstr (xhtml, "id=\"note-2\">\n<p>Y</p>"));
  g_assert_null (strstr (xhtml, "note-3"));
  g_assert_null (strstr (xhtml, "U</p>"));
}

static void
assert_content (const char *path,
                const char *expected)
{
  g_autofree char *content = NULL;

  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, expected);
}

static guint
count_entries (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  guint count = 0;

  while (g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

/* The new file is there whole, or the old one is untouched and nothing beside it. */
static void
test_whole_or_not (void)
{
  g_autofree char *folder = g_dir_make_tmp ("bks-export-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "book.md", NULL);
  g_autofree char *link = g_build_filename (folder, "link.md", NULL);
  g_autofree char *missing = g_build_filename (folder, "no", "book.md", NULL);
  g_autoptr(BksDocument) document = fixture_import_novel (&fixture_novels[0]);
  g_autofree char *expected = to_markdown (document);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  struct rlimit unlimited;
  struct rlimit small;
  struct stat info;

  g_assert_true (g_file_set_contents (path, "old", -1, NULL));
  g_assert_cmpint (chmod (path, 0640), ==, 0);

  /* A write that fails in the middle, as on a full disk. */
  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &unlimited);
  small = unlimited;
  small.rlim_cur = 100000;
  setrlimit (RLIMIT_FSIZE, &small);
  g_assert_false (bks_document_export_markdown (document, path, limits, NULL, &error));
  setrlimit (RLIMIT_FSIZE, &unlimited);
  g_assert_nonnull (error);
  g_assert_true (error->domain == BKS_ERROR);
  g_clear_error (&error);
  assert_content (path, "old");
  g_assert_cmpuint (count_entries (folder), ==, 1);

  g_cancellable_cancel (cancellable);
  g_assert_false (bks_document_export_markdown (document, path, limits, cancellable, &error));
  g_assert_true (bks_error_is_cancelled (error));
  g_clear_error (&error);
  assert_content (path, "old");

  g_assert_false (bks_document_export_markdown (document, missing, limits, NULL, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND);
  g_clear_error (&error);

  g_assert_true (bks_document_export_markdown (document, path, limits, NULL, &error));
  assert_content (path, expected);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0640);
  g_assert_cmpuint (count_entries (folder), ==, 1);

  /* A link stays a link to the file that is written. */
  g_assert_cmpint (symlink ("book.md", link), ==, 0);
  g_assert_true (g_file_set_contents (path, "old", -1, NULL));
  g_assert_true (bks_document_export_markdown (document, link, limits, NULL, &error));
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  assert_content (path, expected);

  g_remove (link);
  g_remove (path);
  g_rmdir (folder);
}

static void
test_hostile_text (void)
{
  g_autoptr(BksLimits) small = bks_limits_new ();
  g_autoptr(BksDocument) document = bks_document_new ("A", "", "en");
  g_autofree char *quotes = g_strnfill (1000000, '>');
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  small->markdown_tree_bytes = 16 * 1024 * 1024;
  bks_document_add (document, BKS_SECTION_CHAPTER, 0, "One", "fine");
  bks_document_add (document, BKS_SECTION_CHAPTER, 0, "Two", quotes);
  bytes = bks_document_to_epub (document, FIXTURE_UUID, 0, small, NULL, &error);
  g_assert_null (bytes);
  g_assert_error (error, BKS_ERROR, BKS_ERROR_TOO_LARGE);
  g_assert_true (g_str_has_prefix (error->message, "Section 2: "));
  g_clear_error (&error);

  /* What was cut short must not disturb the next one. */
  g_ptr_array_remove_index (document->sections, 1);
  bytes = bks_document_to_epub (document, FIXTURE_UUID, 0, small, NULL, &error);
  g_assert_no_error (error);
}

static gpointer
export_in_thread (gpointer data)
{
  return to_epub (data);
}

/* Parsers share tables in cmark-gfm: see bks-markdown.c. */
static void
test_threads (void)
{
  g_autoptr(BksDocument) document = fixture_nasty_book ();
  g_autoptr(GBytes) expected = to_epub (document);
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("export", export_in_thread, document);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autoptr(GBytes) bytes = g_thread_join (threads[i]);

      g_assert_true (g_bytes_equal (bytes, expected));
    }
}

int
main (int   argc,
      char *argv[])
{
  int status;

  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  limits = bks_limits_new ();
  g_test_add_func ("/formats/export/markdown/novels", test_markdown_round_trip_novels);
  g_test_add_func ("/formats/export/markdown/hard", test_markdown_round_trip_hard);
  g_test_add_func ("/formats/export/markdown/nasty", test_markdown_round_trip_nasty);
  g_test_add_func ("/formats/export/text", test_text);
  g_test_add_func ("/formats/export/text/novels", test_text_round_trip);
  g_test_add_func ("/formats/export/epub/novel", test_epub_novel);
  g_test_add_func ("/formats/export/epub/same-bytes", test_epub_same_bytes);
  g_test_add_func ("/formats/export/epub/nasty", test_epub_nasty);
  g_test_add_func ("/formats/export/epub/hostile-text", test_hostile_text);
  g_test_add_func ("/formats/export/epub/threads", test_threads);
  g_test_add_func ("/formats/export/xhtml", test_xhtml);
  g_test_add_func ("/formats/export/xhtml/footnotes", test_xhtml_footnotes);
  g_test_add_func ("/formats/export/whole-or-not", test_whole_or_not);
  status = g_test_run ();
  bks_limits_unref (limits);
  xmlCleanupParser ();
  return status;
}
