/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/*
 * BksWritingPage: preferences of the page one writes on.
 */
#define BKS_TYPE_WRITING_PAGE (bks_writing_page_get_type ())
G_DECLARE_FINAL_TYPE (BksWritingPage, bks_writing_page, BKS, WRITING_PAGE, AdwPreferencesPage)

void bks_writing_page_set_settings (BksWritingPage *self,
                                    GSettings      *settings);

G_END_DECLS
