/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <libspelling.h>

#include "bks-async.h"
#include "bks-editor.h"
#include "bks-find-bar.h"
#include "bks-page-view.h"
#include "bks-paste-private.h"
#include "bks-ui.h"
#include "bks-wording.h"

struct _BksEditor
{
  GtkWidget parent_instance;

  BksManuscript             *manuscript;
  GSignalGroup              *manuscript_signals;
  GSignalGroup              *session_signals;
  GSignalGroup              *buffer_signals;
  GSignalGroup              *node_signals;
  GSettings                 *settings;
  SpellingChecker           *checker; /* once the first page has been seen: a dictionary takes a while to read */
  char                      *language;
  SpellingTextBufferAdapter *spelling;
  guint                      measure_source;
  guint                      margin_source;

  AdwBanner          *failed_banner;
  AdwBanner          *long_banner;
  GtkScrolledWindow  *scroller;
  AdwClampScrollable *clamp;
  BksPageView        *view;
  GMenuModel         *format_menu;
  GtkWidget          *find_bar; /* from the first search on */
  gboolean            dim_others;
};

enum
{
  PROP_0,
  PROP_FINDING,
  N_PROPS
};

enum
{
  CARET_MOVED,
  RENAME,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksEditor, bks_editor, GTK_TYPE_WIDGET)

/* What has to be said */

static void
update_failed (BksEditor *self)
{
  BksNodeSession *session = self->manuscript != NULL ? bks_manuscript_get_session (self->manuscript) : NULL;
  const GError *error = session != NULL ? bks_node_session_get_error (session) : NULL;
  gboolean failed = error != NULL && bks_node_session_get_state (session) == BKS_SAVE_FAILED;

  if (failed)
    {
      g_autofree char *cause = bks_wording_error (error);
      g_autofree char *title = g_strdup_printf (_("Not saved, but your text is kept here. %s"), cause);

      adw_banner_set_title (self->failed_banner, title);
    }
  /* While it is tried again the banner stays: it goes when the text is safe. */
  if (failed || session == NULL || bks_node_session_get_state (session) == BKS_SAVE_CLEAN)
    adw_banner_set_revealed (self->failed_banner, failed);
}

static void
update_long (BksEditor *self)
{
  adw_banner_set_revealed (self->long_banner, self->manuscript != NULL &&
                                              bks_manuscript_get_long_paragraph (self->manuscript));
}

static void
update_title (BksEditor *self)
{
  if (self->manuscript != NULL)
    bks_page_view_set_title (self->view,
                             bks_node_get_title (bks_node_session_get_node (bks_manuscript_get_session (self->manuscript))));
}

static DexFuture *
save_fiber (gpointer data)
{
  BksVerb *verb = data;

  /* The session's state tells how it went. */
  dex_await (bks_node_session_save (verb->object), NULL);
  return NULL;
}

static void
retry_cb (BksEditor *self)
{
  if (self->manuscript != NULL)
    bks_verb_start (save_fiber, self, NULL, bks_manuscript_get_session (self->manuscript));
}

static void
split_cb (BksEditor *self)
{
  bks_manuscript_split_paragraphs (self->manuscript);
  bks_ui_toast (GTK_WIDGET (self), _("Paragraphs split where sentences end. Ctrl+Z takes it back."));
}

static void
paragraph_break_cb (BksEditor *self)
{
  if (self->manuscript != NULL)
    bks_manuscript_break_paragraph (self->manuscript);
}

static void
title_changed_cb (BksEditor  *self,
                  const char *title)
{
  if (self->manuscript != NULL)
    g_signal_emit (self, signals[RENAME], 0, title);
}

static void
caret_moved_cb (BksEditor *self)
{
  g_signal_emit (self, signals[CARET_MOVED], 0);
}

/* Look */

static void
update_measure (gpointer data)
{
  BksEditor *self = data;
  int width;

  self->measure_source = 0;
  width = bks_page_view_get_width (self->view, g_settings_get_int (self->settings, "measure"));
  adw_clamp_scrollable_set_maximum_size (self->clamp, width);
  adw_clamp_scrollable_set_tightening_threshold (self->clamp, width);
}

static void
update_marks (BksEditor *self)
{
  if (self->manuscript != NULL && self->settings != NULL)
    bks_page_markup_set_show_marks (bks_manuscript_get_markup (self->manuscript),
                                    g_settings_get_boolean (self->settings, "show-marks"));
}

static void
style_changed_cb (BksEditor *self)
{
  /* The type is known when the style has been worked out. */
  if (self->measure_source == 0 && self->settings != NULL)
    self->measure_source = g_idle_add_once (update_measure, self);
}

/* What the context menu of the text has beside the toolkit's own. */
static void
update_menu (BksEditor *self)
{
  g_autoptr(GMenu) menu = g_menu_new ();

  g_menu_append_section (menu, NULL, self->format_menu);
  if (self->spelling != NULL)
    g_menu_append_section (menu, NULL, spelling_text_buffer_adapter_get_menu_model (self->spelling));
  gtk_text_view_set_extra_menu (GTK_TEXT_VIEW (self->view), G_MENU_MODEL (menu));
}

/* Off before it goes: a check that still runs would look for the buffer. */
static void
detach_spelling (BksEditor *self)
{
  if (self->spelling == NULL)
    return;
  spelling_text_buffer_adapter_set_enabled (self->spelling, FALSE);
  gtk_widget_insert_action_group (GTK_WIDGET (self->view), "spelling", NULL);
  g_clear_object (&self->spelling);
  update_menu (self);
}

/* Where no dictionary for the book's language is installed the default one's language is used. */
static void
ensure_checker (BksEditor *self)
{
  if (self->checker != NULL)
    return;
  if (self->language != NULL && spelling_provider_supports_language (spelling_provider_get_default (), self->language))
    self->checker = spelling_checker_new (NULL, self->language);
  else
    self->checker = spelling_checker_new (NULL, NULL);
}

static void
attach_spelling (BksEditor *self)
{
  if (self->spelling != NULL)
    return;
  ensure_checker (self);
  self->spelling = spelling_text_buffer_adapter_new (bks_manuscript_get_buffer (self->manuscript), self->checker);
  spelling_text_buffer_adapter_set_enabled (self->spelling, TRUE);
  gtk_widget_insert_action_group (GTK_WIDGET (self->view), "spelling", G_ACTION_GROUP (self->spelling));
  update_menu (self);
}

static void
update_spelling (BksEditor *self)
{
  gboolean wanted = self->settings != NULL && g_settings_get_boolean (self->settings, "spell-check");

  /* The checker walks over the whole of a very long line at every key. */
  if (wanted && self->manuscript != NULL && !bks_manuscript_get_long_paragraph (self->manuscript))
    attach_spelling (self);
  else
    detach_spelling (self);
}

static void
update_spelling_later (GtkWidget *widget)
{
  update_spelling (BKS_EDITOR (widget));
}

static void
long_changed_cb (BksEditor *self)
{
  update_long (self);
  update_spelling (self);
}

/* The line being written is not the last one in sight. */
static void
keep_margin (gpointer data)
{
  BksEditor *self = data;

  self->margin_source = 0;
  bks_page_view_scroll_to_caret (self->view, 0.08);
}

static void
edited_cb (BksEditor *self)
{
  /* After the view has scrolled by itself, which it does to the very edge. */
  if (self->margin_source == 0)
    self->margin_source = g_idle_add_once (keep_margin, self);
}

/* Only keys: a line that goes away under the pointer is no line to click on. */
static void
caret_moved_by_key_cb (BksEditor *self)
{
  if (bks_page_view_get_typewriter (self->view))
    edited_cb (self);
}

static void
update_typewriter (BksEditor *self)
{
  bks_page_view_set_typewriter (self->view, g_settings_get_boolean (self->settings, "typewriter-line"));
}

static void
update_dimmed (BksEditor *self)
{
  if (self->manuscript != NULL)
    bks_page_markup_set_dim_others (bks_manuscript_get_markup (self->manuscript), self->dim_others);
}

/* Finding */

static void
find_opened_cb (BksEditor *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FINDING]);
}

static BksFindBar *
ensure_find_bar (BksEditor *self)
{
  if (self->find_bar == NULL)
    {
      self->find_bar = bks_find_bar_new ();
      g_signal_connect_object (self->find_bar, "moved", G_CALLBACK (bks_editor_reveal_caret), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (self->find_bar, "closed", G_CALLBACK (bks_editor_focus_text), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (self->find_bar, "notify::open", G_CALLBACK (find_opened_cb), self, G_CONNECT_SWAPPED);
      gtk_widget_insert_before (self->find_bar, GTK_WIDGET (self), GTK_WIDGET (self->scroller));
      bks_find_bar_set_manuscript (BKS_FIND_BAR (self->find_bar), self->manuscript);
    }
  return BKS_FIND_BAR (self->find_bar);
}

static void
bks_editor_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_FINDING:
      g_value_set_boolean (value, bks_editor_get_finding (BKS_EDITOR (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bks_editor_dispose (GObject *object)
{
  BksEditor *self = BKS_EDITOR (object);

  g_clear_handle_id (&self->measure_source, g_source_remove);
  g_clear_handle_id (&self->margin_source, g_source_remove);
  g_clear_object (&self->manuscript_signals);
  g_clear_object (&self->session_signals);
  g_clear_object (&self->buffer_signals);
  g_clear_object (&self->node_signals);
  detach_spelling (self);
  g_clear_pointer (&self->find_bar, gtk_widget_unparent);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_EDITOR);
  g_clear_object (&self->manuscript);
  g_clear_object (&self->checker);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (bks_editor_parent_class)->dispose (object);
}

static void
bks_editor_finalize (GObject *object)
{
  g_free (BKS_EDITOR (object)->language);

  G_OBJECT_CLASS (bks_editor_parent_class)->finalize (object);
}

static void
bks_editor_class_init (BksEditorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = bks_editor_get_property;
  object_class->dispose = bks_editor_dispose;
  object_class->finalize = bks_editor_finalize;

  properties[PROP_FINDING] = g_param_spec_boolean ("finding", NULL, NULL, FALSE,
                                                   G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY |
                                                   G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * BksEditor::caret-moved:
   * @self: the editor
   */
  signals[CARET_MOVED] = g_signal_new ("caret-moved", BKS_TYPE_EDITOR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 0);
  /**
   * BksEditor::rename:
   * @self: the editor
   * @title: what the person called the node it shows
   */
  signals[RENAME] = g_signal_new ("rename", BKS_TYPE_EDITOR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_STRING);

  g_type_ensure (BKS_TYPE_PAGE_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-editor.ui");
  gtk_widget_class_bind_template_child (widget_class, BksEditor, failed_banner);
  gtk_widget_class_bind_template_child (widget_class, BksEditor, long_banner);
  gtk_widget_class_bind_template_child (widget_class, BksEditor, scroller);
  gtk_widget_class_bind_template_child (widget_class, BksEditor, clamp);
  gtk_widget_class_bind_template_child (widget_class, BksEditor, view);
  gtk_widget_class_bind_template_child (widget_class, BksEditor, format_menu);
  gtk_widget_class_bind_template_callback (widget_class, retry_cb);
  gtk_widget_class_bind_template_callback (widget_class, split_cb);
  gtk_widget_class_bind_template_callback (widget_class, title_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, paragraph_break_cb);
}

static void
paste_cb (BksEditor *self)
{
  if (self->manuscript != NULL)
    bks_paste_note (GTK_WIDGET (self->view), bks_manuscript_get_session (self->manuscript));
}

static void
bks_editor_init (BksEditor *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  update_menu (self);

  self->manuscript_signals = g_signal_group_new (BKS_TYPE_MANUSCRIPT);
  g_signal_group_connect_object (self->manuscript_signals, "notify::long-paragraph", G_CALLBACK (long_changed_cb),
                                 self, G_CONNECT_SWAPPED);
  g_signal_group_connect_object (self->manuscript_signals, "edited", G_CALLBACK (edited_cb), self, G_CONNECT_SWAPPED);
  self->session_signals = g_signal_group_new (BKS_TYPE_NODE_SESSION);
  g_signal_group_connect_object (self->session_signals, "notify::state", G_CALLBACK (update_failed), self,
                                 G_CONNECT_SWAPPED);
  self->buffer_signals = g_signal_group_new (GTK_TYPE_TEXT_BUFFER);
  g_signal_group_connect_object (self->buffer_signals, "notify::cursor-position", G_CALLBACK (caret_moved_cb),
                                 self, G_CONNECT_SWAPPED);
  self->node_signals = g_signal_group_new (BKS_TYPE_NODE);
  g_signal_group_connect_object (self->node_signals, "notify::title", G_CALLBACK (update_title), self,
                                 G_CONNECT_SWAPPED);
}

/**
 * bks_editor_set_settings:
 * @self: the editor
 * @settings: the preferences of the editor, followed from now on
 */
void
bks_editor_set_settings (BksEditor *self,
                         GSettings *settings)
{
  g_return_if_fail (BKS_IS_EDITOR (self));

  g_set_object (&self->settings, settings);
  g_signal_connect_object (settings, "changed::measure", G_CALLBACK (style_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (settings, "changed::show-marks", G_CALLBACK (update_marks), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (settings, "changed::spell-check", G_CALLBACK (update_spelling), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (settings, "changed::typewriter-line", G_CALLBACK (update_typewriter), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->view, "move-cursor", G_CALLBACK (caret_moved_by_key_cb), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (self->view, "paste-clipboard", G_CALLBACK (paste_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->view, "type-changed", G_CALLBACK (style_changed_cb), self, G_CONNECT_SWAPPED);
  style_changed_cb (self);
  update_typewriter (self);
}

/**
 * bks_editor_set_language:
 * @self: the editor
 * @language: the book's language, BCP 47
 *
 * Spelling is checked in it, where a dictionary is installed.
 */
void
bks_editor_set_language (BksEditor  *self,
                         const char *language)
{
  g_return_if_fail (BKS_IS_EDITOR (self));

  g_free (self->language);
  self->language = g_strdelimit (g_strdup (language), "-", '_');
  if (self->checker != NULL &&
      spelling_provider_supports_language (spelling_provider_get_default (), self->language))
    spelling_checker_set_language (self->checker, self->language);
}

/**
 * bks_editor_get_manuscript:
 * @self: the editor
 *
 * Returns: (transfer none) (nullable): what it shows
 */
BksManuscript *
bks_editor_get_manuscript (BksEditor *self)
{
  g_return_val_if_fail (BKS_IS_EDITOR (self), NULL);

  return self->manuscript;
}

/**
 * bks_editor_set_manuscript:
 * @self: the editor
 * @manuscript: (nullable): what to show; the one shown before is saved
 */
void
bks_editor_set_manuscript (BksEditor     *self,
                           BksManuscript *manuscript)
{
  BksNodeSession *session;

  g_return_if_fail (BKS_IS_EDITOR (self));

  if (manuscript == self->manuscript)
    return;
  retry_cb (self);
  detach_spelling (self);
  g_set_object (&self->manuscript, manuscript);
  session = manuscript != NULL ? bks_manuscript_get_session (manuscript) : NULL;
  g_signal_group_set_target (self->manuscript_signals, manuscript);
  g_signal_group_set_target (self->session_signals, session);
  g_signal_group_set_target (self->node_signals, session != NULL ? bks_node_session_get_node (session) : NULL);
  g_signal_group_set_target (self->buffer_signals,
                             manuscript != NULL ? bks_manuscript_get_buffer (manuscript) : NULL);
  if (self->find_bar != NULL)
    bks_find_bar_set_manuscript (BKS_FIND_BAR (self->find_bar), manuscript);
  if (manuscript != NULL)
    {
      update_title (self);
      update_marks (self);
      update_dimmed (self);
      gtk_text_view_set_buffer (GTK_TEXT_VIEW (self->view),
                                GTK_TEXT_BUFFER (bks_manuscript_get_buffer (manuscript)));
      bks_ui_after_paint (GTK_WIDGET (self), update_spelling_later);
      bks_editor_reveal_caret (self);
    }
  else
    gtk_text_view_set_buffer (GTK_TEXT_VIEW (self->view), NULL);
  update_failed (self);
  update_long (self);
}

/**
 * bks_editor_close:
 * @self: the editor
 *
 * Takes no more keys. The text stays in sight while the page slides away.
 */
void
bks_editor_close (BksEditor *self)
{
  g_return_if_fail (BKS_IS_EDITOR (self));

  detach_spelling (self);
  gtk_text_view_set_editable (GTK_TEXT_VIEW (self->view), FALSE);
}

/**
 * bks_editor_focus_text:
 * @self: the editor
 */
void
bks_editor_focus_text (BksEditor *self)
{
  g_return_if_fail (BKS_IS_EDITOR (self));

  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

/**
 * bks_editor_focus_title:
 * @self: the editor
 *
 * Lets the person write another title at once.
 */
void
bks_editor_focus_title (BksEditor *self)
{
  g_return_if_fail (BKS_IS_EDITOR (self));

  bks_page_view_focus_title (self->view);
}

/**
 * bks_editor_reveal_caret:
 * @self: the editor
 *
 * Scrolls to the caret; to the title when it stands at the start.
 */
void
bks_editor_reveal_caret (BksEditor *self)
{
  GtkTextBuffer *buffer;
  GtkTextIter caret;

  g_return_if_fail (BKS_IS_EDITOR (self));

  buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->view));
  gtk_text_buffer_get_iter_at_mark (buffer, &caret, gtk_text_buffer_get_insert (buffer));
  if (gtk_text_iter_is_start (&caret) && !bks_page_view_get_typewriter (self->view))
    gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (self->scroller), 0);
  else
    bks_page_view_scroll_to_caret (self->view, 0.1);
}

/**
 * bks_editor_find:
 * @self: an editor with a text
 * @replace: whether the person wants to replace
 *
 * Asks what to find in the text.
 */
void
bks_editor_find (BksEditor *self,
                 gboolean   replace)
{
  g_return_if_fail (BKS_IS_EDITOR (self));

  if (self->manuscript != NULL)
    bks_find_bar_open (ensure_find_bar (self), replace);
}

/**
 * bks_editor_find_again:
 * @self: an editor with a text
 * @backwards: whether to go to the one before
 *
 * Goes to the next place of what was last looked for.
 */
void
bks_editor_find_again (BksEditor *self,
                       gboolean   backwards)
{
  g_return_if_fail (BKS_IS_EDITOR (self));

  if (self->manuscript != NULL)
    bks_find_bar_go (ensure_find_bar (self), backwards);
}

/**
 * bks_editor_end_find:
 * @self: an editor
 */
void
bks_editor_end_find (BksEditor *self)
{
  g_return_if_fail (BKS_IS_EDITOR (self));

  if (self->find_bar != NULL)
    bks_find_bar_close (BKS_FIND_BAR (self->find_bar));
}

/**
 * bks_editor_get_finding:
 * @self: an editor
 *
 * Returns: whether the find bar is in sight
 */
gboolean
bks_editor_get_finding (BksEditor *self)
{
  g_return_val_if_fail (BKS_IS_EDITOR (self), FALSE);

  return self->find_bar != NULL && bks_find_bar_get_open (BKS_FIND_BAR (self->find_bar));
}

/**
 * bks_editor_set_dim_others:
 * @self: an editor
 * @dim_others: whether everything steps back but the paragraph of the caret
 */
void
bks_editor_set_dim_others (BksEditor *self,
                           gboolean   dim_others)
{
  g_return_if_fail (BKS_IS_EDITOR (self));

  self->dim_others = dim_others;
  bks_page_view_set_title_dimmed (self->view, dim_others);
  update_dimmed (self);
}
