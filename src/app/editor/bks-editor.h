/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-manuscript.h"

G_BEGIN_DECLS

/*
 * BksEditor: shows one manuscript, with what has to be said about it: that it
 * cannot be saved, that a paragraph is too long. Signal "caret-moved". Property:
 * finding (whether the find bar is in sight).
 */
#define BKS_TYPE_EDITOR (bks_editor_get_type ())
G_DECLARE_FINAL_TYPE (BksEditor, bks_editor, BKS, EDITOR, GtkWidget)

void           bks_editor_set_settings   (BksEditor     *self,
                                          GSettings     *settings);
BksManuscript *bks_editor_get_manuscript (BksEditor     *self);
void           bks_editor_set_manuscript (BksEditor     *self,
                                          BksManuscript *manuscript);
void           bks_editor_close          (BksEditor     *self);
void           bks_editor_set_language   (BksEditor     *self,
                                          const char    *language);
void           bks_editor_focus_text     (BksEditor     *self);
void           bks_editor_focus_title    (BksEditor     *self);
void           bks_editor_reveal_caret   (BksEditor     *self);
void           bks_editor_find           (BksEditor     *self,
                                          gboolean       replace);
void           bks_editor_find_again     (BksEditor     *self,
                                          gboolean       backwards);
void           bks_editor_end_find       (BksEditor     *self);
gboolean       bks_editor_get_finding    (BksEditor     *self);
void           bks_editor_set_dim_others (BksEditor     *self,
                                          gboolean       dim_others);

G_END_DECLS
