/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <time.h>

#include "bks-ledger.h"
#include "bks-library-budget.h"
#include "router-fixture.h"

/* What a ledger does with money, on a clock that stands still. */
typedef struct
{
  Fixture    base;
  BksClock  *clock; /* of base.limits */
  BksLedger *ledger;
  GPtrArray *told;  /* "80 global day", "overrun global day" */
} Ledger;

#define CENT (BKS_MONEY_PER_DOLLAR / 100)
#define UNLIMITED BKS_UNLIMITED

/* 2026-03-10 12:00 UTC */
#define NOON G_GINT64_CONSTANT (1773144000000)
#define HOUR (G_GINT64_CONSTANT (3600) * 1000)

static void
note (Ledger             *self,
      const char         *what,
      const BksAllowance *allowance)
{
  g_ptr_array_add (self->told, g_strdup_printf ("%s %s %s", what, allowance->scope, allowance->period));
}

static void
threshold_cb (BksLedger    *ledger,
              guint         percent,
              BksAllowance *allowance,
              Ledger       *self)
{
  g_autofree char *what = g_strdup_printf ("%u", percent);

  note (self, what, allowance);
}

static void
overrun_cb (BksLedger    *ledger,
            BksAllowance *allowance,
            Ledger       *self)
{
  note (self, "overrun", allowance);
}

static void
set_up (Ledger        *self,
        gconstpointer  data)
{
  Fixture *base = &self->base;
  BksPriceBook *prices = bks_price_book_new ();

  base->dir = bks_test_dir_new ();
  base->limits = bks_limits_new ();
  g_set_object (&base->limits->clock, bks_clock_new_fixed (NOON));
  self->clock = base->limits->clock;
  base->limits->reserve_ms = 300;
  base->limits->reserve_pause_ms = 20;
  base->library = bks_test_await_object (bks_library_open (base->dir, base->limits));
  self->ledger = bks_ledger_new (base->library, prices, base->limits);
  self->told = g_ptr_array_new_with_free_func (g_free);
  g_signal_connect (self->ledger, "threshold", G_CALLBACK (threshold_cb), self);
  g_signal_connect (self->ledger, "overrun", G_CALLBACK (overrun_cb), self);
  g_object_unref (prices);
}

static gboolean
is_last_reference (gpointer object)
{
  return G_OBJECT (object)->ref_count == 1;
}

/* Also of what was awaited last, which bks_test_await() keeps. */
static void
let_go (Ledger *self)
{
  bks_test_await_ok (dex_future_new_true ());
  bks_test_wait_for (is_last_reference, self->ledger);
}

static void
tear_down (Ledger        *self,
           gconstpointer  data)
{
  let_go (self);
  g_assert_finalize_object (self->ledger);
  bks_test_await_ok (bks_database_close (self->base.library));
  g_object_unref (self->base.library);
  g_object_unref (self->clock);
  bks_limits_unref (self->base.limits);
  bks_test_dir_remove (self->base.dir);
  g_ptr_array_unref (self->told);
}

static BksCharge *
charge_of (BksMoney most)
{
  BksCharge *charge = bks_charge_new ();

  charge->request_id = g_uuid_string_random ();
  charge->provider = g_strdup ("openai");
  charge->model = g_strdup ("gpt-4o");
  charge->role = g_strdup ("draft");
  charge->book_id = g_strdup ("book-1");
  charge->most = most;
  charge->input = 100;
  charge->output = 20;
  charge->tokens = 500;
  return charge;
}

static DexFuture *
reserve (Ledger   *self,
         BksMoney  most)
{
  g_autoptr(BksCharge) charge = charge_of (most);

  return bks_ledger_reserve (self->ledger, charge, NULL);
}

static BksReservation *
reserved (Ledger   *self,
          BksMoney  most)
{
  return bks_test_await_boxed (reserve (self, most));
}

static BksUsageRecord *
record_of (BksMoney cost)
{
  BksUsageRecord *record = bks_usage_record_new ();

  record->input = 90;
  record->output = 10;
  record->cost = cost;
  record->cost_source = g_strdup ("table");
  record->outcome = g_strdup ("ok");
  return record;
}

static DexFuture *
settle (Ledger         *self,
        BksReservation *reservation,
        BksMoney        cost)
{
  g_autoptr(BksUsageRecord) record = record_of (cost);

  return bks_ledger_settle (self->ledger, reservation, record);
}

static void
spend (Ledger   *self,
       BksMoney  most,
       BksMoney  cost)
{
  g_autoptr(BksReservation) reservation = reserved (self, most);

  bks_test_await_ok (settle (self, reservation, cost));
}

/* The refusal, with its facts. */
static BksAllowance *
refused (Ledger    *self,
         DexFuture *future,
         int        code)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (bks_test_await (future, &error));
  g_assert_error (error, BKS_ERROR, code);
  g_assert_nonnull (bks_error_get_facts (error)->allowance);
  g_test_message ("%s", error->message);
  return bks_allowance_ref (bks_error_get_facts (error)->allowance);
}

static void
set_budget (Ledger     *self,
            const char *scope,
            const char *name,
            const char *period,
            BksMoney    hard,
            BksMoney    soft)
{
  bks_test_await_ok (bks_library_set_budget (self->base.library, scope, name, period, hard, soft,
                                             bks_clock_get_now_ms (self->clock)));
}

static void
assert_query (Ledger     *self,
              const char *sql,
              const char *expected)
{
  g_autofree char *found = fixture_query (&self->base, sql);

  g_assert_cmpstr (found, ==, expected);
}

/* Windows and rows are two ways to the same sums, and nothing stays reserved. */
static void
assert_sums_agree (Ledger *self)
{
  assert_query (self,
                "SELECT w.id FROM windows w WHERE w.spent <> coalesce ((SELECT sum (u.cost) FROM usage u"
                " WHERE u.at >= w.starts_at AND u.at < w.ends_at AND CASE w.scope WHEN 'global' THEN 1"
                " WHEN 'provider' THEN u.provider = w.name WHEN 'book' THEN u.book_id = w.name"
                " ELSE u.device_id = w.name END), 0)",
                "");
  assert_query (self, "SELECT id FROM windows WHERE reserved <> 0 OR tokens_reserved <> 0 OR operations_reserved <> 0",
                "");
  assert_query (self, "SELECT id FROM reservations", "");
}

static void
test_a_row (Ledger        *self,
            gconstpointer  data)
{
  g_autoptr(BksReservation) reservation = NULL;
  g_autoptr(BksCharge) charge = charge_of (3 * CENT);
  g_autoptr(BksUsageRecord) record = record_of (CENT);
  g_autofree char *expected = NULL;

  charge->attempt = 2;
  reservation = bks_test_await_boxed (bks_ledger_reserve (self->ledger, charge, NULL));
  assert_query (self, "SELECT DISTINCT reserved FROM windows", "30000000000");
  bks_clock_advance (self->clock, 1500);
  record->cache_write = 3;
  record->cache_write_1h = 4;
  record->reported_cost = 2 * CENT;
  record->table_cost = CENT;
  record->price_date = g_strdup ("2026-08-01");
  record->first_token_ms = 7;
  record->total_ms = 1500;
  bks_test_await_ok (bks_ledger_settle (self->ledger, reservation, record));
  expected = g_strdup_printf ("%s|%" G_GINT64_FORMAT "|%s|2|openai|gpt-4o|-|draft|book-1|-|0|0|90|-|3|4|10|-|10000000000|"
                              "20000000000|10000000000|2026-08-01|table|7|1500|ok",
                              bks_reservation_get_id (reservation), NOON, charge->request_id);
  assert_query (self,
                "SELECT id, at, request_id, attempt, provider, model_asked, model_answered, role, book_id, device_id,"
                " local, orphan, input, cache_read, cache_write, cache_write_1h, output, reasoning, cost,"
                " reported_cost, table_cost, price_date, cost_source, first_token_ms, total_ms, outcome FROM usage",
                expected);
  assert_sums_agree (self);
}

static void
test_hard (Ledger        *self,
           gconstpointer  data)
{
  g_autoptr(BksAllowance) allowance = NULL;

  set_budget (self, "global", "", "day", 10 * CENT, UNLIMITED);
  spend (self, 6 * CENT, 6 * CENT);
  allowance = refused (self, reserve (self, 4 * CENT + 1), BKS_ERROR_OVER_BUDGET);
  g_assert_cmpstr (allowance->reason, ==, "over_budget");
  g_assert_cmpstr (allowance->scope, ==, "global");
  g_assert_cmpstr (allowance->period, ==, "day");
  g_assert_cmpstr (allowance->unit, ==, "usd");
  g_assert_cmpint (allowance->used, ==, 6 * CENT);
  g_assert_cmpint (allowance->reserved, ==, 0);
  g_assert_cmpint (allowance->needed, ==, 4 * CENT + 1);
  g_assert_cmpint (allowance->limit, ==, 10 * CENT);
  g_assert_cmpint (allowance->resets_at, ==, NOON + 12 * HOUR);
  /* To the last pico-dollar. */
  spend (self, 4 * CENT, 4 * CENT);
  /* What costs nothing may be had for nothing; and tomorrow is another day. */
  spend (self, 0, 0);
  bks_clock_advance (self->clock, 12 * HOUR);
  spend (self, 10 * CENT, CENT);
  assert_sums_agree (self);
}

static void
test_every_scope (Ledger        *self,
                  gconstpointer  data)
{
  static const struct { const char *scope, *name; } scopes[] = {
    { "global", "" }, { "provider", "openai" }, { "book", "book-1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (scopes); i++)
    for (guint j = 0; j < 2; j++)
      {
        const char *period = j == 0 ? "day" : "month";
        g_autoptr(BksAllowance) allowance = NULL;

        set_budget (self, scopes[i].scope, scopes[i].name, period, 0, UNLIMITED);
        allowance = refused (self, reserve (self, 1), BKS_ERROR_OVER_BUDGET);
        g_assert_cmpstr (allowance->scope, ==, scopes[i].scope);
        g_assert_cmpstr (allowance->period, ==, period);
        g_assert_cmpint (allowance->limit, ==, 0);
        set_budget (self, scopes[i].scope, scopes[i].name, period, UNLIMITED, UNLIMITED);
        spend (self, 1, 1);
      }
  /* Another book's and another provider's budgets are none of its business. */
  set_budget (self, "book", "book-2", "day", 0, UNLIMITED);
  set_budget (self, "provider", "anthropic", "day", 0, UNLIMITED);
  spend (self, CENT, CENT);
  assert_sums_agree (self);
}

static void
test_unknown_price (Ledger        *self,
                    gconstpointer  data)
{
  g_autoptr(BksAllowance) allowance = NULL;

  spend (self, BKS_MONEY_UNKNOWN, BKS_MONEY_UNKNOWN);
  assert_query (self, "SELECT cost, cost IS NULL FROM usage", "-|1");
  assert_query (self, "SELECT DISTINCT spent, unknown FROM windows", "0|1");
  set_budget (self, "provider", "openai", "month", 100 * CENT, UNLIMITED);
  allowance = refused (self, reserve (self, BKS_MONEY_UNKNOWN), BKS_ERROR_OVER_BUDGET);
  g_assert_cmpstr (allowance->reason, ==, "unknown_price");
  g_assert_true (allowance->needed == BKS_MONEY_UNKNOWN);
  /* A soft limit refuses nothing. */
  set_budget (self, "provider", "openai", "month", UNLIMITED, CENT);
  spend (self, BKS_MONEY_UNKNOWN, BKS_MONEY_UNKNOWN);
  assert_sums_agree (self);
}

static void
test_waits_for_others (Ledger        *self,
                       gconstpointer  data)
{
  g_autoptr(BksReservation) first = NULL;
  g_autoptr(BksReservation) second = NULL;
  g_autoptr(BksAllowance) allowance = NULL;
  DexFuture *waiting;

  set_budget (self, "global", "", "day", 10 * CENT, UNLIMITED);
  first = reserved (self, 8 * CENT);
  waiting = reserve (self, 8 * CENT);
  bks_test_spin (60);
  g_assert_true (dex_future_is_pending (waiting));
  bks_test_await_ok (settle (self, first, 2 * CENT));
  second = bks_test_await_boxed (waiting);
  /* Nobody settles: it is refused in the end. */
  allowance = refused (self, reserve (self, CENT), BKS_ERROR_OVER_BUDGET);
  g_assert_cmpint (allowance->used, ==, 2 * CENT);
  g_assert_cmpint (allowance->reserved, ==, 8 * CENT);
  bks_test_await_ok (bks_ledger_release (self->ledger, second));
  spend (self, CENT, CENT);
  assert_sums_agree (self);
}

static void
test_cancel (Ledger        *self,
             gconstpointer  data)
{
  g_autoptr(DexCancellable) cancellable = dex_cancellable_new ();
  g_autoptr(BksReservation) first = NULL;
  g_autoptr(BksCharge) charge = charge_of (8 * CENT);
  g_autoptr(GError) error = NULL;
  DexFuture *waiting;

  self->base.limits->reserve_ms = 10000;
  set_budget (self, "global", "", "day", 10 * CENT, UNLIMITED);
  first = reserved (self, 8 * CENT);
  waiting = bks_ledger_reserve (self->ledger, charge, cancellable);
  bks_test_spin (60);
  dex_cancellable_cancel (cancellable);
  g_assert_null (bks_test_await (waiting, &error));
  g_assert_true (bks_error_is_cancelled (error));
  bks_test_await_ok (settle (self, first, CENT));
  bks_test_spin (100);
  assert_sums_agree (self);
}

static gboolean
is_nothing_reserved (gpointer data)
{
  Ledger *self = data;
  g_autofree char *left = fixture_query (&self->base, "SELECT count (*) FROM reservations");

  return g_str_equal (left, "0");
}

/* Stopped at any moment, it leaves nothing behind. */
static void
test_dropped (Ledger        *self,
              gconstpointer  data)
{
  g_autoptr(BksReservation) reservation = reserved (self, CENT);

  g_clear_pointer (&reservation, bks_reservation_unref);
  for (guint i = 0; i < 50; i++)
    {
      DexFuture *future = reserve (self, CENT);

      bks_test_spin (i % 5);
      dex_unref (future);
    }
  let_go (self);
  bks_test_wait_for (is_nothing_reserved, self);
  assert_sums_agree (self);
  assert_query (self, "SELECT count (*) FROM usage", "0");
}

static void
test_once (Ledger        *self,
           gconstpointer  data)
{
  g_autoptr(BksReservation) reservation = reserved (self, CENT);
  g_autoptr(BksReservation) other = reserved (self, CENT);

  bks_test_await_ok (settle (self, reservation, CENT));
  bks_test_await_error (settle (self, reservation, CENT), BKS_ERROR_CONFLICT);
  bks_test_await_error (bks_ledger_release (self->ledger, reservation), BKS_ERROR_CONFLICT);
  bks_test_await_ok (bks_ledger_release (self->ledger, other));
  bks_test_await_error (settle (self, other, CENT), BKS_ERROR_CONFLICT);
  assert_query (self, "SELECT count (*) FROM usage", "1");
  assert_sums_agree (self);
}

static void
assert_told (Ledger     *self,
             const char *expected)
{
  g_autofree char *told = NULL;

  g_ptr_array_add (self->told, NULL);
  told = g_strjoinv (", ", (char **) self->told->pdata);
  g_assert_cmpstr (told, ==, expected);
  g_ptr_array_set_size (self->told, 0);
}

static void
test_overrun (Ledger        *self,
              gconstpointer  data)
{
  g_autoptr(BksAllowance) allowance = NULL;

  set_budget (self, "global", "", "day", 100 * CENT, UNLIMITED);
  set_budget (self, "provider", "openai", "month", UNLIMITED, 500 * CENT);
  spend (self, CENT, 2 * CENT);
  assert_told (self, "overrun global day");
  assert_query (self, "SELECT cost FROM usage", "20000000000");
  allowance = refused (self, reserve (self, 1), BKS_ERROR_OVER_BUDGET);
  g_assert_cmpstr (allowance->reason, ==, "closed");
  spend (self, 0, 0);
  set_budget (self, "global", "", "day", 100 * CENT, UNLIMITED);
  spend (self, CENT, CENT);
  /* Where nothing is limited nothing is closed. */
  set_budget (self, "global", "", "day", UNLIMITED, UNLIMITED);
  spend (self, CENT, 2 * CENT);
  spend (self, CENT, CENT);
  assert_told (self, "");
  assert_sums_agree (self);
}

static void
test_thresholds (Ledger        *self,
                 gconstpointer  data)
{
  set_budget (self, "global", "", "day", 100 * CENT, UNLIMITED);
  spend (self, 49 * CENT, 49 * CENT);
  assert_told (self, "");
  spend (self, CENT, CENT);
  assert_told (self, "50 global day");
  spend (self, CENT, CENT);
  spend (self, 29 * CENT, 29 * CENT);
  assert_told (self, "80 global day");
  spend (self, 20 * CENT, 20 * CENT);
  assert_told (self, "100 global day");
  bks_clock_advance (self->clock, 24 * HOUR);
  spend (self, 90 * CENT, 90 * CENT);
  assert_told (self, "80 global day");
  /* Of what a person wants to be warned of, where that is said. Not of what is passed when it is said. */
  set_budget (self, "provider", "openai", "month", 1000 * CENT, 240 * CENT);
  spend (self, CENT, CENT);
  assert_told (self, "");
  spend (self, 2 * CENT, 2 * CENT);
  assert_told (self, "80 provider month");
  spend (self, 7 * CENT, 60 * CENT);
  assert_told (self, "100 global day, overrun global day, 100 provider month, overrun provider month");
  assert_sums_agree (self);
}

/* What a process leaves that dies between the two. */
static void
leave_reservation (Ledger     *self,
                   const char *instance)
{
  g_autofree char *sql = NULL;
  g_autofree char *nothing = NULL;

  sql = g_strdup_printf ("UPDATE reservations SET instance = '%s'", instance);
  nothing = fixture_query (&self->base, sql);
}

static void
test_orphans (Ledger        *self,
              gconstpointer  data)
{
  g_autoptr(BksReservation) lost = NULL;
  g_autoptr(BksReservation) living = NULL;
  g_autoptr(BksPriceBook) prices = bks_price_book_new ();
  g_autoptr(BksLedger) other = bks_ledger_new (self->base.library, prices, self->base.limits);
  g_autoptr(BksCharge) charge = charge_of (8 * CENT);

  set_budget (self, "global", "", "day", 10 * CENT, UNLIMITED);
  charge->estimate = 3 * CENT;
  lost = bks_test_await_boxed (bks_ledger_reserve (self->ledger, charge, NULL));
  leave_reservation (self, "0190-nobody");
  g_clear_pointer (&charge, bks_charge_unref);
  charge = charge_of (2 * CENT);
  living = bks_test_await_boxed (bks_ledger_reserve (other, charge, NULL));
  /* Found before the next one is refused, and that fits then. */
  spend (self, 5 * CENT, 5 * CENT);
  assert_query (self, "SELECT cost, cost_source, estimated, orphan, outcome, input, output FROM usage ORDER BY cost",
                "30000000000|estimate|1|1|ORPHAN|100|20\n50000000000|table|0|0|ok|90|10");
  bks_test_await_error (settle (self, lost, CENT), BKS_ERROR_CONFLICT);
  /* A living one's is not touched. */
  g_assert_cmpint (g_value_get_uint (bks_test_await (bks_ledger_recover (self->ledger), NULL)), ==, 0);
  bks_test_await_ok (bks_ledger_release (other, living));
  assert_sums_agree (self);
}

static void
add_device (Ledger     *self,
            const char *id,
            const char *tier)
{
  g_autofree char *sql = NULL;
  g_autofree char *nothing = NULL;

  sql = g_strdup_printf ("INSERT OR REPLACE INTO devices (id, user_id, name, role, tier, paired_at)"
                         " VALUES ('%s', 'user', 'A phone', 'owner', '%s', 1)", id, tier);
  nothing = fixture_query (&self->base, sql);
}

static BksCharge *
device_charge (const char *provider,
               const char *model,
               BksMoney    most)
{
  BksCharge *charge = charge_of (most);

  g_set_str (&charge->provider, provider);
  g_set_str (&charge->model, model);
  charge->device_id = g_strdup ("phone");
  return charge;
}

static void
assert_locked (Ledger     *self,
               BksCharge  *charge,
               const char *reason,
               const char *lowest)
{
  g_autoptr(BksAllowance) allowance = refused (self, bks_ledger_reserve (self->ledger, charge, NULL), BKS_ERROR_TIER);

  g_assert_cmpstr (allowance->reason, ==, reason);
  g_assert_cmpstr (allowance->scope, ==, "tier");
  g_assert_cmpstr (allowance->name, ==, "phone");
  g_assert_cmpstr (allowance->lowest_tier, ==, lowest);
  bks_charge_unref (charge);
}

static void
assert_allowed (Ledger    *self,
                BksCharge *charge)
{
  g_autoptr(BksReservation) reservation = bks_test_await_boxed (bks_ledger_reserve (self->ledger, charge, NULL));

  bks_test_await_ok (bks_ledger_release (self->ledger, reservation));
  bks_charge_unref (charge);
}

static BksCharge *
local_charge (void)
{
  BksCharge *charge = device_charge ("ollama", "llama3", 0);

  charge->local = TRUE;
  return charge;
}

static BksCharge *
whole_book_charge (void)
{
  BksCharge *charge = device_charge ("together", "any", 1);

  charge->whole_book = TRUE;
  return charge;
}

static void
test_locks (Ledger        *self,
            gconstpointer  data)
{
  add_device (self, "phone", "free");
  assert_allowed (self, local_charge ());
  assert_locked (self, device_charge ("together", "any", 1), "provider_locked", "member");
  assert_locked (self, device_charge ("openai", "gpt-4o-mini", 1), "provider_locked", "pro");
  assert_locked (self, device_charge ("my-server", "any", 1), "provider_locked", "premium");
  add_device (self, "phone", "member");
  assert_allowed (self, device_charge ("together", "any", 1));
  assert_locked (self, device_charge ("openrouter", "anthropic/claude-opus-4.1", 1), "model_locked", "pro");
  assert_locked (self, whole_book_charge (), "feature_locked", "pro");
  add_device (self, "phone", "pro");
  assert_allowed (self, device_charge ("anthropic", "claude-sonnet-4-5", 1));
  assert_locked (self, device_charge ("my-server", "any", 1), "provider_locked", "premium");
  add_device (self, "phone", "premium");
  assert_allowed (self, device_charge ("my-server", "any", BKS_MONEY_UNKNOWN));
  add_device (self, "phone", "admin");
  assert_allowed (self, device_charge ("anthropic", "claude-sonnet-4-5", 1000 * BKS_MONEY_PER_DOLLAR));
}

static void
test_a_device_shut_out (Ledger        *self,
                        gconstpointer  data)
{
  g_autoptr(BksCharge) charge = device_charge ("together", "any", 1);
  g_autofree char *nothing = NULL;

  bks_test_await_error (bks_ledger_reserve (self->ledger, charge, NULL), BKS_ERROR_NOT_FOUND);
  add_device (self, "phone", "admin");
  nothing = fixture_query (&self->base, "UPDATE devices SET revoked = 1");
  bks_test_await_error (bks_ledger_reserve (self->ledger, charge, NULL), BKS_ERROR_FORBIDDEN);
}

static void
spend_as_device (Ledger     *self,
                 const char *request_id,
                 BksMoney    cost,
                 gint64      output,
                 const char *outcome)
{
  g_autoptr(BksCharge) charge = device_charge ("together", "any", cost);
  g_autoptr(BksUsageRecord) record = record_of (cost);
  g_autoptr(BksReservation) reservation = NULL;

  g_set_str (&charge->request_id, request_id);
  reservation = bks_test_await_boxed (bks_ledger_reserve (self->ledger, charge, NULL));
  record->output = output;
  g_set_str (&record->outcome, outcome);
  bks_test_await_ok (bks_ledger_settle (self->ledger, reservation, record));
}

/* A transformation is one operation of the cloud, whatever its attempts. */
static void
test_quota_of_transformations (Ledger        *self,
                               gconstpointer  data)
{
  g_autoptr(BksAllowance) allowance = NULL;
  g_autoptr(BksCharge) charge = device_charge ("together", "any", 1);

  add_device (self, "phone", "member");
  for (guint i = 0; i < 49; i++)
    {
      g_autofree char *request_id = g_strdup_printf ("request-%u", i);

      spend_as_device (self, request_id, 1, 5, "ok");
    }
  spend_as_device (self, "request-3", 1, 5, "ok");
  spend_as_device (self, "request-last", 1, 0, "RATE");
  spend_as_device (self, "request-last", 1, 0, "SERVER");
  spend_as_device (self, "request-last", 1, 5, "ok");
  allowance = refused (self, bks_ledger_reserve (self->ledger, charge, NULL), BKS_ERROR_TIER);
  g_assert_cmpstr (allowance->reason, ==, "quota_exceeded");
  g_assert_cmpstr (allowance->unit, ==, "transformations");
  g_assert_cmpstr (allowance->tier, ==, "member");
  g_assert_cmpstr (allowance->lowest_tier, ==, "pro");
  g_assert_cmpint (allowance->used, ==, 50);
  g_assert_cmpint (allowance->limit, ==, 50);
  /* A step of one that was counted is free to go on; so is what stays on this machine, and next month. */
  spend_as_device (self, "request-last", 1, 5, "ok");
  assert_allowed (self, local_charge ());
  bks_clock_advance (self->clock, 31 * 24 * HOUR);
  spend_as_device (self, "another", 1, 5, "ok");
  assert_sums_agree (self);
}

static void
test_quota_of_tokens (Ledger        *self,
                      gconstpointer  data)
{
  g_autoptr(BksAllowance) allowance = NULL;
  g_autoptr(BksCharge) charge = device_charge ("together", "any", 1);

  add_device (self, "phone", "member");
  spend_as_device (self, "one", 1, 99900 - 90, "ok");
  allowance = refused (self, bks_ledger_reserve (self->ledger, charge, NULL), BKS_ERROR_TIER);
  g_assert_cmpstr (allowance->reason, ==, "quota_exceeded");
  g_assert_cmpstr (allowance->unit, ==, "tokens");
  g_assert_cmpint (allowance->used, ==, 99900);
  g_assert_cmpint (allowance->needed, ==, 500);
  g_assert_cmpstr (allowance->lowest_tier, ==, "pro");
}

static BksAllowance *
refused_device (Ledger   *self,
                BksMoney  most,
                int       code)
{
  g_autoptr(BksCharge) charge = device_charge ("together", "any", most);

  return refused (self, bks_ledger_reserve (self->ledger, charge, NULL), code);
}

static void
test_cost_cap (Ledger        *self,
               gconstpointer  data)
{
  g_autoptr(BksAllowance) allowance = NULL;
  g_autoptr(BksAllowance) unknown = NULL;
  g_autoptr(BksAllowance) own = NULL;

  add_device (self, "phone", "member");
  spend_as_device (self, "one", 490 * CENT, 5, "ok");
  allowance = refused_device (self, 11 * CENT, BKS_ERROR_TIER);
  g_assert_cmpstr (allowance->reason, ==, "cost_limit");
  g_assert_cmpstr (allowance->lowest_tier, ==, "pro");
  g_assert_cmpint (allowance->limit, ==, 500 * CENT);
  unknown = refused_device (self, BKS_MONEY_UNKNOWN, BKS_ERROR_TIER);
  g_assert_cmpstr (unknown->reason, ==, "unknown_price");
  g_assert_cmpstr (unknown->lowest_tier, ==, "premium");
  /* What its owner gives it may be less. */
  set_budget (self, "device", "phone", "month", 495 * CENT, UNLIMITED);
  own = refused_device (self, 6 * CENT, BKS_ERROR_OVER_BUDGET);
  g_assert_cmpstr (own->scope, ==, "device");
}

/* 64 at once against money for 10: no more than 10 are let through, and those who wait have their turn. */
static void
test_crowd (Ledger        *self,
            gconstpointer  data)
{
  DexFuture *futures[64];
  guint allowed = 0;

  set_budget (self, "global", "", "day", 10 * CENT, UNLIMITED);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    futures[i] = reserve (self, CENT);
  for (guint i = 0; i < G_N_ELEMENTS (futures); i++)
    {
      g_autoptr(GError) error = NULL;
      const GValue *value = bks_test_await (futures[i], &error);

      if (value == NULL)
        {
          g_assert_error (error, BKS_ERROR, BKS_ERROR_OVER_BUDGET);
          continue;
        }
      allowed++;
      bks_test_await_ok (settle (self, g_value_get_boxed (value), CENT));
    }
  g_assert_cmpuint (allowed, ==, 10);
  assert_query (self, "SELECT spent FROM windows WHERE scope = 'global' AND period = 'day'", "100000000000");
  assert_sums_agree (self);
}

static char *
sum_by (Ledger     *self,
        const char *by)
{
  g_autoptr(GPtrArray) rows = bks_test_await_boxed (bks_library_list_usage (self->base.library, 0, G_MAXINT64, by));
  g_autoptr(GString) text = g_string_new (NULL);
  BksMoney sum = 0;

  for (guint i = 0; i < rows->len; i++)
    {
      const BksUsageRow *row = g_ptr_array_index (rows, i);

      g_string_append_printf (text, "%s=%" G_GINT64_FORMAT " ", row->label, row->cost / CENT);
      sum += row->cost;
    }
  g_string_append_printf (text, "sum=%" G_GINT64_FORMAT, sum / CENT);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
set_zone (const char *zone)
{
  if (zone != NULL)
    g_setenv ("TZ", zone, TRUE);
  else
    g_unsetenv ("TZ");
  tzset ();
}

static void
assert_by (Ledger     *self,
           const char *by,
           const char *expected)
{
  g_autofree char *sums = sum_by (self, by);

  g_assert_cmpstr (sums, ==, expected);
}

/* In March 2026 Berlin's clocks go forward on the 29th: that day has 23 hours, and the month is an hour short. */
static void
test_daylight_saving (Ledger        *self,
                      gconstpointer  data)
{
  static const struct { gint64 at; BksMoney cost; } calls[] = {
    { G_GINT64_CONSTANT (1774738799000), 1 }, /* 28th, 23:59:59 +01:00 */
    { G_GINT64_CONSTANT (1774738800000), 2 }, /* 29th, 00:00 +01:00 */
    { G_GINT64_CONSTANT (1774821599000), 4 }, /* 29th, 23:59:59 +02:00 */
    { G_GINT64_CONSTANT (1774821600000), 8 }, /* 30th, 00:00 +02:00 */
    { G_GINT64_CONSTANT (1774994399000), 16 }, /* 31st, 23:59:59 +02:00 */
    { G_GINT64_CONSTANT (1774994400000), 32 }, /* 1st of April */
  };
  g_autofree char *zone = g_strdup (g_getenv ("TZ"));

  set_zone ("Europe/Berlin");
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      bks_clock_advance (self->clock, calls[i].at - bks_clock_get_now_ms (self->clock));
      spend (self, calls[i].cost * CENT, calls[i].cost * CENT);
    }
  assert_by (self, "day", "2026-03-28=1 2026-03-29=6 2026-03-30=8 2026-03-31=16 2026-04-01=32 sum=63");
  assert_by (self, "month", "2026-03=31 2026-04=32 sum=63");
  assert_by (self, "provider", "openai=63 sum=63");
  assert_by (self, "model", "openai:gpt-4o=63 sum=63");
  assert_by (self, "book", "book-1=63 sum=63");
  assert_query (self,
                "SELECT spent / 10000000000, (ends_at - starts_at) / 3600000 FROM windows"
                " WHERE scope = 'global' ORDER BY period, starts_at",
                "1|24\n6|23\n8|24\n16|24\n32|24\n31|743\n32|720");
  assert_sums_agree (self);
  set_zone (zone);
}

/* Whoever sets the clock back finds the day as it was, with what was spent of it. */
static void
test_a_clock_set_back (Ledger        *self,
                       gconstpointer  data)
{
  g_autoptr(BksAllowance) allowance = NULL;
  g_autoptr(BksReservation) reservation = NULL;

  set_budget (self, "global", "", "day", 10 * CENT, UNLIMITED);
  spend (self, 9 * CENT, 9 * CENT);
  bks_clock_advance (self->clock, 24 * HOUR);
  spend (self, 8 * CENT, 8 * CENT);
  reservation = reserved (self, CENT);
  bks_clock_advance (self->clock, -24 * HOUR);
  allowance = refused (self, reserve (self, 2 * CENT), BKS_ERROR_OVER_BUDGET);
  g_assert_cmpint (allowance->used, ==, 9 * CENT);
  /* It counts for the day for which it was reserved, whenever it is settled. */
  bks_test_await_ok (settle (self, reservation, CENT));
  assert_by (self, "day", "2026-03-10=9 2026-03-11=9 sum=18");
  assert_sums_agree (self);
}

/* A budget of something that was used before it had one knows what was used. */
static void
test_a_late_budget (Ledger        *self,
                    gconstpointer  data)
{
  g_autoptr(BksAllowance) allowance = NULL;
  g_autofree char *nothing = NULL;

  spend (self, 9 * CENT, 9 * CENT);
  nothing = fixture_query (&self->base, "DELETE FROM windows"); /* as of a library from before there were any */
  set_budget (self, "book", "book-1", "month", 10 * CENT, UNLIMITED);
  allowance = refused (self, reserve (self, 2 * CENT), BKS_ERROR_OVER_BUDGET);
  g_assert_cmpint (allowance->used, ==, 9 * CENT);
  assert_sums_agree (self);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  set_zone ("UTC");
#define ADD(path, func) g_test_add ("/" path, Ledger, NULL, set_up, func, tear_down)
  ADD ("ledger/a-row", test_a_row);
  ADD ("ledger/hard", test_hard);
  ADD ("ledger/every-scope", test_every_scope);
  ADD ("ledger/unknown-price", test_unknown_price);
  ADD ("ledger/waits-for-others", test_waits_for_others);
  ADD ("ledger/cancel", test_cancel);
  ADD ("ledger/dropped", test_dropped);
  ADD ("ledger/once", test_once);
  ADD ("ledger/overrun", test_overrun);
  ADD ("ledger/thresholds", test_thresholds);
  ADD ("ledger/orphans", test_orphans);
  ADD ("ledger/crowd", test_crowd);
  ADD ("ledger/a-late-budget", test_a_late_budget);
  ADD ("ledger/daylight-saving", test_daylight_saving);
  ADD ("ledger/a-clock-set-back", test_a_clock_set_back);
  ADD ("tiers/locks", test_locks);
  ADD ("tiers/a-device-shut-out", test_a_device_shut_out);
  ADD ("tiers/quota-of-transformations", test_quota_of_transformations);
  ADD ("tiers/quota-of-tokens", test_quota_of_tokens);
  ADD ("tiers/cost-cap", test_cost_cap);
#undef ADD
  return g_test_run ();
}
