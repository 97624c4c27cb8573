/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-book-session.h"

G_BEGIN_DECLS

DexFuture *bks_rescue_keep                 (const char     *book_id,
                                            const char     *node_id,
                                            const char     *text);
DexFuture *bks_rescue_drop                 (const char     *book_id,
                                            const char     *node_id);
void       bks_book_session_await_rescued  (BksBookSession *self);

G_END_DECLS
