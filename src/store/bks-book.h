/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define BKS_TYPE_BOOK (bks_book_get_type ())
G_DECLARE_FINAL_TYPE (BksBook, bks_book, BKS, BOOK, GObject)

BksBook    *bks_book_new            (const char *id);
const char *bks_book_get_id         (BksBook    *self);
const char *bks_book_get_title      (BksBook    *self);
const char *bks_book_get_author     (BksBook    *self);
const char *bks_book_get_language   (BksBook    *self);
gint64      bks_book_get_words      (BksBook    *self);
gint64      bks_book_get_created_at (BksBook    *self);
gint64      bks_book_get_updated_at (BksBook    *self);
gint64      bks_book_get_opened_at  (BksBook    *self);
gint64      bks_book_get_daily_goal (BksBook    *self);
gboolean    bks_book_get_local_only (BksBook    *self);
void        bks_book_assign         (BksBook    *self,
                                     BksBook    *other);

G_END_DECLS
