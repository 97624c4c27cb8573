/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-async.h"
#include "bks-add-provider-dialog.h"
#include "bks-ui.h"
#include "bks-wording.h"

struct _BksAddProviderDialog
{
  AdwDialog parent_instance;

  BksRouter *router;

  GtkEditable *name_row;
  AdwComboRow *protocol_row;
  GtkEditable *address_row;
  GtkWidget   *add_button;
  GtkWidget   *trouble_group;
  GtkLabel    *trouble_label;
};

enum
{
  ADDED,
  N_SIGNALS
};

/* In the order of the row's list. */
static const char *const protocols[] = { "openai", "ollama" };

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksAddProviderDialog, bks_add_provider_dialog, ADW_TYPE_DIALOG)

static char *
get_text (GtkEditable *row)
{
  return g_strstrip (g_strdup (gtk_editable_get_text (row)));
}

static void
changed_cb (BksAddProviderDialog *self)
{
  g_autofree char *name = get_text (self->name_row);
  g_autofree char *address = get_text (self->address_row);
  g_autofree char *id = bks_router_make_id (name);

  gtk_widget_set_visible (self->trouble_group, FALSE);
  gtk_widget_set_sensitive (self->add_button, *id != '\0' && *address != '\0');
}

static DexFuture *
add_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksAddProviderDialog *self = verb->self;
  g_autofree char *name = get_text (self->name_row);
  g_autofree char *address = get_text (self->address_row);
  const char *protocol = protocols[adw_combo_row_get_selected (self->protocol_row) % G_N_ELEMENTS (protocols)];
  g_autoptr(BksProviderInfo) info = NULL;
  g_autoptr(GError) error = NULL;

  info = dex_await_boxed (bks_router_add_provider (self->router, name, protocol, address), &error);
  if (self->add_button == NULL)
    return NULL;
  if (info == NULL)
    {
      g_autofree char *trouble = bks_wording_error (error);

      gtk_label_set_label (self->trouble_label, trouble);
      gtk_widget_set_visible (self->trouble_group, TRUE);
      gtk_accessible_announce (GTK_ACCESSIBLE (self), trouble, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_HIGH);
      return NULL;
    }
  g_signal_emit (self, signals[ADDED], 0, info->id);
  adw_dialog_close (ADW_DIALOG (self));
  return NULL;
}

static void
add_clicked_cb (BksAddProviderDialog *self)
{
  bks_verb_start (add_fiber, self, NULL, NULL);
}

static void
bks_add_provider_dialog_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_ADD_PROVIDER_DIALOG);

  G_OBJECT_CLASS (bks_add_provider_dialog_parent_class)->dispose (object);
}

static void
bks_add_provider_dialog_finalize (GObject *object)
{
  g_clear_object (&BKS_ADD_PROVIDER_DIALOG (object)->router);

  G_OBJECT_CLASS (bks_add_provider_dialog_parent_class)->finalize (object);
}

static void
bks_add_provider_dialog_class_init (BksAddProviderDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_add_provider_dialog_dispose;
  object_class->finalize = bks_add_provider_dialog_finalize;

  /**
   * BksAddProviderDialog::added:
   * @self: the dialog
   * @id: the id of the new provider
   */
  signals[ADDED] = g_signal_new ("added", BKS_TYPE_ADD_PROVIDER_DIALOG, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/com/humanizer/BookStudio/bks-add-provider-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, BksAddProviderDialog, name_row);
  gtk_widget_class_bind_template_child (widget_class, BksAddProviderDialog, protocol_row);
  gtk_widget_class_bind_template_child (widget_class, BksAddProviderDialog, address_row);
  gtk_widget_class_bind_template_child (widget_class, BksAddProviderDialog, add_button);
  gtk_widget_class_bind_template_child (widget_class, BksAddProviderDialog, trouble_group);
  gtk_widget_class_bind_template_child (widget_class, BksAddProviderDialog, trouble_label);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, add_clicked_cb);
}

static void
bks_add_provider_dialog_init (BksAddProviderDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_add_provider_dialog_new:
 * @router: who knows the providers
 *
 * Returns: (transfer floating): the dialog, to be presented
 */
BksAddProviderDialog *
bks_add_provider_dialog_new (BksRouter *router)
{
  BksAddProviderDialog *self = g_object_new (BKS_TYPE_ADD_PROVIDER_DIALOG, NULL);

  self->router = g_object_ref (router);
  return self;
}
