/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How a stretch of CommonMark is drawn on the page. The text itself is never changed. */
typedef enum
{
  BKS_MARKUP_EMPHASIS,
  BKS_MARKUP_STRONG,
  BKS_MARKUP_HEADING,
  BKS_MARKUP_QUOTE,
  BKS_MARKUP_BREAK,  /* a scene break: a line of *, - or _ */
  BKS_MARKUP_BLANK,  /* the empty line between paragraphs */
  BKS_MARKUP_MARK,   /* the characters of the markup themselves */
} BksMarkupKind;

#define BKS_MARKUP_N_KINDS (BKS_MARKUP_MARK + 1)

typedef struct
{
  BksMarkupKind kind;
  guint         start; /* in characters */
  guint         end;
} BksMarkupSpan;

GArray *bks_markup_scan            (const char *text);
guint   bks_markup_longest         (const char *text);
char   *bks_markup_split_paragraph (const char *text,
                                    guint       most_words);

G_END_DECLS
