/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <adwaita.h>

#include "bks-markup.h"
#include "bks-page-markup.h"

/* Typing in a paragraph beyond this leaves it plain: styling it at every key would be felt. */
#define STYLED_CHARS 40000
/* The gap between paragraphs, as a part of a line. */
#define GAP 0.35
#define HEADING_SCALE 1.25
#define QUOTE_MARGIN 24
/* To Pango no alpha at all means opaque. */
#define UNSEEN ((GdkRGBA) { 0, 0, 0, 2.f / G_MAXUINT16 })
#define NO_SIZE 0.01

struct _BksPageMarkup
{
  GObject parent_instance;

  GtkTextBuffer *buffer; /* not held: its owner owns this */
  GtkTextTag    *tags[BKS_MARKUP_N_KINDS];
  GtkTextTag    *dimmed;   /* on what steps back */
  GtkTextTag    *hidden;   /* on marks out of sight */
  GtkTextTag    *asterism; /* on breaks out of sight */
  GtkTextMark   *open_start; /* the paragraph of the caret, whose marks are in sight */
  GtkTextMark   *open_end;
  GtkTextMark   *edited_start; /* what one action of the person has changed so far */
  GtkTextMark   *edited_end;
  guint          actions;      /* under way, one in another */
  gboolean       edited;
  gboolean       show_marks;
  gboolean       dim_others;
};

enum
{
  PROP_0,
  PROP_SHOW_MARKS,
  PROP_DIM_OTHERS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (BksPageMarkup, bks_page_markup, G_TYPE_OBJECT)

static void
update_colours (BksPageMarkup *self)
{
  AdwStyleManager *style = adw_style_manager_get_default ();
  gboolean dark = adw_style_manager_get_dark (style);
  gboolean high = adw_style_manager_get_high_contrast (style);

  /* Greys that step back and are still read: more than 4.5 to 1 on the page. */
  const char *grey = dark ? (high ? "#d0d0d0" : "#9a9a9a") : (high ? "#404040" : "#6b6b6b");

  g_object_set (self->tags[BKS_MARKUP_MARK], "foreground", grey, NULL);
  g_object_set (self->dimmed, "foreground", grey, NULL);
}

static void
create_tags (BksPageMarkup *self)
{
  GtkTextBuffer *buffer = self->buffer;

  self->tags[BKS_MARKUP_HEADING] = gtk_text_buffer_create_tag (buffer, NULL, "scale", HEADING_SCALE, NULL);
  self->tags[BKS_MARKUP_QUOTE] = gtk_text_buffer_create_tag (buffer, NULL, "left-margin", QUOTE_MARGIN,
                                                             "right-margin", QUOTE_MARGIN,
                                                             "accumulative-margin", TRUE, NULL);
  self->tags[BKS_MARKUP_BREAK] = gtk_text_buffer_create_tag (buffer, NULL,
                                                             "justification", GTK_JUSTIFY_CENTER, NULL);
  self->tags[BKS_MARKUP_BLANK] = gtk_text_buffer_create_tag (buffer, NULL, "scale", GAP, NULL);
  self->tags[BKS_MARKUP_EMPHASIS] = gtk_text_buffer_create_tag (buffer, NULL,
                                                                "style", PANGO_STYLE_ITALIC, NULL);
  self->tags[BKS_MARKUP_STRONG] = gtk_text_buffer_create_tag (buffer, NULL,
                                                              "weight", PANGO_WEIGHT_BOLD, NULL);
  self->tags[BKS_MARKUP_MARK] = gtk_text_buffer_create_tag (buffer, NULL, NULL);
  self->dimmed = gtk_text_buffer_create_tag (buffer, BKS_PAGE_MARKUP_DIMMED, NULL);
  /* Not invisible: GTK 4.18 ends the program at a click behind invisible text (gtktextbtree.c, byte index off the end
   * of the line). Of no size and no colour they are out of sight too. */
  self->hidden = gtk_text_buffer_create_tag (buffer, BKS_PAGE_MARKUP_HIDDEN, "scale", NO_SIZE,
                                             "foreground-rgba", &UNSEEN, NULL);
  /* The line keeps its place, and the page draws on it. */
  self->asterism = gtk_text_buffer_create_tag (buffer, BKS_PAGE_MARKUP_ASTERISM,
                                               "foreground-rgba", &UNSEEN, NULL);
  update_colours (self);
}

static gboolean
is_blank_line (const GtkTextIter *iter)
{
  return gtk_text_iter_starts_line (iter) && gtk_text_iter_ends_line (iter);
}

/* Emphasis reaches no further than its paragraph. */
static void
widen_to_paragraphs (GtkTextIter *start,
                     GtkTextIter *end)
{
  gtk_text_iter_set_line_offset (start, 0);
  while (!is_blank_line (start) && gtk_text_iter_backward_line (start))
    ;
  if (!gtk_text_iter_ends_line (end))
    gtk_text_iter_forward_to_line_end (end);
  gtk_text_iter_set_line_offset (end, 0);
  while (!is_blank_line (end) && gtk_text_iter_forward_line (end))
    ;
  gtk_text_iter_forward_line (end);
}

/* Marks in sight */

static void
hide_tagged (BksPageMarkup     *self,
             GtkTextTag        *tag,
             GtkTextTag        *hider,
             const GtkTextIter *from,
             const GtkTextIter *to)
{
  GtkTextIter start = *from;

  while (gtk_text_iter_compare (&start, to) < 0 &&
         (gtk_text_iter_has_tag (&start, tag) || gtk_text_iter_forward_to_tag_toggle (&start, tag)) &&
         gtk_text_iter_compare (&start, to) < 0)
    {
      GtkTextIter end = start;

      gtk_text_iter_forward_to_tag_toggle (&end, tag);
      if (gtk_text_iter_compare (&end, to) > 0)
        end = *to;
      gtk_text_buffer_apply_tag (self->buffer, hider, &start, &end);
      start = end;
    }
}

static void
hide_range (BksPageMarkup     *self,
            const GtkTextIter *from,
            const GtkTextIter *to)
{
  if (gtk_text_iter_compare (from, to) >= 0)
    return;
  if (self->dim_others)
    gtk_text_buffer_apply_tag (self->buffer, self->dimmed, from, to);
  if (self->show_marks)
    return;
  hide_tagged (self, self->tags[BKS_MARKUP_MARK], self->hidden, from, to);
  hide_tagged (self, self->tags[BKS_MARKUP_BREAK], self->asterism, from, to);
}

static void
show_marks_of (BksPageMarkup     *self,
               const GtkTextIter *from,
               const GtkTextIter *to)
{
  gtk_text_buffer_remove_tag (self->buffer, self->hidden, from, to);
  gtk_text_buffer_remove_tag (self->buffer, self->asterism, from, to);
}

static void
show_range (BksPageMarkup     *self,
            const GtkTextIter *from,
            const GtkTextIter *to)
{
  show_marks_of (self, from, to);
  if (self->dim_others)
    gtk_text_buffer_remove_tag (self->buffer, self->dimmed, from, to);
}

static void
get_open (BksPageMarkup *self,
          GtkTextIter   *start,
          GtkTextIter   *end)
{
  gtk_text_buffer_get_iter_at_mark (self->buffer, start, self->open_start);
  gtk_text_buffer_get_iter_at_mark (self->buffer, end, self->open_end);
}

/* The paragraph of the caret is open, every other one closed. */
static void
caret_moved_cb (BksPageMarkup *self)
{
  GtkTextIter old_start, old_end, start, end;

  gtk_text_buffer_get_iter_at_mark (self->buffer, &start, gtk_text_buffer_get_insert (self->buffer));
  end = start;
  widen_to_paragraphs (&start, &end);
  get_open (self, &old_start, &old_end);
  if (gtk_text_iter_equal (&start, &old_start) && gtk_text_iter_equal (&end, &old_end))
    return;
  gtk_text_buffer_move_mark (self->buffer, self->open_start, &start);
  gtk_text_buffer_move_mark (self->buffer, self->open_end, &end);
  hide_range (self, &old_start, &old_end);
  show_range (self, &start, &end);
}

static void
hide_closed (BksPageMarkup     *self,
             const GtkTextIter *from,
             const GtkTextIter *to)
{
  GtkTextIter open_start, open_end;

  get_open (self, &open_start, &open_end);
  hide_range (self, from, gtk_text_iter_compare (to, &open_start) < 0 ? to : &open_start);
  hide_range (self, gtk_text_iter_compare (from, &open_end) > 0 ? from : &open_end, to);
}

/* Style */

static void
style_range (BksPageMarkup     *self,
             const GtkTextIter *from,
             const GtkTextIter *to)
{
  GtkTextBuffer *buffer = self->buffer;
  GtkTextIter start = *from;
  GtkTextIter end = *to;
  int edited = gtk_text_iter_get_offset (to) - gtk_text_iter_get_offset (from);
  g_autofree char *text = NULL;
  g_autoptr(GArray) spans = NULL;
  guint base;
  int last;

  widen_to_paragraphs (&start, &end);
  base = gtk_text_iter_get_offset (&start);
  last = gtk_text_iter_get_offset (&end);
  for (guint i = 0; i < BKS_MARKUP_N_KINDS; i++)
    gtk_text_buffer_remove_tag (buffer, self->tags[i], &start, &end);
  show_range (self, &start, &end);
  if (last - (int) base - edited > STYLED_CHARS)
    return;

  text = gtk_text_buffer_get_slice (buffer, &start, &end, TRUE);
  spans = bks_markup_scan (text);
  for (guint i = 0; i < spans->len; i++)
    {
      const BksMarkupSpan *span = &g_array_index (spans, BksMarkupSpan, i);

      gtk_text_buffer_get_iter_at_offset (buffer, &start, base + span->start);
      gtk_text_buffer_get_iter_at_offset (buffer, &end, base + span->end);
      gtk_text_buffer_apply_tag (buffer, self->tags[span->kind], &start, &end);
    }
  gtk_text_buffer_get_iter_at_offset (buffer, &start, (int) base);
  gtk_text_buffer_get_iter_at_offset (buffer, &end, last);
  hide_closed (self, &start, &end);
}

/* An action that changes a thousand places styles them once, as does its undoing. */
static void
begin_cb (BksPageMarkup *self)
{
  self->actions++;
}

static void
end_cb (BksPageMarkup *self)
{
  GtkTextIter start, end;

  if (--self->actions > 0 || !self->edited)
    return;
  self->edited = FALSE;
  gtk_text_buffer_get_iter_at_mark (self->buffer, &start, self->edited_start);
  gtk_text_buffer_get_iter_at_mark (self->buffer, &end, self->edited_end);
  style_range (self, &start, &end);
}

static void
style_edited (BksPageMarkup     *self,
              const GtkTextIter *start,
              const GtkTextIter *end)
{
  GtkTextIter from, to;

  if (self->actions == 0)
    {
      style_range (self, start, end);
      return;
    }
  gtk_text_buffer_get_iter_at_mark (self->buffer, &from, self->edited_start);
  gtk_text_buffer_get_iter_at_mark (self->buffer, &to, self->edited_end);
  if (!self->edited || gtk_text_iter_compare (start, &from) < 0)
    gtk_text_buffer_move_mark (self->buffer, self->edited_start, start);
  if (!self->edited || gtk_text_iter_compare (end, &to) > 0)
    gtk_text_buffer_move_mark (self->buffer, self->edited_end, end);
  self->edited = TRUE;
}

static void
inserted_cb (BksPageMarkup *self,
             GtkTextIter   *end,
             const char    *text,
             int            length)
{
  GtkTextIter start = *end;

  gtk_text_iter_backward_chars (&start, (int) g_utf8_strlen (text, length));
  style_edited (self, &start, end);
}

static void
deleted_cb (BksPageMarkup *self,
            GtkTextIter   *start,
            GtkTextIter   *end)
{
  style_edited (self, start, start);
}

static void
bks_page_markup_get_property (GObject    *object,
                              guint       prop_id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_SHOW_MARKS:
      g_value_set_boolean (value, BKS_PAGE_MARKUP (object)->show_marks);
      break;
    case PROP_DIM_OTHERS:
      g_value_set_boolean (value, BKS_PAGE_MARKUP (object)->dim_others);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bks_page_markup_set_property (GObject      *object,
                              guint         prop_id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_SHOW_MARKS:
      bks_page_markup_set_show_marks (BKS_PAGE_MARKUP (object), g_value_get_boolean (value));
      break;
    case PROP_DIM_OTHERS:
      bks_page_markup_set_dim_others (BKS_PAGE_MARKUP (object), g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bks_page_markup_class_init (BksPageMarkupClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = bks_page_markup_get_property;
  object_class->set_property = bks_page_markup_set_property;
  properties[PROP_SHOW_MARKS] = g_param_spec_boolean ("show-marks", NULL, NULL, FALSE,
                                                      G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY |
                                                      G_PARAM_STATIC_STRINGS);
  properties[PROP_DIM_OTHERS] = g_param_spec_boolean ("dim-others", NULL, NULL, FALSE,
                                                      G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY |
                                                      G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
bks_page_markup_init (BksPageMarkup *self)
{
}

/**
 * bks_page_markup_new:
 * @buffer: an empty buffer, which lives as long as the result
 *
 * Returns: (transfer full): what styles @buffer from now on
 */
BksPageMarkup *
bks_page_markup_new (GtkTextBuffer *buffer)
{
  BksPageMarkup *self = g_object_new (BKS_TYPE_PAGE_MARKUP, NULL);
  AdwStyleManager *style = adw_style_manager_get_default ();
  GtkTextIter start;

  self->buffer = buffer;
  create_tags (self);
  gtk_text_buffer_get_start_iter (buffer, &start);
  self->open_start = gtk_text_buffer_create_mark (buffer, NULL, &start, TRUE);
  self->open_end = gtk_text_buffer_create_mark (buffer, NULL, &start, FALSE);
  self->edited_start = gtk_text_buffer_create_mark (buffer, NULL, &start, TRUE);
  self->edited_end = gtk_text_buffer_create_mark (buffer, NULL, &start, FALSE);
  g_signal_connect_object (buffer, "begin-user-action", G_CALLBACK (begin_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (buffer, "end-user-action", G_CALLBACK (end_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (buffer, "undo", G_CALLBACK (begin_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (buffer, "undo", G_CALLBACK (end_cb), self, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (buffer, "redo", G_CALLBACK (begin_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (buffer, "redo", G_CALLBACK (end_cb), self, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (buffer, "insert-text", G_CALLBACK (inserted_cb), self, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (buffer, "delete-range", G_CALLBACK (deleted_cb), self, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (buffer, "notify::cursor-position", G_CALLBACK (caret_moved_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (style, "notify::dark", G_CALLBACK (update_colours), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (style, "notify::high-contrast", G_CALLBACK (update_colours), self, G_CONNECT_SWAPPED);
  return self;
}

/**
 * bks_page_markup_set_show_marks:
 * @self: a markup
 * @show_marks: whether the marks of every paragraph are in sight
 */
void
bks_page_markup_set_show_marks (BksPageMarkup *self,
                                gboolean       show_marks)
{
  GtkTextIter start, end;

  g_return_if_fail (BKS_IS_PAGE_MARKUP (self));

  if (self->show_marks == show_marks)
    return;
  self->show_marks = show_marks;
  gtk_text_buffer_get_bounds (self->buffer, &start, &end);
  if (show_marks)
    show_marks_of (self, &start, &end);
  else
    hide_closed (self, &start, &end);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SHOW_MARKS]);
}

/**
 * bks_page_markup_set_dim_others:
 * @self: a markup
 * @dim_others: whether everything steps back but the paragraph of the caret
 */
void
bks_page_markup_set_dim_others (BksPageMarkup *self,
                                gboolean       dim_others)
{
  GtkTextIter start, end;

  g_return_if_fail (BKS_IS_PAGE_MARKUP (self));

  if (self->dim_others == dim_others)
    return;
  gtk_text_buffer_get_bounds (self->buffer, &start, &end);
  if (!dim_others)
    gtk_text_buffer_remove_tag (self->buffer, self->dimmed, &start, &end);
  self->dim_others = dim_others;
  if (dim_others)
    hide_closed (self, &start, &end);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DIM_OTHERS]);
}
