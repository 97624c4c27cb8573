/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "bks-diff.h"
#include "bks-provenance.h"
#include "bks-revision-codec-private.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

/* Two texts and a provenance, divided by NULs. */
static char *
take_text (const char **at,
           const char  *end)
{
  const char *stop = *at < end ? memchr (*at, '\0', (gsize) (end - *at)) : NULL;
  char *text = g_utf8_make_valid (*at, (stop != NULL ? stop : end) - *at);

  *at = stop != NULL ? stop + 1 : end;
  return text;
}

/* The spans tell both texts, whatever they are. */
static void
check_diff (const char *a,
            const char *b)
{
  g_autoptr(GArray) spans = bks_diff_words (a, b);
  gsize old_at = 0, new_at = 0;

  for (guint i = 0; i < spans->len; i++)
    {
      const BksDiffSpan *span = &g_array_index (spans, BksDiffSpan, i);

      g_assert_cmpuint (span->old_start, ==, old_at);
      g_assert_cmpuint (span->new_start, ==, new_at);
      if (span->kind == BKS_DIFF_EQUAL)
        g_assert_cmpmem (a + old_at, span->old_length, b + new_at, span->new_length);
      old_at += span->old_length;
      new_at += span->new_length;
    }
  g_assert_cmpuint (old_at, ==, strlen (a));
  g_assert_cmpuint (new_at, ==, strlen (b));
}

/* Passages stay inside of the text, in order, before and after an edit. */
static void
check_provenance (BksProvenance *provenance,
                  gsize          length)
{
  gsize last = 0;

  for (guint i = 0; i < bks_provenance_get_n_spans (provenance); i++)
    {
      const BksProvenanceSpan *span = bks_provenance_get_span (provenance, i);

      g_assert_cmpuint (span->start, >=, last);
      g_assert_cmpuint (span->end, >, span->start);
      g_assert_cmpuint (span->end, <=, length);
      last = span->end;
    }
}

/* A damaged revision is refused, or is something; it is never read beyond its end. */
static void
check_codec (const uint8_t *data,
             size_t         size,
             const char    *text)
{
  g_autoptr(GBytes) rubbish = g_bytes_new (data, size);
  g_autoptr(GBytes) plain = g_bytes_new (text, strlen (text));
  g_autoptr(GBytes) base = g_bytes_new (data, size / 2);
  g_autoptr(GBytes) packed = bks_revision_pack (plain, base, NULL);
  g_autoptr(GBytes) again = bks_revision_unpack (packed, g_bytes_get_size (plain), base, NULL);
  g_autoptr(GBytes) nothing = bks_revision_unpack (rubbish, 4096, base, NULL);

  g_assert_nonnull (again);
  g_assert_true (g_bytes_equal (again, plain));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  const char *at = (const char *) data, *end = (const char *) data + size;
  g_autofree char *a = take_text (&at, end);
  g_autofree char *b = take_text (&at, end);
  g_autofree char *stored = take_text (&at, end);
  g_autoptr(BksProvenance) provenance = bks_provenance_from_string (stored, strlen (a));
  g_autoptr(BksProvenance) followed = NULL;
  g_autoptr(BksProvenance) read_again = NULL;
  g_autofree char *written = NULL;
  g_autofree char *rewritten = NULL;

  check_diff (a, b);
  check_provenance (provenance, strlen (a));
  followed = bks_provenance_follow (provenance, a, b, BKS_ORIGIN_PASTED);
  bks_provenance_mark_passage (followed, a, b, stored, BKS_ORIGIN_AI_INSERTED, "r");
  check_provenance (followed, strlen (b));
  written = bks_provenance_to_string (followed);
  read_again = bks_provenance_from_string (written, strlen (b));
  rewritten = bks_provenance_to_string (read_again);
  g_assert_cmpstr (written, ==, rewritten);
  check_codec (data, size, a);
  return 0;
}
