/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

/* EPUB 3.3 (W3C Recommendation of 2023), with the NCX of EPUB 2 for old
 * readers. The same book gives the same bytes: no clock, no random id, no time
 * zone. */

#include "config.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "bks-error.h"

#include "bks-atomic-file-private.h"
#include "bks-export.h"
#include "bks-markdown-private.h"
#include "bks-xhtml-private.h"

#define LABEL_CHARS 40
#define DEEPEST_CONTENTS 8

static const char container_xml[] =
  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
  "<container version=\"1.0\" xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\">\n"
  "  <rootfiles>\n"
  "    <rootfile full-path=\"EPUB/package.opf\" media-type=\"application/oebps-package+xml\"/>\n"
  "  </rootfiles>\n"
  "</container>\n";

static const char style_css[] =
  "body { line-height: 1.4; }\n"
  "h1 { text-align: center; font-weight: normal; line-height: 1.2; margin: 3em 0 2em; }\n"
  "h2, h3, h4, h5, h6 { margin: 1.5em 0 0.75em; line-height: 1.2; }\n"
  "p { margin: 0; text-indent: 0; }\n"
  "p + p { text-indent: 1.25em; }\n"
  "blockquote { margin: 1em 1.5em; }\n"
  "hr { width: 20%; margin: 1.5em auto; border: none; border-top: 1px solid; }\n"
  "pre { white-space: pre-wrap; }\n"
  "table { margin: 1em auto; border-collapse: collapse; }\n"
  "th, td { padding: 0.2em 0.6em; border: 1px solid; }\n"
  ".center { text-align: center; }\n"
  ".right { text-align: right; }\n"
  ".noteref { vertical-align: super; font-size: 0.75em; text-decoration: none; }\n"
  ".footnotes { margin-top: 2em; font-size: 0.9em; }\n"
  ".title-page { text-align: center; }\n"
  ".title-page p { text-indent: 0; }\n";

/* One XHTML file: a section with the scenes that follow it. */
typedef struct
{
  guint  first;
  guint  n_sections;
  guint  depth;
  char  *label; /* escaped, never empty */
} Page;

typedef struct
{
  BksDocument   *document;
  const char    *uuid;
  gint64         modified_ms;
  BksLimits     *limits;
  GCancellable  *cancellable;
  GArray        *pages;
  char          *title;    /* escaped, never empty */
  char          *language; /* well-formed BCP 47 */
  gboolean       is_rtl;
  struct archive *archive;
  GByteArray    *bytes;
} Epub;

static void
page_clear (gpointer data)
{
  Page *page = data;

  g_free (page->label);
}

static const Page *
page_at (Epub  *self,
         guint  index)
{
  return &g_array_index (self->pages, Page, index);
}

static const BksSection *
section_at (Epub  *self,
            guint  index)
{
  return g_ptr_array_index (self->document->sections, index);
}

/* Subtags of letters and digits; what is not well-formed is "und". */
static char *
make_language (const char *language)
{
  g_auto(GStrv) subtags = g_strsplit (language, "-", -1);

  for (guint i = 0; subtags[i] != NULL; i++)
    {
      gsize length = strlen (subtags[i]);

      if (length == 0 || length > 8 || strspn (subtags[i], i == 0 ? G_CSET_a_2_z G_CSET_A_2_Z : G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS) != length ||
          (i == 0 && (length < 2 || length > 3)) || (i > 0 && length == 1))
        return g_strdup ("und");
    }
  return subtags[0] != NULL ? g_strdup (language) : g_strdup ("und");
}

static gboolean
is_right_to_left (const char *language)
{
  static const char *const languages[] = { "ar", "arc", "ckb", "dv", "fa", "he", "iw", "ji", "ps", "sd", "syr", "ug", "ur", "yi", NULL };
  g_auto(GStrv) subtags = NULL;
  g_autofree char *lower = g_ascii_strdown (language, -1);

  subtags = g_strsplit (lower, "-", 3);
  if (subtags[1] != NULL && strlen (subtags[1]) == 4)
    return strcmp (subtags[1], "arab") == 0 || strcmp (subtags[1], "hebr") == 0 ||
           strcmp (subtags[1], "thaa") == 0 || strcmp (subtags[1], "syrc") == 0;
  return g_strv_contains (languages, subtags[0]);
}

static gboolean
is_blank (const char *text)
{
  for (; *text != '\0'; text = g_utf8_next_char (text))
    if (!g_unichar_isspace (g_utf8_get_char (text)) && g_unichar_isprint (g_utf8_get_char (text)))
      return FALSE;
  return TRUE;
}

/* The escaped text, or @fallback where nothing of it can be seen. */
static char *
escape_or (const char *text,
           const char *fallback)
{
  g_autofree char *escaped = bks_xml_escape (text);

  return g_strdup (is_blank (escaped) ? fallback : g_strstrip (escaped));
}

/* A section without a title is listed by its first words. */
static char *
make_label (const BksSection *section,
            guint             number)
{
  g_autofree char *fallback = g_strdup_printf ("%u", number);
  g_autofree char *words = NULL;
  const char *paragraph = section->text + strspn (section->text, "#>*_- \t\n\\");
  gsize length = strcspn (paragraph, "\n");
  g_autofree char *line = g_strndup (paragraph, length);

  if (g_utf8_strlen (line, -1) > LABEL_CHARS)
    {
      g_autofree char *start = g_utf8_substring (line, 0, LABEL_CHARS);

      words = g_strconcat (start, "\xe2\x80\xa6", NULL);
    }
  else
    {
      words = g_steal_pointer (&line);
    }
  return escape_or (is_blank (section->title) ? words : section->title, fallback);
}

/* Scenes are a writer's division: readers see the break, not the title. */
static void
make_pages (Epub *self)
{
  for (guint i = 0; i < self->document->sections->len; i++)
    {
      const BksSection *section = section_at (self, i);
      guint deepest = self->pages->len > 0 ? page_at (self, self->pages->len - 1)->depth + 1 : 0;
      Page page = { .first = i, .n_sections = 1, .depth = MIN (MIN (section->depth, deepest), DEEPEST_CONTENTS) };

      if (section->kind == BKS_SECTION_SCENE && self->pages->len > 0)
        {
          g_array_index (self->pages, Page, self->pages->len - 1).n_sections++;
          continue;
        }
      page.label = make_label (section, self->pages->len + 1);
      g_array_append_val (self->pages, page);
    }
}

static la_ssize_t
write_cb (struct archive *archive,
          void           *data,
          const void     *buffer,
          size_t          length)
{
  g_byte_array_append (data, buffer, length);
  return length;
}

static gboolean
fail (Epub    *self,
      GError **error)
{
  g_set_error (error, BKS_ERROR, BKS_ERROR_FAILED, "Cannot make the EPUB archive: %s", archive_error_string (self->archive));
  return FALSE;
}

/* The time is left unset, which the archive writes as the first day of 1980
 * in every time zone. */
static gboolean
add_file (Epub        *self,
          const char  *path,
          const char  *content,
          GError     **error)
{
  gsize length = strlen (content);
  struct archive_entry *entry = archive_entry_new ();
  gboolean done;

  archive_entry_set_pathname (entry, path);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_size (entry, length);
  done = archive_write_header (self->archive, entry) == ARCHIVE_OK &&
         archive_write_data (self->archive, content, length) == (la_ssize_t) length;
  archive_entry_free (entry);
  return done || fail (self, error);
}

static void
begin_xhtml (Epub       *self,
             GString    *out,
             const char *title,
             const char *body_type)
{
  g_string_append_printf (out,
                          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                          "<!DOCTYPE html>\n"
                          "<html xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:epub=\"http://www.idpf.org/2007/ops\""
                          " xml:lang=\"%s\" lang=\"%s\"%s>\n"
                          "<head>\n"
                          "<title>%s</title>\n"
                          "<link rel=\"stylesheet\" type=\"text/css\" href=\"style.css\"/>\n"
                          "</head>\n"
                          "<body%s%s%s>\n",
                          self->language, self->language, self->is_rtl ? " dir=\"rtl\"" : "", title,
                          body_type != NULL ? " epub:type=\"" : "", body_type != NULL ? body_type : "",
                          body_type != NULL ? "\"" : "");
}

static void
end_xhtml (GString *out)
{
  g_string_append (out, "</body>\n</html>\n");
}

static gboolean
add_title_page (Epub    *self,
                GError **error)
{
  g_autoptr(GString) out = g_string_new (NULL);
  g_autofree char *author = bks_xml_escape (self->document->author);

  begin_xhtml (self, out, self->title, "frontmatter");
  g_string_append_printf (out, "<section epub:type=\"titlepage\" class=\"title-page\">\n<h1>%s</h1>\n", self->title);
  if (!is_blank (author))
    g_string_append_printf (out, "<p>%s</p>\n", author);
  g_string_append (out, "</section>\n");
  end_xhtml (out);
  return add_file (self, "EPUB/title.xhtml", out->str, error);
}

static const char *
body_type (BksSectionKind kind)
{
  switch (kind)
    {
    case BKS_SECTION_FRONT_MATTER: return "frontmatter";
    case BKS_SECTION_BACK_MATTER: return "backmatter";
    case BKS_SECTION_PART:
    case BKS_SECTION_CHAPTER:
    case BKS_SECTION_SCENE:
    default: return "bodymatter";
    }
}

static const char *
section_open (BksSectionKind kind)
{
  switch (kind)
    {
    case BKS_SECTION_PART: return "<section epub:type=\"part\">\n";
    case BKS_SECTION_CHAPTER: return "<section epub:type=\"chapter\">\n";
    case BKS_SECTION_SCENE:
    case BKS_SECTION_FRONT_MATTER:
    case BKS_SECTION_BACK_MATTER:
    default: return "<section>\n";
    }
}

static gboolean
add_page (Epub        *self,
          guint        index,
          GError     **error)
{
  const Page *page = page_at (self, index);
  const BksSection *head = section_at (self, page->first);
  g_autoptr(GString) out = g_string_new (NULL);
  g_autofree char *path = g_strdup_printf ("EPUB/section-%05u.xhtml", index + 1);
  gboolean has_text = FALSE;

  begin_xhtml (self, out, page->label, body_type (head->kind));
  g_string_append (out, section_open (head->kind));
  if (!is_blank (head->title) && head->kind != BKS_SECTION_SCENE)
    g_string_append_printf (out, "<h1>%s</h1>\n", page->label);

  for (guint i = 0; i < page->n_sections; i++)
    {
      const BksSection *section = section_at (self, page->first + i);
      g_autofree char *prefix = i == 0 ? g_strdup ("") : g_strdup_printf ("scene-%u-", i);

      if (has_text && i > 0)
        g_string_append (out, "<hr/>\n");
      if (!bks_xhtml_append (out, section->text, prefix, self->limits, self->cancellable, error))
        {
          g_prefix_error (error, "Section %u: ", page->first + i + 1);
          return FALSE;
        }
      has_text |= !is_blank (section->text);
    }
  g_string_append (out, "</section>\n");
  end_xhtml (out);
  return add_file (self, path, out->str, error);
}

static void
append_spaces (GString *out,
               guint    depth)
{
  for (guint i = 0; i <= depth; i++)
    g_string_append (out, "  ");
}

/* Lists within lists, one for each step of depth. */
static void
append_contents (Epub    *self,
                 GString *out)
{
  guint depth = 0;

  g_string_append (out, "<ol>\n");
  for (guint i = 0; i < self->pages->len; i++)
    {
      const Page *page = page_at (self, i);

      if (i > 0 && page->depth > depth)
        g_string_append (out, "\n<ol>\n");
      else if (i > 0)
        g_string_append (out, "</li>\n");
      for (; depth > page->depth; depth--)
        g_string_append (out, "</ol>\n</li>\n");
      depth = page->depth;
      append_spaces (out, depth);
      g_string_append_printf (out, "<li><a href=\"section-%05u.xhtml\">%s</a>", i + 1, page->label);
    }
  if (self->pages->len == 0)
    g_string_append_printf (out, "<li><a href=\"title.xhtml\">%s</a>", self->title);
  for (; depth > 0; depth--)
    g_string_append (out, "</li>\n</ol>\n");
  g_string_append (out, "</li>\n</ol>\n");
}

static gboolean
add_nav (Epub    *self,
         GError **error)
{
  g_autoptr(GString) out = g_string_new (NULL);

  begin_xhtml (self, out, self->title, NULL);
  g_string_append_printf (out, "<nav epub:type=\"toc\" role=\"doc-toc\">\n<h1>%s</h1>\n", self->title);
  append_contents (self, out);
  g_string_append (out, "</nav>\n");
  end_xhtml (out);
  return add_file (self, "EPUB/nav.xhtml", out->str, error);
}

static gboolean
add_ncx (Epub    *self,
         GError **error)
{
  g_autoptr(GString) out = g_string_new (NULL);
  guint deepest = 0;
  guint depth = 0;

  for (guint i = 0; i < self->pages->len; i++)
    deepest = MAX (deepest, page_at (self, i)->depth);

  g_string_append_printf (out,
                          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                          "<ncx xmlns=\"http://www.daisy.org/z3986/2005/ncx/\" version=\"2005-1\">\n"
                          "<head>\n"
                          "<meta name=\"dtb:uid\" content=\"urn:uuid:%s\"/>\n"
                          "<meta name=\"dtb:depth\" content=\"%u\"/>\n"
                          "<meta name=\"dtb:totalPageCount\" content=\"0\"/>\n"
                          "<meta name=\"dtb:maxPageNumber\" content=\"0\"/>\n"
                          "</head>\n"
                          "<docTitle><text>%s</text></docTitle>\n"
                          "<navMap>\n"
                          "<navPoint id=\"nav-0\" playOrder=\"1\"><navLabel><text>%s</text></navLabel>"
                          "<content src=\"title.xhtml\"/>",
                          self->uuid, deepest + 1, self->title, self->title);
  for (guint i = 0; i < self->pages->len; i++)
    {
      const Page *page = page_at (self, i);

      if (i == 0 || page->depth <= depth)
        g_string_append (out, "</navPoint>\n");
      for (; depth > page->depth; depth--)
        g_string_append (out, "</navPoint>\n");
      depth = page->depth;
      g_string_append_printf (out, "<navPoint id=\"nav-%u\" playOrder=\"%u\"><navLabel><text>%s</text></navLabel>"
                              "<content src=\"section-%05u.xhtml\"/>", i + 1, i + 2, page->label, i + 1);
    }
  for (; depth > 0; depth--)
    g_string_append (out, "</navPoint>\n");
  g_string_append (out, "</navPoint>\n</navMap>\n</ncx>\n");
  return add_file (self, "EPUB/toc.ncx", out->str, error);
}

static void
append_metadata (Epub    *self,
                 GString *out)
{
  g_autofree char *author = bks_xml_escape (self->document->author);
  g_autoptr(GDateTime) modified = g_date_time_new_from_unix_utc (self->modified_ms / 1000);
  g_autofree char *stamp = modified != NULL ? g_date_time_format (modified, "%Y-%m-%dT%H:%M:%SZ") : g_strdup ("1970-01-01T00:00:00Z");
  const char *date = self->document->date;

  g_string_append_printf (out,
                          "<metadata xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n"
                          "<dc:identifier id=\"uid\">urn:uuid:%s</dc:identifier>\n"
                          "<dc:title>%s</dc:title>\n"
                          "<dc:language>%s</dc:language>\n",
                          self->uuid, self->title, self->language);
  if (!is_blank (author))
    g_string_append_printf (out,
                            "<dc:creator id=\"author\">%s</dc:creator>\n"
                            "<meta refines=\"#author\" property=\"role\" scheme=\"marc:relators\">aut</meta>\n",
                            author);
  if (strlen (date) == 4 && strspn (date, "0123456789") == 4)
    g_string_append_printf (out, "<dc:date>%s</dc:date>\n", date);
  g_string_append_printf (out,
                          "<meta property=\"dcterms:modified\">%s</meta>\n"
                          "<meta property=\"schema:accessMode\">textual</meta>\n"
                          "<meta property=\"schema:accessModeSufficient\">textual</meta>\n"
                          "<meta property=\"schema:accessibilityFeature\">structuralNavigation</meta>\n"
                          "<meta property=\"schema:accessibilityFeature\">tableOfContents</meta>\n"
                          "<meta property=\"schema:accessibilityHazard\">none</meta>\n"
                          "</metadata>\n",
                          stamp);
}

static gboolean
add_package (Epub    *self,
             GError **error)
{
  g_autoptr(GString) out = g_string_new (NULL);

  g_string_append_printf (out,
                          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                          "<package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\" unique-identifier=\"uid\" xml:lang=\"%s\"%s>\n",
                          self->language, self->is_rtl ? " dir=\"rtl\"" : "");
  append_metadata (self, out);
  g_string_append (out,
                   "<manifest>\n"
                   "<item id=\"nav\" href=\"nav.xhtml\" media-type=\"application/xhtml+xml\" properties=\"nav\"/>\n"
                   "<item id=\"ncx\" href=\"toc.ncx\" media-type=\"application/x-dtbncx+xml\"/>\n"
                   "<item id=\"style\" href=\"style.css\" media-type=\"text/css\"/>\n"
                   "<item id=\"title\" href=\"title.xhtml\" media-type=\"application/xhtml+xml\"/>\n");
  for (guint i = 1; i <= self->pages->len; i++)
    g_string_append_printf (out, "<item id=\"section-%05u\" href=\"section-%05u.xhtml\" media-type=\"application/xhtml+xml\"/>\n", i, i);
  g_string_append_printf (out, "</manifest>\n<spine toc=\"ncx\"%s>\n<itemref idref=\"title\"/>\n",
                          self->is_rtl ? " page-progression-direction=\"rtl\"" : "");
  for (guint i = 1; i <= self->pages->len; i++)
    g_string_append_printf (out, "<itemref idref=\"section-%05u\"/>\n", i);
  g_string_append (out, "</spine>\n</package>\n");
  return add_file (self, "EPUB/package.opf", out->str, error);
}

static gboolean
add_all (Epub    *self,
         GError **error)
{
  /* The first entry names the format and must not be compressed. */
  archive_write_zip_set_compression_store (self->archive);
  if (!add_file (self, "mimetype", "application/epub+zip", error))
    return FALSE;
  archive_write_zip_set_compression_deflate (self->archive);

  if (!add_file (self, "META-INF/container.xml", container_xml, error) ||
      !add_package (self, error) ||
      !add_nav (self, error) ||
      !add_ncx (self, error) ||
      !add_file (self, "EPUB/style.css", style_css, error) ||
      !add_title_page (self, error))
    return FALSE;
  for (guint i = 0; i < self->pages->len; i++)
    if (!add_page (self, i, error))
      return FALSE;
  return archive_write_close (self->archive) == ARCHIVE_OK || fail (self, error);
}

/**
 * bks_document_to_epub:
 * @document: a book
 * @uuid: its identifier
 * @modified_ms: when it was last changed, epoch milliseconds
 * @limits: the limits
 * @cancellable: (nullable): looked at now and then
 * @error: return location
 *
 * Makes an EPUB 3 with one XHTML file for each section; scenes are joined to
 * the section before them with a break. The same arguments give the same bytes.
 *
 * Returns: (transfer full): the file's content; %NULL with %BKS_ERROR_TOO_LARGE
 *   where a text's Markdown is over the limits
 */
GBytes *
bks_document_to_epub (BksDocument   *document,
                      const char    *uuid,
                      gint64         modified_ms,
                      BksLimits     *limits,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();
  g_autoptr(GArray) pages = g_array_new (FALSE, FALSE, sizeof (Page));
  g_autofree char *title = NULL;
  g_autofree char *language = NULL;
  gboolean done;
  Epub self = {
    .document = document,
    .uuid = uuid,
    .modified_ms = modified_ms,
    .limits = limits,
    .cancellable = cancellable,
    .pages = pages,
    .bytes = bytes,
  };

  g_return_val_if_fail (document != NULL && uuid != NULL && limits != NULL, NULL);

  g_array_set_clear_func (pages, page_clear);
  self.title = title = escape_or (document->title, "\xe2\x80\x94");
  self.language = language = make_language (document->language);
  self.is_rtl = is_right_to_left (language);
  make_pages (&self);

  self.archive = archive_write_new ();
  archive_write_set_format_zip (self.archive);
  archive_write_set_bytes_in_last_block (self.archive, 1);
  done = archive_write_open (self.archive, bytes, NULL, write_cb, NULL) == ARCHIVE_OK ? add_all (&self, error) : fail (&self, error);
  archive_write_free (self.archive);
  return done ? g_byte_array_free_to_bytes (g_steal_pointer (&bytes)) : NULL;
}

/**
 * bks_document_export_epub:
 * @document: a book
 * @path: the file to write
 * @uuid: the book's identifier
 * @modified_ms: when it was last changed, epoch milliseconds
 * @limits: the limits
 * @cancellable: (nullable): looked at now and then
 * @error: return location
 *
 * Writes an EPUB 3 that appears whole or not at all. Blocks: call it on a
 * worker thread.
 *
 * Returns: %FALSE with @error set, the old file untouched
 */
gboolean
bks_document_export_epub (BksDocument   *document,
                          const char    *path,
                          const char    *uuid,
                          gint64         modified_ms,
                          BksLimits     *limits,
                          GCancellable  *cancellable,
                          GError       **error)
{
  g_autoptr(GBytes) bytes = bks_document_to_epub (document, uuid, modified_ms, limits, cancellable, error);

  if (bytes == NULL)
    return FALSE;
  return bks_atomic_file_write (path, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), cancellable, error);
}
