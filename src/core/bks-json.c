/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-core"

#include "config.h"

#include <math.h>
#include <string.h>

#include "bks-error.h"
#include "bks-json.h"

/**
 * bks_json_parse:
 * @data: JSON text
 * @length: its length in bytes, -1 if it ends with a NUL
 * @error: return location
 *
 * Reads one strict JSON document. Always by the mutable parser: json-glib's
 * immutable one aborts the process on two concatenated objects.
 *
 * Returns: (transfer full): its root, or %NULL with %BKS_ERROR_MALFORMED
 */
JsonNode *
bks_json_parse (const char  *data,
                gssize       length,
                GError     **error)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(GError) local = NULL;
  JsonNode *root;

  g_return_val_if_fail (data != NULL || length == 0, NULL);

  json_parser_set_strict (parser, TRUE);
  if (!json_parser_load_from_data (parser, data != NULL ? data : "", length, &local))
    {
      /* The message of json-glib quotes the text; the place is enough. */
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_MALFORMED, "The text is not valid JSON");
      return NULL;
    }
  root = json_parser_steal_root (parser);
  if (root == NULL)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_MALFORMED, "The JSON text is empty");
  return root;
}

/**
 * bks_json_parse_object:
 * @data: JSON text
 * @length: its length in bytes, -1 if it ends with a NUL
 * @error: return location
 *
 * Returns: (transfer full): the object at its root, or %NULL with %BKS_ERROR_MALFORMED
 */
JsonObject *
bks_json_parse_object (const char  *data,
                       gssize       length,
                       GError     **error)
{
  g_autoptr(JsonNode) root = bks_json_parse (data, length, error);

  if (root == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_MALFORMED, "The JSON text is not an object");
      return NULL;
    }
  return json_node_dup_object (root);
}

/* No message of ours nests deeper, and the parser recurses on what it reads. */
#define UNTRUSTED_DEPTH 32

/* Nor does any hold the escape of NUL, at which a C string would end. */
static gboolean
is_tame (const char *data,
         gsize       length)
{
  gboolean in_string = FALSE;
  guint depth = 0;

  for (gsize i = 0; i < length; i++)
    {
      if (in_string && data[i] == '\\')
        {
          if (length - i >= 6 && memcmp (data + i, "\\u0000", 6) == 0)
            return FALSE;
          i++;
        }
      else if (data[i] == '"')
        in_string = !in_string;
      else if (!in_string && (data[i] == '{' || data[i] == '['))
        depth++;
      else if (!in_string && (data[i] == '}' || data[i] == ']') && depth > 0)
        depth--;
      if (depth > UNTRUSTED_DEPTH)
        return FALSE;
    }
  return TRUE;
}

static void
count_member_cb (JsonParser *parser,
                 JsonObject *object,
                 const char *name,
                 guint      *count)
{
  (*count)++;
}

static guint
count_members (JsonNode *node)
{
  g_autoptr(GList) children = NULL;
  guint count = 0;

  if (JSON_NODE_HOLDS_OBJECT (node))
    {
      count = json_object_get_size (json_node_get_object (node));
      children = json_object_get_values (json_node_get_object (node));
    }
  else if (JSON_NODE_HOLDS_ARRAY (node))
    children = json_array_get_elements (json_node_get_array (node));
  for (GList *l = children; l != NULL; l = l->next)
    count += count_members (l->data);
  return count;
}

/**
 * bks_json_parse_untrusted:
 * @data: JSON text that anybody may have sent
 * @length: its length in bytes, -1 if it ends with a NUL
 * @error: return location
 *
 * As bks_json_parse_object(), and refuses what two readers could understand
 * in two ways: a member given twice, a NUL, escaped or not, a byte order mark.
 * Nesting beyond 32 is refused before anything recurses on it.
 *
 * Returns: (transfer full): the object, or %NULL with %BKS_ERROR_MALFORMED
 */
JsonObject *
bks_json_parse_untrusted (const char  *data,
                          gssize       length,
                          GError     **error)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  JsonNode *root = NULL;
  gsize size;
  guint count = 0;

  g_return_val_if_fail (data != NULL || length == 0, NULL);

  size = length < 0 ? strlen (data) : (gsize) length;
  json_parser_set_strict (parser, TRUE);
  g_signal_connect (parser, "object-member", G_CALLBACK (count_member_cb), &count);
  if (size > 0 && (guchar) *data < 0x80 && memchr (data, '\0', size) == NULL && is_tame (data, size) &&
      json_parser_load_from_data (parser, data, (gssize) size, NULL))
    root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_MALFORMED, "The text is not a JSON object");
      return NULL;
    }
  /* A repeated member replaces the earlier one: fewer are left than were read. */
  if (count_members (root) != count)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_MALFORMED, "The JSON text names a member twice");
      return NULL;
    }
  return json_node_dup_object (root);
}

/**
 * bks_json_get:
 * @object: (nullable): an object
 * @member: a member's name
 *
 * Returns: (transfer none) (nullable): the member, %NULL where it is absent or null
 */
JsonNode *
bks_json_get (JsonObject *object,
              const char *member)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;

  return node == NULL || JSON_NODE_HOLDS_NULL (node) ? NULL : node;
}

/**
 * bks_json_get_string:
 * @object: (nullable): an object
 * @member: a member's name
 *
 * Returns: (transfer none) (nullable): the text; %NULL where the member is anything else
 */
const char *
bks_json_get_string (JsonObject *object,
                     const char *member)
{
  JsonNode *node = bks_json_get (object, member);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

/**
 * bks_json_get_int:
 * @object: (nullable): an object
 * @member: a member's name
 * @value: (out): a whole number
 *
 * Accepts 12, 12.0 and "12": servers write counts in all three ways.
 *
 * Returns: %FALSE, @value untouched, where the member is no whole number that
 *   64 bits hold (json-glib saturates larger ones silently)
 */
gboolean
bks_json_get_int (JsonObject *object,
                  const char *member,
                  gint64     *value)
{
  JsonNode *node = bks_json_get (object, member);
  gint64 number;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return g_ascii_string_to_signed (json_node_get_string (node), 10, G_MININT64 + 1, G_MAXINT64 - 1, value, NULL);
  if (json_node_get_value_type (node) == G_TYPE_DOUBLE)
    {
      double real = json_node_get_double (node);

      if (!isfinite (real) || fabs (real) > 9007199254740992.0 || real != floor (real))
        return FALSE;
      *value = (gint64) real;
      return TRUE;
    }
  if (json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  number = json_node_get_int (node);
  if (number == G_MAXINT64 || number == G_MININT64)
    return FALSE;
  *value = number;
  return TRUE;
}

/**
 * bks_json_get_boolean:
 * @object: (nullable): an object
 * @member: a member's name
 * @value: (out): the truth value
 *
 * Returns: %FALSE, @value untouched, where the member is not true or false
 */
gboolean
bks_json_get_boolean (JsonObject *object,
                      const char *member,
                      gboolean   *value)
{
  JsonNode *node = bks_json_get (object, member);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return FALSE;
  *value = json_node_get_boolean (node);
  return TRUE;
}

/**
 * bks_json_get_money:
 * @object: (nullable): an object
 * @member: a member's name
 * @value: (out): the amount
 *
 * Accepts a number and a decimal string of US dollars.
 *
 * Returns: %FALSE, @value untouched, where the member is no amount
 */
gboolean
bks_json_get_money (JsonObject *object,
                    const char *member,
                    BksMoney   *value)
{
  JsonNode *node = bks_json_get (object, member);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return bks_money_parse (json_node_get_string (node), value, NULL);
  if (json_node_get_value_type (node) != G_TYPE_INT64 && json_node_get_value_type (node) != G_TYPE_DOUBLE)
    return FALSE;
  return bks_money_from_double (json_node_get_double (node), value);
}

/**
 * bks_json_get_object:
 * @object: (nullable): an object
 * @member: a member's name
 *
 * Returns: (transfer none) (nullable): the inner object; %NULL where the member is anything else
 */
JsonObject *
bks_json_get_object (JsonObject *object,
                     const char *member)
{
  JsonNode *node = bks_json_get (object, member);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/**
 * bks_json_get_array:
 * @object: (nullable): an object
 * @member: a member's name
 *
 * Returns: (transfer none) (nullable): the array; %NULL where the member is anything else
 */
JsonArray *
bks_json_get_array (JsonObject *object,
                    const char *member)
{
  JsonNode *node = bks_json_get (object, member);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

/**
 * bks_json_array_object:
 * @array: (nullable): an array
 * @index: which element
 *
 * Returns: (transfer none) (nullable): the object there; %NULL where there is none
 */
JsonObject *
bks_json_array_object (JsonArray *array,
                       guint      index)
{
  JsonNode *node;

  if (array == NULL || index >= json_array_get_length (array))
    return NULL;
  node = json_array_get_element (array, index);
  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/**
 * bks_json_to_string:
 * @node: any node
 *
 * Returns: (transfer full): it as compact JSON on one line
 */
char *
bks_json_to_string (JsonNode *node)
{
  return json_to_string (node, FALSE);
}

/**
 * bks_json_builder_end:
 * @builder: a finished builder
 *
 * Returns: (transfer full): what was built, as compact JSON on one line
 */
char *
bks_json_builder_end (JsonBuilder *builder)
{
  g_autoptr(JsonNode) root = json_builder_get_root (builder);

  return json_to_string (root, FALSE);
}

/**
 * bks_json_add_string:
 * @builder: where, within an object
 * @member: its name
 * @value: (nullable): %NULL for null
 */
void
bks_json_add_string (JsonBuilder *builder,
                     const char  *member,
                     const char  *value)
{
  json_builder_set_member_name (builder, member);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

/**
 * bks_json_add_int:
 * @builder: where, within an object
 * @member: its name
 * @value: a number
 */
void
bks_json_add_int (JsonBuilder *builder,
                  const char  *member,
                  gint64       value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_int_value (builder, value);
}

/**
 * bks_json_add_count:
 * @builder: where, within an object
 * @member: its name
 * @value: a count, null where it is negative, and so unknown
 */
void
bks_json_add_count (JsonBuilder *builder,
                    const char  *member,
                    gint64       value)
{
  json_builder_set_member_name (builder, member);
  if (value >= 0)
    json_builder_add_int_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

/**
 * bks_json_add_double:
 * @builder: where, within an object
 * @member: its name
 * @value: a number
 */
void
bks_json_add_double (JsonBuilder *builder,
                     const char  *member,
                     double       value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_double_value (builder, value);
}

/**
 * bks_json_add_boolean:
 * @builder: where, within an object
 * @member: its name
 * @value: a truth value
 */
void
bks_json_add_boolean (JsonBuilder *builder,
                      const char  *member,
                      gboolean     value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_boolean_value (builder, value);
}

/**
 * bks_json_add_money:
 * @builder: where, within an object
 * @member: its name
 * @value: an amount, written as a decimal string; null where it is unknown
 */
void
bks_json_add_money (JsonBuilder *builder,
                    const char  *member,
                    BksMoney     value)
{
  g_autofree char *text = value != BKS_MONEY_UNKNOWN ? bks_money_format (value) : NULL;

  bks_json_add_string (builder, member, text);
}

/**
 * bks_json_begin_array:
 * @builder: where, within an object
 * @member: its name
 *
 * Begins a member that is a list; json_builder_end_array() ends it.
 */
void
bks_json_begin_array (JsonBuilder *builder,
                      const char  *member)
{
  json_builder_set_member_name (builder, member);
  json_builder_begin_array (builder);
}

/**
 * bks_json_begin_object:
 * @builder: where, within an object
 * @member: its name
 *
 * Begins a member that is an object; json_builder_end_object() ends it.
 */
void
bks_json_begin_object (JsonBuilder *builder,
                       const char  *member)
{
  json_builder_set_member_name (builder, member);
  json_builder_begin_object (builder);
}
