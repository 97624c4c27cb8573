/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "bks-document.h"
#include "bks-limits.h"

G_BEGIN_DECLS

gboolean bks_document_export_markdown (BksDocument   *document,
                                       const char    *path,
                                       BksLimits     *limits,
                                       GCancellable  *cancellable,
                                       GError       **error);
gboolean bks_document_export_text     (BksDocument   *document,
                                       const char    *path,
                                       BksLimits     *limits,
                                       GCancellable  *cancellable,
                                       GError       **error);
gboolean bks_document_export_epub     (BksDocument   *document,
                                       const char    *path,
                                       const char    *uuid,
                                       gint64         modified_ms,
                                       BksLimits     *limits,
                                       GCancellable  *cancellable,
                                       GError       **error);
char    *bks_document_to_markdown     (BksDocument   *document,
                                       BksLimits     *limits,
                                       GCancellable  *cancellable,
                                       GError       **error);
char    *bks_document_to_text         (BksDocument   *document,
                                       BksLimits     *limits,
                                       GCancellable  *cancellable,
                                       GError       **error);
GBytes  *bks_document_to_epub         (BksDocument   *document,
                                       const char    *uuid,
                                       gint64         modified_ms,
                                       BksLimits     *limits,
                                       GCancellable  *cancellable,
                                       GError       **error);

G_END_DECLS
