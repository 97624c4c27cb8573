/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-pages.h"

#include <glib/gstdio.h>

#include "bks-add-provider-dialog.h"
#include "bks-async.h"
#include "bks-book-dialog.h"
#include "bks-budget-dialog.h"
#include "bks-compare-dialog.h"
#include "bks-find-bar.h"
#include "bks-help-dialog.h"
#include "bks-library-page.h"
#include "bks-local-model-dialog.h"
#include "bks-models-page.h"
#include "bks-new-book-dialog.h"
#include "bks-preferences-dialog.h"
#include "bks-price-dialog.h"
#include "bks-provider-page.h"
#include "bks-restore-dialog.h"
#include "bks-role-page.h"
#include "bks-scripted-server.h"
#include "bks-studio-page.h"
#include "bks-ui.h"

#define BOOK "# The Salt Road\n\n## Part One\n\n### The Letter\n\nThe letter came on a *Tuesday*.\n\n***\n\nOr not.\n\n" \
             "### The Harbour at Night\n\nThe boats came in.\n\n## Part Two\n\n### Inland\n\nGoats.\n"

static GtkWidget *
show_page (AppFixture *fixture,
           GtkWidget  *page)
{
  GtkWidget *navigation = adw_navigation_view_new ();

  adw_navigation_view_add (ADW_NAVIGATION_VIEW (navigation), ADW_NAVIGATION_PAGE (page));
  app_fixture_show (fixture, navigation);
  return page;
}

static GtkWidget *
show_dialog (AppFixture *fixture,
             AdwDialog  *dialog)
{
  app_fixture_show (fixture, gtk_label_new ("behind"));
  adw_dialog_present (dialog, GTK_WIDGET (fixture->window));
  return GTK_WIDGET (dialog);
}

static GtkWidget *
show_empty_library (AppFixture *fixture)
{
  GtkWidget *page = show_page (fixture, GTK_WIDGET (bks_library_page_new (fixture->studio, NULL)));

  app_wait_shown (page, "Write a Book");
  return page;
}

static GtkWidget *
show_library (AppFixture *fixture)
{
  g_autoptr(BksBook) salt = app_await_book (bks_studio_create_book (fixture->studio, "The Salt Road", "Ana Duarte"));
  g_autoptr(BksBook) notes = app_await_book (bks_studio_create_book (fixture->studio, "Field Notes", ""));
  GtkWidget *page = show_page (fixture, GTK_WIDGET (bks_library_page_new (fixture->studio, "A label")));

  app_wait_shown (page, "Field Notes");
  return page;
}

static GtkWidget *
show_nothing_found (AppFixture *fixture)
{
  GtkWidget *page = show_library (fixture);

  gtk_widget_activate_action (page, "library.search", NULL);
  gtk_editable_set_text (GTK_EDITABLE (app_find_widget (page, GTK_TYPE_SEARCH_ENTRY, NULL)), "nobody");
  app_wait_shown (page, "No Book Found");
  return page;
}

static void
close_studio (gpointer data)
{
  BksStudioPage *page = data;

  bks_studio_page_leave (page);
  app_await (bks_book_session_close (bks_studio_page_get_session (page)));
  g_object_unref (page);
}

static GtkWidget *
show_studio (AppFixture *fixture)
{
  g_autoptr(BksBookSession) session = app_fixture_new_book (fixture, BOOK);
  GtkWidget *page = GTK_WIDGET (bks_studio_page_new (fixture->studio, session, fixture->settings, NULL, NULL));

  show_page (fixture, page);
  g_object_set_data_full (G_OBJECT (fixture->window), "studio", g_object_ref (page), close_studio);
  app_wait_shown (page, "The Letter");
  return page;
}

static GtkWidget *
show_empty_studio (AppFixture *fixture)
{
  GtkWidget *page = show_studio (fixture);
  BksBookSession *session = bks_studio_page_get_session (BKS_STUDIO_PAGE (page));
  GListModel *nodes = bks_book_session_get_nodes (session);

  while (g_list_model_get_n_items (nodes) > 0)
    {
      g_autoptr(BksNode) node = g_list_model_get_item (nodes, 0);

      app_await (bks_book_session_trash_node (session, bks_node_get_id (node)));
    }
  app_wait_shown (page, "No Text Open");
  return page;
}

static GtkWidget *
show_studio_scene (AppFixture *fixture)
{
  g_settings_set_string (fixture->settings, "inspector-page", "scene");
  return show_studio (fixture);
}

static GtkWidget *
show_studio_history (AppFixture *fixture)
{
  g_settings_set_string (fixture->settings, "inspector-page", "history");
  return show_studio (fixture);
}

static GtkWidget *
show_find (AppFixture *fixture)
{
  GtkWidget *page = show_studio (fixture);
  GtkWidget *bar;

  gtk_widget_activate_action (page, "studio.replace", NULL);
  bar = app_find_widget (page, BKS_TYPE_FIND_BAR, NULL);
  gtk_editable_set_text (GTK_EDITABLE (app_find_widget (bar, GTK_TYPE_SEARCH_ENTRY, NULL)), "t");
  app_wait_shown (bar, "1 of 5");
  gtk_widget_activate_action (page, "studio.find-previous", NULL);
  app_wait_shown (bar, "5 of 5, from the end");
  app_let_pass (300);
  return page;
}

static GtkWidget *
show_focus_mode (AppFixture *fixture)
{
  GtkWidget *page = show_studio (fixture);

  gtk_widget_activate_action (page, "studio.focus-mode", NULL);
  app_let_pass (300);
  return page;
}

static GtkWidget *
show_comparison (AppFixture *fixture)
{
  BksCompareDialog *dialog = bks_compare_dialog_new ("28 November, 14:05", "The boats came in without lamps.",
                                                     "The fishing boats came in with lamps.", "1 n");

  app_fixture_show (fixture, gtk_label_new ("behind"));
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (fixture->window));
  app_wait_shown (GTK_WIDGET (dialog), "1 passage taken away, 2 passages put in");
  return GTK_WIDGET (dialog);
}

static GtkWidget *
show_book_details (AppFixture *fixture)
{
  GtkWidget *page = show_studio (fixture);
  GtkWidget *dialog = bks_book_dialog_new (bks_studio_page_get_session (BKS_STUDIO_PAGE (page)));

  adw_dialog_present (ADW_DIALOG (dialog), page);
  app_wait_shown (dialog, "Only Models on This Computer");
  return dialog;
}

static GtkWidget *
show_new_book (AppFixture *fixture)
{
  return show_dialog (fixture, ADW_DIALOG (bks_new_book_dialog_new ()));
}

static GtkWidget *
show_help (AppFixture *fixture)
{
  return show_dialog (fixture, ADW_DIALOG (bks_help_dialog_new ()));
}

static GtkWidget *
show_add_provider (AppFixture *fixture)
{
  return show_dialog (fixture, ADW_DIALOG (bks_add_provider_dialog_new (bks_studio_get_router (fixture->studio))));
}

static GtkWidget *
show_preferences (AppFixture *fixture)
{
  GtkWidget *dialog = bks_preferences_dialog_new (app_fixture_get_providers (fixture), fixture->settings);

  show_dialog (fixture, ADW_DIALOG (dialog));
  app_wait_shown (dialog, "Ollama");
  return dialog;
}

static GtkWidget *
show_writing (AppFixture *fixture)
{
  GtkWidget *dialog = show_preferences (fixture);

  adw_preferences_dialog_set_visible_page_name (ADW_PREFERENCES_DIALOG (dialog), "writing");
  app_wait_shown (dialog, "Typeface");
  return dialog;
}

static GtkWidget *
show_restore (AppFixture *fixture)
{
  g_autoptr(BksBook) salt = app_await_book (bks_studio_create_book (fixture->studio, "The Salt Road", "Ana Duarte"));

  app_await (bks_studio_back_up_book (fixture->studio, bks_book_get_id (salt), NULL, FALSE));
  return show_dialog (fixture, ADW_DIALOG (bks_restore_dialog_new (fixture->studio)));
}

static GtkWidget *
show_provider (AppFixture *fixture)
{
  GtkWidget *dialog = show_preferences (fixture);
  BksProviderList *providers = app_fixture_get_providers (fixture);
  BksProviderEntry *entry = bks_provider_list_find (providers, "openai");

  adw_preferences_dialog_push_subpage (ADW_PREFERENCES_DIALOG (dialog),
                                       ADW_NAVIGATION_PAGE (bks_provider_page_new (providers, entry)));
  app_wait_shown (dialog, "Address");
  return dialog;
}

static GtkWidget *
push_page (AppFixture        *fixture,
           AdwNavigationPage *page)
{
  GtkWidget *dialog = show_preferences (fixture);

  adw_preferences_dialog_push_subpage (ADW_PREFERENCES_DIALOG (dialog), page);
  return dialog;
}

static GtkWidget *
show_models (AppFixture *fixture)
{
  g_autoptr(BksScriptedServer) server = bks_scripted_server_new (0, NULL);
  BksRouter *router = bks_studio_get_router (fixture->studio);
  GtkWidget *dialog;

  app_await (bks_router_set_base_url (router, "ollama", bks_scripted_server_get_url (server)));
  app_await (bks_router_list_models (router, "ollama", NULL));
  dialog = push_page (fixture, ADW_NAVIGATION_PAGE (bks_models_page_new (app_fixture_get_providers (fixture), "ollama")));
  app_wait_shown (dialog, "free");
  app_let_pass (100);
  return dialog;
}

static GtkWidget *
show_role (AppFixture *fixture)
{
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  GtkWidget *dialog;

  g_ptr_array_add (targets, bks_target_new ("anthropic", "claude-haiku-4-5"));
  g_ptr_array_add (targets, bks_target_new ("ollama", "gemma3"));
  app_await (bks_router_set_role (bks_studio_get_router (fixture->studio), "draft", targets));
  dialog = push_page (fixture, ADW_NAVIGATION_PAGE (bks_role_page_new (app_fixture_get_providers (fixture), "draft")));
  app_wait_shown (dialog, "gemma3");
  return dialog;
}

/* One real call, to a server that is scripted. */
static void
use_once (AppFixture *fixture)
{
  g_autoptr(BksScriptedServer) server = bks_scripted_server_new (0, NULL);
  BksRouter *router = bks_studio_get_router (fixture->studio);
  g_autoptr(BksCompletionRequest) request = bks_completion_request_new ("demo-writer");
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  g_autoptr(BksCall) call = NULL;

  app_await (bks_router_add_provider (router, "scripted", "openai", bks_scripted_server_get_url (server)));
  app_await (bks_router_list_models (router, "scripted", NULL));
  g_ptr_array_add (targets, bks_target_new ("scripted", "demo-writer"));
  bks_completion_request_add_message (request, "user", "Rain");
  call = bks_call_new (targets, request);
  app_await (bks_router_complete (router, call, NULL));
}

static GtkWidget *
show_usage (AppFixture *fixture)
{
  GtkWidget *dialog;

  use_once (fixture);
  dialog = show_preferences (fixture);
  adw_preferences_dialog_set_visible_page_name (ADW_PREFERENCES_DIALOG (dialog), "usage");
  app_wait_shown (dialog, "By Model");
  return dialog;
}

static GtkWidget *
show_limit (AppFixture *fixture)
{
  return show_dialog (fixture, ADW_DIALOG (bks_budget_dialog_new (app_fixture_get_providers (fixture), NULL)));
}

static GtkWidget *
show_price (AppFixture *fixture)
{
  return show_dialog (fixture, ADW_DIALOG (bks_price_dialog_new (app_fixture_get_providers (fixture), NULL)));
}

static GtkWidget *
show_local_model (AppFixture *fixture)
{
  BksRouter *router = bks_studio_get_router (fixture->studio);
  GtkWidget *dialog;

  app_await (bks_router_set_base_url (router, "ollama", "http://127.0.0.1:9"));
  dialog = show_dialog (fixture, ADW_DIALOG (bks_local_model_dialog_new (router)));
  app_wait_shown (dialog, "No Local Model Yet");
  return dialog;
}

static GtkWidget *
show_error (AppFixture *fixture)
{
  g_autoptr(GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "The disk is full");

  app_fixture_show (fixture, gtk_label_new ("behind"));
  bks_ui_present_error (GTK_WIDGET (fixture->window), "This File Cannot Be Imported", error);
  app_wait_shown (GTK_WIDGET (fixture->window), "This File Cannot Be Imported");
  return GTK_WIDGET (adw_window_get_visible_dialog (ADW_WINDOW (fixture->window)));
}

const AppPage app_pages[] = {
  { "library-empty", show_empty_library },
  { "library", show_library },
  { "library-nothing-found", show_nothing_found },
  { "new-book", show_new_book },
  { "studio", show_studio },
  { "studio-scene", show_studio_scene },
  { "studio-history", show_studio_history },
  { "studio-find", show_find },
  { "studio-focus-mode", show_focus_mode },
  { "comparison", show_comparison },
  { "studio-empty", show_empty_studio },
  { "book-details", show_book_details },
  { "preferences-providers", show_preferences },
  { "preferences-writing", show_writing },
  { "preferences-provider", show_provider },
  { "preferences-models", show_models },
  { "preferences-role", show_role },
  { "preferences-usage", show_usage },
  { "limit", show_limit },
  { "price", show_price },
  { "local-model", show_local_model },
  { "add-provider", show_add_provider },
  { "restore", show_restore },
  { "help", show_help },
  { "error", show_error },
};
const guint app_n_pages = G_N_ELEMENTS (app_pages);

static void
tear_down (AppFixture    *fixture,
           gconstpointer  data)
{
  g_settings_reset (fixture->settings, "inspector-page");
  g_settings_reset (fixture->settings, "focus-mode");
  /* A book is closed before its studio is. */
  g_object_set_data (G_OBJECT (fixture->window), "studio", NULL);
  app_fixture_tear_down (fixture, data);
}

/* One test a page, called @path and its name. */
void
app_pages_add_tests (const char *path,
                     void      (*test) (AppFixture    *fixture,
                                        gconstpointer  page))
{
  for (guint i = 0; i < app_n_pages; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s/%s", path, app_pages[i].name);

      g_test_add (name, AppFixture, &app_pages[i], app_fixture_set_up, test, tear_down);
    }
}

void
app_walk_mapped (GtkWidget     *root,
                 AppWidgetFunc  func,
                 gpointer       data)
{
  if (!gtk_widget_get_mapped (root))
    return;
  func (root, data);
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL; child = gtk_widget_get_next_sibling (child))
    if (!GTK_IS_NATIVE (child))
      app_walk_mapped (child, func, data);
}

static const char *
get_words (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget))
    return gtk_label_get_text (GTK_LABEL (widget));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      const char *words = GTK_IS_NATIVE (child) ? NULL : get_words (child);

      if (words != NULL && *words != '\0')
        return words;
    }
  return NULL;
}

/* For a failure's message. */
char *
app_describe (GtkWidget *widget)
{
  const char *words = get_words (widget);

  return g_strdup_printf ("%s “%s” (%s)", G_OBJECT_TYPE_NAME (widget), words != NULL ? words : "",
                          gtk_widget_get_tooltip_text (widget) != NULL ? gtk_widget_get_tooltip_text (widget) : "");
}

gboolean
app_is_within (GtkWidget  *widget,
               const char *type_name)
{
  GType type = g_type_from_name (type_name);

  for (GtkWidget *at = widget; at != NULL && type != 0; at = gtk_widget_get_parent (at))
    if (g_type_is_a (G_OBJECT_TYPE (at), type))
      return TRUE;
  return FALSE;
}
