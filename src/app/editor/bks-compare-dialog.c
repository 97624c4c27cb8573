/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-compare-dialog.h"
#include "bks-diff.h"
#include "bks-page-markup.h"
#include "bks-ui.h"

struct _BksCompareDialog
{
  AdwDialog parent_instance;

  char *earlier;
  char *present;
  char *what;
  BksPageMarkup *markup;
  GtkTextTag *deleted;
  GtkTextTag *inserted;

  AdwWindowTitle *title;
  GtkStack       *stack;
  GtkTextView    *view;
  GtkLabel       *summary;
};

enum
{
  RESTORE,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksCompareDialog, bks_compare_dialog, ADW_TYPE_DIALOG)

typedef struct
{
  char *earlier;
  char *present;
} Texts;

static void
texts_free (gpointer data)
{
  Texts *texts = data;

  g_free (texts->earlier);
  g_free (texts->present);
  g_free (texts);
}

static gboolean
compare_thread (GValue        *result,
                GCancellable  *cancellable,
                gpointer       data,
                GError       **error)
{
  const Texts *texts = data;

  g_value_init (result, G_TYPE_ARRAY);
  g_value_take_boxed (result, bks_diff_words (texts->earlier, texts->present));
  return TRUE;
}

/* What was taken away and what was put in, each also told apart without its colour. */
static void
show_span (BksCompareDialog  *self,
           const BksDiffSpan *span)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (self->view);
  gboolean is_new = span->kind == BKS_DIFF_INSERTED;
  const char *text = is_new ? self->present + span->new_start : self->earlier + span->old_start;
  int length = (int) (is_new ? span->new_length : span->old_length);
  GtkTextIter end;

  gtk_text_buffer_get_end_iter (buffer, &end);
  if (span->kind == BKS_DIFF_EQUAL)
    gtk_text_buffer_insert (buffer, &end, text, length);
  else
    gtk_text_buffer_insert_with_tags (buffer, &end, text, length, is_new ? self->inserted : self->deleted, NULL);
}

static void
show_summary (BksCompareDialog *self,
              GArray           *spans)
{
  guint deleted = 0, inserted = 0;
  g_autofree char *taken = NULL;
  g_autofree char *put = NULL;
  g_autofree char *text = NULL;

  for (guint i = 0; i < spans->len; i++)
    {
      deleted += g_array_index (spans, BksDiffSpan, i).kind == BKS_DIFF_DELETED;
      inserted += g_array_index (spans, BksDiffSpan, i).kind == BKS_DIFF_INSERTED;
    }
  if (deleted + inserted == 0)
    {
      gtk_label_set_label (self->summary, _("The earlier text is the same as the present one."));
      return;
    }
  taken = g_strdup_printf (ngettext ("%u passage taken away", "%u passages taken away", deleted), deleted);
  put = g_strdup_printf (ngettext ("%u passage put in", "%u passages put in", inserted), inserted);
  if (deleted > 0 && inserted > 0)
    text = g_strdup_printf ("%s, %s", taken, put);
  gtk_label_set_label (self->summary, text != NULL ? text : deleted > 0 ? taken : put);
}

static void
go_to_first_change (BksCompareDialog *self,
                    GArray           *spans)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (self->view);
  GtkTextIter at;

  gtk_text_buffer_get_start_iter (buffer, &at);
  if (spans->len > 1 && g_array_index (spans, BksDiffSpan, 0).kind == BKS_DIFF_EQUAL)
    gtk_text_iter_set_offset (&at, (int) g_utf8_strlen (self->earlier,
                                                        (gssize) g_array_index (spans, BksDiffSpan, 0).old_length));
  gtk_text_buffer_place_cursor (buffer, &at);
  gtk_text_view_scroll_to_mark (self->view, gtk_text_buffer_get_insert (buffer), 0.2, FALSE, 0, 0);
}

static DexFuture *
compare_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksCompareDialog *self = verb->self;
  Texts *texts = g_new0 (Texts, 1);
  g_autoptr(GArray) spans = NULL;

  texts->earlier = g_strdup (self->earlier);
  texts->present = g_strdup (self->present);
  spans = dex_await_boxed (bks_run_in_thread (NULL, compare_thread, texts, texts_free), NULL);
  if (spans == NULL || self->view == NULL)
    return NULL;
  for (guint i = 0; i < spans->len; i++)
    show_span (self, &g_array_index (spans, BksDiffSpan, i));
  show_summary (self, spans);
  gtk_stack_set_visible_child_name (self->stack, "text");
  go_to_first_change (self, spans);
  return NULL;
}

static void
restore_clicked_cb (BksCompareDialog *self)
{
  g_signal_emit (self, signals[RESTORE], 0, self->what);
  adw_dialog_close (ADW_DIALOG (self));
}

/* Readable on light and on dark. */
static void
set_colours (BksCompareDialog *self)
{
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());

  g_object_set (self->deleted, "foreground", dark ? "#ff9d95" : "#a51d2d", NULL);
  g_object_set (self->inserted, "foreground", dark ? "#8ff0a4" : "#1b6b3c", NULL);
}

static void
bks_compare_dialog_dispose (GObject *object)
{
  g_clear_object (&BKS_COMPARE_DIALOG (object)->markup);
  gtk_widget_dispose_template (GTK_WIDGET (object), BKS_TYPE_COMPARE_DIALOG);

  G_OBJECT_CLASS (bks_compare_dialog_parent_class)->dispose (object);
}

static void
bks_compare_dialog_finalize (GObject *object)
{
  BksCompareDialog *self = BKS_COMPARE_DIALOG (object);

  g_free (self->earlier);
  g_free (self->present);
  g_free (self->what);

  G_OBJECT_CLASS (bks_compare_dialog_parent_class)->finalize (object);
}

static void
bks_compare_dialog_class_init (BksCompareDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_compare_dialog_dispose;
  G_OBJECT_CLASS (klass)->finalize = bks_compare_dialog_finalize;

  signals[RESTORE] = g_signal_new ("restore", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-compare-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, BksCompareDialog, title);
  gtk_widget_class_bind_template_child (widget_class, BksCompareDialog, stack);
  gtk_widget_class_bind_template_child (widget_class, BksCompareDialog, view);
  gtk_widget_class_bind_template_child (widget_class, BksCompareDialog, summary);
  gtk_widget_class_bind_template_callback (widget_class, restore_clicked_cb);
}

static void
bks_compare_dialog_init (BksCompareDialog *self)
{
  GtkTextBuffer *buffer;

  gtk_widget_init_template (GTK_WIDGET (self));
  buffer = gtk_text_view_get_buffer (self->view);
  /* A change may be one of the marks: they stay in sight. */
  self->markup = bks_page_markup_new (buffer);
  bks_page_markup_set_show_marks (self->markup, TRUE);
  self->deleted = gtk_text_buffer_create_tag (buffer, "deleted", "strikethrough", TRUE, NULL);
  self->inserted = gtk_text_buffer_create_tag (buffer, "inserted", "underline", PANGO_UNDERLINE_SINGLE, NULL);
  set_colours (self);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (set_colours), self,
                           G_CONNECT_SWAPPED);
}

/**
 * bks_compare_dialog_new:
 * @when: when the earlier text was written, for people
 * @earlier: the earlier text
 * @present: the present one
 * @what: what the signal "restore" is to say
 *
 * Returns: (transfer floating): the dialog
 */
BksCompareDialog *
bks_compare_dialog_new (const char *when,
                        const char *earlier,
                        const char *present,
                        const char *what)
{
  BksCompareDialog *self = g_object_new (BKS_TYPE_COMPARE_DIALOG, NULL);

  self->earlier = g_strdup (earlier);
  self->present = g_strdup (present);
  self->what = g_strdup (what);
  adw_window_title_set_subtitle (self->title, when);
  bks_verb_start (compare_fiber, self, NULL, NULL);
  return self;
}
