/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-clock.h"

G_BEGIN_DECLS

char     *bks_id_new      (BksClock   *clock);
gboolean  bks_id_is_valid (const char *text);
void      bks_random_fill (void       *bytes,
                           gsize       length);

G_END_DECLS
