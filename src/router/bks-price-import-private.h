/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *bks_price_import (const char  *json,
                        gssize       length,
                        const char  *as_of,
                        GError     **error);

G_END_DECLS
