/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-new-book-dialog.h"

struct _BksNewBookDialog
{
  AdwDialog parent_instance;

  AdwEntryRow *title_row;
  AdwEntryRow *author_row;
  GtkWidget   *create_button;
};

enum
{
  CREATE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksNewBookDialog, bks_new_book_dialog, ADW_TYPE_DIALOG)

static char *
get_text (AdwEntryRow *row)
{
  return g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (row))));
}

static void
title_changed_cb (BksNewBookDialog *self)
{
  g_autofree char *title = get_text (self->title_row);

  gtk_widget_set_sensitive (self->create_button, *title != '\0');
}

static void
create_clicked_cb (BksNewBookDialog *self)
{
  g_autofree char *title = get_text (self->title_row);
  g_autofree char *author = get_text (self->author_row);

  g_signal_emit (self, signals[CREATE], 0, title, author);
  adw_dialog_close (ADW_DIALOG (self));
}

static void
bks_new_book_dialog_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_NEW_BOOK_DIALOG);

  G_OBJECT_CLASS (bks_new_book_dialog_parent_class)->dispose (object);
}

static void
bks_new_book_dialog_class_init (BksNewBookDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_new_book_dialog_dispose;

  /**
   * BksNewBookDialog::create:
   * @self: the dialog
   * @title: what the book is called, never empty
   * @author: who writes it, may be empty
   */
  signals[CREATE] = g_signal_new ("create", BKS_TYPE_NEW_BOOK_DIALOG, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/com/humanizer/BookStudio/bks-new-book-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, BksNewBookDialog, title_row);
  gtk_widget_class_bind_template_child (widget_class, BksNewBookDialog, author_row);
  gtk_widget_class_bind_template_child (widget_class, BksNewBookDialog, create_button);
  gtk_widget_class_bind_template_callback (widget_class, title_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, create_clicked_cb);
}

static void
bks_new_book_dialog_init (BksNewBookDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_new_book_dialog_new:
 *
 * Returns: (transfer floating): the dialog, to be presented
 */
BksNewBookDialog *
bks_new_book_dialog_new (void)
{
  return g_object_new (BKS_TYPE_NEW_BOOK_DIALOG, NULL);
}
