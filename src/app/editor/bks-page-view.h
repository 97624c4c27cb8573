/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtksourceview/gtksource.h>

G_BEGIN_DECLS

/*
 * BksPageView: the page: a text view whose title scrolls with the text.
 * Signal "title-changed" (const char *title): the person gave the node another
 * title. Signal "paragraph-break": Return was pressed. Signal "type-changed".
 */
#define BKS_TYPE_PAGE_VIEW (bks_page_view_get_type ())
G_DECLARE_FINAL_TYPE (BksPageView, bks_page_view, BKS, PAGE_VIEW, GtkSourceView)

void     bks_page_view_set_title        (BksPageView *self,
                                         const char  *title);
void     bks_page_view_set_title_dimmed (BksPageView *self,
                                         gboolean     dimmed);
void     bks_page_view_focus_title      (BksPageView *self);
int      bks_page_view_get_width        (BksPageView *self,
                                         int          measure);
void     bks_page_view_set_typewriter   (BksPageView *self,
                                         gboolean     typewriter);
gboolean bks_page_view_get_typewriter   (BksPageView *self);
void     bks_page_view_scroll_to_caret  (BksPageView *self,
                                         double       margin);

G_END_DECLS
