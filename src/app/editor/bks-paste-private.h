/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-node-session.h"

G_BEGIN_DECLS

void bks_paste_note (GtkWidget      *view,
                     BksNodeSession *session);

G_END_DECLS
