/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "bks-completion.h"
#include "bks-error.h"
#include "bks-sse-reader.h"
#include "bks-surrogates.h"
#include "bks-think-filter.h"

/* The events of @stream in pieces of @piece, as "name=data;" each. */
static char *
read_stream (BksFraming  framing,
             const char *stream,
             gsize       piece,
             GError    **error)
{
  g_autoptr(BksSseReader) reader = bks_sse_reader_new (framing, 64, 128);
  g_autoptr(GError) local = NULL;
  GString *events = g_string_new (NULL);
  BksSseEvent event;
  gsize size = strlen (stream);

  for (gsize i = 0; i < size && local == NULL; i += piece)
    {
      g_autoptr(GBytes) bytes = g_bytes_new (stream + i, MIN (piece, size - i));

      bks_sse_reader_push (reader, bytes);
      while (bks_sse_reader_next (reader, &event, &local))
        g_string_append_printf (events, "%s=%s;", event.name != NULL ? event.name : "", event.data);
    }
  if (local == NULL)
    {
      bks_sse_reader_end (reader);
      if (bks_sse_reader_next (reader, &event, &local))
        g_string_append_printf (events, "%s%s", event.whole ? "?" : "unfinished=", event.data);
      g_assert_false (bks_sse_reader_next (reader, &event, NULL));
    }
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return g_string_free (events, FALSE);
}

static void
test_framing (void)
{
  static const struct { BksFraming framing; const char *stream, *events; } cases[] = {
    { BKS_FRAMING_SSE, "data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n", "=a;=b;=c;=d;" },
    { BKS_FRAMING_SSE, "data: a\r\n\ndata: b\n\r\n\rdata: c\r\n\r", "=a;=b;=c;" },
    { BKS_FRAMING_SSE, "data: a\r\n\n\ndata: b\n\n", "=a;=b;" },
    { BKS_FRAMING_SSE, "data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\n\r\n", "=a\nb\nc;=d;" },
    { BKS_FRAMING_SSE, "\xef\xbb\xbf" "data: bom\n\n", "=bom;" },
    { BKS_FRAMING_SSE, "data: x\n\xef\xbb\xbf" "data: y\n\n", "=x;" },
    { BKS_FRAMING_SSE, "data:no space\n\ndata:  two\n\n", "=no space;= two;" },
    { BKS_FRAMING_SSE, "data: a\n: comment\ndata: b\ndata\ndata:\n\n", "=a\nb\n\n;" },
    { BKS_FRAMING_SSE, "event: ping\nid: 1\nretry: 5\nfoo: bar\n:\ndata: x\n\ndata: y\n\n", "ping=x;=y;" },
    { BKS_FRAMING_SSE, "event: lost\n\ndata: x\n\n", "=x;" },
    { BKS_FRAMING_SSE, "dat: x\ndatas: y\n data: z\n\n", "" },
    { BKS_FRAMING_SSE, "data: Zo\xc3\xab \xf0\x9f\x8c\x8d\n\n", "=Zoë 🌍;" },
    { BKS_FRAMING_SSE, "data: \xff\n\n", "=\xef\xbf\xbd;" },
    { BKS_FRAMING_SSE, "data: [DONE]", "unfinished=[DONE]" },
    { BKS_FRAMING_SSE, "data: [DONE]\n", "unfinished=[DONE]" },
    { BKS_FRAMING_SSE, "", "" },
    { BKS_FRAMING_SSE, "\n\r\n\r", "" },
    { BKS_FRAMING_NDJSON, "{1}\n{2}\r\n\r\n\n{3}", "={1};={2};unfinished={3}" },
    { BKS_FRAMING_NDJSON, "\xef\xbb\xbf{1}\rdata: x\n", "={1};=data: x;" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize piece = 1; piece <= strlen (cases[i].stream) + 1; piece++)
      {
        g_autoptr(GError) error = NULL;
        g_autofree char *events = read_stream (cases[i].framing, cases[i].stream, piece, &error);

        g_assert_no_error (error);
        g_test_message ("case %zu, pieces of %zu", i, piece);
        g_assert_cmpstr (events, ==, cases[i].events);
      }
}

static void
test_caps (void)
{
  g_autofree char *line = g_strnfill (65, 'x');
  g_autofree char *fits = g_strdup_printf ("%.64s\n", line);
  g_autoptr(GString) event = g_string_new (NULL);

  for (guint i = 0; i < 10; i++)
    g_string_append (event, "data: 0123456789\n");
  for (gsize piece = 1; piece < 80; piece++)
    {
      g_autoptr(GError) error = NULL;

      g_free (read_stream (BKS_FRAMING_SSE, line, piece, &error));
      g_assert_error (error, BKS_ERROR, BKS_ERROR_MALFORMED);
      g_clear_error (&error);
      g_free (read_stream (BKS_FRAMING_SSE, fits, piece, &error));
      g_assert_no_error (error);
      g_free (read_stream (BKS_FRAMING_SSE, event->str, piece, &error));
      g_assert_no_error (error);
    }
  for (guint i = 0; i < 10; i++)
    g_string_append (event, "data: 0123456789\n");
  {
    g_autoptr(GError) error = NULL;

    g_free (read_stream (BKS_FRAMING_SSE, event->str, 7, &error));
    g_assert_error (error, BKS_ERROR, BKS_ERROR_MALFORMED);
  }
}

static void
test_marking (void)
{
  static const char *const untouched[] = {
    "", "plain", "\\ud83c\\udf0d", "\\\\ud83c", "\\u0041 \\n", "\\", "\\u", "\\ud8", "\\\\\\\\ud83c", "🌍",
  };
  gunichar pending = 0;
  g_autofree char *marked = bks_surrogates_mark ("a\\ud83c", strlen ("a\\ud83c"));
  g_autofree char *first = bks_surrogates_join (&pending, marked);
  g_autofree char *second_marked = bks_surrogates_mark ("\\udf0d\\udf0d\\u0000\\ud800x", 25);
  g_autofree char *second = bks_surrogates_join (&pending, second_marked);

  for (gsize i = 0; i < G_N_ELEMENTS (untouched); i++)
    g_assert_null (bks_surrogates_mark (untouched[i], strlen (untouched[i])));
  g_assert_cmpstr (first, ==, "a");
  g_assert_cmpstr (second, ==, "🌍\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx");
  g_assert_cmpuint (pending, ==, 0);
}

static void
test_thinking (void)
{
  static const struct { const char *written, *text, *reasoning; } cases[] = {
    { "Plain.", "Plain.", "" },
    { "<think>hm</think>Tea.", "Tea.", "hm" },
    { " \n<think>\nhm\n</think>\n\n  Tea.\n", "Tea.\n", "\nhm\n" },
    { "<think></think>", "", "" },
    { "<think>never closed", "", "never closed" },
    { "<think>half </thin", "", "half </thin" },
    { "<thinking>no</thinking>", "<thinking>no</thinking>", "" },
    { "<thi", "<thi", "" },
    { "She: <think>x</think>", "She: <think>x</think>", "" },
    { "<think>a</think>b<think>c</think>", "b<think>c</think>", "a" },
    { "<think>a < b </ </think>x", "x", "a < b </ " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize piece = 1; piece <= strlen (cases[i].written); piece++)
      {
        g_autoptr(BksThinkFilter) filter = bks_think_filter_new ();
        g_autoptr(GString) text = g_string_new (NULL);
        g_autoptr(GString) reasoning = g_string_new (NULL);

        for (gsize at = 0; at < strlen (cases[i].written); at += piece)
          {
            g_autofree char *part = g_strndup (cases[i].written + at, piece);

            bks_think_filter_push (filter, part, text, reasoning);
          }
        bks_think_filter_end (filter, text, reasoning);
        g_assert_cmpstr (text->str, ==, cases[i].text);
        g_assert_cmpstr (reasoning->str, ==, cases[i].reasoning);
      }
}

static void
test_request (void)
{
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("m");
  g_autoptr(BksCompletionRequest) copy = NULL;

  g_assert_cmpint (request->max_tokens, ==, -1);
  g_assert_true (isnan (request->temperature));
  g_assert_true (request->stream);
  bks_completion_request_add_message (request, "user", "a");
  copy = bks_completion_request_copy (request);
  bks_completion_request_add_message (copy, "user", "b");
  g_assert_cmpuint (request->messages->len, ==, 1);
  g_assert_cmpuint (copy->messages->len, ==, 2);
  g_assert_cmpstr (((BksMessage *) g_ptr_array_index (copy->messages, 0))->content, ==, "a");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/reading/framing", test_framing);
  g_test_add_func ("/reading/caps", test_caps);
  g_test_add_func ("/reading/surrogates", test_marking);
  g_test_add_func ("/reading/thinking", test_thinking);
  g_test_add_func ("/reading/request", test_request);
  return g_test_run ();
}
