/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-events.h"
#include "bks-book-store-private.h"

/* What changed in a book, numbered, never changed afterwards. */

G_DEFINE_BOXED_TYPE (BksEvent, bks_event, bks_event_ref, bks_event_unref)

/**
 * bks_event_ref:
 * @self: an event
 *
 * Returns: (transfer full): @self
 */
BksEvent *
bks_event_ref (BksEvent *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
event_clear (gpointer data)
{
  BksEvent *self = data;

  g_free (self->type);
  g_free (self->entity_type);
  g_free (self->entity_id);
}

/**
 * bks_event_unref:
 * @self: (transfer full): an event
 */
void
bks_event_unref (BksEvent *self)
{
  g_atomic_rc_box_release_full (self, event_clear);
}

static gpointer
read_event (sqlite3_stmt *statement)
{
  BksEvent *event = g_atomic_rc_box_new0 (BksEvent);

  event->seq = sqlite3_column_int64 (statement, 0);
  event->at = sqlite3_column_int64 (statement, 1);
  event->type = bks_column_dup (statement, 2);
  event->entity_type = bks_column_dup (statement, 3);
  event->entity_id = bks_column_dup (statement, 4);
  return event;
}

static gboolean
list_events (BksConnection  *connection,
             GValue         *result,
             gpointer        data,
             GError        **error)
{
  sqlite3_stmt *statement;
  gint64 since;
  guint32 most;

  statement = bks_connection_prepare (connection,
                                      "SELECT seq, at, type, entity_type, entity_id FROM events WHERE seq > ?"
                                      " ORDER BY seq LIMIT ?",
                                      error);
  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(xu)", &since, &most);
  sqlite3_bind_int64 (statement, 1, since);
  sqlite3_bind_int64 (statement, 2, most);
  return bks_connection_list (connection, statement, read_event, (GDestroyNotify) bks_event_unref, result, error);
}

/**
 * bks_book_store_list_events:
 * @store: a book's database
 * @since: the number of the last event that is known, 0 for all
 * @most: how many to return at most
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksEvent, in their order
 */
DexFuture *
bks_book_store_list_events (BksDatabase *store,
                            gint64       since,
                            guint        most)
{
  return bks_database_read (store, list_events, g_variant_ref_sink (g_variant_new ("(xu)", since, (guint32) most)),
                            (GDestroyNotify) g_variant_unref);
}
