/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-studio.h"

G_BEGIN_DECLS

/*
 * BksBookTile: a book in the grid of the library.
 */
#define BKS_TYPE_BOOK_TILE (bks_book_tile_get_type ())
G_DECLARE_FINAL_TYPE (BksBookTile, bks_book_tile, BKS, BOOK_TILE, GtkWidget)

GtkWidget *bks_book_tile_new      (BksStudio   *studio);
BksBook   *bks_book_tile_get_book (BksBookTile *self);
void       bks_book_tile_set_book (BksBookTile *self,
                                   BksBook     *book);
char      *bks_book_tile_describe (BksBook     *book);

G_END_DECLS
