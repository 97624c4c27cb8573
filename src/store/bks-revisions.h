/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-database.h"

G_BEGIN_DECLS

/* Why an earlier text was kept. */
#define BKS_KEEP_TYPING "typing"     /* it was due */
#define BKS_KEEP_ASKED "asked"       /* the author asked for it */
#define BKS_KEEP_SNAPSHOT "snapshot" /* it belongs to a named snapshot */
#define BKS_KEEP_DRAFT "draft"       /* before an AI text was taken */
#define BKS_KEEP_REPLACE "replace"   /* before another writer's text, or replacing in the book */
#define BKS_KEEP_IMPORT "import"     /* before an import into it */
#define BKS_KEEP_MERGE "merge"       /* before two were made one */
#define BKS_KEEP_RESTORE "restore"   /* before an earlier text was put back */
#define BKS_KEEP_RESCUE "rescue"     /* typed, but never saved before the program ended */

/* How many revisions stand between two that are whole copies. */
#define BKS_REVISION_CHAIN 20

#define BKS_TYPE_REVISION (bks_revision_get_type ())

/**
 * BksRevision:
 * @node_id: whose text it is
 * @number: what it is called: the number the text had when it was current
 * @cause: why it was kept
 * @name: (nullable): the named snapshots that it belongs to
 * @at: when it was written, epoch milliseconds
 * @words: how many words it has
 * @bytes: how long it is
 * @text: (nullable): the text, where it was asked for
 * @provenance: (nullable): where its parts came from, where it was asked for
 *
 * An earlier text of a node.
 */
typedef struct
{
  char   *node_id;
  gint64  number;
  char   *cause;
  char   *name;
  gint64  at;
  gint64  words;
  gint64  bytes;
  char   *text;
  char   *provenance;
} BksRevision;

#define BKS_TYPE_SNAPSHOT (bks_snapshot_get_type ())

/**
 * BksSnapshot:
 * @id: its id
 * @name: what the author called it
 * @node_id: (nullable): what it was taken of; %NULL the whole book
 * @at: when, epoch milliseconds
 * @texts: how many texts it holds
 * @words: how many words they have
 */
typedef struct
{
  char   *id;
  char   *name;
  char   *node_id;
  gint64  at;
  gint64  texts;
  gint64  words;
} BksSnapshot;

GType        bks_revision_get_type              (void);
BksRevision *bks_revision_ref                   (BksRevision *self);
void         bks_revision_unref                 (BksRevision *self);
GType        bks_snapshot_get_type              (void);
BksSnapshot *bks_snapshot_ref                   (BksSnapshot *self);
void         bks_snapshot_unref                 (BksSnapshot *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksRevision, bks_revision_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksSnapshot, bks_snapshot_unref)

DexFuture   *bks_book_store_keep_revision       (BksDatabase *store,
                                                 const char  *node_id,
                                                 const char  *cause,
                                                 gint64       now_ms);
DexFuture   *bks_book_store_list_revisions      (BksDatabase *store,
                                                 const char  *node_id);
DexFuture   *bks_book_store_read_revision       (BksDatabase *store,
                                                 const char  *node_id,
                                                 gint64       number);
DexFuture   *bks_book_store_add_rescued         (BksDatabase *store,
                                                 const char  *node_id,
                                                 const char  *text,
                                                 gint64       words,
                                                 gint64       now_ms);
DexFuture   *bks_book_store_thin_revisions      (BksDatabase *store,
                                                 gint64       now_ms);
DexFuture   *bks_book_store_add_snapshot        (BksDatabase *store,
                                                 const char  *id,
                                                 const char  *name,
                                                 const char  *node_id,
                                                 gint64       now_ms);
DexFuture   *bks_book_store_list_snapshots      (BksDatabase *store);
DexFuture   *bks_book_store_list_snapshot_items (BksDatabase *store,
                                                 const char  *snapshot_id);

G_END_DECLS
