/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libdex.h>

#include "bks-node.h"
#include "bks-provenance.h"

G_BEGIN_DECLS

typedef enum
{
  BKS_SAVE_CLEAN,  /* everything is on disk */
  BKS_SAVE_DIRTY,  /* keys since then */
  BKS_SAVE_SAVING,
  BKS_SAVE_FAILED, /* the text is kept and tried again */
} BksSaveState;

/**
 * BksTextFunc:
 * @data: what was given
 *
 * Returns: (transfer full): the text as it is in an editor now, UTF-8
 */
typedef char *(*BksTextFunc) (gpointer data);

#define BKS_TYPE_NODE_SESSION (bks_node_session_get_type ())
G_DECLARE_FINAL_TYPE (BksNodeSession, bks_node_session, BKS, NODE_SESSION, GObject)

BksNode       *bks_node_session_get_node       (BksNodeSession *self);
const char    *bks_node_session_get_text       (BksNodeSession *self);
BksSaveState   bks_node_session_get_state      (BksNodeSession *self);
gint64         bks_node_session_get_saved_at   (BksNodeSession *self);
const GError  *bks_node_session_get_error      (BksNodeSession *self);
void           bks_node_session_set_editor     (BksNodeSession *self,
                                                BksTextFunc     text_func,
                                                gpointer        data);
void           bks_node_session_touch          (BksNodeSession *self);
void           bks_node_session_add_passage    (BksNodeSession *self,
                                                const char     *text,
                                                BksOrigin       origin,
                                                const char     *run);
void           bks_node_session_add_checkpoint (BksNodeSession *self);
DexFuture     *bks_node_session_save           (BksNodeSession *self);
DexFuture     *bks_node_session_set_text       (BksNodeSession *self,
                                                const char     *text,
                                                gint64          expected_revision);

G_END_DECLS
