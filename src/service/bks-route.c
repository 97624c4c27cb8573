/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include <string.h>

#include "bks-route-private.h"

static const BksRoute *const families[] = {
  bks_routes_service,
  bks_routes_auth,
  bks_routes_books,
};

static gboolean
is_param (const char *segment)
{
  return *segment == '{';
}

static void
add_param (GHashTable *params,
           const char *segment,
           const char *value)
{
  g_hash_table_insert (params, g_strndup (segment + 1, strlen (segment) - 2), g_strdup (value));
}

/* Escapes are not undone: no name and no id of ours needs one. */
static gboolean
matches (const char *pattern,
         char      **segments,
         GHashTable *params)
{
  g_auto(GStrv) wanted = g_strsplit (pattern, "/", -1);

  if (g_strv_length (wanted) != g_strv_length (segments))
    return FALSE;
  for (gsize i = 0; wanted[i] != NULL; i++)
    if (is_param (wanted[i]) ? *segments[i] == '\0' : !g_str_equal (wanted[i], segments[i]))
      return FALSE;
  for (gsize i = 0; params != NULL && wanted[i] != NULL; i++)
    if (is_param (wanted[i]))
      add_param (params, wanted[i], segments[i]);
  return TRUE;
}

static void
add_allowed (GString        *allow,
             const BksRoute *route)
{
  if (allow->len > 0)
    g_string_append (allow, ", ");
  g_string_append (allow, route->method);
  if (g_str_equal (route->method, "GET"))
    g_string_append (allow, ", HEAD");
}

/*
 * bks_route_find:
 * @path: as it came, escapes and all
 * @params: filled with what stands in the pattern's places
 * @allow: (out): the methods of a path that has others, %NULL where there is no such path
 */
const BksRoute *
bks_route_find (const char  *method,
                const char  *path,
                GHashTable  *params,
                char       **allow)
{
  g_auto(GStrv) segments = g_strsplit (path, "/", -1);
  g_autoptr(GString) allowed = g_string_new (NULL);

  *allow = NULL;
  if (g_str_equal (method, "HEAD"))
    method = "GET"; /* libsoup leaves the body out */
  for (gsize family = 0; family < G_N_ELEMENTS (families); family++)
    for (const BksRoute *route = families[family]; route->method != NULL; route++)
      {
        if (!matches (route->pattern, segments, NULL))
          continue;
        if (g_str_equal (route->method, method))
          {
            matches (route->pattern, segments, params);
            return route;
          }
        add_allowed (allowed, route);
      }
  if (allowed->len > 0)
    *allow = g_string_free (g_steal_pointer (&allowed), FALSE);
  return NULL;
}

/*
 * bks_route_visit:
 *
 * Calls @visitor for every route there is.
 */
void
bks_route_visit (BksRouteVisitor visitor,
                 gpointer        data)
{
  for (gsize family = 0; family < G_N_ELEMENTS (families); family++)
    for (const BksRoute *route = families[family]; route->method != NULL; route++)
      visitor (route, data);
}

/*
 * bks_role_from_name:
 *
 * Returns: the role; %BKS_ROLE_NONE, which no route with a token allows, for an unknown name
 */
BksRole
bks_role_from_name (const char *name)
{
  static const char *const names[] = { "", "reader", "commenter", "editor", "owner" };

  for (gsize i = 1; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (names[i], name) == 0)
      return (BksRole) i;
  return BKS_ROLE_NONE;
}
