/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  BKS_FRAMING_SSE,    /* WHATWG server-sent events */
  BKS_FRAMING_NDJSON, /* one JSON document a line */
} BksFraming;

/**
 * BksSseEvent:
 * @name: (nullable): the event's name, %NULL where it has none
 * @data: its data, valid UTF-8
 * @length: the length of @data in bytes
 * @whole: %FALSE if the stream ended before the empty line that ends an event
 */
typedef struct
{
  const char *name;
  const char *data;
  gsize       length;
  gboolean    whole;
} BksSseEvent;

typedef struct _BksSseReader BksSseReader;

BksSseReader *bks_sse_reader_new  (BksFraming     framing,
                                   gint64         max_line,
                                   gint64         max_event);
void          bks_sse_reader_free (BksSseReader  *self);
void          bks_sse_reader_push (BksSseReader  *self,
                                   GBytes        *bytes);
void          bks_sse_reader_end  (BksSseReader  *self);
gboolean      bks_sse_reader_next (BksSseReader  *self,
                                   BksSseEvent   *event,
                                   GError       **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksSseReader, bks_sse_reader_free)

G_END_DECLS
