/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-backup.h"
#include "bks-restore-dialog.h"
#include "bks-ui.h"
#include "bks-wording.h"

struct _BksRestoreDialog
{
  AdwDialog parent_instance;

  BksStudio *studio;

  GtkStack   *stack;
  GtkListBox *list;
  GtkWidget  *file_button;
};

enum
{
  RESTORED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksRestoreDialog, bks_restore_dialog, ADW_TYPE_DIALOG)

/* Restoring */

static void
set_working (BksRestoreDialog *self,
             gboolean          working)
{
  gtk_widget_set_sensitive (GTK_WIDGET (self->list), !working);
  gtk_widget_set_sensitive (self->file_button, !working);
}

static DexFuture *
restore_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksRestoreDialog *self = verb->self;
  g_autoptr(BksBook) book = NULL;
  g_autoptr(GError) error = NULL;

  set_working (self, TRUE);
  book = dex_await_object (bks_studio_restore_backup (self->studio, verb->object, FALSE), &error);
  if (gtk_widget_get_root (GTK_WIDGET (self)) == NULL)
    return NULL;
  if (book == NULL)
    {
      set_working (self, FALSE);
      bks_ui_present_error (GTK_WIDGET (self), _("This Backup Cannot Be Restored"), error);
      return NULL;
    }
  g_signal_emit (self, signals[RESTORED], 0, bks_book_get_id (book));
  adw_dialog_close (ADW_DIALOG (self));
  return NULL;
}

static void
row_activated_cb (BksRestoreDialog *self,
                  GtkListBoxRow    *row)
{
  g_autoptr(GFile) file = g_file_new_for_path (g_object_get_data (G_OBJECT (row), "path"));

  bks_verb_start (restore_fiber, self, NULL, file);
}

static void
file_chosen_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      data)
{
  g_autoptr(BksRestoreDialog) self = data;
  g_autoptr(GFile) file = gtk_file_dialog_open_finish (GTK_FILE_DIALOG (source), result, NULL);

  if (file != NULL && gtk_widget_get_root (GTK_WIDGET (self)) != NULL)
    bks_verb_start (restore_fiber, self, NULL, file);
}

static void
file_clicked_cb (BksRestoreDialog *self)
{
  g_autoptr(GtkFileDialog) dialog = gtk_file_dialog_new ();

  gtk_file_dialog_set_title (dialog, _("Restore a Book"));
  gtk_file_dialog_open (dialog, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL, file_chosen_cb,
                        g_object_ref (self));
}

/* The list */

static GtkWidget *
make_row (BksBackup *backup)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *arrow = gtk_image_new_from_icon_name ("document-revert-symbolic");
  g_autofree char *date = bks_wording_date (backup->at);
  g_autofree char *time = bks_wording_time (backup->at);
  g_autofree char *words = bks_wording_words (backup->words);
  g_autofree char *subtitle = g_strdup_printf ("%s, %s · %s", date, time, words);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), backup->title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), arrow);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  g_object_set_data_full (G_OBJECT (row), "path", g_strdup (backup->path), g_free);
  return row;
}

static DexFuture *
list_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksRestoreDialog *self = verb->self;
  g_autoptr(GPtrArray) backups = dex_await_boxed (bks_studio_list_backups (self->studio, NULL), NULL);

  if (self->list == NULL)
    return NULL;
  for (guint i = 0; backups != NULL && i < backups->len; i++)
    gtk_list_box_append (self->list, make_row (g_ptr_array_index (backups, i)));
  gtk_stack_set_visible_child_name (self->stack, backups != NULL && backups->len > 0 ? "list" : "empty");
  return NULL;
}

static void
bks_restore_dialog_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_RESTORE_DIALOG);
  g_clear_object (&BKS_RESTORE_DIALOG (object)->studio);

  G_OBJECT_CLASS (bks_restore_dialog_parent_class)->dispose (object);
}

static void
bks_restore_dialog_class_init (BksRestoreDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_restore_dialog_dispose;

  signals[RESTORED] = g_signal_new ("restored", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-restore-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, BksRestoreDialog, stack);
  gtk_widget_class_bind_template_child (widget_class, BksRestoreDialog, list);
  gtk_widget_class_bind_template_child (widget_class, BksRestoreDialog, file_button);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, file_clicked_cb);
}

static void
bks_restore_dialog_init (BksRestoreDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_restore_dialog_new:
 * @studio: the studio
 *
 * Returns: (transfer floating): the dialog
 */
BksRestoreDialog *
bks_restore_dialog_new (BksStudio *studio)
{
  BksRestoreDialog *self = g_object_new (BKS_TYPE_RESTORE_DIALOG, NULL);

  self->studio = g_object_ref (studio);
  bks_verb_start (list_fiber, self, NULL, NULL);
  return self;
}
