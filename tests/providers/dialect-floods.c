/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "dialect-private.h"

/* Servers that send without end, or as much as they may. */
#define MIB ((gsize) 1 << 20)

typedef struct
{
  const char *type;
  const char *pattern;
  gboolean    gzip;
  gboolean    sized; /* announced as a body of 1 GB */
} Flood;

static BksReply *
new_flood (const Flood *flood)
{
  BksReply *reply = bks_reply_new (flood->sized ? 0 : 200, flood->type);
  g_autofree char *block = fixture_repeat (flood->pattern, 32 * 1024);

  if (flood->gzip)
    {
      g_autoptr(GBytes) bomb = fixture_compress (flood->pattern, 64 * MIB);

      bks_reply_add_header (reply, "Content-Encoding", "gzip");
      bks_reply_add_bytes (reply, bomb);
      return reply;
    }
  if (flood->sized)
    {
      g_autofree char *head = g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: 1073741824\r\n\r\n",
                                               flood->type);

      bks_reply_add_text (reply, head);
    }
  bks_reply_add_flood (reply, block);
  return reply;
}

/* What no limit of the server stops must be stopped by ours, in bounded memory. */
void
dialect_test_floods (gconstpointer data)
{
  const Dialect *dialect = data;
  const Flood floods[] = {
    { dialect->type, "data: {\"an endless line\": ", FALSE, FALSE },
    { dialect->type, "data: x\n", FALSE, FALSE },
    { dialect->type, dialect->frame, FALSE, FALSE },
    { dialect->type, dialect->frame, FALSE, TRUE },
    { dialect->type, "\n", FALSE, FALSE },
    { "application/json", dialect->document, FALSE, TRUE },
    { "application/json", "{\"a\":[[[\"", FALSE, FALSE },
    { "application/json", " ", FALSE, FALSE },
    { "application/json", "{\"a\":\"", TRUE, FALSE },
    { dialect->type, dialect->keep_alive, TRUE, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (floods); i++)
    {
      g_autoptr(Fixture) f = dialect_new_fixture (dialect);
      g_autoptr(GError) error = NULL;
      gsize kib = fixture_ask_measured (f, new_flood (&floods[i]), &error);

      g_test_message ("flood %zu: %s; %zu KiB more", i, error != NULL ? error->message : "", kib);
      assert_class (error, BKS_ERROR_MALFORMED);
      fixture_assert_bounded (kib);
    }
}

/* A head without end, in one line and in many. */
void
dialect_test_head_floods (gconstpointer data)
{
  static const char *const heads[][2] = {
    { "", "HTTP/1.1 200 OK, and still going on " },
    { "HTTP/1.1 200 OK\r\n", "X-Name: value\r\n" },
    { "HTTP/1.1 200 OK\r\nX-Name: ", "and still going on " },
  };
  const Dialect *dialect = data;

  for (gsize i = 0; i < G_N_ELEMENTS (heads); i++)
    {
      g_autoptr(Fixture) f = dialect_new_fixture (dialect);
      g_autofree char *block = fixture_repeat (heads[i][1], 32 * 1024);
      g_autoptr(GError) error = NULL;
      BksReply *reply = bks_reply_new (0, NULL);
      gsize kib;

      bks_reply_add_text (reply, heads[i][0]);
      bks_reply_add_flood (reply, block);
      kib = fixture_ask_measured (f, reply, &error);
      g_test_message ("head %zu: %s; %zu KiB more", i, error != NULL ? error->message : "", kib);
      /* libsoup breaks off after 100 KiB and does not say why. */
      assert_class (error, BKS_ERROR_TRANSPORT);
      fixture_assert_bounded (kib);
    }
}

/* A refusal may be as large as it likes: of it no more is read than tells. */
void
dialect_test_refusal_floods (gconstpointer data)
{
  static const char *const patterns[] = { "{\"error\":\"", "<html>", "[", "{\"error\":{\"message\":\"no\"}}" };
  const Dialect *dialect = data;

  for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      g_autoptr(Fixture) f = dialect_new_fixture (dialect);
      g_autofree char *block = fixture_repeat (patterns[i], 32 * 1024);
      g_autoptr(GError) error = NULL;
      BksReply *reply = bks_reply_new (500, "application/json");
      gsize kib;

      bks_reply_add_flood (reply, block);
      kib = fixture_ask_measured (f, reply, &error);
      assert_class (error, BKS_ERROR_SERVER);
      g_assert_cmpuint (strlen (error->message), <, 4096);
      fixture_assert_bounded (kib);
    }
}

/* Within every limit of size, and yet made to fill the memory when it is parsed. */
void
dialect_test_swelling (gconstpointer data)
{
  static const struct { const char *head, *middle, *tail; gsize bytes; } bodies[] = {
    { "{\"a\":[0", ",0", "]}", 3900000 },
    { "{\"a\":[{\"a\":0}", ",{\"a\":0}", "]}", 3900000 },
    { "{\"a\":[", "[", "]}", 3900000 },
    { "{\"a\":", "[", "}", 100000 },
    { "{\"a\":", "{\"a\":", "}", 300000 },
    { "{\"a\":{\"bcd\":0}", ",\"bcd\":0", "}", 1300000 },
  };
  const Dialect *dialect = data;

  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autoptr(Fixture) f = dialect_new_fixture (dialect);
      g_autofree char *middle = fixture_repeat (bodies[i].middle, bodies[i].bytes);
      g_autoptr(GError) error = NULL;
      BksReply *reply = bks_reply_new (200, "application/json");
      gsize kib;

      bks_reply_add_text (reply, bodies[i].head);
      bks_reply_add_text (reply, middle);
      bks_reply_add_text (reply, bodies[i].tail);
      kib = fixture_ask_measured (f, reply, &error);
      g_test_message ("body %zu: %s; %zu KiB more", i, error != NULL ? error->message : "", kib);
      g_assert_true (error->code == BKS_ERROR_MALFORMED || error->code == BKS_ERROR_TRUNCATED);
      fixture_assert_bounded (kib);
    }
}

static BksReply *
new_document (const Dialect *dialect,
              const char    *text)
{
  BksReply *reply = bks_reply_new (200, "application/json");

  bks_reply_add_text (reply, dialect->document);
  bks_reply_add_text (reply, text);
  bks_reply_add_text (reply, dialect->document_end);
  return reply;
}

/* As long as an answer may be, it arrives; longer, it is none. */
static void
assert_long_answer (const Dialect *dialect)
{
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);
  g_autofree char *most = fixture_repeat ("word ", (gsize) f->limits->answer_text_bytes - 5);
  g_autofree char *more = fixture_repeat ("word ", (gsize) f->limits->answer_text_bytes + 1);
  g_autofree char *far_more = fixture_repeat ("word ", 20 * MIB);
  g_autoptr(GError) error = NULL;
  gsize kib = fixture_ask_measured (f, new_document (dialect, most), &error);

  g_test_message ("a long answer: %zu KiB more", kib);
  g_assert_no_error (error);
  g_assert_cmpuint (strlen (bks_answer_get_text (f->answer)), ==, strlen (most));
  fixture_assert_bounded (kib);

  kib = fixture_ask_measured (f, new_document (dialect, more), &error);
  assert_class (error, BKS_ERROR_MALFORMED);
  g_assert_cmpstr (bks_answer_get_text (f->answer), ==, "");
  fixture_assert_bounded (kib);

  g_clear_error (&error);
  kib = fixture_ask_measured (f, new_document (dialect, far_more), &error);
  assert_class (error, BKS_ERROR_MALFORMED);
  fixture_assert_bounded (kib);
}

/* Long frames, with text in them, for as long as an answer may be: as long as
 * a line may be, and just so that one of them is not yet too much. */
static void
assert_long_frames (const Dialect *dialect,
                    gsize          bytes)
{
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);
  const char *at = strstr (dialect->frame, dialect->frame_text);
  g_autofree char *middle = fixture_repeat (dialect->frame_text, bytes);
  g_autoptr(GString) frame = g_string_new_len (dialect->frame, at - dialect->frame);
  g_autoptr(GError) error = NULL;
  BksReply *reply = bks_reply_new (200, dialect->type);
  gsize kib;

  g_string_append (frame, middle);
  g_string_append (frame, at + strlen (dialect->frame_text));
  bks_reply_add_flood (reply, frame->str);
  kib = fixture_ask_measured (f, reply, &error);
  g_test_message ("long frames: %s; %zu bytes of text, %zu KiB more", error != NULL ? error->message : "",
                  strlen (bks_answer_get_text (f->answer)), kib);
  assert_class (error, BKS_ERROR_MALFORMED);
  g_assert_cmpuint (strlen (bks_answer_get_text (f->answer)), <=, (gsize) f->limits->answer_text_bytes);
  fixture_assert_bounded (kib);
}

/* An event of several lines, each as long as one may be, that nobody needs. */
static void
assert_long_event (const Dialect *dialect)
{
  g_autoptr(Fixture) f = dialect_new_fixture (dialect);
  g_autofree char *middle = fixture_repeat ("word ", 4000000);
  g_autoptr(GError) error = NULL;
  BksReply *reply = bks_reply_new (200, dialect->type);
  gsize kib;

  bks_reply_add_text (reply, "data: {\"x\":[");
  for (guint i = 0; i < 4; i++)
    {
      bks_reply_add_text (reply, "\ndata: \"\\u0000");
      bks_reply_add_text (reply, middle);
      bks_reply_add_text (reply, i < 3 ? "\"," : "\"]}\n\n");
    }
  kib = fixture_ask_measured (f, reply, &error);
  g_test_message ("a long event: %s; %zu KiB more", error != NULL ? error->message : "", kib);
  g_assert_nonnull (error);
  fixture_assert_bounded (kib);
}

/* What is within every limit, as large as it may be. */
void
dialect_test_large (gconstpointer data)
{
  assert_long_answer (data);
  assert_long_frames (data, 4150000);
  assert_long_frames (data, 2090000);
  assert_long_event (data);
}
