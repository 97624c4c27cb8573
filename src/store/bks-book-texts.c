/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-book-store-private.h"
#include "bks-error.h"
#include "bks-revisions.h"

/* The current text of each node. */

G_DEFINE_BOXED_TYPE (BksNodeText, bks_node_text, bks_node_text_ref, bks_node_text_unref)

/**
 * bks_node_text_ref:
 * @self: a text
 *
 * Returns: (transfer full): @self
 */
BksNodeText *
bks_node_text_ref (BksNodeText *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
node_text_clear (gpointer data)
{
  BksNodeText *self = data;

  g_free (self->text);
  g_free (self->provenance);
}

/**
 * bks_node_text_unref:
 * @self: (transfer full): a text
 */
void
bks_node_text_unref (BksNodeText *self)
{
  g_atomic_rc_box_release_full (self, node_text_clear);
}

#define READ_TEXT(provenance) \
  "SELECT coalesce (t.text, ''), coalesce (t.words, 0), coalesce (t.revision, 0), " provenance \
  " FROM nodes n LEFT JOIN texts t ON t.node_id = n.id WHERE n.id = ?"

static gboolean
read_text (BksConnection  *connection,
           GValue         *result,
           gpointer        data,
           GError        **error)
{
  BksNodeText *text;
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      bks_book_has_history (connection) ? READ_TEXT ("coalesce (t.provenance, '')")
                                                                        : READ_TEXT ("''"),
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, data);
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_DONE)
    return bks_book_no_such_node (error);
  if (step != SQLITE_ROW)
    return FALSE;
  text = g_atomic_rc_box_new0 (BksNodeText);
  text->text = bks_column_dup (statement, 0);
  text->words = sqlite3_column_int64 (statement, 1);
  text->revision = sqlite3_column_int64 (statement, 2);
  text->provenance = bks_column_dup (statement, 3);
  sqlite3_reset (statement);
  g_value_init (result, BKS_TYPE_NODE_TEXT);
  g_value_take_boxed (result, text);
  return TRUE;
}

/**
 * bks_book_store_read_text:
 * @store: a book's database
 * @node_id: which node
 *
 * Returns: (transfer full): resolves to its #BksNodeText
 */
DexFuture *
bks_book_store_read_text (BksDatabase *store,
                          const char  *node_id)
{
  return bks_database_read (store, read_text, g_strdup (node_id), g_free);
}

static gboolean
read_all_texts (BksConnection  *connection,
                GValue         *result,
                gpointer        data,
                GError        **error)
{
  g_autoptr(GHashTable) texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  sqlite3_stmt *statement = bks_connection_prepare (connection, "SELECT node_id, text FROM texts", error);
  int step;

  if (statement == NULL)
    return FALSE;
  while ((step = bks_connection_step (connection, statement, error)) == SQLITE_ROW)
    g_hash_table_insert (texts, bks_column_dup (statement, 0), bks_column_dup (statement, 1));
  if (step == -1)
    return FALSE;
  g_value_init (result, G_TYPE_HASH_TABLE);
  g_value_take_boxed (result, g_steal_pointer (&texts));
  return TRUE;
}

/**
 * bks_book_store_read_all_texts:
 * @store: a book's database
 *
 * Returns: (transfer full): resolves to a #GHashTable from node ids to texts, of one moment
 */
DexFuture *
bks_book_store_read_all_texts (BksDatabase *store)
{
  return bks_database_read (store, read_all_texts, NULL, NULL);
}

static gboolean
accept_draft (BksConnection  *connection,
              const char     *draft_id,
              gint64          now_ms,
              GError        **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "UPDATE drafts SET review = 'approved', updated_at = ? WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, now_ms);
  bks_bind_text (statement, 2, draft_id);
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  if (bks_connection_get_changes (connection) == 0)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no such draft");
      return FALSE;
    }
  return bks_book_note_change (connection, "draft.accepted", "draft", draft_id, now_ms, error);
}

/* What is to be known of the text that another one replaces. */
typedef struct
{
  gint64 revision;
  gint64 kept_at;       /* when a revision was last made of it; 0: never */
  gint64 changed_words; /* since then */
  gint64 words;
} Present;

static gboolean
get_present (BksConnection  *connection,
             const char     *node_id,
             Present        *present,
             GError        **error)
{
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "SELECT revision, kept_at, changed_words, words FROM texts WHERE node_id = ?", error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, node_id);
  step = bks_connection_step (connection, statement, error);
  if (step == SQLITE_DONE)
    return bks_book_no_such_node (error);
  if (step != SQLITE_ROW)
    return FALSE;
  present->revision = sqlite3_column_int64 (statement, 0);
  present->kept_at = sqlite3_column_int64 (statement, 1);
  present->changed_words = sqlite3_column_int64 (statement, 2);
  present->words = sqlite3_column_int64 (statement, 3);
  sqlite3_reset (statement);
  return TRUE;
}

/**
 * bks_text_write_new:
 * @node_id: which node
 * @text: its text from now on
 * @words: how many words it has
 *
 * Returns: (transfer full): a write over any revision, whose members can be set
 */
BksTextWrite *
bks_text_write_new (const char *node_id,
                    const char *text,
                    gint64      words)
{
  BksTextWrite *self = g_new0 (BksTextWrite, 1);

  self->node_id = g_strdup (node_id);
  self->text = g_strdup (text);
  self->words = words;
  self->expected_revision = -1;
  self->keep_after_ms = G_MAXINT64;
  self->keep_after_words = G_MAXINT64;
  return self;
}

/**
 * bks_text_write_free:
 * @self: (transfer full): a write
 */
void
bks_text_write_free (BksTextWrite *self)
{
  g_free (self->node_id);
  g_free (self->text);
  g_free (self->provenance);
  g_free (self->accepted_draft);
  g_free (self);
}

/* Whether the text that is about to be replaced is to become a revision. Judged before the change, so
 * that a large deletion cannot take unkept words with it. */
static gboolean
is_keeping_due (const BksTextWrite *write,
                const Present      *present,
                gint64              now_ms)
{
  if (write->keep_cause != NULL)
    return TRUE;
  if (present->words == 0)
    return FALSE;
  return now_ms - present->kept_at >= write->keep_after_ms ||
         present->changed_words + write->changed_words >= write->keep_after_words;
}

static gboolean
update_text (BksConnection       *connection,
             const BksTextWrite  *write,
             gint64               revision,
             gint64               now_ms,
             GError             **error)
{
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "UPDATE texts SET text = ?, words = ?, revision = ?, updated_at = ?, provenance = ?,"
                                      "  changed_words = changed_words + ? WHERE node_id = ?",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, write->text);
  sqlite3_bind_int64 (statement, 2, write->words);
  sqlite3_bind_int64 (statement, 3, revision);
  sqlite3_bind_int64 (statement, 4, now_ms);
  bks_bind_text (statement, 5, write->provenance != NULL ? write->provenance : "");
  sqlite3_bind_int64 (statement, 6, write->changed_words);
  bks_bind_text (statement, 7, write->node_id);
  return bks_connection_run (connection, statement, error);
}

static gboolean
write_text (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  const BksTextWrite *write = data;
  Present present = { 0 };

  if (!get_present (connection, write->node_id, &present, error))
    return FALSE;
  if (write->expected_revision >= 0 && write->expected_revision != present.revision)
    {
      g_set_error_literal (error, BKS_ERROR, BKS_ERROR_CONFLICT, "The text has been changed in the meantime");
      return FALSE;
    }
  if (is_keeping_due (write, &present, write->now_ms) &&
      !bks_book_keep_text (connection, write->node_id, write->keep_cause != NULL ? write->keep_cause : BKS_KEEP_TYPING,
                           write->now_ms, NULL, error))
    return FALSE;
  if (!update_text (connection, write, present.revision + 1, write->now_ms, error) ||
      !bks_book_count_day (connection, write->written_words, write->words - present.words, write->now_ms, error) ||
      !bks_book_note_change (connection, "chapter.text", "chapter", write->node_id, write->now_ms, error) ||
      (write->accepted_draft != NULL && !accept_draft (connection, write->accepted_draft, write->now_ms, error)))
    return FALSE;
  g_value_init (result, G_TYPE_INT64);
  g_value_set_int64 (result, present.revision + 1);
  return TRUE;
}

/**
 * bks_book_store_write_text:
 * @store: a book's database
 * @write: (transfer full): what to write
 * @now_ms: epoch milliseconds
 *
 * The text that is replaced becomes a revision where @write asks for it or
 * one is due.
 *
 * Returns: (transfer full): resolves to the new revision (gint64) when it is
 *   durable; rejects with %BKS_ERROR_CONFLICT, or %BKS_ERROR_NOT_FOUND for a
 *   node or draft that is not there
 */
DexFuture *
bks_book_store_write_text (BksDatabase  *store,
                           BksTextWrite *write,
                           gint64        now_ms)
{
  write->now_ms = now_ms;
  return bks_database_write (store, write_text, write, (GDestroyNotify) bks_text_write_free);
}
