/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "bks-breaker.h"

/* The rules of the breaker on a clock that moves when told. */

#define SECOND G_GINT64_CONSTANT (1000)
#define MINUTE (60 * SECOND)
#define NOON G_GINT64_CONSTANT (1795780800000)

typedef struct
{
  BksLimits  *limits;
  BksBreaker *breaker;
} Fixture;

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  self->limits = bks_limits_new ();
  g_clear_object (&self->limits->clock);
  self->limits->clock = bks_clock_new_fixed (NOON);
  self->breaker = bks_breaker_new (self->limits);
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  g_assert_finalize_object (self->breaker);
  bks_limits_unref (self->limits);
}

static void
pass (Fixture *self,
      gint64   ms)
{
  bks_clock_advance (self->limits->clock, ms);
}

static void
fail (Fixture    *self,
      const char *model,
      BksError    reason,
      gint64      retry_after_ms)
{
  bks_breaker_begin (self->breaker, "p", "k", model);
  bks_breaker_note_failure (self->breaker, "p", "k", model, reason, retry_after_ms);
}

static void
succeed (Fixture    *self,
         const char *model)
{
  bks_breaker_begin (self->breaker, "p", "k", model);
  bks_breaker_note_success (self->breaker, "p", "k", model);
}

static void
assert_state (Fixture         *self,
              const char      *model,
              BksCircuitState  state,
              gint64           wait_ms)
{
  BksAdmission admission = bks_breaker_look (self->breaker, "p", "k", model);

  g_assert_cmpint (admission.state, ==, state);
  g_assert_cmpint (admission.wait_ms, ==, wait_ms);
}

static void
test_three_in_a_row (Fixture       *self,
                     gconstpointer  data)
{
  fail (self, "m", BKS_ERROR_SERVER, -1);
  fail (self, "m", BKS_ERROR_TIMEOUT, -1);
  assert_state (self, "m", BKS_CIRCUIT_CLOSED, 0);
  fail (self, "m", BKS_ERROR_OVERLOAD, -1);
  assert_state (self, "m", BKS_CIRCUIT_OPEN, 10 * SECOND);
  /* One bad model is not its neighbours, nor another key, nor another provider. */
  assert_state (self, "n", BKS_CIRCUIT_CLOSED, 0);
  g_assert_cmpint (bks_breaker_look (self->breaker, "p", "other", "m").state, ==, BKS_CIRCUIT_CLOSED);
  g_assert_cmpint (bks_breaker_look (self->breaker, "q", "k", "m").state, ==, BKS_CIRCUIT_CLOSED);
}

static void
test_success_between (Fixture       *self,
                      gconstpointer  data)
{
  for (guint i = 0; i < 2; i++)
    {
      fail (self, "m", BKS_ERROR_SERVER, -1);
      fail (self, "m", BKS_ERROR_SERVER, -1);
      for (guint j = 0; j < 4; j++)
        succeed (self, "m");
    }
  assert_state (self, "m", BKS_CIRCUIT_CLOSED, 0);
}

static void
test_half_of_five (Fixture       *self,
                   gconstpointer  data)
{
  fail (self, "m", BKS_ERROR_SERVER, -1);
  succeed (self, "m");
  fail (self, "m", BKS_ERROR_SERVER, -1);
  succeed (self, "m");
  assert_state (self, "m", BKS_CIRCUIT_CLOSED, 0);
  fail (self, "m", BKS_ERROR_SERVER, -1);
  assert_state (self, "m", BKS_CIRCUIT_OPEN, 10 * SECOND);
}

/* What is older than a minute counts no more. */
static void
test_window (Fixture       *self,
             gconstpointer  data)
{
  fail (self, "m", BKS_ERROR_SERVER, -1);
  succeed (self, "m");
  fail (self, "m", BKS_ERROR_SERVER, -1);
  succeed (self, "m");
  pass (self, MINUTE);
  fail (self, "m", BKS_ERROR_SERVER, -1);
  assert_state (self, "m", BKS_CIRCUIT_CLOSED, 0);
}

/* Down for a minute: probed again and again, found within 15 s of its return. */
static void
test_down_and_back (Fixture       *self,
                    gconstpointer  data)
{
  for (guint i = 0; i < 3; i++)
    fail (self, "m", BKS_ERROR_SERVER, -1);
  pass (self, 10 * SECOND);
  for (gint64 down = 10 * SECOND; down < MINUTE; down += 15 * SECOND)
    {
      assert_state (self, "m", BKS_CIRCUIT_HALF_OPEN, 0);
      fail (self, "m", BKS_ERROR_SERVER, -1);
      assert_state (self, "m", BKS_CIRCUIT_OPEN, 15 * SECOND);
      pass (self, 15 * SECOND);
    }
  assert_state (self, "m", BKS_CIRCUIT_HALF_OPEN, 0);
  succeed (self, "m");
  assert_state (self, "m", BKS_CIRCUIT_CLOSED, 0);
  /* Counters are zero again. */
  fail (self, "m", BKS_ERROR_SERVER, -1);
  fail (self, "m", BKS_ERROR_SERVER, -1);
  assert_state (self, "m", BKS_CIRCUIT_CLOSED, 0);
}

/* A time-out costs the author its whole wait: it is looked for less often. */
static void
test_slow_cap (Fixture       *self,
               gconstpointer  data)
{
  gint64 rest = 10 * SECOND;

  for (guint i = 0; i < 3; i++)
    fail (self, "m", BKS_ERROR_TIMEOUT, -1);
  for (guint i = 0; i < 7; i++)
    {
      assert_state (self, "m", BKS_CIRCUIT_OPEN, rest);
      pass (self, rest);
      fail (self, "m", BKS_ERROR_TIMEOUT, -1);
      rest = MIN (2 * rest, 5 * MINUTE);
    }
  assert_state (self, "m", BKS_CIRCUIT_OPEN, 5 * MINUTE);
}

/* One real request finds out; for the others it still rests. */
static void
test_one_probe (Fixture       *self,
                gconstpointer  data)
{
  for (guint i = 0; i < 3; i++)
    fail (self, "m", BKS_ERROR_SERVER, -1);
  pass (self, 10 * SECOND);
  assert_state (self, "m", BKS_CIRCUIT_HALF_OPEN, 0);
  bks_breaker_begin (self->breaker, "p", "k", "m");
  assert_state (self, "m", BKS_CIRCUIT_OPEN, self->limits->breaker_probe_ms);
  /* A probe that was stopped says nothing: the next one finds out. */
  bks_breaker_note_nothing (self->breaker, "p", "k", "m");
  assert_state (self, "m", BKS_CIRCUIT_HALF_OPEN, 0);
}

static void
test_rate (Fixture       *self,
           gconstpointer  data)
{
  static const gint64 waits[] = { 5, 10, 20, 40, 80, 120, 120 };

  for (gsize i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      fail (self, "m", BKS_ERROR_RATE, -1);
      assert_state (self, "m", BKS_CIRCUIT_OPEN, waits[i] * SECOND);
      pass (self, waits[i] * SECOND);
    }
  /* What the provider asks for is never shortened. */
  fail (self, "m", BKS_ERROR_RATE, 600 * SECOND);
  assert_state (self, "m", BKS_CIRCUIT_OPEN, 600 * SECOND);
  fail (self, "m", BKS_ERROR_RATE, 1 * SECOND);
  assert_state (self, "m", BKS_CIRCUIT_OPEN, 600 * SECOND);
  /* An answer that was on its way does not end the wait. */
  bks_breaker_note_success (self->breaker, "p", "k", "m");
  assert_state (self, "m", BKS_CIRCUIT_OPEN, 600 * SECOND);
  assert_state (self, "n", BKS_CIRCUIT_CLOSED, 0);
}

static void
test_retry_after (Fixture       *self,
                  gconstpointer  data)
{
  fail (self, "m", BKS_ERROR_OVERLOAD, 30 * SECOND);
  assert_state (self, "m", BKS_CIRCUIT_OPEN, 30 * SECOND);
}

static void
test_dead_keys (Fixture       *self,
                gconstpointer  data)
{
  static const BksError reasons[] = { BKS_ERROR_AUTH, BKS_ERROR_BILLING };

  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    {
      fail (self, "m", reasons[i], -1);
      pass (self, 1000 * MINUTE);
      assert_state (self, "m", BKS_CIRCUIT_DEAD, -1);
      /* It is the key's, so every model's. */
      assert_state (self, "n", BKS_CIRCUIT_DEAD, -1);
      g_assert_cmpint (bks_breaker_look (self->breaker, "p", "k", "n").reason, ==, reasons[i]);
      g_assert_cmpint (bks_breaker_look (self->breaker, "p", "new key", "n").state, ==, BKS_CIRCUIT_CLOSED);
      bks_breaker_revive (self->breaker, "p");
      assert_state (self, "n", BKS_CIRCUIT_HALF_OPEN, 0);
      succeed (self, "n");
      assert_state (self, "m", BKS_CIRCUIT_CLOSED, 0);
    }
}

/* An allowance that comes back by itself at midnight. */
static void
test_daily_allowance (Fixture       *self,
                      gconstpointer  data)
{
  fail (self, "m", BKS_ERROR_BILLING, 12 * 60 * MINUTE);
  assert_state (self, "n", BKS_CIRCUIT_OPEN, 12 * 60 * MINUTE);
  pass (self, 12 * 60 * MINUTE);
  assert_state (self, "n", BKS_CIRCUIT_HALF_OPEN, 0);
}

static void
test_permission (Fixture       *self,
                 gconstpointer  data)
{
  fail (self, "m", BKS_ERROR_PERMISSION, -1);
  assert_state (self, "m", BKS_CIRCUIT_DEAD, -1);
  assert_state (self, "n", BKS_CIRCUIT_CLOSED, 0);
}

static void
test_model (Fixture       *self,
            gconstpointer  data)
{
  fail (self, "m", BKS_ERROR_MODEL, -1);
  assert_state (self, "m", BKS_CIRCUIT_DEAD, -1);
  bks_breaker_note_listed (self->breaker, "p", "n");
  assert_state (self, "m", BKS_CIRCUIT_DEAD, -1);
  bks_breaker_note_listed (self->breaker, "p", "m");
  assert_state (self, "m", BKS_CIRCUIT_CLOSED, 0);
}

/* The line is every model's. */
static void
test_line (Fixture       *self,
           gconstpointer  data)
{
  fail (self, "m", BKS_ERROR_TRANSPORT, -1);
  fail (self, "n", BKS_ERROR_TRANSPORT, -1);
  fail (self, "o", BKS_ERROR_TRANSPORT, -1);
  assert_state (self, "never asked", BKS_CIRCUIT_OPEN, 10 * SECOND);
}

static void
test_two_models_are_the_provider (Fixture       *self,
                                  gconstpointer  data)
{
  for (guint i = 0; i < 3; i++)
    fail (self, "m", BKS_ERROR_SERVER, -1);
  assert_state (self, "o", BKS_CIRCUIT_CLOSED, 0);
  for (guint i = 0; i < 3; i++)
    fail (self, "n", BKS_ERROR_SERVER, -1);
  assert_state (self, "o", BKS_CIRCUIT_OPEN, 10 * SECOND);
}

/* Faults of the caller never count. */
static void
test_callers_faults (Fixture       *self,
                     gconstpointer  data)
{
  static const BksError reasons[] = {
    BKS_ERROR_CONTEXT, BKS_ERROR_CONTENT, BKS_ERROR_REQUEST, BKS_ERROR_CANCELLED, BKS_ERROR_OVER_BUDGET, BKS_ERROR_TIER,
  };

  for (guint i = 0; i < 10; i++)
    for (gsize j = 0; j < G_N_ELEMENTS (reasons); j++)
      fail (self, "m", reasons[j], -1);
  assert_state (self, "m", BKS_CIRCUIT_CLOSED, 0);
}

/* What another process finds: the dead and the long rests, and nothing else. */
static void
test_restart (Fixture       *self,
              gconstpointer  data)
{
  g_autoptr(GPtrArray) circuits = NULL;
  g_autoptr(BksBreaker) next = bks_breaker_new (self->limits);
  guint n_kept = 0;

  fail (self, "broke", BKS_ERROR_RATE, 10 * MINUTE);
  fail (self, "busy", BKS_ERROR_RATE, 20 * SECOND);
  fail (self, "forbidden", BKS_ERROR_PERMISSION, -1);
  fail (self, "gone", BKS_ERROR_MODEL, -1);
  circuits = bks_breaker_list (self->breaker);
  g_assert_cmpuint (circuits->len, ==, 4);
  for (guint i = circuits->len; i-- > 0;)
    if (bks_breaker_must_persist (self->breaker, g_ptr_array_index (circuits, i)))
      n_kept++;
    else
      g_ptr_array_remove_index (circuits, i);
  g_assert_cmpuint (n_kept, ==, 2);

  pass (self, 4 * MINUTE);
  bks_breaker_restore (next, circuits);
  g_assert_cmpint (bks_breaker_look (next, "p", "k", "forbidden").state, ==, BKS_CIRCUIT_DEAD);
  g_assert_cmpint (bks_breaker_look (next, "p", "k", "broke").wait_ms, ==, 6 * MINUTE);
  g_assert_cmpint (bks_breaker_look (next, "p", "k", "busy").state, ==, BKS_CIRCUIT_CLOSED);
}

/* A clock set back by a year does not close a provider for a year. */
static void
test_clock_set_back (Fixture       *self,
                     gconstpointer  data)
{
  g_autoptr(BksBreaker) next = bks_breaker_new (self->limits);
  g_autoptr(GPtrArray) circuits = NULL;

  fail (self, "m", BKS_ERROR_RATE, 10 * MINUTE);
  circuits = bks_breaker_list (self->breaker);
  pass (self, -G_GINT64_CONSTANT (365) * 24 * 60 * MINUTE);
  bks_breaker_restore (next, circuits);
  g_assert_cmpint (bks_breaker_look (next, "p", "k", "m").wait_ms, <=, 24 * 60 * MINUTE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add ("/breaker/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("three-in-a-row", test_three_in_a_row);
  ADD ("success-between", test_success_between);
  ADD ("half-of-five", test_half_of_five);
  ADD ("window", test_window);
  ADD ("down-and-back", test_down_and_back);
  ADD ("slow-cap", test_slow_cap);
  ADD ("one-probe", test_one_probe);
  ADD ("rate", test_rate);
  ADD ("retry-after", test_retry_after);
  ADD ("dead-keys", test_dead_keys);
  ADD ("daily-allowance", test_daily_allowance);
  ADD ("permission", test_permission);
  ADD ("model", test_model);
  ADD ("line", test_line);
  ADD ("two-models-are-the-provider", test_two_models_are_the_provider);
  ADD ("callers-faults", test_callers_faults);
  ADD ("restart", test_restart);
  ADD ("clock-set-back", test_clock_set_back);
#undef ADD
  return g_test_run ();
}
