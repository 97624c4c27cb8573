/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <libdex.h>

G_BEGIN_DECLS

/* Measured: libdex's default stack ends at 120 KiB of frames. Mind that outside
 * documents, XML and regular expressions still belong on a thread. */
#define BKS_FIBER_STACK_BYTES ((gsize) 1024 * 1024)

/**
 * BksThreadFunc:
 * @result: (out): a zeroed value to init and set; left zeroed means "true"
 * @cancellable: (nullable): to be looked at now and then
 * @data: what was given
 * @error: return location
 *
 * Work that may block or need a deep stack. Runs on a thread of a pool.
 *
 * Returns: %FALSE with @error set
 */
typedef gboolean (*BksThreadFunc) (GValue        *result,
                                   GCancellable  *cancellable,
                                   gpointer       data,
                                   GError       **error);

DexFuture *bks_spawn           (DexCancellable  *cancellable,
                                DexFiberFunc     func,
                                gpointer         data,
                                GDestroyNotify   data_destroy);
DexFuture *bks_spawn_finally   (DexFiberFunc     func,
                                gpointer         data,
                                GDestroyNotify   data_destroy);
DexFuture *bks_run_in_thread   (DexCancellable  *cancellable,
                                BksThreadFunc    func,
                                gpointer         data,
                                GDestroyNotify   data_destroy);
DexFuture *bks_future_error    (GError          *error);
void       bks_promise_resolve (DexPromise      *promise,
                                const GValue    *value,
                                GError          *error);
gboolean   bks_wait            (DexFuture       *future,
                                GError         **error);

G_END_DECLS
