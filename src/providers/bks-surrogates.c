/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <string.h>

#include "bks-surrogates.h"

/*
 * Some servers cut their text in UTF-16 units and escape the halves: one frame
 * ends in "\ud83c", the next begins with "\udf0d". json-glib refuses both. So
 * before parsing, a half without its other is marked by a private-use character
 * (the last 2048 of plane 16, which no text of a book uses), and after parsing
 * the marks of the same text are joined over its frames.
 */
#define MARK_FIRST 0x10f800u
#define REPLACEMENT 0xfffdu
#define HIGH_FIRST 0xd800u
#define LOW_FIRST 0xdc00u
#define LOW_LAST 0xdfffu

/* The unit of an escape "\uXXXX" at @p, or -1. */
static int
read_escape (const char *p,
             const char *end)
{
  int unit = 0;

  if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
    return -1;
  for (int i = 2; i < 6; i++)
    {
      int digit = g_ascii_xdigit_value (p[i]);

      if (digit < 0)
        return -1;
      unit = unit * 16 + digit;
    }
  return unit;
}

static gboolean
is_high (int unit)
{
  return unit >= (int) HIGH_FIRST && unit < (int) LOW_FIRST;
}

static gboolean
is_low (int unit)
{
  return unit >= (int) LOW_FIRST && unit <= (int) LOW_LAST;
}

static gboolean
needs_marking (const char *json,
               gsize       length)
{
  const char *end = json + length;

  for (const char *p = json; (p = memchr (p, '\\', (gsize) (end - p))) != NULL; p += 2)
    {
      int unit;

      if (end - p < 2)
        return FALSE;
      unit = read_escape (p, end);
      if (is_high (unit) && is_low (read_escape (p + 6, end)))
        p += 10;
      else if (unit == 0 || is_high (unit) || is_low (unit))
        return TRUE;
    }
  return FALSE;
}

/* Appends the escape at *@p and moves behind it. */
static void
mark_escape (GString     *result,
             const char **p,
             const char  *end)
{
  int unit = read_escape (*p, end);

  if (is_high (unit) && is_low (read_escape (*p + 6, end)))
    {
      g_string_append_len (result, *p, 12);
      *p += 12;
    }
  else if (is_high (unit) || is_low (unit))
    {
      g_string_append_unichar (result, MARK_FIRST + ((gunichar) unit - HIGH_FIRST));
      *p += 6;
    }
  else if (unit == 0)
    {
      /* json-glib's strings end at a NUL; what follows would be lost. */
      g_string_append_unichar (result, REPLACEMENT);
      *p += 6;
    }
  else
    {
      gsize length = MIN ((gsize) (end - *p), (gsize) 2);

      g_string_append_len (result, *p, (gssize) length);
      *p += length;
    }
}

/**
 * bks_surrogates_mark:
 * @json: JSON text
 * @length: its length in bytes
 *
 * Returns: (transfer full) (nullable): @json with every escaped half of a
 *   surrogate pair marked and every escaped NUL replaced, %NULL if it has none
 */
char *
bks_surrogates_mark (const char *json,
                     gsize       length)
{
  const char *p = json, *end = json + length;
  GString *result;

  if (!needs_marking (json, length))
    return NULL;

  result = g_string_sized_new (length);
  while (p < end)
    {
      const char *escape = memchr (p, '\\', (gsize) (end - p));

      g_string_append_len (result, p, escape != NULL ? escape - p : end - p);
      p = escape != NULL ? escape : end;
      if (escape != NULL)
        mark_escape (result, &p, end);
    }
  return g_string_free (result, FALSE);
}

static void
flush (GString  *result,
       gunichar *pending)
{
  if (*pending != 0)
    g_string_append_unichar (result, REPLACEMENT);
  *pending = 0;
}

static void
join_half (GString  *result,
           gunichar *pending,
           gunichar  half)
{
  if (is_low ((int) half) && *pending != 0)
    {
      g_string_append_unichar (result, 0x10000u + ((*pending - HIGH_FIRST) << 10) + (half - LOW_FIRST));
      *pending = 0;
      return;
    }
  flush (result, pending);
  if (is_high ((int) half))
    *pending = half;
  else
    g_string_append_unichar (result, REPLACEMENT);
}

/**
 * bks_surrogates_join:
 * @pending: (inout): the half that waits for its other, 0 at the start
 * @text: the next piece of the same text
 *
 * Joins what bks_surrogates_mark() marked. A half that stays alone becomes
 * U+FFFD; one that ends @text waits in @pending for the next piece.
 *
 * Returns: (transfer full): the piece
 */
char *
bks_surrogates_join (gunichar   *pending,
                     const char *text)
{
  GString *result = g_string_sized_new (strlen (text) + 4);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c >= MARK_FIRST)
        {
          join_half (result, pending, c - MARK_FIRST + HIGH_FIRST);
          continue;
        }
      flush (result, pending);
      g_string_append_len (result, p, g_utf8_skip[(guchar) *p]);
    }
  return g_string_free (result, FALSE);
}
