/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * A client that sends any bytes and sees every byte that comes back, on the
 * same main loop as the server under test. Every wait has a deadline.
 */
typedef struct
{
  GSocket *socket;
  GString *received;
  gboolean ended;    /* the server closed its side, or reset the connection */
} RawClient;

RawClient *raw_client_new         (const char *uri);
RawClient *raw_client_new_unix    (const char *path);
void       raw_client_free        (RawClient  *self);
gssize     raw_client_send        (RawClient  *self,
                                   const char *bytes,
                                   gssize      length);
void       raw_client_finish      (RawClient  *self);
gboolean   raw_client_wait_for    (RawClient  *self,
                                   const char *text,
                                   guint       ms);
gboolean   raw_client_wait_end    (RawClient  *self,
                                   guint       ms);
int        raw_client_get_status  (RawClient  *self);
const char *raw_client_get_body   (RawClient  *self);
char      *raw_client_get_header  (RawClient  *self,
                                   const char *name);
gboolean   raw_client_wait_answer (RawClient  *self,
                                   guint       ms);
void       raw_client_forget      (RawClient  *self);
void       raw_run                (guint       ms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawClient, raw_client_free)

G_END_DECLS
