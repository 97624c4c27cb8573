/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-help-dialog.h"

struct _BksHelpDialog
{
  AdwDialog parent_instance;
};

G_DEFINE_FINAL_TYPE (BksHelpDialog, bks_help_dialog, ADW_TYPE_DIALOG)

static void
bks_help_dialog_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_HELP_DIALOG);

  G_OBJECT_CLASS (bks_help_dialog_parent_class)->dispose (object);
}

static void
bks_help_dialog_class_init (BksHelpDialogClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = bks_help_dialog_dispose;
  gtk_widget_class_set_template_from_resource (GTK_WIDGET_CLASS (klass),
                                               "/com/humanizer/BookStudio/bks-help-dialog.ui");
}

static void
bks_help_dialog_init (BksHelpDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_help_dialog_new:
 *
 * Returns: (transfer floating): the dialog, to be presented
 */
GtkWidget *
bks_help_dialog_new (void)
{
  return g_object_new (BKS_TYPE_HELP_DIALOG, NULL);
}
