/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-connection.h"

G_BEGIN_DECLS

/* A row as it is stored. */
typedef struct
{
  GBytes *content;
  gsize   plain_size;
  gint64  base_id; /* 0: a whole copy */
  gint64  depth;
} BksPackedRevision;

void     bks_packed_revision_clear (BksPackedRevision  *self);
void     bks_packed_revision_bind  (sqlite3_stmt       *statement,
                                    int                 first,
                                    BksPackedRevision  *packed);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BksPackedRevision, bks_packed_revision_clear)

GBytes  *bks_revision_chain_load   (BksConnection      *connection,
                                    gint64              id,
                                    GError            **error);
gboolean bks_revision_chain_pack   (BksConnection      *connection,
                                    GBytes             *plain,
                                    gint64              base_id,
                                    BksPackedRevision  *packed,
                                    GError            **error);
gboolean bks_revision_chain_drop   (BksConnection      *connection,
                                    gint64              id,
                                    GError            **error);
GArray  *bks_revision_chain_list   (BksConnection      *connection,
                                    const char         *sql,
                                    gint64              id,
                                    GError            **error);

G_END_DECLS
