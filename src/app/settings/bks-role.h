/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* The kinds of work that models are chosen for, in words. */

const char *bks_role_get_title       (const char *role);
const char *bks_role_get_description (const char *role);
GtkWidget  *bks_role_row_new         (const char *role,
                                      const char *subtitle);

G_END_DECLS
