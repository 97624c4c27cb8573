/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "bks-document.h"
#include "bks-limits.h"

G_BEGIN_DECLS

BksDocument *bks_plain_import (const char    *text,
                               const char    *name,
                               BksLimits     *limits,
                               GCancellable  *cancellable,
                               GError       **error);

G_END_DECLS
