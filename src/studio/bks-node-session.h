/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>
#include <libdex.h>

#include "bks-node.h"

G_BEGIN_DECLS

typedef enum
{
  BKS_SAVE_CLEAN,   /* everything is on disk */
  BKS_SAVE_DIRTY,   /* keys since then */
  BKS_SAVE_SAVING,
  BKS_SAVE_FAILED,  /* text kept, tried again; bks_node_session_get_error() */
} BksSaveState;

/*
 * BksNodeSession: the text of one node while it is open. Every writer of this
 * process goes through it. An editor holds the living text and hands it over
 * when it is saved: on bks_node_session_touch() the autosave clock starts.
 * Properties (notify): state, saved-at (epoch ms), words, error.
 * Signal "replaced" (const char *text): another writer of this process changed
 * the text; an editor shows it, keeping its caret.
 */
#define BKS_TYPE_NODE_SESSION (bks_node_session_get_type ())
G_DECLARE_FINAL_TYPE (BksNodeSession, bks_node_session, BKS, NODE_SESSION, GObject)

/* Returns: (transfer full): the text as it is in the editor now */
typedef char *(*BksTextFunc) (gpointer data);

BksNode      *bks_node_session_get_node     (BksNodeSession *self);
const char   *bks_node_session_get_text     (BksNodeSession *self); /* as last saved or set */
BksSaveState  bks_node_session_get_state    (BksNodeSession *self);
gint64        bks_node_session_get_saved_at (BksNodeSession *self);
const GError *bks_node_session_get_error    (BksNodeSession *self);
/* An editor: where the living text comes from; NULL when it goes (it saves first). */
void          bks_node_session_set_editor   (BksNodeSession *self,
                                             BksTextFunc     text_func,
                                             gpointer        data);
/* An editor: a key was typed. */
void          bks_node_session_touch        (BksNodeSession *self);
/* → TRUE: the text of this moment is on disk */
DexFuture    *bks_node_session_save         (BksNodeSession *self);
/* → TRUE: replaces the whole text, for writers without an editor. With
 * expected_revision >= 0, BKS_ERROR_CONFLICT if it has changed since. */
DexFuture    *bks_node_session_set_text     (BksNodeSession *self,
                                             const char     *text,
                                             gint64          expected_revision);

G_END_DECLS
