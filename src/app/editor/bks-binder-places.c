/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-binder-places-private.h"

static BksNode *
get_parent (BksBookSession *session,
            BksNode        *node)
{
  const char *parent_id = bks_node_get_parent_id (node);

  return parent_id != NULL ? bks_book_session_get_node (session, parent_id) : NULL;
}

/**
 * bks_binder_get_siblings:
 * @session: the book
 * @node: one of its nodes
 *
 * Returns: (transfer none): the nodes beside @node, itself among them
 */
GListModel *
bks_binder_get_siblings (BksBookSession *session,
                         BksNode        *node)
{
  BksNode *parent = get_parent (session, node);

  return parent != NULL ? bks_node_get_children (parent) : bks_book_session_get_nodes (session);
}

/**
 * bks_binder_find_position:
 * @siblings: nodes
 * @node: one of them
 *
 * Returns: its position, or -1
 */
int
bks_binder_find_position (GListModel *siblings,
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

/* Past the end of its part, a chapter goes on in the next one. */
static gboolean
find_in_neighbour (BksBookSession *session,
                   BksNode        *node,
                   int             step,
                   BksBinderPlace *place)
{
  BksNode *parent = get_parent (session, node);
  GListModel *uncles;
  g_autoptr(BksNode) uncle = NULL;
  int position;

  if (parent == NULL)
    return FALSE;
  uncles = bks_binder_get_siblings (session, parent);
  position = bks_binder_find_position (uncles, parent) + step;
  uncle = position >= 0 ? g_list_model_get_item (uncles, (guint) position) : NULL;
  if (uncle == NULL || bks_node_get_kind (uncle) != bks_node_get_kind (parent))
    return FALSE;
  place->parent_id = bks_node_get_id (bks_book_session_get_node (session, bks_node_get_id (uncle)));
  place->position = step < 0 ? -1 : 0;
  return TRUE;
}

/**
 * bks_binder_find_moved:
 * @session: the book
 * @node: one of its nodes
 * @step: -1 up, 1 down
 * @place: (out): where @node goes
 *
 * Returns: whether it can go there
 */
gboolean
bks_binder_find_moved (BksBookSession *session,
                       BksNode        *node,
                       int             step,
                       BksBinderPlace *place)
{
  GListModel *siblings = bks_binder_get_siblings (session, node);
  int position = bks_binder_find_position (siblings, node) + step;

  if (position < 0 || position >= (int) g_list_model_get_n_items (siblings))
    return find_in_neighbour (session, node, step, place);
  *place = (BksBinderPlace) { bks_node_get_parent_id (node), position };
  return TRUE;
}

/**
 * bks_binder_can_hold:
 * @parent: a kind of node
 * @child: another
 *
 * Returns: whether nodes of the kind @child hang below one of the kind @parent by themselves
 */
gboolean
bks_binder_can_hold (BksNodeKind parent,
                     BksNodeKind child)
{
  switch (parent)
    {
    case BKS_NODE_PART:
      return child == BKS_NODE_CHAPTER || child == BKS_NODE_SCENE;
    case BKS_NODE_CHAPTER:
      return child == BKS_NODE_SCENE;
    case BKS_NODE_FRONT_MATTER:
    case BKS_NODE_BACK_MATTER:
    case BKS_NODE_NOTE:
    case BKS_NODE_SCENE:
    default:
      return FALSE;
    }
}

/**
 * bks_binder_find_new:
 * @session: the book
 * @selected: (nullable): the selected node
 * @kind: what is to be added
 *
 * Returns: right after the selected node, on the nearest level that can hold it
 */
BksBinderPlace
bks_binder_find_new (BksBookSession *session,
                     BksNode        *selected,
                     BksNodeKind     kind)
{
  BksNode *node = selected;

  while (node != NULL && bks_node_get_kind (node) != kind)
    {
      BksNodeKind above = bks_node_get_kind (node);

      if ((kind == BKS_NODE_SCENE && above == BKS_NODE_CHAPTER) || (kind == BKS_NODE_CHAPTER && above == BKS_NODE_PART))
        return (BksBinderPlace) { bks_node_get_id (node), -1 };
      node = get_parent (session, node);
    }
  if (node == NULL)
    return (BksBinderPlace) { NULL, -1 };
  return (BksBinderPlace) { bks_node_get_parent_id (node),
                            bks_binder_find_position (bks_binder_get_siblings (session, node), node) + 1 };
}

static gboolean
is_within (BksBookSession *session,
           BksNode        *node,
           BksNode        *ancestor)
{
  for (; node != NULL; node = get_parent (session, node))
    if (g_str_equal (bks_node_get_id (node), bks_node_get_id (ancestor)))
      return TRUE;
  return FALSE;
}

/**
 * bks_binder_find_dropped:
 * @session: the book
 * @node: what is dragged
 * @target: what it is dropped on
 * @side: where on @target
 * @place: (out): where @node goes
 *
 * Returns: whether it can go there
 */
gboolean
bks_binder_find_dropped (BksBookSession *session,
                         BksNode        *node,
                         BksNode        *target,
                         BksBinderSide   side,
                         BksBinderPlace *place)
{
  GListModel *siblings;
  int own;
  int position;

  if (is_within (session, target, node))
    return FALSE;
  if (side == BKS_BINDER_INTO)
    {
      *place = (BksBinderPlace) { bks_node_get_id (target), -1 };
      return bks_binder_can_hold (bks_node_get_kind (target), bks_node_get_kind (node));
    }
  siblings = bks_binder_get_siblings (session, target);
  own = bks_binder_find_position (siblings, node);
  position = bks_binder_find_position (siblings, target) + (side == BKS_BINDER_AFTER ? 1 : 0);
  /* Out of its old place first: what comes after moves up. */
  if (own >= 0 && own < position)
    position--;
  *place = (BksBinderPlace) { bks_node_get_parent_id (target), position };
  return own < 0 || own != position;
}
