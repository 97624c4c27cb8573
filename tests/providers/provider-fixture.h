/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-async.h"
#include "bks-error.h"
#include "bks-provider.h"
#include "bks-scripted-server.h"

G_BEGIN_DECLS

/* A provider spoken to over a real socket, with the limits that ship. */
typedef struct
{
  BksScriptedServer *server;
  BksLimits         *limits;
  BksHttp           *http;
  BksProvider       *provider;
  BksAnswer         *answer;
  const char        *model;   /* that is asked */
} Fixture;

Fixture   *fixture_new          (const char        *protocol,
                                 const char        *id);
void       fixture_free         (Fixture           *self);
void       fixture_move         (Fixture           *self,
                                 const char        *protocol,
                                 const char        *path);
void       fixture_hurry        (Fixture           *self);
GError    *fixture_ask          (Fixture           *self,
                                 gboolean           stream,
                                 const char        *key);
GError    *fixture_ask_request  (Fixture           *self,
                                 BksCompletionRequest *request,
                                 const char        *key);
GError    *fixture_check        (Fixture           *self,
                                 const char        *key);
GPtrArray *fixture_list         (Fixture           *self,
                                 GError           **error);
GPtrArray *fixture_embed        (Fixture           *self,
                                 const char        *model,
                                 const char *const *texts,
                                 GError           **error);
BksReply  *fixture_push         (Fixture           *self,
                                 BksReply          *reply);
JsonObject *fixture_dup_body    (Fixture           *self,
                                 guint              index);
gint64     fixture_cancel       (Fixture           *self,
                                 BksReply          *reply,
                                 gboolean           on_text);
gsize      fixture_ask_measured (Fixture           *self,
                                 BksReply          *reply,
                                 GError           **error);
void       fixture_assert_bounded (gsize            kib);
GBytes    *fixture_compress     (const char        *pattern,
                                 gsize              total);
char      *fixture_repeat       (const char        *pattern,
                                 gsize              least);
gint64     fixture_wait_closed  (Fixture           *self,
                                 guint              index);
void       fixture_wait_request (Fixture           *self,
                                 guint              index);
void       fixture_wait_text    (Fixture           *self,
                                 const char        *text);
void       fixture_spin         (guint              ms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

/* An error, with what it says where it is another one. */
#define assert_class(error, expected) \
  G_STMT_START { \
    const GError *_error = (error); \
    if (_error == NULL || _error->domain != BKS_ERROR || _error->code != (int) (expected)) \
      { \
        g_test_message ("%s:%d: not " #expected " but %s", __FILE__, __LINE__, \
                        _error != NULL ? bks_error_get_class_name (_error) : "success"); \
        g_test_message ("message: %s", _error != NULL ? _error->message : "(none)"); \
        g_assert_not_reached (); \
      } \
  } G_STMT_END

G_END_DECLS
