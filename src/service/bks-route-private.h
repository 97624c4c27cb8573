/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BksRequest BksRequest;

typedef enum
{
  BKS_ROLE_NONE,      /* no token */
  BKS_ROLE_READER,
  BKS_ROLE_COMMENTER,
  BKS_ROLE_EDITOR,
  BKS_ROLE_OWNER,
} BksRole;

/* Runs in a fiber with the message paused; answers, or returns %FALSE with @error. */
typedef gboolean (*BksRouteFunc) (BksRequest  *request,
                                  GError     **error);

typedef struct
{
  const char        *method;
  const char        *pattern;    /* "/api/books/{book}" */
  BksRole            role;       /* at least */
  const char *const *query;      /* the parameters there are; NULL: none */
  const char *const *members;    /* of the body, all optional here; NULL: no body */
  gint64             body_bytes; /* the largest body; 0: what BksLimits says */
  gboolean           control;    /* also over the control socket */
  BksRouteFunc       handle;
} BksRoute;

/* One array a family, ended by a route without a method. */
extern const BksRoute bks_routes_auth[];
extern const BksRoute bks_routes_books[];
extern const BksRoute bks_routes_service[];

typedef void (*BksRouteVisitor) (const BksRoute *route,
                                 gpointer        data);

const BksRoute *bks_route_find     (const char      *method,
                                    const char      *path,
                                    GHashTable      *params,
                                    char           **allow);
void            bks_route_visit    (BksRouteVisitor  visitor,
                                    gpointer         data);
BksRole         bks_role_from_name (const char      *name);

G_END_DECLS
