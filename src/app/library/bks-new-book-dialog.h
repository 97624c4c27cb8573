/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/*
 * BksNewBookDialog: asks for the title and author of a new book. Signal
 * "create" (const char *title, const char *author).
 */
#define BKS_TYPE_NEW_BOOK_DIALOG (bks_new_book_dialog_get_type ())
G_DECLARE_FINAL_TYPE (BksNewBookDialog, bks_new_book_dialog, BKS, NEW_BOOK_DIALOG, AdwDialog)

BksNewBookDialog *bks_new_book_dialog_new (void);

G_END_DECLS
