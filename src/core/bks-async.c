/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-core"

#include "config.h"

#include "bks-async.h"
#include "bks-error.h"

/**
 * bks_spawn:
 * @cancellable: (nullable): cancels the verb
 * @func: the steps
 * @data: for @func
 * @data_destroy: (nullable): frees @data after the last step
 *
 * Runs a verb as a fiber on the default main loop. When @cancellable fires,
 * or the returned future is dropped, the future the fiber awaits is dropped
 * with it (a bare fiber would go on: measured), which closes its socket.
 *
 * Returns: (transfer full): resolves or rejects as the fiber does
 */
DexFuture *
bks_spawn (DexCancellable *cancellable,
           DexFiberFunc    func,
           gpointer        data,
           GDestroyNotify  data_destroy)
{
  DexFuture *fiber = dex_scheduler_spawn (dex_scheduler_get_default (), BKS_FIBER_STACK_BYTES,
                                          func, data, data_destroy);

  if (cancellable != NULL)
    return dex_future_first (dex_ref (cancellable), fiber, NULL);
  return dex_future_first (fiber, NULL);
}

/**
 * bks_spawn_finally:
 * @func: the steps
 * @data: for @func
 * @data_destroy: (nullable): frees @data after the last step
 *
 * As bks_spawn(), for what must come to its end although nobody waits any
 * more: saving, settling, cleaning up.
 *
 * Returns: (transfer full): resolves or rejects as the fiber does
 */
DexFuture *
bks_spawn_finally (DexFiberFunc   func,
                   gpointer       data,
                   GDestroyNotify data_destroy)
{
  return dex_scheduler_spawn (dex_scheduler_get_default (), BKS_FIBER_STACK_BYTES,
                              func, data, data_destroy);
}

typedef struct
{
  DexPromise    *promise;
  BksThreadFunc  func;
  gpointer       data;
  GDestroyNotify data_destroy;
} ThreadJob;

static void
thread_job_run (gpointer job_data,
                gpointer pool_data)
{
  ThreadJob *job = job_data;
  g_auto(GValue) value = G_VALUE_INIT;
  GCancellable *cancellable = dex_promise_get_cancellable (job->promise);
  GError *error = NULL;

  if (!g_cancellable_set_error_if_cancelled (cancellable, &error))
    job->func (&value, cancellable, job->data, &error);
  if (job->data_destroy != NULL)
    job->data_destroy (job->data);
  bks_promise_resolve (job->promise, &value, error);
  dex_unref (job->promise);
  g_free (job);
}

static GThreadPool *
get_pool (void)
{
  static GThreadPool *pool;

  if (g_once_init_enter_pointer (&pool))
    g_once_init_leave_pointer (&pool, g_thread_pool_new (thread_job_run, NULL, 8, FALSE, NULL));
  return pool;
}

/**
 * bks_run_in_thread:
 * @cancellable: (nullable): cancels the waiting and tells @func
 * @func: the work
 * @data: for @func, used by the thread alone meanwhile
 * @data_destroy: (nullable): frees @data, on the thread
 *
 * Returns: (transfer full): resolves to what @func set
 */
DexFuture *
bks_run_in_thread (DexCancellable *cancellable,
                   BksThreadFunc   func,
                   gpointer        data,
                   GDestroyNotify  data_destroy)
{
  ThreadJob *job = g_new0 (ThreadJob, 1);
  DexFuture *promise;

  job->promise = dex_promise_new_cancellable ();
  job->func = func;
  job->data = data;
  job->data_destroy = data_destroy;
  promise = DEX_FUTURE (dex_ref (job->promise));
  g_thread_pool_push (get_pool (), job, NULL);

  if (cancellable != NULL)
    return dex_future_first (dex_ref (cancellable), promise, NULL);
  return promise;
}

/**
 * bks_future_error:
 * @error: (transfer full): an error
 *
 * Returns: (transfer full): a future rejected with @error
 */
DexFuture *
bks_future_error (GError *error)
{
  return dex_future_new_for_error (error);
}

/**
 * bks_promise_resolve:
 * @promise: a pending promise
 * @value: (nullable): the value; unset means "true"
 * @error: (transfer full) (nullable): the error, if it failed
 *
 * Ends @promise with either; from any thread.
 */
void
bks_promise_resolve (DexPromise   *promise,
                     const GValue *value,
                     GError       *error)
{
  if (error != NULL)
    dex_promise_reject (promise, error);
  else if (value != NULL && G_IS_VALUE (value))
    dex_promise_resolve (promise, value);
  else
    dex_promise_resolve_boolean (promise, TRUE);
}

static DexFuture *
quit_loop (DexFuture *future,
           gpointer   data)
{
  g_main_loop_quit (data);
  return NULL;
}

/**
 * bks_wait:
 * @future: (transfer full): a future
 * @error: return location
 *
 * Runs the default main loop until @future ends: for the main function of a
 * program, and for tests. A fiber awaits instead.
 *
 * Returns: whether it resolved
 */
gboolean
bks_wait (DexFuture  *future,
          GError    **error)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(DexFuture) finally = NULL;
  gboolean ok;

  finally = dex_future_finally (dex_ref (future), quit_loop,
                                g_main_loop_ref (loop), (GDestroyNotify) g_main_loop_unref);
  if (dex_future_is_pending (future))
    g_main_loop_run (loop);
  ok = dex_future_get_value (future, error) != NULL;
  dex_unref (future);
  return ok;
}
