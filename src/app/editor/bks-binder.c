/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "bks-async.h"
#include "bks-binder-drag-private.h"
#include "bks-binder-history-private.h"
#include "bks-binder-places-private.h"
#include "bks-binder-row.h"
#include "bks-binder-status-private.h"
#include "bks-binder.h"
#include "bks-today-bar.h"
#include "bks-ui.h"

/* More than a screen shows. */
#define FIRST_ROWS 64

struct _BksBinder
{
  GtkWidget parent_instance;

  BksBookSession     *session;
  GtkTreeListModel   *tree;
  GtkSliceListModel  *sight;     /* the rows that there are so far */
  GtkSingleSelection *selection;
  GtkFilter          *filter;
  GSimpleAction      *status;    /* of the selected node */
  char               *search;    /* folded; NULL: everything is shown */
  char               *shown_id;  /* the node that was selected last */

  GtkStack     *stack;
  GtkSearchBar *search_bar;
  GtkEditable  *search_entry;
  GtkWidget    *scroller;
  GtkListView  *list;
  GMenuModel   *node_menu;
  BksTodayBar  *today;
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

/* The list */

/* A part whose chapter is found is shown too, or nobody would know where it is. */
static gboolean
matches_search (gpointer item,
                gpointer data)
{
  BksBinder *self = data;
  BksNode *node = item;
  GListModel *children = bks_node_get_children (node);
  g_autofree char *title = NULL;

  if (self->search == NULL)
    return TRUE;
  title = g_utf8_casefold (bks_node_get_title (node), -1);
  if (strstr (title, self->search) != NULL)
    return TRUE;
  for (guint i = 0; i < g_list_model_get_n_items (children); i++)
    {
      g_autoptr(BksNode) child = g_list_model_get_item (children, i);

      if (matches_search (child, self))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_shown (BksBinder  *self,
          const char *node_id)
{
  BksNode *node = bks_book_session_get_node (self->session, node_id);

  return node == NULL || matches_search (node, self);
}

static GListModel *
filter_nodes (BksBinder  *self,
              GListModel *nodes)
{
  return G_LIST_MODEL (gtk_filter_list_model_new (g_object_ref (nodes), g_object_ref (self->filter)));
}

static GListModel *
create_children (gpointer item,
                 gpointer data)
{
  return filter_nodes (data, bks_node_get_children (item));
}

static void
selected_cb (BksBinder *self)
{
  BksNode *node = bks_binder_get_selected (self);

  if (node != NULL)
    g_set_str (&self->shown_id, bks_node_get_id (node));
  /* What a search hides stays open. */
  if (node != NULL || self->search == NULL)
    g_signal_emit (self, signals[NODE_SELECTED], 0, node);
}

static void
update_stack (BksBinder *self)
{
  gboolean found = g_list_model_get_n_items (G_LIST_MODEL (self->selection)) > 0;

  gtk_stack_set_visible_child_name (self->stack, found || self->search == NULL ? "nodes" : "nothing-found");
}

static void
search_changed_cb (BksBinder *self)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (self->search_entry)));

  if (self->session == NULL)
    return;
  g_clear_pointer (&self->search, g_free);
  if (*text != '\0')
    self->search = g_utf8_casefold (text, -1);
  gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
  update_stack (self);
  if (self->shown_id != NULL && bks_binder_get_selected (self) == NULL && is_shown (self, self->shown_id))
    bks_binder_select (self, self->shown_id);
}

/* From the entry on with what was found. */
static void
search_activated_cb (BksBinder *self)
{
  if (g_list_model_get_n_items (G_LIST_MODEL (self->selection)) > 0)
    gtk_widget_grab_focus (GTK_WIDGET (self->list));
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
popup_menu (BksBinder *self,
            double     x,
            double     y)
{
  graphene_point_t point;

  bks_binder_update_status (self, self->status);
  if (gtk_widget_compute_point (GTK_WIDGET (self->list), GTK_WIDGET (self),
                                &GRAPHENE_POINT_INIT ((float) x, (float) y), &point))
    bks_ui_popup_menu (GTK_WIDGET (self), self->node_menu, point.x, point.y);
}

static void
menu_pressed_cb (BksBinder  *self,
                 int         n_press,
                 double      x,
                 double      y,
                 GtkGesture *gesture)
{
  BksBinderRow *row = bks_binder_row_find (GTK_WIDGET (self->list), x, y);

  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
  if (row != NULL && bks_binder_row_get_node (row) != NULL)
    bks_binder_select (self, bks_node_get_id (bks_binder_row_get_node (row)));
  popup_menu (self, x, y);
}

static void
long_pressed_cb (BksBinder  *self,
                 double      x,
                 double      y,
                 GtkGesture *gesture)
{
  menu_pressed_cb (self, 1, x, y, gesture);
}

/* The row that has the focus, which by the keys is the selected one. */
static BksBinderRow *
find_focused_row (BksBinder *self)
{
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (GTK_WIDGET (self)));
  graphene_rect_t bounds;

  if (focus == NULL || !gtk_widget_is_ancestor (focus, GTK_WIDGET (self->list)) ||
      !gtk_widget_compute_bounds (focus, GTK_WIDGET (self->list), &bounds))
    return NULL;
  return bks_binder_row_find (GTK_WIDGET (self->list), bounds.origin.x + bounds.size.width / 2,
                              bounds.origin.y + bounds.size.height / 2);
}

/* One for the list, not one a row: there are hundreds. */
static gboolean
query_tooltip_cb (BksBinder  *self,
                  int         x,
                  int         y,
                  gboolean    by_keyboard,
                  GtkTooltip *tooltip)
{
  BksBinderRow *row = by_keyboard ? find_focused_row (self) : bks_binder_row_find (GTK_WIDGET (self->list), x, y);
  g_autofree char *text = row != NULL ? bks_binder_row_make_tooltip (row) : NULL;
  graphene_rect_t bounds;

  if (text == NULL || !gtk_widget_compute_bounds (GTK_WIDGET (row), GTK_WIDGET (self->list), &bounds))
    return FALSE;
  gtk_tooltip_set_text (tooltip, text);
  gtk_tooltip_set_tip_area (tooltip, &(GdkRectangle) { (int) bounds.origin.x, (int) bounds.origin.y,
                                                       (int) bounds.size.width, (int) bounds.size.height });
  return TRUE;
}

static void
menu_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  BksBinder *self = BKS_BINDER (widget);
  BksBinderRow *row = find_focused_row (self);
  graphene_rect_t bounds;

  if (row != NULL && gtk_widget_compute_bounds (GTK_WIDGET (row), GTK_WIDGET (self->list), &bounds))
    popup_menu (self, bounds.origin.x + bounds.size.width / 2, bounds.origin.y + bounds.size.height);
  else
    popup_menu (self, 0, 0);
}

static void
search_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  BksBinder *self = BKS_BINDER (widget);

  gtk_search_bar_set_search_mode (self->search_bar, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->search_entry));
}

static void
setup_row_cb (GtkListItemFactory *factory,
              GtkListItem        *item,
              BksBinder          *self)
{
  GtkWidget *expander = gtk_tree_expander_new ();
  GtkWidget *row = bks_binder_row_new ();

  gtk_tree_expander_set_child (GTK_TREE_EXPANDER (expander), row);
  g_signal_connect_object (row, "clicked", G_CALLBACK (row_clicked_cb), self, G_CONNECT_SWAPPED);
  gtk_list_item_set_child (item, expander);
}

static void
bind_row_cb (GtkListItemFactory *factory,
             GtkListItem        *item,
             BksBinder          *self)
{
  GtkTreeExpander *expander = GTK_TREE_EXPANDER (gtk_list_item_get_child (item));
  GtkTreeListRow *row = gtk_list_item_get_item (item);
  g_autoptr(BksNode) node = gtk_tree_list_row_get_item (row);

  /* Below a part its chapters step in, whether they have an arrow or not. */
  gtk_tree_expander_set_indent_for_icon (expander, gtk_tree_list_row_get_depth (row) > 0);
  gtk_tree_expander_set_list_row (expander, row);
  bks_binder_row_set_node (BKS_BINDER_ROW (gtk_tree_expander_get_child (expander)), node);
}

static void
unbind_row_cb (GtkListItemFactory *factory,
               GtkListItem        *item,
               BksBinder          *self)
{
  GtkTreeExpander *expander = GTK_TREE_EXPANDER (gtk_list_item_get_child (item));

  bks_binder_row_set_node (BKS_BINDER_ROW (gtk_tree_expander_get_child (expander)), NULL);
  gtk_tree_expander_set_list_row (expander, NULL);
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
  BksBinderPlace place;
  const char *title;

  bks_node_kind_from_string (verb->text, &kind);
  title = kind == BKS_NODE_PART ? _("New Part") : kind == BKS_NODE_SCENE ? _("New Scene") : _("New Chapter");
  place = bks_binder_find_new (self->session, bks_binder_get_selected (self), kind);
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
  BksBinderPlace place;

  if (!bks_binder_find_moved (self->session, node, atoi (verb->text), &place))
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

/* A place as one argument of a verb: a position, and behind it the parent, if there is one. */
static char *
place_to_text (const BksBinderPlace *place)
{
  return g_strdup_printf ("%d %s", place->position, place->parent_id != NULL ? place->parent_id : "");
}

static DexFuture *
put_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBinder *self = verb->self;
  g_auto(GStrv) fields = g_strsplit (verb->text, " ", 3);
  const char *node_id = fields[2];
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_book_session_move_node (self->session, node_id, *fields[1] != '\0' ? fields[1] : NULL,
                                              atoi (fields[0])),
                  &error))
    bks_ui_present_error (GTK_WIDGET (self), _("This Cannot Be Moved"), error);
  else
    bks_binder_select (self, node_id);
  return NULL;
}

static DexFuture *
drop_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBinder *self = verb->self;
  BksNode *node = verb->object;
  BksBinderPlace before = {
    bks_node_get_parent_id (node),
    bks_binder_find_position (bks_binder_get_siblings (self->session, node), node),
  };
  g_autofree char *place = place_to_text (&before);
  g_autofree char *back = g_strconcat (place, " ", bks_node_get_id (node), NULL);
  g_autofree char *said = g_strdup_printf (_("Moved: %s"), bks_node_get_title (node));
  g_auto(GStrv) fields = g_strsplit (verb->text, " ", 2);
  g_autoptr(GError) error = NULL;

  if (!dex_await (bks_book_session_move_node (self->session, bks_node_get_id (node),
                                              *fields[1] != '\0' ? fields[1] : NULL, atoi (fields[0])),
                  &error))
    {
      bks_ui_present_error (GTK_WIDGET (self), _("This Cannot Be Moved"), error);
      return NULL;
    }
  bks_binder_select (self, bks_node_get_id (node));
  bks_ui_toast_undo (GTK_WIDGET (self), said, put_fiber, self, back);
  return NULL;
}

static void
dropped (BksBinder            *self,
         BksNode              *node,
         const BksBinderPlace *place)
{
  g_autofree char *text = place_to_text (place);

  bks_verb_start (drop_fiber, self, text, node);
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
  g_autofree char *said = g_strdup_printf (_("Moved to the trash: %s"), bks_node_get_title (node));
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
  g_clear_object (&self->sight);
  g_clear_object (&self->tree);
  g_clear_object (&self->filter);
  g_clear_object (&self->status);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (bks_binder_parent_class)->dispose (object);
}

static void
bks_binder_finalize (GObject *object)
{
  BksBinder *self = BKS_BINDER (object);

  g_free (self->search);
  g_free (self->shown_id);

  G_OBJECT_CLASS (bks_binder_parent_class)->finalize (object);
}

static void
install_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "binder.menu", NULL, menu_action);
  gtk_widget_class_install_action (widget_class, "binder.search", NULL, search_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, "binder.menu", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Menu, 0, "binder.menu", NULL);
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
  object_class->finalize = bks_binder_finalize;
  g_type_ensure (BKS_TYPE_TODAY_BAR);
  install_signals ();
  install_actions (widget_class);
  bks_binder_install_history (widget_class);

  gtk_widget_class_set_template_from_resource (widget_class, "/com/humanizer/BookStudio/bks-binder.ui");
  gtk_widget_class_bind_template_child (widget_class, BksBinder, stack);
  gtk_widget_class_bind_template_child (widget_class, BksBinder, search_bar);
  gtk_widget_class_bind_template_child (widget_class, BksBinder, search_entry);
  gtk_widget_class_bind_template_child (widget_class, BksBinder, scroller);
  gtk_widget_class_bind_template_child (widget_class, BksBinder, list);
  gtk_widget_class_bind_template_child (widget_class, BksBinder, node_menu);
  gtk_widget_class_bind_template_child (widget_class, BksBinder, today);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, query_tooltip_cb);
  gtk_widget_class_bind_template_callback (widget_class, menu_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, long_pressed_cb);
}

static void
bks_binder_init (BksBinder *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->status = bks_binder_add_status (self);
  gtk_search_bar_connect_entry (self->search_bar, self->search_entry);
  gtk_search_bar_set_key_capture_widget (self->search_bar, GTK_WIDGET (self->list));
}

/**
 * bks_binder_get_session:
 * @self: the binder
 *
 * Returns: (transfer none) (nullable): the book it shows
 */
BksBookSession *
bks_binder_get_session (BksBinder *self)
{
  g_return_val_if_fail (BKS_IS_BINDER (self), NULL);

  return self->session;
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
  bks_today_bar_set_session (self->today, session);
  self->filter = GTK_FILTER (gtk_custom_filter_new (matches_search, self, NULL));
  self->tree = gtk_tree_list_model_new (filter_nodes (self, bks_book_session_get_nodes (session)), FALSE, TRUE,
                                        create_children, self, NULL);
  /* Before it has a model: the first node would be selected, and nobody told. */
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  self->sight = gtk_slice_list_model_new (g_object_ref (G_LIST_MODEL (self->tree)), 0, FIRST_ROWS);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->sight));
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (selected_cb), self,
                           G_CONNECT_SWAPPED);

  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_row_cb), self, 0);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_row_cb), self, 0);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (unbind_row_cb), self, 0);
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (self->selection));
  bks_binder_add_drag (self, GTK_WIDGET (self->list), session, dropped);
}

/**
 * bks_binder_fill:
 * @self: a binder with a session
 *
 * Shows every row. Until then there are only those near the selected one: more than fit a screen, but not the two
 * hundred that a list makes before it knows how high they are.
 */
void
bks_binder_fill (BksBinder *self)
{
  g_return_if_fail (BKS_IS_BINDER (self));
  g_return_if_fail (self->sight != NULL);

  gtk_slice_list_model_set_offset (self->sight, 0);
  gtk_slice_list_model_set_size (self->sight, G_MAXUINT);
}

/**
 * bks_binder_get_search_bar:
 * @self: the binder
 *
 * Returns: (transfer none): its search, for a button that shows and hides it
 */
GtkSearchBar *
bks_binder_get_search_bar (BksBinder *self)
{
  g_return_val_if_fail (BKS_IS_BINDER (self), NULL);

  return self->search_bar;
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

static void
bring_into_sight (BksBinder *self,
                  guint      position)
{
  guint size = gtk_slice_list_model_get_size (self->sight);

  if (size < g_list_model_get_n_items (G_LIST_MODEL (self->tree)))
    gtk_slice_list_model_set_offset (self->sight, position > size / 2 ? position - size / 2 : 0);
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

  /* A new one, or one that comes out of the trash, has to be in sight whatever was searched for. */
  if (self->search != NULL && !is_shown (self, node_id))
    gtk_editable_set_text (self->search_entry, "");
  expand_to (self, node_id);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->tree)); i++)
    {
      g_autoptr(GtkTreeListRow) row = gtk_tree_list_model_get_row (self->tree, i);
      g_autoptr(BksNode) item = gtk_tree_list_row_get_item (row);

      if (g_strcmp0 (bks_node_get_id (item), node_id) != 0)
        continue;
      bring_into_sight (self, i);
      gtk_list_view_scroll_to (self->list, i - gtk_slice_list_model_get_offset (self->sight), GTK_LIST_SCROLL_SELECT,
                               NULL);
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
