/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-binder.h"
#include "bks-book-dialog.h"
#include "bks-editor.h"
#include "bks-error.h"
#include "bks-export-dialog.h"
#include "bks-frame.h"
#include "bks-inspector.h"
#include "bks-manuscript.h"
#include "bks-studio-page.h"
#include "bks-text-title.h"
#include "bks-ui.h"

struct _BksStudioPage
{
  AdwNavigationPage parent_instance;

  BksStudio      *studio;
  BksBookSession *session;
  GSettings      *settings;
  BksPlaces      *places;
  GHashTable     *manuscripts; /* node id → BksManuscript, those looked at so far */
  char           *wanted;      /* the node that is being opened */
  BksFrame       *frame;       /* from the first time on that some of it is away */
  gboolean        focus_mode;
  AdwToast       *focus_toast; /* weak: says how to leave it */

  AdwNavigationSplitView *binder_split;
  AdwNavigationPage      *binder_page;
  AdwToolbarView         *binder_bars;
  AdwToolbarView         *text_bars;
  AdwHeaderBar           *header;
  GtkMenuButton          *menu_button;
  AdwMultiLayoutView     *layouts;
  AdwOverlaySplitView    *inspector_split;
  AdwBottomSheet         *inspector_sheet;
  GtkToggleButton        *inspector_button;
  BksInspector           *inspector;
  GtkToggleButton        *binder_search_button;
  BksTextTitle           *title;
  AdwBanner              *label_banner;
  GtkStack               *editor_stack;
  GtkWidget              *add_chapter_button;
  BksBinder              *binder;
  BksEditor              *editor;
  GMenu                  *primary_menu;
};

enum
{
  PROP_0,
  PROP_FOCUS_MODE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (BksStudioPage, bks_studio_page, ADW_TYPE_NAVIGATION_PAGE)

static BksNodeSession *
get_node_session (BksStudioPage *self)
{
  BksManuscript *manuscript = bks_editor_get_manuscript (self->editor);

  return manuscript != NULL ? bks_manuscript_get_session (manuscript) : NULL;
}

static void
update_book_title (BksStudioPage *self)
{
  const char *title = bks_book_get_title (bks_book_session_get_book (self->session));

  adw_navigation_page_set_title (ADW_NAVIGATION_PAGE (self), title);
  adw_navigation_page_set_title (self->binder_page, title);
}

/* Opening a node */

static void
remember_place (BksStudioPage *self)
{
  BksNodeSession *session = get_node_session (self);
  int caret;

  if (session == NULL || self->places == NULL)
    return;
  g_object_get (bks_manuscript_get_buffer (bks_editor_get_manuscript (self->editor)), "cursor-position", &caret, NULL);
  bks_places_remember (self->places, bks_book_get_id (bks_book_session_get_book (self->session)),
                       bks_node_get_id (bks_node_session_get_node (session)), caret);
}

static void
go_to_place (BksStudioPage *self,
             BksManuscript *manuscript,
             const char    *node_id)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (bks_manuscript_get_buffer (manuscript));
  GtkTextIter caret;

  if (self->places == NULL)
    return;
  gtk_text_buffer_get_iter_at_offset (buffer, &caret,
                                      bks_places_get_caret (self->places,
                                                            bks_book_get_id (bks_book_session_get_book (self->session)),
                                                            node_id));
  gtk_text_buffer_place_cursor (buffer, &caret);
}

/* What needs a text to work on. */
static void
update_actions (BksStudioPage *self)
{
  static const char *const names[] = { "studio.find", "studio.replace", "studio.find-next", "studio.find-previous" };
  gboolean has_text = bks_editor_get_manuscript (self->editor) != NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), names[i], has_text);
}

static void
show_manuscript (BksStudioPage *self,
                 BksManuscript *manuscript)
{
  remember_place (self);
  bks_editor_set_manuscript (self->editor, manuscript);
  remember_place (self);
  bks_inspector_set_manuscript (self->inspector, manuscript);
  bks_text_title_set_session (self->title, bks_manuscript_get_session (manuscript));
  gtk_stack_set_visible_child_name (self->editor_stack, "text");
  update_actions (self);
}

static DexFuture *
open_node_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksStudioPage *self = verb->self;
  g_autoptr(BksNodeSession) session = NULL;
  g_autoptr(GError) error = NULL;
  BksManuscript *manuscript;

  session = dex_await_object (bks_book_session_open_node (self->session, verb->text), &error);
  if (self->editor == NULL)
    return NULL;
  if (session == NULL)
    {
      bks_ui_present_error (GTK_WIDGET (self), _("This Text Cannot Be Opened"), error);
      return NULL;
    }
  manuscript = g_hash_table_lookup (self->manuscripts, verb->text);
  if (manuscript == NULL)
    {
      manuscript = bks_manuscript_new (session, bks_studio_get_limits (self->studio)->long_paragraph_words);
      g_hash_table_insert (self->manuscripts, g_strdup (verb->text), manuscript);
      go_to_place (self, manuscript, verb->text);
    }
  /* Somebody who clicks fast wants the last one. */
  if (g_strcmp0 (self->wanted, verb->text) == 0)
    show_manuscript (self, manuscript);
  return NULL;
}

/* What is out of sight must not keep the keys to itself. */
static void
focus_content (BksStudioPage *self)
{
  if (!gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;
  if (bks_editor_get_manuscript (self->editor) != NULL)
    bks_editor_focus_text (self->editor);
  else
    gtk_widget_grab_focus (self->add_chapter_button);
}

static void
show_nothing (BksStudioPage *self)
{
  g_clear_pointer (&self->wanted, g_free);
  bks_editor_set_manuscript (self->editor, NULL);
  bks_inspector_set_manuscript (self->inspector, NULL);
  bks_text_title_set_session (self->title, NULL);
  gtk_stack_set_visible_child_name (self->editor_stack, "nothing");
  update_actions (self);
  focus_content (self);
}

/* The last node may go by another hand than the binder's. */
static void
nodes_changed_cb (BksStudioPage *self)
{
  if (self->editor != NULL && g_list_model_get_n_items (bks_book_session_get_nodes (self->session)) == 0)
    show_nothing (self);
}

static void
node_selected_cb (BksStudioPage *self,
                  BksNode       *node)
{
  BksManuscript *manuscript;

  if (node == NULL)
    {
      /* A node that is being moved is not selected for a moment; its text stays. */
      if (g_list_model_get_n_items (bks_book_session_get_nodes (self->session)) == 0)
        show_nothing (self);
      return;
    }
  manuscript = g_hash_table_lookup (self->manuscripts, bks_node_get_id (node));
  g_set_str (&self->wanted, bks_node_get_id (node));
  if (manuscript != NULL)
    show_manuscript (self, manuscript);
  else
    bks_verb_start (open_node_fiber, self, bks_node_get_id (node), NULL);
}

static void
node_opened_cb (BksStudioPage *self)
{
  adw_navigation_split_view_set_show_content (self->binder_split, TRUE);
}

static DexFuture *
title_new_node_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksStudioPage *self = verb->self;

  /* The node is being opened by its selection; the book gives both the same session. */
  if (!dex_await (bks_book_session_open_node (self->session, verb->text), NULL) || self->editor == NULL)
    return NULL;
  node_opened_cb (self);
  bks_editor_focus_title (self->editor);
  return NULL;
}

static void
node_added_cb (BksStudioPage *self,
               BksNode       *node)
{
  bks_verb_start (title_new_node_fiber, self, bks_node_get_id (node), NULL);
}

static void
rename_requested_cb (BksStudioPage *self)
{
  node_opened_cb (self);
  bks_editor_focus_title (self->editor);
}

static DexFuture *
rename_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksStudioPage *self = verb->self;
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_book_session_rename_node (self->session, bks_node_get_id (verb->object), verb->text), &error))
    bks_ui_present_error (GTK_WIDGET (self), _("The Title Cannot Be Changed"), error);
  return NULL;
}

static void
rename_cb (BksStudioPage *self,
           const char    *title)
{
  BksNodeSession *session = get_node_session (self);

  if (session != NULL)
    bks_verb_start (rename_fiber, self, title, bks_node_session_get_node (session));
}

static void
caret_moved_cb (BksStudioPage *self)
{
  bks_inspector_caret_moved (self->inspector);
}

static void
inserted_cb (BksStudioPage *self)
{
  bks_editor_focus_text (self->editor);
  bks_editor_reveal_caret (self->editor);
}

/* The inspector: a sidebar where there is room, a sheet where there is not. */

static gboolean
is_narrow (BksStudioPage *self)
{
  return g_strcmp0 (adw_multi_layout_view_get_layout_name (self->layouts), "narrow") == 0;
}

static void
inspector_toggled_cb (BksStudioPage *self)
{
  gboolean active = gtk_toggle_button_get_active (self->inspector_button);

  if (is_narrow (self))
    adw_bottom_sheet_set_open (self->inspector_sheet, active);
  else
    adw_overlay_split_view_set_show_sidebar (self->inspector_split, active);
  if (!is_narrow (self) && !adw_overlay_split_view_get_collapsed (self->inspector_split) && !self->focus_mode)
    g_settings_set_boolean (self->settings, "show-inspector", active);
}

static void
update_inspector_button (BksStudioPage *self)
{
  gboolean shown;

  if (self->layouts == NULL)
    return;
  shown = is_narrow (self) ? adw_bottom_sheet_get_open (self->inspector_sheet)
                           : adw_overlay_split_view_get_show_sidebar (self->inspector_split);
  g_signal_handlers_block_by_func (self->inspector_button, inspector_toggled_cb, self);
  gtk_toggle_button_set_active (self->inspector_button, shown);
  g_signal_handlers_unblock_by_func (self->inspector_button, inspector_toggled_cb, self);
}

/* Where it would cover the page it comes only when asked for. */
static void
layout_changed_cb (BksStudioPage *self)
{
  gboolean beside;

  if (self->layouts == NULL || self->settings == NULL)
    return;
  beside = !is_narrow (self) && !adw_overlay_split_view_get_collapsed (self->inspector_split) && !self->focus_mode;
  adw_overlay_split_view_set_show_sidebar (self->inspector_split,
                                           beside && g_settings_get_boolean (self->settings, "show-inspector"));
  adw_bottom_sheet_set_open (self->inspector_sheet, FALSE);
  update_inspector_button (self);
}

/* Beside each other, binder and text are one page, but the toolkit's Back still goes from the text to the
 * binder first, where nobody sees a difference. */
static void
show_content_changed_cb (BksStudioPage *self)
{
  if (adw_navigation_split_view_get_show_content (self->binder_split) ||
      adw_navigation_split_view_get_collapsed (self->binder_split))
    return;
  adw_navigation_split_view_set_show_content (self->binder_split, TRUE);
  gtk_widget_activate_action (GTK_WIDGET (self), "navigation.pop", NULL);
}

/* Focus mode and full screen */

static void
finding_changed_cb (BksStudioPage *self)
{
  if (self->frame != NULL)
    bks_frame_set_finding (self->frame, bks_editor_get_finding (self->editor));
}

static BksFrame *
ensure_frame (BksStudioPage *self)
{
  if (self->frame == NULL)
    {
      self->frame = bks_frame_new (GTK_WIDGET (self), self->binder_split, self->text_bars, self->binder_bars,
                                   self->header, self->menu_button);
      g_signal_connect_object (self->editor, "notify::finding", G_CALLBACK (finding_changed_cb), self,
                               G_CONNECT_SWAPPED);
      finding_changed_cb (self);
    }
  return self->frame;
}

static void
set_focus_mode (BksStudioPage *self,
                gboolean       focus_mode)
{
  if (self->focus_mode == focus_mode)
    return;
  self->focus_mode = focus_mode;
  bks_editor_set_dim_others (self->editor, focus_mode);
  bks_frame_set_focus_mode (ensure_frame (self), focus_mode);
  layout_changed_cb (self);
  if (focus_mode)
    {
      adw_navigation_split_view_set_show_content (self->binder_split, TRUE);
      focus_content (self);
    }
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FOCUS_MODE]);
}

/* By the person, not as it was the last time. */
static void
change_focus_mode (BksStudioPage *self,
                   gboolean       focus_mode)
{
  if (self->focus_mode == focus_mode)
    return;
  set_focus_mode (self, focus_mode);
  g_settings_set_boolean (self->settings, "focus-mode", focus_mode);
  if (focus_mode)
    g_set_weak_pointer (&self->focus_toast, bks_ui_toast (GTK_WIDGET (self), _("Focus mode. Esc leaves it.")));
  else if (self->focus_toast != NULL)
    adw_toast_dismiss (self->focus_toast);
}

static void
fullscreen_changed_cb (BksStudioPage *self,
                       GParamSpec    *pspec,
                       GtkWindow     *window)
{
  gboolean fullscreen = gtk_window_is_fullscreen (window);

  if (self->editor != NULL && (fullscreen || self->frame != NULL))
    bks_frame_set_fullscreen (ensure_frame (self), fullscreen);
}

static gboolean
escape_cb (GtkWidget *widget,
           GVariant  *arguments,
           gpointer   data)
{
  BksStudioPage *self = data;

  if (bks_editor_get_finding (self->editor))
    bks_editor_end_find (self->editor);
  else if (self->focus_mode)
    change_focus_mode (self, FALSE);
  else
    return GDK_EVENT_PROPAGATE;
  return GDK_EVENT_STOP;
}

/* Nearer to the text than the pages of a narrow window, of which Escape goes back to the binder. */
static void
add_escape (BksStudioPage *self)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();

  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller),
                                        gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Escape, 0),
                                                          gtk_callback_action_new (escape_cb, self, NULL)));
  gtk_widget_add_controller (GTK_WIDGET (self->text_bars), controller);
}

/* Actions */

static void
find_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  BksStudioPage *self = BKS_STUDIO_PAGE (widget);

  node_opened_cb (self);
  bks_editor_find (self->editor, g_str_equal (name, "studio.replace"));
}

static void
find_again_action (GtkWidget  *widget,
                   const char *name,
                   GVariant   *parameter)
{
  BksStudioPage *self = BKS_STUDIO_PAGE (widget);

  node_opened_cb (self);
  bks_editor_find_again (self->editor, g_str_equal (name, "studio.find-previous"));
}

static void
search_titles_action (GtkWidget  *widget,
                      const char *name,
                      GVariant   *parameter)
{
  BksStudioPage *self = BKS_STUDIO_PAGE (widget);

  change_focus_mode (self, FALSE);
  if (adw_navigation_split_view_get_collapsed (self->binder_split))
    adw_navigation_split_view_set_show_content (self->binder_split, FALSE);
  gtk_widget_activate_action (GTK_WIDGET (self->binder), "binder.search", NULL);
}

static DexFuture *
save_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksStudioPage *self = verb->self;
  g_autoptr(GError) error = NULL;
  DexFuture *future;

  future = self->wanted != NULL ? bks_book_session_keep_revision (self->session, self->wanted)
                                : bks_book_session_save (self->session);
  /* A failure stands in the banner over the text, for as long as it lasts. */
  if (dex_await (future, &error))
    bks_ui_toast (GTK_WIDGET (self), _("Saved. Book Studio also saves by itself while you write. This text is kept in the history."));
  return NULL;
}

static void
save_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  bks_verb_start (save_fiber, widget, NULL, NULL);
}

static void
export_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  BksStudioPage *self = BKS_STUDIO_PAGE (widget);

  bks_export_dialog_start (widget, self->studio, bks_book_session_get_book (self->session),
                    g_variant_get_string (parameter, NULL));
}

static void
details_action (GtkWidget  *widget,
                const char *name,
                GVariant   *parameter)
{
  adw_dialog_present (ADW_DIALOG (bks_book_dialog_new (BKS_STUDIO_PAGE (widget)->session)), widget);
}

static void
add_action (GtkWidget  *widget,
            const char *name,
            GVariant   *parameter)
{
  gtk_widget_activate_action_variant (GTK_WIDGET (BKS_STUDIO_PAGE (widget)->binder), "binder.add", parameter);
}

static void
toggle_inspector_action (GtkWidget  *widget,
                         const char *name,
                         GVariant   *parameter)
{
  BksStudioPage *self = BKS_STUDIO_PAGE (widget);

  gtk_toggle_button_set_active (self->inspector_button, !gtk_toggle_button_get_active (self->inspector_button));
}

static DexFuture *
save_quietly_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksStudioPage *self = verb->self;

  dex_await (bks_book_session_save (self->session), NULL);
  return NULL;
}

/* The window lost the focus: whatever comes now, the text is safe. */
static void
active_changed_cb (BksStudioPage *self,
                   GParamSpec    *pspec,
                   GtkWindow     *window)
{
  if (gtk_window_is_active (window) || self->editor == NULL)
    return;
  remember_place (self);
  bks_verb_start (save_quietly_fiber, self, NULL, NULL);
}

static DexFuture *
check_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksStudioPage *self = verb->self;
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_book_session_check (self->session), &error) && gtk_widget_get_root (GTK_WIDGET (self)) != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("This Book’s File Is Damaged"), error);
  return NULL;
}

/* Once the person can read: the inspector's pages, the rows out of sight and the check of a long book take a
 * moment each. */
static void
go_on_after_paint (GtkWidget *widget)
{
  BksStudioPage *self = BKS_STUDIO_PAGE (widget);

  if (self->inspector == NULL)
    return;
  bks_inspector_fill (self->inspector);
  bks_binder_fill (self->binder);
  bks_verb_start (check_fiber, widget, NULL, NULL);
}

static void
bks_studio_page_root (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (bks_studio_page_parent_class)->root (widget);

  if (GTK_IS_WINDOW (gtk_widget_get_root (widget)))
    {
      g_signal_connect_object (gtk_widget_get_root (widget), "notify::is-active", G_CALLBACK (active_changed_cb),
                               widget, G_CONNECT_SWAPPED);
      g_signal_connect_object (gtk_widget_get_root (widget), "notify::fullscreened",
                               G_CALLBACK (fullscreen_changed_cb), widget, G_CONNECT_SWAPPED);
      fullscreen_changed_cb (BKS_STUDIO_PAGE (widget), NULL, GTK_WINDOW (gtk_widget_get_root (widget)));
    }
  bks_ui_after_paint (widget, go_on_after_paint);
}

static void
bks_studio_page_unroot (GtkWidget *widget)
{
  g_signal_handlers_disconnect_by_func (gtk_widget_get_root (widget), active_changed_cb, widget);
  g_signal_handlers_disconnect_by_func (gtk_widget_get_root (widget), fullscreen_changed_cb, widget);

  GTK_WIDGET_CLASS (bks_studio_page_parent_class)->unroot (widget);
}

static void
shown_cb (BksStudioPage *self)
{
  focus_content (self);
}

static void
bks_studio_page_get_property (GObject    *object,
                              guint       prop_id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_FOCUS_MODE:
      g_value_set_boolean (value, BKS_STUDIO_PAGE (object)->focus_mode);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bks_studio_page_set_property (GObject      *object,
                              guint         prop_id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_FOCUS_MODE:
      change_focus_mode (BKS_STUDIO_PAGE (object), g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bks_studio_page_dispose (GObject *object)
{
  BksStudioPage *self = BKS_STUDIO_PAGE (object);

  bks_studio_page_leave (self);
  g_clear_weak_pointer (&self->focus_toast);
  g_clear_object (&self->frame);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_STUDIO_PAGE);
  g_clear_pointer (&self->manuscripts, g_hash_table_unref);
  g_clear_object (&self->session);
  g_clear_object (&self->settings);
  g_clear_object (&self->places);
  g_clear_object (&self->studio);

  G_OBJECT_CLASS (bks_studio_page_parent_class)->dispose (object);
}

static void
bks_studio_page_finalize (GObject *object)
{
  g_free (BKS_STUDIO_PAGE (object)->wanted);

  G_OBJECT_CLASS (bks_studio_page_parent_class)->finalize (object);
}

static void
add_bindings (GtkWidgetClass *widget_class)
{
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_s, GDK_CONTROL_MASK, "studio.save", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_ALT_MASK, "studio.details", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F9, 0, "studio.toggle-inspector", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_n, GDK_CONTROL_MASK, "studio.add", "s", "chapter");
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "studio.find", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_h, GDK_CONTROL_MASK, "studio.replace", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_g, GDK_CONTROL_MASK, "studio.find-next", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_g, GDK_CONTROL_MASK | GDK_SHIFT_MASK,
                                       "studio.find-previous", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK | GDK_SHIFT_MASK,
                                       "studio.search-titles", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F8, 0, "studio.focus-mode", NULL);
}

static void
install_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "studio.save", NULL, save_action);
  gtk_widget_class_install_action (widget_class, "studio.export", "s", export_action);
  gtk_widget_class_install_action (widget_class, "studio.details", NULL, details_action);
  gtk_widget_class_install_action (widget_class, "studio.add", "s", add_action);
  gtk_widget_class_install_action (widget_class, "studio.toggle-inspector", NULL, toggle_inspector_action);
  gtk_widget_class_install_action (widget_class, "studio.find", NULL, find_action);
  gtk_widget_class_install_action (widget_class, "studio.replace", NULL, find_action);
  gtk_widget_class_install_action (widget_class, "studio.find-next", NULL, find_again_action);
  gtk_widget_class_install_action (widget_class, "studio.find-previous", NULL, find_again_action);
  gtk_widget_class_install_action (widget_class, "studio.search-titles", NULL, search_titles_action);
  gtk_widget_class_install_property_action (widget_class, "studio.focus-mode", "focus-mode");
  add_bindings (widget_class);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, binder_split);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, primary_menu);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, binder_page);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, binder_bars);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, text_bars);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, header);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, menu_button);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, layouts);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, inspector_split);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, inspector_sheet);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, inspector_button);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, inspector);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, binder_search_button);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, title);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, label_banner);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, editor_stack);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, add_chapter_button);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, binder);
  gtk_widget_class_bind_template_child (widget_class, BksStudioPage, editor);
}

static void
bks_studio_page_class_init (BksStudioPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = bks_studio_page_get_property;
  object_class->set_property = bks_studio_page_set_property;
  object_class->dispose = bks_studio_page_dispose;
  object_class->finalize = bks_studio_page_finalize;
  widget_class->root = bks_studio_page_root;
  widget_class->unroot = bks_studio_page_unroot;

  properties[PROP_FOCUS_MODE] = g_param_spec_boolean ("focus-mode", NULL, NULL, FALSE,
                                                      G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY |
                                                      G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  g_type_ensure (BKS_TYPE_BINDER);
  g_type_ensure (BKS_TYPE_EDITOR);
  g_type_ensure (BKS_TYPE_INSPECTOR);
  g_type_ensure (BKS_TYPE_TEXT_TITLE);
  install_actions (widget_class);
  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-studio-page.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, node_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, node_opened_cb);
  gtk_widget_class_bind_template_callback (widget_class, node_added_cb);
  gtk_widget_class_bind_template_callback (widget_class, rename_requested_cb);
  gtk_widget_class_bind_template_callback (widget_class, rename_cb);
  gtk_widget_class_bind_template_callback (widget_class, caret_moved_cb);
  gtk_widget_class_bind_template_callback (widget_class, inserted_cb);
  gtk_widget_class_bind_template_callback (widget_class, inspector_toggled_cb);
}

static void
bks_studio_page_init (BksStudioPage *self)
{
  self->manuscripts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  gtk_widget_init_template (GTK_WIDGET (self));

  add_escape (self);
  g_signal_connect_object (self->inspector_split, "notify::show-sidebar", G_CALLBACK (update_inspector_button), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->inspector_sheet, "notify::open", G_CALLBACK (update_inspector_button), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->inspector_split, "notify::collapsed", G_CALLBACK (layout_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->layouts, "notify::layout-name", G_CALLBACK (layout_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->binder_split, "notify::show-content", G_CALLBACK (show_content_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_object_bind_property (bks_binder_get_search_bar (self->binder), "search-mode-enabled",
                          self->binder_search_button, "active", G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
  g_signal_connect (self, "shown", G_CALLBACK (shown_cb), NULL);
}

static BksNode *
find_where_left (BksBookSession *session,
                 BksPlaces      *places)
{
  const char *book_id = bks_book_get_id (bks_book_session_get_book (session));
  g_autofree char *node_id = places != NULL ? bks_places_dup_node (places, book_id) : NULL;
  BksNode *node = node_id != NULL ? bks_book_session_get_node (session, node_id) : NULL;

  return node != NULL ? node : bks_binder_find_first (session);
}

static void
open_where_left (BksStudioPage *self)
{
  BksNode *node = find_where_left (self->session, self->places);

  if (node == NULL || !bks_binder_select (self->binder, bks_node_get_id (node)))
    show_nothing (self);
}

/**
 * bks_studio_page_preload:
 * @session: an open book
 * @places: (nullable): where one was in each book
 *
 * Reads the text that a page of @session will show first: who holds it until the page is there sees the page come
 * up with its text.
 *
 * Returns: (transfer full): resolves to a #BksNodeSession; rejects if the book has no text or it cannot be read
 */
DexFuture *
bks_studio_page_preload (BksBookSession *session,
                         BksPlaces      *places)
{
  BksNode *node;

  g_return_val_if_fail (BKS_IS_BOOK_SESSION (session), NULL);

  node = find_where_left (session, places);
  if (node == NULL)
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_NOT_FOUND, "The book is empty");
  return bks_book_session_open_node (session, bks_node_get_id (node));
}

/**
 * bks_studio_page_new:
 * @studio: the studio
 * @session: an open book
 * @settings: the preferences of window and editor
 * @places: (nullable): where one was in each book
 * @label: (nullable): what stands above the text
 *
 * Returns: (transfer floating): the page
 */
BksStudioPage *
bks_studio_page_new (BksStudio      *studio,
                     BksBookSession *session,
                     GSettings      *settings,
                     BksPlaces      *places,
                     const char     *label)
{
  BksStudioPage *self = g_object_new (BKS_TYPE_STUDIO_PAGE, NULL);
  BksBook *book = bks_book_session_get_book (session);

  self->studio = g_object_ref (studio);
  self->session = g_object_ref (session);
  self->settings = g_object_ref (settings);
  g_set_object (&self->places, places);
  adw_banner_set_title (self->label_banner, label != NULL ? label : "");
  adw_banner_set_revealed (self->label_banner, label != NULL);
  g_signal_connect_object (book, "notify::title", G_CALLBACK (update_book_title), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (bks_book_session_get_nodes (session), "items-changed", G_CALLBACK (nodes_changed_cb), self,
                           G_CONNECT_SWAPPED);
  update_book_title (self);
  bks_inspector_set_book (self->inspector, session, bks_studio_get_router (studio), settings);
  bks_editor_set_settings (self->editor, settings);
  bks_editor_set_language (self->editor, bks_book_get_language (book));
  bks_binder_set_session (self->binder, session);
  open_where_left (self);
  layout_changed_cb (self);
  set_focus_mode (self, g_settings_get_boolean (settings, "focus-mode"));
  return self;
}

/**
 * bks_studio_page_get_session:
 * @self: the page
 *
 * Returns: (transfer none): the book it shows
 */
BksBookSession *
bks_studio_page_get_session (BksStudioPage *self)
{
  g_return_val_if_fail (BKS_IS_STUDIO_PAGE (self), NULL);

  return self->session;
}

/**
 * bks_studio_page_focus:
 * @self: the page
 *
 * Gives the keys to the text, or to what stands there without one.
 */
void
bks_studio_page_focus (BksStudioPage *self)
{
  g_return_if_fail (BKS_IS_STUDIO_PAGE (self));

  focus_content (self);
}

/**
 * bks_studio_page_leave:
 * @self: the page
 *
 * Hands what was typed to the sessions and stops editing, before the page
 * goes.
 */
void
bks_studio_page_leave (BksStudioPage *self)
{
  GHashTableIter iter;
  gpointer manuscript;

  g_return_if_fail (BKS_IS_STUDIO_PAGE (self));

  if (self->manuscripts == NULL)
    return;
  if (self->editor != NULL)
    {
      remember_place (self);
      bks_editor_close (self->editor);
    }
  g_hash_table_iter_init (&iter, self->manuscripts);
  while (g_hash_table_iter_next (&iter, NULL, &manuscript))
    bks_manuscript_release (manuscript);
}

/**
 * bks_studio_page_add_to_menu:
 * @self: the page
 * @section: what its main menu has besides its own
 */
void
bks_studio_page_add_to_menu (BksStudioPage *self,
                             GMenuModel    *section)
{
  g_return_if_fail (BKS_IS_STUDIO_PAGE (self));

  g_menu_insert_section (self->primary_menu, 1, NULL, section);
}
