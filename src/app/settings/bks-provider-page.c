/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-async.h"
#include "bks-error.h"
#include "bks-keyring-banner.h"
#include "bks-models-page.h"
#include "bks-provider.h"
#include "bks-provider-page.h"
#include "bks-role.h"
#include "bks-ui.h"
#include "bks-wording.h"

struct _BksProviderPage
{
  AdwNavigationPage parent_instance;

  BksProviderList  *providers;
  BksProviderEntry *entry;
  DexCancellable   *cancellable; /* of the test that runs */

  AdwBanner           *keyring_banner;

  AdwPreferencesGroup *address_group;
  AdwEntryRow         *address_row;
  GtkWidget           *account_row;
  AdwPreferencesGroup *key_group;
  AdwEntryRow         *key_row;
  GtkWidget           *get_key_row;
  GtkWidget           *remove_key_row;
  AdwActionRow        *test_row;
  GtkStack            *test_stack;
  GtkWidget           *test_button;
  AdwActionRow        *models_row;
  GtkListBox          *roles_list;
  GtkWidget           *remove_group;
};

G_DEFINE_FINAL_TYPE (BksProviderPage, bks_provider_page, ADW_TYPE_NAVIGATION_PAGE)

static BksRouter *
get_router (BksProviderPage *self)
{
  return bks_provider_list_get_router (self->providers);
}

static BksProviderInfo *
get_info (BksProviderPage *self)
{
  return bks_provider_entry_get_info (self->entry);
}

static const char *
get_key_title (BksKeyState state)
{
  switch (state)
    {
    case BKS_KEY_STORED:
      return _("API Key · stored");
    case BKS_KEY_ENVIRONMENT:
      return _("API Key · from the environment");
    case BKS_KEY_KEYRING_LOCKED:
      return _("API Key · keyring locked");
    case BKS_KEY_KEYRING_ABSENT:
      return _("API Key · no keyring");
    case BKS_KEY_NOT_NEEDED:
      return _("API Key · not needed");
    case BKS_KEY_MISSING:
    default:
      return _("API Key");
    }
}

static void
set_text (gpointer    row,
          const char *text)
{
  /* What the person is typing stays. */
  if (gtk_widget_get_focus_child (row) == NULL)
    gtk_editable_set_text (GTK_EDITABLE (row), text != NULL ? text : "");
}

static void
update (BksProviderPage *self)
{
  BksProviderInfo *info = get_info (self);

  if (self->address_row == NULL)
    return;
  bks_keyring_banner_update (self->keyring_banner, bks_provider_list_get_keyring (self->providers));
  gtk_widget_set_visible (self->account_row, g_str_equal (info->protocol, "cloudflare"));
  set_text (self->account_row, g_hash_table_lookup (info->options, BKS_PROVIDER_OPTION_ACCOUNT_ID));
  adw_navigation_page_set_title (ADW_NAVIGATION_PAGE (self), info->name);
  set_text (self->address_row, info->base_url);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->key_row), get_key_title (info->key_state));
  gtk_widget_set_visible (GTK_WIDGET (self->key_group), info->key_state != BKS_KEY_NOT_NEEDED || !info->preset || info->key_url != NULL);
  gtk_widget_set_visible (self->get_key_row, info->key_url != NULL);
  gtk_widget_set_visible (self->remove_key_row, info->key_state == BKS_KEY_STORED);
  gtk_widget_set_visible (self->remove_group, !info->preset);
}

static void
unlock_cb (BksProviderPage *self)
{
  bks_keyring_banner_unlock (self->keyring_banner, self->providers);
}

/* Address */

static DexFuture *
address_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProviderPage *self = verb->self;
  g_autoptr(BksProviderInfo) info = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *said = NULL;

  info = dex_await_boxed (bks_router_set_base_url (get_router (self), get_info (self)->id, verb->text), &error);
  if (self->address_row == NULL)
    return NULL;
  if (info == NULL)
    {
      bks_ui_present_error (GTK_WIDGET (self), _("This Address Cannot Be Used"), error);
      return NULL;
    }
  gtk_editable_set_text (GTK_EDITABLE (self->address_row), info->base_url);
  said = g_strdup_printf (_("Understood as %s"), info->base_url);
  adw_preferences_group_set_description (self->address_group, said);
  gtk_accessible_announce (GTK_ACCESSIBLE (self), said, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
  return NULL;
}

static void
address_applied_cb (BksProviderPage *self)
{
  bks_verb_start (address_fiber, self, gtk_editable_get_text (GTK_EDITABLE (self->address_row)), NULL);
}

static DexFuture *
account_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProviderPage *self = verb->self;
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_router_set_option (get_router (self), get_info (self)->id, BKS_PROVIDER_OPTION_ACCOUNT_ID,
                                         verb->text), &error) && self->account_row != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("This Account ID Cannot Be Used"), error);
  return NULL;
}

static void
account_applied_cb (BksProviderPage *self)
{
  bks_verb_start (account_fiber, self, gtk_editable_get_text (GTK_EDITABLE (self->account_row)), NULL);
}

/* Key: goes to the keyring and never back into the entry */

static DexFuture *
set_key_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProviderPage *self = verb->self;
  g_autoptr(GError) error = NULL;
  gboolean ok = dex_await (bks_router_set_key (get_router (self), get_info (self)->id, verb->text), &error);

  if (self->key_row == NULL)
    return NULL;
  if (ok)
    {
      bks_ui_toast (GTK_WIDGET (self), _("Key stored in your keyring"));
      return NULL;
    }
  bks_ui_present_error (GTK_WIDGET (self), _("The Key Was Not Stored"), error);
  /* It may be the keyring that has changed. */
  bks_provider_list_refresh (self->providers);
  return NULL;
}

static void
key_applied_cb (BksProviderPage *self)
{
  const char *key = gtk_editable_get_text (GTK_EDITABLE (self->key_row));

  if (*key != '\0')
    bks_verb_start (set_key_fiber, self, key, NULL);
  gtk_editable_set_text (GTK_EDITABLE (self->key_row), "");
}

static DexFuture *
remove_key_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProviderPage *self = verb->self;
  g_autoptr(GError) error = NULL;
  /* In memory only, until the toast with its undo goes. */
  char *key = dex_await_string (bks_secret_store_lookup (bks_studio_get_secrets (bks_provider_list_get_studio (self->providers)), "provider",
                                                         get_info (self)->id, get_info (self)->origin), NULL);

  if (dex_await (bks_router_remove_key (get_router (self), get_info (self)->id), &error))
    {
      if (key != NULL && self->key_row != NULL)
        bks_ui_toast_undo (GTK_WIDGET (self), _("Key removed"), set_key_fiber, self, key);
    }
  else if (self->key_row != NULL)
    {
      bks_ui_present_error (GTK_WIDGET (self), _("The Key Was Not Removed"), error);
      bks_provider_list_refresh (self->providers);
    }
  if (key != NULL)
    explicit_bzero (key, strlen (key));
  g_free (key);
  return NULL;
}

static void
remove_key_cb (BksProviderPage *self)
{
  bks_verb_start (remove_key_fiber, self, NULL, NULL);
}

static void
launched_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(BksProviderPage) self = data;
  g_autoptr(GError) error = NULL;

  if (!gtk_uri_launcher_launch_finish (GTK_URI_LAUNCHER (source), result, &error) &&
      !g_error_matches (error, GTK_DIALOG_ERROR, GTK_DIALOG_ERROR_DISMISSED) && self->key_row != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("The Page Cannot Be Opened"), error);
}

static void
get_key_cb (BksProviderPage *self)
{
  g_autoptr(GtkUriLauncher) launcher = gtk_uri_launcher_new (get_info (self)->key_url);

  gtk_uri_launcher_launch (launcher, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL, launched_cb,
                           g_object_ref (self));
}

/* Test */

static void
show_verdict (BksProviderPage *self,
              const char      *page,
              const char      *verdict)
{
  gtk_stack_set_visible_child_name (self->test_stack, page);
  gtk_widget_set_sensitive (self->test_button, g_strcmp0 (page, "testing") != 0);
  adw_action_row_set_subtitle (self->test_row, verdict);
  if (g_strcmp0 (page, "testing") != 0)
    gtk_accessible_announce (GTK_ACCESSIBLE (self), verdict, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
}

/* What is wrong by what is known, until the next test. */
static void
show_last_test (BksProviderPage *self)
{
  g_autofree char *state = bks_provider_entry_dup_state (self->entry);

  switch (bks_provider_entry_get_state (self->entry))
    {
    case BKS_PROVIDER_KEY_REFUSED:
    case BKS_PROVIDER_NO_CREDIT:
    case BKS_PROVIDER_RESTING:
    case BKS_PROVIDER_OFFLINE:
      gtk_stack_set_visible_child_name (self->test_stack, "fails");
      adw_action_row_set_subtitle (self->test_row, state);
      break;
    case BKS_PROVIDER_READY:
    case BKS_PROVIDER_NO_KEY:
    case BKS_PROVIDER_KEYRING_LOCKED:
    case BKS_PROVIDER_KEYRING_ABSENT:
    default:
      break;
    }
}

static char *
make_works (const BksVerdict *verdict,
            GPtrArray        *models)
{
  g_autofree char *credit = verdict->credit != BKS_MONEY_UNKNOWN ? bks_wording_money (verdict->credit) : NULL;
  g_autofree char *works = NULL;

  if (models == NULL)
    works = g_strdup_printf (_("Works · %d ms"), (int) verdict->took_ms);
  else
    works = g_strdup_printf (ngettext ("Works · %d model · %d ms", "Works · %d models · %d ms", models->len),
                             (int) models->len, (int) verdict->took_ms);
  return g_strconcat (works, "\n", _(bks_studio_get_verdict (verdict->kind)), credit != NULL ? " " : NULL, credit, NULL);
}

static DexFuture *
test_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProviderPage *self = verb->self;
  g_autoptr(BksVerdict) verdict = NULL;
  g_autoptr(GPtrArray) models = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *said = NULL;

  verdict = dex_await_boxed (bks_router_test_provider (get_router (self), get_info (self)->id, self->cancellable), &error);
  if (verdict != NULL || !bks_error_is_cancelled (error))
    bks_provider_entry_note_test (self->entry, error, g_get_real_time () / 1000);
  if (verdict != NULL)
    models = dex_await_boxed (bks_router_list_models (get_router (self), get_info (self)->id, self->cancellable), NULL);
  dex_clear (&self->cancellable);
  if (self->test_row == NULL)
    return NULL;
  said = verdict != NULL ? make_works (verdict, models) : bks_wording_error (error);
  show_verdict (self, verdict != NULL ? "works" : "fails", said);
  return NULL;
}

static void
test_cb (BksProviderPage *self)
{
  if (self->cancellable != NULL)
    return;
  self->cancellable = dex_cancellable_new ();
  show_verdict (self, "testing", _("Asking…"));
  bks_verb_start (test_fiber, self, NULL, NULL);
}

static void
models_cb (BksProviderPage *self)
{
  bks_ui_push_subpage (GTK_WIDGET (self), ADW_NAVIGATION_PAGE (bks_models_page_new (self->providers, get_info (self)->id)));
}

/* Default models: which of its models each kind of work uses */

static const BksTarget *
find_own (BksProviderPage *self,
          GPtrArray       *targets,
          guint           *index)
{
  for (guint i = 0; targets != NULL && i < targets->len; i++)
    {
      const BksTarget *target = g_ptr_array_index (targets, i);

      if (g_str_equal (target->provider, get_info (self)->id))
        {
          *index = i;
          return target;
        }
    }
  return NULL;
}

static DexFuture *
load_roles_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProviderPage *self = verb->self;
  const char *const *roles = bks_router_list_roles ();

  for (guint i = 0; roles[i] != NULL; i++)
    {
      g_autoptr(GPtrArray) targets = dex_await_boxed (bks_router_get_role (get_router (self), roles[i]), NULL);
      const BksTarget *own;
      GtkListBoxRow *row;
      guint index;

      if (self->roles_list == NULL)
        return NULL;
      own = find_own (self, targets, &index);
      row = gtk_list_box_get_row_at_index (self->roles_list, (int) i);
      adw_action_row_set_subtitle (ADW_ACTION_ROW (row), own != NULL ? own->model : _("Not chosen"));
    }
  return NULL;
}

static void
load_roles (BksProviderPage *self)
{
  if (self->roles_list != NULL)
    bks_verb_start (load_roles_fiber, self, NULL, NULL);
}

/* In the place of the provider's model before it, else behind all others. */
static DexFuture *
set_default_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProviderPage *self = verb->self;
  BksModel *model = verb->object;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) targets = dex_await_boxed (bks_router_get_role (get_router (self), verb->text), &error);
  guint index = targets != NULL ? targets->len : 0;

  if (targets != NULL)
    {
      if (find_own (self, targets, &index) != NULL)
        g_ptr_array_remove_index (targets, index);
      g_ptr_array_insert (targets, (int) index, bks_target_new (bks_model_get_provider (model), bks_model_get_id (model)));
    }
  if ((targets == NULL || !dex_await (bks_router_set_role (get_router (self), verb->text, targets), &error)) &&
      self->roles_list != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("The Choice Cannot Be Kept"), error);
  return NULL;
}

static void
chosen_cb (BksProviderPage *self,
           BksModel        *model,
           BksModelsPage   *page)
{
  bks_verb_start (set_default_fiber, self, gtk_widget_get_name (GTK_WIDGET (page)), model);
}

static void
role_activated_cb (BksProviderPage *self,
                   GtkListBoxRow   *row)
{
  const char *role = gtk_widget_get_name (GTK_WIDGET (row));
  BksModelsPage *page = bks_models_page_new_choose (self->providers, get_info (self)->id, bks_role_get_title (role));

  gtk_widget_set_name (GTK_WIDGET (page), role);
  g_signal_connect_object (page, "chosen", G_CALLBACK (chosen_cb), self, G_CONNECT_SWAPPED);
  bks_ui_push_subpage (GTK_WIDGET (self), ADW_NAVIGATION_PAGE (page));
}

/* Remove */

static DexFuture *
remove_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProviderPage *self = verb->self;
  g_autoptr(GError) error = NULL;
  GtkWidget *dialog;

  if (!dex_await (bks_router_remove_provider (get_router (self), get_info (self)->id), &error))
    {
      bks_ui_present_error (GTK_WIDGET (self), _("The Provider Was Not Removed"), error);
      return NULL;
    }
  dialog = gtk_widget_get_ancestor (GTK_WIDGET (self), ADW_TYPE_PREFERENCES_DIALOG);
  if (dialog != NULL)
    adw_preferences_dialog_pop_subpage (ADW_PREFERENCES_DIALOG (dialog));
  return NULL;
}

static void
remove_response_cb (BksProviderPage *self,
                    const char      *response)
{
  if (g_strcmp0 (response, "remove") == 0)
    bks_verb_start (remove_fiber, self, NULL, NULL);
}

/* Its key goes with it, so this asks: there would be nothing to undo it from. */
static void
remove_cb (BksProviderPage *self)
{
  g_autofree char *heading = g_strdup_printf (_("Remove %s?"), get_info (self)->name);
  AdwDialog *dialog = adw_alert_dialog_new (heading, _("Its address and its key are forgotten."));
  AdwAlertDialog *alert = ADW_ALERT_DIALOG (dialog);

  adw_alert_dialog_add_responses (alert, "cancel", _("_Cancel"), "remove", _("_Remove"), NULL);
  adw_alert_dialog_set_response_appearance (alert, "remove", ADW_RESPONSE_DESTRUCTIVE);
  adw_alert_dialog_set_default_response (alert, "cancel");
  adw_alert_dialog_set_close_response (alert, "cancel");
  g_signal_connect_object (alert, "response", G_CALLBACK (remove_response_cb), self, G_CONNECT_SWAPPED);
  adw_dialog_present (dialog, GTK_WIDGET (self));
}

static void
bks_provider_page_dispose (GObject *object)
{
  BksProviderPage *self = BKS_PROVIDER_PAGE (object);

  if (self->cancellable != NULL)
    dex_cancellable_cancel (self->cancellable);
  if (self->entry != NULL)
    g_signal_handlers_disconnect_by_data (self->entry, self);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_PROVIDER_PAGE);

  G_OBJECT_CLASS (bks_provider_page_parent_class)->dispose (object);
}

static void
bks_provider_page_finalize (GObject *object)
{
  BksProviderPage *self = BKS_PROVIDER_PAGE (object);

  dex_clear (&self->cancellable);
  g_clear_object (&self->entry);
  g_clear_object (&self->providers);

  G_OBJECT_CLASS (bks_provider_page_parent_class)->finalize (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, address_group);
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, address_row);
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, account_row);
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, key_group);
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, key_row);
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, get_key_row);
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, remove_key_row);
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, test_row);
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, test_stack);
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, test_button);
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, models_row);
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, keyring_banner);
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, roles_list);
  gtk_widget_class_bind_template_child (widget_class, BksProviderPage, remove_group);
}

static void
bks_provider_page_class_init (BksProviderPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_provider_page_dispose;
  object_class->finalize = bks_provider_page_finalize;

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-provider-page.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, address_applied_cb);
  gtk_widget_class_bind_template_callback (widget_class, account_applied_cb);
  gtk_widget_class_bind_template_callback (widget_class, key_applied_cb);
  gtk_widget_class_bind_template_callback (widget_class, get_key_cb);
  gtk_widget_class_bind_template_callback (widget_class, remove_key_cb);
  gtk_widget_class_bind_template_callback (widget_class, test_cb);
  gtk_widget_class_bind_template_callback (widget_class, models_cb);
  gtk_widget_class_bind_template_callback (widget_class, unlock_cb);
  gtk_widget_class_bind_template_callback (widget_class, role_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, remove_cb);
}

static void
bks_provider_page_init (BksProviderPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_provider_page_new:
 * @providers: all providers
 * @entry: the one that is shown
 *
 * Returns: (transfer floating): its page, with what is known of it
 */
BksProviderPage *
bks_provider_page_new (BksProviderList  *providers,
                       BksProviderEntry *entry)
{
  BksProviderPage *self = g_object_new (BKS_TYPE_PROVIDER_PAGE, NULL);
  const char *const *roles = bks_router_list_roles ();

  self->providers = g_object_ref (providers);
  self->entry = g_object_ref (entry);
  for (guint i = 0; roles[i] != NULL; i++)
    gtk_list_box_append (self->roles_list, bks_role_row_new (roles[i], _("Not chosen")));
  g_signal_connect_swapped (entry, "changed", G_CALLBACK (update), self);
  g_signal_connect_object (providers, "loaded", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (get_router (self), "roles-changed", G_CALLBACK (load_roles), self, G_CONNECT_SWAPPED);
  update (self);
  show_last_test (self);
  load_roles (self);
  return self;
}
