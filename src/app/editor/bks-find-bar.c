/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <string.h>

#include <adwaita.h>
#include <glib/gi18n.h>

#include "bks-find-bar.h"
#include "bks-find.h"
#include "bks-ui.h"

/* A longer selection is a place to work at, not words to look for. */
#define LONGEST_PREFILL 100

struct _BksFindBar
{
  GtkWidget parent_instance;

  BksManuscript *manuscript;
  BksFind       *find;
  GSignalGroup  *buffer_signals;
  AdwToast      *toast; /* weak: says what was replaced, and takes it back */
  BksFindWrap    wrap;

  GtkRevealer     *revealer;
  GtkEditable     *entry;
  GtkLabel        *status;
  GtkWidget       *previous_button;
  GtkWidget       *next_button;
  GtkToggleButton *replace_button;
  GtkEditable     *replacement;
  GtkWidget       *replace_one_button;
  GtkWidget       *replace_all_button;
};

enum
{
  PROP_0,
  PROP_OPEN,
  N_PROPS
};

enum
{
  MOVED,
  CLOSED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksFindBar, bks_find_bar, GTK_TYPE_WIDGET)

/* What was found, in words */

static char *
make_status (BksFindBar *self)
{
  int count = bks_find_get_count (self->find);
  int position = bks_find_get_position (self->find);

  if (*gtk_editable_get_text (self->entry) == '\0' || count < 0 || position < 0)
    return g_strdup ("");
  if (count == 0)
    return g_strdup (_("Not found"));
  if (position == 0)
    /* Translators: how many were found */
    return g_strdup_printf (ngettext ("%d found", "%d found", (gulong) count), count);
  if (self->wrap == BKS_FIND_FROM_START)
    /* Translators: the first of 17 that were found; the search went on from the start of the text */
    return g_strdup_printf (_("%d of %d, from the start"), position, count);
  if (self->wrap == BKS_FIND_FROM_END)
    /* Translators: the last of 17 that were found; the search went on from the end of the text */
    return g_strdup_printf (_("%d of %d, from the end"), position, count);
  /* Translators: the third of 17 that were found */
  return g_strdup_printf (_("%d of %d"), position, count);
}

static void
update (BksFindBar *self)
{
  g_autofree char *status = make_status (self);
  gboolean something = *gtk_editable_get_text (self->entry) != '\0';
  gboolean found = something && bks_find_get_count (self->find) != 0;

  gtk_label_set_label (self->status, status);
  gtk_widget_set_sensitive (self->previous_button, found);
  gtk_widget_set_sensitive (self->next_button, found);
  gtk_widget_set_sensitive (self->replace_one_button, found);
  gtk_widget_set_sensitive (self->replace_all_button, found);
  if (something && !found)
    gtk_widget_add_css_class (GTK_WIDGET (self->entry), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->entry), "error");
}

static void
say_status (BksFindBar *self)
{
  const char *status = gtk_label_get_label (self->status);

  if (*status != '\0')
    gtk_accessible_announce (GTK_ACCESSIBLE (self), status, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
}

static void
moved_cb (BksFindBar *self,
          guint       wrap)
{
  self->wrap = wrap;
  update (self);
  say_status (self);
  /* With the keys in the text it is what a key works on. */
  if (gtk_widget_get_focus_child (GTK_WIDGET (self)) == NULL)
    bks_find_select (self->find);
  g_signal_emit (self, signals[MOVED], 0);
}

static void
caret_moved_cb (BksFindBar *self)
{
  if (bks_find_bar_get_open (self))
    update (self);
}

/* What could be taken back by a click is no longer the last change. */
static void
edited_cb (BksFindBar *self)
{
  if (self->toast != NULL)
    adw_toast_dismiss (self->toast);
}

/* What a person does */

/* Returns: whether it is another text now, whose first place is gone to already. */
static gboolean
take_text (BksFindBar *self)
{
  g_autofree char *before = NULL;
  const char *text = gtk_editable_get_text (self->entry);

  g_object_get (self->find, "text", &before, NULL);
  if (g_str_equal (before, text))
    return FALSE;
  self->wrap = BKS_FIND_DIRECT;
  bks_find_set_text (self->find, text);
  update (self);
  return TRUE;
}

static void
text_changed_cb (BksFindBar *self)
{
  if (bks_find_bar_get_open (self))
    take_text (self);
}

static void
next_cb (BksFindBar *self)
{
  if (!take_text (self))
    bks_find_go (self->find, FALSE);
}

static void
previous_cb (BksFindBar *self)
{
  if (!take_text (self))
    bks_find_go (self->find, TRUE);
}

static void
replace_cb (BksFindBar *self)
{
  if (!take_text (self))
    bks_find_replace (self->find, gtk_editable_get_text (self->replacement));
}

static DexFuture *
undo_fiber (gpointer data)
{
  BksVerb *verb = data;

  gtk_text_buffer_undo (verb->self);
  return NULL;
}

static void
replace_all_cb (BksFindBar *self)
{
  g_autofree char *title = NULL;
  guint count;

  take_text (self);
  count = bks_find_replace_all (self->find, gtk_editable_get_text (self->replacement));
  if (count == 0)
    return;
  /* Translators: how many words or passages of a text were replaced */
  title = g_strdup_printf (ngettext ("%u replaced", "%u replaced", count), count);
  g_set_weak_pointer (&self->toast,
                      bks_ui_toast_undo (GTK_WIDGET (self), title, undo_fiber,
                                         bks_manuscript_get_buffer (self->manuscript), NULL));
}

static void
show_replace_cb (BksFindBar *self)
{
  if (gtk_toggle_button_get_active (self->replace_button) && bks_find_bar_get_open (self))
    gtk_widget_grab_focus (GTK_WIDGET (self->replacement));
}

static void
close_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  bks_find_bar_close (BKS_FIND_BAR (widget));
}

static void
previous_action (GtkWidget  *widget,
                 const char *name,
                 GVariant   *parameter)
{
  previous_cb (BKS_FIND_BAR (widget));
}

static void
bks_find_bar_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_OPEN:
      g_value_set_boolean (value, bks_find_bar_get_open (BKS_FIND_BAR (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bks_find_bar_dispose (GObject *object)
{
  BksFindBar *self = BKS_FIND_BAR (object);

  g_clear_weak_pointer (&self->toast);
  g_clear_object (&self->buffer_signals);
  if (self->find != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->find, self);
      bks_find_set_manuscript (self->find, NULL);
    }
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_FIND_BAR);
  g_clear_object (&self->find);
  g_clear_object (&self->manuscript);

  G_OBJECT_CLASS (bks_find_bar_parent_class)->dispose (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, BksFindBar, revealer);
  gtk_widget_class_bind_template_child (widget_class, BksFindBar, entry);
  gtk_widget_class_bind_template_child (widget_class, BksFindBar, status);
  gtk_widget_class_bind_template_child (widget_class, BksFindBar, previous_button);
  gtk_widget_class_bind_template_child (widget_class, BksFindBar, next_button);
  gtk_widget_class_bind_template_child (widget_class, BksFindBar, replace_button);
  gtk_widget_class_bind_template_child (widget_class, BksFindBar, replacement);
  gtk_widget_class_bind_template_child (widget_class, BksFindBar, replace_one_button);
  gtk_widget_class_bind_template_child (widget_class, BksFindBar, replace_all_button);
  gtk_widget_class_bind_template_callback (widget_class, text_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, next_cb);
  gtk_widget_class_bind_template_callback (widget_class, previous_cb);
  gtk_widget_class_bind_template_callback (widget_class, replace_cb);
  gtk_widget_class_bind_template_callback (widget_class, replace_all_cb);
  gtk_widget_class_bind_template_callback (widget_class, show_replace_cb);
  gtk_widget_class_bind_template_callback (widget_class, bks_find_bar_close);
}

static void
bks_find_bar_class_init (BksFindBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = bks_find_bar_get_property;
  object_class->dispose = bks_find_bar_dispose;
  properties[PROP_OPEN] = g_param_spec_boolean ("open", NULL, NULL, FALSE,
                                                G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * BksFindBar::moved:
   * @self: the bar
   */
  signals[MOVED] = g_signal_new ("moved", BKS_TYPE_FIND_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * BksFindBar::closed:
   * @self: the bar
   */
  signals[CLOSED] = g_signal_new ("closed", BKS_TYPE_FIND_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);

  gtk_widget_class_install_action (widget_class, "find.close", NULL, close_action);
  gtk_widget_class_install_action (widget_class, "find.previous", NULL, previous_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "find.close", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_SHIFT_MASK, "find.previous", NULL);
  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-find-bar.ui");
  bind_children (widget_class);
}

static void
add_options (BksFindBar *self)
{
  g_autoptr(GSimpleActionGroup) group = g_simple_action_group_new ();
  g_autoptr(GPropertyAction) match_case = g_property_action_new ("match-case", self->find, "match-case");
  g_autoptr(GPropertyAction) whole_words = g_property_action_new ("whole-words", self->find, "whole-words");

  g_action_map_add_action (G_ACTION_MAP (group), G_ACTION (match_case));
  g_action_map_add_action (G_ACTION_MAP (group), G_ACTION (whole_words));
  gtk_widget_insert_action_group (GTK_WIDGET (self), "options", G_ACTION_GROUP (group));
}

static void
bks_find_bar_init (BksFindBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->find = bks_find_new ();
  add_options (self);
  g_signal_connect_object (self->find, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->find, "moved", G_CALLBACK (moved_cb), self, G_CONNECT_SWAPPED);
  self->buffer_signals = g_signal_group_new (GTK_TYPE_TEXT_BUFFER);
  g_signal_group_connect_object (self->buffer_signals, "notify::cursor-position", G_CALLBACK (caret_moved_cb), self,
                                 G_CONNECT_SWAPPED);
  g_signal_group_connect_object (self->buffer_signals, "changed", G_CALLBACK (edited_cb), self, G_CONNECT_SWAPPED);
  update (self);
}

/**
 * bks_find_bar_new:
 *
 * Returns: (transfer floating): a bar, out of sight
 */
GtkWidget *
bks_find_bar_new (void)
{
  return g_object_new (BKS_TYPE_FIND_BAR, NULL);
}

/**
 * bks_find_bar_set_manuscript:
 * @self: a bar
 * @manuscript: (nullable): where to look; without one the bar closes
 */
void
bks_find_bar_set_manuscript (BksFindBar    *self,
                             BksManuscript *manuscript)
{
  g_return_if_fail (BKS_IS_FIND_BAR (self));

  if (!g_set_object (&self->manuscript, manuscript))
    return;
  edited_cb (self);
  g_signal_group_set_target (self->buffer_signals, manuscript != NULL ? bks_manuscript_get_buffer (manuscript) : NULL);
  self->wrap = BKS_FIND_DIRECT;
  if (manuscript == NULL)
    bks_find_bar_close (self);
  else if (bks_find_bar_get_open (self))
    bks_find_set_manuscript (self->find, manuscript);
}

static void
reveal (BksFindBar *self)
{
  bks_find_set_manuscript (self->find, self->manuscript);
  if (bks_find_bar_get_open (self))
    return;
  /* At once: what slides in takes no keys up to its first frame, and what was typed till then would be lost. */
  gtk_revealer_set_transition_type (self->revealer, GTK_REVEALER_TRANSITION_TYPE_NONE);
  gtk_revealer_set_reveal_child (self->revealer, TRUE);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_OPEN]);
}

/* Returns: whether something was selected that one may want to look for. */
static gboolean
prefill (BksFindBar *self)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (bks_manuscript_get_buffer (self->manuscript));
  g_autofree char *text = NULL;
  GtkTextIter start, end;

  if (!gtk_text_buffer_get_selection_bounds (buffer, &start, &end) ||
      gtk_text_iter_get_offset (&end) - gtk_text_iter_get_offset (&start) > LONGEST_PREFILL)
    return FALSE;
  text = gtk_text_buffer_get_slice (buffer, &start, &end, TRUE);
  if (strchr (text, '\n') != NULL)
    return FALSE;
  gtk_editable_set_text (self->entry, text);
  return TRUE;
}

/**
 * bks_find_bar_open:
 * @self: a bar with a text
 * @replace: whether the person wants to replace
 *
 * Comes in sight and takes the keys. What is selected in the text is looked for; otherwise what was last.
 */
void
bks_find_bar_open (BksFindBar *self,
                   gboolean    replace)
{
  gboolean was_open;
  gboolean filled;

  g_return_if_fail (BKS_IS_FIND_BAR (self));
  g_return_if_fail (self->manuscript != NULL);

  was_open = bks_find_bar_get_open (self);
  filled = prefill (self);
  reveal (self);
  bks_find_begin (self->find);
  if (!take_text (self) && filled)
    bks_find_again (self->find);
  if (replace)
    gtk_toggle_button_set_active (self->replace_button, TRUE);
  /* Who has said what to find goes on to what to put there. */
  if (replace && (filled || (was_open && *gtk_editable_get_text (self->entry) != '\0')))
    gtk_widget_grab_focus (GTK_WIDGET (self->replacement));
  else
    gtk_widget_grab_focus (GTK_WIDGET (self->entry));
  /* What was looked for last gives way to what is typed. */
  gtk_editable_select_region (self->entry, 0, -1);
  update (self);
}

/**
 * bks_find_bar_close:
 * @self: a bar
 *
 * Goes out of sight. What was found last stays selected.
 */
void
bks_find_bar_close (BksFindBar *self)
{
  g_return_if_fail (BKS_IS_FIND_BAR (self));

  if (!bks_find_bar_get_open (self))
    return;
  gtk_revealer_set_transition_type (self->revealer, GTK_REVEALER_TRANSITION_TYPE_SLIDE_DOWN);
  gtk_revealer_set_reveal_child (self->revealer, FALSE);
  bks_find_select (self->find);
  bks_find_set_manuscript (self->find, NULL);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_OPEN]);
  g_signal_emit (self, signals[CLOSED], 0);
}

/**
 * bks_find_bar_get_open:
 * @self: a bar
 *
 * Returns: whether it is in sight
 */
gboolean
bks_find_bar_get_open (BksFindBar *self)
{
  g_return_val_if_fail (BKS_IS_FIND_BAR (self), FALSE);

  return self->revealer != NULL && gtk_revealer_get_reveal_child (self->revealer);
}

/**
 * bks_find_bar_go:
 * @self: a bar with a text
 * @backwards: whether to go to the one before
 *
 * Goes to the next one. Comes in sight, with what was last looked for, but leaves the keys where they are; where
 * nothing was yet, the person has to say what.
 */
void
bks_find_bar_go (BksFindBar *self,
                 gboolean    backwards)
{
  g_return_if_fail (BKS_IS_FIND_BAR (self));
  g_return_if_fail (self->manuscript != NULL);

  if (*gtk_editable_get_text (self->entry) == '\0')
    {
      bks_find_bar_open (self, FALSE);
      return;
    }
  reveal (self);
  if (backwards)
    previous_cb (self);
  else
    next_cb (self);
}
