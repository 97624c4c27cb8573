/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-node-plan.h"
#include "bks-ui.h"
#include "bks-wording.h"

/* Longer is a text of its own: far below what the book takes, so that nothing typed is ever refused. */
#define SYNOPSIS_CHARACTERS 10000

struct _BksNodePlan
{
  GtkWidget parent_instance;

  BksBookSession *session;
  BksNode        *node;
  GSignalGroup   *session_signals;
  GSignalGroup   *node_signals;
  gint64          words;   /* of the node's own text as it stands in the editor; -1: as saved */
  gboolean        filling; /* a change that is not the person's */

  GtkWidget      *list;
  AdwComboRow    *status_row;
  AdwSpinRow     *target_row;
  GtkWidget      *progress_row;
  GtkLabel       *progress_label;
  GtkProgressBar *progress;
  GtkLabel       *synopsis_label;
  GtkWidget      *scroller;
  GtkTextView    *synopsis_view;
  GtkTextBuffer  *synopsis;
  GtkLabel       *trouble_label;
};

G_DEFINE_FINAL_TYPE (BksNodePlan, bks_node_plan, GTK_TYPE_WIDGET)

static char *
dup_synopsis (BksNodePlan *self)
{
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (self->synopsis, &start, &end);
  return gtk_text_buffer_get_text (self->synopsis, &start, &end, TRUE);
}

static void
show_progress (BksNodePlan *self)
{
  gint64 target = bks_node_get_target_words (self->node);
  gint64 words = bks_node_get_total_words (self->node);
  g_autofree char *so_far = NULL;
  g_autofree char *sum = NULL;
  g_autofree char *text = NULL;

  if (self->words >= 0)
    words += self->words - bks_node_get_words (self->node);
  gtk_widget_set_visible (self->progress_row, target > 0);
  if (target == 0)
    return;
  so_far = bks_wording_number (words);
  sum = bks_wording_words (target);
  /* Translators: "1,502 of 2,000 words" */
  text = g_strdup_printf (_("%s of %s"), so_far, sum);
  gtk_label_set_label (self->progress_label, text);
  gtk_progress_bar_set_fraction (self->progress, MIN (1.0, (double) words / (double) target));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->progress), GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text, -1);
}

/* What another writer has put there can be taken back as what one typed. */
static void
replace_synopsis (BksNodePlan *self)
{
  g_autofree char *shown = dup_synopsis (self);
  GtkTextIter start, end;

  if (g_str_equal (shown, bks_node_get_synopsis (self->node)))
    return;
  gtk_text_buffer_begin_user_action (self->synopsis);
  gtk_text_buffer_get_bounds (self->synopsis, &start, &end);
  gtk_text_buffer_delete (self->synopsis, &start, &end);
  gtk_text_buffer_insert (self->synopsis, &start, bks_node_get_synopsis (self->node), -1);
  gtk_text_buffer_end_user_action (self->synopsis);
}

/* While a number is typed the entry holds what stands in it. */
static void
show_target (BksNodePlan *self)
{
  g_autofree char *target = g_strdup_printf ("%" G_GINT64_FORMAT, bks_node_get_target_words (self->node));

  if (g_strcmp0 (gtk_editable_get_text (GTK_EDITABLE (self->target_row)), target) != 0)
    adw_spin_row_set_value (self->target_row, (double) bks_node_get_target_words (self->node));
}

static void
show_node (BksNodePlan *self)
{
  if (self->node == NULL)
    return;
  self->filling = TRUE;
  adw_combo_row_set_selected (self->status_row, bks_node_get_status (self->node));
  show_target (self);
  replace_synopsis (self);
  self->filling = FALSE;
  show_progress (self);
}

static void
show_trouble (BksNodePlan *self)
{
  const GError *error = self->session != NULL ? bks_book_session_get_plan_error (self->session) : NULL;
  g_autofree char *cause = error != NULL ? bks_wording_error (error) : NULL;
  g_autofree char *text = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->trouble_label), error != NULL);
  if (error == NULL)
    return;
  /* Translators: %s is one sentence or more that say why and what to do */
  text = g_strdup_printf (_("Synopsis and target are not saved yet. %s What you typed is kept, and saved as soon as that is "
                            "possible."),
                          cause);
  gtk_label_set_label (self->trouble_label, text);
  gtk_accessible_announce (GTK_ACCESSIBLE (self), text, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_HIGH);
}

static DexFuture *
set_status_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksNodePlan *self = verb->self;
  BksNodeStatus status = BKS_STATUS_NONE;
  g_autoptr(GError) error = NULL;

  if (self->session == NULL || !bks_node_status_from_string (verb->text, &status) ||
      dex_await (bks_book_session_set_status (self->session, bks_node_get_id (verb->object), status), &error))
    return NULL;
  if (gtk_widget_get_root (GTK_WIDGET (self)) == NULL)
    return NULL;
  show_node (self);
  bks_ui_present_error (GTK_WIDGET (self), _("The Status Cannot Be Changed"), error);
  return NULL;
}

static void
status_changed_cb (BksNodePlan *self)
{
  guint selected = adw_combo_row_get_selected (self->status_row);

  if (!self->filling && self->node != NULL && selected < BKS_N_STATUSES)
    bks_verb_start (set_status_fiber, self, bks_node_status_to_string (selected), self->node);
}

/* At every key: a number that nobody has confirmed is wanted all the same. */
static void
target_changed_cb (BksNodePlan *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->target_row));
  guint64 words;

  if (self->filling || self->node == NULL ||
      !g_ascii_string_to_unsigned (text, 10, 0, (guint64) gtk_adjustment_get_upper (adw_spin_row_get_adjustment (self->target_row)),
                                   &words, NULL))
    return;
  bks_book_session_edit_plan (self->session, bks_node_get_id (self->node), NULL, (gint64) words);
}

static void
synopsis_inserting_cb (BksNodePlan *self,
                       GtkTextIter *at,
                       const char  *text,
                       int          length)
{
  if (self->filling || gtk_text_buffer_get_char_count (self->synopsis) + g_utf8_strlen (text, length) <= SYNOPSIS_CHARACTERS)
    return;
  g_signal_stop_emission_by_name (self->synopsis, "insert-text");
  gtk_widget_error_bell (GTK_WIDGET (self->synopsis_view));
  bks_ui_toast (GTK_WIDGET (self), _("A synopsis is a few sentences; this is too long for one"));
}

static void
synopsis_changed_cb (BksNodePlan *self)
{
  g_autofree char *text = NULL;

  if (self->filling || self->node == NULL)
    return;
  text = dup_synopsis (self);
  bks_book_session_edit_plan (self->session, bks_node_get_id (self->node), text, -1);
}

static void
bks_node_plan_dispose (GObject *object)
{
  BksNodePlan *self = BKS_NODE_PLAN (object);

  g_clear_object (&self->session_signals);
  g_clear_object (&self->node_signals);
  g_clear_object (&self->node);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_NODE_PLAN);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bks_node_plan_parent_class)->dispose (object);
}

static void
bks_node_plan_class_init (BksNodePlanClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_node_plan_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-node-plan.ui");
  gtk_widget_class_bind_template_child (widget_class, BksNodePlan, list);
  gtk_widget_class_bind_template_child (widget_class, BksNodePlan, scroller);
  gtk_widget_class_bind_template_child (widget_class, BksNodePlan, status_row);
  gtk_widget_class_bind_template_child (widget_class, BksNodePlan, target_row);
  gtk_widget_class_bind_template_child (widget_class, BksNodePlan, progress_row);
  gtk_widget_class_bind_template_child (widget_class, BksNodePlan, progress_label);
  gtk_widget_class_bind_template_child (widget_class, BksNodePlan, progress);
  gtk_widget_class_bind_template_child (widget_class, BksNodePlan, synopsis_label);
  gtk_widget_class_bind_template_child (widget_class, BksNodePlan, synopsis_view);
  gtk_widget_class_bind_template_child (widget_class, BksNodePlan, synopsis);
  gtk_widget_class_bind_template_child (widget_class, BksNodePlan, trouble_label);
  gtk_widget_class_bind_template_callback (widget_class, status_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, target_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, synopsis_inserting_cb);
  gtk_widget_class_bind_template_callback (widget_class, synopsis_changed_cb);
}

static void
fill_statuses (BksNodePlan *self)
{
  g_autoptr(GtkStringList) names = gtk_string_list_new (NULL);

  for (guint i = 0; i < BKS_N_STATUSES; i++)
    gtk_string_list_append (names, bks_wording_status (i));
  adw_combo_row_set_model (self->status_row, G_LIST_MODEL (names));
}

static void
bks_node_plan_init (BksNodePlan *self)
{
  self->words = -1;
  self->filling = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
  fill_statuses (self);
  self->filling = FALSE;
  self->session_signals = g_signal_group_new (BKS_TYPE_BOOK_SESSION);
  g_signal_group_connect_object (self->session_signals, "plan-error-changed", G_CALLBACK (show_trouble), self,
                                 G_CONNECT_SWAPPED);
  self->node_signals = g_signal_group_new (BKS_TYPE_NODE);
  g_signal_group_connect_object (self->node_signals, "notify", G_CALLBACK (show_node), self, G_CONNECT_SWAPPED);
}

/* Without a way back to the synopsis of another node. */
static void
fill_synopsis (BksNodePlan *self)
{
  self->filling = TRUE;
  gtk_text_buffer_set_text (self->synopsis, self->node != NULL ? bks_node_get_synopsis (self->node) : "", -1);
  self->filling = FALSE;
}

/* What was typed for a node that is left need not wait for its pause. */
static void
save (BksNodePlan *self)
{
  if (self->session != NULL && self->node != NULL)
    dex_future_disown (bks_book_session_save (self->session));
}

/**
 * bks_node_plan_set_node:
 * @self: the plan
 * @session: the book
 * @node: (nullable): whose plan it is from now on, kept up to date
 */
void
bks_node_plan_set_node (BksNodePlan    *self,
                        BksBookSession *session,
                        BksNode        *node)
{
  g_return_if_fail (BKS_IS_NODE_PLAN (self));

  if (self->node == node)
    return;
  save (self);
  g_set_object (&self->session, session);
  g_set_object (&self->node, node);
  self->words = -1;
  g_signal_group_set_target (self->session_signals, session);
  g_signal_group_set_target (self->node_signals, node);
  gtk_widget_set_sensitive (GTK_WIDGET (self), session != NULL && bks_book_session_get_writable (session));
  fill_synopsis (self);
  show_node (self);
  show_trouble (self);
}

/**
 * bks_node_plan_set_words:
 * @self: the plan
 * @words: how many words the node's own text has as it stands in the editor
 */
void
bks_node_plan_set_words (BksNodePlan *self,
                         gint64       words)
{
  g_return_if_fail (BKS_IS_NODE_PLAN (self));

  self->words = words;
  if (self->node != NULL)
    show_progress (self);
}
