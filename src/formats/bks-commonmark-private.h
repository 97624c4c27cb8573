/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void  bks_commonmark_append_plain (GString    *out,
                                   const char *plain,
                                   gboolean    underscores);
char *bks_commonmark_escape       (const char *plain);
char *bks_commonmark_trim         (const char *start,
                                   const char *end);

G_END_DECLS
