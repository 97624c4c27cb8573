/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gio/gio.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bks-limits.h"
#include "bks-sse-reader.h"

/*
 * The framing of a provider's stream by the reader that ships, in pieces of
 * every size that a socket gives, beside the least that could be done with the
 * same bytes: finding their line ends with memchr.
 */
#define STREAM_BYTES (100u * 1000 * 1000)
/* Under callgrind a byte takes fifty times as long, and as many instructions. */
#define COUNTED_BYTES (1000u * 1000)
#define WANTED_PIECE 4096
#define WANTED_MB_PER_SECOND 300
#define TRIES 3

static const gsize pieces[] = { 1, 16, 256, 1024, WANTED_PIECE, 16384, 65536 };

typedef guint (*Run) (GBytes *stream,
                      gsize   size,
                      gsize   piece);

/* A stream as OpenRouter sends it: a short frame a token, and keep-alives between. */
static GBytes *
make_stream (gsize size)
{
  static const char *const words[] = { "Night", " fell", " over", " the", " long", " unlit", " harbour,", " and", " Zo\xc3\xab", " slept." };
  GString *stream = g_string_sized_new (size + 1024);

  for (guint i = 0; stream->len < size; i++)
    {
      if (i % 200 == 0)
        g_string_append (stream, ": OPENROUTER PROCESSING\n\n");
      g_string_append (stream, "data: {\"id\":\"gen-1795378952-u1Xq\",\"object\":\"chat.completion.chunk\",\"created\":1795378952,"
                               "\"model\":\"openai/gpt-5.2\",\"provider\":\"OpenAI\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\","
                               "\"content\":\"");
      g_string_append (stream, words[i % G_N_ELEMENTS (words)]);
      g_string_append (stream, "\"},\"finish_reason\":null,\"native_finish_reason\":null,\"logprobs\":null}]}\n\n");
    }
  g_string_truncate (stream, size);
  return g_string_free_to_bytes (stream);
}

/* What a call of a provider does with a stream before it parses the JSON in it. */
static guint
run_reader (GBytes *stream,
            gsize   size,
            gsize   piece)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(BksSseReader) reader = bks_sse_reader_new (BKS_FRAMING_SSE, limits->line_bytes, limits->event_bytes);
  const char *data = g_bytes_get_data (stream, NULL);
  BksSseEvent event;
  guint events = 0;

  for (gsize at = 0; at < size; at += piece)
    {
      g_autoptr(GBytes) bytes = g_bytes_new_static (data + at, MIN (piece, size - at));

      bks_sse_reader_push (reader, bytes);
      while (bks_sse_reader_next (reader, &event, NULL))
        events++;
    }
  return events;
}

static guint
run_memchr (GBytes *stream,
            gsize   size,
            gsize   piece)
{
  const char *data = g_bytes_get_data (stream, NULL);
  guint lines = 0;

  for (gsize at = 0; at < size; at += piece)
    {
      const char *end = data + MIN (at + piece, size);

      for (const char *p = data + at; p < end && (p = memchr (p, '\n', (gsize) (end - p))) != NULL; p++)
        lines++;
    }
  return lines;
}

static const struct
{
  const char *name;
  Run         run;
} subjects[] = {
  { "reader", run_reader },
  { "memchr", run_memchr },
};

/* The best of some tries, in MB a second: others use the machine too. */
static double
measure_speed (Run     run,
               GBytes *stream,
               gsize   piece)
{
  gsize size = g_bytes_get_size (stream);
  double best = 0;

  for (guint i = 0; i < (piece < 16 ? 1 : TRIES); i++)
    {
      gint64 began = g_get_monotonic_time ();
      guint found = run (stream, size, piece);
      gint64 took = MAX (g_get_monotonic_time () - began, 1);

      g_assert_cmpuint (found, >, 0);
      best = MAX (best, (double) size / (double) took);
    }
  return best;
}

/* A counter of the instructions of this process, -1 where the machine or its policy has none. */
static int
open_counter (void)
{
  struct perf_event_attr attributes = {
    .type = PERF_TYPE_HARDWARE,
    .size = sizeof attributes,
    .config = PERF_COUNT_HW_INSTRUCTIONS,
    .disabled = 1,
    .exclude_kernel = 1,
    .exclude_hv = 1,
  };

  return (int) syscall (SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}

static double
count_by_hardware (int     counter,
                   Run     run,
                   GBytes *stream,
                   gsize   piece)
{
  guint64 instructions = 0;

  ioctl (counter, PERF_EVENT_IOC_RESET, 0);
  ioctl (counter, PERF_EVENT_IOC_ENABLE, 0);
  run (stream, COUNTED_BYTES, piece);
  ioctl (counter, PERF_EVENT_IOC_DISABLE, 0);
  if (read (counter, &instructions, sizeof instructions) != sizeof instructions)
    return -1;
  return (double) instructions / COUNTED_BYTES;
}

/* All instructions of this program on @size bytes, under callgrind; -1: they could not be counted. */
static gint64
count_program (const char *program,
               const char *subject,
               gsize       piece,
               gsize       size)
{
  g_autofree char *piece_text = g_strdup_printf ("%zu", piece);
  g_autofree char *size_text = g_strdup_printf ("%zu", size);
  g_autofree char *output = NULL;
  const char *const line[] = { "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program,
                               "--once", subject, piece_text, size_text, NULL };
  const char *mark = "Collected : ";
  const char *found;

  if (!g_spawn_sync (NULL, (char **) line, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                     NULL, &output, NULL, NULL))
    return -1;
  found = strstr (output, mark);
  return found != NULL ? g_ascii_strtoll (found + strlen (mark), NULL, 10) : -1;
}

/* Of two runs, so that what the program does besides does not count. */
static double
count_by_callgrind (const char *program,
                    const char *subject,
                    gsize       piece)
{
  gint64 nothing = count_program (program, subject, piece, 0);
  gint64 all = nothing >= 0 ? count_program (program, subject, piece, COUNTED_BYTES) : -1;

  return all >= 0 ? (double) (all - nothing) / COUNTED_BYTES : -1;
}

static int
run_once (char **arguments)
{
  g_autoptr(GBytes) stream = make_stream (COUNTED_BYTES);
  gsize piece = (gsize) g_ascii_strtoull (arguments[1], NULL, 10);
  gsize size = (gsize) g_ascii_strtoull (arguments[2], NULL, 10);

  for (gsize s = 0; s < G_N_ELEMENTS (subjects); s++)
    if (g_str_equal (arguments[0], subjects[s].name))
      subjects[s].run (stream, size, piece);
  return 0;
}

static void
print_count (double count)
{
  if (count >= 0)
    g_print (" %10.2f", count);
  else
    g_print (" %10s", "–");
}

/* Returns the speed of the reader. */
static double
print_row (GBytes     *stream,
           gsize       piece,
           int         counter,
           const char *program)
{
  double speeds[G_N_ELEMENTS (subjects)];

  g_print ("%8zu", piece);
  for (gsize s = 0; s < G_N_ELEMENTS (subjects); s++)
    {
      speeds[s] = measure_speed (subjects[s].run, stream, piece);
      g_print (" %10.0f", speeds[s]);
    }
  for (gsize s = 0; s < G_N_ELEMENTS (subjects); s++)
    print_count (counter >= 0 ? count_by_hardware (counter, subjects[s].run, stream, piece)
                              : count_by_callgrind (program, subjects[s].name, piece));
  g_print ("\n");
  return speeds[0];
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr(GBytes) stream = NULL;
  g_autofree char *valgrind = g_find_program_in_path ("valgrind");
  int counter = open_counter ();
  double speed = 0;

  if (argc == 5 && g_str_equal (argv[1], "--once"))
    return run_once (argv + 2);
#ifndef __OPTIMIZE__
  g_print ("Not measured: this build is not optimised, the one that ships is.\n");
  return 77;
#endif

  stream = make_stream (STREAM_BYTES);
  g_print ("%u MB of SSE in pieces; build: %s\n", STREAM_BYTES / 1000000, BENCH_BUILD);
  g_print ("Instructions: %s\n", counter >= 0       ? "counted by the processor"
                                 : valgrind != NULL ? "counted by callgrind, which has no vectors wider than AVX2"
                                                    : "not counted: neither the processor's counter nor valgrind can be had here");
  g_print ("%8s %21s %21s\n", "piece", "MB/s", "instructions a byte");
  g_print ("%8s %10s %10s %10s %10s\n", "bytes", "reader", "memchr", "reader", "memchr");
  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      double found = print_row (stream, pieces[i], counter, argv[0]);

      if (pieces[i] == WANTED_PIECE)
        speed = found;
    }
  g_print ("In pieces of %d bytes: %.0f MB/s; at least %d are wanted: %s\n", WANTED_PIECE, speed,
           WANTED_MB_PER_SECOND, speed >= WANTED_MB_PER_SECOND ? "met" : "MISSED");
  return 0;
}
