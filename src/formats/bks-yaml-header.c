/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

/* The few lines of YAML that Pandoc and its like put in front of Markdown:
 * plain or quoted values of one line, and lists of them. What else a header
 * may hold is passed over. */

#include "config.h"

#include <string.h>

#include "bks-yaml-header-private.h"

#define MOST_LINES 200

static gboolean
is_fence (const char *line,
          gboolean    closing)
{
  gsize length = strcspn (line, "\n");

  while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
    length--;
  return length == 3 && (strncmp (line, "---", 3) == 0 || (closing && strncmp (line, "...", 3) == 0));
}

static char *
unquote (char *text)
{
  gsize length;
  char quote;
  char *to = text;

  g_strstrip (text);
  length = strlen (text);
  quote = *text;
  if (length < 2 || (quote != '"' && quote != '\'') || text[length - 1] != quote)
    return text;

  for (const char *at = text + 1; at < text + length - 1; at++)
    {
      if ((quote == '"' && *at == '\\') || (quote == '\'' && *at == '\'' && at[1] == '\''))
        at++;
      if (at < text + length - 1)
        *to++ = *at;
    }
  *to = '\0';
  return text;
}

static void
add_value (char       **field,
           const char  *text)
{
  g_autofree char *value = unquote (g_strdup (text));
  char *joined;

  if (*value == '\0')
    return;
  joined = **field != '\0' ? g_strdup_printf ("%s, %s", *field, value) : g_strdup (value);
  g_free (*field);
  *field = joined;
}

/* "[Ann, Bob]" is two values. */
static void
add_values (char       **field,
            const char  *text)
{
  gsize length = strlen (text);

  if (*text == '[' && length >= 2 && text[length - 1] == ']')
    {
      g_autofree char *inside = g_strndup (text + 1, length - 2);
      g_auto(GStrv) items = g_strsplit (inside, ",", -1);

      for (guint i = 0; items[i] != NULL; i++)
        add_value (field, items[i]);
    }
  else
    {
      add_value (field, text);
    }
}

static char **
find_field (BksDocument  *document,
            const char   *key,
            char        **token)
{
  if (strcmp (key, "title") == 0)
    return &document->title;
  if (strcmp (key, "author") == 0 || strcmp (key, "authors") == 0 || strcmp (key, "creator") == 0)
    return &document->author;
  if (strcmp (key, "lang") == 0 || strcmp (key, "language") == 0)
    return &document->language;
  if (strcmp (key, "date") == 0)
    return &document->date;
  if (strcmp (key, "sections") == 0)
    return token;
  return NULL;
}

static void
read_line (const char    *line,
           BksDocument   *document,
           char         **token,
           char        ***field)
{
  g_autofree char *text = g_strchomp (g_strndup (line, strcspn (line, "\n")));
  char *colon = strchr (text, ':');
  const char *item = text + strspn (text, " \t");

  if (item[0] == '-' && item[1] == ' ')
    {
      if (*field != NULL)
        add_value (*field, item + 2);
      return;
    }
  if (g_ascii_isspace (*text) || *text == '#')
    return;
  *field = NULL;
  if (colon == NULL)
    return;
  *colon = '\0';
  *field = find_field (document, text, token);
  if (*field != NULL)
    {
      g_clear_pointer (*field, g_free);
      **field = g_strdup ("");
      add_values (*field, g_strstrip (colon + 1));
    }
}

/**
 * bks_yaml_header_read:
 * @text: Markdown
 * @document: where to put title, author, language and date
 * @section_token: (out) (nullable): the word that marks sections in a file of ours
 *
 * Returns: (transfer none): the text after the header; @text if it has none
 */
const char *
bks_yaml_header_read (const char   *text,
                      BksDocument  *document,
                      char        **section_token)
{
  const char *line = strchr (text, '\n');
  const char *end = line;
  g_autofree char *token = g_strdup ("");
  char **field = NULL;
  guint lines = 0;

  *section_token = NULL;
  if (!is_fence (text, FALSE) || line == NULL || strchr (" \n", line[1]) != NULL)
    return text;

  for (; end != NULL && lines < MOST_LINES && !is_fence (end + 1, TRUE); lines++)
    end = strchr (end + 1, '\n');
  if (end == NULL || lines == MOST_LINES || memchr (line, ':', end - line) == NULL)
    return text;

  for (; line < end; line = strchr (line + 1, '\n'))
    read_line (line + 1, document, &token, &field);
  if (*token != '\0')
    *section_token = g_steal_pointer (&token);

  line = strchr (end + 1, '\n');
  return line != NULL ? line + 1 : end + strlen (end);
}

static void
append_field (GString    *out,
              const char *key,
              const char *value)
{
  if (*value == '\0')
    return;
  g_string_append_printf (out, "%s: \"", key);
  for (const char *at = value; *at != '\0'; at++)
    {
      if (*at == '"' || *at == '\\')
        g_string_append_c (out, '\\');
      g_string_append_c (out, *at);
    }
  g_string_append (out, "\"\n");
}

/**
 * bks_yaml_header_append:
 * @out: what to append to
 * @document: a book
 * @section_token: (nullable): the word that marks its sections
 */
void
bks_yaml_header_append (GString      *out,
                        BksDocument  *document,
                        const char   *section_token)
{
  g_string_append (out, "---\n");
  append_field (out, "title", document->title);
  append_field (out, "author", document->author);
  append_field (out, "lang", document->language);
  append_field (out, "date", document->date);
  append_field (out, "sections", section_token != NULL ? section_token : "");
  g_string_append (out, "---\n");
}
