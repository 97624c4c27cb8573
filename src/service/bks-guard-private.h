/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

#include "bks-limits.h"

G_BEGIN_DECLS

/*
 * BksGuard: what SoupServer does not do for a connection: deadlines, the size
 * of a body, noticing that the client left, refusing without reading on.
 * SoupServer hides the socket of a connection that was handed to it, so the
 * guard hangs on the remote address, an object that the connection keeps.
 */
typedef struct _BksGuard BksGuard;

typedef void (*BksGuardFunc) (BksGuard *self,
                              gpointer  data);

BksGuard       *bks_guard_new          (GSocketConnection *connection,
                                        const char        *peer,
                                        gboolean           control,
                                        BksLimits         *limits,
                                        BksGuardFunc       gone,
                                        gpointer           data);
GSocketAddress *bks_guard_make_address (BksGuard          *self);
BksGuard       *bks_guard_get          (SoupServerMessage *message);
const char     *bks_guard_get_peer     (BksGuard          *self);
gboolean        bks_guard_is_control   (BksGuard          *self);
gboolean        bks_guard_has_left     (BksGuard          *self);
void            bks_guard_set_deadline (BksGuard          *self,
                                        guint              ms);
void            bks_guard_set_body     (BksGuard          *self,
                                        gint64             most_bytes);
gint64          bks_guard_get_body     (BksGuard          *self);
void            bks_guard_watch        (BksGuard          *self,
                                        BksGuardFunc       left,
                                        gpointer           data);
void            bks_guard_unwatch      (BksGuard          *self);
void            bks_guard_refuse       (BksGuard          *self,
                                        SoupServerMessage *message);
void            bks_guard_close        (BksGuard          *self);

G_END_DECLS
