/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char     *bks_url_normalize_base   (const char  *text,
                                    const char  *api_path,
                                    GError     **error);
char     *bks_url_get_origin       (const char  *url);
gboolean  bks_url_is_loopback      (const char  *url);
gboolean  bks_url_check_credential (const char  *url,
                                    GError     **error);

G_END_DECLS
