/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GError *bks_http_failure_new (const char           *origin,
                              const GError         *error,
                              GTlsCertificateFlags  flags,
                              gboolean              answered);

G_END_DECLS
