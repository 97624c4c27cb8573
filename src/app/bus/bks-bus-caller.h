/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <libdex.h>

G_BEGIN_DECLS

DexFuture *bks_bus_caller_describe (GDBusConnection *connection,
                                    const char      *sender);

G_END_DECLS
