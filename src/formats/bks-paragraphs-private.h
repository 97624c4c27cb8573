/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * BksLine:
 * @start: first character that is not white space
 * @end: after the last one
 * @indent: columns of white space before @start
 * @chars: characters from @start to @end
 */
typedef struct
{
  const char *start;
  const char *end;
  guint       indent;
  guint       chars;
} BksLine;

/**
 * BksWrapping:
 * @width: the column at which lines are wrapped
 * @is_unwrapped: whether a line is a whole paragraph
 * @no_blank_lines: whether paragraphs also stand without a blank line between them
 *
 * How the paragraphs of a text are set.
 */
typedef struct
{
  guint    width;
  gboolean is_unwrapped;
  gboolean no_blank_lines;
} BksWrapping;

void        bks_wrapping_measure  (BksWrapping       *self,
                                   const char        *text);
gboolean    bks_wrapping_is_full  (const BksWrapping *self,
                                   const BksLine     *line,
                                   const BksLine     *next);
const char *bks_paragraphs_next   (const char        *at,
                                   const char        *end,
                                   const BksWrapping *wrapping,
                                   GArray            *lines,
                                   guint             *blank_before);
gboolean    bks_paragraphs_append (GString           *out,
                                   const char        *start,
                                   const char        *end,
                                   const BksWrapping *wrapping,
                                   GCancellable      *cancellable,
                                   GError           **error);

G_END_DECLS
