/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

#include "bks-limits.h"

G_BEGIN_DECLS

#define BKS_LISTENER_PORT 3004

/**
 * BksListenerFuncs:
 * @headers: a request's headers are in and good, its body is not: sets a
 *   status on the message to refuse it; returns how many bytes of body may come
 * @request: the whole request is in: answers it, or pauses it and answers later
 *
 * What the listener's owner does with requests. A refusal of a request whose
 * body is still to come is sent at once and ends the connection.
 */
typedef struct
{
  gint64 (*headers) (SoupServerMessage *message,
                     gpointer           data);
  void   (*request) (SoupServerMessage *message,
                     gpointer           data);
} BksListenerFuncs;

#define BKS_TYPE_LISTENER (bks_listener_get_type ())
G_DECLARE_FINAL_TYPE (BksListener, bks_listener, BKS, LISTENER, GObject)

BksListener *bks_listener_new              (BksLimits              *limits,
                                            const BksListenerFuncs *funcs,
                                            gpointer                data);
gboolean     bks_listener_start            (BksListener            *self,
                                            const char             *listen,
                                            const char             *control_name,
                                            GError                **error);
void         bks_listener_stop             (BksListener            *self);
const char  *bks_listener_get_uri          (BksListener            *self);
const char  *bks_listener_get_control_path (BksListener            *self);
guint        bks_listener_get_connections  (BksListener            *self);

G_END_DECLS
