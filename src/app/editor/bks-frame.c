/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-frame.h"

/* From the top edge: here the bars come, and below them, with some room for an unsteady hand, they go. */
#define NEAR 8
#define FAR 24
/* Keys that ask for the bars get there at once; if they went elsewhere the bars go again. */
#define PEEK_MS 1000

struct _BksFrame
{
  GObject parent_instance;

  GtkWidget              *page; /* not held: it owns this, and what follows */
  AdwNavigationSplitView *split;
  AdwToolbarView         *bars[2]; /* of text and binder */
  AdwHeaderBar           *header;
  GtkMenuButton          *menu;
  GtkWidget              *leave_button; /* from the first full screen on */
  GtkEventController     *motion;
  GtkEventController     *keys;
  GSignalGroup           *root_signals;
  double                  least_width; /* of the binder, while it is away */
  double                  most_width;
  guint                   peek_source;
  gboolean                focus_mode;
  gboolean                fullscreen;
  gboolean                finding;
  gboolean                pointer_near;
  gboolean                focused;
};

G_DEFINE_FINAL_TYPE (BksFrame, bks_frame, G_TYPE_OBJECT)

static void
update_bars (BksFrame *self)
{
  gboolean away = self->focus_mode || self->fullscreen;
  gboolean shown = !away || self->pointer_near || self->focused || self->peek_source != 0;
  /* Over the text, which stays where it is; but the find bar must not lie under them. */
  gboolean over = away && !self->finding;

  adw_toolbar_view_set_top_bar_style (self->bars[0], over ? ADW_TOOLBAR_RAISED : ADW_TOOLBAR_FLAT);
  adw_toolbar_view_set_extend_content_to_top_edge (self->bars[0], over);
  for (guint i = 0; i < G_N_ELEMENTS (self->bars); i++)
    adw_toolbar_view_set_reveal_top_bars (self->bars[i], shown);
}

/* Whether the keys are with something in the bars, a menu of theirs included. */
static gboolean
has_focus_in_bars (BksFrame *self)
{
  GtkRoot *root = gtk_widget_get_root (self->page);
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  for (guint i = 0; focus != NULL && i < G_N_ELEMENTS (self->bars); i++)
    {
      GtkWidget *content = adw_toolbar_view_get_content (self->bars[i]);

      if (gtk_widget_is_ancestor (focus, GTK_WIDGET (self->bars[i])) && focus != content &&
          !gtk_widget_is_ancestor (focus, content))
        return TRUE;
    }
  return FALSE;
}

static void
focus_changed_cb (BksFrame *self)
{
  gboolean focused = has_focus_in_bars (self);

  if (focused == self->focused)
    return;
  self->focused = focused;
  update_bars (self);
}

static void
set_near (BksFrame *self,
          gboolean  near)
{
  if (near == self->pointer_near)
    return;
  self->pointer_near = near;
  update_bars (self);
}

static void
motion_cb (BksFrame *self,
           double    x,
           double    y)
{
  int height = adw_toolbar_view_get_top_bar_height (self->bars[0]);

  set_near (self, y < (self->pointer_near ? height + FAR : NEAR));
}

static void
leave_cb (BksFrame *self)
{
  set_near (self, FALSE);
}

static void
peek_over_cb (gpointer data)
{
  BksFrame *self = data;

  self->peek_source = 0;
  update_bars (self);
}

/* What is out of sight takes no keys: it has to be there before they come. The menu's own key found no menu. */
static gboolean
key_cb (BksFrame        *self,
        guint            keyval,
        guint            keycode,
        GdkModifierType  state)
{
  if (keyval == GDK_KEY_Tab || keyval == GDK_KEY_ISO_Left_Tab || keyval == GDK_KEY_F10)
    {
      g_clear_handle_id (&self->peek_source, g_source_remove);
      self->peek_source = g_timeout_add_once (PEEK_MS, peek_over_cb, self);
      update_bars (self);
    }
  if (keyval != GDK_KEY_F10 || (state & gtk_accelerator_get_default_mod_mask ()) != 0)
    return GDK_EVENT_PROPAGATE;
  gtk_menu_button_popup (self->menu);
  return GDK_EVENT_STOP;
}

static void
root_changed_cb (BksFrame *self)
{
  GtkRoot *root = gtk_widget_get_root (self->page);

  g_signal_group_set_target (self->root_signals, GTK_IS_WINDOW (root) ? root : NULL);
  focus_changed_cb (self);
}

static void
watch (BksFrame *self)
{
  self->motion = gtk_event_controller_motion_new ();
  self->keys = gtk_event_controller_key_new ();
  gtk_event_controller_set_propagation_phase (self->motion, GTK_PHASE_CAPTURE);
  gtk_event_controller_set_propagation_phase (self->keys, GTK_PHASE_CAPTURE);
  g_signal_connect_object (self->motion, "enter", G_CALLBACK (motion_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->motion, "motion", G_CALLBACK (motion_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->motion, "leave", G_CALLBACK (leave_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->keys, "key-pressed", G_CALLBACK (key_cb), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (self->page, self->motion);
  gtk_widget_add_controller (self->page, self->keys);
  g_signal_connect_object (self->page, "notify::root", G_CALLBACK (root_changed_cb), self, G_CONNECT_SWAPPED);
  root_changed_cb (self);
}

static void
leave_full_screen_cb (BksFrame *self)
{
  gtk_window_unfullscreen (GTK_WINDOW (gtk_widget_get_root (self->page)));
}

/* The window's own buttons are not there then. */
static void
add_leave_button (BksFrame *self)
{
  self->leave_button = gtk_button_new_from_icon_name ("view-restore-symbolic");
  gtk_widget_set_tooltip_text (self->leave_button, _("Leave Full Screen"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->leave_button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Leave Full Screen"), -1);
  g_signal_connect_object (self->leave_button, "clicked", G_CALLBACK (leave_full_screen_cb), self, G_CONNECT_SWAPPED);
  adw_header_bar_pack_end (self->header, self->leave_button);
}

/* Of no width rather than collapsed: the text would be taken from its place and lose the keys. Where the binder is a
 * page of its own it is behind the text already. */
static void
update_binder (BksFrame *self)
{
  AdwNavigationPage *binder = adw_navigation_split_view_get_sidebar (self->split);
  gboolean away = self->focus_mode && !adw_navigation_split_view_get_collapsed (self->split);

  if (away == !gtk_widget_get_visible (GTK_WIDGET (binder)))
    return;
  if (away)
    {
      self->least_width = adw_navigation_split_view_get_min_sidebar_width (self->split);
      self->most_width = adw_navigation_split_view_get_max_sidebar_width (self->split);
    }
  gtk_widget_set_visible (GTK_WIDGET (binder), !away);
  adw_navigation_split_view_set_min_sidebar_width (self->split, away ? 0 : self->least_width);
  adw_navigation_split_view_set_max_sidebar_width (self->split, away ? 0 : self->most_width);
}

static void
bks_frame_dispose (GObject *object)
{
  BksFrame *self = BKS_FRAME (object);

  g_clear_handle_id (&self->peek_source, g_source_remove);
  g_clear_object (&self->root_signals);

  G_OBJECT_CLASS (bks_frame_parent_class)->dispose (object);
}

static void
bks_frame_class_init (BksFrameClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = bks_frame_dispose;
}

static void
bks_frame_init (BksFrame *self)
{
  self->root_signals = g_signal_group_new (GTK_TYPE_WINDOW);
  g_signal_group_connect_object (self->root_signals, "notify::focus-widget", G_CALLBACK (focus_changed_cb), self,
                                 G_CONNECT_SWAPPED);
}

/**
 * bks_frame_new:
 * @page: the page of a book, which lives as long as the result
 * @split: binder and text in it
 * @text_bars: what has the bars over the text
 * @binder_bars: what has the bars over the binder
 * @header: the header bar over the text
 * @menu: the main menu in it
 *
 * Returns: (transfer full): the frame, all of it in sight
 */
BksFrame *
bks_frame_new (GtkWidget              *page,
               AdwNavigationSplitView *split,
               AdwToolbarView         *text_bars,
               AdwToolbarView         *binder_bars,
               AdwHeaderBar           *header,
               GtkMenuButton          *menu)
{
  BksFrame *self = g_object_new (BKS_TYPE_FRAME, NULL);

  self->page = page;
  self->split = split;
  self->bars[0] = text_bars;
  self->bars[1] = binder_bars;
  self->header = header;
  self->menu = menu;
  g_signal_connect_object (split, "notify::collapsed", G_CALLBACK (update_binder), self, G_CONNECT_SWAPPED);
  watch (self);
  return self;
}

/**
 * bks_frame_set_focus_mode:
 * @self: a frame
 * @focus_mode: whether there is to be nothing but the text
 */
void
bks_frame_set_focus_mode (BksFrame *self,
                          gboolean  focus_mode)
{
  g_return_if_fail (BKS_IS_FRAME (self));

  self->focus_mode = focus_mode;
  update_binder (self);
  update_bars (self);
}

/**
 * bks_frame_set_fullscreen:
 * @self: a frame
 * @fullscreen: whether the window fills the screen
 */
void
bks_frame_set_fullscreen (BksFrame *self,
                          gboolean  fullscreen)
{
  g_return_if_fail (BKS_IS_FRAME (self));

  self->fullscreen = fullscreen;
  if (fullscreen && self->leave_button == NULL)
    add_leave_button (self);
  if (self->leave_button != NULL)
    gtk_widget_set_visible (self->leave_button, fullscreen);
  update_bars (self);
}

/**
 * bks_frame_set_finding:
 * @self: a frame
 * @finding: whether something stands at the top of the text that header bars must not cover
 */
void
bks_frame_set_finding (BksFrame *self,
                       gboolean  finding)
{
  g_return_if_fail (BKS_IS_FRAME (self));

  self->finding = finding;
  update_bars (self);
}
