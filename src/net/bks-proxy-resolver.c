/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-net"

#include "config.h"

#include "bks-proxy-resolver-private.h"
#include "bks-url.h"

/**
 * BksProxyResolver:
 *
 * The proxies of the system, but none for this machine: a proxy could not
 * reach a server here, and a book that must stay here would be sent to it.
 */
struct _BksProxyResolver
{
  GObject parent_instance;
};

static void bks_proxy_resolver_iface_init (GProxyResolverInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BksProxyResolver, bks_proxy_resolver, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_PROXY_RESOLVER, bks_proxy_resolver_iface_init))

static char **
new_direct (void)
{
  static const char *const direct[] = { "direct://", NULL };

  return g_strdupv ((char **) direct);
}

static gboolean
bks_proxy_resolver_is_supported (GProxyResolver *resolver)
{
  return TRUE;
}

static char **
bks_proxy_resolver_lookup (GProxyResolver  *resolver,
                           const char      *uri,
                           GCancellable    *cancellable,
                           GError         **error)
{
  if (bks_url_is_loopback (uri))
    return new_direct ();
  return g_proxy_resolver_lookup (g_proxy_resolver_get_default (), uri, cancellable, error);
}

static void
looked_up_cb (GObject      *resolver,
              GAsyncResult *result,
              gpointer      data)
{
  g_autoptr(GTask) task = data;
  GError *error = NULL;
  char **proxies = g_proxy_resolver_lookup_finish (G_PROXY_RESOLVER (resolver), result, &error);

  if (proxies != NULL)
    g_task_return_pointer (task, proxies, (GDestroyNotify) g_strfreev);
  else
    g_task_return_error (task, error);
}

static void
bks_proxy_resolver_lookup_async (GProxyResolver      *resolver,
                                 const char          *uri,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             data)
{
  GTask *task = g_task_new (resolver, cancellable, callback, data);

  g_task_set_source_tag (task, bks_proxy_resolver_lookup_async);
  if (bks_url_is_loopback (uri))
    {
      g_task_return_pointer (task, new_direct (), (GDestroyNotify) g_strfreev);
      g_object_unref (task);
      return;
    }
  g_proxy_resolver_lookup_async (g_proxy_resolver_get_default (), uri, cancellable, looked_up_cb, task);
}

static char **
bks_proxy_resolver_lookup_finish (GProxyResolver  *resolver,
                                  GAsyncResult    *result,
                                  GError         **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
bks_proxy_resolver_iface_init (GProxyResolverInterface *iface)
{
  iface->is_supported = bks_proxy_resolver_is_supported;
  iface->lookup = bks_proxy_resolver_lookup;
  iface->lookup_async = bks_proxy_resolver_lookup_async;
  iface->lookup_finish = bks_proxy_resolver_lookup_finish;
}

static void
bks_proxy_resolver_class_init (BksProxyResolverClass *klass)
{
}

static void
bks_proxy_resolver_init (BksProxyResolver *self)
{
}

/**
 * bks_proxy_resolver_new:
 *
 * Returns: (transfer full): the system's proxies, less this machine
 */
GProxyResolver *
bks_proxy_resolver_new (void)
{
  return g_object_new (BKS_TYPE_PROXY_RESOLVER, NULL);
}
