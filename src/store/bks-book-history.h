/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-database.h"
#include "bks-node.h"

G_BEGIN_DECLS

/* How many structural changes can be undone. */
#define BKS_HISTORY_COMMANDS 1000

#define BKS_TYPE_COMMAND (bks_command_get_type ())

/**
 * BksCommand:
 * @seq: its number
 * @kind: "add", "rename", "move", "status", "trash" or "restore"
 * @node_id: what it changed
 * @title: how that was called before
 * @at: when, epoch milliseconds
 * @undone: whether it has been undone, and can be done again
 *
 * One change of the book's structure.
 */
typedef struct
{
  gint64    seq;
  char     *kind;
  char     *node_id;
  char     *title;
  gint64    at;
  gboolean  undone;
} BksCommand;

#define BKS_TYPE_TRASHED_NODE (bks_trashed_node_get_type ())

/**
 * BksTrashedNode:
 * @id: its id
 * @kind: what it is
 * @title: its title
 * @trashed_at: since when, epoch milliseconds
 * @nodes: how many nodes went with it, itself included
 * @words: how many words they have
 *
 * What was put into the trash, with all that hung below it.
 */
typedef struct
{
  char        *id;
  BksNodeKind  kind;
  char        *title;
  gint64       trashed_at;
  gint64       nodes;
  gint64       words;
} BksTrashedNode;

GType           bks_command_get_type         (void);
BksCommand     *bks_command_ref              (BksCommand     *self);
void            bks_command_unref            (BksCommand     *self);
GType           bks_trashed_node_get_type    (void);
BksTrashedNode *bks_trashed_node_ref         (BksTrashedNode *self);
void            bks_trashed_node_unref       (BksTrashedNode *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksCommand, bks_command_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksTrashedNode, bks_trashed_node_unref)

DexFuture      *bks_book_store_undo          (BksDatabase    *store,
                                              gint64          now_ms);
DexFuture      *bks_book_store_redo          (BksDatabase    *store,
                                              gint64          now_ms);
DexFuture      *bks_book_store_list_commands (BksDatabase    *store);
DexFuture      *bks_book_store_list_trash    (BksDatabase    *store);
DexFuture      *bks_book_store_empty_trash   (BksDatabase    *store,
                                              gint64          now_ms);

G_END_DECLS
