/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BKS_COVER_WIDTH 160
#define BKS_COVER_HEIGHT 240

/*
 * BksBookCover: a drawn cover: title and author on a colour that belongs to
 * the book's id. Properties: book-id, title, author.
 */
#define BKS_TYPE_BOOK_COVER (bks_book_cover_get_type ())
G_DECLARE_FINAL_TYPE (BksBookCover, bks_book_cover, BKS, BOOK_COVER, GtkWidget)

void  bks_book_cover_set_book_id (BksBookCover *self,
                                  const char   *book_id);
void  bks_book_cover_set_title   (BksBookCover *self,
                                  const char   *title);
void  bks_book_cover_set_author  (BksBookCover *self,
                                  const char   *author);
guint bks_book_cover_pick_colour (const char   *book_id);

G_END_DECLS
