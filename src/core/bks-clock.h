/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define BKS_TYPE_CLOCK (bks_clock_get_type ())
G_DECLARE_FINAL_TYPE (BksClock, bks_clock, BKS, CLOCK, GObject)

BksClock *bks_clock_new              (void);
BksClock *bks_clock_new_fixed        (gint64    now_ms);
void      bks_clock_advance          (BksClock *self,
                                      gint64    by_ms);
gint64    bks_clock_get_now_ms       (BksClock *self);
gint64    bks_clock_get_monotonic_ms (BksClock *self);

G_END_DECLS
