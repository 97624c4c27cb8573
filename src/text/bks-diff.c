/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-text"

#include "config.h"

#include <string.h>

#include "bks-diff.h"
#include "bks-words.h"

/*
 * Comparing two texts word by word: E. Myers, An O(ND) Difference Algorithm and
 * Its Variations, Algorithmica 1 (1986), in its linear-space form.
 */

/* Edits from both ends that a search goes on for. Beyond, a passage counts as
 * rewritten: a list of ten thousand common words helps nobody, and its cost is
 * the square of the edits. */
#define MOST_EDITS 4000

typedef struct
{
  GArray *ids;    /* of guint32, equal for equal tokens */
  GArray *starts; /* of gsize, one more than there are tokens */
} Tokens;

typedef struct
{
  const guint32 *a;
  const guint32 *b;
  guint8        *a_changed;
  guint8        *b_changed;
  gssize        *forward;  /* by diagonal: how far a path from the beginning has come in a */
  gssize        *backward;
} Compare;

/**
 * bks_diff_trim:
 * @old_text: a text, UTF-8
 * @new_text: another
 * @prefix: (out): bytes that both begin with, whole characters
 * @suffix: (out): bytes that both end with after that, whole characters
 *
 * What an edit left alone: most edits of a text are in one place.
 */
void
bks_diff_trim (const char *old_text,
               const char *new_text,
               gsize      *prefix,
               gsize      *suffix)
{
  gsize old_length = strlen (old_text), new_length = strlen (new_text);
  gsize most = MIN (old_length, new_length);
  gsize start = 0, end = 0;

  while (start < most && old_text[start] == new_text[start])
    start++;
  /* Both differ here, or one has ended: back to the beginning of the character. */
  while (start > 0 && start < old_length && ((guchar) old_text[start] & 0xc0) == 0x80)
    start--;
  while (start > 0 && start < new_length && ((guchar) new_text[start] & 0xc0) == 0x80)
    start--;
  while (end < most - start && old_text[old_length - end - 1] == new_text[new_length - end - 1])
    end++;
  while (end > 0 && ((guchar) old_text[old_length - end] & 0xc0) == 0x80)
    end--;
  *prefix = start;
  *suffix = end;
}

static gboolean
joins_words (gunichar ch)
{
  return ch == '\'' || ch == 0x2019 || ch == '-';
}

/* Where scripts put no space, each character is a token. */
static gboolean
stands_alone (gunichar ch)
{
  return ch >= 0x0e00 && (ch < 0x1100 || (ch >= 0x1780 && ch < 0x1800) || g_unichar_iswide (ch));
}

static gboolean
is_word (gunichar ch)
{
  return g_unichar_isalnum (ch) || g_unichar_ismark (ch);
}

/* A word with its inner apostrophes and hyphens, a run of blanks, or one other character. */
static const char *
skip_token (const char *at,
            const char *end)
{
  gunichar ch = g_utf8_get_char (at);
  gboolean word = is_word (ch) && !stands_alone (ch);
  gboolean blank = g_unichar_isspace (ch) && ch != '\n';

  at = g_utf8_next_char (at);
  while (at < end && (word || blank))
    {
      const char *next = g_utf8_next_char (at);

      ch = g_utf8_get_char (at);
      if (word && joins_words (ch) && next < end && is_word (g_utf8_get_char (next)) && !stands_alone (g_utf8_get_char (next)))
        {
          at = g_utf8_next_char (next);
          continue;
        }
      if ((word && (!is_word (ch) || stands_alone (ch))) || (blank && (!g_unichar_isspace (ch) || ch == '\n')))
        break;
      at = next;
    }
  return at;
}

static void
tokens_clear (Tokens *self)
{
  g_array_unref (self->ids);
  g_array_unref (self->starts);
}

static void
tokens_init (Tokens     *self,
             const char *text,
             gsize       length,
             GHashTable *known)
{
  const char *end = text + length;

  self->ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->starts = g_array_new (FALSE, FALSE, sizeof (gsize));
  for (const char *at = text; at < end;)
    {
      const char *next = skip_token (at, end);
      gsize start = (gsize) (at - text);
      GBytes *token = g_bytes_new_static (at, (gsize) (next - at));
      guint32 id = GPOINTER_TO_UINT (g_hash_table_lookup (known, token));

      if (id == 0)
        {
          id = g_hash_table_size (known) + 1;
          g_hash_table_insert (known, g_bytes_ref (token), GUINT_TO_POINTER (id));
        }
      g_bytes_unref (token);
      g_array_append_val (self->ids, id);
      g_array_append_val (self->starts, start);
      at = next;
    }
  g_array_append_val (self->starts, length);
}

/* Furthest points of a search from one end. Diagonal d holds the points with x - y = d. */
typedef struct
{
  gssize low;
  gssize high;
} Reach;

static void
widen (gssize *points,
       Reach  *reach,
       gssize  least,
       gssize  most,
       gssize  outside)
{
  if (reach->low > least)
    points[--reach->low - 1] = outside;
  else
    reach->low++;
  if (reach->high < most)
    points[++reach->high + 1] = outside;
  else
    reach->high--;
}

/* A point on a shortest path through the box, %FALSE where it would take too long to find. */
static gboolean
find_middle (Compare *self,
             gssize   a0,
             gssize   a1,
             gssize   b0,
             gssize   b1,
             gssize  *x,
             gssize  *y)
{
  gssize least = a0 - b1, most = a1 - b0;
  Reach forward = { a0 - b0, a0 - b0 }, backward = { a1 - b1, a1 - b1 };
  gboolean odd = ((forward.low - backward.low) & 1) != 0;

  self->forward[forward.low] = a0;
  self->backward[backward.low] = a1;
  for (guint edits = 0; edits < MOST_EDITS; edits++)
    {
      widen (self->forward, &forward, least, most, -1);
      for (gssize d = forward.high; d >= forward.low; d -= 2)
        {
          gssize i = MAX (self->forward[d - 1] + 1, self->forward[d + 1]);

          while (i < a1 && i - d < b1 && self->a[i] == self->b[i - d])
            i++;
          self->forward[d] = i;
          if (!odd || d < backward.low || d > backward.high || self->backward[d] > i)
            continue;
          *x = i;
          *y = i - d;
          return TRUE;
        }
      widen (self->backward, &backward, least, most, G_MAXSSIZE);
      for (gssize d = backward.high; d >= backward.low; d -= 2)
        {
          gssize i = MIN (self->backward[d - 1], self->backward[d + 1] - 1);

          while (i > a0 && i - d > b0 && self->a[i - 1] == self->b[i - d - 1])
            i--;
          self->backward[d] = i;
          if (odd || d < forward.low || d > forward.high || self->forward[d] < i)
            continue;
          *x = i;
          *y = i - d;
          return TRUE;
        }
    }
  return FALSE;
}

/* The recursion halves the edits at each step. */
static void
compare (Compare *self,
         gssize   a0,
         gssize   a1,
         gssize   b0,
         gssize   b1)
{
  gssize x, y;

  while (a0 < a1 && b0 < b1 && self->a[a0] == self->b[b0])
    a0++, b0++;
  while (a0 < a1 && b0 < b1 && self->a[a1 - 1] == self->b[b1 - 1])
    a1--, b1--;
  if (a0 == a1 || b0 == b1 || !find_middle (self, a0, a1, b0, b1, &x, &y) ||
      (x == a0 && y == b0) || (x == a1 && y == b1))
    {
      memset (self->a_changed + a0, 1, (gsize) (a1 - a0));
      memset (self->b_changed + b0, 1, (gsize) (b1 - b0));
      return;
    }
  compare (self, a0, x, b0, y);
  compare (self, x, a1, y, b1);
}

static void
add_span (GArray      *spans,
          BksDiffKind  kind,
          gsize        old_end,
          gsize        new_end)
{
  const BksDiffSpan *last = spans->len > 0 ? &g_array_index (spans, BksDiffSpan, spans->len - 1) : NULL;
  BksDiffSpan span = { .kind = kind };

  span.old_start = last != NULL ? last->old_start + last->old_length : 0;
  span.new_start = last != NULL ? last->new_start + last->new_length : 0;
  span.old_length = old_end - span.old_start;
  span.new_length = new_end - span.new_start;
  if (span.old_length == 0 && span.new_length == 0)
    return;
  if (last != NULL && last->kind == kind)
    {
      ((BksDiffSpan *) last)->old_length += span.old_length;
      ((BksDiffSpan *) last)->new_length += span.new_length;
      return;
    }
  g_array_append_val (spans, span);
}

static void
collect_spans (GArray  *spans,
               Compare *compared,
               Tokens  *a,
               Tokens  *b,
               gsize    offset)
{
  guint i = 0, j = 0;

  while (i < a->ids->len || j < b->ids->len)
    {
      guint from_i = i, from_j = j;

      while (i < a->ids->len && compared->a_changed[i])
        i++;
      add_span (spans, BKS_DIFF_DELETED, offset + g_array_index (a->starts, gsize, i),
                offset + g_array_index (b->starts, gsize, j));
      while (j < b->ids->len && compared->b_changed[j])
        j++;
      add_span (spans, BKS_DIFF_INSERTED, offset + g_array_index (a->starts, gsize, i),
                offset + g_array_index (b->starts, gsize, j));
      if (i > from_i || j > from_j)
        continue;
      while (i < a->ids->len && j < b->ids->len && !compared->a_changed[i] && !compared->b_changed[j])
        i++, j++;
      add_span (spans, BKS_DIFF_EQUAL, offset + g_array_index (a->starts, gsize, i),
                offset + g_array_index (b->starts, gsize, j));
    }
}

static void
compare_tokens (GArray *spans,
                Tokens *a,
                Tokens *b,
                gsize   offset)
{
  gsize diagonals = (gsize) a->ids->len + b->ids->len + 3;
  g_autofree gssize *points = g_new (gssize, 2 * diagonals);
  g_autofree guint8 *changed = g_malloc0 ((gsize) a->ids->len + b->ids->len + 1);
  Compare self = {
    .a = (const guint32 *) a->ids->data,
    .b = (const guint32 *) b->ids->data,
    .a_changed = changed,
    .b_changed = changed + a->ids->len,
    .forward = points + b->ids->len + 1,
    .backward = points + diagonals + b->ids->len + 1,
  };

  compare (&self, 0, (gssize) a->ids->len, 0, (gssize) b->ids->len);
  collect_spans (spans, &self, a, b, offset);
}

/* Back to where a token of both begins, so that a changed letter shows as a changed word. */
static gsize
retreat_to_token (const char *text,
                  gsize       at)
{
  const char *start = text + at;

  while (start > text)
    {
      const char *previous = g_utf8_prev_char (start);
      gunichar ch = g_utf8_get_char (previous);

      if (!is_word (ch) && !joins_words (ch) && !(g_unichar_isspace (ch) && ch != '\n'))
        break;
      start = previous;
    }
  return (gsize) (start - text);
}

static gsize
advance_to_token (const char *end)
{
  const char *at = end;

  while (*at != '\0')
    {
      gunichar ch = g_utf8_get_char (at);

      if (!is_word (ch) && !joins_words (ch) && !(g_unichar_isspace (ch) && ch != '\n'))
        break;
      at = g_utf8_next_char (at);
    }
  return (gsize) (at - end);
}

/**
 * bks_diff_words:
 * @old_text: a text, UTF-8
 * @new_text: another
 *
 * Compares word by word; punctuation marks and characters of scripts without
 * spaces count as words. A passage with thousands of edits counts as rewritten.
 * For a thread where the texts are long.
 *
 * Returns: (transfer full) (element-type BksDiffSpan): the runs, in order
 */
GArray *
bks_diff_words (const char *old_text,
                const char *new_text)
{
  g_autoptr(GHashTable) known = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (BksDiffSpan));
  gsize old_length, new_length, prefix, suffix;
  Tokens a, b;

  g_return_val_if_fail (old_text != NULL && new_text != NULL, spans);

  old_length = strlen (old_text);
  new_length = strlen (new_text);
  bks_diff_trim (old_text, new_text, &prefix, &suffix);
  if (prefix + suffix < old_length || prefix + suffix < new_length)
    {
      prefix = retreat_to_token (old_text, prefix);
      suffix -= advance_to_token (old_text + old_length - suffix);
    }
  add_span (spans, BKS_DIFF_EQUAL, prefix, prefix);
  tokens_init (&a, old_text + prefix, old_length - prefix - suffix, known);
  tokens_init (&b, new_text + prefix, new_length - prefix - suffix, known);
  compare_tokens (spans, &a, &b, prefix);
  add_span (spans, BKS_DIFF_EQUAL, old_length, new_length);
  tokens_clear (&a);
  tokens_clear (&b);
  return spans;
}

/**
 * bks_diff_changed_words:
 * @old_text: a text, UTF-8
 * @new_text: another
 *
 * How much was worked on a text, for deciding when a revision is due: counts
 * the words of the one stretch that holds all changes, without comparing it.
 *
 * Returns: words of that stretch, in whichever text has more
 */
gint64
bks_diff_changed_words (const char *old_text,
                        const char *new_text)
{
  gsize prefix, suffix;

  g_return_val_if_fail (old_text != NULL && new_text != NULL, 0);

  bks_diff_trim (old_text, new_text, &prefix, &suffix);
  return MAX (bks_text_count_words (old_text + prefix, (gssize) (strlen (old_text) - prefix - suffix)),
              bks_text_count_words (new_text + prefix, (gssize) (strlen (new_text) - prefix - suffix)));
}
