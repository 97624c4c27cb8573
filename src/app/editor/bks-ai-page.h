/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-book-session.h"
#include "bks-manuscript.h"
#include "bks-router.h"

G_BEGIN_DECLS

/*
 * BksAiPage: the inspector's page for AI: what to do, by whom, at what price,
 * and the draft that comes back. Signal "inserted": a draft went into the text.
 */
#define BKS_TYPE_AI_PAGE (bks_ai_page_get_type ())
G_DECLARE_FINAL_TYPE (BksAiPage, bks_ai_page, BKS, AI_PAGE, GtkWidget)

void bks_ai_page_set_router     (BksAiPage      *self,
                                 BksRouter      *router);
void bks_ai_page_set_manuscript (BksAiPage      *self,
                                 BksBookSession *session,
                                 BksManuscript  *manuscript);
void bks_ai_page_caret_moved    (BksAiPage      *self);

G_END_DECLS
