/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "bks-scripted-reply.h"

G_BEGIN_DECLS

/* A request as it was received. */
typedef struct
{
  char       *method;
  char       *path;        /* with its query */
  GHashTable *headers;     /* lower-case name → value */
  char       *body;
  gsize       body_length;
  guint       connection;  /* which connection it came on, from 0 */
  gboolean    authorized;  /* carried the expected key */
  gint64      closed_us;   /* monotonic time when the client closed before the reply's end; 0: it did not */
} BksRecordedRequest;

#define BKS_TYPE_SCRIPTED_SERVER (bks_scripted_server_get_type ())
G_DECLARE_FINAL_TYPE (BksScriptedServer, bks_scripted_server, BKS, SCRIPTED_SERVER, GObject)

BksScriptedServer  *bks_scripted_server_new             (guint16             port,
                                                         GError            **error);
const char         *bks_scripted_server_get_url         (BksScriptedServer  *self);
void                bks_scripted_server_set_key         (BksScriptedServer  *self,
                                                         const char         *key);
void                bks_scripted_server_set_delay       (BksScriptedServer  *self,
                                                         guint               delay_ms);
void                bks_scripted_server_set_certificate (BksScriptedServer  *self,
                                                         GTlsCertificate    *certificate);
void                bks_scripted_server_push            (BksScriptedServer  *self,
                                                         const char         *path,
                                                         BksReply           *reply);
void                bks_scripted_server_forget          (BksScriptedServer  *self);
gboolean            bks_scripted_server_load            (BksScriptedServer  *self,
                                                         const char         *script,
                                                         GError            **error);
guint               bks_scripted_server_get_n_requests  (BksScriptedServer  *self);
void                bks_scripted_server_wait_gone       (BksScriptedServer  *self);
BksRecordedRequest *bks_scripted_server_dup_request     (BksScriptedServer  *self,
                                                         guint               index);
gint64              bks_scripted_server_get_closed_us   (BksScriptedServer  *self,
                                                         guint               index);
char               *bks_scripted_server_describe        (BksScriptedServer  *self);
GTlsCertificate    *bks_scripted_certificate_new        (void);
void                bks_recorded_request_free           (BksRecordedRequest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksRecordedRequest, bks_recorded_request_free)

G_END_DECLS
