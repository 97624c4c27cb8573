/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-binder-row.h"
#include "bks-binder.h"
#include "bks-ui.h"

struct _BksBinder
{
  GtkWidget parent_instance;

  BksBookSession     *session;
  GtkTreeListModel   *tree;
  GtkSingleSelection *selection;

  GtkWidget   *scroller;
  GtkListView *list;
  GMenuModel  *node_menu;
};

enum
{
  NODE_SELECTED,
  NODE_OPENED,
  NODE_ADDED,
  RENAME_REQUESTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (BksBinder, bks_binder, GTK_TYPE_WIDGET)

/* Places in the tree */

static GListModel *
get_siblings (BksBinder *self,
              BksNode   *node)
{
  const char *parent_id = bks_node_get_parent_id (node);
  BksNode *parent = parent_id != NULL ? bks_book_session_get_node (self->session, parent_id) : NULL;

  return parent != NULL ? bks_node_get_children (parent) : bks_book_session_get_nodes (self->session);
}

static int
find_position (GListModel *siblings,
               BksNode    *node)
{
  for (guint i = 0; i < g_list_model_get_n_items (siblings); i++)
    {
      g_autoptr(BksNode) item = g_list_model_get_item (siblings, i);

      if (g_strcmp0 (bks_node_get_id (item), bks_node_get_id (node)) == 0)
        return (int) i;
    }
  return -1;
}

typedef struct
{
  const char *parent_id;
  int         position;
} Place;

/* Past the end of its part, a chapter goes on in the next one. */
static gboolean
find_place_in_neighbour (BksBinder *self,
                         BksNode   *node,
                         int        step,
                         Place     *place)
{
  const char *parent_id = bks_node_get_parent_id (node);
  BksNode *parent = parent_id != NULL ? bks_book_session_get_node (self->session, parent_id) : NULL;
  GListModel *uncles;
  g_autoptr(BksNode) uncle = NULL;
  int position;

  if (parent == NULL)
    return FALSE;
  uncles = get_siblings (self, parent);
  position = find_position (uncles, parent) + step;
  uncle = position >= 0 ? g_list_model_get_item (uncles, (guint) position) : NULL;
  if (uncle == NULL || bks_node_get_kind (uncle) != bks_node_get_kind (parent))
    return FALSE;
  place->parent_id = bks_node_get_id (bks_book_session_get_node (self->session, bks_node_get_id (uncle)));
  place->position = step < 0 ? -1 : 0;
  return TRUE;
}

static gboolean
find_place_moved (BksBinder *self,
                  BksNode   *node,
                  int        step,
                  Place     *place)
{
  GListModel *siblings = get_siblings (self, node);
  int position = find_position (siblings, node) + step;

  if (position < 0 || position >= (int) g_list_model_get_n_items (siblings))
    return find_place_in_neighbour (self, node, step, place);
  *place = (Place) { bks_node_get_parent_id (node), position };
  return TRUE;
}

/* A new node goes right after the selected one, on the nearest level that can hold it. */
static Place
find_place_new (BksBinder   *self,
                BksNodeKind  kind)
{
  BksNode *node = bks_binder_get_selected (self);

  while (node != NULL && bks_node_get_kind (node) != kind)
    {
      const char *parent_id = bks_node_get_parent_id (node);
      BksNodeKind above = bks_node_get_kind (node);

      if ((kind == BKS_NODE_SCENE && above == BKS_NODE_CHAPTER) || (kind == BKS_NODE_CHAPTER && above == BKS_NODE_PART))
        return (Place) { bks_node_get_id (node), -1 };
      node = parent_id != NULL ? bks_book_session_get_node (self->session, parent_id) : NULL;
    }
  if (node == NULL)
    return (Place) { NULL, -1 };
  return (Place) { bks_node_get_parent_id (node), find_position (get_siblings (self, node), node) + 1 };
}

/* The list */

static GListModel *
create_children (gpointer item,
                 gpointer data)
{
  return g_object_ref (bks_node_get_children (item));
}

static void
selected_cb (BksBinder *self)
{
  g_signal_emit (self, signals[NODE_SELECTED], 0, bks_binder_get_selected (self));
}

static void
activate_cb (BksBinder *self,
             guint      position)
{
  g_signal_emit (self, signals[NODE_OPENED], 0);
}

static void
row_clicked_cb (BksBinder    *self,
                BksBinderRow *row)
{
  g_signal_emit (self, signals[NODE_OPENED], 0);
}

static void
menu_requested_cb (BksBinder    *self,
                   double        x,
                   double        y,
                   BksBinderRow *row)
{
  BksNode *node = bks_binder_row_get_node (row);

  if (node == NULL)
    return;
  bks_binder_select (self, bks_node_get_id (node));
  bks_ui_popup_menu (GTK_WIDGET (row), self->node_menu, x, y);
}

static void
setup_row_cb (GtkListItemFactory *factory,
              GtkListItem        *item,
              BksBinder          *self)
{
  GtkWidget *row = bks_binder_row_new ();

  g_signal_connect_object (row, "menu-requested", G_CALLBACK (menu_requested_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (row, "clicked", G_CALLBACK (row_clicked_cb), self, G_CONNECT_SWAPPED);
  gtk_list_item_set_child (item, row);
}

static void
bind_row_cb (GtkListItemFactory *factory,
             GtkListItem        *item,
             BksBinder          *self)
{
  GtkTreeListRow *row = gtk_list_item_get_item (item);
  g_autoptr(BksNode) node = gtk_tree_list_row_get_item (row);
  g_autofree char *description = bks_binder_row_describe (node);

  bks_binder_row_set_row (BKS_BINDER_ROW (gtk_list_item_get_child (item)), row);
  gtk_list_item_set_accessible_label (item, description);
}

static void
unbind_row_cb (GtkListItemFactory *factory,
               GtkListItem        *item,
               BksBinder          *self)
{
  bks_binder_row_set_row (BKS_BINDER_ROW (gtk_list_item_get_child (item)), NULL);
}

/* Add */

static DexFuture *
add_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBinder *self = verb->self;
  g_autoptr(BksNode) node = NULL;
  g_autoptr(GError) error = NULL;
  BksNodeKind kind = BKS_NODE_CHAPTER;
  Place place;
  const char *title;

  bks_node_kind_from_string (verb->text, &kind);
  title = kind == BKS_NODE_PART ? _("New Part") : kind == BKS_NODE_SCENE ? _("New Scene") : _("New Chapter");
  place = find_place_new (self, kind);
  node = dex_await_object (bks_book_session_add_node (self->session, kind, title, place.parent_id, place.position),
                           &error);
  if (gtk_widget_get_root (GTK_WIDGET (self)) == NULL)
    return NULL;
  if (node == NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("Nothing Could Be Added"), error);
  else if (bks_binder_select (self, bks_node_get_id (node)))
    g_signal_emit (self, signals[NODE_ADDED], 0, node);
  return NULL;
}

static void
add_action (GtkWidget  *widget,
            const char *name,
            GVariant   *parameter)
{
  bks_verb_start (add_fiber, widget, g_variant_get_string (parameter, NULL), NULL);
}

/* Move */

static DexFuture *
move_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBinder *self = verb->self;
  BksNode *node = verb->object;
  g_autoptr(GError) error = NULL;
  Place place;

  if (!find_place_moved (self, node, atoi (verb->text), &place))
    return NULL;
  if (!dex_await (bks_book_session_move_node (self->session, bks_node_get_id (node), place.parent_id, place.position),
                  &error))
    bks_ui_present_error (GTK_WIDGET (self), _("This Cannot Be Moved"), error);
  else
    bks_binder_select (self, bks_node_get_id (node));
  return NULL;
}

static void
move_up_action (GtkWidget  *widget,
                const char *name,
                GVariant   *parameter)
{
  BksNode *node = bks_binder_get_selected (BKS_BINDER (widget));

  if (node != NULL)
    bks_verb_start (move_fiber, widget, "-1", node);
}

static void
move_down_action (GtkWidget  *widget,
                  const char *name,
                  GVariant   *parameter)
{
  BksNode *node = bks_binder_get_selected (BKS_BINDER (widget));

  if (node != NULL)
    bks_verb_start (move_fiber, widget, "1", node);
}

/* Trash */

static DexFuture *
restore_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBinder *self = verb->self;
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_book_session_restore_node (self->session, verb->text), &error))
    bks_ui_present_error (GTK_WIDGET (self), _("This Cannot Be Taken Out of the Trash"), error);
  else
    bks_binder_select (self, verb->text);
  return NULL;
}

static void
select_neighbour (BksBinder *self,
                  guint      position)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->selection));

  if (n > 0)
    gtk_single_selection_set_selected (self->selection, MIN (position, n - 1));
}

static DexFuture *
trash_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBinder *self = verb->self;
  BksNode *node = verb->object;
  guint position = gtk_single_selection_get_selected (self->selection);
  g_autofree char *said = g_strdup_printf (_("“%s” moved to the trash"), bks_node_get_title (node));
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_book_session_trash_node (self->session, bks_node_get_id (node)), &error))
    {
      bks_ui_present_error (GTK_WIDGET (self), _("This Cannot Be Moved to the Trash"), error);
      return NULL;
    }
  select_neighbour (self, position);
  bks_ui_toast_undo (GTK_WIDGET (self), said, restore_fiber, self, bks_node_get_id (node));
  return NULL;
}

static void
delete_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  BksNode *node = bks_binder_get_selected (BKS_BINDER (widget));

  if (node != NULL)
    bks_verb_start (trash_fiber, widget, NULL, node);
}

static void
rename_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  if (bks_binder_get_selected (BKS_BINDER (widget)) != NULL)
    g_signal_emit (widget, signals[RENAME_REQUESTED], 0);
}

static void
bks_binder_dispose (GObject *object)
{
  BksBinder *self = BKS_BINDER (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), BKS_TYPE_BINDER);
  g_clear_object (&self->selection);
  g_clear_object (&self->tree);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bks_binder_parent_class)->dispose (object);
}

static void
install_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "binder.add", "s", add_action);
  gtk_widget_class_install_action (widget_class, "binder.rename", NULL, rename_action);
  gtk_widget_class_install_action (widget_class, "binder.delete", NULL, delete_action);
  gtk_widget_class_install_action (widget_class, "binder.move-up", NULL, move_up_action);
  gtk_widget_class_install_action (widget_class, "binder.move-down", NULL, move_down_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F2, 0, "binder.rename", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Delete, 0, "binder.delete", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Up, GDK_ALT_MASK, "binder.move-up", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Down, GDK_ALT_MASK, "binder.move-down", NULL);
}

static void
install_signals (void)
{
  /**
   * BksBinder::node-selected:
   * @self: the binder
   * @node: (nullable): the node that is selected now
   */
  signals[NODE_SELECTED] = g_signal_new ("node-selected", BKS_TYPE_BINDER, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 1, BKS_TYPE_NODE);
  /**
   * BksBinder::node-opened:
   * @self: the binder
   *
   * The person wants to see the selected node, and leave the binder where it
   * fills the window.
   */
  signals[NODE_OPENED] = g_signal_new ("node-opened", BKS_TYPE_BINDER, G_SIGNAL_RUN_LAST, 0,
                                       NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * BksBinder::node-added:
   * @self: the binder
   * @node: a new node, selected, which waits for its title
   */
  signals[NODE_ADDED] = g_signal_new ("node-added", BKS_TYPE_BINDER, G_SIGNAL_RUN_LAST, 0,
                                      NULL, NULL, NULL, G_TYPE_NONE, 1, BKS_TYPE_NODE);
  /**
   * BksBinder::rename-requested:
   * @self: the binder
   */
  signals[RENAME_REQUESTED] = g_signal_new ("rename-requested", BKS_TYPE_BINDER, G_SIGNAL_RUN_LAST, 0,
                                            NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
bks_binder_class_init (BksBinderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bks_binder_dispose;
  install_signals ();
  install_actions (widget_class);

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-binder.ui");
  gtk_widget_class_bind_template_child (widget_class, BksBinder, scroller);
  gtk_widget_class_bind_template_child (widget_class, BksBinder, list);
  gtk_widget_class_bind_template_child (widget_class, BksBinder, node_menu);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
}

static void
bks_binder_init (BksBinder *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bks_binder_set_session:
 * @self: the binder, without a session so far
 * @session: the book to show
 */
void
bks_binder_set_session (BksBinder      *self,
                        BksBookSession *session)
{
  g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  g_return_if_fail (BKS_IS_BINDER (self));
  g_return_if_fail (self->session == NULL);

  self->session = g_object_ref (session);
  self->tree = gtk_tree_list_model_new (g_object_ref (bks_book_session_get_nodes (session)), FALSE, TRUE,
                                        create_children, NULL, NULL);
  /* Before it has a model: the first node would be selected, and nobody told. */
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->tree));
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (selected_cb), self,
                           G_CONNECT_SWAPPED);

  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_row_cb), self, 0);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_row_cb), self, 0);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (unbind_row_cb), self, 0);
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (self->selection));
}

/**
 * bks_binder_get_selected:
 * @self: the binder
 *
 * Returns: (transfer none) (nullable): the selected node
 */
BksNode *
bks_binder_get_selected (BksBinder *self)
{
  GtkTreeListRow *row;
  g_autoptr(BksNode) node = NULL;

  g_return_val_if_fail (BKS_IS_BINDER (self), NULL);

  row = self->selection != NULL ? gtk_single_selection_get_selected_item (self->selection) : NULL;
  node = row != NULL ? gtk_tree_list_row_get_item (row) : NULL;
  /* The session holds it. */
  return node;
}

static void
expand_to (BksBinder  *self,
           const char *node_id)
{
  BksNode *node = bks_book_session_get_node (self->session, node_id);
  const char *parent_id = node != NULL ? bks_node_get_parent_id (node) : NULL;

  if (parent_id == NULL)
    return;
  expand_to (self, parent_id);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->tree)); i++)
    {
      g_autoptr(GtkTreeListRow) row = gtk_tree_list_model_get_row (self->tree, i);
      g_autoptr(BksNode) item = gtk_tree_list_row_get_item (row);

      if (g_strcmp0 (bks_node_get_id (item), parent_id) == 0)
        gtk_tree_list_row_set_expanded (row, TRUE);
    }
}

/**
 * bks_binder_select:
 * @self: the binder
 * @node_id: the id of a node
 *
 * Selects the node and scrolls to it, opening what it is in.
 *
 * Returns: whether there is such a node
 */
gboolean
bks_binder_select (BksBinder  *self,
                   const char *node_id)
{
  g_return_val_if_fail (BKS_IS_BINDER (self), FALSE);

  expand_to (self, node_id);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->tree)); i++)
    {
      g_autoptr(GtkTreeListRow) row = gtk_tree_list_model_get_row (self->tree, i);
      g_autoptr(BksNode) item = gtk_tree_list_row_get_item (row);

      if (g_strcmp0 (bks_node_get_id (item), node_id) != 0)
        continue;
      gtk_list_view_scroll_to (self->list, i, GTK_LIST_SCROLL_SELECT, NULL);
      return TRUE;
    }
  return FALSE;
}

static BksNode *
find_first_text (GListModel *nodes)
{
  for (guint i = 0; i < g_list_model_get_n_items (nodes); i++)
    {
      g_autoptr(BksNode) node = g_list_model_get_item (nodes, i);
      BksNode *below = find_first_text (bks_node_get_children (node));

      if (bks_node_get_words (node) > 0)
        return node;
      if (below != NULL)
        return below;
    }
  return NULL;
}

/**
 * bks_binder_find_first:
 * @session: a book
 *
 * Returns: (transfer none) (nullable): the node to begin with: the first with a text, else the first
 */
BksNode *
bks_binder_find_first (BksBookSession *session)
{
  GListModel *nodes;
  BksNode *node;
  g_autoptr(BksNode) first = NULL;

  g_return_val_if_fail (BKS_IS_BOOK_SESSION (session), NULL);

  nodes = bks_book_session_get_nodes (session);
  node = find_first_text (nodes);
  if (node != NULL)
    return node;
  /* The session holds it. */
  first = g_list_model_get_item (nodes, 0);
  return first;
}
