/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libdex.h>

#include "bks-studio.h"

G_BEGIN_DECLS

#define BKS_TYPE_SERVICE (bks_service_get_type ())
G_DECLARE_FINAL_TYPE (BksService, bks_service, BKS, SERVICE, GObject)

BksService *bks_service_new     (BksStudio  *studio);
DexFuture  *bks_service_start   (BksService *self,
                                 const char *listen);
DexFuture  *bks_service_stop    (BksService *self);
const char *bks_service_get_uri (BksService *self);

G_END_DECLS
