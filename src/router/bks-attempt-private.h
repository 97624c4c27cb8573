/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-candidate-private.h"

G_BEGIN_DECLS

gboolean bks_attempt_await (BksRouter       *router,
                            BksCall         *call,
                            BksCandidate    *candidate,
                            gint64           total_ms,
                            gboolean         hurried,
                            BksAnswer       *came,
                            DexCancellable  *cancellable,
                            GError         **error);

G_END_DECLS
