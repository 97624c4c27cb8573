/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "bks-limits.h"

G_BEGIN_DECLS

char    *bks_xml_escape         (const char    *text);
gboolean bks_xhtml_append       (GString       *out,
                                 const char    *commonmark,
                                 const char    *id_prefix,
                                 BksLimits     *limits,
                                 GCancellable  *cancellable,
                                 GError       **error);

G_END_DECLS
