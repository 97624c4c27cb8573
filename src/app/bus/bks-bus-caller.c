/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-bus-caller.h"

/* Flatpak makes this file: a program in its sandbox cannot lie in it. */
#define FLATPAK_INFO "/proc/%u/root/.flatpak-info"
/* The file that runs, not the name that a process gave itself. */
#define PROGRAM "/proc/%u/exe"

static gboolean
read_name (GValue        *result,
           GCancellable  *cancellable,
           gpointer       data,
           GError       **error)
{
  g_autofree char *sandbox = g_strdup_printf (FLATPAK_INFO, GPOINTER_TO_UINT (data));
  g_autofree char *program = g_strdup_printf (PROGRAM, GPOINTER_TO_UINT (data));
  g_autoptr(GKeyFile) info = g_key_file_new ();
  g_autofree char *name = NULL;
  g_autofree char *shown = NULL;

  if (g_key_file_load_from_file (info, sandbox, G_KEY_FILE_NONE, NULL))
    name = g_key_file_get_string (info, "Application", "name", NULL);
  if (name == NULL)
    name = g_file_read_link (program, NULL);
  if (name != NULL)
    shown = g_filename_display_name (name);
  g_value_init (result, G_TYPE_STRING);
  g_value_set_string (result, shown);
  return TRUE;
}

typedef struct
{
  GDBusConnection *connection;
  char            *sender;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_object_unref (question->connection);
  g_free (question->sender);
  g_free (question);
}

static void
process_id_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  g_autoptr(DexPromise) promise = data;
  GError *error = NULL;
  g_autoptr(GVariant) answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  guint pid;

  if (answer == NULL)
    {
      dex_promise_reject (promise, error);
      return;
    }
  g_variant_get (answer, "(u)", &pid);
  dex_promise_resolve_uint (promise, pid);
}

static DexFuture *
ask_process_id (Question *question)
{
  DexPromise *promise = dex_promise_new_cancellable ();

  g_dbus_connection_call (question->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "GetConnectionUnixProcessID",
                          g_variant_new ("(s)", question->sender), G_VARIANT_TYPE ("(u)"),
                          G_DBUS_CALL_FLAGS_NONE, -1, dex_promise_get_cancellable (promise), process_id_cb,
                          dex_ref (promise));
  return DEX_FUTURE (promise);
}

static DexFuture *
describe_fiber (gpointer data)
{
  Question *question = data;
  guint pid = dex_await_uint (ask_process_id (question), NULL);
  g_autofree char *name = NULL;

  if (pid != 0)
    name = dex_await_string (bks_run_in_thread (NULL, read_name, GUINT_TO_POINTER (pid), NULL), NULL);
  /* From within our own sandbox other processes cannot be seen. */
  if (name == NULL || *name == '\0')
    return dex_future_new_take_string (g_strdup (_("a program that cannot be named")));
  return dex_future_new_take_string (g_steal_pointer (&name));
}

/**
 * bks_bus_caller_describe:
 * @connection: the bus
 * @sender: a caller's unique name
 *
 * Finds out which program calls: the application id of a Flatpak, else the file
 * that its process runs.
 *
 * Returns: (transfer full): resolves to its name, for people
 */
DexFuture *
bks_bus_caller_describe (GDBusConnection *connection,
                         const char      *sender)
{
  Question *question;

  g_return_val_if_fail (G_IS_DBUS_CONNECTION (connection) && sender != NULL, NULL);

  question = g_new0 (Question, 1);
  question->connection = g_object_ref (connection);
  question->sender = g_strdup (sender);
  return bks_spawn (NULL, describe_fiber, question, question_free);
}
