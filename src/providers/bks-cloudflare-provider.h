/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-provider.h"

G_BEGIN_DECLS

#define BKS_TYPE_CLOUDFLARE_PROVIDER (bks_cloudflare_provider_get_type ())
G_DECLARE_FINAL_TYPE (BksCloudflareProvider, bks_cloudflare_provider, BKS, CLOUDFLARE_PROVIDER, BksProvider)

G_END_DECLS
