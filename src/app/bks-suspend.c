/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <gio/gio.h>

#include "bks-async.h"
#include "bks-suspend-private.h"

/*
 * What is typed is saved before the machine sleeps: a battery may not last
 * until it wakes. logind says so to everybody (org.freedesktop.login1(5)).
 * Where there is no system bus, as in a sandbox, the autosave is all there is.
 */

#define LOGIN_NAME "org.freedesktop.login1"
#define LOGIN_PATH "/org/freedesktop/login1"
#define LOGIN_INTERFACE "org.freedesktop.login1.Manager"

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static void
sleep_cb (GDBusConnection *connection,
          const char      *sender,
          const char      *path,
          const char      *interface,
          const char      *name,
          GVariant        *parameters,
          gpointer         data)
{
  g_autoptr(BksStudio) studio = g_weak_ref_get (data);
  gboolean begins = FALSE;

  if (g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    g_variant_get (parameters, "(b)", &begins);
  if (studio != NULL && begins)
    dex_future_disown (bks_studio_save (studio));
}

static void
connected_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  g_autoptr(GDBusConnection) connection = g_bus_get_finish (result, NULL);

  /* Kept for as long as the program runs. */
  if (connection != NULL)
    g_dbus_connection_signal_subscribe (g_object_ref (connection), LOGIN_NAME, LOGIN_INTERFACE, "PrepareForSleep", LOGIN_PATH,
                                        NULL, G_DBUS_SIGNAL_FLAGS_NONE, sleep_cb, data, weak_ref_free);
  else
    weak_ref_free (data);
}

/**
 * bks_suspend_watch:
 * @studio: whose books to save when the machine goes to sleep; not kept
 */
void
bks_suspend_watch (BksStudio *studio)
{
  GWeakRef *watched = g_new0 (GWeakRef, 1);

  g_weak_ref_init (watched, studio);
  g_bus_get (G_BUS_TYPE_SYSTEM, NULL, connected_cb, watched);
}
