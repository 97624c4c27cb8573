/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "router-fixture.h"

#include "bks-environment-key.h"

#define KEY "sk-test-0123456789abcdef0123456789"

static void
test_presets (Fixture       *self,
              gconstpointer  data)
{
  g_autoptr(GPtrArray) infos = bks_test_await_boxed (bks_router_list_providers (self->router));
  gboolean seen_ollama = FALSE, seen_openai = FALSE;

  g_assert_cmpuint (infos->len, >=, 6);
  for (guint i = 0; i < infos->len; i++)
    {
      const BksProviderInfo *info = g_ptr_array_index (infos, i);

      g_assert_true (info->preset);
      g_assert_nonnull (info->origin);
      /* Only what runs here is free, and needs no key. */
      g_assert_cmpint (info->free, ==, info->local);
      if (!g_str_equal (info->id, "groq")) /* see main() */
        g_assert_cmpint (info->key_state, ==, info->local ? BKS_KEY_NOT_NEEDED : BKS_KEY_MISSING);
      seen_ollama |= g_str_equal (info->id, "ollama") && g_str_equal (info->origin, "http://127.0.0.1:11434");
      seen_openai |= g_str_equal (info->id, "openai") && g_str_equal (info->origin, "https://api.openai.com:443") &&
                     info->key_url != NULL;
    }
  g_assert_true (seen_ollama);
  g_assert_true (seen_openai);
}

static const struct
{
  const char *protocol;
  const char *pasted;
  const char *base_url;
} addresses[] = {
  { "openai", "https://api.example.org/v1", "https://api.example.org/v1" },
  { "openai", "  https://api.example.org/v1/  ", "https://api.example.org/v1" },
  { "openai", "api.example.org", "https://api.example.org/v1" },
  { "openai", "https://api.example.org", "https://api.example.org/v1" },
  { "openai", "https://api.example.org/v1/chat/completions", "https://api.example.org/v1" },
  { "openai", "https://api.example.org/v1/models", "https://api.example.org/v1" },
  { "openai", "HTTPS://API.Example.org:443//v1//", "https://api.example.org/v1" },
  { "openai", "localhost:1234", "http://localhost:1234/v1" },
  { "openai", "192.168.1.7:8000/v1", "http://192.168.1.7:8000/v1" },
  { "ollama", "http://127.0.0.1:11434/api/chat", "http://127.0.0.1:11434" },
  { "ollama", "127.0.0.1:11434/v1", "http://127.0.0.1:11434" },
  { "ollama", "[::1]:11434", "http://[::1]:11434" },
};

static void
test_addresses (Fixture       *self,
                gconstpointer  data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autoptr(BksProviderInfo) info = NULL;
      g_autoptr(BksProviderInfo) again = NULL;

      g_test_message ("%s", addresses[i].pasted);
      info = fixture_add (self, "mine", addresses[i].protocol, addresses[i].pasted);
      g_assert_cmpstr (info->base_url, ==, addresses[i].base_url);
      again = fixture_get (self, "mine");
      g_assert_cmpstr (again->base_url, ==, addresses[i].base_url);
      g_assert_false (again->preset);
      bks_test_await_ok (bks_router_remove_provider (self->router, "mine"));
      bks_test_await_error (bks_router_get_provider (self->router, "mine"), BKS_ERROR_NOT_FOUND);
    }
}

static void
test_bad_addresses (Fixture       *self,
                    gconstpointer  data)
{
  static const char *const bad[] = {
    "", " ", "ftp://example.org", "https://", "https://user:secret@example.org", "https://example.org/v1?key=abc",
    "https://example.org/#x", "two words", "https://exa mple.org", "https://example.org:0", "https://example.org:99999",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_test_message ("%s", bad[i]);
      bks_test_await_error (bks_router_add_provider (self->router, "mine", "openai", bad[i]), BKS_ERROR_INVALID_ARGUMENT);
      bks_test_await_error (bks_router_set_base_url (self->router, "openai", bad[i]), BKS_ERROR_INVALID_ARGUMENT);
    }
  bks_test_await_error (bks_router_add_provider (self->router, "mine", "gopher", "https://example.org"),
                        BKS_ERROR_INVALID_ARGUMENT);
  bks_test_await_error (bks_router_get_provider (self->router, "mine"), BKS_ERROR_NOT_FOUND);
}

static void
test_ids (Fixture       *self,
          gconstpointer  data)
{
  static const char *const bad[] = {
    "", " ", "1st", "…", "with:colon", "with/slash", "a\nb", "\xff", "a23456789012345678901234567890123456789012",
  };
  static const char *const names[][2] = {
    { "My Server", "my-server" }, { "  LM Studio 2! ", "lm-studio-2" }, { "Ünïted", "united" }, { "a-1_b", "a-1_b" },
  };
  g_autoptr(BksProviderInfo) info = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    bks_test_await_error (bks_router_add_provider (self->router, bad[i], "openai", "https://example.org"),
                          BKS_ERROR_INVALID_ARGUMENT);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *name = g_strstrip (g_strdup (names[i][0]));

      g_clear_pointer (&info, bks_provider_info_unref);
      info = fixture_add (self, names[i][0], "openai", "https://example.org");
      g_assert_cmpstr (info->id, ==, names[i][1]);
      g_assert_cmpstr (info->name, ==, name);
    }
  bks_test_await_error (bks_router_add_provider (self->router, "a-1_b", "openai", "https://other.org"), BKS_ERROR_EXISTS);
  bks_test_await_error (bks_router_add_provider (self->router, "openai", "openai", "https://other.org"), BKS_ERROR_EXISTS);
  bks_test_await_error (bks_router_set_base_url (self->router, "nobody", "https://other.org"), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_router_remove_provider (self->router, "nobody"), BKS_ERROR_NOT_FOUND);
  bks_test_await_error (bks_router_remove_provider (self->router, "openai"), BKS_ERROR_NOT_FOUND);
}

/* A preset keeps its place and gets its own address back. */
static void
test_preset_address (Fixture       *self,
                     gconstpointer  data)
{
  g_autoptr(GPtrArray) before = bks_test_await_boxed (bks_router_list_providers (self->router));
  g_autoptr(GPtrArray) after = NULL;
  g_autoptr(BksProviderInfo) changed = NULL;
  g_autoptr(BksProviderInfo) reset = NULL;

  changed = bks_test_await_boxed (bks_router_set_base_url (self->router, "ollama", "https://models.example.org"));
  g_assert_cmpstr (changed->base_url, ==, "https://models.example.org");
  g_assert_false (changed->local);
  g_assert_false (changed->free); /* somebody's service */
  g_assert_cmpint (changed->key_state, ==, BKS_KEY_MISSING);
  g_assert_cmpint (bks_router_price (self->router, "ollama", "some-model", 1000, 10), ==, BKS_MONEY_UNKNOWN);
  after = bks_test_await_boxed (bks_router_list_providers (self->router));
  g_assert_cmpuint (after->len, ==, before->len);
  for (guint i = 0; i < after->len; i++)
    g_assert_cmpstr (((BksProviderInfo *) g_ptr_array_index (after, i))->id, ==,
                     ((BksProviderInfo *) g_ptr_array_index (before, i))->id);

  fixture_set_key (self, "ollama", KEY);
  bks_test_await_ok (bks_router_remove_provider (self->router, "ollama"));
  reset = fixture_get (self, "ollama");
  g_assert_true (reset->local && reset->free);
  g_assert_cmpint (bks_router_price (self->router, "ollama", "some-model", 1000, 10), ==, 0);
  g_assert_cmpint (bks_router_price (self->router, "ollama", "some-model:120b-cloud", 1000, 10), ==, BKS_MONEY_UNKNOWN);
  g_assert_cmpint (bks_router_price (self->router, "ollama", "some-model:cloud", 1000, 10), ==, BKS_MONEY_UNKNOWN);
  /* The key went with the address. */
  bks_test_await_ok (bks_router_set_base_url (self->router, "ollama", "https://models.example.org"));
  g_assert_cmpint (fixture_get_key_state (self, "ollama"), ==, BKS_KEY_MISSING);
}

static void
test_keys (Fixture       *self,
           gconstpointer  data)
{
  g_autofree char *stored = NULL;
  g_autoptr(GError) error = NULL;

  fixture_set_key (self, "openai", "  " KEY "\n");
  g_assert_cmpint (fixture_get_key_state (self, "openai"), ==, BKS_KEY_STORED);
  stored = bks_test_await_string (bks_secret_store_lookup (self->secrets, "provider", "openai",
                                                           "https://api.openai.com:443"));
  g_assert_cmpstr (stored, ==, KEY);
  g_assert_true (g_value_get_boolean (bks_test_await (bks_router_remove_key (self->router, "openai"), &error)));
  g_assert_cmpint (fixture_get_key_state (self, "openai"), ==, BKS_KEY_MISSING);
  g_assert_false (g_value_get_boolean (bks_test_await (bks_router_remove_key (self->router, "openai"), &error)));
  g_assert_no_error (error);
  bks_test_await_error (bks_router_test_provider (self->router, "openai", NULL), BKS_ERROR_NO_KEY);
  bks_test_await_error (bks_router_set_key (self->router, "nobody", KEY), BKS_ERROR_NOT_FOUND);
}

static void
test_bad_keys (Fixture       *self,
               gconstpointer  data)
{
  g_autofree char *huge = g_strnfill (10000, 'k');
  const char *bad[] = { "", "   ", "two words", "line\nbreak", "tab\tinside", "kéy", "\x7f" "abc", "\xff\xfe", huge };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (bks_test_await (bks_router_set_key (self->router, "openai", bad[i]), &error));
      g_assert_error (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT);
      /* What was pasted may be a key with something around it. */
      g_assert_true (strlen (bad[i]) < 3 || g_str_equal (bad[i], "   ") || strstr (error->message, bad[i]) == NULL);
    }
  g_assert_cmpint (fixture_get_key_state (self, "openai"), ==, BKS_KEY_MISSING);
}

static void
test_origin (Fixture       *self,
             gconstpointer  data)
{
  fixture_set_key (self, "openai", KEY);
  bks_test_await_ok (bks_router_set_base_url (self->router, "openai", "https://evil.example.org/v1"));
  g_assert_cmpint (fixture_get_key_state (self, "openai"), ==, BKS_KEY_MISSING);
  /* Another port, another scheme: another origin. */
  bks_test_await_ok (bks_router_set_base_url (self->router, "openai", "https://api.openai.com:8443/v1"));
  g_assert_cmpint (fixture_get_key_state (self, "openai"), ==, BKS_KEY_MISSING);
  bks_test_await_ok (bks_router_set_base_url (self->router, "openai", "https://api.openai.com/other"));
  g_assert_cmpint (fixture_get_key_state (self, "openai"), ==, BKS_KEY_STORED);

  bks_test_await_ok (bks_router_set_base_url (self->router, "openai", "http://api.openai.com/v1"));
  bks_test_await_error (bks_router_set_key (self->router, "openai", KEY), BKS_ERROR_INVALID_ARGUMENT);
  bks_test_await_ok (bks_router_set_base_url (self->router, "openai", "http://localhost:9999/v1"));
  fixture_set_key (self, "openai", KEY);
  g_assert_cmpint (fixture_get_key_state (self, "openai"), ==, BKS_KEY_STORED);
}

static void
test_keyring_states (Fixture       *self,
                     gconstpointer  data)
{
  BksMemorySecretStore *keyring = BKS_MEMORY_SECRET_STORE (self->secrets);
  g_autoptr(BksProviderInfo) mine = fixture_add (self, "mine", "openai", "https://example.org");

  g_assert_cmpint (fixture_get_key_state (self, "mine"), ==, BKS_KEY_MISSING);
  fixture_set_key (self, "mine", KEY);
  bks_memory_secret_store_set_state (keyring, BKS_SECRET_LOCKED);
  g_assert_cmpint (fixture_get_key_state (self, "mine"), ==, BKS_KEY_KEYRING_LOCKED);
  bks_test_await_error (bks_router_set_key (self->router, "mine", KEY), BKS_ERROR_KEYRING_LOCKED);
  bks_test_await_error (bks_router_remove_key (self->router, "mine"), BKS_ERROR_KEYRING_LOCKED);
  bks_test_await_error (bks_router_test_provider (self->router, "mine", NULL), BKS_ERROR_KEYRING_LOCKED);
  /* Nothing happens by halves: the provider goes with its key or not at all. */
  bks_test_await_error (bks_router_remove_provider (self->router, "mine"), BKS_ERROR_KEYRING_LOCKED);
  bks_memory_secret_store_set_state (keyring, BKS_SECRET_READY);
  g_assert_cmpint (fixture_get_key_state (self, "mine"), ==, BKS_KEY_STORED);

  bks_memory_secret_store_set_state (keyring, BKS_SECRET_ABSENT);
  g_assert_cmpint (fixture_get_key_state (self, "mine"), ==, BKS_KEY_KEYRING_ABSENT);
  g_assert_cmpint (fixture_get_key_state (self, "ollama"), ==, BKS_KEY_NOT_NEEDED);
  bks_test_await_error (bks_router_set_key (self->router, "mine", KEY), BKS_ERROR_KEYRING_ABSENT);
  bks_test_await_error (bks_router_test_provider (self->router, "mine", NULL), BKS_ERROR_KEYRING_ABSENT);
  bks_test_await_ok (bks_router_remove_provider (self->router, "mine"));
}

/* The variables were taken at the program's start, in main(). */
static void
test_environment (Fixture       *self,
                  gconstpointer  data)
{
  g_assert_null (g_getenv ("BOOK_STUDIO_KEY_GROQ"));
  g_assert_cmpint (fixture_get_key_state (self, "groq"), ==, BKS_KEY_ENVIRONMENT);
  bks_test_await_ok (bks_router_set_base_url (self->router, "groq", "https://elsewhere.example.org/v1"));
  g_assert_cmpint (fixture_get_key_state (self, "groq"), ==, BKS_KEY_MISSING);
  bks_test_await_ok (bks_router_set_base_url (self->router, "groq", "http://192.168.7.7/v1"));
  g_assert_cmpint (fixture_get_key_state (self, "groq"), !=, BKS_KEY_ENVIRONMENT);
  bks_test_await_ok (bks_router_set_base_url (self->router, "groq", "http://127.0.0.1:9/v1"));
  g_assert_cmpint (fixture_get_key_state (self, "groq"), ==, BKS_KEY_ENVIRONMENT);
  /* The environment's comes before the keyring's state. */
  bks_memory_secret_store_set_state (BKS_MEMORY_SECRET_STORE (self->secrets), BKS_SECRET_ABSENT);
  g_assert_cmpint (fixture_get_key_state (self, "groq"), ==, BKS_KEY_ENVIRONMENT);
  /* Somebody's own provider has no address but the one that was typed. */
  g_assert_cmpint (fixture_get_key_state (self, "openai"), ==, BKS_KEY_KEYRING_ABSENT);
}

static void
test_environment_added (Fixture       *self,
                        gconstpointer  data)
{
  g_autoptr(BksProviderInfo) far = fixture_add (self, "far-one", "openai", "https://example.org");
  g_autoptr(BksProviderInfo) near = fixture_add (self, "near", "openai", "http://localhost:1");

  g_assert_cmpint (far->key_state, ==, BKS_KEY_MISSING);
  g_assert_cmpint (near->key_state, ==, BKS_KEY_ENVIRONMENT);
}

static void
test_roles (Fixture       *self,
            gconstpointer  data)
{
  g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func ((GDestroyNotify) bks_target_free);
  g_autoptr(GPtrArray) read = NULL;
  g_autoptr(GPtrArray) rest = NULL;
  g_autoptr(BksProviderInfo) mine = fixture_add (self, "mine", "openai", "https://example.org");

  g_ptr_array_add (targets, bks_target_new ("mine", "vendor/model:free"));
  g_ptr_array_add (targets, bks_target_new ("ollama", "llama3.2:3b"));
  bks_test_await_ok (bks_router_set_role (self->router, "draft", targets));
  bks_test_await_error (bks_router_set_role (self->router, "drafts", targets), BKS_ERROR_INVALID_ARGUMENT);
  read = bks_test_await_boxed (bks_router_get_role (self->router, "draft"));
  g_assert_cmpuint (read->len, ==, 2);
  g_assert_cmpstr (((BksTarget *) g_ptr_array_index (read, 0))->model, ==, "vendor/model:free");
  bks_test_await_ok (bks_router_remove_provider (self->router, "mine"));
  rest = bks_test_await_boxed (bks_router_get_role (self->router, "draft"));
  g_assert_cmpuint (rest->len, ==, 1);
  g_assert_cmpstr (((BksTarget *) g_ptr_array_index (rest, 0))->provider, ==, "ollama");
}

static void
count_cb (BksRouter *router,
          guint     *count)
{
  (*count)++;
}

static void
test_signals (Fixture       *self,
              gconstpointer  data)
{
  g_autoptr(BksProviderInfo) mine = NULL;
  guint count = 0;
  gulong handler = g_signal_connect (self->router, "providers-changed", G_CALLBACK (count_cb), &count);

  mine = fixture_add (self, "mine", "openai", "https://example.org");
  g_assert_cmpuint (count, ==, 1);
  fixture_set_key (self, "mine", KEY);
  g_assert_cmpuint (count, ==, 2);
  bks_test_await_ok (bks_router_remove_key (self->router, "mine"));
  g_assert_cmpuint (count, ==, 3);
  bks_test_await_ok (bks_router_remove_provider (self->router, "mine"));
  g_assert_cmpuint (count, ==, 4);
  bks_test_await_error (bks_router_set_key (self->router, "mine", KEY), BKS_ERROR_NOT_FOUND);
  g_assert_cmpuint (count, ==, 4);
  g_signal_handler_disconnect (self->router, handler);
}

int
main (int    argc,
      char **argv)
{
  g_setenv ("BOOK_STUDIO_KEY_GROQ", KEY, TRUE);
  g_setenv ("BOOK_STUDIO_KEY_FAR_ONE", KEY, TRUE);
  g_setenv ("BOOK_STUDIO_KEY_NEAR", KEY, TRUE);
  bks_environment_keys_take ();
  g_test_init (&argc, &argv, NULL);
  dex_init ();
#define ADD(path, func) g_test_add ("/router/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("providers/presets", test_presets);
  ADD ("providers/addresses", test_addresses);
  ADD ("providers/bad-addresses", test_bad_addresses);
  ADD ("providers/ids", test_ids);
  ADD ("providers/preset-address", test_preset_address);
  ADD ("providers/signals", test_signals);
  ADD ("keys/stored", test_keys);
  ADD ("keys/bad", test_bad_keys);
  ADD ("keys/origin", test_origin);
  ADD ("keys/keyring-states", test_keyring_states);
  ADD ("keys/environment", test_environment);
  ADD ("keys/environment-added", test_environment_added);
  ADD ("roles", test_roles);
#undef ADD
  return g_test_run ();
}
