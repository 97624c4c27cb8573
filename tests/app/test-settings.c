/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-fixture.h"
#include "bks-add-provider-dialog.h"
#include "bks-async.h"
#include "bks-models-page.h"
#include "bks-preferences-dialog.h"
#include "bks-provider-page.h"
#include "bks-scripted-server.h"

#define KEY "sk-test-0123456789abcdef"

static BksProviderInfo *
await_provider (AppFixture *fixture,
                const char *id)
{
  DexFuture *future = bks_router_get_provider (bks_studio_get_router (fixture->studio), id);
  BksProviderInfo *info;

  g_assert_true (bks_wait (dex_ref (future), NULL));
  info = g_value_dup_boxed (dex_future_get_value (future, NULL));
  dex_unref (future);
  return info;
}

static GtkWidget *
show_preferences (AppFixture *fixture)
{
  GtkWidget *dialog = bks_preferences_dialog_new (app_fixture_get_providers (fixture), fixture->settings);

  app_fixture_show (fixture, gtk_label_new ("behind"));
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (fixture->window));
  app_wait_shown (dialog, "Ollama");
  return dialog;
}

static GtkWidget *
show_provider (AppFixture *fixture,
               const char *id)
{
  GtkWidget *dialog = show_preferences (fixture);
  GtkWidget *page = GTK_WIDGET (bks_provider_page_new (fixture->providers, app_fixture_get_entry (fixture, id)));

  adw_preferences_dialog_push_subpage (ADW_PREFERENCES_DIALOG (dialog), ADW_NAVIGATION_PAGE (page));
  app_wait_shown (page, "Address");
  return page;
}

static void
test_list (AppFixture    *fixture,
           gconstpointer  data)
{
  GtkWidget *dialog = show_preferences (fixture);

  app_assert_shown (dialog, "On this computer, needs no key");
  app_assert_shown (dialog, "OpenAI");
  app_assert_shown (dialog, "No key");
  app_assert_shown (dialog, "_Add Provider…");
}

static void
test_key (AppFixture    *fixture,
          gconstpointer  data)
{
  GtkWidget *page = show_provider (fixture, "openai");
  GtkWidget *row = app_find_widget (page, ADW_TYPE_PASSWORD_ENTRY_ROW, NULL);

  gtk_editable_set_text (GTK_EDITABLE (row), KEY);
  g_signal_emit_by_name (row, "apply");
  /* It never comes back to the eye. */
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (row)), ==, "");
  app_wait_shown (page, "API Key · stored");
  app_assert_shown (page, "_Remove Key");
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (row)), ==, "");
}

static char *
await_key (AppFixture *fixture)
{
  g_autoptr(BksProviderInfo) info = await_provider (fixture, "openai");
  DexFuture *future = bks_secret_store_lookup (bks_studio_get_secrets (fixture->studio), "provider", info->id,
                                               info->origin);
  char *key;

  g_assert_true (bks_wait (dex_ref (future), NULL));
  key = g_value_dup_string (dex_future_get_value (future, NULL));
  dex_unref (future);
  return key;
}

static gboolean
is_key_gone (gpointer data)
{
  return !app_is_shown (data, "API Key · stored");
}

static void
test_remove_key_and_undo (AppFixture    *fixture,
                          gconstpointer  data)
{
  GtkWidget *page;
  GtkWidget *window = GTK_WIDGET (fixture->window);
  g_autofree char *key = NULL;
  g_autofree char *none = NULL;

  app_await (bks_router_set_key (bks_studio_get_router (fixture->studio), "openai", KEY));
  page = show_provider (fixture, "openai");
  g_signal_emit_by_name (app_find_widget (page, ADW_TYPE_BUTTON_ROW, "_Remove Key"), "activated");
  app_wait_shown (window, "Key removed");
  app_wait_for (is_key_gone, page, "the key to go");
  none = await_key (fixture);
  g_assert_null (none);
  app_click (window, "_Undo");
  app_wait_shown (page, "API Key · stored");
  key = await_key (fixture);
  g_assert_cmpstr (key, ==, KEY);
}

static void
test_address (AppFixture    *fixture,
              gconstpointer  data)
{
  GtkWidget *page = show_provider (fixture, "ollama");
  GtkWidget *row = app_find_widget (page, ADW_TYPE_ENTRY_ROW, "Address");

  gtk_editable_set_text (GTK_EDITABLE (row), "http://127.0.0.1:4321/api/chat");
  g_signal_emit_by_name (row, "apply");
  app_wait_shown (page, "Understood as http://127.0.0.1:4321");
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (row)), ==, "http://127.0.0.1:4321");
}

static void
test_wrong_address (AppFixture    *fixture,
                    gconstpointer  data)
{
  GtkWidget *page = show_provider (fixture, "ollama");
  GtkWidget *row = app_find_widget (page, ADW_TYPE_ENTRY_ROW, "Address");

  gtk_editable_set_text (GTK_EDITABLE (row), "not an address");
  g_signal_emit_by_name (row, "apply");
  app_wait_shown (GTK_WIDGET (fixture->window), "This Address Cannot Be Used");
}

static void
test_verdict_works (AppFixture    *fixture,
                    gconstpointer  data)
{
  g_autoptr(BksScriptedServer) server = bks_scripted_server_new (0, NULL);
  GtkWidget *page;

  app_await (bks_router_set_base_url (bks_studio_get_router (fixture->studio), "ollama",
                                      bks_scripted_server_get_url (server)));
  page = show_provider (fixture, "ollama");
  app_click (page, "_Test");
  app_wait_shown (page, "Works · 3 models");
}

static void
test_verdict_fails (AppFixture    *fixture,
                    gconstpointer  data)
{
  GtkWidget *page;

  app_await (bks_router_set_base_url (bks_studio_get_router (fixture->studio), "ollama", "http://127.0.0.1:9"));
  page = show_provider (fixture, "ollama");
  app_click (page, "_Test");
  app_wait_shown (page, "Nothing answers at http://127.0.0.1:9");
}

static void
test_writing (AppFixture    *fixture,
              gconstpointer  data)
{
  GtkWidget *dialog = show_preferences (fixture);
  GtkWidget *font;
  g_autofree char *family = NULL;

  adw_preferences_dialog_set_visible_page_name (ADW_PREFERENCES_DIALOG (dialog), "writing");
  app_wait_shown (dialog, "Typeface");
  font = app_find_widget (dialog, ADW_TYPE_COMBO_ROW, "Typeface");
  adw_combo_row_set_selected (ADW_COMBO_ROW (font), 2);
  adw_spin_row_set_value (ADW_SPIN_ROW (app_find_widget (dialog, ADW_TYPE_SPIN_ROW, "Type Size")), 24);
  adw_switch_row_set_active (ADW_SWITCH_ROW (app_find_widget (dialog, ADW_TYPE_SWITCH_ROW, "Check Spelling")), TRUE);
  family = g_settings_get_string (fixture->settings, "font-family");
  g_assert_cmpstr (family, ==, "mono");
  g_assert_cmpint (g_settings_get_int (fixture->settings, "font-size"), ==, 24);
  g_assert_true (g_settings_get_boolean (fixture->settings, "spell-check"));
  g_settings_reset (fixture->settings, "font-family");
  g_assert_cmpuint (adw_combo_row_get_selected (ADW_COMBO_ROW (font)), ==, 0);
  g_settings_reset (fixture->settings, "font-size");
}

static void
note_added (BksAddProviderDialog *dialog,
            const char           *id,
            char                **added)
{
  g_set_str (added, id);
}

static gboolean
is_set (gpointer data)
{
  return *(char **) data != NULL;
}

static void
test_add (AppFixture    *fixture,
          gconstpointer  data)
{
  GtkWidget *dialog = GTK_WIDGET (bks_add_provider_dialog_new (bks_studio_get_router (fixture->studio)));
  g_autofree char *added = NULL;
  g_autoptr(BksProviderInfo) info = NULL;

  app_fixture_show (fixture, gtk_label_new ("behind"));
  g_signal_connect (dialog, "added", G_CALLBACK (note_added), &added);
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (fixture->window));
  app_wait_shown (dialog, "Name");
  gtk_editable_set_text (GTK_EDITABLE (app_find_widget (dialog, ADW_TYPE_ENTRY_ROW, "Name")), "My Server");
  gtk_editable_set_text (GTK_EDITABLE (app_find_widget (dialog, ADW_TYPE_ENTRY_ROW, "Address")), "nonsense here");
  app_click (dialog, "_Add");
  /* A mistake is said where it was made, and can be mended there. */
  app_wait_shown (dialog, "address");
  gtk_editable_set_text (GTK_EDITABLE (app_find_widget (dialog, ADW_TYPE_ENTRY_ROW, "Address")),
                         "https://llm.example.org/v1");
  app_click (dialog, "_Add");
  app_wait_for (is_set, &added, "the provider to be added");
  g_assert_cmpstr (added, ==, "my-server");
  info = await_provider (fixture, "my-server");
  g_assert_cmpstr (info->name, ==, "My Server");
  g_assert_cmpstr (info->base_url, ==, "https://llm.example.org/v1");
}

static void
test_describe_model (void)
{
  g_autoptr(BksModel) model = bks_model_new ("openai", "gpt");
  g_autofree char *nothing = bks_models_page_describe (model);
  g_autofree char *facts = NULL;

  g_assert_cmpstr (nothing, ==, "price unknown");
  bks_model_set_window (model, 8000);
  bks_model_set_prices (model, BKS_MONEY_PER_DOLLAR / 1000000, BKS_MONEY_PER_DOLLAR / 500000);
  facts = bks_models_page_describe (model);
  g_assert_nonnull (strstr (facts, "$1.00 in, $2.00 out per million"));
}

#define ADD(name, func) \
  g_test_add ("/settings/" name, AppFixture, NULL, app_fixture_set_up, func, app_fixture_tear_down)

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  dex_init ();
  adw_init ();
  ADD ("list", test_list);
  ADD ("key", test_key);
  ADD ("remove-key-and-undo", test_remove_key_and_undo);
  ADD ("address", test_address);
  ADD ("wrong-address", test_wrong_address);
  ADD ("verdict-works", test_verdict_works);
  ADD ("verdict-fails", test_verdict_fails);
  ADD ("writing", test_writing);
  ADD ("add", test_add);
  g_test_add_func ("/settings/describe-model", test_describe_model);
  return g_test_run ();
}
