/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

#include "bks-limits.h"

G_BEGIN_DECLS

#define BKS_TYPE_HTTP (bks_http_get_type ())
G_DECLARE_FINAL_TYPE (BksHttp, bks_http, BKS, HTTP, GObject)

BksHttp     *bks_http_new         (BksLimits *limits);
BksLimits   *bks_http_get_limits  (BksHttp   *self);
SoupSession *bks_http_get_session (BksHttp   *self);

G_END_DECLS
