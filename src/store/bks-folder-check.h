/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean bks_folder_check (const char *dir,
                           GError    **error);

G_END_DECLS
