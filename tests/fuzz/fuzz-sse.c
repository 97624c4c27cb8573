/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdint.h>

#include "bks-sse-reader.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

/* The events of @bytes in pieces of @piece, as one text. */
static char *
read_all (BksFraming  framing,
          const char *bytes,
          gsize       size,
          gsize       piece)
{
  g_autoptr(BksSseReader) reader = bks_sse_reader_new (framing, 4096, 8192);
  g_autoptr(GError) error = NULL;
  GString *events = g_string_new (NULL);
  BksSseEvent event;

  for (gsize i = 0; i < size && error == NULL; i += piece)
    {
      g_autoptr(GBytes) input = g_bytes_new (bytes + i, MIN (piece, size - i));

      bks_sse_reader_push (reader, input);
      while (bks_sse_reader_next (reader, &event, &error))
        {
          g_assert_true (g_utf8_validate_len (event.data, event.length, NULL));
          g_string_append_printf (events, "[%s|%s]", event.name != NULL ? event.name : "", event.data);
        }
    }
  if (error == NULL)
    {
      bks_sse_reader_end (reader);
      while (bks_sse_reader_next (reader, &event, &error))
        g_string_append_printf (events, "(%s)", event.data);
    }
  g_string_append (events, error != NULL ? "error" : "end");
  return g_string_free (events, FALSE);
}

/* However a stream is cut into pieces, its events are the same. */
int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autofree char *whole = NULL;
  g_autofree char *pieces = NULL;
  BksFraming framing;

  if (size < 2)
    return 0;
  framing = (data[0] & 1) != 0 ? BKS_FRAMING_SSE : BKS_FRAMING_NDJSON;
  whole = read_all (framing, (const char *) data + 2, size - 2, size);
  pieces = read_all (framing, (const char *) data + 2, size - 2, data[1] % 17 + 1u);
  g_assert_cmpstr (whole, ==, pieces);
  return 0;
}
