/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <math.h>
#include <string.h>

#include "bks-embedding-private.h"

/**
 * bks_embedding_new:
 * @provider: who is asked
 * @model: a model that makes embeddings
 * @texts: (array zero-terminated=1): what to embed
 * @key: (nullable): the key
 *
 * Returns: (transfer full): an embedding that has no vectors yet
 */
BksEmbedding *
bks_embedding_new (BksProvider        *provider,
                   const char         *model,
                   const char *const  *texts,
                   const char         *key)
{
  BksEmbedding *self = g_new0 (BksEmbedding, 1);

  self->provider = g_object_ref (provider);
  self->model = g_strdup (model);
  self->texts = g_strdupv ((char **) texts);
  self->n_texts = g_strv_length (self->texts);
  self->key = g_strdup (key);
  self->vectors = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  return self;
}

/**
 * bks_embedding_free:
 * @data: (transfer full): an embedding
 */
void
bks_embedding_free (gpointer data)
{
  BksEmbedding *self = data;

  if (self->key != NULL)
    explicit_bzero (self->key, strlen (self->key));
  g_free (self->key);
  g_free (self->model);
  g_strfreev (self->texts);
  g_ptr_array_unref (self->vectors);
  g_object_unref (self->provider);
  g_free (self);
}

/* NULL: it is no vector. */
static GArray *
read_vector (JsonNode *node)
{
  JsonArray *numbers = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  guint length = numbers != NULL ? json_array_get_length (numbers) : 0;
  g_autoptr(GArray) vector = g_array_sized_new (FALSE, FALSE, sizeof (float), length);

  for (guint i = 0; i < length; i++)
    {
      JsonNode *number = json_array_get_element (numbers, i);
      GType type = JSON_NODE_HOLDS_VALUE (number) ? json_node_get_value_type (number) : G_TYPE_INVALID;
      float value = type == G_TYPE_DOUBLE || type == G_TYPE_INT64 ? (float) json_node_get_double (number) : NAN;

      if (!isfinite (value))
        return NULL;
      g_array_append_val (vector, value);
    }
  return length > 0 ? g_steal_pointer (&vector) : NULL;
}

/* Takes the vectors of the next @expected texts. */
static gboolean
take (BksEmbedding  *self,
      JsonArray     *vectors,
      guint          expected,
      GError       **error)
{
  gboolean ok = vectors != NULL && json_array_get_length (vectors) == expected;

  for (guint i = 0; ok && i < expected; i++)
    {
      GArray *vector = read_vector (json_array_get_element (vectors, i));
      GArray *first = self->vectors->len > 0 ? g_ptr_array_index (self->vectors, 0) : vector;

      ok = vector != NULL && vector->len == first->len;
      if (vector != NULL)
        g_ptr_array_add (self->vectors, vector);
    }
  if (!ok)
    g_propagate_error (error, bks_provider_new_error (self->provider, BKS_ERROR_MALFORMED,
                                                      "The answer does not hold one vector for every text"));
  return ok;
}

static char *
build_body (BksEmbedding           *self,
            const BksEmbeddingWire *wire,
            guint                   first,
            guint                   n_texts)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  if (wire->names_model)
    bks_json_add_string (builder, "model", self->model);
  bks_json_begin_array (builder, wire->member);
  for (guint i = first; i < first + n_texts; i++)
    json_builder_add_string_value (builder, self->texts[i]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return bks_json_builder_end (builder);
}

static gboolean
await_some (BksEmbedding            *self,
            const BksEmbeddingWire  *wire,
            guint                    first,
            guint                    n_texts,
            GError                 **error)
{
  g_autofree char *body = build_body (self, wire, first, n_texts);
  g_autoptr(JsonNode) root = bks_provider_await_post (self->provider, wire->path, body, wire->within_ms,
                                                      self->key, error);
  g_autoptr(JsonArray) vectors = NULL;
  g_autoptr(GError) local = NULL;

  if (root == NULL)
    return FALSE;
  vectors = wire->read_vectors (self->provider, root, &local);
  if (local == NULL)
    return take (self, vectors, n_texts, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/**
 * bks_embedding_await:
 * @self: an embedding, on its fiber
 * @wire: what the protocol brings
 *
 * Asks for the vectors of all texts, in as many calls as it takes.
 *
 * Returns: (transfer full): resolves to them, as bks_provider_embed() promises
 */
DexFuture *
bks_embedding_await (BksEmbedding           *self,
                     const BksEmbeddingWire *wire)
{
  for (guint first = 0; first < self->n_texts; first += wire->at_once)
    {
      GError *error = NULL;

      if (!await_some (self, wire, first, MIN (wire->at_once, self->n_texts - first), &error))
        return bks_future_error (error);
    }
  return dex_future_new_take_boxed (G_TYPE_PTR_ARRAY, g_ptr_array_ref (self->vectors));
}
