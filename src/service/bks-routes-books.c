/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-json.h"

#include "bks-request-private.h"
#include "bks-service-private.h"

static gboolean
not_found (GError **error)
{
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no such book or chapter to see");
  return FALSE;
}

/* Other roles see what was shared with them, and nothing has been. */
static gboolean
sees_all_books (BksRequest *request)
{
  return bks_role_from_name (request->device->role) == BKS_ROLE_OWNER;
}

static int
compare_newest_first (gconstpointer a,
                      gconstpointer b)
{
  return -g_strcmp0 (bks_book_get_id (*(BksBook *const *) a), bks_book_get_id (*(BksBook *const *) b));
}

/* By id, which never changes, so that paging neither repeats nor skips. */
static GPtrArray *
collect_books (BksRequest *request)
{
  GListModel *model = bks_studio_get_books (bks_service_get_studio (request->service));
  GPtrArray *books = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; sees_all_books (request) && i < g_list_model_get_n_items (model); i++)
    g_ptr_array_add (books, g_list_model_get_item (model, i));
  g_ptr_array_sort (books, compare_newest_first);
  return books;
}

static void
add_book (JsonBuilder *builder,
          BksBook     *book)
{
  json_builder_begin_object (builder);
  bks_json_add_string (builder, "id", bks_book_get_id (book));
  bks_json_add_string (builder, "title", bks_book_get_title (book));
  bks_json_add_string (builder, "author", bks_book_get_author (book));
  bks_json_add_string (builder, "language", bks_book_get_language (book));
  bks_json_add_int (builder, "words", bks_book_get_words (book));
  bks_json_add_int (builder, "created_at", bks_book_get_created_at (book));
  bks_json_add_int (builder, "updated_at", bks_book_get_updated_at (book));
  bks_json_add_boolean (builder, "local_only", bks_book_get_local_only (book));
  json_builder_end_object (builder);
}

static void
add_page (JsonBuilder *builder,
          GPtrArray   *books,
          guint        limit,
          const char  *cursor)
{
  const char *next = NULL;
  guint count = 0;

  bks_json_begin_array (builder, "books");
  for (guint i = 0; i < books->len && next == NULL; i++)
    {
      BksBook *book = books->pdata[i];

      if (cursor != NULL && strcmp (bks_book_get_id (book), cursor) >= 0)
        continue;
      add_book (builder, book);
      if (++count == limit && i + 1 < books->len)
        next = bks_book_get_id (book);
    }
  json_builder_end_array (builder);
  bks_json_add_string (builder, "next_cursor", next);
}

static gboolean
list_books (BksRequest  *request,
            GError     **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new_immutable ();
  g_autoptr(GPtrArray) books = NULL;
  const char *cursor;
  guint limit;

  if (!bks_request_get_page (request, &limit, &cursor, error))
    return FALSE;
  if (cursor != NULL && !bks_id_is_valid (cursor))
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "“cursor” must be a “next_cursor” of the page before.");
      return FALSE;
    }
  if (!dex_await (bks_studio_refresh_books (bks_service_get_studio (request->service)), error))
    return FALSE;

  books = collect_books (request);
  json_builder_begin_object (builder);
  add_page (builder, books, limit, cursor);
  json_builder_end_object (builder);
  bks_request_reply (request, SOUP_STATUS_OK, builder);
  return TRUE;
}

/* A whole id: prefixes are for people who type. */
static BksBook *
find_book (BksRequest  *request,
           GError     **error)
{
  const char *id = bks_request_get_param (request, "book");

  if (!sees_all_books (request) || !bks_id_is_valid (id))
    {
      not_found (error);
      return NULL;
    }
  return dex_await_object (bks_studio_find_book (bks_service_get_studio (request->service), id), error);
}

static gboolean
get_book (BksRequest  *request,
          GError     **error)
{
  g_autoptr(BksBook) book = find_book (request, error);
  g_autoptr(JsonBuilder) builder = json_builder_new_immutable ();

  if (book == NULL)
    return FALSE;
  add_book (builder, book);
  bks_request_reply (request, SOUP_STATUS_OK, builder);
  return TRUE;
}

static BksBookSession *
open_book (BksRequest  *request,
           GError     **error)
{
  g_autoptr(BksBook) book = find_book (request, error);

  if (book == NULL)
    return NULL;
  return dex_await_object (bks_studio_open_book (bks_service_get_studio (request->service), bks_book_get_id (book), FALSE),
                           error);
}

static void
add_node_facts (JsonBuilder *builder,
                BksNode     *node)
{
  bks_json_add_string (builder, "id", bks_node_get_id (node));
  bks_json_add_string (builder, "parent_id", bks_node_get_parent_id (node));
  bks_json_add_string (builder, "kind", bks_node_kind_to_string (bks_node_get_kind (node)));
  bks_json_add_string (builder, "title", bks_node_get_title (node));
  bks_json_add_string (builder, "status", bks_node_status_to_string (bks_node_get_status (node)));
  bks_json_add_string (builder, "synopsis", bks_node_get_synopsis (node));
  bks_json_add_int (builder, "target_words", bks_node_get_target_words (node));
  bks_json_add_int (builder, "words", bks_node_get_words (node));
  bks_json_add_int (builder, "revision", bks_node_get_revision (node));
}

static void
begin_node (JsonBuilder *builder,
            BksNode     *node)
{
  json_builder_begin_object (builder);
  add_node_facts (builder, node);
  bks_json_add_int (builder, "total_words", bks_node_get_total_words (node));
  bks_json_begin_array (builder, "children");
}

static void
end_node (JsonBuilder *builder)
{
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

/* Nodes come each after its parent: those that are open form a stack. */
static void
add_tree (JsonBuilder *builder,
          GPtrArray   *nodes)
{
  g_autoptr(GPtrArray) open = g_ptr_array_new ();

  for (guint i = 0; i < nodes->len; i++)
    {
      BksNode *node = nodes->pdata[i];
      const char *parent = bks_node_get_parent_id (node);

      while (open->len > 0 && g_strcmp0 (bks_node_get_id (open->pdata[open->len - 1]), parent) != 0)
        {
          end_node (builder);
          g_ptr_array_set_size (open, (int) open->len - 1);
        }
      begin_node (builder, node);
      g_ptr_array_add (open, node);
    }
  for (guint i = 0; i < open->len; i++)
    end_node (builder);
}

static gboolean
list_chapters (BksRequest  *request,
               GError     **error)
{
  g_autoptr(BksBookSession) session = open_book (request, error);
  g_autoptr(JsonBuilder) builder = json_builder_new_immutable ();
  g_autoptr(GPtrArray) nodes = NULL;

  if (session == NULL)
    return FALSE;
  nodes = bks_book_session_list_nodes (session);
  json_builder_begin_object (builder);
  bks_json_begin_array (builder, "chapters");
  add_tree (builder, nodes);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  bks_request_reply (request, SOUP_STATUS_OK, builder);
  return TRUE;
}

/* Of all that is answered and can change without a new revision: a title, say. The text itself may be ahead of the
 * saved revision while its editor is open. */
static char *
make_etag (BksNode    *node,
           const char *text)
{
  g_autofree char *all = g_strdup_printf ("%s\n%s\n%s\n%" G_GINT64_FORMAT "\n%s\n%s",
                                          bks_node_get_parent_id (node) != NULL ? bks_node_get_parent_id (node) : "",
                                          bks_node_get_title (node),
                                          bks_node_status_to_string (bks_node_get_status (node)),
                                          bks_node_get_target_words (node), bks_node_get_synopsis (node), text);
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, all, -1);

  return g_strdup_printf ("\"%" G_GINT64_FORMAT "-%.16s\"", bks_node_get_revision (node), sum);
}

static void
reply_with_chapter (BksRequest *request,
                    BksNode    *node,
                    const char *text)
{
  g_autoptr(JsonBuilder) builder = json_builder_new_immutable ();

  json_builder_begin_object (builder);
  add_node_facts (builder, node);
  bks_json_add_string (builder, "text", text);
  json_builder_end_object (builder);
  bks_request_reply (request, SOUP_STATUS_OK, builder);
}

static gboolean
get_chapter (BksRequest  *request,
             GError     **error)
{
  g_autoptr(BksBookSession) session = open_book (request, error);
  g_autoptr(BksNode) node = NULL;
  g_autofree char *text = NULL;
  g_autofree char *etag = NULL;

  if (session == NULL)
    return FALSE;
  g_set_object (&node, bks_book_session_get_node (session, bks_request_get_param (request, "chapter")));
  if (node == NULL)
    return not_found (error);
  text = dex_await_string (bks_book_session_read_text (session, bks_node_get_id (node)), error);
  if (text == NULL)
    return FALSE;

  etag = make_etag (node, text);
  bks_request_set_header (request, "ETag", etag);
  if (bks_request_matches_etag (request, etag))
    bks_request_reply_empty (request, SOUP_STATUS_NOT_MODIFIED);
  else
    reply_with_chapter (request, node, text);
  return TRUE;
}

static const char *const page_query[] = { "limit", "cursor", NULL };

const BksRoute bks_routes_books[] = {
  { .method = "GET", .pattern = "/api/books", .role = BKS_ROLE_READER, .query = page_query, .handle = list_books },
  { .method = "GET", .pattern = "/api/books/{book}", .role = BKS_ROLE_READER, .handle = get_book },
  { .method = "GET", .pattern = "/api/books/{book}/chapters", .role = BKS_ROLE_READER, .handle = list_chapters },
  { .method = "GET", .pattern = "/api/books/{book}/chapters/{chapter}", .role = BKS_ROLE_READER, .handle = get_chapter },
  { 0 }
};
