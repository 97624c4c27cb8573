/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <string.h>

#include "bks-find-pattern.h"

#define MARKS "*_"
/* What a scene break is made of (CommonMark 0.31, 4.1). */
#define BREAK_CHARS "*-_ \t"
/* A line that is a scene break is passed over as a whole. */
#define NO_BREAK "^[ \\t]*([*_-])[ \\t]*(?:\\g{-1}[ \\t]*){2,}$(*SKIP)(*FAIL)|"
/* A space may be one that holds words together, or a line's end within a paragraph. */
#define ANY_SPACE "[ \\x{a0}\\n]"
#define ANY_APOSTROPHE "['\\x{2018}\\x{2019}]"
#define ANY_QUOTE "[\"\\x{201c}\\x{201d}\\x{201e}\\x{ab}\\x{bb}]"
#define WORD "[\\p{L}\\p{N}]"

/* Who looks for marks wants the marks. */
static gboolean
is_literal (const char *text)
{
  return strpbrk (text, MARKS) != NULL;
}

static void
append_char (GString  *pattern,
             gunichar  c)
{
  char utf8[6];
  g_autofree char *escaped = NULL;

  switch (c)
    {
    case ' ':
    case 0xa0:
      g_string_append (pattern, ANY_SPACE);
      return;
    case '\'':
    case 0x2018:
    case 0x2019:
      g_string_append (pattern, ANY_APOSTROPHE);
      return;
    case '"':
    case 0x201c:
    case 0x201d:
    case 0x201e:
    case 0xab:
    case 0xbb:
      g_string_append (pattern, ANY_QUOTE);
      return;
    default:
      escaped = g_regex_escape_string (utf8, g_unichar_to_utf8 (c, utf8));
      g_string_append (pattern, escaped);
    }
}

/* Marks may stand between any two characters; an underscore is none inside a word. */
static void
append_marks (GString  *pattern,
              gunichar  before,
              gunichar  after)
{
  g_string_append (pattern, g_unichar_isalnum (before) && g_unichar_isalnum (after) ? "\\**" : "[*_]*");
}

/**
 * bks_find_pattern_new:
 * @text: what a person looks for, not empty
 * @whole_words: whether letters may not go on before and after it
 *
 * Returns: (transfer full): a regular expression, to be used with %G_REGEX_MULTILINE, that finds @text in CommonMark
 *   as a reader sees it
 */
char *
bks_find_pattern_new (const char *text,
                      gboolean    whole_words)
{
  GString *pattern;
  gboolean literal;
  gunichar before = 0;

  g_return_val_if_fail (text != NULL && *text != '\0', NULL);

  literal = is_literal (text);
  pattern = g_string_new (text[strspn (text, BREAK_CHARS)] == '\0' ? NO_BREAK : NULL);
  if (whole_words)
    g_string_append (pattern, "(?<!" WORD ")");
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (before != 0 && !literal)
        append_marks (pattern, before, c);
      append_char (pattern, c);
      before = c;
    }
  if (whole_words)
    g_string_append (pattern, "(?!" WORD ")");
  return g_string_free (pattern, FALSE);
}

typedef struct
{
  char     c;
  gsize    run;
  gboolean closes; /* what began before the found text */
} Mark;

static gboolean
is_space_or_stop (const char *at)
{
  gunichar c = g_utf8_get_char (at);

  return c == 0 || g_unichar_isspace (c) || g_unichar_ispunct (c);
}

/* Emphasis that begins and ends in the found text goes with it; what reaches over its edge is left. */
static GArray *
list_marks (const char *found)
{
  GArray *marks = g_array_new (FALSE, FALSE, sizeof (Mark));

  for (const char *at = found + strcspn (found, MARKS); *at != '\0'; at += strcspn (at, MARKS))
    {
      Mark mark = { *at, strspn (at, (char[]) { *at, '\0' }), FALSE };
      Mark *last = marks->len > 0 ? &g_array_index (marks, Mark, marks->len - 1) : NULL;

      mark.closes = at > found && !g_ascii_isspace (at[-1]) && is_space_or_stop (at + mark.run);
      at += mark.run;
      if (last != NULL && last->c == mark.c && last->run == mark.run)
        g_array_set_size (marks, marks->len - 1);
      else
        g_array_append_val (marks, mark);
    }
  return marks;
}

static void
append_run (GString    *text,
            const Mark *mark)
{
  for (gsize i = 0; i < mark->run; i++)
    g_string_append_c (text, mark->c);
}

/**
 * bks_find_pattern_replace:
 * @found: what a pattern of @text found
 * @text: what was looked for
 * @replacement: what a person wants in its place
 *
 * Returns: (transfer full): what to put in the place of @found, so that emphasis that reaches over its edge still has
 *   both its marks
 */
char *
bks_find_pattern_replace (const char *found,
                          const char *text,
                          const char *replacement)
{
  g_autoptr(GArray) marks = NULL;
  GString *result;

  g_return_val_if_fail (found != NULL && text != NULL && replacement != NULL, NULL);

  if (is_literal (text))
    return g_strdup (replacement);
  marks = list_marks (found);
  result = g_string_new (NULL);
  for (guint i = 0; i < marks->len; i++)
    if (!g_array_index (marks, Mark, i).closes)
      append_run (result, &g_array_index (marks, Mark, i));
  g_string_append (result, replacement);
  for (guint i = 0; i < marks->len; i++)
    if (g_array_index (marks, Mark, i).closes)
      append_run (result, &g_array_index (marks, Mark, i));
  return g_string_free (result, FALSE);
}
