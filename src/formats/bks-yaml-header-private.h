/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-document.h"

G_BEGIN_DECLS

const char *bks_yaml_header_read   (const char   *text,
                                    BksDocument  *document,
                                    char        **section_token);
void        bks_yaml_header_append (GString      *out,
                                    BksDocument  *document,
                                    const char   *section_token);

G_END_DECLS
