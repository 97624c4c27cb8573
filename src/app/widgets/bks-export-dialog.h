/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-studio.h"

G_BEGIN_DECLS

void bks_export_dialog_start (GtkWidget  *widget,
                       BksStudio  *studio,
                       BksBook    *book,
                       const char *format_name);

G_END_DECLS
