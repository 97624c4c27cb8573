/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include <string.h>

#include "bks-error.h"
#include "bks-id.h"
#include "bks-json.h"

#include "bks-jws-private.h"
#include "bks-jwt.h"

#define KEY_BYTES 32
/* How far the clock of the machine may have been set back since the signing. */
#define AHEAD_SECONDS 5
/* The year 9999's end; json-glib turns what 64 bits do not hold into their largest. */
#define LATEST_SECONDS G_GINT64_CONSTANT (253402300800)

/**
 * BksJwt:
 *
 * Signs and verifies the service's access tokens: JSON Web Tokens (RFC 7519)
 * by HMAC-SHA-256 and nothing else, with the care of RFC 8725. Small and our
 * own because the one library of use in Debian 13 failed when it was measured
 * (docs/service-api.md).
 */
struct _BksJwt
{
  GObject    parent_instance;

  GBytes    *key;
  char      *audience;
  BksLimits *limits;
};

G_DEFINE_FINAL_TYPE (BksJwt, bks_jwt, G_TYPE_OBJECT)

static gboolean
refuse (GError     **error,
        const char  *reason)
{
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_UNAUTHORIZED, reason);
  return FALSE;
}

static gint64
now_seconds (BksJwt *self)
{
  return bks_clock_get_now_ms (self->limits->clock) / 1000;
}

/* A JSON integer as such: "1", 1.0 and 1e3 are none. */
static gboolean
get_time (JsonObject *payload,
          const char *member,
          gint64     *value)
{
  JsonNode *node = json_object_get_member (payload, member);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_int (node);
  return *value > 0 && *value < LATEST_SECONDS;
}

static gboolean
check_times (BksJwt        *self,
             JsonObject    *payload,
             BksJwtClaims  *claims,
             GError       **error)
{
  gint64 now = now_seconds (self);
  gint64 not_before;

  if (!get_time (payload, "exp", &claims->expires_at) || !get_time (payload, "iat", &claims->issued_at))
    return refuse (error, "The token's exp or iat is not a time");
  if (claims->expires_at <= claims->issued_at ||
      claims->expires_at - claims->issued_at > self->limits->access_token_ms / 1000)
    return refuse (error, "The token lives longer than tokens do");
  if (claims->issued_at > now + AHEAD_SECONDS)
    return refuse (error, "The token is from the future");
  if (json_object_has_member (payload, "nbf") &&
      (!get_time (payload, "nbf", &not_before) || not_before > now + AHEAD_SECONDS))
    return refuse (error, "The token is not valid yet");
  if (now >= claims->expires_at)
    return refuse (error, "The token has expired");
  return TRUE;
}

static gboolean
take_text (JsonObject  *payload,
           const char  *member,
           char       **value)
{
  const char *text = bks_json_get_string (payload, member);

  if (text == NULL || *text == '\0')
    return FALSE;
  *value = g_strdup (text);
  return TRUE;
}

static gboolean
check_names (BksJwt        *self,
             JsonObject    *payload,
             BksJwtClaims  *claims,
             GError       **error)
{
  if (g_strcmp0 (bks_json_get_string (payload, "iss"), BKS_JWT_ISSUER) != 0)
    return refuse (error, "The token is from another issuer");
  if (g_strcmp0 (bks_json_get_string (payload, "aud"), self->audience) != 0)
    return refuse (error, "The token is for another installation");
  if (!take_text (payload, "sub", &claims->subject) || !take_text (payload, "dev", &claims->device) ||
      !take_text (payload, "role", &claims->role) || !take_text (payload, "tier", &claims->tier) ||
      !take_text (payload, "jti", &claims->id))
    return refuse (error, "The token lacks a claim");
  return TRUE;
}

static void
bks_jwt_finalize (GObject *object)
{
  BksJwt *self = BKS_JWT (object);

  g_clear_pointer (&self->key, g_bytes_unref);
  g_clear_pointer (&self->audience, g_free);
  g_clear_pointer (&self->limits, bks_limits_unref);
  G_OBJECT_CLASS (bks_jwt_parent_class)->finalize (object);
}

static void
bks_jwt_class_init (BksJwtClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bks_jwt_finalize;
}

static void
bks_jwt_init (BksJwt *self)
{
}

/**
 * bks_jwt_claims_free:
 * @self: (transfer full) (nullable): claims
 */
void
bks_jwt_claims_free (BksJwtClaims *self)
{
  if (self == NULL)
    return;
  g_free (self->id);
  g_free (self->subject);
  g_free (self->device);
  g_free (self->role);
  g_free (self->tier);
  g_free (self);
}

/**
 * bks_jwt_new:
 * @key: the signing key, at least 32 bytes
 * @audience: this installation's id
 * @limits: with the clock and the lifetime of a token
 * @error: return location
 *
 * Returns: (transfer full): a signer and verifier, or %NULL with
 *   %BKS_ERROR_INVALID_ARGUMENT for a key that is too short to sign with
 */
BksJwt *
bks_jwt_new (GBytes      *key,
             const char  *audience,
             BksLimits   *limits,
             GError     **error)
{
  BksJwt *self;

  g_return_val_if_fail (audience != NULL && *audience != '\0' && limits != NULL, NULL);

  if (key == NULL || g_bytes_get_size (key) < KEY_BYTES)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT,
                           "The service's signing key is shorter than 32 bytes");
      return NULL;
    }

  self = g_object_new (BKS_TYPE_JWT, NULL);
  self->key = g_bytes_ref (key);
  self->audience = g_strdup (audience);
  self->limits = bks_limits_ref (limits);
  return self;
}

/**
 * bks_jwt_sign:
 * @self: a signer
 * @subject: the user's id
 * @device: the device's id
 * @role: the device's role
 * @tier: the device's tier
 *
 * Returns: (transfer full): an access token that lives as long as the limits say
 */
char *
bks_jwt_sign (BksJwt     *self,
              const char *subject,
              const char *device,
              const char *role,
              const char *tier)
{
  g_autoptr(JsonBuilder) builder = json_builder_new_immutable ();
  g_autofree char *id = NULL;
  g_autofree char *payload = NULL;
  gint64 now;

  g_return_val_if_fail (BKS_IS_JWT (self), NULL);
  g_return_val_if_fail (subject != NULL && device != NULL && role != NULL && tier != NULL, NULL);

  id = bks_id_new (self->limits->clock);
  now = now_seconds (self);
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "iss", BKS_JWT_ISSUER);
  bks_json_add_string (builder, "aud", self->audience);
  bks_json_add_string (builder, "sub", subject);
  bks_json_add_string (builder, "dev", device);
  bks_json_add_string (builder, "role", role);
  bks_json_add_string (builder, "tier", tier);
  bks_json_add_int (builder, "iat", now);
  bks_json_add_int (builder, "exp", now + self->limits->access_token_ms / 1000);
  bks_json_add_string (builder, "jti", id);
  json_builder_end_object (builder);
  payload = bks_json_builder_end (builder);
  return bks_jws_sign ("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", payload, self->key);
}

/**
 * bks_jwt_verify:
 * @self: a verifier
 * @token: what a client sent
 * @length: its length in bytes, -1 if it ends with a NUL
 * @error: return location
 *
 * The checks run cheap ones first, and nothing but a short header is parsed
 * before the signature is known to be good. The reason in @error is for the
 * debug log: a client is told no more than that it is not signed in.
 *
 * Returns: (transfer full): what the token says, or %NULL with %BKS_ERROR_UNAUTHORIZED
 */
BksJwtClaims *
bks_jwt_verify (BksJwt      *self,
                const char  *token,
                gssize       length,
                GError     **error)
{
  g_auto(BksJws) jws = { 0 };
  g_autoptr(BksJwtClaims) claims = g_new0 (BksJwtClaims, 1);
  g_autoptr(JsonObject) payload = NULL;
  gsize size;
  const char *text;

  g_return_val_if_fail (BKS_IS_JWT (self) && token != NULL, NULL);

  if (!bks_jws_decode (&jws, token, length < 0 ? strlen (token) : (gsize) length, error) ||
      !bks_jws_check_header (jws.header, error) ||
      !bks_jws_check_signature (&jws, token, self->key, error))
    return NULL;

  text = g_bytes_get_data (jws.payload, &size);
  payload = size > 0 ? bks_json_parse_untrusted (text, (gssize) size, NULL) : NULL;
  if (payload == NULL)
    {
      refuse (error, "The token's payload is not strict JSON");
      return NULL;
    }
  if (!check_times (self, payload, claims, error) || !check_names (self, payload, claims, error))
    return NULL;
  return g_steal_pointer (&claims);
}
