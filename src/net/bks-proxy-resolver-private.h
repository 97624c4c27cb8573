/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BKS_TYPE_PROXY_RESOLVER (bks_proxy_resolver_get_type ())
G_DECLARE_FINAL_TYPE (BksProxyResolver, bks_proxy_resolver, BKS, PROXY_RESOLVER, GObject)

GProxyResolver *bks_proxy_resolver_new (void);

G_END_DECLS
