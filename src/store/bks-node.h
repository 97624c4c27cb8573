/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Wire and column values are the nicks: "part", "front-matter", … */
typedef enum
{
  BKS_NODE_PART,
  BKS_NODE_CHAPTER,
  BKS_NODE_SCENE,
  BKS_NODE_FRONT_MATTER,
  BKS_NODE_BACK_MATTER,
  BKS_NODE_NOTE,
  BKS_NODE_TRASH,
} BksNodeKind;

/*
 * BksNode: one node of the binder; a value, made by the store and kept up to
 * date by the book session. Properties: id, kind, title, words (own text),
 * total-words (with all below), depth, revision.
 */
#define BKS_TYPE_NODE (bks_node_get_type ())
G_DECLARE_FINAL_TYPE (BksNode, bks_node, BKS, NODE, GObject)

BksNode     *bks_node_new             (const char  *id,
                                       BksNodeKind  kind,
                                       const char  *title);
const char  *bks_node_get_id          (BksNode     *self);
const char  *bks_node_get_parent_id   (BksNode     *self); /* NULL at the top */
BksNodeKind  bks_node_get_kind        (BksNode     *self);
const char  *bks_node_get_title       (BksNode     *self);
gint64       bks_node_get_words       (BksNode     *self);
gint64       bks_node_get_total_words (BksNode     *self);
gint64       bks_node_get_revision    (BksNode     *self); /* grows with every saved text */
guint        bks_node_get_depth       (BksNode     *self);
GListModel  *bks_node_get_children    (BksNode     *self); /* of BksNode; live */
const char  *bks_node_kind_to_string  (BksNodeKind  kind);
gboolean     bks_node_kind_from_string (const char  *text,
                                       BksNodeKind *kind);

G_END_DECLS
