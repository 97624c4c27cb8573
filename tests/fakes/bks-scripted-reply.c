/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-fakes"

#include "config.h"

#include <string.h>

#include "bks-error.h"
#include "bks-json.h"
#include "bks-scripted-reply.h"

static void
step_free (gpointer data)
{
  BksReplyStep *step = data;

  g_clear_pointer (&step->bytes, g_bytes_unref);
  g_free (step);
}

/**
 * bks_reply_new:
 * @status: the HTTP status; 0: the steps are sent raw
 * @content_type: (nullable): the type of the body
 *
 * Returns: (transfer full): a reply with an empty body, chunked
 */
BksReply *
bks_reply_new (guint       status,
               const char *content_type)
{
  BksReply *self = g_new0 (BksReply, 1);

  self->status = status;
  self->headers = g_ptr_array_new_with_free_func (g_free);
  self->steps = g_ptr_array_new_with_free_func (step_free);
  if (content_type != NULL)
    bks_reply_add_header (self, "Content-Type", content_type);
  return self;
}

/**
 * bks_reply_new_json:
 * @status: the HTTP status
 * @json: the body
 *
 * Returns: (transfer full): a reply of known length
 */
BksReply *
bks_reply_new_json (guint       status,
                    const char *json)
{
  BksReply *self = bks_reply_new (status, "application/json");

  self->framing = BKS_REPLY_CONTENT_LENGTH;
  bks_reply_add_text (self, json);
  return self;
}

/**
 * bks_reply_free:
 * @self: (transfer full): a reply
 */
void
bks_reply_free (BksReply *self)
{
  g_free (self->path);
  g_ptr_array_unref (self->headers);
  g_ptr_array_unref (self->steps);
  g_free (self);
}

/**
 * bks_reply_add_header:
 * @self: a reply
 * @name: a header's name
 * @value: its value
 */
void
bks_reply_add_header (BksReply   *self,
                      const char *name,
                      const char *value)
{
  g_ptr_array_add (self->headers, g_strdup_printf ("%s: %s", name, value));
}

/**
 * bks_reply_add_step:
 * @self: a reply
 * @kind: what to do next
 */
void
bks_reply_add_step (BksReply         *self,
                    BksReplyStepKind  kind)
{
  BksReplyStep *step = g_new0 (BksReplyStep, 1);

  step->kind = kind;
  g_ptr_array_add (self->steps, step);
}

static BksReplyStep *
get_last (BksReply *self)
{
  return g_ptr_array_index (self->steps, self->steps->len - 1);
}

/**
 * bks_reply_add_bytes:
 * @self: a reply
 * @bytes: the next piece of the body
 */
void
bks_reply_add_bytes (BksReply *self,
                     GBytes   *bytes)
{
  bks_reply_add_step (self, BKS_REPLY_STEP_BYTES);
  get_last (self)->bytes = g_bytes_ref (bytes);
}

/**
 * bks_reply_add_text:
 * @self: a reply
 * @text: the next piece of the body
 */
void
bks_reply_add_text (BksReply   *self,
                    const char *text)
{
  g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));

  bks_reply_add_bytes (self, bytes);
}

/**
 * bks_reply_add_split:
 * @self: a reply
 * @text: the next part of the body
 * @size: sent in pieces of so many bytes
 */
void
bks_reply_add_split (BksReply   *self,
                     const char *text,
                     gsize       size)
{
  gsize length = strlen (text);

  g_return_if_fail (size > 0);

  for (gsize i = 0; i < length; i += size)
    {
      g_autoptr(GBytes) bytes = g_bytes_new (text + i, MIN (size, length - i));

      bks_reply_add_bytes (self, bytes);
    }
}

/**
 * bks_reply_add_event:
 * @self: a reply
 * @data: the data of a server-sent event
 */
void
bks_reply_add_event (BksReply   *self,
                     const char *data)
{
  g_autofree char *text = g_strdup_printf ("data: %s\n\n", data);

  bks_reply_add_text (self, text);
}

/**
 * bks_reply_add_delay:
 * @self: a reply
 * @ms: how long to wait before the next step
 */
void
bks_reply_add_delay (BksReply *self,
                     guint     ms)
{
  bks_reply_add_step (self, BKS_REPLY_STEP_DELAY);
  get_last (self)->ms = ms;
}

/**
 * bks_reply_add_flood:
 * @self: a reply
 * @text: sent again and again until the client closes
 */
void
bks_reply_add_flood (BksReply   *self,
                     const char *text)
{
  bks_reply_add_step (self, BKS_REPLY_STEP_FLOOD);
  get_last (self)->bytes = g_bytes_new (text, strlen (text));
}

static gboolean
read_step (BksReply    *self,
           JsonObject  *object,
           GError     **error)
{
  const char *base64 = bks_json_get_string (object, "base64");
  gboolean yes;
  gint64 ms;

  if (bks_json_get_string (object, "text") != NULL)
    bks_reply_add_text (self, bks_json_get_string (object, "text"));
  else if (bks_json_get_string (object, "event") != NULL)
    bks_reply_add_event (self, bks_json_get_string (object, "event"));
  else if (bks_json_get_string (object, "flood") != NULL)
    bks_reply_add_flood (self, bks_json_get_string (object, "flood"));
  else if (bks_json_get_int (object, "delay_ms", &ms) && ms >= 0 && ms <= G_MAXINT)
    bks_reply_add_delay (self, (guint) ms);
  else if (bks_json_get_boolean (object, "stall", &yes))
    bks_reply_add_step (self, BKS_REPLY_STEP_STALL);
  else if (bks_json_get_boolean (object, "cut", &yes))
    bks_reply_add_step (self, BKS_REPLY_STEP_CUT);
  else if (bks_json_get_boolean (object, "reset", &yes))
    bks_reply_add_step (self, BKS_REPLY_STEP_RESET);
  else if (base64 != NULL)
    {
      gsize length;
      g_autofree guchar *decoded = g_base64_decode (base64, &length);
      g_autoptr(GBytes) bytes = g_bytes_new (decoded, length);

      bks_reply_add_bytes (self, bytes);
    }
  else
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_INPUT,
                           "A step has none of text, event, flood, base64, delay_ms, stall, cut, reset");
      return FALSE;
    }
  return TRUE;
}

static void
read_framing (BksReply   *self,
              const char *text)
{
  if (g_strcmp0 (text, "length") == 0)
    self->framing = BKS_REPLY_CONTENT_LENGTH;
  else if (g_strcmp0 (text, "close") == 0)
    self->framing = BKS_REPLY_UNTIL_CLOSE;
}

static void
read_headers (BksReply   *self,
              JsonObject *headers)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  if (headers == NULL)
    return;
  json_object_iter_init (&iter, headers);
  while (json_object_iter_next (&iter, &name, &value))
    if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
      bks_reply_add_header (self, name, json_node_get_string (value));
}

/**
 * bks_reply_new_script:
 * @object: a reply as a script writes it: "path", "status" (200), "type",
 *   "headers", "framing" ("chunked", "length" or "close"), and "json" (a whole
 *   body) or "steps", an array of objects with one of "text", "event",
 *   "base64", "flood", "delay_ms", "stall", "cut", "reset"
 * @error: return location
 *
 * Returns: (transfer full): the reply, or %NULL with %BKS_ERROR_INVALID_INPUT
 */
BksReply *
bks_reply_new_script (JsonObject  *object,
                      GError     **error)
{
  const char *type = bks_json_get_string (object, "type");
  JsonNode *json = bks_json_get (object, "json");
  JsonArray *steps = bks_json_get_array (object, "steps");
  gint64 status = 200;
  g_autoptr(BksReply) self = NULL;

  bks_json_get_int (object, "status", &status);
  if (json != NULL)
    {
      g_autofree char *text = bks_json_to_string (json);

      self = bks_reply_new_json ((guint) status, text);
    }
  else
    self = bks_reply_new ((guint) status, type != NULL ? type : "text/event-stream");
  self->path = g_strdup (bks_json_get_string (object, "path"));
  read_framing (self, bks_json_get_string (object, "framing"));
  read_headers (self, bks_json_get_object (object, "headers"));
  for (guint i = 0; steps != NULL && i < json_array_get_length (steps); i++)
    if (!read_step (self, bks_json_array_object (steps, i), error))
      return NULL;
  return g_steal_pointer (&self);
}
