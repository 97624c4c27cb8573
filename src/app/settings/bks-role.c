/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-app"

#include "config.h"

#include <glib/gi18n.h>

#include "bks-role.h"

static const struct
{
  const char *role;
  const char *title;
  const char *description;
} words[] = {
  { "draft", N_("Drafting"), N_("Writes on from your text") },
  { "revise", N_("Revising"), N_("Rewrites what is there") },
  { "summarise", N_("Summarising"), N_("Keeps the story so far in few words") },
  { "critique", N_("Critique"), N_("Reads and tells what it thinks") },
  { "quick", N_("Quick Jobs"), N_("Titles, names, short answers") },
  { "embed", N_("Search by Meaning"), N_("Finds passages that are alike") },
};

/**
 * bks_role_get_title:
 * @role: one of bks_router_list_roles()
 *
 * Returns: (transfer none): what a person calls it: "Drafting"
 */
const char *
bks_role_get_title (const char *role)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (words[i].role, role))
      return _(words[i].title);
  return role;
}

/**
 * bks_role_get_description:
 * @role: one of bks_router_list_roles()
 *
 * Returns: (transfer none): what is done in it
 */
const char *
bks_role_get_description (const char *role)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (words[i].role, role))
      return _(words[i].description);
  return "";
}

/**
 * bks_role_row_new:
 * @role: one of bks_router_list_roles(), which is the name of the widget, too
 * @subtitle: what is to be said of it
 *
 * Returns: (transfer floating): a row that leads on
 */
GtkWidget *
bks_role_row_new (const char *role,
                  const char *subtitle)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *arrow = gtk_image_new_from_icon_name ("go-next-symbolic");

  gtk_widget_set_name (row, role);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), bks_role_get_title (role));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), arrow);
  return row;
}
