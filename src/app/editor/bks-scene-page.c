/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "bks-binder-places-private.h"
#include "bks-node-plan.h"
#include "bks-scene-page.h"
#include "bks-words.h"
#include "bks-wording.h"

/* The facts follow the text, but not at every key. */
#define UPDATE_MS 400
/* Brysbaert 2019: silent reading of English prose, adults. */
#define WORDS_A_MINUTE 238

struct _BksScenePage
{
  GtkWidget parent_instance;

  BksBookSession *session;
  BksManuscript  *manuscript;
  GSignalGroup   *manuscript_signals;
  guint           update_source;

  GtkStack     *stack;
  BksNodePlan  *plan;
  AdwActionRow *place_row;
  AdwActionRow *words_row;
  AdwActionRow *time_row;
  AdwActionRow *share_row;
};

G_DEFINE_FINAL_TYPE (BksScenePage, bks_scene_page, GTK_TYPE_WIDGET)

static BksNode *
get_node (BksScenePage *self)
{
  return bks_node_session_get_node (bks_manuscript_get_session (self->manuscript));
}

static const char *
get_name (BksNode *node)
{
  return *bks_node_get_title (node) != '\0' ? bks_node_get_title (node) : _("Untitled");
}

/* "Part One · 3 of 12" */
static char *
make_place (BksScenePage *self)
{
  BksNode *node = get_node (self);
  GListModel *siblings = bks_binder_get_siblings (self->session, node);
  const char *parent_id = bks_node_get_parent_id (node);
  BksNode *parent = parent_id != NULL ? bks_book_session_get_node (self->session, parent_id) : NULL;
  g_autofree char *count = NULL;

  /* Translators: the third of twelve chapters, for example */
  count = g_strdup_printf (_("%d of %u"), bks_binder_find_position (siblings, node) + 1,
                           g_list_model_get_n_items (siblings));
  return parent != NULL ? g_strdup_printf ("%s · %s", get_name (parent), count) : g_steal_pointer (&count);
}

static char *
make_time (gint64 words)
{
  int minutes = (int) ((words + WORDS_A_MINUTE / 2) / WORDS_A_MINUTE);

  if (words > 0 && minutes == 0)
    return g_strdup (_("less than a minute"));
  return g_strdup_printf (ngettext ("%d minute", "%d minutes", (gulong) minutes), minutes);
}

static char *
make_length (const char *text,
             gint64      words)
{
  glong n = g_utf8_strlen (text, -1);
  g_autofree char *number = bks_wording_number (n);
  g_autofree char *characters = g_strdup_printf (ngettext ("%s character", "%s characters", (gulong) n), number);
  g_autofree char *counted = bks_wording_words (words);

  return g_strdup_printf ("%s · %s", counted, characters);
}

/* What is typed counts at once; the book's own sum is that of the last save. */
static char *
make_share (BksScenePage *self,
            gint64        words)
{
  gint64 saved = bks_node_get_words (get_node (self));
  gint64 all = MAX (words, bks_book_get_words (bks_book_session_get_book (self->session)) - saved + words);
  g_autofree char *sum = bks_wording_words (all);

  /* Translators: a share of all words of the book; the second %s is like "59,646 words" */
  return g_strdup_printf (_("%.1f %% of %s"), all > 0 ? 100.0 * (double) words / (double) all : 0.0, sum);
}

static void
update (BksScenePage *self)
{
  g_autofree char *text = NULL;
  g_autofree char *place = NULL;
  g_autofree char *length = NULL;
  g_autofree char *minutes = NULL;
  g_autofree char *share = NULL;
  gint64 words;

  g_clear_handle_id (&self->update_source, g_source_remove);
  gtk_stack_set_visible_child_name (self->stack, self->manuscript != NULL ? "facts" : "nothing");
  bks_node_plan_set_node (self->plan, self->session, self->manuscript != NULL ? get_node (self) : NULL);
  if (self->manuscript == NULL)
    return;
  text = bks_manuscript_dup_text (self->manuscript);
  words = bks_text_count_words (text, -1);
  place = make_place (self);
  length = make_length (text, words);
  minutes = make_time (words);
  share = make_share (self, words);
  bks_node_plan_set_words (self->plan, words);
  adw_action_row_set_subtitle (self->place_row, place);
  adw_action_row_set_subtitle (self->words_row, length);
  adw_action_row_set_subtitle (self->time_row, minutes);
  adw_action_row_set_subtitle (self->share_row, share);
}

static void
update_cb (gpointer data)
{
  BksScenePage *self = data;

  self->update_source = 0;
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    update (self);
}

static void
edited_cb (BksScenePage *self)
{
  if (self->update_source == 0)
    self->update_source = g_timeout_add_once (UPDATE_MS, update_cb, self);
}

static void
bks_scene_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (bks_scene_page_parent_class)->map (widget);
  update (BKS_SCENE_PAGE (widget));
}

static void
bks_scene_page_dispose (GObject *object)
{
  BksScenePage *self = BKS_SCENE_PAGE (object);

  g_clear_handle_id (&self->update_source, g_source_remove);
  g_clear_object (&self->manuscript_signals);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_SCENE_PAGE);
  g_clear_object (&self->manuscript);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bks_scene_page_parent_class)->dispose (object);
}

static void
bks_scene_page_class_init (BksScenePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bks_scene_page_dispose;
  widget_class->map = bks_scene_page_map;

  g_type_ensure (BKS_TYPE_NODE_PLAN);
  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-scene-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BksScenePage, stack);
  gtk_widget_class_bind_template_child (widget_class, BksScenePage, plan);
  gtk_widget_class_bind_template_child (widget_class, BksScenePage, place_row);
  gtk_widget_class_bind_template_child (widget_class, BksScenePage, words_row);
  gtk_widget_class_bind_template_child (widget_class, BksScenePage, time_row);
  gtk_widget_class_bind_template_child (widget_class, BksScenePage, share_row);
}

static void
bks_scene_page_init (BksScenePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->manuscript_signals = g_signal_group_new (BKS_TYPE_MANUSCRIPT);
  g_signal_group_connect_object (self->manuscript_signals, "edited", G_CALLBACK (edited_cb), self, G_CONNECT_SWAPPED);
}

/**
 * bks_scene_page_set_manuscript:
 * @self: the page
 * @session: the book
 * @manuscript: (nullable): the text to tell about, followed from now on
 */
void
bks_scene_page_set_manuscript (BksScenePage   *self,
                               BksBookSession *session,
                               BksManuscript  *manuscript)
{
  g_return_if_fail (BKS_IS_SCENE_PAGE (self));

  g_set_object (&self->session, session);
  g_set_object (&self->manuscript, manuscript);
  g_signal_group_set_target (self->manuscript_signals, manuscript);
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    update (self);
}
