/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

/* Plain text as CommonMark (spec 0.29, what cmark-gfm reads) that renders as
 * the same characters: only what would be misread gets a backslash. */

#include "config.h"

#include <string.h>

#include "bks-commonmark-private.h"

/* What CommonMark 0.29 calls white space and punctuation around a delimiter. */
static gboolean
is_open_air (gunichar ch)
{
  return ch == 0 || ch == ' ' || ch == '\t' || ch == '\n' || ch == '\f' || ch == '\r' ||
         (ch >= 0x80 && g_unichar_type (ch) == G_UNICODE_SPACE_SEPARATOR);
}

static gboolean
is_punctuation (gunichar ch)
{
  if (ch < 0x80)
    return g_ascii_ispunct (ch);
  return g_unichar_ispunct (ch) && g_unichar_type (ch) != G_UNICODE_MATH_SYMBOL &&
         g_unichar_type (ch) != G_UNICODE_CURRENCY_SYMBOL && g_unichar_type (ch) != G_UNICODE_MODIFIER_SYMBOL &&
         g_unichar_type (ch) != G_UNICODE_OTHER_SYMBOL;
}

static gunichar
char_before (const char *text,
             const char *at)
{
  return at == text ? 0 : g_utf8_get_char (g_utf8_prev_char (at));
}

/* Where a tilde touches the mark, cmark-gfm looks past it. */
static gboolean
is_off (gunichar ch)
{
  return ch == '_' || ch == '~';
}

static gboolean
opens (const char *text,
       const char *at)
{
  gunichar before = char_before (text, at);
  gunichar after = g_utf8_get_char (at + 1);

  return !is_off (before) && !is_off (after) && !is_open_air (after) && (is_open_air (before) || is_punctuation (before));
}

static gboolean
closes (const char *text,
        const char *at)
{
  gunichar before = char_before (text, at);
  gunichar after = g_utf8_get_char (at + 1);

  return !is_off (before) && !is_off (after) && !is_open_air (before) && (is_open_air (after) || is_punctuation (after));
}

/* The offsets of the underscores that come in pairs around words. */
static GArray *
find_emphasis (const char *text)
{
  GArray *pairs = g_array_new (FALSE, FALSE, sizeof (gsize));
  const char *open = NULL;

  for (const char *at = strchr (text, '_'); at != NULL; at = strchr (at + 1, '_'))
    {
      if (open != NULL && at > open + 1 && closes (text, at))
        {
          gsize pair[] = { open - text, at - text };

          g_array_append_vals (pairs, pair, 2);
          open = NULL;
        }
      else if (opens (text, at))
        {
          open = at;
        }
    }
  return pairs;
}

static gboolean
line_holds_only (const char *at,
                 const char *set)
{
  gsize length = strspn (at, set);

  return length > 0 && (at[length] == '\n' || at[length] == '\0');
}

static gboolean
ends_marker (char ch)
{
  return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\0';
}

/* How many bytes to write before a backslash, at the start of a line that
 * would be read as another block; -1 for none. */
static gssize
block_mark (const char *line)
{
  gsize run;

  switch (*line)
    {
    case '>':
      return 0;
    case '#':
      run = strspn (line, "#");
      return run <= 6 && ends_marker (line[run]) ? 0 : -1;
    case '+':
      return ends_marker (line[1]) ? 0 : -1;
    case '=':
      return line_holds_only (line, "= \t") ? 0 : -1;
    case '-':
      return ends_marker (line[1]) || line_holds_only (line, "-:| \t") ? 0 : -1;
    case ':':
    case '|':
      return line_holds_only (line, "-:| \t") ? 0 : -1;
    default:
      run = strspn (line, "0123456789");
      if (run > 0 && run <= 9 && (line[run] == '.' || line[run] == ')') && ends_marker (line[run + 1]))
        return run;
      return -1;
    }
}

static gboolean
is_entity (const char *at)
{
  const char *end = at + 1;

  if (*end == '#')
    end++;
  end += strspn (end, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
  return end > at + 1 && *end == ';';
}

/* Whether the character at @at would be read as a mark inside a line. */
static gboolean
is_inline_mark (const char *text,
                const char *at)
{
  char next = at[1];

  switch (*at)
    {
    case '\\':
      return g_ascii_ispunct (next) || next == '\n' || next == '\0';
    case '`':
    case '*':
      return TRUE;
    case '_':
      return !(g_unichar_isalnum (char_before (text, at)) && g_unichar_isalnum (g_utf8_get_char (at + 1)));
    case '~':
      return next == '~' || (at > text && at[-1] == '~');
    case '[':
      return next == '^';
    case ']':
      return next == '(' || next == '[' || next == ':';
    case '<':
      return g_ascii_isalpha (next) || next == '/' || next == '!' || next == '?';
    case '&':
      return is_entity (at);
    default:
      return FALSE;
    }
}

/**
 * bks_commonmark_append_plain:
 * @out: what to append to
 * @plain: lines of one paragraph; no line is blank or begins with white space
 * @underscores: whether "_word_" means emphasis, as Project Gutenberg writes it
 *
 * Appends the paragraph as CommonMark; its line ends become hard breaks.
 */
void
bks_commonmark_append_plain (GString    *out,
                             const char *plain,
                             gboolean    underscores)
{
  g_autoptr(GArray) pairs = underscores ? find_emphasis (plain) : g_array_new (FALSE, FALSE, sizeof (gsize));
  guint pair = 0;
  gssize mark = block_mark (plain);
  const char *line = plain;

  for (const char *at = plain; *at != '\0'; at++)
    {
      if (*at == '\n')
        {
          g_string_append (out, "\\\n");
          line = at + 1;
          mark = block_mark (line);
          continue;
        }

      if (pair < pairs->len && (gsize) (at - plain) == g_array_index (pairs, gsize, pair))
        {
          g_string_append_c (out, '*');
          pair++;
          continue;
        }

      if (at - line == mark || is_inline_mark (plain, at))
        g_string_append_c (out, '\\');
      g_string_append_c (out, *at);
    }
}

/**
 * bks_commonmark_escape:
 * @plain: one line of plain text
 *
 * Returns: (transfer full): CommonMark that renders as @plain
 */
char *
bks_commonmark_escape (const char *plain)
{
  GString *out = g_string_new (NULL);

  bks_commonmark_append_plain (out, plain, FALSE);
  return g_string_free_and_steal (out);
}

/**
 * bks_commonmark_trim:
 * @start: a text
 * @end: its end
 *
 * Returns: (transfer full): the text without the blank lines around it; the
 *   indent of its first line stays, for it may make a code block
 */
char *
bks_commonmark_trim (const char *start,
                     const char *end)
{
  const char *first = start;

  for (const char *at = start; at < end && g_ascii_isspace (*at); at++)
    if (*at == '\n')
      first = at + 1;
  while (end > first && g_ascii_isspace (end[-1]))
    end--;
  return g_strndup (first, end - first);
}
