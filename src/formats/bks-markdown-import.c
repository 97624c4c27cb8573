/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

#include "config.h"

#include <string.h>

#include "bks-error.h"

#include "bks-commonmark-private.h"
#include "bks-definitions-private.h"
#include "bks-heading-private.h"
#include "bks-markdown-import-private.h"
#include "bks-markdown-private.h"
#include "bks-yaml-header-private.h"

#define MOST_LEVELS 6

typedef struct
{
  guint          level;   /* 1 to 6; after ranking from 0, without gaps */
  char          *title;
  const char    *start;   /* of its first line */
  const char    *body;    /* of the line after it */
  BksHeadingType type;
} Heading;

typedef struct
{
  const char *text;
  const char *end;
  GArray     *headings;
  guint       chapter_rank; /* deeper headings stay in the text */
} Markdown;

static void
heading_clear (gpointer data)
{
  Heading *heading = data;

  g_free (heading->title);
}

static Heading *
heading_at (Markdown *self,
            guint     index)
{
  return &g_array_index (self->headings, Heading, index);
}

static const char *
next_line (const char *at,
           const char *end)
{
  const char *line_end = memchr (at, '\n', end - at);

  return line_end != NULL ? line_end + 1 : end;
}

static gboolean
is_blank (const char *start,
          const char *end)
{
  while (start < end && g_ascii_isspace (*start))
    start++;
  return start == end;
}

static gboolean
is_setext_underline (const char *line,
                     const char *end)
{
  gsize run;

  line += MIN (strspn (line, " "), 3);
  run = strspn (line, *line == '=' ? "=" : "-");
  return run > 0 && is_blank (line + run, next_line (line + run, end));
}

/* The line under an underlined title; @end for a title with hashes. */
static const char *
find_underline (const char *start,
                const char *end)
{
  const char *mark = start + MIN (strspn (start, " "), 3);
  const char *line = next_line (start, end);

  if (*mark == '#')
    return end;
  while (line < end && !is_setext_underline (line, end))
    line = next_line (line, end);
  return line;
}

/* The definitions of links that stand right above an underlined title belong
 * to the same block for the parser, but not to the title. */
static const char *
skip_definitions (const char *start,
                  const char *underline,
                  const char *end)
{
  for (;;)
    {
      const char *line = start + MIN (strspn (start, " "), 3);
      const char *next = next_line (start, end);
      const char *bracket = *line == '[' ? g_strstr_len (line, next - line, "]:") : NULL;

      if (bracket == NULL || next >= underline)
        return start;
      start = next;
    }
}

/* cmark-gfm's last line of an underlined title is one too far at times, so the
 * lines are looked at again. */
static void
find_lines (Markdown   *self,
            Heading    *heading,
            const char *line)
{
  const char *underline = find_underline (line, self->end);

  if (underline == self->end)
    {
      heading->start = line;
      heading->body = next_line (line, self->end);
    }
  else
    {
      heading->start = skip_definitions (line, underline, self->end);
      heading->body = next_line (underline, self->end);
    }
}

static gboolean
find_headings (Markdown      *self,
               cmark_node    *root,
               BksLimits     *limits,
               GError       **error)
{
  const char *line = self->text;
  int number = 1;

  for (cmark_node *node = cmark_node_first_child (root); node != NULL; node = cmark_node_next (node))
    {
      g_autoptr(GString) title = g_string_new (NULL);
      BksHeading parsed;
      Heading heading = { 0 };

      if (cmark_node_get_type (node) != CMARK_NODE_HEADING)
        continue;
      if (self->headings->len == limits->import_sections)
        {
          g_set_error (error, BKS_ERROR, BKS_ERROR_TOO_LARGE, "It has more than %u headings: import it in several files",
                       limits->import_sections);
          return FALSE;
        }

      for (; number < cmark_node_get_start_line (node); number++)
        line = next_line (line, self->end);
      bks_markdown_append_plain (title, node);
      heading.level = cmark_node_get_heading_level (node);
      find_lines (self, &heading, line);
      if (self->headings->len > 0)
        {
          Heading *before = heading_at (self, self->headings->len - 1);

          before->body = MIN (before->body, heading.start);
        }
      heading.type = bks_heading_parse (title->str, &parsed) && !parsed.is_sentence ? parsed.type : BKS_HEADING_NONE;
      heading.title = g_strdup (title->str);
      g_array_append_val (self->headings, heading);
    }
  return TRUE;
}

/* A single "#" in front of everything is the book's title, unless the header
 * names another. */
static gboolean
has_title_heading (Markdown          *self,
                   const BksDocument *document)
{
  const Heading *first = self->headings->len > 0 ? heading_at (self, 0) : NULL;

  if (first == NULL || *first->title == '\0' ||
      (*document->title != '\0' && strcmp (document->title, first->title) != 0))
    return FALSE;
  if (self->headings->len == 1)
    return first->type == BKS_HEADING_NONE;
  for (guint i = 1; i < self->headings->len; i++)
    if (heading_at (self, i)->level <= first->level)
      return FALSE;
  return first->level == 1;
}

/* Levels in use become ranks: 0 for the highest. Returns how many. */
static guint
rank_levels (Markdown *self)
{
  guint rank_of[MOST_LEVELS + 1] = { 0 };
  guint ranks = 0;

  for (guint i = 0; i < self->headings->len; i++)
    rank_of[heading_at (self, i)->level] = 1;
  for (guint level = 1; level <= MOST_LEVELS; level++)
    if (rank_of[level] != 0)
      rank_of[level] = ranks++;
  for (guint i = 0; i < self->headings->len; i++)
    heading_at (self, i)->level = rank_of[heading_at (self, i)->level];
  return ranks;
}

static const char *
body_end (Markdown *self,
          guint     index)
{
  return index + 1 < self->headings->len ? heading_at (self, index + 1)->start : self->end;
}

/* Whether most of the highest headings stand right above a lower one. */
static gboolean
highest_are_parts (Markdown *self)
{
  guint highest = 0;
  guint bare = 0;

  for (guint i = 0; i < self->headings->len; i++)
    {
      const Heading *heading = heading_at (self, i);

      if (heading->level != 0 || heading->type >= BKS_HEADING_STORY)
        continue;
      highest++;
      bare += i + 1 < self->headings->len && heading_at (self, i + 1)->level == 1 &&
              is_blank (heading->body, body_end (self, i));
    }
  return bare * 2 > highest;
}

static guint
find_chapter_rank (Markdown *self,
                   guint     ranks)
{
  guint counts[MOST_LEVELS] = { 0 };
  guint best = 0;

  for (guint i = 0; i < self->headings->len; i++)
    counts[heading_at (self, i)->level] += heading_at (self, i)->type == BKS_HEADING_CHAPTER;
  for (guint rank = 1; rank < ranks; rank++)
    if (counts[rank] > counts[best])
      best = rank;
  if (counts[best] > 0)
    return best;
  return ranks > 1 && highest_are_parts (self) ? 1 : 0;
}

/* Headings below the chapters are the text's own. */
static void
drop_lower (Markdown *self)
{
  guint kept = 0;

  for (guint i = 0; i < self->headings->len; i++)
    {
      Heading swapped = *heading_at (self, i);

      if (swapped.level > self->chapter_rank)
        continue;
      *heading_at (self, i) = *heading_at (self, kept);
      *heading_at (self, kept++) = swapped;
    }
  g_array_set_size (self->headings, kept);
}

static gboolean
has_children (Markdown *self,
              guint     index)
{
  return index + 1 < self->headings->len && heading_at (self, index + 1)->level > heading_at (self, index)->level;
}

static gboolean
is_matter (BksHeadingType type)
{
  return type == BKS_HEADING_FRONT || type == BKS_HEADING_BACK || type == BKS_HEADING_CONTENTS;
}

static BksSectionKind
find_kind (Markdown *self,
           guint     index,
           guint     first,
           guint     last)
{
  const Heading *heading = heading_at (self, index);

  if (is_matter (heading->type) && !has_children (self, index))
    {
      if (index < first)
        return BKS_SECTION_FRONT_MATTER;
      if (index > last)
        return BKS_SECTION_BACK_MATTER;
    }
  if (heading->level < self->chapter_rank && (has_children (self, index) || heading->type == BKS_HEADING_PART))
    return BKS_SECTION_PART;
  return BKS_SECTION_CHAPTER;
}

static void
add_sections (Markdown    *self,
              BksDocument *document)
{
  guint first = self->headings->len;
  guint last = 0;
  guint open[MOST_LEVELS];
  guint depth = 0;

  for (guint i = 0; i < self->headings->len; i++)
    if (!is_matter (heading_at (self, i)->type) || has_children (self, i))
      {
        first = MIN (first, i);
        last = i;
      }

  for (guint i = 0; i < self->headings->len; i++)
    {
      const Heading *heading = heading_at (self, i);
      g_autofree char *text = bks_commonmark_trim (heading->body, body_end (self, i));

      while (depth > 0 && open[depth - 1] >= heading->level)
        depth--;
      bks_document_add (document, find_kind (self, i, first, last), depth, heading->title, text);
      open[depth++] = heading->level;
    }
}

static void
build (Markdown    *self,
       BksDocument *document,
       const char  *name)
{
  gboolean has_title = has_title_heading (self, document);
  const char *lead = self->text;
  const char *lead_end;

  if (has_title && *document->title == '\0')
    document->title = (g_free (document->title), g_strdup (heading_at (self, 0)->title));
  if (has_title && self->headings->len > 1)
    {
      lead = is_blank (self->text, heading_at (self, 0)->start) ? heading_at (self, 0)->body : self->text;
      g_array_remove_index (self->headings, 0);
    }
  if (*document->title == '\0')
    document->title = (g_free (document->title), g_strdup (name));

  lead_end = self->headings->len > 0 ? heading_at (self, 0)->start : self->end;
  if (self->headings->len == 0 || !is_blank (lead, lead_end))
    {
      g_autofree char *text = bks_commonmark_trim (lead, lead_end);

      if (self->headings->len == 0)
        bks_document_add (document, BKS_SECTION_CHAPTER, 0, document->title, text);
      else
        bks_document_add (document, BKS_SECTION_FRONT_MATTER, 0, "", text);
    }

  self->chapter_rank = find_chapter_rank (self, rank_levels (self));
  drop_lower (self);
  add_sections (self, document);
}

/* The title of a line such as "## A \*star\*". */
static char *
read_hash_title (const char  *start,
                 const char  *end,
                 BksLimits   *limits,
                 GError     **error)
{
  g_autoptr(BksMarkdown) markdown = bks_markdown_parse (start, end - start, limits, NULL, error);
  g_autoptr(GString) title = g_string_new (NULL);

  if (markdown == NULL)
    return NULL;
  bks_markdown_append_plain (title, markdown->root);
  return g_string_free_and_steal (g_steal_pointer (&title));
}

/* "<!-- TOKEN chapter 1 -->". */
static gboolean
read_marker (const char     *line,
             const char     *token,
             BksSectionKind *kind,
             guint          *depth)
{
  g_autofree char *text = g_strndup (line, strcspn (line, "\n"));
  g_auto(GStrv) words = g_strsplit (text, " ", -1);
  guint64 number;

  if (g_strv_length (words) != 5 || strcmp (words[0], "<!--") != 0 || strcmp (words[1], token) != 0 ||
      strcmp (words[4], "-->") != 0 || !bks_section_kind_from_string (words[2], kind) ||
      !g_ascii_string_to_unsigned (words[3], 10, 0, 1000, &number, NULL))
    return FALSE;
  *depth = (guint) number;
  return TRUE;
}

static const char *
find_marker (const char     *at,
             const char     *end,
             const char     *token,
             BksSectionKind *kind,
             guint          *depth)
{
  for (; at < end; at = next_line (at, end))
    if (g_str_has_prefix (at, "<!-- ") && read_marker (at, token, kind, depth))
      return at;
  return NULL;
}

/* A file of ours that says where each section begins: see bks-markdown-export.c. */
static gboolean
import_marked (BksDocument   *document,
               const char    *text,
               const char    *end,
               const char    *token,
               BksLimits     *limits,
               GCancellable  *cancellable,
               GError       **error)
{
  BksSectionKind kind;
  guint depth;
  const char *marker = find_marker (text, end, token, &kind, &depth);

  while (marker != NULL)
    {
      const char *body = next_line (marker, end);
      BksSectionKind next_kind;
      guint next_depth;
      const char *next = find_marker (body, end, token, &next_kind, &next_depth);
      g_autofree char *title = NULL;
      g_autofree char *content = NULL;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      while (body < end && *body == '\n')
        body++;
      if (*body == '#')
        {
          title = read_hash_title (body, next_line (body, end), limits, error);
          if (title == NULL)
            return FALSE;
          body = next_line (body, end);
        }
      content = bks_commonmark_trim (body, next != NULL ? next : end);
      bks_document_add (document, kind, depth, title, content);
      marker = next;
      kind = next_kind;
      depth = next_depth;
    }
  return TRUE;
}

/**
 * bks_markdown_import:
 * @text: UTF-8 Markdown with lines that end in LF
 * @name: the title if the text has none
 * @limits: the limits
 * @cancellable: (nullable): looked at now and then
 * @error: return location
 *
 * Divides Markdown by its headings. The text of the sections is kept as it is.
 *
 * Returns: (transfer full): the document, or %NULL
 */
BksDocument *
bks_markdown_import (const char    *text,
                     const char    *name,
                     BksLimits     *limits,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_autoptr(BksDocument) document = bks_document_new (NULL, NULL, NULL);
  g_autoptr(GArray) headings = g_array_new (FALSE, FALSE, sizeof (Heading));
  g_autoptr(BksMarkdown) markdown = NULL;
  g_autofree char *token = NULL;
  Markdown self = { .text = bks_yaml_header_read (text, document, &token), .headings = headings };

  self.end = self.text + strlen (self.text);
  g_array_set_clear_func (headings, heading_clear);

  if (token != NULL)
    {
      if (!import_marked (document, self.text, self.end, token, limits, cancellable, error))
        return NULL;
      if (document->sections->len > 0)
        return g_steal_pointer (&document);
    }

  markdown = bks_markdown_parse (self.text, self.end - self.text, limits, cancellable, error);
  if (markdown == NULL || !find_headings (&self, markdown->root, limits, error))
    return NULL;
  build (&self, document, name);
  bks_definitions_settle (document);
  return g_steal_pointer (&document);
}
