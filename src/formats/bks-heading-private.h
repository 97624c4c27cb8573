/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  BKS_HEADING_NONE,
  BKS_HEADING_PART,     /* volume, book, part */
  BKS_HEADING_CHAPTER,
  BKS_HEADING_STORY,    /* a chapter without a number: prologue, epilogue */
  BKS_HEADING_FRONT,    /* preface, dedication */
  BKS_HEADING_BACK,     /* afterword, note on the text */
  BKS_HEADING_CONTENTS, /* the title of a table of contents */
  BKS_HEADING_NUMBER,   /* a number alone, or with a title; a heading only in a row of such */
} BksHeadingType;

/**
 * BksHeading:
 * @rank: for a part: 0 a volume, 1 a book, 2 a part
 * @number: 0 if it has none
 * @title: offset of what follows the number and its punctuation; the length of
 *   the line if nothing follows
 * @is_sentence: whether the line could as well be a short paragraph; then only
 *   the right number at the right place makes it a heading
 */
typedef struct
{
  BksHeadingType type;
  guint          rank;
  guint          number;
  gsize          title;
  gboolean       is_sentence;
} BksHeading;

gboolean bks_heading_parse         (const char *line,
                                    BksHeading *heading);
gboolean bks_heading_is_title_like (const char *line);
gboolean bks_heading_is_capitals   (const char *line);

G_END_DECLS
