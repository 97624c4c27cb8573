/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-error.h"
#include "bks-library.h"
#include "bks-memory-secret-store.h"
#include "bks-router.h"
#include "bks-scripted-server.h"
#include "bks-test-util.h"

G_BEGIN_DECLS

/* A library in a folder of its own, a keyring in memory and a scripted server. */
typedef struct
{
  char              *dir;
  BksLimits         *limits;
  BksDatabase       *library;
  BksSecretStore    *secrets;
  BksRouter         *router;
  BksScriptedServer *server; /* NULL for tests of the suite "unit" */
} Fixture;

void             fixture_set_up          (Fixture       *self,
                                          gconstpointer  with_server);
void             fixture_tear_down       (Fixture       *self,
                                          gconstpointer  with_server);
BksProviderInfo *fixture_get             (Fixture       *self,
                                          const char    *id);
BksProviderInfo *fixture_add             (Fixture       *self,
                                          const char    *id,
                                          const char    *protocol,
                                          const char    *address);
BksKeyState      fixture_get_key_state   (Fixture       *self,
                                          const char    *id);
void             fixture_set_key         (Fixture       *self,
                                          const char    *id,
                                          const char    *key);
char            *fixture_query           (Fixture       *self,
                                          const char    *sql);
char            *fixture_get_header      (BksScriptedServer *server,
                                          guint          index,
                                          const char    *name);

G_END_DECLS
