/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-fixture.h"
#include "bks-async.h"
#include "bks-budget-dialog.h"
#include "bks-local-model-dialog.h"
#include "bks-preferences-dialog.h"
#include "bks-price-dialog.h"
#include "bks-router-money.h"
#include "bks-router-prices.h"
#include "bks-scripted-server.h"
#include "bks-usage-chart.h"
#include "bks-wording.h"

#define CENT (BKS_MONEY_PER_DOLLAR / 100)

static BksUsageBar *
make_bar (const char *name,
          BksMoney    first,
          BksMoney    second,
          gint64      calls)
{
  BksUsageBar *bar = bks_usage_bar_new (name, 2);

  g_array_index (bar->costs, BksMoney, 0) = first;
  g_array_index (bar->costs, BksMoney, 1) = second;
  bar->cost = first + second;
  bar->calls = calls;
  return bar;
}

static BksUsageChart *
show_chart (AppFixture *fixture)
{
  static const char *const providers[] = { "Anthropic", "OpenAI", NULL };
  BksUsageChart *chart = g_object_new (BKS_TYPE_USAGE_CHART, NULL);
  GPtrArray *bars = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_usage_bar_free);

  g_ptr_array_add (bars, make_bar ("1 May", 20 * CENT, 5 * CENT, 4));
  g_ptr_array_add (bars, make_bar ("2 May", 0, 0, 0));
  g_ptr_array_add (bars, make_bar ("3 May", 0, 7 * CENT, 1));
  bks_usage_chart_set_data (chart, providers, bars, 31, 30 * CENT, "daily limit");
  app_fixture_show (fixture, GTK_WIDGET (chart));
  gtk_test_widget_wait_for_draw (GTK_WIDGET (chart));
  return chart;
}

static void
press (BksUsageChart *chart,
       guint          key)
{
  GListModel *controllers = gtk_widget_observe_controllers (GTK_WIDGET (chart));
  gboolean found = FALSE;

  /* The class's shortcuts, as the key would find them. */
  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr(GObject) controller = g_list_model_get_item (controllers, i);

      if (!GTK_IS_SHORTCUT_CONTROLLER (controller))
        continue;
      for (guint j = 0; j < g_list_model_get_n_items (G_LIST_MODEL (controller)); j++)
        {
          g_autoptr(GtkShortcut) shortcut = g_list_model_get_item (G_LIST_MODEL (controller), j);
          GtkShortcutTrigger *trigger = gtk_shortcut_get_trigger (shortcut);

          if (!GTK_IS_KEYVAL_TRIGGER (trigger) || gtk_keyval_trigger_get_keyval (GTK_KEYVAL_TRIGGER (trigger)) != key)
            continue;
          gtk_shortcut_action_activate (gtk_shortcut_get_action (shortcut), 0, GTK_WIDGET (chart),
                                        gtk_shortcut_get_arguments (shortcut));
          found = TRUE;
        }
    }
  g_object_unref (controllers);
  g_assert_true (found);
}

static void
check_day (BksUsageChart *chart,
           int            day,
           const char    *detail)
{
  g_assert_cmpint (bks_usage_chart_get_focused (chart), ==, day);
  g_assert_cmpstr (bks_usage_chart_get_detail (chart), ==, detail);
}

/* What a screen reader is told is in the journey: GTK's accessibility for tests cannot announce (4.18.6). */
static void
test_chart_by_keyboard (AppFixture    *fixture,
                        gconstpointer  data)
{
  BksUsageChart *chart = show_chart (fixture);

  gtk_widget_grab_focus (GTK_WIDGET (chart));
  press (chart, GDK_KEY_End);
  check_day (chart, 2, "3 May: $0.07 · OpenAI $0.07");
  press (chart, GDK_KEY_Left);
  check_day (chart, 1, "2 May: not used");
  press (chart, GDK_KEY_Left);
  check_day (chart, 0, "1 May: $0.25 · Anthropic $0.20 · OpenAI $0.05");
  press (chart, GDK_KEY_Left);
  check_day (chart, 0, "1 May: $0.25 · Anthropic $0.20 · OpenAI $0.05");
  press (chart, GDK_KEY_Right);
  check_day (chart, 1, "2 May: not used");
}

/* Time runs the way one reads. */
static void
test_chart_right_to_left (AppFixture    *fixture,
                          gconstpointer  data)
{
  BksUsageChart *chart = show_chart (fixture);

  gtk_widget_set_direction (GTK_WIDGET (chart), GTK_TEXT_DIR_RTL);
  press (chart, GDK_KEY_Home);
  press (chart, GDK_KEY_Left);
  g_assert_cmpint (bks_usage_chart_get_focused (chart), ==, 1);
}

static GtkWidget *
show_usage (AppFixture *fixture)
{
  GtkWidget *dialog = bks_preferences_dialog_new (app_fixture_get_providers (fixture), fixture->settings);

  app_fixture_show (fixture, gtk_label_new ("behind"));
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (fixture->window));
  adw_preferences_dialog_set_visible_page_name (ADW_PREFERENCES_DIALOG (dialog), "usage");
  return dialog;
}

static void
test_unused (AppFixture    *fixture,
             gconstpointer  data)
{
  GtkWidget *dialog = show_usage (fixture);

  app_wait_shown (dialog, "Nothing Used This Month");
  app_wait_shown (dialog, "Prices as of");
  g_assert_false (app_is_shown (dialog, "By Model"));
}

static BksBudget *
await_budget (AppFixture *fixture)
{
  DexFuture *future = bks_router_list_budgets (bks_studio_get_router (fixture->studio));
  GPtrArray *budgets;
  BksBudget *found = NULL;

  g_assert_true (bks_wait (dex_ref (future), NULL));
  budgets = g_value_get_boxed (dex_future_get_value (future, NULL));
  for (guint i = 0; i < budgets->len; i++)
    {
      BksBudget *budget = g_ptr_array_index (budgets, i);

      if (g_str_equal (budget->scope, "global") && g_str_equal (budget->period, "month"))
        found = bks_budget_ref (budget);
    }
  dex_unref (future);
  g_assert_nonnull (found);
  return found;
}

static void
check_budget (AppFixture *fixture,
              BksMoney    hard,
              BksMoney    soft)
{
  g_autoptr(BksBudget) budget = await_budget (fixture);

  g_assert_cmpint (budget->hard, ==, hard);
  g_assert_cmpint (budget->soft, ==, soft);
}

static gboolean
is_alone (gpointer data)
{
  return app_find_widget (data, BKS_TYPE_BUDGET_DIALOG, NULL) == NULL;
}

static gboolean
is_without_limit (gpointer data)
{
  return !app_is_shown (data, "Monthly Limit");
}

/* Presses it in the dialog of the limit, and waits until that is away. */
static void
press_set (GtkWidget *window)
{
  app_click (app_find_widget (window, BKS_TYPE_BUDGET_DIALOG, NULL), "_Set");
  app_wait_for (is_alone, window, "the dialog to close");
}

static void
test_limit (AppFixture    *fixture,
            gconstpointer  data)
{
  GtkWidget *dialog = show_usage (fixture);
  GtkWidget *window = GTK_WIDGET (fixture->window);
  GtkWidget *row;

  app_wait_shown (dialog, "Set a _Limit…");
  g_signal_emit_by_name (app_find_widget (dialog, ADW_TYPE_BUTTON_ROW, "Set a _Limit…"), "activated");
  app_wait_shown (window, "Stop There");
  adw_spin_row_set_value (ADW_SPIN_ROW (app_find_widget (window, ADW_TYPE_SPIN_ROW, "Amount")), 2.5);
  press_set (window);
  app_wait_shown (dialog, "$2.50, unused · calls stop before it is passed");
  check_budget (fixture, 250 * CENT, BKS_UNLIMITED);

  /* Only a warning now. */
  row = app_find_widget (dialog, ADW_TYPE_ACTION_ROW, "Monthly Limit");
  gtk_widget_activate (row);
  app_wait_shown (window, "_Remove Limit");
  adw_switch_row_set_active (ADW_SWITCH_ROW (app_find_widget (window, ADW_TYPE_SWITCH_ROW, "Stop There")), FALSE);
  press_set (window);
  app_wait_shown (dialog, "$2.50, unused · warns only");
  check_budget (fixture, BKS_UNLIMITED, 250 * CENT);

  row = app_find_widget (dialog, ADW_TYPE_ACTION_ROW, "Monthly Limit");
  gtk_widget_activate (row);
  app_wait_shown (window, "_Remove Limit");
  g_signal_emit_by_name (app_find_widget (app_find_widget (window, BKS_TYPE_BUDGET_DIALOG, NULL), ADW_TYPE_BUTTON_ROW,
                                          "_Remove Limit"), "activated");
  app_wait_shown (window, "Limit removed");
  app_wait_for (is_without_limit, dialog, "the limit to go");
  check_budget (fixture, BKS_UNLIMITED, BKS_UNLIMITED);
  app_click (window, "_Undo");
  app_wait_shown (dialog, "$2.50, unused · warns only");
  check_budget (fixture, BKS_UNLIMITED, 250 * CENT);
}

static gboolean
is_without_price_dialog (gpointer data)
{
  return app_find_widget (data, BKS_TYPE_PRICE_DIALOG, NULL) == NULL;
}

static void
test_own_price (AppFixture    *fixture,
                gconstpointer  data)
{
  GtkWidget *dialog = show_usage (fixture);
  GtkWidget *window = GTK_WIDGET (fixture->window);
  GtkWidget *price;
  BksRouter *router = bks_studio_get_router (fixture->studio);

  app_wait_shown (dialog, "Set a _Price…");
  g_signal_emit_by_name (app_find_widget (dialog, ADW_TYPE_BUTTON_ROW, "Set a _Price…"), "activated");
  app_wait_shown (window, "What comes back");
  price = app_find_widget (window, BKS_TYPE_PRICE_DIALOG, NULL);
  adw_combo_row_set_selected (ADW_COMBO_ROW (app_find_widget (price, ADW_TYPE_COMBO_ROW, "Provider")), 1);
  gtk_editable_set_text (GTK_EDITABLE (app_find_widget (price, ADW_TYPE_ENTRY_ROW, "Model")), "mine");
  adw_spin_row_set_value (ADW_SPIN_ROW (app_find_widget (price, ADW_TYPE_SPIN_ROW, "Read")), 1.25);
  adw_spin_row_set_value (ADW_SPIN_ROW (app_find_widget (price, ADW_TYPE_SPIN_ROW, "Written")), 5);
  app_click (price, "_Set");
  app_wait_for (is_without_price_dialog, window, "the dialog to close");
  app_wait_shown (dialog, "OpenAI · $1.25 in, $5.00 out per million");
  g_assert_cmpint (bks_router_price (router, "openai", "mine", 1000000, 0), ==, 125 * CENT);
  gtk_widget_activate (app_find_widget (dialog, ADW_TYPE_ACTION_ROW, "mine"));
  app_wait_shown (window, "_Remove Price");
  g_signal_emit_by_name (app_find_widget (window, ADW_TYPE_BUTTON_ROW, "_Remove Price"), "activated");
  for (guint i = 0; i < 100 && bks_router_price (router, "openai", "mine", 1, 1) != BKS_MONEY_UNKNOWN; i++)
    app_let_pass (20);
  g_assert_cmpint (bks_router_price (router, "openai", "mine", 1, 1), ==, BKS_MONEY_UNKNOWN);
}

static void
test_local_model (AppFixture    *fixture,
                  gconstpointer  data)
{
  g_autoptr(BksScriptedServer) server = bks_scripted_server_new (0, NULL);
  BksRouter *router = bks_studio_get_router (fixture->studio);
  GtkWidget *dialog;

  app_await (bks_router_set_base_url (router, "ollama", "http://127.0.0.1:9"));
  app_await (bks_router_set_base_url (router, "lmstudio", "http://127.0.0.1:9/v1"));
  app_await (bks_router_set_base_url (router, "llamacpp", "http://127.0.0.1:9/v1"));
  app_fixture_show (fixture, gtk_label_new ("behind"));
  dialog = GTK_WIDGET (bks_local_model_dialog_new (router));
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (fixture->window));
  app_wait_shown (dialog, "No Local Model Yet");
  app_assert_shown (dialog, "_Get Ollama");
  app_await (bks_router_set_base_url (router, "ollama", bks_scripted_server_get_url (server)));
  app_click (dialog, "_Look Again");
  app_wait_shown (dialog, "A Local Model Is Ready");
  app_click (dialog, "_Use It");
}

static void
test_threshold_words (void)
{
  g_autoptr(BksAllowance) allowance = bks_allowance_new ();
  g_autofree char *most = NULL;
  g_autofree char *reached = NULL;
  g_autofree char *passed = NULL;

  allowance->scope = g_strdup ("global");
  allowance->period = g_strdup ("month");
  allowance->used = 802 * CENT;
  allowance->limit = 1000 * CENT;
  most = bks_wording_threshold (80, allowance);
  g_assert_cmpstr (most, ==, "80 % of this month's limit is spent: $8.02 of $10.00");
  reached = bks_wording_threshold (100, allowance);
  g_assert_cmpstr (reached, ==, "this month's limit is reached: $8.02 of $10.00");
  passed = bks_wording_threshold (0, allowance);
  g_assert_nonnull (strstr (passed, "cost more than was set aside"));
}

#define ADD(name, func) \
  g_test_add ("/usage/" name, AppFixture, NULL, app_fixture_set_up, func, app_fixture_tear_down)

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  dex_init ();
  adw_init ();
  ADD ("chart-by-keyboard", test_chart_by_keyboard);
  ADD ("chart-right-to-left", test_chart_right_to_left);
  ADD ("unused", test_unused);
  ADD ("limit", test_limit);
  ADD ("own-price", test_own_price);
  ADD ("local-model", test_local_model);
  g_test_add_func ("/usage/threshold-words", test_threshold_words);
  return g_test_run ();
}
