/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BksBookLock BksBookLock;

BksBookLock *bks_book_lock_take    (const char   *book_dir,
                                    const char   *holder,
                                    GError      **error);
void         bks_book_lock_release (BksBookLock  *self);

G_END_DECLS
