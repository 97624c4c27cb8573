/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include <string.h>

#include "bks-error.h"
#include "bks-json.h"
#include "bks-redact.h"

#include "bks-problem-private.h"
#include "bks-request-private.h"
#include "bks-service-private.h"

#define NAME_BYTES 64

static G_DEFINE_QUARK (bks-request, bks_request)

static void
bks_request_free (gpointer data)
{
  BksRequest *self = data;

  g_hash_table_unref (self->params);
  g_hash_table_unref (self->query);
  g_clear_pointer (&self->body, json_object_unref);
  g_clear_pointer (&self->claims, bks_jwt_claims_free);
  g_clear_pointer (&self->device, bks_device_unref);
  g_free (self);
}

/*
 * bks_request_new:
 *
 * Returns: (transfer none): the request, which lives as long as @message
 */
BksRequest *
bks_request_new (BksService        *service,
                 SoupServerMessage *message)
{
  BksRequest *self = g_new0 (BksRequest, 1);

  self->service = service;
  self->message = message;
  self->params = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->query = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_object_set_qdata_full (G_OBJECT (message), bks_request_quark (), self, bks_request_free);
  return self;
}

BksRequest *
bks_request_get (SoupServerMessage *message)
{
  return g_object_get_qdata (G_OBJECT (message), bks_request_quark ());
}

static gboolean
refuse (GError     **error,
        const char  *format,
        const char  *name)
{
  g_autofree char *shown = bks_redact (name, NAME_BYTES);
  g_autoptr(GString) text = g_string_new (format);

  g_string_replace (text, "%s", shown, 1);
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, text->str);
  return FALSE;
}

static gboolean
is_listed (const char *const *list,
           const char        *name)
{
  return list != NULL && g_strv_contains (list, name);
}

/*
 * bks_request_read_query:
 *
 * Only what the route knows, each once: a token that somebody put there is
 * refused like any other stranger.
 */
gboolean
bks_request_read_query (BksRequest  *self,
                        GError     **error)
{
  const char *query = g_uri_get_query (soup_server_message_get_uri (self->message));
  GUriParamsIter iter;
  char *name, *value;
  g_autoptr(GError) local = NULL;

  if (query == NULL)
    return TRUE;
  g_uri_params_iter_init (&iter, query, -1, "&", G_URI_PARAMS_WWW_FORM);
  while (g_uri_params_iter_next (&iter, &name, &value, &local))
    {
      g_autofree char *owned_name = name;
      gboolean again = g_hash_table_contains (self->query, name);

      g_hash_table_insert (self->query, g_strdup (name), value);
      if (!is_listed (self->route->query, name))
        return refuse (error, "There is no query parameter “%s” here.", name);
      if (again)
        return refuse (error, "The query parameter “%s” is given twice.", name);
    }
  return local == NULL || refuse (error, "The query cannot be read.", "");
}

static gboolean
check_members (BksRequest  *self,
               GError     **error)
{
  g_autoptr(GList) names = json_object_get_members (self->body);

  for (GList *l = names; l != NULL; l = l->next)
    if (!is_listed (self->route->members, l->data))
      return refuse (error, "There is no field “%s” here.", l->data);
  return TRUE;
}

/*
 * bks_request_read_body:
 *
 * One JSON object with no other fields than the route knows; no body is an
 * empty one.
 */
gboolean
bks_request_read_body (BksRequest  *self,
                       GError     **error)
{
  SoupMessageBody *body = soup_server_message_get_request_body (self->message);
  g_autoptr(GBytes) bytes = NULL;

  if (self->route->members == NULL)
    return TRUE;
  if (body->length == 0)
    {
      self->body = json_object_new ();
      return TRUE;
    }
  bytes = soup_message_body_flatten (body);
  self->body = bks_json_parse_untrusted (g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), error);
  return self->body != NULL && check_members (self, error);
}

const char *
bks_request_get_header (BksRequest *self,
                        const char *name)
{
  return soup_message_headers_get_one (soup_server_message_get_request_headers (self->message), name);
}

const char *
bks_request_get_param (BksRequest *self,
                       const char *name)
{
  return g_hash_table_lookup (self->params, name);
}

/*
 * bks_request_get_text:
 *
 * Returns: (transfer full): the body's text @member, which must be there and
 *   not empty, on one line; or %NULL with %BKS_ERROR_INVALID_ARGUMENT
 */
char *
bks_request_get_text (BksRequest  *self,
                      const char  *member,
                      gsize        most_bytes,
                      GError     **error)
{
  const char *given = bks_json_get_string (self->body, member);
  g_autofree char *text = g_strdup (given);

  if (text == NULL || *g_strstrip (text) == '\0')
    {
      refuse (error, "The field “%s” must be a text that is not empty.", member);
      return NULL;
    }
  if (strlen (text) > most_bytes)
    {
      refuse (error, "The field “%s” is too long.", member);
      return NULL;
    }
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      {
        refuse (error, "The field “%s” holds control characters.", member);
        return NULL;
      }
  return g_steal_pointer (&text);
}

/*
 * bks_request_get_page:
 * @limit: (out): how many rows to answer with
 * @cursor: (out) (nullable): the last row of the page before
 *
 * A limit beyond the largest is refused rather than lowered: a page is never
 * shorter than asked for while there is more.
 */
gboolean
bks_request_get_page (BksRequest  *self,
                      guint       *limit,
                      const char **cursor,
                      GError     **error)
{
  const char *text = g_hash_table_lookup (self->query, "limit");
  guint most = bks_service_get_limits (self->service)->list_rows;
  guint64 number = most;

  if (text != NULL && !g_ascii_string_to_unsigned (text, 10, 1, most, &number, NULL))
    {
      g_set_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "“limit” must be a number from 1 to %u.", most);
      return FALSE;
    }
  *limit = (guint) number;
  *cursor = g_hash_table_lookup (self->query, "cursor");
  return TRUE;
}

/*
 * bks_request_matches_etag:
 * @etag: with its quotes
 *
 * Returns: whether the client says by If-None-Match that it has this version
 */
gboolean
bks_request_matches_etag (BksRequest *self,
                          const char *etag)
{
  const char *known = soup_message_headers_get_list (soup_server_message_get_request_headers (self->message),
                                                     "If-None-Match");
  GSList *list;
  gboolean found = FALSE;

  if (known == NULL)
    return FALSE;
  list = soup_header_parse_list (known);
  for (GSList *l = list; l != NULL && !found; l = l->next)
    {
      const char *item = l->data;

      found = g_str_equal (item, "*") || g_str_equal (g_str_has_prefix (item, "W/") ? item + 2 : item, etag);
    }
  soup_header_free_list (list);
  return found;
}

void
bks_request_set_header (BksRequest *self,
                        const char *name,
                        const char *value)
{
  if (!self->ended)
    soup_message_headers_replace (soup_server_message_get_response_headers (self->message), name, value);
}

void
bks_request_reply (BksRequest  *self,
                   guint        status,
                   JsonBuilder *builder)
{
  char *text = bks_json_builder_end (builder);
  g_autoptr(GBytes) bytes = g_bytes_new_take (text, strlen (text));

  bks_request_reply_bytes (self, "application/json", bytes);
  if (!self->ended)
    soup_server_message_set_status (self->message, status, NULL);
}

void
bks_request_reply_empty (BksRequest *self,
                         guint       status)
{
  if (!self->ended)
    soup_server_message_set_status (self->message, status, NULL);
}

void
bks_request_reply_bytes (BksRequest *self,
                         const char *type,
                         GBytes     *bytes)
{
  if (self->ended)
    return;
  soup_server_message_set_status (self->message, SOUP_STATUS_OK, NULL);
  bks_request_set_header (self, "Content-Type", type);
  soup_message_body_append_bytes (soup_server_message_get_response_body (self->message), bytes);
}

void
bks_request_reply_problem (BksRequest *self,
                           guint       status,
                           const char *code,
                           const char *detail)
{
  if (!self->ended)
    bks_problem_set (self->message, status, code, detail);
}

void
bks_request_reply_error (BksRequest   *self,
                         const GError *error)
{
  if (!self->ended)
    bks_problem_set_for_error (self->message, error);
}
