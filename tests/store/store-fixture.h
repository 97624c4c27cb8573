/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include "bks-database.h"

G_BEGIN_DECLS

/* 2026-09-21, in milliseconds. */
#define NOW G_GINT64_CONSTANT (1790000000000)
#define DAY_MS (24 * 60 * 60 * G_GINT64_CONSTANT (1000))

char     *fixture_sql         (const char     *path,
                               const char     *sql);
gint64    fixture_sql_int     (const char     *path,
                               const char     *sql);
char     *fixture_read        (const char     *path,
                               gsize          *length);
void      fixture_close       (BksDatabase    *database);
GPid      fixture_start_child (const char     *role,
                               const char     *argument,
                               int            *output);
int       fixture_wait_child  (GPid            pid);

G_END_DECLS
