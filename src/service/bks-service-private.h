/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

#include "bks-jwt.h"
#include "bks-service.h"

G_BEGIN_DECLS

/* What the routes need of the service. */
BksStudio *bks_service_get_studio       (BksService        *self);
BksLimits *bks_service_get_limits       (BksService        *self);
BksJwt    *bks_service_get_jwt          (BksService        *self);
guint      bks_service_take_pairing_try (BksService        *self,
                                         SoupServerMessage *message);
guint      bks_service_get_running      (BksService        *self);

G_END_DECLS
