/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-studio.h"

G_BEGIN_DECLS

/*
 * BksLibraryPage: the grid of books, and what is done with whole books.
 * Signal "open-book" (const char *book_id).
 */
#define BKS_TYPE_LIBRARY_PAGE (bks_library_page_get_type ())
G_DECLARE_FINAL_TYPE (BksLibraryPage, bks_library_page, BKS, LIBRARY_PAGE, AdwNavigationPage)

BksLibraryPage *bks_library_page_new         (BksStudio      *studio,
                                              const char     *label);
void            bks_library_page_show_new    (BksLibraryPage *self);
void            bks_library_page_show_import (BksLibraryPage *self);
void            bks_library_page_import_file (BksLibraryPage *self,
                                              GFile          *file);
void bks_library_page_add_to_menu (BksLibraryPage *self,
                                   GMenuModel     *section);

G_END_DECLS
