/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

/* CommonMark to XHTML as EPUB 3 wants it: well-formed whatever the text, raw
 * HTML as the characters it is, nothing that would be fetched. */

#include "config.h"

#include <cmark-gfm-core-extensions.h>
#include <string.h>

#include "bks-markdown-private.h"
#include "bks-xhtml-private.h"

/* Parsers stop at 256 elements inside one another; no book needs these. */
#define DEEPEST 64
#define NODES_PER_CHECK 4096

typedef struct
{
  guint number;
  guint references; /* written so far */
  guint total;
} Footnote;

typedef struct
{
  GString    *out;
  const char *id_prefix;
  guint       depth;        /* of the node at hand in the tree */
  gboolean    in_table;     /* an open <table> */
  gboolean    in_head;
  gboolean    in_body;
  gboolean    in_footnotes;
  GHashTable *footnotes;    /* of definition nodes: Footnote */
} Writer;

/* What XML 1.0 allows, less the controls and non-characters that readers
 * refuse. */
static gboolean
is_xml_char (gunichar ch)
{
  return ch == '\t' || ch == '\n' ||
         (ch >= 0x20 && !(ch >= 0x7f && ch < 0xa0) && !(ch >= 0xd800 && ch < 0xe000) &&
          !(ch >= 0xfdd0 && ch <= 0xfdef) && (ch & 0xfffe) != 0xfffe);
}

/* For content or an attribute in double quotes; what XML cannot hold is left out. */
static void
append_escaped (GString    *out,
                const char *text)
{
  for (const char *at = text; *at != '\0';)
    {
      const char *next = g_utf8_next_char (at);

      switch (*at)
        {
        case '&':
          g_string_append (out, "&amp;");
          break;
        case '<':
          g_string_append (out, "&lt;");
          break;
        case '>':
          g_string_append (out, "&gt;");
          break;
        case '"':
          g_string_append (out, "&quot;");
          break;
        default:
          if (is_xml_char (g_utf8_get_char (at)))
            g_string_append_len (out, at, next - at);
          break;
        }
      at = next;
    }
}

/**
 * bks_xml_escape:
 * @text: UTF-8 text
 *
 * Returns: (transfer full): @text for content or an attribute in double
 *   quotes; what XML cannot hold is left out
 */
char *
bks_xml_escape (const char *text)
{
  GString *out = g_string_new (NULL);

  append_escaped (out, text);
  return g_string_free_and_steal (out);
}

/* Percent-encodes what a URI cannot hold, and keeps what is encoded. */
static char *
encode_uri (const char *url)
{
  GString *out = g_string_new (NULL);
  gboolean in_fragment = FALSE;

  for (const char *at = url; *at != '\0'; at++)
    {
      gboolean keep = g_ascii_isalnum (*at) || strchr ("-._~:/?@!$&'()*+,;=", *at) != NULL ||
                      (*at == '%' && g_ascii_isxdigit (at[1]) && g_ascii_isxdigit (at[2])) ||
                      (*at == '#' && !in_fragment);

      in_fragment |= *at == '#';
      if (keep)
        g_string_append_c (out, *at);
      else
        g_string_append_printf (out, "%%%02X", (guchar) *at);
    }
  return g_string_free_and_steal (out);
}

static gboolean
has_plain_host (const char *after_scheme)
{
  gsize authority = strcspn (after_scheme, "/?#");
  gsize host = strspn (after_scheme, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
  gsize port = 0;

  if (host == 0 || !g_ascii_isalnum (*after_scheme) || !g_ascii_isalnum (after_scheme[host - 1]) ||
      g_strstr_len (after_scheme, host, "..") != NULL)
    return FALSE;
  if (after_scheme[host] == ':')
    port = 1 + strspn (after_scheme + host + 1, "0123456789");
  return host + port == authority && port != 1 && port <= 6;
}

/* The address of a link that a book may carry, else NULL. */
static char *
make_href (const char *url)
{
  g_autofree char *href = encode_uri (url != NULL ? url : "");
  gboolean is_good = FALSE;

  if (g_ascii_strncasecmp (href, "https://", 8) == 0)
    is_good = has_plain_host (href + 8);
  else if (g_ascii_strncasecmp (href, "http://", 7) == 0)
    is_good = has_plain_host (href + 7);
  else if (g_ascii_strncasecmp (href, "mailto:", 7) == 0)
    is_good = g_ascii_isalnum (href[7]) && strchr (href, '@') != NULL;

  if (!is_good || !g_uri_is_valid (href, G_URI_FLAGS_NONE, NULL))
    return NULL;
  return g_steal_pointer (&href);
}

/* The items of a tight list hold their text without a paragraph. */
static gboolean
is_tight (cmark_node *paragraph)
{
  cmark_node *item = cmark_node_parent (paragraph);
  cmark_node *list = item != NULL ? cmark_node_parent (item) : NULL;

  return list != NULL && cmark_node_get_type (list) == CMARK_NODE_LIST && cmark_node_get_list_tight (list);
}

static void
write_reference (Writer     *self,
                 cmark_node *node)
{
  cmark_node *definition = cmark_node_parent_footnote_def (node);
  Footnote *footnote = g_hash_table_lookup (self->footnotes, definition);

  if (footnote == NULL)
    return;
  footnote->references++;
  g_string_append_printf (self->out,
                          "<a epub:type=\"noteref\" role=\"doc-noteref\" class=\"noteref\" id=\"%sref-%u-%u\" href=\"#%snote-%u\">%u</a>",
                          self->id_prefix, footnote->number, footnote->references,
                          self->id_prefix, footnote->number, footnote->number);
}

static void
write_back_links (Writer         *self,
                  const Footnote *footnote)
{
  for (guint i = 1; i <= footnote->total; i++)
    g_string_append_printf (self->out, "<a role=\"doc-backlink\" class=\"backlink\" href=\"#%sref-%u-%u\">\xe2\x86\xa9</a>\n",
                            self->id_prefix, footnote->number, i);
}

static void
write_footnote (Writer     *self,
                cmark_node *node,
                gboolean    enter)
{
  const Footnote *footnote = g_hash_table_lookup (self->footnotes, node);

  if (footnote == NULL)
    return;
  if (!enter)
    {
      write_back_links (self, footnote);
      g_string_append (self->out, "</li>\n");
      return;
    }
  if (!self->in_footnotes)
    g_string_append (self->out, "<section epub:type=\"footnotes\" class=\"footnotes\">\n<ol>\n");
  self->in_footnotes = TRUE;
  g_string_append_printf (self->out, "<li epub:type=\"footnote\" id=\"%snote-%u\">\n", self->id_prefix, footnote->number);
}

static void
write_list (Writer     *self,
            cmark_node *node,
            gboolean    enter)
{
  gboolean ordered = cmark_node_get_list_type (node) == CMARK_ORDERED_LIST;

  if (!enter)
    g_string_append (self->out, ordered ? "</ol>\n" : "</ul>\n");
  else if (ordered && cmark_node_get_list_start (node) != 1)
    g_string_append_printf (self->out, "<ol start=\"%d\">\n", cmark_node_get_list_start (node));
  else
    g_string_append (self->out, ordered ? "<ol>\n" : "<ul>\n");
}

/* The chapter's title is <h1>, so the text's own headings begin at <h2>. */
static void
write_heading (Writer     *self,
               cmark_node *node,
               gboolean    enter)
{
  guint level = MIN (cmark_node_get_heading_level (node) + 1, 6);

  if (enter)
    g_string_append_printf (self->out, "<h%u>", level);
  else
    g_string_append_printf (self->out, "</h%u>\n", level);
}

static void
write_literal (Writer     *self,
               cmark_node *node,
               const char *open,
               const char *close)
{
  const char *literal = cmark_node_get_literal (node);

  g_string_append (self->out, open);
  append_escaped (self->out, literal != NULL ? literal : "");
  g_string_append (self->out, close);
}

static void
write_plain (Writer     *self,
             cmark_node *node)
{
  g_autoptr(GString) plain = g_string_new (NULL);

  bks_markdown_append_plain (plain, node);
  append_escaped (self->out, plain->str);
}

static void
write_link (Writer     *self,
            cmark_node *node,
            gboolean    enter)
{
  g_autofree char *href = make_href (cmark_node_get_url (node));
  g_autofree char *escaped = href != NULL ? bks_xml_escape (href) : NULL;

  if (escaped == NULL)
    return;
  if (enter)
    g_string_append_printf (self->out, "<a href=\"%s\">", escaped);
  else
    g_string_append (self->out, "</a>");
}

static const char *
cell_class (cmark_node *cell)
{
  cmark_node *table = cmark_node_parent (cmark_node_parent (cell));
  const guint8 *alignments = cmark_gfm_extensions_get_table_alignments (table);
  guint column = 0;

  while ((cell = cmark_node_previous (cell)) != NULL)
    column++;
  if (alignments == NULL || column >= cmark_gfm_extensions_get_table_columns (table))
    return "";
  switch (alignments[column])
    {
    case 'c': return " class=\"center\"";
    case 'r': return " class=\"right\"";
    default: return "";
    }
}

static void
write_row (Writer     *self,
           cmark_node *row,
           gboolean    enter)
{
  gboolean is_head = cmark_gfm_extensions_get_table_row_is_header (row);

  if (enter && is_head)
    g_string_append (self->out, "<thead>\n");
  else if (enter && !self->in_body)
    {
      g_string_append (self->out, "<tbody>\n");
      self->in_body = TRUE;
    }
  g_string_append (self->out, enter ? "<tr>" : "</tr>\n");
  if (!enter && is_head)
    g_string_append (self->out, "</thead>\n");
  self->in_head = enter && is_head;
}

static void
write_table (Writer   *self,
             gboolean  enter)
{
  if (enter)
    {
      g_string_append (self->out, "<table>\n");
      self->in_body = FALSE;
    }
  else
    {
      g_string_append (self->out, self->in_body ? "</tbody>\n</table>\n" : "</table>\n");
    }
  self->in_table = enter;
}

/* Nodes of the extensions have no constants. */
static void
write_extension (Writer     *self,
                 cmark_node *node,
                 gboolean    enter)
{
  const char *type = cmark_node_get_type_string (node);

  if (strcmp (type, "strikethrough") == 0)
    {
      if (self->depth <= DEEPEST)
        g_string_append (self->out, enter ? "<del>" : "</del>");
    }
  else if (strcmp (type, "table") == 0)
    {
      if (self->depth + 3 <= DEEPEST)
        write_table (self, enter);
    }
  else if (!self->in_table)
    {
      /* A table too deep to be written leaves its words. */
      g_string_append_c (self->out, ' ');
    }
  else if (strcmp (type, "table_cell") == 0)
    {
      if (enter)
        g_string_append_printf (self->out, "<%s%s>", self->in_head ? "th" : "td", cell_class (node));
      else
        g_string_append (self->out, self->in_head ? "</th>" : "</td>");
    }
  else
    {
      write_row (self, node, enter);
    }
}

static void
write_container (Writer     *self,
                 cmark_node *node,
                 gboolean    enter)
{
  switch (cmark_node_get_type (node))
    {
    case CMARK_NODE_BLOCK_QUOTE:
      if (self->depth <= DEEPEST)
        g_string_append (self->out, enter ? "<blockquote>\n" : "</blockquote>\n");
      break;
    case CMARK_NODE_LIST:
      if (self->depth + 1 <= DEEPEST)
        write_list (self, node, enter);
      break;
    case CMARK_NODE_ITEM:
      if (self->depth <= DEEPEST)
        g_string_append (self->out, enter ? "<li>" : "</li>\n");
      break;
    case CMARK_NODE_PARAGRAPH:
      if (!is_tight (node))
        g_string_append (self->out, enter ? "<p>" : "</p>\n");
      break;
    case CMARK_NODE_HEADING:
      write_heading (self, node, enter);
      break;
    case CMARK_NODE_FOOTNOTE_DEFINITION:
      write_footnote (self, node, enter);
      break;
    case CMARK_NODE_EMPH:
      if (self->depth <= DEEPEST)
        g_string_append (self->out, enter ? "<em>" : "</em>");
      break;
    case CMARK_NODE_STRONG:
      if (self->depth <= DEEPEST)
        g_string_append (self->out, enter ? "<strong>" : "</strong>");
      break;
    case CMARK_NODE_LINK:
      if (self->depth <= DEEPEST)
        write_link (self, node, enter);
      break;
    case CMARK_NODE_DOCUMENT:
      break;
    default:
      write_extension (self, node, enter);
      break;
    }
}

/* Writes a node whose children, if any, are not written; FALSE for others. */
static gboolean
write_leaf (Writer     *self,
            cmark_node *node)
{
  switch (cmark_node_get_type (node))
    {
    case CMARK_NODE_TEXT:
    case CMARK_NODE_HTML_INLINE:
      write_literal (self, node, "", "");
      return TRUE;
    case CMARK_NODE_CODE:
      write_literal (self, node, "<code>", "</code>");
      return TRUE;
    case CMARK_NODE_CODE_BLOCK:
      write_literal (self, node, "<pre><code>", "</code></pre>\n");
      return TRUE;
    case CMARK_NODE_HTML_BLOCK:
      write_literal (self, node, "<p>", "</p>\n");
      return TRUE;
    case CMARK_NODE_THEMATIC_BREAK:
      g_string_append (self->out, "<hr/>\n");
      return TRUE;
    case CMARK_NODE_SOFTBREAK:
      g_string_append_c (self->out, '\n');
      return TRUE;
    case CMARK_NODE_LINEBREAK:
      g_string_append (self->out, "<br/>\n");
      return TRUE;
    case CMARK_NODE_FOOTNOTE_REFERENCE:
      write_reference (self, node);
      return TRUE;
    case CMARK_NODE_IMAGE:
      write_plain (self, node);
      return TRUE;
    default:
      return FALSE;
    }
}

/* What is inside an image is its alternative text, and a footnote that only
 * such a text refers to has no place. */
static gboolean
is_left_out (Writer     *self,
             cmark_node *node)
{
  return cmark_node_get_type (node) == CMARK_NODE_IMAGE ||
         (cmark_node_get_type (node) == CMARK_NODE_FOOTNOTE_DEFINITION && !g_hash_table_contains (self->footnotes, node));
}

/* Numbers the footnotes in the order of their first references. */
static void
number_footnotes (Writer     *self,
                  cmark_node *root)
{
  cmark_iter *iter = cmark_iter_new (root);
  cmark_event_type event;

  while ((event = cmark_iter_next (iter)) != CMARK_EVENT_DONE)
    {
      cmark_node *node = cmark_iter_get_node (iter);
      cmark_node *definition;
      Footnote *footnote;

      if (event != CMARK_EVENT_ENTER)
        continue;
      if (is_left_out (self, node))
        cmark_iter_reset (iter, node, CMARK_EVENT_EXIT);
      if (cmark_node_get_type (node) != CMARK_NODE_FOOTNOTE_REFERENCE)
        continue;

      definition = cmark_node_parent_footnote_def (node);
      footnote = g_hash_table_lookup (self->footnotes, definition);
      if (definition == NULL)
        continue;
      if (footnote == NULL)
        {
          footnote = g_new0 (Footnote, 1);
          footnote->number = g_hash_table_size (self->footnotes) + 1;
          g_hash_table_insert (self->footnotes, definition, footnote);
        }
      footnote->total++;
    }
  cmark_iter_free (iter);
}

static gboolean
write_tree (Writer        *self,
            cmark_node    *root,
            GCancellable  *cancellable,
            GError       **error)
{
  cmark_iter *iter = cmark_iter_new (root);
  cmark_event_type event;
  gboolean cancelled = FALSE;

  for (guint i = 0; !cancelled && (event = cmark_iter_next (iter)) != CMARK_EVENT_DONE; i++)
    {
      cmark_node *node = cmark_iter_get_node (iter);

      if (i % NODES_PER_CHECK == 0)
        cancelled = g_cancellable_set_error_if_cancelled (cancellable, error);
      if (event == CMARK_EVENT_ENTER && write_leaf (self, node))
        {
          cmark_iter_reset (iter, node, CMARK_EVENT_EXIT);
          continue;
        }
      if (is_left_out (self, node))
        {
          cmark_iter_reset (iter, node, CMARK_EVENT_EXIT);
          continue;
        }
      if (event == CMARK_EVENT_EXIT)
        write_container (self, node, FALSE);
      self->depth += event == CMARK_EVENT_ENTER ? 1 : -1;
      if (event == CMARK_EVENT_ENTER)
        write_container (self, node, TRUE);
    }
  if (self->in_footnotes)
    g_string_append (self->out, "</ol>\n</section>\n");
  cmark_iter_free (iter);
  return !cancelled;
}

/**
 * bks_xhtml_append:
 * @out: what to append to
 * @commonmark: a text
 * @id_prefix: makes the ids of footnotes unique in a file
 * @limits: the limits
 * @cancellable: (nullable): looked at now and then
 * @error: return location
 *
 * Appends the text as the children of a <body>, in which the prefix "epub" is
 * declared. Images become their alternative text, links to anything but http,
 * https and mailto become their text.
 *
 * Returns: %FALSE with @error set
 */
gboolean
bks_xhtml_append (GString       *out,
                  const char    *commonmark,
                  const char    *id_prefix,
                  BksLimits     *limits,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_autoptr(BksMarkdown) markdown = NULL;
  g_autoptr(GHashTable) footnotes = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  Writer self = { .out = out, .id_prefix = id_prefix, .footnotes = footnotes };

  markdown = bks_markdown_parse (commonmark, strlen (commonmark), limits, cancellable, error);
  if (markdown == NULL)
    return FALSE;
  number_footnotes (&self, markdown->root);
  return write_tree (&self, markdown->root, cancellable, error);
}
