/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "bks-limits.h"

G_BEGIN_DECLS

/*
 * Who counts as one peer, and how much of it there may be: connections at a
 * time (BksPeers), events in time (BksRate).
 */
char     *bks_peer_key      (GInetAddress *address);

typedef struct _BksPeers BksPeers;

BksPeers *bks_peers_new     (guint         most);
void      bks_peers_free    (BksPeers     *self);
gboolean  bks_peers_add     (BksPeers     *self,
                             const char   *key);
void      bks_peers_remove  (BksPeers     *self,
                             const char   *key);

typedef struct _BksRate BksRate;

BksRate  *bks_rate_new      (BksClock     *clock,
                             guint         burst,
                             guint         events,
                             guint         per_ms);
void      bks_rate_free     (BksRate      *self);
guint     bks_rate_take     (BksRate      *self,
                             const char   *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksPeers, bks_peers_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksRate, bks_rate_free)

G_END_DECLS
