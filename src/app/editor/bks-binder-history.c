/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-async.h"
#include "bks-binder-history-private.h"
#include "bks-binder.h"
#include "bks-error.h"
#include "bks-ui.h"

/* Undoing and redoing changes of the binder, also those of an earlier day. */

static const struct
{
  const char *kind;
  const char *undone;
  const char *redone;
} wordings[] = {
  /* Translators: %s is the title of a chapter or scene */
  { "add", N_("Adding “%s” undone"), N_("“%s” added again") },
  { "rename", N_("Renaming “%s” undone"), N_("“%s” renamed again") },
  { "status", N_("Status of “%s” set back"), N_("Status of “%s” set again") },
  { "move", N_("Moving “%s” undone"), N_("“%s” moved again") },
  { "trash", N_("“%s” taken out of the trash"), N_("“%s” moved to the trash again") },
  { "restore", N_("“%s” moved back to the trash"), N_("“%s” taken out of the trash again") },
};

static void
say (BksBinder  *self,
     const char *what,
     gboolean    undo)
{
  const char *space = strchr (what, ' ');
  g_autofree char *kind = g_strndup (what, space != NULL ? (gsize) (space - what) : strlen (what));
  const char *title = space != NULL && space[1] != '\0' ? space + 1 : _("Untitled");

  for (guint i = 0; i < G_N_ELEMENTS (wordings); i++)
    if (g_str_equal (kind, wordings[i].kind))
      {
        g_auto(GStrv) halves = g_strsplit (_(undo ? wordings[i].undone : wordings[i].redone), "%s", 2);
        g_autofree char *text = g_strjoinv (title, halves);

        bks_ui_toast (GTK_WIDGET (self), text);
      }
}

static DexFuture *
step_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBinder *self = verb->self;
  BksBookSession *session = bks_binder_get_session (self);
  gboolean undo = g_str_equal (verb->text, "undo");
  g_autofree char *what = NULL;
  g_autoptr(GError) error = NULL;

  if (session == NULL)
    return NULL;
  what = dex_await_string (undo ? bks_book_session_undo (session) : bks_book_session_redo (session), &error);
  if (gtk_widget_get_root (GTK_WIDGET (self)) == NULL)
    return NULL;
  if (what != NULL)
    say (self, what, undo);
  else if (g_error_matches (error, BKS_ERROR, BKS_ERROR_NOT_FOUND))
    bks_ui_toast (GTK_WIDGET (self), undo ? _("Nothing to undo in the binder") : _("Nothing to redo in the binder"));
  else
    bks_ui_present_error (GTK_WIDGET (self), undo ? _("This Cannot Be Undone") : _("This Cannot Be Redone"), error);
  return NULL;
}

static void
undo_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  bks_verb_start (step_fiber, widget, "undo", NULL);
}

static void
redo_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  bks_verb_start (step_fiber, widget, "redo", NULL);
}

/**
 * bks_binder_install_history:
 * @widget_class: the binder's class
 *
 * Adds the actions "binder.undo" and "binder.redo" with their keys.
 */
void
bks_binder_install_history (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "binder.undo", NULL, undo_action);
  gtk_widget_class_install_action (widget_class, "binder.redo", NULL, redo_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_z, GDK_CONTROL_MASK, "binder.undo", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_z, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "binder.redo", NULL);
}
