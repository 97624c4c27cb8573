/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

GBytes *bks_revision_pack   (GBytes  *plain,
                             GBytes  *base,
                             GError **error);
GBytes *bks_revision_unpack (GBytes  *packed,
                             gsize    plain_size,
                             GBytes  *base,
                             GError **error);

G_END_DECLS
