/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-store"

#include "config.h"

#include "bks-drafts.h"
#include "bks-error.h"

G_DEFINE_BOXED_TYPE (BksDraft, bks_draft, bks_draft_ref, bks_draft_unref)

/**
 * bks_draft_new:
 *
 * Returns: (transfer full): a draft with nothing in it
 */
BksDraft *
bks_draft_new (void)
{
  BksDraft *self = g_atomic_rc_box_new0 (BksDraft);

  self->tokens = -1;
  self->cost = BKS_MONEY_UNKNOWN;
  return self;
}

/**
 * bks_draft_ref:
 * @self: a draft
 *
 * Returns: (transfer full): @self
 */
BksDraft *
bks_draft_ref (BksDraft *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
draft_clear (gpointer data)
{
  BksDraft *self = data;

  g_free (self->id);
  g_free (self->node_id);
  g_free (self->operation);
  g_free (self->provider);
  g_free (self->model);
  g_free (self->prompt);
  g_free (self->text);
  g_free (self->state);
  g_free (self->review);
}

/**
 * bks_draft_unref:
 * @self: (transfer full): a draft
 */
void
bks_draft_unref (BksDraft *self)
{
  g_atomic_rc_box_release_full (self, draft_clear);
}

static gboolean
add_draft (BksConnection  *connection,
           GValue         *result,
           gpointer        data,
           GError        **error)
{
  BksDraft *draft = data;
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "INSERT INTO drafts (id, node_id, version, operation, provider, model, prompt,"
                                      "  text, state, review, created_at, updated_at)"
                                      " VALUES (?1, ?2, (SELECT coalesce (max (version), 0) + 1 FROM drafts"
                                      "  WHERE node_id = ?2), ?3, ?4, ?5, ?6, '', 'running', 'pending', ?7, ?7)",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, draft->id);
  bks_bind_text (statement, 2, draft->node_id);
  bks_bind_text (statement, 3, draft->operation);
  bks_bind_text (statement, 4, draft->provider);
  bks_bind_text (statement, 5, draft->model);
  bks_bind_text (statement, 6, draft->prompt);
  sqlite3_bind_int64 (statement, 7, draft->created_at);
  return bks_connection_run (connection, statement, error);
}

/**
 * bks_book_store_add_draft:
 * @store: a book's database
 * @draft: a draft that begins
 *
 * Returns: (transfer full): resolves when it is durable
 */
DexFuture *
bks_book_store_add_draft (BksDatabase *store,
                          BksDraft    *draft)
{
  return bks_database_write_drafts (store, add_draft, bks_draft_ref (draft), (GDestroyNotify) bks_draft_unref);
}

/* A draft that is not there must not pass for one that was saved. */
static gboolean
update_draft (BksConnection  *connection,
              sqlite3_stmt   *statement,
              GError        **error)
{
  if (!bks_connection_run (connection, statement, error))
    return FALSE;
  if (bks_connection_get_changes (connection) == 1)
    return TRUE;
  g_set_error_literal (error, BKS_ERROR, BKS_ERROR_NOT_FOUND, "There is no such draft");
  return FALSE;
}

static gboolean
save_draft (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  const char *id, *text, *state;
  gint64 tokens, cost, now_ms;
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection,
                                      "UPDATE drafts SET text = ?, state = ?, tokens = ?, cost = ?, updated_at = ?"
                                      " WHERE id = ?",
                                      error);
  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&s&s&sxxx)", &id, &text, &state, &tokens, &cost, &now_ms);
  bks_bind_text (statement, 1, text);
  bks_bind_text (statement, 2, state);
  bks_bind_unknown (statement, 3, tokens, -1);
  bks_bind_unknown (statement, 4, cost, BKS_MONEY_UNKNOWN);
  sqlite3_bind_int64 (statement, 5, now_ms);
  bks_bind_text (statement, 6, id);
  return update_draft (connection, statement, error);
}

/**
 * bks_book_store_save_draft:
 * @store: a book's database
 * @draft_id: which draft
 * @text: what came so far
 * @state: see #BksDraft
 * @tokens: input and output, -1 unknown
 * @cost: its cost, %BKS_MONEY_UNKNOWN
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_book_store_save_draft (BksDatabase *store,
                           const char  *draft_id,
                           const char  *text,
                           const char  *state,
                           gint64       tokens,
                           BksMoney     cost,
                           gint64       now_ms)
{
  GVariant *arguments = g_variant_new ("(sssxxx)", draft_id, text, state, tokens, cost, now_ms);

  return bks_database_write_drafts (store, save_draft, g_variant_ref_sink (arguments), (GDestroyNotify) g_variant_unref);
}

static gboolean
set_draft_writer (BksConnection  *connection,
                  GValue         *result,
                  gpointer        data,
                  GError        **error)
{
  const char *id, *provider, *model;
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection, "UPDATE drafts SET provider = ?, model = ? WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&s&s&s)", &id, &provider, &model);
  bks_bind_text (statement, 1, provider);
  bks_bind_text (statement, 2, model);
  bks_bind_text (statement, 3, id);
  return update_draft (connection, statement, error);
}

/**
 * bks_book_store_set_draft_writer:
 * @store: a book's database
 * @draft_id: which draft
 * @provider: the provider that wrote it, where another one had been asked first
 * @model: its model
 *
 * Returns: (transfer full): resolves when it is durable; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_book_store_set_draft_writer (BksDatabase *store,
                                 const char  *draft_id,
                                 const char  *provider,
                                 const char  *model)
{
  return bks_database_write_drafts (store, set_draft_writer,
                                    g_variant_ref_sink (g_variant_new ("(sss)", draft_id, provider, model)),
                                    (GDestroyNotify) g_variant_unref);
}

static gboolean
review_draft (BksConnection  *connection,
              GValue         *result,
              gpointer        data,
              GError        **error)
{
  const char *id, *review;
  gint64 now_ms;
  sqlite3_stmt *statement;

  statement = bks_connection_prepare (connection, "UPDATE drafts SET review = ?, updated_at = ? WHERE id = ?", error);
  if (statement == NULL)
    return FALSE;
  g_variant_get (data, "(&s&sx)", &id, &review, &now_ms);
  bks_bind_text (statement, 1, review);
  sqlite3_bind_int64 (statement, 2, now_ms);
  bks_bind_text (statement, 3, id);
  return update_draft (connection, statement, error);
}

/**
 * bks_book_store_review_draft:
 * @store: a book's database
 * @draft_id: which draft
 * @review: see #BksDraft
 * @now_ms: epoch milliseconds
 *
 * Returns: (transfer full): resolves when it is durable; rejects with %BKS_ERROR_NOT_FOUND
 */
DexFuture *
bks_book_store_review_draft (BksDatabase *store,
                             const char  *draft_id,
                             const char  *review,
                             gint64       now_ms)
{
  return bks_database_write_drafts (store, review_draft,
                                    g_variant_ref_sink (g_variant_new ("(ssx)", draft_id, review, now_ms)),
                                    (GDestroyNotify) g_variant_unref);
}

static gboolean
find_draft (BksConnection  *connection,
            GValue         *result,
            gpointer        data,
            GError        **error)
{
  BksDraft *draft;
  sqlite3_stmt *statement;
  int step;

  statement = bks_connection_prepare (connection,
                                      "SELECT id, node_id, operation, provider, model, prompt, text, state, review,"
                                      "  tokens, cost, created_at FROM drafts"
                                      " WHERE node_id = ? AND review = 'pending' AND text <> ''"
                                      " ORDER BY version DESC LIMIT 1",
                                      error);
  if (statement == NULL)
    return FALSE;
  bks_bind_text (statement, 1, data);
  step = bks_connection_step (connection, statement, error);
  if (step == -1)
    return FALSE;
  g_value_init (result, BKS_TYPE_DRAFT);
  if (step == SQLITE_DONE)
    return TRUE;
  draft = bks_draft_new ();
  draft->id = bks_column_dup (statement, 0);
  draft->node_id = bks_column_dup (statement, 1);
  draft->operation = bks_column_dup (statement, 2);
  draft->provider = bks_column_dup (statement, 3);
  draft->model = bks_column_dup (statement, 4);
  draft->prompt = bks_column_dup (statement, 5);
  draft->text = bks_column_dup (statement, 6);
  draft->state = bks_column_dup (statement, 7);
  draft->review = bks_column_dup (statement, 8);
  draft->tokens = bks_column_unknown (statement, 9, -1);
  draft->cost = bks_column_unknown (statement, 10, BKS_MONEY_UNKNOWN);
  draft->created_at = sqlite3_column_int64 (statement, 11);
  sqlite3_reset (statement);
  g_value_take_boxed (result, draft);
  return TRUE;
}

/**
 * bks_book_store_find_draft:
 * @store: a book's database
 * @node_id: for which node
 *
 * Returns: (transfer full): resolves to the newest #BksDraft that waits for the author, or %NULL
 */
DexFuture *
bks_book_store_find_draft (BksDatabase *store,
                           const char  *node_id)
{
  return bks_database_read (store, find_draft, g_strdup (node_id), g_free);
}
