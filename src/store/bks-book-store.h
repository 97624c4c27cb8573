/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-book.h"
#include "bks-database.h"
#include "bks-money.h"
#include "bks-node.h"

G_BEGIN_DECLS

/* book.db: everything of one book. */

#define BKS_TYPE_NODE_TEXT (bks_node_text_get_type ())

/**
 * BksNodeText:
 *
 * The current text of a node, CommonMark.
 */
typedef struct
{
  char   *text;
  gint64  words;
  gint64  revision;   /* 0: no text was ever saved */
  char   *provenance; /* as BksProvenance writes it */
} BksNodeText;

GType        bks_node_text_get_type        (void);
BksNodeText *bks_node_text_ref             (BksNodeText *self);
void         bks_node_text_unref           (BksNodeText *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksNodeText, bks_node_text_unref)

/**
 * BksNewNode:
 *
 * A node to be made, with its text. Its parent comes before it.
 */
typedef struct
{
  char        *id;
  char        *parent_id; /* NULL at the top */
  BksNodeKind  kind;
  char        *title;
  char        *text;
  gint64       words;
  char        *provenance; /* as BksProvenance writes it; NULL: typed */
} BksNewNode;

BksNewNode  *bks_new_node_new              (const char  *id,
                                            const char  *parent_id,
                                            BksNodeKind  kind,
                                            const char  *title,
                                            const char  *text,
                                            gint64       words);
void         bks_new_node_free             (BksNewNode  *self);

/**
 * BksTextWrite:
 * @node_id: which node
 * @text: its text from now on
 * @words: how many words it has
 * @changed_words: how many of them this change touches
 * @written_words: how many of them a person has written since the text that is replaced: they count for the day
 * @provenance: (nullable): where its parts came from, as BksProvenance writes it
 * @expected_revision: the revision the writer has seen, -1 to write over any
 * @accepted_draft: (nullable): a draft that the author has put into @text
 * @keep_cause: (nullable): why the text that is replaced is kept, one of
 *   BKS_KEEP_…; %NULL to keep it only where a revision is due
 * @keep_after_ms: a revision is due this long after the last one
 * @keep_after_words: or once so many words have changed since
 *
 * A text on its way to the disk.
 */
typedef struct
{
  char   *node_id;
  char   *text;
  gint64  words;
  gint64  changed_words;
  gint64  written_words;
  char   *provenance;
  gint64  expected_revision;
  char   *accepted_draft;
  const char *keep_cause;
  gint64  keep_after_ms;
  gint64  keep_after_words;
  /*< private >*/
  gint64  now_ms;
} BksTextWrite;

BksTextWrite *bks_text_write_new           (const char   *node_id,
                                            const char   *text,
                                            gint64        words);
void          bks_text_write_free          (BksTextWrite *self);

DexFuture   *bks_book_store_open           (const char  *path,
                                            gboolean     writable,
                                            BksLimits   *limits);
DexFuture   *bks_book_store_fill           (BksDatabase *store,
                                            BksBook     *book,
                                            GPtrArray   *nodes,
                                            gint64       now_ms);
DexFuture   *bks_book_store_get_book       (BksDatabase *store);
DexFuture   *bks_book_store_adopt          (BksDatabase *store,
                                            const char  *id,
                                            const char  *title,
                                            gint64       last_event,
                                            gint64       now_ms);
DexFuture   *bks_book_store_set_details    (BksDatabase *store,
                                            const char  *title,
                                            const char  *author,
                                            const char  *language,
                                            gboolean     local_only,
                                            gint64       now_ms);
DexFuture   *bks_book_store_list_nodes     (BksDatabase *store);
DexFuture   *bks_book_store_read_text      (BksDatabase *store,
                                            const char  *node_id);
DexFuture   *bks_book_store_read_all_texts (BksDatabase *store);
DexFuture   *bks_book_store_write_text     (BksDatabase  *store,
                                            BksTextWrite *write,
                                            gint64        now_ms);
DexFuture   *bks_book_store_add_node       (BksDatabase *store,
                                            BksNewNode  *node,
                                            int          position,
                                            gint64       now_ms);
DexFuture   *bks_book_store_rename_node    (BksDatabase *store,
                                            const char  *node_id,
                                            const char  *title,
                                            gint64       now_ms);
DexFuture   *bks_book_store_set_status     (BksDatabase   *store,
                                            const char    *node_id,
                                            BksNodeStatus  status,
                                            gint64         now_ms);
DexFuture   *bks_book_store_set_plan       (BksDatabase *store,
                                            const char  *node_id,
                                            const char  *synopsis,
                                            gint64       target_words,
                                            gint64       now_ms);
DexFuture   *bks_book_store_move_node      (BksDatabase *store,
                                            const char  *node_id,
                                            const char  *parent_id,
                                            int          position,
                                            gint64       now_ms);
DexFuture   *bks_book_store_trash_node     (BksDatabase *store,
                                            const char  *node_id,
                                            gboolean     trashed,
                                            gint64       now_ms);

G_END_DECLS
