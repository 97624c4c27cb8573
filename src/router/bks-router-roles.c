/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-router"

#include "config.h"

#include "bks-error.h"
#include "bks-router-private.h"

/* Roles: which models the author has chosen for each kind of work. */

/**
 * bks_router_list_roles:
 *
 * Returns: (transfer none): the kinds of work that models are chosen for
 */
const char *const *
bks_router_list_roles (void)
{
  static const char *const roles[] = { "draft", "revise", "summarise", "critique", "quick", "embed", NULL };

  return roles;
}

/**
 * bks_router_get_role:
 * @self: a router
 * @role: "draft", "revise", "summarise", "critique", "quick" or "embed"
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksTarget, in the author's order
 */
DexFuture *
bks_router_get_role (BksRouter  *self,
                     const char *role)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self) && role != NULL, NULL);

  return bks_library_get_role (self->library, role);
}

static DexFuture *
role_set_cb (DexFuture *written,
             gpointer   data)
{
  g_signal_emit_by_name (data, "roles-changed");
  return dex_future_new_true ();
}

/**
 * bks_router_set_role:
 * @self: a router
 * @role: one of bks_router_list_roles()
 * @targets: (element-type BksTarget): which models, the first first; none: the shipped order
 *
 * Returns: (transfer full): resolves when it is durable; rejects with
 *   %BKS_ERROR_INVALID_ARGUMENT for another @role
 */
DexFuture *
bks_router_set_role (BksRouter  *self,
                     const char *role,
                     GPtrArray  *targets)
{
  g_return_val_if_fail (BKS_IS_ROUTER (self) && role != NULL && targets != NULL, NULL);

  if (!g_strv_contains (bks_router_list_roles (), role))
    return dex_future_new_reject (BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
                                  "“%s” is no role: there are draft, revise, summarise, critique, quick and embed", role);
  return dex_future_then (bks_library_set_role (self->library, role, targets), role_set_cb, g_object_ref (self),
                          g_object_unref);
}
