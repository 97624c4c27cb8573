/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  BKS_DIFF_EQUAL,
  BKS_DIFF_DELETED,
  BKS_DIFF_INSERTED,
} BksDiffKind;

/**
 * BksDiffSpan:
 * @kind: what happened
 * @old_start: byte in the old text
 * @old_length: bytes there, 0 for an insertion
 * @new_start: byte in the new text
 * @new_length: bytes there, 0 for a deletion
 *
 * A run of a comparison. All of them in their order cover both texts.
 */
typedef struct
{
  BksDiffKind kind;
  gsize       old_start;
  gsize       old_length;
  gsize       new_start;
  gsize       new_length;
} BksDiffSpan;

GArray *bks_diff_words         (const char *old_text,
                                const char *new_text);
gint64  bks_diff_changed_words (const char *old_text,
                                const char *new_text);
void    bks_diff_trim          (const char *old_text,
                                const char *new_text,
                                gsize      *prefix,
                                gsize      *suffix);

G_END_DECLS
