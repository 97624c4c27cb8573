/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

/* Headings in plain text: "CHAPTER I", "Book the Second", "Erstes Kapitel",
 * "第三章", "Prologue". One line at a time; what a line is worth among the
 * others is decided in bks-plain-import.c. */

#include "config.h"

#include <string.h>

#include "bks-heading-private.h"

#define LINE_BYTES 400
#define TITLE_CHARS 90

typedef struct
{
  const char     *word; /* case folded */
  BksHeadingType  type;
  guint           rank;
} Keyword;

static const Keyword keywords[] = {
  { "chapter", BKS_HEADING_CHAPTER }, { "chap", BKS_HEADING_CHAPTER },
  { "letter", BKS_HEADING_CHAPTER }, { "stave", BKS_HEADING_CHAPTER }, { "canto", BKS_HEADING_CHAPTER },
  { "chapitre", BKS_HEADING_CHAPTER }, { "kapitel", BKS_HEADING_CHAPTER },
  { "capítulo", BKS_HEADING_CHAPTER }, { "capitulo", BKS_HEADING_CHAPTER }, { "capítol", BKS_HEADING_CHAPTER },
  { "capitolo", BKS_HEADING_CHAPTER }, { "capitolul", BKS_HEADING_CHAPTER },
  { "hoofdstuk", BKS_HEADING_CHAPTER }, { "kapittel", BKS_HEADING_CHAPTER },
  { "rozdział", BKS_HEADING_CHAPTER }, { "kapitola", BKS_HEADING_CHAPTER }, { "fejezet", BKS_HEADING_CHAPTER },
  { "luku", BKS_HEADING_CHAPTER }, { "bölüm", BKS_HEADING_CHAPTER }, { "poglavlje", BKS_HEADING_CHAPTER },
  { "глава", BKS_HEADING_CHAPTER }, { "розділ", BKS_HEADING_CHAPTER }, { "κεφάλαιο", BKS_HEADING_CHAPTER },
  { "volume", BKS_HEADING_PART, 0 }, { "vol", BKS_HEADING_PART, 0 }, { "band", BKS_HEADING_PART, 0 },
  { "tome", BKS_HEADING_PART, 0 }, { "tomo", BKS_HEADING_PART, 0 }, { "volumen", BKS_HEADING_PART, 0 },
  { "том", BKS_HEADING_PART, 0 }, { "tom", BKS_HEADING_PART, 0 },
  { "book", BKS_HEADING_PART, 1 }, { "buch", BKS_HEADING_PART, 1 }, { "livre", BKS_HEADING_PART, 1 },
  { "libro", BKS_HEADING_PART, 1 }, { "livro", BKS_HEADING_PART, 1 }, { "boek", BKS_HEADING_PART, 1 },
  { "книга", BKS_HEADING_PART, 1 }, { "kniha", BKS_HEADING_PART, 1 }, { "bok", BKS_HEADING_PART, 1 },
  { "part", BKS_HEADING_PART, 2 }, { "teil", BKS_HEADING_PART, 2 }, { "partie", BKS_HEADING_PART, 2 },
  { "parte", BKS_HEADING_PART, 2 }, { "deel", BKS_HEADING_PART, 2 }, { "del", BKS_HEADING_PART, 2 },
  { "часть", BKS_HEADING_PART, 2 }, { "частина", BKS_HEADING_PART, 2 }, { "część", BKS_HEADING_PART, 2 },
  { "díl", BKS_HEADING_PART, 2 }, { "osa", BKS_HEADING_PART, 2 }, { "μέρος", BKS_HEADING_PART, 2 },
};

/* Headings that need no number; whole lines, or the first words of a line. */
static const Keyword matters[] = {
  { "prologue", BKS_HEADING_STORY }, { "prolog", BKS_HEADING_STORY }, { "prólogo", BKS_HEADING_STORY },
  { "prologo", BKS_HEADING_STORY }, { "proloog", BKS_HEADING_STORY }, { "пролог", BKS_HEADING_STORY },
  { "epilogue", BKS_HEADING_STORY }, { "epilog", BKS_HEADING_STORY }, { "épilogue", BKS_HEADING_STORY },
  { "epílogo", BKS_HEADING_STORY }, { "epilogo", BKS_HEADING_STORY }, { "epiloog", BKS_HEADING_STORY },
  { "эпилог", BKS_HEADING_STORY }, { "interlude", BKS_HEADING_STORY }, { "intermezzo", BKS_HEADING_STORY },
  { "conclusion", BKS_HEADING_STORY },
  { "序章", BKS_HEADING_STORY }, { "楔子", BKS_HEADING_STORY }, { "尾声", BKS_HEADING_STORY },
  { "終章", BKS_HEADING_STORY }, { "プロローグ", BKS_HEADING_STORY }, { "エピローグ", BKS_HEADING_STORY },
  { "preface", BKS_HEADING_FRONT }, { "foreword", BKS_HEADING_FRONT }, { "introduction", BKS_HEADING_FRONT },
  { "advertisement", BKS_HEADING_FRONT }, { "dedication", BKS_HEADING_FRONT }, { "epigraph", BKS_HEADING_FRONT },
  { "vorwort", BKS_HEADING_FRONT }, { "einleitung", BKS_HEADING_FRONT }, { "widmung", BKS_HEADING_FRONT },
  { "préface", BKS_HEADING_FRONT }, { "avant-propos", BKS_HEADING_FRONT }, { "dédicace", BKS_HEADING_FRONT },
  { "prefacio", BKS_HEADING_FRONT }, { "introducción", BKS_HEADING_FRONT }, { "dedicatoria", BKS_HEADING_FRONT },
  { "prefazione", BKS_HEADING_FRONT }, { "introduzione", BKS_HEADING_FRONT }, { "voorwoord", BKS_HEADING_FRONT },
  { "предисловие", BKS_HEADING_FRONT }, { "前言", BKS_HEADING_FRONT }, { "序", BKS_HEADING_FRONT },
  { "まえがき", BKS_HEADING_FRONT },
  { "afterword", BKS_HEADING_BACK }, { "appendix", BKS_HEADING_BACK }, { "postscript", BKS_HEADING_BACK },
  { "acknowledgements", BKS_HEADING_BACK }, { "acknowledgments", BKS_HEADING_BACK },
  { "glossary", BKS_HEADING_BACK }, { "bibliography", BKS_HEADING_BACK }, { "notes", BKS_HEADING_BACK },
  { "footnotes", BKS_HEADING_BACK }, { "endnotes", BKS_HEADING_BACK }, { "about the author", BKS_HEADING_BACK },
  { "a note on the text", BKS_HEADING_BACK }, { "note on the text", BKS_HEADING_BACK },
  { "author's note", BKS_HEADING_BACK }, { "author’s note", BKS_HEADING_BACK },
  { "transcriber's note", BKS_HEADING_BACK }, { "transcriber’s note", BKS_HEADING_BACK },
  { "transcriber's notes", BKS_HEADING_BACK }, { "transcriber’s notes", BKS_HEADING_BACK },
  { "nachwort", BKS_HEADING_BACK }, { "anhang", BKS_HEADING_BACK }, { "danksagung", BKS_HEADING_BACK },
  { "postface", BKS_HEADING_BACK }, { "remerciements", BKS_HEADING_BACK }, { "epílogo del autor", BKS_HEADING_BACK },
  { "posfacio", BKS_HEADING_BACK }, { "agradecimientos", BKS_HEADING_BACK }, { "postfazione", BKS_HEADING_BACK },
  { "nawoord", BKS_HEADING_BACK }, { "послесловие", BKS_HEADING_BACK }, { "后记", BKS_HEADING_BACK },
  { "後記", BKS_HEADING_BACK }, { "あとがき", BKS_HEADING_BACK },
  { "contents", BKS_HEADING_CONTENTS }, { "table of contents", BKS_HEADING_CONTENTS },
  { "inhalt", BKS_HEADING_CONTENTS }, { "inhaltsverzeichnis", BKS_HEADING_CONTENTS },
  { "table des matières", BKS_HEADING_CONTENTS }, { "índice", BKS_HEADING_CONTENTS },
  { "indice", BKS_HEADING_CONTENTS }, { "inhoud", BKS_HEADING_CONTENTS },
  { "содержание", BKS_HEADING_CONTENTS }, { "оглавление", BKS_HEADING_CONTENTS },
  { "目录", BKS_HEADING_CONTENTS }, { "目次", BKS_HEADING_CONTENTS },
};

typedef struct
{
  const char *word; /* case folded */
  guint       value;
} NumberWord;

static const NumberWord number_words[] = {
  /* English */
  { "one", 1 }, { "two", 2 }, { "three", 3 }, { "four", 4 }, { "five", 5 }, { "six", 6 }, { "seven", 7 },
  { "eight", 8 }, { "nine", 9 }, { "ten", 10 }, { "eleven", 11 }, { "twelve", 12 }, { "thirteen", 13 },
  { "fourteen", 14 }, { "fifteen", 15 }, { "sixteen", 16 }, { "seventeen", 17 }, { "eighteen", 18 },
  { "nineteen", 19 }, { "twenty", 20 }, { "thirty", 30 }, { "forty", 40 }, { "fifty", 50 }, { "sixty", 60 },
  { "seventy", 70 }, { "eighty", 80 }, { "ninety", 90 }, { "hundred", 100 },
  { "first", 1 }, { "second", 2 }, { "third", 3 }, { "fourth", 4 }, { "fifth", 5 }, { "sixth", 6 },
  { "seventh", 7 }, { "eighth", 8 }, { "ninth", 9 }, { "tenth", 10 }, { "eleventh", 11 }, { "twelfth", 12 },
  { "thirteenth", 13 }, { "fourteenth", 14 }, { "fifteenth", 15 }, { "sixteenth", 16 }, { "seventeenth", 17 },
  { "eighteenth", 18 }, { "nineteenth", 19 }, { "twentieth", 20 }, { "thirtieth", 30 }, { "fortieth", 40 },
  { "fiftieth", 50 }, { "last", 999 },
  /* German */
  { "eins", 1 }, { "zwei", 2 }, { "drei", 3 }, { "vier", 4 }, { "fünf", 5 }, { "sechs", 6 }, { "sieben", 7 },
  { "acht", 8 }, { "neun", 9 }, { "zehn", 10 }, { "elf", 11 }, { "zwölf", 12 }, { "dreizehn", 13 },
  { "vierzehn", 14 }, { "fünfzehn", 15 }, { "sechzehn", 16 }, { "siebzehn", 17 }, { "achtzehn", 18 },
  { "neunzehn", 19 }, { "zwanzig", 20 },
  { "erstes", 1 }, { "zweites", 2 }, { "drittes", 3 }, { "viertes", 4 }, { "fünftes", 5 }, { "sechstes", 6 },
  { "siebentes", 7 }, { "siebtes", 7 }, { "achtes", 8 }, { "neuntes", 9 }, { "zehntes", 10 }, { "elftes", 11 },
  { "zwölftes", 12 }, { "dreizehntes", 13 }, { "vierzehntes", 14 }, { "fünfzehntes", 15 }, { "zwanzigstes", 20 },
  { "erster", 1 }, { "zweiter", 2 }, { "dritter", 3 }, { "vierter", 4 }, { "fünfter", 5 },
  /* French */
  { "un", 1 }, { "deux", 2 }, { "trois", 3 }, { "quatre", 4 }, { "cinq", 5 }, { "sept", 7 }, { "huit", 8 },
  { "neuf", 9 }, { "dix", 10 }, { "onze", 11 }, { "douze", 12 }, { "treize", 13 }, { "quatorze", 14 },
  { "quinze", 15 }, { "seize", 16 }, { "vingt", 20 }, { "trente", 30 }, { "quarante", 40 },
  { "premier", 1 }, { "première", 1 }, { "deuxième", 2 }, { "troisième", 3 }, { "quatrième", 4 },
  { "cinquième", 5 }, { "sixième", 6 }, { "septième", 7 }, { "huitième", 8 }, { "neuvième", 9 }, { "dixième", 10 },
  /* Spanish, Portuguese, Italian */
  { "uno", 1 }, { "dos", 2 }, { "tres", 3 }, { "cuatro", 4 }, { "cinco", 5 }, { "seis", 6 }, { "siete", 7 },
  { "ocho", 8 }, { "nueve", 9 }, { "diez", 10 }, { "doce", 12 }, { "trece", 13 }, { "catorce", 14 },
  { "veinte", 20 }, { "primero", 1 }, { "primera", 1 }, { "segundo", 2 }, { "segunda", 2 }, { "tercero", 3 },
  { "tercera", 3 }, { "cuarto", 4 }, { "cuarta", 4 }, { "quinto", 5 }, { "quinta", 5 }, { "sexto", 6 },
  { "séptimo", 7 }, { "octavo", 8 }, { "noveno", 9 }, { "décimo", 10 },
  { "primeiro", 1 }, { "primeira", 1 }, { "terceiro", 3 }, { "terceira", 3 }, { "quarto", 4 }, { "quarta", 4 },
  { "primo", 1 }, { "prima", 1 }, { "secondo", 2 }, { "seconda", 2 }, { "terzo", 3 }, { "terza", 3 },
  { "sesto", 6 }, { "settimo", 7 }, { "ottavo", 8 }, { "nono", 9 }, { "decimo", 10 },
  { "due", 2 }, { "tre", 3 }, { "quattro", 4 }, { "cinque", 5 }, { "sei", 6 }, { "sette", 7 }, { "otto", 8 },
  { "nove", 9 }, { "dieci", 10 }, { "undici", 11 }, { "dodici", 12 },
  /* Dutch */
  { "een", 1 }, { "één", 1 }, { "twee", 2 }, { "drie", 3 }, { "vijf", 5 }, { "zes", 6 }, { "zeven", 7 },
  { "negen", 9 }, { "tien", 10 }, { "eerste", 1 }, { "tweede", 2 }, { "derde", 3 }, { "vierde", 4 }, { "vijfde", 5 },
  /* Russian */
  { "первая", 1 }, { "вторая", 2 }, { "третья", 3 }, { "четвертая", 4 }, { "четвёртая", 4 }, { "пятая", 5 },
  { "шестая", 6 }, { "седьмая", 7 }, { "восьмая", 8 }, { "девятая", 9 }, { "десятая", 10 },
  { "первый", 1 }, { "второй", 2 }, { "третий", 3 }, { "один", 1 }, { "два", 2 }, { "три", 3 },
};

static const char *const number_links[] = { "and", "et", "y", "e", "und", "en", NULL };

/* A word of a line, with the punctuation around it left out. */
typedef struct
{
  const char *start;
  const char *end;
  gboolean    separated; /* punctuation follows, as in "I." */
  gboolean    starts_upper;
} Word;

static const char *
skip_space (const char *at)
{
  while (*at != '\0' && g_unichar_isspace (g_utf8_get_char (at)))
    at = g_utf8_next_char (at);
  return at;
}

/* Reads one run of letters, digits, hyphens and apostrophes. */
static const char *
read_word (const char *at,
           Word       *word)
{
  const char *end;

  at = skip_space (at);
  word->start = at;
  word->starts_upper = !g_unichar_islower (g_utf8_get_char (at));
  for (end = at; *end != '\0'; end = g_utf8_next_char (end))
    {
      gunichar ch = g_utf8_get_char (end);

      if (g_unichar_isalnum (ch) || g_unichar_ismark (ch))
        continue;
      if ((ch == '-' || ch == '\'' || ch == 0x2019) && end > at && g_unichar_isalnum (g_utf8_get_char (end + g_utf8_skip[(guchar) *end])))
        continue;
      break;
    }
  word->end = end;
  word->separated = *end != '\0' && !g_unichar_isspace (g_utf8_get_char (end));
  return end;
}

static gboolean
fold (const Word *word,
      char       *folded,
      gsize       size)
{
  g_autofree char *text = NULL;

  if (word->end - word->start > 40)
    return FALSE;
  text = g_utf8_casefold (word->start, word->end - word->start);
  return g_strlcpy (folded, text, size) < size && *folded != '\0';
}

static const Keyword *
find_keyword (const Word *word)
{
  char folded[80];

  if (!fold (word, folded, sizeof folded))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (keywords); i++)
    if (strcmp (folded, keywords[i].word) == 0)
      return &keywords[i];
  return NULL;
}

static guint
roman_digit (char ch)
{
  switch (ch)
    {
    case 'i': return 1;
    case 'v': return 5;
    case 'x': return 10;
    case 'l': return 50;
    case 'c': return 100;
    case 'd': return 500;
    case 'm': return 1000;
    default: return 0;
    }
}

static void
append_roman (GString *out,
              guint    value)
{
  static const struct { guint value; const char *text; } steps[] = {
    { 1000, "m" }, { 900, "cm" }, { 500, "d" }, { 400, "cd" }, { 100, "c" }, { 90, "xc" }, { 50, "l" },
    { 40, "xl" }, { 10, "x" }, { 9, "ix" }, { 5, "v" }, { 4, "iv" }, { 1, "i" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    for (; value >= steps[i].value; value -= steps[i].value)
      g_string_append (out, steps[i].text);
}

/* "mix" and "civil" are letters of Roman numerals too: only what is written
 * as such a number is written counts, with the old "iiii" let pass. */
static guint
parse_roman (const char *text)
{
  g_autoptr(GString) again = g_string_new (NULL);
  guint value = 0;

  for (gsize i = 0; text[i] != '\0'; i++)
    {
      guint digit = roman_digit (text[i]);

      if (digit == 0 || i > 15)
        return 0;
      value += digit < roman_digit (text[i + 1]) ? -digit : digit;
    }
  if (value == 0 || value > 3999)
    return 0;
  append_roman (again, value);
  if (strcmp (again->str, text) != 0 && !g_str_has_suffix (text, "iiii"))
    return 0;
  return value;
}

/* "12", "3rd", "4th", "1ère". */
static guint
parse_digits (const char *text)
{
  static const char *const endings[] = { "", "st", "nd", "rd", "th", "er", "e", "ère", "ème", "º", "ª", "o", "a", "de", "ste" };
  gsize digits = strspn (text, "0123456789");

  if (digits == 0 || digits > 4)
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (strcmp (text + digits, endings[i]) == 0)
      return (guint) g_ascii_strtoull (text, NULL, 10);
  return 0;
}

static guint
find_number_word (const char *text,
                  gsize       length)
{
  for (guint i = 0; i < G_N_ELEMENTS (number_words); i++)
    if (strlen (number_words[i].word) == length && memcmp (number_words[i].word, text, length) == 0)
      return number_words[i].value;
  return 0;
}

/* "twenty-one", "vingt-et-un". */
static guint
parse_spelled (const char *text)
{
  guint sum = 0;

  for (const char *at = text; at != NULL;)
    {
      const char *hyphen = strchr (at, '-');
      gsize length = hyphen != NULL ? (gsize) (hyphen - at) : strlen (at);
      guint value = find_number_word (at, length);

      if (value == 0)
        {
          g_autofree char *piece = g_strndup (at, length);

          if (sum == 0 || !g_strv_contains (number_links, piece))
            return 0;
        }
      sum += value;
      at = hyphen != NULL ? hyphen + 1 : NULL;
    }
  return sum;
}

static guint
parse_number_word (const Word *word)
{
  char folded[80];
  guint number;

  if (!fold (word, folded, sizeof folded))
    return 0;
  number = parse_digits (folded);
  if (number == 0)
    number = parse_roman (folded);
  if (number == 0)
    number = parse_spelled (folded);
  return number;
}

/* A number of one or more words: "One Hundred and Two", "the Second". */
static const char *
parse_number (const char *at,
              guint      *number,
              Word       *last)
{
  Word word;
  char folded[80];
  const char *end = read_word (at, &word);

  if (fold (&word, folded, sizeof folded) && strcmp (folded, "the") == 0)
    end = read_word (end, &word);
  *number = parse_number_word (&word);
  *last = word;
  if (*number == 0)
    return NULL;

  if (fold (&word, folded, sizeof folded) && parse_spelled (folded) == 0)
    return end;

  while (!last->separated)
    {
      const char *next = read_word (end, &word);

      if (!fold (&word, folded, sizeof folded))
        break;
      if (parse_spelled (folded) != 0)
        {
          *number = strcmp (folded, "hundred") == 0 ? *number * 100 : *number + parse_spelled (folded);
          *last = word;
          end = next;
          continue;
        }
      if (strcmp (folded, "and") != 0 || !fold (&word, folded, sizeof folded))
        break;
      next = read_word (next, &word);
      if (!fold (&word, folded, sizeof folded) || parse_spelled (folded) == 0)
        break;
      *number += parse_spelled (folded);
      *last = word;
      end = next;
    }
  return end;
}

/* Skips ". ", ": ", " — ", ") " after a number; says whether there was any. */
static const char *
skip_separator (const char *at,
                gboolean   *found)
{
  *found = FALSE;
  at = skip_space (at);
  while (*at != '\0')
    {
      gunichar ch = g_utf8_get_char (at);

      if (ch == '.' || ch == ':' || ch == ')' || ch == ']' || ch == '-' || ch == ',' || ch == '|' || ch == '~' ||
          ch == 0x2013 || ch == 0x2014 || ch == 0x2015 || ch == 0x00b7 || ch == 0xff1a || ch == 0x3001)
        *found = TRUE;
      else if (!g_unichar_isspace (ch))
        break;
      at = g_utf8_next_char (at);
    }
  return at;
}

static gunichar
last_char (const char *text)
{
  gsize length = strlen (text);

  return length == 0 ? 0 : g_utf8_get_char (g_utf8_prev_char (text + length));
}

typedef struct
{
  guint letters;
  guint lower;
  guint upper;
  guint chars;
  guint words;      /* of four letters and more */
  guint words_upper;
} CaseCensus;

static void
take_case_census (const char *line,
                  CaseCensus *census)
{
  const char *at = line;

  memset (census, 0, sizeof *census);
  while (*at != '\0')
    {
      Word word;
      const char *end = read_word (at, &word);

      for (const char *p = word.start; p < word.end; p = g_utf8_next_char (p))
        {
          gunichar ch = g_utf8_get_char (p);

          census->letters += g_unichar_isalpha (ch);
          census->lower += g_unichar_islower (ch);
          census->upper += g_unichar_isupper (ch);
        }
      if (word.end - word.start >= 4)
        {
          census->words++;
          census->words_upper += word.starts_upper;
        }
      at = *end != '\0' ? g_utf8_next_char (end) : end;
    }
  census->chars = g_utf8_strlen (line, -1);
}

/**
 * bks_heading_is_capitals:
 * @line: a line
 *
 * Returns: whether it has letters of which none is small
 */
gboolean
bks_heading_is_capitals (const char *line)
{
  CaseCensus census;

  take_case_census (line, &census);
  return census.upper > 0 && census.lower == 0;
}

/**
 * bks_heading_is_title_like:
 * @line: a line, without white space around it
 *
 * Returns: whether it is written as titles are: short, in capitals or with
 *   most longer words capitalised, and not the end of a sentence
 */
gboolean
bks_heading_is_title_like (const char *line)
{
  CaseCensus census;
  gunichar last = last_char (line);
  gunichar first = g_utf8_get_char (line);

  take_case_census (line, &census);
  if (census.letters == 0 || census.chars > TITLE_CHARS || g_unichar_islower (first))
    return FALSE;
  if (last == ',' || last == ';' || last == ':' || last == '-' || last == 0x3002)
    return FALSE;
  if ((first == '"' && last == '"') || (first == 0x201c && last == 0x201d) || (first == 0x300c && last == 0x300d))
    return FALSE;
  if (census.upper == 0)
    return census.lower == 0 && census.chars <= 20;
  if (census.lower == 0)
    return TRUE;
  return last != '.' && census.words_upper * 5 >= census.words * 3;
}

/* "Chapter 5 was the hardest." and "Part One of the plan" are sentences. */
static gboolean
accept_rest (const char *line,
             const char *after,
             BksHeading *heading)
{
  gboolean separated;
  const char *title = skip_separator (after, &separated);
  gunichar first = g_utf8_get_char (title);
  gunichar last;

  heading->title = title - line;
  if (*title == '\0')
    return TRUE;
  if (!separated && g_unichar_islower (first))
    return FALSE;

  last = last_char (title);
  heading->is_sentence = (!separated && !bks_heading_is_title_like (title)) ||
                         last == ',' || last == ';' || (last == '.' && !bks_heading_is_capitals (title)) ||
                         g_utf8_strlen (title, -1) > TITLE_CHARS;
  return TRUE;
}

static gboolean
parse_keyword_first (const char *line,
                     BksHeading *heading)
{
  Word word;
  Word last;
  const char *at = read_word (line, &word);
  const Keyword *keyword = find_keyword (&word);
  const char *after;

  if (keyword == NULL || !word.starts_upper)
    return FALSE;
  if (*at == '.')
    at++;
  after = parse_number (at, &heading->number, &last);
  if (after == NULL)
    return FALSE;

  heading->type = keyword->type;
  heading->rank = keyword->rank;
  return accept_rest (line, after, heading);
}

static gboolean
parse_number_first (const char *line,
                    BksHeading *heading)
{
  Word word;
  Word last;
  gboolean separated;
  const Keyword *keyword;
  const char *after = parse_number (line, &heading->number, &last);

  if (after == NULL)
    return FALSE;
  if (*after == '.')
    after++;
  after = read_word (after, &word);
  keyword = find_keyword (&word);
  if (keyword == NULL)
    return FALSE;

  heading->type = keyword->type;
  heading->rank = keyword->rank;
  skip_separator (after, &separated);
  if (*skip_space (after) != '\0' && !separated)
    return FALSE;
  return accept_rest (line, after, heading);
}

static guint
han_digit (gunichar ch)
{
  static const gunichar digits[] = { 0x4e00, 0x4e8c, 0x4e09, 0x56db, 0x4e94, 0x516d, 0x4e03, 0x516b, 0x4e5d };

  for (guint i = 0; i < G_N_ELEMENTS (digits); i++)
    if (ch == digits[i])
      return i + 1;
  if (ch >= 0xff11 && ch <= 0xff19)
    return ch - 0xff10;
  return ch >= '1' && ch <= '9' ? ch - '0' : 0;
}

/* 十 is ten, 百 a hundred; without them digits stand in places, as in 二〇. */
static const char *
parse_han_number (const char *at,
                  guint      *number)
{
  guint sum = 0;
  guint digit = 0;

  for (; *at != '\0' && sum < 10000 && digit < 10000; at = g_utf8_next_char (at))
    {
      gunichar ch = g_utf8_get_char (at);

      if (ch == 0x5341 || ch == 0x767e)
        {
          sum += MAX (digit, 1) * (ch == 0x5341 ? 10 : 100);
          digit = 0;
        }
      else if (han_digit (ch) != 0)
        digit = digit * 10 + han_digit (ch);
      else if (ch == 0x3007 || ch == 0x96f6 || ch == '0' || ch == 0xff10)
        digit *= 10;
      else if (!g_unichar_isspace (ch))
        break;
    }
  *number = sum + digit;
  return at;
}

/* 第三章, 第2話, 제1장. */
static gboolean
parse_han (const char *line,
           BksHeading *heading)
{
  static const char *const chapters[] = { "章", "回", "节", "節", "話", "话", "장", "화" };
  static const char *const parts[] = { "部", "卷", "編", "编", "篇", "集", "부", "권" };
  const char *at;
  gunichar next;

  if (!g_str_has_prefix (line, "第") && !g_str_has_prefix (line, "제"))
    return FALSE;
  at = parse_han_number (g_utf8_next_char (line), &heading->number);
  if (heading->number == 0)
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (chapters); i++)
    if (g_str_has_prefix (at, chapters[i]))
      heading->type = BKS_HEADING_CHAPTER;
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (g_str_has_prefix (at, parts[i]))
      heading->type = BKS_HEADING_PART;
  if (heading->type == BKS_HEADING_NONE)
    return FALSE;

  heading->rank = 2;
  at = g_utf8_next_char (at);
  next = g_utf8_get_char (at);
  heading->is_sentence = next != 0 && !g_unichar_isspace (next) && next != ':' && next != 0xff1a;
  heading->title = skip_space (at) - line;
  return g_utf8_strlen (line, -1) <= 40 && last_char (line) != 0x3002;
}

/* "Preface", "Introduction to the Second Edition", "ADVERTISEMENT BY THE
 * AUTHORESS"; a longer line counts only in capitals or as a title. */
static gboolean
parse_matter (const char *line,
              BksHeading *heading)
{
  g_autofree char *folded = g_utf8_casefold (line, -1);
  gsize length = strlen (folded);

  while (length > 0 && strchr (".:", folded[length - 1]) != NULL)
    folded[--length] = '\0';

  for (guint i = 0; i < G_N_ELEMENTS (matters); i++)
    {
      gsize word = strlen (matters[i].word);
      gboolean is_whole = strcmp (folded, matters[i].word) == 0;

      if (!g_str_has_prefix (folded, matters[i].word) || g_unichar_islower (g_utf8_get_char (line)))
        continue;
      if (!is_whole && (matters[i].type == BKS_HEADING_CONTENTS || strchr (" :.", folded[word]) == NULL))
        continue;
      if (!is_whole && !bks_heading_is_title_like (line))
        continue;
      heading->type = matters[i].type;
      heading->title = strlen (line);
      return TRUE;
    }
  return FALSE;
}

static gboolean
parse_bare_number (const char *line,
                   BksHeading *heading)
{
  Word last;
  gboolean separated;
  const char *after = parse_number (line, &heading->number, &last);
  const char *title;

  if (after == NULL || heading->number > 500)
    return FALSE;
  title = skip_separator (after, &separated);
  if (*title != '\0' && (!separated || !bks_heading_is_title_like (title)))
    return FALSE;

  heading->type = BKS_HEADING_NUMBER;
  heading->title = title - line;
  return TRUE;
}

/**
 * bks_heading_parse:
 * @line: a line, without white space around it
 * @heading: (out): what heading it is
 *
 * Returns: whether @line is written as a heading
 */
gboolean
bks_heading_parse (const char *line,
                   BksHeading *heading)
{
  gboolean (*const parsers[]) (const char *, BksHeading *) = {
    parse_keyword_first, parse_number_first, parse_han, parse_matter, parse_bare_number,
  };

  if (*line == '\0' || strlen (line) > LINE_BYTES)
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (parsers); i++)
    {
      memset (heading, 0, sizeof *heading);
      if (parsers[i] (line, heading))
        return TRUE;
    }
  return FALSE;
}
