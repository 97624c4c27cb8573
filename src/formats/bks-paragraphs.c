/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

/* The paragraphs of plain text: which line ends are the author's, and which
 * are only those of the page. */

#include "config.h"

#include <string.h>

#include "bks-commonmark-private.h"
#include "bks-paragraphs-private.h"

#define TAB_COLUMNS 8
#define WIDEST_WRAPPED 120 /* nobody wraps wider; a longer line is a paragraph */
#define LEAST_WIDTH 50
#define FAR_RIGHT 12       /* an indent for a date or a signature, not for a paragraph */
#define MOST_LINES 100000  /* of one paragraph; keeps a hostile file's memory small */
#define BLOCKS_PER_CHECK 1024

static gboolean
read_line (const char  *at,
           const char  *end,
           BksLine     *line,
           const char **next)
{
  const char *line_end = memchr (at, '\n', end - at);

  if (line_end == NULL)
    line_end = end;
  *next = line_end < end ? line_end + 1 : end;

  line->indent = 0;
  while (at < line_end && g_unichar_isspace (g_utf8_get_char (at)))
    {
      line->indent += *at == '\t' ? TAB_COLUMNS - line->indent % TAB_COLUMNS : 1;
      at = g_utf8_next_char (at);
    }
  while (line_end > at && g_unichar_isspace (g_utf8_get_char (g_utf8_prev_char (line_end))))
    line_end = g_utf8_prev_char (line_end);

  line->start = at;
  line->end = line_end;
  line->chars = g_utf8_strlen (at, line_end - at);
  return line->chars > 0;
}

static guint
percentile_95 (const guint *lengths,
               guint        lines)
{
  guint seen = 0;

  for (guint i = 0; i <= WIDEST_WRAPPED; i++)
    {
      seen += lengths[i];
      if ((guint64) seen * 100 >= (guint64) lines * 95)
        return i;
    }
  return WIDEST_WRAPPED;
}

/**
 * bks_wrapping_measure:
 * @self: (out): the result
 * @text: a whole text
 */
void
bks_wrapping_measure (BksWrapping *self,
                      const char  *text)
{
  const char *end = text + strlen (text);
  guint lengths[WIDEST_WRAPPED + 1] = { 0 };
  guint lines = 0;
  gsize chars = 0;
  gsize long_chars = 0;
  guint long_lines = 0;
  guint long_lines_touched = 0;
  gboolean after_long = FALSE;

  for (const char *at = text; at < end;)
    {
      BksLine line;
      gboolean has_text = read_line (at, end, &line, &at);

      if (!has_text)
        {
          after_long = FALSE;
          continue;
        }
      chars += line.chars;
      long_lines_touched += after_long;
      after_long = line.indent + line.chars > WIDEST_WRAPPED;
      if (after_long)
        {
          long_lines++;
          long_chars += line.chars;
          continue;
        }
      lines++;
      lengths[line.indent + line.chars]++;
    }

  self->width = MAX (percentile_95 (lengths, lines), LEAST_WIDTH);
  self->is_unwrapped = long_chars * 5 >= chars * 2 && long_lines > 0;
  self->no_blank_lines = self->is_unwrapped && long_lines_touched * 2 > long_lines;
}

static guint
first_word_chars (const BksLine *line)
{
  guint chars = 0;

  for (const char *at = line->start; at < line->end && !g_unichar_isspace (g_utf8_get_char (at)); at = g_utf8_next_char (at))
    chars++;
  return chars;
}

/**
 * bks_wrapping_is_full:
 * @self: a wrapping
 * @line: a line
 * @next: the one below it
 *
 * Returns: whether @line ends because the next word had no room, give or take
 *   a quarter for text that was changed after it was wrapped
 */
gboolean
bks_wrapping_is_full (const BksWrapping *self,
                      const BksLine     *line,
                      const BksLine     *next)
{
  guint indent = line->indent > FAR_RIGHT ? 0 : line->indent;

  return (indent + line->chars + 1 + first_word_chars (next)) * 4 > self->width * 3;
}

/**
 * bks_paragraphs_next:
 * @at: where to read
 * @end: end of the text
 * @wrapping: how the text is set
 * @lines: (element-type BksLine): filled with the lines up to a blank one
 * @blank_before: (out) (nullable): how many blank lines come first
 *
 * Returns: where the next one begins; @lines is empty at the end of the text
 */
const char *
bks_paragraphs_next (const char        *at,
                     const char        *end,
                     const BksWrapping *wrapping,
                     GArray            *lines,
                     guint             *blank_before)
{
  guint blank = 0;

  g_array_set_size (lines, 0);
  while (at < end)
    {
      BksLine line;
      const char *next;

      if (read_line (at, end, &line, &next))
        {
          g_array_append_val (lines, line);
          at = next;
          if (wrapping->no_blank_lines || lines->len == MOST_LINES)
            break;
          continue;
        }
      if (lines->len > 0)
        break;
      blank++;
      at = next;
    }
  if (blank_before != NULL)
    *blank_before = blank;
  return at;
}

/* The first letter, past quotation marks and brackets. */
static gunichar
first_letter (const BksLine *line)
{
  for (const char *at = line->start; at < line->end; at = g_utf8_next_char (at))
    if (g_unichar_isalnum (g_utf8_get_char (at)))
      return g_utf8_get_char (at);
  return 0;
}

/* Wrapped prose begins most of its lines with a small letter, verse none. */
static gboolean
begins_with_capitals (const BksLine *lines,
                      guint          n_lines)
{
  guint capitals = 0;

  for (guint i = 1; i < n_lines; i++)
    {
      gunichar ch = first_letter (&lines[i]);

      capitals += g_unichar_isupper (ch) || g_unichar_isdigit (ch);
    }
  return capitals * 5 >= (n_lines - 1) * 4;
}

static guint
widest (const BksLine *lines,
        guint          n_lines)
{
  guint most = 0;

  for (guint i = 0; i < n_lines; i++)
    most = MAX (most, lines[i].chars);
  return most;
}

/* Lines after the first that stand in different columns. */
static gboolean
is_staggered (const BksLine *lines,
              guint          n_lines)
{
  for (guint i = 2; i < n_lines; i++)
    if (lines[i].indent != lines[1].indent)
      return TRUE;
  return FALSE;
}

static gboolean
breaks_are_full (const BksWrapping *wrapping,
                 const BksLine     *lines,
                 guint              n_lines)
{
  guint full = 0;

  for (guint i = 0; i + 1 < n_lines; i++)
    full += bks_wrapping_is_full (wrapping, &lines[i], &lines[i + 1]);
  return full * 2 >= n_lines - 1;
}

static gboolean
is_verse (const BksWrapping *wrapping,
          const BksLine     *lines,
          guint              n_lines)
{
  return n_lines >= 3 && begins_with_capitals (lines, n_lines) &&
         widest (lines, n_lines) * 20 < wrapping->width * 17;
}

/* Verse, an address, a signature: the line ends are the author's. An indented
 * block is narrower than the page, so there the width says nothing. */
static gboolean
keeps_line_ends (const BksWrapping *wrapping,
                 const BksLine     *lines,
                 guint              n_lines)
{
  BksWrapping narrow = *wrapping;

  if (n_lines < 2)
    return FALSE;
  if (wrapping->is_unwrapped || is_verse (wrapping, lines, n_lines))
    return TRUE;
  if (lines[0].indent == 0 || lines[1].indent == 0)
    return !breaks_are_full (wrapping, lines, n_lines);

  if (begins_with_capitals (lines, n_lines) || is_staggered (lines, n_lines))
    return TRUE;
  if (widest (lines, n_lines) * 2 < wrapping->width)
    return TRUE;
  narrow.width = lines[1].indent + widest (lines, n_lines);
  return !breaks_are_full (&narrow, lines, n_lines);
}

static gboolean
is_ideograph (gunichar ch)
{
  GUnicodeScript script = g_unichar_get_script (ch);

  return script == G_UNICODE_SCRIPT_HAN || script == G_UNICODE_SCRIPT_HIRAGANA ||
         script == G_UNICODE_SCRIPT_KATAKANA || (ch >= 0x3000 && ch <= 0x303f) || (ch >= 0xff01 && ch <= 0xff0f);
}

/* What stood between two lines before they were wrapped: nothing after a dash
 * that holds on to its word, or between ideographs, else a space. */
static gboolean
joins_without_space (const BksLine *line,
                     const BksLine *next)
{
  gunichar last = g_utf8_get_char (g_utf8_prev_char (line->end));
  gunichar first = g_utf8_get_char (next->start);
  const char *before = line->end;

  if (is_ideograph (last) && is_ideograph (first))
    return TRUE;
  if (last == 0x2014)
    return line->chars > 1 && !g_unichar_isspace (g_utf8_get_char (g_utf8_prev_char (line->end - 3)));
  if (last != '-' || g_unichar_isspace (first))
    return FALSE;
  while (before > line->start && before[-1] == '-')
    before--;
  return before > line->start && !g_unichar_isspace (g_utf8_get_char (g_utf8_prev_char (before)));
}

static void
append_paragraph (GString       *out,
                  const BksLine *lines,
                  guint          n_lines,
                  gboolean       keep_line_ends)
{
  g_autoptr(GString) plain = g_string_new (NULL);

  for (guint i = 0; i < n_lines; i++)
    {
      g_string_append_len (plain, lines[i].start, lines[i].end - lines[i].start);
      if (i + 1 == n_lines)
        break;
      if (keep_line_ends)
        g_string_append_c (plain, '\n');
      else if (!joins_without_space (&lines[i], &lines[i + 1]))
        g_string_append_c (plain, ' ');
    }

  if (out->len > 0)
    g_string_append (out, "\n\n");
  bks_commonmark_append_plain (out, plain->str, TRUE);
}

/* "* * *", "***", "#", "---", "⁂" alone on a line. */
static gboolean
is_scene_break (const BksLine *line)
{
  guint marks = 0;

  for (const char *at = line->start; at < line->end; at = g_utf8_next_char (at))
    {
      gunichar ch = g_utf8_get_char (at);

      if (g_unichar_isspace (ch))
        continue;
      if (ch != '*' && ch != '#' && ch != '-' && ch != '~' && ch != '=' && ch != '_' && ch != '+' && ch != 0x2042 &&
          ch != 0x2022 && ch != 0x00b7 && ch != 0x2013 && ch != 0x2014 && ch != 0x2500 && ch != 0x2e3a &&
          ch != 0x2e3b && ch != 0x25c6 && ch != 0x2766 && ch != 0x2767 && ch != 0x00a7)
        return FALSE;
      marks++;
    }
  return marks >= 3 || (marks > 0 && strchr ("*#~", *line->start) != NULL) ||
         (marks == 1 && g_utf8_get_char (line->start) > 0x2020);
}

/* An indented line in a block whose other lines are not begins a paragraph:
 * the habit of typewriters. */
static guint
count_paragraph_lines (const BksLine *lines,
                       guint          n_lines)
{
  for (guint i = 1; i < n_lines; i++)
    if (lines[i].indent > lines[i - 1].indent && lines[i].indent <= FAR_RIGHT &&
        (i + 1 == n_lines || lines[i + 1].indent <= lines[i].indent) &&
        (lines[i - 1].indent == 0 || i >= 2))
      return i;
  return n_lines;
}

static void
append_block (GString           *out,
              const BksLine     *lines,
              guint              n_lines,
              const BksWrapping *wrapping)
{
  if (n_lines == 1 && is_scene_break (lines))
    {
      g_string_append (out, out->len > 0 ? "\n\n* * *" : "* * *");
      return;
    }

  if (wrapping->is_unwrapped && widest (lines, n_lines) > WIDEST_WRAPPED)
    {
      for (guint i = 0; i < n_lines; i++)
        append_paragraph (out, &lines[i], 1, FALSE);
      return;
    }

  while (n_lines > 0)
    {
      guint count = is_verse (wrapping, lines, n_lines) ? n_lines : count_paragraph_lines (lines, n_lines);

      append_paragraph (out, lines, count, keeps_line_ends (wrapping, lines, count));
      lines += count;
      n_lines -= count;
    }
}

/**
 * bks_paragraphs_append:
 * @out: what to append to
 * @start: plain text
 * @end: its end
 * @wrapping: how the text is set
 * @cancellable: (nullable): looked at now and then
 * @error: return location
 *
 * Appends the paragraphs as CommonMark: wrapped lines joined, the author's own
 * line ends as hard breaks, scene breaks as "* * *".
 *
 * Returns: %FALSE if cancelled
 */
gboolean
bks_paragraphs_append (GString            *out,
                       const char         *start,
                       const char         *end,
                       const BksWrapping  *wrapping,
                       GCancellable       *cancellable,
                       GError            **error)
{
  g_autoptr(GArray) lines = g_array_new (FALSE, FALSE, sizeof (BksLine));

  for (guint i = 0; start < end; i++)
    {
      if (i % BLOCKS_PER_CHECK == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      start = bks_paragraphs_next (start, end, wrapping, lines, NULL);
      if (lines->len > 0)
        append_block (out, (const BksLine *) (void *) lines->data, lines->len, wrapping);
    }
  return TRUE;
}
