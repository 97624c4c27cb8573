/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-core"

#include "config.h"

#include <string.h>

#include "bks-redact.h"

#define MARK "[hidden]"
#define KEY_BYTES 8    /* what is shorter gives no key away */
#define RANDOM_BYTES 24

/* A run of these is one word; dots join the parts of a JWT. */
static gboolean
is_word_character (char c)
{
  return g_ascii_isalnum (c) || c == '-' || c == '_' || c == '.' || c == '*' || c == '+' || c == '/' || c == '=';
}

static const char *const key_prefixes[] = {
  "sk-", "sk_", "pk-", "rk-", "bks_", "gsk_", "xai-", "tgp_", "key-", "AIza", "eyJ", "hf_", "ghp_", NULL
};

/* What a name ends with whose value is nobody's business: "x-api-key: …", "access_token": "…". */
static const char *const secret_names[] = {
  "api_key", "api-key", "apikey", "access_token", "auth_token", "refresh_token",
  "secret", "password", "authorization", NULL
};

/* The same in an address, where nothing else is meant: "?key=…&token=…". */
static const char *const secret_parameters[] = { "key", "token", NULL };

static gboolean
ends_with_name (const char        *word,
                gsize              length,
                const char *const *names)
{
  for (gsize i = 0; names[i] != NULL; i++)
    {
      gsize name = strlen (names[i]);

      if (length >= name && g_ascii_strncasecmp (word + length - name, names[i], name) == 0 &&
          (length == name || !g_ascii_isalnum (word[length - name - 1])))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_number (const char *word,
           gsize       length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isdigit (word[i]) && word[i] != '.' && word[i] != '-')
      return FALSE;
  return TRUE;
}

/* "key-value" and "Bearer authentication" are English, "sk-1a2b3c4d" is not. */
static gboolean
looks_made_up (const char *word,
               gsize       length)
{
  if (length >= RANDOM_BYTES)
    return TRUE;
  for (gsize i = 0; i < length; i++)
    if (g_ascii_isdigit (word[i]) || word[i] == '*' || (i > 0 && g_ascii_isupper (word[i])))
      return TRUE;
  return FALSE;
}

static int
get_class (char c)
{
  return g_ascii_isdigit (c) ? 1 : g_ascii_isupper (c) ? 2 : 3;
}

/*
 * Random keys mix digits and letters over a long run; words, numbers and
 * model ids of that length do not, or are broken by dots and dashes. Where a
 * key has dashes itself, its letters and digits alternate more than any name's.
 */
static gboolean
looks_random (const char *word,
              gsize       length)
{
  gsize solid = 0, digits = 0, letters = 0;
  gsize run = 0, all_digits = 0, changes = 0;

  for (gsize i = 0; i < length; i++)
    {
      gboolean alnum = g_ascii_isalnum (word[i]);

      if (!alnum)
        solid = digits = letters = 0;
      if (!alnum && word[i] != '-' && word[i] != '_' && word[i] != '+')
        run = all_digits = changes = 0;
      else
        run++;
      if (!alnum)
        continue;
      solid++;
      digits += g_ascii_isdigit (word[i]) ? 1 : 0;
      letters += g_ascii_isalpha (word[i]) ? 1 : 0;
      all_digits += g_ascii_isdigit (word[i]) ? 1 : 0;
      changes += run > 1 && g_ascii_isalnum (word[i - 1]) && get_class (word[i]) != get_class (word[i - 1]) ? 1 : 0;
      if ((solid >= RANDOM_BYTES && digits >= 4 && letters >= 4) ||
          (run >= RANDOM_BYTES && all_digits >= 2 && changes * 5 >= run * 2))
        return TRUE;
    }
  return FALSE;
}

/* As servers show which key they mean: "abcd********wxyz". */
static gboolean
is_starred (const char *word,
            gsize       length)
{
  return g_strstr_len (word, (gssize) length, "****") != NULL && strspn (word, "*./=+-_") < length;
}

static gboolean
is_key (const char *word,
        gsize       length)
{
  gsize lead = 0;

  if (length < KEY_BYTES)
    return FALSE;
  while (lead < length && !g_ascii_isalnum (word[lead]))
    lead++;
  for (gsize i = 0; key_prefixes[i] != NULL; i++)
    if (length - lead >= KEY_BYTES && g_str_has_prefix (word + lead, key_prefixes[i]))
      return looks_made_up (word + lead, length - lead);
  return is_starred (word, length) || looks_random (word, length);
}

/* Each piece between slashes by itself: an address stays readable around a key. */
static void
append_pieces (GString    *result,
               const char *word,
               gsize       length)
{
  const char *end = word + length;

  while (word < end)
    {
      const char *slash = memchr (word, '/', (gsize) (end - word));
      gsize piece = (gsize) ((slash != NULL ? slash : end) - word);

      if (is_key (word, piece))
        g_string_append (result, MARK);
      else
        g_string_append_len (result, word, (gssize) piece);
      if (slash != NULL)
        g_string_append_c (result, '/');
      word += piece + (slash != NULL ? 1 : 0);
    }
}

/* "key=VALUE": the name may stay. */
static void
append_word (GString    *result,
             const char *word,
             gsize       length)
{
  const char *equals = memchr (word, '=', length);
  gsize name = equals != NULL ? (gsize) (equals - word) : 0;
  const char *value = word + name + 1;
  gsize value_length = name > 0 ? length - name - 1 : 0;

  if (value_length == 0)
    {
      append_pieces (result, word, length);
      return;
    }
  append_pieces (result, word, name);
  g_string_append_c (result, '=');
  if ((ends_with_name (word, name, secret_names) || ends_with_name (word, name, secret_parameters)) &&
      !is_number (value, value_length))
    g_string_append (result, MARK);
  else
    append_word (result, value, value_length);
}

typedef enum
{
  EXPECT_NOTHING,
  EXPECT_COLON,  /* after a secret's name */
  EXPECT_SECRET, /* after its colon, or "Bearer" */
} Expectation;

static Expectation
expect_after_word (const char *word,
                   gsize       length)
{
  if ((length == 6 && g_ascii_strncasecmp (word, "bearer", 6) == 0) ||
      (length == 5 && g_ascii_strncasecmp (word, "basic", 5) == 0))
    return EXPECT_SECRET;
  return ends_with_name (word, length, secret_names) ? EXPECT_COLON : EXPECT_NOTHING;
}

static Expectation
expect_after_character (Expectation expectation,
                        char        c)
{
  if (c == ' ' || c == '"' || c == '\'' || c == '\\')
    return expectation;
  return c == ':' && expectation != EXPECT_NOTHING ? EXPECT_SECRET : EXPECT_NOTHING;
}

static gboolean
is_expected_secret (const char *word,
                    gsize       length)
{
  return length >= 6 && looks_made_up (word, length) && !is_number (word, length);
}

/* On one line, and nothing that moves the cursor. */
static void
append_character (GString    *result,
                  const char *character,
                  gsize       length)
{
  GUnicodeType type = g_unichar_type (g_utf8_get_char (character));

  if (type != G_UNICODE_CONTROL && type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR)
    g_string_append_len (result, character, (gssize) length);
  else if (result->len > 0 && result->str[result->len - 1] != ' ')
    g_string_append_c (result, ' ');
}

static void
truncate_to (GString *text,
             gsize    max_bytes)
{
  if (text->len <= max_bytes)
    return;
  while (max_bytes > 0 && ((guchar) text->str[max_bytes] & 0xc0) == 0x80)
    max_bytes--;
  g_string_truncate (text, max_bytes);
}

/**
 * bks_redact:
 * @text: (nullable): what a server or a library said
 * @max_bytes: how much of it to keep
 *
 * Makes a text fit to show and to log: valid UTF-8 on one line, without
 * control characters, cut at @max_bytes, and with everything that looks like
 * an API key or a token replaced. Providers echo parts of a refused key.
 *
 * Returns: (transfer full): the cleaned text
 */
char *
bks_redact (const char *text,
            gsize       max_bytes)
{
  g_autofree char *valid = g_utf8_make_valid (text != NULL ? text : "", -1);
  GString *result = g_string_new (NULL);
  Expectation expectation = EXPECT_NOTHING;

  /* Cut last: half a key does not look like one. */
  for (const char *p = valid; *p != '\0' && result->len < max_bytes;)
    {
      const char *start = p;

      while (is_word_character (*p))
        p++;
      if (p == start)
        {
          p = g_utf8_next_char (p);
          append_character (result, start, (gsize) (p - start));
          expectation = expect_after_character (expectation, *start);
          continue;
        }
      if (expectation == EXPECT_SECRET && is_expected_secret (start, (gsize) (p - start)))
        g_string_append (result, MARK);
      else
        append_word (result, start, (gsize) (p - start));
      expectation = expect_after_word (start, (gsize) (p - start));
    }
  truncate_to (result, max_bytes);
  return g_string_free (result, FALSE);
}

/**
 * bks_redact_secret:
 * @text: a text that may hold @secret
 * @secret: (nullable): the very key that was sent
 *
 * Returns: (transfer full): @text with every occurrence of @secret replaced
 */
char *
bks_redact_secret (const char *text,
                   const char *secret)
{
  g_autoptr(GString) result = g_string_new (text);

  if (secret != NULL && strlen (secret) >= 4)
    g_string_replace (result, secret, MARK, 0);
  return g_string_free (g_steal_pointer (&result), FALSE);
}
