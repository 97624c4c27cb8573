/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-format-bar.h"

struct _BksFormatBar
{
  GtkPopover parent_instance;

  GtkTextView  *view; /* not held: it is the parent */
  GSignalGroup *buffer_signals;
};

G_DEFINE_FINAL_TYPE (BksFormatBar, bks_format_bar, GTK_TYPE_POPOVER)

static void
hide (BksFormatBar *self)
{
  gtk_popover_popdown (GTK_POPOVER (self));
}

static void
selection_changed_cb (BksFormatBar *self)
{
  if (!gtk_text_buffer_get_has_selection (gtk_text_view_get_buffer (self->view)))
    hide (self);
}

/* Over the first line of what is selected, as far as it is in sight. */
static void
point_to_selection (BksFormatBar *self)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (self->view);
  GtkTextIter start, end;
  GdkRectangle first, last, at;
  int x, y;

  gtk_text_buffer_get_selection_bounds (buffer, &start, &end);
  gtk_text_view_get_iter_location (self->view, &start, &first);
  gtk_text_view_get_iter_location (self->view, &end, &last);
  gtk_text_view_buffer_to_window_coords (self->view, GTK_TEXT_WINDOW_WIDGET, first.x, first.y, &x, &y);
  at = (GdkRectangle) { x, MAX (0, y), 1, first.height };
  if (last.y == first.y)
    at.width = MAX (1, last.x - first.x);
  gtk_popover_set_pointing_to (GTK_POPOVER (self), &at);
}

static void
released_cb (BksFormatBar *self)
{
  if (!gtk_text_view_get_editable (self->view) ||
      !gtk_text_buffer_get_has_selection (gtk_text_view_get_buffer (self->view)))
    return;
  point_to_selection (self);
  gtk_popover_popup (GTK_POPOVER (self));
}

static void
buffer_changed_cb (BksFormatBar *self)
{
  hide (self);
  g_signal_group_set_target (self->buffer_signals, gtk_text_view_get_buffer (self->view));
}

static gboolean
key_cb (BksFormatBar *self)
{
  hide (self);
  return GDK_EVENT_PROPAGATE;
}

static gboolean
scroll_cb (BksFormatBar *self)
{
  hide (self);
  return GDK_EVENT_PROPAGATE;
}

static void
bks_format_bar_dispose (GObject *object)
{
  BksFormatBar *self = BKS_FORMAT_BAR (object);

  g_clear_object (&self->buffer_signals);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_FORMAT_BAR);

  G_OBJECT_CLASS (bks_format_bar_parent_class)->dispose (object);
}

static void
bks_format_bar_class_init (BksFormatBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_format_bar_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-format-bar.ui");
}

static void
bks_format_bar_init (BksFormatBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->buffer_signals = g_signal_group_new (GTK_TYPE_TEXT_BUFFER);
  g_signal_group_connect_object (self->buffer_signals, "notify::has-selection", G_CALLBACK (selection_changed_cb), self,
                                 G_CONNECT_SWAPPED);
}

/**
 * bks_format_bar_new:
 * @view: what it floats over; it has the actions "page.italic" and "page.bold", and presents the bar
 *
 * Returns: (transfer none): the bar, a child of @view
 */
GtkWidget *
bks_format_bar_new (GtkTextView *view)
{
  BksFormatBar *self = g_object_new (BKS_TYPE_FORMAT_BAR, NULL);
  GtkGesture *click = gtk_gesture_click_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *wheel = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);

  self->view = view;
  gtk_widget_set_parent (GTK_WIDGET (self), GTK_WIDGET (view));
  g_signal_connect_object (view, "notify::buffer", G_CALLBACK (buffer_changed_cb), self, G_CONNECT_SWAPPED);
  buffer_changed_cb (self);
  /* It watches only: the text has the pointer and the keys. */
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (click), GTK_PHASE_CAPTURE);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  gtk_event_controller_set_propagation_phase (wheel, GTK_PHASE_CAPTURE);
  g_signal_connect_object (click, "released", G_CALLBACK (released_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (click, "unpaired-release", G_CALLBACK (released_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (keys, "key-pressed", G_CALLBACK (key_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (wheel, "scroll", G_CALLBACK (scroll_cb), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (GTK_WIDGET (view), GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (GTK_WIDGET (view), keys);
  gtk_widget_add_controller (GTK_WIDGET (view), wheel);
  return GTK_WIDGET (self);
}

/**
 * bks_format_bar_detach:
 * @self: a bar
 *
 * Leaves the view, before that goes.
 */
void
bks_format_bar_detach (BksFormatBar *self)
{
  g_return_if_fail (BKS_IS_FORMAT_BAR (self));

  gtk_widget_unparent (GTK_WIDGET (self));
}
