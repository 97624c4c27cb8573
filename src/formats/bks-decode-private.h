/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *bks_decode_text (const guint8  *data,
                       gsize          length,
                       const char    *name,
                       GError       **error);

G_END_DECLS
