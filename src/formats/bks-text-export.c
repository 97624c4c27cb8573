/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

/* A book as plain text with the habits of Project Gutenberg: one line a
 * paragraph, "_word_" for emphasis, "* * *" between scenes. */

#include "config.h"

#include <string.h>

#include "bks-error.h"

#include "bks-atomic-file-private.h"
#include "bks-export.h"
#include "bks-markdown-private.h"

#define DEEPEST_INDENT 10
#define NODES_PER_CHECK 4096

typedef struct
{
  GString    *out;
  guint       indent;
  char       *bullet;     /* in front of the next line */
  GHashTable *footnotes;  /* of definition nodes: their number */
} Writer;

static void
begin_line (Writer *self)
{
  guint columns = MIN (self->indent, DEEPEST_INDENT) * 4;
  gsize bullet = self->bullet != NULL ? strlen (self->bullet) : 0;

  for (gsize i = bullet; i < columns; i++)
    g_string_append_c (self->out, ' ');
  if (self->bullet != NULL)
    g_string_append (self->out, self->bullet);
  g_clear_pointer (&self->bullet, g_free);
}

static void
begin_block (Writer *self)
{
  if (self->out->len > 0 && !g_str_has_suffix (self->out->str, "\n\n"))
    g_string_append (self->out, g_str_has_suffix (self->out->str, "\n") ? "\n" : "\n\n");
  begin_line (self);
}

static void
append_lines (Writer     *self,
              const char *text)
{
  g_auto(GStrv) lines = NULL;
  g_autofree char *copy = g_strchomp (g_strdup (text != NULL ? text : ""));

  lines = g_strsplit (copy, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (i > 0)
        {
          g_string_append_c (self->out, '\n');
          begin_line (self);
        }
      g_string_append (self->out, lines[i]);
    }
}

static char *
make_bullet (cmark_node *item)
{
  cmark_node *list = cmark_node_parent (item);
  int number = cmark_node_get_list_start (list);

  if (cmark_node_get_list_type (list) != CMARK_ORDERED_LIST)
    return g_strdup ("  - ");
  while ((item = cmark_node_previous (item)) != NULL)
    number++;
  return g_strdup_printf ("%2d. ", number);
}

static guint
footnote_number (Writer     *self,
                 cmark_node *definition)
{
  guint number = GPOINTER_TO_UINT (g_hash_table_lookup (self->footnotes, definition));

  if (number == 0)
    {
      number = g_hash_table_size (self->footnotes) + 1;
      g_hash_table_insert (self->footnotes, definition, GUINT_TO_POINTER (number));
    }
  return number;
}

static void
enter_item (Writer     *self,
            cmark_node *node)
{
  self->indent++;
  g_free (self->bullet);
  self->bullet = make_bullet (node);
}

static void
enter_footnote (Writer     *self,
                cmark_node *node)
{
  self->indent++;
  g_free (self->bullet);
  self->bullet = g_strdup_printf ("[%u] ", footnote_number (self, node));
}

static void
write_link_end (Writer     *self,
                cmark_node *node)
{
  const char *url = cmark_node_get_url (node);
  gsize length = strlen (url);

  if (length > 0 && (self->out->len < length || strcmp (self->out->str + self->out->len - length, url) != 0))
    g_string_append_printf (self->out, " <%s>", url);
}

static void
write_block (Writer          *self,
             cmark_node      *node,
             cmark_node_type  type,
             gboolean         enter)
{
  switch (type)
    {
    case CMARK_NODE_PARAGRAPH:
    case CMARK_NODE_HEADING:
      if (enter)
        begin_block (self);
      break;
    case CMARK_NODE_BLOCK_QUOTE:
      self->indent += enter ? 1 : -1;
      break;
    case CMARK_NODE_ITEM:
      if (enter)
        enter_item (self, node);
      else
        self->indent--;
      break;
    case CMARK_NODE_FOOTNOTE_DEFINITION:
      if (enter)
        enter_footnote (self, node);
      else
        self->indent--;
      break;
    case CMARK_NODE_CODE_BLOCK:
    case CMARK_NODE_HTML_BLOCK:
      begin_block (self);
      append_lines (self, cmark_node_get_literal (node));
      break;
    case CMARK_NODE_THEMATIC_BREAK:
      begin_block (self);
      g_string_append (self->out, "* * *");
      break;
    default:
      if (enter && strcmp (cmark_node_get_type_string (node), "table_cell") == 0)
        g_string_append (self->out, cmark_node_previous (node) != NULL ? " | " : "");
      else if (enter && g_str_has_prefix (cmark_node_get_type_string (node), "table_"))
        begin_block (self);
      break;
    }
}

static void
write_inline (Writer          *self,
              cmark_node      *node,
              cmark_node_type  type,
              gboolean         enter)
{
  switch (type)
    {
    case CMARK_NODE_TEXT:
    case CMARK_NODE_CODE:
    case CMARK_NODE_HTML_INLINE:
      g_string_append (self->out, cmark_node_get_literal (node));
      break;
    case CMARK_NODE_SOFTBREAK:
      g_string_append_c (self->out, ' ');
      break;
    case CMARK_NODE_LINEBREAK:
      g_string_append_c (self->out, '\n');
      begin_line (self);
      break;
    case CMARK_NODE_EMPH:
      g_string_append_c (self->out, '_');
      break;
    case CMARK_NODE_STRONG:
      g_string_append_c (self->out, '*');
      break;
    case CMARK_NODE_LINK:
      if (!enter)
        write_link_end (self, node);
      break;
    case CMARK_NODE_FOOTNOTE_REFERENCE:
      if (enter && cmark_node_parent_footnote_def (node) != NULL)
        g_string_append_printf (self->out, "[%u]", footnote_number (self, cmark_node_parent_footnote_def (node)));
      break;
    default:
      break;
    }
}

static gboolean
append_text (GString       *out,
             const char    *commonmark,
             BksLimits     *limits,
             GCancellable  *cancellable,
             GError       **error)
{
  g_autoptr(BksMarkdown) markdown = bks_markdown_parse (commonmark, strlen (commonmark), limits, cancellable, error);
  g_autoptr(GHashTable) footnotes = g_hash_table_new (NULL, NULL);
  Writer self = { .out = out, .footnotes = footnotes };
  cmark_iter *iter;
  cmark_event_type event;
  gboolean cancelled = FALSE;

  if (markdown == NULL)
    return FALSE;

  iter = cmark_iter_new (markdown->root);
  for (guint i = 0; !cancelled && (event = cmark_iter_next (iter)) != CMARK_EVENT_DONE; i++)
    {
      cmark_node *node = cmark_iter_get_node (iter);
      cmark_node_type type = cmark_node_get_type (node);

      if (i % NODES_PER_CHECK == 0)
        cancelled = g_cancellable_set_error_if_cancelled (cancellable, error);
      if ((type & CMARK_NODE_TYPE_MASK) == CMARK_NODE_TYPE_BLOCK)
        write_block (&self, node, type, event == CMARK_EVENT_ENTER);
      else
        write_inline (&self, node, type, event == CMARK_EVENT_ENTER);
    }
  cmark_iter_free (iter);
  g_free (self.bullet);
  return !cancelled;
}

static void
append_title (GString    *out,
              const char *title)
{
  if (*title == '\0')
    return;
  g_string_append (out, out->len > 0 ? "\n\n\n\n" : "");
  g_string_append_printf (out, "%s\n", title);
}

/**
 * bks_document_to_text:
 * @document: a book
 * @limits: the limits
 * @cancellable: (nullable): looked at now and then
 * @error: return location
 *
 * Returns: (transfer full): the book as plain text; %NULL with @error set
 */
char *
bks_document_to_text (BksDocument   *document,
                      BksLimits     *limits,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_autoptr(GString) out = g_string_new (NULL);

  g_return_val_if_fail (document != NULL && limits != NULL, NULL);

  append_title (out, document->title);
  if (*document->author != '\0')
    g_string_append_printf (out, "%s%s\n", out->len > 0 ? "\n" : "", document->author);

  for (guint i = 0; i < document->sections->len; i++)
    {
      const BksSection *section = g_ptr_array_index (document->sections, i);
      const BksSection *before = i > 0 ? g_ptr_array_index (document->sections, i - 1) : NULL;
      g_autoptr(GString) text = g_string_new (NULL);

      if (!append_text (text, section->text, limits, cancellable, error))
        {
          g_prefix_error (error, "Section %u: ", i + 1);
          return NULL;
        }
      if (section->kind != BKS_SECTION_SCENE)
        append_title (out, section->title);
      else if (before != NULL && before->kind == BKS_SECTION_SCENE && text->len > 0)
        g_string_append (out, "\n* * *\n");
      if (text->len > 0)
        g_string_append_printf (out, "%s%s\n", out->len > 0 ? "\n" : "", text->str);
    }
  return g_string_free_and_steal (g_steal_pointer (&out));
}

/**
 * bks_document_export_text:
 * @document: a book
 * @path: the file to write
 * @limits: the limits
 * @cancellable: (nullable): looked at now and then
 * @error: return location
 *
 * Writes one plain-text file, whole or not at all. Blocks: call it on a worker
 * thread.
 *
 * Returns: %FALSE with @error set, the old file untouched
 */
gboolean
bks_document_export_text (BksDocument   *document,
                          const char    *path,
                          BksLimits     *limits,
                          GCancellable  *cancellable,
                          GError       **error)
{
  g_autofree char *text = bks_document_to_text (document, limits, cancellable, error);

  return text != NULL && bks_atomic_file_write (path, text, strlen (text), cancellable, error);
}
