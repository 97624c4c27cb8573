/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <gtksourceview/gtksource.h>
#include <libspelling.h>

#include "bks-ai-bus.h"
#include "bks-application.h"
#include "bks-async.h"
#include "bks-help-dialog.h"
#include "bks-page-style.h"
#include "bks-preferences-dialog.h"
#include "bks-router-money.h"
#include "bks-studio.h"
#include "bks-suspend-private.h"
#include "bks-ui.h"
#include "bks-window.h"
#include "bks-wording.h"

/* After this long the process ends although a disk does not answer. */
#define CLOSE_SECONDS 20

struct _BksApplication
{
  AdwApplication parent_instance;

  BksStudio    *studio;
  DexFuture    *opened;
  GMenu        *month_menu; /* one item: what the month cost */
  BksProviderList *providers; /* kept: what is known is shown at once */
  GSettings    *settings;
  BksPageStyle *page_style;
  BksPlaces    *places;
  BksAiBus     *ai_bus;
  char         *data_dir;
  char         *label;
  guint         sigterm_source;
};

G_DEFINE_FINAL_TYPE (BksApplication, bks_application, ADW_TYPE_APPLICATION)

static BksWindow *
add_window (BksApplication *self)
{
  BksWindow *window = bks_window_new (self);

  gtk_window_present (GTK_WINDOW (window));
  return window;
}

static BksWindow *
find_window (BksApplication *self)
{
  GList *windows = gtk_application_get_windows (GTK_APPLICATION (self));

  /* The list starts with the one last used; help and dialogs may be in it too. */
  for (GList *item = windows; item != NULL; item = item->next)
    if (BKS_IS_WINDOW (item->data))
      return item->data;
  return NULL;
}

static BksWindow *
ensure_window (BksApplication *self)
{
  BksWindow *window = find_window (self);

  if (window == NULL)
    return add_window (self);
  gtk_window_present (GTK_WINDOW (window));
  return window;
}

/* Nothing was asked for: one goes on where one was. */
static void
show_window (BksApplication *self)
{
  gboolean first = find_window (self) == NULL;
  BksWindow *window = ensure_window (self);

  if (first)
    bks_window_restore (window);
}

static void
new_window_cb (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       data)
{
  add_window (data);
}

static void
quit_cb (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       data)
{
  g_autoptr(GList) windows = g_list_copy (gtk_application_get_windows (data));

  /* Each asks or saves for itself; the last one to go ends the process. */
  for (GList *item = windows; item != NULL; item = item->next)
    gtk_window_close (item->data);
  if (windows == NULL)
    g_application_quit (data);
}

static GtkWidget *
get_preferences (BksApplication *self,
                 BksWindow      *window)
{
  AdwDialog *shown = adw_application_window_get_visible_dialog (ADW_APPLICATION_WINDOW (window));

  if (BKS_IS_PREFERENCES_DIALOG (shown))
    return GTK_WIDGET (shown);
  if (self->providers == NULL)
    self->providers = bks_provider_list_new (self->studio);
  return bks_preferences_dialog_new (self->providers, self->settings);
}

static DexFuture *
preferences_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksApplication *self = verb->self;
  BksWindow *window = ensure_window (self);
  GtkWidget *dialog;

  /* Where it cannot be opened, the window says so. */
  if (!dex_await (bks_application_wait_studio (self), NULL) || gtk_window_get_application (GTK_WINDOW (window)) == NULL)
    return NULL;
  dialog = get_preferences (self, window);
  if (verb->text != NULL)
    adw_preferences_dialog_set_visible_page_name (ADW_PREFERENCES_DIALOG (dialog), verb->text);
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (window));
  return NULL;
}

static void
present_preferences (BksApplication *self,
                     const char     *page)
{
  bks_verb_start (preferences_fiber, self, page, NULL);
}

static void
preferences_cb (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       data)
{
  present_preferences (data, NULL);
}

static void
providers_cb (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       data)
{
  present_preferences (data, "providers");
}

static void
usage_cb (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       data)
{
  present_preferences (data, "usage");
}

static void
help_cb (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       data)
{
  BksWindow *window = ensure_window (data);

  adw_dialog_present (ADW_DIALOG (bks_help_dialog_new ()), GTK_WIDGET (window));
}

/* Versions only: it is made to be sent to strangers. */
static char *
make_debug_info (void)
{
  GString *info = g_string_new (NULL);

  g_string_append_printf (info, "Book Studio %s\n", BKS_VERSION);
  g_string_append_printf (info, "GTK %u.%u.%u\n", gtk_get_major_version (),
                          gtk_get_minor_version (), gtk_get_micro_version ());
  g_string_append_printf (info, "libadwaita %u.%u.%u\n", adw_get_major_version (),
                          adw_get_minor_version (), adw_get_micro_version ());
  g_string_append_printf (info, "GtkSourceView %u.%u.%u\n", gtk_source_get_major_version (),
                          gtk_source_get_minor_version (), gtk_source_get_micro_version ());
  g_string_append_printf (info, "GLib %u.%u.%u\n", glib_major_version, glib_minor_version,
                          glib_micro_version);
  g_string_append_printf (info, "Flatpak: %s\n",
                          g_file_test ("/.flatpak-info", G_FILE_TEST_EXISTS) ? "yes" : "no");
  g_string_append_printf (info, "Languages: %s\n", g_get_language_names ()[0]);
  return g_string_free (info, FALSE);
}

static void
about_cb (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       data)
{
  BksWindow *window = ensure_window (data);
  AdwDialog *dialog = adw_about_dialog_new_from_appdata ("/com/humanizer/BookStudio/metainfo.xml", NULL);
  AdwAboutDialog *about = ADW_ABOUT_DIALOG (dialog);
  g_autofree char *debug_info = make_debug_info ();

  adw_about_dialog_set_version (about, BKS_VERSION);
  adw_about_dialog_set_copyright (about, _("© The Book Studio authors"));
  /* Translators: put your name here */
  adw_about_dialog_set_translator_credits (about, _("translator-credits"));
  adw_about_dialog_set_debug_info (about, debug_info);
  adw_about_dialog_set_debug_info_filename (about, "book-studio-debug-info.txt");
  adw_dialog_present (dialog, GTK_WIDGET (window));
}

static void
open_book_cb (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       data)
{
  bks_window_open_book (ensure_window (data), g_variant_get_string (parameter, NULL));
}

static const GActionEntry actions[] = {
  { "new-window", new_window_cb },
  { "quit", quit_cb },
  { "preferences", preferences_cb },
  { "providers", providers_cb },
  { "usage", usage_cb },
  { "help", help_cb },
  { "about", about_cb },
  { "open-book", open_book_cb, "s" },
};

static void
set_accels (BksApplication *self)
{
  static const struct
  {
    const char *action;
    const char *accels[2];
  } table[] = {
    { "app.quit", { "<Control>q" } },
    { "app.preferences", { "<Control>comma" } },
    { "app.help", { "F1" } },
    { "app.new-window", { "<Control><Shift>n" } },
    { "window.close", { "<Control>w" } },
    { "win.new-book", { "<Control>n" } },
    { "win.import", { "<Control>o" } },
    { "win.show-help-overlay", { "<Control>question" } },
    { "win.fullscreen", { "F11" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), table[i].action,
                                           (const char *[]){ table[i].accels[0], NULL });
}

/* Money: the month in the menu, and a word at its thresholds */

static void
set_month (BksApplication      *self,
           const BksProjection *projection)
{
  g_autofree char *month = bks_wording_month (g_get_real_time () / 1000, projection->spent, projection->unknown);
  /* Translators: a month and what it cost: "Usage: Nov $3.12" */
  g_autofree char *label = g_strdup_printf (_("_Usage: %s"), month);

  g_menu_remove_all (self->month_menu);
  g_menu_append (self->month_menu, label, "app.usage");
}

static DexFuture *
month_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksApplication *self = verb->self;
  g_autoptr(BksProjection) projection = NULL;

  projection = dex_await_boxed (bks_router_project_month (bks_studio_get_router (self->studio)), NULL);
  if (projection != NULL && self->month_menu != NULL)
    set_month (self, projection);
  return NULL;
}

static void
update_month (BksApplication *self)
{
  bks_verb_start (month_fiber, self, NULL, NULL);
}

static void
threshold_cb (BksApplication     *self,
              guint               percent,
              const BksAllowance *allowance)
{
  g_autofree char *text = bks_wording_threshold (percent, allowance);
  BksWindow *window = find_window (self);
  g_autoptr(GNotification) notification = NULL;

  if (window != NULL && gtk_window_is_active (GTK_WINDOW (window)))
    {
      bks_window_show_toast (window, text);
      return;
    }
  notification = g_notification_new (_("Spending"));
  g_notification_set_body (notification, text);
  g_notification_set_default_action (notification, "app.usage");
  g_application_send_notification (G_APPLICATION (self), "spending", notification);
}

static void
overrun_cb (BksApplication     *self,
            const BksAllowance *allowance)
{
  threshold_cb (self, 0, allowance);
}

static DexFuture *
watch_money_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksApplication *self = verb->self;
  BksRouter *router;

  if (!dex_await (bks_application_wait_studio (self), NULL) || self->month_menu == NULL)
    return NULL;
  router = bks_studio_get_router (self->studio);
  g_signal_connect_object (router, "usage-changed", G_CALLBACK (update_month), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (router, "budget-threshold", G_CALLBACK (threshold_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (router, "budget-overrun", G_CALLBACK (overrun_cb), self, G_CONNECT_SWAPPED);
  update_month (self);
  return NULL;
}

static gboolean
terminate_cb (gpointer data)
{
  BksApplication *self = data;

  /* shutdown() saves; nothing is asked, for there is no time to answer. */
  self->sigterm_source = 0;
  g_application_quit (G_APPLICATION (self));
  return G_SOURCE_REMOVE;
}

static void
open_studio (BksApplication *self)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autoptr(BksSecretStore) secrets = bks_keyring_secret_store_new (limits);

  g_autoptr(GFile) places = NULL;

  self->studio = bks_studio_new (self->data_dir, secrets, limits);
  bks_studio_set_listens (self->studio, TRUE);
  bks_suspend_watch (self->studio);
  places = g_file_new_build_filename (bks_studio_get_data_dir (self->studio), "places.ini", NULL);
  self->places = bks_places_new (places);
  self->opened = bks_studio_open (self->studio);
}

static void
bks_application_startup (GApplication *application)
{
  BksApplication *self = BKS_APPLICATION (application);

  G_APPLICATION_CLASS (bks_application_parent_class)->startup (application);

  gtk_source_init ();
  spelling_init ();
  gtk_window_set_default_icon_name (BKS_APPLICATION_ID);
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  set_accels (self);
  self->settings = g_settings_new (BKS_APPLICATION_ID);
  self->page_style = bks_page_style_new (self->settings);
  self->sigterm_source = g_unix_signal_add (SIGTERM, terminate_cb, self);
  self->month_menu = g_menu_new ();
  g_menu_append (self->month_menu, _("_Usage"), "app.usage");
  open_studio (self);
  bks_verb_start (watch_money_fiber, self, NULL, NULL);
}

static void
bks_application_activate (GApplication *application)
{
  show_window (BKS_APPLICATION (application));
}

static void
bks_application_open (GApplication  *application,
                      GFile        **files,
                      int            n_files,
                      const char    *hint)
{
  BksWindow *window = ensure_window (BKS_APPLICATION (application));

  for (int i = 0; i < n_files; i++)
    bks_window_import_file (window, files[i]);
}

static gboolean
check_data_dir (BksApplication          *self,
                GApplicationCommandLine *command_line)
{
  GVariantDict *options = g_application_command_line_get_options_dict (command_line);
  const char *wanted = NULL;
  g_autoptr(GFile) there = NULL;
  g_autoptr(GFile) here = NULL;

  if (!g_variant_dict_lookup (options, "data-dir", "^&ay", &wanted))
    return TRUE;
  here = g_file_new_for_path (bks_studio_get_data_dir (self->studio));
  there = g_application_command_line_create_file_for_arg (command_line, wanted);
  if (g_file_equal (here, there))
    return TRUE;
  g_application_command_line_printerr (command_line,
                                       _("Book Studio is already running with the books in %s. "
                                         "Close it first.\n"),
                                       g_file_peek_path (here));
  return FALSE;
}

static int
bks_application_command_line (GApplication            *application,
                              GApplicationCommandLine *command_line)
{
  BksApplication *self = BKS_APPLICATION (application);
  GVariantDict *options = g_application_command_line_get_options_dict (command_line);
  g_auto(GStrv) arguments = g_application_command_line_get_arguments (command_line, NULL);

  if (!check_data_dir (self, command_line))
    return 1;
  if (g_variant_dict_contains (options, "new-window"))
    add_window (self);
  else if (arguments[1] == NULL)
    show_window (self);
  for (int i = 1; arguments[i] != NULL; i++)
    {
      g_autoptr(GFile) file = g_application_command_line_create_file_for_arg (command_line, arguments[i]);

      bks_window_import_file (ensure_window (self), file);
    }
  return 0;
}

static int
bks_application_handle_local_options (GApplication *application,
                                      GVariantDict *options)
{
  BksApplication *self = BKS_APPLICATION (application);
  const char *data_dir = NULL;

  if (g_variant_dict_contains (options, "version"))
    {
      g_print ("book-studio %s\n", BKS_VERSION);
      return 0;
    }
  if (g_variant_dict_lookup (options, "data-dir", "^&ay", &data_dir))
    self->data_dir = g_canonicalize_filename (data_dir, NULL);
  g_variant_dict_lookup (options, "label", "s", &self->label);
  return -1;
}

static gboolean
bks_application_dbus_register (GApplication     *application,
                               GDBusConnection  *connection,
                               const char       *object_path,
                               GError          **error)
{
  BksApplication *self = BKS_APPLICATION (application);

  /* Before the name is taken: whoever sees the name finds the interface. */
  return G_APPLICATION_CLASS (bks_application_parent_class)->dbus_register (application, connection, object_path, error)
         && bks_ai_bus_export (self->ai_bus, connection, error);
}

static void
bks_application_dbus_unregister (GApplication    *application,
                                 GDBusConnection *connection,
                                 const char      *object_path)
{
  bks_ai_bus_unexport (BKS_APPLICATION (application)->ai_bus);

  G_APPLICATION_CLASS (bks_application_parent_class)->dbus_unregister (application, connection, object_path);
}

static void
bks_application_shutdown (GApplication *application)
{
  BksApplication *self = BKS_APPLICATION (application);
  g_autoptr(GError) error = NULL;

  g_clear_handle_id (&self->sigterm_source, g_source_remove);
  if (self->studio != NULL &&
      !bks_wait (dex_future_first (bks_studio_close (self->studio),
                                   dex_timeout_new_seconds (CLOSE_SECONDS), NULL),
                 &error))
    g_warning ("Not everything could be saved: %s", error->message);
  g_clear_object (&self->page_style);

  G_APPLICATION_CLASS (bks_application_parent_class)->shutdown (application);
}

static void
bks_application_dispose (GObject *object)
{
  BksApplication *self = BKS_APPLICATION (object);

  dex_clear (&self->opened);
  g_clear_object (&self->ai_bus);
  g_clear_object (&self->month_menu);
  g_clear_object (&self->providers);
  g_clear_object (&self->studio);
  g_clear_object (&self->settings);
  g_clear_object (&self->places);

  G_OBJECT_CLASS (bks_application_parent_class)->dispose (object);
}

static void
bks_application_finalize (GObject *object)
{
  BksApplication *self = BKS_APPLICATION (object);

  g_free (self->data_dir);
  g_free (self->label);

  G_OBJECT_CLASS (bks_application_parent_class)->finalize (object);
}

static void
bks_application_class_init (BksApplicationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  object_class->dispose = bks_application_dispose;
  object_class->finalize = bks_application_finalize;
  application_class->startup = bks_application_startup;
  application_class->activate = bks_application_activate;
  application_class->open = bks_application_open;
  application_class->command_line = bks_application_command_line;
  application_class->handle_local_options = bks_application_handle_local_options;
  application_class->shutdown = bks_application_shutdown;
  application_class->dbus_register = bks_application_dbus_register;
  application_class->dbus_unregister = bks_application_dbus_unregister;
}

static void
bks_application_init (BksApplication *self)
{
  const GOptionEntry entries[] = {
    { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, NULL,
      N_("Keep the books in this folder"), N_("DIR") },
    { "new-window", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Open a new window"), NULL },
    { "label", 0, 0, G_OPTION_ARG_STRING, NULL,
      N_("Show this text above every page"), N_("TEXT") },
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Print the version and exit"), NULL },
    { NULL }
  };

  self->ai_bus = bks_ai_bus_new (self);
  g_application_add_main_option_entries (G_APPLICATION (self), entries);
  g_application_set_option_context_parameter_string (G_APPLICATION (self), _("[FILE…]"));
}

/**
 * bks_application_new:
 *
 * Returns: (transfer full): the application, not yet registered
 */
BksApplication *
bks_application_new (void)
{
  return g_object_new (BKS_TYPE_APPLICATION,
                       "application-id", BKS_APPLICATION_ID,
                       "resource-base-path", "/com/humanizer/BookStudio",
                       "flags", G_APPLICATION_HANDLES_COMMAND_LINE | G_APPLICATION_HANDLES_OPEN,
                       NULL);
}

/**
 * bks_application_get_studio:
 * @self: the application, started
 *
 * Returns: (transfer none): the studio, which may still be opening
 */
BksStudio *
bks_application_get_studio (BksApplication *self)
{
  g_return_val_if_fail (BKS_IS_APPLICATION (self), NULL);

  return self->studio;
}

/**
 * bks_application_wait_studio:
 * @self: the application, started
 *
 * Returns: (transfer full): resolves when the studio is open, rejects when it
 *   cannot be opened
 */
DexFuture *
bks_application_wait_studio (BksApplication *self)
{
  g_return_val_if_fail (BKS_IS_APPLICATION (self), NULL);

  return dex_ref (self->opened);
}

/**
 * bks_application_get_label:
 * @self: the application
 *
 * Returns: (transfer none) (nullable): what stands above every page
 */
const char *
bks_application_get_label (BksApplication *self)
{
  g_return_val_if_fail (BKS_IS_APPLICATION (self), NULL);

  return self->label;
}

/**
 * bks_application_get_month_menu:
 * @self: the application, started
 *
 * Returns: (transfer none): a section for main menus: what the month cost
 */
GMenuModel *
bks_application_get_month_menu (BksApplication *self)
{
  g_return_val_if_fail (BKS_IS_APPLICATION (self), NULL);

  return G_MENU_MODEL (self->month_menu);
}

/**
 * bks_application_get_settings:
 * @self: the application, started
 *
 * Returns: (transfer none): the preferences of windows and editor
 */
GSettings *
bks_application_get_settings (BksApplication *self)
{
  g_return_val_if_fail (BKS_IS_APPLICATION (self), NULL);

  return self->settings;
}

/**
 * bks_application_get_places:
 * @self: the application, started
 *
 * Returns: (transfer none): where one was in each book
 */
BksPlaces *
bks_application_get_places (BksApplication *self)
{
  g_return_val_if_fail (BKS_IS_APPLICATION (self), NULL);

  return self->places;
}
