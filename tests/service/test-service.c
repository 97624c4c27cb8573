/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "bks-async.h"
#include "bks-error.h"
#include "bks-id.h"
#include "bks-json.h"
#include "bks-jws-private.h"
#include "bks-jwt.h"
#include "bks-route-private.h"
#include "bks-service.h"
#include "bks-service-private.h"
#include "raw-client.h"

#define NOW_MS G_GINT64_CONSTANT (1800000000000)
#define ENOUGH_MS 5000
#define TEXT "It was a *dark* and stormy night; the rain fell in torrents.\n"

typedef struct
{
  char           *folder;
  char           *runtime;
  BksLimits      *limits;
  BksSecretStore *secrets;
  BksStudio      *studio;
  BksService     *service;
} Fixture;

typedef struct
{
  int         status;
  char       *head;
  char       *text;
  JsonObject *body;   /* NULL where it is no object */
} Answer;

static GString *logged; /* everything that any part of the program logs */

static void
answer_free (Answer *answer)
{
  g_free (answer->head);
  g_free (answer->text);
  g_clear_pointer (&answer->body, json_object_unref);
  g_free (answer);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Answer, answer_free)

static void
log_cb (const char     *domain,
        GLogLevelFlags  level,
        const char     *message,
        gpointer        data)
{
  g_string_append (logged, message);
  g_string_append_c (logged, '\n');
  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING)) != 0)
    {
      g_printerr ("%s: %s\n", domain, message);
      g_abort ();
    }
}

static gboolean
wait_for (DexFuture *future)
{
  g_autoptr(GError) error = NULL;
  gboolean ok = bks_wait (future, &error);

  g_assert_no_error (error);
  return ok;
}

static const GValue *
get_value (DexFuture *future)
{
  g_autoptr(GError) error = NULL;
  const GValue *value;

  bks_wait (dex_ref (future), &error);
  g_assert_no_error (error);
  value = dex_future_get_value (future, NULL);
  g_assert_nonnull (value);
  return value;
}

static gpointer
get_object (DexFuture *taken)
{
  g_autoptr(DexFuture) future = taken;

  return g_value_dup_object (get_value (future));
}

static char *
get_string (DexFuture *taken)
{
  g_autoptr(DexFuture) future = taken;

  return g_value_dup_string (get_value (future));
}

static BksError
get_error_code (DexFuture *future)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (bks_wait (future, &error));
  g_assert_cmpstr (g_quark_to_string (error->domain), ==, g_quark_to_string (BKS_ERROR));
  return (BksError) error->code;
}

static BksPairing *
get_pairing (Fixture *f)
{
  return bks_studio_get_pairing (f->studio);
}

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  f->folder = g_dir_make_tmp ("bks-test-XXXXXX", NULL);
  f->runtime = g_dir_make_tmp ("bks-test-XXXXXX", NULL);
  g_setenv ("XDG_RUNTIME_DIR", f->runtime, TRUE);
  f->limits = bks_limits_new ();
  g_object_unref (f->limits->clock);
  f->limits->clock = bks_clock_new_fixed (NOW_MS);
  f->secrets = bks_memory_secret_store_new (BKS_SECRET_READY);
  f->studio = bks_studio_new (f->folder, f->secrets, f->limits);
  wait_for (bks_studio_open (f->studio));
  f->service = bks_service_new (f->studio);
  wait_for (bks_service_start (f->service, "127.0.0.1:0"));
}

static void
remove_folder (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      if (g_file_test (inner, G_FILE_TEST_IS_DIR) && !g_file_test (inner, G_FILE_TEST_IS_SYMLINK))
        remove_folder (inner);
      else
        g_unlink (inner);
    }
  g_rmdir (path);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  wait_for (bks_service_stop (f->service));
  raw_run (10);
  g_assert_finalize_object (f->service);
  wait_for (bks_studio_close (f->studio));
  g_clear_object (&f->studio);
  g_clear_object (&f->secrets);
  bks_limits_unref (f->limits);
  remove_folder (f->folder);
  remove_folder (f->runtime);
  g_free (f->folder);
  g_free (f->runtime);
}

/* --- Requests --- */

static Answer *
read_answer (RawClient *client)
{
  Answer *answer = g_new0 (Answer, 1);
  const char *body;

  /* An answer to HEAD names a length but has no body. */
  if (!raw_client_wait_answer (client, ENOUGH_MS))
    g_assert_true (client->ended && g_str_has_suffix (client->received->str, "\r\n\r\n"));
  answer->status = raw_client_get_status (client);
  body = raw_client_get_body (client);
  answer->head = g_strndup (client->received->str, (gsize) (body - client->received->str));
  answer->text = g_strdup (body);
  answer->body = bks_json_parse_object (body, -1, NULL);
  return answer;
}

/* @headers: each line ended by CRLF; @body: JSON; either may be NULL */
static Answer *
call_with (Fixture    *f,
           const char *method,
           const char *path,
           const char *headers,
           const char *body)
{
  g_autoptr(RawClient) client = raw_client_new (bks_service_get_uri (f->service));
  g_autofree char *length = body != NULL ? g_strdup_printf ("Content-Length: %zu\r\n", strlen (body)) : g_strdup ("");
  g_autofree char *text = NULL;

  text = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s%s\r\n%s", method, path,
                          bks_service_get_uri (f->service) + strlen ("http://"), headers != NULL ? headers : "",
                          length, body != NULL ? body : "");
  raw_client_send (client, text, -1);
  return read_answer (client);
}

static Answer *
call (Fixture    *f,
      const char *method,
      const char *path,
      const char *token,
      const char *body)
{
  g_autofree char *headers = NULL;

  headers = g_strconcat (body != NULL ? "Content-Type: application/json\r\n" : "",
                         token != NULL ? "Authorization: Bearer " : "", token != NULL ? token : "",
                         token != NULL ? "\r\n" : "", NULL);
  return call_with (f, method, path, headers, body);
}

static Answer *
get (Fixture    *f,
     const char *path,
     const char *token)
{
  return call (f, "GET", path, token, NULL);
}

static Answer *
post (Fixture    *f,
      const char *path,
      const char *body)
{
  return call (f, "POST", path, NULL, body);
}

static void
assert_problem (Answer     *answer,
                int         status,
                const char *code)
{
  gint64 said = 0;

  if (answer->status != status)
    g_error ("%d instead of %d: %s%s", answer->status, status, answer->head, answer->text);
  g_assert_nonnull (strstr (answer->head, "application/problem+json"));
  g_assert_cmpstr (bks_json_get_string (answer->body, "code"), ==, code);
  g_assert_nonnull (bks_json_get_string (answer->body, "type"));
  g_assert_nonnull (bks_json_get_string (answer->body, "title"));
  g_assert_nonnull (bks_json_get_string (answer->body, "detail"));
  g_assert_true (bks_json_get_int (answer->body, "status", &said));
  g_assert_cmpint (said, ==, status);
  if (status == 401)
    g_assert_nonnull (strstr (answer->head, "WWW-Authenticate: Bearer\r\n"));
}

static Answer *
pair_with (Fixture    *f,
           const char *code)
{
  g_autofree char *body = g_strdup_printf ("{\"code\":\"%s\",\"device_name\":\"Ana’s phone\"}", code);

  return post (f, "/api/auth/pair", body);
}

static Answer *
pair (Fixture *f)
{
  g_autofree char *code = get_string (bks_pairing_new_code (get_pairing (f)));
  Answer *answer = pair_with (f, code);

  g_assert_cmpint (answer->status, ==, 200);
  return answer;
}

/* Good for as long as @answer. */
static const char *
token_of (Answer *answer)
{
  return bks_json_get_string (answer->body, "access_token");
}

static Answer *
refresh_with (Fixture    *f,
              const char *token)
{
  g_autofree char *body = g_strdup_printf ("{\"refresh_token\":\"%s\"}", token);

  return post (f, "/api/auth/refresh", body);
}

static const char *
refresh_of (Answer *answer)
{
  return bks_json_get_string (answer->body, "refresh_token");
}

static void
advance (Fixture *f,
         gint64   seconds)
{
  bks_clock_advance (f->limits->clock, seconds * 1000);
}

/* --- Who may --- */

static void
test_health (Fixture       *f,
             gconstpointer  data)
{
  g_autoptr(Answer) answer = get (f, "/health", NULL);
  g_autoptr(Answer) head = call (f, "HEAD", "/health", NULL, NULL);

  g_assert_cmpint (answer->status, ==, 200);
  g_assert_cmpstr (answer->text, ==, "{\"status\":\"ok\"}");
  g_assert_null (strstr (answer->head, "Server:"));
  g_assert_nonnull (strstr (answer->head, "X-Content-Type-Options: nosniff\r\n"));
  g_assert_nonnull (strstr (answer->head, "Cache-Control: no-store\r\n"));
  g_assert_cmpint (head->status, ==, 200);
  g_assert_cmpstr (head->text, ==, "");
}

static void
test_control_socket (Fixture       *f,
                     gconstpointer  data)
{
  static const struct { const char *path; int status; } cases[] = {
    { "/health", 200 }, { "/api/books", 404 }, { "/api/auth/pair", 404 }, { "/api/me", 404 }, { "/", 404 },
  };
  g_autofree char *installation = get_string (bks_pairing_get_installation (get_pairing (f)));
  g_autofree char *path = g_strdup_printf ("%s/book-studio/%s.sock", f->runtime, installation);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(RawClient) client = raw_client_new_unix (path);
      g_autofree char *text = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", cases[i].path);
      g_autoptr(Answer) answer = NULL;

      raw_client_send (client, text, -1);
      answer = read_answer (client);
      g_assert_cmpint (answer->status, ==, cases[i].status);
    }
}

typedef struct
{
  Fixture    *f;
  const char *headers;
  guint       count;
} Sweep;

static char *
fill_pattern (const char *pattern)
{
  g_autoptr(GString) path = g_string_new (pattern);

  g_string_replace (path, "{book}", "0190163d-8694-739b-aea5-966c26f8ad91", 0);
  g_string_replace (path, "{chapter}", "0190163d-8694-739b-aea5-966c26f8ad92", 0);
  return g_string_free (g_steal_pointer (&path), FALSE);
}

static void
assert_unauthorized (const BksRoute *route,
                     gpointer        data)
{
  Sweep *sweep = data;
  g_autofree char *path = fill_pattern (route->pattern);
  g_autoptr(Answer) answer = NULL;

  if (route->role == BKS_ROLE_NONE)
    return;
  answer = call_with (sweep->f, route->method, path, sweep->headers, NULL);
  assert_problem (answer, 401, "unauthorized");
  g_assert_cmpstr (bks_json_get_string (answer->body, "detail"), ==, "This needs a valid access token.");
  sweep->count++;
}

/* No route answers to anything but one good token, and all say the same. */
static void
sweep_routes (Fixture    *f,
              const char *format,
              const char *token)
{
  g_autoptr(GString) headers = g_string_new (format);
  Sweep sweep = { f, headers->str, 0 };

  g_string_replace (headers, "%s", token, 0);
  sweep.headers = headers->str;
  bks_route_visit (assert_unauthorized, &sweep);
  g_assert_cmpuint (sweep.count, ==, 7);
}

static char *
sign_as (Fixture    *f,
         BksJwt     *jwt,
         Answer     *tokens)
{
  g_autoptr(Answer) me = get (f, "/api/me", token_of (tokens));

  return bks_jwt_sign (jwt, bks_json_get_string (me->body, "user_id"), bks_json_get_string (me->body, "device_id"), "owner", "admin");
}

static void
test_no_token (Fixture       *f,
               gconstpointer  data)
{
  g_autoptr(Answer) tokens = pair (f);
  g_autofree char *installation = get_string (bks_pairing_get_installation (get_pairing (f)));
  g_autoptr(GBytes) other_key = g_bytes_new_static ("0123456789abcdef0123456789abcdef", 32);
  g_autoptr(BksJwt) forger = bks_jwt_new (other_key, installation, f->limits, NULL);
  g_autofree char *forged = sign_as (f, forger, tokens);
  g_autofree char *cut = g_strndup (token_of (tokens), strlen (token_of (tokens)) - 1);

  sweep_routes (f, "", "");
  sweep_routes (f, "Authorization: Bearer\r\n", "");
  sweep_routes (f, "Authorization: Bearer %s\r\n", forged);
  sweep_routes (f, "Authorization: Bearer %s\r\n", cut);
  sweep_routes (f, "Authorization: Bearer %s\r\n", "eyJhbGciOiJub25lIn0.e30.");
  sweep_routes (f, "Authorization: %s\r\n", token_of (tokens));
  sweep_routes (f, "Authorization: Basic %s\r\n", token_of (tokens));
  sweep_routes (f, "Authorization: Bearer %s\r\nAuthorization: Bearer %s\r\n", token_of (tokens));
  sweep_routes (f, "X-Access-Token: %s\r\nCookie: access_token=%s\r\n", token_of (tokens));
  sweep_routes (f, "Authorization: Bearer %s\r\n", refresh_of (tokens));
}

static void
test_expired (Fixture       *f,
              gconstpointer  data)
{
  g_autoptr(Answer) tokens = pair (f);
  g_autoptr(Answer) before = NULL;

  advance (f, 899);
  before = get (f, "/api/me", token_of (tokens));
  g_assert_cmpint (before->status, ==, 200);
  advance (f, 1);
  sweep_routes (f, "Authorization: Bearer %s\r\n", token_of (tokens));
}

static void
test_token_in_url (Fixture       *f,
                   gconstpointer  data)
{
  g_autoptr(Answer) tokens = pair (f);
  g_autofree char *path = g_strconcat ("/api/me?access_token=", token_of (tokens), NULL);
  g_autoptr(Answer) alone = get (f, path, NULL);
  g_autoptr(Answer) beside = get (f, path, token_of (tokens));

  assert_problem (alone, 401, "unauthorized");
  assert_problem (beside, 400, "invalid_argument");
  g_assert_null (strstr (beside->text, token_of (tokens)));
}

static void
test_signed_for_others (Fixture       *f,
                        gconstpointer  data)
{
  g_autoptr(Answer) tokens = pair (f);
  g_autoptr(Answer) me = get (f, "/api/me", token_of (tokens));
  const char *user = bks_json_get_string (me->body, "user_id");
  const char *device = bks_json_get_string (me->body, "device_id");
  g_autofree char *unknown_device = bks_jwt_sign (bks_service_get_jwt (f->service), user, "0190163d-8694-739b-aea5-966c26f8ad91", "owner", "admin");
  g_autofree char *other_user = bks_jwt_sign (bks_service_get_jwt (f->service), "somebody", device, "owner", "admin");
  g_autofree char *same = bks_jwt_sign (bks_service_get_jwt (f->service), user, device, "owner", "admin");
  g_autoptr(Answer) answer = get (f, "/api/me", same);

  sweep_routes (f, "Authorization: Bearer %s\r\n", unknown_device);
  sweep_routes (f, "Authorization: Bearer %s\r\n", other_user);
  g_assert_cmpint (answer->status, ==, 200);
  g_assert_cmpstr (bks_json_get_string (answer->body, "tier"), ==, "free"); /* the row's, not the token's */
}

/* As another process that changes the library. */
static void
run_sql (Fixture    *f,
         const char *sql)
{
  g_autofree char *path = g_build_filename (f->folder, "library.db", NULL);
  char *message = NULL;
  sqlite3 *database;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  sqlite3_busy_timeout (database, 2000);
  if (sqlite3_exec (database, sql, NULL, NULL, &message) != SQLITE_OK)
    g_error ("%s: %s", sql, message);
  g_assert_cmpint (sqlite3_changes (database), >, 0);
  sqlite3_close (database);
}

static void
test_revoked (Fixture       *f,
              gconstpointer  data)
{
  g_autoptr(Answer) tokens = pair (f);
  g_autoptr(Answer) other = pair (f);
  g_autoptr(Answer) refreshed = NULL;
  g_autoptr(Answer) still = NULL;

  wait_for (bks_pairing_revoke (get_pairing (f), bks_json_get_string (tokens->body, "device_id")));
  sweep_routes (f, "Authorization: Bearer %s\r\n", token_of (tokens));
  refreshed = refresh_with (f, refresh_of (tokens));
  assert_problem (refreshed, 401, "unauthorized");
  still = get (f, "/api/me", token_of (other));
  g_assert_cmpint (still->status, ==, 200);
}

static void
test_revoked_elsewhere (Fixture       *f,
                        gconstpointer  data)
{
  g_autoptr(Answer) tokens = pair (f);
  g_autoptr(Answer) before = get (f, "/api/me", token_of (tokens));

  g_assert_cmpint (before->status, ==, 200);
  run_sql (f, "UPDATE devices SET revoked = 1");
  sweep_routes (f, "Authorization: Bearer %s\r\n", token_of (tokens));
}

static void
test_sessions_ended (Fixture       *f,
                     gconstpointer  data)
{
  g_autoptr(Answer) tokens = pair (f);
  g_autoptr(Answer) again = NULL;
  g_autofree char *fresh = NULL;

  run_sql (f, "UPDATE devices SET min_iat = 1800000001");
  sweep_routes (f, "Authorization: Bearer %s\r\n", token_of (tokens));
  advance (f, 1);
  again = refresh_with (f, refresh_of (tokens));
  g_assert_cmpint (again->status, ==, 200);
  {
    g_autoptr(Answer) me = get (f, "/api/me", token_of (again));

    g_assert_cmpint (me->status, ==, 200);
  }
}

static void
test_sign_out (Fixture       *f,
               gconstpointer  data)
{
  g_autoptr(Answer) tokens = pair (f);
  g_autoptr(Answer) odd = call (f, "POST", "/api/auth/revoke", token_of (tokens), "{\"device_id\":\"x\"}");
  g_autoptr(Answer) out = NULL;
  g_autoptr(Answer) after = NULL;

  assert_problem (odd, 400, "invalid_argument");
  out = call (f, "POST", "/api/auth/revoke", token_of (tokens), NULL);
  g_assert_cmpint (out->status, ==, 204);
  g_assert_cmpstr (out->text, ==, "");
  sweep_routes (f, "Authorization: Bearer %s\r\n", token_of (tokens));
  after = refresh_with (f, refresh_of (tokens));
  assert_problem (after, 401, "unauthorized");
}

static void
test_roles (Fixture       *f,
            gconstpointer  data)
{
  g_autoptr(BksBook) book = get_object (bks_studio_create_book (f->studio, "Emma", "Jane Austen"));
  g_autoptr(Answer) tokens = pair (f);
  g_autofree char *path = g_strconcat ("/api/books/", bks_book_get_id (book), NULL);
  g_autoptr(Answer) owner = get (f, path, token_of (tokens));
  g_autoptr(Answer) list = NULL;
  g_autoptr(Answer) reader = NULL;
  g_autoptr(Answer) stranger = NULL;

  g_assert_cmpint (owner->status, ==, 200);
  run_sql (f, "UPDATE devices SET role = 'reader'");
  list = get (f, "/api/books", token_of (tokens));
  g_assert_cmpint (list->status, ==, 200);
  g_assert_cmpuint (json_array_get_length (bks_json_get_array (list->body, "books")), ==, 0);
  reader = get (f, path, token_of (tokens));
  assert_problem (reader, 404, "not_found");

  g_assert_cmpint (bks_role_from_name ("owner"), >, bks_role_from_name ("editor"));
  g_assert_cmpint (bks_role_from_name ("editor"), >, bks_role_from_name ("commenter"));
  g_assert_cmpint (bks_role_from_name ("commenter"), >, bks_role_from_name ("reader"));
  g_assert_cmpint (bks_role_from_name ("reader"), >, bks_role_from_name ("Owner"));
  g_assert_cmpint (bks_role_from_name (NULL), ==, BKS_ROLE_NONE);
}

/* --- Pairing --- */

static void
test_pair (Fixture       *f,
           gconstpointer  data)
{
  g_autofree char *code = get_string (bks_pairing_new_code (get_pairing (f)));
  g_autoptr(Answer) tokens = pair_with (f, code);
  g_autoptr(Answer) again = pair_with (f, code);
  g_autoptr(Answer) me = get (f, "/api/me", token_of (tokens));
  gint64 expires_in = 0;

  g_assert_cmpint (tokens->status, ==, 200);
  g_assert_true (bks_json_get_int (tokens->body, "expires_in", &expires_in));
  g_assert_cmpint (expires_in, ==, 900);
  g_assert_cmpstr (bks_json_get_string (tokens->body, "role"), ==, "owner");
  g_assert_cmpstr (bks_json_get_string (tokens->body, "tier"), ==, "free");
  g_assert_nonnull (refresh_of (tokens));
  assert_problem (again, 401, "invalid_code"); /* one use */
  g_assert_cmpint (me->status, ==, 200);
  g_assert_cmpstr (bks_json_get_string (me->body, "device_name"), ==, "Ana’s phone");
  g_assert_cmpstr (bks_json_get_string (me->body, "device_id"), ==, bks_json_get_string (tokens->body, "device_id"));
}

static void
test_pair_late (Fixture       *f,
                gconstpointer  data)
{
  g_autofree char *code = get_string (bks_pairing_new_code (get_pairing (f)));
  g_autofree char *late_code = NULL;
  g_autoptr(Answer) in_time = NULL;
  g_autoptr(Answer) late = NULL;

  advance (f, 119);
  in_time = pair_with (f, code);
  g_assert_cmpint (in_time->status, ==, 200);
  late_code = get_string (bks_pairing_new_code (get_pairing (f)));
  advance (f, 120);
  late = pair_with (f, late_code);
  assert_problem (late, 401, "invalid_code");
}

/* A wrong code of the right form. */
static char *
change (const char *code)
{
  char *other = g_strdup (code);

  other[0] = other[0] == '9' ? '0' : (char) (other[0] + 1);
  return other;
}

static void
set_up_patient (Fixture       *f,
                gconstpointer  data)
{
  set_up (f, data);
  wait_for (bks_service_stop (f->service));
  g_assert_finalize_object (f->service);
  f->limits->pairing_tries_per_minute = 1000;
  f->service = bks_service_new (f->studio);
  wait_for (bks_service_start (f->service, "127.0.0.1:0"));
}

static void
try_wrong (Fixture    *f,
           const char *code,
           guint       times)
{
  g_autofree char *wrong = change (code);

  for (guint i = 0; i < times; i++)
    {
      g_autoptr(Answer) answer = pair_with (f, wrong);

      assert_problem (answer, 401, "invalid_code");
    }
}

static void
test_pair_wrong (Fixture       *f,
                 gconstpointer  data)
{
  g_autofree char *code = get_string (bks_pairing_new_code (get_pairing (f)));
  g_autofree char *next_code = NULL;
  g_autoptr(Answer) ninth = NULL;
  g_autoptr(Answer) tenth = NULL;

  try_wrong (f, code, 9);
  ninth = pair_with (f, code);
  g_assert_cmpint (ninth->status, ==, 200);
  next_code = get_string (bks_pairing_new_code (get_pairing (f)));
  try_wrong (f, next_code, 10);
  tenth = pair_with (f, next_code);
  assert_problem (tenth, 401, "invalid_code");
}

static void
test_pair_rate (Fixture       *f,
                gconstpointer  data)
{
  g_autofree char *code = get_string (bks_pairing_new_code (get_pairing (f)));
  g_autoptr(Answer) sixth = NULL;
  g_autoptr(Answer) later = NULL;

  try_wrong (f, code, 5);
  sixth = pair_with (f, code); /* right, but too soon */
  assert_problem (sixth, 429, "too_many_requests");
  g_assert_nonnull (strstr (sixth->head, "Retry-After: 13\r\n"));
  advance (f, 13);
  later = pair_with (f, code);
  g_assert_cmpint (later->status, ==, 200);
}

static void
test_bodies (Fixture       *f,
             gconstpointer  data)
{
  static const struct { const char *body; const char *code; const char *says; } cases[] = {
    { "", "invalid_argument", "code" },
    { "{}", "invalid_argument", "code" },
    { "{\"code\":\"12345678\"}", "invalid_argument", "device_name" },
    { "{\"code\":12345678,\"device_name\":\"x\"}", "invalid_argument", "code" },
    { "{\"code\":\"12345678\",\"device_name\":\"\"}", "invalid_argument", "device_name" },
    { "{\"code\":\"12345678\",\"device_name\":\"  \"}", "invalid_argument", "device_name" },
    { "{\"code\":\"12345678\",\"device_name\":\"a\\u0007b\"}", "invalid_argument", "device_name" },
    { "{\"code\":\"12345678\",\"device_name\":\"x\",\"role\":\"owner\"}", "invalid_argument", "role" },
    { "{\"code\":\"12345678\",\"device_name\":\"x\",\"device_name\":\"y\"}", "malformed", NULL },
    { "{\"code\":\"12345678\",\"device_name\":\"x\"", "malformed", NULL },
    { "{\"code\":\"12345678\",\"device_name\":\"x\"}{}", "malformed", NULL },
    { "[]", "malformed", NULL },
    { "null", "malformed", NULL },
    { "{\"code\":\"\xff\",\"device_name\":\"x\"}", "malformed", NULL },
  };
  g_autofree char *deep = g_strnfill (4000, '[');
  g_autofree char *nested = g_strdup_printf ("{\"code\":%s", deep);
  g_autofree char *name = g_strnfill (300, 'x');
  g_autofree char *long_name = g_strdup_printf ("{\"code\":\"12345678\",\"device_name\":\"%s\"}", name);
  g_autofree char *large = g_strnfill (5000, ' ');
  g_autoptr(Answer) nested_answer = post (f, "/api/auth/pair", nested);
  g_autoptr(Answer) long_answer = post (f, "/api/auth/pair", long_name);
  g_autoptr(Answer) large_answer = post (f, "/api/auth/pair", large);
  g_autoptr(Answer) form = call_with (f, "POST", "/api/auth/pair", "Content-Type: text/plain\r\n", "{}");
  g_autoptr(Answer) untyped = call_with (f, "POST", "/api/auth/pair", NULL, "{}");
  g_autoptr(Answer) unexpected = call_with (f, "GET", "/health", NULL, "{}");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(Answer) answer = post (f, "/api/auth/pair", cases[i].body);

      assert_problem (answer, 400, cases[i].code);
      if (cases[i].says != NULL)
        g_assert_nonnull (strstr (bks_json_get_string (answer->body, "detail"), cases[i].says));
    }
  assert_problem (nested_answer, 400, "malformed");
  assert_problem (long_answer, 400, "invalid_argument");
  assert_problem (large_answer, 413, "too_large");
  assert_problem (form, 415, "unsupported_media_type");
  assert_problem (untyped, 415, "unsupported_media_type");
  assert_problem (unexpected, 413, "too_large");
}

static void
test_refresh (Fixture       *f,
              gconstpointer  data)
{
  g_autoptr(Answer) first = pair (f);
  g_autoptr(Answer) second = refresh_with (f, refresh_of (first));
  g_autoptr(Answer) twin = NULL;
  g_autoptr(Answer) third = NULL;
  g_autoptr(Answer) me = NULL;
  g_autoptr(Answer) nonsense = refresh_with (f, "nonsense");

  g_assert_cmpint (second->status, ==, 200);
  g_assert_cmpstr (refresh_of (second), !=, refresh_of (first));
  g_assert_cmpstr (bks_json_get_string (second->body, "device_id"), ==, bks_json_get_string (first->body, "device_id"));
  assert_problem (nonsense, 401, "unauthorized");

  advance (f, 9); /* another tab with the same old token */
  twin = refresh_with (f, refresh_of (first));
  g_assert_cmpint (twin->status, ==, 200);
  g_assert_cmpstr (refresh_of (twin), ==, refresh_of (second));
  third = refresh_with (f, refresh_of (second));
  g_assert_cmpint (third->status, ==, 200);
  me = get (f, "/api/me", token_of (third));
  g_assert_cmpint (me->status, ==, 200);
}

static void
test_refresh_reused (Fixture       *f,
                     gconstpointer  data)
{
  g_autoptr(Answer) first = pair (f);
  g_autoptr(Answer) second = refresh_with (f, refresh_of (first));
  g_autoptr(Answer) stolen = NULL;
  g_autoptr(Answer) after = NULL;

  g_assert_cmpint (second->status, ==, 200);
  advance (f, 11);
  stolen = refresh_with (f, refresh_of (first));
  assert_problem (stolen, 401, "unauthorized");
  after = refresh_with (f, refresh_of (second)); /* whoever has it, thief or owner, pairs anew */
  assert_problem (after, 401, "unauthorized");
  sweep_routes (f, "Authorization: Bearer %s\r\n", token_of (second));
}

static void
test_refresh_late (Fixture       *f,
                   gconstpointer  data)
{
  g_autoptr(Answer) first = pair (f);
  g_autoptr(Answer) late = NULL;

  advance (f, 30 * 24 * 3600 + 1);
  late = refresh_with (f, refresh_of (first));
  assert_problem (late, 401, "unauthorized");
}

/* --- Books --- */

static BksNode *
add_chapter (BksBookSession *session,
             BksNodeKind     kind,
             const char     *title,
             const char     *parent,
             const char     *text)
{
  BksNode *node = get_object (bks_book_session_add_node (session, kind, title, parent, -1));
  g_autoptr(BksNodeSession) node_session = get_object (bks_book_session_open_node (session, bks_node_get_id (node)));

  if (text != NULL)
    wait_for (bks_node_session_set_text (node_session, text, -1));
  return node;
}

static BksNode *
add_planned_chapter (BksBookSession *session,
                     const char     *part_id)
{
  BksNode *chapter = add_chapter (session, BKS_NODE_CHAPTER, "Chapter I", part_id, TEXT);

  wait_for (bks_book_session_set_status (session, bks_node_get_id (chapter), BKS_STATUS_REVISED));
  wait_for (bks_book_session_set_plan (session, bks_node_get_id (chapter), "Emma is\nintroduced.", 4000));
  return chapter;
}

static void
test_read (Fixture       *f,
           gconstpointer  data)
{
  g_autoptr(BksBook) book = get_object (bks_studio_create_book (f->studio, "Emma", "Jane Austen"));
  g_autoptr(BksBookSession) session = get_object (bks_studio_open_book (f->studio, bks_book_get_id (book), TRUE));
  g_autoptr(BksNode) part = add_chapter (session, BKS_NODE_PART, "Volume I", NULL, NULL);
  g_autoptr(BksNode) chapter = add_planned_chapter (session, bks_node_get_id (part));
  g_autoptr(BksNode) last = add_chapter (session, BKS_NODE_CHAPTER, "The “end”", NULL, NULL);
  g_autoptr(Answer) tokens = pair (f);
  g_autofree char *base = g_strconcat ("/api/books/", bks_book_get_id (book), NULL);
  g_autofree char *tree_path = g_strconcat (base, "/chapters", NULL);
  g_autofree char *chapter_path = g_strconcat (tree_path, "/", bks_node_get_id (chapter), NULL);
  g_autoptr(Answer) one = get (f, base, token_of (tokens));
  g_autoptr(Answer) tree = get (f, tree_path, token_of (tokens));
  g_autoptr(Answer) text = get (f, chapter_path, token_of (tokens));
  JsonArray *top, *below;
  JsonObject *volume, *inner;
  gint64 words = 0, target = 0;

  g_assert_cmpint (one->status, ==, 200);
  g_assert_cmpstr (bks_json_get_string (one->body, "title"), ==, "Emma");
  g_assert_cmpstr (bks_json_get_string (one->body, "author"), ==, "Jane Austen");

  g_assert_cmpint (tree->status, ==, 200);
  top = bks_json_get_array (tree->body, "chapters");
  g_assert_cmpuint (json_array_get_length (top), ==, 3); /* a new book has one chapter */
  volume = bks_json_array_object (top, 1);
  g_assert_cmpstr (bks_json_get_string (volume, "title"), ==, "Volume I");
  g_assert_cmpstr (bks_json_get_string (volume, "kind"), ==, "part");
  below = bks_json_get_array (volume, "children");
  g_assert_cmpuint (json_array_get_length (below), ==, 1);
  inner = bks_json_array_object (below, 0);
  g_assert_cmpstr (bks_json_get_string (inner, "id"), ==, bks_node_get_id (chapter));
  g_assert_cmpstr (bks_json_get_string (inner, "parent_id"), ==, bks_node_get_id (part));
  g_assert_true (bks_json_get_int (inner, "words", &words));
  g_assert_cmpint (words, ==, 12);
  g_assert_cmpstr (bks_json_get_string (inner, "status"), ==, "revised");
  g_assert_cmpstr (bks_json_get_string (inner, "synopsis"), ==, "Emma is\nintroduced.");
  g_assert_true (bks_json_get_int (inner, "target_words", &target));
  g_assert_cmpint (target, ==, 4000);
  g_assert_cmpstr (bks_json_get_string (volume, "status"), ==, "none");
  g_assert_cmpstr (bks_json_get_string (bks_json_array_object (top, 2), "title"), ==, "The “end”");

  g_assert_cmpint (text->status, ==, 200);
  g_assert_cmpstr (bks_json_get_string (text->body, "text"), ==, TEXT);
  g_assert_cmpstr (bks_json_get_string (text->body, "title"), ==, "Chapter I");
  g_assert_cmpstr (bks_json_get_string (text->body, "status"), ==, "revised");
  wait_for (bks_book_session_close (session));
}

static char *
header_of (Answer     *answer,
           const char *name)
{
  g_autofree char *start = g_strdup_printf ("\r\n%s: ", name);
  const char *found = strstr (answer->head, start);

  return found != NULL ? g_strndup (found + strlen (start), strcspn (found + strlen (start), "\r")) : NULL;
}

static Answer *
get_if_changed (Fixture    *f,
                const char *path,
                const char *token,
                const char *etag)
{
  g_autofree char *headers = g_strdup_printf ("Authorization: Bearer %s\r\nIf-None-Match: %s\r\n", token, etag);

  return call_with (f, "GET", path, headers, NULL);
}

static void
test_etag (Fixture       *f,
           gconstpointer  data)
{
  g_autoptr(BksBook) book = get_object (bks_studio_create_book (f->studio, "Emma", ""));
  g_autoptr(BksBookSession) session = get_object (bks_studio_open_book (f->studio, bks_book_get_id (book), TRUE));
  g_autoptr(BksNode) node = add_chapter (session, BKS_NODE_CHAPTER, "One", NULL, TEXT);
  g_autoptr(BksNodeSession) writer = get_object (bks_book_session_open_node (session, bks_node_get_id (node)));
  g_autoptr(Answer) tokens = pair (f);
  g_autofree char *path = g_strdup_printf ("/api/books/%s/chapters/%s", bks_book_get_id (book), bks_node_get_id (node));
  g_autoptr(Answer) first = get (f, path, token_of (tokens));
  g_autofree char *etag = header_of (first, "ETag");
  g_autofree char *listed = g_strdup_printf ("\"other\", W/%s", etag);
  g_autoptr(Answer) same = get_if_changed (f, path, token_of (tokens), etag);
  g_autoptr(Answer) same_listed = get_if_changed (f, path, token_of (tokens), listed);
  g_autoptr(Answer) changed = NULL;
  g_autoptr(Answer) done = NULL;
  g_autofree char *new_etag = NULL;

  g_assert_nonnull (etag);
  g_assert_cmpint (same->status, ==, 304);
  g_assert_cmpstr (same->text, ==, "");
  g_assert_cmpint (same_listed->status, ==, 304);
  wait_for (bks_node_session_set_text (writer, "Changed.\n", -1));
  changed = get_if_changed (f, path, token_of (tokens), etag);
  g_assert_cmpint (changed->status, ==, 200);
  g_assert_cmpstr (bks_json_get_string (changed->body, "text"), ==, "Changed.\n");
  new_etag = header_of (changed, "ETag");
  g_assert_cmpstr (new_etag, !=, etag);
  /* The same text with another status is another answer. */
  wait_for (bks_book_session_set_status (session, bks_node_get_id (node), BKS_STATUS_DONE));
  done = get_if_changed (f, path, token_of (tokens), new_etag);
  g_assert_cmpint (done->status, ==, 200);
  g_assert_cmpstr (bks_json_get_string (done->body, "status"), ==, "done");
  wait_for (bks_book_session_close (session));
}

static void
assert_missing (Fixture    *f,
                const char *token,
                const char *format,
                const char *first,
                const char *second)
{
  g_autoptr(GString) path = g_string_new (format);
  g_autoptr(Answer) answer = NULL;

  g_string_replace (path, "%1", first, 0);
  g_string_replace (path, "%2", second, 0);
  answer = get (f, path->str, token);
  if (answer->status != 404)
    g_error ("%s → %d", path->str, answer->status);
  assert_problem (answer, 404, "not_found");
}

static void
test_missing (Fixture       *f,
              gconstpointer  data)
{
  g_autoptr(BksBook) book = get_object (bks_studio_create_book (f->studio, "Emma", ""));
  g_autoptr(BksBook) other = get_object (bks_studio_create_book (f->studio, "Persuasion", ""));
  g_autoptr(BksBookSession) session = get_object (bks_studio_open_book (f->studio, bks_book_get_id (other), FALSE));
  g_autoptr(BksNode) node = g_list_model_get_item (bks_book_session_get_nodes (session), 0);
  g_autofree char *prefix = g_strndup (bks_book_get_id (book), 13);
  g_autofree char *upper = g_ascii_strup (bks_book_get_id (book), -1);
  g_autoptr(Answer) tokens = pair (f);
  const char *token = token_of (tokens);
  const char *id = bks_book_get_id (book);

  assert_missing (f, token, "/", "", "");
  assert_missing (f, token, "/api", "", "");
  assert_missing (f, token, "/api/", "", "");
  assert_missing (f, token, "/health/", "", "");
  assert_missing (f, token, "//health", "", "");
  assert_missing (f, token, "/Health", "", "");
  assert_missing (f, token, "/api/books/", "", "");
  assert_missing (f, token, "/api/books/..%2f..%2fhealth", "", "");
  assert_missing (f, token, "/api/books/0190163d-8694-739b-aea5-966c26f8ad91", "", "");
  assert_missing (f, token, "/api/books/%1", prefix, "");
  assert_missing (f, token, "/api/books/%1", upper, "");
  assert_missing (f, token, "/api/books/%1/", id, "");
  assert_missing (f, token, "/api/books/%1/chapters/", id, "");
  assert_missing (f, token, "/api/books/%1/chapters/0190163d-8694-739b-aea5-966c26f8ad91", id, "");
  assert_missing (f, token, "/api/books/%1/chapters/%2", id, bks_node_get_id (node)); /* of another book */
  assert_missing (f, token, "/api/books/%1/chapters/%2/", bks_book_get_id (other), bks_node_get_id (node));
  wait_for (bks_studio_trash_book (f->studio, id));
  assert_missing (f, token, "/api/books/%1", id, "");
  assert_missing (f, token, "/api/books/%1/chapters", id, "");
  wait_for (bks_book_session_close (session));
}

static void
test_methods (Fixture       *f,
              gconstpointer  data)
{
  static const struct { const char *method; const char *path; const char *allow; } cases[] = {
    { "POST", "/health", "GET, HEAD" },
    { "DELETE", "/api/books/0190163d-8694-739b-aea5-966c26f8ad91", "GET, HEAD" },
    { "GET", "/api/auth/pair", "POST" },
    { "OPTIONS", "/api/books", "GET, HEAD" },
    { "TRACE", "/health", "GET, HEAD" },
    { "get", "/health", "GET, HEAD" },
    { "BREW", "/health", "GET, HEAD" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(Answer) answer = call (f, cases[i].method, cases[i].path, NULL, NULL);
      g_autofree char *allow = header_of (answer, "Allow");

      assert_problem (answer, 405, "method_not_allowed");
      g_assert_cmpstr (allow, ==, cases[i].allow);
    }
}

static void
test_pages (Fixture       *f,
            gconstpointer  data)
{
  static const char *const bad[] = {
    "limit=0", "limit=201", "limit=-1", "limit=x", "limit=", "limit=1&limit=2", "limit=2.0", "cursor=x", "cursor=",
    "offset=1", "limit=1;cursor=x", "LIMIT=1",
  };
  static const char *const no_uri[] = { "limit=1%00", "%zz=1", "limit=%" };
  g_autoptr(Answer) tokens = pair (f);
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *cursor = NULL;
  guint pages = 0;

  for (int i = 0; i < 5; i++)
    g_object_unref (get_object (bks_studio_create_book (f->studio, "Book", "")));
  do
    {
      g_autofree char *path = g_strdup_printf (cursor != NULL ? "/api/books?limit=2&cursor=%s" : "/api/books?limit=2", cursor);
      g_autoptr(Answer) answer = get (f, path, token_of (tokens));
      JsonArray *books = bks_json_get_array (answer->body, "books");

      g_assert_cmpint (answer->status, ==, 200);
      g_assert_cmpuint (json_array_get_length (books), ==, pages < 2 ? 2 : 1);
      for (guint i = 0; i < json_array_get_length (books); i++)
        g_assert_true (g_hash_table_add (seen, g_strdup (bks_json_get_string (bks_json_array_object (books, i), "id"))));
      g_free (cursor);
      cursor = g_strdup (bks_json_get_string (answer->body, "next_cursor"));
      /* What is added meanwhile does not push anything out of its page. */
      g_object_unref (get_object (bks_studio_create_book (f->studio, "Meanwhile", "")));
    }
  while (cursor != NULL && ++pages < 10);
  g_assert_cmpuint (g_hash_table_size (seen), ==, 5);

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *path = g_strconcat ("/api/books?", bad[i], NULL);
      g_autoptr(Answer) answer = get (f, path, token_of (tokens));

      assert_problem (answer, 400, "invalid_argument");
    }
  for (gsize i = 0; i < G_N_ELEMENTS (no_uri); i++)
    {
      g_autofree char *path = g_strconcat ("/api/books?", no_uri[i], NULL);
      g_autoptr(Answer) answer = get (f, path, token_of (tokens));

      g_assert_cmpint (answer->status, ==, 400); /* not even HTTP to libsoup */
    }
}

/* --- Pages from elsewhere, rates, odd clients --- */

static void
test_origins (Fixture       *f,
              gconstpointer  data)
{
  static const char *const foreign[] = { "https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "file://" };
  g_autofree char *own = g_strdup_printf ("Content-Type: application/json\r\nOrigin: %s\r\n", bks_service_get_uri (f->service));
  g_autoptr(Answer) same = call_with (f, "POST", "/api/auth/refresh", own, "{\"refresh_token\":\"x\"}");
  g_autoptr(Answer) read = call_with (f, "GET", "/health", "Origin: https://evil.example\r\n", NULL);
  g_autoptr(Answer) preflight = call_with (f, "OPTIONS", "/api/auth/pair", "Origin: https://evil.example\r\n"
                                           "Access-Control-Request-Method: POST\r\n", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (foreign); i++)
    {
      g_autofree char *headers = g_strdup_printf ("Content-Type: application/json\r\nOrigin: %s\r\n", foreign[i]);
      g_autoptr(Answer) answer = call_with (f, "POST", "/api/auth/refresh", headers, "{\"refresh_token\":\"x\"}");

      assert_problem (answer, 403, "foreign_origin");
      g_assert_null (strstr (answer->head, "Access-Control"));
    }
  assert_problem (same, 401, "unauthorized");
  g_assert_cmpint (read->status, ==, 200);
  g_assert_null (strstr (read->head, "Access-Control"));
  assert_problem (preflight, 405, "method_not_allowed");
  g_assert_null (strstr (preflight->head, "Access-Control"));
}

static void
test_rate (Fixture       *f,
           gconstpointer  data)
{
  g_autoptr(Answer) tokens = pair (f);
  g_autoptr(Answer) other = pair (f);
  g_autoptr(Answer) too_many = NULL;
  g_autoptr(Answer) beside = NULL;
  g_autoptr(Answer) later = NULL;

  for (int i = 0; i < 60; i++)
    {
      g_autoptr(Answer) answer = get (f, "/api/me", token_of (tokens));

      g_assert_cmpint (answer->status, ==, 200);
    }
  too_many = get (f, "/api/me", token_of (tokens));
  assert_problem (too_many, 429, "too_many_requests");
  g_assert_nonnull (strstr (too_many->head, "Retry-After: 1\r\n"));
  beside = get (f, "/api/me", token_of (other));
  g_assert_cmpint (beside->status, ==, 200);
  advance (f, 1);
  later = get (f, "/api/me", token_of (tokens));
  g_assert_cmpint (later->status, ==, 200);
}

static void
test_web_socket (Fixture       *f,
                 gconstpointer  data)
{
  static const char *const paths[] = { "/api/ws", "/health" };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr(RawClient) client = raw_client_new (bks_service_get_uri (f->service));
      const char *host = bks_service_get_uri (f->service) + strlen ("http://");
      g_autofree char *upgrade = NULL;
      g_autofree char *plain = g_strdup_printf ("GET /health HTTP/1.1\r\nHost: %s\r\n\r\n", host);
      g_autoptr(Answer) answer = NULL;
      g_autoptr(Answer) next = NULL;

      upgrade = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", paths[i], host);
      raw_client_send (client, upgrade, -1);
      answer = read_answer (client);
      g_assert_cmpint (answer->status, ==, i == 0 ? 404 : 200);
      raw_client_forget (client);
      raw_client_send (client, plain, -1); /* still HTTP */
      next = read_answer (client);
      g_assert_cmpint (next->status, ==, 200);
    }
}

/* Clients that ask and go leave nothing behind, and stopping waits for all. */
static void
test_clients_leave (Fixture       *f,
                    gconstpointer  data)
{
  g_autoptr(Answer) tokens = pair (f);
  g_autofree char *text = NULL;

  text = g_strdup_printf ("GET /api/books HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n",
                          bks_service_get_uri (f->service) + strlen ("http://"), token_of (tokens));
  for (int i = 0; i < 30; i++)
    {
      RawClient *client = raw_client_new (bks_service_get_uri (f->service));

      raw_client_send (client, text, -1);
      for (int j = 0; j < i % 6; j++)
        g_main_context_iteration (NULL, FALSE);
      raw_client_free (client);
    }
  raw_run (20);
  {
    g_autoptr(Answer) answer = get (f, "/health", NULL);

    g_assert_cmpint (answer->status, ==, 200);
  }
}

static sqlite3 *
lock_library (Fixture *f)
{
  g_autofree char *path = g_build_filename (f->folder, "library.db", NULL);
  sqlite3 *database;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  return database;
}

static RawClient *
begin_pairing (Fixture    *f,
               const char *code)
{
  RawClient *client = raw_client_new (bks_service_get_uri (f->service));
  g_autofree char *body = g_strdup_printf ("{\"code\":\"%s\",\"device_name\":\"x\"}", code);
  g_autofree char *text = NULL;

  text = g_strdup_printf ("POST /api/auth/pair HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\n\r\n%s", bks_service_get_uri (f->service) + strlen ("http://"), strlen (body), body);
  raw_client_send (client, text, -1);
  raw_run (50);
  return client;
}

/* A request that waits for a library that another process writes is given up
 * at once when its client leaves, or the service stops. */
static void
test_give_up (Fixture       *f,
              gconstpointer  data)
{
  g_autofree char *code = get_string (bks_pairing_new_code (get_pairing (f)));
  sqlite3 *database = lock_library (f);
  RawClient *leaving = begin_pairing (f, code);
  RawClient *staying = begin_pairing (f, code);
  gint64 begin = g_get_monotonic_time ();

  g_assert_cmpuint (bks_service_get_running (f->service), ==, 2);
  raw_client_free (leaving);
  raw_run (50);
  g_assert_cmpuint (bks_service_get_running (f->service), ==, 1);
  wait_for (bks_service_stop (f->service));
  g_assert_cmpuint (bks_service_get_running (f->service), ==, 0);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 2 * G_USEC_PER_SEC);
  g_assert_true (raw_client_wait_end (staying, ENOUGH_MS));
  raw_client_free (staying);
  sqlite3_close (database);
}

static void
test_stop_while_busy (Fixture       *f,
                      gconstpointer  data)
{
  g_autoptr(Answer) tokens = pair (f);
  g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) raw_client_free);
  g_autofree char *text = NULL;
  gint64 begin = g_get_monotonic_time ();

  text = g_strdup_printf ("GET /api/books HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n",
                          bks_service_get_uri (f->service) + strlen ("http://"), token_of (tokens));
  for (int i = 0; i < 20; i++)
    {
      g_ptr_array_add (clients, raw_client_new (bks_service_get_uri (f->service)));
      raw_client_send (clients->pdata[i], text, -1);
    }
  for (int i = 0; i < 10; i++)
    g_main_context_iteration (NULL, FALSE);
  wait_for (bks_service_stop (f->service));
  g_assert_cmpint (g_get_monotonic_time () - begin, <, ENOUGH_MS * 1000);
  g_assert_null (bks_service_get_uri (f->service));
  for (int i = 0; i < 20; i++)
    g_assert_true (raw_client_wait_end (clients->pdata[i], ENOUGH_MS));
  wait_for (bks_service_stop (f->service)); /* once more does nothing */
  wait_for (bks_service_start (f->service, "127.0.0.1:0"));
  {
    g_autoptr(Answer) answer = get (f, "/api/me", token_of (tokens));

    g_assert_cmpint (answer->status, ==, 200); /* the same key after a restart */
  }
}

static void
test_start_refused (Fixture       *f,
                    gconstpointer  data)
{
  g_autoptr(BksService) second = bks_service_new (f->studio);

  g_assert_cmpint (get_error_code (bks_service_start (f->service, NULL)), ==, BKS_ERROR_EXISTS);
  g_assert_cmpint (get_error_code (bks_service_start (second, "0.0.0.0:3004")), ==, BKS_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (get_error_code (bks_service_start (second, "here")), ==, BKS_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (get_error_code (bks_service_start (second, bks_service_get_uri (f->service) + strlen ("http://"))), ==, BKS_ERROR_BUSY);
}

static void
test_no_keyring (void)
{
  static const struct { BksSecretState state; BksError code; } cases[] = {
    { BKS_SECRET_ABSENT, BKS_ERROR_KEYRING_ABSENT }, { BKS_SECRET_LOCKED, BKS_ERROR_KEYRING_LOCKED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *folder = g_dir_make_tmp ("bks-test-XXXXXX", NULL);
      g_autoptr(BksLimits) limits = bks_limits_new ();
      g_autoptr(BksSecretStore) secrets = bks_memory_secret_store_new (cases[i].state);
      g_autoptr(BksStudio) studio = bks_studio_new (folder, secrets, limits);
      g_autoptr(BksService) service = bks_service_new (studio);

      wait_for (bks_studio_open (studio));
      g_assert_cmpint (get_error_code (bks_service_start (service, "127.0.0.1:0")), ==, cases[i].code);
      g_assert_null (bks_service_get_uri (service));
      wait_for (bks_studio_close (studio));
      remove_folder (folder);
    }
}

/* --- The document --- */

typedef struct
{
  JsonObject *paths;
  guint       count;
} Document;

static gboolean
names_parameter (JsonArray  *parameters,
                 const char *name,
                 const char *in)
{
  for (guint i = 0; parameters != NULL && i < json_array_get_length (parameters); i++)
    {
      JsonObject *parameter = bks_json_array_object (parameters, i);

      if (g_str_equal (bks_json_get_string (parameter, "name"), name) && g_str_equal (bks_json_get_string (parameter, "in"), in))
        return TRUE;
    }
  return FALSE;
}

static guint
count_parameters (JsonArray  *parameters,
                  const char *in)
{
  guint count = 0;

  for (guint i = 0; parameters != NULL && i < json_array_get_length (parameters); i++)
    count += g_str_equal (bks_json_get_string (bks_json_array_object (parameters, i), "in"), in) ? 1 : 0;
  return count;
}

static void
check_body (const BksRoute *route,
            JsonObject     *operation)
{
  JsonObject *content = bks_json_get_object (bks_json_get_object (operation, "requestBody"), "content");
  JsonObject *schema = bks_json_get_object (bks_json_get_object (content, "application/json"), "schema");
  JsonObject *members = bks_json_get_object (schema, "properties");

  g_assert_true ((route->members != NULL) == (schema != NULL));
  if (route->members == NULL)
    return;
  g_assert_cmpuint (json_object_get_size (members), ==, g_strv_length ((char **) route->members));
  for (gsize i = 0; route->members[i] != NULL; i++)
    g_assert_true (json_object_has_member (members, route->members[i]));
}

static void
check_route (const BksRoute *route,
             gpointer        data)
{
  Document *document = data;
  g_autofree char *method = g_ascii_strdown (route->method, -1);
  JsonObject *operation = bks_json_get_object (bks_json_get_object (document->paths, route->pattern), method);
  JsonArray *parameters, *security;
  guint queries = route->query != NULL ? g_strv_length ((char **) route->query) : 0;
  g_auto(GStrv) segments = g_strsplit (route->pattern, "{", -1);

  if (operation == NULL)
    g_error ("%s %s is not in the document", route->method, route->pattern);
  document->count++;
  parameters = bks_json_get_array (operation, "parameters");
  security = bks_json_get_array (operation, "security");
  /* An empty list of its own frees a route of the document's rule. */
  g_assert_true ((route->role == BKS_ROLE_NONE) == (security != NULL && json_array_get_length (security) == 0));
  g_assert_cmpuint (count_parameters (parameters, "query"), ==, queries);
  for (gsize i = 0; i < queries; i++)
    g_assert_true (names_parameter (parameters, route->query[i], "query"));
  g_assert_cmpuint (count_parameters (parameters, "path"), ==, g_strv_length (segments) - 1);
  check_body (route, operation);
}

static guint
count_operations (JsonObject *paths)
{
  g_autoptr(GList) values = json_object_get_values (paths);
  guint count = 0;

  for (GList *l = values; l != NULL; l = l->next)
    count += json_object_get_size (json_node_get_object (l->data));
  return count;
}

static void
test_openapi (Fixture       *f,
              gconstpointer  data)
{
  g_autoptr(Answer) tokens = pair (f);
  g_autoptr(Answer) answer = get (f, "/api/openapi.json", token_of (tokens));
  Document document = { 0 };

  g_assert_cmpint (answer->status, ==, 200);
  g_assert_cmpstr (bks_json_get_string (answer->body, "openapi"), ==, "3.1.0");
  document.paths = bks_json_get_object (answer->body, "paths");
  bks_route_visit (check_route, &document);
  g_assert_cmpuint (document.count, ==, count_operations (document.paths)); /* and no route that does not exist */
}

/* What the document says of an object is what the service sends. */
static void
assert_described (JsonObject *document,
                  const char *schema_name,
                  JsonObject *object)
{
  JsonObject *schemas = bks_json_get_object (bks_json_get_object (document, "components"), "schemas");
  JsonObject *members = bks_json_get_object (bks_json_get_object (schemas, schema_name), "properties");
  g_autoptr(GList) names = json_object_get_members (members);

  g_assert_nonnull (object);
  g_assert_cmpuint (json_object_get_size (object), ==, json_object_get_size (members));
  for (GList *l = names; l != NULL; l = l->next)
    if (!json_object_has_member (object, l->data))
      g_error ("%s lacks %s", schema_name, (const char *) l->data);
}

static void
test_described (Fixture       *f,
                gconstpointer  data)
{
  g_autoptr(BksBook) book = get_object (bks_studio_create_book (f->studio, "Emma", "Jane Austen"));
  g_autoptr(Answer) tokens = pair (f);
  g_autoptr(Answer) document = get (f, "/api/openapi.json", token_of (tokens));
  g_autoptr(Answer) me = get (f, "/api/me", token_of (tokens));
  g_autoptr(Answer) list = get (f, "/api/books", token_of (tokens));
  g_autoptr(Answer) missing = get (f, "/nowhere", NULL);

  assert_described (document->body, "Tokens", tokens->body);
  assert_described (document->body, "Me", me->body);
  assert_described (document->body, "Book", bks_json_array_object (bks_json_get_array (list->body, "books"), 0));
  assert_described (document->body, "Problem", missing->body);
}

static void
test_nothing_logged (Fixture       *f,
                     gconstpointer  data)
{
  g_autofree char *code = get_string (bks_pairing_new_code (get_pairing (f)));
  g_autoptr(Answer) tokens = pair_with (f, code);
  g_autoptr(Answer) me = get (f, "/api/me", token_of (tokens));
  g_autoptr(Answer) wrong = pair_with (f, code);
  g_autofree char *in_url = g_strconcat ("/api/me?token=", token_of (tokens), NULL);
  g_autoptr(Answer) refused = get (f, in_url, token_of (tokens));
  g_autofree char *spoiled = g_strconcat (token_of (tokens), "x", NULL);
  g_autoptr(Answer) bad = get (f, "/api/me", spoiled);
  g_autoptr(Answer) next = refresh_with (f, refresh_of (tokens));

  g_assert_cmpint (bad->status, ==, 401);
  g_assert_nonnull (strstr (logged->str, "Refused")); /* the log is looked at */
  g_assert_null (strstr (logged->str, token_of (tokens)));
  g_assert_null (strstr (logged->str, refresh_of (tokens)));
  g_assert_null (strstr (logged->str, refresh_of (next)));
  g_assert_null (strstr (logged->str, code));
}

int
main (int   argc,
      char *argv[])
{
  g_unsetenv ("BOOK_STUDIO_JWT_KEY");
  dex_init ();
  g_test_init (&argc, &argv, NULL);
  logged = g_string_new (NULL);
  g_log_set_default_handler (log_cb, NULL);
#define ADD(name, setup, func) g_test_add ("/service/" name, Fixture, NULL, setup, func, tear_down)
  ADD ("health", set_up, test_health);
  ADD ("control-socket", set_up, test_control_socket);
  ADD ("no-token", set_up, test_no_token);
  ADD ("expired", set_up, test_expired);
  ADD ("token-in-url", set_up, test_token_in_url);
  ADD ("signed-for-others", set_up, test_signed_for_others);
  ADD ("revoked", set_up, test_revoked);
  ADD ("revoked-elsewhere", set_up, test_revoked_elsewhere);
  ADD ("sessions-ended", set_up, test_sessions_ended);
  ADD ("sign-out", set_up, test_sign_out);
  ADD ("roles", set_up, test_roles);
  ADD ("pair", set_up, test_pair);
  ADD ("pair-late", set_up, test_pair_late);
  ADD ("pair-wrong", set_up_patient, test_pair_wrong);
  ADD ("pair-rate", set_up, test_pair_rate);
  ADD ("bodies", set_up, test_bodies);
  ADD ("refresh", set_up, test_refresh);
  ADD ("refresh-reused", set_up, test_refresh_reused);
  ADD ("refresh-late", set_up, test_refresh_late);
  ADD ("read", set_up, test_read);
  ADD ("etag", set_up, test_etag);
  ADD ("missing", set_up, test_missing);
  ADD ("methods", set_up, test_methods);
  ADD ("pages", set_up, test_pages);
  ADD ("origins", set_up, test_origins);
  ADD ("rate", set_up, test_rate);
  ADD ("web-socket", set_up, test_web_socket);
  ADD ("clients-leave", set_up, test_clients_leave);
  ADD ("give-up", set_up, test_give_up);
  ADD ("stop-while-busy", set_up, test_stop_while_busy);
  ADD ("start-refused", set_up, test_start_refused);
  g_test_add_func ("/service/no-keyring", test_no_keyring);
  ADD ("openapi", set_up, test_openapi);
  ADD ("described", set_up, test_described);
  ADD ("nothing-logged", set_up, test_nothing_logged);
  return g_test_run ();
}
