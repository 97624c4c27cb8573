/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-page-view.h"

#define SIDE_MARGIN 36
#define SIDE_MARGIN_NARROW 16
#define NARROW 480
#define TITLE_TOP 28
#define TITLE_BOTTOM 14
#define BOTTOM_MARGIN 160

struct _BksPageView
{
  GtkSourceView parent_instance;

  GSignalGroup *scroll_signals;
  GtkWidget *title;
  char      *saved_title;
};

enum
{
  TITLE_CHANGED,
  PARAGRAPH_BREAK,
  TYPE_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksPageView, bks_page_view, GTK_SOURCE_TYPE_VIEW)

static void
commit_title (BksPageView *self)
{
  g_autofree char *title = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->title))));

  if (*title == '\0')
    bks_page_view_set_title (self, self->saved_title);
  else if (g_set_str (&self->saved_title, title))
    g_signal_emit (self, signals[TITLE_CHANGED], 0, title);
}

static gboolean
title_key_cb (BksPageView     *self,
              guint            keyval,
              guint            keycode,
              GdkModifierType  state)
{
  if (keyval == GDK_KEY_Escape)
    bks_page_view_set_title (self, self->saved_title);
  else if (keyval != GDK_KEY_Down && keyval != GDK_KEY_Return && keyval != GDK_KEY_KP_Enter)
    return GDK_EVENT_PROPAGATE;
  gtk_widget_grab_focus (GTK_WIDGET (self));
  return GDK_EVENT_STOP;
}

static gboolean
is_on_first_line (BksPageView *self)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (self));
  GtkTextIter caret;
  GtkTextIter before;

  gtk_text_buffer_get_iter_at_mark (buffer, &caret, gtk_text_buffer_get_insert (buffer));
  before = caret;
  return !gtk_text_view_backward_display_line (GTK_TEXT_VIEW (self), &before) ||
         gtk_text_iter_equal (&caret, &before);
}

/* In source code these move words and lines about; in a book they are for going
 * back, and a slip must not tear a sentence apart. */
static gboolean
handle_alt_arrow (BksPageView *self,
                  guint        keyval)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;

  if (keyval == (rtl ? GDK_KEY_Right : GDK_KEY_Left))
    gtk_widget_activate_action (GTK_WIDGET (self), "navigation.pop", NULL);
  return keyval == GDK_KEY_Left || keyval == GDK_KEY_Right || keyval == GDK_KEY_Up || keyval == GDK_KEY_Down;
}

static gboolean
key_cb (BksPageView           *self,
        guint                  keyval,
        guint                  keycode,
        GdkModifierType        state,
        GtkEventControllerKey *controller)
{
  GdkEvent *event = gtk_event_controller_get_current_event (GTK_EVENT_CONTROLLER (controller));

  GdkModifierType modifiers = state & gtk_accelerator_get_default_mod_mask ();

  if (gtk_widget_is_focus (GTK_WIDGET (self)) && modifiers == GDK_ALT_MASK)
    return handle_alt_arrow (self, keyval);
  if (!gtk_widget_is_focus (GTK_WIDGET (self)) || modifiers != 0)
    return GDK_EVENT_PROPAGATE;
  if (keyval == GDK_KEY_Up && is_on_first_line (self))
    {
      gtk_widget_grab_focus (self->title);
      return GDK_EVENT_STOP;
    }
  if (keyval != GDK_KEY_Return && keyval != GDK_KEY_KP_Enter)
    return GDK_EVENT_PROPAGATE;
  /* Return may belong to an input method that is composing. */
  if (!gtk_text_view_im_context_filter_keypress (GTK_TEXT_VIEW (self), event))
    g_signal_emit (self, signals[PARAGRAPH_BREAK], 0);
  gtk_text_view_scroll_mark_onscreen (GTK_TEXT_VIEW (self),
                                      gtk_text_buffer_get_insert (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self))));
  return GDK_EVENT_STOP;
}

static void
add_title (BksPageView *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  self->title = gtk_text_new ();
  gtk_text_set_placeholder_text (GTK_TEXT (self->title), _("Untitled"));
  gtk_widget_add_css_class (self->title, "manuscript-title");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->title), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Title"), -1);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect_object (keys, "key-pressed", G_CALLBACK (title_key_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (focus, "leave", G_CALLBACK (commit_title), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (self->title, keys);
  gtk_widget_add_controller (self->title, focus);
  gtk_widget_set_parent (self->title, GTK_WIDGET (self));
}

static void
vadjustment_changed_cb (BksPageView *self)
{
  g_signal_group_set_target (self->scroll_signals, gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self)));
}

/* The title is a child that goes with the text; the top margin makes its room.
 * (Not one of gtk_text_view_add_overlay(): in GTK 4.18 those stay when the text scrolls.) */
static void
bks_page_view_size_allocate (GtkWidget *widget,
                             int        width,
                             int        height,
                             int        baseline)
{
  BksPageView *self = BKS_PAGE_VIEW (widget);
  GtkTextView *view = GTK_TEXT_VIEW (widget);
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self));
  int margin = width < NARROW ? SIDE_MARGIN_NARROW : SIDE_MARGIN;
  GtkAllocation title = { margin, TITLE_TOP, MAX (1, width - 2 * margin), 0 };
  int top;

  gtk_widget_measure (self->title, GTK_ORIENTATION_VERTICAL, title.width, NULL, &title.height, NULL, NULL);
  top = TITLE_TOP + title.height + TITLE_BOTTOM;
  if (gtk_text_view_get_top_margin (view) != top)
    gtk_text_view_set_top_margin (view, top);
  if (gtk_text_view_get_left_margin (view) != margin)
    {
      gtk_text_view_set_left_margin (view, margin);
      gtk_text_view_set_right_margin (view, margin);
    }

  GTK_WIDGET_CLASS (bks_page_view_parent_class)->size_allocate (widget, width, height, baseline);

  if (adjustment != NULL)
    title.y -= (int) gtk_adjustment_get_value (adjustment);
  gtk_widget_size_allocate (self->title, &title, -1);
}

static void
bks_page_view_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  GTK_WIDGET_CLASS (bks_page_view_parent_class)->snapshot (widget, snapshot);
  gtk_widget_snapshot_child (widget, BKS_PAGE_VIEW (widget)->title, snapshot);
}

static void
bks_page_view_css_changed (GtkWidget         *widget,
                           GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (bks_page_view_parent_class)->css_changed (widget, change);
  g_signal_emit (widget, signals[TYPE_CHANGED], 0);
}

static void
bks_page_view_dispose (GObject *object)
{
  BksPageView *self = BKS_PAGE_VIEW (object);

  g_clear_object (&self->scroll_signals);
  g_clear_pointer (&self->title, gtk_widget_unparent);

  G_OBJECT_CLASS (bks_page_view_parent_class)->dispose (object);
}

static void
bks_page_view_finalize (GObject *object)
{
  g_free (BKS_PAGE_VIEW (object)->saved_title);

  G_OBJECT_CLASS (bks_page_view_parent_class)->finalize (object);
}

static void
bks_page_view_class_init (BksPageViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_page_view_dispose;
  G_OBJECT_CLASS (klass)->finalize = bks_page_view_finalize;
  widget_class->size_allocate = bks_page_view_size_allocate;
  widget_class->snapshot = bks_page_view_snapshot;
  widget_class->css_changed = bks_page_view_css_changed;

  /**
   * BksPageView::title-changed:
   * @self: the page
   * @title: what the person called it
   */
  signals[TITLE_CHANGED] = g_signal_new ("title-changed", BKS_TYPE_PAGE_VIEW, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  /**
   * BksPageView::paragraph-break:
   * @self: the page
   */
  signals[PARAGRAPH_BREAK] = g_signal_new ("paragraph-break", BKS_TYPE_PAGE_VIEW, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * BksPageView::type-changed:
   * @self: the page
   *
   * Its typeface or size may be another one now.
   */
  signals[TYPE_CHANGED] = g_signal_new ("type-changed", BKS_TYPE_PAGE_VIEW, G_SIGNAL_RUN_LAST, 0,
                                        NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
bks_page_view_init (BksPageView *self)
{
  GtkTextView *view = GTK_TEXT_VIEW (self);
  GtkEventController *keys = gtk_event_controller_key_new ();

  self->saved_title = g_strdup ("");
  self->scroll_signals = g_signal_group_new (GTK_TYPE_ADJUSTMENT);
  g_signal_group_connect_object (self->scroll_signals, "value-changed", G_CALLBACK (gtk_widget_queue_allocate), self,
                                 G_CONNECT_SWAPPED);
  g_signal_connect (self, "notify::vadjustment", G_CALLBACK (vadjustment_changed_cb), NULL);
  gtk_text_view_set_wrap_mode (view, GTK_WRAP_WORD_CHAR);
  gtk_text_view_set_bottom_margin (view, BOTTOM_MARGIN);
  gtk_text_view_set_input_hints (view, GTK_INPUT_HINT_SPELLCHECK | GTK_INPUT_HINT_UPPERCASE_SENTENCES);
  gtk_widget_add_css_class (GTK_WIDGET (self), "manuscript");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Text"), -1);
  add_title (self);

  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect_object (keys, "key-pressed", G_CALLBACK (key_cb), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
}

/**
 * bks_page_view_set_title:
 * @self: the page
 * @title: (nullable): what stands above the text
 */
void
bks_page_view_set_title (BksPageView *self,
                         const char  *title)
{
  g_return_if_fail (BKS_IS_PAGE_VIEW (self));

  g_set_str (&self->saved_title, title != NULL ? title : "");
  if (g_strcmp0 (gtk_editable_get_text (GTK_EDITABLE (self->title)), self->saved_title) != 0)
    gtk_editable_set_text (GTK_EDITABLE (self->title), self->saved_title);
}

/**
 * bks_page_view_focus_title:
 * @self: the page
 *
 * Puts the caret into the title, all of it selected.
 */
void
bks_page_view_focus_title (BksPageView *self)
{
  g_return_if_fail (BKS_IS_PAGE_VIEW (self));

  gtk_widget_grab_focus (self->title);
  gtk_editable_select_region (GTK_EDITABLE (self->title), 0, -1);
}

/**
 * bks_page_view_get_width:
 * @self: the page
 * @measure: how many characters a line should hold
 *
 * Returns: how wide the page is to be, in pixels, in its present type
 */
int
bks_page_view_get_width (BksPageView *self,
                         int          measure)
{
  /* Letters as prose has them; the metrics of a font know only an average of the alphabet. */
  static const char sample[] = "It was a quiet evening, and the letters on the table were still unread when he came";
  g_autoptr(PangoLayout) layout = NULL;
  int width;

  g_return_val_if_fail (BKS_IS_PAGE_VIEW (self), 0);

  layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), sample);
  pango_layout_get_size (layout, &width, NULL);
  return (int) ((gint64) width * measure / (gint64) (sizeof sample - 1) / PANGO_SCALE) + 2 * SIDE_MARGIN;
}
