/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "bks-error.h"
#include "bks-provider.h"

G_BEGIN_DECLS

/**
 * BksProviderFailure:
 * @status: the HTTP status, also where it came inside a stream; 0 if there was none
 * @structured: whether the body was the error object of an API
 * @code: (nullable): the machine-readable code
 * @type: (nullable): the kind of error
 * @param: (nullable): the parameter it is about
 * @message: (nullable): the provider's own words, redacted
 * @retry_after_ms: -1 where it does not say
 * @request_id: (nullable): the provider's id of the request
 *
 * What a provider said about a failure, whatever shape it gave it.
 */
struct _BksProviderFailure
{
  guint     status;
  gboolean  structured;
  char     *code;
  char     *type;
  char     *param;
  char     *message;
  gint64    retry_after_ms;
  char     *request_id;
};

BksProviderFailure *bks_provider_failure_new      (guint                     status);
BksProviderFailure *bks_provider_failure_new_body (guint                     status,
                                                   const char               *body,
                                                   gsize                     length,
                                                   const char               *key,
                                                   gsize                     max_text);
BksProviderFailure *bks_provider_failure_new_frame (JsonObject              *frame,
                                                   const char               *key,
                                                   gsize                     max_text);
void                bks_provider_failure_free     (BksProviderFailure       *self);
void                bks_provider_failure_add_head (BksProviderFailure       *self,
                                                   BksHttpExchange          *exchange,
                                                   gint64                    now_ms);
BksError            bks_provider_failure_classify (const BksProviderFailure *self);
GError             *bks_provider_failure_to_error (const BksProviderFailure *self,
                                                   const char               *provider);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksProviderFailure, bks_provider_failure_free)

gboolean            bks_json_has_failure          (JsonObject               *object);
gint64              bks_retry_after_parse         (const char               *text,
                                                   gint64                    now_ms);
gint64              bks_go_duration_parse         (const char               *text);

G_END_DECLS
