/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-book-session.h"
#include "bks-manuscript.h"
#include "bks-router.h"

G_BEGIN_DECLS

/*
 * BksInspector: what stands beside the text, a page for each question about it: Scene, AI, History. Its pages are
 * made when it is told to, for they take a tenth of the start. Signal "inserted": a draft went into the text.
 */
#define BKS_TYPE_INSPECTOR (bks_inspector_get_type ())
G_DECLARE_FINAL_TYPE (BksInspector, bks_inspector, BKS, INSPECTOR, GtkWidget)

void bks_inspector_set_book       (BksInspector   *self,
                                   BksBookSession *session,
                                   BksRouter      *router,
                                   GSettings      *settings);
void bks_inspector_set_manuscript (BksInspector   *self,
                                   BksManuscript  *manuscript);
void bks_inspector_fill           (BksInspector   *self);
void bks_inspector_caret_moved    (BksInspector   *self);

G_END_DECLS
