/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bks-router-money.h"
#include "bks-router-prices.h"
#include "router-fixture.h"

/*
 * Programs that are killed while they call. In each run two of them make 64
 * calls at once, against money for 10, and are killed at some moment; in the
 * end one is left alone. What the provider served is never more than the
 * budget, and after each restart the ledger has it to the pico-dollar, but for
 * calls over which a program died: those are marked, and counted for no less.
 */

#define CALLS 64
#define CALLERS 2
#define KILLS 2 /* in a run */
#define REPLIES 400
#define MOST_TOKENS 100
#define TOKEN_PRICE G_GINT64_CONSTANT (1000000)
#define BUDGET (10 * MOST_TOKENS * TOKEN_PRICE)
#define LONGEST_LIFE_MS 60
#define RUNS_MS 25000
#define LONG_RUNS 1000

/* ---- The program that is killed ---- */

static DexFuture *
call (BksRouter *router)
{
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("any");
  g_autoptr(BksCall) asked = NULL;

  g_ptr_array_add (targets, bks_target_new ("fake", "any"));
  bks_completion_request_add_message (request, "user", "It was a dark and stormy");
  request->max_tokens = MOST_TOKENS;
  asked = bks_call_new (targets, request);
  return bks_router_complete (router, asked, NULL);
}

/* Whether each call was answered, or refused for the budget's sake. */
static int
be_caller (const char *dir,
           guint       n_calls)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(BksDatabase) library = NULL;
  g_autoptr(BksSecretStore) secrets = bks_memory_secret_store_new (BKS_SECRET_READY);
  g_autoptr(BksRouter) router = NULL;
  g_autoptr(GPtrArray) futures = g_ptr_array_new ();
  int status = 0;

  library = bks_test_await_object (bks_library_open (dir, limits));
  router = bks_router_new (library, secrets, limits);
  puts ("ready");
  fflush (stdout);
  for (guint i = 0; i < n_calls; i++)
    g_ptr_array_add (futures, call (router));
  for (guint i = 0; i < n_calls; i++)
    {
      g_autoptr(GError) error = NULL;

      if (bks_test_await (g_ptr_array_index (futures, i), &error) != NULL ||
          g_error_matches (error, BKS_ERROR, BKS_ERROR_OVER_BUDGET))
        continue;
      fprintf (stderr, "# a call failed: %s\n", error->message);
      status = 1;
    }
  return status;
}

/* ---- Who kills it ---- */

typedef struct
{
  Fixture  base;
  GRand   *rand;
  BksMoney costs[REPLIES]; /* what the provider takes for its answer to each request, in order */
} Crash;

static char *own_path;
static guint sum_answered, sum_orphans;

static void
push_replies (Crash *self)
{
  for (guint i = 0; i < REPLIES; i++)
    {
      int tokens = g_rand_int_range (self->rand, 30, MOST_TOKENS + 1);
      g_autofree char *json = g_strdup_printf ("{\"model\":\"reply-%u\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\","
                                               "\"message\":{\"role\":\"assistant\",\"content\":\"night\"}}],"
                                               "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":%d}}", i, tokens);
      g_autoptr(BksReply) reply = bks_reply_new (200, "application/json");

      bks_reply_add_delay (reply, (guint) g_rand_int_range (self->rand, 0, 15));
      bks_reply_add_text (reply, json);
      self->costs[i] = tokens * TOKEN_PRICE;
      bks_scripted_server_push (self->base.server, "/v1/chat/completions", g_steal_pointer (&reply));
    }
}

static void
set_up (Crash *self)
{
  Fixture *base = &self->base;
  g_autofree char *url = NULL;
  BksMoney budget = BUDGET;

  fixture_set_up (base, GINT_TO_POINTER (TRUE));
  push_replies (self);
  url = g_strconcat (bks_scripted_server_get_url (base->server), "/v1", NULL);
  bks_provider_info_unref (fixture_add (base, "fake", "openai", url));
  bks_test_await_ok (bks_router_set_price (base->router, "fake", "any", 0, TOKEN_PRICE));
  bks_test_await_ok (bks_router_set_budget (base->router, "global", "", "month", &budget, NULL));
}

static GSubprocess *
start_caller (Crash *self,
              guint  n_calls)
{
  g_autofree char *calls = g_strdup_printf ("%u", n_calls);
  g_autoptr(GError) error = NULL;
  GSubprocess *caller = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, own_path, "--caller", self->base.dir,
                                          calls, NULL);

  g_assert_no_error (error);
  return caller;
}

static void
wait_ready (GSubprocess *caller)
{
  char line[6];
  gsize n_read;
  g_autoptr(GError) error = NULL;

  g_input_stream_read_all (g_subprocess_get_stdout_pipe (caller), line, sizeof line, &n_read, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (line, n_read, "ready\n", 6);
}

static void
kill_caller (GSubprocess *caller)
{
  g_autoptr(GError) error = NULL;

  g_subprocess_send_signal (caller, SIGKILL);
  g_subprocess_wait (caller, NULL, &error);
  g_assert_no_error (error);
}

static gint64
query_number (Crash      *self,
              const char *sql)
{
  g_autofree char *text = fixture_query (&self->base, sql);

  return g_ascii_strtoll (text, NULL, 10);
}

/* What the provider has been asked so far. What it was sent by one that is dead counts, too. */
static guint
get_served (Crash    *self,
            BksMoney *sum)
{
  guint n;

  bks_scripted_server_wait_gone (self->base.server);
  n = bks_scripted_server_get_n_requests (self->base.server);
  g_assert_cmpuint (n, <=, REPLIES);
  *sum = 0;
  for (guint i = 0; i < n; i++)
    *sum += self->costs[i];
  return n;
}

/* Each row of an answered call is one answer, at its price. */
static guint
check_answered (Crash *self,
                guint  n_served)
{
  g_autofree char *text = fixture_query (&self->base, "SELECT substr (model_answered, 7), cost FROM usage WHERE outcome = 'ok'");
  g_auto(GStrv) rows = g_strsplit (text, "\n", -1);
  gboolean seen[REPLIES] = { FALSE };
  guint n = 0;

  for (; rows[n] != NULL && *rows[n] != '\0'; n++)
    {
      guint index;
      gint64 cost;

      g_assert_cmpint (sscanf (rows[n], "%u|%" G_GINT64_FORMAT, &index, &cost), ==, 2);
      g_assert_cmpuint (index, <, n_served);
      g_assert_false (seen[index]);
      seen[index] = TRUE;
      g_assert_cmpint (cost, ==, self->costs[index]);
    }
  return n;
}

/* After a restart. */
static void
check_ledger (Crash *self)
{
  g_autoptr(GPtrArray) rows = bks_test_await_boxed (bks_router_list_usage (self->base.router, 0, NULL));
  BksMoney served, spent = 0;
  guint n_served = get_served (self, &served), n_answered = check_answered (self, n_served), n_orphans;

  for (guint i = 0; i < rows->len; i++)
    spent += ((BksUsageRow *) g_ptr_array_index (rows, i))->cost;
  n_orphans = (guint) query_number (self, "SELECT count (*) FROM usage WHERE orphan AND estimated AND outcome = 'ORPHAN'");
  g_assert_cmpuint (n_answered + n_orphans, ==, rows->len);
  g_assert_cmpuint (n_served, >=, n_answered);
  /* What was served and is not in the ledger as answered is there as an orphan. */
  g_assert_cmpuint (n_served - n_answered, <=, n_orphans);
  g_assert_cmpint (served, <=, BUDGET);
  g_assert_cmpint (spent, <=, BUDGET);
  g_assert_cmpint (served, <=, spent);
  g_assert_cmpint (query_number (self, "SELECT count (*) FROM reservations"), ==, 0);
  g_assert_cmpint (query_number (self, "SELECT sum (reserved) FROM windows"), ==, 0);
  g_assert_cmpint (query_number (self, "SELECT count (*) FROM windows WHERE spent <> (SELECT sum (cost) FROM usage)"), ==, 0);
}

/* Both are killed, or one while the other goes on: what that one reserved is its own. */
static void
crash (Crash *self)
{
  GSubprocess *callers[CALLERS];
  gboolean spare_one = g_rand_boolean (self->rand);

  for (guint i = 0; i < CALLERS; i++)
    callers[i] = start_caller (self, CALLS / CALLERS);
  for (guint i = 0; i < CALLERS; i++)
    wait_ready (callers[i]);
  g_usleep ((gulong) g_rand_int_range (self->rand, 0, LONGEST_LIFE_MS * 1000));
  kill_caller (callers[0]);
  if (!spare_one)
    kill_caller (callers[1]);
  else
    {
      g_autoptr(GError) error = NULL;

      g_subprocess_wait_check (callers[1], NULL, &error);
      g_assert_no_error (error);
    }
  for (guint i = 0; i < CALLERS; i++)
    g_object_unref (callers[i]);
}

static void
run (guint32 seed)
{
  Crash self = { .rand = g_rand_new_with_seed (seed) };
  g_autoptr(GSubprocess) last = NULL;
  g_autoptr(GError) error = NULL;

  set_up (&self);
  for (int i = g_rand_int_range (self.rand, 1, KILLS + 1); i > 0; i--)
    {
      crash (&self);
      /* This process has looked before: as a new one would. */
      bks_test_await (bks_ledger_recover (bks_router_get_ledger (self.base.router)), &error);
      g_assert_no_error (error);
      check_ledger (&self);
    }
  last = start_caller (&self, CALLS);
  g_subprocess_wait_check (last, NULL, &error);
  g_assert_no_error (error);
  check_ledger (&self);
  sum_answered += (guint) query_number (&self, "SELECT count (*) FROM usage WHERE NOT orphan");
  sum_orphans += (guint) query_number (&self, "SELECT count (*) FROM usage WHERE orphan");
  bks_test_await_ok (dex_future_new_true ());
  fixture_tear_down (&self.base, GINT_TO_POINTER (TRUE));
  g_rand_free (self.rand);
}

static void
test_killed (void)
{
  guint32 first = g_test_rand_int_range (0, G_MAXINT32);
  gboolean all = g_getenv ("BKS_TEST_LONG") != NULL;
  gint64 end = g_get_monotonic_time () + (gint64) RUNS_MS * 1000;
  guint n = 0;

  for (; n < LONG_RUNS && (all || g_get_monotonic_time () < end); n++)
    {
      g_test_message ("seed %u", first + n);
      run (first + n);
    }
  g_test_message ("%u runs, %u calls answered, %u orphans", n, sum_answered, sum_orphans);
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (sum_answered, >, 0);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 4 && g_str_equal (argv[1], "--caller"))
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      return be_caller (argv[2], (guint) g_ascii_strtoull (argv[3], NULL, 10));
    }
  own_path = argv[0];
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ledger/killed", test_killed);
  return g_test_run ();
}
