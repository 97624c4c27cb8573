/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-places.h"
#include "bks-studio.h"

G_BEGIN_DECLS

/*
 * BksApplication: the one process of the windows. Owns the studio, opens it
 * when it starts and closes it, everything saved, before it ends.
 */
#define BKS_TYPE_APPLICATION (bks_application_get_type ())
G_DECLARE_FINAL_TYPE (BksApplication, bks_application, BKS, APPLICATION, AdwApplication)

BksApplication *bks_application_new          (void);
BksStudio      *bks_application_get_studio   (BksApplication *self);
DexFuture      *bks_application_wait_studio  (BksApplication *self);
const char     *bks_application_get_label    (BksApplication *self);
GMenuModel     *bks_application_get_month_menu (BksApplication *self);
GSettings      *bks_application_get_settings (BksApplication *self);
BksPlaces      *bks_application_get_places   (BksApplication *self);

G_END_DECLS
