/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-ai-bus.h"
#include "bks-ai1.h"
#include "bks-async.h"
#include "bks-bus-caller.h"
#include "bks-error.h"
#include "bks-router-money.h"
#include "bks-window.h"
#include "bks-wording.h"

#define OBJECT_PATH "/com/humanizer/BookStudio/Ai1"
#define ERROR_PREFIX "com.humanizer.BookStudio.Ai1.Error."
#define TOKENS_PER_PRICE 1000000

struct _BksAiBus
{
  GObject parent_instance;

  BksApplication *application; /* unowned: it owns this */
  BksAi1         *skeleton;
  gboolean        asking;      /* a question is before the person */
  gint64          checked_at;  /* monotonic ms of the last check of a key; -1 */
};

G_DEFINE_FINAL_TYPE (BksAiBus, bks_ai_bus, G_TYPE_OBJECT)

typedef struct _Call Call;

/* Fiber. Answers the invocation and returns %TRUE, or leaves it and sets @error. */
typedef gboolean (*Steps) (Call    *call,
                           GError **error);

struct _Call
{
  BksAiBus              *self;
  GDBusMethodInvocation *invocation;
  Steps                  steps;
  char                  *provider;
  char                  *text;        /* a key, or how to sum up */
  gint64                 since;
  DexCancellable        *cancellable; /* once the caller has left */
  guint                  watch_id;
};

static void
call_free (gpointer data)
{
  Call *call = data;

  if (call->watch_id != 0)
    g_bus_unwatch_name (call->watch_id);
  g_application_release (G_APPLICATION (call->self->application));
  dex_clear (&call->cancellable);
  g_object_unref (call->invocation);
  g_object_unref (call->self);
  if (call->text != NULL)
    explicit_bzero (call->text, strlen (call->text));
  g_free (call->text);
  g_free (call->provider);
  g_free (call);
}

static BksStudio *
get_studio (Call *call)
{
  return bks_application_get_studio (call->self->application);
}

static BksRouter *
get_router (Call *call)
{
  return bks_studio_get_router (get_studio (call));
}

static void
answer_error (Call         *call,
              const GError *error)
{
  g_autofree char *name = g_strconcat (ERROR_PREFIX, bks_error_get_class_name (error), NULL);
  g_autofree char *message = bks_wording_error (error);

  g_dbus_method_invocation_return_dbus_error (g_object_ref (call->invocation), name, message);
}

static DexFuture *
call_fiber (gpointer data)
{
  Call *call = data;
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_application_wait_studio (call->self->application), &error) || !call->steps (call, &error))
    answer_error (call, error);
  return NULL;
}

static void
vanished_cb (GDBusConnection *connection,
             const char      *name,
             gpointer         data)
{
  dex_cancellable_cancel (DEX_CANCELLABLE (data));
}

/* The application stays until the answer is sent, also where no window is open. */
static void
start (BksAiBus              *self,
       GDBusMethodInvocation *invocation,
       Steps                  steps,
       const char            *provider,
       const char            *text,
       gint64                 since)
{
  Call *call = g_new0 (Call, 1);

  call->self = g_object_ref (self);
  call->invocation = g_object_ref (invocation);
  call->steps = steps;
  call->provider = g_strdup (provider);
  call->text = g_strdup (text);
  call->since = since;
  call->cancellable = dex_cancellable_new ();
  call->watch_id = g_bus_watch_name_on_connection (g_dbus_method_invocation_get_connection (invocation),
                                                   g_dbus_method_invocation_get_sender (invocation),
                                                   G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, vanished_cb,
                                                   dex_ref (call->cancellable), dex_unref);
  g_application_hold (G_APPLICATION (self->application));
  dex_future_disown (bks_spawn_finally (call_fiber, call, call_free));
}

/* Providers, models, usage */

static GVariant *
describe_provider (const BksProviderInfo *info)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "id", "s", info->id);
  g_variant_dict_insert (&dict, "name", "s", info->name);
  g_variant_dict_insert (&dict, "protocol", "s", info->protocol);
  g_variant_dict_insert (&dict, "base-url", "s", info->base_url != NULL ? info->base_url : "");
  g_variant_dict_insert (&dict, "state", "s", bks_provider_info_get_state (info));
  g_variant_dict_insert (&dict, "has-key", "b",
                         info->key_state == BKS_KEY_STORED || info->key_state == BKS_KEY_ENVIRONMENT);
  g_variant_dict_insert (&dict, "local", "b", info->local);
  g_variant_dict_insert (&dict, "preset", "b", info->preset);
  return g_variant_dict_end (&dict);
}

static gboolean
get_providers (Call    *call,
               GError **error)
{
  g_autoptr(GPtrArray) infos = dex_await_boxed (bks_router_list_providers (get_router (call)), error);
  GVariantBuilder list = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  if (infos == NULL)
    return FALSE;
  for (guint i = 0; i < infos->len; i++)
    g_variant_builder_add_value (&list, describe_provider (g_ptr_array_index (infos, i)));
  bks_ai1_complete_get_providers (call->self->skeleton, g_object_ref (call->invocation),
                                  g_variant_builder_end (&list));
  return TRUE;
}

static void
insert_price (GVariantDict *dict,
              const char   *name,
              BksMoney      a_token)
{
  BksMoney price;
  g_autofree char *text = NULL;

  if (a_token == BKS_MONEY_UNKNOWN || !bks_money_multiply (a_token, TOKENS_PER_PRICE, &price))
    return;
  text = bks_money_format (price);
  g_variant_dict_insert (dict, name, "s", text);
}

static GVariant *
describe_model (BksModel *model)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "id", "s", bks_model_get_id (model));
  if (bks_model_get_window (model) > 0)
    g_variant_dict_insert (&dict, "window", "x", bks_model_get_window (model));
  insert_price (&dict, "input-usd", bks_model_get_input_price (model));
  insert_price (&dict, "output-usd", bks_model_get_output_price (model));
  return g_variant_dict_end (&dict);
}

static gboolean
get_models (Call    *call,
            GError **error)
{
  g_autoptr(GPtrArray) models = NULL;
  GVariantBuilder list = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  if (!dex_await (bks_router_load_prices (get_router (call)), error))
    return FALSE;
  models = dex_await_boxed (bks_router_list_models (get_router (call), call->provider, call->cancellable), error);
  if (models == NULL)
    return FALSE;
  for (guint i = 0; i < models->len; i++)
    {
      g_autoptr(BksModel) model = bks_router_describe_model (get_router (call), call->provider,
                                                             bks_model_get_id (g_ptr_array_index (models, i)));

      g_variant_builder_add_value (&list, describe_model (model));
    }
  bks_ai1_complete_get_models (call->self->skeleton, g_object_ref (call->invocation),
                               g_variant_builder_end (&list));
  return TRUE;
}

static GVariant *
describe_usage (const BksUsageRow *row)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "label", "s", row->label != NULL ? row->label : "");
  g_variant_dict_insert (&dict, "calls", "x", row->calls);
  g_variant_dict_insert (&dict, "input", "x", row->input);
  g_variant_dict_insert (&dict, "output", "x", row->output);
  g_variant_dict_insert (&dict, "unknown-costs", "x", row->unknown_costs);
  if (row->unknown_costs < row->calls && row->cost != BKS_MONEY_UNKNOWN)
    {
      g_autofree char *cost = bks_money_format (row->cost);

      g_variant_dict_insert (&dict, "cost-usd", "s", cost);
    }
  return g_variant_dict_end (&dict);
}

static gboolean
get_usage (Call    *call,
           GError **error)
{
  g_autoptr(GPtrArray) rows = dex_await_boxed (bks_router_list_usage (get_router (call), call->since, call->text),
                                               error);
  GVariantBuilder list = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  if (rows == NULL)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    g_variant_builder_add_value (&list, describe_usage (g_ptr_array_index (rows, i)));
  bks_ai1_complete_get_usage (call->self->skeleton, g_object_ref (call->invocation), g_variant_builder_end (&list));
  return TRUE;
}

/* Health and plan */

static const char *
get_class (BksError reason)
{
  GError error = { .domain = BKS_ERROR, .code = (int) reason };

  return bks_error_get_class_name (&error);
}

static GVariant *
describe_circuit (const BksCircuit *circuit)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "provider", "s", circuit->provider);
  g_variant_dict_insert (&dict, "model", "s", circuit->model);
  g_variant_dict_insert (&dict, "state", "s", bks_circuit_state_to_string (circuit->state));
  g_variant_dict_insert (&dict, "reason", "s", circuit->state != BKS_CIRCUIT_CLOSED ? get_class (circuit->reason) : "");
  if (circuit->until_ms > 0)
    g_variant_dict_insert (&dict, "until", "x", circuit->until_ms);
  return g_variant_dict_end (&dict);
}

static gboolean
get_health (Call    *call,
            GError **error)
{
  g_autoptr(GPtrArray) circuits = dex_await_boxed (bks_router_list_health (get_router (call)), error);
  GVariantBuilder list = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  if (circuits == NULL)
    return FALSE;
  for (guint i = 0; i < circuits->len; i++)
    g_variant_builder_add_value (&list, describe_circuit (g_ptr_array_index (circuits, i)));
  bks_ai1_complete_get_health (call->self->skeleton, g_object_ref (call->invocation), g_variant_builder_end (&list));
  return TRUE;
}

static void
insert_amount (GVariantDict *dict,
               const char   *name,
               BksMoney      amount)
{
  g_autofree char *text = amount >= 0 ? bks_money_format (amount) : NULL;

  if (text != NULL)
    g_variant_dict_insert (dict, name, "s", text);
}

static void
insert_limit (GVariantDict *dict,
              const char   *name,
              gint64        limit)
{
  if (limit != BKS_UNLIMITED)
    g_variant_dict_insert (dict, name, "x", limit);
}

static GVariant *
describe_plan (const BksPlanState *plan)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "source", "s", plan->source);
  g_variant_dict_insert (&dict, "tier", "s", plan->tier != NULL ? plan->tier->id : "self-managed");
  if (plan->tier != NULL)
    {
      insert_limit (&dict, "limit-transformations", plan->tier->transformations);
      insert_limit (&dict, "limit-tokens", plan->tier->tokens);
    }
  insert_amount (&dict, "limit-usd", plan->tier != NULL ? plan->tier->cost_cap : plan->used->hard);
  g_variant_dict_insert (&dict, "used-transformations", "x", plan->used->operations);
  g_variant_dict_insert (&dict, "used-tokens", "x", plan->used->tokens);
  if (plan->used->calls > 0)
    insert_amount (&dict, "used-usd", plan->used->spent);
  g_variant_dict_insert (&dict, "unknown-costs", "x", plan->used->unknown);
  g_variant_dict_insert (&dict, "resets-at", "x", plan->used->resets_at);
  return g_variant_dict_end (&dict);
}

static gboolean
get_plan (Call    *call,
          GError **error)
{
  g_autoptr(BksPlanState) plan = dex_await_boxed (bks_router_get_plan (get_router (call), NULL), error);

  if (plan == NULL)
    return FALSE;
  bks_ai1_complete_get_plan (call->self->skeleton, g_object_ref (call->invocation), describe_plan (plan));
  return TRUE;
}

/* Keys */

static gboolean
check_pace (Call    *call,
            GError **error)
{
  BksLimits *limits = bks_studio_get_limits (get_studio (call));
  gint64 now = bks_clock_get_monotonic_ms (limits->clock);

  if (call->self->checked_at >= 0 && now - call->self->checked_at < limits->bus_check_ms)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_TOO_MANY_REQUESTS,
                           "A key was checked a moment ago");
      return FALSE;
    }
  call->self->checked_at = now;
  return TRUE;
}

/* What the provider says is the answer; what is wrong with the question is an error. */
static gboolean
validate_key (Call    *call,
              GError **error)
{
  g_autoptr(BksProviderInfo) info = dex_await_boxed (bks_router_get_provider (get_router (call), call->provider), error);
  g_autoptr(GError) failure = NULL;
  g_autofree char *verdict = NULL;

  if (info == NULL || !check_pace (call, error))
    return FALSE;
  dex_await (bks_router_test_provider (get_router (call), call->provider, call->cancellable), &failure);
  verdict = failure != NULL ? bks_wording_error (failure) : g_strdup (_("Works"));
  bks_ai1_complete_validate_key (call->self->skeleton, g_object_ref (call->invocation), failure == NULL,
                                 failure != NULL ? bks_error_get_class_name (failure) : "", verdict);
  return TRUE;
}

static void
response_cb (DexPromise *promise,
             const char *response)
{
  if (dex_future_is_pending (DEX_FUTURE (promise)))
    dex_promise_resolve_boolean (promise, g_strcmp0 (response, "allow") == 0);
}

static AdwDialog *
make_question (const char            *heading,
               const char            *body,
               const char            *allow,
               AdwResponseAppearance  appearance)
{
  AdwDialog *dialog = adw_alert_dialog_new (heading, body);
  AdwAlertDialog *alert = ADW_ALERT_DIALOG (dialog);

  adw_alert_dialog_add_responses (alert, "refuse", _("_Refuse"), "allow", allow, NULL);
  adw_alert_dialog_set_response_appearance (alert, "allow", appearance);
  adw_alert_dialog_set_default_response (alert, "refuse");
  adw_alert_dialog_set_close_response (alert, "refuse");
  return dialog;
}

static GtkWidget *
find_window (BksAiBus *self)
{
  GList *windows = gtk_application_get_windows (GTK_APPLICATION (self->application));

  for (GList *item = windows; item != NULL; item = item->next)
    if (BKS_IS_WINDOW (item->data))
      {
        gtk_window_present (item->data);
        return item->data;
      }
  return NULL; /* The question is a window of its own. */
}

/* Fiber. Takes @dialog. One question at a time: a second program must not hide behind the first. */
static gboolean
await_permission (Call       *call,
                  AdwDialog  *dialog,
                  GError    **error)
{
  g_autoptr(AdwDialog) question = g_object_ref_sink (dialog);
  g_autoptr(DexPromise) answer = dex_promise_new ();
  gboolean allowed;

  if (call->self->asking)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_BUSY, "Another program is asking about a key");
      return FALSE;
    }
  call->self->asking = TRUE;
  g_signal_connect_data (question, "response", G_CALLBACK (response_cb), dex_ref (answer),
                         (GClosureNotify) (GCallback) dex_unref, G_CONNECT_SWAPPED);
  adw_dialog_present (question, find_window (call->self));
  allowed = dex_await_boolean (dex_future_first (dex_ref (call->cancellable), dex_ref (answer), NULL), error);
  call->self->asking = FALSE;
  adw_dialog_force_close (question);
  if (!allowed && *error == NULL)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_FORBIDDEN, "The person refused it");
  return allowed;
}

static gboolean
set_api_key (Call    *call,
             GError **error)
{
  g_autoptr(BksProviderInfo) info = dex_await_boxed (bks_router_get_provider (get_router (call), call->provider), error);
  g_autofree char *caller = NULL;
  g_autofree char *heading = NULL;
  g_autofree char *body = NULL;

  if (info == NULL)
    return FALSE;
  caller = dex_await_string (bks_bus_caller_describe (g_dbus_method_invocation_get_connection (call->invocation),
                                                      g_dbus_method_invocation_get_sender (call->invocation)), error);
  if (caller == NULL)
    return FALSE;
  heading = g_strdup_printf (_("Set the Key of %s?"), info->name);
  body = g_strdup_printf (_("Another program asks for it: %s. The key it brings would replace the one in your keyring, "
                            "and what you write with %s would be sent with it."), caller, info->name);
  if (!await_permission (call, make_question (heading, body, _("_Set Key"), ADW_RESPONSE_SUGGESTED), error) ||
      !dex_await (bks_router_set_key (get_router (call), call->provider, call->text), error))
    return FALSE;
  bks_ai1_complete_set_api_key (call->self->skeleton, g_object_ref (call->invocation));
  return TRUE;
}

static gboolean
remove_key (Call    *call,
            GError **error)
{
  g_autoptr(BksProviderInfo) info = dex_await_boxed (bks_router_get_provider (get_router (call), call->provider), error);
  g_autofree char *caller = NULL;
  g_autofree char *heading = NULL;
  g_autofree char *body = NULL;

  if (info == NULL)
    return FALSE;
  caller = dex_await_string (bks_bus_caller_describe (g_dbus_method_invocation_get_connection (call->invocation),
                                                      g_dbus_method_invocation_get_sender (call->invocation)), error);
  if (caller == NULL)
    return FALSE;
  heading = g_strdup_printf (_("Remove the Key of %s?"), info->name);
  body = g_strdup_printf (_("Another program asks for it: %s. Without its key, %s cannot be used until you enter one again."),
                          caller, info->name);
  if (!await_permission (call, make_question (heading, body, _("_Remove Key"), ADW_RESPONSE_DESTRUCTIVE), error) ||
      !dex_await (bks_router_remove_key (get_router (call), call->provider), error))
    return FALSE;
  bks_ai1_complete_remove_key (call->self->skeleton, g_object_ref (call->invocation));
  return TRUE;
}

/* The methods, as they come from the bus */

static gboolean
get_providers_cb (BksAiBus              *self,
                  GDBusMethodInvocation *invocation)
{
  start (self, invocation, get_providers, NULL, NULL, 0);
  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
get_models_cb (BksAiBus              *self,
               GDBusMethodInvocation *invocation,
               const char            *provider)
{
  start (self, invocation, get_models, provider, NULL, 0);
  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
get_usage_cb (BksAiBus              *self,
              GDBusMethodInvocation *invocation,
              gint64                 since,
              const char            *by)
{
  start (self, invocation, get_usage, NULL, by, MAX (since, 0));
  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
validate_key_cb (BksAiBus              *self,
                 GDBusMethodInvocation *invocation,
                 const char            *provider)
{
  start (self, invocation, validate_key, provider, NULL, 0);
  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
get_health_cb (BksAiBus              *self,
               GDBusMethodInvocation *invocation)
{
  start (self, invocation, get_health, NULL, NULL, 0);
  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
get_plan_cb (BksAiBus              *self,
             GDBusMethodInvocation *invocation)
{
  start (self, invocation, get_plan, NULL, NULL, 0);
  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
set_api_key_cb (BksAiBus              *self,
                GDBusMethodInvocation *invocation,
                const char            *provider,
                const char            *key)
{
  start (self, invocation, set_api_key, provider, key, 0);
  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
remove_key_cb (BksAiBus              *self,
               GDBusMethodInvocation *invocation,
               const char            *provider)
{
  start (self, invocation, remove_key, provider, NULL, 0);
  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
bks_ai_bus_dispose (GObject *object)
{
  BksAiBus *self = BKS_AI_BUS (object);

  bks_ai_bus_unexport (self);
  g_clear_object (&self->skeleton);

  G_OBJECT_CLASS (bks_ai_bus_parent_class)->dispose (object);
}

static void
bks_ai_bus_class_init (BksAiBusClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = bks_ai_bus_dispose;
}

static void
bks_ai_bus_init (BksAiBus *self)
{
  self->checked_at = -1;
  self->skeleton = bks_ai1_skeleton_new ();
  g_signal_connect_object (self->skeleton, "handle-get-providers", G_CALLBACK (get_providers_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->skeleton, "handle-get-models", G_CALLBACK (get_models_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->skeleton, "handle-get-usage", G_CALLBACK (get_usage_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->skeleton, "handle-get-health", G_CALLBACK (get_health_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->skeleton, "handle-get-plan", G_CALLBACK (get_plan_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->skeleton, "handle-validate-key", G_CALLBACK (validate_key_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->skeleton, "handle-set-api-key", G_CALLBACK (set_api_key_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->skeleton, "handle-remove-key", G_CALLBACK (remove_key_cb), self, G_CONNECT_SWAPPED);
}

/**
 * bks_ai_bus_new:
 * @application: the application, which outlives it
 *
 * Returns: (transfer full): the interface, on no bus yet
 */
BksAiBus *
bks_ai_bus_new (BksApplication *application)
{
  BksAiBus *self = g_object_new (BKS_TYPE_AI_BUS, NULL);

  self->application = application;
  return self;
}

/**
 * bks_ai_bus_export:
 * @self: the interface
 * @connection: the session bus
 * @error: return location
 *
 * Returns: whether other programs find it there
 */
gboolean
bks_ai_bus_export (BksAiBus         *self,
                   GDBusConnection  *connection,
                   GError          **error)
{
  g_return_val_if_fail (BKS_IS_AI_BUS (self), FALSE);

  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), connection, OBJECT_PATH, error);
}

/**
 * bks_ai_bus_unexport:
 * @self: the interface
 *
 * Takes it from every bus; calls that run come to their end.
 */
void
bks_ai_bus_unexport (BksAiBus *self)
{
  g_return_if_fail (BKS_IS_AI_BUS (self));

  if (self->skeleton != NULL && g_dbus_interface_skeleton_get_connection (G_DBUS_INTERFACE_SKELETON (self->skeleton)) != NULL)
    g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
}
