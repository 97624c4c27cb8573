/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <cmark-gfm.h>
#include <gio/gio.h>

#include "bks-limits.h"

G_BEGIN_DECLS

/**
 * BksMarkdown:
 * @root: the tree; freed with all it holds by bks_markdown_free()
 *
 * A CommonMark text as a tree, with footnotes, ~~strikethrough~~ and tables.
 */
typedef struct
{
  cmark_node *root;
  gpointer    arena;
} BksMarkdown;

BksMarkdown *bks_markdown_parse    (const char    *text,
                                    gsize          length,
                                    BksLimits     *limits,
                                    GCancellable  *cancellable,
                                    GError       **error);
void         bks_markdown_free     (BksMarkdown   *self);
void         bks_markdown_append_plain (GString    *out,
                                        cmark_node *node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksMarkdown, bks_markdown_free)

G_END_DECLS
