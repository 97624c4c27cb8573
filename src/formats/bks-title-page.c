/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

#include "config.h"

#include <string.h>

#include "bks-plain-private.h"

/* What a plain text says of its title, author and year before it begins. */

#define TITLE_PAGE_LINES 12
#define TITLE_CHARS 120

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
  document->author = bks_plain_make_title (name);
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

/**
 * bks_title_page_read:
 * @self: a text
 * @document: gets title, author and year
 * @start: where the text before the first heading begins
 * @end: where it ends
 * @has_headings: whether there is one
 *
 * Takes what a title page says off the lines between @start and @end.
 *
 * Returns: where the rest begins
 */
const char *
bks_title_page_read (BksPlain    *self,
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

      if (lines->len == 0 || lines->len > BKS_PLAIN_HEADING_LINES)
        break;
      for (guint i = 0; i < lines->len; i++, seen++)
        {
          const BksLine *line = &g_array_index (lines, BksLine, i);
          g_autofree char *text = bks_plain_line_text (line);

          if (seen == 0)
            {
              if (!is_book_title (text, has_headings) || (!has_headings && bks_plain_is_blank (next, end)))
                return start;
              g_free (document->title);
              document->title = bks_plain_make_title (text);
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
