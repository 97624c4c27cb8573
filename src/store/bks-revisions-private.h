/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-connection.h"
#include "bks-revisions.h"

G_BEGIN_DECLS

BksRevision *bks_revision_new        (void);
gboolean     bks_book_load_revision  (BksConnection  *connection,
                                      gint64          id,
                                      BksRevision    *revision,
                                      GError        **error);
gboolean     bks_book_thin_node      (BksConnection  *connection,
                                      const char     *node_id,
                                      gint64          now_ms,
                                      GError        **error);
gint64       bks_book_count_damaged  (BksConnection  *connection,
                                      gint64         *checked,
                                      GError        **error);

G_END_DECLS
