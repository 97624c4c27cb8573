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
  gint64  revision; /* 0: no text was ever saved */
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
} BksNewNode;

BksNewNode  *bks_new_node_new              (const char  *id,
                                            const char  *parent_id,
                                            BksNodeKind  kind,
                                            const char  *title,
                                            const char  *text,
                                            gint64       words);
void         bks_new_node_free             (BksNewNode  *self);

DexFuture   *bks_book_store_open           (const char  *path,
                                            gboolean     writable,
                                            BksLimits   *limits);
DexFuture   *bks_book_store_fill           (BksDatabase *store,
                                            BksBook     *book,
                                            GPtrArray   *nodes,
                                            gint64       now_ms);
DexFuture   *bks_book_store_get_book       (BksDatabase *store);
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
DexFuture   *bks_book_store_write_text     (BksDatabase *store,
                                            const char  *node_id,
                                            const char  *text,
                                            gint64       words,
                                            gint64       expected_revision,
                                            const char  *accepted_draft,
                                            gint64       now_ms);
DexFuture   *bks_book_store_add_node       (BksDatabase *store,
                                            BksNewNode  *node,
                                            int          position,
                                            gint64       now_ms);
DexFuture   *bks_book_store_rename_node    (BksDatabase *store,
                                            const char  *node_id,
                                            const char  *title,
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
