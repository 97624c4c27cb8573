/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-manuscript.h"

G_BEGIN_DECLS

/*
 * BksFind: looks for words in one manuscript, as a reader sees them: the marks of emphasis among them do not count, a
 * straight quote finds a curly one, and a scene break is never found. Properties: text (what to look for), match-case,
 * whole-words. Signal "changed": where one stands among what was found may be another place. Signal "moved": the next
 * one was found, and the caret is behind it.
 */
#define BKS_TYPE_FIND (bks_find_get_type ())
G_DECLARE_FINAL_TYPE (BksFind, bks_find, BKS, FIND, GObject)

typedef enum
{
  BKS_FIND_DIRECT,
  BKS_FIND_FROM_START, /* went on from the start of the text */
  BKS_FIND_FROM_END,
} BksFindWrap;

BksFind *bks_find_new            (void);
void     bks_find_set_manuscript (BksFind       *self,
                                  BksManuscript *manuscript);
void     bks_find_set_text       (BksFind       *self,
                                  const char    *text);
void     bks_find_begin          (BksFind       *self);
void     bks_find_again          (BksFind       *self);
void     bks_find_go             (BksFind       *self,
                                  gboolean       backwards);
void     bks_find_select         (BksFind       *self);
int      bks_find_get_count      (BksFind       *self);
int      bks_find_get_position   (BksFind       *self);
void     bks_find_replace        (BksFind       *self,
                                  const char    *replacement);
guint    bks_find_replace_all    (BksFind       *self,
                                  const char    *replacement);

G_END_DECLS
