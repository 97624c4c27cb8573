/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Formatting of the page by its marks: each is one undo step. */

#define BKS_PAGE_FORMAT_ITALIC "*"
#define BKS_PAGE_FORMAT_BOLD "**"

void bks_page_format_toggle       (GtkTextBuffer *buffer,
                                   const char    *mark);
void bks_page_format_insert_break (GtkTextBuffer *buffer);

G_END_DECLS
