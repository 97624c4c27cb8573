/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <libdex.h>
#include <string.h>

#include "bks-async.h"
#include "bks-error.h"

typedef struct
{
  DexFuture *awaited;
  gboolean   began;
  gboolean   ended;
  gboolean   cancelled; /* as the fiber saw it */
  gboolean   freed;
} Verb;

static void
verb_free (gpointer data)
{
  Verb *verb = data;

  verb->freed = TRUE;
}

static DexFuture *
await_fiber (gpointer data)
{
  Verb *verb = data;
  g_autoptr(GError) error = NULL;

  verb->began = TRUE;
  dex_await (g_steal_pointer (&verb->awaited), &error);
  verb->cancelled = bks_error_is_cancelled (error);
  verb->ended = TRUE;
  return dex_future_new_for_string ("done");
}

static DexFuture *
nested_fiber (gpointer data)
{
  Verb *verb = data;
  g_autofree char *text = dex_await_string (bks_spawn (NULL, await_fiber, verb, NULL), NULL);

  return dex_future_new_for_string (text != NULL ? text : "none");
}

static DexFuture *
finally_fiber (gpointer data)
{
  Verb *verb = data;

  dex_await (bks_spawn_finally (await_fiber, verb, NULL), NULL);
  return dex_future_new_true ();
}

static void
run_loop (void)
{
  for (int i = 0; i < 20; i++)
    g_main_context_iteration (NULL, FALSE);
}

static DexFuture *
mark_fiber (gpointer data)
{
  *(gboolean *) data = TRUE;
  return dex_future_new_true ();
}

static void
assert_fibers_run (void)
{
  gboolean ran = FALSE;
  g_autoptr(DexFuture) future = bks_spawn (NULL, mark_fiber, &ran, NULL);

  for (int i = 0; i < 1000 && !ran; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_true (ran);
}

static void
assert_rejected_as_cancelled (DexFuture *future)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (dex_future_get_value (future, &error));
  g_assert_true (bks_error_is_cancelled (error));
}

static void
test_result (void)
{
  g_autoptr(DexPromise) promise = dex_promise_new ();
  Verb verb = { .awaited = dex_ref (promise) };
  g_autoptr(DexFuture) future = bks_spawn (NULL, await_fiber, &verb, verb_free);
  g_autoptr(GError) error = NULL;

  run_loop ();
  g_assert_true (verb.began && !verb.ended);
  dex_promise_resolve_boolean (promise, TRUE);
  bks_wait (dex_ref (future), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_value_get_string (dex_future_get_value (future, NULL)), ==, "done");
  g_assert_false (verb.cancelled);
  run_loop ();
  g_assert_true (verb.freed);
}

static DexFuture *
fail_fiber (gpointer data)
{
  return dex_future_new_reject (BKS_ERROR, BKS_ERROR_CONFLICT, "It has changed");
}

static DexFuture *
nothing_fiber (gpointer data)
{
  return NULL;
}

static DexFuture *
tail_fiber (gpointer data)
{
  return dex_timeout_new_msec (1); /* what it returns may still be pending */
}

static void
test_errors (void)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (bks_wait (bks_spawn (NULL, fail_fiber, NULL, NULL), &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_CONFLICT);
  g_clear_error (&error);
  g_assert_false (bks_wait (bks_spawn (NULL, nothing_fiber, NULL, NULL), &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_false (bks_wait (bks_spawn_finally (tail_fiber, NULL, NULL), &error));
  g_assert_error (error, DEX_ERROR, DEX_ERROR_TIMED_OUT);
}

static void
test_cancel (void)
{
  g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
  g_autoptr(DexPromise) promise = dex_promise_new_cancellable ();
  GCancellable *operation = dex_promise_get_cancellable (promise);
  Verb verb = { .awaited = dex_ref (promise) };
  g_autoptr(DexFuture) future = bks_spawn (cancellable, await_fiber, &verb, verb_free);

  run_loop ();
  dex_cancellable_cancel (cancellable);
  assert_rejected_as_cancelled (future); /* the caller knows at once */
  run_loop ();
  g_assert_true (verb.cancelled && verb.ended && verb.freed);
  g_assert_true (g_cancellable_is_cancelled (operation)); /* what would close the socket */
  assert_fibers_run ();
}

/* What libdex 0.10 breaks on, for every fiber there will ever be. */
static void
test_cancel_then_complete (void)
{
  for (int i = 0; i < 10; i++)
    {
      g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
      g_autoptr(DexPromise) promise = dex_promise_new ();
      Verb verb = { .awaited = dex_ref (promise) };
      g_autoptr(DexFuture) future = bks_spawn (cancellable, await_fiber, &verb, verb_free);

      run_loop ();
      dex_cancellable_cancel (cancellable);
      dex_promise_resolve_boolean (promise, TRUE);
      run_loop ();
      g_assert_true (verb.ended && verb.freed);
      assert_fibers_run ();
    }
}

static gboolean
work (GValue        *result,
      GCancellable  *cancellable,
      gpointer       data,
      GError       **error)
{
  g_usleep (GPOINTER_TO_UINT (data));
  return TRUE;
}

/* The same with work that ends on a thread, at any moment. */
static void
test_cancel_against_threads (void)
{
  for (guint i = 0; i < 300; i++)
    {
      g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
      Verb verb = { .awaited = bks_run_in_thread (NULL, work, GUINT_TO_POINTER (i % 60), NULL) };
      g_autoptr(DexFuture) future = bks_spawn (cancellable, nested_fiber, &verb, verb_free);

      for (guint j = 0; j < 2 + i % 3; j++)
        g_main_context_iteration (NULL, FALSE);
      g_usleep (i % 50);
      dex_cancellable_cancel (cancellable);
      for (int j = 0; j < 1000 && !(verb.freed && verb.ended == verb.began); j++)
        g_main_context_iteration (NULL, FALSE);
      g_assert_true (verb.freed && verb.ended == verb.began);
      dex_clear (&verb.awaited); /* where the inner one was never begun */
    }
  assert_fibers_run ();
}

static void
test_drop (void)
{
  g_autoptr(DexPromise) promise = dex_promise_new_cancellable ();
  Verb verb = { .awaited = dex_ref (promise) };
  DexFuture *future = bks_spawn (NULL, await_fiber, &verb, verb_free);

  run_loop ();
  dex_unref (future);
  run_loop ();
  g_assert_true (verb.cancelled && verb.freed);
  g_assert_true (g_cancellable_is_cancelled (dex_promise_get_cancellable (promise)));
}

static void
test_nested (void)
{
  g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
  g_autoptr(DexPromise) promise = dex_promise_new_cancellable ();
  Verb verb = { .awaited = dex_ref (promise) };
  g_autoptr(DexFuture) future = bks_spawn (cancellable, nested_fiber, &verb, verb_free);

  run_loop ();
  dex_cancellable_cancel (cancellable);
  run_loop ();
  g_assert_true (verb.cancelled && verb.freed); /* two fibers down */
  g_assert_true (g_cancellable_is_cancelled (dex_promise_get_cancellable (promise)));
}

static void
test_cancel_before_start (void)
{
  g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
  g_autoptr(DexPromise) promise = dex_promise_new ();
  Verb verb = { .awaited = dex_ref (promise) };
  g_autoptr(DexFuture) future = bks_spawn (cancellable, await_fiber, &verb, verb_free);

  dex_cancellable_cancel (cancellable);
  run_loop ();
  g_assert_true (verb.cancelled && verb.freed);
}

static void
test_finally (void)
{
  g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
  g_autoptr(DexPromise) promise = dex_promise_new ();
  Verb verb = { .awaited = dex_ref (promise) };
  Verb dropped = { .awaited = dex_ref (promise) };
  g_autoptr(DexFuture) future = bks_spawn (cancellable, finally_fiber, &verb, verb_free);

  dex_unref (bks_spawn_finally (await_fiber, &dropped, verb_free));
  run_loop ();
  dex_cancellable_cancel (cancellable);
  run_loop ();
  g_assert_true (verb.freed && !verb.ended); /* the waiting ended, the saving did not */
  dex_promise_resolve_boolean (promise, TRUE);
  run_loop ();
  g_assert_true (verb.ended && !verb.cancelled);
  g_assert_true (dropped.ended && !dropped.cancelled && dropped.freed);
}

/* Each fiber is found by its own stack, however many there are. */
static void
test_many (void)
{
  DexCancellable *cancellables[50];
  DexFuture *futures[50];
  g_autoptr(DexPromise) promise = dex_promise_new ();
  Verb verbs[50] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      cancellables[i] = dex_cancellable_new ();
      verbs[i].awaited = dex_ref (promise);
      futures[i] = bks_spawn (cancellables[i], await_fiber, &verbs[i], verb_free);
    }
  run_loop ();
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i += 2)
    dex_cancellable_cancel (cancellables[i]);
  run_loop ();
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    g_assert_true (verbs[i].cancelled == (i % 2 == 0));
  dex_promise_resolve_boolean (promise, TRUE);
  run_loop ();
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      g_assert_true (verbs[i].ended && verbs[i].freed && verbs[i].cancelled == (i % 2 == 0));
      dex_unref (futures[i]);
      dex_unref (cancellables[i]);
    }
}

static gboolean
answer_work (GValue        *result,
             GCancellable  *cancellable,
             gpointer       data,
             GError       **error)
{
  g_value_init (result, G_TYPE_POINTER);
  g_value_set_pointer (result, g_thread_self ());
  *(gboolean *) data = TRUE;
  return TRUE;
}

static gboolean
refuse_work (GValue        *result,
             GCancellable  *cancellable,
             gpointer       data,
             GError       **error)
{
  if (data != NULL)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CONFLICT, "It has changed");
  return FALSE;
}

static gboolean
patient_work (GValue        *result,
              GCancellable  *cancellable,
              gpointer       data,
              GError       **error)
{
  gint64 end = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (500);
    }
  return FALSE;
}

static void
set_flag (gpointer data)
{
  g_atomic_int_set ((int *) data, TRUE);
}

static void
wait_for_flag (int *flag)
{
  for (int i = 0; i < 20000 && !g_atomic_int_get (flag); i++)
    g_usleep (500);
  g_assert_true (g_atomic_int_get (flag));
}

static void
test_thread (void)
{
  gboolean ran = FALSE;
  g_autoptr(DexFuture) future = bks_run_in_thread (NULL, answer_work, &ran, NULL);
  g_autoptr(GError) error = NULL;

  g_assert_true (bks_wait (dex_ref (future), &error));
  g_assert_true (ran);
  g_assert_true (g_value_get_pointer (dex_future_get_value (future, NULL)) != g_thread_self ());
  g_assert_false (bks_wait (bks_run_in_thread (NULL, refuse_work, &ran, NULL), &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_CONFLICT);
  g_clear_error (&error);
  /* Without a reason it is a failure all the same. */
  g_assert_false (bks_wait (bks_run_in_thread (NULL, refuse_work, NULL, NULL), &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_FAILED);
}

static void
test_thread_cancel (void)
{
  g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
  int freed = FALSE, dropped = FALSE;
  g_autoptr(DexFuture) future = bks_run_in_thread (cancellable, patient_work, &freed, set_flag);
  Verb verb = { 0 };
  DexFuture *fiber;

  dex_cancellable_cancel (cancellable);
  assert_rejected_as_cancelled (future);
  wait_for_flag (&freed);

  /* Its fiber waits no more: the work is told, too. */
  verb.awaited = bks_run_in_thread (NULL, patient_work, &dropped, set_flag);
  fiber = bks_spawn (NULL, await_fiber, &verb, NULL);
  run_loop ();
  dex_unref (fiber);
  run_loop ();
  wait_for_flag (&dropped);
  g_assert_true (verb.cancelled);
}

/* As deep as BKS_FIBER_STACK_BYTES promises, less what libdex and the caller need. */
static __attribute__((noinline)) guint
dig (guint depth)
{
  volatile guint8 frame[4096];
  guint sum;

  memset ((guint8 *) frame, (int) depth, sizeof frame);
  sum = depth > 0 ? dig (depth - 1) : 0;
  return sum + frame[depth % sizeof frame];
}

static DexFuture *
deep_fiber (gpointer data)
{
  Verb *verb = data;

  g_assert_cmpuint (dig (200), >, 0);
  dex_await (dex_timeout_new_msec (1), NULL);
  g_assert_cmpuint (dig (200), >, 0);
  verb->ended = TRUE;
  return dex_future_new_true ();
}

static void
test_stack (void)
{
  Verb verbs[4] = { 0 };
  DexFuture *futures[4];

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    futures[i] = bks_spawn (NULL, deep_fiber, &verbs[i], NULL);
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      bks_wait (futures[i], NULL);
      g_assert_true (verbs[i].ended);
    }
}

static DexFuture *
number_fiber (gpointer data)
{
  gboolean *ended = data;
  g_autoptr(GError) error = NULL;
  gint64 number = 7;

  g_assert_true (bks_await_int64 (dex_future_new_for_int64 (0), &number, &error));
  g_assert_no_error (error);
  g_assert_cmpint (number, ==, 0);
  number = 7;
  g_assert_false (bks_await_int64 (dex_future_new_reject (BKS_ERROR, BKS_ERROR_NOT_FOUND, "gone"), &number, &error));
  g_assert_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND);
  g_assert_cmpint (number, ==, 7);
  *ended = TRUE;
  return dex_future_new_true ();
}

static void
test_number (void)
{
  gboolean ended = FALSE;

  bks_wait (bks_spawn (NULL, number_fiber, &ended, NULL), NULL);
  g_assert_true (ended);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
  g_test_add_func ("/async/result", test_result);
  g_test_add_func ("/async/errors", test_errors);
  g_test_add_func ("/async/cancel", test_cancel);
  g_test_add_func ("/async/cancel-then-complete", test_cancel_then_complete);
  g_test_add_func ("/async/cancel-against-threads", test_cancel_against_threads);
  g_test_add_func ("/async/drop", test_drop);
  g_test_add_func ("/async/nested", test_nested);
  g_test_add_func ("/async/cancel-before-start", test_cancel_before_start);
  g_test_add_func ("/async/finally", test_finally);
  g_test_add_func ("/async/many", test_many);
  g_test_add_func ("/async/thread", test_thread);
  g_test_add_func ("/async/thread-cancel", test_thread_cancel);
  g_test_add_func ("/async/stack", test_stack);
  g_test_add_func ("/async/number", test_number);
  return g_test_run ();
}
