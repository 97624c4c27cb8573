/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "bks-async.h"
#include "bks-error.h"
#include "bks-json.h"

static void
assert_malformed (GError *error)
{
  g_assert_error (error, BKS_ERROR, BKS_ERROR_MALFORMED);
  g_assert_null (strstr (error->message, "needle")); /* the text may be private */
}

static void
test_refused (void)
{
  static const char *const bad[] = {
    "", "  ", "\n", "{\"a\":1}{\"b\":2}", "{\"a\":1} x", "{'a':1}", "{\"a\":1,}", "[1,2", "{\"a\":\"\\ud83c\"}",
    "{\"a\":\"\\udf0d\"}", "nul", "{\"needle\"}", "/* c */ {}", "{} // c", "{\"a\":\"\xff\"}", "{\"a\":\"x\ny\"}",
    "{\"a\":\"x\ty\"}", "{\"a\" 1}", "{\"a\":}", "{a:1}", "data: {}", "<html>needle</html>", "var a = {}", "{\"a\":NaN}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_test_message ("%s", bad[i]);
      g_assert_null (bks_json_parse (bad[i], -1, &error));
      assert_malformed (error);
    }
}

static void
test_root (void)
{
  g_autoptr(JsonNode) array = bks_json_parse ("[1]", -1, NULL);
  g_autoptr(JsonNode) part = bks_json_parse ("[1]garbage", 3, NULL);
  g_autoptr(GError) error = NULL;

  g_assert_true (JSON_NODE_HOLDS_ARRAY (array));
  g_assert_true (JSON_NODE_HOLDS_ARRAY (part));
  g_assert_null (bks_json_parse_object ("[1]", -1, &error));
  assert_malformed (error);
  g_assert_null (bks_json_parse (NULL, 0, NULL));
}

static char *
nest (guint depth)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < depth; i++)
    g_string_append (text, "{\"a\":[");
  for (guint i = 0; i < depth; i++)
    g_string_append (text, "]}");
  return g_string_free (text, FALSE);
}

/* On the stack of a fiber, where answers are read. */
static DexFuture *
parse_deep_fiber (gpointer data)
{
  static const guint depths[] = { 1, 16, 17, 512, 600, 100000 };

  for (guint i = 0; i < G_N_ELEMENTS (depths); i++)
    {
      g_autofree char *text = nest (depths[i]);
      g_autoptr(JsonNode) root = bks_json_parse (text, -1, NULL);
      g_autoptr(JsonObject) untrusted = bks_json_parse_untrusted (text, -1, NULL);

      g_test_message ("%u", depths[i]);
      g_assert_true ((root != NULL) == (depths[i] <= 512));
      g_assert_true ((untrusted != NULL) == (depths[i] <= 16));
    }
  return dex_future_new_true ();
}

static void
test_deep (void)
{
  g_autoptr(GError) error = NULL;

  bks_wait (bks_spawn (NULL, parse_deep_fiber, NULL, NULL), &error);
  g_assert_no_error (error);
}

static JsonObject *
read_members (void)
{
  JsonObject *object = bks_json_parse_object (
    "{\"s\":\"x\",\"n\":null,\"i\":12,\"t\":\"12\",\"d\":12.0,\"f\":1.5,\"neg\":-3,\"huge\":99999999999999999999,"
    "\"low\":-99999999999999999999,\"big\":1e18,\"inf\":1e400,\"b\":true,\"m\":\"0.0000025\",\"e\":5e-06,"
    "\"zero\":0,\"word\":\"twelve\",\"space\":\" 12\",\"hex\":\"0x12\",\"half\":\"12.5\",\"long\":\"99999999999999999999\","
    "\"o\":{\"k\":1},\"a\":[{\"k\":2},3,null]}", -1, NULL);

  g_assert_nonnull (object);
  return object;
}

static void
test_string (void)
{
  static const char *const others[] = { "n", "i", "f", "b", "o", "a", "absent" };
  g_autoptr(JsonObject) object = read_members ();

  g_assert_cmpstr (bks_json_get_string (object, "s"), ==, "x");
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_null (bks_json_get_string (object, others[i]));
  g_assert_null (bks_json_get_string (NULL, "s"));
}

static void
test_int (void)
{
  static const struct { const char *member; gint64 number; } good[] = {
    { "i", 12 }, { "t", 12 }, { "d", 12 }, { "neg", -3 }, { "zero", 0 },
  };
  static const char *const bad[] = {
    "f", "huge", "low", "big", "inf", "b", "n", "s", "o", "a", "word", "space", "hex", "half", "long", "absent",
  };
  g_autoptr(JsonObject) object = read_members ();
  gint64 number;

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_assert_true (bks_json_get_int (object, good[i].member, &number));
      g_assert_cmpint (number, ==, good[i].number);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      number = -7;
      g_assert_false (bks_json_get_int (object, bad[i], &number));
      g_assert_cmpint (number, ==, -7);
    }
}

static void
test_money (void)
{
  static const char *const bad[] = { "b", "n", "s", "o", "a", "inf", "huge", "word", "space", "absent" };
  g_autoptr(JsonObject) object = read_members ();
  BksMoney money;

  g_assert_true (bks_json_get_money (object, "m", &money) && money == 2500000);
  g_assert_true (bks_json_get_money (object, "e", &money) && money == 5000000);
  g_assert_true (bks_json_get_money (object, "zero", &money) && money == 0);
  g_assert_true (bks_json_get_money (object, "i", &money) && money == 12 * BKS_MONEY_PER_DOLLAR);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      money = -7;
      g_assert_false (bks_json_get_money (object, bad[i], &money));
      g_assert_cmpint (money, ==, -7);
    }
}

static void
test_others (void)
{
  g_autoptr(JsonObject) object = read_members ();
  JsonArray *array = bks_json_get_array (object, "a");
  gboolean flag = FALSE;

  g_assert_true (bks_json_get_boolean (object, "b", &flag) && flag);
  g_assert_false (bks_json_get_boolean (object, "i", &flag));
  g_assert_false (bks_json_get_boolean (object, "s", &flag));
  g_assert_nonnull (bks_json_get_object (object, "o"));
  g_assert_null (bks_json_get_object (object, "a"));
  g_assert_null (bks_json_get_object (object, "n"));
  g_assert_null (bks_json_get_array (object, "o"));
  g_assert_nonnull (bks_json_array_object (array, 0));
  g_assert_null (bks_json_array_object (array, 1));
  g_assert_null (bks_json_array_object (array, 2));
  g_assert_null (bks_json_array_object (array, 3));
  g_assert_null (bks_json_array_object (NULL, 0));
}

static void
test_untrusted (void)
{
  static const char *const bad[] = {
    "[]", "1", "\"x\"", "null", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"o\":{\"a\":1,\"a\":1}}",
    "{\"l\":[{\"a\":1,\"a\":1}]}", "{\"a\":{\"b\":1},\"a\":2}", "\xef\xbb\xbf{}", "{\"a\":\"x\\u0000y\"}",
    "{\"a\\u0000\":1}", "", " ", "{\"a\":1}{}",
  };
  static const char *const good[] = {
    "{}", " {\"a\":1,\"b\":{\"a\":1},\"c\":[{\"a\":1},{\"a\":1}]}", "{\"a\":\"x\\\\u0000y\"}", "{\"a\":\"[[[[\\\"[[[[\"}",
    "{\"a\":\"\\u0001\\u00e9\"}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_test_message ("%s", bad[i]);
      g_assert_null (bks_json_parse_untrusted (bad[i], -1, &error));
      assert_malformed (error);
    }
  g_assert_null (bks_json_parse_untrusted ("{\"a\":\"x\0y\"}", 11, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr(JsonObject) object = bks_json_parse_untrusted (good[i], -1, NULL);

      g_test_message ("%s", good[i]);
      g_assert_nonnull (object);
    }
}

static void
test_written (void)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonObject) again = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "quote \" and line");
  json_builder_add_string_value (builder, "a\n\"b\"\\ é 🌍 \x01 </script>");
  json_builder_end_object (builder);
  text = bks_json_builder_end (builder);
  g_assert_null (strchr (text, '\n'));
  again = bks_json_parse_untrusted (text, -1, NULL);
  g_assert_cmpstr (bks_json_get_string (again, "quote \" and line"), ==, "a\n\"b\"\\ é 🌍 \x01 </script>");
}

static void
test_members (void)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  bks_json_add_string (builder, "string", "é");
  bks_json_add_string (builder, "no string", NULL);
  bks_json_add_int (builder, "int", -1);
  bks_json_add_count (builder, "count", 0);
  bks_json_add_count (builder, "no count", -1);
  bks_json_add_boolean (builder, "boolean", FALSE);
  bks_json_add_money (builder, "money", BKS_MONEY_PER_DOLLAR / 4);
  bks_json_add_money (builder, "no money", BKS_MONEY_UNKNOWN);
  bks_json_begin_array (builder, "array");
  json_builder_end_array (builder);
  bks_json_begin_object (builder, "object");
  bks_json_add_double (builder, "double", 0.5);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  text = bks_json_builder_end (builder);
  g_assert_cmpstr (text, ==,
                   "{\"string\":\"é\",\"no string\":null,\"int\":-1,\"count\":0,\"no count\":null,"
                   "\"boolean\":false,\"money\":\"0.25\",\"no money\":null,\"array\":[],\"object\":{\"double\":0.5}}");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  dex_init ();
  g_test_add_func ("/json/refused", test_refused);
  g_test_add_func ("/json/root", test_root);
  g_test_add_func ("/json/deep", test_deep);
  g_test_add_func ("/json/string", test_string);
  g_test_add_func ("/json/int", test_int);
  g_test_add_func ("/json/money", test_money);
  g_test_add_func ("/json/others", test_others);
  g_test_add_func ("/json/untrusted", test_untrusted);
  g_test_add_func ("/json/written", test_written);
  g_test_add_func ("/json/members", test_members);
  return g_test_run ();
}
