/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-places.h"
#include "bks-studio.h"

G_BEGIN_DECLS

/*
 * BksStudioPage: a book being written: binder, editor, inspector.
 */
#define BKS_TYPE_STUDIO_PAGE (bks_studio_page_get_type ())
G_DECLARE_FINAL_TYPE (BksStudioPage, bks_studio_page, BKS, STUDIO_PAGE, AdwNavigationPage)

BksStudioPage  *bks_studio_page_new         (BksStudio      *studio,
                                             BksBookSession *session,
                                             GSettings      *settings,
                                             BksPlaces      *places,
                                             const char     *label);
DexFuture      *bks_studio_page_preload     (BksBookSession *session,
                                             BksPlaces      *places);
BksBookSession *bks_studio_page_get_session (BksStudioPage  *self);
void            bks_studio_page_focus       (BksStudioPage  *self);
void            bks_studio_page_leave       (BksStudioPage  *self);
void bks_studio_page_add_to_menu (BksStudioPage *self,
                                  GMenuModel    *section);

G_END_DECLS
