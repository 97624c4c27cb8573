/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * BksNodeKind:
 *
 * What a node of the binder is. Stored and sent by name: "part", "front-matter", …
 */
typedef enum
{
  BKS_NODE_PART,
  BKS_NODE_CHAPTER,
  BKS_NODE_SCENE,
  BKS_NODE_FRONT_MATTER,
  BKS_NODE_BACK_MATTER,
  BKS_NODE_NOTE,
} BksNodeKind;

/**
 * BksNodeStatus:
 *
 * How far the author is with a node. Stored and sent by name: "none", "todo", "draft", "revised", "done".
 */
typedef enum
{
  BKS_STATUS_NONE,
  BKS_STATUS_TODO,
  BKS_STATUS_DRAFT,
  BKS_STATUS_REVISED,
  BKS_STATUS_DONE,
} BksNodeStatus;

#define BKS_N_STATUSES (BKS_STATUS_DONE + 1)

#define BKS_TYPE_NODE (bks_node_get_type ())
G_DECLARE_FINAL_TYPE (BksNode, bks_node, BKS, NODE, GObject)

BksNode       *bks_node_new                (const char    *id,
                                            BksNodeKind    kind,
                                            const char    *title);
const char    *bks_node_get_id             (BksNode       *self);
const char    *bks_node_get_parent_id      (BksNode       *self);
BksNodeKind    bks_node_get_kind           (BksNode       *self);
const char    *bks_node_get_title          (BksNode       *self);
BksNodeStatus  bks_node_get_status         (BksNode       *self);
const char    *bks_node_get_synopsis       (BksNode       *self);
gint64         bks_node_get_target_words   (BksNode       *self);
gint64         bks_node_get_words          (BksNode       *self);
gint64         bks_node_get_total_words    (BksNode       *self);
gint64         bks_node_get_revision       (BksNode       *self);
guint          bks_node_get_depth          (BksNode       *self);
GListModel    *bks_node_get_children       (BksNode       *self);
void           bks_node_set_parent_id      (BksNode       *self,
                                            const char    *parent_id);
void           bks_node_set_title          (BksNode       *self,
                                            const char    *title);
void           bks_node_set_status         (BksNode       *self,
                                            BksNodeStatus  status);
void           bks_node_set_synopsis       (BksNode       *self,
                                            const char    *synopsis);
void           bks_node_set_target_words   (BksNode       *self,
                                            gint64         words);
void           bks_node_set_text_facts     (BksNode       *self,
                                            gint64         words,
                                            gint64         revision);
void           bks_node_update_tree        (BksNode       *self,
                                            guint          depth);
const char    *bks_node_kind_to_string     (BksNodeKind    kind);
gboolean       bks_node_kind_from_string   (const char    *text,
                                            BksNodeKind   *kind);
const char    *bks_node_status_to_string   (BksNodeStatus  status);
gboolean       bks_node_status_from_string (const char    *text,
                                            BksNodeStatus *status);

G_END_DECLS
