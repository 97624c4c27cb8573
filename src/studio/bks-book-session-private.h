/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-book-session.h"
#include "bks-database.h"
#include "bks-limits.h"

G_BEGIN_DECLS

DexFuture   *bks_book_session_open          (BksDatabase    *library,
                                             const char     *book_dir,
                                             gboolean        writable,
                                             BksLimits      *limits);
BksDatabase *bks_book_session_get_store     (BksBookSession *self);
BksLimits   *bks_book_session_get_limits    (BksBookSession *self);
gboolean     bks_book_session_is_closed     (BksBookSession *self);
void         bks_book_session_text_saved    (BksBookSession *self);
DexFuture   *bks_book_session_get_closing   (BksBookSession *self);
void         bks_book_session_add_work      (BksBookSession *self,
                                             DexCancellable *cancellable,
                                             DexFuture      *finished);

G_END_DECLS
