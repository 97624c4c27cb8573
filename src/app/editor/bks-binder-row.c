/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-binder-row.h"
#include "bks-wording.h"

struct _BksBinderRow
{
  GtkWidget parent_instance;

  BksNode      *node;
  GSignalGroup *node_signals;
  GSignalGroup *children_signals;

  GtkImage *icon;
  GtkLabel *title_label;
  GtkLabel *words_label;
  GtkWidget *status_dot;
};

enum
{
  CLICKED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksBinderRow, bks_binder_row, GTK_TYPE_WIDGET)

static const char *
get_icon_name (BksNodeKind kind)
{
  switch (kind)
    {
    case BKS_NODE_PART:
    case BKS_NODE_FRONT_MATTER:
    case BKS_NODE_BACK_MATTER:
      return "folder-symbolic";
    case BKS_NODE_CHAPTER:
    case BKS_NODE_SCENE:
    case BKS_NODE_NOTE:
    default:
      return "text-x-generic-symbolic";
    }
}

static const char *
get_title (BksNode *node)
{
  const char *title = bks_node_get_title (node);

  return *title != '\0' ? title : _("Untitled");
}

/* The dot is a colour alone: its name is read to those who do not see it. */
static char *
describe (BksNode *node)
{
  g_autofree char *words = bks_wording_words (bks_node_get_total_words (node));

  if (bks_node_get_status (node) == BKS_STATUS_NONE)
    return g_strdup_printf ("%s, %s", get_title (node), words);
  return g_strdup_printf ("%s, %s, %s", get_title (node), words, bks_wording_status (bks_node_get_status (node)));
}

static void
update_dot (BksBinderRow *self)
{
  BksNodeStatus status = bks_node_get_status (self->node);
  g_autofree char *own = g_strconcat ("status-", bks_node_status_to_string (status), NULL);
  const char *classes[] = { "dot", own, NULL };
  const char *nothing[] = { NULL };

  gtk_widget_set_css_classes (self->status_dot, status != BKS_STATUS_NONE ? classes : nothing);
}

/* A screen reader comes to the arrow or to the row of the list: both tell the node. */
static void
update_names (BksBinderRow *self)
{
  g_autofree char *description = describe (self->node);
  GtkWidget *expander = gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_TREE_EXPANDER);
  GtkWidget *item = expander != NULL ? gtk_widget_get_parent (expander) : NULL;

  if (item == NULL)
    return;
  gtk_accessible_update_property (GTK_ACCESSIBLE (expander), GTK_ACCESSIBLE_PROPERTY_LABEL, description, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (item), GTK_ACCESSIBLE_PROPERTY_LABEL, description, -1);
}

static void
update (BksBinderRow *self)
{
  gint64 words;
  g_autofree char *count = NULL;

  if (self->node == NULL)
    return;
  words = bks_node_get_total_words (self->node);
  count = words > 0 ? bks_wording_number (words) : g_strdup ("");
  gtk_image_set_from_icon_name (self->icon, get_icon_name (bks_node_get_kind (self->node)));
  gtk_label_set_label (self->title_label, get_title (self->node));
  gtk_label_set_label (self->words_label, count);
  update_dot (self);
  update_names (self);
}

/* A chapter can have scenes, so it is a branch always; an arrow it has only with some. */
static void
update_expander (BksBinderRow *self)
{
  GtkWidget *expander = gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_TREE_EXPANDER);
  GListModel *children = self->node != NULL ? bks_node_get_children (self->node) : NULL;

  if (expander != NULL)
    gtk_tree_expander_set_hide_expander (GTK_TREE_EXPANDER (expander),
                                         children == NULL || g_list_model_get_n_items (children) == 0);
}

static void
clicked_cb (BksBinderRow *self)
{
  g_signal_emit (self, signals[CLICKED], 0);
}

static void
bks_binder_row_dispose (GObject *object)
{
  BksBinderRow *self = BKS_BINDER_ROW (object);

  g_clear_object (&self->node_signals);
  g_clear_object (&self->children_signals);
  g_clear_object (&self->node);
  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_BINDER_ROW);

  G_OBJECT_CLASS (bks_binder_row_parent_class)->dispose (object);
}

static void
bks_binder_row_class_init (BksBinderRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_binder_row_dispose;

  /**
   * BksBinderRow::clicked:
   * @self: the row
   */
  signals[CLICKED] = g_signal_new ("clicked", BKS_TYPE_BINDER_ROW, G_SIGNAL_RUN_LAST, 0,
                                   NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-binder-row.ui");
  gtk_widget_class_bind_template_child (widget_class, BksBinderRow, icon);
  gtk_widget_class_bind_template_child (widget_class, BksBinderRow, title_label);
  gtk_widget_class_bind_template_child (widget_class, BksBinderRow, words_label);
  gtk_widget_class_bind_template_child (widget_class, BksBinderRow, status_dot);
  gtk_widget_class_bind_template_callback (widget_class, clicked_cb);
  gtk_widget_class_set_css_name (widget_class, "binderrow");
}

static void
bks_binder_row_init (BksBinderRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->node_signals = g_signal_group_new (BKS_TYPE_NODE);
  g_signal_group_connect_object (self->node_signals, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  self->children_signals = g_signal_group_new (G_TYPE_LIST_MODEL);
  g_signal_group_connect_object (self->children_signals, "items-changed", G_CALLBACK (update_expander), self,
                                 G_CONNECT_SWAPPED);
}

/**
 * bks_binder_row_new:
 *
 * Returns: (transfer floating): a row without a node
 */
GtkWidget *
bks_binder_row_new (void)
{
  return g_object_new (BKS_TYPE_BINDER_ROW, NULL);
}

/**
 * bks_binder_row_get_node:
 * @self: a row
 *
 * Returns: (transfer none) (nullable): the node it shows
 */
BksNode *
bks_binder_row_get_node (BksBinderRow *self)
{
  g_return_val_if_fail (BKS_IS_BINDER_ROW (self), NULL);

  return self->node;
}

/**
 * bks_binder_row_set_node:
 * @self: a row, the child of a #GtkTreeExpander
 * @node: (nullable): the node to show, kept up to date
 */
void
bks_binder_row_set_node (BksBinderRow *self,
                         BksNode      *node)
{
  g_return_if_fail (BKS_IS_BINDER_ROW (self));

  g_set_object (&self->node, node);
  g_signal_group_set_target (self->node_signals, node);
  g_signal_group_set_target (self->children_signals, node != NULL ? bks_node_get_children (node) : NULL);
  update (self);
  update_expander (self);
}

static BksBinderRow *
find_below (GtkWidget *widget)
{
  if (BKS_IS_BINDER_ROW (widget))
    return BKS_BINDER_ROW (widget);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      BksBinderRow *found = find_below (child);

      if (found != NULL)
        return found;
    }
  return NULL;
}

/**
 * bks_binder_row_find:
 * @list: a list of rows
 * @x: where, in @list
 * @y: where, in @list
 *
 * Returns: (transfer none) (nullable): the row that stands there, whatever of it is under the point
 */
BksBinderRow *
bks_binder_row_find (GtkWidget *list,
                     double     x,
                     double     y)
{
  GtkWidget *at = gtk_widget_pick (list, x, y, GTK_PICK_DEFAULT);

  while (at != NULL && at != list && gtk_widget_get_parent (at) != list)
    at = gtk_widget_get_parent (at);
  return at != NULL && at != list ? find_below (at) : NULL;
}

/**
 * bks_binder_row_make_tooltip:
 * @self: a row
 *
 * Returns: (transfer full) (nullable): what cannot be read in the row itself: a title for which there is no room, and
 *   the name of the status
 */
char *
bks_binder_row_make_tooltip (BksBinderRow *self)
{
  const char *title;
  g_autofree char *status = NULL;

  g_return_val_if_fail (BKS_IS_BINDER_ROW (self), NULL);

  title = pango_layout_is_ellipsized (gtk_label_get_layout (self->title_label)) ? gtk_label_get_text (self->title_label)
                                                                              : NULL;
  if (self->node == NULL || bks_node_get_status (self->node) == BKS_STATUS_NONE)
    return g_strdup (title);
  /* Translators: %s is how far the author is with a chapter: "First Draft" */
  status = g_strdup_printf (_("Status: %s"), bks_wording_status (bks_node_get_status (self->node)));
  return title != NULL ? g_strdup_printf ("%s\n%s", title, status) : g_steal_pointer (&status);
}
