/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-document.h"

G_BEGIN_DECLS

void bks_definitions_settle (BksDocument *document);

G_END_DECLS
