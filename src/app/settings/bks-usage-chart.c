/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "bks-usage-chart.h"
#include "bks-wording.h"

#define HEIGHT 190
#define WIDTH 280
#define MARGIN 12
#define GAP 6
#define LINE_WIDTH 1.5f
#define DASH 4
#define DOT 9
/* Part of a day's width that its bar takes. */
#define BAR 0.64
/* Room above the highest, so that the line's label has some. */
#define HEADROOM 1.12
#define LABEL_DAYS 7

struct _BksUsageChart
{
  GtkWidget parent_instance;

  char      **providers;
  GPtrArray  *bars;
  guint       n_days;
  BksMoney    line; /* BKS_MONEY_UNKNOWN: none */
  char       *line_label;
  int         focused; /* -1: none */
  int         hovered;
  char       *detail;
};

enum
{
  PROP_0,
  PROP_DETAIL,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (BksUsageChart, bks_usage_chart, GTK_TYPE_WIDGET)

/**
 * bks_usage_bar_new:
 * @name: the day as one reads it
 * @n_providers: how many there are
 *
 * Returns: (transfer full): a day on which nothing was called
 */
BksUsageBar *
bks_usage_bar_new (const char *name,
                   guint       n_providers)
{
  BksUsageBar *self = g_new0 (BksUsageBar, 1);

  self->name = g_strdup (name);
  self->costs = g_array_sized_new (FALSE, TRUE, sizeof (BksMoney), n_providers);
  g_array_set_size (self->costs, n_providers);
  return self;
}

/**
 * bks_usage_bar_free:
 * @self: (transfer full): a day
 */
void
bks_usage_bar_free (BksUsageBar *self)
{
  g_free (self->name);
  g_array_unref (self->costs);
  g_free (self);
}

/* In words */

static char *
describe_bar (BksUsageChart     *self,
              const BksUsageBar *bar)
{
  g_autofree char *sum = NULL;
  GString *text;

  if (bar->calls == 0)
    /* Translators: a day */
    return g_strdup_printf (_("%s: not used"), bar->name);
  sum = bks_wording_sum (bar->calls, bar->cost, bar->unknown);
  text = g_string_new (NULL);
  g_string_append_printf (text, "%s: %s", bar->name, sum);
  for (guint i = 0; i < bar->costs->len; i++)
    {
      BksMoney cost = g_array_index (bar->costs, BksMoney, i);
      g_autofree char *amount = bks_wording_money (cost);

      if (cost > 0)
        g_string_append_printf (text, " · %s %s", self->providers[i], amount);
    }
  return g_string_free (text, FALSE);
}

static int
get_shown (BksUsageChart *self)
{
  return self->hovered >= 0 ? self->hovered : self->focused;
}

static void
update_detail (BksUsageChart *self)
{
  int shown = get_shown (self);
  g_autofree char *detail = shown >= 0 ? describe_bar (self, g_ptr_array_index (self->bars, shown)) : g_strdup ("");

  if (g_set_str (&self->detail, detail))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DETAIL]);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* To the screen reader: what stands under the focus. */
static void
announce (BksUsageChart *self)
{
  GtkWidget *parent = gtk_widget_get_parent (GTK_WIDGET (self));
  g_autofree char *text = NULL;

  if (self->focused < 0 || parent == NULL)
    return;
  text = describe_bar (self, g_ptr_array_index (self->bars, self->focused));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
  /* The parent speaks: GTK's accessibility for tests (4.18.6) fails where one who has a description does. */
  gtk_accessible_announce (GTK_ACCESSIBLE (parent), text, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
}

static void
focus_day (BksUsageChart *self,
           int            day)
{
  if (self->bars->len == 0)
    return;
  self->focused = CLAMP (day, 0, (int) self->bars->len - 1);
  self->hovered = -1;
  update_detail (self);
  announce (self);
}

/* Drawing */

/* The desktop's own accent colours, one after the other. */
static void
get_colour (guint    provider,
            GdkRGBA *rgba)
{
  static const AdwAccentColor colours[] = {
    ADW_ACCENT_COLOR_BLUE, ADW_ACCENT_COLOR_PURPLE, ADW_ACCENT_COLOR_GREEN, ADW_ACCENT_COLOR_ORANGE,
    ADW_ACCENT_COLOR_PINK, ADW_ACCENT_COLOR_TEAL, ADW_ACCENT_COLOR_YELLOW, ADW_ACCENT_COLOR_RED, ADW_ACCENT_COLOR_SLATE,
  };

  adw_accent_color_to_rgba (colours[provider % G_N_ELEMENTS (colours)], rgba);
}

static BksMoney
get_top (BksUsageChart *self)
{
  BksMoney top = self->line != BKS_MONEY_UNKNOWN ? self->line : 0;

  for (guint i = 0; i < self->bars->len; i++)
    top = MAX (top, ((const BksUsageBar *) g_ptr_array_index (self->bars, i))->cost);
  return MAX (top, 1);
}

/* Where things stand, in pixels. */
typedef struct
{
  double left, right, bottom, day, scale;
  gboolean mirrored;
} Frame;

static int
get_label_height (BksUsageChart *self)
{
  g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), "1");
  int height;

  pango_layout_get_pixel_size (layout, NULL, &height);
  return height;
}

static void
measure_frame (BksUsageChart *self,
               Frame         *frame)
{
  double height = gtk_widget_get_height (GTK_WIDGET (self));

  frame->left = MARGIN;
  frame->right = gtk_widget_get_width (GTK_WIDGET (self)) - MARGIN;
  frame->bottom = height - get_label_height (self) - GAP;
  frame->day = (frame->right - frame->left) / MAX (self->n_days, 1);
  frame->scale = (frame->bottom - MARGIN) / ((double) get_top (self) * HEADROOM);
  frame->mirrored = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
}

static double
get_day_x (const Frame *frame,
           guint        day)
{
  return frame->mirrored ? frame->right - (day + 1) * frame->day : frame->left + day * frame->day;
}

static int
find_day (BksUsageChart *self,
          double         x)
{
  Frame frame;
  int day;

  measure_frame (self, &frame);
  day = (int) ((frame.mirrored ? frame.right - x : x - frame.left) / frame.day);
  return x >= frame.left && x < frame.right && day >= 0 && day < (int) self->bars->len ? day : -1;
}

static void
draw_bar (BksUsageChart *self,
          GtkSnapshot   *snapshot,
          const Frame   *frame,
          guint          day)
{
  const BksUsageBar *bar = g_ptr_array_index (self->bars, day);
  double width = frame->day * BAR, x = get_day_x (frame, day) + (frame->day - width) / 2, y = frame->bottom;

  for (guint i = 0; i < bar->costs->len; i++)
    {
      double height = (double) g_array_index (bar->costs, BksMoney, i) * frame->scale;
      GdkRGBA rgba;

      if (height <= 0)
        continue;
      get_colour (i, &rgba);
      y -= height;
      /* A hair between two of them, for eyes that tell no colours. */
      gtk_snapshot_append_color (snapshot, &rgba, &GRAPHENE_RECT_INIT ((float) x, (float) y, (float) width,
                                                                      (float) MAX (height - 1, 1)));
    }
}

static void
draw_text (BksUsageChart *self,
           GtkSnapshot   *snapshot,
           const char    *text,
           double         x,
           double         y,
           double         align)
{
  g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  GdkRGBA rgba;
  int width;

  gtk_widget_get_color (GTK_WIDGET (self), &rgba);
  rgba.alpha *= 0.7f;
  pango_layout_get_pixel_size (layout, &width, NULL);
  x = CLAMP (x - width * align, 0, MAX (gtk_widget_get_width (GTK_WIDGET (self)) - width, 0));
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) x, (float) y));
  gtk_snapshot_append_layout (snapshot, layout, &rgba);
  gtk_snapshot_restore (snapshot);
}

static void
draw_line (BksUsageChart *self,
           GtkSnapshot   *snapshot,
           const Frame   *frame)
{
  double y = frame->bottom - (double) self->line * frame->scale;
  g_autoptr(GskPathBuilder) builder = gsk_path_builder_new ();
  g_autoptr(GskPath) path = NULL;
  g_autoptr(GskStroke) stroke = gsk_stroke_new (LINE_WIDTH);
  GdkRGBA rgba;

  gsk_path_builder_move_to (builder, (float) frame->left, (float) y);
  gsk_path_builder_line_to (builder, (float) frame->right, (float) y);
  path = gsk_path_builder_free_to_path (g_steal_pointer (&builder));
  gsk_stroke_set_dash (stroke, (const float[]){ DASH, DASH }, 2);
  gtk_widget_get_color (GTK_WIDGET (self), &rgba);
  gtk_snapshot_append_stroke (snapshot, path, stroke, &rgba);
  draw_text (self, snapshot, self->line_label, frame->mirrored ? frame->left : frame->right,
             MAX (y - get_label_height (self) - 2, 0), frame->mirrored ? 0 : 1);
}

static void
draw_days (BksUsageChart *self,
           GtkSnapshot   *snapshot,
           const Frame   *frame)
{
  GdkRGBA rgba;

  gtk_widget_get_color (GTK_WIDGET (self), &rgba);
  rgba.alpha *= 0.25f;
  gtk_snapshot_append_color (snapshot, &rgba, &GRAPHENE_RECT_INIT ((float) frame->left, (float) frame->bottom,
                                                                  (float) (frame->right - frame->left), 1));
  for (guint day = 0; day < self->n_days; day += LABEL_DAYS)
    {
      g_autofree char *number = g_strdup_printf ("%d", (int) day + 1);

      draw_text (self, snapshot, number, get_day_x (frame, day) + frame->day / 2, frame->bottom + GAP / 2, 0.5);
    }
}

static void
draw_shown (BksUsageChart *self,
            GtkSnapshot   *snapshot,
            const Frame   *frame)
{
  int shown = get_shown (self);
  graphene_rect_t area;
  GskRoundedRect outline;
  GdkRGBA rgba;

  if (shown < 0)
    return;
  area = GRAPHENE_RECT_INIT ((float) get_day_x (frame, (guint) shown), 2, (float) frame->day, (float) frame->bottom - 2);
  gtk_widget_get_color (GTK_WIDGET (self), &rgba);
  rgba.alpha *= 0.1f;
  gtk_snapshot_append_color (snapshot, &rgba, &area);
  if (shown != self->focused || !gtk_widget_has_visible_focus (GTK_WIDGET (self)))
    return;
  adw_accent_color_to_rgba (adw_style_manager_get_accent_color (adw_style_manager_get_default ()), &rgba);
  gsk_rounded_rect_init_from_rect (&outline, &area, 3);
  gtk_snapshot_append_border (snapshot, &outline, (const float[]){ 2, 2, 2, 2 },
                              (const GdkRGBA[]){ rgba, rgba, rgba, rgba });
}

static void
bks_usage_chart_snapshot (GtkWidget   *widget,
                          GtkSnapshot *snapshot)
{
  BksUsageChart *self = BKS_USAGE_CHART (widget);
  Frame frame;

  measure_frame (self, &frame);
  if (frame.day <= 0 || frame.bottom <= 0)
    return;
  draw_shown (self, snapshot, &frame);
  for (guint day = 0; day < self->bars->len; day++)
    draw_bar (self, snapshot, &frame, day);
  draw_days (self, snapshot, &frame);
  if (self->line != BKS_MONEY_UNKNOWN && self->line > 0)
    draw_line (self, snapshot, &frame);
}

static void
bks_usage_chart_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *minimum,
                         int            *natural,
                         int            *minimum_baseline,
                         int            *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? WIDTH : HEIGHT;
  *natural = *minimum;
}

/* Moving about */

static gboolean
move_cb (GtkWidget *widget,
         GVariant  *arguments,
         gpointer   data)
{
  BksUsageChart *self = BKS_USAGE_CHART (widget);
  int by;

  g_variant_get (arguments, "i", &by);
  if (gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL)
    by = -by;
  focus_day (self, self->focused >= 0 ? self->focused + by : (int) self->bars->len - 1);
  return TRUE;
}

static gboolean
go_cb (GtkWidget *widget,
       GVariant  *arguments,
       gpointer   data)
{
  gboolean last;

  g_variant_get (arguments, "b", &last);
  focus_day (BKS_USAGE_CHART (widget), last ? G_MAXINT : 0);
  return TRUE;
}

static void
focus_in_cb (BksUsageChart *self)
{
  if (self->focused < 0)
    focus_day (self, (int) self->bars->len - 1);
}

static void
focus_out_cb (BksUsageChart *self)
{
  self->focused = -1;
  update_detail (self);
}

static void
motion_cb (BksUsageChart *self,
           double         x)
{
  int day = find_day (self, x);

  if (day == self->hovered)
    return;
  self->hovered = day;
  update_detail (self);
}

static void
leave_cb (BksUsageChart *self)
{
  self->hovered = -1;
  update_detail (self);
}

static void
pressed_cb (BksUsageChart *self,
            int            n_press,
            double         x)
{
  int day = find_day (self, x);

  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (day >= 0)
    focus_day (self, day);
}

static void
bks_usage_chart_get_property (GObject    *object,
                              guint       id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_DETAIL:
      g_value_set_string (value, BKS_USAGE_CHART (object)->detail);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
bks_usage_chart_finalize (GObject *object)
{
  BksUsageChart *self = BKS_USAGE_CHART (object);

  g_strfreev (self->providers);
  g_ptr_array_unref (self->bars);
  g_free (self->line_label);
  g_free (self->detail);

  G_OBJECT_CLASS (bks_usage_chart_parent_class)->finalize (object);
}

static void
bks_usage_chart_class_init (BksUsageChartClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = bks_usage_chart_get_property;
  object_class->finalize = bks_usage_chart_finalize;
  widget_class->snapshot = bks_usage_chart_snapshot;
  widget_class->measure = bks_usage_chart_measure;

  /**
   * BksUsageChart:detail:
   *
   * The day under the pointer or the focus, in words; "" for none.
   */
  props[PROP_DETAIL] = g_param_spec_string ("detail", NULL, NULL, "", G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_add_binding (widget_class, GDK_KEY_Left, 0, move_cb, "i", -1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Right, 0, move_cb, "i", 1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_KP_Left, 0, move_cb, "i", -1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_KP_Right, 0, move_cb, "i", 1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Home, 0, go_cb, "b", FALSE);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_End, 0, go_cb, "b", TRUE);
  gtk_widget_class_set_css_name (widget_class, "usagechart");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
bks_usage_chart_init (BksUsageChart *self)
{
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  self->bars = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_usage_bar_free);
  self->line = BKS_MONEY_UNKNOWN;
  self->focused = -1;
  self->hovered = -1;
  self->detail = g_strdup ("");
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  g_signal_connect_swapped (focus, "enter", G_CALLBACK (focus_in_cb), self);
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (focus_out_cb), self);
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (leave_cb), self);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), focus);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Cost by day and provider; Left and Right move between the days"), -1);
}

static void
draw_dot_cb (GtkDrawingArea *area,
             cairo_t        *cr,
             int             width,
             int             height,
             gpointer        provider)
{
  GdkRGBA rgba;

  get_colour (GPOINTER_TO_UINT (provider), &rgba);
  gdk_cairo_set_source_rgba (cr, &rgba);
  cairo_arc (cr, width / 2.0, height / 2.0, MIN (width, height) / 2.0, 0, 2 * G_PI);
  cairo_fill (cr);
}

/**
 * bks_usage_chart_make_dot:
 * @provider: its place in the order
 *
 * Returns: (transfer floating): a dot in its colour, for a legend
 */
GtkWidget *
bks_usage_chart_make_dot (guint provider)
{
  GtkWidget *dot = g_object_new (GTK_TYPE_DRAWING_AREA, "accessible-role", GTK_ACCESSIBLE_ROLE_PRESENTATION, NULL);

  gtk_drawing_area_set_content_width (GTK_DRAWING_AREA (dot), DOT);
  gtk_drawing_area_set_content_height (GTK_DRAWING_AREA (dot), DOT);
  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (dot), draw_dot_cb, GUINT_TO_POINTER (provider), NULL);
  return dot;
}

/**
 * bks_usage_chart_set_data:
 * @self: a chart
 * @providers: their names, in the order of the stack from below
 * @bars: (element-type BksUsageBar) (transfer full): the days, from the first on
 * @n_days: how many days there is room for
 * @line: where the budget's line is; %BKS_MONEY_UNKNOWN for none
 * @line_label: (nullable): what it is
 */
void
bks_usage_chart_set_data (BksUsageChart     *self,
                          const char *const *providers,
                          GPtrArray         *bars,
                          guint              n_days,
                          BksMoney           line,
                          const char        *line_label)
{
  g_return_if_fail (BKS_IS_USAGE_CHART (self) && bars != NULL);

  g_strfreev (self->providers);
  self->providers = g_strdupv ((char **) providers);
  g_ptr_array_unref (self->bars);
  self->bars = bars;
  self->n_days = MAX (n_days, bars->len);
  self->line = line;
  g_set_str (&self->line_label, line_label);
  self->hovered = -1;
  if (self->focused >= (int) bars->len)
    self->focused = (int) bars->len - 1;
  update_detail (self);
}

/**
 * bks_usage_chart_get_detail:
 * @self: a chart
 *
 * Returns: (transfer none): the day under the pointer or the focus, in words
 */
const char *
bks_usage_chart_get_detail (BksUsageChart *self)
{
  g_return_val_if_fail (BKS_IS_USAGE_CHART (self), NULL);

  return self->detail;
}

/**
 * bks_usage_chart_get_focused:
 * @self: a chart
 *
 * Returns: which day has the focus, from 0; -1 for none
 */
int
bks_usage_chart_get_focused (BksUsageChart *self)
{
  g_return_val_if_fail (BKS_IS_USAGE_CHART (self), -1);

  return self->focused;
}
