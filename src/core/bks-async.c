/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-core"

#include "config.h"

#include "bks-async.h"
#include "bks-error.h"

/*
 * A fiber of libdex 0.10 must never be discarded while it waits (measured): if
 * what it waits for completes before it runs again, the scheduler's queues
 * break, and no fiber of the process ever runs again. Fixed upstream in 1.0
 * (e43a99d). So nothing outside holds a fiber: it answers through a promise,
 * and is cancelled by ending what it awaits, which bks_await_or_cancel() races
 * against its "cancelled".
 */
typedef struct
{
  DexFiberFunc    func;
  gpointer        data;
  GDestroyNotify  data_destroy;
  DexPromise     *answer;
  DexPromise     *cancelled;   /* rejected when nobody waits for the answer any more */
  guintptr        stack_top;   /* while it lives; its frames are below */
} Fiber;

/* Those that have begun and not ended. Only the main thread has any. */
static GPtrArray *fibers;

static Fiber *
fiber_ref (Fiber *fiber)
{
  return g_atomic_rc_box_acquire (fiber);
}

static void
fiber_clear (gpointer data)
{
  Fiber *fiber = data;

  dex_clear (&fiber->answer);
  dex_clear (&fiber->cancelled);
}

static void
fiber_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, fiber_clear);
}

/* libdex does not tell which fiber runs, but its stack does. */
static Fiber *
find_running (guintptr frame)
{
  Fiber *found = NULL;

  for (guint i = 0; fibers != NULL && i < fibers->len; i++)
    {
      Fiber *fiber = g_ptr_array_index (fibers, i);

      if (frame <= fiber->stack_top && fiber->stack_top - frame < BKS_FIBER_STACK_BYTES &&
          (found == NULL || fiber->stack_top < found->stack_top))
        found = fiber;
    }
  return found;
}

/**
 * bks_await_or_cancel:
 * @future: (transfer full): what a fiber is about to await
 *
 * The macros of dex_await() and its kin call this.
 *
 * Returns: (transfer full): @future, or a future that ends with it and is
 *   rejected when the running fiber is cancelled before
 */
DexFuture *
bks_await_or_cancel (DexFuture *future)
{
  Fiber *fiber;

  if (!dex_future_is_pending (future))
    return future;
  fiber = find_running ((guintptr) __builtin_frame_address (0));
  if (fiber == NULL || fiber->cancelled == NULL)
    return future;
  return dex_future_first (dex_ref (fiber->cancelled), future, NULL);
}

static void
fiber_cancel_cb (GCancellable *cancellable,
                 Fiber        *fiber)
{
  dex_promise_reject (fiber->cancelled, g_error_new_literal (DEX_ERROR, DEX_ERROR_FIBER_CANCELLED, "Cancelled"));
}

static void
fiber_answer (Fiber     *fiber,
              DexFuture *future)
{
  const GValue *value;
  GError *error = NULL;

  if (future == NULL)
    future = dex_future_new_for_error (g_error_new_literal (DEX_ERROR, DEX_ERROR_FIBER_EXITED, "A fiber ended without a result"));
  dex_await (dex_ref (future), NULL);
  if (dex_future_is_pending (future))
    error = g_error_new_literal (DEX_ERROR, DEX_ERROR_FIBER_CANCELLED, "Cancelled");
  value = error == NULL ? dex_future_get_value (future, &error) : NULL;
  bks_promise_resolve (fiber->answer, value, error);
  dex_unref (future);
}

static DexFuture *
fiber_run (gpointer data)
{
  Fiber *fiber = data;

  if (fibers == NULL)
    fibers = g_ptr_array_new ();
  fiber->stack_top = (guintptr) __builtin_frame_address (0);
  g_ptr_array_add (fibers, fiber);

  fiber_answer (fiber, fiber->func (fiber->data));

  g_ptr_array_remove_fast (fibers, fiber);
  if (fiber->data_destroy != NULL)
    fiber->data_destroy (fiber->data);
  dex_clear (&fiber->answer); /* whose cancellable holds the fiber */
  return dex_future_new_true ();
}

static DexFuture *
spawn (DexPromise     *answer,
       DexFiberFunc    func,
       gpointer        data,
       GDestroyNotify  data_destroy)
{
  Fiber *fiber = g_atomic_rc_box_new0 (Fiber);
  GCancellable *cancellable = dex_promise_get_cancellable (answer);

  fiber->func = func;
  fiber->data = data;
  fiber->data_destroy = data_destroy;
  fiber->answer = dex_ref (answer);
  if (cancellable != NULL)
    {
      fiber->cancelled = dex_promise_new ();
      g_cancellable_connect (cancellable, G_CALLBACK (fiber_cancel_cb), fiber_ref (fiber), fiber_unref);
    }
  dex_future_disown (dex_scheduler_spawn (dex_scheduler_get_default (), BKS_FIBER_STACK_BYTES,
                                          fiber_run, fiber, fiber_unref));
  return DEX_FUTURE (answer);
}

/**
 * bks_spawn:
 * @cancellable: (nullable): cancels the verb
 * @func: the steps
 * @data: for @func
 * @data_destroy: (nullable): frees @data after the last step
 *
 * Runs a verb as a fiber on the default main loop. When @cancellable fires,
 * or the returned future is dropped, the future the fiber awaits is dropped
 * with it, which closes its socket, and this and every further await fails.
 *
 * Returns: (transfer full): resolves or rejects as the fiber does
 */
DexFuture *
bks_spawn (DexCancellable *cancellable,
           DexFiberFunc    func,
           gpointer        data,
           GDestroyNotify  data_destroy)
{
  DexFuture *answer = spawn (dex_promise_new_cancellable (), func, data, data_destroy);

  if (cancellable != NULL)
    return dex_future_first (dex_ref (cancellable), answer, NULL);
  return dex_future_first (answer, NULL);
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
  return spawn (dex_promise_new (), func, data, data_destroy);
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

  /* A failure must not pass for a success because it does not say why. */
  if (!g_cancellable_set_error_if_cancelled (cancellable, &error) &&
      !job->func (&value, cancellable, job->data, &error) && error == NULL)
    error = g_error_new_literal (BKS_ERROR, BKS_ERROR_FAILED, "The work failed without a reason");
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

/**
 * bks_await_int64:
 * @future: (transfer full): a future of a number
 * @value: (out): the number; untouched where it rejected
 * @error: return location
 *
 * For fibers: dex_await_int64() where each number may be an answer, so that
 * none can say that there is an error.
 *
 * Returns: whether it resolved
 */
gboolean
bks_await_int64 (DexFuture  *future,
                 gint64     *value,
                 GError    **error)
{
  g_autoptr(GError) local = NULL;
  gint64 answer = dex_await_int64 (future, &local);

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  *value = answer;
  return TRUE;
}
