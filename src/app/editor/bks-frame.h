/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/*
 * BksFrame: what stands around the text of a book, and when it is out of sight. In focus mode and in full screen the
 * header bars slide away until the pointer comes to the top edge or the keys go there; in focus mode the binder is away
 * too.
 */
#define BKS_TYPE_FRAME (bks_frame_get_type ())
G_DECLARE_FINAL_TYPE (BksFrame, bks_frame, BKS, FRAME, GObject)

BksFrame *bks_frame_new            (GtkWidget              *page,
                                    AdwNavigationSplitView *split,
                                    AdwToolbarView         *text_bars,
                                    AdwToolbarView         *binder_bars,
                                    AdwHeaderBar           *header,
                                    GtkMenuButton          *menu);
void      bks_frame_set_focus_mode (BksFrame               *self,
                                    gboolean                focus_mode);
void      bks_frame_set_fullscreen (BksFrame               *self,
                                    gboolean                fullscreen);
void      bks_frame_set_finding    (BksFrame               *self,
                                    gboolean                finding);

G_END_DECLS
