/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-application.h"

G_BEGIN_DECLS

/*
 * BksAiBus: what other programs of the same person may ask of the providers,
 * over the session bus: com.humanizer.BookStudio.Ai1.
 */
#define BKS_TYPE_AI_BUS (bks_ai_bus_get_type ())
G_DECLARE_FINAL_TYPE (BksAiBus, bks_ai_bus, BKS, AI_BUS, GObject)

BksAiBus *bks_ai_bus_new      (BksApplication   *application);
gboolean  bks_ai_bus_export   (BksAiBus         *self,
                               GDBusConnection  *connection,
                               GError          **error);
void      bks_ai_bus_unexport (BksAiBus         *self);

G_END_DECLS
