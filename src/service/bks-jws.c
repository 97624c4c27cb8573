/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include <string.h>

#include "bks-error.h"
#include "bks-json.h"

#include "bks-jws-private.h"
#include "bks-jwt.h"

#define SIGNATURE_BYTES 32
/* {"alg":"HS256","typ":"JWT"} has 27; what is read before the signature is
 * known to be good stays small. */
#define HEADER_BYTES 128

static gboolean
refuse (GError     **error,
        const char  *reason)
{
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_UNAUTHORIZED, reason);
  return FALSE;
}

static char *
base64url_encode (gconstpointer data,
                  gsize         length)
{
  char *text = g_base64_encode (data, length);
  gsize used = strlen (text);

  while (used > 0 && text[used - 1] == '=')
    text[--used] = '\0';
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  return text;
}

/*
 * GLib's decoder skips what it does not know and ignores the unused bits of
 * the last character, so only what encodes back to the same text was
 * canonical.
 */
static GBytes *
base64url_decode (const char *text,
                  gsize       length)
{
  g_autofree char *padded = NULL;
  g_autofree char *again = NULL;
  g_autofree guchar *data = NULL;
  gsize size;

  padded = g_strdup_printf ("%.*s%s", (int) length, text, length % 4 == 2 ? "==" : length % 4 == 3 ? "=" : "");
  g_strdelimit (padded, "-", '+');
  g_strdelimit (padded, "_", '/');
  data = g_base64_decode (padded, &size);
  again = base64url_encode (data, size);
  if (strlen (again) != length || memcmp (again, text, length) != 0)
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), size);
}

static gboolean
find_dots (const char  *text,
           gsize        length,
           const char  *dots[2])
{
  guint found = 0;

  for (gsize i = 0; i < length; i++)
    {
      if (text[i] == '.' && found < 2)
        dots[found++] = text + i;
      else if (!g_ascii_isalnum (text[i]) && text[i] != '-' && text[i] != '_')
        return FALSE;
    }
  return found == 2;
}

/*
 * bks_jws_decode:
 * @jws: a zeroed value; bks_jws_clear() afterwards in any case
 * @text: what came, not ended by a NUL
 *
 * Length, alphabet, exactly two dots, canonical encoding, 32 bytes of
 * signature: nothing here looks into what it means.
 */
gboolean
bks_jws_decode (BksJws      *jws,
                const char  *text,
                gsize        length,
                GError     **error)
{
  const char *dots[2];

  if (length > BKS_JWT_MAX_BYTES)
    return refuse (error, "The token is too long");
  if (!find_dots (text, length, dots))
    return refuse (error, "The token is not three base64url parts");

  jws->signed_length = (gsize) (dots[1] - text);
  jws->header = base64url_decode (text, (gsize) (dots[0] - text));
  jws->payload = base64url_decode (dots[0] + 1, (gsize) (dots[1] - dots[0] - 1));
  jws->signature = base64url_decode (dots[1] + 1, length - jws->signed_length - 1);
  if (jws->header == NULL || jws->payload == NULL || jws->signature == NULL)
    return refuse (error, "A part of the token is not canonical base64url");
  if (g_bytes_get_size (jws->signature) != SIGNATURE_BYTES)
    return refuse (error, "The token's signature has not 32 bytes");
  return TRUE;
}

/*
 * bks_jws_check_header:
 *
 * Only "alg":"HS256" and, if there, "typ":"JWT". Whatever else a header may
 * ask for (kid, jwk, jku, crit, b64, zip) asks for more than is done here.
 */
gboolean
bks_jws_check_header (GBytes  *header,
                      GError **error)
{
  g_autoptr(JsonObject) object = NULL;
  gsize length;
  const char *text = g_bytes_get_data (header, &length);
  guint known = 1;

  if (length > HEADER_BYTES)
    return refuse (error, "The token's header is too long");
  /* An escape could hide a NUL, after which json-glib's strings end. */
  if (length == 0 || memchr (text, '\\', length) != NULL)
    return refuse (error, "The token's header is not plain JSON");
  object = bks_json_parse_untrusted (text, (gssize) length, NULL);
  if (object == NULL)
    return refuse (error, "The token's header is not strict JSON");
  if (g_strcmp0 (bks_json_get_string (object, "alg"), "HS256") != 0)
    return refuse (error, "The token's algorithm is not HS256");
  if (json_object_has_member (object, "typ"))
    {
      if (g_strcmp0 (bks_json_get_string (object, "typ"), "JWT") != 0)
        return refuse (error, "The token's type is not JWT");
      known++;
    }
  if (json_object_get_size (object) != known)
    return refuse (error, "The token's header asks for something unknown");
  return TRUE;
}

static void
compute (const char *text,
         gsize       length,
         GBytes     *key,
         guint8      digest[SIGNATURE_BYTES])
{
  gsize key_length, digest_length = SIGNATURE_BYTES;
  const guchar *key_data = g_bytes_get_data (key, &key_length);
  g_autoptr(GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, key_data, key_length);

  g_hmac_update (hmac, (const guchar *) text, (gssize) length);
  g_hmac_get_digest (hmac, digest, &digest_length);
  g_assert (digest_length == SIGNATURE_BYTES);
}

/* How long it takes says nothing about where the first difference is. */
static gboolean
equal_in_constant_time (const guint8 *a,
                        const guint8 *b,
                        gsize         length)
{
  volatile guint8 difference = 0;

  for (gsize i = 0; i < length; i++)
    difference = difference | (guint8) (a[i] ^ b[i]);
  return difference == 0;
}

/*
 * bks_jws_check_signature:
 * @jws: decoded
 * @text: the very bytes that were decoded
 */
gboolean
bks_jws_check_signature (const BksJws  *jws,
                         const char    *text,
                         GBytes        *key,
                         GError       **error)
{
  guint8 digest[SIGNATURE_BYTES];

  compute (text, jws->signed_length, key, digest);
  if (!equal_in_constant_time (digest, g_bytes_get_data (jws->signature, NULL), SIGNATURE_BYTES))
    return refuse (error, "The token's signature is wrong");
  return TRUE;
}

/*
 * bks_jws_sign:
 *
 * Returns: (transfer full): the compact serialization
 */
char *
bks_jws_sign (const char *header,
              const char *payload,
              GBytes     *key)
{
  g_autofree char *header_part = base64url_encode (header, strlen (header));
  g_autofree char *payload_part = base64url_encode (payload, strlen (payload));
  g_autofree char *text = g_strconcat (header_part, ".", payload_part, NULL);
  g_autofree char *signature_part = NULL;
  guint8 digest[SIGNATURE_BYTES];

  compute (text, strlen (text), key, digest);
  signature_part = base64url_encode (digest, sizeof digest);
  return g_strconcat (text, ".", signature_part, NULL);
}

void
bks_jws_clear (BksJws *jws)
{
  g_clear_pointer (&jws->header, g_bytes_unref);
  g_clear_pointer (&jws->payload, g_bytes_unref);
  g_clear_pointer (&jws->signature, g_bytes_unref);
}
