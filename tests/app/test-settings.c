/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-fixture.h"
#include "bks-add-provider-dialog.h"
#include "bks-async.h"
#include "bks-error.h"
#include "bks-memory-secret-store.h"
#include "bks-models-page.h"
#include "bks-preferences-dialog.h"
#include "bks-provider-page.h"
#include "bks-role-page.h"
#include "bks-scripted-server.h"
#include "bks-target-row.h"

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

/* How a provider stands */

static BksCircuit *
make_circuit (BksCircuitState state,
              BksError        reason,
              gint64          until_ms)
{
  BksCircuit *circuit = bks_circuit_new ("openai", "", "");

  circuit->state = state;
  circuit->reason = reason;
  circuit->until_ms = until_ms;
  return circuit;
}

static void
check_state (BksProviderEntry *entry,
             BksProviderState  state,
             const char       *words)
{
  g_autofree char *said = bks_provider_entry_dup_state (entry);

  g_assert_cmpint (bks_provider_entry_get_state (entry), ==, state);
  g_assert_cmpstr (said, ==, words);
}

static void
check_circuit (BksProviderEntry *entry,
               BksCircuitState   circuit_state,
               BksError          reason,
               gint64            until_ms,
               BksProviderState  state,
               const char       *words)
{
  g_autoptr(BksCircuit) circuit = make_circuit (circuit_state, reason, until_ms);

  bks_provider_entry_update (entry, bks_provider_entry_get_info (entry), circuit, NULL, NULL);
  check_state (entry, state, words);
}

static void
test_states (AppFixture    *fixture,
             gconstpointer  data)
{
  BksRouter *router = bks_studio_get_router (fixture->studio);
  BksProviderEntry *entry;
  g_autoptr(GDateTime) five_past_two = g_date_time_new_local (2026, 11, 28, 14, 5, 0);
  gint64 until = g_date_time_to_unix (five_past_two) * 1000;
  g_autoptr(GError) refused = g_error_new_literal (BKS_ERROR, BKS_ERROR_AUTH, "no");

  check_state (app_fixture_get_entry (fixture, "openai"), BKS_PROVIDER_NO_KEY, "No key");
  app_await (bks_router_set_key (router, "openai", KEY));
  entry = app_fixture_get_entry (fixture, "openai");
  check_state (entry, BKS_PROVIDER_READY, "Ready");
  check_circuit (entry, BKS_CIRCUIT_DEAD, BKS_ERROR_AUTH, 0, BKS_PROVIDER_KEY_REFUSED, "Key refused");
  check_circuit (entry, BKS_CIRCUIT_DEAD, BKS_ERROR_BILLING, 0, BKS_PROVIDER_NO_CREDIT, "Out of credit");
  check_circuit (entry, BKS_CIRCUIT_OPEN, BKS_ERROR_RATE, until, BKS_PROVIDER_RESTING,
                 "Resting until 14:05 · rate limit");
  check_circuit (entry, BKS_CIRCUIT_OPEN, BKS_ERROR_TRANSPORT, until, BKS_PROVIDER_OFFLINE, "Offline or not reachable");
  /* The next call finds out; nothing keeps it from being made. */
  check_circuit (entry, BKS_CIRCUIT_HALF_OPEN, BKS_ERROR_AUTH, 0, BKS_PROVIDER_READY, "Ready");
  bks_provider_entry_note_test (entry, refused, until);
  check_state (entry, BKS_PROVIDER_KEY_REFUSED, "Key refused · tested at 14:05");
  bks_provider_entry_note_test (entry, NULL, until);
  check_state (entry, BKS_PROVIDER_READY, "Ready");
}

static void
test_keyring_states (AppFixture    *fixture,
                     gconstpointer  data)
{
  BksMemorySecretStore *secrets = BKS_MEMORY_SECRET_STORE (bks_studio_get_secrets (fixture->studio));
  GtkWidget *dialog;

  bks_memory_secret_store_set_state (secrets, BKS_SECRET_LOCKED);
  dialog = show_preferences (fixture);
  app_wait_shown (dialog, "The keyring is locked");
  app_assert_shown (dialog, "Keyring locked");
  bks_memory_secret_store_set_state (secrets, BKS_SECRET_ABSENT);
  app_click (dialog, "_Unlock…");
  app_wait_shown (dialog, "No keyring is running");
  bks_memory_secret_store_set_state (secrets, BKS_SECRET_READY);
  app_click (dialog, "_Try Again");
  app_wait_shown (dialog, "No key");
}

/* It was there when the page opened. */
static void
test_keyring_locks_in_the_middle (AppFixture    *fixture,
                                  gconstpointer  data)
{
  BksMemorySecretStore *secrets = BKS_MEMORY_SECRET_STORE (bks_studio_get_secrets (fixture->studio));
  GtkWidget *page = show_provider (fixture, "openai");
  GtkWidget *row = app_find_widget (page, ADW_TYPE_PASSWORD_ENTRY_ROW, NULL);

  bks_memory_secret_store_set_state (secrets, BKS_SECRET_LOCKED);
  gtk_editable_set_text (GTK_EDITABLE (row), KEY);
  g_signal_emit_by_name (row, "apply");
  app_wait_shown (GTK_WIDGET (fixture->window), "The Key Was Not Stored");
  app_wait_shown (page, "The keyring is locked");
}

static void
enter_bad_key (GtkWidget  *window,
               GtkWidget  *page,
               const char *key,
               const char *cause)
{
  GtkWidget *row = app_find_widget (page, ADW_TYPE_PASSWORD_ENTRY_ROW, NULL);

  gtk_editable_set_text (GTK_EDITABLE (row), key);
  g_signal_emit_by_name (row, "apply");
  app_wait_shown (window, cause);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (row)), ==, "");
  app_click (window, "_Close");
  app_let_pass (50);
}

static void
test_bad_keys (AppFixture    *fixture,
               gconstpointer  data)
{
  GtkWidget *page = show_provider (fixture, "anthropic");
  GtkWidget *window = GTK_WIDGET (fixture->window);
  g_autofree char *long_text = g_strnfill (10240, 'x');
  g_autoptr(BksProviderInfo) info = NULL;

  enter_bad_key (window, page, "two words", "contains a space, a line break");
  enter_bad_key (window, page, "two\nlines", "contains a space, a line break");
  enter_bad_key (window, page, "sk-proj-0123456789abcdef", "looks like a key of OpenAI, not of Anthropic");
  enter_bad_key (window, page, long_text, "too long to be a key");
  info = await_provider (fixture, "anthropic");
  g_assert_cmpint (info->key_state, ==, BKS_KEY_MISSING);
}

static void
test_address_of_a_web_page (AppFixture    *fixture,
                            gconstpointer  data)
{
  g_autoptr(BksScriptedServer) server = bks_scripted_server_new (0, NULL);
  BksReply *reply = bks_reply_new (200, "text/html");
  GtkWidget *page;

  bks_reply_add_text (reply, "<!DOCTYPE html><title>Welcome</title><h1>It works</h1>");
  bks_scripted_server_push (server, NULL, reply);
  app_await (bks_router_set_base_url (bks_studio_get_router (fixture->studio), "ollama",
                                      bks_scripted_server_get_url (server)));
  page = show_provider (fixture, "ollama");
  app_click (page, "_Test");
  app_wait_shown (page, "Check the address: this may not be an AI provider.");
}

/* The order of a kind of work */

static void
set_order (AppFixture *fixture,
           const char *role)
{
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);

  g_ptr_array_add (targets, bks_target_new ("openai", "first"));
  g_ptr_array_add (targets, bks_target_new ("anthropic", "second"));
  g_ptr_array_add (targets, bks_target_new ("ollama", "third"));
  app_await (bks_router_set_role (bks_studio_get_router (fixture->studio), role, targets));
}

static char *
await_order (AppFixture *fixture,
             const char *role)
{
  DexFuture *future = bks_router_get_role (bks_studio_get_router (fixture->studio), role);
  g_autoptr(GString) order = g_string_new (NULL);
  GPtrArray *targets;

  g_assert_true (bks_wait (dex_ref (future), NULL));
  targets = g_value_get_boxed (dex_future_get_value (future, NULL));
  for (guint i = 0; i < targets->len; i++)
    g_string_append_printf (order, "%s%s", i > 0 ? " " : "", ((BksTarget *) g_ptr_array_index (targets, i))->model);
  dex_unref (future);
  return g_string_free (g_steal_pointer (&order), FALSE);
}

static void
wait_order (AppFixture *fixture,
            const char *role,
            const char *wanted)
{
  g_autofree char *order = NULL;

  for (guint i = 0; i < 100 && g_strcmp0 (order, wanted) != 0; i++)
    {
      app_let_pass (20);
      g_free (order);
      order = await_order (fixture, role);
    }
  g_assert_cmpstr (order, ==, wanted);
}

static void
test_order (AppFixture    *fixture,
            gconstpointer  data)
{
  GtkWidget *dialog = show_preferences (fixture);
  GtkWidget *window = GTK_WIDGET (fixture->window);
  GtkWidget *page, *row;

  set_order (fixture, "revise");
  app_wait_shown (dialog, "Who Does What");
  page = GTK_WIDGET (bks_role_page_new (fixture->providers, "revise"));
  adw_preferences_dialog_push_subpage (ADW_PREFERENCES_DIALOG (dialog), ADW_NAVIGATION_PAGE (page));
  app_wait_shown (page, "third");
  row = app_find_widget (page, BKS_TYPE_TARGET_ROW, "third");
  gtk_widget_activate_action (row, "target.up", NULL);
  wait_order (fixture, "revise", "first third second");
  /* By dragging: the last is dropped on the first. */
  g_signal_emit_by_name (app_find_widget (page, BKS_TYPE_TARGET_ROW, "first"), "take",
                         app_find_widget (page, BKS_TYPE_TARGET_ROW, "second"));
  wait_order (fixture, "revise", "second first third");
  gtk_widget_activate_action (app_find_widget (page, BKS_TYPE_TARGET_ROW, "first"), "target.remove", NULL);
  wait_order (fixture, "revise", "second third");
  app_click (window, "_Undo");
  wait_order (fixture, "revise", "second first third");
  g_signal_emit_by_name (app_find_widget (page, ADW_TYPE_BUTTON_ROW, "_Use Standard Order"), "activated");
  wait_order (fixture, "revise", "");
}

static void
test_models_at_once (AppFixture    *fixture,
                     gconstpointer  data)
{
  GtkWidget *dialog = show_preferences (fixture);
  GtkWidget *page = GTK_WIDGET (bks_models_page_new (fixture->providers, "anthropic"));

  /* Nobody was asked yet, and nobody answers: the table knows some, with window and price. */
  adw_preferences_dialog_push_subpage (ADW_PREFERENCES_DIALOG (dialog), ADW_NAVIGATION_PAGE (page));
  app_wait_shown (page, "200");
  app_wait_shown (page, "per million");
  app_wait_shown (page, "Enter an API key for this address.");
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
  ADD ("states", test_states);
  ADD ("keyring-states", test_keyring_states);
  ADD ("keyring-locks-in-the-middle", test_keyring_locks_in_the_middle);
  ADD ("bad-keys", test_bad_keys);
  ADD ("address-of-a-web-page", test_address_of_a_web_page);
  ADD ("order", test_order);
  ADD ("models-at-once", test_models_at_once);
  ADD ("writing", test_writing);
  ADD ("add", test_add);
  g_test_add_func ("/settings/describe-model", test_describe_model);
  return g_test_run ();
}
