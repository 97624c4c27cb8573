/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every control says what it is: to the eye by words or a tooltip, to a screen reader by a name. */
#include "app-fixture.h"
#include "bks-add-provider-dialog.h"
#include "bks-help-dialog.h"
#include "bks-library-page.h"
#include "bks-models-page.h"
#include "bks-new-book-dialog.h"
#include "bks-preferences-dialog.h"
#include "bks-provider-page.h"
#include "bks-providers-page.h"
#include "bks-role-page.h"
#include "bks-studio-page.h"
#include "bks-writing-page.h"

static gboolean
has_words (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget))
    return *gtk_label_get_label (GTK_LABEL (widget)) != '\0';
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    if (!GTK_IS_NATIVE (child) && has_words (child))
      return TRUE;
  return FALSE;
}

static gboolean
has_name (GtkWidget *widget)
{
  return gtk_test_accessible_has_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL) ||
         gtk_test_accessible_has_relation (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
}

/* What the toolkit puts into its own widgets it names itself. */
static gboolean
is_ours (GtkWidget *widget)
{
  static const char *const foreign[] = {
    "AdwBackButton", "AdwSheetControls", "AdwComboRow", "AdwEntryRow", "AdwPasswordEntryRow", "AdwSpinRow", "AdwSwitchRow",
    "GtkWindowControls", "GtkSearchEntry", "GtkSearchBar", "AdwInlineViewSwitcher",
    "AdwViewSwitcher", "AdwViewSwitcherBar", "GtkScrollbar", "AdwBanner", "GtkTextView",
  };

  for (GtkWidget *at = gtk_widget_get_parent (widget); at != NULL; at = gtk_widget_get_parent (at))
    for (guint i = 0; i < G_N_ELEMENTS (foreign); i++)
      {
        GType type = g_type_from_name (foreign[i]);

        if (type != 0 && G_OBJECT_TYPE (at) == type)
          return FALSE;
      }
  return TRUE;
}

static void
check_widget (GtkWidget *widget,
              GPtrArray *nameless)
{
  gboolean button = GTK_IS_BUTTON (widget) || GTK_IS_MENU_BUTTON (widget);
  gboolean other = GTK_IS_TEXT_VIEW (widget) || GTK_IS_SEARCH_ENTRY (widget) || GTK_IS_LIST_VIEW (widget) ||
                   GTK_IS_GRID_VIEW (widget) || GTK_IS_TEXT (widget) || ADW_IS_SPINNER (widget);
  gboolean bad = FALSE;

  if (GTK_IS_MENU_BUTTON (widget) || (GTK_IS_BUTTON (widget) && !GTK_IS_MENU_BUTTON (gtk_widget_get_parent (widget))))
    bad = button && is_ours (widget) && !has_words (widget) &&
          (gtk_widget_get_tooltip_text (widget) == NULL || !has_name (widget));
  else if (ADW_IS_PREFERENCES_ROW (widget))
    bad = *adw_preferences_row_get_title (ADW_PREFERENCES_ROW (widget)) == '\0';
  else if (other && is_ours (widget) && !ADW_IS_SPINNER (widget))
    bad = !has_name (widget);
  if (bad)
    g_ptr_array_add (nameless, g_strdup_printf ("%s in %s", G_OBJECT_TYPE_NAME (widget),
                                                G_OBJECT_TYPE_NAME (gtk_widget_get_parent (widget))));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    check_widget (child, nameless);
}

static void
assert_all_named (GtkWidget *root)
{
  g_autoptr(GPtrArray) nameless = g_ptr_array_new_with_free_func (g_free);

  check_widget (root, nameless);
  if (nameless->len > 0)
    g_error ("Without a name: %s", (char *) g_ptr_array_index (nameless, 0));
}

static void
test_checks (AppFixture    *fixture,
             gconstpointer  data)
{
  g_autoptr(GPtrArray) nameless = g_ptr_array_new_with_free_func (g_free);

  /* That it finds what it looks for. */
  app_fixture_show (fixture, gtk_button_new_from_icon_name ("list-add-symbolic"));
  check_widget (GTK_WIDGET (fixture->window), nameless);
  g_assert_cmpuint (nameless->len, ==, 1);
}

static void
show_page (AppFixture *fixture,
           GtkWidget  *page)
{
  GtkWidget *navigation = adw_navigation_view_new ();

  adw_navigation_view_add (ADW_NAVIGATION_VIEW (navigation), ADW_NAVIGATION_PAGE (page));
  app_fixture_show (fixture, navigation);
  app_let_pass (300);
}

static void
test_library (AppFixture    *fixture,
              gconstpointer  data)
{
  g_autoptr(BksBook) book = app_await_book (bks_studio_create_book (fixture->studio, "Book", "Ana"));

  show_page (fixture, GTK_WIDGET (bks_library_page_new (fixture->studio, NULL)));
  assert_all_named (GTK_WIDGET (fixture->window));
}

static void
test_studio (AppFixture    *fixture,
             gconstpointer  data)
{
  g_autoptr(BksBookSession) session = app_fixture_new_book (fixture, "# Book\n\n## One\n\nText.\n");
  BksStudioPage *page = bks_studio_page_new (fixture->studio, session, fixture->settings, NULL, NULL);

  show_page (fixture, GTK_WIDGET (page));
  assert_all_named (GTK_WIDGET (fixture->window));
  bks_studio_page_leave (page);
  app_await (bks_book_session_close (session));
}

static void
check_dialog (AppFixture *fixture,
              GtkWidget  *dialog)
{
  app_fixture_show (fixture, gtk_label_new ("behind"));
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (fixture->window));
  app_let_pass (400);
  assert_all_named (dialog);
}

static void
test_dialogs (AppFixture    *fixture,
              gconstpointer  data)
{
  check_dialog (fixture, GTK_WIDGET (bks_new_book_dialog_new ()));
}

static void
test_help (AppFixture    *fixture,
           gconstpointer  data)
{
  check_dialog (fixture, bks_help_dialog_new ());
}

static void
test_preferences (AppFixture    *fixture,
                  gconstpointer  data)
{
  GtkWidget *dialog = bks_preferences_dialog_new (app_fixture_get_providers (fixture), fixture->settings);

  app_fixture_show (fixture, gtk_label_new ("behind"));
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (fixture->window));
  app_wait_shown (dialog, "Ollama");
  /* The pages; the frame around them is the toolkit's. */
  assert_all_named (app_find_widget (dialog, BKS_TYPE_PROVIDERS_PAGE, NULL));
  assert_all_named (app_find_widget (dialog, BKS_TYPE_WRITING_PAGE, NULL));
}

static void
test_add_provider (AppFixture    *fixture,
                   gconstpointer  data)
{
  check_dialog (fixture, GTK_WIDGET (bks_add_provider_dialog_new (bks_studio_get_router (fixture->studio))));
}

static void
test_provider (AppFixture    *fixture,
               gconstpointer  data)
{
  BksProviderEntry *entry = app_fixture_get_entry (fixture, "openai");

  show_page (fixture, GTK_WIDGET (bks_provider_page_new (fixture->providers, entry)));
  assert_all_named (GTK_WIDGET (fixture->window));
}

static void
test_role (AppFixture    *fixture,
           gconstpointer  data)
{
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);

  g_ptr_array_add (targets, bks_target_new ("openai", "gpt-5"));
  g_ptr_array_add (targets, bks_target_new ("ollama", "gemma3"));
  app_await (bks_router_set_role (bks_studio_get_router (fixture->studio), "draft", targets));
  show_page (fixture, GTK_WIDGET (bks_role_page_new (app_fixture_get_providers (fixture), "draft")));
  app_wait_shown (GTK_WIDGET (fixture->window), "gpt-5");
  assert_all_named (GTK_WIDGET (fixture->window));
}

static void
test_models (AppFixture    *fixture,
             gconstpointer  data)
{
  show_page (fixture, GTK_WIDGET (bks_models_page_new (app_fixture_get_providers (fixture), "anthropic")));
  assert_all_named (GTK_WIDGET (fixture->window));
}

static void
test_shortcuts (void)
{
  g_autoptr(GtkBuilder) builder = gtk_builder_new_from_resource ("/com/humanizer/BookStudio/gtk/help-overlay.ui");

  g_assert_nonnull (gtk_builder_get_object (builder, "help_overlay"));
}

#define ADD(name, func) \
  g_test_add ("/names/" name, AppFixture, NULL, app_fixture_set_up, func, app_fixture_tear_down)

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  dex_init ();
  adw_init ();
  ADD ("checks", test_checks);
  ADD ("library", test_library);
  ADD ("studio", test_studio);
  ADD ("dialogs", test_dialogs);
  ADD ("help", test_help);
  ADD ("preferences", test_preferences);
  ADD ("add-provider", test_add_provider);
  ADD ("provider", test_provider);
  ADD ("role", test_role);
  ADD ("models", test_models);
  g_test_add_func ("/names/shortcuts", test_shortcuts);
  return g_test_run ();
}
