/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "bks-decode-private.h"
#include "bks-markdown-private.h"
#include "bks-plain-import-private.h"

/* What a title page may lose: the word between title and author. */
#define MOST_LOST 4

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

static gsize
count_letters (const char *text)
{
  gsize letters = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    letters += g_unichar_isalnum (g_utf8_get_char (text));
  return letters;
}

static gsize
count_section (const BksSection *section,
               BksLimits        *limits)
{
  g_autoptr(GString) plain = g_string_new (NULL);
  g_autoptr(BksMarkdown) markdown = bks_markdown_parse (section->text, strlen (section->text), limits, NULL, NULL);

  g_assert_nonnull (markdown);
  bks_markdown_append_plain (plain, markdown->root);
  return count_letters (section->title) + count_letters (plain->str);
}

/* Whatever it takes for headings, no letter is lost when the text is shown. */
int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autofree char *text = bks_decode_text (data, size, "x", NULL);
  g_autoptr(BksDocument) document = NULL;
  gsize letters;

  if (text == NULL)
    return 0;
  document = bks_plain_import (text, "x", limits, NULL, NULL);
  g_assert_nonnull (document);
  letters = count_letters (document->title) + count_letters (document->author) + count_letters (document->date);
  for (guint i = 0; i < document->sections->len; i++)
    letters += count_section (g_ptr_array_index (document->sections, i), limits);
  g_assert_cmpuint (letters + MOST_LOST, >=, count_letters (text));
  return 0;
}
