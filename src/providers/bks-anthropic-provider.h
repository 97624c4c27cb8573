/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-provider.h"

G_BEGIN_DECLS

#define BKS_TYPE_ANTHROPIC_PROVIDER (bks_anthropic_provider_get_type ())
G_DECLARE_FINAL_TYPE (BksAnthropicProvider, bks_anthropic_provider, BKS, ANTHROPIC_PROVIDER, BksProvider)

G_END_DECLS
