/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

void bks_problem_set           (SoupServerMessage *message,
                                guint              status,
                                const char        *code,
                                const char        *detail);
void bks_problem_set_for_error (SoupServerMessage *message,
                                const GError      *error);

G_END_DECLS
