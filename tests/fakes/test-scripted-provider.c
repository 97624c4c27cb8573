/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "bks-json.h"

/* The program that other tests and the demonstration start. */
typedef struct
{
  GSubprocess *process;
  char        *url;
} Program;

static char *
read_url (GInputStream *output)
{
  g_autoptr(GDataInputStream) lines = g_data_input_stream_new (output);
  g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);
  g_autoptr(JsonObject) object = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_nonnull (line);
  object = bks_json_parse_object (line, -1, &error);
  g_assert_no_error (error);
  return g_strdup (bks_json_get_string (object, "listening"));
}

static Program
start (const char *input,
       const char *option,
       const char *value)
{
  const char *const argv[] = { g_getenv ("BOOK_STUDIO_TEST_PROVIDER"), option, value, NULL };
  g_autoptr(GError) error = NULL;
  Program program;

  program.process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_assert_no_error (error);
  g_output_stream_write_all (g_subprocess_get_stdin_pipe (program.process), input, strlen (input), NULL, NULL, NULL);
  g_output_stream_close (g_subprocess_get_stdin_pipe (program.process), NULL, NULL);
  program.url = read_url (g_subprocess_get_stdout_pipe (program.process));
  g_assert_true (g_str_has_prefix (program.url, "http://127.0.0.1:"));
  return program;
}

static void
stop (Program *program)
{
  g_subprocess_send_signal (program->process, SIGTERM);
  g_assert_true (g_subprocess_wait (program->process, NULL, NULL));
  g_assert_true (g_subprocess_get_successful (program->process));
  g_object_unref (program->process);
  g_free (program->url);
}

static GSocketConnection *
connect_to (const char *url)
{
  g_autoptr(GSocketClient) client = g_socket_client_new ();

  return g_socket_client_connect_to_host (client, url + strlen ("http://"), 80, NULL, NULL);
}

/* The whole response, as it comes. */
static char *
ask (const char *url,
     const char *method,
     const char *path,
     const char *key,
     const char *body)
{
  g_autoptr(GSocketConnection) connection = connect_to (url);
  g_autofree char *request = NULL;
  GString *response = g_string_new (NULL);
  char buffer[4096];
  gssize n;

  g_assert_nonnull (connection);
  request = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n%s",
                             method, path, key, strlen (body), body);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)),
                                            request, strlen (request), NULL, NULL, NULL));
  g_socket_set_timeout (g_socket_connection_get_socket (connection), 1);
  while ((n = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)), buffer, sizeof buffer,
                                   NULL, NULL)) > 0)
    {
      g_string_append_len (response, buffer, n);
      /* The end of both framings it uses here. */
      if (g_str_has_suffix (response->str, "\r\n0\r\n\r\n") || g_str_has_suffix (response->str, "}"))
        break;
    }
  return g_string_free (response, FALSE);
}

static void
test_prose (void)
{
  Program program = start ("", "--delay-ms", "0");
  g_autofree char *first = ask (program.url, "POST", "/v1/chat/completions", "x", "{\"model\":\"demo-writer\",\"stream\":true}");
  g_autofree char *second = ask (program.url, "POST", "/v1/chat/completions", "x", "{\"model\":\"demo-writer\",\"stream\":true}");
  g_autofree char *ollama = ask (program.url, "POST", "/api/chat", "x", "{\"model\":\"demo-writer\"}");
  g_autofree char *models = ask (program.url, "GET", "/v1/models", "x", "");

  g_assert_nonnull (strstr (first, "\"content\":\" rain\""));
  g_assert_nonnull (strstr (first, "\"completion_tokens\":"));
  g_assert_nonnull (strstr (first, "data: [DONE]"));
  g_assert_null (strstr (second, "\"content\":\" rain\""));
  g_assert_nonnull (strstr (ollama, "\"done\":true"));
  g_assert_nonnull (strstr (models, "demo-writer"));
  stop (&program);
}

static void
test_key (void)
{
  Program program = start ("sk-the-right-one\n", "--key-stdin", NULL);
  g_autofree char *right = ask (program.url, "GET", "/v1/models", "sk-the-right-one", "");
  g_autofree char *wrong = ask (program.url, "GET", "/v1/models", "sk-another", "");
  g_autofree char *received = ask (program.url, "GET", "/control/requests", "", "");

  g_assert_true (g_str_has_prefix (right, "HTTP/1.1 200"));
  g_assert_true (g_str_has_prefix (wrong, "HTTP/1.1 401"));
  g_assert_nonnull (strstr (received, "\"authorization\":\"matched\""));
  g_assert_nonnull (strstr (received, "\"authorization\":\"did not match\""));
  g_assert_null (strstr (received, "sk-"));
  stop (&program);
}

static void
test_script (void)
{
  static const char script[] =
    "{\"replies\":[{\"path\":\"/v1/models\",\"status\":429,\"headers\":{\"retry-after\":\"7\"},\"json\":{\"error\":\"slow\"}},"
    "{\"steps\":[{\"text\":\"half\"},{\"delay_ms\":1},{\"cut\":true}]}]}";
  g_autofree char *file = NULL;
  int fd = g_file_open_tmp ("bks-script-XXXXXX", &file, NULL);
  Program program;
  g_autofree char *limited = NULL;
  g_autofree char *cut = NULL;
  g_autofree char *after = NULL;

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (file, script, -1, NULL));
  program = start ("", "--script", file);
  cut = ask (program.url, "GET", "/anything", "x", "");
  limited = ask (program.url, "GET", "/v1/models", "x", "");
  after = ask (program.url, "GET", "/v1/models", "x", "");
  g_assert_true (g_str_has_prefix (limited, "HTTP/1.1 429"));
  g_assert_nonnull (strstr (limited, "retry-after: 7"));
  g_assert_true (g_str_has_suffix (cut, "half\r\n"));
  g_assert_true (g_str_has_prefix (after, "HTTP/1.1 200"));
  stop (&program);
  g_remove (file);
}

/* Never left behind by a test that was killed. */
static void
test_orphan (void)
{
  const char *const argv[] = { "/bin/sh", "-c", "\"$BOOK_STUDIO_TEST_PROVIDER\" & wait", NULL };
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) shell = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_autofree char *url = NULL;
  gboolean gone = FALSE;

  g_assert_no_error (error);
  url = read_url (g_subprocess_get_stdout_pipe (shell));
  g_subprocess_force_exit (shell);
  g_subprocess_wait (shell, NULL, NULL);
  for (guint i = 0; i < 300 && !gone; i++)
    {
      g_autoptr(GSocketConnection) connection = connect_to (url);

      gone = connection == NULL;
      g_usleep (10000);
    }
  g_assert_true (gone);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/scripted-provider/prose", test_prose);
  g_test_add_func ("/scripted-provider/key", test_key);
  g_test_add_func ("/scripted-provider/script", test_script);
  g_test_add_func ("/scripted-provider/orphan", test_orphan);
  return g_test_run ();
}
