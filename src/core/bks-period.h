/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A stretch of the local calendar: "day" or "month". */

void bks_period_find (const char *period,
                      gint64      now_ms,
                      gint64     *starts_at,
                      gint64     *ends_at);

G_END_DECLS
