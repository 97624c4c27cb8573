/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean bks_sync_path (const char  *path,
                        const char  *failure,
                        GError     **error);

G_END_DECLS
