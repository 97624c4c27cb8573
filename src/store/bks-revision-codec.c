/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include <zstd.h>

#include "bks-error.h"
#include "bks-revision-codec-private.h"

/*
 * An earlier text, packed with Zstandard (RFC 8878). The text before it serves
 * as dictionary, so that a scene of which a sentence was changed takes some
 * dozens of bytes.
 */

/* Small texts are worth the search; a novel in one node has to be written within a moment. */
#define LEVEL_SMALL 12
#define LEVEL_LARGE 3
#define SMALL_BYTES (256 * 1024)

/* Windows must span dictionary and text. 128 MiB are twice the longest text. */
#define WINDOW_LOG_LEAST 10
#define WINDOW_LOG_MOST 27

static gboolean
set_codec_error (GError     **error,
                 const char  *what,
                 size_t       code)
{
  g_set_error (error, BKS_ERROR, BKS_ERROR_CORRUPT, "%s: %s", what, ZSTD_getErrorName (code));
  return FALSE;
}

static int
get_window_log (gsize bytes)
{
  int window = (int) g_bit_storage (bytes);

  return CLAMP (window, WINDOW_LOG_LEAST, WINDOW_LOG_MOST);
}

static size_t
configure (ZSTD_CCtx *context,
           gsize      plain_size,
           GBytes    *base)
{
  gsize base_size = base != NULL ? g_bytes_get_size (base) : 0;
  gsize all = plain_size + base_size;

  ZSTD_CCtx_setParameter (context, ZSTD_c_compressionLevel, all <= SMALL_BYTES ? LEVEL_SMALL : LEVEL_LARGE);
  ZSTD_CCtx_setParameter (context, ZSTD_c_windowLog, get_window_log (all));
  ZSTD_CCtx_setParameter (context, ZSTD_c_contentSizeFlag, 0); /* the row says it */
  if (base == NULL)
    return 0;
  if (all > SMALL_BYTES)
    ZSTD_CCtx_setParameter (context, ZSTD_c_enableLongDistanceMatching, 1);
  return ZSTD_CCtx_refPrefix (context, g_bytes_get_data (base, NULL), base_size);
}

/**
 * bks_revision_pack:
 * @plain: a text
 * @base: (nullable): the text before it, needed again for unpacking
 * @error: return location
 *
 * Returns: (transfer full): @plain packed, or %NULL
 */
GBytes *
bks_revision_pack (GBytes  *plain,
                   GBytes  *base,
                   GError **error)
{
  gsize size, packed_size;
  gconstpointer data = g_bytes_get_data (plain, &size);
  gsize room = ZSTD_compressBound (size);
  ZSTD_CCtx *context = ZSTD_createCCtx ();
  g_autofree guint8 *packed = g_malloc (room);
  size_t code;

  code = configure (context, size, base);
  if (!ZSTD_isError (code))
    code = ZSTD_compress2 (context, packed, room, data, size);
  ZSTD_freeCCtx (context);
  if (ZSTD_isError (code))
    {
      set_codec_error (error, "An earlier text could not be packed", code);
      return NULL;
    }
  packed_size = code;
  return g_bytes_new (packed, packed_size);
}

/**
 * bks_revision_unpack:
 * @packed: what bks_revision_pack() made
 * @plain_size: how long the text is
 * @base: (nullable): the text it was packed with
 * @error: return location
 *
 * Returns: (transfer full): the text, or %NULL with %BKS_ERROR_CORRUPT
 */
GBytes *
bks_revision_unpack (GBytes  *packed,
                     gsize    plain_size,
                     GBytes  *base,
                     GError **error)
{
  ZSTD_DCtx *context = ZSTD_createDCtx ();
  g_autofree guint8 *plain = g_malloc (plain_size + 1);
  gsize size;
  gconstpointer data = g_bytes_get_data (packed, &size);
  size_t code = ZSTD_DCtx_setParameter (context, ZSTD_d_windowLogMax, WINDOW_LOG_MOST);

  if (base != NULL && !ZSTD_isError (code))
    code = ZSTD_DCtx_refPrefix (context, g_bytes_get_data (base, NULL), g_bytes_get_size (base));
  if (!ZSTD_isError (code))
    code = ZSTD_decompressDCtx (context, plain, plain_size, data, size);
  ZSTD_freeDCtx (context);
  if (ZSTD_isError (code))
    {
      set_codec_error (error, "An earlier text cannot be read", code);
      return NULL;
    }
  if (code != plain_size)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CORRUPT, "An earlier text is shorter than it should be");
      return NULL;
    }
  return g_bytes_new_take (g_steal_pointer (&plain), plain_size);
}
