/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-provider.h"

G_BEGIN_DECLS

#define BKS_TYPE_OPENAI_PROVIDER (bks_openai_provider_get_type ())
G_DECLARE_FINAL_TYPE (BksOpenaiProvider, bks_openai_provider, BKS, OPENAI_PROVIDER, BksProvider)

G_END_DECLS
