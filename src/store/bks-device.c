/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-device.h"
#include "bks-error.h"

G_DEFINE_BOXED_TYPE (BksDevice, bks_device, bks_device_ref, bks_device_unref)

/**
 * bks_device_ref:
 * @self: a device
 *
 * Returns: (transfer full): @self
 */
BksDevice *
bks_device_ref (BksDevice *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
device_clear (gpointer data)
{
  BksDevice *self = data;

  g_free (self->id);
  g_free (self->user_id);
  g_free (self->name);
  g_free (self->role);
  g_free (self->tier);
}

/**
 * bks_device_unref:
 * @self: (transfer full): a device
 */
void
bks_device_unref (BksDevice *self)
{
  g_atomic_rc_box_release_full (self, device_clear);
}

#define DEVICE_COLUMNS "id, user_id, name, role, tier, paired_at, last_used_at, min_iat, revoked"

static gpointer
read_device (sqlite3_stmt *statement)
{
  BksDevice *device = g_atomic_rc_box_new0 (BksDevice);

  device->id = bks_column_dup (statement, 0);
  device->user_id = bks_column_dup (statement, 1);
  device->name = bks_column_dup (statement, 2);
  device->role = bks_column_dup (statement, 3);
  device->tier = bks_column_dup (statement, 4);
  device->paired_at = sqlite3_column_int64 (statement, 5);
  device->last_used_at = sqlite3_column_int64 (statement, 6);
  device->min_iat = sqlite3_column_int64 (statement, 7);
  device->revoked = sqlite3_column_int (statement, 8) != 0;
  return device;
}

static gboolean
fetch_device (BksConnection  *connection,
              GValue         *result,
              const char     *device_id,
              GError        **error)
{
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection, "SELECT " DEVICE_COLUMNS " FROM devices WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, device_id);
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_DONE)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no such device");
  if (step != SQLITE_ROW)
    return FALSE;
  g_value_init (result, BKS_TYPE_DEVICE);
  g_value_take_boxed (result, read_device (statement));
  sqlite3_reset (statement);
  return TRUE;
}

static gboolean
refuse_token (GError **error)
{
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_UNAUTHORIZED, "The code or token is not valid");
  return FALSE;
}

static gboolean
add_pairing_code (BksConnection  *connection,
                  GValue         *result,
                  gpointer        data,
                  GError        **error)
{
  const char *hash;
  gint64 expires_at;
  sqlite3_stmt *statement;

  /* One code at a time: a new one ends those before it. */
  if (!bks_connection_execute (connection, "DELETE FROM pairing_codes", error))
    return FALSE;
  statement = bks_connection_prepare (connection, "INSERT INTO pairing_codes (hash, expires_at) VALUES (?, ?)", error);
  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&sx)", &hash, &expires_at);
  bks_bind_text (statement, 1, hash);
  sqlite3_bind_int64 (statement, 2, expires_at);
  return bks_connection_run (connection, statement, error);
}

/**
 * bks_library_add_pairing_code:
 * @library: the library
 * @hash: hash of the code
 * @expires_at: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_library_add_pairing_code (BksDatabase *library,
                              const char  *hash,
                              gint64       expires_at)
{
  return bks_database_write (library, add_pairing_code, g_variant_ref_sink (g_variant_new ("(sx)", hash, expires_at)),
                             (GDestroyNotify) g_variant_unref);
}

static gboolean
insert_device (BksConnection  *connection,
               const char     *device_id,
               const char     *user_id,
               const char     *name,
               gint64          now_ms,
               GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO devices (id, user_id, name, role, tier, paired_at)"
                                      " VALUES (?, ?, ?, 'owner', 'free', ?)",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, device_id);
  bks_bind_text (statement, 2, user_id);
  bks_bind_text (statement, 3, name);
  sqlite3_bind_int64 (statement, 4, now_ms);
  return bks_connection_run (connection, statement, error);
}

typedef struct
{
  char   *hash;
  char   *device_id;
  char   *user_id;
  char   *device_name;
  gint64  now_ms;
  guint   most_wrong_tries;
} Claim;

static void
claim_free (gpointer data)
{
  Claim *claim = data;

  g_free (claim->hash);
  g_free (claim->device_id);
  g_free (claim->user_id);
  g_free (claim->device_name);
  g_free (claim);
}

/*
 * A wrong try must be counted although it is refused, so this resolves with
 * %FALSE then, and the transaction is committed.
 */
static gboolean
claim_pairing_code (BksConnection  *connection,
                    GValue         *result,
                    gpointer        data,
                    GError        **error)
{
  Claim *claim = data;
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "UPDATE pairing_codes SET claimed_at = ?1 WHERE hash = ?2"
                                      " AND claimed_at IS NULL AND expires_at > ?1 AND wrong_tries < ?3",
                                      error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, claim->now_ms);
  bks_bind_text (statement, 2, claim->hash);
  sqlite3_bind_int64 (statement, 3, claim->most_wrong_tries);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  if (bks_connection_get_changes (connection) == 1)
    return insert_device (connection, claim->device_id, claim->user_id, claim->device_name, claim->now_ms, error) &&
           fetch_device (connection, result, claim->device_id, error);

  if (!bks_connection_execute (connection, "UPDATE pairing_codes SET wrong_tries = wrong_tries + 1", error))
    return FALSE;
  g_value_init (result, BKS_TYPE_DEVICE);
  return TRUE;
}

/**
 * bks_library_claim_pairing_code:
 * @library: the library
 * @hash: hash of the code
 * @device_id: id of the device to be made
 * @user_id: whose device it is
 * @device_name: what it calls itself
 * @now_ms: epoch milliseconds
 * @most_wrong_tries: how many wrong tries void a code
 *
 * Claims a code in one UPDATE and makes the device; or counts a wrong try.
 *
 * Returns: (transfer full): resolves to the #BksDevice, %NULL if the code is wrong, used, void or late
 */
DexFuture *
bks_library_claim_pairing_code (BksDatabase *library,
                                const char  *hash,
                                const char  *device_id,
                                const char  *user_id,
                                const char  *device_name,
                                gint64       now_ms,
                                guint        most_wrong_tries)
{
  Claim *claim = g_new0 (Claim, 1);

  claim->hash = g_strdup (hash);
  claim->device_id = g_strdup (device_id);
  claim->user_id = g_strdup (user_id);
  claim->device_name = g_strdup (device_name);
  claim->now_ms = now_ms;
  claim->most_wrong_tries = most_wrong_tries;
  return bks_database_write (library, claim_pairing_code, claim, claim_free);
}

static gboolean
insert_refresh_token (BksConnection  *connection,
                      const char     *hash,
                      const char     *device_id,
                      gint64          now_ms,
                      gint64          expires_at,
                      GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO refresh_tokens (hash, device_id, issued_at, expires_at)"
                                      " VALUES (?, ?, ?, ?)",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, hash);
  bks_bind_text (statement, 2, device_id);
  sqlite3_bind_int64 (statement, 3, now_ms);
  sqlite3_bind_int64 (statement, 4, expires_at);
  return bks_connection_run (connection, statement, error);
}

static gboolean
add_refresh_token (BksConnection  *connection,
                   GValue         *result,
                   gpointer        data,
                   GError        **error)
{
  const char *hash, *device_id;
  gint64 now_ms, expires_at;

  g_variant_get (data, "(&s&sxx)", &hash, &device_id, &now_ms, &expires_at);
  return insert_refresh_token (connection, hash, device_id, now_ms, expires_at, error);
}

/**
 * bks_library_add_refresh_token:
 * @library: the library
 * @hash: hash of the token
 * @device_id: whose
 * @now_ms: epoch milliseconds
 * @expires_at: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_library_add_refresh_token (BksDatabase *library,
                               const char  *hash,
                               const char  *device_id,
                               gint64       now_ms,
                               gint64       expires_at)
{
  return bks_database_write (library, add_refresh_token,
                             g_variant_ref_sink (g_variant_new ("(ssxx)", hash, device_id, now_ms, expires_at)),
                             (GDestroyNotify) g_variant_unref);
}

static gboolean
end_device (BksConnection  *connection,
            const char     *device_id,
            gint64          now_ms,
            GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "UPDATE devices SET revoked = 1, min_iat = ? / 1000 + 1 WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, now_ms);
  bks_bind_text (statement, 2, device_id);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  if (bks_connection_get_changes (connection) == 1)
    return TRUE;
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no such device");
  return FALSE;
}

static gboolean
mark_rotated (BksConnection  *connection,
              const char     *hash,
              gint64          now_ms,
              GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection, "UPDATE refresh_tokens SET rotated_at = ? WHERE hash = ?", error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, now_ms);
  bks_bind_text (statement, 2, hash);
  return bks_connection_run (connection, statement, error);
}

/* A late token is refused as an unknown one is: nothing needs it any more. */
static gboolean
forget_late_tokens (BksConnection  *connection,
                    gint64          now_ms,
                    GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection, "DELETE FROM refresh_tokens WHERE expires_at <= ?", error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, now_ms);
  return bks_connection_run (connection, statement, error);
}

/* Resolves with no device for a refusal, so that the revocation is committed. */
static gboolean
rotate_refresh_token (BksConnection  *connection,
                      GValue         *result,
                      gpointer        data,
                      GError        **error)
{
  g_autofree char *device_id = NULL;
  const char *hash, *successor;
  gint64 now_ms, expires_at, grace_ms, rotated_at, token_expires_at;
  sqlite3_stmt *statement;
  int step;

  g_variant_get (data, "(&s&sxxx)", &hash, &successor, &now_ms, &expires_at, &grace_ms);
  statement = bks_connection_prepare (connection,
                                      "SELECT t.device_id, t.rotated_at, t.expires_at FROM refresh_tokens t"
                                      " JOIN devices d ON d.id = t.device_id WHERE t.hash = ? AND NOT d.revoked",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, hash);
  step = bks_connection_step (connection, statement, error);
  if (step == -1)
    return FALSE;
  if (step == SQLITE_DONE)
    return refuse_token (error);
  device_id = bks_column_dup (statement, 0);
  rotated_at = bks_column_unknown (statement, 1, -1);
  token_expires_at = sqlite3_column_int64 (statement, 2);
  sqlite3_reset (statement);

  if (token_expires_at <= now_ms)
    return refuse_token (error);
  if (rotated_at >= 0 && now_ms - rotated_at > grace_ms)
    {
      /* Somebody has a copy: nobody keeps the device. */
      g_value_init (result, BKS_TYPE_DEVICE);
      return end_device (connection, device_id, now_ms, error);
    }
  if (rotated_at < 0 &&
      (!insert_refresh_token (connection, successor, device_id, now_ms, expires_at, error) ||
       !mark_rotated (connection, hash, now_ms, error) ||
       !forget_late_tokens (connection, now_ms, error)))
    return FALSE;
  return fetch_device (connection, result, device_id, error);
}

/**
 * bks_library_rotate_refresh_token:
 * @library: the library
 * @hash: hash of the token that was shown
 * @successor_hash: hash of the one that follows it
 * @now_ms: epoch milliseconds
 * @expires_at: when the successor ends, epoch milliseconds
 * @grace_ms: how long a rotated token still yields its successor
 *
 * Returns: (transfer full): resolves to the #BksDevice, or to %NULL when the
 *   token had been used up and its device is therefore revoked now; rejects
 *   with %BKS_ERROR_UNAUTHORIZED for an unknown or late token
 */
DexFuture *
bks_library_rotate_refresh_token (BksDatabase *library,
                                  const char  *hash,
                                  const char  *successor_hash,
                                  gint64       now_ms,
                                  gint64       expires_at,
                                  gint64       grace_ms)
{
  return bks_database_write (library, rotate_refresh_token,
                             g_variant_ref_sink (g_variant_new ("(ssxxx)", hash, successor_hash,
                                                                now_ms, expires_at, grace_ms)),
                             (GDestroyNotify) g_variant_unref);
}

static gboolean
get_device (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  return fetch_device (connection, result, data, error);
}

/**
 * bks_library_get_device:
 * @library: the library
 * @device_id: which
 *
 * Returns: (transfer full): resolves to the #BksDevice as it is now, revoked
 *   or not; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_library_get_device (BksDatabase *library,
                        const char  *device_id)
{
  return bks_database_read (library, get_device, g_strdup (device_id), g_free);
}

static gboolean
touch_device (BksConnection  *connection,
              GValue         *result,
              gpointer        data,
              GError        **error)
{
  const char *device_id;
  gint64 now_ms;
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection, "UPDATE devices SET last_used_at = ? WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&sx)", &device_id, &now_ms);
  sqlite3_bind_int64 (statement, 1, now_ms);
  bks_bind_text (statement, 2, device_id);
  return bks_connection_run (connection, statement, error);
}

/**
 * bks_library_touch_device:
 * @library: the library
 * @device_id: which
 * @now_ms: epoch milliseconds of its last use
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_library_touch_device (BksDatabase *library,
                          const char  *device_id,
                          gint64       now_ms)
{
  return bks_database_write (library, touch_device, g_variant_ref_sink (g_variant_new ("(sx)", device_id, now_ms)),
                             (GDestroyNotify) g_variant_unref);
}

static gboolean
list_devices (BksConnection  *connection,
              GValue         *result,
              gpointer        data,
              GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection, "SELECT " DEVICE_COLUMNS " FROM devices ORDER BY paired_at, id", error);
  return statement != NULL &&
         bks_connection_list (connection, statement, read_device, (GDestroyNotify) bks_device_unref, result, error);
}

/**
 * bks_library_list_devices:
 * @library: the library
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksDevice, revoked ones included
 */
DexFuture *
bks_library_list_devices (BksDatabase *library)
{
  return bks_database_read (library, list_devices, NULL, NULL);
}

static gboolean
revoke_device (BksConnection  *connection,
               GValue         *result,
               gpointer        data,
               GError        **error)
{
  const char *device_id;
  gint64 now_ms;

  g_variant_get (data, "(&sx)", &device_id, &now_ms);
  return end_device (connection, device_id, now_ms, error);
}

/**
 * bks_library_revoke_device:
 * @library: the library
 * @device_id: which
 * @now_ms: epoch milliseconds; every token issued until now is void
 *
 * Returns: (transfer full): resolves when it is durable; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_library_revoke_device (BksDatabase *library,
                           const char  *device_id,
                           gint64       now_ms)
{
  return bks_database_write (library, revoke_device, g_variant_ref_sink (g_variant_new ("(sx)", device_id, now_ms)),
                             (GDestroyNotify) g_variant_unref);
}

/* What an overrun closed of the old tier's is open in the new one. */
static gboolean
reopen_tier (BksConnection  *connection,
             const char     *device_id,
             GError        **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection,
                                                    "UPDATE windows SET closed = 0 WHERE scope = 'tier' AND name = ?",
                                                    error);

  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, device_id);
  return bks_connection_run (connection, statement, error);
}

static gboolean
set_device_tier (BksConnection  *connection,
                 GValue         *result,
                 gpointer        data,
                 GError        **error)
{
  sqlite3_stmt *statement = bks_connection_prepare (connection, "UPDATE devices SET tier = ? WHERE id = ?", error);
  const char *device_id, *tier;

  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&s&s)", &device_id, &tier);
  bks_bind_text (statement, 1, tier);
  bks_bind_text (statement, 2, device_id);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  if (bks_connection_get_changes (connection) == 1)
    return reopen_tier (connection, device_id, error);
  g_set_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no device %s", device_id);
  return FALSE;
}

/**
 * bks_library_set_device_tier:
 * @library: the library
 * @device_id: which
 * @tier: a tier's id
 *
 * Returns: (transfer full): resolves when it is durable; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_library_set_device_tier (BksDatabase *library,
                             const char  *device_id,
                             const char  *tier)
{
  return bks_database_write (library, set_device_tier, g_variant_ref_sink (g_variant_new ("(ss)", device_id, tier)),
                             (GDestroyNotify) g_variant_unref);
}
