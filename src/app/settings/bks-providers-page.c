/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-add-provider-dialog.h"
#include "bks-keyring-banner.h"
#include "bks-provider-page.h"
#include "bks-provider-item.h"
#include "bks-providers-page.h"
#include "bks-role-page.h"
#include "bks-role.h"
#include "bks-ui.h"

struct _BksProvidersPage
{
  AdwPreferencesPage parent_instance;

  BksProviderList *providers;
  GtkFilter       *used;
  GtkFilter       *more;

  AdwBanner  *keyring_banner;
  GtkListBox *list;
  GtkListBox *roles_list;
  GtkListBox *more_list;
};

G_DEFINE_FINAL_TYPE (BksProvidersPage, bks_providers_page, ADW_TYPE_PREFERENCES_PAGE)

static void
show_page (BksProvidersPage *self,
           BksProviderEntry *entry)
{
  bks_ui_push_subpage (GTK_WIDGET (self), ADW_NAVIGATION_PAGE (bks_provider_page_new (self->providers, entry)));
}

static void
loaded_cb (BksProvidersPage *self)
{
  if (self->list == NULL)
    return;
  bks_keyring_banner_update (self->keyring_banner, bks_provider_list_get_keyring (self->providers));
  gtk_filter_changed (self->used, GTK_FILTER_CHANGE_DIFFERENT);
  gtk_filter_changed (self->more, GTK_FILTER_CHANGE_DIFFERENT);
}

static void
failed_cb (BksProvidersPage *self,
           const GError     *error)
{
  if (self->list != NULL && gtk_widget_get_mapped (GTK_WIDGET (self)))
    bks_ui_present_error (GTK_WIDGET (self), _("The Providers Cannot Be Listed"), error);
}

static void
unlock_cb (BksProvidersPage *self)
{
  bks_keyring_banner_unlock (self->keyring_banner, self->providers);
}

static void
row_activated_cb (BksProvidersPage *self,
                  GtkListBoxRow    *row)
{
  show_page (self, bks_provider_item_get_entry (BKS_PROVIDER_ITEM (row)));
}

/* Kinds of work */

static void
role_activated_cb (BksProvidersPage *self,
                   GtkListBoxRow    *row)
{
  bks_ui_push_subpage (GTK_WIDGET (self),
                       ADW_NAVIGATION_PAGE (bks_role_page_new (self->providers, gtk_widget_get_name (GTK_WIDGET (row)))));
}

static char *
describe_order (GPtrArray *targets)
{
  g_autoptr(GString) order = g_string_new (NULL);

  for (guint i = 0; i < targets->len; i++)
    {
      const BksTarget *target = g_ptr_array_index (targets, i);

      if (i > 0)
        /* Translators: between a model and the one that stands in for it */
        g_string_append (order, _(", then "));
      g_string_append (order, target->model);
    }
  return g_string_free (g_steal_pointer (&order), FALSE);
}

/* The order that was chosen; where none was, what the work is. */
static DexFuture *
load_roles_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProvidersPage *self = verb->self;
  BksRouter *router = bks_provider_list_get_router (self->providers);
  const char *const *roles = bks_router_list_roles ();

  for (guint i = 0; roles[i] != NULL; i++)
    {
      g_autoptr(GPtrArray) targets = dex_await_boxed (bks_router_get_role (router, roles[i]), NULL);
      g_autofree char *order = targets != NULL && targets->len > 0 ? describe_order (targets) : NULL;
      GtkListBoxRow *row;

      if (self->roles_list == NULL)
        return NULL;
      row = gtk_list_box_get_row_at_index (self->roles_list, (int) i);
      adw_action_row_set_subtitle (ADW_ACTION_ROW (row), order != NULL ? order : bks_role_get_description (roles[i]));
    }
  return NULL;
}

static void
load_roles (BksProvidersPage *self)
{
  bks_verb_start (load_roles_fiber, self, NULL, NULL);
}

/* Adding one */

static DexFuture *
show_added_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksProvidersPage *self = verb->self;
  g_autoptr(BksProviderEntry) entry = NULL;
  g_autoptr(BksProviderInfo) info = NULL;

  info = dex_await_boxed (bks_router_get_provider (bks_provider_list_get_router (self->providers), verb->text), NULL);
  if (info == NULL || self->list == NULL)
    return NULL;
  entry = bks_provider_list_ensure (self->providers, info);
  show_page (self, entry);
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
  BksAddProviderDialog *dialog = bks_add_provider_dialog_new (bks_provider_list_get_router (self->providers));

  g_signal_connect_object (dialog, "added", G_CALLBACK (added_cb), self, G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (self));
}

static void
bks_providers_page_dispose (GObject *object)
{
  BksProvidersPage *self = BKS_PROVIDERS_PAGE (object);

  if (self->list != NULL)
    {
      gtk_list_box_bind_model (self->list, NULL, NULL, NULL, NULL);
      gtk_list_box_bind_model (self->more_list, NULL, NULL, NULL, NULL);
    }
  /* libadwaita 1.7.6 disposes of the banner twice when it is still there. */
  adw_preferences_page_set_banner (ADW_PREFERENCES_PAGE (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_PROVIDERS_PAGE);

  G_OBJECT_CLASS (bks_providers_page_parent_class)->dispose (object);
}

static void
bks_providers_page_finalize (GObject *object)
{
  BksProvidersPage *self = BKS_PROVIDERS_PAGE (object);

  g_clear_object (&self->used);
  g_clear_object (&self->more);
  g_clear_object (&self->providers);

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
  gtk_widget_class_bind_template_child (widget_class, BksProvidersPage, roles_list);
  gtk_widget_class_bind_template_child (widget_class, BksProvidersPage, more_list);
  gtk_widget_class_bind_template_callback (widget_class, unlock_cb);
  gtk_widget_class_bind_template_callback (widget_class, role_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, add_cb);
}

static void
bks_providers_page_init (BksProvidersPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static GtkWidget *
make_item (gpointer item,
           gpointer data)
{
  return bks_provider_item_new (item);
}

static gboolean
is_used (gpointer item,
         gpointer data)
{
  return bks_provider_entry_is_used (item) == GPOINTER_TO_INT (data);
}

static GtkFilter *
bind_list (BksProvidersPage *self,
           GtkListBox       *list,
           gboolean          used)
{
  GtkFilter *filter = GTK_FILTER (gtk_custom_filter_new (is_used, GINT_TO_POINTER (used), NULL));
  g_autoptr(GtkFilterListModel) model = gtk_filter_list_model_new (g_object_ref (G_LIST_MODEL (self->providers)),
                                                                   g_object_ref (filter));

  gtk_list_box_bind_model (list, G_LIST_MODEL (model), make_item, NULL, NULL);
  return filter;
}

/**
 * bks_providers_page_set_providers:
 * @self: the page, without providers so far
 * @providers: all providers
 */
void
bks_providers_page_set_providers (BksProvidersPage *self,
                                  BksProviderList  *providers)
{
  const char *const *roles = bks_router_list_roles ();

  g_return_if_fail (BKS_IS_PROVIDERS_PAGE (self));
  g_return_if_fail (self->providers == NULL);

  self->providers = g_object_ref (providers);
  self->used = bind_list (self, self->list, TRUE);
  self->more = bind_list (self, self->more_list, FALSE);
  for (guint i = 0; roles[i] != NULL; i++)
    gtk_list_box_append (self->roles_list, bks_role_row_new (roles[i], bks_role_get_description (roles[i])));
  g_signal_connect_object (providers, "loaded", G_CALLBACK (loaded_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (providers, "failed", G_CALLBACK (failed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (bks_provider_list_get_router (providers), "roles-changed", G_CALLBACK (load_roles), self,
                           G_CONNECT_SWAPPED);
  /* What is known is shown; what may have changed meanwhile, in another process too, comes next. */
  loaded_cb (self);
  bks_provider_list_refresh (providers);
  load_roles (self);
}
