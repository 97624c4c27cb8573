/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "bks-jwt.h"
#include "bks-route-private.h"
#include "bks-service.h"
#include "bks-studio.h"

G_BEGIN_DECLS

/*
 * BksRequest: one request on its way through the service. Hangs on its
 * message, and does not hold it.
 */
struct _BksRequest
{
  BksService        *service;   /* not owned: it outlives its requests */
  SoupServerMessage *message;   /* not owned */
  const BksRoute    *route;
  GHashTable        *params;    /* of the path */
  GHashTable        *query;
  JsonObject        *body;      /* NULL where the route has none */
  BksJwtClaims      *claims;    /* NULL where the route needs no token */
  BksDevice         *device;    /* the same */
  gboolean           ended;     /* the client has left: nothing is answered any more */
};

BksRequest *bks_request_new           (BksService        *service,
                                       SoupServerMessage *message);
BksRequest *bks_request_get           (SoupServerMessage *message);
gboolean    bks_request_read_query    (BksRequest        *self,
                                       GError           **error);
gboolean    bks_request_read_body     (BksRequest        *self,
                                       GError           **error);
const char *bks_request_get_header    (BksRequest        *self,
                                       const char        *name);
const char *bks_request_get_param     (BksRequest        *self,
                                       const char        *name);
char       *bks_request_get_text      (BksRequest        *self,
                                       const char        *member,
                                       gsize              most_bytes,
                                       GError           **error);
gboolean    bks_request_get_page      (BksRequest        *self,
                                       guint             *limit,
                                       const char       **cursor,
                                       GError           **error);
gboolean    bks_request_matches_etag  (BksRequest        *self,
                                       const char        *etag);
void        bks_request_set_header    (BksRequest        *self,
                                       const char        *name,
                                       const char        *value);
void        bks_request_reply         (BksRequest        *self,
                                       guint              status,
                                       JsonBuilder       *builder);
void        bks_request_reply_empty   (BksRequest        *self,
                                       guint              status);
void        bks_request_reply_bytes   (BksRequest        *self,
                                       const char        *type,
                                       GBytes            *bytes);
void        bks_request_reply_problem (BksRequest        *self,
                                       guint              status,
                                       const char        *code,
                                       const char        *detail);
void        bks_request_reply_error   (BksRequest        *self,
                                       const GError      *error);

G_END_DECLS
