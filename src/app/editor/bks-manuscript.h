/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtksourceview/gtksource.h>

#include "bks-generation.h"
#include "bks-node-session.h"
#include "bks-page-markup.h"

G_BEGIN_DECLS

/*
 * BksManuscript: the text of one node in the editor: its buffer with undo, the
 * session that saves it, and the AI draft that belongs to it. Kept while the
 * book is open, so that undo and drafts outlive a look at another scene.
 * Property: long-paragraph (whether one is so long that typing grows slow).
 * Signal "edited": the text was changed by the person.
 */
#define BKS_TYPE_MANUSCRIPT (bks_manuscript_get_type ())
G_DECLARE_FINAL_TYPE (BksManuscript, bks_manuscript, BKS, MANUSCRIPT, GObject)

BksManuscript   *bks_manuscript_new                 (BksNodeSession *session,
                                                     guint           long_paragraph_words);
BksNodeSession  *bks_manuscript_get_session         (BksManuscript  *self);
GtkSourceBuffer *bks_manuscript_get_buffer          (BksManuscript  *self);
BksPageMarkup   *bks_manuscript_get_markup          (BksManuscript  *self);
char            *bks_manuscript_dup_text            (BksManuscript  *self);
char            *bks_manuscript_dup_text_before     (BksManuscript  *self);
BksGeneration   *bks_manuscript_get_generation      (BksManuscript  *self);
void             bks_manuscript_set_generation      (BksManuscript  *self,
                                                     BksGeneration  *generation);
void             bks_manuscript_insert_draft        (BksManuscript  *self,
                                                     const char     *draft);
gboolean         bks_manuscript_get_long_paragraph  (BksManuscript  *self);
void             bks_manuscript_split_paragraphs    (BksManuscript  *self);
void             bks_manuscript_break_paragraph     (BksManuscript  *self);
void             bks_manuscript_release             (BksManuscript  *self);

G_END_DECLS
