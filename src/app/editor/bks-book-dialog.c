/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-book-dialog.h"
#include "bks-ui.h"

struct _BksBookDialog
{
  AdwPreferencesDialog parent_instance;

  BksBookSession *session;
  gboolean        filling; /* a change that is not the person's */
  guint           goal_source; /* a goal waits for the person to stop */

  AdwEntryRow  *title_row;
  AdwEntryRow  *author_row;
  AdwEntryRow  *language_row;
  AdwSpinRow   *goal_row;
  AdwSwitchRow *local_row;
};

/* A number is typed digit by digit, and a held button runs through many. */
#define GOAL_PAUSE_MS 600

G_DEFINE_FINAL_TYPE (BksBookDialog, bks_book_dialog, ADW_TYPE_PREFERENCES_DIALOG)

static void
set_text (AdwEntryRow *row,
          const char  *text)
{
  if (g_strcmp0 (gtk_editable_get_text (GTK_EDITABLE (row)), text) != 0)
    gtk_editable_set_text (GTK_EDITABLE (row), text);
}

/* As the book has it: also what was refused goes back to what is true. */
static void
fill (BksBookDialog *self)
{
  BksBook *book = bks_book_session_get_book (self->session);

  self->filling = TRUE;
  set_text (self->title_row, bks_book_get_title (book));
  set_text (self->author_row, bks_book_get_author (book));
  set_text (self->language_row, bks_book_get_language (book));
  if (self->goal_source == 0)
    adw_spin_row_set_value (self->goal_row, (double) bks_book_get_daily_goal (book));
  adw_switch_row_set_active (self->local_row, bks_book_get_local_only (book));
  self->filling = FALSE;
}

static void
finish (BksBookDialog *self,
        const GError  *error)
{
  if (self->title_row == NULL)
    return;
  fill (self);
  if (error != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("The Book Cannot Be Changed"), error);
}

static const char *
get_text (AdwEntryRow *row)
{
  return gtk_editable_get_text (GTK_EDITABLE (row));
}

/* Only the row that was applied; what stands unfinished in the others stays there. */
static DexFuture *
details_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBookDialog *self = verb->self;
  GObject *row = verb->object;
  g_autoptr(GError) error = NULL;

  dex_await (bks_book_session_set_details (self->session,
                                           row == G_OBJECT (self->title_row) ? verb->text : NULL,
                                           row == G_OBJECT (self->author_row) ? verb->text : NULL,
                                           row == G_OBJECT (self->language_row) ? verb->text : NULL),
             &error);
  finish (self, error);
  return NULL;
}

static void
title_applied_cb (BksBookDialog *self)
{
  g_autofree char *title = g_strstrip (g_strdup (get_text (self->title_row)));

  /* A book without a name could not be found again. */
  if (*title == '\0')
    fill (self);
  else
    bks_verb_start (details_fiber, self, get_text (self->title_row), self->title_row);
}

static void
author_applied_cb (BksBookDialog *self)
{
  bks_verb_start (details_fiber, self, get_text (self->author_row), self->author_row);
}

static void
language_applied_cb (BksBookDialog *self)
{
  bks_verb_start (details_fiber, self, get_text (self->language_row), self->language_row);
}

static DexFuture *
local_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBookDialog *self = verb->self;
  g_autoptr(GError) error = NULL;

  dex_await (bks_book_session_set_local_only (self->session, g_str_equal (verb->text, "on")), &error);
  finish (self, error);
  return NULL;
}

static void
local_changed_cb (BksBookDialog *self)
{
  if (!self->filling && self->session != NULL)
    bks_verb_start (local_fiber, self, adw_switch_row_get_active (self->local_row) ? "on" : "off", NULL);
}

static DexFuture *
goal_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBookDialog *self = verb->self;
  g_autoptr(BksBookSession) session = g_object_ref (self->session);
  g_autoptr(GError) error = NULL;

  dex_await (bks_book_session_set_daily_goal (session, g_ascii_strtoll (verb->text, NULL, 10)), &error);
  finish (self, error);
  return NULL;
}

static void
set_goal (gpointer data)
{
  BksBookDialog *self = data;

  self->goal_source = 0;
  bks_verb_start (goal_fiber, self, gtk_editable_get_text (GTK_EDITABLE (self->goal_row)), NULL);
}

static void
goal_changed_cb (BksBookDialog *self)
{
  guint64 words;

  if (self->filling || self->session == NULL ||
      !g_ascii_string_to_unsigned (gtk_editable_get_text (GTK_EDITABLE (self->goal_row)), 10, 0,
                                   (guint64) gtk_adjustment_get_upper (adw_spin_row_get_adjustment (self->goal_row)),
                                   &words, NULL))
    return;
  g_clear_handle_id (&self->goal_source, g_source_remove);
  self->goal_source = g_timeout_add_once (GOAL_PAUSE_MS, set_goal, self);
}

static void
closed_cb (BksBookDialog *self)
{
  if (self->goal_source == 0)
    return;
  g_clear_handle_id (&self->goal_source, g_source_remove);
  set_goal (self);
}

static void
bks_book_dialog_dispose (GObject *object)
{
  BksBookDialog *self = BKS_BOOK_DIALOG (object);

  g_clear_handle_id (&self->goal_source, g_source_remove);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_BOOK_DIALOG);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bks_book_dialog_parent_class)->dispose (object);
}

static void
bks_book_dialog_class_init (BksBookDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_book_dialog_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-book-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, BksBookDialog, title_row);
  gtk_widget_class_bind_template_child (widget_class, BksBookDialog, author_row);
  gtk_widget_class_bind_template_child (widget_class, BksBookDialog, language_row);
  gtk_widget_class_bind_template_child (widget_class, BksBookDialog, goal_row);
  gtk_widget_class_bind_template_child (widget_class, BksBookDialog, local_row);
  gtk_widget_class_bind_template_callback (widget_class, title_applied_cb);
  gtk_widget_class_bind_template_callback (widget_class, author_applied_cb);
  gtk_widget_class_bind_template_callback (widget_class, language_applied_cb);
  gtk_widget_class_bind_template_callback (widget_class, goal_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, local_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, closed_cb);
}

static void
bks_book_dialog_init (BksBookDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_book_dialog_new:
 * @session: an open book
 *
 * Returns: (transfer floating): the dialog, to be presented
 */
GtkWidget *
bks_book_dialog_new (BksBookSession *session)
{
  BksBookDialog *self = g_object_new (BKS_TYPE_BOOK_DIALOG, NULL);

  self->session = g_object_ref (session);
  fill (self);
  return GTK_WIDGET (self);
}
