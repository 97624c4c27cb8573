/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

/* A book as one Markdown file that, imported again, is the same book. Most
 * books are so by their headings alone, and that is tried first. Where headings
 * cannot say it (a chapter without a title, a scene, a text with headings of
 * its own or an open code fence) a comment in front of each heading does:
 * "<!-- TOKEN chapter 1 -->" with kind and depth; the header names the token,
 * which is in no text of the book. */

#include "config.h"

#include <string.h>

#include "bks-error.h"

#include "bks-atomic-file-private.h"
#include "bks-commonmark-private.h"
#include "bks-export.h"
#include "bks-markdown-import-private.h"
#include "bks-yaml-header-private.h"

#define DEEPEST_HEADING 6

static const BksSection *
section_at (BksDocument *document,
            guint        index)
{
  return g_ptr_array_index (document->sections, index);
}

static void
append_heading (GString          *out,
                const BksSection *section)
{
  g_autofree char *title = bks_commonmark_escape (section->title);
  gsize length = strlen (title);
  gsize hashes = length;

  for (guint i = 0; i <= section->depth && i < DEEPEST_HEADING; i++)
    g_string_append_c (out, '#');
  /* Hashes at the end, after a space, would be taken for the heading's own. */
  while (hashes > 0 && title[hashes - 1] == '#')
    hashes--;
  if (hashes == 0 || hashes == length || !g_ascii_isspace (title[hashes - 1]))
    hashes = length;
  if (length > 0)
    g_string_append_printf (out, " %.*s%s%s", (int) hashes, title, hashes < length ? "\\" : "", title + hashes);
  g_string_append_c (out, '\n');
}

static char *
render (BksDocument *document,
        const char  *token)
{
  GString *out = g_string_new (NULL);

  bks_yaml_header_append (out, document, token);
  for (guint i = 0; i < document->sections->len; i++)
    {
      const BksSection *section = section_at (document, i);
      g_autofree char *text = bks_commonmark_trim (section->text, section->text + strlen (section->text));

      g_string_append_c (out, '\n');
      if (token != NULL)
        g_string_append_printf (out, "<!-- %s %s %u -->\n\n", token, bks_section_kind_to_string (section->kind), section->depth);
      append_heading (out, section);
      if (*text != '\0')
        g_string_append_printf (out, "\n%s\n", text);
    }
  return g_string_free_and_steal (out);
}

static gboolean
is_same_section (const BksSection *a,
                 const BksSection *b)
{
  g_autofree char *text_a = bks_commonmark_trim (a->text, a->text + strlen (a->text));
  g_autofree char *text_b = bks_commonmark_trim (b->text, b->text + strlen (b->text));

  return a->kind == b->kind && a->depth == b->depth && strcmp (a->title, b->title) == 0 && strcmp (text_a, text_b) == 0;
}

static gboolean
is_same (BksDocument *a,
         BksDocument *b)
{
  if (strcmp (a->title, b->title) != 0 || a->sections->len != b->sections->len)
    return FALSE;
  for (guint i = 0; i < a->sections->len; i++)
    if (!is_same_section (section_at (a, i), section_at (b, i)))
      return FALSE;
  return TRUE;
}

static char *
find_token (BksDocument *document)
{
  for (guint number = 0;; number++)
    {
      g_autofree char *token = g_strdup_printf ("section-%u", number);
      gboolean is_free = TRUE;

      for (guint i = 0; is_free && i < document->sections->len; i++)
        is_free = strstr (section_at (document, i)->text, token) == NULL;
      if (is_free)
        return g_steal_pointer (&token);
    }
}

/**
 * bks_document_to_markdown:
 * @document: a book
 * @limits: the limits
 * @cancellable: (nullable): looked at now and then
 * @error: return location
 *
 * Returns: (transfer full): the book as Markdown with a YAML header; %NULL if
 *   cancelled
 */
char *
bks_document_to_markdown (BksDocument   *document,
                          BksLimits     *limits,
                          GCancellable  *cancellable,
                          GError       **error)
{
  g_autofree char *text = NULL;
  g_autofree char *token = NULL;
  g_autoptr(BksDocument) again = NULL;

  g_return_val_if_fail (document != NULL && limits != NULL, NULL);

  text = render (document, NULL);
  again = bks_markdown_import (text, "", limits, cancellable, NULL);
  if (again != NULL && is_same (document, again))
    return g_steal_pointer (&text);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  token = find_token (document);
  return render (document, token);
}

/**
 * bks_document_export_markdown:
 * @document: a book
 * @path: the file to write
 * @limits: the limits
 * @cancellable: (nullable): looked at now and then
 * @error: return location
 *
 * Writes one Markdown file, whole or not at all; imported again it is the same
 * book. Blocks: call it on a worker thread.
 *
 * Returns: %FALSE with @error set, the old file untouched
 */
gboolean
bks_document_export_markdown (BksDocument   *document,
                              const char    *path,
                              BksLimits     *limits,
                              GCancellable  *cancellable,
                              GError       **error)
{
  g_autofree char *text = bks_document_to_markdown (document, limits, cancellable, error);

  return text != NULL && bks_atomic_file_write (path, text, strlen (text), cancellable, error);
}
