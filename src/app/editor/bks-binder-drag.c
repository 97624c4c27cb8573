/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include "bks-binder-drag-private.h"
#include "bks-binder-row.h"

/* The part of a row, at its top and its bottom, that stands for the gap beside it. */
#define EDGE 0.3

typedef struct
{
  BksBinder         *binder; /* not held: it holds the list, which holds this */
  GtkWidget         *list;
  BksBookSession    *session;
  BksBinderDropFunc  drop;
  BksBinderRow      *marked; /* not held: only compared and cleared while it shows the line */
} Drag;

static const char *const marks[] = { "drop-before", "drop-into", "drop-after" };

static void
drag_free (gpointer  data,
           GClosure *closure)
{
  Drag *drag = data;

  g_clear_weak_pointer (&drag->marked);
  g_object_unref (drag->session);
  g_free (drag);
}

static void
mark (Drag          *drag,
      BksBinderRow  *row,
      BksBinderSide  side)
{
  if (drag->marked != NULL)
    for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
      gtk_widget_remove_css_class (GTK_WIDGET (drag->marked), marks[i]);
  g_set_weak_pointer (&drag->marked, row);
  if (row != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (row), marks[side]);
}

static GdkContentProvider *
prepare_cb (Drag          *drag,
            double         x,
            double         y,
            GtkDragSource *source)
{
  BksBinderRow *row = bks_binder_row_find (drag->list, x, y);
  BksNode *node = row != NULL ? bks_binder_row_get_node (row) : NULL;
  g_autoptr(GdkPaintable) picture = NULL;

  if (node == NULL || !bks_book_session_get_writable (drag->session))
    return NULL;
  picture = gtk_widget_paintable_new (GTK_WIDGET (row));
  gtk_drag_source_set_icon (source, picture, 12, gtk_widget_get_height (GTK_WIDGET (row)) / 2);
  return gdk_content_provider_new_typed (BKS_TYPE_NODE, node);
}

static BksBinderSide
find_side (Drag         *drag,
           BksBinderRow *row,
           double        y)
{
  graphene_point_t point;
  double height = gtk_widget_get_height (GTK_WIDGET (row));

  if (!gtk_widget_compute_point (drag->list, GTK_WIDGET (row), &GRAPHENE_POINT_INIT (0, (float) y), &point))
    return BKS_BINDER_AFTER;
  if (point.y < height * EDGE)
    return BKS_BINDER_BEFORE;
  return point.y > height * (1 - EDGE) ? BKS_BINDER_AFTER : BKS_BINDER_INTO;
}

/* Where the pointer is: the row, which side of it, and what that means for the book. */
static BksBinderRow *
find_target (Drag           *drag,
             BksNode        *node,
             double          x,
             double          y,
             BksBinderSide  *side,
             BksBinderPlace *place)
{
  BksBinderRow *row = bks_binder_row_find (drag->list, x, y);
  BksNode *target = row != NULL ? bks_binder_row_get_node (row) : NULL;

  if (target == NULL || node == NULL)
    return NULL;
  *side = find_side (drag, row, y);
  if (*side == BKS_BINDER_INTO && !bks_binder_can_hold (bks_node_get_kind (target), bks_node_get_kind (node)))
    *side = BKS_BINDER_AFTER;
  return bks_binder_find_dropped (drag->session, node, target, *side, place) ? row : NULL;
}

static BksNode *
get_dragged (GtkDropTarget *target)
{
  const GValue *value = gtk_drop_target_get_value (target);

  return value != NULL ? g_value_get_object (value) : NULL;
}

static GdkDragAction
motion_cb (Drag          *drag,
           double         x,
           double         y,
           GtkDropTarget *target)
{
  BksBinderSide side = BKS_BINDER_AFTER;
  BksBinderPlace place;
  BksBinderRow *row = find_target (drag, get_dragged (target), x, y, &side, &place);

  mark (drag, row, side);
  return row != NULL ? GDK_ACTION_MOVE : 0;
}

static void
leave_cb (Drag *drag)
{
  mark (drag, NULL, BKS_BINDER_AFTER);
}

static gboolean
drop_cb (Drag         *drag,
         const GValue *value,
         double        x,
         double        y)
{
  BksNode *node = g_value_get_object (value);
  BksBinderSide side;
  BksBinderPlace place;
  gboolean found = find_target (drag, node, x, y, &side, &place) != NULL;

  leave_cb (drag);
  /* Another window's node is not this book's. */
  if (!found || bks_book_session_get_node (drag->session, bks_node_get_id (node)) != node)
    return FALSE;
  drag->drop (drag->binder, node, &place);
  return TRUE;
}

/**
 * bks_binder_add_drag:
 * @binder: a binder
 * @list: its list of #BksBinderRow
 * @session: its book
 * @drop: what to do with a node that was dropped
 *
 * Lets nodes be dragged to another place, a line showing where.
 */
void
bks_binder_add_drag (BksBinder         *binder,
                     GtkWidget         *list,
                     BksBookSession    *session,
                     BksBinderDropFunc  drop)
{
  GtkDragSource *source = gtk_drag_source_new ();
  GtkDropTarget *target = gtk_drop_target_new (BKS_TYPE_NODE, GDK_ACTION_MOVE);
  Drag *drag = g_new0 (Drag, 1);

  drag->binder = binder;
  drag->list = list;
  drag->session = g_object_ref (session);
  drag->drop = drop;
  gtk_drag_source_set_actions (source, GDK_ACTION_MOVE);
  /* Before the rows, which claim the pointer for selecting. */
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (source), GTK_PHASE_CAPTURE);
  gtk_drop_target_set_preload (target, TRUE);
  g_signal_connect_swapped (source, "prepare", G_CALLBACK (prepare_cb), drag);
  g_signal_connect_swapped (target, "motion", G_CALLBACK (motion_cb), drag);
  g_signal_connect_swapped (target, "leave", G_CALLBACK (leave_cb), drag);
  g_signal_connect_data (target, "drop", G_CALLBACK (drop_cb), drag, drag_free, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (list, GTK_EVENT_CONTROLLER (source));
  gtk_widget_add_controller (list, GTK_EVENT_CONTROLLER (target));
}
