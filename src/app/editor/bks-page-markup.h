/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/*
 * BksPageMarkup: draws the CommonMark of a buffer as the page has it: emphasis, headings, quotes, the gap between
 * paragraphs, and a scene break as an asterism. The characters of the markup are out of sight except in the
 * paragraph of the caret; the text itself is never changed. Properties: show-marks (whether all of them are in sight),
 * dim-others (whether everything steps back but the paragraph of the caret).
 */
#define BKS_TYPE_PAGE_MARKUP (bks_page_markup_get_type ())
G_DECLARE_FINAL_TYPE (BksPageMarkup, bks_page_markup, BKS, PAGE_MARKUP, GObject)

/* The name of the tag on a scene break whose characters are out of sight: the page draws an asterism there. */
#define BKS_PAGE_MARKUP_ASTERISM "asterism"

/* The name of the tag on marks that are out of sight. */
#define BKS_PAGE_MARKUP_HIDDEN "hidden"

/* The name of the tag on what steps back. */
#define BKS_PAGE_MARKUP_DIMMED "dimmed"

BksPageMarkup *bks_page_markup_new            (GtkTextBuffer *buffer);
void           bks_page_markup_set_show_marks (BksPageMarkup *self,
                                               gboolean       show_marks);
void           bks_page_markup_set_dim_others (BksPageMarkup *self,
                                               gboolean       dim_others);

G_END_DECLS
