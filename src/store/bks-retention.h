/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void bks_retention_thin_revisions (const gint64   *times,
                                   const gboolean *named,
                                   guint           n,
                                   gint64          now_ms,
                                   gboolean       *keep);
void bks_retention_rotate_backups (const gint64   *times,
                                   guint           n,
                                   gboolean       *keep);

G_END_DECLS
