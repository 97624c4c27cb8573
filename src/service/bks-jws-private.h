/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The layer under the token (RFC 7515, compact serialization): three parts,
 * their encoding, the header and the signature, before any claim is read.
 */
typedef struct
{
  GBytes *header;
  GBytes *payload;
  GBytes *signature;
  gsize   signed_length; /* of the received text: header, dot, payload */
} BksJws;

gboolean  bks_jws_decode          (BksJws      *jws,
                                   const char  *text,
                                   gsize        length,
                                   GError     **error);
gboolean  bks_jws_check_header    (GBytes      *header,
                                   GError     **error);
gboolean  bks_jws_check_signature (const BksJws *jws,
                                   const char  *text,
                                   GBytes      *key,
                                   GError     **error);
char     *bks_jws_sign            (const char  *header,
                                   const char  *payload,
                                   GBytes      *key);
void      bks_jws_clear           (BksJws      *jws);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BksJws, bks_jws_clear)

G_END_DECLS
