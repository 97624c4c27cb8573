/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-providers"

#include "config.h"

#include <string.h>

#include "bks-error.h"
#include "bks-sse-reader.h"

/**
 * BksSseReader:
 *
 * Splits a stream into events as it arrives, whatever its pieces: lines end in
 * LF, CRLF or CR, also mixed and also cut in two. It works on bytes and decodes
 * whole lines, so that a code point cut in two does no harm.
 *
 * Source: WHATWG HTML, "Server-sent events", parsing and interpreting an event
 * stream. GDataInputStream does not serve: it waits for the byte after a lone
 * CR and has no limit for a line.
 */
struct _BksSseReader
{
  BksFraming  framing;
  gsize       max_line;
  gsize       max_event;

  GBytes     *input;    /* what was pushed, read up to offset */
  gsize       offset;
  gsize       lf;       /* the first LF in it that is not before offset, or its size */
  gboolean    ended;

  GString    *line;     /* what earlier pieces held of the line that is not complete */
  gboolean    after_cr; /* an LF that comes next belongs to that CR */
  gboolean    begun;    /* a byte order mark can no longer come */

  GString    *name;
  GString    *data;
  gboolean    has_data;
  gboolean    delivered; /* name and data are lent out until the next call */
};

/**
 * bks_sse_reader_new:
 * @framing: how the stream is framed
 * @max_line: bytes of a line
 * @max_event: bytes of an event's data
 *
 * Returns: (transfer full): a reader at the start of a stream
 */
BksSseReader *
bks_sse_reader_new (BksFraming framing,
                    gint64     max_line,
                    gint64     max_event)
{
  BksSseReader *self = g_new0 (BksSseReader, 1);

  self->framing = framing;
  self->max_line = (gsize) max_line;
  self->max_event = (gsize) max_event;
  self->line = g_string_new (NULL);
  self->name = g_string_new (NULL);
  self->data = g_string_new (NULL);
  return self;
}

/**
 * bks_sse_reader_free:
 * @self: (transfer full): a reader
 */
void
bks_sse_reader_free (BksSseReader *self)
{
  g_clear_pointer (&self->input, g_bytes_unref);
  g_string_free (self->line, TRUE);
  g_string_free (self->name, TRUE);
  g_string_free (self->data, TRUE);
  g_free (self);
}

/* Looked for once a line and not once a CR, so that no stream is read twice over. */
static void
find_lf (BksSseReader *self)
{
  gsize size;
  const char *bytes = g_bytes_get_data (self->input, &size);
  const char *lf = self->offset < size ? memchr (bytes + self->offset, '\n', size - self->offset) : NULL;

  self->lf = lf != NULL ? (gsize) (lf - bytes) : size;
}

/**
 * bks_sse_reader_push:
 * @self: a reader whose bks_sse_reader_next() has nothing more
 * @bytes: what arrived
 */
void
bks_sse_reader_push (BksSseReader *self,
                     GBytes       *bytes)
{
  g_return_if_fail (self != NULL && bytes != NULL && !self->ended);
  g_return_if_fail (self->input == NULL);

  self->input = g_bytes_ref (bytes);
  self->offset = 0;
  find_lf (self);
}

/**
 * bks_sse_reader_end:
 * @self: a reader whose bks_sse_reader_next() has nothing more
 *
 * Says that the stream ended. A line or event that is not complete is
 * delivered too, marked so: servers forget the last empty line.
 */
void
bks_sse_reader_end (BksSseReader *self)
{
  g_return_if_fail (self != NULL);

  self->ended = TRUE;
}

static gboolean
too_large (GError    **error,
           const char  *what,
           gsize        limit)
{
  g_set_error (error, BKS_ERROR, BKS_ERROR_MALFORMED,
               "The stream holds %s of more than %" G_GSIZE_FORMAT " KiB", what, limit / 1024);
  return FALSE;
}

static gboolean
append_data (BksSseReader  *self,
             const char    *value,
             gsize          length,
             GError       **error)
{
  if (self->data->len + length + 1 > self->max_event)
    return too_large (error, "an event", self->max_event);
  if (self->has_data)
    g_string_append_c (self->data, '\n');
  g_string_append_len (self->data, value, (gssize) length);
  self->has_data = TRUE;
  return TRUE;
}

/* One field; id, retry and what nobody knows are ignored. */
static gboolean
take_field (BksSseReader  *self,
            const char    *line,
            gsize          length,
            GError       **error)
{
  const char *colon = memchr (line, ':', length);
  gsize name = colon != NULL ? (gsize) (colon - line) : length;
  gsize start = colon != NULL ? name + 1 : name;

  if (start < length && line[start] == ' ')
    start++;
  if (name == 4 && memcmp (line, "data", 4) == 0)
    return append_data (self, line + start, length - start, error);
  if (name == 5 && memcmp (line, "event", 5) == 0)
    {
      g_string_truncate (self->name, 0);
      g_string_append_len (self->name, line + start, (gssize) (length - start));
    }
  return TRUE;
}

/* Takes a line that is complete. @dispatch: whether it completes an event. */
static gboolean
take_line (BksSseReader  *self,
           const char    *line,
           gsize          length,
           gboolean      *dispatch,
           GError       **error)
{
  gboolean ok = TRUE;

  *dispatch = FALSE;
  if (!self->begun && length >= 3 && memcmp (line, "\xef\xbb\xbf", 3) == 0)
    {
      line += 3;
      length -= 3;
    }
  self->begun = TRUE;

  if (self->framing == BKS_FRAMING_NDJSON)
    {
      if (length > 0)
        ok = append_data (self, line, length, error);
      *dispatch = self->has_data;
    }
  else if (length == 0)
    {
      *dispatch = self->has_data;
      if (!self->has_data)
        g_string_truncate (self->name, 0);
    }
  else
    ok = take_field (self, line, length, error);
  return ok;
}

/* The line whose first bytes earlier pieces held. */
static gboolean
take_held_line (BksSseReader  *self,
                gboolean      *dispatch,
                GError       **error)
{
  gboolean ok = take_line (self, self->line->str, self->line->len, dispatch, error);

  g_string_truncate (self->line, 0);
  return ok;
}

/* Where the line that begins at @start ends, or the size of the piece. */
static gsize
find_line_end (BksSseReader *self,
               const char   *bytes,
               gsize         start)
{
  const char *cr = memchr (bytes + start, '\r', self->lf - start);

  return cr != NULL ? (gsize) (cr - bytes) : self->lf;
}

/*
 * Reads up to the end of the next line and takes it, without a copy where it
 * lies in one piece. Returns %FALSE at the end of the piece.
 */
static gboolean
step (BksSseReader  *self,
      gboolean      *dispatch,
      GError       **error)
{
  gsize size;
  const char *bytes = g_bytes_get_data (self->input, &size);
  gsize start = self->offset, end;

  if (start == size)
    return FALSE;
  if (self->after_cr && bytes[start] == '\n')
    {
      self->offset = ++start;
      find_lf (self);
    }
  self->after_cr = FALSE;

  end = find_line_end (self, bytes, start);
  if (self->line->len + (end - start) > self->max_line)
    return too_large (error, "a line", self->max_line);
  if (end == size || self->line->len > 0)
    g_string_append_len (self->line, bytes + start, (gssize) (end - start));
  self->offset = end;
  if (end == size)
    return FALSE;

  self->after_cr = bytes[end] == '\r';
  self->offset = end + 1;
  if (end == self->lf)
    find_lf (self);
  return self->line->len > 0 ? take_held_line (self, dispatch, error)
                             : take_line (self, bytes + start, end - start, dispatch, error);
}

static void
make_valid (GString *text)
{
  g_autofree char *valid = NULL;

  if (g_utf8_validate_len (text->str, text->len, NULL))
    return;
  valid = g_utf8_make_valid (text->str, (gssize) text->len);
  g_string_assign (text, valid);
}

static void
deliver (BksSseReader *self,
         BksSseEvent  *event,
         gboolean      whole)
{
  make_valid (self->data);
  make_valid (self->name);
  event->name = self->name->len > 0 ? self->name->str : NULL;
  event->data = self->data->str;
  event->length = self->data->len;
  event->whole = whole;
  self->delivered = TRUE;
}

static void
reclaim (BksSseReader *self)
{
  if (!self->delivered)
    return;
  g_string_truncate (self->name, 0);
  g_string_truncate (self->data, 0);
  self->has_data = FALSE;
  self->delivered = FALSE;
}

static gboolean
next_at_end (BksSseReader  *self,
             BksSseEvent   *event,
             GError       **error)
{
  gboolean dispatch;

  if (self->line->len > 0 && !take_held_line (self, &dispatch, error))
    return FALSE;
  if (!self->has_data)
    return FALSE;
  deliver (self, event, FALSE);
  return TRUE;
}

/**
 * bks_sse_reader_next:
 * @self: a reader
 * @event: (out): the next event, lent until the next call
 * @error: return location
 *
 * Returns: %FALSE if there is none, with %BKS_ERROR_MALFORMED set if one is over the limits
 */
gboolean
bks_sse_reader_next (BksSseReader  *self,
                     BksSseEvent   *event,
                     GError       **error)
{
  g_return_val_if_fail (self != NULL && event != NULL, FALSE);

  reclaim (self);
  while (self->input != NULL)
    {
      g_autoptr(GError) local = NULL;
      gboolean dispatch = FALSE;

      if (!step (self, &dispatch, &local))
        {
          if (local == NULL)
            {
              g_clear_pointer (&self->input, g_bytes_unref);
              continue;
            }
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      if (dispatch)
        {
          deliver (self, event, TRUE);
          return TRUE;
        }
    }
  return self->ended && next_at_end (self, event, error);
}
