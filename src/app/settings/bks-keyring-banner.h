/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "bks-provider-list.h"

G_BEGIN_DECLS

/* The banner over what needs a keyring: what is wrong with it, and what to do. */

void bks_keyring_banner_update (AdwBanner       *banner,
                                BksSecretState   state);
void bks_keyring_banner_unlock (AdwBanner       *banner,
                                BksProviderList *providers);

G_END_DECLS
