/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *bks_surrogates_mark  (const char *json,
                            gsize       length);
char *bks_surrogates_join  (gunichar   *pending,
                            const char *text);

G_END_DECLS
