/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-error.h"
#include "bks-export-dialog.h"
#include "bks-ui.h"

typedef struct
{
  GtkWidget       *widget;
  BksStudio       *studio;
  char            *book_id;
  BksExportFormat  format;
  GFile           *file;
} Export;

static void
export_free (Export *export)
{
  g_object_unref (export->widget);
  g_object_unref (export->studio);
  g_clear_object (&export->file);
  g_free (export->book_id);
  g_free (export);
}

static DexFuture *
export_fiber (gpointer data)
{
  Export *export = data;
  g_autoptr(GError) error = NULL;
  g_autofree char *name = g_file_get_basename (export->file);
  g_autofree char *said = g_strdup_printf (_("Exported as %s"), name);

  if (dex_await (bks_studio_export_book (export->studio, export->book_id, export->format, export->file, NULL), &error))
    bks_ui_toast (export->widget, said);
  else
    bks_ui_present_error (export->widget, _("The Book Cannot Be Exported"), error);
  return NULL;
}

static void
chosen_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  Export *export = data;

  export->file = gtk_file_dialog_save_finish (GTK_FILE_DIALOG (source), result, NULL);
  if (export->file == NULL)
    export_free (export);
  else
    dex_future_disown (bks_spawn_finally (export_fiber, export, (GDestroyNotify) export_free));
}

/**
 * bks_export_dialog_start:
 * @widget: where it was asked for
 * @studio: the studio
 * @book: the book
 * @format_name: "epub", "markdown" or "text"
 *
 * Asks where to, exports and says how it went.
 */
void
bks_export_dialog_start (GtkWidget  *widget,
                         BksStudio  *studio,
                         BksBook    *book,
                         const char *format_name)
{
  g_autoptr(GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autofree char *file_name = NULL;
  BksExportFormat format;
  Export *export;

  g_return_if_fail (bks_export_format_from_string (format_name, &format));

  export = g_new0 (Export, 1);
  export->widget = g_object_ref (widget);
  export->studio = g_object_ref (studio);
  export->book_id = g_strdup (bks_book_get_id (book));
  export->format = format;
  file_name = g_strconcat (bks_book_get_title (book), bks_export_format_get_suffix (format), NULL);
  g_strdelimit (file_name, "/\\", '-');
  gtk_file_dialog_set_title (dialog, _("Export Book"));
  gtk_file_dialog_set_accept_label (dialog, _("_Export"));
  gtk_file_dialog_set_initial_name (dialog, file_name);
  gtk_file_dialog_save (dialog, GTK_WINDOW (gtk_widget_get_root (widget)), NULL, chosen_cb, export);
}
