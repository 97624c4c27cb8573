/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/*
 * BksFormatBar: a few buttons that float over what the pointer has selected. Whoever selects by the keyboard has the
 * keys.
 */
#define BKS_TYPE_FORMAT_BAR (bks_format_bar_get_type ())
G_DECLARE_FINAL_TYPE (BksFormatBar, bks_format_bar, BKS, FORMAT_BAR, GtkPopover)

GtkWidget *bks_format_bar_new    (GtkTextView  *view);
void       bks_format_bar_detach (BksFormatBar *self);

G_END_DECLS
