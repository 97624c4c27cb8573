/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-net"

#include "config.h"

#include <string.h>

#include "bks-error.h"
#include "bks-http-exchange.h"
#include "bks-http-failure-private.h"
#include "bks-url.h"

#define CHUNK_BYTES 16384
/* What may still come after an answer that is complete, to keep its connection. */
#define DRAIN_BYTES 65536
#define DRAIN_MS 1000

typedef enum
{
  WAIT_NONE,
  WAIT_CONNECT,
  WAIT_FIRST,
  WAIT_IDLE,
  WAIT_TOTAL,
} Wait;

/**
 * BksHttpExchange:
 *
 * One request and its response, read piece by piece, with every limit kept:
 *
 * - connect: until the connection stands, name and TLS included;
 * - first: from there until bks_http_exchange_set_idle_ms() says that the
 *   answer has begun, so that headers and keep-alives do not count as one;
 * - idle: from there on, between two pieces;
 * - total: over all.
 *
 * No redirect is followed: it would carry the key and the text to wherever a
 * server points. Dropping a future that was not awaited to its end, and
 * bks_http_exchange_close(), close the socket.
 */
struct _BksHttpExchange
{
  GObject       parent_instance;

  BksHttp      *http;
  SoupMessage  *message;
  char         *origin;
  GInputStream *body;
  GCancellable *cancellable;

  guint         first_ms;
  guint         idle_ms;  /* 0 until the answer has begun */
  guint         total_ms;
  gint64        max_bytes;

  guint         wait_source;
  Wait          wait;
  guint         total_source;
  Wait          expired;

  gint64        started_ms;
  gint64        received;
  gboolean      sent;
  gboolean      closed;
  gboolean      draining;
  gboolean      at_end; /* the connection is libsoup's again */
};

G_DEFINE_FINAL_TYPE (BksHttpExchange, bks_http_exchange, G_TYPE_OBJECT)

enum
{
  SENT,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static gint64
get_now_ms (BksHttpExchange *self)
{
  return bks_clock_get_monotonic_ms (bks_http_get_limits (self->http)->clock);
}

/* GIO refuses to close while an operation is under way; its callback does then. */
static void
close_body (BksHttpExchange *self)
{
  if (self->body != NULL && !g_input_stream_has_pending (self->body))
    g_input_stream_close (self->body, self->cancellable, NULL);
}

/* Read to the end: closing now gives the connection to the next exchange. */
static void
reach_end (BksHttpExchange *self)
{
  self->at_end = TRUE;
  g_input_stream_close (self->body, NULL, NULL);
}

static gboolean
wait_expired_cb (gpointer data)
{
  BksHttpExchange *self = data;

  self->wait_source = 0;
  self->expired = self->wait;
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

static gboolean
total_expired_cb (gpointer data)
{
  BksHttpExchange *self = data;

  self->total_source = 0;
  self->expired = WAIT_TOTAL;
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

static void
set_wait (BksHttpExchange *self,
          Wait             wait,
          guint            limit_ms)
{
  g_clear_handle_id (&self->wait_source, g_source_remove);
  self->wait = wait;
  if (wait != WAIT_NONE)
    self->wait_source = g_timeout_add (limit_ms, wait_expired_cb, self);
}

/* libsoup has a connection and is about to write the request to it. */
static void
starting_cb (BksHttpExchange *self)
{
  if (self->wait == WAIT_CONNECT)
    set_wait (self, WAIT_FIRST, self->first_ms);
}

static void
wrote_headers_cb (BksHttpExchange *self)
{
  /* Again where libsoup replaced a connection that was closed while idle. */
  if (self->sent)
    return;
  self->sent = TRUE;
  g_signal_emit (self, signals[SENT], 0);
}

static void
bks_http_exchange_dispose (GObject *object)
{
  BksHttpExchange *self = BKS_HTTP_EXCHANGE (object);

  bks_http_exchange_close (self);
  g_clear_object (&self->body);
  g_clear_object (&self->message);
  g_clear_object (&self->http);
  G_OBJECT_CLASS (bks_http_exchange_parent_class)->dispose (object);
}

static void
bks_http_exchange_finalize (GObject *object)
{
  BksHttpExchange *self = BKS_HTTP_EXCHANGE (object);

  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->origin, g_free);
  G_OBJECT_CLASS (bks_http_exchange_parent_class)->finalize (object);
}

static void
bks_http_exchange_class_init (BksHttpExchangeClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = bks_http_exchange_dispose;
  G_OBJECT_CLASS (klass)->finalize = bks_http_exchange_finalize;

  /**
   * BksHttpExchange::sent:
   * @self: the exchange
   *
   * A connection accepted the request: from now on the server may act on it.
   */
  signals[SENT] = g_signal_new ("sent", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
bks_http_exchange_init (BksHttpExchange *self)
{
  self->cancellable = g_cancellable_new ();
}

/* A pending future whose dropping closes the exchange. */
static DexPromise *
new_promise (BksHttpExchange *self)
{
  DexPromise *promise = dex_promise_new_cancellable ();

  g_signal_connect_object (dex_promise_get_cancellable (promise), "cancelled",
                           G_CALLBACK (g_cancellable_cancel), self->cancellable, G_CONNECT_SWAPPED);
  return promise;
}

static GError *
new_timeout (BksHttpExchange *self)
{
  GError *error = NULL;

  switch (self->expired)
    {
    case WAIT_CONNECT:
      error = g_error_new (BKS_ERROR, BKS_ERROR_TIMEOUT,
                           "%s could not be reached within %.3g seconds", self->origin,
                           bks_http_get_limits (self->http)->connect_ms / 1000.0);
      break;
    case WAIT_FIRST:
      error = g_error_new (BKS_ERROR, BKS_ERROR_TIMEOUT,
                           "%s did not begin to answer within %.3g seconds", self->origin,
                           self->first_ms / 1000.0);
      break;
    case WAIT_IDLE:
      error = g_error_new (BKS_ERROR, BKS_ERROR_TIMEOUT,
                           "%s fell silent for %.3g seconds in the middle of its answer", self->origin,
                           self->idle_ms / 1000.0);
      break;
    case WAIT_NONE:
    case WAIT_TOTAL:
    default:
      error = g_error_new (BKS_ERROR, BKS_ERROR_TIMEOUT,
                           "%s did not complete its answer within %.3g seconds", self->origin,
                           self->total_ms / 1000.0);
      break;
    }
  return error;
}

/* The failure in the one domain. */
static GError *
new_failure (BksHttpExchange *self,
             const GError    *error)
{
  if (self->expired != WAIT_NONE)
    return new_timeout (self);
  if (bks_error_is_cancelled (error) || g_cancellable_is_cancelled (self->cancellable))
    return g_error_new_literal (BKS_ERROR, BKS_ERROR_CANCELLED, "The call was stopped");
  return bks_http_failure_new (self->origin, error, soup_message_get_tls_peer_certificate_errors (self->message),
                               self->body != NULL);
}

/**
 * bks_http_exchange_new:
 * @http: the session
 * @method: "GET" or "POST"
 * @url: an http or https address
 * @error: return location
 *
 * Returns: (transfer full): an exchange that has not begun, or %NULL with
 *   %BKS_ERROR_INVALID_ARGUMENT
 */
BksHttpExchange *
bks_http_exchange_new (BksHttp     *http,
                       const char  *method,
                       const char  *url,
                       GError     **error)
{
  g_autoptr(BksHttpExchange) self = NULL;
  BksLimits *limits;

  g_return_val_if_fail (BKS_IS_HTTP (http) && method != NULL && url != NULL, NULL);

  self = g_object_new (BKS_TYPE_HTTP_EXCHANGE, NULL);
  limits = bks_http_get_limits (http);
  self->http = g_object_ref (http);
  self->origin = bks_url_get_origin (url);
  self->message = self->origin != NULL ? soup_message_new (method, url) : NULL;
  if (self->message == NULL)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_INVALID_ARGUMENT, "This is not a web address");
      return NULL;
    }

  /* Without IDEMPOTENT libsoup opens a connection for every POST. It still
   * repeats none that the server may have read (measured on 3.6.5). */
  soup_message_set_flags (self->message, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_IDEMPOTENT |
                                         SOUP_MESSAGE_DO_NOT_USE_AUTH_CACHE);
  g_signal_connect_object (self->message, "starting", G_CALLBACK (starting_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->message, "wrote-headers", G_CALLBACK (wrote_headers_cb), self, G_CONNECT_SWAPPED);
  self->first_ms = limits->first_token_ms;
  self->total_ms = limits->total_ms;
  self->max_bytes = limits->answer_bytes;
  return g_steal_pointer (&self);
}

/**
 * bks_http_exchange_set_header:
 * @self: an exchange that has not begun
 * @name: a header's name
 * @value: its value; never a key
 */
void
bks_http_exchange_set_header (BksHttpExchange *self,
                              const char      *name,
                              const char      *value)
{
  g_return_if_fail (BKS_IS_HTTP_EXCHANGE (self));

  soup_message_headers_replace (soup_message_get_request_headers (self->message), name, value);
}

static gboolean
is_token (const char *key)
{
  for (const char *p = key; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p))
      return FALSE;
  return *key != '\0';
}

/**
 * bks_http_exchange_set_key:
 * @self: an exchange that has not begun
 * @header: the header that carries the key: "Authorization", "x-api-key"
 * @scheme: what stands before the key: "Bearer ", or ""
 * @key: the key
 * @error: return location
 *
 * Returns: %FALSE with %BKS_ERROR_INVALID_ARGUMENT if the connection would not
 *   be encrypted, with %BKS_ERROR_AUTH if @key cannot be a key
 */
gboolean
bks_http_exchange_set_key (BksHttpExchange  *self,
                           const char       *header,
                           const char       *scheme,
                           const char       *key,
                           GError          **error)
{
  g_autofree char *value = NULL;

  g_return_val_if_fail (BKS_IS_HTTP_EXCHANGE (self) && header != NULL && scheme != NULL && key != NULL, FALSE);

  if (!bks_url_check_credential (self->origin, error))
    return FALSE;
  if (!is_token (key))
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_AUTH,
                           "The key holds spaces or characters that no key has; perhaps more than the key was copied");
      return FALSE;
    }
  value = g_strconcat (scheme, key, NULL);
  soup_message_headers_replace (soup_message_get_request_headers (self->message), header, value);
  explicit_bzero (value, strlen (value));
  return TRUE;
}

/**
 * bks_http_exchange_set_bearer:
 * @self: an exchange that has not begun
 * @key: the key
 * @error: return location
 *
 * Returns: as bks_http_exchange_set_key() with the header that most APIs take
 */
gboolean
bks_http_exchange_set_bearer (BksHttpExchange  *self,
                              const char       *key,
                              GError          **error)
{
  return bks_http_exchange_set_key (self, "Authorization", "Bearer ", key, error);
}

/**
 * bks_http_exchange_set_json:
 * @self: an exchange that has not begun
 * @json: the body
 */
void
bks_http_exchange_set_json (BksHttpExchange *self,
                            const char      *json)
{
  g_autoptr(GBytes) bytes = NULL;

  g_return_if_fail (BKS_IS_HTTP_EXCHANGE (self) && json != NULL);

  bytes = g_bytes_new (json, strlen (json));
  soup_message_set_request_body_from_bytes (self->message, "application/json", bytes);
}

/**
 * bks_http_exchange_set_first_ms:
 * @self: an exchange that has not begun
 * @first_ms: how long the server may take to begin its answer
 */
void
bks_http_exchange_set_first_ms (BksHttpExchange *self,
                                guint            first_ms)
{
  g_return_if_fail (BKS_IS_HTTP_EXCHANGE (self));

  self->first_ms = first_ms;
}

/**
 * bks_http_exchange_set_total_ms:
 * @self: an exchange that has not begun
 * @total_ms: how long it may take in all
 */
void
bks_http_exchange_set_total_ms (BksHttpExchange *self,
                                guint            total_ms)
{
  g_return_if_fail (BKS_IS_HTTP_EXCHANGE (self));

  self->total_ms = total_ms;
}

/**
 * bks_http_exchange_set_idle_ms:
 * @self: an exchange
 * @idle_ms: how long the server may be silent from now on
 *
 * Says that the answer has begun: the idle limit counts instead of the first one.
 */
void
bks_http_exchange_set_idle_ms (BksHttpExchange *self,
                               guint            idle_ms)
{
  g_return_if_fail (BKS_IS_HTTP_EXCHANGE (self) && idle_ms > 0);

  self->idle_ms = idle_ms;
  if (self->wait == WAIT_FIRST)
    set_wait (self, WAIT_NONE, 0);
}

/**
 * bks_http_exchange_set_max_bytes:
 * @self: an exchange
 * @max_bytes: what the body may come to in all, decompressed
 */
void
bks_http_exchange_set_max_bytes (BksHttpExchange *self,
                                 gint64           max_bytes)
{
  g_return_if_fail (BKS_IS_HTTP_EXCHANGE (self));

  self->max_bytes = max_bytes;
}

/* What an operation that is under way needs when it ends. */
typedef struct
{
  BksHttpExchange *exchange;
  DexPromise      *promise;
} Pending;

static Pending *
pending_new (BksHttpExchange *exchange,
             DexPromise      *promise)
{
  Pending *pending = g_new0 (Pending, 1);

  pending->exchange = g_object_ref (exchange);
  pending->promise = dex_ref (promise);
  return pending;
}

static void
pending_free (Pending *pending)
{
  g_object_unref (pending->exchange);
  dex_unref (pending->promise);
  g_free (pending);
}

static void
sent_cb (GObject      *session,
         GAsyncResult *result,
         gpointer      data)
{
  Pending *pending = data;
  BksHttpExchange *self = pending->exchange;
  g_autoptr(GError) error = NULL;

  self->body = soup_session_send_finish (SOUP_SESSION (session), result, &error);
  if (self->closed)
    close_body (self);
  if (error != NULL)
    {
      GError *failure = new_failure (self, error);

      bks_http_exchange_close (self);
      dex_promise_reject (pending->promise, failure);
    }
  else
    dex_promise_resolve_boolean (pending->promise, TRUE);
  pending_free (pending);
}

/**
 * bks_http_exchange_send:
 * @self: an exchange that has not begun
 *
 * Returns: (transfer full): resolves to %TRUE when the head of the response is
 *   there; rejects with %BKS_ERROR_TRANSPORT, %BKS_ERROR_TIMEOUT,
 *   %BKS_ERROR_MALFORMED or %BKS_ERROR_CANCELLED
 */
DexFuture *
bks_http_exchange_send (BksHttpExchange *self)
{
  DexPromise *promise;

  g_return_val_if_fail (BKS_IS_HTTP_EXCHANGE (self) && self->started_ms == 0 && !self->closed, NULL);

  promise = new_promise (self);
  self->started_ms = get_now_ms (self);
  set_wait (self, WAIT_CONNECT, bks_http_get_limits (self->http)->connect_ms);
  self->total_source = g_timeout_add (self->total_ms, total_expired_cb, self);
  soup_session_send_async (bks_http_get_session (self->http), self->message, G_PRIORITY_DEFAULT,
                           self->cancellable, sent_cb, pending_new (self, promise));
  return DEX_FUTURE (promise);
}

static gboolean
count (BksHttpExchange  *self,
       GBytes           *bytes,
       GError          **error)
{
  self->received += (gint64) g_bytes_get_size (bytes);
  if (self->received <= self->max_bytes)
    return TRUE;
  g_set_error (error, BKS_ERROR, BKS_ERROR_TOO_LARGE,
               "The answer of %s is larger than %" G_GINT64_FORMAT " KiB", self->origin, self->max_bytes / 1024);
  return FALSE;
}

static void
read_cb (GObject      *stream,
         GAsyncResult *result,
         gpointer      data)
{
  Pending *pending = data;
  BksHttpExchange *self = pending->exchange;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (stream), result, &error);
  GError *failure = NULL;

  if (self->wait == WAIT_IDLE)
    set_wait (self, WAIT_NONE, 0);
  if (self->closed)
    close_body (self);

  if (bytes == NULL)
    failure = new_failure (self, error);
  else if (!count (self, bytes, &failure))
    g_assert (failure != NULL);
  else if (g_bytes_get_size (bytes) == 0)
    reach_end (self);

  if (failure != NULL)
    {
      bks_http_exchange_close (self);
      dex_promise_reject (pending->promise, failure);
    }
  else
    dex_promise_resolve_boxed (pending->promise, G_TYPE_BYTES, g_bytes_ref (bytes));
  pending_free (pending);
}

/**
 * bks_http_exchange_read:
 * @self: an exchange whose head was received
 *
 * The next piece of the body as it arrives, decompressed. One at a time.
 *
 * Returns: (transfer full): resolves to a #GBytes, empty at the end; rejects
 *   with %BKS_ERROR_TRANSPORT if the body broke off, %BKS_ERROR_TIMEOUT,
 *   %BKS_ERROR_TOO_LARGE, %BKS_ERROR_MALFORMED or %BKS_ERROR_CANCELLED
 */
DexFuture *
bks_http_exchange_read (BksHttpExchange *self)
{
  DexPromise *promise;

  g_return_val_if_fail (BKS_IS_HTTP_EXCHANGE (self) && self->body != NULL, NULL);

  promise = new_promise (self);
  if (self->idle_ms > 0)
    set_wait (self, WAIT_IDLE, self->idle_ms);
  g_input_stream_read_bytes_async (self->body, CHUNK_BYTES, G_PRIORITY_DEFAULT, self->cancellable,
                                   read_cb, pending_new (self, promise));
  return DEX_FUTURE (promise);
}

static void
drained_cb (GObject      *stream,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(BksHttpExchange) self = data;
  gssize skipped = g_input_stream_skip_finish (G_INPUT_STREAM (stream), result, NULL);

  self->received += MAX (skipped, 0);
  if (self->closed)
    close_body (self);
  else if (skipped > 0 && self->received < self->max_bytes)
    g_input_stream_skip_async (self->body, CHUNK_BYTES, G_PRIORITY_LOW, self->cancellable,
                               drained_cb, g_object_ref (self));
  else
    {
      if (skipped == 0)
        reach_end (self);
      bks_http_exchange_close (self);
    }
}

/**
 * bks_http_exchange_finish:
 * @self: an exchange whose answer is complete
 *
 * Reads the little that may follow in the background, so that the connection
 * can serve the next call, then closes. Nothing waits for it.
 */
void
bks_http_exchange_finish (BksHttpExchange *self)
{
  g_return_if_fail (BKS_IS_HTTP_EXCHANGE (self) && self->body != NULL);

  if (self->closed || self->draining || self->at_end)
    return;
  self->draining = TRUE;
  self->max_bytes = self->received + DRAIN_BYTES;
  g_clear_handle_id (&self->total_source, g_source_remove);
  set_wait (self, WAIT_IDLE, DRAIN_MS);
  g_input_stream_skip_async (self->body, CHUNK_BYTES, G_PRIORITY_LOW, self->cancellable,
                             drained_cb, g_object_ref (self));
}

/**
 * bks_http_exchange_close:
 * @self: an exchange in any state
 *
 * Ends it. Where the response was not read to its end, the socket is closed.
 */
void
bks_http_exchange_close (BksHttpExchange *self)
{
  g_return_if_fail (BKS_IS_HTTP_EXCHANGE (self));

  if (self->closed)
    return;
  self->closed = TRUE;
  set_wait (self, WAIT_NONE, 0);
  g_clear_handle_id (&self->total_source, g_source_remove);
  if (self->at_end)
    return;
  g_cancellable_cancel (self->cancellable);
  close_body (self);
}

/**
 * bks_http_exchange_get_sent:
 * @self: an exchange
 *
 * Returns: whether a connection accepted the request, so that the server may have acted on it
 */
gboolean
bks_http_exchange_get_sent (BksHttpExchange *self)
{
  g_return_val_if_fail (BKS_IS_HTTP_EXCHANGE (self), FALSE);

  return self->sent;
}

/**
 * bks_http_exchange_get_elapsed_ms:
 * @self: an exchange that has begun
 *
 * Returns: milliseconds since it was sent
 */
gint64
bks_http_exchange_get_elapsed_ms (BksHttpExchange *self)
{
  g_return_val_if_fail (BKS_IS_HTTP_EXCHANGE (self), 0);

  return get_now_ms (self) - self->started_ms;
}

/**
 * bks_http_exchange_get_status:
 * @self: an exchange whose head was received
 *
 * Returns: the HTTP status
 */
guint
bks_http_exchange_get_status (BksHttpExchange *self)
{
  g_return_val_if_fail (BKS_IS_HTTP_EXCHANGE (self), 0);

  return soup_message_get_status (self->message);
}

/**
 * bks_http_exchange_get_content_type:
 * @self: an exchange whose head was received
 *
 * Returns: (transfer none) (nullable): the media type without parameters
 */
const char *
bks_http_exchange_get_content_type (BksHttpExchange *self)
{
  g_return_val_if_fail (BKS_IS_HTTP_EXCHANGE (self), NULL);

  return soup_message_headers_get_content_type (soup_message_get_response_headers (self->message), NULL);
}

/**
 * bks_http_exchange_get_header:
 * @self: an exchange whose head was received
 * @name: a header's name, in any case
 *
 * Returns: (transfer none) (nullable): its value
 */
const char *
bks_http_exchange_get_header (BksHttpExchange *self,
                              const char      *name)
{
  g_return_val_if_fail (BKS_IS_HTTP_EXCHANGE (self), NULL);

  return soup_message_headers_get_one (soup_message_get_response_headers (self->message), name);
}
