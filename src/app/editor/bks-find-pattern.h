/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *bks_find_pattern_new     (const char *text,
                                gboolean    whole_words);
char *bks_find_pattern_replace (const char *found,
                                const char *text,
                                const char *replacement);

G_END_DECLS
