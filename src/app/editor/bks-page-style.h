/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/*
 * BksPageStyle: how the page looks, from the preferences: the one style sheet
 * for everything of the class "manuscript", while the object lives.
 */
#define BKS_TYPE_PAGE_STYLE (bks_page_style_get_type ())
G_DECLARE_FINAL_TYPE (BksPageStyle, bks_page_style, BKS, PAGE_STYLE, GObject)

BksPageStyle *bks_page_style_new (GSettings *settings);

G_END_DECLS
