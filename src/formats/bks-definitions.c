/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

/* Many writers keep all footnotes and link addresses at the end of the file.
 * Divided by its headings, only the last section would have them; so each goes
 * to the sections that refer to it. */

#include "config.h"

#include <string.h>

#include "bks-commonmark-private.h"
#include "bks-definitions-private.h"

#define LABEL_BYTES 200

typedef struct
{
  guint    section;
  gsize    start;
  gsize    end;
  char    *label;
  gboolean is_used_here;
  gboolean is_copied;
} Definition;

typedef struct
{
  BksDocument *document;
  GArray      *definitions;
  GHashTable  *by_label;  /* the first of each label, by index + 1 */
  gsize        room;      /* what copies may still add, against hostile files */
} Settling;

static void
definition_clear (gpointer data)
{
  Definition *definition = data;

  g_free (definition->label);
}

static Definition *
definition_at (Settling *self,
               guint     index)
{
  return &g_array_index (self->definitions, Definition, index);
}

/* Labels match without regard to case and to how much space they hold. */
static char *
read_label (const char  *bracket,
            const char **end)
{
  g_autoptr(GString) label = g_string_new (NULL);
  const char *at;

  for (at = bracket + 1; *at != ']'; at++)
    {
      if (*at == '\0' || *at == '[' || at - bracket > LABEL_BYTES)
        return NULL;
      if (*at == '\\' && at[1] != '\0')
        g_string_append_c (label, *at++);
      if (!g_ascii_isspace (*at))
        g_string_append_c (label, *at);
      else if (label->len > 0 && label->str[label->len - 1] != ' ')
        g_string_append_c (label, ' ');
    }
  *end = at + 1;
  g_strchomp (label->str);
  return *label->str != '\0' ? g_utf8_casefold (label->str, -1) : NULL;
}

static const char *
next_line (const char *at)
{
  const char *end = strchr (at, '\n');

  return end != NULL ? end + 1 : at + strlen (at);
}

static gboolean
is_blank_line (const char *line)
{
  line += strspn (line, " \t");
  return *line == '\n' || *line == '\0';
}

static gboolean
is_indented (const char *line)
{
  return *line == '\t' || g_str_has_prefix (line, "    ");
}

/* A footnote goes on to a blank line, and over it where indented text follows. */
static const char *
find_footnote_end (const char *line)
{
  const char *end = next_line (line);

  while (*end != '\0')
    {
      const char *next = end;

      while (*next != '\0' && is_blank_line (next))
        next = next_line (next);
      if (*next == '\0' || (next > end && !is_indented (next)) || *next == '[')
        break;
      end = next_line (next);
    }
  return end;
}

static const char *
read_definition (const char *line,
                 Definition *definition)
{
  const char *bracket = line + MIN (strspn (line, " "), 3);
  const char *after;

  if (*bracket != '[')
    return NULL;
  definition->label = read_label (bracket, &after);
  if (definition->label == NULL)
    return NULL;
  if (*after != ':' || is_blank_line (after + 1))
    {
      g_clear_pointer (&definition->label, g_free);
      return NULL;
    }
  return bracket[1] == '^' ? find_footnote_end (line) : next_line (line);
}

static gboolean
is_code_fence (const char *line)
{
  line += MIN (strspn (line, " "), 3);
  return g_str_has_prefix (line, "```") || g_str_has_prefix (line, "~~~");
}

static void
find_definitions (Settling *self,
                  guint     section)
{
  const char *text = ((BksSection *) g_ptr_array_index (self->document->sections, section))->text;
  gboolean may_begin = TRUE;
  gboolean in_code = FALSE;

  for (const char *line = text; *line != '\0';)
    {
      Definition definition = { .section = section, .start = line - text };
      const char *end = may_begin && !in_code ? read_definition (line, &definition) : NULL;

      if (end != NULL)
        {
          definition.end = end - text;
          g_array_append_val (self->definitions, definition);
          if (!g_hash_table_contains (self->by_label, definition.label))
            g_hash_table_insert (self->by_label, definition.label, GUINT_TO_POINTER (self->definitions->len));
          line = end;
          continue;
        }
      in_code ^= is_code_fence (line);
      may_begin = is_blank_line (line);
      line = next_line (line);
    }
}

/* The definitions of one section by label, by index + 1. */
static GHashTable *
list_own (Settling *self,
          guint     section,
          guint     first)
{
  GHashTable *own = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = first; i < self->definitions->len && definition_at (self, i)->section == section; i++)
    if (!g_hash_table_contains (own, definition_at (self, i)->label))
      g_hash_table_insert (own, definition_at (self, i)->label, GUINT_TO_POINTER (i + 1));
  return own;
}

static gboolean
copy_definition (Settling   *self,
                 Definition *definition,
                 GString    *added)
{
  const BksSection *owner = g_ptr_array_index (self->document->sections, definition->section);
  gsize length = definition->end - definition->start;

  if (length > self->room)
    return FALSE;
  self->room -= length;
  definition->is_copied = TRUE;
  while (length > 0 && g_ascii_isspace (owner->text[definition->start + length - 1]))
    length--;
  g_string_append (added, "\n\n");
  g_string_append_len (added, owner->text + definition->start, length);
  return TRUE;
}

/* Appends what @section refers to and does not define itself. */
static void
collect_used (Settling *self,
              guint     section,
              guint     first,
              GString  *added)
{
  const char *text = ((BksSection *) g_ptr_array_index (self->document->sections, section))->text;
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) own = list_own (self, section, first);

  for (const char *at = strchr (text, '['); at != NULL; at = strchr (at + 1, '['))
    {
      const char *after;
      g_autofree char *label = read_label (at, &after);
      guint index = label != NULL ? GPOINTER_TO_UINT (g_hash_table_lookup (self->by_label, label)) : 0;
      guint own_index = label != NULL ? GPOINTER_TO_UINT (g_hash_table_lookup (own, label)) : 0;

      if (index == 0 || *after == ':' || *after == '(' || g_hash_table_contains (seen, label))
        continue;
      if (own_index != 0)
        definition_at (self, own_index - 1)->is_used_here = TRUE;
      else if (!copy_definition (self, definition_at (self, index - 1), added))
        continue;
      g_hash_table_add (seen, g_steal_pointer (&label));
    }
}

/* The text less what has gone where it is used, with @added behind. */
static char *
rewrite (Settling   *self,
         guint       section,
         guint       first,
         const char *added)
{
  const BksSection *owner = g_ptr_array_index (self->document->sections, section);
  g_autoptr(GString) text = g_string_new (NULL);
  g_autofree char *kept = NULL;
  gsize at = 0;

  for (guint i = first; i < self->definitions->len && definition_at (self, i)->section == section; i++)
    {
      const Definition *definition = definition_at (self, i);

      if (!definition->is_copied || definition->is_used_here)
        continue;
      g_string_append_len (text, owner->text + at, definition->start - at);
      at = definition->end;
    }
  if (at == 0 && *added == '\0')
    return g_strdup (owner->text);

  g_string_append (text, owner->text + at);
  kept = bks_commonmark_trim (text->str, text->str + text->len);
  return g_strconcat (kept, *kept != '\0' ? added : added + strspn (added, "\n"), NULL);
}

/**
 * bks_definitions_settle:
 * @document: a document just divided
 *
 * Moves the definitions of footnotes and links into the sections that refer to
 * them; one that several refer to is copied, one that none refers to stays.
 */
void
bks_definitions_settle (BksDocument *document)
{
  g_autoptr(GArray) definitions = g_array_new (FALSE, FALSE, sizeof (Definition));
  g_autoptr(GHashTable) by_label = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree guint *first = g_new0 (guint, document->sections->len + 1);
  g_autoptr(GPtrArray) added = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  Settling self = { .document = document, .definitions = definitions, .by_label = by_label };

  g_array_set_clear_func (definitions, definition_clear);
  for (guint i = 0; i < document->sections->len; i++)
    {
      first[i] = definitions->len;
      find_definitions (&self, i);
      self.room += strlen (((BksSection *) g_ptr_array_index (document->sections, i))->text);
    }
  if (definitions->len == 0)
    return;

  for (guint i = 0; i < document->sections->len; i++)
    {
      g_autoptr(GString) text = g_string_new (NULL);

      collect_used (&self, i, first[i], text);
      g_ptr_array_add (added, g_string_free_and_steal (g_steal_pointer (&text)));
    }
  for (guint i = 0; i < document->sections->len; i++)
    g_ptr_array_add (texts, rewrite (&self, i, first[i], g_ptr_array_index (added, i)));
  for (guint i = 0; i < document->sections->len; i++)
    {
      BksSection *section = g_ptr_array_index (document->sections, i);
      gpointer *slot = &g_ptr_array_index (texts, i);

      g_free (section->text);
      section->text = g_steal_pointer (slot);
    }
}
