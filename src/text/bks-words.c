/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-text"

#include "config.h"

#include <string.h>

#include "bks-words.h"

/* Thai, Lao, Khmer and Burmese put no mark between words; four letters a word
 * is the mean of running text within a few percent. */
#define LETTERS_PER_UNSPACED_WORD 4

#define IS_SPACE 1
#define IS_WORD 2
#define IS_WIDE 4 /* not ASCII: decode it */

static const guint8 classes[256] = {
  ['\t'] = IS_SPACE, ['\n'] = IS_SPACE, ['\v'] = IS_SPACE, ['\f'] = IS_SPACE, ['\r'] = IS_SPACE,
  [' '] = IS_SPACE,
  ['0' ... '9'] = IS_WORD, ['A' ... 'Z'] = IS_WORD, ['a' ... 'z'] = IS_WORD,
  [0x80 ... 0xff] = IS_WIDE,
};

typedef struct
{
  gint64 words;
  guint  in_word;  /* the token at hand is counted: 0 or 1 */
  guint  unspaced; /* letters of an unspaced script in a row */
} Counter;

/* One character in @at, which may be broken UTF-8. */
static gsize
decode (const char *at,
        const char *end,
        gunichar   *ch)
{
  *ch = g_utf8_get_char_validated (at, end - at);
  if (*ch == (gunichar) -1 || *ch == (gunichar) -2)
    {
      *ch = 0xfffd;
      return 1;
    }
  return g_utf8_skip[(guchar) *at];
}

static void
count_wide (Counter  *counter,
            gunichar  ch)
{
  if (ch == 0x200b || g_unichar_isspace (ch))
    {
      counter->in_word = 0;
      counter->unspaced = 0;
      return;
    }
  if (!g_unichar_isalnum (ch))
    return;

  switch (g_unichar_get_script (ch))
    {
    case G_UNICODE_SCRIPT_HAN:
    case G_UNICODE_SCRIPT_HIRAGANA:
    case G_UNICODE_SCRIPT_KATAKANA:
    case G_UNICODE_SCRIPT_BOPOMOFO:
      /* Writers of these scripts count characters, and so do word processors. */
      counter->words++;
      counter->in_word = 0;
      break;

    case G_UNICODE_SCRIPT_THAI:
    case G_UNICODE_SCRIPT_LAO:
    case G_UNICODE_SCRIPT_KHMER:
    case G_UNICODE_SCRIPT_MYANMAR:
      if (counter->unspaced++ % LETTERS_PER_UNSPACED_WORD == 0)
        counter->words++;
      counter->in_word = 0;
      break;

    default:
      counter->words += !counter->in_word;
      counter->in_word = 1;
      counter->unspaced = 0;
      break;
    }
}

/* Counts up to the first character that is not ASCII. Without branches: prose
 * changes class too often to predict. */
static const char *
count_ascii (Counter    *counter,
             const char *at,
             const char *end)
{
  gint64 words = counter->words;
  guint in_word = counter->in_word;

  for (; at < end; at++)
    {
      guint class = classes[(guchar) *at];
      guint is_word = (class & IS_WORD) >> 1;

      if (G_UNLIKELY (class == IS_WIDE))
        break;
      words += is_word & ~in_word;
      in_word = (in_word | is_word) & ~class;
    }

  counter->words = words;
  counter->in_word = in_word & 1;
  return at;
}

static void
count (Counter    *counter,
       const char *text,
       gsize       length)
{
  const char *end = text + length;

  for (const char *at = text; at < end;)
    {
      gunichar ch;

      if (classes[(guchar) *at] != IS_WIDE)
        {
          at = count_ascii (counter, at, end);
          counter->unspaced = 0;
          continue;
        }
      at += decode (at, end, &ch);
      count_wide (counter, ch);
    }
}

/**
 * bks_text_count_words:
 * @text: UTF-8 text, plain or CommonMark
 * @length: bytes of @text, -1 if it ends with a nul
 *
 * Counts the tokens between white space that hold a letter or a digit, so
 * Markdown's marks and dashes alone are no words. Each Han character and each
 * kana is one word; in scripts that write no spaces (Thai, Lao, Khmer, Burmese)
 * the count is an estimate from the number of letters.
 *
 * Returns: the number of words
 */
gint64
bks_text_count_words (const char *text,
                      gssize      length)
{
  Counter counter = { 0 };

  g_return_val_if_fail (text != NULL || length == 0, 0);

  count (&counter, text, length < 0 ? strlen (text) : (gsize) length);
  return counter.words;
}
