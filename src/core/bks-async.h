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
gboolean   bks_await_int64     (DexFuture       *future,
                                gint64          *value,
                                GError         **error);

DexFuture *bks_await_or_cancel (DexFuture       *future);

/* In a fiber of bks_spawn(), whatever it awaits ends when it is cancelled
 * (bks-async.c says why libdex is not left to do it). */
#define dex_await(future, error)         (dex_await) (bks_await_or_cancel (future), error)
#define dex_await_boolean(future, error) (dex_await_boolean) (bks_await_or_cancel (future), error)
#define dex_await_enum(future, error)    (dex_await_enum) (bks_await_or_cancel (future), error)
#define dex_await_fd(future, error)      (dex_await_fd) (bks_await_or_cancel (future), error)
#define dex_await_flags(future, error)   (dex_await_flags) (bks_await_or_cancel (future), error)
#define dex_await_string(future, error)  (dex_await_string) (bks_await_or_cancel (future), error)
#define dex_await_double(future, error)  (dex_await_double) (bks_await_or_cancel (future), error)
#define dex_await_pointer(future, error) (dex_await_pointer) (bks_await_or_cancel (future), error)
#define dex_await_int(future, error)     (dex_await_int) (bks_await_or_cancel (future), error)
#define dex_await_uint(future, error)    (dex_await_uint) (bks_await_or_cancel (future), error)
#define dex_await_int64(future, error)   (dex_await_int64) (bks_await_or_cancel (future), error)
#define dex_await_uint64(future, error)  (dex_await_uint64) (bks_await_or_cancel (future), error)
#define dex_await_variant(future, error) (dex_await_variant) (bks_await_or_cancel (future), error)
#define dex_await_boxed(future, error)   (dex_await_boxed) (bks_await_or_cancel (future), error)
#define dex_await_object(future, error)  (dex_await_object) (bks_await_or_cancel (future), error)

G_END_DECLS
