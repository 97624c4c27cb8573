/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/*
 * BksFraming: what a request's head says of its host and its body.
 */
typedef struct
{
  const char *host;     /* owned by the message */
  guint64     length;   /* 0 where it is not said */
  gboolean    has_body;
} BksFraming;

gboolean  bks_framing_read          (SoupServerMessage *message,
                                     BksFraming        *framing);
char     *bks_framing_get_authority (SoupServerMessage *message);

G_END_DECLS
