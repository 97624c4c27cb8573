/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include <string.h>

#include "bks-book-store-private.h"
#include "bks-error.h"
#include "bks-revision-chain-private.h"
#include "bks-revisions-private.h"

/* Earlier texts: kept, listed, read and checked. What is packed of one is the text, a NUL and its provenance. */

#define SHA256_BYTES 32

G_DEFINE_BOXED_TYPE (BksRevision, bks_revision, bks_revision_ref, bks_revision_unref)

/**
 * bks_revision_new:
 *
 * Returns: (transfer full): a revision with nothing in it
 */
BksRevision *
bks_revision_new (void)
{
  return g_atomic_rc_box_new0 (BksRevision);
}

/**
 * bks_revision_ref:
 * @self: a revision
 *
 * Returns: (transfer full): @self
 */
BksRevision *
bks_revision_ref (BksRevision *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
revision_clear (gpointer data)
{
  BksRevision *self = data;

  g_free (self->node_id);
  g_free (self->cause);
  g_free (self->name);
  g_free (self->text);
  g_free (self->provenance);
}

/**
 * bks_revision_unref:
 * @self: (transfer full): a revision
 */
void
bks_revision_unref (BksRevision *self)
{
  g_atomic_rc_box_release_full (self, revision_clear);
}

static GBytes *
join (const char *text,
      const char *provenance)
{
  gsize text_size = strlen (text) + 1, size = text_size + strlen (provenance);
  char *plain = g_malloc (size + 1);

  memcpy (plain, text, text_size);
  memcpy (plain + text_size, provenance, size - text_size + 1);
  return g_bytes_new_take (plain, size);
}

static void
hash_text (const char *text,
           gsize       length,
           guint8      digest[SHA256_BYTES])
{
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize size = SHA256_BYTES;

  g_checksum_update (checksum, (const guchar *) text, (gssize) length);
  g_checksum_get_digest (checksum, digest, &size);
}

/* The newest revision of a node. */
typedef struct
{
  gint64 id; /* 0: there is none */
  gint64 number;
  guint8 sha256[SHA256_BYTES];
} Newest;

static gboolean
find_newest (BksConnection  *connection,
             const char     *node_id,
             Newest         *newest,
             GError        **error)
{
  sqlite3_stmt *statement;
  int step;

  memset (newest, 0, sizeof *newest);
  statement = bks_connection_prepare (connection,
                                      "SELECT id, number, sha256 FROM revisions WHERE node_id = ?"
                                      " ORDER BY number DESC LIMIT 1",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, node_id);
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_ROW)
    {
      newest->id = sqlite3_column_int64 (statement, 0);
      newest->number = sqlite3_column_int64 (statement, 1);
      if (sqlite3_column_bytes (statement, 2) == SHA256_BYTES)
        memcpy (newest->sha256, sqlite3_column_blob (statement, 2), SHA256_BYTES);
      sqlite3_reset (statement);
    }
  return step != -1;
}

/* What is to be kept. */
typedef struct
{
  BksRevision *facts; /* with text and provenance */
  guint8       sha256[SHA256_BYTES];
} Keeping;

static BksRevision *
read_present (BksConnection  *connection,
              const char     *node_id,
              GError        **error)
{
  BksRevision *present;
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "SELECT text, words, revision, updated_at, provenance FROM texts WHERE node_id = ?",
                                      error);
  if (statement == NULL)
    return NULL;
  bks_bind_text (statement, 1, node_id);
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_DONE)
    bks_book_no_such_node (error);
  if (step != SQLITE_ROW)
    return NULL;
  present = bks_revision_new ();
  present->node_id = g_strdup (node_id);
  present->text = bks_column_dup (statement, 0);
  present->words = sqlite3_column_int64 (statement, 1);
  present->number = sqlite3_column_int64 (statement, 2);
  present->at = sqlite3_column_int64 (statement, 3);
  present->provenance = bks_column_dup (statement, 4);
  present->bytes = (gint64) strlen (present->text);
  sqlite3_reset (statement);
  return present;
}

static gboolean
insert_revision (BksConnection      *connection,
                 Keeping            *keeping,
                 BksPackedRevision  *packed,
                 GError            **error)
{
  BksRevision *facts = keeping->facts;
  sqlite3_stmt *statement;
  gboolean ok;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO revisions (node_id, number, cause, at, words, bytes, sha256,"
                                      "  base_id, depth, content_bytes, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, facts->node_id);
  sqlite3_bind_int64 (statement, 2, facts->number);
  bks_bind_text (statement, 3, facts->cause);
  sqlite3_bind_int64 (statement, 4, facts->at);
  sqlite3_bind_int64 (statement, 5, facts->words);
  sqlite3_bind_int64 (statement, 6, facts->bytes);
  sqlite3_bind_blob (statement, 7, keeping->sha256, SHA256_BYTES, SQLITE_STATIC);
  bks_packed_revision_bind (statement, 8, packed);
  ok = bks_connection_run (connection, statement, error);
  sqlite3_clear_bindings (statement);
  return ok;
}

static gboolean
note_kept (BksConnection  *connection,
           const char     *node_id,
           gint64          now_ms,
           GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection, "UPDATE texts SET kept_at = ?, changed_words = 0 WHERE node_id = ?", error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, now_ms);
  bks_bind_text (statement, 2, node_id);
  return bks_connection_run (connection, statement, error);
}

/* Adds what @keeping holds, unless the newest is just that. */
static gboolean
add_revision (BksConnection  *connection,
              Keeping        *keeping,
              gint64          now_ms,
              gint64         *revision_id,
              GError        **error)
{
  BksRevision *facts = keeping->facts;
  g_auto(BksPackedRevision) packed = { 0 };
  g_autoptr(GBytes) plain = NULL;
  Newest newest;

  if (!find_newest (connection, facts->node_id, &newest, error))
    return FALSE;
  hash_text (facts->text, (gsize) facts->bytes, keeping->sha256);
  *revision_id = newest.id;
  if (newest.id != 0 && (newest.number == facts->number || memcmp (newest.sha256, keeping->sha256, SHA256_BYTES) == 0))
    return note_kept (connection, facts->node_id, now_ms, error);
  plain = join (facts->text, facts->provenance);
  if (!bks_revision_chain_pack (connection, plain, newest.id, &packed, error) ||
      !insert_revision (connection, keeping, &packed, error))
    return FALSE;
  *revision_id = bks_connection_get_last_id (connection);
  return note_kept (connection, facts->node_id, now_ms, error) &&
         bks_book_thin_node (connection, facts->node_id, now_ms, error);
}

/**
 * bks_book_keep_text:
 * @connection: a connection in a transaction
 * @node_id: which node
 * @cause: why, one of BKS_KEEP_…
 * @now_ms: epoch milliseconds
 * @revision_id: (out) (optional): the row of the revision that holds the text now
 * @error: return location
 *
 * Makes a revision of a node's present text, unless there is one.
 *
 * Returns: whether it is kept
 */
gboolean
bks_book_keep_text (BksConnection  *connection,
                    const char     *node_id,
                    const char     *cause,
                    gint64          now_ms,
                    gint64         *revision_id,
                    GError        **error)
{
  g_autoptr(BksRevision) present = read_present (connection, node_id, error);
  Keeping keeping = { .facts = present };
  gint64 id;

  if (present == NULL)
    return FALSE;
  present->cause = g_strdup (cause);
  return add_revision (connection, &keeping, now_ms, revision_id != NULL ? revision_id : &id, error);
}

static gboolean
keep_revision (BksConnection  *connection,
               GValue         *result,
               gpointer        data,
               GError        **error)
{
  const char *node_id, *cause;
  gint64 now_ms;

  g_variant_get (data, "(&s&sx)", &node_id, &cause, &now_ms);
  return bks_book_keep_text (connection, node_id, cause, now_ms, NULL, error);
}

/**
 * bks_book_store_keep_revision:
 * @store: a book's database
 * @node_id: which node
 * @cause: why, one of BKS_KEEP_…
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves when the node's present text is a revision
 */
DexFuture *
bks_book_store_keep_revision (BksDatabase *store,
                              const char  *node_id,
                              const char  *cause,
                              gint64       now_ms)
{
  return bks_database_write (store, keep_revision, g_variant_ref_sink (g_variant_new ("(ssx)", node_id, cause, now_ms)),
                             (GDestroyNotify) g_variant_unref);
}

/* A text that never became the current one takes a number of its own: the present text moves on by one. */
static gboolean
add_rescued (BksConnection  *connection,
             GValue         *result,
             gpointer        data,
             GError        **error)
{
  g_autoptr(BksRevision) present = NULL;
  g_autoptr(BksRevision) rescued = bks_revision_new ();
  const char *node_id, *text;
  gint64 words, now_ms, id;
  Keeping keeping = { .facts = rescued };
  sqlite3_stmt *statement;

  g_variant_get (data, "(&s&sxx)", &node_id, &text, &words, &now_ms);
  present = read_present (connection, node_id, error);
  if (present == NULL)
    return FALSE;
  if (g_str_equal (present->text, text))
    return TRUE;
  if (!bks_book_keep_text (connection, node_id, BKS_KEEP_RESCUE, now_ms, &id, error))
    return FALSE;
  rescued->node_id = g_strdup (node_id);
  rescued->number = present->number + 1;
  rescued->cause = g_strdup (BKS_KEEP_RESCUE);
  rescued->at = now_ms;
  rescued->words = words;
  rescued->bytes = (gint64) strlen (text);
  rescued->text = g_strdup (text);
  rescued->provenance = g_strdup ("");
  statement = bks_connection_prepare (connection, "UPDATE texts SET revision = revision + 2 WHERE node_id = ?", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, node_id);
  return bks_connection_run (connection, statement, error) &&
         add_revision (connection, &keeping, now_ms, &id, error) &&
         bks_book_note_change (connection, "chapter.rescued", "chapter", node_id, now_ms, error);
}

/**
 * bks_book_store_add_rescued:
 * @store: a book's database
 * @node_id: which node
 * @text: what was typed there and never saved
 * @words: how many words it has
 * @now_ms: epoch milliseconds
 *
 * The present text stays; what was rescued is put into the history beside it.
 *
 * Returns: (transfer full): resolves when it is durable; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_book_store_add_rescued (BksDatabase *store,
                            const char  *node_id,
                            const char  *text,
                            gint64       words,
                            gint64       now_ms)
{
  return bks_database_write (store, add_rescued,
                             g_variant_ref_sink (g_variant_new ("(ssxx)", node_id, text, words, now_ms)),
                             (GDestroyNotify) g_variant_unref);
}

#define REVISION_COLUMNS \
  "SELECT r.id, r.node_id, r.number, r.cause, r.at, r.words, r.bytes," \
  "  (SELECT group_concat (s.name, ', ') FROM snapshot_items i JOIN snapshots s ON s.id = i.snapshot_id" \
  "   WHERE i.revision_id = r.id) FROM revisions r"

static gpointer
read_revision_row (sqlite3_stmt *statement)
{
  BksRevision *revision = bks_revision_new ();

  revision->node_id = bks_column_dup (statement, 1);
  revision->number = sqlite3_column_int64 (statement, 2);
  revision->cause = bks_column_dup (statement, 3);
  revision->at = sqlite3_column_int64 (statement, 4);
  revision->words = sqlite3_column_int64 (statement, 5);
  revision->bytes = sqlite3_column_int64 (statement, 6);
  revision->name = bks_column_dup (statement, 7);
  return revision;
}

static gboolean
list_revisions (BksConnection  *connection,
                GValue         *result,
                gpointer        data,
                GError        **error)
{
  sqlite3_stmt *statement;

  if (!bks_book_has_history (connection))
    {
      g_value_init (result, G_TYPE_PTR_ARRAY);
      g_value_take_boxed (result, g_ptr_array_new_with_free_func ((GDestroyNotify) bks_revision_unref));
      return TRUE;
    }
  statement = bks_connection_prepare (connection, REVISION_COLUMNS " WHERE r.node_id = ? ORDER BY r.number DESC", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, data);
  return bks_connection_list (connection, statement, read_revision_row, (GDestroyNotify) bks_revision_unref, result, error);
}

/**
 * bks_book_store_list_revisions:
 * @store: a book's database
 * @node_id: which node
 *
 * Returns: (transfer full): resolves to a #GPtrArray of #BksRevision without
 *   their texts, the newest first
 */
DexFuture *
bks_book_store_list_revisions (BksDatabase *store,
                               const char  *node_id)
{
  return bks_database_read (store, list_revisions, g_strdup (node_id), g_free);
}

static gboolean
check_hash (BksConnection  *connection,
            gint64          id,
            const char     *text,
            gsize           length,
            GError        **error)
{
  guint8 digest[SHA256_BYTES];
  sqlite3_stmt *statement = bks_connection_prepare (connection, "SELECT sha256 FROM revisions WHERE id = ?", error);
  gboolean same;

  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, id);
  if (bks_connection_step (connection, statement, error) != SQLITE_ROW)
    return FALSE;
  hash_text (text, length, digest);
  same = sqlite3_column_bytes (statement, 0) == SHA256_BYTES &&
         memcmp (sqlite3_column_blob (statement, 0), digest, SHA256_BYTES) == 0;
  sqlite3_reset (statement);
  if (!same)
    g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CORRUPT, "An earlier text is not what was kept");
  return same;
}

/**
 * bks_book_load_revision:
 * @connection: a connection
 * @id: the row of a revision
 * @revision: takes text and provenance
 * @error: return location
 *
 * Returns: whether the text is there and is what was kept, %FALSE with %BKS_ERROR_CORRUPT otherwise
 */
gboolean
bks_book_load_revision (BksConnection  *connection,
                        gint64          id,
                        BksRevision    *revision,
                        GError        **error)
{
  g_autoptr(GBytes) plain = bks_revision_chain_load (connection, id, error);
  const char *data, *end;
  gsize size;

  if (plain == NULL)
    return FALSE;
  data = g_bytes_get_data (plain, &size);
  end = memchr (data, '\0', size);
  if (end == NULL)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CORRUPT, "An earlier text has no end");
      return FALSE;
    }
  if (!check_hash (connection, id, data, (gsize) (end - data), error))
    return FALSE;
  g_free (revision->text);
  g_free (revision->provenance);
  revision->text = g_strndup (data, (gsize) (end - data));
  revision->provenance = g_strndup (end + 1, size - (gsize) (end - data) - 1);
  return TRUE;
}

static gboolean
read_revision (BksConnection  *connection,
               GValue         *result,
               gpointer        data,
               GError        **error)
{
  g_autoptr(BksRevision) revision = NULL;
  const char *node_id;
  gint64 number, id;
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection, REVISION_COLUMNS " WHERE r.node_id = ? AND r.number = ?", error);
  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&sx)", &node_id, &number);
  bks_bind_text (statement, 1, node_id);
  sqlite3_bind_int64 (statement, 2, number);
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_DONE)
    g_set_error (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no revision %" G_GINT64_FORMAT " of this text", number);
  if (step != SQLITE_ROW)
    return FALSE;
  id = sqlite3_column_int64 (statement, 0);
  revision = read_revision_row (statement);
  sqlite3_reset (statement);
  if (!bks_book_load_revision (connection, id, revision, error))
    return FALSE;
  g_value_init (result, BKS_TYPE_REVISION);
  g_value_take_boxed (result, g_steal_pointer (&revision));
  return TRUE;
}

/**
 * bks_book_store_read_revision:
 * @store: a book's database
 * @node_id: which node
 * @number: which of its revisions
 *
 * Returns: (transfer full): resolves to the #BksRevision with its text; rejects with
 *   %BKS_ERROR_NOT_FOUND, %BKS_ERROR_CORRUPT if its text is not what was kept
 */
DexFuture *
bks_book_store_read_revision (BksDatabase *store,
                              const char  *node_id,
                              gint64       number)
{
  return bks_database_read (store, read_revision, g_variant_ref_sink (g_variant_new ("(sx)", node_id, number)),
                            (GDestroyNotify) g_variant_unref);
}

/* A revision that has the number of the present text has to be that text. */
static gint64
count_strangers (BksConnection  *connection,
                 GError        **error)
{
  gint64 strangers = 0;
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "SELECT t.text, r.sha256, r.number > t.revision FROM texts t"
                                      " JOIN revisions r ON r.node_id = t.node_id AND r.number >= t.revision",
                                      error);
  if (statement == NULL)
    return -1;
  while ((step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    {
      guint8 digest[SHA256_BYTES];

      hash_text ((const char *) sqlite3_column_text (statement, 0), (gsize) sqlite3_column_bytes (statement, 0), digest);
      if (sqlite3_column_int (statement, 2) != 0 || sqlite3_column_bytes (statement, 1) != SHA256_BYTES ||
          memcmp (sqlite3_column_blob (statement, 1), digest, SHA256_BYTES) != 0)
        strangers++;
    }
  return step != -1 ? strangers : -1;
}

/**
 * bks_book_count_damaged:
 * @connection: a connection
 * @checked: (out): how many revisions there are
 * @error: return location
 *
 * Reads every revision and compares it with what was kept.
 *
 * Returns: how many are damaged, -1 with @error set if the file cannot be read
 */
gint64
bks_book_count_damaged (BksConnection  *connection,
                        gint64         *checked,
                        GError        **error)
{
  g_autoptr(GArray) ids = bks_revision_chain_list (connection, "SELECT id FROM revisions", 0, error);
  gint64 damaged;

  if (ids == NULL)
    return -1;
  damaged = count_strangers (connection, error);
  if (damaged == -1)
    return -1;
  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr(BksRevision) revision = bks_revision_new ();
      g_autoptr(GError) local = NULL;

      if (!bks_book_load_revision (connection, g_array_index (ids, gint64, i), revision, &local))
        damaged++;
    }
  *checked = ids->len;
  return damaged;
}
