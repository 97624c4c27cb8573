/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-book-session.h"
#include "bks-manuscript.h"

G_BEGIN_DECLS

/*
 * BksScenePage: the inspector's page about the text that is open: how long it is, and where in the book.
 */
#define BKS_TYPE_SCENE_PAGE (bks_scene_page_get_type ())
G_DECLARE_FINAL_TYPE (BksScenePage, bks_scene_page, BKS, SCENE_PAGE, GtkWidget)

void bks_scene_page_set_manuscript (BksScenePage   *self,
                                    BksBookSession *session,
                                    BksManuscript  *manuscript);

G_END_DECLS
