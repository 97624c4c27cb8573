/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void        bks_environment_keys_take  (void);
const char *bks_environment_key_lookup (const char  *provider_id);
GBytes     *bks_environment_jwt_key    (GError     **error);

G_END_DECLS
