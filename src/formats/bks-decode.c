/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

#include "config.h"

#include <string.h>

#include "bks-error.h"

#include "bks-decode-private.h"

typedef struct
{
  const char *bytes;
  guint       length;
  const char *name;
} Signature;

static const Signature signatures[] = {
  { "%PDF-", 5, "a PDF document" },
  { "\x89PNG", 4, "a PNG picture" },
  { "\xff\xd8\xff", 3, "a JPEG picture" },
  { "GIF8", 4, "a GIF picture" },
  { "RIFF", 4, "a sound, film or picture file" },
  { "ID3", 3, "a sound file" },
  { "\x1f\x8b", 2, "a gzip archive" },
  { "BZh", 3, "a bzip2 archive" },
  { "\xfd" "7zXZ", 5, "an xz archive" },
  { "\x28\xb5\x2f\xfd", 4, "a Zstandard archive" },
  { "7z\xbc\xaf", 4, "a 7z archive" },
  { "Rar!", 4, "a RAR archive" },
  { "\x7f" "ELF", 4, "a program" },
  { "MZ\x90", 3, "a program" },
  { "SQLite format 3", 16, "an SQLite database" },
  { "\xd0\xcf\x11\xe0", 4, "an old Word document (.doc) or another Office file" },
  { "{\\rtf", 5, "a Rich Text document (.rtf)" },
  { "<!DOCTYPE html", 14, "a web page (HTML)" },
  { "<!doctype html", 14, "a web page (HTML)" },
  { "<html", 5, "a web page (HTML)" },
  { "<?xml", 5, "an XML document" },
};

/* Code points of 0x80 to 0x9f in Windows-1252; 0 where it has none. */
static const gunichar windows_1252[32] = {
  0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
  0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
  0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
  0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
};

static gboolean
holds (const guint8 *data,
       gsize         length,
       const char   *needle)
{
  return memmem (data, MIN (length, 4096), needle, strlen (needle)) != NULL;
}

/* EPUB and OpenDocument name themselves in their first entry; Word's folder
 * is among the first ones. */
static const char *
name_zip (const guint8 *data,
          gsize         length)
{
  if (holds (data, length, "application/epub+zip"))
    return "an EPUB book";
  if (holds (data, length, "application/vnd.oasis.opendocument"))
    return "an OpenDocument file (.odt)";
  if (holds (data, length, "word/") || holds (data, length, "[Content_Types].xml"))
    return "a Word document (.docx) or another Office file";
  return "a ZIP archive";
}

static const char *
name_format (const guint8 *data,
             gsize         length)
{
  if (length >= 4 && memcmp (data, "PK\3\4", 4) == 0)
    return name_zip (data, length);

  for (guint i = 0; i < G_N_ELEMENTS (signatures); i++)
    if (length >= signatures[i].length &&
        memcmp (data, signatures[i].bytes, signatures[i].length) == 0)
      return signatures[i].name;
  return NULL;
}

/* Control bytes that no text file holds. */
static gboolean
is_odd_control (guint8 byte)
{
  return (byte < 0x20 && !(byte >= '\t' && byte <= '\r') && byte != 0x1a && byte != 0x1b) || byte == 0x7f;
}

typedef struct
{
  gsize nuls;
  gsize controls;
  gsize high;      /* bytes above ASCII */
  gsize undefined; /* of these, the ones Windows-1252 does not have */
  gsize sequences; /* UTF-8 sequences of several bytes */
  gsize broken;    /* bytes above ASCII that are not in one */
} Census;

static void
take_census (const guint8 *data,
             gsize         length,
             Census       *census)
{
  for (gsize i = 0; i < length;)
    {
      gunichar ch;

      if (data[i] < 0x80)
        {
          census->nuls += data[i] == 0;
          census->controls += is_odd_control (data[i]);
          i++;
          continue;
        }

      ch = g_utf8_get_char_validated ((const char *) data + i, length - i);
      if (ch != (gunichar) -1 && ch != (gunichar) -2)
        {
          guint bytes = g_utf8_skip[data[i]];

          census->sequences++;
          census->high += bytes;
          i += bytes;
          continue;
        }

      census->broken++;
      census->high++;
      census->undefined += data[i] < 0xa0 && windows_1252[data[i] - 0x80] == 0;
      i++;
    }
}

/* Bytes outside valid UTF-8 are read as Windows-1252, so one stray byte in a
 * UTF-8 file costs one character and not all accents. */
static char *
decode_mixed (const guint8   *data,
              gsize           length,
              gboolean        keep_utf8)
{
  GString *text = g_string_sized_new (length + length / 8);

  for (gsize i = 0; i < length;)
    {
      gunichar ch = keep_utf8 && data[i] >= 0x80
        ? g_utf8_get_char_validated ((const char *) data + i, length - i)
        : (gunichar) -1;

      if (ch != (gunichar) -1 && ch != (gunichar) -2)
        {
          g_string_append_len (text, (const char *) data + i, g_utf8_skip[data[i]]);
          i += g_utf8_skip[data[i]];
          continue;
        }

      if (data[i] < 0x80)
        g_string_append_c (text, (char) data[i]);
      else if (data[i] >= 0xa0)
        g_string_append_unichar (text, data[i]);
      else
        g_string_append_unichar (text, windows_1252[data[i] - 0x80] ? windows_1252[data[i] - 0x80] : 0xfffd);
      i++;
    }
  return g_string_free_and_steal (text);
}

static gboolean
refuse (GError     **error,
        const char  *name,
        const char  *what)
{
  g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT,
               "%s is %s, not plain text or Markdown: save it as a text file and import that", name, what);
  return FALSE;
}

static char *
decode_utf16 (const guint8  *data,
              gsize          length,
              const char    *name,
              GError       **error)
{
  gboolean big_endian = data[0] == 0xfe;
  g_autoptr(GString) text = g_string_sized_new (length);

  for (gsize i = 2; i + 1 < length; i += 2)
    {
      gunichar ch = big_endian ? (data[i] << 8) | data[i + 1] : data[i] | (data[i + 1] << 8);

      if (ch >= 0xd800 && ch < 0xdc00 && i + 3 < length)
        {
          gunichar low = big_endian ? (data[i + 2] << 8) | data[i + 3] : data[i + 2] | (data[i + 3] << 8);

          if (low >= 0xdc00 && low < 0xe000)
            {
              ch = 0x10000 + ((ch - 0xd800) << 10) + (low - 0xdc00);
              i += 2;
            }
        }
      if (ch == 0)
        return refuse (error, name, "a binary file"), NULL;
      g_string_append_unichar (text, ch >= 0xd800 && ch < 0xe000 ? 0xfffd : ch);
    }
  return g_string_free_and_steal (g_steal_pointer (&text));
}

static char *
decode_eight_bit (const guint8  *data,
                  gsize          length,
                  const char    *name,
                  GError       **error)
{
  Census census = { 0 };

  take_census (data, length, &census);

  if (census.nuls > 0 || census.controls > length / 10)
    return refuse (error, name, "a binary file"), NULL;
  if (census.broken == 0)
    return length > 0 ? g_strndup ((const char *) data, length) : g_strdup ("");
  if (census.sequences > census.broken)
    return decode_mixed (data, length, TRUE);

  /* Western text has an accent in every tenth letter at most; more means
   * another alphabet, which would come out as nonsense. */
  if (census.undefined > 0 || census.high > length / 4)
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT,
                   "%s is text in an encoding that cannot be told: save it as UTF-8 and import that", name);
      return NULL;
    }
  return decode_mixed (data, length, FALSE);
}

/* CRLF and CR become LF, in place. */
static void
unify_line_ends (char *text)
{
  char *to = text;

  for (const char *at = text; *at != '\0'; at++)
    {
      if (*at != '\r')
        *to++ = *at;
      else if (at[1] != '\n')
        *to++ = '\n';
    }
  *to = '\0';
}

/* Notepad and DOS editors leave a byte order mark in front and ^Z behind. */
static char *
finish (char        *text,
        const char  *name,
        GError     **error)
{
  g_autofree char *owned = text;
  gsize length;

  unify_line_ends (owned);
  length = strlen (owned);
  while (length > 0 && owned[length - 1] == 0x1a)
    owned[--length] = '\0';

  for (const char *at = owned; *at != '\0'; at = g_utf8_next_char (at))
    if (!g_unichar_isspace (g_utf8_get_char (at)))
      return g_steal_pointer (&owned);

  g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "%s is empty: choose a file with text in it", name);
  return NULL;
}

/**
 * bks_decode_text:
 * @data: the bytes of a file
 * @length: how many
 * @name: what to call the file in an error
 * @error: return location
 *
 * Finds the encoding: UTF-8, UTF-16 with a byte order mark, else Windows-1252
 * where that is plausible.
 *
 * Returns: (transfer full): UTF-8 with lines that end in LF; %NULL with
 *   %BKS_ERROR_INVALID_INPUT that names what the file is instead of text
 */
char *
bks_decode_text (const guint8  *data,
                 gsize          length,
                 const char    *name,
                 GError       **error)
{
  const char *format = name_format (data, length);
  char *text;

  if (format != NULL)
    return refuse (error, name, format), NULL;

  if (length >= 2 && ((data[0] == 0xff && data[1] == 0xfe) || (data[0] == 0xfe && data[1] == 0xff)))
    text = decode_utf16 (data, length, name, error);
  else if (length >= 3 && memcmp (data, "\xef\xbb\xbf", 3) == 0)
    text = decode_eight_bit (data + 3, length - 3, name, error);
  else
    text = decode_eight_bit (data, length, name, error);

  return text != NULL ? finish (text, name, error) : NULL;
}
