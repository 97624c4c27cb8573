/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-provider.h"

G_BEGIN_DECLS

#define BKS_TYPE_OLLAMA_PROVIDER (bks_ollama_provider_get_type ())
G_DECLARE_FINAL_TYPE (BksOllamaProvider, bks_ollama_provider, BKS, OLLAMA_PROVIDER, BksProvider)

G_END_DECLS
