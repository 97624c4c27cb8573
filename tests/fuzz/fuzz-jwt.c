/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <string.h>

#include "bks-jws-private.h"
#include "bks-jwt.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

static BksJwt *
get_jwt (void)
{
  static BksJwt *jwt;
  static const char key[] = "0123456789abcdef0123456789abcdef";

  if (jwt == NULL)
    {
      g_autoptr(BksLimits) limits = bks_limits_new ();
      g_autoptr(GBytes) bytes = g_bytes_new_static (key, 32);

      jwt = bks_jwt_new (bytes, "here", limits, NULL);
    }
  return jwt;
}

/*
 * The input as a token, and as a header and as a payload that were signed by
 * the right key: the parsers behind the signature are reached too.
 */
int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  /* The seeds are text files and end with a line, which no token does. */
  gsize length = size > 0 && data[size - 1] == '\n' ? size - 1 : size;
  g_autoptr(GBytes) key = g_bytes_new_static ("0123456789abcdef0123456789abcdef", 32);
  g_autofree char *text = g_strndup ((const char *) data, length);
  g_autofree char *as_payload = bks_jws_sign ("{\"alg\":\"HS256\"}", text, key);
  g_autofree char *as_header = bks_jws_sign (text, "{}", key);
  g_autoptr(BksJwtClaims) claims = bks_jwt_verify (get_jwt (), (const char *) data, (gssize) length, NULL);
  g_autoptr(BksJwtClaims) from_payload = bks_jwt_verify (get_jwt (), as_payload, -1, NULL);
  g_autoptr(BksJwtClaims) from_header = bks_jwt_verify (get_jwt (), as_header, -1, NULL);

  /* Nobody guesses a signature, and no header makes an empty payload good. */
  g_assert (claims == NULL);
  g_assert (from_header == NULL);
  return 0;
}
