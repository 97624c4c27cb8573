/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include "bks-async.h"
#include "bks-error.h"
#include "bks-json.h"

#include "bks-request-private.h"
#include "bks-service-private.h"

/* Nobody is known yet who sends these. */
#define AUTH_BODY_BYTES 4096
#define CODE_BYTES 32 /* as typed: spaces and dashes between the digits are the person's */
#define DEVICE_NAME_BYTES 200
#define REFRESH_TOKEN_BYTES 512

static BksPairing *
get_pairing (BksRequest *request)
{
  return bks_studio_get_pairing (bks_service_get_studio (request->service));
}

static void
reply_with_tokens (BksRequest     *request,
                   BksCredentials *credentials)
{
  g_autoptr(JsonBuilder) builder = json_builder_new_immutable ();
  BksDevice *device = credentials->device;
  g_autofree char *access_token = NULL;

  access_token = bks_jwt_sign (bks_service_get_jwt (request->service), device->user_id, device->id,
                               device->role, device->tier);
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "access_token", access_token);
  bks_json_add_string (builder, "token_type", "Bearer");
  bks_json_add_int (builder, "expires_in", bks_service_get_limits (request->service)->access_token_ms / 1000);
  bks_json_add_string (builder, "refresh_token", credentials->refresh_token);
  bks_json_add_string (builder, "device_id", device->id);
  bks_json_add_string (builder, "role", device->role);
  bks_json_add_string (builder, "tier", device->tier);
  json_builder_end_object (builder);
  bks_request_reply (request, SOUP_STATUS_OK, builder);
}

static gboolean
take_try (BksRequest  *request,
          GError     **error)
{
  guint wait = bks_service_take_pairing_try (request->service, request->message);

  if (wait == 0)
    return TRUE;
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_TOO_MANY_REQUESTS, "Too many codes were tried from here.");
  if (error != NULL)
    bks_error_get_facts (*error)->retry_after_ms = (gint64) wait * 1000;
  return FALSE;
}

static gboolean
pair (BksRequest  *request,
      GError     **error)
{
  g_autofree char *code = bks_request_get_text (request, "code", CODE_BYTES, error);
  g_autofree char *name = code != NULL ? bks_request_get_text (request, "device_name", DEVICE_NAME_BYTES, error) : NULL;
  g_autoptr(BksCredentials) credentials = NULL;
  g_autoptr(GError) local = NULL;

  if (name == NULL || !take_try (request, error))
    return FALSE;
  credentials = dex_await_boxed (bks_pairing_claim (get_pairing (request), code, name), &local);
  if (credentials != NULL)
    reply_with_tokens (request, credentials);
  else if (g_error_matches (local, BKS_ERROR, BKS_ERROR_UNAUTHORIZED))
    bks_request_reply_problem (request, SOUP_STATUS_UNAUTHORIZED, "invalid_code",
                               "The code is wrong, used up or too old. Ask the owner for a new one.");
  else
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return TRUE;
}

static gboolean
refresh (BksRequest  *request,
         GError     **error)
{
  g_autofree char *token = bks_request_get_text (request, "refresh_token", REFRESH_TOKEN_BYTES, error);
  g_autoptr(BksCredentials) credentials = NULL;

  if (token == NULL)
    return FALSE;
  credentials = dex_await_boxed (bks_pairing_refresh (get_pairing (request), token), error);
  if (credentials == NULL)
    return FALSE;
  reply_with_tokens (request, credentials);
  return TRUE;
}

/* A device ends its own sessions; others are the owner's to end, at the desk. */
static gboolean
end_sessions (BksRequest  *request,
              GError     **error)
{
  if (!dex_await (bks_pairing_revoke (get_pairing (request), request->device->id), error))
    return FALSE;
  bks_request_reply_empty (request, SOUP_STATUS_NO_CONTENT);
  return TRUE;
}

static gboolean
get_me (BksRequest  *request,
        GError     **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new_immutable ();

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "user_id", request->device->user_id);
  bks_json_add_string (builder, "device_id", request->device->id);
  bks_json_add_string (builder, "device_name", request->device->name);
  bks_json_add_string (builder, "role", request->device->role);
  bks_json_add_string (builder, "tier", request->device->tier);
  json_builder_end_object (builder);
  bks_request_reply (request, SOUP_STATUS_OK, builder);
  return TRUE;
}

static const char *const pair_members[] = { "code", "device_name", NULL };
static const char *const refresh_members[] = { "refresh_token", NULL };
static const char *const no_members[] = { NULL };

const BksRoute bks_routes_auth[] = {
  { .method = "POST", .pattern = "/api/auth/pair", .members = pair_members, .body_bytes = AUTH_BODY_BYTES, .handle = pair },
  { .method = "POST", .pattern = "/api/auth/refresh", .members = refresh_members, .body_bytes = AUTH_BODY_BYTES, .handle = refresh },
  { .method = "POST", .pattern = "/api/auth/revoke", .role = BKS_ROLE_READER, .members = no_members,
    .body_bytes = AUTH_BODY_BYTES, .handle = end_sessions },
  { .method = "GET", .pattern = "/api/me", .role = BKS_ROLE_READER, .handle = get_me },
  { 0 }
};
