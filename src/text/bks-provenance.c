/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-text"

#include "config.h"

#include <string.h>

#include "bks-diff.h"
#include "bks-provenance.h"
#include "bks-words.h"

struct _BksProvenance
{
  GArray *spans; /* of BksProvenanceSpan, in order, none touching another of its kind */
};

G_DEFINE_BOXED_TYPE (BksProvenance, bks_provenance, bks_provenance_ref, bks_provenance_unref)

static const char *const names[BKS_N_ORIGINS] = {
  [BKS_ORIGIN_TYPED] = "typed",
  [BKS_ORIGIN_PASTED] = "pasted",
  [BKS_ORIGIN_IMPORTED] = "imported",
  [BKS_ORIGIN_AI_INSERTED] = "ai-inserted",
  [BKS_ORIGIN_AI_EDITED] = "ai-edited",
};

/**
 * bks_origin_to_string:
 * @origin: an origin
 *
 * Returns: (transfer none): its name
 */
const char *
bks_origin_to_string (BksOrigin origin)
{
  g_return_val_if_fail (origin < BKS_N_ORIGINS, NULL);

  return names[origin];
}

static gboolean
find_origin (const char *text,
             BksOrigin  *origin)
{
  for (guint i = 0; i < BKS_N_ORIGINS; i++)
    if (g_str_equal (text, names[i]))
      {
        *origin = (BksOrigin) i;
        return TRUE;
      }
  return FALSE;
}

static void
span_clear (gpointer data)
{
  g_free (((BksProvenanceSpan *) data)->run);
}

/**
 * bks_provenance_new:
 *
 * Returns: (transfer full): that of a text that was typed
 */
BksProvenance *
bks_provenance_new (void)
{
  BksProvenance *self = g_atomic_rc_box_new0 (BksProvenance);

  self->spans = g_array_new (FALSE, FALSE, sizeof (BksProvenanceSpan));
  g_array_set_clear_func (self->spans, span_clear);
  return self;
}

/**
 * bks_provenance_ref:
 * @self: a provenance
 *
 * Returns: (transfer full): @self
 */
BksProvenance *
bks_provenance_ref (BksProvenance *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  g_array_unref (((BksProvenance *) data)->spans);
}

/**
 * bks_provenance_unref:
 * @self: (transfer full): a provenance
 */
void
bks_provenance_unref (BksProvenance *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

/**
 * bks_provenance_get_n_spans:
 * @self: a provenance
 *
 * Returns: how many passages were not typed
 */
guint
bks_provenance_get_n_spans (BksProvenance *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->spans->len;
}

/**
 * bks_provenance_get_span:
 * @self: a provenance
 * @index: which, from 0
 *
 * Returns: (transfer none): the passage
 */
const BksProvenanceSpan *
bks_provenance_get_span (BksProvenance *self,
                         guint          index)
{
  g_return_val_if_fail (self != NULL && index < self->spans->len, NULL);

  return &g_array_index (self->spans, BksProvenanceSpan, index);
}

/* Adds behind all others. */
static void
append (BksProvenance *self,
        gsize          start,
        gsize          end,
        BksOrigin      origin,
        const char    *run)
{
  BksProvenanceSpan span = { start, end, origin, NULL };

  if (start >= end || origin == BKS_ORIGIN_TYPED)
    return;
  if (self->spans->len > 0)
    {
      BksProvenanceSpan *last = &g_array_index (self->spans, BksProvenanceSpan, self->spans->len - 1);

      if (last->end == start && last->origin == origin && g_strcmp0 (last->run, run) == 0)
        {
          last->end = end;
          return;
        }
    }
  span.run = g_strdup (run);
  g_array_append_val (self->spans, span);
}

/**
 * bks_provenance_mark:
 * @self: a provenance
 * @start: first byte
 * @end: the byte after the last
 * @origin: where these bytes came from
 * @run: (nullable): the AI run or draft they came from
 *
 * Says so of a passage, whatever was said of it before.
 */
void
bks_provenance_mark (BksProvenance *self,
                     gsize          start,
                     gsize          end,
                     BksOrigin      origin,
                     const char    *run)
{
  g_autoptr(BksProvenance) old = NULL;
  gboolean placed = FALSE;

  g_return_if_fail (self != NULL && start <= end);

  old = bks_provenance_new ();
  g_array_unref (old->spans);
  old->spans = g_steal_pointer (&self->spans);
  self->spans = g_array_new (FALSE, FALSE, sizeof (BksProvenanceSpan));
  g_array_set_clear_func (self->spans, span_clear);
  for (guint i = 0; i < old->spans->len; i++)
    {
      const BksProvenanceSpan *span = &g_array_index (old->spans, BksProvenanceSpan, i);

      append (self, span->start, MIN (span->end, start), span->origin, span->run);
      if (!placed && span->end > start)
        {
          append (self, start, end, origin, run);
          placed = TRUE;
        }
      append (self, MAX (span->start, end), span->end, span->origin, span->run);
    }
  if (!placed)
    append (self, start, end, origin, run);
}

/**
 * bks_provenance_to_string:
 * @self: a provenance
 *
 * Returns: (transfer full): how it is stored: `start-end origin[ run];` for each passage
 */
char *
bks_provenance_to_string (BksProvenance *self)
{
  GString *text = g_string_new (NULL);

  g_return_val_if_fail (self != NULL, g_string_free (text, FALSE));

  for (guint i = 0; i < self->spans->len; i++)
    {
      const BksProvenanceSpan *span = &g_array_index (self->spans, BksProvenanceSpan, i);

      g_string_append_printf (text, "%" G_GSIZE_FORMAT "-%" G_GSIZE_FORMAT " %s%s%s;", span->start, span->end,
                              names[span->origin], span->run != NULL ? " " : "", span->run != NULL ? span->run : "");
    }
  return g_string_free (text, FALSE);
}

static gboolean
parse_span (BksProvenance *self,
            const char    *text,
            gsize          length)
{
  g_auto(GStrv) words = g_strsplit (text, " ", 3);
  guint n = g_strv_length (words);
  guint64 start, end, earliest = 0;
  BksOrigin origin;
  char *rest;

  if (n < 2 || !find_origin (words[1], &origin))
    return FALSE;
  if (self->spans->len > 0)
    earliest = g_array_index (self->spans, BksProvenanceSpan, self->spans->len - 1).end;
  start = g_ascii_strtoull (words[0], &rest, 10);
  if (*rest != '-')
    return FALSE;
  end = g_ascii_strtoull (rest + 1, &rest, 10);
  if (*rest != '\0' || start < earliest || end <= start || end > length)
    return FALSE;
  append (self, (gsize) start, (gsize) end, origin, n > 2 ? words[2] : NULL);
  return TRUE;
}

/**
 * bks_provenance_from_string:
 * @text: what bks_provenance_to_string() made
 * @length: bytes of the text it is about
 *
 * What is not understood, because a newer program wrote it, is left out.
 *
 * Returns: (transfer full): the provenance
 */
BksProvenance *
bks_provenance_from_string (const char *text,
                            gsize       length)
{
  BksProvenance *self = bks_provenance_new ();
  g_auto(GStrv) parts = g_strsplit (text, ";", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0' && !parse_span (self, parts[i], length))
      g_debug ("A passage of unknown origin");
  return self;
}

/* What remains of the old passages in a stretch that stayed, at its new place. */
static void
carry (BksProvenance     *to,
       BksProvenance     *from,
       const BksDiffSpan *stretch,
       guint             *next)
{
  gsize old_end = stretch->old_start + stretch->old_length;

  while (*next < from->spans->len && g_array_index (from->spans, BksProvenanceSpan, *next).end <= stretch->old_start)
    (*next)++;
  for (guint i = *next; i < from->spans->len; i++)
    {
      const BksProvenanceSpan *span = &g_array_index (from->spans, BksProvenanceSpan, i);
      gsize start = MAX (span->start, stretch->old_start), end = MIN (span->end, old_end);

      if (span->start >= old_end)
        break;
      append (to, stretch->new_start + start - stretch->old_start, stretch->new_start + end - stretch->old_start,
              span->origin, span->run);
    }
}

/**
 * bks_provenance_follow:
 * @self: that of @old_text
 * @old_text: a text
 * @new_text: what became of it
 * @origin: where what is new in it came from
 *
 * Returns: (transfer full): that of @new_text; words that stayed keep their origin
 */
BksProvenance *
bks_provenance_follow (BksProvenance *self,
                       const char    *old_text,
                       const char    *new_text,
                       BksOrigin      origin)
{
  BksProvenance *followed = bks_provenance_new ();
  g_autoptr(GArray) spans = NULL;
  guint next = 0;

  g_return_val_if_fail (self != NULL && old_text != NULL && new_text != NULL, followed);

  /* All typed before and after: nothing to follow. */
  if (self->spans->len == 0 && origin == BKS_ORIGIN_TYPED)
    return followed;
  spans = bks_diff_words (old_text, new_text);
  for (guint i = 0; i < spans->len; i++)
    {
      const BksDiffSpan *span = &g_array_index (spans, BksDiffSpan, i);

      if (span->kind == BKS_DIFF_EQUAL)
        carry (followed, self, span, &next);
      else
        append (followed, span->new_start, span->new_start + span->new_length, origin, NULL);
    }
  return followed;
}

/**
 * bks_provenance_mark_passage:
 * @self: that of @new_text
 * @old_text: the text before
 * @new_text: the text with the passage in it
 * @passage: what was put into it
 * @origin: where it came from
 * @run: (nullable): the AI run or draft it came from
 *
 * Finds a passage in what changed: words that it happens to share with the old
 * text belong to it, too.
 *
 * Returns: whether it was found
 */
gboolean
bks_provenance_mark_passage (BksProvenance *self,
                             const char    *old_text,
                             const char    *new_text,
                             const char    *passage,
                             BksOrigin      origin,
                             const char    *run)
{
  gsize length, prefix, suffix, changed, needed;
  const char *from, *found;

  g_return_val_if_fail (self != NULL && old_text != NULL && new_text != NULL && passage != NULL, FALSE);

  bks_diff_trim (old_text, new_text, &prefix, &suffix);
  length = strlen (new_text);
  needed = strlen (passage);
  /* An inserted passage may begin or end as its surroundings do, so that the trimmed stretch is shifted. */
  prefix -= MIN (prefix, needed);
  changed = length - prefix - suffix + MIN (suffix, needed);
  from = new_text + prefix;
  found = needed > 0 ? memmem (from, changed, passage, needed) : NULL;
  if (found == NULL)
    return FALSE;
  bks_provenance_mark (self, (gsize) (found - new_text), (gsize) (found - new_text) + needed, origin, run);
  return TRUE;
}

/**
 * bks_provenance_count_words:
 * @self: a provenance
 * @text: the text it is of
 * @words: (out caller-allocated): words by #BksOrigin
 */
void
bks_provenance_count_words (BksProvenance *self,
                            const char    *text,
                            gint64         words[BKS_N_ORIGINS])
{
  gsize length;
  gint64 others = 0;

  g_return_if_fail (self != NULL && text != NULL && words != NULL);

  length = strlen (text);
  memset (words, 0, sizeof (gint64) * BKS_N_ORIGINS);
  for (guint i = 0; i < self->spans->len; i++)
    {
      const BksProvenanceSpan *span = &g_array_index (self->spans, BksProvenanceSpan, i);
      gsize end = MIN (span->end, length);
      gint64 count = span->start < end ? bks_text_count_words (text + span->start, (gssize) (end - span->start)) : 0;

      words[span->origin] += count;
      others += count;
    }
  words[BKS_ORIGIN_TYPED] = MAX (bks_text_count_words (text, (gssize) length) - others, 0);
}
