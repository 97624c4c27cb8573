/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <string.h>

#include "bks-markup.h"

/*
 * A light reading of CommonMark 0.31 for the eye alone: blocks by their first
 * characters, emphasis by the flanking rules of §6.2 without nesting beyond
 * strong in emphasis. What it does not understand looks as it was written.
 */

typedef struct
{
  GArray *spans;
  guint   base; /* characters before the line */
} Scan;

static void
add_span (Scan          *scan,
          BksMarkupKind  kind,
          guint          start,
          guint          end)
{
  BksMarkupSpan span = { kind, scan->base + start, scan->base + end };

  if (end > start)
    g_array_append_val (scan->spans, span);
}

static gboolean
is_space (gunichar c)
{
  return c == 0 || g_unichar_isspace (c);
}

static gboolean
is_word (gunichar c)
{
  return c != 0 && (g_unichar_isalnum (c) || g_unichar_ismark (c));
}

static guint
count_run (const gunichar *line,
           guint           at)
{
  guint n = 1;

  while (line[at + n] == line[at])
    n++;
  return n;
}

static gboolean
can_open (const gunichar *line,
          guint           at,
          guint           run)
{
  gunichar before = at > 0 ? line[at - 1] : 0;

  return !is_space (line[at + run]) && !(line[at] == '_' && is_word (before));
}

static gboolean
can_close (const gunichar *line,
           guint           at,
           guint           run)
{
  gunichar before = at > 0 ? line[at - 1] : 0;

  return !is_space (before) && !(line[at] == '_' && is_word (line[at + run]));
}

typedef struct
{
  gunichar c;
  guint    at;
  guint    run;
} Opener;

static void
close_emphasis (Scan   *scan,
                Opener *opener,
                guint   at,
                guint   run)
{
  guint n = MIN (MIN (opener->run, run), 3);
  guint inner = opener->at + opener->run;

  if (n != 2)
    add_span (scan, BKS_MARKUP_EMPHASIS, inner, at);
  if (n >= 2)
    add_span (scan, BKS_MARKUP_STRONG, inner, at);
  add_span (scan, BKS_MARKUP_MARK, inner - n, inner);
  add_span (scan, BKS_MARKUP_MARK, at, at + n);
}

static void
scan_inline (Scan           *scan,
             const gunichar *line,
             guint           length)
{
  Opener stack[16];
  guint depth = 0;

  for (guint i = 0; i < length;)
    {
      guint run;
      guint match;

      if (line[i] == '\\' && i + 1 < length)
        {
          i += 2;
          continue;
        }
      if (line[i] != '*' && line[i] != '_')
        {
          i++;
          continue;
        }

      run = count_run (line, i);
      match = depth;
      while (match > 0 && stack[match - 1].c != line[i])
        match--;
      if (match > 0 && can_close (line, i, run))
        {
          close_emphasis (scan, &stack[match - 1], i, run);
          depth = match - 1;
        }
      else if (can_open (line, i, run) && depth < G_N_ELEMENTS (stack))
        stack[depth++] = (Opener) { line[i], i, run };
      i += run;
    }
}

static gboolean
is_break (const gunichar *line,
          guint           length)
{
  gunichar c = 0;
  guint count = 0;

  for (guint i = 0; i < length; i++)
    {
      if (line[i] == ' ' || line[i] == '\t')
        continue;
      if (line[i] != '*' && line[i] != '-' && line[i] != '_')
        return FALSE;
      if (count++ > 0 && line[i] != c)
        return FALSE;
      c = line[i];
    }
  return count >= 3;
}

static gboolean
is_blank (const gunichar *line,
          guint           length)
{
  for (guint i = 0; i < length; i++)
    if (!is_space (line[i]))
      return FALSE;
  return TRUE;
}

static guint
count_heading (const gunichar *line,
               guint           length)
{
  guint level = 0;

  while (level < length && line[level] == '#')
    level++;
  if (level == 0 || level > 6 || (level < length && line[level] != ' '))
    return 0;
  return MIN (level + 1, length);
}

/* @newline: whether a line end follows, to be drawn with the line */
static gboolean
scan_block (Scan           *scan,
            const gunichar *line,
            guint           length,
            gboolean        newline)
{
  guint heading = count_heading (line, length);
  guint whole = length + (newline ? 1 : 0);

  if (is_blank (line, length))
    {
      add_span (scan, BKS_MARKUP_BLANK, 0, whole);
      return FALSE;
    }
  if (is_break (line, length))
    {
      add_span (scan, BKS_MARKUP_BREAK, 0, whole);
      return FALSE;
    }
  if (heading > 0)
    {
      add_span (scan, BKS_MARKUP_HEADING, 0, whole);
      add_span (scan, BKS_MARKUP_MARK, 0, heading);
    }
  else if (line[0] == '>')
    {
      add_span (scan, BKS_MARKUP_QUOTE, 0, whole);
      add_span (scan, BKS_MARKUP_MARK, 0, 1);
    }
  return TRUE;
}

/**
 * bks_markup_scan:
 * @text: whole paragraphs of CommonMark
 *
 * Returns: (transfer full): #BksMarkupSpan, in no particular order
 */
GArray *
bks_markup_scan (const char *text)
{
  Scan scan = { g_array_new (FALSE, FALSE, sizeof (BksMarkupSpan)), 0 };
  glong length;
  g_autofree gunichar *all = g_utf8_to_ucs4_fast (text, -1, &length);
  guint paragraph = 0; /* where the running paragraph of inline text starts */

  for (guint start = 0; start < (guint) length;)
    {
      guint end = start;
      gboolean newline;

      while (all[end] != 0 && all[end] != '\n')
        end++;
      newline = all[end] == '\n';
      scan.base = start;
      if (!scan_block (&scan, all + start, end - start, newline))
        {
          scan.base = paragraph;
          scan_inline (&scan, all + paragraph, start - paragraph);
          paragraph = end + (newline ? 1 : 0);
        }
      start = end + 1;
    }
  scan.base = paragraph;
  if (paragraph < (guint) length)
    scan_inline (&scan, all + paragraph, length - paragraph);
  return scan.spans;
}

static guint
count_words (const char *text,
             const char *end)
{
  guint words = 0;
  gboolean inside = FALSE;

  for (; text < end; text++)
    {
      gboolean space = *text == ' ' || *text == '\n' || *text == '\t';

      words += !space && !inside;
      inside = !space;
    }
  return words;
}

/**
 * bks_markup_longest:
 * @text: a text
 *
 * Returns: how many words the longest line has. A toolkit lays out a line as
 *   one piece, so it is the line that grows slow.
 */
guint
bks_markup_longest (const char *text)
{
  guint longest = 0;

  while (*text != '\0')
    {
      const char *end = strchrnul (text, '\n');

      /* A word takes two bytes at least, with its space. */
      if ((gsize) (end - text) / 2 >= longest)
        longest = MAX (longest, count_words (text, end));
      text = *end == '\0' ? end : end + 1;
    }
  return longest;
}

static gboolean
ends_sentence (const char *at)
{
  const char *next = at + 1;

  if (strchr (".!?", *at) == NULL)
    return FALSE;
  /* Quotation marks and brackets belong to the sentence they end. */
  while (TRUE)
    {
      gunichar c = g_utf8_get_char (next);
      GUnicodeType type = c != 0 ? g_unichar_type (c) : G_UNICODE_CONTROL;

      if (c != '"' && c != '\'' && c != '*' && c != '_' && type != G_UNICODE_FINAL_PUNCTUATION &&
          type != G_UNICODE_CLOSE_PUNCTUATION)
        break;
      next = g_utf8_next_char (next);
    }
  return *next == ' ';
}

/**
 * bks_markup_split_paragraph:
 * @text: one paragraph
 * @most_words: how many words its parts should have at most
 *
 * Splits where a sentence ends. A single sentence that is longer stays whole.
 *
 * Returns: (transfer full): the same words, in paragraphs
 */
char *
bks_markup_split_paragraph (const char *text,
                            guint       most_words)
{
  GString *result = g_string_new (NULL);
  const char *paragraph = text;
  const char *sentence = text;

  for (const char *at = text; *at != '\0'; at++)
    {
      const char *gap;

      if (!ends_sentence (at))
        continue;
      gap = strchr (at, ' ');
      if (sentence > paragraph && count_words (paragraph, gap) > most_words)
        {
          g_string_append_len (result, paragraph, sentence - 1 - paragraph);
          g_string_append (result, "\n\n");
          paragraph = sentence;
        }
      sentence = gap + 1;
      at = gap;
    }
  if (sentence > paragraph && *sentence != '\0' && count_words (paragraph, text + strlen (text)) > most_words)
    {
      g_string_append_len (result, paragraph, sentence - 1 - paragraph);
      g_string_append (result, "\n\n");
      paragraph = sentence;
    }
  g_string_append (result, paragraph);
  return g_string_free (result, FALSE);
}
