/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-async.h"
#include "bks-error.h"
#include "bks-models-page.h"
#include "bks-provider.h"
#include "bks-provider-page.h"
#include "bks-provider-item.h"
#include "bks-ui.h"
#include "bks-wording.h"

struct _BksProviderPage
{
  AdwNavigationPage parent_instance;

  BksStudio       *studio;
  BksProviderInfo *info;
  DexCancellable  *cancellable; /* of the test that runs */

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
  GtkWidget           *remove_group;
};

G_DEFINE_FINAL_TYPE (BksProviderPage, bks_provider_page, ADW_TYPE_NAVIGATION_PAGE)

static BksRouter *
get_router (BksProviderPage *self)
{
  return bks_studio_get_router (self->studio);
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
update (BksProviderPage *self)
{
  BksProviderInfo *info = self->info;
  const char *account = g_hash_table_lookup (info->options, BKS_PROVIDER_OPTION_ACCOUNT_ID);

  gtk_widget_set_visible (self->account_row, g_str_equal (info->protocol, "cloudflare"));
  gtk_editable_set_text (GTK_EDITABLE (self->account_row), account != NULL ? account : "");
  adw_navigation_page_set_title (ADW_NAVIGATION_PAGE (self), info->name);
  gtk_editable_set_text (GTK_EDITABLE (self->address_row), info->base_url != NULL ? info->base_url : "");
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->key_row), get_key_title (info->key_state));
  gtk_widget_set_visible (GTK_WIDGET (self->key_group), info->key_state != BKS_KEY_NOT_NEEDED || !info->preset);
  gtk_widget_set_visible (self->get_key_row, info->key_url != NULL);
  gtk_widget_set_visible (self->remove_key_row, info->key_state == BKS_KEY_STORED);
  gtk_widget_set_visible (self->remove_group, !info->preset);
}

static DexFuture *
refresh_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProviderPage *self = verb->self;
  BksProviderInfo *info = dex_await_boxed (bks_router_get_provider (get_router (self), self->info->id), NULL);

  /* A removed provider has no news; its page is on the way out. */
  if (info == NULL)
    return NULL;
  bks_provider_info_unref (self->info);
  self->info = info;
  if (self->address_row != NULL)
    update (self);
  return NULL;
}

static void
refresh (BksProviderPage *self)
{
  bks_verb_start (refresh_fiber, self, NULL, NULL);
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

  info = dex_await_boxed (bks_router_set_base_url (get_router (self), self->info->id, verb->text), &error);
  if (self->address_row == NULL)
    return NULL;
  if (info == NULL)
    {
      bks_ui_present_error (GTK_WIDGET (self), _("This Address Cannot Be Used"), error);
      return NULL;
    }
  bks_provider_info_unref (self->info);
  self->info = bks_provider_info_ref (info);
  update (self);
  said = g_strdup_printf (_("Understood as %s"), info->base_url);
  adw_preferences_group_set_description (self->address_group, said);
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
  BksProviderInfo *info = dex_await_boxed (bks_router_set_option (get_router (self), self->info->id,
                                                                  BKS_PROVIDER_OPTION_ACCOUNT_ID, verb->text), &error);

  if (info != NULL)
    {
      bks_provider_info_unref (self->info);
      self->info = info;
    }
  if (self->account_row == NULL)
    return NULL;
  if (info == NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("This Account ID Cannot Be Used"), error);
  else
    update (self);
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
  gboolean ok = dex_await (bks_router_set_key (get_router (self), self->info->id, verb->text), &error);

  if (self->key_row == NULL)
    return NULL;
  if (!ok)
    {
      bks_ui_present_error (GTK_WIDGET (self), _("The Key Was Not Stored"), error);
      return NULL;
    }
  bks_ui_toast (GTK_WIDGET (self), _("Key stored in your keyring"));
  refresh (self);
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
  char *key = dex_await_string (bks_secret_store_lookup (bks_studio_get_secrets (self->studio), "provider",
                                                         self->info->id, self->info->origin), NULL);

  if (dex_await (bks_router_remove_key (get_router (self), self->info->id), &error))
    {
      if (key != NULL && self->key_row != NULL)
        bks_ui_toast_undo (GTK_WIDGET (self), _("Key removed"), set_key_fiber, self, key);
      refresh (self);
    }
  else if (self->key_row != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("The Key Was Not Removed"), error);
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
  g_autoptr(GtkUriLauncher) launcher = gtk_uri_launcher_new (self->info->key_url);

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

static char *
make_works (const BksVerdict *verdict,
            GPtrArray        *models)
{
  g_autofree char *credit = verdict->credit != BKS_MONEY_UNKNOWN ? bks_money_format_short (verdict->credit) : NULL;
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

  verdict = dex_await_boxed (bks_router_test_provider (get_router (self), self->info->id, self->cancellable), &error);
  if (verdict != NULL)
    models = dex_await_boxed (bks_router_list_models (get_router (self), self->info->id, self->cancellable), NULL);
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
  GtkWidget *dialog = gtk_widget_get_ancestor (GTK_WIDGET (self), ADW_TYPE_PREFERENCES_DIALOG);

  if (dialog != NULL)
    adw_preferences_dialog_push_subpage (ADW_PREFERENCES_DIALOG (dialog),
                                         ADW_NAVIGATION_PAGE (bks_models_page_new (get_router (self), self->info->id)));
}

/* Remove */

static DexFuture *
remove_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProviderPage *self = verb->self;
  g_autoptr(GError) error = NULL;
  GtkWidget *dialog;

  if (!dex_await (bks_router_remove_provider (get_router (self), self->info->id), &error))
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
  g_autofree char *heading = g_strdup_printf (_("Remove %s?"), self->info->name);
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
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_PROVIDER_PAGE);

  G_OBJECT_CLASS (bks_provider_page_parent_class)->dispose (object);
}

static void
bks_provider_page_finalize (GObject *object)
{
  BksProviderPage *self = BKS_PROVIDER_PAGE (object);

  dex_clear (&self->cancellable);
  g_clear_object (&self->studio);
  g_clear_pointer (&self->info, bks_provider_info_unref);

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
  gtk_widget_class_bind_template_callback (widget_class, remove_cb);
}

static void
bks_provider_page_init (BksProviderPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_provider_page_new:
 * @studio: the studio, open
 * @info: the provider as configured
 *
 * Returns: (transfer floating): its page
 */
BksProviderPage *
bks_provider_page_new (BksStudio       *studio,
                       BksProviderInfo *info)
{
  BksProviderPage *self = g_object_new (BKS_TYPE_PROVIDER_PAGE, NULL);

  self->studio = g_object_ref (studio);
  self->info = bks_provider_info_ref (info);
  update (self);
  return self;
}
