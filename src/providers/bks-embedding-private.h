/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-provider-private.h"

G_BEGIN_DECLS

/**
 * BksEmbedding:
 *
 * Texts that are being turned into vectors, some at a time; belongs to its fiber.
 */
typedef struct
{
  BksProvider  *provider;
  char         *model;
  char        **texts;
  guint         n_texts;
  char         *key;
  GPtrArray    *vectors; /* of GArray of float, of the texts so far */
} BksEmbedding;

BksEmbedding *bks_embedding_new  (BksProvider        *provider,
                                  const char         *model,
                                  const char *const  *texts,
                                  const char         *key);
void          bks_embedding_free (gpointer            data);
gboolean      bks_embedding_take (BksEmbedding       *self,
                                  JsonArray          *vectors,
                                  guint               expected,
                                  GError            **error);
char         *bks_embedding_build (BksEmbedding       *self,
                                  guint               first,
                                  guint               n_texts);
DexFuture    *bks_embedding_end  (BksEmbedding       *self);
void          bks_json_add_texts (JsonBuilder        *builder,
                                  const char         *member,
                                  const char *const  *texts,
                                  guint               n_texts);

G_END_DECLS
