/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-paste-private.h"

/* Where the words of a text came from: those that are pasted are not typed. */

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(BksNodeSession) session = data;
  g_autofree char *text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, NULL);

  if (text != NULL && *text != '\0')
    bks_node_session_add_passage (session, text, BKS_ORIGIN_PASTED, NULL);
}

/**
 * bks_paste_note:
 * @view: the view that something is being pasted into
 * @session: the text that it shows
 *
 * Notes what is on the clipboard as pasted; it is looked for at the next save.
 */
void
bks_paste_note (GtkWidget      *view,
                BksNodeSession *session)
{
  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (view), NULL, read_cb, g_object_ref (session));
}
