/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include "bks-async.h"
#include "bks-error.h"

#include "bks-guard-private.h"
#include "bks-listener.h"
#include "bks-peers-private.h"
#include "bks-problem-private.h"
#include "bks-request-private.h"
#include "bks-service-private.h"

/**
 * BksService:
 *
 * The studio for companions: HTTP on loopback, requests routed to fibers.
 * Every route but a few needs an access token, and every token's device is
 * looked up each time, so that a device that was revoked is out at once.
 */
struct _BksService
{
  GObject      parent_instance;

  BksStudio   *studio;
  BksLimits   *limits;
  BksListener *listener;
  BksJwt      *jwt;
  BksRate     *pairing_rate;  /* by peer */
  BksRate     *request_rate;  /* by device */
  GHashTable  *running;       /* set of Run, not owned */
  DexPromise  *quiet;         /* resolved when nothing runs any more; only while stopping */
};

enum
{
  PROP_0,
  PROP_URI,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (BksService, bks_service, G_TYPE_OBJECT)

/* --- A request in its fiber --- */

typedef struct
{
  BksService        *service;
  SoupServerMessage *message;
  DexCancellable    *cancellable;
} Run;

static Run *
run_new (BksService        *service,
         SoupServerMessage *message)
{
  Run *run = g_rc_box_new0 (Run);

  run->service = g_object_ref (service);
  run->message = g_object_ref (message);
  run->cancellable = dex_cancellable_new ();
  return run;
}

static void
run_clear (gpointer data)
{
  Run *run = data;

  dex_clear (&run->cancellable);
  g_clear_object (&run->message);
  g_clear_object (&run->service);
}

static void
run_unref (gpointer data)
{
  g_rc_box_release_full (data, run_clear);
}

static gboolean
refuse_token (GError     **error,
              const char  *reason)
{
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_UNAUTHORIZED, reason);
  return FALSE;
}

/* Role, tier and being revoked are the row's, whatever the token says. */
static gboolean
look_up_device (BksService  *self,
                BksRequest  *request,
                GError     **error)
{
  g_autoptr(GError) local = NULL;
  BksDevice *device;

  device = dex_await_boxed (bks_pairing_get_device (bks_studio_get_pairing (self->studio), request->claims->device), &local);
  if (g_error_matches (local, BKS_ERROR, BKS_ERROR_NOT_FOUND))
    return refuse_token (error, "The token's device is unknown");
  if (device == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  request->device = device;
  if (device->revoked)
    return refuse_token (error, "The token's device is revoked");
  if (request->claims->issued_at < device->min_iat)
    return refuse_token (error, "The token is from before the device's sessions were ended");
  if (g_strcmp0 (device->user_id, request->claims->subject) != 0)
    return refuse_token (error, "The token is another user's");
  return TRUE;
}

static gboolean
check_device (BksService  *self,
              BksRequest  *request,
              GError     **error)
{
  guint wait = bks_rate_take (self->request_rate, request->claims->device);

  if (wait > 0)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_TOO_MANY_REQUESTS, "The device asks too often.");
      if (error != NULL)
        bks_error_get_facts (*error)->retry_after_ms = (gint64) wait * 1000;
      return FALSE;
    }
  if (!look_up_device (self, request, error))
    return FALSE;
  if (bks_role_from_name (request->device->role) < request->route->role)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_FORBIDDEN, "The device's role does not allow this");
      return FALSE;
    }
  return TRUE;
}

static DexFuture *
run_fiber (gpointer data)
{
  Run *run = data;
  BksRequest *request = bks_request_get (run->message);
  GError *error = NULL;

  if ((request->route->role == BKS_ROLE_NONE || check_device (run->service, request, &error)) &&
      bks_request_read_body (request, &error) &&
      request->route->handle (request, &error))
    return dex_future_new_true ();
  return bks_future_error (error);
}

static void
note_quiet (BksService *self)
{
  if (self->quiet != NULL && g_hash_table_size (self->running) == 0)
    {
      dex_promise_resolve_boolean (self->quiet, TRUE);
      dex_clear (&self->quiet);
    }
}

static DexFuture *
run_ended_cb (DexFuture *future,
              gpointer   data)
{
  Run *run = data;
  BksRequest *request = bks_request_get (run->message);
  g_autoptr(GError) error = NULL;

  bks_guard_unwatch (bks_guard_get (run->message));
  if (dex_future_get_value (future, &error) == NULL)
    bks_request_reply_error (request, error);
  request->ended = TRUE;
  soup_server_message_unpause (run->message);
  g_hash_table_remove (run->service->running, run);
  note_quiet (run->service);
  return dex_future_new_true ();
}

static void
client_left_cb (BksGuard *guard,
                gpointer  data)
{
  Run *run = data;

  g_debug ("A client left before its answer");
  dex_cancellable_cancel (run->cancellable);
}

static void
request_cb (SoupServerMessage *message,
            gpointer           data)
{
  BksService *self = data;
  Run *run = run_new (self, message);
  DexFuture *future;

  g_hash_table_add (self->running, run);
  soup_server_message_pause (message);
  bks_guard_watch (bks_guard_get (message), client_left_cb, run);
  future = bks_spawn (run->cancellable, run_fiber, g_rc_box_acquire (run), run_unref);
  dex_future_disown (dex_future_finally (future, run_ended_cb, run, run_unref));
}

/* --- A request whose headers are in --- */

/* A page from elsewhere may send a request, though not read the answer. */
static gboolean
is_foreign (BksRequest *request)
{
  const char *origin = bks_request_get_header (request, "Origin");
  const char *host = bks_request_get_header (request, "Host");
  g_autofree char *own = g_strconcat ("http://", host, NULL);

  if (origin == NULL || g_str_equal (request->route->method, "GET"))
    return FALSE;
  return g_ascii_strcasecmp (origin, own) != 0;
}

static gboolean
is_json (BksRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);

  return g_strcmp0 (soup_message_headers_get_content_type (headers, NULL), "application/json") == 0;
}

static gboolean
has_body (BksRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);

  return soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CHUNKED ||
         soup_message_headers_get_content_length (headers) > 0;
}

static void
count_authorization_cb (const char *name,
                        const char *value,
                        gpointer    data)
{
  if (g_ascii_strcasecmp (name, "Authorization") == 0)
    (*(guint *) data)++;
}

/* The header of RFC 6750 §2.1, once; nowhere else is a token looked for. */
static const char *
get_token (BksRequest *request)
{
  const char *value = bks_request_get_header (request, "Authorization");
  guint count = 0;

  soup_message_headers_foreach (soup_server_message_get_request_headers (request->message), count_authorization_cb, &count);
  if (count != 1 || g_ascii_strncasecmp (value, "Bearer ", 7) != 0)
    return NULL;
  return value + 7;
}

static gboolean
check_token (BksService *self,
             BksRequest *request)
{
  const char *token = get_token (request);
  g_autoptr(GError) error = NULL;

  if (token != NULL)
    request->claims = bks_jwt_verify (self->jwt, token, -1, &error);
  if (request->claims != NULL)
    return TRUE;
  if (error == NULL)
    refuse_token (&error, "There is no token");
  bks_request_reply_error (request, error);
  return FALSE;
}

static gboolean
find_route (BksRequest *request)
{
  const char *path = g_uri_get_path (soup_server_message_get_uri (request->message));
  gboolean control = bks_guard_is_control (bks_guard_get (request->message));
  g_autofree char *allow = NULL;

  request->route = bks_route_find (soup_server_message_get_method (request->message), path, request->params, &allow);
  if (request->route != NULL && (request->route->control || !control))
    return TRUE;
  if (allow != NULL && !control)
    {
      bks_request_set_header (request, "Allow", allow);
      bks_request_reply_problem (request, SOUP_STATUS_METHOD_NOT_ALLOWED, "method_not_allowed", "This cannot be done here.");
    }
  else
    bks_request_reply_problem (request, SOUP_STATUS_NOT_FOUND, "not_found",
                               "There is nothing here, or nothing that this device may see.");
  return FALSE;
}

/* Everything that can be refused before a body is read, is. */
static gint64
headers_cb (SoupServerMessage *message,
            gpointer           data)
{
  BksService *self = data;
  BksRequest *request = bks_request_new (self, message);
  g_autoptr(GError) error = NULL;

  if (!find_route (request))
    return 0;
  if (is_foreign (request))
    bks_request_reply_problem (request, SOUP_STATUS_FORBIDDEN, "foreign_origin", "Pages from elsewhere may not do this.");
  else if (request->route->role != BKS_ROLE_NONE && !check_token (self, request))
    return 0;
  else if (!bks_request_read_query (request, &error))
    bks_request_reply_error (request, error);
  else if (request->route->members != NULL && has_body (request) && !is_json (request))
    bks_request_reply_problem (request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type",
                               "The body must be application/json.");
  if (request->route->members == NULL)
    return 0;
  return request->route->body_bytes > 0 ? request->route->body_bytes : self->limits->service_body_bytes;
}

/* --- The object --- */

static void
bks_service_dispose (GObject *object)
{
  BksService *self = BKS_SERVICE (object);

  if (self->listener != NULL)
    bks_listener_stop (self->listener);
  g_clear_object (&self->listener);
  G_OBJECT_CLASS (bks_service_parent_class)->dispose (object);
}

static void
bks_service_finalize (GObject *object)
{
  BksService *self = BKS_SERVICE (object);

  g_clear_object (&self->jwt);
  g_clear_object (&self->studio);
  g_clear_pointer (&self->pairing_rate, bks_rate_free);
  g_clear_pointer (&self->request_rate, bks_rate_free);
  g_clear_pointer (&self->running, g_hash_table_unref);
  g_clear_pointer (&self->limits, bks_limits_unref);
  dex_clear (&self->quiet);
  G_OBJECT_CLASS (bks_service_parent_class)->finalize (object);
}

static void
bks_service_get_property (GObject    *object,
                          guint       id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  if (id == PROP_URI)
    g_value_set_string (value, bks_service_get_uri (BKS_SERVICE (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
bks_service_class_init (BksServiceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bks_service_dispose;
  object_class->finalize = bks_service_finalize;
  object_class->get_property = bks_service_get_property;

  /**
   * BksService:uri: (nullable)
   *
   * Where it listens; %NULL while it does not.
   */
  properties[PROP_URI] = g_param_spec_string ("uri", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
bks_service_init (BksService *self)
{
  self->running = g_hash_table_new (NULL, NULL);
}

/**
 * bks_service_new:
 * @studio: an open studio
 *
 * Returns: (transfer full): a service that does not listen yet
 */
BksService *
bks_service_new (BksStudio *studio)
{
  BksService *self;

  g_return_val_if_fail (BKS_IS_STUDIO (studio), NULL);

  self = g_object_new (BKS_TYPE_SERVICE, NULL);
  self->studio = g_object_ref (studio);
  self->limits = bks_limits_ref (bks_studio_get_limits (studio));
  self->pairing_rate = bks_rate_new (self->limits->clock, self->limits->pairing_tries_per_minute,
                                     self->limits->pairing_tries_per_minute, 60 * 1000);
  self->request_rate = bks_rate_new (self->limits->clock, self->limits->requests_burst,
                                     self->limits->requests_per_second, 1000);
  return self;
}

typedef struct
{
  BksService *service;
  char       *listen;
} Start;

static void
start_free (gpointer data)
{
  Start *start = data;

  g_object_unref (start->service);
  g_free (start->listen);
  g_free (start);
}

static gboolean
listen_now (BksService  *self,
            const char  *listen,
            const char  *control_name,
            GError     **error)
{
  static const BksListenerFuncs funcs = { headers_cb, request_cb };
  g_autoptr(BksListener) listener = bks_listener_new (self->limits, &funcs, self);

  if (!bks_listener_start (listener, listen, control_name, error))
    return FALSE;
  self->listener = g_steal_pointer (&listener);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_URI]);
  return TRUE;
}

static DexFuture *
start_fiber (gpointer data)
{
  Start *start = data;
  BksService *self = start->service;
  BksPairing *pairing = bks_studio_get_pairing (self->studio);
  g_autoptr(GBytes) key = NULL;
  g_autofree char *installation = NULL;
  GError *error = NULL;

  key = dex_await_boxed (bks_pairing_get_signing_key (pairing), &error);
  if (key != NULL)
    installation = dex_await_string (bks_pairing_get_installation (pairing), &error);
  if (installation == NULL)
    return bks_future_error (error);
  if (self->listener != NULL)
    return bks_future_error (g_error_new_literal (BKS_ERROR, BKS_ERROR_EXISTS, "The service is already running"));

  g_clear_object (&self->jwt);
  self->jwt = bks_jwt_new (key, installation, self->limits, &error);
  if (self->jwt == NULL || !listen_now (self, start->listen, installation, &error))
    return bks_future_error (error);
  return dex_future_new_true ();
}

/**
 * bks_service_start:
 * @self: a service
 * @listen: (nullable): "ADDRESS:PORT" on loopback; %NULL for 127.0.0.1:3004 or
 *   the next free port
 *
 * Reads the signing key and listens.
 *
 * Returns: (transfer full): resolves to true; rejects with an error of
 *   bks_listener_start(), or of the keyring where there is no signing key
 */
DexFuture *
bks_service_start (BksService *self,
                   const char *listen)
{
  Start *start;

  dex_return_error_if_fail (BKS_IS_SERVICE (self));

  start = g_new0 (Start, 1);
  start->service = g_object_ref (self);
  start->listen = g_strdup (listen);
  return bks_spawn_finally (start_fiber, start, start_free);
}

static void
cancel_all (BksService *self)
{
  g_autoptr(GPtrArray) runs = g_hash_table_get_keys_as_ptr_array (self->running);

  for (guint i = 0; i < runs->len; i++)
    if (g_hash_table_contains (self->running, g_ptr_array_index (runs, i)))
      dex_cancellable_cancel (((Run *) g_ptr_array_index (runs, i))->cancellable);
}

static DexFuture *
stop_fiber (gpointer data)
{
  BksService *self = data;
  g_autoptr(BksListener) listener = g_steal_pointer (&self->listener);

  if (listener == NULL)
    return dex_future_new_true ();
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_URI]);
  bks_listener_stop (listener);
  if (g_hash_table_size (self->running) > 0)
    {
      self->quiet = dex_promise_new ();
      cancel_all (self);
      if (self->quiet != NULL)
        dex_await (DEX_FUTURE (dex_ref (self->quiet)), NULL);
    }
  return dex_future_new_true ();
}

/**
 * bks_service_stop:
 * @self: a service
 *
 * Cancels what runs, closes every connection and listens no more.
 *
 * Returns: (transfer full): resolves to true, also where nothing listened
 */
DexFuture *
bks_service_stop (BksService *self)
{
  dex_return_error_if_fail (BKS_IS_SERVICE (self));

  return bks_spawn_finally (stop_fiber, g_object_ref (self), g_object_unref);
}

/**
 * bks_service_get_uri:
 * @self: a service
 *
 * Returns: (transfer none) (nullable): where it listens, "http://127.0.0.1:3004"
 */
const char *
bks_service_get_uri (BksService *self)
{
  g_return_val_if_fail (BKS_IS_SERVICE (self), NULL);

  return self->listener != NULL ? bks_listener_get_uri (self->listener) : NULL;
}

BksStudio *
bks_service_get_studio (BksService *self)
{
  return self->studio;
}

BksLimits *
bks_service_get_limits (BksService *self)
{
  return self->limits;
}

BksJwt *
bks_service_get_jwt (BksService *self)
{
  return self->jwt;
}

/*
 * bks_service_take_pairing_try:
 *
 * Returns: 0 if the message's peer may try a code now, else after how many seconds
 */
guint
bks_service_take_pairing_try (BksService        *self,
                              SoupServerMessage *message)
{
  return bks_rate_take (self->pairing_rate, bks_guard_get_peer (bks_guard_get (message)));
}

/*
 * bks_service_get_running:
 *
 * Returns: how many requests are being answered
 */
guint
bks_service_get_running (BksService *self)
{
  return g_hash_table_size (self->running);
}
