/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "provider-fixture.h"

G_BEGIN_DECLS

/* What every protocol has to stand, and how this one says it. */
typedef struct
{
  const char *name;       /* of the tests */
  const char *protocol;
  const char *id;         /* of the provider; NULL: the protocol's name */
  const char *path;       /* of the API, after the server's address; NULL: the usual one */
  const char *model;      /* NULL: any */
  const char *account_id; /* NULL: it has none */
  const char *type;       /* of a stream */
  const char *golden;     /* a stream that has everything in it */
  const char *mark;       /* what follows this text in it, and one line end, cannot be missing from the answer */
  const char *text;       /* the answer in it */
  const char *reasoning;
  const char *finish;
  gint64      input;
  gint64      output;
  const char *frame;      /* a piece of an answer */
  const char *frame_text;
  const char *keep_alive; /* what is not a piece of an answer */
  const char *document;   /* the beginning of a whole answer, up to its text */
  const char *document_end;
  gboolean    stream_only; /* another form of a stream of a protocol that passes the rest */
} Dialect;

void dialect_add_tests (const Dialect *dialect);

G_END_DECLS
