/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void bks_usage_table_fill (GtkColumnView *view,
                           GListModel    *days);

G_END_DECLS
