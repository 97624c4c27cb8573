/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-error.h"
#include "bks-library-page.h"
#include "bks-studio-page.h"
#include "bks-ui.h"
#include "bks-window.h"
#include "bks-wording.h"

struct _BksWindow
{
  AdwApplicationWindow parent_instance;

  BksLibraryPage *library;
  BksStudioPage  *studio_page;
  gboolean        restoring; /* the library waits until it is known whether a book comes first */
  gboolean        closing;

  GtkStack          *stack;
  AdwStatusPage     *failed_page;
  AdwNavigationView *navigation;
};

G_DEFINE_FINAL_TYPE (BksWindow, bks_window, ADW_TYPE_APPLICATION_WINDOW)

static BksApplication *
get_application (BksWindow *self)
{
  return BKS_APPLICATION (gtk_window_get_application (GTK_WINDOW (self)));
}

/* What the page of a book does, for those who have no keys. */
static const struct
{
  const char *name;
  const char *page_action;
} book_actions[] = {
  { "find", "studio.find" },
  { "replace", "studio.replace" },
  { "find-next", "studio.find-next" },
  { "find-previous", "studio.find-previous" },
  { "search-titles", "studio.search-titles" },
};

static void
update_actions (BksWindow *self)
{
  static const char *const names[] = { "new-book", "import" };
  AdwNavigationPage *page = adw_navigation_view_get_visible_page (self->navigation);
  gboolean in_library = page != NULL && page == ADW_NAVIGATION_PAGE (self->library);
  gboolean in_book = page != NULL && page == ADW_NAVIGATION_PAGE (self->studio_page);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), names[i]);

      g_simple_action_set_enabled (G_SIMPLE_ACTION (action), in_library);
    }
  for (guint i = 0; i < G_N_ELEMENTS (book_actions); i++)
    {
      GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), book_actions[i].name);

      g_simple_action_set_enabled (G_SIMPLE_ACTION (action), in_book);
    }
}

static void
show_library_cb (GSimpleAction *action,
                 GVariant      *parameter,
                 gpointer       data)
{
  BksWindow *self = data;

  if (self->library != NULL)
    adw_navigation_view_pop_to_tag (self->navigation, "library");
}

static void
new_book_cb (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       data)
{
  bks_library_page_show_new (BKS_WINDOW (data)->library);
}

static void
import_cb (GSimpleAction *action,
           GVariant      *parameter,
           gpointer       data)
{
  bks_library_page_show_import (BKS_WINDOW (data)->library);
}

static void
book_cb (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       data)
{
  BksWindow *self = data;

  for (guint i = 0; i < G_N_ELEMENTS (book_actions); i++)
    if (g_str_equal (book_actions[i].name, g_action_get_name (G_ACTION (action))))
      gtk_widget_activate_action (GTK_WIDGET (self->studio_page), book_actions[i].page_action, NULL);
}

/* There while there is a book. */
static void
set_studio_page (BksWindow     *self,
                 BksStudioPage *page)
{
  self->studio_page = page;
  g_action_map_remove_action (G_ACTION_MAP (self), "focus-mode");
  if (page != NULL)
    {
      g_autoptr(GPropertyAction) action = g_property_action_new ("focus-mode", page, "focus-mode");

      g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (action));
    }
}

static void
add_view_actions (BksWindow *self,
                  GSettings *settings)
{
  g_autoptr(GAction) typewriter = g_settings_create_action (settings, "typewriter-line");
  g_autoptr(GPropertyAction) fullscreen = g_property_action_new ("fullscreen", self, "fullscreened");

  g_action_map_add_action (G_ACTION_MAP (self), typewriter);
  g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (fullscreen));
}

static const GActionEntry actions[] = {
  { "show-library", show_library_cb },
  { "new-book", new_book_cb },
  { "import", import_cb },
  { "find", book_cb },
  { "replace", book_cb },
  { "find-next", book_cb },
  { "find-previous", book_cb },
  { "search-titles", book_cb },
};

static DexFuture *
leave_book_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBookSession *session = verb->object;
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_book_session_close (session), &error))
    bks_ui_present_error (verb->self, _("Your Last Changes Are Not Saved"), error);
  return NULL;
}

static void
popped_cb (BksWindow         *self,
           AdwNavigationPage *page)
{
  if (page != ADW_NAVIGATION_PAGE (self->studio_page))
    return;

  bks_verb_start (leave_book_fiber, self, NULL, bks_studio_page_get_session (self->studio_page));
  bks_studio_page_leave (self->studio_page);
  set_studio_page (self, NULL);
  /* Who goes back to the library wants to find it; who closes the window wants the book again. */
  if (!self->closing)
    bks_places_set_book (bks_application_get_places (get_application (self)), NULL);
}

static void
create_library (BksWindow *self)
{
  BksApplication *application = get_application (self);

  self->library = bks_library_page_new (bks_application_get_studio (application),
                                        bks_application_get_label (application));
  bks_library_page_add_to_menu (self->library, bks_application_get_month_menu (application));
  g_signal_connect_object (self->library, "open-book", G_CALLBACK (bks_window_open_book), self,
                           G_CONNECT_SWAPPED);
}

/* Whichever fiber learns first that the studio is open. */
static void
show_library (BksWindow *self)
{
  if (self->library != NULL)
    return;
  create_library (self);
  adw_navigation_view_add (self->navigation, ADW_NAVIGATION_PAGE (self->library));
  gtk_stack_set_visible_child_name (self->stack, "ready");
  update_actions (self);
}

/* Who goes on with a book sees it first; the shelf is put behind it when it stands. */
static void
put_library_behind (GtkWidget *widget)
{
  BksWindow *self = BKS_WINDOW (widget);

  if (self->library != NULL || self->studio_page == NULL || get_application (self) == NULL)
    return;
  create_library (self);
  adw_navigation_view_replace (self->navigation,
                               (AdwNavigationPage *[]) { ADW_NAVIGATION_PAGE (self->library),
                                                         ADW_NAVIGATION_PAGE (self->studio_page) },
                               2);
  /* The pages were shown anew, and the keys belong to nobody. */
  bks_studio_page_focus (self->studio_page);
}

/* NULL: it shows no book. */
static const char *
get_book_id (BksWindow *self)
{
  if (self->studio_page == NULL)
    return NULL;
  return bks_book_get_id (bks_book_session_get_book (bks_studio_page_get_session (self->studio_page)));
}

static BksWindow *
find_window_of_book (BksWindow  *self,
                     const char *book_id)
{
  GList *windows = gtk_application_get_windows (GTK_APPLICATION (get_application (self)));

  for (GList *item = windows; item != NULL; item = item->next)
    if (BKS_IS_WINDOW (item->data) && g_strcmp0 (get_book_id (item->data), book_id) == 0)
      return item->data;
  return NULL;
}

static void
show_book (BksWindow      *self,
           BksBookSession *session)
{
  const char *book_id = bks_book_get_id (bks_book_session_get_book (session));
  BksWindow *other = find_window_of_book (self, book_id);

  /* A text has one editor: the window that already shows the book comes up. */
  if (other != NULL)
    {
      gtk_window_present (GTK_WINDOW (other));
      return;
    }
  if (self->library != NULL)
    adw_navigation_view_pop_to_tag (self->navigation, "library");
  set_studio_page (self, bks_studio_page_new (bks_application_get_studio (get_application (self)), session,
                                              bks_application_get_settings (get_application (self)),
                                              bks_application_get_places (get_application (self)),
                                              bks_application_get_label (get_application (self))));
  bks_studio_page_add_to_menu (self->studio_page, bks_application_get_month_menu (get_application (self)));
  if (self->library != NULL)
    adw_navigation_view_push (self->navigation, ADW_NAVIGATION_PAGE (self->studio_page));
  else
    {
      adw_navigation_view_add (self->navigation, ADW_NAVIGATION_PAGE (self->studio_page));
      bks_ui_after_paint (GTK_WIDGET (self), put_library_behind);
    }
  gtk_stack_set_visible_child_name (self->stack, "ready");
  bks_places_set_book (bks_application_get_places (get_application (self)), book_id);
}

static DexFuture *
open_book_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksWindow *self = verb->self;
  BksApplication *application = get_application (self);
  g_autoptr(BksBookSession) session = NULL;
  g_autoptr(BksNodeSession) text = NULL;
  g_autoptr(GError) error = NULL;

  if (application == NULL || !dex_await (bks_application_wait_studio (application), NULL))
    return NULL;
  session = dex_await_object (bks_studio_open_book (bks_application_get_studio (application),
                                                    verb->text, TRUE), &error);
  if (session != NULL)
    text = dex_await_object (bks_studio_page_preload (session, bks_application_get_places (application)), NULL);
  if (gtk_window_get_application (GTK_WINDOW (self)) == NULL)
    return NULL;
  show_library (self);
  if (session == NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("This Book Cannot Be Opened"), error);
  else
    show_book (self, session);
  return NULL;
}

static gboolean
is_listed (BksStudio  *studio,
           const char *book_id)
{
  GListModel *books = bks_studio_get_books (studio);

  for (guint i = 0; i < g_list_model_get_n_items (books); i++)
    {
      g_autoptr(BksBook) book = g_list_model_get_item (books, i);

      if (g_str_equal (bks_book_get_id (book), book_id))
        return TRUE;
    }
  return FALSE;
}

/* Where it cannot be had, deleted or open in another program, the library is a good start too. */
static DexFuture *
restore_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksWindow *self = verb->self;
  BksApplication *application = get_application (self);
  g_autoptr(BksBookSession) session = NULL;
  g_autoptr(BksNodeSession) text = NULL;
  g_autofree char *book_id = NULL;
  gboolean here;

  if (dex_await (bks_application_wait_studio (application), NULL) &&
      dex_await (bks_places_wait (bks_application_get_places (application)), NULL))
    {
      book_id = bks_places_dup_book (bks_application_get_places (application));
      if (book_id != NULL && is_listed (bks_application_get_studio (application), book_id))
        session = dex_await_object (bks_studio_open_book (bks_application_get_studio (application), book_id, TRUE),
                                    NULL);
      if (session != NULL)
        text = dex_await_object (bks_studio_page_preload (session, bks_application_get_places (application)), NULL);
    }
  else
    return NULL; /* The window says so itself. */
  self->restoring = FALSE;
  here = gtk_window_get_application (GTK_WINDOW (self)) != NULL;
  if (session != NULL && here && self->studio_page == NULL)
    show_book (self, session);
  else if (session != NULL && (!here || find_window_of_book (self, book_id) == NULL))
    dex_await (bks_book_session_close (session), NULL); /* Somebody was quicker. */
  else if (here && self->studio_page == NULL)
    show_library (self);
  return NULL;
}

static DexFuture *
import_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksWindow *self = verb->self;
  BksApplication *application = get_application (self);

  if (application == NULL || !dex_await (bks_application_wait_studio (application), NULL) ||
      gtk_window_get_application (GTK_WINDOW (self)) == NULL)
    return NULL;
  show_library (self);
  bks_library_page_import_file (self->library, verb->object);
  return NULL;
}

static void
show_failure (BksWindow    *self,
              const GError *error)
{
  g_autofree char *description = bks_wording_error (error);
  g_autofree char *markup = g_markup_escape_text (description, -1);

  adw_status_page_set_description (self->failed_page, markup);
  gtk_stack_set_visible_child_name (self->stack, "failed");
}

static DexFuture *
wait_studio_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksWindow *self = verb->self;
  BksApplication *application = get_application (self);
  g_autoptr(GError) error = NULL;
  gboolean opened = dex_await (bks_application_wait_studio (application), &error);

  if (gtk_window_get_application (GTK_WINDOW (self)) == NULL)
    return NULL;
  if (opened && !self->restoring)
    show_library (self);
  else if (!opened)
    show_failure (self, error);
  return NULL;
}

static void
close_now (BksWindow *self)
{
  self->closing = TRUE;
  gtk_window_close (GTK_WINDOW (self));
}

static void
close_anyway_cb (AdwAlertDialog *dialog,
                 const char     *response,
                 BksWindow      *self)
{
  if (g_strcmp0 (response, "close") == 0)
    close_now (self);
}

static void
ask_before_loss (BksWindow    *self,
                 const GError *error)
{
  g_autofree char *body = bks_wording_error (error);
  AdwDialog *dialog = adw_alert_dialog_new (_("Your Last Changes Cannot Be Saved"), body);
  AdwAlertDialog *alert = ADW_ALERT_DIALOG (dialog);

  adw_alert_dialog_add_responses (alert, "cancel", _("_Keep Open"), "close", _("Close _Anyway"), NULL);
  adw_alert_dialog_set_response_appearance (alert, "close", ADW_RESPONSE_DESTRUCTIVE);
  adw_alert_dialog_set_default_response (alert, "cancel");
  adw_alert_dialog_set_close_response (alert, "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (close_anyway_cb), self, 0);
  adw_dialog_present (dialog, GTK_WIDGET (self));
}

static DexFuture *
close_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksWindow *self = verb->self;
  g_autoptr(GError) error = NULL;

  if (dex_await (bks_book_session_save (verb->object), &error))
    close_now (self);
  else
    ask_before_loss (self, error);
  return NULL;
}

static gboolean
bks_window_close_request (GtkWindow *window)
{
  BksWindow *self = BKS_WINDOW (window);

  /* What was typed is on disk before the window goes, not while it goes. */
  if (self->studio_page != NULL && !self->closing)
    {
      bks_verb_start (close_fiber, self, NULL, bks_studio_page_get_session (self->studio_page));
      return GDK_EVENT_STOP;
    }
  if (self->studio_page != NULL)
    popped_cb (self, ADW_NAVIGATION_PAGE (self->studio_page));
  return GTK_WINDOW_CLASS (bks_window_parent_class)->close_request (window);
}

static void
bks_window_dispose (GObject *object)
{
  /* It holds the window. */
  g_action_map_remove_action (G_ACTION_MAP (object), "fullscreen");
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_WINDOW);

  G_OBJECT_CLASS (bks_window_parent_class)->dispose (object);
}

static void
bks_window_class_init (BksWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GtkWindowClass *window_class = GTK_WINDOW_CLASS (klass);

  object_class->dispose = bks_window_dispose;
  window_class->close_request = bks_window_close_request;

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-window.ui");
  gtk_widget_class_bind_template_child (widget_class, BksWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, BksWindow, failed_page);
  gtk_widget_class_bind_template_child (widget_class, BksWindow, navigation);
  gtk_widget_class_bind_template_callback (widget_class, popped_cb);
}

static void
bks_window_init (BksWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  g_signal_connect_object (self->navigation, "notify::visible-page", G_CALLBACK (update_actions), self,
                           G_CONNECT_SWAPPED);
  update_actions (self);
}

/**
 * bks_window_new:
 * @application: the application, started
 *
 * Returns: (transfer none): a window at the library, owned by the toolkit
 */
BksWindow *
bks_window_new (BksApplication *application)
{
  BksWindow *self = g_object_new (BKS_TYPE_WINDOW, "application", application, NULL);
  GSettings *settings = bks_application_get_settings (application);

  g_settings_bind (settings, "window-width", self, "default-width", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "window-height", self, "default-height", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "window-maximized", self, "maximized", G_SETTINGS_BIND_DEFAULT);
  add_view_actions (self, settings);
  bks_verb_start (wait_studio_fiber, self, NULL, NULL);
  return self;
}

/**
 * bks_window_restore:
 * @self: a window at the library
 *
 * Goes to the book that was open when the program was last left, if one was.
 */
void
bks_window_restore (BksWindow *self)
{
  g_return_if_fail (BKS_IS_WINDOW (self));

  self->restoring = TRUE;
  bks_verb_start (restore_fiber, self, NULL, NULL);
}

/**
 * bks_window_open_book:
 * @self: a window
 * @book_id: the id of a book, or a unique prefix of one
 *
 * Goes to the book, in this window or in the one that shows it already. A
 * failure is shown.
 */
void
bks_window_open_book (BksWindow  *self,
                      const char *book_id)
{
  g_return_if_fail (BKS_IS_WINDOW (self));

  bks_verb_start (open_book_fiber, self, book_id, NULL);
}

/**
 * bks_window_import_file:
 * @self: a window
 * @file: a text
 *
 * Makes a book of @file and shows how that goes.
 */
void
bks_window_import_file (BksWindow *self,
                        GFile     *file)
{
  g_return_if_fail (BKS_IS_WINDOW (self));

  bks_verb_start (import_fiber, self, NULL, file);
}

/**
 * bks_window_show_toast:
 * @self: a window
 * @title: what happened
 *
 * Says something in passing, in the dialog in front where there is one.
 */
void
bks_window_show_toast (BksWindow  *self,
                       const char *title)
{
  AdwDialog *dialog;

  g_return_if_fail (BKS_IS_WINDOW (self));

  dialog = adw_application_window_get_visible_dialog (ADW_APPLICATION_WINDOW (self));
  bks_ui_toast (ADW_IS_PREFERENCES_DIALOG (dialog) ? gtk_widget_get_first_child (GTK_WIDGET (dialog))
                                                   : GTK_WIDGET (self->stack), title);
}
