/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-core"

#include "config.h"

#include <string.h>

#include "bks-redact.h"

#define MARK "[hidden]"

/* A run of these is one word of a key; dots and slashes join the parts of a JWT. */
static gboolean
is_key_character (char c)
{
  return g_ascii_isalnum (c) || c == '-' || c == '_' || c == '.' || c == '*' || c == '+' || c == '/' || c == '=';
}

static const char *const key_prefixes[] = {
  "sk-", "sk_", "pk-", "rk-", "bks_", "gsk_", "xai-", "tgp_", "key-", "AIza", "eyJ", "hf_", "ghp_", NULL
};

/*
 * Random keys mix digits and letters over a long run; words, numbers and
 * model ids of that length do not, or are broken by dots, slashes and dashes.
 */
static gboolean
looks_random (const char *word,
              gsize       length)
{
  gsize run = 0, digits = 0, letters = 0;

  for (gsize i = 0; i <= length; i++)
    {
      char c = i < length ? word[i] : '\0';

      if (g_ascii_isalnum (c) || c == '_')
        {
          run++;
          digits += g_ascii_isdigit (c) ? 1 : 0;
          letters += g_ascii_isalpha (c) ? 1 : 0;
          continue;
        }
      if (run >= 24 && digits >= 4 && letters >= 4)
        return TRUE;
      run = digits = letters = 0;
    }
  return FALSE;
}

static gboolean
is_key (const char *word,
        gsize       length)
{
  if (length < 8)
    return FALSE;
  for (gsize i = 0; key_prefixes[i] != NULL; i++)
    if (g_str_has_prefix (word, key_prefixes[i]))
      return TRUE;
  return looks_random (word, length);
}

static void
append_cleaned (GString    *result,
                const char *word,
                gsize       length)
{
  const char *equals = memchr (word, '=', length);

  /* "key=VALUE": the name may stay. */
  if (equals != NULL && equals > word && equals + 1 < word + length)
    {
      gsize name = (gsize) (equals - word) + 1;

      g_string_append_len (result, word, (gssize) name);
      append_cleaned (result, word + name, length - name);
      return;
    }
  if (is_key (word, length))
    g_string_append (result, MARK);
  else
    g_string_append_len (result, word, (gssize) length);
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
  g_autofree char *valid = NULL;
  GString *result;

  if (text == NULL)
    return g_strdup ("");

  {
    g_autofree char *cut = g_strndup (text, max_bytes);

    valid = g_utf8_make_valid (cut, -1);
  }
  result = g_string_new (NULL);

  for (const char *p = valid; *p != '\0';)
    {
      const char *start = p;

      while (is_key_character (*p))
        p++;
      if (p > start)
        {
          append_cleaned (result, start, (gsize) (p - start));
          continue;
        }
      p = g_utf8_next_char (p);
      if (!g_unichar_iscntrl (g_utf8_get_char (start)))
        g_string_append_len (result, start, p - start);
      else if (result->len > 0 && result->str[result->len - 1] != ' ')
        g_string_append_c (result, ' ');
    }
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
