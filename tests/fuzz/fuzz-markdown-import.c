/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdint.h>

#include "bks-decode-private.h"
#include "bks-export.h"
#include "bks-markdown-import-private.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

static void
assert_same (const BksSection *a,
             const BksSection *b)
{
  g_assert_cmpint (a->kind, ==, b->kind);
  g_assert_cmpuint (a->depth, ==, b->depth);
  g_assert_cmpstr (a->title, ==, b->title);
  g_assert_cmpstr (a->text, ==, b->text);
}

/* What was imported and exported is, imported again, the same book. */
int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autofree char *source = bks_decode_text (data, size, "x", NULL);
  g_autoptr(BksDocument) document = NULL;
  g_autoptr(BksDocument) again = NULL;
  g_autofree char *text = NULL;

  if (source == NULL)
    return 0;
  document = bks_markdown_import (source, "x", limits, NULL, NULL);
  g_assert_nonnull (document);
  text = bks_document_to_markdown (document, limits, NULL, NULL);
  g_assert_nonnull (text);
  again = bks_markdown_import (text, "x", limits, NULL, NULL);
  g_assert_nonnull (again);
  g_assert_cmpstr (again->title, ==, document->title);
  g_assert_cmpstr (again->author, ==, document->author);
  g_assert_cmpuint (again->sections->len, ==, document->sections->len);
  for (guint i = 0; i < document->sections->len; i++)
    assert_same (g_ptr_array_index (document->sections, i), g_ptr_array_index (again->sections, i));
  return 0;
}
