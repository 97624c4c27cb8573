/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-add-provider-dialog.h"
#include "bks-provider-page.h"
#include "bks-provider-item.h"
#include "bks-providers-page.h"
#include "bks-ui.h"

struct _BksProvidersPage
{
  AdwPreferencesPage parent_instance;

  BksStudio *studio;
  gboolean   loading;
  gboolean   again;

  AdwBanner  *keyring_banner;
  GtkListBox *list;
};

G_DEFINE_FINAL_TYPE (BksProvidersPage, bks_providers_page, ADW_TYPE_PREFERENCES_PAGE)

static void
show_page (BksProvidersPage *self,
           BksProviderInfo  *info)
{
  GtkWidget *dialog = gtk_widget_get_ancestor (GTK_WIDGET (self), ADW_TYPE_PREFERENCES_DIALOG);

  if (dialog != NULL)
    adw_preferences_dialog_push_subpage (ADW_PREFERENCES_DIALOG (dialog),
                                         ADW_NAVIGATION_PAGE (bks_provider_page_new (self->studio, info)));
}

static void
update_banner (BksProvidersPage *self,
               GPtrArray        *providers)
{
  const char *title = NULL;

  for (guint i = 0; i < providers->len; i++)
    {
      BksProviderInfo *info = g_ptr_array_index (providers, i);

      if (info->key_state == BKS_KEY_KEYRING_LOCKED)
        title = _("The keyring is locked: keys can be neither read nor stored. Unlock it, then try again.");
      else if (info->key_state == BKS_KEY_KEYRING_ABSENT)
        title = _("No keyring is running, so no key can be stored. Start one, such as GNOME Keyring, then try again.");
    }
  if (title != NULL)
    adw_banner_set_title (self->keyring_banner, title);
  adw_banner_set_revealed (self->keyring_banner, title != NULL);
}

static void
fill (BksProvidersPage *self,
      GPtrArray        *providers)
{
  gtk_list_box_remove_all (self->list);
  for (guint i = 0; i < providers->len; i++)
    gtk_list_box_append (self->list, bks_provider_item_new (g_ptr_array_index (providers, i)));
  update_banner (self, providers);
}

static DexFuture *
load_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProvidersPage *self = verb->self;
  g_autoptr(GPtrArray) providers = NULL;
  g_autoptr(GError) error = NULL;

  do
    {
      self->again = FALSE;
      g_clear_error (&error);
      g_clear_pointer (&providers, g_ptr_array_unref);
      providers = dex_await_boxed (bks_router_list_providers (bks_studio_get_router (self->studio)), &error);
    }
  while (self->again);
  self->loading = FALSE;
  if (self->list == NULL)
    return NULL;
  if (providers != NULL)
    fill (self, providers);
  else
    bks_ui_present_error (GTK_WIDGET (self), _("The Providers Cannot Be Listed"), error);
  return NULL;
}

static void
reload (BksProvidersPage *self)
{
  self->again = TRUE;
  if (self->loading || self->list == NULL)
    return;
  self->loading = TRUE;
  bks_verb_start (load_fiber, self, NULL, NULL);
}

static void
row_activated_cb (BksProvidersPage *self,
                  GtkListBoxRow    *row)
{
  show_page (self, bks_provider_item_get_info (BKS_PROVIDER_ITEM (row)));
}

static DexFuture *
show_added_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProvidersPage *self = verb->self;
  g_autoptr(BksProviderInfo) info = NULL;

  info = dex_await_boxed (bks_router_get_provider (bks_studio_get_router (self->studio), verb->text), NULL);
  if (info != NULL && self->list != NULL)
    show_page (self, info);
  return NULL;
}

static void
added_cb (BksProvidersPage *self,
          const char       *id)
{
  bks_verb_start (show_added_fiber, self, id, NULL);
}

static void
add_cb (BksProvidersPage *self)
{
  BksAddProviderDialog *dialog = bks_add_provider_dialog_new (bks_studio_get_router (self->studio));

  g_signal_connect_object (dialog, "added", G_CALLBACK (added_cb), self, G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (self));
}

static void
bks_providers_page_dispose (GObject *object)
{
  BksProvidersPage *self = BKS_PROVIDERS_PAGE (object);

  /* libadwaita 1.7.6 disposes of the banner twice when it is still there. */
  adw_preferences_page_set_banner (ADW_PREFERENCES_PAGE (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_PROVIDERS_PAGE);

  G_OBJECT_CLASS (bks_providers_page_parent_class)->dispose (object);
}

static void
bks_providers_page_finalize (GObject *object)
{
  g_clear_object (&BKS_PROVIDERS_PAGE (object)->studio);

  G_OBJECT_CLASS (bks_providers_page_parent_class)->finalize (object);
}

static void
bks_providers_page_class_init (BksProvidersPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_providers_page_dispose;
  object_class->finalize = bks_providers_page_finalize;

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-providers-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BksProvidersPage, keyring_banner);
  gtk_widget_class_bind_template_child (widget_class, BksProvidersPage, list);
  gtk_widget_class_bind_template_callback (widget_class, reload);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, add_cb);
}

static void
bks_providers_page_init (BksProvidersPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_providers_page_set_studio:
 * @self: the page, without a studio so far
 * @studio: the studio, open
 */
void
bks_providers_page_set_studio (BksProvidersPage *self,
                               BksStudio        *studio)
{
  g_return_if_fail (BKS_IS_PROVIDERS_PAGE (self));
  g_return_if_fail (self->studio == NULL);

  self->studio = g_object_ref (studio);
  g_signal_connect_object (bks_studio_get_router (studio), "providers-changed", G_CALLBACK (reload), self,
                           G_CONNECT_SWAPPED);
  reload (self);
}
