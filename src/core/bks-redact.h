/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *bks_redact           (const char *text,
                            gsize       max_bytes);
char *bks_redact_secret    (const char *text,
                            const char *secret);

G_END_DECLS
