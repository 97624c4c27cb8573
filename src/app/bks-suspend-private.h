/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-studio.h"

G_BEGIN_DECLS

void bks_suspend_watch (BksStudio *studio);

G_END_DECLS
