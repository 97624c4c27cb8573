/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "bks-money.h"

G_BEGIN_DECLS

JsonNode   *bks_json_parse        (const char  *data,
                                   gssize       length,
                                   GError     **error);
JsonObject *bks_json_parse_object (const char  *data,
                                   gssize       length,
                                   GError     **error);
JsonObject *bks_json_parse_untrusted (const char *data,
                                      gssize      length,
                                      GError    **error);
JsonNode   *bks_json_get          (JsonObject  *object,
                                   const char  *member);
const char *bks_json_get_string   (JsonObject  *object,
                                   const char  *member);
gboolean    bks_json_get_int      (JsonObject  *object,
                                   const char  *member,
                                   gint64      *value);
gboolean    bks_json_get_boolean  (JsonObject  *object,
                                   const char  *member,
                                   gboolean    *value);
gboolean    bks_json_get_money    (JsonObject  *object,
                                   const char  *member,
                                   BksMoney    *value);
JsonObject *bks_json_get_object   (JsonObject  *object,
                                   const char  *member);
JsonArray  *bks_json_get_array    (JsonObject  *object,
                                   const char  *member);
JsonObject *bks_json_array_object (JsonArray   *array,
                                   guint        index);
void        bks_json_add_string   (JsonBuilder *builder,
                                   const char  *member,
                                   const char  *value);
void        bks_json_add_int      (JsonBuilder *builder,
                                   const char  *member,
                                   gint64       value);
void        bks_json_add_count    (JsonBuilder *builder,
                                   const char  *member,
                                   gint64       value);
void        bks_json_add_double   (JsonBuilder *builder,
                                   const char  *member,
                                   double       value);
void        bks_json_add_boolean  (JsonBuilder *builder,
                                   const char  *member,
                                   gboolean     value);
void        bks_json_add_money    (JsonBuilder *builder,
                                   const char  *member,
                                   BksMoney     value);
void        bks_json_begin_array  (JsonBuilder *builder,
                                   const char  *member);
void        bks_json_begin_object (JsonBuilder *builder,
                                   const char  *member);
char       *bks_json_to_string    (JsonNode    *node);
char       *bks_json_builder_end  (JsonBuilder *builder);

G_END_DECLS
