/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-formats"

#include "config.h"

#include <string.h>

#include "bks-plain-private.h"

/* Which of the places that may be headings are headings, seen among the others. */

static void
drop_rejected (BksPlain *self)
{
  guint kept = 0;

  for (guint i = 0; i < self->candidates->len; i++)
    {
      BksPlainCandidate swapped = *bks_plain_get (self, i);

      if (swapped.is_rejected)
        continue;
      *bks_plain_get (self, i) = *bks_plain_get (self, kept);
      *bks_plain_get (self, kept++) = swapped;
    }
  g_array_set_size (self->candidates, kept);
}

/* Marks the bare numbers that do not count on from one another, or all of
 * them where there are fewer than @least. */
static guint
keep_counting (BksPlain *self,
               gboolean  with_title,
               guint     least)
{
  guint expected = 1;
  guint kept = 0;

  for (guint i = 0; i < self->candidates->len; i++)
    {
      BksPlainCandidate *candidate = bks_plain_get (self, i);

      if (candidate->heading.type == BKS_HEADING_PART && !candidate->is_rejected)
        expected = kept > 0 ? 0 : 1;
      if (candidate->heading.type != BKS_HEADING_NUMBER)
        continue;

      candidate->is_rejected = TRUE;
      if (!with_title && !bks_plain_lacks_title (candidate))
        continue;
      if (candidate->heading.number != expected && !(expected == 0 && candidate->heading.number == 1))
        continue;
      candidate->is_rejected = FALSE;
      expected = candidate->heading.number + 1;
      kept++;
    }

  for (guint i = 0; kept < least && i < self->candidates->len; i++)
    if (bks_plain_get (self, i)->heading.type == BKS_HEADING_NUMBER)
      bks_plain_get (self, i)->is_rejected = TRUE;
  return kept >= least ? kept : 0;
}

/* Numbers alone are chapters where nothing else is. */
static void
judge_numbers (BksPlain *self)
{
  gboolean has_chapters = FALSE;

  for (guint i = 0; i < self->candidates->len; i++)
    has_chapters |= bks_plain_get (self, i)->heading.type == BKS_HEADING_CHAPTER &&
                    !bks_plain_get (self, i)->is_rejected;

  if (has_chapters)
    {
      for (guint i = 0; i < self->candidates->len; i++)
        bks_plain_get (self, i)->is_rejected |= bks_plain_get (self, i)->heading.type == BKS_HEADING_NUMBER;
      return;
    }
  if (keep_counting (self, FALSE, 2) == 0)
    keep_counting (self, TRUE, 3);
}

/* What could be a sentence is a heading only if it has the number that is due. */
static void
judge_sentences (BksPlain *self)
{
  guint due[2] = { 1, 1 };

  for (guint i = 0; i < self->candidates->len; i++)
    {
      BksPlainCandidate *candidate = bks_plain_get (self, i);
      guint kind = candidate->heading.type == BKS_HEADING_PART;

      if (candidate->heading.type != BKS_HEADING_PART && candidate->heading.type != BKS_HEADING_CHAPTER)
        continue;
      candidate->is_rejected = candidate->heading.is_sentence && candidate->heading.number != due[kind];
      if (candidate->is_rejected)
        continue;
      due[kind] = candidate->heading.number + 1;
    }
}

/* A short paragraph after a heading is its title if it is so in most chapters. */
static void
judge_next_titles (BksPlain *self)
{
  guint without = 0;
  guint with = 0;

  for (guint i = 0; i < self->candidates->len; i++)
    {
      without += bks_plain_lacks_title (bks_plain_get (self, i));
      with += bks_plain_get (self, i)->next_title != NULL;
    }

  for (guint i = 0; i < self->candidates->len; i++)
    {
      BksPlainCandidate *candidate = bks_plain_get (self, i);
      char *label;

      if (candidate->next_title == NULL || with * 5 < without * 3)
        continue;
      label = g_strconcat (candidate->label, bks_plain_get_separator (candidate->label), candidate->next_title, NULL);
      g_free (candidate->label);
      candidate->label = label;
      candidate->body = candidate->title_end;
    }
}

static gboolean
same_heading (const BksPlainCandidate *a,
              const BksPlainCandidate *b)
{
  return a->heading.type == b->heading.type && a->heading.rank == b->heading.rank &&
         a->heading.number == b->heading.number &&
         (a->heading.number != 0 || g_ascii_strcasecmp (a->label, b->label) == 0);
}

/* Headings without text before the first text are a table of contents if the
 * first of them comes again; that again is where the book begins. */
static void
judge_contents (BksPlain *self)
{
  guint with_text = 0;
  guint begin = 0;

  while (with_text < self->candidates->len &&
         bks_plain_is_blank (bks_plain_get (self, with_text)->body,
                             with_text + 1 < self->candidates->len ? bks_plain_get (self, with_text + 1)->start : self->end))
    with_text++;
  if (with_text == self->candidates->len)
    return;

  for (guint first = 0; first < with_text && begin == 0; first++)
    for (guint again = with_text; again > first && begin == 0; again--)
      if (bks_plain_get (self, first)->heading.type != BKS_HEADING_CONTENTS &&
          same_heading (bks_plain_get (self, first), bks_plain_get (self, again)))
        begin = again;

  for (guint i = 0; i < begin; i++)
    bks_plain_get (self, i)->is_rejected = bks_plain_get (self, i)->heading.type != BKS_HEADING_CONTENTS;
}

static gboolean
is_chapter (const BksPlainCandidate *candidate)
{
  return candidate->heading.type == BKS_HEADING_CHAPTER || candidate->heading.type == BKS_HEADING_NUMBER ||
         candidate->heading.type == BKS_HEADING_STORY;
}

/* A heading for the end of a book, in its middle, is a chapter's own. */
static void
judge_matter (BksPlain *self)
{
  guint first = self->candidates->len;
  guint last = 0;

  for (guint i = 0; i < self->candidates->len; i++)
    if (is_chapter (bks_plain_get (self, i)) || bks_plain_get (self, i)->heading.type == BKS_HEADING_PART)
      {
        first = MIN (first, i);
        last = i;
      }

  for (guint i = first; i < self->candidates->len; i++)
    {
      BksPlainCandidate *candidate = bks_plain_get (self, i);

      if (candidate->heading.type == BKS_HEADING_CONTENTS)
        candidate->is_rejected = TRUE;
      else if (candidate->heading.type == BKS_HEADING_BACK && i < last)
        candidate->is_rejected = TRUE;
      else if (candidate->heading.type == BKS_HEADING_FRONT)
        candidate->heading.type = i < last ? BKS_HEADING_STORY : BKS_HEADING_BACK;
    }
}

/* Where no chapter is, the smallest parts are the chapters. */
static void
judge_parts (BksPlain *self)
{
  guint rank = 0;

  for (guint i = 0; i < self->candidates->len; i++)
    {
      if (is_chapter (bks_plain_get (self, i)))
        return;
      if (bks_plain_get (self, i)->heading.type == BKS_HEADING_PART)
        rank = MAX (rank, bks_plain_get (self, i)->heading.rank);
    }
  for (guint i = 0; i < self->candidates->len; i++)
    if (bks_plain_get (self, i)->heading.type == BKS_HEADING_PART && bks_plain_get (self, i)->heading.rank == rank)
      bks_plain_get (self, i)->heading.type = BKS_HEADING_CHAPTER;
}

/**
 * bks_plain_judge:
 * @self: a text with its candidates
 *
 * Leaves the candidates that are headings, of the kind that they are.
 */
void
bks_plain_judge (BksPlain *self)
{
  judge_sentences (self);
  judge_numbers (self);
  drop_rejected (self);
  judge_next_titles (self);
  judge_contents (self);
  drop_rejected (self);
  judge_matter (self);
  drop_rejected (self);
  judge_parts (self);
}
