/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

#include "config.h"

#include <string.h>

#include "bks-error.h"

#include "bks-commonmark-private.h"
#include "bks-heading-private.h"
#include "bks-paragraphs-private.h"
#include "bks-plain-import-private.h"

#define TITLE_PAGE_LINES 12
#define TITLE_CHARS 120
#define HEADING_LINES 4
#define BLOCKS_PER_CHECK 1024
#define DECORATION "*=~#-_ \t"

/* A place that may be a heading. The text that it heads begins at @body, or at
 * @title_end if the title that follows it is taken as its own. */
typedef struct
{
  BksHeading  heading;
  const char *start;
  const char *body;
  char       *label;
  char       *next_title;
  const char *title_end;
  gboolean    has_title;
  gboolean    is_rejected;
} Candidate;

typedef struct
{
  const char   *text;
  const char   *end;
  BksWrapping   wrapping;
  BksLimits    *limits;
  GCancellable *cancellable;
  GArray       *candidates;
} Plain;

static void
candidate_clear (gpointer data)
{
  Candidate *candidate = data;

  g_free (candidate->label);
  g_free (candidate->next_title);
}

static Candidate *
candidate_at (Plain *self,
              guint  index)
{
  return &g_array_index (self->candidates, Candidate, index);
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

static char *
line_text (const BksLine *line)
{
  return g_strndup (line->start, line->end - line->start);
}

/* A title is plain text: "_Pequod_" loses its marks, runs of space shrink. */
static char *
make_title (const char *text)
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
  g_autofree char *text = strip_decoration (line_text (line));

  return bks_heading_parse (text, heading);
}

/* What stands between "CHAPTER I" and its title: nothing after "CHAPTER I." */
static const char *
title_separator (const char *label)
{
  gsize length = strlen (label);

  return length > 0 && strchr (".:", label[length - 1]) != NULL ? " " : ": ";
}

/* How many lines of a block, after the first, go on with the heading's title. */
static guint
count_title_lines (Plain            *self,
                   const BksHeading *heading,
                   const char       *label,
                   const BksLine    *lines,
                   guint             n_lines)
{
  gboolean has_title = label[heading->title] != '\0';
  guint count = 0;

  if (n_lines < 2 || n_lines > HEADING_LINES)
    return 0;
  for (count = 0; count + 1 < n_lines; count++)
    {
      g_autofree char *text = line_text (&lines[count + 1]);
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
add_candidate (Plain            *self,
               const BksHeading *heading,
               const char       *label,
               const char       *start,
               const char       *body)
{
  Candidate candidate = { 0 };

  candidate.heading = *heading;
  candidate.label = make_title (label);
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
consider_block (Plain         *self,
                const BksLine *lines,
                guint          n_lines)
{
  g_autofree char *label = strip_decoration (line_text (&lines[0]));
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
        g_string_append_printf (title, "%s%.*s", i == 1 && label[heading.title] == '\0' ? title_separator (label) : " ",
                                (int) (lines[i].end - lines[i].start), lines[i].start);
      used += more;
    }

  /* Only a heading that cannot be a sentence may stand right above text. */
  if (used < n_lines && (heading.is_sentence || heading.type >= BKS_HEADING_STORY))
    return;
  add_candidate (self, &heading, title->str, lines[0].start, used < n_lines ? lines[used].start : lines[used - 1].end);
}

static void
note_next_title (Plain         *self,
                 Candidate     *candidate,
                 const BksLine *lines,
                 guint          n_lines)
{
  g_autoptr(GString) title = g_string_new (NULL);
  BksHeading heading;

  for (guint i = 0; i < n_lines; i++)
    {
      g_autofree char *text = line_text (&lines[i]);

      g_string_append_printf (title, "%s%s", i > 0 ? " " : "", text);
    }
  if (n_lines > 2 || !bks_heading_is_title_like (title->str) || bks_heading_parse (title->str, &heading))
    return;
  candidate->next_title = make_title (title->str);
  candidate->title_end = lines[n_lines - 1].end;
}

static gboolean
lacks_title (const Candidate *candidate)
{
  return (candidate->heading.type == BKS_HEADING_CHAPTER || candidate->heading.type == BKS_HEADING_PART ||
          candidate->heading.type == BKS_HEADING_NUMBER) &&
         !candidate->has_title;
}

static gboolean
find_candidates (Plain   *self,
                 GError **error)
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
          Candidate *last = candidate_at (self, self->candidates->len - 1);

          after_heading = lacks_title (last) && last->body == block[lines->len - 1].end;
        }
      else if (after_heading)
        {
          note_next_title (self, candidate_at (self, before - 1), block, lines->len);
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

static void
drop_rejected (Plain *self)
{
  guint kept = 0;

  for (guint i = 0; i < self->candidates->len; i++)
    {
      Candidate swapped = *candidate_at (self, i);

      if (swapped.is_rejected)
        continue;
      *candidate_at (self, i) = *candidate_at (self, kept);
      *candidate_at (self, kept++) = swapped;
    }
  g_array_set_size (self->candidates, kept);
}

/* Marks the bare numbers that do not count on from one another, or all of
 * them where there are fewer than @least. */
static guint
keep_counting (Plain    *self,
               gboolean  with_title,
               guint     least)
{
  guint expected = 1;
  guint kept = 0;

  for (guint i = 0; i < self->candidates->len; i++)
    {
      Candidate *candidate = candidate_at (self, i);

      if (candidate->heading.type == BKS_HEADING_PART && !candidate->is_rejected)
        expected = kept > 0 ? 0 : 1;
      if (candidate->heading.type != BKS_HEADING_NUMBER)
        continue;

      candidate->is_rejected = TRUE;
      if (!with_title && !lacks_title (candidate))
        continue;
      if (candidate->heading.number != expected && !(expected == 0 && candidate->heading.number == 1))
        continue;
      candidate->is_rejected = FALSE;
      expected = candidate->heading.number + 1;
      kept++;
    }

  for (guint i = 0; kept < least && i < self->candidates->len; i++)
    if (candidate_at (self, i)->heading.type == BKS_HEADING_NUMBER)
      candidate_at (self, i)->is_rejected = TRUE;
  return kept >= least ? kept : 0;
}

/* Numbers alone are chapters where nothing else is. */
static void
judge_numbers (Plain *self)
{
  gboolean has_chapters = FALSE;

  for (guint i = 0; i < self->candidates->len; i++)
    has_chapters |= candidate_at (self, i)->heading.type == BKS_HEADING_CHAPTER &&
                    !candidate_at (self, i)->is_rejected;

  if (has_chapters)
    {
      for (guint i = 0; i < self->candidates->len; i++)
        candidate_at (self, i)->is_rejected |= candidate_at (self, i)->heading.type == BKS_HEADING_NUMBER;
      return;
    }
  if (keep_counting (self, FALSE, 2) == 0)
    keep_counting (self, TRUE, 3);
}

/* What could be a sentence is a heading only if it has the number that is due. */
static void
judge_sentences (Plain *self)
{
  guint due[2] = { 1, 1 };

  for (guint i = 0; i < self->candidates->len; i++)
    {
      Candidate *candidate = candidate_at (self, i);
      guint kind = candidate->heading.type == BKS_HEADING_PART;

      if (candidate->heading.type != BKS_HEADING_PART && candidate->heading.type != BKS_HEADING_CHAPTER)
        continue;
      candidate->is_rejected = candidate->heading.is_sentence && candidate->heading.number != due[kind];
      if (candidate->is_rejected)
        continue;
      due[kind] = candidate->heading.number + 1;
    }
}

/* A short paragraph after a heading is its title if it is so in most chapters. */
static void
judge_next_titles (Plain *self)
{
  guint without = 0;
  guint with = 0;

  for (guint i = 0; i < self->candidates->len; i++)
    {
      without += lacks_title (candidate_at (self, i));
      with += candidate_at (self, i)->next_title != NULL;
    }

  for (guint i = 0; i < self->candidates->len; i++)
    {
      Candidate *candidate = candidate_at (self, i);
      char *label;

      if (candidate->next_title == NULL || with * 5 < without * 3)
        continue;
      label = g_strconcat (candidate->label, title_separator (candidate->label), candidate->next_title, NULL);
      g_free (candidate->label);
      candidate->label = label;
      candidate->body = candidate->title_end;
    }
}

static gboolean
is_blank (const char *start,
          const char *end)
{
  for (; start < end; start = g_utf8_next_char (start))
    if (!g_unichar_isspace (g_utf8_get_char (start)))
      return FALSE;
  return TRUE;
}

static gboolean
same_heading (const Candidate *a,
              const Candidate *b)
{
  return a->heading.type == b->heading.type && a->heading.rank == b->heading.rank &&
         a->heading.number == b->heading.number &&
         (a->heading.number != 0 || g_ascii_strcasecmp (a->label, b->label) == 0);
}

/* Headings without text before the first text are a table of contents if the
 * first of them comes again; that again is where the book begins. */
static void
judge_contents (Plain *self)
{
  guint with_text = 0;
  guint begin = 0;

  while (with_text < self->candidates->len &&
         is_blank (candidate_at (self, with_text)->body,
                   with_text + 1 < self->candidates->len ? candidate_at (self, with_text + 1)->start : self->end))
    with_text++;
  if (with_text == self->candidates->len)
    return;

  for (guint first = 0; first < with_text && begin == 0; first++)
    for (guint again = with_text; again > first && begin == 0; again--)
      if (candidate_at (self, first)->heading.type != BKS_HEADING_CONTENTS &&
          same_heading (candidate_at (self, first), candidate_at (self, again)))
        begin = again;

  for (guint i = 0; i < begin; i++)
    candidate_at (self, i)->is_rejected = candidate_at (self, i)->heading.type != BKS_HEADING_CONTENTS;
}

static gboolean
is_chapter (const Candidate *candidate)
{
  return candidate->heading.type == BKS_HEADING_CHAPTER || candidate->heading.type == BKS_HEADING_NUMBER ||
         candidate->heading.type == BKS_HEADING_STORY;
}

/* A heading for the end of a book, in its middle, is a chapter's own. */
static void
judge_matter (Plain *self)
{
  guint first = self->candidates->len;
  guint last = 0;

  for (guint i = 0; i < self->candidates->len; i++)
    if (is_chapter (candidate_at (self, i)) || candidate_at (self, i)->heading.type == BKS_HEADING_PART)
      {
        first = MIN (first, i);
        last = i;
      }

  for (guint i = first; i < self->candidates->len; i++)
    {
      Candidate *candidate = candidate_at (self, i);

      if (candidate->heading.type == BKS_HEADING_CONTENTS)
        candidate->is_rejected = TRUE;
      else if (candidate->heading.type == BKS_HEADING_BACK && i < last)
        candidate->is_rejected = TRUE;
      else if (candidate->heading.type == BKS_HEADING_FRONT)
        candidate->heading.type = i < last ? BKS_HEADING_STORY : BKS_HEADING_BACK;
    }
}

/* Where no chapter is, the smallest parts are the chapters. */
static void
judge_parts (Plain *self)
{
  guint rank = 0;

  for (guint i = 0; i < self->candidates->len; i++)
    {
      if (is_chapter (candidate_at (self, i)))
        return;
      if (candidate_at (self, i)->heading.type == BKS_HEADING_PART)
        rank = MAX (rank, candidate_at (self, i)->heading.rank);
    }
  for (guint i = 0; i < self->candidates->len; i++)
    if (candidate_at (self, i)->heading.type == BKS_HEADING_PART && candidate_at (self, i)->heading.rank == rank)
      candidate_at (self, i)->heading.type = BKS_HEADING_CHAPTER;
}

static void
judge (Plain *self)
{
  judge_sentences (self);
  judge_numbers (self);
  drop_rejected (self);
  judge_next_titles (self);
  judge_contents (self);
  drop_rejected (self);
  judge_matter (self);
  drop_rejected (self);
  judge_parts (self);
}

/* The year of "(1814)" or "1814", else NULL. */
static char *
read_year (const char *text)
{
  const char *digits = text + strspn (text, "([");
  gsize length = strspn (digits, "0123456789");

  if (length != 4 || (*digits != '1' && *digits != '2') || strspn (digits + 4, ")].") != strlen (digits + 4))
    return NULL;
  return g_strndup (digits, 4);
}

/* Length of "by " and its like at the start of @text, 0 if there is none;
 * G_MAXSIZE if nothing comes after it. */
static gsize
read_by (const char *text)
{
  static const char *const words[] = { "by", "von", "par", "por", "di", "door", "av", "af" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      gsize length = strlen (words[i]);

      if (g_ascii_strncasecmp (text, words[i], length) != 0)
        continue;
      if (text[length] == '\0' || strcmp (text + length, ":") == 0)
        return G_MAXSIZE;
      if (g_ascii_isspace (text[length]))
        return length + 1;
    }
  return 0;
}

/* "Jane Austen (1803)" names a year too. */
static void
set_author (BksDocument *document,
            const char  *text)
{
  const char *bracket = strrchr (text, '(');
  g_autofree char *year = bracket != NULL ? read_year (bracket) : NULL;
  g_autofree char *name = year != NULL ? g_strndup (text, bracket - text) : g_strdup (text);

  g_free (document->author);
  document->author = make_title (name);
  if (year != NULL)
    {
      g_free (document->date);
      document->date = g_steal_pointer (&year);
    }
}

/* Two to four capitalised words, none of which belongs to a subtitle. */
static gboolean
is_name (const char *text)
{
  static const char *const subtitles[] = { "a", "an", "the", "of", "in", "novel", "story", "tale", "edition", "volume", "romance", NULL };
  g_auto(GStrv) words = g_strsplit (text, " ", -1);
  guint n_words = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      g_autofree char *lower = g_utf8_strdown (words[i], -1);

      if (*words[i] == '\0')
        continue;
      n_words++;
      if (!g_unichar_isupper (g_utf8_get_char (words[i])) || g_strv_contains (subtitles, lower) ||
          strpbrk (words[i], "0123456789,;:!?") != NULL)
        return FALSE;
    }
  return n_words >= 2 && n_words <= 4;
}

/* Reads one line of a title page into the document; FALSE if it is none. */
static gboolean
read_title_page_line (BksDocument *document,
                      const char  *text,
                      gboolean    *after_by,
                      gboolean     is_block,
                      gboolean     has_headings)
{
  gsize by = read_by (text);
  char *year = read_year (text);

  if (year != NULL)
    {
      g_free (document->date);
      document->date = year;
      return TRUE;
    }
  if (*document->author != '\0')
    return FALSE;
  if (*after_by || (by == 0 && is_block && has_headings && is_name (text)))
    {
      set_author (document, text);
      *after_by = FALSE;
      return TRUE;
    }
  if (by == G_MAXSIZE)
    *after_by = TRUE;
  else if (by > 0)
    set_author (document, text + by);
  return by > 0;
}

static gboolean
is_book_title (const char *text,
               gboolean    has_headings)
{
  gsize length = strlen (text);
  g_autofree char *year = read_year (text);

  if (length == 0 || year != NULL || g_utf8_strlen (text, -1) > TITLE_CHARS)
    return FALSE;
  if (has_headings && (strchr (".,;:", text[length - 1]) == NULL || bks_heading_is_capitals (text)))
    return TRUE;
  return bks_heading_is_title_like (text);
}

/* Takes title, author and year off the lines between @start and @end. Returns
 * where the rest begins. */
static const char *
read_title_page (Plain       *self,
                 BksDocument *document,
                 const char  *start,
                 const char  *end,
                 gboolean     has_headings)
{
  g_autoptr(GArray) lines = g_array_new (FALSE, FALSE, sizeof (BksLine));
  const char *at = start;
  const char *rest = start;
  gboolean after_by = FALSE;

  for (guint seen = 0; at < end && seen < TITLE_PAGE_LINES;)
    {
      const char *next = bks_paragraphs_next (at, end, &self->wrapping, lines, NULL);

      if (lines->len == 0 || lines->len > HEADING_LINES)
        break;
      for (guint i = 0; i < lines->len; i++, seen++)
        {
          const BksLine *line = &g_array_index (lines, BksLine, i);
          g_autofree char *text = line_text (line);

          if (seen == 0)
            {
              if (!is_book_title (text, has_headings) || (!has_headings && is_blank (next, end)))
                return start;
              g_free (document->title);
              document->title = make_title (text);
            }
          else if (!read_title_page_line (document, text, &after_by, lines->len == 1, has_headings))
            {
              return rest;
            }
          rest = line->end;
        }
      at = next;
    }
  return rest;
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
add_section (Plain           *self,
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
place (Plain   *self,
       guint    index,
       Nesting *nesting,
       guint   *depth)
{
  const Candidate *candidate = candidate_at (self, index);
  gboolean is_last = TRUE;

  for (guint i = index + 1; is_last && i < self->candidates->len; i++)
    is_last = candidate_at (self, i)->heading.type == BKS_HEADING_BACK;

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
add_sections (Plain        *self,
              BksDocument  *document,
              GError      **error)
{
  Nesting nesting = { 0 };

  for (guint i = 0; i < self->candidates->len; i++)
    {
      const Candidate *candidate = candidate_at (self, i);
      const char *end = i + 1 < self->candidates->len ? candidate_at (self, i + 1)->start : self->end;
      guint depth;
      BksSectionKind kind = place (self, i, &nesting, &depth);

      if (!add_section (self, document, kind, depth, candidate->label, candidate->body, end, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
build (Plain        *self,
       BksDocument  *document,
       const char   *name,
       GError      **error)
{
  gboolean has_headings = self->candidates->len > 0;
  const char *lead_end = has_headings ? candidate_at (self, 0)->start : self->end;
  const char *rest = read_title_page (self, document, self->text, lead_end, has_headings);

  if (*document->title == '\0')
    {
      g_free (document->title);
      document->title = make_title (name);
    }
  if (!has_headings)
    return add_section (self, document, BKS_SECTION_CHAPTER, 0, document->title, rest, self->end, error);
  if (!is_blank (rest, lead_end) &&
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
  g_autoptr(GArray) candidates = g_array_new (FALSE, FALSE, sizeof (Candidate));
  g_autoptr(BksDocument) document = bks_document_new (NULL, NULL, NULL);
  Plain self = {
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
  judge (&self);
  if (!build (&self, document, name, error))
    return NULL;
  return g_steal_pointer (&document);
}
