/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gint64 bks_text_count_words (const char *text,
                             gssize      length);

G_END_DECLS
