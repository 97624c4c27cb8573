/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-book.h"
#include "bks-database.h"

G_BEGIN_DECLS

/* library.db: what is not one book's. Shared by any number of processes. */

DexFuture *bks_library_open         (const char  *data_dir,
                                     BksLimits   *limits);

DexFuture *bks_library_get_setting  (BksDatabase *library,
                                     const char  *key);
DexFuture *bks_library_set_setting  (BksDatabase *library,
                                     const char  *key,
                                     const char  *value);
DexFuture *bks_library_init_setting (BksDatabase *library,
                                     const char  *key,
                                     const char  *value);

DexFuture *bks_library_list_books   (BksDatabase *library,
                                     gboolean     trashed);
DexFuture *bks_library_put_book     (BksDatabase *library,
                                     BksBook     *book);
DexFuture *bks_library_trash_book   (BksDatabase *library,
                                     const char  *book_id,
                                     gint64       trashed_at);
DexFuture *bks_library_is_local_only (BksDatabase *library,
                                     const char  *book_id);

G_END_DECLS
