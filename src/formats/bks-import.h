/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "bks-document.h"
#include "bks-limits.h"

G_BEGIN_DECLS

BksDocument *bks_document_import_file  (GFile         *file,
                                        BksLimits     *limits,
                                        GCancellable  *cancellable,
                                        GError       **error);
BksDocument *bks_document_import_bytes (GBytes        *bytes,
                                        const char    *name,
                                        BksLimits     *limits,
                                        GCancellable  *cancellable,
                                        GError       **error);

G_END_DECLS
