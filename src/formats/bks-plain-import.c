/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

#include "config.h"

#include <string.h>

#include "bks-error.h"

#include "bks-plain-import-private.h"
#include "bks-plain-private.h"

/* Plain text: where its headings may be, and the document that comes of them. */

#define BLOCKS_PER_CHECK 1024
#define DECORATION "*=~#-_ \t"

static void
candidate_clear (gpointer data)
{
  BksPlainCandidate *candidate = data;

  g_free (candidate->label);
  g_free (candidate->next_title);
}

/* Form feeds and the line ends of other systems become LF; control characters
 * that mean nothing in a book are left out. */
static char *
clean (const char *text)
{
  GString *out = g_string_sized_new (strlen (text));

  for (const char *at = text; *at != '\0';)
    {
      const char *next = g_utf8_next_char (at);
      gunichar ch = g_utf8_get_char (at);

      if (ch == '\f' || ch == '\v' || ch == 0x85 || ch == 0x2028)
        g_string_append_c (out, '\n');
      else if (ch == 0x2029)
        g_string_append (out, "\n\n");
      else if (ch == '\n' || ch == '\t' || (ch >= 0x20 && !(ch >= 0x7f && ch < 0xa0) && ch != 0xfeff))
        g_string_append_len (out, at, next - at);
      at = next;
    }
  return g_string_free_and_steal (out);
}

/**
 * bks_plain_line_text:
 * @line: a line
 *
 * Returns: (transfer full): what stands in it
 */
char *
bks_plain_line_text (const BksLine *line)
{
  return g_strndup (line->start, line->end - line->start);
}

/**
 * bks_plain_make_title:
 * @text: a heading
 *
 * Returns: (transfer full): it as a title, which is plain text: "_Pequod_"
 *   loses its marks, runs of space shrink
 */
char *
bks_plain_make_title (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar ch = g_utf8_get_char (at);

      if (g_unichar_isspace (ch))
        {
          if (out->len > 0 && out->str[out->len - 1] != ' ')
            g_string_append_c (out, ' ');
        }
      else if (ch != '_')
        {
          g_string_append_unichar (out, ch);
        }
    }
  return g_strchomp (g_string_free_and_steal (out));
}

/**
 * bks_plain_is_blank:
 * @start: a place in a text
 * @end: a later one
 *
 * Returns: whether there is nothing but space between them
 */
gboolean
bks_plain_is_blank (const char *start,
                    const char *end)
{
  for (; start < end; start = g_utf8_next_char (start))
    if (!g_unichar_isspace (g_utf8_get_char (start)))
      return FALSE;
  return TRUE;
}

/* "*** Chapter 1 ***" is "Chapter 1". */
static char *
strip_decoration (char *text)
{
  gsize start = strspn (text, DECORATION);
  gsize length = strlen (text);

  while (length > start && strchr (DECORATION, text[length - 1]) != NULL)
    length--;
  memmove (text, text + start, length - start);
  text[length - start] = '\0';
  return text;
}

static gboolean
is_underline (const BksLine *line)
{
  gsize length = line->end - line->start;

  return length >= 3 && strchr ("=-*~_", *line->start) != NULL && strspn (line->start, "=-*~_") >= length;
}

static gboolean
parse_line (const BksLine *line,
            BksHeading    *heading)
{
  g_autofree char *text = strip_decoration (bks_plain_line_text (line));

  return bks_heading_parse (text, heading);
}

/**
 * bks_plain_get_separator:
 * @label: a heading without a title
 *
 * Returns: what stands between "CHAPTER I" and its title: nothing but a space after "CHAPTER I."
 */
const char *
bks_plain_get_separator (const char *label)
{
  gsize length = strlen (label);

  return length > 0 && strchr (".:", label[length - 1]) != NULL ? " " : ": ";
}

/* How many lines of a block, after the first, go on with the heading's title. */
static guint
count_title_lines (BksPlain         *self,
                   const BksHeading *heading,
                   const char       *label,
                   const BksLine    *lines,
                   guint             n_lines)
{
  gboolean has_title = label[heading->title] != '\0';
  guint count = 0;

  if (n_lines < 2 || n_lines > BKS_PLAIN_HEADING_LINES)
    return 0;
  for (count = 0; count + 1 < n_lines; count++)
    {
      g_autofree char *text = bks_plain_line_text (&lines[count + 1]);
      gboolean goes_on = has_title
        ? bks_heading_is_capitals (text) == bks_heading_is_capitals (label) &&
          (bks_heading_is_capitals (text) || bks_wrapping_is_full (&self->wrapping, &lines[count], &lines[count + 1]))
        : bks_heading_is_title_like (text);

      if (!goes_on)
        break;
    }
  /* A title does not go over into text within one block of wrapped prose. */
  return has_title && count + 1 < n_lines ? 0 : count;
}

static void
add_candidate (BksPlain         *self,
               const BksHeading *heading,
               const char       *label,
               const char       *start,
               const char       *body)
{
  BksPlainCandidate candidate = { 0 };

  candidate.heading = *heading;
  candidate.label = bks_plain_make_title (label);
  candidate.has_title = label[heading->title] != '\0';
  candidate.start = start;
  candidate.body = body;
  g_array_append_val (self->candidates, candidate);
}

/* A list of headings without text between them is a table of contents; only
 * "PART ONE / CHAPTER ONE" are two headings in two lines. */
static gboolean
is_heading_list (const BksHeading *heading,
                 const BksLine    *lines,
                 guint             n_lines)
{
  BksHeading second;

  if (n_lines < 2 || !parse_line (&lines[1], &second))
    return FALSE;
  return second.type != BKS_HEADING_NUMBER || heading->type == BKS_HEADING_NUMBER;
}

static void
consider_block (BksPlain      *self,
                const BksLine *lines,
                guint          n_lines)
{
  g_autofree char *label = strip_decoration (bks_plain_line_text (&lines[0]));
  g_autoptr(GString) title = g_string_new (label);
  BksHeading heading;
  guint used = 1;

  if (!bks_heading_parse (label, &heading))
    return;

  if (n_lines > 1 && is_underline (&lines[1]))
    {
      used = 2;
    }
  else if (is_heading_list (&heading, lines, n_lines))
    {
      BksHeading second;

      if (n_lines != 2 || heading.type != BKS_HEADING_PART)
        return;
      parse_line (&lines[1], &second);
      if (second.type == BKS_HEADING_CHAPTER)
        {
          add_candidate (self, &heading, label, lines[0].start, lines[1].start);
          consider_block (self, lines + 1, 1);
        }
      return;
    }
  else
    {
      guint more = count_title_lines (self, &heading, label, lines, n_lines);

      for (guint i = 1; i <= more; i++)
        g_string_append_printf (title, "%s%.*s", i == 1 && label[heading.title] == '\0' ? bks_plain_get_separator (label) : " ",
                                (int) (lines[i].end - lines[i].start), lines[i].start);
      used += more;
    }

  /* Only a heading that cannot be a sentence may stand right above text. */
  if (used < n_lines && (heading.is_sentence || heading.type >= BKS_HEADING_STORY))
    return;
  add_candidate (self, &heading, title->str, lines[0].start, used < n_lines ? lines[used].start : lines[used - 1].end);
}

static void
note_next_title (BksPlain          *self,
                 BksPlainCandidate *candidate,
                 const BksLine     *lines,
                 guint              n_lines)
{
  g_autoptr(GString) title = g_string_new (NULL);
  BksHeading heading;

  for (guint i = 0; i < n_lines; i++)
    {
      g_autofree char *text = bks_plain_line_text (&lines[i]);

      g_string_append_printf (title, "%s%s", i > 0 ? " " : "", text);
    }
  if (n_lines > 2 || !bks_heading_is_title_like (title->str) || bks_heading_parse (title->str, &heading))
    return;
  candidate->next_title = bks_plain_make_title (title->str);
  candidate->title_end = lines[n_lines - 1].end;
}

/**
 * bks_plain_lacks_title:
 * @candidate: a place that may be a heading
 *
 * Returns: whether it is a mere "Chapter 1", which the next line may name
 */
gboolean
bks_plain_lacks_title (const BksPlainCandidate *candidate)
{
  return (candidate->heading.type == BKS_HEADING_CHAPTER || candidate->heading.type == BKS_HEADING_PART ||
          candidate->heading.type == BKS_HEADING_NUMBER) &&
         !candidate->has_title;
}

static gboolean
find_candidates (BksPlain  *self,
                 GError   **error)
{
  g_autoptr(GArray) lines = g_array_new (FALSE, FALSE, sizeof (BksLine));
  const char *at = self->text;
  gboolean after_heading = FALSE;

  for (guint i = 0; at < self->end; i++)
    {
      const BksLine *block;
      guint before = self->candidates->len;

      if (i % BLOCKS_PER_CHECK == 0 && g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;
      at = bks_paragraphs_next (at, self->end, &self->wrapping, lines, NULL);
      if (lines->len == 0)
        break;
      block = (const BksLine *) (void *) lines->data;
      consider_block (self, block, lines->len);

      if (self->candidates->len > before)
        {
          BksPlainCandidate *last = bks_plain_get (self, self->candidates->len - 1);

          after_heading = bks_plain_lacks_title (last) && last->body == block[lines->len - 1].end;
        }
      else if (after_heading)
        {
          note_next_title (self, bks_plain_get (self, before - 1), block, lines->len);
          after_heading = FALSE;
        }

      if (self->candidates->len > self->limits->import_sections)
        {
          g_set_error (error, BKS_ERROR, BKS_ERROR_TOO_LARGE, "It has more than %u headings: import it in several files",
                       self->limits->import_sections);
          return FALSE;
        }
    }
  return TRUE;
}

/* One heading's place in the tree of parts. */
typedef struct
{
  guint order[3]; /* of volume, book and part, as they first come; 0 unseen */
  guint seen;
  guint open[3];
  guint depth;
} Nesting;

static guint
open_part (Nesting *nesting,
           guint    rank)
{
  if (nesting->order[rank] == 0)
    nesting->order[rank] = ++nesting->seen;
  while (nesting->depth > 0 && nesting->open[nesting->depth - 1] >= nesting->order[rank])
    nesting->depth--;
  nesting->open[nesting->depth] = nesting->order[rank];
  return nesting->depth++;
}

static gboolean
add_section (BksPlain        *self,
             BksDocument     *document,
             BksSectionKind   kind,
             guint            depth,
             const char      *title,
             const char      *start,
             const char      *end,
             GError         **error)
{
  g_autoptr(GString) text = g_string_sized_new (end - start + 64);

  if (!bks_paragraphs_append (text, start, end, &self->wrapping, self->cancellable, error))
    return FALSE;
  bks_document_add (document, kind, depth, title, text->str);
  return TRUE;
}

static BksSectionKind
place (BksPlain *self,
       guint     index,
       Nesting  *nesting,
       guint    *depth)
{
  const BksPlainCandidate *candidate = bks_plain_get (self, index);
  gboolean is_last = TRUE;

  for (guint i = index + 1; is_last && i < self->candidates->len; i++)
    is_last = bks_plain_get (self, i)->heading.type == BKS_HEADING_BACK;

  switch (candidate->heading.type)
    {
    case BKS_HEADING_PART:
      *depth = open_part (nesting, candidate->heading.rank);
      return BKS_SECTION_PART;

    case BKS_HEADING_BACK:
      *depth = nesting->depth = 0;
      return BKS_SECTION_BACK_MATTER;

    case BKS_HEADING_FRONT:
    case BKS_HEADING_CONTENTS:
      *depth = 0;
      return BKS_SECTION_FRONT_MATTER;

    case BKS_HEADING_STORY:
      /* An epilogue closes the book, not its last part. */
      if (is_last)
        nesting->depth = 0;
      *depth = nesting->depth;
      return BKS_SECTION_CHAPTER;

    case BKS_HEADING_CHAPTER:
    case BKS_HEADING_NUMBER:
    case BKS_HEADING_NONE:
    default:
      *depth = nesting->depth;
      return BKS_SECTION_CHAPTER;
    }
}

static gboolean
add_sections (BksPlain     *self,
              BksDocument  *document,
              GError      **error)
{
  Nesting nesting = { 0 };

  for (guint i = 0; i < self->candidates->len; i++)
    {
      const BksPlainCandidate *candidate = bks_plain_get (self, i);
      const char *end = i + 1 < self->candidates->len ? bks_plain_get (self, i + 1)->start : self->end;
      guint depth;
      BksSectionKind kind = place (self, i, &nesting, &depth);

      if (!add_section (self, document, kind, depth, candidate->label, candidate->body, end, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
build (BksPlain     *self,
       BksDocument  *document,
       const char   *name,
       GError      **error)
{
  gboolean has_headings = self->candidates->len > 0;
  const char *lead_end = has_headings ? bks_plain_get (self, 0)->start : self->end;
  const char *rest = bks_title_page_read (self, document, self->text, lead_end, has_headings);

  if (*document->title == '\0')
    {
      g_free (document->title);
      document->title = bks_plain_make_title (name);
    }
  if (!has_headings)
    return add_section (self, document, BKS_SECTION_CHAPTER, 0, document->title, rest, self->end, error);
  if (!bks_plain_is_blank (rest, lead_end) &&
      !add_section (self, document, BKS_SECTION_FRONT_MATTER, 0, "", rest, lead_end, error))
    return FALSE;
  return add_sections (self, document, error);
}

/**
 * bks_plain_import:
 * @text: UTF-8 plain text, not blank, with lines that end in LF
 * @name: the title if the text has none
 * @limits: the limits
 * @cancellable: (nullable): looked at now and then
 * @error: return location
 *
 * Finds title, author and headings and turns the paragraphs into CommonMark
 * that renders as the same characters.
 *
 * Returns: (transfer full): the document, or %NULL
 */
BksDocument *
bks_plain_import (const char    *text,
                  const char    *name,
                  BksLimits     *limits,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_autofree char *cleaned = clean (text);
  g_autoptr(GArray) candidates = g_array_new (FALSE, FALSE, sizeof (BksPlainCandidate));
  g_autoptr(BksDocument) document = bks_document_new (NULL, NULL, NULL);
  BksPlain self = {
    .text = cleaned,
    .end = cleaned + strlen (cleaned),
    .limits = limits,
    .cancellable = cancellable,
    .candidates = candidates,
  };

  g_array_set_clear_func (candidates, candidate_clear);
  bks_wrapping_measure (&self.wrapping, cleaned);
  if (!find_candidates (&self, error))
    return NULL;
  bks_plain_judge (&self);
  if (!build (&self, document, name, error))
    return NULL;
  return g_steal_pointer (&document);
}
