/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <libdex.h>

G_BEGIN_DECLS

/*
 * BksPlaces: which book was open, and where one was in each: the node and the caret. State and not
 * preference, so it is a file of its own; it holds ids and numbers only.
 */
#define BKS_TYPE_PLACES (bks_places_get_type ())
G_DECLARE_FINAL_TYPE (BksPlaces, bks_places, BKS, PLACES, GObject)

BksPlaces *bks_places_new      (GFile      *file);
DexFuture *bks_places_wait     (BksPlaces  *self);
char      *bks_places_dup_book (BksPlaces  *self);
void       bks_places_set_book (BksPlaces  *self,
                                const char *book_id);
char      *bks_places_dup_node (BksPlaces  *self,
                                const char *book_id);
int        bks_places_get_caret (BksPlaces *self,
                                const char *book_id,
                                const char *node_id);
void       bks_places_remember (BksPlaces  *self,
                                const char *book_id,
                                const char *node_id,
                                int         caret);

G_END_DECLS
