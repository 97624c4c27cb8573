/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-presets-private.h"
#include "bks-provider-info.h"

G_BEGIN_DECLS

BksProviderInfo *bks_provider_info_new   (const char      *id,
                                          const char      *protocol,
                                          const char      *base_url,
                                          const BksPreset *preset);
BksProviderInfo *bks_provider_infos_find (GPtrArray       *infos,
                                          const char      *id);

G_END_DECLS
