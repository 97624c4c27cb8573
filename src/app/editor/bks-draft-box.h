/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-book-session.h"
#include "bks-generation.h"
#include "bks-manuscript.h"
#include "bks-model-choice.h"
#include "bks-router.h"

G_BEGIN_DECLS

/*
 * BksDraftBox: a draft as it comes, and what can be done with it: stopped, inserted, discarded, gone on with. In sight
 * only while there is one. Property: pending. Signal "inserted": a draft went into the text.
 */
#define BKS_TYPE_DRAFT_BOX (bks_draft_box_get_type ())
G_DECLARE_FINAL_TYPE (BksDraftBox, bks_draft_box, BKS, DRAFT_BOX, GtkWidget)

void bks_draft_box_set_router     (BksDraftBox    *self,
                                   BksRouter      *router,
                                   BksModelChoice *choice);
void bks_draft_box_set_manuscript (BksDraftBox    *self,
                                   BksBookSession *session,
                                   BksManuscript  *manuscript);
void bks_draft_box_show           (BksDraftBox    *self,
                                   BksGeneration  *generation);

G_END_DECLS
