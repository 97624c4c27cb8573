/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-repair.h"
#include "bks-sqlite-private.h"

G_BEGIN_DECLS

/* The name of a book's file in its folder. */
#define BKS_BOOK_FILE_NAME "book.db"

BksBookReport *bks_book_report_new     (void);
sqlite3       *bks_book_open_raw       (const char    *path,
                                        int            flags);
gint64         bks_book_ask_int        (sqlite3       *handle,
                                        const char    *sql);
void           bks_book_collect_faults (sqlite3       *handle,
                                        const char    *sql,
                                        const char    *what,
                                        BksBookReport *report);

G_END_DECLS
