/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <string.h>

#include <glib/gi18n.h>

#include "bks-format-bar.h"
#include "bks-page-format.h"
#include "bks-page-markup.h"
#include "bks-page-view.h"

#define SIDE_MARGIN 36
#define SIDE_MARGIN_NARROW 16
#define NARROW 480
#define TITLE_TOP 28
#define TITLE_BOTTOM 14
#define BOTTOM_MARGIN 160
/* Between the stars of an asterism, as a multiple of a star. */
#define ASTERISM_STEP 1.0f
/* Where the typewriter has its line, from the top of the view: a little above the middle, where a reader looks. */
#define TYPEWRITER_LINE 0.45

struct _BksPageView
{
  GtkSourceView parent_instance;

  GSignalGroup *scroll_signals;
  GtkWidget *title;
  GtkWidget *bar;
  char      *saved_title;
  gboolean   typewriter;
  int        typewriter_height; /* of the view, when the line was last put in its place */
  guint      scroll_source;
};

enum
{
  TITLE_CHANGED,
  PARAGRAPH_BREAK,
  TYPE_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void bks_page_view_accessible_text_init (GtkAccessibleTextInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BksPageView, bks_page_view, GTK_SOURCE_TYPE_VIEW,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_ACCESSIBLE_TEXT, bks_page_view_accessible_text_init))

/* GTK leaves out what a tag hides and counts it all the same, so that to a
 * screen reader every place behind a hidden mark was another one, and the end
 * of the text was missing. Marks are read, as they are written. */
static GBytes *
bks_page_view_get_contents (GtkAccessibleText *text,
                            unsigned int       start,
                            unsigned int       end)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (text));
  GtkTextIter from, to;
  char *contents;

  gtk_text_buffer_get_iter_at_offset (buffer, &from, (int) MIN (start, G_MAXINT));
  gtk_text_buffer_get_iter_at_offset (buffer, &to, end > G_MAXINT ? -1 : (int) end);
  contents = gtk_text_buffer_get_text (buffer, &from, &to, TRUE);
  return g_bytes_new_take (contents, strlen (contents));
}

static void
bks_page_view_accessible_text_init (GtkAccessibleTextInterface *iface)
{
  iface->get_contents = bks_page_view_get_contents;
}

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
  if ((state & gtk_accelerator_get_default_mod_mask ()) != 0)
    return GDK_EVENT_PROPAGATE;
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

/* In source code the arrows move words and lines about; in a book they are for going
 * back, and a slip must not tear a sentence apart. Return would begin a new line. */
static gboolean
handle_alt_key (BksPageView *self,
                guint        keyval)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;

  if (keyval == GDK_KEY_Return || keyval == GDK_KEY_KP_Enter)
    return gtk_widget_activate_action (GTK_WIDGET (self), "studio.details", NULL);
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
    return handle_alt_key (self, keyval);
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

/* It stands where its text begins, as the paragraphs below it do, whatever the language of the window is. */
static void
title_edited_cb (BksPageView *self)
{
  g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self),
                                                                  gtk_editable_get_text (GTK_EDITABLE (self->title)));
  PangoLayoutLine *line = pango_layout_get_line_readonly (layout, 0);

  gtk_widget_set_direction (self->title, pango_layout_line_get_resolved_direction (line) == PANGO_DIRECTION_RTL
                                           ? GTK_TEXT_DIR_RTL
                                           : GTK_TEXT_DIR_LTR);
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
  g_signal_connect_object (self->title, "changed", G_CALLBACK (title_edited_cb), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (self->title, keys);
  gtk_widget_add_controller (self->title, focus);
  gtk_widget_set_parent (self->title, GTK_WIDGET (self));
}

static void
vadjustment_changed_cb (BksPageView *self)
{
  g_signal_group_set_target (self->scroll_signals, gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self)));
}

static void
scroll_cb (gpointer data)
{
  BksPageView *self = data;

  self->scroll_source = 0;
  bks_page_view_scroll_to_caret (self, 0);
}

/* The place is a part of the height. */
static void
keep_typewriter_line (BksPageView *self,
                      int          height)
{
  if (!self->typewriter || self->typewriter_height == height)
    return;
  self->typewriter_height = height;
  if (self->scroll_source == 0)
    self->scroll_source = g_idle_add_once (scroll_cb, self);
}

/* The typewriter's line can be reached by the first and by the last line of the text. */
static void
set_margins (BksPageView *self,
             int          height,
             int          top)
{
  GtkTextView *view = GTK_TEXT_VIEW (self);
  int bottom = BOTTOM_MARGIN;

  if (self->typewriter)
    {
      top = MAX (top, (int) (height * TYPEWRITER_LINE));
      bottom = MAX (bottom, height - (int) (height * TYPEWRITER_LINE));
    }
  if (gtk_text_view_get_top_margin (view) != top)
    gtk_text_view_set_top_margin (view, top);
  if (gtk_text_view_get_bottom_margin (view) != bottom)
    gtk_text_view_set_bottom_margin (view, bottom);
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

  gtk_widget_measure (self->title, GTK_ORIENTATION_VERTICAL, title.width, NULL, &title.height, NULL, NULL);
  set_margins (self, height, TITLE_TOP + title.height + TITLE_BOTTOM);
  title.y = gtk_text_view_get_top_margin (view) - TITLE_BOTTOM - title.height;
  if (gtk_text_view_get_left_margin (view) != margin)
    {
      gtk_text_view_set_left_margin (view, margin);
      gtk_text_view_set_right_margin (view, margin);
    }

  GTK_WIDGET_CLASS (bks_page_view_parent_class)->size_allocate (widget, width, height, baseline);

  keep_typewriter_line (self, height);
  if (adjustment != NULL)
    title.y -= (int) gtk_adjustment_get_value (adjustment);
  gtk_widget_size_allocate (self->title, &title, -1);
  if (self->bar != NULL)
    gtk_popover_present (GTK_POPOVER (self->bar));
}

static void
bks_page_view_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  GTK_WIDGET_CLASS (bks_page_view_parent_class)->snapshot (widget, snapshot);
  gtk_widget_snapshot_child (widget, BKS_PAGE_VIEW (widget)->title, snapshot);
}

/* Three asterisks of the page's own type. */
static void
draw_asterism (BksPageView *self,
               GtkSnapshot *snapshot,
               GdkRGBA      colour,
               int          y,
               int          height)
{
  GtkTextView *view = GTK_TEXT_VIEW (self);
  g_autoptr(PangoLayout) star = gtk_widget_create_pango_layout (GTK_WIDGET (self), "*");
  int left = gtk_text_view_get_left_margin (view);
  int right = gtk_text_view_get_right_margin (view);
  float middle = left + (gtk_widget_get_width (GTK_WIDGET (self)) - left - right) / 2.f;
  PangoRectangle ink;
  float step;

  pango_layout_get_pixel_extents (star, &ink, NULL);
  step = ink.width * ASTERISM_STEP;
  for (int i = -1; i <= 1; i++)
    {
      /* One above, two below. */
      float x = middle + i * step - ink.x - ink.width / 2.f;
      float top = y + height / 2.f - ink.y - ink.height / 2.f + (i == 0 ? -0.5f : 0.5f) * step;

      gtk_snapshot_save (snapshot);
      gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (x, top));
      gtk_snapshot_append_layout (snapshot, star, &colour);
      gtk_snapshot_restore (snapshot);
    }
}

/* An asterism steps back with the text around it. */
static GdkRGBA
get_asterism_colour (BksPageView       *self,
                     const GtkTextIter *line)
{
  GtkTextBuffer *buffer = gtk_text_iter_get_buffer (line);
  GtkTextTag *dimmed = gtk_text_tag_table_lookup (gtk_text_buffer_get_tag_table (buffer), BKS_PAGE_MARKUP_DIMMED);
  g_autoptr(GdkRGBA) grey = NULL;
  GdkRGBA colour;

  gtk_widget_get_color (GTK_WIDGET (self), &colour);
  if (dimmed == NULL || !gtk_text_iter_has_tag (line, dimmed))
    return colour;
  g_object_get (dimmed, "foreground-rgba", &grey, NULL);
  return *grey;
}

static void
bks_page_view_snapshot_layer (GtkTextView      *view,
                              GtkTextViewLayer  layer,
                              GtkSnapshot      *snapshot)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (view);
  GtkTextTag *tag = gtk_text_tag_table_lookup (gtk_text_buffer_get_tag_table (buffer), BKS_PAGE_MARKUP_ASTERISM);
  GdkRectangle sight;
  GtkTextIter line;

  GTK_TEXT_VIEW_CLASS (bks_page_view_parent_class)->snapshot_layer (view, layer, snapshot);
  if (layer != GTK_TEXT_VIEW_LAYER_ABOVE_TEXT || tag == NULL)
    return;
  gtk_text_view_get_visible_rect (view, &sight);
  gtk_text_view_get_line_at_y (view, &line, sight.y, NULL);
  do
    {
      int y, height;

      gtk_text_view_get_line_yrange (view, &line, &y, &height);
      if (y > sight.y + sight.height)
        return;
      if (gtk_text_iter_has_tag (&line, tag))
        draw_asterism (BKS_PAGE_VIEW (view), snapshot, get_asterism_colour (BKS_PAGE_VIEW (view), &line), y, height);
    }
  while (gtk_text_iter_forward_line (&line));
}

/* The empty line that stands between two paragraphs is a gap on the page, no place to write. */
static gboolean
is_gap (const GtkTextIter *iter)
{
  GtkTextIter before = *iter;
  GtkTextIter after = *iter;

  return gtk_text_iter_starts_line (iter) && gtk_text_iter_ends_line (iter) &&
         gtk_text_iter_backward_line (&before) && !gtk_text_iter_ends_line (&before) &&
         gtk_text_iter_forward_line (&after) && !gtk_text_iter_ends_line (&after);
}

static gboolean
caret_is_in_gap (GtkTextView *view)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (view);
  GtkTextIter caret;

  gtk_text_buffer_get_iter_at_mark (buffer, &caret, gtk_text_buffer_get_insert (buffer));
  return is_gap (&caret);
}

static void
bks_page_view_move_cursor (GtkTextView     *view,
                           GtkMovementStep  step,
                           int              count,
                           gboolean         extend)
{
  GtkTextViewClass *parent = GTK_TEXT_VIEW_CLASS (bks_page_view_parent_class);

  parent->move_cursor (view, step, count, extend);
  if (ABS (count) == 1 && caret_is_in_gap (view) &&
      (step == GTK_MOVEMENT_DISPLAY_LINES || step == GTK_MOVEMENT_LOGICAL_POSITIONS ||
       step == GTK_MOVEMENT_VISUAL_POSITIONS))
    parent->move_cursor (view, step, count, extend);
}

/* The gap goes as a whole, or a line break would be left in the middle of a paragraph. */
static gboolean
join_paragraphs (BksPageView *self,
                 gboolean     backwards)
{
  GtkTextView *view = GTK_TEXT_VIEW (self);
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (view);
  GtkTextIter start, end, gap;

  if (!gtk_text_view_get_editable (view) || gtk_text_buffer_get_has_selection (buffer))
    return FALSE;
  gtk_text_buffer_get_iter_at_mark (buffer, &start, gtk_text_buffer_get_insert (buffer));
  if (backwards ? !gtk_text_iter_starts_line (&start) || gtk_text_iter_ends_line (&start)
                : !gtk_text_iter_ends_line (&start) || gtk_text_iter_starts_line (&start))
    return FALSE;
  gap = end = start;
  if (backwards ? !gtk_text_iter_backward_line (&gap) : !gtk_text_iter_forward_line (&gap))
    return FALSE;
  if (!is_gap (&gap))
    return FALSE;
  if (backwards)
    gtk_text_iter_backward_chars (&start, 2);
  else
    gtk_text_iter_forward_chars (&end, 2);
  gtk_text_buffer_delete_interactive (buffer, &start, &end, TRUE);
  return TRUE;
}

static void
bks_page_view_backspace (GtkTextView *view)
{
  if (!join_paragraphs (BKS_PAGE_VIEW (view), TRUE))
    GTK_TEXT_VIEW_CLASS (bks_page_view_parent_class)->backspace (view);
}

static void
bks_page_view_delete_from_cursor (GtkTextView   *view,
                                  GtkDeleteType  type,
                                  int            count)
{
  if (type != GTK_DELETE_CHARS || count != 1 || !join_paragraphs (BKS_PAGE_VIEW (view), FALSE))
    GTK_TEXT_VIEW_CLASS (bks_page_view_parent_class)->delete_from_cursor (view, type, count);
}

/* The title is read before the text, so the Tab key comes to it first. */
static gboolean
bks_page_view_focus (GtkWidget        *widget,
                     GtkDirectionType  direction)
{
  BksPageView *self = BKS_PAGE_VIEW (widget);
  gboolean forward = direction == GTK_DIR_TAB_FORWARD;
  gboolean in_title = gtk_widget_get_focus_child (widget) == self->title;
  gboolean in_text = gtk_widget_is_focus (widget);

  if (!forward && direction != GTK_DIR_TAB_BACKWARD)
    return GTK_WIDGET_CLASS (bks_page_view_parent_class)->focus (widget, direction);
  if (forward ? in_text : in_title)
    return FALSE;
  return gtk_widget_grab_focus (forward != (in_title || in_text) ? self->title : widget);
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

  g_clear_handle_id (&self->scroll_source, g_source_remove);
  g_clear_object (&self->scroll_signals);
  g_clear_pointer (&self->title, gtk_widget_unparent);
  if (self->bar != NULL)
    bks_format_bar_detach (BKS_FORMAT_BAR (g_steal_pointer (&self->bar)));

  G_OBJECT_CLASS (bks_page_view_parent_class)->dispose (object);
}

static void
bks_page_view_finalize (GObject *object)
{
  g_free (BKS_PAGE_VIEW (object)->saved_title);

  G_OBJECT_CLASS (bks_page_view_parent_class)->finalize (object);
}

static void
format_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  GtkTextView *view = GTK_TEXT_VIEW (widget);

  if (!gtk_text_view_get_editable (view))
    return;
  if (g_str_equal (name, "page.scene-break"))
    bks_page_format_insert_break (gtk_text_view_get_buffer (view));
  else
    bks_page_format_toggle (gtk_text_view_get_buffer (view),
                            g_str_equal (name, "page.bold") ? BKS_PAGE_FORMAT_BOLD : BKS_PAGE_FORMAT_ITALIC);
}

static void
install_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "page.italic", NULL, format_action);
  gtk_widget_class_install_action (widget_class, "page.bold", NULL, format_action);
  gtk_widget_class_install_action (widget_class, "page.scene-break", NULL, format_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_i, GDK_CONTROL_MASK, "page.italic", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_b, GDK_CONTROL_MASK, "page.bold", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_CONTROL_MASK, "page.scene-break", NULL);
}

static void
bks_page_view_class_init (BksPageViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GtkTextViewClass *view_class = GTK_TEXT_VIEW_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_page_view_dispose;
  G_OBJECT_CLASS (klass)->finalize = bks_page_view_finalize;
  widget_class->size_allocate = bks_page_view_size_allocate;
  widget_class->snapshot = bks_page_view_snapshot;
  widget_class->focus = bks_page_view_focus;
  widget_class->css_changed = bks_page_view_css_changed;
  install_actions (widget_class);
  view_class->snapshot_layer = bks_page_view_snapshot_layer;
  view_class->move_cursor = bks_page_view_move_cursor;
  view_class->backspace = bks_page_view_backspace;
  view_class->delete_from_cursor = bks_page_view_delete_from_cursor;

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
  /* A tab begins no paragraph of prose; the key leads on to what comes next. */
  gtk_text_view_set_accepts_tab (view, FALSE);
  gtk_text_view_set_input_hints (view, GTK_INPUT_HINT_SPELLCHECK | GTK_INPUT_HINT_UPPERCASE_SENTENCES);
  gtk_widget_add_css_class (GTK_WIDGET (self), "manuscript");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Text"), -1);
  add_title (self);
  self->bar = bks_format_bar_new (view);

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

/**
 * bks_page_view_set_title_dimmed:
 * @self: the page
 * @dimmed: whether the title steps back
 */
void
bks_page_view_set_title_dimmed (BksPageView *self,
                                gboolean     dimmed)
{
  g_return_if_fail (BKS_IS_PAGE_VIEW (self));

  if (dimmed)
    gtk_widget_add_css_class (self->title, "stepped-back");
  else
    gtk_widget_remove_css_class (self->title, "stepped-back");
}

/**
 * bks_page_view_set_typewriter:
 * @self: the page
 * @typewriter: whether the line that is written stays at the same height, as on a typewriter
 */
void
bks_page_view_set_typewriter (BksPageView *self,
                              gboolean     typewriter)
{
  g_return_if_fail (BKS_IS_PAGE_VIEW (self));

  self->typewriter = typewriter;
  self->typewriter_height = 0;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

/**
 * bks_page_view_get_typewriter:
 * @self: the page
 *
 * Returns: whether the line that is written stays at the same height
 */
gboolean
bks_page_view_get_typewriter (BksPageView *self)
{
  g_return_val_if_fail (BKS_IS_PAGE_VIEW (self), FALSE);

  return self->typewriter;
}

/**
 * bks_page_view_scroll_to_caret:
 * @self: the page
 * @margin: how far from the edge of the view at least, as a part of it; up to 0.5
 *
 * Brings the caret in sight; with a typewriter's line, onto it.
 */
void
bks_page_view_scroll_to_caret (BksPageView *self,
                               double       margin)
{
  GtkTextView *view = GTK_TEXT_VIEW (self);
  GtkTextMark *caret;

  g_return_if_fail (BKS_IS_PAGE_VIEW (self));

  caret = gtk_text_buffer_get_insert (gtk_text_view_get_buffer (view));
  if (self->typewriter)
    gtk_text_view_scroll_to_mark (view, caret, 0, TRUE, 0, TYPEWRITER_LINE);
  else
    gtk_text_view_scroll_to_mark (view, caret, margin, FALSE, 0, 0);
}
