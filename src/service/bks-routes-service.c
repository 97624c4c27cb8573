/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include "bks-json.h"
#include "bks-service-resources.h"

#include "bks-request-private.h"
#include "bks-service-private.h"

/* Says that it lives and nothing else: anybody may ask. */
static gboolean
get_health (BksRequest  *request,
            GError     **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new_immutable ();

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "status", "ok");
  json_builder_end_object (builder);
  bks_request_reply (request, SOUP_STATUS_OK, builder);
  return TRUE;
}

static gboolean
get_openapi (BksRequest  *request,
             GError     **error)
{
  g_autoptr(GBytes) document = g_resource_lookup_data (bks_service_get_resource (),
                                                       "/com/humanizer/BookStudio/service/openapi.json",
                                                       G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  bks_request_reply_bytes (request, "application/json", document);
  return TRUE;
}

const BksRoute bks_routes_service[] = {
  { .method = "GET", .pattern = "/health", .control = TRUE, .handle = get_health },
  { .method = "GET", .pattern = "/api/openapi.json", .role = BKS_ROLE_READER, .handle = get_openapi },
  { 0 }
};
