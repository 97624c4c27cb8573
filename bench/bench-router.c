/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bks-library.h"
#include "bks-memory-secret-store.h"
#include "bks-provider.h"
#include "bks-router.h"
#include "bks-test-util.h"

/*
 * What the router and its ledger add to a call: the same calls through them and
 * made directly by the provider's adapter, to an upstream that answers at once,
 * in turns in one run. The upstream is a process on the other core.
 */

#define ROUNDS 6
#define CALLS_A_ROUND 500
#define PIECES 8
#define MODEL "gpt-4o"

static atomic_uint n_syncs;

/* SQLite's calls end here: counted and passed on. */
int
fdatasync (int fd)
{
  atomic_fetch_add (&n_syncs, 1);
  return (int) syscall (SYS_fdatasync, fd);
}

int
fsync (int fd)
{
  atomic_fetch_add (&n_syncs, 1);
  return (int) syscall (SYS_fsync, fd);
}

static void
pin_to_core (int core)
{
  cpu_set_t set;

  CPU_ZERO (&set);
  CPU_SET (core, &set);
  if (sched_setaffinity (0, sizeof set, &set) != 0)
    g_printerr ("Not pinned to core %d: %s\n", core, g_strerror (errno));
}

/* ------------------------------------------------------- the upstream ----- */

static char *reply_text;

static void
make_reply (void)
{
  GString *body = g_string_new (NULL);
  GString *reply = g_string_new ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n");

  for (guint i = 0; i < PIECES; i++)
    g_string_append (body, "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"" MODEL "\",\"choices\":"
                           "[{\"index\":0,\"delta\":{\"content\":\"a few words \"},\"finish_reason\":null}]}\n\n");
  g_string_append (body, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                         "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":24}}\n\n"
                         "data: [DONE]\n\n");
  g_string_append_printf (reply, "Content-Length: %zu\r\n\r\n%s", body->len, body->str);
  g_string_free (body, TRUE);
  reply_text = g_string_free (reply, FALSE);
}

/* One request after the other, until the client goes. */
static void *
serve (void *data)
{
  int fd = GPOINTER_TO_INT (data);
  char buffer[16384];
  size_t length = 0;

  for (;;)
    {
      ssize_t got = recv (fd, buffer + length, sizeof buffer - 1 - length, 0);
      char *end, *field;
      size_t whole;

      if (got <= 0)
        break;
      length += (size_t) got;
      buffer[length] = '\0';
      end = strstr (buffer, "\r\n\r\n");
      field = strcasestr (buffer, "content-length:");
      if (end == NULL || field == NULL)
        continue;
      whole = (size_t) (end + 4 - buffer) + strtoul (field + 15, NULL, 10);
      if (length < whole)
        continue;
      memmove (buffer, buffer + whole, length - whole);
      length -= whole;
      if (send (fd, reply_text, strlen (reply_text), MSG_NOSIGNAL) < 0)
        break;
    }
  close (fd);
  return NULL;
}

static void
run_upstream (int listener)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  pin_to_core (1);
  for (;;)
    {
      int fd = accept (listener, NULL, NULL);
      pthread_t thread;

      if (fd < 0)
        continue;
      if (pthread_create (&thread, NULL, serve, GINT_TO_POINTER (fd)) == 0)
        pthread_detach (thread);
    }
}

/* Before anything else has threads. */
static pid_t
start_upstream (guint16 *port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  pid_t pid;

  g_assert_cmpint (bind (listener, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (listener, 256), ==, 0);
  g_assert_cmpint (getsockname (listener, (struct sockaddr *) &address, &length), ==, 0);
  *port = ntohs (address.sin_port);
  make_reply ();
  pid = fork ();
  if (pid == 0)
    run_upstream (listener);
  close (listener);
  return pid;
}

/* ------------------------------------------------------- the calls -------- */

typedef struct
{
  GArray *first; /* of double, µs: to the first piece */
  GArray *last;  /* to the last piece */
  GArray *end;   /* to the end of the call */
  double  seconds;
  guint   syncs;
} Figures;

typedef struct
{
  BksRouter   *router;
  BksProvider *provider;
  gboolean     direct;
  guint        left;
  guint        running;
  Figures     *figures;
  GMainLoop   *loop;
} Run;

typedef struct
{
  Run       *run;
  BksCall   *call;
  BksAnswer *answer;
  gint64     started; /* µs */
  gint64     first;
  gint64     last;
} Try;

static void start_calls (Run   *run,
                         guint  at_once);

static void
text_cb (BksAnswer  *answer,
         const char *text,
         Try        *try)
{
  try->last = g_get_monotonic_time ();
  if (try->first == 0)
    try->first = try->last;
}

static void
note (GArray *array,
      gint64  from,
      gint64  to)
{
  double value = (double) (to - from);

  g_array_append_val (array, value);
}

static DexFuture *
ended_cb (DexFuture *future,
          gpointer   data)
{
  Try *try = data;
  Run *run = try->run;
  g_autoptr(GError) error = NULL;

  if (dex_future_get_value (future, &error) == NULL)
    g_error ("A call failed: %s", error->message);
  note (run->figures->first, try->started, try->first);
  note (run->figures->last, try->started, try->last);
  note (run->figures->end, try->started, g_get_monotonic_time ());
  g_signal_handlers_disconnect_by_data (try->answer, try);
  g_clear_object (&try->call);
  g_object_unref (try->answer);
  g_free (try);
  run->running--;
  start_calls (run, run->running + 1);
  if (run->running == 0)
    g_main_loop_quit (run->loop);
  return NULL;
}

static BksCompletionRequest *
make_request (void)
{
  BksCompletionRequest *request = bks_completion_request_new (MODEL);

  bks_completion_request_add_message (request, "system", "You are continuing an author's manuscript.");
  bks_completion_request_add_message (request, "user", "It was a dark and stormy night; the rain fell in torrents");
  request->max_tokens = 900;
  request->stream = TRUE;
  return request;
}

static void
start_calls (Run   *run,
             guint  at_once)
{
  while (run->left > 0 && run->running < at_once)
    {
      g_autoptr(BksCompletionRequest) request = make_request ();
      Try *try = g_new0 (Try, 1);
      DexFuture *future;

      try->run = run;
      try->started = g_get_monotonic_time ();
      if (run->direct)
        {
          try->answer = bks_answer_new ();
          g_signal_connect (try->answer, "text", G_CALLBACK (text_cb), try);
          future = bks_provider_complete (run->provider, request, NULL, try->answer, NULL);
        }
      else
        {
          g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);

          g_ptr_array_add (targets, bks_target_new ("openai", MODEL));
          try->call = bks_call_new (targets, request);
          try->answer = g_object_ref (bks_call_get_answer (try->call));
          g_signal_connect (try->answer, "text", G_CALLBACK (text_cb), try);
          future = bks_router_complete (run->router, try->call, NULL);
        }
      run->left--;
      run->running++;
      dex_future_disown (dex_future_finally (future, ended_cb, try, NULL));
    }
}

static void
measure (BksRouter   *router,
         BksProvider *provider,
         gboolean     direct,
         guint        calls,
         guint        at_once,
         Figures     *figures)
{
  Run run = { .router = router, .provider = provider, .direct = direct, .left = calls, .figures = figures };
  gint64 started = g_get_monotonic_time ();
  guint syncs = atomic_load (&n_syncs);

  run.loop = g_main_loop_new (NULL, FALSE);
  start_calls (&run, at_once);
  g_main_loop_run (run.loop);
  g_main_loop_unref (run.loop);
  figures->seconds += (double) (g_get_monotonic_time () - started) / G_USEC_PER_SEC;
  figures->syncs += atomic_load (&n_syncs) - syncs;
}

/* ------------------------------------------------------- the figures ------ */

static int
compare (gconstpointer a,
         gconstpointer b)
{
  double one = *(const double *) a, other = *(const double *) b;

  return one < other ? -1 : one > other;
}

static double
get_percentile (GArray *array,
                double  percentile)
{
  g_array_sort (array, compare);
  return g_array_index (array, double, (guint) ((array->len - 1) * percentile / 100)) / 1000.0;
}

static void
figures_init (Figures *figures)
{
  *figures = (Figures) {
    .first = g_array_new (FALSE, FALSE, sizeof (double)),
    .last = g_array_new (FALSE, FALSE, sizeof (double)),
    .end = g_array_new (FALSE, FALSE, sizeof (double)),
  };
}

static void
figures_clear (Figures *figures)
{
  g_array_unref (figures->first);
  g_array_unref (figures->last);
  g_array_unref (figures->end);
}

static void
print_line (const char *what,
            Figures    *figures)
{
  g_print ("  %-8s %7.3f %7.3f   %7.3f %7.3f   %7.3f %7.3f   %7.0f   %5.2f\n", what,
           get_percentile (figures->first, 50), get_percentile (figures->first, 99),
           get_percentile (figures->last, 50), get_percentile (figures->last, 99),
           get_percentile (figures->end, 50), get_percentile (figures->end, 99),
           figures->end->len / figures->seconds, (double) figures->syncs / figures->end->len);
}

static void
print_added (Figures *direct,
             Figures *routed)
{
  g_print ("  %-8s %7.3f %7.3f   %7.3f %7.3f   %7.3f %7.3f\n", "added",
           get_percentile (routed->first, 50) - get_percentile (direct->first, 50),
           get_percentile (routed->first, 99) - get_percentile (direct->first, 99),
           get_percentile (routed->last, 50) - get_percentile (direct->last, 50),
           get_percentile (routed->last, 99) - get_percentile (direct->last, 99),
           get_percentile (routed->end, 50) - get_percentile (direct->end, 50),
           get_percentile (routed->end, 99) - get_percentile (direct->end, 99));
}

static double
get_memory_mib (void)
{
  g_autofree char *text = NULL;
  char *field;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL) || (field = strstr (text, "VmRSS:")) == NULL)
    return 0;
  return (double) g_ascii_strtoull (field + 6, NULL, 10) / 1024.0;
}

static void
compare_at (BksRouter   *router,
            BksProvider *provider,
            guint        at_once)
{
  Figures direct, routed;

  figures_init (&direct);
  figures_init (&routed);
  for (guint round = 0; round < ROUNDS; round++)
    {
      measure (router, provider, TRUE, CALLS_A_ROUND, at_once, &direct);
      measure (router, provider, FALSE, CALLS_A_ROUND, at_once, &routed);
    }
  g_print ("%u at once, %u calls each\n", at_once, ROUNDS * CALLS_A_ROUND);
  print_line ("direct", &direct);
  print_line ("routed", &routed);
  print_added (&direct, &routed);
  figures_clear (&direct);
  figures_clear (&routed);
}

static void
print_cold (BksRouter   *router,
            BksProvider *provider)
{
  Figures direct, routed;

  figures_init (&direct);
  figures_init (&routed);
  measure (router, provider, TRUE, 1, 1, &direct);
  measure (router, provider, FALSE, 1, 1, &routed);
  g_print ("Cold, one call each: %.3f ms direct, %.3f ms routed\n", get_percentile (direct.end, 50),
           get_percentile (routed.end, 50));
  figures_clear (&direct);
  figures_clear (&routed);
}

int
main (int    argc,
      char **argv)
{
  static const guint at_once[] = { 1, 16, 64 };
  g_autoptr(GError) error = NULL;
  g_autofree char *url = NULL;
  g_autofree char *base_url = NULL;
  guint16 port;
  pid_t upstream = start_upstream (&port);
  BksLimits *limits;
  BksHttp *http;
  BksDatabase *library;
  BksSecretStore *secrets;
  BksRouter *router;
  BksProvider *provider;
  char *dir;
  double before;

  dex_init ();
  pin_to_core (0);
  dir = bks_test_dir_new ();
  limits = bks_limits_new ();
  http = bks_http_new (limits);
  library = bks_test_await_object (bks_library_open (dir, limits));
  secrets = bks_memory_secret_store_new (BKS_SECRET_READY);
  router = bks_router_new (library, secrets, limits);
  url = g_strdup_printf ("http://127.0.0.1:%u/v1", port);
  bks_test_await_ok (bks_router_set_base_url (router, "openai", url));
  base_url = bks_provider_normalize_base_url ("openai", url, &error);
  provider = bks_provider_new ("openai", "openai", base_url, http, limits, &error);
  g_assert_no_error (error);

  g_print ("Router and ledger beside the same calls made directly; milliseconds\n");
  print_cold (router, provider);
  g_print ("  %-8s %15s   %15s   %15s   %7s   %5s\n", "", "first token", "last byte", "end of call", "calls/s", "syncs");
  g_print ("  %-8s %7s %7s   %7s %7s   %7s %7s\n", "", "p50", "p99", "p50", "p99", "p50", "p99");
  before = get_memory_mib ();
  for (gsize i = 0; i < G_N_ELEMENTS (at_once); i++)
    compare_at (router, provider, at_once[i]);
  g_print ("Memory grown: %.1f MiB (aim: at most 30)\n", get_memory_mib () - before);

  g_object_unref (provider);
  g_object_unref (http);
  g_object_unref (router);
  bks_test_await_ok (bks_database_close (library));
  g_object_unref (library);
  g_object_unref (secrets);
  bks_limits_unref (limits);
  bks_test_dir_remove (dir);
  kill (upstream, SIGKILL);
  return 0;
}
