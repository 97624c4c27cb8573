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

/**
 * BksEmbeddingWire:
 * @path: of the call, after the base address
 * @member: of the request, that holds the texts
 * @names_model: whether the request names the model
 * @at_once: how many texts one call may hold
 * @within_ms: how long one call may take
 * @read_vectors: (transfer full): the vectors in an answer, arrays of numbers in
 *   the order of the texts; %NULL, with an error or without, where it has none
 *
 * What one protocol brings to an embedding.
 */
typedef struct
{
  const char *path;
  const char *member;
  gboolean    names_model;
  guint       at_once;
  guint       within_ms;
  JsonArray *(*read_vectors) (BksProvider  *provider,
                              JsonNode     *root,
                              GError      **error);
} BksEmbeddingWire;

BksEmbedding *bks_embedding_new   (BksProvider             *provider,
                                   const char              *model,
                                   const char *const       *texts,
                                   const char              *key);
void          bks_embedding_free  (gpointer                 data);
DexFuture    *bks_embedding_await (BksEmbedding            *self,
                                   const BksEmbeddingWire  *wire);

G_END_DECLS
