/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include <string.h>

#include "bks-error.h"
#include "bks-json.h"

#include "bks-problem-private.h"

static const struct
{
  BksError    error;
  guint       status;
  const char *code;
  const char *detail;
} answers[] = {
  { BKS_ERROR_INVALID_ARGUMENT, 400, "invalid_argument", NULL },
  { BKS_ERROR_MALFORMED, 400, "malformed", "The body is not one JSON object, or names a member twice." },
  { BKS_ERROR_UNAUTHORIZED, 401, "unauthorized", "This needs a valid access token." },
  { BKS_ERROR_FORBIDDEN, 403, "forbidden", "The device's role does not allow this." },
  { BKS_ERROR_NOT_FOUND, 404, "not_found", "There is nothing here, or nothing that this device may see." },
  { BKS_ERROR_CONFLICT, 409, "conflict", "It has changed since it was read." },
  { BKS_ERROR_BUSY, 409, "busy", "Another program is writing this book." },
  { BKS_ERROR_TOO_LARGE, 413, "too_large", "The request is larger than allowed." },
  { BKS_ERROR_TOO_MANY_REQUESTS, 429, "too_many_requests", NULL },
  { BKS_ERROR_DISK_FULL, 507, "disk_full", "The disk of the service is full." },
};

/*
 * bks_problem_set:
 * @code: what programs decide on; stays when wordings change
 * @detail: one sentence for people, of our own making
 *
 * Answers with problem details (RFC 9457).
 */
void
bks_problem_set (SoupServerMessage *message,
                 guint              status,
                 const char        *code,
                 const char        *detail)
{
  g_autoptr(JsonBuilder) builder = json_builder_new_immutable ();
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  char *body;

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "type", "about:blank");
  bks_json_add_string (builder, "title", soup_status_get_phrase (status));
  bks_json_add_int (builder, "status", status);
  bks_json_add_string (builder, "detail", detail);
  bks_json_add_string (builder, "code", code);
  json_builder_end_object (builder);
  body = bks_json_builder_end (builder);

  soup_server_message_set_status (message, status, NULL);
  if (status == SOUP_STATUS_UNAUTHORIZED)
    soup_message_headers_replace (headers, "WWW-Authenticate", "Bearer");
  soup_server_message_set_response (message, "application/problem+json", SOUP_MEMORY_TAKE, body, strlen (body));
}

static void
set_retry_after (SoupServerMessage *message,
                 const GError      *error)
{
  BksErrorFacts *facts = bks_error_get_facts (error);
  g_autofree char *seconds = NULL;

  if (facts == NULL || facts->retry_after_ms <= 0)
    return;
  seconds = g_strdup_printf ("%" G_GINT64_FORMAT, (facts->retry_after_ms + 999) / 1000);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Retry-After", seconds);
}

/*
 * bks_problem_set_for_error:
 *
 * Answers with what @error's code stands for. Its message may name files and
 * other things of the owner's, so it goes to the debug log; only what is about
 * the request itself is passed on.
 */
void
bks_problem_set_for_error (SoupServerMessage *message,
                           const GError      *error)
{
  g_debug ("Refused: %s", error->message);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    if (g_error_matches (error, BKS_ERROR, answers[i].error))
      {
        const char *detail = answers[i].detail != NULL ? answers[i].detail : error->message;

        set_retry_after (message, error);
        bks_problem_set (message, answers[i].status, answers[i].code, detail);
        return;
      }
  if (!bks_error_is_cancelled (error))
    g_warning ("A request failed: %s", error->message);
  bks_problem_set (message, SOUP_STATUS_INTERNAL_SERVER_ERROR, "failed", "The service could not do this; its log says why.");
}
