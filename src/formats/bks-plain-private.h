/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-document.h"
#include "bks-heading-private.h"
#include "bks-limits.h"
#include "bks-paragraphs-private.h"

G_BEGIN_DECLS

/* Of so many lines a heading may be, or the block of a title page. */
#define BKS_PLAIN_HEADING_LINES 4

/* A place that may be a heading. The text that it heads begins at @body, or at
 * @title_end if the title that follows it is taken as its own. */
typedef struct
{
  BksHeading  heading;
  const char *start;
  const char *body;
  char       *label;
  char       *next_title;
  const char *title_end;
  gboolean    has_title;
  gboolean    is_rejected;
} BksPlainCandidate;

typedef struct
{
  const char   *text;
  const char   *end;
  BksWrapping   wrapping;
  BksLimits    *limits;
  GCancellable *cancellable;
  GArray       *candidates;
} BksPlain;

static inline BksPlainCandidate *
bks_plain_get (BksPlain *self,
               guint     index)
{
  return &g_array_index (self->candidates, BksPlainCandidate, index);
}

/* bks-plain-import.c */
char       *bks_plain_line_text     (const BksLine           *line);
char       *bks_plain_make_title    (const char              *text);
gboolean    bks_plain_is_blank      (const char              *start,
                                     const char              *end);
gboolean    bks_plain_lacks_title   (const BksPlainCandidate *candidate);
const char *bks_plain_get_separator (const char              *label);

/* bks-plain-judge.c */
void        bks_plain_judge         (BksPlain                *self);

/* bks-title-page.c */
const char *bks_title_page_read     (BksPlain                *self,
                                     BksDocument             *document,
                                     const char              *start,
                                     const char              *end,
                                     gboolean                 has_headings);

G_END_DECLS
