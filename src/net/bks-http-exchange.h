/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libdex.h>

#include "bks-http.h"

G_BEGIN_DECLS

#define BKS_TYPE_HTTP_EXCHANGE (bks_http_exchange_get_type ())
G_DECLARE_FINAL_TYPE (BksHttpExchange, bks_http_exchange, BKS, HTTP_EXCHANGE, GObject)

BksHttpExchange *bks_http_exchange_new              (BksHttp          *http,
                                                     const char       *method,
                                                     const char       *url,
                                                     GError          **error);
void             bks_http_exchange_set_header       (BksHttpExchange  *self,
                                                     const char       *name,
                                                     const char       *value);
gboolean         bks_http_exchange_set_key          (BksHttpExchange  *self,
                                                     const char       *header,
                                                     const char       *scheme,
                                                     const char       *key,
                                                     GError          **error);
gboolean         bks_http_exchange_set_bearer       (BksHttpExchange  *self,
                                                     const char       *key,
                                                     GError          **error);
void             bks_http_exchange_set_json         (BksHttpExchange  *self,
                                                     const char       *json);
void             bks_http_exchange_set_first_ms     (BksHttpExchange  *self,
                                                     guint             first_ms);
void             bks_http_exchange_set_total_ms     (BksHttpExchange  *self,
                                                     guint             total_ms);
void             bks_http_exchange_set_idle_ms      (BksHttpExchange  *self,
                                                     guint             idle_ms);
void             bks_http_exchange_set_max_bytes    (BksHttpExchange  *self,
                                                     gint64            max_bytes);
/* → TRUE when the head of the response is there, whatever its status */
DexFuture       *bks_http_exchange_send             (BksHttpExchange  *self);
/* → GBytes, empty at the end of the body */
DexFuture       *bks_http_exchange_read             (BksHttpExchange  *self);
void             bks_http_exchange_finish           (BksHttpExchange  *self);
void             bks_http_exchange_close            (BksHttpExchange  *self);
gboolean         bks_http_exchange_get_sent         (BksHttpExchange  *self);
gint64           bks_http_exchange_get_elapsed_ms   (BksHttpExchange  *self);
guint            bks_http_exchange_get_status       (BksHttpExchange  *self);
const char      *bks_http_exchange_get_content_type (BksHttpExchange  *self);
const char      *bks_http_exchange_get_header       (BksHttpExchange  *self,
                                                     const char       *name);

G_END_DECLS
