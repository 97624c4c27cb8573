/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-async.h"
#include "bks-binder-status-private.h"
#include "bks-ui.h"

/* The status of the selected node, in the menu of the binder. */

static DexFuture *
set_fiber (gpointer data)
{
  BksVerb *verb = data;
  BksBinder *self = verb->self;
  BksBookSession *session = bks_binder_get_session (self);
  BksNodeStatus status = BKS_STATUS_NONE;
  g_autoptr(GError) error = NULL;

  if (session == NULL || !bks_node_status_from_string (verb->text, &status))
    return NULL;
  if (!dex_await (bks_book_session_set_status (session, bks_node_get_id (verb->object), status), &error) &&
      gtk_widget_get_root (GTK_WIDGET (self)) != NULL)
    bks_ui_present_error (GTK_WIDGET (self), _("The Status Cannot Be Changed"), error);
  return NULL;
}

static void
set_cb (BksBinder *self,
        GVariant  *status)
{
  BksNode *node = bks_binder_get_selected (self);

  if (node != NULL)
    bks_verb_start (set_fiber, self, g_variant_get_string (status, NULL), node);
}

/**
 * bks_binder_add_status:
 * @self: the binder
 *
 * Adds the action "status.set", whose target is the name of a status.
 *
 * Returns: (transfer full): the action, for bks_binder_update_status()
 */
GSimpleAction *
bks_binder_add_status (BksBinder *self)
{
  g_autoptr(GSimpleActionGroup) group = g_simple_action_group_new ();
  GSimpleAction *action;

  action = g_simple_action_new_stateful ("set", G_VARIANT_TYPE_STRING, g_variant_new_string ("none"));
  g_signal_connect_object (action, "change-state", G_CALLBACK (set_cb), self, G_CONNECT_SWAPPED);
  g_action_map_add_action (G_ACTION_MAP (group), G_ACTION (action));
  gtk_widget_insert_action_group (GTK_WIDGET (self), "status", G_ACTION_GROUP (group));
  return action;
}

/**
 * bks_binder_update_status:
 * @self: the binder
 * @action: of bks_binder_add_status()
 *
 * Marks the status of the selected node, before the menu is seen.
 */
void
bks_binder_update_status (BksBinder     *self,
                          GSimpleAction *action)
{
  BksNode *node = bks_binder_get_selected (self);

  g_simple_action_set_enabled (action, node != NULL);
  if (node != NULL)
    g_simple_action_set_state (action,
                               g_variant_new_string (bks_node_status_to_string (bks_node_get_status (node))));
}
