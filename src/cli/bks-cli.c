/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-cli"

#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "bks-cli-private.h"
#include "bks-error.h"
#include "bks-redact.h"

/* What every verb needs: to complain and to print, to read what is typed, to find what is named. */

#define MESSAGE_BYTES 4096
#define SECRET_BYTES (16 * 1024)

/* A sentence ends with one mark, whoever worded it. */
static void
append_sentence (GString    *line,
                 const char *sentence)
{
  gsize length = strlen (sentence);

  while (length > 0 && g_ascii_isspace (sentence[length - 1]))
    length--;
  if (length == 0)
    return;
  g_string_append_c (line, ' ');
  g_string_append_len (line, sentence, (gssize) length);
  if (strchr (".!?", sentence[length - 1]) == NULL)
    g_string_append_c (line, '.');
}

/**
 * bks_cli_complain:
 * @error: an error
 *
 * Writes one line on standard error: the cause and what to do. Without a key,
 * without control characters that would act on a terminal.
 */
void
bks_cli_complain (const GError *error)
{
  g_autoptr(GString) line = g_string_new (BKS_CLI_NAME ":");
  g_autofree char *cause = bks_redact (error->message, MESSAGE_BYTES);
  const char *advice = bks_studio_get_advice (error);

  append_sentence (line, cause);
  if (advice != NULL)
    append_sentence (line, _(advice));
  g_string_append_c (line, '\n');
  fputs (line->str, stderr);
}

/**
 * bks_cli_until_stop:
 * @cli: this run
 * @future: (transfer full): what to wait for
 *
 * Returns: (transfer full): @future, ended early when the run is to stop
 */
DexFuture *
bks_cli_until_stop (BksCli    *cli,
                    DexFuture *future)
{
  return dex_future_first (dex_ref (cli->stop), future, NULL);
}

/**
 * bks_cli_usage_error:
 * @error: return location
 * @format: what is wrong with the line
 * @...: for @format
 *
 * Returns: %FALSE, with an error that ends the program with status 2
 */
gboolean
bks_cli_usage_error (GError     **error,
                     const char  *format,
                     ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, message);
  return FALSE;
}

/**
 * bks_cli_check_text:
 * @text: an argument
 * @what: what it is, for a person
 * @error: return location
 *
 * Returns: whether @text is UTF-8, and so can be a text of ours
 */
gboolean
bks_cli_check_text (const char  *text,
                    const char  *what,
                    GError     **error)
{
  if (g_utf8_validate (text, -1, NULL))
    return TRUE;
  return bks_cli_usage_error (error, _("%s is not valid UTF-8"), what);
}

/**
 * bks_cli_print:
 * @cli: this run
 * @format: for standard output
 * @...: for @format
 */
void
bks_cli_print (BksCli     *cli,
               const char *format,
               ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  bks_cli_output_add (cli->output, text);
}

/**
 * bks_cli_print_text:
 * @cli: this run
 * @text: a text of a book or of a model, valid UTF-8
 *
 * Prints it as it is; on a terminal without the control characters that
 * would act there.
 */
void
bks_cli_print_text (BksCli     *cli,
                    const char *text)
{
  g_autoptr(GString) shown = NULL;

  if (!bks_cli_output_is_terminal (cli->output))
    {
      bks_cli_output_add (cli->output, text);
      return;
    }
  shown = g_string_new (NULL);
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (*p == '\n' || *p == '\t' || !g_unichar_iscntrl (g_utf8_get_char (p)))
      g_string_append_len (shown, p, g_utf8_next_char (p) - p);
  bks_cli_output_add (cli->output, shown->str);
}

/**
 * bks_cli_make_line:
 * @text: a title or a name
 *
 * Returns: (transfer full): @text fit for one column of a table: no line
 *   breaks, no control characters
 */
char *
bks_cli_make_line (const char *text)
{
  GString *line = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      if (g_unichar_iscntrl (g_utf8_get_char (p)))
        g_string_append_c (line, ' ');
      else
        g_string_append_len (line, p, g_utf8_next_char (p) - p);
    }
  return g_string_free (line, FALSE);
}

/**
 * bks_cli_format_time:
 * @at_ms: a time, in milliseconds of Unix time
 *
 * Returns: (transfer full): it for one column of a table, in local time
 */
char *
bks_cli_format_time (gint64 at_ms)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_local (at_ms / 1000);

  return g_date_time_format (time, "%Y-%m-%d %H:%M:%S");
}

/**
 * bks_cli_print_id:
 * @cli: this run
 * @id: the id of what a verb has made
 *
 * Prints it, as an object where JSON was asked for.
 */
void
bks_cli_print_id (BksCli     *cli,
                  const char *id)
{
  g_autoptr(JsonBuilder) builder = NULL;

  if (!cli->json)
    {
      bks_cli_print (cli, "%s\n", id);
      return;
    }
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "id", id);
  bks_cli_end_answer (cli, builder);
}

typedef struct
{
  gint64   most_bytes;
  gboolean one_line;
} Reading;

static gboolean
read_input_thread (GValue        *result,
                   GCancellable  *cancellable,
                   gpointer       data,
                   GError       **error)
{
  const Reading *reading = data;
  g_autoptr(GByteArray) bytes = g_byte_array_new ();
  guint8 part[16 * 1024];
  gssize length;

  do
    {
      length = read (STDIN_FILENO, part, sizeof part);
      if (length < 0 && errno != EINTR)
        {
          bks_error_set_from_errno (error, errno, "Standard input cannot be read");
          return FALSE;
        }
      if (length > 0)
        g_byte_array_append (bytes, part, (guint) length);
      if ((gint64) bytes->len > reading->most_bytes)
        {
          g_set_error (error, BKS_ERROR, BKS_ERROR_TOO_LARGE,
                       "Standard input has more than %" G_GINT64_FORMAT " bytes", reading->most_bytes);
          return FALSE;
        }
    }
  while (length != 0 && !(reading->one_line && bytes->len > 0 && bytes->data[bytes->len - 1] == '\n'));

  if (bytes->len == 0)
    {
      g_value_init (result, G_TYPE_STRING);
      g_value_set_string (result, "");
      return TRUE;
    }
  if (!g_utf8_validate_len ((const char *) bytes->data, bytes->len, NULL))
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT, "Standard input is not UTF-8 text");
      return FALSE;
    }
  g_value_init (result, G_TYPE_STRING);
  g_value_take_string (result, g_strndup ((const char *) bytes->data, bytes->len));
  explicit_bzero (part, sizeof part);
  explicit_bzero (bytes->data, bytes->len);
  return TRUE;
}

static char *
read_input (BksCli    *cli,
            gint64     most_bytes,
            gboolean   one_line,
            GError   **error)
{
  Reading *reading = g_new (Reading, 1);

  reading->most_bytes = most_bytes;
  reading->one_line = one_line;
  return dex_await_string (bks_run_in_thread (cli->stop, read_input_thread, reading, g_free), error);
}

/**
 * bks_cli_read_input:
 * @cli: this run
 * @most_bytes: the longest text to take
 * @error: return location
 *
 * In a fiber: reads standard input to its end.
 *
 * Returns: (transfer full): a text in UTF-8, %NULL with an error
 */
char *
bks_cli_read_input (BksCli  *cli,
                    gint64   most_bytes,
                    GError **error)
{
  return read_input (cli, most_bytes, FALSE, error);
}

/**
 * bks_cli_read_secret:
 * @cli: this run
 * @prompt: what to ask a person for
 * @error: return location
 *
 * In a fiber: reads a secret from standard input, one line of a terminal
 * that does not show it, or all of a pipe.
 *
 * Returns: (transfer full): the secret, for bks_cli_wipe(); %NULL with an error
 */
char *
bks_cli_read_secret (BksCli      *cli,
                     const char  *prompt,
                     GError     **error)
{
  struct termios shown, hidden;
  char *secret;

  if (!isatty (STDIN_FILENO) || tcgetattr (STDIN_FILENO, &shown) != 0)
    return read_input (cli, SECRET_BYTES, FALSE, error);

  hidden = shown;
  hidden.c_lflag &= ~(tcflag_t) ECHO;
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &hidden);
  fprintf (stderr, "%s ", prompt);
  secret = read_input (cli, SECRET_BYTES, TRUE, error);
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &shown);
  fputc ('\n', stderr);
  return secret;
}

/**
 * bks_cli_wipe:
 * @secret: (transfer full) (nullable): what bks_cli_read_secret() returned
 */
void
bks_cli_wipe (char *secret)
{
  if (secret != NULL)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

/**
 * bks_cli_find_book:
 * @cli: this run
 * @text: a book's id, or the start of one
 * @error: return location
 *
 * Returns: (transfer full): the book, %NULL with an error
 */
BksBook *
bks_cli_find_book (BksCli      *cli,
                   const char  *text,
                   GError     **error)
{
  if (!bks_cli_check_text (text, "BOOK", error))
    return NULL;
  return dex_await_object (bks_cli_until_stop (cli, bks_studio_find_book (cli->studio, text)), error);
}

/**
 * bks_cli_open_book:
 * @cli: this run
 * @text: a book's id, or the start of one
 * @writable: whether it is to be changed
 * @error: return location
 *
 * Where another process holds the book and takes writes, changes are handed
 * over to it.
 *
 * Returns: (transfer full): the book, open; %NULL with an error
 */
BksBookSession *
bks_cli_open_book (BksCli      *cli,
                   const char  *text,
                   gboolean     writable,
                   GError     **error)
{
  g_autoptr(BksBook) book = bks_cli_find_book (cli, text, error);

  if (book == NULL)
    return NULL;
  return dex_await_object (bks_cli_until_stop (cli,
                                               writable ? bks_studio_open_book_to_change (cli->studio, bks_book_get_id (book))
                                                        : bks_studio_open_book (cli->studio, bks_book_get_id (book), FALSE)),
                           error);
}

/**
 * bks_cli_open_node:
 * @cli: this run
 * @text: BOOK/ID, each an id or the start of one
 * @writable: whether its book is to be changed
 * @node: (out) (transfer none): the node
 * @error: return location
 *
 * Returns: (transfer full): the node's book, open; %NULL with an error
 */
BksBookSession *
bks_cli_open_node (BksCli      *cli,
                   const char  *text,
                   gboolean     writable,
                   BksNode    **node,
                   GError     **error)
{
  g_auto(GStrv) parts = g_strsplit (text, "/", 2);
  g_autoptr(BksBookSession) session = NULL;

  if (!bks_cli_check_text (text, "NODE", error))
    return NULL;
  if (g_strv_length (parts) != 2 || *parts[0] == '\0' || *parts[1] == '\0')
    {
      bks_cli_usage_error (error, _("NODE is written BOOK/ID"));
      return NULL;
    }
  session = bks_cli_open_book (cli, parts[0], writable, error);
  if (session == NULL)
    return NULL;
  *node = bks_book_session_find_node (session, parts[1], error);
  return *node != NULL ? g_steal_pointer (&session) : NULL;
}

/**
 * bks_cli_close_book:
 * @session: a book that was changed
 * @error: return location
 *
 * In a fiber: ends the changes. Only then are they done. Not stopped by Ctrl+C.
 *
 * Returns: whether all of it is on disk
 */
gboolean
bks_cli_close_book (BksBookSession  *session,
                    GError         **error)
{
  return dex_await (bks_book_session_close (session), error);
}

/**
 * bks_cli_read_target:
 * @cli: this run
 * @text: PROVIDER:MODEL, split at the first colon
 * @error: return location
 *
 * Returns: (transfer full): the target, its provider a known one; %NULL with an error
 */
BksTarget *
bks_cli_read_target (BksCli      *cli,
                     const char  *text,
                     GError     **error)
{
  const char *colon = strchr (text, ':');
  g_autofree char *provider = NULL;
  g_autoptr(BksProviderInfo) info = NULL;

  if (!bks_cli_check_text (text, "PROVIDER:MODEL", error))
    return NULL;
  if (colon == NULL || colon == text || colon[1] == '\0')
    {
      bks_cli_usage_error (error, _("“%s” is not written PROVIDER:MODEL"), text);
      return NULL;
    }
  provider = g_strndup (text, (gsize) (colon - text));
  info = dex_await_boxed (bks_router_get_provider (bks_studio_get_router (cli->studio), provider), error);
  return info != NULL ? bks_target_new (info->id, colon + 1) : NULL;
}
