/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-net"

#include "config.h"

#include "bks-http.h"
#include "bks-proxy-resolver-private.h"

#define CONNECTIONS 64
#define CONNECTIONS_PER_HOST 16
#define KEEP_ALIVE_SECONDS 60

/**
 * BksHttp:
 *
 * The one way out: owns the session whose connections all calls share. Lives
 * on the thread of the default main context. What may go wrong with one call
 * is the matter of #BksHttpExchange.
 */
struct _BksHttp
{
  GObject      parent_instance;

  SoupSession *session;
  BksLimits   *limits;
};

G_DEFINE_FINAL_TYPE (BksHttp, bks_http, G_TYPE_OBJECT)

static void
bks_http_dispose (GObject *object)
{
  BksHttp *self = BKS_HTTP (object);

  if (self->session != NULL)
    soup_session_abort (self->session);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (bks_http_parent_class)->dispose (object);
}

static void
bks_http_finalize (GObject *object)
{
  BksHttp *self = BKS_HTTP (object);

  g_clear_pointer (&self->limits, bks_limits_unref);
  G_OBJECT_CLASS (bks_http_parent_class)->finalize (object);
}

static void
bks_http_class_init (BksHttpClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = bks_http_dispose;
  G_OBJECT_CLASS (klass)->finalize = bks_http_finalize;
}

static void
bks_http_init (BksHttp *self)
{
  g_autoptr(GProxyResolver) resolver = bks_proxy_resolver_new ();

  /* No timeout of libsoup's: it counts seconds and cannot tell a slow first
   * token from a stall. Every exchange brings its own. */
  self->session = soup_session_new_with_options ("max-conns", CONNECTIONS,
                                                 "max-conns-per-host", CONNECTIONS_PER_HOST,
                                                 "idle-timeout", KEEP_ALIVE_SECONDS,
                                                 "timeout", 0,
                                                 "proxy-resolver", resolver,
                                                 "user-agent", "BookStudio/" BKS_VERSION,
                                                 NULL);
}

/**
 * bks_http_new:
 * @limits: the limits every exchange keeps
 *
 * Returns: (transfer full): a session without connections
 */
BksHttp *
bks_http_new (BksLimits *limits)
{
  BksHttp *self;

  g_return_val_if_fail (limits != NULL, NULL);

  self = g_object_new (BKS_TYPE_HTTP, NULL);
  self->limits = bks_limits_ref (limits);
  return self;
}

/**
 * bks_http_get_limits:
 * @self: a session
 *
 * Returns: (transfer none): the limits
 */
BksLimits *
bks_http_get_limits (BksHttp *self)
{
  g_return_val_if_fail (BKS_IS_HTTP (self), NULL);

  return self->limits;
}

/**
 * bks_http_get_session:
 * @self: a session
 *
 * For #BksHttpExchange, and for tests that install a certificate authority.
 *
 * Returns: (transfer none): libsoup's session
 */
SoupSession *
bks_http_get_session (BksHttp *self)
{
  g_return_val_if_fail (BKS_IS_HTTP (self), NULL);

  return self->session;
}
