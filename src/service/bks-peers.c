/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-service"

#include "config.h"

#include <string.h>

#include "bks-peers-private.h"

/* Full buckets say nothing: they are forgotten when the table grows beyond. */
#define MOST_BUCKETS 4096

struct _BksPeers
{
  GHashTable *counts; /* key → count */
  guint       most;
};

struct _BksRate
{
  BksClock   *clock;
  GHashTable *buckets; /* key → Bucket */
  double      burst;
  double      per_ms;  /* events that come back each millisecond */
};

typedef struct
{
  double level;
  gint64 at_ms;
} Bucket;

/* The IPv4 address within an IPv6 one (RFC 4291 §2.5.5.2). */
static GInetAddress *
unmap (GInetAddress *address)
{
  static const guint8 prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
  const guint8 *bytes = g_inet_address_to_bytes (address);

  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 && memcmp (bytes, prefix, sizeof prefix) == 0)
    return g_inet_address_new_from_bytes (bytes + sizeof prefix, G_SOCKET_FAMILY_IPV4);
  return g_object_ref (address);
}

/*
 * bks_peer_key:
 *
 * One host has one IPv4 address, but a whole /64 of IPv6 ones.
 *
 * Returns: (transfer full): what stands for the peer; "loopback" for this machine
 */
char *
bks_peer_key (GInetAddress *address)
{
  g_autoptr(GInetAddress) plain = unmap (address);
  g_autoptr(GInetAddress) network = NULL;
  g_autofree char *text = NULL;
  guint8 bytes[16] = { 0 };

  if (g_inet_address_get_is_loopback (plain))
    return g_strdup ("loopback");
  if (g_inet_address_get_family (plain) == G_SOCKET_FAMILY_IPV4)
    return g_inet_address_to_string (plain);
  memcpy (bytes, g_inet_address_to_bytes (plain), 8);
  network = g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV6);
  text = g_inet_address_to_string (network);
  return g_strconcat (text, "/64", NULL);
}

BksPeers *
bks_peers_new (guint most)
{
  BksPeers *self = g_new0 (BksPeers, 1);

  self->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->most = most;
  return self;
}

void
bks_peers_free (BksPeers *self)
{
  g_hash_table_unref (self->counts);
  g_free (self);
}

/*
 * bks_peers_add:
 *
 * Everything on this machine shares one address, so loopback is exempt.
 *
 * Returns: %FALSE if the peer has as many already as it may
 */
gboolean
bks_peers_add (BksPeers   *self,
               const char *key)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (self->counts, key));

  if (count >= self->most && !g_str_equal (key, "loopback"))
    return FALSE;
  g_hash_table_insert (self->counts, g_strdup (key), GUINT_TO_POINTER (count + 1));
  return TRUE;
}

void
bks_peers_remove (BksPeers   *self,
                  const char *key)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (self->counts, key));

  if (count <= 1)
    g_hash_table_remove (self->counts, key);
  else
    g_hash_table_insert (self->counts, g_strdup (key), GUINT_TO_POINTER (count - 1));
}

/*
 * bks_rate_new:
 * @burst: how many at once
 * @events: how many come back
 * @per_ms: within this time
 *
 * A token bucket for each key.
 */
BksRate *
bks_rate_new (BksClock *clock,
              guint     burst,
              guint     events,
              guint     per_ms)
{
  BksRate *self = g_new0 (BksRate, 1);

  self->clock = g_object_ref (clock);
  self->buckets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->burst = burst;
  self->per_ms = (double) events / per_ms;
  return self;
}

void
bks_rate_free (BksRate *self)
{
  g_object_unref (self->clock);
  g_hash_table_unref (self->buckets);
  g_free (self);
}

static double
get_level (BksRate *self,
           Bucket  *bucket,
           gint64   now_ms)
{
  return MIN (self->burst, bucket->level + (double) MAX (now_ms - bucket->at_ms, 0) * self->per_ms);
}

static void
forget_full (BksRate *self,
             gint64   now_ms)
{
  GHashTableIter iter;
  gpointer bucket;

  g_hash_table_iter_init (&iter, self->buckets);
  while (g_hash_table_iter_next (&iter, NULL, &bucket))
    if (get_level (self, bucket, now_ms) >= self->burst)
      g_hash_table_iter_remove (&iter);
}

static Bucket *
ensure_bucket (BksRate    *self,
               const char *key,
               gint64      now_ms)
{
  Bucket *bucket = g_hash_table_lookup (self->buckets, key);

  if (bucket != NULL)
    return bucket;
  if (g_hash_table_size (self->buckets) >= MOST_BUCKETS)
    forget_full (self, now_ms);
  bucket = g_new0 (Bucket, 1);
  bucket->level = self->burst;
  bucket->at_ms = now_ms;
  g_hash_table_insert (self->buckets, g_strdup (key), bucket);
  return bucket;
}

/*
 * bks_rate_take:
 *
 * Returns: 0 if one more may be now, else after how many seconds, at least 1
 */
guint
bks_rate_take (BksRate    *self,
               const char *key)
{
  gint64 now_ms = bks_clock_get_monotonic_ms (self->clock);
  Bucket *bucket = ensure_bucket (self, key, now_ms);

  bucket->level = get_level (self, bucket, now_ms);
  bucket->at_ms = now_ms;
  if (bucket->level < 1)
    return (guint) ((1 - bucket->level) / self->per_ms / 1000) + 1;
  bucket->level -= 1;
  return 0;
}
